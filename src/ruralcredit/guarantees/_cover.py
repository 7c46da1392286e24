"""Cover (担保覆盖): what guarantees are worth once each asset and each contract counts once."""

import functools
from collections.abc import Sequence
from typing import cast

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import IdColumn
from ruralcredit.guarantees._book import GuaranteeBook
from ruralcredit.guarantees._circular import (
    circular_fen,
    circulation,
    circulation_of,
    unlimited_circulation,
)
from ruralcredit.guarantees._claims import Amounts, Claims, Security, party_amounts
from ruralcredit.guarantees._clusters import Clusters, find_clusters
from ruralcredit.guarantees._cover_views import (
    Bounds,
    BoundsColumn,
    CoverColumns,
    GroupCovers,
    LoanCovers,
    PartyCovers,
    inflation_of,
)
from ruralcredit.guarantees._loops import Circles, find_circles
from ruralcredit.guarantees._partition import exact_sums
from ruralcredit.guarantees._paying import Paid, Purse, joint_sums, naive_sums
from ruralcredit.guarantees._tables import RELATION_KINDS, RelationKind, Relations
from ruralcredit.values import Ratio

__all__ = ["Bounds", "Cover", "circular_fen", "circulation", "cover"]

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
PartyId = str | int


@attrs.frozen(kw_only=True, repr=False, slots=False)
class Cover:
    """What a book's guarantees are worth (担保覆盖), in whole fen, computed when asked.

    Three amounts stand side by side.  *Naive*: what contracts promise, loan by loan.  *Joint*:
    what guarantors can pay at once, each net asset and each contract used once.  *Independent*:
    the same without guarantors on a closed loop with the borrower or in its control group.
    Licensed guarantee companies are independent; a self-guarantee covers nothing.

    Unknown net assets, contract amounts and loan balances give bounds: they count as nothing for
    the least and as without limit for the most.  An amount is None where its bounds differ.

    An auditor asks how hollow a book is:

    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b", "c"], borrower=["b", "a", "a"], amount_fen=[300, 200, 500]
    ... )
    >>> found = cover(book)
    >>> found.gross_fen, found.net_fen, found.circular_fen, found.circular_share.percent()
    (1000, 500, 400, Decimal('40'))

    Attributes:
        book: The book asked.
        relations: Further relations that make control groups, or None.
        kinds: The kinds of these relations that count.
    """

    book: GuaranteeBook
    relations: Relations | None = None
    kinds: tuple[RelationKind, ...] = RELATION_KINDS

    def __repr__(self) -> str:
        """Show the book."""
        return f"Cover({self.book!r})"

    # --- amounts of the book ---

    @functools.cached_property
    def _rows(self) -> Int64:
        return self.book.cluster_arcs(counter_guarantees=False).rows

    @functools.cached_property
    def _contracts(self) -> Amounts:
        """The distinct contracts among the rows."""
        codes = self.book.ledger.contract_codes[0][self._rows]
        first = self._rows[np.unique(codes, return_index=True)[1]]
        fen, known = self.book.contract_amounts
        return Amounts(fen[first], known[first])

    @functools.cached_property
    def gross_fen(self) -> int:
        """Known amounts of all contracts that count, each once."""
        return int(sum(self._contracts.fen.tolist()))

    @functools.cached_property
    def unknown_amounts(self) -> int:
        """How many of these contracts have no known amount."""
        return int(np.count_nonzero(~self._contracts.known))

    @functools.cached_property
    def net_fen(self) -> int:
        """Half the sum of what each party receives less gives, without sign, rounded down."""
        net = cast("Int64", self.per_party.columns()["net_fen"])
        return int(sum(np.abs(net).tolist()) // 2)

    @functools.cached_property
    def circular_bounds_fen(self) -> Bounds:
        """What goes round on closed loops (空转), unknown amounts passing nothing or anything."""
        bounds = self._circular
        high = None if bounds.is_endless.any() else sum(bounds.high.tolist())
        return Bounds(low=sum(bounds.low.tolist()), high=high)

    @property
    def circular_fen(self) -> int:
        """What goes round at least; see `circulation`."""
        return self.circular_bounds_fen.low

    @property
    def circular_share(self) -> Ratio:
        """The circular money over the known contract amounts (空转占比)."""
        return Ratio(self.circular_fen, self.gross_fen)

    @property
    def naive_bounds_fen(self) -> Bounds:
        """Sum over the loans of what their contracts promise, at most each loan."""
        return self._of_book.naive.at(0)

    @property
    def joint_bounds_fen(self) -> Bounds:
        """What guarantors can pay at once, each asset and each contract used once."""
        return self._of_book.joint.at(0)

    @property
    def independent_bounds_fen(self) -> Bounds:
        """The joint cover by guarantors outside the borrower's loop and control group."""
        return self._of_book.independent.at(0)

    @property
    def naive_fen(self) -> int | None:
        """The naive cover, None where the bounds differ."""
        return self.naive_bounds_fen.fen

    @property
    def joint_fen(self) -> int | None:
        """The joint cover, None where the bounds differ."""
        return self.joint_bounds_fen.fen

    @property
    def independent_fen(self) -> int | None:
        """The independent cover, None where the bounds differ."""
        return self.independent_bounds_fen.fen

    @property
    def inflation(self) -> Ratio | None:
        """Naive over joint cover; None where either is unknown or there is no joint cover."""
        return inflation_of(self.naive_fen, self.joint_fen)

    @functools.cached_property
    def unknown_assets(self) -> tuple[PartyId, ...]:
        """Guarantors with unknown net assets, sorted, to ask for theirs."""
        givers = np.unique(self.book.ledger.guarantor.codes[self._rows])
        known = party_amounts(self.book, "net_assets_fen").known
        return tuple(sorted(self.book.ledger.index.known_ids(givers[~known[givers]])))

    # --- amounts of its parts ---

    @functools.cached_property
    def per_party(self) -> PartyCovers:
        """What each party of a row that counts gives, receives and has."""
        book, rows = self.book, self._rows
        givers, takers = (
            column.codes[rows].astype(np.int64)
            for column in (book.ledger.guarantor, book.ledger.borrower)
        )
        codes = np.unique(np.concatenate([givers, takers]))
        codes = codes[np.argsort(book.ledger.index.ranks_among(codes))]
        contracts = book.ledger.contract_codes[0][rows]
        given, received = (self._promised(one, contracts) for one in (givers, takers))
        other = givers != takers
        count = len(book.ledger.index)
        first = np.unique(givers[other] * count + takers[other], return_index=True)[1]
        return PartyCovers(
            party=IdColumn(book.ledger.index, codes.astype(np.int32)),
            given=given[0][codes],
            received=received[0][codes],
            unknown_given=given[1][codes],
            unknown_received=received[1][codes],
            assets=party_amounts(book, "net_assets_fen").take(codes),
            borrowers=np.bincount(givers[other][first], minlength=count)[codes],
            guarantors=np.bincount(takers[other][first], minlength=count)[codes],
        )

    def _promised(self, parties: Int64, contracts: Int64) -> tuple[Int64, Int64]:
        """Return known fen and contracts of unknown amount per party code, each contract once."""
        many = self.book.ledger.contract_codes[1]
        first = np.unique(parties * many + contracts, return_index=True)[1]
        rows = self._rows[first]
        fen, known = self.book.contract_amounts[0][rows], self.book.contract_amounts[1][rows]
        count = len(self.book.ledger.index)
        unknown = np.bincount(parties[first][~known], minlength=count)
        return exact_sums(parties[first], fen, count), unknown

    @functools.cached_property
    def per_loan(self) -> LoanCovers:
        """What stands behind each loan were it alone to call; empty without a loans table."""
        security = self._security
        if security is None:
            empty = np.zeros(0, np.int64)
            none = BoundsColumn(empty, empty, empty > 0)
            return LoanCovers(
                loan=None,
                needs=Amounts(empty, empty > 0),
                cover=CoverColumns(none, none, none),
            )
        claims = security.spelled(security.claims)
        found = self._columns(claims, claims.target, np.arange(len(security.loans)))
        return LoanCovers(loan=security.loans.loan_id, needs=security.needs, cover=found)

    @functools.cached_property
    def per_loop(self) -> GroupCovers:
        """How hollow each closed loop is and what covers it, in the order of `find_circles`."""
        return self._of_groups(self._circles, self._circular)

    @functools.cached_property
    def per_cluster(self) -> GroupCovers:
        """The same of each cluster, in the order of `find_clusters`."""
        clusters = find_clusters(self.book)
        circular = self._circular
        first = self._circles._part.member_codes  # noqa: SLF001  # one room
        member = [int(first(at)[0]) for at in range(len(self._circles))]
        owner = clusters._part.labels[member].astype(np.int64)  # noqa: SLF001  # one room
        is_endless = np.zeros(len(clusters), np.bool_)
        is_endless[owner[circular.is_endless]] = True
        low, high = (exact_sums(owner, column, len(clusters)) for column in circular[:2])
        return self._of_groups(clusters, BoundsColumn(low, high, is_endless))

    def _of_groups(self, groups: Circles | Clusters, circular: BoundsColumn) -> GroupCovers:
        labels = groups._part.labels.astype(np.int64)  # noqa: SLF001  # one room
        found = _nothing_known(len(groups))
        if (security := self._security) is not None:
            claims = security.claims
            # The last place stands for borrowers that the ledger never names.
            of_loan = np.append(labels, -1)[security.debtor_of_loan]
            found = self._columns(claims, labels[claims.debtor], of_loan, len(groups))
        return GroupCovers(
            names=groups, gross=groups.guaranteed_fen, circular=circular, cover=found
        )

    # --- how ---

    @functools.cached_property
    def _security(self) -> Security | None:
        return None if self.book.loans is None else Security(self.book, self.book.loans)

    @functools.cached_property
    def _circles(self) -> Circles:
        return find_circles(self.book)

    @functools.cached_property
    def _circular(self) -> BoundsColumn:
        """What goes round on each loop."""
        circles = self._circles
        labels = circles.row_labels
        rows = np.flatnonzero(labels >= 0)
        low = exact_sums(labels[rows], circulation_of(circles)[rows], len(circles))
        if not circles.unknown_amounts.any():
            return BoundsColumn(low, low, np.zeros(len(circles), np.bool_))
        flow, is_endless = unlimited_circulation(circles)
        kept = rows[~is_endless[labels[rows]]]
        high = exact_sums(labels[kept], flow[kept], len(circles))
        return BoundsColumn(low, np.maximum(low, high), is_endless)

    @functools.cached_property
    def _of_book(self) -> CoverColumns:
        if (security := self._security) is None:
            return _nothing_known(1)
        claims = security.claims
        everything = np.zeros(len(claims), np.int64)
        return self._columns(claims, everything, np.zeros(len(security.loans), np.int64), 1)

    def _is_independent(self, claims: Claims) -> Bool:
        """Return which claims bind a guarantor off the debtor's loop and control group."""
        book = self.book
        control = book if self.relations is None else book.merge(self.relations, kinds=self.kinds)
        giver, debtor = claims.guarantor, claims.debtor
        loop = self._circles.labels_of_codes(giver)
        same_loop = (loop >= 0) & (loop == self._circles.labels_of_codes(debtor))
        same_group = control.node_of[giver] == control.node_of[debtor]
        companies = book._companies  # noqa: SLF001  # one room
        licensed = np.zeros(len(giver), np.bool_) if companies is None else companies[giver]
        return np.asarray(licensed | ~(same_loop | same_group))

    def _columns(
        self, claims: Claims, group: Int64, group_of_loan: Int64, count: int | None = None
    ) -> CoverColumns:
        """Return the bounds of each group of claims and loans (-1: none)."""
        security = cast("Security", self._security)
        count = len(group_of_loan) if count is None else count
        inside = np.flatnonzero(group_of_loan >= 0)
        own = np.flatnonzero(self._is_independent(claims))
        naive: list[Purse] = []
        joint: list[Paid] = []
        independent: list[Paid] = []
        for unknown_endless in (False, True)[: 1 + self._has_unknown]:
            sums = naive_sums(security, security.claims, unknown_endless=unknown_endless)
            naive.append(sums.take(inside).summed(group_of_loan[inside], count))
            for part, found in ((np.arange(len(claims)), joint), (own, independent)):
                question = claims.take(part), (group[part], count)
                found.append(joint_sums(security, *question, unknown_endless=unknown_endless))
        return _ordered(
            BoundsColumn(naive[0].fen, naive[-1].fen, naive[-1].is_endless),
            BoundsColumn(joint[0].low, joint[-1].high, joint[-1].is_endless),
            BoundsColumn(independent[0].low, independent[-1].high, independent[-1].is_endless),
        )

    @functools.cached_property
    def _has_unknown(self) -> bool:
        """Say whether something unknown bears on the loans, so that bounds can differ."""
        security = cast("Security", self._security)
        claims = security.claims
        known = (
            security.assets.known[claims.guarantor],
            security.amounts.known[claims.contract],
            security.needs.known,
        )
        return not all(bool(column.all()) for column in known)


def _nothing_known(count: int) -> CoverColumns:
    """Return bounds from 0 up where nobody brought loans."""
    nothing = np.zeros(count, np.int64)
    none = BoundsColumn(nothing, nothing, np.ones(count, np.bool_))
    return CoverColumns(none, none, none)


def _ordered(naive: BoundsColumn, joint: BoundsColumn, independent: BoundsColumn) -> CoverColumns:
    """Tighten bounds: naive cover is the most, independent cover the least of the three."""
    joint = _below(joint, naive)
    independent = _below(independent, joint)
    low = np.maximum(joint.low, independent.low)
    return CoverColumns(naive, joint._replace(low=low), independent)


def _below(one: BoundsColumn, other: BoundsColumn) -> BoundsColumn:
    purse = Purse(one.high, one.is_endless).at_most(Purse(other.high, other.is_endless))
    return BoundsColumn(one.low, purse.fen, purse.is_endless)


def cover(
    book: GuaranteeBook,
    *,
    relations: Relations | None = None,
    kinds: Sequence[RelationKind] = RELATION_KINDS,
) -> Cover:
    """Return what a book's guarantees are worth (担保覆盖).

    Rows that count and name both parties, counter-guarantees (反担保) aside.  Parties merged in
    the book, and parties related by ``relations`` as of the book's day, are control groups.

    Args:
        book: The book, asked for its own day; net assets stand in its party table, balances in
            its loans table.
        relations: Further relations that make control groups; the loops stay the book's.
        kinds: The kinds of these relations that count.

    Raises:
        CreditError: If a kind is not one of control, controller, spouse, kin, group; when an
            amount is asked, if amounts add up beyond int64.

    Source:
        domain text "guarantee networks", 3.6.

    Three firms with 100 each stand in for each other's loans of 200:

    >>> from ruralcredit.guarantees import Loans, Parties
    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=list("aabbcc"), borrower=list("bcacab"), amount_fen=[200] * 6,
    ...     parties=Parties.from_columns(party=list("abc"), net_assets_fen=[100] * 3),
    ...     loans=Loans.from_columns(
    ...         loan_id=["L1", "L2", "L3"], borrower=list("abc"), balance_fen=[200] * 3
    ...     ),
    ... )
    >>> found = cover(book)
    >>> found.naive_fen, found.joint_fen, found.independent_fen, found.inflation.percent()
    (600, 300, 0, Decimal('200'))
    """
    if relations is not None:
        book.merge(relations, kinds=kinds)  # refuses unknown kinds before anything is asked
    return Cover(book=book, relations=relations, kinds=tuple(kinds))
