"""Columns of numbers, days, yes and no, and words: what passes, what is unknown, what is refused.

Ids have a file of their own, ``test_columns_ids.py``.
"""

import datetime
import enum
import re
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pendulum
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.columns import (
    Ints,
    Words,
    bool_column,
    day_column,
    int_column,
    row_count,
    same_length,
    word_column,
)
from ruralcredit.errors import CreditError, InputError
from ruralcredit.testing import maybe_days

INT64 = st.integers(-(2**63), 2**63 - 1)
TOP = 2**63 - 1
LEAP = datetime.date(2024, 2, 29)
EVE = datetime.date(2023, 12, 31)
NOON = datetime.datetime(2024, 2, 29, 12)  # noqa: DTZ001 - refused wherever a day is asked
MIDNIGHT = datetime.datetime(2024, 2, 29)  # noqa: DTZ001 - the same
FORMS = ("specific", "maximum")
NAN = float("nan")
YUAN = ": convert yuan with yuan_column"
NO_COLUMN = "must be an array or a list with one value per row, got"


def refused(call, *args, **keywords):
    """Return message, column, count and first row of the InputError that a call must raise."""
    with pytest.raises(InputError) as caught:
        call(*args, **keywords)
    error = caught.value
    assert isinstance(error, CreditError)
    return str(error), error.column, error.count, error.first_row


def in_pieces(array):
    """Return an Arrow array in three chunks, the first one empty."""
    middle = len(array) // 2
    return pa.chunked_array([array[:0], array[:middle], array[middle:]], array.type)


# --- whole numbers ----------------------------------------------------------------------

INT_SOURCES = {
    "list": list,
    "tuple": tuple,
    "iterator": iter,
    "list with NaN": lambda cells: [NAN if c is None else c for c in cells],
    "list with NA": lambda cells: [pd.NA if c is None else c for c in cells],
    "NumPy scalars": lambda cells: [c if c is None else np.int64(c) for c in cells],
    "NumPy object": lambda cells: np.array([*cells, None], object)[:-1],
    "NumPy masked": lambda cells: np.ma.MaskedArray(
        np.array([c or 0 for c in cells], np.int64), [c is None for c in cells]
    ),
    "Arrow": lambda cells: pa.array(cells, pa.int64()),
    "Arrow chunked": lambda cells: in_pieces(pa.array(cells, pa.int64())),
    "Arrow chunked once": lambda cells: pa.chunked_array([pa.array(cells, pa.int64())]),
    "Arrow sliced": lambda cells: pa.array([None, 1, *cells, 2], pa.int64())[2:-1],
    "pandas object": lambda cells: pd.Series(cells, dtype=object),
    "pandas Int64": lambda cells: pd.Series(cells, dtype="Int64"),
    "pandas Arrow": lambda cells: pd.Series(cells, dtype=pd.ArrowDtype(pa.int64())),
    "Polars": lambda cells: pl.Series(cells, dtype=pl.Int64),
}
INT_LISTS = {
    "gaps": [3, None, -4, None],
    "edges": [TOP, None, -TOP - 1, TOP - 1],
    "beyond floats": [2**53 + 1, None],
    "no gaps": [0, 7],
    "only gaps": [None, None],
    "none": [],
}


@pytest.mark.parametrize("is_money", [False, True])
@pytest.mark.parametrize("bring", INT_SOURCES.values(), ids=INT_SOURCES)
def test_whole_numbers_are_read_alike_from_every_source(bring, is_money):
    """Integers with gaps stay integers to the last digit, money or not."""
    for form, cells in INT_LISTS.items():
        column = int_column("amount_fen", bring(cells), money=is_money)

        assert cells == column.tolist(), form
        assert [c or 0 for c in cells] == column.values.tolist(), form
        assert [c is not None for c in cells] == column.known.tolist(), form
        assert (np.int64, np.bool_) == (column.values.dtype, column.known.dtype), form
        assert len(cells) == len(column), form


@given(cells=st.lists(st.none() | INT64))
def test_any_whole_numbers_are_read_alike_from_every_source(cells):
    """The same law on numbers that nobody would think of."""
    columns = [int_column("n", bring(cells), money=True) for bring in INT_SOURCES.values()]

    assert cells == columns[0].tolist()
    assert [columns[0]] * len(columns) == columns
    assert {hash(columns[0])} == set(map(hash, columns))


@pytest.mark.parametrize(
    "kind", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", ">i4"]
)
def test_every_dtype_of_integers_passes_to_its_ends(kind):
    """The smallest and largest number of each dtype, as far as int64 holds them."""
    cells = [int(np.iinfo(kind).min), min(int(np.iinfo(kind).max), TOP), 5]

    assert cells == int_column("n", np.array(cells, kind)).tolist()
    assert cells == int_column("n", np.array(cells, kind), money=True).tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([6.0, NAN, -24.0], [6, None, -24]),
        (np.array([6.0, np.nan, -0.0]), [6, None, 0]),
        (np.array([6, np.nan], np.float16), [6, None]),
        (np.array([6, np.nan], np.float32), [6, None]),
        (np.array([2.0**62, -(2.0**62)]), [2**62, -(2**62)]),
        (pa.array([6.0, None, NAN]), [6, None, None]),
        (pd.Series([6, None]), [6, None]),
        (pl.Series([6.0, None, NAN]), [6, None, None]),
        ([np.float64(6)], [6]),
    ],
)
def test_whole_floats_pass_where_the_column_is_no_money(values, expected):
    """Frames turn integers with gaps into floats."""
    assert expected == int_column("guarantee_months", values).tolist()


@pytest.mark.parametrize("is_money", [False, True])
@pytest.mark.parametrize(
    "values",
    [
        [NAN, None],
        np.array([np.nan, np.nan]),
        pa.nulls(2),
        pa.array([None, None], pa.float64()),
        pd.Series([None, None]),
        pd.Series([None, None], dtype=float),
        pl.Series([None, None]),
        [pd.NaT, np.datetime64("NaT")],
    ],
)
def test_a_column_of_gaps_is_unknown_of_whatever_type(values, is_money):
    """Nothing known is nothing wrong, money or not."""
    assert [None, None] == int_column("n", values, money=is_money).tolist()


@pytest.mark.parametrize(
    ("values", "shown", "count", "first_row"),
    [
        (np.array([np.nan, 12.5]), "float64, the first at row 1 (12.5)", 1, 1),
        (np.array([12.0, 13.0]), "float64, the first at row 0 (12.0)", 2, 0),
        (np.array([1.0], np.float32), "float32, the first at row 0 (1.0)", 1, 0),
        (pa.array([None, 1.0]), "float64, the first at row 1 (1.0)", 1, 1),
        (pd.Series([None, 12]), "float64, the first at row 1 (12.0)", 1, 1),
        (pl.Series([1.0, None]), "float64, the first at row 0 (1.0)", 1, 0),
    ],
)
def test_money_in_a_column_of_floats_is_refused(values, shown, count, first_row):
    """Even whole: yuan and fen look alike in floats.  The error names the way out."""
    message = f"amount_fen must be whole fen in integers, got {shown}{YUAN}"

    assert (message, "amount_fen", count, first_row) == refused(
        int_column, "amount_fen", values, money=True
    )


@pytest.mark.parametrize(
    ("values", "shown", "count", "first_row"),
    [
        ([1, None, 2.0], "1 cells do not, the first at row 2 (2.0)" + YUAN, 1, 2),
        (
            [Decimal(1), Decimal(2)],
            "2 cells do not, the first at row 0 (Decimal('1'))" + YUAN,
            2,
            0,
        ),
        (
            pa.array([Decimal("1.5")]),
            "1 cells do not, the first at row 0 (Decimal('1.5'))" + YUAN,
            1,
            0,
        ),
        (["12"], "1 cells do not, the first at row 0 ('12')", 1, 0),
        ([True], "1 cells do not, the first at row 0 (True)", 1, 0),
    ],
)
def test_money_in_cells_that_are_no_integers_is_refused(values, shown, count, first_row):
    """Floats and Decimals get the hint; texts and bools would need another."""
    message = f"amount_fen must hold whole fen in integers, {shown}"

    assert (message, "amount_fen", count, first_row) == refused(
        int_column, "amount_fen", values, money=True
    )


@pytest.mark.parametrize(
    ("values", "shown", "count", "first_row"),
    [
        ([1, None, 2.5, 3.5], "2 cells do not, the first at row 2 (2.5)" + YUAN, 2, 2),
        ([Decimal(2)], "1 cells do not, the first at row 0 (Decimal('2'))" + YUAN, 1, 0),
        ([float("inf")], "1 cells do not, the first at row 0 (inf)" + YUAN, 1, 0),
        ([0, False], "1 cells do not, the first at row 1 (False)", 1, 1),
        ([np.True_], "1 cells do not, the first at row 0 (np.True_)", 1, 0),
        (["6"], "1 cells do not, the first at row 0 ('6')", 1, 0),
        ([""], "1 cells do not, the first at row 0 ('')", 1, 0),
        ([Fraction(2)], "1 cells do not, the first at row 0 (Fraction(2, 1))", 1, 0),
        ([LEAP], f"1 cells do not, the first at row 0 ({LEAP!r})", 1, 0),
        ([[1]], "1 cells do not, the first at row 0 ([1])", 1, 0),
        (pa.array(["6", None]), "1 cells do not, the first at row 0 ('6')", 1, 0),
        (pa.array([None, True]), "1 cells do not, the first at row 1 (True)", 1, 1),
        (pd.Series(["6"]), "1 cells do not, the first at row 0 ('6')", 1, 0),
        (pl.Series(["6"]), "1 cells do not, the first at row 0 ('6')", 1, 0),
    ],
)
def test_cells_that_are_no_whole_numbers_are_refused(values, shown, count, first_row):
    """The error counts the cells and shows the first."""
    message = f"months must hold whole numbers, {shown}"

    assert (message, "months", count, first_row) == refused(int_column, "months", values)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([True]), "bool"),
        (pa.array([True]), "bool"),
        (np.array(["6"]), "<U1"),
        (np.array([1j]), "complex128"),
        (np.array([LEAP], "datetime64[D]"), "datetime64[D]"),
        (pa.array([LEAP]), "datetime64[D]"),
    ],
)
def test_arrays_of_another_kind_are_no_whole_numbers(values, dtype):
    """The dtype says it for all rows."""
    message = f"months must hold whole numbers, got dtype {dtype}"

    assert (message, "months", 1, 0) == refused(int_column, "months", values)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([1, TOP + 1], "1 too large row, at row 1 (9223372036854775808)"),
        ([-TOP - 2, 1, 10**30], "2 too large rows, the first at row 0 (-9223372036854775809)"),
        ([1, 1e30], f"1 too large row, at row 1 ({int(1e30)})"),
        (np.array([0, 2**63], np.uint64), "1 too large row, at row 1 (9223372036854775808)"),
        (pa.array([None, 2**63], pa.uint64()), "1 too large row, at row 1 (9223372036854775808)"),
        (pl.Series([2**63], dtype=pl.UInt64), "1 too large row, at row 0 (9223372036854775808)"),
        (
            np.array([2.0**63]),
            "1 fractional or too large row, at row 0 (9.223372036854775808e+18)",
        ),
        (np.array([0.5, np.nan, 1.5]), "2 fractional or too large rows, the first at row 0 (0.5)"),
        (np.array([-np.inf, 1]), "1 fractional or too large row, at row 0 (-inf)"),
        (pa.array([None, 0.5]), "1 fractional or too large row, at row 1 (0.5)"),
    ],
)
def test_numbers_beyond_int64_and_fractions_are_refused(values, says):
    """Nothing wraps around and nothing is cut."""
    says = says.replace("9.223372036854775808e+18", str(2.0**63))
    count, first_row = (int(re.search(p, says)[1]) for p in (r"^(\d+)", r"row (\d+)"))

    assert (f"months has {says}", "months", count, first_row) == refused(
        int_column, "months", values
    )


@given(cells=st.lists(st.none() | INT64), data=st.data())
def test_ints_take_rows_in_the_order_asked(cells, data):
    """A row may be asked twice."""
    column = int_column("n", cells)
    rows = data.draw(st.lists(st.integers(0, len(cells) - 1)) if cells else st.just([]))

    assert [cells[row] for row in rows] == column.take(np.array(rows, np.int64)).tolist()


def test_ints_are_equal_by_content():
    """0 and unknown are not the same, and a column is not its list."""
    zero, gap = int_column("n", [0]), int_column("n", [None])

    assert zero == int_column("m", np.array([0], np.uint8))
    assert zero != gap
    assert zero != int_column("n", [0, 0])
    assert zero != [0]
    assert hash(zero) != hash(gap)


# --- days -------------------------------------------------------------------------------


def day_array(cells):
    """Return days as NumPy keeps them."""
    return np.array(cells, "datetime64[D]")


DAY_SOURCES = {
    "list": list,
    "tuple": tuple,
    "iterator": iter,
    "list with NaT": lambda cells: [pd.NaT if c is None else c for c in cells],
    "list with NumPy NaT": lambda cells: [np.datetime64("NaT") if c is None else c for c in cells],
    "list with NaN": lambda cells: [NAN if c is None else c for c in cells],
    "list with NA": lambda cells: [pd.NA if c is None else c for c in cells],
    "pendulum": lambda cells: [
        None if c is None else pendulum.date(c.year, c.month, c.day) for c in cells
    ],
    "NumPy scalars": lambda cells: list(day_array(cells)),
    "NumPy scalars at midnight": lambda cells: list(day_array(cells).astype("datetime64[s]")),
    "NumPy days": day_array,
    **{
        f"NumPy {unit}": lambda cells, unit=unit: day_array(cells).astype(f"datetime64[{unit}]")
        for unit in ("h", "m", "s", "ms", "us")
    },
    "NumPy big-endian": lambda cells: day_array(cells).astype(">M8[D]"),
    "NumPy object": lambda cells: np.array([*cells, None], object)[:-1],
    "NumPy masked": lambda cells: np.ma.MaskedArray(
        day_array([c or LEAP for c in cells]), [c is None for c in cells]
    ),
    "Arrow date32": lambda cells: pa.array(cells, pa.date32()),
    "Arrow date64": lambda cells: pa.array(cells, pa.date64()),
    "Arrow timestamp": lambda cells: pa.array(cells, pa.date32()).cast(pa.timestamp("s")),
    "Arrow chunked": lambda cells: pa.chunked_array([pa.array(cells, pa.date32())]),
    "Arrow sliced": lambda cells: pa.array([None, LEAP, *cells, EVE], pa.date32())[2:-1],
    "pandas object": lambda cells: pd.Series(cells, dtype=object),
    "pandas object with NaT": lambda cells: pd.Series(
        [pd.NaT if c is None else c for c in cells], dtype=object
    ),
    "pandas datetime64": lambda cells: pd.Series(day_array(cells).astype("datetime64[s]")),
    "pandas Arrow": lambda cells: pd.Series(cells, dtype=pd.ArrowDtype(pa.date32())),
    "Polars Date": lambda cells: pl.Series(cells, dtype=pl.Date),
    "Polars Datetime": lambda cells: pl.Series(cells, dtype=pl.Date).cast(pl.Datetime("ms")),
}
DAY_LISTS = {
    "gaps": [LEAP, None, EVE, None],
    "no gaps": [EVE, LEAP, LEAP],
    "old and far": [datetime.date(1900, 3, 1), datetime.date(2199, 12, 31), None],
    "only gaps": [None, None],
    "none": [],
}


@pytest.mark.parametrize("bring", DAY_SOURCES.values(), ids=DAY_SOURCES)
def test_days_are_read_alike_from_every_source(bring):
    """Dates, days and midnights of any unit are one column of days."""
    for form, cells in DAY_LISTS.items():
        days = day_column("starts_on", bring(cells))

        assert cells == days.tolist(), form
        assert np.dtype("datetime64[D]") == days.dtype, form
        assert not days.flags.writeable, form


@given(cells=st.lists(maybe_days()))
def test_any_days_are_read_alike_from_every_source(cells):
    """The same law on days that nobody would think of."""
    for source, bring in DAY_SOURCES.items():
        assert cells == day_column("starts_on", bring(cells)).tolist(), source


@pytest.mark.parametrize(
    "day", [datetime.date.min, datetime.date.max, datetime.date(1969, 12, 31)]
)
def test_the_first_and_last_day_of_python_are_days(day):
    """No unit overflows on the way."""
    assert [day] == day_column("starts_on", [day]).tolist()
    assert [day] == day_column("starts_on", pa.array([day])).tolist()


@pytest.mark.parametrize(
    "values",
    [
        np.array([np.nan, np.nan]),
        [NAN, None],
        pa.nulls(2),
        pa.array([None, None], pa.float64()),
        pa.array([None, None], pa.int64()),
        pd.Series([None, None], dtype=float),
        pd.Series([None, None], dtype="Int64"),
        pd.Series([pd.NaT, pd.NaT]),
        pl.Series([None, None]),
    ],
)
def test_a_column_of_no_days_is_unknown_of_whatever_type(values):
    """A frame that saw no day may have made floats of the gaps."""
    days = day_column("released_on", values)

    assert [None, None] == days.tolist()
    assert not days.flags.writeable


@pytest.mark.parametrize(
    ("values", "shown", "count", "first_row"),
    [
        ([None, NOON], f"({NOON!r}): a datetime is no day, pass value.date()", 1, 1),
        ([MIDNIGHT], f"({MIDNIGHT!r}): a datetime is no day, pass value.date()", 1, 0),
        (
            [pendulum.datetime(2024, 2, 29)],
            f"({pendulum.datetime(2024, 2, 29)!r}): a datetime is no day, pass value.date()",
            1,
            0,
        ),
        (
            [LEAP, pd.Timestamp(LEAP)],
            f"({pd.Timestamp(LEAP)!r}): a datetime is no day, pass value.date()",
            1,
            1,
        ),
        (["2024-02-29", ""], "('2024-02-29'): parse it with datetime.date.fromisoformat", 2, 0),
        (pa.array(["x"]), "('x'): parse it with datetime.date.fromisoformat", 1, 0),
        (pd.Series([None, "x"]), "('x'): parse it with datetime.date.fromisoformat", 1, 1),
        ([20240229], "(20240229)", 1, 0),
        ([45351.0], "(45351.0)", 1, 0),
        ([False], "(False)", 1, 0),
        ([np.datetime64(NOON)], f"({np.datetime64(NOON)!r})", 1, 0),
        ([datetime.time(0)], "(datetime.time(0, 0))", 1, 0),
    ],
)
def test_cells_that_are_no_days_are_refused(values, shown, count, first_row):
    """A datetime is refused even at midnight: whose midnight is not said."""
    message = (
        f"starts_on must hold datetime.date values, {count} cells do not, the first at row "
        f"{first_row} {shown}"
    )

    assert (message, "starts_on", count, first_row) == refused(day_column, "starts_on", values)


def test_pandas_days_with_a_zone_are_refused():
    """A midnight in Shanghai is another day in UTC."""
    values = pd.Series(pd.to_datetime(["2024-02-29"]).tz_localize("UTC"))

    message, *where = refused(day_column, "starts_on", values)

    assert ["starts_on", 1, 0] == where
    assert message.endswith(": a datetime is no day, pass value.date()")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([20240229]), "int64"),
        (np.array([np.nan, 45351.0]), "float64"),
        (np.array(["2024-02-29"] * 2), "<U10"),
        (np.array([True]), "bool"),
        (np.array([3], "timedelta64[D]"), "timedelta64[D]"),
        (pa.array([45351, 45352]), "int64"),
        (pd.Series([1.5]), "float64"),
        (pl.Series([1]), "int64"),
    ],
)
def test_arrays_of_another_kind_are_no_days(values, kind):
    """Numbers of days since an unnamed start, and texts."""
    message = f"starts_on must hold days (datetime.date or datetime64), got {kind}"

    assert (message, "starts_on", len(values), 0) == refused(day_column, "starts_on", values)


@pytest.mark.parametrize("unit", ["h", "m", "s", "ms", "us", "ns"])
def test_a_time_of_day_in_a_column_of_days_is_refused(unit):
    """Midnights pass in every unit, noon in none."""
    values = np.array(["2024-02-29", "NaT", NOON, NOON], f"datetime64[{unit}]")
    shown = values.astype(str).tolist()[2]
    message = f"starts_on has 2 not-midnight rows, the first at row 2 ({shown!r})"

    assert [LEAP, None] == day_column("starts_on", values[:2]).tolist()
    assert (message, "starts_on", 2, 2) == refused(day_column, "starts_on", values)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([None, NOON], pa.timestamp("us")),
        pd.Series([None, NOON], dtype="datetime64[us]"),
        pl.Series([None, NOON]),
    ],
)
def test_a_time_of_day_in_a_frame_is_refused(values):
    """One row is named without a count."""
    message = "starts_on has 1 not-midnight row, at row 1 ('2024-02-29T12:00:00.000000')"

    assert (message, "starts_on", 1, 1) == refused(day_column, "starts_on", values)


# --- yes and no -------------------------------------------------------------------------

BOOL_SOURCES = {
    "list": list,
    "tuple": tuple,
    "list with NaN": lambda cells: [NAN if c is None else c for c in cells],
    "list with NA": lambda cells: [pd.NA if c is None else c for c in cells],
    "NumPy scalars": lambda cells: [c if c is None else np.bool_(c) for c in cells],
    "NumPy object": lambda cells: np.array([*cells, None], object)[:-1],
    "NumPy masked": lambda cells: np.ma.MaskedArray(
        np.array([bool(c) for c in cells], np.bool_), [c is None for c in cells]
    ),
    "Arrow": lambda cells: pa.array(cells, pa.bool_()),
    "Arrow sliced": lambda cells: pa.array([None, True, *cells, True], pa.bool_())[2:-1],
    "Arrow chunked": lambda cells: in_pieces(pa.array(cells, pa.bool_())),
    "pandas object": lambda cells: pd.Series(cells, dtype=object),
    "pandas boolean": lambda cells: pd.Series(cells, dtype="boolean"),
    "Polars": lambda cells: pl.Series(cells, dtype=pl.Boolean),
}


@pytest.mark.parametrize(
    "cells", [[True, False, None, True], [False, True], [None, None], []], ids=str
)
@pytest.mark.parametrize("bring", BOOL_SOURCES.values(), ids=BOOL_SOURCES)
def test_yes_and_no_are_read_alike_from_every_source(bring, cells):
    """What is not known is not true; both masks are read-only."""
    true, known = bool_column("retail", bring(cells))

    assert [bool(c) for c in cells] == true.tolist()
    assert [c is not None for c in cells] == known.tolist()
    for mask in (true, known):
        assert np.bool_ == mask.dtype
        assert not mask.flags.writeable


@pytest.mark.parametrize(
    "values", [np.array([True, False]), pd.Series([True, False]), pl.Series([True, False])]
)
def test_a_mask_is_a_column_of_yes_and_no(values):
    """NumPy's own bools have no gaps."""
    true, known = bool_column("retail", values)

    assert ([True, False], [True, True]) == (true.tolist(), known.tolist())


@pytest.mark.parametrize(
    "values",
    [
        np.full(2, np.nan),
        pa.nulls(2),
        pa.array([None, None], pa.int64()),
        pd.Series([None, None], dtype=float),
        pl.Series([None, None]),
    ],
)
def test_a_column_of_neither_is_unknown_of_whatever_type(values):
    """A frame that saw no bool may have made floats of the gaps."""
    true, known = bool_column("retail", values)

    assert ([False, False], [False, False]) == (true.tolist(), known.tolist())


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([True, 1, 0], "2 neither true nor false rows, the first at row 1 (1)"),
        ([None, "yes"], "1 neither true nor false row, at row 1 ('yes')"),
        (np.array([np.nan, 1.0]), "1 neither true nor false row, at row 1 (1.0)"),
        (pa.array([1, None]), "1 neither true nor false row, at row 0 (1.0)"),
        (pa.array([None, "yes"]), "1 neither true nor false row, at row 1 ('yes')"),
    ],
)
def test_cells_that_are_neither_true_nor_false_are_refused(values, says):
    """1 is not yes."""
    count, first_row = (int(re.search(p, says)[1]) for p in (r"^(\d+)", r"row (\d+)"))
    message = f"retail has {says}"

    assert (message, "retail", count, first_row) == refused(bool_column, "retail", values)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([1, 0]), "int64"),
        (np.array(["yes"]), "<U3"),
        (pa.array([1]), "int64"),
        (pa.array(["yes"]), "object"),
    ],
)
def test_arrays_of_another_kind_are_not_yes_and_no(values, dtype):
    """The dtype says it for all rows."""
    message = f"retail must hold True or False, got dtype {dtype}"

    assert (message, "retail", len(values), 0) == refused(bool_column, "retail", values)


# --- words ------------------------------------------------------------------------------


def arrow_words(cells, kind=None):
    """Return words as Arrow keeps them."""
    return pa.array(cells, kind or pa.string())


def each_piece_with_its_own_dictionary(cells):
    """Return a chunked dictionary whose chunks number their words differently."""
    pieces = [arrow_words(cells).dictionary_encode(), arrow_words(cells[::-1]).dictionary_encode()]
    return pa.chunked_array(pieces)[: len(cells)]


def arrow_dictionary(cells, indices="int8"):
    """Return an Arrow dictionary with a null, an unused word and junk under its null rows."""
    words = ["never used", "maximum", None, "specific"]
    places = np.array([2 if c is None else words.index(c) for c in cells], indices)
    null = np.array([c is None and row % 2 == 0 for row, c in enumerate(cells)], np.bool_)
    places[null] = 99
    indices = pa.array(places, mask=null)
    return pa.DictionaryArray.from_arrays(indices, arrow_words(words), safe=False)


def sliced(bring):
    """Return a source that keeps the cells in the middle of a longer array."""
    return lambda cells: bring([None, "maximum", "specific", *cells, "specific"])[3:-1]


def categories(cells):
    """Return a pandas category with one category that no row holds."""
    return pd.Series(pd.Categorical(cells, categories=["never used", *FORMS[::-1]]))


class Loud(str):
    """A text of a type of its own."""

    __slots__ = ()


class Form(enum.StrEnum):
    """An enum hashes by its name, which is not its text."""

    SPECIFIC = "specific"
    MAXIMUM = "maximum"


def cells_of(change):
    """Return a source that changes every known cell."""
    return lambda cells: [c if c is None else change(c) for c in cells]


WORD_SOURCES = {
    "list": list,
    "tuple": tuple,
    "iterator": iter,
    "list with NaN": lambda cells: [NAN if c is None else c for c in cells],
    "list with NA": lambda cells: [pd.NA if c is None else c for c in cells],
    "list of NumPy texts": cells_of(np.str_),
    "list of a type of its own": cells_of(Loud),
    "list of enum members": cells_of(Form),
    "NumPy object": lambda cells: np.array([*cells, None], object)[:-1],
    "NumPy masked": lambda cells: np.ma.MaskedArray(
        np.array([c or "other" for c in cells], "U8"), [c is None for c in cells]
    ),
    "NumPy StringDType": lambda cells: np.array(cells, np.dtypes.StringDType(na_object=None)),
    "Arrow": arrow_words,
    "Arrow large": lambda cells: arrow_words(cells, pa.large_string()),
    "Arrow string_view": lambda cells: arrow_words(cells, pa.string_view()),
    "Arrow sliced": sliced(arrow_words),
    "Arrow chunked": lambda cells: in_pieces(arrow_words(cells)),
    "Arrow chunked string_view": lambda cells: in_pieces(arrow_words(cells, pa.string_view())),
    "Arrow dictionary": lambda cells: arrow_words(cells).dictionary_encode(),
    **{
        f"Arrow dictionary {kind}": lambda cells, kind=kind: arrow_dictionary(cells, kind)
        for kind in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
    },
    "Arrow dictionary sliced": sliced(arrow_dictionary),
    "Arrow dictionary chunked": lambda cells: in_pieces(arrow_dictionary(cells)),
    "Arrow dictionaries": each_piece_with_its_own_dictionary,
    "Arrow runs": lambda cells: pc.run_end_encode(arrow_words(cells)),
    "pandas object": lambda cells: pd.Series(cells, dtype=object),
    "pandas str": lambda cells: pd.Series(cells, dtype="str"),
    "pandas string": lambda cells: pd.Series(cells, dtype="string[python]"),
    "pandas Arrow": lambda cells: pd.Series(cells, dtype=pd.ArrowDtype(pa.string())),
    "pandas Arrow dictionary": lambda cells: pd.Series(pd.array(arrow_dictionary(cells))),
    "pandas category": lambda cells: pd.Series(cells, dtype="category"),
    "pandas category with more": categories,
    "pandas category sliced": lambda cells: categories([None, *cells, "maximum"])[1:-1],
    "pandas categorical": lambda cells: categories(cells).array,
    "Polars": lambda cells: pl.Series(cells, dtype=pl.String),
    "Polars sliced": sliced(lambda cells: pl.Series(cells, dtype=pl.String)),
    "Polars Enum": lambda cells: pl.Series(cells, dtype=pl.Enum(FORMS)),
    "Polars Enum with more": lambda cells: pl.Series(cells, dtype=pl.Enum(["other", *FORMS])),
    "Polars Categorical": lambda cells: pl.Series(cells, dtype=pl.Categorical),
    "Polars Categorical sliced": sliced(lambda cells: pl.Series(cells, dtype=pl.Categorical)),
}


@given(cells=st.lists(st.none() | st.sampled_from(FORMS)), data=st.data())
def test_words_are_read_alike_from_every_source(cells, data):
    """Codes are places in the choice, -1 is unknown; rows come in the order asked."""
    rows = data.draw(st.lists(st.integers(0, len(cells) - 1)) if cells else st.just([]))
    for source, bring in WORD_SOURCES.items():
        column = word_column("form", bring(cells), words=FORMS)

        assert cells == column.tolist(), source
        assert [-1 if c is None else FORMS.index(c) for c in cells] == column.codes.tolist()
        assert [c == "maximum" for c in cells] == column.are("maximum").tolist()
        assert [cells[r] for r in rows] == column.take(np.array(rows, np.int64)).tolist()
        assert len(cells) == len(column)
        assert column == word_column("other", cells, words=list(FORMS))
        assert hash(column) == hash(word_column("other", cells, words=list(FORMS)))


@pytest.mark.parametrize(
    "values",
    [
        np.array(["maximum", "specific"]),
        np.array(["maximum", "specific"], ">U20"),
        np.array([b"maximum", b"specific"]),
        np.array(["specific", "maximum"])[::-1],
        pl.Series(["maximum", "specific"]),
        iter(FORMS[::-1]),
    ],
)
def test_words_without_gaps_come_from_fixed_width_arrays_too(values):
    """NumPy's texts have no null."""
    assert [1, 0] == word_column("form", values, words=FORMS).codes.tolist()


@pytest.mark.parametrize("values", [np.full(2, np.nan), pa.nulls(2), pd.Series([None, None])])
def test_a_column_of_no_words_is_unknown_of_whatever_type(values):
    """A frame that saw no word may have made floats of the gaps."""
    assert [None, None] == word_column("form", values, words=FORMS).tolist()


@pytest.mark.parametrize(
    ("values", "shown", "count", "first_row"),
    [
        (["maximum", None, "Maximum", ""], "'Maximum'", 2, 2),
        ([" maximum"], "' maximum'", 1, 0),
        ([None, 1], "1", 1, 1),
        ([True], "True", 1, 0),
        ([1.5], "1.5", 1, 0),
        (pa.array(["maximum", "other"]), "'other'", 1, 1),
        (pd.Series(["other"], dtype="category"), "'other'", 1, 0),
        (np.array(["other"]), "'other'", 1, 0),
        (np.array([7]), "7", 1, 0),
        (np.array([b"maximum", b"other"]), "b'other'", 1, 1),
        (np.array(["", "maximum"]), "''", 1, 0),
        ([b"maximum"], "b'maximum'", 1, 0),
        ([None, [1], "other", {}, "maximum"], "[1]", 3, 1),
        ([np.str_("other"), Loud("maximum")], "np.str_('other')", 1, 0),
        (pa.array([None, 1, 2]), "1", 2, 1),
        (pa.array([[1], None]), "[1]", 1, 0),
        (pa.array(["other", None, "other", "maximum"])[1:], "'other'", 1, 1),
        (pa.array(["maximum", None, "other"]).dictionary_encode(), "'other'", 1, 2),
        (pa.chunked_array([["maximum"], [None, "other"]]), "'other'", 1, 2),
        (pc.run_end_encode(pa.array(["maximum", "other"])), "'other'", 1, 1),
        (pd.Series([None, "other", "maximum"], dtype="category"), "'other'", 1, 1),
        (pd.Series([1, 2], dtype="category"), "1", 2, 0),
        (pd.Series(["maximum", "other"], dtype="str"), "'other'", 1, 1),
        (pl.Series([None, "other"]), "'other'", 1, 1),
        (pl.Series(["maximum", "other"], dtype=pl.Enum(["other", *FORMS])), "'other'", 1, 1),
        (pl.Series(["maximum", "other"], dtype=pl.Categorical), "'other'", 1, 1),
    ],
)
def test_other_words_are_refused(values, shown, count, first_row):
    """The error lists the words that pass; nothing is folded to one of them."""
    message = (
        f"form must be one of specific, maximum, {count} cells are not, the first at row "
        f"{first_row} ({shown})"
    )

    assert (message, "form", count, first_row) == refused(word_column, "form", values, words=FORMS)


@pytest.mark.parametrize(("count", "kind"), [(1, "i1"), (128, "i1"), (129, "i2"), (2**15, "i2")])
def test_codes_are_as_small_as_the_choice_allows(count, kind):
    """Every word has its own code, and unknown keeps -1."""
    choice = [str(word) for word in range(count)]
    cells = [*choice, None]
    columns = [
        word_column("product", values, words=choice)
        for values in (
            cells,
            pa.array(cells),
            pa.array(cells[::-1]).dictionary_encode()[::-1],
            pd.Series(cells, dtype="category"),
        )
    ]

    assert [np.dtype(kind)] * 4 == [column.codes.dtype for column in columns]
    assert [columns[0]] * 4 == columns
    assert cells == columns[0].tolist()


def test_a_choice_among_too_many_words_is_refused():
    """Codes of 16 bits number 32768 words."""
    message = "product must choose among at most 32768 words, got 32769"
    choice = [str(word) for word in range(2**15 + 1)]

    assert (message, "product", None, None) == refused(word_column, "product", ["7"], words=choice)


@given(
    cells=st.lists(st.none() | st.sampled_from([*FORMS, "other", "Maximum", ""]), min_size=1),
)
def test_every_source_refuses_the_same_rows(cells):
    """Count, row and value of the error are those of the plain list, whatever brought it."""
    sources = ("Arrow", "Arrow large", "Arrow chunked", "Arrow dictionary", "pandas category")
    sources += ("pandas str", "Polars", "Polars Categorical", "NumPy object")

    def answer(values):
        try:
            return word_column("form", values, words=FORMS).tolist()
        except InputError as error:
            return str(error), error.count, error.first_row

    answers = [answer(WORD_SOURCES[source](cells)) for source in sources]

    assert [answer(cells)] * len(sources) == answers


def test_words_are_equal_by_content():
    """The choice is part of the content, and a column is not its list."""
    column = word_column("form", ["maximum", None], words=FORMS)

    assert column != word_column("form", ["maximum", "maximum"], words=FORMS)
    assert column != word_column("form", ["maximum", None], words=(*FORMS, "other"))
    assert column != ["maximum", None]
    assert "Words(2 rows of specific, maximum)" == repr(column)


def test_a_word_outside_the_choice_cannot_be_asked():
    """A slip of the asker is loud."""
    message = "the column holds specific, maximum only, got 'other'"

    assert (message, None, None, None) == refused(
        word_column("form", ["maximum"], words=FORMS).are, "other"
    )


# --- lengths ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, 0),
        ({"a": None}, 0),
        ({"a": []}, 0),
        ({"a": [], "b": ()}, 0),
        ({"a": None, "b": [1, 2], "c": None, "d": np.zeros(2)}, 2),
        ({"a": pa.array([1]), "b": pd.Series([1]), "c": pl.Series([1]), "d": (1,)}, 1),
        ({"a": pa.chunked_array([[1], [2, 3]]), "b": np.zeros((3, 2))}, 3),
    ],
)
def test_columns_of_one_length_have_it(columns, expected):
    """None stands for a column that was not brought."""
    assert expected == same_length(columns)


@pytest.mark.parametrize(
    ("columns", "message", "column", "count"),
    [
        ({"a": [1], "b": []}, "a has 1 rows, b has 0", "b", 0),
        ({"a": None, "b": [], "c": [], "d": [1]}, "b has 0 rows, d has 1", "d", 1),
        ({"a": np.zeros(3), "b": pa.nulls(2), "c": [1]}, "a has 3 rows, b has 2", "b", 2),
    ],
)
def test_columns_of_different_length_are_refused(columns, message, column, count):
    """The error names the first column and the first that differs from it."""
    message = (
        f"columns must have one length: {message}; bring one value per row, None where unknown"
    )

    assert (message, column, count, None) == refused(same_length, columns)


@pytest.mark.parametrize(("values", "kind"), [(7, "int"), (iter([1]), "list_iterator")])
def test_what_has_no_length_is_no_column(values, kind):
    """A number or an iterator: rows cannot be counted without using them up."""
    message = f"a column must be an array or a list, got {kind}: one value per row, in a list"

    assert (message, None, None, None) == refused(row_count, values)
    assert (message, None, None, None) == refused(same_length, {"a": values})


def test_row_count_is_len():
    """Whatever brought the column."""
    columns = ([1, 2], np.zeros(2), pa.nulls(2), pd.Series([1, 2]), pl.Series([1, 2]))

    assert [2] * 5 == [row_count(column) for column in columns]


# --- what is no column ------------------------------------------------------------------

READERS = {
    "int_column": int_column,
    "day_column": day_column,
    "bool_column": bool_column,
    "word_column": lambda name, values: word_column(name, values, words=FORMS),
}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("ab", f"{NO_COLUMN} str"),
        (b"ab", f"{NO_COLUMN} bytes"),
        (7, f"{NO_COLUMN} int"),
        (None, f"{NO_COLUMN} NoneType"),
        (pl.DataFrame({"a": [1]}), f"{NO_COLUMN} Table"),
        (pd.DataFrame({"a": [1]}), "must be one column, got DataFrame: pass frame[name]"),
        (np.zeros((2, 1)), "must be one-dimensional, got shape (2, 1)"),
        (np.array(7), "must be one-dimensional, got shape ()"),
        (np.array([[None]]), "must be one-dimensional, got shape (1, 1)"),
    ],
)
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_what_is_no_column_is_refused_by_every_reader(read, values, message):
    """A text, a number, a whole frame, a matrix."""
    assert (f"x {message}", "x", None, None) == refused(read, "x", values)


def test_a_frame_library_without_arrow_is_read_as_lists():
    """A series that cannot become Arrow hands out its cells."""

    def to_arrow():
        raise ImportError

    series = SimpleNamespace(to_arrow=to_arrow, to_list=lambda: [3, None])

    assert [3, None] == int_column("n", series).tolist()


# --- whose memory -----------------------------------------------------------------------

OWN_ARRAYS = {
    "int64": (int_column, np.array([1, 2]), 9),
    "float64": (int_column, np.array([1.0, 2.0]), 9),
    "uint64": (int_column, np.array([1, 2], np.uint64), 9),
    "days": (day_column, np.array([LEAP, EVE], "datetime64[D]"), np.datetime64("NaT")),
    "seconds": (day_column, np.array([LEAP, EVE], "datetime64[s]"), np.datetime64("NaT")),
    "bools": (bool_column, np.array([True, False]), True),
    "objects": (int_column, np.array([1, None], object), 9),
}


def arrays_of(column):
    """Return every array that a reader handed out."""
    if isinstance(column, Ints):
        return [column.values, column.known]
    return [column.codes] if isinstance(column, Words) else list(np.atleast_2d(column))


@pytest.mark.parametrize(("read", "array", "written"), OWN_ARRAYS.values(), ids=OWN_ARRAYS)
def test_what_the_caller_writes_later_changes_nothing(read, array, written):
    """A column is a copy, and the caller's own array stays free to write."""
    array = array.copy()
    column = read("n", array)
    before = [part.tolist() for part in arrays_of(column)]

    array[:] = written

    assert before == [part.tolist() for part in arrays_of(column)]


@pytest.mark.parametrize("values", [[1, None], np.array([1, 2]), np.array([1.0, 2.0])])
def test_what_leaves_is_read_only(values):
    """A book may share its columns without a copy, taken rows too."""
    column = int_column("n", values)
    words = word_column("form", ["maximum", None], words=FORMS)
    rows = np.array([1])

    for one in (column, column.take(rows), words, words.take(rows)):
        for array in arrays_of(one):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0


def test_moments_of_a_time_zone_are_no_days():
    """A moment is a day only once somebody says where: midnight here is another day elsewhere."""
    moments = pa.array([0], pa.timestamp("us", "Asia/Shanghai"))

    with pytest.raises(
        InputError, match="starts_on must hold days, got moments of time zone Asia"
    ):
        day_column("starts_on", moments)
