"""Leads that follow from what a customer holds, on a day."""

import datetime
from collections.abc import Mapping
from typing import Final

import attrs

from ruralcredit.customers._checks import a_day
from ruralcredit.customers._months import months_since, months_since_column
from ruralcredit.customers._tables import LEADS
from ruralcredit.errors import CreditError, InputError
from ruralcredit.policy import ColumnAnswer, DecisionTable, Policy
from ruralcredit.reasons import Decision

__all__ = ["leads", "leads_columns"]

_SETTLED: Final = "last_settled_on"
_MONTHS: Final = "months_since_settled"


def leads(
    customer: Mapping[str, object],
    *,
    policy: DecisionTable | Policy = LEADS,
    as_of: datetime.date,
    trace: bool = False,
) -> Decision:
    """Return every lead that follows from what a customer holds (营销线索).

    Deposit-only (有存无贷) goes by the average balance and the months with inflows, not by a
    deposit above zero.  Loan-only (裸贷户) is a loan without a settlement, acquiring or payroll
    product: these are offered, and are no condition of any loan.  Lost is settled within 24
    calendar months, both ends included, with no loan and no limit since.  A customer who
    opted out of marketing is exempt.

    Args:
        customer: Facts by name, None or left out where unknown: ``opted_out``, ``has_loan``,
            ``has_limit`` (approved), ``has_card``, ``has_drawn``, ``has_settlement``,
            ``has_acquiring``, ``has_payroll``, ``average_balance_fen`` and ``inflow_months``
            of the last twelve, ``times_settled`` (0 is never) and ``last_settled_on``, from
            which ``months_since_settled`` is counted unless it is brought itself.
        policy: The bank's own table, or its versions.
        as_of: The day asked for.
        trace: Whether to list, per row, which condition failed or is unknown.

    Returns:
        A tuple of outcomes, each a ``lead`` and its ``action``; status "none" where no lead
        follows.

    Raises:
        CreditError: If a fact is none of the table's or no value of its field, the last
            settlement lies after the day asked, or comes beside its months.

    Source:
        Rows G30, G31, G32, L32 and L33; rulings 3.6 and 4.4.

    >>> customer = {"opted_out": False, "has_loan": True, "has_limit": False,
    ...             "has_settlement": False, "has_acquiring": False, "has_payroll": False}
    >>> [one["lead"] for one in leads(customer, as_of=datetime.date(2024, 6, 1)).outcome]
    ['loan_only']
    """
    versions, asked = _versions(policy), a_day("as_of", as_of)
    case = dict(customer)
    told: tuple[str, ...] = ()
    if _derives(versions.as_of(asked), case):
        settled = case.pop(_SETTLED, None)
        if settled is not None:
            day = a_day(_SETTLED, settled)
            case[_MONTHS] = months_since(day, as_of=asked, name=_SETTLED)
            told = (f"{_MONTHS} = {case[_MONTHS]}, from {_SETTLED} {day} to {asked}",)
    decision = versions.decide(case, as_of=asked, trace=trace)
    return attrs.evolve(decision, trace=(*told, *decision.trace)) if trace else decision


def leads_columns(
    columns: Mapping[str, object],
    *,
    policy: DecisionTable | Policy = LEADS,
    as_of: datetime.date,
) -> ColumnAnswer:
    """Return the leads of many customers, as `leads` does one's.

    Args:
        columns: The facts of `leads`, one row per customer.
        policy: The bank's own table, or its versions.
        as_of: The day asked for.

    Returns:
        The answers; ``matches`` says per customer and row of the table whether the lead
        follows.

    Raises:
        InputError: If columns differ in length or hold something else, or a last settlement
            lies after the day asked or comes beside its months.
        CreditError: If a column is no fact of the table.

    >>> columns = {"opted_out": [True, False], "has_loan": [False, False],
    ...            "has_limit": [False, True], "has_card": [False, False]}
    >>> leads_columns(columns, as_of=datetime.date(2024, 6, 1)).outcome("lead").tolist()
    [('exempt',), ('card_not_issued',)]
    """
    versions, asked = _versions(policy), a_day("as_of", as_of)
    brought = dict(columns)
    if _derives(versions.as_of(asked), brought):
        settled = brought.pop(_SETTLED, None)
        if settled is not None:
            brought[_MONTHS] = months_since_column(_SETTLED, settled, as_of=asked)
    return versions.decide_columns(brought, as_of=asked)


def _versions(policy: DecisionTable | Policy) -> Policy:
    if isinstance(policy, Policy):
        return policy
    if not isinstance(policy, DecisionTable):
        raise CreditError(f"policy must be a DecisionTable or a Policy, got {policy!r}")
    return Policy.from_versions([(datetime.date.min, policy)])


def _derives(table: DecisionTable, facts: Mapping[str, object]) -> bool:
    """Say whether the table asks for the months that this room counts from the last day."""
    if _MONTHS not in {field.name for field in table.fields}:
        return False
    if facts.get(_MONTHS) is not None and facts.get(_SETTLED) is not None:
        raise InputError(
            f"{_MONTHS} and {_SETTLED} must not both be brought: the months are counted from "
            "the day, leave one out",
            column=_MONTHS,
        )
    return True
