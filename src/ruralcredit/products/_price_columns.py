"""Prices of a column of loans: the numbers of `price`, row by row."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Final

import attrs
import numpy as np

from ruralcredit.columns import Ints, same_length
from ruralcredit.errors import CreditError
from ruralcredit.policy import ColumnAnswer, DecisionTable
from ruralcredit.products._checks import a_day
from ruralcredit.products._columns import Bool, Int64, amounts, ints
from ruralcredit.products._price import PricePolicyInForce, price_list, quotes_of
from ruralcredit.products._pricing import COSTS, PRICING, Lpr
from ruralcredit.reasons import Basis, Status

__all__ = ["PriceColumns", "price_columns"]

# What the row numbers of a table's answer stand for, and the order in which they prevail.
_STATUS_OF: Final[Mapping[int, Status]] = {-3: "conflict", -1: "none", -2: "undetermined"}
_FACTS: Final = ("entity", "term_months", "security", "contribution", "amount_fen")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class PriceColumns:
    """The prices of a column of loans; each unknown unless its row is decided.

    Attributes:
        rate_bp: The rates to be agreed.
        list_bp: The rates before discounts.
        floor_bp: The floors, known where all four costs are.
        discount_bp: The discounts granted.
        basis: The price list asked.

    >>> found = price_columns(
    ...     {"entity": ["farmer"], "term_months": [12], "security": ["pledged"],
    ...      "contribution": ["none"]},
    ...     lpr=Lpr(tenor="1Y", quoted_on=datetime.date(2024, 1, 22), rate_bp=345),
    ...     costs={"funding_ppm": [19_000], "operating_ppm": [8_000],
    ...            "expected_loss_ppm": [4_500], "capital_ppm": [4_000]},
    ...     as_of=datetime.date(2024, 2, 1))
    >>> found.rate_bp.tolist(), found.statuses()
    ([405], ['decided'])
    """

    rate_bp: Ints
    list_bp: Ints
    floor_bp: Ints
    discount_bp: Ints
    basis: Basis
    _standing: Int64

    def __len__(self) -> int:
        """Count the loans."""
        return len(self.rate_bp)

    def __repr__(self) -> str:
        """Show the number of loans and the price list."""
        return f"PriceColumns({len(self)} loans by {self.basis.id})"

    def statuses(self) -> list[Status]:
        """Return the status of each loan, as ``Price.status``."""
        return [_STATUS_OF.get(code, "decided") for code in self._standing.tolist()]


def price_columns(
    terms: Mapping[str, object],
    *,
    lpr: Lpr | Iterable[Lpr],
    costs: Mapping[str, object],
    conditions: Mapping[str, object] | None = None,
    policy: PricePolicyInForce = PRICING,
    as_of: datetime.date,
) -> PriceColumns:
    """Price a column of loans, each as `price` prices one.

    Args:
        terms: Columns ``entity``, ``term_months``, ``security``, ``contribution`` and, where the
            price list asks for it, ``amount_fen``; one left out is unknown in every row.
        lpr: The quote in force, or one for each tenor.
        costs: Columns of the four costs of `LoanCosts`; one left out is unknown in every row.
        conditions: Columns of the facts on which the discount depends; None, no discount.
        policy: The price list, or its versions by day.
        as_of: The one day asked for.

    Raises:
        CreditError: As `price`; it names the column, the count and the first row.

    >>> found = price_columns(
    ...     {"entity": ["micro_firm", None], "term_months": [12, 12],
    ...      "security": ["guaranteed"] * 2, "contribution": ["some"] * 2},
    ...     lpr=Lpr(tenor="1Y", quoted_on=datetime.date(2024, 1, 22), rate_bp=345),
    ...     costs={name: [5_000, 5_000] for name in (
    ...         "funding_ppm", "operating_ppm", "expected_loss_ppm", "capital_ppm")},
    ...     as_of=datetime.date(2024, 2, 1))
    >>> found.rate_bp.tolist(), found.floor_bp.tolist(), found.statuses()
    ([475, None], [200, 200], ['decided', 'undetermined'])
    """
    day = a_day(as_of, "as_of")
    listed, quotes = price_list(policy, day), quotes_of(lpr, day)
    for given, known, what in ((terms, _FACTS, "terms"), (costs, COSTS, "costs")):
        odd = [name for name in given if name not in known]
        if odd:
            raise CreditError(f"{what} must be of {', '.join(known)}, got {', '.join(odd)}")
    rows = same_length({**terms, **costs, **(conditions or {})})
    asked = [_ask(table, terms, rows) for _, table in listed.factors]
    tenor = _ask(listed.tenor, terms, rows)
    discount = None if conditions is None else _ask(listed.discount, conditions, rows)
    floor, is_floor_known = _floor(costs, rows)
    base, is_quoted = _quoted(tenor, quotes, rows)
    standing = _standing([*asked, tenor], rows)
    if discount is not None:
        # No row grants nothing, as in `price`.
        standing = _graver(standing, np.where(discount.row < -1, discount.row, 0))
    standing = _graver(standing, np.where(is_floor_known & is_quoted, 0, -2))
    raw = base + sum(_points(answer, "points_bp") for answer in asked)
    cap = int(listed.cap.value)
    standing = _graver(standing, np.where((standing == 0) & (floor > cap), -3, 0))
    at_list = np.maximum(np.minimum(raw, cap), floor)
    wanted = np.zeros(rows, np.int64) if discount is None else _points(discount, "discount_bp")
    granted = np.minimum(wanted, at_list - floor)
    is_decided = standing == 0
    return PriceColumns(
        rate_bp=ints(at_list - granted, is_decided),
        list_bp=ints(at_list, is_decided),
        floor_bp=ints(floor, is_floor_known),
        discount_bp=ints(granted, is_decided),
        basis=listed.asked(day),
        standing=standing,
    )


def _ask(table: DecisionTable, columns: Mapping[str, object], rows: int) -> ColumnAnswer:
    names = [field.name for field in table.fields]
    brought = {name: columns[name] for name in names if columns.get(name) is not None}
    return table.decide_columns(brought or {names[0]: [None] * rows})


def _points(answer: ColumnAnswer, name: str) -> Int64:
    found: Int64 = np.ma.filled(answer.outcome(name), 0)
    return found


def _floor(costs: Mapping[str, object], rows: int) -> tuple[Int64, Bool]:
    columns = [amounts(name, costs.get(name), rows=rows, money=False) for name in COSTS]
    known = np.ones(rows, np.bool_)
    total = np.zeros(rows, np.int64)
    for column in columns:
        known &= column.known
        total += column.values
    # Rounded up, as the floor of one loan is.
    return np.negative(np.negative(total) // 100), known


def _quoted(tenor: ColumnAnswer, quotes: Mapping[str, Lpr], rows: int) -> tuple[Int64, Bool]:
    """Return the loan prime rate of each row, and where it is given."""
    words = tenor.outcome("tenor")
    base, known = np.zeros(rows, np.int64), tenor.row < 0
    for word, quote in quotes.items():
        holds = np.asarray(words == word, np.bool_)
        base[holds] = quote.rate_bp
        known |= holds
    return base, known


def _standing(answers: Iterable[ColumnAnswer], rows: int) -> Int64:
    standing = np.zeros(rows, np.int64)
    for answer in answers:
        standing = _graver(standing, np.minimum(answer.row, 0).astype(np.int64))
    return standing


def _graver(one: Int64, other: Int64) -> Int64:
    # From the gravest: conflict -3, none -1, undetermined -2, decided 0.
    order = np.array([0, 2, 1, 3])
    return np.asarray(np.where(order[-one] >= order[-other], one, other))
