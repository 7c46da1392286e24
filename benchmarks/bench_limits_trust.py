"""Promises about the questions to assessors: speed, memory, the rules ranked, copying found."""

import importlib
import time
import tracemalloc
from types import ModuleType

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from benchmarks.measure import median_ms
from benchmarks.rule_simulation import SITUATIONS, flag_copying, rank_rules
from ruralcredit.limits import (
    copying,
    grubbs,
    icc,
    kendall_w,
    krippendorff_alpha,
    leniency,
)

LEVELS = ("nominal", "ordinal", "interval", "ratio")
SIZE, QUICK_SIZE = 200_000, 2_000


def _ratings(count: int) -> npt.NDArray[np.float64]:
    """Return three assessors' figures in steps of 5,000 yuan: 58 levels."""
    rng = np.random.default_rng(0)
    truth = rng.lognormal(2, 0.6, count)
    rows = truth[:, None] * np.exp(0.2 * rng.normal(size=(count, 3)))
    found: npt.NDArray[np.float64] = np.clip(np.round(rows * 2) / 2, 1, 29.5)
    return found


def _peer(name: str, *, quick: bool) -> ModuleType | None:
    """Return a peer; the quick form leaves out one that is not installed."""
    if quick and importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name)


def test_interval_alpha_is_300_times_krippendorff_on_20000_households(quick, show):
    """58 levels, three assessors; equal to the last digits."""
    ratings = _ratings(QUICK_SIZE if quick else 20_000)
    peer = _peer("krippendorff", quick=quick)
    rows = []
    ours = median_ms(lambda: krippendorff_alpha(ratings, level="interval"), times=15)
    rows.append(["ours", f"{ours:.2f}", ""])
    if peer is not None:
        start = time.perf_counter()
        theirs = peer.alpha(ratings.T, level_of_measurement="interval")
        taken = (time.perf_counter() - start) * 1e3
        rows.append(["krippendorff", f"{taken:,.0f}", f"{taken / ours:,.0f}"])
        assert abs(theirs - krippendorff_alpha(ratings, level="interval")) < 1e-12

    show(f"alpha, interval, {len(ratings):,} x 3", ["", "ms", "times"], rows)
    if not quick:
        assert taken >= 300 * ours


def test_alpha_of_200000_households_keeps_to_bounded_memory(quick, show):
    """At most eight times the ratings themselves for interval, fifteen at any level."""
    ratings = _ratings(QUICK_SIZE if quick else SIZE)
    gaps = np.where(np.random.default_rng(1).random(ratings.shape) < 0.1, np.nan, ratings)
    rows = []
    for name, table in (("complete", ratings), ("a tenth missing", gaps)):
        for level in LEVELS:
            tracemalloc.start()
            krippendorff_alpha(table, level=level)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            taken = median_ms(lambda t=table, how=level: krippendorff_alpha(t, level=how), times=3)
            rows.append([f"{level}, {name}", f"{taken:.1f}", f"{peak / table.nbytes:.1f}"])

    show(f"alpha, {len(ratings):,} x 3", ["", "ms", "times the ratings"], rows)
    if not quick:
        assert max(float(row[2]) for row in rows if row[0].startswith("interval")) <= 8
        assert max(float(row[2]) for row in rows) <= 15


# pingouin warns on its own way.
@pytest.mark.filterwarnings("ignore")
def test_icc_is_20_times_pingouin(quick, show):
    """Six forms of 200,000 x 3, from pingouin's own long frame; equal."""
    ratings = _ratings(QUICK_SIZE if quick else SIZE)
    count = len(ratings)
    ours = median_ms(lambda: icc(ratings), times=9)
    rows = [["ours", f"{ours:.2f}", ""]]
    peer = _peer("pingouin", quick=quick)
    if peer is not None:
        frame = pd.DataFrame(
            {
                "unit": np.repeat(np.arange(count), 3),
                "assessor": np.tile(np.arange(3), count),
                "rating": ratings.ravel(),
            }
        )
        taken = median_ms(
            lambda: peer.intraclass_corr(
                frame, targets="unit", raters="assessor", ratings="rating"
            ),
            times=1 if quick else 3,
        )
        theirs = peer.intraclass_corr(frame, targets="unit", raters="assessor", ratings="rating")
        rows.append(["pingouin", f"{taken:,.0f}", f"{taken / ours:,.0f}"])
        found = icc(ratings)
        forms = (found.icc1, found.icc2, found.icc3, found.icc1k, found.icc2k, found.icc3k)
        assert np.allclose(theirs["ICC"].to_numpy(), forms, rtol=0, atol=1e-9)

    show(f"ICC, {count:,} x 3", ["", "ms", "times"], rows)
    if not quick:
        assert taken >= 20 * ours


def test_the_other_questions_to_600000_forms_take_under_100_sorts(quick, show):
    """Leniency, copying, W and Grubbs of 2,000 villages: each under 100 sorts of a million."""
    ratings = _ratings(QUICK_SIZE if quick else SIZE)
    count = len(ratings)
    limits = np.round(ratings * 1_000_000).astype(np.int64).ravel()
    village = np.repeat(np.arange(count) // 100, 3)
    forms = {
        "assessors": np.tile(np.arange(3), count) + 3 * village,
        "households": np.repeat(np.arange(count), 3),
    }
    questions = {
        "leniency": lambda: leniency(limits, **forms),
        "copying": lambda: copying(limits, **forms),
        "Kendall's W": lambda: kendall_w(ratings),
        "Grubbs": lambda: grubbs(ratings),
    }
    sort = median_ms(lambda: np.sort(np.random.default_rng(0).random(1_000_000)), times=3)

    rows = [[name, f"{median_ms(ask, times=3):.0f}"] for name, ask in questions.items()]

    show(f"{len(limits):,} forms", ["", "ms"], [*rows, ["a sort", f"{sort:.0f}"]])
    if not quick:
        assert max(float(row[1]) for row in rows) <= 100 * sort


def test_the_simulation_ranks_the_rules_as_documented(quick, show):
    """Median for three and the mean without both ends for five hold up best when one cheats."""
    size = 20_000 if quick else SIZE
    cells = {
        (k, name): rank_rules(name, assessors=k, households=size)
        for k in (3, 5)
        for name in SITUATIONS
    }

    show(
        f"{size:,} households: error, in 10,000 yuan / share granted 1.3 times the truth",
        ["", *cells[3, "clean"]],
        [
            [f"{k}, {name}", *(f"{one.rmse:.2f} / {one.too_much:.1%}" for one in found.values())]
            for (k, name), found in cells.items()
        ],
    )
    for name in ("boosted", "careless"):
        three, five = cells[3, name], cells[5, name]
        assert min(three, key=lambda rule: three[rule].rmse) == "median"
        assert min(five, key=lambda rule: five[rule].rmse) in {"drop both", "Hodges-Lehmann"}
    for name in ("clean", "boosted", "careless", "lenient"):
        assert cells[3, name]["median"].rmse < cells[3, name]["closest two"].rmse
    # A copier turns the median of three into one opinion, and no rule mends a lenient one.
    assert cells[3, "copied"]["median"] == cells[3, "copied"]["closest two"]
    assert min(one.rmse for one in cells[3, "lenient"].values()) > 1.3 * (
        cells[3, "clean"]["mean"].rmse
    )


@pytest.mark.parametrize("proportional", [False, True], ids=["constant", "proportional"])
def test_copying_is_found_and_honest_pairs_are_left_alone(proportional, quick, show):
    """Power and false alarms at z > 4, in villages of 40, 100 and 200 households."""
    villages = 100 if quick else 500
    asked = [
        *((size, share, 0.5) for size in (40, 100, 200) for share in (0.0, 0.2, 0.4)),
        *((100, share, step) for step in (2.0, 5.0) for share in (0.0, 0.4)),
    ]

    found = {
        (size, share, step): flag_copying(
            size, share=share, step=step, villages=villages, proportional=proportional
        )
        for size, share, step in asked
    }

    show(
        "copying",
        ["households, copied, step", "found", "false"],
        [
            [f"{size}, {share:.0%}, {step}", f"{one.found:.1%}", f"{one.false:.2%}"]
            for (size, share, step), one in found.items()
        ],
    )
    assert max(one.false for one in found.values()) <= 0.005
    assert max(found[size, 0.0, 0.5].found for size in (40, 100, 200)) <= 0.01
    assert found[40, 0.2, 0.5].found >= 0.3
    assert found[100, 0.2, 0.5].found >= 0.85
    assert found[200, 0.2, 0.5].found >= 0.99
    assert min(found[size, 0.4, 0.5].found for size in (40, 100, 200)) >= 0.9
    assert found[100, 0.4, 2.0].found >= 0.75
