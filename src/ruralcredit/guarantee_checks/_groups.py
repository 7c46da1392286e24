"""Joint groups: what is amiss with those that stand, and who bears a claim on a default."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError
from ruralcredit.guarantee_checks._found import (
    CLAIM_PARTS,
    CLAIM_UNKNOWN,
    GROUP_AGREEMENT_MONTHS,
    GROUP_AMOUNT,
    GROUP_BEYOND,
    GROUP_FIRMS,
    GROUP_HOUSEHOLDS,
    GROUP_IN_ORDER,
    GROUP_KIN,
    GROUP_LOAN_MONTHS,
    GROUP_LONG_AGREEMENT,
    GROUP_LONG_LOAN,
    GROUP_MEMBER_AMOUNT,
    GROUP_ONE_USER,
    GROUP_OVERLAP,
    GROUP_TOO_LARGE,
    GROUP_TOO_SMALL,
    based,
)
from ruralcredit.guarantee_checks._given import PartyId, a_count, a_day, an_amount, by_id, in_force
from ruralcredit.guarantee_checks._links import known_kinds
from ruralcredit.guarantees import (
    GuaranteeBook,
    JointGroup,
    JointGroups,
    Relations,
    find_joint_groups,
)
from ruralcredit.reasons import Basis, Decision, Figure, Reason, Status
from ruralcredit.values import Dated, Fen, add_months

__all__ = [
    "JOINT_GROUPS",
    "ClaimPart",
    "ClaimSplit",
    "JointGroupCheck",
    "JointGroupPolicy",
    "Recourse",
    "check_joint_groups",
    "split_claim",
]

Int64 = npt.NDArray[np.int64]

SplitBy: TypeAlias = Literal["equal", "limit"]

_KIN: Final = ("spouse", "kin")


@attrs.frozen(kw_only=True)
class JointGroupPolicy:
    """What a joint group must keep to (联保小组管理口径).

    Attributes:
        households: Fewest members of a group of households.
        firms: Most members of a group of firms.
        agreement_months: Most months of the agreement.
        loan_months: Most months of a loan under it.
        member_amount: Most that a household member may owe under it, in fen.

    Raises:
        CreditError: If a figure is no whole number from 0 on.

    >>> JOINT_GROUPS.households.value, JOINT_GROUPS.loan_months.value
    (5, 12)
    """

    households: Figure = GROUP_HOUSEHOLDS
    firms: Figure = GROUP_FIRMS
    agreement_months: Figure = GROUP_AGREEMENT_MONTHS
    loan_months: Figure = GROUP_LOAN_MONTHS
    member_amount: Figure = GROUP_MEMBER_AMOUNT

    def __attrs_post_init__(self) -> None:
        """Refuse figures that are no numbers."""
        for field in attrs.fields(type(self)):
            figure: Figure = getattr(self, field.name)
            a_count(figure.value, f"JointGroupPolicy.{field.name}")


JOINT_GROUPS: Final = JointGroupPolicy()
"""What rural banks publish about their joint-group loans (practice 2.15)."""


@attrs.frozen(kw_only=True)
class JointGroupCheck:
    """What is amiss with a joint group (联保小组检查结果).

    Attributes:
        agreement_id: The agreement.
        members: Its members, sorted.
        starts_on: First day of the agreement, None where unknown.
        ends_on: Last day of the agreement, None where unknown.
        kin: Pairs of members who are spouses or kin, sorted; None where unknown.
        elsewhere: Members of another group too, sorted.
        users: Per user of several members' funds those members.
        decision: "pass" or "refer", with all findings.

    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b"], borrower=["b", "a"], agreement_id=["J", "J"])
    >>> check_joint_groups(book, as_of=datetime.date(2026, 1, 1))[0].members
    ('a', 'b')
    """

    agreement_id: PartyId
    members: tuple[PartyId, ...]
    starts_on: datetime.date | None
    ends_on: datetime.date | None
    kin: tuple[tuple[PartyId, PartyId], ...] | None
    elsewhere: tuple[PartyId, ...]
    users: tuple[tuple[PartyId, ...], ...]
    decision: Decision


def check_joint_groups(
    book: GuaranteeBook,
    *,
    groups: JointGroups | None = None,
    relations: Relations | None = None,
    users: Mapping[PartyId, PartyId | None] | None = None,
    policy: JointGroupPolicy | Dated[JointGroupPolicy] = JOINT_GROUPS,
    as_of: datetime.date,
) -> tuple[JointGroupCheck, ...]:
    """Check the joint groups (联保小组) that stand: size, terms, kin, overlap, use of funds.

    Args:
        book: The book; it is asked for ``as_of``.
        groups: A table of members with the days of the agreement.
        relations: Who is kin; what the book was merged over where left out, else unknown.
        users: Per member who used the money (a party or a hash); a member left out or None is
            unknown.  Without the mapping, the use of funds is not checked.
        policy: What a group must keep to, in versions by day or not.
        as_of: The day.

    Returns:
        One check per group, in the order of `ruralcredit.guarantees.find_joint_groups`: passed,
        referred with every finding, or undetermined with what to ask for.

    Raises:
        InputError: If the table's ids are of another kind than the ledger's.
        CreditError: If the day is no date.

    Source:
        practice 2.15; domain text "guarantee networks", 1.2 and 1.4.

    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b"], borrower=["b", "a"], agreement_id=["J", "J"])
    >>> kin = Relations.from_columns(a=["a"], b=["b"], kind=["kin"])
    >>> check = check_joint_groups(book, relations=kin, as_of=datetime.date(2026, 1, 1))[0]
    >>> check.kin, check.decision.outcome
    ((('a', 'b'),), 'refer')
    """
    day = a_day(as_of, "as_of")
    book = book if book.day == day else book.as_of(day, known_by=book.known_by)
    rule = in_force(policy, day)
    kin = book.relations if relations is None else relations
    found = find_joint_groups(book, groups)
    groups_of: dict[PartyId, int] = {}
    for member in (member for group in found for member in group.members):
        groups_of[member] = groups_of.get(member, 0) + 1
    return tuple(
        _checked(
            _Group(
                book=book,
                group=group,
                span=_span(groups, group.agreement_id),
                kin=_kin_pairs(kin, group.members, day),
                elsewhere=tuple(one for one in group.members if groups_of[one] > 1),
                users=users,
                policy=rule,
            ),
            day,
        )
        for group in found
    )


@attrs.frozen(kw_only=True)
class _Group:
    book: GuaranteeBook
    group: JointGroup
    span: tuple[datetime.date | None, datetime.date | None]
    kin: tuple[tuple[PartyId, PartyId], ...] | None
    elsewhere: tuple[PartyId, ...]
    users: Mapping[PartyId, PartyId | None] | None
    policy: JointGroupPolicy


_Found: TypeAlias = tuple[list[Reason], list[str]]


def _checked(one: _Group, day: datetime.date) -> JointGroupCheck:
    reasons: list[Reason] = []
    ask: list[str] = []
    for check in (_size, _terms, _amounts, _relatives, _use):
        told, lacking = check(one)
        reasons += told
        ask += lacking
    certain = [reason for reason in reasons if not reason.unknown]
    status: Status = "decided" if certain or not ask else "undetermined"
    outcome = None if status == "undetermined" else "refer" if certain else "pass"
    if not reasons:
        reasons = [GROUP_IN_ORDER.given(agreement=one.group.agreement_id)]
    return JointGroupCheck(
        agreement_id=one.group.agreement_id,
        members=one.group.members,
        starts_on=one.span[0],
        ends_on=one.span[1],
        kin=one.kin,
        elsewhere=one.elsewhere,
        users=tuple(_shared_use(one)),
        decision=Decision(
            outcome=outcome,
            status=status,
            reasons=tuple(reasons),
            rows=one.group.rows,
            ask=tuple(dict.fromkeys(ask)),
            basis=Basis(id="joint groups", version=None, digest=one.book.digest, as_of=day),
        ),
    )


def _span(
    groups: JointGroups | None, agreement: PartyId
) -> tuple[datetime.date | None, datetime.date | None]:
    """Return the first and the last day of an agreement, None where no row says it."""
    if groups is None:
        return None, None
    code = int(groups.agreement_id.index.find([agreement])[0])
    rows = np.flatnonzero((groups.agreement_id.codes == code) & (code >= 0))
    starts = [day for day in _days(groups.starts_on, rows) if day is not None]
    ends = [day for day in _days(groups.ends_on, rows) if day is not None]
    return min(starts, default=None), max(ends, default=None)


def _kin_pairs(
    relations: Relations | None, members: Sequence[PartyId], day: datetime.date
) -> tuple[tuple[PartyId, PartyId], ...] | None:
    if relations is None:
        return None
    rows = relations.rows_in_force(_KIN, np.datetime64(day, "D"))
    among = set(members)
    ends = zip(relations.a.take(rows).tolist(), relations.b.take(rows).tolist(), strict=True)
    pairs = {
        (one, other) if by_id(one) < by_id(other) else (other, one)
        for one, other in ends
        if one is not None and other is not None and one != other and {one, other} <= among
    }
    return tuple(sorted(pairs, key=lambda pair: (by_id(pair[0]), by_id(pair[1]))))


def _kinds(one: _Group) -> tuple[bool | None, list[PartyId]]:
    """Say whether a group is one of firms only, and which kinds decide it and are unknown."""
    kinds = known_kinds(one.book.parties, one.group.members)
    if any(kind not in {None, "firm"} for kind in kinds.values()):
        return False, []
    lacking = [party for party, kind in kinds.items() if kind is None]
    return (None, lacking) if lacking else (True, [])


def _size(one: _Group) -> _Found:
    count = len(one.group.members)
    firms, lacking = _kinds(one)
    small = based(GROUP_TOO_SMALL, one.policy.households, members=count, least=_least(one))
    large = based(GROUP_TOO_LARGE, one.policy.firms, members=count, most=_most(one))
    is_small, is_large = count < _least(one), count > _most(one)
    found = [small] * (is_small and firms is not True) + [large] * (
        is_large and firms is not False
    )
    if firms is not None or not found:
        return found, []
    if is_small and is_large:
        return found, []
    asked = [f"kind of {party}" for party in lacking]
    return [attrs.evolve(reason, unknown=True) for reason in found], asked


def _least(one: _Group) -> int:
    return int(one.policy.households.value)


def _most(one: _Group) -> int:
    return int(one.policy.firms.value)


def _terms(one: _Group) -> _Found:
    """Compare the agreement's and its loans' terms with what they may be."""
    start, end = one.span
    policy, agreement = one.policy, one.group.agreement_id
    found: list[Reason] = []
    ask = []
    months = int(policy.agreement_months.value)
    if start is None or end is None:
        ask += [f"{name} of {agreement}" for name, day in _named(start, end) if day is None]
        told = GROUP_LONG_AGREEMENT.as_unknown(months=months)
        found.append(attrs.evolve(told, figures=(policy.agreement_months,)))
    elif end > add_months(start, months):
        found.append(based(GROUP_LONG_AGREEMENT, policy.agreement_months, months=months))
    rows = np.array(one.group.rows, np.int64)
    starts, dues = (_days(column, rows) for column in _ledger_days(one))
    late = sum(due is not None and end is not None and due > end for due in dues)
    if late:
        found.append(GROUP_BEYOND.given(rows=late))
    most = int(policy.loan_months.value)
    long = sum(
        due is not None and begun is not None and due > add_months(begun, most)
        for begun, due in zip(starts, dues, strict=True)
    )
    if long:
        found.append(based(GROUP_LONG_LOAN, policy.loan_months, rows=long, months=most))
    for name, days in (("starts_on", starts), ("debt_due_on", dues)):
        if None in days:
            ask.append(f"{name} of row {rows[days.index(None)]}")
    return found, ask


def _named(
    start: datetime.date | None, end: datetime.date | None
) -> tuple[tuple[str, datetime.date | None], ...]:
    return ("starts_on", start), ("ends_on", end)


def _ledger_days(one: _Group) -> tuple[npt.NDArray[np.datetime64] | None, ...]:
    return one.book.ledger.starts_on, one.book.ledger.debt_due_on


def _days(column: npt.NDArray[np.datetime64] | None, rows: Int64) -> list[datetime.date | None]:
    if column is None:
        return [None] * len(rows)
    found: list[datetime.date | None] = column[rows].astype(object).tolist()
    return found


def _amounts(one: _Group) -> _Found:
    """Compare what each member owes under the agreement with what it may owe."""
    firms, _lacking = _kinds(one)
    if firms:
        return [], []
    book, rows = one.book, np.array(one.group.rows, np.int64)
    amounts, known = (column[rows] for column in book.contract_amounts)
    borrowers = book.ledger.index.known_ids(book.ledger.borrower.codes[rows])
    most: dict[PartyId, int] = {}
    lacking = {}
    for borrower, amount, is_known, row in zip(
        borrowers, amounts.tolist(), known.tolist(), rows.tolist(), strict=True
    ):
        most[borrower] = max(most.get(borrower, 0), amount)
        if not is_known:
            lacking[borrower] = row
    limit = int(one.policy.member_amount.value)
    over = sorted((one for one, amount in most.items() if amount > limit), key=by_id)
    figure = one.policy.member_amount
    found = [
        based(GROUP_AMOUNT, figure, member=member, amount_fen=most[member], limit_fen=limit)
        for member in over
    ]
    if firms is None and found:
        asked = [f"kind of {party}" for party in _kinds(one)[1]]
        return [attrs.evolve(reason, unknown=True) for reason in found], asked
    return found, [
        f"amount_fen of row {row}" for member, row in lacking.items() if member not in over
    ]


def _relatives(one: _Group) -> _Found:
    found: list[Reason] = []
    ask = []
    if one.kin is None:
        found.append(GROUP_KIN.as_unknown())
        ask.append("relations")
    elif one.kin:
        found.append(GROUP_KIN.given(one=one.kin[0][0], other=one.kin[0][1], pairs=len(one.kin)))
    found += [GROUP_OVERLAP.given(member=member) for member in one.elsewhere]
    return found, ask


def _shared_use(one: _Group) -> Iterable[tuple[PartyId, ...]]:
    """Yield the members whose money went to one user, largest set first."""
    if one.users is None:
        return []
    of_user: dict[PartyId, list[PartyId]] = {}
    for member in one.group.members:
        user = one.users.get(member)
        if user is not None:
            of_user.setdefault(user, []).append(member)
    sets = [
        tuple(members)
        for user, members in of_user.items()
        if len(members) > 1 or (user in one.group.members and user != members[0])
    ]
    return sorted(sets, key=lambda members: (-len(members), [by_id(one) for one in members]))


def _use(one: _Group) -> _Found:
    if one.users is None:
        return [], []
    found = [
        GROUP_ONE_USER.given(members=", ".join(map(str, members))) for members in _shared_use(one)
    ]
    lacking = [member for member in one.group.members if one.users.get(member) is None]
    return found, [f"user of the funds of {member}" for member in lacking]


# --- a claim on a default ---------------------------------------------------------------


@attrs.frozen(kw_only=True)
class ClaimPart:
    """What one member bears of a claim, among the members (内部分担份额).

    Attributes:
        member: The member.
        fen: Its part.
        paid_fen: What it has paid to the bank.

    >>> ClaimPart(member="a", fen=5, paid_fen=0).fen
    5
    """

    member: PartyId
    fen: Fen
    paid_fen: Fen


@attrs.frozen(kw_only=True)
class Recourse:
    """What one party may ask back from another (追偿).

    Attributes:
        creditor: The member who may ask.
        debtor: Who owes it: the member who defaulted, or one who paid less than its part.
        fen: How much.

    >>> Recourse(creditor="a", debtor="b", fen=5).fen
    5
    """

    creditor: PartyId
    debtor: PartyId
    fen: Fen


@attrs.frozen(kw_only=True)
class ClaimSplit:
    """A claim on a joint group and who bears it (联保代偿分担).

    To the bank every member owes the whole; the parts are what members owe each other.

    Attributes:
        unpaid_fen: What the debtor did not pay; None where unknown.
        debtor: The member who defaulted.
        parts: What each other member bears; they sum to the whole.  Empty where undetermined.
        recourse: Among members first, then against the debtor.
        status: "decided" or "undetermined".
        ask: What to ask for.
        reasons: How it was split.

    >>> split = split_claim(100, ["a", "b", "c"], debtor="x")
    >>> [part.fen for part in split.parts]
    [34, 33, 33]
    """

    unpaid_fen: Fen | None
    debtor: PartyId
    parts: tuple[ClaimPart, ...]
    recourse: tuple[Recourse, ...] = ()
    status: Status = "decided"
    ask: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = attrs.field(default=(), repr=False)


def split_claim(
    unpaid_fen: Fen | None,
    members: Iterable[PartyId],
    *,
    debtor: PartyId,
    by: SplitBy = "equal",
    limits: Mapping[PartyId, Fen | None] | None = None,
    paid: Mapping[PartyId, Fen] | None = None,
) -> ClaimSplit:
    """Split what one member of a joint group did not pay among the others (代偿与追偿).

    Fen that cannot be parted go to the largest remainders, ties to the smaller id.  Who paid
    more than its part may ask it back from those who paid less, in proportion to what they
    lack; what a member has borne in the end it may ask back from the debtor.

    Args:
        unpaid_fen: What the debtor did not pay, in fen; None is unknown.
        members: The other members.
        debtor: The member who defaulted.
        by: "equal" parts, or in proportion to each member's "limit".
        limits: Per member its limit in fen, where split by limit.
        paid: Per member what it has paid to the bank so far; nothing where left out.

    Returns:
        Parts that sum to the whole; undetermined where the claim or a limit is unknown.

    Raises:
        CreditError: If there are no members, one comes twice or is the debtor, ``by`` is
            another word, an amount is negative, all limits are zero, somebody else paid, or
            more was paid than claimed.

    Source:
        practice 2.15; recourse among guarantors who signed one contract: interpretation of the
        guarantee system by the Supreme People's Court (2020), art. 13.

    >>> split = split_claim(90, ["a", "b", "c"], debtor="x", paid={"a": 60, "b": 30})
    >>> [(one.creditor, one.debtor, one.fen) for one in split.recourse]
    [('a', 'c', 30), ('a', 'x', 30), ('b', 'x', 30), ('c', 'x', 30)]
    """
    others = _members(members, debtor)
    if by not in {"equal", "limit"}:
        raise CreditError(f"by must be equal or limit, got {by!r}")
    given = limits or {}
    weights = [1 if by == "equal" else _limit(given, member) for member in others]
    lacking = [f"limit of {m}" for m, w in zip(others, weights, strict=True) if w is None]
    claim = None if unpaid_fen is None else an_amount(unpaid_fen, "unpaid_fen")
    if claim is None or lacking:
        return ClaimSplit(
            unpaid_fen=claim,
            debtor=debtor,
            parts=(),
            status="undetermined",
            ask=(*(["unpaid_fen"] if claim is None else []), *lacking),
            reasons=(CLAIM_UNKNOWN.as_unknown(),),
        )
    known = [weight for weight in weights if weight is not None]
    if not sum(known):
        raise CreditError("limits must not all be zero: split by equal parts instead")
    shares = _parted(claim, known)
    amounts = _paid(paid or {}, others, claim)
    return ClaimSplit(
        unpaid_fen=claim,
        debtor=debtor,
        parts=tuple(
            ClaimPart(member=member, fen=share, paid_fen=amount)
            for member, share, amount in zip(others, shares, amounts, strict=True)
        ),
        recourse=_recourse(others, shares, amounts, debtor=debtor),
        reasons=(CLAIM_PARTS.given(unpaid_fen=claim, members=len(others)),),
    )


def _members(members: Iterable[PartyId], debtor: PartyId) -> list[PartyId]:
    if isinstance(members, str):
        raise CreditError(f"members must be several ids, got the str {members!r}")
    others = sorted(members, key=by_id)
    if not others or len(set(others)) < len(others) or debtor in others:
        raise CreditError(
            f"members must be the others of the group, each once and without the debtor "
            f"{debtor!r}, got {others!r}"
        )
    return others


def _limit(limits: Mapping[PartyId, Fen | None], member: PartyId) -> int | None:
    limit = limits.get(member)
    return None if limit is None else an_amount(limit, f"limit of {member}")


def _paid(paid: Mapping[PartyId, Fen], others: Sequence[PartyId], claim: int) -> list[int]:
    odd = [payer for payer in paid if payer not in others]
    if odd:
        raise CreditError(f"paid must be by members {others!r}, got {odd[0]!r}")
    amounts = [an_amount(paid.get(member, 0), f"paid by {member}") for member in others]
    if sum(amounts) > claim:
        raise CreditError(f"at most {claim} fen can have been paid, got {sum(amounts)}")
    return amounts


def _parted(whole: int, weights: Sequence[int]) -> list[int]:
    """Part a whole by weights, exactly: odd fen to the largest remainders, then the first."""
    total = sum(weights)
    parts = [whole * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda n: (-(whole * weights[n] % total), n))
    for place in order[: whole - sum(parts)]:
        parts[place] += 1
    return parts


def _recourse(
    others: Sequence[PartyId], shares: Sequence[int], paid: Sequence[int], *, debtor: PartyId
) -> tuple[Recourse, ...]:
    over = [max(amount - share, 0) for amount, share in zip(paid, shares, strict=True)]
    lacks = [max(share - amount, 0) for amount, share in zip(paid, shares, strict=True)]
    borne = list(paid)
    found = []
    if sum(over):
        due = _parted(sum(over), lacks)
        creditor = 0
        for place, amount in enumerate(due):
            left = amount
            while left:
                while not over[creditor]:
                    creditor += 1
                part = min(left, over[creditor])
                found.append(Recourse(creditor=others[creditor], debtor=others[place], fen=part))
                over[creditor] -= part
                borne[creditor] -= part
                borne[place] += part
                left -= part
    found += [
        Recourse(creditor=member, debtor=debtor, fen=amount)
        for member, amount in zip(others, borne, strict=True)
        if amount
    ]
    return tuple(found)
