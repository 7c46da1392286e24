"""Rows: conditions on fields, the outcome they give, and what the row rests on."""

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, TypeAlias

import attrs
import numpy as np

from ruralcredit.errors import TableError
from ruralcredit.policy._fields import Value
from ruralcredit.reasons import BASES, BasisWord, Cell
from ruralcredit.values import FrozenMapping

__all__ = ["Condition", "Row", "conditions"]

Condition: TypeAlias = (
    bool
    | int
    | str
    | tuple[bool | int | str | datetime.date | None, ...]
    | Mapping[str, int | datetime.date]
    | None
)
"""A set of values of one field: a value, a choice, an interval, or None, must be missing.

A choice may hold None beside values; a lone day is a choice of one.
"""

_ENDS: Final = ("ge", "gt", "le", "lt")


def conditions(when: Mapping[str, object]) -> FrozenMapping[str, Condition]:
    """Return conditions in the one form in which they are kept and compared."""
    if not isinstance(when, Mapping):
        raise TableError(
            f"conditions must map fields to values, got {type(when).__name__} {when!r}"
        )
    names: tuple[object, ...] = tuple(when)
    odd = [name for name in names if not isinstance(name, str)]
    if odd:
        raise TableError(f"conditions must name fields as text, got {odd[0]!r}")
    return FrozenMapping({name: _condition(name, test) for name, test in when.items()})


def _condition(name: str, test: object) -> Condition:
    if test is None:
        return None
    if isinstance(test, Mapping):
        return _interval(name, test)
    if isinstance(test, set | frozenset | bytes):
        raise TableError(
            f"the choice of {name} must be a list, which keeps its order, got {test!r}"
        )
    if isinstance(test, str) or not isinstance(test, Iterable):
        value = _value(name, test)
        return (value,) if isinstance(value, datetime.date) else value
    values = tuple(None if one is None else _value(name, one) for one in test)
    if not values:
        raise TableError(f"the choice of {name} must hold a value: leave {name} out for any")
    if len(set(values)) < len(values):
        raise TableError(f"the choice of {name} must not repeat a value, got {list(values)!r}")
    lone = values[0]
    return values if len(values) > 1 or isinstance(lone, datetime.date) else lone


def _interval(name: str, ends: Mapping[object, object]) -> Condition:
    if not ends or any(end not in _ENDS for end in ends):
        raise TableError(
            f"the interval of {name} must use {', '.join(_ENDS)}, "
            f"got {', '.join(map(str, ends)) or 'none of them'}"
        )
    for pair in (("ge", "gt"), ("le", "lt")):
        if all(end in ends for end in pair):
            raise TableError(f"the interval of {name} must use one of {' and '.join(pair)}")
    bounds: dict[str, int | datetime.date] = {}
    for end in _ENDS:
        if end not in ends:
            continue
        bound = _value(name, ends[end])
        if isinstance(bound, bool | str):
            raise TableError(
                f"the interval of {name} must lie between whole numbers or days, got {bound!r}"
            )
        bounds[end] = bound
    return FrozenMapping(bounds)


def _value(name: str, value: object) -> Value:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, datetime.datetime) or not isinstance(
        value, bool | int | str | datetime.date
    ):
        hint = ": money is whole fen, made by yuan()" if isinstance(value, float | Decimal) else ""
        raise TableError(
            f"a condition on {name} must be a word, whole number, day, True, False or None, "
            f"got {type(value).__name__} {value!r}{hint}"
        )
    if isinstance(value, datetime.date):
        return datetime.date(value.year, value.month, value.day)
    return value


def _outcome(then: Mapping[str, Cell]) -> FrozenMapping[str, Cell]:
    if not isinstance(then, Mapping):
        raise TableError(f"an outcome must map names to values, got {then!r}")
    return FrozenMapping(then)


def _typed(values: object) -> object:
    """Return a key under which values differ that are written differently: True, 1, 1.0."""
    if isinstance(values, Mapping):
        return frozenset((name, _typed(value)) for name, value in values.items())
    if isinstance(values, tuple):
        return tuple(map(_typed, values))
    return type(values).__name__, str(values) if isinstance(values, Decimal) else values


def _sentence(reason: object) -> "str | FrozenMapping[str, str]":
    return FrozenMapping(reason) if isinstance(reason, Mapping) else reason  # type: ignore[return-value]  # checked by the validator


def _ids(overrides: object) -> tuple[str, ...]:
    if isinstance(overrides, str) or not isinstance(overrides, Iterable):
        raise TableError(f"overrides must be several ids, got {overrides!r}: write [id]")
    ids = tuple(overrides)
    if not all(isinstance(one, str) for one in ids) or len(set(ids)) < len(ids):
        raise TableError(f"overrides must be ids of rows, each once, got {list(ids)!r}")
    return ids


@attrs.frozen
class Row:
    """One rule of a table: where its conditions hold, its outcome applies (规则行).

    Attributes:
        id: Its name in the table, never reused.
        when: Conditions by field: a value, a list of values, an interval of ``ge``, ``gt``,
            ``le``, ``lt``, or None, must be missing.  A field not named may be anything.
        then: The outcome, values by name.
        reason: A sentence or a code of the bank's own, or one each for "en" and "zh".
        cite: The document with its article.
        basis: What the row rests on, one of `ruralcredit.reasons.BASES`.
        overrides: Ids of the rows it beats, under hit policy "exception".

    Raises:
        TableError: If a part has a form that no condition or outcome can have.

    >>> Row("H1", when={"kind": "house", "age_years": {"le": 10}}, then={"cap_bp": 7000}).when
    FrozenMapping({'kind': 'house', 'age_years': FrozenMapping({'le': 10})})
    """

    id: str = attrs.field()
    when: Mapping[str, Condition] = attrs.field(converter=conditions, factory=dict, eq=_typed)
    then: Mapping[str, Cell] = attrs.field(converter=_outcome, kw_only=True, eq=_typed)
    reason: str | Mapping[str, str] = attrs.field(default="", converter=_sentence, kw_only=True)
    cite: str = attrs.field(default="", kw_only=True)
    basis: BasisWord = attrs.field(default="bank policy", kw_only=True)
    overrides: tuple[str, ...] = attrs.field(default=(), converter=_ids, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse a blank id, an outcome of no known kind and a basis that is none."""
        name_of_row: object = self.id
        if not isinstance(name_of_row, str) or not name_of_row.strip():
            raise TableError(f"a row must have an id, got {name_of_row!r}")
        names: tuple[object, ...] = tuple(self.then)
        if not names or not all(isinstance(name, str) and name for name in names):
            raise self._wrong("name its outcomes, at least one", dict(self.then))
        for name, cell in self.then.items():
            if not _is_cell(cell):
                raise self._wrong(
                    f"give {name} as text, whole number, bool, Decimal, date or None", cell
                )
        says: object = self.reason
        if not isinstance(says, str) and not _is_bilingual(says):
            raise self._wrong("give its reason as text, or for en and zh", self.reason)
        cite: object = self.cite
        if not isinstance(cite, str):
            raise self._wrong("cite its source as text", cite)
        if self.basis not in BASES:
            raise self._wrong(f"rest on one of {'; '.join(BASES)}", self.basis)

    def _wrong(self, wanted: str, came: object) -> TableError:
        return TableError(
            f"row {self.id} must {wanted}, got {type(came).__name__} {came!r}", rows=(self.id,)
        )


def _is_bilingual(says: object) -> bool:
    return (
        isinstance(says, Mapping)
        and set(says) == {"en", "zh"}
        and all(isinstance(sentence, str) for sentence in says.values())
    )


def _is_cell(cell: object) -> bool:
    if isinstance(cell, datetime.datetime | float):
        return False
    if isinstance(cell, Decimal):
        return cell.is_finite()
    return cell is None or isinstance(cell, bool | int | str | datetime.date)
