"""Admission: every rule that fails is told, the gravest decides, unknown facts are asked for."""

import datetime
import itertools

import attrs
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruralcredit.errors import CreditError, InputError, TableError
from ruralcredit.policy import DecisionTable, Field, Row
from ruralcredit.products import (
    ADMISSION,
    AdmissionPolicy,
    admit,
    admit_columns,
    check_referrer,
    check_referrer_columns,
)
from ruralcredit.values import Dated

DAY = datetime.date(2026, 1, 1)
CLEAN = {
    "stage": "risk_check",
    "customer_kind": "person",
    "age_years": 40,
    "is_judgment_debtor": False,
    "is_blacklisted": False,
    "overdue_days": 0,
    "is_in_service_area": True,
    "purpose": "consumption",
    "operating_months": 60,
    "annual_rate_bp": 600,
    "floor_bp": 400,
    "amount_fen": 100_000_00,
    "cap_fen": 300_000_00,
    "channel": "offline",
    "product": "white_collar_loan",
    "is_diligence_done": False,
}
GRAVITY = ("pass", "refer", "refuse")

# ---- small rules, tried by brute force -------------------------------------------------------

DOMAINS = {"a": (False, True), "b": (False, True), "c": ("x", "y", "z"), "d": (0, 1, 2)}
FIELDS = (
    Field("a", "bool"),
    Field("b", "bool"),
    Field("c", "enum", values=("x", "y", "z")),
    Field("d", "int", low=0, high=2),
)
CONDITIONS = {
    "a": st.sampled_from([False, True]),
    "b": st.sampled_from([False, True]),
    "c": st.sampled_from(["x", ("x", "y"), "z"]),
    "d": st.sampled_from([{"ge": 1}, {"le": 0}, 2, (0, 2)]),
}
WHENS = st.fixed_dictionaries({}, optional=CONDITIONS)
RULES = st.lists(st.tuples(WHENS, st.sampled_from(["refer", "refuse"])), min_size=1, max_size=4)
CASES = st.fixed_dictionaries(
    {name: st.none() | st.sampled_from(domain) for name, domain in DOMAINS.items()}
)


def policy_of(rules):
    """Return drawn rules as a policy."""
    rows = [
        Row(f"r{place}", when=when, then={"verdict": verdict})
        for place, (when, verdict) in enumerate(rules)
    ]
    table = DecisionTable("drawn", FIELDS, rows, hit="collect")
    return AdmissionPolicy(rules=table, products={})


def meets(value, test):
    """Say whether a known value meets a condition, as an officer reads it."""
    if isinstance(test, dict):
        return test.get("ge", value) <= value <= test.get("le", value)
    return value in test if isinstance(test, tuple) else value == test


def completions(case):
    """Run over every way to fill in what is unknown."""
    spans = [DOMAINS[name] if value is None else (value,) for name, value in case.items()]
    for values in itertools.product(*spans):
        yield dict(zip(case, values, strict=True))


def holding(rules, case):
    """Return which rules hold of a complete case."""
    return [all(meets(case[name], test) for name, test in when.items()) for when, _ in rules]


@given(rules=RULES, case=CASES)
def test_a_verdict_is_decided_where_every_completion_gives_it(rules, case):
    """The gravest verdict of the rules that hold, in every way to fill in the case."""
    verdicts = {
        max(
            ["pass", *(v for one, (_, v) in zip(holding(rules, full), rules, strict=True) if one)],
            key=GRAVITY.index,
        )
        for full in completions(case)
    }
    found = admit(case, policy=policy_of(rules), as_of=DAY)

    assert (len(verdicts) == 1) == (found.status == "decided")
    assert (verdicts.pop() if len(verdicts) == 1 else None) == found.outcome


@given(rules=RULES, case=CASES)
def test_all_rules_that_hold_are_told_and_those_that_may_are_marked(rules, case):
    """What fails for certain is never left out; what is marked holds of some completion."""
    truths = [holding(rules, full) for full in completions(case)]
    certain = [all(column) for column in zip(*truths, strict=True)]
    possible = [any(column) for column in zip(*truths, strict=True)]
    found = admit(case, policy=policy_of(rules), as_of=DAY)
    marked = {reason.code: reason.unknown for reason in found.reasons}

    for place, (is_certain, is_possible) in enumerate(zip(certain, possible, strict=True)):
        told = marked.get(f"drawn/r{place}")
        assert is_certain == (told is False)
        assert told is None or is_possible
        if found.status == "undetermined":
            assert is_possible == (told is not None)
    assert list(found.rows) == [code.removeprefix("drawn/") for code in marked]


@given(rules=RULES, cases=st.lists(CASES, min_size=1, max_size=6))
def test_a_verdict_is_the_same_alone_and_in_a_column(rules, cases):
    """One case asked alone and asked inside a column gives the same decision."""
    policy = policy_of(rules)
    columns = {name: [case[name] for case in cases] for name in DOMAINS}

    together = admit_columns(columns, policy=policy, as_of=DAY)

    alone = [admit(case, policy=policy, as_of=DAY) for case in cases]
    assert alone == [together.decision(place) for place in range(len(cases))]
    assert [one.outcome for one in alone] == together.verdicts()


def test_a_verdict_that_no_certain_rule_carries_names_the_rules_that_may():
    """Whatever the answer, it is refused: both rules are told, marked unknown."""
    policy = policy_of([({"a": True}, "refuse"), ({"a": False}, "refuse")])
    found = admit({}, policy=policy, as_of=DAY)

    assert ("refuse", ("r0", "r1")) == (found.outcome, found.rows)
    assert [True, True] == [reason.unknown for reason in found.reasons]


def test_a_rule_may_ask_for_a_fact_to_be_missing():
    """Missing is then what the case says, and no other rule about the fact is open."""
    rows = [
        Row("unknown", when={"d": None}, then={"verdict": "refer"}),
        Row("high", when={"d": {"ge": 1}}, then={"verdict": "refuse"}),
        Row("odd", when={"c": None, "a": True}, then={"verdict": "refer"}),
        Row("z", when={"c": "z"}, then={"verdict": "refuse"}),
    ]
    policy = AdmissionPolicy(rules=DecisionTable("asks", FIELDS, rows, hit="collect"), products={})

    assert ("refer", ("unknown",)) == _said(admit({"c": "x"}, policy=policy, as_of=DAY))
    assert ("refuse", ("high",)) == _said(admit({"d": 2, "c": "x"}, policy=policy, as_of=DAY))
    assert ("refer", ("unknown", "odd")) == _said(admit({"a": True}, policy=policy, as_of=DAY))
    assert (None, ("unknown", "z")) == _said(admit({"a": False}, policy=policy, as_of=DAY))
    assert (None, ("unknown", "odd", "z")) == _said(admit({}, policy=policy, as_of=DAY))

    together = admit_columns({"a": [True, None], "c": None}, policy=policy, as_of=DAY)
    assert ["refer", None] == together.verdicts()
    assert admit({}, policy=policy, as_of=DAY) == together.decision(1)


def _said(decision):
    return decision.outcome, decision.rows


def test_facts_that_cannot_occur_together_are_a_conflict():
    """An impossible box stays one."""
    table = attrs.evolve(
        policy_of([({"a": True}, "refuse")]).rules, impossible=[{"a": True, "b": True}]
    )
    policy = AdmissionPolicy(rules=table, products={})

    assert "conflict" == admit({"a": True, "b": True}, policy=policy, as_of=DAY).status
    assert [None] == admit_columns({"a": [True], "b": [True]}, policy=policy, as_of=DAY).verdicts()


def test_a_rule_without_conditions_always_holds():
    """A bank may send every application to a person."""
    policy = policy_of([({}, "refer")])
    found = admit_columns({"a": [None, True]}, policy=policy, as_of=DAY)

    assert ["refer", "refer"] == found.verdicts()
    assert "refer" == admit({}, policy=policy, as_of=DAY).outcome


def test_a_row_may_have_the_name_of_what_stands_for_none():
    """Names are the bank's own."""
    row = Row("none of these", when={"a": True}, then={"verdict": "refuse"})
    policy = AdmissionPolicy(rules=DecisionTable("odd", FIELDS, [row], hit="collect"), products={})

    assert "refuse" == admit({"a": True}, policy=policy, as_of=DAY).outcome
    assert "pass" == admit({"a": False}, policy=policy, as_of=DAY).outcome


# ---- the shipped standards -------------------------------------------------------------------


def test_the_answer_names_table_version_digest_and_day():
    """Who reads it can find what was asked."""
    basis = admit(CLEAN, as_of=DAY).basis

    assert ("products.admission", "1", ADMISSION.rules.digest, DAY) == (
        basis.id,
        basis.version,
        basis.digest,
        basis.as_of,
    )


def test_both_failed_rules_are_told_in_both_languages():
    """Two failed rules, both reasons, in table order."""
    found = admit({**CLEAN, "age_years": 17, "overdue_days": 5}, as_of=DAY)

    assert [
        "the applicant is not of age (library default, not a regulation)",
        "a debt of the applicant is overdue (library default, not a regulation)",
    ] == [reason.text("en") for reason in found.reasons]
    assert "申请人未满18周岁（本库建议值，非监管规定）" == found.reasons[0].text("zh")


def test_derived_facts_are_told_with_what_they_come_from():
    """What spans two fields is computed beforehand and shown."""
    found = admit({**CLEAN, "floor_bp": None}, as_of=DAY)

    assert (
        "over_cap_fen = -20000000, from amount_fen and cap_fen",
        "below_floor_bp = missing, from floor_bp and annual_rate_bp",
        "manual_diligence = False, from product",
    ) == found.trace


def test_an_unknown_product_may_need_manual_diligence():
    """Online, not done, and nobody knows the product: ask."""
    found = admit({**CLEAN, "channel": "online", "product": None}, as_of=DAY)

    assert ("undetermined", ("manual_diligence",)) == (found.status, found.ask)


def test_derived_facts_may_be_given_as_they_are():
    """A caller that knows them needs no product and no cap."""
    raw = ("amount_fen", "cap_fen", "floor_bp", "product")
    facts = {name: value for name, value in CLEAN.items() if name not in raw}
    told = {"over_cap_fen": 1, "below_floor_bp": 0, "manual_diligence": True}
    found = admit({**facts, **told}, as_of=DAY)

    assert (("over_cap",), ()) == (found.rows, found.trace)


APPLICATIONS = st.fixed_dictionaries(
    {
        "stage": st.sampled_from(["lead_screening", "risk_check", None]),
        "customer_kind": st.sampled_from(["person", "firm", None]),
        "age_years": st.sampled_from([17, 18, None]),
        "is_judgment_debtor": st.sampled_from([False]),
        "is_blacklisted": st.sampled_from([False, True]),
        "overdue_days": st.sampled_from([0, 1, 90, 91, None]),
        "is_in_service_area": st.sampled_from([True]),
        "purpose": st.sampled_from(["business", "land", "unclear"]),
        "operating_months": st.sampled_from([11, 12]),
        "annual_rate_bp": st.sampled_from([399, 400, 2_400, 2_401, None]),
        "floor_bp": st.sampled_from([400, None]),
        "amount_fen": st.sampled_from([100, 101, None]),
        "cap_fen": st.just(100),
        "channel": st.sampled_from(["online", "offline"]),
        "product": st.sampled_from(["tax_loan", "jiandan_e_loan", None]),
        "is_diligence_done": st.sampled_from([False, True]),
    }
)


@settings(max_examples=20)
@given(applications=st.lists(APPLICATIONS, min_size=1, max_size=5))
def test_applications_are_judged_the_same_alone_and_in_a_column(applications):
    """The shipped standards, with derived facts."""
    columns = {name: [one[name] for one in applications] for name in applications[0]}
    together = admit_columns(columns, as_of=DAY)

    for place, application in enumerate(applications):
        alone = admit(application, as_of=DAY)

        assert attrs.evolve(alone, trace=()) == together.decision(place)


@given(application=APPLICATIONS, fact=st.sampled_from(["overdue_days", "age_years", "floor_bp"]))
def test_learning_a_fact_never_turns_a_verdict(application, fact):
    """Decided means: every completion gives the same outcome."""
    before = admit({**application, fact: None}, as_of=DAY)
    after = admit(application, as_of=DAY)

    assert before.outcome in {None, after.outcome}


def test_columns_count_what_fails():
    """Each rule with its number of cases, and how many are open."""
    found = admit_columns(
        {**{name: [value] * 3 for name, value in CLEAN.items()}, "overdue_days": [91, None, 0]},
        as_of=DAY,
    )
    counts = found.counts()

    assert ["refuse", None, "pass"] == found.verdicts()
    assert (1, 0, 1) == (counts["long_overdue"], counts["overdue"], counts["undetermined"])
    assert (3, "VerdictColumns(3 cases of products.admission)") == (len(found), repr(found))
    assert not found.holds.flags.writeable
    assert [3, 4] == np.flatnonzero(found.is_open[1]).tolist()
    assert ("overdue_days",) == found.decision(-2).ask
    with pytest.raises(CreditError, match="row must be within 0 to 2, got 3"):
        found.decision(3)


@pytest.mark.parametrize("bring", [list, tuple, np.array, pd.Series, pl.Series, pa.array])
def test_columns_may_come_from_anywhere_and_change_later(bring):
    """A caller's later write changes no answer."""
    brought = bring([True, False, None]) if bring is not np.array else np.array([True, False])
    rows = len(brought)
    found = admit_columns({"is_staff": brought}, policy=_staff_policy(), as_of=DAY)
    before = [found.decision(row) for row in range(rows)]
    if bring in (list, np.array, pd.Series):
        brought[0] = False

    assert before == [found.decision(row) for row in range(rows)]
    assert ["refuse", None, None][:rows] == found.verdicts()


def _staff_policy():
    """Refuse staff, and leave one rule open in every row."""
    table = DecisionTable(
        "staff",
        [Field("is_staff", "bool"), Field("is_kin", "bool"), Field("note", "enum", values=("x",))],
        [
            Row("staff", when={"is_staff": True}, then={"verdict": "refuse"}),
            Row("kin", when={"is_kin": True}, then={"verdict": "refer"}),
        ],
        hit="collect",
    )
    return AdmissionPolicy(rules=table, products={})


def test_facts_that_no_rule_tests_are_checked_all_the_same():
    """A wrong word is never passed over, alone or in a column."""
    policy = _staff_policy()

    assert (
        "pass"
        == admit(
            {"is_staff": False, "is_kin": False, "note": "x"}, policy=policy, as_of=DAY
        ).outcome
    )
    with pytest.raises(CreditError, match="note must be one of x, got 'y'"):
        admit({"note": "y"}, policy=policy, as_of=DAY)
    with pytest.raises(CreditError, match="note must be one of x"):
        admit_columns({"note": ["x", "y"]}, policy=policy, as_of=DAY)


def test_standards_have_versions_by_day():
    """A stricter version counts from its day on, alone and in a column."""
    strict = AdmissionPolicy(
        rules=DecisionTable(
            "strict",
            [Field("overdue_days", "int")],
            [Row("any", when={"overdue_days": {"gt": 0}}, then={"verdict": "refuse"})],
            hit="collect",
        ),
        products={},
    )
    versions = Dated.from_items([(datetime.date(2020, 1, 1), ADMISSION), (DAY, strict)])
    case = {"overdue_days": 1}
    eve = DAY - datetime.timedelta(days=1)

    assert "refuse" == admit(case, policy=versions, as_of=DAY).outcome
    assert "undetermined" == admit(case, policy=versions, as_of=eve).status
    assert ["refuse"] == admit_columns(
        {"overdue_days": [1]}, policy=versions, as_of=DAY
    ).verdicts()


# ---- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"age": 3}, "facts of products.admission must be of stage, .*, got age$"),
        ({"age_years": "x"}, "age_years must be a whole number, got 'x'"),
        ({"purpose": "fun"}, "purpose must be one of consumption, business"),
        ({"product": "x"}, "product 'x' must be one of tax_loan, .*: add it to Admission"),
        ({"amount_fen": -1, "cap_fen": 0}, "amount_fen must be 0 or more .*, got -1"),
        ({"amount_fen": 1.5}, r"amount_fen must be a whole number, got float 1.5: money is whole"),
        (
            {"over_cap_fen": 1, "cap_fen": 0},
            "over_cap_fen is derived from amount_fen and cap_fen: give it or cap_fen, not both",
        ),
        ({"manual_diligence": True, "product": "tax_loan"}, "give it or product, not both"),
    ],
)
def test_wrong_facts_are_refused(facts, message):
    """What must hold, what came, and how to mend it."""
    with pytest.raises(CreditError, match=message):
        admit(facts, as_of=DAY)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"age": [3]}, "facts of products.admission must be of stage, .*, got age$"),
        ({"amount_fen": [0, -1], "cap_fen": [0, 0]}, r"amount_fen .* 1 row is not, .* row 1 \(-1"),
        ({"cap_fen": [-2, -1]}, r"cap_fen must be 0 or more, 2 rows are not, the first at row 0"),
        ({"product": ["tax_loan", "x"]}, "product must be one of tax_loan, .*row 1"),
        ({"overdue_days": [1], "purpose": [None] * 2}, "columns must have one length"),
    ],
)
def test_wrong_columns_are_refused(columns, message):
    """The column, the count and the first row are named."""
    with pytest.raises(CreditError, match=message):
        admit_columns(columns, as_of=DAY)


def test_the_parts_of_a_column_error_can_be_read():
    """A program need not parse prose."""
    with pytest.raises(InputError) as caught:
        admit_columns({"cap_fen": [0, -2, -1]}, as_of=DAY)

    assert ("cap_fen", 2, 1) == (
        caught.value.column,
        caught.value.count,
        caught.value.first_row,
    )


def test_a_day_is_a_day():
    """A moment is not."""
    with pytest.raises(CreditError, match=r"as_of must be a date, got datetime .* pass its .date"):
        admit({}, as_of=datetime.datetime(2026, 1, 1))  # noqa: DTZ001  # what is refused
    with pytest.raises(CreditError, match="as_of must be a date, got str '2026-01-01'"):
        admit({}, as_of="2026-01-01")


def test_standards_that_cannot_be_asked_do_not_build():
    """Rules collect and give a verdict; products say True or False."""
    first = attrs.evolve(ADMISSION.rules, hit="first")
    odd = DecisionTable("odd", FIELDS, [Row("r", then={"verdict": "pass"})], hit="collect")

    with pytest.raises(TableError, match=r"products.admission must have hit policy collect, got"):
        AdmissionPolicy(rules=first, products={})
    with pytest.raises(
        TableError, match="row r of odd must give verdict refuse or refer, got 'pa"
    ):
        AdmissionPolicy(rules=odd, products={})
    with pytest.raises(CreditError, match="must say True or False of e_loan, got 'yes'"):
        AdmissionPolicy(rules=ADMISSION.rules, products={"e_loan": "yes"})
    with pytest.raises(CreditError, match="must map products to True or False, got"):
        AdmissionPolicy(rules=ADMISSION.rules, products=["e_loan"])


# ---- referrers -------------------------------------------------------------------------------

YES_NO = st.sampled_from([False, True, None])


@given(
    rows=st.lists(st.tuples(YES_NO, YES_NO, YES_NO), min_size=1, max_size=4),
)
def test_referrers_are_checked_the_same_alone_and_in_a_column(rows):
    """Never staff, never who assesses the same household, never the borrower."""
    names = ("is_staff", "is_reviewer_of_household", "is_borrower")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    together = check_referrer_columns(columns, as_of=DAY)

    for place, row in enumerate(rows):
        alone = check_referrer(dict(zip(names, row, strict=True)), as_of=DAY)
        expected = "refuse" if True in row else None if None in row else "pass"

        assert expected == alone.outcome
        assert alone == together.decision(place)
