"""The steps of a break plan: what to do with each contract, and in which order."""

import datetime
from fractions import Fraction
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.guarantees._book import GuaranteeBook
from ruralcredit.guarantees._break_contracts import ContractId
from ruralcredit.guarantees._break_parts import Net
from ruralcredit.guarantees._closing import loop_labels
from ruralcredit.guarantees._cover import cover
from ruralcredit.guarantees._rounds import passed_round
from ruralcredit.guarantees._tables import Loans, Parties, rows_of_ids, spell_columns
from ruralcredit.guarantees._tied_rounds import Passages

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
PartyId = str | int
BreakAction = Literal["let_expire", "reduce", "replace", "release"]

_ENDLESS = np.iinfo(np.int64).max
# Before any day that a book is asked for: what was released then never counts.
_LONG_AGO = datetime.date(1, 1, 1)


@attrs.frozen(kw_only=True)
class BreakStep:
    """One contract of a break plan, in the order to act.

    Attributes:
        contract: The contract, or its row number.
        action: "let_expire" (到期不续), "reduce" (缩减), "replace" (置换) or "release" (解除).
        cost: What it costs, in fen.
        ends_on: First day on which it no longer counts if nothing is done; None where open.
        circular_fen_after: Circular money left on these loops once this step is done.

    >>> BreakStep(contract="K1", action="release", cost=5, ends_on=None, circular_fen_after=0).cost
    5
    """

    contract: ContractId
    action: BreakAction
    cost: int
    ends_on: datetime.date | None
    circular_fen_after: int


def without_rows(book: GuaranteeBook, rows: Int64) -> GuaranteeBook:
    """Return the book in which some rows are released, as of its own day."""
    ledger = book.ledger
    none = np.full(len(ledger), np.datetime64("NaT", "D"))
    released = none if ledger.released_on is None else ledger.released_on.copy()
    released[rows] = np.datetime64(_LONG_AGO if book.day is None else book.day, "D")
    released.flags.writeable = False
    return attrs.evolve(book, ledger=attrs.evolve(ledger, released_on=released))


def steps_of(net: Net, cut: tuple[ContractId, ...]) -> tuple[BreakStep, ...]:
    """Return the steps of a plan: most circular money removed per cost first, then by id.

    What a contract removes is taken from the loops as they are, before any step.
    """
    contracts = net.contracts
    gone = set(cut)
    numbers = [number for number, name in enumerate(contracts.names) if name in gone]
    money = _CircularMoney(net)
    removed = {number: money.removed_by(number) for number in numbers}
    numbers.sort(key=lambda number: (_price(contracts.costs[number], removed[number]), number))
    ending = [contracts.rows[contracts.number == number] for number in numbers]
    loans = _Loans(contracts.book, np.concatenate([contracts.rows[:0], *ending]))
    return tuple(
        BreakStep(
            contract=contracts.names[number],
            action=_action(net, number, rows, loans),
            cost=contracts.costs[number],
            ends_on=_ends_on(net, number),
            circular_fen_after=money.end(number),
        )
        for number, rows in zip(numbers, ending, strict=True)
    )


def _price(cost: int, removed: int) -> tuple[bool, Fraction]:
    """Return what one fen less of circular money costs: what is free first, no use last."""
    if removed == 0:
        return cost > 0, Fraction(cost)
    return False, Fraction(cost, removed)


class _CircularMoney:
    """Circular money of each loop, while contracts end one after the other."""

    def __init__(self, net: Net) -> None:
        self._net = net
        labels, _inside, _joint = loop_labels(net.source, net.target, net.count, net.mark)
        self._label = labels[net.source].astype(np.int64)
        self._ended = np.zeros(len(net.contracts.names), np.bool_)
        count = int(labels.max(initial=-1)) + 1
        self._fen = np.zeros(count, np.int64)
        rows, flow = self._flow(np.arange(len(net.source)))
        np.add.at(self._fen, self._label[rows], flow)

    def _flow(self, places: Int64) -> tuple[Int64, Int64]:
        """Return the rows among some that still close loops, and what goes round on each."""
        net = self._net
        places = places[~self._ended[net.contracts.number[places]]]
        labels, inside, _joint = loop_labels(
            net.source[places], net.target[places], net.count, net.mark[places]
        )
        places = places[inside]
        rows = Passages(
            loop=labels[net.source[places]].astype(np.int64),
            source=net.source[places],
            target=net.target[places],
            contract=net.contracts.number[places],
            agreement=net.mark[places],
        )
        amounts = net.contracts.book.contract_amounts[0][net.contracts.rows[places]]
        return places, passed_round(rows, amounts)

    def _loops_of(self, number: int) -> list[int]:
        found: list[int] = np.unique(self._label[self._net.contracts.number == number]).tolist()
        return found

    def _left(self, label: int) -> int:
        return sum(self._flow(np.flatnonzero(self._label == label))[1].tolist())

    def removed_by(self, number: int) -> int:
        """Return what the end of one contract alone removes."""
        loops = self._loops_of(number)
        self._ended[number] = True
        left = sum(self._left(label) for label in loops)
        self._ended[number] = False
        return int(self._fen[loops].sum()) - left

    def end(self, number: int) -> int:
        """End a contract; return what is left on all loops."""
        self._ended[number] = True
        for label in self._loops_of(number):
            self._fen[label] = self._left(label)
        return int(self._fen.sum())


def _rows_of(net: Net, number: int) -> Int64:
    """Return all rows of a contract that count, on loops or not."""
    book, contracts = net.contracts.book, net.contracts
    codes = book.ledger.contract_codes[0]
    first = contracts.rows[np.argmax(contracts.number == number)]
    rows: Int64 = book.rows[codes[book.rows] == codes[first]]
    return rows


def _action(net: Net, number: int, rows: Int64, loans: "_Loans") -> BreakAction:
    if net.contracts.expiring[number]:
        return "let_expire"
    if len(_rows_of(net, number)) > len(rows):
        return "reduce"
    return "replace" if loans.lose_cover(rows) else "release"


class _Loans:
    """The loans that ending rows secure, and which of them lose cover by the end of them all."""

    def __init__(self, book: GuaranteeBook, ending: Int64) -> None:
        self._book = book
        self._weaker = np.zeros(0 if book.loans is None else len(book.loans), np.bool_)
        secured = self._secured_by(ending)
        if not len(secured):
            return
        near = self._rows_near(secured)
        was, then = (
            self._bounds(rows, secured)
            for rows in (near, np.setdiff1d(near, ending, assume_unique=True))
        )
        self._weaker[secured] = (then < was).any(axis=0)

    def lose_cover(self, rows: Int64) -> bool:
        """Tell whether a loan that some ending rows secure has less behind it afterwards."""
        return bool(self._weaker[self._secured_by(rows)].any())

    def _secured_by(self, rows: Int64) -> Int64:
        """Return the loans that rows may cover: the one they name, or any of their borrower."""
        ledger, loans = self._book.ledger, self._book.loans
        if loans is None or not len(rows):
            return np.zeros(0, np.int64)
        names = np.full(len(rows), -1) if ledger.loan_id is None else ledger.loan_id.codes[rows]
        found = np.zeros(0, np.int64)
        if ledger.loan_id is not None:
            ids = ledger.loan_id.index.known_ids(np.unique(names[names >= 0]))
            found = rows_of_ids(loans.loan_id, ids)
        debtors = np.unique(ledger.borrower.codes[rows[names < 0]])
        codes = loans.borrower.index.find(ledger.index.known_ids(debtors))
        owed = np.flatnonzero(np.isin(loans.borrower.codes, codes[codes >= 0]))
        return np.union1d(found[found >= 0], owed)

    def _rows_near(self, secured: Int64) -> Int64:
        """Return all rows of every contract that secures one of these loans."""
        book = self._book
        ledger, loans = book.ledger, book.loans
        if loans is None:  # pragma: no cover  # asked only beside a loans table
            return book.rows[:0]
        debtors = loans.borrower.index.ids(loans.borrower.codes[secured])
        parties = ledger.index.find([one for one in debtors if one is not None])
        near = np.isin(ledger.borrower.codes, parties[parties >= 0])
        if ledger.loan_id is not None:
            ids = loans.loan_id.index.known_ids(loans.loan_id.codes[secured])
            named = ledger.loan_id.index.find(ids)
            near |= np.isin(ledger.loan_id.codes, named[named >= 0])
        codes = ledger.contract_codes[0][book.rows]
        return book.rows[np.isin(codes, codes[near[book.rows]])]

    def _bounds(self, rows: Int64, secured: Int64) -> Int64:
        """Return least and most that stands behind each loan in a book of some rows only."""
        book = self._book
        columns: dict[str, Any] = book.ledger.to_columns(rows)
        beside: dict[str, Any] = {}
        if book.parties is not None:
            codes = np.unique(book.ledger.guarantor.codes[rows])
            theirs = rows_of_ids(book.parties.party, book.ledger.index.known_ids(codes))
            cells: dict[str, Any] = spell_columns(book.parties, theirs[theirs >= 0])
            beside["parties"] = Parties.from_columns(**cells)
        cells = spell_columns(book.loans, secured)
        part = GuaranteeBook.from_columns(**columns, **beside, loans=Loans.from_columns(**cells))
        if book.day is not None:
            part = part.as_of(book.day, known_by=book.known_by)
        found: dict[str, Any] = cover(part).per_loan.columns()
        most = np.where(found["has_joint_high"], found["joint_high_fen"], _ENDLESS)
        return np.stack([found["joint_low_fen"], most])


def _ends_on(net: Net, number: int) -> datetime.date | None:
    """Return the first day on which no row of a contract counts; None where one has no end."""
    ends = net.contracts.book.ledger.ended_on[_rows_of(net, number)]
    if np.isnat(ends).any():
        return None
    found: datetime.date = ends.max().astype(object)
    return found
