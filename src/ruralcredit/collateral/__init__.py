"""Collateral (押品): what the bank may count of it, pools of it, and loans allocated to it.

`lendable_value` answers one item, `lendable_value_columns` a column of them, from the same
tables of a `CollateralPolicy`; `DEFAULT_POLICY` ships.  `value_pool` puts items together, and
`allocate` covers several loans from one pool, with the proof that more cannot be covered.
"""

from ruralcredit.collateral._allocate import Allocation, Part, Pledge, allocate
from ruralcredit.collateral._columns import (
    LendableColumns,
    lendable_value_columns,
    revaluation_due_columns,
)
from ruralcredit.collateral._default import DEFAULT_POLICY
from ruralcredit.collateral._items import CollateralItem, Consent, MortgageForm
from ruralcredit.collateral._policy import CollateralPolicy, Unusable
from ruralcredit.collateral._pools import (
    Pool,
    Revaluation,
    Share,
    check_loan_to_value,
    concentration,
    coverage,
    find_revaluations,
    loan_to_value,
    revaluation_due,
    shortfall,
    value_pool,
)
from ruralcredit.collateral._reasons import FIGURES, REASONS
from ruralcredit.collateral._value import lendable_value

__all__ = [
    "DEFAULT_POLICY",
    "FIGURES",
    "REASONS",
    "Allocation",
    "CollateralItem",
    "CollateralPolicy",
    "Consent",
    "LendableColumns",
    "MortgageForm",
    "Part",
    "Pledge",
    "Pool",
    "Revaluation",
    "Share",
    "Unusable",
    "allocate",
    "check_loan_to_value",
    "concentration",
    "coverage",
    "find_revaluations",
    "lendable_value",
    "lendable_value_columns",
    "loan_to_value",
    "revaluation_due",
    "revaluation_due_columns",
    "shortfall",
    "value_pool",
]
