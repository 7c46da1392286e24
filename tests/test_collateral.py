"""Lendable values: boundaries, laws, and that one item and a column never differ."""

import datetime
import pickle
from collections import Counter

import attrs
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ruralcredit.collateral import (
    DEFAULT_POLICY,
    FIGURES,
    REASONS,
    CollateralItem,
    check_loan_to_value,
    lendable_value,
    lendable_value_columns,
    revaluation_due,
    revaluation_due_columns,
)
from ruralcredit.collateral._column_said import _distinct
from ruralcredit.collateral._facts import age_of
from ruralcredit.errors import CreditError, InputError
from ruralcredit.policy import DecisionTable, Row
from ruralcredit.reasons import Figure
from ruralcredit.values import add_months, from_dict, to_dict

AREA = ("321181", "Danyang")
POLICY = attrs.evolve(DEFAULT_POLICY, service_area=AREA)
LAPSING = attrs.evolve(POLICY, when_stale="lapsed", when_missing="lapsed")
AS_OF = datetime.date(2026, 6, 30)
SOUND = {
    "kind": "housing",
    "owner": "borrower",
    "place": "321181105",
    "built_on": datetime.date(2016, 5, 1),
    "area_m2": 98,
    "is_run_down": False,
    "is_in_pilot_area": False,
    "is_sealed": False,
    "is_disputed": False,
    "consent": "none_needed",
    "share_bp": 10_000,
    "is_insured": True,
    "insured_until": datetime.date(2027, 1, 1),
    "valuation_fen": 1_000_000_00,
    "valued_on": datetime.date(2026, 1, 5),
    "valued_by": "external",
    "senior_fen": 0,
    "form": "specific",
    "registered_fen": None,
}
OUTCOMES = ("lendable_fen", "class", "verdict", "cap_bp", "conditions")


def odd_policy():
    """Return a bank's own policy: every form of condition, words of its own, an impossible box."""
    fields = {one.name: one for table in POLICY.tables.values() for one in table.fields}
    classes = DecisionTable(
        "odd.classes",
        [fields[name] for name in ("kind", "is_local", "age_years", "area_m2", "owner")],
        [
            Row("fits", when={"age_years": {"gt": 3, "le": 9}}, then={"effect": "prefer"}),
            Row(
                "tiny",
                when={"area_m2": {"lt": 10}},
                then={"effect": "caution", "caution": "size"},
                reason={"en": "too small", "zh": "面积过小"},
            ),
            Row(
                "forty",
                when={"area_m2": (40, 50), "is_local": (False, None)},
                then={"effect": "caution", "caution": "size"},
                reason="an odd size",
            ),
            Row(
                "one",
                when={"age_years": 1},
                then={"effect": "caution", "caution": "age"},
            ),
        ],
        hit="collect",
        impossible=[{"kind": "land", "area_m2": {"ge": 1_000}}],
    )
    caps = DecisionTable(
        "odd.caps",
        [fields["kind"], fields["is_local"]],
        [
            Row(
                "near",
                when={"is_local": True},
                then={"group": "near", "cap_bp": 8_000, "revalue": "half_yearly"},
            ),
            Row(
                "far",
                when={"is_local": False},
                then={"group": "far", "cap_bp": 500, "revalue": "daily"},
                cite="resolution 9",
            ),
        ],
    )
    conditions = DecisionTable(
        "odd.conditions",
        [fields["insurance"], fields["valued_by"]],
        [
            Row("cover", when={"insurance": "lapsed"}, then={"effect": "condition"}),
            Row("word", when={"valued_by": "owner"}, then={"effect": "no_value"}),
        ],
        hit="collect",
    )
    mine = Figure(
        id="odd.deduction", value=750, unit="bp", basis="bank policy", source="resolution 9"
    )
    return attrs.evolve(
        POLICY, id="odd", classes=classes, caps=caps, conditions=conditions, deduction=mine
    )


ODD = odd_policy()


def ask(policy=POLICY, as_of=AS_OF, **changes):
    """Ask about a sound item with other facts."""
    item = CollateralItem(**{"id": "C1", **SOUND, **changes})
    return lendable_value(item, policy=policy, as_of=as_of)


# --- strategies -------------------------------------------------------------------------


DAYS = st.dates(datetime.date(2003, 12, 30), datetime.date(2026, 12, 31))
EDGES = st.sampled_from(
    [
        datetime.date(2004, 2, 29),
        datetime.date(2006, 6, 30),
        datetime.date(2006, 7, 1),
        datetime.date(2025, 6, 29),
        datetime.date(2025, 6, 30),
        datetime.date(2025, 12, 30),
        datetime.date(2026, 6, 29),
        AS_OF,
    ]
)
FEN = st.one_of(st.sampled_from([0, 1, 99, 10**14]), st.integers(0, 10**10))
RARELY = st.sampled_from([False] * 9 + [True])
KNOWN = {
    "kind": st.sampled_from(POLICY.words["kind"]),
    "owner": st.sampled_from(POLICY.words["owner"]),
    "place": st.sampled_from(["321181105", "320000", "Danyang", "elsewhere", "3211"]),
    "built_on": DAYS | EDGES,
    "area_m2": st.sampled_from([0, 9, 10, 40, 50, 98, 143, 144, 145, 999, 1_000]),
    "is_run_down": RARELY,
    "is_in_pilot_area": st.booleans(),
    "is_sealed": RARELY,
    "is_disputed": RARELY,
    "consent": st.sampled_from(["none_needed", "none_needed", "given", "refused"]),
    "share_bp": st.sampled_from([10_000, 10_000, 9_999, 5_000, 1]),
    "is_insured": st.booleans(),
    "insured_until": DAYS | EDGES,
    "valuation_fen": FEN,
    "valued_on": DAYS | EDGES,
    "valued_by": st.sampled_from(["external", "external", "internal", "owner"]),
    "senior_fen": st.just(0) | FEN,
    "form": st.sampled_from(["specific", "maximum"]),
    "registered_fen": FEN,
}


def facts(unknown=0.0):
    """Draw the facts of an item; each is unknown in some share of the draws."""

    def maybe(one):
        several = max(round(1 / unknown) - 1, 1) if unknown else 0
        return st.one_of(st.none(), *[one] * several) if unknown else one

    return st.fixed_dictionaries({name: maybe(one) for name, one in KNOWN.items()})


def nearly_sound():
    """Draw a sound item in which a few facts differ or are unknown."""
    changed = st.sampled_from(sorted(KNOWN)).flatmap(
        lambda name: st.tuples(st.just(name), st.none() | KNOWN[name])
    )
    return st.lists(changed, max_size=3).map(lambda changes: {**SOUND, **dict(changes)})


MOSTLY_KNOWN = st.one_of(nearly_sound(), nearly_sound(), facts(), facts(0.05), facts(0.3))
POLICIES = st.sampled_from([POLICY, LAPSING, ODD, DEFAULT_POLICY])


# --- one item and columns ---------------------------------------------------------------


@given(
    rows=st.lists(st.tuples(MOSTLY_KNOWN, DAYS | EDGES), min_size=1, max_size=8),
    policy=POLICIES,
    per_row=st.booleans(),
)
def test_one_item_and_a_column_give_the_same(rows, policy, per_row):
    """Status, every outcome, single rows and counts by reason are the same either way."""
    days = [day if per_row else rows[0][1] for _, day in rows]
    alone = [
        lendable_value(CollateralItem(id=n, **row), policy=policy, as_of=day)
        for n, ((row, _), day) in enumerate(zip(rows, days, strict=True))
    ]
    columns = {name: [row[name] for row, _ in rows] for name in KNOWN}

    together = lendable_value_columns(columns, policy=policy, as_of=days if per_row else days[0])

    assert [one.status for one in alone] == together.status.tolist()
    for name in OUTCOMES:
        told = [one.outcome[name] if one.outcome else None for one in alone]
        assert told == together.outcome(name).tolist()
    assert alone == [together.decision(n) for n in range(len(rows))]
    counts = Counter(
        code
        for one in alone
        for code in (
            [reason.code for reason in one.reasons] if one.status == "decided" else [one.status]
        )
    )
    assert counts == dict(together.counts())


@given(rows=st.lists(MOSTLY_KNOWN, min_size=1, max_size=8), policy=POLICIES)
def test_due_days_are_the_same_alone_and_in_a_column(rows, policy):
    """One definition of when to value again."""
    alone = [
        revaluation_due(CollateralItem(id=n, **row), policy=policy) for n, row in enumerate(rows)
    ]
    columns = {name: [row[name] for row in rows] for name in KNOWN}

    assert alone == revaluation_due_columns(columns, policy=policy).tolist()


def test_a_long_column_is_worked_on_in_blocks():
    """Rows of every block, and as-of days per row, answer as they do alone."""
    count = 70_000
    days = np.datetime64("2024-01-01") + np.arange(count) % 1_000
    columns = {
        **{name: np.full(count, value) for name, value in SOUND.items() if value is not None},
        "valued_on": days,
        "built_on": np.datetime64("1900-01-01") + np.arange(count),
    }

    one_day = lendable_value_columns(columns, policy=POLICY, as_of=AS_OF)
    per_row = lendable_value_columns(columns, policy=POLICY, as_of=np.full(count, AS_OF))

    assert one_day.lendable_fen.tolist() == per_row.lendable_fen.tolist()
    assert dict(one_day.counts()) == dict(per_row.counts())
    for row in (0, 32_767, 32_768, 69_999):
        assert one_day.decision(row).outcome == per_row.decision(row).outcome
        told = one_day.decision(row).outcome
        assert (told and told["lendable_fen"]) == one_day.lendable_fen.tolist()[row]


def test_counts_tell_how_many_rows_have_each_reason():
    """A sound house, one of a third party, one sealed, one of which nobody knows the owner."""
    columns = {name: [value] * 4 for name, value in SOUND.items() if value is not None}
    changes = {
        "owner": ["borrower", "other", "spouse", None],
        "is_sealed": [False, False, True, False],
        "senior_fen": [1, 0, 1, 1],
    }
    answer = lendable_value_columns(columns | changes, policy=POLICY, as_of=AS_OF)

    assert [
        ("COL-001", 2),
        ("COL-002", 1),
        ("COL-010", 1),
        ("COL-012", 1),
        ("COL-023", 1),
        ("COL-051", 1),
        ("undetermined", 1),
    ] == list(answer.counts().items())
    assert {answer} == {answer}


def test_unknown_amounts_in_a_column_stay_unknown():
    """A column that is absent, or unknown in one row, leaves that row undetermined."""
    columns = {name: [value] * 2 for name, value in SOUND.items() if value is not None}
    absent = {name: column for name, column in columns.items() if name != "senior_fen"}

    def statuses(changes, among=columns):
        return lendable_value_columns(among | changes, policy=POLICY, as_of=AS_OF).status.tolist()

    assert ["decided", "undetermined"] == statuses({"share_bp": [10_000, None]})
    assert ["decided", "undetermined"] == statuses({"form": ["specific", None]})
    assert ["undetermined"] * 2 == statuses({}, absent)
    assert ["decided"] * 2 == statuses({}, {**columns, "insured_until": None})


def test_distinct_cases_are_found_by_table_and_by_sorting():
    """Few possible cases are marked in a table, many are sorted; both say the same."""
    keys = np.array([7, 3, 7, 900_000, 3])
    for size in (1_000_000, 1 << 40):
        found, places = _distinct(keys, size)
        assert [3, 7, 900_000] == found.tolist()
        assert keys.tolist() == found[places].tolist()
    many = np.arange(300_000) % 1_000_000
    assert many.tolist() == _distinct(many, 1_000_000)[1].tolist()


def test_a_policy_forgets_cases_before_they_fill_the_memory():
    """Answers kept ready are bounded, and no part of the policy's value."""
    policy = attrs.evolve(POLICY)
    policy._kept.update(dict.fromkeys(range(1 << 16)))
    answer = ask(policy=policy)

    assert ask() == answer
    assert len(policy._kept) == 4
    assert policy == pickle.loads(pickle.dumps(policy))  # noqa: S301 - our own


def test_columns_come_as_frames_and_arrays():
    """NumPy, Arrow, pandas and Polars give what lists give."""
    lists = {name: [value, value] for name, value in SOUND.items() if value is not None}
    expected = lendable_value_columns(lists, policy=POLICY, as_of=AS_OF).lendable_fen.tolist()

    for frame in (
        {name: np.array(column) for name, column in lists.items()},
        {name: pa.array(column) for name, column in lists.items()},
        {name: pd.Series(column) for name, column in lists.items()},
        {name: pl.Series(column) for name, column in lists.items()},
        {**lists, "kind": pd.Categorical(lists["kind"]), "registered_fen": None, "id": ["a", "b"]},
    ):
        answer = lendable_value_columns(frame, policy=POLICY, as_of=AS_OF)
        assert expected == answer.lendable_fen.tolist()
    assert "lendable_fen = 70000000" in answer.decision(-1).explain()


def test_an_empty_column_is_answered():
    """No row, no answer, no error."""
    answer = lendable_value_columns({"kind": [], "valued_on": []}, as_of=AS_OF)

    assert (0, [], {}) == (len(answer), answer.lendable_fen.tolist(), dict(answer.counts()))
    assert [] == revaluation_due_columns({"kind": [], "valued_on": []}).tolist()
    assert [None] == revaluation_due_columns({"kind": ["land"]}).tolist()


# --- laws -------------------------------------------------------------------------------


@given(
    row=nearly_sound() | facts(), more=st.integers(0, 10**9), policy=st.sampled_from([POLICY, ODD])
)
def test_lendable_value_rises_with_the_value_and_stays_within_its_cap(row, more, policy):
    """More value never lends less; never more than cap x value, never below zero."""
    less = CollateralItem(id=1, **row)
    value = min((row["valuation_fen"] or 0) + more, 10**14)
    greater = attrs.evolve(less, valuation_fen=value)
    one, other = (lendable_value(x, policy=policy, as_of=AS_OF) for x in (less, greater))

    if one.status == other.status == "decided":
        low, high = one.outcome["lendable_fen"], other.outcome["lendable_fen"]
        assert 0 <= low <= high
        assert high * 10_000 <= other.outcome["cap_bp"] * value


@given(row=facts(), fen=st.integers(0, 10**10))
def test_claims_of_others_never_help(row, fen):
    """More senior claims, a lower registered maximum, a smaller share: never more."""
    item = CollateralItem(id=1, **row)
    worse = [
        attrs.evolve(item, senior_fen=min(item.senior_fen + fen, 10**14)),
        attrs.evolve(item, registered_fen=max(item.registered_fen - fen, 0)),
        attrs.evolve(item, share_bp=max(item.share_bp - fen, 1)),
        attrs.evolve(item, form="maximum"),
    ]
    answer = lendable_value(item, policy=LAPSING, as_of=AS_OF)

    for other in worse:
        found = lendable_value(other, policy=LAPSING, as_of=AS_OF)
        assert answer.status == found.status
        if answer.outcome:
            assert answer.outcome["lendable_fen"] >= found.outcome["lendable_fen"]


# Facts that no row of the shipped tables asks to be missing.
ASKED_FOR = (
    *("kind", "owner", "place", "is_in_pilot_area", "is_sealed", "is_disputed", "consent"),
    *("share_bp", "senior_fen", "form", "registered_fen", "valuation_fen"),
)


@given(row=facts(), hidden=st.sets(st.sampled_from(ASKED_FOR)))
def test_a_decided_answer_does_not_change_when_a_fact_is_learnt(row, hidden):
    """Decided means: every completion of the missing facts gives the same outcome."""
    whole = CollateralItem(id=1, **row)
    open_item = attrs.evolve(whole, **dict.fromkeys(hidden))
    answer = lendable_value(open_item, policy=LAPSING, as_of=AS_OF)
    if open_item.valuation_fen is None:  # that lapses; here it shall be unknown
        answer = lendable_value(open_item, policy=POLICY, as_of=AS_OF)
    full = lendable_value(whole, policy=LAPSING, as_of=AS_OF)

    if answer.status == "decided":
        assert full.outcome == answer.outcome
    else:
        assert answer.ask != ()
        assert set(answer.ask) <= hidden | {"valuation_fen", "valued_by"}


@given(row=facts(), hidden=st.sets(st.sampled_from(ASKED_FOR)))
def test_asking_leads_to_an_answer(row, hidden):
    """Whoever learns what is asked for, again if need be, ends with a decision."""
    sound = {**row, "valued_on": AS_OF, "valued_by": "external"}
    known = {**sound, **dict.fromkeys(hidden)}
    for _ in hidden:
        answer = lendable_value(CollateralItem(id=1, **known), policy=POLICY, as_of=AS_OF)
        if answer.status == "decided":
            break
        assert set(answer.ask) <= hidden
        known |= {name: sound[name] for name in answer.ask}

    assert (
        "decided"
        == lendable_value(CollateralItem(id=1, **known), policy=POLICY, as_of=AS_OF).status
    )


@given(row=MOSTLY_KNOWN, policy=POLICIES)
def test_the_trace_ends_with_the_answer(row, policy):
    """The last line of a decided answer is the lendable value, or that it is refused."""
    answer = lendable_value(CollateralItem(id=1, **row), policy=policy, as_of=AS_OF)

    if answer.status == "decided" and answer.outcome["class"] == "refused":
        assert "refused: nothing counts" == answer.trace[-1]
    elif answer.status == "decided" and "lendable value" in answer.trace[-1]:
        fen = answer.outcome["lendable_fen"]
        assert f"lendable value: {fen // 100:,}.{fen % 100:02d} yuan" == answer.trace[-1]


@given(built=DAYS | EDGES, asked=DAYS | EDGES)
@example(built=datetime.date(2004, 2, 29), asked=datetime.date(2025, 2, 28))
@example(built=datetime.date(2004, 2, 29), asked=datetime.date(2024, 2, 28))
def test_age_counts_completed_years(built, asked):
    """Age is the number of anniversaries reached, clamped to the month's end."""
    years = sum(add_months(built, 12 * n) <= asked for n in range(1, 30))

    assert (years if built <= asked else None) == age_of(built, asked)


@given(row=MOSTLY_KNOWN, policy=POLICIES)
def test_values_cross_processes_and_files(row, policy):
    """Item, policy and answer come back equal from a pickle and from plain data."""
    item = CollateralItem(id="C1", **row)
    answer = lendable_value(item, policy=policy, as_of=AS_OF)

    assert item == pickle.loads(pickle.dumps(item))  # noqa: S301 - our own
    assert item == from_dict(CollateralItem, to_dict(item))
    assert answer == pickle.loads(pickle.dumps(answer))  # noqa: S301 - our own
    assert policy == from_dict(type(policy), to_dict(policy))


# --- boundaries -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "is_inside"),
    [
        ("321181", True),
        ("321181105001", True),
        ("32118", False),
        ("Danyang", True),
        ("Danyang East", False),
        ("321182", False),
    ],
)
def test_a_place_is_local_inside_the_service_area(place, is_inside):
    """A name is local as it stands, a code also where it begins with a code of the area."""
    assert is_inside is POLICY.is_local(place)
    assert ("preferred" if is_inside else "cautious") == ask(place=place).outcome["class"]


def test_without_a_service_area_nothing_is_known_to_be_local():
    """The shipped policy has no area, so it asks for one; paper has no place to ask for."""
    assert ("service_area",) == ask(policy=DEFAULT_POLICY).ask
    assert ("place",) == ask(policy=DEFAULT_POLICY, place=None).ask
    assert "decided" == ask(policy=DEFAULT_POLICY, kind="receivables").status


@pytest.mark.parametrize(
    ("kind", "valued_on", "is_current"),
    [
        ("housing", datetime.date(2025, 6, 30), True),
        ("housing", datetime.date(2025, 6, 29), False),
        ("live_animals", datetime.date(2025, 12, 30), True),
        ("live_animals", datetime.date(2025, 12, 29), False),
        ("listed_shares", datetime.date(2026, 6, 29), True),
        ("listed_shares", datetime.date(2026, 6, 28), False),
        ("housing", AS_OF, True),
        ("housing", datetime.date(2026, 7, 1), False),
    ],
)
def test_a_valuation_counts_up_to_its_due_day(kind, valued_on, is_current):
    """On the due day it counts, a day later it does not; a later one is not known yet."""
    assert is_current == (ask(kind=kind, valued_on=valued_on).status == "decided")
    lapsed = ask(policy=LAPSING, kind=kind, valued_on=valued_on)
    assert is_current == (lapsed.outcome["lendable_fen"] > 0)


def test_days_at_the_end_of_the_calendar_hold():
    """A due day beyond the year 9999 is the calendar's last day, alone and in columns."""
    last, late = datetime.date.max, datetime.date(9999, 3, 1)
    for kind in ("housing", "live_animals", "listed_shares"):
        columns = {"kind": [kind, kind], "valued_on": [last, late]}
        alone = [
            revaluation_due(CollateralItem(id=1, kind=kind, valued_on=day)) for day in (last, late)
        ]
        assert alone == revaluation_due_columns(columns).tolist()
        assert last == alone[0]
    far = {"kind": ["land"] * 2, "valued_on": [datetime.date(1, 1, 1), late]}
    assert [datetime.date(2, 1, 1), last] == revaluation_due_columns(far).tolist()


def test_the_largest_amounts_are_exact():
    """10**14 fen at the finest share and cap stays within 64 bits."""
    columns = {name: [value] for name, value in SOUND.items()} | {
        "valuation_fen": [10**14],
        "share_bp": [9_999],
    }

    answer = lendable_value_columns(columns, policy=POLICY, as_of=AS_OF)

    assert [10**14 * 9_999 // 10_000 * 7_000 // 10_000] == answer.lendable_fen.tolist()
    assert answer.decision(0).outcome["lendable_fen"] == answer.lendable_fen[0]


# --- what an answer says ----------------------------------------------------------------


def test_an_answer_names_its_policy_and_what_it_rests_on():
    """Basis: the policy, its version, its content and the day; every figure with its own."""
    answer = ask(owner="other", place="320000")

    assert ("collateral", "1", POLICY.digest, AS_OF) == attrs.astuple(answer.basis)
    assert [
        "collateral.caps.housing",
        "collateral.cautious_deduction",
        "collateral.refer_from",
    ] == [one.id for one in answer.bases()]
    assert {"project proposal"} == {one.basis for one in answer.bases()}
    assert "本库建议值，非监管规定" in answer.explain("zh")


def test_cautions_are_counted_as_those_that_are_sure():
    """With two sure and one possible, two are told, and the verdict stands."""
    answer = ask(kind="shop", owner="other", place=None)

    assert "refer" == answer.outcome["verdict"]
    told = {one.code: one for one in answer.reasons}
    assert "2 cautions: refer upward" in told["COL-003"].text()
    assert told["COL-011"].unknown
    assert "class: cautious, cautions 2" in answer.trace


def test_a_banks_own_figure_and_row_look_like_its_own():
    """A replaced figure carries the bank's basis, a row without a sentence its own id."""
    answer = ask(policy=ODD, area_m2=9, built_on=datetime.date(2025, 1, 1))

    by_code = {one.code: one for one in answer.reasons}
    assert ["COL-001", "odd.classes/tiny", "odd.classes/one", "COL-002", "COL-003"] == list(
        by_code
    )
    assert "bank policy" == by_code["COL-002"].basis
    assert not by_code["COL-002"].is_default
    assert "7.50% off the cap" in by_code["COL-002"].text()
    assert "规则 one" == by_code["odd.classes/one"].text("zh")
    assert "面积过小" == by_code["odd.classes/tiny"].text("zh")
    assert 7_250 == answer.outcome["cap_bp"]
    assert "resolution 9" == ask(policy=ODD, place="320000").reasons[0].source


def test_facts_that_a_table_rules_out_are_a_conflict():
    """An impossible box makes a conflict, unless a refusal settles the matter."""
    assert "conflict" == ask(policy=ODD, kind="land", area_m2=1_000).status
    assert "decided" == ask(policy=ODD, kind="land", area_m2=1_000, is_sealed=True).status


def test_every_table_that_is_open_is_asked_about():
    """Refusals, caps, classes and conditions each ask for their own missing fact."""
    assert ("is_sealed",) == ask(is_sealed=None).ask
    assert ("place",) == ask(policy=ODD, place=None).ask
    assert ("owner",) == ask(owner=None).ask
    assert ("is_insured",) == ask(policy=ODD, is_insured=None, insured_until=None).ask
    assert ("valued_by",) == ask(policy=ODD, valued_by=None).ask
    assert ("kind",) == ask(kind=None).ask[:1]


def test_values_show_little():
    """Item, policy and column answer are short in a listing."""
    assert "CollateralItem(id='C1', kind='housing')" == repr(CollateralItem(id="C1", **SOUND))
    assert "CollateralPolicy(id='collateral', version='1')" == repr(POLICY)
    answer = lendable_value_columns({"kind": ["land"] * 3}, policy=POLICY, as_of=AS_OF)
    assert "LendableColumns(3 items)" == repr(answer)


def test_a_deduction_larger_than_the_cap_leaves_nothing():
    """The cap never falls below zero."""
    answer = ask(policy=ODD, place="320000", area_m2=9, valued_on=AS_OF)

    assert (0, 0) == (answer.outcome["cap_bp"], answer.outcome["lendable_fen"])


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "lendable value: 700,000.00 yuan"),
        ({"senior_fen": 800_000_00}, "lendable value: 0.00 yuan"),
        ({"valuation_fen": None}, "valuation: unknown"),
        (
            {"valued_on": None, "valued_by": None},
            "valuation: 1,000,000.00 yuan of an unknown day by nobody known, no evidence",
        ),
        ({"place": None}, "pledged share: 1,000,000.00 yuan x 10000 / 10000 = 1,000,000.00 yuan"),
        ({"senior_fen": None}, "cap: 1,000,000.00 yuan x 7000 / 10000 = 700,000.00 yuan"),
        ({"form": None}, "senior claims: 700,000.00 yuan - 0.00 yuan = 700,000.00 yuan"),
        ({"form": "maximum", "registered_fen": 5}, "lendable value: 0.05 yuan"),
    ],
)
def test_the_trace_goes_as_far_as_facts_are_known(changes, line):
    """Every fen from appraisal to lendable value; it stops where a fact is missing."""
    assert line == ask(**changes).trace[-1]


def test_the_trace_says_where_zero_stopped_a_claim():
    """Claims larger than what is left are told, and so is a value that lapsed."""
    assert "senior claims: 700,000.00 yuan - 800,000.00 yuan = 0.00 yuan, not below zero" in (
        ask(senior_fen=800_000_00).trace
    )
    stale = ask(policy=LAPSING, valued_on=datetime.date(2020, 1, 1)).trace
    assert "the valuation counts as nothing: 0.00 yuan" in stale
    shown = "is_local = True (place 321181105, service area 321181, Danyang)"
    assert shown in ask().trace
    assert "age_years = 10 (built on 2016-05-01)" in ask().trace
    assert "insurance = in_force (until 2027-01-01)" in ask().trace


def test_reasons_about_amounts_follow_the_facts():
    """Share, senior claims, form and maximum are told where they bear on the answer."""
    told = {
        "share_bp": (5_000, "COL-050", "only 50% of it is pledged"),
        "senior_fen": (100, "COL-051", "senior claims of 1.00 yuan come first"),
    }
    for name, (value, code, sentence) in told.items():
        known = {one.code: one.text() for one in ask(**{name: value}).reasons}
        assert sentence in known[code]
        unknown = {one.code: one.unknown for one in ask(**{name: None}).reasons}
        assert unknown[code] is True
    binding = ask(form="maximum", registered_fen=100)
    assert "COL-052" in [one.code for one in binding.reasons]
    assert "COL-052" not in [
        one.code for one in ask(form="maximum", registered_fen=10**12).reasons
    ]
    both = ask(form=None)
    assert ("form", "registered_fen") == both.ask
    assert {"COL-052", "COL-053"} <= {one.code for one in both.reasons if one.unknown}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"valuation_fen": None}, "COL-040"),
        ({"valued_on": None}, "COL-041"),
        ({"valued_on": datetime.date(2026, 7, 1)}, "COL-042"),
        ({"valued_on": datetime.date(2020, 1, 1)}, "COL-043"),
        ({"valued_by": "owner"}, "COL-031"),
    ],
)
def test_what_is_wrong_with_a_valuation_is_one_reason(changes, code):
    """Each state of a valuation has its own code, lapsed or undetermined alike."""
    for policy in (POLICY, LAPSING):
        assert [code] == [
            one.code
            for one in ask(policy=policy, **changes).reasons
            if "COL-03" <= one.code < "COL-05"
        ]


def test_codes_and_figures_are_this_rooms():
    """Codes start with COL and figures with the room's name."""
    assert {"COL"} == {reason.code[:3] for reason in REASONS}
    assert {"collateral"} == {figure.id.split(".")[0] for figure in FIGURES}


# --- loan to value ----------------------------------------------------------------------


@given(row=facts(), principal=st.integers(0, 2 * 10**9))
def test_loan_to_value_is_within_the_cap_exactly(row, principal):
    """It passes just where the principal is at most cap x value; the ratio rounds up."""
    item = CollateralItem(id=1, **row)
    answer = check_loan_to_value(item, principal_fen=principal, policy=LAPSING, as_of=AS_OF)
    whole = lendable_value(item, policy=LAPSING, as_of=AS_OF)
    if answer.outcome["ltv_bp"] is not None:
        value = item.valuation_fen * item.share_bp // 10_000
        cap_bp = answer.outcome["cap_bp"]
        assert cap_bp == whole.outcome["cap_bp"]
        assert (answer.outcome["verdict"] == "pass") == (principal * 10_000 <= cap_bp * value)
        assert (answer.outcome["ltv_bp"] - 1) * value < principal * 10_000
        assert answer.outcome["ltv_bp"] * value >= principal * 10_000


def test_loan_to_value_asks_only_what_it_needs():
    """Senior claims, insurance and the number of cautions are another question."""
    shop = {**SOUND, "kind": "shop", "senior_fen": None, "is_insured": None, "owner": None}
    day = {"as_of": AS_OF, "policy": POLICY}
    answer = check_loan_to_value(CollateralItem(id=1, **shop), principal_fen=400_000_00, **day)
    assert "pass" == answer.outcome["verdict"]
    assert ("400,000.00 yuan x 10000 <= 4000 x 1,000,000.00 yuan: yes",) == answer.trace

    house = CollateralItem(id=1, **{**SOUND, "owner": None, "share_bp": None, "valued_on": None})
    answer = check_loan_to_value(house, principal_fen=0, **day)
    assert ("undetermined", ("owner", "valued_on", "share_bp")) == (answer.status, answer.ask)

    nothing = CollateralItem(id=1, **{**SOUND, "valuation_fen": 0})
    answer = check_loan_to_value(nothing, principal_fen=1, **day)
    assert {"verdict": "refuse", "ltv_bp": None, "cap_bp": 7_000} == dict(answer.outcome)
    assert (
        "refuse"
        == check_loan_to_value(
            CollateralItem(id=1, **{**SOUND, "kind": "own_shares"}), principal_fen=0, **day
        ).outcome["verdict"]
    )


# --- mistakes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": True}, "CollateralItem.id must be a str or an int, got bool True"),
        ({"id": ""}, "CollateralItem.id must be a str or an int"),
        ({"kind": " "}, "CollateralItem.kind must be a word, None where it is unknown, got ' '"),
        ({"owner": 3}, "CollateralItem.owner must be a word"),
        ({"built_on": "2016-05-01"}, "built_on must be a date, got str '2016-05-01': write"),
        ({"valued_on": datetime.datetime(2026, 1, 5)}, "got datetime .*: pass its .date()"),  # noqa: DTZ001 - refused
        ({"valued_on": 2.5}, "valued_on must be a date, got float 2.5"),
        ({"valuation_fen": 1.5}, "valuation_fen must be a whole number, got float 1.5: make fen"),
        ({"valuation_fen": -1}, "valuation_fen must be 0 to 100000000000000, got -1"),
        ({"valuation_fen": 10**14 + 1}, "must be 0 to 100000000000000, got 100000000000001"),
        ({"share_bp": 0}, "share_bp must be 1 to 10000, got 0"),
        ({"share_bp": 10_001}, "share_bp must be 1 to 10000, got 10001"),
        ({"area_m2": True}, "area_m2 must be a whole number, got bool True"),
        ({"is_sealed": "no"}, "is_sealed must be True, False or None, got str 'no'"),
        ({"consent": "yes"}, "consent must be one of none_needed, given, refused or None"),
        ({"form": "max"}, "form must be one of specific, maximum or None, got 'max'"),
    ],
)
def test_an_item_refuses_what_it_cannot_be(changes, message):
    """Each message says what must hold and what came."""
    with pytest.raises(CreditError, match=message.replace("(", r"\(").replace(")", r"\)")):
        CollateralItem(**{"id": "C1", **SOUND, **changes})


def test_an_item_takes_the_numbers_of_other_libraries():
    """NumPy's numbers and truth values become plain ones."""
    item = CollateralItem(
        id=np.int64(7), kind="land", area_m2=np.int32(5), is_sealed=np.True_, share_bp=np.int64(1)
    )

    assert (7, 5, True, 1) == (item.id, item.area_m2, item.is_sealed, item.share_bp)
    assert {int, bool} == {type(one) for one in (item.id, item.area_m2, item.is_sealed)}


def test_a_question_refuses_what_it_cannot_be_asked_about():
    """A wrong day, item or policy, and a word that no table knows."""
    item = CollateralItem(id="C1", **SOUND)
    with pytest.raises(CreditError, match="as_of must be a date, got str"):
        lendable_value(item, as_of="2026-06-30")
    with pytest.raises(CreditError, match="a CollateralItem is asked for, got dict"):
        lendable_value(SOUND, as_of=AS_OF)
    with pytest.raises(CreditError, match="a CollateralPolicy is asked for, got str"):
        lendable_value(item, policy="default", as_of=AS_OF)
    with pytest.raises(CreditError, match="kind must be one of deposit_receipt"):
        ask(kind="castle")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([1], "columns must map names to columns, got list"),
        ({}, "columns must name at least one fact, got none"),
        ({"kind": None}, "columns must name at least one fact, got none"),
        ({"kinds": ["land"]}, "no item has kinds: columns may be id, kind, owner"),
        ({"kind": ["land"], "owner": []}, "columns must have one length"),
        ({"kind": ["castle"]}, "kind must be one of deposit_receipt"),
        ({"valuation_fen": [1.5]}, "valuation_fen must hold whole fen"),
        ({"valuation_fen": [1, -1]}, "valuation_fen has 1 impossible row, the first at row 1"),
        ({"share_bp": [0, 10_001]}, "share_bp has 2 impossible rows, .* 1 to 10000, got 0"),
        ({"place": [321181]}, "place must hold texts: read administrative codes as text"),
        ({"id": ["a", None]}, "id has 1 unknown row, the first at row 1: leave the column out"),
        (
            {"valued_on": np.array(["+12000-01-01"], "datetime64[D]")},
            "valued_on has 1 impossible row, .* the years 1 to 9999",
        ),
    ],
)
def test_columns_refuse_what_they_cannot_be(columns, message):
    """Each message names the column, how many rows are bad and the first of them."""
    with pytest.raises(CreditError, match=message):
        lendable_value_columns(columns, as_of=AS_OF)


def test_columns_refuse_a_wrong_day_outcome_or_row():
    """As-of days fit the rows and are known; outcomes and rows exist."""
    with pytest.raises(InputError, match="as_of must be a day or one day per row, got 2 days"):
        lendable_value_columns({"kind": ["land"]}, as_of=[AS_OF, AS_OF])
    with pytest.raises(InputError, match="no item has colour, size: columns") as caught:
        lendable_value_columns({"colour": [1], "kind": ["land"], "size": [2]}, as_of=AS_OF)
    assert "colour" == caught.value.column
    with pytest.raises(InputError, match="as_of has 1 unknown row, the first at row 0"):
        lendable_value_columns({"kind": ["land"]}, as_of=[None])
    answer = lendable_value_columns({"kind": ["land"]}, as_of=AS_OF)
    with pytest.raises(CreditError, match="an outcome must be one of lendable_fen, class"):
        answer.outcome("cap")
    for row in (1, -2):
        with pytest.raises(CreditError, match="row must be within 0 to 0"):
            answer.decision(row)
    with pytest.raises(CreditError, match="principal_fen must be 0 to"):
        check_loan_to_value(CollateralItem(id=1, kind="land"), principal_fen=-1, as_of=AS_OF)
