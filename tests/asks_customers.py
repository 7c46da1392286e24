"""How the golden cases of `customers` are asked, with the shipped values as an argument."""

from ruralcredit.customers import (
    CONTACTS,
    FIRST_DRAWDOWN,
    HAND_OVER,
    KEY_GROUPS,
    LEADS,
    MEASUREMENT,
    MONITORING,
    REPORTED,
    TIERS,
    Contact,
    StockFunnel,
    check_contacts,
    check_first_drawdown,
    check_hand_over,
    count_groups,
    hand_over_due_on,
    leads,
    monitoring_tier,
    months_of_use,
    pass_rates,
    route_measurement,
    tier,
)
from ruralcredit.errors import CreditError
from ruralcredit.values import Ratio

SHIPPED = {
    "KEY_GROUPS": KEY_GROUPS,
    "TIERS": TIERS,
    "MEASUREMENT": MEASUREMENT,
    "FIRST_DRAWDOWN": FIRST_DRAWDOWN,
    "LEADS": LEADS,
    "CONTACTS": CONTACTS,
    "HAND_OVER": HAND_OVER,
    "MONITORING": MONITORING,
    "REPORTED": REPORTED,
}


def told(decision):
    """Return a decision as a reader of the file writes it."""
    if decision.status == "decided":
        outcome = decision.outcome
        return outcome if isinstance(outcome, str) else dict(outcome)
    asked = {"ask": list(decision.ask)} if decision.ask else {}
    return {"status": decision.status, **asked}


def table(function, name):
    """Return how to ask a function whose policy is a table."""

    def ask(given, shipped):
        try:
            return told(function(given, policy=shipped[name]))
        except CreditError:
            return "refused as input"

    return ask


def shown(ratio, places=2):
    """Return a ratio with its counts."""
    percent = ratio.percent(places)
    return {
        "part": ratio.part,
        "whole": ratio.whole,
        "percent": None if percent is None else str(percent),
    }


def key_groups(given, shipped):
    """Count memberships and compare with the targets."""
    policy = shipped["KEY_GROUPS"]
    found = count_groups(given["customers"], given["groups"], policy=policy)
    return {
        "counts": dict(found.counts),
        "total": found.total,
        "targets": dict(found.targets),
        "target_sum": policy.target_sum,
    }


def months(given, _shipped):
    """Count complete months of use."""
    return months_of_use(given["first_drawn_on"], as_of=given["as_of"])


def pass_rate(given, _shipped):
    """Count who passed, with unknown results apart."""
    results = [True] * given["passed"] + [False] * given["failed"] + [None] * given["unknown"]
    return shown(pass_rates(results).total)


def ratio(given, _shipped):
    """Divide two counts."""
    return shown(Ratio(given["part"], given["whole"]))


def reported_pass_rate(_given, shipped):
    """Return the reported pass rate."""
    return str(shipped["REPORTED"].pass_percent)


def funnel(given, shipped):
    """Return the rates of a funnel, the reported one where none is given."""
    stock = StockFunnel(**given) if given else shipped["REPORTED"].funnel
    return {"use_rate": shown(stock.use_rate), "grant_rate": shown(stock.grant_rate)}


def leads_of(given, shipped):
    """Return the leads of a customer on a day, as words."""
    facts = {name: value for name, value in given.items() if name != "as_of"}
    try:
        decision = leads(facts, policy=shipped["LEADS"], as_of=given["as_of"])
    except CreditError:
        return "refused as input"
    if decision.status == "decided":
        return [one["lead"] for one in decision.outcome]
    return told(decision)


def contacts(given, shipped):
    """Say where a customer stands against a cadence."""
    log = [Contact(one["day"], one.get("has_record")) for one in given["contacts"]]
    return told(
        check_contacts(
            given["lead"],
            log,
            since=given["since"],
            opted_out=given.get("opted_out", False),
            as_of=given["as_of"],
            policy=shipped["CONTACTS"],
        )
    )


def hand_over(given, shipped):
    """Say where an invitation stands."""
    days = given.get("working_days")
    return told(
        check_hand_over(
            given["invited_on"],
            given.get("followed_on"),
            opted_out=given.get("opted_out", False),
            business_days=is_weekday if days == "weekdays" else days,
            as_of=given["as_of"],
            policy=shipped["HAND_OVER"],
        )
    )


def due_on(given, shipped):
    """Return the last day in time, Saturdays and Sundays off."""
    return hand_over_due_on(
        given["invited_on"], business_days=is_weekday, policy=shipped["HAND_OVER"]
    )


def is_weekday(day):
    """Say whether a day is neither Saturday nor Sunday."""
    return day.weekday() < 5


ASKS = {
    "customers.key_groups": key_groups,
    "customers.tier": table(tier, "TIERS"),
    "customers.months_of_use": months,
    "customers.pass_rate": pass_rate,
    "customers.ratio": ratio,
    "customers.reported_pass_rate": reported_pass_rate,
    "customers.funnel": funnel,
    "customers.measurement": table(route_measurement, "MEASUREMENT"),
    "customers.first_drawdown": table(check_first_drawdown, "FIRST_DRAWDOWN"),
    "customers.leads": leads_of,
    "customers.contacts": contacts,
    "customers.hand_over": hand_over,
    "customers.hand_over_due_on": due_on,
    "customers.monitoring": table(monitoring_tier, "MONITORING"),
}
