"""The look-back: every row stands somewhere, ratios count what is known, small cells say so."""

import datetime
from collections import defaultdict

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError, InputError, TableError
from ruralcredit.policy import DecisionTable, Field, Row, gaps
from ruralcredit.products import LOOK_BACK, PURPOSE_CHANNEL, look_back
from ruralcredit.reasons import Figure
from ruralcredit.values import Ratio, from_dict, to_dict

DAY = datetime.date(2026, 1, 1)
NEW = datetime.date(2022, 1, 1)
OLD = datetime.date(2021, 12, 31)
CATEGORIES = ("normal", "special_mention", "substandard", "doubtful", "loss")
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "launched_on": st.sampled_from([NEW, OLD, DAY, None]),
            "customer_kind": st.sampled_from(["farmer", "firm", None]),
            "security": st.sampled_from(["unsecured", "mortgaged", None]),
            "term_months": st.sampled_from([12, 13, 36, 37, None]),
            "limit_fen": st.sampled_from([10**7, 10**7 + 1, 10**9 + 1, None]),
            "balance_fen": st.none() | st.integers(0, 2**62),
            "category": st.none() | st.sampled_from(CATEGORIES),
            "overdue_days": st.sampled_from([0, 1, 90, None]),
            "passed": st.sampled_from([True, False, None]),
        }
    ),
    min_size=1,
    max_size=12,
)


def columns_of(rows):
    """Return drawn rows as columns."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def label(row, dimension):
    """Return the label of a row, as an officer reads the bands."""
    if dimension == "term":
        months = row["term_months"]
        edges = ((12, "up_to_1_year"), (36, "1_to_3_years"), (10**6, "over_3_years"))
        return months and next(name for most, name in edges if months <= most)
    if dimension == "limit":
        fen = row["limit_fen"]
        edges = ((10**7, "up_to_100k"), (5 * 10**7, "100k_to_500k"), (10**12, "over_10m"))
        return fen and next(name for most, name in edges if fen <= most)
    return row[dimension]


def share(rows, fact, part):
    """Return how many rows, and how much balance, a fact is true of, of those that know it."""
    known = [row for row in rows if row[fact] is not None]
    money = [row for row in known if row["balance_fen"] is not None]
    return (
        Ratio(sum(map(part, known)), len(known)),
        Ratio(
            sum(row["balance_fen"] for row in money if part(row)),
            sum(row["balance_fen"] for row in money),
        ),
    )


@pytest.mark.parametrize("table", [LOOK_BACK.scope, LOOK_BACK.terms, LOOK_BACK.limits])
def test_the_bands_leave_no_gap(table):
    """Every day, term and limit has a place."""
    assert () == tuple(gaps(table).boxes)


@given(rows=ROWS, by=st.sampled_from([("security",), ("term", "customer_kind"), ("limit",)]))
def test_cells_are_what_counting_by_hand_gives(rows, by):
    """Each row in scope stands in one cell; ratios count rows whose fact is known."""
    found = look_back(columns_of(rows), by=[by], as_of=DAY)
    wanted = defaultdict(list)
    for row in rows:
        if row["launched_on"] in {NEW, DAY}:
            wanted[tuple(label(row, one) for one in by)].append(row)

    assert set(wanted) == {cell.labels for cell in found.cells}
    for cell in found.cells_of(*by):
        inside = wanted[cell.labels]
        loans = [row for row in inside if row["passed"] is not False]
        balances = [row["balance_fen"] for row in loans if row["balance_fen"] is not None]
        results = [row["passed"] for row in inside if row["passed"] is not None]

        assert (len(loans), sum(balances)) == (cell.loans, cell.balance_fen)
        assert share(loans, "category", lambda row: row["category"] in CATEGORIES[2:]) == (
            cell.npl,
            cell.npl_fen,
        )
        assert share(loans, "overdue_days", lambda row: row["overdue_days"] > 0) == (
            cell.overdue,
            cell.overdue_fen,
        )
        assert Ratio(sum(results), len(results)) == cell.passed
    assert len(rows) == found.in_scope + found.out_of_scope + found.undetermined
    assert sum(row["launched_on"] is None for row in rows) == found.undetermined


@given(rows=ROWS, seed=st.randoms())
def test_the_order_of_rows_does_not_matter(rows, seed):
    """A look-back is about a book, not about its file."""
    shuffled = list(rows)
    seed.shuffle(shuffled)

    assert look_back(columns_of(rows), as_of=DAY) == look_back(columns_of(shuffled), as_of=DAY)


def test_every_dimension_holds_the_same_loans():
    """Four ways to cut one book."""
    found = look_back({"launched_on": [NEW] * 3, "balance_fen": [1, 2, None]}, as_of=DAY)

    assert ["customer_kind", "security", "term", "limit"] == [cell.by[0] for cell in found.cells]
    assert {(3, 3, None)} == {(cell.loans, cell.balance_fen, cell.passed) for cell in found.cells}


def test_unknown_launch_days_are_counted_and_told():
    """They stand neither in nor out."""
    found = look_back({"launched_on": [None, NEW]}, as_of=DAY)

    assert (1, 0, 1) == (found.in_scope, found.out_of_scope, found.undetermined)
    assert (
        "the launch day is unknown, so these loans are left out: 1"
        " (library default, not a regulation)"
    ) == found.reasons[0].text("en")
    assert 2 == look_back({"security": ["x", "y"]}, as_of=DAY).undetermined


def test_a_launch_day_without_a_row_stands_neither_in_nor_out():
    """A bank's own scope may leave a hole, and the hole is counted."""
    scope = DecisionTable(
        "scope",
        [Field("launched_on", "date")],
        [Row("new", when={"launched_on": {"ge": NEW}}, then={"in_scope": True})],
    )
    policy = attrs.evolve(LOOK_BACK, scope=scope)

    assert 1 == look_back({"launched_on": [OLD, NEW]}, policy=policy, as_of=DAY).undetermined


def test_a_limit_in_no_band_stands_under_none():
    """A bank's own bands may leave a hole too."""
    bands = DecisionTable(
        "bands",
        [Field("limit_fen", "int", unit="fen")],
        [Row("small", when={"limit_fen": {"le": 100}}, then={"band": "small"})],
    )
    found = look_back(
        {"launched_on": [NEW] * 2, "limit_fen": [100, 101]},
        policy=attrs.evolve(LOOK_BACK, limits=bands),
        as_of=DAY,
    )

    assert [("small",), (None,)] == [cell.labels for cell in found.cells_of("limit")]


@pytest.mark.parametrize(("loans", "is_small"), [(29, True), (30, False), (31, False)])
def test_small_cells_are_flagged(loans, is_small):
    """Fewer than thirty loans say little."""
    cell = look_back({"launched_on": [NEW] * loans}, as_of=DAY).cells[0]

    assert (is_small, ["PRO-020"] if is_small else []) == (
        cell.is_small,
        [one.code for one in cell.reasons],
    )
    if is_small:
        assert (LOOK_BACK.small_cell,) == cell.reasons[0].figures


def test_sums_beyond_64_bits_are_exact():
    """Money never wraps and never rounds."""
    fen = 2**63 - 1
    cell = look_back({"launched_on": [NEW] * 3, "balance_fen": [fen] * 3}, as_of=DAY).cells[0]

    assert 3 * fen == cell.balance_fen


def test_labels_may_be_numbers_and_come_in_order():
    """A bank may name kinds by number; unknown stands last."""
    found = look_back({"launched_on": [NEW] * 4, "customer_kind": [10, 9, None, 10]}, as_of=DAY)

    assert [(9,), (10,), (None,)] == [cell.labels for cell in found.cells_of("customer_kind")]


def test_an_empty_book_has_no_cells():
    """Nothing to look back on."""
    found = look_back({"launched_on": []}, as_of=DAY)

    assert ((), 0, 0) == (found.cells, found.in_scope, found.undetermined)


def test_a_look_back_survives_plain_data():
    """What a bank stores comes back equal."""
    found = look_back({"launched_on": [NEW, None], "security": ["x", "y"]}, as_of=DAY)

    assert found == from_dict(type(found), to_dict(found))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"launch": [NEW]}, "columns of a look-back must be of launched_on, .*, got launch"),
        (
            {"launched_on": [DAY, DAY + datetime.timedelta(days=1)]},
            r"launched_on must not lie after as_of 2026-01-01, 1 row does, the first at row 1 \(",
        ),
        ({"launched_on": [datetime.date(2027, 1, 1)] * 2}, "2 rows do, the first at row 0"),
        ({"category": ["good"]}, "category must be one of normal, special_mention"),
        ({"overdue_days": [-1]}, r"overdue_days must be 0 or more, 1 row is not, .* row 0 \(-1\)"),
        ({"balance_fen": [1.5]}, "balance_fen must hold whole fen in integers"),
        ({"passed": ["yes"]}, "passed has 1 neither true nor false row"),
        ({"launched_on": [NEW], "security": ["x", "y"]}, "columns must have one length"),
    ],
)
def test_wrong_columns_are_refused(columns, message):
    """The column, the count and the first row are named."""
    with pytest.raises(CreditError, match=message):
        look_back(columns, as_of=DAY)


def test_a_late_launch_can_be_read_by_a_program():
    """The parts of the error stand beside its text."""
    with pytest.raises(InputError) as caught:
        look_back({"launched_on": [NEW, datetime.date(2027, 1, 1)]}, as_of=DAY)

    assert ("launched_on", 1, 1) == (
        caught.value.column,
        caught.value.count,
        caught.value.first_row,
    )


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ([("colour",)], "a dimension must be one of customer_kind, security, term, limit"),
        ([()], r"a grouping must hold each of its dimensions once, got \(\)"),
        ([("term", "term")], "a grouping must hold each of its dimensions once"),
        (["term"], "a grouping must hold dimensions, got 'term': write one in a tuple"),
    ],
)
def test_wrong_groupings_are_refused(by, message):
    """A grouping holds each of its dimensions once."""
    with pytest.raises(CreditError, match=message):
        look_back({"launched_on": [NEW]}, by=by, as_of=DAY)


def test_a_policy_has_tables_of_one_fact():
    """Another table cannot stand in for a band."""
    with pytest.raises(TableError, match=r"products.purpose_channel must ask for launched_on"):
        attrs.evolve(LOOK_BACK, scope=PURPOSE_CHANNEL)
    with pytest.raises(TableError, match="must ask for term_months and give band in every row"):
        attrs.evolve(LOOK_BACK, terms=LOOK_BACK.scope)
    figure = Figure(id="x", value="few", unit="", basis="bank policy", source="x")
    with pytest.raises(CreditError, match="small_cell must be a number of loans, got Figure"):
        attrs.evolve(LOOK_BACK, small_cell=figure)


def test_columns_may_be_arrays():
    """As an analyst brings them."""
    days = np.array(["2022-01-01", "2021-12-31"], dtype="datetime64[D]")

    assert (
        1 == look_back({"launched_on": days, "term_months": np.array([1, 2])}, as_of=DAY).in_scope
    )
