"""The look-back on new products: counts, money and ratios by customer, security, term, limit."""

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias, get_args

import attrs
import numpy as np

from ruralcredit.columns import (
    Ints,
    bool_column,
    day_column,
    encode_ids,
    same_length,
    word_column,
)
from ruralcredit.errors import CreditError, InputError, TableError
from ruralcredit.policy import ColumnAnswer, DecisionTable, Field, Row
from ruralcredit.products._checks import a_day
from ruralcredit.products._columns import Bool, Int64, amounts, brought
from ruralcredit.products._reasons import SMALL_CELL, SMALL_CELL_LOANS, UNKNOWN_LAUNCH, based
from ruralcredit.reasons import Basis, Figure, Reason
from ruralcredit.values import Fen, Ratio

__all__ = [
    "LOOK_BACK",
    "Dimension",
    "LookBack",
    "LookBackCell",
    "LookBackPolicy",
    "look_back",
]

Dimension: TypeAlias = Literal["customer_kind", "security", "term", "limit"]
"""The four dimensions: 客户类型, 担保方式, 贷款期限, 授信额度."""

_DIMENSIONS: Final = get_args(Dimension)
_CATEGORIES: Final = ("normal", "special_mention", "substandard", "doubtful", "loss")
_FIRST_BAD: Final = 2
_LIMB: Final = 21
_D23: Final = "row D23 of the inventory"


def _band(id_: str, field: str, ends: Mapping[str, int], en: str, zh: str) -> Row:
    return Row(
        id_,
        when={field: ends},
        then={"band": id_},
        reason={"en": en, "zh": zh},
        cite=f"{_D23} names the dimension and no bands",
        basis="project proposal",
    )


@attrs.frozen(kw_only=True)
class LookBackPolicy:
    """Which products are looked back on, and in which bands (评估返检口径).

    Attributes:
        scope: A table over ``launched_on`` that gives ``in_scope``.
        terms: A table over ``term_months`` that gives ``band``.
        limits: A table over ``limit_fen`` that gives ``band``.
        small_cell: Cells of fewer loans are flagged.

    Raises:
        TableError: If a table asks for another fact or does not give its outcome.

    >>> LOOK_BACK.small_cell.value
    30
    """

    scope: DecisionTable = attrs.field(repr=lambda table: table.id)
    terms: DecisionTable = attrs.field(repr=lambda table: table.id)
    limits: DecisionTable = attrs.field(repr=lambda table: table.id)
    small_cell: Figure = attrs.field(repr=lambda figure: str(figure.value))

    def __attrs_post_init__(self) -> None:
        """Refuse tables that ask for something else than their one fact."""
        for table, name, given in (
            (self.scope, "launched_on", "in_scope"),
            (self.terms, "term_months", "band"),
            (self.limits, "limit_fen", "band"),
        ):
            asked = tuple(field.name for field in table.fields)
            gives = all(given in row.then for row in table.rows)
            if asked != (name,) or not gives or table.hit == "collect":
                raise TableError(
                    f"table {table.id} must ask for {name} and give {given} in every row, got "
                    f"fields {', '.join(asked)} and hit policy {table.hit}"
                )
        if not isinstance(self.small_cell.value, int) or self.small_cell.value < 0:
            raise CreditError(
                f"LookBackPolicy.small_cell must be a number of loans, got {self.small_cell}"
            )

    @property
    def least(self) -> int:
        """The loans from which a cell is not small.

        >>> LOOK_BACK.least
        30
        """
        return int(self.small_cell.value)


LOOK_BACK: Final = LookBackPolicy(
    scope=DecisionTable(
        "products.look_back_scope",
        [Field("launched_on", "date")],
        [
            Row(
                "new",
                when={"launched_on": {"ge": datetime.date(2022, 1, 1)}},
                then={"in_scope": True},
                reason={"en": "launched in 2022 or later", "zh": "2022年以来上线"},
                cite=_D23,
                basis="source document",
            ),
            Row(
                "old",
                when={"launched_on": {"lt": datetime.date(2022, 1, 1)}},
                then={"in_scope": False},
                reason={"en": "launched before 2022", "zh": "2022年以前上线"},
                cite=_D23,
                basis="source document",
            ),
        ],
    ),
    terms=DecisionTable(
        "products.look_back_terms",
        [Field("term_months", "int", unit="months")],
        [
            _band("up_to_1_year", "term_months", {"le": 12}, "up to one year", "1年以内"),
            _band(
                "1_to_3_years",
                "term_months",
                {"gt": 12, "le": 36},
                "more than one and up to three years",
                "1至3年",
            ),
            _band("over_3_years", "term_months", {"gt": 36}, "more than three years", "3年以上"),
        ],
    ),
    limits=DecisionTable(
        "products.look_back_limits",
        [Field("limit_fen", "int", unit="fen")],
        [
            _band(
                "up_to_100k",
                "limit_fen",
                {"le": 100_000_00},
                "up to 100,000 yuan",
                "10万元以内",
            ),
            _band(
                "100k_to_500k",
                "limit_fen",
                {"gt": 100_000_00, "le": 500_000_00},
                "more than 100,000 and up to 500,000 yuan",
                "10万至50万元",
            ),
            _band(
                "500k_to_1m",
                "limit_fen",
                {"gt": 500_000_00, "le": 1_000_000_00},
                "more than 500,000 and up to one million yuan",
                "50万至100万元",
            ),
            _band(
                "1m_to_10m",
                "limit_fen",
                {"gt": 1_000_000_00, "le": 10_000_000_00},
                "more than one and up to ten million yuan",
                "100万至1000万元",
            ),
            _band(
                "over_10m",
                "limit_fen",
                {"gt": 10_000_000_00},
                "more than ten million yuan",
                "1000万元以上",
            ),
        ],
    ),
    small_cell=SMALL_CELL_LOANS,
)
"""Products launched from 2022 on (2022年以来上线), in bands that the source leaves open."""


@attrs.frozen(kw_only=True)
class LookBackCell:
    """One cell of a look-back: loans that are alike in the dimensions asked (返检单元).

    Attributes:
        by: The dimensions.
        labels: The label in each of them; None where the fact is unknown.
        loans: How many loans.
        balance_fen: Their balance, of those whose balance is known.
        npl: Non-performing loans of those whose category is known, by number.
        npl_fen: The same by balance, of loans whose balance is known too.
        overdue: Loans overdue by a day or more of those whose delay is known, by number.
        overdue_fen: The same by balance, of loans whose balance is known too.
        passed: Applications that passed of those whose result is known; None where the
            applications were not brought.
        is_small: Whether there are too few loans to read the ratios without care.
        reasons: Why it is flagged.

    >>> cell = look_back({"launched_on": [datetime.date(2022, 1, 1)], "category": ["loss"]},
    ...                  as_of=datetime.date(2026, 1, 1)).cells[0]
    >>> cell.npl, cell.overdue, cell.is_small
    (Ratio(part=1, whole=1), Ratio(part=0, whole=0), True)
    """

    by: tuple[Dimension, ...]
    labels: tuple[str | int | None, ...]
    loans: int
    balance_fen: Fen
    npl: Ratio
    npl_fen: Ratio
    overdue: Ratio
    overdue_fen: Ratio
    passed: Ratio | None = None
    is_small: bool
    reasons: tuple[Reason, ...] = attrs.field(default=(), repr=False)


@attrs.frozen(kw_only=True)
class LookBack:
    """What became of the loans of new products (新产品评估返检).

    Attributes:
        cells: The cells, dimension by dimension, unknown labels last.
        in_scope: Rows of products in scope.
        out_of_scope: Rows of older products.
        undetermined: Rows of products whose launch day is unknown.
        reasons: What the reader must know.
        basis: The scope asked, and the day.

    >>> found = look_back({"launched_on": [datetime.date(2021, 12, 31), None]},
    ...                   as_of=datetime.date(2026, 1, 1))
    >>> found.in_scope, found.out_of_scope, found.undetermined
    (0, 1, 1)
    """

    cells: tuple[LookBackCell, ...] = attrs.field(repr=lambda cells: f"({len(cells)} cells)")
    in_scope: int
    out_of_scope: int
    undetermined: int
    reasons: tuple[Reason, ...] = attrs.field(default=(), repr=False)
    basis: Basis = attrs.field(repr=False)

    def cells_of(self, *by: Dimension) -> tuple[LookBackCell, ...]:
        """Return the cells of one grouping.

        >>> found = look_back({"launched_on": [datetime.date(2022, 1, 1)]},
        ...                   as_of=datetime.date(2026, 1, 1))
        >>> [cell.labels for cell in found.cells_of("security")]
        [(None,)]
        """
        return tuple(cell for cell in self.cells if cell.by == by)


@attrs.frozen(eq=False)
class _Loans:
    """The rows in scope: what is counted of them."""

    is_loan: Bool
    balance: Ints
    is_bad: Bool
    is_category_known: Bool
    is_overdue: Bool
    is_delay_known: Bool
    passed: tuple[Bool, Bool] | None


_COLUMNS: Final = (
    "launched_on",
    "customer_kind",
    "security",
    "term_months",
    "limit_fen",
    "balance_fen",
    "category",
    "overdue_days",
    "passed",
)


def look_back(
    loans: Mapping[str, object],
    *,
    by: Sequence[Sequence[Dimension]] = (("customer_kind",), ("security",), ("term",), ("limit",)),
    policy: LookBackPolicy = LOOK_BACK,
    as_of: datetime.date,
) -> LookBack:
    """Look back on the loans of new products over four dimensions (评估返检).

    Args:
        loans: Columns of equal length, one row per loan: ``launched_on`` of its product;
            ``customer_kind`` and ``security``, words of the bank's own; ``term_months``,
            ``limit_fen``, ``balance_fen``, ``overdue_days``; ``category``, one of normal,
            special_mention, substandard, doubtful, loss (五级分类).  With a column ``passed``
            rows are applications, and those that did not pass are no loans.  A column left out
            is unknown in every row.
        by: The groupings: each one dimension, or several crossed.
        policy: What counts as new, and the bands.
        as_of: The day of the figures.

    Returns:
        A cell for each combination that occurs.  Rows with an unknown fact stand under None
        and are never dropped; a ratio counts only rows whose fact is known.

    Raises:
        CreditError: If a column is none of these, a value does not fit, a grouping is empty,
            repeats or names no dimension, or a product was launched after the day.

    Source:
        Row D23 of the inventory, which names scope and dimensions, and no metric.

    >>> day = datetime.date(2023, 6, 1)
    >>> found = look_back({"launched_on": [day] * 2, "security": ["unsecured"] * 2,
    ...                    "overdue_days": [0, 31], "balance_fen": [100, 300]},
    ...                   as_of=datetime.date(2026, 1, 1))
    >>> cell = found.cells_of("security")[0]
    >>> cell.labels, cell.overdue, cell.overdue_fen
    (('unsecured',), Ratio(part=1, whole=2), Ratio(part=300, whole=400))
    """
    day = a_day(as_of, "as_of")
    groupings = [_grouping(one) for one in by]
    unknown = [name for name in loans if name not in _COLUMNS]
    if unknown:
        raise CreditError(
            f"columns of a look-back must be of {', '.join(_COLUMNS)}, got {', '.join(unknown)}"
        )
    rows = same_length(loans)
    scope = _scope(loans.get("launched_on"), policy, rows=rows, as_of=day)
    found = scope.outcome("in_scope")
    is_new = np.asarray(np.ma.filled(found, fill_value=False), np.bool_)
    in_scope, known = int(is_new.sum()), int(np.ma.count(found))
    open_rows = rows - known
    counted = _counted(loans, rows)
    labels = {
        name: _labels(loans, name, policy, rows) for name in {d for g in groupings for d in g}
    }
    cells = [
        cell
        for grouping in groupings
        for cell in _cells(grouping, [labels[name] for name in grouping], is_new, counted, policy)
    ]
    return LookBack(
        cells=tuple(cells),
        in_scope=in_scope,
        out_of_scope=known - in_scope,
        undetermined=open_rows,
        reasons=(UNKNOWN_LAUNCH.given(loans=open_rows),) if open_rows else (),
        basis=Basis(
            id=policy.scope.id, version=policy.scope.version, digest=policy.scope.digest, as_of=day
        ),
    )


def _grouping(dimensions: Sequence[Dimension]) -> tuple[Dimension, ...]:
    if isinstance(dimensions, str):
        raise CreditError(
            f"a grouping must hold dimensions, got {dimensions!r}: write one in a tuple"
        )
    found = tuple(dimensions)
    for name in found:
        if name not in _DIMENSIONS:
            raise CreditError(f"a dimension must be one of {', '.join(_DIMENSIONS)}, got {name!r}")
    if not found or len(set(found)) < len(found):
        raise CreditError(f"a grouping must hold each of its dimensions once, got {found!r}")
    return found


def _scope(
    values: object, policy: LookBackPolicy, *, rows: int, as_of: datetime.date
) -> ColumnAnswer:
    if values is None:
        return policy.scope.decide_columns({"launched_on": [None] * rows})
    days = day_column("launched_on", values)
    late = days > np.datetime64(as_of)
    if late.any():
        first, count = int(np.argmax(late)), int(late.sum())
        raise InputError(
            f"launched_on must not lie after as_of {as_of}, {count} "
            f"{'row does' if count == 1 else 'rows do'}, the first at row {first} ({days[first]})",
            column="launched_on",
            count=count,
            first_row=first,
        )
    return policy.scope.decide_columns({"launched_on": days})


def _counted(loans: Mapping[str, object], rows: int) -> _Loans:
    category = word_column(
        "category",
        [None] * rows if loans.get("category") is None else loans["category"],
        words=_CATEGORIES,
    )
    delay = amounts("overdue_days", loans.get("overdue_days"), rows=rows, money=False)
    passed = None if loans.get("passed") is None else bool_column("passed", loans["passed"])
    return _Loans(
        is_loan=np.ones(rows, np.bool_) if passed is None else passed[0] | ~passed[1],
        balance=amounts("balance_fen", loans.get("balance_fen"), rows=rows),
        is_bad=category.codes >= _FIRST_BAD,
        is_category_known=category.codes >= 0,
        is_overdue=delay.values > 0,
        is_delay_known=delay.known,
        passed=passed,
    )


_Labels: TypeAlias = tuple[Int64, tuple[str | int, ...]]


def _labels(
    loans: Mapping[str, object], name: Dimension, policy: LookBackPolicy, rows: int
) -> _Labels:
    """Return each row's position among the labels of a dimension, unknown after the last."""
    banded = {"term": ("term_months", policy.terms), "limit": ("limit_fen", policy.limits)}
    if name not in banded:
        return _words_of(name, loans.get(name), rows)
    fact, table = banded[name]
    column = amounts(fact, loans.get(fact), rows=rows, money=fact == "limit_fen")
    row = table.decide_columns({fact: brought(column.values, column.known)}).row
    bands = [str(one.then["band"]) for one in table.rows]
    labels = tuple(dict.fromkeys(bands))
    # The last one is read where no row decides.
    places = np.array([*(labels.index(band) for band in bands), len(labels)])
    return places[np.maximum(row, -1)], labels


def _words_of(name: str, values: object, rows: int) -> _Labels:
    if values is None:
        return np.zeros(rows, np.int64), ()
    index, columns = encode_ids({name: values})
    ranks = index.ranks()
    labels = index.known_ids(np.argsort(ranks))
    return np.append(ranks, len(labels))[columns[name]], tuple(labels)


@attrs.frozen(eq=False)
class _Grouped:
    """The rows in scope, each with the number of its cell."""

    key: Int64
    is_new: Bool
    cells: int

    def count(self, which: Bool) -> list[int]:
        found: list[int] = np.bincount(self.key[which[self.is_new]], minlength=self.cells).tolist()
        return found

    def sum(self, values: Int64, which: Bool) -> list[int]:
        """Return sums of whole numbers, in limbs so small that floats add them exactly."""
        key, chosen = self.key[which[self.is_new]], values[self.is_new & which]
        totals = [0] * self.cells
        for shift in range(0, 63, _LIMB):
            limb = chosen >> shift & (1 << _LIMB) - 1
            sums = np.bincount(key, weights=limb, minlength=self.cells).tolist()
            totals = [total + (int(one) << shift) for total, one in zip(totals, sums, strict=True)]
        return totals


def _cells(
    by: tuple[Dimension, ...],
    labels: Sequence[_Labels],
    is_new: Bool,
    counted: _Loans,
    policy: LookBackPolicy,
) -> Iterable[LookBackCell]:
    sizes = [len(words) + 1 for _, words in labels]
    key = np.ravel_multi_index(tuple(codes[is_new] for codes, _ in labels), sizes)
    grouped = _Grouped(np.asarray(key, np.int64), is_new, math.prod(sizes))
    known = counted.is_loan & counted.balance.known
    loans, least = grouped.count(counted.is_loan), policy.least
    balance = grouped.sum(counted.balance.values, known)
    ratios = _ratios(grouped, counted, known)
    for place in np.flatnonzero(grouped.count(is_new)).tolist():
        at = np.unravel_index(place, sizes)
        small = based(SMALL_CELL, policy.small_cell, loans=loans[place], least=least)
        yield LookBackCell(
            by=by,
            labels=tuple(
                words[int(one)] if one < len(words) else None
                for one, (_, words) in zip(at, labels, strict=True)
            ),
            loans=loans[place],
            balance_fen=balance[place],
            npl=ratios["npl"][place],
            npl_fen=ratios["npl_fen"][place],
            overdue=ratios["overdue"][place],
            overdue_fen=ratios["overdue_fen"][place],
            passed=ratios["passed"][place] if "passed" in ratios else None,
            is_small=loans[place] < least,
            reasons=(small,) if loans[place] < least else (),
        )


def _ratios(grouped: _Grouped, counted: _Loans, known: Bool) -> dict[str, list[Ratio]]:
    """Return the ratios of every cell: parts and wholes whose fact is known."""
    graded = counted.is_loan & counted.is_category_known
    timed = counted.is_loan & counted.is_delay_known
    bad, late, balance = (
        graded & counted.is_bad,
        timed & counted.is_overdue,
        counted.balance.values,
    )
    found = {
        "npl": (grouped.count(bad), grouped.count(graded)),
        "npl_fen": (grouped.sum(balance, bad & known), grouped.sum(balance, graded & known)),
        "overdue": (grouped.count(late), grouped.count(timed)),
        "overdue_fen": (grouped.sum(balance, late & known), grouped.sum(balance, timed & known)),
    }
    if counted.passed is not None:
        is_passed, is_known = counted.passed
        found["passed"] = grouped.count(is_passed), grouped.count(is_known)
    return {
        name: [Ratio(part, whole) for part, whole in zip(*counts, strict=True)]
        for name, counts in found.items()
    }
