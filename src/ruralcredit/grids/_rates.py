"""The four rates of a grid with named denominators, other rates, the funnel, awareness."""

import itertools
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, Literal, TypeAlias, cast

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import bool_column, int_column, same_length
from ruralcredit.errors import CreditError, InputError
from ruralcredit.grids._checks import (
    answered,
    distinct,
    known_names,
    many,
    names_of,
    not_blank,
)
from ruralcredit.grids._counts import COUNTERS, Count, GridCounts
from ruralcredit.grids._reasons import FUNNEL_BROKEN, VISIT_TARGET
from ruralcredit.reasons import Decision, Figure, Reason
from ruralcredit.values import FrozenMapping, Ratio

__all__ = [
    "CHAINED_RATES",
    "FOUR_RATES",
    "FUNNEL",
    "OTHER_RATES",
    "Absent",
    "Awareness",
    "FourRates",
    "FunnelPolicy",
    "Rate",
    "RateColumns",
    "RatePolicy",
    "RateRule",
    "awareness_rate",
    "check_funnel",
    "four_rates",
    "four_rates_columns",
    "rate_of",
]

Absent: TypeAlias = Literal["counted", "left_out"]
"""Whether households that live away stay in the base of households."""

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

_ABSENT: Final = ("counted", "left_out")
_BP: Final = 10_000


def _a_counter(owner: object, attribute: "attrs.Attribute[str]", value: object) -> None:
    if value not in COUNTERS:
        raise CreditError(
            f"{type(owner).__name__}.{attribute.name} must be one of {', '.join(COUNTERS)}, "
            f"got {value!r}"
        )


@attrs.frozen(kw_only=True)
class RateRule:
    """What a rate divides by what.

    Attributes:
        id: Its word.
        name: Its name, one for "en" and one for "zh".
        part: The counter above the line.
        base: The counter below the line.
        target: The share asked for in basis points; None asks for none.

    Raises:
        CreditError: If a counter is none of `GridCounts`, or a name is missing.

    >>> FOUR_RATES.rule("credit").base
    'households'
    """

    id: str = attrs.field(validator=not_blank)
    name: Mapping[str, str] = attrs.field(converter=names_of)
    part: str = attrs.field(validator=_a_counter)
    base: str = attrs.field(validator=_a_counter)
    target: Figure | None = None


@attrs.frozen(kw_only=True)
class RatePolicy:
    """Which four rates a bank reports per grid (一格四率), each with its denominator.

    Attributes:
        rules: The four rates.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If there are not four, or an id stands twice.

    >>> [rule.name["zh"] for rule in FOUR_RATES.rules]
    ['采集率', '评级率', '授信率', '用信率']
    """

    rules: tuple[RateRule, ...] = attrs.field(converter=many)
    id: str = attrs.field(default="grids.rates", validator=not_blank)
    version: str = attrs.field(default="1", validator=not_blank)

    def __attrs_post_init__(self) -> None:
        """Refuse rates that could not be told apart."""
        distinct("rates", [rule.id for rule in self.rules])
        if len(self.rules) != 4:
            raise CreditError(f"a rate policy must hold four rates, got {len(self.rules)}")

    def rule(self, name: str) -> RateRule:
        """Return the rule of a rate.

        Raises:
            CreditError: If there is no such rate.

        >>> CHAINED_RATES.rule("use").base
        'credited'
        """
        return _chosen(self.rules, name)


def _chosen(rules: Iterable[RateRule], name: str) -> RateRule:
    by_id = {rule.id: rule for rule in rules}
    if name not in by_id:
        raise CreditError(f"a rate must be one of {', '.join(by_id)}, got {name!r}")
    return by_id[name]


def _four(rating: str, credit: str, use: str) -> tuple[RateRule, ...]:
    return (
        RateRule(
            id="collection",
            name={"en": "households with a file", "zh": "采集率"},
            part="filed",
            base="households",
        ),
        RateRule(
            id="rating", name={"en": "households rated", "zh": "评级率"}, part="rated", base=rating
        ),
        RateRule(
            id="credit",
            name={"en": "grid credit coverage", "zh": "授信率"},
            part="credited",
            base=credit,
        ),
        RateRule(
            id="use", name={"en": "households using", "zh": "用信率"}, part="using", base=use
        ),
    )


FOUR_RATES = RatePolicy(rules=_four("households", "households", "households"))
"""The four rates over registered households: files, ratings, limits, use (row D03)."""

CHAINED_RATES = RatePolicy(
    rules=_four("filed", "rated", "credited"), id="grids.rates.chained", version="1"
)
"""The four rates, each over the step before it."""

OTHER_RATES = (
    RateRule(
        id="signing",
        name={"en": "signed of credited", "zh": "签约率"},
        part="signed",
        base="credited",
    ),
    RateRule(
        id="file_coverage_of_credited",
        name={"en": "credited households with a file", "zh": "已授信客户建档面"},
        part="credited_with_file",
        base="credited",
    ),
    RateRule(
        id="visit_coverage",
        name={"en": "visit coverage", "zh": "走访覆盖率"},
        part="visited",
        base="households",
        target=VISIT_TARGET,
    ),
    RateRule(
        id="assessable_credit",
        name={"en": "credited of assessable households", "zh": "可评户授信率"},
        part="credited",
        base="assessable",
    ),
    RateRule(
        id="use_by_amount",
        name={"en": "drawn of granted, by amount", "zh": "额度使用率"},
        part="used_fen",
        base="granted_fen",
    ),
    RateRule(
        id="awareness", name={"en": "awareness", "zh": "客户知晓率"}, part="aware", base="asked"
    ),
)
"""Rates beside the four: rows L13, L14, L36, and the awareness rate of source 003."""


def _percent(part: int, whole: int, places: int) -> Decimal:
    return cast("Decimal", Ratio(part, whole).percent(places))


@attrs.frozen(kw_only=True)
class Rate:
    """A rate with its counts and the name of its denominator.

    Attributes:
        id: The word of its rule.
        part_of: The counter above the line.
        base: The counter below the line; "households without absent" where these are left
            out.
        part: What was counted; None is unknown.
        whole: What it is divided by; None is unknown.
        target_bp: The share asked for; None asks for none.

    >>> rate_of(GridCounts(credited=292, households=405), FOUR_RATES.rule("credit")).percent(1)
    Decimal('72.1')
    """

    id: str
    part_of: str
    base: str
    part: Count | None
    whole: Count | None
    target_bp: int | None = None

    @property
    def ratio(self) -> Ratio | None:
        """Return the ratio of exact counts; None where one is unknown or an interval.

        >>> rate_of(GridCounts(credited=2, households=4), FOUR_RATES.rule("credit")).ratio
        Ratio(part=2, whole=4)
        """
        if self.part is None or self.whole is None:
            return None
        if not (self.part.is_exact and self.whole.is_exact):
            return None
        return Ratio(self.part.low, self.whole.low)

    def percent(self, places: int = 1) -> Decimal | None:
        """Return the percentage of exact counts, halves up; None otherwise or without a base.

        >>> rate_of(GridCounts(credited=2, households=0), FOUR_RATES.rule("credit")).percent()
        """
        ratio = self.ratio
        return None if ratio is None else ratio.percent(places)

    def percents(self, places: int = 1) -> tuple[Decimal, Decimal] | None:
        """Return the least and the greatest percentage, each rounded halves up.

        None where a count is unknown or the base may be zero.

        >>> signed = GridCounts(signed=Count.near(60), credited=962)
        >>> rate_of(signed, OTHER_RATES[0]).percents(2)
        (Decimal('0.00'), Decimal('6.24'))
        """
        if self.part is None or self.whole is None or not self.whole.low:
            return None
        return (
            _percent(self.part.low, self.whole.high, places),
            _percent(self.part.high, self.whole.low, places),
        )

    @property
    def is_met(self) -> bool | None:
        """Say whether the target is met; None where there is none or the counts leave it open.

        >>> rate_of(GridCounts(visited=404, households=405), OTHER_RATES[2]).is_met
        False
        """
        if self.part is None or self.whole is None or self.target_bp is None:
            return None
        if not self.whole.low:
            return None
        if self.part.low * _BP >= self.target_bp * self.whole.high:
            return True
        return False if self.part.high * _BP < self.target_bp * self.whole.low else None


def _absent_word(absent: str) -> bool:
    if absent not in _ABSENT:
        raise CreditError(f"absent must be one of {', '.join(_ABSENT)}, got {absent!r}")
    return absent == "left_out"


def _counts_of(counts: GridCounts | Mapping[str, int | Count | None]) -> GridCounts:
    if isinstance(counts, GridCounts):
        return counts
    known_names(counts, COUNTERS, table="counts")
    return GridCounts(**counts)


def rate_of(
    counts: GridCounts | Mapping[str, int | Count | None],
    rule: RateRule,
    *,
    absent: Absent = "counted",
) -> Rate:
    """Return one rate of a grid, such as the signing rate (签约率).

    Args:
        counts: What was counted.
        rule: What to divide by what.
        absent: Whether households that live away stay in a base of households; the part is
            taken as given.

    Raises:
        CreditError: If absent is another word, a counter is none, or more households are
            absent than there are.

    Source:
        Rows L10 to L14, L27 and L36.

    >>> counts = GridCounts(households=405, credited=292, absent=20)
    >>> rate_of(counts, FOUR_RATES.rule("credit"), absent="left_out").percent(1)
    Decimal('75.8')
    """
    known = _counts_of(counts)
    whole, base = known.of(rule.base), rule.base
    if _absent_word(absent) and base == "households":
        whole, base = _present(whole, known.absent), "households without absent"
    return Rate(
        id=rule.id,
        part_of=rule.part,
        base=base,
        part=known.of(rule.part),
        whole=whole,
        target_bp=None if rule.target is None else int(rule.target.value),
    )


def _present(households: Count | None, absent: Count | None) -> Count | None:
    if households is None or absent is None:
        return None
    if absent.low > households.high:
        raise CreditError(
            f"absent must not exceed households, got {absent.low} of {households.high}"
        )
    return Count(max(households.low - absent.high, 0), households.high - absent.low)


@attrs.frozen(kw_only=True)
class FourRates:
    """The four rates of one grid (一格四率).

    Attributes:
        rates: The rates, in the order of the policy.

    >>> four_rates({"households": 405, "filed": 405, "rated": 300, "credited": 292,
    ...             "using": 12}).percents(1)
    FrozenMapping({'collection': Decimal('100.0'), 'rating': Decimal('74.1'), \
'credit': Decimal('72.1'), 'use': Decimal('3.0')})
    """

    rates: tuple[Rate, ...] = attrs.field(converter=many)

    def of(self, name: str) -> Rate:
        """Return one of the rates.

        Raises:
            CreditError: If there is no such rate.

        >>> four_rates({"households": 2, "filed": 1}).of("collection").part_of
        'filed'
        """
        for rate in self.rates:
            if rate.id == name:
                return rate
        raise CreditError(
            f"a rate must be one of {', '.join(rate.id for rate in self.rates)}, got {name!r}"
        )

    def percents(self, places: int = 1) -> FrozenMapping[str, Decimal | None]:
        """Return each rate in percent, as `Rate.percent` does one.

        >>> four_rates({"households": 3, "filed": 1}).percents(1)["collection"]
        Decimal('33.3')
        """
        return FrozenMapping({rate.id: rate.percent(places) for rate in self.rates})


def four_rates(
    counts: GridCounts | Mapping[str, int | Count | None],
    *,
    policy: RatePolicy = FOUR_RATES,
    absent: Absent = "counted",
) -> FourRates:
    """Return the four rates of a grid, each with its denominator named (一格四率).

    A zero base is undefined, not 0 %; a count that is only about gives an interval.

    Args:
        counts: What was counted.
        policy: The four rates; `CHAINED_RATES` divides each by the step before.
        absent: Whether households that live away stay in a base of households.

    Raises:
        CreditError: If absent is another word or a counter is none.

    Source:
        Rows D03, L10, L11 and L27; which four is a project proposal.

    >>> four_rates({"households": 405, "credited": 292}).of("credit").percent(1)
    Decimal('72.1')
    """
    return FourRates(rates=[rate_of(counts, rule, absent=absent) for rule in policy.rules])


# --- many grids --------------------------------------------------------------------------


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RateColumns:
    """The four rates of many grids, row by row.

    Attributes:
        parts: int64 of shape ``(n,)`` per rate; 0 where unknown.
        wholes: int64 of shape ``(n,)`` per rate; 0 where unknown.
        known: bool of shape ``(n,)`` per rate: both counts are known.
        bases: The name of each rate's denominator.

    >>> four_rates_columns({"households": [405, 0], "filed": [405, 0]}).bp("collection").tolist()
    [10000, -1]
    """

    parts: Mapping[str, Int64]
    wholes: Mapping[str, Int64]
    known: Mapping[str, Bool]
    bases: Mapping[str, str]

    def __attrs_post_init__(self) -> None:
        """Mark the arrays read-only."""
        for arrays in (self.parts, self.wholes, self.known):
            for array in arrays.values():
                array.flags.writeable = False

    def __repr__(self) -> str:
        """Show the rates and the number of rows."""
        count = len(next(iter(self.known.values())))
        return f"RateColumns({count} rows of {', '.join(self.known)})"

    def bp(self, name: str) -> Int64:
        """Return a rate in basis points, halves up; -1 where unknown or without a base.

        Raises:
            CreditError: If there is no such rate.

        >>> four_rates_columns({"households": [3, None], "rated": [2, 1]}).bp("rating").tolist()
        [6667, -1]
        """
        part, whole = self.parts[self._name(name)], self.wholes[name]
        is_defined = self.known[name] & (whole > 0)
        base = np.where(is_defined, whole, 1)
        # Split before the multiplication, which could leave int64.
        over, rest = part // base, part % base
        found = over * _BP + (2 * rest * _BP + base) // (2 * base)
        return np.where(is_defined, found, -1)

    def total(self, name: str) -> Ratio:
        """Return a rate over all rows whose two counts are known.

        Raises:
            CreditError: If there is no such rate.

        >>> four_rates_columns({"households": [3, 5], "rated": [2, None]}).total("rating")
        Ratio(part=2, whole=3)
        """
        known = self.known[self._name(name)]
        return Ratio(int(self.parts[name][known].sum()), int(self.wholes[name][known].sum()))

    def _name(self, name: str) -> str:
        if name not in self.known:
            raise CreditError(f"a rate must be one of {', '.join(self.known)}, got {name!r}")
        return name


def four_rates_columns(
    columns: Mapping[str, object],
    *,
    policy: RatePolicy = FOUR_RATES,
    absent: Absent = "counted",
) -> RateColumns:
    """Return the four rates of many grids, as `four_rates` does of one.

    Args:
        columns: Counters by name, exact, one row per grid, shape ``(n,)``; one left out is
            unknown in every row.
        policy: The four rates.
        absent: Whether households that live away stay in a base of households.

    Raises:
        CreditError: If absent is another word.
        InputError: If a column is another, differs in length, or holds no whole numbers from
            0 to 10**14.

    >>> columns = {"households": [405, 1072], "credited": [292, 670]}
    >>> four_rates_columns(columns).bp("credit").tolist()
    [7210, 6250]
    """
    known_names(columns, COUNTERS)
    count = same_length(columns)
    is_left_out = _absent_word(absent)
    read: dict[str, tuple[Int64, Bool]] = {}
    nothing = (np.zeros(count, np.int64), np.zeros(count, np.bool_))
    for name in COUNTERS:
        if columns.get(name) is None:
            read[name] = nothing
            continue
        values = int_column(name, columns[name])
        _refuse_beyond(name, values.values)
        read[name] = (values.values, values.known)
    households, are_known = read["households"]
    away, away_known = read["absent"]
    if is_left_out and bool((are_known & away_known & (away > households)).any()):
        row = int((are_known & away_known & (away > households)).argmax())
        raise CreditError(
            f"absent must not exceed households, got {away[row]} of {households[row]} at row {row}"
        )
    present = (np.where(away_known, households - away, 0), are_known & away_known)
    parts, wholes, known, bases = {}, {}, {}, {}
    for rule in policy.rules:
        is_present = is_left_out and rule.base == "households"
        part, whole = read[rule.part], present if is_present else read[rule.base]
        known[rule.id] = part[1] & whole[1]
        parts[rule.id] = np.where(known[rule.id], part[0], 0)
        wholes[rule.id] = np.where(known[rule.id], whole[0], 0)
        bases[rule.id] = "households without absent" if is_present else rule.base
    return RateColumns(parts=parts, wholes=wholes, known=known, bases=FrozenMapping(bases))


def _refuse_beyond(name: str, values: Int64) -> None:
    if len(values) and (int(values.min()) < 0 or int(values.max()) > 10**14):
        row = int(((values < 0) | (values > 10**14)).argmax())
        raise InputError(
            f"{name} must be whole numbers from 0 to 10**14, got {values[row]} at row {row}",
            column=name,
            first_row=row,
        )


# --- the funnel --------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class FunnelPolicy:
    """Which counters cannot exceed which, from the widest to the narrowest.

    Attributes:
        chains: Counters in order; each counts at most the one before it.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If a word is no counter.

    >>> FUNNEL.chains[0][-1]
    'using'
    """

    chains: tuple[tuple[str, ...], ...] = attrs.field(converter=many)
    id: str = attrs.field(default="grids.funnel", validator=not_blank)
    version: str = attrs.field(default="1", validator=not_blank)

    def __attrs_post_init__(self) -> None:
        """Refuse what was never counted."""
        for name in (name for chain in self.chains for name in chain):
            if name not in COUNTERS:
                raise CreditError(f"a funnel must hold {', '.join(COUNTERS)}, got {name!r}")


FUNNEL = FunnelPolicy(
    chains=(
        ("households", "filed", "rated", "credited", "signed", "using"),
        ("households", "visited"),
        ("households", "assessable", "credited"),
        ("households", "absent"),
        ("credited", "credited_with_file"),
        ("asked", "aware"),
        ("granted_fen", "used_fen"),
    )
)
"""From registered households to use, and what else is a part of what."""


def check_funnel(
    counts: GridCounts | Mapping[str, int | Count | None], *, policy: FunnelPolicy = FUNNEL
) -> Decision:
    """Say whether the counts of a grid can all be true: no step exceeds the one before it.

    Unknown counters are passed over; each known one is held against the next wider known one.

    Returns:
        Outcome "pass" or "refuse" with the pairs that contradict each other; undetermined
        where intervals leave a pair open.

    Raises:
        CreditError: If a counter is none.

    >>> found = check_funnel({"households": 405, "credited": 292, "signed": 300})
    >>> found.reasons[0].values["narrow"]
    'signed'
    """
    known = _counts_of(counts)
    faults: list[Reason] = []
    doubts: list[Reason] = []
    ask: list[str] = []
    for chain in policy.chains:
        told = [(name, count) for name in chain if (count := known.of(name)) is not None]
        for (wide, most), (narrow, part) in itertools.pairwise(told):
            facts = {"wide": wide, "narrow": narrow, "count": part.low, "most": most.high}
            if part.low > most.high:
                faults.append(FUNNEL_BROKEN.given(**facts))
            elif part.high > most.low:
                doubts.append(FUNNEL_BROKEN.as_unknown(**{**facts, "count": part.high}))
                ask += [wide, narrow]
    return answered(
        policy, faults, unknown=doubts, ask=() if faults else tuple(dict.fromkeys(ask))
    )


# --- awareness ---------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Awareness:
    """How many of those asked know the bank's service (知晓率).

    Attributes:
        rate: Who knows it, of those who answered.
        unanswered: Who was asked and did not answer: in neither count.

    >>> awareness_rate([True, True, False, None])
    Awareness(rate=Ratio(part=2, whole=3), unanswered=1)
    """

    rate: Ratio
    unanswered: int

    def interval(self, *, confidence: float = 0.95) -> tuple[float, float] | None:
        """Return the interval of the share behind the sample, by `ruralcredit.values.Ratio`.

        Raises:
            CreditError: If the confidence is out of range.

        >>> low, high = awareness_rate([True] * 9 + [False]).interval()
        >>> round(low, 4)
        0.5958
        """
        return self.rate.interval(confidence=confidence)


def awareness_rate(answers: object) -> Awareness:
    """Return the awareness rate of a survey (客户知晓率), unanswered rows apart.

    Args:
        answers: Whether each person asked knows the service, shape ``(n,)``; None did not
            answer.

    Raises:
        InputError: If a cell is neither yes, no nor unknown.

    Source:
        Source 003: 提高客户知晓率和覆盖面; ruling 6.

    >>> awareness_rate([True, False]).rate.percent(1)
    Decimal('50.0')
    """
    true, known = bool_column("answers", answers)
    return Awareness(rate=Ratio(int(true.sum()), int(known.sum())), unanswered=int((~known).sum()))
