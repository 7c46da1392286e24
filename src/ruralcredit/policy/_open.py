"""What the answer could still become: every way of learning the missing facts, tried once.

Facts are learnt one by one.  A fact need not be learnt where a row that already matches asks
for it to be missing: there missing is what the case says.  Which facts are learnt first makes
no difference to what can come out, so states that agree on the rows still matching and the
facts still missing are one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import attrs

from ruralcredit.errors import WorkBudgetError
from ruralcredit.policy._cells import Axis
from ruralcredit.policy._resolve import Result, Rules, bits
from ruralcredit.reasons import Status

__all__ = ["BUDGET", "Answer", "Learnt", "answer_of", "finals_of"]

BUDGET: Final = 50_000
"""Steps that one case with missing facts may take."""

Learnt: TypeAlias = tuple[tuple[int, int], ...]
"""The facts learnt on the way: pairs of axis and class."""

State: TypeAlias = tuple[int, int]
"""Bits of the rows and boxes still matching, and of the axes still missing."""


@attrs.frozen
class Answer:
    """A result, or that it is open, with the rows it may come from and what to ask.

    Attributes:
        result: Status, outcome and rows; the status is "undetermined" where it is open.
        ask: Axes whose fact matters.
        is_complete: Whether every way was tried.
    """

    status: Status
    outcome: tuple[int, ...]
    rows: tuple[int, ...]
    ask: tuple[int, ...] = ()
    is_complete: bool = True


def _none_mask(axes: Sequence[Axis], mask: int, missing: int) -> int:
    for number in bits(missing):
        mask &= axes[number].missing
    return mask


def _unsettled(axes: Sequence[Axis], state: State) -> tuple[int, list[int]]:
    """Return what matches with missing as a value, and the facts still to be learnt."""
    mask, missing = state
    matching = _none_mask(axes, mask, missing)
    return matching, [n for n in bits(missing) if not matching & axes[n].asks]


def _visit(
    axes: Sequence[Axis],
    start: State,
    pick: Callable[[State, list[int]], Iterable[int]],
    *,
    budget: int,
) -> Mapping[State, Learnt]:
    """Return every state that learning facts can reach, with how it was reached.

    Raises:
        WorkBudgetError: If there are more steps than the budget.
    """
    reached: dict[State, Learnt] = {start: ()}
    waiting = [start]
    steps = 0
    while waiting:
        state = waiting.pop()
        mask, missing = state
        for number in pick(state, _unsettled(axes, state)[1]):
            for cls, matching in enumerate(axes[number].masks):
                steps += 1
                after = (mask & matching, missing & ~(1 << number))
                if after not in reached:
                    reached[after] = (*reached[state], (number, cls))
                    waiting.append(after)
            if steps > budget:
                raise WorkBudgetError("more ways to complete the case than the budget allows")
    return reached


def _in_turn(axes: Sequence[Axis]) -> Callable[[State, list[int]], list[int]]:
    """Return the pick that learns one fact at a time, or any where missing can settle others."""

    def pick(state: State, unsettled: list[int]) -> list[int]:
        if any(axes[number].asks for number in bits(state[1])):
            return unsettled
        return unsettled[:1]

    return pick


def finals_of(
    axes: Sequence[Axis], rules: Rules, start: State, *, budget: int = BUDGET
) -> dict[Result, Learnt]:
    """Return every possible result, with the facts that lead to it; what cannot be is dropped.

    Raises:
        WorkBudgetError: If there are more steps than the budget.
    """
    found: dict[Result, Learnt] = {}
    for state, learnt in _visit(axes, start, _in_turn(axes), budget=budget).items():
        matching, unsettled = _unsettled(axes, state)
        if not unsettled and not matching & ~rules.rows:
            found.setdefault(rules.resolve(matching), learnt)
    return found


def answer_of(axes: Sequence[Axis], rules: Rules, start: State, *, budget: int = BUDGET) -> Answer:
    """Return the answer to a case from its known facts, tried in every completion.

    Args:
        axes: The table's fields.
        rules: Its hit policy.
        start: Bits of the rows that the known facts satisfy, and of the missing axes.
        budget: Steps allowed; beyond it the answer is open and says so.
    """
    matching, unsettled = _unsettled(axes, start)
    if not unsettled:
        result = rules.resolve(matching)
        return Answer(result.status, result.outcome, result.rows)
    try:
        finals = list(finals_of(axes, rules, start, budget=budget))
    except WorkBudgetError:
        possible = bits(start[0] & rules.rows)
        return Answer("undetermined", (), possible, tuple(unsettled), is_complete=False)
    if not finals:
        return Answer("conflict", (), ())
    rows = tuple(sorted({row for final in finals for row in final.rows}))
    if len({final.answer for final in finals}) == 1:
        return Answer(finals[0].status, finals[0].outcome, rows)
    return Answer("undetermined", (), rows, _mattering(axes, rules, start, budget=budget))


def _mattering(
    axes: Sequence[Axis], rules: Rules, start: State, *, budget: int
) -> tuple[int, ...]:
    """Return the missing facts of which, learnt last, the result still depends."""
    unsettled = tuple(_unsettled(axes, start)[1])
    try:
        reached = _visit(axes, start, _in_turn(axes), budget=budget)
        found = [n for n in unsettled if _decides_last(axes, rules, start, n, reached=reached)]
    except WorkBudgetError:
        return unsettled
    return tuple(found) or unsettled


def _decides_last(
    axes: Sequence[Axis], rules: Rules, start: State, last: int, *, reached: Mapping[State, Learnt]
) -> bool:
    """Say whether the result changes with one fact while all others stay as they are.

    Raises:
        WorkBudgetError: If there are more steps than the budget.
    """
    in_turn = _in_turn(axes)
    # Where missing can settle a fact, not every order of learning leads to every state.
    is_any_order = not any(axes[number].asks for number in bits(start[1]))

    def pick(state: State, unsettled: list[int]) -> list[int]:
        return in_turn(state, [number for number in unsettled if number != last])

    for mask, missing in _visit(axes, start, pick, budget=BUDGET):
        # As it stands where missing is what the case says, and with every value.
        ways = [(mask, missing)]
        if missing >> last & 1:
            ways += [(mask & matching, missing & ~(1 << last)) for matching in axes[last].masks]
        if not set(_unsettled(axes, ways[0])[1]) <= {last}:
            continue
        answers = set()
        for way in ways:
            matching, unsettled = _unsettled(axes, way)
            if not unsettled and not matching & ~rules.rows and (is_any_order or way in reached):
                answers.add(rules.resolve(matching).answer)
        if len(answers) > 1:
            return True
    return False
