"""The tables that ship: tiers, the two stages, leads and monitoring, each replaceable."""

from collections.abc import Mapping
from typing import Final

from ruralcredit.policy import DecisionTable, Field, Row
from ruralcredit.reasons import BasisWord, Cell

__all__ = ["FIRST_DRAWDOWN", "LEADS", "MEASUREMENT", "MONITORING", "TIERS"]

_PROPOSAL: Final[BasisWord] = "project proposal"
_SOURCE: Final[BasisWord] = "source document"
_TIERS_CITE: Final = (
    "source 000, row D13 of the inventory: four dimensions decide the tier; cut-offs not given"
)
_MONITORING_CITE: Final = (
    "source 002, row P17 of the inventory: tiers not given; 100,000 yuan and half a year as in "
    "source 003"
)
_STAGES_CITE: Final = "source 000, row D15 of the inventory; ruling 3.1"


def _tier(row: str, tier: str, *, when: Mapping[str, object], en: str, zh: str) -> Row:
    model, plan = _PLANS[tier]
    return Row(
        row,
        when=when,
        then={"tier": tier, "admission_model": model, "activation_plan": plan},
        reason={"en": en, "zh": zh},
        cite=_TIERS_CITE,
        basis=_PROPOSAL,
    )


_PLANS: Final = {
    "A": ("express", "raise_limit"),
    "B": ("standard", "rate_offer"),
    "C": ("cautious", "accompany"),
    "D": ("manual", "settle_arrears_first"),
    "E": ("off_line_review", "no_marketing"),
}
_CLEAN: Final = {"principal_overdue_days": 0, "interest_overdue_days": 0}

TIERS = DecisionTable(
    "customers.tier",
    [
        Field("months_of_use", "int", unit="months", low=0),
        Field("times_settled", "int", unit="times", low=0),
        Field("principal_overdue_days", "int", unit="days", low=0),
        Field("interest_overdue_days", "int", unit="days", low=0),
    ],
    [
        _tier(
            "A1",
            "A",
            when={**_CLEAN, "months_of_use": {"ge": 24}, "times_settled": {"ge": 2}},
            en="no arrears, two years of use or more, settled at least twice",
            zh="无逾期欠息，用信满两年且结清两次以上",
        ),
        _tier(
            "B1",
            "B",
            when={**_CLEAN, "months_of_use": {"ge": 24}, "times_settled": 1},
            en="no arrears, two years of use or more, settled once",
            zh="无逾期欠息，用信满两年且结清一次",
        ),
        _tier(
            "B2",
            "B",
            when={
                **_CLEAN,
                "months_of_use": {"ge": 12, "lt": 24},
                "times_settled": {"ge": 1},
            },
            en="no arrears, a year of use or more, settled at least once",
            zh="无逾期欠息，用信满一年且有结清记录",
        ),
        _tier(
            "C1",
            "C",
            when={**_CLEAN, "months_of_use": {"lt": 12}},
            en="no arrears, less than a year of use",
            zh="无逾期欠息，用信不满一年",
        ),
        _tier(
            "C2",
            "C",
            when={**_CLEAN, "months_of_use": {"ge": 12}, "times_settled": 0},
            en="no arrears, never settled yet",
            zh="无逾期欠息，尚无结清记录",
        ),
        _tier(
            "D1",
            "D",
            when={"principal_overdue_days": 0, "interest_overdue_days": {"ge": 1, "le": 90}},
            en="interest in arrears for at most 90 days",
            zh="欠息90天以内",
        ),
        _tier(
            "D2",
            "D",
            when={
                "principal_overdue_days": {"ge": 1, "le": 30},
                "interest_overdue_days": {"le": 90},
            },
            en="principal overdue for at most 30 days",
            zh="本金逾期30天以内",
        ),
        _tier(
            "E1",
            "E",
            when={"principal_overdue_days": {"gt": 30}},
            en="principal overdue for more than 30 days",
            zh="本金逾期超过30天",
        ),
        _tier(
            "E2",
            "E",
            when={"principal_overdue_days": {"le": 30}, "interest_overdue_days": {"gt": 90}},
            en="interest in arrears for more than 90 days",
            zh="欠息超过90天",
        ),
    ],
)
"""Existing customers (存量客户) by four dimensions: tier, admission model, activation plan."""

MEASUREMENT = DecisionTable(
    "customers.measurement",
    [Field("rule_hits", "int", unit="rules", low=0)],
    [
        Row(
            "automatic",
            when={"rule_hits": 0},
            then={"route": "automatic", "check": "none"},
            reason={"en": "no screening rule hit", "zh": "未命中拦截规则"},
            cite=_STAGES_CITE,
            basis=_SOURCE,
        ),
        Row(
            "work_order",
            when={"rule_hits": {"ge": 1}},
            then={"route": "work_order", "check": "off_line"},
            reason={
                "en": "a screening-rule hit: a work order sends an officer to check off line",
                "zh": "测额命中拦截规则，形成工单下派线下调查",
            },
            cite=_STAGES_CITE,
            basis=_SOURCE,
        ),
    ],
)
"""The limit is measured (测额): a hit is no refusal but a work order for an off-line check."""

FIRST_DRAWDOWN = DecisionTable(
    "customers.first_drawdown",
    [Field("is_new_customer", "bool"), Field("is_first_drawdown", "bool")],
    [
        Row(
            "face_to_face",
            when={"is_new_customer": True, "is_first_drawdown": True},
            then={"check": "face_to_face"},
            reason={
                "en": "a new customer's first drawdown: a short check face to face",
                "zh": "增量客户首次用信，须面对面简调",
            },
            cite=_STAGES_CITE,
            basis=_SOURCE,
        ),
        Row(
            "later",
            when={"is_new_customer": True, "is_first_drawdown": False},
            then={"check": "none"},
            reason={"en": "not the first drawdown", "zh": "非首次用信"},
            cite=_STAGES_CITE,
            basis=_SOURCE,
        ),
        Row(
            "existing",
            when={"is_new_customer": False},
            then={"check": "none"},
            reason={"en": "an existing customer", "zh": "存量客户"},
            cite=_STAGES_CITE,
            basis=_SOURCE,
        ),
    ],
)
"""The first drawdown (首次用信): every new customer is met in person, whatever was measured."""


def _lead(  # one line per part of the row
    lead: str,
    action: str,
    *,
    when: Mapping[str, object],
    says: tuple[str, str],
    cite: str,
    basis: BasisWord = _SOURCE,
) -> Row:
    then: dict[str, Cell] = {"lead": lead, "action": action}
    reason = dict(zip(("en", "zh"), says, strict=True))
    return Row(lead, when=when, then=then, reason=reason, cite=cite, basis=basis)


_ASKABLE: Final = {"opted_out": False}
_NO_CREDIT: Final = {**_ASKABLE, "has_loan": False, "has_limit": False}

LEADS = DecisionTable(
    "customers.leads",
    [
        Field("opted_out", "bool"),
        Field("has_loan", "bool"),
        Field("has_limit", "bool"),
        Field("has_card", "bool"),
        Field("has_drawn", "bool"),
        Field("has_settlement", "bool"),
        Field("has_acquiring", "bool"),
        Field("has_payroll", "bool"),
        Field("average_balance_fen", "int", unit="fen", low=0),
        Field("inflow_months", "int", unit="months", low=0, high=12),
        Field("times_settled", "int", unit="times", low=0),
        Field("months_since_settled", "int", unit="months", low=0),
    ],
    [
        _lead(
            "exempt",
            "no_marketing",
            when={"opted_out": True},
            says=("opted out of marketing: no lead", "客户已拒绝营销，不列入线索"),
            cite="ruling 4.4: a customer who opted out of marketing is exempt",
            basis=_PROPOSAL,
        ),
        _lead(
            "deposit_only",
            "offer_standby_limit",
            when={
                **_NO_CREDIT,
                "average_balance_fen": {"ge": 10_000_00},
                "inflow_months": {"ge": 6},
            },
            says=(
                "deposits and regular inflows, no loan and no limit: offer a standby limit",
                "有存无贷且往来稳定，提前营销授信“备用金”",
            ),
            cite="source 001, row G30 of the inventory; ruling 3.6: by average balance and flows; "
            "thresholds not given",
            basis=_PROPOSAL,
        ),
        _lead(
            "loan_only",
            "offer_services",
            when={
                **_ASKABLE,
                "has_loan": True,
                "has_settlement": False,
                "has_acquiring": False,
                "has_payroll": False,
            },
            says=(
                "a loan but no settlement, acquiring or payroll product: offer them",
                "裸贷户：有贷款而无结算、收单、代发，开展交叉营销",
            ),
            cite="source 001, row G32 of the inventory: 裸贷户治理，贷款+结算、收单、代发",
        ),
        _lead(
            "lost",
            "revisit",
            when={
                **_NO_CREDIT,
                "times_settled": {"ge": 1},
                "months_since_settled": {"le": 24},
            },
            says=(
                "settled within two years, no loan and no limit since: visit again",
                "近两年流失客户，开展回访营销",
            ),
            cite="source 001, row G31 of the inventory: 近两年流失客户回访; 24 calendar months, "
            "both ends included",
        ),
        _lead(
            "card_not_issued",
            "contact_monthly",
            when={**_ASKABLE, "has_limit": True, "has_card": False},
            says=(
                "approved, card not issued: at least one contact a month",
                "已授信未发卡，每月至少一次主动营销",
            ),
            cite="source 003, row L32 of the inventory",
        ),
        _lead(
            "card_undrawn",
            "contact_quarterly_and_file",
            when={**_ASKABLE, "has_limit": True, "has_card": True, "has_drawn": False},
            says=(
                "card issued, undrawn: at least one contact a quarter, put on file",
                "已发卡未用信，每季至少一次主动营销并建档",
            ),
            cite="source 003, row L33 of the inventory",
        ),
    ],
    hit="collect",
)
"""Leads (营销线索) that follow from what a customer holds; all that apply."""


def _monitor(row: str, tier: str, *, when: Mapping[str, object], says: tuple[str, str]) -> Row:
    months = {"A": 12, "B": 6, "C": 3}[tier]
    return Row(
        row,
        when=when,
        then={"tier": tier, "check_every_months": months},
        reason=dict(zip(("en", "zh"), says, strict=True)),
        cite=_MONITORING_CITE,
        basis=_PROPOSAL,
    )


MONITORING = DecisionTable(
    "customers.monitoring",
    [
        Field("risk", "enum", values=("low", "medium", "high")),
        Field("exposure_fen", "int", unit="fen", low=0),
    ],
    [
        _monitor(
            "low_small",
            "A",
            when={"risk": "low", "exposure_fen": {"le": 100_000_00}},
            says=("low risk, at most 100,000 yuan", "低风险，10万元（含）以内"),
        ),
        _monitor(
            "low_large",
            "B",
            when={"risk": "low", "exposure_fen": {"gt": 100_000_00}},
            says=("low risk, above 100,000 yuan", "低风险，10万元以上"),
        ),
        _monitor(
            "medium_small",
            "B",
            when={"risk": "medium", "exposure_fen": {"le": 100_000_00}},
            says=("medium risk, at most 100,000 yuan", "中风险，10万元（含）以内"),
        ),
        _monitor(
            "medium_large",
            "C",
            when={"risk": "medium", "exposure_fen": {"gt": 100_000_00}},
            says=("medium risk, above 100,000 yuan", "中风险，10万元以上"),
        ),
        _monitor(
            "high",
            "C",
            when={"risk": "high"},
            says=("high risk, whatever the size", "高风险，不论金额"),
        ),
    ],
)
"""Existing customers for monitoring (贷后分层): risk and size to tier and check cadence."""
