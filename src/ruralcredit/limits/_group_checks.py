"""The few checks and small values that the questions of the group and of caps share."""

import datetime
import functools
import hashlib
import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol, TypeVar

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.limits._assessment import MAX_LIMIT_FEN, an_assessor
from ruralcredit.reasons import Basis, Cell, Decision, Figure, Reason
from ruralcredit.values import to_dict

if TYPE_CHECKING:
    from ruralcredit.limits._rule import ReconcileRule

__all__ = [
    "Blocker",
    "a_day",
    "a_flag",
    "a_name",
    "a_quantity",
    "a_truth",
    "an_amount",
    "basis_of",
    "closed",
    "figure_from",
    "ids",
    "known_limit",
    "lowest_cap",
    "named",
    "number",
    "one_of",
    "only",
    "or_none",
    "resting",
    "shown",
]

T = TypeVar("T", int, int | None)
C = TypeVar("C", int, str, bool)


def a_day(name: str, value: object) -> datetime.date:
    if isinstance(value, datetime.datetime):
        raise CreditError(f"{name} must be a date, got datetime {value}: pass its .date()")
    if not isinstance(value, datetime.date):
        hint = ": write datetime.date(2024, 6, 30)" if isinstance(value, str | int) else ""
        raise CreditError(f"{name} must be a date, got {type(value).__name__} {value!r}{hint}")
    return datetime.date(value.year, value.month, value.day)


def an_amount(name: str, value: object, *, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise CreditError(
            f"{name} must be whole fen in an int, got {type(value).__name__} {value!r}: "
            "convert yuan with yuan"
        )
    if value < least:
        raise CreditError(f"{name} must be {least} fen or more, got {value}")
    return value


def or_none(owner: object, attribute: "attrs.Attribute[T]", value: T) -> None:
    """Refuse what is neither an amount from 0 nor None for unknown."""
    if value is not None:
        an_amount(f"{type(owner).__name__}.{attribute.name}", value)


def a_truth(owner: object, attribute: "attrs.Attribute[bool | None]", value: object) -> None:
    """Refuse what is neither yes, no nor unknown."""
    if value is not None and not isinstance(value, bool):
        raise CreditError(
            f"{type(owner).__name__}.{attribute.name} must be True, False or None for unknown, "
            f"got {value!r}"
        )


def a_flag(owner: object, attribute: "attrs.Attribute[bool]", value: object) -> None:
    """Refuse what is neither yes nor no."""
    if not isinstance(value, bool):
        raise CreditError(
            f"{type(owner).__name__}.{attribute.name} must be True or False, got {value!r}"
        )


def a_name(owner: object, attribute: "attrs.Attribute[str]", value: object) -> None:
    """Refuse a name that nobody can call."""
    if not isinstance(value, str) or not value.strip():
        raise CreditError(
            f"{type(owner).__name__}.{attribute.name} must be text and not blank, got {value!r}"
        )


def one_of(*words: str) -> Callable[[object, "attrs.Attribute[str]", object], None]:
    """Return a check that a word is one of several."""

    def check(owner: object, attribute: "attrs.Attribute[str]", value: object) -> None:
        if value not in words:
            raise CreditError(
                f"{type(owner).__name__}.{attribute.name} must be one of {', '.join(words)}, "
                f"got {value!r}"
            )

    return check


def figure_from(
    low: int, high: int
) -> Callable[[object, "attrs.Attribute[Figure]", object], None]:
    """Return a check that a figure is a whole number in a range."""

    def check(owner: object, attribute: "attrs.Attribute[Figure]", value: object) -> None:
        held = value.value if isinstance(value, Figure) else None
        if isinstance(held, bool) or not isinstance(held, int) or not low <= held <= high:
            raise CreditError(
                f"{type(owner).__name__}.{attribute.name} must be a Figure of a whole number "
                f"from {low} to {high}, got {value if held is None else held!r}"
            )

    return check


def shown(figure: Figure | None) -> str:
    return "None" if figure is None else f"{figure.value} {figure.unit}"


def number(figure: Figure) -> int:
    return int(figure.value)


def ids(name: str, values: object) -> tuple[str | int, ...]:
    """Return ids, each once, in their order."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise CreditError(f"{name} must be several ids, got {values!r}: write [{values!r}]")
    found = [an_assessor(f"one of {name}", one) for one in values]
    if len(set(found)) < len(found):
        twice = next(one for one in found if found.count(one) > 1)
        raise CreditError(f"{name} must name each once, got {twice!r} twice")
    return tuple(found)


def a_quantity(name: str, value: object) -> Fraction:
    """Return how much of something there is, exactly."""
    held = value if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
    if held is None or (isinstance(held, Decimal) and not held.is_finite()):
        raise CreditError(
            f"{name} must be an int or a Decimal, got {type(value).__name__} {value!r}: "
            "write Decimal('12.5')"
        )
    found = Fraction(held)
    if found < 0:
        raise CreditError(f"{name} must be 0 or more, got {value}")
    return found


# Remembered, since a policy's figures are put under its reasons with each household.
@functools.lru_cache(maxsize=256)
def resting(reason: Reason, *figures: Figure) -> Reason:
    """Return a reason that rests on figures of a policy, in their words."""
    if len(figures) == 1:
        return attrs.evolve(reason, figures=figures, basis=figures[0].basis)
    return attrs.evolve(reason, figures=figures)


class _Named(Hashable, Protocol):
    @property
    def id(self) -> str: ...

    @property
    def version(self) -> str: ...


@functools.lru_cache(maxsize=64)
def _digest(policy: Hashable) -> str:
    plain = json.dumps(to_dict(policy), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def basis_of(policy: "_Named | ReconcileRule", *, as_of: datetime.date | None) -> Basis:
    """Name the policy asked: its id, version, content and the day."""
    return Basis(id=policy.id, version=policy.version, digest=_digest(policy), as_of=as_of)


@attrs.frozen
class Blocker:
    """What keeps an answer open, and what to ask for."""

    reason: Reason
    ask: tuple[str | int, ...]


def closed(
    blockers: Iterable[Blocker], *, basis: Basis, others: Iterable[Reason] = ()
) -> Decision:
    """Return the answer that lacks something: every reason, each thing to ask for once."""
    held = tuple(blockers)
    asked = dict.fromkeys(one for blocker in held for one in blocker.ask)
    return Decision(
        outcome=None,
        status="undetermined",
        reasons=(*others, *(blocker.reason for blocker in held)),
        ask=tuple(asked),
        basis=basis,
    )


def known_limit(decision: Decision) -> int | None:
    """Return the limit of a decision, None where it has none."""
    outcome = decision.outcome
    found = outcome.get("limit_fen") if isinstance(outcome, Mapping) else None
    if decision.status == "decided" and (isinstance(found, bool) or not isinstance(found, int)):
        raise CreditError(
            f"a decision on a limit must have limit_fen in its outcome, got {outcome!r}: pass "
            "the answer of reconcile, decide_group or industry_limit"
        )
    return found if isinstance(found, int) else None


def named(decision: Decision) -> Mapping[str, Cell | tuple[Cell, ...]]:
    """Return what a decision says by name, nothing where it says it otherwise."""
    outcome = decision.outcome
    return outcome if isinstance(outcome, Mapping) else {}


def only(kind: type[C], value: object) -> C | None:
    """Return a value of one kind, None for any other."""
    return value if isinstance(value, kind) else None


def lowest_cap(
    caps_fen: Mapping[str, int | None],
) -> tuple[tuple[str, int] | None, tuple[str, ...]]:
    """Return the lowest cap with its name, if any is known, and the names of unknown ones."""
    if not isinstance(caps_fen, Mapping):
        raise CreditError(
            f"caps_fen must be amounts by name, got {caps_fen!r}: write {{'household': amount}}"
        )
    unknown = tuple(sorted(name for name, cap in caps_fen.items() if cap is None))
    known = [
        (an_amount(f"cap {name}", cap), name) for name, cap in caps_fen.items() if cap is not None
    ]
    beyond = [name for cap, name in known if cap > MAX_LIMIT_FEN]
    if beyond:
        raise CreditError(f"cap {beyond[0]} must be at most {MAX_LIMIT_FEN} fen")
    if not known:
        return None, unknown
    fen, name = min(known)
    return (name, fen), unknown
