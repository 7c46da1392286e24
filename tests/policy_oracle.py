"""A slow, small second opinion on decision tables, written from their meaning alone.

Nothing here imports the library.  A table is plain data; every function tries all cases,
so it is for tables of a few fields with a few values each.  A field without bounds is
tried at its thresholds, one step beside them and at its ends: between two thresholds no
condition can change.  The sentence that each function spells out stands in its docstring.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import itertools
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Value = Any  # str, int, bool, date; None is missing
Case = Mapping[str, Value]

INT64 = (-(2**63), 2**63 - 1)
EVER = (datetime.date.min, datetime.date.max)
MANY = 12  # a domain of more values is tried at its thresholds only


class Field(NamedTuple):
    """A field: an enum has values; an int or date may have bounds, both inside."""

    name: str
    kind: str
    values: tuple[str, ...] = ()
    low: Value = None
    high: Value = None


class Row(NamedTuple):
    """A row: conditions by field name, outcome by name, and what it beats."""

    id: str
    when: Mapping[str, Value]
    then: Mapping[str, Value]
    reason: Any = ""
    cite: str = ""
    basis: str = "bank policy"
    overrides: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Table:
    """A table: rows in order, how hits are resolved, and what cannot be."""

    fields: tuple[Field, ...]
    rows: tuple[Row, ...]
    hit: str = "unique"
    impossible: tuple[Mapping[str, Value], ...] = ()
    id: str = "drawn"
    version: str = "1"

    def _replace(self, **changes: Any) -> Table:
        """The table with some parts changed."""
        return dataclasses.replace(self, **changes)

    @functools.cached_property
    def tested(self) -> list[str]:
        """Fields that some condition names, in field order."""
        return [field.name for field in self.fields if conditions_of(self, field.name)]

    @functools.cached_property
    def missable(self) -> list[str]:
        """T: fields that some row tests with "must be missing"."""
        asked = {
            name
            for row in self.rows
            for name, condition in row.when.items()
            if asks_for_missing(condition)
        }
        return [field.name for field in self.fields if field.name in asked]

    @functools.cached_property
    def values(self) -> dict[str, list[Value]]:
        """The values to try of each field."""
        return {field.name: points(self, field) for field in self.fields}

    @functools.cached_property
    def beats(self) -> list[set[int]]:
        """For each row the rows that it beats, directly or through others."""
        place = {row.id: n for n, row in enumerate(self.rows)}
        beats = [{place[name] for name in row.overrides} for row in self.rows]
        for middle, first in itertools.product(range(len(beats)), repeat=2):
            if middle in beats[first]:
                beats[first] |= beats[middle]
        return beats


class Answer(NamedTuple):
    """What a case gives; rows are positions in the table."""

    status: str
    outcome: Any = None
    rows: tuple[int, ...] = ()

    @property
    def result(self) -> tuple[str, Any]:
        """What two answers must share to be the same answer."""
        return self.status, self.outcome


# ---- conditions ----------------------------------------------------------------------


def meets(condition: Value, value: Value) -> bool:
    """Whether a value, None among them, lies in the set that a condition names."""
    if isinstance(condition, Mapping):
        return value is not None and all(
            getattr(operator, sign)(value, bound) for sign, bound in condition.items()
        )
    if isinstance(condition, tuple | list):
        return value in condition
    return bool(value == condition)


def lies_in(when: Mapping[str, Value], case: Case) -> bool:
    """Whether every condition is met, a fact that is not there being None."""
    return all(meets(condition, case.get(name)) for name, condition in when.items())


def asks_for_missing(condition: Value) -> bool:
    """Whether a condition is met by a missing fact."""
    return meets(condition, None)


def conditions_of(table: Table, name: str) -> list[Value]:
    """Every condition on a field, of rows and of impossible boxes."""
    boxes = [*(row.when for row in table.rows), *table.impossible]
    return [box[name] for box in boxes if name in box]


def bounds(field: Field) -> tuple[Value, Value]:
    """Lowest and highest value of a number or a day."""
    ends = INT64 if field.kind == "int" else EVER
    return (
        ends[0] if field.low is None else field.low,
        ends[1] if field.high is None else field.high,
    )


def thresholds(condition: Value) -> list[Value]:
    """The values that a condition names."""
    if isinstance(condition, Mapping):
        return list(condition.values())
    if isinstance(condition, tuple | list):
        return [value for value in condition if value is not None]
    return [] if condition is None else [condition]


def beside(field: Field, value: Value) -> list[Value]:
    """A value with its neighbours, as far as the domain goes."""
    low, high = bounds(field)
    step = 1 if field.kind == "int" else datetime.timedelta(days=1)
    below = [value - step] if value > low else []
    above = [value + step] if value < high else []
    return [*below, value, *above]


def points(table: Table, field: Field) -> list[Value]:
    """Every value of a small domain, else values that between them meet what any value meets."""
    if field.kind == "enum":
        return list(field.values)
    if field.kind == "bool":
        return [False, True]
    low, high = bounds(field)
    span = high - low
    steps = span.days if isinstance(span, datetime.timedelta) else span
    if steps < MANY:
        day = datetime.timedelta(days=1)
        return [low + n * (day if field.kind == "date" else 1) for n in range(steps + 1)]
    named = {low, high}
    named.update(*map(thresholds, conditions_of(table, field.name)))
    return sorted({near for value in named for near in beside(field, value)})


# ---- one case ------------------------------------------------------------------------


def told(then: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    """An outcome as something to compare and to count."""
    return tuple(sorted(then.items(), key=lambda item: item[0]))


def resolve(table: Table, matched: Sequence[int]) -> Answer:
    """What a set of matching rows gives under the table's hit policy."""
    thens = [told(table.rows[n].then) for n in matched]
    if not matched:
        return Answer("none")
    if table.hit == "collect":
        return Answer("decided", tuple(thens), tuple(matched))
    if table.hit == "first":
        return Answer("decided", thens[0], (matched[0],))
    if table.hit == "exception":
        matched = [n for n in matched if not any(n in table.beats[m] for m in matched)]
        thens = [told(table.rows[n].then) for n in matched]
    if len(matched) > 1 and table.hit == "unique":
        raise AssertionError(f"a unique table has rows {matched} for one case")
    if len(set(thens)) == 1:
        return Answer("decided", thens[0], tuple(matched))
    return Answer("conflict", None, tuple(matched))


def matching(table: Table, case: Case) -> list[int]:
    """Positions of the rows that a case meets, None taken as a value."""
    return [n for n, row in enumerate(table.rows) if lies_in(row.when, case)]


def unsettled(table: Table, case: Case) -> list[str]:
    """U: tested facts that are missing and that no matching row asks to be missing."""
    settled = {
        name
        for n in matching(table, case)
        for name, condition in table.rows[n].when.items()
        if asks_for_missing(condition)
    }
    return [name for name in table.tested if case.get(name) is None and name not in settled]


def is_impossible(table: Table, case: Case) -> bool:
    """Whether the facts of a case lie in an impossible box, which no missing fact can lie in."""
    return any(lies_in(box, case) for box in table.impossible)


def completions(table: Table, case: Case) -> list[dict[str, Value]]:
    """The cases that a case may turn out to be: nothing left to ask, not impossible."""
    names = [field.name for field in table.fields]
    todo = [tuple(case.get(name) for name in names)]
    seen, found = set(todo), []
    while todo:
        known = dict(zip(names, todo.pop(), strict=True))
        to_ask = unsettled(table, known)
        if not to_ask and not is_impossible(table, known):
            found.append(known)
        for name in to_ask:
            for value in table.values[name]:
                further = tuple({**known, name: value}.values())
                if further not in seen:
                    seen.add(further)
                    todo.append(further)
    return found


def possible(table: Table, case: Case) -> list[tuple[dict[str, Value], Answer]]:
    """Every completion with what it gives."""
    return [
        (complete, resolve(table, matching(table, complete)))
        for complete in completions(table, case)
    ]


def decide(table: Table, case: Case) -> Answer:
    """What all completions agree on, with all rows it may come from; else undetermined."""
    answers = [answer for _, answer in possible(table, case)]
    rows = tuple(sorted({n for answer in answers for n in answer.rows}))
    results = {answer.result for answer in answers}
    if not results:
        return Answer("conflict")
    if len(results) > 1:
        return Answer("undetermined", None, rows)
    status, outcome = results.pop()
    return Answer(status, outcome, rows)


def to_ask(table: Table, case: Case) -> list[str]:
    """Missing facts with which alone the result changes, for some value of the others."""
    found = possible(table, case)
    asked = []
    for field in table.fields:
        if case.get(field.name) is None:
            results: dict[tuple[Value, ...], set[Any]] = {}
            for complete, answer in found:
                others = tuple(v for name, v in complete.items() if name != field.name)
                results.setdefault(others, set()).add(answer.result)
            if any(len(several) > 1 for several in results.values()):
                asked.append(field.name)
    return asked


def still_open(table: Table, case: Case) -> dict[tuple[str, Any], set[int]]:
    """The results still possible, each with the rows it may come from."""
    found: dict[tuple[str, Any], set[int]] = {}
    for _, answer in possible(table, case):
        found.setdefault(answer.result, set()).update(answer.rows)
    return found


# ---- all cases -----------------------------------------------------------------------


def complete_cases(table: Table) -> Iterable[dict[str, Value]]:
    """Every case with all facts that is not impossible."""
    names = [field.name for field in table.fields]
    for values in itertools.product(*table.values.values()):
        case = dict(zip(names, values, strict=True))
        if not any(lies_in(box, case) for box in table.impossible):
            yield case


def settled_cases(table: Table) -> Iterable[dict[str, Value]]:
    """Every case that nothing need be asked of: complete, or missing what a row wants missing."""
    names = [field.name for field in table.fields]
    axes = [
        [*values, *([None] if name in table.missable else [])]
        for name, values in table.values.items()
    ]
    for values in itertools.product(*axes):
        case = dict(zip(names, values, strict=True))
        if not unsettled(table, case) and not is_impossible(table, case):
            yield case


def uncovered(table: Table) -> list[dict[str, Value]]:
    """Complete cases that no row meets."""
    return [case for case in complete_cases(table) if not matching(table, case)]


def overlapping(table: Table) -> dict[tuple[int, int], dict[str, Value]]:
    """Pairs of rows that some case meets both of, with such a case."""
    found: dict[tuple[int, int], dict[str, Value]] = {}
    for case in settled_cases(table):
        for pair in itertools.combinations(matching(table, case), 2):
            found.setdefault(pair, case)
    return found


def dead(table: Table) -> set[int]:
    """Rows that no case's answer rests on."""
    alive = {
        n for case in settled_cases(table) for n in resolve(table, matching(table, case)).rows
    }
    return set(range(len(table.rows))) - alive


def certain(table: Table, case: Case) -> set[int] | None:
    """Rows that every completion meets; None where there is no completion."""
    found = [set(matching(table, complete)) for complete in completions(table, case)]
    return set.intersection(*found) if found else None
