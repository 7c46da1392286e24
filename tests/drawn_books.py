"""Drawn guarantee books, and what tests read off the answers about them."""

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hypothesis import strategies as st

import oracle
from ruralcredit.guarantees import GuaranteeBook, Relations
from ruralcredit.testing import ledger_columns, relation_columns

ONE_DAY = datetime.timedelta(days=1)
KINDS = ("control", "controller", "spouse", "kin", "group")
Day = datetime.date


def call(make: Callable[..., Any], columns: Mapping[str, object], **beside: object) -> Any:
    """Make a value of drawn columns; their cells have no type that mypy could follow."""
    return make(**{**columns, **beside})


def book_of(columns: Mapping[str, object], **beside: object) -> GuaranteeBook:
    """Book of drawn columns."""
    book: GuaranteeBook = call(GuaranteeBook.from_columns, columns, **beside)
    return book


def event_days(rows: Iterable[oracle.Row]) -> list[Day]:
    """Days on which something about the rows changes, with the days around them."""
    events = {
        day
        for row in rows
        for day in (row.starts, oracle.end_of(row), row.released, row.settled, row.known)
        if day is not None
    }
    return sorted({day + shift for day in events for shift in (-ONE_DAY, ONE_DAY * 0, ONE_DAY)})


@st.composite
def asked(draw: st.DrawFn, **switches: Any) -> tuple[dict[str, list[Any]], Day | None, Day | None]:
    """Columns of a ledger with a day to ask and a day known by, on and around its edges."""
    columns = draw(ledger_columns(**switches))
    return columns, *draw(asked_of(columns))


@st.composite
def asked_of(draw: st.DrawFn, columns: Mapping[str, object]) -> tuple[Day | None, Day | None]:
    """A day to ask and a day known by, either may be left out."""
    edges = event_days(oracle.read(columns))
    if not edges or draw(st.sampled_from((False, False, True))):
        return draw(st.sampled_from((None, Day(2024, 6, 30)))), None
    known_by = draw(st.sampled_from((None, draw(st.sampled_from(edges)))))
    return draw(st.sampled_from(edges)), known_by


def on_day(book: GuaranteeBook, day: Day | None, known_by: Day | None = None) -> GuaranteeBook:
    """Book as on a day, or as given."""
    return book if day is None else book.as_of(day, known_by=known_by)


def counting(
    columns: Mapping[str, object], day: Day | None, known_by: Day | None = None
) -> list[oracle.Row]:
    """Rows that count, by the definition, both parties named."""
    return oracle.arcs_of(stated(columns, day, known_by), counter_guarantees=True)


def sets_of(found: Iterable[Any]) -> Counter[frozenset[Any]]:
    """Members of circles or clusters, whatever their order; none may come twice."""
    return Counter(frozenset(one.members) for one in found)


def counted(sets: Iterable[frozenset[Any]]) -> Counter[frozenset[Any]]:
    """The same of the oracle's sets."""
    return Counter(sets)


def picture(found: Iterable[Any]) -> list[tuple[object, ...]]:
    """What circles or clusters say, without row numbers."""
    return [
        (c.id, c.members, len(c.contracts), len(c.rows), c.guaranteed_fen, c.unknown_amounts)
        for c in found
    ]


def stated(
    columns: Mapping[str, object], day: Day | None, known_by: Day | None = None
) -> list[oracle.Row]:
    """Rows that count and so may state a contract's amount, a blank party or not."""
    return [row for row in oracle.read(columns) if oracle.counts_on(row, day, known_by)]


def money(one: Any) -> tuple[int, int, int]:
    """What an answer says of its contracts: known sum, unknown amounts, how many."""
    return one.guaranteed_fen, one.unknown_amounts, len(one.contracts)


@st.composite
def related(draw: st.DrawFn, **switches: Any) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Columns of a ledger and of relations; a loop or two is hidden behind a relative.

    What a split party gives is given by a relative of it, who receives nothing.
    """
    columns = draw(ledger_columns(**{"max_parties": 6, **switches}))
    table = draw(relation_columns(max_parties=6, max_size=2))
    parties = sorted({party for party in columns["guarantor"] if party is not None})
    for number in range(draw(st.sampled_from((0, 1, 1, 2))) if parties else 0):
        split = draw(st.sampled_from(parties))
        relative = f"P{90 + number:03d}"
        gives = [relative if party == split else party for party in columns["guarantor"]]
        columns = {**columns, "guarantor": gives}
        row = {"a": split, "b": relative, "kind": draw(st.sampled_from(KINDS))}
        table = {name: [*cells, row.get(name)] for name, cells in table.items()}
    return columns, table


def relations_of(table: Mapping[str, object]) -> Relations:
    """Relations of drawn columns."""
    relations: Relations = call(Relations.from_columns, table)
    return relations


def links_of(table: Mapping[str, list[Any]]) -> list[tuple[Any, Any]]:
    """Pairs that the drawn relations join."""
    return list(zip(table["a"], table["b"], strict=True))


def picked(columns: Mapping[str, list[Any]], rows: Iterable[int]) -> dict[str, list[Any]]:
    """The columns of some rows, in that order."""
    chosen = list(rows)
    return {name: [cells[row] for row in chosen] for name, cells in columns.items()}


def unended(row: oracle.Row) -> oracle.Row:
    """The row as a book never asked a day counts it."""
    return row._replace(released=None, settled=None)


def own_contracts(columns: Mapping[str, list[Any]]) -> list[Any]:
    """Contract ids in which a row without one is named, so that it keeps its name elsewhere."""
    return [
        f"row {n}" if contract is None else contract
        for n, contract in enumerate(columns["contract_id"])
    ]
