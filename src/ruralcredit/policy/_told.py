"""How a table tells its answers: reasons from rows, and the trace of conditions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ruralcredit.policy._cells import Axis
from ruralcredit.policy._fields import Field, is_missing
from ruralcredit.policy._resolve import bits
from ruralcredit.policy._rows import Condition, Row
from ruralcredit.reasons import Reason

__all__ = ["facts_told", "reason_of", "rows_told", "told_condition"]

_SIGNS: Final = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def reason_of(table: str, row: Row) -> Reason:
    """Return the reason that a row gives: its code is the table's id and the row's."""
    says = row.reason
    if isinstance(says, str):
        says = {"en": says or f"row {row.id}", "zh": says or f"规则 {row.id}"}
    return Reason(
        code=f"{table}/{row.id}",
        says=says,
        source=row.cite.strip() or f"table {table}, row {row.id}",
        basis=row.basis,
    )


def told_condition(test: Condition) -> str:
    """Return a condition as a reader would write it."""
    if isinstance(test, Mapping):
        return " and ".join(f"{_SIGNS[end]} {bound}" for end, bound in test.items())
    values = test if isinstance(test, tuple) else (test,)
    return " or ".join("missing" if one is None else str(one) for one in values)


def facts_told(fields: Iterable[Field], case: Mapping[str, object]) -> list[str]:
    """Return a line for each fact of a case."""
    lines = []
    for field in fields:
        value = case.get(field.name)
        unit = f" {field.unit}" if field.unit else ""
        lines.append(
            f"{field.name} is missing" if is_missing(value) else f"{field.name} = {value}{unit}"
        )
    return lines


def rows_told(rows: Sequence[Row], axes: Sequence[tuple[Axis, int | None]]) -> list[str]:
    """Return a line for each row: yes, no with the conditions that fail, or unknown.

    Args:
        rows: The table's rows.
        axes: Its fields, each with the class of the fact, None where it is missing.
    """
    failed: dict[int, list[str]] = {}
    unknown: dict[int, list[str]] = {}
    every = (1 << len(rows)) - 1
    for axis, cls in axes:
        name = axis.field.name
        if cls is not None:
            for row in bits(every & ~axis.masks[cls]):
                test = told_condition(rows[row].when[name])
                failed.setdefault(row, []).append(f"{name} is not {test}")
        else:
            for row in bits(every & ~axis.missing):
                unknown.setdefault(row, []).append(name)
    lines = []
    for row, rule in enumerate(rows):
        if row in failed:
            lines.append(f"{rule.id}: no, {'; '.join(failed[row])}")
        elif row in unknown:
            lines.append(f"{rule.id}: unknown without {', '.join(unknown[row])}")
        else:
            lines.append(f"{rule.id}: yes")
    return lines
