"""Which parties lie on a closed loop, joint agreements taken into account.

Rows of one joint agreement (联保协议) alone close no loop.  Every simple loop lies in one
block (biconnected part) of its strong component, so a block whose rows all belong to one
agreement is a joint group, and the loops are the strong components of what is left.
"""

import numpy as np
import numpy.typing as npt

from ruralcredit.guarantees._kernels import parts_by_label, strong_labels

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Integers = npt.NDArray[np.integer]


def loop_labels(
    source: Integers, target: Integers, count: int, agreements: Integers | None
) -> tuple[Int32, Int64, Int64]:
    """Return per node its closed loop, -1 for none, the arcs on loops, and those only joint.

    Args:
        source: Nodes where arcs start.
        target: Nodes where arcs end.
        count: Number of nodes.
        agreements: Joint agreement of each arc, -1 for none; None when nobody brought any.

    Returns:
        int32 labels of shape ``(count,)``; ascending positions of the arcs inside a loop; and
        of the arcs whose loops all run inside one agreement.
    """
    labels, arcs = strong_labels(source, target, count)
    only_joint = arcs[:0]
    if agreements is None or not (agreements[arcs] >= 0).any():
        return labels, arcs, only_joint
    parts = parts_by_label(arcs, labels[source[arcs]])
    joint = [_joint_arcs(part, source, target, agreements) for part in parts]
    only_joint = np.sort(np.concatenate(joint))
    if not len(only_joint):
        return labels, arcs, only_joint
    # Loops cannot leave their strong component: only its other arcs are asked again.
    rest = np.setdiff1d(arcs, only_joint, assume_unique=True)
    labels, found = strong_labels(source[rest], target[rest], count)
    return labels, rest[found], only_joint


def _joint_arcs(arcs: Int64, source: Integers, target: Integers, agreements: Integers) -> Int64:
    """Return the arcs of one strong component that close loops only inside one agreement."""
    found = agreements[arcs]
    if (found < 0).all():
        return arcs[:0]
    if found[0] >= 0 and (found == found[0]).all():
        return arcs
    itself = source[arcs] == target[arcs]
    joint = [arcs[itself & (found >= 0)]]
    arcs = arcs[~itself]
    block_of = _blocks(source[arcs], target[arcs])
    for block in parts_by_label(arcs, block_of):
        first = agreements[block[0]]
        if first >= 0 and (agreements[block] == first).all():
            joint.append(block)
    return np.concatenate(joint)


def _blocks(source: Integers, target: Integers) -> Int64:
    """Return the biconnected block of each arc, read without direction."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_edges_from(zip(source.tolist(), target.tolist(), strict=True))
    block_of: dict[frozenset[int], int] = {}
    for number, edges in enumerate(nx.biconnected_component_edges(graph)):
        block_of.update((frozenset(edge), number) for edge in edges)
    pairs = zip(source.tolist(), target.tolist(), strict=True)
    return np.fromiter((block_of[frozenset(pair)] for pair in pairs), np.int64, len(source))
