"""Edges of the policy room: budgets that run out, memories that fill, keys that grow too long."""

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError, InputError
from ruralcredit.policy import DecisionTable, Field, Policy, Row, _compiled, _open
from ruralcredit.reasons import Decision
from ruralcredit.testing import cases_of, decision_tables, policy_fields, simplest

DAY = datetime.date(2024, 6, 30)


@given(st.data())
def test_drawn_tables_answer_drawn_cases_alike_alone_and_in_columns(data):
    """The strategies that ship: every kind of field, every hit policy, missing facts."""
    table = data.draw(decision_tables())
    cases = data.draw(st.lists(cases_of(table), min_size=1, max_size=4))

    answer = table.decide_columns(
        {field.name: [case[field.name] for case in cases] for field in table.fields}
    )

    assert [table.decide(case) for case in cases] == [
        answer.decision(number) for number in range(len(cases))
    ]


@pytest.mark.parametrize("kind", ["enum", "int", "date", "bool"])
def test_every_kind_of_field_is_drawn(kind):
    """A strategy that never drew a kind would test nothing about it."""
    assert kind == simplest(policy_fields(), lambda field: field.kind == kind).kind


def many_fields(count, *, hit="collect"):
    """A table in which every missing fact multiplies the ways to complete a case."""
    fields = [Field(f"f{n:02}", "int") for n in range(count)]
    rows = [Row(f"r{n:02}", when={f"f{n:02}": {"ge": 0}}, then={"n": n}) for n in range(count)]
    return DecisionTable("many", fields, [*rows, Row("all", then={"n": -1})], hit=hit)


def test_beyond_the_budget_an_answer_is_open_and_says_so():
    """More ways than can be tried: never a wrong decision, and every fact is asked for."""
    table = many_fields(20)

    answer = table.decide({"f00": 1})

    assert "undetermined" == answer.status
    assert ("not every way to complete the case was tried",) == answer.trace
    assert tuple(f"f{n:02}" for n in range(1, 20)) == answer.ask
    assert table.decide_columns({"f00": [1]}).matches[0].tolist() == [True, *[False] * 19, True]


def test_when_what_matters_cannot_be_told_every_open_fact_is_asked_for(monkeypatch):
    """The search for what to ask has a budget of its own."""
    monkeypatch.setattr(_open, "BUDGET", 3)
    table = many_fields(3)

    assert ("f00", "f01", "f02") == table.decide({}).ask


def test_memories_start_anew_when_full(monkeypatch):
    """Answers are kept ready only so far, and stay right."""
    monkeypatch.setattr(_compiled, "_KEPT", 1)
    table = many_fields(2)

    assert [{"n": 0}, {"n": 1}] == [
        dict(table.decide({"f00": f, "f01": -f - 1}).outcome[0]) for f in (0, -1)
    ]


def test_more_cells_than_a_key_can_number_are_joined_step_by_step():
    """Sixty-four fields of several classes each go beyond any 64-bit key."""
    fields = [Field(f"f{n:02}", "int") for n in range(64)]
    rows = [Row(f"r{n:02}", when={f"f{n:02}": {"ge": 5}}, then={"n": n}) for n in range(64)]
    table = DecisionTable("wide", fields, rows, hit="first")
    columns = {field.name: np.array([0, n, 9]) for n, field in enumerate(fields)}

    assert [-1, 5, 0] == table.decide_columns(columns).row.tolist()


def test_many_thresholds_over_a_wide_range_are_found():
    """More thresholds than are compared one by one, numbers too spread to be looked up."""
    edges = list(range(0, 40_000_000, 1_000_000))
    rows = [
        Row(f"r{n:02}", when={"fen": {"ge": low, "lt": low + 1_000_000}}, then={"n": n})
        for n, low in enumerate(edges)
    ]
    table = DecisionTable("edges", [Field("fen", "int", unit="fen")], rows)
    asked = [-1, 0, 999_999, 1_000_000, 39_999_999, 40_000_000]

    assert [-1, 0, 0, 1, 39, -1] == table.decide_columns({"fen": asked}).row.tolist()
    assert [-1, 0, 0, 1, 39, -1] == table.decide_columns({"fen": np.array(asked)}).row.tolist()


def test_collected_outcomes_are_told_one_after_the_other():
    """An outcome of several rows reads as a list of outcomes."""
    said = Decision(outcome=({"a": 1}, {"a": 2}), status="decided").explain()

    assert "outcome: a = 1; a = 2" == said


def test_the_tables_asked_stand_in_the_order_of_version():
    """A reader of `version` finds the table it points at."""
    tables = [
        DecisionTable("t", [Field("f", "bool")], [Row("all", then={"n": n})], version=str(n))
        for n in (1, 2)
    ]
    days = [DAY, DAY + datetime.timedelta(days=1)]
    answer = Policy.from_versions(list(zip(days, tables, strict=True))).decide_columns(
        {"f": (True, False)}, as_of=days
    )

    assert tuple(tables) == answer.tables
    assert "ColumnAnswer(2 cases of t 1, t 2)" == repr(answer)
    assert [1, 2] == answer.outcome("n").tolist()


def test_a_case_that_is_no_mapping_is_refused():
    """The error says what a case is."""
    with pytest.raises(CreditError, match="a case must map fields to facts, got list"):
        many_fields(1).decide([1])


@pytest.mark.parametrize("row", [True, "1", 1.0])
def test_a_row_of_an_answer_is_a_whole_number(row):
    """A truth value is no row number."""
    with pytest.raises(CreditError, match="row must be a whole number, got "):
        many_fields(1).decide_columns({"f00": [1]}).decision(row)


def test_a_row_called_like_a_status_is_not_counted_with_it():
    """Cases that no row decides stay apart from those of a row called "none"."""
    table = DecisionTable(
        "t", [Field("f", "bool")], [Row("none", when={"f": True}, then={"n": 1})]
    )

    assert {"t/none": 2, "none": 1} == dict(
        table.decide_columns({"f": [True, False, True]}).counts()
    )


def test_a_trace_tells_every_fact_with_its_unit():
    """What was known of the case, and what was missing, before any row."""
    fields = [Field("age", "int", unit="years"), Field("kind", "enum", values=("a", "b"))]
    rows = [Row("r1", when={"age": {"ge": 5}, "kind": ["a", "b"]}, then={"v": 1})]
    table = DecisionTable("facts", fields, rows)

    assert ("age = 7 years", "kind is missing") == table.decide({"age": 7}, trace=True).trace[:2]


@pytest.mark.parametrize(("values", "said"), [([9], "1 row outside"), ([9, 8], "2 rows outside")])
def test_numbers_outside_a_field_are_counted_in_words(values, said):
    """One row is a row, two are rows."""
    table = DecisionTable(
        "narrow", [Field("n", "int", low=0, high=5)], [Row("r1", when={"n": 1}, then={"v": 1})]
    )

    with pytest.raises(InputError, match=said):
        table.decide_columns({"n": [1, *values]})
