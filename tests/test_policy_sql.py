"""Tables as SQL, run in DuckDB and in SQLite beside the oracle of what a table means."""

import contextlib
import datetime
import functools
import itertools
import json
import random
import sqlite3
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import policy_oracle as oracle
from drawn_tables import HITS, LEAP_EVE, table_of, tables
from ruralcredit.errors import CreditError
from ruralcredit.policy import DecisionTable, Field, Row, to_sql

CASES_PER_TABLE = 30
SEEDS = st.integers(0, 2**32 - 1)
TYPES = {"enum": "VARCHAR", "int": "BIGINT", "date": "DATE", "bool": "BOOLEAN"}

AGE = Field("age", "int", low=0, high=150)
KIND = Field("kind", "enum", values=("house", "land"))
LOCAL = Field("local", "bool")
DAY = Field("day", "date", low=datetime.date(2000, 1, 1))
HOUSE = Row("H", when={"kind": "house"}, then={"cap_bp": 7000})
LAND = Row("L", when={"kind": "land"}, then={"cap_bp": 5000})


def quoted(name):
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def in_duckdb(expressions, types, rows):
    """What DuckDB gives for each expression, one column each."""
    return selected(duck(), expressions, types, rows)


@functools.cache
def duck():
    """One database for all tests: opening one takes longer than most of them."""
    return duckdb.connect(config={"threads": 1})


def in_sqlite(expressions, types, rows):
    """What SQLite gives; it has no dates, so they are ISO text."""
    plain = [
        [cell.isoformat() if isinstance(cell, datetime.date) else cell for cell in row]
        for row in rows
    ]
    with contextlib.closing(sqlite3.connect(":memory:")) as engine:
        return selected(engine, expressions, types, plain)


ENGINES = (in_duckdb, in_sqlite)


def selected(engine, expressions, types, rows):
    """Fill a table and select from it."""
    columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in types.items())
    engine.execute("DROP TABLE IF EXISTS loans")
    engine.execute(f"CREATE TABLE loans (place INTEGER, {columns})")
    marks = ", ".join([f"({', '.join('?' * (len(types) + 1))})"] * len(rows))
    cells = list(itertools.chain.from_iterable((place, *row) for place, row in enumerate(rows)))
    engine.execute(f"INSERT INTO loans VALUES {marks}", cells)  # noqa: S608 - marks only
    listed = ", ".join(expressions)
    found = engine.execute(f"SELECT {listed} FROM loans ORDER BY place").fetchall()  # noqa: S608 - our own text
    return [list(column) for column in zip(*found, strict=True)]


def types_of(table):
    """Columns as a bank would declare them."""
    return {field.name: TYPES[field.kind] for field in table.fields}


def asked(table, cases, *expressions):
    """What both engines give for cases of a table, which must be the same."""
    rows = [[case.get(field.name) for field in table.fields] for case in cases]
    first, second = (run(expressions, types_of(table), rows) for run in ENGINES)
    assert first == second
    return first


def word_of(table, answer):
    """What SQL says of an answer of the oracle."""
    if answer.status != "decided":
        return answer.status
    ids = [table.rows[row].id for row in answer.rows]
    return json.dumps(ids, separators=(",", ":")) if table.hit == "collect" else ids[0]


def drawn_cases(table, seed):
    """Cases with about a third of their facts missing."""
    dice = random.Random(seed)  # noqa: S311 - cases, not secrets
    return [
        {
            name: dice.choice((*values, *[None] * max(1, len(values) // 2)))
            for name, values in table.values.items()
        }
        for _ in range(CASES_PER_TABLE)
    ]


@pytest.mark.parametrize("hit", HITS)
@given(data=st.data(), seed=SEEDS)
def test_sql_answers_as_the_table_or_leaves_it_open(hit, data, seed):
    """On complete cases and on nulls that are asked for the same; else never a wrong answer."""
    drawn = data.draw(tables(hits=(hit,)))
    cases = drawn_cases(drawn, seed)

    (answers,) = asked(drawn, cases, to_sql(table_of(drawn)))

    for case, answer in zip(cases, answers, strict=True):
        expected = word_of(drawn, oracle.decide(drawn, case))
        if answer != expected:
            assert (answer, bool(oracle.unsettled(drawn, case))) == ("undetermined", True), case


@pytest.mark.parametrize("hit", HITS)
@settings(max_examples=15)
@given(data=st.data(), seed=SEEDS)
def test_an_outcome_in_sql_is_that_of_the_row_in_sql(hit, data, seed):
    """It is null where no row decides; days are ISO text, under collect all is one JSON list."""
    drawn = data.draw(tables(hits=(hit,)))
    table = table_of(drawn)
    names = sorted(drawn.rows[0].then)

    rows, *found = asked(
        drawn,
        drawn_cases(drawn, seed),
        to_sql(table),
        *(to_sql(table, outcome=name) for name in names),
    )

    thens = {row.id: row.then for row in drawn.rows}
    for name, outcomes in zip(names, found, strict=True):
        for row, outcome in zip(rows, outcomes, strict=True):
            if hit == "collect" and row.startswith("["):
                expected = [plain(thens[one][name]) for one in json.loads(row)]
                assert expected == json.loads(outcome)
            else:
                assert plain(thens.get(row, {}).get(name)) == outcome


def plain(cell):
    """A cell as SQL gives it."""
    return cell.isoformat() if isinstance(cell, datetime.date) else cell


@pytest.mark.parametrize("hit", HITS)
def test_sql_decides_most_cases_with_nulls_that_the_table_decides(hit):
    """Leaving every null open would be right too, and of no use."""
    dice = random.Random(7)  # noqa: S311 - cases, not secrets
    fields = (KIND, AGE, LOCAL)
    whens = (
        {"kind": "house", "age": {"le": 20}},
        {"kind": "land"},
        {"kind": "house", "age": None},
    )
    rows = [Row(f"R{n}", when=when, then={"cap": n}) for n, when in enumerate(whens)]
    table = DecisionTable("drawn", fields, rows, hit=hit)
    values = {"kind": ("house", "land", None), "age": (5, 20, 21, None), "local": (True, None)}
    cases = [{name: dice.choice(of) for name, of in values.items()} for _ in range(300)]

    (answers,) = asked(table, cases, to_sql(table))

    decisions = [table.decide(case) for case in cases]
    decided = [n for n, one in enumerate(decisions) if one.status == "decided"]
    assert len(decided) > 100
    assert [n for n in decided if answers[n] == "undetermined"] == []


# ---- what nulls settle ------------------------------------------------------------------


def test_a_null_that_a_matching_row_asks_for_closes_the_rows_that_test_the_field():
    """Row `old` can no longer match once `unappraised` does, though it stands before it."""
    rows = [
        Row("old", when={"age": {"gt": 20}}, then={"ok": False}),
        Row("unappraised", when={"age": None, "kind": "land"}, then={"ok": True}),
    ]
    table = DecisionTable("drawn", (AGE, KIND), rows, hit="first")
    cases = [{"kind": "land"}, {"kind": "house"}, {}, {"age": 21}, {"age": 20}]

    (answers,) = asked(table, cases, to_sql(table))

    assert ["unappraised", "undetermined", "undetermined", "old", "none"] == answers


@pytest.mark.parametrize(
    ("hit", "expected"),
    [
        ("any", ["L", "undetermined", "conflict"]),
        ("exception", ["L", "undetermined", "X"]),
        ("collect", ['["L"]', "undetermined", '["L","X"]']),
    ],
)
def test_rows_that_may_match_leave_several_rows_open(hit, expected):
    """Row `X` may match while `local` is null."""
    overrides = ("L",) if hit == "exception" else ()
    local = Row("X", when={"local": True}, then={"cap_bp": 1}, overrides=overrides)
    table = DecisionTable("drawn", (KIND, LOCAL), (LAND, local), hit=hit)
    cases = [{"kind": "land", "local": local} for local in (False, None, True)]

    (answers,) = asked(table, cases, to_sql(table))

    assert expected == answers


# ---- impossible boxes -------------------------------------------------------------------


def test_an_impossible_record_is_a_conflict_and_a_possible_one_is_not():
    """A null may still lie outside the box, so the row that matches decides."""
    box = {"kind": "land", "age": {"ge": 1}}
    table = DecisionTable("drawn", (KIND, AGE), (HOUSE, LAND), impossible=(box,))
    cases = [{"kind": "land", "age": age} for age in (0, 1, None)]

    (answers,) = asked(table, cases, to_sql(table))

    assert ["L", "conflict", "L"] == answers


def test_boxes_that_together_cover_a_null_leave_it_open():
    """Whatever `local` is, one of two boxes holds; SQL sees that it may, and says no row."""
    boxes = ({"kind": "land", "local": True}, {"kind": "land", "local": False})
    table = DecisionTable("drawn", (KIND, LOCAL), (HOUSE, LAND), impossible=boxes)
    cases = [{"kind": "land"}, {"kind": "house"}, {"kind": "land", "local": True}]

    (answers,) = asked(table, cases, to_sql(table))

    assert ["undetermined", "H", "conflict"] == answers
    assert "conflict" == table.decide(cases[0]).status


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        (({"age": {"le": 49}}, {"age": {"ge": 50}}), "undetermined"),
        (({"age": {"le": 49}}, {"age": {"ge": 51}}), "L"),
        (({"age": {"le": 149}},), "L"),
        (({"age": {"ge": 1}},), "L"),
    ],
)
def test_a_gap_of_one_value_is_enough_for_a_null(boxes, expected):
    """Boxes cover a number up to its last value or not at all."""
    table = DecisionTable("drawn", (KIND, AGE), (HOUSE, LAND), impossible=boxes)

    (answers,) = asked(table, [{"kind": "land"}], to_sql(table))

    assert [expected] == answers


# ---- values that no field can take ------------------------------------------------------


@pytest.mark.parametrize("run", ENGINES)
@pytest.mark.parametrize(
    ("tested", "kind", "values", "expected"),
    [
        ((KIND, "house"), "VARCHAR", ["house", "land", "House", "", None], "H - e e u"),
        ((AGE, {"ge": 60}), "BIGINT", [-1, 0, 60, 150, 151, None], "e - H H e u"),
        ((AGE, {"ge": 60}), "DOUBLE", [60.0, 60.5, -0.5, 150.5, 1e300, None], "H e e e e u"),
        ((AGE, {"ge": 60}), "DECIMAL(6,2)", [60, 60.25, 59.75], "H e e"),
        ((LOCAL, True), "BOOLEAN", [True, False, None], "H - u"),
        ((LOCAL, True), "INTEGER", [1, 0, 2, -1], "H - e e"),
        ((DAY, {"ge": LEAP_EVE}), "DATE", [LEAP_EVE, datetime.date(2000, 1, 1)], "H -"),
        ((DAY, {"ge": LEAP_EVE}), "DATE", [datetime.date(1999, 12, 31), None], "e u"),
        ((DAY, {"ge": LEAP_EVE}), "VARCHAR", ["2024-02-28", "2024-02-27"], "H -"),
        ((DAY, {"ge": LEAP_EVE}), "VARCHAR", ["2024-3-1", "2024-03-01 00:00:00", ""], "e e e"),
        ((DAY, {"ge": LEAP_EVE}), "VARCHAR", ["20240301", "later", "2024/03/01"], "e e e"),
    ],
)
def test_a_value_outside_its_field_is_an_error(run, tested, kind, values, expected):
    """It never falls through to another row, and no outcome is given for it."""
    words = {"H": "H", "e": "error", "u": "undetermined", "-": "none"}
    field, test = tested
    row = Row("H", when={field.name: test}, then={"cap_bp": 7000})
    table = DecisionTable("drawn", (field,), (row,))

    rows, caps = run(
        (to_sql(table), to_sql(table, outcome="cap_bp")),
        {field.name: kind},
        [[value] for value in values],
    )

    assert [words[letter] for letter in expected.split()] == rows
    assert [7000 if letter == "H" else None for letter in expected.split()] == caps


@pytest.mark.parametrize("hit", HITS)
def test_an_error_comes_before_every_row(hit):
    """Not even a row without conditions answers for it."""
    always = Row("always", then={"cap_bp": 0})
    rows = (HOUSE,) if hit == "unique" else (HOUSE, always)
    table = DecisionTable("drawn", (KIND,), rows, hit=hit)

    for run in ENGINES:
        assert [["error"]] == run((to_sql(table),), {"kind": "VARCHAR"}, [["hut"]])


@pytest.mark.parametrize("kind", ["TIMESTAMP", "DATE"])
def test_a_moment_is_no_day(kind):
    """As in `decide`: a timestamp column must be cast by who knows its time zone."""
    row = Row("H", when={"day": {"ge": LEAP_EVE}}, then={"cap_bp": 7000})
    table = DecisionTable("drawn", (DAY,), (row,))

    found = in_duckdb((to_sql(table),), {"day": kind}, [[LEAP_EVE]])

    assert [["H" if kind == "DATE" else "error"]] == found


@pytest.mark.parametrize("kind", ["TEXT", "INTEGER", ""])
def test_a_number_held_as_text_in_sqlite_is_an_error(kind):
    """It would be compared as text: '100' < '60'.  A number column turns it into a number."""
    row = Row("H", when={"age": {"ge": 60}}, then={"cap_bp": 7000})
    table = DecisionTable("drawn", (AGE,), (row,))

    (found,) = in_sqlite(
        (to_sql(table),), {"age": kind}, [["100"], ["7"], ["abc"], ["60.5"], [""]]
    )

    number = ["H", "none"] if kind == "INTEGER" else ["error", "error"]
    assert [*number, "error", "error", "error"] == found


def test_not_a_number_is_an_error_in_duckdb():
    """NaN sorts above every number there, so it must not pass for a large one."""
    row = Row("H", when={"age": {"ge": 60}}, then={"cap_bp": 7000})
    for field in (AGE, Field("age", "int")):
        table = DecisionTable("drawn", (field,), (row,))

        found = in_duckdb((to_sql(table),), {"age": "DOUBLE"}, [[float("nan")], [61.0]])

        assert [["error", "H"]] == found


def test_words_of_an_enum_type_are_compared_as_words():
    """DuckDB's ENUM may lack a word of the field, or have one that the field lacks."""
    table = DecisionTable("drawn", (KIND,), (HOUSE, LAND))

    found = in_duckdb(
        (to_sql(table),), {"kind": "ENUM ('house', 'hut')"}, [["house"], ["hut"], [None]]
    )

    assert [["H", "error", "undetermined"]] == found


# ---- names, text and sizes --------------------------------------------------------------


def test_names_and_words_are_quoted():
    """Quotes in names of fields, words, ids and outcomes stay what they are."""
    field = Field('own"er', "enum", values=("O'Neil", '"', "a; DROP TABLE loans"))
    rows = [
        Row("it's", when={'own"er': "O'Neil"}, then={"who's": "he's"}),
        Row('"x"', when={'own"er': ['"', None]}, then={"who's": ""}),
    ]
    for hit, expected in (
        ("first", [["it's", '"x"', '"x"', "none"], ["he's", "", "", None]]),
        (
            "collect",
            [
                ['["it\'s"]', '["\\"x\\""]', '["\\"x\\""]', "none"],
                ['["he\'s"]', '[""]', '[""]', None],
            ],
        ),
    ):
        table = DecisionTable("drawn", (field,), rows, hit=hit)
        cases = [{'own"er': value} for value in (*field.values[:2], None, field.values[2])]

        assert expected == asked(table, cases, to_sql(table), to_sql(table, outcome="who's"))


def test_columns_may_have_names_of_their_own():
    """A column that no row tests is not read, so it need not exist."""
    table = DecisionTable("drawn", (KIND, AGE), (HOUSE, LAND))

    for run in ENGINES:
        text = to_sql(table, columns={"kind": "collateral kind"})
        assert [["L"]] == run((text,), {"collateral kind": "VARCHAR"}, [["land"]])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([Decimal("0.05"), Decimal("1E+3")], [0.05, 1000.0]),
        ([Decimal("0.5"), 1], [0.5, 1.0]),
        ([-(2**63), 2**63 - 1], [-(2**63), 2**63 - 1]),
        ([True, None], [True, None]),
        ([LEAP_EVE, None], ["2024-02-28", None]),
    ],
)
@pytest.mark.parametrize("hit", ["unique", "collect"])
def test_outcomes_of_every_kind_can_be_written(values, expected, hit):
    """Decimals are exact in DuckDB; SQLite has floats only."""
    rows = [
        Row(kind, when={"kind": kind}, then={"it": value})
        for kind, value in zip(KIND.values, values, strict=True)
    ]
    table = DecisionTable("drawn", (KIND,), rows, hit=hit)

    for run in ENGINES:
        (found,) = run((to_sql(table, outcome="it"),), {"kind": "VARCHAR"}, [["house"], ["land"]])
        if hit == "collect":
            found = [json.loads(one)[0] for one in found]
        assert expected == [float(one) if isinstance(one, Decimal) else one for one in found]


def test_a_row_without_the_outcome_gives_null():
    """It decides all the same."""
    other = Row("L", when={"kind": "land"}, then={"refer": True})
    table = DecisionTable("drawn", (KIND,), (HOUSE, other))

    found = asked(table, [{"kind": "land"}], to_sql(table), to_sql(table, outcome="cap_bp"))

    assert [["L"], [None]] == found


@pytest.mark.parametrize("hit", ["first", "collect"])
def test_a_table_without_conditions_is_its_answer(hit):
    """No column is read."""
    table = DecisionTable("drawn", (KIND,), (Row("all", then={"cap_bp": 1}),), hit=hit)

    for run in ENGINES:
        assert [['["all"]' if hit == "collect" else "all"]] == run(
            (to_sql(table),), {"other": "VARCHAR"}, [["x"]]
        )


@pytest.mark.parametrize("hit", HITS)
def test_300_rows_run_in_both_engines(hit):
    """The text grows with the rows, its depth does not."""
    words = tuple(f"W{n}" for n in range(20))
    fields = (Field("word", "enum", values=words), Field("age", "int", low=0, high=150))
    overrides = ("default",) if hit == "exception" else ()
    rows = [
        Row(
            f"{word}-{step}",
            when={"word": word, "age": {"ge": 10 * step, "lt": 10 * step + 10}},
            then={"cap_bp": 100 * step},
            overrides=overrides,
        )
        for word in words
        for step in range(15)
    ][: 300 if hit == "unique" else 299]
    if hit != "unique":
        when = {"word": None} if hit in {"any", "collect"} else {}
        rows.append(Row("default", when=when, then={"cap_bp": 0}))
    table = DecisionTable("drawn", fields, rows, hit=hit)
    cases = [
        {"word": word, "age": age}
        for word in (*words[::6], None)
        for age in (0, 9, 77, 149, 150, None)
    ]

    (answers,) = asked(table, cases, to_sql(table))

    for case, answer in zip(cases, answers, strict=True):
        if answer != table_word(table, case):
            assert (answer, None in case.values()) == ("undetermined", True)


def table_word(table, case):
    """What SQL should say of a case where it is exact."""
    decision = table.decide(case)
    answer = oracle.Answer(
        decision.status,
        None,
        tuple([row.id for row in table.rows].index(one) for one in decision.rows),
    )
    return word_of(table, answer)


@pytest.mark.parametrize("hit", ["any", "exception", "collect"])
def test_chains_of_a_thousand_do_not_grow_too_deep(hit):
    """Both engines refuse expressions more than 1000 deep; each row may contradict each."""
    count = 1010
    rows = [
        Row(
            f"R{n}",
            when={"age": {"ge": n}},
            then={"cap_bp": n},
            overrides=("R0",) if n and hit == "exception" else (),
        )
        for n in range(count)
    ]
    table = DecisionTable("drawn", (Field("age", "int", low=0, high=count),), rows, hit=hit)

    (answers,) = asked(table, [{"age": 0}, {"age": 1}, {"age": 2}], to_sql(table))

    expected = {
        "any": ["R0", "conflict", "conflict"],
        "exception": ["R0", "R1", "conflict"],
        "collect": ['["R0"]', '["R0","R1"]', '["R0","R1","R2"]'],
    }
    assert expected[hit] == answers


# ---- refusals ---------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["none", "undetermined", "conflict", "error"])
def test_a_row_must_not_be_called_as_a_status(word):
    """Its id could not be told from the word; its outcomes can, and so can a list of ids."""
    row = Row(word, when={"kind": "house"}, then={"cap_bp": 1})
    table = DecisionTable("drawn", (KIND,), (row,))

    with pytest.raises(CreditError, match=f"got {word}: rename the row"):
        to_sql(table)

    listed = DecisionTable("drawn", (KIND,), (row,), hit="collect")
    assert [[1]] == asked(table, [{"kind": "house"}], to_sql(table, outcome="cap_bp"))
    assert [[f'["{word}"]']] == asked(listed, [{"kind": "house"}], to_sql(listed))


@pytest.mark.parametrize(
    ("thens", "message"),
    [
        (({"it": 1}, {"it": "1"}), "outcome it of table drawn .* got number, string"),
        (({"it": 1}, {"it": True}), "must be of one kind .* got boolean, number"),
        (({"it": LEAP_EVE}, {"it": "2024-02-28"}), "got date, string"),
        (({"it": 2**63}, {"it": 1}), "must have 64 bits, got 9223372036854775808"),
        (({"it": -(2**63) - 1}, {"it": 1}), "must have 64 bits, got -9223372036854775809"),
        (({"it": "a\0b"}, {"it": "c"}), r"must have no NUL in it, got 'a\\x00b'"),
    ],
)
def test_outcomes_that_no_column_can_hold_are_refused(thens, message):
    """A SQL expression has one type."""
    rows = [
        Row(kind, when={"kind": kind}, then=then)
        for kind, then in zip(KIND.values, thens, strict=True)
    ]
    table = DecisionTable("drawn", (KIND,), rows)

    with pytest.raises(CreditError, match=message):
        to_sql(table, outcome="it")


def test_an_unknown_outcome_is_refused_with_those_there_are():
    """As a column answer does."""
    table = DecisionTable("drawn", (KIND,), (HOUSE,))

    with pytest.raises(
        CreditError, match="no row of table drawn has an outcome 'cap': they have cap_bp"
    ):
        to_sql(table, outcome="cap")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"colour": "c"}, "has no field 'colour'"),
        ({"kind": ""}, "the column of kind must be named by text, got ''"),
        ({"kind": 3}, "the column of kind must be named by text, got 3"),
        ({"kind": "AGE"}, "fields kind and age .* got AGE and age: pass columns="),
    ],
)
def test_columns_that_cannot_be_told_apart_or_named_are_refused(columns, message):
    """Neither engine tells names apart by case, quoted or not."""
    row = Row("H", when={"kind": "house", "age": 1}, then={"cap_bp": 1})
    table = DecisionTable("drawn", (KIND, AGE), (row,))

    with pytest.raises(CreditError, match=message):
        to_sql(table, columns=columns)


def test_fields_that_differ_in_case_only_need_columns_of_their_own():
    """Then they can be exported."""
    fields = (KIND, Field("KIND", "bool"))
    row = Row("H", when={"kind": "house", "KIND": True}, then={"cap_bp": 1})
    table = DecisionTable("drawn", fields, (row,))

    with pytest.raises(CreditError, match="fields kind and KIND"):
        to_sql(table)

    assert '"sort" = TRUE' in to_sql(table, columns={"KIND": "sort"})
