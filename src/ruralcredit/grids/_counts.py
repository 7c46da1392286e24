"""Counts that a report gives exactly or about, and what can be inferred from them."""

import math
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Final

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.grids._checks import a_count

__all__ = ["COUNTERS", "Count", "GridCounts", "implied_bases", "rest_of"]

# Beyond so many the percentage says next to nothing about the base.
_MOST_BASES: Final = 1_000_000


def _low(value: int) -> int:
    return a_count("low", value)


def _high(value: int) -> int:
    return a_count("high", value)


@attrs.frozen
class Count:
    """A count that lies between two whole numbers, both included; equal when it is exact.

    Attributes:
        low: The least it can be.
        high: The most it can be.

    Raises:
        CreditError: If a bound is no whole number from 0, or the bounds are crossed.

    >>> Count.rounded("1.69", unit=10_000)
    Count(low=16850, high=16949)
    """

    low: int = attrs.field(converter=_low)
    high: int = attrs.field(converter=_high)

    def __attrs_post_init__(self) -> None:
        """Refuse bounds that hold no number."""
        if self.low > self.high:
            raise CreditError(f"a count must have low <= high, got {self.low} and {self.high}")

    @classmethod
    def exactly(cls, number: int) -> "Count":
        """Return an exact count.

        Raises:
            CreditError: If the number is no whole number from 0.

        >>> Count.exactly(292).is_exact
        True
        """
        return cls(number, number)

    @classmethod
    def near(cls, number: int, *, least: int = 0) -> "Count":
        """Return "nearly so many" (近60): at most the number, at least what is known.

        Raises:
            CreditError: If a number is no whole number from 0, or the least is more.

        Source:
            Row L09: 近60户 lies below 60, so a rate of it is an upper bound.

        >>> Count.near(60, least=12)
        Count(low=12, high=60)
        """
        return cls(least, number)

    @classmethod
    def rounded(cls, number: str | Decimal, *, unit: int = 1) -> "Count":
        """Return the counts that round, halves up, to a number of units as printed (1.69万).

        Args:
            number: The figure with its decimals as printed.
            unit: What it counts, 10_000 for 万.

        Raises:
            CreditError: If the number is none, is negative, or no count rounds to it.

        >>> Count.rounded("20.73", unit=10_000)
        Count(low=207250, high=207349)
        """
        printed, half = _printed("number", number)
        size = a_count("unit", unit, least=1)
        low = math.ceil((printed - half) * size)
        high = math.ceil((printed + half) * size) - 1
        return cls(max(low, 0), high)

    @property
    def is_exact(self) -> bool:
        """Say whether both bounds are one number."""
        return self.low == self.high


def _printed(name: str, number: object) -> tuple[Fraction, Fraction]:
    """Return a printed number and half a unit of its last decimal, exactly."""
    if isinstance(number, bool) or not isinstance(number, str | int | float | Decimal):
        raise CreditError(f"{name} must be a printed number like '65.1', got {number!r}")
    try:
        value = Decimal(str(number))
    except InvalidOperation:
        raise CreditError(f"{name} must be a printed number like '65.1', got {number!r}") from None
    if not value.is_finite() or value < 0:
        raise CreditError(f"{name} must be a number from 0, got {number!r}")
    places = -min(int(value.as_tuple().exponent), 0)
    return Fraction(value), Fraction(1, 2 * 10**places)


def _counted(value: int | Count | None) -> Count | None:
    if value is None or isinstance(value, Count):
        return value
    if not isinstance(value, bool | float | str):
        return Count.exactly(value)
    raise CreditError(
        f"a counter must be a whole number, a Count, or None where it is unknown, got {value!r}"
    )


@attrs.frozen(kw_only=True)
class GridCounts:
    """What was counted in a grid, a village or a branch; None is unknown, never zero.

    A whole number stands for an exact `Count`.

    Attributes:
        households: Registered households (农户).
        absent: Of these, living away (在外).
        assessable: Of these, such that assessors can speak of (可评).
        visited: Visited (走访).
        filed: With a file (建档).
        rated: Rated (评级).
        credited: With a limit (授信).
        credited_with_file: Of these, with a file.
        signed: Signed (签约).
        using: With a drawn loan (用信).
        asked: Asked whether they know the bank's service.
        aware: Of these, who do (知晓).
        granted_fen: Limits granted, in fen.
        used_fen: Drawn, in fen.

    Raises:
        CreditError: If a counter is neither a whole number from 0 nor a `Count`.

    >>> GridCounts(households=405, credited=292).credited
    Count(low=292, high=292)
    """

    households: Count | None = attrs.field(default=None, converter=_counted)
    absent: Count | None = attrs.field(default=None, converter=_counted)
    assessable: Count | None = attrs.field(default=None, converter=_counted)
    visited: Count | None = attrs.field(default=None, converter=_counted)
    filed: Count | None = attrs.field(default=None, converter=_counted)
    rated: Count | None = attrs.field(default=None, converter=_counted)
    credited: Count | None = attrs.field(default=None, converter=_counted)
    credited_with_file: Count | None = attrs.field(default=None, converter=_counted)
    signed: Count | None = attrs.field(default=None, converter=_counted)
    using: Count | None = attrs.field(default=None, converter=_counted)
    asked: Count | None = attrs.field(default=None, converter=_counted)
    aware: Count | None = attrs.field(default=None, converter=_counted)
    granted_fen: Count | None = attrs.field(default=None, converter=_counted)
    used_fen: Count | None = attrs.field(default=None, converter=_counted)

    def of(self, name: str) -> Count | None:
        """Return a counter by its name.

        Raises:
            CreditError: If there is no such counter.

        >>> GridCounts(signed=12).of("signed").high
        12
        """
        if name not in COUNTERS:
            raise CreditError(f"a counter must be one of {', '.join(COUNTERS)}, got {name!r}")
        found: Count | None = getattr(self, name)
        return found


COUNTERS: Final[tuple[str, ...]] = tuple(field.name for field in attrs.fields(GridCounts))
"""The names of the counters of `GridCounts`, in their order."""


def rest_of(total: GridCounts, parts: Iterable[GridCounts]) -> GridCounts:
    """Return the counts of a whole without some of its parts (其余各村).

    A counter that is unknown in the whole or in a part stays unknown; bounds are carried.

    Raises:
        CreditError: If the parts certainly count more than the whole; names the counter.

    Source:
        Row L12: the sum of the parts is the whole.

    >>> rest_of(GridCounts(credited=962, signed=Count.near(60, least=12)),
    ...         [GridCounts(credited=292, signed=12)]).signed
    Count(low=0, high=48)
    """
    many = tuple(parts)
    left = {}
    for name in COUNTERS:
        whole, taken = total.of(name), [one.of(name) for one in many]
        known = [one for one in taken if one is not None]
        if whole is None or len(known) < len(taken):
            continue
        least = whole.low - sum(one.high for one in known)
        most = whole.high - sum(one.low for one in known)
        if most < 0:
            raise CreditError(
                f"the parts must not count more than the whole: {name} has {whole.high} in all "
                f"and at least {whole.high - most} in the parts; mend the one that is wrong"
            )
        left[name] = Count(max(least, 0), most)
    return GridCounts(**left)


def implied_bases(part: int, percent: str | float | Decimal, *, places: int) -> tuple[int, ...]:
    """Return every base of which a part is the percentage printed (由占比反推基数).

    Exact: a base is given when part / base, halves up, prints as the percentage with so many
    decimals.  No base may mean a misprint; many mean that the percentage says little.

    Args:
        part: What was counted, from 1.
        percent: The percentage as printed, such as "65.1".
        places: With how many decimals it was printed.

    Raises:
        CreditError: If the part is no whole number from 1, the percentage has more decimals,
            or it allows more than a million bases.

    Source:
        Rows L10 and L11.

    >>> implied_bases(962, "65.1", places=1), implied_bases(292, "72.1", places=1)
    ((1477, 1478), (405,))
    """
    count, decimals = a_count("part", part, least=1), a_count("places", places)
    printed, _ = _printed("percent", percent)
    half = Fraction(1, 2 * 10**decimals)
    if (printed / (2 * half)).denominator != 1:
        raise CreditError(f"percent must have at most {decimals} decimals, got {percent}")
    if printed <= half:
        raise CreditError(
            f"percent must be more than half of its last decimal, got {percent}: any base that "
            "is large enough would do"
        )
    # Halves round up: printed - half belongs to the percentage, printed + half to the next.
    first = math.floor(100 * count / (printed + half)) + 1
    last = math.floor(100 * count / (printed - half))
    if last - first >= _MOST_BASES:
        raise CreditError(
            f"percent must leave at most {_MOST_BASES} bases, got {last - first + 1}: print it "
            "with more decimals"
        )
    return tuple(range(first, last + 1))
