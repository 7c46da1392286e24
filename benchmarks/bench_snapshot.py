"""The promises of `Snapshot`: approval questions beside networkx on the same contracts.

Every answer is asserted to be networkx's first; then a table is shown, then the ratios that
README promises are asserted.  Ours and the peer are asked in turn, a stretch of questions each,
so that a busy machine slows both.
"""

import statistics
import time
from collections.abc import Callable, Sequence

import attrs
import networkx as nx
import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.books import SEED
from benchmarks.measure import median_ms
from ruralcredit.guarantees import GuaranteeBook, Snapshot
from ruralcredit.synthetic import guarantee_columns

pytestmark = pytest.mark.bench

ROWS = 1_000_000
QUICK_ROWS = 20_000
QUESTIONS = 10_000
STRETCH = 500
LONGEST_WALK = 11

Pairs = list[tuple[str | int, str | int]]
Int64 = npt.NDArray[np.int64]


@attrs.frozen(eq=False)
class Case:
    """A book, its graph, what preparing each took, and what is asked of both."""

    snapshot: Snapshot
    graph: nx.DiGraph
    pairs: Pairs
    prepared_ms: float
    first_ms: float
    built_ms: float


@pytest.fixture(scope="module", params=["int64", "digits"])
def case(request, quick):
    """The realistic book of a million contracts, by number and by text."""
    columns = guarantee_columns(QUICK_ROWS if quick else ROWS, seed=SEED, ids=request.param)
    guarantor, borrower = (
        (ids.astype(str) if ids.dtype.kind == "S" else ids).tolist()
        for ids in (columns.guarantor, columns.borrower)
    )
    Snapshot(GuaranteeBook.from_columns(guarantor=guarantor[:9], borrower=borrower[:9]))
    prepared, first = [], []
    snapshot = None
    for _ in range(1 if quick else 5):
        book = GuaranteeBook.from_columns(guarantor=columns.guarantor, borrower=columns.borrower)
        prepared.append(median_ms(lambda book=book: Snapshot(book), times=1))
        snapshot = Snapshot(book)
        first.append(
            median_ms(lambda asked=snapshot: asked.would_close(borrower[0], guarantor[0]), times=1)
        )
    graph = nx.DiGraph()
    built = median_ms(lambda: graph.add_edges_from(zip(guarantor, borrower, strict=True)), times=1)
    return Case(
        snapshot,
        graph,
        questions(guarantor, borrower, graph),
        statistics.median(prepared),
        statistics.median(first),
        built,
    )


def questions(guarantor: Sequence[str | int], borrower: Sequence[str | int], graph) -> Pairs:
    """Draw (guarantor, borrower): half close, the rest are strangers and hard negatives.

    Those that close come from a walk of up to so many steps; strangers are any two parties; the
    hard ones stand in the largest cluster, the borrower guaranteeing, the guarantor guaranteed.
    """
    rng = np.random.default_rng(SEED)
    parties = list(graph)
    pairs = []
    for row in rng.integers(0, len(guarantor), QUESTIONS // 2).tolist():
        end = borrower[row]
        for _ in range(int(rng.integers(0, LONGEST_WALK))):
            after = list(graph[end])
            if not after:
                break
            end = after[int(rng.integers(0, len(after)))]
        pairs.append((end, guarantor[row]))
    for one, other in rng.integers(0, len(parties), (QUESTIONS // 4, 2)).tolist():
        pairs.append((parties[one], parties[other]))
    cluster = sorted(max(nx.weakly_connected_components(graph), key=len))
    giving = [party for party in cluster if graph.out_degree(party)]
    taking = [party for party in cluster if graph.in_degree(party)]
    for _ in range(QUESTIONS // 4):
        one, other = int(rng.integers(0, len(taking))), int(rng.integers(0, len(giving)))
        pairs.append((taking[one], giving[other]))
    return [pairs[place] for place in rng.permutation(len(pairs)).tolist()]


def timed_us(ask: Callable[..., bool], pairs: Pairs) -> tuple[list[bool], list[float]]:
    """Ask one by one; return the answers and the microseconds of each."""
    answers, taken = [], []
    for pair in pairs:
        start = time.perf_counter_ns()
        answers.append(ask(*pair))
        taken.append((time.perf_counter_ns() - start) / 1e3)
    return answers, taken


def test_preparing_costs_a_fifteenth_of_building_the_graph(case, quick, show):
    """The labels; and with them the numbers of all ids, made when first asked by id."""
    rows = [
        ["networkx DiGraph of ids", f"{case.built_ms:,.0f}", "1"],
        ["Snapshot(book)", f"{case.prepared_ms:,.0f}", f"{case.built_ms / case.prepared_ms:.1f}"],
        ["the first question by id", f"{case.first_ms:,.0f}", ""],
        [
            "both",
            f"{case.prepared_ms + case.first_ms:,.0f}",
            f"{case.built_ms / (case.prepared_ms + case.first_ms):.1f}",
        ],
    ]

    show("preparing", ["what", "ms", "times faster"], rows)
    if not quick:
        assert case.built_ms / case.prepared_ms >= 15


def test_one_question_beats_has_path(case, quick, show):
    """Four times as fast in the median, ten times at the 99th percentile."""
    ours, theirs = [], []
    for at in range(0, QUESTIONS, STRETCH):
        pairs = case.pairs[at : at + STRETCH]
        mine, taken = timed_us(case.snapshot.would_close, pairs)
        expected, peer = timed_us(lambda g, b: nx.has_path(case.graph, b, g), pairs)
        assert expected == mine
        ours += taken
        theirs += peer

    figures = [[f(np.array(each)) for f in MEASURES.values()] for each in (ours, theirs)]
    ratios = [peer / mine for mine, peer in zip(*figures, strict=True)]
    show(
        f"{QUESTIONS:,} questions one by one, microseconds",
        ["", *MEASURES],
        [
            [name, *(f"{value:.2f}" for value in row)]
            for name, row in zip(
                ("Snapshot.would_close", "networkx.has_path", "ratio"),
                (*figures, ratios),
                strict=True,
            )
        ],
    )
    if not quick:
        assert ratios[0] >= 4
        assert ratios[1] >= 10


MEASURES: dict[str, Callable[[npt.NDArray[np.float64]], float]] = {
    "median": lambda us: float(np.median(us)),
    "p99": lambda us: float(np.percentile(us, 99)),
    "mean": lambda us: float(us.mean()),
}


def test_a_batch_beats_has_path(case, quick, show):
    """Ten thousand at once: 25 times as fast by id, 150 times by codes made before."""
    guarantors, borrowers = ([*side] for side in zip(*case.pairs, strict=True))
    codes = case.snapshot.codes(guarantors), case.snapshot.codes(borrowers)
    ways: dict[str, Callable[[], npt.NDArray[np.bool_]]] = {
        "by id": lambda: case.snapshot.would_close_columns(guarantors, borrowers),
        "by codes": lambda: case.snapshot.would_close_columns(*codes),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    theirs = 0.0
    expected: list[bool] = []
    for at in range(0, QUESTIONS, STRETCH):
        for name, ask in ways.items():
            taken[name].append(median_ms(ask, times=1 if quick else 3))
        found, us = timed_us(
            lambda g, b: nx.has_path(case.graph, b, g), case.pairs[at : at + STRETCH]
        )
        expected += found
        theirs += sum(us) / 1e3

    for ask in ways.values():
        assert expected == ask().tolist()
    ratios = {name: theirs / statistics.median(ms) for name, ms in taken.items()}
    show(
        f"a batch of {QUESTIONS:,}",
        ["", "ms", "times faster"],
        [
            ["networkx.has_path, one by one", f"{theirs:.1f}", "1"],
            *(
                [name, f"{statistics.median(ms):.2f}", f"{ratios[name]:.0f}"]
                for name, ms in taken.items()
            ),
        ],
    )
    if not quick:
        assert ratios["by id"] >= 25
        assert ratios["by codes"] >= 150
