"""Fields: what a table may ask about, and which values a fact of each kind can take."""

import datetime
import math
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias, get_args

import attrs
import numpy as np

from ruralcredit.errors import CreditError

__all__ = ["INT_HIGH", "INT_LOW", "Field", "FieldKind", "Value", "fact_of", "is_missing"]

FieldKind: TypeAlias = Literal["enum", "int", "date", "bool"]
"""The kinds of a field."""

Value: TypeAlias = bool | int | str | datetime.date
"""A known value of a field."""

_KINDS: Final = get_args(FieldKind)
INT_LOW: Final = -(2**63)
INT_HIGH: Final = 2**63 - 1


def _words(values: object) -> tuple[str, ...]:
    if isinstance(values, str | set | frozenset) or not isinstance(values, Iterable):
        raise CreditError(f"Field.values must be a list of words, got {values!r}")
    return tuple(values)


@attrs.frozen
class Field:
    """One fact that a table asks about, with its kind and the values it can take (字段).

    Attributes:
        name: Its name, as in a case and in columns.
        kind: "enum" (a word of ``values``), "int" (money in fen, shares in bp), "date" or
            "bool".
        values: The words of an enum, in the order an officer would list them.
        unit: "fen", "bp", "months" ..., of an int.
        low: Least value of an int or a date, included; None is int64's least.
        high: Greatest value, included.
        protected: Whether it is a trait such as sex, marriage or health, on which a table
            may rest only with a cited ground.

    Raises:
        CreditError: If the kind is not one of the four, an enum has no words or one twice,
            or bounds do not fit the kind.

    Source:
        rulings 2.7 for protected fields.

    >>> Field("age_years", "int", unit="years", low=0, high=150).bounds
    (0, 150)
    """

    name: str = attrs.field()
    kind: FieldKind = attrs.field()
    values: tuple[str, ...] = attrs.field(default=(), converter=_words, kw_only=True)
    unit: str | None = attrs.field(default=None, kw_only=True)
    low: int | datetime.date | None = attrs.field(default=None, kw_only=True)
    high: int | datetime.date | None = attrs.field(default=None, kw_only=True)
    protected: bool = attrs.field(default=False, kw_only=True)

    @name.validator
    def _is_name(self, _: "attrs.Attribute[str]", name: object) -> None:
        if not isinstance(name, str) or not name.strip() or name != name.strip():
            raise CreditError(f"a field must have a name without blanks around it, got {name!r}")

    @kind.validator
    def _is_kind(self, _: "attrs.Attribute[str]", kind: object) -> None:
        if kind not in _KINDS:
            raise CreditError(
                f"field {self.name} must be one of {', '.join(_KINDS)}, got {kind!r}"
            )

    def __attrs_post_init__(self) -> None:
        """Refuse words or bounds that do not fit the kind."""
        protected: object = self.protected
        if not isinstance(protected, bool):
            raise CreditError(
                f"protected of field {self.name} must be True or False, got {protected!r}"
            )
        if (self.kind == "enum") != bool(self.values):
            wanted = "list its values" if self.kind == "enum" else "have no values"
            raise CreditError(
                f"{self.kind} field {self.name} must {wanted}, got {list(self.values)!r}"
            )
        words: tuple[object, ...] = self.values
        for word in words:
            if not isinstance(word, str) or not word:
                raise CreditError(f"values of {self.name} must be words, got {word!r}")
        if len(set(self.values)) < len(self.values):
            raise CreditError(f"values of {self.name} must differ, got {', '.join(self.values)}")
        unit: object = self.unit
        if unit is not None and (not isinstance(unit, str) or self.kind != "int"):
            raise CreditError(
                f"only an int field has a unit, as text; {self.kind} field {self.name} "
                f"has {self.unit!r}"
            )
        self._check_bounds()

    def _check_bounds(self) -> None:
        for end, bound in (("low", self.low), ("high", self.high)):
            if bound is not None and not _fits(self.kind, bound):
                raise CreditError(
                    f"{end} of {self.kind} field {self.name} must be "
                    f"{_WANTED.get(self.kind, 'left out')}, got {bound!r}"
                )
        low, high = self.bounds
        if low > high:
            raise CreditError(
                f"low of {self.name} must not be above high, got {self.low!r} and {self.high!r}"
            )

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest value as integers, days as their ordinals.

        An enum counts its words from 0, a bool is 0 or 1.

        >>> Field("retail", "bool").bounds
        (0, 1)
        """
        if self.kind == "enum":
            return 0, len(self.values) - 1
        if self.kind == "bool":
            return 0, 1
        least, most = (INT_LOW, INT_HIGH) if self.kind == "int" else _DAYS
        low = least if self.low is None else _number(self.low)
        return low, most if self.high is None else _number(self.high)


_DAYS: Final = (datetime.date.min.toordinal(), datetime.date.max.toordinal())
_WANTED: Final = {"int": "an int of 64 bits", "date": "a date"}


def _number(value: int | datetime.date) -> int:
    return value.toordinal() if isinstance(value, datetime.date) else value


def _fits(kind: str, value: object) -> bool:
    if kind == "date":
        return isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)
    if kind == "int":
        return (
            isinstance(value, int) and not isinstance(value, bool) and INT_LOW <= value <= INT_HIGH
        )
    return False


def is_missing(value: object) -> bool:
    """Say whether a fact is unknown: None, NaT or the NA of a frame library; NaN is an error."""
    if value is None:
        return True
    if isinstance(value, np.datetime64):
        return bool(np.isnat(value))
    return type(value).__name__ in {"NAType", "NaTType"}


def fact_of(field: Field, value: object, where: str) -> Value:
    """Return a known value of a field as plain Python, or say why it is none.

    Args:
        field: The field.
        value: The value as brought.
        where: Where it stands, to open the message: "case", "row H1 of table x".
    """
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64):
        value = value.item()
    if field.kind == "enum":
        if isinstance(value, str) and value in field.values:
            return str(value)
        raise _refused(field, value, where, f"one of {', '.join(field.values)}")
    if field.kind == "bool":
        if isinstance(value, bool):
            return value
        raise _refused(field, value, where, "True or False")
    if field.kind == "date":
        return _day_of(field, value, where)
    if not _fits("int", value):
        hint = ": money is whole fen, made by yuan()" if field.unit == "fen" else ""
        raise _refused(field, value, where, "a whole number", hint)
    assert isinstance(value, int)  # noqa: S101  # told by _fits
    return _within(field, value, where)


def _day_of(field: Field, value: object, where: str) -> datetime.date:
    if isinstance(value, np.datetime64):
        day = value.astype("datetime64[D]")
        value = day.item() if day == value else value
    if isinstance(value, datetime.datetime):
        raise _refused(field, value, where, "a date", ": a datetime is no day, pass its .date()")
    if not isinstance(value, datetime.date):
        raise _refused(field, value, where, "a date")
    plain = datetime.date(value.year, value.month, value.day)
    _within(field, plain, where)
    return plain


def _within(field: Field, value: int | datetime.date, where: str) -> int:
    low, high = field.bounds
    number = _number(value)
    if not low <= number <= high:
        shown = " to ".join("any" if b is None else str(b) for b in (field.low, field.high))
        raise _refused(field, value, where, f"within {shown}")
    return number


def _refused(field: Field, value: object, where: str, wanted: str, hint: str = "") -> CreditError:
    came = repr(value) if isinstance(value, str) else f"{type(value).__name__} {value}"
    if isinstance(value, float) and math.isnan(value):
        hint = ": write None where the fact is unknown"
    return CreditError(f"{where}: {field.name} must be {wanted}, got {came}{hint}")
