"""What each type needs to become plain data and come back: one codec per kind of type."""

import datetime
import enum
import itertools
import math
import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final, Protocol, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError
from ruralcredit.values._frozen import FrozenMapping

__all__ = [
    "DAY_SCHEMA",
    "SCALARS",
    "ArrayCodec",
    "ChoiceCodec",
    "Codec",
    "Defs",
    "MappingCodec",
    "Schema",
    "SequenceCodec",
    "UnionCodec",
    "enum_codec",
    "object_schema",
    "union_codec",
    "write_days",
    "wrong",
]

Schema: TypeAlias = dict[str, object]
# By key: whose schema it is, so that two classes of one name do not share it, and the schema.
Defs: TypeAlias = dict[str, tuple[object, Schema]]

_DAY_TEXT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DECIMAL_TEXT: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:E[+-]?[0-9]+)?")
_FRACTION_TEXT: Final = re.compile(r"-?[0-9]+(/0*[1-9][0-9]*)?")
DAY_SCHEMA: Final[Mapping[str, object]] = types.MappingProxyType(
    {"type": "string", "format": "date", "pattern": f"^{_DAY_TEXT.pattern}$"}
)
_JSON_KINDS: Final[Mapping[type, str]] = types.MappingProxyType(
    {
        type(None): "null",
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        list: "array",
    }
)
# Every int up to here is a float.
_FLOAT_EXACT: Final = 2**53


class Codec(Protocol):
    """How values of one type are written as plain data, read back and described."""

    @property
    def name(self) -> str:
        """The type's name, for errors and tags."""

    @property
    def kinds(self) -> frozenset[str]:
        """The JSON kinds of the plain form."""

    @property
    def is_itself(self) -> bool:
        """Whether a value already is its plain form."""

    def fits(self, value: object) -> bool:
        """Say whether a value is of the type, at first sight."""

    def write(self, value: object, path: str) -> object:
        """Return the plain form."""

    def read(self, plain: object, path: str) -> object:
        """Return the value of a plain form."""

    def schema(self, defs: Defs) -> Schema:
        """Return the JSON Schema of the plain form."""


def wrong(path: str, wanted: str, value: object) -> CreditError:
    """Return the error of a value that is not what its path must hold."""
    shown = "null" if value is None else f"{type(value).__name__} {value!r}"
    return CreditError(f"{path} must be {wanted}, got {shown}")


def json_kind(plain: object) -> str:
    """Return the JSON kind of plain data."""
    return "object" if isinstance(plain, Mapping) else _JSON_KINDS.get(type(plain), "other")


def object_schema(properties: Schema, required: Iterable[str]) -> Schema:
    """Return the schema of an object that has no other keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


# --- scalars -------------------------------------------------------------------------


@attrs.frozen
class _ScalarCodec:
    name: str
    kind: str
    wanted: str
    is_value: Callable[[object], bool]
    to_plain: Callable[[typing.Any], object]
    is_plain: Callable[[object], bool]
    to_value: Callable[[typing.Any], object]
    described: Mapping[str, object]
    is_itself: bool = True

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset({self.kind})

    def fits(self, value: object) -> bool:
        return self.is_value(value)

    def write(self, value: object, path: str) -> object:
        if not self.is_value(value):
            raise wrong(path, self.wanted, value)
        return self.to_plain(value)

    def read(self, plain: object, path: str) -> object:
        if not self.is_plain(plain):
            raise wrong(path, self.wanted, plain)
        return self.to_value(plain)

    def schema(self, _: Defs) -> Schema:
        return dict(self.described)


def _same(value: object) -> object:
    return value


def _is_none(value: object) -> bool:
    return value is None


def _is_bool(value: object) -> bool:
    return isinstance(value, bool | np.bool_)


def _is_int(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_plain_int(plain: object) -> bool:
    return type(plain) is int


def _is_float(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _is_plain_float(plain: object) -> bool:
    return _is_float(plain) or (type(plain) is int and abs(plain) <= _FLOAT_EXACT)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_decimal(value: object) -> bool:
    return isinstance(value, Decimal) and value.is_finite()


def _is_decimal_text(plain: object) -> bool:
    if not isinstance(plain, str) or not _DECIMAL_TEXT.fullmatch(plain):
        return False
    try:
        Decimal(plain)
    except ArithmeticError:  # an exponent beyond what a Decimal holds
        return False
    return True


def _is_fraction(value: object) -> bool:
    return isinstance(value, Fraction)


def _is_fraction_text(plain: object) -> bool:
    return isinstance(plain, str) and _FRACTION_TEXT.fullmatch(plain) is not None


def _is_day(value: object) -> bool:
    return isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)


def _is_day_text(plain: object) -> bool:
    if not isinstance(plain, str) or not _DAY_TEXT.fullmatch(plain):
        return False
    try:
        datetime.date.fromisoformat(plain)
    except ValueError:
        return False
    return True


SCALARS: Final[Mapping[type, Codec]] = types.MappingProxyType(
    {
        type(None): _ScalarCodec(
            "None", "null", "null", _is_none, _same, _is_none, _same, {"type": "null"}
        ),
        bool: _ScalarCodec(
            "bool", "boolean", "a bool", _is_bool, bool, _is_bool, _same, {"type": "boolean"}
        ),
        int: _ScalarCodec(
            "int", "integer", "an int", _is_int, int, _is_plain_int, _same, {"type": "integer"}
        ),
        float: _ScalarCodec(
            "float",
            "number",
            "a finite number",
            _is_float,
            float,
            _is_plain_float,
            float,
            {"type": "number"},
        ),
        str: _ScalarCodec(
            "str", "string", "a str", _is_text, str.__str__, _is_text, _same, {"type": "string"}
        ),
        Decimal: _ScalarCodec(
            "Decimal",
            "string",
            "a finite Decimal, as text",
            _is_decimal,
            str,
            _is_decimal_text,
            Decimal,
            {"type": "string", "pattern": f"^{_DECIMAL_TEXT.pattern}$"},
            is_itself=False,
        ),
        Fraction: _ScalarCodec(
            "Fraction",
            "string",
            "a Fraction, as text like 5/2",
            _is_fraction,
            str,
            _is_fraction_text,
            Fraction,
            {"type": "string", "pattern": f"^{_FRACTION_TEXT.pattern}$"},
            is_itself=False,
        ),
        datetime.date: _ScalarCodec(
            "date",
            "string",
            "a day, as text like 2024-06-30",
            _is_day,
            str,
            _is_day_text,
            datetime.date.fromisoformat,
            DAY_SCHEMA,
            is_itself=False,
        ),
    }
)


@attrs.frozen
class ChoiceCodec:
    """A closed choice, as pairs of value and plain form."""

    name: str
    pairs: tuple[tuple[object, object], ...]
    is_itself: bool

    @property
    def kinds(self) -> frozenset[str]:
        """The JSON kinds of the choices."""
        return frozenset(json_kind(plain) for _, plain in self.pairs)

    def fits(self, value: object) -> bool:
        """Say whether it is one of the choices."""
        return any(_is_same(value, one) for one, _ in self.pairs)

    def write(self, value: object, path: str) -> object:
        """Return the choice's plain form."""
        for one, plain in self.pairs:
            if _is_same(value, one):
                return plain
        raise self._wrong(path, value)

    def read(self, plain: object, path: str) -> object:
        """Return the choice of a plain form."""
        for value, one in self.pairs:
            if _is_same(plain, one):
                return value
        raise self._wrong(path, plain)

    def schema(self, _: Defs) -> Schema:
        """List the choices."""
        return {"enum": [plain for _, plain in self.pairs]}

    def _wrong(self, path: str, found: object) -> CreditError:
        return wrong(path, f"one of {', '.join(repr(plain) for _, plain in self.pairs)}", found)


def _is_same(one: object, other: object) -> bool:
    # The type counts because True == 1.
    return type(one) is type(other) and one == other


def enum_codec(cls: type[enum.Enum]) -> Codec:
    """Return the codec of an enum by its values."""
    pairs = tuple((member, member.value) for member in cls)
    if not all(isinstance(plain, str | int) for _, plain in pairs):
        raise CreditError(f"{cls.__name__} has no plain form: its values must be str or int")
    return ChoiceCodec(cls.__name__, pairs, is_itself=False)


# --- what holds others ---------------------------------------------------------------


@attrs.frozen
class SequenceCodec:
    """A list[X], a tuple[X, ...], or a tuple of fixed length."""

    origin: type
    items: tuple[Codec, ...]
    is_open: bool
    kinds: frozenset[str] = frozenset({"array"})
    is_itself: bool = False

    @property
    def name(self) -> str:
        """The type as it is written."""
        shown = [item.name for item in self.items]
        if self.is_open and self.origin is tuple:
            shown.append("...")
        return f"{self.origin.__name__}[{', '.join(shown)}]"

    def fits(self, value: object) -> bool:
        """Say whether it is such a sequence, whatever it holds."""
        return isinstance(value, self.origin)

    def write(self, value: object, path: str) -> object:
        """Return the items' plain forms in a list."""
        if not isinstance(value, self.origin):
            raise wrong(path, self._wanted(self.origin), value)
        return [codec.write(x, where) for codec, x, where in self._each(value, path)]

    def read(self, plain: object, path: str) -> object:
        """Return the sequence of the items."""
        if not isinstance(plain, list):
            raise wrong(path, self._wanted(list), plain)
        return self.origin(codec.read(x, where) for codec, x, where in self._each(plain, path))

    def schema(self, defs: Defs) -> Schema:
        """Describe the items, all alike or one by one."""
        if self.is_open:
            return {"type": "array", "items": self.items[0].schema(defs)}
        count, each = len(self.items), [item.schema(defs) for item in self.items]
        fixed: Schema = {"type": "array", "minItems": count, "maxItems": count}
        return {**fixed, "prefixItems": each} if each else fixed

    def _wanted(self, form: type) -> str:
        return f"a {form.__name__}" if self.is_open else f"a {form.__name__} of {len(self.items)}"

    def _each(self, found: typing.Any, path: str) -> Iterator[tuple[Codec, object, str]]:  # noqa: ANN401 - a tuple or a list, by origin
        if not self.is_open and len(found) != len(self.items):
            raise wrong(path, self._wanted(type(found)), found)
        codecs = itertools.repeat(self.items[0], len(found)) if self.is_open else self.items
        for place, (codec, item) in enumerate(zip(codecs, found, strict=True)):
            yield codec, item, f"{path}[{place}]"


@attrs.frozen
class MappingCodec:
    """A Mapping[str, X]; the keys may be a Literal of words."""

    keys: Codec
    items: Codec
    kinds: frozenset[str] = frozenset({"object"})
    is_itself: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse keys that are not text in JSON."""
        if self.keys.kinds != {"string"} or not self.keys.is_itself:
            raise CreditError(
                f"a mapping by {self.keys.name} has no plain form: JSON's keys are text"
            )

    @property
    def name(self) -> str:
        """The type as it is written."""
        return f"Mapping[{self.keys.name}, {self.items.name}]"

    def fits(self, value: object) -> bool:
        """Say whether it is a mapping, whatever it holds."""
        return isinstance(value, Mapping)

    def write(self, value: object, path: str) -> object:
        """Return the plain forms by key in a dict."""
        if not isinstance(value, Mapping):
            raise wrong(path, "a mapping", value)
        return {
            self.keys.write(key, f"{path} (a key)"): self.items.write(item, f"{path}[{key!r}]")
            for key, item in value.items()
        }

    def read(self, plain: object, path: str) -> object:
        """Return a mapping that cannot change."""
        if not isinstance(plain, Mapping):
            raise wrong(path, "an object", plain)
        return FrozenMapping(
            {
                self.keys.read(key, f"{path} (a key)"): self.items.read(item, f"{path}[{key!r}]")
                for key, item in plain.items()
            }
        )

    def schema(self, defs: Defs) -> Schema:
        """Describe what each key holds."""
        inner: Schema = {"type": "object", "additionalProperties": self.items.schema(defs)}
        if self.keys is SCALARS[str]:
            return inner
        return {**inner, "propertyNames": self.keys.schema(defs)}


_ARRAY_CELLS: Final[Mapping[type, type]] = types.MappingProxyType(
    {np.int64: int, np.bool_: bool, np.datetime64: datetime.date, np.str_: str}
)


def _has_plain_cells(_: object, __: object, scalar: type) -> None:
    if scalar not in _ARRAY_CELLS:
        raise CreditError(
            f"an array of {scalar.__name__} has no plain form: columns are int64, bool, "
            "datetime64 or str"
        )


@attrs.frozen
class ArrayCodec:
    """A one-dimensional NumPy column of int64, bool, days or text."""

    scalar: type = attrs.field(validator=_has_plain_cells)
    kinds: frozenset[str] = frozenset({"array"})
    is_itself: bool = False

    @property
    def name(self) -> str:
        """The type in words."""
        return f"array of {self.scalar.__name__}"

    def fits(self, value: object) -> bool:
        """Say whether it is an array."""
        return isinstance(value, np.ndarray)

    def write(self, value: object, path: str) -> object:
        """Return the cells in a list, a day that is NaT as None."""
        if not isinstance(value, np.ndarray) or value.ndim != 1:
            raise wrong(path, "an array of one dimension", value)
        if not np.issubdtype(value.dtype, self.scalar):
            raise CreditError(f"{path} must be an {self.name}, got one of {value.dtype}")
        return write_days(value, path) if self.scalar is np.datetime64 else value.tolist()

    def read(self, plain: object, path: str) -> object:
        """Return a read-only array."""
        if not isinstance(plain, list):
            raise wrong(path, "a list", plain)
        is_days = self.scalar is np.datetime64
        codec = SCALARS[_ARRAY_CELLS[self.scalar]]
        cells = [
            None if cell is None and is_days else codec.read(cell, f"{path}[{place}]")
            for place, cell in enumerate(plain)
        ]
        array = np.array(cells, dtype="datetime64[D]" if is_days else self.scalar)
        array.setflags(write=False)
        return array

    def schema(self, defs: Defs) -> Schema:
        """Describe the cells."""
        cell = SCALARS[_ARRAY_CELLS[self.scalar]].schema(defs)
        if self.scalar is np.datetime64:
            cell["type"] = ["string", "null"]
        return {"type": "array", "items": cell}


def write_days(days: npt.NDArray[np.datetime64], path: str) -> list[object]:
    """Return days as ISO text, NaT as None."""
    whole = days.astype("datetime64[D]")
    if np.any((whole != days) & ~np.isnat(days)):
        raise CreditError(f"{path} must hold days without a time, got {days.dtype}")
    return [cell if cell is None else str(cell) for cell in whole.tolist()]


@attrs.frozen
class UnionCodec:
    """An X | Y: what JSON would confuse stands in an object of one key, the type's name."""

    members: tuple[Codec, ...]
    bare: tuple[Codec, ...]
    tagged: Mapping[str, Codec]

    @property
    def name(self) -> str:
        """The type as it is written."""
        return " | ".join(member.name for member in self.members)

    @property
    def kinds(self) -> frozenset[str]:
        """The JSON kinds of the members, an object for the tagged ones."""
        kinds = itertools.chain.from_iterable(member.kinds for member in self.bare)
        return frozenset([*kinds, "object"] if self.tagged else kinds)

    @property
    def is_itself(self) -> bool:
        """Whether that holds for every member."""
        return all(member.is_itself for member in self.members)

    def fits(self, value: object) -> bool:
        """Say whether it is of a member's type."""
        return any(member.fits(value) for member in self.members)

    def write(self, value: object, path: str) -> object:
        """Return the plain form of the first member that can write it."""
        if not self.fits(value):
            raise wrong(path, self.name, value)

        def written(member: Codec) -> object:
            plain = member.write(value, path)
            return {member.name: plain} if self.tagged.get(member.name) is member else plain

        fitting = [member for member in self.members if member.fits(value)]
        return self._first(fitting, value, path, written)

    def read(self, plain: object, path: str) -> object:
        """Return the value of the tagged member, or of the first that can read it."""
        if self.tagged and isinstance(plain, Mapping):
            tag = str(next(iter(plain), ""))
            if len(plain) != 1 or tag not in self.tagged:
                raise wrong(path, f"an object with one key of {', '.join(self.tagged)}", plain)
            return self.tagged[tag].read(plain[tag], path)
        kind = json_kind(plain)
        takers = [member for member in self.bare if kind in member.kinds]
        if not takers and kind == "integer":
            takers = [member for member in self.bare if "number" in member.kinds]
        return self._first(takers, plain, path, lambda member: member.read(plain, path))

    def schema(self, defs: Defs) -> Schema:
        """Describe every member."""
        tagged = (object_schema({tag: m.schema(defs)}, [tag]) for tag, m in self.tagged.items())
        return {"anyOf": [*(member.schema(defs) for member in self.bare), *tagged]}

    def _first(
        self,
        members: list[Codec],
        found: object,
        path: str,
        turn: Callable[[Codec], object],
    ) -> object:
        errors = []
        for member in members:
            try:
                return turn(member)
            except CreditError as error:
                errors.append(error)
        raise errors[0] if len(errors) == 1 else wrong(path, self.name, found)


def union_codec(members: tuple[Codec, ...]) -> Codec:
    """Return the codec of X | Y after finding out which members need a tag.

    Two members need telling apart when JSON writes both alike and at least one is not its own
    plain form.  Once one has a tag, so does everything else that is an object.
    """
    unlike = [
        (one, other)
        for one, other in itertools.combinations(members, 2)
        if one.kinds & other.kinds and not (one.is_itself and other.is_itself)
    ]
    in_doubt = [member for pair in unlike for member in pair if not member.is_itself]
    tagged = [m for m in members if m in in_doubt or (in_doubt and "object" in m.kinds)]
    by_tag = {member.name: member for member in tagged}
    codec = UnionCodec(members, tuple(m for m in members if m not in tagged), by_tag)
    if len(by_tag) < len(tagged):
        raise CreditError(f"{codec.name} has no plain form: two of its types have one name")
    return codec
