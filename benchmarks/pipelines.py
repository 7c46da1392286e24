"""The same job by each library: id columns and amounts in; loops, clusters and exposure out.

A pipeline takes the two id columns (an Arrow string array each, or an int64 array each) and the
int64 amounts, and returns an `Answer`.  A peer gets its best ready input: codes by the best
general factoriser at hand, in the container from which its own graph is built fastest (measured:
tuples for igraph and rustworkx, a pair of int64 arrays for networkit, ids for networkx).  Each
library loads inside the pipeline that needs it, so that a fresh process holds no other's.
"""

import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

Int64 = npt.NDArray[np.int64]


class Clock:
    """Laps of one run, in milliseconds."""

    def __init__(self) -> None:
        """Start the first lap."""
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Close the lap that ran since the last call."""
        now = time.perf_counter()
        self.laps[name] = (now - self._last) * 1e3
        self._last = now


@attrs.frozen(kw_only=True, eq=False)
class Answer:
    """What every pipeline must find, in its own numbering of loops and clusters.

    Attributes:
        loop_of: Loop of each row's guarantor, -1 for none.
        cluster_of: Cluster of each row's guarantor.
        members: Ids of the parties on each loop.
        loop_fen: Money guaranteed inside each loop.
        cluster_fen: Money guaranteed inside each cluster.
        of_borrowers: Gives loops and clusters of the rows' borrowers, asked after time and memory
            were taken, only to be compared.
    """

    loop_of: Int64
    cluster_of: Int64
    members: Sequence[Sequence[str | int]]
    loop_fen: Int64
    cluster_fen: Int64
    of_borrowers: Callable[[], tuple[Int64, Int64]]

    def digest(self) -> str:
        """Return a hash that two answers share when they are equal up to numbering."""
        found = hashlib.blake2b(digest_size=16)
        loop_of, cluster_of = self.of_borrowers()
        for labels, fen in (
            (np.concatenate((self.loop_of, loop_of)), self.loop_fen),
            (np.concatenate((self.cluster_of, cluster_of)), self.cluster_fen),
        ):
            held = np.flatnonzero(labels >= 0)
            names, first, again = np.unique(labels[held], return_index=True, return_inverse=True)
            by_first = np.argsort(first)
            rank = np.empty(len(names), dtype=np.int64)
            rank[by_first] = np.arange(len(names))
            for part in (held, rank[again], fen[names[by_first]]):
                found.update(part.astype(np.int64).tobytes())
        for loop in sorted(sorted(map(str, loop)) for loop in self.members):
            found.update(" ".join(loop).encode() + b"\n")
        return found.hexdigest()


@attrs.frozen(kw_only=True, eq=False)
class Coded:
    """Both id columns as codes of one dictionary, with the amounts."""

    parties: "pa.Array | Int64"
    source: Int64
    target: Int64
    amount: Int64

    @classmethod
    def by_arrow(
        cls, guarantor: "pa.Array | Int64", borrower: "pa.Array | Int64", amount: Int64
    ) -> "Coded":
        """Code strings by Arrow's dictionary, the best of its ways measured; int64 by pandas."""
        if isinstance(guarantor, np.ndarray):
            return cls.by_pandas(guarantor, borrower, amount)
        import pyarrow as pa

        both = pa.concat_arrays([guarantor, borrower]).dictionary_encode()
        codes = both.indices.to_numpy()
        rows = len(amount)
        return cls(
            parties=both.dictionary, source=codes[:rows], target=codes[rows:], amount=amount
        )

    @classmethod
    def by_pandas(
        cls, guarantor: "pa.Array | Int64", borrower: "pa.Array | Int64", amount: Int64
    ) -> "Coded":
        """Code either kind of id by `pandas.factorize`."""
        import pandas as pd

        if isinstance(guarantor, np.ndarray):
            codes, parties = pd.factorize(np.concatenate((guarantor, borrower)))
        else:
            import pyarrow as pa

            both = pa.chunked_array([guarantor, borrower])
            codes, index = pd.factorize(pd.Series(both, dtype=pd.ArrowDtype(both.type)))
            parties = pa.array(index)
        rows = len(amount)
        return cls(parties=parties, source=codes[:rows], target=codes[rows:], amount=amount)

    def answer(self, strong: Int64, weak: Int64, *, clock: Clock, members: bool) -> Answer:
        """Turn component labels by code into members, labels and exposure."""
        held = np.bincount(strong) > 1
        loops = int(held.sum())
        loop_of = np.where(held, np.cumsum(held) - 1, -1)[strong]
        ids: list[list[str | int]] = []
        if members:
            inside = np.flatnonzero(loop_of >= 0)
            inside = inside[np.argsort(loop_of[inside], kind="stable")]
            flat = self.parties.take(inside).tolist()
            ends = np.cumsum(np.bincount(loop_of[inside], minlength=loops)).tolist()
            ids = [flat[a:b] for a, b in itertools.pairwise([0, *ends])]
        clock.lap("members")
        at, cluster_at = loop_of[self.source], weak[self.source]
        clock.lap("labels")
        rows = np.flatnonzero((at >= 0) & (at == loop_of[self.target]))
        # Sums of a float64 bincount are exact: no total of these books reaches 2**53 fen.
        loop_fen = np.bincount(at[rows], weights=self.amount[rows], minlength=loops)
        cluster_fen = np.bincount(cluster_at, weights=self.amount)
        clock.lap("money")
        return Answer(
            loop_of=at,
            cluster_of=cluster_at,
            members=ids,
            loop_fen=loop_fen.astype(np.int64),
            cluster_fen=cluster_fen.astype(np.int64),
            of_borrowers=lambda: (loop_of[self.target], weak[self.target]),
        )


def _scipy(coded: Coded, *, clock: Clock, members: bool) -> Answer:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    clock.lap("codes")
    parties = len(coded.parties)
    graph = csr_array(
        (np.ones(len(coded.amount), dtype=bool), (coded.source, coded.target)),
        shape=(parties, parties),
    )
    clock.lap("build")
    _, strong = connected_components(graph, connection="strong")
    clock.lap("strong")
    _, weak = connected_components(graph, directed=False)
    clock.lap("weak")
    return coded.answer(strong, weak, clock=clock, members=members)


def scipy_arrow(
    guarantor: "pa.Array | Int64",
    borrower: "pa.Array | Int64",
    amount: Int64,
    *,
    clock: Clock,
    members: bool = True,
) -> Answer:
    """Run scipy.sparse.csgraph on Arrow's codes."""
    coded = Coded.by_arrow(guarantor, borrower, amount)
    return _scipy(coded, clock=clock, members=members)


def scipy_pandas(
    guarantor: "pa.Array | Int64",
    borrower: "pa.Array | Int64",
    amount: Int64,
    *,
    clock: Clock,
    members: bool = True,
) -> Answer:
    """Run scipy.sparse.csgraph on pandas' codes."""
    coded = Coded.by_pandas(guarantor, borrower, amount)
    return _scipy(coded, clock=clock, members=members)


def igraph(
    guarantor: "pa.Array | Int64",
    borrower: "pa.Array | Int64",
    amount: Int64,
    *,
    clock: Clock,
    members: bool = True,
) -> Answer:
    """Run igraph on Arrow's codes, given as tuples (2.5 times faster than an array)."""
    import igraph as ig

    coded = Coded.by_arrow(guarantor, borrower, amount)
    clock.lap("codes")
    edges = list(zip(coded.source.tolist(), coded.target.tolist(), strict=True))
    graph = ig.Graph(n=len(coded.parties), edges=edges, directed=True)
    clock.lap("build")
    strong = np.array(graph.connected_components("strong").membership)
    clock.lap("strong")
    weak = np.array(graph.connected_components("weak").membership)
    clock.lap("weak")
    return coded.answer(strong, weak, clock=clock, members=members)


def rustworkx(
    guarantor: "pa.Array | Int64",
    borrower: "pa.Array | Int64",
    amount: Int64,
    *,
    clock: Clock,
    members: bool = True,
) -> Answer:
    """Run rustworkx on Arrow's codes."""
    import rustworkx as rx

    coded = Coded.by_arrow(guarantor, borrower, amount)
    clock.lap("codes")
    graph = rx.PyDiGraph()
    graph.extend_from_edge_list(
        list(zip(coded.source.tolist(), coded.target.tolist(), strict=True))
    )
    clock.lap("build")
    strong = _labels(rx.strongly_connected_components(graph), len(coded.parties))
    clock.lap("strong")
    weak = _labels(rx.weakly_connected_components(graph), len(coded.parties))
    clock.lap("weak")
    return coded.answer(strong, weak, clock=clock, members=members)


def _labels(components: Sequence[Iterable[int]], parties: int) -> Int64:
    sizes = np.fromiter(map(len, components), dtype=np.int64, count=len(components))
    labels = np.empty(parties, dtype=np.int64)
    flat = itertools.chain.from_iterable(components)
    labels[np.fromiter(flat, dtype=np.int64, count=parties)] = np.repeat(
        np.arange(len(sizes)), sizes
    )
    return labels


def networkit(
    guarantor: "pa.Array | Int64",
    borrower: "pa.Array | Int64",
    amount: Int64,
    *,
    clock: Clock,
    members: bool = True,
) -> Answer:
    """Run networkit, on as many threads as it takes, on Arrow's codes."""
    import networkit as nk

    coded = Coded.by_arrow(guarantor, borrower, amount)
    clock.lap("codes")
    # Anything but 64-bit codes ends the process without a word.
    pair = (coded.source.astype(np.int64), coded.target.astype(np.int64))
    graph = nk.GraphFromCoo(pair, n=len(coded.parties), directed=True)
    clock.lap("build")
    loops = nk.components.StronglyConnectedComponents(graph)
    loops.run()
    strong = np.array(loops.getPartition().getVector())
    clock.lap("strong")
    clusters = nk.components.WeaklyConnectedComponents(graph)
    clusters.run()
    weak = np.array(clusters.getPartition().getVector())
    clock.lap("weak")
    return coded.answer(strong, weak, clock=clock, members=members)


def networkx(
    guarantor: "pa.Array | Int64",
    borrower: "pa.Array | Int64",
    amount: Int64,
    *,
    clock: Clock,
    members: bool = True,
) -> Answer:
    """Run networkx on the ids themselves; its answers are sets, so members cost nothing more."""
    del members
    import networkx as nx

    rows = list(zip(guarantor.tolist(), borrower.tolist(), strict=True))
    clock.lap("codes")
    graph = nx.DiGraph()
    graph.add_edges_from(rows)
    clock.lap("build")
    loops = [part for part in nx.strongly_connected_components(graph) if len(part) > 1]
    loop_of = {party: k for k, part in enumerate(loops) for party in part}
    clock.lap("strong")
    clusters = list(nx.weakly_connected_components(graph))
    cluster_of = {party: k for k, part in enumerate(clusters) for party in part}
    clock.lap("weak")
    loop_at = [loop_of.get(source, -1) for source, _ in rows]
    cluster_at = [cluster_of[source] for source, _ in rows]
    clock.lap("labels")
    loop_fen, cluster_fen = [0] * len(loops), [0] * len(clusters)
    for (_, target), fen, loop, cluster in zip(
        rows, amount.tolist(), loop_at, cluster_at, strict=True
    ):
        cluster_fen[cluster] += fen
        if loop >= 0 and loop == loop_of.get(target):
            loop_fen[loop] += fen
    clock.lap("money")
    return Answer(
        loop_of=np.array(loop_at),
        cluster_of=np.array(cluster_at),
        members=[list(part) for part in loops],
        loop_fen=np.array(loop_fen, dtype=np.int64),
        cluster_fen=np.array(cluster_fen, dtype=np.int64),
        of_borrowers=lambda: (
            np.array([loop_of.get(target, -1) for _, target in rows]),
            np.array([cluster_of[target] for _, target in rows]),
        ),
    )


def ours(
    guarantor: "pa.Array | Int64",
    borrower: "pa.Array | Int64",
    amount: Int64,
    *,
    clock: Clock,
    members: bool = True,
) -> Answer:
    """Run ruralcredit through its public face, touching all that is computed late."""
    from ruralcredit.guarantees import GuaranteeBook, find_circles, find_clusters

    book = GuaranteeBook.from_columns(guarantor=guarantor, borrower=borrower, amount_fen=amount)
    clock.lap("book")
    circles = find_circles(book)
    loop_fen = circles.guaranteed_fen
    clock.lap("loops")
    clusters = find_clusters(book)
    cluster_fen = clusters.guaranteed_fen
    clock.lap("clusters")
    ids = [circle.members for circle in circles] if members else []
    clock.lap("members")
    loop_at, cluster_at = circles.label_of(guarantor), clusters.label_of(guarantor)
    clock.lap("labels")
    return Answer(
        loop_of=loop_at,
        cluster_of=cluster_at,
        members=ids,
        loop_fen=loop_fen,
        cluster_fen=cluster_fen,
        of_borrowers=lambda: (circles.label_of(borrower), clusters.label_of(borrower)),
    )


@attrs.frozen(kw_only=True)
class Peer:
    """What a user would take instead, and how many times as fast we promise to be.

    Attributes:
        run: Its pipeline.
        module: The module that must be installed.
        bar_fixed: The promise for text ids of one width that differ in digits.
        bar_other: The promise for 18-character codes and for mixed widths.
        is_slow: Whether one run per process must do.
    """

    run: Callable[..., Answer]
    module: str
    bar_fixed: float
    bar_other: float
    is_slow: bool = False


PEERS = {
    "scipy, Arrow codes": Peer(run=scipy_arrow, module="scipy", bar_fixed=2, bar_other=1.2),
    "scipy, pandas codes": Peer(run=scipy_pandas, module="pandas", bar_fixed=2, bar_other=1.2),
    "networkit": Peer(run=networkit, module="networkit", bar_fixed=5, bar_other=3),
    "igraph": Peer(run=igraph, module="igraph", bar_fixed=10, bar_other=6),
    "rustworkx": Peer(run=rustworkx, module="rustworkx", bar_fixed=10, bar_other=6),
    "networkx": Peer(run=networkx, module="networkx", bar_fixed=100, bar_other=50, is_slow=True),
}
OURS = "ruralcredit"
PIPELINES = {OURS: ours, **{name: peer.run for name, peer in PEERS.items()}}
