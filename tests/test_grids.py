"""Grids: counts, the four rates, what a percentage implies, people and cover."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError, InputError
from ruralcredit.grids import (
    CHAINED_RATES,
    FOUR_RATES,
    FUNNEL,
    GRID_ROLES,
    OTHER_RATES,
    Assignment,
    Count,
    FunnelPolicy,
    Grid,
    GridCounts,
    RatePolicy,
    Role,
    RolePolicy,
    awareness_rate,
    check_assessors,
    check_cover,
    check_fixings,
    check_funnel,
    check_roles,
    check_shops,
    four_rates,
    four_rates_columns,
    implied_bases,
    rate_of,
    rest_of,
    service_board,
)
from ruralcredit.values import Ratio, from_dict, to_dict

SMALL = st.integers(0, 60)
MAYBE = st.none() | SMALL
NAMES = ("households", "absent", "filed", "rated", "credited", "using")
PEOPLE = tuple(
    Assignment(role=role.id, person=number, post="a", duty="b")
    for number, role in enumerate(GRID_ROLES.roles)
)


@given(part=st.integers(1, 300), percent=st.integers(1, 1200), places=st.integers(0, 1))
def test_implied_bases_are_those_that_print_so(part, percent, places):
    """Every base is tried; the ones given are those whose ratio prints as the percentage."""
    printed = Decimal(percent).scaleb(-places)
    most = 100 * part * 2 * 10**places // (2 * percent - 1) + 2
    expected = [w for w in range(1, most) if Ratio(part, w).percent(places) == printed]

    assert expected == list(implied_bases(part, printed, places=places))


def test_implied_bases_read_a_percentage_as_text_number_or_decimal():
    """What was printed is the same however it is written."""
    for percent in ("72.1", 72.1, Decimal("72.1"), "72.10"):
        assert (405,) == implied_bases(292, percent, places=1)
    assert (50,) == implied_bases(50, 100, places=0)


@pytest.mark.parametrize(
    ("part", "percent", "places", "message"),
    [
        (0, "65.1", 1, "part must be a whole number from 1"),
        (1, "65.11", 1, "at most 1 decimals"),
        (1, "x", 1, "printed number"),
        (1, None, 1, "printed number"),
        (1, "-3", 0, "a number from 0"),
        (5, "0.0", 1, "more than half of its last decimal"),
        (10**9, "0.1", 1, "at most 1000000 bases"),
    ],
)
def test_implied_bases_refuse_what_implies_nothing(part, percent, places, message):
    """The message says what must hold."""
    with pytest.raises(CreditError, match=message):
        implied_bases(part, percent, places=places)


@given(rows=st.lists(st.tuples(*[MAYBE] * len(NAMES)), max_size=6), leaves=st.booleans())
def test_four_rates_are_the_same_alone_and_in_columns(rows, leaves):
    """One grid asked alone and asked inside columns gives the same basis points."""
    rows = [(h, None if a is None or h is None else min(a, h), *rest) for h, a, *rest in rows]
    absent = "left_out" if leaves else "counted"
    columns = {name: [row[n] for row in rows] for n, name in enumerate(NAMES)}
    for policy in (FOUR_RATES, CHAINED_RATES):
        together = four_rates_columns(columns, policy=policy, absent=absent)
        for rule in policy.rules:
            alone = [
                four_rates(dict(zip(NAMES, row, strict=True)), policy=policy, absent=absent)
                .of(rule.id)
                .ratio
                for row in rows
            ]
            expected = [-1 if one is None or one.bp is None else one.bp for one in alone]

            assert expected == together.bp(rule.id).tolist()


def test_columns_of_rates_sum_known_rows_and_refuse_other_words():
    """A total is over rows whose two counts are known; arrays cannot be changed."""
    found = four_rates_columns({"households": [10, 20, None], "filed": [5, None, 3]})

    assert Ratio(5, 10) == found.total("collection")
    assert "RateColumns(3 rows of collection, rating, credit, use)" == repr(found)
    assert "households" == found.bases["credit"]
    with pytest.raises(CreditError, match="a rate must be one of"):
        found.bp("other")
    with pytest.raises(ValueError, match="read-only"):
        found.parts["use"][0] = 1
    with pytest.raises(InputError, match="0 to 10"):
        four_rates_columns({"households": [-1]})
    with pytest.raises(InputError, match="leave it out"):
        four_rates_columns({"house": [1]})
    with pytest.raises(CreditError, match="absent must not exceed households, got 3 of 2 at row"):
        four_rates_columns({"households": [2], "absent": [3]}, absent="left_out")


def test_rates_of_unknown_or_open_counts_have_no_percentage():
    """Unknown is not zero, and a zero base is undefined."""
    rule = OTHER_RATES[2]

    assert rate_of({"visited": 3}, rule).percents() is None
    assert rate_of({"visited": 3}, rule).is_met is None
    assert rate_of({"visited": 0, "households": 0}, rule).is_met is None
    assert rate_of({"visited": Count(1, 2), "households": 2}, rule).is_met is None
    assert rate_of({"visited": Count(1, 2), "households": 2}, rule).percent() is None
    assert rate_of({"credited": 1}, FOUR_RATES.rules[2], absent="left_out").whole is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Count(3, 2), "low <= high"),
        (lambda: Count.near(3, least=4), "low <= high"),
        (lambda: Count.exactly(-1), "whole number from 0"),
        (lambda: GridCounts(households="many"), "a counter must be"),
        (lambda: GridCounts().of("house"), "a counter must be one of"),
        (lambda: four_rates({"house": 1}), "leave it out"),
        (lambda: four_rates({}).of("x"), "a rate must be one of"),
        (lambda: FOUR_RATES.rule("x"), "a rate must be one of"),
        (lambda: four_rates({}, absent="gone"), "absent must be one of"),
        (lambda: RatePolicy(rules=FOUR_RATES.rules[:3]), "four rates"),
        (
            lambda: type(OTHER_RATES[0])(id="x", name={"en": "x", "zh": "x"}, part="x", base="x"),
            "must be one of households",
        ),
        (lambda: FunnelPolicy(chains=(("x",),)), "a funnel must hold"),
        (
            lambda: rate_of(
                {"households": 1, "absent": 2}, FOUR_RATES.rules[0], absent="left_out"
            ),
            "absent must not exceed",
        ),
        (lambda: rest_of(GridCounts(rated=1), [GridCounts(rated=2)]), "more than the whole"),
        (lambda: Role(id="x", name={"en": "x"}), "en and zh"),
        (lambda: Role(id=" ", name={"en": "x", "zh": "x"}), "not blank"),
        (lambda: Grid(" "), "Grid.id must be text"),
        (lambda: Grid("g", parent="g"), "its own parent"),
        (lambda: Grid("g", area="33"), "6, 9 or 12 digits"),
        (lambda: Grid("g", households=["h", "h"]), "twice"),
        (lambda: Grid("g", households="h1"), "several ids"),
        (lambda: Assignment(role="liaison", person="p", duty=" "), "must be a code"),
        (
            lambda: RolePolicy(
                roles=GRID_ROLES.roles[:3],
                count=GRID_ROLES.count,
                least_assessors=GRID_ROLES.least_assessors,
            ),
            "must hold 4 roles",
        ),
        (
            lambda: RolePolicy(
                roles=GRID_ROLES.roles, count=GRID_ROLES.count, least_assessors=GRID_ROLES.count
            ),
            "at least 4 roles must assess",
        ),
        (
            lambda: RolePolicy(roles=GRID_ROLES.roles, count="4", least_assessors="3"),
            "whole number from 1",
        ),
        (lambda: check_cover(["g1"]), "must hold Grids"),
        (lambda: check_cover([Grid(1), Grid(1)]), "twice"),
        (lambda: check_cover([], {"household": [None]}), "known in every row"),
        (lambda: check_cover([], {"house": ["h"]}), "leave it out"),
        (lambda: check_shops(["s"]), "a mapping of columns"),
        (
            lambda: service_board(Grid(1), {"household": [], "owner": []}).owner_of(1),
            "does not stand on the board",
        ),
        (lambda: check_assessors(Grid(1), [1, 1]), "twice"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    """The message says what must hold, what came and how to mend it."""
    with pytest.raises(CreditError, match=message):
        make()


def test_counts_of_a_whole_without_its_parts_stay_unknown_where_a_part_is():
    """Bounds are carried; what is not counted everywhere is not counted."""
    left = rest_of(GridCounts(credited=962, rated=5), [GridCounts(credited=Count(290, 292))])

    assert (Count(670, 672), None) == (left.credited, left.rated)


def test_the_funnel_is_open_where_intervals_overlap():
    """A part that may exceed its whole is asked for; one that does is refused."""
    counts = GridCounts(credited=50, signed=Count(40, 60))

    decision = check_funnel(counts)

    assert ("undetermined", ("credited", "signed")) == (decision.status, decision.ask)
    assert "refuse" == check_funnel({"households": 1, "filed": 2, "rated": Count(1, 9)}).outcome
    assert FUNNEL == from_dict(FunnelPolicy, to_dict(FUNNEL))


def test_awareness_leaves_out_who_did_not_answer():
    """Nobody answered: no rate, no interval."""
    assert awareness_rate([None]).interval() is None
    assert Ratio(0, 0) == awareness_rate([None]).rate


def test_roles_that_are_none_of_the_policy_are_found():
    """A person in a role of another set is told apart from a missing one."""
    grid = Grid("g1", people=(*PEOPLE, Assignment(role="mayor", person=9)))

    assert ["GRD-003"] == [one.code for one in check_roles(grid).reasons]


def test_all_four_fixings_hold_together():
    """Grid, person, post and duty."""
    decision = check_fixings(Grid("g1", "v", branch="b", people=PEOPLE))

    assert {True} == set(decision.outcome.values())
    assert ["GRD-007"] == [one.code for one in decision.reasons]


def test_who_is_no_assessor_of_the_grid_does_not_count():
    """Four gave a figure, one of them a stranger: three count, the stranger is named."""
    decision = check_assessors(Grid("g1", people=PEOPLE), [1, 2, 3, 77])

    assert ("pass", ["GRD-009"]) == (decision.outcome, [one.code for one in decision.reasons])


def test_an_area_is_within_what_it_begins_with():
    """A code that is wider than the area asked for leaves it open."""
    assert Grid("g", area="331004").is_within("331004002") is None
    assert Grid("g", area="331005").is_within("331004002") is False
    with pytest.raises(CreditError, match="digits"):
        Grid("g").is_within("x")


def codes(cover):
    """Return code and ids of the findings, missing people left out."""
    return {f.reason.code: f.ids for f in cover.findings if f.reason.code != "GRD-001"}


def test_cover_of_columns_names_the_rows_that_prove_a_fault():
    """Gaps, overlaps, unknown grids and households without an owner, each with its rows."""
    grids = [Grid("a", staff=["s"], people=PEOPLE), Grid("b", staff=["s"], people=PEOPLE)]
    columns = {
        "household": ["h1", "h1", "h2", "h3", "h1"],
        "grid": ["a", "b", None, "z", "a"],
        "owner": ["p", None, None, "p", None],
    }

    cover = check_cover(grids, columns)
    rows = {one.reason.code: one.rows for one in cover.findings}

    assert {
        "GRD-020": ("h2", "h3"),
        "GRD-021": ("h1",),
        "GRD-023": ("z",),
        "GRD-024": ("h2",),
    } == codes(cover)
    assert ((2, 3), (0, 1, 4), (3,), (2,)) == tuple(rows.values())
    assert (Ratio(0, 3), Ratio(3, 2)) == (cover.covered, cover.households_per_grid)


def test_cover_finds_faults_of_the_tree_and_of_the_lists():
    """A parent that is not known, a ring, an area outside, an empty grid, a stranger."""
    grids = [
        Grid("a", parent="x", households=["h1", "h9"]),
        Grid("p", parent="q"),
        Grid("q", parent="p"),
        Grid("v", area="331004"),
        Grid("w", parent="v", area="331005"),
        Grid("t", parent="v", area="331004001", households=["h2"]),
    ]

    assert {
        "GRD-022": ("h9",),
        "GRD-025": ("w",),
        "GRD-026": ("a",),
        "GRD-027": ("p", "q"),
        "GRD-028": ("w",),
        "GRD-029": ("a", "w", "t"),
    } == codes(check_cover(grids, ["h1", "h2"]))


@given(
    pairs=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=12),
    seed=st.randoms(use_true_random=False),
)
def test_cover_does_not_depend_on_the_order_of_rows_and_equals_a_count(pairs, seed):
    """Each household is counted by hand; rows in another order give the same findings."""
    grids = [Grid(number) for number in range(3)]
    mixed = list(pairs)
    seed.shuffle(mixed)
    found, other = (
        check_cover(grids, {"household": [h for h, _ in rows], "grid": [g for _, g in rows]})
        for rows in (pairs, mixed)
    )
    placed = {h: {g for one, g in pairs if one == h and g < 3} for h, _ in pairs}

    assert sum(len(one) == 1 for one in placed.values()) == found.covered.part
    assert codes(found) == codes(other)
    assert tuple(sorted(h for h, one in placed.items() if not one)) == codes(found).get(
        "GRD-020", ()
    )


def test_a_shop_of_two_owners_is_found_and_its_leads_are_nobodys():
    """One shop, two persons."""
    shops = {"staff": ["a", "b"], "shop": ["s", "s"]}

    assert [("GRD-032", ("s",), (0, 1))] == [
        (one.reason.code, one.ids, one.rows) for one in check_shops(shops)
    ]


def test_large_registers_are_read_in_columns():
    """A hundred thousand households in a thousand grids."""
    count = 100_000
    columns = {"household": np.arange(count), "grid": np.arange(count) % 1000}

    assert Ratio(count, count) == check_cover([Grid(n) for n in range(1000)], columns).covered
