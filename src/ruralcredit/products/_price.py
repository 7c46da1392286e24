"""The price of a loan, built up step by step, and what is clawed back when a condition lapses."""

import datetime
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.policy import DecisionTable
from ruralcredit.products._checks import a_day, an_amount, checked, maybe
from ruralcredit.products._pricing import PRICING, LoanCosts, LoanTerms, Lpr, PricePolicy
from ruralcredit.products._reasons import (
    CONDITION_LAPSED,
    CONDITION_UNKNOWN,
    DISCOUNT_CUT,
    FLOOR_ABOVE_CAP,
    LOWERED_TO_CAP,
    LPR_MISSING,
    NO_REPRICING,
    RAISED_TO_FLOOR,
    UNKNOWN_COST,
    based,
)
from ruralcredit.reasons import Basis, BasisWord, Decision, Reason, Status
from ruralcredit.values import Dated, Fen, FrozenMapping, add_months, round_ratio

__all__ = [
    "ClawBack",
    "KeptPeriod",
    "LapsedPeriod",
    "Price",
    "PriceStep",
    "plan_claw_back",
    "price",
]

PricePolicyInForce: TypeAlias = PricePolicy | Dated[PricePolicy]

_BP: Final = 10_000
# From the firmest: what two questions come to together.
_STATUSES: Final[tuple[Status, ...]] = ("conflict", "none", "undetermined", "decided")


@attrs.frozen(kw_only=True)
class PriceStep:
    """One step of a price (定价步骤).

    Attributes:
        name: "lpr", a factor, "floor", "cap", "discount" or "discount cut".
        points_bp: What it adds.
        rate_bp: The rate after it.
        row: The row of the price list that it comes from, as table/row; empty where none.
        basis: What it rests on.
        source: The document with its article, or the quote.

    >>> PriceStep(name="lpr", points_bp=345, rate_bp=345, basis="bank policy", source="x").rate_bp
    345
    """

    name: str
    points_bp: int
    rate_bp: int
    row: str = ""
    basis: BasisWord = attrs.field(repr=False)
    source: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Price:
    """A loan's rate a year with everything that it is made of (贷款定价).

    Attributes:
        rate_bp: The rate to be agreed; None unless decided.
        list_bp: The rate before discounts, between floor and cap.
        floor_bp: Funding, operating, expected loss and capital together, rounded up.
        costs: The four costs.
        discount_bp: The discount granted.
        lpr: The quote of the loan prime rate that it refers to.
        spread_bp: The rate less the loan prime rate (加点).
        annualised_bp: The rate with all fees, as simple yearly interest (年化利率, 单利).
        next_repricing_on: When the next loan prime rate takes effect; None where the loan falls
            due before.
        steps: Every step; their points sum to the rate.
        status: "decided"; "undetermined" where a fact is missing; "none" where a factor has no
            row; "conflict" where the floor lies above the cap, or rows contradict.
        ask: The facts to ask for.
        reasons: What held it up or down.
        basis: The price list asked.

    >>> terms = LoanTerms(entity="micro_firm", term_months=12, security="guaranteed",
    ...                   contribution="some")
    >>> costs = LoanCosts(funding_ppm=19_000, operating_ppm=8_000, expected_loss_ppm=4_500,
    ...                   capital_ppm=8_663)
    >>> found = price(terms, lpr=Lpr(tenor="1Y", quoted_on=datetime.date(2023, 8, 21),
    ...               rate_bp=345), costs=costs, as_of=datetime.date(2023, 9, 1))
    >>> found.rate_bp, found.floor_bp, found.next_repricing_on
    (475, 402, None)
    """

    rate_bp: int | None = None
    list_bp: int | None = None
    floor_bp: int | None = None
    costs: LoanCosts = attrs.field(repr=False)
    discount_bp: int | None = None
    lpr: Lpr | None = None
    spread_bp: int | None = None
    annualised_bp: int | None = None
    next_repricing_on: datetime.date | None = None
    steps: tuple[PriceStep, ...] = attrs.field(default=(), repr=False)
    status: Status = "decided"
    ask: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = attrs.field(default=(), repr=False)
    basis: Basis = attrs.field(repr=False)

    @property
    def trace(self) -> tuple[str, ...]:
        """Every step as a line.

        >>> terms = LoanTerms(entity="farmer", term_months=12, security="pledged",
        ...                   contribution="none")
        >>> costs = LoanCosts(funding_ppm=0, operating_ppm=0, expected_loss_ppm=0, capital_ppm=0)
        >>> day = datetime.date(2023, 9, 1)
        >>> price(terms, lpr=Lpr(tenor="1Y", quoted_on=day, rate_bp=345), costs=costs,
        ...       as_of=day).trace[:2]
        ('lpr: +345 bp = 345 bp', 'entity: +60 bp = 405 bp (products.points_entity/farmer)')
        """
        return tuple(
            f"{step.name}: {step.points_bp:+d} bp = {step.rate_bp} bp"
            f"{f' ({step.row})' if step.row else ''}"
            for step in self.steps
        )


def price(
    terms: LoanTerms,
    *,
    lpr: Lpr | Iterable[Lpr],
    costs: LoanCosts,
    conditions: Mapping[str, object] | None = None,
    policy: PricePolicyInForce = PRICING,
    as_of: datetime.date,
) -> Price:
    """Build up the price of a loan (贷款定价): points on the loan prime rate, floor, discount.

    List rate = loan prime rate of the tenor + points of the four factors, at most the cap, at
    least the floor.  The discount comes off afterwards and stops at the floor, which is rounded
    up to a basis point: no rate lies below the cost.

    Args:
        terms: The loan's terms.
        lpr: The quote in force, or one for each tenor.
        costs: What the loan costs the bank.
        conditions: Facts on which the discount depends, by name, such as ``deposit_share_bp``;
            None, no discount is asked for.
        policy: The price list, or its versions by day.
        as_of: The day asked for.

    Returns:
        The price with its steps; undetermined, and what to ask, where a fact is missing that
        could change it.

    Raises:
        CreditError: If a fact does not fit the price list, two quotes have one tenor, a quote
            is later than the day, or no version is in force.

    Source:
        Rows G34 and G35 of the inventory; rulings 3.4; practice 2.17.

    >>> terms = LoanTerms(entity="micro_firm", term_months=12, security="guaranteed",
    ...                   contribution="some")
    >>> costs = LoanCosts(funding_ppm=19_000, operating_ppm=8_000, expected_loss_ppm=4_500,
    ...                   capital_ppm=15_000)
    >>> found = price(terms, lpr=Lpr(tenor="1Y", quoted_on=datetime.date(2023, 8, 21),
    ...               rate_bp=345), costs=costs, conditions={"deposit_share_bp": 5_000},
    ...               as_of=datetime.date(2023, 9, 1))
    >>> found.list_bp, found.discount_bp, found.rate_bp
    (475, 10, 465)
    >>> found.reasons[0].text("en")
    'the discount of 0.20% stops at the floor: 0.10% is granted (library default, ...'
    """
    day = a_day(as_of, "as_of")
    listed = price_list(policy, day)
    quotes = quotes_of(lpr, day)
    facts = attrs.asdict(terms)
    found = {name: _ask(table, facts) for name, table in listed.factors}
    tenor = _ask(listed.tenor, facts)
    discount = _discount(listed, conditions)
    asked = [*found.values(), tenor, *([] if discount is None else [discount])]
    quote = quotes.get(str(_cell(tenor, "tenor")))
    status, ask, reasons = _standing(asked, costs, tenor, quote)
    if status != "decided" or quote is None:
        return Price(
            floor_bp=costs.floor_bp,
            costs=costs,
            lpr=quote,
            status=status,
            ask=ask,
            reasons=reasons,
            basis=listed.asked(day),
        )
    steps = [_lpr_step(quote)]
    for name, decision in found.items():
        points = _points(decision, "points_bp")
        steps.append(_table_step(name, decision, points, steps[-1].rate_bp))
    return _built(terms, steps, discount, costs=costs, quote=quote, listed=listed, as_of=day)


def price_list(policy: PricePolicyInForce, as_of: datetime.date) -> PricePolicy:
    """Return the price list of a day."""
    return policy.as_of(as_of) if isinstance(policy, Dated) else policy


def quotes_of(lpr: Lpr | Iterable[Lpr], as_of: datetime.date) -> dict[str, Lpr]:
    """Return the quotes by tenor.

    Raises:
        CreditError: If two have one tenor, one is later than the day, or something is no quote.
    """
    quotes: dict[str, Lpr] = {}
    for quote in (lpr,) if isinstance(lpr, Lpr) else lpr:
        if not isinstance(quote, Lpr):
            raise CreditError(f"lpr must be an Lpr, or one for each tenor, got {quote!r}")
        if quote.tenor in quotes:
            raise CreditError(f"lpr must hold one quote for each tenor, got two of {quote.tenor}")
        if quote.quoted_on > as_of:
            raise CreditError(
                f"lpr must be quoted by as_of {as_of}, got {quote.tenor} of {quote.quoted_on}"
            )
        quotes[quote.tenor] = quote
    return quotes


def _discount(listed: PricePolicy, conditions: Mapping[str, object] | None) -> Decision | None:
    """Return what the facts earn; nothing where none are given or no row grants anything."""
    if conditions is None:
        return None
    found = listed.discount.decide(dict(conditions))
    return None if found.status == "none" else found


def _ask(table: DecisionTable, facts: Mapping[str, object]) -> Decision:
    return table.decide({field.name: facts[field.name] for field in table.fields})


def _cell(decision: Decision, name: str) -> object:
    return decision.outcome[name] if isinstance(decision.outcome, Mapping) else None


def _points(decision: Decision, name: str) -> int:
    points = _cell(decision, name)
    return points if isinstance(points, int) else 0


def _standing(
    asked: Sequence[Decision], costs: LoanCosts, tenor: Decision, quote: Lpr | None
) -> tuple[Status, tuple[str, ...], tuple[Reason, ...]]:
    """Return whether a price can be told, what to ask, and why it cannot."""
    statuses: list[Status] = [one.status for one in asked]
    ask = [str(name) for one in asked for name in one.ask]
    reasons = [reason for one in asked if one.status != "decided" for reason in one.reasons]
    if costs.missing:
        statuses.append("undetermined")
        ask += costs.missing
        reasons.append(UNKNOWN_COST.as_unknown())
    word = _cell(tenor, "tenor")
    if word is not None and quote is None:
        statuses.append("undetermined")
        ask.append(f"lpr {word}")
        reasons.append(LPR_MISSING.given(tenor=word))
    status = min(statuses, key=_STATUSES.index)
    told = tuple(dict.fromkeys(ask)) if status == "undetermined" else ()
    return status, told, tuple(dict.fromkeys(reasons))


def _lpr_step(quote: Lpr) -> PriceStep:
    return PriceStep(
        name="lpr",
        points_bp=quote.rate_bp,
        rate_bp=quote.rate_bp,
        basis="bank policy",
        source=f"loan prime rate {quote.tenor} of {quote.quoted_on}",
    )


def _table_step(name: str, decision: Decision, points: int, rate_bp: int) -> PriceStep:
    reason = decision.reasons[0]
    return PriceStep(
        name=name,
        points_bp=points,
        rate_bp=rate_bp + points,
        row=reason.code,
        basis=reason.basis,
        source=reason.source,
    )


def _built(
    terms: LoanTerms,
    steps: list[PriceStep],
    discount: Decision | None,
    *,
    costs: LoanCosts,
    quote: Lpr,
    listed: PricePolicy,
    as_of: datetime.date,
) -> Price:
    floor, cap = costs.floor_bp or 0, int(listed.cap.value)
    base = Price(floor_bp=floor, costs=costs, lpr=quote, basis=listed.asked(as_of))
    if floor > cap:
        reason = based(FLOOR_ABOVE_CAP, listed.cap, floor_bp=floor, cap_bp=cap)
        return attrs.evolve(base, status="conflict", reasons=(reason,))
    reasons = list(_limited(steps, floor, listed))
    at_list = steps[-1].rate_bp
    asked = 0 if discount is None else _points(discount, "discount_bp")
    granted = min(asked, at_list - floor)
    if discount is not None:
        steps.append(_table_step("discount", discount, -asked, at_list))
    if granted < asked:
        steps.append(_limit_step("discount cut", asked - granted, at_list - granted, "floor"))
        reasons.append(DISCOUNT_CUT.given(asked_bp=asked, granted_bp=granted))
    drawn_on = terms.drawn_on or as_of
    due_on = add_months(drawn_on, terms.term_months or 0)
    repriced_on = _repriced_on(drawn_on, due_on, int(listed.repricing.value), as_of)
    if repriced_on is None:
        reasons.append(based(NO_REPRICING, listed.repricing, due_on=due_on))
    rate, fees = at_list - granted, terms.annual_fees_bp()
    return attrs.evolve(
        base,
        rate_bp=rate,
        list_bp=at_list,
        discount_bp=granted,
        spread_bp=rate - quote.rate_bp,
        annualised_bp=None if fees is None else rate + fees,
        next_repricing_on=repriced_on,
        steps=tuple(steps),
        reasons=tuple(reasons),
    )


def _limited(steps: list[PriceStep], floor: int, listed: PricePolicy) -> Iterable[Reason]:
    """Add the step that brings the list rate between floor and cap, and say why."""
    rate, cap = steps[-1].rate_bp, int(listed.cap.value)
    if rate > cap:
        steps.append(_limit_step("cap", cap - rate, cap, listed.cap.source, listed.cap.basis))
        yield based(LOWERED_TO_CAP, listed.cap, cap_bp=cap)
    if rate < floor:
        steps.append(_limit_step("floor", floor - rate, floor, "floor"))
        yield RAISED_TO_FLOOR.given(floor_bp=floor)


def _limit_step(
    name: str, points: int, rate: int, source: str, basis: BasisWord = "bank policy"
) -> PriceStep:
    told = "funding, operating, expected loss and capital" if source == "floor" else source
    return PriceStep(name=name, points_bp=points, rate_bp=rate, basis=basis, source=told)


def _repriced_on(
    drawn_on: datetime.date, due_on: datetime.date, months: int, as_of: datetime.date
) -> datetime.date | None:
    """Return the first repricing after a day and before the loan falls due."""
    for count in itertools.count(1):
        day = add_months(drawn_on, months * count)
        if day >= due_on:
            return None
        if day > as_of:
            return day
    raise AssertionError  # pragma: no cover  # the count has no end


# --- claw-back -----------------------------------------------------------------------


_Conditions: TypeAlias = Mapping[str, int | str | bool | None]


def _measured(facts: _Conditions) -> FrozenMapping[str, int | str | bool | None]:
    return FrozenMapping(facts)


@attrs.frozen(kw_only=True)
class KeptPeriod:
    """A period of a loan with the facts on which its discount depends (优惠考核期).

    Attributes:
        from_on: Its first day.
        to_on: The day after its last.
        balance_fen: The loan's balance in it; None where unknown.
        conditions: The facts by name, as measured over the period.

    Raises:
        CreditError: If a day is none, the period is empty, or the balance negative.

    >>> KeptPeriod(from_on=datetime.date(2024, 1, 1), to_on=datetime.date(2024, 4, 1),
    ...            balance_fen=100_000_00, conditions={"deposit_share_bp": 900}).days
    91
    """

    from_on: datetime.date = attrs.field(validator=checked(a_day))
    to_on: datetime.date = attrs.field(validator=checked(a_day))
    balance_fen: Fen | None = attrs.field(validator=maybe(an_amount))
    conditions: Mapping[str, int | str | bool | None] = attrs.field(converter=_measured)

    def __attrs_post_init__(self) -> None:
        """Refuse a period without a day."""
        if self.from_on >= self.to_on:
            raise CreditError(
                f"a period must start before it ends, got {self.from_on} to {self.to_on}"
            )

    @property
    def days(self) -> int:
        """The days for which interest runs, the first included and the last not.

        >>> KeptPeriod(from_on=datetime.date(2024, 1, 1), to_on=datetime.date(2024, 1, 2),
        ...            balance_fen=None, conditions={}).days
        1
        """
        return (self.to_on - self.from_on).days


@attrs.frozen(kw_only=True)
class LapsedPeriod:
    """A period in which the condition of a discount did not hold (优惠失效期).

    Attributes:
        from_on: Its first day: from here the discount falls away.
        to_on: The day after its last; the claw-back is due on it.
        days: For how many days.
        lost_bp: How much of the discount falls away.
        rate_bp: The rate that holds instead.
        amount_fen: Interest to be paid after all.

    >>> LapsedPeriod(from_on=datetime.date(2024, 1, 1), to_on=datetime.date(2024, 4, 1), days=91,
    ...              lost_bp=10, rate_bp=475, amount_fen=2528).amount_fen
    2528
    """

    from_on: datetime.date
    to_on: datetime.date
    days: int
    lost_bp: int
    rate_bp: int
    amount_fen: Fen


@attrs.frozen(kw_only=True)
class ClawBack:
    """What a customer pays after all because conditions of a discount lapsed (优惠追回).

    Attributes:
        periods: The periods in which they did not hold.
        amount_fen: Their sum; None where a period is not known.
        status: "decided" or "undetermined".
        ask: The facts to ask for, each with its period's first day.
        reasons: One for each period that lapsed or is not known.
        basis: The price list asked.

    >>> ClawBack(amount_fen=0, basis=Basis(id="list")).status
    'decided'
    """

    periods: tuple[LapsedPeriod, ...] = ()
    amount_fen: Fen | None = None
    status: Status = "decided"
    ask: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = attrs.field(default=(), repr=False)
    basis: Basis = attrs.field(repr=False)


def plan_claw_back(
    agreed: Price,
    kept: Iterable[KeptPeriod],
    *,
    policy: PricePolicyInForce = PRICING,
    as_of: datetime.date,
) -> ClawBack:
    """Say from which day a discount falls away, and what is paid after all (优惠追回).

    For each period the discount that its facts would have earned is taken anew, never more than
    was granted; the rest falls away for its days: balance x points x days over the day count,
    rounded half up to a fen.

    Args:
        agreed: The price with its discount.
        kept: Periods that are over, each with its facts.
        policy: The price list that was in force when the price was agreed, or its versions; of
            these the one of the price's day is taken.
        as_of: The day asked for.

    Raises:
        CreditError: If the price is not decided, a period is not over, or two overlap.

    Source:
        rulings 3.4.

    >>> day = datetime.date(2024, 1, 1)
    >>> agreed = price(
    ...     LoanTerms(entity="micro_firm", term_months=24, security="guaranteed",
    ...               contribution="some"),
    ...     lpr=Lpr(tenor="1Y", quoted_on=day, rate_bp=345),
    ...     costs=LoanCosts(funding_ppm=0, operating_ppm=0, expected_loss_ppm=0, capital_ppm=0),
    ...     conditions={"deposit_share_bp": 5_000}, as_of=day)
    >>> kept = KeptPeriod(from_on=day, to_on=datetime.date(2024, 4, 1),
    ...                   balance_fen=1_000_000_00, conditions={"deposit_share_bp": 1_000})
    >>> found = plan_claw_back(agreed, [kept], as_of=datetime.date(2024, 4, 1))
    >>> found.amount_fen, found.periods[0].lost_bp, found.periods[0].to_on
    (37917, 15, datetime.date(2024, 4, 1))
    """
    day = a_day(as_of, "as_of")
    if agreed.status != "decided" or agreed.basis.as_of is None:
        raise CreditError(f"a claw-back needs a price that is decided, got {agreed.status}")
    listed = price_list(policy, agreed.basis.as_of)
    periods = _in_order(kept, day)
    lapsed, ask, reasons = [], [], []
    for period in periods:
        found = _lapsed(agreed, period, listed)
        if isinstance(found, LapsedPeriod):
            lapsed.append(found)
            reasons.append(
                based(
                    CONDITION_LAPSED,
                    listed.day_count,
                    from_on=period.from_on,
                    to_on=period.to_on,
                    lost_bp=found.lost_bp,
                )
            )
        elif found:
            ask += [f"{name} from {period.from_on}" for name in found]
            reasons.append(
                CONDITION_UNKNOWN.as_unknown(from_on=period.from_on, to_on=period.to_on)
            )
    return ClawBack(
        periods=tuple(lapsed),
        amount_fen=None if ask else sum(one.amount_fen for one in lapsed),
        status="undetermined" if ask else "decided",
        ask=tuple(ask),
        reasons=tuple(reasons),
        basis=listed.asked(day),
    )


def _in_order(kept: Iterable[KeptPeriod], as_of: datetime.date) -> list[KeptPeriod]:
    periods = sorted(kept, key=lambda one: one.from_on)
    for before, after in itertools.pairwise(periods):
        if before.to_on > after.from_on:
            raise CreditError(
                f"periods must not overlap, got one to {before.to_on} and one from {after.from_on}"
            )
    if periods and periods[-1].to_on > as_of:
        raise CreditError(f"periods must be over by as_of {as_of}, got one to {periods[-1].to_on}")
    return periods


def _lapsed(
    agreed: Price, period: KeptPeriod, listed: PricePolicy
) -> LapsedPeriod | tuple[str, ...]:
    """Return what falls away in a period, or the facts to ask for; nothing to ask, it held."""
    granted, rate = agreed.discount_bp or 0, agreed.rate_bp or 0
    if not granted:
        return ()
    found = _discount(listed, period.conditions)
    if found is not None and found.status != "decided":
        # Facts that contradict each other are asked for again.
        return tuple(map(str, found.ask)) or tuple(period.conditions)
    earned = 0 if found is None else _points(found, "discount_bp")
    lost = granted - min(granted, earned)
    if not lost:
        return ()
    if period.balance_fen is None:
        return ("balance_fen",)
    per_year = _BP * int(listed.day_count.value)
    return LapsedPeriod(
        from_on=period.from_on,
        to_on=period.to_on,
        days=period.days,
        lost_bp=lost,
        rate_bp=rate + lost,
        amount_fen=round_ratio(period.balance_fen * lost * period.days, per_year),
    )
