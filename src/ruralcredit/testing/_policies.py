"""Decision tables and cases, drawn for tests."""

import datetime
from collections.abc import Sequence

from hypothesis import strategies as st

from ruralcredit.policy import DecisionTable, Field, HitPolicy, Row
from ruralcredit.policy import overlaps as overlaps_of
from ruralcredit.testing._books import FIRST_DAY

__all__ = ["cases_of", "decision_tables", "policy_fields"]

_KINDS = ("enum", "int", "date", "bool")
_WORDS = ("house", "shop", "land", "factory")
_HITS: tuple[HitPolicy, ...] = ("unique", "first", "any", "exception", "collect")
_LAST = 12


@st.composite
def policy_fields(draw: st.DrawFn, *, name: str = "fact") -> Field:
    """Draw a `Field` of any kind, small enough to be counted through.

    >>> from ruralcredit.testing import simplest
    >>> simplest(policy_fields()).name
    'fact'
    """
    kind = draw(st.sampled_from(_KINDS))
    if kind == "enum":
        return Field(name, "enum", values=_WORDS[: draw(st.integers(1, len(_WORDS)))])
    if kind == "int":
        low = draw(st.integers(-2, 2))
        return Field(name, "int", low=low, high=low + draw(st.integers(0, _LAST)))
    if kind == "date":
        return Field(name, "date", low=FIRST_DAY, high=_day(draw(st.integers(0, _LAST))))
    return Field(name, "bool")


def _day(number: int) -> datetime.date:
    return FIRST_DAY + datetime.timedelta(days=number)


def _values(field: Field) -> list[object]:
    """Return every value of a small field."""
    if field.kind == "enum":
        return list(field.values)
    if field.kind == "bool":
        return [False, True]
    low, high = field.bounds
    if field.kind == "date":
        return [datetime.date.fromordinal(code) for code in range(low, high + 1)]
    return list(range(low, high + 1))


def _condition(field: Field) -> st.SearchStrategy[object]:
    values = _values(field)
    choice = st.lists(st.sampled_from([*values, None]), min_size=1, max_size=3, unique=True)
    if field.kind in {"enum", "bool"}:
        return st.sampled_from([*values, None]) | choice
    places = st.tuples(*[st.integers(0, len(values) - 1)] * 2)
    between = places.map(lambda pair: {"ge": values[min(pair)], "le": values[max(pair)]})
    above = st.sampled_from(values[:-1] or values).map(lambda value: {"ge": value})
    return choice | between | above


@st.composite
def decision_tables(
    draw: st.DrawFn, *, hit: HitPolicy | None = None, max_rows: int = 5, max_fields: int = 3
) -> DecisionTable:
    """Draw a `DecisionTable` over small fields, of a hit policy or any.

    Rows that a unique table could not hold together are left out.

    >>> from ruralcredit.testing import simplest
    >>> simplest(decision_tables(hit="first")).hit
    'first'
    """
    count = draw(st.integers(1, max_fields))
    fields = [draw(policy_fields(name=f"fact_{n}")) for n in range(count)]
    wanted = draw(st.sampled_from(_HITS)) if hit is None else hit
    rows: list[Row] = []
    for number in range(draw(st.integers(1, max_rows))):
        tested = draw(st.lists(st.sampled_from(fields), unique_by=lambda field: field.name))
        row = Row(
            f"R{number}",
            when={field.name: draw(_condition(field)) for field in tested},
            then={"action": draw(st.sampled_from(["accept", "refer"]))},
            overrides=draw(_overrides(rows)) if wanted == "exception" else (),
        )
        if wanted != "unique" or not _meets(fields, rows, row):
            rows.append(row)
    return DecisionTable("drawn", fields, rows, hit=wanted)


def _overrides(rows: Sequence[Row]) -> st.SearchStrategy[list[str]]:
    ids = [row.id for row in rows]
    return st.lists(st.sampled_from(ids), unique=True) if ids else st.just([])


def _meets(fields: Sequence[Field], rows: Sequence[Row], row: Row) -> bool:
    return bool(rows) and bool(overlaps_of(DecisionTable("d", fields, [*rows, row], hit="first")))


@st.composite
def cases_of(draw: st.DrawFn, table: DecisionTable, *, missing: bool = True) -> dict[str, object]:
    """Draw a case of a table with small fields, with or without missing facts.

    >>> from ruralcredit.testing import simplest
    >>> table = DecisionTable("t", [Field("retail", "bool")], [Row("all", then={"a": 1})])
    >>> simplest(cases_of(table, missing=False))
    {'retail': False}
    """
    return {
        field.name: draw(st.sampled_from([*_values(field), *([None] if missing else [])]))
        for field in table.fields
    }
