"""An invented county's guarantee book, seeded, at any size, with its planted truth.

`county` writes the ledger, the loans, the parties and the relations of a bank that does not
exist, with the structure of a real one's, and knows what an audit of them must find and
what it must not.  `guarantee_columns` makes the large, plain columns that benchmarks
time.  Both depend on their arguments alone: the same seed gives the same bytes on every
machine.

Structure: shares and sizes follow the public description of one bank's corporate
guarantees (92 % of the clusters are single pairs, tail exponent 2, twenty closed loops
of 2 to 7 parties); the region code 99 of every id is assigned to no place, so that no
id belongs to anybody.

>>> book = county(seed=7, arcs=2_500)
>>> len(book.ledger_columns()["guarantor"]), len(book.truth.loops)
(2500, 27)
>>> book.ledger_csv().splitlines()[0][:20]
'合同号,借据号,担保人,被担保人,担保金'
"""

from ruralcredit.synthetic._book import ColumnBook, ColumnTruth, IdStyle, guarantee_columns
from ruralcredit.synthetic._county import (
    County,
    JointGroupColumns,
    LedgerColumns,
    LoanColumns,
    PartyColumns,
    RelationColumns,
    county,
)
from ruralcredit.synthetic._truth import (
    AbsentLoop,
    HiddenLoop,
    MaximumContract,
    PlantedGroup,
    PlantedLoop,
    PlantedRows,
    Truth,
)

__all__ = [
    "AbsentLoop",
    "ColumnBook",
    "ColumnTruth",
    "County",
    "HiddenLoop",
    "IdStyle",
    "JointGroupColumns",
    "LedgerColumns",
    "LoanColumns",
    "MaximumContract",
    "PartyColumns",
    "PlantedGroup",
    "PlantedLoop",
    "PlantedRows",
    "RelationColumns",
    "Truth",
    "county",
    "guarantee_columns",
]
