"""Rules read one by one: each holds, fails, or is open until an unknown fact is known."""

import functools
from collections.abc import Mapping
from typing import Final, Literal

import attrs

from ruralcredit.errors import TableError
from ruralcredit.guarantee_checks._effect import Fact
from ruralcredit.guarantee_checks._policy import FIELDS
from ruralcredit.guarantee_checks._reasons import REASON_OF
from ruralcredit.guarantees import Bounds
from ruralcredit.policy import DecisionTable, Row
from ruralcredit.reasons import Figure, Reason

__all__ = ["VERDICTS", "Found", "Rules", "rules_of"]

VERDICTS: Final = ("pass", "refer", "refuse")
"""The verdicts from the mildest; the first is given where no rule holds."""


@attrs.frozen
class Found:
    """Whether one rule holds for some facts, and which facts it would have to know."""

    state: Literal["holds", "fails", "open"]
    ask: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Rules:
    """A table of rules, made ready to be asked one by one."""

    table: DecisionTable

    @functools.cached_property
    def gravity(self) -> tuple[int, ...]:
        """The verdict of each rule as a position, from the mildest."""
        return tuple(VERDICTS.index(str(row.then["verdict"])) for row in self.table.rows)

    @functools.cached_property
    def _alone(self) -> tuple[DecisionTable, ...]:
        return tuple(_alone(self.table, row) for row in self.table.rows)

    def ask(self, at: int, facts: Mapping[str, Fact]) -> Found:
        """Say whether the rule at a position holds."""
        row, alone = self.table.rows[at], self._alone[at]
        case: dict[str, object] = {}
        boxes: list[Mapping[str, Mapping[str, int]]] = []
        for name in row.when:
            fact = facts[name]
            if not isinstance(fact, Bounds):
                case[name] = fact
            elif fact.low == fact.high:
                case[name] = fact.low
            else:
                boxes.append({name: {"lt": fact.low}})
                boxes += [] if fact.high is None else [{name: {"gt": fact.high}}]
        if boxes:
            alone = attrs.evolve(alone, impossible=boxes)
        found = alone.decide(case)
        if not isinstance(found.outcome, Mapping):
            return Found("open", tuple(map(str, found.ask)))
        return Found("holds" if found.outcome["holds"] else "fails")

    @functools.cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """What each rule says, with the row's basis, source and figures."""
        return tuple(self._reason(row) for row in self.table.rows)

    def _reason(self, row: Row) -> Reason:
        known = REASON_OF.get(row.reason) if isinstance(row.reason, str) else None
        figures = self._figures(row)
        if known is not None:
            return attrs.evolve(known, source=row.cite, basis=row.basis, figures=figures)
        always = attrs.evolve(self.table, rows=[attrs.evolve(row, when={})], hit="first")
        return attrs.evolve(always.decide({}).reasons[0], figures=figures)

    def _figures(self, row: Row) -> tuple[Figure, ...]:
        """Return the ends of a row's intervals as figures that rest on what the row rests on."""
        return tuple(
            Figure(
                id=f"{self.table.id}.{row.id}.{name}",
                value=end,
                unit=self.table.field(name).unit or "",
                basis=row.basis,
                source=row.cite,
            )
            for name, test in row.when.items()
            if isinstance(test, Mapping)
            for end in test.values()
            if isinstance(end, int)
        )

    @functools.cached_property
    def limits(self) -> tuple[Mapping[str, int], ...]:
        """The limit that each rule tests per field: its upper end where it has one."""
        return tuple(
            {
                f"limit_{name}": end
                for name, test in row.when.items()
                if isinstance(test, Mapping)
                for end in test.values()
                if isinstance(end, int)
            }
            for row in self.table.rows
        )


@attrs.frozen
class _Asked:
    """A table known by its digest, which is quicker to compare than its content."""

    digest: str
    table: DecisionTable = attrs.field(eq=False)


def rules_of(table: DecisionTable) -> Rules:
    """Return the rules of a table, ready to be asked.

    Raises:
        TableError: If the table does not collect, tests another fact, a row's verdict is
            neither "refer" nor "refuse", or a row asks for a fact to be missing.
    """
    return _ready(_Asked(table.digest, table))


@functools.lru_cache(maxsize=64)
def _ready(asked: _Asked) -> Rules:
    table = asked.table
    if table.hit != "collect":
        raise TableError(
            f"rules {table.id} must have hit policy collect, got {table.hit!r}: all that hold "
            "are told"
        )
    known = {field.name: field for field in FIELDS}
    odd = [
        field.name
        for field in table.fields
        if field.name not in known or known[field.name].kind != field.kind
    ]
    if odd:
        raise TableError(
            f"rules {table.id} must test facts of an effect, got {', '.join(odd)}: take their "
            "fields from LIMITS"
        )
    for row in table.rows:
        if row.then.get("verdict") not in VERDICTS[1:]:
            raise TableError(
                f"row {row.id} of {table.id} must give verdict refer or refuse, got "
                f"{row.then.get('verdict')!r}: a proposal passes where no rule holds",
                rows=(row.id,),
            )
        if any(_asks_missing(test) for test in row.when.values()):
            raise TableError(
                f"row {row.id} of {table.id} must test known facts: a proposal with an unknown "
                "one is undetermined where it matters",
                rows=(row.id,),
            )
    return Rules(table=table)


def _asks_missing(test: object) -> bool:
    return test is None or (isinstance(test, tuple) and None in test)


def _alone(table: DecisionTable, row: Row) -> DecisionTable:
    """Return the table that says whether one rule holds."""
    fields = [field for field in table.fields if field.name in row.when] or table.fields[:1]
    rows = [
        Row("holds", when=row.when, then={"holds": True}),
        Row("fails", then={"holds": False}),
    ]
    return DecisionTable(table.id, fields, rows, hit="first")
