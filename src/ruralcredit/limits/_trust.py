"""What the questions about assessors share: policy, figures, reasons, and forms as columns."""

import functools
import itertools
import math
from typing import Final, Literal, TypeAlias, get_args

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import encode_ids, int_column, same_length
from ruralcredit.errors import CreditError, InputError
from ruralcredit.reasons import BasisWord, Figure, Reason

__all__ = ["TRUST", "Scale", "TrustPolicy"]

Scale: TypeAlias = Literal["ratio", "amount"]
"""How assessors err: in proportion to the limit ("ratio") or by an amount in fen ("amount")."""

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Id: TypeAlias = str | int

# The largest rating whose squares add up.
_MOST: Final = 1e140
_PROPOSAL: Final[BasisWord] = "project proposal"


def _figure(name: str, value: int, unit: str, source: str) -> Figure:
    return Figure(
        id=f"limits.trust.{name}", value=value, unit=unit, basis=_PROPOSAL, source=source
    )


def _at_least_one(_: object, attribute: "attrs.Attribute[Figure]", figure: object) -> None:
    value = getattr(figure, "value", None)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise CreditError(
            f"TrustPolicy.{attribute.name} must be a Figure of a whole number from 1, "
            f"got {figure!r}"
        )


def _a_share(owner: object, attribute: "attrs.Attribute[Figure]", figure: Figure) -> None:
    _at_least_one(owner, attribute, figure)
    if int(figure.value) > 10_000:
        raise CreditError(
            f"TrustPolicy.{attribute.name} must be at most 10000 basis points, "
            f"got {figure.value}: 90% is written 9000"
        )


def _a_ladder(owner: object, attribute: "attrs.Attribute[tuple[Figure, ...]]", at: object) -> None:
    if not isinstance(at, tuple) or not at:
        raise CreditError(f"TrustPolicy.steps must be a tuple of Figures, got {at!r}")
    for figure in at:
        _at_least_one(owner, attribute, figure)  # type: ignore[arg-type]  # read for its name
    steps = [int(figure.value) for figure in at]
    for finer, coarser in itertools.pairwise(steps):
        if coarser <= finer or coarser % finer:
            raise CreditError(
                "TrustPolicy.steps must each be a larger multiple of the one before, "
                f"got {finer} and {coarser}"
            )


@attrs.frozen(kw_only=True)
class TrustPolicy:
    """From which sample on, and from which size on, a figure about assessors is worth a look.

    Attributes:
        min_units: Households below which agreement and consistency say little.
        min_forms: Forms of one assessor below which leniency and habits are not told.
        lenient: Distance from the others, in basis points, from which leniency is flagged.
        careless: How many times the middle imprecision one assessor's must exceed.
        min_shared: Households that a pair must share before copying is flagged.
        copy_z: Standard deviations that matches must exceed to be flagged.
        steps: Steps of round figures in fen, each a multiple of the one before.
        habit: Share of an assessor's figures, in basis points, that makes a step the usual one.
        coarse: Usual step over the middle figure, in basis points, from which it is coarse.
        favourite: Share of one same figure, in basis points, from which it is flagged.
        min_departures: Departures of the group below which their direction is not told.
        departure: Share of departures, in basis points, from which they are flagged.
        toward: Share of departures toward one assessor, in basis points, likewise.

    Raises:
        CreditError: If a figure is no whole number from 1, a share exceeds 10,000 basis points,
            or the steps do not nest.

    >>> TRUST.min_shared.value, TRUST.copy_z.value
    (40, 4)
    """

    min_units: Figure = attrs.field(validator=_at_least_one)
    min_forms: Figure = attrs.field(validator=_at_least_one)
    lenient: Figure = attrs.field(validator=_at_least_one)
    careless: Figure = attrs.field(validator=_at_least_one)
    min_shared: Figure = attrs.field(validator=_at_least_one)
    copy_z: Figure = attrs.field(validator=_at_least_one)
    steps: tuple[Figure, ...] = attrs.field(validator=_a_ladder)
    habit: Figure = attrs.field(validator=_a_share)
    coarse: Figure = attrs.field(validator=_at_least_one)
    favourite: Figure = attrs.field(validator=_a_share)
    min_departures: Figure = attrs.field(validator=_at_least_one)
    departure: Figure = attrs.field(validator=_a_share)
    toward: Figure = attrs.field(validator=_a_share)


_SIMULATED: Final = "simulation of villages of 40, 100 and 200 households (copy test)"
_ROUND: Final = "round figures that people write: whole 1,000, 5,000, 10,000 and 50,000 yuan"

TRUST = TrustPolicy(
    min_units=_figure("min_units", 30, "households", "below it the interval spans most grades"),
    min_forms=_figure("min_forms", 30, "forms", "at 20% noise the mean of 30 errs by 4%"),
    lenient=_figure("lenient", 2_000, "bp", "five times the error of the mean of 30 forms"),
    careless=_figure("careless", 2, "times", "twice the middle imprecision of the assessors"),
    min_shared=_figure("min_shared", 40, "households", _SIMULATED),
    copy_z=_figure("copy_z", 4, "standard deviations", _SIMULATED),
    steps=tuple(
        _figure(f"step_{yuan}", yuan * 100, "fen", _ROUND)
        for yuan in (1_000, 5_000, 10_000, 50_000)
    ),
    habit=_figure("habit", 9_000, "bp", "nine figures in ten"),
    coarse=_figure("coarse", 2_500, "bp", "steps of a quarter of the usual limit"),
    favourite=_figure("favourite", 5_000, "bp", "every second form the same"),
    min_departures=_figure("min_departures", 20, "departures", "fewer leave a share open by 20%"),
    departure=_figure("departure", 2_000, "bp", "the group departs from one in five"),
    toward=_figure("toward", 8_000, "bp", "four departures in five follow one assessor"),
)
"""The samples and bars that ship, all of them proposals: bring a bank's own as ``policy``."""

TRUST_FIGURES: Final[tuple[Figure, ...]] = tuple(
    figure
    for held in attrs.astuple(TRUST, recurse=False)
    for figure in (held if isinstance(held, tuple) else (held,))
)

# --- the words (LIM-100 to LIM-199) ---
_RULING: Final = "ruling 2.7: minimum samples; for review, not for pay"


def _reason(code: str, en: str, zh: str, *facts: str, figures: tuple[Figure, ...] = ()) -> Reason:
    return Reason(
        code=f"LIM-{code}",
        says={"en": en, "zh": zh},
        facts=facts,
        source=_RULING,
        basis=_PROPOSAL,
        figures=figures,
    )


FOR_REVIEW = _reason(
    "100",
    "for review, not for pay: a sign to look at, no proof",
    "仅供复核，不作考核依据：是线索，不是证据",
)
TOO_FEW_FORMS = _reason(
    "101",
    "assessor {assessor} has {count} forms to go by, {needed} are needed",
    "评议员{assessor}可用评议表{count}份，至少需要{needed}份",
    *("assessor", "count", "needed"),
)
NOT_COMPARABLE = _reason(
    "102",
    "assessor {assessor} shares no household with another, so leniency cannot be told",
    "评议员{assessor}与他人无共同评议户，无法比较宽严",
    "assessor",
)
TOO_FEW_UNITS = _reason(
    "103",
    "{count} households are comparable, {needed} are needed",
    "可比农户{count}户，至少需要{needed}户",
    *("count", "needed"),
)
LENIENT = _reason(
    "110",
    "assessor {assessor} stands {apart_bp} above the others on {count} shared forms",
    "评议员{assessor}在{count}份共同评议表上比他人高{apart_bp}",
    *("assessor", "apart_bp", "count"),
)
STRICT = _reason(
    "111",
    "assessor {assessor} stands {apart_bp} below the others on {count} shared forms",
    "评议员{assessor}在{count}份共同评议表上比他人低{apart_bp}",
    *("assessor", "apart_bp", "count"),
)
CARELESS = _reason(
    "120",
    "assessor {assessor} errs more than {times} times as widely as the middle one",
    "评议员{assessor}的离散程度超过中间水平的{times}倍",
    *("assessor", "times"),
)
NEGATIVE_VARIANCE = _reason(
    "121",
    "assessor {assessor} has a negative variance: two agree more than independent ones would",
    "评议员{assessor}的方差为负：两人的一致程度超出独立评议应有水平",
    "assessor",
)
COPIED = _reason(
    "130",
    "assessors {first} and {second} match on {matches} of {count} households, {expected} by "
    "chance: z = {z}",
    "评议员{first}与{second}在{count}户中有{matches}户完全相同，随机预期{expected}户：z = {z}",
    *("first", "second", "matches", "count", "expected", "z"),
)
ALL_ALIKE = _reason(
    "131",
    "how assessors {first} and {second} and those beside them differ never varies, so chance "
    "cannot be told",
    "评议员{first}与{second}及同组评议员之间的差异始终不变，无法判断是否偶然",
    *("first", "second"),
)
TOO_FEW_SHARED = _reason(
    "132",
    "assessors {first} and {second} share {count} households, {needed} are needed",
    "评议员{first}与{second}共同评议{count}户，至少需要{needed}户",
    *("first", "second", "count", "needed"),
)
COARSE_STEPS = _reason(
    "140",
    "assessor {assessor} rounds to {step_fen}, which is {share_bp} of the usual figure",
    "评议员{assessor}按{step_fen}取整，相当于其常用额度的{share_bp}",
    *("assessor", "step_fen", "share_bp"),
)
FAVOURITE = _reason(
    "141",
    "assessor {assessor} gives {figure_fen} on {matches} of {count} forms",
    "评议员{assessor}在{count}份评议表中有{matches}份给出{figure_fen}",
    *("assessor", "figure_fen", "matches", "count"),
)
DEPARTS_OFTEN = _reason(
    "150",
    "the group departs from the proposal on {matches} of {count} households",
    "小组在{count}户中有{matches}户偏离建议额度",
    *("matches", "count"),
)
TOWARD_ONE = _reason(
    "151",
    "{matches} of {count} departures of the group go toward the figure of assessor {assessor}",
    "小组{count}次偏离中有{matches}次偏向评议员{assessor}的额度",
    *("matches", "count", "assessor"),
)
TOO_FEW_DEPARTURES = _reason(
    "152",
    "the group departs {count} times, {needed} are needed to tell a direction",
    "小组偏离{count}次，至少{needed}次方可判断方向",
    *("count", "needed"),
)
TRUST_REASONS = tuple(one for one in tuple(globals().values()) if isinstance(one, Reason))


@functools.lru_cache(maxsize=256)
def resting_on(reason: Reason, figure: Figure) -> Reason:
    """Return a reason with the figure of the policy that it used."""
    return attrs.evolve(reason, figures=(figure,))


def number(figure: Figure) -> int:
    """Return the whole number of a figure of the policy."""
    return int(figure.value)


def check_scale(scale: Scale) -> None:
    """Refuse a scale of another word."""
    if scale not in get_args(Scale):
        raise CreditError(f"scale must be ratio or amount, got {scale!r}")


def ratings_of(ratings: object) -> Float:
    """Return ratings as float64 of shape (assessors, units), NaN where missing."""
    if isinstance(ratings, np.ma.MaskedArray):
        ratings = np.ma.filled(ratings.astype(np.float64), np.nan)
    try:
        brought = np.asarray(ratings)
        # Text that looks like a number is a slip; an object may hold None beside numbers.
        casting: Literal["unsafe", "same_kind"] = (
            "unsafe" if brought.dtype.kind == "O" else "same_kind"
        )
        values = brought.astype(np.float64, copy=False, casting=casting)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"ratings must be numbers in rows of one length, NaN where missing: {error}",
            column="ratings",
        ) from error
    if values.ndim != 2:
        raise InputError(
            f"ratings must have the shape (units, assessors), got {values.shape}: one row per "
            "household, one column per assessor",
            column="ratings",
        )
    # Sums over few assessors run many times faster along whole columns.
    columns = np.ascontiguousarray(values.T)
    if is_complete(columns):
        return columns
    odd = np.abs(columns) > _MOST
    if odd.any():
        rows = np.flatnonzero(odd.any(axis=0))
        raise InputError(
            f"ratings must be at most {_MOST:g} in size, {len(rows)} rows are not, the first at "
            f"row {rows[0]}: NaN is missing, infinity is nothing",
            column="ratings",
            count=len(rows),
            first_row=int(rows[0]),
        )
    return columns


def is_complete(columns: Float) -> bool:
    """Say whether no number is missing, or too large for its square."""
    return math.isfinite(square(columns))


def square(values: Float) -> float:
    """Return the sum of squares; threads of BLAS would cost more than they save."""
    flat = values.ravel()
    return float(np.einsum("i,i->", flat, flat))


@attrs.frozen(kw_only=True, eq=False)
class Forms:
    """Forms with a figure, sorted by household, then assessor; codes in the order of ids."""

    limit: Int
    assessor: Int
    household: Int
    names: tuple[Id, ...]
    rows: Int
    left_out: int

    @property
    def shared(self) -> Bool:
        """Say which forms are of a household that another assessor saw too."""
        return np.asarray(np.bincount(self.household)[self.household] > 1)

    def take(self, kept: Bool) -> "Forms":
        """Return some of the forms."""
        return attrs.evolve(
            self,
            limit=self.limit[kept],
            assessor=self.assessor[kept],
            household=self.household[kept],
            rows=self.rows[kept],
        )


def forms_of(limits_fen: object, assessors: object, households: object) -> Forms:
    """Bring forms in columns: one row per form, a row without a figure or an id left out."""
    columns = {"limits_fen": limits_fen, "assessors": assessors, "households": households}
    same_length(columns)
    limits = int_column("limits_fen", limits_fen, money=True)
    low = limits.known & (limits.values < 1)
    if low.any():
        raise InputError(
            f"limits_fen must be 1 or more, {int(low.sum())} rows are not, the first at row "
            f"{int(low.argmax())}: a refusal is no figure, leave it None",
            column="limits_fen",
            count=int(low.sum()),
            first_row=int(low.argmax()),
        )
    assessor, names = _codes("assessors", assessors)
    household, houses = _codes("households", households)
    rows = np.flatnonzero(limits.known & (assessor >= 0) & (household >= 0))
    key = household[rows] * len(names) + assessor[rows]
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    twice = np.flatnonzero(ordered[1:] == ordered[:-1])
    if len(twice):
        row = int(rows[order[twice[0] + 1]])
        raise InputError(
            f"assessors must give one form per household, {len(twice)} rows are a second one, "
            f"such as row {row} (assessor {names[assessor[row]]!r}, household "
            f"{houses[household[row]]!r}): keep the form that counts",
            column="assessors",
            count=len(twice),
            first_row=row,
        )
    rows = rows[order]
    return Forms(
        limit=limits.values[rows],
        assessor=assessor[rows],
        household=household[rows],
        names=names,
        rows=rows,
        left_out=len(limits) - len(rows),
    )


def _codes(name: str, ids: object) -> tuple[Int, tuple[Id, ...]]:
    """Number ids in their own order, -1 where unknown."""
    index, brought = encode_ids({name: ids})
    place = index.ranks()
    names = index.known_ids(np.argsort(place))
    codes = brought[name]
    return np.where(codes < 0, -1, np.append(place, -1)[codes]), tuple(names)


def pools_of(forms: Forms) -> Int:
    """Number the sets of assessors that shared households connect, by their first assessor.

    An assessor without a shared household is a set alone.
    """
    count = len(forms.names)
    forms = forms.take(forms.shared)
    ends = (forms.assessor, forms.household + count)
    parent = np.arange(count + int(forms.household.max(initial=-1)) + 1)
    while True:
        one, other = parent[ends[0]], parent[ends[1]]
        apart = one != other
        if not apart.any():
            break
        low, high = np.minimum(one, other)[apart], np.maximum(one, other)[apart]
        np.minimum.at(parent, high, low)
        # Every label is led to its root, so that the number of sets falls in each round.
        while not np.array_equal(led := parent[parent], parent):
            parent = led
    _, pools = np.unique(parent[:count], return_inverse=True)
    return pools.astype(np.int64)
