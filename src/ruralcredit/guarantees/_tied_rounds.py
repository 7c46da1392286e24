"""What goes round on a loop where contracts join several pairs, or joint agreements hold.

A contract over several pairs is a node of its own that its amount passes once; a party that is
in joint agreements has a port for each, and what came in by one does not leave by the same.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.guarantees._closing import loop_labels
from ruralcredit.guarantees._flows import FlowArcs, largest_circulation
from ruralcredit.guarantees._walks import Arc, Ring

Int64 = npt.NDArray[np.int64]


@attrs.frozen(eq=False)
class Passages:
    """Rows on closed loops as columns of one length.

    Attributes:
        loop: The row's loop, from 0.
        source: Node of the guarantor.
        target: Node of the borrower.
        contract: The contract; its amount counts once per loop.
        agreement: Joint agreement, -1 for none.
    """

    loop: Int64
    source: Int64
    target: Int64
    contract: Int64
    agreement: Int64

    def take(self, places: Int64) -> "Passages":
        """Return some of the rows, in the order asked."""
        return Passages(*(getattr(self, field.name)[places] for field in attrs.fields(Passages)))


class _Piece(NamedTuple):
    """The rows of one contract between one pair, under one agreement or none."""

    source: int
    target: int
    agreement: int
    contract: int


def passed_where_tied(rows: Passages, amounts: Int64) -> Int64:
    """Return the fen on each row of a circulation on one loop; see `circulation` for its rule."""
    columns = (rows.source, rows.target, rows.agreement, rows.contract)
    place_of: dict[_Piece, int] = {}
    for place, cells in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        place_of.setdefault(_Piece(*cells), place)
    left = dict(zip(rows.contract.tolist(), amounts.tolist(), strict=True))
    passed = _Network(list(place_of), left).circulation()
    for piece, fen in passed.items():
        left[piece.contract] -= fen
    _close_rest(passed, left)
    out = np.zeros(len(amounts), np.int64)
    for piece, fen in passed.items():
        out[place_of[piece]] = fen
    return out


class _Network:
    """The pieces as a network: ports of parties, and contracts as arcs between their nodes."""

    def __init__(self, pieces: Sequence[_Piece], limits: Mapping[int, int]) -> None:
        self._limits = limits
        self._numbers: dict[tuple[object, ...], int] = {}
        self._arcs: list[tuple[int, int, int]] = []
        # Pieces that one arc stands for, and the arc; arcs from givers and to takers follow it.
        self._bundles: list[tuple[list[_Piece], int]] = []
        self._bundles_of: dict[int, list[int]] = {}
        of_contract: dict[int, list[_Piece]] = defaultdict(list)
        for piece in sorted(pieces):
            of_contract[piece.contract].append(piece)
        for contract, mine in of_contract.items():
            stars = [mine] if _is_product(mine) else _stars(mine)
            first = len(self._bundles)
            self._bundles_of[contract] = list(range(first, first + len(stars)))
            for star in stars:
                self._add_bundle(star)
        self._add_ports(pieces)

    def _node(self, *name: object) -> int:
        return self._numbers.setdefault(name, len(self._numbers))

    def _arc(self, tail: int, head: int, *, counts: bool = False) -> None:
        self._arcs.append((tail, head, int(counts)))

    def _add_bundle(self, star: list[_Piece]) -> None:
        """Lead from the guarantors into the contract, through its amount, out to the borrowers."""
        agreement, number = star[0].agreement, len(self._bundles)
        into, out_of = self._node("into", number), self._node("out of", number)
        self._bundles.append((star, len(self._arcs)))
        self._arc(into, out_of, counts=True)
        for party in _givers(star):
            self._arc(self._node("out", party, agreement), into)
        for party in _takers(star):
            self._arc(out_of, self._node("in", party, agreement))

    def _add_ports(self, pieces: Sequence[_Piece]) -> None:
        """Join each party's ways in with its ways out, except those of one agreement."""
        ports: dict[int, set[int]] = defaultdict(set)
        for piece in pieces:
            ports[piece.source].add(piece.agreement)
            ports[piece.target].add(piece.agreement)
        for party, agreements in sorted(ports.items()):
            order = sorted(agreements)
            if -1 in agreements:
                self._arc(self._node("in", party, -1), self._node("out", party, -1))
            # Two chains, up and down, reach every other port with few arcs.
            for direction, row in (("up", order), ("down", order[::-1])):
                for before, after in itertools.pairwise(row):
                    step = self._node(direction, party, after)
                    self._arc(self._node("in", party, before), step)
                    self._arc(self._node(direction, party, before), step)
                    self._arc(step, self._node("out", party, after))

    def circulation(self) -> dict[_Piece, int]:
        """Return the fen of each piece."""
        most = [self._limits[star[0].contract] for star, _arc in self._bundles]
        flow, limits = self._flow(most), list(most)
        # Stars of one contract may have taken more than it holds: each gets its share.
        for contract, numbers in self._bundles_of.items():
            used = [flow[self._bundles[number][1]] for number in numbers]
            if sum(used) > self._limits[contract]:
                shares = _shares(self._limits[contract], used)
                for number, share in zip(numbers, shares, strict=True):
                    limits[number] = share
        if limits != most:
            flow = self._flow(limits)
        passed: dict[_Piece, int] = {}
        for star, arc in self._bundles:
            passed |= _spread(star, flow[arc + 1 :])
        return passed

    def _flow(self, limits: Sequence[int]) -> list[int]:
        capacities = [sum(self._limits.values())] * len(self._arcs)
        for (_star, arc), limit in zip(self._bundles, limits, strict=True):
            capacities[arc] = limit
        tails, heads, gains = np.array(self._arcs, np.int64).T
        arcs = FlowArcs(tails, heads, np.array(capacities, np.int64), len(self._numbers))
        found: list[int] = largest_circulation(arcs, gains).tolist()
        return found


def _givers(pieces: Iterable[_Piece]) -> list[int]:
    return sorted({piece.source for piece in pieces})


def _takers(pieces: Iterable[_Piece]) -> list[int]:
    return sorted({piece.target for piece in pieces})


def _is_product(pieces: Sequence[_Piece]) -> bool:
    """Say whether a contract joins each of its guarantors with each of its borrowers."""
    givers, takers = _givers(pieces), _takers(pieces)
    one_agreement = len({piece.agreement for piece in pieces}) == 1
    return (
        one_agreement
        and not set(givers) & set(takers)
        and len(pieces) == len(givers) * len(takers)
    )


def _stars(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """Split a contract's pieces by guarantor and agreement."""
    stars: dict[tuple[int, int], list[_Piece]] = defaultdict(list)
    for piece in pieces:
        stars[piece.source, piece.agreement].append(piece)
    return list(stars.values())


def _shares(limit: int, used: Sequence[int]) -> list[int]:
    """Split an amount in proportion to what was used, rounded down, the rest to the first."""
    total = sum(used)
    shares = [limit * fen // total for fen in used]
    shares[used.index(max(used))] += limit - sum(shares)
    return shares


def _spread(star: Sequence[_Piece], flow: Sequence[int]) -> dict[_Piece, int]:
    """Spread what givers pay and takers get over their pairs: first come, first served."""
    givers, takers = _givers(star), _takers(star)
    gives = dict(zip(givers, flow, strict=False))
    takes = dict(zip(takers, flow[len(givers) :], strict=False))
    found = {}
    for piece in star:
        found[piece] = fen = min(gives[piece.source], takes[piece.target])
        gives[piece.source] -= fen
        takes[piece.target] -= fen
    return found


# --- what is left ---


def _close_rest(passed: dict[_Piece, int], left: dict[int, int]) -> None:
    """Pass what still closes a loop, shortest loops first, until none is left; in place."""
    spent = {contract for contract, fen in left.items() if not fen}
    while loop := _loop_left([piece for piece in passed if piece.contract not in spent]):
        uses = Counter(piece.contract for piece in loop)
        fen = min(left[contract] // times for contract, times in uses.items())
        for piece in loop:
            passed[piece] += fen
            left[piece.contract] -= fen
        # Fewer fen than the loop has rows of the contract: no whole fen can pass.
        spent |= {contract for contract, times in uses.items() if left[contract] < times}


def _loop_left(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Return a simple loop of some pieces, not all of one agreement; none where none is left."""
    columns = np.array([piece[:3] for piece in pieces], np.int64).reshape(-1, 3)
    nodes, ends = np.unique(columns[:, :2], return_inverse=True)
    source, target = ends.reshape(-1, 2).T
    _labels, inside, _joint = loop_labels(source, target, len(nodes), columns[:, 2])
    leaving: list[list[Arc]] = [[] for _ in nodes]
    for place in inside.tolist():
        leaving[source[place]].append(Arc(int(target[place]), place, pieces[place].agreement))
    ring = Ring(leaving, has_joint=True)
    for start, first in ring.arcs_with_source():
        walk = ring.closed_walk(start, first)
        for loop in [] if walk is None else _simple_loops([pieces[place] for place in walk]):
            marks = {piece.agreement for piece in loop}
            if len(marks) > 1 or -1 in marks:
                return loop
    return []


def _simple_loops(walk: Sequence[_Piece]) -> list[list[_Piece]]:
    """Cut a closed walk into loops that pass each party once."""
    loops, way = [], []
    for piece in walk:
        way.append(piece)
        for place, before in enumerate(way):
            if before.source == piece.target:
                loops.append(way[place:])
                del way[place:]
                break
    return loops
