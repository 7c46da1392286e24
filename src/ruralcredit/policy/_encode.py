"""Columns to answers: every case becomes one cell number, every cell one answer.

A cell is one class of each field, or missing.  The number of a case's cell is the sum of its
classes times their strides; where the cells of a table are too many to keep a place for each,
the distinct ones are found by sorting.
"""

import datetime
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import bool_column, day_column, int_column, word_column
from ruralcredit.errors import InputError
from ruralcredit.policy._cells import Axis
from ruralcredit.policy._fields import Field
from ruralcredit.policy._open import State

__all__ = ["Lookup", "blocks_of", "cells_of", "lookup_of", "plain_column"]

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

# Cells with a place each: 16 MB of int32.
_PLACES: Final = 1 << 22
# Rows that are worked on while they are in the cache.
_BLOCK: Final = 1 << 15
# Spread of numbers that is looked up by value.
_SPREAD: Final = 1 << 16
_EPOCH: Final = datetime.date(1970, 1, 1).toordinal()
# Keys joined from several fields stay below this.
_KEYS: Final = 1 << 62
_UNSEEN: Final = -1


@attrs.frozen(eq=False)
class _Codes:
    """One column as small non-negative codes, and the class of each code.

    Attributes:
        values: The codes' column; ``values - shift`` indexes ``classes``.
        shift: What to take off a value.
        classes: Class of each code; the last is missing.
        known: Which rows are known, or None where ``values`` says so itself.
    """

    values: npt.NDArray[np.integer]
    shift: int
    classes: Int64
    known: npt.NDArray[np.bool_] | None


def plain_column(
    field: Field, values: object
) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.bool_] | None]:
    """Return a column of a field as integer codes, checked, with the mask of known rows.

    Words come as positions with -1 for unknown, and no mask.

    Raises:
        InputError: If a value is none of the field's.
    """
    _refuse_nan(field.name, values)
    if field.kind == "enum":
        return word_column(field.name, values, words=field.values).codes, None
    if field.kind == "bool":
        true, known = bool_column(field.name, values)
        return true.view(np.int8), None if known.all() else known
    if field.kind == "date":
        days = day_column(field.name, values)
        known = ~np.isnat(days)
        numbers: Int64 = days.view(np.int64)
        known_or_none = None if known.all() else known
        _refuse_out_of_bounds(field, numbers, known_or_none, _EPOCH)
        return numbers, known_or_none
    if type(values) is np.ndarray and values.dtype == np.int64 and values.ndim == 1:
        # Read here and not kept, so no copy is owed; a masked array is none of these.
        _refuse_out_of_bounds(field, values, None, 0)
        return values, None
    ints = int_column(field.name, values, money=field.unit == "fen")
    known_ints = None if ints.known.all() else ints.known
    _refuse_out_of_bounds(field, ints.values, known_ints, 0)
    return ints.values, known_ints


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


def _refuse_out_of_bounds(
    field: Field, numbers: Int64, known: npt.NDArray[np.bool_] | None, epoch: int
) -> None:
    low, high = (bound - epoch for bound in field.bounds)
    seen = numbers if known is None else numbers[known]
    if not len(seen) or (int(seen.min()) >= low and int(seen.max()) <= high):
        return
    bad = (numbers < low) | (numbers > high)
    if known is not None:
        bad &= known
    count, first = int(np.count_nonzero(bad)), int(bad.argmax())
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
    numbers, known = plain_column(axis.field, values)
    missing = len(axis.masks)
    if axis.by_word:
        classes = [*axis.by_word.values(), missing]
        return _Codes(numbers, 0, np.array(classes, np.int64), known)
    epoch = _EPOCH if axis.field.kind == "date" else 0
    seen = numbers if known is None else numbers[known]
    low, high = (int(seen.min()), int(seen.max())) if len(seen) else (0, 0)
    starts = np.array(axis.starts[1:], np.int64) - epoch
    class_of = np.array(axis.class_of, np.int64)
    if high - low < _SPREAD:
        runs = np.searchsorted(starts, np.arange(low, high + 1), side="right")
        return _Codes(numbers, low, np.append(class_of[runs], missing), known)
    runs = np.searchsorted(starts, numbers, side="right")
    return _Codes(runs, 0, np.append(class_of, missing), known)


Cells: TypeAlias = Callable[[slice], Int64]
"""The cell numbers of a block of cases."""


def blocks_of(count: int) -> Iterator[slice]:
    """Run over the cases block by block, so that what is worked on stays in the cache."""
    for start in range(0, count, _BLOCK):
        yield slice(start, min(start + _BLOCK, count))


def cells_of(
    axes: Sequence[Axis], columns: Mapping[str, object]
) -> Callable[[Sequence[int]], Cells]:
    """Check the columns and return what adds up, for given strides, the number of each cell."""
    brought = [
        None if columns.get(axis.field.name) is None else _codes(axis, columns[axis.field.name])
        for axis in axes
    ]

    def numbered(strides: Sequence[int]) -> Cells:
        # A field left out is missing, which is the last class.
        constant = sum(
            stride * len(axis.masks)
            for axis, codes, stride in zip(axes, brought, strides, strict=True)
            if codes is None
        )
        steps = [
            (codes, codes.classes * stride)
            for codes, stride in zip(brought, strides, strict=True)
            if codes is not None
        ]

        def cells(block: slice) -> Int64:
            total = np.full(block.stop - block.start, constant, np.int64)
            for codes, table in steps:
                total += _looked_up(codes, table, block)
            return total

        return cells

    return numbered


def _looked_up(codes: _Codes, table: Int64, block: slice) -> Int64:
    places: npt.NDArray[np.integer] = codes.values[block]
    if codes.shift:
        places = places - codes.shift
    if codes.known is not None:
        places = np.where(codes.known[block], places, -1)
    # Wrapping sends -1, unknown, to the last place, and is the quickest way to look up.
    found: Int64 = table.take(places, mode="wrap")
    return found


@attrs.define(eq=False)
class Lookup:
    """The states of a table's cells, found once each and kept.

    A state is the bits of the rows that the known facts satisfy and the bits of the fields
    that are missing: all that an answer depends on.

    Attributes:
        dims: Classes of each field, missing included.
        masks: Per field and class the bits of the rows as bytes; missing leaves all.
        every: The bits of all rows and boxes as bytes.
        ids: Per cell the position in ``states``, -1 where it has not come up; None where the
            cells are too many to keep a place for each.
        states: The distinct states.
    """

    dims: tuple[int, ...]
    masks: tuple[Bytes, ...]
    every: Bytes
    ids: Int32 | None
    states: list[State] = attrs.field(factory=list)
    _number_of: dict[State, int] = attrs.field(factory=dict)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def ids_of(self, numbered: Callable[[Sequence[int]], Cells], count: int) -> Int32:
        """Return per case the position of its state in ``states``."""
        if self.ids is None:
            return self._sorted_out(numbered, count)
        cells_at = numbered(_strides(self.dims))
        found = np.empty(count, np.int32)
        for block in blocks_of(count):
            cells = cells_at(block)
            ids = self.ids.take(cells)
            if int(ids.min()) == _UNSEEN:
                new = np.unique(cells[ids == _UNSEEN])
                classes = np.unravel_index(new, self.dims) if self.dims else ()
                self.ids[new] = self._ids_of_cells(classes, len(new))
                ids = self.ids.take(cells)
            found[block] = ids
        return found

    def _sorted_out(self, numbered: Callable[[Sequence[int]], Cells], count: int) -> Int32:
        """Look at each distinct cell once, fields joined one by one within 62 bits."""
        if not count:
            return np.zeros(0, np.int32)
        key = np.zeros(count, np.int64)
        size = 1
        columns = []
        for at, dim in enumerate(self.dims):
            cells_at = numbered([int(place == at) for place in range(len(self.dims))])
            column = np.concatenate([cells_at(block) for block in blocks_of(count)])
            columns.append(column)
            if size * dim > _KEYS:
                distinct, key = np.unique(key, return_inverse=True)
                size = len(distinct)
            key = key * dim + column
            size *= dim
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        return self._ids_of_cells([column[first] for column in columns], len(first))[inverse]

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
                self.states.append(state)
                number = self._number_of[state] = len(self.states) - 1
        return number


def _strides(dims: Sequence[int]) -> list[int]:
    return [math.prod(dims[at + 1 :]) for at in range(len(dims))]


def lookup_of(axes: Sequence[Axis], count: int) -> Lookup:
    """Return the empty lookup of a table with ``count`` rows and boxes."""
    dims = tuple(len(axis.masks) + 1 for axis in axes)
    places = math.prod(dims)
    ids = np.full(places, _UNSEEN, np.int32) if places <= _PLACES else None
    every = (1 << count) - 1
    masks = tuple(_bytes([*axis.masks, every], count) for axis in axes)
    return Lookup(dims, masks, _bytes([every], count)[0], ids)


def _bytes(masks: Sequence[int], count: int) -> Bytes:
    size = -(-count // 8)
    plain = b"".join(mask.to_bytes(size, "little") for mask in masks)
    return np.frombuffer(plain, np.uint8).reshape(len(masks), size)
