"""The bank's collateral policy: four tables and five figures, and the one that ships."""

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

import attrs

from ruralcredit.collateral._items import FACTS
from ruralcredit.collateral._reasons import (
    DAILY_DAYS,
    DEDUCTION,
    HALF_YEARLY_MONTHS,
    REFER_FROM,
    YEARLY_MONTHS,
)
from ruralcredit.errors import CreditError
from ruralcredit.policy import DecisionTable, Row, gaps
from ruralcredit.reasons import Figure
from ruralcredit.values import FrozenMapping, to_dict

__all__ = ["CollateralPolicy", "Unusable"]

Unusable: TypeAlias = Literal["undetermined", "lapsed"]
"""What a stale or missing valuation means: nobody knows the value, or it counts as nothing."""

EFFECTS: Final = {
    "refusals": ("refuse",),
    "classes": ("prefer", "caution"),
    "conditions": ("condition", "no_value"),
}
TABLES: Final = ("refusals", "caps", "classes", "conditions")
REVALUATIONS: Final = ("yearly", "half_yearly", "daily")
_UNITS: Final = {
    "deduction": "bp",
    "refer_from": "cautions",
    "yearly": "months",
    "half_yearly": "months",
    "daily": "days",
}
_MOST: Final = {"deduction": 10_000, "refer_from": 1_000, "yearly": 1_200, "half_yearly": 1_200}
_MOST_DAYS: Final = 36_500


def _area(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        raise CreditError(f"service_area must be several places, got the str: write ({value!r},)")
    return tuple(value)


@attrs.frozen(kw_only=True, slots=False)
class CollateralPolicy:
    """A bank's rules about collateral (押品政策) as data.

    Every table may test the facts of an item: kind, owner, is_local, age_years, area_m2,
    is_run_down, is_in_pilot_area, is_sealed, is_disputed, consent, insurance and valued_by.
    An officer replaces a table or a figure with `attrs.evolve`.

    Attributes:
        id: Its name.
        version: Its version.
        refusals: Hit policy "collect"; a row that matches refuses the item.
        classes: Hit policy "collect"; rows with effect "prefer", or "caution" and the name of
            the caution.  Rows of one name are one caution.
        caps: Hit policy "unique"; group, cap in basis points, and how often to revalue:
            "yearly", "half_yearly" or "daily".
        conditions: Hit policy "collect"; rows with effect "condition", to be met before
            drawdown, or "no_value", which take the valuation away.
        service_area: Names or administrative codes; a place is local when it is one of them,
            or a code of digits that begins with one.  Empty means nobody said.
        deduction: What cautions take off the cap together, once.
        refer_from: From how many cautions on the item goes to a higher desk.
        yearly: Months until a yearly revaluation is due.
        half_yearly: Months until a half-yearly one is due.
        daily: Days until a daily one is due.
        when_stale: What a valuation past its due day means.
        when_missing: What a missing, undated or unfounded valuation means.

    Raises:
        CreditError: If a table has another hit policy, fact, outcome or row id than it may,
            caps have a gap, or a figure another unit.

    Source:
        Row D19 of the inventory; guideline on commercial banks' collateral (2017).

    >>> import attrs
    >>> from ruralcredit.collateral import DEFAULT_POLICY
    >>> mine = attrs.evolve(DEFAULT_POLICY, version="2", service_area=("321181",))
    >>> mine.is_local("321181105"), mine.is_local("320100"), mine.is_local(None)
    (True, False, None)
    """

    id: str = attrs.field()
    version: str = attrs.field(default="1")
    refusals: DecisionTable = attrs.field(repr=False)
    classes: DecisionTable = attrs.field(repr=False)
    caps: DecisionTable = attrs.field(repr=False)
    conditions: DecisionTable = attrs.field(repr=False)
    service_area: tuple[str, ...] = attrs.field(default=(), converter=_area, repr=False)
    deduction: Figure = attrs.field(default=DEDUCTION, repr=False)
    refer_from: Figure = attrs.field(default=REFER_FROM, repr=False)
    yearly: Figure = attrs.field(default=YEARLY_MONTHS, repr=False)
    half_yearly: Figure = attrs.field(default=HALF_YEARLY_MONTHS, repr=False)
    daily: Figure = attrs.field(default=DAILY_DAYS, repr=False)
    when_stale: Unusable = attrs.field(default="undetermined", repr=False)
    when_missing: Unusable = attrs.field(default="undetermined", repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse tables, figures and words that this room cannot read."""
        for name in ("id", "version"):
            value: object = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise CreditError(f"a collateral policy must have a {name} as text, got {value!r}")
        for name in ("when_stale", "when_missing"):
            value = getattr(self, name)
            if value not in {"undetermined", "lapsed"}:
                raise CreditError(f"{name} must be undetermined or lapsed, got {value!r}")
        places: tuple[object, ...] = self.service_area
        for place in places:
            if not isinstance(place, str) or not place.strip():
                raise CreditError(f"service_area must hold names or codes, got {place!r}")
        for name, unit in _UNITS.items():
            _check_figure(name, getattr(self, name), unit)
        for name in TABLES:
            _check_table(name, getattr(self, name))
        _check_caps(self.caps)
        _check_together(self.tables.values())

    def __getstate__(self) -> dict[str, object]:
        """Leave what can be had anew out of a pickle."""
        return {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}

    @functools.cached_property
    def digest(self) -> str:
        """A short hash of the whole policy.

        >>> from ruralcredit.collateral import DEFAULT_POLICY
        >>> len(DEFAULT_POLICY.digest)
        16
        """
        plain = json.dumps(to_dict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(plain.encode()).hexdigest()[:16]

    @functools.cached_property
    def tables(self) -> Mapping[str, DecisionTable]:
        """The four tables by name, in the order in which they are asked."""
        return FrozenMapping({name: getattr(self, name) for name in TABLES})

    @functools.cached_property
    def rows(self) -> Mapping[str, tuple[str, Row]]:
        """Every row by its id, with the name of its table."""
        return FrozenMapping(
            {row.id: (name, row) for name, table in self.tables.items() for row in table.rows}
        )

    @functools.cached_property
    def words(self) -> Mapping[str, tuple[str, ...]]:
        """The words of each enum fact that some table names."""
        return FrozenMapping(
            {
                field.name: field.values
                for table in self.tables.values()
                for field in table.fields
                if field.values
            }
        )

    @functools.cached_property
    def _kept(self) -> dict[object, object]:
        """What the tables said about the cases that came up."""
        return {}

    def effect(self, row: str) -> object:
        """Return the effect of a row, None where it is one of caps.

        >>> from ruralcredit.collateral import DEFAULT_POLICY
        >>> DEFAULT_POLICY.effect("shop_premises")
        'caution'
        """
        return self.rows[row][1].then.get("effect")

    def is_local(self, place: str | None) -> bool | None:
        """Say whether a place lies in the service area; None where nobody can know."""
        if place is None or not self.service_area:
            return None
        if place in self.service_area:
            return True
        return place.isdigit() and any(
            one.isdigit() and place.startswith(one) for one in self.service_area
        )


def _check_figure(name: str, figure: object, unit: str) -> None:
    if not isinstance(figure, Figure) or figure.unit != unit or isinstance(figure.value, str):
        raise CreditError(f"{name} must be a Figure in {unit}, got {figure!r}")
    low, high = int(name != "deduction"), _MOST.get(name, _MOST_DAYS)
    if not low <= figure.value <= high:
        raise CreditError(f"{name} must be {low} to {high} {unit}, got {figure.value}")


def _check_table(name: str, table: object) -> None:
    if not isinstance(table, DecisionTable):
        raise CreditError(f"{name} must be a DecisionTable, got {type(table).__name__}")
    wanted = "unique" if name == "caps" else "collect"
    if table.hit != wanted:
        raise CreditError(f"hit policy of {name} must be {wanted}, got {table.hit}")
    known = {field.name: field for field in FACTS}
    for field in table.fields:
        like = known.get(field.name)
        if like is None:
            raise CreditError(
                f"table {table.id} asks for {field.name}, which no item has: its fields may be "
                f"{', '.join(known)}"
            )
        is_open = like.values == ("any",)
        if field.kind != like.kind or (
            not is_open and attrs.evolve(field, protected=False) != like
        ):
            raise CreditError(f"field {field.name} of table {table.id} must be declared as {like}")
    for row in table.rows if name in EFFECTS else ():
        effect, caution = row.then.get("effect"), row.then.get("caution")
        wanted_names = {"effect", "caution"} if effect == "caution" else {"effect"}
        is_named = effect != "caution" or (isinstance(caution, str) and caution.strip() != "")
        if effect not in EFFECTS[name] or set(row.then) != wanted_names or not is_named:
            raise CreditError(
                f"row {row.id} of {name} must have the outcome effect with "
                f"{' or '.join(EFFECTS[name])}, a caution also its name, got {dict(row.then)!r}"
            )


def _check_caps(table: DecisionTable) -> None:
    for row in table.rows:
        cap, often, group = (row.then.get(name) for name in ("cap_bp", "revalue", "group"))
        if set(row.then) != {"cap_bp", "revalue", "group"} or not isinstance(group, str):
            raise CreditError(
                f"row {row.id} of caps must have the outcomes group, cap_bp and revalue, "
                f"got {dict(row.then)!r}"
            )
        if isinstance(cap, bool) or not isinstance(cap, int) or not 0 <= cap <= 10_000:
            raise CreditError(f"cap_bp of row {row.id} must be 0 to 10000, got {cap!r}")
        if often not in REVALUATIONS:
            raise CreditError(
                f"revalue of row {row.id} must be one of {', '.join(REVALUATIONS)}, got {often!r}"
            )
    holes = gaps(table)
    if not holes.complete:  # pragma: no cover  # hundreds of thousands of boxes of caps
        raise CreditError(
            "caps must be small enough to prove that no item is left out: test fewer facts"
        )
    if holes.boxes:
        raise CreditError(
            f"caps must have a row for every item, got none for {dict(holes.boxes[0])!r}: a kind "
            "that is never taken has the cap 0"
        )


def _check_together(tables: Iterable[DecisionTable]) -> None:
    """Refuse two rows of one id, and two lists of words for one fact."""
    seen: dict[str, str] = {}
    words: dict[str, tuple[str, tuple[str, ...]]] = {}
    for table in tables:
        for row in table.rows:
            if row.id in seen:
                raise CreditError(
                    f"row ids must differ across the tables of a policy, got {row.id} in "
                    f"{seen[row.id]} and {table.id}"
                )
            seen[row.id] = table.id
        for field in table.fields:
            first = words.setdefault(field.name, (table.id, field.values))
            if field.values != first[1]:
                raise CreditError(
                    f"the words of {field.name} must be the same in {first[0]} and {table.id}"
                )
