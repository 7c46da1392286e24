"""One rounding, and ratios that keep their counts."""

import math
import statistics
from decimal import Decimal
from typing import Literal, TypeAlias

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.values._checks import a_count, an_int

__all__ = ["Ratio", "RoundingMode", "round_ratio"]

RoundingMode: TypeAlias = Literal["half_up", "half_even", "down"]
"""How `round_ratio` settles what is left over."""


def round_ratio(num: int, den: int, *, mode: RoundingMode = "half_up") -> int:
    """Return num / den as the nearest int, exactly, whatever the signs and the size.

    Args:
        num: What is divided.
        den: What it is divided by, not zero.
        mode: "half_up" rounds halves away from zero, "half_even" rounds halves to the
            even neighbour, "down" cuts toward zero.

    Raises:
        CreditError: If den is zero, a number is not an int, or the mode is another.

    >>> round_ratio(5, 2), round_ratio(-5, 2), round_ratio(5, 2, mode="half_even")
    (3, -3, 2)
    """
    top, bottom = an_int(num, "num"), an_int(den, "den")
    if bottom == 0:
        raise CreditError(f"den must not be 0, got {top} / 0: a ratio without a base is undefined")
    whole, rest = divmod(abs(top), abs(bottom))
    twice = 2 * rest - abs(bottom)
    if mode == "half_up":
        whole += twice >= 0
    elif mode == "half_even":
        whole += twice > 0 or (twice == 0 and whole % 2 == 1)
    elif mode != "down":
        raise CreditError(f"mode must be one of half_up, half_even, down, got {mode!r}")
    return -whole if (top < 0) != (bottom < 0) else whole


def _part(value: object) -> int:
    return a_count(value, "part")


def _whole(value: object) -> int:
    return a_count(value, "whole")


@attrs.frozen
class Ratio:
    """A part of a whole that keeps both counts, so that it prints exactly and compares honestly.

    Equal means equal counts: 1 of 2 is not 50 of 100.  The part may exceed the whole (an
    achievement of 120 %); only `interval`, which speaks of a sample, asks that it does not.

    Attributes:
        part: What is counted, 0 or more.
        whole: The base, 0 or more; a base of 0 leaves the ratio undefined, not 0 %.

    Raises:
        CreditError: If a count is not an int or is negative.

    >>> Ratio(962, 1477).percent(1)
    Decimal('65.1')
    """

    part: int = attrs.field(converter=_part)
    whole: int = attrs.field(converter=_whole)

    @property
    def is_defined(self) -> bool:
        """Say whether the base is not zero."""
        return self.whole != 0

    def percent(self, places: int = 0) -> Decimal | None:
        """Return the ratio in percent with so many decimals, halves up; None when undefined.

        >>> Ratio(1, 8).percent(1), Ratio(0, 0).percent(1)
        (Decimal('12.5'), None)
        """
        decimals = a_count(places, "places")
        if not self.whole:
            return None
        # Built from text: arithmetic would round to the context of the caller's thread.
        digits = round_ratio(self.part * 10 ** (decimals + 2), self.whole)
        return Decimal(f"{digits}E-{decimals}")

    @property
    def bp(self) -> int | None:
        """Return the ratio in basis points, halves up; None when undefined.

        >>> Ratio(1, 3).bp
        3333
        """
        return round_ratio(self.part * 10_000, self.whole) if self.whole else None

    def interval(self, *, confidence: float = 0.95) -> tuple[float, float] | None:
        """Return Wilson's score interval for the share behind a sample; None when undefined.

        It stays within 0 and 1 and holds for small samples, unlike the textbook's
        share plus or minus two standard errors.

        Args:
            confidence: How often such an interval holds the true share, between 0 and 1.

        Raises:
            CreditError: If the part exceeds the whole, or the confidence is out of range.

        Source:
            E. B. Wilson, Probable Inference (1927), without continuity correction.

        >>> low, high = Ratio(9, 10).interval()
        >>> round(low, 4), round(high, 4)
        (0.5958, 0.9821)
        """
        if not 0 < confidence < 1:
            raise CreditError(f"confidence must lie between 0 and 1, got {confidence}")
        if self.part > self.whole:
            raise CreditError(f"a sample's part must not exceed its whole, got {self}")
        if not self.whole:
            return None
        z = statistics.NormalDist().inv_cdf(0.5 + confidence / 2)
        share, weight = self.part / self.whole, z * z / self.whole
        centre = (share + weight / 2) / (1 + weight)
        half = math.sqrt(weight * (share * (1 - share) + weight / 4)) / (1 + weight)
        low = 0.0 if self.part == 0 else max(0.0, centre - half)
        high = 1.0 if self.part == self.whole else min(1.0, centre + half)
        return low, high
