"""Tables as DMN 1.3: valid by the standard's schema, and meaning what the table means.

The schema is OMG's own, as the package SpiffWorkflow carries it; it is not copied here.  The
cells are read back by a small reader of FEEL's unary tests written from chapter 10 of the
standard, and the rules are applied as its chapter 8 says.
"""

import datetime
import functools
import json
import operator
import random
import re
from decimal import Decimal
from importlib.metadata import distribution

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

import policy_oracle as oracle
from drawn_tables import LEAP_EVE, table_of, tables
from ruralcredit.errors import CreditError
from ruralcredit.policy import DecisionTable, Field, Row, to_dmn

HITS = {"unique": "UNIQUE", "first": "FIRST", "any": "ANY", "collect": "RULE ORDER"}
NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"
SCHEMA = "SpiffWorkflow/dmn/parser/schema/DMN13.xsd"
SEEDS = st.integers(0, 2**32 - 1)

AGE = Field("age", "int", low=0, high=150, unit="years")
KIND = Field("kind", "enum", values=("house", "land"))
LOCAL = Field("local", "bool")
DAY = Field("day", "date", low=datetime.date(2000, 1, 1), high=datetime.date(2030, 12, 31))
HOUSE = Row("H", when={"kind": "house"}, then={"cap_bp": 7000})


@functools.cache
def schema():
    """The standard's schema."""
    return etree.XMLSchema(etree.parse(distribution("spiffworkflow").locate_file(SCHEMA)))


def parsed(table):
    """A table's document as a tree, valid by the schema."""
    root = etree.fromstring(to_dmn(table).encode())
    schema().assertValid(root)
    return root


def found(element, path):
    """Elements at a path, by their names in the standard."""
    return element.findall("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))


def texts(element, name):
    """Texts within elements of a name."""
    return [one.text or "" for one in found(element, f"{name}/text")]


def grid_of(root):
    """The decision table of a document."""
    (grid,) = found(root, "decision/decisionTable")
    return grid


# ---- a reader of FEEL's unary tests -----------------------------------------------------

LITERAL = r'"(?:[^"\\]|\\.)*"|date\("\d{4}-\d\d-\d\d"\)|-?\d+(?:\.\d+)?|true|false|null'
TEST = re.compile(
    rf"(?P<sign><=|>=|<|>) (?P<bound>{LITERAL})"
    rf"|(?P<open>[\[(])(?P<low>{LITERAL})\.\.(?P<high>{LITERAL})(?P<close>[\])])"
    rf"|(?P<value>{LITERAL})"
)
SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def literal(text):
    """The value of a FEEL literal."""
    if text.startswith('"'):
        return json.loads(text)
    if text.startswith("date"):
        return datetime.date.fromisoformat(text[6:-2])
    words = {"true": True, "false": False, "null": None}
    return words[text] if text in words else Decimal(text)


def admits(tests, value):
    """Whether a list of unary tests is true of a value; a comparison with null never is."""
    if tests == "-":
        return True
    at, is_true = 0, False
    while True:
        one = TEST.match(tests, at)
        assert one, (tests, at)
        is_true = is_true or holds(one, value)
        at = one.end()
        if at == len(tests):
            return is_true
        assert tests[at] == ",", tests
        at += 1


def holds(test, value):
    """Whether one unary test is true of a value."""
    if test["value"]:
        wanted = literal(test["value"])
        return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)
    if value is None:
        return False
    if test["sign"]:
        return SIGNS[test["sign"]](value, literal(test["bound"]))
    above = operator.ge if test["open"] == "[" else operator.gt
    below = operator.le if test["close"] == "]" else operator.lt
    return above(value, literal(test["low"])) and below(value, literal(test["high"]))


def evaluated(root, case):
    """What an engine says of a case: the status and the outcomes of the rules that count."""
    grid = grid_of(root)
    inputs = [text for one in found(grid, "input") for text in texts(one, "inputExpression")]
    outcomes = []
    for rule in found(grid, "rule"):
        tests = zip(texts(rule, "inputEntry"), inputs, strict=True)
        if all(admits(test, case.get(name)) for test, name in tests):
            outcomes.append([literal(text) for text in texts(rule, "outputEntry")])
    policy = grid.get("hitPolicy")
    if not outcomes:
        return "none", None
    if policy == "RULE ORDER":
        return "decided", outcomes
    assert policy != "UNIQUE" or len(outcomes) == 1
    if policy == "ANY" and any(one != outcomes[0] for one in outcomes):
        return "conflict", None
    return "decided", outcomes[0]


@pytest.mark.parametrize("hit", HITS)
@given(data=st.data(), seed=SEEDS)
def test_the_document_is_valid_and_decides_as_the_table(hit, data, seed):
    """On complete cases, and on nulls that a matching row asks for."""
    drawn = data.draw(tables(hits=(hit,)))
    root = parsed(table_of(drawn))
    dice = random.Random(seed)  # noqa: S311 - cases, not secrets

    labels = [one.get("label") for one in found(grid_of(root), "output")]
    for _ in range(40):
        case = {
            name: dice.choice((*values, None) if name in drawn.missable else values)
            for name, values in drawn.values.items()
        }
        if oracle.unsettled(drawn, case) or oracle.is_impossible(drawn, case):
            continue
        answer = oracle.decide(drawn, case)
        status, outcome = evaluated(root, case)
        assert (answer.status, expected_of(answer, labels)) == (status, outcome)


def expected_of(answer, labels):
    """The oracle's outcome as the outputs of a document."""
    if answer.status != "decided":
        return None
    if answer.outcome and isinstance(answer.outcome[0][0], tuple):
        return [[dict(one)[label] for label in labels] for one in answer.outcome]
    return [dict(answer.outcome)[label] for label in labels]


@given(drawn=tables(hits=tuple(HITS)))
def test_inputs_admit_what_their_fields_can_be_and_null_only_where_asked_for(drawn):
    """So an engine refuses an unknown word, and a null that no row asks for."""
    inputs = found(grid_of(parsed(table_of(drawn))), "input")

    asked = {name for row in drawn.rows for name in row.when}
    assert [one.name for one in drawn.fields if one.name in asked] == [
        text for one in inputs for text in texts(one, "inputExpression")
    ]
    fields = {field.name: field for field in drawn.fields}
    for one in inputs:
        (name,), (allowed,) = texts(one, "inputExpression"), texts(one, "inputValues")
        field = fields[name]
        assert all(admits(allowed, value) for value in drawn.values[name])
        assert (name in drawn.missable) == admits(allowed, None)
        assert not any(admits(allowed, value) for value in beyond(field))


def beyond(field):
    """Values that a field cannot take."""
    if field.kind == "enum":
        return ["hut", 1]
    if field.kind == "bool":
        return ["true", 1]
    low, high = oracle.bounds(field)
    if field.kind == "int":
        return [low - 1, high + 1]
    step = datetime.timedelta(days=1)
    below = [low - step] if low > datetime.date.min else []
    return below + ([high + step] if high < datetime.date.max else [])


# ---- what stands where ------------------------------------------------------------------


def test_cells_are_feel():
    """Each form of a condition and of an outcome, with its types and notes."""
    day = datetime.date(2024, 1, 1)
    rows = [
        Row("a", when={"kind": "house", "age": {"ge": 60, "lt": 90}}, then={"x": 1, "y": "p"}),
        Row("b", when={"kind": ["land", "house"], "age": {"gt": 90}}, then={"x": -2, "z": True}),
        Row("c", when={"kind": None, "local": True}, then={"x": Decimal("1E+2"), "y": '"\\\n'}),
        Row("d", when={"kind": ["land", None], "age": [1, -0]}, then={"x": None, "w": day}),
        Row("e", when={"day": day, "age": {"le": 3}}, then={"x": 5}),
        Row("f", when={"day": {"gt": day, "le": LEAP_EVE}, "age": 7}, then={"v": 1}),
        Row("g", when={"day": [LEAP_EVE, day], "age": {"lt": 3}}, then={"v": "1"}),
    ]
    table = DecisionTable("caps", (KIND, AGE, LOCAL, DAY), rows, hit="first")

    grid = grid_of(parsed(table))

    assert [
        ["kind", '"house","land",null', "string"],
        ["age (years)", "[0..150]", "number"],
        ["local", "false,true", "boolean"],
        ["day", '[date("2000-01-01")..date("2030-12-31")]', "date"],
    ] == [
        [
            one.get("label"),
            *texts(one, "inputValues"),
            found(one, "inputExpression")[0].get("typeRef"),
        ]
        for one in found(grid, "input")
    ]
    assert [
        ['"house"', "[60..90)", "-", "-"],
        ['"land","house"', "> 90", "-", "-"],
        ["null", "-", "true", "-"],
        ['"land",null', "1,0", "-", "-"],
        ["-", "<= 3", "-", 'date("2024-01-01")'],
        ["-", "7", "-", '(date("2024-01-01")..date("2024-02-28")]'],
        ["-", "< 3", "-", 'date("2024-02-28"),date("2024-01-01")'],
    ] == [texts(rule, "inputEntry") for rule in found(grid, "rule")]
    assert [("x", "number"), ("y", "string"), ("z", "boolean"), ("w", "date"), ("v", "Any")] == [
        (one.get("name"), one.get("typeRef")) for one in found(grid, "output")
    ]
    assert [
        ["1", '"p"', "null", "null", "null"],
        ["-2", "null", "true", "null", "null"],
        ["100", '"\\"\\\\\\n"', "null", "null", "null"],
        ["null", "null", "null", 'date("2024-01-01")', "null"],
        ["5", "null", "null", "null", "null"],
        ["null", "null", "null", "null", "1"],
        ["null", "null", "null", "null", '"1"'],
    ] == [texts(rule, "outputEntry") for rule in found(grid, "rule")]


def test_rules_carry_id_reason_citation_and_basis():
    """Reasons in one language or in both."""
    rows = [
        Row("H", when={"kind": "house"}, then={"x": 1}, reason="town", cite="art. 3"),
        Row("县 L", when={"kind": "land"}, then={"x": 2}, basis="project proposal"),
    ]
    both = {"en": "far <away>", "zh": "偏远 & 无路"}
    told = Row("县 L", when={"kind": "land"}, then={"x": 2}, reason=both)

    grid = grid_of(parsed(DecisionTable("caps", (KIND,), rows)))
    spoken = grid_of(parsed(DecisionTable("caps", (KIND,), (rows[0], told))))

    names = [one.get("name") for one in found(grid, "annotation")]
    assert ["row", "reason", "cite", "basis"] == names
    assert [
        ["H", "town", "art. 3", "bank policy"],
        ["县 L", "", "", "project proposal"],
    ] == [texts(rule, "annotationEntry") for rule in found(grid, "rule")]
    assert [("row_H", "H"), ("row_县_20_L", "县 L")] == [
        (rule.get("id"), rule.get("label")) for rule in found(grid, "rule")
    ]
    assert ["row", "reason en", "reason zh", "cite", "basis"] == [
        one.get("name") for one in found(spoken, "annotation")
    ]
    assert [
        ["H", "town", "town", "art. 3", "bank policy"],
        ["县 L", "far <away>", "偏远 & 无路", "", "bank policy"],
    ] == [texts(rule, "annotationEntry") for rule in found(spoken, "rule")]


def test_the_decision_needs_its_facts_and_has_a_type():
    """Every input is a fact of its own, with a type, that the decision requires."""
    rows = [Row("H", when={"age": 1, "kind": "house"}, then={"cap bp": 1, "ok": True})]
    root = parsed(DecisionTable("caps 2", (KIND, AGE, LOCAL), rows, hit="collect"))

    (decision,) = found(root, "decision")
    facts = [(one.get("id"), one.get("name")) for one in found(root, "inputData")]
    needed = [one.get("href") for one in found(decision, "informationRequirement/requiredInput")]
    (variable,) = found(decision, "variable")
    types = {one.get("name"): one for one in found(root, "itemDefinition")}

    assert [("fact_kind", "kind"), ("fact_age", "age")] == facts
    assert ["#fact_kind", "#fact_age"] == needed
    assert ["string", "number"] == [
        one.get("typeRef") for one in found(root, "inputData/variable")
    ]
    assert ("caps 2", "caps 2", "tOutcomes") == (
        decision.get("name"),
        variable.get("name"),
        variable.get("typeRef"),
    )
    assert "true" == types["tOutcomes"].get("isCollection")
    assert ["tOutcome"] == [one.text for one in found(types["tOutcomes"], "typeRef")]
    parts = found(types["tOutcome"], "itemComponent")
    assert [("cap bp", "number"), ("ok", "boolean")] == [
        (part.get("name"), found(part, "typeRef")[0].text) for part in parts
    ]


def test_a_single_output_has_a_type_and_no_name():
    """As chapter 8.1 of the standard says; the label tells what it is."""
    root = parsed(DecisionTable("caps", (KIND,), (HOUSE,)))

    (output,) = found(grid_of(root), "output")
    (kind,) = found(root, "itemDefinition")

    assert {"id": "output_cap_bp", "label": "cap_bp"} == dict(output.attrib)
    assert ["number"] == [one.text for one in found(kind, "typeRef")]
    assert "tOutcome" == found(root, "decision/variable")[0].get("typeRef")


@pytest.mark.parametrize(("hit", "word"), HITS.items())
def test_hit_policies_have_the_words_of_the_standard(hit, word):
    """Ours lists in table order under collect, which is RULE ORDER there."""
    root = parsed(DecisionTable("caps", (KIND,), (HOUSE,), hit=hit))

    assert word == grid_of(root).get("hitPolicy")


def test_the_description_says_which_table_it_is_and_what_the_standard_cannot():
    """Version and digest, missing facts, and each impossible box."""
    box = {"kind": "land", "age": {"gt": 100}}
    table = DecisionTable("caps", (KIND, AGE), (HOUSE,), version="2026-01", impossible=(box,))

    root = parsed(table)

    (description,) = found(root, "decision/description")
    assert [
        f"Table caps, version 2026-01, digest {table.digest}.",
        "For complete facts: where one is missing, ruralcredit may answer undetermined.",
        'Impossible, and not checked here: kind in ("land") and age in (> 100).',
    ] == description.text.splitlines()
    assert f"urn:ruralcredit:table:{table.digest}" == root.get("namespace")


def test_a_table_without_conditions_needs_no_input():
    """The standard allows it."""
    table = DecisionTable("caps", (KIND,), (Row("all", then={"cap_bp": 1}),))

    root = parsed(table)

    assert ("decided", [1]) == evaluated(root, {})
    assert [] == found(root, "inputData")


@pytest.mark.parametrize("names", [("a b", "a_20_b"), ("a_b", "a b"), ("a_5f_", "a_"), ("é", "e")])
def test_ids_stay_apart(names):
    """What an id cannot hold is written by its number, and what looks like one too."""
    rows = [
        Row(name, when={"kind": kind}, then={"outcome": 1, "outcomes": 2})
        for name, kind in zip(names, KIND.values, strict=True)
    ]
    fields = (KIND, Field("outcome", "bool"))

    root = parsed(DecisionTable("caps", fields, rows, hit="collect"))

    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(set(ids)) == len(ids)


# ---- refusals ---------------------------------------------------------------------------


def test_exceptions_are_refused_by_name_with_a_way_out():
    """The standard has no such hit policy."""
    table = DecisionTable("caps", (KIND,), (HOUSE,), hit="exception")

    with pytest.raises(
        CreditError, match=r"caps must have a hit policy that DMN has, unique, first"
    ):
        to_dmn(table)


@pytest.mark.parametrize("name", ["date", "a-b", "2nd", "a  b", "debt in arrears", "a.b", "null"])
def test_names_that_feel_cannot_speak_are_refused(name):
    """Of the table, of a field that a row tests, of one of several outcomes."""
    field = Field(name, "bool")
    row = Row("R", when={name: True}, then={"x": 1})
    one = Row("R", then={name: 1})
    two = Row("R", then={"x": 1, name: 1})

    for what, table in (
        ("table", DecisionTable(name, (KIND,), (HOUSE,))),
        ("field", DecisionTable("caps", (field,), (row,))),
        ("outcome", DecisionTable("caps", (KIND,), (two,))),
    ):
        with pytest.raises(
            CreditError, match=f"{what} '{re.escape(name)}' must have a name for FEEL"
        ):
            to_dmn(table)

    parsed(DecisionTable("caps", (KIND, field), (HOUSE,)))
    parsed(DecisionTable("caps", (KIND,), (one,)))


@pytest.mark.parametrize("wrong", ["\0", "\x1b", "\ufffe"])
def test_characters_that_xml_cannot_hold_are_refused(wrong):
    """In ids, reasons, citations, words, units and outcomes."""
    text = f"a{wrong}"
    word = Field("word", "enum", values=(text,))
    rows = [
        Row(text, then={"x": 1}),
        Row("R", then={"x": text}),
        Row("R", then={text: 1}),
        Row("R", then={"x": 1}, reason=text),
        Row("R", then={"x": 1}, cite=text),
        Row("R", when={"word": text}, then={"x": 1}),
        Row("R", when={"age": 1}, then={"x": 1}),
    ]

    for row in rows:
        fields = (word, Field("age", "int", unit=text))
        with pytest.raises(CreditError, match="text in XML must not hold"):
            to_dmn(DecisionTable("caps", fields, (row,)))
