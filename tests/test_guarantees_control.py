"""Control groups from relations: laws on drawn shares, boundary tables, and golden cases."""

import datetime
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError
from ruralcredit.guarantees import GuaranteeBook, Relations
from ruralcredit.guarantees._control import control_groups

DAY = datetime.date(2025, 6, 30)
NAMES = "abcdef"


def relations(*rows, **more):
    """Relations of (a, b, kind, share, degree) rows."""
    names = ("a", "b", "kind", "share_bp", "degree")
    columns = {name: [row[n] for row in rows] for n, name in enumerate(names)}
    return Relations.from_columns(**(columns | more))


def found(table, **options):
    """The rows that bind on the day."""
    columns = control_groups(table, as_of=DAY, **options).to_columns()
    return list(zip(*(columns[name].tolist() for name in ("a", "b", "kind")), strict=True))


def controlled(shares, stated, threshold):
    """Who controls whom, by the definition: the least set closed under both rules."""
    parties = {party for pair in (*shares, *stated) for party in pair}
    control = {party: {party} for party in parties}
    grown = True
    while grown:
        grown = False
        for one, firm in itertools.product(parties, parties):
            held = sum(
                share
                for (holder, of), share in shares.items()
                if of == firm and holder in control[one]
            )
            is_stated = any(holder in control[one] and of == firm for holder, of in stated)
            if firm not in control[one] and (held > threshold or is_stated):
                control[one].add(firm)
                grown = True
    return {(one, firm) for one, firms in control.items() for firm in firms if one != firm}


def closure(pairs):
    """Pairs joined by a walk of one row and more."""
    closed = set(pairs)
    while True:
        more = {(a, d) for (a, b), (c, d) in itertools.product(closed, closed) if b == c}
        if more <= closed:
            return {(a, b) for a, b in closed if a != b}
        closed |= more


PAIRS = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda p: p[0] != p[1])
SHARES = st.dictionaries(PAIRS, st.sampled_from((1_000, 2_500, 3_000, 5_000, 5_001, 6_000, 9_000)))


@given(SHARES, st.sets(PAIRS, max_size=2), st.sampled_from((2_500, 5_000, 6_000)))
def test_control_is_the_least_fixed_point(shares, stated, threshold):
    """The rows found, followed transitively, are control as defined: circles of shares too."""
    rows = [(*pair, "control", share, None) for pair, share in shares.items()]
    rows += [(*pair, "controller", None, None) for pair in stated]

    pairs = {row[:2] for row in found(relations(*rows), control_bp=threshold)}
    assert controlled(shares, stated, threshold) == closure(pairs)


@given(SHARES, st.sets(PAIRS, max_size=2), st.randoms())
def test_control_does_not_depend_on_the_order_of_rows(shares, stated, random):
    """Shuffled rows give the same table, and asking the answer again keeps it."""
    rows = [(*pair, "control", share, None) for pair, share in sorted(shares.items())]
    rows += [(*pair, "controller", None, None) for pair in sorted(stated)]
    shuffled = random.sample(rows, len(rows))

    once = control_groups(relations(*rows), as_of=DAY)
    assert once == control_groups(relations(*shuffled), as_of=DAY)
    assert once == control_groups(once, as_of=DAY)


@pytest.mark.parametrize(("share", "binds"), [(5_000, False), (5_001, True), (-1, False)])
def test_control_needs_more_than_half(share, binds):
    """Half is not control, one basis point more is."""
    rows = [("a", "b", "control")] if binds else []

    assert rows == found(relations(("a", "b", "control", share, None)))


def test_shares_of_one_holder_add_up():
    """Two rows of 30 % in force are 60 %."""
    row = ("a", "b", "control", 3_000, None)

    assert [("a", "b", "control")] == found(relations(row, row))


def test_control_through_two_firms_needs_a_row_of_its_own():
    """P controls A and B wholly; each holds 30 % of C: only P controls C."""
    table = relations(
        ("P", "A", "control", 10_000, None),
        ("P", "B", "control", None, None),
        ("A", "C", "control", 3_000, None),
        ("B", "C", "control", 3_000, None),
    )

    assert [("P", x, "control") for x in "ABC"] == found(table)


def test_a_chain_of_control_is_left_to_its_links():
    """P over A over B: no row for P over B, and the merged book holds one group."""
    table = relations(("P", "A", "control", 6_000, None), ("A", "B", "control", 6_000, None))
    book = GuaranteeBook.from_columns(guarantor=["B"], borrower=["P"])

    assert [("A", "B", "control"), ("P", "A", "control")] == found(table)
    merged = book.merge(control_groups(table, as_of=DAY))
    assert (("B", "P"),) == merged.merged_parties()


def test_shares_in_a_circle_control_nothing_by_themselves():
    """A 30 % of B, B 40 % of C, C 30 % of B: no control until A states that it controls C."""
    circle = [
        ("A", "B", "control", 3_000, None),
        ("B", "C", "control", 4_000, None),
        ("C", "B", "control", 3_000, None),
    ]

    assert [] == found(relations(*circle))
    stated = found(relations(*circle, ("A", "C", "controller", None, None)))
    assert [("A", "B", "control"), ("A", "C", "controller")] == stated


def test_parties_that_control_each_other_both_reach_a_third():
    """X and Y hold each other; firms under them hold 30 % of Z each: one row leads to Z."""
    table = relations(
        ("X", "Y", "control", 6_000, None),
        ("Y", "X", "control", 6_000, None),
        ("X", "A", "control", 9_000, None),
        ("Y", "B", "control", 9_000, None),
        ("A", "Z", "control", 3_000, None),
        ("B", "Z", "control", 3_000, None),
    )

    assert [("X", "Z", "control")] == [row for row in found(table) if row[1] == "Z"]


def test_a_holder_beside_the_largest_is_found_where_less_controls():
    """At 25 %, two holders of 15 % under one party control beside the one with 60 %."""
    table = relations(
        ("M", "Z", "control", 6_000, None),
        ("A", "Z", "control", 1_500, None),
        ("B", "Z", "control", 1_500, None),
        ("P", "A", "controller", None, None),
        ("P", "B", "controller", None, None),
    )

    assert [("M", "Z", "control"), ("P", "Z", "control")] == found(table, control_bp=2_500)[:2]


@pytest.mark.parametrize(("degree", "binds"), [(3, True), (4, False), (None, True)])
def test_kin_bind_up_to_a_degree(degree, binds):
    """The third degree binds, the fourth does not, an unknown one does."""
    rows = [("a", "b", "kin")] if binds else []

    assert rows == found(relations(("a", "b", "kin", None, degree)))


def test_kin_of_a_table_without_degrees_bind():
    """No column of degrees, no column of shares: everything binds as stated."""
    table = Relations.from_columns(
        a=["a", "a", "b", "c", "a"],
        b=["b", "c", "c", "d", "a"],
        kind=["kin", "spouse", "group", "control", "kin"],
    )

    assert [
        ("c", "d", "control"),
        ("a", "c", "spouse"),
        ("a", "b", "kin"),
        ("b", "c", "group"),
    ] == found(table)


@pytest.mark.parametrize(
    ("starts", "ends", "binds"),
    [
        (DAY, DAY, True),
        (DAY + datetime.timedelta(days=1), None, False),
        (None, DAY - datetime.timedelta(days=1), False),
    ],
)
def test_relations_bind_on_their_days(starts, ends, binds):
    """From the first day to the last one, both included."""
    table = relations(("a", "b", "control", 9_000, None), starts_on=[starts], ends_on=[ends])

    assert binds == bool(found(table))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"as_of": datetime.datetime(2025, 1, 1)}, r"pass its \.date\(\)"),  # noqa: DTZ001
        ({"as_of": "2025-01-01"}, "as_of must be a datetime.date, got '2025-01-01'"),
        ({"control_bp": 10_001}, "control_bp must be an int from 0 to 10000, got 10001"),
        ({"control_bp": 0.5}, "control_bp must be an int from 0 to 10000, got 0.5"),
        ({"control_bp": True}, "control_bp must be an int from 0 to 10000, got True"),
        ({"kin_degree": -1}, "kin_degree must be an int from 0 up, got -1"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    """The error says what must hold and what came."""
    with pytest.raises(CreditError, match=message):
        control_groups(relations(), **({"as_of": DAY} | options))


def test_a_long_chain_of_control_is_followed_without_recursion():
    """Three thousand firms in a row, a small holder in each: one row per link."""
    many = 3_000
    table = Relations.from_columns(
        a=[*range(many), *[many + 7] * many],
        b=[*range(1, many + 1), *range(1, many + 1)],
        kind=["control"] * 2 * many,
        share_bp=[6_000] * many + [1_000] * many,
    )

    assert many == len(control_groups(table, as_of=DAY))


def test_the_degree_column_is_kept():
    """A table of relations spells its degrees out and takes them in again."""
    table = relations(("a", "b", "kin", None, 2), ("c", "d", "kin", None, None))

    assert [2, None] == table.to_columns()["degree"].tolist()
    assert table == Relations.from_columns(**table.to_columns())
