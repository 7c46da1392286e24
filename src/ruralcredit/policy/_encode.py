"""Columns to answers: every case becomes one cell number, every cell one answer.

A cell is one class of each field, or missing.  The number of a case's cell is the sum of its
classes times their strides; where the cells of a table are too many to keep a place for each,
the distinct ones are found by sorting.
"""

import datetime
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import bool_column, day_column, int_column, word_column
from ruralcredit.errors import InputError
from ruralcredit.policy._cells import Axis
from ruralcredit.policy._fields import Field
from ruralcredit.policy._open import State

__all__ = ["Found", "Lookup", "brought_columns", "check_column", "lookup_of"]

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

# Cells with a place each: 16 MB of int32.
_PLACES: Final = 1 << 22
# Rows that are worked on while they are in the cache.
_BLOCK: Final = 1 << 16
# Spread of numbers that is looked up by value, and codes of words that are joined.
_SPREAD: Final = 1 << 16
# Cells that are always copied.
_FEW: Final = 1 << 12
# Runs of numbers that are told apart by comparing.
_COMPARED: Final = 24
_EPOCH: Final = datetime.date(1970, 1, 1).toordinal()
# Keys joined from several fields stay below this.
_KEYS: Final = 1 << 62
# No row of a table, and no status.
_UNSEEN: Final = -(2**31)


@attrs.frozen(eq=False)
class _Codes:
    """One column as codes from 0, and the class of each code.

    Attributes:
        values: The codes' column.
        classes: Class of each code.
        is_word: Whether there are as few codes as words.
    """

    values: npt.NDArray[np.integer]
    classes: Int64
    is_word: bool


@attrs.frozen(eq=False)
class _Plain:
    """A column of a field as integers, checked.

    Attributes:
        values: Words as positions with -1 for unknown, False and True as 0 and 1, days as days
            since 1970.  What was brought as int64 is not copied.
        known: Which rows are known, or None where all are or ``values`` says so itself.
        ends: The least and the greatest known number; 0 for the least where none is below.
    """

    values: npt.NDArray[np.integer]
    known: npt.NDArray[np.bool_] | None = None
    ends: tuple[int, int] = (0, 0)


def check_column(field: Field, values: object) -> None:
    """Check a column of a field.

    Raises:
        InputError: If a value is none of the field's.
    """
    _plain(field, values)


def _plain(field: Field, values: object) -> _Plain:
    _refuse_nan(field.name, values)
    if field.kind == "enum":
        return _Plain(word_column(field.name, values, words=field.values).codes)
    if field.kind == "bool":
        true, known = bool_column(field.name, values)
        return _Plain(true.view(np.int8), None if known.all() else known)
    if field.kind == "date":
        days = day_column(field.name, values)
        known = ~np.isnat(days)
        numbers: Int64 = days.view(np.int64)
    else:
        ints = int_column(field.name, values, money=field.unit == "fen", copy=False)
        numbers, known = ints.values, ints.known
    known_or_none = None if known.all() else known
    ends = _ends(numbers, known_or_none)
    _refuse_out_of_bounds(field, numbers, known_or_none, ends)
    return _Plain(numbers, known_or_none, ends)


def _refuse_nan(name: str, values: object) -> None:
    """Refuse NaN, which is what a broken sum leaves behind; null, None and NaT are unknown."""
    bad = _nan_rows(values)
    if not bad.any():
        return
    count, first = int(np.count_nonzero(bad)), int(bad.argmax())
    rows = "row" if count == 1 else "rows"
    raise InputError(
        f"{name} has {count} {rows} of NaN, the first at row {first}: write None, or bring a "
        "column with null, where the fact is unknown",
        column=name,
        count=count,
        first_row=first,
    )


def _nan_rows(values: object) -> npt.NDArray[np.bool_]:
    """Return which rows of a column hold NaN; empty where its kind has none."""
    none = np.zeros(0, np.bool_)
    array = getattr(values, "array", None)
    if hasattr(values, "is_nan"):
        kind = str(getattr(values, "type", getattr(values, "dtype", ""))).lower()
        if not kind.startswith(("float", "double", "halffloat")):
            return none
        found = values.is_nan()
        cells = found.to_pylist() if hasattr(found, "to_pylist") else found.to_list()
        return np.array([cell is True for cell in cells], np.bool_)
    if hasattr(array, "categories"):
        return none
    if array is not None and not hasattr(array, "__arrow_array__"):
        values = values.to_numpy()  # type: ignore[attr-defined]  # a pandas Series
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        return np.ma.filled(np.isnan(values), fill_value=False)
    if isinstance(values, np.ndarray) and values.dtype.kind == "O":
        values = values.tolist()
    if not isinstance(values, list | tuple):
        return none
    # Most columns hold one or two types: only those with floats are looked through.
    if not any(issubclass(kind, float) for kind in set(map(type, values))):
        return none
    return np.array([isinstance(v, float) and math.isnan(v) for v in values], np.bool_)


def _epoch(field: Field) -> int:
    return _EPOCH if field.kind == "date" else 0


def _ends(numbers: Int64, known: npt.NDArray[np.bool_] | None) -> tuple[int, int]:
    """Return the least and the greatest known number, or 0 for the least where none is less."""
    seen = numbers if known is None else numbers[known]
    if not len(seen):
        return 0, 0
    # Numbers below zero are the greatest of all when read without a sign: one pass, not two.
    high = int(seen.view(np.uint64).max())
    return (0, high) if high < 1 << 63 else (int(seen.min()), int(seen.max()))


def _refuse_out_of_bounds(
    field: Field,
    numbers: Int64,
    known: npt.NDArray[np.bool_] | None,
    ends: tuple[int, int],
) -> None:
    epoch = _epoch(field)
    low, high = (bound - epoch for bound in field.bounds)
    if low <= ends[0] and ends[1] <= high:
        return
    bad = (numbers < low) | (numbers > high)
    if known is not None:
        bad &= known
    count = int(np.count_nonzero(bad))
    if not count:
        return
    first = int(bad.argmax())
    shown = np.datetime64(int(numbers[first]), "D") if epoch else numbers[first]
    rows = "row" if count == 1 else "rows"
    raise InputError(
        f"{field.name} has {count} {rows} outside "
        f"{'any' if field.low is None else field.low} to "
        f"{'any' if field.high is None else field.high}, the first at row {first} ({shown}): "
        "leave unknown values None, or widen the field",
        column=field.name,
        count=count,
        first_row=first,
    )


def _codes(axis: Axis, values: object) -> _Codes:
    """Bring a column of a tested field down to codes that a small table turns to classes."""
    plain = _plain(axis.field, values)
    numbers, known, (low, high) = plain.values, plain.known, plain.ends
    missing = len(axis.masks)
    if axis.by_word:
        return _word_codes(numbers, known, np.array([*axis.by_word.values(), missing]))
    starts = np.array(axis.starts[1:], np.int64) - _epoch(axis.field)
    class_of = np.array(axis.class_of, np.int64)
    # A table by value pays where there are as many rows to look up.
    spread = min(_SPREAD, max(len(numbers), _FEW))
    if high - low >= spread:
        numbers, low, high = _runs(starts, numbers), 0, len(starts)
        classes = class_of
    else:
        low = 0 if 0 <= low <= high < spread else low
        classes = class_of[np.searchsorted(starts, np.arange(low, high + 1), side="right")]
    if low:
        numbers = numbers - low
    if known is not None:
        numbers = np.where(known, numbers, high + 1 - low)
    return _Codes(numbers, np.append(classes, missing), is_word=False)


def _word_codes(
    codes: npt.NDArray[np.integer], known: npt.NDArray[np.bool_] | None, classes: Int64
) -> _Codes:
    """Return codes of words, or of False and True, without a sign; unknown is the last."""
    kind = np.uint8 if codes.dtype.itemsize == 1 else np.uint16
    plain: npt.NDArray[np.integer] = codes.view(kind)
    last = len(classes) - 1
    if known is not None:
        plain = np.where(known, plain, np.uint8(last))
    if len(plain) and int(plain.max()) >= last:
        return _Codes(np.minimum(plain, last), classes, is_word=True)
    return _Codes(plain, classes[:-1], is_word=True)


def _runs(starts: Int64, numbers: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    """Return in which run each number lies: how many runs have started at it."""
    if len(starts) > _COMPARED:
        return np.searchsorted(starts, numbers, side="right")
    runs = np.zeros(len(numbers), np.uint8)
    for block in _blocks_of(len(numbers)):
        for start in starts:
            runs[block] += (numbers[block] >= start).view(np.uint8)
    return runs


def _blocks_of(count: int) -> Iterator[slice]:
    """Run over the cases block by block, so that what is worked on stays in the cache."""
    for start in range(0, count, _BLOCK):
        yield slice(start, min(start + _BLOCK, count))


def brought_columns(
    axes: Sequence[Axis], columns: Mapping[str, object]
) -> tuple[_Codes | None, ...]:
    """Check the columns of the tested fields and bring them down to codes, None if left out."""
    return tuple(
        None if columns.get(axis.field.name) is None else _codes(axis, columns[axis.field.name])
        for axis in axes
    )


@attrs.frozen(eq=False)
class Found:
    """What the cases of one question came to.

    Attributes:
        row: Per case the number that stands for the answer of its state.
        at: Per case a place in ``ids_at``.
        ids_at: The position of a state per place.
    """

    row: Int32
    at: npt.NDArray[np.integer]
    ids_at: Int32

    def ids(self) -> Int32:
        """Return per case the position of its state."""
        return _taken(self.ids_at, self.at)


def _taken(table: Int32, places: npt.NDArray[np.integer]) -> Int32:
    found = np.empty(len(places), table.dtype)
    for block in _blocks_of(len(places)):
        table.take(places[block], mode="wrap", out=found[block])
    return found


@attrs.define(eq=False)
class Lookup:
    """The states of a table's cells, found once each and kept.

    A state is the bits of the rows that the known facts satisfy and the bits of the fields
    that are missing: all that an answer depends on.

    Attributes:
        dims: Classes of each field, missing included.
        strides: How far apart two classes of a field stand; words stand farther than numbers.
        inner: Cells that differ in numbers only.
        masks: Per field and class the bits of the rows as bytes; missing leaves all.
        every: The bits of all rows and boxes as bytes.
        row_of: What gives the number of a state's answer.
        ids: Per cell the position in ``states``; None where the cells are too many to keep a
            place for each.
        rows: Per cell the number of its state's answer, where it has come up.
        states: The distinct states.
    """

    dims: tuple[int, ...]
    strides: tuple[int, ...]
    inner: int
    masks: tuple[Bytes, ...]
    every: Bytes
    row_of: Callable[[State], int]
    ids: Int32 | None
    rows: Int32
    states: list[State] = attrs.field(factory=list)
    _rows_of_states: list[int] = attrs.field(factory=list)
    _number_of: dict[State, int] = attrs.field(factory=dict)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def find(self, brought: Sequence[_Codes | None], count: int) -> Found:
        """Return what the cases come to, adding the states that are new."""
        if self.ids is None:
            return self._sorted_out(brought, count)
        grid = _grid_of(self, brought, count)
        rows = grid.of(self.rows)
        at, row = np.empty(count, np.int32), np.empty(count, np.int32)
        for block in _blocks_of(count):
            here, found = at[block], row[block]
            grid.place(block, here)
            rows.take(here, mode="wrap", out=found)
            if int(found.min()) == _UNSEEN:
                self._learn(grid.cells(np.unique(here[found == _UNSEEN])))
                rows = grid.of(self.rows)
                rows.take(here, mode="wrap", out=found)
        return Found(row, at, grid.of(self.ids))

    def _learn(self, cells: Int64) -> None:
        assert self.ids is not None  # noqa: S101  # asked only where every cell has a place
        new = np.unique(cells)
        classes = [
            new // stride % dim for stride, dim in zip(self.strides, self.dims, strict=True)
        ]
        ids = self._ids_of_cells(classes, len(new))
        self.ids[new] = ids
        self.rows[new] = np.array(self._rows_of_states, np.int32)[ids]

    def _sorted_out(self, brought: Sequence[_Codes | None], count: int) -> Found:
        """Look at each distinct cell once, fields joined one by one within 62 bits."""
        key = np.zeros(count, np.int64)
        size = 1
        columns = [
            np.full(count, dim - 1) if codes is None else codes.classes.take(codes.values)
            for codes, dim in zip(brought, self.dims, strict=True)
        ]
        for dim, column in zip(self.dims, columns, strict=True):
            if size * dim > _KEYS:
                distinct, key = np.unique(key, return_inverse=True)
                size = len(distinct)
            key = key * dim + column
            size *= dim
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        ids = self._ids_of_cells([column[first] for column in columns], len(first))
        rows = np.array(self._rows_of_states, np.int32)[ids]
        return Found(_taken(rows, inverse), inverse, ids)

    def _ids_of_cells(self, classes: Sequence[npt.NDArray[np.intp]], count: int) -> Int32:
        """Return the positions of the states of distinct cells, adding what is new."""
        mask = np.broadcast_to(self.every, (count, len(self.every))).copy()
        missing = np.zeros((count, len(self.dims)), np.bool_)
        for number, (column, masks) in enumerate(zip(classes, self.masks, strict=True)):
            mask &= masks[column]
            missing[:, number] = column == len(masks) - 1
        states = np.column_stack([mask, np.packbits(missing, axis=1, bitorder="little")])
        distinct, inverse = np.unique(states, axis=0, return_inverse=True)
        found = np.array([self._position(state.tobytes()) for state in distinct], np.int32)
        return found[inverse.reshape(-1)]

    def _position(self, plain: bytes) -> int:
        width = len(self.every)
        state = (
            int.from_bytes(plain[:width], "little"),
            int.from_bytes(plain[width:], "little"),
        )
        # Two threads may meet the same new state.
        with self._lock:
            number = self._number_of.get(state)
            if number is None:
                self._rows_of_states.append(self.row_of(state))
                self.states.append(state)
                number = self._number_of[state] = len(self.states) - 1
        return number


@attrs.frozen(eq=False)
class _Grid:
    """The cells that one question can reach, laid out so that each case finds its own.

    Attributes:
        words: Columns of words, each with the number of its codes; joined they are the key.
        far: Per key the first of its cells.
        near: Per column of numbers its codes, and per code how far its cells lie from there.
        width: Places that each key has to itself, or 0 where places are cells: to copy the
            cells of each key is quicker than to look up the key of each case.
    """

    words: tuple[tuple[npt.NDArray[np.integer], int], ...]
    far: Int32
    near: tuple[tuple[npt.NDArray[np.integer], Int32], ...]
    width: int

    def place(self, block: slice, out: Int32) -> None:
        """Write the place of each case of a block."""
        kind = np.dtype(np.uint8 if len(self.far) < 1 << 8 else np.uint16)
        key: npt.NDArray[np.unsignedinteger] = np.zeros(len(out), kind)
        for number, (codes, size) in enumerate(self.words):
            if number:
                key *= kind.type(size)
            key += codes[block]
        if not self.near:
            out.fill(0)
        for number, (codes, table) in enumerate(self.near):
            if number:
                out += table.take(codes[block], mode="wrap")
            else:
                table.take(codes[block], mode="wrap", out=out)
        if self.width:
            out += np.multiply(key, np.int32(self.width))
        else:
            out += self.far.take(key, mode="wrap")

    def cells(self, places: npt.NDArray[np.integer]) -> Int64:
        """Return the cells of the lookup that places stand for."""
        if not self.width:
            return places.astype(np.int64)
        cells: Int64 = self.far[places // self.width] + (places % self.width).astype(np.int64)
        return cells

    def of(self, table: Int32) -> Int32:
        """Return what a table of cells holds at each place."""
        if not self.width:
            return table
        cells = np.add.outer(self.far, np.arange(self.width)).reshape(-1)
        # Places that no case comes to may lie beyond.
        return table.take(cells, mode="clip")


def _grid_of(lookup: Lookup, brought: Sequence[_Codes | None], count: int) -> _Grid:
    far = np.zeros(1, np.int64)
    words, near = [], []
    width = lookup.inner
    for codes, stride, dim in zip(brought, lookup.strides, lookup.dims, strict=True):
        if codes is None:
            # A field left out is missing, which is the last class.
            far = far + (dim - 1) * stride
        elif codes.is_word and len(far) * len(codes.classes) <= _SPREAD:
            far = np.add.outer(far, codes.classes * stride).reshape(-1)
            words.append((codes.values, len(codes.classes)))
        else:
            near.append((codes.values, (codes.classes * stride).astype(np.int32)))
            width = 0 if codes.is_word else width
    wide = width if len(far) * width <= max(count, _FEW) else 0
    return _Grid(tuple(words), far.astype(np.int32), tuple(near), wide)


def lookup_of(axes: Sequence[Axis], count: int, row_of: Callable[[State], int]) -> Lookup:
    """Return the empty lookup of a table with ``count`` rows and boxes."""
    dims = tuple(len(axis.masks) + 1 for axis in axes)
    inner = math.prod(dim for axis, dim in zip(axes, dims, strict=True) if not axis.by_word)
    strides, words, numbers = [], inner, 1
    for axis, dim in zip(axes, dims, strict=True):
        strides.append(words if axis.by_word else numbers)
        words, numbers = (words * dim, numbers) if axis.by_word else (words, numbers * dim)
    places = math.prod(dims)
    ids = np.full(places, _UNSEEN, np.int32) if places <= _PLACES else None
    every = (1 << count) - 1
    return Lookup(
        dims=dims,
        strides=tuple(strides),
        inner=inner,
        masks=tuple(_bytes([*axis.masks, every], count) for axis in axes),
        every=_bytes([every], count)[0],
        row_of=row_of,
        ids=ids,
        rows=np.zeros(0, np.int32) if ids is None else ids.copy(),
    )


def _bytes(masks: Sequence[int], count: int) -> Bytes:
    size = -(-count // 8)
    plain = b"".join(mask.to_bytes(size, "little") for mask in masks)
    return np.frombuffer(plain, np.uint8).reshape(len(masks), size)
