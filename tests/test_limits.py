"""Limits: independent assessments reconciled, one household and columns of them.

The oracle below is written from the domain rulings with fractions and all pairs, without the
sorted figures, slacks and bits of the room.
"""

import datetime
import itertools
import pickle
import statistics
from fractions import Fraction

import attrs
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ruralcredit.limits._columns as columns_module
from ruralcredit.errors import CreditError, InputError
from ruralcredit.limits import (
    CLOSE_OR_COMPROMISE,
    CODES,
    PRUDENT,
    Assessment,
    AssessorCode,
    Reconciled,
    ReconcileRule,
    Relation,
    reconcile,
    reconcile_columns,
)
from ruralcredit.limits._assessment import MAX_LIMIT_FEN, RELATIONS, STATES
from ruralcredit.limits._rule import COMPROMISES
from ruralcredit.reasons import Figure
from ruralcredit.values import from_dict, round_ratio, to_dict

THOUSAND = 1_000_00
NAMES = "abcdefghi"
STATUS = {0: "decided", -1: "none", -2: "undetermined", -3: "conflict"}


def thousands(*amounts):
    """Return one form of each amount of thousand yuan."""
    return [Assessment(NAMES[n], amount * THOUSAND) for n, amount in enumerate(amounts)]


def figure(value, unit="bp"):
    """Return a bank's own figure."""
    return Figure(id="bank", value=value, unit=unit, basis="bank policy", source="a test")


def ruled(rule=CLOSE_OR_COMPROMISE, **changes):
    """Return a rule with other options; whole numbers become figures."""
    numbers = {name: figure(one) if isinstance(one, int) else one for name, one in changes.items()}
    return attrs.evolve(rule, **numbers)


def codes_of(decision):
    """Return the codes of a decision, each once."""
    return tuple(dict.fromkeys(reason.code for reason in decision.reasons))


# ---- an oracle of its own ----------------------------------------------------------------


def middle(values):
    """Return the median of exact numbers."""
    return statistics.median([Fraction(one) for one in values])


LOCATE = {
    "median": middle,
    "mean": lambda values: Fraction(sum(values), len(values)),
    "drop_highest_and_lowest": lambda values: Fraction(
        sum(values) - max(values) - min(values), len(values) - 2
    ),
    "lower": lambda values: Fraction(min(values)),
    "midpoint": lambda values: Fraction(min(values) + max(values), 2),
    "hodges_lehmann": lambda values: middle(
        Fraction(a + b, 2) for a, b in itertools.combinations_with_replacement(values, 2)
    ),
}
CODE_BY = {how: f"LIM-{number:03d}" for number, how in enumerate(COMPROMISES, start=4)}


def share(figure_or_none):
    """Return a figure in basis points as a fraction."""
    return Fraction(figure_or_none.value, 10_000)


def closest_of(values):
    """Return the closest pair of all pairs, the lower one on ties."""
    pairs = itertools.combinations(sorted(values), 2)
    return min(pairs, key=lambda pair: (pair[1] - pair[0], pair))


def judged(values, rule):
    """Return result before caps, method, reasons of the method and the doubts, exactly."""
    pair, spread = closest_of(values), max(values) - min(values)
    gap, base = (
        (pair[1] - pair[0], Fraction(pair[0]))
        if rule.close == "closest_pair"
        else (spread, middle(values))
    )
    is_close = rule.close != "never" and (
        gap <= share(rule.close_bp) * base
        or (rule.close_fen is not None and gap <= rule.close_fen.value)
    )
    exact, code = LOCATE[rule.compromise](values), CODE_BY[rule.compromise]
    if is_close and rule.close == "all":
        code = "LIM-003"
    elif is_close and rule.pair_takes == "mean":
        exact, code = Fraction(sum(pair), 2), "LIM-001"
    elif is_close:
        exact, code = Fraction(pair[0]), "LIM-002"
    steps = exact / rule.step_fen.value
    result = round_ratio(steps.numerator, steps.denominator, mode=rule.rounding)
    result *= rule.step_fen.value
    kept = {middle(values), *(pair if rule.close == "closest_pair" else ())}
    doubts = set()
    if rule.low_dissent_bp is not None and any(
        one not in kept and one < share(rule.low_dissent_bp) * result for one in values
    ):
        doubts.add("LIM-030")
    if rule.spread_bp is not None and spread > share(rule.spread_bp) * middle(values):
        doubts.add("LIM-031")
    return exact, result, "close" if is_close else "compromise", code, doubts


STATE_CODE = {
    "abstained": "LIM-050",
    "does_not_know": "LIM-051",
    "recused": "LIM-052",
    "late": "LIM-053",
    "struck": "LIM-054",
    "dissent": "LIM-032",
}
CALLS = {
    "unverified_veto": {"LIM-033", "LIM-034"},
    "dissent": {"LIM-032"},
    "spread": {"LIM-031"},
    "low_dissent": {"LIM-030"},
}


def answered(forms, rule, caps=(), in_round=1):
    """Return (status, limit, method, spread, codes) of forms, each (state, figure, code)."""
    known = [cap for cap in caps if cap is not None]
    step = rule.step_fen.value
    cap = min(known) // step * step if known else None
    values = [limit for state, limit, _ in forms if state == "limit"]
    spread = max(values) - min(values) if values else -1
    refusals = [code for state, _, code in forms if state in {"veto", "no_credit"}]
    weak = [code for code in refusals if not rule.decides(code)]
    codes = {STATE_CODE[state] for state, _, _ in forms if state in STATE_CODE}
    codes |= {"LIM-033"} if weak else set()
    strong = len(refusals) - len(weak)
    if strong >= rule.vetoes.value:
        return "none", -1, None, spread, codes | {"LIM-040"}
    codes |= {"LIM-034"} if strong else set()
    if cap == 0:
        return "none", -1, None, spread, codes | {"LIM-020", "LIM-022"}
    unknown = {"LIM-021"} if len(known) < len(caps) else set()
    if len(values) < rule.quorum.value:
        return "undetermined", -1, None, spread, codes | unknown | {"LIM-041"}
    _, result, method, code, doubts = judged(values, rule)
    codes |= doubts
    if any(codes & CALLS[name] for name in rule.reassess_on):
        codes |= {"LIM-035" if in_round < rule.rounds.value else "LIM-036"}
    if "LIM-035" in codes:
        return "undetermined", -1, None, spread, codes | unknown
    limit = result if cap is None else min(result, cap)
    rests = {code} | ({"LIM-020"} if limit < result else set())
    if limit == 0:
        return "none", -1, None, spread, codes | rests | {"LIM-022"}
    if unknown:
        return "undetermined", -1, None, spread, codes | unknown
    return "decided", limit, method, spread, codes | rests


# ---- what is drawn -----------------------------------------------------------------------

STEPS = st.sampled_from([1, 2, 7, 100, 100_000])
LIMITS = st.one_of(
    st.integers(1, 12),
    st.integers(1, 40).map(lambda n: n * 5 * THOUSAND),
    st.integers(1, 200).map(lambda n: n * 500_00),
    st.integers(1, MAX_LIMIT_FEN),
)
SHARES = st.sampled_from([1, 999, 1_000, 2_000, 3_333, 5_000, 10_000])
RULES = st.builds(
    ruled,
    close=st.sampled_from(["closest_pair", "all", "never"]),
    close_bp=st.sampled_from([0, 1_000, 2_000, 3_333, 100_000]),
    close_fen=st.sampled_from([None, 0, 1, 10 * THOUSAND]),
    pair_takes=st.sampled_from(["mean", "lower"]),
    compromise=st.sampled_from(COMPROMISES),
    quorum=st.sampled_from([3, 3, 4, 5]),
    vetoes=st.sampled_from([1, 1, 2]),
    low_dissent_bp=st.none() | SHARES,
    spread_bp=st.none() | SHARES | st.just(100_000),
    reassess_on=st.lists(
        st.sampled_from(["unverified_veto", "dissent", "spread", "low_dissent"]), unique=True
    ),
    rounds=st.sampled_from([1, 2, 3]),
    step_fen=STEPS,
    rounding=st.sampled_from(["down", "half_up", "half_even"]),
)
SHIPPED_OR_ANY = st.sampled_from([CLOSE_OR_COMPROMISE, PRUDENT]) | RULES
GROUNDS = st.sampled_from(["overdue", "under_age", "gambling", "of my own"])
VALUES = st.lists(LIMITS, min_size=3, max_size=9)
PLAIN = st.tuples(st.just("limit"), LIMITS, st.none())
OTHER = st.one_of(
    st.tuples(st.sampled_from(["abstained", "does_not_know"]), st.none(), st.none()),
    st.tuples(st.sampled_from(["recused", "late", "struck", "dissent"]), LIMITS, st.none()),
    st.tuples(st.just("veto"), st.none(), st.none() | GROUNDS),
    st.tuples(st.just("no_credit"), st.none(), GROUNDS),
)
# Three limits in four, so that most households reach the quorum.
STATED = st.sampled_from([PLAIN, PLAIN, PLAIN, OTHER]).flatmap(lambda kind: kind)
FORMS = st.lists(STATED, min_size=1, max_size=9)
CAPS = st.lists(st.none() | st.just(0) | LIMITS, max_size=2)


def assessments(forms, in_round=1):
    """Return forms as values."""
    return [
        Assessment(NAMES[n], limit, state=state, code=code, in_round=in_round)
        for n, (state, limit, code) in enumerate(forms)
    ]


def grid_of(rows):
    """Return limits, states and codes of rows of forms, as a caller brings them."""
    width = max(map(len, rows))
    padded = [[*row, *[(None, None, None)] * (width - len(row))] for row in rows]
    limits = [[0 if limit is None else limit for _, limit, _ in row] for row in padded]
    states = [[state for state, _, _ in row] for row in padded]
    codes = [[code for _, _, code in row] for row in padded]
    return np.array(limits, np.int64), np.array(states, object), np.array(codes, object)


def row_of(found, row):
    """Return a row of columns as the oracle writes an answer."""
    return (
        STATUS[int(found.status[row])],
        int(found.limit_fen[row]),
        found.method[row],
        int(found.spread_fen[row]),
        set(found.codes_of(row)),
    )


def told(decision):
    """Return a decision as the oracle writes an answer, but for the spread of no outcome."""
    outcome = decision.outcome or {"limit_fen": -1, "method": None}
    return (
        decision.status,
        outcome["limit_fen"],
        outcome["method"],
        set(codes_of(decision)),
    )


# ---- laws --------------------------------------------------------------------------------


@settings(max_examples=300)
@given(forms=FORMS, rule=SHIPPED_OR_ANY, caps=CAPS, in_round=st.integers(1, 3))
def test_one_household_is_answered_as_the_rulings_say(forms, rule, caps, in_round):
    """Status, limit, method, spread and every reason, against fractions and all pairs."""
    named = {f"cap {n}": cap for n, cap in enumerate(caps)}
    status, limit, method, spread, codes = answered(forms, rule, caps, in_round)

    found = reconcile(assessments(forms, in_round), rule=rule, caps_fen=named)

    assert (status, limit, method, codes) == told(found)
    if status == "decided":
        assert spread == found.outcome["spread_fen"]


@settings(max_examples=300)
@given(
    rows=st.lists(FORMS, min_size=1, max_size=6),
    rule=SHIPPED_OR_ANY,
    in_round=st.integers(1, 3),
    data=st.data(),
)
def test_columns_are_answered_as_the_rulings_say(rows, rule, in_round, data):
    """The same of many households at once, with states, grounds and caps."""
    caps = data.draw(
        st.none()
        | st.lists(st.none() | LIMITS | st.just(0), min_size=len(rows), max_size=len(rows))
    )
    limits, states, codes = grid_of(rows)
    wanted = [
        answered(row, rule, () if caps is None else (caps[n],), in_round)
        for n, row in enumerate(rows)
    ]

    found = reconcile_columns(
        limits, states, rule=rule, caps_fen=caps, codes=codes, in_round=in_round
    )

    assert wanted == [row_of(found, n) for n in range(len(rows))]


@given(rows=st.lists(FORMS, min_size=1, max_size=5), rule=SHIPPED_OR_ANY)
def test_one_household_equals_a_row_of_columns(rows, rule):
    """The codes come in the same order, too."""
    limits, states, codes = grid_of(rows)

    found = reconcile_columns(limits, states, rule=rule, codes=codes)

    for n, row in enumerate(rows):
        alone = reconcile(assessments(row), rule=rule)
        assert told(alone) == (*row_of(found, n)[:3], row_of(found, n)[4])
        assert codes_of(alone) == found.codes_of(n)


@settings(max_examples=200)
@given(
    rows=st.lists(st.tuples(LIMITS, LIMITS, LIMITS), min_size=1, max_size=8), rule=SHIPPED_OR_ANY
)
def test_the_plain_path_equals_the_general_one(rows, rule):
    """Three columns bare, with every state spelled out, and beside one more who abstains."""
    limits = np.array(rows, np.int64)
    states = np.full(limits.shape, "limit")
    wider = np.column_stack([limits, np.zeros(len(rows), np.int64)])
    with_one = np.column_stack([states, np.full(len(rows), "abstained")])

    plain = reconcile_columns(limits, rule=rule)
    general = reconcile_columns(limits, states, rule=rule)
    more = reconcile_columns(wider, with_one, rule=rule)

    for name in ("limit_fen", "method_codes", "spread_fen", "status", "reason_bits"):
        assert getattr(plain, name).tolist() == getattr(general, name).tolist()
    for name in ("limit_fen", "method_codes", "spread_fen", "status"):
        assert getattr(plain, name).tolist() == getattr(more, name).tolist()


@given(forms=FORMS, rule=SHIPPED_OR_ANY, caps=CAPS, seed=st.randoms())
def test_the_order_of_assessors_changes_nothing(forms, rule, caps, seed):
    """The whole decision is the same, reasons, trace and what it asks for included."""
    values = assessments(forms)
    mixed = seed.sample(values, len(values))
    named = {f"cap {n}": cap for n, cap in enumerate(caps)}

    assert reconcile(values, rule=rule, caps_fen=named) == reconcile(
        mixed, rule=rule, caps_fen=dict(reversed(named.items()))
    )


@given(values=VALUES, rule=RULES)
def test_before_caps_and_rounding_the_limit_lies_within_the_figures(values, rule):
    """No rule leaves the range of what was said."""
    free = ruled(rule, step_fen=1, rounding="down", reassess_on=(), quorum=3)
    forms = assessments([("limit", one, None) for one in values])

    found = reconcile(forms, rule=free)

    assert min(values) <= found.outcome["limit_fen"] <= max(values)
    assert min(values) <= found.outcome["before_fen"] <= max(values)


@given(
    values=st.lists(st.integers(1, 200), min_size=3, max_size=9),
    rule=SHIPPED_OR_ANY,
    times=st.integers(1, 12),
)
def test_a_limit_scales_with_its_steps(values, rule, times):
    """Figures, step and absolute part times a number give the limit times that number."""
    rule = ruled(rule, close_fen=None)
    forms = [("limit", one * rule.step_fen.value, None) for one in values]
    larger = [("limit", limit * times, None) for _, limit, _ in forms]

    alone = reconcile(assessments(forms), rule=rule)
    scaled = reconcile(assessments(larger), rule=ruled(rule, step_fen=rule.step_fen.value * times))

    assert alone.status == scaled.status
    if alone.status == "decided":
        assert alone.outcome["limit_fen"] * times == scaled.outcome["limit_fen"]


@given(values=st.lists(LIMITS, min_size=3, max_size=8))
def test_a_figure_equal_to_the_median_keeps_it(values):
    """One more who says what came out changes nothing."""
    rule = ruled(PRUDENT, step_fen=1, reassess_on=())
    first = reconcile(assessments([("limit", one, None) for one in values]), rule=rule)
    result = first.outcome["limit_fen"]

    second = reconcile(assessments([("limit", one, None) for one in [*values, result]]), rule=rule)

    # An even number of figures may have a median of half a fen, which the step cuts.
    kept = middle([*values, result])
    assert result == int(middle(values))
    assert int(kept) == second.outcome["limit_fen"]
    if len(values) % 2:
        assert result == second.outcome["limit_fen"]


@given(values=st.lists(LIMITS, min_size=0, max_size=8), rule=SHIPPED_OR_ANY)
def test_a_veto_once_reached_beats_every_figure(values, rule):
    """However many figures there are, and below the quorum, too."""
    forms = [("limit", one, None) for one in values] + [("veto", None, "overdue")]
    single = ruled(rule, vetoes=1)

    found = reconcile(assessments(forms), rule=single)

    assert "none" == found.status
    assert "LIM-040" in codes_of(found)


@given(
    values=VALUES.filter(lambda values: len(values) < 9),
    state=st.sampled_from(["abstained", "does_not_know", "recused", "late", "struck"]),
    rule=SHIPPED_OR_ANY,
)
def test_who_is_left_out_counts_neither_as_zero_nor_in_a_divisor(values, state, rule):
    """The limit is what it is without the form."""
    forms = [("limit", one, None) for one in values]

    with_one = reconcile(assessments([*forms, (state, None, None)]), rule=rule)
    without = reconcile(assessments(forms), rule=rule)

    assert without.status == with_one.status
    if without.status == "decided":
        assert without.outcome["limit_fen"] == with_one.outcome["limit_fen"]
        assert (state,) == with_one.outcome["left_out_for"]


@given(
    values=VALUES,
    compromise=st.sampled_from(COMPROMISES),
    mode=st.sampled_from(["down", "half_up", "half_even"]),
    place=st.integers(0, 8),
    more=LIMITS,
)
def test_a_compromise_never_falls_when_a_figure_rises(values, compromise, mode, place, more):
    """Each compromise is monotone in every figure, after rounding too."""
    rule = ruled(PRUDENT, compromise=compromise, rounding=mode, step_fen=7, reassess_on=())
    place %= len(values)
    raised = [*values]
    raised[place] = min(values[place] + more, MAX_LIMIT_FEN)

    def limit_of(these):
        found = reconcile(assessments([("limit", one, None) for one in these]), rule=rule)
        return found.outcome["limit_fen"] if found.status == "decided" else 0

    assert limit_of(values) <= limit_of(raised)


def test_the_closest_pair_can_fall_when_a_figure_rises():
    """Where the rule takes a pair it is not monotone: a risen figure may let a low pair win."""
    before = reconcile(thousands(50, 90, 100)).outcome["limit_fen"]
    after = reconcile(thousands(50, 55, 100)).outcome["limit_fen"]
    rising = reconcile(thousands(80, 90, 96)).outcome["limit_fen"]
    risen = reconcile(thousands(80, 90, 101)).outcome["limit_fen"]

    assert (95 * THOUSAND, 52_500_00 // THOUSAND * THOUSAND) == (before, after)
    assert (93 * THOUSAND, 85 * THOUSAND) == (rising, risen)


@given(sums=st.integers(1, 10**6), mode=st.sampled_from(["half_up", "half_even", "down"]))
def test_ties_of_halves_round_exactly(sums, mode):
    """A pair whose mean lies midway between two steps, with a large step and a small one."""
    step = 2_000
    rule = ruled(close_bp=100_000, step_fen=step, rounding=mode)
    half = sums * step + step // 2
    found = reconcile(
        assessments([("limit", half, None), ("limit", half, None), ("limit", half * 3, None)]),
        rule=rule,
    )

    assert {
        "half_up": (sums + 1) * step,
        "half_even": (sums + sums % 2) * step,
        "down": sums * step,
    }[mode] == found.outcome["limit_fen"]


# ---- boundaries --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amounts", "limit", "method"),
    [
        ((50, 60, 100), 55, "close"),
        ((30, 60, 100), 60, "compromise"),
        ((100, 60, 50), 55, "close"),
        ((60, 70, 80), 65, "close"),
        ((10, 12, 100, 110), 11, "close"),
        ((10, 40, 100, 190), 70, "compromise"),
        ((10, 20, 30, 40, 60), 30, "compromise"),
    ],
)
def test_close_or_compromise_on_small_cases(amounts, limit, method):
    """L05's two oracles, ties, and even and odd numbers of figures."""
    found = reconcile(thousands(*amounts)).outcome

    assert (limit * THOUSAND, method) == (found["limit_fen"], found["method"])


def test_the_closest_pair_is_close_by_its_own_lower_figure():
    """The pair with the smallest gap decides, even where a wider one higher up would be close."""
    found = reconcile(thousands(4, 5, 90, 92)).outcome

    assert (47_500_00 // THOUSAND * THOUSAND, "compromise") == (
        found["limit_fen"],
        found["method"],
    )


def test_the_answer_holds_what_the_group_needs():
    """Who was left out and why, who dissents, whom to ask in addition, what other rules give."""
    forms = [
        *thousands(20, 90, 100),
        Assessment("x", state="abstained"),
        Assessment("y", 80 * THOUSAND, state="late"),
        Assessment("z", state="dissent", remark="sold his cattle"),
    ]

    found = reconcile(forms, relations=[("v", "kin")], reserves=["v", "x", "w"])

    assert {
        "limit_fen": 95 * THOUSAND,
        "method": "close",
        "spread_fen": 80 * THOUSAND,
        "before_fen": 95 * THOUSAND,
        "count": 3,
        "capped_by": (),
        "left_out": ("x", "y"),
        "left_out_for": ("abstained", "late"),
        "dissents": ("a", "z"),
        "remarks": ("", "sold his cattle"),
        "further": ("w",),
        "other_rules": ("closest_pair", *COMPROMISES),
        "other_rules_fen": (
            *(95 * THOUSAND, 90 * THOUSAND, 70 * THOUSAND, 90 * THOUSAND),
            *(20 * THOUSAND, 75 * THOUSAND, 60 * THOUSAND),
        ),
    } == dict(found.outcome)
    assert ("LIM-001", "LIM-030", "LIM-032", "LIM-050", "LIM-053") == codes_of(found)


def test_the_trace_leads_from_the_figures_to_the_limit():
    """Each step one line; a decision that waits shows how far it came."""
    found = reconcile(thousands(50, 60, 100), caps_fen={"model": 52_500_00})
    held = reconcile(thousands(30, 60, 100), rule=PRUDENT)

    assert (
        "figures: 50,000.00, 60,000.00, 100,000.00 yuan, spread 50,000.00",
        "closest pair: 50,000.00 and 60,000.00 yuan, close",
        "before rounding: 55,000.00 yuan",
        "rounded down to 1,000.00: 55,000.00 yuan",
        "lowest cap: model, 52,500.00 yuan",
        "limit: 52,000.00 yuan",
    ) == found.trace
    assert (
        "figures: 30,000.00, 60,000.00, 100,000.00 yuan, spread 70,000.00",
        "before rounding: 60,000.00 yuan",
        "rounded down to 1,000.00: 60,000.00 yuan",
    ) == held.trace


def test_the_trace_says_where_a_pair_is_not_close():
    """The closest pair is shown though it does not count."""
    assert "closest pair: 30,000.00 and 60,000.00 yuan, not close" in (
        reconcile(thousands(30, 60, 100)).trace
    )


def test_reasons_speak_both_languages_with_their_facts():
    """The figures of the rule stand behind them."""
    found = reconcile(
        [*thousands(20, 90, 100), Assessment("e", state="veto")],
        relations=[("f", "spouse")],
        rule=ruled(rounds=1),
    )

    assert (
        "LIM-030 a says 20,000.00 yuan, below 50% of the result: to a further assessor and "
        "the group (library default, not a regulation)"
    ) in found.explain("en")
    assert "LIM-033 e以-否决，本行无法核实，按异议处理（本库建议值，非监管规定）" in found.explain(
        "zh"
    )
    assert {"limits.close", "limits.low_dissent", "bank"} == {one.id for one in found.bases()}


@pytest.mark.parametrize("kind", RELATIONS)
def test_every_relation_recuses_and_is_said(kind):
    """Its assessor is left out, even though no form says so, and is never asked as a reserve."""
    forms = thousands(50, 60, 60, 100)

    found = reconcile(forms, relations=[("d", kind)])
    bare = reconcile(forms, relations=[("d", kind)], rule=ruled(recused_for=()))
    short = reconcile(forms[1:3], relations=[("r", kind)], reserves=["r", "s"])

    assert (("d",), (kind,)) == (found.outcome["left_out"], found.outcome["left_out_for"])
    assert () == bare.outcome["left_out"]
    assert ("s",) == short.ask


@pytest.mark.parametrize(("degree", "is_out"), [(None, True), (1, True), (3, True), (4, False)])
def test_kin_are_recused_to_the_last_degree_and_where_it_is_unknown(degree, is_out):
    """Three degrees by default; who does not know the degree does not know that it is far."""
    relation = Relation("d", "kin", degree=degree)

    found = reconcile(thousands(50, 60, 60, 100), relations=[relation])

    assert is_out == (found.outcome["left_out"] == ("d",))


def test_a_relation_goes_before_the_assessors_own_word_and_a_veto():
    """A related assessor's veto does not count; two relations are two reasons."""
    forms = [*thousands(50, 60, 60), Assessment("d", state="veto", code="overdue")]

    found = reconcile(forms, relations=[("d", "debtor"), ("d", "kin", 2)])

    assert ("LIM-001", "LIM-062", "LIM-066") == codes_of(found)
    assert ("debtor",) == found.outcome["left_out_for"]


def test_the_last_round_of_each_assessor_counts():
    """A form of an earlier round is superseded; who states nothing again stands by it."""
    forms = [*thousands(30, 60, 100), Assessment("a", 58 * THOUSAND, in_round=2)]

    found = reconcile(forms, rule=PRUDENT)

    assert (60 * THOUSAND, 42 * THOUSAND, 3) == (
        found.outcome["limit_fen"],
        found.outcome["spread_fen"],
        found.outcome["count"],
    )


def test_a_form_of_a_later_day_leaves_the_earlier_one_in_force():
    """On the day asked only what was handed in is known, the round included."""
    day = datetime.date(2024, 6, 1)
    forms = [
        *thousands(30, 60, 100),
        Assessment("a", 58 * THOUSAND, in_round=2, at=day + datetime.timedelta(days=1)),
        Assessment("d", 70 * THOUSAND, at=day + datetime.timedelta(days=1)),
    ]

    before = reconcile(forms, rule=PRUDENT, as_of=day)
    after = reconcile(forms, rule=PRUDENT, as_of=day + datetime.timedelta(days=1))

    assert ("undetermined", ("a", "b", "c")) == (before.status, before.ask)
    assert ("LIM-031", "LIM-035", "LIM-068") == codes_of(before)
    assert (65 * THOUSAND, 4) == (after.outcome["limit_fen"], after.outcome["count"])
    assert ("LIM-004", "LIM-031", "LIM-036") == codes_of(after)


def test_two_vetoes_may_be_needed():
    """One of two is a dissent that calls a re-assessment, two are a veto."""
    rule = ruled(vetoes=2)
    one = [*thousands(50, 60, 100), Assessment("x", state="veto", code="overdue")]
    two = [*one, Assessment("y", state="no_credit", code="judgment_debtor")]

    assert ("undetermined", ("LIM-034", "LIM-035")) == (
        reconcile(one, rule=rule).status,
        codes_of(reconcile(one, rule=rule)),
    )
    assert ("none", ("LIM-040",)) == (
        reconcile(two, rule=rule).status,
        codes_of(reconcile(two, rule=rule)),
    )


def test_caps_come_by_name_or_as_amounts():
    """The lowest binds, named; one above the result does not, and one just at it neither."""
    forms = thousands(50, 60, 100)

    assert ("2",) == reconcile(forms, caps_fen=(54 * THOUSAND, 40 * THOUSAND)).outcome["capped_by"]
    assert () == reconcile(forms, caps_fen={"model": 55 * THOUSAND + 1}).outcome["capped_by"]
    assert ("a",) == reconcile(forms, caps_fen={"b": 5 * THOUSAND, "a": 5 * THOUSAND}).outcome[
        "capped_by"
    ]
    assert ("none", ()) == (
        reconcile(forms, caps_fen={"model": None, "household": 0}).status,
        reconcile(forms, caps_fen={"model": None, "household": 0}).ask,
    )
    assert ("c", "model") == reconcile(forms[:2], reserves=["c"], caps_fen={"model": None}).ask


def test_a_cap_rounds_down_even_where_the_result_rounds_up():
    """A limit never exceeds its cap."""
    rule = ruled(rounding="half_up")
    found = reconcile(thousands(50, 60, 100), rule=rule, caps_fen=(54_999_99,))

    assert 54 * THOUSAND == found.outcome["limit_fen"]


def test_ids_may_be_numbers():
    """One kind of id or both: the order is fixed, numbers first."""
    forms = [Assessment(10, THOUSAND), Assessment(9, THOUSAND), Assessment("a", state="late")]

    third = [Assessment(11, 3 * THOUSAND), Assessment("a", state="dissent")]

    assert "undetermined" == reconcile(forms).status
    assert (9, 10, 11, "a") == reconcile([*forms[:2], *third], rule=PRUDENT).ask


# ---- values ------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [CLOSE_OR_COMPROMISE, PRUDENT])
def test_rules_and_forms_turn_into_plain_data_and_back(rule):
    """Equal values, equal digests, and the same across a process."""
    form = Assessment("a", state="veto", code="overdue", at=datetime.date(2024, 6, 1))
    relation = Relation("a", "kin", degree=2)

    assert rule == from_dict(ReconcileRule, to_dict(rule))
    assert form == from_dict(Assessment, to_dict(form))
    assert relation == from_dict(Relation, to_dict(relation))
    assert rule == pickle.loads(pickle.dumps(rule))  # noqa: S301  # our own bytes
    assert hash(rule) == hash(from_dict(ReconcileRule, to_dict(rule)))


def test_a_decision_names_its_rule():
    """Id, version, content and day; another content has another digest."""
    day = datetime.date(2024, 6, 1)
    first = reconcile(thousands(50, 60, 100), as_of=day).basis
    second = reconcile(thousands(50, 60, 100), as_of=day, rule=ruled(compromise="mean")).basis

    assert ("limits.close_or_compromise", "1", day) == (first.id, first.version, first.as_of)
    assert first.digest != second.digest


def test_names_do_not_show_in_a_form():
    """A remark may hold anything, so a form's repr leaves it out."""
    assert "cattle" not in repr(Assessment("a", state="dissent", remark="sold his cattle"))
    assert "10 codes" in repr(CLOSE_OR_COMPROMISE)
    assert "close_fen=None" in repr(CLOSE_OR_COMPROMISE)


def test_only_law_and_policy_decide():
    """The classes of the shipped grounds, none of them a protected fact."""
    assert {"law": True, "policy": True, "remark": False} == {
        code.kind: code.decides for code in CODES
    }
    assert not CLOSE_OR_COMPROMISE.decides(None)
    assert not CLOSE_OR_COMPROMISE.decides("unheard of")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"limit_fen": None}, "must state limit_fen, got None"),
        ({"limit_fen": 0}, "must be 1 to 10000000000000 fen, got 0: a limit of 0 is 'no_credit'"),
        ({"limit_fen": -1}, "got -1$"),
        ({"limit_fen": MAX_LIMIT_FEN + 1}, "got 10000000000001$"),
        ({"limit_fen": 5.0}, "whole fen in an int, got float 5.0"),
        ({"limit_fen": True}, "whole fen in an int, got bool True"),
        ({"limit_fen": 5, "state": "abstained"}, "limit_fen must be None where the state is"),
        ({"limit_fen": 0, "state": "late"}, "must be 1 to"),
        ({"state": "late", "code": "overdue"}, "code must be None where the state is 'late'"),
        ({"limit_fen": 5, "code": "overdue"}, "only veto and no_credit have one"),
        ({"state": "no_credit"}, "must give no_credit with a code, got None"),
        ({"state": "veto", "code": " "}, "code must be text and not blank"),
        ({"state": "veto", "code": 5}, "code must be text and not blank, or None, got 5"),
        ({"state": "refused"}, "state must be one of limit, abstained"),
        ({"limit_fen": 5, "remark": None}, "remark must be a str, empty for none, got None"),
        ({"limit_fen": 5, "at": "2024"}, "at must be a date or None, got '2024'"),
        ({"limit_fen": 5, "at": datetime.datetime(2024, 1, 1)}, "pass its .date()"),  # noqa: DTZ001
        ({"limit_fen": 5, "in_round": 0}, "in_round must be an int from 1, got 0"),
        ({"limit_fen": 5, "in_round": True}, "in_round must be an int from 1, got True"),
        ({"limit_fen": 5, "in_round": "2"}, "in_round must be an int from 1, got '2'"),
    ],
)
def test_a_form_that_says_nothing_or_two_things_is_refused(facts, says):
    """What must hold, what came."""
    with pytest.raises(CreditError, match=says):
        Assessment("a", **facts)


@pytest.mark.parametrize("assessor", ["", " a", None, True, 1.5])
def test_an_assessor_has_an_id(assessor):
    """Blanks at the ends are a slip, not an id."""
    with pytest.raises(CreditError, match="assessor must be an id"):
        Assessment(assessor, 5)


@pytest.mark.parametrize(
    ("relation", "says"),
    [
        ("a", "a relation must be a Relation or"),
        (("a",), "a relation must be a Relation or"),
        (("a", "neighbour"), "kind must be one of member, spouse"),
        (("a", "kin", 0), "degree must be an int from 1, got 0"),
        (("a", "kin", True), "degree must be an int from 1, got True"),
        (("a", "spouse", 1), "degree must be None where the kind is 'spouse'"),
    ],
)
def test_a_relation_that_nobody_could_check_is_refused(relation, says):
    """A slip of the pen must not let an assessor count."""
    with pytest.raises(CreditError, match=says):
        reconcile(thousands(50, 60, 100), relations=[relation])


@pytest.mark.parametrize(
    ("forms", "facts", "says"),
    [
        ([], {}, "must have 1 to 9 assessors, got 0"),
        ([*thousands(*range(1, 10)), Assessment("z", 5)], {}, "1 to 9 assessors, got 10"),
        ([*thousands(50, 60), Assessment("a", 5)], {}, "got two of 'a' in round 1"),
        ([5], {}, "must hold Assessment values, got int 5"),
        (Assessment("a", 5), {}, "1 to 9 assessors|undetermined"),
        (None, {"relations": "a"}, "relations must be several, got 'a'"),
        (None, {"reserves": "a"}, "reserves must be several, got 'a'"),
        (None, {"reserves": [None]}, "a reserve must be an id"),
        (None, {"caps_fen": 5}, "caps_fen must be amounts by name or several amounts, got 5"),
        (None, {"caps_fen": "5"}, "caps_fen must be amounts by name"),
        (None, {"caps_fen": [-1]}, "cap 1 must be whole fen from 0 or None for unknown, got -1"),
        (None, {"caps_fen": {"model": 5.0}}, "cap model must be whole fen"),
        (None, {"caps_fen": {"model": True}}, "cap model must be whole fen"),
        (None, {"caps_fen": {" ": 5}}, "a cap must be named by text"),
        (None, {"as_of": "2024"}, "as_of must be a date or None, got '2024'"),
        (None, {"as_of": datetime.datetime(2024, 1, 1)}, "pass its .date()"),  # noqa: DTZ001
        (None, {"as_of": datetime.date(2015, 1, 1)}, "in force from 2016-01-01, asked as of"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(forms, facts, says):
    """What must hold, what came, how to mend it."""
    if isinstance(forms, Assessment):
        assert "undetermined" == reconcile(forms).status
        return
    with pytest.raises(CreditError, match=says):
        reconcile(thousands(50, 60, 100) if forms is None else forms, **facts)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": " "}, "ReconcileRule.id must be text and not blank"),
        ({"version": ""}, "ReconcileRule.version must be text"),
        ({"in_force": "2016"}, "in_force must be a date, got '2016'"),
        ({"in_force": datetime.datetime(2016, 1, 1)}, "in_force must be a date"),  # noqa: DTZ001
        ({"close": "near"}, "close must be one of closest_pair, all, never, got 'near'"),
        ({"pair_takes": "higher"}, "pair_takes must be one of mean, lower"),
        ({"compromise": "mode"}, "compromise must be one of median, mean"),
        ({"rounding": "up"}, "rounding must be one of half_up, half_even, down"),
        (
            {"recused_for": ("friend",)},
            "recused_for must hold member, spouse.* only, got 'friend'",
        ),
        ({"reassess_on": ("doubt",)}, "reassess_on must hold unverified_veto.*, got 'doubt'"),
        ({"codes": (CODES[0], CODES[0])}, "a code must stand once in a rule, got 'under_age'"),
        ({"quorum": None}, "quorum must be a Figure of a whole number from 3 to 9, got None"),
        ({"close_bp": figure("a fifth")}, "close_bp must be a Figure of a whole number"),
        ({"close_bp": figure(-1)}, "from 0 to 100000, got -1"),
        ({"close_bp": figure(100_001)}, "from 0 to 100000, got 100001"),
        ({"close_fen": figure(-1)}, "close_fen must be"),
        ({"quorum": figure(2)}, "from 3 to 9, got 2"),
        ({"quorum": figure(10)}, "from 3 to 9, got 10"),
        ({"vetoes": figure(0)}, "from 1 to 9, got 0"),
        ({"kin_degree": figure(0)}, "from 1 to 99, got 0"),
        ({"low_dissent_bp": figure(10_001)}, "from 1 to 10000, got 10001"),
        ({"spread_bp": figure(0)}, "from 1 to 100000, got 0"),
        ({"rounds": figure(0)}, "from 1 to 9, got 0"),
        ({"step_fen": figure(0)}, "from 1 to 10000000000000, got 0"),
        ({"step_fen": 5}, "step_fen must be a Figure of a whole number from 1 to .*, got 5"),
    ],
)
def test_a_rule_with_another_option_is_refused(changes, says):
    """It lists the words or the range that pass."""
    with pytest.raises(CreditError, match=says):
        attrs.evolve(CLOSE_OR_COMPROMISE, **changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": ""}, "AssessorCode.id must be text"),
        ({"source": " "}, "AssessorCode.source must be text"),
        ({"kind": "rumour"}, "kind must be one of law, policy, remark, got 'rumour'"),
        ({"says": {"en": "x"}}, "must say its ground in en and zh"),
        ({"basis": "law"}, "basis must be one of source document"),
    ],
)
def test_a_ground_that_nobody_could_read_is_refused(changes, says):
    """A code has an id, a class, two sentences, a source and a basis."""
    with pytest.raises(CreditError, match=says):
        attrs.evolve(CODES[0], **changes)


def test_a_bank_may_bring_its_own_grounds():
    """A code of the bank's list decides once its class is policy."""
    own = AssessorCode(
        id="enforced",
        kind="policy",
        says={"en": "a judgment is being enforced", "zh": "有未结执行案件"},
        source="Example Bank",
        basis="bank policy",
    )
    forms = [*thousands(50, 60, 100), Assessment("d", state="veto", code="enforced")]

    assert "undetermined" == reconcile(forms).status
    assert "none" == reconcile(forms, rule=ruled(codes=(*CODES, own))).status


# ---- columns -----------------------------------------------------------------------------

GRID = np.array([[50, 60, 100], [30, 60, 100], [10, 90, 100]]) * THOUSAND


def test_the_shape_of_an_answer():
    """Read-only arrays of one length, words where they are asked for."""
    found = reconcile_columns(GRID, [["limit"] * 3, ["limit", "late", "limit"], ["limit"] * 3])

    assert [55 * THOUSAND, -1, 95 * THOUSAND] == found.limit_fen.tolist()
    assert ["close", None, "close"] == found.method.tolist()
    assert [50 * THOUSAND, 70 * THOUSAND, 90 * THOUSAND] == found.spread_fen.tolist()
    assert [0, -2, 0] == found.status.tolist()
    assert (np.int64, np.int8) == (found.limit_fen.dtype, found.status.dtype)
    assert {"decided": 2, "undetermined": 1} == dict(found.counts())
    assert "Reconciled(3 rows: 2 decided, 1 undetermined)" == repr(found)
    assert ("LIM-041", "LIM-053") == found.codes_of(1)
    assert [False, False, True] == found.has("LIM-030").tolist()
    assert 3 == len(found)
    with pytest.raises(ValueError, match="read-only"):
        found.limit_fen[0] = 1
    with pytest.raises(CreditError, match="code must be one of LIM-001"):
        found.has("LIM-061")


@pytest.mark.parametrize(
    "bring",
    [
        pytest.param(lambda rows: rows.tolist(), id="lists"),
        pytest.param(lambda rows: rows.astype(np.int32), id="int32"),
        pytest.param(lambda rows: rows.astype(np.uint64), id="uint64"),
        pytest.param(np.asfortranarray, id="columns first"),
        pytest.param(pd.DataFrame, id="pandas"),
        pytest.param(pl.DataFrame, id="polars"),
    ],
)
def test_figures_come_in_any_array(bring):
    """The answer is that of int64."""
    rows = GRID // 100

    assert reconcile_columns(rows, rule=ruled(step_fen=10)).limit_fen.tolist() == (
        reconcile_columns(bring(rows), rule=ruled(step_fen=10)).limit_fen.tolist()
    )


def test_states_come_as_words_or_positions():
    """Text, objects, categories and int8 say the same."""
    words = np.array(
        [["limit", "limit", "limit"], ["limit", "abstained", "veto"], ["limit", None, "late"]],
        dtype=object,
    )
    places = np.array(
        [[-1 if one is None else STATES.index(one) for one in row] for row in words], np.int8
    )
    blank = words.copy()
    blank[2, 1] = float("nan")
    marked = words.copy()
    marked[2, 1] = pd.NA
    first = reconcile_columns(GRID, words)

    for states in (places, blank, marked, words.tolist(), pd.DataFrame(words)):
        assert first.reason_bits.tolist() == reconcile_columns(GRID, states).reason_bits.tolist()
    assert [0, -1, -2] == first.status.tolist()


def test_every_word_is_read_alike_from_texts_and_from_objects():
    """Nine words in each place, fixed-width text and Python's own."""
    words = np.array(STATES).reshape(3, 3)

    texts, objects = (
        reconcile_columns(np.full((3, 3), THOUSAND), states)
        for states in (words, words.astype(object))
    )

    assert texts.reason_bits.tolist() == objects.reason_bits.tolist()
    assert [
        ("LIM-041", "LIM-050", "LIM-051"),
        ("LIM-032", "LIM-040", "LIM-052"),
        ("LIM-040", "LIM-053", "LIM-054"),
    ] == [texts.codes_of(row) for row in range(3)]


def test_an_unknown_figure_is_no_form():
    """Without states a missing cell is a form that was not handed in, never zero."""
    found = reconcile_columns([[50 * THOUSAND, None, 60 * THOUSAND], GRID[0].tolist()])

    assert [-1, 55 * THOUSAND] == found.limit_fen.tolist()
    assert ("LIM-041",) == found.codes_of(0)


def test_no_row_and_many_rows_are_answered():
    """An empty array has an empty answer; blocks join without a seam."""
    many = np.tile(GRID, (columns_module._BLOCK, 1))
    found = reconcile_columns(many)

    assert 0 == len(reconcile_columns(np.zeros((0, 3), np.int64)))
    assert (
        np.tile([55, 60, 95], columns_module._BLOCK).tolist()
        == (found.limit_fen // THOUSAND).tolist()
    )


def test_fewer_assessors_than_the_quorum_leave_all_rows_open():
    """Two columns are two figures: never a limit."""
    found = reconcile_columns(GRID[:, :2])

    assert [-2, -2, -2] == found.status.tolist()
    assert [("LIM-041",)] * 3 == [found.codes_of(n) for n in range(3)]
    assert [10 * THOUSAND, 30 * THOUSAND, 80 * THOUSAND] == found.spread_fen.tolist()


@pytest.mark.parametrize(
    "caps",
    [
        pytest.param(52 * THOUSAND, id="one for all"),
        pytest.param([52 * THOUSAND] * 3, id="list"),
        pytest.param(np.full((3, 2), 52 * THOUSAND), id="grid"),
        pytest.param({"model": [52 * THOUSAND] * 3, "household": [10**9] * 3}, id="by name"),
    ],
)
def test_caps_of_columns_come_in_several_ways(caps):
    """The lowest of a row binds."""
    found = reconcile_columns(GRID, caps_fen=caps)

    assert [52 * THOUSAND] * 3 == found.limit_fen.tolist()
    assert found.has("LIM-020").all()


def test_rounds_come_for_all_rows_or_for_each():
    """The first waits, the second is the last."""
    states = np.full(GRID.shape, "limit")
    states = np.column_stack([states, np.full(3, "veto")])
    limits = np.column_stack([GRID, np.zeros(3, np.int64)])
    codes = np.full(limits.shape, "gambling")

    each = reconcile_columns(limits, states, codes=codes, in_round=[1, 2, 3])

    assert [-2, 0, 0] == each.status.tolist()
    assert [0, 0, 0] == reconcile_columns(limits, states, codes=codes, in_round=2).status.tolist()


@pytest.mark.parametrize(
    ("limits", "facts", "says"),
    [
        ([50, 60, 100], {}, r"limits_fen must have the shape \(n, k\).*got \(3,\)"),
        (np.ones((2, 10), np.int64), {}, r"k from 1 to 9, got \(2, 10\)"),
        (np.ones((2, 0), np.int64), {}, r"k from 1 to 9, got \(2, 0\)"),
        (GRID * 1.0, {}, "limits_fen\\[:, 0\\] must be whole fen in integers"),
        ([[1, 0, 1]], {}, "1 cell is not, at row 0, assessor 1 \\(0\\): a limit of 0"),
        ([[1, 1, -5]], {}, "assessor 2 \\(-5\\)"),
        ([[1, 1, MAX_LIMIT_FEN + 1]], {}, "limits_fen must be 1 to 10000000000000 fen where"),
        ([[1, None, 1]], {"states": [["limit"] * 3]}, "at row 0, assessor 1 \\(None\\)"),
        ([[1, 1, 0]], {"states": [["limit"] * 3]}, "assessor 2 \\(0\\)"),
        (GRID, {"states": [["limit"] * 3]}, r"states must have the shape \(3, 3\), got \(1, 3\)"),
        ([[1, 1, 1]], {"states": [["limit", "lost", 5]]}, "2 cells are not.*\\('lost'\\)"),
        ([[1, 1, 1]], {"states": [["limit", "lost", "zz"]]}, "2 cells are not.*\\('lost'\\)"),
        ([[1, 1, 1]], {"states": [[0, 9, -2]]}, "states must be -1 to 8, 2 cells are not"),
        ([[1, 1, 1]], {"states": [["veto"] * 3], "codes": [["x"]]}, "codes must have the shape"),
        (GRID, {"caps_fen": [1, 2]}, "caps_fen must have 3 rows, got 2"),
        (GRID, {"caps_fen": [1, -2, -3]}, "2 rows are not, the first at row 1 \\(-2\\)"),
        (GRID, {"caps_fen": {"m": [1.5] * 3}}, "caps_fen\\['m'\\] must"),
        (GRID, {"in_round": 0}, "in_round must be from 1, got 0"),
        (GRID, {"in_round": [1, 0, 1]}, "in_round must hold 3 rounds from 1, got 3 rows with 1"),
        (GRID, {"in_round": [1]}, "in_round must hold 3 rounds from 1, got 1 rows"),
    ],
)
def test_columns_that_cannot_be_read_are_refused(limits, facts, says):
    """The column, how many cells, and the first of them."""
    with pytest.raises(CreditError, match=says):
        reconcile_columns(limits, **facts)


def test_an_error_keeps_its_parts():
    """A program need not parse the sentence."""
    with pytest.raises(InputError) as caught:
        reconcile_columns([[1, 1, 1], [0, 1, 0]])

    assert ("limits_fen", 2, 1) == (
        caught.value.column,
        caught.value.count,
        caught.value.first_row,
    )


def test_an_answer_is_made_by_the_room_only():
    """`Reconciled` crosses a process with its arrays."""
    found = reconcile_columns(GRID)
    again = pickle.loads(pickle.dumps(found))  # noqa: S301  # our own bytes

    assert isinstance(again, Reconciled)
    assert found.limit_fen.tolist() == again.limit_fen.tolist()
