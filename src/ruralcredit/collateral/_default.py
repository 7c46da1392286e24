"""The policy that ships: row D19 of the inventory as tables, every cap with its basis."""

from collections.abc import Mapping
from typing import Final

import attrs

from ruralcredit.collateral._items import FACTS
from ruralcredit.collateral._policy import CollateralPolicy
from ruralcredit.collateral._reasons import (
    CONSENT_REFUSED,
    DISPUTED,
    HOMESTEAD,
    INSURANCE,
    NO_EVIDENCE,
    OLD_AND_LARGE,
    OUT_OF_AREA,
    OWN_SHARES,
    PREFERRED,
    PUBLIC_WELFARE,
    RUN_DOWN,
    SEALED,
    SHOP,
    THIRD_PARTY,
)
from ruralcredit.policy import DecisionTable, Field, Row
from ruralcredit.reasons import Reason

__all__ = ["DEFAULT_POLICY"]

_FINANCIAL: Final = ("deposit_receipt", "government_bond", "listed_shares", "own_shares")
_BUILDINGS: Final = ("factory", "housing", "office", "shop")
_REAL_ESTATE: Final = (
    *_BUILDINGS,
    "land",
    "collective_construction_land",
    "homestead",
    "public_welfare",
)
_OTHERS: Final = (
    *("land_management_right", "forest_right", "greenhouse", "live_animals"),
    *("farm_machine", "machine", "warehouse_receipt", "vehicle"),
)
_KINDS: Final = (*_FINANCIAL, *_REAL_ESTATE, "receivables", *_OTHERS)
# Paper has no place; goods move.
_WITH_A_PLACE: Final = (
    *_REAL_ESTATE,
    *("land_management_right", "forest_right", "greenhouse", "live_animals"),
    *("farm_machine", "machine"),
)
_INSURED: Final = (
    *_BUILDINGS,
    *("greenhouse", "live_animals", "farm_machine", "machine", "warehouse_receipt", "vehicle"),
)
_OWNERS: Final = (
    *("borrower", "spouse", "co_borrower", "controller"),
    *("relative", "related_firm", "other"),
)
_THIRD_PARTIES: Final = ("relative", "related_firm", "other")
_VALUERS: Final = ("external", "internal", "market", "face_value", "owner")
_WORDS: Final = {"kind": _KINDS, "owner": _OWNERS, "valued_by": _VALUERS}
_FIELDS: Final = {
    field.name: attrs.evolve(field, values=_WORDS.get(field.name, field.values)) for field in FACTS
}

_OLD_YEARS: Final = 20
_LARGE_M2: Final = 144


def _fields(*names: str) -> tuple[Field, ...]:
    return tuple(_FIELDS[name] for name in names)


def _row(row: str, effect: str, reason: Reason, when: Mapping[str, object], **more: str) -> Row:
    return Row(
        row,
        when=when,
        then={"effect": effect, **more},
        reason=reason.code,
        cite=reason.source,
        basis=reason.basis,
    )


_REFUSALS: Final = DecisionTable(
    "collateral.refusals",
    _fields("kind", "is_in_pilot_area", "is_sealed", "is_disputed", "consent"),
    (
        _row(
            "homestead_outside_pilots",
            "refuse",
            HOMESTEAD,
            {"kind": "homestead", "is_in_pilot_area": False},
        ),
        _row("public_welfare_facility", "refuse", PUBLIC_WELFARE, {"kind": "public_welfare"}),
        _row("disputed", "refuse", DISPUTED, {"is_disputed": True}),
        _row("sealed", "refuse", SEALED, {"is_sealed": True}),
        _row("own_shares_pledged", "refuse", OWN_SHARES, {"kind": "own_shares"}),
        _row("consent_refused", "refuse", CONSENT_REFUSED, {"consent": "refused"}),
    ),
    hit="collect",
)

_OLD: Final = {"ge": _OLD_YEARS}
_LARGE: Final = {"ge": _LARGE_M2}

_CLASSES: Final = DecisionTable(
    "collateral.classes",
    _fields("kind", "is_local", "owner", "age_years", "area_m2", "is_run_down"),
    (
        _row(
            "local_factory_or_housing",
            "prefer",
            PREFERRED,
            {"kind": ("factory", "housing"), "is_local": True},
        ),
        _row(
            "out_of_area",
            "caution",
            OUT_OF_AREA,
            {"kind": _WITH_A_PLACE, "is_local": False},
            caution="out_of_area",
        ),
        _row(
            "third_party", "caution", THIRD_PARTY, {"owner": _THIRD_PARTIES}, caution="third_party"
        ),
        _row("shop_premises", "caution", SHOP, {"kind": "shop"}, caution="shop"),
        _row(
            "old_and_large",
            "caution",
            OLD_AND_LARGE,
            {"kind": _BUILDINGS, "age_years": _OLD, "area_m2": _LARGE},
            caution="ageing",
        ),
        _row(
            "old_and_area_unknown",
            "caution",
            OLD_AND_LARGE,
            {"kind": _BUILDINGS, "age_years": _OLD, "area_m2": None},
            caution="ageing",
        ),
        _row(
            "large_and_age_unknown",
            "caution",
            OLD_AND_LARGE,
            {"kind": _BUILDINGS, "age_years": None, "area_m2": _LARGE},
            caution="ageing",
        ),
        _row(
            "age_and_area_unknown",
            "caution",
            OLD_AND_LARGE,
            {"kind": _BUILDINGS, "age_years": None, "area_m2": None},
            caution="ageing",
        ),
        _row(
            "run_down",
            "caution",
            RUN_DOWN,
            {"kind": _BUILDINGS, "is_run_down": (True, None)},
            caution="ageing",
        ),
    ),
    hit="collect",
)


def _cap(kind: str, group: str, cap_bp: int, revalue: str) -> Row:
    proposed = "this library's proposal" if cap_bp else "never taken"
    return Row(
        kind,
        when={"kind": kind},
        then={"group": group, "cap_bp": cap_bp, "revalue": revalue},
        cite="guideline on commercial banks' collateral (2017), art. 20, leaves the cap to the "
        f"bank: {proposed}",
        basis="project proposal",
    )


_CAPS: Final = DecisionTable(
    "collateral.caps",
    _fields("kind"),
    (
        _cap("deposit_receipt", "financial", 9_000, "yearly"),
        _cap("government_bond", "financial", 9_000, "daily"),
        _cap("listed_shares", "financial", 5_000, "daily"),
        _cap("own_shares", "financial", 0, "yearly"),
        _cap("factory", "real_estate", 6_000, "yearly"),
        _cap("housing", "real_estate", 7_000, "yearly"),
        _cap("office", "real_estate", 5_000, "yearly"),
        _cap("shop", "real_estate", 5_000, "yearly"),
        _cap("land", "real_estate", 6_000, "yearly"),
        _cap("collective_construction_land", "real_estate", 5_000, "yearly"),
        _cap("homestead", "real_estate", 3_000, "yearly"),
        _cap("public_welfare", "real_estate", 0, "yearly"),
        _cap("receivables", "receivables", 7_000, "half_yearly"),
        _cap("land_management_right", "other", 4_000, "yearly"),
        _cap("forest_right", "other", 4_000, "yearly"),
        _cap("greenhouse", "other", 3_000, "yearly"),
        _cap("live_animals", "other", 4_000, "half_yearly"),
        _cap("farm_machine", "other", 4_000, "yearly"),
        _cap("machine", "other", 4_000, "yearly"),
        _cap("warehouse_receipt", "other", 5_000, "half_yearly"),
        _cap("vehicle", "other", 4_000, "yearly"),
    ),
)

_CONDITIONS: Final = DecisionTable(
    "collateral.conditions",
    _fields("kind", "insurance", "valued_by"),
    (
        _row(
            "insure",
            "condition",
            INSURANCE,
            {"kind": _INSURED, "insurance": ("lapsed", "none", None)},
        ),
        _row("owners_word", "no_value", NO_EVIDENCE, {"valued_by": ("owner", None)}),
    ),
    hit="collect",
)

DEFAULT_POLICY: Final = CollateralPolicy(
    id="collateral",
    refusals=_REFUSALS,
    classes=_CLASSES,
    caps=_CAPS,
    conditions=_CONDITIONS,
)
"""The differentiated policy of row D19 (抵押物差异化政策), to be given a service area.

Preferred: local factories and housing.  Cautious: out of area, owned by a third party, shops,
and 老破大: old and large, or run-down.  Caution wins; cautions together take one deduction, and
two or more refer upward.  The split is the source document's; caps, thresholds and the
deduction are this library's proposals.
"""
