"""Proofs about a table: what it leaves open, where its rows meet, which rows never decide."""

import math
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.policy._cells import Axis, conditions_of
from ruralcredit.policy._compiled import Compiled
from ruralcredit.policy._fields import Value
from ruralcredit.policy._overlaps import pairs
from ruralcredit.policy._resolve import bits
from ruralcredit.policy._rows import Condition
from ruralcredit.policy._table import DecisionTable, compiled
from ruralcredit.values import FrozenMapping

__all__ = ["PROOF_BUDGET", "DeadRows", "Gaps", "Overlap", "dead_rows", "gaps", "overlaps"]

PROOF_BUDGET: Final = 5_000_000
"""Steps that a proof may take unless it is given more."""

_Hole: TypeAlias = tuple[tuple[int, ...], ...]
"""Per field, from some field on, the classes that a hole spans."""


@attrs.frozen(kw_only=True)
class Gaps:
    """Cases that no row of a table covers (空白).

    Attributes:
        boxes: Boxes of such cases, written like a row's conditions; no two share a case.
        witnesses: For each box one case within it.
        complete: Whether these are all.  False means that the work budget ran out; the
            boxes listed are gaps all the same.

    >>> Gaps(boxes=(), witnesses=(), complete=True).complete
    True
    """

    boxes: tuple[Mapping[str, Condition], ...]
    witnesses: tuple[Mapping[str, Value], ...]
    complete: bool


@attrs.frozen(kw_only=True)
class Overlap:
    """Two rows that can match one case (重叠).

    Attributes:
        rows: Their ids, in table order.
        witness: Facts under which both match; None for a fact that must be missing.
        is_conflict: Whether their outcomes differ and neither beats the other.

    >>> Overlap(rows=("a", "b"), witness={"age": 60}, is_conflict=True).rows
    ('a', 'b')
    """

    rows: tuple[str, str]
    witness: Mapping[str, Value | None]
    is_conflict: bool


@attrs.frozen(kw_only=True)
class DeadRows:
    """Rows that never decide (死规则).

    Attributes:
        rows: Their ids, in table order.
        complete: Whether these are all.  False means that the work budget ran out; the rows
            listed are dead all the same.

    >>> DeadRows(rows=("old",), complete=True).rows
    ('old',)
    """

    rows: tuple[str, ...]
    complete: bool


def _budget(budget: object) -> int:
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 0:
        raise CreditError(f"budget must be a number of steps from 0, got {budget!r}")
    return budget


@attrs.define(eq=False)
class _Holes:
    """The search for cells that no row and no impossible box covers."""

    axes: Sequence[Axis]
    left: int
    known: dict[tuple[int, int], list[_Hole]] = attrs.field(factory=dict)
    is_complete: bool = True

    def below(self, level: int, mask: int) -> list[_Hole]:
        """Return the holes of the fields from a level on, of the rows still matching."""
        if not mask:
            return [tuple(tuple(range(len(axis.masks))) for axis in self.axes[level:])]
        rest = 0
        for axis in self.axes[level:]:
            rest |= axis.tests
        if mask & ~rest:
            return []
        if (level, mask) in self.known:
            return self.known[level, mask]
        by_mask: dict[int, list[int]] = {}
        for cls, matching in enumerate(self.axes[level].masks):
            by_mask.setdefault(mask & matching, []).append(cls)
        self.left -= len(self.axes[level].masks)
        if self.left < 0:
            self.is_complete = False
            return []
        by_tail: dict[_Hole, list[int]] = {}
        for matching, classes in by_mask.items():
            for tail in self.below(level + 1, matching):
                by_tail.setdefault(tail, []).extend(classes)
                self.left -= 1
        found = [(tuple(sorted(classes)), *tail) for tail, classes in by_tail.items()]
        if self.is_complete:
            self.known[level, mask] = found
        return found


def gaps(table: DecisionTable, *, budget: int = PROOF_BUDGET) -> Gaps:
    """Return the cases that no row covers, as boxes with witnesses (查找空白).

    Missing facts are no gap: a gap is made of known facts, outside impossible boxes.

    Args:
        table: The table.
        budget: Steps the search may take.

    Returns:
        All gaps where ``complete``, else those found within the budget.

    Raises:
        CreditError: If the budget is no number from 0.

    >>> from ruralcredit.policy import Field, Row
    >>> table = DecisionTable("tenure", [Field("months", "int", low=0)],
    ...                       [Row("long", when={"months": {"gt": 24}}, then={"tier": "A"})])
    >>> gaps(table).boxes, gaps(table).complete
    ((FrozenMapping({'months': FrozenMapping({'le': 24})}),), True)
    """
    ready = compiled(table)
    holes = _Holes(ready.axes, _budget(budget))
    found: list[tuple[FrozenMapping[str, Condition], FrozenMapping[str, Value]]] = []
    for hole in holes.below(0, ready.every):
        holes.left -= _box_count(ready.axes, hole)
        if holes.left < 0:
            holes.is_complete = False
            break
        found += _boxes_of(ready.axes, hole)
    return Gaps(
        boxes=tuple(box for box, _ in found),
        witnesses=tuple(witness for _, witness in found),
        complete=holes.is_complete,
    )


def _box_count(axes: Sequence[Axis], hole: _Hole) -> int:
    """Count the boxes that a hole takes: the runs of its numbers multiply."""
    return math.prod(
        1 if axis.by_word else len(axis.parts(classes))
        for axis, classes in zip(axes, hole, strict=True)
    )


def _boxes_of(
    axes: Sequence[Axis], hole: _Hole
) -> list[tuple[FrozenMapping[str, Condition], FrozenMapping[str, Value]]]:
    """Write a hole as conditions with a case in it: a box for each choice of runs of numbers."""
    found: list[tuple[dict[str, Condition], dict[str, Value]]] = [({}, {})]
    for axis, classes in zip(axes, hole, strict=True):
        name = axis.field.name
        if len(classes) == len(axis.masks):
            found = [(box, {**case, name: axis.witness(0)}) for box, case in found]
            continue
        tests = conditions_of(axis.field, axis.parts(classes))
        found = [
            ({**box, name: test}, {**case, name: value})
            for box, case in found
            for test, value in tests
        ]
    return [(FrozenMapping(box), FrozenMapping(case)) for box, case in found]


def overlaps(table: DecisionTable) -> tuple[Overlap, ...]:
    """Return every pair of rows that can match one case, with such a case (查找重叠).

    Exact always.  A table of hit policy "unique" has none, which is proved when it is built.

    >>> from ruralcredit.policy import Field, Row
    >>> table = DecisionTable(
    ...     "caps", [Field("age", "int")], hit="first",
    ...     rows=[Row("old", when={"age": {"ge": 60}}, then={"cap_bp": 5000}),
    ...           Row("all", then={"cap_bp": 7000})])
    >>> [(one.rows, dict(one.witness)) for one in overlaps(table)]
    [(('old', 'all'), {'age': 60})]
    """
    ready = compiled(table)
    rules = ready.rules
    return tuple(
        Overlap(
            rows=(table.rows[one].id, table.rows[other].id),
            witness=pair.witness,
            is_conflict=rules.outcome_of[one] != rules.outcome_of[other]
            and not (rules.beats[one] >> other & 1 or rules.beats[other] >> one & 1),
        )
        for pair in pairs(ready.axes, rules)
        for one, other in [pair.rows]
    )


def dead_rows(table: DecisionTable, *, budget: int = PROOF_BUDGET) -> DeadRows:
    """Return the rows that decide no possible case (查找死规则).

    Under "first" a row is dead where earlier rows cover it, under "exception" where rows that
    beat it do; under every hit policy where impossible boxes cover it.

    Args:
        table: The table.
        budget: Steps the search may take over all rows.

    Raises:
        CreditError: If the budget is no number from 0.

    >>> from ruralcredit.policy import Field, Row
    >>> table = DecisionTable(
    ...     "caps", [Field("age", "int")], hit="first",
    ...     rows=[Row("all", then={"cap_bp": 7000}),
    ...           Row("old", when={"age": {"ge": 60}}, then={"cap_bp": 5000})])
    >>> dead_rows(table).rows
    ('old',)
    """
    ready = compiled(table)
    left = _budget(budget)
    found, is_complete = [], True
    for position, row in enumerate(table.rows):
        alive, steps = _decides(ready, position, budget=left)
        left -= steps
        if alive is None:
            is_complete = False
        elif not alive:
            found.append(row.id)
    return DeadRows(rows=tuple(found), complete=is_complete)


def _decides(ready: Compiled, row: int, *, budget: int) -> tuple[bool | None, int]:
    """Say whether some possible case comes from a row, None beyond the budget, and the steps."""
    rules, bit = ready.rules, 1 << row
    stronger = ready.every & ~rules.rows
    if rules.hit == "first":
        stronger |= bit - 1
    if rules.hit == "exception":
        stronger |= sum(1 << n for n, beaten in enumerate(rules.beats) if beaten & bit)
    asking = 0
    for axis in ready.axes:
        asking |= axis.asks
    # What still matches of the rows that matter, and which fields stay missing.
    reached = {(ready.every & (stronger | asking | bit), 0)}
    steps = 0
    for number, axis in enumerate(ready.axes):
        ways = {(mask, 0) for mask in axis.masks if mask & bit}
        if axis.asks and axis.missing & bit:
            ways.add((axis.missing, 1 << number))
        steps += len(reached) * len(ways)
        if steps > budget:
            return None, budget
        reached = {(had & mask, left | missing) for had, left in reached for mask, missing in ways}
    alive = any(
        not mask & stronger and all(mask & ready.axes[n].asks for n in bits(left))
        for mask, left in reached
    )
    return alive, steps
