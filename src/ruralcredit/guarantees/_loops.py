"""Closed loops (循环担保): parties that stand in for each other along a closed way."""

import datetime
import functools
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError
from ruralcredit.guarantees._book import Arcs, Exclusion, GuaranteeBook
from ruralcredit.guarantees._closing import loop_labels
from ruralcredit.guarantees._groups import GroupsView, GroupView, stable_id, summary_fields
from ruralcredit.guarantees._kernels import sorted_pairs
from ruralcredit.guarantees._partition import make_partition
from ruralcredit.guarantees._reasons import JOINT_ONLY
from ruralcredit.guarantees._tables import RELATION_KINDS, RelationKind, Relations
from ruralcredit.guarantees._walks import Arc, Ring

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]
PartyId = str | int
CircleKind = Literal["self", "mutual", "ring", "compound"]

_MUTUAL = 2


@attrs.frozen(kw_only=True)
class Step:
    """One step of an evidence path: a guarantee's row, or a relation's row.

    A guarantee leads from guarantor to borrower, a relation from a party to one related.

    >>> Step(kind="guarantee", row=0, source="a", target="b")
    Step(kind='guarantee', row=0, source='a', target='b')
    """

    kind: Literal["guarantee", "relation"]
    row: int
    source: PartyId
    target: PartyId


@attrs.frozen(eq=False, repr=False, slots=False)
class Circle(GroupView):
    """A closed loop (循环担保): a circle is always a closed loop here, never a mere cluster.

    Its members stand in for each other along closed ways, so that what one of them owes comes
    back to itself.  A loop is a structure, not misconduct.  A circle is a view of its book;
    nothing is spelled out before it is asked for.

    An auditor reads the evidence of a loop:

    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b"], borrower=["b", "a"], contract_id=["K1", "K2"]
    ... )
    >>> circle = find_circles(book)[0]
    >>> circle.kind, circle.members, circle.contracts, circle.witness()
    ('mutual', ('a', 'b'), ('K1', 'K2'), (0, 1))
    """

    _raw_labels: Int32 | None = attrs.field(default=None, kw_only=True)
    _groups_of: Int64 | None = attrs.field(default=None, kw_only=True)

    _prefix: ClassVar[str] = "L"

    @functools.cached_property
    def id(self) -> str:
        """A name that stays the same from month to month while the smallest member stays."""
        prefix = "L" if self._raw_labels is None else "H"
        return stable_id(prefix, self.members[0])

    @functools.cached_property
    def groups(self) -> tuple[tuple[PartyId, ...], ...]:
        """The merged parties, each as its ids; one id each in a book that merges nobody."""
        book = self._part.book
        codes = self._part.member_codes(self._at)
        of_node: dict[int, list[PartyId]] = {}
        for node, party in zip(book.node_of[codes].tolist(), self.members, strict=True):
            of_node.setdefault(node, []).append(party)
        return tuple(tuple(group) for group in of_node.values())

    @functools.cached_property
    def _arcs(self) -> Arcs:
        return self._part.book.arcs_of(self._part.rows_of(self._at))

    @functools.cached_property
    def _pairs(self) -> int:
        """Count the distinct ordered pairs of different (merged) parties."""
        arcs = self._arcs
        differ = arcs.source != arcs.target
        return len(sorted_pairs(arcs.source[differ], arcs.target[differ])[0])

    @functools.cached_property
    def kind(self) -> CircleKind:
        """Self (自保), mutual (互保), ring (each stands in for the next) or compound."""
        size = len(self.groups)
        if size == 1:
            return "self"
        if size == _MUTUAL:
            return "mutual"
        # Strongly connected with as many pairs as parties: one plain ring.
        return "ring" if self._pairs == size else "compound"

    @property
    def density(self) -> float | None:
        """Distinct ordered pairs over all possible ones, m(m-1); None for one party."""
        size = len(self.groups)
        return None if size == 1 else self._pairs / (size * (size - 1))

    @functools.cached_property
    def is_intra_group(self) -> bool:
        """Whether relations make all members one group, and the loop intra-group support.

        Known only to circles of `find_circles` asked with relations; else False.
        """
        if self._groups_of is None:
            return False
        groups = self._groups_of[self._part.member_codes(self._at)]
        return len(groups) > 1 and bool((groups == groups[0]).all())

    # --- evidence ---

    @property
    def ring(self) -> Ring:
        """The loop as lists of arcs, parties numbered in the order of their ids."""
        return self._ring[0]

    @functools.cached_property
    def _ring(self) -> tuple[Ring, dict[int, tuple[int, Arc]]]:
        """The loop as lists of arcs by node rank, and each row's source and arc."""
        book, arcs = self._part.book, self._arcs
        codes = self._part.member_codes(self._at)
        nodes = book.node_of[codes]
        rank: dict[int, int] = {}
        for node in nodes.tolist():
            rank.setdefault(node, len(rank))
        agreements = _agreements(book, arcs.rows)
        marks = [-1] * len(arcs.rows) if agreements is None else agreements.tolist()
        leaving: list[list[Arc]] = [[] for _ in rank]
        of_row = {}
        ends = zip(
            arcs.source.tolist(), arcs.target.tolist(), arcs.rows.tolist(), marks, strict=True
        )
        for source, target, row, mark in ends:
            arc = Arc(rank[target], row, mark)
            leaving[rank[source]].append(arc)
            of_row[row] = (rank[source], arc)
        for out in leaving:
            out.sort(key=lambda arc: (arc.target, arc.row))
        return Ring(leaving, has_joint=agreements is not None), of_row

    def witness(self, row: int | None = None) -> tuple[int, ...]:
        """Return the rows of a shortest closed walk: the evidence that the loop exists.

        Args:
            row: The row the walk must start with; None for a shortest loop of the circle.
                Where it belongs to a joint agreement, the walk also uses a row outside it.

        Returns:
            Row numbers along the walk, the asked one first.  Equal walks are told apart by the
            smallest party ids, parallel contracts by the earlier row.

        Raises:
            CreditError: If the row is not inside this circle.
        """
        ring, of_row = self._ring
        if row is None:
            if self._raw_labels is not None:
                return self._hidden_walk(self._raw_labels)
            return tuple(ring.shortest())
        if row not in of_row:
            message = f"row {row} is not inside this circle: its rows are in .rows"
            raise CreditError(message)
        source, arc = of_row[row]
        walk = ring.closed_walk(source, arc)
        if walk is None:  # pragma: no cover  # a strong component closes every arc
            raise AssertionError(row)
        return tuple(walk)

    def _hidden_walk(self, raw: Int32) -> tuple[int, ...]:
        """Return a shortest walk that no raw loop holds, so that it needs a relation."""
        ring, of_row = self._ring
        ledger = self._part.book.ledger
        best: tuple[int, ...] = ()
        for row, (source, arc) in of_row.items():
            ends = raw[ledger.guarantor.codes[row]], raw[ledger.borrower.codes[row]]
            if ends[0] >= 0 and ends[0] == ends[1]:
                continue
            walk = ring.closed_walk(source, arc, most=len(best) - 1 if best else None)
            if walk is not None and (not best or len(walk) < len(best)):
                best = tuple(walk)
        return best or self._joined_loops(raw)

    def _joined_loops(self, raw: Int32) -> tuple[int, ...]:
        """Walk through two raw loops that only a relation joins, where no other row does."""
        guarantor = self._part.book.ledger.guarantor.codes
        rows_at: dict[int, list[int]] = {}
        for row, (source, _arc) in self._ring[1].items():
            rows_at.setdefault(source, []).append(row)
        one, other = next(
            (rows[0], row)
            for rows in rows_at.values()
            for row in rows
            if raw[guarantor[row]] != raw[guarantor[rows[0]]]
        )
        return (*self.witness(one), *self.witness(other))

    def evidence(self, row: int | None = None) -> tuple[Step, ...]:
        """Return the closed walk in steps: guarantees, and the relations that join them.

        Where one guarantee's borrower is not the next one's guarantor, both are related: the
        relations between them, fewest first, stand in between.

        Args:
            row: As in `witness`.

        Raises:
            CreditError: If the row is not inside this circle.
        """
        book = self._part.book
        rows = np.array(self.witness(row), np.int64)
        giving = book.ledger.guarantor.codes[rows].tolist()
        taking = book.ledger.borrower.codes[rows].tolist()
        links = _Links(book)
        steps: list[Step] = []
        for place, number in enumerate(rows.tolist()):
            ends = book.ledger.index.known_ids(np.array([giving[place], taking[place]]))
            steps.append(Step(kind="guarantee", row=number, source=ends[0], target=ends[1]))
            following = giving[(place + 1) % len(rows)]
            if taking[place] != following:
                steps.extend(links.path(taking[place], following))
        return tuple(steps)

    # --- time ---

    def _closes(self, among: Bool) -> Bool:
        """Return which of some rows lie on a loop that these rows close by themselves."""
        arcs = self._arcs
        kept = np.flatnonzero(among)
        agreements = _agreements(self._part.book, arcs.rows)
        _labels, inside, _only_joint = loop_labels(
            *_compact(arcs.source[kept], arcs.target[kept]),
            None if agreements is None else agreements[kept],
        )
        out = np.zeros(len(among), np.bool_)
        out[kept[inside]] = True
        return out

    @functools.cached_property
    def _starts(self) -> npt.NDArray[np.datetime64]:
        starts = self._part.book.ledger.starts_on
        if starts is None:
            return np.full(len(self._arcs.rows), np.datetime64("NaT", "D"))
        return starts[self._arcs.rows]

    @functools.cached_property
    def closed_on(self) -> datetime.date | None:
        """First day on which the present rows hold a loop; None where it is unknown.

        Rows with an unknown start count as begun; None when those alone close a loop.
        """
        starts = self._starts
        unknown = np.isnat(starts)
        if self._closes(unknown).any():
            return None
        days = np.unique(starts[~unknown])
        day = _first_true(days, lambda d: bool(self._closes(unknown | (starts <= d)).any()))
        return None if day is None else day.astype(object)

    @functools.cached_property
    def closed_by(self) -> tuple[PartyId, ...]:
        """All contracts that start on `closed_on` and lie on a loop then; empty if unknown."""
        if self.closed_on is None:
            return ()
        day = np.datetime64(self.closed_on, "D")
        starts = self._starts
        closing = self._closes(np.isnat(starts) | (starts <= day)) & (starts == day)
        return self._part.book.ledger.contract_names(self._arcs.rows[closing])

    @functools.cached_property
    def ends_on(self) -> datetime.date | None:
        """First day without a loop if nothing is renewed; None while an open-ended one stays."""
        ends = self._part.book.ledger.ended_on[self._arcs.rows]
        open_ended = np.isnat(ends)
        if self._closes(open_ended).any():
            return None
        day = _first_true(
            np.unique(ends[~open_ended]),
            lambda d: not self._closes(open_ended | (ends > d)).any(),
        )
        asked = self._part.book.day
        found: datetime.date | None = None if day is None else day.astype(object)
        return found if found is None or asked is None else max(found, asked)

    def summary(self) -> "CircleSummary":
        """Return all of it as plain values, without the book."""
        own = ("kind", "groups", "density", "closed_on", "closed_by", "ends_on", "is_intra_group")
        return CircleSummary(
            **summary_fields(self),
            **{name: getattr(self, name) for name in own},
            witness=self.witness(),
        )

    def __eq__(self, other: object) -> bool:
        """Equal by content: the same members and rows."""
        return super().__eq__(other)

    def __hash__(self) -> int:
        """Hash by content."""
        return super().__hash__()


@attrs.frozen(kw_only=True)
class CircleSummary:
    """One closed loop (循环担保) as plain values, without its book: to keep, send, compare.

    An auditor keeps this month's loops for next month's audit:

    >>> from ruralcredit.values import from_dict, to_dict
    >>> book = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "a"])
    >>> summary = find_circles(book)[0].summary()
    >>> from_dict(CircleSummary, to_dict(summary)) == summary, summary.witness
    (True, (0, 1))
    """

    id: str
    kind: CircleKind
    members: tuple[PartyId, ...]
    groups: tuple[tuple[PartyId, ...], ...]
    contracts: tuple[PartyId, ...]
    rows: tuple[int, ...]
    witness: tuple[int, ...]
    guaranteed_fen: int
    unknown_amounts: int
    loans_fen: int | None
    covered_fen: int | None
    overdue_fen: int | None
    density: float | None
    closed_on: datetime.date | None
    closed_by: tuple[PartyId, ...]
    ends_on: datetime.date | None
    is_intra_group: bool


def _compact(source: Integers, target: Integers) -> tuple[Int64, Int64, int]:
    nodes, numbers = np.unique(np.concatenate([source, target]), return_inverse=True)
    return numbers[: len(source)], numbers[len(source) :], len(nodes)


def _first_true(
    days: npt.NDArray[np.datetime64], holds: Callable[[np.datetime64], bool]
) -> np.datetime64 | None:
    """Return the first of sorted days from which on something holds, by halving."""
    low, high = 0, len(days)
    while low < high:
        middle = (low + high) // 2
        if holds(days[middle]):
            high = middle
        else:
            low = middle + 1
    return days[low] if low < len(days) else None


def _agreements(book: GuaranteeBook, rows: Int64) -> npt.NDArray[np.int32] | None:
    column = book.ledger.agreement_id
    return None if column is None else column.codes[rows]


class _Links:
    """Relations of a merged book as a graph of party codes, for paths of fewest relations."""

    def __init__(self, book: GuaranteeBook) -> None:
        self._book = book
        self._near: dict[int, list[tuple[int, int]]] = {}
        a, b = book.relation_codes
        ends = zip(a.tolist(), b.tolist(), book.relation_rows.tolist(), strict=True)
        for one, other, row in ends:
            self._near.setdefault(one, []).append((other, row))
            self._near.setdefault(other, []).append((one, row))

    def path(self, start: int, goal: int) -> list[Step]:
        """Return the fewest relations from one party to another of its group."""
        came: dict[int, tuple[int, int]] = {start: (start, -1)}
        queue = [start]
        for here in queue:
            if here == goal:
                break
            for there, row in sorted(self._near.get(here, ())):
                if there not in came:
                    came[there] = (here, row)
                    queue.append(there)
        steps = []
        while goal != start:
            before, row = came[goal]
            steps.append(self._step(before, row))
            goal = before
        return steps[::-1]

    def _step(self, before: int, row: int) -> Step:
        relations = self._book.relations
        if relations is None:  # pragma: no cover  # asked only in a merged book
            raise AssertionError
        ends = relations.index.known_ids(
            np.array([relations.a.codes[row], relations.b.codes[row]])
        )
        codes = self._book.relation_codes
        place = int(np.searchsorted(self._book.relation_rows, row))
        source, target = ends if int(codes[0][place]) == before else ends[::-1]
        return Step(kind="relation", row=row, source=source, target=target)


@attrs.frozen(eq=False, repr=False)
class Circles(GroupsView[Circle]):
    """Closed loops (循环担保) of a book as columns; one becomes an object when looked at.

    >>> book = GuaranteeBook.from_columns(guarantor=[1, 2], borrower=[2, 1], amount_fen=[3, 4])
    >>> circles = find_circles(book)
    >>> circles, circles.guaranteed_fen.tolist(), circles.label_of([1, 9]).tolist()
    (Circles(1), [7], [0, -1])
    """

    _raw_labels: Int32 | None = attrs.field(default=None, kw_only=True)
    _groups_of: Int64 | None = attrs.field(default=None, kw_only=True)
    _left_out: tuple[Exclusion, ...] = attrs.field(default=(), kw_only=True)

    def _view(self, at: int) -> Circle:
        return Circle(self._part, at, raw_labels=self._raw_labels, groups_of=self._groups_of)

    def labels_of_codes(self, codes: Int64) -> Integers:
        """Return the position of each party code's circle here, -1 for none."""
        return self._part.labels[codes]

    def arcs_inside(self) -> tuple[Integers, Integers, Integers]:
        """Return the rows on circles as nodes there and back, and their agreements (-1: none)."""
        book = self._part.book
        arcs = book.arcs_of(np.sort(self._part.rows))
        marks = _agreements(book, arcs.rows)
        if marks is None:
            return arcs.source, arcs.target, np.full(len(arcs.rows), -1, np.int64)
        return arcs.source, arcs.target, marks

    def names_of_nodes(self, nodes: Int64) -> list[list[PartyId]]:
        """Return the smallest party id of each node of a table of nodes."""
        book = self._part.book
        ranks = book.ledger.index.ranks()
        first = np.full(book.node_count, -1, np.int64)
        by_rank = np.argsort(ranks)[::-1]
        first[book.node_of[by_rank]] = by_rank
        names = book.ledger.index.known_ids(first[nodes.reshape(-1)])
        width = nodes.shape[1]
        return [names[i : i + width] for i in range(0, len(names), width)]

    @property
    def left_out(self) -> tuple[Exclusion, ...]:
        """Rows that count but could close no loop here, with the reason."""
        return self._left_out


def find_circles(
    book: GuaranteeBook,
    *,
    relations: Relations | None = None,
    kinds: Sequence[RelationKind] = RELATION_KINDS,
    counter_guarantees: bool = False,
    guarantee_companies: bool = False,
) -> Circles:
    """Find the closed loops (循环担保) of a book: its strongly connected parties.

    Rows of one joint agreement alone close no loop; together with a contract outside it they
    can.  In a merged book, intra-group support closes none.  Order: known guaranteed_fen,
    members, contracts, largest first, then smallest id.

    Args:
        book: The book, asked for its own day.
        relations: Mark loops whose members these relations make one group; the loops stay.
        kinds: The kinds of relation that count for the mark.
        counter_guarantees: Whether counter-guarantees (反担保) may close loops.
        guarantee_companies: Whether licensed guarantee companies may close loops.

    Returns:
        A lazy sequence; no party is on two circles.

    Source:
        domain text "guarantee networks", 1.1 and 3.1; loops are never enumerated, see `cycles`.

    >>> book = GuaranteeBook.from_columns(guarantor=["a", "b", "c"], borrower=["b", "a", "a"])
    >>> [circle.members for circle in find_circles(book)]
    [('a', 'b')]
    """
    arcs, left_out = book.loop_arcs(
        counter_guarantees=counter_guarantees, guarantee_companies=guarantee_companies
    )
    labels, inside, only_joint = loop_labels(
        arcs.source, arcs.target, book.node_count, _agreements(book, arcs.rows)
    )
    if len(only_joint):
        left_out = (*left_out, Exclusion(JOINT_ONLY, arcs.rows[only_joint]))
    arcs = arcs.take(inside)
    groups = None if relations is None else book.merge(relations, kinds=kinds).node_of
    part = make_partition(book, labels, arcs)
    return Circles(part, groups_of=groups, left_out=left_out)


def find_hidden_circles(
    book: GuaranteeBook,
    relations: Relations,
    *,
    kinds: Sequence[RelationKind] = RELATION_KINDS,
    counter_guarantees: bool = False,
    guarantee_companies: bool = False,
) -> Circles:
    """Find closed loops that exist only because parties are related (隐性循环担保).

    Related parties are merged; a hidden loop passes through at least two merged parties (one
    without relations counts as one) and is not the image of one loop that the ledger shows by
    itself.  `Circle.evidence` gives the alternating path of guarantees and relations.

    Args:
        book: The book, asked for its own day; relations are taken as of that day.
        relations: Who is related to whom.
        kinds: The kinds of relation that merge.
        counter_guarantees: Whether counter-guarantees (反担保) may close loops.
        guarantee_companies: Whether licensed guarantee companies may close loops.

    Returns:
        A lazy sequence in the order of `find_circles`.

    Raises:
        CreditError: If a kind is not one of control, controller, spouse, kin, group.

    >>> book = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "c"])
    >>> owner = Relations.from_columns(a=["p", "p"], b=["a", "c"], kind=["controller"] * 2)
    >>> circle = find_hidden_circles(book, owner)[0]
    >>> [(step.kind, step.source, step.target) for step in circle.evidence()]
    [('guarantee', 'a', 'b'), ('guarantee', 'b', 'c'), ('relation', 'c', 'p'), \
('relation', 'p', 'a')]
    """
    bare = attrs.evolve(book, relations=None, kinds=())
    raw = find_circles(
        bare, counter_guarantees=counter_guarantees, guarantee_companies=guarantee_companies
    )
    merged = book.merge(relations, kinds=kinds)
    arcs, left_out = merged.loop_arcs(
        counter_guarantees=counter_guarantees, guarantee_companies=guarantee_companies
    )
    labels, inside, _only_joint = loop_labels(
        arcs.source, arcs.target, merged.node_count, _agreements(merged, arcs.rows)
    )
    raw_labels = raw._part.labels  # noqa: SLF001  # one room
    labels = _without_images(labels, merged, raw_labels)
    arcs = arcs.take(inside[labels[arcs.source[inside]] >= 0])
    part = make_partition(merged, labels, arcs)
    return Circles(part, raw_labels=raw_labels, left_out=left_out)


def _without_images(labels: Int32, merged: GuaranteeBook, raw_labels: Int32) -> Int32:
    """Drop merged loops of one party, and those that one raw loop already is."""
    count = int(labels.max(initial=-1)) + 1
    nodes = np.flatnonzero(labels >= 0)
    sizes = np.bincount(labels[nodes], minlength=count)
    drop = sizes < 2
    # Distinct (merged loop, raw loop, node): a raw loop that reaches every node is the loop.
    on_raw = np.flatnonzero((raw_labels >= 0) & (labels[merged.node_of] >= 0))
    loop = labels[merged.node_of[on_raw]]
    triples = np.unique(
        np.stack([loop, raw_labels[on_raw], merged.node_of[on_raw]], axis=1), axis=0
    )
    if len(triples):
        pairs, reached = np.unique(triples[:, :2], axis=0, return_counts=True)
        drop[pairs[reached == sizes[pairs[:, 0]], 0]] = True
    number = np.cumsum(~drop) - 1
    number[drop] = -1
    out = np.full(len(labels), -1, np.int32)
    out[nodes] = number[labels[nodes]]
    return out
