"""Exact flows of whole fen: the largest through a network, and the largest that goes round.

Small networks are solved on Python integers.  Large ones go to SciPy: its largest flow counts in
int32, so it is asked in coarse units first and in finer ones for what is left; its linear
programme only guesses prices, from which the exact search then starts.
"""

import heapq
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError

Int64 = npt.NDArray[np.int64]

# From so many arcs on, SciPy's fixed cost of a millisecond or three pays.
_MANY = 1_000
_MANY_ROUND = 400
# What is left on an arc and its return must fit int32 together.
_MOST_UNITS = 2**30 - 1
_INT64_MAX = 2**63 - 1


@attrs.frozen(eq=False)
class FlowArcs:
    """Arcs of a network as columns of one length.

    Attributes:
        tails: Nodes where arcs start, from 0.
        heads: Nodes where arcs end.
        capacities: Fen an arc carries at most, 0 and more.
        count: Number of nodes.
    """

    tails: Int64
    heads: Int64
    capacities: Int64
    count: int


# --- the largest flow ---


def largest_flow(arcs: FlowArcs, source: int, sink: int) -> Int64:
    """Return the fen on each arc in one largest flow from a source to a sink, exactly.

    Raises:
        CreditError: If what leaves the source, or reaches the sink, adds up beyond int64.
    """
    for node, ends in ((source, arcs.tails), (sink, arcs.heads)):
        total = sum(arcs.capacities[ends == node].tolist())
        if total > _INT64_MAX:
            message = (
                f"the amounts of one question add up to {total} fen, beyond int64: "
                "look for amounts in the wrong unit"
            )
            raise CreditError(message)
    if len(arcs.tails) >= _MANY:
        return _largest_flow_scipy(arcs, source, sink)
    network = _Residual(arcs.tails.tolist(), arcs.heads.tolist(), arcs.count)
    network.left[::2] = arcs.capacities.tolist()
    network.flood(source, sink)
    return np.array(network.left[1::2], np.int64)


class _Residual:
    """What arcs can still carry, there and back: arc ``2i`` is arc i, ``2i + 1`` its return."""

    def __init__(self, tails: Sequence[int], heads: Sequence[int], count: int) -> None:
        self.to = [0] * (2 * len(tails))
        self.to[::2], self.to[1::2] = heads, tails
        self.left = [0] * len(self.to)
        self.is_open = [True] * len(self.to)
        self.leaving: list[list[int]] = [[] for _ in range(count)]
        for place, (tail, head) in enumerate(zip(tails, heads, strict=True)):
            self.leaving[tail].append(2 * place)
            self.leaving[head].append(2 * place + 1)

    def flood(self, source: int, sink: int) -> None:
        """Push the largest flow through the open arcs, shortest ways first (Dinitz)."""
        while (level := self._levels(source, sink)) is not None:
            tried = [0] * len(self.leaving)
            while (path := self._climb(source, sink, level, tried)) is not None:
                amount = min(self.left[arc] for arc in path)
                for arc in path:
                    self.left[arc] -= amount
                    self.left[arc ^ 1] += amount

    def _levels(self, source: int, sink: int) -> list[int] | None:
        """Return how many arcs each node is away from the source; None if the sink is cut off."""
        level = [-1] * len(self.leaving)
        level[source] = 0
        queue = [source]
        for here in queue:
            if here == sink:
                return level
            for arc in self.leaving[here]:
                there = self.to[arc]
                if level[there] < 0 and self.left[arc] and self.is_open[arc]:
                    level[there] = level[here] + 1
                    queue.append(there)
        return None

    def _climb(
        self, source: int, sink: int, level: list[int], tried: list[int]
    ) -> list[int] | None:
        """Return one more way up the levels, or None; ``tried`` counts the arcs used up."""
        path: list[int] = []
        here = source
        while here != sink:
            if tried[here] < len(self.leaving[here]):
                arc = self.leaving[here][tried[here]]
                up = self.to[arc]
                if level[up] == level[here] + 1 and self.left[arc] and self.is_open[arc]:
                    path.append(arc)
                    here = up
                else:
                    tried[here] += 1
            elif path:
                here = self.to[path.pop() ^ 1]
                tried[here] += 1
            else:
                return None
        return path


def _largest_flow_scipy(arcs: FlowArcs, source: int, sink: int) -> Int64:
    """Ask SciPy in units of a power of two, each round in finer ones for what is left."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    pairs = _Pairs.of(arcs)
    left = pairs.capacities.copy()
    divisor = max(int(np.gcd.reduce(arcs.capacities)), 1)
    left //= divisor
    bound = min(int(left[pairs.tails == source].sum()), int(left[pairs.heads == sink].sum()))
    while bound:
        unit = 1 << (-(-bound // _MOST_UNITS) - 1).bit_length()
        data = np.minimum(left // unit, _MOST_UNITS).astype(np.int32)
        shape = (arcs.count, arcs.count)
        graph = csr_array((data, pairs.heads.astype(np.int32), pairs.starts), shape=shape)
        found = maximum_flow(graph, source, sink).flow.tocsr()
        found.sort_indices()
        moved = found.data.astype(np.int64) * unit
        left -= moved
        # What is left must pass arcs that each hold less than one unit.
        bound = 0 if unit == 1 else min(bound, len(left) * (unit - 1))
    return pairs.spread((pairs.capacities // divisor - left) * divisor, arcs.capacities)


@attrs.frozen(eq=False)
class _Pairs:
    """Distinct ordered pairs of nodes, each with its reverse, sorted: a matrix by rows."""

    tails: Int64
    heads: Int64
    starts: npt.NDArray[np.int32]
    capacities: Int64
    pair_of: Int64

    @classmethod
    def of(cls, arcs: FlowArcs) -> "_Pairs":
        there, back = (a * arcs.count + b for a, b in _both(arcs.tails, arcs.heads))
        keys, places = np.unique(np.concatenate([there, back]), return_inverse=True)
        pair_of = places[: len(there)]
        capacities = np.zeros(len(keys), np.int64)
        np.add.at(capacities, pair_of, arcs.capacities)
        tails, heads = np.divmod(keys, arcs.count)
        starts = np.searchsorted(tails, np.arange(arcs.count + 1)).astype(np.int32)
        return cls(tails, heads, starts, capacities, pair_of)

    def spread(self, flow: Int64, capacities: Int64) -> Int64:
        """Return the flow of each arc: of parallel ones the earlier carries first."""
        return spread_flow(np.maximum(flow, 0), self.pair_of, capacities)


def _both(one: Int64, other: Int64) -> tuple[tuple[Int64, Int64], tuple[Int64, Int64]]:
    return (one, other), (other, one)


def spread_flow(totals: Int64, part_of: Int64, capacities: Int64) -> Int64:
    """Share totals out among their parts up to each capacity, the earlier part first."""
    order = np.argsort(part_of, kind="stable")
    sizes = capacities[order]
    before = np.cumsum(sizes) - sizes
    owner = part_of[order]
    first = np.ones(len(owner), np.bool_)
    first[1:] = owner[1:] != owner[:-1]
    base = before[first][np.cumsum(first) - 1] if len(owner) else before
    out = np.empty(len(owner), np.int64)
    out[order] = np.clip(totals[owner] - (before - base), 0, sizes)
    return out


# --- the largest circulation ---


def largest_circulation(arcs: FlowArcs, gains: Int64) -> Int64:
    """Return the fen on each arc of a circulation that earns most, exactly.

    Args:
        arcs: The arcs; what enters a node leaves it.
        gains: What one fen on an arc earns, 0 or 1.
    """
    divisor = max(int(np.gcd.reduce(arcs.capacities)), 1) if len(arcs.tails) else 1
    smaller = attrs.evolve(arcs, capacities=arcs.capacities // divisor)
    prices = np.zeros(arcs.count, np.int64)
    if len(arcs.tails) >= _MANY_ROUND:
        prices = _guessed_prices(smaller, gains)
    flow: Int64 = _settled(smaller, -gains, prices) * divisor
    return flow


def _guessed_prices(arcs: FlowArcs, gains: Int64) -> Int64:
    """Return prices of nodes from a linear programme in floats: a start, never an answer."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    number = np.arange(len(arcs.tails))
    ends = np.concatenate([arcs.tails, arcs.heads])
    signs = np.repeat([1.0, -1.0], len(number))
    balance = csr_array(
        (signs, (ends, np.concatenate([number, number]))), shape=(arcs.count, len(number))
    )
    high = arcs.capacities / max(int(arcs.capacities.max()), 1) * 2.0**20
    bounds = np.stack([np.zeros(len(number)), high], axis=1)
    found = linprog(
        -gains.astype(np.float64), A_eq=balance, b_eq=np.zeros(arcs.count), bounds=bounds
    )
    if found.eqlin is None or found.eqlin.marginals is None:  # pragma: no cover  # never seen
        return np.zeros(arcs.count, np.int64)
    return np.asarray(np.rint(-found.eqlin.marginals), np.int64)


def _settled(arcs: FlowArcs, costs: Int64, prices: Int64) -> Int64:
    """Return a cheapest circulation, from any prices of nodes.

    Arcs that pay at these prices are filled and arcs that cost are left empty: cheapest, but what
    enters a node need not leave it.  What is too much then moves to where it lacks, along arcs
    that cost nothing at the prices; while some is left over, prices rise along cheapest ways.
    """
    reduced = costs + prices[arcs.tails] - prices[arcs.heads]
    flow = np.where(reduced < 0, arcs.capacities, 0)
    excess = np.zeros(arcs.count, np.int64)
    np.add.at(excess, arcs.heads, flow)
    np.subtract.at(excess, arcs.tails, flow)
    open_arcs = np.flatnonzero(reduced == 0)
    if len(open_arcs) and excess.any():
        moved = _moved(arcs, open_arcs, excess)
        flow[open_arcs] = moved
        np.add.at(excess, arcs.heads[open_arcs], moved)
        np.subtract.at(excess, arcs.tails[open_arcs], moved)
    if not excess.any():
        return flow
    return _repriced(arcs, flow, excess, (costs, prices))


def _moved(arcs: FlowArcs, open_arcs: Int64, excess: Int64) -> Int64:
    """Return the largest flow from nodes that hold too much to those that lack, on some arcs."""
    over, under = np.flatnonzero(excess > 0), np.flatnonzero(excess < 0)
    source, sink = arcs.count, arcs.count + 1
    network = FlowArcs(
        np.concatenate([arcs.tails[open_arcs], np.full(len(over), source), under]),
        np.concatenate([arcs.heads[open_arcs], over, np.full(len(under), sink)]),
        np.concatenate([arcs.capacities[open_arcs], excess[over], -excess[under]]),
        arcs.count + 2,
    )
    return largest_flow(network, source, sink)[: len(open_arcs)]


def _repriced(
    arcs: FlowArcs, flow: Int64, excess: Int64, costs_and_prices: tuple[Int64, Int64]
) -> Int64:
    """Move what is left over along cheapest ways, raising prices until none is left."""
    over, under = np.flatnonzero(excess > 0).tolist(), np.flatnonzero(excess < 0).tolist()
    source, sink, many = arcs.count, arcs.count + 1, len(arcs.tails)
    network = _Residual(
        [*arcs.tails.tolist(), *[source] * len(over), *under],
        [*arcs.heads.tolist(), *over, *[sink] * len(under)],
        arcs.count + 2,
    )
    network.left[: 2 * many : 2] = (arcs.capacities - flow).tolist()
    network.left[1 : 2 * many : 2] = flow.tolist()
    network.left[2 * many :: 2] = [abs(int(excess[node])) for node in (*over, *under)]
    costs = [0] * len(network.to)
    costs[: 2 * many : 2] = costs_and_prices[0].tolist()
    costs[1 : 2 * many : 2] = (-costs_and_prices[0]).tolist()
    prices = costs_and_prices[1].tolist()
    while any(network.left[arc] for arc in network.leaving[source]):
        _raise_prices(network, costs, prices)
        for arc in range(2 * many):
            tail, head = network.to[arc ^ 1], network.to[arc]
            network.is_open[arc] = costs[arc] + prices[tail] == prices[head]
        network.flood(source, sink)
    return np.array(network.left[1 : 2 * many : 2], np.int64)


def _raise_prices(network: _Residual, costs: Sequence[int], prices: list[int]) -> None:
    """Raise each price by the node's distance from what is left over, at most the sink's."""
    source, sink = len(prices), len(prices) + 1
    starts = [network.to[arc] for arc in network.leaving[source] if network.left[arc]]
    away = dict.fromkeys(starts, 0)
    # What lacks something still has room on its way to the sink: the sink's return arcs.
    lacking = {network.to[arc] for arc in network.leaving[sink] if network.left[arc ^ 1]}
    queue = [(0, node) for node in starts]
    nearest = 0
    done: set[int] = set()
    while queue:
        nearest, here = heapq.heappop(queue)
        if here in done:
            continue
        if here in lacking:
            break
        done.add(here)
        for arc in network.leaving[here]:
            there = network.to[arc]
            if there >= source or not network.left[arc]:
                continue
            far = nearest + costs[arc] + prices[here] - prices[there]
            if far < away.get(there, far + 1):
                away[there] = far
                heapq.heappush(queue, (far, there))
    for node in range(source):
        prices[node] += min(away.get(node, nearest), nearest)
