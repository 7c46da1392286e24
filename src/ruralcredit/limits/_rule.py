"""How independent figures become one: the rule as data, and its one definition.

The definition speaks of sorted figures with the few operations of `Arithmetic`, so that the
same lines reckon with the ints of one household and with the columns of many.
"""

import datetime
import functools
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, Generic, Literal, TypeAlias, TypeVar, get_args

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError
from ruralcredit.limits._assessment import MAX_LIMIT_FEN, RELATIONS, RelationKind
from ruralcredit.limits._reasons import (
    CLOSE_BP,
    KIN_DEGREE,
    LOW_DISSENT_BP,
    PRUDENT_CLOSE_BP,
    PRUDENT_SPREAD_BP,
    QUORUM,
    ROUNDS,
    SPREAD_BP,
    STEP_FEN,
    VETOES,
)
from ruralcredit.reasons import BASES, BasisWord, Figure
from ruralcredit.values import FrozenMapping, RoundingMode

__all__ = [
    "CLOSE_OR_COMPROMISE",
    "CODES",
    "COMPROMISES",
    "LEAST_FIGURES",
    "MOST_ASSESSORS",
    "PRUDENT",
    "WHOLE_BP",
    "Arithmetic",
    "AssessorCode",
    "Closeness",
    "CodeKind",
    "Compromise",
    "Proposal",
    "ReconcileRule",
    "Trigger",
    "below_share",
    "closest",
    "located",
    "low_slack",
    "proposed",
    "rounded",
]

Int64: TypeAlias = npt.NDArray[np.int64]
N = TypeVar("N", int, Int64)

Closeness: TypeAlias = Literal["closest_pair", "all", "never"]
"""Which figures must lie close (额度接近) to be called so."""

Compromise: TypeAlias = Literal[
    "median", "mean", "drop_highest_and_lowest", "lower", "hodges_lehmann", "midpoint"
]
"""What is taken where figures do not lie close (折中)."""

COMPROMISES: Final[tuple[Compromise, ...]] = get_args(Compromise)

CodeKind: TypeAlias = Literal["law", "policy", "remark"]
"""The classes of a code: law, the bank's verifiable policy, or a remark that never decides."""

Trigger: TypeAlias = Literal["unverified_veto", "dissent", "spread", "low_dissent"]
"""What may call a re-assessment (复评)."""

LEAST_FIGURES: Final = 3
MOST_ASSESSORS: Final = 9
WHOLE_BP: Final = 10_000
_MOST_BP: Final = 10 * WHOLE_BP
_RANGES: Final = MappingProxyType(
    {
        "close_bp": (0, _MOST_BP),
        "close_fen": (0, MAX_LIMIT_FEN),
        "quorum": (LEAST_FIGURES, MOST_ASSESSORS),
        "vetoes": (1, MOST_ASSESSORS),
        "kin_degree": (1, 99),
        "low_dissent_bp": (1, WHOLE_BP),
        "spread_bp": (1, _MOST_BP),
        "rounds": (1, 9),
        "step_fen": (1, MAX_LIMIT_FEN),
    }
)
_MAY_BE_NONE: Final = ("close_fen", "low_dissent_bp", "spread_bp")
_WORDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "close": get_args(Closeness),
        "pair_takes": ("mean", "lower"),
        "compromise": COMPROMISES,
        "rounding": get_args(RoundingMode),
    }
)
_WORD_LISTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"recused_for": RELATIONS, "reassess_on": get_args(Trigger)}
)


def _texts(says: Mapping[str, str]) -> FrozenMapping[str, str]:
    return FrozenMapping(says)


@attrs.frozen(kw_only=True)
class AssessorCode:
    """A ground for a veto or for no credit, and whether it can decide (不予授信理由代码).

    Attributes:
        id: The code, as forms bear it.
        kind: "law"; "policy", which the bank can verify; "remark", which never decides.
        says: What it says, one sentence for "en" and one for "zh".
        source: The document, or why it is there.
        basis: What it rests on, one of the five words.

    Raises:
        CreditError: If a text is blank, the kind or the basis is another, or a language lacks.

    >>> [code.id for code in CODES if code.decides]
    ['under_age', 'overdue', 'judgment_debtor', 'written_off']
    """

    id: str = attrs.field()
    kind: CodeKind = attrs.field()
    says: Mapping[str, str] = attrs.field(converter=_texts, repr=False)
    source: str = attrs.field(repr=False)
    basis: BasisWord = attrs.field(default="project proposal", repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse a code that nobody could read or place."""
        for name in ("id", "source"):
            _refuse_blank(f"AssessorCode.{name}", getattr(self, name))
        if self.kind not in get_args(CodeKind):
            raise CreditError(
                f"kind must be one of {', '.join(get_args(CodeKind))}, got {self.kind!r}"
            )
        if set(self.says) != {"en", "zh"}:
            raise CreditError(f"{self.id} must say its ground in en and zh, got {dict(self.says)}")
        if self.basis not in BASES:
            raise CreditError(f"basis must be one of {'; '.join(BASES)}, got {self.basis!r}")

    @property
    def decides(self) -> bool:
        """Say whether a veto with this code counts, as law and policy do and a remark never."""
        return self.kind != "remark"


def _refuse_beyond(name: str, figure: object, *, low: int, high: int) -> None:
    if figure is None and name in _MAY_BE_NONE:
        return
    value = figure.value if isinstance(figure, Figure) else figure
    is_whole = isinstance(figure, Figure) and isinstance(value, int)
    if not is_whole or not low <= int(value) <= high:  # type: ignore[call-overload]  # an int
        raise CreditError(
            f"{name} must be a Figure of a whole number from {low} to {high}, got {value!r}"
        )


def _refuse_blank(name: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise CreditError(f"{name} must be text and not blank, got {value!r}")


def _code(
    name: str, kind: CodeKind, en: str, zh: str, *, basis: BasisWord = "project proposal"
) -> AssessorCode:
    return AssessorCode(
        id=name,
        kind=kind,
        says={"en": en, "zh": zh},
        source="domain rulings 2.2 and 2.7, and section 4.1 of the domain text on scorecards",
        basis=basis,
    )


CODES = (
    _code(
        "under_age",
        "law",
        "not of full age",
        "未满十八周岁",
        basis="regulation, from general knowledge",
    ),
    _code("overdue", "policy", "a loan is overdue", "有逾期贷款"),
    _code("judgment_debtor", "policy", "on the court's list of judgment debtors", "失信被执行人"),
    _code("written_off", "policy", "a loan was written off", "有已核销贷款"),
    _code("heavy_debt", "remark", "said to be in heavy debt", "据称负债过重"),
    _code("gambling", "remark", "said to gamble", "据称参与赌博"),
    _code("usury", "remark", "said to lend or borrow at usury", "据称参与高利借贷"),
    _code("poor_credit", "remark", "said not to repay", "据称信用观念差"),
    _code("long_away", "remark", "long away from the village", "长期外出"),
    _code("other", "remark", "another ground, in the remark", "其他，见备注"),
)
"""The grounds that ship: law and policy decide, remarks never; none is a protected fact."""


def _shown(figure: Figure | None) -> str:
    return "None" if figure is None else f"{figure.value} {figure.unit}"


def _codes(values: Iterable[AssessorCode]) -> tuple[AssessorCode, ...]:
    return tuple(values)


def _kinds(values: Iterable[RelationKind]) -> tuple[RelationKind, ...]:
    return tuple(values)


def _triggers(values: Iterable[Trigger]) -> tuple[Trigger, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True, cache_hash=True)
class ReconcileRule:
    """How figures of independent assessors become one limit (背靠背评议的定额规则).

    Attributes:
        id: Its name, in every answer.
        version: The version, as the bank names it.
        in_force: The day it takes effect.
        close: "closest_pair": figures lie close where the gap of the closest pair, the lower
            one on ties, is at most ``close_bp`` of its lower figure; "all": where highest less
            lowest is at most ``close_bp`` of the median; "never".
        close_bp: The share, in basis points.
        close_fen: A gap that is close whatever the share, in fen; None is none.
        pair_takes: What a closest pair gives: its "mean" or its "lower" figure.
        compromise: What is taken where figures do not lie close, and where all do: "median",
            "mean", "drop_highest_and_lowest" (the mean of the rest), "lower" (the lowest),
            "hodges_lehmann" (the median of the means of all pairs, each figure with itself
            too), "midpoint" of highest and lowest.
        quorum: How many figures must count, from 3.
        vetoes: How many assessors must veto.
        codes: The grounds of a veto, with their classes; no other ground decides.
        recused_for: The relations that recuse an assessor.
        kin_degree: The last degree of kin that recuses; an unknown degree does.
        low_dissent_bp: A figure below this share of the result, before caps, is a low dissent,
            unless it is the median or of the closest pair the rule looks for; None is off.
        spread_bp: A spread above this share of the median asks for one more; None is off.
        reassess_on: What holds the answer back until the last round, and asks again.
        rounds: How many rounds there are at most.
        step_fen: The step of the limits, in fen.
        rounding: How the result is rounded to the step; a cap always rounds down.

    Raises:
        CreditError: If an option is another word, a figure is out of its range, or a code
            stands twice.

    >>> CLOSE_OR_COMPROMISE.close_bp.value, CLOSE_OR_COMPROMISE.compromise
    (2000, 'median')
    >>> attrs.evolve(CLOSE_OR_COMPROMISE, compromise="mean", version="2").compromise
    'mean'
    """

    id: str = attrs.field()
    version: str = attrs.field(default="1")
    in_force: datetime.date = attrs.field()
    close: Closeness = attrs.field(default="closest_pair")
    close_bp: Figure = attrs.field(repr=_shown)
    close_fen: Figure | None = attrs.field(default=None, repr=_shown)
    pair_takes: Literal["mean", "lower"] = attrs.field(default="mean")
    compromise: Compromise = attrs.field(default="median")
    quorum: Figure = attrs.field(default=QUORUM, repr=_shown)
    vetoes: Figure = attrs.field(default=VETOES, repr=_shown)
    codes: tuple[AssessorCode, ...] = attrs.field(
        default=CODES, converter=_codes, repr=lambda codes: f"{len(codes)} codes"
    )
    recused_for: tuple[RelationKind, ...] = attrs.field(default=RELATIONS, converter=_kinds)
    kin_degree: Figure = attrs.field(default=KIN_DEGREE, repr=_shown)
    low_dissent_bp: Figure | None = attrs.field(default=LOW_DISSENT_BP, repr=_shown)
    spread_bp: Figure | None = attrs.field(default=SPREAD_BP, repr=_shown)
    reassess_on: tuple[Trigger, ...] = attrs.field(
        default=("unverified_veto",), converter=_triggers
    )
    rounds: Figure = attrs.field(default=ROUNDS, repr=_shown)
    step_fen: Figure = attrs.field(default=STEP_FEN, repr=_shown)
    rounding: RoundingMode = attrs.field(default="down")

    def __attrs_post_init__(self) -> None:
        """Refuse options that the rule does not have."""
        _refuse_blank("ReconcileRule.id", self.id)
        _refuse_blank("ReconcileRule.version", self.version)
        day: object = self.in_force
        if isinstance(day, datetime.datetime) or not isinstance(day, datetime.date):
            raise CreditError(f"in_force must be a date, got {day!r}")
        for name, (low, high) in _RANGES.items():
            _refuse_beyond(name, getattr(self, name), low=low, high=high)
        for name, words in _WORDS.items():
            if getattr(self, name) not in words:
                raise CreditError(
                    f"{name} must be one of {', '.join(words)}, got {getattr(self, name)!r}"
                )
        for name, words in _WORD_LISTS.items():
            odd = [one for one in getattr(self, name) if one not in words]
            if odd:
                raise CreditError(f"{name} must hold {', '.join(words)} only, got {odd[0]!r}")
        ids = [code.id for code in self.codes]
        twice = [one for one in ids if ids.count(one) > 1]
        if twice:
            raise CreditError(f"a code must stand once in a rule, got {twice[0]!r} twice")

    def decides(self, code: str | None) -> bool:
        """Say whether a veto with a code counts, as only law and verifiable policy do.

        A veto without a code, or with one that the rule does not hold, is a dissent.

        >>> CLOSE_OR_COMPROMISE.decides("overdue"), CLOSE_OR_COMPROMISE.decides("gambling")
        (True, False)
        """
        return any(one.id == code and one.decides for one in self.codes)


_IN_USE = datetime.date(2016, 1, 1)

CLOSE_OR_COMPROMISE = ReconcileRule(
    id="limits.close_or_compromise", in_force=_IN_USE, close_bp=CLOSE_BP
)
"""The rule of source 003 (额度接近或折中原则), as domain ruling 2.1 reads it.

The closest pair where its gap is at most 20 % of its lower figure, else the median; rounded
down to 1,000 yuan.  It dates from before the villages of the source, whose day is not given.
"""

PRUDENT = ReconcileRule(
    id="limits.prudent",
    in_force=_IN_USE,
    close="all",
    close_bp=PRUDENT_CLOSE_BP,
    spread_bp=PRUDENT_SPREAD_BP,
    reassess_on=("unverified_veto", "dissent", "spread"),
)
"""What we recommend: the median, a tolerance, and a re-assessment where it is left.

One assessor who is far off or careless moves the median of three least of all rules, and a
pair that agrees by itself is no longer believed against the third.
"""


# --- the one definition -------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Arithmetic(Generic[N]):
    """The operations that ints and columns do not share.

    Attributes:
        ordered: Sorts figures, in a column row by row.
        smaller: The smaller of two.
        larger: The larger of two.
        if_negative: The second where the first is negative, else the third.
    """

    ordered: Callable[[list[N]], list[N]]
    smaller: Callable[[N, N], N]
    larger: Callable[[N, N], N]
    if_negative: Callable[[N, N, N], N]


@attrs.frozen(kw_only=True)
class Proposal(Generic[N]):
    """What a rule makes of sorted figures, before caps.

    A slack says by its sign whether something holds: it does from 0 up.

    Attributes:
        spread: Highest less lowest.
        median: The median, times its divisor.
        parts: The divisor, 1 or 2.
        pair: Lower figure and gap of the closest pair; None where the rule seeks none.
        close_slack: How much closer the figures lie than they must; None where never close.
        spread_slack: How much less the spread is than it may be; None where it may be any.
        number: The result before rounding, times its divisor.
        divisor: That divisor.
        result: The result, rounded to the step.
    """

    spread: N
    median: N
    parts: int
    pair: tuple[N, N] | None
    close_slack: N | None
    spread_slack: N | None
    number: N
    divisor: int
    result: N


def located(how: Compromise, figures: list[N], *, by: Arithmetic[N]) -> tuple[N, int]:
    """Return where sorted figures lie, as a number and what it is to be divided by."""
    count = len(figures)
    if how == "median":
        half = count // 2
        if count % 2:
            return figures[half], 1
        return figures[half - 1] + figures[half], 2
    if how == "mean":
        return functools.reduce(operator.add, figures), count
    if how == "drop_highest_and_lowest":
        return functools.reduce(operator.add, figures[1:-1]), count - 2
    if how == "lower":
        return figures[0], 1
    if how == "midpoint":
        return figures[0] + figures[-1], 2
    if count == LEAST_FIGURES:
        # Of the six sums of pairs of three the middle two are known without sorting.
        return figures[0] + 2 * figures[1] + figures[2], 4
    sums = [one + other for place, one in enumerate(figures) for other in figures[place:]]
    middle, parts = located("median", by.ordered(sums), by=by)
    return middle, 2 * parts


def closest(figures: list[N], *, by: Arithmetic[N]) -> tuple[N, N]:
    """Return the lower figure and the gap of the closest pair, the lower pair on ties."""
    lower, gap = figures[0], figures[1] - figures[0]
    for place in range(1, len(figures) - 1):
        step = figures[place + 1] - figures[place]
        lower = by.if_negative(step - gap, figures[place], lower)
        gap = by.smaller(step, gap)
    return lower, gap


def rounded(number: N, divisor: int, *, rule: ReconcileRule) -> N:
    """Return a number over a divisor, from 0 up, rounded to a rule's step, exactly."""
    step = int(rule.step_fen.value)
    base = divisor * step
    if rule.rounding == "down":
        return number // base * step
    twice = 2 * number + base
    found = twice // (2 * base)
    if rule.rounding == "half_even":
        found = found - (twice % (2 * base) == 0) * (found % 2)
    return found * step


def share_of(figure: Figure) -> tuple[int, int]:
    """Return a share in basis points as the smallest fraction, which multiplies the least."""
    share = int(figure.value)
    divisor = math.gcd(share, WHOLE_BP)
    return share // divisor, WHOLE_BP // divisor


def times(count: int, number: N) -> N:
    """Return a number so many times, without work where that is itself."""
    return number if count == 1 else count * number


def proposed(figures: list[N], *, rule: ReconcileRule, by: Arithmetic[N]) -> Proposal[N]:
    """Return what a rule makes of sorted figures, at least three."""
    spread = figures[-1] - figures[0]
    median, parts = located("median", figures, by=by)
    number, divisor = located(rule.compromise, figures, by=by)
    pair: tuple[N, N] | None = None
    close_slack: N | None = None
    part, whole = share_of(rule.close_bp)
    if rule.close == "closest_pair":
        pair = lower, gap = closest(figures, by=by)
        close_slack = _or_within(times(part, lower) - times(whole, gap), gap, rule=rule, by=by)
        taken, halves = (2 * lower + gap, 2) if rule.pair_takes == "mean" else (lower, 1)
        common = math.lcm(divisor, halves)
        far, near = times(common // divisor, number), times(common // halves, taken)
        number, divisor = by.if_negative(close_slack, far, near), common
    elif rule.close == "all":
        slack = times(part, median) - times(whole * parts, spread)
        close_slack = _or_within(slack, spread, rule=rule, by=by)
    spread_slack: N | None = None
    if rule.spread_bp is not None:
        part, whole = share_of(rule.spread_bp)
        spread_slack = times(part, median) - times(whole * parts, spread)
    return Proposal(
        spread=spread,
        median=median,
        parts=parts,
        pair=pair,
        close_slack=close_slack,
        spread_slack=spread_slack,
        number=number,
        divisor=divisor,
        result=rounded(number, divisor, rule=rule),
    )


def _or_within(slack: N, gap: N, *, rule: ReconcileRule, by: Arithmetic[N]) -> N:
    """Return a slack, or the one that an absolute part leaves, whichever is larger."""
    if rule.close_fen is None:
        return slack
    return by.larger(slack, int(rule.close_fen.value) - gap)


def below_share(figure: N, result: N, rule: ReconcileRule) -> N:
    """Return how far a figure is from lying below the share of a low dissent of a result."""
    if rule.low_dissent_bp is None:
        return figure
    part, whole = share_of(rule.low_dissent_bp)
    return times(whole, figure) - times(part, result)


def low_slack(figure: N, found: Proposal[N], *, rule: ReconcileRule, by: Arithmetic[N]) -> N:
    """Return how far a figure is from being a low dissent, which it is where negative.

    Neither the median nor a figure of the closest pair is one, however low.
    """
    slack = below_share(figure, found.result, rule)
    apart = [times(found.parts, figure) - found.median]
    if found.pair is not None:
        lower, gap = found.pair
        apart += [figure - lower, figure - lower - gap]
    for distance in apart:
        slack = by.if_negative(-abs(distance), slack, 0 * slack)
    return slack
