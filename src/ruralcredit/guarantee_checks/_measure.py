"""Measuring what proposals would do: loops, clusters, chains, money, groups."""

import datetime
import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias, get_args

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.guarantee_checks._effect import (
    BreakChange,
    CoverChange,
    Effect,
    GroupEffect,
    GroupKind,
    GuarantorEffect,
    Region,
)
from ruralcredit.guarantee_checks._given import PartyId, a_day
from ruralcredit.guarantee_checks._links import known_kinds, rows_of_parties
from ruralcredit.guarantee_checks._proposals import JointProposal, Proposal, by_id, name_of
from ruralcredit.guarantee_checks._security import (
    DEEMED_UNSECURED,
    EffectiveSecurity,
    SecurityPolicy,
    effective_security,
)
from ruralcredit.guarantee_checks._union import Union, union_of
from ruralcredit.guarantees import (
    Bounds,
    Circle,
    GuaranteeBook,
    JointGroups,
    Relations,
    Step,
    cover,
    find_chains,
    find_joint_groups,
    plan_break,
)
from ruralcredit.values import Dated

__all__ = ["effects_of"]

Int64: TypeAlias = npt.NDArray[np.int64]

_LEVELS: Final[tuple[tuple[int, Region], ...]] = ((2, "province"), (4, "city"), (6, "county"))
_REGIONS: Final[tuple[Region, ...]] = get_args(Region)
_FARMERS: Final = frozenset({"household", "person"})


def effects_of(
    book: GuaranteeBook,
    proposals: Sequence[Proposal],
    *,
    relations: Relations | None = None,
    insiders: Collection[PartyId] | None = None,
    groups: JointGroups | None = None,
    security: SecurityPolicy | Dated[SecurityPolicy] = DEEMED_UNSECURED,
    budget: int = 2_000,
    as_of: datetime.date,
) -> tuple[Effect, ...]:
    """Measure what proposals would do to the book, each with all of them in it.

    The answer to a proposal does not depend on the order in which they come.

    Args:
        book: The book; it is asked for ``as_of``.
        proposals: Guarantees and joint groups asked about together.
        relations: Who is related to whom, beside what the book was merged over; None leaves
            it unknown, an empty table says that nobody is.
        insiders: Staff and insiders (关系人), by id; None leaves it unknown.
        groups: Joint groups beside those that the ledger shows.
        security: Which guarantors count for a loan.
        budget: How much work each break plan may do, as in `ruralcredit.guarantees.plan_break`.
        as_of: The day.

    Returns:
        The effects in the order of the proposals.

    Raises:
        CreditError: If there is no proposal, an id is of another kind than the ledger's, or
            the day is no date.

    >>> from ruralcredit.guarantee_checks import GuaranteeProposal
    >>> book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"])
    >>> new = GuaranteeProposal(contract_id="K2", guarantor="b", borrower="a")
    >>> effect, = effects_of(book, [new], as_of=datetime.date(2026, 1, 1))
    >>> effect.is_mutual, [(step.source, step.target) for step in effect.witness]
    (True, [('b', 'a'), ('a', 'b')])
    """
    day = a_day(as_of, "as_of")
    union = union_of(book, proposals, relations=relations, as_of=day)
    asked = _Asked(
        union=union, insiders=insiders, groups=groups, security=security, day=day, budget=budget
    )
    return tuple(asked.effect(one) for one in proposals)


@attrs.frozen(kw_only=True, eq=False, slots=False)
class _Asked:
    """A union with what else was brought, ready to measure each proposal."""

    union: Union
    insiders: Collection[PartyId] | None
    groups: JointGroups | None
    security: SecurityPolicy | Dated[SecurityPolicy]
    day: datetime.date
    budget: int

    def effect(self, proposal: Proposal) -> Effect:
        union = self.union
        rows = union.rows_of(proposal)
        raw, hidden = self._loops(rows)
        steps = self._witness(rows, raw=raw, hidden=hidden)
        sizes, cluster = self._clusters(proposal)
        chain, near = self._chain(proposal)
        security = self._security(proposal)
        return Effect(
            proposal=proposal,
            rows=tuple(union.numbers[list(rows)].tolist()),
            closes_loop=raw,
            closes_hidden_loop=hidden,
            witness=self._numbered(steps),
            contracts=self._contracts(steps),
            is_mutual=self._is_mutual(proposal, rows),
            chain=chain,
            is_chain_open=not near.isdisjoint(union.opened),
            clusters_before=sizes,
            cluster_after=len(cluster),
            is_cluster_open=not cluster.isdisjoint(union.opened),
            opened=union.opened,
            breaking=self._breaking(rows),
            cover=self._cover,
            security=security,
            guarantors=tuple(self._guarantor(proposal, one) for one in proposal.guarantors),
            group=self._group(proposal) if isinstance(proposal, JointProposal) else None,
            ask=self._ask(proposal, security),
        )

    # --- loops ---

    def _loops(self, rows: Sequence[int]) -> tuple[bool | None, bool | None]:
        """Say whether rows close a loop, and whether they close one by relations only."""
        union, at = self.union, list(rows)
        if (union.circles.row_labels[at] >= 0).any():
            return True, False
        raw = None if union.possible[0][at].any() else False
        if union.merged_circles is None:
            return raw, None
        if (union.merged_circles.row_labels[at] >= 0).any():
            return raw, True
        return raw, None if union.possible[1][at].any() else False

    def _witness(
        self, rows: Sequence[int], *, raw: bool | None, hidden: bool | None
    ) -> tuple[Step, ...]:
        """Return the shortest closed way that starts with one of some rows."""
        found = self.union.circles if raw else self.union.merged_circles if hidden else None
        if found is None:
            return ()
        labels = found.row_labels
        ways = [found[int(labels[row])].evidence(row) for row in rows if labels[row] >= 0]
        # Beside joint agreements a merged loop may have ways that need no relation.
        return min(ways, key=lambda way: (not _is_related(way) and not raw, len(way), _rows(way)))

    def _numbered(self, steps: Sequence[Step]) -> tuple[Step, ...]:
        """Return steps with the row numbers of the ledger."""
        numbers = self.union.numbers
        return tuple(
            attrs.evolve(step, row=int(numbers[step.row])) if step.kind == "guarantee" else step
            for step in steps
        )

    def _contracts(self, steps: Sequence[Step]) -> tuple[PartyId, ...]:
        """Return the contracts of the guarantees along a way, the ledger's numbers for blanks."""
        return self._names([step.row for step in steps if step.kind == "guarantee"])

    def _names(self, rows: Int64 | Sequence[int]) -> tuple[PartyId, ...]:
        """Return the contracts of some rows; where one has none, its row number or agreement."""
        union = self.union
        at = np.asarray(rows, np.int64)
        column = union.after.ledger.contract_id
        named = [None] * len(at) if column is None else column.take(at).tolist()
        return tuple(
            union.name_of_row(row) if name is None else name
            for row, name in zip(at.tolist(), named, strict=True)
        )

    def _breaking(self, rows: Sequence[int]) -> BreakChange | None:
        """Return what breaking the loops costs that some rows lie on, before and after."""
        union = self.union
        labels = union.circles.row_labels[list(rows)]
        touched = [union.circles[at] for at in sorted({*labels.tolist()} - {-1})]
        if not touched or any(one.unknown_amounts for one in touched):
            return None
        members = {member for one in touched for member in one.members}
        before = [one for one in union.circles_before if members.issuperset(one.members)]
        return BreakChange(
            before=_cost(before, budget=self.budget), after=_cost(touched, budget=self.budget)
        )

    def _is_mutual(self, proposal: Proposal, rows: Sequence[int]) -> bool | None:
        """Say whether a borrower stands in for its guarantor by a contract of another kind."""
        ledger = self.union.after.ledger
        companies = {
            party for party, kind in self._kinds(proposal).items() if kind == "guarantee_company"
        }
        pairs = {
            (other, one)
            for one in proposal.guarantors
            for other in proposal.borrowers
            if one != other and not companies & {one, other}
        }
        own = set(rows)
        given = zip(ledger.guarantor.tolist(), ledger.borrower.tolist(), strict=True)
        layer = None if ledger.layer is None else ledger.layer.are("counter")
        agreements = None if ledger.agreement_id is None else ledger.agreement_id.tolist()
        mine = proposal.agreement_id if isinstance(proposal, JointProposal) else None
        for row, pair in enumerate(given):
            is_counter = layer is not None and bool(layer[row])
            is_same = mine is not None and agreements is not None and agreements[row] == mine
            if pair in pairs and row not in own and not is_counter and not is_same:
                return True
        opened = set(self.union.opened)
        return None if any(set(pair) <= opened for pair in pairs) else False

    # --- clusters and chains ---

    def _clusters(self, proposal: Proposal) -> tuple[tuple[int, ...], frozenset[PartyId]]:
        """Return the sizes of the clusters that become the proposal's, and who is in that."""
        before, after = self.union.clusters_before, self.union.clusters_after
        members = after[int(after.label_of([proposal.guarantors[0]])[0])].members
        if before is None:
            return (), frozenset(members)
        labels = before.label_of(list(members))
        joined = np.unique(labels[labels >= 0])
        sizes = sorted(before.member_counts[joined].tolist(), reverse=True)
        return tuple(sizes), frozenset(members)

    def _chain(self, proposal: Proposal) -> tuple[tuple[PartyId, ...], set[PartyId]]:
        """Return the longest chain through a proposal, and who could lengthen it.

        Whoever stands in for its guarantors, directly or through others, and whoever its
        borrowers stand in for make a book whose longest chain runs through it: a way around
        would be shorter.
        """
        back, forth = self.union.neighbours
        inside = _reached(proposal.guarantors, back) | _reached(proposal.borrowers, forth)
        pairs = [pair for pair in self.union.pairs if inside.issuperset(pair)]
        book = GuaranteeBook.from_columns(
            guarantor=[one for one, _ in pairs], borrower=[other for _, other in pairs]
        )
        chains = find_chains(book, min_parties=2)
        return (chains[0].parties if chains else ()), inside

    @functools.cached_property
    def _cover(self) -> CoverChange | None:
        """Return what the guarantees in reach are worth, before and after all proposals."""
        union = self.union
        if union.after.loans is None:
            return None
        related: dict[str, Any] = {}
        if union.merged is not None:
            related = {"relations": union.merged.relations, "kinds": union.merged.kinds}
        before, after = cover(union.before, **related), cover(union.after, **related)
        return CoverChange(
            joint_before=before.joint_bounds_fen,
            joint_after=after.joint_bounds_fen,
            independent_before=before.independent_bounds_fen,
            independent_after=after.independent_bounds_fen,
        )

    # --- what it means for each party ---

    def _kinds(self, proposal: Proposal) -> dict[PartyId, str | None]:
        return known_kinds(self.union.after.parties, proposal.parties)

    def _guarantor(self, proposal: Proposal, guarantor: PartyId) -> GuarantorEffect:
        """Measure what a proposal means for one who would stand in."""
        others = [one for one in proposal.borrowers if one != guarantor]
        insiders = self.insiders
        return GuarantorEffect(
            guarantor=guarantor,
            kind=self._kinds(proposal)[guarantor],
            borrowers=self._borrowers(guarantor),
            given_fen=self._given(guarantor),
            proposed_fen=_proposed(proposal, len(others)),
            net_assets_fen=self._net_assets(guarantor),
            overdue_days=self._overdue(guarantor),
            shared_region=_farthest(
                _shared(self._region(guarantor), self._region(one)) for one in others
            ),
            is_insider=None if insiders is None else not {guarantor, *others}.isdisjoint(insiders),
            ask=self._ask_of(proposal, guarantor, others),
        )

    def _net_assets(self, party: PartyId) -> int | None:
        parties = self.union.after.parties
        row = rows_of_parties(parties, [party])[party]
        net = None if parties is None else parties.net_assets_fen
        return int(net.values[row]) if net is not None and row >= 0 and net.known[row] else None

    def _rows_given(self, guarantor: PartyId) -> Int64:
        """Return the rows in which a party stands in, counter-guarantees left out."""
        ledger = self.union.after.ledger
        code = int(ledger.index.find([guarantor])[0])
        rows = np.flatnonzero(ledger.guarantor.codes == code)
        return rows if ledger.layer is None else rows[~ledger.layer.are("counter")[rows]]

    def _borrowers(self, guarantor: PartyId) -> Bounds:
        """Count for whom a party stands in: households not, unknown kinds perhaps."""
        kinds = known_kinds(self.union.after.parties, self._others(guarantor)).values()
        low = sum(kind not in {None, "household"} for kind in kinds)
        is_open = guarantor in self.union.opened
        return Bounds(low=low, high=None if is_open else low + sum(kind is None for kind in kinds))

    def _others(self, guarantor: PartyId) -> list[PartyId]:
        """Return for whom a party stands in, itself left out."""
        found = self.union.after.ledger.borrower.distinct(self._rows_given(guarantor))
        return [one for one in found if one != guarantor]

    def _given(self, guarantor: PartyId) -> Bounds:
        """Sum what a party guarantees, each contract once."""
        book = self.union.after
        rows = self._rows_given(guarantor)
        _codes, first = np.unique(book.ledger.contract_codes[0][rows], return_index=True)
        amounts, known = (part[rows[first]] for part in book.contract_amounts)
        low = sum(amounts.tolist())
        is_open = guarantor in self.union.opened or not known.all()
        return Bounds(low=low, high=None if is_open else low)

    def _overdue(self, party: PartyId) -> Bounds:
        """Return by how many days a party's worst loan is overdue."""
        loans = self.union.after.loans
        if loans is None or loans.overdue_days is None:
            return Bounds(low=0, high=None)
        code = int(loans.borrower.index.find([party])[0]) if len(loans) else -1
        days = loans.overdue_days.take(np.flatnonzero(loans.borrower.codes == code)).tolist()
        low = max([0, *(one for one in days if one is not None)])
        return Bounds(low=low, high=None if None in days else low)

    def _region(self, party: PartyId) -> str | None:
        parties = self.union.after.parties
        row = rows_of_parties(parties, [party])[party]
        if parties is None or parties.region is None or row < 0:
            return None
        found = parties.region.take(np.array([row])).tolist()[0]
        return None if found is None else str(found)

    def _security(self, proposal: Proposal) -> tuple[EffectiveSecurity, ...]:
        """Return what would secure the loan of each borrower."""
        if isinstance(proposal, JointProposal):
            return tuple(
                self._secured(None, one, proposal.product, balance_fen=proposal.amount_fen)
                for one in proposal.borrowers
            )
        owed = proposal.amount_fen if proposal.loan_fen is None else proposal.loan_fen
        found = self._secured(
            proposal.loan_id,
            proposal.borrower,
            proposal.product,
            balance_fen=None if self.union.is_listed(proposal.loan_id) else owed,
            collateral_fen=proposal.collateral_fen,
        )
        return (found,)

    def _secured(
        self,
        loan_id: PartyId | None,
        borrower: PartyId,
        product: str | None,
        *,
        balance_fen: int | None,
        collateral_fen: int | None = 0,
    ) -> EffectiveSecurity:
        union = self.union
        return effective_security(
            union.after,
            loan_id,
            relations=None if union.merged is None else union.merged.relations,
            collateral_fen=collateral_fen,
            product=product,
            borrower=borrower,
            balance_fen=balance_fen,
            policy=self.security,
            as_of=self.day,
        )

    # --- what to find out ---

    def _ask(
        self, proposal: Proposal, security: Iterable[EffectiveSecurity]
    ) -> dict[str, tuple[str, ...]]:
        """Return per structural fact what would settle it."""
        elsewhere = tuple(f"guarantees of {one} elsewhere" for one in self.union.opened)
        relations = ("relations",) if self.union.merged is None else ()
        unknown = [one for one, kind in self._kinds(proposal).items() if kind is None]
        return {
            "closes_loop": elsewhere,
            "closes_hidden_loop": relations or elsewhere,
            "is_mutual": elsewhere,
            "chain_contracts": elsewhere,
            "clusters_joined": elsewhere,
            "cluster_parties": elsewhere,
            "is_deemed_unsecured": tuple(
                dict.fromkeys(part for one in security for part in one.ask)
            ),
            "break_rise_fen": ("amounts on its loops", *elsewhere),
            "joint_rise_fen": ("net assets, amounts and balances in reach",),
            "independent_rise_fen": ("net assets, amounts and balances in reach",),
            "group_kind": tuple(f"kind of {one}" for one in unknown),
            "has_kin": ("relations",),
            "agreement_months": ("agreement_months",),
            "loan_months": ("loan_months",),
            "months_beyond_agreement": ("agreement_months", "loan_months"),
            "member_amount_fen": ("amount_fen",),
        }

    def _ask_of(
        self, proposal: Proposal, guarantor: PartyId, others: Sequence[PartyId]
    ) -> dict[str, tuple[str, ...]]:
        """Return per fact of a guarantor what would settle it."""
        book = self.union.after
        rows = self._rows_given(guarantor)
        unknown = rows[~book.contract_amounts[1][rows]]
        contracts = [f"amount of {one}" for one in sorted(set(self._names(unknown)), key=by_id)]
        is_open = guarantor in self.union.opened
        elsewhere = [f"guarantees of {guarantor} elsewhere"] if is_open else []
        borrowers = known_kinds(book.parties, self._others(guarantor))
        net = f"net assets of {guarantor}"
        given = [] if self._net_assets(guarantor) is not None else [net]
        added = [] if proposal.amount_fen is not None else [f"amount of {name_of(proposal)}"]
        regions = [one for one in (guarantor, *others) if self._region(one) is None]
        return {
            "guarantor_kind": (f"kind of {guarantor}",),
            "borrowers": (
                *(f"kind of {one}" for one, kind in borrowers.items() if kind is None),
                *elsewhere,
            ),
            "net_assets_fen": (net,),
            "given_to_net_assets_bp": (*given, *contracts, *elsewhere),
            "amount_to_net_assets_bp": (*given, *added),
            "is_insider": ("insiders",),
            "overdue_days": (f"overdue days of {guarantor}",),
            "shared_region": tuple(f"region of {one}" for one in regions or others),
        }

    # --- joint groups ---

    def _group(self, proposal: JointProposal) -> GroupEffect:
        """Measure a joint group."""
        kinds = set(self._kinds(proposal).values())
        found: GroupKind | None = "mixed"
        if kinds <= {*_FARMERS, None}:
            found = None if None in kinds else "households"
        elif kinds <= {"firm", None}:
            found = None if None in kinds else "firms"
        return GroupEffect(
            kind=found, kin=self._kin(proposal.guarantors), elsewhere=self._elsewhere(proposal)
        )

    def _kin(self, members: Sequence[PartyId]) -> tuple[tuple[PartyId, PartyId], ...] | None:
        """Return the members who are spouses or kin, pair by pair."""
        merged = self.union.merged
        if merged is None or merged.relations is None:
            return None
        table = merged.relations
        rows = table.rows_in_force(("spouse", "kin"), np.datetime64(self.day, "D"))
        ends = zip(table.a.take(rows).tolist(), table.b.take(rows).tolist(), strict=True)
        among = set(members)
        pairs = {
            (one, other)
            for pair in ends
            if among.issuperset(pair)
            for one, other in [sorted((end for end in pair if end is not None), key=by_id)]
        }
        return tuple(sorted(pairs, key=lambda pair: (by_id(pair[0]), by_id(pair[1]))))

    def _elsewhere(self, proposal: JointProposal) -> tuple[PartyId, ...]:
        """Return the members of a group that are in another one too."""
        found = {
            member
            for group in find_joint_groups(self.union.after, self.groups)
            if group.agreement_id != proposal.agreement_id
            for member in group.members
        }
        return tuple(sorted(found.intersection(proposal.members), key=by_id))


def _is_related(way: Sequence[Step]) -> bool:
    return any(step.kind == "relation" for step in way)


def _rows(way: Sequence[Step]) -> list[tuple[int, str]]:
    return [(step.row, step.kind) for step in way]


def _cost(circles: Sequence[Circle], *, budget: int) -> Bounds:
    """Return what breaking some loops costs; with the budget spent, at least and at most."""
    if not circles:
        return Bounds(low=0, high=0)
    plan = plan_break(circles, budget=budget)
    return Bounds(low=plan.lower_bound, high=plan.cost)


def _proposed(proposal: Proposal, others: int) -> int | None:
    """Return what a proposal adds to what a guarantor gives."""
    if proposal.amount_fen is None:
        return None
    is_joint = isinstance(proposal, JointProposal)
    return proposal.amount_fen * others if is_joint else proposal.amount_fen


def _reached(
    starts: Sequence[PartyId], neighbours: Mapping[PartyId, Collection[PartyId]]
) -> set[PartyId]:
    """Return whom some parties reach, themselves included."""
    found = dict.fromkeys(starts)
    waiting = list(found)
    while waiting:
        for there in neighbours.get(waiting.pop(), ()):
            if there not in found:
                found[there] = None
                waiting.append(there)
    return set(found)


def _shared(one: str | None, other: str | None) -> Region | None:
    """Return the region that two parties share, by code or by name; None where unknown."""
    if one is None or other is None:
        return None
    if one == other and not _is_code(one):
        return "county"
    if not (_is_code(one) and _is_code(other)):
        # A name beside another name or a code: nobody can tell how far apart.
        return None
    found: Region = "none"
    for digits, region in _LEVELS:
        if min(len(one), len(other)) < digits:
            return None
        if one[:digits] != other[:digits]:
            break
        found = region
    return found


def _is_code(region: str) -> bool:
    return region.isascii() and region.isdigit()


def _farthest(shared: Iterable[Region | None]) -> Region | None:
    """Return the least of several shared regions; None where one unknown could be less."""
    found = list(shared)
    known = [one for one in found if one is not None]
    least = next((one for one in _REGIONS if one in known), _REGIONS[-1])
    return None if len(known) < len(found) and least != _REGIONS[0] else least
