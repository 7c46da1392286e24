"""The books that the promises are measured on: a realistic one, and shapes that hurt."""

import pathlib
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ruralcredit.synthetic import ColumnTruth, guarantee_columns

Int64 = npt.NDArray[np.int64]
Arcs = tuple[Int64, Int64]
Column = pa.Array | Int64

COLUMNS = ("guarantor", "borrower", "amount_fen")
WARM_UP = "warm-up.arrow"
WARM_UP_ROWS = 2_000
DENSE_PARTIES = 1_000
SEED = 20_240_630


def write_realistic(path: pathlib.Path, rows: int, ids: str) -> ColumnTruth:
    """Write an invented bank's ledger, its text ids as Arrow strings; return what is in it.

    A small book with the same kind of ids is written beside it, to warm up on.
    """
    for place, count in ((path.with_name(WARM_UP), WARM_UP_ROWS), (path, rows)):
        book = guarantee_columns(count, seed=SEED, ids=ids)
        _write(place, {name: getattr(book, name) for name in COLUMNS})
    return book.truth


def write_shape(path: pathlib.Path, shape: str, rows: int, *, shuffled: bool) -> None:
    """Write a shape with int64 ids: numbered along it, or ids and rows both shuffled."""
    write_realistic(path, WARM_UP_ROWS, "int64")
    source, target = SHAPES[shape](rows)
    rng = np.random.default_rng(SEED)
    if shuffled:
        number = rng.permutation(int(max(source.max(), target.max())) + 1)
        order = rng.permutation(len(source))
        source, target = number[source][order], number[target][order]
    amount = rng.integers(1, 10**9, len(source))
    _write(path, dict(zip(COLUMNS, (source, target, amount), strict=True)))


def _write(path: pathlib.Path, columns: Mapping[str, npt.NDArray[np.generic]]) -> None:
    table = pa.table(
        {
            name: pa.array(column.astype(str)) if column.dtype.kind == "S" else pa.array(column)
            for name, column in columns.items()
        }
    )
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def read_book(path: pathlib.Path) -> tuple[Column, Column, Int64]:
    """Read the three columns into memory: texts as Arrow arrays, numbers as int64 arrays."""
    with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as reader:
        table = reader.read_all()
    columns = [table.column(name).combine_chunks() for name in COLUMNS]
    guarantor, borrower, amount = (
        column if pa.types.is_string(column.type) else column.to_numpy() for column in columns
    )
    return guarantor, borrower, amount


def chain(rows: int) -> Arcs:
    """Return 0 -> 1 -> 2 -> ...: no loop, one cluster, and peeling takes two arcs a round."""
    return np.arange(rows), np.arange(1, rows + 1)


def ring(rows: int) -> Arcs:
    """Return one loop of all parties: nothing peels, and recursion would be as deep as rows."""
    return np.arange(rows), (np.arange(rows) + 1) % rows


def star_hub_first(rows: int) -> Arcs:
    """Return a star whose hub has the smallest number."""
    return np.zeros(rows, dtype=np.int64), np.arange(1, rows + 1)


def star_hub_last(rows: int) -> Arcs:
    """Return a star whose hub has the largest number, where careless hooking is quadratic."""
    return np.full(rows, rows), np.arange(rows)


def dense(rows: int) -> Arcs:
    """Return one loop of few parties and many rows."""
    rng = np.random.default_rng(SEED)
    source = rng.integers(0, DENSE_PARTIES, rows)
    return source, (source + rng.integers(1, DENSE_PARTIES, rows)) % DENSE_PARTIES


def two_rings(rows: int) -> Arcs:
    """Return two rings joined by a chain, a third of the rows each."""
    third = rows // 3
    left, right = np.arange(third), third + np.arange(third)
    path = np.concatenate(([third - 1], np.arange(2 * third, rows - 1), [third]))
    return (
        np.concatenate((left, right, path[:-1])),
        np.concatenate((np.roll(left, -1), np.roll(right, -1), path[1:])),
    )


SHAPES: dict[str, Callable[[int], Arcs]] = {
    "chain": chain,
    "ring": ring,
    "star, hub first": star_hub_first,
    "star, hub last": star_hub_last,
    "dense": dense,
    "two rings and a chain": two_rings,
}
