"""What the room ``policy`` proves of tables: gaps, overlaps, dead rows, differences, impact.

The second opinion is `policy_oracle`, which tries every case of a small table.
"""

import itertools
import pickle
from collections import Counter
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import policy_oracle as oracle
from drawn_tables import (
    DAY,
    HITS,
    LEAP_EVE,
    asked,
    big_table,
    boxes,
    cases,
    columns_of,
    conditions,
    table_of,
    tables,
)
from ruralcredit.errors import TableError
from ruralcredit.policy import DecisionTable, dead_rows, diff, gaps, impact, overlaps
from ruralcredit.values import from_dict, to_dict

TINY = st.integers(0, 40)


def ids(table, rows):
    """Ids of rows by position."""
    return tuple(table.rows[n].id for n in rows)


# ---- gaps ----------------------------------------------------------------------------


@given(tables())
def test_gaps_are_the_cases_that_no_row_meets(table):
    """The boxes hold every uncovered case, once, and no other case."""
    found = gaps(table_of(table))

    assert found.complete
    for case in oracle.complete_cases(table):
        holding = [box for box in found.boxes if oracle.lies_in(box, case)]
        assert len(holding) == (not oracle.matching(table, case))
    for box, witness in zip(found.boxes, found.witnesses, strict=True):
        assert oracle.lies_in(box, witness)
        assert {
            field.name for field in table.fields if oracle.conditions_of(table, field.name)
        } == set(witness)


@given(tables())
def test_no_gap_lies_where_nothing_can_be(table):
    """What the table states to be impossible needs no row."""
    found = gaps(table_of(table))

    free = table._replace(impossible=())
    for case in oracle.complete_cases(free):
        if any(oracle.lies_in(box, case) for box in table.impossible):
            assert not any(oracle.lies_in(box, case) for box in found.boxes)


@given(tables(), TINY)
def test_gaps_found_with_little_work_are_gaps(table, budget):
    """Beyond its budget the search says that it is not complete, and still finds true gaps."""
    found = gaps(table_of(table), budget=budget)

    holes = oracle.uncovered(table)
    for case in oracle.complete_cases(table):
        if any(oracle.lies_in(box, case) for box in found.boxes):
            assert case in holes
    if found.complete:
        assert all(any(oracle.lies_in(box, hole) for box in found.boxes) for hole in holes)


@given(tables())
def test_rows_made_of_the_gaps_close_them(table):
    """A gap is written as conditions are: as a row it closes the hole."""
    assume(table.hit != "unique" or not table.missable)
    boxes_found = gaps(table_of(table)).boxes
    extra = tuple(
        oracle.Row(f"gap {n}", dict(box), dict(table.rows[0].then))
        for n, box in enumerate(boxes_found)
    )

    mended = gaps(table_of(table._replace(rows=(*table.rows, *extra))))

    assert mended.complete
    assert () == mended.boxes


# ---- overlaps and dead rows ----------------------------------------------------------


@given(tables())
def test_overlaps_are_the_pairs_that_one_case_meets(table):
    """All pairs are found, in table order, and each witness lies in both rows."""
    expected = oracle.overlapping(table)
    found = overlaps(table_of(table))

    assert [ids(table, pair) for pair in sorted(expected)] == [one.rows for one in found]
    for one in found:
        both = [row for row in table.rows if row.id in one.rows]
        assert all(oracle.lies_in(row.when, one.witness) for row in both)
        assert not any(oracle.lies_in(box, one.witness) for box in table.impossible)


@given(tables(hits=("first",)))
def test_a_unique_table_is_refused_for_the_first_two_rows_that_overlap(table):
    """The error names two rows and a case that lies in both; without overlap it builds."""
    unique = table._replace(hit="unique")
    pairs = oracle.overlapping(unique)
    if not pairs:
        assert () == overlaps(table_of(unique))
        return

    with pytest.raises(TableError) as caught:
        table_of(unique)

    error = caught.value
    assert error.rows in {ids(unique, pair) for pair in pairs}
    both = [row for row in unique.rows if row.id in error.rows]
    assert all(oracle.lies_in(row.when, error.witness) for row in both)
    assert not any(oracle.lies_in(box, error.witness) for box in unique.impossible)
    assert all(name in str(error) for name in error.rows)
    assert all(f"{name} = {value}" in str(error) for name, value in error.witness.items())
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own error
    assert (error.rows, error.witness, str(error)) == (copy.rows, copy.witness, str(copy))


@given(tables())
def test_dead_rows_are_those_that_no_answer_rests_on(table):
    """Covered by earlier rows, always beaten, or impossible."""
    found = dead_rows(table_of(table))

    assert found.complete
    assert ids(table, sorted(oracle.dead(table))) == tuple(found.rows)


@given(tables(), TINY)
def test_rows_found_dead_with_little_work_are_dead(table, budget):
    """Beyond its budget the search names no row that some case needs."""
    found = dead_rows(table_of(table), budget=budget)

    right = ids(table, sorted(oracle.dead(table)))
    assert set(found.rows) <= set(right)
    if found.complete:
        assert right == tuple(found.rows)


def drawn_cases(table, dice, count):
    """Complete cases of a table that is too big to try them all."""
    axes = [table.values[field.name] for field in table.fields]
    return [
        {
            field.name: values[dice.integers(len(values))]
            for field, values in zip(table.fields, axes, strict=True)
        }
        for _ in range(count)
    ]


@pytest.mark.parametrize("hit", HITS)
def test_big_tables_are_proved_or_said_to_be_too_big(hit):
    """Ninety rows over ten fields: what is said of them holds for cases drawn."""
    table = big_table(7, hit=hit)
    made = table_of(table)
    holes, dead, pairs = gaps(made), dead_rows(made, budget=5_000), overlaps(made)
    together = {frozenset(one.rows) for one in pairs}

    by_id = {row.id: row for row in table.rows}
    assert all(oracle.lies_in(by_id[name].when, one.witness) for one in pairs for name in one.rows)
    for case in drawn_cases(table, np.random.default_rng(7), 300):
        matched = oracle.matching(table, case)
        is_hole = any(oracle.lies_in(box, case) for box in holes.boxes)
        assert not (is_hole and matched)
        assert matched or is_hole or not holes.complete
        assert not set(ids(table, oracle.resolve(table, matched).rows)) & set(dead.rows)
        meeting = itertools.combinations(ids(table, matched), 2)
        assert together.issuperset(map(frozenset, meeting))
    if hit == "unique":
        assert ((), True, ()) == (holes.boxes, holes.complete, pairs)


def test_the_gaps_of_a_big_table_are_the_rows_taken_out():
    """Ten rows taken out of a table that covers every case once leave their boxes open."""
    whole = big_table(3, hit="unique", rows=120)
    table = whole._replace(rows=tuple(row for n, row in enumerate(whole.rows) if n % 12))
    left_out = whole.rows[::12]

    found = gaps(table_of(table))

    assert found.complete
    dice = np.random.default_rng(3)
    for row in left_out:
        for case in drawn_cases(whole, dice, 20):
            inside = {**case, **{name: first_of(test) for name, test in row.when.items()}}
            assert [True] == [True for box in found.boxes if oracle.lies_in(box, inside)]
    for box, witness in zip(found.boxes, found.witnesses, strict=True):
        assert oracle.lies_in(box, witness)
        assert [1] == [
            oracle.lies_in(row.when, witness)
            for row in left_out
            if oracle.lies_in(row.when, witness)
        ]


def first_of(test):
    """A value that a condition of a big table admits."""
    if isinstance(test, tuple):
        return test[0]
    if not isinstance(test, dict):
        return test
    return test["ge"] if "ge" in test else test["lt"] - (DAY if hasattr(test["lt"], "year") else 1)


def test_gaps_do_not_outgrow_their_budget():
    """One row of scattered numbers leaves tens of thousands of boxes: beyond the budget."""
    fields = tuple(oracle.Field(f"n{n}", "int", low=0, high=20) for n in range(5))
    odd = {field.name: tuple(range(1, 20, 2)) for field in fields}
    table = oracle.Table(fields, (oracle.Row("odd", odd, {"n": 1}),))

    found = gaps(table_of(table), budget=200)

    assert not found.complete
    assert len(found.boxes) <= 200
    assert not any(oracle.lies_in(odd, witness) for witness in found.witnesses)


# ---- digest and diff -----------------------------------------------------------------


def means_else(table, field, one, other):
    """Whether two conditions admit different values."""
    known = [*table.values[field.name], None]
    return any(oracle.meets(one, value) != oracle.meets(other, value) for value in known)


ANY = "any value"  # a field that a row does not name


@st.composite
def other_condition(draw, table, row):
    """The row with one condition that admits other values; to be dropped, added or changed."""
    field = draw(st.sampled_from(table.fields))
    before = row.when.get(field.name, ANY)
    after = draw(st.sampled_from([ANY, *conditions(field, missing=True)]))
    if ANY in (before, after):
        assume(before != after)
    else:
        assume(means_else(table, field, before, after))
    when = {name: test for name, test in row.when.items() if name != field.name}
    return row._replace(when=when if after is ANY else {**when, field.name: after})


@st.composite
def other_outcome(draw, row):
    """The row with one cell of its outcome changed."""
    name = draw(st.sampled_from(sorted(row.then)))
    other = {"action": "look", "cap_bp": 6999, "ok": None, "until": LEAP_EVE + DAY}
    return row._replace(then={**row.then, name: other[name]})


@st.composite
def other_table(draw, table, n):
    """The table with something changed that is no cell of a row."""
    what = draw(st.sampled_from(("version", "impossible", "bound", "order", "dropped")))
    rows = table.rows
    if what == "version":
        return table._replace(version="2")
    if what == "impossible":
        box = draw(boxes(table.fields, missing=False, least=1))
        assume(box not in table.impossible)
        return table._replace(impossible=(*table.impossible, box))
    if what == "bound":
        numbered = [f for f in table.fields if f.kind in {"int", "date"} and f.low is not None]
        assume(numbered)
        field = draw(st.sampled_from(numbered))
        wider = field._replace(low=field.low - (1 if field.kind == "int" else DAY))
        return table._replace(fields=tuple(wider if f == field else f for f in table.fields))
    assume(len(rows) > 1 and table.hit != "exception")
    if what == "order":
        return table._replace(rows=(*rows[1:], rows[0]))
    return table._replace(rows=rows[:n] + rows[n + 1 :])


@st.composite
def changed(draw):
    """A table, and the same with a single cell changed."""
    table = draw(tables(hits=[hit for hit in HITS if hit != "unique"]))
    n = draw(st.integers(0, len(table.rows) - 1))
    row = table.rows[n]
    texts = {"reason": "changed", "cite": "changed", "basis": "project proposal", "id": "changed"}
    what = draw(st.sampled_from(("when", "when", "when", "then", "else", "overrides", *texts)))
    if what == "else":
        return table, draw(other_table(table, n))
    if what == "when":
        new = draw(other_condition(table, row))
    elif what == "then":
        new = draw(other_outcome(row))
    elif what == "overrides":
        assume(row.overrides)
        new = row._replace(overrides=row.overrides[1:])
    else:
        assume(what != "id" or table.hit != "exception")
        new = row._replace(**{what: texts[what]})
    return table, table._replace(rows=(*table.rows[:n], new, *table.rows[n + 1 :]))


@given(changed())
def test_digest_and_diff_see_any_single_changed_cell(change):
    """Whatever cell changes, the digest changes and the difference tells of it, both ways."""
    old, new = map(table_of, change)

    assert old.digest != new.digest
    assert old != new
    assert diff(old, new)
    assert diff(new, old)


@given(tables())
def test_a_table_does_not_differ_from_itself(table):
    """Built again, or from its plain data, it has the same digest, and nothing moved."""
    one, other = table_of(table), table_of(table)
    copy = from_dict(DecisionTable, to_dict(one))

    assert one == other == copy
    assert one.digest == other.digest == copy.digest
    assert not diff(one, other)
    assert not diff(one, copy)


def test_an_outcome_of_another_type_is_another_cell():
    """True is not 1, and text is neither a day nor a decimal, in digest, equality and diff."""
    cells = (True, 1, Decimal(1), "1", None, LEAP_EVE, LEAP_EVE.isoformat())
    field = oracle.Field("local", "bool")
    made = [
        table_of(oracle.Table((field,), (oracle.Row("R", {}, {"cell": cell}),))) for cell in cells
    ]

    for one, other in itertools.combinations(made, 2):
        assert one.digest != other.digest
        assert one != other
        assert diff(one, other)
    for table, cell in zip(made, cells, strict=True):
        back = from_dict(DecisionTable, to_dict(table)).rows[0].then["cell"]
        assert (type(cell), cell) == (type(back), back)


def test_equal_tables_have_equal_digests():
    """A decimal with more digits is either another cell or the same, for all who compare."""
    field = oracle.Field("local", "bool")
    one, other = (
        table_of(oracle.Table((field,), (oracle.Row("R", {}, {"cell": Decimal(text)}),)))
        for text in ("1", "1.0")
    )

    assert (one == other) == (one.digest == other.digest) == (not diff(one, other))


# ---- impact --------------------------------------------------------------------------


@st.composite
def replaced(draw):
    """A table, one to replace it, and cases with money and how they turned out."""
    old = draw(tables(max_fields=3, max_rows=4))
    new = draw(tables(max_fields=3, max_rows=4, hits=("first", "any", "collect")))
    fields = {field.name: field for field in (*new.fields, *old.fields)}
    # Fields that both name are those of the old table, or no case would fit both.
    rows = tuple(
        row._replace(
            id=f"N{n}",
            when={name: test for name, test in row.when.items() if fields[name] in new.fields},
        )
        for n, row in enumerate(new.rows)
    )
    new = oracle.Table(tuple(fields[f.name] for f in new.fields), rows, new.hit)
    known = oracle.Table(tuple(fields.values()), (oracle.Row("all", {}, {"n": 1}),))
    people = draw(
        st.lists(
            st.tuples(
                cases(known),
                st.none() | st.integers(-(10**15), 10**15),
                st.none() | st.booleans(),
            ),
            max_size=8,
        )
    )
    return old, new, tuple(fields), people


def place_of(table, case):
    """Status, ids and outcome of a case, as a move names where it stands."""
    answer = oracle.decide(table, {f.name: case.get(f.name) for f in table.fields})
    rows = answer.rows if table.hit == "collect" else answer.rows[:1]
    decided = answer.status == "decided"
    return answer.status, ids(table, rows) if decided else (), answer.outcome


@given(replaced())
def test_impact_is_a_plain_count_of_who_moves_where(change):
    """Per move the cases, the money, the bad ones and those unknown; each case in one move."""
    old, new, names, people = change
    columns = {name: [case.get(name) for case, _, _ in people] for name in names}
    columns["fen"] = [fen for _, fen, _ in people]
    columns["bad"] = [bad for _, _, bad in people]

    found = impact(table_of(old), table_of(new), columns, amount="fen", outcome="bad")

    who = {}
    for n, (case, _, _) in enumerate(people):
        who.setdefault((place_of(old, case), place_of(new, case)), []).append(n)
    assert len(people) == len(found)
    assert sorted(who.values()) == sorted(found.rows_of(move).tolist() for move in found.moves)
    expected = set()
    for ((was, old_rows, before), (now, new_rows, after)), rows in who.items():
        fens, bads = ([people[n][part] for n in rows] for part in (1, 2))
        told = [bad for bad in bads if bad is not None]
        expected.add(
            (
                *(was, old_rows, now, new_rows, (was, before) != (now, after), len(rows)),
                *(sum(fen or 0 for fen in fens), fens.count(None)),
                *(sum(told), len(told), bads.count(None)),
            )
        )
    got = {
        (
            *(move.old_status, move.old_rows, move.new_status, move.new_rows, move.is_changed),
            *(move.count, move.amount_fen, move.unknown_amounts),
            *(move.bad.part, move.bad.whole, move.unknown_outcomes),
        )
        for move in found.moves
    }
    assert expected == got


@given(asked(most=6))
def test_a_table_has_no_impact_on_its_own_cases(asking):
    """Nobody moves, and nothing is said of money or outcomes that were not asked."""
    table, wanted = asking
    made = table_of(table)

    found = impact(made, made, columns_of(table, wanted))

    assert () == found.changed
    assert all(
        (move.old_status, move.old_rows) == (move.new_status, move.new_rows)
        for move in found.moves
    )
    assert all(move.amount_fen is None and move.bad is None for move in found.moves)
    assert Counter(found.move_of.tolist()) == Counter(
        {n: move.count for n, move in enumerate(found.moves)}
    )


def test_money_is_summed_beyond_what_floats_hold():
    """Amounts near the end of int64 add up to the last fen."""
    table = oracle.Table((oracle.Field("local", "bool"),), (oracle.Row("R", {}, {"n": 1}),))
    fens = [2**63 - 1, 2**63 - 2, -(2**63), 2**53 + 1, None]

    found = impact(
        table_of(table),
        table_of(table),
        {"local": [True] * len(fens), "fen": fens},
        amount="fen",
    )

    (move,) = found.moves
    assert (sum(fens[:-1]), 1) == (move.amount_fen, move.unknown_amounts)
