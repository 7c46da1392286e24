"""A slow, small second opinion on guarantee books, written from the definitions alone.

Nothing here imports the library.  Every function tries all cases (subsets, days,
simple cycles, cuts), so it is for books of about eight parties; what it says is meant to
be right at a glance, not fast.  The sentence that each function spells out stands in its
docstring.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

import pendulum

Id = Hashable
Day = datetime.date
DEFAULT_MONTHS = 6
OUTSIDE = ("a party of another bank",)


class Row(NamedTuple):
    """One row of a guarantee ledger; None is unknown."""

    number: int
    guarantor: Id
    borrower: Id
    amount: int | None = None
    contract: Id = None
    loan: Id = None
    starts: Day | None = None
    due: Day | None = None
    months: int | None = None
    demanded: Day | None = None
    released: Day | None = None
    settled: Day | None = None
    known: Day | None = None
    agreement: Id = None
    layer: str | None = None

    @property
    def is_self(self) -> bool:
        """Whether the party guarantees itself."""
        return self.guarantor == self.borrower

    @property
    def contract_key(self) -> tuple[str, Id]:
        """Name of its contract: a row without a contract id is its own contract."""
        return ("id", self.contract) if self.contract is not None else ("row", self.number)


FIELDS = {
    "guarantor": "guarantor",
    "borrower": "borrower",
    "amount_fen": "amount",
    "contract_id": "contract",
    "loan_id": "loan",
    "starts_on": "starts",
    "debt_due_on": "due",
    "guarantee_months": "months",
    "demanded_on": "demanded",
    "released_on": "released",
    "settled_on": "settled",
    "known_on": "known",
    "agreement_id": "agreement",
    "layer": "layer",
}


def read(columns: Mapping[str, object]) -> list[Row]:
    """Rows of the columns that ``GuaranteeBook.from_columns`` takes, given as lists."""
    known = {ours: columns[theirs] for theirs, ours in FIELDS.items() if theirs in columns}
    lists: dict[str, Sequence[object]] = {k: v for k, v in known.items() if isinstance(v, list)}
    return [
        Row(number=n, **{name: cells[n] for name, cells in lists.items()})  # type: ignore[arg-type]
        for n in range(len(lists["guarantor"]))
    ]


# ---- time ----------------------------------------------------------------------------


def liable_until(row: Row) -> Day | None:
    """Last day the guarantor is bound; None is open-ended.

    Due day plus the agreed months, or six where none are agreed; open-ended when the due
    day is unknown or a demand was made no later than that last day.
    """
    if row.due is None:
        return None
    months = row.months if row.months is not None and row.months > 0 else DEFAULT_MONTHS
    end = pendulum.Date(row.due.year, row.due.month, row.due.day).add(months=months)
    last = datetime.date(end.year, end.month, end.day)
    return None if row.demanded is not None and row.demanded <= last else last


def counts_on(row: Row, day: Day | None, known_by: Day | None = None) -> bool:
    """Whether the row counts on a day; without a day: not released and not settled."""
    if day is None:
        return row.released is None and row.settled is None
    last = liable_until(row)
    return (
        (row.starts is None or row.starts <= day)
        and (last is None or day <= last)
        and (row.released is None or day < row.released)
        and (row.settled is None or day < row.settled)
        and (known_by is None or row.known is None or row.known <= known_by)
    )


def end_of(row: Row) -> Day | None:
    """First day on which the row no longer counts; None is open-ended."""
    last = liable_until(row)
    ends = [row.released, row.settled, last + datetime.timedelta(days=1) if last else None]
    return min((end for end in ends if end is not None), default=None)


def is_blank(party: Id) -> bool:
    """Whether a party cell names nobody: unknown, empty or only white space."""
    return party is None or (isinstance(party, str) and not party.strip())


def arcs_of(
    rows: Iterable[Row],
    *,
    counter_guarantees: bool = False,
    companies: Iterable[Id] = (),
) -> list[Row]:
    """Rows that can lie on a loop: two known parties, own layer, no licensed company."""
    licensed = set(companies)
    return [
        row
        for row in rows
        if not is_blank(row.guarantor)
        and not is_blank(row.borrower)
        and (counter_guarantees or row.layer != "counter")
        and row.guarantor not in licensed
    ]


# ---- structure -----------------------------------------------------------------------


def parties_of(rows: Iterable[Row]) -> set[Id]:
    """Every party that a row names."""
    return {party for row in rows for party in (row.guarantor, row.borrower)}


def reach(rows: Sequence[Row]) -> dict[Id, set[Id]]:
    """For each party, every party at the end of a walk of at least one row (closure)."""
    found: dict[Id, set[Id]] = {party: set() for party in parties_of(rows)}
    for row in rows:
        found[row.guarantor].add(row.borrower)
    for middle, first, last in itertools.product(found, repeat=3):
        if middle in found[first] and last in found[middle]:
            found[first].add(last)
    return found


def strong_sets(rows: Sequence[Row]) -> set[frozenset[Id]]:
    """Sets of parties that reach each other; a single one only when it reaches itself."""
    closure = reach(rows)
    return {
        frozenset(b for b in ends if a in closure[b]) | {a}
        for a, ends in closure.items()
        if a in ends
    }


def weak_sets(rows: Sequence[Row]) -> set[frozenset[Id]]:
    """Sets of parties joined by rows read in either direction."""
    both = [*rows, *(row._replace(guarantor=row.borrower, borrower=row.guarantor) for row in rows)]
    return strong_sets(both)


def inside(rows: Iterable[Row], members: Iterable[Id]) -> list[Row]:
    """Rows with both parties among the members."""
    among = set(members)
    return [row for row in rows if row.guarantor in among and row.borrower in among]


def blocks(rows: Sequence[Row]) -> set[frozenset[Id]]:
    """Largest sets of two or more joined parties that no single party's loss parts."""

    def joined(members: tuple[Id, ...]) -> bool:
        own = [row for row in inside(rows, members) if not row.is_self]
        return len(members) == 1 or weak_sets(own) == {frozenset(members)}

    def holds(members: tuple[Id, ...]) -> bool:
        return joined(members) and all(
            joined(tuple(m for m in members if m != lost)) for lost in members
        )

    parties = sorted(parties_of(rows), key=repr)
    found: list[frozenset[Id]] = []
    for size in range(len(parties), 1, -1):
        for members in itertools.combinations(parties, size):
            if not any(set(members) <= block for block in found) and holds(members):
                found.append(frozenset(members))
    return set(found)


def is_one_agreement(rows: Iterable[Row]) -> bool:
    """Whether all rows carry one and the same joint agreement."""
    agreements = {row.agreement for row in rows}
    return len(agreements) == 1 and None not in agreements


def loop_rows(rows: Sequence[Row]) -> list[Row]:
    """Rows that lie on a closed loop.

    Inside each strong set, a block whose rows all carry one joint agreement is a joint
    group and no loop; so is a self-guarantee under an agreement.  What then still lies
    inside a strong set closes a loop.
    """
    others = [row for row in rows if not (row.is_self and row.agreement is not None)]
    kept: list[Row] = []
    for members in strong_sets(others):
        own = inside(others, members)
        groups = [block for block in blocks(own) if is_one_agreement(_between(own, block))]
        kept += [row for row in own if row.is_self or not any(_lies_in(row, g) for g in groups)]
    return sorted(row for found in strong_sets(kept) for row in inside(kept, found))


def _between(rows: Iterable[Row], block: frozenset[Id]) -> list[Row]:
    return [row for row in inside(rows, block) if not row.is_self]


def _lies_in(row: Row, block: frozenset[Id]) -> bool:
    return row.guarantor in block and row.borrower in block


def loops(rows: Sequence[Row]) -> set[frozenset[Id]]:
    """Closed loops as sets of parties: the strong sets of the rows that lie on one."""
    return strong_sets(loop_rows(rows))


def simple_cycles(rows: Sequence[Row]) -> set[tuple[Id, ...]]:
    """Every simple cycle of parties, each written once from its smallest party."""
    parties = sorted(parties_of(rows), key=_order)
    pairs = {(row.guarantor, row.borrower) for row in rows}
    found: set[tuple[Id, ...]] = set()

    def walk(path: tuple[Id, ...]) -> None:
        if (path[-1], path[0]) in pairs:
            found.add(path)
        for party in parties[parties.index(path[0]) + 1 :]:
            if party not in path and (path[-1], party) in pairs:
                walk((*path, party))

    for party in parties:
        walk((party,))
    return found


def _order(party: Id) -> tuple[str, Id]:
    return (type(party).__name__, party)


def is_mixed(cycle: Sequence[Id], rows: Sequence[Row]) -> bool:
    """Whether rows along the cycle can be chosen that are not all of one agreement."""
    steps = [
        {r.agreement for r in rows if (r.guarantor, r.borrower) == pair}
        for pair in zip(cycle, [*cycle[1:], cycle[0]], strict=True)
    ]
    return any(not is_one_agreement(_named(choice)) for choice in itertools.product(*steps))


def _named(agreements: Iterable[Id]) -> list[Row]:
    return [Row(0, "a", "b", agreement=agreement) for agreement in agreements]


def mixed_cycles(rows: Sequence[Row]) -> set[tuple[Id, ...]]:
    """Simple cycles that no joint agreement closes by itself."""
    return {cycle for cycle in simple_cycles(rows) if is_mixed(cycle, rows)}


def kind_of(rows: Sequence[Row]) -> str:
    """Shape of a loop from its rows: self, mutual, ring or compound."""
    members = parties_of(rows)
    pairs = {(row.guarantor, row.borrower) for row in rows if not row.is_self}
    if len(members) == 1:
        return "self"
    if len(members) == 2:
        return "mutual"
    return "ring" if len(pairs) == len(members) else "compound"


def density_of(rows: Sequence[Row]) -> float | None:
    """Distinct ordered pairs over m(m-1); None for one party."""
    members = parties_of(rows)
    pairs = {(row.guarantor, row.borrower) for row in rows if not row.is_self}
    return len(pairs) / (len(members) * (len(members) - 1)) if len(members) > 1 else None


def shortest_walk(rows: Sequence[Row], through: Row) -> int | None:
    """Rows in a shortest closed walk from the given row on, not all of one agreement.

    Breadth first over where the walk stands and whether another agreement, or none, was
    met; None when every closed walk stays inside one agreement.
    """

    def mixes(row: Row) -> bool:
        return row.agreement is None or row.agreement != through.agreement

    seen: set[tuple[Id, bool]] = set()
    frontier, length = {(through.borrower, mixes(through))}, 1
    while frontier:
        if (through.guarantor, True) in frontier:
            return length
        seen |= frontier
        steps = {
            (row.borrower, mixed or mixes(row))
            for row in rows
            for party, mixed in frontier
            if row.guarantor == party
        }
        frontier = steps - seen
        length += 1
    return None


def mutual_pairs(rows: Sequence[Row]) -> set[frozenset[Id]]:
    """Pairs that stand in for each other, not by one joint agreement alone."""
    return {frozenset(cycle) for cycle in mixed_cycles(rows) if len(cycle) == 2}


def longest_chains(rows: Sequence[Row]) -> list[int]:
    """Longest chain of each weak set, in parties: strong sets on the way count as one."""
    closure = reach(rows)

    def leads(one: Id, other: Id) -> bool:
        return other in closure[one] and one not in closure[other]

    longest = dict.fromkeys(closure, 1)
    for _ in closure:
        for one, other in itertools.permutations(closure, 2):
            if leads(one, other):
                longest[one] = max(longest[one], longest[other] + 1)
    return sorted(max(longest[party] for party in cluster) for cluster in weak_sets(rows))


def hubs(rows: Sequence[Row], degree: int) -> set[tuple[str, frozenset[int]]]:
    """Kind and row numbers of each hub: first many to many, then what fans out or in.

    Many to many is what stays when guarantors and borrowers with fewer than ``degree``
    distinct others are taken out again and again.
    """

    def others(among: Sequence[Row], row: Row, *, gives: bool) -> int:
        met = {
            (other.borrower if gives else other.guarantor)
            for other in among
            if (other.guarantor == row.guarantor if gives else other.borrower == row.borrower)
            and not other.is_self
        }
        return len(met)

    inner = list(rows)
    while True:
        kept = [
            row
            for row in inner
            if others(inner, row, gives=True) >= degree
            and others(inner, row, gives=False) >= degree
        ]
        if kept == inner:
            break
        inner = kept
    sides = [
        row._replace(guarantor=("g", row.guarantor), borrower=("b", row.borrower)) for row in inner
    ]
    found = {
        ("many_to_many", frozenset(row.number for row in inside(sides, part)))
        for part in weak_sets(sides)
    }
    rest = [row for row in rows if row not in inner and not row.is_self]
    for kind, gives in (("one_for_many", True), ("many_for_one", False)):
        for row in rest:
            if others(rest, row, gives=gives) >= degree:
                own = (r for r in rest if (r[1] == row[1] if gives else r[2] == row[2]))
                found.add((kind, frozenset(r.number for r in own)))
    return found


# ---- money ---------------------------------------------------------------------------


def contract_amounts(rows: Iterable[Row], book: Iterable[Row]) -> dict[tuple[str, Id], int | None]:
    """Amount of each contract of some rows; None where no row states one.

    The largest known amount among the rows of the contract that count, on the loop or not;
    a negative amount is unknown.
    """
    stated: dict[tuple[str, Id], list[int]] = {}
    for row in book:
        if row.amount is not None and row.amount >= 0:
            stated.setdefault(row.contract_key, []).append(row.amount)
    return {row.contract_key: max(stated.get(row.contract_key, ()), default=None) for row in rows}


def guaranteed(rows: Iterable[Row], book: Iterable[Row]) -> tuple[int, int, int]:
    """Sum of the known contract amounts, contracts without one, and all contracts."""
    amounts = contract_amounts(rows, book)
    known = [amount for amount in amounts.values() if amount is not None]
    return sum(known), len(amounts) - len(known), len(amounts)


class Loan(NamedTuple):
    """One loan of the loans table."""

    loan: Id
    borrower: Id
    balance: int | None
    overdue_days: int | None = None


def loans_total(loans: Iterable[Loan], members: Iterable[Id]) -> int:
    """Known balances of the members' loans, each loan once."""
    among = set(members)
    return sum(loan.balance or 0 for loan in loans if loan.borrower in among)


def covered(
    rows: Sequence[Row], book: Iterable[Row], loans: Iterable[Loan], members: Iterable[Id]
) -> int:
    """Most that the rows' contracts can cover of the members' loans.

    Each contract pays at most its amount, each loan takes at most its balance; by the
    minimum cut, tried over all sets of contracts.
    """
    among = set(members)
    owed = {loan.loan: loan.balance or 0 for loan in loans if loan.borrower in among}
    owner = {loan.loan: loan.borrower for loan in loans}
    amounts = {key: amount or 0 for key, amount in contract_amounts(rows, book).items()}
    covers: dict[tuple[str, Id], set[Id]] = {key: set() for key in amounts}
    for row in rows:
        covers[row.contract_key] |= {
            loan
            for loan in owed
            if (row.loan == loan if row.loan is not None else owner[loan] == row.borrower)
        }
    cuts = []
    for kept in itertools.product((False, True), repeat=len(amounts)):
        chosen = {key for key, keep in zip(amounts, kept, strict=True) if keep}
        cut = sum(amount for key, amount in amounts.items() if key not in chosen)
        cuts.append(cut + sum(owed[loan] for loan in set().union(*(covers[k] for k in chosen))))
    return min(cuts)


# ---- when a loop closed and when it ends ---------------------------------------------


def closed_on(rows: Sequence[Row]) -> Day | None:
    """First day whose rows hold a loop; None when rows of unknown start already do."""
    if loops([row for row in rows if row.starts is None]):
        return None
    for day in sorted({row.starts for row in rows if row.starts is not None}):
        if loops([row for row in rows if row.starts is None or row.starts <= day]):
            return day
    return None


def closed_by(rows: Sequence[Row]) -> set[tuple[str, Id]]:
    """Contracts with a row that starts on that day and lies on a loop then."""
    day = closed_on(rows)
    if day is None:
        return set()
    then = [row for row in rows if row.starts is None or row.starts <= day]
    return {row.contract_key for row in loop_rows(then) if row.starts == day}


def ends_on(rows: Sequence[Row]) -> Day | None:
    """First day without a loop if nothing is renewed; None while an open one stays."""
    ends = {row: end_of(row) for row in rows}
    for day in sorted({end for end in ends.values() if end is not None}):
        left = [row for row in rows if (end := ends[row]) is None or end > day]
        if not loops(left):
            return day
    return None


# ---- related parties -----------------------------------------------------------------


def groups_of(parties: Iterable[Id], links: Iterable[tuple[Id, Id]]) -> dict[Id, frozenset[Id]]:
    """The merged party of each party: all of them that links join, itself when none does.

    Links may lead through parties that are not among them; those belong to no group.
    """
    among = set(parties)
    rows = [Row(n, a, b) for n, (a, b) in enumerate(links)]
    rows += [Row(-1, party, party) for party in among]
    groups = [group & among for group in weak_sets(rows)]
    return {party: group for group in groups for party in group}


def merged(rows: Iterable[Row], groups: Mapping[Id, frozenset[Id]]) -> list[Row]:
    """Rows between merged parties; rows inside a group of two or more are intra-group."""
    moved = [
        row._replace(guarantor=groups[row.guarantor], borrower=groups[row.borrower])
        for row in rows
    ]
    return [
        row
        for row in moved
        if not (row.guarantor == row.borrower and len(groups_member(row.guarantor)) > 1)
    ]


def groups_member(group: Id) -> frozenset[Id]:
    """Members of a merged party."""
    return group if isinstance(group, frozenset) else frozenset({group})


def hidden_loops(
    rows: Sequence[Row], groups: Mapping[Id, frozenset[Id]]
) -> dict[frozenset[Id], list[Row]]:
    """Loops that exist only because parties are related, as sets of merged parties.

    A loop of at least two merged parties whose set is not the image of one raw loop, with
    the rows that lie on it.
    """
    images = {frozenset(groups[party] for party in loop) for loop in loops(rows)}
    lying = loop_rows(merged(rows, groups))
    return {
        loop: inside(lying, loop)
        for loop in strong_sets(lying)
        if len(loop) > 1 and loop not in images
    }


# ---- three answers -------------------------------------------------------------------


def could_be_in_loop(rows: Sequence[Row], party: Id, open_parties: Iterable[Id]) -> bool:
    """Whether guarantees that nobody recorded could put the party on a loop.

    What a party that is not open gave and received is all recorded, so the unknown rows
    join open parties with each other and with parties of other banks; all are tried.
    """
    ends = [*open_parties, OUTSIDE]
    unknown = [Row(-1 - n, a, b) for n, (a, b) in enumerate(itertools.permutations(ends, 2))]
    return any(party in loop for loop in loops([*rows, *unknown]))


def verdict(
    rows: Sequence[Row], party: Id, open_parties: Iterable[Id], known: Iterable[Id]
) -> str:
    """In a loop, in none, or undetermined: by reach to and from an open party."""
    if any(party in loop for loop in loops(rows)):
        return "in_loop"
    if party not in set(known) | parties_of(rows):
        return "undetermined"
    closure = reach(rows)
    opened = set(open_parties)
    forth = (closure.get(party, set()) | {party}) & opened
    back = {other for other in opened if other == party or party in closure.get(other, set())}
    return "undetermined" if forth and back else "in_none"
