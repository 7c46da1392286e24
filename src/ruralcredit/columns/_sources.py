"""Ids as callers bring them: integers, or texts as bytes with the rows they stand in."""

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns._bring import Int64, arrow_parts, is_arrow, is_unknown, unwrap
from ruralcredit.errors import InputError

UInt8 = npt.NDArray[np.uint8]
# Arrow's offsets are of 32 bits or 64, and stay so as long as nothing is gathered by them.
Offsets = npt.NDArray[np.int32 | np.int64]

# Ids worked on at once: a block and what is made of it stay in the cache.
_BLOCK = 1 << 14
_MAX_BYTES = 256
_NONE = np.zeros(0, np.int64)


@attrs.frozen(eq=False)
class _Numbers:
    """Integer ids: the known ones and the rows they stand in (None: every row)."""

    count: int
    values: Int64
    rows: Int64 | None

    def __len__(self) -> int:
        return len(self.values)


@attrs.frozen(eq=False)
class _Texts:
    """Text ids as bytes: the ones that are not empty and their rows (None: every row).

    Texts of one ``width`` lie back to back in ``data``, and starts and lengths are empty; texts
    of mixed width have ``width`` 0, and eight spare bytes end their ``data``.
    """

    count: int
    data: UInt8
    rows: Int64 | None
    width: int
    starts: Int64 = _NONE
    lengths: Int64 = _NONE

    def __len__(self) -> int:
        return len(self.data) // self.width if self.width else len(self.lengths)

    def longest(self) -> int:
        """Return the bytes of the longest text."""
        return self.width or int(self.lengths.max(initial=0))


def _bring_ids(name: str, values: object) -> _Numbers | _Texts:
    brought = unwrap(name, values)
    if is_arrow(brought):
        return _of_arrow(name, brought)
    if isinstance(brought, np.ndarray):
        return _of_numpy(name, brought)
    return _of_cells(name, brought)  # type: ignore[arg-type]  # a list by now


def _of_arrow(name: str, values: object) -> _Numbers | _Texts:
    kind = str(values.type)  # type: ignore[attr-defined]  # an Arrow array
    if kind.startswith("dictionary"):
        values = values.dictionary_decode()  # type: ignore[attr-defined]  # Arrow
        kind = str(values.type)  # type: ignore[attr-defined]  # Arrow
    if kind == "string_view":
        try:
            values = values.cast("large_string")  # type: ignore[attr-defined]  # Arrow
        except NotImplementedError:  # pragma: no cover  # Arrow before 18
            return _of_cells(name, values.to_pylist())  # type: ignore[attr-defined]  # Arrow
        kind = "large_string"
    if kind in ("string", "large_string"):
        return _of_arrow_text(name, values, wide=kind == "large_string")
    if kind == "null":
        return _Numbers(len(values), np.zeros(0, np.int64), np.zeros(0, np.int64))  # type: ignore[arg-type]  # Arrow
    array, known = arrow_parts(values)
    if known.all():
        return _of_numpy(name, array)
    return _of_cells(name, values.to_pylist())  # type: ignore[attr-defined]  # Arrow


def _of_arrow_text(name: str, values: object, *, wide: bool) -> _Texts:
    count = len(values)  # type: ignore[arg-type]  # an Arrow array
    _validity, offsets, data = values.buffers()  # type: ignore[attr-defined]  # Arrow
    if data is None or count == 0:
        return _empty_texts(count)
    at: int = values.offset  # type: ignore[attr-defined]  # Arrow
    kind: np.dtype[np.int32 | np.int64] = np.dtype(np.int64 if wide else np.int32)
    ends = np.frombuffer(offsets, kind, count + 1, at * kind.itemsize)
    texts = np.frombuffer(data, np.uint8)
    if values.null_count:  # type: ignore[attr-defined]  # Arrow
        known = ~values.is_null().to_numpy(zero_copy_only=False)  # type: ignore[attr-defined]  # Arrow
        return _texts(name, texts, ends[:-1], np.diff(ends), known)
    width = _common_width(ends)
    if width:
        texts = texts[ends[0] : ends[-1]]
        _refuse_nul(name, texts)
        return _Texts(count, texts, None, width)
    return _texts(name, texts, ends[:-1], np.diff(ends), None)


def _common_width(ends: Offsets) -> int:
    """Return the width that all texts have, 0 where they differ or are too long to be ids."""
    width = int(ends[1] - ends[0])
    for i in range(0, len(ends) - 1, _BLOCK):
        if (np.diff(ends[i : i + _BLOCK + 1]) != width).any():
            return 0
    return width if width <= _MAX_BYTES else 0


def _empty_texts(count: int) -> _Texts:
    return _Texts(count, np.zeros(8, np.uint8), _NONE, 0)


def _texts(
    name: str,
    data: UInt8,
    starts: Offsets,
    lengths: Offsets,
    known: npt.NDArray[np.bool_] | None,
) -> _Texts:
    """Drop the empty and unknown texts, and note a common width."""
    count = len(lengths)
    if known is not None:
        lengths = np.where(known, lengths, 0)
    width = int(lengths.max(initial=0))
    if width == 0:
        return _empty_texts(count)
    _refuse_long(name, lengths, width)
    rows = None
    if int(lengths.min()) == 0:
        rows = np.flatnonzero(lengths)
        starts, lengths = starts[rows], lengths[rows]
    first, last = int(starts[0]), int(starts[-1] + lengths[-1])
    back_to_back = last - first == width * len(lengths) and int(lengths.min()) == width
    _refuse_nul(name, data[first:last])
    if back_to_back:
        return _Texts(count, np.ascontiguousarray(data[first:last]), rows, width)
    return _gathered(count, data[first:last], rows, starts - first, lengths)


def _gathered(
    count: int, data: UInt8, rows: Int64 | None, starts: Offsets, lengths: Offsets
) -> _Texts:
    """Put texts of one width back to back; leave those of mixed width where they are."""
    width = int(lengths.max())
    at = starts.astype(np.int64)
    if int(lengths.min()) < width:
        spare = np.concatenate([data, np.zeros(8, np.uint8)])
        return _Texts(count, spare, rows, 0, at, lengths.astype(np.int64))
    matrix = np.empty((len(at), width), np.uint8)
    for i in range(0, len(at), _BLOCK):
        matrix[i : i + _BLOCK] = data[at[i : i + _BLOCK, None] + np.arange(width)]
    return _Texts(count, matrix.reshape(-1), rows, width)


def _refuse_long(name: str, lengths: Offsets, width: int) -> None:
    if width > _MAX_BYTES:
        long = lengths > _MAX_BYTES
        first = int(np.argmax(long))
        message = (
            f"{name} must hold ids of at most {_MAX_BYTES} bytes, {int(long.sum())} are longer, "
            f"the first at row {first} ({int(lengths[first])} bytes)"
        )
        raise InputError(message, column=name, count=int(long.sum()), first_row=first)


def _refuse_nul(name: str, data: UInt8) -> None:
    if len(data) and data.min() == 0:
        message = f"{name} must hold no NUL characters in its ids: strip them first"
        raise InputError(message, column=name)


def _of_numpy(name: str, array: npt.NDArray[np.generic]) -> _Numbers | _Texts:
    kind = array.dtype.kind
    if kind in "iu":
        if array.dtype == np.uint64 and len(array) and array.max() > np.iinfo(np.int64).max:
            message = f"{name} must hold ids within int64: pass larger ones as str"
            raise InputError(message, column=name)
        return _Numbers(len(array), array.astype(np.int64, copy=False), None)
    if kind in "US" and array.dtype.itemsize:
        return _of_fixed(name, array)
    if kind == "f" and np.isnan(array.astype(np.float64)).all():
        return _empty_texts(len(array))
    if kind in "fbMmc":
        message = (
            f"{name} must hold ids of kind str or int, got dtype {array.dtype}: "
            "a code read as a number has lost its leading zeros, read it as text"
        )
        raise InputError(message, column=name, count=len(array), first_row=0)
    return _of_cells(name, array.tolist())


def _of_fixed(name: str, array: npt.NDArray[np.generic]) -> _Texts:
    """Read NumPy's fixed-width texts: zero-padded bytes, or ASCII code points."""
    if not len(array):
        return _empty_texts(0)
    array = np.ascontiguousarray(array)
    if array.dtype.kind == "U":
        points = array.astype(array.dtype.newbyteorder("=")).view(np.uint32)
        if points.max() > 127:
            return _of_strings(name, array.tolist())
        matrix = points.astype(np.uint8).reshape(len(array), -1)
    else:
        matrix = array.view(np.uint8).reshape(len(array), -1)
        if matrix.max() > 127:
            _refuse_other_encodings(name, array.tolist())
    if matrix[:, -1].all():
        _refuse_long(name, np.full(*matrix.shape), matrix.shape[1])
        _refuse_nul(name, matrix.reshape(-1))
        return _Texts(len(array), matrix.reshape(-1), None, matrix.shape[1])
    lengths = np.char.str_len(array.astype(f"S{matrix.shape[1]}")).astype(np.int64)
    starts = np.arange(len(array), dtype=np.int64) * matrix.shape[1]
    inside = np.arange(matrix.shape[1]) < lengths[:, None]
    if (inside & (matrix == 0)).any():
        _refuse_nul(name, np.zeros(1, np.uint8))
    width = int(lengths.max(initial=0))
    if width == 0:
        return _empty_texts(len(array))
    _refuse_long(name, lengths, width)
    rows = None if lengths.min() else np.flatnonzero(lengths)
    if rows is not None:
        starts, lengths = starts[rows], lengths[rows]
    return _gathered(len(array), matrix.reshape(-1), rows, starts, lengths)


def _refuse_other_encodings(name: str, cells: list[bytes]) -> None:
    try:
        b"\n".join(cells).decode()
    except UnicodeDecodeError:
        message = f"{name} must hold ids in UTF-8: decode the bytes to str first"
        raise InputError(message, column=name) from None


def _of_cells(name: str, cells: list[object]) -> _Numbers | _Texts:
    kinds = set(map(type, cells))
    if kinds <= {str}:
        return _of_strings(name, cells)  # type: ignore[arg-type]  # just checked
    if kinds <= {int}:
        return _of_integers(name, cells, None)
    gaps = [is_unknown(v) for v in cells]
    if not any(gaps) and not any(_is_text(v) or _is_integer(v) for v in cells[:1]):
        raise _not_an_id(name, cells)
    known = [v for v, gap in zip(cells, gaps, strict=True) if not gap]
    if all(_is_text(v) for v in known):
        texts = ["" if gap else str.__str__(v) for v, gap in zip(cells, gaps, strict=True)]
        return _of_strings(name, texts)
    if all(_is_integer(v) for v in known):
        return _of_integers(name, known, np.flatnonzero(~np.array(gaps, np.bool_)), len(cells))
    raise _not_an_id(name, cells)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_integer(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _not_an_id(name: str, cells: Sequence[object]) -> InputError:
    known = [(i, v) for i, v in enumerate(cells) if not is_unknown(v)]
    odd = [(i, v) for i, v in known if not (_is_text(v) or _is_integer(v))]
    if not odd:
        kind = type(known[0][1])
        odd = [(i, v) for i, v in known if _is_text(v) != issubclass(kind, str)]
        says = "ids of one kind, all str or all int"
    else:
        says = "ids of kind str or int"
    first, value = odd[0]
    message = f"{name} must hold {says}, {len(odd)} are not, the first at row {first} ({value!r})"
    return InputError(message, column=name, count=len(odd), first_row=first)


def _of_strings(name: str, cells: list[str]) -> _Texts:
    if not cells:
        return _empty_texts(0)
    # One join and one scan for the separators replace a loop over the cells.
    try:
        joined = "\0".join(cells).encode()
    except UnicodeEncodeError as error:
        message = f"{name} must hold ids of valid Unicode: {error.reason}"
        raise InputError(message, column=name) from None
    data = np.frombuffer(joined + b"\0", np.uint8)
    ends = np.flatnonzero(data == 0)
    if len(ends) != len(cells):
        _refuse_nul(name, np.zeros(1, np.uint8))
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts
    width = int(lengths.max())
    if width == 0:
        return _empty_texts(len(cells))
    _refuse_long(name, lengths, width)
    rows = None
    if int(lengths.min()) == 0:
        rows = np.flatnonzero(lengths)
        starts, lengths = starts[rows], lengths[rows]
    return _gathered(len(cells), data, rows, starts, lengths)


def _of_integers(
    name: str, cells: list[object], rows: Int64 | None, count: int | None = None
) -> _Numbers:
    try:
        values = np.array(cells, np.int64)
    except OverflowError:
        message = f"{name} must hold ids within int64: pass larger ones as str"
        raise InputError(message, column=name) from None
    return _Numbers(len(cells) if count is None else count, values, rows)
