"""Tables as officers write them: every cell form, every refusal, and the way back."""

import datetime
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError, TableError
from ruralcredit.policy import DecisionTable, Field, Row, from_grid, from_markdown, to_markdown
from ruralcredit.policy._notation import condition_of_text, condition_text
from ruralcredit.reasons import BASES

DAY = datetime.date(2024, 6, 30)
HITS = ("unique", "first", "any", "exception", "collect")

KIND = Field("kind", "enum", values=("住宅", "商铺", "a, b", "x、y", "-", "缺失", " 空 ", '"q"'))
PLAIN = Field("plain", "enum", values=("flat", "house", ">=60", "住宅（商品房）"))
AGE = Field("age_years", "int", unit="years", low=-100, high=200)
COUNT = Field("count", "int")
FEN = Field("balance_fen", "int", unit="fen")
SHARE = Field("share_bp", "int", unit="bp")
PPM = Field("rate_ppm", "int", unit="ppm")
AREA = Field("area", "int", unit="m2")
MADE = Field("made_on", "date")
LOCAL = Field("is_local", "bool")


def one_cell(field, cell):
    """Read a grid of one row with one condition."""
    table = from_grid(
        ["id", field.name, "=> a"], [["r", cell, "x"]], id="t", fields=[field], hit="first"
    )
    return table.rows[0].when.get(field.name, "any")


def one_outcome(name, cell, header=None):
    """Read a grid of one row with one outcome, beside another one."""
    header = f"=> {name}" if header is None else header
    table = from_grid(["id", header, "=> b"], [["r", cell, "x"]], id="t", fields=[LOCAL])
    return table.rows[0].then.get(name, "not stated")


def table_of(*rows, fields=(LOCAL,), **beside):
    """Build a table whose rows may overlap."""
    return DecisionTable("t", fields, rows, **{"hit": "collect", **beside})


def back(table, lang="en"):
    """Write a table and read it again."""
    text = to_markdown(table, lang=lang)
    return from_markdown(text, id=table.id, fields=table.fields, hit=table.hit)


# --- conditions ---


@pytest.mark.parametrize(
    ("field", "cell", "condition"),
    [
        (PLAIN, "-", "any"),
        (PLAIN, "－", "any"),
        (PLAIN, "flat", "flat"),
        (PLAIN, " flat ", "flat"),
        (PLAIN, "flat, house", ("flat", "house")),
        (PLAIN, "flat，house", ("flat", "house")),
        (PLAIN, "house、flat", ("house", "flat")),
        (PLAIN, "missing", None),
        (PLAIN, "缺失", None),
        (PLAIN, "flat, 缺失", ("flat", None)),
        (PLAIN, ">=60", ">=60"),
        (PLAIN, "住宅（商品房）", "住宅（商品房）"),
        (PLAIN, '"flat", “house”', ("flat", "house")),
        (KIND, "住宅、商铺", ("住宅", "商铺")),
        (KIND, '"a, b", 住宅', ("a, b", "住宅")),
        (KIND, '"x、y"', "x、y"),
        (KIND, "-", "any"),
        (KIND, '"-"', "-"),
        (KIND, '"缺失"', "缺失"),
        (KIND, "missing", None),
        (KIND, '"缺失", missing', ("缺失", None)),
        (KIND, '" 空 "', " 空 "),
        (KIND, '"""q"""', '"q"'),
        (LOCAL, "是", True),
        (LOCAL, "否", False),
        (LOCAL, "yes", True),
        (LOCAL, "No", False),
        (LOCAL, "TRUE", True),
        (LOCAL, "false", False),
        (LOCAL, "是，缺失", (True, None)),
        (LOCAL, True, True),
        (LOCAL, "missing", None),
        (COUNT, "60", 60),
        (COUNT, "-5", -5),
        (COUNT, "−5", -5),
        (COUNT, "６０", 60),
        (COUNT, 60, 60),
        (COUNT, "60, 70", (60, 70)),
        (COUNT, "60，70、80", (60, 70, 80)),
        (COUNT, "60, missing", (60, None)),
        (COUNT, "缺失", None),
        (COUNT, ">=60", {"ge": 60}),
        (COUNT, "> 60", {"gt": 60}),
        (COUNT, "<=60", {"le": 60}),
        (COUNT, "<-60", {"lt": -60}),
        (COUNT, "≥60", {"ge": 60}),
        (COUNT, "＞＝６０", {"ge": 60}),
        (COUNT, "》60", {"gt": 60}),
        (COUNT, "《=60", {"le": 60}),
        (COUNT, "≤60", {"le": 60}),
        (COUNT, "[60..90)", {"ge": 60, "lt": 90}),
        (COUNT, "(60..90]", {"gt": 60, "le": 90}),
        (COUNT, "[ 60 .. 90 ]", {"ge": 60, "le": 90}),
        (COUNT, "(-5..-1)", {"gt": -5, "lt": -1}),
        (COUNT, "［60～90）", {"ge": 60, "lt": 90}),
        (COUNT, "（60~90】", {"gt": 60, "le": 90}),
        (COUNT, "9223372036854775807", 2**63 - 1),
        (AGE, ">=60 years", {"ge": 60}),
        (AGE, "[18岁..60岁]", {"ge": 18, "le": 60}),
        (AREA, "<144m2", {"lt": 144}),
        (AREA, "[90平方米..144㎡)", {"ge": 90, "lt": 144}),
        (FEN, "500", 500),
        (FEN, "500元", 500_00),
        (FEN, "0.05元", 5),
        (FEN, "500.5 yuan", 500_50),
        (FEN, ">=10万元", {"ge": 10_0000_00}),
        (FEN, "<0.5万", {"lt": 5000_00}),
        (FEN, "[10万元..1.67亿元)", {"ge": 10_0000_00, "lt": 1_6700_0000_00}),
        (FEN, "5分, 5 fen", None),
        (SHARE, "70%", 7000),
        (SHARE, "7000", 7000),
        (SHARE, "<=67.5％", {"le": 6750}),
        (SHARE, "3‰, 5bp", (30, 5)),
        (PPM, "0.5%", 5000),
        (MADE, "2024-06-30", (DAY,)),
        (MADE, DAY, (DAY,)),
        (MADE, ">=2024-06-30", {"ge": DAY}),
        (MADE, "[2024-01-01..2024-06-30)", {"ge": datetime.date(2024, 1, 1), "lt": DAY}),
        (MADE, "2024－06－30，缺失", (DAY, None)),
    ],
)
def test_a_condition_is_read_in_each_of_its_forms(field, cell, condition):
    """The closed grammar, half-width and as a Chinese keyboard types it."""
    if cell == "5分, 5 fen":
        with pytest.raises(TableError, match="must not repeat a value"):
            one_cell(field, cell)
    else:
        assert condition == one_cell(field, cell)


@pytest.mark.parametrize(
    ("field", "cell", "says"),
    [
        (COUNT, "", "a condition may not be blank, - for any, missing or 缺失 for must be"),
        (COUNT, None, "a condition may not be blank"),
        (COUNT, "abc", "'abc' is no whole number without a unit; write 60 or 60, 70 or >=6"),
        (COUNT, "60.5", "'60.5' is no whole number"),
        (COUNT, "060", "'060' is no whole number"),
        (COUNT, "60天", "'60天' is no whole number without a unit"),
        (COUNT, "=60", "'=60' is no whole number"),
        (COUNT, "=>60", "'=>60' is no whole number"),
        (COUNT, "]60..90[", "[60..90) where [ ] include an end and ( ) exclude"),
        (COUNT, "60..90", "[60..90) where [ ] include"),
        (COUNT, "[60, 90)", "[60..90) where [ ] include"),
        (COUNT, "[60..)", "is no whole number"),
        (COUNT, ">=", "'>=' is no whole number"),
        (COUNT, "60,", "'' is no whole number"),
        (COUNT, "60 70", "'60 70' is no whole number"),
        (COUNT, "10²", "'10²' is no whole number"),
        (COUNT, ">=60, <90", "'60, <90' is no whole number"),
        (COUNT, ">=missing", "'missing' is no whole number"),
        (COUNT, "1,200", "write 1200 for the number, 1, 200 for a choice"),
        (COUNT, "-1,200,000", "a comma may part thousands or choices"),
        (COUNT, ">=1,200", "'1,200' is no whole number"),
        (COUNT, "9" * 101, "is no whole number"),
        (COUNT, "9223372036854775808", "count"),
        (COUNT, "[9..8]", "count"),
        (COUNT, "60, 60", "must not repeat a value"),
        (AGE, "60 months", "'60 months' is no whole number, with or without years, 年, 岁"),
        (AGE, "201", "age_years"),
        (FEN, "0.001元", "'0.001元' is no whole number of fen"),
        (FEN, "0.5", "'0.5' is no whole number of fen"),
        (FEN, "5美元", "with or without fen, 分, yuan, 元, 万元, 万, 亿元, 亿"),
        (SHARE, "0.001%", "is no whole number of bp"),
        (MADE, "2024-6-30", "'2024-6-30' is no day; write 2024-06-30 or >=2024-06-30 or ["),
        (MADE, "2024-02-30", "'2024-02-30' is no day"),
        (MADE, "20240630", "'20240630' is no day"),
        (LOCAL, "y", "'y' is neither yes nor no; write yes or no, 是 or 否"),
        (LOCAL, ">=1", "'>=1' is neither yes nor no"),
        (PLAIN, "flats", "'flats' is no word of plain, such as flat: write a word or several"),
        (PLAIN, "住宅(商品房)", "such as 住宅（商品房）"),
        (PLAIN, "zzz", "is no word of plain: write a word or several of flat, house, >=60"),
        (PLAIN, "Flat", "'Flat' is no word of plain"),
        (PLAIN, "flat,", "no item of a list may be blank"),
        (PLAIN, "flat,,house", "no item of a list may be blank"),
        (PLAIN, '"flat', "a quote must be closed before the next comma"),
        (PLAIN, '"flat" house', "a quote must be closed before the next comma"),
        (KIND, "缺失", '缺失 is a word of kind too: write "缺失" for the word, missing for must'),
        (KIND, "a, b", "'a' is no word of kind"),
        (COUNT, 0.5, "a cell must be exact, got float 0.5: pass it as text, such as 0.5 or 50%"),
        (MADE, datetime.datetime(2024, 6, 30), "a cell must be exact, got datetime"),  # noqa: DTZ001
        (COUNT, [60], "a cell must be text, got list"),
    ],
)
def test_a_condition_that_is_none_is_refused_with_the_way_out(field, cell, says):
    """The error names the table, row, column, the cell as written and what to write."""
    with pytest.raises(TableError, match=re.escape(says)) as caught:
        one_cell(field, cell)

    message = str(caught.value)
    assert message.startswith(("table t, row 1", "row r of table t"))
    if isinstance(cell, str):
        assert cell in message or field.name in message


def test_an_unreadable_cell_is_placed_exactly():
    """Table, number and id of the row, header of the column, the cell; the row as attribute."""
    with pytest.raises(TableError) as caught:
        from_grid(
            ["编号", "age_years", "=> a"],
            [["one", "-", "x"], ["two", " 六十 ", "x"]],
            id="t",
            fields=[AGE],
        )

    assert str(caught.value).startswith(
        "table t, row 2 (two), column age_years, got ' 六十 ': '六十' is no whole number, "
    )
    assert ("two",) == caught.value.rows


@given(
    st.sampled_from((KIND, PLAIN, AGE, COUNT, FEN, SHARE, PPM, AREA, MADE, LOCAL)),
    st.text(
        '0156789.,-[](){}<>=%＞≥《，、～缺失是否年元万"“” a-flathousemissingyears', max_size=14
    ),
)
def test_whatever_is_written_is_read_exactly_or_refused(field, cell):
    """No other exception, and what was read is written so that it is read the same."""
    try:
        condition = condition_of_text(field, cell)
    except CreditError:
        return

    for lang in ("en", "zh"):
        assert condition == condition_of_text(field, condition_text(field, condition, lang=lang))


# --- outcomes ---


@pytest.mark.parametrize(
    ("name", "cell", "outcome"),
    [
        ("a", "", "not stated"),
        ("a", " - ", "not stated"),
        ("a", None, "not stated"),
        ("a", "accept", "accept"),
        ("a", "refuse, refer", "refuse, refer"),
        ("a", "2级审批", "2级审批"),
        ("a", "missing", None),
        ("a", "缺失", None),
        ("a", '"missing"', "missing"),
        ("a", '"-"', "-"),
        ("a", '""', ""),
        ("a", '" x "', " x "),
        ("a", '"say ""no"""', 'say "no"'),
        ("a", '甲"乙', '甲"乙'),
        ("a", "“甲”", "“甲”"),
        ("a", "是", True),
        ("a", "No", False),
        ("a", True, True),
        ("a", '"是"', "是"),
        ("a", "60", 60),
        ("a", "６０", 60),
        ("a", 60, 60),
        ("a", "-60", -60),
        ("a", '"60"', "60"),
        ("a", "0.50", Decimal("0.50")),
        ("a", "5.", Decimal(5)),
        ("a", Decimal(5), Decimal(5)),
        ("a", "1E+3", Decimal("1E+3")),
        ("a", "2024-06-30", DAY),
        ("a", DAY, DAY),
        ("cap_bp", "70%", 7000),
        ("cap_bp", "7000", 7000),
        ("cap_bp", "0.5", Decimal("0.5")),
        ("cap_fen", "10万元", 10_0000_00),
        ("cap_fen", "0.5 yuan", 50),
        ("cap_fen", "50", 50),
    ],
)
def test_an_outcome_is_read_with_its_type(name, cell, outcome):
    """Numbers, days, truth values, nothing and text are told apart; quotes make text."""
    found = one_outcome(name, cell)

    assert (type(outcome), str(outcome)) == (type(found), str(found))


@pytest.mark.parametrize(
    ("name", "cell", "says"),
    [
        ("a", "1,000", "'1,000' is no whole number without a unit; write 60, 0.5, 2024-06-30"),
        ("a", "007", "or text that looks like a number in quotes"),
        ("a", "70%", "'70%' is no whole number without a unit"),
        ("a", "2024-6-30", "'2024-6-30' is no whole number"),
        ("a", "2024年6月30日", "is no whole number"),
        ("a", "3年", "is no whole number"),
        ("a", "1e5", "is no whole number"),
        ("a", "12-34", "is no whole number"),
        ("cap_fen", "0.001元", "is no whole number of fen"),
        ("cap_bp", "10万元", "with or without bp, 基点, ‰, %"),
        ("a", '"open', 'a text in quotes must end with one, a quote inside is written ""'),
        ("a", '"a" and "b"', "a text in quotes must end with one"),
        ("a", "1E+99999999999999999999", "is beyond what a Decimal holds"),
        ("a", 0.5, "a cell must be exact, got float 0.5"),
    ],
)
def test_an_outcome_that_may_be_two_things_is_refused(name, cell, says):
    """What looks like a number and is none is never taken for text."""
    with pytest.raises(TableError, match=re.escape(says)):
        one_outcome(name, cell)


# --- headers and units ---


@pytest.mark.parametrize(
    ("header", "cell", "condition"),
    [
        ("balance_fen (万元)", ">=10", {"ge": 10_0000_00}),
        ("balance_fen（元）", "0.5", 50),
        ("balance_fen (元)", ">=10万元", {"ge": 10_0000_00}),
        ('"balance_fen" (元)', "[1..2]", {"ge": 100, "le": 200}),
        (" balance_fen ", "5", 5),
        ('"balance_fen"', "5", 5),
    ],
)
def test_a_header_may_name_the_unit(header, cell, condition):
    """Numbers without a unit are then of that one; a cell's own unit goes first."""
    table = from_grid(["id", header, "=> a"], [["r", cell, "x"]], id="t", fields=[FEN])

    assert condition == table.rows[0].when["balance_fen"]


@pytest.mark.parametrize(
    ("header", "name", "cell", "outcome"),
    [
        ("=> cap_bp", "cap_bp", "70%", 7000),
        ("→ cap_bp", "cap_bp", "70%", 7000),
        ("＝＞cap_bp (%)", "cap_bp", "70.5", 7050),
        ("=> cap_fen（万元）", "cap_fen", "0.5", 5000_00),
        ('=> "cap_fen (万元)"', "cap_fen (万元)", "0.5", Decimal("0.5")),
        ("=> cap (%)", "cap (%)", "5", 5),
        ('=> " x "', " x ", "y", "y"),
        ('=> "-"', "-", "y", "y"),
    ],
)
def test_an_outcome_has_a_mark_and_may_name_its_unit(header, name, cell, outcome):
    """The mark is => or an arrow; only names in _fen and _bp take units."""
    assert outcome == one_outcome(name, cell, header)


@pytest.mark.parametrize("words", [("id", "reason", "cite"), ("编号", "理由", "出处")])
def test_fixed_columns_have_chinese_names(words):
    """One row, with the words of either language."""
    table = from_grid(
        [*words, "is_local", "→ a"],
        [["r", "too far", "art. 3", "是", "x"]],
        id="t",
        fields=[LOCAL],
    )

    expected = Row("r", when={"is_local": True}, then={"a": "x"}, reason="too far", cite="art. 3")
    assert (expected,) == table.rows


def test_both_languages_of_a_reason_basis_and_overrides_are_read():
    """Two columns make one reason; a basis is read in both languages."""
    table = from_grid(
        ["编号", "理由：en", "理由:zh", "依据", "优先于", "=> a"],
        [
            ["r", "far", "过远", "来源文件", "-", "1"],
            ["s", "", "", "监管规定,已查阅", "r", "2"],
            ["t, u", "", "-", "project proposal", "r、s", "3"],
            ["v", "", "", "", '"t, u"', "4"],
        ],
        id="t",
        fields=[LOCAL],
        hit="exception",
    )

    assert {"en": "far", "zh": "过远"} == table.rows[0].reason
    assert ["source document", "regulation, read", "project proposal", "bank policy"] == [
        row.basis for row in table.rows
    ]
    assert [(), ("r",), ("r", "s"), ("t, u",)] == [row.overrides for row in table.rows]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (["is_local", "=> a"], "table t must have a column id or 编号"),
        (["id", "is_locl", "=> a"], "header 'is_locl': a header must be a field, an outcome "),
        (["id", "is_local", "is_local"], "one column for is_local, got 'is_local' and 'is_lo"),
        (["id", "编号", "=> a"], "table t must have one column for id, got 'id' and '编号'"),
        (["id", "=>", "=> a"], "header '=>': an outcome must have a name: write => action"),
        (["id", "", "=> a"], "header '': a header must be a field"),
        (["id", None, "=> a"], "header 2 must be text, got NoneType None"),
        (["id", '"id"', "=> a"], "header '\"id\"': a header must be a field"),
        (["id", "is_local (元)", "=> a"], "a header must be a field"),
        ("id", "a header must be a list of cells, got 'id'"),
    ],
)
def test_a_header_that_is_none_is_refused(header, says):
    """A misspelt field is never taken for an outcome."""
    with pytest.raises(TableError, match=re.escape(says)):
        from_grid(header, [["r", "是", "x"]], id="t", fields=[LOCAL])


def test_a_field_named_like_a_fixed_column_stands_in_quotes():
    """Bare, the word is the fixed column; the error lists the field in quotes."""
    fields = (Field("id", "bool"), Field("=> x", "bool"), Field("编号", "bool"))
    table = table_of(Row("r", when={"id": True, "=> x": False}, then={"a": 1}), fields=fields)

    assert '| id  | "id" | "=> x" | "编号" | => a |' == to_markdown(table).split("\n")[3]
    assert table == back(table)
    with pytest.raises(TableError, match='the fields are "id", "=> x", "编号"'):
        from_grid(["id", "x"], [["r", "是"]], id="t", fields=fields)


# --- lines ---


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([["r", "是"]], "table t, row 1 must have 3 cells as the header has, got 2: r | 是"),
        ([["r", "是", "x", ""]], "must have 3 cells as the header has, got 4"),
        (["r"], "table t, row 1 must be a list of cells, got 'r'"),
        ([["", "是", "x"]], "table t, row 1 must have an id"),
        ([["-", "是", "x"]], "table t, row 1 must have an id"),
        ([["r", "是", "-"]], "table t, row 1 (r): row r must name its outcomes"),
        ([["不可能", "是", "x"]], "row 1 (不可能), column => a, got 'x': what cannot be has cond"),
        ([["impossible", "-", ""], ["r", "是", "x"]], "impossible"),
        ([["r", "是", "x"], ["r", "否", "x"]], "r twice"),
    ],
)
def test_a_line_that_is_no_row_is_refused(rows, says):
    """Wrong length, no id, no outcome, an outcome of what cannot be."""
    with pytest.raises(TableError, match=re.escape(says)):
        from_grid(["id", "is_local", "=> a"], rows, id="t", fields=[LOCAL])


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (("far", "far", ""), "must give its reason once, or once in reason:en and in reason:zh"),
        (("", "far", ""), "must give its reason once"),
        (("", "", "过远"), "must give its reason once"),
    ],
)
def test_half_a_reason_is_refused(cells, says):
    """A reason in one language of two would be shown in the wrong one."""
    with pytest.raises(TableError, match=says):
        from_grid(
            ["id", "reason", "reason:en", "reason:zh", "=> a"],
            [["r", *cells, "x"]],
            id="t",
            fields=[LOCAL],
        )


def test_an_unknown_basis_is_refused_with_those_there_are():
    """Both languages are listed."""
    with pytest.raises(TableError, match="column basis, got 'law': a basis must be one of sour"):
        from_grid(["id", "basis", "=> a"], [["r", "law", "x"]], id="t", fields=[LOCAL])


def test_blank_lines_are_skipped_and_still_counted():
    """A sheet ends in blank lines; the number in an error is the sheet's."""
    rows = [[None, "", " "], ["r", "是", "x"], ["", "", ""]]
    table = from_grid(["id", "is_local", "=> a"], rows, id="t", fields=[LOCAL])

    assert ["r"] == [row.id for row in table.rows]
    with pytest.raises(TableError, match=r"row 4 \(s\)"):
        from_grid(["id", "is_local", "=> a"], [*rows, ["s", "?", ""]], id="t", fields=[LOCAL])


def test_what_cannot_be_is_a_line_of_its_own():
    """Its id is the word; a row of that name stands in quotes."""
    table = from_grid(
        ["id", "kind", "is_local", "=> a", "reason"],
        [['"impossible"', "-", "-", "x", ""], ["不可能", "住宅", "否", "", "-"]],
        id="t",
        fields=[KIND, LOCAL],
    )

    assert ["impossible"] == [row.id for row in table.rows]
    assert ({"kind": "住宅", "is_local": False},) == table.impossible
    assert table == back(table)
    assert table == back(table, "zh")


# --- Markdown ---

CAPS = DecisionTable(
    "caps",
    (Field("kind", "enum", values=("flat", "house")), AGE, FEN),
    (
        Row(
            "H1",
            when={"kind": "flat", "age_years": {"lt": 10}, "balance_fen": {"ge": 10_0000_00}},
            then={"action": "accept", "cap_bp": 6750, "most_fen": 5_0000_0000_00},
            reason={"en": "new | near", "zh": "新"},
            cite="art. 3",
        ),
        Row(
            "H2",
            when={"age_years": ({"ge": 10, "lt": 20})},
            then={"action": "refer", "cap_bp": None, "most_fen": 50},
            basis="source document",
            overrides=("H1",),
        ),
        Row("H3", when={"kind": ("house", None)}, then={"action": "refuse", "final": False}),
    ),
    hit="exception",
    version="2026-01",
    impossible=({"kind": "house", "balance_fen": {"lt": 0}},),
)


def test_a_table_is_written_for_its_readers():
    """Golden: one table in both languages, aligned for those who read the raw text."""
    english = """\
- version: 2026-01
- hit: exception

| id         | kind           | age_years | balance_fen   | => action | => cap_bp | => most_fen    | => final | reason:en   | reason:zh | cite   | basis           | overrides |
| ---------- | -------------- | --------- | ------------- | --------- | --------- | -------------- | -------- | ----------- | --------- | ------ | --------------- | --------- |
| H1         | flat           | <10       | >=100000 yuan | accept    | 67.5%     | 500000000 yuan | -        | new \\| near | 新        | art. 3 |                 |           |
| H2         | -              | [10..20)  | -             | refer     | missing   | 0.5 yuan       | -        |             |           |        | source document | H1        |
| H3         | house, missing | -         | -             | refuse    | -         | -              | no       |             |           |        |                 |           |
| impossible | house          | -         | <0 yuan       |           |           |                |          |             |           |        |                 |           |
"""  # noqa: E501 - a line of a table is a line
    chinese = """\
- 版本：2026-01
- 命中方式：例外

| 编号   | kind        | age_years | balance_fen | => action | => cap_bp | => most_fen | => final | 理由:en     | 理由:zh | 出处   | 依据     | 优先于 |
| ------ | ----------- | --------- | ----------- | --------- | --------- | ----------- | -------- | ----------- | ------- | ------ | -------- | ------ |
| H1     | flat        | <10       | >=10万元    | accept    | 67.5%     | 5亿元       | -        | new \\| near | 新      | art. 3 |          |        |
| H2     | -           | [10..20)  | -           | refer     | 缺失      | 0.5元       | -        |             |         |        | 来源文件 | H1     |
| H3     | house, 缺失 | -         | -           | refuse    | -         | -           | 否       |             |         |        |          |        |
| 不可能 | house       | -         | <0元        |           |           |             |          |             |         |        |          |        |
"""  # noqa: E501 - a line of a table is a line

    assert english == to_markdown(CAPS)
    assert chinese == to_markdown(CAPS, lang="zh")
    assert CAPS == back(CAPS)
    assert CAPS == back(CAPS, "zh")


def test_a_third_language_is_refused():
    """As everywhere."""
    with pytest.raises(CreditError, match="lang must be en or zh, got 'fr'"):
        to_markdown(CAPS, lang="fr")


TABLE = "| id | is_local | => a |\n|:--|:-:|--:|\n| r | 是 | x |\n"


@pytest.mark.parametrize(
    "text",
    [
        TABLE,
        TABLE.replace("\n", "\r\n"),
        TABLE.replace("\n", "\r"),
        f"# 政策\n\n本表由风险部门维护。\n\n{TABLE}\nSee art. 3 \\| 4.\n",
        f"{TABLE}\nversion：1\n命中方式: 唯一\n",
        f"* version: 1\n+ hit: unique\n\n   {TABLE}",
    ],
)
def test_words_around_a_table_are_for_people(text):
    """Headings, prose and any line ending; the lines that say something must agree."""
    assert from_markdown(TABLE, id="t", fields=[LOCAL]) == from_markdown(
        text, id="t", fields=[LOCAL]
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "table t must have a header, under it a line such as | --- | --- |, then its rows"),
        ("no table here", "got 0 lines between pipes"),
        (TABLE.split("\n", maxsplit=1)[0], "got 1 lines between pipes"),
        (TABLE.replace("|:--|:-:|--:|\n", ""), "under it a line such as | --- | --- |"),
        (f"{TABLE}\n{TABLE}", "line 5 must follow the table's last line"),
        (TABLE.replace("| r | 是 | x |", "| r | 是\n| x |"), "line 3 must begin and end with"),
        (TABLE.replace("| r |", "r |"), "table t, line 3 must begin and end with a pipe"),
        (TABLE.replace("| x |", "| x | y |"), "table t, line 3 must have 3 cells as the header"),
        (TABLE.replace("是", "?"), "table t, line 3 (r), column is_local, got '?'"),
        (f"version: 1\nversion: 2\n{TABLE}", "line 2 must give version once, got 'version: 2'"),
        (f"version: -\n{TABLE}", "line 1 must give version once"),
        (f"hit: first\n{TABLE}", "got hit='unique' for a text that says 'first'"),
        (f"hit: best\n{TABLE}", "got hit='unique' for a text that says 'best'"),
    ],
)
def test_a_text_without_one_whole_table_is_refused(text, says):
    """No table, two tables, a broken line, another hit policy: never a guess."""
    with pytest.raises(TableError, match=re.escape(says)):
        from_markdown(text, id="t", fields=[LOCAL])


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        (r"a \| b", "a | b"),
        (r"a \\", "a \\"),
        (r"C:\data", r"C:\data"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        (r"\<br>", "<br>"),
        ("A&amp;B &lt;C&GT; &#124; &quot;x&quot;", 'A&B <C> | "x"'),
        ("a&nbsp;b &hellip; &#9999999;", "a b &hellip; &#9999999;"),
        (r"\*x\* \`y\`", "*x* `y`"),
    ],
)
def test_escapes_of_markdown_are_read(cell, outcome):
    """Backslashes, breaks and the few entities that editors write."""
    table = from_markdown(TABLE.replace("| x |", f"| {cell} |"), id="t", fields=[LOCAL])

    assert outcome == table.rows[0].then["a"]


# --- the way back ---

HOSTILE = (
    *(
        "-",
        "－",
        "缺失",
        "missing",
        "ｍissing",
        "",
        " ",
        " a ",
        "　a",
        "a\t",
        "\n",
        "a\nb",
        "a\r\nb",
    ),
    *(
        'a"b',
        '"',
        '""',
        '"a"',
        '"a" "b"',
        "“a”",
        "“",
        "a,b",
        "a， b",
        "a、b",
        ",",
        "a|b",
        "|",
        "\\",
    ),
    *("a\\|b", "\\\\", "<br>", "<b", "&#10;", "&amp;", "A&B", "`x`", "*b*", "[a](b)", "~", "\x0b"),
    *("\x00", "\x85", "\u2028", "\u00a0", "yes", "No", "TRUE", "是", "否", "0", "-0", "007", "5."),
    *("1,000", "70%", "７０", "1E+3", "1e5", "0.5", "10万元", "2024-06-30", "2024-6-30", "12-34"),
    *("=> x", "→x", "=>", "id", "编号", "reason:en", "impossible", "不可能", "version: 2", "None"),
    *(">=60", "[1..2]", "cap_fen (万元)", "x (%)", "cap_bp（%）", "- version: 9", "---", ":-:"),
)


def texts(*, least=0):
    """Text that would break a careless writer."""
    return st.sampled_from([text for text in HOSTILE if len(text) >= least]) | st.text(
        min_size=least, max_size=6
    )


def named(text):
    """Whether text may name a row."""
    return bool(text.strip())


def trimmed(text):
    """Whether text may name a field."""
    return bool(text) and text == text.strip()


@st.composite
def fields(draw):
    """A field of any kind and unit."""
    name = draw(texts(least=1).filter(trimmed) | st.sampled_from(("x_fen", "y_bp", "kind")))
    kind = draw(st.sampled_from(("enum", "int", "date", "bool")))
    if kind == "enum":
        words = st.lists(texts(least=1), min_size=1, max_size=4, unique=True)
        return Field(name, kind, values=draw(words))
    units = (None, "fen", "bp", "ppm", "months", "years", "m2", "百%")
    return Field(name, kind, unit=draw(st.sampled_from(units)) if kind == "int" else None)


def numbers(field):
    """Values of an int or a date."""
    if field.kind == "date":
        return st.dates()
    whole = st.integers(-(2**63), 2**63 - 1)
    return whole | st.sampled_from((0, 1, 99, 100, 10**6, 10**8, 10**10, -(10**6), 3 * 10**10))


@st.composite
def conditions(draw, field, *, missing=True):
    """A condition in any form."""
    if field.kind == "enum":
        values = st.sampled_from(field.values)
    else:
        values = st.booleans() if field.kind == "bool" else numbers(field)
    forms = ["choice", "interval"] if field.kind in {"int", "date"} else ["choice"]
    if draw(st.sampled_from(forms)) == "interval":
        low, high = sorted(draw(st.tuples(values, values)))
        ends = draw(st.sampled_from((("ge",), ("le",), ("ge", "le"), ("gt", "lt"), ("gt", "le"))))
        step = 1 if field.kind == "int" else datetime.timedelta(days=1)
        least, most = (
            (-(2**63), 2**63 - 1)
            if field.kind == "int"
            else (
                datetime.date.min,
                datetime.date.max,
            )
        )
        bounds = {"ge": low, "le": high}
        bounds["gt"] = low - step if low > least else None
        bounds["lt"] = high + step if high < most else None
        return {end: bounds[end] for end in ends if bounds[end] is not None} or {"ge": low}
    one = values | st.none() if missing else values
    return draw(st.lists(one, min_size=1, max_size=3, unique=True))


def cells():
    """An outcome of any type."""
    decimals = st.decimals(allow_nan=False, allow_infinity=False)
    return (
        texts()
        | st.none()
        | st.booleans()
        | st.integers()
        | st.integers(-(10**12), 10**12).map(lambda n: n * 100)
        | decimals
        | st.sampled_from((Decimal(5), Decimal("-0"), Decimal("1E+3"), Decimal("1.50")))
        | st.dates()
    )


@st.composite
def boxes(draw, chosen, *, least=0, missing=True):
    """Conditions on some fields."""
    asked = draw(st.lists(st.sampled_from(chosen), min_size=least, unique_by=lambda f: f.name))
    return {field.name: draw(conditions(field, missing=missing)) for field in asked}


@st.composite
def tables(draw):
    """A table whose every text is hostile."""
    chosen = draw(st.lists(fields(), min_size=1, max_size=4, unique_by=lambda f: f.name))
    hit = draw(st.sampled_from(HITS))
    most = 1 if hit == "unique" else 4
    ids = draw(st.lists(texts(least=1).filter(named), min_size=1, max_size=most, unique=True))
    names = st.sampled_from(("a", "cap_fen", "cap_bp")) | texts(least=1)
    rows = []
    for n, name in enumerate(ids):
        both = st.fixed_dictionaries({"en": texts(), "zh": texts()})
        beats = st.lists(st.sampled_from(ids[:n] or [""]), unique=True) if n else st.just([])
        rows.append(
            Row(
                name,
                when=draw(boxes(chosen)),
                then=draw(st.dictionaries(names, cells(), min_size=1, max_size=3)),
                reason=draw(texts() | both),
                cite=draw(texts()),
                basis=draw(st.sampled_from(BASES)),
                overrides=draw(beats) if hit == "exception" else (),
            )
        )
    return DecisionTable(
        draw(texts(least=1).filter(named)),
        chosen,
        rows,
        hit=hit,
        version=draw(texts(least=1).filter(named)),
        impossible=draw(st.lists(boxes(chosen, least=1, missing=False), max_size=2)),
    )


@given(tables(), st.sampled_from(("en", "zh")))
def test_every_table_is_read_back_as_it_was(table, lang):
    """Rows, types, versions, what cannot be; whatever the texts hold."""
    found = back(table, lang)

    assert table == found
    assert table.digest == found.digest


@given(tables(), st.sampled_from(("en", "zh")))
def test_writing_what_was_read_gives_the_same_text(table, lang):
    """One table has one form in each language."""
    text = to_markdown(table, lang=lang)

    assert text == to_markdown(back(table, "zh" if lang == "en" else "en"), lang=lang)


@given(tables())
def test_a_text_is_lines_of_one_length(table):
    """No cell breaks a line: as many pipes in each as in the header."""
    top, *rest = to_markdown(table).split("\n\n")[-1].rstrip("\n").split("\n")
    pipes = [len(re.sub(r"\\.", "", line).split("|")) for line in (top, *rest)]

    assert 2 + len(table.rows) + len(table.impossible) == len(pipes)
    assert 1 == len(set(pipes))


@pytest.mark.parametrize("said", ['"', '"open', "3..", "3.."[::-1]])
def test_an_outcome_that_no_cell_could_say_is_quoted(said):
    """A text that would be refused as a cell goes out in quotes and comes back."""
    table = DecisionTable("odd", [Field("n", "int")], [Row("r", when={"n": 1}, then={"v": said})])

    again = from_markdown(to_markdown(table), id="odd", fields=table.fields)

    assert said == again.rows[0].then["v"]
