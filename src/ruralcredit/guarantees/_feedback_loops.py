"""Loops of a weighted digraph: the shortest ones, and orders of nodes that grow without one.

An arc belongs to an item; items are what is kept or cut, with all their arcs.  An arc may carry
a mark (a joint agreement): a loop whose arcs all carry the same mark is none.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.guarantees._closing import loop_labels

Int64 = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]
Loop = tuple[int, ...]

# Added to every length, so that of two equal ways the one of fewer arcs is shorter.
_HOP = 1e-7
# A loop shorter than this is told from one of length 1 in spite of hops and of rounding.
SHORT = 1 - 1e-4
# Lists are read faster than arrays, but cost their whole length first.
_WORTH_A_LIST = 100
# Searches that start at so many nodes at once: what they find stays small.
_STARTS = 256


@attrs.frozen(eq=False, slots=False, kw_only=True)
class Digraph:
    """Arcs between numbered nodes.

    Attributes:
        count: Number of nodes.
        source: Where each arc starts.
        target: Where each arc ends.
        item: The item of each arc, 0-based without gaps.
        mark: The joint agreement of each arc, -1 for none.
    """

    count: int
    source: Int64
    target: Int64
    item: Int64
    mark: Int64

    @functools.cached_property
    def items(self) -> int:
        """How many items there are."""
        return int(self.item.max(initial=-1)) + 1

    @functools.cached_property
    def is_marked(self) -> bool:
        """Whether a joint agreement stands inside."""
        return bool((self.mark >= 0).any())

    @functools.cached_property
    def arcs_of_item(self) -> list[list[int]]:
        """The arcs of each item."""
        out: list[list[int]] = [[] for _ in range(self.items)]
        for arc, item in enumerate(self.item.tolist()):
            out[item].append(arc)
        return out

    @functools.cached_property
    def ends(self) -> list[tuple[int, int]]:
        """Source and target of each arc."""
        return list(zip(self.source.tolist(), self.target.tolist(), strict=True))

    def has_loop(self, kept: Bool) -> bool:
        """Say whether some items alone hold a loop."""
        return bool(len(self.arcs_on_loops(kept)))

    def arcs_on_loops(self, kept: Bool) -> Int64:
        """Return the arcs of some items that lie on a loop of theirs."""
        arcs = np.flatnonzero(kept[self.item])
        marks = self.mark[arcs] if self.is_marked else None
        ends = self.source[arcs], self.target[arcs]
        return arcs[loop_labels(*ends, self.count, marks)[1]]

    def is_loop(self, arcs: Sequence[int]) -> bool:
        """Say whether arcs of a closed way carry more than one mark, or none."""
        first = int(self.mark[arcs[0]])
        return first < 0 or any(self.mark[arc] != first for arc in arcs)

    def shortest_loops(self, weights: Float, *, most: int | None = None) -> list[Loop]:
        """Return, for each arc, a shortest loop through it where that is shorter than 1.

        Args:
            weights: Length of each item.
            most: How many nodes are searched from; None for all.

        Returns:
            Loops as arcs in walking order, those through an arc of smaller number first.
        """
        lengths = weights[self.item] + _HOP
        found = list(self._plain_loops(lengths, most))
        if not self.is_marked:
            return found
        loops = [loop for loop in found if self.is_loop(loop)]
        for mark in np.unique(self.mark[self.mark >= 0]).tolist():
            loops.extend(self._mixed_loops(lengths, mark, most))
        return loops

    def _plain_loops(self, lengths: Float, most: int | None) -> Iterator[Loop]:
        search = _Search.of(self.source, self.target, lengths, self.count)
        closing = np.flatnonzero(lengths < SHORT)
        ends = self.target[closing], self.source[closing]
        for arc, way in search.ways(closing, *ends, most=most):
            yield (arc, *way)

    def _mixed_loops(self, lengths: Float, mark: int, most: int | None) -> Iterator[Loop]:
        """Find loops through arcs of one agreement that leave it somewhere.

        In a graph of two layers a way climbs with the first arc outside the agreement; what is
        found may pass a node twice, then the loops that it is made of are taken.
        """
        inside = self.mark == mark
        up, n = ~inside, self.count
        search = _Search.of(
            np.concatenate([self.source, self.source + n]),
            np.concatenate([self.target + n * up, self.target + n]),
            np.concatenate([lengths, lengths]),
            2 * n,
        )
        closing = np.flatnonzero(inside & (lengths < SHORT))
        ends = self.target[closing], self.source[closing] + n
        for arc, way in search.ways(closing, *ends, most=most):
            walk = (arc, *(step % len(self.item) for step in way))
            yield from (loop for loop in self._parted(walk) if self.is_loop(loop))

    def _parted(self, walk: Loop) -> Iterator[Loop]:
        """Part a closed walk into simple ones."""
        open_arcs: list[int] = []
        for arc in walk:
            open_arcs.append(arc)
            target = self.ends[arc][1]
            starts = [k for k, one in enumerate(open_arcs) if self.ends[one][0] == target]
            if starts:
                yield tuple(open_arcs[starts[-1] :])
                del open_arcs[starts[-1] :]


@attrs.frozen(eq=False)
class _Search:
    """Shortest ways between nodes; of parallel arcs the shortest stands."""

    graph: object
    arc_of: dict[tuple[int, int], int]

    @classmethod
    def of(cls, source: Int64, target: Int64, lengths: Float, count: int) -> "_Search":
        from scipy.sparse import csr_array

        order = np.lexsort((lengths, target, source))
        one, other = source[order], target[order]
        first = np.ones(len(order), np.bool_)
        first[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
        order, one, other = order[first], one[first], other[first]
        starts = np.zeros(count + 1, np.int32)
        np.cumsum(np.bincount(one, minlength=count), out=starts[1:])
        parts = (lengths[order], other.astype(np.int32), starts)
        pairs = zip(one.tolist(), other.tolist(), strict=True)
        arc_of = dict(zip(pairs, order.tolist(), strict=True))
        return cls(csr_array(parts, shape=(count, count)), arc_of)

    def ways(
        self, arcs: Int64, starts: Int64, goals: Int64, *, most: int | None
    ) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Walk over arcs with a shortest way back from its end to its start, if short."""
        from scipy.sparse.csgraph import dijkstra

        order = np.argsort(starts, kind="stable")
        nodes, where = np.unique(starts[order], return_inverse=True)
        nodes = nodes[:most]
        for block in range(0, len(nodes), _STARTS):
            last = min(block + _STARTS, len(nodes))
            part = order[(where >= block) & (where < last)]
            rows = np.searchsorted(nodes, starts[part]) - block
            far, before = dijkstra(
                self.graph,
                indices=nodes[block:last],
                return_predecessors=True,
                limit=1.0,
            )
            short = np.flatnonzero(far[rows, goals[part]] < SHORT)
            came = before.tolist() if before.size < _WORTH_A_LIST * len(short) else before
            for k in short.tolist():
                place = part[k]
                start, goal = int(starts[place]), int(goals[place])
                yield int(arcs[place]), self._way(came[rows[k]], start, goal)

    def _way(self, before: Sequence[int], start: int, goal: int) -> tuple[int, ...]:
        way = []
        while goal != start:
            there, goal = goal, int(before[goal])
            way.append(self.arc_of[goal, there])
        return tuple(reversed(way))


class GrowingOrder:
    """An order of nodes that arcs are added to as long as they close no loop.

    The order is mended where an arc leads backward, between its two ends only (Pearce and
    Kelly, "A dynamic topological sort algorithm for directed acyclic graphs", 2007).
    """

    def __init__(self, count: int) -> None:
        self.place = list(range(count))
        self._after: list[list[int]] = [[] for _ in range(count)]
        self._before: list[list[int]] = [[] for _ in range(count)]

    def add(self, ends: Iterable[tuple[int, int]]) -> bool:
        """Add arcs, all of them or none; say whether they close no loop."""
        added: list[tuple[int, int]] = []
        for source, target in ends:
            if not self._mend(source, target):
                for one, other in reversed(added):
                    self._after[one].pop()
                    self._before[other].pop()
                return False
            self._after[source].append(target)
            self._before[target].append(source)
            added.append((source, target))
        return True

    def _mend(self, source: int, target: int) -> bool:
        """Move nodes so that an arc leads forward; say whether that can be."""
        place = self.place
        low, high = place[target], place[source]
        if low > high:
            return True
        ahead = self._reached(target, self._after, lambda node: place[node] <= high)
        if source in ahead:
            return False
        behind = self._reached(source, self._before, lambda node: place[node] >= low)
        nodes = [*sorted(behind, key=place.__getitem__), *sorted(ahead, key=place.__getitem__)]
        for node, free in zip(nodes, sorted(place[node] for node in nodes), strict=True):
            place[node] = free
        return True

    @staticmethod
    def _reached(start: int, near: list[list[int]], inside: object) -> set[int]:
        found, stack = {start}, [start]
        while stack:
            for node in near[stack.pop()]:
                if node not in found and inside(node):  # type: ignore[operator]
                    found.add(node)
                    stack.append(node)
        return found


def grown(graph: Digraph, order: Iterable[int]) -> list[int]:
    """Keep items in some order as long as they close no loop; return those left out.

    None of those left out can be put back.
    """
    wanted = list(order)
    if graph.is_marked:
        return _grown_beside_marks(graph, wanted)
    arcs, ends, kept = graph.arcs_of_item, graph.ends, GrowingOrder(graph.count)
    return [item for item in wanted if not kept.add(ends[arc] for arc in arcs[item])]


def _grown_beside_marks(graph: Digraph, wanted: list[int]) -> list[int]:
    """Do the same where only the whole tells what a loop is: by halving."""
    kept = np.zeros(graph.items, np.bool_)
    out, start = [], 0
    while start < len(wanted):
        low, high = start, len(wanted)
        while low < high:
            middle = (low + high + 1) // 2
            trial = kept.copy()
            trial[wanted[start:middle]] = True
            low, high = (low, middle - 1) if graph.has_loop(trial) else (middle, high)
        kept[wanted[start:low]] = True
        out.extend(wanted[low : low + 1])
        start = low + 1
    return out
