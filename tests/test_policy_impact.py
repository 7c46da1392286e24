"""What a new version changes: the difference of tables, and its impact on cases."""

import datetime
import itertools
import pickle
from collections import Counter
from decimal import Decimal

import attrs
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import policy_oracle as oracle
from drawn_tables import CELLS, cases, columns_of, table_of, tables, without_overlaps
from ruralcredit.errors import CreditError, InputError, TableError
from ruralcredit.policy import (
    CellChange,
    DecisionTable,
    Field,
    FieldChange,
    Impact,
    Move,
    Row,
    RowChange,
    TableDiff,
    diff,
    impact,
)
from ruralcredit.policy._impact import Moved, _distinct
from ruralcredit.values import Ratio, from_dict, to_dict

DAY = datetime.date(2024, 6, 30)
HITS = ("unique", "first", "any", "exception", "collect")

KIND = Field("kind", "enum", values=("flat", "house"))
AGE = Field("age_years", "int", unit="years", low=0, high=150)
FEN = Field("balance_fen", "int", unit="fen")


def caps(*rows, fields=(KIND, AGE, FEN), **beside):
    """Build a priority table."""
    return DecisionTable("caps", fields, rows, **{"hit": "first", **beside})


H1 = Row("H1", when={"kind": "flat", "age_years": {"le": 10}}, then={"cap_bp": 7000})
H2 = Row("H2", when={"kind": "house"}, then={"cap_bp": 5000}, cite="art. 3")
H3 = Row("H3", when={}, then={"cap_bp": 0})
BASE = caps(H1, H2, H3)


@st.composite
def versions(draw):
    """A table of the oracle, and another one made of it."""
    old = draw(tables(hits=HITS).filter(lambda table: table.rows))
    rows = list(draw(st.permutations(old.rows)))[: draw(st.integers(1, len(old.rows)))]
    if draw(st.booleans()):
        rows = list(old.rows)
    for n, row in enumerate(rows):
        fate = draw(st.sampled_from(("kept", "kept", "then", "wider", "named", "cited")))
        name = draw(st.sampled_from(sorted(row.then)))
        tested = sorted(row.when) or ["-"]
        left_out = draw(st.sampled_from(tested))
        changes = {
            "kept": {},
            "then": {"then": {**row.then, name: draw(st.sampled_from(CELLS[name]))}},
            "wider": {"when": {k: v for k, v in row.when.items() if k != left_out}},
            "named": {"id": f"N{n}"},
            "cited": {"cite": "art. 1", "reason": "new"},
        }
        rows[n] = row._replace(**changes[fate])
    hit = draw(st.sampled_from(HITS))
    ids = {row.id for row in rows}
    rows = [
        row._replace(overrides=tuple(one for one in row.overrides if one in ids))
        if hit == "exception"
        else row._replace(overrides=())
        for row in rows
    ]
    new = old._replace(rows=tuple(rows), hit=hit, version=draw(st.sampled_from(("1", "2"))))
    if draw(st.booleans()):
        new = new._replace(impossible=new.impossible[1:])
    return old, without_overlaps(new) if hit == "unique" else new


# --- the difference ---


@given(tables())
def test_a_table_does_not_differ_from_itself(table):
    """Nothing is listed, it is false, and it says so in both languages."""
    made, again = table_of(table), table_of(table)
    found = diff(made, again)

    assert not found
    assert found.is_empty
    assert ("nothing changed",) == found.text()
    assert ("无变化",) == found.text("zh")


@given(versions())
def test_what_differs_is_seen_and_nothing_else(pair):
    """Empty exactly where the digests are equal."""
    old, new = map(table_of, pair)

    assert (old.digest != new.digest) == bool(diff(old, new))
    assert bool(diff(old, new)) == bool(diff(new, old))


@given(versions())
def test_a_difference_leads_from_the_old_table_to_the_new(pair):
    """Rows, cells and order: nothing that the new table has is left unsaid."""
    old, new = map(table_of, pair)
    found = diff(old, new)

    by_id = {row.id: row for row in old.rows}
    for change in found.changed:
        by_id[change.id] = changed_row(by_id[change.id], change)
    moved = {one.id for one in found.moved}
    gone = moved | {row.id for row in found.removed}
    ids = [row.id for row in old.rows if row.id not in gone]
    by_id |= {row.id: row for row in found.added}
    place = {row.id: n for n, row in enumerate(new.rows)}
    places = {one.id: one.after for one in found.moved}
    places |= {row.id: place[row.id] for row in found.added}
    for name in sorted(places, key=places.get):
        ids.insert(places[name], name)

    assert list(new.rows) == [by_id[name] for name in ids]


def changed_row(row, change):
    """Apply the changes of cells to a row."""
    parts = {"when": dict(row.when), "then": dict(row.then)}
    texts = {}
    for cell in change.cells:
        if cell.part not in parts:
            texts[cell.part] = cell.after
        elif cell.change == "removed":
            del parts[cell.part][cell.name]
        else:
            parts[cell.part][cell.name] = cell.after
    return attrs.evolve(row, **parts, **texts)


@given(versions())
def test_a_difference_read_backwards_is_the_opposite(pair):
    """What one adds the other removes, and what was before comes after."""
    old, new = map(table_of, pair)
    there, back = diff(old, new), diff(new, old)

    assert (there.added, there.removed) == (back.removed, back.added)
    assert (there.impossible_added, there.impossible_removed) == (
        back.impossible_removed,
        back.impossible_added,
    )
    assert len(there.moved) == len(back.moved)
    assert {
        one.id: {(c.part, c.name, str(c.before), str(c.after)) for c in one.cells}
        for one in there.changed
    } == {
        one.id: {(c.part, c.name, str(c.after), str(c.before)) for c in one.cells}
        for one in back.changed
    }


@given(st.permutations(range(6)), st.integers(0, 6))
def test_as_few_rows_as_can_be_are_moved(order, kept):
    """The rest stand in one order in both tables, and no larger set does."""
    rows = [Row(f"R{n}", then={"a": n}) for n in range(6)]
    new = [*[rows[n] for n in order][:kept], Row("new", then={"a": 9})]
    found = diff(caps(*rows), caps(*new)).moved

    common = list(order[:kept])
    longest = max(
        size
        for size in range(len(common) + 1)
        if any(list(part) == sorted(part) for part in itertools.combinations(common, size))
    )
    assert len(common) - longest == len(found)
    assert all(rows[one.before].id == one.id == new[one.after].id for one in found)
    left = [n for n in common if f"R{n}" not in {one.id for one in found}]
    assert left == sorted(left)


@pytest.mark.parametrize(
    ("new", "english", "chinese"),
    [
        (
            caps(H1, H2, H3, version="2"),
            ["version: 1 → 2"],
            ["版本：1 → 2"],
        ),
        (
            caps(H1, H2, H3, hit="any"),
            ["hit policy: first → any"],
            ["命中方式：first → any"],
        ),
        (
            caps(attrs.evolve(H1, then={"cap_bp": 6500}), H2, H3),
            ["row H1, => cap_bp: 70% → 65%"],
            ["规则 H1，=> cap_bp：70% → 65%"],
        ),
        (
            caps(attrs.evolve(H1, when={"kind": "flat", "age_years": {"lt": 10}}), H2, H3),
            ["row H1, age_years: <=10 → <10"],
            ["规则 H1，age_years：<=10 → <10"],
        ),
        (
            caps(attrs.evolve(H1, when={"kind": "flat", "balance_fen": {"ge": 10**7}}), H2, H3),
            ["row H1, age_years: <=10 → -", "row H1, balance_fen: - → >=100000 yuan"],
            ["规则 H1，age_years：<=10 → -", "规则 H1，balance_fen：- → >=10万元"],
        ),
        (
            caps(attrs.evolve(H1, when={"kind": None, "age_years": {"le": 10}}), H2, H3),
            ["row H1, kind: flat → missing"],
            ["规则 H1，kind：flat → 缺失"],
        ),
        (
            caps(H1, attrs.evolve(H2, reason="far", cite="", basis="source document"), H3),
            [
                "row H2, reason: - → far",
                "row H2, cite: art. 3 → -",
                "row H2, basis: bank policy → source document",
            ],
            [
                "规则 H2，理由：- → far",
                "规则 H2，出处：art. 3 → -",
                "规则 H2，依据：本行制度 → 来源文件",
            ],
        ),
        (
            caps(H1, attrs.evolve(H2, reason={"en": "far", "zh": "过远"}), H3),
            ["row H2, reason: - → far"],
            ["规则 H2，理由：- → 过远"],
        ),
        (
            caps(attrs.evolve(H1, then={"cap_bp": 7000, "until": DAY}), H2, H3),
            ["row H1, => until: - → 2024-06-30"],
            ["规则 H1，=> until：- → 2024-06-30"],
        ),
        (
            caps(H3, H1, H2),
            ["row H3 moved from place 3 to place 1"],
            ["规则 H3由第 3 条移至第 1 条"],
        ),
        (
            caps(H1, H3, Row("H4", when={"kind": ("house", None)}, then={"cap_bp": 1, "b": None})),
            [
                "row H2 removed: kind house => cap_bp 50%",
                "row H4 added: kind house, missing => cap_bp 0.01%; b missing",
            ],
            [
                "删除规则 H2：kind house => cap_bp 50%",
                "新增规则 H4：kind house, 缺失 => cap_bp 0.01%; b 缺失",
            ],
        ),
        (
            caps(H1, H2, H3, impossible=({"kind": "house", "age_years": {"gt": 100}},)),
            ["impossible added: kind house; age_years >100"],
            ["新增不可能情形：kind house; age_years >100"],
        ),
        (
            caps(H1, H2, H3, fields=(KIND, attrs.evolve(AGE, high=120), Field("local", "bool"))),
            ["field age_years, high: 150 → 120", "field local added", "field balance_fen removed"],
            ["字段 age_years，high：150 → 120", "新增字段 local", "删除字段 balance_fen"],
        ),
        (
            caps(
                H1, H2, H3, fields=(attrs.evolve(KIND, values=("flat", "house", "a, b")), AGE, FEN)
            ),
            ['field kind, values: flat, house → flat, house, "a, b"'],
            ['字段 kind，values：flat, house → flat, house, "a, b"'],
        ),
        (
            caps(H1, H2, H3, fields=(KIND, FEN, AGE)),
            ["field age_years moved from place 2 to place 3"],
            ["字段 age_years由第 2 条移至第 3 条"],
        ),
        (
            caps(H1, H2, H3, fields=(KIND, attrs.evolve(AGE, unit=None), FEN)),
            ["field age_years, unit: years → -"],
            ["字段 age_years，unit：years → -"],
        ),
    ],
)
def test_a_difference_is_told_line_by_line(new, english, chinese):
    """Each change with what stood before and after, as an officer writes cells."""
    found = diff(BASE, new)

    assert found
    assert english == list(found.text())
    assert chinese == list(found.text("zh"))


def test_overrides_and_ids_are_told_too():
    """What a row beats is a cell; another name is another table."""
    beats = attrs.evolve(H2, overrides=("H1",))
    new = DecisionTable("caps 2", (KIND, AGE, FEN), (H1, beats, H3), hit="exception")

    assert ("table: caps → caps 2", "row H2, overrides: - → H1") == diff(
        caps(H1, H2, H3, hit="exception"), new
    ).text()


def test_a_removed_box_is_told_with_the_old_fields():
    """The new table may not know its fields any more."""
    old = caps(H1, H2, H3, impossible=({"balance_fen": {"lt": 0}}, {"kind": "house"}))
    new = caps(H1, H2, H3, fields=(KIND, AGE), impossible=({"kind": "house"},))

    assert ("field balance_fen removed", "impossible removed: balance_fen <0 yuan") == diff(
        old, new
    ).text()


def test_the_order_of_impossible_boxes_is_no_difference():
    """They all hold at once."""
    boxes = ({"kind": "house"}, {"age_years": {"gt": 100}})

    assert not diff(caps(H1, H3, impossible=boxes), caps(H1, H3, impossible=boxes[::-1]))


def test_a_box_stated_twice_counts_twice():
    """One of three stays, so two are removed."""
    box, other = {"kind": "house"}, {"kind": "flat", "age_years": 0}
    old, new = caps(H1, H3, impossible=(box, box, other, box)), caps(H1, H3, impossible=(box,))

    assert (box, other, box) == diff(old, new).impossible_removed
    assert (box, other, box) == diff(new, old).impossible_added


@pytest.mark.parametrize("ask", [diff, lambda old, new: impact(old, new, {})])
def test_what_is_no_table_is_refused(ask):
    """On either side."""
    for pair in ((BASE, 3), ("caps", BASE)):
        with pytest.raises(TableError, match="a DecisionTable must be given, got "):
            ask(*pair)


@pytest.mark.parametrize(
    ("before", "after"),
    [(1, True), (1, Decimal(1)), (Decimal("1.0"), Decimal("1.00")), (0, None), ("1", 1)],
)
def test_the_type_of_an_outcome_is_part_of_it(before, after):
    """Equal for Python, different for who reads it."""
    old, new = (caps(Row("r", then={"a": cell, "b": 1})) for cell in (before, after))

    assert (CellChange(part="then", name="a", before=before, after=after),) == (
        diff(old, new).changed[0].cells
    )


def test_nothing_stated_is_not_missing():
    """The change says which; before is None in both."""
    any_kind = attrs.evolve(H2, when={})
    missing = attrs.evolve(H2, when={"kind": None})
    house = attrs.evolve(H2, when={"kind": "house"})

    def cell(old, new):
        return diff(caps(old), caps(new)).changed[0].cells[0]

    assert ("added", None, "house") == tuple_of(cell(any_kind, house))
    assert ("changed", None, "house") == tuple_of(cell(missing, house))
    assert ("added", None, None) == tuple_of(cell(any_kind, missing))
    assert ("removed", None, None) == tuple_of(cell(missing, any_kind))


def tuple_of(cell):
    """What a changed cell says."""
    return cell.change, cell.before, cell.after


def test_parts_of_a_difference_are_values():
    """Fields changed, added and removed; who asks gets them as they are."""
    new = caps(H1, H3, H2, fields=(KIND, attrs.evolve(AGE, low=1), Field("local", "bool")))
    found = diff(BASE, new)

    assert (BASE.digest, new.digest) == (found.old.digest, found.new.digest)
    assert ["changed", "added", "removed"] == [one.change for one in found.fields]
    assert (
        FieldChange(name="age_years", before=AGE, after=attrs.evolve(AGE, low=1))
        == (found.fields[0])
    )
    assert (Moved(id="H2", before=1, after=2),) == found.moved
    assert () == found.moved_fields
    assert () == found.changed
    assert RowChange(id="a", cells=()) == RowChange(id="a", cells=())


@given(versions())
def test_a_difference_is_plain_data(pair):
    """Out and in, and through pickle, exactly."""
    found = diff(*map(table_of, pair))

    assert found == from_dict(TableDiff, to_dict(found))
    assert found == pickle.loads(pickle.dumps(found))  # noqa: S301 - our own bytes
    assert "fields" not in repr(found).replace("moved_fields", "")


def test_a_third_language_is_refused():
    """As everywhere."""
    with pytest.raises(CreditError, match="lang must be en or zh, got 'fr'"):
        diff(BASE, BASE).text("fr")
    with pytest.raises(CreditError, match="lang must be en or zh, got 'fr'"):
        impact(BASE, BASE, {}).text("fr")


# --- the impact ---


def stands(table, case):
    """Where a case stands under a table of the oracle: status, ids of rows, outcome."""
    answer = oracle.decide(table, case)
    if answer.status != "decided":
        return answer.status, (), None
    rows = answer.rows if table.hit == "collect" else answer.rows[:1]
    return answer.status, tuple(table.rows[n].id for n in rows), answer.outcome


@given(st.data())
def test_impact_is_what_the_two_tables_say_of_each_case(data):
    """Moves, counts, money, bad and who, from deciding each case alone under both tables."""
    old, new = data.draw(versions())
    asked = data.draw(st.lists(cases(old), min_size=1, max_size=8))
    fen = [data.draw(st.none() | st.integers(-(2**63), 2**63 - 1)) for _ in asked]
    bad = [data.draw(st.none() | st.booleans()) for _ in asked]
    columns = {**columns_of(old, asked), "fen": fen, "bad": bad}

    found = impact(table_of(old), table_of(new), columns, amount="fen", outcome="bad")

    there = [(stands(old, case), stands(new, case)) for case in asked]
    keys = [(a[:2], b[:2], a[0] != b[0] or a[2] != b[2]) for a, b in there]
    assert Counter(keys) == {
        (
            (move.old_status, move.old_rows),
            (move.new_status, move.new_rows),
            move.is_changed,
        ): move.count
        for move in found.moves
    }
    for move in found.moves:
        rows = found.rows_of(move).tolist()
        key = ((move.old_status, move.old_rows), (move.new_status, move.new_rows), move.is_changed)
        assert [n for n, one in enumerate(keys) if one == key] == rows
        assert sum(fen[n] or 0 for n in rows) == move.amount_fen
        assert sum(fen[n] is None for n in rows) == move.unknown_amounts
        known = [bad[n] for n in rows if bad[n] is not None]
        assert Ratio(sum(known), len(known)) == move.bad
        assert len(rows) - len(known) == move.unknown_outcomes


@given(st.data())
def test_a_table_against_itself_changes_nothing(data):
    """Every case stays in its row; a permutation of the cases changes no move."""
    old, _ = data.draw(versions())
    asked = data.draw(st.lists(cases(old), min_size=1, max_size=8))
    made = table_of(old)
    found = impact(made, made, columns_of(old, asked))

    assert () == found.changed
    assert all((move.old, move.old_status) == (move.new, move.new_status) for move in found.moves)
    assert len(asked) == len(found) == sum(move.count for move in found.moves)
    assert found.moves == impact(made, made, columns_of(old, asked[::-1])).moves


def test_moves_are_listed_as_the_tables_list_their_rows():
    """Old rows in their order, then new ones; what has no row comes last."""
    new = caps(H2, H1, version="2")
    columns = {
        "kind": ["house", "flat", "flat", None, "house"],
        "age_years": [1, 5, 20, 5, None],
    }
    found = impact(BASE, new, columns)

    assert [("H1", "H1", 1), ("H2", "H2", 2), ("H3", "none", 1), ("undetermined",) * 2 + (1,)] == [
        (move.old, move.new, move.count) for move in found.moves
    ]
    assert [("H3", "none")] == [(move.old, move.new) for move in found.changed]
    assert [2] == found.rows_of(found.changed[0]).tolist()
    assert not found.move_of.flags.writeable


def test_another_row_with_the_same_outcome_is_a_move_and_no_change():
    """Who is decided by another row for the same outcome gets the same answer."""
    new = caps(Row("N1", when={"kind": "flat"}, then={"cap_bp": 7000}), H2, H3)
    found = impact(BASE, new, {"kind": ["flat"], "age_years": [3]})

    assert [("H1", "N1", False)] == [(m.old, m.new, m.is_changed) for m in found.moves]
    assert ("caps, version 1 to 1: 0 of 1 cases change",) == found.text()


def test_the_type_of_an_outcome_counts_and_its_spelling_does_not():
    """True is not 1; the Decimal 1.0 is 1.00."""
    tables_of = [caps(Row("r", then={"a": cell})) for cell in (1, True, Decimal(1))]
    ones = [caps(Row("r", then={"a": cell})) for cell in (Decimal("1.0"), Decimal("1.00"))]
    columns = {"kind": ["flat"]}

    assert all(impact(*pair, columns).changed for pair in itertools.permutations(tables_of, 2))
    assert () == impact(*ones, columns).changed


def test_tables_of_different_fields_each_take_their_own():
    """A field without a column is missing; a table that knows no column still answers."""
    local = Field("local", "bool")
    old = caps(Row("all", then={"cap_bp": 5000}), fields=(AGE,))
    new = caps(
        Row("near", when={"local": True}, then={"cap_bp": 6000}),
        Row("far", then={"cap_bp": 5000}),
        fields=(local,),
    )
    found = impact(old, new, {"local": [True, False, None]})

    assert [("all", "near", True), ("all", "far", False), ("all", "undetermined", True)] == [
        (move.old, move.new, move.is_changed) for move in found.moves
    ]


def test_under_collect_all_rows_are_named():
    """The place of a case is every row it collects."""
    rows = (
        Row("old", when={"age_years": {"ge": 60}}, then={"a": 1}),
        Row("flat", when={"kind": "flat"}, then={"a": 2}),
    )
    one, two = caps(*rows, hit="collect"), caps(*rows[::-1], hit="collect")
    found = impact(one, two, {"kind": ["flat", "flat", "house"], "age_years": [70, 20, 20]})

    assert [
        ("old + flat", "flat + old", True),
        ("flat", "flat", False),
        ("none", "none", False),
    ] == [(move.old, move.new, move.is_changed) for move in found.moves]


def test_money_is_summed_exactly_beyond_64_bits():
    """No float, no wrap: Python's own numbers."""
    most = 2**63 - 1
    fen = [most] * 5 + [-3, None]
    found = impact(BASE, BASE, {"kind": ["house"] * 7, "fen": fen}, amount="fen")

    assert (5 * most - 3, 1) == (found.moves[0].amount_fen, found.moves[0].unknown_amounts)


def test_an_amount_may_be_a_field_too():
    """The same column is a condition's fact and the money that moves."""
    new = caps(Row("rich", when={"balance_fen": {"ge": 100}}, then={"cap_bp": 1}), H3)
    found = impact(caps(H3), new, {"balance_fen": [99, 100, 250]}, amount="balance_fen")

    assert [("H3", 99), ("rich", 350)] == sorted(
        (move.new, move.amount_fen) for move in found.moves
    )


@pytest.mark.parametrize(
    "bring",
    [
        list,
        np.array,
        pa.array,
        pd.Series,
    ],
)
def test_columns_come_as_they_are(bring):
    """Lists, NumPy, Arrow and pandas give one answer."""
    columns = {
        "kind": bring(["flat", "house", "flat"]),
        "age_years": bring([5, 5, 50]),
        "fen": bring([1, 2, 3]),
        "bad": bring([True, False, True]),
    }
    found = impact(BASE, caps(H2, H3), columns, amount="fen", outcome="bad")

    assert [
        ("H1", "H3", 1, 1, Ratio(1, 1)),
        ("H2", "H2", 1, 2, Ratio(0, 1)),
        ("H3", "H3", 1, 3, Ratio(1, 1)),
    ] == [(m.old, m.new, m.count, m.amount_fen, m.bad) for m in found.moves]


def test_the_bad_rate_has_its_interval():
    """Per move, over the known outcomes; undefined where none is known."""
    columns = {"kind": ["flat"] * 20 + ["house"], "bad": [True] * 3 + [False] * 16 + [None] * 2}
    found = impact(caps(H2, H3), caps(H3), columns, outcome="bad")
    first, second = found.moves

    assert (Ratio(0, 0), None, 1) == (first.bad, first.bad.interval(), first.unknown_outcomes)
    assert (Ratio(3, 19), 1) == (second.bad, second.unknown_outcomes)
    assert 0.05 < second.bad.interval()[0] < 3 / 19 < second.bad.interval()[1] < 0.4


def test_an_impact_is_told_line_by_line():
    """Headline, then each move that changes an answer, in both languages."""
    columns = {
        "kind": ["flat", "flat", "house", None],
        "age_years": [5, 6, 5, 5],
        "fen": [100_00, None, 50_00, 1],
        "bad": [True, None, False, None],
    }
    new = caps(H2, version="2")
    found = impact(BASE, new, columns, amount="fen", outcome="bad")

    assert (
        "caps, version 1 to 2: 2 of 4 cases change",
        (
            "H1 → none: 2 cases, 100.00 yuan, 1 amounts unknown, bad 1 of 1 (20.7%-100.0%), "
            "1 outcomes unknown"
        ),
    ) == found.text()
    assert (
        "caps，版本 1 至 2：2 笔变化，共 4 笔",
        "H1 → 无适用规则：2 笔，100.00 元，1 笔金额未知，不良 1/1 (20.7%-100.0%)，1 笔结果未知",
    ) == found.text("zh")


@given(st.lists(st.integers(0, 20)))
def test_pairs_are_found_alike_with_and_without_sorting(keys):
    """Tables of very many places take the slower way to the same moves."""
    column = np.array(keys, np.int64)
    few, many = _distinct(column, 21), _distinct(column, 2**40)

    assert [part.tolist() for part in few] == [part.tolist() for part in many]
    assert all(part.dtype == np.int64 for part in (*few, *many))
    assert keys == few[0][few[1]].tolist()


def test_no_cases_have_no_moves():
    """Empty columns, or none at all."""
    assert () == impact(BASE, BASE, {}).moves
    assert () == impact(BASE, BASE, {"kind": [], "fen": []}, amount="fen").moves


@pytest.mark.parametrize(
    ("columns", "beside", "error", "says"),
    [
        (
            {"kind": ["flat"], "agee": [3]},
            {},
            CreditError,
            "columns must be fields of caps or caps, the amount or the outcome, got agee: leave",
        ),
        ({"kind": ["flat"]}, {"amount": "fen"}, CreditError, "amount must name one of the col"),
        ({"kind": ["flat"]}, {"outcome": "bad"}, CreditError, "got 'bad': they are kind"),
        ({"kind": ["flat"], "fen": [0.5]}, {"amount": "fen"}, InputError, "fen must"),
        ({"kind": ["flat"], "bad": [1]}, {"outcome": "bad"}, InputError, "bad "),
        ({"kind": ["flat"], "fen": [1, 2]}, {"amount": "fen"}, InputError, "one length"),
        ({"kind": ["loft"]}, {}, InputError, "kind"),
    ],
)
def test_columns_that_cannot_be_used_are_refused(columns, beside, error, says):
    """A misspelt field would otherwise be missing in every row."""
    with pytest.raises(error, match=says):
        impact(BASE, BASE, columns, **beside)


def test_a_move_of_another_impact_is_refused():
    """Its rows are not known here."""
    found = impact(BASE, BASE, {"kind": ["house"]})
    other = attrs.evolve(found.moves[0], count=2)

    with pytest.raises(CreditError, match="must be one of this impact, got H2 to H2 with 2 cases"):
        found.rows_of(other)


def test_an_impact_is_plain_data():
    """Equal by content, out and in, through pickle, hashable, small in repr."""
    columns = {"kind": ["house", "flat", None], "fen": [1, None, 3], "bad": [True, None, False]}
    found = impact(BASE, caps(H2, H3), columns, amount="fen", outcome="bad")
    again = impact(BASE, caps(H2, H3), columns, amount="fen", outcome="bad")

    assert found == again
    assert hash(found) == hash(again)
    assert found == from_dict(Impact, to_dict(found))
    assert found == pickle.loads(pickle.dumps(found))  # noqa: S301 - our own bytes
    swapped = {**columns, "kind": ["flat", "house", None]}
    assert found != impact(BASE, caps(H2, H3), swapped, amount="fen", outcome="bad")
    assert "<3 moves>" in repr(found)
    assert isinstance(found.moves[0], Move)
