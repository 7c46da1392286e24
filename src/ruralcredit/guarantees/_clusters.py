"""Clusters (担保圈): parties tied together by guarantees, whatever their direction."""

import attrs
import numpy as np

from ruralcredit.guarantees._book import GuaranteeBook
from ruralcredit.guarantees._groups import (
    ClusterSummary,
    GroupsView,
    GroupView,
    summary_fields,
)
from ruralcredit.guarantees._kernels import weak_labels
from ruralcredit.guarantees._partition import make_partition


@attrs.frozen(eq=False, repr=False, slots=False)
class Cluster(GroupView):
    """A cluster (担保圈): parties that guarantees join, directly or through others.

    A cluster is a view of its book; nothing is spelled out before it is asked for.

    >>> book = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "c"])
    >>> cluster = find_clusters(book)[0]
    >>> cluster, cluster.members
    (Cluster(C-3f98d128d5ac: 3 members, 2 contracts), ('a', 'b', 'c'))
    """

    _prefix = "C"

    def summary(self) -> ClusterSummary:
        """Return all of it as plain values, without the book."""
        return ClusterSummary(**summary_fields(self))


@attrs.frozen(eq=False, repr=False)
class Clusters(GroupsView[Cluster]):
    """All clusters of a book as columns, largest first; one becomes an object when looked at.

    >>> book = GuaranteeBook.from_columns(guarantor=["a", "x"], borrower=["b", "y"])
    >>> clusters = find_clusters(book)
    >>> clusters, clusters.label_of(["y", "nobody"]).tolist()
    (Clusters(2), [1, -1])
    """

    def _view(self, at: int) -> Cluster:
        return Cluster(self._part, at)


def find_clusters(book: GuaranteeBook, *, counter_guarantees: bool = False) -> Clusters:
    """Find the clusters (担保圈) of a book: its weakly connected parties.

    All rows that count join, joint agreements and licensed guarantee companies too.  Order:
    known guaranteed_fen, members, contracts, largest first, then smallest id.

    Args:
        book: The book, asked for its own day.
        counter_guarantees: Whether counter-guarantees (反担保) join parties too.

    Returns:
        A lazy sequence; every party of a row that counts is in exactly one cluster.

    Source:
        domain text "guarantee networks", 1.1: supervisors count connected sub-graphs.

    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "x"], borrower=["b", "y"], amount_fen=[100, 200]
    ... )
    >>> [cluster.members for cluster in find_clusters(book)]
    [('x', 'y'), ('a', 'b')]
    """
    arcs = book.cluster_arcs(counter_guarantees=counter_guarantees)
    number, labels = weak_labels(arcs.source, arcs.target, book.node_count)
    if len(arcs.rows) < len(book.ledger) or book.relations is not None:
        # Parties without a row that counts are in no cluster.
        used = np.zeros(number, np.bool_)
        used[labels[arcs.source]] = True
        renumber = np.cumsum(used) - 1
        renumber[~used] = -1
        labels = renumber[labels]
    return Clusters(make_partition(book, labels, arcs))
