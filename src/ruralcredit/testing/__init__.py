"""Hypothesis strategies for every public value (extra: ``testing``).

Our own tests draw from here, and so can a bank's: a strategy named after a value builds
that value, one whose name ends in ``_columns`` builds the plain columns that the value's
``from_columns`` takes.  What real ledgers hold is drawn on purpose: parallel, self,
mutual, joint, released, lapsed and future rows, ceilings over several loans, amounts
that are zero, negative or unknown.
"""

from ruralcredit.testing._books import (
    basis_points,
    basis_values,
    books,
    dated,
    days,
    decisions,
    fen,
    figures,
    ids,
    joint_group_columns,
    joint_groups,
    ledger_columns,
    loan_columns,
    loans,
    maybe_days,
    parties,
    party_columns,
    ratios,
    reasons,
    relation_columns,
    relations,
    simplest,
    yuan_texts,
)
from ruralcredit.testing._policies import cases_of, decision_tables, policy_fields

__all__ = [
    "basis_points",
    "basis_values",
    "books",
    "cases_of",
    "dated",
    "days",
    "decision_tables",
    "decisions",
    "fen",
    "figures",
    "ids",
    "joint_group_columns",
    "joint_groups",
    "ledger_columns",
    "loan_columns",
    "loans",
    "maybe_days",
    "parties",
    "party_columns",
    "policy_fields",
    "ratios",
    "reasons",
    "relation_columns",
    "relations",
    "simplest",
    "yuan_texts",
]
