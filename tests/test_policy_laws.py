"""Laws of the room ``policy``: what a table answers, one case alone and many in columns.

The second opinion is `policy_oracle`, written from the meaning of a table.  What holds of
tables themselves, their gaps and overlaps, has a file of its own, ``test_policy_proofs.py``.
"""

import datetime
import itertools
import json
import pickle
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import attrs
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import policy_oracle as oracle
from drawn_tables import (
    DAY,
    FORMS,
    HITS,
    LEAP_EVE,
    answer_of,
    asked,
    big_table,
    brought,
    cases,
    code_of,
    columns_of,
    conditions,
    table_of,
    tables,
    told,
)
from ruralcredit.errors import CreditError
from ruralcredit.policy import DecisionTable, Policy
from ruralcredit.policy._open import answer_of as worked_out
from ruralcredit.policy._table import compiled
from ruralcredit.values import from_dict, to_dict

SEEDS = st.integers(0, 2**32 - 1)


def decisions_of(answer, count):
    """Single rows of a column answer, as decisions."""
    return [answer.decision(row) for row in range(count)]


# ---- one case ------------------------------------------------------------------------


@pytest.mark.parametrize("hit", HITS)
@given(data=st.data())
def test_one_case_gives_what_all_its_completions_agree_on(hit, data):
    """Status, outcome and rows equal brute force over every completion of the missing facts."""
    table, wanted = data.draw(asked(hits=(hit,)))
    made = table_of(table)

    for case in wanted:
        assert oracle.decide(table, case) == answer_of(table, made.decide(case))


@given(asked() | asked(missing=True))
def test_what_to_ask_are_the_missing_facts_that_change_the_answer(asking):
    """The facts are named in field order, and only where the answer is open."""
    table, wanted = asking
    made = table_of(table)

    for case in wanted:
        decision = made.decide(case)
        expected = oracle.to_ask(table, case)
        if decision.status != "undetermined":
            assert () == decision.ask
        elif expected:
            assert tuple(expected) == decision.ask
        else:
            # No fact alone changes the answer: any that are not settled may be asked.
            assert decision.ask
            assert set(decision.ask) <= set(oracle.unsettled(table, case))


ASKED = {
    "a fact that others may settle": (
        ({"local": False, "age": -1}, {"local": None, "age": -1}),
        "first",
        ("age", "local"),
    ),
    "a fact that only settles others": (
        ({"age": [1, None], "kind": ["x", "y", "z"]}, {}),
        "collect",
        ("age",),
    ),
    "a fact that is settled from the start": (
        ({"kind": ["x", None]}, {"age": 1, "kind": ["y", None]}),
        "any",
        ("age",),
    ),
    "facts of which either settles the other": (
        ({"age": 1, "local": None}, {"age": None, "local": True}),
        "first",
        ("age", "local"),
    ),
}


@pytest.mark.parametrize(("whens", "hit", "expected"), ASKED.values(), ids=ASKED)
def test_what_to_ask_beside_rows_that_want_a_fact_missing(whens, hit, expected):
    """A fact is asked for if it may be learnt and then changes the answer."""
    fields = (
        oracle.Field("age", "int", low=-1, high=2),
        oracle.Field("kind", "enum", values=("x", "y", "z")),
        oracle.Field("local", "bool"),
    )
    rows = tuple(
        oracle.Row(f"R{n}", when, {"n": n if hit == "any" else 0}) for n, when in enumerate(whens)
    )
    table = oracle.Table(fields, rows, hit)

    decision = table_of(table).decide({})

    assert "undetermined" == decision.status
    assert expected == decision.ask


@given(asked())
def test_open_outcomes_equal_brute_force_and_their_witnesses_complete_the_case(asking):
    """Each outcome still possible comes with its rows and with facts that lead there."""
    table, wanted = asking
    made = table_of(table)

    for case in wanted:
        expected = oracle.still_open(table, case)
        found = made.still_open(case)
        place = {row.id: n for n, row in enumerate(table.rows)}
        got = {
            (one.status, told(one.outcome)): {place[name] for name in one.rows} for one in found
        }
        assert (expected or {("conflict", None): set()}) == got
        assert len(got) == len(found)
        for one in found:
            complete = {**case, **one.witness}
            known = {name: value for name, value in case.items() if value is not None}
            assert known == {name: complete[name] for name in known}
            reached = answer_of(table, made.decide(complete))
            assert (one.status, told(one.outcome)) == reached.result
            assert set(reached.rows) <= {place[name] for name in one.rows}


@given(asked())
def test_a_missing_fact_may_be_none_or_left_out(asking):
    """A fact left out of a case is a missing one, as None is."""
    table, wanted = asking
    made = table_of(table)

    for case in wanted:
        spelled = {field.name: case.get(field.name) for field in table.fields}
        known = {name: value for name, value in case.items() if value is not None}
        assert made.decide(spelled) == made.decide(known) == made.decide(case)


@given(asked())
def test_numpy_scalars_are_facts_as_python_ones_are(asking):
    """A case cut out of columns needs no conversion."""
    table, wanted = asking
    made = table_of(table)
    wrap = {"int": np.int64, "bool": np.bool_, "enum": np.str_, "date": np.datetime64}

    for case in wanted:
        wrapped = {
            field.name: wrap[field.kind](case[field.name])
            for field in table.fields
            if case.get(field.name) is not None
        }
        assert made.decide(case) == made.decide(wrapped)


@given(asked())
def test_a_decision_cites_each_of_its_rows_once(asking):
    """One reason for each row, in table order, with the row's source, basis and sentence."""
    table, wanted = asking
    cited = table._replace(
        rows=tuple(
            row._replace(cite=f"manual, art. {n}", basis="project proposal", reason=f"rule {n}")
            for n, row in enumerate(table.rows)
        )
    )
    made = table_of(cited)

    for case in wanted:
        decision = made.decide(case)
        places = answer_of(cited, decision).rows
        assert sorted(places) == list(places)
        is_open = decision.status == "undetermined"
        expected = [
            (f"drawn/{cited.rows[n].id}", f"manual, art. {n}", "project proposal", is_open)
            for n in places
        ]
        reasons = decision.reasons
        assert expected == [(one.code, one.source, one.basis, one.unknown) for one in reasons]
        for n, one in zip(places, reasons, strict=True):
            assert f"rule {n}" in one.text("en")
            assert f"rule {n}" in one.text("zh")
        assert ("drawn", "1", made.digest) == (
            decision.basis.id,
            decision.basis.version,
            decision.basis.digest,
        )


@given(asked())
def test_a_trace_changes_no_answer_and_tells_of_every_row(asking):
    """Asked for its trace, a decision is the same and names each row of the table."""
    table, wanted = asking
    made = table_of(table)

    for case in wanted:
        plain, traced = made.decide(case), made.decide(case, trace=True)
        assert all(line.startswith("open: ") for line in plain.trace)
        assert bool(plain.trace) == (plain.status == "undetermined")
        assert answer_of(table, plain) == answer_of(table, traced)
        assert (plain.ask, plain.reasons) == (traced.ask, traced.reasons)
        lines = "\n".join(traced.trace)
        assert all(row.id in lines for row in table.rows)


@given(st.data())
def test_a_fact_that_nobody_wants_missing_never_changes_a_decided_answer(data):
    """More facts leave what was decided, unless a row asked them to be missing."""
    table, (case, *_) = data.draw(asked(most=1))
    made = table_of(table)
    before = made.decide(case)
    assume(before.status != "undetermined")
    may_come = {*oracle.unsettled(table, case)} | (
        {f.name for f in table.fields} - {*table.tested}
    )
    missing = [f for f in table.fields if case.get(f.name) is None and f.name in may_come]
    assume(missing)

    field = data.draw(st.sampled_from(missing))
    value = data.draw(st.sampled_from(table.values[field.name]))
    after = made.decide({**case, field.name: value})

    told_before, told_after = answer_of(table, before), answer_of(table, after)
    if not oracle.completions(table, {**case, field.name: value}):
        assert "conflict" == after.status
    else:
        assert told_before.result == told_after.result
        assert set(told_after.rows) <= set(told_before.rows)


@given(st.data())
def test_the_order_of_rows_matters_only_where_the_first_wins(data):
    """Shuffled rows answer the same, with the same rows by id."""
    table, wanted = data.draw(asked(hits=[hit for hit in HITS if hit != "first"]))
    shuffled = table._replace(rows=tuple(data.draw(st.permutations(table.rows))))
    made, other = table_of(table), table_of(shuffled)

    for case in wanted:
        one, two = made.decide(case), other.decide(case)
        assert (one.status, one.ask) == (two.status, two.ask)
        assert sorted(one.rows) == sorted(two.rows)
        if table.hit == "collect" and one.status == "decided":
            assert Counter(told(one.outcome)) == Counter(told(two.outcome))
        else:
            assert told(one.outcome) == told(two.outcome)


# ---- columns -------------------------------------------------------------------------


@pytest.mark.parametrize("hit", HITS)
@given(data=st.data())
def test_columns_answer_as_single_cases_do(hit, data):
    """Row by row the same row, the same outcome and the same decision."""
    table, wanted = data.draw(asked(hits=(hit,), least=0, most=8))
    made = table_of(table)
    alone = [made.decide(case) for case in wanted]

    answer = made.decide_columns(columns_of(table, wanted))

    assert np.int32 == answer.row.dtype
    assert [code_of(answer_of(table, one)) for one in alone] == answer.row.tolist()
    assert alone == decisions_of(answer, len(wanted))


@given(asked(least=0, most=8))
def test_outcomes_come_as_columns_of_their_kind(asking):
    """Numbers and bools masked, text with None, days with NaT, unknown where not decided."""
    table, wanted = asking
    assume(table.hit != "collect")
    made = table_of(table)
    answer = made.decide_columns(columns_of(table, wanted))
    alone = [made.decide(case) for case in wanted]

    for name in table.rows[0].then:
        column = answer.outcome(name)
        expected = [one.outcome[name] if one.outcome else None for one in alone]
        assert len(wanted) == len(column)
        assert expected == column.tolist()
        kinds = {"action": "O", "cap_bp": "i", "ok": "b", "until": "M"}
        if any(row.then[name] is not None for row in table.rows):
            assert kinds[name] == column.dtype.kind
        if name in {"cap_bp", "ok"} and column.dtype.kind in "ib":
            assert isinstance(column, np.ma.MaskedArray)


@given(asked(least=0, most=8))
def test_counts_by_reason_add_up_to_the_rows(asking):
    """A case counts under its first row's reason, else that row's id, else what it lacks.

    Under "collect" it counts once for each row that it meets.
    """
    table, wanted = asking
    made = table_of(table)
    answer = made.decide_columns(columns_of(table, wanted))

    expected: Counter[str] = Counter()
    for case in wanted:
        right = oracle.decide(table, case)
        if right.status == "decided":
            counted = right.rows if table.hit == "collect" else right.rows[:1]
            expected.update(table.rows[n].reason or table.rows[n].id for n in counted)
        else:
            expected[right.status] += 1
    assert dict(expected) == dict(answer.counts())


@given(asked(hits=("collect",), least=0, most=8))
def test_collected_rows_come_as_a_table_of_matches(asking):
    """Under "collect" a case has a mark beside each row that all its completions meet."""
    table, wanted = asking
    made = table_of(table)
    answer = made.decide_columns(columns_of(table, wanted))

    matches = answer.matches
    assert (len(wanted), len(table.rows)) == matches.shape
    assert np.bool_ == matches.dtype
    for case, marks in zip(wanted, matches.tolist(), strict=True):
        certain = oracle.certain(table, case)
        if certain is not None:
            assert certain == {n for n, mark in enumerate(marks) if mark}


@given(st.data())
def test_columns_are_read_alike_from_every_source(data):
    """Lists, NumPy, Arrow, pandas and Polars bring the same facts."""
    table, wanted = data.draw(asked(most=6))
    made = table_of(table)
    columns = columns_of(table, wanted)
    forms = data.draw(brought(table, columns))

    expected, answer = made.decide_columns(columns), made.decide_columns(forms)

    assert expected.row.tolist() == answer.row.tolist()
    assert decisions_of(expected, len(wanted)) == decisions_of(answer, len(wanted))


@pytest.mark.parametrize(
    ("kind", "form"), [(kind, form) for kind in FORMS for form in FORMS[kind]]
)
def test_each_source_brings_known_and_missing_facts(kind, form):
    """Every form on its own, with and without missing facts, and without rows."""
    values = {
        "enum": ("x", "y", "z"),
        "int": (0, 5, 9),
        "date": (LEAP_EVE, LEAP_EVE + DAY, LEAP_EVE + 2 * DAY),
        "bool": (False, True),
    }[kind]
    field = oracle.Field("fact", kind, values=values if kind == "enum" else ())
    rows = [oracle.Row(f"R{n}", {"fact": value}, {"n": n}) for n, value in enumerate(values)]
    table = oracle.Table((field,), (*rows, oracle.Row("gone", {"fact": None}, {"n": -1})))
    made = table_of(table)
    last = len(values)

    for cells, expected in (
        ([*values, None, values[0]], [*range(last), last, 0]),
        ([values[1]] * 3, [1, 1, 1]),
        ([None, None], [last, last]),
        ([], []),
    ):
        answer = made.decide_columns({"fact": FORMS[kind][form](cells)})
        assert expected == answer.row.tolist()


@given(asked(least=0, most=6), st.data())
def test_a_column_left_out_is_all_missing(asking, data):
    """A field without a column is a fact that no row knows."""
    table, wanted = asking
    names = [field.name for field in table.fields]
    left_out = data.draw(st.sampled_from(names))
    assume(len(names) > 1)
    made = table_of(table)
    columns = columns_of(table, wanted)
    known = {name: cells for name, cells in columns.items() if name != left_out}

    expected = made.decide_columns({**columns, left_out: [None] * len(wanted)})
    answer = made.decide_columns(known)

    assert expected.row.tolist() == answer.row.tolist()


@given(asked(most=3), st.integers(2, 40))
def test_a_case_answers_alike_wherever_it_stands(asking, times):
    """Repeated and reversed rows give repeated and reversed answers."""
    table, wanted = asking
    made = table_of(table)
    once = made.decide_columns(columns_of(table, wanted)).row.tolist()

    many = made.decide_columns(columns_of(table, [*reversed(wanted)] * times))

    assert once[::-1] * times == many.row.tolist()


@pytest.mark.parametrize("hit", HITS)
@pytest.mark.parametrize("seed", range(2))
def test_tables_too_big_for_a_grid_answer_as_the_definition_says(hit, seed):
    """More than 64 rows over ten fields: complete cases, and cases with a fact or two missing."""
    table = big_table(seed, hit=hit)
    made = table_of(table)
    dice = np.random.default_rng(seed)
    wanted = []
    for missing in (0, 0, 0, 1, 1, 2) * 6:
        case = {
            field.name: values[dice.integers(len(values))]
            for field in table.fields
            for values in [table.values[field.name]]
        }
        for place in dice.permutation(len(table.fields))[:missing]:
            case[table.fields[place].name] = None
        wanted.append(case)

    expected = [oracle.decide(table, case) for case in wanted]
    alone = [answer_of(table, made.decide(case)) for case in wanted]
    answer = made.decide_columns(columns_of(table, wanted))

    assert expected == alone
    assert list(map(code_of, expected)) == answer.row.tolist()
    together = [answer_of(table, one) for one in decisions_of(answer, len(wanted))]
    assert expected == together


@pytest.mark.parametrize("hit", HITS)
@settings(max_examples=15)
@given(seed=SEEDS)
def test_nothing_is_decided_that_a_completion_contradicts(hit, seed):
    """With most facts missing from a big table, whatever is decided holds of completions drawn."""
    table = big_table(seed % 2, hit=hit)
    made = table_of(table)
    dice = np.random.default_rng(seed)
    values = {field.name: table.values[field.name] for field in table.fields}
    full = {name: known[dice.integers(len(known))] for name, known in values.items()}
    kept = dice.permutation(len(full))[: dice.integers(0, 7)]
    case = {name: full[name] for n, name in enumerate(full) if n in kept}

    alone = made.decide(case)
    (code,) = made.decide_columns(columns_of(table, [case])).row.tolist()

    right = oracle.resolve(table, oracle.matching(table, full))
    settled = not table.missable or "kind0" in case
    if alone.status != "undetermined" and settled:
        assert right.result == answer_of(table, alone).result
    if code != -2:
        assert code_of(answer_of(table, alone)) == code


def test_columns_answer_alike_in_many_threads():
    """Threads that ask one table at once for the first time do not mix up its answers."""
    table = big_table(5, hit="first", rows=40, fields=6)
    dice = np.random.default_rng(5)
    columns = {
        name: [values[n] for n in dice.integers(len(values), size=400)]
        for name, values in table.values.items()
    }
    parts = [{name: cells[n::8] for name, cells in columns.items()} for n in range(8)]
    expected = [table_of(table).decide_columns(part).row.tolist() for part in parts]
    interval = sys.getswitchinterval()
    with ThreadPoolExecutor(8) as pool:
        # All threads stand before switches come often: coverage's tracer starts with each.
        together = threading.Barrier(8)
        list(pool.map(lambda _: together.wait(), range(8)))
        sys.setswitchinterval(1e-6)
        try:
            for _ in range(5):
                made = table_of(table)
                answers = list(pool.map(made.decide_columns, parts))
                assert expected == [answer.row.tolist() for answer in answers]
        finally:
            sys.setswitchinterval(interval)


@given(asked(), st.integers(0, 60))
def test_little_work_may_leave_an_answer_open_but_never_decides_wrongly(asking, budget):
    """Within any budget: the answer, or undetermined with every row and fact it may rest on."""
    table, wanted = asking
    ready = compiled(table_of(table))

    for case in wanted:
        state = ready.state(case)
        full = worked_out(ready.axes, ready.rules, state)
        short = worked_out(ready.axes, ready.rules, state, budget=budget)
        assert full.is_complete
        if short.is_complete:
            short_of_facts = attrs.evolve(short, ask=full.ask)
            assert full == short_of_facts
        else:
            assert ("undetermined", ()) == (short.status, short.outcome)
            assert set(full.rows) <= set(short.rows)
        assert set(full.ask) <= set(short.ask)


# ---- the same table again ------------------------------------------------------------


@given(asked())
def test_a_table_comes_back_from_plain_data_and_across_processes(asking):
    """`to_dict` through JSON and pickling give an equal table with equal answers."""
    table, wanted = asking
    made = table_of(table)

    plain = json.loads(json.dumps(to_dict(made), ensure_ascii=False))
    copies = [from_dict(DecisionTable, plain), pickle.loads(pickle.dumps(made))]  # noqa: S301

    for copy in copies:
        assert made == copy
        assert hash(made) == hash(copy)
        assert made.digest == copy.digest
        assert to_dict(made) == to_dict(copy)
        assert [made.decide(case) for case in wanted] == [copy.decide(case) for case in wanted]


@given(asked(most=2))
def test_an_answer_crosses_processes(asking):
    """A column answer pickles with its decisions."""
    table, wanted = asking
    answer = table_of(table).decide_columns(columns_of(table, wanted))

    copy = pickle.loads(pickle.dumps(answer))  # noqa: S301

    assert answer.row.tolist() == copy.row.tolist()
    assert decisions_of(answer, len(wanted)) == decisions_of(copy, len(wanted))


@given(tables())
def test_a_table_keeps_its_parts(table):
    """Fields, rows and impossible boxes are there by position and by name."""
    made = table_of(table)

    assert [field.name for field in table.fields] == [field.name for field in made.fields]
    assert [row.id for row in table.rows] == [row.id for row in made.rows]
    assert list(made.fields) == [made.field(field.name) for field in table.fields]
    assert list(made.rows) == [made.row(row.id) for row in table.rows]
    assert (table.hit, len(table.impossible)) == (made.hit, len(made.impossible))
    for ours, theirs in zip(table.rows, made.rows, strict=True):
        assert dict(ours.then) == dict(theirs.then)
        assert set(ours.when) == set(theirs.when)


def test_a_condition_may_be_a_list_a_tuple_or_an_interval_of_numpy_numbers():
    """What is written in another form but means the same cells is the same table."""
    fields = (oracle.Field("kind", "enum", ("x", "y", "z")), oracle.Field("age", "int", (), 0, 9))
    first = oracle.Row("R", {"kind": ("x", "y"), "age": {"ge": 3, "lt": 5}}, {"n": 1})
    other = oracle.Row("R", {"age": {"lt": np.int64(5), "ge": 3}, "kind": ["x", "y"]}, {"n": 1})

    one, two = (table_of(oracle.Table(fields, (row,))) for row in (first, other))

    assert one == two
    assert one.digest == two.digest


def test_a_choice_in_another_order_is_the_same_table():
    """A choice is a set: its order is no cell of the table."""
    field = oracle.Field("kind", "enum", ("x", "y", "z"))
    made = {
        table_of(oracle.Table((field,), (oracle.Row("R", {"kind": chosen}, {"n": 1}),))).decide(
            {"kind": "x"}
        )
        for chosen in itertools.permutations(("x", "y", "z"))
    }

    assert {("decided", ("R",))} == {(one.status, one.rows) for one in made}


# ---- dated versions ------------------------------------------------------------------


@st.composite
def versions(draw):
    """Versions of one table over the same fields, each with its first day."""
    table = draw(tables(max_fields=2, max_rows=3, hits=("first", "collect")))
    starts = sorted(draw(st.sets(st.integers(0, 30), min_size=1, max_size=4)))
    found = []
    for n, start in enumerate(starts):
        rows = tuple(
            row._replace(
                when={
                    name: draw(st.sampled_from(conditions(field, missing=True)))
                    for field in table.fields
                    for name in [field.name]
                    if name in row.when
                }
            )
            for row in table.rows
        )
        found.append((LEAP_EVE + start * DAY, table._replace(rows=rows, version=str(n))))
    return found


def in_force(dated, day):
    """Version in force on a day, picked by hand."""
    return next((table for start, table in reversed(dated) if start <= day), None)


@given(st.data())
def test_a_policy_answers_by_the_version_in_force(data):
    """Per case and per row of a column: the last version begun by then."""
    dated = data.draw(versions())
    policy = Policy.from_versions([(start, table_of(table)) for start, table in dated])
    days = st.integers((dated[0][0] - LEAP_EVE).days, 35).map(lambda n: LEAP_EVE + n * DAY)
    rows = data.draw(st.lists(st.tuples(cases(dated[0][1]), days), min_size=1, max_size=6))

    together = policy.decide_columns(
        columns_of(dated[0][1], [case for case, _ in rows]), as_of=[day for _, day in rows]
    )

    for n, (case, day) in enumerate(rows):
        table = in_force(dated, day)
        alone = policy.decide(case, as_of=day)
        assert oracle.decide(table, case) == answer_of(table, alone)
        assert (table.version, day) == (alone.basis.version, alone.basis.as_of)
        assert alone == together.decision(n)
        assert code_of(answer_of(table, alone)) == together.row[n]
        same_day = policy.decide_columns(columns_of(table, [case]), as_of=day)
        assert alone == same_day.decision(0)


@given(st.data())
def test_versions_are_asked_alike_from_every_source(data):
    """Columns and days in any form, cut to the rows of each version, keep their facts."""
    dated = data.draw(versions())
    table = dated[0][1]
    policy = Policy.from_versions([(start, table_of(one)) for start, one in dated])
    wanted = data.draw(st.lists(cases(table), max_size=6))
    days = [dated[0][0] + data.draw(st.integers(0, 30)) * DAY for _ in wanted]
    columns = columns_of(table, wanted)
    form = data.draw(st.sampled_from(sorted(FORMS["date"])))

    expected = policy.decide_columns(columns, as_of=days)
    answer = policy.decide_columns(
        data.draw(brought(table, columns)), as_of=FORMS["date"][form](days)
    )

    assert expected.row.tolist() == answer.row.tolist()
    assert expected.version.tolist() == answer.version.tolist()
    assert decisions_of(expected, len(days)) == decisions_of(answer, len(days))


def test_later_writes_of_the_caller_change_no_answer():
    """Facts and days are taken when asked, and what is given out is read-only or a copy."""
    rows = (oracle.Row("old", {"age": {"ge": 60}}, {"n": 1}), oracle.Row("all", {}, {"n": 2}))
    table = table_of(oracle.Table((oracle.Field("age", "int"),), rows, "first"))
    policy = Policy.from_versions([(LEAP_EVE, table)])
    ages, days = np.array([70, 20]), np.array([LEAP_EVE, LEAP_EVE], "datetime64[D]")
    answer = policy.decide_columns({"age": ages}, as_of=days)
    before = decisions_of(answer, 2)

    ages[:], days[:] = 1, LEAP_EVE + 9 * DAY
    answer.outcome("n")[:] = 7

    assert before == decisions_of(answer, 2)
    assert [0, 1] == answer.row.tolist()
    assert [1, 2] == answer.outcome("n").tolist()
    with pytest.raises(ValueError, match="read-only"):
        answer.row[0] = 5


@given(versions(), st.integers(1, 400))
def test_no_version_answers_for_a_day_before_the_first(dated, days):
    """The error names the day that came and the day of the first version."""
    policy = Policy.from_versions([(start, table_of(table)) for start, table in dated])
    first = dated[0][0]
    early = first - days * DAY
    columns = columns_of(dated[0][1], [{}, {}])

    for call in (
        lambda: policy.decide({}, as_of=early),
        lambda: policy.decide_columns(columns, as_of=early),
        lambda: policy.decide_columns(columns, as_of=[first, early]),
    ):
        with pytest.raises(CreditError, match=first.isoformat()) as caught:
            call()
        assert early.isoformat() in str(caught.value)


def test_versions_may_come_in_any_order_but_never_twice_on_a_day():
    """One day has one version."""
    table = oracle.Table((oracle.Field("ok", "bool"),), (oracle.Row("R", {}, {"n": 1}),))
    later = table_of(table._replace(version="2"))
    first, day = table_of(table), datetime.date(2025, 1, 1)

    with pytest.raises(CreditError, match="2025-01-01"):
        Policy.from_versions([(day, first), (day, later)])
