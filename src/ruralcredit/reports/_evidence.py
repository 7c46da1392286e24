"""What the report asks of a book: rows in full, who is named where, which loop comes first."""

import datetime
import functools
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import attrs
import numpy as np

from ruralcredit.guarantees import (
    Audit,
    Circle,
    Circles,
    GroupCover,
    GuaranteeBook,
    Relations,
    Step,
    cover,
)
from ruralcredit.reports._mask import Mask, MaskWord, is_person
from ruralcredit.reports._reading import LedgerReading, TableReading

__all__ = ["Arc", "Case", "arcs_of", "make_case", "make_mask", "rank_loops", "tie_kind"]

PartyId = str | int


@attrs.frozen(kw_only=True)
class Arc:
    """One row of the ledger in full."""

    row: int
    guarantor: PartyId
    borrower: PartyId
    contract: PartyId | None
    amount_fen: int | None
    starts_on: datetime.date | None
    debt_due_on: datetime.date | None


@attrs.frozen(kw_only=True, slots=False)
class Case:
    """Everything one report is made of.

    Attributes:
        book: The book asked.
        audit: What the audit found.
        mask: What stands for ids.
        ledger: How the ledger's file was read; None when the book came from elsewhere.
        loans: How the loans' file was read.
        related: How the file of related parties was read.
        parties: How the file of parties was read.
    """

    book: GuaranteeBook
    audit: Audit
    mask: Mask
    ledger: LedgerReading | None = None
    loans: TableReading | None = None
    related: TableReading | None = None
    parties: TableReading | None = None

    @property
    def readings(self) -> dict[str, LedgerReading | TableReading]:
        """How each file was read, by its role; those that nobody brought are not in it."""
        found = {
            "ledger": self.ledger,
            "loans": self.loans,
            "related": self.related,
            "parties": self.parties,
        }
        return {role: reading for role, reading in found.items() if reading is not None}

    @functools.cached_property
    def loop_covers(self) -> Mapping[str, GroupCover]:
        """What each closed loop is worth, by its id; related parties are control groups."""
        return {one.id: one for one in cover(self.book, relations=self.audit.relations).per_loop}

    def line(self, row: int) -> int:
        """Return the source line of a row, or its number where no file is known."""
        return row if self.ledger is None else self.ledger.lines[row]

    def contract(self, contract: PartyId | None) -> str:
        """Return a contract as printed: "#" and its line where it has no id, "" where unknown."""
        if contract is None:
            return ""
        column = self.book.ledger.contract_id
        if isinstance(contract, int) and (column is None or column.index.kind == "str"):
            return f"#{self.line(contract)}"
        return self.mask.text(str(contract))


def _cells(columns: Mapping[str, object], name: str, count: int) -> Sequence[object]:
    values = columns.get(name)
    if values is None:
        return [None] * count
    return values.tolist() if isinstance(values, np.ndarray) else list(values)  # type: ignore[call-overload,no-any-return]


def arcs_of(book: GuaranteeBook, rows: Iterable[int]) -> tuple[Arc, ...]:
    """Return rows of the ledger in full, in the order asked."""
    numbers = [int(row) for row in rows]
    columns = book.ledger.to_columns(np.array(numbers, np.int64))
    cells = {
        name: _cells(columns, name, len(numbers))
        for name in (
            "guarantor",
            "borrower",
            "contract_id",
            "amount_fen",
            "starts_on",
            "debt_due_on",
        )
    }
    return tuple(
        Arc(
            row=row,
            guarantor=_party(cells["guarantor"][at]),
            borrower=_party(cells["borrower"][at]),
            contract=_known_party(cells["contract_id"][at]),
            amount_fen=_known_fen(cells["amount_fen"][at]),
            starts_on=_known_day(cells["starts_on"][at]),
            debt_due_on=_known_day(cells["debt_due_on"][at]),
        )
        for at, row in enumerate(numbers)
    )


def _known_party(value: object) -> PartyId | None:
    return value if isinstance(value, str | int) else None


def _party(value: object) -> PartyId:
    return value if isinstance(value, str | int) else ""


def _known_fen(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _known_day(value: object) -> datetime.date | None:
    return value if isinstance(value, datetime.date) else None


def _share_key(part: int | None, whole: int | None) -> Fraction | None:
    return None if part is None or not whole else Fraction(part, whole)


def rank_loops(circles: Circles) -> tuple[Circle, ...]:
    """Return loops by overdue share of their loans, largest first, then by least cover.

    Loops whose loans are unknown or nil come last, in the order of the sequence.

    Source:
        domain rulings 1.7: loops rank by overdue share and cover, not by shape.
    """

    def key(item: tuple[int, Circle]) -> tuple[bool, Fraction, Fraction, int]:
        at, circle = item
        overdue = _share_key(circle.overdue_fen, circle.loans_fen)
        covered = _share_key(circle.covered_fen, circle.loans_fen)
        first = Fraction(0) if overdue is None else -overdue
        return covered is None, first, Fraction(1) if covered is None else covered, at

    return tuple(circle for _, circle in sorted(enumerate(circles), key=key))


def tie_kind(relations: Relations, step: Step) -> str:
    """Return the word of the relation that a step rests on."""
    kinds = _cells(relations.to_columns(), "kind", len(relations))
    return str(kinds[step.row])


def make_mask(
    how: MaskWord,
    book: GuaranteeBook,
    *,
    audit: Audit | None = None,
    readings: Iterable[LedgerReading | TableReading | None] = (),
) -> Mask:
    """Make the mask of one run from every id that its page and tables may meet.

    Args:
        how: "persons", "all" or "none".
        book: The book audited.
        audit: What was found, with the relations asked.
        readings: How the files were read: ids of rows left out, kinds, officers.

    >>> book = GuaranteeBook.from_columns(guarantor=["王小二"], borrower=["城东农机公司"])
    >>> make_mask("persons", book).party("王小二")
    'person-0001'
    """
    parties: set[PartyId] = {*book.party_ids, *book.open_parties}
    kinds: dict[PartyId, str | None] = {}
    staff: set[str] = set()
    if audit is not None:
        parties.update(audit.undetermined)
        for group in audit.joint_groups:
            parties.update(group.members)
        if audit.relations is not None:
            index = audit.relations.index
            parties.update(index.known_ids(np.arange(len(index))))
    if book.parties is not None:
        columns = book.parties.to_columns()
        ids = _cells(columns, "party", len(book.parties))
        words = _cells(columns, "kind", len(book.parties))
        for party, word in zip(ids, words, strict=True):
            parties.add(_party(party))
            kinds[_party(party)] = None if word is None else str(word)
    if book.loans is not None:
        ids = _cells(book.loans.to_columns(), "borrower", len(book.loans))
        parties.update(_party(one) for one in ids if one is not None)
    for reading in readings:
        _add_reading(reading, parties, kinds, staff)
    officers = book.ledger.facts.get("officer")
    if officers is not None:
        staff.update(str(one) for one in set(officers.tolist()) if one is not None)
    return Mask.over(how, parties, kinds=kinds, staff=staff)


def make_case(
    book: GuaranteeBook,
    audit: Audit,
    *,
    mask: Mask | MaskWord,
    ledger: LedgerReading | None = None,
    loans: TableReading | None = None,
    related: TableReading | None = None,
    parties: TableReading | None = None,
) -> Case:
    """Put together what one report is made of, with one mask over all of it."""
    readings = (ledger, loans, related, parties)
    names = (
        mask if isinstance(mask, Mask) else make_mask(mask, book, audit=audit, readings=readings)
    )
    return Case(
        book=book,
        audit=audit,
        mask=names,
        ledger=ledger,
        loans=loans,
        related=related,
        parties=parties,
    )


def _add_reading(
    reading: LedgerReading | TableReading | None,
    parties: set[PartyId],
    kinds: dict[PartyId, str | None],
    staff: set[str],
) -> None:
    if reading is None:
        return
    for row in reading.bad_rows:
        parties.update(row.parties)
    for name in ("a", "b", "borrower", "guarantor", "party"):
        named = set(reading.columns.get(name, ())) - {None}
        parties.update(map(_party, named))
    told = reading.columns
    if isinstance(reading, LedgerReading):
        told = reading.parties
        staff.update(one for one in reading.facts.get("officer", []) if one is not None)
    if "party" in told and "kind" in told:
        for party, kind in zip(told["party"], told["kind"], strict=True):
            parties.add(_party(party))
            word = None if kind is None else str(kind)
            # Whom any file calls a person is masked, whatever another file says.
            if word is not None and is_person("", word):
                kinds[_party(party)] = word
            kinds.setdefault(_party(party), word)
