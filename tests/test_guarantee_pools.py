"""Nominee pools and split loans, against brute force over all keys and all windows."""

import datetime
import itertools

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError, InputError
from ruralcredit.guarantee_checks import (
    NOMINEE_POOLS,
    KeyRule,
    NomineePolicy,
    find_nominee_pools,
    find_splits,
)
from ruralcredit.guarantee_checks._found import SPLIT_WINDOW
from ruralcredit.guarantee_checks._labels import components, groups_of
from ruralcredit.values import from_dict, to_dict

# ---- nominee pools ---------------------------------------------------------------------------

KEYS = ("payee_account", "phone", "address", "officer", "till")


@st.composite
def loan_books(draw):
    """Draw loans with borrowers, households and hashed keys, blanks among them."""
    count = draw(st.integers(0, 14))

    def column(*cells):
        return draw(st.lists(st.sampled_from(cells), min_size=count, max_size=count))

    columns = {
        "borrower": column("a", "b", "c", "d", "e", "f", "g", None, " "),
        "amount_fen": column(0, 100, 250, None),
    }
    if draw(st.booleans()):
        columns["household"] = column("h", "i", None, None)
    names = draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=1))
    keys = {name: column("1", "1", "2", None, "") for name in names}
    return columns, keys


def is_blank(cell):
    """Say whether a cell names nothing."""
    return cell is None or not cell.strip()


def pools_by_brute_force(columns, keys, policy):
    """Return (borrowers, users, rows) of each pool, from the definition."""
    rows = range(len(columns["borrower"]))
    homes = columns.get("household", [None] * len(columns["borrower"]))
    user = {one: frozenset({one}) for one in columns["borrower"] if not is_blank(one)}
    for one, other in itertools.product(rows, repeat=2):
        ends = columns["borrower"][one], columns["borrower"][other]
        if not any(map(is_blank, (*ends, homes[one] or "", homes[other] or ""))):
            for _ in rows if homes[one] == homes[other] else ():
                both = user[ends[0]] | user[ends[1]]
                user.update(dict.fromkeys(both, both))
    told = []
    for name, cells in keys.items():
        rule = policy.rule(name)
        for value in {cell for cell in cells if not is_blank(cell)} if rule.joins else ():
            sharing = [
                n for n in rows if cells[n] == value and not is_blank(columns["borrower"][n])
            ]
            if len({user[columns["borrower"][n]] for n in sharing}) >= rule.least:
                told.append(set(sharing))
    while True:
        pair = next(
            (
                (one, other)
                for one, other in itertools.combinations(told, 2)
                if {user[columns["borrower"][n]] for n in one}
                & {user[columns["borrower"][n]] for n in other}
            ),
            None,
        )
        if pair is None:
            break
        told = [one for one in told if one is not pair[0] and one is not pair[1]]
        told.append(pair[0] | pair[1])
    return {
        (
            tuple(sorted({columns["borrower"][n] for n in found})),
            len({user[columns["borrower"][n]] for n in found}),
            tuple(sorted(found)),
        )
        for found in told
    }


LOW = NomineePolicy(
    rules=(
        attrs.evolve(NOMINEE_POOLS.rule("payee_account"), least=2),
        attrs.evolve(NOMINEE_POOLS.rule("address"), least=4),
        NOMINEE_POOLS.rule("officer"),
    ),
    other=NOMINEE_POOLS.other,
)


@given(drawn=loan_books(), policy=st.sampled_from((NOMINEE_POOLS, LOW)))
def test_pools_are_those_of_brute_force(drawn, policy):
    """The same borrowers, users and rows, whatever is blank."""
    columns, keys = drawn
    found = find_nominee_pools(columns, keys, policy=policy)

    assert pools_by_brute_force(columns, keys, policy) == {
        (one.borrowers, one.users, one.rows) for one in found
    }
    assert len(found) == len({one.id for one in found})


@given(drawn=loan_books())
def test_the_money_of_a_pool_is_that_of_its_rows(drawn):
    """Known amounts are summed, unknown ones counted."""
    columns, keys = drawn
    for pool in find_nominee_pools(columns, keys, policy=LOW):
        amounts = [columns["amount_fen"][row] for row in pool.rows]

        assert sum(amount or 0 for amount in amounts) == pool.amount_fen
        assert amounts.count(None) == pool.unknown_amounts


@given(drawn=loan_books())
def test_what_a_pool_shares_is_in_its_rows(drawn):
    """Each shared value stands in the rows named, with the borrowers named, two or more."""
    columns, keys = drawn
    for pool in find_nominee_pools(columns, keys, policy=LOW):
        covered = set()
        for one in pool.keys:
            assert {one.value} == {keys[one.key][row] for row in one.rows}
            assert one.borrowers == tuple(sorted({columns["borrower"][row] for row in one.rows}))
            assert len(one.borrowers) >= 2
            covered |= set(one.rows) if LOW.rule(one.key).joins else set()

        assert covered == set(pool.rows)
        assert list(pool.keys) == sorted(
            pool.keys, key=lambda one: (list(keys).index(one.key), one.value)
        )


@given(drawn=loan_books(), seed=st.randoms(use_true_random=False))
def test_the_order_of_loans_changes_no_pool(drawn, seed):
    """Rows in another order give the same pools, their rows renumbered."""
    columns, keys = drawn
    order = list(range(len(columns["borrower"])))
    seed.shuffle(order)
    turned = [
        {name: [cells[n] for n in order] for name, cells in table.items()}
        for table in (columns, keys)
    ]
    before = find_nominee_pools(columns, keys, policy=LOW)
    after = find_nominee_pools(*turned, policy=LOW)

    assert [(one.id, one.borrowers, one.users, one.amount_fen) for one in before] == [
        (one.id, one.borrowers, one.users, one.amount_fen) for one in after
    ]
    assert [set(one.rows) for one in before] == [{order[n] for n in one.rows} for one in after]


def pools(borrowers, amounts=None, household=None, **keys):
    """Find pools of loans written as texts of one letter each; a dot is blank."""

    def cells(text):
        return [None if one == "." else one for one in text]

    columns = {"borrower": cells(borrowers)}
    columns |= {"amount_fen": amounts} if amounts else {}
    columns |= {"household": cells(household)} if household else {}
    return find_nominee_pools(columns, {name: cells(text) for name, text in keys.items()})


@pytest.mark.parametrize(
    ("key", "below", "on"),
    [
        *((key, "ab", "abc") for key in ("payee_account", "repaying_account", "phone", "device")),
        ("address", "abcd", "abcde"),
        ("any", "ab", "abc"),
    ],
)
def test_from_how_many_borrowers_on_a_key_is_a_sign(key, below, on):
    """One fewer is none; a borrower who comes twice counts once."""
    for borrowers in (below, below + below):
        assert () == pools(borrowers, **{key: "1" * len(borrowers)})
    found = pools(on, **{key: "1" * len(on)})

    assert [(tuple(on), len(on))] == [(one.borrowers, one.users) for one in found]
    assert "GCK-130" == found[0].reason.code


def test_an_officer_makes_no_pool_and_is_told_of_one():
    """Where two or more of its users share the officer."""
    assert () == pools("abcdef", officer="111111")
    found = pools("abcd", phone="1111", officer="xxy.")

    assert [("phone", "1"), ("officer", "x")] == [(one.key, one.value) for one in found[0].keys]
    assert "phone, officer" in found[0].reason.text("en")


def test_a_household_counts_once():
    """Husband and wife with one phone are one user, whichever of their loans says so."""
    assert () == pools("aabc", household="h.h.", phone=".111")
    assert [3] == [one.users for one in pools("aabcd", household="h.h..", phone=".1111")]


def test_pools_that_share_a_borrower_are_one():
    """Three by phone and three by account, one of them in both; larger ones come first."""
    found = pools(
        "abccdexyzpqr",
        [10, 20, 30, 40, 50, 60, 1, 2, 3, 4, 5, 6],
        phone="111......222",
        payee_account="...111222...",
    )

    assert [tuple("abcde"), tuple("pqr"), tuple("xyz")] == [one.borrowers for one in found]
    assert [210, 15, 6] == [one.amount_fen for one in found]
    assert found[0] == from_dict(type(found[0]), to_dict(found[0]))


def test_a_pool_says_the_weakest_of_what_its_rules_rest_on():
    """A bank's own rule beside ours is a bank's own."""
    till = KeyRule(key="till", least=2, basis="bank policy", source="notice 12")
    policy = attrs.evolve(NOMINEE_POOLS, rules=(*NOMINEE_POOLS.rules, till))
    found = find_nominee_pools({"borrower": ["a", "b"]}, {"till": [7, 7]}, policy=policy)

    assert ("bank policy", 7) == (found[0].reason.basis, found[0].keys[0].value)


def test_no_loans_make_no_pools():
    """Empty columns, and keys that make none."""
    assert () == find_nominee_pools({"borrower": []}, {"phone": []})
    assert () == find_nominee_pools({"borrower": ["a"]}, {"officer": ["x"]})


@pytest.mark.parametrize(
    ("columns", "keys", "message"),
    [
        ({}, {"phone": []}, "columns must be borrower and perhaps household, amount_fen, got no"),
        ({"borrower": ["a"], "name": ["b"]}, {"phone": ["1"]}, "columns must be borrower"),
        ({"borrower": ["a"]}, {}, "keys must hold at least one column"),
        ({"borrower": ["a"]}, {"phone": []}, "columns must have one length"),
        ({"borrower": ["a"], "amount_fen": [-1]}, {"phone": ["1"]}, "amount_fen has 1 negative"),
        ({"borrower": ["a"], "amount_fen": [1.5]}, {"phone": ["1"]}, "whole fen in integers"),
    ],
)
def test_loans_that_cannot_be_read_are_refused(columns, keys, message):
    """The column is named."""
    with pytest.raises(CreditError, match=message):
        find_nominee_pools(columns, keys)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"least": 1}, "KeyRule.least must be 2 or more, got 1"),
        ({"key": ""}, "KeyRule.key must be text"),
        ({"source": " "}, "KeyRule.source must be text"),
        ({"basis": "law"}, "KeyRule.basis must be one of"),
    ],
)
def test_rules_that_say_nothing_are_refused(change, message):
    """And two rules of one key."""
    fields = {"key": "till", "least": 2, "basis": "bank policy", "source": "notice 12", **change}
    with pytest.raises(CreditError, match=message):
        KeyRule(**fields)
    rule = NOMINEE_POOLS.rule("phone")
    with pytest.raises(CreditError, match="each key must have one rule, got phone twice"):
        attrs.evolve(NOMINEE_POOLS, rules=(rule, rule))


# ---- split loans --------------------------------------------------------------------------------

FIRST = datetime.date(2026, 1, 1)


def day(number):
    """Return a day counted from the first."""
    return None if number is None else FIRST + datetime.timedelta(days=number)


@st.composite
def piece_books(draw, *, known=True):
    """Draw loans of customers in households and groups on near days, and tiers."""
    count = draw(st.integers(0, 9))

    def column(*cells):
        return draw(st.lists(st.sampled_from(cells), min_size=count, max_size=count))

    some = () if known else (None,)
    columns = {
        "day": [day(n) for n in column(0, 1, 2, 3, 5, 8, 9, *some)],
        "amount_fen": column(0, 10, 30, 50, 60, 99, 100, 101, 250, *some),
    }
    units = draw(st.lists(st.sampled_from(("customer", "household", "group")), min_size=1))
    for unit in dict.fromkeys(units):
        columns[unit] = column("x", "y", "z", None)
    tiers = draw(st.sampled_from(([100], [60, 100], [50, 100, 300])))
    return columns, tiers, draw(st.sampled_from((0, 1, 2, 4, 30)))


def windows_by_brute_force(columns, tiers, days):
    """Return {rows: (unit, party, tier, sum)}: every window of every day, the largest kept."""
    found = {}
    for unit in ("customer", "household", "group"):
        best = {}
        for party in sorted({cell for cell in columns.get(unit, []) if cell is not None}):
            for tier in tiers:
                mine = [
                    n
                    for n, cell in enumerate(columns[unit])
                    if cell == party and columns["amount_fen"][n] <= tier
                ]
                sets = {
                    frozenset(
                        n
                        for n in mine
                        if 0 <= (columns["day"][n] - columns["day"][m]).days <= days
                    )
                    for m in mine
                }
                for rows in sets:
                    total = sum(columns["amount_fen"][n] for n in rows)
                    if total > tier and not any(rows < other for other in sets):
                        best[tuple(sorted(rows))] = (unit, party, tier, total)
        for rows, one in best.items():
            found.setdefault(rows, one)
    return found


def window(days):
    """Return a window of so many days."""
    return attrs.evolve(SPLIT_WINDOW, value=days)


@given(drawn=piece_books())
def test_splits_are_those_of_brute_force_over_all_windows(drawn):
    """The same windows, tiers and sums."""
    columns, tiers, days = drawn
    found = find_splits(columns, tiers=tiers, window=window(days))

    assert windows_by_brute_force(columns, tiers, days) == {
        one.rows: (one.unit, one.party, one.tier_fen, one.amount_fen) for one in found
    }
    assert len(found) == len({one.rows for one in found})


@given(drawn=piece_books())
def test_any_pieces_that_hide_a_larger_loan_lie_in_a_finding(drawn):
    """Each set of pieces of one party within a window, each within a tier that the sum exceeds."""
    columns, tiers, days = drawn
    found = [set(one.rows) for one in find_splits(columns, tiers=tiers, window=window(days))]
    rows = range(len(columns["day"]))
    for unit in {"customer", "household", "group"} & set(columns):
        for pair in itertools.combinations(rows, 2):
            parties = {columns[unit][n] for n in pair}
            when = [columns["day"][n] for n in pair]
            amounts = [columns["amount_fen"][n] for n in pair]
            is_near = (max(when) - min(when)).days <= days
            hides = any(max(amounts) <= tier < sum(amounts) for tier in tiers)
            if len(parties) == 1 and None not in parties and is_near and hides:
                assert any(set(pair) <= one for one in found)


@given(drawn=piece_books())
def test_a_finding_is_within_its_window_and_tier(drawn):
    """Every piece within the tier, the sum above it, the days at most a window apart."""
    columns, tiers, days = drawn
    for one in find_splits(columns, tiers=tiers, window=window(days)):
        when = [columns["day"][n] for n in one.rows]

        assert (min(when), max(when)) == (one.first_on, one.last_on)
        assert (one.last_on - one.first_on).days <= days
        assert max(columns["amount_fen"][n] for n in one.rows) <= one.tier_fen < one.amount_fen
        assert "decided" == one.status
        assert one == from_dict(type(one), to_dict(one))


@given(drawn=piece_books(known=False))
def test_unknown_days_and_amounts_hide_no_finding(drawn):
    """Known pieces are found as if alone; parties with an unknown piece stand open beside them."""
    columns, tiers, days = drawn
    found = find_splits(columns, tiers=tiers, window=window(days))
    known = [
        n
        for n in range(len(columns["day"]))
        if columns["day"][n] is not None and columns["amount_fen"][n] is not None
    ]
    alone = find_splits(
        {name: [cells[n] for n in known] for name, cells in columns.items()},
        tiers=tiers,
        window=window(days),
    )

    assert {tuple(known[n] for n in one.rows) for one in alone} == {
        one.rows for one in found if one.status == "decided"
    }
    for one in found:
        if one.status == "undetermined":
            assert not set(one.rows) & set(known)
            assert one.reason.unknown
            assert (None, None, None) == (one.tier_fen, one.first_on, one.last_on)


def splits(amounts, days, tiers=(100,), **units):
    """Find splits of loans of one customer, written shortly."""
    units = units or {"customer": ["c"] * len(amounts)}
    columns = {"day": [day(n) for n in days], "amount_fen": list(amounts), **units}
    return find_splits(columns, tiers=tiers)


@pytest.mark.parametrize(
    ("amounts", "days", "tier"),
    [
        ((50, 49), (0, 0), None),
        ((50, 50), (0, 0), None),
        ((50, 51), (0, 0), 100),
        ((100, 1), (0, 0), 100),
        ((101, 1), (0, 0), None),
        ((60, 60), (0, 29), 100),
        ((60, 60), (0, 30), 100),
        ((60, 60), (0, 31), None),
        ((60, 60), (30, 0), 100),
        ((0, 101), (0, 0), None),
    ],
)
def test_the_edges_of_tier_and_window(amounts, days, tier):
    """On, below and above: the tier is included, the window is thirty days from first to last."""
    assert ([] if tier is None else [tier]) == [one.tier_fen for one in splits(amounts, days)]


def test_the_highest_tier_is_told_and_larger_pieces_have_their_own():
    """Small pieces that exceed two tiers are told once; a larger piece joins at its own tier."""
    found = splits((60, 60, 90), (0, 1, 2), tiers=(70, 100, 200))

    assert [(200, (0, 1, 2), 210)] == [
        (one.tier_fen, one.rows, one.amount_fen) for one in found if len(one.rows) == 3
    ]
    assert [(70, (0, 1), 120)] == [
        (one.tier_fen, one.rows, one.amount_fen) for one in found if len(one.rows) == 2
    ]


def test_windows_that_overlap_are_told_each():
    """Three pieces of which only neighbours lie within a window."""
    found = splits((60, 60, 60), (0, 20, 40))

    assert [(0, 1), (1, 2)] == [one.rows for one in found]
    assert "GCK-131" == found[0].reason.code
    assert (SPLIT_WINDOW,) == found[0].reason.figures


def test_a_household_or_group_is_told_where_it_adds_a_piece():
    """The customer's own finding is not told again; a wider one is."""
    found = splits(
        (60, 60, 60),
        (0, 0, 0),
        customer=["a", "a", "b"],
        household=["h", "h", None],
        group=["g", "g", "g"],
    )

    assert [("group", (0, 1, 2)), ("customer", (0, 1))] == [(one.unit, one.rows) for one in found]


@pytest.mark.parametrize(
    ("amounts", "days", "is_open"),
    [
        ((60, None), (0, 0), True),
        ((None,), (0,), False),
        ((60, 41), (0, None), True),
        ((60, 40), (0, None), False),
        ((60, 101), (0, None), False),
        ((None, None), (None, None), True),
    ],
)
def test_unknown_pieces_are_told_where_they_may_matter(amounts, days, is_open):
    """An unknown amount may be any; an unknown day only where the sum exceeds a tier."""
    found = splits(amounts, days)

    assert (["undetermined"] if is_open else []) == [one.status for one in found]
    assert (["GCK-132"] if is_open else []) == [one.reason.code for one in found]


@pytest.mark.parametrize(
    ("columns", "tiers", "message"),
    [
        ({"day": [FIRST], "amount_fen": [1]}, [1], "columns must be day, amount_fen and at least"),
        ({"customer": ["a"], "amount_fen": [1]}, [1], "columns must be day, amount_fen"),
        ({"customer": ["a"], "day": [FIRST], "amount_fen": [1], "name": [1]}, [1], "columns must"),
        (
            {"customer": ["a"], "day": [FIRST], "amount_fen": [-1]},
            [1],
            "amount_fen has 1 negative",
        ),
        ({"customer": ["a"], "day": [FIRST], "amount_fen": [1]}, [], "tiers must be ascending"),
        (
            {"customer": ["a"], "day": [FIRST], "amount_fen": [1]},
            [2, 2],
            "tiers must be ascending",
        ),
        ({"customer": ["a"], "day": [FIRST], "amount_fen": [1]}, [-2], "a tier must be 0 or more"),
        ({"customer": ["a"], "day": ["x"], "amount_fen": [1]}, [1], "day"),
    ],
)
def test_pieces_that_cannot_be_read_are_refused(columns, tiers, message):
    """The column is named, and tiers must ascend."""
    with pytest.raises(CreditError, match=message):
        find_splits(columns, tiers=tiers)


def test_a_window_that_is_no_number_is_refused():
    """It counts days."""
    columns = {"customer": ["a"], "day": [FIRST], "amount_fen": [1]}
    with pytest.raises(CreditError, match="window must be 0 or more, got -1"):
        find_splits(columns, tiers=[1], window=window(-1))


def test_sums_beyond_64_bits_are_exact():
    """Money is Python's own int in a finding."""
    most = 2**63 - 1
    found = splits((most, most), (0, 0), tiers=(most,))

    assert [2 * most] == [one.amount_fen for one in found]


def test_an_error_names_the_column_that_is_missing():
    """As every error about a column does."""
    with pytest.raises(InputError) as caught:
        find_splits({"customer": ["a"], "amount_fen": [1]}, tiers=[1])

    assert "day" == caught.value.column


# ---- the parts they stand on --------------------------------------------------------------------


@given(pairs=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=15))
def test_components_are_the_closure(pairs):
    """Each thing gets the smallest that pairs connect it with."""
    source, target = (np.array([pair[n] for pair in pairs], np.int64) for n in (0, 1))
    label = components(source, target, 12)
    expected = list(range(12))
    for _ in range(12):
        for a, b in pairs:
            expected[a] = expected[b] = min(expected[a], expected[b])

    assert expected == label.tolist()


def test_a_long_chain_is_connected_fast():
    """Doubling, not stepping: a hundred thousand things in a row, in the worst order."""
    order = np.random.default_rng(0).permutation(100_000)
    label = components(order[:-1], order[1:], 100_000)

    assert not label.any()


@given(labels=st.lists(st.integers(0, 5)))
def test_groups_hold_the_places_of_each_label(labels):
    """Smallest label first, places ascending, each once."""
    found = groups_of(np.array(labels, np.int64))

    assert [[n for n, x in enumerate(labels) if x == label] for label in sorted(set(labels))] == [
        one.tolist() for one in found
    ]
