"""The guarantee book: a ledger, what stands beside it, and the day it is asked for."""

import datetime
import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError, InputError
from ruralcredit.guarantees._kernels import weak_labels
from ruralcredit.guarantees._ledger import Ledger
from ruralcredit.guarantees._reasons import (
    BLANK_PARTY,
    COUNTER_GUARANTEE,
    GUARANTEE_COMPANY,
    INTRA_GROUP,
    LAPSED,
    NOT_BEGUN,
    NOT_KNOWN_YET,
    RELEASED,
    SETTLED,
)
from ruralcredit.guarantees._tables import (
    RELATION_KINDS,
    Loans,
    Parties,
    RelationKind,
    Relations,
)
from ruralcredit.reasons import Basis, Reason

if TYPE_CHECKING:
    import networkx as nx

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
PartyId = str | int

_SAME_ROWS = attrs.cmp_using(eq=np.array_equal)


@attrs.frozen
class Exclusion:
    """Rows of the ledger that do not count, and why.

    >>> book = GuaranteeBook.from_columns(guarantor=["a", ""], borrower=["b", "c"])
    >>> [(found.reason.code, found.rows.tolist()) for found in book.exclusions()]
    [('GUA-025', [1])]
    """

    reason: Reason
    rows: Int64 = attrs.field(eq=_SAME_ROWS, hash=False)


@attrs.frozen
class Arcs:
    """Rows that join two parties, as node numbers; nodes are parties, or groups once merged."""

    rows: Int64
    source: npt.NDArray[np.integer]
    target: npt.NDArray[np.integer]

    def take(self, places: Int64) -> "Arcs":
        """Return some of the arcs, in the order asked."""
        return Arcs(self.rows[places], self.source[places], self.target[places])


@attrs.frozen(kw_only=True, repr=False, slots=False)
class GuaranteeBook:
    """The bank's guarantees (担保台账) on a day, ready to be asked about loops and clusters.

    A book is a frozen value.  `as_of` gives the book of a day, `merge` the book in which
    related parties are one; both keep the row numbers of the columns given, so every answer
    points back into the ledger.  A book never asked `as_of` counts every row without release
    or settlement.

    An auditor loads the ledger and asks for closed loops:

    >>> from ruralcredit.guarantees import find_circles
    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b", "c", "c"],
    ...     borrower=["b", "c", "a", "d"],
    ...     amount_fen=[100, 200, 300, 400],
    ... )
    >>> find_circles(book)[0].members
    ('a', 'b', 'c')

    Attributes:
        ledger: The ledger as brought.
        parties: What is known of the parties, or None.
        loans: The loans, or None.
        open_parties: Parties whose guarantees elsewhere are unknown.
        day: The day asked for, or None.
        known_by: The day by which the bank knew, or None.
        relations: The relations merged over, or None.
        kinds: The kinds of relation merged over.
    """

    ledger: Ledger
    parties: Parties | None = None
    loans: Loans | None = None
    open_parties: tuple[PartyId, ...] = ()
    day: datetime.date | None = None
    known_by: datetime.date | None = None
    relations: Relations | None = None
    kinds: tuple[str, ...] = ()

    @classmethod
    def from_columns(
        cls,
        *,
        guarantor: object,
        borrower: object,
        amount_fen: object = None,
        contract_id: object = None,
        loan_id: object = None,
        form: object = None,
        starts_on: object = None,
        debt_due_on: object = None,
        guarantee_months: object = None,
        demanded_on: object = None,
        released_on: object = None,
        settled_on: object = None,
        known_on: object = None,
        liability: object = None,
        agreement_id: object = None,
        layer: object = None,
        facts: Mapping[str, object] | None = None,
        parties: Parties | None = None,
        loans: Loans | None = None,
        open_parties: Sequence[PartyId] = (),
    ) -> Self:
        """Build a book from columns of one length; an absent column or cell is unknown.

        Args:
            guarantor: Who stands in (担保人); ids of one kind, str or int.
            borrower: Who owes (被担保人); the same kind.  A row with a blank party is no arc, and
                the party it does name has unknown guarantees.
            amount_fen: Amount of the contract in fen, at each of its rows; the largest known
                amount counts, once per contract.  A negative one counts as unknown.
            contract_id: The contract (担保合同); a row without one is a contract of its own.
            loan_id: The loan (借据) the row secures; without one, any loan of the borrower.
            form: "specific" or "maximum" (最高额保证); unknown counts as specific.
            starts_on: First day; unknown counts as begun.
            debt_due_on: Day the debt falls due (到期日), not the day the guarantee ends;
                unknown counts as open-ended.
            guarantee_months: Agreed guarantee period (保证期间) in months; six where unknown,
                zero or negative.
            demanded_on: Day a demand (主张权利) was made; in time, it binds the guarantor on.
            released_on: Day of release, the first on which the row no longer counts.
            settled_on: Day the debt was settled, the first on which the row no longer counts.
            known_on: Day the bank recorded the row.
            liability: "joint" (连带), "general" (一般) or "share" (按份).
            agreement_id: Joint agreement (联保协议) that the row belongs to.
            layer: "guarantee" or "counter" (反担保); unknown counts as guarantee.
            facts: Further columns by name, such as branch, officer, lender or region; one named
                currency must hold the yuan.
            parties: What is known of the parties.
            loans: The loans.
            open_parties: Parties with unknown guarantees, such as those at other banks.

        Raises:
            InputError: If lengths differ, ids are of mixed kinds, money is a float, a currency
                is not the yuan, a word is unknown, or a cell is of the wrong type.

        >>> GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"], amount_fen=[12.5])
        Traceback (most recent call last):
        ...
        ruralcredit.errors.InputError: amount_fen must hold whole fen in integers, 1 cells do \
not, the first at row 0 (12.5): convert yuan with yuan_column
        """
        columns = {name: value for name, value in locals().items() if name in Ledger.COLUMNS}
        return cls(
            ledger=Ledger.from_columns(**columns),
            parties=parties,
            loans=loans,
            open_parties=tuple(open_parties),
        )

    def __attrs_post_init__(self) -> None:
        """Refuse ids of open parties that can be no id of this book."""
        kind = {"int": int, "str": str}[self.ledger.index.kind]
        wrong = [p for p in self.open_parties if not isinstance(p, kind) or isinstance(p, bool)]
        if wrong and len(self.ledger.index):
            message = (
                f"open_parties must hold ids of kind {self.ledger.index.kind} like the ledger, "
                f"got {wrong[0]!r}"
            )
            raise InputError(message, column="open_parties", count=len(wrong))

    def as_of(self, day: datetime.date, *, known_by: datetime.date | None = None) -> Self:
        """Return the book of a day, asked of the whole ledger anew.

        A row counts when it has begun, the guarantor is still liable, and the day is before
        its release and settlement.

        Args:
            day: The day asked about.
            known_by: Leave out rows that the bank recorded after this day.

        Raises:
            CreditError: If a day is no date.

        >>> import datetime
        >>> book = GuaranteeBook.from_columns(
        ...     guarantor=["a"], borrower=["b"], debt_due_on=[datetime.date(2024, 8, 31)]
        ... )
        >>> [len(book.as_of(datetime.date(2025, month, day))) for month, day in ((2, 28), (3, 1))]
        [1, 0]
        """
        for name, value in (("day", day), ("known_by", known_by)):
            if name == "known_by" and value is None:
                continue
            if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
                message = f"{name} must be a datetime.date, got {value!r}: pass its .date()"
                raise CreditError(message)
        plain = datetime.date(day.year, day.month, day.day)
        return attrs.evolve(self, day=plain, known_by=known_by)

    def merge(
        self, relations: Relations, *, kinds: Sequence[RelationKind] = RELATION_KINDS
    ) -> Self:
        """Return the book in which parties related in the given ways are one.

        Relations are taken as of the book's day, all of them where it has none; they join
        transitively, in any order.  A second merge adds to the first: `relations` then holds the
        rows of both, the earlier ones first.  Guarantees inside one merged party are intra-group
        support (集团内部支持) and close no loop.

        Raises:
            CreditError: If a kind is not one of control, controller, spouse, kin, group.

        >>> book = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "c"])
        >>> owner = Relations.from_columns(a=["c"], b=["a"], kind=["controller"])
        >>> merged = book.merge(owner, kinds=("controller",))
        >>> merged.merged_parties()
        (('a', 'c'),)
        """
        wrong = [kind for kind in kinds if kind not in RELATION_KINDS]
        if isinstance(kinds, str) or wrong:
            message = (
                f"kinds must be some of {', '.join(RELATION_KINDS)}, got "
                f"{kinds if isinstance(kinds, str) else wrong[0]!r}"
            )
            raise CreditError(message)
        chosen = tuple(kind for kind in RELATION_KINDS if kind in kinds)
        if self.relations is None:
            return attrs.evolve(self, relations=relations, kinds=chosen)
        both = self.relations.of_kinds(self.kinds).followed_by(relations.of_kinds(chosen))
        union = tuple(kind for kind in RELATION_KINDS if kind in (*self.kinds, *chosen))
        return attrs.evolve(self, relations=both, kinds=union)

    @classmethod
    def from_networkx(cls, graph: "nx.Graph", **names: str) -> Self:
        """Build a book from a directed networkx graph: nodes are parties, edges are rows.

        Args:
            graph: A DiGraph or MultiDiGraph; an edge leads from guarantor to borrower.
            names: Which edge attribute holds a column, where it is not named like it:
                ``amount_fen="weight"``.

        Raises:
            CreditError: If the graph is undirected or a name is no column of the ledger.

        >>> import networkx as nx
        >>> graph = nx.MultiDiGraph([("a", "b", {"fen": 5}), ("a", "b", {"fen": 6})])
        >>> GuaranteeBook.from_networkx(graph, amount_fen="fen").to_columns()["amount_fen"]
        array([5, 6])
        """
        from ruralcredit.guarantees._graphs import columns_of

        columns: dict[str, Any] = columns_of(graph, names)
        return cls.from_columns(**columns)

    def to_networkx(self) -> "nx.MultiDiGraph":
        """Return the rows that count as a MultiDiGraph; an edge's key is its row number.

        Edges carry every known cell under its column's name, facts under their own.

        >>> book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"], amount_fen=[5])
        >>> list(book.to_networkx().edges(keys=True, data=True))
        [('a', 'b', 0, {'amount_fen': 5})]
        """
        from ruralcredit.guarantees._graphs import graph_of

        return graph_of(self, self.arcs.rows)

    def to_columns(self) -> dict[str, object]:
        """Return the rows the book holds as columns that `from_columns` takes.

        All rows given, or those that count once a day was asked; row numbers are in `rows`.

        >>> book = GuaranteeBook.from_columns(guarantor=[1], borrower=[2])
        >>> book.to_columns()
        {'guarantor': array([1]), 'borrower': array([2])}
        """
        columns = self.ledger.to_columns(None if self.day is None else self.rows)
        beside = {"parties": self.parties, "loans": self.loans}
        columns |= {name: table for name, table in beside.items() if table is not None}
        return columns | ({"open_parties": self.open_parties} if self.open_parties else {})

    def __len__(self) -> int:
        """Count the rows: all given, or those that count once a day was asked."""
        return len(self.ledger) if self.day is None else len(self.rows)

    def __repr__(self) -> str:
        """Show rows, day and merging, never parties."""
        merged = f", merged by {', '.join(self.kinds)}" if self.kinds else ""
        day = "no day asked" if self.day is None else f"as of {self.day}"
        return f"GuaranteeBook({len(self)} rows, {day}{merged})"

    # --- what counts ---

    @functools.cached_property
    def rows(self) -> Int64:
        """Row numbers that count, in order, int64 of shape ``(k,)``."""
        out = self._why_not != 0
        rows = np.flatnonzero(~out) if out.any() else np.arange(len(out), dtype=np.int64)
        rows.flags.writeable = False
        return rows

    @functools.cached_property
    def party_ids(self) -> tuple[PartyId, ...]:
        """All parties that the ledger names, sorted."""
        index = self.ledger.index
        order = np.argsort(index.ranks())
        return tuple(index.known_ids(order))

    @property
    def digest(self) -> str:
        """A short hash of the ledger's content, the same however it was brought."""
        return self.ledger.digest

    @property
    def basis(self) -> Basis:
        """What an answer from this book names as asked."""
        return Basis(id="guarantee book", version=None, digest=self.digest, as_of=self.day)

    @functools.cached_property
    def contract_amounts(self) -> tuple[Int64, Bool]:
        """Per row of the ledger the fen of its contract, 0 where unknown, and which are known.

        A contract's amount is the largest known one among its rows that count; a negative one
        is unknown.
        """
        column = self.ledger.amount_fen
        count = len(self.ledger)
        if column is None:
            return np.zeros(count, np.int64), np.zeros(count, np.bool_)
        known = column.known & (column.values >= 0)
        if self.ledger.contract_id is None:
            return (column.values if known.all() else np.where(known, column.values, 0)), known
        codes, contracts = self.ledger.contract_codes
        largest = np.full(contracts, -1, np.int64)
        counting = self.rows[known[self.rows]]
        np.maximum.at(largest, codes[counting], column.values[counting])
        amounts = largest[codes]
        return np.maximum(amounts, 0), amounts >= 0

    @functools.cached_property
    def _why_not(self) -> npt.NDArray[np.int8]:
        """Per row 0 when it counts in time, else the position of the reason in ``_WHY``."""
        ledger = self.ledger
        why = np.zeros(len(ledger), np.int8)
        if self.day is None:
            for code, days in ((5, ledger.settled_on), (4, ledger.released_on)):
                if days is not None:
                    why[~np.isnat(days)] = code
            return why
        day = np.datetime64(self.day, "D")
        why[ledger.liable_until < day] = 3
        for code, days in ((5, ledger.settled_on), (4, ledger.released_on)):
            if days is not None:
                why[days <= day] = code
        if ledger.starts_on is not None:
            why[ledger.starts_on > day] = 2
        if self.known_by is not None and ledger.known_on is not None:
            why[ledger.known_on > np.datetime64(self.known_by, "D")] = 1
        return why

    @functools.cached_property
    def arcs(self) -> Arcs:
        """The rows that count and name both parties, every layer, as nodes."""
        rows = self.rows
        ledger = self.ledger
        if not ledger.has_parties.all():
            rows = rows[ledger.has_parties[rows]]
        return self.arcs_of(rows)

    def arcs_of(self, rows: Int64) -> Arcs:
        """Return some rows with both parties as arcs between nodes."""
        ends = self.ledger.guarantor.codes, self.ledger.borrower.codes
        if len(rows) < len(self.ledger):
            ends = ends[0][rows], ends[1][rows]
        if self.relations is not None:
            return Arcs(rows, self.node_of[ends[0]], self.node_of[ends[1]])
        return Arcs(rows, *ends)

    @functools.cached_property
    def node_of(self) -> Int64:
        """The node of each party code: itself, or its merged group."""
        return self._merging[0][: len(self.ledger.index)]

    @functools.cached_property
    def node_sizes(self) -> Int64:
        """How many parties of the ledger each node holds."""
        return np.bincount(self.node_of, minlength=self.node_count).astype(np.int64)

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        return self._merging[1]

    @functools.cached_property
    def relation_rows(self) -> Int64:
        """The rows of the relations that this book merges over."""
        if self.relations is None:
            return np.zeros(0, np.int64)
        day = None if self.day is None else np.datetime64(self.day, "D")
        return self.relations.rows_in_force(self.kinds, day)

    @functools.cached_property
    def relation_codes(self) -> tuple[Int64, Int64]:
        """Ends of the merged relations as party codes; parties outside get codes beyond."""
        if self.relations is None:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        rows, mine = self.relation_rows, self._related
        return mine[self.relations.a.codes[rows]], mine[self.relations.b.codes[rows]]

    @functools.cached_property
    def _related(self) -> Int64:
        """The party code of each id that the relations name."""
        if self.relations is None:
            return np.zeros(0, np.int64)
        index = self.relations.index
        mine = self.ledger.index.find(index.known_ids(np.arange(len(index))))
        outside = mine < 0
        mine[outside] = len(self.ledger.index) + np.arange(np.count_nonzero(outside))
        return mine

    @functools.cached_property
    def _merging(self) -> tuple[Int64, int]:
        """The node of each party code, those outside the ledger too (-1: none), and the count."""
        count = len(self.ledger.index)
        everybody = max(count, int(self._related.max(initial=-1)) + 1)
        if not len(self.relation_codes[0]):
            return np.arange(count, dtype=np.int64), count
        _number, labels = weak_labels(*self.relation_codes, everybody)
        # Groups without a party of the ledger leave gaps: number what is left anew.
        used = np.zeros(everybody, np.bool_)
        used[labels[:count]] = True
        number = np.cumsum(used) - 1
        number[~used] = -1
        return number[labels], int(np.count_nonzero(used))

    def nodes_of(self, parties: Sequence[PartyId]) -> Int64:
        """Return the node of each party, -1 for those that no ledger row and no group holds."""
        codes = self.ledger.index.find(list(parties))
        if self.relations is not None:
            theirs = self.relations.index.find(list(parties))
            also = (codes < 0) & (theirs >= 0)
            codes[also] = self._related[theirs[also]]
        nodes = self._merging[0]
        # The last place stands for parties that no group holds.
        found: Int64 = np.append(nodes, -1)[np.minimum(codes, len(nodes))]
        return found

    def merged_parties(self) -> tuple[tuple[PartyId, ...], ...]:
        """Return the merged groups of two and more parties of the ledger, sorted."""
        sizes = self.node_sizes
        many = np.flatnonzero(sizes[self.node_of] > 1)
        groups: dict[int, list[PartyId]] = {}
        ids = self.ledger.index.known_ids(many)
        for node, party in zip(self.node_of[many].tolist(), ids, strict=True):
            groups.setdefault(node, []).append(party)
        return tuple(sorted(tuple(sorted(group)) for group in groups.values()))

    # --- what is left out, and why ---

    def loop_arcs(
        self, *, counter_guarantees: bool, guarantee_companies: bool
    ) -> tuple[Arcs, tuple[Exclusion, ...]]:
        """Return the arcs that may close a loop, and the rows left out with their reasons."""
        arcs = self.arcs
        left_out = []
        for reason, wanted, mark in (
            (COUNTER_GUARANTEE, counter_guarantees, self._is_counter),
            (GUARANTEE_COMPANY, guarantee_companies, self._has_company),
            (INTRA_GROUP, False, self._is_intra_group),
        ):
            if wanted or not (out := mark(arcs)).any():
                continue
            left_out.append(Exclusion(reason, arcs.rows[out]))
            arcs = arcs.take(np.flatnonzero(~out))
        return arcs, tuple(left_out)

    def cluster_arcs(self, *, counter_guarantees: bool) -> Arcs:
        """Return the arcs that join parties into clusters."""
        arcs = self.arcs
        if counter_guarantees or not (out := self._is_counter(arcs)).any():
            return arcs
        return arcs.take(np.flatnonzero(~out))

    def _is_counter(self, arcs: Arcs) -> Bool:
        if self.ledger.layer is None:
            return np.zeros(len(arcs.rows), np.bool_)
        return self.ledger.layer.are("counter")[arcs.rows]

    def _has_company(self, arcs: Arcs) -> Bool:
        company = self._companies
        if company is None:
            return np.zeros(len(arcs.rows), np.bool_)
        ledger = self.ledger
        return np.asarray(
            company[ledger.guarantor.codes[arcs.rows]] | company[ledger.borrower.codes[arcs.rows]]
        )

    @functools.cached_property
    def _companies(self) -> Bool | None:
        """Which party codes are licensed guarantee companies; None where nobody is."""
        if self.parties is None or self.parties.kind is None:
            return None
        rows = np.flatnonzero(self.parties.kind.are("guarantee_company"))
        column = self.parties.party
        codes = self.ledger.index.find(column.index.known_ids(column.codes[rows]))
        found = np.zeros(len(self.ledger.index), np.bool_)
        found[codes[codes >= 0]] = True
        return found if found.any() else None

    def _is_intra_group(self, arcs: Arcs) -> Bool:
        if self.relations is None:
            return np.zeros(len(arcs.rows), np.bool_)
        return np.asarray((arcs.source == arcs.target) & (self.node_sizes[arcs.source] > 1))

    def exclusions(
        self, *, counter_guarantees: bool = False, guarantee_companies: bool = False
    ) -> tuple[Exclusion, ...]:
        """Return every row that cannot close a loop in this book, once, with its first reason.

        Args:
            counter_guarantees: Whether counter-guarantees (反担保) are counted with the rest.
            guarantee_companies: Whether licensed guarantee companies may close loops.

        >>> import datetime
        >>> book = GuaranteeBook.from_columns(
        ...     guarantor=["a", "b"], borrower=["b", "a"],
        ...     released_on=[None, datetime.date(2024, 1, 1)],
        ... )
        >>> [found.reason.text("en") for found in book.exclusions()]
        ['the guarantee was released']
        """
        found = []
        for code, reason in _WHY.items():
            rows = np.flatnonzero(self._why_not == code)
            if len(rows):
                found.append(Exclusion(reason, rows))
        blank = self.rows[~self.ledger.has_parties[self.rows]]
        if len(blank):
            found.append(Exclusion(BLANK_PARTY, blank))
        _arcs, layers = self.loop_arcs(
            counter_guarantees=counter_guarantees, guarantee_companies=guarantee_companies
        )
        return (*found, *layers)

    @functools.cached_property
    def open_nodes(self) -> Int64:
        """Nodes with a party whose other guarantees are unknown: given, or of a blank row."""
        blank = self.rows[~self.ledger.has_parties[self.rows]]
        ends = (self.ledger.guarantor.codes[blank], self.ledger.borrower.codes[blank])
        every = np.concatenate([codes[codes >= 0].astype(np.int64) for codes in ends])
        named = self.nodes_of(self.open_parties)
        nodes = np.zeros(self.node_count, np.bool_)
        nodes[self.node_of[every]] = True
        nodes[named[named >= 0]] = True
        return np.flatnonzero(nodes)


_WHY = {1: NOT_KNOWN_YET, 2: NOT_BEGUN, 4: RELEASED, 5: SETTLED, 3: LAPSED}
