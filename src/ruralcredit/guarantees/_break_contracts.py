"""Contracts with rows on loops: their names in order, what ending them costs, which must stay."""

import datetime
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import Ints, int_column
from ruralcredit.errors import CreditError, InputError
from ruralcredit.guarantees._book import GuaranteeBook
from ruralcredit.guarantees._partition import exact_sums
from ruralcredit.guarantees._tables import refuse_negative

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
ContractId = str | int


@attrs.frozen(eq=False, kw_only=True)
class LoopContracts:
    """The contracts of some rows, numbered by id; those without an id follow by row number.

    Attributes:
        book: The book they stand in.
        rows: Rows of the ledger on loops, ascending.
        number: The contract of each of these rows.
        names: The id of each contract, or its row number.
        costs: What ending each contract costs, in fen; 0 where it may lapse by itself.
        locked: Which contracts must stay.
        expiring: Which contracts lapse within the horizon.
    """

    book: GuaranteeBook
    rows: Int64
    number: Int64
    names: tuple[ContractId, ...]
    costs: tuple[int, ...]
    locked: Bool
    expiring: Bool


def loop_contracts(
    book: GuaranteeBook,
    rows: Int64,
    *,
    cost: object,
    locked: Sequence[ContractId],
    horizon: datetime.date | int | None,
) -> LoopContracts:
    """Number the contracts of some rows and say what is asked of each.

    Raises:
        InputError: If ``cost`` is not whole fen, is negative or of another length than the book.
        CreditError: If a locked contract is not in the ledger, a horizon in days is asked of a
            book without a day, or a contract that may be cut has no known cost.
    """
    codes = book.ledger.contract_codes[0][rows]
    ordered, number, names = _named(book, codes)
    expiring = _expiring(book, ordered, _last_day(book, horizon))
    is_locked = np.isin(ordered, _locked_codes(book, locked))
    if cost is None:
        fen, known = np.zeros(len(ordered), np.int64), np.zeros(len(ordered), np.bool_)
        # The book tells a contract's one amount at each of its rows.
        fen[number], known[number] = (column[rows] for column in book.contract_amounts)
    else:
        fen, known = _given_costs(book, cost, ordered)
    _refuse_unknown(book, rows, ~(known | is_locked | expiring)[number], cost)
    return LoopContracts(
        book=book,
        rows=rows,
        number=number,
        names=names,
        costs=tuple(np.where(expiring, 0, fen).tolist()),
        locked=is_locked,
        expiring=expiring,
    )


def _named(book: GuaranteeBook, codes: Int64) -> tuple[Int64, Int64, tuple[ContractId, ...]]:
    """Return the distinct contracts in order, each row's place among them, and their names."""
    column = book.ledger.contract_id
    distinct, inverse = np.unique(codes, return_inverse=True)
    ids = 0 if column is None else len(column.index)
    named, blank = distinct[distinct < ids], distinct[distinct >= ids]
    ordered = np.concatenate([named, blank])
    names: list[ContractId] = (blank - ids).tolist()
    place = np.arange(len(ordered))
    if column is not None and len(named):
        by_id = np.argsort(column.index.ranks_among(named))
        ordered[: len(named)] = named[by_id]
        place[by_id] = np.arange(len(named))
        names = [*column.index.known_ids(named[by_id]), *names]
    return ordered, place[inverse], tuple(names)


def _last_day(book: GuaranteeBook, horizon: datetime.date | int | None) -> datetime.date | None:
    if horizon is None:
        return None
    if isinstance(horizon, datetime.date) and not isinstance(horizon, datetime.datetime):
        return horizon
    if isinstance(horizon, bool) or not isinstance(horizon, int) or horizon < 0:
        message = f"horizon must be a datetime.date or a number of days, got {horizon!r}"
        raise CreditError(message)
    if book.day is None:
        message = (
            f"a horizon of {horizon} days needs a day to count from, this book has none: "
            "ask book.as_of(day), or give the last day as a date"
        )
        raise CreditError(message)
    return book.day + datetime.timedelta(days=horizon)


def _expiring(book: GuaranteeBook, ordered: Int64, last: datetime.date | None) -> Bool:
    """Return which contracts have only rows that end by themselves in time."""
    if last is None:
        return np.zeros(len(ordered), np.bool_)
    codes, contracts = book.ledger.contract_codes
    # An unknown end (NaT) compares false: the row stays.
    ends = book.ledger.ended_on[book.rows] <= np.datetime64(last, "D")
    stays = np.zeros(contracts, np.bool_)
    stays[codes[book.rows[~ends]]] = True
    return ~stays[ordered]


def _locked_codes(book: GuaranteeBook, locked: Sequence[ContractId]) -> list[int]:
    if isinstance(locked, str):
        message = f"locked must be a sequence of contract ids, got the text {locked!r}"
        raise CreditError(message)
    return [_code(book, name) for name in locked]


def _code(book: GuaranteeBook, name: ContractId) -> int:
    """Return the code of a contract by its id, or by its row number where it has none."""
    ledger = book.ledger
    column = ledger.contract_id
    ids = 0 if column is None else len(column.index)
    if (
        column is not None
        and ids
        and isinstance(name, {"int": int, "str": str}[column.index.kind])
    ):
        code = int(column.index.find([name])[0])
        if code >= 0:
            return code
    if isinstance(name, int) and not isinstance(name, bool) and 0 <= name < len(ledger):
        code = int(ledger.contract_codes[0][name])
        if code >= ids:
            return code
    message = (
        f"locked must hold contracts of the ledger, got {name!r}: give its contract_id, or its "
        "row number where the row has none"
    )
    raise CreditError(message)


def _given_costs(book: GuaranteeBook, cost: object, ordered: Int64) -> tuple[Int64, Bool]:
    """Return per contract the sum over its rows that count, and whether all are known."""
    codes, contracts = book.ledger.contract_codes
    column = _cost_column(book, cost)
    fen = exact_sums(codes[book.rows], column.values, contracts)
    unknown = np.zeros(contracts, np.bool_)
    unknown[codes[book.rows[~column.known]]] = True
    return fen[ordered], ~unknown[ordered]


def _cost_column(book: GuaranteeBook, cost: object) -> Ints:
    """Return the costs of the rows that count."""
    column = int_column("cost", cost, money=True)
    refuse_negative("cost", column)
    if len(column) == len(book.ledger):
        return column.take(book.rows)
    if len(column) == len(book.rows):
        return column
    message = (
        f"cost must have one value per row of the ledger ({len(book.ledger)}) or per row that "
        f"counts ({len(book.rows)}), got {len(column)}"
    )
    raise InputError(message, column="cost", count=len(column))


def _refuse_unknown(book: GuaranteeBook, rows: Int64, unknown: Bool, cost: object) -> None:
    if not unknown.any():
        return
    name = "amount_fen" if cost is None else "cost"
    contracts = book.ledger.contract_names(rows[unknown])
    first = int(rows[unknown][0])
    message = (
        f"{name} must be known for every contract on a loop, {len(contracts)} are not, the first "
        f"at row {first} (contract {contracts[0]!r}): give a cost for each row, or lock what stays"
    )
    raise InputError(message, column=name, count=len(contracts), first_row=first)
