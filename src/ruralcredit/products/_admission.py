"""Who may apply: the bank's entry standards, with every rule that an application fails."""

import datetime
import functools
from collections.abc import Mapping
from typing import Final, TypeAlias

import attrs
import numpy as np

from ruralcredit.columns import same_length, word_column
from ruralcredit.errors import CreditError
from ruralcredit.policy import DecisionTable, Field, Row
from ruralcredit.products._catalogue import CATALOGUE
from ruralcredit.products._checks import a_day, a_word, an_amount
from ruralcredit.products._columns import amounts, brought
from ruralcredit.products._verdicts import Rules, VerdictColumns, check_rules, rules_of
from ruralcredit.reasons import BasisWord, Decision
from ruralcredit.values import Dated, FrozenMapping

__all__ = ["ADMISSION", "AdmissionPolicy", "admit", "admit_columns"]

_OVER_CAP: Final = "over_cap_fen"
_BELOW_FLOOR: Final = "below_floor_bp"
_DILIGENCE: Final = "manual_diligence"
# Derived fact -> what it is derived from: the second of two is taken from the first.
_DERIVED: Final[Mapping[str, tuple[str, ...]]] = FrozenMapping(
    {
        _OVER_CAP: ("amount_fen", "cap_fen"),
        _BELOW_FLOOR: ("floor_bp", "annual_rate_bp"),
        _DILIGENCE: ("product",),
    }
)


def _listed(products: Mapping[str, bool]) -> FrozenMapping[str, bool]:
    if not isinstance(products, Mapping):
        raise CreditError(
            f"AdmissionPolicy.products must map products to True or False, got {products!r}"
        )
    for product, is_manual in products.items():
        a_word(product, "a product of AdmissionPolicy.products")
        if not isinstance(is_manual, bool):
            raise CreditError(
                f"AdmissionPolicy.products must say True or False of {product}, got {is_manual!r}"
            )
    return FrozenMapping(products)


@attrs.frozen(kw_only=True)
class AdmissionPolicy:
    """The entry standards of a bank (准入标准): rules, and its products.

    Attributes:
        rules: A table with hit policy "collect"; each row gives ``verdict`` "refer" or
            "refuse", and an application passes where none holds.
        products: Each product that may be applied for, and whether an online application for
            it needs manual due diligence (人工尽调).

    Raises:
        TableError: If the table does not collect, or a row gives another verdict.
        CreditError: If the products are not named with True or False.

    >>> AdmissionPolicy(rules=ADMISSION.rules, products={"e_loan": True}).products["e_loan"]
    True
    """

    rules: DecisionTable = attrs.field(repr=lambda table: table.id)
    products: Mapping[str, bool] = attrs.field(
        converter=_listed, repr=lambda products: f"{len(products)} products"
    )

    def __attrs_post_init__(self) -> None:
        """Refuse rules that cannot be asked."""
        check_rules(self.rules)

    @functools.cached_property
    def ready(self) -> Rules:
        """The rules made ready to be asked."""
        return rules_of(self.rules)


_PERSONS: Final = ("person", "sole_trader")
_G38: Final = "row G38 of the inventory asks for entry standards and gives none"


def _row(
    id_: str,
    when: Mapping[str, object],
    verdict: str,
    en: str,
    zh: str,
    **more: str,
) -> Row:
    basis: BasisWord = "project proposal"
    if "law" in more:
        basis = "regulation, from general knowledge"
    return Row(
        id_,
        when=when,
        then={"verdict": verdict},
        reason={"en": en, "zh": zh},
        cite=more.get("law", more.get("source", _G38)),
        basis=basis,
    )


_RULES: Final = DecisionTable(
    "products.admission",
    [
        Field("stage", "enum", values=("lead_screening", "risk_check")),
        Field(
            "customer_kind", "enum", values=("person", "sole_trader", "firm", "village_collective")
        ),
        Field("age_years", "int", unit="years", low=0),
        Field("is_judgment_debtor", "bool"),
        Field("is_blacklisted", "bool"),
        Field("overdue_days", "int", unit="days", low=0),
        Field("is_in_service_area", "bool"),
        Field(
            "purpose",
            "enum",
            values=("consumption", "business", "agriculture", "securities", "land", "unclear"),
        ),
        Field("operating_months", "int", unit="months", low=0),
        Field("annual_rate_bp", "int", unit="bp", low=0),
        Field(_OVER_CAP, "int", unit="fen"),
        Field(_BELOW_FLOOR, "int", unit="bp"),
        Field("channel", "enum", values=("online", "offline")),
        Field(_DILIGENCE, "bool"),
        Field("is_diligence_done", "bool"),
    ],
    [
        _row(
            "minor",
            {"customer_kind": _PERSONS, "age_years": {"lt": 18}},
            "refuse",
            "the applicant is not of age",
            "申请人未满18周岁",
            law="Civil Code of the PRC, art. 17 and 18: of age at eighteen",
        ),
        _row(
            "judgment_debtor",
            {"is_judgment_debtor": True},
            "refuse",
            "the applicant is on the courts' list of judgment debtors",
            "申请人被列为失信被执行人",
        ),
        _row(
            "blacklisted",
            {"is_blacklisted": True},
            "refuse",
            "the applicant is on the bank's blacklist",
            "申请人在本行黑名单内",
        ),
        _row(
            "long_overdue",
            {"overdue_days": {"gt": 90}},
            "refuse",
            "a debt of the applicant is overdue for more than 90 days",
            "申请人有逾期超过90天的债务",
        ),
        _row(
            "overdue",
            {"overdue_days": {"gt": 0, "le": 90}},
            "refer",
            "a debt of the applicant is overdue",
            "申请人有逾期债务",
        ),
        _row(
            "out_of_area",
            {"is_in_service_area": False},
            "refer",
            "the applicant lives and works outside the service area",
            "申请人不在本行服务区域内",
        ),
        _row(
            "purpose_not_allowed",
            {"purpose": ("securities", "land")},
            "refuse",
            "the loan would go into securities or land",
            "贷款用途为证券投资或购地",
            law="measures on personal loans and on working-capital loans: loans must not go into "
            "securities or other uses that the state forbids",
        ),
        _row(
            "purpose_unclear",
            {"purpose": "unclear"},
            "refer",
            "the purpose of the loan is not clear",
            "贷款用途不明确",
        ),
        _row(
            "young_business",
            {"purpose": "business", "operating_months": {"lt": 12}},
            "refer",
            "the business has been running for less than 12 months",
            "经营不满12个月",
        ),
        _row(
            "over_cap",
            {"stage": "risk_check", _OVER_CAP: {"gt": 0}},
            "refuse",
            "the amount exceeds the product's cap",
            "申请金额超过产品上限",
        ),
        _row(
            "rate_too_high",
            {"stage": "risk_check", "annual_rate_bp": {"gt": 2_400}},
            "refuse",
            "the yearly rate exceeds 24 %",
            "年化利率超过24%",
            law="opinions of the Supreme People's Court on financial trials (2017): what exceeds "
            "24 % a year in all may be cut",
        ),
        _row(
            "rate_below_floor",
            {"stage": "risk_check", _BELOW_FLOOR: {"gt": 0}},
            "refuse",
            "the yearly rate lies below the floor",
            "年化利率低于底价",
            source="rulings 3.4: a price never lies below its floor",
        ),
        _row(
            "manual_diligence",
            {"channel": "online", _DILIGENCE: True, "is_diligence_done": False},
            "refer",
            "the online product requires manual due diligence, which is not done",
            "该线上产品须人工尽调，尚未完成",
            source="source 000: manual due diligence added to the online product",
        ),
    ],
    hit="collect",
)

ADMISSION: Final = AdmissionPolicy(
    rules=_RULES,
    products={
        product.code: "manual_diligence" in product.lists
        for product in CATALOGUE.products
        if product.kind == "loan"
    },
)
"""Entry standards to start from: the sources ask for them and give none."""

PolicyInForce: TypeAlias = AdmissionPolicy | Dated[AdmissionPolicy]


def admit(
    application: Mapping[str, object],
    *,
    policy: PolicyInForce = ADMISSION,
    as_of: datetime.date,
) -> Decision:
    """Check an application against the entry standards, and tell every rule it fails (准入).

    Facts are the fields of the rules; a fact left out or None is unknown.  Three facts are
    derived where the rules ask for them: ``over_cap_fen`` from ``amount_fen`` and ``cap_fen``,
    ``below_floor_bp`` from ``floor_bp`` and ``annual_rate_bp``, ``manual_diligence`` from
    ``product``.

    Args:
        application: Facts by name.
        policy: The standards, or their versions by day.
        as_of: The day asked for.

    Returns:
        The gravest verdict of the rules that hold, "refuse", "refer" to a person or "pass",
        with all their reasons and ids.  Undetermined where an unknown fact could
        change it; ``ask`` names the facts that matter.

    Raises:
        CreditError: If a fact has another name or no value of its field, a fact is given
            beside those it is derived from, a product is not listed, or no version is in
            force.

    Source:
        Row G38 of the inventory; rulings 3.4; source 000 for manual due diligence.

    >>> found = admit(
    ...     {"is_judgment_debtor": True, "overdue_days": 91}, as_of=datetime.date(2026, 1, 1)
    ... )
    >>> found.outcome, found.rows
    ('refuse', ('judgment_debtor', 'long_overdue'))
    """
    day = a_day(as_of, "as_of")
    standards = in_force(policy, day)
    facts, told = _facts(standards, application)
    return standards.ready.decide(facts, as_of=day, told=told)


def in_force(policy: PolicyInForce, as_of: datetime.date) -> AdmissionPolicy:
    """Return the standards of a day."""
    return policy.as_of(as_of) if isinstance(policy, Dated) else policy


def _facts(
    policy: AdmissionPolicy, application: Mapping[str, object]
) -> tuple[dict[str, object], tuple[str, ...]]:
    """Return the facts that the rules ask for, and how the derived ones came about."""
    facts = dict(application)
    told = []
    for name, sources, raw in _to_derive(policy.rules, facts):
        if name == _DILIGENCE:
            facts[name] = _is_manual(policy, facts["product"])
        else:
            facts[name] = _difference(*((one, facts.get(one)) for one in sources))
        for one in raw:
            del facts[one]
        value = "missing" if facts[name] is None else facts[name]
        told.append(f"{name} = {value}, from {' and '.join(sources)}")
    return facts, tuple(told)


def _to_derive(
    rules: DecisionTable, facts: Mapping[str, object]
) -> list[tuple[str, tuple[str, ...], list[str]]]:
    """Return the facts to derive, what from, and which of that is no field of the rules.

    Raises:
        CreditError: If a fact is given beside those it is derived from.
    """
    fields = {field.name for field in rules.fields}
    found = []
    for name, sources in _DERIVED.items():
        raw = [one for one in sources if one in facts and one not in fields]
        if name not in fields or not raw:
            continue
        if name in facts:
            raise CreditError(
                f"{name} is derived from {' and '.join(sources)}: give it or {raw[0]}, not both"
            )
        found.append((name, sources, raw))
    return found


def _difference(more: tuple[str, object], less: tuple[str, object]) -> int | None:
    """Return the first fact less the second, None where one is unknown."""
    known = [None if value is None else an_amount(value, name) for name, value in (more, less)]
    return None if known[0] is None or known[1] is None else known[0] - known[1]


def _is_manual(policy: AdmissionPolicy, product: object) -> bool | None:
    if product is None:
        return None
    if product not in policy.products:
        raise CreditError(
            f"product {product!r} must be one of {', '.join(policy.products)}: add it to "
            "AdmissionPolicy.products, with True where it needs manual due diligence"
        )
    return policy.products[str(product)]


def admit_columns(
    applications: Mapping[str, object],
    *,
    policy: PolicyInForce = ADMISSION,
    as_of: datetime.date,
) -> VerdictColumns:
    """Check a column of applications, each as `admit` checks one.

    Args:
        applications: Columns of equal length by the names of facts; one left out is unknown in
            every row.
        policy: The standards, or their versions by day.
        as_of: The one day asked for.

    Raises:
        CreditError: As `admit`; it names the column, the count and the first row.

    >>> found = admit_columns(
    ...     {"overdue_days": [0, 1, 91], "product": ["tax_loan"] * 3},
    ...     as_of=datetime.date(2026, 1, 1),
    ... )
    >>> found.verdicts()
    [None, None, 'refuse']
    """
    day = a_day(as_of, "as_of")
    standards = in_force(policy, day)
    rows = same_length(applications)
    columns = dict(applications)
    for name, sources, raw in _to_derive(standards.rules, columns):
        if name == _DILIGENCE:
            columns[name] = _manual_column(standards, columns["product"])
        else:
            more, less = (amounts(one, columns.get(one), rows=rows) for one in sources)
            columns[name] = brought(more.values - less.values, more.known & less.known)
        for one in raw:
            del columns[one]
    return standards.ready.decide_columns(columns, as_of=day)


def _manual_column(policy: AdmissionPolicy, values: object) -> object:
    column = word_column("product", values, words=tuple(policy.products))
    # The last one is read where the code is -1, unknown.
    manual = np.array([*policy.products.values(), False])
    return brought(manual[column.codes], column.codes >= 0)
