"""Months added to days, and values dated by the day they take effect."""

import bisect
import datetime
import functools
import typing
from collections.abc import Iterable, Mapping
from typing import Final, Generic, TypeVar

import attrs
import numpy as np
import numpy.typing as npt
import pendulum

from ruralcredit.errors import CreditError, InputError
from ruralcredit.values._checks import a_day, an_int, is_unknown, refuse_rows

__all__ = ["Dated", "add_months", "add_months_column"]

T = TypeVar("T")

# Past this many months every date of the years 1 to 9999 has left them.
_MONTHS_MAX: Final = 9999 * 12
_FIRST_DAY: Final = np.datetime64("0001-01-01", "D")
_LAST_DAY: Final = np.datetime64("9999-12-31", "D")
_EPOCH: Final = np.datetime64(0, "D")
_UNKNOWN_DAY: Final = np.datetime64("NaT", "D")


def add_months(day: datetime.date, months: int) -> datetime.date:
    """Return the day so many months later, clamped to the month's end.

    Counts from the anchor: January 31 plus two months is March 31, whatever February
    did.  Negative months go back.  The arithmetic is pendulum's.

    Args:
        day: A `datetime.date` or pendulum Date, not a datetime.
        months: How many months, an int.

    Raises:
        CreditError: If day is no date, months no int, or the result leaves the years
            1 to 9999.

    >>> add_months(datetime.date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    """
    anchor, count = a_day(day, "day"), an_int(months, "months")
    try:
        later = pendulum.Date(anchor.year, anchor.month, anchor.day).add(months=count)
    except (ValueError, OverflowError):
        raise CreditError(f"{anchor} plus {count} months leaves the years 1 to 9999") from None
    return datetime.date(later.year, later.month, later.day)


def add_months_column(days: object, months: object) -> npt.NDArray[np.datetime64]:
    """Return each day so many months later, as `add_months` does one; NaT stays NaT.

    Args:
        days: Days, shape ``(n,)``: datetime64, or dates and None.
        months: One int for all rows, or ints of shape ``(n,)``.

    Returns:
        datetime64[D] of shape ``(n,)``.

    Raises:
        InputError: If days or months cannot be read, differ in length, or a result
            leaves the years 1 to 9999.

    >>> add_months_column([datetime.date(2024, 1, 31), None], 1)
    array(['2024-02-29',        'NaT'], dtype='datetime64[D]')
    """
    anchors = _day_column(days, "days")
    counts = _month_counts(months, len(anchors))
    known = ~np.isnat(anchors)
    in_range = (anchors >= _FIRST_DAY) & (anchors <= _LAST_DAY)
    numbers = np.where(in_range, anchors, _EPOCH).view(np.int64)
    starts = _month_starts()
    month = _month_of(numbers, starts)
    later = month + counts
    in_range &= (later >= 0) & (later < len(starts) - 1)
    bad = known & ~in_range
    refuse_rows(bad, "days", "overflowing", "results stay in the years 1 to 9999", anchors)
    later = np.where(known, later, 0)
    moved = np.minimum(starts[later] + (numbers - starts[month]), starts[later + 1] - 1)
    return np.where(known, moved.view("datetime64[D]"), _UNKNOWN_DAY)


@functools.cache
def _month_starts() -> npt.NDArray[np.int64]:
    """Return the first day of each month of the years 1 to 9999, and of the one after."""
    months = np.arange("0001-01", "10000-02", dtype="datetime64[M]")
    starts = months.astype("datetime64[D]").view(np.int64)
    starts.setflags(write=False)
    return starts


def _month_of(
    numbers: npt.NDArray[np.int64], starts: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the position in starts of each day's month."""
    # 400 years have 146097 days; the mean month is a day or two off at most, so look around.
    guess: npt.NDArray[np.int64] = ((numbers - starts[0]) * 4800 + 2400) // 146097
    guess -= starts[guess] > numbers
    guess += starts[guess + 1] <= numbers
    return guess


def _month_counts(months: object, length: int) -> npt.NDArray[np.int64]:
    if isinstance(months, int | np.integer) and not isinstance(months, bool):
        # Any int beyond the calendar is as far away as the first one beyond it.
        one = min(max(int(months), -_MONTHS_MAX - 1), _MONTHS_MAX + 1)
        return np.full(length, one, dtype=np.int64)
    counts = np.asarray(months)
    if counts.size == 0 and counts.ndim == 1:
        counts = counts.astype(np.int64)
    if counts.dtype.kind not in "iu":
        raise InputError(f"months must be ints, got {counts.dtype}", column="months")
    if counts.shape != (length,):
        raise InputError(
            f"months must have one row for each of {length} days, got shape {counts.shape}",
            column="months",
        )
    if counts.dtype.kind == "u":
        counts = np.minimum(counts.astype(np.uint64), _MONTHS_MAX + 1)
    return np.clip(counts.astype(np.int64), -_MONTHS_MAX - 1, _MONTHS_MAX + 1)


def _day_column(values: object, name: str) -> npt.NDArray[np.datetime64]:
    column: typing.Any = values
    if hasattr(values, "to_pylist"):
        column = column.to_numpy(zero_copy_only=False)
    elif hasattr(values, "to_numpy"):
        column = column.to_numpy()
    if isinstance(column, np.ndarray) and column.ndim == 1 and column.dtype.kind == "M":
        days = column.astype("datetime64[D]")
        bad = ~np.isnat(column) & (days != column)
        refuse_rows(bad, name, "datetime", "a day has no time: cut it off first", column)
        return days
    if isinstance(column, str | bytes | Mapping) or not isinstance(column, Iterable):
        raise InputError(f"{name} must be a column, got {type(column).__name__}", column=name)
    items = [
        None if is_unknown(item) else item.item() if isinstance(item, np.datetime64) else item
        for item in column
    ]
    if not set(map(type, items)) <= {datetime.date, pendulum.Date, type(None)}:
        _refuse_not_days(items, name)
    return np.array(items, dtype="datetime64[D]")


def _refuse_not_days(items: list[object], name: str) -> None:
    bad = np.array(
        [
            item is not None
            and (isinstance(item, datetime.datetime) or not isinstance(item, datetime.date))
            for item in items
        ]
    )
    if bad.any():
        first = items[int(bad.argmax())]
        refuse_rows(
            bad,
            name,
            "non-date",
            f"a day is a datetime.date, got {type(first).__name__} {first!r}",
        )


def _starts(value: Iterable[object]) -> tuple[datetime.date, ...]:
    return tuple(a_day(day, "a start") for day in value)


@attrs.frozen
class Dated(Generic[T]):
    """A value in versions, each in force from its day until the next one's.

    Build it with `from_items`.  Equal means equal days, values and name.

    Attributes:
        starts: The days the versions take effect, ascending, no day twice.
        values: The versions, in the order of their days.
        name: What errors call it, or None.

    Raises:
        CreditError: If there is no version, a day comes twice, or days are unsorted.

    >>> caps = Dated.from_items([(datetime.date(2024, 1, 1), 30), (datetime.date(2025, 1, 1), 50)])
    >>> caps.as_of(datetime.date(2024, 12, 31))
    30
    """

    starts: tuple[datetime.date, ...] = attrs.field(converter=_starts)
    values: tuple[T, ...] = attrs.field(converter=tuple)
    name: str | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse versions that do not follow each other."""
        if not self.starts or len(self.starts) != len(self.values):
            raise CreditError(
                f"{self._called} must have a version for each day and at least one, "
                f"got {len(self.starts)} days and {len(self.values)} values"
            )
        for before, after in zip(self.starts, self.starts[1:], strict=False):
            if before >= after:
                raise CreditError(
                    f"{self._called} must have one version a day in ascending order, "
                    f"got {before} before {after}: keep one, or use from_items, which sorts"
                )

    @classmethod
    def from_items(
        cls, items: Iterable[tuple[datetime.date, T]], *, name: str | None = None
    ) -> "Dated[T]":
        """Build it from pairs of day and value, in any order.

        Raises:
            CreditError: If there is no pair, or a day comes twice.

        >>> Dated.from_items([(datetime.date(2024, 1, 1), "A")], name="grades").values
        ('A',)
        """
        pairs = sorted(
            ((a_day(day, "a start"), value) for day, value in items), key=lambda p: p[0]
        )
        return cls(tuple(day for day, _ in pairs), tuple(value for _, value in pairs), name=name)

    @property
    def items(self) -> tuple[tuple[datetime.date, T], ...]:
        """The pairs of day and value, by day."""
        return tuple(zip(self.starts, self.values, strict=True))

    @property
    def _called(self) -> str:
        return "a dated value" if self.name is None else repr(self.name)

    def as_of(self, day: datetime.date) -> T:
        """Return the value in force on a day.

        Raises:
            CreditError: If the day comes before the first version, or is no date.

        >>> Dated.from_items([(datetime.date(2024, 1, 1), 30)], name="caps").as_of(
        ...     datetime.date(2019, 5, 1))
        Traceback (most recent call last):
        ...
        ruralcredit.errors.CreditError: 'caps' has no version in force on 2019-05-01: its first \
starts on 2024-01-01; pass a later day or add the older version
        """
        asked = a_day(day, "day")
        position = bisect.bisect_right(self.starts, asked) - 1
        if position < 0:
            raise CreditError(
                f"{self._called} has no version in force on {asked}: its first starts on "
                f"{self.starts[0]}; pass a later day or add the older version"
            )
        return self.values[position]

    def as_of_column(self, days: object, *, name: str = "days") -> npt.NDArray[np.int64]:
        """Return for each day the position in ``values`` of the version in force.

        Args:
            days: Days, shape ``(n,)``: datetime64, or dates.
            name: What errors call the column.

        Raises:
            InputError: If a day is unknown or comes before the first version.

        >>> caps = Dated.from_items([(datetime.date(2024, 1, 1), 30)])
        >>> caps.as_of_column([datetime.date(2024, 5, 1)]).tolist()
        [0]
        """
        asked = _day_column(days, name)
        refuse_rows(np.isnat(asked), name, "unknown", "take them out first")
        starts = np.array(self.starts, dtype="datetime64[D]")
        early = asked < starts[0]
        hint = f"{self._called} has no version in force before {self.starts[0]}"
        refuse_rows(early, name, "early", hint, asked)
        return np.searchsorted(starts, asked, side="right").astype(np.int64) - 1

    def take(self, days: object, *, name: str = "days") -> npt.NDArray[np.generic]:
        """Return for each day the value in force: int64 when all are ints, else objects.

        Raises:
            InputError: As `as_of_column`.

        >>> Dated.from_items([(datetime.date(2024, 1, 1), 30)]).take([datetime.date(2024, 5, 1)])
        array([30])
        """
        is_int = all(type(value) is int for value in self.values)
        if is_int:
            pool: npt.NDArray[np.generic] = np.array(self.values, dtype=np.int64)
        else:
            # One by one: NumPy would unpack a value that is itself a sequence.
            pool = np.fromiter(self.values, dtype=np.object_, count=len(self.values))
        return pool[self.as_of_column(days, name=name)]
