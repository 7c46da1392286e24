"""Grids: the run of batch credit, its lists and files, acceptance, and stages in order."""

import datetime
import itertools

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError
from ruralcredit.grids import (
    EXPANSION,
    MARKETING_LOOP,
    PRE_APPROVAL,
    RUN_RULES,
    CreditRun,
    FileDocument,
    Member,
    Stage,
    Track,
    WorkItem,
    check_credit_group,
    check_file_quality,
    check_household_file,
    check_move,
    check_pre_approval,
    check_service_distance,
    check_signing,
    door_lists,
    draw_acceptance,
    service_cover,
)
from ruralcredit.values import Ratio

DAY = datetime.date(2024, 6, 3)


def rng():
    """Return a seeded generator."""
    return np.random.default_rng(5)


@given(
    households=st.lists(st.integers(0, 500), unique=True, max_size=80),
    mix=st.randoms(use_true_random=False),
)
def test_acceptance_draws_the_share_rounded_up_whatever_the_order(households, mix):
    """The same ids and the same seed give the same sample."""
    mixed = list(households)
    mix.shuffle(mixed)

    drawn = draw_acceptance(households, generator=rng())

    assert -(-len(households) * 500 // 10_000) == len(drawn)
    assert drawn == draw_acceptance(mixed, generator=rng()) == tuple(sorted(set(drawn)))
    assert set(drawn) <= set(households)


def test_acceptance_draws_from_each_stratum():
    """Three grids of unequal size: each has its share, rounded up."""
    by = ["a"] * 1 + ["b"] * 20 + ["c"] * 21

    drawn = draw_acceptance(list(range(42)), generator=rng(), by=by)

    assert [1, 1, 2] == [sum(by[one] == grid for one in drawn) for grid in "abc"]


def test_door_lists_go_by_pair_street_and_stop():
    """A household off the streets comes first, an excluded one nowhere."""
    lists = door_lists(
        {
            "household": [1, 2, 3, 4, 5],
            "lead": ["p", "p", "q", "p", "p"],
            "second": ["x", "x", "x", "x", "x"],
            "street": ["b", "a", "a", None, "a"],
            "stop": [1, 2, 1, None, 1],
            "exclusion": [None, None, "missing", None, None],
        }
    )

    assert [("p", (4, 5, 2, 1))] == [(one.lead, one.households) for one in lists]
    assert {"lead", "second", "households"} == {f.name for f in attrs.fields(type(lists[0]))}


@pytest.mark.parametrize(
    ("members", "status", "ask"),
    [
        ([Member("head", None)], "undetermined", ("born_on",)),
        ([Member("head", datetime.date(1990, 1, 1))], "undetermined", ("is_complete",)),
        ([Member("child", datetime.date(2020, 1, 1))], "decided", ()),
        ([Member("head", None, is_complete=True)], "decided", ()),
        ([Member(None, None, is_complete=True), Member("x", None)], "decided", ()),
        ([], "decided", ()),
    ],
)
def test_a_household_file_asks_for_what_would_tell(members, status, ask):
    """Age or completeness unknown is asked for only where it matters."""
    decision = check_household_file(members, as_of=DAY)

    assert (status, ask) == (decision.status, decision.ask)


def test_a_household_file_needs_names_relations_and_members():
    """Each missing thing has its code."""
    nameless = Member("child", datetime.date(2020, 1, 1), has_name=False)

    assert ["GRD-088"] == [r.code for r in check_household_file([nameless], as_of=DAY).reasons]
    assert ["GRD-090"] == [r.code for r in check_household_file([], as_of=DAY).reasons]


def test_a_later_document_does_not_count():
    """The newest of a kind counts, and only what was made by the day asked."""
    held = [
        FileDocument("id", datetime.date(2020, 1, 1), valid_until=datetime.date(2021, 1, 1)),
        FileDocument("id", DAY + datetime.timedelta(days=1)),
    ]

    decision = check_file_quality(
        held, required=["id"], recurring="c", every_months=1, since=DAY, as_of=DAY
    )

    assert {"complete": True, "continuous": True, "valid": False} == dict(decision.outcome)


def test_a_household_without_a_distance_is_in_neither_count():
    """Unknown is not far."""
    assert Ratio(1, 2) == service_cover([1_000, 1_001, None]).within
    assert 1 == service_cover([1_000, 1_001, None]).unknown


def test_a_refusal_of_unknown_day_is_asked_for():
    """Whether 90 days have gone cannot be told."""
    decision = check_pre_approval("refused", "pre_approved", since=None, as_of=DAY)

    assert ("undetermined", ("since",)) == (decision.status, decision.ask)


@pytest.mark.parametrize("track", [EXPANSION, MARKETING_LOOP])
def test_a_track_goes_on_by_one_step(track):
    """Each stage leads to the next and to no other; only a loop comes back."""
    words = track.words
    allowed = {
        (now, to)
        for now in words
        for to in words
        if check_move(track, now=now, to=to).outcome == "pass"
    }

    assert allowed - {(words[-1], words[0])} == set(itertools.pairwise(words))
    assert (track is MARKETING_LOOP) == ((words[-1], words[0]) in allowed)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Track(id="t", stages=()), "must have a stage"),
        (
            lambda: Track(id="t", stages=[Stage("a", {"en": "a", "zh": "a"}, leads_to=["b"])]),
            "a stage of t must be",
        ),
        (lambda: check_pre_approval("gone", "signed", since=DAY, as_of=DAY), "a stage of"),
        (lambda: attrs.evolve(PRE_APPROVAL, retry_days=0), "whole number from 1"),
        (lambda: attrs.evolve(RUN_RULES, main_channel="post"), "a channel must be"),
        (lambda: attrs.evolve(RUN_RULES, adult_to=RUN_RULES.group_least), "must not exceed"),
        (
            lambda: attrs.evolve(
                RUN_RULES, acceptance_bp=attrs.evolve(RUN_RULES.acceptance_bp, value=10_001)
            ),
            "1 to 10000",
        ),
        (lambda: check_signing("post"), "a channel must be"),
        (lambda: check_credit_group("abc"), "several ids"),
        (lambda: check_service_distance(-1), "whole number from 0"),
        (lambda: WorkItem(phase="lunch"), "a phase must be"),
        (
            lambda: WorkItem(phase="credit", starts_on=DAY, ends_on=datetime.date(2024, 1, 1)),
            "must not lie before",
        ),
        (lambda: WorkItem(phase="credit", owner=" "), "owner must be text"),
        (lambda: CreditRun(id="r", grid="g", owner=True), "owner must be text"),
        (lambda: Member("x", is_complete=1), "True, False or None"),
        (lambda: check_household_file(["x"], as_of=DAY), "must hold Members"),
        (
            lambda: FileDocument("x", DAY, valid_until=datetime.date(2024, 1, 1)),
            "must not lie before",
        ),
        (
            lambda: check_file_quality(
                ["x"], required=[], recurring="c", every_months=1, since=DAY, as_of=DAY
            ),
            "must hold FileDocuments",
        ),
        (lambda: draw_acceptance([1], generator=7), "numpy Generator"),
        (lambda: draw_acceptance([1, 1], generator=rng()), "twice"),
        (lambda: draw_acceptance([1], generator=rng(), by=[None]), "known in every row"),
        (lambda: door_lists({"household": ["h"], "lead": ["p"]}), "second must be known"),
        (
            lambda: door_lists(
                {"household": ["h"], "lead": ["p"], "second": ["q"], "exclusion": ["rude"]}
            ),
            "must be one of non_performing",
        ),
    ],
)
def test_what_no_run_holds_is_refused(make, message):
    """The message says what must hold, what came and how to mend it."""
    with pytest.raises(CreditError, match=message):
        make()
