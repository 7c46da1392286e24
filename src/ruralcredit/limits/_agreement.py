"""Agreement of assessors: ICC in six forms, Krippendorff's alpha, Kendall's W."""

import math
from collections.abc import Callable
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import attrs
import numpy as np

from ruralcredit.errors import CreditError
from ruralcredit.limits._trust import (
    TRUST,
    Float,
    TrustPolicy,
    is_complete,
    number,
    ratings_of,
    square,
)

__all__ = ["Icc", "Level", "icc", "kendall_w", "krippendorff_alpha"]

Level: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio"]
"""How two ratings differ: at all, by ranks between, by amount, by proportion."""

# Pairs of distinct figures compared at a time.
_BLOCK: Final = 1 << 20


@attrs.frozen(kw_only=True)
class Icc:
    """Intraclass correlation (组内相关系数) in the six forms of Shrout and Fleiss.

    A form is NaN where it is undefined: below two households or two assessors, where nothing
    varies, or where its denominator is zero.

    Attributes:
        icc1: ICC(1,1), one figure, every household seen by other assessors.
        icc2: ICC(2,1), one figure, assessors drawn from many, their levels count.
        icc3: ICC(3,1), one figure, these assessors only, their levels do not count.
        icc1k: ICC(1,k), as ``icc1`` for the mean of all.
        icc2k: ICC(2,k), as ``icc2`` for the mean of all.
        icc3k: ICC(3,k), as ``icc3`` for the mean of all.
        between: Mean square between households, in the square of the ratings' unit.
        within: Mean square within households.
        of_assessors: Mean square between assessors.
        error: Mean square of what is left.
        units: Households with every figure, which alone count.
        assessors: Number of assessors.
        left_out: Households with a figure missing.

    >>> icc([[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]]).icc1
    1.0
    """

    icc1: float
    icc2: float
    icc3: float
    icc1k: float
    icc2k: float
    icc3k: float
    between: float
    within: float
    of_assessors: float
    error: float
    units: int
    assessors: int
    left_out: int

    def is_enough(self, *, policy: TrustPolicy = TRUST) -> bool:
        """Say whether there are households enough for it to be told.

        >>> icc([[1.0, 2.0], [3.0, 4.0]]).is_enough()
        False
        """
        return self.units >= number(policy.min_units)


def icc(ratings: object) -> Icc:
    """Return the intraclass correlation of assessors in its six forms.

    For review, not for pay: below `TRUST` ``.min_units`` households it says little, see
    ``is_enough``.  A household with a missing figure is left out and counted.  Adding one
    amount to all ratings, or multiplying all by one factor, changes nothing.

    Args:
        ratings: Numbers of shape (units, assessors), NaN or None where missing.

    Raises:
        InputError: If the ratings are no table of finite numbers.

    Source:
        Shrout and Fleiss, Intraclass correlations: uses in assessing rater reliability (1979).

    >>> found = icc([(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8),
    ...              (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)])
    >>> [round(x, 2) for x in (found.icc1, found.icc2, found.icc3)]
    [0.17, 0.29, 0.71]
    """
    columns = ratings_of(ratings)
    columns, left_out = _complete(columns)
    k, n = columns.shape
    if n < 2 or k < 2:
        return _icc_of((math.nan,) * 4, (n, k), left_out)
    shifted = columns - columns[0, 0]
    # What is left of equal figures by rounding alone is no variance.
    largest = max(float(shifted.max()), -float(shifted.min()))
    floor = (8 * np.finfo(np.float64).eps * largest) ** 2
    shifted -= shifted.mean()
    of_units, of_assessors = shifted.mean(axis=0), shifted.mean(axis=1)
    shifted -= of_units
    within = square(shifted) / (n * (k - 1))
    shifted -= of_assessors[:, None]
    squares = (
        k * square(of_units) / (n - 1),
        within,
        n * square(of_assessors) / (k - 1),
        square(shifted) / ((n - 1) * (k - 1)),
    )
    floored = [0.0 if square <= floor else square for square in squares]
    return _icc_of((floored[0], floored[1], floored[2], floored[3]), (n, k), left_out)


def _icc_of(
    squares: tuple[float, float, float, float], shape: tuple[int, int], left_out: int
) -> Icc:
    between, within, of_assessors, error = squares
    n, k = shape
    bias = (of_assessors - error) / n if n else math.nan
    return Icc(
        icc1=_over(between - within, between + (k - 1) * within),
        icc2=_over(between - error, between + (k - 1) * error + k * bias),
        icc3=_over(between - error, between + (k - 1) * error),
        icc1k=_over(between - within, between),
        icc2k=_over(between - error, between + bias),
        icc3k=_over(between - error, between),
        between=between,
        within=within,
        of_assessors=of_assessors,
        error=error,
        units=n,
        assessors=k,
        left_out=left_out,
    )


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom else math.nan


def _complete(columns: Float) -> tuple[Float, int]:
    """Return the units without a gap, and how many others there are."""
    if is_complete(columns):
        return columns, 0
    gaps = np.isnan(columns).any(axis=0)
    return columns[:, ~gaps], int(np.count_nonzero(gaps))


def krippendorff_alpha(ratings: object, *, level: Level) -> float:
    """Return Krippendorff's alpha: 1 is full agreement, 0 is chance, below 0 is worse.

    For review, not for pay: below `TRUST` ``.min_units`` households it says little.  Units with
    fewer than two figures do not count.  NaN where it is undefined: no unit with two figures,
    or one same figure throughout.  Time and memory grow with the number of ratings; at level
    "ratio" time grows with the square of the number of distinct figures.

    Args:
        ratings: Numbers of shape (units, assessors), NaN or None where missing.
        level: "nominal" (equal or not), "ordinal" (ranks), "interval" (amounts) or "ratio"
            (proportions, of ratings from 0).

    Raises:
        InputError: If the ratings are no table of finite numbers.
        CreditError: If the level is another word, or a rating is negative at level "ratio".

    Source:
        Krippendorff, Computing Krippendorff's alpha-reliability (2011); interval in closed form
        by sums of squares, ordinal as interval of the middle ranks.

    >>> ratings = [[50, 50, 60], [30, 30, 30], [80, None, 100], [20, None, None]]
    >>> round(krippendorff_alpha(ratings, level="interval"), 3)
    0.905
    """
    if level not in _LEVELS:
        raise CreditError(f"level must be one of {', '.join(_LEVELS)}, got {level!r}")
    columns = ratings_of(ratings)
    if len(columns) < 2 or not is_complete(columns):
        count = (~np.isnan(columns)).sum(axis=0)
        columns = columns[:, count > 1]
    if not columns.size:
        return math.nan
    observed, expected = _LEVELS[level](columns)
    return 1.0 - observed / expected if expected else math.nan


def _interval(columns: Float) -> tuple[float, float]:
    """Return observed and expected disagreement, over one common factor."""
    # Counted from one of the figures, so that figures far from zero lose no digits.
    values = columns - columns.ravel()[_first_known(columns)]
    if is_complete(columns):
        k, n = columns.shape
        values -= values.mean()
        expected = square(values) / (k * n - 1)
        values -= values.mean(axis=0)
        return square(values) / ((k - 1) * n), expected
    known = ~np.isnan(columns)
    count = known.sum(axis=0)
    total = int(count.sum())
    values[~known] = 0.0
    apart = np.where(known, values - values.sum() / total, 0.0)
    inside = np.where(known, values - values.sum(axis=0) / count, 0.0)
    observed = float(((inside * inside).sum(axis=0) * (count / (count - 1))).sum()) / total
    return observed, square(apart) / (total - 1)


def _first_known(columns: Float) -> int:
    return int((columns == columns).ravel().argmax())  # noqa: PLR0124  # NaN is unequal to itself


def _ordinal(columns: Float) -> tuple[float, float]:
    known = ~np.isnan(columns)
    _, place, times = np.unique(columns[known], return_inverse=True, return_counts=True)
    ranks = np.full(columns.shape, np.nan)
    ranks[known] = (np.cumsum(times) - times / 2)[place]
    return _interval(ranks)


def _nominal(columns: Float) -> tuple[float, float]:
    known = ~np.isnan(columns)
    count = known.sum(axis=0)
    _, place, times = np.unique(columns[known], return_inverse=True, return_counts=True)
    codes = np.full(columns.shape, -1)
    codes[known] = place
    rows = np.sort(codes.T, axis=1)
    starts = np.ones(rows.shape, np.bool_)
    starts[:, 1:] = rows[:, 1:] != rows[:, :-1]
    first = np.flatnonzero(starts)
    length = np.diff(np.append(first, rows.size))
    alike = np.where(rows.ravel()[first] < 0, 0, length * (length - 1))
    total = int(count.sum())
    observed = total - float((alike / (count[first // rows.shape[1]] - 1)).sum())
    return observed, total - float((times * (times - 1.0)).sum()) / (total - 1)


def _ratio(columns: Float) -> tuple[float, float]:
    known = ~np.isnan(columns)
    count = known.sum(axis=0)
    figures, times = np.unique(columns[known], return_counts=True)
    if figures[0] < 0:
        raise CreditError(
            f"ratings must be 0 or more at level ratio, got {figures[0]}: "
            "proportions of negative numbers mean nothing, take level interval"
        )
    observed = 0.0
    for one in range(len(columns)):
        for other in range(one):
            both = known[one] & known[other]
            apart = _proportion(columns[one, both], columns[other, both])
            observed += 2 * float((apart / (count[both] - 1)).sum())
    expected = 0.0
    block = max(1, _BLOCK // len(figures))
    for start in range(0, len(figures), block):
        rows = slice(start, start + block)
        expected += float(times[rows] @ _proportion(figures[rows, None], figures) @ times)
    return observed, expected / (int(count.sum()) - 1)


def _proportion(one: Float, other: Float) -> Float:
    """Return the squared difference over the sum; two zeros do not differ."""
    apart, both = one - other, one + other
    share = np.divide(apart, both, out=np.zeros(both.shape), where=both > 0)
    return np.asarray(share * share)


_LEVELS: Final = MappingProxyType[str, Callable[[Float], tuple[float, float]]](
    {"nominal": _nominal, "ordinal": _ordinal, "interval": _interval, "ratio": _ratio}
)


def kendall_w(ratings: object) -> float:
    """Return Kendall's W, the concordance (和谐系数) of the assessors' rankings, ties corrected.

    From 0 (no common order) to 1 (one order); ``k * (n - 1) * W`` is Friedman's chi-square.
    For review, not for pay: below `TRUST` ``.min_units`` households it says little.  A household
    with a missing figure is left out.  NaN where it is undefined: fewer than two households or
    assessors, or no assessor who tells two households apart.

    Args:
        ratings: Numbers of shape (units, assessors), NaN or None where missing.

    Raises:
        InputError: If the ratings are no table of finite numbers.

    Source:
        Kendall and Babington Smith, The problem of m rankings (1939).

    >>> kendall_w([[1, 10], [2, 20], [3, 30]])
    1.0
    """
    columns, _ = _complete(ratings_of(ratings))
    k, n = columns.shape
    if n < 2 or k < 2:
        return math.nan
    ranks = np.stack([_centred_ranks(column) for column in columns])
    # The ties' correction lies in the ranks' own sum of squares.
    return _over(square(ranks.sum(axis=0)), k * square(ranks))


def _centred_ranks(column: Float) -> Float:
    _, place, times = np.unique(column, return_inverse=True, return_counts=True)
    middle = np.cumsum(times) - (times - 1) / 2 - (len(column) + 1) / 2
    return np.asarray(middle[place], dtype=np.float64)
