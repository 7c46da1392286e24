"""Customers: groups, tiers, the two stages, rates, leads and monitoring."""

import datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.customers import (
    FIGURES,
    FIRST_DRAWDOWN,
    KEY_GROUPS,
    LEADS,
    MEASUREMENT,
    MONITORING,
    REASONS,
    REPORTED,
    TIERS,
    KeyGroup,
    KeyGroups,
    ReportedStock,
    StockFunnel,
    check_first_drawdown,
    check_first_drawdown_columns,
    count_groups,
    count_stock,
    leads,
    leads_columns,
    monitoring_tier,
    monitoring_tier_columns,
    months_of_use,
    months_of_use_columns,
    pass_rates,
    route_measurement,
    route_measurement_columns,
    tier,
    tier_columns,
)
from ruralcredit.errors import CreditError, InputError
from ruralcredit.policy import DecisionTable, Field, Policy, Row, dead_rows, gaps, overlaps
from ruralcredit.reasons import Figure
from ruralcredit.testing import days
from ruralcredit.values import Ratio, add_months, from_dict, to_dict

AS_OF = datetime.date(2024, 6, 1)
UNIQUE = {
    "TIERS": TIERS,
    "MEASUREMENT": MEASUREMENT,
    "FIRST_DRAWDOWN": FIRST_DRAWDOWN,
    "MONITORING": MONITORING,
}
TABLES = {**UNIQUE, "LEADS": LEADS}
FINAL = {"refuse", "refused", "reject", "rejected", "decline", "declined", "deny", "denied"}


def columns_of(cases, names):
    """Turn cases into columns of the same facts."""
    return {name: [case[name] for case in cases] for name in names}


def maybe(values):
    """Draw a value or unknown."""
    return st.none() | values


GROUPS = [group.id for group in KEY_GROUPS.groups]
MEMBERSHIPS = st.lists(
    st.tuples(maybe(st.sampled_from(["c1", "c2", "c3"])), maybe(st.sampled_from(GROUPS))),
    max_size=12,
)
KNOWN_CASES = st.fixed_dictionaries(
    {
        "months_of_use": st.sampled_from([0, 11, 12, 13, 23, 24, 25, 400]),
        "times_settled": st.integers(0, 4),
        "principal_overdue_days": st.sampled_from([0, 0, 1, 29, 30, 31, 400]),
        "interest_overdue_days": st.sampled_from([0, 0, 1, 89, 90, 91, 400]),
    }
)
TIER_FACTS = [field.name for field in TIERS.fields]


def without(facts, names):
    """Draw facts of which some are unknown."""
    return st.builds(
        lambda known, unknown: {**known, **dict.fromkeys(unknown)},
        facts,
        st.sets(st.sampled_from(names), max_size=2),
    )


TIER_CASES = without(KNOWN_CASES, TIER_FACTS)
YES_NO = maybe(st.booleans())
FLAGS = (
    *("opted_out", "has_loan", "has_limit", "has_card", "has_drawn"),
    *("has_settlement", "has_acquiring", "has_payroll"),
)
HELD = st.fixed_dictionaries(
    {
        **dict.fromkeys(FLAGS, st.booleans()),
        "average_balance_fen": st.sampled_from([0, 999_999, 1_000_000, 10**12]),
        "inflow_months": st.integers(4, 12),
        "times_settled": st.integers(0, 2),
        "last_settled_on": days(datetime.date(2022, 5, 1), AS_OF),
    }
)
HOLDINGS = without(
    HELD,
    [*FLAGS, "average_balance_fen", "inflow_months", "times_settled", "last_settled_on"],
)
STAGE = st.fixed_dictionaries(
    {"reached": YES_NO, "approved": YES_NO, "drawn": YES_NO},
)


# ---- the shipped tables ------------------------------------------------------------------


@pytest.mark.parametrize("name", UNIQUE)
def test_a_shipped_table_that_must_answer_has_no_gap_and_no_overlap(name):
    """Every complete case has just one row, proved."""
    found = gaps(UNIQUE[name])

    assert "unique" == UNIQUE[name].hit
    assert () == found.boxes
    assert found.complete
    assert () == overlaps(UNIQUE[name])


@pytest.mark.parametrize("name", TABLES)
def test_a_shipped_table_has_no_dead_row(name):
    """Each row can decide a case."""
    assert () == dead_rows(TABLES[name]).rows


@pytest.mark.parametrize("name", TABLES)
def test_no_outcome_is_a_final_refusal_of_a_person(name):
    """Ruling 3.1: a person looks before a customer is turned away."""
    words = {word for row in TABLES[name].rows for word in row.then.values()}

    assert set() == words & FINAL


@pytest.mark.parametrize("name", TABLES)
def test_every_shipped_row_speaks_both_languages_and_cites_its_source(name):
    """A row says what it rests on, and a proposal of ours says so when printed."""
    for row in TABLES[name].rows:
        assert {"en", "zh"} == set(row.reason)
        assert "inventory" in row.cite or "ruling" in row.cite
        assert row.basis in {"source document", "project proposal"}


def test_a_proposed_cut_off_never_looks_like_law():
    """The reason of a tier says that it is a default."""
    decision = monitoring_tier({"risk": "high"})

    assert "(library default, not a regulation)" in decision.explain("en")
    assert "（本库建议值，非监管规定）" in decision.explain("zh")


def test_the_leads_table_collects_all_leads():
    """A customer may hold what gives several leads."""
    assert "collect" == LEADS.hit


def test_figures_and_reasons_are_listed_once():
    """No code and no figure stands twice."""
    assert len({figure.id for figure in FIGURES}) == len(FIGURES)
    assert len({reason.code for reason in REASONS}) == len(REASONS)


# ---- tiers -------------------------------------------------------------------------------


def expected_tier(case):
    """Return the tier of a complete case, written from the rule's words."""
    if case["principal_overdue_days"] > 30 or case["interest_overdue_days"] > 90:
        return "E"
    if case["principal_overdue_days"] or case["interest_overdue_days"]:
        return "D"
    if case["months_of_use"] >= 24 and case["times_settled"] >= 2:
        return "A"
    return "B" if case["months_of_use"] >= 12 and case["times_settled"] >= 1 else "C"


@given(case=KNOWN_CASES)
def test_a_tier_follows_the_four_dimensions(case):
    """The table says what its rule says in words."""
    assert expected_tier(case) == tier(case).outcome["tier"]


@given(cases=st.lists(TIER_CASES, max_size=8))
def test_tiers_are_the_same_alone_and_in_columns(cases):
    """One customer asked alone and inside columns gets the same answer."""
    answer = tier_columns(columns_of(cases, TIER_FACTS))

    assert [tier(case) for case in cases] == [answer.decision(i) for i in range(len(cases))]


_RANK = "ABCDE"


@given(
    case=KNOWN_CASES,
    name=st.sampled_from(["months_of_use", "times_settled"]),
    more=st.integers(1, 30),
)
def test_longer_use_and_more_settlements_never_worsen_a_tier(case, name, more):
    """Good conduct is monotone."""
    better = {**case, name: case[name] + more}

    assert _RANK.index(tier(better).outcome["tier"]) <= _RANK.index(tier(case).outcome["tier"])


def test_a_bank_passes_its_own_table():
    """The shipped cut-offs are defaults."""
    own = DecisionTable(
        "own", [Field("months_of_use", "int", low=0)], [Row("all", then={"tier": "own"})]
    )

    assert "own" == tier({"months_of_use": 1}, policy=own).outcome["tier"]
    assert ["own"] == tier_columns({"months_of_use": [1]}, policy=own).outcome("tier").tolist()


def test_a_fact_of_another_name_is_refused():
    """A slip of the pen does not pass as unknown."""
    with pytest.raises(CreditError, match="months_in_use"):
        tier({"months_in_use": 3})
    with pytest.raises(CreditError, match="months_in_use"):
        tier_columns({"months_in_use": [3]})


# ---- months ------------------------------------------------------------------------------


@given(first=days(), as_of=days())
def test_months_of_use_are_the_most_that_fit(first, as_of):
    """So many months after the first drawdown is reached, one more is not."""
    if first > as_of:
        first, as_of = as_of, first

    months = months_of_use(first, as_of=as_of)

    assert add_months(first, months) <= as_of < add_months(first, months + 1)


@given(firsts=st.lists(maybe(days()), max_size=8))
def test_months_of_use_are_the_same_alone_and_in_columns(firsts):
    """One customer's months and a column's are equal; unknown stays unknown."""
    as_of = datetime.date(2025, 12, 31)

    assert [months_of_use(first, as_of=as_of) for first in firsts] == months_of_use_columns(
        firsts, as_of=as_of
    ).tolist()


def test_months_of_use_refuse_a_drawdown_after_the_day_asked():
    """Facts stand as of the day."""
    later = datetime.date(2024, 6, 2)

    with pytest.raises(
        CreditError, match="first_drawn_on must not lie after as_of 2024-06-01, got 2024-06-02"
    ):
        months_of_use(later, as_of=AS_OF)
    with pytest.raises(InputError, match="2 cells do, the first at row 1") as caught:
        months_of_use_columns([AS_OF, later, later], as_of=AS_OF)

    assert ("first_drawn_on", 2, 1) == (
        caught.value.column,
        caught.value.count,
        caught.value.first_row,
    )


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2024-06-01", r"first_drawn_on must be a date, got str '2024-06-01': write datetime"),
        (datetime.datetime(2024, 6, 1, tzinfo=datetime.UTC), r"got datetime .*: pass its \.date"),
        (1.5, r"first_drawn_on must be a date, got float 1\.5$"),
    ],
)
def test_months_of_use_refuse_what_is_no_day(day, message):
    """A day is a date."""
    with pytest.raises(CreditError, match=message):
        months_of_use(day, as_of=AS_OF)


# ---- the two stages ----------------------------------------------------------------------


@given(hits=st.lists(maybe(st.integers(0, 3)), max_size=6))
def test_measurements_are_routed_the_same_alone_and_in_columns(hits):
    """A hit gives a work order, alone and in columns."""
    answer = route_measurement_columns({"rule_hits": hits})

    assert [None if n is None else "work_order" if n else "automatic" for n in hits] == (
        answer.outcome("route").tolist()
    )
    assert [route_measurement({"rule_hits": n}) for n in hits] == [
        answer.decision(i) for i in range(len(hits))
    ]


@given(cases=st.lists(st.tuples(YES_NO, YES_NO), max_size=6))
def test_first_drawdowns_are_the_same_alone_and_in_columns(cases):
    """Face to face exactly for a new customer's first."""
    names = ("is_new_customer", "is_first_drawdown")
    facts = [dict(zip(names, case, strict=True)) for case in cases]
    answer = check_first_drawdown_columns(columns_of(facts, names))

    assert [check_first_drawdown(case) for case in facts] == [
        answer.decision(i) for i in range(len(facts))
    ]
    for new, first in cases:
        decision = check_first_drawdown({"is_new_customer": new, "is_first_drawdown": first})
        expected = "none" if False in (new, first) else "face_to_face" if new and first else None
        found = decision.outcome["check"] if decision.outcome else None
        assert expected == found


# ---- monitoring --------------------------------------------------------------------------


@given(
    cases=st.lists(
        st.fixed_dictionaries(
            {
                "risk": maybe(st.sampled_from(["low", "medium", "high"])),
                "exposure_fen": maybe(st.sampled_from([0, 99_999_99, 100_000_00, 100_000_01])),
            }
        ),
        max_size=6,
    )
)
def test_monitoring_tiers_are_the_same_alone_and_in_columns(cases):
    """One customer asked alone and inside columns gets the same answer."""
    answer = monitoring_tier_columns(columns_of(cases, ("risk", "exposure_fen")))

    assert [monitoring_tier(case) for case in cases] == [
        answer.decision(i) for i in range(len(cases))
    ]


def test_riskier_or_larger_is_never_watched_less():
    """The cadence is monotone in risk and in size."""
    risks, sizes = ("low", "medium", "high"), (0, 100_000_00, 100_000_01, 10**12)
    months = [
        [
            monitoring_tier({"risk": risk, "exposure_fen": size}).outcome["check_every_months"]
            for size in sizes
        ]
        for risk in risks
    ]

    assert all(row == sorted(row, reverse=True) for row in months)
    assert all(
        list(column) == sorted(column, reverse=True) for column in zip(*months, strict=True)
    )


# ---- groups ------------------------------------------------------------------------------


@given(rows=MEMBERSHIPS)
def test_groups_are_counted_once_per_customer(rows):
    """Counts per group are sizes of sets, and the total is that of their union."""
    known = {(who, group) for who, group in rows if who is not None and group is not None}
    found = count_groups([who for who, _ in rows], [group for _, group in rows])

    assert {group: sum(g == group for _, g in known) for group in GROUPS} == dict(found.counts)
    assert len({who for who, _ in known}) == found.total
    assert sum(None in row for row in rows) == found.unknown_rows
    customers = [who for who, _ in known]
    assert len({who for who in customers if customers.count(who) > 1}) == found.in_several


@given(rows=MEMBERSHIPS, seed=st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_the_counts(rows, seed):
    """De-duplication is by id, wherever a row stands."""
    known = [row for row in rows if None not in row]
    shuffled = known * 2
    seed.shuffle(shuffled)

    assert count_groups([w for w, _ in known], [g for _, g in known]) == count_groups(
        [w for w, _ in shuffled], [g for _, g in shuffled]
    )


@given(rows=MEMBERSHIPS)
def test_the_total_lies_between_the_largest_group_and_the_sum(rows):
    """Nobody is lost and nobody counts twice."""
    found = count_groups([who for who, _ in rows], [group for _, group in rows])

    assert max(found.counts.values()) <= found.total <= sum(found.counts.values())
    assert found.in_several <= found.total


def test_the_targets_are_those_of_the_source():
    """Row D01, with 46.13万 as their sum."""
    assert [19_000, 35_000, 200_000, 207_300] == [group.wanted for group in KEY_GROUPS.groups]
    assert 461_300 == KEY_GROUPS.target_sum
    assert {"source document"} == {group.target.basis for group in KEY_GROUPS.groups}


def test_customers_with_numbers_count_as_well():
    """Ids may be whole numbers."""
    found = count_groups(np.array([7, 7, 8]), ["villagers", "sole_traders", "villagers"])

    assert (2, 1) == (found.total, found.in_several)
    assert Ratio(2, 207_300) == found.reached("villagers")


def figure(value):
    """Return a bank's own figure."""
    return Figure(id="own", value=value, unit="customers", basis="bank policy", source="manual")


def group(**changes):
    """Return a bank's own group."""
    parts = {"id": "farmers", "name": {"en": "farmers", "zh": "农户"}, "target": figure(5)}
    return KeyGroup(**{**parts, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": " "}, "KeyGroup.id must be text and not blank, got ' '"),
        ({"name": {"en": "farmers"}}, "key group farmers must have a name in en and zh, got en"),
        ({"target": figure(0)}, "target must be a Figure of a whole number from 1, got 0"),
        ({"target": figure("many")}, "target must be a Figure of a whole number from 1, got 'ma"),
        ({"target": 5.5}, r"target must be a Figure of a whole number from 1, got 5\.5"),
    ],
)
def test_a_group_that_cannot_be_counted_is_refused(changes, message):
    """A group has an id, two names and a target."""
    with pytest.raises(CreditError, match=message):
        group(**changes)


def test_groups_must_differ():
    """One word, one group."""
    with pytest.raises(CreditError, match="must have ids of their own, got 'farmers' twice"):
        KeyGroups(groups=(group(), group()))
    with pytest.raises(CreditError, match="must have at least one group, got none"):
        KeyGroups(groups=())
    with pytest.raises(
        CreditError, match=r"KeyGroups\.version must be text and not blank, got ''"
    ):
        KeyGroups(groups=(group(),), version="")


def test_a_word_that_is_no_group_is_refused():
    """An unknown group is an error that lists the groups."""
    with pytest.raises(InputError, match=r"groups must be one of public_employees, .*'farmers'"):
        count_groups(["c1"], ["farmers"])
    with pytest.raises(CreditError, match=r"group must be one of public_employees, .*'farmers'"):
        count_groups(["c1"], ["villagers"]).reached("farmers")
    with pytest.raises(InputError, match="customers has 2 rows, groups has 1"):
        count_groups(["c1", "c2"], ["villagers"])


# ---- rates -------------------------------------------------------------------------------


@given(rows=st.lists(st.tuples(YES_NO, maybe(st.sampled_from(["new", "existing"]))), max_size=12))
def test_pass_rates_keep_their_counts(rows):
    """Every known result stands in the total, and in its segment where it names one."""
    found = pass_rates([passed for passed, _ in rows], by=[segment for _, segment in rows])

    assert (
        Ratio(
            sum(passed is True for passed, _ in rows),
            sum(passed is not None for passed, _ in rows),
        )
        == found.total
    )
    assert sum(passed is None for passed, _ in rows) == found.unknown
    assert found.total.whole == found.unlabelled + sum(r.whole for r in found.by.values())
    for segment, ratio in found.by.items():
        results = [passed for passed, name in rows if name == segment and passed is not None]
        assert Ratio(sum(results), len(results)) == ratio


def test_pass_rates_without_segments_have_none():
    """Segments are the caller's wish."""
    found = pass_rates([True, None])

    assert (Ratio(1, 1), {}, 1, 0) == (
        found.total,
        dict(found.by),
        found.unknown,
        found.unlabelled,
    )


def test_segments_may_be_numbers():
    """A branch number names a segment as well."""
    assert {"3": Ratio(1, 2)} == dict(pass_rates([True, False], by=[3, 3]).by)


@given(cases=st.lists(STAGE, max_size=12))
def test_every_customer_has_one_place_in_the_funnel(cases):
    """Approved are reached, drawn are approved; doubts and contradictions stand apart."""
    found = count_stock(
        [case["reached"] for case in cases],
        approved=[case["approved"] for case in cases],
        drawn=[case["drawn"] for case in cases],
    )
    places = [place_of(**case) for case in cases]

    assert found == StockFunnel(
        reached=sum(place in {"reached", "approved", "drawn"} for place in places),
        approved_not_drawn=places.count("approved"),
        drawn=places.count("drawn"),
        unknown=places.count("unknown"),
        contradictory=places.count("contradictory"),
    )


def place_of(reached, approved, drawn):
    """Return where a customer stands, one question after the other."""
    if (reached is False and True in (approved, drawn)) or (approved is False and drawn):
        return "contradictory"
    if reached is None:
        return "unknown"
    if not reached:
        return "outside"
    if approved is None:
        return "unknown"
    if not approved:
        return "reached"
    return {None: "unknown", True: "drawn", False: "approved"}[drawn]


def test_the_reported_stock_is_that_of_the_source():
    """Rows D14 and D16."""
    funnel = REPORTED.funnel

    assert (Decimal("29.03"), Decimal("22.84")) == (
        funnel.use_rate.percent(2),
        funnel.grant_rate.percent(2),
    )
    assert Ratio(8_369, 10_000).percent(2) == REPORTED.pass_percent


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"reached": 1, "approved_not_drawn": 1, "drawn": 1}, "got 1 reached and 2 approved"),
        ({"reached": -1, "approved_not_drawn": 0, "drawn": 0}, "reached must be a whole number"),
        ({"reached": 1.0, "approved_not_drawn": 0, "drawn": 0}, "from 0, got 1.0"),
        ({"reached": True, "approved_not_drawn": 0, "drawn": 0}, "from 0, got True"),
    ],
)
def test_counts_that_no_customers_have_are_refused(counts, message):
    """A funnel narrows."""
    with pytest.raises(CreditError, match=message):
        StockFunnel(**counts)


def test_reported_figures_must_make_a_funnel():
    """Fewer reached than approved is no stock."""
    with pytest.raises(CreditError, match="reached must include the approved"):
        ReportedStock(
            reached=figure(1),
            approved_not_drawn=figure(1),
            drawn=figure(1),
            pass_rate=figure(5_000),
        )


# ---- leads -------------------------------------------------------------------------------


@given(customers=st.lists(HOLDINGS, max_size=5))
def test_leads_are_the_same_alone_and_in_columns(customers):
    """One customer asked alone and inside columns gets the same leads."""
    names = [*(customers[0] if customers else ())]
    answer = leads_columns(columns_of(customers, names), as_of=AS_OF)

    assert [leads(one, as_of=AS_OF) for one in customers] == [
        answer.decision(i) for i in range(len(customers))
    ]


@given(customer=HELD)
def test_leads_follow_from_what_a_customer_holds(customer):
    """The table says what its rules say in words."""
    answer = leads(customer, as_of=AS_OF)
    found = [] if answer.status == "none" else [one["lead"] for one in answer.outcome]

    assert expected_leads(customer) == found


def expected_leads(one):
    """Return the leads of a complete case, written from the rules' words."""
    if one["opted_out"]:
        return ["exempt"]
    no_credit = not one["has_loan"] and not one["has_limit"]
    serves = one["has_settlement"] or one["has_acquiring"] or one["has_payroll"]
    since = add_months(AS_OF, -24)
    rules = {
        "deposit_only": no_credit
        and one["average_balance_fen"] >= 10_000_00
        and one["inflow_months"] >= 6,
        "loan_only": one["has_loan"] and not serves,
        "lost": no_credit and one["times_settled"] > 0 and one["last_settled_on"] >= since,
        "card_not_issued": one["has_limit"] and not one["has_card"],
        "card_undrawn": one["has_limit"] and one["has_card"] and not one["has_drawn"],
    }
    return [lead for lead, follows in rules.items() if follows]


@pytest.mark.parametrize(
    ("as_of", "first_in"),
    [
        (datetime.date(2024, 6, 1), datetime.date(2022, 6, 1)),
        (datetime.date(2024, 2, 29), datetime.date(2022, 2, 28)),
        (datetime.date(2025, 2, 28), datetime.date(2023, 2, 28)),
        (datetime.date(2024, 12, 31), datetime.date(2022, 12, 31)),
    ],
)
def test_the_window_of_the_lost_includes_its_first_day(as_of, first_in):
    """24 calendar months back from the day asked, clamped to the month's end."""
    lost = {"opted_out": False, "has_loan": False, "has_limit": False, "times_settled": 1}
    saves = {"average_balance_fen": 0, "inflow_months": 0}
    one_day = datetime.timedelta(days=1)
    found = leads_columns(
        {
            **{name: [value] * 2 for name, value in {**lost, **saves}.items()},
            "last_settled_on": [first_in, first_in - one_day],
        },
        as_of=as_of,
    )

    assert [("lost",), None] == found.outcome("lead").tolist()


def test_an_answer_about_leads_names_its_day_and_its_derived_fact():
    """What was counted beforehand stands in the trace."""
    lost = {"opted_out": False, "last_settled_on": datetime.date(2022, 6, 1)}
    decision = leads(lost, as_of=AS_OF, trace=True)

    assert AS_OF == decision.basis.as_of
    assert (
        "months_since_settled = 24, from last_settled_on 2022-06-01 to 2024-06-01"
        == decision.trace[0]
    )
    assert () == leads(lost, as_of=AS_OF).trace[:0]


def test_an_unknown_column_may_be_left_out_or_none():
    """A column left out, and one given as None, are missing in every row."""
    bare = {
        "opted_out": [False],
        "has_loan": [True],
        "has_limit": [False],
        **{name: [False] for name in ("has_settlement", "has_acquiring", "has_payroll")},
    }

    assert [("loan_only",)] == leads_columns(bare, as_of=AS_OF).outcome("lead").tolist()
    assert [("loan_only",)] == (
        leads_columns({**bare, "last_settled_on": None}, as_of=AS_OF).outcome("lead").tolist()
    )


def test_leads_may_be_asked_of_dated_versions():
    """A bank's versions answer by the day, and may do without the derived months."""
    old = DecisionTable(
        "own", [Field("has_loan", "bool")], [Row("all", then={"lead": "old"})], hit="collect"
    )
    versions = Policy.from_versions([(datetime.date(2020, 1, 1), old), (AS_OF, LEADS)])
    before = AS_OF - datetime.timedelta(days=1)

    assert ({"lead": "old"},) == leads({"has_loan": True}, policy=versions, as_of=before).outcome
    assert [("old",)] == (
        leads_columns({"has_loan": [True]}, policy=versions, as_of=before).outcome("lead").tolist()
    )
    assert [("exempt",)] == (
        leads_columns({"opted_out": [True]}, policy=versions, as_of=AS_OF).outcome("lead").tolist()
    )


def test_the_months_since_the_last_settlement_may_be_brought_themselves():
    """What an answer asks for can be given to it."""
    lost = {
        "opted_out": False,
        "has_loan": False,
        "has_limit": False,
        "times_settled": 1,
        "average_balance_fen": 0,
    }
    asked = leads(lost, as_of=AS_OF).ask
    months = {**lost, "months_since_settled": 24}

    assert ("months_since_settled",) == asked
    assert ("lost",) == tuple(one["lead"] for one in leads(months, as_of=AS_OF).outcome)
    assert leads(months, as_of=AS_OF) == leads({**months, "last_settled_on": None}, as_of=AS_OF)
    assert [("lost",)] == (
        leads_columns(
            {**{name: [fact] for name, fact in months.items()}, "last_settled_on": None},
            as_of=AS_OF,
        )
        .outcome("lead")
        .tolist()
    )


def test_leads_refuse_a_day_beside_its_months():
    """The months come from the day, or from the caller."""
    both = {"months_since_settled": 3, "last_settled_on": AS_OF}

    with pytest.raises(InputError, match="and last_settled_on must not both be brought: the mon"):
        leads(both, as_of=AS_OF)
    with pytest.raises(InputError, match="and last_settled_on must not both be brought: the mon"):
        leads_columns({name: [fact] for name, fact in both.items()}, as_of=AS_OF)
    with pytest.raises(CreditError, match="policy must be a DecisionTable or a Policy, got 'x'"):
        leads({}, policy="x", as_of=AS_OF)


def test_leads_refuse_facts_after_the_day_asked():
    """A settlement after the day contradicts the other facts of the day."""
    later = datetime.date(2024, 6, 2)

    with pytest.raises(CreditError, match="last_settled_on must not lie after as_of 2024-06-01"):
        leads({"last_settled_on": later}, as_of=AS_OF)
    with pytest.raises(InputError, match="1 cells do, the first at row 1 "):
        leads_columns({"last_settled_on": [None, later]}, as_of=AS_OF)


@pytest.mark.parametrize("value", [*TABLES.values(), KEY_GROUPS, REPORTED])
def test_shipped_values_go_out_as_plain_data_and_come_back(value):
    """Exactly, so that a bank can keep and change them."""
    assert value == from_dict(type(value), to_dict(value))
