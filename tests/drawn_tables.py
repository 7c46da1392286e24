"""Drawn decision tables and cases, as plain data for the oracle and as the library's values.

Every kind of field, condition and hit policy is drawn on purpose: "must be missing" alone
and inside a choice, intervals with either end open, closed or absent, impossible boxes,
exceptions to exceptions, rows that agree and rows that contradict each other.
"""

import datetime
import functools
import itertools
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

import policy_oracle as oracle
from ruralcredit.policy import DecisionTable, Field, Row

HITS = ("unique", "first", "any", "exception", "collect")
DAY = datetime.timedelta(days=1)
LEAP_EVE = datetime.date(2024, 2, 28)
STATUS_OF = {-1: "none", -2: "undetermined", -3: "conflict"}

# ---- fields and conditions -----------------------------------------------------------

FIELDS = (
    (
        oracle.Field("kind", "enum", values=("x", "y", "z")),
        oracle.Field("kind", "enum", values=("住宅", "林权")),
        oracle.Field("kind", "enum", values=("a b", "-", "缺失", "None")),
    ),
    (
        oracle.Field("age", "int", low=-1, high=2),
        oracle.Field("age", "int", low=0, high=0),
        oracle.Field("age", "int", low=0),
        oracle.Field("age", "int", high=3),
        oracle.Field("age", "int"),
    ),
    (
        oracle.Field("day", "date", low=LEAP_EVE, high=LEAP_EVE + 3 * DAY),
        oracle.Field("day", "date", low=LEAP_EVE),
        oracle.Field("day", "date"),
    ),
    (oracle.Field("local", "bool"),),
    (
        oracle.Field("tier", "int", low=1, high=3),
        oracle.Field("tier", "enum", values=("A", "B")),
    ),
)


def window(field: oracle.Field) -> list[Any]:
    """The few values of a field that drawn conditions name."""
    if field.kind == "enum":
        return list(field.values)
    if field.kind == "bool":
        return [False, True]
    step = 1 if field.kind == "int" else DAY
    first = (0 if field.kind == "int" else LEAP_EVE) if field.low is None else field.low
    named = [first + n * step for n in range(4)]
    return [value for value in named if field.high is None or value <= field.high]


def intervals(field: oracle.Field) -> list[dict[str, Any]]:
    """Every interval between named values that holds at least one of them."""
    named = window(field)
    found = []
    for low, high in itertools.combinations_with_replacement(range(len(named)), 2):
        starts = [{"ge": named[low]}, {}]
        ends = [{"le": named[high]}, {}]
        starts += [{"gt": named[low - 1]}] if low else []
        ends += [{"lt": named[high + 1]}] if high + 1 < len(named) else []
        found += [{**start, **end} for start in starts for end in ends if start or end]
    return list({tuple(one.items()): one for one in found}.values())


def conditions(field: oracle.Field, *, missing: bool) -> list[Any]:
    """Every condition that is drawn for a field."""
    named = window(field)
    choices = [
        chosen
        for size in range(2, len(named) + 1)
        for chosen in itertools.combinations(named, size)
    ]
    found = [*named, *choices]
    if field.kind in {"int", "date"}:
        found += intervals(field)
    if missing:
        # Often enough to matter beside many intervals.
        found += [None] * (1 + len(found) // 6)
        found += [(*([one] if one in named else one), None) for one in [*named, *choices]]
    return found


# ---- tables --------------------------------------------------------------------------

CELLS: Mapping[str, Sequence[Any]] = {
    "action": ("accept", "refer", None),
    "cap_bp": (7000, 6000, None),
    "ok": (True, False),
    "until": (LEAP_EVE, None),
}


@st.composite
def field_sets(draw: st.DrawFn, *, max_fields: int = 4) -> tuple[oracle.Field, ...]:
    """A few fields of different kinds, in any order."""
    families = draw(st.permutations(FIELDS))
    count = draw(st.integers(1, max_fields))
    return tuple(draw(st.sampled_from(family)) for family in families[:count])


@st.composite
def boxes(
    draw: st.DrawFn, fields: Sequence[oracle.Field], *, missing: bool, least: int = 0
) -> dict[str, Any]:
    """Conditions on some of the fields."""
    chosen = draw(st.lists(st.sampled_from(fields), unique=True, min_size=least))
    return {
        field.name: draw(st.sampled_from(conditions(field, missing=missing)))
        for field in sorted(chosen, key=fields.index)
    }


@st.composite
def tables(
    draw: st.DrawFn,
    *,
    hits: Sequence[str] = HITS,
    missing: bool | None = None,
    impossible: bool = True,
    max_rows: int = 6,
    max_fields: int = 4,
) -> oracle.Table:
    """A small table; under "unique" its rows do not overlap."""
    fields = draw(field_sets(max_fields=max_fields))
    hit = draw(st.sampled_from(hits))
    asks = draw(st.booleans()) if missing is None else missing
    if hit == "unique" and draw(st.booleans()):
        whens = draw(splits(fields, missing=asks))[: max_rows + 2] or [{}]
    else:
        # A size drawn by itself: lists are mostly short.
        size = draw(st.integers(1, max_rows))
        whens = [draw(boxes(fields, missing=asks)) for _ in range(size)]
    names = draw(st.sampled_from((("action",), ("cap_bp",), ("action", "cap_bp", "ok", "until"))))
    thens = [{name: draw(st.sampled_from(CELLS[name])) for name in names} for _ in whens]
    rows = tuple(
        oracle.Row(f"R{n}", when, then, reason=draw(st.sampled_from(("", "old", "far"))))
        for n, (when, then) in enumerate(zip(whens, thens, strict=True))
    )
    if hit == "exception":
        rows = draw(with_exceptions(rows))
    most = draw(st.sampled_from((0, 0, 1, 2))) if impossible else 0
    cannot = draw(st.lists(boxes(fields, missing=False, least=min(2, len(fields))), max_size=most))
    table = oracle.Table(fields, rows, hit, tuple(cannot))
    return without_overlaps(table) if hit == "unique" else table


@st.composite
def splits(
    draw: st.DrawFn, fields: Sequence[oracle.Field], *, missing: bool, depth: int = 3
) -> list[dict[str, Any]]:
    """Boxes that do not overlap: split by a field, and each part again or not, or left out."""
    fate = draw(st.sampled_from(("split", "split", "row", "gap"))) if depth < 3 else "split"
    if not fields or depth == 0 or fate != "split":
        return [] if fate == "gap" else [{}]
    field, rest = fields[0], fields[1:]
    named = window(field)
    cut = draw(st.integers(1, max(1, len(named) - 1)))
    low, high = tuple(named[:cut]), tuple(named[cut:])
    if field.kind in {"int", "date"} and high:
        parts = [{"lt": named[cut]}, {"ge": named[cut]}]
    else:
        parts = [part[0] if len(part) == 1 else part for part in (low, high) if part]
    if missing:
        parts.append(None)
    return [
        {field.name: part, **further}
        for part in parts
        for further in draw(splits(rest, missing=missing, depth=depth - 1))
    ]


@st.composite
def with_exceptions(draw: st.DrawFn, rows: tuple[oracle.Row, ...]) -> tuple[oracle.Row, ...]:
    """The rows, some of which beat others; none beats itself through others."""
    order = draw(st.permutations(range(len(rows))))
    beats: dict[int, tuple[str, ...]] = {}
    for place, n in enumerate(order):
        weaker = [rows[m].id for m in order[:place]]
        if weaker:
            beats[n] = tuple(draw(st.lists(st.sampled_from(weaker), unique=True, max_size=2)))
    return tuple(row._replace(overrides=beats.get(n, ())) for n, row in enumerate(rows))


def without_overlaps(table: oracle.Table) -> oracle.Table:
    """The table without the rows that overlap with an earlier one."""
    kept: list[int] = []
    pairs = oracle.overlapping(table)
    for n in range(len(table.rows)):
        if not any((m, n) in pairs for m in kept):
            kept.append(n)
    return table._replace(rows=tuple(table.rows[n] for n in kept))


@functools.cache
def big_table(seed: int, *, hit: str, rows: int = 90, fields: int = 10) -> oracle.Table:
    """A table of too many rows and fields for any grid, with its few exceptions."""
    dice = random.Random(seed)  # noqa: S311 - tables, not secrets
    families = [
        oracle.Field(f"kind{n}", "enum", values=("x", "y", "z", "w", "v"))
        if n % 3 == 0
        else oracle.Field(f"n{n}", "int", low=0, high=9)
        if n % 3 == 1
        else oracle.Field(f"day{n}", "date", low=LEAP_EVE, high=LEAP_EVE + 9 * DAY)
        for n in range(fields)
    ]
    whens = _partition(dice, families, rows) if hit == "unique" else None
    made = []
    for n in range(rows if whens is None else len(whens)):
        if whens is None:
            chosen = sorted(dice.sample(range(fields), dice.randint(1, 4)))
            when = {
                families[f].name: dice.choice(conditions(families[f], missing=f == 0))
                for f in chosen
            }
        else:
            when = whens[n]
        then = {"action": dice.choice(("accept", "refer"))}
        made.append(oracle.Row(f"R{n}", when, then, overrides=_exceptions(dice, hit, n)))
    return oracle.Table(tuple(families), tuple(made), hit)


def _exceptions(dice: random.Random, hit: str, n: int) -> tuple[str, ...]:
    if hit != "exception" or not n:
        return ()
    return tuple(f"R{m}" for m in sorted(dice.sample(range(n), min(n, dice.randint(0, 5)))))


def _partition(
    dice: random.Random, fields: Sequence[oracle.Field], rows: int
) -> list[dict[str, Any]]:
    """Boxes that cover every case once: cut one of them in two until there are enough."""
    found: list[dict[str, Any]] = [{}]
    while len(found) < rows:
        box = found.pop(dice.choice([n for n, one in enumerate(found) if len(one) < 9]))
        field = dice.choice([one for one in fields if one.name not in box])
        named = window(field)
        if field.kind == "enum":
            parts: list[Any] = [named[0], tuple(named[1:])]
        else:
            parts = [{"lt": named[2]}, {"ge": named[2]}]
        found += [{**box, field.name: part} for part in parts]
    return found


# ---- cases ---------------------------------------------------------------------------


@st.composite
def cases(draw: st.DrawFn, table: oracle.Table, *, missing: bool = True) -> dict[str, Any]:
    """A case of the table, with facts missing: as None, or left out."""
    case = {}
    for field in table.fields:
        known = st.sampled_from(table.values[field.name])
        fate = draw(st.sampled_from(("known", "known", "known", "none", "left out")))
        if fate == "known" or not missing:
            case[field.name] = draw(known)
        elif fate == "none":
            case[field.name] = None
    return case


@st.composite
def asked(
    draw: st.DrawFn, *, least: int = 1, most: int = 4, **switches: Any
) -> tuple[oracle.Table, list[dict[str, Any]]]:
    """A table with cases to ask it."""
    table = draw(tables(**switches))
    return table, draw(st.lists(cases(table), min_size=least, max_size=most))


def columns_of(table: oracle.Table, asked_cases: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The columns of cases, as lists."""
    listed = list(asked_cases)
    return {field.name: [case.get(field.name) for case in listed] for field in table.fields}


# ---- the library's values ------------------------------------------------------------


def field_of(field: oracle.Field, **beside: Any) -> Field:
    """Build a field."""
    return Field(
        field.name, field.kind, values=field.values, low=field.low, high=field.high, **beside
    )


def row_of(row: oracle.Row) -> Row:
    """Build a row."""
    return Row(
        row.id,
        when=row.when,
        then=row.then,
        reason=row.reason,
        cite=row.cite,
        basis=row.basis,
        overrides=row.overrides,
    )


def table_of(table: oracle.Table, **beside: Any) -> DecisionTable:
    """Build a table."""
    return DecisionTable(
        table.id,
        tuple(map(field_of, table.fields)),
        tuple(map(row_of, table.rows)),
        hit=table.hit,
        version=table.version,
        impossible=table.impossible,
        **beside,
    )


def told(outcome: Any) -> Any:
    """An outcome of the library in the oracle's form."""
    if isinstance(outcome, tuple):
        return tuple(map(told, outcome))
    return None if outcome is None else oracle.told(outcome)


def answer_of(table: oracle.Table, decision: Any) -> oracle.Answer:
    """A decision of the library in the oracle's form."""
    place = {row.id: n for n, row in enumerate(table.rows)}
    rows = tuple(place[name] for name in decision.rows)
    return oracle.Answer(decision.status, told(decision.outcome), rows)


def code_of(answer: oracle.Answer) -> int:
    """What `ColumnAnswer.row` says of an answer."""
    if answer.status == "decided":
        return answer.rows[0]
    return {status: code for code, status in STATUS_OF.items()}[answer.status]


# ---- forms of columns ----------------------------------------------------------------


def _objects(cells: list[Any]) -> Any:
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    return column


def _masked(kind: str) -> Any:
    def bring(cells: list[Any]) -> Any:
        filled = [0 if cell is None else cell for cell in cells]
        return np.ma.MaskedArray(np.array(filled, kind), [cell is None for cell in cells])

    return bring


def _sliced(kind: Any) -> Any:
    """An Arrow array that starts in the middle of its buffers."""

    def bring(cells: list[Any]) -> Any:
        return pa.array([None, *cells, None], kind)[1:-1]

    return bring


def _chunks(kind: Any) -> Any:
    def bring(cells: list[Any]) -> Any:
        cut = len(cells) // 2
        return pa.chunked_array([pa.array(cells[:cut], kind), pa.array(cells[cut:], kind)])

    return bring


def _dictionary(cells: list[Any]) -> Any:
    """Arrow's dictionary in an order of its own, with a word that no row uses twice."""
    words = sorted({cell for cell in cells if cell is not None}, reverse=True)
    codes = [None if cell is None else words.index(cell) for cell in cells]
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), pa.array(words, pa.string()))


def _category(cells: list[Any]) -> Any:
    words = sorted({cell for cell in cells if cell is not None}, reverse=True)
    return pd.Series(pd.Categorical(cells, categories=words))


def _polars_enum(cells: list[Any]) -> Any:
    words = sorted({cell for cell in cells if cell is not None}, reverse=True)
    return pl.Series(cells, dtype=pl.Enum(words))


FORMS: Mapping[str, Mapping[str, Any]] = {
    "enum": {
        "list": list,
        "tuple": tuple,
        "NumPy object": _objects,
        "Arrow": lambda cells: pa.array(cells, pa.string()),
        "Arrow large": lambda cells: pa.array(cells, pa.large_string()),
        "Arrow sliced": _sliced(pa.string()),
        "Arrow chunked": _chunks(pa.string()),
        "Arrow dictionary": _dictionary,
        "Arrow dictionary chunked": lambda cells: pa.chunked_array([_dictionary(cells)]),
        "Arrow dictionary sliced": lambda cells: _dictionary([None, *cells, None])[1:-1],
        "pandas object": lambda cells: pd.Series(cells, dtype=object),
        "pandas string": lambda cells: pd.Series(cells, dtype="string"),
        "pandas Arrow": lambda cells: pd.Series(cells, dtype=pd.ArrowDtype(pa.string())),
        "pandas categorical": _category,
        "Polars": lambda cells: pl.Series(cells, dtype=pl.String),
        "Polars categorical": lambda cells: pl.Series(cells, dtype=pl.Categorical),
        "Polars Enum": _polars_enum,
    },
    "int": {
        "list": list,
        "NumPy object": _objects,
        "NumPy masked": _masked("int64"),
        "Arrow": lambda cells: pa.array(cells, pa.int64()),
        "Arrow sliced": _sliced(pa.int64()),
        "Arrow chunked": _chunks(pa.int64()),
        "pandas Int64": lambda cells: pd.Series(cells, dtype="Int64"),
        "pandas Arrow": lambda cells: pd.Series(cells, dtype=pd.ArrowDtype(pa.int64())),
        "Polars": lambda cells: pl.Series(cells, dtype=pl.Int64),
    },
    "date": {
        "list": list,
        "NumPy object": _objects,
        "NumPy": lambda cells: np.array(cells, "datetime64[D]"),
        "Arrow": lambda cells: pa.array(cells, pa.date32()),
        "Arrow chunked": _chunks(pa.date32()),
        "pandas Arrow": lambda cells: pd.Series(cells, dtype=pd.ArrowDtype(pa.date32())),
        "pandas object": lambda cells: pd.Series(cells, dtype=object),
        "Polars": lambda cells: pl.Series(cells, dtype=pl.Date),
    },
    "bool": {
        "list": list,
        "NumPy object": _objects,
        "NumPy masked": _masked("bool"),
        "Arrow": lambda cells: pa.array(cells, pa.bool_()),
        "Arrow chunked": _chunks(pa.bool_()),
        "pandas boolean": lambda cells: pd.Series(cells, dtype="boolean"),
        "pandas Arrow": lambda cells: pd.Series(cells, dtype=pd.ArrowDtype(pa.bool_())),
        "Polars": lambda cells: pl.Series(cells, dtype=pl.Boolean),
    },
}


@st.composite
def brought(draw: st.DrawFn, table: oracle.Table, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The same columns, each brought in a form of its own."""
    forms = {}
    for field in table.fields:
        name = draw(st.sampled_from(sorted(FORMS[field.kind])))
        forms[field.name] = FORMS[field.kind][name](columns[field.name])
    return forms
