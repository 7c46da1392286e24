"""A table made ready to be asked: cut into cells, its answers kept as they come up."""

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import same_length
from ruralcredit.errors import CreditError, WorkBudgetError
from ruralcredit.policy._answer import STATUS_ROW, Source
from ruralcredit.policy._cells import Axis, axis_of
from ruralcredit.policy._encode import Lookup, brought_columns, check_column, lookup_of
from ruralcredit.policy._fields import Field, Value, fact_of, is_missing
from ruralcredit.policy._open import Answer, Learnt, State, answer_of, finals_of
from ruralcredit.policy._resolve import Result, Rules, bits, rules_of
from ruralcredit.policy._rows import Condition
from ruralcredit.policy._told import facts_told, reason_of, rows_told
from ruralcredit.reasons import Basis, Cell, Decision, Outcome, Reason, Status
from ruralcredit.values import FrozenMapping

if TYPE_CHECKING:
    from ruralcredit.policy._table import DecisionTable

__all__ = ["Compiled", "OpenOutcome", "placed_tests"]

# Answers kept ready; a table with more kinds of case starts anew.
_KEPT: Final = 1 << 16


def _frozen(witness: Mapping[str, Value | None]) -> FrozenMapping[str, Value | None]:
    return FrozenMapping(witness)


@attrs.frozen(kw_only=True)
class OpenOutcome:
    """An outcome that a case with missing facts may still have, with facts that lead to it.

    Attributes:
        status: "decided", "none" or "conflict".
        outcome: The outcome, or None unless decided.
        rows: Ids of the rows it would come from.
        witness: The missing facts with values under which it comes out; None for a fact that
            a row asks to be missing.

    >>> OpenOutcome(status="none", outcome=None, rows=(), witness={"age": 70}).witness["age"]
    70
    """

    status: Status
    outcome: Outcome = None
    rows: tuple[str, ...] = ()
    witness: Mapping[str, Value | None] = attrs.field(converter=_frozen, factory=FrozenMapping)


def placed_tests(table: "DecisionTable") -> list[tuple[str, Mapping[str, Condition]]]:
    """Return the conditions of all rows, then of all impossible boxes, each with its place."""
    rows = [(f"row {row.id}", row.when) for row in table.rows]
    return [*rows, *((f"impossible box {n}", box) for n, box in enumerate(table.impossible))]


@attrs.frozen(eq=False)
class Compiled:
    """What a table needs to answer; a state is what a case's facts come to."""

    table: "DecisionTable"

    @functools.cached_property
    def fields(self) -> dict[str, Field]:
        """The table's fields by name."""
        return {field.name: field for field in self.table.fields}

    @functools.cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The fields that a row or box tests, cut into classes."""
        tests = placed_tests(self.table)
        named = {name for _, when in tests for name in when}
        return tuple(
            axis_of(
                field,
                [
                    (f"{place} of table {self.table.id}", when[field.name])
                    if field.name in when
                    else None
                    for place, when in tests
                ],
                [row.id for row in self.table.rows],
            )
            for field in self.table.fields
            if field.name in named
        )

    @functools.cached_property
    def axis_at(self) -> dict[str, tuple[int, Axis]]:
        """The tested fields by name, each with its number."""
        return {axis.field.name: (number, axis) for number, axis in enumerate(self.axes)}

    @functools.cached_property
    def rules(self) -> Rules:
        """The hit policy over the rows."""
        return rules_of(self.table.rows, self.table.hit)

    @functools.cached_property
    def _reasons(self) -> tuple[Reason, ...]:
        return tuple(reason_of(self.table.id, row) for row in self.table.rows)

    @functools.cached_property
    def _answers(self) -> dict[State, Answer]:
        return {}

    @functools.cached_property
    def _decisions(self) -> dict[State, Decision]:
        return {}

    @functools.cached_property
    def _lookup(self) -> Lookup:
        count = len(self.table.rows) + len(self.table.impossible)
        return lookup_of(self.axes, count, self._number)

    def _number(self, state: State) -> int:
        answer = self.answer(state)
        return answer.rows[0] if answer.status == "decided" else STATUS_ROW[answer.status]

    def state(self, case: Mapping[str, object]) -> State:
        """Return the bits of the rows the known facts satisfy, and of the missing axes."""
        if not isinstance(case, Mapping):
            raise CreditError(
                f"a case must map fields to facts, got {type(case).__name__} {case!r}"
            )
        mask, missing = -1, 0
        axis_of_name = self.axis_at
        used = 0
        for name, field in self.fields.items():
            value = case.get(name)
            used += name in case
            at = axis_of_name.get(name)
            if value is None or is_missing(value):
                missing |= 1 << at[0] if at else 0
                continue
            known = fact_of(field, value, "case")
            if at:
                axis = at[1]
                mask &= axis.masks[axis.class_at(known)]
        if used < len(case):
            self._check_known(case, "a case")
        return mask & self.every, missing

    def trace(self, case: Mapping[str, object]) -> tuple[str, ...]:
        """Return a line for each fact, then a line for each row."""
        classes: list[tuple[Axis, int | None]] = []
        for name, (_, axis) in self.axis_at.items():
            value = case.get(name)
            known = None if is_missing(value) else fact_of(axis.field, value, "case")
            classes.append((axis, None if known is None else axis.class_at(known)))
        told = facts_told(self.table.fields, case)
        return (*told, *rows_told(self.table.rows, classes))

    @functools.cached_property
    def every(self) -> int:
        """The bits of all rows and boxes."""
        return (1 << len(self.table.rows) + len(self.table.impossible)) - 1

    def _check_known(self, facts: Mapping[str, object], called: str) -> None:
        unknown = [str(name) for name in facts if name not in self.fields]
        if unknown:
            raise CreditError(
                f"{called} of table {self.table.id} must name its fields, got "
                f"{', '.join(unknown)}: the fields are {', '.join(self.fields)}"
            )

    def answer(self, state: State) -> Answer:
        """Return the answer of a state."""
        answer = self._answers.get(state)
        if answer is None:
            if len(self._answers) >= _KEPT:
                self._answers.clear()
            answer = self._answers[state] = answer_of(self.axes, self.rules, state)
        return answer

    def _told(self, state: State) -> Decision:
        answer = self.answer(state)
        reasons = [self._reasons[row] for row in answer.rows]
        trace: tuple[str, ...] = ()
        if answer.status == "undetermined":
            reasons = [attrs.evolve(reason, unknown=True) for reason in reasons]
            trace = (
                tuple(map(_open_told, self.still_open(state)))
                if answer.is_complete
                else ("not every way to complete the case was tried",)
            )
        return Decision(
            outcome=self._outcome(answer.status, answer.outcome),
            status=answer.status,
            reasons=tuple(reasons),
            rows=tuple(self.table.rows[row].id for row in answer.rows),
            trace=trace,
            ask=tuple(self.axes[number].field.name for number in answer.ask),
            basis=Basis(id=self.table.id, version=self.table.version, digest=self.table.digest),
        )

    def still_open(self, state: State) -> tuple[OpenOutcome, ...]:
        """Return every outcome a state may still have."""
        finals = finals_of(self.axes, self.rules, state)
        if not finals:
            # The known facts lie in what cannot be.
            return (OpenOutcome(status="conflict"),)
        groups: dict[tuple[Status, tuple[int, ...]], list[Result]] = {}
        for final in sorted(finals, key=lambda one: (not one.rows, one.rows)):
            groups.setdefault(final.answer, []).append(final)
        return tuple(
            OpenOutcome(
                status=status,
                outcome=self._outcome(status, group[0].outcome),
                rows=tuple(
                    self.table.rows[row].id
                    for row in sorted({r for one in group for r in one.rows})
                ),
                witness=self._witness(state[1], finals[group[0]]),
            )
            for (status, _), group in groups.items()
        )

    def _outcome(self, status: str, numbers: tuple[int, ...]) -> Outcome:
        if status != "decided":
            return None
        outcomes = tuple(self.outcomes[number] for number in numbers)
        return outcomes if self.table.hit == "collect" else outcomes[0]

    @functools.cached_property
    def outcomes(self) -> tuple[Mapping[str, Cell], ...]:
        """The distinct outcomes, in the order of their numbers."""
        first: dict[int, Mapping[str, Cell]] = {}
        for number, row in zip(self.rules.outcome_of, self.table.rows, strict=True):
            first.setdefault(number, row.then)
        return tuple(first[number] for number in range(len(first)))

    def _witness(self, missing: int, learnt: Learnt) -> dict[str, Value | None]:
        classes = dict(learnt)
        return {
            self.axes[number].field.name: (
                self.axes[number].witness(classes[number]) if number in classes else None
            )
            for number in bits(missing)
        }

    def source(
        self, columns: Mapping[str, object], rows: npt.NDArray[np.int64] | None = None
    ) -> Source:
        """Return the states of a column of cases, checked."""
        self._check_known(columns, "columns")
        count = same_length(columns)
        for name, values in columns.items():
            if values is not None and name not in self.axis_at:
                check_column(self.fields[name], values)
        lookup = self._lookup
        found = lookup.find(brought_columns(self.axes, columns), count)
        states = tuple(lookup.states)
        return Source(self, states, tuple(map(self.answer, states)), found, rows)

    def decision(self, state: State) -> Decision:
        """Return the decision of a state."""
        decision = self._decisions.get(state)
        if decision is None:
            if len(self._decisions) >= _KEPT:
                self._decisions.clear()
            decision = self._decisions[state] = self._told(state)
        return decision

    def certain(self, state: State) -> int:
        """Return the bits of the rows that match a state whatever its missing facts are."""
        try:
            finals = finals_of(self.axes, self.rules, state)
        except WorkBudgetError:
            # Rows that name no missing fact match all the same.
            mask = state[0] & self.rules.rows
            for number in bits(state[1]):
                mask &= ~self.axes[number].tests
            return mask
        mask = self.rules.rows if finals else 0
        for final in finals:
            mask &= sum(1 << row for row in final.rows)
        return mask


def _open_told(one: OpenOutcome) -> str:
    facts = ", ".join(
        f"{name} {'is missing' if value is None else f'= {value}'}"
        for name, value in one.witness.items()
    )
    return f"open: {', '.join(one.rows) or one.status} if {facts}"
