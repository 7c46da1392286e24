"""What a price is made of: the loan prime rate, costs, the loan's terms, and the price list."""

import datetime
import functools
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias, get_args

import attrs

from ruralcredit.errors import CreditError, TableError
from ruralcredit.policy import DecisionTable, Field, Row
from ruralcredit.products._checks import (
    a_day,
    a_share,
    a_word,
    an_amount,
    checked,
    digest_of,
    maybe,
)
from ruralcredit.products._reasons import DAY_COUNT, PRICE_CAP, REPRICING_MONTHS
from ruralcredit.reasons import Basis, BasisWord, Figure
from ruralcredit.values import Fen, round_ratio

__all__ = ["PRICING", "LoanCosts", "LoanTerms", "Lpr", "LprTenor", "PricePolicy"]

LprTenor: TypeAlias = Literal["1Y", "5Y"]
"""The two tenors of the loan prime rate: one year, and more than five years."""

TENORS: Final = get_args(LprTenor)
FACTORS: Final = ("entity", "term", "security", "contribution")
COSTS: Final = ("funding_ppm", "operating_ppm", "expected_loss_ppm", "capital_ppm")
_PPM_OF_BP: Final = 100
_BP: Final = 10_000


@attrs.frozen(kw_only=True)
class Lpr:
    """One quote of the loan prime rate (贷款市场报价利率, LPR).

    Attributes:
        tenor: "1Y", or "5Y" for more than five years.
        quoted_on: The day it was published.
        rate_bp: The rate in basis points a year.

    Raises:
        CreditError: If the tenor is neither of the two, or a value is out of range.

    >>> Lpr(tenor="1Y", quoted_on=datetime.date(2023, 8, 21), rate_bp=345).rate_bp
    345
    """

    tenor: LprTenor = attrs.field()
    quoted_on: datetime.date = attrs.field(validator=checked(a_day))
    rate_bp: int = attrs.field(validator=checked(a_share))

    @tenor.validator
    def _is_tenor(self, _: "attrs.Attribute[str]", tenor: object) -> None:
        if tenor not in TENORS:
            raise CreditError(f"Lpr.tenor must be one of {', '.join(TENORS)}, got {tenor!r}")


@attrs.frozen(kw_only=True)
class LoanCosts:
    """What a loan costs the bank a year, in parts per million of its balance (成本).

    Attributes:
        funding_ppm: Cost of funds (资金成本); None where unknown, as for the others.
        operating_ppm: Cost of running it (运营成本).
        expected_loss_ppm: Expected loss (预期损失).
        capital_ppm: Cost of the capital that it binds (资本成本).

    Raises:
        CreditError: If a cost is no whole number from 0 on.

    >>> LoanCosts(funding_ppm=19_000, operating_ppm=8_000, expected_loss_ppm=4_550,
    ...           capital_ppm=4_200).floor_bp
    358
    """

    funding_ppm: int | None = attrs.field(validator=maybe(an_amount))
    operating_ppm: int | None = attrs.field(validator=maybe(an_amount))
    expected_loss_ppm: int | None = attrs.field(validator=maybe(an_amount))
    capital_ppm: int | None = attrs.field(validator=maybe(an_amount))

    @classmethod
    def from_risk(
        cls,
        *,
        funding_ppm: int,
        operating_ppm: int,
        default_bp: int,
        loss_given_default_bp: int,
        risk_weight_bp: int,
        capital_ratio_bp: int,
        capital_return_bp: int,
    ) -> "LoanCosts":
        """Return costs from the figures of risk and capital, each rounded up to a part.

        Expected loss = probability of default x loss given default; capital = risk weight x
        capital ratio x return on capital.

        Args:
            funding_ppm: Cost of funds, as the attribute.
            operating_ppm: Cost of running it, as the attribute.
            default_bp: Share of such loans that default in a year (违约率).
            loss_given_default_bp: Share lost of those (违约损失率).
            risk_weight_bp: Risk weight (风险权重); it may exceed the whole.
            capital_ratio_bp: Capital to be held against it (资本充足率).
            capital_return_bp: What capital must earn a year (资本回报率).

        Raises:
            CreditError: If a figure is no whole number or out of range.

        >>> costs = LoanCosts.from_risk(
        ...     funding_ppm=19_000, operating_ppm=8_000, default_bp=100,
        ...     loss_given_default_bp=4_500, risk_weight_bp=7_500, capital_ratio_bp=1_050,
        ...     capital_return_bp=1_100)
        >>> costs.expected_loss_ppm, costs.capital_ppm
        (4500, 8663)
        """
        loss = a_share(default_bp, "default_bp") * a_share(
            loss_given_default_bp, "loss_given_default_bp"
        )
        capital = (
            an_amount(risk_weight_bp, "risk_weight_bp")
            * a_share(capital_ratio_bp, "capital_ratio_bp")
            * a_share(capital_return_bp, "capital_return_bp")
        )
        return cls(
            funding_ppm=funding_ppm,
            operating_ppm=operating_ppm,
            expected_loss_ppm=-(-loss * _PPM_OF_BP // _BP),
            capital_ppm=-(-capital * _PPM_OF_BP // _BP**2),
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """The costs that are not known.

        >>> LoanCosts(funding_ppm=None, operating_ppm=0, expected_loss_ppm=0,
        ...           capital_ppm=0).missing
        ('funding_ppm',)
        """
        return tuple(name for name in COSTS if getattr(self, name) is None)

    @property
    def floor_bp(self) -> int | None:
        """The sum of all four, rounded up to a basis point; None where one is unknown.

        >>> LoanCosts(funding_ppm=10_001, operating_ppm=0, expected_loss_ppm=0,
        ...           capital_ppm=0).floor_bp
        101
        """
        if self.missing:
            return None
        total: int = sum(getattr(self, name) for name in COSTS)
        return -(-total // _PPM_OF_BP)


@attrs.frozen(kw_only=True)
class LoanTerms:
    """What the price of a loan depends on (定价要素); None is unknown.

    Attributes:
        entity: Who borrows (主体类别), a word of the price list.
        term_months: For how long (贷款期限).
        security: How it is secured (担保方式): what limits and price go by, so "unsecured" for
            a loan that is deemed so.
        contribution: What the customer brings the bank altogether (综合贡献), a word.
        amount_fen: How much, where fees are charged.
        fees_fen: Fees of the whole term (费用).
        average_principal_fen: Principal in use on average; None, the whole amount.
        drawn_on: The day it is drawn; None, the day asked for.

    Raises:
        CreditError: If a number is negative or no whole number, or a word blank.

    >>> LoanTerms(entity="farmer", term_months=12, security="unsecured",
    ...           contribution="none").term_months
    12
    """

    entity: str | None = attrs.field(validator=maybe(a_word))
    term_months: int | None = attrs.field(validator=maybe(an_amount))
    security: str | None = attrs.field(validator=maybe(a_word))
    contribution: str | None = attrs.field(validator=maybe(a_word))
    amount_fen: Fen | None = attrs.field(default=None, validator=maybe(an_amount))
    fees_fen: Fen | None = attrs.field(default=0, validator=maybe(an_amount))
    average_principal_fen: Fen | None = attrs.field(default=None, validator=maybe(an_amount))
    drawn_on: datetime.date | None = attrs.field(default=None, validator=maybe(a_day))

    def annual_fees_bp(self) -> int | None:
        """Return the fees of the term as simple yearly interest; None where unknown.

        >>> LoanTerms(entity="farmer", term_months=24, security="unsecured", contribution="none",
        ...           amount_fen=100_000_00, fees_fen=1_000_00).annual_fees_bp()
        50
        """
        if self.fees_fen == 0:
            return 0
        principal = self.average_principal_fen or self.amount_fen
        if self.fees_fen is None or not principal or not self.term_months:
            return None
        return round_ratio(self.fees_fen * 12 * _BP, principal * self.term_months)


def _points(table: DecisionTable, name: str, *, low: int | None, high: int | None) -> None:
    """Refuse a table that does not give one whole number of points in every row."""
    if table.hit == "collect":
        raise TableError(f"table {table.id} must give one {name} for a case, not collect several")
    for row in table.rows:
        points = row.then.get(name)
        if (
            not isinstance(points, int)
            or isinstance(points, bool)
            or (low is not None and points < low)
            or (high is not None and points > high)
        ):
            wanted = "0 or more" if low == 0 else "0 or less" if high == 0 else "a whole number"
            raise TableError(
                f"row {row.id} of {table.id} must give {name} as {wanted}, got {points!r}",
                rows=(row.id,),
            )


def _count(figure: object, name: str) -> None:
    value = figure.value if isinstance(figure, Figure) else None
    if not isinstance(value, int) or value < 1:
        raise CreditError(f"PricePolicy.{name} must be a Figure of 1 or more, got {figure!r}")


@attrs.frozen(kw_only=True)
class PricePolicy:
    """A price list (差别化定价): points on the loan prime rate, a cap, and discounts.

    Attributes:
        entity: A table over `LoanTerms` that gives ``points_bp`` for who borrows.
        term: The same for the term.
        security: The same for the security.
        contribution: The same for the contribution; it may only lower a price.
        discount: A table over facts of the bank's own, such as the share of deposits in the
            loan (存贷联动), that gives ``discount_bp`` of 0 or more; without a row, nothing.
        tenor: A table over ``term_months`` that gives the ``tenor`` of the loan prime rate.
        cap: The highest list price, in basis points.
        repricing: Months from the day of drawing to each repricing (重定价周期).
        day_count: Days of a year for interest.
        id: The list's name.
        version: The version, as the bank names it.

    Raises:
        TableError: If a table asks for facts that it cannot have, or gives no whole points; if
            contribution raises a price, or a discount is negative.
        CreditError: If a figure is none.

    >>> PRICING.cap.value
    1000
    """

    entity: DecisionTable = attrs.field(repr=lambda table: table.id)
    term: DecisionTable = attrs.field(repr=lambda table: table.id)
    security: DecisionTable = attrs.field(repr=lambda table: table.id)
    contribution: DecisionTable = attrs.field(repr=lambda table: table.id)
    discount: DecisionTable = attrs.field(repr=lambda table: table.id)
    tenor: DecisionTable = attrs.field(repr=lambda table: table.id)
    cap: Figure = attrs.field(repr=False)
    repricing: Figure = attrs.field(repr=False)
    day_count: Figure = attrs.field(repr=False)
    id: str = attrs.field(default="products.pricing", validator=checked(a_word))
    version: str = attrs.field(default="1", validator=checked(a_word))

    def __attrs_post_init__(self) -> None:
        """Refuse tables that cannot give points, and figures that are none."""
        known = {"entity", "term_months", "security", "contribution", "amount_fen"}
        for name, table in self.factors:
            odd = [field.name for field in table.fields if field.name not in known]
            if odd:
                raise TableError(
                    f"table {table.id} must ask for {', '.join(sorted(known))}, "
                    f"got {', '.join(odd)}"
                )
            _points(table, "points_bp", low=None, high=0 if name == "contribution" else None)
        _points(self.discount, "discount_bp", low=0, high=None)
        asked = tuple(field.name for field in self.tenor.fields)
        gives = all(row.then.get("tenor") in TENORS for row in self.tenor.rows)
        if asked != ("term_months",) or not gives or self.tenor.hit == "collect":
            raise TableError(
                f"table {self.tenor.id} must ask for term_months and give one tenor of "
                f"{', '.join(TENORS)} in every row"
            )
        for name in ("cap", "repricing", "day_count"):
            _count(getattr(self, name), name)

    @property
    def factors(self) -> tuple[tuple[str, DecisionTable], ...]:
        """The four factors with their tables, in order.

        >>> [name for name, _ in PRICING.factors]
        ['entity', 'term', 'security', 'contribution']
        """
        return tuple((name, getattr(self, name)) for name in FACTORS)

    @functools.cached_property
    def digest(self) -> str:
        """A short hash of the list's content: equal lists have equal digests.

        >>> len(PRICING.digest)
        16
        """
        return digest_of(self)

    def asked(self, as_of: datetime.date) -> Basis:
        """Return what an answer names as asked.

        >>> PRICING.asked(datetime.date(2026, 1, 1)).as_of
        datetime.date(2026, 1, 1)
        """
        return Basis(id=self.id, version=self.version, digest=self.digest, as_of=as_of)


_G34: Final = "row G34 of the inventory names the four factors and no points"
_G35: Final = "row G35 of the inventory names the discount by deposits and no tiers"


def _table(
    id_: str,
    field: Field,
    rows: Iterable[tuple[str, object, int, str, str]],
    *,
    gives: str = "points_bp",
    cite: str = _G34,
) -> DecisionTable:
    basis: BasisWord = "project proposal"
    return DecisionTable(
        id_,
        [field],
        [
            Row(
                id_of_row,
                when={field.name: test},
                then={gives: points},
                reason={"en": en, "zh": zh},
                cite=cite,
                basis=basis,
            )
            for id_of_row, test, points, en, zh in rows
        ],
    )


_ENTITY: Final = _table(
    "products.points_entity",
    Field(
        "entity", "enum", values=("farmer", "sole_trader", "micro_firm", "person", "other_firm")
    ),
    (
        ("farmer", "farmer", 60, "farm household", "农户"),
        ("sole_trader", "sole_trader", 90, "sole trader", "个体工商户"),
        ("micro_firm", "micro_firm", 120, "micro or small firm", "小微企业"),
        ("person", "person", 150, "other person", "其他自然人"),
        ("other_firm", "other_firm", 100, "other firm", "其他企业"),
    ),
)
_TERM: Final = _table(
    "products.points_term",
    Field("term_months", "int", unit="months", low=1),
    (
        ("short", {"le": 12}, 0, "up to one year", "1年以内"),
        ("medium", {"gt": 12, "le": 36}, 20, "more than one and up to three years", "1至3年"),
        ("long", {"gt": 36}, 40, "more than three years", "3年以上"),
    ),
)
_SECURITY: Final = _table(
    "products.points_security",
    Field("security", "enum", values=("unsecured", "guaranteed", "mortgaged", "pledged")),
    (
        ("unsecured", "unsecured", 80, "without security", "信用"),
        ("guaranteed", "guaranteed", 30, "guaranteed", "保证"),
        ("mortgaged", "mortgaged", 10, "mortgaged", "抵押"),
        ("pledged", "pledged", 0, "pledged", "质押"),
    ),
)
_CONTRIBUTION: Final = _table(
    "products.points_contribution",
    Field("contribution", "enum", values=("none", "some", "high")),
    (
        ("none", "none", 0, "no other business", "无综合贡献"),
        ("some", "some", -20, "some other business", "有综合贡献"),
        ("high", "high", -40, "much other business", "综合贡献较高"),
    ),
)
_DISCOUNT: Final = _table(
    "products.deposit_discount",
    Field("deposit_share_bp", "int", unit="bp", low=0),
    (
        (
            "some",
            {"ge": 1_000, "lt": 3_000},
            5,
            "deposits from 10 % of the loan",
            "存款达到贷款的10%",
        ),
        (
            "much",
            {"ge": 3_000, "lt": 5_000},
            10,
            "deposits from 30 % of the loan",
            "存款达到贷款的30%",
        ),
        ("half", {"ge": 5_000}, 20, "deposits from half of the loan", "存款达到贷款的50%"),
    ),
    gives="discount_bp",
    cite=_G35,
)
_TENOR: Final = DecisionTable(
    "products.lpr_tenor",
    [Field("term_months", "int", unit="months")],
    [
        Row(
            id_,
            when={"term_months": test},
            then={"tenor": tenor},
            reason={"en": en, "zh": zh},
            cite="practice 2.17: the loan prime rate has a tenor of one year and one of more "
            "than five years",
            basis="regulation, from general knowledge",
        )
        for id_, test, tenor, en, zh in (
            ("one_year", {"le": 60}, "1Y", "up to five years", "5年以内"),
            ("five_years", {"gt": 60}, "5Y", "more than five years", "5年以上"),
        )
    ],
)

PRICING: Final = PricePolicy(
    entity=_ENTITY,
    term=_TERM,
    security=_SECURITY,
    contribution=_CONTRIBUTION,
    discount=_DISCOUNT,
    tenor=_TENOR,
    cap=PRICE_CAP,
    repricing=REPRICING_MONTHS,
    day_count=DAY_COUNT,
)
"""A price list to start from: the sources name the factors and give no points."""
