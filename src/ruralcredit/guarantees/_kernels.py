"""Components of directed arcs on integer arrays: exact, iterative, no graph object built.

Closed loops: peel arcs that no loop can use while that pays, then ask SciPy about the core.
Clusters: contract every party into its smallest neighbour until no arc is left.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

# A round of peeling that removes less than this share hands over to SciPy: on a long chain
# each round removes two arcs only, and peeling to the end would be quadratic.
_WORTH_PEELING = 0.15
# Rows worked on at once: indices and values stay in the cache.
_BLOCK = 1 << 14


def strong_labels(source: Integers, target: Integers, count: int) -> tuple[Int32, Int64]:
    """Return each node's strong component, -1 for nodes on no loop, and the arcs inside.

    Args:
        source: Node numbers of shape ``(m,)`` where arcs start.
        target: Node numbers of shape ``(m,)`` where arcs end.
        count: Number of nodes.

    Returns:
        int32 labels of shape ``(count,)``, 0-based: components of two nodes and more first; a
        node with an arc to itself outside of them is a component of its own.  And ascending
        positions of the arcs that have both ends in one component.
    """
    labels = np.full(count, -1, np.int32)
    arcs, itself = _may_close(source, target, count)
    found = 0
    if len(arcs):
        arcs, local_source, local_target, nodes = _peeled(arcs, source, target, count)
        core = _scipy_strong(local_source, local_target, len(nodes))
        large = np.bincount(core, minlength=1) > 1
        number = np.cumsum(large) - 1
        number[~large] = -1
        labels[nodes] = number[core]
        found = int(np.count_nonzero(large))
        inside = core.take(local_source) == core.take(local_target)
        arcs = arcs[inside & large[core.take(local_source)]]
    if len(itself):
        alone = np.zeros(count, np.bool_)
        alone[source[itself]] = True
        alone &= labels < 0
        labels[alone] = np.arange(found, found + np.count_nonzero(alone))
        arcs = np.union1d(arcs, itself)
    return labels, arcs


def _may_close(source: Integers, target: Integers, count: int) -> tuple[Int64, Int64]:
    """Peel once over all arcs, block by block; return the arcs kept and those to oneself.

    An arc is dropped when nobody guarantees its guarantor or its borrower guarantees nobody.
    """
    gives = np.zeros(count, np.bool_)
    takes = np.zeros(count, np.bool_)
    for i in range(0, len(source), _BLOCK):
        gives[source[i : i + _BLOCK].astype(np.int64, copy=False)] = True
        takes[target[i : i + _BLOCK].astype(np.int64, copy=False)] = True
    kept, alike = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for i in range(0, len(source), _BLOCK):
        one = source[i : i + _BLOCK].astype(np.int64, copy=False)
        other = target[i : i + _BLOCK].astype(np.int64, copy=False)
        keep = takes.take(one, mode="clip")
        keep &= gives.take(other, mode="clip")
        same = one == other
        if same.any():
            alike.append(np.flatnonzero(same) + i)
            keep &= ~same
        kept.append(np.flatnonzero(keep) + i)
    return np.concatenate(kept), np.concatenate(alike)


def _peeled(
    arcs: Int64, source: Integers, target: Integers, count: int
) -> tuple[Int64, Int64, Int64, Int64]:
    """Peel arcs again while that pays; return them, their ends renumbered, and the nodes left."""
    ends = source[arcs].astype(np.int64), target[arcs].astype(np.int64)
    while True:
        gives = np.zeros(count, np.bool_)
        takes = np.zeros(count, np.bool_)
        gives[ends[0]] = True
        takes[ends[1]] = True
        keep = takes.take(ends[0], mode="clip")
        keep &= gives.take(ends[1], mode="clip")
        kept = np.flatnonzero(keep)
        done = len(kept) >= (1 - _WORTH_PEELING) * len(arcs)
        arcs, ends = arcs.take(kept), (ends[0].take(kept), ends[1].take(kept))
        if done:
            break
    gives |= takes
    nodes = np.flatnonzero(gives)
    local = np.empty(count, np.int64)
    local[nodes] = np.arange(len(nodes))
    return arcs, local.take(ends[0]), local.take(ends[1]), nodes


def sorted_pairs(source: Integers, target: Integers) -> tuple[Int64, Int64]:
    """Return the distinct ordered pairs, sorted; node numbers fit 32 bits."""
    packed = (source.astype(np.uint64) << np.uint64(32)) | target.astype(np.uint64)
    packed.sort()
    if len(packed):
        first = np.empty(len(packed), np.bool_)
        first[0] = True
        np.not_equal(packed[1:], packed[:-1], out=first[1:])
        packed = packed[first]
    low = np.uint64(0xFFFFFFFF)
    return (packed >> np.uint64(32)).astype(np.int64), (packed & low).astype(np.int64)


def csr(source: Integers, target: Integers, count: int) -> "csr_array":
    """Return the distinct pairs as SciPy's matrix, in the type its kernels want."""
    from scipy.sparse import csr_array

    rows, columns = sorted_pairs(source, target)
    starts = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(rows, minlength=count), out=starts[1:])
    data = np.ones(len(columns), np.float64)
    return csr_array((data, columns.astype(np.int32), starts), shape=(count, count))


def _scipy_strong(source: Int64, target: Int64, count: int) -> Int64:
    if not count:
        return np.zeros(0, np.int64)
    from scipy.sparse.csgraph import connected_components

    graph = csr(source, target, count)
    _number, labels = connected_components(graph, directed=True, connection="strong")
    return np.asarray(labels, np.int64)


def reached(source: Integers, target: Integers, starts: Int64, count: int) -> Bool:
    """Return which nodes some nodes reach along the arcs, themselves included."""
    from scipy.sparse.csgraph import breadth_first_order

    # One extra node leads to every start, so that one search serves all of them.
    leads = np.full(len(starts), count, np.int64)
    graph = csr(np.concatenate([source, leads]), np.concatenate([target, starts]), count + 1)
    order = breadth_first_order(graph, count, return_predecessors=False)
    found = np.zeros(count + 1, np.bool_)
    found[order] = True
    return found[:count]


def weak_labels(source: Integers, target: Integers, count: int) -> tuple[int, Int32]:
    """Return the number of weak components of all nodes, and each node's component.

    Each round joins every component to its smallest neighbour.  Smallest, not any: a star
    whose hub carries the largest number would otherwise take one round per leaf.
    """
    levels: list[Int32] = []
    nodes = count
    while True:
        parent = _hooked(source, target, nodes)
        _point_at_roots(parent)
        number = np.arange(nodes, dtype=np.int32)
        roots = np.flatnonzero(parent == number)
        number[roots] = np.arange(len(roots), dtype=np.int32)
        nodes = len(roots)
        level = gather(number, parent)
        levels.append(level)
        source, target = _between(source, target, level)
        if not len(source):
            break
    labels = levels[-1]
    for level in levels[-2::-1]:
        labels = gather(labels, level)
    return nodes, labels


def _hooked(source: Integers, target: Integers, nodes: int) -> Int32:
    """Join every node to its smallest neighbour, or leave it where none is smaller."""
    parent = np.arange(nodes, dtype=np.int32)
    for i in range(0, len(source), _BLOCK):
        one, other = source[i : i + _BLOCK], target[i : i + _BLOCK]
        larger = np.maximum(one, other).astype(np.int64, copy=False)
        np.minimum.at(parent, larger, np.minimum(one, other).astype(np.int32, copy=False))
    return parent


def _point_at_roots(parent: Int32) -> None:
    """Point every node at its root, in place and in order.

    A parent is never larger than its child, so earlier blocks hold roots already when a later
    one reads them, and one pass nearly does it.
    """
    moved = True
    while moved:
        moved = False
        for i in range(0, len(parent), _BLOCK):
            part = parent[i : i + _BLOCK]
            above = parent.take(part.astype(np.int64), mode="clip")
            if not np.array_equal(above, part):
                part[:] = above
                moved = True


def _between(source: Integers, target: Integers, level: Int32) -> tuple[Int32, Int32]:
    """Relabel arcs and keep those whose ends still differ."""
    sources, targets = [level[:0]], [level[:0]]
    for i in range(0, len(source), _BLOCK):
        one = level.take(source[i : i + _BLOCK].astype(np.int64, copy=False), mode="clip")
        other = level.take(target[i : i + _BLOCK].astype(np.int64, copy=False), mode="clip")
        left = np.flatnonzero(one != other)
        sources.append(one.take(left))
        targets.append(other.take(left))
    return np.concatenate(sources), np.concatenate(targets)


def gather(values: Int32, places: Integers) -> Int32:
    """Return ``values[places]`` block by block, so that casts of places stay in the cache."""
    out = np.empty(len(places), np.int32)
    for i in range(0, len(places), _BLOCK):
        at = places[i : i + _BLOCK].astype(np.int64, copy=False)
        np.take(values, at, out=out[i : i + _BLOCK], mode="wrap")
    return out


def parts_by_label(values: Int64, labels: Integers) -> list[Int64]:
    """Split values into one part per distinct label, parts in the order of the labels."""
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    cuts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    return [part for part in np.split(values[order], cuts) if len(part)]
