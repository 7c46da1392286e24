"""What is wrong with the data: found and listed, never swallowed."""

import operator
import re
from collections.abc import Callable, Iterator

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import IdColumn, Ints
from ruralcredit.guarantees._book import GuaranteeBook
from ruralcredit.guarantees._patterns import loan_balances
from ruralcredit.guarantees._reasons import (
    AMOUNTS_DIFFER,
    BLANK_ID,
    BLANKS_IN_ID,
    DEFAULT_PERIOD,
    DEMAND_BEFORE_DUE,
    DEMAND_TOO_LATE,
    DUPLICATE_ROW,
    ENDS_BEFORE_START,
    FIRM_WITH_PERSON_ID,
    FORMS_DIFFER,
    FULL_WIDTH_ID,
    NEGATIVE_AMOUNT,
    OTHER_BORROWER,
    OVER_CEILING,
    PARTY_NOT_LISTED,
    PERIOD_NOT_POSITIVE,
    PERSON_WITH_FIRM_ID,
    RELEASED_BEFORE_START,
    RELEASED_BUT_COUNTED,
    REPAID_BUT_COUNTED,
    SELF_GUARANTEE,
    SETTLED_WITH_BALANCE,
    UNKNOWN_AMOUNT,
    UNKNOWN_DUE,
    UNKNOWN_LOAN,
    UNKNOWN_START,
    ZERO_AMOUNT,
)
from ruralcredit.guarantees._tables import rows_of_ids
from ruralcredit.reasons import Reason

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

# Shapes of GB 11643 (18-character resident identity number) and GB 32100 (credit code).  Most
# resident numbers have the shape of a credit code too: the check characters tell them apart.
_RESIDENT = re.compile(r"[1-9]\d{5}(18|19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_CREDIT_CODE = re.compile(r"[1-9A-Y][1-9]\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_CREDIT_VALUES = {sign: value for value, sign in enumerate("0123456789ABCDEFGHJKLMNPQRTUWXY")}
_CREDIT_WEIGHTS = tuple(3**place % 31 for place in range(17))
_FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]")


@attrs.frozen(kw_only=True)
class DataProblem:
    """Rows of the ledger with one fault.

    Attributes:
        reason: What is wrong.
        column: The column it shows in.
        rows: The rows, ascending: int64.

    >>> book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["a"], amount_fen=[0])
    >>> problem = find_data_problems(book)[-1]
    >>> problem.reason.text("en"), problem.column, problem.rows.tolist()
    ('the amount is zero', 'amount_fen', [0])
    """

    reason: Reason
    column: str
    rows: Int64 = attrs.field(eq=attrs.cmp_using(eq=np.array_equal), hash=False)


def find_data_problems(book: GuaranteeBook) -> tuple[DataProblem, ...]:
    """Find what is wrong with a ledger, over all its rows, in the order of the reason codes.

    Self-guarantees, repeated rows, zero, negative or unknown amounts, days out of order, rows
    released, settled or repaid that still count, blank parties, ids with blanks or full-width
    characters, ids of the wrong kind of party, contracts whose rows disagree or whose loans
    exceed what they allow, loans and parties missing from their tables; and the assumptions
    made where a day is unknown.  The same contract on several loans is no duplicate, and a
    ceiling above today's balance no fault.

    Args:
        book: The book; what counts, and so "released, settled or repaid but counted", depends
            on its day.

    Returns:
        One problem per reason and column, with its rows.

    >>> book = GuaranteeBook.from_columns(guarantor=["a", " b"], borrower=["b", "c"])
    >>> [(found.reason.code, found.column) for found in find_data_problems(book)]
    [('GUA-041', 'starts_on'), ('GUA-042', 'debt_due_on'), ('GUA-105', 'amount_fen'), \
('GUA-111', 'guarantor')]
    """
    problems = [
        DataProblem(reason=reason, column=column, rows=rows)
        for find in (_assumed, _parties, _amounts, _days, _ids, _contracts, _loans, _listed)
        for reason, column, rows in find(book)
        if len(rows)
    ]
    return tuple(sorted(problems, key=lambda p: (p.reason.code, p.column)))


_Found = Iterator[tuple[Reason, str, Int64]]


def _rows(mask: Bool) -> Int64:
    return np.flatnonzero(mask)


def _assumed(book: GuaranteeBook) -> _Found:
    ledger = book.ledger
    every = np.ones(len(ledger), np.bool_)
    for reason, column, days in (
        (UNKNOWN_START, "starts_on", ledger.starts_on),
        (UNKNOWN_DUE, "debt_due_on", ledger.period_ends_on),
    ):
        yield reason, column, _rows(every if days is None else np.isnat(days))
    if ledger.debt_due_on is None:
        return
    due = ~np.isnat(ledger.period_ends_on)
    months = ledger.guarantee_months
    if months is None:
        yield DEFAULT_PERIOD, "guarantee_months", _rows(due)
        return
    yield DEFAULT_PERIOD, "guarantee_months", _rows(due & ~months.known)
    yield PERIOD_NOT_POSITIVE, "guarantee_months", _rows(months.known & (months.values <= 0))


def _parties(book: GuaranteeBook) -> _Found:
    ledger = book.ledger
    guarantor, borrower = ledger.guarantor.codes, ledger.borrower.codes
    yield SELF_GUARANTEE, "borrower", _rows((guarantor == borrower) & (guarantor >= 0))
    yield BLANK_ID, "guarantor", _rows(guarantor < 0)
    yield BLANK_ID, "borrower", _rows(borrower < 0)


def _amounts(book: GuaranteeBook) -> _Found:
    amount = book.ledger.amount_fen
    if amount is None:
        yield UNKNOWN_AMOUNT, "amount_fen", np.arange(len(book.ledger))
        return
    yield ZERO_AMOUNT, "amount_fen", _rows(amount.known & (amount.values == 0))
    yield NEGATIVE_AMOUNT, "amount_fen", _rows(amount.known & (amount.values < 0))
    yield UNKNOWN_AMOUNT, "amount_fen", _rows(~amount.known)


def _days(book: GuaranteeBook) -> _Found:
    ledger = book.ledger
    starts, due, demanded = ledger.starts_on, ledger.debt_due_on, ledger.demanded_on
    if starts is not None and due is not None:
        yield ENDS_BEFORE_START, "debt_due_on", _rows(due < starts)
    for column, days in (("released_on", ledger.released_on), ("settled_on", ledger.settled_on)):
        if days is None:
            continue
        if starts is not None:
            yield RELEASED_BEFORE_START, column, _rows(days < starts)
        if book.day is not None:
            counts = np.zeros(len(ledger), np.bool_)
            counts[book.rows] = True
            yield RELEASED_BUT_COUNTED, column, _rows(counts & ~np.isnat(days))
    if demanded is not None and due is not None:
        yield DEMAND_BEFORE_DUE, "demanded_on", _rows(demanded < due)
        yield DEMAND_TOO_LATE, "demanded_on", _rows(demanded > ledger.period_ends_on)


def _ids(book: GuaranteeBook) -> _Found:
    ledger = book.ledger
    for name in ("guarantor", "borrower", "contract_id", "loan_id", "agreement_id"):
        column: IdColumn | None = getattr(ledger, name)
        if column is None or column.index.kind != "str" or not len(column.index):
            continue
        ids = [str(v) for v in column.index.known_ids(np.arange(len(column.index)))]
        together = "".join(ids)
        if together.split() != [together]:
            yield BLANKS_IN_ID, name, _with(column, ids, lambda text: text != text.strip())
        if not together.isascii():
            yield FULL_WIDTH_ID, name, _with(column, ids, lambda t: bool(_FULL_WIDTH.search(t)))


def _with(column: IdColumn, ids: list[str], holds: Callable[[str], bool]) -> Int64:
    """Return the rows whose id fits a test."""
    odd = np.fromiter((holds(text) for text in ids), np.bool_, len(ids))
    if not odd.any():
        return np.zeros(0, np.int64)
    return _rows((column.codes >= 0) & odd[column.codes])


def _contracts(book: GuaranteeBook) -> _Found:
    ledger = book.ledger
    if ledger.contract_id is None:
        return
    yield DUPLICATE_ROW, "contract_id", _duplicates(book)
    codes = ledger.contract_id.codes
    if ledger.amount_fen is not None:
        amount = ledger.amount_fen
        rows = _rows((codes >= 0) & amount.known)
        yield AMOUNTS_DIFFER, "amount_fen", _disagreeing(rows, codes[rows], amount.values[rows])
    if ledger.form is not None:
        rows = _rows((codes >= 0) & (ledger.form.codes >= 0))
        yield FORMS_DIFFER, "form", _disagreeing(rows, codes[rows], ledger.form.codes[rows])


def _duplicates(book: GuaranteeBook) -> Int64:
    """Return rows that repeat an earlier row's contract, parties and loan."""
    ledger = book.ledger
    if ledger.contract_id is None:  # pragma: no cover  # asked only beside contract ids
        return np.zeros(0, np.int64)
    rows = _rows((ledger.contract_id.codes >= 0) & ledger.has_parties)
    loan = np.full(len(ledger), -1) if ledger.loan_id is None else ledger.loan_id.codes
    keys = (
        loan[rows],
        ledger.borrower.codes[rows],
        ledger.guarantor.codes[rows],
        ledger.contract_id.codes[rows],
    )
    order = np.lexsort((rows, *keys))
    same = np.ones(max(len(rows) - 1, 0), np.bool_)
    for key in keys:
        same &= key[order[1:]] == key[order[:-1]]
    return np.sort(rows[order[1:][same]])


def _disagreeing(
    rows: Int64, contracts: npt.NDArray[np.integer], values: npt.NDArray[np.integer]
) -> Int64:
    """Return all rows of the contracts whose rows state different values."""
    count = int(contracts.max(initial=-1)) + 1
    low = np.full(count, np.iinfo(np.int64).max, np.int64)
    high = np.full(count, np.iinfo(np.int64).min, np.int64)
    np.minimum.at(low, contracts, values.astype(np.int64))
    np.maximum.at(high, contracts, values.astype(np.int64))
    differ: Bool = (low != high)[contracts]
    return rows[differ]


def _loans(book: GuaranteeBook) -> _Found:
    ledger, loans = book.ledger, book.loans
    if loans is None or ledger.loan_id is None:
        return
    named = _rows(ledger.loan_id.codes >= 0)
    asked = ledger.loan_id.index.known_ids(ledger.loan_id.codes[named])
    found = rows_of_ids(loans.loan_id, asked)
    yield UNKNOWN_LOAN, "loan_id", named[found < 0]
    rows, place = named[found >= 0], found[found >= 0]
    owners = ledger.index.find(
        loans.borrower.index.known_ids(np.arange(len(loans.borrower.index)))
    )
    owner = np.append(owners, -1)[loans.borrower.codes[place]]
    other = (owner != ledger.borrower.codes[rows]) & (ledger.borrower.codes[rows] >= 0)
    yield OTHER_BORROWER, "loan_id", rows[other & (loans.borrower.codes[place] >= 0)]
    repaid = _is_repaid(book, rows, loans.balance_fen.take(place))
    yield REPAID_BUT_COUNTED, "loan_id", rows[repaid]
    if ledger.settled_on is not None:
        owes = loans.balance_fen.known[place] & (loans.balance_fen.values[place] > 0)
        settled = ~np.isnat(ledger.settled_on[rows])
        if book.day is not None:
            settled &= ledger.settled_on[rows] <= np.datetime64(book.day, "D")
        yield SETTLED_WITH_BALANCE, "settled_on", rows[owes & settled]
    yield OVER_CEILING, "amount_fen", _over_ceiling(book)


def _is_repaid(book: GuaranteeBook, rows: Int64, balance: Ints) -> Bool:
    """Say which rows count though their loans owe nothing; a ceiling may be drawn again."""
    ledger = book.ledger
    repaid: Bool = balance.known & (balance.values == 0) & np.isin(rows, book.rows)
    if ledger.settled_on is not None:
        repaid &= np.isnat(ledger.settled_on[rows])
    if ledger.form is not None:
        repaid &= ~ledger.form.are("maximum")[rows]
    return repaid


def _over_ceiling(book: GuaranteeBook) -> Int64:
    """Return the rows of maximum-amount contracts whose loans owe more than the ceiling."""
    ledger = book.ledger
    if ledger.form is None or ledger.contract_id is None or ledger.loan_id is None:
        return np.zeros(0, np.int64)
    rows = book.arcs.rows
    keep = ledger.form.are("maximum")[rows] & (ledger.contract_id.codes[rows] >= 0)
    rows = rows[keep & (ledger.loan_id.codes[rows] >= 0)]
    amounts, known = book.contract_amounts[0][rows], book.contract_amounts[1][rows]
    owed: dict[int, dict[int, int]] = {}
    contracts = ledger.contract_id.codes[rows].tolist()
    names = ledger.loan_id.codes[rows].tolist()
    for contract, loan, balance in zip(contracts, names, loan_balances(book, rows), strict=True):
        if balance is not None:
            owed.setdefault(contract, {})[loan] = balance
    over = np.fromiter((sum(owed.get(c, {}).values()) for c in contracts), np.int64, len(rows))
    beyond: Bool = known & (over > amounts)
    return rows[beyond]


def _keep(marked: Bool, ids: list[str | int], holds: Callable[[str], bool]) -> None:
    """Unmark the ids that do not fit a test, in place."""
    for place in np.flatnonzero(marked).tolist():
        marked[place] = holds(str(ids[place]).upper())


def _is_resident(text: str) -> bool:
    """Say whether a text is a resident identity number, its check character included."""
    if not _RESIDENT.fullmatch(text):
        return False
    total = sum(int(sign) * (1 << (17 - place)) for place, sign in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17]


def _is_credit_code(text: str) -> bool:
    """Say whether a text is a firm's credit code, its check character included."""
    if not _CREDIT_CODE.fullmatch(text):
        return False
    values = [_CREDIT_VALUES[sign] for sign in text]
    total: int = sum(map(operator.mul, values, _CREDIT_WEIGHTS))
    return (31 - total % 31) % 31 == values[17]


def _listed(book: GuaranteeBook) -> _Found:
    ledger, parties = book.ledger, book.parties
    if parties is None or not len(ledger.index):
        return
    ids = ledger.index.known_ids(np.arange(len(ledger.index)))
    found = rows_of_ids(parties.party, ids)
    missing = found < 0
    person = np.zeros(len(ids), np.bool_)
    firm = np.zeros(len(ids), np.bool_)
    if parties.kind is not None:
        kinds = parties.kind.codes[found[~missing]]
        person[~missing] = (kinds == 0) | (kinds == 1)
        firm[~missing] = kinds >= _FIRM
    _keep(person, ids, lambda text: _is_credit_code(text) and not _is_resident(text))
    _keep(firm, ids, lambda text: _is_resident(text) and not _is_credit_code(text))
    for name in ("guarantor", "borrower"):
        codes = getattr(ledger, name).codes
        here = codes >= 0
        yield PARTY_NOT_LISTED, name, _rows(here & missing[codes])
        yield PERSON_WITH_FIRM_ID, name, _rows(here & person[codes])
        yield FIRM_WITH_PERSON_ID, name, _rows(here & firm[codes])


_FIRM = 2
