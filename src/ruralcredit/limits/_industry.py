"""Limits from what an industry yields (整村产业授信): units, output, price and a ratio."""

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Final, TypeVar

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.limits._assessment import an_assessor
from ruralcredit.limits._group_checks import (
    Blocker,
    a_day,
    a_name,
    a_quantity,
    an_amount,
    basis_of,
    closed,
    figure_from,
    known_limit,
    lowest_cap,
    number,
    resting,
    shown,
)
from ruralcredit.limits._group_reasons import (
    BY_INDUSTRY,
    INDUSTRY_CAP_UNKNOWN,
    INDUSTRY_CAPPED,
    INDUSTRY_MONTHS,
    INDUSTRY_RATIO,
    INDUSTRY_STEP,
    NO_RATE,
    NOT_A_STEP,
    NOT_REGISTERED,
    STALE_RATE,
    STATED_ABOVE,
)
from ruralcredit.reasons import Basis, Decision, Figure, Reason
from ruralcredit.values import add_months

__all__ = [
    "INDUSTRY",
    "Holding",
    "IndustryBatch",
    "IndustryPolicy",
    "IndustryRate",
    "industry_limit",
    "plan_industry_batch",
]

_WHOLE_BP: Final = 10_000
H = TypeVar("H", "Holding", "IndustryRate")

_NO_CAPS: Final[Mapping[str, int | None]] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class IndustryRate:
    """What one unit of an industry yields in a year, as the authority found it.

    Attributes:
        industry: The industry's name, as holdings bear it.
        unit: The unit: "mu", "head" ...
        output: Output of one unit in a year, as an int or a Decimal, in any measure.
        price_fen: The price of one measure of output, in fen.
        found_on: The day as of which the authority found it.
        source: Who found it and where.

    Raises:
        CreditError: If a text is blank, a number is negative or a float, or the day is no date.

    >>> IndustryRate(industry="navel_orange", unit="mu", output=2_000, price_fen=300,
    ...              found_on=datetime.date(2024, 1, 15), source="county fruit bureau").price_fen
    300
    """

    industry: str = attrs.field(validator=a_name)
    unit: str = attrs.field(validator=a_name)
    output: int | Decimal
    price_fen: int
    found_on: datetime.date
    source: str = attrs.field(validator=a_name, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse numbers that no authority would give."""
        a_quantity("IndustryRate.output", self.output)
        an_amount("IndustryRate.price_fen", self.price_fen)
        a_day("IndustryRate.found_on", self.found_on)


@attrs.frozen(kw_only=True)
class Holding:
    """How many units of an industry one household has.

    Attributes:
        industry: The industry's name.
        registered: Units that the authority has registered, an int or a Decimal; None unknown.
        stated: Units that the household states; None is unknown.

    Raises:
        CreditError: If a number is negative or a float.

    >>> Holding(industry="navel_orange", registered=Decimal("12.5")).stated is None
    True
    """

    industry: str = attrs.field(validator=a_name)
    registered: int | Decimal | None
    stated: int | Decimal | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse numbers that are none."""
        for name in ("registered", "stated"):
            if getattr(self, name) is not None:
                a_quantity(f"Holding.{name}", getattr(self, name))


@attrs.frozen(kw_only=True)
class IndustryPolicy:
    """Which share of a year's output a limit may be, and how old the data may be.

    Attributes:
        ratio_bp: The share, in basis points.
        months: Output and price older than so many months are stale.
        step_fen: The step to which limits are rounded down, in fen.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If a figure is out of range.

    >>> INDUSTRY.ratio_bp.value, INDUSTRY.months.value
    (3000, 12)
    """

    ratio_bp: Figure = attrs.field(
        default=INDUSTRY_RATIO, validator=figure_from(1, _WHOLE_BP), repr=shown
    )
    months: Figure = attrs.field(
        default=INDUSTRY_MONTHS, validator=figure_from(1, 120), repr=shown
    )
    step_fen: Figure = attrs.field(
        default=INDUSTRY_STEP, validator=figure_from(1, 10**13), repr=shown
    )
    id: str = attrs.field(default="limits.industry", validator=a_name)
    version: str = attrs.field(default="1", validator=a_name)


INDUSTRY = IndustryPolicy()
"""Three tenths of a year's output, data of the last year: the source names no rule (G15)."""


def industry_limit(
    holdings: Iterable[Holding],
    *,
    rates: Iterable[IndustryRate],
    caps_fen: Mapping[str, int | None] = _NO_CAPS,
    policy: IndustryPolicy = INDUSTRY,
    as_of: datetime.date,
) -> Decision:
    """Return a household's limit from its industries: units x output x price x ratio, summed.

    The lower of registered and stated units counts; what is only stated does not.  The sum is
    exact and rounds down to the step once, after the lowest cap.

    Args:
        holdings: What the household has, each industry once.
        rates: What a unit yields, each industry once.
        caps_fen: Caps in fen by name, None where unknown.
        policy: The ratio, the age of data and the step.
        as_of: The day of the question.

    Returns:
        A decision.  Its outcome holds ``limit_fen``; ``output_fen``, the worth of a year's
        output, rounded down to the fen; ``industries``; ``capped_by``, the cap that binds, if
        any.  The status is "none" below one step, "undetermined" where a registration, a rate
        or a cap is unknown or a rate stale.

    Raises:
        CreditError: If an industry stands twice, or there is no holding.

    Source:
        Row G15.

    >>> rate = IndustryRate(industry="navel_orange", unit="mu", output=2_000, price_fen=300,
    ...                     found_on=datetime.date(2024, 1, 15), source="county fruit bureau")
    >>> held = Holding(industry="navel_orange", registered=Decimal("12.5"), stated=15)
    >>> industry_limit([held], rates=[rate], as_of=datetime.date(2024, 6, 30)
    ...                ).outcome["limit_fen"]
    2200000
    """
    asked = a_day("as_of", as_of)
    held = _by_industry("holdings", holdings, Holding)
    known = _by_industry("rates", rates, IndustryRate)
    if not held:
        raise CreditError("holdings must name at least one industry, got none")
    cap, unknown = lowest_cap(caps_fen)
    blockers: list[Blocker] = []
    reasons: list[Reason] = []
    total = Fraction(0)
    for industry, one in sorted(held.items()):
        rate = known.get(industry)
        found = _lacks(one, rate, policy, asked)
        blockers += found
        if rate is None or one.registered is None or found:
            continue
        worth, told = _worth(one, rate, policy)
        total += worth
        reasons += told
    blockers += [Blocker(INDUSTRY_CAP_UNKNOWN.given(cap=name), (name,)) for name in unknown]
    basis = basis_of(policy, as_of=asked)
    if blockers:
        return closed(blockers, basis=basis, others=reasons)
    return _decided(total, cap, reasons, policy=policy, basis=basis, industries=sorted(held))


def _by_industry(name: str, values: object, kind: type[H]) -> dict[str, H]:
    found: dict[str, H] = {}
    for one in tuple(values) if isinstance(values, Iterable) else (values,):
        if not isinstance(one, kind):
            raise CreditError(
                f"{name} must hold {kind.__name__} values, got {type(one).__name__} {one!r}"
            )
        if one.industry in found:
            raise CreditError(f"{name} must name each industry once, got {one.industry!r} twice")
        found[one.industry] = one
    return found


def _lacks(
    held: Holding, rate: IndustryRate | None, policy: IndustryPolicy, asked: datetime.date
) -> list[Blocker]:
    industry, found = held.industry, []
    if held.registered is None:
        reason = NOT_REGISTERED.given(industry=industry)
        found.append(Blocker(reason, (f"registered {industry}",)))
    if rate is None:
        return [*found, Blocker(NO_RATE.given(industry=industry), (f"rate {industry}",))]
    # Data of a later day were not known on the day asked.
    if rate.found_on > asked:
        found.append(Blocker(NO_RATE.given(industry=industry), (f"rate {industry}",)))
    elif asked > add_months(rate.found_on, number(policy.months)):
        reason = resting(STALE_RATE, policy.months).given(
            industry=industry, found_on=rate.found_on, most=number(policy.months)
        )
        found.append(Blocker(reason, (f"rate {industry}",)))
    return found


def _worth(
    held: Holding, rate: IndustryRate, policy: IndustryPolicy
) -> tuple[Fraction, list[Reason]]:
    """Return what a year's output is worth, and what is told of it."""
    registered = a_quantity("registered", held.registered)
    told, units = [], registered
    if held.stated is not None:
        units = min(registered, a_quantity("stated", held.stated))
        if a_quantity("stated", held.stated) > registered:
            told.append(
                STATED_ABOVE.given(
                    stated=held.stated,
                    unit=rate.unit,
                    industry=held.industry,
                    registered=held.registered,
                )
            )
    worth = units * a_quantity("output", rate.output) * rate.price_fen
    is_stated = held.stated is not None and units < registered
    by = resting(BY_INDUSTRY, policy.ratio_bp).given(
        units=held.stated if is_stated else held.registered,
        unit=rate.unit,
        industry=held.industry,
        output_fen=int(worth),
        share_bp=number(policy.ratio_bp),
    )
    return worth, [by, *told]


def _decided(
    total: Fraction,
    cap: tuple[str, int] | None,
    reasons: list[Reason],
    *,
    policy: IndustryPolicy,
    basis: Basis,
    industries: list[str],
) -> Decision:
    carried = total * number(policy.ratio_bp) / _WHOLE_BP
    step = number(policy.step_fen)
    is_capped = cap is not None and cap[1] < carried // step * step
    told = list(reasons)
    if cap is not None and is_capped:
        carried = Fraction(cap[1])
        told.append(INDUSTRY_CAPPED.given(cap=cap[0], cap_fen=cap[1]))
    limit = int(carried // step * step)
    if not limit:
        told.append(resting(NOT_A_STEP, policy.step_fen).given(step_fen=step))
        return Decision(outcome=None, status="none", reasons=told, basis=basis)
    return Decision(
        outcome={
            "limit_fen": limit,
            "output_fen": int(total),
            "industries": tuple(industries),
            "capped_by": (cap[0],) if cap is not None and is_capped else (),
        },
        status="decided",
        reasons=told,
        basis=basis,
    )


@attrs.frozen(kw_only=True)
class IndustryBatch:
    """A village's batch list from industry data (产业批量名单).

    Attributes:
        answers: Household and the whole answer, in the order of ids.

    >>> plan_industry_batch({}, rates=[], as_of=datetime.date(2024, 6, 30)).answers
    ()
    """

    answers: tuple[tuple[str | int, Decision], ...]

    @property
    def limits_fen(self) -> dict[str | int, int]:
        """Return the batch, household to limit in fen.

        >>> plan_industry_batch({}, rates=[], as_of=datetime.date(2024, 6, 30)).limits_fen
        {}
        """
        limits = ((one, known_limit(answer)) for one, answer in self.answers)
        return {one: limit for one, limit in limits if limit is not None}

    @property
    def below(self) -> tuple[str | int, ...]:
        """Return the households whose output carries no step.

        >>> plan_industry_batch({}, rates=[], as_of=datetime.date(2024, 6, 30)).below
        ()
        """
        return tuple(one for one, answer in self.answers if answer.status == "none")

    @property
    def open_households(self) -> tuple[str | int, ...]:
        """Return the households of whom something is not known.

        >>> plan_industry_batch({}, rates=[], as_of=datetime.date(2024, 6, 30)).open_households
        ()
        """
        return tuple(one for one, answer in self.answers if answer.status == "undetermined")


def plan_industry_batch(
    households: Mapping[str | int, Iterable[Holding]],
    *,
    rates: Iterable[IndustryRate],
    caps_fen: Mapping[str, int | None] = _NO_CAPS,
    policy: IndustryPolicy = INDUSTRY,
    as_of: datetime.date,
) -> IndustryBatch:
    """Return a village's batch list: each household's industry limit, or why there is none.

    Args:
        households: Household to its holdings, at least one each.
        rates: What a unit yields, each industry once.
        caps_fen: Caps of each household in fen by name, None where unknown.
        policy: The ratio, the age of data and the step.
        as_of: The day of the question.

    Raises:
        CreditError: As `industry_limit`.

    Source:
        Row G15: 依托产业、整村推进的批量授信.

    >>> rate = IndustryRate(industry="pigs", unit="head", output=1, price_fen=2_000_00,
    ...                     found_on=datetime.date(2024, 1, 15), source="county bureau")
    >>> village = {"h1": [Holding(industry="pigs", registered=50)],
    ...            "h2": [Holding(industry="pigs", registered=1)]}
    >>> found = plan_industry_batch(village, rates=[rate], as_of=datetime.date(2024, 6, 30))
    >>> found.limits_fen, found.below
    ({'h1': 3000000}, ('h2',))
    """
    known = tuple(rates)
    ordered = sorted(households, key=lambda one: (isinstance(one, str), one))
    return IndustryBatch(
        answers=tuple(
            (
                an_assessor("household", one),
                industry_limit(
                    households[one], rates=known, caps_fen=caps_fen, policy=policy, as_of=as_of
                ),
            )
            for one in ordered
        )
    )
