"""Real networks with published components, and long books of one shape."""

import datetime
import itertools
import sys

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.guarantees import (
    GuaranteeBook,
    Relations,
    _kernels,
    check_party,
    cycles,
    find_chains,
    find_circles,
    find_clusters,
    find_hidden_circles,
    find_hubs,
)
from shared_data import shared_arcs

LARGE = 100_000


# ---- real networks -------------------------------------------------------------------


def test_gnutella_has_its_published_components():
    """SNAP p2p-Gnutella08: 2068 parties and 9313 rows; 6299 parties and 20776 rows."""
    arcs = shared_arcs("data/p2p-Gnutella08.txt.gz")
    book = GuaranteeBook.from_columns(guarantor=arcs[:, 0], borrower=arcs[:, 1])

    circles, clusters = find_circles(book), find_clusters(book)

    assert (2068, 9313) == (len(circles[0].members), len(circles[0].rows))
    assert (6299, 20776) == (len(clusters[0].members), len(clusters[0].rows))
    assert int(circles.member_counts.max()) == 2068


def test_a_village_of_relations_merges_to_its_components():
    """A loop through two persons of the large family of one village is hidden."""
    links = shared_arcs("data/india_village1_all_relationships.txt.gz")
    village = nx.Graph(links.tolist())
    largest, *_, smallest = sorted(nx.connected_components(village), key=len, reverse=True)
    first, *_, last = sorted(largest)
    other = min(smallest)
    relations = Relations.from_columns(a=links[:, 0], b=links[:, 1], kind=["kin"] * len(links))
    book = GuaranteeBook.from_columns(guarantor=[other, last], borrower=[first, other])

    hidden = find_hidden_circles(book, relations)

    assert len(largest) == 825
    assert [tuple(sorted((other, first, last)))] == [circle.members for circle in hidden]
    steps = hidden[0].evidence(row=0)
    shortest = nx.shortest_path_length(village, first, last)
    assert shortest == sum(step.kind == "relation" for step in steps)


# ---- long ones -----------------------------------------------------------------------


def test_a_ring_of_a_hundred_thousand_is_walked_without_recursion():
    """One circle, a witness through all of it, closed by its last contract."""
    parties = np.arange(LARGE)
    first = np.datetime64("2020-01-01")
    book = GuaranteeBook.from_columns(
        guarantor=parties,
        borrower=np.roll(parties, -1),
        starts_on=first + (parties % 1000).astype("timedelta64[D]"),
        debt_due_on=np.full(LARGE, np.datetime64("2030-01-31")),
    )

    circle = find_circles(book)[0]

    assert ("ring", LARGE) == (circle.kind, len(circle.members))
    assert sorted(circle.witness(row=7)) == list(range(LARGE))
    assert circle.witness(row=7)[:3] == (7, 8, 9)
    assert datetime.date(2022, 9, 26) == circle.closed_on
    assert datetime.date(2030, 8, 1) == circle.ends_on
    assert LARGE // 1000 == len(circle.closed_by)
    assert check_party(book, 5).outcome == "in_loop"


def test_a_chain_of_a_hundred_thousand_is_one_cluster_and_one_chain():
    """No loop; longest chain of all parties; open ends leave the middle undetermined."""
    parties = np.arange(LARGE)
    book = GuaranteeBook.from_columns(
        guarantor=parties[:-1], borrower=parties[1:], open_parties=[0, LARGE - 1]
    )

    assert [] == list(find_circles(book))
    assert LARGE == len(find_clusters(book)[0].members)
    assert LARGE == len(find_chains(book)[0].parties)
    assert check_party(book, LARGE // 2).status == "undetermined"


@pytest.mark.parametrize("hub", [0, LARGE])
@pytest.mark.parametrize("both", [False, True])
def test_a_star_of_a_hundred_thousand_has_its_hub_first_or_last(hub, both):
    """One way it is a hub and no loop, both ways one compound circle."""
    rim = np.array([n for n in range(LARGE + 1) if n != hub])
    centre = np.full(LARGE, hub)
    guarantor = np.concatenate([centre, rim]) if both else centre
    borrower = np.concatenate([rim, centre]) if both else rim
    book = GuaranteeBook.from_columns(guarantor=guarantor, borrower=borrower)

    circles = find_circles(book)

    assert LARGE + 1 == len(find_clusters(book)[0].members)
    assert ([LARGE + 1] if both else []) == circles.member_counts.tolist()
    if both:
        assert ("compound", 2) == (circles[0].kind, len(circles[0].witness()))
    else:
        assert ["one_for_many"] == [found.kind for found in find_hubs(book)]


def test_a_thousand_circles_are_each_found_by_place_and_by_walking():
    """Pair n owes the more the smaller n: places, columns and members agree."""
    first = np.arange(0, 2_000, 2)
    book = GuaranteeBook.from_columns(
        guarantor=np.concatenate([first, first + 1]),
        borrower=np.concatenate([first + 1, first]),
        amount_fen=np.concatenate([2_000 - first, 2_000 - first]),
        starts_on=np.datetime64("2020-01-01") + np.tile(first, 2).astype("timedelta64[D]"),
    )

    circles = find_circles(book)

    expected = [(int(n), int(n) + 1) for n in first]
    assert expected == [circle.members for circle in circles]
    assert expected[::-1] == [circles[n].members for n in reversed(range(1_000))]
    assert [(n, n + 1_000) for n in range(1_000)] == [tuple(circle.rows) for circle in circles]
    assert [4_000 - 2 * int(n) for n in first] == circles.guaranteed_fen.tolist()
    assert np.repeat(np.arange(1_000), 2).tolist() == circles.label_of(range(2_000)).tolist()
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=int(n)) for n in first]
    assert days == [circle.closed_on for circle in circles]


def test_a_hundred_thousand_parallel_guarantees_are_one_mutual_circle():
    """Rows and money are kept; the pairs are two."""
    ends = np.tile([0, 1], LARGE // 2)
    book = GuaranteeBook.from_columns(
        guarantor=ends, borrower=1 - ends, amount_fen=np.full(LARGE, 3)
    )

    circle = find_circles(book)[0]

    assert ("mutual", LARGE, 3 * LARGE) == (circle.kind, len(circle.rows), circle.guaranteed_fen)
    assert 1.0 == circle.density


def test_cycles_of_a_dense_circle_stop_at_their_budget_and_say_so():
    """Twenty parties that all guarantee each other have more cycles than anybody reads."""
    names = range(20)
    arcs = list(itertools.permutations(names, 2))
    book = GuaranteeBook.from_columns(
        guarantor=[a for a, _ in arcs], borrower=[b for _, b in arcs]
    )

    found = cycles(find_circles(book)[0], max_length=20, max_count=1_000, budget=100_000)
    pairs = cycles(find_circles(book)[0], max_length=2, max_count=1_000)

    assert (False, 1_000) == (found.complete, len(found.items))
    assert (True, 190) == (pairs.complete, len(pairs.items))


def test_a_length_bound_that_finds_nothing_answers_at_once():
    """A ring of diamonds: no cycle of at most 20 parties among 2**40 of 80."""
    turns = 40
    arcs = [
        pair
        for n in range(turns)
        for pair in (
            (f"{n:02d}a", f"{n:02d}b"),
            (f"{n:02d}a", f"{n:02d}c"),
            (f"{n:02d}b", f"{(n + 1) % turns:02d}a"),
            (f"{n:02d}c", f"{(n + 1) % turns:02d}a"),
        )
    ]
    book = GuaranteeBook.from_columns(
        guarantor=[a for a, _ in arcs], borrower=[b for _, b in arcs]
    )

    found = cycles(find_circles(book)[0], max_length=20, max_count=10)

    assert (True, ()) == (found.complete, tuple(found.items))


def test_the_recursion_limit_was_left_alone():
    """Long books are walked, not recursed into: the limit is the interpreter's own."""
    limit = sys.getrecursionlimit()
    parties = np.arange(5_000)
    book = GuaranteeBook.from_columns(guarantor=parties, borrower=np.roll(parties, -1))

    circle = find_circles(book)[0]
    whole = cycles(circle, max_length=5_000, max_count=2)

    assert len(circle.witness()) == 5_000
    assert (True, 1) == (whole.complete, len(whole.items))
    assert limit == sys.getrecursionlimit()


# ---- blocks --------------------------------------------------------------------------


def parts_of(groups):
    """Return groups of nodes in no order."""
    return {frozenset(int(node) for node in group) for group in groups}


@pytest.mark.parametrize("block", [1, 4, 16])
@given(
    arcs=st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23)), max_size=60),
    links=st.sets(st.integers(1, 23)),
)
def test_blocks_of_any_length_find_the_same_components(block, arcs, links):
    """Parties whose smallest neighbour stands in their own block, in another, or along a chain."""
    pairs = [*arcs, *((party - 1, party) for party in links)]
    source, target = np.array(pairs, np.int32).reshape(-1, 2).T
    graph = nx.DiGraph(pairs)
    graph.add_nodes_from(range(24))
    loops = [part for part in nx.strongly_connected_components(graph) if len(part) > 1]
    loops += [{a} for a, b in pairs if a == b and not any(a in loop for loop in loops)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_kernels, "BLOCK", block)
        count, weak = _kernels.weak_labels(source, target, 24)
        strong, inside = _kernels.strong_labels(source, target, 24)

    clusters = list(nx.weakly_connected_components(graph))
    assert len(clusters) == count
    assert parts_of(clusters) == parts_of(np.flatnonzero(weak == k) for k in range(count))
    assert parts_of(loops) == parts_of(
        np.flatnonzero(strong == k) for k in range(strong.max() + 1)
    )
    assert [
        row for row, ends in enumerate(pairs) if any(set(ends) <= loop for loop in loops)
    ] == inside.tolist()


def test_groups_that_overflow_only_together_are_added_up_apart():
    """All of the book is beyond int64, no cluster is."""
    amounts = [6 * 10**18, 5 * 10**18]
    book = GuaranteeBook.from_columns(guarantor=[1, 3], borrower=[2, 4], amount_fen=amounts)

    assert amounts == find_clusters(book).guaranteed_fen.tolist()
