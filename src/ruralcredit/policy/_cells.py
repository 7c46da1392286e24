"""Cells: every field cut into the few classes of values that no row of a table can tell apart.

A condition is a set of values of one field, so a row is a box, and a set of rows is the bits
of an int.  Each class of a field keeps the bits of the rows whose condition it satisfies;
after the rows follow the impossible boxes, whose conditions are cut in the same way.
"""

import bisect
import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import attrs

from ruralcredit.errors import CreditError, TableError
from ruralcredit.policy._fields import Field, Value, fact_of
from ruralcredit.policy._rows import Condition
from ruralcredit.values import FrozenMapping

__all__ = ["Axis", "Part", "axis_of", "code_of", "conditions_of", "parts_of", "value_at"]

Part: TypeAlias = tuple[int, int]
"""A run of codes, both ends included."""


def code_of(field: Field, value: Value) -> int:
    """Return a known value as an integer: a word's position, a day's ordinal."""
    if isinstance(value, str):
        return field.values.index(value)
    return value.toordinal() if isinstance(value, datetime.date) else int(value)


def value_at(field: Field, code: int) -> Value:
    """Return the value that an integer stands for."""
    if field.kind == "enum":
        return field.values[code]
    if field.kind == "date":
        return datetime.date.fromordinal(code)
    return bool(code) if field.kind == "bool" else code


def parts_of(field: Field, test: Condition, where: str) -> tuple[list[Part], bool]:
    """Return the runs of codes that a condition admits, and whether it admits missing.

    Raises:
        CreditError: If a value does not fit the field, or no value is admitted.
    """
    if isinstance(test, Mapping):
        return [_interval(field, test, where)], False
    values = test if isinstance(test, tuple) else (test,)
    known = [code_of(field, fact_of(field, one, where)) for one in values if one is not None]
    return [(code, code) for code in known], len(known) < len(values)


def _interval(field: Field, ends: Mapping[str, int | datetime.date], where: str) -> Part:
    if field.kind not in {"int", "date"}:
        raise CreditError(
            f"{where}: {field.kind} field {field.name} takes values, no interval: list them"
        )
    wanted = datetime.date if field.kind == "date" else int
    called = "a date" if field.kind == "date" else "a whole number"
    for end, bound in ends.items():
        if not isinstance(bound, wanted):
            raise CreditError(f"{where}: {end} of {field.name} must be {called}, got {bound!r}")
    low, high = field.bounds
    codes = {end: code_of(field, fact_of(field, bound, where)) for end, bound in ends.items()}
    low = max(low, codes.get("ge", low), codes["gt"] + 1 if "gt" in codes else low)
    high = min(high, codes.get("le", high), codes["lt"] - 1 if "lt" in codes else high)
    if low > high:
        raise CreditError(
            f"{where}: the interval of {field.name} must admit a value, got {dict(ends)!r} "
            f"within {field.bounds[0] if field.low is None else field.low} to "
            f"{field.bounds[1] if field.high is None else field.high}"
        )
    return low, high


@attrs.frozen(eq=False)
class Axis:
    """One field of a table, cut into classes of values.

    Attributes:
        field: The field.
        starts: First code of each run of codes, ascending.
        class_of: The class of each run.
        masks: Per class the bits of the rows, and boxes, that it satisfies.
        missing: The bits of those that a missing fact satisfies.
        asks: The bits of the rows that ask for the fact to be missing.
        tests: The bits of the rows, and boxes, that name the field.
        by_word: The class of each word of an enum, of False and of True.
    """

    field: Field
    starts: tuple[int, ...]
    class_of: tuple[int, ...]
    masks: tuple[int, ...]
    missing: int
    asks: int
    tests: int
    by_word: Mapping[Value, int]

    def class_at(self, value: Value) -> int:
        """Return the class of a value that `fact_of` has passed."""
        if self.by_word:
            return self.by_word[value]
        code = code_of(self.field, value)
        return self.class_of[bisect.bisect_right(self.starts, code) - 1]

    def parts(self, classes: Iterable[int]) -> list[Part]:
        """Return the runs of codes of some classes, neighbours joined."""
        wanted = set(classes)
        ends = [*(start - 1 for start in self.starts[1:]), self.field.bounds[1]]
        joined: list[Part] = []
        for start, end, number in zip(self.starts, ends, self.class_of, strict=True):
            if number not in wanted:
                continue
            if joined and joined[-1][1] == start - 1:
                start = joined.pop()[0]  # noqa: PLW2901  # joins the run before
            joined.append((start, end))
        return joined

    def witness(self, number: int) -> Value:
        """Return one value of a class: near a threshold, where officers look."""
        return _value_in(self.field, self.parts([number])[0])


def _value_in(field: Field, part: Part) -> Value:
    low, high = part
    is_open = low == field.bounds[0] and field.low is None and field.kind in {"int", "date"}
    return value_at(field, high if is_open else low)


def conditions_of(field: Field, parts: Sequence[Part]) -> list[tuple[Condition, Value]]:
    """Return conditions that together admit just the runs of codes given, each with a value.

    Words and truth values make one condition; of numbers and days each run makes its own.
    """
    if field.kind in {"enum", "bool"}:
        codes = [code for low, high in parts for code in range(low, high + 1)]
        values = tuple(value_at(field, code) for code in codes)
        return [(values if len(values) > 1 else values[0], values[0])]  # type: ignore[list-item]  # words
    low_end, high_end = field.bounds
    found: list[tuple[Condition, Value]] = []
    for low, high in parts:
        ends: dict[str, int | datetime.date] = {}
        if low > low_end:
            ends["ge"] = value_at(field, low)  # type: ignore[assignment]  # no word
        if high < high_end:
            ends["le"] = value_at(field, high)  # type: ignore[assignment]  # no word
        found.append((FrozenMapping(ends), _value_in(field, (low, high))))
    return found


def axis_of(
    field: Field, tests: Sequence[tuple[str, Condition] | None], ids: Sequence[str]
) -> Axis:
    """Cut a field by the conditions of all rows, then boxes, None where one names it not.

    Raises:
        TableError: If a condition does not fit the field.
    """
    low, _ = field.bounds
    flips: dict[int, int] = {low: 0}
    anything = missing = asks = 0
    for number, test in enumerate(tests):
        bit = 1 << number
        if test is None:
            anything |= bit
            continue
        where, condition = test
        try:
            parts, admits_missing = parts_of(field, condition, where)
        except CreditError as error:
            raise TableError(str(error), rows=tuple(ids[number : number + 1])) from None
        if admits_missing:
            missing |= bit
            asks |= bit if number < len(ids) else 0
        for start, end in parts:
            flips[start] = flips.get(start, 0) ^ bit
            flips[end + 1] = flips.get(end + 1, 0) ^ bit
    flips.pop(field.bounds[1] + 1, None)
    starts, class_of, masks = _swept(flips, anything)
    every = (1 << len(tests)) - 1
    by_word = (
        {
            value_at(field, code): class_of[bisect.bisect_right(starts, code) - 1]
            for code in range(field.bounds[1] + 1)
        }
        if field.kind in {"enum", "bool"}
        else {}
    )
    return Axis(
        field=field,
        starts=starts,
        class_of=class_of,
        masks=masks,
        missing=missing | anything,
        asks=asks,
        tests=every & ~anything,
        by_word=by_word,
    )


def _swept(
    flips: Mapping[int, int], anything: int
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Run over the codes where a condition starts or ends, and merge equal classes."""
    starts = tuple(sorted(flips))
    number_of: dict[int, int] = {}
    classes = []
    mask = anything
    for start in starts:
        mask ^= flips[start]
        classes.append(number_of.setdefault(mask, len(number_of)))
    return starts, tuple(classes), tuple(number_of)
