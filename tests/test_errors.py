"""The errors keep their parts, so that a program need not read prose."""

import pickle

import pytest

from ruralcredit import errors
from ruralcredit.errors import CreditError, InputError, TableError, WorkBudgetError

ERRORS = [
    CreditError("den must not be 0"),
    InputError("2 bad rows", column="limits_fen", count=2, first_row=7),
    TableError("rows a and b overlap", rows=("a", "b"), witness={"age": 30}),
    WorkBudgetError("the proof needs more than 100000 steps"),
]


def crossed(value):
    """Return a value as another process would get it."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own bytes


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_every_error_is_a_credit_error_and_a_value_error(error):
    """One `except CreditError`, or one `except ValueError`, catches them all."""
    assert isinstance(error, CreditError)
    assert isinstance(error, ValueError)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_crosses_a_process_with_its_parts(error):
    """A worker's error arrives as the same class with the same message and attributes."""
    arrived = crossed(error)

    assert type(error) is type(arrived)
    assert str(error) == str(arrived)
    assert vars(error) == vars(arrived)


def test_an_error_that_crosses_a_process_keeps_where_it_happened():
    """Notes, such as the path in plain data, arrive too where there are no other parts."""
    error = CreditError("den must not be 0")
    error.add_note("while reading Ratio")

    assert error.__notes__ == crossed(error).__notes__


def test_an_error_about_a_column_names_it_with_the_count_and_the_first_row():
    """The three parts stand as attributes beside the message."""
    error = InputError(
        "limits_fen has 3 negative rows", column="limits_fen", count=3, first_row=17
    )

    assert "limits_fen has 3 negative rows" == str(error)
    assert ("limits_fen", 3, 17) == (error.column, error.count, error.first_row)


def test_an_error_about_several_columns_names_none():
    """Parts that do not apply are None."""
    error = InputError("the columns differ in length")

    assert (None, None, None) == (error.column, error.count, error.first_row)


def test_an_error_about_a_table_names_its_rows_and_a_witness():
    """The rows and the case stand as attributes; without them they are empty."""
    error = TableError("rows a and b overlap", rows=("a", "b"), witness={"age": 30})
    bare = TableError("the table has no rows")

    assert (("a", "b"), {"age": 30}) == (error.rows, error.witness)
    assert ((), None) == (bare.rows, bare.witness)


def test_the_family_of_errors_is_small():
    """One base and a handful below it, every name ending in Error."""
    assert ["CreditError", "InputError", "TableError", "WorkBudgetError"] == errors.__all__
