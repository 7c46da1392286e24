"""The part of a book that proposals can touch, before them and with all of them in it.

Loops, clusters, chains and cover never leave a cluster, so the clusters of the parties named,
related parties merged, are all that a proposal can change.  This part is built anew with
the proposals' rows behind the ledger's; what is asked of it is what the whole book would say.
"""

import datetime
import functools
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.guarantee_checks._given import PartyId
from ruralcredit.guarantee_checks._proposals import (
    GuaranteeProposal,
    Proposal,
    by_id,
    name_of,
    sorted_proposals,
)
from ruralcredit.guarantees import (
    Circles,
    Clusters,
    GuaranteeBook,
    Loans,
    Relations,
    find_circles,
    find_clusters,
)

__all__ = ["Union", "union_of"]

Int64: TypeAlias = npt.NDArray[np.int64]
Bool: TypeAlias = npt.NDArray[np.bool_]
Columns: TypeAlias = dict[str, Any]
Neighbours: TypeAlias = Mapping[PartyId, set[PartyId]]

_COLUMNS = ("guarantor", "borrower", "amount_fen", "contract_id", "loan_id", "form")
_MARKS = ("agreement_id", "layer")


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Union:
    """Clusters of a book with proposals in them.

    Attributes:
        before: The part of the book, nobody merged.
        after: The same with the rows of all proposals.
        numbers: Per row of `after` its number in the ledger; proposals count on behind it.
        proposals: The proposals in an order of their own.
        places: Per proposal its rows in `after`.
        merged: Both parts with related parties merged; None where nobody brought relations.
        opened: The parties of `after` whose other guarantees are unknown, sorted.
    """

    before: GuaranteeBook
    after: GuaranteeBook
    numbers: Int64
    proposals: tuple[Proposal, ...]
    places: tuple[tuple[int, ...], ...]
    merged: GuaranteeBook | None
    opened: tuple[PartyId, ...]

    def rows_of(self, proposal: Proposal) -> tuple[int, ...]:
        """Return the rows of a proposal in `after`."""
        return self.places[self.proposals.index(proposal)]

    @functools.cached_property
    def circles(self) -> Circles:
        """The closed loops with the proposals, nobody merged."""
        return find_circles(self.after)

    @functools.cached_property
    def circles_before(self) -> Circles:
        """The closed loops without the proposals, nobody merged."""
        return find_circles(self.before)

    @functools.cached_property
    def merged_circles(self) -> Circles | None:
        """The closed loops with the proposals, related parties merged."""
        return None if self.merged is None else find_circles(self.merged)

    @functools.cached_property
    def clusters_before(self) -> Clusters | None:
        """The clusters without the proposals; None where the part is empty."""
        return find_clusters(self.before) if len(self.before.ledger) else None

    @functools.cached_property
    def clusters_after(self) -> Clusters:
        """The clusters with the proposals."""
        return find_clusters(self.after)

    @functools.cached_property
    def pairs(self) -> tuple[tuple[PartyId, PartyId], ...]:
        """Who stands in for whom, each pair once, counter-guarantees left out."""
        ledger = self.after.ledger
        ends = zip(ledger.guarantor.tolist(), ledger.borrower.tolist(), strict=True)
        layer = [None] * len(ledger) if ledger.layer is None else ledger.layer.tolist()
        found = {
            (one, other): None
            for (one, other), word in zip(ends, layer, strict=True)
            if word != "counter" and one is not None and other is not None
        }
        return tuple(found)

    @functools.cached_property
    def neighbours(self) -> tuple[Neighbours, Neighbours]:
        """Who stands in for each party, and for whom each stands in."""
        back: dict[PartyId, set[PartyId]] = {}
        forth: dict[PartyId, set[PartyId]] = {}
        for one, other in self.pairs:
            forth.setdefault(one, set()).add(other)
            back.setdefault(other, set()).add(one)
        return back, forth

    def name_of_row(self, row: int) -> PartyId:
        """Return the name of a row without a contract: its proposal, or its number."""
        for proposal, places in zip(self.proposals, self.places, strict=True):
            if row in places:
                return name_of(proposal)
        return int(self.numbers[row])

    def is_listed(self, loan_id: PartyId | None) -> bool:
        """Say whether the loans table holds a loan."""
        loans = self.after.loans
        if loan_id is None or loans is None or not len(loans):
            return False
        return int(loans.loan_id.index.find([loan_id])[0]) >= 0

    @functools.cached_property
    def possible(self) -> tuple[Bool, Bool]:
        """Which rows unknown guarantees could put on a loop, nobody merged and merged.

        Unknown guarantees join open parties in any way: one party outside, guaranteed by all
        of them and guaranteeing all, closes the same loops.
        """
        if not self.opened:
            none = np.zeros(len(self.after.ledger), np.bool_)
            return none, none
        hub = _free_id(self.after, self.opened)
        columns = _columns_of(self.after)
        for party in self.opened:
            for pair in ((hub, party), (party, hub)):
                _append(columns, guarantor=pair[0], borrower=pair[1])
        book = _book(columns, like=self.after)
        found = [self._on_loop(book)]
        if self.merged is not None:
            found.append(self._on_loop(_merged(book, self.merged)))
        return found[0], found[-1]

    def _on_loop(self, book: GuaranteeBook) -> Bool:
        return find_circles(book).row_labels[: len(self.after.ledger)] >= 0


def union_of(
    book: GuaranteeBook,
    proposals: Sequence[Proposal],
    *,
    relations: Relations | None,
    as_of: datetime.date,
) -> Union:
    """Return the part of a book that proposals touch, with all of them in it."""
    ordered = sorted_proposals(proposals)
    related = book if relations is None else book.merge(relations)
    bare = book if book.relations is None else attrs.evolve(book, relations=None, kinds=())
    if bare.day != as_of:
        bare = bare.as_of(as_of, known_by=bare.known_by)
    whole = _merged(bare, related) if related.relations is not None else bare
    parties = list(dict.fromkeys(party for one in ordered for party in one.parties))
    reach = _reach(whole, parties)
    columns = _rows_of(bare, reach)
    numbers = columns.pop("number")
    beside: Columns = {
        "parties": bare.parties,
        "loans": None if bare.loans is None else _loans_of(bare, bare.loans, reach, parties),
        "open_parties": _open_parties(whole, reach, parties),
    }
    before = _dated(GuaranteeBook.from_columns(**columns, **beside), as_of)
    places, count = [], len(numbers)
    for one in ordered:
        rows = _proposed(one)
        for row in rows:
            _append(columns, **row)
        places.append(tuple(range(count, count + len(rows))))
        count += len(rows)
    after = _dated(GuaranteeBook.from_columns(**columns, **beside), as_of)
    first = len(bare.ledger)
    added = range(first, first + count - len(numbers))
    return Union(
        before=before,
        after=after,
        numbers=np.array([*numbers, *added], np.int64),
        proposals=ordered,
        places=tuple(places),
        merged=_merged(after, whole) if whole.relations is not None else None,
        opened=_opened(after),
    )


def _merged(book: GuaranteeBook, like: GuaranteeBook) -> GuaranteeBook:
    """Return a book merged over the relations of another."""
    return attrs.evolve(book, relations=like.relations, kinds=like.kinds)


def _dated(book: GuaranteeBook, as_of: datetime.date) -> GuaranteeBook:
    return book.as_of(as_of)


def _reach(whole: GuaranteeBook, parties: Sequence[PartyId]) -> Bool:
    """Return which party codes lie in a cluster of the parties, related ones merged."""
    if not len(whole.ledger.index):
        return np.zeros(0, np.bool_)
    nodes = whole.nodes_of(parties)
    inside = np.isin(whole.node_of, nodes[nodes >= 0])
    clusters = find_clusters(whole)
    labels = clusters.label_of(whole.ledger.index.known_ids(np.flatnonzero(inside)))
    rows = np.flatnonzero(np.isin(clusters.row_labels, labels[labels >= 0]))
    for column in (whole.ledger.guarantor, whole.ledger.borrower):
        inside[column.codes[rows]] = True
    # A related party without a row of its own comes along.
    return np.isin(whole.node_of, np.unique(whole.node_of[inside]))


def _rows_of(book: GuaranteeBook, reach: Bool) -> Columns:
    """Return the rows that count and name a party in reach, with their contracts' amounts."""
    ledger = book.ledger
    # The last place stands for a blank party.
    marked = np.append(reach, np.False_)
    rows = book.rows
    rows = rows[marked[ledger.guarantor.codes[rows]] | marked[ledger.borrower.codes[rows]]]
    amounts, known = (part[rows].tolist() for part in book.contract_amounts)
    columns: Columns = {
        "guarantor": ledger.guarantor.take(rows).tolist(),
        "borrower": ledger.borrower.take(rows).tolist(),
        "amount_fen": [
            fen if is_known else None for fen, is_known in zip(amounts, known, strict=True)
        ],
        "number": rows.tolist(),
    }
    for name in (*_COLUMNS[3:], *_MARKS):
        column = getattr(ledger, name)
        columns[name] = [None] * len(rows) if column is None else column.take(rows).tolist()
    return columns


def _proposed(proposal: Proposal) -> list[dict[str, Any]]:
    """Return the rows of the ledger that a proposal would add."""
    if isinstance(proposal, GuaranteeProposal):
        return [{name: getattr(proposal, name) for name in _COLUMNS}]
    return [
        {
            "guarantor": one,
            "borrower": other,
            "amount_fen": proposal.amount_fen,
            "agreement_id": proposal.agreement_id,
        }
        for one, other in itertools.permutations(proposal.guarantors, 2)
    ]


def _append(columns: Columns, **cells: object) -> None:
    for name, column in columns.items():
        column.append(cells.get(name))


def _columns_of(book: GuaranteeBook) -> Columns:
    """Return the columns of a part as lists that can grow."""
    count = len(book.ledger)
    columns = {}
    for name in (*_COLUMNS, *_MARKS):
        column = getattr(book.ledger, name)
        columns[name] = [None] * count if column is None else column.tolist()
    return columns


def _book(columns: Columns, *, like: GuaranteeBook) -> GuaranteeBook:
    made = GuaranteeBook.from_columns(**columns, parties=like.parties)
    return made if like.day is None else made.as_of(like.day)


def _loans_of(book: GuaranteeBook, loans: Loans, reach: Bool, parties: Sequence[PartyId]) -> Loans:
    """Return the loans of parties in reach."""
    index = loans.borrower.index
    ids = index.known_ids(np.arange(len(index)))
    codes = book.ledger.index.find(ids) if ids else np.zeros(0, np.int64)
    wanted = np.append(reach, np.False_)[codes]
    wanted |= np.isin(np.arange(len(ids)), index.find(list(parties)))
    rows = np.flatnonzero(np.append(wanted, np.False_)[loans.borrower.codes])
    columns: dict[str, Any] = {}
    for name in Loans.COLUMNS:
        column = getattr(loans, name)
        if column is not None:
            is_days = isinstance(column, np.ndarray)
            columns[name] = column[rows] if is_days else column.take(rows).tolist()
    return Loans.from_columns(**columns)


def _open_parties(
    whole: GuaranteeBook, reach: Bool, parties: Sequence[PartyId]
) -> tuple[PartyId, ...]:
    """Return the parties said to be open that are in reach, or related to one that is."""
    if not whole.open_parties:
        return ()
    nodes = whole.nodes_of(whole.open_parties)
    near = np.isin(nodes, np.unique(whole.node_of[reach])) & (nodes >= 0)
    return tuple(
        party
        for party, is_near in zip(whole.open_parties, near.tolist(), strict=True)
        if is_near or party in parties
    )


def _opened(book: GuaranteeBook) -> tuple[PartyId, ...]:
    """Return the open parties of a book, said to be or of a row with a blank party."""
    ledger = book.ledger
    blank = np.flatnonzero(~ledger.has_parties)
    named = {
        party for column in (ledger.guarantor, ledger.borrower) for party in column.distinct(blank)
    }
    return tuple(sorted({*book.open_parties, *named}, key=by_id))


def _free_id(book: GuaranteeBook, others: Iterable[PartyId]) -> PartyId:
    """Return an id that nobody has."""
    taken = {*book.party_ids, *others}
    is_text = book.ledger.index.kind == "str"
    return next(
        one for n in itertools.count() if (one := f"outside {n}" if is_text else n) not in taken
    )
