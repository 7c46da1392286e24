"""Pools: sums, spread and falling prices; and several loans allocated to one pool, with proof."""

import datetime
import itertools

import attrs
import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.collateral import (
    DEFAULT_POLICY,
    Allocation,
    CollateralItem,
    Part,
    Pledge,
    allocate,
    concentration,
    coverage,
    find_revaluations,
    loan_to_value,
    shortfall,
    value_pool,
)
from ruralcredit.errors import CreditError
from ruralcredit.values import Ratio, from_dict, to_dict

POLICY = attrs.evolve(DEFAULT_POLICY, service_area=("321181",))
AS_OF = datetime.date(2026, 6, 30)
SOUND = {
    "owner": "borrower",
    "place": "321181105",
    "built_on": datetime.date(2016, 5, 1),
    "area_m2": 98,
    "is_run_down": False,
    "is_sealed": False,
    "is_disputed": False,
    "consent": "none_needed",
    "share_bp": 10_000,
    "is_insured": True,
    "valued_on": datetime.date(2026, 1, 5),
    "valued_by": "external",
    "senior_fen": 0,
    "form": "specific",
}


def pool_of(*values):
    """Return a pool of sound items from pairs of kind and value."""
    items = [
        CollateralItem(id=f"C{n}", kind=kind, valuation_fen=fen, **SOUND)
        for n, (kind, fen) in enumerate(values, 1)
    ]
    return value_pool(items, policy=POLICY, as_of=AS_OF)


ITEMS = st.lists(
    st.tuples(
        st.sampled_from(["housing", "factory", "land", "public_welfare"]),
        st.none() | st.integers(0, 10**9),
    ),
    max_size=5,
)


# --- pools ------------------------------------------------------------------------------


@given(values=ITEMS)
def test_a_pool_is_its_items(values):
    """Sums are the items' sums; what is unknown is named, never zero."""
    pool = pool_of(*values)
    fens = [one.outcome["lendable_fen"] if one.outcome else None for one in pool.answers]

    assert fens == list(pool.lendable.values())
    assert sum(fen or 0 for fen in fens) == pool.lendable_fen
    assert [f"C{n}" for n, fen in enumerate(fens, 1) if fen is None] == list(pool.unknown)


@given(values=ITEMS, by=st.sampled_from(["item", "kind", "group"]))
def test_shares_sum_to_the_whole(values, by):
    """Every known fen is in one share, and the largest comes first."""
    pool = pool_of(*values)
    shares = concentration(pool, by=by)

    assert pool.lendable_fen == sum(one.lendable_fen for one in shares)
    assert all(one.share == Ratio(one.lendable_fen, pool.lendable_fen) for one in shares)
    fens = [one.lendable_fen for one in shares]
    assert sorted(fens, reverse=True) == fens


def test_concentration_counts_by_item_kind_and_group():
    """Two kinds of one group; an item of no kind is undetermined and not counted."""
    pool = pool_of(("housing", 100), ("land", 100), ("receivables", 100), ("housing", 100))

    def told(by):
        return [(one.name, one.lendable_fen) for one in concentration(pool, by=by)]

    assert [("housing", 140), ("receivables", 70), ("land", 60)] == told("kind")
    assert [("real_estate", 200), ("receivables", 70)] == told("group")
    assert [("C1", 70), ("C3", 70), ("C4", 70), ("C2", 60)] == told("item")
    with pytest.raises(CreditError, match="by must be one of item, kind, group, got 'owner'"):
        concentration(pool, by="owner")


def test_an_item_that_is_refused_whatever_it_is_has_no_kind():
    """A sealed thing of unknown kind counts nothing, under the name unknown."""
    item = CollateralItem(id=1, kind=None, is_sealed=True)
    pool = value_pool([item], policy=POLICY, as_of=AS_OF)

    assert ["unknown"] == [one.name for one in concentration(pool, by="kind")]
    assert ["unknown"] == [one.name for one in concentration(pool, by="group")]


@given(
    values=ITEMS,
    exposure=st.integers(0, 10**9),
    falls=st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)),
)
def test_a_deeper_fall_never_lacks_less(values, exposure, falls):
    """A pool lacks more as prices fall more, at most the exposure; no fall is the pool itself."""
    pool = pool_of(*values)
    answers = [shortfall(pool, exposure_fen=exposure, fall_bp=fall) for fall in sorted(falls)]
    fens = [one.outcome["shortfall_fen"] for one in answers if one.outcome]

    assert sorted(fens) == fens
    assert all(0 <= fen <= exposure for fen in fens)
    now = shortfall(pool, exposure_fen=exposure)
    if now.outcome:
        assert max(exposure - pool.lendable_fen, 0) == now.outcome["shortfall_fen"]
    else:
        assert pool.unknown == now.ask


def test_cover_is_unknown_where_an_item_is():
    """Unknown is not zero: no ratio, and the shortfall asks for the item."""
    pool = pool_of(("housing", 100), ("land", None))

    assert coverage(pool, exposure_fen=70) is None
    assert Ratio(70, 60) == coverage(pool_of(("housing", 100)), exposure_fen=60)
    answer = shortfall(pool, exposure_fen=71)
    assert ("undetermined", ("C2",)) == (answer.status, answer.ask)
    assert ["COL-063"] == [one.code for one in answer.reasons if one.unknown]


def test_a_shortfall_is_told_item_by_item():
    """The trace takes every item from its value to what is left of it."""
    pool = pool_of(("housing", 1_000_01), ("land", None))
    answer = shortfall(pool, exposure_fen=10**6, fall_bp={"housing": 5_000})

    assert (
        "C1: valuation 1,000.01 yuan to 500.00 yuan, lendable 350.00 yuan",
        "C2: valuation unknown to unknown, lendable unknown",
        "pool: 350.00 yuan of 10,000.00 yuan, lacking 9,650.00 yuan",
    ) == answer.trace


def test_a_kind_that_is_not_named_does_not_fall():
    """One figure falls on all, a mapping on the kinds it names."""
    pool = pool_of(("housing", 100), ("land", 100))

    assert (
        30 == shortfall(pool, exposure_fen=130, fall_bp={"land": 5_000}).outcome["shortfall_fen"]
    )
    assert 65 == shortfall(pool, exposure_fen=130, fall_bp=5_000).outcome["shortfall_fen"]


def test_pools_refuse_what_cannot_be():
    """Ids twice, an unknown kind, a fall beyond everything, amounts below zero."""
    item = CollateralItem(id="C1", kind="land")
    with pytest.raises(CreditError, match="items of a pool must have their own ids, got C1 twice"):
        value_pool([item, item], as_of=AS_OF)
    pool = pool_of(("land", 100))
    with pytest.raises(
        CreditError, match="fall_bp names the kind 'castle': kinds are deposit_rec"
    ):
        shortfall(pool, exposure_fen=1, fall_bp={"castle": 1})
    with pytest.raises(CreditError, match="fall_bp must be 0 to 10000, got 10001"):
        shortfall(pool, exposure_fen=1, fall_bp=10_001)
    with pytest.raises(CreditError, match="exposure_fen must be 0 to"):
        coverage(pool, exposure_fen=-1)
    with pytest.raises(CreditError, match="value_fen must be a whole number, got float"):
        loan_to_value(1, value_fen=1.5)


def test_what_is_due_comes_by_day_and_what_nobody_knows_first():
    """Overdue, due within some days, and items without a day of valuation."""
    days = [datetime.date(2025, 6, 29), datetime.date(2025, 7, 2), None, datetime.date(2025, 7, 3)]
    items = [CollateralItem(id=n, kind="land", valued_on=day) for n, day in enumerate(days)]
    found = find_revaluations(items, as_of=AS_OF, within_days=2)

    assert [(2, None), (0, -1), (1, 2)] == [(one.item, one.days_left) for one in found]
    with pytest.raises(CreditError, match="within_days must be 0 to 36500, got -1"):
        find_revaluations(items, as_of=AS_OF, within_days=-1)


# --- allocation -------------------------------------------------------------------------


SMALL = st.integers(0, 12)


@st.composite
def problems(draw, most=4, fen=SMALL):
    """Draw items, loans and pledges between them, with ranks and limits."""
    items = {f"C{n}": draw(fen) for n in range(draw(st.integers(0, most)))}
    loans = {f"L{n}": draw(fen) for n in range(draw(st.integers(0, most)))}
    pairs = list(itertools.product(items, loans))
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    pledges = [
        Pledge(
            item=item,
            loan=loan,
            rank=draw(st.integers(1, 3)),
            limit_fen=draw(st.none() | fen),
        )
        for item, loan in chosen
    ]
    return items, loans, pledges


def peer_cover(items, loans, pledges):
    """Return the most that networkx covers."""
    graph = nx.DiGraph()
    graph.add_nodes_from(["from", "to"])
    for item, fen in items.items():
        graph.add_edge("from", ("item", item), capacity=fen)
    for loan, fen in loans.items():
        graph.add_edge(("loan", loan), "to", capacity=fen)
    for one in pledges:
        limit = {} if one.limit_fen is None else {"capacity": one.limit_fen}
        graph.add_edge(("item", one.item), ("loan", one.loan), **limit)
    return nx.maximum_flow_value(graph, "from", "to")


@given(problem=problems(most=6, fen=st.integers(0, 20) | st.integers(10**14 - 3, 10**14)))
def test_the_cover_is_networkx_maximum_flow(problem):
    """Exact at any size, ranks or not, and proved by its cut."""
    items, loans, pledges = problem
    found = allocate(items, loans, pledges=pledges)

    assert peer_cover(*problem) == found.covered_fen == found.bound_fen
    assert () == found.faults()


def brute_cover(items, loans, pledges):
    """Return the most that any allocation covers, by trying every order of filling up."""
    best = 0
    for order in itertools.permutations(pledges):
        free, needs = dict(items), dict(loans)
        for one in order:
            limit = free[one.item] if one.limit_fen is None else one.limit_fen
            fen = min(free[one.item], needs[one.loan], limit)
            free[one.item] -= fen
            needs[one.loan] -= fen
        best = max(best, sum(loans.values()) - sum(needs.values()))
    return best


@given(problem=problems(most=2, fen=st.integers(0, 6)))
def test_no_order_of_filling_up_covers_more(problem):
    """Greedy in the best order reaches the cover, and never more, on small pools."""
    assert (
        brute_cover(*problem) == allocate(problem[0], problem[1], pledges=problem[2]).covered_fen
    )


@given(problem=problems())
def test_ranks_change_who_is_covered_never_how_much(problem):
    """The same pledges without ranks cover the same; a senior comes before its juniors."""
    items, loans, pledges = problem
    found = allocate(items, loans, pledges=pledges)
    equal = allocate(items, loans, pledges=[attrs.evolve(one, rank=1) for one in pledges])

    assert equal.covered_fen == found.covered_fen
    fen_of = {(one.item, one.loan): one.fen for one in found.parts}
    for senior, junior in itertools.permutations(pledges, 2):
        if senior.item == junior.item and senior.rank < junior.rank:
            is_full = found.covered_of(senior.loan) == loans[senior.loan]
            got = fen_of.get((senior.item, senior.loan), 0)
            at_limit = senior.limit_fen is not None and got == senior.limit_fen
            assert is_full or at_limit or (junior.item, junior.loan) not in fen_of


@given(problem=problems(), seed=st.randoms(use_true_random=False))
def test_the_order_of_items_and_loans_makes_no_difference(problem, seed):
    """The same allocation, however items, loans and pledges come."""
    mixed = []
    for part in problem:
        pairs = list(part.items()) if isinstance(part, dict) else list(part)
        seed.shuffle(pairs)
        mixed.append(dict(pairs) if isinstance(part, dict) else pairs)

    assert allocate(problem[0], problem[1], pledges=problem[2]) == allocate(
        mixed[0], mixed[1], pledges=mixed[2]
    )


@given(problem=problems(), data=st.data())
def test_faults_see_any_part_that_moves(problem, data):
    """A part more, less or gone, a piece of the cut gone: the check says so."""
    found = allocate(problem[0], problem[1], pledges=problem[2])
    if found.parts:
        at = data.draw(st.integers(0, len(found.parts) - 1))
        step = data.draw(st.sampled_from([-1, 1]))
        part = found.parts[at]
        others = found.parts[:at] + found.parts[at + 1 :]
        wrong = attrs.evolve(found, parts=(*others, attrs.evolve(part, fen=part.fen + step)))
        assert wrong.faults() != ()
        assert attrs.evolve(found, parts=others).faults() != ()
    for name in ("cut_items", "cut_loans", "cut_pledges"):
        cut = getattr(found, name)
        amounts = dict(found.items) | dict(found.loans)
        if cut and (name == "cut_pledges" or amounts[cut[0]]):
            fen = cut[0].limit_fen if name == "cut_pledges" else amounts[cut[0]]
            assert (attrs.evolve(found, **{name: cut[1:]}).faults() != ()) or not fen


def test_a_pledge_with_the_limit_zero_is_a_cut_of_nothing():
    """A pledge that secures nothing bounds the cover by nothing."""
    pledges = [Pledge(item="C1", loan="L1", limit_fen=0)]
    found = allocate({"C1": 5}, {"L1": 3}, pledges=pledges)

    assert (0, 0, ()) == (found.covered_fen, found.bound_fen, found.faults())
    assert "at the limit of the pledge: C1-L1 (0.00)" in found.explain()
    boundless = attrs.evolve(pledges[0], limit_fen=None)
    assert ("C1 to L1 is not in the cut",) == (
        attrs.evolve(found, pledges=(boundless,), cut_pledges=(boundless,)).faults()
    )


def test_faults_name_what_is_wrong():
    """Beyond a pledge, beyond an item or loan, a rank passed over, a pledge outside the cut."""
    pledges = (
        Pledge(item="C1", loan="L1", limit_fen=2),
        Pledge(item="C1", loan="L2", rank=2),
    )
    found = allocate({"C1": 5}, {"L1": 2, "L2": 9}, pledges=pledges)
    assert () == found.faults()

    def part(loan, rank, fen, item="C1"):
        return Part(item=item, loan=loan, rank=rank, fen=fen)

    assert ("C1 gives L1 3 fen, beyond its pledge", "loan L1 has 3 fen, more than its 2") == (
        attrs.evolve(found, parts=(part("L1", 1, 3), part("L2", 2, 2))).faults()
    )
    assert "C9 gives L1 1 fen, beyond its pledge" in (
        attrs.evolve(found, parts=(part("L1", 1, 1, item="C9"),)).faults()
    )
    assert "item C1 has 6 fen, more than its 5" in (
        attrs.evolve(found, parts=(part("L2", 2, 6),)).faults()
    )
    assert ("L1 in rank 1 of C1 comes before its juniors",) == (
        attrs.evolve(found, parts=(part("L2", 2, 5),)).faults()
    )
    assert ("C1 to L1 is not in the cut", "C1 to L2 is not in the cut") == (
        attrs.evolve(found, cut_items=()).faults()[:2]
    )


def test_an_item_of_unknown_value_covers_nothing_and_is_named():
    """Unknown is not zero: it is listed, and the cover is a least one."""
    found = allocate({"C1": 5, "C2": None}, {"L1": 9})

    assert (5, ("C2",), 0) == (found.covered_fen, found.unknown_items, found.used_of("C2"))
    assert () == found.faults()
    assert "not counted, as nobody knows their value: C2" in found.explain()


def test_a_pool_is_allocated_as_it_stands():
    """A `Pool` brings its lendable values."""
    pool = pool_of(("housing", 100), ("land", None))
    found = allocate(pool, {"L1": 50, "L2": 50})

    assert (70, 50, 20) == (found.covered_fen, found.covered_of("L1"), found.covered_of("L2"))
    assert 70 == found.used_of("C1")
    assert "Allocation(70 of 100 fen covered)" == repr(found)
    assert 100 == found.exposure_fen


def test_the_proof_is_told_in_both_languages():
    """Items used up, pledges at their limit, loans covered, and their sum."""
    pledges = [
        Pledge(item="C1", loan="L1"),
        Pledge(item="C2", loan="L1", limit_fen=100),
        Pledge(item="C2", loan="L2"),
    ]
    found = allocate({"C1": 200, "C2": 900}, {"L1": 500, "L2": 300}, pledges=pledges)

    assert [
        "6.00 of 8.00 yuan is covered",
        "used up: C1 (2.00)",
        "at the limit of the pledge: C2-L1 (1.00)",
        "fully covered: L2 (3.00)",
        "more cannot be covered: these together are 6.00 yuan",
    ] == found.explain().splitlines()
    assert "已达担保限额的抵质押：C2-L1 (1.00)" in found.explain("zh")
    assert found == from_dict(Allocation, to_dict(found))
    with pytest.raises(CreditError, match="lang must be en or zh, got 'de'"):
        found.explain("de")


def test_a_large_pool_is_allocated_exactly():
    """Hundreds of items and loans at 10**14 fen, as networkx has it."""
    items = {n: 10**14 - n * 7_919 for n in range(120)}
    loans = {1_000 + n: 10**14 + n * 104_729 for n in range(120)}
    pledges = [
        Pledge(item=n, loan=1_000 + (n * k) % 120, rank=1 + k % 3)
        for n in range(120)
        for k in range(1, 6)
        if (n * k) % 120 not in {(n * j) % 120 for j in range(1, k)}
    ]
    found = allocate(items, loans, pledges=pledges)

    assert peer_cover(items, loans, pledges) == found.covered_fen
    assert () == found.faults()


@pytest.mark.parametrize(
    ("items", "loans", "pledges", "message"),
    [
        ([5], {}, None, "items must map ids to fen, got list"),
        ({"C1": 1.5}, {}, None, r"items\['C1'\] must be a whole number, got float 1.5"),
        ({"C1": -1}, {}, None, r"items\['C1'\] must be 0 to"),
        ({True: 1}, {}, None, "an id of items must be a str or an int, got bool True"),
        ({"C1": 1, 2: 1}, {}, None, "ids must be of one kind, all str or all int, got both"),
        ({}, {"L1": None}, None, "loans must have a known exposure, got None for 'L1': leave"),
        ({}, {}, [3], "pledges must hold Pledge values, got int"),
        ({}, {"L1": 1}, [Pledge(item="C1", loan="L1")], "there is no item 'C1': they are none"),
        ({"C1": 1}, {}, [Pledge(item="C1", loan="L1")], "there is no loan 'L1': they are none"),
        (
            {"C1": 1},
            {"L1": 1},
            [Pledge(item="C1", loan="L1"), Pledge(item="C1", loan="L1", rank=2)],
            "'C1' is pledged to 'L1' twice: keep one of them",
        ),
    ],
)
def test_an_allocation_refuses_what_cannot_be(items, loans, pledges, message):
    """Each message says what must hold and what came."""
    with pytest.raises(CreditError, match=message):
        allocate(items, loans, pledges=pledges)


def test_a_pledge_and_an_allocation_refuse_what_they_do_not_hold():
    """Ranks from 1, limits from 0, and ids that exist."""
    with pytest.raises(CreditError, match=r"Pledge\.rank must be 1 to 1000, got 0"):
        Pledge(item="C1", loan="L1", rank=0)
    with pytest.raises(CreditError, match=r"Pledge\.limit_fen must be 0 to"):
        Pledge(item="C1", loan="L1", limit_fen=-1)
    found = allocate({"C1": 5}, {"L1": 3})
    with pytest.raises(CreditError, match="there is no loan 'C1': they are L1"):
        found.covered_of("C1")
    with pytest.raises(CreditError, match="there is no item 'L1': they are C1"):
        found.used_of("L1")
