"""Money in fen, exact ratios, calendar months, dated values, and plain data out and in."""

from ruralcredit.values._calendar import Dated, add_months, add_months_column
from ruralcredit.values._frozen import FrozenMapping
from ruralcredit.values._money import (
    Fen,
    MoneyUnit,
    format_yuan,
    wan,
    yi,
    yuan,
    yuan_column,
    yuan_column_known,
)
from ruralcredit.values._plain import from_dict, json_schema, to_dict
from ruralcredit.values._ratios import Ratio, RoundingMode, round_ratio

__all__ = [
    "Dated",
    "Fen",
    "FrozenMapping",
    "MoneyUnit",
    "Ratio",
    "RoundingMode",
    "add_months",
    "add_months_column",
    "format_yuan",
    "from_dict",
    "json_schema",
    "round_ratio",
    "to_dict",
    "wan",
    "yi",
    "yuan",
    "yuan_column",
    "yuan_column_known",
]
