"""Plain data out and in, and its JSON Schema, for every value of the library.

A value's class says all there is to know: its attrs fields with their types, or, when it is
a table, its columns with their kinds.  So one codec per class is built here, once, and no
class writes its own.
"""

import datetime
import enum
import functools
import inspect
import itertools
import math
import re
import types
import typing
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Final, Literal, NoReturn, TypeVar, overload

import attrs
import numpy as np

from ruralcredit.errors import CreditError
from ruralcredit.values._codecs import (
    DAY_SCHEMA,
    SCALARS,
    ArrayCodec,
    ChoiceCodec,
    Codec,
    Defs,
    MappingCodec,
    Schema,
    SequenceCodec,
    enum_codec,
    object_schema,
    union_codec,
    write_days,
    wrong,
)

__all__ = ["from_dict", "json_schema", "to_dict"]

T = TypeVar("T")

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


@overload
def to_dict(value: attrs.AttrsInstance) -> dict[str, object]: ...
@overload
def to_dict(value: object) -> object: ...
def to_dict(value: object) -> object:
    """Return a value as plain data that `json.dumps` takes and `from_dict` reads back exactly.

    Fields keep their names; days become ISO text, Decimals and Fractions text, enums their
    values, tuples and arrays lists.  A table (a class with ``COLUMNS``, ``to_columns`` and
    ``from_columns``) becomes its columns, with None where a row is unknown.  Where a field's
    type allows two things that JSON writes alike, such as text or a day, the other one stands in
    an object of one key, its type's name: ``{"date": "2024-01-31"}``.

    A value whose class is generic is written by what its items are, so a `Dated` that stands
    alone holds items of one type.

    Raises:
        CreditError: If something in the value has no plain form; names the field's path.

    >>> from ruralcredit.values import Ratio
    >>> to_dict(Ratio(962, 1477))
    {'part': 962, 'whole': 1477}
    """
    return _write_anything(value, type(value).__name__)


def from_dict(cls: type[T], data: object) -> T:
    """Return the value that `to_dict` wrote as plain data.

    A field that has a default may be left out.

    Args:
        cls: What to build: a value class, with its item type if it is generic.
        data: Plain data, as `to_dict` or `json.loads` returns it.

    Raises:
        CreditError: If a key is missing or unknown, or a value has another type than its
            field; names the field's path.

    >>> from ruralcredit.values import Dated, Ratio
    >>> from_dict(Ratio, {"part": 962, "whole": 1477})
    Ratio(part=962, whole=1477)
    >>> from_dict(Dated[int], {"starts": ["2024-01-01"], "values": [30], "name": "caps"}).values
    (30,)
    """
    codec = _codec(typing.cast("Hashable", cls))
    return typing.cast("T", codec.read(data, codec.name))


def json_schema(cls: type) -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of the plain data of a class.

    Raises:
        CreditError: If a field's type has no plain form.

    >>> from ruralcredit.values import Ratio
    >>> json_schema(Ratio)["$defs"]["Ratio"]["properties"]
    {'part': {'type': 'integer'}, 'whole': {'type': 'integer'}}
    """
    defs: Defs = {}
    top = _codec(typing.cast("Hashable", cls)).schema(defs)
    return {"$schema": _DRAFT, **top, "$defs": {key: schema for key, (_, schema) in defs.items()}}


@functools.cache
def _codec(hint: Hashable) -> Codec:
    """Build the codec of a type once; the types are few and fixed."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, type) and hint in SCALARS:
        return SCALARS[hint]
    if hint is None or isinstance(hint, TypeVar):
        return SCALARS[type(None)] if hint is None else _OpenCodec(hint.__name__)
    if origin is Literal:
        # Sorted, here and for unions, since the cache takes two orders of one type for equal.
        choices = sorted(args, key=repr)
        name = " | ".join(map(repr, choices))
        return ChoiceCodec(name, tuple((one, one) for one in choices), is_itself=True)
    if origin in {typing.Union, types.UnionType}:
        return union_codec(tuple(_codec(arg) for arg in sorted(args, key=_place_in_union)))
    return _codec_of_class(origin or hint, args)


def _codec_of_class(cls: object, args: tuple[typing.Any, ...]) -> Codec:
    if (
        cls is tuple
        or cls is list
        or (isinstance(cls, type) and issubclass(cls, Mapping) and args)
    ):
        return _codec_of_container(typing.cast("type", cls), args)
    if cls is np.ndarray and args:
        return ArrayCodec(typing.get_args(args[1])[0])
    if isinstance(cls, type):
        if issubclass(cls, enum.Enum):
            return enum_codec(cls)
        if hasattr(cls, "COLUMNS"):
            return _table(cls)
        if attrs.has(cls):
            return _RecordCodec(cls, args)
    raise CreditError(
        f"{_type_name(cls)} has no plain form: plain data is made of None, bool, int, float, str, "
        "Decimal, Fraction, date, enums, Literals, tuples, lists, mappings by str, NumPy columns, "
        "tables and attrs classes of these"
    )


def _codec_of_container(cls: type, args: tuple[typing.Any, ...]) -> Codec:
    is_open = args[1:] == (Ellipsis,)
    items = tuple(_codec(arg) for arg in (args[:1] if is_open else args))
    if _OpenCodec in map(type, items):
        # Only together can open items be checked for types that JSON would confuse.
        return _OpenCodec(f"{cls.__name__}[{', '.join(map(_type_name, args))}]")
    if issubclass(cls, Mapping):
        return MappingCodec(items[0], items[1])
    return SequenceCodec(cls, items, is_open=is_open or cls is list)


def _type_name(hint: object) -> str:
    args = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if args and origin in {typing.Union, types.UnionType}:
        return " | ".join(map(_type_name, sorted(args, key=_place_in_union)))
    if args and origin is not Literal:
        return f"{_type_name(origin)}[{', '.join(map(_type_name, args))}]"
    if hint is type(None) or hint is Ellipsis:
        return "None" if hint is not Ellipsis else "..."
    return hint.__name__ if isinstance(hint, type | TypeVar) else str(hint).replace("typing.", "")


def _place_in_union(hint: object) -> tuple[bool, str]:
    return hint is type(None), _type_name(hint)


# --- where no type is named ----------------------------------------------------------


@attrs.frozen
class _OpenCodec:
    """A type left open: it is written by what comes, and cannot be read."""

    name: str
    kinds: frozenset[str] = frozenset()
    is_itself: bool = False

    def fits(self, _: object) -> bool:
        return True

    def write(self, value: object, path: str) -> object:
        return _write_anything(value, path)

    def read(self, _: object, path: str) -> NoReturn:
        raise CreditError(
            f"{path} has the open type {self.name}: name the class with its items, as Dated[int]"
        )

    def schema(self, _: Defs) -> NoReturn:
        self.read(None, "a field")


def _write_anything(value: object, path: str) -> object:
    """Write a value by its own type, as nothing else says what it is."""
    if isinstance(value, tuple | list):
        _refuse_mixed(value, path)
    elif isinstance(value, Mapping):
        _refuse_mixed(value.values(), path)
    return _codec_of(value).write(value, path)


def _codec_of(value: object) -> Codec:
    if isinstance(value, tuple | list):
        return SequenceCodec(type(value), (_OpenCodec("T"),), is_open=True)
    if isinstance(value, Mapping):
        return MappingCodec(SCALARS[str], _OpenCodec("T"))
    if isinstance(value, np.ndarray):
        return ArrayCodec(value.dtype.type)
    if not isinstance(value, enum.Enum):
        for codec in SCALARS.values():
            if codec.fits(value):
                return codec
    return _codec(typing.cast("Hashable", type(value)))


def _refuse_mixed(items: Iterable[object], path: str) -> None:
    """Refuse types side by side that JSON writes alike, as no field's type tells them apart."""
    names: dict[str, str] = {}
    for codec in map(_codec_of, items):
        for kind in codec.kinds:
            if names.setdefault(kind, codec.name) != codec.name:
                raise CreditError(
                    f"{path} must not mix {names[kind]} and {codec.name}, as its type is open: "
                    "hold it in a field whose type names both"
                )


# --- classes -------------------------------------------------------------------------


@attrs.frozen
class _Field:
    name: str
    alias: str
    codec: Codec
    is_required: bool


@attrs.frozen
class _RecordCodec:
    """An attrs class; its private and derived fields are no part of it.

    A subclass does not fit: it would come back as its base.
    """

    cls: type
    args: tuple[Hashable, ...]
    kinds: frozenset[str] = frozenset({"object"})
    is_itself: bool = False

    @property
    def name(self) -> str:
        args = f"[{', '.join(map(_type_name, self.args))}]" if self.args else ""
        return f"{self.cls.__name__}{args}"

    def fits(self, value: object) -> bool:
        return type(value) is self.cls

    def write(self, value: object, path: str) -> object:
        if not self.fits(value):
            raise wrong(path, f"a {self.name}", value)
        return {
            field.name: field.codec.write(getattr(value, field.name), f"{path}.{field.name}")
            for field in _fields(self.cls, self.args)
        }

    def read(self, plain: object, path: str) -> object:
        fields = _fields(self.cls, self.args)
        known = {field.name: field.is_required for field in fields}
        found = _known_keys(plain, known, path, self.name)
        values = {
            field.alias: field.codec.read(found[field.name], f"{path}.{field.name}")
            for field in fields
            if field.name in found
        }
        return _built(self.cls, values, path)

    def schema(self, defs: Defs) -> Schema:
        fields = _fields(self.cls, self.args)
        required = [field.name for field in fields if field.is_required]
        return _defined(
            (self.cls, self.args),
            self.name,
            defs,
            lambda: object_schema({f.name: f.codec.schema(defs) for f in fields}, required),
        )


# Looked at on first use, not when the codec is built, so that a class may hold itself.
@functools.cache
def _fields(cls: type, args: tuple[Hashable, ...]) -> tuple[_Field, ...]:
    try:
        hints = typing.get_type_hints(cls)
    except NameError as error:
        raise CreditError(
            f"{cls.__name__} has no plain form: {error}, so import it outside TYPE_CHECKING"
        ) from None
    types_of: dict[Hashable, Hashable] = dict(
        zip(getattr(cls, "__parameters__", ()), args, strict=False)
    )
    if any(f.name.startswith("_") and f.default is attrs.NOTHING for f in attrs.fields(cls)):
        raise CreditError(
            f"{cls.__name__} has no plain form: it is a view of another value; "
            "take its summary, or its columns"
        )
    return tuple(
        _Field(
            field.name,
            field.alias or field.name,
            _codec(_bound(hints[field.name], types_of)),
            field.default is attrs.NOTHING,
        )
        for field in attrs.fields(cls)
        if field.init and not field.name.startswith("_")
    )


def _bound(hint: Hashable, types_of: Mapping[Hashable, Hashable]) -> Hashable:
    """Put the item types into the hint of a generic class's field."""
    if isinstance(hint, TypeVar):
        return types_of.get(hint, hint)
    parameters = () if isinstance(hint, type) else getattr(hint, "__parameters__", ())
    if not parameters:
        return hint
    generic = typing.cast("typing.Any", hint)
    return typing.cast("Hashable", generic[tuple(types_of.get(one, one) for one in parameters)])


def _known_keys(
    plain: object, known: Mapping[str, bool], path: str, name: str
) -> Mapping[str, object]:
    """Return the plain object after refusing keys that are unknown or missing but required."""
    if not isinstance(plain, Mapping):
        raise wrong(path, f"an object of {name}", plain)
    for key in plain:
        if key not in known:
            raise CreditError(f"{path}.{key} is no field of {name}: it has {', '.join(known)}")
    for key, is_required in known.items():
        if is_required and key not in plain:
            raise CreditError(f"{path}.{key} is missing: {name} needs it")
    return plain


def _built(make: Callable[..., object], values: dict[str, object], path: str) -> object:
    try:
        return make(**values)
    except CreditError as error:
        error.add_note(f"while reading {path}")
        raise
    except (TypeError, ValueError) as error:
        raise CreditError(f"{path} cannot be built: {error}") from error


def _defined(owner: object, name: str, defs: Defs, make: Callable[[], Schema]) -> Schema:
    """Put a class into the definitions once and return the reference to it."""
    stem = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    # Two rooms may call two classes alike.
    keys = itertools.chain([stem], (f"{stem}_{n}" for n in itertools.count(2)))
    key = next(key for key in keys if key not in defs or defs[key][0] == owner)
    if key not in defs:
        schema: Schema = {"title": name}
        defs[key] = (owner, schema)
        schema.update(make())
    return {"$ref": f"#/$defs/{key}"}


# --- tables --------------------------------------------------------------------------

_COLUMN_KINDS: Final[Mapping[str, tuple[type, ...]]] = types.MappingProxyType(
    {
        "id": (str, int),
        "fen": (int,),
        "int": (int,),
        "day": (datetime.date,),
        "word": (str,),
        "bool": (bool,),
    }
)


def _table(cls: type) -> Codec:
    """Build the codec of a table from the kinds of its columns, `COLUMNS`."""
    kinds = getattr(cls, "COLUMNS", None)
    if not isinstance(kinds, Mapping):
        raise CreditError(f"{cls.__name__} has no plain form: a table names its kinds in COLUMNS")
    columns = {name: _column(kind, f"{cls.__name__}.{name}") for name, kind in kinds.items()}
    parameters = inspect.signature(typing.cast("typing.Any", cls).from_columns).parameters
    required = {
        name: name in parameters and parameters[name].default is inspect.Parameter.empty
        for name in columns
    }
    return _TableCodec(cls, columns, required)


@attrs.frozen
class _TableCodec:
    """A table: its columns, through its own `to_columns` and `from_columns`."""

    cls: typing.Any
    columns: Mapping[str, Codec]
    required: Mapping[str, bool]
    kinds: frozenset[str] = frozenset({"object"})
    is_itself: bool = False

    @property
    def name(self) -> str:
        return str(self.cls.__name__)

    def fits(self, value: object) -> bool:
        return isinstance(value, self.cls)

    def write(self, value: typing.Any, path: str) -> object:  # noqa: ANN401 - any table
        if not isinstance(value, self.cls):
            raise wrong(path, f"a {self.name}", value)
        found = _known_keys(value.to_columns(), self.required, path, self.name)
        return {
            name: self.columns[name].write(column, f"{path}.{name}")
            for name, column in found.items()
            if column is not None
        }

    def read(self, plain: object, path: str) -> object:
        found = _known_keys(plain, self.required, path, self.name)
        values = {
            name: self.columns[name].read(column, f"{path}.{name}")
            for name, column in found.items()
        }
        return _built(self.cls.from_columns, values, path)

    def schema(self, defs: Defs) -> Schema:
        required = [name for name, is_required in self.required.items() if is_required]
        columns = self.columns.items()
        return _defined(
            self.cls,
            self.name,
            defs,
            lambda: object_schema({name: one.schema(defs) for name, one in columns}, required),
        )


def _column(kind: object, path: str) -> Codec:
    if isinstance(kind, type):
        return _codec(typing.cast("Hashable", kind))
    if kind == "facts":
        return MappingCodec(SCALARS[str], _ColumnCodec("facts", (str, int)))
    if not isinstance(kind, str) or kind not in _COLUMN_KINDS:
        words = ", ".join([*_COLUMN_KINDS, "facts"])
        raise CreditError(f"{path} must have a kind of {words}, or a class, got {kind!r}")
    return _ColumnCodec(kind, _COLUMN_KINDS[kind])


@attrs.frozen
class _ColumnCodec:
    """One column of a table, fast when its cells are of the right types already."""

    name: str
    allowed: tuple[type, ...]
    kinds: frozenset[str] = frozenset({"array"})
    is_itself: bool = False

    @property
    def is_days(self) -> bool:
        return self.allowed == (datetime.date,)

    def fits(self, value: object) -> bool:
        if isinstance(value, np.ndarray):
            return value.ndim == 1
        return isinstance(value, list | tuple)

    def write(self, value: object, path: str) -> object:
        if self.is_days and isinstance(value, np.ndarray) and value.dtype.kind == "M":
            return write_days(value, path)
        if not self.fits(value):
            raise wrong(path, "a column", value)
        cells = _plain_cells(value)
        self._refuse_cells(cells, path)
        return [cell and str(cell) for cell in cells] if self.is_days else cells

    def read(self, plain: object, path: str) -> object:
        if not isinstance(plain, list):
            raise wrong(path, "a list", plain)
        if not self.is_days:
            self._refuse_cells(plain, path)
            return list(plain)
        days = SCALARS[datetime.date]
        cells = [
            None if cell is None else days.read(cell, f"{path}[{row}]")
            for row, cell in enumerate(plain)
        ]
        return np.array(cells, dtype="datetime64[D]")

    def schema(self, _: Defs) -> Schema:
        kinds = sorted({"null", *itertools.chain(*(SCALARS[cls].kinds for cls in self.allowed))})
        described = dict(DAY_SCHEMA) if self.is_days else {}
        return {"type": "array", "items": {**described, "type": kinds}}

    def _refuse_cells(self, cells: list[object], path: str) -> None:
        allowed = {*self.allowed, type(None)}
        if not set(map(type, cells)) <= allowed:
            row, cell = next((row, x) for row, x in enumerate(cells) if type(x) not in allowed)
            names = " or ".join(SCALARS[cls].name for cls in self.allowed)
            raise wrong(f"{path}[{row}]", f"{names} or null", cell)


def _plain_cells(column: typing.Any) -> list[object]:  # noqa: ANN401 - an array, list or tuple
    """Return the cells as Python's own values, NaN as None."""
    if isinstance(column, np.ndarray):
        cells: list[object] = column.tolist()
    else:
        cells = [cell.item() if isinstance(cell, np.generic) else cell for cell in column]
    if float in set(map(type, cells)):
        return [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in cells]
    return cells
