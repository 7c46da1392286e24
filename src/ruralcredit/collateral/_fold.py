"""What the tables of a policy say about one item, folded into one treatment."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import attrs

from ruralcredit.collateral._policy import CollateralPolicy
from ruralcredit.policy import DecisionTable

__all__ = [
    "OPEN",
    "Effects",
    "Heard",
    "Treatment",
    "class_of",
    "heard",
    "one_of",
    "treatment_of",
]

Effects: TypeAlias = tuple[str, ...]
"""The effects of the rows that match, in table order."""

OPEN: Final = None
"""Stands for an answer that is not the same in every completion."""

# Cases kept ready; a policy that was asked about more starts anew.
_KEPT: Final = 1 << 16


@attrs.frozen
class Heard:
    """What one table says about an item.

    Attributes:
        outs: The outcomes that are still possible, each as its mappings; empty when the facts
            contradict the table.
        rows: Ids of the rows that they may come from.
        sure: Those of them that test no missing fact.
        ask: Facts that the table asks for.
    """

    outs: tuple[tuple[Mapping[str, object], ...], ...]
    rows: tuple[str, ...]
    sure: tuple[str, ...]
    ask: tuple[str, ...]

    @property
    def firm(self) -> tuple[str, ...]:
        """Return the rows that match for sure, where there are none, all that may."""
        return self.sure or self.rows

    def cap(self) -> tuple[int, str] | None:
        """Return cap and frequency, where this is the table of caps."""
        return one_of((then["cap_bp"], then["revalue"]) for (then,) in self.outs)  # type: ignore[return-value]  # as the policy was checked

    def revalue(self) -> str | None:
        """Return how often to revalue, where this is the table of caps."""
        return one_of(str(then["revalue"]) for (then,) in self.outs)  # type: ignore[return-value]  # as above

    def effects(self) -> tuple[Effects, ...]:
        """Return the effects of each outcome."""
        return tuple(tuple(str(then["effect"]) for then in out) for out in self.outs)


@attrs.frozen
class Treatment:
    """How an item is treated before any money is counted; None where that is open.

    Attributes:
        is_refused: Whether some row refuses it.
        class_name: "preferred", "neutral" or "cautious".
        verdict: "pass" or "refer".
        cautions: How many cautions it has at least.
        cap: Cap in basis points and how often to revalue.
        conditions: Ids of the rows to be met before drawdown.
        has_value: Whether its valuation may count.
    """

    is_refused: bool | None
    class_name: str | None
    verdict: str | None
    cautions: int
    cap: tuple[int, str] | None
    conditions: tuple[str, ...] | None
    has_value: bool | None

    @property
    def cap_bp(self) -> int | None:
        """Return the cap before any deduction."""
        return self.cap[0] if self.cap else None

    @property
    def revalue(self) -> str | None:
        """Return how often to revalue."""
        return self.cap[1] if self.cap else None


def heard(policy: CollateralPolicy, name: str, facts: Mapping[str, object]) -> Heard:
    """Ask one table of a policy, every completion of the missing facts apart."""
    table = policy.tables[name]
    key = (name, *(facts[field.name] for field in table.fields))
    kept: dict[object, object] = policy._kept  # noqa: SLF001  # this room's own
    found = kept.get(key)
    if not isinstance(found, Heard):
        if len(kept) >= _KEPT:
            kept.clear()
        found = kept[key] = _heard(
            table, {field.name: facts[field.name] for field in table.fields}
        )
    return found


def _heard(table: DecisionTable, case: Mapping[str, object]) -> Heard:
    decision = table.decide(case)
    rows = tuple(map(str, decision.rows))
    unknown = {name for name, value in case.items() if value is None}
    sure = tuple(row.id for row in table.rows if row.id in rows and unknown.isdisjoint(row.when))
    if decision.status == "conflict":
        return Heard((), rows, sure, ())
    if not unknown:
        return Heard((_thens(decision.outcome),), rows, sure, ())
    outs = tuple(dict.fromkeys(_thens(one.outcome) for one in table.still_open(case)))
    return Heard(outs, rows, sure, tuple(map(str, decision.ask)))


def _thens(outcome: object) -> tuple[Mapping[str, object], ...]:
    if outcome is None:
        return ()
    if isinstance(outcome, tuple):
        return outcome
    return (outcome,)  # type: ignore[return-value]  # a mapping, as every outcome of a table


def one_of(values: Iterable[object]) -> object:
    """Return what all values are, `OPEN` where they differ."""
    found = list(dict.fromkeys(values))
    return found[0] if len(found) == 1 else OPEN


def cautions_of(out: Iterable[Mapping[str, object]]) -> int:
    """Count the cautions among the rows that match; rows of one caution are one."""
    return len({then["caution"] for then in out if then["effect"] == "caution"})


def class_of(out: Sequence[Mapping[str, object]], refer_from: int) -> tuple[str, str]:
    """Return class and verdict from the rows that match: caution wins."""
    cautions = cautions_of(out)
    is_preferred = any(then["effect"] == "prefer" for then in out)
    name = "cautious" if cautions else "preferred" if is_preferred else "neutral"
    return name, "refer" if cautions >= refer_from else "pass"


def treatment_of(said: Mapping[str, Heard], policy: CollateralPolicy) -> Treatment:
    """Fold what the four tables said."""
    classes = said["classes"].outs
    refer_from = int(policy.refer_from.value)
    classed = [class_of(out, refer_from) for out in classes]
    wanted = [effects.count("condition") for effects in said["conditions"].effects()]
    values = ["no_value" not in effects for effects in said["conditions"].effects()]
    kinds = {row.id: row.then["effect"] for row in policy.conditions.rows}
    rows = tuple(row for row in said["conditions"].rows if kinds[row] == "condition")
    return Treatment(
        is_refused=one_of(bool(effects) for effects in said["refusals"].effects()),  # type: ignore[arg-type]  # one of these
        class_name=one_of(name for name, _ in classed),  # type: ignore[arg-type]  # as above
        verdict=one_of(verdict for _, verdict in classed),  # type: ignore[arg-type]  # as above
        cautions=min(map(cautions_of, classes), default=0),
        cap=said["caps"].cap(),
        conditions=rows if one_of(wanted) is not OPEN else None,
        has_value=one_of(values),  # type: ignore[arg-type]  # as above
    )
