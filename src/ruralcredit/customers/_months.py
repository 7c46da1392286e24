"""Months between a day and the day asked, counted exactly, alone and in columns."""

import datetime

import numpy as np
import numpy.typing as npt

from ruralcredit.columns import day_column
from ruralcredit.customers._checks import a_day
from ruralcredit.errors import CreditError, InputError
from ruralcredit.values import add_months, add_months_column

__all__ = ["months_of_use", "months_of_use_columns", "months_since", "months_since_column"]

Int64 = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]


def months_of_use(first_drawn_on: datetime.date | None, *, as_of: datetime.date) -> int | None:
    """Return the complete months of use (用信时间) since the first drawdown.

    Counted from the anchor and clamped to the month's end: a year of use is complete on the
    day of the month on which it began.

    Args:
        first_drawn_on: The day of the first drawdown; None is unknown.
        as_of: The day asked for.

    Returns:
        A whole number from 0; None where the day is unknown.

    Raises:
        CreditError: If a day is no date, or the drawdown lies after the day asked.

    >>> months_of_use(datetime.date(2023, 5, 31), as_of=datetime.date(2024, 5, 30))
    11
    """
    asked = a_day("as_of", as_of)
    if first_drawn_on is None:
        return None
    first = a_day("first_drawn_on", first_drawn_on)
    _refuse_later("first_drawn_on", first, asked)
    months = _calendar_months(first, asked)
    return months if add_months(first, months) <= asked else months - 1


def months_of_use_columns(
    first_drawn_on: object, *, as_of: datetime.date
) -> npt.NDArray[np.int64]:
    """Return the complete months of use of many customers, as `months_of_use` does one's.

    Args:
        first_drawn_on: Days of the first drawdowns, shape ``(n,)``; unknown where None.
        as_of: The day asked for.

    Returns:
        int64 of shape ``(n,)``, a masked array where a day is unknown.

    Raises:
        InputError: If the column holds no days, or days after the day asked.

    >>> months_of_use_columns([datetime.date(2023, 5, 31), None],
    ...                       as_of=datetime.date(2024, 5, 30)).tolist()
    [11, None]
    """
    days, asked, known = _brought("first_drawn_on", first_drawn_on, as_of=as_of)
    months = _calendar_months_column(days, asked)
    return _masked(months - (add_months_column(days, months) > asked), known)


def months_since(day: datetime.date, *, as_of: datetime.date, name: str) -> int:
    """Return how many calendar months back from the day asked reach a day, rounded up."""
    reached = a_day(name, day)
    _refuse_later(name, reached, as_of)
    months = _calendar_months(reached, as_of)
    return months if add_months(as_of, -months) <= reached else months + 1


def months_since_column(
    name: str, values: object, *, as_of: datetime.date
) -> npt.NDArray[np.int64]:
    """Return `months_since` of many days, masked where unknown."""
    days, asked, known = _brought(name, values, as_of=as_of)
    months = _calendar_months_column(days, asked)
    back = add_months_column(np.full(len(days), asked), -months)
    return _masked(months + (back > days), known)


def _masked(months: Int64, known: npt.NDArray[np.bool_]) -> Int64:
    # Plain where nothing is unknown: the quicker way into a table.
    return months if known.all() else np.ma.masked_array(np.where(known, months, 0), mask=~known)


def _brought(
    name: str, values: object, *, as_of: datetime.date
) -> tuple[Days, np.datetime64, npt.NDArray[np.bool_]]:
    asked = np.datetime64(a_day("as_of", as_of), "D")
    days = day_column(name, values)
    known = ~np.isnat(days)
    later = known & (days > asked)
    if later.any():
        count, row = int(later.sum()), int(later.argmax())
        raise InputError(
            f"{name} must not lie after as_of {asked}, {count} cells do, the first at row {row} "
            f"({days[row]}): bring the facts as they stood on that day",
            column=name,
            count=count,
            first_row=row,
        )
    # An unknown day stands for the day asked, which every count can take.
    return np.where(known, days, asked), asked, known


def _refuse_later(name: str, day: datetime.date, as_of: datetime.date) -> None:
    if day > as_of:
        raise CreditError(
            f"{name} must not lie after as_of {as_of}, got {day}: bring the facts as they stood "
            "on that day"
        )


def _calendar_months(start: datetime.date, end: datetime.date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def _calendar_months_column(starts: Days, end: np.datetime64) -> Int64:
    months: Int64 = end.astype("datetime64[M]").astype(np.int64) - starts.astype(
        "datetime64[M]"
    ).astype(np.int64)
    return months
