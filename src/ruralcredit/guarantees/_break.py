"""Break plans: the cheapest contracts whose end leaves no closed loop, with a proof."""

import datetime
import functools
import heapq
from collections.abc import Mapping, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError
from ruralcredit.guarantees._book import GuaranteeBook
from ruralcredit.guarantees._break_contracts import ContractId, loop_contracts
from ruralcredit.guarantees._break_parts import (
    BreakBranch,
    BreakPart,
    Net,
    PackedLoop,
    forced_part,
    net_of,
    pieces_of,
    solved_part,
)
from ruralcredit.guarantees._break_steps import BreakStep, steps_of, without_rows
from ruralcredit.guarantees._closing import loop_labels
from ruralcredit.guarantees._cover import Cover, cover
from ruralcredit.guarantees._feedback import Work
from ruralcredit.guarantees._loops import Circle, Circles, find_circles

Int64 = npt.NDArray[np.int64]
PartyId = str | int


@attrs.frozen(kw_only=True, slots=False)
class BreakPlan:
    """Contracts whose end leaves no closed loop (解环方案), and the proof of what it must cost.

    A reader checks it in one pass.  No remaining row leads backward in ``order``, so nothing goes
    round: the plan works.  Every plan must hit each loop of ``packing``, whose weights put on no
    contract more than it costs: no plan is cheaper than ``lower_bound``.  `verify_plan` does both.

    Attributes:
        cut: Contracts that end, sorted; a row number where a row has no contract id.
        cost: What ending them costs, in fen.
        lower_bound: What every plan costs at least, in fen.
        order: The parties on the loops, guarantors before those they stand in for.  Rows of a
            joint agreement that close no loop, and locked loops, are apart.
        parts: Plan and proof for each set of loops that share no contract with others.
        locked_loops: Closed walks of rows whose contracts are all locked: they stay uncut.
        locked: Contracts that had to stay, sorted.
        costs: What ending costs for each contract on a loop, in fen.

    An auditor asks which contracts to end first:

    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b", "c", "b"], borrower=["b", "c", "a", "a"],
    ...     amount_fen=[900, 300, 500, 200], contract_id=["K1", "K2", "K3", "K4"],
    ... )
    >>> plan = plan_break(book)
    >>> plan.cut, plan.cost, plan.lower_bound, plan.optimal, plan.order
    (('K2', 'K4'), 500, 500, True, ('c', 'a', 'b'))
    """

    cut: tuple[ContractId, ...]
    cost: int
    lower_bound: int
    order: tuple[PartyId, ...] = attrs.field(repr=False)
    parts: tuple[BreakPart, ...] = attrs.field(repr=False)
    locked_loops: tuple[tuple[int, ...], ...]
    locked: tuple[ContractId, ...]
    costs: Mapping[ContractId, int] = attrs.field(repr=False, hash=False)
    _net: Net = attrs.field(repr=False, eq=False)

    @property
    def book(self) -> GuaranteeBook:
        """The book that the plan is for."""
        return self._net.contracts.book

    @property
    def rows(self) -> tuple[int, ...]:
        """The rows on the loops that the plan is for, ascending."""
        return tuple(self._net.contracts.rows.tolist())

    @property
    def gap(self) -> int:
        """How much cheaper a plan could be at most, in fen."""
        return self.cost - self.lower_bound

    @property
    def optimal(self) -> bool:
        """Whether every loop is broken and no plan can be cheaper."""
        return self.gap == 0 and not self.locked_loops

    @property
    def packing(self) -> tuple[PackedLoop, ...]:
        """The weighted loops of all parts; they share no contract between parts."""
        return tuple(loop for part in self.parts for loop in part.packing)

    @property
    def branches(self) -> tuple[BreakBranch, ...]:
        """The cases of all parts whose weighted loops alone prove less."""
        return tuple(branch for part in self.parts for branch in part.branches)

    @functools.cached_property
    def steps(self) -> tuple[BreakStep, ...]:
        """What to do, most circular money removed per cost first.

        A contract that lapses in time is let expire (到期不续); of one that also has rows on no
        loop those on loops are taken out (缩减); one whose loans lose cover by the plan is
        replaced (置换); any other is released (解除).
        """
        return steps_of(self._net, self.cut)

    @functools.cached_property
    def after(self) -> GuaranteeBook:
        """The book without the contracts that end; row numbers stay what they are."""
        contracts = self._net.contracts
        gone = set(self.cut)
        numbers = [k for k, name in enumerate(contracts.names) if name in gone]
        return without_rows(self.book, contracts.rows[np.isin(contracts.number, numbers)])

    def summary(self) -> "BreakSummary":
        """Return all of it as plain values, without the book."""
        names = [field.name for field in attrs.fields(BreakSummary)]
        return BreakSummary(**{name: getattr(self, name) for name in names})

    @functools.cached_property
    def cover_before(self) -> Cover:
        """What the guarantees are worth now."""
        return cover(self.book)

    @functools.cached_property
    def cover_after(self) -> Cover:
        """What they are worth once the contracts have ended and nothing stands in their place."""
        return cover(self.after)


@attrs.frozen(kw_only=True)
class BreakSummary:
    """A break plan (解环方案) as plain values, without its book: to keep, to send, to check later.

    An auditor keeps the plan with the report that names it:

    >>> from ruralcredit.values import from_dict, to_dict
    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b"], borrower=["b", "a"], amount_fen=[5, 3]
    ... )
    >>> summary = plan_break(book).summary()
    >>> from_dict(BreakSummary, to_dict(summary)) == summary, summary.cut
    (True, (1,))
    """

    cut: tuple[ContractId, ...]
    cost: int
    lower_bound: int
    optimal: bool
    order: tuple[PartyId, ...]
    parts: tuple[BreakPart, ...]
    steps: tuple[BreakStep, ...]
    locked_loops: tuple[tuple[int, ...], ...]
    locked: tuple[ContractId, ...]


def plan_break(
    book_or_circle: GuaranteeBook | Circle | Sequence[Circle],
    *,
    cost: object = None,
    locked: Sequence[ContractId] = (),
    horizon: datetime.date | int | None = None,
    budget: int = 200_000,
) -> BreakPlan:
    """Find the cheapest contracts whose end leaves no closed loop (解环).

    Ending a contract removes all its rows.  Self-guarantees (自保) end in every plan.  Rows of
    one joint agreement alone close no loop; where agreements stand inside a loop, a plan may stay
    unproved, but its lower bound is never too high.  Of equally cheap plans one of few contracts
    is given, in small loops the one of fewest contracts and then of smallest ids.  The plan does
    not depend on the order of the rows, and no contract of it could be put back.

    Args:
        book_or_circle: A book, for all loops of `find_circles`; one circle; or some of one book.
        cost: What ending costs, in fen, one value per row of the ledger or per row that counts;
            a contract costs the sum over its rows that count.  None: its amount, once.
        locked: Contracts that must stay: ids, or row numbers of rows without one.
        horizon: Last day, or days after the book's own day: contracts that end by then cost
            nothing.
        budget: How much work may be done: one unit is a simplex pivot over a thousand loops, or
            five thousand arcs looked at in search of loops.  Beyond it the best plan so far is
            given, with a lower bound that holds; the same on every run.  Small loops come first.
            Rounding a first plan is not charged: on a loop of tens of thousands of parties it
            takes many minutes whatever the budget.

    Returns:
        The plan; where locked contracts close a loop, all other loops are broken.

    Raises:
        InputError: If ``cost`` is not whole fen, is negative or of another length than the book,
            or a contract on a loop that may end has no known amount or cost.
        CreditError: If a locked contract is not in the ledger, days are asked of a book without
            a day, the budget is no count, or circles are of several books.

    Source:
        domain text "guarantee networks", 3.7; Baharev, Schichl, Neumaier, Achterberg, "An exact
        method for the minimum feedback arc set problem" (2021).

    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b"], borrower=["b", "a"], amount_fen=[300, 500]
    ... )
    >>> plan = plan_break(book, locked=[0])
    >>> plan.cut, plan.cost, [(loop.rows, loop.weight) for loop in plan.packing]
    ((1,), 500, [((1, 0), Fraction(500, 1))])
    """
    if type(budget) is not int or budget < 0:
        message = f"budget must be a number of units of work, 0 or more, got {budget!r}"
        raise CreditError(message)
    book, rows, parties = _asked(book_or_circle)
    contracts = loop_contracts(book, rows, cost=cost, locked=locked, horizon=horizon)
    net = net_of(contracts)
    work = Work(budget)
    parts = [forced_part(net, contract) for contract in net.forced]
    parts += [solved_part(net, piece, work) for piece in pieces_of(net)]
    cut = {name for part in parts for name in part.cut}
    gone = np.array([name in cut for name in contracts.names], np.bool_)
    return BreakPlan(
        cut=tuple(name for name in contracts.names if name in cut),
        cost=sum(part.cost for part in parts),
        lower_bound=sum(part.lower_bound for part in parts),
        order=_order(net, gone, parties),
        parts=tuple(parts),
        locked_loops=tuple(tuple(rows[list(walk)].tolist()) for walk in net.locked_walks),
        locked=tuple(
            name for name, stays in zip(contracts.names, contracts.locked, strict=True) if stays
        ),
        costs=dict(zip(contracts.names, contracts.costs, strict=True)),
        net=net,
    )


def _asked(
    asked: GuaranteeBook | Circle | Sequence[Circle],
) -> tuple[GuaranteeBook, Int64, Int64]:
    """Return the book, the rows on loops and the codes of the parties on loops."""
    none = np.zeros(0, np.int64)
    if isinstance(asked, GuaranteeBook):
        asked = find_circles(asked)
    circles = [asked] if isinstance(asked, Circle) else list(asked)
    if not circles and isinstance(asked, Circles):
        return asked._part.book, none, none  # noqa: SLF001  # one room
    if not circles:
        message = "circles must hold at least one circle: ask plan_break(book) for all"
        raise CreditError(message)
    parts = [circle._part for circle in circles]  # noqa: SLF001  # one room
    if any(part is not parts[0] for part in parts):
        message = "circles must be of one answer of find_circles, these are of several"
        raise CreditError(message)
    places = [circle._at for circle in circles]  # noqa: SLF001  # one room
    rows = np.unique(np.concatenate([parts[0].rows_of(at) for at in places]))
    codes = np.unique(np.concatenate([parts[0].member_codes(at) for at in places]))
    return parts[0].book, rows, codes


def _order(net: Net, gone: npt.NDArray[np.bool_], parties: Int64) -> tuple[PartyId, ...]:
    """Order parties so that no remaining row leads backward, the smallest ids first."""
    book = net.contracts.book
    place = _places(net, ~gone[net.contracts.number])
    nodes = book.node_of[parties]
    number = net.numbers[np.searchsorted(net.nodes, nodes)]
    ranks = book.ledger.index.ranks_among(parties)
    return tuple(book.ledger.index.known_ids(parties[np.lexsort((ranks, place[number]))]))


def _places(net: Net, stays: npt.NDArray[np.bool_]) -> Int64:
    """Return the place of each node in an order without a backward row."""
    between = net.between
    source = np.concatenate([net.source[stays], between[0]])
    target = np.concatenate([net.target[stays], between[1]])
    mark = np.concatenate([net.mark[stays], between[2]])
    _labels, _inside, only_joint = loop_labels(source, target, net.count, mark)
    apart = np.zeros(len(source), np.bool_)
    apart[only_joint] = True
    node = net.merged
    leads = ~apart & (node[source] != node[target])
    return _sorted_along(node, node[source[leads]], node[target[leads]])


def _sorted_along(node: Int64, source: Int64, target: Int64) -> Int64:
    """Sort nodes topologically, the smallest first where there is a choice."""
    after: list[list[int]] = [[] for _ in node]
    waiting = np.bincount(target, minlength=len(node)).tolist()
    for one, other in zip(source.tolist(), target.tolist(), strict=True):
        after[one].append(other)
    members: dict[int, list[int]] = {}
    for member, first in enumerate(node.tolist()):
        members.setdefault(first, []).append(member)
    ready = [first for first in members if not waiting[first]]
    heapq.heapify(ready)
    place = np.full(len(node), len(node), np.int64)
    found = 0
    while ready:
        first = heapq.heappop(ready)
        for member in members[first]:
            place[member] = found
            found += 1
        for other in after[first]:
            waiting[other] -= 1
            if not waiting[other]:
                heapq.heappush(ready, other)
    return place
