"""What callers bring (NumPy, Arrow, pandas, Polars, lists) to codes, int64, days and masks.

The types of other libraries are recognised by the methods they offer, never imported, so
the room costs nothing to those who bring lists.  Unknown is ``None``, NaN, NaT or null on the
way in, and a mask, ``-1`` or NaT on the way out.  Every array that leaves is read-only.
"""

from ruralcredit.columns._bring import (
    Ints,
    bool_column,
    day_column,
    int_column,
    row_count,
    same_length,
)
from ruralcredit.columns._ids import IdColumn, IdIndex, encode_ids
from ruralcredit.columns._words import Words, word_column

__all__ = [
    "IdColumn",
    "IdIndex",
    "Ints",
    "Words",
    "bool_column",
    "day_column",
    "encode_ids",
    "int_column",
    "row_count",
    "same_length",
    "word_column",
]
