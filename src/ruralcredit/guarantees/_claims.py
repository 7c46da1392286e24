"""Which guarantor stands for which loan under which contract, and what each of them is worth."""

import functools

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.guarantees._book import GuaranteeBook
from ruralcredit.guarantees._tables import Loans, rows_of_ids

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


@attrs.frozen(eq=False)
class Amounts:
    """Fen and which of them are known; 0 where not."""

    fen: Int64
    known: Bool

    def take(self, places: Int64) -> "Amounts":
        """Return some of them, in the order asked."""
        return Amounts(self.fen[places], self.known[places])


@attrs.frozen(eq=False)
class Claims:
    """Claims on guarantors as columns of one length, each guarantor, contract and target once.

    Attributes:
        guarantor: Party code.
        contract: Contract code.
        target: A row of the loans table, or beyond them the pool of all loans of one borrower.
        debtor: Party code of who owes it.
    """

    guarantor: Int64
    contract: Int64
    target: Int64
    debtor: Int64

    def __len__(self) -> int:
        """Count the claims."""
        return len(self.guarantor)

    def take(self, places: Int64) -> "Claims":
        """Return some of them, in the order asked."""
        return Claims(*(getattr(self, field.name)[places] for field in attrs.fields(Claims)))


@attrs.frozen(slots=False, eq=False)
class Security:
    """A book's claims beside what its guarantors, contracts and loans hold."""

    book: GuaranteeBook
    loans: Loans

    @functools.cached_property
    def debtor_of_loan(self) -> Int64:
        """Party code of each loan's borrower, -1 where the ledger never names it."""
        column = self.loans.borrower
        mine = self.book.ledger.index.find(column.index.known_ids(np.arange(len(column.index))))
        codes = np.asarray(column.codes, np.int64)
        return np.append(mine, -1)[codes]

    @functools.cached_property
    def assets(self) -> Amounts:
        """Free net assets of each party code, at least 0; unknown where nobody states them."""
        return party_amounts(self.book, "net_assets_fen")

    @functools.cached_property
    def amounts(self) -> Amounts:
        """Amount of each contract code."""
        codes, count = self.book.ledger.contract_codes
        rows = self.book.rows
        fen, known = np.zeros(count, np.int64), np.zeros(count, np.bool_)
        fen[codes[rows]] = self.book.contract_amounts[0][rows]
        known[codes[rows]] = self.book.contract_amounts[1][rows]
        return Amounts(fen, known)

    @functools.cached_property
    def needs(self) -> Amounts:
        """What each loan leaves uncovered: as stated, else its balance."""
        balance, stated = self.loans.balance_fen, self.loans.uncovered_fen
        if stated is None:
            return Amounts(balance.values, balance.known)
        fen = np.where(stated.known, np.maximum(stated.values, 0), balance.values)
        return Amounts(fen, stated.known | balance.known)

    @functools.cached_property
    def claims(self) -> Claims:
        """Every claim; a row without a loan claims for the pool of its borrower's loans."""
        book = self.book
        rows = book.cluster_arcs(counter_guarantees=False).rows
        target, debtor = self._targets(rows)
        guarantor = book.ledger.guarantor.codes[rows].astype(np.int64)
        # A self-guarantee promises what the loan already has.
        kept = np.flatnonzero((target >= 0) & (guarantor != debtor))
        contract = book.ledger.contract_codes[0][rows[kept]]
        claims = Claims(guarantor[kept], contract, target[kept], debtor[kept])
        return self._distinct(self._spelled_where_both(claims))

    def _targets(self, rows: Int64) -> tuple[Int64, Int64]:
        """Return what each row covers, -1 for no loan at all, and who owes it."""
        ledger, loans = self.book.ledger, self.loans
        debtor = ledger.borrower.codes[rows].astype(np.int64)
        many = np.bincount(self.debtor_of_loan + 1, minlength=len(ledger.index) + 1)[1:]
        target = np.where(many[debtor] > 0, len(loans) + debtor, -1)
        only = np.full(len(ledger.index), -1, np.int64)
        owed = np.flatnonzero(self.debtor_of_loan >= 0)
        only[self.debtor_of_loan[owed]] = owed
        target = np.where(many[debtor] == 1, only[debtor], target)
        if ledger.loan_id is None:
            return target, debtor
        codes = ledger.loan_id.codes[rows]
        index = ledger.loan_id.index
        there = rows_of_ids(loans.loan_id, index.known_ids(np.arange(len(index))))
        named = codes >= 0
        target[named] = there[codes[named]]
        owner = np.append(self.debtor_of_loan, -1)[target[named]]
        debtor[named] = np.where(owner >= 0, owner, debtor[named])
        return target, debtor

    @functools.cached_property
    def loans_of(self) -> tuple[Int64, Int64]:
        """Rows of the loans by party code, and where each party's start."""
        order = np.argsort(self.debtor_of_loan, kind="stable")
        codes = np.arange(len(self.book.ledger.index) + 1)
        return order, np.searchsorted(self.debtor_of_loan[order], codes)

    def pooled(self, debtors: Int64) -> tuple[Int64, Int64]:
        """Return places into some debtors, one for each loan of each, and those loans."""
        order, starts = self.loans_of
        sizes = starts[debtors + 1] - starts[debtors]
        places = np.repeat(np.arange(len(debtors)), sizes)
        within = np.arange(len(places)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return places, order[starts[debtors][places] + within]

    def spelled(self, claims: Claims) -> Claims:
        """Return claims for pools as claims for each of their loans."""
        pools = np.flatnonzero(claims.target >= len(self.loans))
        places, loans = self.pooled(claims.debtor[pools])
        each = attrs.evolve(claims.take(pools[places]), target=loans)
        single = claims.take(np.flatnonzero(claims.target < len(self.loans)))
        return self._distinct(_joined(single, each))

    def _spelled_where_both(self, claims: Claims) -> Claims:
        """Spell out pools of contracts that also name a loan of the same borrower."""
        is_pool = claims.target >= len(self.loans)
        if not is_pool.any():
            return claims
        keys = claims.contract * (len(self.book.ledger.index) + 1) + claims.debtor
        both = is_pool & np.isin(keys, keys[~is_pool])
        return _joined(
            claims.take(np.flatnonzero(~both)), self.spelled(claims.take(np.flatnonzero(both)))
        )

    def _distinct(self, claims: Claims) -> Claims:
        order = np.lexsort((claims.guarantor, claims.contract, claims.target))
        keys = np.stack([claims.guarantor, claims.contract, claims.target])[:, order]
        first = np.ones(len(order), np.bool_)
        first[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
        return claims.take(order[first])


def _joined(one: Claims, other: Claims) -> Claims:
    columns = (field.name for field in attrs.fields(Claims))
    return Claims(*(np.concatenate([getattr(one, n), getattr(other, n)]) for n in columns))


def party_amounts(book: GuaranteeBook, name: str) -> Amounts:
    """Return a money column of the party table by party code; negative ones count as 0."""
    count = len(book.ledger.index)
    fen, known = np.zeros(count, np.int64), np.zeros(count, np.bool_)
    column = None if book.parties is None else getattr(book.parties, name)
    if book.parties is None or column is None:
        return Amounts(fen, known)
    ids = book.parties.party
    mine = book.ledger.index.find(ids.index.known_ids(ids.codes))
    there = np.flatnonzero((mine >= 0) & column.known)
    fen[mine[there]] = np.maximum(column.values[there], 0)
    known[mine[there]] = True
    return Amounts(fen, known)
