"""The tables that the promises of `policy` are measured on, and the same rules by other means.

The collateral table has 25 rows over kind x locality x owner x age x floor area, of which the
first that matches decides.  No fact of its columns is missing, so that every way means the same.
"""

import functools
import operator
import random
from collections.abc import Callable, Mapping, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.policy import DecisionTable, Field, Row

Int64 = npt.NDArray[np.int64]
Case = dict[str, str | int | None]
Question = Callable[[], npt.NDArray[np.int32]]

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
    cases: Sequence[Mapping[str, object]],
) -> npt.NDArray[np.int32]:
    """Return the first row that matches each case, by one if and 23 elif."""
    rows = []
    for case in cases:
        if case["kind"] == "town_house" and case["age_years"] <= 10 and case["area_m2"] >= 60:
            row = 0
        elif case["kind"] == "town_house" and case["age_years"] <= 20 and case["area_m2"] >= 60:
            row = 1
        elif (
            case["kind"] == "town_house"
            and case["owner"] in {"borrower", "spouse"}
            and case["age_years"] <= 20
        ):
            row = 2
        elif case["kind"] == "town_house" and case["age_years"] <= 30:
            row = 3
        elif (
            case["kind"] == "apartment"
            and case["locality"] == "county_seat"
            and case["owner"] in {"borrower", "spouse"}
            and case["age_years"] <= 10
            and 40 <= case["area_m2"] <= 144
        ):
            row = 4
        elif (
            case["kind"] == "apartment"
            and case["locality"] in {"county_seat", "town"}
            and case["age_years"] <= 20
        ):
            row = 5
        elif (
            case["kind"] == "apartment"
            and case["owner"] in {"borrower", "spouse"}
            and case["age_years"] <= 20
        ):
            row = 6
        elif case["kind"] == "apartment" and case["age_years"] <= 30:
            row = 7
        elif (
            case["kind"] == "village_house"
            and case["locality"] in {"town", "village"}
            and case["owner"] in {"borrower", "spouse", "parent_or_child"}
            and case["age_years"] <= 15
            and case["area_m2"] >= 80
        ):
            row = 8
        elif (
            case["kind"] == "village_house"
            and case["locality"] == "town"
            and case["age_years"] <= 25
        ):
            row = 9
        elif (
            case["kind"] in {"factory", "warehouse"}
            and case["locality"] in {"county_seat", "town"}
            and case["owner"] in {"borrower", "own_firm"}
            and case["age_years"] <= 10
            and case["area_m2"] >= 300
        ):
            row = 10
        elif (
            case["kind"] in {"factory", "warehouse"}
            and case["locality"] in {"county_seat", "town"}
            and case["age_years"] <= 20
            and case["area_m2"] >= 100
        ):
            row = 11
        elif (
            case["kind"] in {"factory", "warehouse"}
            and case["owner"] in {"borrower", "own_firm"}
            and case["age_years"] <= 20
        ):
            row = 12
        elif (
            case["kind"] == "shop"
            and case["locality"] == "county_seat"
            and case["age_years"] <= 10
            and case["area_m2"] <= 500
        ):
            row = 13
        elif (
            case["kind"] == "shop"
            and case["locality"] in {"county_seat", "town"}
            and case["owner"] in {"borrower", "spouse"}
            and case["age_years"] <= 20
        ):
            row = 14
        elif (
            case["kind"] == "shop"
            and case["locality"] in {"county_seat", "town"}
            and case["age_years"] <= 20
        ):
            row = 15
        elif (
            case["kind"] == "office"
            and case["locality"] == "county_seat"
            and case["age_years"] <= 15
            and case["area_m2"] <= 300
        ):
            row = 16
        elif (
            case["kind"] == "office"
            and case["locality"] in {"county_seat", "town"}
            and case["age_years"] <= 25
        ):
            row = 17
        elif (
            case["kind"] == "land"
            and case["locality"] in {"county_seat", "town"}
            and case["owner"] in {"borrower", "own_firm"}
        ):
            row = 18
        elif case["kind"] == "land" and case["owner"] in {"borrower", "own_firm"}:
            row = 19
        elif case["kind"] == "homestead":
            row = 20
        elif case["locality"] == "elsewhere":
            row = 21
        elif case["owner"] == "third_party":
            row = 22
        elif case["age_years"] > 30:
            row = 23
        else:
            row = 24
        rows.append(row)
    return np.array(rows, np.int32)


ENDS = {"ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt}
SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def _met(when: Mapping[str, object], facts: Mapping[str, object], named=lambda _, word: word):
    """Return what a row asks, as expressions of Polars or arrays of OpenFisca."""
    tests = []
    for name, test in when.items():
        if isinstance(test, dict):
            tests += [ENDS[end](facts[name], bound) for end, bound in test.items()]
            continue
        words = test if isinstance(test, tuple) else (test,)
        # Quicker than is_in, which Polars offers for a choice.
        tests.append(
            functools.reduce(operator.or_, [facts[name] == named(name, word) for word in words])
        )
    return functools.reduce(operator.and_, tests)


def by_polars(frame) -> Question:
    """Return the lazy when-chain over a frame of Polars."""
    import polars as pl

    facts = {name: pl.col(name) for name in NAMES}
    chain = pl
    for row, (_, when, _) in enumerate(RULES[:-1]):
        chain = chain.when(_met(when, facts)).then(pl.lit(row, dtype=pl.Int32))
    query = frame.lazy().select(chain.otherwise(pl.lit(len(RULES) - 1, dtype=pl.Int32)))
    return lambda: query.collect().to_series().to_numpy()


def by_duckdb(connection, table: str) -> Question:
    """Return the CASE over a table of DuckDB."""
    parts = []
    for row, (_, when, _) in enumerate(RULES[:-1]):
        tests = []
        for name, test in when.items():
            if isinstance(test, dict):
                tests += [f"{name} {SIGNS[end]} {bound}" for end, bound in test.items()]
            else:
                words = test if isinstance(test, tuple) else (test,)
                tests.append(f"{name} IN ({', '.join(map(repr, words))})")
        parts.append(f"WHEN {' AND '.join(tests)} THEN {row}")
    query = (
        f"SELECT CAST(CASE {' '.join(parts)} ELSE {len(RULES) - 1} END AS INTEGER) AS row "  # noqa: S608  # our own words
        f"FROM {table}"
    )
    return lambda: connection.execute(query).fetchnumpy()["row"]


def by_openfisca(cases: Cases) -> Question:
    """Return OpenFisca's vectorised formula over words that are coded already."""
    import openfisca_core.indexed_enums as enums
    from openfisca_core.entities import Entity
    from openfisca_core.periods import DateUnit, period
    from openfisca_core.simulations import SimulationBuilder
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable

    item = Entity("item", "items", "a collateral item", "")
    month = period("2024-06")
    common = {"entity": item, "definition_period": DateUnit.MONTH}
    choices = {
        field.name: enums.Enum(field.name.title(), {word: word for word in field.values})
        for field in FIELDS
        if field.kind == "enum"
    }

    def formula(items, when):
        facts = {name: items(name, when) for name in NAMES}
        masks = [
            _met(test, facts, lambda name, word: choices[name][word]) for _, test, _ in RULES[:-1]
        ]
        return np.select(masks, range(len(masks)), len(masks))

    variables = []
    for name in NAMES:
        kind = {"value_type": int, "label": name}
        if name in choices:
            words = choices[name]
            kind = {"value_type": enums.Enum, "possible_values": words, "label": name}
            kind["default_value"] = next(iter(words))
        variables.append(type(name, (Variable,), {**common, **kind}))
    answer = {"value_type": int, "label": "row", "formula": formula}
    variables.append(type("row", (Variable,), {**common, **answer}))
    system = TaxBenefitSystem([item])
    system.add_variables(*variables)
    ready = {
        name: enums.EnumArray(cases.column(name).astype(np.uint8), choices[name])
        if name in choices
        else cases.column(name).astype(np.int32)
        for name in NAMES
    }

    def ask():
        # What was calculated once is kept, so each time takes a simulation of its own.
        simulation = SimulationBuilder().build_default_simulation(system, count=len(cases.kind))
        for name, values in ready.items():
            simulation.set_input(name, month, values)
        return simulation.calculate("row", month)

    return ask


WIDE_FIELDS = (
    Field("segment", "enum", values=tuple("abcdefgh")),
    Field("region", "enum", values=tuple("pqrst")),
    Field("is_retail", "bool"),
    Field("balance_fen", "int", unit="fen", low=0, high=10**10),
    Field("months", "int", low=0, high=600),
    Field("overdue_days", "int", low=0, high=3650),
    Field("score", "int", low=0, high=1000),
    Field("debt_bp", "int", unit="bp", low=0, high=20_000),
)


def partition(count: int, *, seed: int = SEED) -> list[Row]:
    """Cut all cases over eight fields into boxes, halving a drawn box until there are enough."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    boxes: list[dict[str, object]] = [{}]
    while len(boxes) < count:
        place, field = rng.randrange(len(boxes)), rng.choice(WIDE_FIELDS)
        box = boxes[place]
        if field.kind == "int":
            ends = {"ge": field.low, "le": field.high, **box.get(field.name, {})}
            if ends["le"] - ends["ge"] < 100:
                continue
            cut = rng.randrange(ends["ge"] + 1, ends["le"])
            halves = {**ends, "le": cut}, {**ends, "ge": cut + 1}
        else:
            values = box.get(field.name, field.values or (False, True))
            if len(values) < 2:
                continue
            cut = rng.randrange(1, len(values))
            mixed = rng.sample(values, len(values))
            halves = tuple(mixed[:cut]), tuple(mixed[cut:])
        boxes[place], other = ({**box, field.name: half} for half in halves)
        boxes.append(other)
    return [Row(f"R{n}", when=box, then={"tier": n % 7}) for n, box in enumerate(boxes)]


def drawn_rows(count: int, *, seed: int = SEED) -> list[Row]:
    """Draw rows over eight fields, two to five conditions each, without regard to the others."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    rows = []
    for number in range(count):
        when: dict[str, object] = {}
        for field in rng.sample(WIDE_FIELDS, rng.randint(2, 5)):
            if field.kind == "int":
                low, high = sorted(rng.sample(range(field.low, field.high), 2))
                when[field.name] = {"ge": low, "le": high}
            else:
                values = field.values or (False, True)
                when[field.name] = rng.sample(values, rng.randint(1, len(values) - 1))
        rows.append(Row(f"R{number}", when=when, then={"tier": number % 7}))
    return rows
