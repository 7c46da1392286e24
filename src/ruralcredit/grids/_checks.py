"""The few checks and small values that the parts of this room share."""

import datetime
import functools
import hashlib
import json
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError, InputError
from ruralcredit.reasons import Basis, Decision, Figure, Reason
from ruralcredit.values import FrozenMapping, to_dict

if TYPE_CHECKING:
    from ruralcredit.reasons import Outcome

__all__ = [
    "BusinessDays",
    "Id",
    "a_count",
    "a_day",
    "a_day_or_none",
    "a_truth",
    "an_id",
    "answered",
    "basis_of",
    "distinct",
    "ids_of",
    "known_names",
    "least_one",
    "many",
    "names_of",
    "not_blank",
    "refuse_unknown",
    "with_figure",
    "working_days",
]

Id: TypeAlias = str | int
"""The id of a grid, a household or a person: text or a whole number."""

BusinessDays: TypeAlias = Callable[[datetime.date], bool] | Collection[datetime.date]
"""A calendar of working days: a predicate, or every working day of the span asked."""


def a_day(name: str, value: object) -> datetime.date:
    if isinstance(value, datetime.datetime):
        raise CreditError(f"{name} must be a date, got datetime {value}: pass its .date()")
    if not isinstance(value, datetime.date):
        hint = ": write datetime.date(2024, 6, 30)" if isinstance(value, str | int) else ""
        raise CreditError(f"{name} must be a date, got {type(value).__name__} {value!r}{hint}")
    return datetime.date(value.year, value.month, value.day)


def a_day_or_none(name: str, value: object) -> datetime.date | None:
    return None if value is None else a_day(name, value)


def a_truth(name: str, value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise CreditError(
            f"{name} must be True, False or None for unknown, got {type(value).__name__} {value!r}"
        )
    return value


def a_count(name: str, value: object, *, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise CreditError(f"{name} must be a whole number from {least}, got {value!r}")
    return int(value)


def an_id(name: str, value: object) -> Id:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return int(value)
    raise CreditError(f"{name} must be text that is not blank, or a whole number, got {value!r}")


def ids_of(name: str, values: object) -> tuple[Id, ...]:
    """Return several ids; a lone text would fall apart into its letters."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise CreditError(
            f"{name} must be several ids, got {type(values).__name__} {values!r}: write (id,)"
        )
    return tuple(an_id(name, one) for one in values)


def distinct(name: str, ids: Sequence[Hashable]) -> None:
    """Refuse ids that could not be told apart."""
    seen: set[Hashable] = set()
    for one in ids:
        if one in seen:
            raise CreditError(f"{name} must be distinct, got {one!r} twice: keep one")
        seen.add(one)


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


def many(values: Iterable[object]) -> tuple[Any, ...]:
    """Freeze several values, whose types their owner's fields name."""
    return tuple(values)


def names_of(name: Mapping[str, str]) -> FrozenMapping[str, str]:
    """Freeze a name in both languages."""
    if set(name) != {"en", "zh"}:
        raise CreditError(f"a name must be given in en and zh, got {name!r}")
    return FrozenMapping(name)


@functools.lru_cache(maxsize=256)
def _digest(policy: Hashable) -> str:
    plain = json.dumps(to_dict(policy), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


class _Named(Hashable, Protocol):
    @property
    def id(self) -> str: ...

    @property
    def version(self) -> str: ...


def basis_of(policy: _Named, *, as_of: datetime.date | None = None) -> Basis:
    """Name the policy asked: its id, version, content and the day, where there is one."""
    return Basis(id=policy.id, version=policy.version, digest=_digest(policy), as_of=as_of)


def answered(
    policy: _Named,
    faults: Sequence[Reason],
    *,
    unknown: Sequence[Reason] = (),
    ask: Sequence[Id] = (),
    good: Sequence[Reason] = (),
    as_of: datetime.date | None = None,
    fault: str = "refuse",
) -> Decision:
    """Return "pass", the word for a fault, or undetermined where only a fact is missing."""
    basis = basis_of(policy, as_of=as_of)
    if not faults and unknown:
        return Decision(
            outcome=None, status="undetermined", reasons=unknown, ask=tuple(ask), basis=basis
        )
    outcome: Outcome = fault if faults else "pass"
    told = (*faults, *unknown) if faults else tuple(good)
    return Decision(outcome=outcome, status="decided", reasons=told, ask=tuple(ask), basis=basis)


def with_figure(reason: Reason, *figures: Figure) -> Reason:
    """Return a reason that says which figures it used."""
    return attrs.evolve(reason, figures=figures)


def known_names(columns: Mapping[str, object], names: Sequence[str], *, table: str = "") -> None:
    """Refuse a column of another name, which a slip of the pen would leave unread."""
    if not isinstance(columns, Mapping):
        raise CreditError(
            f"{table or 'columns'} must be a mapping of columns, got {type(columns).__name__}"
        )
    for name in columns:
        if name not in names:
            raise InputError(
                f"{table or 'columns'} must hold {', '.join(names)}, got {name!r}: leave it out",
                column=name,
            )


def refuse_unknown(name: str, unknown: npt.NDArray[np.bool_]) -> None:
    """Refuse a column with unknown cells where each row must be known."""
    if unknown.any():
        count, row = int(unknown.sum()), int(unknown.argmax())
        raise InputError(
            f"{name} must be known in every row, {count} cells are not, the first at row {row}: "
            "list these rows and leave them out",
            column=name,
            count=count,
            first_row=row,
        )


def working_days(
    business_days: BusinessDays, first: datetime.date, last: datetime.date
) -> list[datetime.date]:
    """Return the working days from a day to another, both included, in order."""
    if callable(business_days):
        span = range(first.toordinal(), last.toordinal() + 1)
        days = map(datetime.date.fromordinal, span)
        return [day for day in days if _is_working(business_days, day)]
    if isinstance(business_days, str | Mapping) or not isinstance(business_days, Collection):
        raise CreditError(
            "business_days must be a predicate of a day or a collection of days, got "
            f"{type(business_days).__name__}: where every day counts, pass lambda day: True"
        )
    given = {a_day("business_days", day) for day in business_days}
    return sorted(day for day in given if first <= day <= last)


def _is_working(is_working: Callable[[datetime.date], bool], day: datetime.date) -> bool:
    answer = is_working(day)
    if not isinstance(answer, bool | np.bool_):
        raise CreditError(f"business_days must answer True or False, got {answer!r} for {day}")
    return bool(answer)
