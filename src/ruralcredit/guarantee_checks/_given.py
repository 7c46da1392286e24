"""The few checks on what callers give, each with its message, and a policy as of a day."""

import datetime
import hashlib
from typing import TypeAlias, TypeVar

from ruralcredit.errors import CreditError
from ruralcredit.values import Dated

__all__ = ["PartyId", "a_count", "a_day", "an_amount", "by_id", "in_force", "stable_id"]

PartyId: TypeAlias = str | int

T = TypeVar("T")


def _whole(value: object, name: str) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        hint = ": money is whole fen, made by yuan()" if name.endswith("_fen") else ""
        raise CreditError(
            f"{name} must be a whole number, got {type(value).__name__} {value!r}{hint}"
        )
    return int(value.__index__())


def an_amount(value: object, name: str) -> int:
    """Return an amount of fen that is not negative."""
    number = _whole(value, name)
    if number < 0:
        raise CreditError(f"{name} must be 0 or more, got {number}")
    return number


def a_count(value: object, name: str, *, least: int = 0) -> int:
    """Return a whole number from the least on."""
    number = _whole(value, name)
    if number < least:
        raise CreditError(f"{name} must be {least} or more, got {number}")
    return number


def a_day(value: object, name: str) -> datetime.date:
    """Return a day that is no datetime."""
    if isinstance(value, datetime.datetime):
        raise CreditError(f"{name} must be a date, got datetime {value}: pass its .date()")
    if not isinstance(value, datetime.date):
        raise CreditError(f"{name} must be a date, got {type(value).__name__} {value!r}")
    return datetime.date(value.year, value.month, value.day)


def in_force(policy: T | Dated[T], day: datetime.date) -> T:
    """Return a policy as it stands on a day, where it comes in versions."""
    return policy.as_of(day) if isinstance(policy, Dated) else policy


def by_id(party: PartyId) -> tuple[bool, PartyId]:
    """Sort key of ids: numbers before texts."""
    return isinstance(party, str), party


def stable_id(prefix: str, smallest: PartyId) -> str:
    """Name a finding by its smallest member: the same next month while that member stays."""
    digest = hashlib.blake2b(repr(smallest).encode(), digest_size=6).hexdigest()
    return f"{prefix}-{digest}"
