"""Of equally cheap plans the one of fewest contracts, then of the smallest: in small loops."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from ruralcredit.guarantees._feedback_loops import grown
from ruralcredit.guarantees._feedback_lp import Covering, Packing

# Loops looked at before what was found is taken: enough for some dozens of contracts.
_LOOKS = 30_000

Key = tuple[int, tuple[int, ...]]


def smallest_equal(
    covering: Covering,
    cut: tuple[int, ...],
    *,
    bundles: Sequence[tuple[int, ...]],
    locked: Sequence[int],
    packing: Packing,
) -> tuple[int, ...]:
    """Return items that cost as much as some cheapest ones, of fewest and smallest contracts.

    Args:
        covering: The loops met so far, with the costs.
        cut: Cheapest items.
        bundles: The contracts of each item.
        locked: Items that stay.
        packing: Exact weights of loops; where they sum to the cost, only items that carry as
            much as they cost can be cut, and only one on each loop of a weight.
    """
    cost = sum(covering.costs[item] for item in cut)
    barred = set(locked)
    packed: list[tuple[int, ...]] = []
    if sum((weight for _loop, weight in packing), Fraction(0)) == cost:
        loads = covering.exact_loads(packing)
        free = {k for k, price in enumerate(covering.costs) if loads.get(k, 0) == price}
        barred |= set(range(len(covering.costs))) - free
        packed = [covering.rows[loop] for loop, _weight in packing]
        if len(free - set(locked)) == len(cut):
            return cut
    search = _Search(covering, bundles, packed, cost)
    search.best = search.key(cut), cut
    search.look(frozenset(), frozenset(barred))
    found = search.best[1]
    if found == cut:
        return cut
    # What a search cut short found may hold an item too many.
    others = sorted(set(range(len(covering.costs))) - set(found))
    return tuple(sorted(grown(covering.graph, [*others, *reversed(found)])))


class _Search:
    def __init__(
        self,
        covering: Covering,
        bundles: Sequence[tuple[int, ...]],
        packed: list[tuple[int, ...]],
        cost: int,
    ) -> None:
        self._covering, self._bundles, self._cost = covering, bundles, cost
        self._mates: dict[int, set[int]] = {}
        for row in packed:
            for item in row:
                self._mates.setdefault(item, set()).update(row)
        self._left = _LOOKS
        self.best: tuple[Key, tuple[int, ...]]

    def key(self, items: tuple[int, ...]) -> Key:
        numbers = sorted(one for item in items for one in self._bundles[item])
        return len(numbers), tuple(numbers)

    def look(self, cut: frozenset[int], kept: frozenset[int]) -> None:
        """Try every way to cut the loops left, one loop at a time, small contracts first."""
        stack = [(cut, kept)]
        while stack and self._left > 0:
            cut, kept = stack.pop()
            row = self._open_row(cut, kept)
            if row is None:
                # Beside agreements no search finds every loop: the whole is asked.
                if not self._has_loop(cut):
                    self.best = min(self.best, (self.key(tuple(cut)), tuple(sorted(cut))))
                continue
            cases, earlier = [], set(kept)
            for item in row:
                if item in earlier:
                    continue
                mates = self._mates.get(item, set()) - {item}
                if cut.isdisjoint(mates):
                    cases.append((cut | {item}, frozenset(earlier | mates)))
                earlier.add(item)
            stack.extend(reversed([case for case in cases if self._may_win(case[0])]))

    def _has_loop(self, cut: frozenset[int]) -> bool:
        graph = self._covering.graph
        if not graph.is_marked:
            return False
        stays = np.ones(graph.items, np.bool_)
        stays[list(cut)] = False
        return graph.has_loop(stays)

    def _may_win(self, cut: frozenset[int]) -> bool:
        cost = sum(self._covering.costs[item] for item in cut)
        size = sum(len(self._bundles[item]) for item in cut)
        return cost <= self._cost and size <= self.best[0][0]

    def _open_row(self, cut: frozenset[int], kept: frozenset[int]) -> tuple[int, ...] | None:
        """Return the loop not cut that leaves least choice; None where there is no loop."""
        while True:
            rows = self._covering.rows
            self._left -= len(rows)
            open_rows = [row for row in rows if cut.isdisjoint(row)]
            if open_rows:
                return min(
                    open_rows, key=lambda row: (len(row) - len(kept.intersection(row)), row)
                )
            shares = np.zeros(len(self._bundles))
            shares[list(cut)] = 1.0
            if not self._covering.add(self._covering.graph.shortest_loops(shares)):
                return None
