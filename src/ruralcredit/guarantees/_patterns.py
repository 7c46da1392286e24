"""Chains, hubs, joint groups and what lapses: structures that are no loops."""

import datetime
from collections.abc import Sequence
from typing import Literal

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError, InputError
from ruralcredit.guarantees._book import Arcs, GuaranteeBook
from ruralcredit.guarantees._kernels import (
    parts_by_label,
    sorted_pairs,
    strong_labels,
    weak_labels,
)
from ruralcredit.guarantees._reasons import CHAIN_PARTIES, HUB_DEGREE
from ruralcredit.guarantees._tables import JointGroups, rows_of_ids

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]
PartyId = str | int
HubKind = Literal["one_for_many", "many_for_one", "many_to_many"]

_ONE_DAY = np.timedelta64(1, "D")


@attrs.frozen(kw_only=True)
class Chain:
    """A guarantee chain (担保链): each party stands in for the next, and none leads back.

    Attributes:
        parties: The chain from the first guarantor to the last borrower.
        rows: One row per step, the earliest of parallel ones.
        guaranteed_fen: Sum of the known amounts of these rows' contracts, each once.
        unknown_amounts: How many of these contracts have no known amount.

    >>> book = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "c"])
    >>> find_chains(book)[0].rows
    (0, 1)
    """

    parties: tuple[PartyId, ...]
    rows: tuple[int, ...]
    guaranteed_fen: int
    unknown_amounts: int


@attrs.frozen(kw_only=True)
class Hub:
    """Guarantees that meet: one for many (一保多), many for one (多保一), many to many (矩阵担保).

    Attributes:
        kind: Which of the three.
        guarantors: Who stands in, sorted.
        borrowers: For whom, sorted.
        contracts: The contracts, each once, sorted.
        guaranteed_fen: Sum of their known amounts.
        unknown_amounts: How many of them have no known amount.

    >>> book = GuaranteeBook.from_columns(guarantor=["x", "y", "z"], borrower=["b"] * 3)
    >>> find_hubs(book)[0].kind
    'many_for_one'
    """

    kind: HubKind
    guarantors: tuple[PartyId, ...]
    borrowers: tuple[PartyId, ...]
    rows: tuple[int, ...]
    contracts: tuple[PartyId, ...]
    guaranteed_fen: int
    unknown_amounts: int


@attrs.frozen(kw_only=True)
class JointGroup:
    """A joint group (联保小组): the members of one agreement, a group and not a loop.

    Attributes:
        agreement_id: The agreement.
        members: The parties of its rows and of the groups table, sorted.
        rows: The rows that carry the agreement and count.
        contracts: Their contracts, each once, sorted.
        guaranteed_fen: Sum of their known amounts.
        unknown_amounts: How many of them have no known amount.

    >>> groups = JointGroups.from_columns(agreement_id=["J1", "J1"], party=["a", "b"])
    >>> book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"])
    >>> find_joint_groups(book, groups)[0].members
    ('a', 'b')
    """

    agreement_id: PartyId
    members: tuple[PartyId, ...]
    rows: tuple[int, ...]
    contracts: tuple[PartyId, ...]
    guaranteed_fen: int
    unknown_amounts: int


@attrs.frozen(kw_only=True)
class Lapsing:
    """A debt past due whose guarantee is about to lapse without a demand (主张权利).

    Attributes:
        row: The row of the ledger.
        contract: Its contract, or the row number where it has none.
        lapses_on: Last day on which a demand still counts.
        at_stake_fen: The smaller of the amount and the loan's balance, as far as known.

    >>> due = [datetime.date(2024, 1, 31)]
    >>> book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"], debt_due_on=due)
    >>> book = book.as_of(datetime.date(2024, 7, 31))
    >>> find_lapsing(book, within_days=0)[0].lapses_on
    datetime.date(2024, 7, 31)
    """

    row: int
    contract: PartyId
    guarantor: PartyId
    borrower: PartyId
    debt_due_on: datetime.date
    lapses_on: datetime.date
    at_stake_fen: int | None


def money_of(book: GuaranteeBook, rows: Int64) -> tuple[int, int]:
    """Return the known fen of some rows' contracts, each once, and how many are unknown."""
    amounts, known = book.contract_amounts[0][rows], book.contract_amounts[1][rows]
    codes = book.ledger.contract_codes[0][rows]
    _codes, one = np.unique(codes, return_index=True)
    return sum(amounts[one].tolist()), int(np.count_nonzero(~known[one]))


def find_chains(
    book: GuaranteeBook, *, min_parties: int = int(CHAIN_PARTIES.value)
) -> tuple[Chain, ...]:
    """Find the longest guarantee chain (担保链) of each cluster.

    Parties on a closed loop are passed as one step of the way, named by the party where the
    chain leaves the loop, so a chain never returns.
    Order: known guaranteed_fen, members, largest first, then smallest id.

    Args:
        book: The book, asked for its own day; counter-guarantees are left out.
        min_parties: Fewest parties of a chain worth naming.

    Returns:
        At most one chain per cluster.

    >>> book = GuaranteeBook.from_columns(guarantor=["a", "b", "x"], borrower=["b", "c", "y"])
    >>> [chain.parties for chain in find_chains(book)]
    [('a', 'b', 'c')]
    """
    arcs = book.cluster_arcs(counter_guarantees=False)
    labels, _arcs = strong_labels(arcs.source, arcs.target, book.node_count)
    between = labels[arcs.source] != labels[arcs.target]
    between |= (labels[arcs.source] < 0) & (arcs.source != arcs.target)
    kept = np.flatnonzero(between)
    ways = _longest_ways(book, _contracted(book, labels), arcs, kept)
    chains = []
    for rows in ways:
        if len(rows) + 1 < min_parties:
            continue
        fen, unknown = money_of(book, np.array(rows, np.int64))
        chains.append(
            Chain(
                parties=_chain_parties(book, rows),
                rows=tuple(rows),
                guaranteed_fen=fen,
                unknown_amounts=unknown,
            )
        )
    return tuple(
        sorted(
            chains,
            key=lambda c: (-c.guaranteed_fen, -len(c.parties), _keys(c.parties)),
        )
    )


def _keys(parties: Sequence[PartyId]) -> tuple[tuple[bool, PartyId], ...]:
    return tuple((isinstance(party, str), party) for party in parties)


def _contracted(book: GuaranteeBook, labels: Integers) -> Int64:
    """Number nodes so that each loop is one; returns the number of each node."""
    count = book.node_count
    own = np.arange(count, dtype=np.int64)
    loops = int(labels.max(initial=-1)) + 1
    return np.where(labels >= 0, labels, loops + own)


def _longest_ways(book: GuaranteeBook, numbers: Int64, arcs: Arcs, kept: Int64) -> list[list[int]]:
    """Return the rows of the longest way of each weak part of an acyclic graph."""
    if not len(kept):
        return []
    ranks = _node_ranks(book)
    source, target = numbers[arcs.source[kept]], numbers[arcs.target[kept]]
    rows = arcs.rows[kept]
    # Arcs by target's rank then row: the first best successor is the smallest id.
    order = np.lexsort((rows, ranks[arcs.target[kept]], source))
    nodes, local = np.unique(np.concatenate([source, target]), return_inverse=True)
    starts, ends = local[: len(source)][order], local[len(source) :][order]
    goes_to, row_of = ends.tolist(), rows[order].tolist()
    depth, best = _depths(starts, ends, len(nodes))
    _number, part = weak_labels(starts, ends, len(nodes))
    deepest = np.lexsort((_smallest_rank(numbers, nodes, ranks), -np.array(depth)))
    _parts, heads = np.unique(part[deepest], return_index=True)
    ways = []
    for node in deepest[np.sort(heads)].tolist():
        way = []
        while best[node] >= 0:
            way.append(row_of[best[node]])
            node = goes_to[best[node]]  # noqa: PLW2901  # walking down the chain
        ways.append(way)
    return ways


def _depths(starts: Int64, ends: Int64, count: int) -> tuple[list[int], list[int]]:
    """Return per node the steps of its longest way down, and the arc that begins it.

    The arcs come sorted by their start; of equally long ways the first arc counts.
    """
    bounds = np.arange(count + 1)
    leaving, goes_to = np.searchsorted(starts, bounds).tolist(), ends.tolist()
    by_end = np.argsort(ends, kind="stable")
    coming, above = np.searchsorted(ends[by_end], bounds).tolist(), starts[by_end].tolist()
    waiting = np.diff(leaving).tolist()
    depth, best = [0] * count, [-1] * count
    ready = [node for node in range(count) if not waiting[node]]
    for node in ready:
        for arc in range(leaving[node], leaving[node + 1]):
            if depth[goes_to[arc]] + 1 > depth[node]:
                depth[node], best[node] = depth[goes_to[arc]] + 1, arc
        for one in above[coming[node] : coming[node + 1]]:
            waiting[one] -= 1
            if not waiting[one]:
                ready.append(one)
    return depth, best


def _node_ranks(book: GuaranteeBook) -> Int64:
    """Return per node the rank of its smallest party id."""
    ranks = np.full(book.node_count, np.iinfo(np.int64).max, np.int64)
    np.minimum.at(ranks, book.node_of, book.ledger.index.ranks())
    return ranks


def _smallest_rank(numbers: Int64, nodes: Int64, ranks: Int64) -> Int64:
    smallest = np.full(int(numbers.max(initial=-1)) + 1, np.iinfo(np.int64).max, np.int64)
    np.minimum.at(smallest, numbers, ranks)
    return smallest[nodes]


def _chain_parties(book: GuaranteeBook, rows: Sequence[int]) -> tuple[PartyId, ...]:
    at = np.array(rows, np.int64)
    giving = book.ledger.guarantor.codes[at]
    last = book.ledger.borrower.codes[at[-1:]]
    return tuple(book.ledger.index.known_ids(np.concatenate([giving, last])))


def find_hubs(book: GuaranteeBook, *, degree: int = int(HUB_DEGREE.value)) -> tuple[Hub, ...]:
    """Find hubs: one for many (一保多), many for one (多保一), many to many (矩阵担保).

    Many to many is what stays when guarantors with fewer than ``degree`` borrowers and borrowers
    with fewer than ``degree`` guarantors are taken out until none is left; parties joined by what
    stays are one hub.  Rows inside it are named there, not again under the other two kinds.
    Order: known guaranteed_fen, parties, contracts, largest first, then smallest id.

    Args:
        book: The book, asked for its own day; counter-guarantees are left out.
        degree: Fewest distinct parties on the many side.

    Returns:
        The hubs; a party can be in several.

    Raises:
        CreditError: If degree is below 2.

    >>> book = GuaranteeBook.from_columns(guarantor=["a"] * 3, borrower=["x", "y", "z"])
    >>> [(hub.kind, hub.guarantors, hub.borrowers) for hub in find_hubs(book)]
    [('one_for_many', ('a',), ('x', 'y', 'z'))]
    """
    if degree < 2:
        message = f"degree must be at least 2, got {degree}"
        raise CreditError(message)
    arcs = book.cluster_arcs(counter_guarantees=False)
    inside = _biclique_arcs(arcs, book.node_count, degree)
    hubs: list[Hub] = []
    if inside.any():
        at = np.flatnonzero(inside)
        both = np.concatenate([arcs.source[at], arcs.target[at] + book.node_count])
        _n, part = weak_labels(both[: len(at)], both[len(at) :], 2 * book.node_count)
        parts = parts_by_label(arcs.rows[at], part[both[: len(at)]])
        hubs.extend(_hub(book, "many_to_many", rows) for rows in parts)
    rest = np.flatnonzero(~inside)
    rows, source, target = arcs.rows[rest], arcs.source[rest], arcs.target[rest]
    for kind, one, many in (("one_for_many", source, target), ("many_for_one", target, source)):
        hubs.extend(_hub(book, kind, found) for found in _stars(rows, one, many, degree))  # type: ignore[arg-type]  # words
    return tuple(
        sorted(
            hubs,
            key=lambda h: (
                -h.guaranteed_fen,
                -len(h.guarantors) - len(h.borrowers),
                -len(h.contracts),
                _keys(h.guarantors),
                h.kind,
            ),
        )
    )


def _distinct_degrees(one: Integers, many: Integers, count: int) -> Int64:
    differ = one != many
    pairs, _many = sorted_pairs(one[differ], many[differ])
    return np.bincount(pairs, minlength=count)


def _biclique_arcs(arcs: Arcs, count: int, degree: int) -> Bool:
    inside = np.ones(len(arcs.rows), np.bool_)
    while True:
        source, target = arcs.source[inside], arcs.target[inside]
        gives = _distinct_degrees(source, target, count)
        takes = _distinct_degrees(target, source, count)
        stays: Bool = inside & (gives[arcs.source] >= degree) & (takes[arcs.target] >= degree)
        if stays.sum() == inside.sum():
            return stays
        inside = stays


def _stars(rows: Int64, one: Integers, many: Integers, degree: int) -> list[Int64]:
    if not len(rows):
        return []
    wide = _distinct_degrees(one, many, int(one.max()) + 1) >= degree
    at = np.flatnonzero(wide[one] & (one != many))
    return parts_by_label(rows[at], one[at])


def _hub(book: GuaranteeBook, kind: HubKind, rows: Int64) -> Hub:
    ledger = book.ledger
    fen, unknown = money_of(book, rows)
    return Hub(
        kind=kind,
        guarantors=tuple(ledger.guarantor.distinct(rows)),
        borrowers=tuple(ledger.borrower.distinct(rows)),
        rows=tuple(rows.tolist()),
        contracts=ledger.contract_names(rows),
        guaranteed_fen=fen,
        unknown_amounts=unknown,
    )


def find_joint_groups(
    book: GuaranteeBook, groups: JointGroups | None = None
) -> tuple[JointGroup, ...]:
    """Find the joint groups (联保小组): the parties of each joint agreement.

    Args:
        book: The book, asked for its own day.
        groups: A table of members; taken as of the book's day, all of it where it has none.

    Returns:
        One group per agreement with a row that counts or a member in the table, ordered by
        known guaranteed_fen, members, contracts, largest first, then agreement id.

    Raises:
        InputError: If the table's party ids are of another kind than the ledger's.

    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b"], borrower=["b", "a"], agreement_id=["J1", "J1"]
    ... )
    >>> [(group.agreement_id, group.members) for group in find_joint_groups(book)]
    [('J1', ('a', 'b'))]
    """
    members: dict[PartyId, set[PartyId]] = {}
    rows_of: dict[PartyId, Int64] = {}
    column = book.ledger.agreement_id
    if column is not None:
        rows = book.arcs.rows[column.codes[book.arcs.rows] >= 0]
        for part in parts_by_label(rows, column.codes[rows]):
            agreement = column.index.known_ids(column.codes[part[:1]])[0]
            ends = (book.ledger.guarantor, book.ledger.borrower)
            members[agreement] = {party for end in ends for party in end.distinct(part)}
            rows_of[agreement] = np.sort(part)
    for agreement, party in _table_members(book, groups):
        members.setdefault(agreement, set()).add(party)
    none = np.zeros(0, np.int64)
    found = []
    for agreement, parties in members.items():
        rows = rows_of.get(agreement, none)
        fen, unknown = money_of(book, rows)
        found.append(
            JointGroup(
                agreement_id=agreement,
                members=tuple(sorted(parties)),
                rows=tuple(rows.tolist()),
                contracts=book.ledger.contract_names(rows),
                guaranteed_fen=fen,
                unknown_amounts=unknown,
            )
        )
    return tuple(
        sorted(
            found,
            key=lambda g: (
                -g.guaranteed_fen,
                -len(g.members),
                -len(g.contracts),
                _keys((g.agreement_id,)),
            ),
        )
    )


def _table_members(
    book: GuaranteeBook, groups: JointGroups | None
) -> list[tuple[PartyId, PartyId]]:
    if groups is None:
        return []
    kind = book.ledger.index.kind
    if len(book.ledger.index) and len(groups.party.index) and groups.party.index.kind != kind:
        message = (
            f"party must hold ids of kind {kind} like the ledger, got {groups.party.index.kind}"
        )
        raise InputError(message, column="party")
    keep = (groups.agreement_id.codes >= 0) & (groups.party.codes >= 0)
    if book.day is not None:
        day = np.datetime64(book.day, "D")
        if groups.starts_on is not None:
            keep &= ~(groups.starts_on > day)
        if groups.ends_on is not None:
            keep &= ~(groups.ends_on < day)
    rows = np.flatnonzero(keep)
    return list(
        zip(
            groups.agreement_id.index.known_ids(groups.agreement_id.codes[rows]),
            groups.party.index.known_ids(groups.party.codes[rows]),
            strict=True,
        )
    )


def find_lapsing(book: GuaranteeBook, *, within_days: int) -> tuple[Lapsing, ...]:
    """Find debts past due whose guarantee period ends soon without a demand (主张权利).

    A row is named when it counts, its debt fell due before the book's day, no demand in time is
    recorded, and the last day of its guarantee period lies at most ``within_days`` ahead.  Order:
    money at stake, largest first, unknown last, then the earlier lapse, then the row.

    Args:
        book: A book with a day, from `GuaranteeBook.as_of`.
        within_days: How many days ahead to look, 0 for those that lapse on the day itself.

    Raises:
        CreditError: If the book was never asked for a day, or within_days is negative.

    >>> import datetime
    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a"], borrower=["b"], debt_due_on=[datetime.date(2024, 1, 31)]
    ... )
    >>> soon = find_lapsing(book.as_of(datetime.date(2024, 7, 1)), within_days=30)
    >>> [found.lapses_on for found in soon]
    [datetime.date(2024, 7, 31)]
    """
    if book.day is None:
        message = "find_lapsing counts from the book's day: ask book.as_of(day) first"
        raise CreditError(message)
    if within_days < 0:
        message = f"within_days must be 0 or more, got {within_days}"
        raise CreditError(message)
    ledger = book.ledger
    if ledger.debt_due_on is None:
        return ()
    day = np.datetime64(book.day, "D")
    rows = book.cluster_arcs(counter_guarantees=False).rows
    last = ledger.period_ends_on[rows]
    soon = (ledger.debt_due_on[rows] < day) & (last >= day)
    soon &= last <= day + within_days * _ONE_DAY
    soon &= ~ledger.is_demanded_in_time[rows]
    found = _lapsing(book, rows[soon])
    return tuple(
        sorted(
            found,
            key=lambda x: (
                x.at_stake_fen is None,
                -(x.at_stake_fen or 0),
                x.lapses_on,
                x.row,
            ),
        )
    )


def _lapsing(book: GuaranteeBook, rows: Int64) -> list[Lapsing]:
    ledger = book.ledger
    if ledger.debt_due_on is None:  # pragma: no cover  # asked only with due days
        return []
    amounts, known = book.contract_amounts[0][rows], book.contract_amounts[1][rows]
    balances = loan_balances(book, rows)
    cells = zip(
        rows.tolist(),
        ledger.index.known_ids(ledger.guarantor.codes[rows]),
        ledger.index.known_ids(ledger.borrower.codes[rows]),
        ledger.debt_due_on[rows].astype(object).tolist(),
        ledger.period_ends_on[rows].astype(object).tolist(),
        amounts.tolist(),
        known.tolist(),
        balances,
        strict=True,
    )
    out = []
    for row, guarantor, borrower, due, last, amount, is_known, balance in cells:
        stakes = ([amount] if is_known else []) + ([] if balance is None else [balance])
        contract = ledger.contract_names(np.array([row]))[0]
        out.append(
            Lapsing(
                row=row,
                contract=contract,
                guarantor=guarantor,
                borrower=borrower,
                debt_due_on=due,
                lapses_on=last,
                at_stake_fen=min(stakes) if stakes else None,
            )
        )
    return out


def loan_balances(book: GuaranteeBook, rows: Int64) -> list[int | None]:
    """Return the balance of the loan that each row names, None where unknown."""
    column, loans = book.ledger.loan_id, book.loans
    if column is None or loans is None:
        return [None] * len(rows)
    codes = column.codes[rows]
    out: list[int | None] = [None] * len(rows)
    at = np.flatnonzero(codes >= 0)
    if not len(at):
        return out
    mine = rows_of_ids(loans.loan_id, column.index.known_ids(codes[at]))
    for place, loan in zip(at.tolist(), mine.tolist(), strict=True):
        if loan >= 0 and loans.balance_fen.known[loan]:
            out[place] = int(loans.balance_fen.values[loan])
    return out
