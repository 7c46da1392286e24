"""Prices: every step told, never below the floor, alone and in a column; dated claw-back."""

import datetime
from fractions import Fraction

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError, TableError
from ruralcredit.policy import DecisionTable, Field, Row
from ruralcredit.products import (
    PRICING,
    KeptPeriod,
    LoanCosts,
    LoanTerms,
    Lpr,
    plan_claw_back,
    price,
    price_columns,
)
from ruralcredit.reasons import Figure
from ruralcredit.values import Dated, add_months, from_dict, to_dict

DAY = datetime.date(2024, 1, 1)
ONE_YEAR = Lpr(tenor="1Y", quoted_on=DAY, rate_bp=345)
FIVE_YEARS = Lpr(tenor="5Y", quoted_on=DAY, rate_bp=420)
COST_NAMES = ("funding_ppm", "operating_ppm", "expected_loss_ppm", "capital_ppm")
TERMS = LoanTerms(entity="micro_firm", term_months=24, security="guaranteed", contribution="some")


def costs(*ppm):
    """Return costs, of nothing where none are given."""
    return LoanCosts(**dict(zip(COST_NAMES, ppm or (0, 0, 0, 0), strict=True)))


def priced(*, terms=TERMS, lpr=(ONE_YEAR, FIVE_YEARS), cost=None, share=None, policy=PRICING):
    """Price a loan on the day."""
    return price(
        terms,
        lpr=lpr,
        costs=cost or costs(),
        conditions=None if share is None else {"deposit_share_bp": share},
        policy=policy,
        as_of=DAY,
    )


ENTITIES = ("farmer", "sole_trader", "micro_firm", "person", "other_firm")
FACTS = {
    "entity": st.sampled_from(ENTITIES),
    "term_months": st.sampled_from([1, 12, 13, 36, 37, 60, 61]),
    "security": st.sampled_from(["unsecured", "guaranteed", "mortgaged", "pledged"]),
    "contribution": st.sampled_from(["none", "some", "high"]),
    **{name: st.integers(0, 40_000) for name in COST_NAMES},
    "deposit_share_bp": st.integers(0, 6_000),
}
KNOWN = st.fixed_dictionaries(FACTS)
CASES = st.fixed_dictionaries(
    {name: st.one_of(*[known] * 5, st.none()) for name, known in FACTS.items()}
)


def of_case(case, **more):
    """Price a drawn case."""
    facts = {name: case[name] for name in ("entity", "term_months", "security", "contribution")}
    return price(
        LoanTerms(**facts),
        lpr=more.get("lpr", (ONE_YEAR, FIVE_YEARS)),
        costs=LoanCosts(**{name: case[name] for name in COST_NAMES}),
        conditions={"deposit_share_bp": case["deposit_share_bp"]},
        policy=more.get("policy", PRICING),
        as_of=DAY,
    )


# ---- laws ------------------------------------------------------------------------------------


@given(case=KNOWN)
def test_a_price_never_lies_below_its_floor_nor_its_list_above_the_cap(case):
    """Whatever the discount; the steps sum to the rate."""
    found = of_case(case)
    exact = Fraction(sum(case[name] for name in COST_NAMES), 100)

    assert exact <= found.floor_bp < exact + 1
    if found.status == "decided":
        assert found.floor_bp <= found.rate_bp <= found.list_bp <= PRICING.cap.value
        assert found.rate_bp == sum(step.points_bp for step in found.steps)
        assert found.rate_bp == found.list_bp - found.discount_bp
        assert found.rate_bp == found.lpr.rate_bp + found.spread_bp
        assert [step.rate_bp for step in found.steps][-1] == found.rate_bp
    else:
        assert ("conflict", True) == (found.status, found.floor_bp > PRICING.cap.value)


@given(case=KNOWN, more=st.integers(0, 500), fact=st.sampled_from(COST_NAMES))
def test_a_price_does_not_fall_when_a_cost_rises(case, more, fact):
    """Monotone in every cost."""
    before, after = of_case(case), of_case({**case, fact: case[fact] + more})

    if "decided" == before.status == after.status:
        assert before.rate_bp <= after.rate_bp


@given(case=KNOWN, lower=st.integers(0, 1_000), more=st.integers(0, 300))
def test_a_price_does_not_fall_when_the_lpr_rises(case, lower, more):
    """Monotone in the loan prime rate."""
    quotes = [
        [Lpr(tenor=tenor, quoted_on=DAY, rate_bp=bp) for tenor in ("1Y", "5Y")]
        for bp in (lower, lower + more)
    ]
    before, after = (of_case(case, lpr=one) for one in quotes)

    if before.status == "decided":
        assert before.rate_bp <= after.rate_bp


@given(case=KNOWN, more=st.integers(0, 6_000))
def test_more_deposits_never_cost_more(case, more):
    """The discount grows with the contribution."""
    before = of_case(case)
    after = of_case({**case, "deposit_share_bp": case["deposit_share_bp"] + more})

    if before.status == "decided":
        assert before.rate_bp >= after.rate_bp


@given(cases=st.lists(CASES, min_size=1, max_size=6), is_asked=st.booleans())
def test_a_price_is_the_same_alone_and_in_a_column(cases, is_asked):
    """One loan asked alone and asked inside a column has the same price."""
    columns = {name: [case[name] for case in cases] for name in cases[0]}
    facts = ("entity", "term_months", "security", "contribution")
    together = price_columns(
        {name: columns[name] for name in facts},
        lpr=(ONE_YEAR,),
        costs={name: columns[name] for name in COST_NAMES},
        conditions={"deposit_share_bp": columns["deposit_share_bp"]} if is_asked else None,
        as_of=DAY,
    )
    alone = [
        price(
            LoanTerms(**{name: case[name] for name in facts}),
            lpr=ONE_YEAR,
            costs=LoanCosts(**{name: case[name] for name in COST_NAMES}),
            conditions={"deposit_share_bp": case["deposit_share_bp"]} if is_asked else None,
            as_of=DAY,
        )
        for case in cases
    ]

    assert [one.status for one in alone] == together.statuses()
    for name in ("rate_bp", "list_bp", "floor_bp", "discount_bp"):
        assert [getattr(one, name) for one in alone] == getattr(together, name).tolist()
    assert {one.basis for one in alone} == {together.basis}


# ---- steps and answers -----------------------------------------------------------------------


def test_every_step_is_told():
    """Loan prime rate, four factors, discount; each with its row and what it rests on."""
    found = priced(cost=costs(30_000, 10_000, 4_000, 4_000), share=5_000)

    assert (
        "lpr: +345 bp = 345 bp",
        "entity: +120 bp = 465 bp (products.points_entity/micro_firm)",
        "term: +20 bp = 485 bp (products.points_term/medium)",
        "security: +30 bp = 515 bp (products.points_security/guaranteed)",
        "contribution: -20 bp = 495 bp (products.points_contribution/some)",
        "discount: -20 bp = 475 bp (products.deposit_discount/half)",
        "discount cut: +5 bp = 480 bp",
    ) == found.trace
    assert ["PRO-033"] == [one.code for one in found.reasons]
    assert {"project proposal", "bank policy"} == {step.basis for step in found.steps}


def test_a_list_price_is_lowered_to_the_cap_and_raised_to_the_floor():
    """Each says why."""
    high = attrs.evolve(ONE_YEAR, rate_bp=900)
    capped, raised = priced(lpr=high), priced(cost=costs(90_000, 0, 0, 1))

    assert (1_000, ["PRO-032"]) == (capped.list_bp, [one.code for one in capped.reasons])
    assert (901, ["PRO-031"]) == (raised.list_bp, [one.code for one in raised.reasons])
    assert (PRICING.cap,) == capped.reasons[0].figures
    assert "the factors lead below the floor: the list price is 9.01%" in (
        raised.reasons[0].text("en")
    )


def test_a_floor_above_the_cap_is_a_conflict():
    """No price covers the cost: nothing is told but the floor."""
    found = priced(cost=costs(100_001, 0, 0, 0))

    assert ("conflict", None, 1_001) == (found.status, found.rate_bp, found.floor_bp)
    assert ["PRO-034"] == [one.code for one in found.reasons]
    assert "decided" == priced(cost=costs(100_000, 0, 0, 0)).status


def test_unknown_facts_are_asked_for_together():
    """Terms, costs, conditions and the quote, each once."""
    found = price(
        LoanTerms(entity=None, term_months=61, security=None, contribution="none"),
        lpr=ONE_YEAR,
        costs=costs(1, None, 1, None),
        conditions={},
        as_of=DAY,
    )

    assert "undetermined" == found.status
    assert (
        *("entity", "security", "deposit_share_bp"),
        *("operating_ppm", "capital_ppm", "lpr 5Y"),
    ) == found.ask
    assert {"PRO-030", "PRO-035"} <= {one.code for one in found.reasons}
    assert (None, None, None) == (found.rate_bp, found.floor_bp, found.lpr)


def test_an_unknown_term_is_asked_for_once():
    """Factor and tenor both need it."""
    found = priced(terms=attrs.evolve(TERMS, term_months=None))

    assert ("undetermined", ("term_months",)) == (found.status, found.ask)


def test_the_term_chooses_the_quote():
    """More than five years go by the longer tenor."""
    assert ONE_YEAR == priced(terms=attrs.evolve(TERMS, term_months=60)).lpr
    assert FIVE_YEARS == priced(terms=attrs.evolve(TERMS, term_months=61)).lpr


@pytest.mark.parametrize(
    ("drawn_on", "months", "as_of", "repriced_on"),
    [
        (datetime.date(2024, 2, 29), 36, datetime.date(2024, 2, 29), datetime.date(2025, 2, 28)),
        (datetime.date(2024, 2, 29), 36, datetime.date(2025, 2, 27), datetime.date(2025, 2, 28)),
        (datetime.date(2024, 2, 29), 36, datetime.date(2025, 2, 28), datetime.date(2026, 2, 28)),
        (datetime.date(2024, 2, 29), 36, datetime.date(2026, 2, 28), None),
        (DAY, 12, DAY, None),
        (DAY, 13, DAY, datetime.date(2025, 1, 1)),
    ],
)
def test_the_next_repricing_lies_after_the_day_and_before_the_end(
    drawn_on, months, as_of, repriced_on
):
    """Counted in years from the day of drawing."""
    found = price(
        attrs.evolve(TERMS, term_months=months, drawn_on=drawn_on),
        lpr=ONE_YEAR,
        costs=costs(),
        as_of=as_of,
    )

    assert repriced_on == found.next_repricing_on
    assert (repriced_on is None) == ("PRO-036" in {one.code for one in found.reasons})


@pytest.mark.parametrize(
    ("terms", "annualised"),
    [
        ({}, 495),
        ({"fees_fen": 500_00, "amount_fen": 100_000_00}, 520),
        ({"fees_fen": 500_00, "amount_fen": 1, "average_principal_fen": 50_000_00}, 545),
        ({"fees_fen": 500_00}, None),
        ({"fees_fen": None, "amount_fen": 100_000_00}, None),
    ],
)
def test_the_annualised_rate_holds_the_fees(terms, annualised):
    """Simple interest on the principal in use; unknown fees leave it unknown."""
    found = priced(terms=attrs.evolve(TERMS, **terms))

    assert (495, annualised) == (found.rate_bp, found.annualised_bp)


def test_costs_follow_from_risk_and_capital():
    """Each part is rounded up: the floor never understates the cost."""
    found = LoanCosts.from_risk(
        funding_ppm=0,
        operating_ppm=0,
        default_bp=1,
        loss_given_default_bp=1,
        risk_weight_bp=12_500,
        capital_ratio_bp=800,
        capital_return_bp=1_001,
    )

    assert (1, 10_010) == (found.expected_loss_ppm, found.capital_ppm)
    assert 101 == found.floor_bp


def test_price_lists_have_versions_by_day():
    """A cheaper list counts from its day on, alone and in a column."""
    rows = [attrs.evolve(row, then={"points_bp": 0}) for row in PRICING.entity.rows]
    cheap = attrs.evolve(PRICING, entity=attrs.evolve(PRICING.entity, rows=rows), version="2")
    versions = Dated.from_items([(datetime.date(2020, 1, 1), PRICING), (DAY, cheap)])
    columns = {name: [value] for name, value in attrs.asdict(TERMS).items()}

    assert (375, "2") == (
        priced(policy=versions).rate_bp,
        priced(policy=versions).basis.version,
    )
    assert [375] == price_columns(
        {name: columns[name] for name in ("entity", "term_months", "security", "contribution")},
        lpr=ONE_YEAR,
        costs={name: [0] for name in COST_NAMES},
        policy=versions,
        as_of=DAY,
    ).rate_bp.tolist()


def test_a_list_with_a_hole_has_no_price_there():
    """No row applies: status none, alone and in a column."""
    entity = attrs.evolve(PRICING.entity, rows=PRICING.entity.rows[1:])
    policy = attrs.evolve(PRICING, entity=entity)
    farmer = attrs.evolve(TERMS, entity="farmer")

    assert ("none", ()) == (
        priced(terms=farmer, policy=policy).status,
        priced(terms=attrs.evolve(farmer, security=None), policy=policy).ask,
    )
    assert ["none", "none", "undetermined"] == price_columns(
        {
            "entity": ["farmer", "farmer", "micro_firm"],
            "term_months": [12] * 3,
            "security": ["pledged", None, None],
            "contribution": ["none"] * 3,
        },
        lpr=ONE_YEAR,
        costs={name: [0] * 3 for name in COST_NAMES},
        policy=policy,
        as_of=DAY,
    ).statuses()


def test_no_row_grants_no_discount():
    """A discount table leaves out what earns nothing."""
    assert (0, 5) == (priced(share=999).discount_bp, priced(share=1_000).discount_bp)
    assert "discount" not in {step.name for step in priced(share=999).steps}
    assert [0, None] == price_columns(
        {name: [value] * 2 for name, value in _facts(TERMS).items()},
        lpr=ONE_YEAR,
        costs={name: [0] * 2 for name in COST_NAMES},
        conditions={"deposit_share_bp": [0, None]},
        as_of=DAY,
    ).discount_bp.tolist()


def _facts(terms):
    names = ("entity", "term_months", "security", "contribution")
    return {name: getattr(terms, name) for name in names}


def test_columns_left_out_are_unknown():
    """Nothing is known, and the floor is, where the costs are."""
    found = price_columns(
        {"entity": ["farmer"]},
        lpr=ONE_YEAR,
        costs={name: [100] for name in COST_NAMES},
        conditions={},
        as_of=DAY,
    )

    assert (["undetermined"], [4], [None]) == (
        found.statuses(),
        found.floor_bp.tolist(),
        found.rate_bp.tolist(),
    )
    assert (1, "PriceColumns(1 loans by products.pricing)") == (len(found), repr(found))


def test_a_price_survives_plain_data():
    """With its costs, steps and reasons."""
    for found in (priced(share=5_000), priced(cost=costs(None, 0, 0, 0))):
        assert found == from_dict(type(found), to_dict(found))


# ---- claw-back -------------------------------------------------------------------------------


def kept(*, share, months=3, start=0, balance=1_000_000_00):
    """Return a period of the loan from some month on."""
    return KeptPeriod(
        from_on=add_months(DAY, start),
        to_on=add_months(DAY, start + months),
        balance_fen=balance,
        conditions={"deposit_share_bp": share},
    )


LATER = datetime.date(2026, 1, 1)


@given(shares=st.lists(st.integers(0, 6_000), max_size=6), balance=st.integers(0, 10**12))
def test_a_claw_back_is_the_discount_that_was_not_earned(shares, balance):
    """Period by period, to the fen, never negative."""
    agreed = priced(share=5_000)
    periods = [
        kept(share=share, start=3 * place, balance=balance) for place, share in enumerate(shares)
    ]
    found = plan_claw_back(agreed, reversed(periods), as_of=LATER)
    total = 0
    for period, share in zip(periods, shares, strict=True):
        lost = 20 - priced(share=share).discount_bp
        exact = Fraction(balance * lost * period.days, 10_000 * 360)
        total += int(exact + Fraction(1, 2))

    assert total == found.amount_fen
    assert [one.from_on for one in found.periods] == sorted(one.from_on for one in found.periods)
    assert {agreed.rate_bp} >= {one.rate_bp - one.lost_bp for one in found.periods}


def test_a_claw_back_names_its_days():
    """From which day the discount falls away, when it is due, and at which rate."""
    found = plan_claw_back(priced(share=5_000), [kept(share=999)], as_of=LATER)
    lapsed = found.periods[0]

    assert (DAY, datetime.date(2024, 4, 1), 91, 20, 495, 50_556) == (
        lapsed.from_on,
        lapsed.to_on,
        lapsed.days,
        lapsed.lost_bp,
        lapsed.rate_bp,
        lapsed.amount_fen,
    )
    assert (
        "from 2024-01-01 to 2024-04-01 the condition of the discount did not hold: 0.20% of it "
        "falls away (library default, not a regulation)"
    ) == found.reasons[0].text("en")


def test_what_the_floor_had_cut_is_not_clawed_back():
    """Only what was granted can fall away."""
    agreed = priced(cost=costs(48_500, 0, 0, 0), share=5_000)

    assert 10 == agreed.discount_bp
    assert () == plan_claw_back(agreed, [kept(share=3_000)], as_of=LATER).periods
    assert 5 == plan_claw_back(agreed, [kept(share=2_999)], as_of=LATER).periods[0].lost_bp


def test_unknown_periods_are_asked_for():
    """The sum waits for them; what is known is told."""
    found = plan_claw_back(
        priced(share=5_000),
        [kept(share=None), kept(share=0, start=3), kept(share=0, start=6, balance=None)],
        as_of=LATER,
    )

    assert ("undetermined", None) == (found.status, found.amount_fen)
    assert ("deposit_share_bp from 2024-01-01", "balance_fen from 2024-07-01") == found.ask
    assert [datetime.date(2024, 4, 1)] == [one.from_on for one in found.periods]
    assert ["PRO-038", "PRO-037", "PRO-038"] == [one.code for one in found.reasons]


def test_without_a_discount_there_is_nothing_to_claw_back():
    """Whatever the periods say."""
    found = plan_claw_back(priced(), [kept(share=None)], as_of=LATER)

    assert (0, ()) == (found.amount_fen, found.periods)


def test_facts_that_contradict_the_table_are_asked_for_again():
    """An impossible box of the bank's own discount table."""
    discount = attrs.evolve(PRICING.discount, impossible=[{"deposit_share_bp": {"ge": 9_000}}])
    policy = attrs.evolve(PRICING, discount=discount)
    found = plan_claw_back(
        priced(share=5_000, policy=policy), [kept(share=9_000)], policy=policy, as_of=LATER
    )

    assert ("deposit_share_bp from 2024-01-01",) == found.ask
    assert "conflict" == priced(share=9_000, policy=policy).status


def test_a_claw_back_goes_by_the_list_of_the_price():
    """A later list does not change what was agreed."""
    rows = [attrs.evolve(row, then={"discount_bp": 0}) for row in PRICING.discount.rows]
    mean = attrs.evolve(PRICING, discount=attrs.evolve(PRICING.discount, rows=rows))
    versions = Dated.from_items([(DAY, PRICING), (datetime.date(2024, 2, 1), mean)])
    found = plan_claw_back(
        priced(share=5_000, policy=versions), [kept(share=5_000)], policy=versions, as_of=LATER
    )

    assert (0, LATER) == (found.amount_fen, found.basis.as_of)


@pytest.mark.parametrize(
    ("periods", "message"),
    [
        ([kept(share=0), kept(share=0, start=2)], "periods must not overlap, got one to 2024-04-"),
        (
            [kept(share=0, months=25)],
            "periods must be over by as_of 2026-01-01, got one to 2026-0",
        ),
    ],
)
def test_periods_are_over_and_apart(periods, message):
    """A period counts once, and only when it is known."""
    with pytest.raises(CreditError, match=message):
        plan_claw_back(priced(share=5_000), periods, as_of=LATER)


def test_a_claw_back_needs_a_price():
    """What was never agreed cannot be clawed back."""
    with pytest.raises(CreditError, match="needs a price that is decided, got undetermined"):
        plan_claw_back(priced(cost=costs(None, 0, 0, 0)), [], as_of=LATER)
    with pytest.raises(CreditError, match="a period must start before it ends, got 2024-01-01 to"):
        kept(share=0, months=0)


# ---- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lpr", "message"),
    [
        ([ONE_YEAR, ONE_YEAR], "lpr must hold one quote for each tenor, got two of 1Y"),
        ([345], "lpr must be an Lpr, or one for each tenor, got 345"),
        (
            attrs.evolve(ONE_YEAR, quoted_on=datetime.date(2024, 1, 2)),
            "lpr must be quoted by as_of 2024-01-01, got 1Y of 2024-01-02",
        ),
    ],
)
def test_quotes_are_one_for_each_tenor_and_known_by_the_day(lpr, message):
    """The clock is an argument, and nobody knows tomorrow's quote."""
    with pytest.raises(CreditError, match=message):
        priced(lpr=lpr)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: attrs.evolve(ONE_YEAR, tenor="3Y"), "Lpr.tenor must be one of 1Y, 5Y, got '3Y'"),
        (lambda: attrs.evolve(ONE_YEAR, rate_bp=10_001), "Lpr.rate_bp must be 0 to 10000 basis"),
        (lambda: attrs.evolve(ONE_YEAR, rate_bp=3.45), "Lpr.rate_bp must be a whole number, got"),
        (lambda: costs(-1, 0, 0, 0), "LoanCosts.funding_ppm must be 0 or more"),
        (lambda: attrs.evolve(TERMS, term_months=1.5), "LoanTerms.term_months must be a whole"),
        (lambda: attrs.evolve(TERMS, entity=" "), "LoanTerms.entity must be text and not blank"),
        (lambda: attrs.evolve(TERMS, drawn_on="x"), "LoanTerms.drawn_on must be a date, got str"),
        (lambda: priced(terms=attrs.evolve(TERMS, entity="king")), "entity must be one of farmer"),
    ],
)
def test_wrong_values_are_refused_at_birth(build, message):
    """What must hold, what came."""
    with pytest.raises(CreditError, match=message):
        build()


@pytest.mark.parametrize(
    ("terms", "cost", "message"),
    [
        ({"colour": ["red"]}, {}, "terms must be of entity, .*, got colour"),
        ({"entity": ["farmer"]}, {"rent_ppm": [1]}, "costs must be of funding_ppm, .* rent_ppm"),
        ({"entity": ["farmer"]}, {"funding_ppm": [-1]}, "funding_ppm must be 0 or more, 1 row is"),
        ({"entity": ["king"]}, {}, "entity must be one of farmer, .*row 0"),
        ({"entity": ["farmer"]}, {"funding_ppm": [1, 2]}, "columns must have one length"),
    ],
)
def test_wrong_columns_are_refused(terms, cost, message):
    """The column, the count and the first row are named."""
    with pytest.raises(CreditError, match=message):
        price_columns(terms, lpr=ONE_YEAR, costs=cost, as_of=DAY)


def one_row(name, then, *, hit="unique"):
    """Return a table of one row over one fact."""
    return DecisionTable("mine", [Field(name, "int")], [Row("r", then=then)], hit=hit)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"entity": one_row("age", {"points_bp": 1})},
            "mine must ask for amount_fen, .*, got age",
        ),
        ({"term": one_row("term_months", {"points": 1})}, "must give points_bp as a whole number"),
        ({"term": one_row("term_months", {"points_bp": True})}, "as a whole number, got True"),
        (
            {"security": one_row("amount_fen", {"points_bp": 1}, hit="collect")},
            "mine must give one points_bp for a case, not collect several",
        ),
        (
            {"contribution": one_row("amount_fen", {"points_bp": 1})},
            "row r of mine must give points_bp as 0 or less, got 1",
        ),
        (
            {"discount": one_row("payroll", {"discount_bp": -1})},
            "row r of mine must give discount_bp as 0 or more, got -1",
        ),
        (
            {"tenor": one_row("term_months", {"tenor": "3Y"})},
            "mine must ask for term_months and give one tenor of 1Y, 5Y in every row",
        ),
        ({"cap": 1_000}, "PricePolicy.cap must be a Figure of 1 or more, got 1000"),
        (
            {"repricing": Figure(id="x", value=0, unit="", basis="bank policy", source="x")},
            "PricePolicy.repricing must be a Figure of 1 or more",
        ),
    ],
)
def test_price_lists_that_cannot_price_do_not_build(change, message):
    """Contribution may only lower a price, a discount never raises it."""
    with pytest.raises((CreditError, TableError), match=message):
        attrs.evolve(PRICING, **change)
