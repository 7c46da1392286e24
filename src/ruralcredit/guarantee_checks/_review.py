"""A cluster cut into parts that a reviewer can read: around watched and core parties first."""

import functools
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias, get_args

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError
from ruralcredit.guarantee_checks._found import (
    CORE_CRITERIA,
    CORE_GIVEN,
    CORE_GUARANTORS,
    CORE_LOANS,
    CORE_MUTUAL,
    CORE_PART,
    HANDS,
    LOOP_ARCS,
    OVERDUE_DAYS,
    REST_PART,
    REVIEW_PARTIES,
    THIN_PART,
    THIN_SHARE,
    THIN_SIZE,
    WATCHED_PART,
    WHOLE_PART,
    based,
)
from ruralcredit.guarantee_checks._given import PartyId, a_count
from ruralcredit.guarantee_checks._labels import components, groups_of
from ruralcredit.guarantees import Cluster, GuaranteeBook
from ruralcredit.reasons import Figure, Reason
from ruralcredit.values import Fen

__all__ = ["REVIEW", "PartKind", "ReviewPart", "ReviewPolicy", "RiskClass", "split_for_review"]

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

PartKind: TypeAlias = Literal["whole", "watched", "core", "rest", "thin"]
"""Why a part is a part: nothing was cut, a watched or a core party heads it, what is left."""

RiskClass: TypeAlias = Literal["current", "overdue", "long_overdue"]
"""A part's risk class (风险分类): the longest delay among its members' loans."""

Direction: TypeAlias = Literal["all", "incoming"]

_DIRECTIONS: Final = get_args(Direction)


@attrs.frozen(kw_only=True)
class ReviewPolicy:
    """How a cluster is cut for review (担保圈拆分口径).

    Attributes:
        most_parties: A cluster of up to so many parties is one part, and parts grow together
            no further.
        guarantors: A core party has at least so many guarantors, ...
        mutual: ... so many mutual partners (互保), ...
        given: ... guarantees so much for others, in fen, ...
        loans: ... or owes so much, in fen.
        criteria: How many of these four make a party core.
        hands: How many steps around a head belong to its part.
        direction: Whether the steps go both ways or only to those who stand in, where somebody
            does.
        loop_arcs: Closed ways of up to so many contracts through a head belong to its part.
        thin_share: A leftover with at most so many contracts per party, in percent, and ...
        thin_size: ... at most so many parties and contracts together is put with its like.
        overdue_days: Loans overdue for more days are long overdue.

    Raises:
        CreditError: If a figure is no whole number from its least on, or a direction is
            another.

    >>> REVIEW.most_parties.value
    30
    """

    most_parties: Figure = REVIEW_PARTIES
    guarantors: Figure = CORE_GUARANTORS
    mutual: Figure = CORE_MUTUAL
    given: Figure = CORE_GIVEN
    loans: Figure = CORE_LOANS
    criteria: Figure = CORE_CRITERIA
    hands: Figure = HANDS
    direction: Direction = "all"
    loop_arcs: Figure = LOOP_ARCS
    thin_share: Figure = THIN_SHARE
    thin_size: Figure = THIN_SIZE
    overdue_days: Figure = OVERDUE_DAYS

    def __attrs_post_init__(self) -> None:
        """Refuse figures that cut nothing."""
        for field in attrs.fields(type(self)):
            if field.name != "direction":
                least = 1 if field.name in {"most_parties", "hands"} else 0
                figure: Figure = getattr(self, field.name)
                a_count(figure.value, f"ReviewPolicy.{field.name}", least=least)
        if self.direction not in _DIRECTIONS:
            raise CreditError(f"direction must be all or incoming, got {self.direction!r}")


REVIEW: Final = ReviewPolicy()
"""The recipe of a supervisor's own tool; it names the criteria, and few of their numbers."""


@attrs.frozen(kw_only=True)
class ReviewPart:
    """A part of a cluster for one reviewer (担保圈拆分后的子圈).

    Attributes:
        id: The cluster's id and the head's: the same next month while both stay.
        kind: Why it is a part.
        heads: The parties it stands around, the heaviest first; of "rest" and "thin" the
            smallest member.
        members: Its parties, sorted; parts may share parties.
        rows: Rows of the ledger, ascending.
        contracts: Their contracts, each once, sorted; row numbers stand for blanks.
        guaranteed_fen: Sum of the known amounts of the contracts, each once.
        unknown_amounts: How many contracts have no known amount.
        loans_fen: Known balance of the members' loans; None without a loans table.
        risk: The longest delay of the members' loans; None where unknown.
        reasons: Why it is a part.

    >>> from ruralcredit.guarantees import GuaranteeBook, find_clusters
    >>> book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"], amount_fen=[5])
    >>> part = split_for_review(find_clusters(book)[0])[0]
    >>> part.kind, part.members, part.guaranteed_fen
    ('whole', ('a', 'b'), 5)
    """

    id: str
    kind: PartKind
    heads: tuple[PartyId, ...]
    members: tuple[PartyId, ...]
    rows: tuple[int, ...]
    contracts: tuple[PartyId, ...]
    guaranteed_fen: Fen
    unknown_amounts: int
    loans_fen: Fen | None
    risk: RiskClass | None
    reasons: tuple[Reason, ...] = attrs.field(default=(), repr=False)


def split_for_review(
    cluster: Cluster,
    *,
    watch_list: Iterable[PartyId] = (),
    policy: ReviewPolicy = REVIEW,
) -> tuple[ReviewPart, ...]:
    """Cut a cluster (担保圈) into parts for review, every contract in some part.

    A small cluster is one part.  Of a larger one each watched party heads a part, then each
    core party, heaviest first: the parties some steps around it, its mutual partners, and
    closed ways of few contracts through it, with all contracts among them.  A core party next
    to a heavier one joins its part while that stays readable.  What is left is parted by
    connection; a piece too large is cut at the party with most contracts, thin ones are put
    together.

    Args:
        cluster: A cluster of `ruralcredit.guarantees.find_clusters`.
        watch_list: Parties under watch (关注名单), most urgent first; those of other clusters
            are passed over.
        policy: How to cut.

    Returns:
        The parts, watched ones first in the order of the list, then core ones, then the rest
        by money, largest first, thin ones last.  A part is larger than the policy allows only
        where a single head ties so many.

    Raises:
        CreditError: If the watch list is one text.

    Source:
        domain text "guarantee networks", 3.11: the recipe of a supervisor's tool, which drops
        thin pieces; here nothing is dropped.

    >>> from ruralcredit.guarantees import GuaranteeBook, find_clusters
    >>> book = GuaranteeBook.from_columns(guarantor=list("abc"), borrower=list("bcd"))
    >>> three = attrs.evolve(REVIEW, most_parties=attrs.evolve(REVIEW.most_parties, value=3))
    >>> parts = split_for_review(find_clusters(book)[0], watch_list=["b"], policy=three)
    >>> [(part.kind, part.members) for part in parts]
    [('watched', ('a', 'b', 'c')), ('thin', ('c', 'd'))]
    """
    if isinstance(watch_list, str):
        raise CreditError(f"watch_list must be several ids, got the str {watch_list!r}")
    web = _Web(cluster)
    listed = [web.number[party] for party in dict.fromkeys(watch_list) if party in web.number]
    # A party without a row of its own is here by a merger only.
    watched = [party for party in listed if web.touching[party]]
    if len(web.members) <= int(policy.most_parties.value):
        told = based(WHOLE_PART, policy.most_parties, parties=len(web.members))
        heads = watched or [web.heaviest(range(len(web.members)))]
        every = np.arange(len(web.rows))
        return (web.part("whole", heads, every, reason=told, policy=policy),)
    parts = [_watched(web, head, policy) for head in watched]
    parts += _core_parts(web, policy, watched)
    return (*parts, *_rest_parts(web, parts, policy))


class _Web:
    """A cluster's rows as arcs between numbered parties, in the order of their ids."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.book: GuaranteeBook = cluster.book
        self.members = cluster.members
        self.number = {party: n for n, party in enumerate(self.members)}
        self.rows = np.array(cluster.rows, np.int64)
        ledger = self.book.ledger
        place = np.full(len(ledger.index), -1, np.int64)
        place[ledger.index.find(list(self.members))] = np.arange(len(self.members))
        self.source = place[ledger.guarantor.codes[self.rows]]
        self.target = place[ledger.borrower.codes[self.rows]]

    @functools.cached_property
    def gives_to(self) -> list[list[int]]:
        """For each party those it guarantees, itself left out."""
        return self._near(self.source, self.target)

    @functools.cached_property
    def takes_from(self) -> list[list[int]]:
        """For each party those who stand in for it, itself left out."""
        return self._near(self.target, self.source)

    def _near(self, one: Int64, other: Int64) -> list[list[int]]:
        near: list[set[int]] = [set() for _ in self.members]
        for a, b in zip(one.tolist(), other.tolist(), strict=True):
            if a != b:
                near[a].add(b)
        return [sorted(them) for them in near]

    def money(self, places: Int64) -> tuple[int, int]:
        """Return the known fen of some rows' contracts, each once, and how many are unknown."""
        rows = self.rows[places]
        codes = self.book.ledger.contract_codes[0][rows]
        _codes, first = np.unique(codes, return_index=True)
        amounts, known = (column[rows[first]] for column in self.book.contract_amounts)
        return sum(amounts.tolist()), int(np.count_nonzero(~known))

    @functools.cached_property
    def touching(self) -> list[list[int]]:
        """Per party the places of its rows."""
        found: list[list[int]] = [[] for _ in self.members]
        for place, (a, b) in enumerate(
            zip(self.source.tolist(), self.target.tolist(), strict=True)
        ):
            found[a].append(place)
            if a != b:
                found[b].append(place)
        return found

    @functools.cached_property
    def weights(self) -> list[int]:
        """Known fen of the contracts that name each party."""
        return [self.money(np.array(places, np.int64))[0] for places in self.touching]

    def given(self, party: int) -> int:
        """Return the known fen that a party guarantees for others."""
        places = np.array(self.touching[party], np.int64)
        out = (self.source[places] == party) & (self.target[places] != party)
        return self.money(places[out])[0]

    def heaviest(self, parties: Iterable[int]) -> int:
        """Return the party with most money, then most contracts, then the smallest id."""
        return min(parties, key=self.heavier)

    def heavier(self, party: int) -> tuple[int, int, int]:
        """Sort key: the heaviest party first."""
        return -self.weights[party], -len(self.touching[party]), party

    def among(self, parties: Iterable[int]) -> Int64:
        """Return the places of the rows with both ends among some parties."""
        inside = np.zeros(len(self.members), np.bool_)
        inside[list(parties)] = True
        return np.flatnonzero(inside[self.source] & inside[self.target])

    # --- loans ---

    @functools.cached_property
    def _loans(self) -> tuple[Int64, Int64]:
        """The party and the row of each loan of a member."""
        loans = self.book.loans
        if loans is None:  # pragma: no cover  # asked only beside a loans table
            raise AssertionError
        index = loans.borrower.index
        names = index.known_ids(np.arange(len(index)))
        of_code = np.array([*(self.number.get(name, -1) for name in names), -1], np.int64)
        party = of_code[loans.borrower.codes]
        rows = np.flatnonzero(party >= 0)
        return party[rows], rows

    def loans_fen(self, parties: Sequence[int]) -> int | None:
        """Return the known balance of some parties' loans; None without a loans table."""
        loans = self.book.loans
        if loans is None:
            return None
        owner, rows = self._loans
        balances: list[int] = loans.balance_fen.values[rows[np.isin(owner, parties)]].tolist()
        return sum(balances)

    def risk(self, parties: Sequence[int], overdue_days: int) -> RiskClass | None:
        """Return the class of the longest delay among some parties' loans."""
        loans = self.book.loans
        if loans is None or loans.overdue_days is None:
            return None
        owner, rows = self._loans
        mine = rows[np.isin(owner, parties)]
        days, known = loans.overdue_days.values[mine], loans.overdue_days.known[mine]
        if (days > overdue_days).any():
            return "long_overdue"
        if not known.all():
            return None
        return "overdue" if (days > 0).any() else "current"

    # --- parts ---

    def around(self, head: int, policy: ReviewPolicy) -> set[int]:
        """Return a head's parties: its hands, its mutual partners, short closed ways."""
        hands = int(policy.hands.value)
        found = set(self._steps(head, hands, (self.takes_from,)))
        # Where nobody stands in there is nothing to read that way.
        if policy.direction == "all" or not len(self.among(found)):
            found |= set(self._steps(head, hands, (self.takes_from, self.gives_to)))
        found |= self.mutual(head)
        most = int(policy.loop_arcs.value)
        there = self._steps(head, most, (self.gives_to,))
        back = self._steps(head, most, (self.takes_from,))
        return found | {one for one in there if one in back and there[one] + back[one] <= most}

    def mutual(self, party: int) -> set[int]:
        """Return the parties that a party guarantees and that guarantee it."""
        return set(self.gives_to[party]) & set(self.takes_from[party])

    @staticmethod
    def _steps(head: int, most: int, ways: Sequence[list[list[int]]]) -> dict[int, int]:
        """Return the parties up to so many steps away, with their steps."""
        far = {head: 0}
        queue = [head]
        for here in queue:
            if far[here] == most:
                break
            for there in (one for near in ways for one in near[here]):
                if there not in far:
                    far[there] = far[here] + 1
                    queue.append(there)
        return far

    def part(
        self,
        kind: PartKind,
        heads: Sequence[int],
        places: Int64,
        *,
        reason: Reason,
        policy: ReviewPolicy,
    ) -> ReviewPart:
        """Return a part of some rows."""
        parties = np.unique(np.concatenate([self.source[places], self.target[places]])).tolist()
        fen, unknown = self.money(places)
        name = f"/{self.members[heads[0]]}"
        # A leftover may have the head of another part: the sign behind the id keeps them apart.
        names = {"whole": "", "rest": f":rest{name}", "thin": ":thin"}
        return ReviewPart(
            id=f"{self.cluster.id}{names.get(kind, name)}",
            kind=kind,
            heads=tuple(self.members[head] for head in heads),
            members=tuple(self.members[party] for party in parties),
            rows=tuple(self.rows[places].tolist()),
            contracts=self.book.ledger.contract_names(self.rows[places]),
            guaranteed_fen=fen,
            unknown_amounts=unknown,
            loans_fen=self.loans_fen(parties),
            risk=self.risk(parties, int(policy.overdue_days.value)),
            reasons=(reason,),
        )


def _watched(web: _Web, head: int, policy: ReviewPolicy) -> ReviewPart:
    told = WATCHED_PART.given(party=web.members[head])
    places = web.among(web.around(head, policy))
    return web.part("watched", [head], places, reason=told, policy=policy)


def _core_parts(web: _Web, policy: ReviewPolicy, watched: Sequence[int]) -> list[ReviewPart]:
    """Return the parts around core parties; one beside a heavier one joins it where it fits."""
    every = [party for party, places in enumerate(web.touching) if places]
    cores = {party for party in every if _is_core(web, party, policy)}.difference(watched)
    heads_of: dict[int, list[int]] = {}
    parties_of: dict[int, set[int]] = {}
    root_of: dict[int, int] = {}
    for head in sorted(cores, key=web.heavier):
        mine = web.around(head, policy)
        roots = dict.fromkeys(root for one, root in root_of.items() if one in mine)
        fits = [
            root
            for root in roots
            if len(parties_of[root] | mine) <= int(policy.most_parties.value)
            or mine <= parties_of[root]
        ]
        root = fits[0] if fits else head
        root_of[head] = root
        heads_of.setdefault(root, []).append(head)
        parties_of[root] = parties_of.get(root, set()) | mine
    told = {
        head: based(CORE_PART, *_criteria(policy), party=web.members[head]) for head in heads_of
    }
    return [
        web.part("core", heads, web.among(parties_of[head]), reason=told[head], policy=policy)
        for head, heads in heads_of.items()
    ]


def _criteria(policy: ReviewPolicy) -> tuple[Figure, ...]:
    return policy.guarantors, policy.mutual, policy.given, policy.loans, policy.criteria


def _is_core(web: _Web, party: int, policy: ReviewPolicy) -> bool:
    met = (
        len(web.takes_from[party]) >= int(policy.guarantors.value),
        len(web.mutual(party)) >= int(policy.mutual.value),
        web.given(party) >= int(policy.given.value),
        (web.loans_fen([party]) or 0) >= int(policy.loans.value),
    )
    return sum(met) >= int(policy.criteria.value)


def _rest_parts(web: _Web, parts: Sequence[ReviewPart], policy: ReviewPolicy) -> list[ReviewPart]:
    """Return parts of the rows that no part holds yet."""
    covered = {row for part in parts for row in part.rows}
    left = np.flatnonzero([row not in covered for row in web.rows.tolist()])
    whole, thin = [], []
    for head, piece in _pieces(web, left, int(policy.most_parties.value)):
        parties = len(np.unique(np.concatenate([web.source[piece], web.target[piece]])))
        is_thin = 100 * len(piece) <= int(policy.thin_share.value) * parties
        if is_thin and len(piece) + parties <= int(policy.thin_size.value):
            thin.append(piece)
        else:
            whole.append((head, piece))
    whole.sort(key=lambda one: (-web.money(one[1])[0], -len(one[1]), one[0]))
    found = []
    for head, piece in whole:
        told = REST_PART.given(party=web.members[head])
        found.append(web.part("rest", [head], piece, reason=told, policy=policy))
    if thin:
        places = np.sort(np.concatenate(thin))
        head = int(min(web.source[places].min(), web.target[places].min()))
        told = based(THIN_PART, policy.thin_share, policy.thin_size, pieces=len(thin))
        found.append(web.part("thin", [head], places, reason=told, policy=policy))
    return found


def _pieces(web: _Web, left: Int64, most: int) -> list[tuple[int, Int64]]:
    """Part rows by connection, each with its head; too large a piece is cut at its busiest."""
    found = []
    waiting = [left] if len(left) else []
    while waiting:
        for piece in _connected(web, waiting.pop()):
            ends = np.concatenate([web.source[piece], web.target[piece]])
            if len(np.unique(ends)) <= most:
                found.append((web.heaviest(np.unique(ends).tolist()), piece))
                continue
            counts = np.bincount(ends, minlength=len(web.members))
            busy = web.heaviest(np.flatnonzero(counts == counts.max()).tolist())
            star = (web.source[piece] == busy) | (web.target[piece] == busy)
            found.append((busy, piece[star]))
            if not star.all():
                waiting.append(piece[~star])
    return found


def _connected(web: _Web, places: Int64) -> list[Int64]:
    """Return rows grouped by connection, in the order of their smallest party."""
    source = web.source[places]
    label = components(source, web.target[places], len(web.members))
    return [places[group] for group in groups_of(label[source])]
