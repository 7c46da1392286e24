"""The few checks that the parts of this room share, each with its message."""

import datetime
import math

import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError, InputError

__all__ = ["a_count", "a_day", "an_int", "is_unknown", "refuse_rows"]


def an_int(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise CreditError(f"{name} must be an int, got {type(value).__name__} {value!r}")
    return int(value)


def a_count(value: object, name: str) -> int:
    number = an_int(value, name)
    if number < 0:
        raise CreditError(f"{name} must be 0 or more, got {number}")
    return number


def a_day(value: object, name: str) -> datetime.date:
    if isinstance(value, datetime.datetime):
        raise CreditError(f"{name} must be a date, got datetime {value}: pass its .date()")
    if not isinstance(value, datetime.date):
        hint = ": write datetime.date(2024, 6, 30)" if isinstance(value, str | int) else ""
        raise CreditError(f"{name} must be a date, got {type(value).__name__} {value!r}{hint}")
    return datetime.date(value.year, value.month, value.day)


def is_unknown(value: object) -> bool:
    if isinstance(value, float):
        return math.isnan(value)
    # pandas' two markers, known by name so that pandas is not imported.
    return value is None or type(value).__name__ in {"NAType", "NaTType"}


def refuse_rows(
    bad: npt.NDArray[np.bool_],
    name: str,
    what: str,
    hint: str,
    values: npt.NDArray[np.generic] | None = None,
) -> None:
    count = int(np.count_nonzero(bad))
    if not count:
        return
    row = int(bad.argmax())
    shown = "" if values is None else f" ({values[row]})"
    rows = "row" if count == 1 else "rows"
    raise InputError(
        f"{name} has {count} {what} {rows}, the first at row {row}{shown}: {hint}",
        column=name,
        count=count,
        first_row=row,
    )
