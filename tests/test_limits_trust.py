"""Whether assessors can be trusted: published values, brute force, laws, and what is undefined."""

import itertools
import json
import math
import statistics
import warnings
from fractions import Fraction

import attrs
import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError, InputError
from ruralcredit.limits import (
    TRUST,
    copying,
    departures,
    find_rounding_habits,
    grubbs,
    icc,
    kendall_w,
    krippendorff_alpha,
    leniency,
)
from ruralcredit.limits._trust import TRUST_FIGURES, TRUST_REASONS
from ruralcredit.reasons import Figure
from ruralcredit.values import Ratio, from_dict, to_dict

NAN = math.nan
SMALL = st.integers(0, 6)
LEVELS = ("nominal", "ordinal", "interval", "ratio")
SHROUT_FLEISS = [
    (9, 2, 5, 8),
    (6, 1, 3, 2),
    (8, 4, 6, 8),
    (7, 1, 2, 6),
    (10, 5, 6, 9),
    (6, 2, 4, 7),
]
# Krippendorff (2011): four coders, twelve units, one row per coder.
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
).T


def six(found):
    """Return the six forms."""
    return [found.icc1, found.icc2, found.icc3, found.icc1k, found.icc2k, found.icc3k]


def close(expected, *, rel=1e-9, abs_=1e-9):
    """Return what equals up to rounding, with NaN equal to NaN and None to None."""
    if expected is None:
        return None
    return pytest.approx(expected, rel=rel, abs=abs_, nan_ok=True)


def codes(found):
    """Return the codes of the reasons, without the first, that all is for review."""
    first, *rest = [reason.code for reason in found.reasons]
    assert "LIM-100" == first
    return rest


@st.composite
def tables(draw, *, figures=SMALL, missing=True, most=(7, 5)):
    """Draw ratings of shape (units, assessors), some missing."""
    n, k = draw(st.integers(1, most[0])), draw(st.integers(1, most[1]))
    cell = st.one_of(figures, figures, figures, st.just(NAN)) if missing else figures
    rows = draw(st.lists(st.lists(cell, min_size=k, max_size=k), min_size=n, max_size=n))
    return np.array(rows, dtype=np.float64)


# --- ICC ---


def icc_exactly(rows):
    """Return the six forms by the analysis of variance, in fractions."""
    n, k = len(rows), len(rows[0])
    rows = [[Fraction(x) for x in row] for row in rows]
    mean = sum(map(sum, rows)) / (n * k)
    units = [sum(row) / k for row in rows]
    assessors = [sum(column) / n for column in zip(*rows, strict=True)]
    b = k * sum((x - mean) ** 2 for x in units) / (n - 1)
    j = n * sum((x - mean) ** 2 for x in assessors) / (k - 1)
    inside = sum((x - u) ** 2 for row, u in zip(rows, units, strict=True) for x in row)
    w = inside / (n * (k - 1))
    e = (inside - j * (k - 1)) / ((n - 1) * (k - 1))

    def over(top, bottom):
        return float(top / bottom) if bottom else NAN

    return [
        over(b - w, b + (k - 1) * w),
        over(b - e, b + (k - 1) * e + k * (j - e) / n),
        over(b - e, b + (k - 1) * e),
        over(b - w, b),
        over(b - e, b + (j - e) / n),
        over(b - e, b),
    ]


def test_icc_gives_the_published_values_of_shrout_and_fleiss():
    """Shrout and Fleiss 1979, table 4: .17, .29, .71, and .44, .62, .91 for the mean of four."""
    found = icc(SHROUT_FLEISS)

    assert [0.17, 0.29, 0.71, 0.44, 0.62, 0.91] == [round(x, 2) for x in six(found)]
    assert [11.24, 6.26, 32.49, 1.02] == [
        round(x, 2) for x in (found.between, found.within, found.of_assessors, found.error)
    ]
    assert (6, 4, 0) == (found.units, found.assessors, found.left_out)


@given(rows=tables(missing=False))
def test_icc_equals_the_analysis_of_variance_in_fractions(rows):
    """Every form, undefined ones too, as exact arithmetic gives it."""
    n, k = rows.shape
    expected = [NAN] * 6 if n < 2 or k < 2 else icc_exactly(rows.astype(int).tolist())

    assert close(expected) == six(icc(rows))


@given(rows=tables(missing=False), seed=st.integers(0, 9), shift=st.integers(-9, 9))
def test_icc_keeps_under_order_shift_and_scale(rows, seed, shift):
    """Order of households and assessors, one amount added, one factor: nothing changes."""
    rng = np.random.default_rng(seed)
    moved = rows[rng.permutation(len(rows))][:, rng.permutation(rows.shape[1])] * 4.0 + shift

    assert close(six(icc(rows)), rel=1e-7) == six(icc(moved))


@given(rows=tables())
def test_icc_counts_the_households_that_it_leaves_out(rows):
    """A household with a gap is as good as absent, and it is counted."""
    whole = rows[~np.isnan(rows).any(axis=1)]

    found = icc(rows)

    assert attrs.asdict(icc(whole)) | {"left_out": len(rows) - len(whole)} == close(
        attrs.asdict(found)
    )


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        (np.zeros((0, 3)), [NAN] * 6),
        ([[1, 2, 3]], [NAN] * 6),
        ([[1], [2], [3]], [NAN] * 6),
        ([[0.1] * 3] * 4, [NAN] * 6),
        ([[NAN, 1], [2, NAN]], [NAN] * 6),
        ([[1, 1], [2, 2], [3, 3]], [1.0] * 6),
        # All households alike on average: a single form is -1/(k - 1), most means have no base.
        ([[0.1, 0.3], [0.3, 0.1]], [-1.0, NAN, -1.0, NAN, 2.0, NAN]),
    ],
    ids=["none", "one unit", "one assessor", "no variance", "gaps", "one mind", "no base"],
)
def test_icc_says_nan_where_it_is_undefined(ratings, expected):
    """Undefined is NaN, never 0 and never a division by rounding error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = icc(ratings)

    assert close(expected) == six(found)


def test_icc_keeps_its_digits_far_from_zero():
    """Limits in fen far from zero lose nothing."""
    far = np.array(SHROUT_FLEISS) + 10**12

    assert close(six(icc(SHROUT_FLEISS)), rel=1e-10) == six(icc(far))


@pytest.mark.parametrize(("units", "expected"), [(29, False), (30, True), (31, True)])
def test_icc_says_whether_the_sample_is_enough(units, expected):
    """On, below and above the policy's smallest number of households."""
    rows = np.random.default_rng(0).normal(size=(units, 3))

    assert expected is icc(rows).is_enough()
    assert icc(rows).is_enough(policy=attrs.evolve(TRUST, min_units=figure(units)))
    assert not icc(rows).is_enough(policy=attrs.evolve(TRUST, min_units=figure(units + 1)))


def figure(value, unit="households"):
    """Return a bank's own figure."""
    return Figure(id="own", value=value, unit=unit, basis="bank policy", source="manual")


# --- Krippendorff's alpha ---


def alpha_by_definition(rows, level):
    """Return alpha from all pairs of figures, as the definition reads."""
    units = [[x for x in row if not math.isnan(x)] for row in rows.tolist()]
    units = [unit for unit in units if len(unit) > 1]
    every = [x for unit in units for x in unit]
    times = {x: every.count(x) for x in every}

    def apart(one, other):
        if level == "nominal":
            return float(one != other)
        if level == "interval":
            return (one - other) ** 2
        if level == "ratio":
            return ((one - other) / (one + other)) ** 2 if one + other else 0.0
        low, high = min(one, other), max(one, other)
        between = sum(n for x, n in times.items() if low <= x <= high)
        return (between - (times[low] + times[high]) / 2) ** 2 if low != high else 0.0

    total = len(every)
    observed = sum(
        apart(a, b) / (len(unit) - 1) for unit in units for a, b in itertools.permutations(unit, 2)
    )
    expected = sum(apart(a, b) for a, b in itertools.permutations(every, 2))
    return 1 - (total - 1) * observed / expected if expected else NAN


@pytest.mark.parametrize(
    ("level", "expected"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_alpha_gives_the_published_values(level, expected):
    """Krippendorff, Computing Krippendorff's alpha-reliability (2011), example C."""
    assert expected == round(krippendorff_alpha(KRIPPENDORFF, level=level), 3)


@given(rows=tables(), level=st.sampled_from(LEVELS))
def test_alpha_equals_its_definition_over_all_pairs(rows, level):
    """Any pattern of missing figures, undefined ones too."""
    assert close(alpha_by_definition(rows, level)) == krippendorff_alpha(rows, level=level)


@given(rows=tables(missing=False, figures=st.integers(0, 3)), level=st.sampled_from(LEVELS))
def test_alpha_of_complete_ratings_equals_its_definition(rows, level):
    """The way without gaps is a shorter one to the same number."""
    assert close(alpha_by_definition(rows, level)) == krippendorff_alpha(rows, level=level)


@given(rows=tables(), level=st.sampled_from(LEVELS), seed=st.integers(0, 9))
def test_alpha_does_not_depend_on_order(rows, level, seed):
    """Order of households and assessors changes nothing."""
    rng = np.random.default_rng(seed)
    moved = rows[rng.permutation(len(rows))][:, rng.permutation(rows.shape[1])]

    assert close(krippendorff_alpha(rows, level=level)) == krippendorff_alpha(moved, level=level)


@given(rows=tables())
def test_each_level_keeps_under_what_it_does_not_see(rows):
    """Names for nominal, order for ordinal, shift and scale for interval, scale for ratio."""
    names = np.array([5.0, 3.0, 9.0, 1.0, 7.0, 0.0, 2.0])
    renamed = np.where(np.isnan(rows), NAN, names[np.nan_to_num(rows).astype(int)])
    cases = {
        "nominal": renamed,
        "ordinal": np.exp(rows),
        "interval": rows * 3 + 1e6,
        "ratio": rows * 1e6,
    }

    for level, changed in cases.items():
        assert close(krippendorff_alpha(rows, level=level), rel=1e-7) == krippendorff_alpha(
            changed, level=level
        )


@given(rows=tables(), level=st.sampled_from(LEVELS))
def test_alpha_does_not_see_a_lone_figure_or_an_absent_assessor(rows, level):
    """A household with one figure and an assessor without any leave alpha as it is."""
    n, k = rows.shape
    lone = np.full((1, k), NAN)
    lone[0, 0] = 99.0
    wider = np.hstack([np.vstack([rows, lone]), np.full((n + 1, 1), NAN)])

    assert close(krippendorff_alpha(rows, level=level)) == krippendorff_alpha(wider, level=level)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        (np.zeros((0, 3)), NAN),
        (np.zeros((3, 0)), NAN),
        ([[1], [2]], NAN),
        ([[NAN, NAN]], NAN),
        ([[0.1, 0.1, 0.1]] * 5, NAN),
        ([[0.1, NAN, 0.1]] * 5, NAN),
        ([[0, 0], [0, 0]], NAN),
        ([[1, 2, 3]], 0.0),
        ([[1, 1], [2, 2], [9, 9]], 1.0),
    ],
    ids=[
        *("none", "no assessor", "one assessor", "empty", "one figure", "one figure, gaps"),
        *("zeros", "one unit", "one mind"),
    ],
)
def test_alpha_has_a_defined_answer_for_every_table(ratings, expected, level):
    """NaN where nothing varies or nothing compares; one unit is as good as chance."""
    assert close(expected) == krippendorff_alpha(ratings, level=level)


@pytest.mark.parametrize("distinct", [50, 1500])
def test_alpha_by_proportion_is_the_same_in_blocks(distinct):
    """More distinct figures than one block holds give what all pairs at once give."""
    rng = np.random.default_rng(3)
    rows = rng.integers(1, 10**6, (distinct, 2)).astype(float)
    figures, times = np.unique(rows, return_counts=True)
    apart = ((figures[:, None] - figures) / (figures[:, None] + figures)) ** 2
    both = ((rows[:, 0] - rows[:, 1]) / rows.sum(axis=1)) ** 2
    expected = 1 - 2 * both.sum() * (rows.size - 1) / (times @ apart @ times)

    assert close(expected) == krippendorff_alpha(rows, level="ratio")


def test_alpha_refuses_another_level_and_proportions_of_negative_numbers():
    """A slip of the pen is told with the words that pass."""
    with pytest.raises(CreditError, match="level must be one of nominal, ordinal, interval, rat"):
        krippendorff_alpha([[1, 2]], level="cardinal")
    with pytest.raises(CreditError, match=r"ratings must be 0 or more at level ratio, got -1\.0"):
        krippendorff_alpha([[-1, 2], [3, 4]], level="ratio")


# --- Kendall's W ---


def test_kendalls_w_of_the_published_ratings():
    """0.887037 on the matrix of Shrout and Fleiss, which has ties."""
    assert 0.887037 == round(kendall_w(SHROUT_FLEISS), 6)


@given(rows=tables(missing=False, most=(8, 5)))
def test_kendalls_w_is_friedmans_chi_square_over_its_most(rows):
    """Times k (n - 1) it equals SciPy's Friedman statistic of the households, ties included."""
    n, k = rows.shape
    found = kendall_w(rows)
    if n < 3 or k < 2 or all(len(set(column)) == 1 for column in rows.T.tolist()):
        assert math.isnan(found) or 0 <= found <= 1
        return

    chi2 = scipy.stats.friedmanchisquare(*rows).statistic

    assert close(float(chi2)) == k * (n - 1) * found


@given(rows=tables(), seed=st.integers(0, 9))
def test_kendalls_w_sees_order_only(rows, seed):
    """Order of rows and columns and any rising change of each assessor's figures: no change."""
    rng = np.random.default_rng(seed)
    stretched = np.stack([np.exp(c * (j + 1) / 4) for j, c in enumerate(rows.T)], axis=1)
    moved = stretched[rng.permutation(len(rows))][:, rng.permutation(rows.shape[1])]

    assert close(kendall_w(rows)) == kendall_w(moved)


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        ([[1, 2]], NAN),
        ([[1], [2]], NAN),
        ([[1, 1], [1, 1]], NAN),
        ([[NAN, 1], [1, 2], [2, 3]], 1.0),
        ([[1, 2], [2, 1]], 0.0),
    ],
    ids=["one unit", "one assessor", "all tied", "a gap", "opposed"],
)
def test_kendalls_w_has_a_defined_answer(ratings, expected):
    """NaN where nobody tells two households apart."""
    assert close(expected) == kendall_w(ratings)


# --- ratings as callers bring them ---


@pytest.mark.parametrize("ask", [icc, kendall_w, lambda r: krippendorff_alpha(r, level="ratio")])
@pytest.mark.parametrize(
    ("ratings", "says"),
    [
        ([1, 2, 3], r"shape \(units, assessors\), got \(3,\)"),
        ([[1, 2], [3]], "rows of one length"),
        ([["1", "2"]], "must be numbers in rows of one length, NaN where missing: Cannot cast"),
        ([["much", None]], "must be numbers"),
        ([[1, math.inf], [1, 2]], "1 rows are not, the first at row 0"),
        ([[1, 2], [1, -1e150], [NAN, 1e150]], "2 rows are not, the first at row 1"),
    ],
    ids=["one row", "ragged", "text", "word", "infinite", "too large"],
)
def test_ratings_that_are_no_table_of_numbers_are_refused(ask, ratings, says):
    """The error says what must hold and where it does not."""
    with pytest.raises(InputError, match=says) as told:
        ask(ratings)

    assert "ratings" == told.value.column


def test_ratings_come_as_lists_arrays_frames_and_masked_arrays():
    """None, NaN and a mask are one and the same gap."""
    pd = pytest.importorskip("pandas", reason="pandas comes with the test group")
    rows = [[1, 2, 3], [2, None, 4], [5, 6, 6]]
    array = np.array(rows, dtype=np.float64)
    masked = np.ma.masked_invalid(array)

    expected = icc(array)

    assert [expected] * 4 == [icc(x) for x in (rows, pd.DataFrame(rows), masked, array.copy())]
    assert 1 == expected.left_out
    assert icc(SHROUT_FLEISS) == icc(np.array(SHROUT_FLEISS, np.int64))


# --- peers ---


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_equals_the_krippendorff_package(level):
    """Drawn tables with gaps, to the last digits."""
    peer = pytest.importorskip("krippendorff", reason="krippendorff comes with the test group")
    rng = np.random.default_rng(5)
    for _ in range(30):
        rows = rng.integers(0, 6, (rng.integers(4, 30), rng.integers(2, 6))).astype(float)
        rows[rng.random(rows.shape) < 0.2] = NAN

        assert close(peer.alpha(rows.T, level_of_measurement=level)) == krippendorff_alpha(
            rows, level=level
        )


# pingouin looks at the last parts of its own imports on its own way.
@pytest.mark.filterwarnings("ignore")
def test_icc_equals_pingouin():
    """Its six forms on drawn complete tables."""
    peer = pytest.importorskip("pingouin", reason="pingouin comes with the group of peers")
    pd = pytest.importorskip("pandas", reason="pandas comes with the test group")
    rng = np.random.default_rng(6)
    for _ in range(10):
        n, k = int(rng.integers(3, 30)), int(rng.integers(2, 6))
        rows = rng.normal(size=(n, k)) + rng.normal(size=(n, 1))
        frame = pd.DataFrame(
            {
                "unit": np.repeat(np.arange(n), k),
                "assessor": np.tile(np.arange(k), n),
                "rating": rows.ravel(),
            }
        )
        theirs = peer.intraclass_corr(frame, targets="unit", raters="assessor", ratings="rating")

        assert close(theirs["ICC"].tolist()) == six(icc(rows))


# --- leniency ---


def leniency_by_least_squares(limits, assessors, households, scale):
    """Return the effects by a dense least-squares solution of least norm, centred per pool."""
    names, places = sorted(set(assessors)), sorted(set(households))
    left = np.zeros((len(limits), len(names) + len(places)))
    for row, (a, h) in enumerate(zip(assessors, households, strict=True)):
        left[row, names.index(a)] = 1
        left[row, len(names) + places.index(h)] = 1
    right = np.log(limits) if scale == "ratio" else np.array(limits, float)
    effects = np.linalg.lstsq(left, right, rcond=None)[0][: len(names)]
    pools = [{name} for name in names]
    for place in places:
        seen = {a for a, h in zip(assessors, households, strict=True) if h == place}
        joined = set.union(*(pool for pool in pools if pool & seen))
        pools = [pool for pool in pools if not pool & seen] + [joined]
    found = {}
    for pool in pools:
        mean = statistics.fmean(effects[names.index(name)] for name in pool)
        for name in pool:
            effect = effects[names.index(name)] - mean
            told = math.exp(effect) if scale == "ratio" else effect
            found[name] = None if len(pool) == 1 else told
    return found, len(pools)


FORMS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 8), st.integers(1, 50)),
    unique_by=lambda form: form[:2],
    max_size=40,
)


@given(forms=FORMS, scale=st.sampled_from(["ratio", "amount"]))
def test_leniency_is_the_least_squares_solution(forms, scale):
    """Any pattern of who saw whom, in one pool or several, equals dense least squares."""
    assessors, households, limits = ([form[at] for form in forms] for at in range(3))

    found = leniency(limits, assessors=assessors, households=households, scale=scale)

    expected, pools = leniency_by_least_squares(limits, assessors, households, scale)
    assert {name: close(expected[name], abs_=1e-7) for name in sorted(expected)} == {
        one.assessor: one.effect for one in found.assessors
    }
    assert pools == found.pools
    assert len(limits) == sum(one.forms for one in found.assessors)


@given(forms=FORMS.filter(bool), seed=st.integers(0, 9), factor=st.sampled_from([2, 3, 10]))
def test_leniency_does_not_see_order_names_or_the_level_of_a_household(forms, seed, factor):
    """Rows in another order, a richer household: the effects stay."""
    order = np.random.default_rng(seed).permutation(len(forms))
    moved = [forms[row] for row in order.tolist()]

    def effects(rows, richer=1):
        found = leniency(
            [limit * (richer if h == 0 else 1) for _, h, limit in rows],
            assessors=[a for a, *_ in rows],
            households=[f"h{h}" for _, h, _ in rows],
        )
        return {one.assessor: (one.pool, one.effect) for one in found.assessors}

    told = {name: (pool, close(effect)) for name, (pool, effect) in effects(forms).items()}
    assert told == effects(moved)
    assert told == effects(forms, richer=factor)


def test_a_planted_leniency_is_found_along_a_chain():
    """Each household joins two neighbours only, and without noise every factor comes back."""
    count = 300
    factors = np.exp(np.random.default_rng(1).normal(size=count) / 5)
    assessors = np.repeat(np.arange(count), 2)[1:-1]
    households = np.repeat(np.arange(count - 1), 2)
    limits = np.round(1e9 * factors[assessors] * (1 + households % 7)).astype(int)

    found = leniency(limits, assessors=assessors, households=households)

    expected = factors / np.exp(np.log(factors).mean())
    assert close(expected.tolist(), rel=1e-6) == [one.effect for one in found.assessors]
    assert 1 == found.pools


@pytest.mark.parametrize("limit", [1, 33_333_33, 10**12 + 7])
@pytest.mark.parametrize("scale", ["ratio", "amount"])
def test_assessors_who_give_one_figure_do_not_differ(limit, scale):
    """Rounding alone makes nobody lenient, and divides nothing by zero."""
    count = 7
    found = leniency(
        [limit + house for house in range(count) for _ in range(3)],
        assessors=["a", "b", "c"] * count,
        households=np.repeat(np.arange(count), 3),
        scale=scale,
    )

    expected = 1.0 if scale == "ratio" else 0.0
    assert [pytest.approx(expected, abs=1e-3 if limit > 10**9 else 1e-9)] * 3 == [
        one.effect for one in found.assessors
    ]


def test_leniency_says_where_nothing_compares():
    """Two villages are two pools; who shares no household has no effect, and it is said."""
    found = leniency(
        [100, 121, 100, 144, 500, None, 700],
        assessors=["a", "b", "c", "d", "e", "a", None],
        households=[1, 1, 2, 2, 3, 4, 4],
    )

    assert [(0, 10 / 11), (0, 1.1), (1, 10 / 12), (1, 1.2)] == [
        (one.pool, close(one.effect)) for one in found.assessors[:4]
    ]
    assert (2, None, 0, 1) == tuple(
        getattr(found.assessors[4], name) for name in ("pool", "effect", "shared_forms", "forms")
    )
    assert (3, 2) == (found.pools, found.left_out)
    assert ["LIM-101"] * 4 + ["LIM-102"] == codes(found)


def pair_of(first, second, *, count=30):
    """Return the leniency of two assessors who give two same figures on every form."""
    return leniency(
        [first, second] * count,
        assessors=["a", "b"] * count,
        households=np.repeat(np.arange(count), 2),
    )


@pytest.mark.parametrize(
    ("first", "expected"),
    [(144_000_000, ["LIM-110"]), (143_976_001, []), (144_024_001, ["LIM-110"])],
    ids=["on", "below", "above"],
)
def test_leniency_is_flagged_from_the_bar_on(first, expected):
    """20.00 % above the others is told, 19.99 % is not."""
    assert expected == codes(pair_of(first, 100_000_000))


def test_strictness_is_flagged_and_few_forms_are_not():
    """Both directions, on enough forms only."""
    found = pair_of(400, 100)

    assert ["LIM-110", "LIM-111"] == codes(found)
    assert "assessor b stands 50% below the others on 30 shared forms" in (found.reasons[2].text())
    assert found.reasons[2].is_default
    assert (TRUST.lenient,) == found.reasons[2].figures
    assert ["LIM-101", "LIM-101"] == codes(pair_of(400, 100, count=29))


def test_leniency_by_amount_is_flagged_against_the_usual_figure():
    """A fifth of the pool's mean figure, above and below."""
    apart = leniency(
        [120, 80] * 30,
        assessors=["a", "b"] * 30,
        households=np.repeat(np.arange(30), 2),
        scale="amount",
    )

    assert [20.0, -20.0] == [close(one.effect) for one in apart.assessors]
    assert ["LIM-110", "LIM-111"] == codes(apart)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"limits_fen": [1, 0, 2]}, "limits_fen must be 1 or more, 1 rows are not, the first at"),
        ({"households": [1, 1, 1]}, r"row 2 \(assessor 'a', household 1\)"),
        ({"households": [1, 2]}, "one length"),
        ({"limits_fen": [1.5, 2.0, 3.0]}, "whole fen"),
        ({"scale": "log"}, "scale must be ratio or amount, got 'log'"),
    ],
    ids=["zero", "twice", "length", "floats", "scale"],
)
@pytest.mark.parametrize("ask", [leniency, copying])
def test_forms_that_cannot_be_compared_are_refused(ask, change, says):
    """A limit of 0, two forms of one assessor, columns of other lengths."""
    given = {"limits_fen": [1, 2, 3], "assessors": ["a", "b", "a"], "households": [1, 1, 2]}
    given |= change

    with pytest.raises(CreditError, match=says):
        ask(given.pop("limits_fen"), **given)


# --- Grubbs ---


@given(rows=tables(figures=st.integers(1, 9), most=(8, 5)))
def test_grubbs_is_the_mean_over_all_threes(rows):
    """Each three by its definition, over the households that each two of them share."""
    _, k = rows.shape

    def apart(one, other):
        gaps = [a - b for a, b in rows[:, (one, other)].tolist() if not math.isnan(a + b)]
        return statistics.variance(gaps) if len(gaps) > 1 else NAN

    expected = []
    for one in range(k):
        others = [other for other in range(k) if other != one]
        threes = [
            (apart(one, b) + apart(one, c) - apart(b, c)) / 2
            for b, c in itertools.combinations(others, 2)
        ]
        told = [three for three in threes if not math.isnan(three)]
        expected.append(close(statistics.fmean(told)) if told else None)

    found = grubbs(rows, scale="amount")

    assert expected == [one.variance for one in found.assessors]
    assert list(range(k)) == [one.assessor for one in found.assessors]


def test_grubbs_finds_planted_imprecision_without_the_truth():
    """10, 20 and 40 % noise on lognormal limits come back, and the widest is flagged."""
    rng = np.random.default_rng(4)
    truth = rng.lognormal(11, 0.6, 4000)
    rows = truth[:, None] * np.exp(rng.normal(size=(4000, 3)) * [0.1, 0.2, 0.41])

    found = grubbs(rows, assessors=["x", "y", "z"])

    assert [0.1, 0.2, 0.41] == [
        pytest.approx(one.imprecision, abs=0.02) for one in found.assessors
    ]
    assert [("LIM-120", "z")] == [
        (reason.code, reason.values["assessor"]) for reason in found.reasons[1:]
    ]


def test_grubbs_hints_at_two_who_agree_too_well():
    """Two who copy each other with a common error leave one of them a negative variance."""
    rng = np.random.default_rng(2)
    base, common = rng.normal(size=(2, 200))
    rows = np.stack([base + common, base + common * 1.02, base + 0.1 * common], axis=1) + 10

    found = grubbs(rows, scale="amount")

    negative = [one.assessor for one in found.assessors if one.variance < 0]
    assert [str(name) for name in negative] == [
        str(reason.values["assessor"]) for reason in found.reasons if reason.code == "LIM-121"
    ]
    assert [None] == [found.assessors[name].imprecision for name in negative]


@pytest.mark.parametrize(("count", "expected"), [(29, ["LIM-103"]), (30, ["LIM-121", "LIM-120"])])
def test_grubbs_flags_nobody_on_a_small_sample(count, expected):
    """Below the policy's number of households it says so instead."""
    rng = np.random.default_rng(9)
    rows = 100 + rng.normal(size=(count, 3)) * [1, 1, 20]

    assert expected == codes(grubbs(rows, scale="amount"))


def test_grubbs_of_two_assessors_tells_nothing():
    """Two forms cannot say who of them errs."""
    found = grubbs([[1, 2], [2, 1], [NAN, 1]], assessors=["a", "b"])

    assert [("a", None, None, 2), ("b", None, None, 2)] == [
        (one.assessor, one.variance, one.imprecision, one.households) for one in found.assessors
    ]


def test_grubbs_refuses_refusals_as_figures_and_names_that_do_not_match():
    """No logarithm of 0; one name per column."""
    with pytest.raises(InputError, match="ratings must be above 0 at scale ratio"):
        grubbs([[1, 0, 2]])
    with pytest.raises(InputError, match="each of 3 columns once, got 2 names, 2 of them"):
        grubbs([[1, 1, 2]], assessors=["a", "b"])
    with pytest.raises(InputError, match="each of 3 columns once, got 3 names, 2 of them"):
        grubbs([[1, 1, 2]], assessors=["a", "b", "b"])
    with pytest.raises(CreditError, match="scale must be ratio or amount"):
        grubbs([[1, 1, 2]], scale="log")


# --- copying ---


def chance_of(gap, spread, step):
    """Return the share of a normal difference that falls within half a step of zero."""
    normal = statistics.NormalDist(gap, math.sqrt(spread**2 + step**2 / 12))
    return normal.cdf(step / 2) - normal.cdf(-step / 2)


def copying_one_by_one(forms, scale, step):
    """Return (matches, expected, z) of every pair in one pool, by plain loops."""
    by_house = {}
    for assessor, house, limit in forms:
        by_house.setdefault(house, {})[assessor] = limit
    rows = {}
    for figures in by_house.values():
        level = statistics.fmean(figures.values()) if scale == "ratio" else 1
        for one, other in itertools.combinations(sorted(figures), 2):
            gap = (figures[one] - figures[other]) / level
            rows.setdefault((one, other), []).append((gap, level))
    gaps = {pair: statistics.fmean(gap for gap, _ in found) for pair, found in rows.items()}
    distances = sorted(abs(gap - gaps[pair]) for pair, found in rows.items() for gap, _ in found)
    decile = distances[9 * (len(distances) - 1) // 10]

    def wide(pair):
        held = [
            min(abs(gap - gaps[pair]), 3 / 1.6448536 * (decile + step / level / 2))
            for gap, level in rows[pair]
        ]
        return sum(held) / math.sqrt(len(held) * (len(held) - 1))

    spread = math.sqrt(math.pi / 2) * statistics.median(map(wide, rows))
    answer = {}
    for pair, found in sorted(rows.items()):
        matches = sum(gap == 0 for gap, _ in found)
        if spread < 1e-9:
            answer[pair] = (matches, None, None)
            continue
        chances = [chance_of(gaps[pair], spread, step / level) for _, level in found]
        variance = sum(p * (1 - p) for p in chances)
        answer[pair] = (
            matches,
            close(sum(chances)),
            close((matches - sum(chances)) / math.sqrt(variance), rel=1e-6) if variance else None,
        )
    return answer


WHOLE_VILLAGE = st.lists(st.tuples(*[st.integers(1, 6)] * 3), min_size=2, max_size=12)


@given(rows=WHOLE_VILLAGE, scale=st.sampled_from(["ratio", "amount"]))
def test_copying_counts_and_expects_what_plain_loops_give(rows, scale):
    """Matches, expected matches and z of every pair of a village of three."""
    forms = [(a, h, 10 * x) for h, row in enumerate(rows) for a, x in zip("abc", row, strict=True)]
    assessors, households, limits = ([form[at] for form in forms] for at in range(3))

    found = copying(limits, assessors=assessors, households=households, scale=scale, step_fen=10)

    assert copying_one_by_one(forms, scale, 10) == {
        pair.assessors: (pair.matches, pair.expected, pair.z) for pair in found.pairs
    }
    assert {len(rows)} == {pair.households for pair in found.pairs}


@given(rows=WHOLE_VILLAGE, seed=st.integers(0, 9))
def test_copying_does_not_see_the_order_of_forms_or_the_unit_of_money(rows, seed):
    """Rows shuffled and every figure ten times as large: the same z, with inferred steps too."""
    count = len(rows)
    limits = np.array(rows).ravel() * 500_000
    assessors, households = np.tile(np.arange(3), count), np.repeat(np.arange(count), 3)
    order = np.random.default_rng(seed).permutation(len(limits))

    found = copying(limits, assessors=assessors, households=households)
    moved = copying(limits[order], assessors=assessors[order], households=households[order])
    larger = copying(limits * 10, assessors=assessors, households=households, step_fen=5_000_000)
    plain = copying(limits, assessors=assessors, households=households, step_fen=500_000)

    assert [close(pair.z, rel=1e-6) for pair in found.pairs] == [pair.z for pair in moved.pairs]
    assert [close(pair.z, rel=1e-6) for pair in plain.pairs] == [pair.z for pair in larger.pairs]


def village(count, *, copied=0.0, seed=0, noise=0.2, step=5_000_00):
    """Return forms of three assessors of a village; the second copies the first at times."""
    rng = np.random.default_rng(seed)
    truth = rng.lognormal(11, 0.6, count).clip(20_000, 300_000) * 100
    figures = truth[:, None] * np.exp(noise * rng.normal(size=(count, 3)))
    rows = np.maximum(np.round(figures / step), 1).astype(np.int64) * step
    is_copied = rng.random(count) < copied
    rows[is_copied, 1] = rows[is_copied, 0]
    return {
        "limits_fen": rows.ravel(),
        "assessors": np.tile(["a", "b", "c"], count),
        "households": np.repeat(np.arange(count), 3),
    }


def ask_copying(forms, **more):
    """Ask with the forms as columns."""
    given_forms = dict(forms)
    return copying(given_forms.pop("limits_fen"), **given_forms, **more)


def test_copying_is_flagged_where_it_was_planted_and_nowhere_else():
    """Four households in ten copied, a hundred households: one pair, in words."""
    found = ask_copying(village(100, copied=0.4))

    (flag,) = found.reasons[1:]
    assert ("LIM-130", "a", "b") == (flag.code, flag.values["first"], flag.values["second"])
    assert "for review, not for pay" in found.reasons[0].text()
    assert "仅供复核，不作考核依据" in found.reasons[0].text("zh")
    assert [] == codes(ask_copying(village(100)))


def test_coarse_figures_match_often_and_are_no_sign_of_copying():
    """Whole 50,000s agree by chance: honest villages raise no flag, whatever the step."""
    for step in (1_000_00, 10_000_00, 50_000_00):
        for seed in range(15):
            assert [] == codes(ask_copying(village(60, seed=seed, step=step)))


def test_steps_are_taken_from_each_assessors_habits():
    """Who mixes steps matches more often than the finest step would say, and is not flagged."""
    forms = village(200, step=1_000_00)
    limits = forms["limits_fen"]
    coarse = np.random.default_rng(5).random(len(limits)) < 0.9
    rounded = np.maximum(np.round(limits / 10_000_00), 1).astype(np.int64) * 10_000_00
    forms["limits_fen"] = np.where(coarse, rounded, limits)

    by_habit, by_finest = (ask_copying(forms, step_fen=step) for step in (None, 1_000_00))

    assert [] == codes(by_habit)
    assert ["LIM-130"] * 3 == codes(by_finest)


@pytest.mark.parametrize(
    ("count", "expected"), [(39, ["LIM-132"] * 3), (40, ["LIM-130"]), (41, ["LIM-130"])]
)
def test_copying_is_flagged_on_enough_households_only(count, expected):
    """On, below and above the smallest number of shared households."""
    found = ask_copying(village(count, copied=0.8))

    assert expected == codes(found)


def test_copying_is_flagged_above_the_bar_only():
    """A pair exactly on the bar is not flagged."""
    found = ask_copying(village(100, copied=0.3))
    z = found.pairs[0].z
    low, high = (attrs.evolve(TRUST, copy_z=figure(bar)) for bar in (math.floor(z), math.ceil(z)))

    assert ["LIM-130"] == codes(ask_copying(village(100, copied=0.3), policy=low))
    assert [] == codes(ask_copying(village(100, copied=0.3), policy=high))


def test_assessors_who_never_differ_cannot_be_told_from_chance():
    """One same figure from all on every household: no spread, no z, and it is said."""
    forms = village(50)
    forms["limits_fen"] = np.repeat(forms["limits_fen"][::3], 3)

    found = ask_copying(forms)

    assert [(50, None, None)] * 3 == [(p.matches, p.expected, p.z) for p in found.pairs]
    assert ["LIM-131"] * 3 == codes(found)


def test_runs_and_order_are_told_where_moments_are_given():
    """The longest run goes by the later of two moments; a tie leads nobody."""
    found = copying(
        [10, 10, 20, 20, 30, 40, 50, 50, 60, 60, 70, 70],
        assessors=["a", "b"] * 6,
        households=np.repeat(["p", "q", "r", "s", "t", "u"], 2),
        handed_in=[1, 2, 5, 4, 9, 9, 7, 7, 2, 3, 1, None],
        step_fen=10,
    )

    (pair,) = found.pairs
    # Moments 2 (p), 3 (t), 5 (q), 7 (s) match, 9 (r) does not, u has a moment missing.
    assert (5, 4, 2) == (pair.matches, pair.longest_run, pair.first_led)
    assert (None, None) == tuple(
        getattr(copying([1, 1], assessors=[1, 2], households=[1, 1]).pairs[0], name)
        for name in ("longest_run", "first_led")
    )


@given(
    rows=st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=30),
    seed=st.integers(0, 9),
)
def test_the_longest_run_is_the_longest_run(rows, seed):
    """Several pairs at once, against a plain loop."""
    limits, assessors, households, moments, expected = [], [], [], [], {}
    for house, (pair, same) in enumerate(rows):
        limits += [100, 100 if same else 200]
        assessors += [10 * pair, 10 * pair + 1]
        households += [house, house]
        moments += [house, house]
        runs = expected.setdefault(pair, [0])
        runs[-1] += same
        if not same:
            runs.append(0)
    order = np.random.default_rng(seed).permutation(len(limits))
    columns = [np.array(x)[order] for x in (limits, assessors, households, moments)]

    found = copying(columns[0], assessors=columns[1], households=columns[2], handed_in=columns[3])

    assert {pair: max(runs) for pair, runs in expected.items()} == {
        one.assessors[0] // 10: one.longest_run for one in found.pairs
    }


def test_copying_keeps_villages_apart_and_leaves_out_what_is_no_figure():
    """A pair needs a shared household; a form without a figure counts for nobody."""
    found = copying(
        [10, 20, 10, 20, None, 30],
        assessors=["a", "b", "c", "d", "a", "c"],
        households=[1, 1, 2, 2, 2, None],
    )

    assert [("a", "b"), ("c", "d")] == [pair.assessors for pair in found.pairs]
    assert 2 == found.left_out


def test_a_pool_without_a_spread_does_not_take_its_neighbours():
    """Two villages in one call give what each gives alone, also one with a single household."""
    forms = village(50, copied=0.4)
    limits, assessors, households = forms.values()
    alone = ask_copying(forms)

    both = copying(
        np.append(limits, [100, 200]),
        assessors=np.append(assessors, ["x", "y"]),
        households=np.append(households, [50, 50]),
        step_fen=5_000_00,
    )

    plain = ask_copying(forms, step_fen=5_000_00)
    assert [close(pair.z) for pair in plain.pairs] == [pair.z for pair in both.pairs[:3]]
    assert (1, 0, None, None) == attrs.astuple(both.pairs[3])[1:5]
    assert [close(pair.z, rel=0.01) for pair in alone.pairs] == [pair.z for pair in plain.pairs]


@pytest.mark.parametrize("step", [0, -5, 2.5, True])
def test_copying_refuses_a_step_that_is_none(step):
    """A step is whole fen."""
    with pytest.raises(CreditError, match="step_fen must be whole fen from 1, or None, got"):
        copying([1], assessors=[1], households=[1], step_fen=step)


# --- rounding habits ---


def habits_of(*yuan):
    """Return the habits of one assessor and the codes said of it."""
    found = find_rounding_habits([x * 100 for x in yuan], assessors=["a"] * len(yuan))
    return found.assessors[0], codes(found)


def test_rounding_habits_are_counted_per_step():
    """Multiples of each step, the middle figure, the most common one."""
    found = find_rounding_habits(
        [1_000_00, 5_000_00, 10_000_00, 50_000_00, 10_000_00, None],
        assessors=["a", "a", "a", "a", "b", "a"],
    )

    one, other = found.assessors
    assert (1_000_00, 5_000_00, 10_000_00, 50_000_00) == one.steps_fen
    assert (Ratio(4, 4), Ratio(3, 4), Ratio(2, 4), Ratio(1, 4)) == one.multiples
    assert (1_000_00, 5_000_00, 1_000_00, Ratio(1, 4)) == (
        one.usual_step_fen,
        one.middle_fen,
        one.favourite_fen,
        one.favourite,
    )
    assert (10_000_00, 1) == (other.usual_step_fen, other.forms)
    assert ["LIM-101", "LIM-101"] == codes(found)
    assert 1 == found.left_out


def test_a_step_that_all_share_opens_the_ladder():
    """Figures in 300 yuan keep to no shipped step but multiples of 300."""
    one, _ = habits_of(300, 900, 1_500)

    assert (300_00,) == one.steps_fen
    assert 300_00 == one.usual_step_fen


@pytest.mark.parametrize(("kept", "expected"), [(26, 1_000_00), (27, 10_000_00), (28, 10_000_00)])
def test_the_usual_step_is_the_one_kept_nine_times_in_ten(kept, expected):
    """On, below and above the share."""
    yuan = [10_000 * (n + 6) for n in range(kept)] + [
        51_000 + 10_000 * n for n in range(30 - kept)
    ]

    assert expected == habits_of(*yuan)[0].usual_step_fen


@pytest.mark.parametrize(
    ("middle", "expected"), [(200_000, ["LIM-140"]), (200_080, []), (199_920, ["LIM-140"])]
)
def test_steps_of_a_quarter_of_the_usual_figure_are_coarse(middle, expected):
    """On, below and above the bar; the middle figure itself may be finer."""
    yuan = [50_000, 100_000] * 7 + [middle] + [50_000 * n for n in range(6, 21)]

    assert 30 == len(yuan)
    assert expected == habits_of(*yuan)[1]


@pytest.mark.parametrize(("times", "expected"), [(14, []), (15, ["LIM-141"]), (16, ["LIM-141"])])
def test_one_same_figure_on_every_second_form_is_told(times, expected):
    """On, below and above the share."""
    yuan = [50_000] * times + [50_000 + 1_000 * (n + 1) for n in range(30 - times)]

    one, told = habits_of(*yuan)

    assert expected == told
    assert (50_000_00, Ratio(times, 30)) == (one.favourite_fen, one.favourite)


# --- departures ---


def test_departures_are_counted_by_direction_and_assessor():
    """Kept, raised, lowered; toward, away, above, below and on each figure."""
    found = departures(
        [100, 100, 100, 100, None, 100],
        [100, 120, 90, 130, 50, None],
        limits_fen={"a": [100, 120, 100, None, 1, 1], "b": [90, 90, 90, 115, 1, 1]},
    )

    assert (4, 1, 2, 1, 50, 10, 2) == attrs.astuple(found)[:7]
    a, b = found.assessors
    assert ("a", 2, 1, 1, 0, 1, 1) == attrs.astuple(a)
    # 115 lies as far from 100 as from 130: neither toward nor away.
    assert ("b", 3, 1, 1, 2, 0, 1) == attrs.astuple(b)
    assert ["LIM-103", "LIM-152"] == codes(found)


@given(
    rows=st.lists(
        st.tuples(*[st.one_of(st.none(), st.integers(0, 9))] * 3), min_size=1, max_size=20
    )
)
def test_every_departure_has_one_direction(rows):
    """The parts add up, and a decision turned round turns the directions round."""
    start, end, figures = ([row[at] for row in rows] for at in range(3))

    there = departures(start, end, limits_fen={"a": figures})
    back = departures(end, start, limits_fen={"a": figures})

    one, other = there.assessors[0], back.assessors[0]
    assert there.households == there.kept + there.raised + there.lowered
    assert len(rows) == there.households + there.unknown
    assert one.departures == one.above + one.below + one.reached
    assert (there.raised, there.raised_fen) == (back.lowered, back.lowered_fen)
    assert (one.toward, one.away) == (other.away, other.toward)
    assert attrs.evolve(there, assessors=(), reasons=()) == attrs.evolve(
        departures(start, end), reasons=()
    )


@pytest.mark.parametrize(
    ("count", "moved", "expected"),
    [
        (29, 29, ["LIM-103"]),
        (30, 5, []),
        (30, 6, ["LIM-150"]),
        (30, 7, ["LIM-150"]),
    ],
)
def test_departing_from_one_in_five_is_told(count, moved, expected):
    """On, below and above the share, on enough households only."""
    end = [200] * moved + [100] * (count - moved)

    assert expected == codes(departures([100] * count, end))


@pytest.mark.parametrize(
    ("count", "toward", "expected"),
    [
        (19, 19, ["LIM-152"]),
        (20, 15, []),
        (20, 16, ["LIM-151"]),
        (20, 17, ["LIM-151"]),
    ],
)
def test_departing_toward_one_assessor_is_told(count, toward, expected):
    """On, below and above the share, on enough departures only."""
    figures = [300] * toward + [50] * (count - toward) + [100] * 100

    found = departures(
        [100] * (count + 100), [200] * count + [100] * 100, limits_fen={"a": figures}
    )

    assert expected == codes(found)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"decided_fen": [1]}, "one length"),
        (
            {"proposed_fen": [-1, 2]},
            "proposed_fen must be 0 or more, 1 rows are not, the first at",
        ),
        ({"limits_fen": {"a": [1, -2]}}, r"limits_fen\['a'\] must be 0 or more"),
        ({"limits_fen": {"a": [1.5, 2.5]}}, r"limits_fen\['a'\] must hold whole fen"),
    ],
    ids=["length", "negative", "negative figure", "floats"],
)
def test_departures_refuse_what_is_no_amount(change, says):
    """The error names the column."""
    columns = {"proposed_fen": [1, 2], "decided_fen": [1, 2]} | change

    with pytest.raises(InputError, match=says):
        departures(columns.pop("proposed_fen"), columns.pop("decided_fen"), **columns)


# --- the policy, and answers as plain data ---


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"min_units": figure(0)}, "TrustPolicy.min_units must be a Figure of a whole number"),
        ({"copy_z": 4}, "TrustPolicy.copy_z must be a Figure of a whole number from 1, got 4"),
        ({"habit": figure("most")}, "TrustPolicy.habit must be a Figure of a whole number"),
        ({"toward": figure(10_001)}, "TrustPolicy.toward must be at most 10000 basis points"),
        ({"steps": ()}, r"TrustPolicy.steps must be a tuple of Figures, got \(\)"),
        ({"steps": (figure(5), figure(12))}, "a larger multiple of the one before, got 5 and 12"),
        ({"steps": (figure(5), figure(5))}, "a larger multiple of the one before, got 5 and 5"),
        ({"steps": (figure(5), 10)}, "TrustPolicy.steps must be a Figure of a whole number"),
    ],
    ids=["zero", "bare", "word", "share", "no step", "no multiple", "no step up", "bare step"],
)
def test_a_policy_that_means_nothing_is_refused(change, says):
    """Each figure is a Figure from 1, a share at most all, steps nest."""
    with pytest.raises(CreditError, match=says):
        attrs.evolve(TRUST, **change)


def test_every_figure_and_reason_about_assessors_says_what_it_rests_on():
    """Proposals all, under codes and names of their own, none of them twice."""
    numbers = [int(reason.code.removeprefix("LIM-")) for reason in TRUST_REASONS]

    assert sorted(set(numbers)) == numbers
    assert all(100 <= number < 200 for number in numbers)
    assert all(reason.is_default for reason in TRUST_REASONS)
    assert 16 == len({figure.id for figure in TRUST_FIGURES}) == len(TRUST_FIGURES)
    assert all(figure.is_default for figure in TRUST_FIGURES)


def test_a_policy_and_every_answer_turn_into_plain_data_and_back():
    """JSON keeps them exactly."""
    forms = village(50, copied=0.5)
    limits = forms.pop("limits_fen")
    answers = [
        TRUST,
        icc(SHROUT_FLEISS),
        grubbs(SHROUT_FLEISS),
        leniency(limits, **forms),
        copying(limits, **forms, handed_in=np.arange(len(limits))),
        find_rounding_habits(limits, assessors=forms["assessors"]),
        departures([1, 2], [2, 1], limits_fen={"a": [1, 1]}),
    ]

    for answer in answers:
        plain = json.loads(json.dumps(to_dict(answer)))
        assert answer == from_dict(type(answer), plain)
        assert hash(answer) == hash(from_dict(type(answer), plain))
