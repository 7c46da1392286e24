"""From the loops of a book to the solver and back: contracts in, proofs by ledger rows out.

Contracts over the same ways stand and fall together, so they are one item; a contract over
several ways is an item of several arcs.  What shares no loop and no contract is solved apart.
"""

import functools
import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.guarantees._book import GuaranteeBook
from ruralcredit.guarantees._break_contracts import ContractId, LoopContracts
from ruralcredit.guarantees._closing import loop_labels
from ruralcredit.guarantees._feedback import Answer, Case, Work, solve
from ruralcredit.guarantees._feedback_loops import Digraph, Loop
from ruralcredit.guarantees._feedback_lp import Packing
from ruralcredit.guarantees._kernels import parts_by_label, weak_labels
from ruralcredit.guarantees._walks import Arc, Ring

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


@attrs.frozen(kw_only=True)
class PackedLoop:
    """A loop with a weight: whatever plan, at least one of its contracts ends.

    Attributes:
        rows: A closed walk of ledger rows: each row's borrower is the next one's guarantor.
        contracts: Their contracts along the walk, each once.
        weight: What the loop adds to the lower bound, in fen.

    >>> PackedLoop(rows=(0, 1), contracts=("K1", "K2"), weight=Fraction(5)).weight
    Fraction(5, 1)
    """

    rows: tuple[int, ...]
    contracts: tuple[ContractId, ...]
    weight: Fraction


@attrs.frozen(kw_only=True)
class BreakBranch:
    """One case of a proof by cases: what such plans cut and keep, and what they cost at least.

    The cost of a case is at least that of ``cut`` and the weights of its loops.  Per contract the
    weights of the loops through it sum to at most its cost; contracts of ``kept`` may carry any.
    Contracts of ``ruled_out`` would lift that by their cost less their load, to the lower bound of
    the part or beyond, and so count as kept in what follows.  Parallel contracts go together: a
    plan that keeps one of them gains nothing by ending another.

    Attributes:
        cut: Contracts that end in this case.
        kept: Contracts that stay.
        packing: Loops that pass no contract of ``cut``.
        bound: What a plan of this case costs at least, in fen.
        ruled_out: Sets of parallel contracts that need not be cut here.
        split: The contracts that the two cases below cut and keep; empty where it is closed.

    >>> BreakBranch(cut=("K1",), kept=(), packing=(), bound=500).split
    ()
    """

    cut: tuple[ContractId, ...]
    kept: tuple[ContractId, ...]
    packing: tuple[PackedLoop, ...]
    bound: int
    ruled_out: tuple[tuple[ContractId, ...], ...] = ()
    split: tuple[ContractId, ...] = ()


@attrs.frozen(kw_only=True)
class BreakPart:
    """Loops that share no contract with others: planned and proved by themselves.

    Attributes:
        cut: The contracts of the plan here, sorted.
        cost: Their cost, in fen.
        lower_bound: What every plan costs here at least: the weights of its packing rounded up to
            a whole multiple of ``unit_fen``, or the least bound of its branches if that is more.
        unit_fen: A number that divides every cost here.
        packing: Weighted loops.
        branches: The cases of the proof, the first without a condition; empty where not needed.

    >>> BreakPart(cut=("K1",), cost=5, lower_bound=5, unit_fen=5, packing=(), branches=()).cut
    ('K1',)
    """

    cut: tuple[ContractId, ...]
    cost: int
    lower_bound: int
    unit_fen: int
    packing: tuple[PackedLoop, ...]
    branches: tuple[BreakBranch, ...]


@attrs.frozen(eq=False, kw_only=True, slots=False)
class Net:
    """Rows on loops as arcs between parties numbered by id, and what is settled beforehand.

    Attributes:
        contracts: The contracts of the rows.
        nodes: The book's nodes on loops, ascending.
        numbers: The number of each of these nodes here, in the order of the ids.
        source: Where each row starts.
        target: Where each row ends.
        mark: The joint agreement of each row, -1 for none.
        forced: Contracts with a self-guarantee: they end in every plan.
        stays: The locked loop that each node is on, -1 for none.
        locked_walks: A closed walk of locked rows for each of these, as positions of rows.
    """

    contracts: LoopContracts
    nodes: Int64
    numbers: Int64
    source: Int64
    target: Int64
    mark: Int64
    forced: tuple[int, ...]
    stays: Int64
    locked_walks: tuple[tuple[int, ...], ...]

    @property
    def count(self) -> int:
        """How many parties (or merged parties) there are."""
        return len(self.nodes)

    @functools.cached_property
    def merged(self) -> Int64:
        """Each node, or the first one of its locked loop: nothing can be broken inside."""
        node = np.arange(self.count)
        for label in range(int(self.stays.max(initial=-1)) + 1):
            members = np.flatnonzero(self.stays == label)
            node[members] = members[0]
        return node

    @functools.cached_property
    def between(self) -> tuple[Int64, Int64, Int64]:
        """Source, target and agreement of rows between parties here that lie on no loop."""
        labels, _inside, _joint = loop_labels(self.source, self.target, self.count, self.mark)
        if labels.max(initial=0) == 0:
            # One loop holds all rows between its parties, joint ones aside: no book is searched.
            none = self.source[:0]
            return none, none, none
        book = self.contracts.book
        arcs, _left_out = book.loop_arcs(counter_guarantees=False, guarantee_companies=False)
        number = np.full(book.node_count, -1, np.int64)
        number[self.nodes] = self.numbers
        source, target = number[arcs.source], number[arcs.target]
        chosen = (source >= 0) & (target >= 0) & ~np.isin(arcs.rows, self.contracts.rows)
        return source[chosen], target[chosen], _marks(book, arcs.rows[chosen])

    @property
    def locked_rows(self) -> Int64:
        """Positions of the locked rows, self-guarantees aside."""
        locked = self.contracts.locked[self.contracts.number]
        return np.flatnonzero(locked & (self.source != self.target))


def net_of(contracts: LoopContracts) -> Net:
    """Number the parties on loops and settle self-guarantees and locked loops."""
    nodes, numbers = _canonical(contracts)
    arcs = contracts.book.arcs_of(contracts.rows)
    source, target = (numbers[np.searchsorted(nodes, e)] for e in (arcs.source, arcs.target))
    mark = _marks(contracts.book, contracts.rows)
    locked = contracts.locked[contracts.number]
    itself = np.flatnonzero(source == target)
    forced = np.unique(contracts.number[itself[~locked[itself]]])
    walks: list[tuple[int, ...]] = [(place,) for place in itself[locked[itself]].tolist()]
    places = np.flatnonzero(locked & (source != target))
    stays, _inside, _joint = loop_labels(source[places], target[places], len(nodes), mark[places])
    walks.extend(
        _locked_walk(places, source, target, mark, stays == label)
        for label in range(int(stays.max(initial=-1)) + 1)
    )
    return Net(
        contracts=contracts,
        nodes=nodes,
        numbers=numbers,
        source=source,
        target=target,
        mark=mark,
        forced=tuple(forced.tolist()),
        stays=stays.astype(np.int64),
        locked_walks=tuple(walks),
    )


def _marks(book: GuaranteeBook, rows: Int64) -> Int64:
    """Return the joint agreement of rows by the place of its id, -1 for none."""
    column = book.ledger.agreement_id
    if column is None:
        return np.full(len(rows), -1, np.int64)
    # The last place stands for -1.
    found: Int64 = np.append(column.index.ranks(), -1)[column.codes[rows]]
    return found


def _canonical(contracts: LoopContracts) -> tuple[Int64, Int64]:
    """Number nodes by the smallest id among their parties, whatever the order of the rows."""
    book, rows = contracts.book, contracts.rows
    ledger = book.ledger
    givers, takers = ledger.guarantor.codes[rows], ledger.borrower.codes[rows]
    codes = np.unique(np.concatenate([givers, takers]).astype(np.int64))
    in_order = book.node_of[codes[np.argsort(ledger.index.ranks_among(codes))]]
    nodes, first = np.unique(in_order, return_index=True)
    number = np.empty(len(nodes), np.int64)
    number[np.argsort(first)] = np.arange(len(nodes))
    return nodes, number


def _locked_walk(
    places: Int64, source: Int64, target: Int64, mark: Int64, inside: Bool
) -> tuple[int, ...]:
    """Return a shortest closed walk of locked rows among some nodes."""
    mine = places[inside[source[places]] & inside[target[places]]]
    number = np.cumsum(inside) - 1
    leaving: list[list[Arc]] = [[] for _ in range(int(inside.sum()))]
    for place in mine.tolist():
        arc = Arc(int(number[target[place]]), place, int(mark[place]))
        leaving[int(number[source[place]])].append(arc)
    for arcs in leaving:
        arcs.sort(key=lambda arc: (arc.target, arc.row))
    has_joint = bool((mark[mine] >= 0).any())
    return tuple(Ring(leaving, has_joint=has_joint).shortest())


@attrs.frozen(eq=False, kw_only=True)
class Piece:
    """A problem of its own: a digraph whose items are bundles of contracts.

    Attributes:
        graph: Arcs between nodes of this piece.
        bundles: The contracts of each item.
        row_of: A row (as a position) of each contract on each arc of its item.
    """

    graph: Digraph
    bundles: tuple[tuple[int, ...], ...]
    row_of: dict[tuple[int, int], int]


def pieces_of(net: Net) -> list[Piece]:
    """Return what is to be solved apart, the smallest first.

    Parties of a locked loop count as one, for between them nothing can be broken.
    """
    source, target = net.merged[net.source], net.merged[net.target]
    ends = np.zeros(len(net.contracts.names), np.bool_)
    ends[list(net.forced)] = True
    places = np.flatnonzero((source != target) & ~ends[net.contracts.number])
    labels, inside, _joint = loop_labels(
        source[places], target[places], net.count, net.mark[places]
    )
    places = places[inside]
    if not len(places):
        return []
    label = labels[source[places]]
    columns = np.stack([source[places], target[places], net.mark[places]], axis=1)
    ways, way = np.unique(columns, axis=0, return_inverse=True)
    row_of, items = _items(net.contracts.number[places], way.reshape(-1), places)
    of_way = np.empty(len(ways), np.int64)
    of_way[way.reshape(-1)] = label
    pieces = [
        _piece(ways, chosen, row_of) for chosen in _apart(items, of_way, int(label.max()) + 1)
    ]
    return sorted(pieces, key=lambda piece: (len(piece.graph.source), piece.bundles[0]))


Item = tuple[tuple[int, ...], tuple[int, ...]]


def _items(
    number: Int64, way: Int64, places: Int64
) -> tuple[dict[tuple[int, int], int], list[Item]]:
    """Return a row per contract and way, and the items: ways with the contracts over them."""
    row_of: dict[tuple[int, int], int] = {}
    ways_of: dict[int, list[int]] = {}
    for contract, one, place in zip(number.tolist(), way.tolist(), places.tolist(), strict=True):
        if (contract, one) not in row_of:
            row_of[contract, one] = place
            ways_of.setdefault(contract, []).append(one)
    bundles: dict[tuple[int, ...], list[int]] = {}
    for contract in sorted(ways_of):
        bundles.setdefault(tuple(sorted(ways_of[contract])), []).append(contract)
    items = [(ways, tuple(members)) for ways, members in bundles.items()]
    return row_of, sorted(items, key=lambda item: item[1])


def _apart(items: list[Item], label_of_way: Int64, labels: int) -> Iterator[list[Item]]:
    """Split items into those of loops that share no item."""
    first = np.array([label_of_way[ways[0]] for ways, _bundle in items])
    pairs = [
        (label_of_way[ways[0]], label_of_way[way]) for ways, _bundle in items for way in ways[1:]
    ]
    joined = np.array(pairs, np.int64).reshape(-1, 2)
    _count, group = weak_labels(joined[:, 0], joined[:, 1], labels)
    for part in parts_by_label(np.arange(len(items)), group[first]):
        yield [items[place] for place in part.tolist()]


def _piece(ways: Int64, items: list[Item], row_of: dict[tuple[int, int], int]) -> Piece:
    arcs = [(item, way) for item, (mine, _bundle) in enumerate(items) for way in mine]
    item = np.array([one for one, _way in arcs], np.int64)
    table = ways[[way for _item, way in arcs]]
    nodes, ends = np.unique(table[:, :2], return_inverse=True)
    ends = ends.reshape(-1, 2)
    graph = Digraph(
        count=len(nodes),
        source=np.ascontiguousarray(ends[:, 0]),
        target=np.ascontiguousarray(ends[:, 1]),
        item=item,
        mark=np.ascontiguousarray(table[:, 2]),
    )
    rows = {
        (contract, arc): row_of[contract, way]
        for arc, (one, way) in enumerate(arcs)
        for contract in items[one][1]
    }
    return Piece(graph=graph, bundles=tuple(bundle for _ways, bundle in items), row_of=rows)


def solved_part(net: Net, piece: Piece, work: Work) -> BreakPart:
    """Solve one piece and spell its proof out in contracts, rows and fen."""
    contracts = net.contracts
    locked = [
        item for item, bundle in enumerate(piece.bundles) if contracts.locked[list(bundle)].any()
    ]
    barred = frozenset(locked)
    fen = [
        0 if item in barred else sum(contracts.costs[one] for one in bundle)
        for item, bundle in enumerate(piece.bundles)
    ]
    open_bundles = [piece.bundles[item] for item in range(len(fen)) if item not in barred]
    unit = math.gcd(*(contracts.costs[one] for bundle in open_bundles for one in bundle)) or 1
    answer = solve(
        piece.graph,
        [cost // unit for cost in fen],
        bundles=piece.bundles,
        locked=locked,
        work=work,
    )
    spelled = _Spelled(net, piece, answer, unit, barred)
    return BreakPart(
        cut=spelled.names(answer.cut),
        cost=answer.cost * unit,
        lower_bound=answer.bound * unit,
        unit_fen=unit,
        packing=spelled.packing(answer.packing, free=locked),
        branches=tuple(spelled.branch(case) for case in answer.cases),
    )


def forced_part(net: Net, contract: int) -> BreakPart:
    """Return the part of a self-guarantee: it ends in every plan."""
    contracts = net.contracts
    mine = np.flatnonzero((contracts.number == contract) & (net.source == net.target))
    cost, name = contracts.costs[contract], contracts.names[contract]
    loop = PackedLoop(
        rows=(int(contracts.rows[mine[0]]),), contracts=(name,), weight=Fraction(cost)
    )
    return BreakPart(
        cut=(name,),
        cost=cost,
        lower_bound=cost,
        unit_fen=max(1, cost),
        packing=(loop,) if cost else (),
        branches=(),
    )


@attrs.frozen(eq=False)
class _Spelled:
    """What the solver says of items, in contracts and rows."""

    net: Net
    piece: Piece
    answer: Answer
    unit: int
    locked: frozenset[int]

    def names(self, items: Iterable[int]) -> tuple[ContractId, ...]:
        """Return the contracts of some items, sorted."""
        numbers = sorted(one for item in items for one in self.piece.bundles[item])
        return tuple(self.net.contracts.names[one] for one in numbers)

    def branch(self, case: Case) -> BreakBranch:
        rows = self.answer.loops
        cut = set(case.cut)
        item = self.piece.graph.item
        packing = tuple(
            (loop, weight)
            for loop, weight in case.packing
            if cut.isdisjoint(item[list(rows[loop])].tolist())
        )
        return BreakBranch(
            cut=self.names(case.cut),
            kept=self.names(item for item in case.kept if item not in self.locked),
            packing=self.packing(packing, free=case.kept),
            bound=case.bound * self.unit,
            ruled_out=tuple(self.names((item,)) for item in case.ruled_out),
            split=() if case.split is None else self.names((case.split,)),
        )

    def packing(self, packing: Packing, *, free: Sequence[int]) -> tuple[PackedLoop, ...]:
        """Share weights out among the contracts of the bundles that loops pass."""
        stores = {item: _Store([(self._one_that_stays(item), None)]) for item in free}
        costs = self.net.contracts.costs
        out = []
        for number, weight in packing:
            loop = self.answer.loops[number]
            items = self.piece.graph.item[list(loop)].tolist()
            for item in items:
                if item not in stores:
                    shares = [(one, costs[one]) for one in self.piece.bundles[item] if costs[one]]
                    stores[item] = _Store(shares)
            left = weight * self.unit
            while left:
                step = min(stores[item].room_for(left) for item in items)
                chosen = [stores[item].contract for item in items]
                out.append(self._packed(loop, chosen, step))
                for item in set(items):
                    stores[item].take(step)
                left -= step
        return tuple(out)

    def _one_that_stays(self, item: int) -> int:
        """Return a contract of a bundle that stays, a locked one where there is one."""
        bundle = self.piece.bundles[item]
        return next((one for one in bundle if self.net.contracts.locked[one]), bundle[0])

    def _packed(self, loop: Loop, chosen: Sequence[int], weight: Fraction) -> PackedLoop:
        contracts, net = self.net.contracts, self.net
        places = [self.piece.row_of[one, arc] for one, arc in zip(chosen, loop, strict=True)]
        walk = []
        for place, following in zip(places, [*places[1:], places[0]], strict=True):
            walk.append(place)
            walk.extend(_locked_way(net, int(net.target[place]), int(net.source[following])))
        names = [contracts.names[int(contracts.number[place])] for place in walk]
        rows = tuple(contracts.rows[walk].tolist())
        return PackedLoop(rows=rows, contracts=tuple(dict.fromkeys(names)), weight=weight)


class _Store:
    """The contracts of a bundle, each with the weight it may still carry (None: any)."""

    def __init__(self, shares: Sequence[tuple[int, int | None]]) -> None:
        self._shares = shares
        self._at = 0
        self._used = Fraction(0)

    @property
    def contract(self) -> int:
        return self._shares[self._at][0]

    def room_for(self, weight: Fraction) -> Fraction:
        """Return how much of a weight the contract at hand still carries."""
        most = self._shares[self._at][1]
        return weight if most is None else min(weight, most - self._used)

    def take(self, weight: Fraction) -> None:
        self._used += weight
        if self._shares[self._at][1] == self._used and self._at + 1 < len(self._shares):
            self._at, self._used = self._at + 1, Fraction(0)


def _locked_way(net: Net, start: int, goal: int) -> list[int]:
    """Return positions of locked rows from one party of a locked loop to another."""
    if start == goal:
        return []
    rows = net.locked_rows
    leaving: dict[int, list[int]] = {}
    for place in rows[net.stays[net.source[rows]] == net.stays[start]].tolist():
        leaving.setdefault(int(net.source[place]), []).append(place)
    came: dict[int, int] = {start: -1}
    queue = deque([start])
    while goal not in came:
        for place in leaving.get(queue[0], ()):
            there = int(net.target[place])
            if there not in came:
                came[there] = place
                queue.append(there)
        queue.popleft()
    way = []
    while goal != start:
        way.append(came[goal])
        goal = int(net.source[came[goal]])
    return way[::-1]
