"""What an assessor hands in: a figure or a state, and how the assessor is related."""

import datetime
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias, cast, get_args

import attrs

from ruralcredit.errors import CreditError

__all__ = [
    "MAX_LIMIT_FEN",
    "RELATIONS",
    "STATES",
    "Assessment",
    "AssessmentState",
    "Relation",
    "RelationKind",
    "an_assessor",
    "relations_of",
]

AssessmentState: TypeAlias = Literal[
    "limit",
    "abstained",
    "does_not_know",
    "recused",
    "dissent",
    "veto",
    "no_credit",
    "late",
    "struck",
]
"""The states of a form (评议表状态): only a "limit" is a number."""

STATES: Final[tuple[AssessmentState, ...]] = get_args(AssessmentState)
"""The nine states of a form, in the order in which a column codes them."""

RelationKind: TypeAlias = Literal[
    "member", "spouse", "kin", "co_borrower", "guarantor", "debtor", "referrer"
]
"""How an assessor may be related to the household (关联关系)."""

RELATIONS: Final[tuple[RelationKind, ...]] = get_args(RelationKind)

# A hundred thousand million yuan: beyond it a product of nine figures would leave int64.
MAX_LIMIT_FEN: Final = 10**13
_WITH_CODE: Final = ("veto", "no_credit")
# What is on such a form stays on record and never counts.
_ON_RECORD: Final = ("limit", "dissent", "recused", "late", "struck")


def an_assessor(name: str, value: object) -> str | int:
    """Return an assessor's id, text that is not blank or an int."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise CreditError(
            f"{name} must be an id, a str that is not blank or an int, "
            f"got {type(value).__name__} {value!r}"
        )
    if isinstance(value, str) and value.strip() != value:
        raise CreditError(f"{name} must be an id without blanks at its ends, got {value!r}")
    return value


@attrs.frozen
class Assessment:
    """One assessor's blind form on one household (背靠背评议表).

    Only a form in the state "limit" is a number.  Whatever stands in any other state never
    counts, neither as zero nor in a divisor.

    Attributes:
        assessor: The assessor's id, never a name.
        limit_fen: The limit stated, in fen, 1 to 10**13.  A form that is late, struck, recused
            or a dissent may keep its figure on record.
        state: One of the nine words: "limit"; "abstained"; "does_not_know" the household;
            "recused" by the assessor's own word; "dissent", with a remark; "veto" and
            "no_credit", with a code; "late"; "struck".
        code: Why a "veto" or "no_credit" was given, as the rule names it.
        remark: The assessor's words; they never decide.
        at: The day the form was handed in; None is unknown.
        in_round: 1 for the first form, 2 for the one after a re-assessment (复评), and so on.

    Raises:
        CreditError: If a limit is missing, 0, negative or beyond 10**13, a figure or a code
            stands with a state that has none, "no_credit" has no code, or a fact has another
            type.

    >>> Assessment("a", 50_000_00).state
    'limit'
    >>> Assessment("b", state="veto", code="overdue").limit_fen is None
    True
    """

    assessor: str | int = attrs.field()
    limit_fen: int | None = attrs.field(default=None)
    state: AssessmentState = attrs.field(default="limit", kw_only=True)
    code: str | None = attrs.field(default=None, kw_only=True)
    remark: str = attrs.field(default="", kw_only=True, repr=False)
    at: datetime.date | None = attrs.field(default=None, kw_only=True)
    in_round: int = attrs.field(default=1, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse a form that says two things at once, or nothing."""
        an_assessor("assessor", self.assessor)
        if self.state not in STATES:
            raise CreditError(f"state must be one of {', '.join(STATES)}, got {self.state!r}")
        self._check_limit()
        self._check_words()
        day: object = self.at
        if isinstance(day, datetime.datetime):
            raise CreditError(f"at must be a date, got datetime {day}: pass its .date()")
        if day is not None and not isinstance(day, datetime.date):
            raise CreditError(f"at must be a date or None, got {day!r}")
        number: object = self.in_round
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise CreditError(f"in_round must be an int from 1, got {number!r}")

    def _check_limit(self) -> None:
        limit: object = self.limit_fen
        if limit is None:
            if self.state == "limit":
                raise CreditError(
                    f"assessor {self.assessor!r} must state limit_fen, got None: who states none "
                    "abstained, does_not_know or is another state"
                )
            return
        if isinstance(limit, bool) or not isinstance(limit, int):
            raise CreditError(
                f"limit_fen must be whole fen in an int, got {type(limit).__name__} {limit!r}: "
                "convert yuan with yuan"
            )
        if self.state not in _ON_RECORD:
            raise CreditError(
                f"limit_fen must be None where the state is {self.state!r}, got {limit}: only a "
                "limit is a number"
            )
        if not 1 <= limit <= MAX_LIMIT_FEN:
            hint = ": a limit of 0 is 'no_credit' with a code" if limit == 0 else ""
            raise CreditError(f"limit_fen must be 1 to {MAX_LIMIT_FEN} fen, got {limit}{hint}")

    def _check_words(self) -> None:
        remark: object = self.remark
        if not isinstance(remark, str):
            raise CreditError(f"remark must be a str, empty for none, got {remark!r}")
        code: object = self.code
        if code is None:
            if self.state == "no_credit":
                raise CreditError(
                    f"assessor {self.assessor!r} must give no_credit with a code, got None"
                )
        elif not isinstance(code, str) or not code.strip():
            raise CreditError(f"code must be text and not blank, or None, got {code!r}")
        elif self.state not in _WITH_CODE:
            raise CreditError(
                f"code must be None where the state is {self.state!r}, got {code!r}: only "
                f"{' and '.join(_WITH_CODE)} have one, other words are a remark"
            )


@attrs.frozen
class Relation:
    """How one assessor is related to the household, as the bank found it (关联关系).

    Attributes:
        assessor: The assessor's id.
        kind: "member" of the household, "spouse", "kin", "co_borrower", "guarantor",
            "debtor" (either owes the other), or "referrer".
        degree: The degree of kin (亲等), from 1; None is unknown, and None for the other kinds.

    Raises:
        CreditError: If the kind is another, or a degree is none or stands with another kind.

    >>> Relation("a", "kin", degree=2).kind
    'kin'
    """

    assessor: str | int = attrs.field()
    kind: RelationKind = attrs.field()
    degree: int | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse a relation that nobody could check."""
        an_assessor("assessor", self.assessor)
        if self.kind not in RELATIONS:
            raise CreditError(f"kind must be one of {', '.join(RELATIONS)}, got {self.kind!r}")
        degree: object = self.degree
        if degree is None:
            return
        if self.kind != "kin":
            raise CreditError(f"degree must be None where the kind is {self.kind!r}: kin have one")
        if isinstance(degree, bool) or not isinstance(degree, int) or degree < 1:
            raise CreditError(f"degree must be an int from 1, got {degree!r}")


def relations_of(values: object) -> tuple[Relation, ...]:
    """Return relations, of which each may come as a tuple: assessor, kind and degree of kin."""
    if not isinstance(values, Iterable) or isinstance(values, str):
        raise CreditError(f"relations must be several, got {values!r}: write [{values!r}]")
    return tuple(_relation(one) for one in values)


def _relation(one: object) -> Relation:
    if isinstance(one, Relation):
        return one
    if not isinstance(one, tuple | list) or not 2 <= len(one) <= 3:
        raise CreditError(
            f"a relation must be a Relation or (assessor, kind) with the degree of kin, "
            f"got {one!r}"
        )
    kind = cast("RelationKind", one[1])
    return Relation(one[0], kind, degree=one[2] if len(one) == 3 else None)
