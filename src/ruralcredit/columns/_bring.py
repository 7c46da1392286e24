"""Columns as callers bring them, recognised by what they offer and checked once."""

import datetime
import itertools
import operator
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import InputError

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
Array = npt.NDArray[np.generic]

_INT64_MAX = np.iinfo(np.int64).max
_NAT = np.datetime64("NaT", "D")


def freeze(array: npt.NDArray[np.generic]) -> None:
    """Mark an array of ours read-only."""
    array.flags.writeable = False


@attrs.frozen(eq=False)
class Ints:
    """A column of whole numbers and which of them are known.

    Attributes:
        values: int64 of shape ``(n,)``; 0 where unknown.
        known: bool of shape ``(n,)``.

    >>> column = int_column("overdue_days", [3, None])
    >>> column.tolist(), column.known.tolist()
    ([3, None], [True, False])
    """

    values: Int64
    known: Bool

    def __attrs_post_init__(self) -> None:
        """Mark both arrays read-only."""
        freeze(self.values)
        freeze(self.known)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.values)

    def __eq__(self, other: object) -> bool:
        """Equal by content."""
        if not isinstance(other, Ints):
            return NotImplemented
        return bool(
            np.array_equal(self.known, other.known) and np.array_equal(self.values, other.values)
        )

    def __hash__(self) -> int:
        """Hash by content."""
        return hash((self.values.tobytes(), self.known.tobytes()))

    def take(self, rows: Int64) -> "Ints":
        """Return the rows asked for, in that order."""
        return Ints(self.values[rows], self.known[rows])

    def tolist(self) -> list[int | None]:
        """Return Python ints, None where unknown."""
        return [
            v if k else None
            for v, k in zip(self.values.tolist(), self.known.tolist(), strict=True)
        ]


def row_count(values: object) -> int:
    """Return the number of rows of a column, whatever brought it.

    >>> row_count([1, 2, 3])
    3
    """
    try:
        return len(values)  # type: ignore[arg-type]  # what has no length is refused below
    except TypeError:
        message = (
            f"a column must be an array or a list, got {type(values).__name__}: "
            "one value per row, in a list"
        )
        raise InputError(message) from None


def same_length(columns: Mapping[str, object]) -> int:
    """Return the one length of all columns given; ``None`` stands for an absent column.

    Raises:
        InputError: If two columns differ in length; it names the column that differs.

    >>> same_length({"guarantor": ["a", "b"], "amount_fen": None})
    2
    """
    first: tuple[str, int] | None = None
    for name, values in columns.items():
        if values is None:
            continue
        count = row_count(values)
        if first is None:
            first = (name, count)
        elif count != first[1]:
            message = (
                f"columns must have one length: {first[0]} has {first[1]} rows, "
                f"{name} has {count}; bring one value per row, None where unknown"
            )
            raise InputError(message, column=name, count=count)
    return 0 if first is None else first[1]


def is_unknown(value: object) -> bool:
    """Say whether a single cell is None, NaN, NaT or the NA of a frame library."""
    if value is None:
        return True
    if isinstance(value, float):
        return value != value  # noqa: PLR0124  # NaN is the one float unequal to itself
    return type(value).__name__ in ("NAType", "NaTType") or (
        isinstance(value, np.datetime64) and bool(np.isnat(value))
    )


def unwrap(name: str, values: object) -> object:
    """Bring a column down to a NumPy array, an Arrow array or a list of cells."""
    values = out_of_frame(name, values)
    if hasattr(values, "combine_chunks"):
        values = values.combine_chunks()
    if hasattr(values, "num_chunks"):  # text too large for one chunk
        return values.to_pylist()  # type: ignore[attr-defined]  # Arrow
    if isinstance(values, np.ndarray):
        return values.tolist() if values.dtype.kind == "O" else values
    return values


def out_of_frame(name: str, values: object) -> object:
    """Bring a column down to a NumPy array, an Arrow array in chunks or not, or a list."""
    if isinstance(values, np.ma.MaskedArray):
        return list(values.tolist())
    if hasattr(values, "to_arrow") and not hasattr(values, "buffers"):
        values = _of_polars(values)
    elif hasattr(values, "iloc"):
        values = _of_pandas(name, values)
    if isinstance(values, np.ndarray):
        if values.ndim != 1:
            message = f"{name} must be one-dimensional, got shape {values.shape}"
            raise InputError(message, column=name)
        return values
    if is_arrow(values) or hasattr(values, "dictionary_encode") or isinstance(values, list):
        return values
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        message = (
            f"{name} must be an array or a list with one value per row, "
            f"got {type(values).__name__}"
        )
        raise InputError(message, column=name)
    return list(values)


def _of_polars(values: object) -> object:
    try:
        return values.to_arrow()  # type: ignore[attr-defined]  # a Polars Series
    except ImportError:
        return values.to_list()  # type: ignore[attr-defined]  # Polars without Arrow


def _of_pandas(name: str, values: object) -> object:
    array = getattr(values, "array", None)
    if array is None:
        message = f"{name} must be one column, got {type(values).__name__}: pass frame[name]"
        raise InputError(message, column=name)
    try:
        return array.__arrow_array__()
    except (AttributeError, ImportError):
        return values.to_numpy()  # type: ignore[attr-defined]  # a pandas Series


def is_arrow(values: object) -> bool:
    """Say whether a column offers Arrow's buffers."""
    return hasattr(values, "buffers") and hasattr(values, "is_null")


def arrow_parts(values: object) -> tuple[Array, Bool]:
    """Return the values of a non-string Arrow array as NumPy, and which are known."""
    array = values.to_numpy(zero_copy_only=False)  # type: ignore[attr-defined]  # Arrow
    return array, arrow_known(values)


def arrow_known(values: object) -> Bool:
    """Return which rows of an Arrow array are known."""
    if not values.null_count:  # type: ignore[attr-defined]  # Arrow
        return np.ones(len(values), np.bool_)  # type: ignore[arg-type]  # Arrow
    unknown: Bool = values.is_null().to_numpy(zero_copy_only=False)  # type: ignore[attr-defined]  # Arrow
    return ~unknown


def _filled(values: object, filler: object) -> Array:
    """Return an Arrow array as NumPy with a value in its gaps, so that its dtype holds."""
    if values.null_count:  # type: ignore[attr-defined]  # Arrow
        values = values.fill_null(filler)  # type: ignore[attr-defined]  # Arrow
    array: Array = values.to_numpy(zero_copy_only=False)  # type: ignore[attr-defined]  # Arrow
    return array


def bad_rows(name: str, bad: Bool, says: str, values: Sequence[object] | Array) -> InputError:
    """Build the error that names the column, the count and the first bad row."""
    count = int(np.count_nonzero(bad))
    first = int(np.argmax(bad))
    rows = "row" if count == 1 else "rows"
    which = f"at row {first}" if count == 1 else f"the first at row {first}"
    value = values[first]
    shown = value.item() if isinstance(value, np.generic) else value
    return InputError(
        f"{name} has {count} {says} {rows}, {which} ({shown!r})",
        column=name,
        count=count,
        first_row=first,
    )


def int_column(name: str, values: object, *, money: bool = False, copy: bool = True) -> Ints:
    """Return a column of whole numbers with its mask of known rows.

    Whole floats pass where the column is no money, since frames turn integers with gaps
    into floats; money in floats is refused, with the way out.

    Args:
        name: The column's name, for errors.
        values: Any column of whole numbers; None, NaN or null is unknown.
        money: Whether the column holds fen.
        copy: Whether the values must not change with the caller's; without, int64 is not copied.

    Returns:
        int64 values of shape ``(n,)``, 0 where unknown, and the mask of known rows.

    Raises:
        InputError: If a cell is no whole number or beyond int64.

    >>> int_column("guarantee_months", [6, None, 24]).tolist()
    [6, None, 24]
    """
    brought = unwrap(name, values)
    known: Bool | None = None
    if is_arrow(brought):
        known = arrow_known(brought)
        if str(brought.type).startswith(("int", "uint")):  # type: ignore[attr-defined]  # Arrow
            # Arrow turns integers with gaps into floats, which hold 53 bits only.
            array = _filled(brought, 0)
        else:
            array, _known = arrow_parts(brought)
        brought = array.tolist() if array.dtype.kind == "O" else array
    if isinstance(brought, list):
        return _ints_of_cells(name, brought, money=money)
    if not isinstance(brought, np.ndarray):  # pragma: no cover  # unwrap leaves nothing else
        raise TypeError(name)
    if brought.dtype.kind == "f":
        return _ints_of_floats(name, brought, money=money)
    if brought.dtype.kind not in "iu":
        message = f"{name} must hold whole numbers, got dtype {brought.dtype}"
        raise InputError(message, column=name, count=len(brought), first_row=0)
    if brought.dtype == np.uint64 and (beyond := brought > _INT64_MAX).any():
        raise bad_rows(name, beyond, "too large", brought)
    if known is None:
        known = np.ones(len(brought), np.bool_)
    # A view, so that the caller's own array stays writeable.
    return Ints(brought.astype(np.int64, copy=copy).view(), known)


def _ints_of_floats(name: str, array: Array, *, money: bool) -> Ints:
    known = ~np.isnan(array.astype(np.float64))
    filled = np.where(known, array, 0).astype(np.float64)
    if money and known.any():
        first = int(np.argmax(known))
        message = (
            f"{name} must be whole fen in integers, got {array.dtype}, the first at row "
            f"{first} ({array[first]!s}): convert yuan with yuan_column"
        )
        raise InputError(message, column=name, count=int(known.sum()), first_row=first)
    broken = (filled != np.floor(filled)) | (np.abs(filled) >= 2.0**63)
    if broken.any():
        raise bad_rows(name, broken, "fractional or too large", array)
    return Ints(filled.astype(np.int64), known)


def _ints_of_cells(name: str, cells: list[object], *, money: bool) -> Ints:
    kinds = set(map(type, cells))
    if kinds <= {int, type(None)}:
        plain = [v or 0 for v in cells] if type(None) in kinds else cells
        try:
            return Ints(np.array(plain, np.int64), _given(cells, kinds))
        except OverflowError:
            pass  # the way below finds and shows the cell
    known = np.fromiter((not is_unknown(v) for v in cells), np.bool_, len(cells))
    kept = [v if k else 0 for v, k in zip(cells, known.tolist(), strict=True)]
    wrong = np.fromiter((not _is_whole(v, money=money) for v in kept), np.bool_, len(kept))
    if wrong.any():
        first = int(np.argmax(wrong))
        value = kept[first]
        hint = ": convert yuan with yuan_column" if isinstance(value, (float, Decimal)) else ""
        what = "whole fen in integers" if money else "whole numbers"
        message = (
            f"{name} must hold {what}, {int(wrong.sum())} cells do not, the first at row "
            f"{first} ({value!r}){hint}"
        )
        raise InputError(message, column=name, count=int(wrong.sum()), first_row=first)
    whole = [int(v) for v in kept]  # type: ignore[call-overload]  # checked whole above
    beyond = np.fromiter((not -_INT64_MAX - 1 <= v <= _INT64_MAX for v in whole), np.bool_)
    if beyond.any():
        raise bad_rows(name, beyond, "too large", whole)
    return Ints(np.array(whole, np.int64), known)


def _is_whole(value: object, *, money: bool) -> bool:
    if isinstance(value, (bool, np.bool_)):
        return False
    if isinstance(value, (int, np.integer)):
        return True
    return not money and isinstance(value, float) and value.is_integer()


def day_column(name: str, values: object) -> Days:
    """Return a column of days as ``datetime64[D]``, NaT where unknown.

    Args:
        name: The column's name, for errors.
        values: ``datetime.date`` cells, Arrow or Polars dates, or ``datetime64``.  Finer units
            pass where every value is a midnight, as frames store days.

    Raises:
        InputError: If a cell is a datetime, a text or no day at all.

    >>> import datetime
    >>> day_column("starts_on", [datetime.date(2024, 2, 29), None]).tolist()
    [datetime.date(2024, 2, 29), None]
    """
    brought = unwrap(name, values)
    if is_arrow(brought) and getattr(brought.type, "tz", None):  # type: ignore[attr-defined]  # Arrow
        message = (
            f"{name} must hold days, got moments of time zone "
            f"{brought.type.tz}: cast them to local days first"  # type: ignore[attr-defined]  # Arrow
        )
        raise InputError(message, column=name, count=row_count(brought), first_row=0)
    if is_arrow(brought):
        array, _known = arrow_parts(brought)
        brought = array.tolist() if array.dtype.kind == "O" else array
    if isinstance(brought, list):
        return _days_of_cells(name, brought)
    if not isinstance(brought, np.ndarray) or brought.dtype.kind != "M":
        kind = getattr(brought, "dtype", type(brought).__name__)
        if isinstance(brought, np.ndarray) and brought.dtype.kind == "f":
            missing = np.isnan(brought)
            if missing.all():
                return _frozen_days(np.full(len(brought), _NAT))
        message = f"{name} must hold days (datetime.date or datetime64), got {kind}"
        raise InputError(message, column=name, count=row_count(brought), first_row=0)
    days = brought.astype("datetime64[D]")
    odd = (days != brought) & ~np.isnat(brought)
    if odd.any():
        raise bad_rows(name, odd, "not-midnight", brought.astype(str))
    return _frozen_days(days)


def _frozen_days(days: Days) -> Days:
    freeze(days)
    return days


def _days_of_cells(name: str, cells: list[object]) -> Days:
    if set(map(type, cells)) <= {datetime.date, type(None)}:
        return _frozen_days(np.array(cells, dtype="datetime64[D]"))
    wrong = np.fromiter((not _is_day(v) for v in cells), np.bool_, len(cells))
    if wrong.any():
        first = int(np.argmax(wrong))
        value = cells[first]
        hint = ""
        if isinstance(value, datetime.datetime):
            hint = ": a datetime is no day, pass value.date()"
        elif isinstance(value, str):
            hint = ": parse it with datetime.date.fromisoformat"
        message = (
            f"{name} must hold datetime.date values, {int(wrong.sum())} cells do not, the first "
            f"at row {first} ({value!r}){hint}"
        )
        raise InputError(message, column=name, count=int(wrong.sum()), first_row=first)
    plain = [None if is_unknown(v) else v for v in cells]
    return _frozen_days(np.array(plain, dtype="datetime64[D]"))


def _is_day(value: object) -> bool:
    if isinstance(value, datetime.datetime):
        return type(value).__name__ == "NaTType"
    if isinstance(value, np.datetime64):
        return bool(np.isnat(value)) or value == value.astype("datetime64[D]")
    return isinstance(value, datetime.date) or is_unknown(value)


def bool_column(name: str, values: object) -> tuple[Bool, Bool]:
    """Return a column of yes and no as two masks: which are true, which are known.

    Raises:
        InputError: If a cell is neither a bool nor unknown.

    >>> true, known = bool_column("retail", [True, None])
    >>> true.tolist(), known.tolist()
    ([True, False], [True, False])
    """
    brought = unwrap(name, values)
    if is_arrow(brought):
        if str(brought.type) == "bool":  # type: ignore[attr-defined]  # Arrow
            true = _filled(brought, False).astype(np.bool_)  # noqa: FBT003 - Arrow's own
            return _frozen_masks(true, arrow_known(brought))
        array, known = arrow_parts(brought)
        brought = array if known.all() else array.tolist()
    if isinstance(brought, np.ndarray) and brought.dtype.kind != "f":
        if brought.dtype.kind != "b":
            message = f"{name} must hold True or False, got dtype {brought.dtype}"
            raise InputError(message, column=name, count=len(brought), first_row=0)
        return _frozen_masks(brought.astype(np.bool_), np.ones(len(brought), np.bool_))
    return _masks_of_cells(name, list(brought))  # type: ignore[call-overload]  # a list by now


def _given(cells: list[object], kinds: set[type]) -> Bool:
    """Return which cells are not None."""
    if type(None) not in kinds:
        return np.ones(len(cells), np.bool_)
    return np.fromiter(map(operator.is_not, cells, itertools.repeat(None)), np.bool_, len(cells))


def _masks_of_cells(name: str, cells: list[object]) -> tuple[Bool, Bool]:
    kinds = set(map(type, cells))
    if not kinds <= {bool, type(None)}:
        wrong = np.fromiter(
            (not (isinstance(v, (bool, np.bool_)) or is_unknown(v)) for v in cells),
            np.bool_,
            len(cells),
        )
        if wrong.any():
            raise bad_rows(name, wrong, "neither true nor false", cells)
        cells = [None if is_unknown(v) else v for v in cells]
        kinds.add(type(None))
    return _frozen_masks(np.array(cells, np.bool_), _given(cells, kinds))


def _frozen_masks(true: Bool, known: Bool) -> tuple[Bool, Bool]:
    freeze(true)
    freeze(known)
    return true, known
