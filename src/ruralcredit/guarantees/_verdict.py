"""Is a party on a closed loop: yes, no on complete data, or not to be determined."""

from collections.abc import Iterator

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError
from ruralcredit.guarantees._book import GuaranteeBook
from ruralcredit.guarantees._kernels import reached
from ruralcredit.guarantees._loops import Circle, Circles, find_circles
from ruralcredit.guarantees._reasons import (
    IN_LOOP,
    IN_NONE,
    ONLY_JOINT,
    OPEN_GUARANTEES,
    UNKNOWN_PARTY,
)
from ruralcredit.guarantees._walks import Ring
from ruralcredit.reasons import Decision, Reason

Bool = npt.NDArray[np.bool_]
PartyId = str | int

_SHOWN_OPEN = 3


def undetermined_parties(book: GuaranteeBook, circles: Circles) -> tuple[PartyId, ...]:
    """Return the parties on no known loop that an unknown guarantee could close one through.

    Unknown guarantees join open parties only.  One can close a loop through a party when the
    party reaches an open party and an open party reaches it; each reaches itself.

    Args:
        book: The book, asked for its own day.
        circles: Its closed loops.

    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b"], borrower=["b", "c"], open_parties=["a", "c"]
    ... )
    >>> undetermined_parties(book, find_circles(book))
    ('a', 'b', 'c')
    """
    between = _between_unknown(book)
    codes = np.flatnonzero(between[book.node_of])
    inside = circles.labels_of_codes(codes) >= 0
    ids = book.ledger.index.known_ids(codes[~inside])
    # Open parties that the ledger never names, such as those of unreadable rows only.
    found = book.ledger.index.find(list(book.open_parties)).tolist()
    unnamed = [p for p, code in zip(book.open_parties, found, strict=True) if code < 0]
    return tuple(sorted({*ids, *unnamed}))


def _between_unknown(book: GuaranteeBook) -> Bool:
    """Return which nodes reach an open party and are reached from one."""
    nodes = book.open_nodes
    if not len(nodes):
        return np.zeros(book.node_count, np.bool_)
    arcs, _left_out = book.loop_arcs(counter_guarantees=False, guarantee_companies=False)
    there = reached(arcs.source, arcs.target, nodes, book.node_count)
    return there & reached(arcs.target, arcs.source, nodes, book.node_count)


def check_party(book: GuaranteeBook, party: PartyId) -> Decision:
    """Say whether a party is on a closed loop (循环担保).

    Args:
        book: The book, asked for its own day.
        party: The party's id.

    Returns:
        Outcome "in_loop", with the evidence's row numbers in ``rows`` and its path in ``trace``;
        outcome "in_none" when no loop runs through it and no unknown guarantee can close one;
        status "undetermined" when one can, or when neither ledger nor party table knows the
        party; ``ask`` names the parties whose guarantees must be found out.

    Raises:
        InputError: If the id is of the other kind than the book's.

    >>> book = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "a"])
    >>> check_party(book, "a").outcome, check_party(book, "z").status
    ('in_loop', 'undetermined')
    """
    circles = find_circles(book)
    node = int(book.nodes_of([party])[0])
    held = np.flatnonzero(book.node_of == node)
    label = int(circles.labels_of_codes(held[:1])[0]) if len(held) else -1
    if label >= 0:
        return _in_loop(book, party, circles[label])
    code = int(book.ledger.index.find([party])[0])
    if node < 0 and not _is_listed(book, party):
        return _undetermined(book, UNKNOWN_PARTY.given(party=party), (party,))
    if (node >= 0 and _between_unknown(book)[node]) or party in book.open_parties:
        ask = _open_parties(book)
        shown = ", ".join(map(str, ask[:_SHOWN_OPEN]))
        reason = OPEN_GUARANTEES.given(party=party, parties=shown)
        return _undetermined(book, reason, ask)
    reasons: tuple[Reason, ...] = (IN_NONE.given(party=party),)
    agreement = _joint_agreement(book, circles, code)
    if agreement is not None:
        reasons = (*reasons, ONLY_JOINT.given(party=party, agreement=agreement))
    return Decision(outcome="in_none", status="decided", reasons=reasons, basis=book.basis)


def _undetermined(book: GuaranteeBook, reason: Reason, ask: tuple[PartyId, ...]) -> Decision:
    return Decision(
        outcome=None,
        status="undetermined",
        reasons=(reason.as_unknown(**reason.values),),
        ask=ask,
        basis=book.basis,
    )


def _in_loop(book: GuaranteeBook, party: PartyId, circle: Circle) -> Decision:
    code = int(book.ledger.index.find([party])[0])
    ledger = book.ledger
    leaving = [r for r in circle.rows if ledger.guarantor.codes[r] == code]
    walks = [circle.witness(row) for row in leaving] or [circle.witness()]
    rows = min(walks, key=lambda walk: (len(walk), walk))
    steps = circle.evidence(rows[0])
    return Decision(
        outcome="in_loop",
        status="decided",
        reasons=(IN_LOOP.given(party=party, members=len(circle.members)),),
        rows=rows,
        trace=tuple(f"{s.kind} {s.row}: {s.source} > {s.target}" for s in steps),
        basis=book.basis,
    )


def _is_listed(book: GuaranteeBook, party: PartyId) -> bool:
    if book.parties is None:
        return False
    return int(book.parties.party.index.find([party])[0]) >= 0


def _open_parties(book: GuaranteeBook) -> tuple[PartyId, ...]:
    """Return the ids of all open parties, given or of rows with a blank party."""
    blank = book.rows[~book.ledger.has_parties[book.rows]]
    named = {
        party
        for column in (book.ledger.guarantor, book.ledger.borrower)
        for party in column.distinct(blank)
    }
    return tuple(sorted({*book.open_parties, *named}))


def _joint_agreement(book: GuaranteeBook, circles: Circles, code: int) -> PartyId | None:
    """Return a joint agreement whose rows alone lead back to a party."""
    column = book.ledger.agreement_id
    joint = [found.rows for found in circles.left_out if found.reason.code == "GUA-029"]
    if code < 0 or column is None or not joint:
        return None
    rows = joint[0]
    ends = (book.ledger.guarantor.codes[rows], book.ledger.borrower.codes[rows])
    mine = column.distinct(rows[(ends[0] == code) | (ends[1] == code)])
    return mine[0] if mine else None


# --- all loops, on demand ---------------------------------------------------------------


@attrs.frozen
class Cycles:
    """Loops of a circle that somebody asked to see one by one.

    Attributes:
        items: Each loop as party ids from its smallest one on; shorter ones first.
        complete: Whether these are all loops up to the length asked.

    >>> book = GuaranteeBook.from_columns(guarantor=[1, 2], borrower=[2, 1])
    >>> cycles(find_circles(book)[0], max_length=2, max_count=1).complete
    True
    """

    items: tuple[tuple[PartyId, ...], ...]
    complete: bool


def cycles(
    circle: Circle, *, max_length: int | None, max_count: int | None, budget: int = 100_000
) -> Cycles:
    """List simple loops inside a circle, with their parties, and say whether these are all.

    A large circle holds more loops than anybody can read: the bounds are part of the question.
    The search starts from each party in turn, leaves out parties that cannot come back within
    the length, and stops when its work budget is spent, so the answer is the same on every
    machine.  Loops that only rows of one joint agreement close are left out.

    Args:
        circle: A closed loop.
        max_length: Most contracts in a loop; None for any.
        max_count: Most loops to list; None for any.
        budget: Most steps of the search.

    Returns:
        The loops found and whether they are complete up to ``max_length``.

    Raises:
        CreditError: If a bound is below 1.

    >>> book = GuaranteeBook.from_columns(guarantor=[1, 2, 2, 3], borrower=[2, 1, 3, 1])
    >>> cycles(find_circles(book)[0], max_length=3, max_count=10)
    Cycles(items=((1, 2), (1, 2, 3)), complete=True)
    """
    for name, value in (("max_length", max_length), ("max_count", max_count), ("budget", budget)):
        if value is not None and value < 1:
            message = f"{name} must be at least 1, got {value}"
            raise CreditError(message)
    ring = circle.ring
    names = [group[0] for group in circle.groups]
    search = _CycleSearch(ring, max_length or len(names), budget)
    found: list[tuple[int, ...]] = []
    complete = True
    for root in range(len(names)):
        for loop in search.from_root(root):
            if max_count is not None and len(found) == max_count:
                complete = False
                break
            found.append(loop)
        if not complete or search.budget <= 0:
            complete = False
            break
    items = sorted((tuple(names[n] for n in loop) for loop in found), key=_by_length)
    return Cycles(tuple(items), complete)


def _by_length(loop: tuple[PartyId, ...]) -> tuple[int, list[tuple[bool, PartyId]]]:
    return len(loop), [(isinstance(party, str), party) for party in loop]


class _CycleSearch:
    """Depth-first over simple ways, iterative, pruned by each party's distance back."""

    def __init__(self, ring: Ring, most: int, budget: int) -> None:
        self.most = most
        self.budget = budget
        count = len(ring.arcs)
        self.following: list[dict[int, set[int]]] = [{} for _ in range(count)]
        self.before: list[list[int]] = [[] for _ in range(count)]
        for source, arc in ring.arcs_with_source():
            if arc.target not in self.following[source]:
                self.before[arc.target].append(source)
            self.following[source].setdefault(arc.target, set()).add(arc.agreement)

    def _distances_to(self, root: int) -> dict[int, int]:
        """Return how many steps each party at or after the root needs to reach it."""
        far = {root: 0}
        queue = [root]
        for here in queue:
            for source in self.before[here]:
                self.budget -= 1
                if source >= root and source not in far and far[here] + 1 < self.most:
                    far[source] = far[here] + 1
                    queue.append(source)
        return far

    def from_root(self, root: int) -> Iterator[tuple[int, ...]]:
        """Yield the loops whose smallest party is the root."""
        far = self._distances_to(root)
        way = [root]
        inside = {root}
        stack = [iter(sorted(self.following[root]))]
        while stack and self.budget > 0:
            there = next(stack[-1], None)
            if there is None:
                stack.pop()
                inside.discard(way.pop())
                continue
            self.budget -= 1
            if there == root:
                if self._is_loop(way):
                    yield tuple(way)
            elif there not in inside and len(way) + far.get(there, self.most) < self.most + 1:
                way.append(there)
                inside.add(there)
                stack.append(iter(sorted(self.following[there])))

    def _is_loop(self, way: list[int]) -> bool:
        """Say whether some choice of rows along a way is not all of one joint agreement."""
        steps = [
            self.following[one][other] for one, other in zip(way, [*way[1:], way[0]], strict=True)
        ]
        shared = set.intersection(*steps)
        same = len(shared) == 1 and all(len(step) == 1 for step in steps)
        return not same or shared == {-1}
