"""What a caller can get wrong: one base class and a handful of errors.

A finding about the business (a loop, a breached cap) is a value with a reason and
never an exception; an exception says that the call itself was a mistake, what must
hold, what came, and how to mend it.
"""

__all__ = ["CreditError", "InputError", "TableError", "WorkBudgetError"]


class CreditError(ValueError):
    """A call that ruralcredit cannot answer: the base of all its errors.

    >>> from ruralcredit.values import yuan
    >>> try:
    ...     yuan(12.5)
    ... except CreditError:
    ...     print("refused")
    refused
    """


class InputError(CreditError):
    """A column that cannot be used, with its name, how many rows are bad and the first.

    Attributes:
        column: Name of the column, or None when the error is about several.
        count: Number of bad rows, or None when the whole column is unusable.
        first_row: 0-based number of the first bad row, or None.

    >>> error = InputError("limits has 1 negative row", column="limits", count=1, first_row=3)
    >>> error.column, error.count, error.first_row
    ('limits', 1, 3)
    """

    def __init__(
        self,
        message: str,
        *,
        column: str | None = None,
        count: int | None = None,
        first_row: int | None = None,
    ) -> None:
        super().__init__(message)
        self.column = column
        self.count = count
        self.first_row = first_row

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the parts when the error crosses a process."""
        return (_input_error, (self.args[0], self.column, self.count, self.first_row))


def _input_error(
    message: str, column: str | None, count: int | None, first_row: int | None
) -> InputError:
    return InputError(message, column=column, count=count, first_row=first_row)


class TableError(CreditError):
    """A table that contradicts itself or its fields, with the rows and a witness.

    Attributes:
        rows: Ids of the rows at fault, in table order.
        witness: A case, as plain data, that shows the fault; None when there is none.

    >>> TableError("rows a and b overlap", rows=("a", "b"), witness={"age": 30}).rows
    ('a', 'b')
    """

    def __init__(
        self,
        message: str,
        *,
        rows: tuple[str, ...] = (),
        witness: dict[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.rows = rows
        self.witness = witness

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the parts when the error crosses a process."""
        return (_table_error, (self.args[0], self.rows, self.witness))


def _table_error(
    message: str, rows: tuple[str, ...], witness: dict[str, object] | None
) -> TableError:
    return TableError(message, rows=rows, witness=witness)


class WorkBudgetError(CreditError):
    """A proof that its work budget cannot hold, where no partial answer is honest.

    >>> issubclass(WorkBudgetError, CreditError)
    True
    """
