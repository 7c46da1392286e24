"""Answers for columns: one row number per case, and what it stands for."""

import datetime
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError
from ruralcredit.policy._encode import Found
from ruralcredit.policy._fields import INT_HIGH, INT_LOW
from ruralcredit.policy._open import Answer, State
from ruralcredit.reasons import Cell, Decision
from ruralcredit.values import FrozenMapping

if TYPE_CHECKING:
    from ruralcredit.policy._compiled import Compiled
    from ruralcredit.policy._table import DecisionTable

__all__ = ["STATUS_ROW", "ColumnAnswer", "Source", "answer_of_sources"]

Int32 = npt.NDArray[np.int32]

STATUS_ROW: Final = {"none": -1, "undetermined": -2, "conflict": -3}
"""Row numbers of the answers that come from no row."""


@attrs.frozen(eq=False)
class Source:
    """The cases that one table answered.

    Attributes:
        asked: The table, compiled.
        states: The distinct states of its cases.
        answers: The answer of each state.
        found: Per case its row and its state.
        rows: Which rows of the columns the cases are; None is all, in order.
    """

    asked: "Compiled"
    states: tuple[State, ...]
    answers: tuple[Answer, ...]
    found: Found
    rows: npt.NDArray[np.int64] | None = None

    @property
    def table(self) -> "DecisionTable":
        """The table asked."""
        return self.asked.table

    @property
    def place(self) -> slice | npt.NDArray[np.int64]:
        """Where its cases stand in the columns."""
        return slice(None) if self.rows is None else self.rows

    @functools.cached_property
    def ids(self) -> Int32:
        """Per case the position of its state."""
        return self.found.ids()

    def numbers(self) -> Int32:
        """Per case the first row it comes from, or the number of its status."""
        return self.found.row

    def labels(self, answer: Answer) -> tuple[str, ...]:
        """Return the words under which an answer is counted."""
        if answer.status != "decided":
            return (answer.status,)
        rows = answer.rows if self.table.hit == "collect" else answer.rows[:1]
        return tuple(label_of(self.table, row) for row in rows)

    def cells(self, name: str) -> list[Cell | tuple[Cell, ...]]:
        """Per distinct answer the value of one outcome; None unless decided."""
        thens = self.asked.outcomes
        found: list[Cell | tuple[Cell, ...]] = []
        for answer in self.answers:
            if answer.status != "decided":
                found.append(None)
            elif self.table.hit == "collect":
                found.append(tuple(thens[number].get(name) for number in answer.outcome))
            else:
                found.append(thens[answer.outcome[0]].get(name))
        return found


def label_of(table: "DecisionTable", row: int) -> str:
    """Return the word under which a row's cases are counted: its reason, or its id."""
    rule = table.rows[row]
    label = (rule.reason if isinstance(rule.reason, str) else rule.reason["en"]) or rule.id
    # A row that is called like a status is not counted with it.
    return f"{table.id}/{rule.id}" if label in STATUS_ROW else label


def _kind_of(sources: Sequence[Source], name: str) -> type:
    """Return the kind of array that holds an outcome: the same whatever was asked."""
    cells = [row.then.get(name) for source in sources for row in source.table.rows]
    kinds = {type(cell) for cell in cells if cell is not None}
    if any(source.table.hit == "collect" for source in sources) or len(kinds) != 1:
        return object
    return kinds.pop() if all(map(_fits_int64, cells)) else object


def _array_of(cells: Sequence[object], kind: type) -> npt.NDArray[np.generic]:
    """Return cells as the array that can hold them beside what is unknown."""
    if kind in {int, bool}:
        filled = np.array([0 if cell is None else cell for cell in cells], kind)
        return np.ma.MaskedArray(filled, mask=np.array([cell is None for cell in cells], np.bool_))
    if kind is datetime.date:
        return np.array(cells, "datetime64[D]")
    found = np.empty(len(cells), np.object_)
    for place, cell in enumerate(cells):
        found[place] = cell
    return found


def _fits_int64(cell: object) -> bool:
    return not isinstance(cell, int) or INT_LOW <= cell <= INT_HIGH


@attrs.frozen(eq=False, repr=False, kw_only=True)
class ColumnAnswer:
    """The answers to a column of cases (批量判定结果).

    Attributes:
        row: int32 of shape ``(n,)``: the first row each answer comes from, as a position in
            ``table.rows``; -1 no row applies, -2 undetermined, -3 conflict.
        version: int32 of shape ``(n,)``: the position of the version asked, all 0 where one
            table was asked.

    >>> from ruralcredit.policy import DecisionTable, Field, Row
    >>> table = DecisionTable("t", [Field("retail", "bool")],
    ...                       [Row("yes", when={"retail": True}, then={"cap_bp": 7000})])
    >>> answer = table.decide_columns({"retail": [True, False, None]})
    >>> answer.row.tolist(), dict(answer.counts())
    ([0, -1, -2], {'yes': 1, 'none': 1, 'undetermined': 1})
    """

    row: Int32
    version: Int32
    _sources: tuple[Source, ...]
    _days: npt.NDArray[np.datetime64] | None = None

    def __attrs_post_init__(self) -> None:
        """Mark the arrays read-only."""
        self.row.flags.writeable = False
        self.version.flags.writeable = False

    def __len__(self) -> int:
        """Count the cases."""
        return len(self.row)

    def __repr__(self) -> str:
        """Show the number of cases and the tables asked."""
        tables = ", ".join(f"{one.table.id} {one.table.version}" for one in self._sources)
        return f"ColumnAnswer({len(self)} cases of {tables})"

    @property
    def tables(self) -> "tuple[DecisionTable, ...]":
        """The tables asked, in the order of ``version``."""
        return tuple(source.table for source in self._sources)

    def outcome(self, name: str) -> npt.NDArray[np.generic]:
        """Return one outcome of every case.

        Args:
            name: The outcome's name.

        Returns:
            An array of shape ``(n,)``: whole numbers and truth values as a masked array,
            days as ``datetime64[D]`` with NaT, all else as objects with None; masked, NaT and
            None stand where the case is not decided or its row does not have the outcome.
            Under hit policy "collect" a tuple per case, in table order.

        Raises:
            CreditError: If no row has an outcome of that name.

        >>> from ruralcredit.policy import DecisionTable, Field, Row
        >>> table = DecisionTable("t", [Field("retail", "bool")],
        ...                       [Row("yes", when={"retail": True}, then={"cap_bp": 7000})])
        >>> table.decide_columns({"retail": [True, False]}).outcome("cap_bp").tolist()
        [7000, None]
        """
        names = {one for source in self._sources for row in source.table.rows for one in row.then}
        if name not in names:
            raise CreditError(f"no row has an outcome {name!r}: they have {', '.join(names)}")
        cells = [source.cells(name) for source in self._sources]
        starts = np.cumsum([0, *map(len, cells)])
        places = np.empty(len(self), np.int64)
        for source, start in zip(self._sources, starts.tolist(), strict=False):
            places[source.place] = source.ids + start
        flat = [cell for part in cells for cell in part]
        return _array_of(flat, _kind_of(self._sources, name))[places]

    @property
    def matches(self) -> npt.NDArray[np.bool_]:
        """Which rows match each case for certain, as bool of shape ``(n, rows)``.

        Raises:
            CreditError: If the table's hit policy is not "collect", or versions were asked.

        >>> from ruralcredit.policy import DecisionTable, Field, Row
        >>> table = DecisionTable(
        ...     "t", [Field("age", "int")], hit="collect",
        ...     rows=[Row("old", when={"age": {"ge": 60}}, then={"a": 1}),
        ...           Row("all", then={"a": 2})])
        >>> table.decide_columns({"age": [59, 60]}).matches.tolist()
        [[False, True], [True, True]]
        """
        if len(self._sources) != 1 or self._sources[0].table.hit != "collect":
            raise CreditError(
                "matches must come from one table that collects: under other hit policies "
                "read row, and ask each version by itself"
            )
        source = self._sources[0]
        certain = [source.asked.certain(state) for state in source.states]
        count = len(source.table.rows)
        table = np.array([[mask >> row & 1 for row in range(count)] for mask in certain], np.bool_)
        found: npt.NDArray[np.bool_] = table.reshape(-1, count)[source.ids]
        return found

    def decision(self, i: int) -> Decision:
        """Return the decision of one case, as `DecisionTable.decide` would give it.

        Args:
            i: Its row, from 0; negative rows count from the end.

        Raises:
            CreditError: If there is no such row.

        >>> from ruralcredit.policy import DecisionTable, Field, Row
        >>> table = DecisionTable("t", [Field("retail", "bool")],
        ...                       [Row("yes", when={"retail": True}, then={"cap_bp": 7000})])
        >>> table.decide_columns({"retail": [True, None]}).decision(1).ask
        ('retail',)
        """
        if isinstance(i, bool) or not isinstance(i, int | np.integer):
            raise CreditError(f"row must be a whole number, got {type(i).__name__} {i!r}")
        if not -len(self) <= i < len(self):
            raise CreditError(f"row must be within 0 to {len(self) - 1}, got {i}")
        row = range(len(self))[i]
        source = self._sources[int(self.version[row])]
        at = row if source.rows is None else int(np.searchsorted(source.rows, row))
        decision = source.asked.decision(source.states[int(source.ids[at])])
        if self._days is None or decision.basis is None:
            return decision
        day = self._days[row if len(self._days) > 1 else 0].item()
        return attrs.evolve(decision, basis=attrs.evolve(decision.basis, as_of=day))

    def counts(self) -> FrozenMapping[str, int]:
        """Return how many cases each reason decided, and how many none.

        Keys are the rows' reasons, or ids where they have none, in table order; then "none",
        "undetermined" and "conflict" where there are any.  Under hit policy "collect" a case
        counts once for each row that matches.
        """
        totals: dict[str, int] = {}
        for source in self._sources:
            for row in range(len(source.table.rows)):
                totals.setdefault(label_of(source.table, row), 0)
        for status in STATUS_ROW:
            totals.setdefault(status, 0)
        for source in self._sources:
            sizes = np.bincount(source.ids, minlength=len(source.answers)).tolist()
            for answer, size in zip(source.answers, sizes, strict=True):
                for label in source.labels(answer):
                    totals[label] += size
        return FrozenMapping({label: total for label, total in totals.items() if total})


def answer_of_sources(
    sources: Sequence[Source],
    count: int,
    *,
    days: npt.NDArray[np.datetime64] | None = None,
) -> ColumnAnswer:
    """Return the answers of one table, or of the versions that answered each its rows."""
    version = np.zeros(count, np.int32)
    if len(sources) == 1:
        return ColumnAnswer(
            row=sources[0].numbers(), version=version, sources=tuple(sources), days=days
        )
    row = np.empty(count, np.int32)
    for number, source in enumerate(sources):
        row[source.place] = source.numbers()
        version[source.place] = number
    return ColumnAnswer(row=row, version=version, sources=tuple(sources), days=days)
