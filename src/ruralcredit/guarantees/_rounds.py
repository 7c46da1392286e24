"""Which rows of closed loops pass how much round: plain rings by formula, the others by flows."""

import numpy as np
import numpy.typing as npt

from ruralcredit.guarantees._closing import loop_labels
from ruralcredit.guarantees._flows import FlowArcs, largest_circulation, spread_flow
from ruralcredit.guarantees._kernels import parts_by_label
from ruralcredit.guarantees._tied_rounds import Passages, passed_where_tied

Int64 = npt.NDArray[np.int64]


def passed_round(rows: Passages, amounts: Int64) -> Int64:
    """Return the fen on each row of one largest circulation on each loop.

    Args:
        rows: Rows on loops.
        amounts: Amount of the contract in fen, at each of its rows.
    """
    flow = np.zeros(len(amounts), np.int64)
    kept = np.flatnonzero((rows.source != rows.target) & (amounts > 0))
    if not len(kept):
        return flow
    rows, amounts = rows.take(kept), amounts[kept]
    contract = _numbered(rows.loop, rows.contract)
    piece = _numbered(contract, rows.source, rows.target, rows.agreement)
    # Only a contract over several pairs or an agreement ties pairs together.
    pieces_of = np.bincount(contract[np.unique(piece, return_index=True)[1]])
    is_shared = (pieces_of[contract] > 1) | (rows.agreement >= 0)
    shared_loops = np.zeros(int(rows.loop.max()) + 1, np.bool_)
    shared_loops[rows.loop[is_shared]] = True
    simple = np.flatnonzero(~shared_loops[rows.loop])
    found = np.zeros(len(amounts), np.int64)
    if len(simple):
        found[simple] = _passed_simply(rows.take(simple), contract[simple], amounts[simple])
    places = np.flatnonzero(shared_loops[rows.loop])
    for part in parts_by_label(places, rows.loop[places]) if len(places) else ():
        found[part] = passed_where_tied(rows.take(part), amounts[part])
    flow[kept] = found
    return flow


def _numbered(*columns: Int64) -> Int64:
    """Number the distinct combinations of some columns from 0."""
    number = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        distinct, codes = np.unique(column, return_inverse=True)
        number = np.unique(number * len(distinct) + codes, return_inverse=True)[1]
    return number


def _passed_simply(rows: Passages, contract: Int64, amounts: Int64) -> Int64:
    """Return the fen on each row where every contract joins one pair and no agreement holds."""
    nodes, ends = np.unique(np.concatenate([rows.source, rows.target]), return_inverse=True)
    source, target = ends[: len(amounts)], ends[len(amounts) :]
    pairs, pair_of = np.unique(source * len(nodes) + target, return_inverse=True)
    tails, heads = np.divmod(pairs, len(nodes))
    # A contract's further rows add nothing.
    first = np.unique(contract, return_index=True)[1]
    sizes = np.zeros(len(pairs), np.int64)
    np.add.at(sizes, pair_of[first], amounts[first])
    # Rows without an amount are gone: loops may have fallen apart into smaller ones.
    labels, inside, _joint = loop_labels(tails, heads, len(nodes), None)
    passed = np.zeros(len(pairs), np.int64)
    passed[inside] = _on_pairs(tails[inside], heads[inside], sizes[inside], labels)
    capacity = np.zeros(len(amounts), np.int64)
    capacity[first] = amounts[first]
    return spread_flow(passed, pair_of, capacity)


def _on_pairs(tails: Int64, heads: Int64, sizes: Int64, labels: npt.NDArray[np.int32]) -> Int64:
    loop = labels[tails].astype(np.int64)
    members = np.bincount(labels[labels >= 0])
    # Strongly connected with as many pairs as parties: one plain ring.
    is_ring = np.bincount(loop, minlength=len(members)) == members
    smallest = np.full(len(members), np.iinfo(np.int64).max)
    np.minimum.at(smallest, loop, sizes)
    passed = smallest[loop]
    places = np.flatnonzero(~is_ring[loop])
    for part in parts_by_label(places, loop[places]) if len(places) else ():
        nodes, ends = np.unique(np.concatenate([tails[part], heads[part]]), return_inverse=True)
        arcs = FlowArcs(ends[: len(part)], ends[len(part) :], sizes[part], len(nodes))
        passed[part] = largest_circulation(arcs, np.ones(len(part), np.int64))
    return passed
