"""Asking the tables that take one customer's facts as they stand."""

from collections.abc import Mapping

from ruralcredit.customers._tables import FIRST_DRAWDOWN, MEASUREMENT, MONITORING, TIERS
from ruralcredit.policy import ColumnAnswer, DecisionTable
from ruralcredit.reasons import Decision

__all__ = [
    "check_first_drawdown",
    "check_first_drawdown_columns",
    "monitoring_tier",
    "monitoring_tier_columns",
    "route_measurement",
    "route_measurement_columns",
    "tier",
    "tier_columns",
]


def tier(case: Mapping[str, object], *, policy: DecisionTable = TIERS) -> Decision:
    """Return tier, admission model and activation plan of an existing customer (存量客户分层).

    Args:
        case: ``months_of_use`` (`months_of_use` counts them), ``times_settled``,
            ``principal_overdue_days`` and ``interest_overdue_days``, 0 where nothing is
            overdue; None or left out is unknown.
        policy: The bank's own table; the shipped one has cut-offs proposed by this library.

    Returns:
        Outcome ``tier`` "A" to "E", ``admission_model`` and ``activation_plan``.  No tier
        refuses a person: the last goes to an off-line review.

    Raises:
        CreditError: If a name is no field of the table, or a fact no value of its field.

    Source:
        Row D13: 用信时间、结清次数、本金逾期及欠息情况四个维度.

    >>> clean = {"principal_overdue_days": 0, "interest_overdue_days": 0}
    >>> tier({"months_of_use": 24, "times_settled": 2, **clean}).outcome["tier"]
    'A'
    >>> tier({"months_of_use": 30, **clean}).ask
    ('times_settled',)
    """
    return policy.decide(case)


def tier_columns(columns: Mapping[str, object], *, policy: DecisionTable = TIERS) -> ColumnAnswer:
    """Return the tiers of many existing customers, as `tier` does one's.

    Args:
        columns: The facts of `tier`, one row per customer.
        policy: The bank's own table.

    Raises:
        InputError: If columns differ in length or hold something else.
        CreditError: If a column is no field of the table.

    >>> answer = tier_columns({"months_of_use": [6, 30], "times_settled": [0, 2],
    ...     "principal_overdue_days": [0, 31], "interest_overdue_days": [0, None]})
    >>> answer.outcome("tier").tolist()
    ['C', 'E']
    """
    return policy.decide_columns(columns)


def route_measurement(
    case: Mapping[str, object], *, policy: DecisionTable = MEASUREMENT
) -> Decision:
    """Say where a measured limit (测额) goes on: by itself, or as a work order (工单).

    A screening-rule hit (命中拦截规则) is no refusal: an officer checks off line.

    Args:
        case: ``rule_hits``, how many screening rules were hit.
        policy: The bank's own table.

    Returns:
        Outcome ``route`` "automatic" or "work_order", and ``check`` "none" or "off_line".

    Raises:
        CreditError: If a name is no field of the table, or a fact no value of its field.

    Source:
        Row D15: 凡是测额命中拦截规则的，后台形成工单下派进行线下调查; ruling 3.1.

    >>> route_measurement({"rule_hits": 1}).outcome["route"]
    'work_order'
    """
    return policy.decide(case)


def route_measurement_columns(
    columns: Mapping[str, object], *, policy: DecisionTable = MEASUREMENT
) -> ColumnAnswer:
    """Say where many measured limits go on, as `route_measurement` does of one.

    Args:
        columns: ``rule_hits``, one row per measurement.
        policy: The bank's own table.

    Raises:
        InputError: If columns differ in length or hold something else.
        CreditError: If a column is no field of the table.

    >>> route_measurement_columns({"rule_hits": [0, 2, None]}).outcome("route").tolist()
    ['automatic', 'work_order', None]
    """
    return policy.decide_columns(columns)


def check_first_drawdown(
    case: Mapping[str, object], *, policy: DecisionTable = FIRST_DRAWDOWN
) -> Decision:
    """Say whether a drawdown (用信) needs a short check face to face (面对面简调).

    Every new customer's first one does, whatever the measurement of the limit said.

    Args:
        case: ``is_new_customer`` and ``is_first_drawdown``.
        policy: The bank's own table.

    Returns:
        Outcome ``check`` "face_to_face" or "none".

    Raises:
        CreditError: If a name is no field of the table, or a fact no value of its field.

    Source:
        Row D15: 对增量客户的首次用信采用面对面简调业务流程及模板; ruling 3.1.

    >>> case = {"is_new_customer": True, "is_first_drawdown": True}
    >>> check_first_drawdown(case).outcome["check"]
    'face_to_face'
    """
    return policy.decide(case)


def check_first_drawdown_columns(
    columns: Mapping[str, object], *, policy: DecisionTable = FIRST_DRAWDOWN
) -> ColumnAnswer:
    """Say which drawdowns need a check face to face, as `check_first_drawdown` does of one.

    Args:
        columns: ``is_new_customer`` and ``is_first_drawdown``, one row per drawdown.
        policy: The bank's own table.

    Raises:
        InputError: If columns differ in length or hold something else.
        CreditError: If a column is no field of the table.

    >>> columns = {"is_new_customer": [True, False], "is_first_drawdown": [True, None]}
    >>> check_first_drawdown_columns(columns).outcome("check").tolist()
    ['face_to_face', 'none']
    """
    return policy.decide_columns(columns)


def monitoring_tier(case: Mapping[str, object], *, policy: DecisionTable = MONITORING) -> Decision:
    """Return the monitoring tier of an existing customer and how often to check (贷后分层).

    Args:
        case: ``risk`` "low", "medium" or "high", and ``exposure_fen``, all that the customer
            owes.
        policy: The bank's own table; the shipped one is a proposal of this library.

    Returns:
        Outcome ``tier`` "A" (least watched) to "C", and ``check_every_months``.

    Raises:
        CreditError: If a name is no field of the table, or a fact no value of its field.

    Source:
        Row P17: 存量客户分层管理，分类把控贷后风险; tiers not given.

    >>> dict(monitoring_tier({"risk": "low", "exposure_fen": 100_000_00}).outcome)
    {'tier': 'A', 'check_every_months': 12}
    """
    return policy.decide(case)


def monitoring_tier_columns(
    columns: Mapping[str, object], *, policy: DecisionTable = MONITORING
) -> ColumnAnswer:
    """Return the monitoring tiers of many customers, as `monitoring_tier` does one's.

    Args:
        columns: ``risk`` and ``exposure_fen``, one row per customer.
        policy: The bank's own table.

    Raises:
        InputError: If columns differ in length or hold something else.
        CreditError: If a column is no field of the table.

    >>> columns = {"risk": ["low", "high"], "exposure_fen": [100_000_01, None]}
    >>> monitoring_tier_columns(columns).outcome("check_every_months").tolist()
    [6, 3]
    """
    return policy.decide_columns(columns)
