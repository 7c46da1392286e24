"""Money as a whole number of fen: one amount, a column, and back to text."""

import math
import re
import typing
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError, InputError
from ruralcredit.values._checks import an_int, is_unknown, refuse_rows

__all__ = [
    "Fen",
    "MoneyUnit",
    "format_yuan",
    "wan",
    "yi",
    "yuan",
    "yuan_column",
    "yuan_column_known",
]

Fen: TypeAlias = int
"""Money: a whole number of fen, 100 to the yuan, within int64."""

MoneyUnit: TypeAlias = Literal["yuan", "wan", "yi"]
"""The units people write money in: 元, 万元, 亿元."""

_INT64_MAX: Final = 2**63 - 1
_INT64_MIN: Final = -(2**63)
_PLACES: Final = MappingProxyType({"yuan": 2, "wan": 6, "yi": 10})
_MONEY_TEXT: Final = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?")
_FEN_TOLERANCE: Final = 1e-4
_SCALE_MAX: Final = 18
_FITS: Final = "money must fit into int64 fen (about 92,233 trillion yuan)"
_WHOLE: Final = "money must be a whole number of fen"


def yuan(amount: str | int | Decimal) -> Fen:
    """Return an amount of yuan (元) as a whole number of fen, exactly.

    A string holds ASCII digits, with a decimal point and well-formed thousands commas
    if wanted.  Nothing is rounded: a fraction of a fen is an error.

    Raises:
        CreditError: If the amount is a float or a bool, is not such a number, is not a
            whole number of fen, or does not fit into int64.

    >>> yuan("12.50"), yuan("1,234"), yuan(-3)
    (1250, 123400, -300)
    """
    return _fen(amount, "yuan")


def wan(amount: str | int | Decimal) -> Fen:
    """Return an amount of ten thousand yuan (万元) in fen, as `yuan` does.

    >>> wan("3908")
    3908000000
    """
    return _fen(amount, "wan")


def yi(amount: str | int | Decimal) -> Fen:
    """Return an amount of a hundred million yuan (亿元) in fen, as `yuan` does.

    >>> yi("1.67")
    16700000000
    """
    return _fen(amount, "yi")


def format_yuan(fen: Fen, *, unit: MoneyUnit = "yuan") -> str:
    """Return fen as text in a unit, with thousands commas, exactly; the unit is not printed.

    Yuan always show two decimals; wan and yi show as many as the amount needs, none when
    it is whole.  `yuan`, `wan` and `yi` read the text back to the same fen.

    Raises:
        CreditError: If fen is not an int, or the unit is not one of the three.

    >>> format_yuan(-123456789), format_yuan(3_908_0000_00, unit="wan")
    ('-1,234,567.89', '3,908')
    """
    places = _unit_places(unit)
    amount = an_int(fen, "fen")
    whole, rest = divmod(abs(amount), 10**places)
    decimals = f"{rest:0{places}d}"
    if unit != "yuan":
        decimals = decimals.rstrip("0")
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole:,}.{decimals}" if decimals else f"{sign}{whole:,}"


def yuan_column(
    values: object, *, unit: MoneyUnit = "yuan", name: str = "values"
) -> npt.NDArray[np.int64]:
    """Return a column of amounts as int64 fen, every row known.

    Takes lists, NumPy arrays, Arrow arrays, pandas and Polars series of str, int,
    Decimal or float.  A float counts when it lies within 1e-4 fen of a whole fen.

    Args:
        values: The column, shape ``(n,)``.
        unit: The unit of every row.
        name: What errors call the column.

    Raises:
        InputError: If a row is unknown (None, NaN or null), is not money, is not a whole
            number of fen or does not fit into int64; names the count and the first row.

    >>> yuan_column(["12.50", 3, 0.1 + 0.2]).tolist()
    [1250, 300, 30]
    """
    fen, known = yuan_column_known(values, unit=unit, name=name)
    refuse_rows(
        ~known, name, "unknown", "take them out first, or ask yuan_column_known for a mask"
    )
    return fen


def yuan_column_known(
    values: object, *, unit: MoneyUnit = "yuan", name: str = "values"
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return a column of amounts as int64 fen, and which rows are known.

    As `yuan_column`, but None, NaN and null are unknown: fen 0 and known False.

    Raises:
        InputError: As `yuan_column`, for the known rows.

    >>> fen, known = yuan_column_known(["12.50", None])
    >>> fen.tolist(), known.tolist()
    ([1250, 0], [True, False])
    """
    places = _unit_places(unit)
    column = _bring(values, name)
    if isinstance(column, list):
        return _fen_of_items(column, unit, name)
    data = column.numbers
    if data.dtype.kind == "f":
        floats = data.astype(np.float64)
        known = ~np.isnan(floats)
        return _fen_of_floats(np.where(known, floats, 0.0), places, name), known
    known = np.ones(len(data), dtype=np.bool_) if column.known is None else column.known
    ints = data if column.known is None else np.where(known, data, data.dtype.type(0))
    return _fen_of_ints(ints, places - column.scale, name), known


def _unit_places(unit: object) -> int:
    if not isinstance(unit, str) or unit not in _PLACES:
        raise CreditError(f"unit must be one of {', '.join(_PLACES)}, got {unit!r}")
    return _PLACES[unit]


def _fen(amount: object, unit: str) -> Fen:
    places = _PLACES[unit]
    if isinstance(amount, str):
        number = _number_of_text(amount)
    elif isinstance(amount, Decimal):
        number = amount
    elif isinstance(amount, int | np.integer) and not isinstance(amount, bool):
        return _fit(int(amount) * 10**places, amount, unit)
    else:
        raise CreditError(_not_money(amount, unit))
    if not number.is_finite():
        raise CreditError(f"money must be a finite number, got {amount!r}: leave it out as None")
    if number and number.adjusted() + places > len(str(_INT64_MAX)):
        _fit(_INT64_MAX + 1, amount, unit)
    # Checked before the ratio is built: 1E-999999 would make a huge denominator.
    is_tiny = bool(number) and number.adjusted() + places < 0
    fen, rest = (0, 1) if is_tiny else _scaled(number, places)
    if rest:
        raise _not_whole(amount, unit)
    return _fit(fen, amount, unit)


def _fen_of_float(amount: float, unit: str) -> Fen:
    """Read one float of a column, by the same steps as `_fen_of_floats` reads them all."""
    factor: int = 10 ** _PLACES[unit]
    if not abs(amount) < 2.0**63 / factor:
        _fit(_INT64_MAX + 1, amount, unit)
    rest, whole = math.modf(amount)
    fen = round(rest * factor)
    if abs(rest * factor - fen) > _FEN_TOLERANCE:
        raise _not_whole(amount, unit)
    return int(whole) * factor + fen


def _not_whole(amount: object, unit: str) -> CreditError:
    return CreditError(
        f"{_WHOLE}, got {amount!r} {unit}: at most {_PLACES[unit]} decimals count, round it first"
    )


def _scaled(number: Decimal, places: int) -> tuple[int, int]:
    if not number:
        return 0, 0
    top, bottom = number.as_integer_ratio()
    factor: int = 10**places
    return divmod(top * factor, bottom)


def _fit(fen: int, amount: object, unit: str) -> Fen:
    if not _INT64_MIN <= fen <= _INT64_MAX:
        raise CreditError(f"{_FITS}, got {amount!r} {unit}")
    return fen


def _number_of_text(text: str) -> Decimal:
    if not _MONEY_TEXT.fullmatch(text):
        raise CreditError(f"money must be written like 1,234.50, got {text!r}: {_text_hint(text)}")
    return Decimal(text.replace(",", ""))


def _text_hint(text: str) -> str:
    if not text.strip():
        return "an unknown amount is None"
    if not text.isascii():
        return "use half-width digits and signs, without the unit's name"
    if text != text.strip() or " " in text:
        return "remove the blanks"
    if "," in text:
        return "commas stand before each group of three digits, or nowhere"
    return "digits, at most one point with digits on both sides, no exponent, no unit"


def _not_money(amount: object, unit: str) -> str:
    what = f"money must be a str, int or Decimal, got {type(amount).__name__} {amount!r}"
    if isinstance(amount, float | np.floating):
        number = float(amount)
        if not math.isfinite(number):
            return f"{what}: leave it out as None"
        short = f"{number:.2f}" if unit == "yuan" else repr(number)
        return f'{what}: write "{short if float(short) == number else repr(number)}"'
    if amount is None:
        return f"{what}: an unknown amount stays None"
    return what


@attrs.frozen
class _Numbers:
    """A column of numbers, in units of 10 ** -scale, with a mask where nulls hide."""

    numbers: npt.NDArray[np.generic]
    known: npt.NDArray[np.bool_] | None = None
    scale: int = 0


def _bring(values: object, name: str) -> _Numbers | list[object]:
    """Turn what the caller brings into numbers, or else into a list to be read one by one."""
    column: object = values
    if hasattr(values, "to_pylist") and hasattr(values, "type"):
        column = _from_arrow(values)
    elif hasattr(values, "to_numpy") and hasattr(values, "dtype"):
        column = _from_series(values)
    if isinstance(column, np.ndarray):
        if column.ndim != 1:
            raise InputError(
                f"{name} must have one dimension, got shape {column.shape}", column=name
            )
        column = _Numbers(column) if column.dtype.kind in "iuf" else column.tolist()
    if isinstance(column, _Numbers):
        return column
    if isinstance(column, str | bytes | Mapping) or not isinstance(column, Iterable):
        raise InputError(f"{name} must be a column, got {type(column).__name__}", column=name)
    items = list(column)
    kinds = set(map(type, items))
    # An int beyond int64 is left for the reading one by one, which names its row.
    if kinds == {float} or (kinds == {int} and _INT64_MIN <= min(items) <= max(items) < 2**63):
        return _Numbers(np.array(items))
    return items


def _from_arrow(values: object) -> object:
    column: typing.Any = values
    kind = str(column.type)
    if kind.startswith(("int", "uint")):
        # Nulls would turn the integers into floats, so they are filled and masked.
        known = np.asarray(column.is_valid().to_numpy(zero_copy_only=False))
        return _Numbers(column.fill_null(0).to_numpy(zero_copy_only=False), known)
    if kind in {"halffloat", "float", "double"}:
        return column.to_numpy(zero_copy_only=False)
    if kind.startswith("decimal128") and len(column):
        return _from_decimal128(column)
    return column.to_pylist()


def _from_decimal128(values: object) -> object:
    """Read the 128-bit integers behind Arrow decimals, where they fit into 64 bits."""
    column: typing.Any = values
    known = np.asarray(column.is_valid().to_numpy(zero_copy_only=False))
    whole = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    halves = np.frombuffer(whole.buffers()[1], dtype="<i8").reshape(-1, 2)
    low, high = halves[whole.offset : whole.offset + len(whole)].T
    is_narrow = bool(np.all((high == low >> 63) | ~known))
    # A narrow column with many decimals could still need a factor beyond 64 bits.
    if is_narrow and column.type.scale <= _SCALE_MAX:
        return _Numbers(low, known, column.type.scale)
    return column.to_pylist()


def _from_series(values: object) -> object:
    series: typing.Any = values
    if str(series.dtype).lower().startswith(("int", "uint")):
        if hasattr(series, "is_not_null"):
            return _Numbers(series.fill_null(0).to_numpy(), series.is_not_null().to_numpy())
        return _Numbers(series.fillna(0).to_numpy(), ~np.asarray(series.isna()))
    return series.to_numpy()


def _fen_of_ints(
    amounts: npt.NDArray[np.generic], places: int, name: str
) -> npt.NDArray[np.int64]:
    """Turn ints in units of 10 ** places fen into fen."""
    ints = typing.cast("npt.NDArray[np.int64]", amounts)
    if places < 0:
        whole, rest = np.divmod(ints, np.int64(10**-places))
        refuse_rows(rest != 0, name, "fractional", _WHOLE)
        return whole
    factor: int = 10**places
    bad = (ints > _INT64_MAX // factor) | (ints < -(-_INT64_MIN // factor))
    refuse_rows(bad, name, "oversized", _FITS, ints)
    fen: npt.NDArray[np.int64] = ints.astype(np.int64) * np.int64(factor)
    return fen


def _fen_of_floats(
    floats: npt.NDArray[np.float64], places: int, name: str
) -> npt.NDArray[np.int64]:
    factor: int = 10**places
    refuse_rows(~(np.abs(floats) < 2.0**63 / factor), name, "oversized", _FITS, floats)
    # Whole units and the rest apart: one product would round a fraction of a fen away.
    rest, whole = np.modf(floats)
    fen = np.rint(rest * factor)
    fraction = np.abs(rest * factor - fen) > _FEN_TOLERANCE
    refuse_rows(fraction, name, "fractional", _WHOLE, floats)
    total: npt.NDArray[np.int64] = whole.astype(np.int64) * np.int64(factor)
    total += fen.astype(np.int64)
    return total


def _fen_of_items(
    items: list[object], unit: str, name: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    fen = np.zeros(len(items), dtype=np.int64)
    known = np.ones(len(items), dtype=np.bool_)
    bad, first = np.zeros(len(items), dtype=np.bool_), ""
    for row, item in enumerate(items):
        if is_unknown(item):
            known[row] = False
            continue
        try:
            fen[row] = _fen_of_float(item, unit) if isinstance(item, float) else _fen(item, unit)
        except CreditError as error:
            bad[row], first = True, first or str(error)
    refuse_rows(bad, name, "unreadable", first)
    return fen, known
