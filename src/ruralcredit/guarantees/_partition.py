"""Parties parted into numbered groups, with the columns that loops and clusters share.

Everything here is a column over groups; a group becomes an object only when looked at.
"""

import functools
import itertools

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError
from ruralcredit.guarantees._book import Arcs, GuaranteeBook
from ruralcredit.guarantees._kernels import BLOCK, gather, gather_into

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]
PartyId = str | int

# Ids are spelled out for this many groups at once: one by one would cost more than the ids.
_CHUNK = 1_024
_INT64_MAX = np.iinfo(np.int64).max


def grouped(labels: npt.NDArray[np.integer], count: int) -> tuple[Int64, Int64]:
    """Return positions ordered by label, and where each label starts; -1 is left out."""
    inside = np.flatnonzero(labels >= 0)
    kept = labels[inside]
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(kept, minlength=count), out=starts[1:])
    # Label and position in one word: sorting these is ten times as fast as sorting stably.
    packed = (kept.astype(np.uint64) << np.uint64(32)) | inside.astype(np.uint64)
    packed.sort()
    return (packed & np.uint64(0xFFFFFFFF)).astype(np.int64), starts


@attrs.frozen(slots=False, eq=False)
class Partition:
    """Groups of parties in the order of their sequence.

    Attributes:
        book: The book they were found in.
        labels: Group of each party code, -1 for none: int32 of shape ``(parties,)``.
        position: Group of each label as the kernels number them.
        rows: Row numbers inside a group, ascending.
        row_labels: The kernels' label of each of these rows.
    """

    book: GuaranteeBook
    labels: Int32
    position: Int32
    rows: Int64
    row_labels: Int32
    guaranteed_fen: Int64
    unknown_amounts: Int64
    member_counts: Int64
    contract_counts: Int64

    def __len__(self) -> int:
        """Count the groups."""
        return len(self.member_counts)

    @functools.cached_property
    def _members(self) -> tuple[Int64, Int64]:
        return grouped(self.labels, len(self))

    @functools.cached_property
    def _rows(self) -> tuple[Int64, Int64]:
        order, starts = grouped(self.position[self.row_labels], len(self))
        return self.rows[order], starts

    def members_of(self, group: int) -> tuple[PartyId, ...]:
        """Return the parties of a group, sorted."""
        chunk, place = divmod(group, _CHUNK)
        spelled = self._spelled.get(chunk)
        if spelled is None:
            spelled = self._spelled[chunk] = self._spell_chunk(chunk * _CHUNK)
        return spelled[place]

    @functools.cached_property
    def _spelled(self) -> dict[int, list[tuple[PartyId, ...]]]:
        return {}

    def _spell_chunk(self, first: int) -> list[tuple[PartyId, ...]]:
        order, starts = self._members
        cuts = starts[first : first + _CHUNK + 1]
        index = self.book.ledger.index
        ids = tuple(index.known_ids(order[cuts[0] : cuts[-1]]))
        groups = [ids[begin:end] for begin, end in itertools.pairwise((cuts - cuts[0]).tolist())]
        # Codes need not stand in the order of the ids; then the ids themselves decide.
        return groups if index.is_sorted else [tuple(sorted(group)) for group in groups]

    def member_codes(self, group: int) -> Int64:
        """Return the party codes of a group, in the order of the ids."""
        order, starts = self._members
        codes = order[starts[group] : starts[group + 1]]
        return codes[np.argsort(self.book.ledger.index.ranks_among(codes))]

    def rows_of(self, group: int) -> Int64:
        """Return the row numbers of a group, ascending."""
        rows, starts = self._rows
        return rows[starts[group] : starts[group + 1]]

    @functools.cached_property
    def labels_of_rows(self) -> Int64:
        """Group of each row of the ledger, -1 for rows inside none."""
        out = np.full(len(self.book.ledger), -1, np.int64)
        out[self.rows] = self.position[self.row_labels]
        out.flags.writeable = False
        return out

    def label_of(self, parties: object) -> Int64:
        """Return the group of each party asked for, -1 for none."""
        codes = self.book.ledger.index.find(parties)
        found = np.empty(len(codes), np.int64)
        # The last place stands for -1: a party that no row names.
        gather_into(found, np.append(self.labels, np.int32(-1)), codes)
        return found

    @functools.cached_property
    def loan_labels(self) -> Int64:
        """Group of each loan's borrower, -1 for none; empty without a loans table."""
        loans = self.book.loans
        if loans is None:  # pragma: no cover  # asked only beside a loans table
            return np.zeros(0, np.int64)
        index = loans.borrower.index
        mine = self.label_of(index.known_ids(np.arange(len(index))))
        codes = loans.borrower.codes
        return np.where(codes >= 0, mine[codes], -1) if len(mine) else codes.astype(np.int64)

    @functools.cached_property
    def loans_fen(self) -> Int64:
        """Known balance of the members' loans, each loan once."""
        return self._loans(overdue=False)

    @functools.cached_property
    def overdue_fen(self) -> Int64:
        """Known balance of the members' loans that are overdue."""
        return self._loans(overdue=True)

    def _loans(self, *, overdue: bool) -> Int64:
        loans = self.book.loans
        total = np.zeros(len(self), np.int64)
        if loans is None:  # pragma: no cover  # asked only beside a loans table
            return total
        take = self.loan_labels >= 0
        if overdue:
            if loans.overdue_days is None:  # pragma: no cover  # asked only where it is told
                return total
            take &= loans.overdue_days.values > 0
        return exact_sums(self.loan_labels[take], loans.balance_fen.values[take], len(self))


def exact_sums(labels: npt.NDArray[np.integer], amounts: Int64, count: int) -> Int64:
    """Add up fen per label exactly; a sum beyond int64 is an error, it never wraps."""
    total = np.zeros(count, np.int64)
    if int(amounts.max(initial=0)) * len(amounts) > _INT64_MAX:
        rough = np.bincount(labels, amounts, count)
        if (rough >= _INT64_MAX).any():
            message = (
                f"the amounts of one group add up to {rough.max():.3g} fen, beyond int64: "
                "look for amounts in the wrong unit"
            )
            raise CreditError(message)
    for i in range(0, len(labels), BLOCK):
        at = labels[i : i + BLOCK].astype(np.int64, copy=False)
        np.add.at(total, at, amounts[i : i + BLOCK])
    return total


def make_partition(book: GuaranteeBook, node_labels: Int32, arcs: Arcs) -> Partition:
    """Number groups of nodes by money, members, contracts (largest first) and smallest id.

    Args:
        book: The book; its nodes are parties, or merged groups.
        node_labels: Group of each node, -1 for none, in any numbering without gaps.
        arcs: The arcs inside the groups.
    """
    labels = node_labels if book.relations is None else gather(node_labels, book.node_of)
    count = int(node_labels.max(initial=-1)) + 1
    rows, row_labels = arcs.rows, gather(node_labels, arcs.source)
    fen, unknown, contracts = _money(book, rows, row_labels, count)
    members = np.bincount(labels.compress(labels >= 0), minlength=count)
    order = _order(book, labels, fen, members, contracts)
    position = np.empty(count, np.int32)
    position[order] = np.arange(count, dtype=np.int32)
    part = Partition(
        book=book,
        labels=_renumbered(position, labels),
        rows=rows,
        position=position,
        row_labels=row_labels,
        guaranteed_fen=fen[order],
        unknown_amounts=unknown[order],
        member_counts=members[order],
        contract_counts=contracts[order],
    )
    for name in ("guaranteed_fen", "unknown_amounts", "member_counts", "contract_counts"):
        getattr(part, name).flags.writeable = False
    return part


def _renumbered(position: Int32, labels: Int32) -> Int32:
    # The last place stands for -1: no group.
    return gather(np.append(position, np.int32(-1)), labels)


def _money(
    book: GuaranteeBook, rows: Int64, row_labels: Int32, count: int
) -> tuple[Int64, Int64, Int64]:
    """Return known fen, contracts of unknown amount, and contracts, per group."""
    amounts, known = book.contract_amounts
    if len(rows) < len(amounts):
        amounts, known = amounts[rows], known[rows]
    if book.ledger.contract_id is not None:
        # One row stands for each contract of a group.
        codes, contracts = book.ledger.contract_codes
        keys = row_labels.astype(np.int64) * contracts + codes[rows]
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        first = np.ones(len(ordered), np.bool_)
        np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
        one = order[first]
        row_labels, amounts, known = row_labels[one], amounts[one], known[one]
    per_group = np.bincount(row_labels, minlength=count)
    if known.all():
        unknown = np.zeros(count, np.int64)
    else:
        unknown = np.bincount(row_labels[~known], minlength=count)
    return exact_sums(row_labels, amounts, count), unknown, per_group


def _order(
    book: GuaranteeBook, labels: Int32, fen: Int64, members: Int64, contracts: Int64
) -> Int64:
    """Sort groups by fen, members, contracts, largest first; ties by smallest id."""
    order = np.argsort(-fen)
    ordered = fen[order]
    same = np.zeros(len(order), np.bool_)
    np.equal(ordered[1:], ordered[:-1], out=same[1:])
    same[:-1] |= same[1:]
    if not same.any():
        return order
    # Only groups of equal money need the further keys, and the ids that break their ties.
    places = np.flatnonzero(same)
    tied = order[places]
    smallest = np.zeros(len(fen), np.int64)
    smallest[tied] = _smallest_ranks(book, labels, tied, len(fen))[tied]
    keys = (smallest[tied], -contracts[tied], -members[tied], -fen[tied])
    order[places] = tied[np.lexsort(keys)]
    return order


def _smallest_ranks(book: GuaranteeBook, labels: Int32, tied: Int64, count: int) -> Int64:
    wanted = np.zeros(count + 1, np.bool_)
    wanted[tied] = True
    codes = np.flatnonzero(gather(wanted, labels))
    smallest = np.full(count, np.iinfo(np.int64).max, np.int64)
    np.minimum.at(smallest, labels[codes], book.ledger.index.ranks_among(codes))
    return smallest
