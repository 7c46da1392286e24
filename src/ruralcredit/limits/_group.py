"""The batch-credit group (网格批量授信小组) decides on a proposal, and its minutes."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.limits._assessment import (
    MAX_LIMIT_FEN,
    RELATIONS,
    Relation,
    RelationKind,
    an_assessor,
    relations_of,
)
from ruralcredit.limits._group_checks import (
    Blocker,
    a_day,
    a_flag,
    a_name,
    an_amount,
    basis_of,
    closed,
    figure_from,
    ids,
    known_limit,
    lowest_cap,
    named,
    number,
    only,
    resting,
    shown,
)
from ruralcredit.limits._group_reasons import (
    ABOVE_CAP,
    GROUP_ABSENT,
    GROUP_CAP_UNKNOWN,
    GROUP_CARRIED,
    GROUP_KIN,
    GROUP_MAJORITY,
    GROUP_MEMBERS,
    GROUP_NO_CREDIT,
    GROUP_PRESENT,
    GROUP_QUORUM_PART,
    GROUP_QUORUM_WHOLE,
    GROUP_SIZE,
    GROUP_UNVERIFIED,
    LOWERED,
    MEMBER_ASSESSED,
    MEMBER_RELATED,
    NO_OPEN_PROPOSAL,
    NOT_CARRIED,
    RAISED,
    UNEXPLAINED,
    VETO_STANDS,
)
from ruralcredit.limits._rule import CODES, AssessorCode
from ruralcredit.reasons import Cell, Decision, Figure, Reason, Status
from ruralcredit.values import Ratio

__all__ = [
    "AS_PROPOSED",
    "GROUP",
    "GroupPolicy",
    "GroupVote",
    "MinuteRow",
    "Minutes",
    "Motion",
    "decide_group",
    "minutes",
]

GroupVote: TypeAlias = Literal["yes", "no", "abstain", "absent"]
"""How a member votes on a motion; an abstention stays in the base."""

_VOTES: Final[tuple[GroupVote, ...]] = get_args(GroupVote)
_NO_CAPS: Final[Mapping[str, int | None]] = MappingProxyType({})


def _codes(values: Iterable[AssessorCode]) -> tuple[AssessorCode, ...]:
    return tuple(values)


def _kinds(values: Iterable[RelationKind]) -> tuple[RelationKind, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class GroupPolicy:
    """Who makes a group, when it is quorate and what carries a motion.

    Attributes:
        members: How many members a group has at least; the number is odd.
        present: How many vote or abstain at least.
        quorum_part: With ``quorum_whole`` the share of entitled members who must be present.
        quorum_whole: What ``quorum_part`` is a part of.
        majority_bp: Yes votes must exceed this share of the members present.
        recused_for: The relations that recuse a member.
        kin_degree: The last degree of kin that recuses; an unknown degree does.
        assessors_vote: Whether who assessed the household may vote on it.
        codes: The grounds of no credit, with their classes; law and policy decide.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If a figure is out of its range, a relation is another word, or the quorum
            exceeds the whole.

    >>> GROUP.members.value, GROUP.majority_bp.value
    (3, 5000)
    """

    members: Figure = attrs.field(default=GROUP_MEMBERS, validator=figure_from(1, 99), repr=shown)
    present: Figure = attrs.field(default=GROUP_PRESENT, validator=figure_from(1, 99), repr=shown)
    quorum_part: Figure = attrs.field(
        default=GROUP_QUORUM_PART, validator=figure_from(1, 99), repr=shown
    )
    quorum_whole: Figure = attrs.field(
        default=GROUP_QUORUM_WHOLE, validator=figure_from(1, 99), repr=shown
    )
    majority_bp: Figure = attrs.field(
        default=GROUP_MAJORITY, validator=figure_from(0, 9_999), repr=shown
    )
    recused_for: tuple[RelationKind, ...] = attrs.field(default=RELATIONS, converter=_kinds)
    kin_degree: Figure = attrs.field(default=GROUP_KIN, validator=figure_from(1, 99), repr=shown)
    assessors_vote: bool = attrs.field(default=False, validator=a_flag)
    codes: tuple[AssessorCode, ...] = attrs.field(
        default=CODES, converter=_codes, repr=lambda codes: f"{len(codes)} codes"
    )
    id: str = attrs.field(default="limits.group", validator=a_name)
    version: str = attrs.field(default="1", validator=a_name)

    def __attrs_post_init__(self) -> None:
        """Refuse a quorum beyond the whole, and a relation of another word."""
        if number(self.quorum_part) > number(self.quorum_whole):
            raise CreditError(
                f"quorum_part must be at most quorum_whole, got {self.quorum_part.value} of "
                f"{self.quorum_whole.value}"
            )
        odd = [one for one in self.recused_for if one not in RELATIONS]
        if odd:
            raise CreditError(f"recused_for must hold {', '.join(RELATIONS)} only, got {odd[0]!r}")

    def decides(self, code: str) -> bool:
        """Say whether a ground of no credit decides: law and verifiable policy do.

        >>> GROUP.decides("overdue"), GROUP.decides("gambling")
        (True, False)
        """
        return any(one.id == code and one.decides for one in self.codes)


GROUP = GroupPolicy()
"""At least three members, odd; two thirds and three present; more than half carries."""


@attrs.frozen(kw_only=True)
class Motion:
    """What the group votes on.

    Attributes:
        limit_fen: A limit in fen; None is the proposal's.
        no_credit_code: The ground on which there shall be no credit; None is a limit.
        because: Why the group departs from the proposal; it never decides.

    Raises:
        CreditError: If a limit is below 1 fen or beyond 10**13, or stands beside a ground.

    >>> Motion(limit_fen=60_000_00, because="the greenhouse was seen").no_credit_code is None
    True
    """

    limit_fen: int | None = attrs.field(default=None)
    no_credit_code: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(a_name)
    )
    because: str = attrs.field(default="", validator=attrs.validators.instance_of(str))

    def __attrs_post_init__(self) -> None:
        """Refuse a motion that says two things, and a limit of nothing."""
        if self.limit_fen is None:
            return
        if self.no_credit_code is not None:
            raise CreditError(
                f"a motion must be a limit or no credit, got {self.limit_fen} fen and "
                f"{self.no_credit_code!r}"
            )
        if not 1 <= an_amount("limit_fen", self.limit_fen) <= MAX_LIMIT_FEN:
            raise CreditError(
                f"limit_fen must be 1 to {MAX_LIMIT_FEN} fen, got {self.limit_fen}: no limit is "
                "a no_credit_code"
            )


AS_PROPOSED = Motion()
"""The motion to decide as proposed."""


def decide_group(
    proposal: Decision,
    *,
    members: Iterable[str | int],
    votes: Mapping[str | int, GroupVote],
    motion: Motion = AS_PROPOSED,
    assessors: Iterable[str | int] = (),
    relations: Iterable[Relation | tuple[str | int, str] | tuple[str | int, str, int]] = (),
    caps_fen: Mapping[str, int | None] = _NO_CAPS,
    policy: GroupPolicy = GROUP,
    as_of: datetime.date,
) -> Decision:
    """Return what the group decides on one household's proposal (小组审定).

    The group may depart from the proposal with a reason, down or up to the caps.  It does not
    stand in for assessors who are missing, nor undo a veto.  Its motion is never altered: one
    that cannot stand is put again.

    Args:
        proposal: The answer of `reconcile`.
        members: The group's members.
        votes: Member to "yes", "no", "abstain" or "absent"; who is not named is absent.
        motion: What they vote on.
        assessors: Who assessed the household; they do not vote unless the policy lets them.
        relations: What the bank knows of members and this household, as for `reconcile`.
        caps_fen: Caps in fen by name, None where unknown; they bind the group too.
        policy: Size, quorum and majority.
        as_of: The day of the sitting.

    Returns:
        A decision.  Its outcome holds ``limit_fen``; ``proposed_fen``; ``departure``, "kept",
        "raised" or "lowered"; ``because``; ``yes``, ``no`` and ``abstained``; ``present`` and
        ``entitled``; ``recused``; ``absent``; ``dissents`` and ``remarks`` of the proposal.
        The status is "none" where there is no credit, "undetermined" where the motion cannot
        stand or does not carry; ``ask`` says what is missing.

    Raises:
        CreditError: If who is no member votes, a member stands twice or a vote is another word.

    Source:
        Row L06; domain ruling 2.5.

    >>> from ruralcredit.limits import Assessment, reconcile
    >>> forms = [Assessment(who, fen) for who, fen in
    ...          [("a", 50_000_00), ("b", 60_000_00), ("c", 100_000_00)]]
    >>> found = decide_group(reconcile(forms), members=["m", "n", "o"],
    ...                      votes={"m": "yes", "n": "yes", "o": "no"},
    ...                      as_of=datetime.date(2016, 5, 31))
    >>> found.outcome["limit_fen"], found.outcome["departure"]
    (5500000, 'kept')
    """
    cap, unknown = lowest_cap(caps_fen)
    sitting = _Sitting.of(
        ids("members", members),
        votes,
        barred=_barred(relations, ids("assessors", assessors), policy),
    )
    return _Question(
        proposal=proposal,
        proposed_fen=known_limit(proposal),
        sitting=sitting,
        motion=motion,
        cap=cap,
        unknown=unknown,
        policy=policy,
        as_of=a_day("as_of", as_of),
    ).answer()


def _barred(
    relations: object, assessors: Sequence[str | int], policy: GroupPolicy
) -> dict[str | int, Reason]:
    """Return who must not vote, and why."""
    found = {}
    if not policy.assessors_vote:
        found = {one: MEMBER_ASSESSED.given(member=one) for one in assessors}
    for one in relations_of(relations):
        is_far = one.degree is not None and one.degree > number(policy.kin_degree)
        if one.kind in policy.recused_for and not is_far:
            reason = resting(MEMBER_RELATED, policy.kin_degree)
            is_kin = one.kind == "kin"
            found[one.assessor] = (reason if is_kin else MEMBER_RELATED).given(member=one.assessor)
    return found


@attrs.frozen(kw_only=True)
class _Sitting:
    """Who sat, who was recused, and how the rest voted."""

    members: tuple[str | int, ...]
    recused: tuple[str | int, ...]
    recusals: tuple[Reason, ...]
    absent: tuple[str | int, ...]
    yes: int
    no: int
    abstained: int

    @classmethod
    def of(
        cls,
        members: tuple[str | int, ...],
        votes: object,
        *,
        barred: Mapping[str | int, Reason],
    ) -> "_Sitting":
        if not isinstance(votes, Mapping):
            raise CreditError(f"votes must be words by member, got {votes!r}")
        for member, vote in votes.items():
            if member not in members:
                raise CreditError(f"only members vote, got a vote of {member!r}")
            if vote not in _VOTES:
                raise CreditError(f"a vote must be one of {', '.join(_VOTES)}, got {vote!r}")
        ordered = sorted(members, key=lambda one: (isinstance(one, str), one))
        entitled = [one for one in ordered if one not in barred]
        cast = {one: votes.get(one, "absent") for one in entitled}
        words = list(cast.values())
        recused = tuple(one for one in ordered if one in barred)
        return cls(
            members=members,
            recused=recused,
            recusals=tuple(barred[one] for one in recused),
            absent=tuple(one for one, vote in cast.items() if vote == "absent"),
            yes=words.count("yes"),
            no=words.count("no"),
            abstained=words.count("abstain"),
        )

    @property
    def present(self) -> int:
        return self.yes + self.no + self.abstained

    @property
    def entitled(self) -> int:
        return self.present + len(self.absent)

    def blockers(self, policy: GroupPolicy) -> list[Blocker]:
        """Return what keeps this group from carrying anything."""
        found = []
        count = len(self.members)
        if count < number(policy.members) or count % 2 == 0:
            size = resting(GROUP_SIZE, policy.members)
            reason = size.given(count=count, needed=number(policy.members))
            found.append(Blocker(reason, ("members",)))
        is_short = number(policy.quorum_whole) * self.present < (
            number(policy.quorum_part) * self.entitled
        )
        if is_short or self.present < number(policy.present):
            reason = resting(
                GROUP_ABSENT, policy.present, policy.quorum_part, policy.quorum_whole
            ).given(present=self.present, entitled=self.entitled)
            found.append(Blocker(reason, self.absent or ("members",)))
        elif 10_000 * self.yes <= number(policy.majority_bp) * self.present:
            reason = resting(NOT_CARRIED, policy.majority_bp).given(
                yes=self.yes, present=self.present, share_bp=number(policy.majority_bp)
            )
            found.append(Blocker(reason, ("motion",)))
        return found


@attrs.frozen(kw_only=True)
class _Question:
    """Everything that the group's decision depends on, and the way to it."""

    proposal: Decision
    proposed_fen: int | None
    sitting: _Sitting
    motion: Motion
    cap: tuple[str, int] | None
    unknown: tuple[str, ...]
    policy: GroupPolicy
    as_of: datetime.date

    def answer(self) -> Decision:
        """Return the decision: the proposal first, then the sitting, then the motion."""
        basis = basis_of(self.policy, as_of=self.as_of)
        recusals = self.sitting.recusals
        if self.proposal.status == "none":
            reasons = (VETO_STANDS, *self.proposal.reasons)
            return Decision(outcome=None, status="none", reasons=reasons, basis=basis)
        if self.proposal.status != "decided" or self.proposed_fen is None:
            asked = self.proposal.ask or ("assessment",)
            return closed([Blocker(NO_OPEN_PROPOSAL, asked)], basis=basis)
        blockers = [
            *self.sitting.blockers(self.policy),
            *self._of_motion(self.proposed_fen),
        ]
        if blockers:
            return closed(blockers, basis=basis, others=recusals)
        sitting = self.sitting
        carried = resting(GROUP_CARRIED, self.policy.majority_bp).given(
            yes=sitting.yes, present=sitting.present
        )
        if self.motion.no_credit_code is not None:
            refused = GROUP_NO_CREDIT.given(given_code=self.motion.no_credit_code)
            return Decision(
                outcome=None, status="none", reasons=(carried, refused, *recusals), basis=basis
            )
        return Decision(
            outcome=self._outcome(self.proposed_fen),
            status="decided",
            reasons=(carried, *self._departure(self.proposed_fen), *recusals),
            basis=basis,
        )

    def _limit(self, proposed: int) -> int:
        return proposed if self.motion.limit_fen is None else self.motion.limit_fen

    def _of_motion(self, proposed: int) -> list[Blocker]:
        code = self.motion.no_credit_code
        if code is not None:
            reason = GROUP_UNVERIFIED.given(given_code=code)
            return [] if self.policy.decides(code) else [Blocker(reason, ("no_credit_code",))]
        limit = self._limit(proposed)
        found = [Blocker(GROUP_CAP_UNKNOWN.given(cap=one), (one,)) for one in self.unknown]
        if self.cap is not None and limit > self.cap[1]:
            reason = ABOVE_CAP.given(cap=self.cap[0], cap_fen=self.cap[1])
            found.append(Blocker(reason, ("motion",)))
        if limit != proposed and not self.motion.because.strip():
            found.append(Blocker(UNEXPLAINED, ("because",)))
        return found

    def _departure(self, proposed: int) -> tuple[Reason, ...]:
        moved = self._limit(proposed) - proposed
        if not moved:
            return ()
        return ((RAISED if moved > 0 else LOWERED).given(moved_fen=abs(moved)),)

    def _outcome(self, proposed: int) -> dict[str, Cell | tuple[Cell, ...]]:
        limit, sitting = self._limit(proposed), self.sitting
        words = {0: "kept", 1: "raised", -1: "lowered"}
        before = named(self.proposal)
        return {
            "limit_fen": limit,
            "proposed_fen": proposed,
            "departure": words[(limit > proposed) - (limit < proposed)],
            "because": self.motion.because,
            "yes": sitting.yes,
            "no": sitting.no,
            "abstained": sitting.abstained,
            "present": sitting.present,
            "entitled": sitting.entitled,
            "recused": sitting.recused,
            "absent": sitting.absent,
            "dissents": before.get("dissents", ()),
            "remarks": before.get("remarks", ()),
        }


@attrs.frozen(kw_only=True)
class MinuteRow:
    """What the group decided on one household.

    Attributes:
        household: The household's id.
        status: As of the decision.
        limit_fen: The limit; None where there is none.
        proposed_fen: What was proposed; None where nothing was.
        departure: "kept", "raised" or "lowered"; None where there is no limit.
        because: Why the group departed.
        yes: Yes votes; None where there is no limit.
        present: Members present; None likewise.
        recused: Members who did not vote.
        reasons: The codes of the reasons, in their order.
        ask: What is missing.

    >>> MinuteRow(household="h", status="none", reasons=("LIM-217",)).limit_fen is None
    True
    """

    household: str | int
    status: Status
    limit_fen: int | None = None
    proposed_fen: int | None = None
    departure: str | None = None
    because: str = ""
    yes: int | None = None
    present: int | None = None
    recused: tuple[str | int, ...] = attrs.field(default=())
    reasons: tuple[str, ...] = attrs.field(default=())
    ask: tuple[str | int, ...] = attrs.field(default=())


@attrs.frozen(kw_only=True)
class Minutes:
    """The minutes of one village's sitting (小组审定会议纪要); `to_dict` makes plain data of it.

    Attributes:
        village: The village's id.
        held_on: The day of the sitting.
        members: The group's members.
        rows: The households, in the order of their ids.

    >>> minutes("v", decisions={}, members=["m"], as_of=datetime.date(2016, 5, 31)).granted_fen
    0
    """

    village: str | int
    held_on: datetime.date
    members: tuple[str | int, ...]
    rows: tuple[MinuteRow, ...]

    @property
    def granted(self) -> Ratio:
        """Return the households with a limit, of all that were put.

        >>> minutes("v", decisions={}, members=[], as_of=datetime.date(2016, 5, 31)).granted
        Ratio(part=0, whole=0)
        """
        return Ratio(sum(row.status == "decided" for row in self.rows), len(self.rows))

    @property
    def granted_fen(self) -> int:
        """Return the sum of the limits, in fen.

        >>> minutes("v", decisions={}, members=[], as_of=datetime.date(2016, 5, 31)).granted_fen
        0
        """
        return sum(row.limit_fen or 0 for row in self.rows)

    @property
    def open_households(self) -> tuple[str | int, ...]:
        """Return the households that come again.

        >>> found = minutes("v", decisions={}, members=[], as_of=datetime.date(2016, 5, 31))
        >>> found.open_households
        ()
        """
        return tuple(row.household for row in self.rows if row.status == "undetermined")

    def departed(self, direction: Literal["kept", "raised", "lowered"]) -> int:
        """Return how many limits were kept, raised or lowered.

        >>> found = minutes("v", decisions={}, members=[], as_of=datetime.date(2016, 5, 31))
        >>> found.departed("kept")
        0
        """
        return sum(row.departure == direction for row in self.rows)


def minutes(
    village: str | int,
    *,
    decisions: Mapping[str | int, Decision],
    members: Iterable[str | int],
    as_of: datetime.date,
) -> Minutes:
    """Return the minutes of a village from what `decide_group` answered per household.

    Args:
        village: The village's id.
        decisions: Household to decision.
        members: The group's members.
        as_of: The day of the sitting.

    Raises:
        CreditError: If an id is blank, or a decision is none of the group's.

    Source:
        Domain ruling 2.5: minutes per village as plain data.

    >>> found = Decision(outcome=None, status="none")
    >>> held_on = datetime.date(2016, 5, 31)
    >>> minutes("v", decisions={"h": found}, members=["m"], as_of=held_on).granted
    Ratio(part=0, whole=1)
    """
    an_assessor("village", village)
    ordered = sorted(decisions.items(), key=lambda pair: (isinstance(pair[0], str), pair[0]))
    return Minutes(
        village=village,
        held_on=a_day("as_of", as_of),
        members=ids("members", members),
        rows=tuple(_row(household, decision) for household, decision in ordered),
    )


def _row(household: str | int, decision: Decision) -> MinuteRow:
    an_assessor("household", household)
    known, outcome = known_limit(decision), named(decision)
    if known is not None and "departure" not in outcome:
        raise CreditError(
            f"decisions must come from decide_group, got {outcome!r} for {household!r}"
        )
    recused = outcome.get("recused", ())
    return MinuteRow(
        household=household,
        status=decision.status,
        limit_fen=known,
        proposed_fen=only(int, outcome.get("proposed_fen")),
        departure=only(str, outcome.get("departure")),
        because=only(str, outcome.get("because")) or "",
        yes=only(int, outcome.get("yes")),
        present=only(int, outcome.get("present")),
        recused=tuple(_ids_of(recused)),
        reasons=tuple(reason.code for reason in decision.reasons),
        ask=decision.ask,
    )


def _ids_of(held: object) -> list[str | int]:
    return [one for one in held if isinstance(one, str | int)] if isinstance(held, tuple) else []
