"""A prepared book that answers at once whether a new guarantee would close a loop."""

from array import array

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import encode_ids
from ruralcredit.errors import CreditError, InputError
from ruralcredit.guarantees._book import GuaranteeBook
from ruralcredit.guarantees._kernels import weak_labels
from ruralcredit.guarantees._reach import Reach

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
PartyId = str | int
Pair = tuple[int, int]

_NOBODY = -1
_OUTSIDE = -2


@attrs.frozen(eq=False, repr=False, kw_only=True)
class PartyCodes:
    """Parties as a `Snapshot` numbers them, made by `Snapshot.codes` and asked many times.

    They stay valid while the snapshot changes: a party that it did not know when the codes
    were made is known from the addition that first names it.

    >>> from ruralcredit.guarantees import GuaranteeBook
    >>> snapshot = Snapshot(GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"]))
    >>> snapshot.codes(["a", "x", None])
    PartyCodes(3 parties, 2 not in the snapshot)
    """

    _codes: Int64
    _outside: tuple[PartyId, ...]
    _made_by: object

    def __len__(self) -> int:
        """Count the parties."""
        return len(self._codes)

    def __repr__(self) -> str:
        """Show how many, never whom."""
        missing = int(np.count_nonzero(self._codes < 0))
        return f"PartyCodes({len(self)} parties, {missing} not in the snapshot)"


class Snapshot:
    """A book prepared for one question: would a new guarantee close a loop (循环担保)?

    The answer is that of `find_circles` for the book with the proposed row in it, of no joint
    agreement: its borrower already stands in, over others, for its guarantor.
    Counter-guarantees (反担保) and rows of licensed guarantee companies close no loop, nor does
    a guarantee between two parties that the book merges.  A party that guarantees itself does;
    one that the book does not know closes nothing.

    A snapshot is the one thing here that changes: `add` and `release` follow the day's
    contracts, so that no answer needs the book anew.  It never changes the book, and is not to
    be changed in one thread while another asks it.

    An approver asks before a guarantee is taken:

    >>> from ruralcredit.guarantees import GuaranteeBook
    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b"], borrower=["b", "c"], contract_id=["K1", "K2"]
    ... )
    >>> snapshot = Snapshot(book)
    >>> snapshot.would_close("c", "a"), snapshot.would_close("a", "c")
    (True, False)
    >>> snapshot.release("K2")
    >>> snapshot.would_close("c", "a")
    False

    Args:
        book: The book, asked for its own day and merged as it is.
    """

    def __init__(self, book: GuaranteeBook) -> None:
        """Prepare the labels; ids are spelled out when one is first asked for."""
        arcs, _left_out = book.loop_arcs(counter_guarantees=False, guarantee_companies=False)
        between = arcs.take(np.flatnonzero(arcs.source != arcs.target))
        self._ledger = book.ledger
        self._arcs = between
        self._reach = Reach(between.source, between.target, book.node_count)
        self._reaches = self._reach.reaches
        self._parties = _Parties(book, self._reach)
        self._token = object()
        self._rows_by_contract: tuple[Int64, Int64] | None = None
        self._added: dict[PartyId, list[Pair | None]] = {}
        self._released: set[int] = set()

    def __repr__(self) -> str:
        """Show the rows at first and the contracts that changed, never parties."""
        return (
            f"Snapshot({len(self._arcs.rows)} rows between parties, {len(self._added)} contracts "
            f"added, {len(self._released)} released)"
        )

    def would_close(self, guarantor: PartyId | None, borrower: PartyId | None) -> bool:
        """Return whether a guarantee of one party for another would close a loop.

        Raises:
            InputError: If an id is neither str nor int, or not of the book's kind.

        >>> from ruralcredit.guarantees import GuaranteeBook
        >>> snapshot = Snapshot(GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"]))
        >>> [snapshot.would_close(*ends) for ends in (("b", "a"), ("b", "b"), ("x", "a"))]
        [True, True, False]
        """
        parties = self._parties
        code_of = parties.code_of or parties.number()
        if not (type(guarantor) is type(borrower) is parties.kind):
            guarantor, borrower = parties.plain(guarantor), parties.plain(borrower)
        giver, taker = code_of.get(guarantor), code_of.get(borrower)
        if giver is None or taker is None:
            return guarantor == borrower and _is_somebody(guarantor)
        if giver == taker:
            return True
        if not parties.is_plain:
            giver, taker = parties.node_of[giver], parties.node_of[taker]
            if giver == taker or giver < 0 or taker < 0:
                return False
        return self._reaches(taker, giver)

    def would_close_columns(self, guarantors: object, borrowers: object) -> Bool:
        """Return, for many proposals each asked alone, whether it would close a loop.

        Args:
            guarantors: Ids in any column, None for unknown, or what `codes` made of them.
            borrowers: The same, of the same length.

        Returns:
            bool of shape ``(n,)``, each as `would_close` says it.

        Raises:
            InputError: If lengths differ, or ids are of mixed kinds or not of the book's kind.
            CreditError: If codes were made by another snapshot.

        >>> from ruralcredit.guarantees import GuaranteeBook
        >>> snapshot = Snapshot(GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"]))
        >>> snapshot.would_close_columns(["b", "b", "x"], ["a", "b", "a"])
        array([ True,  True, False])
        """
        both = [
            ids if isinstance(ids, PartyCodes) else self.codes(ids)
            for ids in (guarantors, borrowers)
        ]
        if len(both[0]) != len(both[1]):
            message = (
                f"guarantors and borrowers must have one length, got {len(both[0])} and "
                f"{len(both[1])}: bring one of each per proposal"
            )
            raise InputError(message)
        outside: dict[PartyId, int] = {}
        giver, taker = (self._known_now(codes, outside) for codes in both)
        found: Bool = (giver == taker) & (giver != _NOBODY)
        asked = np.flatnonzero((giver >= 0) & (taker >= 0) & ~found)
        node_of = np.frombuffer(self._parties.node_of, np.int32)
        one, other = node_of.take(giver.take(asked)), node_of.take(taker.take(asked))
        is_open = (one >= 0) & (other >= 0) & (one != other)
        if not is_open.all():
            asked, one, other = asked[is_open], one[is_open], other[is_open]
        found[asked] = self._reach.reaches_columns(other, one)
        return found

    def codes(self, ids: object) -> PartyCodes:
        """Return the parties of a column as codes, to be asked again and again.

        They hold for this snapshot, also after it changed; a party then unknown is known from
        the addition that names it.

        Args:
            ids: Ids in any column; None, NaN, null or blank is nobody, who closes no loop.

        Raises:
            InputError: If ids are of mixed kinds, or not of the book's kind.

        >>> from ruralcredit.guarantees import GuaranteeBook
        >>> snapshot = Snapshot(GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"]))
        >>> asked = snapshot.codes(["a", "b", "c"]), snapshot.codes(["c", "c", "a"])
        >>> snapshot.would_close_columns(*asked)
        array([False, False, False])
        >>> snapshot.add(guarantor="a", borrower="c", contract_id="K2")
        >>> snapshot.would_close_columns(*asked[::-1])
        array([ True, False, False])
        """
        numbers, outside = self._parties.codes(ids)
        return PartyCodes(codes=numbers, outside=outside, made_by=self._token)

    def _known_now(self, codes: PartyCodes, outside: dict[PartyId, int]) -> Int64:
        """Return codes as of now; parties still outside are numbered together."""
        if codes._made_by is not self._token:  # noqa: SLF001  # one module
            message = (
                "codes must be made by this snapshot, got those of another: pass the ids, or "
                "ask its codes(ids)"
            )
            raise CreditError(message)
        if not codes._outside:  # noqa: SLF001  # one module
            return codes._codes  # noqa: SLF001  # one module
        known = self._parties.code_of
        now = [
            known[party] if party in known else outside.setdefault(party, _OUTSIDE - len(outside))
            for party in codes._outside  # noqa: SLF001  # one module
        ]
        found = codes._codes.copy()  # noqa: SLF001  # one module
        far = np.flatnonzero(found <= _OUTSIDE)
        found[far] = np.array(now, np.int64)[_OUTSIDE - found[far]]
        return found

    # --- the day's changes ---

    def add(self, *, guarantor: PartyId, borrower: PartyId, contract_id: PartyId) -> None:
        """Add a row: a guarantee of no joint agreement, from now on part of every answer.

        A contract may have several rows, so an id that is there already gets a further one.

        Args:
            guarantor: Who stands in (担保人); may be new to the book.
            borrower: Who owes (被担保人); may be new to the book.
            contract_id: The contract (担保合同), by which `release` finds the row.

        Raises:
            InputError: If an id is blank, neither str nor int, or not of the book's kind.

        >>> from ruralcredit.guarantees import GuaranteeBook
        >>> snapshot = Snapshot(GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"]))
        >>> snapshot.add(guarantor="b", borrower="c", contract_id="K9")
        >>> snapshot.would_close("c", "a")
        True
        """
        parties = self._parties
        ends = parties.named(guarantor=guarantor, borrower=borrower)
        contract = self._named_contract(contract_id)
        if not parties.code_of:
            parties.number()
        source, target = (parties.node(party, self._reach) for party in ends)
        pair = None if source == target or min(source, target) < 0 else (source, target)
        self._added.setdefault(contract, []).append(pair)
        if pair is not None:
            self._reach.add(*pair)

    def release(self, contract_id: PartyId) -> None:
        """Take a contract away with all its rows; the same id may be added anew.

        A contract of the ledger that does not count on the book's day may be released too, and
        changes nothing.

        Args:
            contract_id: The contract (担保合同); the row number for a row of the ledger that has
                none.  Where the ledger has such an id, it goes before a row number.

        Raises:
            CreditError: If no contract has this id, or it was released already.

        >>> from ruralcredit.guarantees import GuaranteeBook
        >>> snapshot = Snapshot(GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"]))
        >>> snapshot.release(0)
        >>> snapshot.would_close("b", "a")
        False
        """
        code = self._contract_code(contract_id)
        if code in self._released:
            code = _NOBODY
        if code < 0 and contract_id not in self._added:
            message = (
                f"contract_id must name a contract in this snapshot, got {contract_id!r}: none "
                "has this id, or it was released already"
            )
            raise CreditError(message)
        if code >= 0:
            self._released.add(code)
            for pair in self._pairs_of(code):
                self._reach.release(*pair)
        for added in self._added.pop(contract_id, ()):
            if added is not None:
                self._reach.release(*added)

    def _named_contract(self, contract_id: PartyId) -> PartyId:
        """Return a contract id as plain str or int, of the kind of the ledger's."""
        (contract,), kind = _plain_ids(contract_id=contract_id)
        column = self._ledger.contract_id
        if column is not None and len(column.index) and column.index.kind != kind:
            message = (
                f"contract_id must be of kind {column.index.kind} like the ledger's, got "
                f"{contract!r}"
            )
            raise InputError(message, column="contract_id")
        return contract

    def _contract_code(self, contract_id: PartyId) -> int:
        """Return the ledger's code of a contract, -1 where it has none of this id."""
        (contract,), kind = _plain_ids(contract_id=contract_id)
        column = self._ledger.contract_id
        if column is not None and len(column.index) and column.index.kind == kind:
            code = int(column.index.find([contract])[0])
            if code >= 0:
                return code
        if not isinstance(contract, int) or not 0 <= contract < len(self._ledger):
            return _NOBODY
        if column is not None and column.codes[contract] >= 0:
            return _NOBODY
        return int(self._ledger.contract_codes[0][contract])

    def _pairs_of(self, code: int) -> list[Pair]:
        """Return the ends of the rows at first of a contract."""
        if self._rows_by_contract is None:
            codes = self._ledger.contract_codes[0][self._arcs.rows]
            order = np.argsort(codes, kind="stable")
            self._rows_by_contract = order, codes[order]
        order, codes = self._rows_by_contract
        places = order[slice(*np.searchsorted(codes, [code, code + 1]))]
        arcs = self._arcs.take(places)
        return list(zip(arcs.source.tolist(), arcs.target.tolist(), strict=True))


class _Parties:
    """The ids of a book and of its relations, and the node of each; companies have none."""

    def __init__(self, book: GuaranteeBook, reach: Reach) -> None:
        index = book.ledger.index
        self.kind: type[str | int] | None = None
        if len(index):
            self.kind = {"int": int, "str": str}[index.kind]
        self.code_of: dict[PartyId | None, int] = {}
        self.node_of: array[int] = array("i")
        self._index = index
        self._nodes = book.node_of
        self._companies = _companies(book)
        # Where nobody is merged and nobody is a company, a party's code is its node.
        self.is_plain = book.relations is None and not self._companies
        self._related = _related_nodes(book, reach)

    def number(self) -> dict[PartyId | None, int]:
        """Spell out the ids, once; return them with their codes."""
        names: list[PartyId | None] = [
            *self._index.known_ids(np.arange(len(self._index))),
            *self._related,
        ]
        code_of = dict(zip(names, range(len(names)), strict=True))
        node_of = np.concatenate([self._nodes, list(self._related.values())]).astype(np.int32)
        node_of[[code_of[party] for party in self._companies if party in code_of]] = _NOBODY
        self.node_of = array("i", node_of.tobytes())
        self.code_of = code_of
        return code_of

    def _put(self, party: PartyId, node: int) -> None:
        self.code_of[party] = len(self.node_of)
        self.node_of.append(_NOBODY if party in self._companies else node)

    def node(self, party: PartyId, reach: Reach) -> int:
        """Return a party's node, a new one where it is not known; -1 for a company."""
        if party not in self.code_of:
            self.kind = type(party)
            self._put(party, reach.add_node())
        return self.node_of[self.code_of[party]]

    def named(self, **ids: PartyId) -> list[PartyId]:
        """Return ids as plain str or int, each naming somebody and of the book's kind."""
        plain, kind = _plain_ids(**ids)
        self._check(kind, plain[0])
        return plain

    def plain(self, party: PartyId | None) -> PartyId | None:
        """Return an id as plain str or int, None for nobody."""
        index, _codes = encode_ids({"party": [party]})
        if not len(index):
            return None
        self._check(index.kind, party)
        return index.known_ids(np.zeros(1, np.int64))[0]

    def _check(self, kind: str, party: object) -> None:
        if self.kind is not None and self.kind.__name__ != kind:
            message = f"ids must be of kind {self.kind.__name__} like the book's, got {party!r}"
            raise InputError(message)

    def codes(self, ids: object) -> tuple[Int64, tuple[PartyId, ...]]:
        """Return a column's codes, -1 for nobody, and from -2 down the ids not known."""
        code_of = self.code_of or self.number()
        if self.kind is int and len(self._index):
            found = self._index.find(ids)
            if int(found.min(initial=0)) >= 0:
                return found, ()
        elif isinstance(ids, list) and set(map(type, ids)) == {str}:
            try:
                return np.fromiter(map(code_of.__getitem__, ids), np.int64, len(ids)), ()
            except KeyError:
                pass
        index, columns = encode_ids({"party": ids})
        names = index.known_ids(np.arange(len(index)))
        if names:
            self._check(index.kind, names[0])
        outside = tuple(name for name in names if name not in code_of)
        number = {name: _OUTSIDE - place for place, name in enumerate(outside)}
        table = [code_of[name] if name in code_of else number[name] for name in names]
        return np.array([*table, _NOBODY], np.int64)[columns["party"]], outside


def _related_nodes(book: GuaranteeBook, reach: Reach) -> dict[PartyId, int]:
    """Return the node of each party that only relations name: that of those merged with it."""
    relations = book.relations
    rows = book.relation_rows
    if relations is None or not len(rows):
        return {}
    ends = relations.a.codes[rows], relations.b.codes[rows]
    _count, labels = weak_labels(*ends, len(relations.index))
    related = np.unique(np.concatenate(ends))
    names = relations.index.known_ids(related)
    nodes = book.nodes_of(names).tolist()
    is_known = (book.ledger.index.find(names) >= 0).tolist()
    groups = labels[related].tolist()
    node_of_group = {group: node for group, node in zip(groups, nodes, strict=True) if node >= 0}
    found = {}
    for name, group, known in zip(names, groups, is_known, strict=True):
        if group not in node_of_group:
            node_of_group[group] = reach.add_node()
        if not known:
            found[name] = node_of_group[group]
    return found


def _plain_ids(**ids: PartyId) -> tuple[list[PartyId], str]:
    """Return ids as plain str or int, each naming somebody, and their one kind."""
    index, codes = encode_ids({name: [value] for name, value in ids.items()})
    for name, code in codes.items():
        if code[0] < 0:
            message = f"{name} must be an id, str or int, got {ids[name]!r}"
            raise InputError(message, column=name)
    return index.known_ids(np.concatenate(list(codes.values()))), index.kind


def _is_somebody(party: PartyId | None) -> bool:
    return party is not None and (not isinstance(party, str) or bool(party.strip()))


def _companies(book: GuaranteeBook) -> frozenset[PartyId]:
    """Return the licensed guarantee companies that the party table names."""
    if book.parties is None or book.parties.kind is None:
        return frozenset()
    codes = book.parties.party.codes[book.parties.kind.are("guarantee_company")]
    return frozenset(book.parties.party.index.known_ids(codes))
