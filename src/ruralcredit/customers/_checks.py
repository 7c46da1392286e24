"""The few checks and small values that the parts of this room share."""

import datetime
import functools
import hashlib
import json
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from ruralcredit.errors import CreditError, InputError
from ruralcredit.reasons import Basis, Figure
from ruralcredit.values import to_dict

if TYPE_CHECKING:
    import attrs

__all__ = ["a_count", "a_day", "a_truth", "basis_of", "known_names", "least_one", "not_blank"]


def a_day(name: str, value: object) -> datetime.date:
    if isinstance(value, datetime.datetime):
        raise CreditError(f"{name} must be a date, got datetime {value}: pass its .date()")
    if not isinstance(value, datetime.date):
        hint = ": write datetime.date(2024, 6, 30)" if isinstance(value, str | int) else ""
        raise CreditError(f"{name} must be a date, got {type(value).__name__} {value!r}{hint}")
    return datetime.date(value.year, value.month, value.day)


def a_truth(name: str, value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise CreditError(
            f"{name} must be True, False or None for unknown, got {type(value).__name__} {value!r}"
        )
    return value


def a_count(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise CreditError(f"{name} must be a whole number from 0, got {value!r}")
    return value


def least_one(_: object, attribute: "attrs.Attribute[Figure]", figure: object) -> None:
    """Refuse a figure that counts nothing."""
    value = getattr(figure, "value", figure)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise CreditError(
            f"{attribute.name} must be a Figure of a whole number from 1, got {value!r}"
        )


def not_blank(owner: object, attribute: "attrs.Attribute[str]", value: object) -> None:
    """Refuse a name that nobody can call."""
    if not isinstance(value, str) or not value.strip():
        raise CreditError(
            f"{type(owner).__name__}.{attribute.name} must be text and not blank, got {value!r}"
        )


@functools.lru_cache(maxsize=256)
def _digest(policy: Hashable) -> str:
    plain = json.dumps(to_dict(policy), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


class _Named(Hashable, Protocol):
    @property
    def id(self) -> str: ...

    @property
    def version(self) -> str: ...


def basis_of(policy: _Named, *, as_of: datetime.date) -> Basis:
    """Name the policy asked: its id, version, content and the day."""
    return Basis(id=policy.id, version=policy.version, digest=_digest(policy), as_of=as_of)


def known_names(columns: Mapping[str, object], names: Sequence[str]) -> None:
    """Refuse a column of another name, which a slip of the pen would leave unread."""
    for name in columns:
        if name not in names:
            raise InputError(
                f"columns must be {', '.join(names)}, got {name!r}: leave it out", column=name
            )
