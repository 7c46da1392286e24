"""What a proposal would do to the book: measured facts, None where they are not known."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

import attrs

from ruralcredit.guarantee_checks._given import PartyId
from ruralcredit.guarantee_checks._proposals import JointProposal, Proposal
from ruralcredit.guarantee_checks._security import EffectiveSecurity
from ruralcredit.guarantees import Bounds, Step
from ruralcredit.values import FrozenMapping, Ratio

__all__ = [
    "GROUP_FACTS",
    "BreakChange",
    "CoverChange",
    "Effect",
    "Fact",
    "GroupEffect",
    "GroupKind",
    "GuarantorEffect",
    "Region",
]

Fact: TypeAlias = bool | int | str | Bounds | None
"""A measured fact; bounds are read as unknown between their ends, None as unknown."""

Region: TypeAlias = Literal["none", "province", "city", "county"]
"""The smallest administrative unit that two parties share, by codes of 2, 4 and 6 digits."""

GroupKind: TypeAlias = Literal["households", "firms", "mixed"]
"""Whom a joint group joins: households and persons, firms, or both."""

GROUP_FACTS: Final = (
    "group_kind",
    "group_members",
    "agreement_months",
    "loan_months",
    "months_beyond_agreement",
    "member_amount_fen",
    "has_kin",
    "members_elsewhere",
)
"""The facts that only a joint group has."""

_INT_HIGH: Final = 2**63 - 1


def _frozen(ask: Mapping[str, tuple[str, ...]]) -> FrozenMapping[str, tuple[str, ...]]:
    return FrozenMapping(ask)


@attrs.frozen(kw_only=True)
class GuarantorEffect:
    """What a proposal would mean for one who would stand in (保证人).

    Attributes:
        guarantor: Who.
        kind: person, household, firm, guarantee_company or public; None is unknown.
        borrowers: For how many others it would stand in, households not counted.
        given_fen: What it would guarantee in all, each contract once.
        proposed_fen: What this proposal adds, or None.
        net_assets_fen: Its net assets, or None.
        overdue_days: Days by which its own worst loan is overdue.
        shared_region: What region it shares with the borrower farthest from it, or None.
        is_insider: Whether it or a borrower is staff or an insider (关系人), or None.
        ask: Per unknown fact what to find out.

    >>> import datetime
    >>> from ruralcredit.guarantee_checks import GuaranteeProposal, effects_of
    >>> from ruralcredit.guarantees import GuaranteeBook
    >>> book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"], amount_fen=[300])
    >>> new = GuaranteeProposal(contract_id="K2", guarantor="a", borrower="c", amount_fen=200)
    >>> found = effects_of(book, [new], as_of=datetime.date(2026, 1, 1))[0].guarantors[0]
    >>> found.given_fen, found.borrowers
    (Bounds(low=500, high=500), Bounds(low=0, high=2))
    """

    guarantor: PartyId
    kind: str | None
    borrowers: Bounds
    given_fen: Bounds
    proposed_fen: int | None
    net_assets_fen: int | None
    overdue_days: Bounds
    shared_region: Region | None
    is_insider: bool | None
    ask: Mapping[str, tuple[str, ...]] = attrs.field(converter=_frozen, repr=False)

    @property
    def given_to_net_assets_bp(self) -> Bounds | None:
        """All it would guarantee to its net assets in bp, rounded up; None as the ratio."""
        net = self.net_assets_fen
        if net is None or net <= 0:
            return None
        high = self.given_fen.high
        top = None if high is None else _bp_up(high, net)
        return Bounds(low=_bp_up(self.given_fen.low, net), high=top)

    @property
    def proposed_to_net_assets_bp(self) -> int | None:
        """What the proposal adds to its net assets in bp, rounded up; None as the ratio."""
        net, fen = self.net_assets_fen, self.proposed_fen
        return None if net is None or net <= 0 or fen is None else _bp_up(fen, net)

    @property
    def guarantee_ratio(self) -> Ratio | None:
        """All it would guarantee to its net assets; None where unknown or not above zero."""
        if self.given_fen.low != self.given_fen.high or (self.net_assets_fen or 0) <= 0:
            return None
        return Ratio(self.given_fen.low, self.net_assets_fen or 0)


@attrs.frozen(kw_only=True)
class GroupEffect:
    """What a proposed joint group (联保小组) is.

    Attributes:
        kind: "households" (persons too), "firms" or "mixed"; None is unknown.
        kin: Pairs of members who are spouses or kin; None where nobody brought relations.
        elsewhere: Members of another joint group.

    >>> GroupEffect(kind="households", kin=(), elsewhere=("p",)).elsewhere
    ('p',)
    """

    kind: GroupKind | None
    kin: tuple[tuple[PartyId, PartyId], ...] | None
    elsewhere: tuple[PartyId, ...]


@attrs.frozen(kw_only=True)
class CoverChange:
    """What guarantees in reach are worth before and after proposals, in fen (担保覆盖变化).

    Attributes:
        joint_before: What all of them can pay of the loans, together, as
            `ruralcredit.guarantees.cover` says.
        joint_after: The same with the proposals.
        independent_before: What guarantors outside loops and control groups can pay.
        independent_after: The same with the proposals.

    >>> from ruralcredit.guarantees import Bounds
    >>> known = Bounds(low=5, high=5)
    >>> CoverChange(joint_before=known, joint_after=known, independent_before=known,
    ...             independent_after=Bounds(low=0, high=5)).is_known
    False
    """

    joint_before: Bounds
    joint_after: Bounds
    independent_before: Bounds
    independent_after: Bounds

    @property
    def joint_rise(self) -> Bounds | None:
        """By how much joint cover rises, below zero where it falls; None where unlimited."""
        return _rise(self.joint_before, self.joint_after)

    @property
    def independent_rise(self) -> Bounds | None:
        """By how much independent cover rises, below zero where it falls; None as above."""
        return _rise(self.independent_before, self.independent_after)

    @property
    def is_known(self) -> bool:
        """Whether each of them is known to the fen."""
        return all(
            one.low == one.high
            for one in (
                self.joint_before,
                self.joint_after,
                self.independent_before,
                self.independent_after,
            )
        )


@attrs.frozen(kw_only=True)
class BreakChange:
    """What breaking the loops that a proposal lies on costs, in fen (解环成本变化).

    Attributes:
        before: What the cheapest plan for their members' loops costs now.
        after: What it costs with the proposals.

    >>> from ruralcredit.guarantees import Bounds
    >>> BreakChange(before=Bounds(low=0, high=0), after=Bounds(low=5, high=5)).is_known
    True
    """

    before: Bounds
    after: Bounds

    @property
    def is_known(self) -> bool:
        """Whether both plans are proved to be the cheapest."""
        return self.before.low == self.before.high and self.after.low == self.after.high


@attrs.frozen(kw_only=True)
class Effect:
    """What taking a proposal would do to the book (拟接受担保的影响).

    The proposal is judged in the book with all proposals asked about together.

    Attributes:
        proposal: The proposal.
        rows: The numbers its rows would have, behind the ledger's.
        closes_loop: Whether it would lie on a closed loop (循环担保); None where unknown
            guarantees of open parties could close one.
        closes_hidden_loop: Whether it would lie on a loop only because parties are related
            (隐性循环担保); None too where nobody brought relations.
        witness: A shortest closed way that starts with the proposal, related parties joined
            by steps of relations; empty where none is known.
        contracts: The contracts along it; a row without one by its number, a proposed one by its
            agreement.
        is_mutual: Whether a borrower stands in for the guarantor (互保) by another contract.
        chain: The parties of the longest known chain (担保链) through it; loops are one step.
        is_chain_open: Whether unknown guarantees could make it longer.
        clusters_before: Sizes of the clusters (担保圈) that it joins, largest first.
        cluster_after: Size of the one they become.
        is_cluster_open: Whether unknown guarantees could make it larger.
        opened: Parties in reach whose guarantees elsewhere are unknown.
        breaking: What breaking its loops costs, by `ruralcredit.guarantees.plan_break`; None
            where it closes none that is known, or an amount on them is unknown.
        cover: What the guarantees in reach are worth before and after all proposals; None
            without a loans table.
        security: Per borrower what would secure its loan in effect.
        guarantors: What it would mean for each guarantor.
        group: What its joint group is; None for one guarantee.
        ask: Per unknown fact what to find out.

    >>> import datetime
    >>> from ruralcredit.guarantee_checks import GuaranteeProposal, effects_of
    >>> from ruralcredit.guarantees import GuaranteeBook
    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b"], borrower=["b", "c"], contract_id=["K1", "K2"]
    ... )
    >>> new = GuaranteeProposal(contract_id="K3", guarantor="c", borrower="a")
    >>> effect, = effects_of(book, [new], as_of=datetime.date(2026, 1, 1))
    >>> effect.closes_loop, effect.contracts, effect.clusters_before, effect.cluster_after
    (True, ('K3', 'K1', 'K2'), (3,), 3)
    """

    proposal: Proposal
    rows: tuple[int, ...]
    closes_loop: bool | None
    closes_hidden_loop: bool | None
    witness: tuple[Step, ...] = attrs.field(repr=False)
    contracts: tuple[PartyId, ...] = attrs.field(repr=False)
    is_mutual: bool | None
    chain: tuple[PartyId, ...] = attrs.field(repr=False)
    is_chain_open: bool = attrs.field(repr=False)
    clusters_before: tuple[int, ...]
    cluster_after: int
    is_cluster_open: bool = attrs.field(repr=False)
    opened: tuple[PartyId, ...] = attrs.field(repr=False)
    breaking: BreakChange | None = attrs.field(repr=False)
    cover: CoverChange | None = attrs.field(repr=False)
    security: tuple[EffectiveSecurity, ...] = attrs.field(repr=False)
    guarantors: tuple[GuarantorEffect, ...] = attrs.field(repr=False)
    group: GroupEffect | None = attrs.field(repr=False)
    ask: Mapping[str, tuple[str, ...]] = attrs.field(converter=_frozen, repr=False)

    @property
    def is_deemed_unsecured(self) -> bool | None:
        """Whether a loan would be guaranteed on paper only (类信用), or None."""
        return _any_of(one.is_deemed_unsecured for one in self.security)

    def facts(self, guarantor: GuarantorEffect) -> dict[str, Fact]:
        """Return the facts that rules may test, for one of those who would stand in.

        >>> import datetime
        >>> from ruralcredit.guarantee_checks import GuaranteeProposal, effects_of
        >>> from ruralcredit.guarantees import GuaranteeBook
        >>> book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"])
        >>> new = GuaranteeProposal(contract_id="K2", guarantor="b", borrower="b")
        >>> effect, = effects_of(book, [new], as_of=datetime.date(2026, 1, 1))
        >>> effect.facts(effect.guarantors[0])["is_self"]
        True
        """
        one, proposal = guarantor, self.proposal
        is_joint = isinstance(proposal, JointProposal)
        return {
            "proposal": "joint" if is_joint else "single",
            "is_self": not is_joint and one.guarantor in proposal.borrowers,
            "guarantor_kind": one.kind,
            "borrowers": one.borrowers,
            "net_assets_fen": one.net_assets_fen,
            "given_to_net_assets_bp": one.given_to_net_assets_bp,
            "amount_to_net_assets_bp": one.proposed_to_net_assets_bp,
            "is_insider": one.is_insider,
            "overdue_days": one.overdue_days,
            "closes_loop": self.closes_loop,
            "closes_hidden_loop": self.closes_hidden_loop,
            "is_mutual": self.is_mutual,
            "chain_contracts": self._open(max(len(self.chain) - 1, 0), at=self.is_chain_open),
            "clusters_joined": self._open(
                len(self.clusters_before), at=self.is_cluster_open, least=1
            ),
            "cluster_parties": self._open(self.cluster_after, at=self.is_cluster_open),
            "shared_region": one.shared_region,
            "is_deemed_unsecured": self.is_deemed_unsecured,
            "break_rise_fen": self._break_rise(),
            "joint_rise_fen": None if self.cover is None else self.cover.joint_rise,
            "independent_rise_fen": None if self.cover is None else self.cover.independent_rise,
            **dict.fromkeys(GROUP_FACTS),
            **(self._group_facts(proposal) if isinstance(proposal, JointProposal) else {}),
        }

    def _break_rise(self) -> Bounds | None:
        """Return by how much it costs more to break its loops; 0 where it closes none."""
        if self.breaking is not None:
            return _rise(self.breaking.before, self.breaking.after)
        return Bounds(low=0, high=0) if self.closes_loop is False else None

    def _open(self, count: int, *, at: bool, least: int | None = None) -> Fact:
        """Return a count, or what it is at least where unknown guarantees could change it."""
        low = count if least is None else min(count, least)
        return Bounds(low=low, high=None) if at else count

    def _group_facts(self, proposal: JointProposal) -> dict[str, bool | int | str | None]:
        """Return the facts of a joint group."""
        months, agreed = proposal.loan_months, proposal.agreement_months
        kin = None if self.group is None else self.group.kin
        return {
            "group_kind": None if self.group is None else self.group.kind,
            "group_members": len(proposal.members),
            "agreement_months": agreed,
            "loan_months": months,
            "months_beyond_agreement": (
                None if months is None or agreed is None else max(months - agreed, 0)
            ),
            "member_amount_fen": proposal.amount_fen,
            "has_kin": None if kin is None else bool(kin),
            "members_elsewhere": 0 if self.group is None else len(self.group.elsewhere),
        }


def _rise(before: Bounds, after: Bounds) -> Bounds | None:
    """Return how far one amount is above another; None where it may be any."""
    if before.high is None:
        return None
    high = None if after.high is None else after.high - before.low
    return Bounds(low=after.low - before.high, high=high)


def _bp_up(part: int, whole: int) -> int:
    """Return a share in basis points, rounded up: against the guarantor."""
    return min(-(-part * 10_000 // whole), _INT_HIGH)


def _any_of(truths: Iterable[bool | None]) -> bool | None:
    """Say whether one of several holds; None where it depends on those unknown."""
    found = set(truths)
    return True if True in found else None if None in found else False
