"""Leniency (宽严) of assessors against each other, and how widely each of them errs."""

import math
import statistics
from collections.abc import Sequence

import attrs
import numpy as np

from ruralcredit.errors import InputError
from ruralcredit.limits._trust import (
    CARELESS,
    FOR_REVIEW,
    LENIENT,
    NEGATIVE_VARIANCE,
    NOT_COMPARABLE,
    STRICT,
    TOO_FEW_FORMS,
    TOO_FEW_UNITS,
    TRUST,
    Bool,
    Float,
    Forms,
    Id,
    Int,
    Scale,
    TrustPolicy,
    check_scale,
    forms_of,
    number,
    pools_of,
    ratings_of,
    resting_on,
    square,
)
from ruralcredit.reasons import Reason

__all__ = ["AssessorLeniency", "AssessorVariance", "Grubbs", "Leniency", "grubbs", "leniency"]


@attrs.frozen(kw_only=True)
class AssessorLeniency:
    """One assessor against the others of the pool.

    Attributes:
        assessor: The assessor's id.
        pool: Number of the set of assessors that shared households connect; effects compare
            within one pool only.
        effect: On scale "ratio" the factor on the pool's usual figure, 1.3 for 30 % above; on
            scale "amount" the difference in fen.  None where no household is shared.
        shared_forms: Forms on households that another assessor saw too.
        forms: All forms with a figure.

    >>> AssessorLeniency(assessor="a", pool=0, effect=1.3, shared_forms=40, forms=41).effect
    1.3
    """

    assessor: str | int
    pool: int
    effect: float | None
    shared_forms: int
    forms: int


@attrs.frozen(kw_only=True)
class Leniency:
    """Leniency per assessor, centred in each pool, for review and not for pay.

    Attributes:
        assessors: Every assessor, in the order of ids.
        scale: "ratio" or "amount".
        pools: Number of sets of assessors; between two of them nothing compares.
        left_out: Rows without a figure or an id.
        reasons: That it is for review, then who stands apart and who cannot be told.

    >>> leniency([], assessors=[], households=[]).pools
    0
    """

    assessors: tuple[AssessorLeniency, ...]
    scale: Scale
    pools: int
    left_out: int
    reasons: tuple[Reason, ...]


def leniency(
    limits_fen: object,
    *,
    assessors: object,
    households: object,
    scale: Scale = "ratio",
    policy: TrustPolicy = TRUST,
) -> Leniency:
    """Return how lenient each assessor is, the households' own levels taken out.

    Least squares of figure = household + assessor, on logarithms at scale "ratio".  Effects are
    identified only among assessors whom shared households connect, usually one village; in each
    such pool their plain mean (of logarithms) is zero.  For review, not for pay: an assessor
    below the policy's ``min_forms`` is never flagged.

    Args:
        limits_fen: Figures in fen, one row per form; None where there is none.
        assessors: Who gave each form.
        households: Whom each form is about.
        scale: Whether assessors differ by a factor or by an amount.
        policy: Samples and bars.

    Raises:
        InputError: If columns differ in length, a figure is below 1, or an assessor gives two
            figures for one household.
        CreditError: If the scale is another word.

    Source:
        Ruling 2.7 and the two-way additive model; bars are proposals of the library.

    >>> found = leniency([100, 200, 110, 220, 100, 200], assessors=["a", "a", "b", "b", "c", "c"],
    ...                  households=[1, 2, 1, 2, 1, 2])
    >>> [(one.assessor, round(one.effect, 3)) for one in found.assessors]
    [('a', 0.969), ('b', 1.066), ('c', 0.969)]
    """
    check_scale(scale)
    forms = forms_of(limits_fen, assessors, households)
    pools = pools_of(forms)
    kept = forms.take(forms.shared)
    figures = kept.limit.astype(np.float64)
    count = len(forms.names)
    shared = np.bincount(kept.assessor, minlength=count)
    effects = _effects(np.log(figures) if scale == "ratio" else figures, kept)
    effects -= _means(effects, pools)[pools]
    usual = _means_of_forms(figures, kept, pools)
    rows = zip(
        forms.names,
        pools.tolist(),
        (np.exp(effects) if scale == "ratio" else effects).tolist(),
        shared.tolist(),
        np.bincount(forms.assessor, minlength=count).tolist(),
        strict=True,
    )
    found = tuple(
        AssessorLeniency(
            assessor=name, pool=pool, effect=effect if n else None, shared_forms=n, forms=every
        )
        for name, pool, effect, n, every in rows
    )
    apart = [
        None
        if one.effect is None
        else (one.effect - 1 if scale == "ratio" else one.effect / usual[one.pool])
        for one in found
    ]
    told = (_leniency_told(one, far, policy) for one, far in zip(found, apart, strict=True))
    return Leniency(
        assessors=found,
        scale=scale,
        pools=int(pools.max(initial=-1)) + 1,
        left_out=forms.left_out,
        reasons=(FOR_REVIEW, *(reason for reason in told if reason is not None)),
    )


def _leniency_told(
    one: AssessorLeniency, apart: float | None, policy: TrustPolicy
) -> Reason | None:
    """Return what is worth saying about one assessor, or None."""
    if apart is None:
        return NOT_COMPARABLE.given(assessor=one.assessor)
    if one.shared_forms < number(policy.min_forms):
        return resting_on(TOO_FEW_FORMS, policy.min_forms).given(
            assessor=one.assessor, count=one.shared_forms, needed=number(policy.min_forms)
        )
    # Whole basis points, so that a figure on the bar is not lost to the last digit.
    apart_bp = round(apart * 10_000)
    if abs(apart_bp) < number(policy.lenient):
        return None
    return resting_on(LENIENT if apart_bp > 0 else STRICT, policy.lenient).given(
        assessor=one.assessor, apart_bp=abs(apart_bp), count=one.shared_forms
    )


def _effects(figures: Float, forms: Forms) -> Float:
    """Solve the normal equations with the households taken out, by conjugate gradients."""
    names = len(forms.names)
    # Left sides are sums of forms less their households' means: no matrix is built.
    _, household = np.unique(forms.household, return_inverse=True)
    a, size = forms.assessor, np.bincount(household)
    figures = figures - (figures.mean() if len(figures) else 0.0)
    right = np.bincount(a, figures - (np.bincount(household, figures) / size)[household], names)
    diagonal = np.bincount(a, 1.0 - 1.0 / size[household], names)
    diagonal[diagonal == 0] = 1.0
    found, rest = np.zeros(names), right
    ahead = step = rest / diagonal
    worth = float(rest @ ahead)
    # Below it the right side is what rounding left of the figures.
    enough = max(1e-28 * worth, 1e-29 * square(figures))
    for _ in range(2 * names + 50):
        if worth <= enough:
            break
        along = step[a]
        met = np.bincount(a, along - (np.bincount(household, along) / size)[household], names)
        length = worth / float(step @ met)
        found = found + length * step
        rest = rest - length * met
        ahead = rest / diagonal
        worth, before = float(rest @ ahead), worth
        step = ahead + worth / before * step
    return found


def _means(values: Float, groups: Int) -> Float:
    return np.asarray(np.bincount(groups, values) / np.bincount(groups))


def _means_of_forms(figures: Float, forms: Forms, pools: Int) -> list[float]:
    """Return the mean figure of each pool; 1 where it has no shared form."""
    groups = pools[forms.assessor]
    count = int(pools.max(initial=-1)) + 1
    forms_of_pool = np.bincount(groups, minlength=count)
    sums = np.bincount(groups, figures, count)
    return [total / n if n else 1.0 for total, n in zip(sums, forms_of_pool.tolist(), strict=True)]


@attrs.frozen(kw_only=True)
class AssessorVariance:
    """How widely one assessor errs, without knowing the truth.

    Attributes:
        assessor: The assessor's id, or the column's number.
        variance: Grubbs' estimate, in the square of the ratings' unit (of logarithms at scale
            "ratio"); negative where two agree more than independent ones would; None where
            fewer than three assessors compare.
        households: Households on which the assessor compares with another.

    >>> AssessorVariance(assessor="a", variance=0.04, households=50).imprecision
    0.2
    """

    assessor: str | int
    variance: float | None
    households: int

    @property
    def imprecision(self) -> float | None:
        """Return the standard deviation; None where the variance is negative or unknown.

        >>> AssessorVariance(assessor="a", variance=-0.01, households=50).imprecision is None
        True
        """
        if self.variance is None or self.variance < 0:
            return None
        return math.sqrt(self.variance)


@attrs.frozen(kw_only=True)
class Grubbs:
    """Consistency (一致性) of each assessor, for review and not for pay.

    Attributes:
        assessors: Every assessor, in the order of the columns.
        scale: "ratio" or "amount".
        reasons: That it is for review, then who errs widely and who agrees too well.

    >>> grubbs([[10, 10], [20, 20]]).assessors[0].variance is None
    True
    """

    assessors: tuple[AssessorVariance, ...]
    scale: Scale
    reasons: tuple[Reason, ...]


def grubbs(
    ratings: object,
    *,
    assessors: Sequence[str | int] | None = None,
    scale: Scale = "ratio",
    policy: TrustPolicy = TRUST,
) -> Grubbs:
    """Return each assessor's own imprecision from three forms or more per household.

    Of three it is ``(V_ab + V_ac - V_bc) / 2`` with V the variance of differences; of more, the
    mean over all threes.  Each V is over the households that both saw.  For review, not for
    pay: below the policy's ``min_units`` households nobody is flagged.

    Args:
        ratings: Numbers of shape (units, assessors), NaN or None where missing; above 0 at
            scale "ratio".
        assessors: The ids of the columns; their numbers from 0 where not given.
        scale: Whether assessors err by a factor (logarithms are taken) or by an amount.
        policy: Samples and bars.

    Raises:
        InputError: If the ratings are no table of finite numbers, one is not above 0 at scale
            "ratio", or the ids do not match the columns.
        CreditError: If the scale is another word.

    Source:
        Grubbs, On estimating precision of measuring instruments (1948).

    >>> found = grubbs([[1, 2, 4], [2, 2, 2], [3, 4, 3]], scale="amount")
    >>> [round(one.variance, 3) for one in found.assessors]
    [0.5, -0.167, 2.5]
    """
    check_scale(scale)
    columns = ratings_of(ratings)
    names = _names(assessors, len(columns))
    known = ~np.isnan(columns)
    if scale == "ratio":
        if (columns[known] <= 0).any():
            raise InputError(
                "ratings must be above 0 at scale ratio: leave a refusal NaN, or ask for amounts",
                column="ratings",
            )
        columns = np.log(columns)
    variances, households = _grubbs_variances(columns, known)
    found = tuple(
        AssessorVariance(assessor=name, variance=variance, households=count)
        for name, variance, count in zip(names, variances, households, strict=True)
    )
    return Grubbs(assessors=found, scale=scale, reasons=_grubbs_told(found, policy))


def _names(assessors: Sequence[Id] | None, count: int) -> tuple[Id, ...]:
    names = tuple(range(count)) if assessors is None else tuple(assessors)
    if len(names) != count or len(set(names)) != count:
        raise InputError(
            f"assessors must name each of {count} columns once, got {len(names)} names, "
            f"{len(set(names))} of them distinct",
            column="assessors",
        )
    return names


def _grubbs_variances(columns: Float, known: Bool) -> tuple[list[float | None], list[int]]:
    k = len(columns)
    apart = np.full((k, k), np.nan)
    seen = np.zeros((k, columns.shape[1]), np.bool_)
    for one in range(k):
        for other in range(one):
            both = known[one] & known[other]
            seen[one] |= both
            seen[other] |= both
            if np.count_nonzero(both) > 1:
                gaps = columns[one, both] - columns[other, both]
                apart[one, other] = apart[other, one] = gaps.var(ddof=1)
    variances: list[float | None] = []
    for one in range(k):
        threes = [
            (apart[one, b] + apart[one, c] - apart[b, c]) / 2
            for b in range(k)
            for c in range(b)
            if one not in {b, c}
        ]
        told = [three for three in threes if not math.isnan(three)]
        variances.append(statistics.fmean(told) if told else None)
    return variances, seen.sum(axis=1).tolist()


def _grubbs_told(found: tuple[AssessorVariance, ...], policy: TrustPolicy) -> tuple[Reason, ...]:
    needed, times = number(policy.min_units), number(policy.careless)
    told = [one for one in found if one.households >= needed]
    reasons = [
        NEGATIVE_VARIANCE.given(assessor=one.assessor)
        for one in told
        if one.variance is not None and one.variance < 0
    ]
    # Who agrees too well counts as exact here: the others are compared with something.
    known = [math.sqrt(max(one.variance, 0.0)) for one in found if one.variance is not None]
    if known:
        bar = times * statistics.median(known)
        reasons += [
            resting_on(CARELESS, policy.careless).given(assessor=one.assessor, times=times)
            for one in told
            if one.imprecision is not None and one.imprecision > bar
        ]
    if len(told) < len(found):
        fewest = min(one.households for one in found)
        few = resting_on(TOO_FEW_UNITS, policy.min_units)
        reasons.append(few.given(count=fewest, needed=needed))
    return (FOR_REVIEW, *reasons)
