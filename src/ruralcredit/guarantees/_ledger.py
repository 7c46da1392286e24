"""The ledger as it was brought: contracts over loans between parties, one row each."""

import functools
import hashlib
from collections.abc import Mapping
from typing import ClassVar, Self

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import IdColumn, IdIndex, Ints, Words
from ruralcredit.errors import InputError
from ruralcredit.guarantees._reasons import GUARANTEE_MONTHS
from ruralcredit.guarantees._tables import SAME_DAYS, build_columns, spell_columns, table_repr
from ruralcredit.values import add_months_column

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]

FORMS = ("specific", "maximum")
LIABILITIES = ("joint", "general", "share")
LAYERS = ("guarantee", "counter")

_NAT = np.datetime64("NaT", "D")
_ONE_DAY = np.timedelta64(1, "D")
_MOST_MONTHS = 1_200
# Later due days, such as 9999-12-31, are a bank's way to write none: no period ends after them.
_LAST_DUE = np.datetime64("9899-12-30", "D")


@attrs.frozen(kw_only=True, repr=False, slots=False)
class Ledger:
    """The guarantee ledger (担保台账) as columns: what a book is asked about.

    A book holds its ledger whole, whatever day it is asked for; row numbers of answers are
    0-based positions here.  :meth:`GuaranteeBook.from_columns` says what each column means.

    >>> ledger = Ledger.from_columns(guarantor=["a"], borrower=["b"], amount_fen=[100])
    >>> ledger
    Ledger(1 rows: guarantor, borrower, amount_fen)
    """

    COLUMNS: ClassVar[Mapping[str, str]] = {
        "guarantor": "id",
        "borrower": "id",
        "amount_fen": "fen",
        "contract_id": "id",
        "loan_id": "id",
        "form": "word",
        "starts_on": "day",
        "debt_due_on": "day",
        "guarantee_months": "int",
        "demanded_on": "day",
        "released_on": "day",
        "settled_on": "day",
        "known_on": "day",
        "liability": "word",
        "agreement_id": "id",
        "layer": "word",
        "facts": "facts",
    }
    WORDS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "form": FORMS,
        "liability": LIABILITIES,
        "layer": LAYERS,
    }

    index: IdIndex = attrs.field(eq=False)
    guarantor: IdColumn
    borrower: IdColumn
    amount_fen: Ints | None
    contract_id: IdColumn | None
    loan_id: IdColumn | None
    form: Words | None
    starts_on: Days | None = attrs.field(eq=SAME_DAYS, hash=False)
    debt_due_on: Days | None = attrs.field(eq=SAME_DAYS, hash=False)
    guarantee_months: Ints | None
    demanded_on: Days | None = attrs.field(eq=SAME_DAYS, hash=False)
    released_on: Days | None = attrs.field(eq=SAME_DAYS, hash=False)
    settled_on: Days | None = attrs.field(eq=SAME_DAYS, hash=False)
    known_on: Days | None = attrs.field(eq=SAME_DAYS, hash=False)
    liability: Words | None
    agreement_id: IdColumn | None
    layer: Words | None
    facts: Mapping[str, IdColumn] = attrs.field(hash=False)

    @classmethod
    def from_columns(
        cls,
        *,
        guarantor: object,
        borrower: object,
        amount_fen: object = None,
        contract_id: object = None,
        loan_id: object = None,
        form: object = None,
        starts_on: object = None,
        debt_due_on: object = None,
        guarantee_months: object = None,
        demanded_on: object = None,
        released_on: object = None,
        settled_on: object = None,
        known_on: object = None,
        liability: object = None,
        agreement_id: object = None,
        layer: object = None,
        facts: Mapping[str, object] | None = None,
    ) -> Self:
        """Build the ledger from columns of one length; None in a cell is unknown.

        Raises:
            InputError: If lengths differ, ids are of mixed kinds, money is a float, a currency
                is not the yuan, or a cell is of the wrong type.

        >>> Ledger.from_columns(guarantor=["a", "b"], borrower=["b"])
        Traceback (most recent call last):
        ...
        ruralcredit.errors.InputError: columns must have one length: guarantor has 2 rows, \
borrower has 1; bring one value per row, None where unknown
        """
        columns = build_columns(cls, locals(), together=("guarantor", "borrower"))
        refuse_wide_months(columns["guarantee_months"])
        return cls(**columns)

    def to_columns(self, rows: Int64 | None = None) -> dict[str, object]:
        """Return the columns as arrays, of all rows or of some; absent columns are left out."""
        return spell_columns(self, rows)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.guarantor)

    def __repr__(self) -> str:
        """Show the rows and the columns, never the parties."""
        return table_repr(self)

    # --- derived columns, each computed once ---

    @functools.cached_property
    def has_parties(self) -> Bool:
        """Which rows name both a guarantor and a borrower."""
        return (self.guarantor.codes >= 0) & (self.borrower.codes >= 0)

    @functools.cached_property
    def period_ends_on(self) -> Days:
        """Last day of the guarantee period (保证期间), NaT where the due day is unknown.

        The agreed months after the due day; six where none, zero or a negative number is
        recorded.  Month arithmetic is clamped to the month's end.  A due day in the last hundred
        years of the calendar, such as 9999-12-31, counts as unknown.
        """
        if self.debt_due_on is None:
            return np.full(len(self), _NAT)
        default = int(GUARANTEE_MONTHS.value)
        months: int | Int64 = default
        if self.guarantee_months is not None:
            agreed = self.guarantee_months.values
            months = np.where(agreed > 0, agreed, default)
        far = self.debt_due_on > _LAST_DUE
        return add_months_column(
            np.where(far, _NAT, self.debt_due_on) if far.any() else self.debt_due_on, months
        )

    @functools.cached_property
    def is_demanded_in_time(self) -> Bool:
        """Which rows have a demand (主张权利) on or before the period's last day."""
        if self.demanded_on is None:
            return np.zeros(len(self), np.bool_)
        return np.asarray(self.demanded_on <= self.period_ends_on)

    @functools.cached_property
    def liable_until(self) -> Days:
        """Last day the guarantor is bound, NaT while open-ended."""
        ends = self.period_ends_on.copy()
        ends[self.is_demanded_in_time] = _NAT
        return ends

    @functools.cached_property
    def ended_on(self) -> Days:
        """First day the row no longer counts (lapsed, released or settled), NaT for none."""
        ends = self.liable_until + _ONE_DAY
        for other in (self.released_on, self.settled_on):
            if other is not None:
                ends = np.fmin(ends, other)
        return ends

    @functools.cached_property
    def contract_codes(self) -> tuple[Int64, int]:
        """Each row's contract and the number of contracts; a row without id is its own."""
        if self.contract_id is None:
            return np.arange(len(self), dtype=np.int64), len(self)
        distinct = len(self.contract_id.index)
        codes = self.contract_id.codes.astype(np.int64)
        blank = codes < 0
        codes[blank] = distinct + np.flatnonzero(blank)
        return codes, distinct + len(self)

    def contract_names(self, rows: Int64) -> tuple[str | int, ...]:
        """Return the contracts of some rows, each once, sorted; row numbers stand for blanks."""
        if self.contract_id is None:
            return tuple(np.sort(rows).tolist())
        codes = self.contract_id.codes[rows]
        own = np.sort(rows[codes < 0]).tolist()
        return (*self.contract_id.distinct(rows), *own)

    @functools.cached_property
    def digest(self) -> str:
        """A short hash of the content, the same however the columns were brought."""
        found = hashlib.sha256()
        for name, column in sorted(self.to_columns().items()):
            parts = sorted(column.items()) if isinstance(column, Mapping) else [("", column)]
            for key, values in parts:
                found.update(f"{name}/{key}\0".encode())
                found.update(repr(np.asarray(values).tolist()).encode())
        return found.hexdigest()[:16]


def refuse_wide_months(column: Ints | None) -> None:
    """Refuse guarantee periods that no calendar holds."""
    if column is not None and (wide := np.abs(column.values) > _MOST_MONTHS).any():
        first = int(np.argmax(wide))
        message = (
            f"guarantee_months must be at most {_MOST_MONTHS}, {int(wide.sum())} rows are not, "
            f"the first at row {first} ({int(column.values[first])})"
        )
        raise InputError(
            message, column="guarantee_months", count=int(wide.sum()), first_row=first
        )
