"""Loops and clusters beside four graph libraries, on books of up to 60 parties."""

import datetime

import igraph
import networkx as nx
import numpy as np
import rustworkx
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from drawn_books import ONE_DAY, counted, sets_of
from ruralcredit.guarantees import GuaranteeBook, Relations, find_circles, find_clusters

# ---- against graph libraries, on larger books ----------------------------------------


Pairs = list[tuple[int, int]]


def larger_books() -> st.SearchStrategy[Pairs]:
    """Pairs of a book of up to 60 parties, parallel and self among them."""
    party = st.integers(0, 59)
    near = st.tuples(party, st.integers(0, 3)).map(_near)
    return st.lists(st.tuples(party, party) | near, min_size=20, max_size=140)


def _near(pair: tuple[int, int]) -> tuple[int, int]:
    return (pair[0], (pair[0] + pair[1]) % 60)


def parts_by_networkx(pairs: Pairs, *, strong: bool) -> list[set[int]]:
    """Components by networkx."""
    graph = nx.DiGraph(pairs)
    find = nx.strongly_connected_components if strong else nx.weakly_connected_components
    return [set(part) for part in find(graph)]


def parts_by_scipy(pairs: Pairs, *, strong: bool) -> list[set[int]]:
    """Components by SciPy."""
    ends = np.array(pairs).T
    size = int(ends.max()) + 1
    matrix = coo_array((np.ones(len(pairs), dtype=np.int8), (ends[0], ends[1])), (size, size))
    kind = "strong" if strong else "weak"
    _, labels = connected_components(matrix.tocsr(), directed=True, connection=kind)
    present = set(ends.ravel().tolist())
    return [
        {int(party) for party in np.flatnonzero(labels == label)} & present
        for label in np.unique(labels)
    ]


def parts_by_igraph(pairs: Pairs, *, strong: bool) -> list[set[int]]:
    """Components by igraph."""
    graph = igraph.Graph(edges=pairs, directed=True)
    present = {party for pair in pairs for party in pair}
    parts = graph.connected_components(mode="strong" if strong else "weak")
    return [set(part) & present for part in parts]


def parts_by_rustworkx(pairs: Pairs, *, strong: bool) -> list[set[int]]:
    """Components by rustworkx."""
    graph = rustworkx.PyDiGraph()
    graph.extend_from_edge_list(pairs)
    present = {party for pair in pairs for party in pair}
    find = (
        rustworkx.strongly_connected_components
        if strong
        else rustworkx.weakly_connected_components
    )
    return [set(part) & present for part in find(graph)]


PEERS = (parts_by_networkx, parts_by_scipy, parts_by_igraph, parts_by_rustworkx)


def assert_equal_to_peers(book: GuaranteeBook, pairs: Pairs) -> None:
    """Circles and clusters equal the components of four libraries."""
    loops, weak = sets_of(find_circles(book)), sets_of(find_clusters(book))
    selves = {a for a, b in pairs if a == b}
    for peer in PEERS:
        strong = [frozenset(part) for part in peer(pairs, strong=True)]
        assert counted(part for part in strong if len(part) > 1 or part & selves) == loops
        assert counted(frozenset(p) for p in peer(pairs, strong=False) if p) == weak


@given(larger_books())
def test_circles_and_clusters_equal_four_graph_libraries(pairs):
    """Strong and weak components with parallel and self-guarantees."""
    book = GuaranteeBook.from_columns(
        guarantor=[a for a, _ in pairs], borrower=[b for _, b in pairs]
    )

    assert_equal_to_peers(book, pairs)


@given(larger_books(), st.randoms(use_true_random=False))
def test_a_dated_book_equals_four_graph_libraries(pairs, random):
    """The same where some guarantees have lapsed, are released or not begun."""
    today = datetime.date(2024, 6, 30)
    starts, due, released = zip(
        *[
            random.choice(
                (
                    (None, None, None),
                    (today, None, today + ONE_DAY),
                    (today + ONE_DAY, None, None),
                    (None, datetime.date(2023, 12, 31), None),
                    (None, datetime.date(2023, 12, 29), None),
                    (None, None, today),
                )
            )
            for _ in pairs
        ],
        strict=True,
    )
    book = GuaranteeBook.from_columns(
        guarantor=[f"P{a}" for a, _ in pairs],
        borrower=[f"P{b}" for _, b in pairs],
        starts_on=list(starts),
        debt_due_on=list(due),
        released_on=list(released),
    )
    rows = zip(pairs, starts, due, released, strict=True)
    left = [
        pair
        for pair, start, end, release in rows
        if (start is None or start <= today)
        and end != datetime.date(2023, 12, 29)
        and (release is None or today < release)
    ]

    dated = book.as_of(today)

    assert len(left) == len(dated)
    if left:
        loops = sets_of(find_circles(dated))
        selves = {a for a, b in left if a == b}
        for peer in PEERS:
            strong = peer(left, strong=True)
            expected = [part for part in strong if len(part) > 1 or part & selves]
            assert counted(frozenset(f"P{p}" for p in part) for part in expected) == loops


@given(larger_books(), st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59)), max_size=8))
def test_a_merged_book_equals_four_graph_libraries(pairs, links):
    """Loops of merged parties are the strong components of the quotient graph."""
    book = GuaranteeBook.from_columns(
        guarantor=[a for a, _ in pairs], borrower=[b for _, b in pairs]
    )
    relations = Relations.from_columns(
        a=[a for a, _ in links], b=[b for _, b in links], kind=["control"] * len(links)
    )
    joined = nx.Graph(links)
    joined.add_nodes_from(range(60))
    group = {p: min(part) for part in nx.connected_components(joined) for p in part}
    quotient = [(group[a], group[b]) for a, b in pairs if group[a] != group[b]]
    assume(quotient)

    merged = find_circles(book.merge(relations, kinds=("control",)))

    several = counted(
        frozenset(group[party] for party in circle.members)
        for circle in merged
        if len({group[party] for party in circle.members}) > 1
    )
    for peer in PEERS:
        parts = peer(quotient, strong=True)
        assert counted(frozenset(part) for part in parts if len(part) > 1) == several
