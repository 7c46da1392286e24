"""Closed loops as plain tables: one row per loop, and one row per contract inside one."""

import datetime
from collections.abc import Sequence

from ruralcredit.guarantees import Audit, Circle, GuaranteeBook, Step
from ruralcredit.reports._evidence import Case, arcs_of, make_case
from ruralcredit.reports._figures import path_of
from ruralcredit.reports._mask import Mask, MaskWord
from ruralcredit.reports._reading import LedgerReading

__all__ = ["CIRCLE_COLUMNS", "CONTRACT_COLUMNS", "circle_contracts_table", "circles_table"]

PartyId = str | int
PlainTable = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]

CIRCLE_COLUMNS = (
    "circle_id",
    "kind",
    "members",
    "contracts",
    "guaranteed_fen",
    "loans_fen",
    "covered_fen",
    "unknown_amounts",
    "witness",
    "closed_on",
    "closed_by",
    "ends_on",
)
CONTRACT_COLUMNS = (
    "circle_id",
    "contract_id",
    "guarantor",
    "borrower",
    "amount_fen",
    "starts_on",
    "debt_due_on",
    "line",
)


def _plain(value: int | datetime.date | None) -> str:
    return "" if value is None else str(value)


def _walk(steps: Sequence[Step], mask: Mask) -> str:
    """Write a closed walk: ">" is a guarantee, "~" a relation; it ends where it began."""
    parts = [mask.party(steps[0].source)]
    for step in steps:
        parts += [">" if step.kind == "guarantee" else "~", mask.party(step.target)]
    return "".join(parts)


def _row(circle: Circle, case: Case) -> tuple[str, ...]:
    return (
        circle.id,
        circle.kind,
        str(len(circle.members)),
        str(len(circle.contracts)),
        str(circle.guaranteed_fen),
        _plain(circle.loans_fen),
        _plain(circle.covered_fen),
        str(circle.unknown_amounts),
        _walk(path_of(circle), case.mask),
        _plain(circle.closed_on),
        ";".join(case.contract(contract) for contract in circle.closed_by),
        _plain(circle.ends_on),
    )


def circles_table(
    book: GuaranteeBook,
    result: Audit,
    *,
    mask: Mask | MaskWord = "persons",
    hidden: bool = False,
    ledger: LedgerReading | None = None,
) -> PlainTable:
    """Return the closed loops as a header and rows of text, one row per loop.

    Members and contracts are counts; a blank is unknown; the witness names the parties of a
    shortest closed walk joined by ">", the first again at the end, and by "~" where two are
    related rather than one guaranteeing the other.

    Args:
        book: The book that was audited.
        result: What the audit found.
        mask: As in `audit_report`.
        hidden: The loops that exist only through related parties, instead of the others.
        ledger: How the ledger was read, for the lines of contracts without an id.

    >>> from ruralcredit.guarantees import audit
    >>> book = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "a"])
    >>> header, rows = circles_table(book, audit(book))
    >>> rows[0][header.index("witness")]
    'a>b>a'
    """
    case = make_case(book, result, mask=mask, ledger=ledger)
    circles = (result.hidden or ()) if hidden else result.circles
    return CIRCLE_COLUMNS, tuple(_row(circle, case) for circle in circles)


def circle_contracts_table(
    book: GuaranteeBook,
    result: Audit,
    *,
    mask: Mask | MaskWord = "persons",
    ledger: LedgerReading | None = None,
) -> PlainTable:
    """Return every row inside a closed loop, hidden ones too, with its source line.

    Args:
        book: The book that was audited.
        result: What the audit found.
        mask: As in `audit_report`.
        ledger: How the ledger was read, for source lines; else row numbers stand there.

    >>> from ruralcredit.guarantees import audit
    >>> book = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "a"])
    >>> len(circle_contracts_table(book, audit(book))[1])
    2
    """
    case = make_case(book, result, mask=mask, ledger=ledger)
    rows = tuple(
        (
            circle.id,
            case.contract(arc.contract),
            case.mask.party(arc.guarantor),
            case.mask.party(arc.borrower),
            _plain(arc.amount_fen),
            _plain(arc.starts_on),
            _plain(arc.debt_due_on),
            str(case.line(arc.row)),
        )
        for circles in (result.circles, result.hidden or ())
        for circle in circles
        for arc in arcs_of(book, circle.rows)
    )
    return CONTRACT_COLUMNS, rows
