"""Credit policy as data: decision tables (决策表) with reasons, for one case and for columns.

A condition is a set of values of one field, a row is a box of conditions, and one case, a
million cases, gaps, overlaps and what the answer could still become all come from the same
cells and the same hit policy.  There is no expression language: what spans two fields is
computed exactly beforehand and stands in the trace as a fact of its own.
"""

from ruralcredit.policy._answer import ColumnAnswer
from ruralcredit.policy._compiled import OpenOutcome
from ruralcredit.policy._dmn import to_dmn
from ruralcredit.policy._fields import Field, FieldKind
from ruralcredit.policy._impact import (
    CellChange,
    FieldChange,
    Impact,
    Move,
    Moved,
    RowChange,
    TableDiff,
    diff,
    impact,
)
from ruralcredit.policy._proofs import DeadRows, Gaps, Overlap, dead_rows, gaps, overlaps
from ruralcredit.policy._resolve import HitPolicy
from ruralcredit.policy._rows import Row
from ruralcredit.policy._sql import to_sql
from ruralcredit.policy._table import DecisionTable
from ruralcredit.policy._text import from_grid, from_markdown, to_markdown
from ruralcredit.policy._versions import Policy

__all__ = [
    "CellChange",
    "ColumnAnswer",
    "DeadRows",
    "DecisionTable",
    "Field",
    "FieldChange",
    "FieldKind",
    "Gaps",
    "HitPolicy",
    "Impact",
    "Move",
    "Moved",
    "OpenOutcome",
    "Overlap",
    "Policy",
    "Row",
    "RowChange",
    "TableDiff",
    "dead_rows",
    "diff",
    "from_grid",
    "from_markdown",
    "gaps",
    "impact",
    "overlaps",
    "to_dmn",
    "to_markdown",
    "to_sql",
]
