"""Shortest closed walks on one loop: breadth-first, iterative, ties by party id.

A `Ring` holds one loop as lists of neighbours in the order of the ids, so what it finds does
not depend on the order of the ledger's rows, except which of two parallel contracts is named
(the earlier row).
"""

from collections import deque
from collections.abc import Container, Iterator, Sequence

import attrs

MIXED = -2


@attrs.frozen(eq=False)
class Arc:
    """One row inside a loop: where it leads, its row number, its joint agreement (-1: none)."""

    target: int
    row: int
    agreement: int


@attrs.frozen(eq=False)
class Ring:
    """A loop's parties as numbers in the order of their ids, with the arcs that leave each."""

    arcs: Sequence[Sequence[Arc]]
    has_joint: bool

    def arcs_with_source(self) -> Iterator[tuple[int, Arc]]:
        """Walk over every arc with the party it leaves."""
        for source, leaving in enumerate(self.arcs):
            for arc in leaving:
                yield source, arc

    def closed_walk(
        self, source: int, first: Arc, *, most: int | None = None, barred: Container[int] = ()
    ) -> list[int] | None:
        """Return rows of a shortest closed walk that starts with one arc, or None.

        The walk uses rows of more than one agreement, or of none: joint rows alone close no
        loop.  ``most`` bounds its rows; barred parties are left out.
        """
        start = (first.target, _state(first.agreement, first.agreement, self.has_joint))
        came: dict[tuple[int, int], tuple[tuple[int, int], int] | None] = {start: None}
        if _closes(start, source):
            return [first.row]
        queue = deque([(start, 1)])
        while queue:
            here, length = queue.popleft()
            if most is not None and length >= most:
                return None
            for arc in self.arcs[here[0]]:
                there = (arc.target, _state(here[1], arc.agreement, self.has_joint))
                if there in came or arc.target in barred:
                    continue
                came[there] = (here, arc.row)
                if _closes(there, source):
                    return [first.row, *_rows_back(came, there)]
                queue.append((there, length + 1))
        return None

    def shortest(self) -> list[int]:
        """Return rows of a shortest closed walk of the loop, its smallest party first."""
        forks = [node for node, out in enumerate(self.arcs) if len({a.target for a in out}) > 1]
        # A loop that is no plain ring can be left: each way round passes a fork, so that a
        # search from the forks misses nothing, and one done with is barred for the rest.
        best: list[int] | None = None
        barred: set[int] = set()
        for source in forks or range(1):
            for first in _one_per_target(self.arcs[source]):
                if first.target in barred:
                    continue
                most = None if best is None else len(best) - 1
                found = self.closed_walk(source, first, most=most, barred=barred)
                if found is not None and (best is None or len(found) < len(best)):
                    best = found
            barred.add(source)
        if best is None:  # pragma: no cover  # the first search, nothing barred, finds a walk
            raise AssertionError
        return self._from_smallest(best)

    def _from_smallest(self, rows: list[int]) -> list[int]:
        source_of = {arc.row: source for source, arc in self.arcs_with_source()}
        first = min(range(len(rows)), key=lambda place: source_of[rows[place]])
        return rows[first:] + rows[:first]


def _one_per_target(arcs: Sequence[Arc]) -> list[Arc]:
    seen: set[tuple[int, int]] = set()
    out = []
    for arc in arcs:
        if (arc.target, arc.agreement) not in seen:
            seen.add((arc.target, arc.agreement))
            out.append(arc)
    return out


def _state(before: int, agreement: int, has_joint: bool) -> int:  # noqa: FBT001  # private
    """Which one agreement all rows so far belong to; MIXED once a row lies outside it."""
    if not has_joint or agreement < 0 or before != agreement:
        return MIXED
    return agreement


def _closes(state: tuple[int, int], source: int) -> bool:
    return state[0] == source and state[1] == MIXED


def _rows_back(
    came: dict[tuple[int, int], tuple[tuple[int, int], int] | None], state: tuple[int, int]
) -> list[int]:
    rows = []
    step = came[state]
    while step is not None:
        before, row = step
        rows.append(row)
        step = came[before]
    return rows[::-1]
