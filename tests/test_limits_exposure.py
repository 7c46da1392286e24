"""Headroom under caps, large exposures, industry limits, creditworthy areas: laws and edges."""

import datetime
import json
from decimal import Decimal
from fractions import Fraction

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError
from ruralcredit.limits import (
    CREDITWORTHY,
    EXPOSURE,
    INDUSTRY,
    AreaRule,
    AreaStanding,
    AssessmentDay,
    Capital,
    CreditworthyPolicy,
    Exposure,
    ExposureCap,
    ExposurePolicy,
    Holding,
    HouseholdGrade,
    HouseholdStanding,
    IndustryBatch,
    IndustryPolicy,
    IndustryRate,
    LargeExposures,
    check_assessment_day,
    creditworthy_area,
    creditworthy_due_on,
    creditworthy_household,
    find_large_exposures,
    headroom,
    industry_limit,
    plan_industry_batch,
)
from ruralcredit.reasons import Figure
from ruralcredit.values import from_dict, to_dict

DAY = datetime.date(2024, 6, 30)
AMOUNTS = st.integers(0, 10**6)
PEOPLE = ("a", "b", "c", "d")
LINES = st.lists(
    st.tuples(
        st.integers(1, 5),
        st.sampled_from(PEOPLE),
        st.none() | AMOUNTS,
        st.none() | AMOUNTS,
        st.none() | AMOUNTS,
    ),
    max_size=8,
    unique_by=lambda line: line[:2],
)


def codes(answer):
    """Return the codes of an answer's reasons."""
    return [one.code for one in answer.reasons]


def share(value, unit="bp"):
    """Return a bank's own figure."""
    return Figure(id="bank.own", value=value, unit=unit, basis="bank policy", source="art. 1")


def loan(facility, customer, drawn, undrawn=0, contingent=0):
    """Return one facility of one customer."""
    return Exposure(
        id=facility,
        customer=customer,
        drawn_fen=drawn,
        undrawn_fen=undrawn,
        contingent_fen=contingent,
    )


def book(lines):
    """Return facilities; one id has the same amounts for each of its borrowers."""
    first = {}
    return [loan(line[0], line[1], *first.setdefault(line[0], line[2:])) for line in lines]


def capital(net=1_000_000, tier1=800_000):
    """Return the bank's capital, in fen."""
    return Capital(net_capital_fen=net, net_tier1_fen=tier1, found_on=datetime.date(2023, 12, 31))


def room(exposures=(), **how):
    """Return customer a's headroom."""
    return headroom(exposures, **{"customer": "a", "as_of": DAY, **how})


def used_by(exposures, people, parts):
    """Return the brute-force use: each facility once, None where an amount is unknown."""
    held = {one.id: one for one in exposures if one.customer in people}
    amounts = [getattr(one, f"{part}_fen") for one in held.values() for part in parts]
    return sum(amount or 0 for amount in amounts), None in amounts


# Headroom.


@given(
    lines=LINES,
    household=st.sets(st.sampled_from(PEOPLE)),
    group=st.sets(st.sampled_from(PEOPLE)),
    caps=st.dictionaries(st.sampled_from(["customer", "household", "group"]), AMOUNTS, min_size=1),
    with_capital=st.booleans(),
)
def test_headroom_is_the_least_room_under_every_cap(lines, household, group, caps, with_capital):
    """Brute force over caps and people; unknown amounts keep it open unless nothing is left."""
    exposures = book(lines)
    people = {"customer": {"a"}, "household": household | {"a"}, "group": group | {"a"}}
    every = ("drawn", "undrawn", "contingent")
    asked = [(caps[scope], people[scope], every) for scope in caps]
    if with_capital:
        asked += [
            (100_000, {"a"}, ("drawn",)),
            (150_000, people["group"], every),
            (120_000, {"a"}, every),
            (160_000, people["group"], every),
        ]
    uses = [(cap, *used_by(exposures, who, parts)) for cap, who, parts in asked]
    least = min(max(cap - used, 0) for cap, used, _ in uses)
    is_open = any(unknown for _, _, unknown in uses) and least > 0

    found = room(
        exposures,
        household=sorted(household),
        group=sorted(group),
        caps_fen=caps,
        capital=capital() if with_capital else None,
    )

    assert ("undetermined" if is_open else "decided") == found.status
    assert (None if is_open else least) == (found.outcome or {}).get("headroom_fen")


@given(lines=LINES, data=st.data())
def test_headroom_does_not_depend_on_the_order_of_facilities(lines, data):
    """The same facilities give the same answer."""
    exposures = book(lines)
    turned = data.draw(st.permutations(exposures))
    how = {"household": ["b"], "group": ["c"], "caps_fen": {"group": 10**6, "customer": 10**5}}

    assert room(exposures, **how) == room(turned, **how)


@given(drawn=AMOUNTS, cap=AMOUNTS, asked=AMOUNTS)
def test_what_fits_leaves_no_cap_exceeded(drawn, cap, asked):
    """An amount that fits, once drawn, still keeps the cap; one fen more does not."""
    found = room([loan(1, "a", drawn)], caps_fen={"customer": cap}, amount_fen=asked)

    assert (drawn + asked <= cap or not asked) == found.outcome["fits"]


def test_a_facility_of_two_borrowers_counts_once_in_their_household():
    """And whole for each of them alone."""
    both = [loan(1, "a", 50), loan(1, "b", 50)]
    found = room(both, household=["b"], caps_fen={"customer": 100, "household": 100})

    assert (50, 50) == found.outcome["used_fen"]
    assert ("customer", "household") == found.outcome["binds"]


def test_shares_of_open_lines_round_up():
    """A bank that counts a third of them counts against itself."""
    policy = attrs.evolve(EXPOSURE, undrawn_bp=share(3_333), contingent_bp=share(5_000))
    found = room([loan(1, "a", 10, 10, 3)], caps_fen={"customer": 100}, policy=policy)

    assert (10 + 4 + 2,) == found.outcome["used_fen"]


def test_the_answer_lists_every_cap_and_says_what_is_broken():
    """The bank's caps first, then the dated ones; a cap that is used up to its fen holds."""
    exposures = [loan(1, "a", 100_001), loan(2, "b", 49_999)]
    found = room(exposures, group=["b"], capital=capital(), amount_fen=1)

    outcome = found.outcome
    assert ("single_loans", "group_credit", "single_exposure", "group_exposure") == outcome["caps"]
    assert (100_000, 150_000, 120_000, 160_000) == outcome["caps_fen"]
    assert (100_001, 150_000, 100_001, 150_000) == outcome["used_fen"]
    assert (0, 0, 19_999, 10_000) == outcome["room_fen"]
    assert ("single_loans",) == outcome["exceeded"]
    assert ("single_loans", "group_credit") == outcome["binds"]
    assert not outcome["fits"]
    assert ["LIM-250", "LIM-250", "LIM-251", "LIM-252"] == codes(found)


def test_each_reason_rests_on_what_its_cap_rests_on():
    """The law's, from general knowledge, and the bank's own are told apart."""
    found = room(capital=capital(tier1=0), caps_fen={"customer": 0}, group=["b"])
    bases = {one.values["cap"]: (one.basis, one.is_default) for one in found.reasons}

    assert {
        "customer": ("bank policy", False),
        "single_exposure": ("regulation, read", False),
        "group_exposure": ("regulation, from general knowledge", True),
    } == bases
    assert ["limits.exposure.single", "limits.exposure.group"] == [
        figure.id for figure in found.bases()
    ]


def test_without_capital_the_answer_says_what_it_did_not_ask():
    """The caps on large exposures are not passed over in silence."""
    found = room(caps_fen={"customer": 5})

    assert ["LIM-250", "LIM-254"] == codes(found)


@pytest.mark.parametrize(
    ("how", "ask"),
    [
        ({"caps_fen": {"customer": None}}, ("cap_customer",)),
        ({"caps_fen": {"customer": 5, "household": None}}, ("cap_household",)),
        ({"caps_fen": {"household": 5}, "household": None}, ("household",)),
        ({"capital": capital(net=None), "group": ["b"]}, ("net_capital",)),
        ({"capital": capital(tier1=None), "group": None}, ("group", "net_tier1")),
        ({"exposures": [loan("x", "a", None)], "caps_fen": {"customer": 5}}, ("x",)),
        ({"exposures": [loan(1, "a", 1, None)], "caps_fen": {"customer": 5}}, (1,)),
        ({"exposures": [loan(1, "a", 1, 0, None)], "caps_fen": {"customer": 5}}, (1,)),
    ],
)
def test_what_is_unknown_is_asked_for(how, ask):
    """Never taken for nothing."""
    found = room(**how)

    assert ("undetermined", ask) == (found.status, found.ask)
    assert {"LIM-253"} >= {one.code for one in found.reasons} - {"LIM-254"}


def test_nothing_left_stays_nothing_whatever_is_unknown():
    """What is unknown can only take from the headroom; a broken cap is told all the same."""
    exposures = [loan(1, "a", 6), loan(2, "a", None)]
    found = room(exposures, caps_fen={"customer": 5, "household": None})

    assert (0, ("customer",)) == (found.outcome["headroom_fen"], found.outcome["exceeded"])
    assert None is found.outcome["fits"]


def test_a_broken_cap_is_told_even_while_the_answer_is_open():
    """With room 0 it is decided, so an open answer has none broken."""
    found = room([loan(1, "a", 5), loan(2, "a", None)], caps_fen={"customer": 5})

    assert ("decided", 0) == (found.status, found.outcome["headroom_fen"])


def test_amounts_elsewhere_do_not_matter():
    """An unknown facility of a stranger keeps nothing open; one that a cap does not count too."""
    exposures = [loan(1, "z", None), loan(2, "a", 10, None)]
    policy = attrs.evolve(EXPOSURE, caps=EXPOSURE.caps[:1])

    found = room(exposures, capital=capital(), policy=policy)

    assert 99_990 == found.outcome["headroom_fen"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (room, "headroom must ask at least one cap, got none: pass caps_fen"),
        (
            lambda: room(capital=capital(), as_of=datetime.date(1990, 1, 1)),
            "capital for the caps in force on 1990-01-01",
        ),
        (lambda: room(caps_fen={"village": 5}), "a cap must be named customer, household, group"),
        (lambda: room(caps_fen=[5]), "caps_fen must be amounts by customer, household, group"),
        (lambda: room(caps_fen={"customer": -1}), "cap customer must be 0 fen or more"),
        (lambda: room(customer="", caps_fen={"customer": 1}), "customer must be an id"),
        (lambda: room(household="b", caps_fen={"customer": 1}), "household must be several ids"),
        (lambda: room(amount_fen=1.5, caps_fen={"customer": 1}), "amount_fen must be whole fen"),
        (
            lambda: room(5, caps_fen={"customer": 1}),
            "exposures must hold Exposure values, got int",
        ),
        (lambda: room(["x"], caps_fen={"customer": 1}), "must hold Exposure values, got str"),
        (
            lambda: room([loan(1, "a", 1), loan(1, "b", 2)], caps_fen={"customer": 1}),
            "facility 1 must have the same amounts for each borrower",
        ),
        (
            lambda: room([loan(1, "a", 1), loan(1, "a", 1)], caps_fen={"customer": 1}),
            "facility 1 of 'a' must stand once",
        ),
        (lambda: loan("", "a", 1), "Exposure.id must be an id"),
        (lambda: loan(1, " a", 1), "Exposure.customer must be an id without blanks"),
        (lambda: loan(1, "a", -1), "Exposure.drawn_fen must be 0 fen or more"),
        (lambda: attrs.evolve(capital(), found_on="2024"), "Capital.found_on must be a date"),
        (lambda: attrs.evolve(EXPOSURE.caps[0], counts=()), "counts must hold drawn, undrawn"),
        (lambda: attrs.evolve(EXPOSURE.caps[0], counts=("lent",)), r"got \('lent',\)"),
        (lambda: attrs.evolve(EXPOSURE.caps[0], scope="village"), "scope must be one of customer"),
        (lambda: attrs.evolve(EXPOSURE.caps[0], of="assets"), "of must be one of net_capital"),
        (lambda: attrs.evolve(EXPOSURE.caps[0], in_force=2018), "in_force must be a date"),
        (lambda: attrs.evolve(EXPOSURE, caps=EXPOSURE.caps[:1] * 2), "a name of its own"),
        (
            lambda: attrs.evolve(EXPOSURE, caps=[attrs.evolve(EXPOSURE.caps[0], id="group")]),
            "a name of its own, none of customer, household, group",
        ),
        (lambda: attrs.evolve(EXPOSURE, large_from=None), "large_from must be a date"),
    ],
)
def test_a_wrong_exposure_is_refused(call, message):
    """What must hold, what came, how to mend it."""
    with pytest.raises(CreditError, match=message):
        call()


# Large exposures.


@given(lines=LINES, groups=st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from("XY")))
def test_large_exposures_are_those_of_whole_groups(lines, groups):
    """Brute force: each facility once in a party, the largest first."""
    exposures = book(lines)
    parties = {}
    for one in exposures:
        parties.setdefault(groups.get(one.customer, one.customer), set()).add(one.customer)
    every = ("drawn", "undrawn", "contingent")
    sums = {party: used_by(exposures, who, every)[0] for party, who in parties.items()}
    loans = sorted(used_by(exposures, who, ("drawn",))[0] for who in parties.values())

    found = find_large_exposures(exposures, capital=capital(), groups=groups, as_of=DAY)

    assert {party: used for party, used in sums.items() if used >= 20_000} == dict(found.large)
    assert sorted((used for _, used in found.large), reverse=True) == [x for _, x in found.large]
    assert (sum(loans[-10:]), 1_000_000) == (found.ten_largest.part, found.ten_largest.whole)
    unknown = {one.id for one in exposures if None in one.amounts_fen}
    assert unknown == set(found.unknown)


def test_large_exposures_are_told_with_what_they_rest_on():
    """From general knowledge, and said so."""
    found = find_large_exposures([loan(1, "a", 600_000)], capital=capital(), as_of=DAY)

    assert ["LIM-255", "LIM-256"] == codes(found)
    assert [True, False] == [one.is_default for one in found.reasons]
    assert found == from_dict(LargeExposures, json.loads(json.dumps(to_dict(found))))


def test_large_exposures_need_the_capital():
    """There is no share of an unknown base."""
    for unknown in (capital(net=None), capital(tier1=None)):
        with pytest.raises(CreditError, match="capital must be known to find large exposures"):
            find_large_exposures([], capital=unknown, as_of=DAY)


# Industry.


def rate(industry="pigs", *, output=1, price=100_00, found_on=datetime.date(2024, 1, 15)):
    """Return what the authority found."""
    return IndustryRate(
        industry=industry,
        unit="head",
        output=output,
        price_fen=price,
        found_on=found_on,
        source="county bureau",
    )


def held(registered, stated=None, industry="pigs"):
    """Return what a household has of one industry."""
    return Holding(industry=industry, registered=registered, stated=stated)


def carried(*holdings, rates=None, **how):
    """Return a household's industry limit."""
    known = [rate(), rate("trees", output=Decimal("0.5"))] if rates is None else rates
    return industry_limit(holdings, rates=known, **{"as_of": DAY, **how})


UNITS = st.decimals(0, 1_000, places=2)


@given(pigs=UNITS, trees=UNITS, stated=st.none() | UNITS, cap=st.none() | AMOUNTS)
def test_an_industry_limit_is_exact_and_rounded_once(pigs, trees, stated, cap):
    """Fractions, the lower of stated and registered, the cap, then the step."""
    counted = min(pigs, pigs if stated is None else stated)
    worth = Fraction(counted) * 100_00 + Fraction(trees) * 100_00 / 2
    raw = worth * 3 / 10
    expected = int(raw if cap is None else min(raw, cap)) // 1_000_00 * 1_000_00

    found = carried(
        held(trees, industry="trees"),
        held(pigs, stated),
        caps_fen={} if cap is None else {"product": cap},
    )

    assert (expected or None) == (found.outcome or {}).get("limit_fen")
    assert ("decided" if expected else "none") == found.status


@given(more=UNITS, pigs=UNITS)
def test_more_units_never_lower_an_industry_limit(more, pigs):
    """Monotone in what is registered."""
    low, high = carried(held(pigs)), carried(held(pigs + more))

    assert (low.outcome or {}).get("limit_fen", 0) <= (high.outcome or {}).get("limit_fen", 0)


def test_what_is_stated_above_the_register_is_told_and_does_not_count():
    """The register's units are in the sentence."""
    found = carried(held(Decimal("12.5"), 15), rates=[rate(price=10_000_00)])

    assert ["LIM-260", "LIM-261"] == codes(found)
    assert "12.5" == found.reasons[0].values["units"]
    assert 125_000_00 == found.outcome["output_fen"]
    assert ("pigs",) == found.outcome["industries"]


def test_fewer_stated_than_registered_count_as_stated():
    """Nobody is lent more than he says he has."""
    found = carried(held(15, 10), rates=[rate(price=10_000_00)])

    assert (["LIM-260"], 10) == (codes(found), found.reasons[0].values["units"])


def test_the_lowest_cap_binds():
    """By name; a cap that leaves the limit as it is does not."""
    rates = [rate(price=10_000_00)]
    capped = carried(held(10), rates=rates, caps_fen={"product": 20_500_00, "model": 90_000_00})
    free = carried(held(10), rates=rates, caps_fen={"product": 30_000_00})

    assert (20_000_00, ("product",)) == (capped.outcome["limit_fen"], capped.outcome["capped_by"])
    assert ["LIM-260", "LIM-265"] == codes(capped)
    assert (30_000_00, ()) == (free.outcome["limit_fen"], free.outcome["capped_by"])


def test_everything_that_lacks_is_asked_for():
    """A registration, a rate, data that are stale or not yet known, a cap."""
    rates = [
        rate(),
        rate("trees", found_on=datetime.date(2023, 6, 29)),
        rate("fish", found_on=datetime.date(2024, 7, 1)),
    ]
    found = carried(
        held(None, 5),
        held(5, industry="trees"),
        held(5, industry="fish"),
        held(5, industry="tea"),
        rates=rates,
        caps_fen={"product": None},
    )

    assert "undetermined" == found.status
    asked = ("rate fish", "registered pigs", "rate tea", "rate trees", "product")
    assert asked == found.ask
    assert ["LIM-263", "LIM-262", "LIM-263", "LIM-264", "LIM-266"] == codes(found)


def test_data_of_the_day_asked_are_known():
    """And a year later to the day they still hold."""
    for found_on in (DAY, datetime.date(2023, 6, 30)):
        assert "decided" == carried(held(50), rates=[rate(found_on=found_on)]).status


def test_a_batch_list_says_of_each_household_which_it_is():
    """Listed, below a step, or open; and comes back from plain data."""
    village = {"h3": [held(50)], "h1": [held(1)], 7: [held(None)]}
    found = plan_industry_batch(village, rates=[rate()], as_of=DAY)

    assert [7, "h1", "h3"] == [household for household, _ in found.answers]
    assert ({"h3": 1_000_00}, ("h1",), (7,)) == (
        found.limits_fen,
        found.below,
        found.open_households,
    )
    assert found == from_dict(IndustryBatch, json.loads(json.dumps(to_dict(found))))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (carried, "holdings must name at least one industry, got none"),
        (lambda: carried(held(1), held(1)), "holdings must name each industry once, got 'pigs'"),
        (lambda: carried(held(1), rates=[rate(), rate()]), "rates must name each industry once"),
        (lambda: carried("pigs"), "holdings must hold Holding values, got str 'pigs'"),
        (lambda: carried(held(1), rates=["x"]), "rates must hold IndustryRate values"),
        (
            lambda: held(1.5),
            r"Holding.registered must be an int or a Decimal, got float 1.5: write",
        ),
        (lambda: held(1, Decimal("NaN")), "Holding.stated must be an int or a Decimal"),
        (lambda: held(-1), "Holding.registered must be 0 or more, got -1"),
        (lambda: held(1, industry=""), "Holding.industry must be text and not blank"),
        (lambda: rate(output=True), "IndustryRate.output must be an int or a Decimal"),
        (lambda: rate(price=-1), "IndustryRate.price_fen must be 0 fen or more"),
        (lambda: rate(found_on=2024), "IndustryRate.found_on must be a date"),
        (lambda: IndustryPolicy(ratio_bp=share(10_001)), "from 1 to 10000, got 10001"),
        (
            lambda: plan_industry_batch({"": [held(1)]}, rates=[rate()], as_of=DAY),
            "household must be an id",
        ),
    ],
)
def test_a_wrong_industry_is_refused(call, message):
    """What must hold, what came, how to mend it."""
    with pytest.raises(CreditError, match=message):
        call()


# Creditworthy.

GOOD_STANDING = HouseholdStanding(
    is_local=True,
    has_capacity=True,
    has_steady_income=True,
    has_old_debts=False,
    cooperates=True,
    has_bad_record=False,
    clean_years=3,
    income_per_head_fen=2_000_01,
    own_funds_bp=5_000,
)
HARD = (
    "is_local",
    "has_capacity",
    "has_steady_income",
    "has_old_debts",
    "cooperates",
    "has_bad_record",
)
TRUTH = st.sampled_from([True, False, None])


def graded(**facts):
    """Return a household's grade."""
    return creditworthy_household(attrs.evolve(GOOD_STANDING, **facts), as_of=DAY)


@given(facts=st.fixed_dictionaries(dict.fromkeys(HARD, TRUTH)))
def test_every_hard_condition_must_hold(facts):
    """One that fails decides, all that fail are told; one unknown keeps it open."""
    wrong = [facts[name] is (name in {"has_old_debts", "has_bad_record"}) for name in HARD]
    found = graded(**facts)

    if any(wrong):
        assert not found.outcome["is_creditworthy"]
        assert [f"LIM-27{at}" for at, is_wrong in enumerate(wrong) if is_wrong] == codes(found)
    else:
        asked = tuple(name for name in HARD if facts[name] is None)
        assert ("undetermined" if asked else "decided") == found.status
        assert asked == found.ask


@pytest.mark.parametrize(
    ("facts", "grade", "ask"),
    [
        ({}, "excellent", ()),
        ({"clean_years": None}, None, ("clean_years",)),
        ({"clean_years": None, "own_funds_bp": None}, None, ("clean_years", "own_funds_bp")),
        ({"clean_years": 2, "own_funds_bp": None}, "good", ()),
        ({"income_per_head_fen": None}, None, ("income_per_head_fen",)),
        ({"clean_years": 2, "income_per_head_fen": None}, None, ("income_per_head_fen",)),
    ],
)
def test_an_unknown_fact_matters_only_where_it_could_change_the_grade(facts, grade, ask):
    """A grade that fails for a known fact asks for nothing."""
    found = graded(**facts)

    assert (grade, ask) == ((found.outcome or {}).get("grade"), found.ask)
    assert bool(ask) == any(one.unknown for one in found.reasons)


def test_a_household_below_every_grade_is_told_each_that_it_misses():
    """It is not creditworthy, and hears all three."""
    found = graded(clean_years=0, income_per_head_fen=500_00, own_funds_bp=0)

    assert (False, None, None) == tuple(
        found.outcome[name] for name in ("is_creditworthy", "grade", "usual_limit_fen")
    )
    assert ["LIM-277", "LIM-278", "LIM-279", "LIM-278", "LIM-278"] == codes(found)


def test_a_grade_that_was_missed_is_told_beside_the_one_met():
    """The household hears what it would take."""
    assert ["LIM-276", "LIM-277"] == codes(graded(clean_years=2))


@given(
    part=st.integers(0, 50),
    whole=st.integers(0, 50),
    npl=st.integers(0, 50),
    loans=st.integers(0, 50),
)
def test_shares_are_compared_exactly(part, whole, npl, loans):
    """70 % by cross products; a share without a base is asked for."""
    part, npl = min(part, whole), min(npl, loans)
    policy = attrs.evolve(
        CREDITWORTHY,
        areas=(AreaRule(level="village", units_bp=share(7_000), npl_bp=share(500)),),
    )
    standing = AreaStanding(units=whole, creditworthy=part, loans_fen=loans, npl_fen=npl)
    fails = (whole > 0 and 10 * part < 7 * whole) or (loans > 0 and 20 * npl >= loans)

    found = creditworthy_area(standing, level="village", policy=policy, as_of=DAY)

    if fails:
        assert not found.outcome["is_creditworthy"]
    elif whole and loans:
        assert "creditworthy" == found.outcome["grade"]
    else:
        asked = (*(() if whole else ("units",)), *(() if loans else ("loans_fen",)))
        assert asked == found.ask
        assert all(one.unknown for one in found.reasons)


def test_unknown_counts_are_each_asked_for_once():
    """Part and base."""
    found = creditworthy_area(AreaStanding(), level="county", as_of=DAY)

    assert (("creditworthy", "units"), ["LIM-281"]) == (found.ask, codes(found))


def test_a_bank_may_have_several_grades_of_villages():
    """The first that holds, the best first."""
    best = AreaRule(level="village", grade="AAA", units_bp=share(9_000))
    plain = AreaRule(level="village", units_bp=share(7_000))
    policy = attrs.evolve(CREDITWORTHY, areas=(best, plain))

    grades = [
        creditworthy_area(
            AreaStanding(units=10, creditworthy=count), level="village", policy=policy, as_of=DAY
        ).outcome["grade"]
        for count in (9, 7, 6)
    ]

    assert ["AAA", "creditworthy", None] == grades


@pytest.mark.parametrize(
    ("done_on", "as_of", "word"),
    [
        (datetime.date(2025, 1, 31), datetime.date(2025, 1, 31), "met"),
        (datetime.date(2025, 1, 31), datetime.date(2025, 1, 30), "open"),
        (datetime.date(2025, 2, 1), datetime.date(2025, 2, 1), "late"),
        (datetime.date(2025, 2, 5), datetime.date(2025, 2, 1), "late"),
        (None, datetime.date(2025, 1, 31), "open"),
        (None, datetime.date(2025, 2, 1), "late"),
    ],
)
def test_an_assessment_is_met_open_or_late(done_on, as_of, word):
    """The day itself is in time; what is done later than asked is not done yet."""
    found = check_assessment_day("village", year=2024, done_on=done_on, as_of=as_of)

    assert word == found.outcome
    assert (["LIM-280"] if word == "late" else []) == codes(found)


@pytest.mark.parametrize(
    ("month", "day", "expected"),
    [
        (2, 31, "2023-02-28"),
        (14, 31, "2024-02-29"),
        (14, 28, "2024-02-28"),
        (24, 1, "2024-12-01"),
        (1, 1, "2023-01-01"),
    ],
)
def test_a_day_is_clamped_to_its_month(month, day, expected):
    """Months count on into the next year."""
    own = AssessmentDay(level="village", month=share(month), day=share(day))
    policy = attrs.evolve(CREDITWORTHY, calendar=(own,))

    assert expected == creditworthy_due_on("village", year=2023, policy=policy).isoformat()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: creditworthy_due_on("county", year=2024), "level must be one of household, "),
        (lambda: creditworthy_due_on("village", year=0), "year must be an int from 1 to 9997"),
        (lambda: creditworthy_due_on("village", year=True), "from 1 to 9997, got True"),
        (lambda: creditworthy_due_on("village", year=9998), "from 1 to 9997, got 9998"),
        (lambda: creditworthy_due_on("village", year="2024"), "from 1 to 9997, got '2024'"),
        (
            lambda: creditworthy_area(AreaStanding(), level="province", as_of=DAY),
            "level must be one of village, township, county, got 'province'",
        ),
        (lambda: AreaStanding(units=5, creditworthy=6), "creditworthy must be at most units"),
        (lambda: AreaStanding(units=-1), "AreaStanding.units must be 0 fen or more"),
        (lambda: attrs.evolve(GOOD_STANDING, is_local="yes"), "is_local must be True, False or"),
        (lambda: attrs.evolve(CREDITWORTHY, grades=()), "each grade and day must stand once"),
        (
            lambda: attrs.evolve(CREDITWORTHY, calendar=CREDITWORTHY.calendar[:1] * 2),
            r"must stand once, got \['household', 'household'\]",
        ),
        (
            lambda: HouseholdGrade(id="x", income_fen=share(-1), usual_limit_fen=share(1)),
            "from 0 to 10000000000000, got -1",
        ),
    ],
)
def test_a_wrong_standing_is_refused(call, message):
    """What must hold, what came, how to mend it."""
    with pytest.raises(CreditError, match=message):
        call()


def test_the_last_year_has_a_day():
    """The edge itself is inside."""
    assert datetime.date(9998, 1, 31) == creditworthy_due_on("village", year=9997)
    assert datetime.date(2, 1, 31) == creditworthy_due_on("village", year=1)


# What ships.


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Exposure, loan(1, "a", None)),
        (Capital, capital(net=None)),
        (ExposureCap, EXPOSURE.caps[0]),
        (ExposurePolicy, EXPOSURE),
        (IndustryPolicy, INDUSTRY),
        (IndustryRate, rate(output=Decimal("0.5"))),
        (Holding, held(Decimal("12.5"), 3)),
        (HouseholdStanding, GOOD_STANDING),
        (AreaStanding, AreaStanding(units=5)),
        (CreditworthyPolicy, CREDITWORTHY),
    ],
)
def test_values_turn_into_plain_data_and_back(kind, value):
    """Through JSON text, exactly."""
    assert value == from_dict(kind, json.loads(json.dumps(to_dict(value))))


def test_dated_caps_name_their_document():
    """Every share has its basis and the day it takes effect in its source."""
    for cap in EXPOSURE.caps:
        assert cap.share_bp.basis.startswith("regulation")
        assert cap.in_force.isoformat() in cap.share_bp.source
