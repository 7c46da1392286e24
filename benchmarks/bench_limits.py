"""The promises of the room `limits`: 200,000 households of three assessors each.

Every benchmark asserts equal answers first, then shows a table, then asserts the ratio.
"""

import functools
import statistics
from collections.abc import Callable, Sequence

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from benchmarks.measure import median_ms, sort_ms
from ruralcredit.limits import CLOSE_OR_COMPROMISE, PRUDENT, ReconcileRule, reconcile_columns

pytestmark = pytest.mark.bench

HOUSEHOLDS = 200_000
APPLIED = 20_000
QUICK_HOUSEHOLDS = 2_000
ROUNDS = 9
# Whole thousands, as assessors write them, so that rounding to the step changes no median.
STEP = 1_000_00
STATES = ("limit", "abstained", "does_not_know", "veto", "dissent", "late")
SHARES = (0.92, 0.02, 0.03, 0.005, 0.015, 0.01)
PLAIN_BAR, APPLY_BAR, LOOP_BAR = 3, 100, 20
PLAIN_RULES = (
    CLOSE_OR_COMPROMISE,
    PRUDENT,
    *(
        attrs.evolve(PRUDENT, compromise=how, reassess_on=())
        for how in ("mean", "drop_highest_and_lowest", "lower", "hodges_lehmann", "midpoint")
    ),
)

Answer = tuple[int, int, frozenset[str]]
Question = Callable[[], object]


@attrs.frozen(kw_only=True)
class Village:
    """Figures and states of many households, as arrays and as a long frame."""

    limits: npt.NDArray[np.int64]
    states: npt.NDArray[np.str_]

    def frame(self, count: int) -> pd.DataFrame:
        """Return the first households, one row a form."""
        width = self.limits.shape[1]
        return pd.DataFrame(
            {
                "household": np.repeat(np.arange(count), width),
                "limit_fen": self.limits[:count].ravel(),
                "state": self.states[:count].ravel(),
            }
        )


@pytest.fixture(scope="module")
def village(quick) -> Village:
    """Assessors who err by a fifth around lognormal truths, some of them in other states."""
    count = QUICK_HOUSEHOLDS if quick else HOUSEHOLDS
    random = np.random.default_rng(0)
    truth = np.exp(random.normal(np.log(80), 0.6, (count, 1)))
    said = truth * np.exp(random.normal(0, 0.2, (count, 3)))
    limits = (np.maximum(1, np.round(said / 5)) * 5).astype(np.int64) * STEP
    return Village(limits=limits, states=random.choice(STATES, size=(count, 3), p=SHARES))


def by_hand(limits: Sequence[int], states: Sequence[str]) -> Answer:
    """Return limit, status and reason codes of one household, as an analyst writes the rule."""
    codes = set()
    values = []
    for limit, state in zip(limits, states, strict=True):
        if state == "limit":
            values.append(limit)
        elif state == "veto":
            return -1, -1, frozenset({"LIM-040"} | CODES_OF[frozenset(states)])
    codes |= CODES_OF[frozenset(states)]
    if len(values) < 3:
        return -1, -2, frozenset(codes | {"LIM-041"})
    values.sort()
    low, middle, high = values
    pair = (low, middle) if middle - low <= high - middle else (middle, high)
    if 5 * (pair[1] - pair[0]) <= pair[0]:
        result = (pair[0] + pair[1]) // (2 * STEP) * STEP
        codes.add("LIM-001")
    else:
        result = middle // STEP * STEP
        codes.add("LIM-004")
    if low != pair[0] and 2 * low < result:
        codes.add("LIM-030")
    if high - low > middle:
        codes.add("LIM-031")
    return result, 0, frozenset(codes)


_CODE_OF = {
    "abstained": "LIM-050",
    "does_not_know": "LIM-051",
    "late": "LIM-053",
    "dissent": "LIM-032",
}


class _Codes(dict[frozenset[str], frozenset[str]]):
    """The codes of what a household's forms say, looked up once for each set of states."""

    def __missing__(self, states: frozenset[str]) -> frozenset[str]:
        self[states] = frozenset(_CODE_OF[one] for one in states if one in _CODE_OF)
        return self[states]


CODES_OF = _Codes()


def by_median(frame: pd.DataFrame) -> pd.Series:
    """Return the median of each household by pandas."""
    return frame.groupby("household")["limit_fen"].median()


def by_loop(limits: list[list[int]], states: list[list[str]]) -> list[Answer]:
    """Return the answers of all households, one after the other."""
    return [by_hand(one, words) for one, words in zip(limits, states, strict=True)]


def by_apply(frame: pd.DataFrame) -> pd.Series:
    """Return the answers of all households by pandas' groupby.apply."""
    return frame.groupby("household")[["limit_fen", "state"]].apply(
        lambda group: by_hand(group["limit_fen"].tolist(), group["state"].tolist())
    )


def _in_turn(questions: dict[str, Question], *, rounds: int) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in questions}
    for _ in range(rounds):
        for name, question in questions.items():
            taken[name].append(median_ms(question, times=1))
    return {name: statistics.median(each) for name, each in taken.items()}


def _named(rule: ReconcileRule) -> str:
    return f"{rule.close}, {rule.compromise}"


def test_plain_rules_beat_the_median_of_pandas(village, quick, show):
    """Every plain rule, its reasons included, takes a third of groupby.median or less."""
    frame = village.frame(len(village.limits))
    median = by_median(frame)
    ours = reconcile_columns(village.limits, rule=attrs.evolve(PRUDENT, reassess_on=()))
    assert np.array_equal(median.to_numpy(), ours.limit_fen)

    questions: dict[str, Question] = {
        "pandas groupby.median": functools.partial(by_median, frame),
        **{
            _named(rule): functools.partial(reconcile_columns, village.limits, rule=rule)
            for rule in PLAIN_RULES
        },
    }
    taken = _in_turn(questions, rounds=1 if quick else ROUNDS)
    peer, sort = taken["pandas groupby.median"], sort_ms()
    show(
        f"{len(village.limits):,} households x 3",
        ("rule", "ms", "sorts", "times pandas"),
        [
            (name, f"{ms:.1f}", f"{ms / sort:.2f}", f"{peer / ms:.1f}")
            for name, ms in taken.items()
        ],
    )
    if not quick:
        assert max(taken[_named(rule)] for rule in PLAIN_RULES) * PLAIN_BAR <= peer


def test_states_and_reasons_beat_apply_and_a_loop(village, quick, show):
    """With states and reason codes: 100 times groupby.apply, 20 times a loop of the same rule."""
    limits, states = village.limits.tolist(), village.states.tolist()
    few = min(APPLIED, len(limits))
    frame = village.frame(few)
    ours = reconcile_columns(village.limits, village.states)
    looped = by_loop(limits, states)
    assert [one[0] for one in looped] == ours.limit_fen.tolist()
    assert [one[1] for one in looped] == ours.status.tolist()
    assert [one[2] for one in looped[:few]] == [frozenset(ours.codes_of(n)) for n in range(few)]
    assert looped[:few] == by_apply(frame).tolist()

    taken = _in_turn(
        {
            "ours": lambda: reconcile_columns(village.limits, village.states),
            "loop": lambda: by_loop(limits, states),
        },
        rounds=1 if quick else ROUNDS,
    )
    applied = median_ms(lambda: by_apply(frame), times=1) * len(limits) / few
    rows = [
        ("ours", f"{taken['ours']:.1f}", "1"),
        ("a Python loop", f"{taken['loop']:.1f}", f"{taken['loop'] / taken['ours']:.0f}"),
        ("groupby.apply", f"{applied:.0f}", f"{applied / taken['ours']:.0f}"),
    ]
    show(f"{len(limits):,} households x 3, with states", ("way", "ms", "times ours"), rows)
    if not quick:
        assert taken["ours"] * LOOP_BAR <= taken["loop"]
        assert taken["ours"] * APPLY_BAR <= applied
