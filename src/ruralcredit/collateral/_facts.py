"""Facts derived exactly from what the file says, for one item: age, locality, due day."""

import datetime
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from ruralcredit.collateral._items import CollateralItem
from ruralcredit.collateral._policy import CollateralPolicy
from ruralcredit.values import add_months

__all__ = ["UNUSABLE", "ValuationState", "age_of", "due_of", "facts_of", "state_of"]

ValuationState: TypeAlias = Literal[
    "current", "stale", "not_yet", "undated", "no_evidence", "missing"
]
"""What can be said about a valuation on a day."""

# A state that keeps the value from counting, and the fact that mends it.
UNUSABLE: Final[Mapping[str, str]] = {
    "missing": "valuation_fen",
    "no_evidence": "valued_by",
    "undated": "valued_on",
    "not_yet": "valuation_fen",
    "stale": "valuation_fen",
}

_MONTHS: Final = 12
_LAST: Final = datetime.date.max


def age_of(built_on: datetime.date | None, as_of: datetime.date) -> int | None:
    """Return completed years since a day, by `add_months`; None before it and where unknown."""
    if built_on is None or built_on > as_of:
        return None
    years = as_of.year - built_on.year
    return years - (add_months(built_on, _MONTHS * years) > as_of)


def _insurance_of(item: CollateralItem, as_of: datetime.date) -> str | None:
    if item.is_insured is None:
        return None
    if not item.is_insured:
        return "none"
    until = item.insured_until
    return "lapsed" if until is not None and until < as_of else "in_force"


def facts_of(
    item: CollateralItem, *, policy: CollateralPolicy, as_of: datetime.date
) -> dict[str, object]:
    """Return the facts that the tables of a policy may test."""
    return {
        "kind": item.kind,
        "owner": item.owner,
        "is_local": policy.is_local(item.place),
        "age_years": age_of(item.built_on, as_of),
        "area_m2": item.area_m2,
        "is_run_down": item.is_run_down,
        "is_in_pilot_area": item.is_in_pilot_area,
        "is_sealed": item.is_sealed,
        "is_disputed": item.is_disputed,
        "consent": item.consent,
        "insurance": _insurance_of(item, as_of),
        "valued_by": item.valued_by,
    }


def due_of(
    valued_on: datetime.date | None, revalue: str | None, policy: CollateralPolicy
) -> datetime.date | None:
    """Return the day a revaluation is due, the last day of the calendar where it lies beyond."""
    if valued_on is None or revalue is None:
        return None
    if revalue == "daily":
        days = int(policy.daily.value)
        room = (_LAST - valued_on).days
        return valued_on + datetime.timedelta(days=min(days, room))
    months = int((policy.yearly if revalue == "yearly" else policy.half_yearly).value)
    room = (_LAST.year - valued_on.year) * _MONTHS + _LAST.month - valued_on.month
    return _LAST if months > room else add_months(valued_on, months)


def state_of(
    item: CollateralItem,
    *,
    has_value: bool,
    due_on: datetime.date | None,
    as_of: datetime.date,
) -> ValuationState:
    """Return what can be said about the valuation: the first thing that is wrong with it."""
    if item.valuation_fen is None:
        return "missing"
    if not has_value:
        return "no_evidence"
    if item.valued_on is None:
        return "undated"
    if item.valued_on > as_of:
        return "not_yet"
    return "stale" if due_on is not None and due_on < as_of else "current"
