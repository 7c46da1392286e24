"""Errors of the room ``policy``: what must hold, what came, how to mend it.

One table of bad input for each way in: fields, rows, tables, what credit may not rest on,
cases, columns, proofs, versions and impact.
"""

import datetime
import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from ruralcredit.errors import CreditError, InputError, TableError
from ruralcredit.policy import (
    DecisionTable,
    Field,
    Policy,
    Row,
    dead_rows,
    diff,
    gaps,
    impact,
    overlaps,
)

DAY = datetime.date(2024, 2, 29)
EVE = datetime.date(2024, 2, 28)
LATER = datetime.date(2025, 1, 1)
NOON = datetime.datetime(2024, 2, 29, 12)  # noqa: DTZ001 - refused wherever a day is asked
NAN = float("nan")
TOO_LARGE = 2**63

KIND = Field("kind", "enum", values=("house", "forest"))
AGE = Field("age", "int", unit="years", low=0, high=150)
MONEY = Field("money_fen", "int", unit="fen", low=0)
NUMBER = Field("number", "int")
BEGUN = Field("begun_on", "date", low=datetime.date(2020, 1, 1), high=datetime.date(2030, 12, 31))
ANY_DAY = Field("any_on", "date")
LOCAL = Field("local", "bool")
FIELDS = (KIND, AGE, MONEY, NUMBER, BEGUN, ANY_DAY, LOCAL)


def row(name="R", when=(), then=(("cap_bp", 1),), **beside):
    """Build a row that any case meets, but for what is given."""
    return Row(name, when=dict(when), then=dict(then), **beside)


def table(*rows, fields=FIELDS, **beside):
    """Build a table of rows, or of one row that any case meets."""
    return DecisionTable("caps", fields, rows or (row(),), **beside)


def asking(name, test, **beside):
    """Build a table of one row that tests one field."""
    return table(row(when={name: test}), **beside)


def refused(call, error=CreditError):
    """Return the error that a call must raise, which crosses processes whole."""
    with pytest.raises(error) as caught:
        call()
    found = caught.value
    copy = pickle.loads(pickle.dumps(found))  # noqa: S301 - our own error
    assert (type(found), str(found), vars(found)) == (type(copy), str(copy), vars(copy))
    return found


def by_message(cases):
    """Parametrize a test by what is called and what the message must say."""
    return pytest.mark.parametrize(
        ("call", "says"), [pytest.param(*case, id=case[1][:60]) for case in cases]
    )


# ---- fields --------------------------------------------------------------------------


@by_message(
    [
        (lambda: Field("", "int"), "a field must have a name without blanks around it, got ''"),
        (lambda: Field(" a", "int"), "a name without blanks around it, got ' a'"),
        (lambda: Field(3, "int"), "a name without blanks around it, got 3"),
        (lambda: Field("a", "float"), "field a must be one of enum, int, date, bool, got 'float'"),
        (lambda: Field("a", "enum"), "enum field a must list its values, got []"),
        (lambda: Field("a", "int", values=("x",)), "int field a must have no values, got ['x']"),
        (lambda: Field("a", "enum", values="xy"), "must be a list of words, got 'xy'"),
        (lambda: Field("a", "enum", values=3), "must be a list of words, got 3"),
        (lambda: Field("a", "enum", values=(1,)), "values of a must be words, got 1"),
        (lambda: Field("a", "enum", values=("",)), "values of a must be words, got ''"),
        (lambda: Field("a", "enum", values=("x", "x")), "values of a must differ, got x, x"),
        (lambda: Field("a", "bool", unit="fen"), "only an int field has a unit, as text; bool"),
        (lambda: Field("a", "int", unit=3), "only an int field has a unit, as text; int field a"),
        (lambda: Field("a", "int", low=1.5), "low of int field a must be an int of 64 bits, got"),
        (lambda: Field("a", "int", low=True), "must be an int of 64 bits, got True"),
        (lambda: Field("a", "int", high=TOO_LARGE), "high of int field a must be an int of 64"),
        (lambda: Field("a", "date", low=3), "low of date field a must be a date, got 3"),
        (lambda: Field("a", "date", high=NOON), "high of date field a must be a date, got dat"),
        (lambda: Field("a", "bool", low=0), "low of bool field a must be left out, got 0"),
        (lambda: Field("a", "int", low=2, high=1), "low of a must not be above high, got 2 and 1"),
        (lambda: Field("a", "int", protected=1), "protected"),
    ]
)
def test_a_field_that_makes_no_sense_is_refused(call, says):
    """Names, kinds, words, units and bounds."""
    assert says in str(refused(call))


# ---- rows ----------------------------------------------------------------------------


@by_message(
    [
        (lambda: row(""), "a row must have an id, got ''"),
        (lambda: row(3), "a row must have an id, got 3"),
        (lambda: row(then={}), "row R must name its outcomes, at least one, got dict {}"),
        (lambda: Row("R", then=[1]), "an outcome must map names to values, got [1]"),
        (lambda: row(then={3: 1}), "row R must name its outcomes, at least one, got dict {3: 1}"),
        (lambda: row(then={"a": 1.5}), "row R must give a as text, whole number, bool, Decimal"),
        (lambda: row(then={"a": NOON}), "date or None, got datetime datetime.datetime("),
        (lambda: row(then={"a": (1,)}), "date or None, got tuple (1,)"),
        (lambda: row(then={"a": Decimal("NaN")}), "date or None, got Decimal Decimal('NaN')"),
        (lambda: Row("R", when=[1], then={"a": 1}), "conditions must map fields to values, got l"),
        (lambda: row(when={3: 4}), "conditions must name fields as text, got 3"),
        (lambda: row(when={"k": 1.5}), "a condition on k must be a word, whole number, day, True"),
        (lambda: row(when={"k": NAN}), "False or None, got float nan"),
        (
            lambda: row(when={"k": Decimal("1.5")}),
            "got Decimal Decimal('1.5'): money is whole fen",
        ),
        (lambda: row(when={"k": NOON}), "a condition on k must be a word, whole number, day"),
        (lambda: row(when={"k": []}), "the choice of k must hold a value: leave k out for any"),
        (lambda: row(when={"k": ["x", "x"]}), "the choice of k must not repeat a value, got ["),
        (lambda: row(when={"k": [None, None]}), "the choice of k must not repeat a value, got ["),
        (lambda: row(when={"k": {"x"}}), "the choice of k must be a list, which keeps its order"),
        (lambda: row(when={"k": b"ab"}), "the choice of k must be a list, which keeps its order"),
        (lambda: row(when={"k": {}}), "the interval of k must use ge, gt, le, lt, got none"),
        (lambda: row(when={"k": {"eq": 1}}), "the interval of k must use ge, gt, le, lt, got eq"),
        (lambda: row(when={"k": {"ge": 1, "gt": 1}}), "the interval of k must use one of ge and"),
        (lambda: row(when={"k": {"le": 1, "lt": 1}}), "the interval of k must use one of le and"),
        (lambda: row(when={"k": {"ge": "a"}}), "must lie between whole numbers or days, got 'a'"),
        (
            lambda: row(when={"k": {"ge": True}}),
            "must lie between whole numbers or days, got True",
        ),
        (
            lambda: row(when={"k": {"ge": 1.5}}),
            "got float 1.5: money is whole fen, made by yuan()",
        ),
        (lambda: row(when={"k": {"ge": None}}), "got NoneType None"),
        (lambda: row(reason=3), "row R must give its reason as text, or for en and zh, got int 3"),
        (lambda: row(reason={"en": "x"}), "row R must give its reason as text, or for en and zh"),
        (lambda: row(reason={"en": "x", "zh": 3}), "row R must give its reason as text, or for"),
        (lambda: row(cite=3), "row R must cite its source as text, got int 3"),
        (lambda: row(basis="law"), "row R must rest on one of source document; regulation, read"),
        (lambda: row(overrides="A"), "overrides must be several ids, got 'A'"),
        (lambda: row(overrides=3), "overrides must be several ids, got 3"),
        (lambda: row(overrides=(3,)), "overrides must be ids of rows, each once, got [3]"),
        (lambda: row(overrides=("A", "A")), "overrides must be ids of rows, each once, got ['A"),
    ]
)
def test_a_row_that_makes_no_sense_is_refused(call, says):
    """Ids, outcomes, conditions, sentences, citations and overrides."""
    assert says in str(refused(call, TableError))


# ---- tables --------------------------------------------------------------------------


@by_message(
    [
        (lambda: DecisionTable("", FIELDS, (row(),)), "a table must have its id as text, got ''"),
        (lambda: DecisionTable("t", (), (row(),)), "table t must have Fields for its fields"),
        (
            lambda: DecisionTable("t", FIELDS, ()),
            "table t must have Rows for its rows, got 'none'",
        ),
        (lambda: DecisionTable("t", FIELDS, ({},)), "table t must have Rows for its rows, got {}"),
        (lambda: DecisionTable("t", FIELDS, 3), "a table must have several rows in a list, got 3"),
        (lambda: DecisionTable("t", 3, (row(),)), "a table must have several fields in a list"),
        (lambda: table(impossible=3), "must have several impossible boxes in a list, got 3"),
        (lambda: table(version=1), "a table must have its version as text, got 1"),
        (lambda: table(version=" "), "a table must have its version as text, got ' '"),
        (
            lambda: table(hit="priority"),
            "hit policy of table caps must be one of unique, first, an",
        ),
        (lambda: table(hit=None), "any, exception, collect, got None"),
        (
            lambda: table(fields=(KIND, KIND)),
            "table caps must name each field once, got kind twice",
        ),
        (
            lambda: table(impossible={"kind": "house"}),
            "must have several impossible boxes in a list",
        ),
        (lambda: table(impossible=({},)), "an impossible box of table caps must name values of"),
        (
            lambda: table(impossible=({"kind": None},)),
            "must name values of fields, got {'kind': N",
        ),
        (
            lambda: table(impossible=({"kind": ["house", None]},)),
            "must name values of fields, got {'kind': ('house', None)}",
        ),
        (
            lambda: table(impossible=({"color": "red"},)),
            "impossible box 0 of table caps must test fields of the table, got color",
        ),
        (
            lambda: table(impossible=({"kind": "house"}, {"kind": "hut"})),
            "impossible box 1 of table caps: kind must be one of house, forest, got 'hut'",
        ),
    ]
)
def test_a_table_that_makes_no_sense_is_refused(call, says):
    """Ids, versions, hit policies and impossible boxes."""
    assert says in str(refused(call, TableError))


@pytest.mark.parametrize("hit", ["unique", "first", "any", "exception", "collect"])
@pytest.mark.parametrize(
    ("name", "test", "says"),
    [
        ("color", "red", "must test fields of the table, got color: its fields are kind, age, mo"),
        ("kind", "hut", "row R of table caps: kind must be one of house, forest, got 'hut'"),
        ("kind", ["house", "hut"], "row R of table caps: kind must be one of house, forest, got"),
        ("kind", 0, "kind must be one of house, forest, got int 0"),
        ("kind", {"ge": 1}, "enum field kind takes values, no interval: list them"),
        ("local", {"ge": 1}, "bool field local takes values, no interval: list them"),
        ("local", 1, "local must be True or False, got int 1"),
        ("age", True, "age must be a whole number, got bool True"),
        ("age", "3", "age must be a whole number, got '3'"),
        ("age", 151, "age must be within 0 to 150, got int 151"),
        ("age", [3, -1], "age must be within 0 to 150, got int -1"),
        ("number", TOO_LARGE, f"number must be a whole number, got int {TOO_LARGE}"),
        ("age", {"ge": 10, "le": 999}, "age must be within 0 to 150, got int 999"),
        ("age", {"gt": -5}, "age must be within 0 to 150, got int -5"),
        ("age", {"gt": 5, "lt": 6}, "the interval of age must admit a value, got {'gt': 5, 'lt'"),
        ("age", {"ge": 6, "le": 5}, "the interval of age must admit a value, got {'ge': 6, 'le'"),
        (
            "age",
            {"lt": 0},
            "the interval of age must admit a value, got {'lt': 0} within 0 to 150",
        ),
        ("age", {"ge": DAY}, "ge of age must be a whole number, got datetime.date(2024, 2, 29)"),
        ("begun_on", {"ge": 3}, "ge of begun_on must be a date, got 3"),
        ("begun_on", "2024-01-01", "begun_on must be a date, got '2024-01-01'"),
        (
            "begun_on",
            datetime.date(2019, 12, 31),
            "begun_on must be within 2020-01-01 to 2030-12-31, got date 2019-12-31",
        ),
    ],
)
def test_a_condition_that_does_not_fit_its_field_is_refused_when_built(hit, name, test, says):
    """Under every hit policy the error names the row and the field, before anyone asks."""
    error = refused(lambda: asking(name, test, hit=hit), TableError)

    assert says in str(error)
    assert "row R of table caps" in str(error)
    if name != "color":
        assert ("R",) == error.rows


def test_rows_of_one_id_are_refused():
    """An id names one row."""
    error = refused(lambda: table(row("A"), row("B"), row("A"), hit="first"), TableError)

    assert "table caps must name each row once, got A twice" == str(error)
    assert ("A",) == error.rows


@pytest.mark.parametrize(
    ("overrides", "hit", "says"),
    [
        ({"A": ("B",)}, "unique", "row A overrides B, which only hit policy exception can weigh"),
        ({"A": ("D",)}, "exception", "row A overrides D, which the table does not have"),
        ({"A": ("A",)}, "exception", "row A must not beat itself through others"),
        ({"A": "B", "B": "C", "C": "A"}, "exception", "row A must not beat itself through others"),
    ],
)
def test_overrides_that_lead_nowhere_or_back_are_refused(overrides, hit, says):
    """A row beats rows that are there, under "exception", and never itself."""
    rows = [
        row(name, when={"age": age}, overrides=tuple(overrides.get(name, ())))
        for age, name in enumerate("ABC")
    ]

    error = refused(lambda: table(*rows, hit=hit), TableError)

    assert says in str(error)
    assert ("A",) == error.rows


def test_rows_of_a_unique_table_that_overlap_are_refused_with_a_witness():
    """The message names both rows, the case and what to do."""
    old, house = row("old", when={"age": {"ge": 60}}), row("house", when={"kind": "house"})
    cleared = row("forest", when={"kind": "forest", "age": {"lt": 60}})

    error = refused(lambda: table(cleared, old, house), TableError)

    assert ("old", "house") == error.rows
    assert {"kind": "house", "age": 60} == error.witness
    assert (
        "rows old and house of unique table caps must not match one case, got both for "
        "kind = house, age = 60: part their conditions, or choose hit policy first, any, "
        "exception or collect"
    ) == str(error)


def test_a_missing_fact_can_be_where_rows_of_a_unique_table_overlap():
    """A row that asks for a missing fact meets one that does not care."""
    error = refused(
        lambda: table(row("gone", when={"age": None}), row("house", when={"kind": "house"})),
        TableError,
    )

    assert {"kind": "house", "age": None} == error.witness


# ---- what credit may not rest on -----------------------------------------------------

SEX = Field("sex", "enum", values=("f", "m"), protected=True)


@pytest.mark.parametrize("test", ["f", ["f"], None, ["f", None], ["f", "m"]])
@pytest.mark.parametrize("cite", ["", "  "])
def test_a_protected_field_needs_a_cited_ground(test, cite):
    """Whatever the condition, the row cites its ground or the table does not build."""
    rows = (row("fair", when={"age": 3}, cite="law, art. 1"), row(when={"sex": test}, cite=cite))

    error = refused(lambda: table(*rows, fields=(SEX, AGE), hit="first"), TableError)

    assert "row R tests protected field sex and must cite its ground" in str(error)
    assert ("R",) == error.rows


def test_a_cited_ground_lets_a_protected_field_pass_and_so_does_not_using_it():
    """The ground stands in the row that tests it."""
    grounded = row(when={"sex": "f"}, cite="law, art. 1")

    assert "decided" == table(grounded, fields=(SEX, AGE)).decide({"sex": "f"}).status
    assert "decided" == table(fields=(SEX, AGE)).decide({}).status


def test_an_impossible_box_cites_nothing_and_so_names_no_protected_field():
    """A box that could turn cases into conflicts is a use as well."""
    error = refused(lambda: table(fields=(SEX,), impossible=({"sex": "f"},)), TableError)

    assert "an impossible box must not name protected field sex: leave it out" == str(error)


TIES = (
    *("has_deposit", "deposit_fen", "deposits", "holds_deposits", "Deposit", "card_issued"),
    *("credit_cards", "payroll_client", "salary_account", "有存款", "代发工资", "办卡"),
)
VERDICTS = ({"action": "accept"}, {"verdict": "x"}, {"eligible": True}, {"准入": "是"})


@pytest.mark.parametrize("name", TIES)
@pytest.mark.parametrize("then", VERDICTS, ids=str)
def test_deposits_cards_and_payroll_are_no_condition_of_eligibility(name, then):
    """A row that admits or refuses by what else the customer buys does not build."""
    rows = (row("other", when={"age": 3}, then=then), row(when={name: True}, then=then))

    error = refused(lambda: table(*rows, fields=(Field(name, "bool"), AGE), hit="any"), TableError)

    assert (
        f"row R must not make {name} a condition of eligibility: deposits, cards and payroll may "
        "lower a price afterwards, in a table of its own"
    ) == str(error)
    assert ("R",) == error.rows


@pytest.mark.parametrize("name", TIES)
def test_deposits_cards_and_payroll_may_lower_a_price(name):
    """A table of prices may ask for them."""
    priced = row(when={name: True}, then={"discount_bp": 30})

    assert (
        30
        == table(priced, fields=(Field(name, "bool"),)).decide({name: True}).outcome["discount_bp"]
    )


@pytest.mark.parametrize("name", ["card_overdue_days", "信用卡逾期", "pledged_deposit_fen"])
def test_risk_on_a_card_and_a_pledged_deposit_are_no_ties(name):
    """What tells of risk or secures the loan may decide."""
    risky = row(when={name: {"ge": 1}}, then={"action": "refer"})

    assert "decided" == table(risky, fields=(Field(name, "int"),)).decide({name: 1}).status


# ---- cases ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ({"kind": "house", "colour": 1}, "a case of table caps must name its fields, got colour"),
        ({3: 1}, "a case of table caps must name its fields, got 3: the fields are kind, age, mo"),
        ({"kind": "hut"}, "case: kind must be one of house, forest, got 'hut'"),
        ({"kind": "House"}, "case: kind must be one of house, forest, got 'House'"),
        ({"kind": 0}, "case: kind must be one of house, forest, got int 0"),
        ({"kind": NAN}, "kind must be one of house, forest, got float nan: write None where"),
        ({"age": NAN}, "case: age must be a whole number, got float nan: write None where"),
        ({"age": np.float64("nan")}, "case: age must be a whole number, got float nan: write N"),
        ({"age": 3.5}, "case: age must be a whole number, got float 3.5"),
        ({"age": 3.0}, "case: age must be a whole number, got float 3.0"),
        ({"age": True}, "case: age must be a whole number, got bool True"),
        ({"age": np.True_}, "case: age must be a whole number, got bool True"),
        ({"age": "3"}, "case: age must be a whole number, got '3'"),
        ({"age": 151}, "case: age must be within 0 to 150, got int 151"),
        ({"age": -1}, "case: age must be within 0 to 150, got int -1"),
        ({"money_fen": -1}, "case: money_fen must be within 0 to any, got int -1"),
        ({"money_fen": 100.0}, "got float 100.0: money is whole fen, made by yuan()"),
        ({"money_fen": Decimal("1.50")}, "got Decimal 1.50: money is whole fen, made by yuan()"),
        ({"number": TOO_LARGE}, f"case: number must be a whole number, got int {TOO_LARGE}"),
        ({"begun_on": NOON}, "case: begun_on must be a date, got datetime 2024-02-29 12:00:00: a"),
        ({"begun_on": pd.Timestamp(DAY)}, "a datetime is no day, pass its .date()"),
        ({"begun_on": np.datetime64("2024-01-01T12")}, "case: begun_on must be a date, got date"),
        ({"begun_on": "2024-01-01"}, "case: begun_on must be a date, got '2024-01-01'"),
        ({"begun_on": LATER.replace(year=2031)}, "must be within 2020-01-01 to 2030-12-31, got"),
        ({"local": 1}, "case: local must be True or False, got int 1"),
        ({"local": "yes"}, "case: local must be True or False, got 'yes'"),
    ],
)
def test_a_fact_that_does_not_fit_its_field_is_refused(case, says):
    """Whether or not a row tests the field: a wrong fact is never passed over."""
    for made in (table(), asking("age", {"ge": 3}), asking("begun_on", None)):
        assert says in str(refused(lambda made=made: made.decide(case)))
        assert says in str(refused(lambda made=made: made.decide(case, trace=True)))
        assert says in str(refused(lambda made=made: made.still_open(case)))


@pytest.mark.parametrize("missing", [None, pd.NA, pd.NaT, np.datetime64("NaT")], ids=str)
def test_the_ways_to_say_that_a_fact_is_missing(missing):
    """None, and the marks of frame libraries that mean nothing else."""
    made = table(row("gone", when={"begun_on": None}), row("there", when={"begun_on": DAY}))

    assert ("gone",) == made.decide({"begun_on": missing}).rows


def test_a_name_that_the_table_does_not_have_is_refused():
    """Fields and rows are asked for by their names."""
    made = table()

    assert "table caps has no field 'color': its fields are kind, age" in str(
        refused(lambda: made.field("color"))
    )
    assert "table caps has no row 'S': its rows are R" == str(refused(lambda: made.row("S")))


# ---- columns -------------------------------------------------------------------------

BAD_COLUMNS = {
    "unknown words": ("kind", ["house", "hut", "hut"], 2, 1, "('hut')"),
    "unknown word in Arrow": ("kind", pa.array(["house", "hut"]), 1, 1, "('hut')"),
    "unknown word in a dictionary": (
        *("kind", pa.array(["house", None, "hut"]).dictionary_encode(), 1, 2, "('hut')"),
    ),
    "unknown category": ("kind", pd.Series(["hut", "house"], dtype="category"), 1, 0, "('hut')"),
    "unknown Polars word": ("kind", pl.Series(["hut"], dtype=pl.Enum(["hut"])), 1, 0, "('hut')"),
    "unknown NumPy word": ("kind", np.array(["house", "hut"]), 1, 1, "('hut')"),
    "number for a word": ("kind", ["house", 1], 1, 1, "(1)"),
    "fractions": ("age", [1, 2.5, 3.5], 2, 1, "2.5"),
    "fractions in NumPy": ("age", np.array([1, 2.5, 3.5]), 2, 1, "2.5"),
    "fractions in Arrow": ("age", pa.array([1, 2.5, None]), 1, 1, "2.5"),
    "infinity": ("age", np.array([np.inf]), 1, 0, "inf"),
    "NaN": ("age", [1, NAN, NAN], 2, 1, "NaN"),
    "NaN in NumPy": ("age", np.array([1, NAN]), 1, 1, "NaN"),
    "NaN in Arrow": ("age", pa.array([1.0, None, NAN]), 1, 2, "NaN"),
    "NaN in Polars": ("age", pl.Series([1.0, None, NAN]), 1, 2, "NaN"),
    "NaN in pandas": ("age", pd.Series([1, None]), 1, 1, "NaN"),
    "NaN for a word": ("kind", ["house", NAN], 1, 1, "NaN"),
    "NaN for a word in pandas": ("kind", pd.Series(["house", NAN], dtype=object), 1, 1, "NaN"),
    "NaN for a truth value": ("local", [True, NAN], 1, 1, "NaN"),
    "NaN for a day": ("begun_on", [DAY, NAN], 1, 1, "NaN"),
    "NaN for money": ("money_fen", np.array([NAN]), 1, 0, "NaN"),
    "bool among numbers": ("age", [1, True], 1, 1, "True"),
    "bools for numbers": ("age", np.array([True]), 1, 0, "dtype bool"),
    "text for a number": ("age", ["1"], 1, 0, "'1'"),
    "out of bounds": ("age", [0, 151, -1, 150], 2, 1, "outside 0 to 150"),
    "below what is low": ("money_fen", [None, -1], 1, 1, "outside 0 to any"),
    "too large": ("number", np.array([1, TOO_LARGE], np.uint64), 1, 1, "too large"),
    "money as floats": ("money_fen", np.array([100.0, 200.0]), 2, 0, "whole fen in integers"),
    "money as a float": ("money_fen", [100, 100.0], 1, 1, "whole fen in integers"),
    "money as a Decimal": ("money_fen", [Decimal("1.50")], 1, 0, "whole fen in integers"),
    "datetime": ("begun_on", [DAY, NOON], 1, 1, "pass value.date()"),
    "hours": ("begun_on", np.array(["2024-01-01T12"], "datetime64[h]"), 1, 0, "not-midnight"),
    "text for a day": ("begun_on", ["2024-01-01"], 1, 0, "'2024-01-01'"),
    "number for a day": ("begun_on", [3], 1, 0, "(3)"),
    "day out of bounds": ("begun_on", [None, LATER.replace(year=2031)], 1, 1, "2031-01-01"),
    "day beyond the calendar": (
        *("any_on", np.array(["2024-01-01", "10000-01-01"], "datetime64[D]"), 1, 1, "10000-01-01"),
    ),
    "number for a truth value": ("local", [True, 1, 0], 2, 1, "(1)"),
    "text for a truth value": ("local", ["yes"], 1, 0, "('yes')"),
}


@pytest.mark.parametrize(
    ("name", "values", "count", "first_row", "shown"), BAD_COLUMNS.values(), ids=BAD_COLUMNS
)
def test_a_column_that_does_not_fit_its_field_is_refused(name, values, count, first_row, shown):
    """The error names the column, how many rows and the first; tested by a row or not."""
    for made in (table(), table(row(when={name: None}))):
        error = refused(lambda made=made: made.decide_columns({name: values}), InputError)

        assert (name, count, first_row) == (error.column, error.count, error.first_row)
        assert str(error).startswith(name)
        # Where the whole column is of another type, that type says how many.
        whole = any(kind in str(error) for kind in ("dtype", "float64"))
        assert whole or f" {count} " in str(error)
        assert whole or f"row {first_row}" in str(error)
        assert shown in str(error)


@pytest.mark.parametrize(
    ("columns", "error", "says"),
    [
        ({"colour": [1]}, CreditError, "columns of table caps must name its fields, got colour"),
        ({"age": [1, 2], "kind": ["house"]}, InputError, "age has 2 rows, kind has 1"),
        ({"age": np.zeros((2, 2), int)}, InputError, "age must be one-dimensional, got shape (2"),
        ({"age": 3}, InputError, "must be an array or a list, got int"),
        ({"kind": "house"}, InputError, "kind must be an array or a list with one value per row"),
    ],
)
def test_columns_that_are_none_are_refused(columns, error, says):
    """Names, lengths and shapes."""
    assert says in str(refused(lambda: table().decide_columns(columns), error))
    assert says in str(refused(lambda: asking("age", {"ge": 3}).decide_columns(columns), error))


def test_words_that_no_row_uses_are_no_error():
    """A dictionary may know words of other tables, as long as no row holds one."""
    made = table(row(when={"kind": "house"}))
    words = ["hut", "house", "forest"]

    for column in (
        pd.Series(pd.Categorical(["house"], categories=words)),
        pl.Series(["house"], dtype=pl.Enum(words)),
        pa.DictionaryArray.from_arrays(pa.array([1], pa.int8()), pa.array(words)),
    ):
        assert [0] == made.decide_columns({"kind": column}).row.tolist()


def test_whole_floats_pass_where_they_are_no_money():
    """Frames turn integers into floats; what is whole is not guessed at."""
    made = table(row(when={"age": 2}))

    assert [-1, 0] == made.decide_columns({"age": np.array([1.0, 2.0])}).row.tolist()


def test_an_answer_says_what_it_does_not_have():
    """Outcomes that no row gives, rows that are not there, matches of other hit policies."""
    answer = table().decide_columns({"age": [1, 2]})

    assert "no row has an outcome 'cap': they have cap_bp" == str(
        refused(lambda: answer.outcome("cap"))
    )
    assert "row must be within 0 to 1, got 2" == str(refused(lambda: answer.decision(2)))
    assert answer.decision(1) == answer.decision(-1)
    assert "matches must come from one table that collects" in str(refused(lambda: answer.matches))


# ---- proofs, versions, impact --------------------------------------------------------


@pytest.mark.parametrize("proof", [gaps, dead_rows])
@pytest.mark.parametrize("budget", [-1, True, 1.5, "x", None])
def test_a_budget_is_a_number_of_steps(proof, budget):
    """None is no licence for endless work."""
    error = refused(lambda: proof(table(), budget=budget))

    assert f"budget must be a number of steps from 0, got {budget!r}" == str(error)


def versions(*pairs):
    """Build a policy of pairs of day and version text, with caps of their own."""
    return Policy.from_versions(
        [
            (day, table(row(then={"cap_bp": n}), version=name))
            for n, (day, name) in enumerate(pairs)
        ]
    )


@by_message(
    [
        (lambda: Policy.from_versions([]), "versions must be pairs of day and table, got []"),
        (lambda: Policy.from_versions(3), "versions must be pairs of day and table, got 3"),
        (lambda: Policy.from_versions([3]), "versions must be pairs of day and table"),
        (lambda: Policy.from_versions([(DAY, 3)]), "a version must be a DecisionTable, got 3"),
        (
            lambda: versions((NOON, "1")),
            "a start must be a date, got datetime 2024-02-29 12:00:00",
        ),
        (lambda: versions(("2024-02-29", "1")), "a start must be a date, got str '2024-02-29'"),
        (lambda: versions((DAY, "1"), (DAY, "2")), "must have one version a day"),
        (
            lambda: versions((DAY, "1"), (LATER, "1")),
            "versions of table caps must have version texts of their own, got '1' for two that",
        ),
        (
            lambda: versions((DAY, "1")).decide({}, as_of=EVE),
            "'caps' has no version in force on 2024-02-28: its first starts on 2024-02-29",
        ),
        (
            lambda: versions((DAY, "1")).decide_columns({"age": [1]}, as_of=EVE),
            "'caps' has no version in force on 2024-02-28: its first starts on 2024-02-29",
        ),
        (lambda: versions((DAY, "1")).decide({}, as_of=NOON), "must be a date, got datetime 2024"),
        (lambda: versions((DAY, "1")).decide({}, as_of="2024"), "must be a date, got str '2024'"),
        (lambda: versions((DAY, "1")).decide({}, as_of=None), "must be a date, got NoneType None"),
    ]
)
def test_versions_and_days_that_do_not_fit_are_refused(call, says):
    """One version a day, told apart by its text, and a day on which one is in force."""
    assert says in str(refused(call))


@pytest.mark.parametrize(
    ("as_of", "column", "count", "first_row", "says"),
    [
        ([DAY, EVE, EVE], "as_of", 2, 1, "'caps' has no version in force before 2024-02-29"),
        ([DAY, DAY, None], "as_of", 1, 2, "as_of has 1 unknown row, the first at row 2"),
        ([DAY, DAY], "as_of", 2, None, "age has 3 rows, as_of has 2"),
        ([DAY, LATER, LATER], "age", 2, 1, "whole numbers"),
        ([LATER, LATER, LATER], "age", 2, 1, "whole numbers"),
        ([DAY, DAY, LATER], "age", 1, 1, "whole numbers"),
    ],
)
def test_a_column_of_days_names_its_bad_rows(as_of, column, count, first_row, says):
    """Rows are counted from the first of all, whichever version answers them."""
    policy = versions((DAY, "1"), (LATER, "2"))

    error = refused(lambda: policy.decide_columns({"age": [1, 2.5, 3.5]}, as_of=as_of), InputError)

    assert (column, count, first_row) == (error.column, error.count, error.first_row)
    assert says in str(error)


def test_what_is_no_table_no_case_and_no_column_is_refused():
    """A word about what is wanted, not a traceback out of the middle."""
    made = table()

    for call, says in (
        (lambda: gaps(3), "a DecisionTable must be given, got int 3"),
        (lambda: dead_rows(None), "a DecisionTable must be given, got NoneType None"),
        (lambda: overlaps("t"), "a DecisionTable must be given, got str 't'"),
        (lambda: diff(made, 3), "a DecisionTable must be given, got int 3"),
        (lambda: impact(3, made, {}), "a DecisionTable must be given, got int 3"),
        (lambda: made.decide([1]), "a case must map fields to facts, got list [1]"),
        (lambda: made.decide(None), "a case must map fields to facts, got NoneType None"),
        (lambda: made.still_open(3), "a case must map fields to facts, got int 3"),
        (lambda: made.decide_columns([1]), "columns"),
        (lambda: made.decide_columns({"age": [1]}).decision("x"), "row must be a whole number"),
        (
            lambda: versions((DAY, "1")).decide_columns({"age": [1]}, as_of="2024-02-29"),
            "as_of must be a date or a column of days, got '2024-02-29'",
        ),
    ):
        assert says in str(refused(call))


@by_message(
    [
        (
            lambda: impact(table(), table(), {"age": [1], "colour": [1]}),
            "columns must be fields of caps or caps, the amount or the outcome, got colour",
        ),
        (
            lambda: impact(table(), table(), {"age": [1]}, amount="fen"),
            "amount must name one of the columns, got 'fen': they are age",
        ),
        (
            lambda: impact(table(), table(), {"age": [1]}, outcome="bad"),
            "outcome must name one of the columns, got 'bad': they are age",
        ),
        (lambda: impact(table(), table(), {"age": [1], "fen": [1, 2]}, amount="fen"), "fen has 2"),
        (
            lambda: impact(table(), table(), {"age": [1], "fen": [1.0]}, amount="fen"),
            "fen must hold whole fen in integers",
        ),
        (
            lambda: impact(table(), table(), {"age": [1], "bad": [1]}, outcome="bad"),
            "bad has 1 neither true nor false row",
        ),
    ]
)
def test_columns_that_an_impact_cannot_use_are_refused(call, says):
    """Names, lengths, money and outcomes."""
    assert says in str(refused(call))
