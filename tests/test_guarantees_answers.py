"""Laws of the room ``guarantees``: evidence, verdicts, further structures, books as values."""

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import oracle
from drawn_books import (
    asked,
    asked_of,
    book_of,
    call,
    counting,
    links_of,
    money,
    on_day,
    picture,
    related,
    relations_of,
    stated,
)
from ruralcredit.guarantees import (
    GuaranteeBook,
    JointGroups,
    Parties,
    audit,
    check_party,
    cycles,
    find_chains,
    find_circles,
    find_clusters,
    find_data_problems,
    find_hidden_circles,
    find_hubs,
    find_joint_groups,
)
from ruralcredit.testing import books, joint_group_columns, ledger_columns, party_columns

# ---- evidence ------------------------------------------------------------------------


@given(asked(agreements=False))
def test_a_witness_is_a_shortest_closed_walk_through_the_row(case):
    """P3: existing rows of the circle, the asked one first, end to end, BFS-short."""
    columns, day, known_by = case
    rows = oracle.read(columns)

    for circle in find_circles(on_day(book_of(columns), day, known_by)):
        own = [rows[number] for number in circle.rows]
        lengths = []
        for row in own:
            walk = [rows[number] for number in circle.witness(row=row.number)]
            assert walk[0] == row
            assert len({step.guarantor for step in walk}) == len(walk)
            _assert_closed(walk, own)
            assert oracle.shortest_walk(own, row) == len(walk)
            lengths.append(len(walk))
        shortest = [rows[number] for number in circle.witness()]
        _assert_closed(shortest, own)
        assert min(lengths) == len(shortest)


def _assert_closed(walk: Sequence[oracle.Row], own: Sequence[oracle.Row]) -> None:
    assert set(walk) <= set(own)
    for row, following in zip(walk, [*walk[1:], walk[0]], strict=True):
        assert row.borrower == following.guarantor


@given(asked())
def test_a_witness_is_never_one_joint_agreement_alone(case):
    """Asked for a row or not: a closed walk that no agreement closes, and no shorter one."""
    columns, day, known_by = case
    rows = oracle.read(columns)

    for circle in find_circles(on_day(book_of(columns), day, known_by)):
        own = [rows[number] for number in circle.rows]
        for row in own:
            walk = [rows[number] for number in circle.witness(row=row.number)]
            assert walk[0] == row
            assert not oracle.is_one_agreement(walk)
            assert oracle.shortest_walk(own, row) == len(walk)
            _assert_closed(walk, own)
        shortest = [rows[number] for number in circle.witness()]
        assert not oracle.is_one_agreement(shortest)
        assert min(map(len, oracle.mixed_cycles(own))) == len(shortest)
        _assert_closed(shortest, own)


@given(related(agreements=False), st.data())
def test_the_evidence_of_a_hidden_circle_alternates_guarantees_and_relations(case, data):
    """P3 on merged parties: each step joins the last, each row says what the step says."""
    columns, table = case
    day, known_by = data.draw(asked_of(columns))
    rows = oracle.read(columns)
    links = links_of(table)
    book = on_day(book_of(columns), day, known_by)
    groups = oracle.groups_of(book.party_ids, links)

    for circle in find_hidden_circles(book, relations_of(table)):
        own = [rows[number] for number in circle.rows]
        merged = oracle.merged(own, groups)
        for row in [None, *circle.rows]:
            steps = circle.evidence(row=row)
            for step, following in zip(steps, [*steps[1:], steps[0]], strict=True):
                assert step.target == following.source
            for step in steps:
                ends = (step.source, step.target)
                if step.kind == "guarantee":
                    assert ends == (rows[step.row].guarantor, rows[step.row].borrower)
                else:
                    assert set(ends) == set(links[step.row])
            walk = tuple(step.row for step in steps if step.kind == "guarantee")
            assert walk == tuple(circle.witness(row=row))
            assert set(walk) <= set(circle.rows)
            if row is not None:
                through = next(r for r in merged if r.number == row)
                assert walk[0] == row
                assert oracle.shortest_walk(merged, through) == len(walk)


@given(ledger_columns(agreements=False, max_deals=12, dates=False))
def test_complete_cycles_are_the_simple_cycles_of_networkx(columns):
    """P7: each simple cycle once, from its smallest party."""
    rows = oracle.read(columns)

    for circle in find_circles(book_of(columns)):
        own = [rows[number] for number in circle.rows]
        graph = nx.DiGraph([(row.guarantor, row.borrower) for row in own])

        found = cycles(circle, max_length=8, max_count=10**6, budget=10**7)

        turned = {_from_smallest(cycle) for cycle in nx.simple_cycles(graph)}
        assert found.complete
        assert turned == oracle.simple_cycles(own) == set(found.items)
        assert len(turned) == len(found.items)


def _from_smallest(cycle: Sequence[Any]) -> tuple[Any, ...]:
    start = cycle.index(min(cycle))
    return (*cycle[start:], *cycle[:start])


@given(
    ledger_columns(max_deals=12, dates=False),
    st.integers(1, 8),
    st.integers(1, 6),
    st.integers(1, 300),
)
def test_cycles_are_mixed_cycles_and_say_whether_they_are_all(columns, length, count, budget):
    """P7: complete is every cycle of at most max_length parties; else some of them."""
    rows = oracle.read(columns)

    for circle in find_circles(book_of(columns)):
        own = [rows[number] for number in circle.rows]
        every = {cycle for cycle in oracle.mixed_cycles(own) if len(cycle) <= length}

        found = cycles(circle, max_length=length, max_count=count, budget=budget)
        whole = cycles(circle, max_length=length, max_count=None, budget=10**7)

        assert (every, True) == (set(whole.items), whole.complete)
        assert len(set(found.items)) == len(found.items) <= count
        assert set(found.items) <= every
        assert not found.complete or set(found.items) == every


# ---- three answers -------------------------------------------------------------------


@given(asked(), st.lists(st.integers(0, 7), unique=True, max_size=3), party_columns())
def test_a_party_is_in_a_loop_in_none_or_undetermined(case, opened, table):
    """The verdict of the definition, for every party of the book and one from nowhere."""
    columns, day, known_by = case
    table = {**table, "kind": ["firm"] * len(table["party"])}
    names = [f"P{n:03d}" for n in opened]
    beside = {"parties": call(Parties.from_columns, table), "open_parties": names}
    book = on_day(book_of(columns, **beside), day, known_by)
    arcs = oracle.arcs_of(counting(columns, day, known_by))
    known = {*table["party"], *book.party_ids}

    for party in [*book.party_ids, "P999"]:
        decision = check_party(book, party)
        said = decision.outcome if decision.status == "decided" else decision.status
        assert oracle.verdict(arcs, party, names, known) == said


@given(asked(), st.lists(st.integers(0, 7), unique=True, max_size=3))
def test_in_none_is_never_said_where_unknown_guarantees_could_close_a_loop(case, opened):
    """All rows that nobody recorded are tried; in_loop comes with rows that prove it."""
    columns, day, known_by = case
    names = [f"P{n:03d}" for n in opened]
    book = on_day(book_of(columns, open_parties=names), day, known_by)
    arcs = oracle.arcs_of(counting(columns, day, known_by))
    rows = {row.number: row for row in arcs}

    for party in oracle.parties_of(arcs):
        decision = check_party(book, party)
        if decision.outcome == "in_none":
            assert not oracle.could_be_in_loop(arcs, party, names)
        elif decision.outcome == "in_loop":
            walk = [rows[int(row)] for row in decision.rows]
            assert party in oracle.parties_of(walk)
            for row, following in zip(walk, [*walk[1:], walk[0]], strict=True):
                assert row.borrower == following.guarantor


@given(ledger_columns(blanks=True, dates=False))
def test_a_row_that_names_one_party_leaves_it_undetermined(columns):
    """The known party of a blank row has other guarantees, so it is open."""
    rows = oracle.read(columns)
    arcs = oracle.arcs_of(rows)
    opened = {
        party
        for row in rows
        if oracle.is_blank(row.guarantor) != oracle.is_blank(row.borrower)
        for party in (row.guarantor, row.borrower)
        if not oracle.is_blank(party) and row.released is None and row.settled is None
    }
    book = book_of(columns)

    for party in opened:
        decision = check_party(book, party)
        in_loop = any(party in loop for loop in oracle.loops(arcs))
        expected = ("decided", "in_loop") if in_loop else ("undetermined", None)
        assert expected == (decision.status, decision.outcome)


# ---- structures that are no loops, and the audit of everything ------------------------


@given(asked(max_deals=10))
def test_a_chain_is_a_longest_way_that_never_returns(case):
    """One for each cluster of chains of three and more; loops on the way count as one."""
    columns, day, known_by = case
    arcs = oracle.arcs_of(counting(columns, day, known_by))
    rows = {row.number: row for row in arcs}
    loops = oracle.strong_sets(arcs)

    chains = find_chains(on_day(book_of(columns), day, known_by))

    expected = [length for length in oracle.longest_chains(arcs) if length > 2]
    assert expected == sorted(len(chain.rows) + 1 for chain in chains)
    for chain in chains:
        way = [rows[number] for number in chain.rows]
        assert len(chain.parties) == len(chain.rows) + 1
        assert (way[0].guarantor, way[-1].borrower) == (chain.parties[0], chain.parties[-1])
        for row, following in itertools.pairwise(way):
            ends = {row.borrower, following.guarantor}
            assert len(ends) == 1 or any(ends <= loop for loop in loops)
        said = (chain.guaranteed_fen, chain.unknown_amounts)
        assert oracle.guaranteed(way, stated(columns, day, known_by))[:2] == said


@given(asked(max_deals=12), st.integers(2, 3))
def test_hubs_are_what_fans_out_what_fans_in_and_what_stays_of_both(case, degree):
    """Each row of a many-to-many hub is named there only; money counts contracts once."""
    columns, day, known_by = case
    arcs = oracle.arcs_of(counting(columns, day, known_by))
    rows = {row.number: row for row in arcs}

    found = find_hubs(on_day(book_of(columns), day, known_by), degree=degree)

    assert oracle.hubs(arcs, degree) == {(hub.kind, frozenset(hub.rows)) for hub in found}
    for hub in found:
        own = [rows[number] for number in hub.rows]
        assert tuple(sorted({row.guarantor for row in own})) == hub.guarantors
        assert tuple(sorted({row.borrower for row in own})) == hub.borrowers
        assert oracle.guaranteed(own, stated(columns, day, known_by)) == money(hub)


@given(ledger_columns(dates=False), joint_group_columns())
def test_members_of_the_groups_table_join_those_of_the_ledger(columns, table):
    """A group has the parties of its rows and those that the table lists."""
    rows = [row for row in oracle.read(columns) if row.agreement is not None]
    expected: dict[Any, set[Any]] = {}
    for row in rows:
        expected.setdefault(row.agreement, set()).update((row.guarantor, row.borrower))
    for agreement, party in zip(table["agreement_id"], table["party"], strict=True):
        expected.setdefault(agreement, set()).add(party)

    groups = find_joint_groups(book_of(columns), call(JointGroups.from_columns, table))

    assert expected == {group.agreement_id: set(group.members) for group in groups}


@given(related(), st.data(), st.lists(st.integers(0, 5), unique=True, max_size=2))
def test_the_audit_says_what_each_question_says(case, data, opened):
    """One value with every answer: nothing differs from asking one by one."""
    columns, table = case
    day, known_by = data.draw(asked_of(columns))
    names = [f"P{n:03d}" for n in opened]
    book = on_day(book_of(columns, open_parties=names), day, known_by)
    relations = relations_of(table)

    result = audit(book, relations=relations)

    assert picture(find_circles(book)) == picture(result.circles)
    assert picture(find_clusters(book)) == picture(result.clusters)
    assert picture(find_hidden_circles(book, relations)) == picture(result.hidden)
    arcs = oracle.arcs_of(counting(columns, day, known_by))
    assert oracle.mutual_pairs(arcs) == {frozenset(pair) for pair in result.mutual_pairs}
    everybody = sorted({*book.party_ids, *names})
    undetermined = [p for p in everybody if check_party(book, p).status == "undetermined"]
    assert undetermined == list(result.undetermined)
    groups = oracle.groups_of(book.party_ids, links_of(table))
    for circle in result.circles:
        images = {groups[party] for party in circle.members}
        assert circle.is_intra_group is (len(circle.members) > 1 and len(images) == 1)


@given(asked(max_parties=5, max_deals=12, dates=False))
def test_mutual_pairs_are_the_mixed_cycles_of_two(case):
    """Two that stand in for each other, unless one joint agreement alone says so."""
    columns, day, known_by = case
    arcs = oracle.arcs_of(counting(columns, day, known_by))

    pairs = audit(on_day(book_of(columns), day, known_by)).mutual_pairs

    assert {frozenset(pair) for pair in pairs} == oracle.mutual_pairs(arcs)
    assert sorted({tuple(sorted(pair)) for pair in pairs}) == list(pairs)


@given(asked(max_deals=12, dates=False), st.integers(2, 3))
def test_further_structures_stand_in_the_order_of_circles(case, degree):
    """Known money, parties, contracts, largest first; then the smallest id."""
    columns, day, known_by = case
    book = on_day(book_of(columns), day, known_by)

    hubs, groups = find_hubs(book, degree=degree), find_joint_groups(book)

    sizes = [
        (-hub.guaranteed_fen, -len(hub.guarantors) - len(hub.borrowers), -len(hub.contracts))
        for hub in hubs
    ]
    assert sorted(sizes) == sizes
    keys = [
        (-group.guaranteed_fen, -len(group.members), -len(group.contracts), group.agreement_id)
        for group in groups
    ]
    assert sorted(keys) == keys
    money_first = [(-chain.guaranteed_fen, -len(chain.parties)) for chain in find_chains(book)]
    assert sorted(money_first) == money_first


@given(books())
def test_exclusions_name_a_row_once(book):
    """Each row that cannot count has one reason, in both languages."""
    excluded = [row for found in book.exclusions() for row in found.rows.tolist()]

    assert len(set(excluded)) == len(excluded)
    assert all(found.reason.text(lang) for found in book.exclusions() for lang in ("en", "zh"))


@given(books())
def test_data_problems_name_rows_of_the_ledger_in_two_languages(book):
    """Rows ascend, columns exist, and asking twice gives the same."""
    problems = find_data_problems(book)

    assert find_data_problems(book) == problems
    for problem in problems:
        assert sorted(set(problem.rows.tolist())) == problem.rows.tolist()
        assert problem.rows.size
        assert all(problem.reason.text(lang) for lang in ("en", "zh"))


# ---- books as values -----------------------------------------------------------------


@given(books())
def test_a_book_goes_to_columns_and_back(book):
    """from_columns(**to_columns()) is a fresh book of the rows that count, and settles."""
    once = call(GuaranteeBook.from_columns, book.to_columns())
    twice = call(GuaranteeBook.from_columns, once.to_columns())

    assert len(once.rows) == len(twice.rows)
    assert once.digest == twice.digest
    assert once == twice


@given(ledger_columns())
def test_the_same_columns_make_equal_books(columns):
    """Equal by content: equal books, digests and answers."""
    one, other = book_of(columns), book_of(columns)

    assert one == other
    assert one.digest == other.digest
    assert picture(find_circles(one)) == picture(find_circles(other))


@given(ledger_columns())
def test_a_book_goes_to_networkx_and_back(columns):
    """Parallel contracts and their facts survive; the loops are those of the book."""
    book = book_of(columns)
    graph = book.to_networkx()

    back = GuaranteeBook.from_networkx(graph)

    assert isinstance(graph, nx.MultiDiGraph)
    assert len(book.rows) == graph.number_of_edges() == len(back.rows)
    for find in (find_circles, find_clusters):
        expected = Counter((c.members, c.guaranteed_fen, len(c.rows)) for c in find(book))
        assert expected == Counter((c.members, c.guaranteed_fen, len(c.rows)) for c in find(back))


@given(books())
def test_a_circle_as_a_graph_has_its_members_and_rows(book):
    """to_networkx of a circle: a node for each member, an edge for each row."""
    for found in itertools.chain(find_circles(book), find_clusters(book)):
        graph = found.to_networkx()
        assert set(found.members) == set(graph.nodes)
        assert len(found.rows) == graph.number_of_edges()


@given(ledger_columns())
def test_a_later_write_to_a_column_changes_no_book(columns):
    """A book owns what it holds."""
    arrays = {name: np.array(columns[name], dtype=object) for name in ("guarantor", "borrower")}
    amounts = np.array([7] * len(columns["guarantor"]), dtype=np.int64)
    book = call(GuaranteeBook.from_columns, arrays, amount_fen=amounts)
    before = picture(find_clusters(book))
    digest = book.digest

    amounts[:] = 8
    arrays["guarantor"][:] = "P000"

    assert before == picture(find_clusters(book))
    assert digest == book.digest
    assert not book.rows.flags.writeable
