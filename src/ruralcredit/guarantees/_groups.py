"""What a group of parties covers, spans and owes: shared by loops and clusters."""

import functools
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError
from ruralcredit.guarantees._book import GuaranteeBook
from ruralcredit.guarantees._partition import Partition
from ruralcredit.guarantees._tables import rows_of_ids

if TYPE_CHECKING:
    import networkx as nx

    from ruralcredit.columns import IdColumn

Int64 = npt.NDArray[np.int64]
PartyId = str | int


def stable_id(prefix: str, smallest: PartyId) -> str:
    """Name a group by its smallest member: the same next month while that member stays."""
    digest = hashlib.blake2b(repr(smallest).encode(), digest_size=6).hexdigest()
    return f"{prefix}-{digest}"


def group_span(part: Partition, group: int, fact: str) -> tuple[PartyId, ...]:
    """Return the distinct known values of a fact over a group, sorted.

    A fact of the ledger is read off the group's rows, one of the party table off its members.
    """
    book = part.book
    if fact in book.ledger.facts:
        return tuple(book.ledger.facts[fact].distinct(part.rows_of(group)))
    parties = book.parties
    column: IdColumn | None = None
    if parties is not None and fact in parties.facts:
        column = parties.facts[fact]
    elif parties is not None and fact == "region":
        column = parties.region
    if column is None or parties is None:
        known = [*book.ledger.facts, *(() if parties is None else parties.facts)]
        if parties is not None and parties.region is not None:
            known.append("region")
        message = f"no fact {fact!r} in this book: it has {', '.join(known) or 'none'}"
        raise CreditError(message)
    members = book.ledger.index.known_ids(part.member_codes(group))
    rows = rows_of_ids(parties.party, members)
    return tuple(column.distinct(rows[rows >= 0]))


def covered_fen(part: Partition, group: int) -> int | None:
    """Return how much of the members' loans the group's contracts can cover at most.

    Each contract covers at most its amount, each loan is covered at most to its balance; a row
    without a loan may cover any loan of its borrower.  None without a loans table.
    """
    loans = part.book.loans
    if loans is None:
        return None
    mine = np.flatnonzero((part.loan_labels == group) & loans.balance_fen.known)
    balance = dict(zip(mine.tolist(), loans.balance_fen.values[mine].tolist(), strict=True))
    edges = _contract_loans(part.book, part.rows_of(group), balance)
    rows = part.rows_of(group)
    amounts = part.book.contract_amounts[0][rows]
    codes = part.book.ledger.contract_codes[0][rows]
    ceiling = dict(zip(codes.tolist(), amounts.tolist(), strict=True))
    return sum(_flow(part_edges, ceiling, balance) for part_edges in _parts(edges))


def _contract_loans(
    book: GuaranteeBook, rows: Int64, balance: dict[int, int]
) -> set[tuple[int, int]]:
    """Return which contract may cover which loan, as contract codes and loan rows."""
    loans = book.loans
    if loans is None:  # pragma: no cover  # asked only beside a loans table
        return set()
    borrowers = loans.borrower.codes[list(balance)] if balance else np.zeros(0, np.int32)
    names = loans.borrower.index.known_ids(borrowers)
    of_party = defaultdict(list)
    party_codes = book.ledger.index.find(names) if names else np.zeros(0, np.int64)
    for loan, party in zip(balance, party_codes.tolist(), strict=True):
        of_party[party].append(loan)
    named = _named_loans(book, rows)
    codes = book.ledger.contract_codes[0][rows].tolist()
    owed = book.ledger.borrower.codes[rows].tolist()
    edges: set[tuple[int, int]] = set()
    for contract, party, (loan, has_loan) in zip(codes, owed, named, strict=True):
        covers = [loan] if has_loan else of_party[party]
        edges.update((contract, one) for one in covers if one in balance)
    return edges


def _named_loans(book: GuaranteeBook, rows: Int64) -> list[tuple[int, bool]]:
    """Return per row the loan it names as a row of the loans table (-1: not there)."""
    column, loans = book.ledger.loan_id, book.loans
    if column is None or loans is None:
        return [(-1, False)] * len(rows)
    codes = column.codes[rows]
    has_loan = codes >= 0
    found = np.full(len(rows), -1, np.int64)
    if has_loan.any():
        found[has_loan] = rows_of_ids(loans.loan_id, column.index.known_ids(codes[has_loan]))
    return list(zip(found.tolist(), has_loan.tolist(), strict=True))


def _parts(edges: set[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Split contracts and loans into parts that share nothing."""
    of_contract, of_loan = defaultdict(list), defaultdict(list)
    for contract, loan in sorted(edges):
        of_contract[contract].append(loan)
        of_loan[loan].append(contract)
    done: set[int] = set()
    parts = []
    for start in of_contract:
        if start in done:
            continue
        done.add(start)
        stack, part = [start], []
        while stack:
            contract = stack.pop()
            for loan in of_contract[contract]:
                part.append((contract, loan))
                new = [c for c in of_loan[loan] if c not in done]
                done.update(new)
                stack.extend(new)
        parts.append(part)
    return parts


def _flow(
    edges: Sequence[tuple[int, int]], ceiling: dict[int, int], balance: dict[int, int]
) -> int:
    contracts = {contract for contract, _loan in edges}
    covered = {loan for _contract, loan in edges}
    supply = sum(ceiling[contract] for contract in contracts)
    demand = sum(balance[loan] for loan in covered)
    if len(contracts) == 1 or len(covered) == 1:
        return min(supply, demand)
    import networkx as nx

    graph = nx.DiGraph()
    for contract in contracts:
        graph.add_edge("source", ("contract", contract), capacity=ceiling[contract])
    for loan in covered:
        graph.add_edge(("loan", loan), "sink", capacity=balance[loan])
    graph.add_edges_from((("contract", c), ("loan", x)) for c, x in edges)
    return int(nx.maximum_flow_value(graph, "source", "sink"))


@attrs.frozen(eq=False, repr=False, slots=False)
class GroupView:
    """One group as a view of its book: what loops and clusters have in common."""

    _prefix: ClassVar[str]

    _part: Partition
    _at: int

    @functools.cached_property
    def id(self) -> str:
        """A name that stays the same from month to month while the smallest member stays."""
        return stable_id(self._prefix, self.members[0])

    @property
    def book(self) -> GuaranteeBook:
        """The book that it is a view of."""
        return self._part.book

    @property
    def members(self) -> tuple[PartyId, ...]:
        """The parties, sorted."""
        return self._part.members_of(self._at)

    @functools.cached_property
    def rows(self) -> tuple[int, ...]:
        """The row numbers of the ledger inside, ascending."""
        return tuple(self._part.rows_of(self._at).tolist())

    @functools.cached_property
    def contracts(self) -> tuple[PartyId, ...]:
        """The contract ids inside, each once, sorted; a row without one is its row number."""
        return self._part.book.ledger.contract_names(self._part.rows_of(self._at))

    @property
    def guaranteed_fen(self) -> int:
        """Sum of the known contract amounts, each contract once."""
        return int(self._part.guaranteed_fen[self._at])

    @property
    def unknown_amounts(self) -> int:
        """How many contracts have no known amount."""
        return int(self._part.unknown_amounts[self._at])

    @property
    def loans_fen(self) -> int | None:
        """Known balance of the members' loans, each loan once; None without a loans table."""
        if self._part.book.loans is None:
            return None
        return int(self._part.loans_fen[self._at])

    @property
    def overdue_fen(self) -> int | None:
        """Known balance of the members' overdue loans; None where nobody says."""
        loans = self._part.book.loans
        if loans is None or loans.overdue_days is None:
            return None
        return int(self._part.overdue_fen[self._at])

    @functools.cached_property
    def covered_fen(self) -> int | None:
        """What the contracts inside can cover of the members' loans, at most each balance."""
        return covered_fen(self._part, self._at)

    def span(self, fact: str) -> tuple[PartyId, ...]:
        """Return the distinct known values of a fact, such as the branches, sorted.

        Raises:
            CreditError: If the book has no such fact.
        """
        return group_span(self._part, self._at, fact)

    def to_networkx(self) -> "nx.MultiDiGraph":
        """Return the rows inside as a MultiDiGraph keyed by row number."""
        from ruralcredit.guarantees._graphs import graph_of

        return graph_of(self._part.book, self._part.rows_of(self._at))

    def __eq__(self, other: object) -> bool:
        """Equal by content: the same members and rows."""
        if not isinstance(other, GroupView):
            return NotImplemented
        return type(self) is type(other) and (self.members, self.rows) == (
            other.members,
            other.rows,
        )

    def __hash__(self) -> int:
        """Hash by content."""
        return hash((self.members, self.rows))

    def __repr__(self) -> str:
        """Show the id and the size, never the parties."""
        members, contracts = (
            int(counts[self._at])
            for counts in (self._part.member_counts, self._part.contract_counts)
        )
        return f"{type(self).__name__}({self.id}: {members} members, {contracts} contracts)"


@attrs.frozen(kw_only=True)
class ClusterSummary:
    """One cluster as plain values, without its book: to keep, to send, to compare.

    >>> from ruralcredit.guarantees import GuaranteeBook, find_clusters
    >>> book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"], amount_fen=[5])
    >>> find_clusters(book)[0].summary().guaranteed_fen
    5
    """

    id: str
    members: tuple[PartyId, ...]
    contracts: tuple[PartyId, ...]
    rows: tuple[int, ...]
    guaranteed_fen: int
    unknown_amounts: int
    loans_fen: int | None
    covered_fen: int | None
    overdue_fen: int | None


def summary_fields(view: "GroupView") -> dict[str, Any]:
    """Return what a summary tells of any group."""
    return {field.name: getattr(view, field.name) for field in attrs.fields(ClusterSummary)}


Group = TypeVar("Group", bound=GroupView)


@attrs.frozen(eq=False, repr=False)
class GroupsView(Sequence[Group], Generic[Group]):
    """All groups of a book as columns, largest first; one becomes an object when looked at."""

    _part: Partition

    def label_of(self, parties: object) -> Int64:
        """Return the position of each party's group here, -1 for none: int64 ``(n,)``."""
        return self._part.label_of(parties)

    @property
    def row_labels(self) -> Int64:
        """int64 of shape ``(n,)``: where each ledger row's group stands here, -1 for none."""
        return self._part.labels_of_rows

    @property
    def guaranteed_fen(self) -> Int64:
        """Sum of known contract amounts per group, each contract once, int64 ``(len,)``."""
        return self._part.guaranteed_fen

    @property
    def unknown_amounts(self) -> Int64:
        """Contracts without a known amount per group."""
        return self._part.unknown_amounts

    @property
    def member_counts(self) -> Int64:
        """Parties per group."""
        return self._part.member_counts

    @property
    def contract_counts(self) -> Int64:
        """Contracts per group."""
        return self._part.contract_counts

    def _view(self, at: int) -> Group:
        raise NotImplementedError  # pragma: no cover  # each sequence builds its own

    def __len__(self) -> int:
        """Count the groups."""
        return len(self._part)

    @overload
    def __getitem__(self, place: int) -> Group: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Group, ...]: ...
    def __getitem__(self, place: int | slice) -> Group | tuple[Group, ...]:
        """Return one group, or some as a tuple."""
        if isinstance(place, slice):
            return tuple(self._view(at) for at in range(len(self))[place])
        return self._view(range(len(self))[place])

    def __iter__(self) -> Iterator[Group]:
        """Walk over the groups, largest first."""
        return map(self._view, range(len(self)))

    def __repr__(self) -> str:
        """Show how many there are."""
        return f"{type(self).__name__}({len(self)})"
