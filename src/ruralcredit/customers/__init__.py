"""Customers (客户): key groups, tiers, the two stages, leads, contacts and the hand-over.

What is a table answers one customer with reasons and a column of customers by the same rows;
a bank passes its own tables as ``policy``.
"""

from ruralcredit.customers._contacts import (
    CONTACTS,
    Contact,
    ContactPolicy,
    ContactRule,
    Every,
    check_contacts,
    check_contacts_columns,
)
from ruralcredit.customers._groups import (
    KEY_GROUPS,
    GroupCounts,
    KeyGroup,
    KeyGroups,
    count_groups,
)
from ruralcredit.customers._hand_over import (
    HAND_OVER,
    BusinessDays,
    HandOverPolicy,
    check_hand_over,
    check_hand_over_columns,
    hand_over_due_on,
)
from ruralcredit.customers._leads import leads, leads_columns
from ruralcredit.customers._months import months_of_use, months_of_use_columns
from ruralcredit.customers._rates import (
    REPORTED,
    PassRates,
    ReportedStock,
    StockFunnel,
    count_stock,
    pass_rates,
)
from ruralcredit.customers._reasons import FIGURES, REASONS
from ruralcredit.customers._states import StateColumn
from ruralcredit.customers._tables import FIRST_DRAWDOWN, LEADS, MEASUREMENT, MONITORING, TIERS
from ruralcredit.customers._tiers import (
    check_first_drawdown,
    check_first_drawdown_columns,
    monitoring_tier,
    monitoring_tier_columns,
    route_measurement,
    route_measurement_columns,
    tier,
    tier_columns,
)

__all__ = [
    "CONTACTS",
    "FIGURES",
    "FIRST_DRAWDOWN",
    "HAND_OVER",
    "KEY_GROUPS",
    "LEADS",
    "MEASUREMENT",
    "MONITORING",
    "REASONS",
    "REPORTED",
    "TIERS",
    "BusinessDays",
    "Contact",
    "ContactPolicy",
    "ContactRule",
    "Every",
    "GroupCounts",
    "HandOverPolicy",
    "KeyGroup",
    "KeyGroups",
    "PassRates",
    "ReportedStock",
    "StateColumn",
    "StockFunnel",
    "check_contacts",
    "check_contacts_columns",
    "check_first_drawdown",
    "check_first_drawdown_columns",
    "check_hand_over",
    "check_hand_over_columns",
    "count_groups",
    "count_stock",
    "hand_over_due_on",
    "leads",
    "leads_columns",
    "monitoring_tier",
    "monitoring_tier_columns",
    "months_of_use",
    "months_of_use_columns",
    "pass_rates",
    "route_measurement",
    "route_measurement_columns",
    "tier",
    "tier_columns",
]
