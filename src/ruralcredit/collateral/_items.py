"""What is known about one piece of collateral, and the facts that a policy may test."""

import datetime
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import attrs
import numpy as np

from ruralcredit.errors import CreditError
from ruralcredit.policy import Field
from ruralcredit.values import FrozenMapping

__all__ = [
    "BOUNDS",
    "CONSENTS",
    "FACTS",
    "FORMS",
    "ITEM_OF_FACT",
    "MAX_FEN",
    "WHOLE_BP",
    "CollateralItem",
    "Consent",
    "MortgageForm",
    "a_day",
    "an_amount",
    "an_id",
]

ItemId: TypeAlias = str | int

Consent: TypeAlias = Literal["none_needed", "given", "refused"]
"""What the co-owners said: nobody co-owns it, they consented, or one refused (共有人意见)."""

MortgageForm: TypeAlias = Literal["specific", "maximum"]
"""A mortgage for named loans, or a maximum-amount mortgage (最高额抵押)."""

CONSENTS: Final = ("none_needed", "given", "refused")
FORMS: Final = ("specific", "maximum")
INSURANCES: Final = ("in_force", "lapsed", "none")

WHOLE_BP: Final = 10_000
# A trillion yuan: ten thousand times of it still fits into 64 bits.
MAX_FEN: Final = 10**14
BOUNDS: Final[Mapping[str, tuple[int, int]]] = FrozenMapping(
    {
        "valuation_fen": (0, MAX_FEN),
        "senior_fen": (0, MAX_FEN),
        "registered_fen": (0, MAX_FEN),
        "share_bp": (1, WHOLE_BP),
        "area_m2": (0, 2**63 - 1),
    }
)

FACTS: Final = (
    Field("kind", "enum", values=("any",)),
    Field("owner", "enum", values=("any",)),
    Field("is_local", "bool"),
    Field("age_years", "int", unit="years", low=0),
    Field("area_m2", "int", unit="m2", low=0),
    Field("is_run_down", "bool"),
    Field("is_in_pilot_area", "bool"),
    Field("is_sealed", "bool"),
    Field("is_disputed", "bool"),
    Field("consent", "enum", values=CONSENTS),
    Field("insurance", "enum", values=INSURANCES),
    Field("valued_by", "enum", values=("any",)),
)
"""The facts that a table of a policy may test; kinds, owners and valuers are the bank's words."""

# What to ask for where a derived fact is missing.
ITEM_OF_FACT: Final = {"is_local": "place", "age_years": "built_on", "insurance": "is_insured"}


def a_day(name: str, value: object) -> datetime.date:
    """Return a plain date or say why it is none."""
    if isinstance(value, datetime.datetime):
        raise CreditError(f"{name} must be a date, got datetime {value}: pass its .date()")
    if not isinstance(value, datetime.date):
        hint = ": write datetime.date(2024, 6, 30)" if isinstance(value, str | int) else ""
        raise CreditError(f"{name} must be a date, got {type(value).__name__} {value!r}{hint}")
    return datetime.date(value.year, value.month, value.day)


def an_amount(name: str, value: object, *, low: int = 0, high: int = MAX_FEN) -> int:
    """Return a whole number within bounds or say why it is none."""
    if isinstance(value, bool | np.bool_) or not hasattr(value, "__index__"):
        hint = ": make fen with yuan()" if name.endswith("_fen") else ""
        raise CreditError(
            f"{name} must be a whole number, got {type(value).__name__} {value!r}{hint}"
        )
    number = int(value.__index__())
    if not low <= number <= high:
        raise CreditError(f"{name} must be {low} to {high}, got {number}")
    return number


def an_id(name: str, value: object) -> ItemId:
    """Return an id as str or int or say why it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise CreditError(f"{name} must be a str or an int, got {type(value).__name__} {value!r}")
    return value


def _plain_day(value: object) -> datetime.date | None:
    is_day = isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)
    return datetime.date(value.year, value.month, value.day) if is_day else value  # type: ignore[return-value, attr-defined]  # refused by the validator


def _plain_int(value: object) -> int | None:
    is_numpy = isinstance(value, np.integer)
    return int(value) if is_numpy else value  # type: ignore[return-value, call-overload]  # as above


def _plain_id(value: object) -> ItemId:
    return _plain_int(value)  # type: ignore[return-value]  # as above


def _plain_truth(value: object) -> bool | None:
    return bool(value) if isinstance(value, np.bool_) else value  # type: ignore[return-value]  # as above


def _is_id(_: object, __: "attrs.Attribute[ItemId]", value: object) -> None:
    an_id("CollateralItem.id", value)


def _is_day(_: object, attribute: "attrs.Attribute[datetime.date | None]", value: object) -> None:
    if value is not None:
        a_day(f"CollateralItem.{attribute.name}", value)


def _is_amount(_: object, attribute: "attrs.Attribute[int | None]", value: object) -> None:
    low, high = BOUNDS[attribute.name]
    if value is not None:
        an_amount(f"CollateralItem.{attribute.name}", value, low=low, high=high)


def _is_truth(_: object, attribute: "attrs.Attribute[bool | None]", value: object) -> None:
    if value is not None and not isinstance(value, bool):
        raise CreditError(
            f"CollateralItem.{attribute.name} must be True, False or None, "
            f"got {type(value).__name__} {value!r}"
        )


def _is_word(_: object, attribute: "attrs.Attribute[str | None]", value: object) -> None:
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise CreditError(
            f"CollateralItem.{attribute.name} must be a word, None where it is unknown, "
            f"got {value!r}"
        )


def _one_of(_: object, attribute: "attrs.Attribute[str | None]", value: object) -> None:
    words = {"consent": CONSENTS, "form": FORMS}[attribute.name]
    if value is not None and value not in words:
        raise CreditError(
            f"CollateralItem.{attribute.name} must be one of {', '.join(words)} or None, "
            f"got {value!r}"
        )


@attrs.frozen(kw_only=True)
class CollateralItem:
    """One piece of collateral (押品) as the file knows it; None is unknown, never zero.

    Attributes:
        id: Its id in the bank's books.
        kind: Its kind, a word of the policy's tables, such as "housing".
        owner: Who owns it, as a relation to the borrower: "borrower", "spouse" ...
        place: Where it lies, a name or an administrative code; the policy's service area
            decides what is local.
        built_on: The day the building was completed.
        area_m2: Floor area in whole square metres, a fraction cut off.
        is_run_down: Whether the building is run-down.
        is_in_pilot_area: Whether homestead land lies in a pilot of homestead mortgages.
        is_sealed: Whether a court or an authority sealed, seized or controls it.
        is_disputed: Whether its ownership or use is disputed.
        consent: What the co-owners said.
        share_bp: The share of it that is pledged, 1 to 10,000.
        is_insured: Whether it is insured in favour of the bank.
        insured_until: The last day of the insurance; where it is unknown, an insurance that
            is known counts as in force.
        valuation_fen: Its value as appraised, the whole of it, 0 to 10**14.
        valued_on: The day of the appraisal.
        valued_by: Where the value comes from, a word of the policy's tables.
        senior_fen: Claims of others that rank ahead of the bank, 0 where there are none.
        form: A mortgage for named loans, or a maximum-amount mortgage (最高额抵押).
        registered_fen: The registered maximum of a maximum-amount mortgage.

    Raises:
        CreditError: If a value has the wrong type or is out of range.

    >>> CollateralItem(id="C7", kind="housing", owner="borrower", valuation_fen=1_000_000_00)
    CollateralItem(id='C7', kind='housing')
    """

    id: ItemId = attrs.field(converter=_plain_id, validator=_is_id)
    kind: str | None = attrs.field(validator=_is_word)
    owner: str | None = attrs.field(default=None, validator=_is_word, repr=False)
    place: str | None = attrs.field(default=None, validator=_is_word, repr=False)
    built_on: datetime.date | None = attrs.field(
        default=None, converter=_plain_day, validator=_is_day, repr=False
    )
    area_m2: int | None = attrs.field(
        default=None, converter=_plain_int, validator=_is_amount, repr=False
    )
    is_run_down: bool | None = attrs.field(
        default=None, converter=_plain_truth, validator=_is_truth, repr=False
    )
    is_in_pilot_area: bool | None = attrs.field(
        default=None, converter=_plain_truth, validator=_is_truth, repr=False
    )
    is_sealed: bool | None = attrs.field(
        default=None, converter=_plain_truth, validator=_is_truth, repr=False
    )
    is_disputed: bool | None = attrs.field(
        default=None, converter=_plain_truth, validator=_is_truth, repr=False
    )
    consent: Consent | None = attrs.field(default=None, validator=_one_of, repr=False)
    share_bp: int | None = attrs.field(
        default=None, converter=_plain_int, validator=_is_amount, repr=False
    )
    is_insured: bool | None = attrs.field(
        default=None, converter=_plain_truth, validator=_is_truth, repr=False
    )
    insured_until: datetime.date | None = attrs.field(
        default=None, converter=_plain_day, validator=_is_day, repr=False
    )
    valuation_fen: int | None = attrs.field(
        default=None, converter=_plain_int, validator=_is_amount, repr=False
    )
    valued_on: datetime.date | None = attrs.field(
        default=None, converter=_plain_day, validator=_is_day, repr=False
    )
    valued_by: str | None = attrs.field(default=None, validator=_is_word, repr=False)
    senior_fen: int | None = attrs.field(
        default=None, converter=_plain_int, validator=_is_amount, repr=False
    )
    form: MortgageForm | None = attrs.field(default=None, validator=_one_of, repr=False)
    registered_fen: int | None = attrs.field(
        default=None, converter=_plain_int, validator=_is_amount, repr=False
    )
