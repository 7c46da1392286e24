"""The cheapest items whose end leaves no loop, with a proof: exact, by branching on loops.

Minimum-weight feedback arc set, where an item may hold several arcs.  A linear program over
loops met so far gives a lower bound and a point that is rounded to a plan; loops that the point
does not cut are added until there is none.  Where bound and plan differ, an item is either cut
or kept, and each case is asked alone, the one of the smallest bound first.
"""

import heapq
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.guarantees._feedback_loops import Digraph, Loop, grown
from ruralcredit.guarantees._feedback_lp import Covering, Packing, Relaxed
from ruralcredit.guarantees._feedback_ties import smallest_equal

Float = npt.NDArray[np.float64]

# Nearer to 0 or 1 than this, a float share is whole.
_WHOLE = 1e-6
# How many items are tried before one is branched on.
_TRIED = 6
_SEEN_PER_UNIT = 5_000


@attrs.define
class Work:
    """What may still be done: a pivot over a thousand loops, or five thousand arcs seen."""

    left: int

    def spend(self, units: int) -> None:
        """Count work done."""
        self.left -= units


@attrs.frozen(kw_only=True)
class Case:
    """One case of a proof: some items cut, some kept, and loops that bound its cost.

    Attributes:
        cut: Items cut in this case.
        kept: Items kept; they may carry any weight.
        packing: Loops, as numbers, with weights; those through an item cut do not count.
        bound: No plan of this case costs less.
        ruled_out: Items that a plan of this case would pay too much for; kept from here on.
        split: The item that the two next cases cut and keep; None where the case is closed.
    """

    cut: tuple[int, ...]
    kept: tuple[int, ...]
    packing: Packing
    bound: int
    ruled_out: tuple[int, ...]
    split: int | None


@attrs.frozen(kw_only=True)
class Answer:
    """The best items found, what they cost, and the proof that nothing costs less than bound."""

    cut: tuple[int, ...]
    cost: int
    bound: int
    loops: tuple[Loop, ...]
    packing: Packing
    cases: tuple[Case, ...]


def solve(
    graph: Digraph,
    costs: Sequence[int],
    *,
    bundles: Sequence[tuple[int, ...]],
    locked: Sequence[int],
    work: Work,
) -> Answer:
    """Find the cheapest items whose end leaves no loop.

    Args:
        graph: The arcs; every one lies on a loop.
        costs: Cost of each item, 0 or more.
        bundles: The contracts that each item stands for: of equally cheap items those of fewest
            and of smallest contracts are sought, and found in small graphs.
        locked: Items that stay; they hold no loop.
        work: How much may be done; it is spent.
    """
    if len(graph.source) == graph.count == graph.items and not locked:
        return _plain_ring(graph, costs, bundles)
    return _Branching(graph, costs, bundles, locked, work).answer()


def _plain_ring(
    graph: Digraph, costs: Sequence[int], bundles: Sequence[tuple[int, ...]]
) -> Answer:
    """Cut a loop without a chord where it is cheapest."""
    following = dict(graph.ends)
    arc_of = {source: arc for arc, (source, _target) in enumerate(graph.ends)}
    walk: list[int] = []
    node = graph.ends[0][0]
    while len(walk) < graph.count:
        walk.append(arc_of[node])
        node = following[node]
    cut = min(range(graph.items), key=lambda k: (costs[k], len(bundles[k]), bundles[k]))
    cost = costs[cut]
    packing = ((0, Fraction(cost)),) if cost else ()
    return Answer(
        cut=(cut,), cost=cost, bound=cost, loops=(tuple(walk),), packing=packing, cases=()
    )


@attrs.define(eq=False, kw_only=True)
class _Node:
    """A case while it is worked on; `value` is its bound in floats."""

    cut: tuple[int, ...]
    kept: tuple[int, ...]
    value: float
    relaxed: Relaxed | None
    ruled_out: tuple[int, ...] = ()
    split: int | None = None

    def children(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return self.cut, (*self.kept, *self.ruled_out)


class _Branching:
    def __init__(
        self,
        graph: Digraph,
        costs: Sequence[int],
        bundles: Sequence[tuple[int, ...]],
        locked: Sequence[int],
        work: Work,
    ) -> None:
        self.graph, self.costs, self.locked, self.work = graph, costs, set(locked), work
        self.covering = Covering(graph, costs, [len(bundle) for bundle in bundles])
        self.bundles = bundles
        self.best = self._rounded(np.zeros(graph.items))
        self.root = _Node(cut=(), kept=tuple(locked), value=0.0, relaxed=None)
        self.nodes: list[_Node] = []

    # --- plans ---

    def _rounded(self, shares: Float) -> tuple[int, int, tuple[int, ...]]:
        """Return cost, contracts and items of the plan that cuts what has the larger shares."""
        near = shares.round(5).tolist()
        order = sorted(
            range(self.graph.items),
            key=lambda k: (k not in self.locked, near[k], -self.costs[k], -k),
        )
        cut = tuple(sorted(grown(self.graph, order)))
        return self._cost(cut), sum(len(self.bundles[item]) for item in cut), cut

    def _cost(self, items: Iterable[int]) -> int:
        return sum(self.costs[item] for item in items)

    def _is_closed(self, value: float) -> bool:
        """Say whether a case of a float bound holds no cheaper plan: costs are integers."""
        return value > self.best[0] - 1 + _WHOLE * max(1, abs(value))

    # --- branching ---

    def answer(self) -> Answer:
        """Branch until every case is closed or the work is spent."""
        queue = [(0.0, 0, self.root)]
        self.nodes.append(self.root)
        while queue:
            value, _number, node = heapq.heappop(queue)
            if self._is_closed(value) or self.work.left <= 0 or not self._tighten(node):
                continue
            for child in self._split(node):
                self.nodes.append(child)
                heapq.heappush(queue, (child.value, len(self.nodes), child))
        return self._proved()

    def _tighten(self, node: _Node) -> bool:
        """Solve a case with all the loops it needs; say whether it must be split."""
        shares = np.zeros(self.graph.items)
        if node.relaxed is not None:
            shares = node.relaxed.shares
        while self.work.left > 0 and self.covering.add(self._search(shares)):
            if self.covering.is_kept_whole(node.kept):
                node.value, node.relaxed = math.inf, None
                return False
            relaxed = self._relaxed(node.cut, node.kept)
            if relaxed is None:
                break
            node.relaxed, node.value, shares = relaxed, relaxed.value, relaxed.shares
            if self._is_closed(node.value):
                return False
        self.best = min(self.best, self._rounded(shares))
        return not self._is_closed(node.value)

    def _relaxed(self, cut: tuple[int, ...], kept: tuple[int, ...]) -> Relaxed | None:
        relaxed = self.covering.relax(cut, kept, most=self.work.left)
        self.work.spend(self.work.left if relaxed is None else relaxed.units)
        return relaxed

    def _search(self, shares: Float) -> list[Loop]:
        graph = self.graph
        most = self.work.left * _SEEN_PER_UNIT // len(graph.source)
        self.work.spend(1 + min(graph.count, most) * len(graph.source) // _SEEN_PER_UNIT)
        return graph.shortest_loops(shares, most=most)

    def _split(self, node: _Node) -> list[_Node]:
        """Return the two cases of the item whose cut and keeping both lift the bound most."""
        relaxed = node.relaxed
        if relaxed is None:
            return []
        self._rule_out(node, relaxed)
        shares = relaxed.shares
        open_items = np.flatnonzero((shares > _WHOLE) & (shares < 1 - _WHOLE)).tolist()
        open_items.sort(key=lambda k: (-self.costs[k] * min(shares[k], 1 - shares[k]), k))
        best: tuple[float, list[_Node]] = (-1.0, [])
        room = max(self.best[0] - node.value, 1.0)
        for item in open_items[:_TRIED]:
            pair = [self._child(node, item, is_cut=is_cut) for is_cut in (True, False)]
            gains = [min(max(child.value - node.value, 1e-3), room) for child in pair]
            if gains[0] * gains[1] > best[0]:
                best = gains[0] * gains[1], pair
                node.split = item
        return best[1]

    def _child(self, node: _Node, item: int, *, is_cut: bool) -> _Node:
        cut, kept = node.children()
        cut, kept = ((*cut, item), kept) if is_cut else (cut, (*kept, item))
        if self.covering.is_kept_whole(kept):
            return _Node(cut=cut, kept=kept, value=math.inf, relaxed=None)
        # Without an answer the loops of the case above still bound this one.
        relaxed = self._relaxed(cut, kept) or node.relaxed
        value = node.value if relaxed is None else relaxed.value
        return _Node(cut=cut, kept=kept, value=value, relaxed=relaxed)

    def _rule_out(self, node: _Node, relaxed: Relaxed) -> None:
        """Keep items whose cut would cost more than the best plan leaves room for."""
        settled = {*node.cut, *node.kept}
        spare = self.covering.floats - self.covering.loads_in_costs(relaxed.weights)
        node.ruled_out = tuple(
            item
            for item in np.flatnonzero(relaxed.shares < _WHOLE).tolist()
            if item not in settled and self._is_closed(node.value + spare[item] - 1e-3)
        )

    # --- the proof ---

    def _proved(self) -> Answer:
        cost, _contracts, cut = self.best
        root = self._case(self.root)
        bound = min(cost, max(0, root.bound))
        cases: tuple[Case, ...] = ()
        if bound < cost and self.root.split is not None:
            cases = (root, *(self._case(node) for node in self.nodes[1:]))
            bound = max(bound, min(cost, *(self._least(case) for case in cases)))
        if bound == cost:
            cut = smallest_equal(
                self.covering,
                cut,
                bundles=self.bundles,
                locked=self.root.kept,
                packing=root.packing,
            )
        return Answer(
            cut=cut,
            cost=cost,
            bound=bound,
            loops=tuple(self.covering.loops),
            packing=root.packing,
            cases=cases,
        )

    def _case(self, node: _Node) -> Case:
        packing: Packing = ()
        if node.relaxed is not None:
            packing = self.covering.certified(node.relaxed, node.kept)
        elif node.value == math.inf:
            packing = ((self._kept_loop(node.kept), Fraction(self.best[0])),)
        else:
            packing = self.covering.greedily_packed(node.kept)
        return Case(
            cut=node.cut,
            kept=node.kept,
            packing=packing,
            bound=math.ceil(self._exact(node.cut, packing)),
            ruled_out=node.ruled_out,
            split=node.split,
        )

    def _kept_loop(self, kept: tuple[int, ...]) -> int:
        """Return a loop that a case keeps whole: as its items bear any weight, it has no plan."""
        stays = set(kept)
        return next(n for n, row in enumerate(self.covering.rows) if stays.issuperset(row))

    def _exact(self, cut: tuple[int, ...], packing: Packing) -> Fraction:
        gone, rows = set(cut), self.covering.rows
        weights = (weight for loop, weight in packing if gone.isdisjoint(rows[loop]))
        return self._cost(cut) + sum(weights, Fraction(0))

    def _least(self, case: Case) -> int:
        """Return the least that a plan costs which a case leaves to no further one."""
        exact = self._exact(case.cut, case.packing)
        loads = self.covering.exact_loads(case.packing)
        least = [exact + self.costs[k] - loads.get(k, Fraction(0)) for k in case.ruled_out]
        if case.split is None:
            least.append(exact)
        return min((math.ceil(one) for one in least), default=self.best[0])
