"""Money, ratios, months, dated values and plain data: laws, edges and every refusal."""

import datetime
import decimal
import enum
import json
import math
import pickle
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, NoReturn, TypeVar

import attrs
import jsonschema
import numpy as np
import numpy.typing as npt
import pandas as pd
import pendulum
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError, InputError
from ruralcredit.testing import dated, days, fen, ratios, yuan_texts
from ruralcredit.values import (
    Dated,
    FrozenMapping,
    Ratio,
    add_months,
    add_months_column,
    format_yuan,
    from_dict,
    json_schema,
    round_ratio,
    to_dict,
    wan,
    yi,
    yuan,
    yuan_column,
    yuan_column_known,
)

if TYPE_CHECKING:
    from fractions import Fraction as OnlyForTypeCheckers

INT64 = st.integers(-(2**63), 2**63 - 1)
READERS = {"yuan": (yuan, 2), "wan": (wan, 6), "yi": (yi, 10)}
FITS = "money must fit into int64 fen (about 92,233 trillion yuan)"
NOON = datetime.datetime(2024, 6, 30, 12)  # noqa: DTZ001 - refused wherever a day is asked
T = TypeVar("T")


def crossed(value):
    """Return a value as another process would get it."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own bytes


def refused(call, *args, **keywords):
    """Return the message of the CreditError that a call must raise."""
    with pytest.raises(CreditError) as caught:
        call(*args, **keywords)
    return str(caught.value)


def refused_column(call, *args, **keywords):
    """Return message, column, count and first row of the InputError that a call must raise."""
    with pytest.raises(InputError) as caught:
        call(*args, **keywords)
    error = caught.value
    return str(error), error.column, error.count, error.first_row


# ---- one amount ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("12.50", 1250),
        ("12.5", 1250),
        ("12", 1200),
        ("0", 0),
        ("-0.01", -1),
        ("+3.10", 310),
        ("007", 700),
        ("1,234", 123400),
        ("12,345,678.90", 1234567890),
        ("1.5000", 150),
        (7, 700),
        (-7, -700),
        (np.int64(7), 700),
        (np.uint8(7), 700),
        (np.str_("7"), 700),
        (Decimal("12.50"), 1250),
        (Decimal("1E+3"), 100000),
        (Decimal("-0"), 0),
        (Decimal("0E-400"), 0),
        (Decimal("0E+400"), 0),
        ("92233720368547758.07", 2**63 - 1),
        ("-92233720368547758.08", -(2**63)),
    ],
)
def test_yuan_reads_an_amount_exactly(amount, expected):
    """Text, ints and Decimals become fen without rounding."""
    fen_read = yuan(amount)

    assert expected == fen_read
    assert int is type(fen_read)


def test_wan_and_yi_are_yuan_with_more_zeros():
    """3,908 wan and 1.67 yi, as the source documents write them."""
    assert 3_908 * 10_000 * 100 == wan("3908") == wan(3908)
    assert 167_000_000 * 100 == yi("1.67") == yi(Decimal("1.67"))
    assert 1 == wan("0.000001") == yi("0.0000000001")


@given(text=yuan_texts())
def test_an_amount_reads_alike_in_every_unit(text):
    """Shifting the point and naming the larger unit changes nothing."""
    amount = Decimal(text)

    assert yuan(text) == wan(amount.scaleb(-4)) == yi(amount.scaleb(-8))


def test_the_context_of_decimals_changes_no_amount():
    """A thread that rounds Decimals to three digits still reads money exactly."""
    with decimal.localcontext(prec=3):
        assert 123_456_789 == yuan("1234567.89") == yuan(Decimal("1234567.89"))
        assert Decimal("65.132") == Ratio(962, 1477).percent(3)


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        (12.5, 'money must be a str, int or Decimal, got float 12.5: write "12.50"'),
        (1.005, 'money must be a str, int or Decimal, got float 1.005: write "1.005"'),
        (
            np.float64(2),
            'money must be a str, int or Decimal, got float64 np.float64(2.0): write "2.00"',
        ),
        (
            math.nan,
            "money must be a str, int or Decimal, got float nan: leave it out as None",
        ),
        (
            math.inf,
            "money must be a str, int or Decimal, got float inf: leave it out as None",
        ),
        (True, "money must be a str, int or Decimal, got bool True"),
        (np.True_, "money must be a str, int or Decimal, got bool np.True_"),
        (
            None,
            "money must be a str, int or Decimal, got NoneType None: an unknown amount stays None",
        ),
        (b"1", "money must be a str, int or Decimal, got bytes b'1'"),
        ("", "money must be written like 1,234.50, got '': an unknown amount is None"),
        ("　", "money must be written like 1,234.50, got '\\u3000': an unknown amount is None"),
        (
            "１２",
            (
                "money must be written like 1,234.50, got '１２': use half-width digits and "
                "signs, without the unit's name"
            ),
        ),
        (
            "12元",
            (
                "money must be written like 1,234.50, got '12元': use half-width digits and "
                "signs, without the unit's name"
            ),
        ),
        (" 12", "money must be written like 1,234.50, got ' 12': remove the blanks"),
        ("1 200", "money must be written like 1,234.50, got '1 200': remove the blanks"),
        ("12\n", "money must be written like 1,234.50, got '12\\n': remove the blanks"),
        (
            "12,34",
            (
                "money must be written like 1,234.50, got '12,34': commas stand before each "
                "group of three digits, or nowhere"
            ),
        ),
        (
            "1234,567",
            (
                "money must be written like 1,234.50, got '1234,567': commas stand before "
                "each group of three digits, or nowhere"
            ),
        ),
        *(
            (
                text,
                (
                    f"money must be written like 1,234.50, got {text!r}: digits, at most one "
                    "point "
                    f""
                    "with digits on both sides, no exponent, no unit"
                ),
            )
            for text in ("1e5", "1.", ".5", "1.2.3", "--1", "1_000", "nan", "$5")
        ),
        (
            "0.001",
            (
                "money must be a whole number of fen, got '0.001' yuan: at most 2 decimals "
                "count, round it first"
            ),
        ),
        (
            "1.255",
            (
                "money must be a whole number of fen, got '1.255' yuan: at most 2 decimals "
                "count, round it first"
            ),
        ),
        (
            Decimal("1E-999999"),
            (
                "money must be a whole number of fen, got Decimal('1E-999999') yuan: at most "
                "2 decimals count, round it first"
            ),
        ),
        (Decimal("1E+999999"), f"{FITS}, got Decimal('1E+999999') yuan"),
        (
            Decimal("NaN"),
            "money must be a finite number, got Decimal('NaN'): leave it out as None",
        ),
        (
            Decimal("sNaN"),
            "money must be a finite number, got Decimal('sNaN'): leave it out as None",
        ),
        (
            Decimal("-Infinity"),
            "money must be a finite number, got Decimal('-Infinity'): leave it out as None",
        ),
        (10**17, f"{FITS}, got 100000000000000000 yuan"),
        ("92233720368547758.08", f"{FITS}, got '92233720368547758.08' yuan"),
        ("-92233720368547758.09", f"{FITS}, got '-92233720368547758.09' yuan"),
        (Decimal(10**18), f"{FITS}, got Decimal('1000000000000000000') yuan"),
    ],
)
def test_what_is_not_an_exact_amount_is_refused(amount, message):
    """The message says what must hold, what came and how to mend it."""
    assert message == refused(yuan, amount)


def test_a_refused_float_is_written_out_in_its_unit():
    """The hint can be pasted: two decimals for yuan, as it is for wan."""
    assert refused(wan, 1.5).endswith('got float 1.5: write "1.5"')
    assert refused(yi, 2.0).endswith('got float 2.0: write "2.0"')


@given(amount=INT64, unit=st.sampled_from(["yuan", "wan", "yi"]))
def test_printed_money_reads_back(amount, unit):
    """format_yuan is exact: the unit's reader returns the same fen."""
    read, places = READERS[unit]

    text = format_yuan(amount, unit=unit)

    assert amount == read(text)
    assert Decimal(amount).scaleb(-places) == Decimal(text.replace(",", ""))


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        (0, "yuan", "0.00"),
        (5, "yuan", "0.05"),
        (-5, "yuan", "-0.05"),
        (123456789, "yuan", "1,234,567.89"),
        (100, "yuan", "1.00"),
        (0, "wan", "0"),
        (3_908_000_000, "wan", "3,908"),
        (3_908_100_000, "wan", "3,908.1"),
        (-1, "wan", "-0.000001"),
        (16_700_000_000, "yi", "1.67"),
        (np.int64(7), "yuan", "0.07"),
    ],
)
def test_money_prints_with_commas(amount, unit, expected):
    """Yuan show two decimals, larger units only those that count."""
    assert expected == format_yuan(amount, unit=unit)


def test_only_fen_in_a_known_unit_print():
    """A float, a bool and another unit are refused."""
    assert "fen must be an int, got float 1.5" == refused(format_yuan, 1.5)
    assert "fen must be an int, got bool True" == refused(format_yuan, fen=True)
    for unit in ("fen", None):
        message = f"unit must be one of yuan, wan, yi, got {unit!r}"
        assert message == refused(format_yuan, 1, unit=unit)
        assert message == refused(yuan_column, [1], unit=unit)


# ---- a column of amounts -------------------------------------------------------------


@given(texts=st.lists(yuan_texts()))
def test_a_column_of_yuan_is_the_same_as_one_by_one(texts):
    """However the column is brought, it holds the fen that `yuan` reads."""
    expected = [yuan(text) for text in texts]
    amounts = [Decimal(text) for text in texts]
    brought = [
        texts,
        amounts,
        tuple(amounts),
        iter(texts),
        np.array(texts, dtype=np.str_),
        np.array(amounts, dtype=np.object_),
        pa.array(texts, pa.string()),
        pa.array(amounts, pa.decimal128(22, 4)),
        pa.chunked_array([pa.array(amounts, pa.decimal128(22, 2))]),
        pd.Series(texts, dtype="str"),
        pd.Series(amounts, dtype="object"),
        pl.Series(amounts, dtype=pl.Decimal(22, 2)),
        pl.Series(texts, dtype=pl.String),
    ]

    for column in brought:
        read = yuan_column(column)
        assert expected == read.tolist()
        assert np.int64 == read.dtype


@given(amounts=st.lists(st.integers(-(10**8), 10**8)), unit=st.sampled_from(["yuan", "wan", "yi"]))
def test_a_column_of_ints_is_the_same_as_one_by_one(amounts, unit):
    """Whole yuan, wan and yi, in every library's integers."""
    expected = [READERS[unit][0](amount) for amount in amounts]

    for column in (
        amounts,
        np.array(amounts, dtype=np.int64),
        np.array(amounts, dtype=np.int32),
        pa.array(amounts, pa.int64()),
        pd.Series(amounts, dtype="Int64"),
        pl.Series(amounts, dtype=pl.Int64),
    ):
        assert expected == yuan_column(column, unit=unit).tolist()


@given(amounts=st.lists(st.integers(-(10**11), 10**11)), unit=st.sampled_from(["yuan", "wan"]))
def test_floats_nearest_to_whole_fen_are_those_fen(amounts, unit):
    """Amounts up to a billion yuan survive a float column, in a list or an array."""
    floats = [float(Decimal(amount).scaleb(-READERS[unit][1])) for amount in amounts]

    for column in (floats, np.array(floats, dtype=np.float64), [*floats, "0"]):
        assert amounts == yuan_column(column, unit=unit).tolist()[: len(amounts)]


@given(number=st.floats(allow_nan=False))
def test_a_float_counts_only_within_a_ten_thousandth_of_a_fen(number):
    """Measured exactly, whatever the size; alone, in an array and among text."""
    distance = Fraction(0) if math.isinf(number) else Fraction(number) * 100
    is_money = (
        not math.isinf(number)
        and abs(distance) < 2**63
        and abs(distance - round(distance)) <= Fraction(1, 10_000)
    )
    # Within a rounding error of the limit either answer is right.
    assume(abs(abs(distance - round(distance)) - Fraction(1, 10_000)) > Fraction(1, 10**9))

    for column in ([number], np.array([number]), [number, "0"]):
        if is_money:
            assert round(distance) == yuan_column(column)[0]
        else:
            assert 0 == refused_column(yuan_column, column)[3]


def test_a_float_of_a_single_precision_counts_too():
    """A float32 column of yuan and fen is near enough."""
    assert [1234] == yuan_column(np.array([12.34], dtype=np.float32)).tolist()


@pytest.mark.parametrize(
    "column",
    [
        ["1.50", None, 3],
        [1.5, None, 3.0],
        [1.5, math.nan, 3.0],
        [Decimal("1.5"), pd.NA, pd.NaT],
        np.array([1.5, np.nan, 3.0]),
        np.array([Decimal("1.5"), None, 3], dtype=np.object_),
        pa.array([1.5, None, 3.0]),
        pa.array([1.5, None, 3.0], pa.float32()),
        pa.array(["1.50", None, "3"]),
        pa.array([Decimal("1.50"), None, Decimal(3)]),
        pa.array([9, Decimal("1.50"), None, Decimal(3)], pa.decimal128(9, 2))[1:],
        pa.chunked_array([[Decimal("1.50"), None], [Decimal("3.00")]]),
        pd.Series([1.5, None, 3.0]),
        pd.Series(["1.50", None, "3"]),
        pd.Series([1.5, None, 3.0], dtype="Float64"),
        pl.Series([1.5, None, 3.0]),
        pl.Series([Decimal("1.50"), None, Decimal(3)]),
    ],
)
def test_an_unknown_amount_is_masked_not_zero(column):
    """None, NaN and null are unknown in every library; the other rows keep their places."""
    read, known = yuan_column_known(column)

    assert known.tolist()[0]
    assert not known.tolist()[1]
    assert 150 == read[0]
    assert [0 if not k else f for k, f in zip(known, read, strict=True)] == read.tolist()


@pytest.mark.parametrize(
    "column",
    [
        pa.array([2**53 + 1, None]),
        pa.chunked_array([pa.array([2**53 + 1]), pa.array([None], pa.int64())]),
        pd.Series([2**53 + 1, None], dtype="Int64"),
        pd.Series([2**53 + 1, None], dtype="int64[pyarrow]"),
        pl.Series([2**53 + 1, None]),
    ],
)
def test_an_unknown_row_does_not_turn_ints_into_floats(column):
    """An int that no float holds is exact beside a null."""
    read, known = yuan_column_known(column)

    assert [(2**53 + 1) * 100, 0] == read.tolist()
    assert [True, False] == known.tolist()


@pytest.mark.parametrize(
    "column",
    [
        pa.array([Decimal("1." + "0" * 19)], pa.decimal128(21, 19)),
        pa.array([Decimal("100000000.000000000000")], pa.decimal128(22, 12)),
        pa.array([Decimal("1.50")], pa.decimal256(40, 2)),
        pa.array([], pa.decimal128(22, 2)),
    ],
)
def test_arrow_decimals_beyond_64_bits_are_read_one_by_one(column):
    """Many decimals, wide types and empty columns give the same fen."""
    assert [yuan(x) for x in column.to_pylist()] == yuan_column(column).tolist()


@pytest.mark.parametrize(
    "column", [[], (), np.array([]), np.array([], dtype=np.int64), pa.array([], pa.int64())]
)
def test_an_empty_column_has_no_fen(column):
    """No rows in, no rows out."""
    read, known = yuan_column_known(column)

    assert (0,) == read.shape == known.shape
    assert (np.int64, np.bool_) == (read.dtype, known.dtype)


def test_the_answer_is_the_callers_own():
    """Writing into the answer does not write into what was brought."""
    column = np.array([1, 2])
    yuan_column(column)[:] = 0

    assert [1, 2] == column.tolist()


@pytest.mark.parametrize(
    ("column", "message", "count", "row"),
    [
        (
            [None, "1", math.nan],
            (
                "limit has 2 unknown rows, the first at row 0: take them out first, or ask "
                "yuan_column_known for a mask"
            ),
            2,
            0,
        ),
        (
            np.array([1.0, 12.345]),
            (
                "limit has 1 fractional row, the first at row 1 (12.345): money must be a "
                "whole number of fen"
            ),
            1,
            1,
        ),
        (
            [12.345, 1, "x"],
            (
                "limit has 2 unreadable rows, the first at row 0: money must be a whole "
                "number of fen, got 12.345 yuan: at most 2 decimals count, round it first"
            ),
            2,
            0,
        ),
        (
            [1, True],
            (
                "limit has 1 unreadable row, the first at row 1: money must be a str, int or "
                "Decimal, got bool True"
            ),
            1,
            1,
        ),
        (
            np.array([True]),
            (
                "limit has 1 unreadable row, the first at row 0: money must be a str, int or "
                "Decimal, got bool True"
            ),
            1,
            0,
        ),
        (
            pa.array([Decimal("1.234"), Decimal("1.230"), Decimal("1.235")]),
            "limit has 2 fractional rows, the first at row 0: money must be a whole number of fen",
            2,
            0,
        ),
        (
            np.array([1, 10**17, -(10**17)]),
            f"limit has 2 oversized rows, the first at row 1 (100000000000000000): {FITS}",
            2,
            1,
        ),
        (
            np.array([2**63], dtype=np.uint64),
            f"limit has 1 oversized row, the first at row 0 (9223372036854775808): {FITS}",
            1,
            0,
        ),
        (
            [1, 2**63],
            f"limit has 1 unreadable row, the first at row 1: {FITS}, got {2**63} yuan",
            1,
            1,
        ),
        (
            [-(2**70)],
            f"limit has 1 unreadable row, the first at row 0: {FITS}, got {-(2**70)} yuan",
            1,
            0,
        ),
        (
            np.array([1e17, np.inf]),
            f"limit has 2 oversized rows, the first at row 0 (1e+17): {FITS}",
            2,
            0,
        ),
        (
            [1e17, "1"],
            f"limit has 1 unreadable row, the first at row 0: {FITS}, got 1e+17 yuan",
            1,
            0,
        ),
        (np.array([[1]]), "limit must have one dimension, got shape (1, 1)", None, None),
        ("12", "limit must be a column, got str", None, None),
        ({"a": 1}, "limit must be a column, got dict", None, None),
        (7, "limit must be a column, got int", None, None),
    ],
)
def test_a_column_that_is_not_money_names_its_rows(column, message, count, row):
    """The error carries the column's name, the count and the first row."""
    assert (message, "limit", count, row) == refused_column(yuan_column, column, name="limit")


@pytest.mark.parametrize("unit", ["yuan", "wan", "yi"])
def test_a_column_of_ints_fits_or_is_refused_at_the_very_edge(unit):
    """The last amount that fits int64 passes, the next one does not; both signs."""
    factor = 10 ** READERS[unit][1]
    last, first = (2**63 - 1) // factor, -(2**63 // factor)

    assert [last * factor, first * factor] == yuan_column(
        np.array([last, first]), unit=unit
    ).tolist()
    assert 2 == refused_column(yuan_column, np.array([last + 1, first - 1]), unit=unit)[2]


# ---- rounding and ratios -------------------------------------------------------------


@given(num=st.integers(), den=st.integers().filter(bool))
def test_rounding_agrees_with_decimals_and_fractions(num, den):
    """Each mode is the one that Python's own exact numbers know."""
    share = Fraction(num, den)
    away = math.floor(abs(share) + Fraction(1, 2))

    assert round(share) == round_ratio(num, den, mode="half_even")
    assert math.trunc(share) == round_ratio(num, den, mode="down")
    assert (away if share >= 0 else -away) == round_ratio(num, den)


@pytest.mark.parametrize(
    ("num", "den", "half_up", "half_even", "down"),
    [
        (5, 2, 3, 2, 2),
        (7, 2, 4, 4, 3),
        (-5, 2, -3, -2, -2),
        (5, -2, -3, -2, -2),
        (-7, -2, 4, 4, 3),
        (24, 10, 2, 2, 2),
        (26, 10, 3, 3, 2),
        (0, -3, 0, 0, 0),
        (10**40 + 5, 10, 10**39 + 1, 10**39, 10**39),
    ],
)
def test_halves_go_where_the_mode_says(num, den, half_up, half_even, down):
    """Away from zero, to the even neighbour, or toward zero."""
    assert half_up == round_ratio(num, den) == round_ratio(num, den, mode="half_up")
    assert half_even == round_ratio(num, den, mode="half_even")
    assert down == round_ratio(num, den, mode="down")


@pytest.mark.parametrize(
    ("args", "mode", "message"),
    [
        ((1, 0), "half_up", "den must not be 0, got 1 / 0: a ratio without a base is undefined"),
        ((1.5, 2), "half_up", "num must be an int, got float 1.5"),
        ((1, True), "half_up", "den must be an int, got bool True"),
        ((1, 2), "up", "mode must be one of half_up, half_even, down, got 'up'"),
    ],
)
def test_a_ratio_that_cannot_be_rounded_is_refused(args, mode, message):
    """A base of zero, another number type, another mode."""
    assert message == refused(round_ratio, *args, mode=mode)


def test_a_ratio_keeps_its_counts():
    """962 of 1,477 is 65.1 %; equal means equal counts."""
    ratio = Ratio(962, 1477)

    assert Decimal("65.1") == ratio.percent(1)
    assert "65.1" == str(ratio.percent(1))
    assert 6513 == ratio.bp
    assert ratio.is_defined
    assert Ratio(1, 2) != Ratio(50, 100)
    assert 120 == Ratio(120, 100).percent()


@given(part=st.integers(0, 10**30), whole=st.integers(1, 10**30), places=st.integers(0, 40))
def test_a_percentage_is_exact_to_its_last_digit(part, whole, places):
    """Halves up, with exactly the decimals asked for."""
    percent = Ratio(part, whole).percent(places)

    assert -places == percent.as_tuple().exponent
    assert abs(Fraction(percent) - Fraction(100 * part, whole)) <= Fraction(1, 2 * 10**places)
    assert round_ratio(10_000 * part, whole) == Ratio(part, whole).bp


@pytest.mark.parametrize("part", [0, 3])
def test_a_ratio_without_a_base_is_undefined(part):
    """It is not 0 %."""
    ratio = Ratio(part, 0)

    assert not ratio.is_defined
    assert (None, None) == (ratio.percent(1), ratio.bp)


def test_a_sample_of_nothing_has_no_interval():
    """No observation says nothing."""
    assert Ratio(0, 0).interval() is None


@given(ratio=ratios().filter(lambda ratio: ratio.is_defined), confidence=st.floats(0.01, 0.999))
def test_an_interval_holds_the_share_it_was_drawn_from(ratio, confidence):
    """It lies in 0 to 1, holds the share, and mirrors when the parts are swapped."""
    low, high = ratio.interval(confidence=confidence)
    mirror = Ratio(ratio.whole - ratio.part, ratio.whole).interval(confidence=confidence)

    assert 0 <= low <= ratio.part / ratio.whole <= high <= 1
    assert pytest.approx((1 - high, 1 - low), abs=1e-9) == mirror


def test_an_interval_is_wilsons():
    """Nine of ten and ten of ten; the first as Wilson's formula gives it by hand."""
    z = 1.959963984540054
    centre, half = (9 + z * z / 2) / (10 + z * z), z * math.sqrt(0.9 + z * z / 4) / (10 + z * z)

    assert pytest.approx((centre - half, centre + half)) == Ratio(9, 10).interval()
    assert pytest.approx((10 / (10 + z * z), 1.0)) == Ratio(10, 10).interval()
    assert (0.0, pytest.approx(z * z / (10 + z * z))) == Ratio(0, 10).interval()
    assert 1 - Ratio(9, 10).interval()[1] == pytest.approx(Ratio(1, 10).interval()[0]) != 0


def test_an_interval_narrows_with_the_sample_and_widens_with_the_confidence():
    """More observations say more; more certainty asks for more room."""
    small, large = Ratio(9, 10).interval(), Ratio(900, 1000).interval()
    sure = Ratio(9, 10).interval(confidence=0.99)

    assert sure[0] < small[0] < large[0] < 0.9 < large[1] < small[1] < sure[1]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Ratio(-1, 2), "part must be 0 or more, got -1"),
        (lambda: Ratio(1, -2), "whole must be 0 or more, got -2"),
        (lambda: Ratio(1.0, 2), "part must be an int, got float 1.0"),
        (lambda: Ratio(1, whole=True), "whole must be an int, got bool True"),
        (lambda: Ratio(1, 2).percent(-1), "places must be 0 or more, got -1"),
        (lambda: Ratio(1, 2).percent(1.0), "places must be an int, got float 1.0"),
        (
            lambda: Ratio(3, 2).interval(),
            "a sample's part must not exceed its whole, got Ratio(part=3, whole=2)",
        ),
        (
            lambda: Ratio(1, 2).interval(confidence=95),
            "confidence must lie between 0 and 1, got 95",
        ),
        (
            lambda: Ratio(1, 2).interval(confidence=0),
            "confidence must lie between 0 and 1, got 0",
        ),
    ],
)
def test_a_ratio_of_another_shape_is_refused(make, message):
    """Counts are whole and not negative; a sample is part of its whole."""
    assert message == refused(make)


# ---- months --------------------------------------------------------------------------


@given(day=st.dates(), months=st.integers(-130_000, 130_000))
def test_months_are_added_as_pendulum_adds_them(day, months):
    """The same day, or out of the calendar for both; from a date and from pendulum's."""
    anchor = pendulum.Date(day.year, day.month, day.day)
    try:
        later = anchor.add(months=months)
    except (ValueError, OverflowError):
        assert f"{day} plus {months} months leaves the years 1 to 9999" == refused(
            add_months, day, months
        )
    else:
        found = add_months(day, months)
        assert datetime.date(later.year, later.month, later.day) == found
        assert found == add_months(anchor, np.int64(months))
        assert datetime.date is type(found) is type(add_months(anchor, months))


@given(
    rows=st.lists(
        st.tuples(st.none() | st.dates(), st.integers(-2_000, 2_000) | st.integers()), max_size=8
    )
)
def test_a_column_of_days_moves_as_its_days_do(rows):
    """Alone and in a column the same days; unknown stays unknown; what leaves is counted."""

    def alone(day, months):
        try:
            return add_months(day, months)
        except CreditError:
            return "out"

    near = [(day, max(min(months, 10**15), -(10**15))) for day, months in rows]
    expected = [None if day is None else alone(day, months) for day, months in near]
    anchors = [day for day, _ in near]
    months = np.array([months for _, months in near], dtype=np.int64)

    out = [row for row, day in enumerate(expected) if day == "out"]
    if out:
        found = refused_column(add_months_column, anchors, months)
        assert ("days", len(out), out[0]) == found[1:]
    else:
        assert expected == add_months_column(anchors, months).tolist()


@given(anchors=st.lists(st.dates(max_value=datetime.date(9000, 1, 1))), months=st.integers(0, 999))
def test_one_number_of_months_is_the_same_for_every_row(anchors, months):
    """An int stands for a column of that int."""
    column = np.full(len(anchors), months)

    together = add_months_column(anchors, months)

    assert np.dtype("datetime64[D]") == together.dtype
    assert add_months_column(anchors, column).tolist() == together.tolist()
    assert [add_months(day, months) for day in anchors] == together.tolist()


def test_every_month_end_is_clamped_from_the_anchor():
    """January 31 plus one is the last of February, plus two is March 31."""
    day = datetime.date(2023, 1, 31)

    assert datetime.date(2023, 2, 28) == add_months(day, 1)
    assert datetime.date(2023, 3, 31) == add_months(day, 2)
    assert datetime.date(2024, 2, 29) == add_months(day, 13)
    assert datetime.date(2022, 11, 30) == add_months(day, -2)


def test_a_column_moves_every_day_of_many_years_as_pendulum_does():
    """Each day of 1999 to 2001 and of the calendar's first and last years, by many months."""
    spans = [
        ("0001-01-01", "0002-01-01"),
        ("1999-01-01", "2002-01-01"),
        ("9998-01-01", "9999-01-01"),
    ]
    for first, last in spans:
        anchors = np.arange(first, last, dtype="datetime64[D]")
        for months in (0, 1, 11, 12):
            assert [add_months(day, months) for day in anchors.tolist()] == add_months_column(
                anchors, months
            ).tolist()


@pytest.mark.parametrize(
    "column",
    [
        [datetime.date(2024, 1, 31), None],
        (pendulum.date(2024, 1, 31), pd.NaT),
        [np.datetime64("2024-01-31"), np.datetime64("NaT")],
        np.array(["2024-01-31", "NaT"], dtype="datetime64[D]"),
        np.array(["2024-01-31", "NaT"], dtype="datetime64[ns]"),
        np.array([datetime.date(2024, 1, 31), None], dtype=np.object_),
        pa.array([datetime.date(2024, 1, 31), None]),
        pa.chunked_array([[datetime.date(2024, 1, 31)], [None]]),
        pd.Series(pd.to_datetime(["2024-01-31", None])),
        pd.Series([datetime.date(2024, 1, 31), None]),
        pl.Series([datetime.date(2024, 1, 31), None]),
    ],
)
def test_days_may_come_from_any_library(column):
    """Whole days in any unit; unknown is NaT."""
    assert [datetime.date(2024, 2, 29), None] == add_months_column(column, 1).tolist()


class Payday(datetime.date):
    """A date of the caller's own kind."""


def test_a_date_of_the_callers_own_kind_is_a_date():
    """Whatever derives from date and is no datetime moves as a date."""
    days_in = [Payday(2024, 1, 31), None]

    assert [datetime.date(2024, 2, 29), None] == add_months_column(days_in, 1).tolist()
    assert datetime.date(2024, 2, 29) == add_months(days_in[0], 1)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64])
def test_months_may_be_ints_of_any_width(dtype):
    """Narrow and unsigned ints count months too."""
    days_in = [datetime.date(2024, 1, 31)] * 2

    later = add_months_column(days_in, np.array([1, 2], dtype=dtype))

    assert [datetime.date(2024, 2, 29), datetime.date(2024, 3, 31)] == later.tolist()


def test_a_column_of_no_days_moves_nowhere():
    """No rows in, no rows out, whatever an empty list's type."""
    assert [] == add_months_column([], []).tolist() == add_months_column([], 3).tolist()


@pytest.mark.parametrize(
    ("day", "months", "message"),
    [
        (NOON, 1, "day must be a date, got datetime 2024-06-30 12:00:00: pass its .date()"),
        (
            "2024-06-30",
            1,
            "day must be a date, got str '2024-06-30': write datetime.date(2024, 6, 30)",
        ),
        (None, 1, "day must be a date, got NoneType None"),
        (datetime.date(2024, 6, 30), 1.0, "months must be an int, got float 1.0"),
        (datetime.date(2024, 6, 30), True, "months must be an int, got bool True"),
        (
            datetime.date(2024, 6, 30),
            10**30,
            f"2024-06-30 plus {10**30} months leaves the years 1 to 9999",
        ),
    ],
)
def test_a_day_that_cannot_be_moved_is_refused(day, months, message):
    """A datetime, another type, another calendar."""
    assert message == refused(add_months, day, months)


@pytest.mark.parametrize(
    ("column", "months", "message", "parts"),
    [
        (
            [datetime.date(2024, 6, 30), NOON],
            1,
            (
                "days has 1 non-date row, the first at row 1: a day is a datetime.date, got "
                "datetime datetime.datetime(2024, 6, 30, 12, 0)"
            ),
            ("days", 1, 1),
        ),
        (
            [None, "2024-06-30", 7],
            1,
            (
                "days has 2 non-date rows, the first at row 1: a day is a datetime.date, got "
                "str '2024-06-30'"
            ),
            ("days", 2, 1),
        ),
        (
            np.array(["NaT", "2024-06-30T12"], dtype="datetime64[h]"),
            1,
            (
                "days has 1 datetime row, the first at row 1 (2024-06-30T12): a day has no "
                "time: cut it off first"
            ),
            ("days", 1, 1),
        ),
        ("2024-06-30", 1, "days must be a column, got str", ("days", None, None)),
        (7, 1, "days must be a column, got int", ("days", None, None)),
        ({}, 1, "days must be a column, got dict", ("days", None, None)),
        (
            [datetime.date(9999, 12, 1), None, datetime.date(9999, 11, 30)],
            1,
            (
                "days has 1 overflowing row, the first at row 0 (9999-12-01): results stay in "
                "the years 1 to 9999"
            ),
            ("days", 1, 0),
        ),
        (
            [datetime.date(2024, 6, 30), None],
            -(10**30),
            (
                "days has 1 overflowing row, the first at row 0 (2024-06-30): results stay in "
                "the years 1 to 9999"
            ),
            ("days", 1, 0),
        ),
        (
            np.array(["10000-01-01", "0000-12-31"], dtype="datetime64[D]"),
            0,
            (
                "days has 2 overflowing rows, the first at row 0 (10000-01-01): results stay "
                "in the years 1 to 9999"
            ),
            ("days", 2, 0),
        ),
        ([None], [1.5], "months must be ints, got float64", ("months", None, None)),
        ([None], [None], "months must be ints, got object", ("months", None, None)),
        ([None], True, "months must be ints, got bool", ("months", None, None)),
        (
            [None],
            [1, 2],
            "months must have one row for each of 1 days, got shape (2,)",
            (("months", None, None)),
        ),
    ],
)
def test_a_column_of_days_that_cannot_be_moved_names_its_rows(column, months, message, parts):
    """The error carries the column's name, the count and the first row."""
    assert (message, *parts) == refused_column(add_months_column, column, months)


# ---- dated values --------------------------------------------------------------------

CAPS = Dated.from_items(
    [(datetime.date(2025, 1, 1), 50), (datetime.date(2024, 1, 1), 30)], name="caps"
)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (datetime.date(2024, 1, 1), 30),
        (datetime.date(2024, 12, 31), 30),
        (datetime.date(2025, 1, 1), 50),
        (pendulum.date(2999, 1, 1), 50),
    ],
)
def test_a_version_is_in_force_from_its_day_until_the_next(day, expected):
    """On the day itself the new version counts."""
    assert expected == CAPS.as_of(day)
    assert [expected] == CAPS.take([day]).tolist()


@given(table=dated(fen()), asked=st.lists(days()))
def test_a_dated_value_answers_a_column_as_it_answers_one_day(table, asked):
    """Positions, values and single answers agree; order of building does not matter."""
    known = [day for day in asked if day >= table.starts[0]]

    positions = table.as_of_column(known)

    assert np.int64 == positions.dtype
    assert [table.as_of(day) for day in known] == [table.values[n] for n in positions]
    assert [table.as_of(day) for day in known] == table.take(known).tolist()
    assert table == Dated.from_items(reversed(table.items))
    assert hash(table) == hash(Dated(table.starts, table.values))
    assert table == crossed(table)


def test_values_that_are_sequences_are_taken_whole():
    """A tuple in a column stays one value."""
    table = Dated.from_items(
        [(datetime.date(2024, 1, 1), (1, 2)), (datetime.date(2025, 1, 1), (3,))]
    )

    taken = table.take([datetime.date(2024, 5, 1), datetime.date(2025, 5, 1)])

    assert np.object_ == taken.dtype
    assert [(1, 2), (3,)] == taken.tolist()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: CAPS.as_of(datetime.date(2023, 12, 31)),
            (
                "'caps' has no version in force on 2023-12-31: its first starts on "
                "2024-01-01; pass a later day or add the older version"
            ),
        ),
        (
            lambda: Dated.from_items([(datetime.date(2024, 1, 1), 1)]).as_of(
                datetime.date(1, 1, 1)
            ),
            (
                "a dated value has no version in force on 0001-01-01: its first starts on "
                "2024-01-01; pass a later day or add the older version"
            ),
        ),
        (
            lambda: CAPS.as_of(NOON),
            "day must be a date, got datetime 2024-06-30 12:00:00: pass its .date()",
        ),
        (
            lambda: Dated.from_items([]),
            (
                "a dated value must have a version for each day and at least one, got 0 days "
                "and 0 values"
            ),
        ),
        (
            lambda: Dated((datetime.date(2024, 1, 1),), (), name="caps"),
            "'caps' must have a version for each day and at least one, got 1 days and 0 values",
        ),
        (
            lambda: Dated.from_items(
                [(datetime.date(2024, 1, 1), n) for n in (1, 2)], name="caps"
            ),
            (
                "'caps' must have one version a day in ascending order, got 2024-01-01 before "
                "2024-01-01: keep one, or use from_items, which sorts"
            ),
        ),
        (
            lambda: Dated(tuple(reversed(CAPS.starts)), CAPS.values),
            (
                "a dated value must have one version a day in ascending order, got 2025-01-01 "
                "before 2024-01-01: keep one, or use from_items, which sorts"
            ),
        ),
        (
            lambda: Dated.from_items([("2024-01-01", 1)]),
            "a start must be a date, got str '2024-01-01': write datetime.date(2024, 6, 30)",
        ),
    ],
)
def test_a_dated_value_that_has_no_answer_says_why(make, message):
    """Nothing before the first version; one version a day."""
    assert message == refused(make)


@pytest.mark.parametrize(
    ("asked", "message", "count", "row"),
    [
        (
            [datetime.date(2024, 5, 1), datetime.date(2023, 5, 1)],
            (
                "due_on has 1 early row, the first at row 1 (2023-05-01): 'caps' has no "
                "version in force before 2024-01-01"
            ),
            1,
            1,
        ),
        (
            [None, datetime.date(2023, 5, 1)],
            "due_on has 1 unknown row, the first at row 0: take them out first",
            1,
            0,
        ),
    ],
)
def test_a_column_of_days_without_a_version_names_its_rows(asked, message, count, row):
    """Early and unknown days are no position."""
    assert (message, "due_on", count, row) == refused_column(
        CAPS.as_of_column, asked, name="due_on"
    )
    assert (message, "due_on", count, row) == refused_column(CAPS.take, asked, name="due_on")


# ---- a mapping that cannot change ----------------------------------------------------


@given(content=st.dictionaries(st.text(max_size=2), st.integers()))
def test_a_frozen_mapping_equals_what_it_was_made_of(content):
    """Equal by content to any mapping, whatever the order; hashed alike; picklable."""
    frozen = FrozenMapping(content)
    other = FrozenMapping(dict(reversed(content.items())))

    assert content == dict(frozen)
    assert frozen == content
    assert frozen == other
    assert hash(frozen) == hash(other)
    assert frozen == crossed(frozen)
    assert f"FrozenMapping({content!r})" == repr(frozen)
    assert len(content) == len(frozen)


def test_a_frozen_mapping_cannot_change():
    """Neither by an item, nor by an attribute, nor through what it was made of."""
    content = {"a": 1}
    frozen = FrozenMapping(content)
    content["a"] = 2

    with pytest.raises(TypeError, match="does not support item assignment"):
        frozen["a"] = 3
    with pytest.raises(
        AttributeError, match="a FrozenMapping cannot change, so _content cannot be set"
    ):
        frozen._content = {}

    assert {"a": 1} == frozen
    assert {} == FrozenMapping()


# ---- plain data ----------------------------------------------------------------------


class Tier(enum.Enum):
    """A closed choice with text behind it."""

    GOLD = "gold"
    PLAIN = 1


class Shade(enum.Enum):
    """A closed choice without a plain form."""

    DARK = (0, 0)


@attrs.frozen
class Leaf:
    """A small value inside others."""

    word: str
    on: datetime.date | None = None


@attrs.frozen
class Twig:
    """Another small value inside others."""

    word: str


def _same_array(one, other):
    return np.array_equal(one, other) or (
        one.dtype.kind == "M" and np.array_equal(one, other, equal_nan=True)
    )


LeftWord = Literal["a"]
RightWord = Literal["b"]
SAME_ARRAY = attrs.cmp_using(eq=_same_array)


@attrs.frozen(kw_only=True)
class Tree:
    """One field for every kind of type that has a plain form."""

    nothing: None = None
    flag: bool
    count: int
    share: float
    word: str
    exact: Decimal
    on: datetime.date
    tier: Tier
    mode: Literal["up", "down", 1] | None
    maybe: int | None
    either: str | int | bool | None
    many: tuple[int, ...]
    pair: tuple[str, Decimal]
    empty: tuple[()] = ()
    items: list[Leaf]
    by_name: Mapping[str, Leaf]
    by_mode: Mapping[Literal["up", "down"], int]
    blurred: str | Decimal | datetime.date
    thing: Leaf | Twig | Mapping[str, int] | tuple[int, ...] | None
    lists: tuple[int, ...] | list[str]
    number: float | int
    caps: Dated[int]
    ratio: Ratio
    rate: float | None = None
    by_either: Mapping[LeftWord | RightWord, int] = FrozenMapping()
    maybe_ints: npt.NDArray[np.int64] | None = attrs.field(default=None, eq=False)
    parent: "Tree | None" = None
    ints: npt.NDArray[np.int64] = attrs.field(eq=SAME_ARRAY, hash=False)
    flags: npt.NDArray[np.bool_] = attrs.field(eq=SAME_ARRAY, hash=False)
    days: npt.NDArray[np.datetime64] = attrs.field(eq=SAME_ARRAY, hash=False)
    words: npt.NDArray[np.str_] = attrs.field(eq=SAME_ARRAY, hash=False)
    _hidden: int = 7
    derived: int = attrs.field(init=False, default=8)


WORDS = st.text(max_size=3)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.builds(Leaf, word=WORDS, on=st.none() | st.dates())


def arrays(cells, dtype):
    """Draw a short column."""
    return st.lists(cells, max_size=3).map(lambda rows: np.array(rows, dtype=dtype))


def trees(parents):
    """Draw a tree with parents of some kind."""
    return st.builds(
        Tree,
        flag=st.booleans(),
        count=st.integers(),
        share=FLOATS,
        word=WORDS,
        exact=DECIMALS,
        on=st.dates(),
        tier=st.sampled_from(Tier),
        mode=st.sampled_from(["up", "down", 1, None]),
        maybe=st.none() | st.integers(),
        either=st.none() | st.booleans() | st.integers() | WORDS,
        many=st.lists(st.integers(), max_size=3).map(tuple),
        pair=st.tuples(WORDS, DECIMALS),
        items=st.lists(LEAVES, max_size=2),
        by_name=st.dictionaries(WORDS, LEAVES, max_size=2).map(FrozenMapping),
        by_mode=st.dictionaries(st.sampled_from(["up", "down"]), st.integers()).map(FrozenMapping),
        blurred=WORDS | DECIMALS | st.dates() | st.just("2024-06-30"),
        thing=st.one_of(
            st.none(),
            LEAVES,
            st.builds(Twig, word=WORDS),
            st.dictionaries(WORDS, st.integers(), max_size=2).map(FrozenMapping),
            st.just((1, 2)),
        ),
        lists=st.sampled_from([(1, 2), (), ["a"], []]),
        number=FLOATS | st.integers(),
        caps=dated(st.integers()),
        ratio=ratios(),
        rate=st.none() | FLOATS,
        by_either=st.dictionaries(st.sampled_from(["a", "b"]), st.integers()).map(FrozenMapping),
        maybe_ints=st.none() | arrays(INT64, np.int64),
        parent=parents,
        ints=arrays(INT64, np.int64),
        flags=arrays(st.booleans(), np.bool_),
        days=arrays(st.none() | st.dates(), "datetime64[D]"),
        words=arrays(WORDS.filter(lambda word: not word.endswith("\0")), np.str_),
        hidden=st.just(7),
    )


@given(tree=trees(st.none() | trees(st.none())))
def test_plain_data_comes_back_exactly(tree):
    """Through text and back: equal, of the same types, and within its own schema."""
    plain = to_dict(tree)

    back = from_dict(Tree, json.loads(json.dumps(plain, allow_nan=False)))

    assert tree == back
    assert repr(tree) == repr(back)
    assert plain == to_dict(back)
    assert TREE_VALIDATOR.is_valid(plain)


TREE_SCHEMA = json_schema(Tree)
TREE_VALIDATOR = jsonschema.Draft202012Validator(TREE_SCHEMA)


def a_tree():
    """Return the plain data of one tree."""
    return {
        "flag": True,
        "count": 1,
        "share": 0.5,
        "word": "w",
        "exact": "1.50",
        "on": "2024-06-30",
        "tier": "gold",
        "mode": "up",
        "maybe": None,
        "either": "e",
        "many": [1],
        "pair": ["a", "1"],
        "items": [{"word": "a"}],
        "by_name": {"k": {"word": "b", "on": "2024-01-01"}},
        "by_mode": {"up": 1},
        "blurred": {"date": "2024-06-30"},
        "thing": {"Twig": {"word": "t"}},
        "lists": {"tuple[int, ...]": [1]},
        "number": 3,
        "caps": {"starts": ["2024-01-01"], "values": [30], "name": None},
        "ratio": {"part": 1, "whole": 2},
        "ints": [1],
        "flags": [True],
        "days": ["2024-01-01", None],
        "words": ["w"],
    }


def test_plain_data_reads_as_it_is_documented():
    """Fields by name, tags only where JSON would confuse two types, defaults may be left out."""
    tree = from_dict(Tree, a_tree())

    assert datetime.date(2024, 6, 30) == tree.blurred
    assert Twig("t") == tree.thing
    assert (1,) == tree.lists
    assert int is type(tree.number)
    assert (None, (), 7, 8) == (tree.parent, tree.empty, tree._hidden, tree.derived)
    left_out = ["nothing", "empty", "rate", "by_either", "maybe_ints", "parent"]
    leaf = {"items": [{"word": "a", "on": None}]}
    assert {**a_tree(), **leaf} == {
        name: plain for name, plain in to_dict(tree).items() if name not in left_out
    }
    assert not {"_hidden", "hidden", "derived"} & set(TREE_SCHEMA["$defs"]["Tree"]["properties"])


def test_a_whole_number_may_stand_for_a_float_only_where_no_int_may_stand():
    """Other writers of JSON write 3 for 3.0; a field of both keeps them apart."""
    tree = from_dict(Tree, {**a_tree(), "rate": 3, "share": -(2**53), "number": 3})

    assert -float(2**53) == tree.share
    assert [float, float, int] == [type(one) for one in (tree.rate, tree.share, tree.number)]


def test_arrays_that_are_read_cannot_change():
    """A column inside a value is read-only, days have the unit of days."""
    tree = from_dict(Tree, a_tree())

    assert np.dtype("datetime64[D]") == tree.days.dtype
    for column in (tree.ints, tree.flags, tree.days, tree.words):
        assert not column.flags.writeable


def test_a_schema_is_valid_and_strict():
    """The schema is itself valid and refuses a foreign key, a missing one and another type."""
    jsonschema.Draft202012Validator.check_schema(TREE_SCHEMA)
    without_word = {key: value for key, value in a_tree().items() if key != "word"}

    assert TREE_VALIDATOR.is_valid(a_tree())
    assert not TREE_VALIDATOR.is_valid({**a_tree(), "other": 1})
    assert not TREE_VALIDATOR.is_valid(without_word)
    for name, value in (
        ("on", "2024-6-30"),
        ("exact", "1,5"),
        ("by_mode", {"x": 1}),
        ("pair", ["a"]),
    ):
        assert not TREE_VALIDATOR.is_valid({**a_tree(), name: value}), name


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"flag": 1}, "Tree.flag must be a bool, got int 1"),
        ({"nothing": 0}, "Tree.nothing must be null, got int 0"),
        ({"count": True}, "Tree.count must be an int, got bool True"),
        ({"count": 1.0}, "Tree.count must be an int, got float 1.0"),
        ({"share": "1"}, "Tree.share must be a finite number, got str '1'"),
        ({"share": math.nan}, "Tree.share must be a finite number, got float nan"),
        ({"share": 2**53 + 1}, f"Tree.share must be a finite number, got int {2**53 + 1}"),
        ({"word": None}, "Tree.word must be a str, got null"),
        ({"exact": "1,5"}, "Tree.exact must be a finite Decimal, as text, got str '1,5'"),
        ({"exact": "NaN"}, "Tree.exact must be a finite Decimal, as text, got str 'NaN'"),
        (
            {"exact": "1E+9999999999999999999"},
            "Tree.exact must be a finite Decimal, as text, got str '1E+9999999999999999999'",
        ),
        ({"exact": 1}, "Tree.exact must be a finite Decimal, as text, got int 1"),
        ({"on": "20240630"}, "Tree.on must be a day, as text like 2024-06-30, got str '20240630'"),
        (
            {"on": "2024-06-31"},
            "Tree.on must be a day, as text like 2024-06-30, got str '2024-06-31'",
        ),
        ({"tier": "silver"}, "Tree.tier must be one of 'gold', 1, got str 'silver'"),
        ({"tier": True}, "Tree.tier must be one of 'gold', 1, got bool True"),
        ({"mode": ["up"]}, "Tree.mode must be 'down' | 'up' | 1 | None, got list ['up']"),
        ({"maybe": "x"}, "Tree.maybe must be int | None, got str 'x'"),
        ({"many": "x"}, "Tree.many must be a list, got str 'x'"),
        ({"many": [1, "x"]}, "Tree.many[1] must be an int, got str 'x'"),
        ({"pair": ["a"]}, "Tree.pair must be a list of 2, got list ['a']"),
        ({"pair": ["a", "b"]}, "Tree.pair[1] must be a finite Decimal, as text, got str 'b'"),
        ({"items": [{"word": 1}]}, "Tree.items[0].word must be a str, got int 1"),
        ({"items": [7]}, "Tree.items[0] must be an object of Leaf, got int 7"),
        ({"by_name": []}, "Tree.by_name must be an object, got list []"),
        ({"by_name": {"k": {}}}, "Tree.by_name['k'].word is missing: Leaf needs it"),
        ({"by_name": {1: {}}}, "Tree.by_name (a key) must be a str, got int 1"),
        ({"by_mode": {"x": 1}}, "Tree.by_mode (a key) must be one of 'down', 'up', got str 'x'"),
        (
            {"blurred": {"date": "x"}},
            "Tree.blurred must be a day, as text like 2024-06-30, got str 'x'",
        ),
        (
            {"blurred": {"day": "2024-06-30"}},
            (
                "Tree.blurred must be an object with one key of Decimal, date, got dict "
                "{'day': '2024-06-30'}"
            ),
        ),
        (
            {"thing": {}},
            (
                "Tree.thing must be an object with one key of Leaf, Mapping[str, int], Twig, got "
                "dict {}"
            ),
        ),
        ({"thing": [None]}, "Tree.thing[0] must be an int, got null"),
        ({"number": "x"}, "Tree.number must be float | int, got str 'x'"),
        (
            {"parent": {"flag": True}},
            "Tree.parent.count is missing: Tree needs it",
        ),
        ({"ints": ["x"]}, "Tree.ints[0] must be an int, got str 'x'"),
        ({"ints": [None]}, "Tree.ints[0] must be an int, got null"),
        ({"ints": 1}, "Tree.ints must be a list, got int 1"),
        ({"by_either": {"c": 1}}, None),
        ({"other": 1, "word": 2}, None),
    ],
)
def test_plain_data_of_another_shape_is_refused(changed, message):
    """The error names the path to the field, what must stand there and what came."""
    found = refused(from_dict, Tree, {**a_tree(), **changed})

    if "other" in changed:
        assert found.startswith("Tree.other is no field of Tree: it has nothing, flag, count, ")
    elif message is None:
        assert "Tree.by_either (a key) must be 'a' | 'b', got str 'c'" == found
    else:
        assert message == found


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"flag": "x"}, "Tree.flag must be a bool, got str 'x'"),
        ({"share": math.inf}, "Tree.share must be a finite number, got float inf"),
        (
            {"exact": Decimal("NaN")},
            "Tree.exact must be a finite Decimal, as text, got Decimal Decimal('NaN')",
        ),
        (
            {"on": NOON},
            (
                "Tree.on must be a day, as text like 2024-06-30, got datetime "
                "datetime.datetime(2024, 6, 30, 12, 0)"
            ),
        ),
        (
            {"tier": Shade.DARK},
            "Tree.tier must be one of 'gold', 1, got Shade <Shade.DARK: (0, 0)>",
        ),
        ({"mode": []}, "Tree.mode must be 'down' | 'up' | 1 | None, got list []"),
        ({"maybe": 1.5}, "Tree.maybe must be int | None, got float 1.5"),
        ({"many": [1]}, "Tree.many must be a tuple, got list [1]"),
        ({"pair": ("a",)}, "Tree.pair must be a tuple of 2, got tuple ('a',)"),
        ({"pair": ["a", 1]}, "Tree.pair must be a tuple of 2, got list ['a', 1]"),
        ({"items": [Twig("t")]}, "Tree.items[0] must be a Leaf, got Twig Twig(word='t')"),
        ({"by_name": 1}, "Tree.by_name must be a mapping, got int 1"),
        ({"thing": (1, "x")}, "Tree.thing[1] must be an int, got str 'x'"),
        ({"ints": [1]}, "Tree.ints must be an array of one dimension, got list [1]"),
        (
            {"ints": np.zeros((1, 1), int)},
            "Tree.ints must be an array of one dimension, got ndarray array([[0]])",
        ),
        ({"ints": np.array([1.5])}, "Tree.ints must be an array of int64, got one of float64"),
        (
            {"days": np.array(["2024-01-01T12"], dtype="datetime64[h]")},
            "Tree.days must hold days without a time, got datetime64[h]",
        ),
    ],
)
def test_a_value_that_breaks_its_types_is_not_written(changed, message):
    """A field that holds another type than it says is found when it is written."""
    tree = attrs.evolve(from_dict(Tree, a_tree()), **changed)

    assert message == refused(to_dict, tree)


def test_numbers_of_numpy_are_written_as_pythons():
    """A NumPy int, bool, float or text in a field comes back as Python's own."""
    changed = {
        "count": np.int64(7),
        "flag": np.True_,
        "share": np.float64(0.5),
        "word": np.str_("w"),
    }
    tree = attrs.evolve(from_dict(Tree, a_tree()), **changed)

    plain = to_dict(tree)

    assert [int, bool, float, str] == [type(plain[name]) for name in changed]
    assert tree == from_dict(Tree, plain)


# ---- plain data without a named type, generics, classes that cannot ------------------


@attrs.frozen
class Pair(Generic[T]):
    """A generic value whose fields use its type in several ways."""

    one: T
    some: tuple[T, ...]
    maybe: T | None = None


@attrs.frozen
class Positive:
    """A value that checks itself in three ways."""

    number: int = attrs.field(validator=attrs.validators.ge(0))
    word: str = attrs.field(default="", validator=attrs.validators.instance_of(str))

    def __attrs_post_init__(self):
        if self.number == 13:
            raise InputError("number must not be 13", column="number")


@attrs.frozen
class Unfinished:
    """A value whose type hint cannot be resolved."""

    later: "OnlyForTypeCheckers"


@pytest.mark.parametrize(
    ("cls", "value", "plain"),
    [
        (
            Dated[int],
            CAPS,
            {"starts": ["2024-01-01", "2025-01-01"], "values": [30, 50], "name": "caps"},
        ),
        (
            Pair[Decimal],
            Pair(Decimal("1.0"), (Decimal(2),)),
            {"one": "1.0", "some": ["2"], "maybe": None},
        ),
        (
            Pair[datetime.date],
            Pair(datetime.date(2024, 1, 1), ()),
            {"one": "2024-01-01", "some": [], "maybe": None},
        ),
        (
            Pair[tuple[int, ...]],
            Pair((1,), ((2, 3),)),
            {"one": [1], "some": [[2, 3]], "maybe": None},
        ),
        (
            Pair[Ratio],
            Pair(Ratio(1, 2), ()),
            {"one": {"part": 1, "whole": 2}, "some": [], "maybe": None},
        ),
        (Pair[Tier], Pair(Tier.GOLD, (Tier.PLAIN,)), {"one": "gold", "some": [1], "maybe": None}),
        (
            Pair[Mapping[str, int]],
            Pair(FrozenMapping({"a": 1}), ()),
            {"one": {"a": 1}, "some": [], "maybe": None},
        ),
        (
            Pair[Dated[int]],
            Pair(CAPS, ()),
            {
                "one": {
                    "starts": ["2024-01-01", "2025-01-01"],
                    "values": [30, 50],
                    "name": "caps",
                },
                "some": [],
                "maybe": None,
            },
        ),
        (
            Dated[int | None],
            Dated.from_items([(datetime.date(2024, 1, 1), None), (datetime.date(2025, 1, 1), 7)]),
            {"starts": ["2024-01-01", "2025-01-01"], "values": [None, 7], "name": None},
        ),
        (tuple[int, ...], (1, 2), [1, 2]),
        (int, 7, 7),
        (Tier, Tier.GOLD, "gold"),
    ],
)
def test_a_generic_class_is_read_with_its_items(cls, value, plain):
    """It is written by what its items are and read by what they are said to be."""
    assert plain == to_dict(value)
    assert value == from_dict(cls, json.loads(json.dumps(plain)))
    jsonschema.validate(plain, json_schema(cls))


def test_a_column_in_a_generic_class_is_written():
    """An array by its own type."""
    assert {"one": [1, 2], "some": [], "maybe": None} == to_dict(Pair(np.array([1, 2]), ()))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: from_dict(Dated, to_dict(CAPS)),
            (
                "Dated.values has the open type tuple[T, ...]: name the class with its items, as "
                "Dated[int]"
            ),
        ),
        (
            lambda: json_schema(Pair),
            "a field has the open type T: name the class with its items, as Dated[int]",
        ),
        (
            lambda: to_dict(Pair(1, ("x", Decimal(1)))),
            (
                "Pair.some must not mix str and Decimal, as its type is open: hold it in a field "
                "whose type names both"
            ),
        ),
        (
            lambda: to_dict(Pair(("2024-01-01", datetime.date(2024, 1, 1)), ())),
            (
                "Pair.one must not mix str and date, as its type is open: hold it in a field "
                "whose type names both"
            ),
        ),
        (
            lambda: to_dict({"a": Leaf("w"), "b": {}}),
            (
                "dict must not mix Leaf and Mapping[str, T], as its type is open: hold it in "
                "a field whose type names both"
            ),
        ),
        (
            lambda: to_dict(object()),
            (
                "object has no plain form: plain data is made of None, bool, int, float, str, "
                "Decimal, Fraction, date, enums, Literals, tuples, lists, mappings by str, NumPy "
                "columns, tables and attrs classes of these"
            ),
        ),
        (lambda: to_dict(math.nan), "float must be a finite number, got float nan"),
        (
            lambda: to_dict(Unfinished(1)),
            (
                "Unfinished has no plain form: name 'OnlyForTypeCheckers' is not defined, so "
                "import it outside TYPE_CHECKING"
            ),
        ),
        (
            lambda: to_dict(Shade.DARK),
            "Shade has no plain form: its values must be str or int",
        ),
        (
            lambda: from_dict(Dated[int | str], {"starts": [], "values": [1.5]}),
            "Dated[int | str].values[0] must be int | str, got float 1.5",
        ),
        (
            lambda: from_dict(Dated[None], {"starts": [], "values": [1.5]}),
            "Dated[None].values[0] must be null, got float 1.5",
        ),
        (
            lambda: json_schema(tuple[NoReturn, ...]),
            (
                "NoReturn has no plain form: plain data is made of None, bool, int, float, str, "
                "Decimal, Fraction, date, enums, Literals, tuples, lists, mappings by str, NumPy "
                "columns, tables and attrs classes of these"
            ),
        ),
        (
            lambda: json_schema(Mapping[str | None, int]),
            "a mapping by str | None has no plain form: JSON's keys are text",
        ),
        (
            lambda: json_schema(dict[int, str]),
            "a mapping by int has no plain form: JSON's keys are text",
        ),
        (
            lambda: to_dict(np.array([1.5])),
            "an array of float64 has no plain form: columns are int64, bool, datetime64 or str",
        ),
        (
            lambda: json_schema(Leaf | dict[str, Leaf] | other_leaf()),
            "Leaf | Leaf | Mapping[str, Leaf] has no plain form: two of its types have one name",
        ),
        (
            lambda: from_dict(Positive, {"number": -1}),
            "Positive cannot be built: 'number' must be >= 0: -1",
        ),
        (lambda: from_dict(Positive, {"number": 13}), "number must not be 13"),
        (lambda: from_dict(Positive, []), "Positive must be an object of Positive, got list []"),
    ],
)
def test_what_has_no_plain_form_says_so(call, message):
    """Open types, mixed items, foreign classes and values that refuse themselves."""
    assert message == refused(call)


def other_leaf():
    """Return another class that is called Leaf."""
    return attrs.make_class("Leaf", {"word": attrs.field(type=str)}, frozen=True)


def test_an_error_of_the_class_itself_is_kept_and_says_where():
    """The class's own error comes through with its parts, and with the path as a note."""
    with pytest.raises(InputError) as caught:
        from_dict(tuple[Positive, ...], [{"number": 1}, {"number": 13}])

    assert "number" == caught.value.column
    assert ["while reading tuple[Positive, ...][1]"] == caught.value.__notes__


def test_the_order_of_a_union_changes_nothing():
    """Two spellings of one type are one type, whichever was met first; None stands last."""
    one, other = tuple[str | int | None, ...], tuple[int | str | None, ...]
    plain = {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}
    plain["items"]["anyOf"].append({"type": "null"})

    assert json_schema(one) == json_schema(other) == {**json_schema(one), **plain}
    assert json_schema(Literal["b", "a"]) == json_schema(Literal["a", "b"])
    assert "tuple[int | str | None, ...][0] must be int | str | None, got float 1.5" == refused(
        from_dict, one, [1.5]
    )


def test_a_subclass_is_not_written_as_its_base():
    """It would come back as another class, so it is refused."""
    bud = attrs.make_class("Bud", {}, bases=(Leaf,), frozen=True)("w")

    assert "Tree.items[0] must be a Leaf, got Bud Bud(word='w', on=None)" == refused(
        to_dict, attrs.evolve(from_dict(Tree, a_tree()), items=[bud])
    )


def test_two_classes_of_one_name_have_two_definitions():
    """A schema does not confuse classes of two rooms that are called alike."""
    schema = json_schema(tuple[Leaf, other_leaf(), Leaf])

    assert {"Leaf", "Leaf_2"} == set(schema["$defs"])
    assert [f"#/$defs/{key}" for key in ("Leaf", "Leaf_2", "Leaf")] == [
        item["$ref"] for item in schema["prefixItems"]
    ]


def test_none_and_bare_values_are_plain_already():
    """A scalar, a list or a mapping outside any class is written as it is."""
    assert [None, True, 1, 0.5, "x", [1, None], {"a": 1, "b": None}] == [
        to_dict(one) for one in (None, True, 1, 0.5, "x", [1, None], {"a": 1, "b": None})
    ]
    assert from_dict(type(None), None) is None


# ---- plain data of tables ------------------------------------------------------------


@attrs.frozen(eq=False)
class Ledger:
    """A table as the library's own are: columns in, columns out."""

    COLUMNS: ClassVar[Mapping[str, object]] = {
        "party": "id",
        "amount_fen": "fen",
        "months": "int",
        "due_on": "day",
        "form": "word",
        "is_open": "bool",
        "facts": "facts",
        "leaf": Leaf,
    }
    columns: dict[str, object]

    @classmethod
    def from_columns(
        cls,
        *,
        party,
        amount_fen=None,
        months=None,
        due_on=None,
        form=None,
        is_open=None,
        facts=None,
        leaf=None,
    ):
        """Take the columns."""
        if len(party) == 13:
            raise ValueError("not 13 rows")
        columns = [party, amount_fen, months, due_on, form, is_open, facts, leaf]
        return cls(dict(zip(cls.COLUMNS, columns, strict=True)))

    def to_columns(self):
        """Return the columns."""
        return dict(self.columns)


@attrs.frozen
class Misnamed:
    """A table with a kind that does not exist."""

    COLUMNS: ClassVar[Mapping[str, str]] = {"party": "name"}

    @classmethod
    def from_columns(cls):
        """Take nothing."""
        return cls()

    def to_columns(self):
        """Return nothing."""
        return {}


class Listed(Misnamed):
    """A table that names its columns without their kinds."""

    COLUMNS = ("party",)


def a_ledger(**changed):
    """Return a table of three rows, with some of its columns changed."""
    columns = {
        "party": np.array(["P1", "P2", "P3"]),
        "amount_fen": [100, None, np.int64(300)],
        "months": np.array([6, 7, 8]),
        "due_on": np.array(["2024-01-31", "NaT", "2024-02-29"], dtype="datetime64[D]"),
        "form": np.array(["a", None, "b"], dtype=object),
        "is_open": np.array([True, False, True]),
        "facts": {"branch": ["B1", None, 3]},
        "leaf": Leaf("w"),
    }
    return Ledger.from_columns(**{**columns, **changed})


PLAIN_LEDGER = {
    "party": ["P1", "P2", "P3"],
    "amount_fen": [100, None, 300],
    "months": [6, 7, 8],
    "due_on": ["2024-01-31", None, "2024-02-29"],
    "form": ["a", None, "b"],
    "is_open": [True, False, True],
    "facts": {"branch": ["B1", None, 3]},
    "leaf": {"word": "w", "on": None},
}


def test_a_table_is_written_as_its_columns():
    """Columns by name, None where a row is unknown, a part that stands beside them nested."""
    assert PLAIN_LEDGER == to_dict(a_ledger())
    assert PLAIN_LEDGER == json.loads(json.dumps(to_dict(a_ledger())))
    jsonschema.validate(PLAIN_LEDGER, json_schema(Ledger))


def test_a_table_is_read_through_its_own_columns():
    """Days come back as days, everything else as lists, what is absent stays absent."""
    ledger = from_dict(Ledger, PLAIN_LEDGER)
    small = from_dict(Ledger, {"party": [1, 2]})

    assert PLAIN_LEDGER == to_dict(ledger)
    assert np.dtype("datetime64[D]") == ledger.columns["due_on"].dtype
    assert Leaf("w") == ledger.columns["leaf"]
    assert {"party": [1, 2]} == to_dict(small)
    assert ["party"] == json_schema(Ledger)["$defs"]["Ledger"]["required"]


@given(due_on=st.lists(st.none() | st.dates()), months=st.lists(st.none() | st.integers()))
def test_columns_of_a_table_come_back_exactly(due_on, months):
    """Days as dates, as datetime64 and as text are the same days."""
    given_days = np.array(due_on, dtype="datetime64[D]")
    plain = to_dict(a_ledger(due_on=due_on, months=months))
    back = from_dict(Ledger, json.loads(json.dumps(plain)))

    assert plain == to_dict(a_ledger(due_on=given_days, months=months)) == to_dict(back)
    assert due_on == back.columns["due_on"].tolist()
    assert months == back.columns["months"]


def test_unknown_numbers_of_a_table_may_be_nan():
    """NaN in a column of floats or objects is unknown; a real float is not a whole number."""
    assert [None, None] == to_dict(a_ledger(months=np.array([np.nan, np.nan])))["months"]
    assert "Ledger.months[1] must be int or null, got float 1.5" == refused(
        to_dict, a_ledger(months=[None, 1.5])
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"party": [1.5]}, "Ledger.party[0] must be str or int or null, got float 1.5"),
        ({"amount_fen": [1, "x"]}, "Ledger.amount_fen[1] must be int or null, got str 'x'"),
        ({"amount_fen": [True]}, "Ledger.amount_fen[0] must be int or null, got bool True"),
        (
            {"due_on": ["x"]},
            "Ledger.due_on[0] must be a day, as text like 2024-06-30, got str 'x'",
        ),
        ({"due_on": "x"}, "Ledger.due_on must be a list, got str 'x'"),
        ({"form": [1]}, "Ledger.form[0] must be str or null, got int 1"),
        ({"is_open": [1]}, "Ledger.is_open[0] must be bool or null, got int 1"),
        ({"facts": []}, "Ledger.facts must be an object, got list []"),
        (
            {"facts": {"b": [1.5]}},
            "Ledger.facts['b'][0] must be str or int or null, got float 1.5",
        ),
        ({"leaf": 1}, "Ledger.leaf must be an object of Leaf, got int 1"),
        (
            {"other": []},
            (
                "Ledger.other is no field of Ledger: it has party, amount_fen, months, "
                "due_on, form, is_open, facts, leaf"
            ),
        ),
        ({"party": list(range(13))}, "Ledger cannot be built: not 13 rows"),
    ],
)
def test_plain_columns_of_another_shape_are_refused(changed, message):
    """The error names the column, the row, what must stand there and what came."""
    assert message == refused(from_dict, Ledger, {**PLAIN_LEDGER, **changed})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: from_dict(Ledger, {}), "Ledger.party is missing: Ledger needs it"),
        (
            lambda: to_dict(a_ledger(due_on=[NOON])),
            (
                "Ledger.due_on[0] must be date or null, got datetime datetime.datetime(2024, "
                "6, 30, 12, 0)"
            ),
        ),
        (lambda: to_dict(a_ledger(form="abc")), "Ledger.form must be a column, got str 'abc'"),
        (
            lambda: to_dict(a_ledger(months=np.array([[1]]))),
            "Ledger.months must be a column, got ndarray array([[1]])",
        ),
        (
            lambda: json_schema(Listed),
            "Listed has no plain form: a table names its kinds in COLUMNS",
        ),
        (
            lambda: json_schema(Misnamed),
            (
                "Misnamed.party must have a kind of id, fen, int, day, word, bool, facts, or "
                "a class, got 'name'"
            ),
        ),
    ],
)
def test_a_table_that_breaks_its_kinds_is_refused(call, message):
    """Missing columns, other cells, and tables that do not say what they hold."""
    assert message == refused(call)


@attrs.frozen
class Shelf:
    """A value that needs a table inside."""

    table: Ledger


@attrs.frozen
class Holder:
    """A value with a table, or a day, inside."""

    table: Ledger | None
    facts: Mapping[str, Ledger | str] = FrozenMapping()


def test_a_table_may_stand_inside_a_value():
    """In a field, in a union and in a mapping."""
    holder = Holder(a_ledger(), FrozenMapping({"a": a_ledger(), "b": "x"}))
    plain = to_dict(holder)

    assert {"table": PLAIN_LEDGER, "facts": {"a": PLAIN_LEDGER, "b": "x"}} == plain
    assert plain == to_dict(from_dict(Holder, plain))
    assert "Holder.table must be Ledger | None, got int 7" == refused(to_dict, Holder(7))
    assert "Shelf.table must be a Ledger, got int 7" == refused(to_dict, Shelf(7))
    jsonschema.validate(plain, json_schema(Holder))


@attrs.frozen(kw_only=True)
class Weighed:
    """A value with an exact share."""

    weight: Fraction


@given(st.fractions())
def test_a_fraction_goes_to_text_and_back(weight):
    """Exactly, whole or not, and as its schema says."""
    plain = json.loads(json.dumps(to_dict(Weighed(weight=weight))))

    assert Weighed(weight=weight) == from_dict(Weighed, plain)
    jsonschema.Draft202012Validator(json_schema(Weighed)).validate(plain)


@pytest.mark.parametrize("text", ["1/0", "1/-2", "1.5", "", "a", " 1", "1/", "1/00"])
def test_a_text_that_is_no_fraction_is_refused(text):
    """No zero below the line, no sign there, no decimals."""
    with pytest.raises(CreditError) as refused:
        from_dict(Weighed, {"weight": text})

    assert f"Weighed.weight must be a Fraction, as text like 5/2, got str {text!r}" == str(
        refused.value
    )


def test_a_number_in_place_of_a_fraction_is_refused():
    """A float would already be wrong."""
    with pytest.raises(CreditError, match=r"as text like 5/2, got float 0\.5"):
        from_dict(Weighed, {"weight": 0.5})
    with pytest.raises(CreditError, match=r"as text like 5/2, got float 0\.5"):
        to_dict(Weighed(weight=0.5))
