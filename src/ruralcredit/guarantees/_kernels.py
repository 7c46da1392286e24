"""Components of directed arcs on integer arrays: exact, iterative, no graph object built.

Closed loops: peel arcs that no loop can use while that pays, then ask SciPy about the core.
Clusters: contract every party into its smallest neighbour until no arc is left.
"""

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

Kind = TypeVar("Kind", bound=np.generic)

# A round of peeling that removes less than this share hands over to SciPy: on a long chain
# each round removes two arcs only, and peeling to the end would be quadratic.
_WORTH_PEELING = 0.15
# Rows worked on at once: indices and values stay in the cache.
BLOCK = 1 << 14


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
    itself = np.flatnonzero(source == target)
    arcs, one, other = _peeled(source, target, count)
    labels = np.full(count, -1, np.int32)
    found = 0
    if len(arcs):
        nodes = np.flatnonzero(_marked(one, count) | _marked(other, count))
        # The labels' own memory holds the numbers of the nodes left, until components are known.
        labels[nodes] = np.arange(len(nodes), dtype=np.int32)
        ends = gather(labels, one), gather(labels, other)
        core = _scipy_strong(*ends, len(nodes))
        large = np.bincount(core) > 1
        number = np.cumsum(large, dtype=np.int32) - 1
        number[~large] = -1
        core = number.take(core)
        labels[nodes] = core
        found = int(np.count_nonzero(large))
        there = core.take(ends[0])
        arcs = arcs.compress((there >= 0) & (there == core.take(ends[1])))
    if len(itself):
        alone = np.zeros(count, np.bool_)
        alone[source[itself]] = True
        alone &= labels < 0
        labels[alone] = np.arange(found, found + np.count_nonzero(alone))
        arcs = np.union1d(arcs, itself)
    return labels, arcs


def _peeled(source: Integers, target: Integers, count: int) -> tuple[Int64, Integers, Integers]:
    """Peel arcs while that pays; return those left and their ends."""
    before = len(source)
    arcs = _unpeeled(source, target, count)
    source, target = source.take(arcs), target.take(arcs)
    while len(arcs) < (1 - _WORTH_PEELING) * before:
        before = len(arcs)
        kept = _unpeeled(source, target, count)
        arcs, source, target = arcs.take(kept), source.take(kept), target.take(kept)
    return arcs, source, target


def _unpeeled(source: Integers, target: Integers, count: int) -> Int64:
    """Return the arcs whose guarantor somebody guarantees and whose borrower guarantees."""
    keep = gather(_marked(target, count), source)
    keep &= gather(_marked(source, count), target)
    return np.flatnonzero(keep)


def _marked(nodes: Integers, count: int) -> Bool:
    """Return which of all nodes are among some."""
    marks = np.zeros(count, np.bool_)
    for i in range(0, len(nodes), BLOCK):
        marks[nodes[i : i + BLOCK].astype(np.int64, copy=False)] = True
    return marks


def sorted_pairs(source: Integers, target: Integers) -> tuple[Int64, Int64]:
    """Return the distinct ordered pairs, sorted; node numbers fit 32 bits."""
    packed = (source.astype(np.uint64) << np.uint64(32)) | target.astype(np.uint64)
    packed.sort()
    first = np.ones(len(packed), np.bool_)
    np.not_equal(packed[1:], packed[:-1], out=first[1:])
    if not first.all():
        packed = packed.compress(first)
    low = np.uint64(0xFFFFFFFF)
    return (packed >> np.uint64(32)).view(np.int64), (packed & low).view(np.int64)


def csr(source: Integers, target: Integers, count: int) -> "csr_array":
    """Return the distinct pairs as SciPy's matrix, in the type its kernels want."""
    from scipy.sparse import csr_array

    rows, columns = sorted_pairs(source, target)
    starts = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(rows, minlength=count), out=starts[1:])
    data = np.ones(len(columns), np.float64)
    return csr_array((data, columns.astype(np.int32), starts), shape=(count, count))


def _scipy_strong(source: Int32, target: Int32, count: int) -> Int32:
    from scipy.sparse.csgraph import connected_components

    graph = csr(source, target, count)
    _number, labels = connected_components(graph, directed=True, connection="strong")
    return np.asarray(labels, np.int32)


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
        nodes, level = _levelled(_hooked(source, target, nodes))
        levels.append(level)
        source, target = _between(source, target, level)
        if not len(source):
            break
    labels = levels.pop()
    while levels:
        level = levels.pop()
        gather_into(level, labels, level)
        labels = level
    return nodes, labels


def _hooked(source: Integers, target: Integers, nodes: int) -> Int32:
    """Join every node to its smallest neighbour, or leave it where none is smaller."""
    parent = np.arange(nodes, dtype=np.int32)
    for i in range(0, len(source), BLOCK):
        one, other = source[i : i + BLOCK], target[i : i + BLOCK]
        larger = np.maximum(one, other).astype(np.int64, copy=False)
        np.minimum.at(parent, larger, np.minimum(one, other).astype(np.int32, copy=False))
    return parent


def _levelled(parent: Int32) -> tuple[int, Int32]:
    """Number the roots in order; return how many there are, and every node's root's number.

    A parent is never larger than its child.  So one pass does it: a parent in an earlier block
    has its number already, and only inside of a block there is a way to climb.
    """
    level = np.empty(len(parent), np.int32)
    found = 0
    for i in range(0, len(parent), BLOCK):
        part = parent[i : i + BLOCK]
        itself = np.arange(i, i + len(part), dtype=np.int32)
        _climb(part, itself)
        roots = np.flatnonzero(part == itself)
        level[roots + i] = np.arange(found, found + len(roots), dtype=np.int32)
        found += len(roots)
        gather_into(level[i : i + BLOCK], level, part)
    return found, level


def _climb(part: Int32, itself: Int32) -> None:
    """Point every node of a block at a root or out of the block, in place."""
    first = itself[0]
    climbing = np.flatnonzero((part >= first) & (part != itself))
    if 4 * len(climbing) > len(part):
        # A long chain: all nodes at once, or those left would be listed anew at every step.
        top = np.where(part >= first, part, itself).astype(np.int64) - first
        while not np.array_equal(above := top.take(top), top):
            top = above
        part[:] = part.take(top)
        return
    while len(climbing):
        here = part.take(climbing)
        above = part.take(here - first)
        part[climbing] = above
        climbing = climbing[(above >= first) & (above != here)]


def _between(source: Integers, target: Integers, level: Int32) -> tuple[Int32, Int32]:
    """Relabel arcs and keep those whose ends still differ."""
    sources, targets = [level[:0]], [level[:0]]
    for i in range(0, len(source), BLOCK):
        one = level.take(source[i : i + BLOCK].astype(np.int64, copy=False), mode="clip")
        other = level.take(target[i : i + BLOCK].astype(np.int64, copy=False), mode="clip")
        left = np.flatnonzero(one != other)
        sources.append(one.take(left))
        targets.append(other.take(left))
    return np.concatenate(sources), np.concatenate(targets)


def gather(values: npt.NDArray[Kind], places: Integers) -> npt.NDArray[Kind]:
    """Return ``values[places]`` block by block, so that casts of places stay in the cache."""
    out = np.empty(len(places), values.dtype)
    gather_into(out, values, places)
    return out


def gather_into(
    out: npt.NDArray[np.generic], values: npt.NDArray[np.generic], places: Integers
) -> None:
    """Write ``values[places]`` as values of the type of ``out``."""
    for i in range(0, len(places), BLOCK):
        at = places[i : i + BLOCK].astype(np.int64, copy=False)
        out[i : i + BLOCK] = values.take(at, mode="wrap")


def parts_by_label(values: Int64, labels: Integers) -> list[Int64]:
    """Split values into one part per distinct label, parts in the order of the labels."""
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    cuts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    return [part for part in np.split(values[order], cuts) if len(part)]
