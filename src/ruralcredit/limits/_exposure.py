"""How much more may be lent: the bank's own caps and the dated ones on large exposures."""

import datetime
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.limits._assessment import an_assessor
from ruralcredit.limits._group_checks import (
    a_day,
    a_flag,
    a_name,
    an_amount,
    basis_of,
    figure_from,
    ids,
    number,
    one_of,
    or_none,
    resting,
    shown,
)
from ruralcredit.limits._group_reasons import (
    BANK_EXPOSURE,
    BANK_GROUP_EXPOSURE,
    BINDS,
    CONTINGENT_SHARE,
    EXCEEDED,
    GROUP_CREDIT,
    GROUP_EXPOSURE,
    IS_LARGE,
    LARGE,
    NO_ROOM,
    NOT_ASKED,
    ROOM_UNKNOWN,
    SINGLE_EXPOSURE,
    SINGLE_LOANS,
    TEN_EXCEED,
    TEN_LARGEST,
    UNDRAWN_SHARE,
)
from ruralcredit.reasons import Basis, Decision, Figure, Reason
from ruralcredit.values import Ratio

__all__ = [
    "EXPOSURE",
    "Capital",
    "Exposure",
    "ExposureCap",
    "ExposurePart",
    "ExposurePolicy",
    "ExposureScope",
    "LargeExposures",
    "find_large_exposures",
    "headroom",
]

ExposureScope: TypeAlias = Literal["customer", "household", "group"]
"""Whose exposure a cap holds: of the customer, the household or the connected group."""

ExposurePart: TypeAlias = Literal["drawn", "undrawn", "contingent"]
"""What an exposure is made of: loans drawn, lines open, guarantees and bills (或有)."""

_SCOPES: Final[tuple[ExposureScope, ...]] = get_args(ExposureScope)
_PARTS: Final[tuple[ExposurePart, ...]] = get_args(ExposurePart)
_WHOLE_BP: Final = 10_000
_TEN: Final = 10
_NO_CAPS: Final[Mapping[str, int | None]] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Exposure:
    """One facility of one customer (用信、未用额度、或有).

    A facility with co-borrowers stands once for each, with one id and the same amounts; within
    a household or a group it counts once.

    Attributes:
        id: The facility's id.
        customer: The borrower's id.
        drawn_fen: What is drawn, in fen; None is unknown.
        undrawn_fen: What may still be drawn, in fen; None is unknown.
        contingent_fen: Guarantees, bills and letters of credit, in fen; None is unknown.

    Raises:
        CreditError: If an id is blank, or an amount is negative or no int.

    >>> Exposure(id="l1", customer="a", drawn_fen=50_000_00).undrawn_fen
    0
    """

    id: str | int
    customer: str | int
    drawn_fen: int | None = attrs.field(validator=or_none)
    undrawn_fen: int | None = attrs.field(default=0, validator=or_none)
    contingent_fen: int | None = attrs.field(default=0, validator=or_none)

    def __attrs_post_init__(self) -> None:
        """Refuse a facility that nobody could find."""
        an_assessor("Exposure.id", self.id)
        an_assessor("Exposure.customer", self.customer)

    @property
    def amounts_fen(self) -> tuple[int | None, int | None, int | None]:
        """Return what is drawn, undrawn and contingent, in fen.

        >>> Exposure(id="l1", customer="a", drawn_fen=500).amounts_fen
        (500, 0, 0)
        """
        return self.drawn_fen, self.undrawn_fen, self.contingent_fen


@attrs.frozen(kw_only=True)
class Capital:
    """The bank's own capital, as it stood on a day.

    Attributes:
        net_capital_fen: Net capital (资本净额), in fen; None is unknown.
        net_tier1_fen: Net tier-1 capital (一级资本净额), in fen; None is unknown.
        found_on: The day it stood so.

    Raises:
        CreditError: If an amount is negative, or the day is no date.

    >>> Capital(net_capital_fen=None, net_tier1_fen=None,
    ...         found_on=datetime.date(2024, 12, 31)).net_capital_fen is None
    True
    """

    net_capital_fen: int | None = attrs.field(validator=or_none)
    net_tier1_fen: int | None = attrs.field(validator=or_none)
    found_on: datetime.date

    def __attrs_post_init__(self) -> None:
        """Refuse a day that is none."""
        a_day("Capital.found_on", self.found_on)


def _parts(values: Iterable[ExposurePart]) -> tuple[ExposurePart, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class ExposureCap:
    """One cap as a share of the bank's capital, from a day on (集中度上限).

    Attributes:
        id: Its name, in every answer.
        scope: Whose exposure it holds.
        counts: What counts toward it.
        share_bp: The share of the capital, in basis points.
        of: Which capital: "net_capital" or "net_tier1".
        is_bank: Whether it holds for customers that are banks; the others for those that are
            not.
        in_force: The day it takes effect.

    Raises:
        CreditError: If a word is another, the share is out of range, or the day is no date.

    >>> EXPOSURE.caps[0].id, EXPOSURE.caps[0].share_bp.basis
    ('single_loans', 'regulation, read')
    """

    id: str = attrs.field(validator=a_name)
    scope: ExposureScope = attrs.field(validator=one_of(*_SCOPES))
    counts: tuple[ExposurePart, ...] = attrs.field(default=_PARTS, converter=_parts)
    share_bp: Figure = attrs.field(validator=figure_from(1, _WHOLE_BP), repr=shown)
    of: Literal["net_capital", "net_tier1"] = attrs.field(
        validator=one_of("net_capital", "net_tier1")
    )
    is_bank: bool = attrs.field(default=False, validator=a_flag)
    in_force: datetime.date

    def __attrs_post_init__(self) -> None:
        """Refuse a cap that counts nothing, or something else."""
        odd = [one for one in self.counts if one not in _PARTS]
        if odd or not self.counts:
            raise CreditError(f"counts must hold {', '.join(_PARTS)}, got {self.counts}")
        a_day("ExposureCap.in_force", self.in_force)


def _caps(values: Iterable[ExposureCap]) -> tuple[ExposureCap, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class ExposurePolicy:
    """What counts how much, and which dated caps hold.

    Attributes:
        undrawn_bp: How much of an open line counts, in basis points.
        contingent_bp: How much of a contingent amount counts, in basis points.
        caps: The caps on large exposures, each named once.
        large_bp: From which share of net tier-1 capital an exposure is large.
        large_from: The day from which that holds.
        ten_largest_bp: Which share of net capital the loans of the ten largest may reach.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If a figure is out of range, or a cap stands twice.

    >>> EXPOSURE.undrawn_bp.value, EXPOSURE.large_bp.value
    (10000, 250)
    """

    undrawn_bp: Figure = attrs.field(
        default=UNDRAWN_SHARE, validator=figure_from(0, _WHOLE_BP), repr=shown
    )
    contingent_bp: Figure = attrs.field(
        default=CONTINGENT_SHARE, validator=figure_from(0, _WHOLE_BP), repr=shown
    )
    caps: tuple[ExposureCap, ...] = attrs.field(default=(), converter=_caps)
    large_bp: Figure = attrs.field(default=LARGE, validator=figure_from(1, _WHOLE_BP), repr=shown)
    large_from: datetime.date
    ten_largest_bp: Figure = attrs.field(
        default=TEN_LARGEST, validator=figure_from(1, _WHOLE_BP), repr=shown
    )
    id: str = attrs.field(default="limits.exposure", validator=a_name)
    version: str = attrs.field(default="1", validator=a_name)

    def __attrs_post_init__(self) -> None:
        """Refuse a cap twice, and one that a bank's own would hide."""
        a_day("large_from", self.large_from)
        names = [cap.id for cap in self.caps]
        if len(set(names)) < len(names) or set(names) & set(_SCOPES):
            raise CreditError(
                f"caps must each have a name of its own, none of {', '.join(_SCOPES)}, got {names}"
            )


_LAW = datetime.date(1995, 7, 1)
_GUIDE = datetime.date(2010, 6, 4)
_MEASURES = datetime.date(2018, 7, 1)

EXPOSURE = ExposurePolicy(
    caps=(
        ExposureCap(
            id="single_loans",
            scope="customer",
            counts=("drawn",),
            share_bp=SINGLE_LOANS,
            of="net_capital",
            in_force=_LAW,
        ),
        ExposureCap(
            id="group_credit",
            scope="group",
            share_bp=GROUP_CREDIT,
            of="net_capital",
            in_force=_GUIDE,
        ),
        ExposureCap(
            id="single_exposure",
            scope="customer",
            share_bp=SINGLE_EXPOSURE,
            of="net_tier1",
            in_force=_MEASURES,
        ),
        ExposureCap(
            id="group_exposure",
            scope="group",
            share_bp=GROUP_EXPOSURE,
            of="net_tier1",
            in_force=_MEASURES,
        ),
        ExposureCap(
            id="bank_exposure",
            scope="customer",
            share_bp=BANK_EXPOSURE,
            of="net_tier1",
            is_bank=True,
            in_force=_MEASURES,
        ),
        ExposureCap(
            id="bank_group_exposure",
            scope="group",
            share_bp=BANK_GROUP_EXPOSURE,
            of="net_tier1",
            is_bank=True,
            in_force=_MEASURES,
        ),
    ),
    large_from=_MEASURES,
)
"""Everything counts whole; caps on large exposures as practice 2.14 reads them, each dated."""


@attrs.frozen
class _Room:
    """One cap and how much of it is used; None where something is unknown."""

    id: str
    cap_fen: int | None
    used_fen: int
    unknown: tuple[str | int, ...]
    share: Figure | None

    @property
    def left_fen(self) -> int | None:
        """Return at most how much is left: what is unknown can only take from it."""
        return None if self.cap_fen is None else max(self.cap_fen - self.used_fen, 0)

    @property
    def is_exceeded(self) -> bool:
        return self.cap_fen is not None and self.used_fen > self.cap_fen

    def told(self, reason: Reason) -> Reason:
        """Return a reason of the room's facts, resting on what its cap rests on."""
        values = {"cap": self.id, "cap_fen": self.cap_fen, "used_fen": self.used_fen}
        if "room_fen" in reason.facts:
            values["room_fen"] = self.left_fen
        if self.share is None:
            return attrs.evolve(reason, basis="bank policy").given(**values)
        return resting(reason, self.share).given(**values)


def headroom(
    exposures: Iterable[Exposure],
    *,
    customer: str | int,
    household: Iterable[str | int] | None = (),
    group: Iterable[str | int] | None = (),
    caps_fen: Mapping[str, int | None] = _NO_CAPS,
    capital: Capital | None = None,
    is_bank: bool = False,
    amount_fen: int | None = None,
    policy: ExposurePolicy = EXPOSURE,
    as_of: datetime.date,
) -> Decision:
    """Return how much more may be lent to a customer, and which cap binds first (可用授信空间).

    Drawn, undrawn and contingent amounts count toward the caps of the customer, the household
    and the group.  A further loan is drawn, so it counts whole toward every cap.  Shares of
    undrawn and contingent amounts round up, caps down, to the fen.

    Args:
        exposures: The facilities, of these people and of others, which are passed over; each
            call reads them all, so for many customers pass each its own.
        customer: Who asks.
        household: The customers of the household, itself included or not; None is unknown.
        group: The connected group (关联集团), likewise.
        caps_fen: The bank's own caps in fen, by "customer", "household", "group"; None unknown.
        capital: The bank's capital, for the caps on large exposures; None asks its own only.
        is_bank: Whether the customer is a bank.
        amount_fen: What is asked, in fen; None asks for the headroom only.
        policy: What counts how much, and the dated caps.
        as_of: The day of the question.

    Returns:
        A decision.  Its outcome holds ``headroom_fen``; ``binds``, the caps with the least
        room; ``caps``, ``caps_fen``, ``used_fen`` and ``room_fen``, cap by cap; ``exceeded``,
        the caps already broken; ``fits``, whether the amount asked does, None where none is.
        The status is "undetermined" where something unknown could lessen the headroom.

    Raises:
        CreditError: If no cap is asked, a cap has another name, or one facility stands with
            different amounts.

    Source:
        Row L24; practice 2.14.

    >>> loans = [Exposure(id=1, customer="a", drawn_fen=50_000_00),
    ...          Exposure(id=2, customer="b", drawn_fen=20_000_00, undrawn_fen=4_000_00)]
    >>> found = headroom(loans, customer="a", household=["a", "b"],
    ...                  caps_fen={"customer": 60_000_00, "household": 80_000_00},
    ...                  as_of=datetime.date(2024, 6, 30))
    >>> found.outcome["headroom_fen"], found.outcome["binds"]
    (600000, ('household',))
    """
    asked = a_day("as_of", as_of)
    amount = None if amount_fen is None else an_amount("amount_fen", amount_fen)
    an_assessor("customer", customer)
    people = {
        "customer": _People.of(customer, "customer", ()),
        "household": _People.of(customer, "household", household),
        "group": _People.of(customer, "group", group),
    }
    book = _Book.of(exposures, policy=policy)
    rooms = _own(caps_fen, people, book)
    if capital is not None:
        rooms += [
            _of_capital(cap, capital, people[cap.scope], book)
            for cap in policy.caps
            if cap.is_bank == is_bank and cap.in_force <= asked
        ]
    if not rooms:
        raise CreditError(
            "headroom must ask at least one cap, got none: pass caps_fen, or capital for the "
            f"caps in force on {asked}"
        )
    basis = basis_of(policy, as_of=asked)
    return _answer(rooms, amount=amount, is_own_only=capital is None, basis=basis)


@attrs.frozen
class _People:
    """The known people of a scope, and the scope's name where there may be others."""

    known: tuple[str | int, ...]
    missing: tuple[str, ...]

    @classmethod
    def of(cls, customer: str | int, scope: str, others: Iterable[str | int] | None) -> "_People":
        if others is None:
            return cls((customer,), (scope,))
        return cls(tuple(dict.fromkeys((customer, *ids(scope, others)))), ())


@attrs.frozen
class _Book:
    """Facilities by customer, each amount weighted."""

    held: Mapping[str | int, Mapping[str | int, tuple[int | None, int | None, int | None]]]

    @classmethod
    def of(cls, exposures: object, *, policy: ExposurePolicy) -> "_Book":
        found: dict[str | int, dict[str | int, tuple[int | None, int | None, int | None]]] = {}
        first: dict[str | int, Exposure] = {}
        lines = tuple(exposures) if isinstance(exposures, Iterable) else (exposures,)
        for one in lines:
            if not isinstance(one, Exposure):
                raise CreditError(
                    f"exposures must hold Exposure values, got {type(one).__name__} {one!r}"
                )
            other = first.setdefault(one.id, one)
            if other.amounts_fen != one.amounts_fen:
                raise CreditError(
                    f"facility {one.id!r} must have the same amounts for each borrower, got "
                    f"{other.amounts_fen} and {one.amounts_fen}"
                )
            held = found.setdefault(one.customer, {})
            if one.id in held:
                raise CreditError(f"facility {one.id!r} of {one.customer!r} must stand once")
            held[one.id] = (
                one.drawn_fen,
                _weighted(one.undrawn_fen, policy.undrawn_bp),
                _weighted(one.contingent_fen, policy.contingent_bp),
            )
        return cls(found)

    def used(
        self, people: Iterable[str | int], counts: Iterable[ExposurePart]
    ) -> tuple[int, tuple[str | int, ...]]:
        """Return what people use, and which facilities have an unknown amount."""
        held: dict[str | int, tuple[int | None, int | None, int | None]] = {}
        for one in people:
            held |= self.held.get(one, {})
        places = [_PARTS.index(part) for part in counts]
        parts = [(facility, amounts[at]) for facility, amounts in held.items() for at in places]
        unknown = {facility for facility, amount in parts if amount is None}
        ordered = sorted(unknown, key=lambda one: (isinstance(one, str), one))
        return sum(amount or 0 for _, amount in parts), tuple(ordered)


def _weighted(amount: int | None, share: Figure) -> int | None:
    return None if amount is None else -(-amount * number(share) // _WHOLE_BP)


def _own(caps_fen: object, people: Mapping[str, _People], book: _Book) -> list[_Room]:
    if not isinstance(caps_fen, Mapping):
        raise CreditError(
            f"caps_fen must be amounts by {', '.join(_SCOPES)}, got {caps_fen!r}: write "
            "{'household': amount}"
        )
    odd = [name for name in caps_fen if name not in _SCOPES]
    if odd:
        raise CreditError(f"a cap must be named {', '.join(_SCOPES)}, got {odd[0]!r}")
    found = []
    for scope in _SCOPES:
        if scope in caps_fen:
            cap = caps_fen[scope]
            fen = None if cap is None else an_amount(f"cap {scope}", cap)
            missing = (f"cap_{scope}",) if cap is None else ()
            used, unknown = book.used(people[scope].known, _PARTS)
            unknown = (*missing, *people[scope].missing, *unknown)
            found.append(_Room(scope, fen, used, unknown, None))
    return found


def _of_capital(cap: ExposureCap, capital: Capital, people: _People, book: _Book) -> _Room:
    amount = capital.net_capital_fen if cap.of == "net_capital" else capital.net_tier1_fen
    fen = None if amount is None else amount * number(cap.share_bp) // _WHOLE_BP
    missing = (cap.of,) if amount is None else ()
    used, unknown = book.used(people.known, cap.counts)
    return _Room(cap.id, fen, used, (*missing, *people.missing, *unknown), cap.share_bp)


def _answer(
    rooms: list[_Room], *, amount: int | None, is_own_only: bool, basis: Basis
) -> Decision:
    lefts = [room.left_fen for room in rooms if room.left_fen is not None]
    least = min(lefts, default=None)
    unknown = tuple(dict.fromkeys(one for room in rooms for one in room.unknown))
    note = (NOT_ASKED,) if is_own_only else ()
    exceeded = tuple(room.told(EXCEEDED) for room in rooms if room.is_exceeded)
    # What is unknown can only take from the headroom, so nothing left stays nothing.
    if least is None or (unknown and least > 0):
        open_facts = tuple(ROOM_UNKNOWN.as_unknown(what=one) for one in unknown)
        reasons = (*exceeded, *open_facts, *note)
        return Decision(
            outcome=None, status="undetermined", reasons=reasons, ask=unknown, basis=basis
        )
    binding = [room for room in rooms if room.left_fen == least]
    known = [room for room in rooms if room.cap_fen is not None]
    over = 0 if amount is None else amount - least
    short = (NO_ROOM.given(amount_fen=amount, over_fen=over),) if over > 0 else ()
    return Decision(
        outcome={
            "headroom_fen": least,
            "binds": tuple(room.id for room in binding),
            "caps": tuple(room.id for room in known),
            "caps_fen": tuple(room.cap_fen for room in known),
            "used_fen": tuple(room.used_fen for room in known),
            "room_fen": tuple(room.left_fen for room in known),
            "exceeded": tuple(room.id for room in rooms if room.is_exceeded),
            "fits": None if amount is None else over <= 0,
        },
        status="decided",
        reasons=(*(room.told(BINDS) for room in binding), *exceeded, *short, *note),
        basis=basis,
    )


@attrs.frozen(kw_only=True)
class LargeExposures:
    """The large exposures of a book, and its ten largest borrowers (大额风险暴露).

    Attributes:
        large: Party and exposure in fen, the largest first; a party is a customer, or the
            group it belongs to.
        ten_largest: Loans of the ten largest parties, of net capital, both in fen.
        unknown: Facilities with an unknown amount, which could change both.
        reasons: What is large, and whether the ten exceed their share.

    >>> capital = Capital(net_capital_fen=10**9, net_tier1_fen=10**9,
    ...                   found_on=datetime.date(2024, 12, 31))
    >>> loans = [Exposure(id=1, customer="a", drawn_fen=25_000_000)]
    >>> find_large_exposures(loans, capital=capital, as_of=datetime.date(2025, 1, 31)).large
    (('a', 25000000),)
    """

    large: tuple[tuple[str | int, int], ...]
    ten_largest: Ratio
    unknown: tuple[str | int, ...]
    reasons: tuple[Reason, ...] = attrs.field(repr=False)


def find_large_exposures(
    exposures: Iterable[Exposure],
    *,
    capital: Capital,
    groups: Mapping[str | int, str | int] = MappingProxyType({}),
    policy: ExposurePolicy = EXPOSURE,
    as_of: datetime.date,
) -> LargeExposures:
    """Return the exposures that are large, and how much the ten largest borrowers owe.

    Args:
        exposures: The book's facilities.
        capital: The bank's capital, both amounts known.
        groups: Customer to connected group; who is not named stands alone.
        policy: What counts how much, and from which share an exposure is large.
        as_of: The day of the question; before the policy's ``large_from`` nothing is large.

    Raises:
        CreditError: If an amount of the capital is unknown, or a facility stands with
            different amounts.

    Source:
        Practice 2.14.

    >>> capital = Capital(net_capital_fen=10**9, net_tier1_fen=10**9,
    ...                   found_on=datetime.date(2024, 12, 31))
    >>> loans = [Exposure(id=1, customer="a", drawn_fen=600_000_000)]
    >>> find_large_exposures(loans, capital=capital, as_of=datetime.date(2025, 1, 31)).ten_largest
    Ratio(part=600000000, whole=1000000000)
    """
    asked = a_day("as_of", as_of)
    if capital.net_capital_fen is None or capital.net_tier1_fen is None:
        raise CreditError(f"capital must be known to find large exposures, got {capital}")
    book = _Book.of(exposures, policy=policy)
    parties: dict[str | int, list[str | int]] = {}
    for customer in book.held:
        parties.setdefault(groups.get(customer, customer), []).append(customer)
    sums = {party: book.used(people, _PARTS) for party, people in parties.items()}
    loans = sorted((book.used(people, ("drawn",))[0] for people in parties.values()), reverse=True)
    share, tier1 = number(policy.large_bp), capital.net_tier1_fen
    is_asked = asked >= policy.large_from
    large = {
        party: used
        for party, (used, _) in sums.items()
        if is_asked and _WHOLE_BP * used >= share * tier1
    }
    ranked = sorted(large, key=lambda one: (-large[one], isinstance(one, str), str(one)))
    reasons = [
        resting(IS_LARGE, policy.large_bp).given(
            party=party, used_fen=large[party], of_fen=tier1, share_bp=share
        )
        for party in ranked
    ]
    ten = Ratio(sum(loans[:_TEN]), capital.net_capital_fen)
    most = number(policy.ten_largest_bp)
    if _WHOLE_BP * ten.part > most * ten.whole:
        told = resting(TEN_EXCEED, policy.ten_largest_bp)
        reasons.append(told.given(count=_TEN, used_fen=ten.part, share_bp=most, of_fen=ten.whole))
    unknown = dict.fromkeys(facility for _, facilities in sums.values() for facility in facilities)
    return LargeExposures(
        large=tuple((party, large[party]) for party in ranked),
        ten_largest=ten,
        unknown=tuple(unknown),
        reasons=tuple(reasons),
    )
