"""Laws of the room ``guarantees``: what holds for every book, checked on drawn ones.

The second opinion is `oracle`, written from the definitions.
"""

import datetime
from collections.abc import Iterable
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

import oracle
from drawn_books import (
    KINDS,
    ONE_DAY,
    asked,
    asked_of,
    book_of,
    call,
    counted,
    counting,
    links_of,
    money,
    on_day,
    own_contracts,
    picked,
    picture,
    related,
    relations_of,
    sets_of,
    stated,
    unended,
)
from ruralcredit.guarantees import (
    Loans,
    Parties,
    Relations,
    check_party,
    find_circles,
    find_clusters,
    find_hidden_circles,
    find_joint_groups,
    find_lapsing,
)
from ruralcredit.testing import (
    books,
    days,
    ledger_columns,
    loan_columns,
    maybe_days,
    party_columns,
)

# ---- which rows count ----------------------------------------------------------------


@given(asked(blanks=True))
def test_a_row_counts_when_the_definition_says_so(case):
    """Begun <= day <= liable_until, before release and settlement, known in time."""
    columns, day, known_by = case
    named = {row.number for row in oracle.arcs_of(oracle.read(columns), counter_guarantees=True)}

    book = on_day(book_of(columns), day, known_by)

    expected = [row.number for row in counting(columns, day, known_by)]
    assert expected == [row for row in book.rows.tolist() if row in named]
    assert day == book.day


@given(asked(blanks=True))
def test_every_row_of_the_ledger_counts_or_is_excluded_with_a_reason(case):
    """Rows that lie on no cluster are the excluded ones: nothing is dropped in silence."""
    columns, day, known_by = case
    book = on_day(book_of(columns), day, known_by)

    excluded = {row for exclusion in book.exclusions() for row in exclusion.rows.tolist()}
    clustered = {row for cluster in find_clusters(book) for row in cluster.rows}

    assert set(range(len(columns["guarantor"]))) == excluded | clustered
    assert all(exclusion.rows.size for exclusion in book.exclusions())


# ---- loops and clusters, by brute force ----------------------------------------------


@given(asked(blanks=True), st.booleans(), party_columns())
def test_circles_are_the_loops_of_the_definition(case, counters, parties):
    """P1, P2: members and rows equal a brute-force closure, joint groups set apart."""
    columns, day, known_by = case
    table: Parties = call(Parties.from_columns, parties)
    companies = [
        party
        for party, kind in zip(parties["party"], parties["kind"], strict=True)
        if kind == "guarantee_company"
    ]
    book = on_day(book_of(columns, parties=table), day, known_by)
    arcs = oracle.arcs_of(
        counting(columns, day, known_by), counter_guarantees=counters, companies=companies
    )

    circles = find_circles(book, counter_guarantees=counters)

    assert counted(oracle.loops(arcs)) == sets_of(circles)
    lying = oracle.loop_rows(arcs)
    for circle in circles:
        own = oracle.inside(lying, circle.members)
        assert tuple(row.number for row in own) == tuple(circle.rows)
        assert tuple(sorted(circle.members)) == tuple(circle.members)


@given(asked())
def test_a_circle_says_what_its_rows_say(case):
    """Money, unknown amounts, contracts, kind and density follow from the circle's rows."""
    columns, day, known_by = case
    rows = oracle.read(columns)

    circles = find_circles(on_day(book_of(columns), day, known_by))

    for circle in circles:
        own = [rows[number] for number in circle.rows]
        assert oracle.guaranteed(own, stated(columns, day, known_by)) == money(circle)
        assert oracle.kind_of(own) == circle.kind
        assert oracle.density_of(own) == circle.density
        named = {row.contract for row in own if row.contract is not None}
        assert named <= set(circle.contracts)
        assert len(set(circle.contracts)) == len(circle.contracts)


@given(asked())
def test_a_circle_tells_when_it_closed_and_when_it_ends(case):
    """closed_on, closed_by and ends_on equal a search that tries each day."""
    columns, day, known_by = case
    rows = oracle.read(columns)

    circles = find_circles(on_day(book_of(columns), day, known_by))

    for circle in circles:
        own = [rows[number] for number in circle.rows]
        assert oracle.closed_on(own) == circle.closed_on
        closers = oracle.closed_by(own)
        assert len(closers) == len(circle.closed_by)
        assert {key[1] for key in closers if key[0] == "id"} <= set(circle.closed_by)
        ends = oracle.ends_on([unended(row) if day is None else row for row in own])
        assert ends == circle.ends_on


@given(asked())
def test_a_circle_has_ended_on_its_last_day_and_not_the_day_before(case):
    """On ends_on the present rows hold no loop; on the day before they still do."""
    columns, day, _ = case
    assume(day is not None)
    assert day is not None
    started = {**columns, "known_on": [None] * len(columns["guarantor"])}
    book = book_of(started)

    for circle in find_circles(book.as_of(day)):
        own = picked(started, circle.rows)
        if circle.ends_on is not None:
            assert day < circle.ends_on
            before = find_circles(book_of(own).as_of(circle.ends_on - ONE_DAY))
            assert len(before) > 0
            assert len(find_circles(book_of(own).as_of(circle.ends_on))) == 0


@given(asked(blanks=True), st.booleans())
def test_clusters_are_the_closure_of_rows_read_both_ways(case, counters):
    """P5: clusters part the parties of the rows; money counts each contract once."""
    columns, day, known_by = case
    arcs = oracle.arcs_of(counting(columns, day, known_by), counter_guarantees=counters)

    clusters = find_clusters(on_day(book_of(columns), day, known_by), counter_guarantees=counters)

    assert counted(oracle.weak_sets(arcs)) == sets_of(clusters)
    for cluster in clusters:
        own = oracle.inside(arcs, cluster.members)
        assert tuple(row.number for row in own) == tuple(cluster.rows)
        assert oracle.guaranteed(own, stated(columns, day, known_by)) == money(cluster)


@given(books())
def test_each_circle_lies_in_one_cluster(book):
    """P5: circles are inside clusters, members, rows and contracts."""
    clusters = find_clusters(book)

    for circle in find_circles(book):
        labels = set(clusters.label_of(list(circle.members)).tolist())
        assert len(labels) == 1
        assert -1 not in labels
        cluster = clusters[labels.pop()]
        assert set(circle.rows) <= set(cluster.rows)
        assert set(circle.contracts) <= set(cluster.contracts)


@given(ledger_columns(counters=False, dates=False))
def test_a_circle_holds_a_cycle_that_no_joint_agreement_closes_alone(columns):
    """A cycle whose rows need not be of one agreement is in a circle; each circle has one."""
    arcs = oracle.arcs_of(oracle.read(columns))

    circles = [set(circle.members) for circle in find_circles(book_of(columns))]

    mixed = [set(cycle) for cycle in oracle.mixed_cycles(arcs)]
    assert all(any(cycle <= circle for circle in circles) for cycle in mixed)
    assert all(any(cycle <= circle for cycle in mixed) for circle in circles)


@given(ledger_columns(dates=False))
def test_a_joint_group_is_what_one_agreement_says(columns):
    """One group for each agreement: its parties, rows and money, each contract once."""
    rows = [row for row in oracle.read(columns) if row.agreement is not None]

    groups = {group.agreement_id: group for group in find_joint_groups(book_of(columns))}

    assert {row.agreement for row in rows} == set(groups)
    for agreement, group in groups.items():
        own = [row for row in rows if row.agreement == agreement]
        assert oracle.parties_of(own) == set(group.members)
        assert tuple(row.number for row in own) == tuple(group.rows)
        assert oracle.guaranteed(own, stated(columns, None)) == money(group)


# ---- the order of answers, labels, arrays --------------------------------------------


@given(books())
def test_answers_stand_in_one_order(book):
    """Known money, members, contracts, largest first; then the smallest id."""
    for found in (find_circles(book), find_clusters(book)):
        keys = [
            (-c.guaranteed_fen, -len(c.members), -len(c.contracts), c.members[0]) for c in found
        ]
        assert sorted(keys) == keys


@given(books(), st.booleans())
def test_arrays_and_labels_say_what_each_answer_says(book, loops):
    """Columns of a sequence equal its items; label_of gives positions, -1 for none."""
    found = find_circles(book) if loops else find_clusters(book)

    items = list(found)
    assert len(items) == len(found)
    assert [c.guaranteed_fen for c in items] == found.guaranteed_fen.tolist()
    assert [c.unknown_amounts for c in items] == found.unknown_amounts.tolist()
    assert [len(c.members) for c in items] == found.member_counts.tolist()
    assert [len(c.contracts) for c in items] == found.contract_counts.tolist()
    place = {party: n for n, c in enumerate(items) for party in c.members}
    everybody = list(book.party_ids)
    assert [place.get(party, -1) for party in everybody] == found.label_of(everybody).tolist()
    assert [c.members for c in items] == [found[n].members for n in range(len(items))]


# ---- loans and cover -----------------------------------------------------------------


@given(ledger_columns(dates=False), loan_columns())
def test_loans_and_cover_equal_the_smallest_cut(columns, table):
    """loans_fen sums each loan once; covered_fen is the flow, here by trying all cuts."""
    loans: Loans = call(Loans.from_columns, table)
    fields = ("loan_id", "borrower", "balance_fen", "overdue_days")
    known = [oracle.Loan(*cells) for cells in zip(*(table[f] for f in fields), strict=True)]
    rows = oracle.read(columns)
    book = book_of(columns, loans=loans)

    for found in [*find_circles(book), *find_clusters(book)]:
        own = [rows[number] for number in found.rows]
        assume(len(found.contracts) <= 12)
        assert oracle.loans_total(known, found.members) == found.loans_fen
        assert (
            oracle.covered(own, stated(columns, None), known, found.members) == found.covered_fen
        )
        overdue = [loan for loan in known if (loan.overdue_days or 0) > 0]
        assert oracle.loans_total(overdue, found.members) == found.overdue_fen


@given(ledger_columns(dates=False))
def test_without_a_loans_table_loans_and_cover_are_unknown(columns):
    """What nobody gave is None, not zero."""
    book = book_of(columns)

    for found in [*find_circles(book), *find_clusters(book)]:
        assert (None, None, None) == (found.loans_fen, found.covered_fen, found.overdue_fen)


@given(ledger_columns(dates=False), loan_columns())
def test_cover_is_never_above_loans_nor_above_the_guarantees(columns, table):
    """covered_fen <= loans_fen and covered_fen <= guaranteed_fen."""
    book = book_of(columns, loans=call(Loans.from_columns, table))

    for found in [*find_circles(book), *find_clusters(book)]:
        assert found.covered_fen is not None
        assert found.loans_fen is not None
        assert 0 <= found.covered_fen <= min(found.loans_fen, found.guaranteed_fen)


@given(ledger_columns(dates=False), loan_columns(), st.integers(2, 10**6))
def test_a_hundred_times_the_money_is_a_hundred_times_the_answer(columns, table, factor):
    """All three money figures scale with the amounts; nothing else changes."""

    def times(cells: list[Any]) -> list[Any]:
        return [cell if cell is None else cell * factor for cell in cells]

    more = {**columns, "amount_fen": times(columns["amount_fen"])}
    loans = {**table, "balance_fen": times(table["balance_fen"])}

    small = find_circles(book_of(columns, loans=call(Loans.from_columns, table)))
    large = find_circles(book_of(more, loans=call(Loans.from_columns, loans)))

    assert [(c.id, c.members, c.rows) for c in small] == [(c.id, c.members, c.rows) for c in large]
    for one, other in zip(small, large, strict=True):
        assert one.loans_fen is not None
        assert one.covered_fen is not None
        expected = (one.guaranteed_fen * factor, one.loans_fen * factor, one.covered_fen * factor)
        assert expected == (other.guaranteed_fen, other.loans_fen, other.covered_fen)


@given(ledger_columns(dates=False), st.data())
def test_a_contract_listed_once_more_is_counted_once(columns, data):
    """Repeating rows of numbered contracts changes rows, never money or contracts."""
    numbered = [n for n, contract in enumerate(columns["contract_id"]) if contract is not None]
    assume(numbered)
    again = data.draw(st.lists(st.sampled_from(numbered), min_size=1, max_size=5))
    longer = {name: cells + [cells[n] for n in again] for name, cells in columns.items()}

    once = find_circles(book_of(columns))
    twice = find_circles(book_of(longer))

    said = [(c.id, c.members, c.contracts, c.guaranteed_fen, c.unknown_amounts) for c in once]
    assert said == [
        (c.id, c.members, c.contracts, c.guaranteed_fen, c.unknown_amounts) for c in twice
    ]


# ---- what changes nothing ------------------------------------------------------------


@given(asked(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(case, random):
    """P4: rows in another order give the same answers, row numbers aside."""
    columns, day, known_by = case
    order = list(range(len(columns["guarantor"])))
    random.shuffle(order)
    shuffled = picked({**columns, "contract_id": own_contracts(columns)}, order)
    straight = {**columns, "contract_id": own_contracts(columns)}

    one = on_day(book_of(straight), day, known_by)
    other = on_day(book_of(shuffled), day, known_by)

    for find in (find_circles, find_clusters):
        assert picture(find(one)) == picture(find(other))
        for left, right in zip(find(one), find(other), strict=True):
            assert set(left.rows) == {order[row] for row in right.rows}
            assert left.contracts == right.contracts
    for left, right in zip(find_circles(one), find_circles(other), strict=True):
        said = (left.kind, left.density, left.closed_on, left.closed_by, left.ends_on)
        assert said == (right.kind, right.density, right.closed_on, right.closed_by, right.ends_on)


@given(asked(kind="int"), st.permutations(range(8)))
def test_other_names_of_the_parties_change_nothing_but_names(case, names):
    """P4: a renamed book has the renamed circles and clusters."""
    columns, day, known_by = case
    renamed = {
        **columns,
        "guarantor": [names[party] for party in columns["guarantor"]],
        "borrower": [names[party] for party in columns["borrower"]],
    }

    one = on_day(book_of(columns), day, known_by)
    other = on_day(book_of(renamed), day, known_by)

    for find in (find_circles, find_clusters):
        expected = {
            (frozenset(names[m] for m in c.members), c.guaranteed_fen, tuple(c.rows))
            for c in find(one)
        }
        assert expected == {
            (frozenset(c.members), c.guaranteed_fen, tuple(c.rows)) for c in find(other)
        }


@given(asked(kind="int"))
def test_text_ids_and_number_ids_give_the_same_answers(case):
    """The kind of the ids is no fact of the book."""
    columns, day, known_by = case
    texts = {
        **columns,
        "guarantor": [f"{party:02d}" for party in columns["guarantor"]],
        "borrower": [f"{party:02d}" for party in columns["borrower"]],
    }

    numbers = on_day(book_of(columns), day, known_by)
    named = on_day(book_of(texts), day, known_by)

    for find in (find_circles, find_clusters):
        expected = [tuple(f"{m:02d}" for m in c.members) for c in find(numbers)]
        assert expected == [c.members for c in find(named)]


@given(asked(agreements=True))
def test_reading_every_guarantee_backwards_keeps_the_loops(case):
    """P4: a loop is a loop in both directions."""
    columns, day, known_by = case
    backwards = {**columns, "guarantor": columns["borrower"], "borrower": columns["guarantor"]}

    for find in (find_circles, find_clusters):
        there = find(on_day(book_of(columns), day, known_by))
        back = find(on_day(book_of(backwards), day, known_by))
        assert picture(there) == picture(back)


@given(ledger_columns(dates=False), st.integers(0, 7), st.integers(0, 7))
def test_a_circle_keeps_its_id_when_its_money_or_contracts_change(columns, one, other):
    """Same smallest member, same id; two circles of one book never share one."""
    circles = find_circles(book_of(columns))
    cleared = find_circles(book_of({**columns, "amount_fen": [None] * len(columns["loan_id"])}))
    assert {c.members: c.id for c in circles} == {c.members: c.id for c in cleared}
    assert len({c.id for c in circles}) == len(circles)

    longer = {name: [*cells, None] for name, cells in columns.items()}
    longer["guarantor"][-1], longer["borrower"][-1] = f"P{one:03d}", f"P{other:03d}"

    smallest = {c.members[0]: c.id for c in circles}
    grown = {c.members[0]: c.id for c in find_circles(book_of(longer))}
    assert all(grown[first] == name for first, name in smallest.items() if first in grown)


# ---- related parties -----------------------------------------------------------------


@given(related(), st.data())
def test_hidden_circles_are_those_of_the_merged_parties(case, data):
    """P8: loops of at least two merged parties that are no raw loop's image."""
    columns, table = case
    day, known_by = data.draw(asked_of(columns))
    book = on_day(book_of(columns), day, known_by)
    arcs = oracle.arcs_of(counting(columns, day, known_by))

    hidden = find_hidden_circles(book, relations_of(table))

    expected = oracle.hidden_loops(arcs, oracle.groups_of(book.party_ids, links_of(table)))
    members = {frozenset().union(*loop): rows for loop, rows in expected.items()}
    assert counted(list(members)) == sets_of(hidden)
    for circle in hidden:
        own = members[frozenset(circle.members)]
        assert tuple(row.number for row in own) == tuple(circle.rows)
        assert oracle.guaranteed(own, stated(columns, day, known_by)) == money(circle)
        assert oracle.kind_of(own) == circle.kind
        assert oracle.density_of(own) == circle.density
        assert oracle.closed_on(own) == circle.closed_on
        assert (
            oracle.ends_on([unended(row) if day is None else row for row in own]) == circle.ends_on
        )


@given(books(kind="str"), st.sampled_from(KINDS))
def test_hidden_circles_vanish_without_relations(book, kind):
    """P8: no relation, or none of the kinds asked, no hidden circle."""
    none = Relations.from_columns(a=[], b=[], kind=[])
    other = Relations.from_columns(a=["P000"], b=["P001"], kind=[kind])
    kinds = tuple(word for word in KINDS if word != kind)

    assert [] == list(find_hidden_circles(book, none))
    assert [] == list(find_hidden_circles(book, other, kinds=kinds))


@given(related())
def test_hidden_and_raw_circles_are_disjoint(case):
    """P8: what is a circle without relations is not hidden."""
    columns, table = case
    book = book_of(columns)

    hidden = sets_of(find_hidden_circles(book, relations_of(table)))

    assert not hidden & sets_of(find_circles(book))


@given(related())
def test_a_relation_never_removes_a_circle_but_by_making_it_intra_group(case):
    """P8: a raw circle lies in a circle of the merged book or inside one merged party."""
    columns, table = case
    book = book_of(columns)
    relations = relations_of(table)
    groups = oracle.groups_of(book.party_ids, links_of(table))

    merged = [set(c.members) for c in find_circles(book.merge(relations, kinds=KINDS))]

    for circle in find_circles(book):
        images = {groups[party] for party in circle.members}
        inside_one = len(images) == 1 and len(next(iter(images))) > 1
        assert inside_one or any(set(circle.members) <= loop for loop in merged)


@given(related(), st.randoms(use_true_random=False))
def test_merging_is_free_of_order_and_idempotent(case, random):
    """P8: relations in another order, read from the other side or twice: same answers."""
    columns, table = case
    book = book_of(columns)
    order = list(range(len(table["a"])))
    random.shuffle(order)
    turned = picked({**table, "a": table["b"], "b": table["a"]}, order)
    doubled = {name: cells + cells for name, cells in table.items()}

    once = book.merge(relations_of(table), kinds=KINDS)

    expected = picture(find_circles(once))
    for again in (
        book.merge(relations_of(turned), kinds=KINDS),
        book.merge(relations_of(doubled), kinds=KINDS),
        once.merge(relations_of(table), kinds=KINDS),
    ):
        assert expected == picture(find_circles(again))


@given(related(), st.integers(0, 4))
def test_merging_in_two_steps_is_merging_at_once(case, cut):
    """P8: merged parties of two tables are those of both tables together."""
    columns, table = case
    book = book_of(columns)
    first = {name: cells[:cut] for name, cells in table.items()}
    second = {name: cells[cut:] for name, cells in table.items()}

    steps = book.merge(relations_of(second), kinds=KINDS).merge(relations_of(first), kinds=KINDS)

    at_once = book.merge(relations_of(table), kinds=KINDS)
    assert picture(find_circles(at_once)) == picture(find_circles(steps))


@given(related(), days())
def test_merging_and_asking_a_day_change_places(case, day):
    """Undated relations: merge then as_of equals as_of then merge."""
    columns, table = case
    book = book_of(columns)
    relations = relations_of(table)

    one = find_circles(book.merge(relations, kinds=KINDS).as_of(day))

    assert picture(one) == picture(find_circles(book.as_of(day).merge(relations, kinds=KINDS)))


# ---- time ----------------------------------------------------------------------------


@given(ledger_columns(), days(), days())
def test_between_two_event_days_nothing_changes(columns, day, other):
    """P9: as_of is constant where no row starts, lapses, is released or settled."""
    rows = oracle.read(columns)
    early, late = sorted((day, other))
    events = {d for row in rows for d in (row.starts, oracle.end_of(row)) if d is not None}
    changes = [event for event in events if early < event <= late]
    book = book_of(columns)

    same = book.as_of(early).rows.tolist() == book.as_of(late).rows.tolist()

    assert same or changes
    if not changes:
        assert picture(find_circles(book.as_of(early))) == picture(find_circles(book.as_of(late)))


@given(ledger_columns(blanks=True), days(), maybe_days())
def test_as_of_equals_a_book_of_the_rows_that_count(columns, day, known_by):
    """P9: a day asked is the ledger filtered by hand."""
    rows = [row.number for row in stated(columns, day, known_by)]
    left = picked({**columns, "contract_id": own_contracts(columns)}, rows)
    left["released_on"] = left["settled_on"] = [None] * len(rows)
    whole = {**columns, "contract_id": own_contracts(columns)}

    dated = book_of(whole).as_of(day, known_by=known_by)

    for find in (find_circles, find_clusters):
        assert picture(find(book_of(left))) == picture(find(dated))


@given(ledger_columns(), days(), days())
def test_a_day_is_asked_of_the_whole_ledger(columns, first, second):
    """P9: as_of after as_of is as_of."""
    book = book_of(columns)

    again = book.as_of(first).as_of(second)

    assert book.as_of(second).rows.tolist() == again.rows.tolist()
    assert picture(find_circles(book.as_of(second))) == picture(find_circles(again))


@given(ledger_columns(blanks=True), days(), days(), st.data())
def test_nothing_known_later_leaks_into_an_earlier_day(columns, day, known_by, data):
    """P9: other rows in place of those recorded after known_by change no answer."""
    later = [n for n, known in enumerate(columns["known_on"]) if known and known > known_by]
    changed = {name: list(cells) for name, cells in columns.items()}
    for row in later:
        changed["guarantor"][row] = data.draw(st.sampled_from(("P000", "P001", None)))
        changed["borrower"][row] = data.draw(st.sampled_from(("P000", "P002")))
        changed["amount_fen"][row] = 7

    one = book_of(columns).as_of(day, known_by=known_by)
    other = book_of(changed).as_of(day, known_by=known_by)

    for find in (find_circles, find_clusters):
        assert picture(find(one)) == picture(find(other))
    for party in {party for c in find_clusters(one) for party in c.members}:
        assert check_party(one, party).status == check_party(other, party).status


@given(ledger_columns(agreements=False), st.data())
def test_released_then_guaranteed_anew_is_as_if_never_released(columns, data):
    """P9: releasing a row and adding the same row again gives the same circles."""
    plain = {name: list(cells) for name, cells in columns.items()}
    plain["released_on"] = plain["settled_on"] = [None] * len(plain["guarantor"])
    assume(plain["guarantor"])
    row = data.draw(st.integers(0, len(plain["guarantor"]) - 1))
    again = {name: [*cells, cells[row]] for name, cells in plain.items()}
    again["released_on"][row] = datetime.date(2020, 1, 1)

    def shapes(found: Iterable[Any]) -> list[tuple[object, ...]]:
        return [(c.id, c.members, len(c.rows), c.guaranteed_fen) for c in found]

    assert shapes(find_circles(book_of(plain))) == shapes(find_circles(book_of(again)))


@given(ledger_columns(), days(), st.integers(0, 400))
def test_lapsing_lists_debts_past_due_whose_guarantee_ends_undemanded(columns, day, within):
    """Past due, bound, no demand in time, bound no longer than within_days from now."""
    lapsing = find_lapsing(book_of(columns).as_of(day), within_days=within)

    expected = {
        (row.number, row.due, last)
        for row in counting(columns, day)
        if row.due is not None
        and row.due < day
        and (last := oracle.liable_until(row)) is not None
        and (last - day).days <= within
        and row.layer != "counter"
    }
    assert expected == {(one.row, one.debt_due_on, one.lapses_on) for one in lapsing}
