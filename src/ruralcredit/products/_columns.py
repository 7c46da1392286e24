"""Columns of amounts and shares as this room takes them: from 0 on, unknown rows masked."""

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import Ints, int_column, word_column
from ruralcredit.errors import InputError

__all__ = ["Bool", "Categories", "Int64", "amounts", "brought", "ints", "unknown_ints"]

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


@attrs.frozen(eq=False)
class Categories:
    """A column of words looked up once, in the form in which frames bring categories.

    Attributes:
        categories: The words.
        codes: Their positions, -1 where unknown.
    """

    categories: npt.NDArray[np.object_]
    codes: npt.NDArray[np.integer]

    @classmethod
    def of(cls, name: str, values: object, *, words: Sequence[str]) -> "Categories":
        """Look up a column of a closed choice.

        Raises:
            InputError: If a cell is none of the words.
        """
        return cls(np.array(words, np.object_), word_column(name, values, words=words).codes)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.codes)

    def __getitem__(self, rows: slice) -> "Categories":
        """Return some rows."""
        return Categories(self.categories, self.codes[rows])


def amounts(name: str, values: object, *, rows: int, money: bool = True) -> Ints:
    """Return a column of whole numbers from 0 on; None is a column of unknown rows.

    Raises:
        InputError: If a row is negative or no whole number.
    """
    if values is None:
        return unknown_ints(rows)
    column = int_column(name, values, money=money)
    bad = column.values < 0
    if bad.any():
        first, count = int(np.argmax(bad)), int(bad.sum())
        raise InputError(
            f"{name} must be 0 or more, {count} {'row is' if count == 1 else 'rows are'} not, "
            f"the first at row {first} ({column.values[first]})",
            column=name,
            count=count,
            first_row=first,
        )
    return column


def unknown_ints(rows: int) -> Ints:
    """Return a column of which nothing is known."""
    return Ints(np.zeros(rows, np.int64), np.zeros(rows, np.bool_))


def ints(values: Int64, known: Bool) -> Ints:
    """Return a column of our own making, 0 where unknown."""
    return Ints(np.where(known, values, 0), known.copy())


def brought(values: npt.NDArray[np.generic], known: Bool) -> npt.NDArray[np.generic]:
    """Return values as a column to bring to a table, None where unknown."""
    if known.all():
        return values
    cells = values.astype(np.object_)
    cells[~known] = None
    return cells
