"""The tables that the promises of `policy` are measured on, and the same rules by other means.

The collateral table has 25 rows over kind x locality x owner x age x floor area, the first
that matches decides.  Its facts are never missing here, so that every way means the same.
"""

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.policy import DecisionTable, Field, Row

Int64 = npt.NDArray[np.int64]
Case = dict[str, str | int | None]

SEED = 20_240_630
OWN = ("borrower", "spouse")
FIRM = ("borrower", "own_firm")
WORKS = ("factory", "warehouse")
BUILT_UP = ("county_seat", "town")
FIELDS = (
    Field(
        "kind",
        "enum",
        values=(
            *("town_house", "apartment", "village_house", "homestead", "shop"),
            *("office", "factory", "warehouse", "land"),
        ),
    ),
    Field("locality", "enum", values=("county_seat", "town", "village", "elsewhere")),
    Field(
        "owner",
        "enum",
        values=("borrower", "spouse", "parent_or_child", "own_firm", "third_party"),
    ),
    Field("age_years", "int", unit="years", low=0, high=150),
    Field("area_m2", "int", unit="m2", low=0),
)
NAMES = tuple(field.name for field in FIELDS)
# Per row: its id, its conditions, the cap in bp; None refuses.
RULES: tuple[tuple[str, dict[str, object], int | None], ...] = (
    ("H1", {"kind": "town_house", "age_years": {"le": 10}, "area_m2": {"ge": 60}}, 7000),
    ("H2", {"kind": "town_house", "age_years": {"le": 20}, "area_m2": {"ge": 60}}, 6500),
    ("H3", {"kind": "town_house", "owner": OWN, "age_years": {"le": 20}}, 6000),
    ("H4", {"kind": "town_house", "age_years": {"le": 30}}, 5000),
    (
        "A1",
        {
            "kind": "apartment",
            "locality": "county_seat",
            "owner": OWN,
            "age_years": {"le": 10},
            "area_m2": {"ge": 40, "le": 144},
        },
        7000,
    ),
    ("A2", {"kind": "apartment", "locality": BUILT_UP, "age_years": {"le": 20}}, 6500),
    ("A3", {"kind": "apartment", "owner": OWN, "age_years": {"le": 20}}, 6000),
    ("A4", {"kind": "apartment", "age_years": {"le": 30}}, 4500),
    (
        "V1",
        {
            "kind": "village_house",
            "locality": ("town", "village"),
            "owner": (*OWN, "parent_or_child"),
            "age_years": {"le": 15},
            "area_m2": {"ge": 80},
        },
        5000,
    ),
    ("V2", {"kind": "village_house", "locality": "town", "age_years": {"le": 25}}, 4000),
    (
        "F1",
        {
            "kind": WORKS,
            "locality": BUILT_UP,
            "owner": FIRM,
            "age_years": {"le": 10},
            "area_m2": {"ge": 300},
        },
        6000,
    ),
    (
        "F2",
        {
            "kind": WORKS,
            "locality": BUILT_UP,
            "age_years": {"le": 20},
            "area_m2": {"ge": 100},
        },
        5000,
    ),
    ("F3", {"kind": WORKS, "owner": FIRM, "age_years": {"le": 20}}, 4000),
    (
        "S1",
        {
            "kind": "shop",
            "locality": "county_seat",
            "age_years": {"le": 10},
            "area_m2": {"le": 500},
        },
        6000,
    ),
    ("S2", {"kind": "shop", "locality": BUILT_UP, "owner": OWN, "age_years": {"le": 20}}, 5000),
    ("S3", {"kind": "shop", "locality": BUILT_UP, "age_years": {"le": 20}}, 4000),
    (
        "O1",
        {
            "kind": "office",
            "locality": "county_seat",
            "age_years": {"le": 15},
            "area_m2": {"le": 300},
        },
        5500,
    ),
    ("O2", {"kind": "office", "locality": BUILT_UP, "age_years": {"le": 25}}, 4000),
    ("L1", {"kind": "land", "locality": BUILT_UP, "owner": FIRM}, 5000),
    ("L2", {"kind": "land", "owner": FIRM}, 3500),
    ("X1", {"kind": "homestead"}, None),
    ("X2", {"locality": "elsewhere"}, None),
    ("X3", {"owner": "third_party"}, None),
    ("X4", {"age_years": {"gt": 30}}, None),
    ("Z0", {}, None),
)


def collateral_table() -> DecisionTable:
    """Return the table; made anew, so that nothing is remembered from other measurements."""
    rows = [
        Row(name, when=when, then={"accept": cap is not None, "cap_bp": cap}, cite="invented")
        for name, when, cap in RULES
    ]
    return DecisionTable("collateral", FIELDS, rows, hit="first")


@attrs.frozen(eq=False)
class Cases:
    """Drawn cases: words as positions in their field's values, numbers as they are."""

    kind: npt.NDArray[np.int8]
    locality: npt.NDArray[np.int8]
    owner: npt.NDArray[np.int8]
    age_years: Int64
    area_m2: Int64

    def column(self, name: str) -> npt.NDArray[np.integer]:
        """Return a column by its field's name."""
        found: npt.NDArray[np.integer] = getattr(self, name)
        return found

    def words(self, name: str) -> npt.NDArray[np.object_]:
        """Return a column of words spelt out."""
        (field,) = (field for field in FIELDS if field.name == name)
        return np.array(field.values, np.object_)[self.column(name)]


def drawn_cases(count: int, *, seed: int = SEED) -> Cases:
    """Draw cases: words evenly, ages 0 to 60, areas evenly on a logarithmic scale."""
    rng = np.random.default_rng(seed)
    words = [
        rng.integers(0, len(field.values), count).astype(np.int8)
        for field in FIELDS
        if field.kind == "enum"
    ]
    ages = rng.integers(0, 61, count)
    areas = np.exp(rng.uniform(np.log(10), np.log(2_000), count)).astype(np.int64)
    return Cases(*words, ages, areas)


def single_cases(count: int, *, missing: float = 0.0, seed: int = SEED) -> list[Case]:
    """Draw cases one by one, each fact missing with a given chance."""
    drawn = drawn_cases(count, seed=seed)
    gone = np.random.default_rng(seed).random((count, len(FIELDS))) < missing
    columns = [
        (drawn.words(field.name) if field.kind == "enum" else drawn.column(field.name)).tolist()
        for field in FIELDS
    ]
    return [
        {
            name: None if lost else value
            for name, value, lost in zip(NAMES, case, which, strict=True)
        }
        for case, which in zip(zip(*columns, strict=True), gone.tolist(), strict=True)
    ]


def by_hand(  # noqa: C901, PLR0912, PLR0915  # what a programmer writes who has no table
    columns: Sequence[Sequence[str | int]],
) -> list[int]:
    """Return the first row that matches each case, by one if and 24 elif."""
    rows = []
    for kind, locality, owner, age, area in zip(*columns, strict=True):
        if kind == "town_house" and age <= 10 and area >= 60:
            row = 0
        elif kind == "town_house" and age <= 20 and area >= 60:
            row = 1
        elif kind == "town_house" and owner in {"borrower", "spouse"} and age <= 20:
            row = 2
        elif kind == "town_house" and age <= 30:
            row = 3
        elif (
            kind == "apartment"
            and locality == "county_seat"
            and owner in {"borrower", "spouse"}
            and age <= 10
            and 40 <= area <= 144
        ):
            row = 4
        elif kind == "apartment" and locality in {"county_seat", "town"} and age <= 20:
            row = 5
        elif kind == "apartment" and owner in {"borrower", "spouse"} and age <= 20:
            row = 6
        elif kind == "apartment" and age <= 30:
            row = 7
        elif (
            kind == "village_house"
            and locality in {"town", "village"}
            and owner in {"borrower", "spouse", "parent_or_child"}
            and age <= 15
            and area >= 80
        ):
            row = 8
        elif kind == "village_house" and locality == "town" and age <= 25:
            row = 9
        elif (
            kind in {"factory", "warehouse"}
            and locality in {"county_seat", "town"}
            and owner in {"borrower", "own_firm"}
            and age <= 10
            and area >= 300
        ):
            row = 10
        elif (
            kind in {"factory", "warehouse"}
            and locality in {"county_seat", "town"}
            and age <= 20
            and area >= 100
        ):
            row = 11
        elif kind in {"factory", "warehouse"} and owner in {"borrower", "own_firm"} and age <= 20:
            row = 12
        elif kind == "shop" and locality == "county_seat" and age <= 10 and area <= 500:
            row = 13
        elif (
            kind == "shop"
            and locality in {"county_seat", "town"}
            and owner in {"borrower", "spouse"}
            and age <= 20
        ):
            row = 14
        elif kind == "shop" and locality in {"county_seat", "town"} and age <= 20:
            row = 15
        elif kind == "office" and locality == "county_seat" and age <= 15 and area <= 300:
            row = 16
        elif kind == "office" and locality in {"county_seat", "town"} and age <= 25:
            row = 17
        elif (
            kind == "land"
            and locality in {"county_seat", "town"}
            and owner in {"borrower", "own_firm"}
        ):
            row = 18
        elif kind == "land" and owner in {"borrower", "own_firm"}:
            row = 19
        elif kind == "homestead":
            row = 20
        elif locality == "elsewhere":
            row = 21
        elif owner == "third_party":
            row = 22
        elif age > 30:
            row = 23
        else:
            row = 24
        rows.append(row)
    return rows
