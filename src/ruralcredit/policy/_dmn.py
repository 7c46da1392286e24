"""Tables as DMN 1.3: one XML document that a decision engine or a modeller's tool can read."""

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ruralcredit.errors import CreditError
from ruralcredit.policy._cells import value_at
from ruralcredit.policy._fields import Field
from ruralcredit.policy._rows import Condition, Row
from ruralcredit.policy._sql import kind_of
from ruralcredit.policy._table import DecisionTable
from ruralcredit.reasons import Cell

__all__ = ["to_dmn"]

_NAMESPACE: Final = "https://www.omg.org/spec/DMN/20191111/MODEL/"

_HITS: Final = {"unique": "UNIQUE", "first": "FIRST", "any": "ANY", "collect": "RULE ORDER"}
_TYPES: Final = {"enum": "string", "int": "number", "date": "date", "bool": "boolean"}

# Words of FEEL; "date" is the function that our days are written with.
_RESERVED: Final = frozenset(
    {"and", "between", "date", "else", "every", "external", "false", "for", "function", "if"}
    | {"in", "instance", "not", "null", "of", "or", "return", "satisfies", "some", "then", "true"}
)
_NAME: Final = re.compile(r"[^\W\d]\w*( \w+)*")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The underline too, where it would read as one of those numbers.
_NOT_ID: Final = re.compile("[^0-9A-Za-z._\u4e00-\u9fff-]|_(?=[0-9a-f]+_)")


def to_dmn(table: DecisionTable) -> str:
    r"""Return a table as a DMN 1.3 document with one decision table, its cells in FEEL.

    Inputs are the fields that a row tests, each with its type and the values it can take; null
    is among them only where a row asks for a missing fact.  Rules carry the row's id as label
    and, as annotations, id, reason, citation and basis.  Our collect lists outcomes in the
    order of rows, which the standard calls RULE ORDER.  DMN has no word for undetermined: bring
    complete facts, an engine takes a null for one that no test admits.  Impossible boxes
    have no place in the standard either and stand in the decision's description.

    Returns:
        The document; a file of it is UTF-8.

    Raises:
        CreditError: If the hit policy is "exception", which the standard does not have, a name
            is none that FEEL can speak, or a text has a character that XML cannot hold.

    Source:
        OMG, Decision Model and Notation 1.3, chapters 8 and 10.

    >>> from ruralcredit.policy import Field, Row
    >>> table = DecisionTable(
    ...     "area", [Field("area_m2", "int", low=0, high=9999)],
    ...     [Row("large", when={"area_m2": {"ge": 144}}, then={"refer": True}),
    ...      Row("small", when={"area_m2": {"lt": 144}}, then={"refer": False})])
    >>> print(*[line for line in to_dmn(table).splitlines() if "<text>" in line], sep="\n")
              <text>area_m2</text>
              <text>[0..9999]</text>
              <text>&gt;= 144</text>
              <text>true</text>
              <text>large</text>
              ...
    """
    if table.hit not in _HITS:
        raise CreditError(
            f"table {table.id} must have a hit policy that DMN has, {', '.join(_HITS)}, got "
            f"{table.hit}: put each row before those it beats and choose first, or use to_sql"
        )
    fields = _inputs(table)
    outcomes = _outcomes(table)
    _check_names(table, fields, outcomes)
    root = Element(
        "definitions",
        xmlns=_NAMESPACE,
        id="definitions",
        name=_xml(table.id),
        namespace=f"urn:ruralcredit:table:{table.digest}",
        exporter="ruralcredit",
    )
    _add_types(root, table, outcomes)
    _add_decision(root, table, fields, outcomes)
    for field in fields:
        data = SubElement(root, "inputData", id=_id("fact", field.name), name=field.name)
        SubElement(data, "variable", name=field.name, typeRef=_TYPES[field.kind])
    indent(root)
    body = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _inputs(table: DecisionTable) -> list[Field]:
    tested = {name for row in table.rows for name in row.when}
    return [field for field in table.fields if field.name in tested]


def _outcomes(table: DecisionTable) -> dict[str, str]:
    """Return the outcomes of all rows with their types."""
    kinds: dict[str, set[str]] = {}
    for row in table.rows:
        for name, value in row.then.items():
            kinds.setdefault(name, set()).update(() if value is None else {kind_of(value)})
    return {name: kind.pop() if len(kind) == 1 else "Any" for name, kind in kinds.items()}


def _check_names(
    table: DecisionTable, fields: Iterable[Field], outcomes: Mapping[str, str]
) -> None:
    names = [("table", table.id), *(("field", field.name) for field in fields)]
    if len(outcomes) > 1:
        names += [("outcome", name) for name in outcomes]
    for what, name in names:
        if not _NAME.fullmatch(name) or _RESERVED & set(name.split(" ")):
            raise CreditError(
                f"{what} {name!r} must have a name for FEEL: letters, digits, _ and single "
                "spaces, first a letter, no word such as and, in, not, date"
            )


def _xml(text: str) -> str:
    wrong = _NOT_XML.search(text)
    if wrong:
        raise CreditError(f"text in XML must not hold {wrong.group()!r}, got {text!r}")
    return text


def _id(kind: str, name: str) -> str:
    """Return an XML id: what XML ids cannot hold is written by its number."""
    return f"{kind}_{_NOT_ID.sub(lambda found: f'_{ord(found.group()):x}_', name)}"


def _feel(value: Cell) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{_xml(value).translate(_ESCAPES)}"'
    if isinstance(value, datetime.date):
        return f'date("{value.isoformat()}")'
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def _tests(test: Condition) -> str:
    """Return a condition as FEEL's unary tests."""
    if not isinstance(test, Mapping):
        values = test if isinstance(test, tuple) else (test,)
        return ",".join(_feel(value) for value in values)
    ends = {end: _feel(bound) for end, bound in test.items()}
    low, high = ends.get("ge", ends.get("gt")), ends.get("le", ends.get("lt"))
    if low is None:
        return f"{'<=' if 'le' in ends else '<'} {high}"
    if high is None:
        return f"{'>=' if 'ge' in ends else '>'} {low}"
    return f"{'[' if 'ge' in ends else '('}{low}..{high}{']' if 'le' in ends else ')'}"


def _allowed(table: DecisionTable, field: Field) -> str:
    """Return the values that an engine may be given for a field."""
    if field.kind in {"enum", "bool"}:
        low, high = field.bounds
        values = [_feel(value_at(field, code)) for code in range(low, high + 1)]
    else:
        ends = [_feel(value_at(field, code)) for code in field.bounds]
        values = [f"[{'..'.join(ends)}]"]
    tests = [row.when[field.name] for row in table.rows if field.name in row.when]
    if any(test is None or (isinstance(test, tuple) and None in test) for test in tests):
        values.append("null")
    return ",".join(values)


def _add(parent: Element, tag: str, text: str, **attributes: str) -> Element:
    """Add an element with a text element in it."""
    element = SubElement(parent, tag, attributes)
    SubElement(element, "text").text = _xml(text)
    return element


def _add_types(root: Element, table: DecisionTable, outcomes: Mapping[str, str]) -> None:
    """Define the type of one outcome, and of the list of them under collect."""
    outcome = SubElement(root, "itemDefinition", id="outcome_type", name="tOutcome")
    if len(outcomes) == 1:
        SubElement(outcome, "typeRef").text = next(iter(outcomes.values()))
    else:
        for name, kind in outcomes.items():
            part = SubElement(outcome, "itemComponent", id=_id("type", name), name=name)
            SubElement(part, "typeRef").text = kind
    if table.hit == "collect":
        outcomes_type = SubElement(
            root, "itemDefinition", id="outcomes_type", name="tOutcomes", isCollection="true"
        )
        SubElement(outcomes_type, "typeRef").text = "tOutcome"


def _add_decision(
    root: Element, table: DecisionTable, fields: Iterable[Field], outcomes: Mapping[str, str]
) -> None:
    decision = SubElement(root, "decision", id=_id("decision", table.id), name=table.id)
    SubElement(decision, "description").text = _xml(_told(table))
    outcome_type = "tOutcomes" if table.hit == "collect" else "tOutcome"
    SubElement(decision, "variable", name=table.id, typeRef=outcome_type)
    for field in fields:
        needed = SubElement(decision, "informationRequirement", id=_id("needs", field.name))
        SubElement(needed, "requiredInput", href=f"#{_id('fact', field.name)}")
    _add_grid(decision, table, fields, outcomes)


def _add_grid(
    decision: Element, table: DecisionTable, fields: Iterable[Field], outcomes: Mapping[str, str]
) -> None:
    grid = SubElement(
        decision, "decisionTable", id=_id("table", table.id), hitPolicy=_HITS[table.hit]
    )
    for field in fields:
        unit = f" ({_xml(field.unit)})" if field.unit else ""
        clause = SubElement(
            grid, "input", id=_id("input", field.name), label=f"{field.name}{unit}"
        )
        _add(clause, "inputExpression", field.name, typeRef=_TYPES[field.kind])
        _add(clause, "inputValues", _allowed(table, field))
    for name, kind in outcomes.items():
        # The standard names and types outputs only where there are several.
        several = {"name": name, "typeRef": kind} if len(outcomes) > 1 else {}
        SubElement(grid, "output", several, id=_id("output", name), label=_xml(name))
    heads, *notes = _notes(table.rows)
    for head in heads:
        SubElement(grid, "annotation", name=head)
    for row, told in zip(table.rows, notes, strict=True):
        rule = SubElement(grid, "rule", id=_id("row", row.id), label=_xml(row.id))
        for field in fields:
            has_test = field.name in row.when
            _add(rule, "inputEntry", _tests(row.when[field.name]) if has_test else "-")
        for name in outcomes:
            _add(rule, "outputEntry", _feel(row.then.get(name)))
        for text in told:
            _add(rule, "annotationEntry", text)


def _notes(rows: Sequence[Row]) -> list[list[str]]:
    """Return the annotations: their names, then the texts of each row."""
    is_both = any(isinstance(row.reason, Mapping) for row in rows)
    reasons = ["reason en", "reason zh"] if is_both else ["reason"]
    lines = [["row", *reasons, "cite", "basis"]]
    for row in rows:
        if isinstance(row.reason, Mapping):
            told = [row.reason["en"], row.reason["zh"]]
        else:
            told = [row.reason] * len(reasons)
        lines.append([row.id, *told, row.cite, row.basis])
    return lines


def _told(table: DecisionTable) -> str:
    boxes = [
        " and ".join(f"{name} in ({_tests(test)})" for name, test in box.items())
        for box in table.impossible
    ]
    lines = [
        f"Table {table.id}, version {table.version}, digest {table.digest}.",
        "For complete facts: where one is missing, ruralcredit may answer undetermined.",
        *(f"Impossible, and not checked here: {box}." for box in boxes),
    ]
    return "\n".join(lines)
