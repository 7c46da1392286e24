"""Reading the proof of a break plan: everything is checked anew from the book."""

import functools
import math
from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np

from ruralcredit.guarantees._break import BreakPlan
from ruralcredit.guarantees._break_contracts import ContractId
from ruralcredit.guarantees._break_parts import BreakPart, PackedLoop
from ruralcredit.guarantees._break_steps import without_rows
from ruralcredit.guarantees._loops import find_circles


def verify_plan(plan: BreakPlan) -> tuple[str, ...]:
    """Check a break plan from its book; return what is wrong, nothing where all holds.

    Checked are the plan (its contracts may end, its cost adds up, no loop is left, no remaining
    row leads backward in its order) and its bound (each weighted loop is a closed walk of rows
    of more than one agreement or of none, no contract carries more than it costs, the cases leave
    none out, and the weights add up to the bound).

    Args:
        plan: What `plan_break` gave.

    Returns:
        One sentence per problem.

    >>> from ruralcredit.guarantees import GuaranteeBook, plan_break
    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b"], borrower=["b", "a"], amount_fen=[300, 500]
    ... )
    >>> import attrs
    >>> plan = plan_break(book)
    >>> verify_plan(plan), verify_plan(attrs.evolve(plan, cost=299))
    ((), ('the cut costs 300 fen, not 299', 'the parts cost 300 fen, not 299'))
    """
    reading = _Reading(plan)
    return (
        *_wrong_with_cut(plan),
        *reading.backward_rows(),
        *(problem for part in plan.parts for problem in reading.wrong_with_part(part)),
        *reading.shared_contracts(),
    )


def _wrong_with_cut(plan: BreakPlan) -> Iterator[str]:
    for name in plan.cut:
        if name in plan.locked:
            yield f"contract {name!r} is locked and cut"
        if name not in plan.costs:
            yield f"contract {name!r} is on no loop and cut"
    cost = sum(plan.costs.get(name, 0) for name in plan.cut)
    if cost != plan.cost:
        yield f"the cut costs {cost} fen, not {plan.cost}"
    for what, stated, parts in (
        ("cost", plan.cost, sum(part.cost for part in plan.parts)),
        ("are bounded by", plan.lower_bound, sum(part.lower_bound for part in plan.parts)),
    ):
        if stated != parts:
            yield f"the parts {what} {parts} fen, not {stated}"
    if sorted(map(str, plan.cut)) != sorted(str(n) for part in plan.parts for n in part.cut):
        yield "the parts cut other contracts than the plan"
    here = set(plan.rows)
    locked = [set(walk) for walk in plan.locked_loops]
    for circle in find_circles(plan.after):
        rows = set(circle.rows)
        if rows & here and not any(walk <= rows for walk in locked):
            yield f"rows {circle.witness()} still close a loop"


class _Reading:
    """A plan's rows as arcs between nodes, and its contracts."""

    def __init__(self, plan: BreakPlan) -> None:
        self.plan = plan
        book = plan.book
        self.names = dict(zip(plan.rows, map(self._name, plan.rows), strict=True))
        arcs = book.arcs_of(np.array(plan.rows, np.int64))
        ends = zip(arcs.source.tolist(), arcs.target.tolist(), strict=True)
        self.ends = dict(zip(plan.rows, ends, strict=True))
        column = book.ledger.agreement_id
        marks = [-1] * len(plan.rows)
        if column is not None:
            marks = column.codes[list(plan.rows)].tolist()
        self.marks = dict(zip(plan.rows, marks, strict=True))

    def _name(self, row: int) -> ContractId:
        return self.plan.book.ledger.contract_names(np.array([row], np.int64))[0]

    def backward_rows(self) -> Iterator[str]:
        """Find remaining rows that lead backward and do not lie on what is left apart."""
        plan, book = self.plan, self.plan.book
        codes = book.ledger.index.find(list(plan.order))
        place: dict[int, int] = {}
        for position, node in enumerate(book.node_of[codes].tolist()):
            place.setdefault(node, position)
        missing = {node for ends in self.ends.values() for node in ends} - place.keys()
        if missing:
            yield f"{len(missing)} parties on loops are missing in the order"
        gone = set(plan.cut)
        left = find_circles(plan.after)
        apart = {row for walk in plan.locked_loops for row in walk}
        for row, (source, target) in self.ends.items():
            is_forward = place.get(source, -1) < place.get(target, -1)
            if is_forward or self.names[row] in gone or self.marks[row] >= 0 or row in apart:
                continue
            if left.row_labels[row] < 0:
                yield f"row {row} leads backward in the order"

    # --- the bound ---

    def wrong_with_part(self, part: BreakPart) -> Iterator[str]:
        """Check the proof of one part."""
        least = _rounded_up(_weight(part.packing), part.unit_fen)
        yield from self.wrong_with_packing(part.packing, free=())
        if any(
            self.plan.costs[name] % part.unit_fen
            for name in _contracts(part) - {*self.plan.locked}
        ):
            yield f"not every cost is a multiple of {part.unit_fen} fen"
        if part.branches:
            least = max(least, self._least_of_branches(part))
            for branch in part.branches:
                yield from self.wrong_with_packing(branch.packing, free=branch.kept)
                if any(set(branch.cut) & set(loop.contracts) for loop in branch.packing):
                    yield "a case counts a loop that it cuts"
        if min(least, part.cost) != part.lower_bound:
            yield f"the loops prove {least} fen, not {part.lower_bound}"

    def wrong_with_packing(
        self, packing: Iterable[PackedLoop], *, free: Iterable[ContractId]
    ) -> Iterator[str]:
        """Check that weighted loops are loops, and what they put on contracts."""
        weighted = list(packing)
        for loop in weighted:
            yield from self._wrong_with_loop(loop)
        may_carry_any = {*free, *self.plan.locked}
        for name, load in _loads(weighted).items():
            if name not in may_carry_any and load > self.plan.costs[name]:
                yield f"contract {name!r} carries {load}, more than it costs"

    def _wrong_with_loop(self, loop: PackedLoop) -> Iterator[str]:
        if not set(loop.rows) <= self.ends.keys():
            yield f"rows {loop.rows} are not all on loops"
            return
        ends = [self.ends[row] for row in loop.rows]
        following = [*ends[1:], ends[0]]
        if any(one[1] != other[0] for one, other in zip(ends, following, strict=True)):
            yield f"rows {loop.rows} are no closed walk"
        if len({source for source, _target in ends}) < len(ends):
            yield f"rows {loop.rows} pass a party twice"
        marks = {self.marks[row] for row in loop.rows}
        if len(marks) == 1 and min(marks) >= 0:
            yield f"rows {loop.rows} are all of one agreement"
        if set(loop.contracts) != {self.names[row] for row in loop.rows}:
            yield f"rows {loop.rows} are of other contracts"
        if loop.weight <= 0:
            yield f"rows {loop.rows} have no weight"

    def _least_of_branches(self, part: BreakPart) -> int:
        """Return what the cases prove; 0 where one is left out or ends some of several alike."""
        cases = {_condition(one.cut, one.kept): one for one in part.branches}
        costs, unit = self.plan.costs, part.unit_fen
        least, open_cases = part.cost, [_condition((), ())]
        while open_cases:
            case = cases.get(open_cases.pop())
            if case is None or not all(map(self.are_parallel, (*case.ruled_out, case.split))):
                return 0
            exact = sum(costs[name] for name in case.cut) + _weight(case.packing)
            loads = _loads(case.packing)
            for bundle in case.ruled_out:
                spare = sum(costs[name] - loads.get(name, Fraction(0)) for name in bundle)
                least = min(least, _rounded_up(exact + spare, unit))
            kept = (*case.kept, *(name for bundle in case.ruled_out for name in bundle))
            if case.split:
                open_cases.append(_condition((*case.cut, *case.split), kept))
                open_cases.append(_condition(case.cut, (*kept, *case.split)))
            else:
                least = min(least, _rounded_up(exact, unit))
        return least

    def shared_contracts(self) -> Iterator[str]:
        """Find contracts that loops of two parts use."""
        used: dict[ContractId, int] = {}
        for number, part in enumerate(self.plan.parts):
            for name in {name for loop in part.packing for name in loop.contracts}:
                if used.setdefault(name, number) != number and name not in self.plan.locked:
                    yield f"two parts use contract {name!r}"

    def are_parallel(self, bundle: tuple[ContractId, ...]) -> bool:
        """Say whether contracts join the same parties wherever a loop is left to break."""
        if len(bundle) < 2 or self.plan.locked_loops:
            return True
        ways: dict[ContractId, set[tuple[int, ...]]] = {name: set() for name in bundle}
        for row in self._open_rows:
            if self.names[row] in ways:
                ways[self.names[row]].add((*self.ends[row], self.marks[row]))
        return len(set(map(frozenset, ways.values()))) == 1

    @functools.cached_property
    def _open_rows(self) -> list[int]:
        """Rows on loops once contracts with a self-guarantee have ended."""
        ends = {self.names[row] for row, (source, target) in self.ends.items() if source == target}
        rows = [row for row in self.plan.rows if self.names[row] in ends]
        left = find_circles(without_rows(self.plan.book, np.array(rows, np.int64)))
        return [row for row in self.plan.rows if left.row_labels[row] >= 0]


def _condition(
    cut: Iterable[ContractId], kept: Iterable[ContractId]
) -> tuple[frozenset[ContractId], frozenset[ContractId]]:
    return frozenset(cut), frozenset(kept)


def _contracts(part: BreakPart) -> set[ContractId]:
    """Return the contracts that a part names."""
    loops = [*part.packing, *(loop for branch in part.branches for loop in branch.packing)]
    return {*part.cut, *(name for loop in loops for name in loop.contracts)}


def _weight(packing: Iterable[PackedLoop]) -> Fraction:
    return sum((loop.weight for loop in packing), Fraction(0))


def _loads(packing: Iterable[PackedLoop]) -> dict[ContractId, Fraction]:
    """Return what weighted loops put on each contract."""
    loads: dict[ContractId, Fraction] = {}
    for loop in packing:
        for name in set(loop.contracts):
            loads[name] = loads.get(name, Fraction(0)) + loop.weight
    return loads


def _rounded_up(fen: Fraction | int, unit: int) -> int:
    """Round up to a multiple of what divides every cost."""
    return math.ceil(Fraction(fen) / unit) * unit
