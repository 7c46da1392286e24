"""The few checks that the parts of this room share, each with its message."""

import datetime
import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.values import to_dict

__all__ = [
    "INT64_MAX",
    "a_day",
    "a_share",
    "a_word",
    "an_amount",
    "checked",
    "digest_of",
    "maybe",
]

INT64_MAX = 2**63 - 1
_SHARE_MAX = 10_000

Check: TypeAlias = Callable[[object, str], object]
Validator: TypeAlias = Callable[[object, "attrs.Attribute[Any]", Any], None]


def _whole(value: object, name: str) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        hint = ": money is whole fen, made by yuan()" if name.endswith("_fen") else ""
        raise CreditError(
            f"{name} must be a whole number, got {type(value).__name__} {value!r}{hint}"
        )
    return int(value.__index__())


def an_amount(value: object, name: str) -> int:
    """Return a whole number of 64 bits that is not negative: fen, ppm, months or days."""
    number = _whole(value, name)
    if not 0 <= number <= INT64_MAX:
        raise CreditError(f"{name} must be 0 or more and fit into 64 bits, got {number}")
    return number


def a_share(value: object, name: str) -> int:
    """Return basis points from 0 to 10,000."""
    number = _whole(value, name)
    if not 0 <= number <= _SHARE_MAX:
        raise CreditError(
            f"{name} must be 0 to {_SHARE_MAX} basis points, got {number}: 30 % is written 3000"
        )
    return number


def a_word(value: object, name: str) -> str:
    """Return text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise CreditError(f"{name} must be text and not blank, got {value!r}")
    return value


def a_day(value: object, name: str) -> datetime.date:
    """Return a day that is no datetime."""
    if isinstance(value, datetime.datetime):
        raise CreditError(f"{name} must be a date, got datetime {value}: pass its .date()")
    if not isinstance(value, datetime.date):
        raise CreditError(f"{name} must be a date, got {type(value).__name__} {value!r}")
    return datetime.date(value.year, value.month, value.day)


def checked(check: Check) -> Validator:
    """Return a validator of attrs from a check, which names the field as Class.field."""

    def validate(owner: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        check(value, f"{type(owner).__name__}.{attribute.name}")

    return validate


def maybe(check: Check) -> Validator:
    """Return the same validator for a fact that may be unknown."""
    known = checked(check)

    def validate(owner: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        if value is not None:
            known(owner, attribute, value)

    return validate


def digest_of(policy: attrs.AttrsInstance) -> str:
    """Return a short hash of a policy's content, as a table has one."""
    plain = json.dumps(to_dict(policy), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]
