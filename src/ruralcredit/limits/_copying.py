"""Signs of copying between assessors, and the steps to which each of them rounds."""

import math

import attrs
import numpy as np

from ruralcredit.columns import int_column, same_length
from ruralcredit.errors import CreditError
from ruralcredit.limits._trust import (
    ALL_ALIKE,
    COARSE_STEPS,
    COPIED,
    FAVOURITE,
    FOR_REVIEW,
    TOO_FEW_FORMS,
    TOO_FEW_SHARED,
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
    resting_on,
)
from ruralcredit.reasons import Reason
from ruralcredit.values import Ratio

__all__ = [
    "CopyPair",
    "Copying",
    "RoundingHabit",
    "RoundingHabits",
    "copying",
    "find_rounding_habits",
]

# Three standard deviations of a normal deviate over nine tenths of its distances from zero, and
# one over the mean of them.
_OF_DECILE = 3 / 1.6448536
_OF_MEAN = math.sqrt(math.pi / 2)


@attrs.frozen(kw_only=True)
class CopyPair:
    """How often two assessors give one same figure, and how often chance would.

    Attributes:
        assessors: The two ids, in order.
        households: Households that both gave a figure for.
        matches: Households on which both figures are equal.
        expected: Matches that independent assessors like them would have; None where
            differences within the pool never vary.
        z: Matches over the expected ones, in standard deviations; None likewise.
        gap: The first's mean figure over the second's: a share of the household's mean at scale
            "ratio", fen at scale "amount".
        longest_run: The most matches in a row, in the order in which the forms came in; None
            without moments.
        first_led: Matches for which the first of the two handed in before the second; None
            without moments.

    >>> CopyPair(assessors=("a", "b"), households=50, matches=20, expected=8.0, z=4.6,
    ...          gap=0.01).matches
    20
    """

    assessors: tuple[str | int, str | int]
    households: int
    matches: int
    expected: float | None
    z: float | None
    gap: float
    longest_run: int | None = None
    first_led: int | None = None


@attrs.frozen(kw_only=True)
class Copying:
    """Every pair of assessors with shared households, for review and never as proof.

    Attributes:
        pairs: The pairs, in the order of their ids.
        scale: "ratio" or "amount".
        left_out: Rows without a figure or an id.
        reasons: That it is for review, then the pairs that match too often or cannot be told.

    >>> copying([], assessors=[], households=[]).pairs
    ()
    """

    pairs: tuple[CopyPair, ...]
    scale: Scale
    left_out: int
    reasons: tuple[Reason, ...]


def copying(
    limits_fen: object,
    *,
    assessors: object,
    households: object,
    scale: Scale = "ratio",
    step_fen: int | None = None,
    handed_in: object = None,
    policy: TrustPolicy = TRUST,
) -> Copying:
    """Return, per pair of assessors, how far exact matches exceed what chance would give.

    Differences of independent assessors are taken as normal, their spread being that of the
    middle pair of the pool; a match by chance is a difference within half a step.  So coarse
    figures match often and flag rarely.  Assessors much more precise than the others of their
    pool may be flagged without having copied, and a pool where all copy looks like a precise
    one: a flag is for review, never proof, never for pay.

    Args:
        limits_fen: Figures in fen, one row per form; None where there is none.
        assessors: Who gave each form.
        households: Whom each form is about.
        scale: Whether differences grow with the limit or not.
        step_fen: The step of all figures in fen; None takes each assessor's own rounding
            habits, see `find_rounding_habits`.
        handed_in: When each form came in, as whole numbers that grow with time; None leaves
            runs and order out.
        policy: Samples and bars.

    Raises:
        InputError: If columns differ in length, a figure is below 1, or an assessor gives two
            figures for one household.
        CreditError: If the scale is another word, or the step is no whole number from 1.

    Source:
        Exact-match z with the step accounted for, kin of the K, omega and S indices of exam
        copying (Wollack 1997; Romero et al. 2015).  The bars are proposals of the library.

    >>> found = copying([30, 50, 30, 50, 40, 40], assessors=["a", "a", "b", "b", "c", "c"],
    ...                 households=[1, 2, 1, 2, 1, 2], step_fen=10)
    >>> [(pair.assessors, pair.matches) for pair in found.pairs]
    [(('a', 'b'), 2), (('a', 'c'), 0), (('b', 'c'), 0)]
    """
    check_scale(scale)
    if step_fen is not None and (type(step_fen) is not int or step_fen < 1):
        raise CreditError(f"step_fen must be whole fen from 1, or None, got {step_fen!r}")
    same_length({"limits_fen": limits_fen, "handed_in": handed_in})
    forms = forms_of(limits_fen, assessors, households)
    pairs = _pairs_of(forms)
    gap, expected, variance = _chances(forms, pairs, scale, step_fen, policy)
    matches = pairs.sums(pairs.match).astype(np.int64)
    runs, led = _orders(forms, pairs, handed_in)
    rows = zip(
        pairs.ids,
        pairs.sums(np.ones(len(pairs.of))).astype(np.int64).tolist(),
        matches.tolist(),
        *(_told(column) for column in (expected, _z(matches, expected, variance))),
        gap.tolist(),
        runs,
        led,
        strict=True,
    )
    found = tuple(
        CopyPair(
            assessors=ids,
            households=count,
            matches=matched,
            expected=by_chance,
            z=z,
            gap=apart,
            longest_run=run,
            first_led=ahead,
        )
        for ids, count, matched, by_chance, z, apart, run, ahead in rows
    )
    reasons = tuple(reason for pair in found for reason in _copying_told(pair, policy))
    return Copying(
        pairs=found, scale=scale, left_out=forms.left_out, reasons=(FOR_REVIEW, *reasons)
    )


def _z(matches: Int, expected: Float, variance: Float) -> Float:
    # Without variance chance would match always or never, which tells nothing.
    sd = np.sqrt(np.where(variance > 0, variance, np.nan))
    return np.asarray((matches - expected) / sd)


def _told(column: Float) -> list[float | None]:
    return [None if math.isnan(value) else value for value in column.tolist()]


def _copying_told(pair: CopyPair, policy: TrustPolicy) -> tuple[Reason, ...]:
    first, second = pair.assessors
    ids = {"first": first, "second": second}
    if pair.households < number(policy.min_shared):
        few = resting_on(TOO_FEW_SHARED, policy.min_shared)
        return (few.given(**ids, count=pair.households, needed=number(policy.min_shared)),)
    if pair.z is None or pair.expected is None:
        return (ALL_ALIKE.given(**ids),)
    if pair.z <= number(policy.copy_z):
        return ()
    facts = {
        "matches": pair.matches,
        "count": pair.households,
        "expected": f"{pair.expected:.1f}",
        "z": f"{pair.z:.1f}",
    }
    return (resting_on(COPIED, policy.copy_z).given(**ids, **facts),)


@attrs.frozen(kw_only=True, eq=False)
class _Pairs:
    """Two forms of one household per row: where they stand, and whose they are."""

    first: Int
    second: Int
    of: Int
    ids: tuple[tuple[Id, Id], ...]
    match: Bool

    def sums(self, values: Float | Bool) -> Float:
        """Add up the rows of each pair of assessors."""
        return np.bincount(self.of, values, len(self.ids)).astype(np.float64, copy=False)


def _pairs_of(forms: Forms) -> _Pairs:
    """Pair the forms of each household, the assessor of the lower id first."""
    rows = np.arange(len(forms.household))
    most = int(np.bincount(forms.household, minlength=1).max())
    firsts = [rows[:0]]
    seconds = [rows[:0]]
    for lag in range(1, most):
        same = np.flatnonzero(forms.household[lag:] == forms.household[:-lag])
        firsts.append(same)
        seconds.append(same + lag)
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    count = len(forms.names)
    key = forms.assessor[first] * count + forms.assessor[second]
    distinct, of = np.unique(key, return_inverse=True)
    ids = [divmod(code, count) for code in distinct.tolist()]
    return _Pairs(
        first=first,
        second=second,
        of=of,
        ids=tuple((forms.names[one], forms.names[other]) for one, other in ids),
        match=forms.limit[first] == forms.limit[second],
    )


def _chances(
    forms: Forms, pairs: _Pairs, scale: Scale, step_fen: int | None, policy: TrustPolicy
) -> tuple[Float, Float, Float]:
    """Return each pair's mean gap, expected matches and their variance, NaN where untold."""
    level = np.ones(len(pairs.of))
    if scale == "ratio":
        sizes = np.bincount(forms.household)
        sums = np.bincount(forms.household, forms.limit)
        household = forms.household[pairs.first]
        level = sums[household] / sizes[household]
    apart = (forms.limit[pairs.first] - forms.limit[pairs.second]) / level
    gap = pairs.sums(apart) / pairs.sums(np.ones(len(pairs.of)))
    pools = pools_of(forms)[forms.assessor[pairs.first]]
    distance = np.abs(apart - gap[pairs.of])
    # What is left of equal differences by rounding alone is no spread.
    distance[distance <= 1e-12 * np.abs(apart).max(initial=0.0)] = 0.0
    step = _steps(forms, pairs, step_fen, policy) / level
    spread = _spread(distance, step, pairs, pools)
    # Round figures spread differences by a twelfth of the step's square more.
    sd = np.sqrt(spread**2 + step**2 / 12)
    sd[sd == 0] = 1.0
    centre = gap[pairs.of]
    chance = _normal((step / 2 - centre) / sd) - _normal((-step / 2 - centre) / sd)
    # Where differences of the pool never vary, no spread tells what chance would give.
    chance[spread == 0] = np.nan
    return gap, pairs.sums(chance), pairs.sums(chance * (1 - chance))


def _normal(values: Float) -> Float:
    """Return the normal distribution's share below each value."""
    from scipy.special import ndtr

    return np.asarray(ndtr(values), dtype=np.float64)


def _spread(distance: Float, step: Float, pairs: _Pairs, pools: Int) -> Float:
    """Return per row the standard deviation behind the distances of its pool's middle pair.

    The mean distance is free of the steps of round figures; a few wild ones are held back.  Of
    the pairs the middle one counts, by households, so that one that copies hides nothing.
    """
    _, pool = np.unique(pools, return_inverse=True)
    count = np.bincount(pool)
    ordered = distance[np.lexsort((distance, pool))]
    decile = ordered[np.cumsum(count) - count + 9 * (count - 1) // 10]
    held = np.minimum(distance, _OF_DECILE * (decile[pool] + step / 2))
    size = pairs.sums(np.ones(len(held)))
    # The gap is the pair's own, so one household tells nothing: corrected as a variance is.
    wide = pairs.sums(held) / np.sqrt(size * np.maximum(size - 1, 1))
    pool_of_pair = np.zeros(len(size), np.int64)
    pool_of_pair[pairs.of] = pool
    order = np.lexsort((wide, pool_of_pair))
    heavy = np.cumsum(np.where(size > 1, size, 0)[order])
    last = np.searchsorted(pool_of_pair[order], np.arange(len(count)), side="right") - 1
    before = np.append(0, heavy[last])[:-1]
    at = np.searchsorted(heavy, (before + heavy[last]) / 2)
    # Without a pair of two households a pool has no middle, and must not take its neighbour's.
    middle = order[np.maximum(at, np.append(0, last[:-1] + 1))]
    return np.asarray(_OF_MEAN * wide[middle][pool])


def _steps(forms: Forms, pairs: _Pairs, step_fen: int | None, policy: TrustPolicy) -> Float:
    """Return how wide an interval of limits is written as the figure of each pair of forms.

    For a figure of one assessor it is the mean step, over the other's habits, of those steps
    that the figure is a multiple of; and the mean of both ways round.
    """
    if step_fen is not None:
        return np.full(len(pairs.of), float(step_fen))
    if not len(pairs.of):
        return np.zeros(0)
    ladder = _ladder(forms.limit, policy)
    habits = _lattices(_multiples(forms, ladder), ladder)
    width = np.zeros(len(pairs.of))
    for one, other in ((pairs.first, pairs.second), (pairs.second, pairs.first)):
        for step, share in zip(ladder, habits, strict=True):
            width += (forms.limit[one] % step == 0) * share[forms.assessor[other]] * step / 2
    return width


def _ladder(limits: Int, policy: TrustPolicy) -> tuple[int, ...]:
    """Return the step that all figures share, and the policy's coarser multiples of it."""
    finest = int(np.gcd.reduce(limits))
    steps = (number(step) for step in policy.steps)
    return (finest, *(step for step in steps if step > finest and step % finest == 0))


def _multiples(forms: Forms, ladder: tuple[int, ...]) -> Int:
    """Count each assessor's multiples of each step."""
    count = len(forms.names)
    return np.stack(
        [np.bincount(forms.assessor[forms.limit % step == 0], minlength=count) for step in ladder]
    )


def _lattices(multiples: Int, ladder: tuple[int, ...]) -> Float:
    """Return how often each assessor rounds to each step: not every multiple was meant as one."""
    share = multiples / multiples[0]
    found = np.zeros(share.shape)
    left = np.ones(share.shape[1])
    for at, step in enumerate(ladder[:-1]):
        coarser = ladder[at + 1]
        short = 1 - share[at + 1]
        for finer, by in zip(ladder[:at], found, strict=False):
            short = short - by * (1 - finer / coarser)
        found[at] = np.clip(short / (1 - step / coarser), 0, left)
        left = left - found[at]
    found[-1] = left
    return found


def _orders(
    forms: Forms, pairs: _Pairs, handed_in: object
) -> tuple[list[int] | list[None], list[int] | list[None]]:
    """Return each pair's longest run of matches, and the matches that the first led."""
    if handed_in is None:
        nothing = [None] * len(pairs.ids)
        return nothing, nothing
    moments = int_column("handed_in", handed_in)
    moment, known = moments.values[forms.rows], moments.known[forms.rows]
    kept = known[pairs.first] & known[pairs.second]
    one, other = moment[pairs.first][kept], moment[pairs.second][kept]
    of, match = pairs.of[kept], pairs.match[kept]
    led = np.bincount(of[match & (one < other)], minlength=len(pairs.ids))
    order = np.lexsort((np.maximum(one, other), of))
    of, match = of[order], match[order]
    so_far = np.cumsum(match)
    opens = np.append(True, of[1:] != of[:-1])[: len(of)]
    before = np.where(match, np.where(opens, so_far - 1, 0), so_far)
    longest = np.zeros(len(pairs.ids), np.int64)
    np.maximum.at(longest, of, so_far - np.maximum.accumulate(before))
    return longest.tolist(), led.tolist()


@attrs.frozen(kw_only=True)
class RoundingHabit:
    """To which step one assessor rounds, and which figure comes most often.

    Attributes:
        assessor: The assessor's id.
        forms: Forms with a figure.
        steps_fen: The steps looked at, from the one that all figures of all assessors share.
        multiples: For each step, how many figures are multiples of it.
        usual_step_fen: The coarsest step that the policy's share of figures keeps to.
        middle_fen: The middle figure, the lower one of two.
        favourite_fen: The figure that comes most often, the lowest of several.
        favourite: How often it comes.

    >>> found = find_rounding_habits([1_000_000, 3_000_000], assessors=["a", "a"])
    >>> found.assessors[0].usual_step_fen
    1000000
    """

    assessor: str | int
    forms: int
    steps_fen: tuple[int, ...]
    multiples: tuple[Ratio, ...]
    usual_step_fen: int
    middle_fen: int
    favourite_fen: int
    favourite: Ratio


@attrs.frozen(kw_only=True)
class RoundingHabits:
    """The rounding habits (取整习惯) of all assessors, for review and not for pay.

    Attributes:
        assessors: Every assessor, in the order of ids.
        left_out: Rows without a figure or an id.
        reasons: That it is for review, then whose figures say little.

    >>> find_rounding_habits([], assessors=[]).assessors
    ()
    """

    assessors: tuple[RoundingHabit, ...]
    left_out: int
    reasons: tuple[Reason, ...]


def find_rounding_habits(
    limits_fen: object, *, assessors: object, policy: TrustPolicy = TRUST
) -> RoundingHabits:
    """Return to which step each assessor rounds, and whose figures are coarse or one and the same.

    For review, not for pay: below the policy's ``min_forms`` nobody is flagged.

    Args:
        limits_fen: Figures in fen, one row per form; None where there is none.
        assessors: Who gave each form.
        policy: Steps, samples and bars.

    Raises:
        InputError: If columns differ in length or a figure is below 1.

    Source:
        Steps and bars are proposals of the library.

    >>> found = find_rounding_habits([yuan * 100 for yuan in (20_000, 25_000, 30_000)],
    ...                              assessors=["a", "a", "b"])
    >>> [(one.assessor, one.usual_step_fen) for one in found.assessors]
    [('a', 500000), ('b', 1000000)]
    """
    count = same_length({"limits_fen": limits_fen, "assessors": assessors})
    forms = forms_of(limits_fen, assessors, np.arange(count))
    ladder = _ladder(forms.limit, policy) if len(forms.limit) else ()
    found = []
    order = np.argsort(forms.assessor, kind="stable")
    distinct, starts = np.unique(forms.assessor[order], return_index=True)
    for at, limits in zip(
        distinct.tolist(), np.split(forms.limit[order], starts)[1:], strict=True
    ):
        found.append(_habit(forms.names[at], limits, ladder, policy))
    told = tuple(reason for one in found for reason in _habits_told(one, policy))
    return RoundingHabits(
        assessors=tuple(found), left_out=forms.left_out, reasons=(FOR_REVIEW, *told)
    )


def _habit(
    assessor: Id, limits: Int, ladder: tuple[int, ...], policy: TrustPolicy
) -> RoundingHabit:
    count = len(limits)
    multiples = [int(np.count_nonzero(limits % step == 0)) for step in ladder]
    usual = max(
        step
        for step, kept in zip(ladder, multiples, strict=True)
        if 10_000 * kept >= number(policy.habit) * count
    )
    figures, times = np.unique(limits, return_counts=True)
    most = int(times.argmax())
    return RoundingHabit(
        assessor=assessor,
        forms=count,
        steps_fen=ladder,
        multiples=tuple(Ratio(kept, count) for kept in multiples),
        usual_step_fen=usual,
        middle_fen=int(np.sort(limits)[(count - 1) // 2]),
        favourite_fen=int(figures[most]),
        favourite=Ratio(int(times[most]), count),
    )


def _habits_told(one: RoundingHabit, policy: TrustPolicy) -> list[Reason]:
    if one.forms < number(policy.min_forms):
        few = resting_on(TOO_FEW_FORMS, policy.min_forms)
        return [few.given(assessor=one.assessor, count=one.forms, needed=number(policy.min_forms))]
    found = []
    coarse = Ratio(one.usual_step_fen, one.middle_fen)
    if 10_000 * coarse.part >= number(policy.coarse) * coarse.whole:
        reason = resting_on(COARSE_STEPS, policy.coarse)
        found.append(reason.given(assessor=one.assessor, step_fen=coarse.part, share_bp=coarse.bp))
    if 10_000 * one.favourite.part >= number(policy.favourite) * one.forms:
        reason = resting_on(FAVOURITE, policy.favourite)
        found.append(
            reason.given(
                assessor=one.assessor,
                figure_fen=one.favourite_fen,
                matches=one.favourite.part,
                count=one.forms,
            )
        )
    return found
