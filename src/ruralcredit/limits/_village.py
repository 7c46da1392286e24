"""What a household is worth as a whole, and how a village's cap is shared out."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeVar

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.limits._assessment import an_assessor
from ruralcredit.limits._group_checks import (
    Blocker,
    a_day,
    a_name,
    a_truth,
    an_amount,
    basis_of,
    closed,
    figure_from,
    number,
    one_of,
    or_none,
    resting,
    shown,
)
from ruralcredit.limits._group_reasons import (
    BY_JOINT,
    BY_MAXIMUM,
    BY_MINIMUM,
    HOUSEHOLD_CAP,
    HOUSEHOLD_CAP_UNKNOWN,
    JOINT_SHARE,
    MAY_SIGN,
    MEMBER_VALUE_UNKNOWN,
    NO_VALUE,
    NOBODY_SIGNS,
    VILLAGE_FITS,
    VILLAGE_OPEN,
    VILLAGE_RANKED,
    VILLAGE_SHARED,
    VILLAGE_STEP,
    VILLAGE_WITHOUT,
)
from ruralcredit.reasons import Decision, Figure, Reason

__all__ = [
    "HOUSEHOLD",
    "VILLAGE",
    "HouseholdMember",
    "HouseholdPolicy",
    "VillageAllocation",
    "VillagePolicy",
    "allocate_village",
    "household_value",
]

V = TypeVar("V", int, int | None)

_WHOLE_BP: Final = 10_000


@attrs.frozen(kw_only=True)
class HouseholdMember:
    """One member of a household, as far as a limit asks.

    Attributes:
        id: The member's id, never a name.
        would_sign: Whether the member would sign; children do not, None is unknown.
        model_fen: What the model would lend to the member alone, in fen; None is unknown.
        income_fen: Cash income of a year, in fen; None is unknown.
        outgo_fen: Cash out of a year, in fen: living, trade, instalments; None is unknown.

    Raises:
        CreditError: If an amount is negative or no int.

    >>> HouseholdMember(id="a", would_sign=True, income_fen=80_000_00).outgo_fen is None
    True
    """

    id: str | int
    would_sign: bool | None = attrs.field(validator=a_truth)
    model_fen: int | None = attrs.field(default=None, validator=or_none)
    income_fen: int | None = attrs.field(default=None, validator=or_none)
    outgo_fen: int | None = attrs.field(default=None, validator=or_none)

    def __attrs_post_init__(self) -> None:
        """Refuse a member whom nobody could name."""
        an_assessor("HouseholdMember.id", self.id)

    @property
    def flow_fen(self) -> int | None:
        """Return the cash left of a year, in fen; None where a part is unknown.

        >>> HouseholdMember(id="a", would_sign=True, income_fen=900, outgo_fen=500).flow_fen
        400
        """
        if self.income_fen is None or self.outgo_fen is None:
            return None
        return self.income_fen - self.outgo_fen


@attrs.frozen(kw_only=True)
class HouseholdPolicy:
    """How the members' figures become one value of the household.

    Attributes:
        how: "joint": a share of the joint yearly cash flow of those who would sign; "minimum"
            or "maximum" of their model values.
        joint_bp: The share, in basis points, above which a year's flow does not carry.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If the way is another word, or the share is out of range.

    >>> HOUSEHOLD.how, HOUSEHOLD.joint_bp.value
    ('joint', 7000)
    """

    how: Literal["joint", "minimum", "maximum"] = attrs.field(
        default="joint", validator=one_of("joint", "minimum", "maximum")
    )
    joint_bp: Figure = attrs.field(
        default=JOINT_SHARE, validator=figure_from(1, 10 * _WHOLE_BP), repr=shown
    )
    id: str = attrs.field(default="limits.household", validator=a_name)
    version: str = attrs.field(default="1", validator=a_name)


HOUSEHOLD = HouseholdPolicy()
"""Joint cash flow of those who would sign, one cap: domain ruling 2.6."""


def household_value(
    members: Iterable[HouseholdMember],
    *,
    cap_fen: int | None,
    policy: HouseholdPolicy = HOUSEHOLD,
    as_of: datetime.date,
) -> Decision:
    """Return what a household is worth as one borrower (家庭授信基值), over those who would sign.

    Args:
        members: The members, at least one.
        cap_fen: The one cap of the household, in fen; None is unknown.
        policy: How the members' figures become one.
        as_of: The day of the question.

    Returns:
        A decision.  Its outcome holds ``limit_fen``, rounded down to the fen; ``before_fen``,
        before the cap; ``how``; ``signers``; ``is_capped``.  The status is "none" where nobody
        signs or nothing is left, "undetermined" where a figure of a signer, or whether one
        signs, or the cap is unknown.

    Raises:
        CreditError: If there is no member, or one stands twice.

    Source:
        Domain ruling 2.6; row L24 (one cap for 一户多贷).

    >>> a = HouseholdMember(id="a", would_sign=True, income_fen=90_000_00, outgo_fen=50_000_00)
    >>> b = HouseholdMember(id="b", would_sign=True, income_fen=30_000_00, outgo_fen=0)
    >>> child = HouseholdMember(id="child", would_sign=False)
    >>> found = household_value([a, b, child], cap_fen=80_000_00, as_of=datetime.date(2016, 5, 31))
    >>> found.outcome["limit_fen"]
    4900000
    """
    basis = basis_of(policy, as_of=a_day("as_of", as_of))
    people = _people(members)
    cap = None if cap_fen is None else an_amount("cap_fen", cap_fen)
    signers = [one for one in people if one.would_sign]
    may_sign = [one for one in people if one.would_sign is None]
    if not signers and not may_sign:
        return Decision(outcome=None, status="none", reasons=(NOBODY_SIGNS,), basis=basis)
    if cap == 0:
        reasons = (HOUSEHOLD_CAP.given(cap_fen=0), NO_VALUE)
        return Decision(outcome=None, status="none", reasons=reasons, basis=basis)
    blockers = [Blocker(MAY_SIGN.given(member=one.id), (one.id,)) for one in may_sign]
    figures = {one.id: one.flow_fen if policy.how == "joint" else one.model_fen for one in signers}
    for who, figure in figures.items():
        if figure is None:
            blockers.append(Blocker(MEMBER_VALUE_UNKNOWN.given(member=who), (who,)))
    if cap is None:
        blockers.append(Blocker(HOUSEHOLD_CAP_UNKNOWN, ("cap_fen",)))
    known = [figure for figure in figures.values() if figure is not None]
    if blockers:
        return closed(blockers, basis=basis)
    before, why = _before(known, policy)
    value = before if cap is None else min(before, cap)
    if value <= 0:
        return Decision(outcome=None, status="none", reasons=(why, NO_VALUE), basis=basis)
    is_capped = value < before
    capped = (HOUSEHOLD_CAP.given(cap_fen=cap),) if is_capped else ()
    return Decision(
        outcome={
            "limit_fen": value,
            "before_fen": before,
            "how": policy.how,
            "signers": tuple(figures),
            "is_capped": is_capped,
        },
        status="decided",
        reasons=(why, *capped),
        basis=basis,
    )


def _people(members: object) -> tuple[HouseholdMember, ...]:
    people = tuple(members) if isinstance(members, Iterable) else (members,)
    for one in people:
        if not isinstance(one, HouseholdMember):
            raise CreditError(
                f"members must hold HouseholdMember values, got {type(one).__name__} {one!r}"
            )
    names = [one.id for one in people]
    if not names or len(set(names)) < len(names):
        raise CreditError(f"a household must have at least one member, each once, got {names}")
    return tuple(sorted(people, key=lambda one: (isinstance(one.id, str), one.id)))


def _before(known: list[int], policy: HouseholdPolicy) -> tuple[int, Reason]:
    """Return the value before the cap, and what it rests on."""
    if policy.how != "joint":
        chosen = (min, BY_MINIMUM) if policy.how == "minimum" else (max, BY_MAXIMUM)
        return chosen[0](known), chosen[1].given(count=len(known))
    flow, share = sum(known), number(policy.joint_bp)
    reason = resting(BY_JOINT, policy.joint_bp)
    told = reason.given(share_bp=share, count=len(known), flow_fen=flow)
    return flow * share // _WHOLE_BP, told


@attrs.frozen(kw_only=True)
class VillagePolicy:
    """How a village's cap is shared out.

    Attributes:
        step_fen: The step to which shares are rounded down, in fen.
        id: Its name.
        version: The version, as the bank names it.

    Raises:
        CreditError: If the step is below 1 fen.

    >>> VILLAGE.step_fen.value
    100000
    """

    step_fen: Figure = attrs.field(
        default=VILLAGE_STEP, validator=figure_from(1, 10**13), repr=shown
    )
    id: str = attrs.field(default="limits.village", validator=a_name)
    version: str = attrs.field(default="1", validator=a_name)


VILLAGE = VillagePolicy()
"""Shares go down to 1,000 yuan."""


@attrs.frozen(kw_only=True)
class VillageAllocation:
    """A village's cap shared out among its households' limits.

    Attributes:
        cap_fen: The village's cap.
        shares: Household and share in fen, in the order of ids; only those with a share.
        without: Households left with less than a step: they get no limit.
        open_households: Households without a limit yet, who share in nothing.
        reasons: What it rests on.

    >>> allocate_village({"a": 30_000_00}, cap_fen=50_000_00).left_fen
    2000000
    """

    cap_fen: int
    shares: tuple[tuple[str | int, int], ...]
    without: tuple[str | int, ...]
    open_households: tuple[str | int, ...]
    reasons: tuple[Reason, ...] = attrs.field(repr=False)

    @property
    def limits_fen(self) -> dict[str | int, int]:
        """Return the shares by household, in fen.

        >>> allocate_village({"a": 30_000_00}, cap_fen=50_000_00).limits_fen
        {'a': 3000000}
        """
        return dict(self.shares)

    @property
    def given_fen(self) -> int:
        """Return the sum of the shares.

        >>> allocate_village({"a": 30_000_00}, cap_fen=50_000_00).given_fen
        3000000
        """
        return sum(share for _, share in self.shares)

    @property
    def left_fen(self) -> int:
        """Return what is left of the cap.

        >>> allocate_village({"a": 30_000_00}, cap_fen=30_000_00).left_fen
        0
        """
        return self.cap_fen - self.given_fen


def allocate_village(
    limits_fen: Mapping[str | int, int | None],
    *,
    cap_fen: int,
    ranks: Mapping[str | int, int] | None = None,
    policy: VillagePolicy = VILLAGE,
) -> VillageAllocation:
    """Share a village's cap (村总授信额度) among its households' limits.

    Limits that fit stay as they are.  Otherwise each gets the same share of its limit, rounded
    down to the step, so that equal limits stay equal; what rounding leaves stays unallocated.
    With ranks the first rank gets its limits whole, then the next; the first rank that does not
    fit shares the rest in proportion, and later ranks get nothing.

    Args:
        limits_fen: Household to limit in fen; None where there is none yet.
        cap_fen: The village's cap, in fen.
        ranks: Household to rank, 1 first, equal ranks together; None shares in proportion.
        policy: The step of the shares.

    Raises:
        CreditError: If a limit is below 1 fen, the cap is negative, or a household with a limit
            has no rank from 1.

    Source:
        Domain ruling 2.6: pro rata or by rank, in its own call.

    >>> found = allocate_village({"a": 60_000_00, "b": 40_000_00}, cap_fen=50_000_00)
    >>> found.limits_fen["a"], found.limits_fen["b"]
    (3000000, 2000000)
    >>> allocate_village({"a": 60_000_00, "b": 40_000_00}, cap_fen=50_000_00,
    ...                  ranks={"a": 2, "b": 1}).limits_fen["a"]
    1000000
    """
    cap = an_amount("cap_fen", cap_fen)
    step = policy.step_fen
    for household in limits_fen:
        an_assessor("household", household)
    known = {
        one: an_amount(f"limit of {one!r}", limit, least=1)
        for one, limit in limits_fen.items()
        if limit is not None
    }
    rows = _ordered(known)
    total = sum(known.values())
    if total <= cap:
        shares, why = rows, VILLAGE_FITS
    elif ranks is None:
        shares, why = _pro_rata(rows, cap, step), resting(VILLAGE_SHARED, step)
    else:
        shares, why = _by_rank(rows, cap, ranks, step), resting(VILLAGE_RANKED, step)
    left_open = tuple(one for one in _ordered(limits_fen) if one not in known)
    without = tuple(one for one in rows if not shares.get(one))
    reasons = [why.given(sum_fen=total, cap_fen=cap)]
    if without:
        reasons.append(resting(VILLAGE_WITHOUT, step).given(count=len(without)))
    if left_open:
        reasons.append(VILLAGE_OPEN.given(count=len(left_open)))
    return VillageAllocation(
        cap_fen=cap,
        shares=tuple((one, shares[one]) for one in rows if shares.get(one)),
        without=without,
        open_households=left_open,
        reasons=tuple(reasons),
    )


def _ordered(values: Mapping[str | int, V]) -> dict[str | int, V]:
    return {
        one: values[one] for one in sorted(values, key=lambda one: (isinstance(one, str), one))
    }


def _pro_rata(rows: Mapping[str | int, int], cap: int, step: Figure) -> dict[str | int, int]:
    total, size = sum(rows.values()), number(step)
    return {one: limit * cap // (total * size) * size for one, limit in rows.items()}


def _by_rank(
    rows: Mapping[str | int, int], cap: int, ranks: Mapping[str | int, int], step: Figure
) -> dict[str | int, int]:
    for one in rows:
        rank: object = ranks.get(one)
        if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
            raise CreditError(
                f"ranks must name every household with a limit, 1 first, got {rank!r} for {one!r}"
            )
    found: dict[str | int, int] = {}
    left = cap
    for rank in sorted({ranks[one] for one in rows}):
        same = {one: limit for one, limit in rows.items() if ranks[one] == rank}
        total = sum(same.values())
        found |= same if total <= left else _pro_rata(same, left, step)
        left -= min(total, left)
    return found
