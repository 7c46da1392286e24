"""What a branch is there for, and two targets of the range of products."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.policy import ColumnAnswer, DecisionTable, Field, Row
from ruralcredit.products._checks import an_amount
from ruralcredit.reasons import Decision
from ruralcredit.values import Fen, Ratio, round_ratio

__all__ = [
    "DEMAND_COVERAGE",
    "POSITIONING",
    "SPECIAL_PRODUCTS",
    "Branch",
    "Business",
    "branch_focus",
    "branch_focus_columns",
    "check_coverage",
    "check_special_products",
]

Branch: TypeAlias = Literal["urban", "rural"]
"""Where a branch works: 城区支行, 农村支行."""

Business: TypeAlias = Literal[
    "micro_firm", "retail", "whole_village", "small_farm", "village_collective", "other"
]
"""What a loan is, as positioning speaks of it: 小微企业贷款, 零售类贷款, 整村授信, 小额农户贷款,
村集体经济组织贷款, other."""

_BUSINESS: Final = get_args(Business)
_Y23: Final = "row Y23 of the inventory: what urban and rural branches concentrate on"
_MICRO_MOST_FEN: Final = 10_000_000_00


def _row(
    id_: str,
    when: Mapping[str, object],
    en: str,
    zh: str,
    *,
    is_in: bool,
) -> Row:
    return Row(
        id_,
        when=when,
        then={"in_focus": is_in},
        reason={"en": en, "zh": zh},
        cite=_Y23,
        basis="source document",
    )


POSITIONING: Final = DecisionTable(
    "products.positioning",
    [
        Field("branch", "enum", values=get_args(Branch)),
        Field("business", "enum", values=_BUSINESS),
        Field("amount_fen", "int", unit="fen", low=0),
        Field("security", "enum", values=("unsecured", "guaranteed", "mortgaged", "pledged")),
    ],
    [
        _row(
            "urban_micro",
            {
                "branch": "urban",
                "business": "micro_firm",
                "amount_fen": {"le": _MICRO_MOST_FEN},
            },
            "urban branches lend to micro firms up to 10 million yuan",
            "城区支行发放千万元以下小微企业贷款",
            is_in=True,
        ),
        _row(
            "urban_micro_large",
            {
                "branch": "urban",
                "business": "micro_firm",
                "amount_fen": {"gt": _MICRO_MOST_FEN},
            },
            "more than 10 million yuan is no micro loan of an urban branch",
            "超过千万元，不属城区支行小微重点",
            is_in=False,
        ),
        _row(
            "urban_retail",
            {"branch": "urban", "business": "retail"},
            "urban branches lend to retail customers",
            "城区支行发放零售类贷款",
            is_in=True,
        ),
        _row(
            "urban_other",
            {
                "branch": "urban",
                "business": ("whole_village", "small_farm", "village_collective", "other"),
            },
            "not what urban branches concentrate on",
            "不属城区支行重点业务",
            is_in=False,
        ),
        _row(
            "rural_village",
            {"branch": "rural", "business": ("whole_village", "village_collective")},
            "rural branches grant credit to whole villages and lend to village collectives",
            "农村支行开展整村授信，发放村集体经济组织贷款",
            is_in=True,
        ),
        _row(
            "rural_farm",
            {"branch": "rural", "business": "small_farm", "security": "unsecured"},
            "rural branches make small unsecured farm loans",
            "农村支行发放小额农户信用贷款",
            is_in=True,
        ),
        _row(
            "rural_farm_secured",
            {
                "branch": "rural",
                "business": "small_farm",
                "security": ("guaranteed", "mortgaged", "pledged"),
            },
            "rural branches concentrate on small farm loans without security",
            "农村支行重点为小额农户信用贷款，非担保类",
            is_in=False,
        ),
        _row(
            "rural_other",
            {"branch": "rural", "business": ("micro_firm", "retail", "other")},
            "not what rural branches concentrate on",
            "不属农村支行重点业务",
            is_in=False,
        ),
    ],
)
"""What urban and rural branches concentrate on (网点战略定位); 千万元以下 includes ten million."""


def branch_focus(
    branch: Branch | None,
    business: Business | None,
    *,
    amount_fen: Fen | None = None,
    security: str | None = None,
    policy: DecisionTable = POSITIONING,
) -> Decision:
    """Say whether a loan is what its branch concentrates on (网点定位).

    Args:
        branch: Where the branch works; None where unknown.
        business: What the loan is; None where unknown.
        amount_fen: Its amount, where it matters.
        security: How it is secured, where it matters.
        policy: A table over these facts that gives ``in_focus``.

    Returns:
        Outcome with ``in_focus``, True or False; undetermined where a missing fact matters.

    Raises:
        CreditError: If a word is none of the choice or the amount no whole fen.

    Source:
        Row Y23 of the inventory; rulings 3.3.

    >>> branch_focus("urban", "micro_firm", amount_fen=10_000_000_00).outcome["in_focus"]
    True
    >>> branch_focus("rural", "small_farm").ask
    ('security',)
    """
    return policy.decide(
        {
            "branch": branch,
            "business": business,
            "amount_fen": amount_fen,
            "security": security,
        }
    )


def branch_focus_columns(
    loans: Mapping[str, object], *, policy: DecisionTable = POSITIONING
) -> ColumnAnswer:
    """Ask a column of loans, each as `branch_focus` asks one.

    Args:
        loans: Columns ``branch``, ``business``, ``amount_fen`` and ``security``; one left out
            is unknown in every row.
        policy: As for one loan.

    Raises:
        CreditError: As for one loan; it names the column, the count and the first row.

    >>> found = branch_focus_columns({"branch": ["urban"] * 2, "business": ["retail", "other"]})
    >>> found.outcome("in_focus").tolist()
    [True, False]
    """
    return policy.decide_columns(loans)


SPECIAL_PRODUCTS: Final = DecisionTable(
    "products.special_products",
    [Field("count", "int", unit="products", low=0)],
    [
        Row(
            "met",
            when={"count": {"ge": 20}},
            then={"verdict": "pass"},
            reason={"en": "at least 20 special products", "zh": "特色产品达到20个以上"},
            cite="row G36 of the inventory",
            basis="source document",
        ),
        Row(
            "missed",
            when={"count": {"lt": 20}},
            then={"verdict": "refer"},
            reason={"en": "fewer than 20 special products", "zh": "特色产品不足20个"},
            cite="row G36 of the inventory",
            basis="source document",
        ),
    ],
)
"""The target of special products by the year's end (年末特色产品达到20个以上)."""

DEMAND_COVERAGE: Final = DecisionTable(
    "products.demand_coverage",
    [Field("covered_bp", "int", unit="bp")],
    [
        Row(
            "met",
            when={"covered_bp": {"ge": 8_000}},
            then={"verdict": "pass"},
            reason={
                "en": "the products cover at least 80 % of the demand",
                "zh": "产品覆盖80%以上的人群需求",
            },
            cite="row Y29 of the inventory",
            basis="source document",
        ),
        Row(
            "missed",
            when={"covered_bp": {"lt": 8_000}},
            then={"verdict": "refer"},
            reason={
                "en": "the products cover less than 80 % of the demand",
                "zh": "产品覆盖不足80%的人群需求",
            },
            cite="row Y29 of the inventory",
            basis="source document",
        ),
    ],
)
"""The claim that the nine classes cover most of the demand (覆盖80%以上的人群需求)."""


def check_special_products(
    count: int | None, *, policy: DecisionTable = SPECIAL_PRODUCTS
) -> Decision:
    """Check the number of special products against its target (特色产品).

    Args:
        count: How many special products the bank offers; None where unknown.
        policy: A table over ``count`` that gives ``verdict``.

    Returns:
        Outcome "pass" where the target is met, else "refer", to those who answer for it.

    Raises:
        CreditError: If the count is no whole number from 0 on.

    Source:
        Row G36 of the inventory.

    >>> check_special_products(20).outcome, check_special_products(19).outcome
    ('pass', 'refer')
    """
    return _verdict(policy, "count", count, ())


def check_coverage(
    covered: int | None, demand: int | None, *, policy: DecisionTable = DEMAND_COVERAGE
) -> Decision:
    """Check which share of the demand in a sample the products cover (需求覆盖).

    The share is cut down to whole basis points, so that no share below the mark meets it.

    Args:
        covered: Customers of the sample whose need some product meets; None where unknown.
        demand: All customers of the sample; None where unknown.
        policy: A table over ``covered_bp`` that gives ``verdict``.

    Returns:
        Outcome "pass" or "refer"; undetermined without a sample.  The trace holds the counts
        and the interval in which the share of all customers lies 95 times in 100.

    Raises:
        CreditError: If a count is no whole number from 0 on, or more are covered than asked.

    Source:
        Row Y29 of the inventory.

    >>> check_coverage(80, 100).outcome, check_coverage(79, 100).outcome
    ('pass', 'refer')
    """
    if covered is None or demand is None:
        return _verdict(policy, "covered_bp", None, ())
    part, whole = an_amount(covered, "covered"), an_amount(demand, "demand")
    if part > whole:
        raise CreditError(f"covered must not exceed demand, got {part} of {whole}")
    interval = Ratio(part, whole).interval()
    if interval is None:
        return _verdict(policy, "covered_bp", None, (f"covered {part} of {whole}",))
    told = (
        f"covered {part} of {whole} = {Ratio(part, whole).percent(2)} %",
        f"95 % interval {interval[0]:.2%} to {interval[1]:.2%}",
    )
    return _verdict(policy, "covered_bp", round_ratio(part * 10_000, whole, mode="down"), told)


def _verdict(
    policy: DecisionTable, name: str, value: int | None, told: tuple[str, ...]
) -> Decision:
    """Return what a table says of one number, its verdict as the outcome."""
    found = policy.decide({name: value})
    if not isinstance(found.outcome, Mapping):
        return attrs.evolve(found, trace=told)
    return attrs.evolve(found, outcome=str(found.outcome["verdict"]), trace=told)
