"""Facts, the group, its minutes, village caps, household value and views: laws and edges."""

import datetime
import itertools
import json
import re

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError
from ruralcredit.limits import (
    CREDITWORTHY,
    FACTS,
    GROUP,
    HOUSEHOLD,
    VIEWS,
    Assessment,
    AuditRow,
    DoorList,
    FactField,
    FactsPolicy,
    GroupPolicy,
    GroupRow,
    HouseholdMember,
    HouseholdPolicy,
    Minutes,
    Motion,
    ReconciledFacts,
    Statement,
    ViewPolicy,
    VillageAllocation,
    VillageCase,
    VillagePolicy,
    allocate_village,
    audit_record,
    decide_group,
    door_lists,
    explain_to_customer,
    group_record,
    household_value,
    minutes,
    posted_list,
    reconcile,
    reconcile_facts,
)
from ruralcredit.limits._group_reasons import GROUP_FIGURES, GROUP_REASONS
from ruralcredit.reasons import Decision, Figure
from ruralcredit.values import from_dict, to_dict

DAY = datetime.date(2016, 5, 31)
MEMBERS = ("m1", "m2", "m3")
ALL_YES = dict.fromkeys(MEMBERS, "yes")
FIGURES = (("assessor-a", 50_000_00), ("assessor-b", 60_000_00), ("assessor-c", 100_000_00))
AMOUNTS = st.integers(1, 10**7)


def proposed(*extra, figures=FIGURES, **how):
    """Return what the assessors of these tests propose."""
    return reconcile([*(Assessment(*one) for one in figures), *extra], **how)


def decided(proposal=None, **how):
    """Return what three members decide who all vote yes."""
    given_how = {"members": MEMBERS, "votes": ALL_YES, "as_of": DAY, **how}
    return decide_group(proposed() if proposal is None else proposal, **given_how)


def codes(answer):
    """Return the codes of an answer's reasons."""
    return [one.code for one in answer.reasons]


def said(*values, field="income_fen", evidence=()):
    """Return what assessors a, b, c ... state of one fact of household h."""
    words = dict(enumerate(evidence))
    return [
        Statement(
            household="h",
            field=field,
            assessor=chr(97 + at),
            value=value,
            evidence=words.get(at) or "stated",
        )
        for at, value in enumerate(values)
    ]


def share(value, unit="bp"):
    """Return a bank's own figure."""
    return Figure(id="bank.own", value=value, unit=unit, basis="bank policy", source="art. 1")


# Facts.


@given(st.permutations(said(100, 105, 110) + said(1, 2, field="members")))
def test_facts_do_not_depend_on_the_order_of_statements(statements):
    """Who spoke first does not matter."""
    ordered = said(100, 105, 110) + said(1, 2, field="members")

    assert reconcile_facts(ordered) == reconcile_facts(statements)


@given(st.lists(st.integers(0, 30), min_size=2, max_size=5))
def test_numbers_agree_where_the_widest_gap_is_within_the_tolerance(values):
    """Highest less lowest against a tenth of the lowest, exactly; the value is a stated one."""
    found = reconcile_facts(said(*values)).of("h")["income_fen"]
    low, high = min(values), max(values)

    agrees = 10 * (high - low) <= low
    assert ("agreed" if agrees else "differs") == found.status
    assert (low if agrees else None) == found.value
    assert (not agrees) == found.is_visited


@given(st.lists(st.sampled_from([None, 5, 7]), min_size=1, max_size=4))
def test_who_does_not_know_never_counts(values):
    """An unknown statement changes neither status nor value."""
    known = [value for value in values if value is not None]
    found = reconcile_facts(said(*values)).of("h")["income_fen"]
    alone = reconcile_facts(said(*known) or said(None)).of("h")["income_fen"]

    assert (alone.status, alone.value) == (found.status, found.value)


@pytest.mark.parametrize(
    ("values", "status", "value"),
    [
        ((), "unknown", None),
        ((None, None), "unknown", None),
        ((40,), "one_only", 40),
        ((40, None), "one_only", 40),
        (("fish", "fish"), "agreed", "fish"),
        (("fish", "pigs"), "differs", None),
        ((True, 1), "differs", None),
        ((False, False), "agreed", False),
        ((DAY, DAY), "agreed", DAY),
        ((0, 0), "agreed", 0),
        ((0, 1), "differs", None),
        ((-100, -110), "agreed", -110),
    ],
)
def test_a_fact_is_agreed_differs_one_only_or_unknown(values, status, value):
    """Four states, and a truth is no number."""
    statements = said(*values) + said(4, field="members")
    found = reconcile_facts(statements).of("h")["income_fen"]

    assert (status, value) == (found.status, found.value)


def test_every_field_of_the_policy_is_answered_for_every_household():
    """What nobody mentioned is unknown, not absent; households stand in their order."""
    other = attrs.evolve(said(1)[0], household=7)
    found = reconcile_facts([*said(1), other])

    expected = [(h, field.id) for h in (7, "h") for field in FACTS.fields]
    assert expected == [(one.household, one.field) for one in found.findings]
    assert {"LIM-202"} == {
        reason.code for one in found.findings if one.status == "unknown" for reason in one.reasons
    }


@pytest.mark.parametrize(
    ("evidence", "value", "word", "counts", "code"),
    [
        ((), None, "stated", False, "LIM-205"),
        (("evidenced",), 100, "evidenced", True, None),
        (("refused",), None, "refused", False, "LIM-204"),
        (("evidenced", "refused"), 100, "evidenced", True, None),
        (("evidenced", "evidenced"), None, "stated", False, "LIM-205"),
    ],
)
def test_evidence_settles_the_value_and_not_the_difference(evidence, value, word, counts, code):
    """Differing statements are visited all the same; what is only stated does not count."""
    found = reconcile_facts(said(100, 150, field="assets_fen", evidence=evidence))
    one = found.of("h")["assets_fen"]

    assert ("differs", value, word, counts) == (one.status, one.value, one.evidence, one.counts)
    assert (one,) == found.visits
    expected = ["LIM-200", *([code] if code else []), "LIM-203"]
    assert expected == [reason.code for reason in one.reasons]


def test_agreement_counts_only_what_two_or_more_state():
    """One voice agrees with nobody."""
    found = reconcile_facts(
        said(100, 100) + said(1, 2, field="members") + said("x", field="main_trade")
    )

    assert (1, 2) == (found.agreement.part, found.agreement.whole)


def test_with_a_limit_function_only_differences_that_move_it_are_visited():
    """The bank's own limit says what moves it."""
    statements = said(100, 150) + said(10, 20, field="debts_elsewhere_fen")

    found = reconcile_facts(statements, limit_of=lambda facts: facts["debts_elsewhere_fen"])

    assert ["debts_elsewhere_fen"] == [one.field for one in found.visits]


def test_a_field_that_does_not_move_the_limit_is_never_visited():
    """Not even where the function would say so."""
    found = reconcile_facts(said(1, 2, field="members"), limit_of=lambda facts: facts["members"])

    assert () == found.visits


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: reconcile_facts(5), "statements must hold Statement values, got int 5"),
        (lambda: reconcile_facts(said(1, field="colour")), "field must be one of assets_fen, "),
        (lambda: reconcile_facts(said(1) + said(2)), "an assessor must state a fact once"),
        (lambda: said(1.5), "value of income_fen must be a bool, int, str, date or None"),
        (lambda: said(datetime.datetime(2016, 1, 1)), "pass its .date()"),  # noqa: DTZ001
        (lambda: said(1, field=" "), "Statement.field must be text and not blank"),
        (lambda: said(1, evidence=["seen"]), "evidence must be one of stated, evidenced, refused"),
        (lambda: FactField(id="sex", is_protected=True), "protected field 'sex' must cite its"),
        (lambda: FactField(id="x", takes="middle"), "takes must be one of lowest, highest"),
        (lambda: FactField(id="x", moves_limit=1), "moves_limit must be True or False, got 1"),
        (lambda: FactField(id="x", tolerance_bp=share(10_001)), "from 0 to 10000, got 10001"),
        (lambda: FactField(id="x", tolerance_bp=5), "must be a Figure of a whole number"),
        (lambda: FactsPolicy(fields=()), "fields must name at least one fact, each once"),
        (lambda: FactsPolicy(fields=(FactField(id="x"),) * 2), r"got \['x', 'x'\]"),
    ],
)
def test_a_wrong_fact_is_refused(call, message):
    """What must hold, what came, how to mend it."""
    with pytest.raises(CreditError, match=message):
        call()


def test_a_protected_fact_may_be_recorded_or_cite_its_ground():
    """It moves no limit without a ground."""
    assert FactField(id="health", is_protected=True, moves_limit=False).ground == ""
    assert FactField(id="age", is_protected=True, ground="Civil Code art. 17").moves_limit


# The group.


@given(
    order=st.permutations(MEMBERS),
    votes=st.lists(st.sampled_from(["yes", "no", "abstain", "absent"]), min_size=3, max_size=3),
)
def test_the_order_of_members_changes_nothing(order, votes):
    """The same votes give the same answer."""
    cast = dict(zip(MEMBERS, votes, strict=True))
    turned = {member: cast[member] for member in order}

    assert decided(votes=cast) == decided(members=order, votes=turned)


@given(
    yes=st.integers(0, 9),
    no=st.integers(0, 9),
    abstain=st.integers(0, 9),
    absent=st.integers(0, 9),
)
def test_a_motion_carries_with_a_quorum_and_more_than_half(yes, no, abstain, absent):
    """Three present, two thirds of the entitled, more yes than the rest; an odd group."""
    words = ["yes"] * yes + ["no"] * no + ["abstain"] * abstain + ["absent"] * absent
    votes = dict(enumerate(words))
    present = yes + no + abstain

    found = decided(members=list(votes), votes=votes)

    is_group = len(votes) >= 3 and len(votes) % 2 == 1
    carries = present >= 3 and 3 * present >= 2 * len(votes) and 2 * yes > present
    assert ("decided" if is_group and carries else "undetermined") == found.status


@given(motion=st.none() | AMOUNTS, cap=st.none() | AMOUNTS)
def test_the_group_never_goes_above_a_cap_and_its_motion_is_never_altered(motion, cap):
    """What stands is exactly what was put."""
    how = {"caps_fen": {"household": cap}} if cap is not None else {}
    found = decided(motion=Motion(limit_fen=motion, because="seen"), **how)
    put = 55_000_00 if motion is None else motion

    if cap is not None and put > cap:
        assert ("undetermined", ("motion",)) == (found.status, found.ask)
    else:
        assert put == found.outcome["limit_fen"]
        assert 55_000_00 == found.outcome["proposed_fen"]


@given(motion=st.builds(Motion, limit_fen=AMOUNTS, because=st.just("he will pay")))
def test_no_vote_undoes_a_veto(motion):
    """The rule's veto, once reached, beats the group too."""
    found = decided(proposed(Assessment("v", state="veto", code="overdue")), motion=motion)

    assert ("none", None) == (found.status, found.outcome)
    assert ["LIM-217", "LIM-040"] == codes(found)


def test_an_open_proposal_hands_on_whom_to_ask():
    """The group does not stand in for a reserve assessor."""
    found = decided(proposed(figures=FIGURES[:2], reserves=["r"]))

    assert ("undetermined", ("r",), ["LIM-216"]) == (found.status, found.ask, codes(found))


def test_an_open_proposal_that_asks_for_nothing_asks_for_an_assessment():
    """There is always something to do next."""
    found = decided(Decision(outcome=None, status="conflict"))

    assert ("assessment",) == found.ask


def test_the_outcome_tells_how_the_group_sat():
    """Counts, who was recused or absent, and the dissents it had before it."""
    low = [("a", 20_000_00), ("b", 90_000_00), ("c", 100_000_00)]
    forms = [Assessment("a", 20_000_00, remark="pond leased"), *(Assessment(*x) for x in low[1:])]
    members = ["m1", "m2", "m3", "m4", "a"]
    votes = {"m1": "yes", "m2": "yes", "m3": "abstain", "a": "no"}

    found = decided(reconcile(forms), members=members, votes=votes, assessors=["a", "b", "c"])

    outcome = found.outcome
    assert (2, 0, 1, 3, 4) == tuple(
        outcome[name] for name in ("yes", "no", "abstained", "present", "entitled")
    )
    assert (("a",), ("m4",)) == (outcome["recused"], outcome["absent"])
    assert (("a",), ("pond leased",)) == (outcome["dissents"], outcome["remarks"])
    assert ["LIM-210", "LIM-215"] == codes(found)
    assert ["limits.group.majority"] == [figure.id for figure in found.bases()]


@pytest.mark.parametrize(
    ("limit", "word", "code"),
    [
        (55_000_00, "kept", None),
        (55_000_01, "raised", "LIM-218"),
        (54_999_99, "lowered", "LIM-219"),
    ],
)
def test_a_departure_has_a_direction(limit, word, code):
    """One fen is a departure."""
    found = decided(motion=Motion(limit_fen=limit, because="seen"))

    assert word == found.outcome["departure"]
    assert ["LIM-210", *([code] if code else [])] == codes(found)


@pytest.mark.parametrize(
    ("code", "status", "ask", "reasons"),
    [
        ("overdue", "none", (), ["LIM-210", "LIM-223"]),
        ("gambling", "undetermined", ("no_credit_code",), ["LIM-224"]),
        ("unheard_of", "undetermined", ("no_credit_code",), ["LIM-224"]),
    ],
)
def test_the_group_gives_no_credit_only_for_what_the_bank_can_verify(code, status, ask, reasons):
    """A remark never decides; an unknown cap does not matter where there is no limit."""
    found = decided(motion=Motion(no_credit_code=code), caps_fen={"household": None})

    assert (status, ask, reasons) == (found.status, found.ask, codes(found))


@pytest.mark.parametrize(
    ("relation", "entitled"),
    [
        (("m1", "spouse"), 2),
        (("m1", "kin", 3), 2),
        (("m1", "kin", 4), 3),
        (("m1", "kin"), 2),
        (("x", "spouse"), 3),
    ],
)
def test_members_are_recused_as_assessors_are(relation, entitled):
    """By relations that the caller gives; an unknown degree of kin recuses."""
    policy = GroupPolicy(present=share(1, "members"))
    found = decided(relations=[relation], policy=policy)

    assert entitled == found.outcome["entitled"]


def test_a_bank_may_let_assessors_vote_and_recuse_for_less():
    """Both are the policy's."""
    policy = GroupPolicy(assessors_vote=True, recused_for=("spouse",))
    found = decided(assessors=["m1"], relations=[("m2", "guarantor")], policy=policy)

    assert () == found.outcome["recused"]


def test_all_that_keeps_a_motion_from_standing_is_told():
    """Not the first only."""
    found = decided(
        members=["m1", "m2"],
        votes={"m1": "no"},
        motion=Motion(limit_fen=90_000_00),
        caps_fen={"household": 80_000_00, "product": None},
    )

    assert ["LIM-212", "LIM-213", "LIM-222", "LIM-221", "LIM-220"] == codes(found)
    assert ("members", "m2", "product", "motion", "because") == found.ask


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: decided(votes={"x": "yes"}), "only members vote, got a vote of 'x'"),
        (lambda: decided(votes={"m1": "aye"}), "a vote must be one of yes, no, abstain, absent"),
        (lambda: decided(votes=["yes"]), "votes must be words by member"),
        (lambda: decided(members="m1"), "members must be several ids, got 'm1'"),
        (lambda: decided(members=["m1", "m1", "m2"]), "members must name each once, got 'm1'"),
        (lambda: decided(as_of="2016-05-31"), r"as_of must be a date, .* write datetime.date"),
        (lambda: decided(as_of=datetime.datetime(2016, 5, 31)), "pass its .date()"),  # noqa: DTZ001
        (lambda: decided(caps_fen=[5]), "caps_fen must be amounts by name"),
        (lambda: decided(caps_fen={"model": -1}), "cap model must be 0 fen or more, got -1"),
        (lambda: decided(caps_fen={"model": 10**13 + 1}), "cap model must be at most"),
        (lambda: decided(Decision(outcome="pass", status="decided")), "must have limit_fen in"),
        (
            lambda: decided(Decision(outcome={"limit_fen": True}, status="decided")),
            "must have limit_fen in its outcome",
        ),
        (lambda: Motion(limit_fen=0), "limit_fen must be 1 to .* no limit is a no_credit_code"),
        (lambda: Motion(limit_fen=10**13 + 1), "limit_fen must be 1 to"),
        (lambda: Motion(limit_fen=5.0), "limit_fen must be whole fen in an int, got float 5.0"),
        (lambda: Motion(limit_fen=5, no_credit_code="overdue"), "a limit or no credit, got 5 fen"),
        (lambda: Motion(no_credit_code=" "), "no_credit_code must be text and not blank"),
        (
            lambda: GroupPolicy(quorum_part=share(4)),
            "quorum_part must be at most quorum_whole, got 4 of 3",
        ),
        (lambda: GroupPolicy(recused_for=("friend",)), "recused_for must hold member, spouse"),
        (lambda: GroupPolicy(members=share(0)), "members must be a Figure of a whole number"),
        (lambda: GroupPolicy(id=""), "GroupPolicy.id must be text and not blank"),
    ],
)
def test_a_wrong_sitting_is_refused(call, message):
    """What must hold, what came, how to mend it."""
    with pytest.raises(CreditError, match=message):
        call()


def test_the_largest_motion_stands():
    """The edge itself is inside."""
    assert 10**13 == Motion(limit_fen=10**13).limit_fen


def test_a_decision_names_policy_version_digest_and_day():
    """So that it can be asked again."""
    basis = decided().basis
    other = decided(policy=attrs.evolve(GROUP, version="2")).basis

    assert ("limits.group", "1", DAY) == (basis.id, basis.version, basis.as_of)
    assert basis.digest != other.digest


# Minutes.


def test_minutes_list_every_household_in_order():
    """Granted, refused and open, with the codes of the reasons."""
    decisions = {
        "h3": decided(motion=Motion(limit_fen=60_000_00, because="greenhouse seen")),
        "h1": decided(),
        "h2": decided(proposed(Assessment("v", state="veto", code="overdue"))),
        "h4": decided(proposed(figures=FIGURES[:2], reserves=["r"])),
    }

    found = minutes("v", decisions=decisions, members=MEMBERS, as_of=DAY)

    assert ["h1", "h2", "h3", "h4"] == [row.household for row in found.rows]
    assert (2, 4) == (found.granted.part, found.granted.whole)
    assert 115_000_00 == found.granted_fen
    assert ("h4",) == found.open_households
    assert [1, 1, 0] == [found.departed(word) for word in ("kept", "raised", "lowered")]
    assert "greenhouse seen" == found.rows[2].because
    assert (3, 3) == (found.rows[0].yes, found.rows[0].present)
    assert (None, None, ("r",)) == (found.rows[3].yes, found.rows[3].limit_fen, found.rows[3].ask)


def test_minutes_are_plain_data_and_come_back():
    """Through JSON text, exactly."""
    found = minutes(
        "v", decisions={"h": decided(assessors=["m9"]), 7: decided()}, members=MEMBERS, as_of=DAY
    )

    assert found == from_dict(Minutes, json.loads(json.dumps(to_dict(found))))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: minutes("v", decisions={"h": proposed()}, members=MEMBERS, as_of=DAY),
            "decisions must come from decide_group",
        ),
        (lambda: minutes("", decisions={}, members=MEMBERS, as_of=DAY), "village must be an id"),
        (lambda: minutes("v", decisions={"": decided()}, members=(), as_of=DAY), "household must"),
    ],
)
def test_wrong_minutes_are_refused(call, message):
    """Only the group's decisions are minuted."""
    with pytest.raises(CreditError, match=message):
        call()


# Village caps.

VILLAGES = st.dictionaries(st.integers(1, 30), st.integers(1, 2_000_00) | st.none(), max_size=8)
STEP_OF_SEVEN = VillagePolicy(step_fen=share(7, "fen"))


@given(limits=VILLAGES, cap=st.integers(0, 5_000_00), data=st.data())
def test_a_village_cap_is_kept_and_nobody_gains(limits, cap, data):
    """The sum stays within the cap, no share exceeds its limit, each is a whole step or whole."""
    known = {one: limit for one, limit in limits.items() if limit is not None}
    ranks = data.draw(st.none() | st.fixed_dictionaries({one: st.integers(1, 3) for one in known}))

    found = allocate_village(limits, cap_fen=cap, ranks=ranks, policy=STEP_OF_SEVEN)

    assert found.given_fen <= cap
    assert cap == found.given_fen + found.left_fen
    assert all(0 < fen <= known[one] for one, fen in found.limits_fen.items())
    assert all(fen % 7 == 0 or fen == known[one] for one, fen in found.limits_fen.items())
    assert set(known) == set(found.limits_fen) | set(found.without)
    assert set(limits) - set(known) == set(found.open_households)


@given(limits=st.lists(AMOUNTS, min_size=1, max_size=6), cap=AMOUNTS)
def test_equal_limits_get_equal_shares_and_larger_ones_no_less(limits, cap):
    """Pro rata knows no order."""
    found = allocate_village(dict(enumerate(limits)), cap_fen=cap, policy=STEP_OF_SEVEN)
    pairs = sorted((limit, found.limits_fen.get(at, 0)) for at, limit in enumerate(limits))

    assert all(a[1] <= b[1] for a, b in itertools.pairwise(pairs))
    assert all(a[1] == b[1] for a, b in itertools.pairwise(pairs) if a[0] == b[0])


@given(limits=st.lists(AMOUNTS, min_size=1, max_size=6), cap=AMOUNTS, more=AMOUNTS)
def test_a_higher_village_cap_takes_from_nobody(limits, cap, more):
    """Monotone in the cap."""
    named = dict(enumerate(limits))
    low = allocate_village(named, cap_fen=cap, policy=STEP_OF_SEVEN).limits_fen
    high = allocate_village(named, cap_fen=cap + more, policy=STEP_OF_SEVEN).limits_fen

    assert all(fen <= high[one] for one, fen in low.items())


@given(limits=st.lists(AMOUNTS, min_size=2, max_size=5), cap=AMOUNTS)
def test_by_rank_nobody_is_served_before_a_better_rank_is_whole(limits, cap):
    """A later rank has a share only where every earlier one has all of its limit."""
    named = dict(enumerate(limits))
    ranks = {one: one + 1 for one in named}
    found = allocate_village(named, cap_fen=cap, ranks=ranks, policy=STEP_OF_SEVEN).limits_fen

    for one, fen in named.items():
        if any(later > one for later in found):
            assert fen == found[one]


@pytest.mark.parametrize(
    ("ranks", "first", "others"),
    [
        (None, "LIM-231", ["LIM-233", "LIM-234"]),
        ({"a": 1, "b": 2}, "LIM-232", ["LIM-233", "LIM-234"]),
    ],
)
def test_an_allocation_says_how_it_was_shared(ranks, first, others):
    """In proportion or by rank, who is left with less than a step, who has no limit yet."""
    limits = {"a": 60_000_00, "b": 500_00, "c": None}
    found = allocate_village(limits, cap_fen=50_000_00, ranks=ranks)

    assert [first, *others] == codes(found)
    assert (("b",), ("c",)) == (found.without, found.open_households)
    assert found == from_dict(VillageAllocation, json.loads(json.dumps(to_dict(found))))


def test_equal_ranks_share_in_proportion():
    """The first rank that does not fit shares what is left."""
    limits = {"a": 40_000_00, "b": 60_000_00, "c": 20_000_00}
    found = allocate_village(limits, cap_fen=70_000_00, ranks={"a": 2, "b": 2, "c": 1})

    assert {"c": 20_000_00, "a": 20_000_00, "b": 30_000_00} == found.limits_fen


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: allocate_village({"a": 0}, cap_fen=5), "limit of 'a' must be 1 fen or more"),
        (lambda: allocate_village({"a": 1}, cap_fen=-5), "cap_fen must be 0 fen or more, got -5"),
        (lambda: allocate_village({"": 1}, cap_fen=5), "household must be an id"),
        (lambda: allocate_village({"a": 9}, cap_fen=5, ranks={}), "1 first, got None for 'a'"),
        (lambda: allocate_village({"a": 9}, cap_fen=5, ranks={"a": 0}), "1 first, got 0 for 'a'"),
        (lambda: allocate_village({"a": 9}, cap_fen=5, ranks={"a": True}), "got True for 'a'"),
        (lambda: VillagePolicy(step_fen=share(0)), "from 1 to 10000000000000, got 0"),
    ],
)
def test_a_wrong_allocation_is_refused(call, message):
    """What must hold, what came, how to mend it."""
    with pytest.raises(CreditError, match=message):
        call()


# Household value.


def person(name, *, signs=True, model=None, income=None, outgo=None):
    """Return one member."""
    return HouseholdMember(
        id=name, would_sign=signs, model_fen=model, income_fen=income, outgo_fen=outgo
    )


def worth(*members, cap=10**9, how="joint"):
    """Return what a household is worth."""
    return household_value(
        members, cap_fen=cap, policy=attrs.evolve(HOUSEHOLD, how=how), as_of=DAY
    )


@given(
    flows=st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=5),
    cap=AMOUNTS,
    data=st.data(),
)
def test_joint_value_is_seven_tenths_of_the_joint_flow_under_one_cap(flows, cap, data):
    """In any order of members; who does not sign does not count."""
    people = [person(at, income=a, outgo=b) for at, (a, b) in enumerate(flows)]
    people.append(person("child", signs=False, income=10**9, outgo=0))
    found = worth(*data.draw(st.permutations(people)), cap=cap)
    flow = sum(a - b for a, b in flows)
    expected = min(7 * flow // 10, cap)

    assert (expected if expected > 0 else None) == (found.outcome or {}).get("limit_fen")
    assert ("decided" if expected > 0 else "none") == found.status


@pytest.mark.parametrize(
    ("how", "value", "code"), [("minimum", 300, "LIM-236"), ("maximum", 800, "LIM-237")]
)
def test_minimum_and_maximum_are_over_those_who_sign(how, value, code):
    """Their model values, nobody else's."""
    people = [person("a", model=300), person("b", model=800), person("c", signs=False, model=1)]
    found = worth(*people, how=how)

    assert (value, how, ("a", "b"), False) == tuple(
        found.outcome[name] for name in ("limit_fen", "how", "signers", "is_capped")
    )
    assert [code] == codes(found)


def test_the_household_cap_binds_once():
    """The value before the cap is told."""
    found = worth(person("a", model=800), cap=500, how="maximum")

    assert (500, 800, True) == tuple(
        found.outcome[name] for name in ("limit_fen", "before_fen", "is_capped")
    )
    assert ["LIM-237", "LIM-238"] == codes(found)


@pytest.mark.parametrize(
    ("members", "cap", "status", "ask", "reasons"),
    [
        ([person("a", signs=False)], 5, "none", (), ["LIM-240"]),
        ([person("a", signs=None)], 5, "undetermined", ("a",), ["LIM-241"]),
        ([person("a", income=5)], 5, "undetermined", ("a",), ["LIM-242"]),
        ([person("a", outgo=5)], 5, "undetermined", ("a",), ["LIM-242"]),
        ([person("a", income=5, outgo=1)], None, "undetermined", ("cap_fen",), ["LIM-239"]),
        ([person("a", income=5)], 0, "none", (), ["LIM-238", "LIM-243"]),
        ([person("a", income=5, outgo=5)], 5, "none", (), ["LIM-235", "LIM-243"]),
    ],
)
def test_what_is_unknown_of_a_household_is_asked_for(members, cap, status, ask, reasons):
    """Never taken for nothing."""
    found = worth(*members, cap=cap)

    assert (status, ask, reasons) == (found.status, found.ask, codes(found))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (worth, "a household must have at least one member, each once, got"),
        (lambda: worth(person("a"), person("a")), r"each once, got \['a', 'a'\]"),
        (lambda: worth(5), "members must hold HouseholdMember values, got int 5"),
        (lambda: household_value(5, cap_fen=1, as_of=DAY), "members must hold HouseholdMember"),
        (lambda: worth(person("a"), cap=-1), "cap_fen must be 0 fen or more"),
        (lambda: person("a", signs="yes"), "would_sign must be True, False or None for unknown"),
        (lambda: person("a", income=-1), "income_fen must be 0 fen or more, got -1"),
        (lambda: person(""), "HouseholdMember.id must be an id"),
        (lambda: HouseholdPolicy(how="sum"), "how must be one of joint, minimum, maximum"),
        (lambda: HouseholdPolicy(joint_bp=share(0)), "from 1 to 100000, got 0"),
    ],
)
def test_a_wrong_household_is_refused(call, message):
    """What must hold, what came, how to mend it."""
    with pytest.raises(CreditError, match=message):
        call()


# Views.


def cases():
    """Return a village: one granted with a dissent, one vetoed, one open, one not decided yet."""
    low = [
        Assessment("assessor-a", 20_000_00, remark="pond is leased"),
        Assessment("assessor-b", 90_000_00),
        Assessment("assessor-c", 100_000_00),
    ]
    veto = [
        *(Assessment(*one) for one in FIGURES),
        Assessment("assessor-d", state="veto", code="overdue"),
    ]
    forms = {"h1": low, "h2": veto, "h3": low[:2], "h4": low}
    pairs = {"h1": ("p", "q"), "h2": ("p", "q"), "h3": ("p", "q"), "h4": ()}
    return [
        VillageCase(
            household=name,
            proposal=reconcile(held),
            decision=None if name == "h4" else decided(reconcile(held)),
            forms=held,
            officers=pairs[name],
        )
        for name, held in reversed(forms.items())
    ]


def test_a_door_list_holds_only_households_with_a_limit():
    """A household without one stands nowhere, and nothing says how many there are."""
    found = door_lists(cases())

    assert [DoorList] == [type(one) for one in found]
    plain = json.dumps(to_dict(found[0]))
    assert {"officers", "rows"} == set(to_dict(found[0]))
    assert ["h1"] == [row.household for row in found[0].rows]
    assert not re.search("h2|h3|h4|assessor|overdue|pond", plain)


def test_each_pair_of_officers_gets_its_own_doors():
    """Households without a pair stand together under none."""
    made = cases()[-1]
    other = attrs.evolve(made, household="h0", officers=(3, "q"))
    loose = attrs.evolve(made, household=9, officers=())

    found = door_lists([made, other, loose])

    assert [(), (3, "q"), ("p", "q")] == [one.officers for one in found]
    assert [[9], ["h0"], ["h1"]] == [[row.household for row in one.rows] for one in found]


def test_the_group_record_names_no_assessor():
    """Figures, grounds and remarks of every household, and nobody's id."""
    found = group_record(cases())
    plain = json.dumps([to_dict(row) for row in found])

    assert ["h1", "h2", "h3", "h4"] == [row.household for row in found]
    assert "assessor" not in plain
    assert ("pond is leased",) == found[0].remarks
    assert (("overdue",), "none", None) == (found[1].grounds, found[1].status, found[1].limit_fen)
    assert ("undetermined", None) == (found[2].status, found[2].proposed_fen)
    assert ("decided", None, "") == (found[3].status, found[3].limit_fen, found[3].because)
    assert "kept" == found[0].departure


def test_the_audit_record_holds_everything():
    """Every form in order, both answers, and their text."""
    found = audit_record(cases())

    assert [AuditRow] * 4 == [type(row) for row in found]
    assert ["assessor-a", "assessor-b", "assessor-c"] == [form.assessor for form in found[0].forms]
    assert [2, 2, 2, 1] == [len(row.explained) for row in found]
    assert "assessor-d" in found[1].explained[0]
    assert ("p", "q") == found[0].officers


def test_nothing_is_posted_unless_the_bank_says_so():
    """And then only households with a limit, without amounts."""
    more = [*cases(), attrs.evolve(cases()[-1], household="h0", officers=("x", "y"))]

    assert () == posted_list(more)
    assert ("h0", "h1") == posted_list(more, policy=ViewPolicy(posts_list=True))
    assert not VIEWS.posts_list


@given(assessor=st.text("abcxyz", min_size=5, max_size=9), lang=st.sampled_from(["en", "zh"]))
def test_a_customer_hears_the_same_whoever_assessed(assessor, lang):
    """No assessor, no member, no screening rule: the limit alone makes the words."""
    forms = [(f"{assessor}{at}", fen) for at, (_, fen) in enumerate(FIGURES)]
    codes_told = r"[A-Z]{3}-\d{3}"
    told = explain_to_customer(decided(proposed(figures=forms)), lang=lang)

    assert told == explain_to_customer(proposed(), lang=lang)
    assert f"{assessor}0" not in told
    assert re.search(codes_told, told) is None
    assert "55,000.00" in told


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_refused_customer_hears_how_to_be_heard(lang):
    """Whatever the ground; an open answer is no refusal."""
    grounds = ["overdue", "judgment_debtor", "written_off"]
    refused = {
        explain_to_customer(proposed(Assessment("v", state="veto", code=code)), lang=lang)
        for code in grounds
    }
    nobody = Decision(outcome=None, status="none")

    assert refused == {explain_to_customer(nobody, lang=lang)}
    open_answers = {
        explain_to_customer(Decision(outcome=None, status=status), lang=lang)
        for status in ("undetermined", "conflict")
    }
    assert 1 == len(open_answers)
    assert not open_answers & refused


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: explain_to_customer(proposed(), lang="fr"), "lang must be en or zh, got 'fr'"),
        (lambda: door_lists([cases()[0], cases()[0]]), "a household must have one case, got two"),
        (lambda: door_lists(5), "cases must hold VillageCase values, got int 5"),
        (
            lambda: attrs.evolve(cases()[0], officers=("p",)),
            "officers must be two, the lead first",
        ),
        (lambda: attrs.evolve(cases()[0], officers=("p", "p")), "officers must name each once"),
        (lambda: attrs.evolve(cases()[0], household=""), "household must be an id"),
        (
            lambda: attrs.evolve(cases()[0], decision=Decision(outcome="pass", status="decided")),
            "must have limit_fen in its outcome",
        ),
    ],
)
def test_a_wrong_case_is_refused(call, message):
    """What must hold, what came, how to mend it."""
    with pytest.raises(CreditError, match=message):
        call()


# What ships.


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (VillageCase, cases()[-1]),
        (GroupRow, group_record(cases())[0]),
        (AuditRow, audit_record(cases())[0]),
        (
            ReconciledFacts,
            reconcile_facts(
                said(100, True, "x", DAY)  # noqa: FBT003
            ),
        ),
        (FactsPolicy, FACTS),
        (GroupPolicy, GROUP),
        (HouseholdPolicy, HOUSEHOLD),
        (HouseholdMember, person("a", income=5)),
        (Motion, Motion(limit_fen=5, because="seen")),
        (ViewPolicy, VIEWS),
    ],
)
def test_values_turn_into_plain_data_and_back(kind, value):
    """Through JSON text, exactly."""
    assert value == from_dict(kind, json.loads(json.dumps(to_dict(value))))


def test_a_policy_shows_its_figures_and_no_more():
    """Readable in a notebook."""
    assert "GroupPolicy(members=3 members, present=3 members, " in repr(GROUP)
    assert "tolerance_bp=None" in repr(FACTS.fields[0])
    assert "years=None" in repr(CREDITWORTHY.grades[1])


def test_codes_lie_in_their_range_and_figures_stand_once():
    """LIM-200 to LIM-299 are the group's."""
    numbers = [int(one.code.removeprefix("LIM-")) for one in GROUP_REASONS]

    assert sorted(set(numbers)) == sorted(numbers)
    assert all(200 <= one <= 299 for one in numbers)
    assert len(GROUP_FIGURES) == len({one.id for one in GROUP_FIGURES})
