"""Cover and circular money: laws on drawn books, exhaustive flows, peers, and golden cases."""

import itertools
from collections import Counter, defaultdict

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import linprog

import oracle
from drawn_books import asked, book_of, on_day
from ruralcredit.errors import CreditError
from ruralcredit.guarantees import (
    GuaranteeBook,
    Loans,
    Parties,
    Relations,
    find_circles,
    find_clusters,
)
from ruralcredit.guarantees._circular import circular_fen, circulation
from ruralcredit.guarantees._cover import cover
from ruralcredit.guarantees._flows import FlowArcs, largest_circulation, largest_flow
from ruralcredit.testing import ledger_columns, loan_columns, party_columns
from ruralcredit.values import Ratio

ENDLESS = 10**9
MOST = 10**14


# ---- a second opinion, from the definitions ------------------------------------------


class Question:
    """Claims on guarantors as the definition has them, and what each thing holds."""

    def __init__(self, columns, day, known_by, parties, loans):
        counting = [r for r in oracle.read(columns) if oracle.counts_on(r, day, known_by)]
        self.rows = [
            r
            for r in counting
            if not oracle.is_blank(r.guarantor)
            and not oracle.is_blank(r.borrower)
            and r.layer != "counter"
        ]
        ids = parties["party"]
        self.assets = dict(
            zip(ids, parties.get("net_assets_fen") or [None] * len(ids), strict=True)
        )
        kinds = parties.get("kind") or [None] * len(ids)
        self.companies = {
            p for p, kind in zip(ids, kinds, strict=True) if kind == "guarantee_company"
        }
        self.amounts = oracle.contract_amounts(self.rows, counting)
        stated = loans.get("uncovered_fen") or [None] * len(loans["loan_id"])
        self.needs = {
            loan: balance if open_fen is None else max(open_fen, 0)
            for loan, open_fen, balance in zip(
                loans["loan_id"], stated, loans["balance_fen"], strict=True
            )
        }
        self.owner = dict(zip(loans["loan_id"], loans["borrower"], strict=True))
        named = {p for r in oracle.read(columns) for p in (r.guarantor, r.borrower)}
        self.claims = set()
        for row, (loan, owner) in itertools.product(self.rows, self.owner.items()):
            debtor = owner if owner in named and not oracle.is_blank(owner) else row.borrower
            covers = row.loan == loan if row.loan is not None else owner == row.borrower
            if covers and row.guarantor != debtor:
                self.claims.add((row.guarantor, row.contract_key, loan, debtor))
        self.loop_arcs = [r for r in self.rows if not {r.guarantor, r.borrower} & self.companies]
        self.loops = oracle.loops(self.loop_arcs)

    def is_independent(self, claim):
        """Whether a claim binds a guarantee company, or a guarantor on no loop with the debtor."""
        guarantor, debtor = claim[0], claim[3]
        tied = any({guarantor, debtor} <= loop for loop in self.loops)
        return guarantor in self.companies or not tied

    def capacity(self, table, key, unknown):
        """What a thing holds: the unknown as told, at least nothing."""
        value = table.get(key)
        return unknown if value is None else max(value, 0)

    def naive(self, loan, unknown):
        """Sum of what the contracts of a loan promise, each up to its guarantors' assets."""
        promised = 0
        for contract in {c[1] for c in self.claims if c[2] == loan}:
            givers = {c[0] for c in self.claims if c[1] == contract and c[2] == loan}
            assets = sum(self.capacity(self.assets, giver, unknown) for giver in givers)
            promised += min(assets, self.capacity(self.amounts, contract, unknown))
        return min(promised, self.capacity(self.needs, loan, unknown))

    def joint(self, claims, unknown):
        """Largest payment in floats: every guarantor, contract and loan up to what it holds."""
        cells = sorted({c[:3] for c in claims}, key=repr)
        if not cells:
            return 0.0
        tables = (self.assets, self.amounts, self.needs)
        limits = [
            ([1.0 if cell[place] == key else 0.0 for cell in cells], table, key)
            for place, table in enumerate(tables)
            for key in {cell[place] for cell in cells}
        ]
        found = linprog(
            [-1.0] * len(cells),
            A_ub=np.array([row for row, _table, _key in limits]),
            b_ub=[self.capacity(table, key, unknown) for _row, table, key in limits],
        )
        return -found.fun


def is_tangled(claims):
    """Whether a contract does not join each of its guarantors with each of its loans."""
    cells = defaultdict(set)
    for guarantor, contract, loan, _debtor in claims:
        cells[contract].add((guarantor, loan))
    return any(
        len(pairs) < len({g for g, _l in pairs}) * len({x for _g, x in pairs})
        for pairs in cells.values()
    )


def agree(bounds, least, most, *, exact):
    """Whether bounds hold two figures in floats between them, and meet both where exact."""
    is_endless = most >= ENDLESS / 2
    if (bounds.high is None) != is_endless or bounds.low > least + 1e-3:
        return False
    if not is_endless and bounds.high < most - 1e-3:
        return False
    off = [abs(bounds.low - least), 0 if is_endless else abs(bounds.high - most)]
    return not exact or max(off) < 1e-3


@st.composite
def questions(draw):
    """Columns, a day, parties and loans, and the book of them."""
    columns, day, known_by = draw(asked())
    parties, loans = draw(party_columns()), draw(loan_columns())
    beside = {"parties": Parties.from_columns(**parties), "loans": Loans.from_columns(**loans)}
    book = on_day(book_of(columns, **beside), day, known_by)
    return book, Question(columns, day, known_by, parties, loans)


# ---- P10: cover ----------------------------------------------------------------------


@given(questions())
def test_cover_of_a_book_is_what_the_definitions_say(case):
    """Naive, joint and independent cover lie within their bounds, and on them unless tangled."""
    book, question = case
    found = cover(book)

    naive = [sum(question.naive(x, unknown) for x in question.needs) for unknown in (0, ENDLESS)]
    assert agree(found.naive_bounds_fen, *naive, exact=True)
    own = {c for c in question.claims if question.is_independent(c)}
    for claims, bounds in (
        (question.claims, found.joint_bounds_fen),
        (own, found.independent_bounds_fen),
    ):
        sums = [question.joint(claims, unknown) for unknown in (0, ENDLESS)]
        assert agree(bounds, *sums, exact=not is_tangled(claims))


@given(questions())
def test_cover_of_each_loan_is_that_of_the_loan_alone(case):
    """A loan asked alone has every guarantor to itself."""
    book, question = case
    found = cover(book)

    assert list(found.per_loan) == list(question.needs)
    for loan, one in found.per_loan.items():
        claims = {c for c in question.claims if c[2] == loan}
        own = {c for c in claims if question.is_independent(c)}
        naive = [question.naive(loan, unknown) for unknown in (0, ENDLESS)]
        assert one.uncovered_fen == question.needs[loan]
        assert agree(one.naive_bounds_fen, *naive, exact=True)
        for asked_claims, bounds in (
            (claims, one.joint_bounds_fen),
            (own, one.independent_bounds_fen),
        ):
            sums = [question.joint(asked_claims, unknown) for unknown in (0, ENDLESS)]
            assert agree(bounds, *sums, exact=True)


@given(questions())
def test_cover_of_each_group_is_that_of_its_members_loans(case):
    """A loop or cluster is asked as if only its members' loans called."""
    book, question = case
    found = cover(book)

    for groups, covers in (
        (find_circles(book), found.per_loop),
        (find_clusters(book), found.per_cluster),
    ):
        assert [group.id for group in groups] == [one.id for one in covers]
        for group, one in zip(groups, covers, strict=True):
            claims = {c for c in question.claims if c[3] in group.members}
            own = {c for c in claims if question.is_independent(c)}
            assert one.gross_fen == group.guaranteed_fen
            for asked_claims, bounds in (
                (claims, one.joint_bounds_fen),
                (own, one.independent_bounds_fen),
            ):
                sums = [question.joint(asked_claims, unknown) for unknown in (0, ENDLESS)]
                assert agree(bounds, *sums, exact=not is_tangled(asked_claims))


@given(questions())
def test_cover_keeps_its_order(case):
    """0 <= independent <= joint <= naive and <= sum of assets, in both bounds."""
    book, question = case
    found = cover(book)

    bounds = (found.independent_bounds_fen, found.joint_bounds_fen, found.naive_bounds_fen)
    lows = [one.low for one in bounds]
    highs = [ENDLESS if one.high is None else one.high for one in bounds]
    assert [0, *lows] == sorted([0, *lows])
    assert highs == sorted(highs)
    assert all(low <= high for low, high in zip(lows, highs, strict=True))
    givers = {c[0] for c in question.claims}
    assert lows[1] <= sum(question.capacity(question.assets, giver, 0) for giver in givers)
    assert lows[2] <= sum(question.capacity(question.needs, loan, 0) for loan in question.needs)


SMALL = st.integers(0, 5)


@st.composite
def payments(draw):
    """Assets, contracts (guarantor, loan, amount) and loans of a small book of single rows."""
    assets = draw(st.lists(SMALL, min_size=1, max_size=3))
    loans = draw(st.lists(SMALL, min_size=1, max_size=3))
    ends = st.tuples(
        st.integers(0, len(assets) - 1), st.integers(0, len(loans) - 1), st.integers(0, 4)
    )
    return assets, draw(st.lists(ends, min_size=1, max_size=5)), loans


def payment_book(assets, contracts, loans, *, scale=1):
    """Guarantors G0.. with assets, borrowers B0.. with one loan each."""
    return GuaranteeBook.from_columns(
        guarantor=[f"G{g}" for g, _b, _fen in contracts],
        borrower=[f"B{b}" for _g, b, _fen in contracts],
        amount_fen=[fen * scale for _g, _b, fen in contracts],
        parties=Parties.from_columns(
            party=[f"G{g}" for g in range(len(assets))],
            net_assets_fen=[fen * scale for fen in assets],
        ),
        loans=Loans.from_columns(
            loan_id=[f"L{b}" for b in range(len(loans))],
            borrower=[f"B{b}" for b in range(len(loans))],
            balance_fen=[fen * scale for fen in loans],
        ),
    )


@given(payments())
def test_joint_cover_is_the_best_of_all_payments(case):
    """Trying every payment of whole fen finds nothing better."""
    assets, contracts, loans = case
    assume(np.prod([fen + 1 for _g, _b, fen in contracts]) <= 700)
    best = 0
    for paid in itertools.product(*(range(fen + 1) for _g, _b, fen in contracts)):
        by_giver, by_loan = Counter(), Counter()
        for fen, (giver, loan, _amount) in zip(paid, contracts, strict=True):
            by_giver[giver] += fen
            by_loan[loan] += fen
        if all(fen <= assets[g] for g, fen in by_giver.items()) and all(
            fen <= loans[b] for b, fen in by_loan.items()
        ):
            best = max(best, sum(paid))

    assert best == cover(payment_book(assets, contracts, loans)).joint_fen


@given(payments(), st.sampled_from((2, 7, 10**13)))
def test_cover_scales(case, scale):
    """All fen times a number gives all answers times that number."""
    one, many = cover(payment_book(*case)), cover(payment_book(*case, scale=scale))

    names = ("gross_fen", "net_fen", "naive_fen", "joint_fen", "independent_fen", "circular_fen")
    assert [getattr(one, name) * scale for name in names] == [
        getattr(many, name) for name in names
    ]


@given(payments(), st.data())
def test_joint_cover_never_falls_when_something_grows(case, data):
    """Monotone in net assets, in caps and in added guarantors."""
    assets, contracts, loans = case
    before = cover(payment_book(*case)).joint_fen
    g, b = data.draw(st.integers(0, len(assets) - 1)), data.draw(st.integers(0, len(loans) - 1))
    place = data.draw(st.integers(0, len(contracts) - 1))
    richer = [fen + 3 * (n == g) for n, fen in enumerate(assets)]
    larger = [(*c[:2], c[2] + 3 * (n == place)) for n, c in enumerate(contracts)]

    for grown in (
        (richer, contracts, loans),
        (assets, larger, loans),
        (assets, [*contracts, (g, b, 3)], loans),
    ):
        assert before <= cover(payment_book(*grown)).joint_fen


# ---- P11: circular money -------------------------------------------------------------


@given(asked())
def test_circular_money_changes_nobodys_balance(case):
    """What comes to a party leaves it, no contract passes more than it holds, none off a loop."""
    columns, day, known_by = case
    book = on_day(book_of(columns), day, known_by)
    flow = circulation(book)

    balance = Counter()
    for row in oracle.read(columns):
        balance[row.guarantor] -= int(flow[row.number])
        balance[row.borrower] += int(flow[row.number])
    counting = [r for r in oracle.read(columns) if oracle.counts_on(r, day, known_by)]
    amounts = oracle.contract_amounts(oracle.read(columns), counting)
    assert not any(balance.values())
    assert (flow >= 0).all()
    assert not flow[find_circles(book).row_labels < 0].any()
    for circle in find_circles(book):
        loop = {row: int(flow[row]) for row in circle.rows}
        assert circulation(circle).tolist() == list(loop.values())
        used = Counter()
        for row in oracle.read(columns):
            used[row.contract_key] += loop.get(row.number, 0)
        assert all(fen <= (amounts[key] or 0) for key, fen in used.items())
        assert sum(loop.values()) <= circle.guaranteed_fen


@given(asked())
def test_circular_money_adds_up_over_loops(case):
    """The book's circular money is the sum of its loops'."""
    columns, day, known_by = case
    book = on_day(book_of(columns), day, known_by)

    found = cover(book)
    loops = [circular_fen(circle) for circle in find_circles(book)]
    assert circular_fen(book) == sum(loops)
    assert loops == [one.circular_fen for one in found.per_loop]
    assert found.circular_fen == sum(one.circular_fen for one in found.per_cluster) == sum(loops)
    high = found.circular_bounds_fen.high
    assert high is None or high >= found.circular_fen


def plain(columns):
    """The columns with a contract of its own on every row and a known, positive amount."""
    amounts = [max(fen or 0, 0) + 1 for fen in columns["amount_fen"]]
    return {**columns, "contract_id": [None] * len(amounts), "amount_fen": amounts}


@given(ledger_columns(dates=False), st.sampled_from((2, 10**11)))
def test_circular_money_leaves_no_loop(columns, scale):
    """Zero just where no loop of others is; what is left closes none; it scales."""
    columns = plain(columns)
    book = book_of(columns)
    flow = circulation(book)
    rows = [r for r in oracle.arcs_of(oracle.read(columns)) if not r.is_self]

    left = [r for r in rows if r.amount > flow[r.number]]
    assert bool(flow.any()) == bool(oracle.loops(rows))
    assert not oracle.loops(left)
    larger = {**columns, "amount_fen": [fen * scale for fen in columns["amount_fen"]]}
    assert (flow * scale).tolist() == circulation(book_of(larger)).tolist()


def network_of(tails, heads, capacities, gains=None):
    """Arcs as a graph for network simplex, which makes what they earn the least cost."""
    graph = nx.MultiDiGraph()
    gains = [1] * len(tails) if gains is None else gains
    for tail, head, fen, gain in zip(tails, heads, capacities, gains, strict=True):
        graph.add_edge(tail, head, capacity=fen, weight=-gain)
    return graph


@given(ledger_columns(dates=False, agreements=False, counters=False))
def test_circular_money_is_the_largest_that_network_simplex_finds(columns):
    """Rows with contracts of their own: as much as networkx's network simplex passes round."""
    columns = plain(columns)
    rows = [r for r in oracle.read(columns) if not r.is_self]
    graph = network_of(*([getattr(r, name) for r in rows] for name in oracle.Row._fields[1:4]))
    graph.add_nodes_from(oracle.parties_of(rows), demand=0)

    largest = -nx.network_simplex(graph)[0] if rows else 0
    assert largest == circular_fen(book_of(columns))


ARCS = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2), st.integers(0, 2))


@given(st.lists(ARCS, min_size=1, max_size=6))
def test_circular_money_is_the_best_of_all_circulations(rows):
    """Trying every passage of whole fen, contracts of one guarantor sharing, finds no better."""
    names = [f"{guarantor}-{contract}" for guarantor, _b, _fen, contract in rows]
    limit = dict.fromkeys(names, 0)
    for name, row in zip(names, rows, strict=True):
        limit[name] = max(limit[name], row[2])
    best = 0
    for passed in itertools.product(*(range(limit[name] + 1) for name in names)):
        balance, used = Counter(), Counter()
        for fen, name, (guarantor, borrower, _amount, _contract) in zip(
            passed, names, rows, strict=True
        ):
            balance[guarantor] -= fen
            balance[borrower] += fen
            used[name] += fen if guarantor != borrower else limit[name] * 9 * bool(fen)
        if not any(balance.values()) and all(fen <= limit[name] for name, fen in used.items()):
            best = max(best, sum(passed))
    book = GuaranteeBook.from_columns(
        guarantor=[row[0] for row in rows],
        borrower=[row[1] for row in rows],
        amount_fen=[row[2] for row in rows],
        contract_id=[contract_number(name) for name in names],
    )

    assert best == circular_fen(book)


def contract_number(name):
    """Number a contract named guarantor-contract."""
    guarantor, contract = name.split("-")
    return int(guarantor) * 10 + int(contract)


def test_a_ring_of_equal_guarantees_is_hollow():
    """Three contracts of 100 in a ring: all 300 go round, nothing is net."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "b", "c"], borrower=["b", "c", "a"], amount_fen=[100] * 3
    )

    found = cover(book)
    assert (300, 300, 0) == (found.gross_fen, found.circular_fen, found.net_fen)
    assert Ratio(300, 300) == found.circular_share == found.per_loop[0].circular_share


def test_a_maximum_amount_contract_passes_its_ceiling_once():
    """One ceiling of 5 over two borrowers passes 5 in all, there and back."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "a", "b", "c"],
        borrower=["b", "c", "a", "a"],
        amount_fen=[5, 5, 9, 9],
        contract_id=["K", "K", "x", "y"],
    )

    assert 10 == circular_fen(book)


def test_a_ceiling_of_two_guarantors_over_two_borrowers_is_one_node():
    """Each with each: the contract's 6 pass once, and come back by four contracts."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "a", "b", "b", "c", "c", "d", "d"],
        borrower=["c", "d", "c", "d", "a", "b", "a", "b"],
        amount_fen=[6] * 4 + [2] * 4,
        contract_id=["K"] * 4 + ["w", "x", "y", "z"],
    )

    assert 12 == circular_fen(book)


def test_one_contract_all_round_shares_its_amount():
    """Seven fen over a ring of three rows pass two each: whole fen, never more than held."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "b", "c"],
        borrower=["b", "c", "a"],
        amount_fen=[7] * 3,
        contract_id=["K"] * 3,
    )

    assert [2, 2, 2] == circulation(book).tolist()


def test_a_joint_group_alone_passes_nothing_round():
    """Two groups share a member: no loop.  A contract between them closes one over both."""
    rows = [("a", "m", "A"), ("m", "a", "A"), ("m", "b", "B"), ("b", "m", "B")]
    columns = {
        "guarantor": [row[0] for row in rows],
        "borrower": [row[1] for row in rows],
        "agreement_id": [row[2] for row in rows],
        "amount_fen": [10] * 4,
    }
    more = {
        "guarantor": [*columns["guarantor"], "a"],
        "borrower": [*columns["borrower"], "b"],
        "agreement_id": [*columns["agreement_id"], None],
        "amount_fen": [*columns["amount_fen"], 3],
    }

    assert 0 == circular_fen(GuaranteeBook.from_columns(**columns))
    assert [0, 3, 0, 3, 3] == circulation(GuaranteeBook.from_columns(**more)).tolist()


def test_an_incomplete_joint_group_still_passes_what_closes_a_loop():
    """Where a group's own chain is the only way back, two of its rows follow each other."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "b", "c"],
        borrower=["b", "c", "a"],
        amount_fen=[5, 4, 9],
        agreement_id=["A", "A", None],
    )

    assert [4, 4, 4] == circulation(book).tolist()


@pytest.mark.parametrize(
    ("amounts", "low", "high"),
    [
        ([100, None], 0, 200),
        ([None, None], 0, None),
        ([100, 100], 200, 200),
    ],
)
def test_unknown_amounts_bound_the_circular_money(amounts, low, high):
    """An unknown contract passes nothing, or what the known ones let through."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "b"], borrower=["b", "a"], amount_fen=amounts
    )

    found = cover(book).circular_bounds_fen
    assert (low, high) == (found.low, found.high)
    assert (low, high) == (
        cover(book).per_loop[0].circular_bounds_fen.low,
        cover(book).per_cluster[0].circular_bounds_fen.high,
    )


def test_amounts_near_int64_leave_the_circular_bound_open():
    """Where an unknown contract cannot be given room in int64, the bound is open, not wrong."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "b", "b"], borrower=["b", "a", "a"], amount_fen=[2**62, None, 5]
    )

    found = cover(book).circular_bounds_fen
    assert (10, None) == (found.low, found.high)


# ---- the flows -----------------------------------------------------------------------


def random_arcs(seed, nodes, many, most):
    """Arcs between random nodes, none from a node to itself."""
    rng = np.random.default_rng(seed)
    tails, heads = rng.integers(0, nodes, (2, many))
    differ = tails != heads
    fen = rng.integers(0, most + 1, many)
    return FlowArcs(tails[differ], heads[differ], fen[differ], nodes)


def balance_of(arcs, flow):
    """What each node receives less what leaves it."""
    balance = np.zeros(arcs.count, np.int64)
    np.add.at(balance, arcs.heads, flow)
    np.subtract.at(balance, arcs.tails, flow)
    return balance.tolist()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("most", [3, 2**31, MOST])
@pytest.mark.parametrize(("nodes", "many"), [(6, 14), (40, 300), (60, 1_300)])
def test_the_largest_flow_is_that_of_networkx(seed, most, nodes, many):
    """Small and large networks, money beyond int32 and beyond a float's digits."""
    arcs = random_arcs(seed, nodes, many, most)
    flow = largest_flow(arcs, 0, nodes - 1)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(nodes))
    for tail, head, fen in zip(
        *(c.tolist() for c in (arcs.tails, arcs.heads, arcs.capacities)), strict=True
    ):
        before = graph.get_edge_data(tail, head, {"capacity": 0})["capacity"]
        graph.add_edge(tail, head, capacity=before + fen)

    value = nx.maximum_flow_value(graph, 0, nodes - 1)
    assert [-value, *[0] * (nodes - 2), value] == balance_of(arcs, flow)
    assert ((flow >= 0) & (flow <= arcs.capacities)).all()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("most", [3, MOST])
@pytest.mark.parametrize(("nodes", "many"), [(6, 14), (30, 120), (120, 600)])
def test_the_largest_circulation_is_that_of_network_simplex(seed, most, nodes, many):
    """Small and large networks, with arcs that earn nothing, in whole fen."""
    arcs = random_arcs(seed, nodes, many, most)
    gains = np.arange(len(arcs.tails)) % 3 % 2
    flow = largest_circulation(arcs, gains)
    columns = (arcs.tails, arcs.heads, arcs.capacities, gains)
    graph = network_of(*(column.tolist() for column in columns))

    assert -nx.network_simplex(graph)[0] == int((flow * gains).sum())
    assert not any(balance_of(arcs, flow))
    assert ((flow >= 0) & (flow <= arcs.capacities)).all()


def test_flows_beyond_int64_are_refused():
    """Three capacities of 2**62 out of one node do not fit int64."""
    arcs = FlowArcs(np.zeros(3, np.int64), np.arange(1, 4), np.full(3, 2**62), 4)

    with pytest.raises(CreditError, match="beyond int64: look for amounts in the wrong unit"):
        largest_flow(arcs, 0, 3)


@pytest.mark.parametrize("guarantors", [40, 400])
def test_large_money_is_exact(guarantors):
    """Ten trillion yuan in a web of guarantors: the flow equals networkx's to the fen."""
    rng = np.random.default_rng(guarantors)
    many = 4 * guarantors
    ends = rng.integers(0, guarantors, (2, many))
    assets, loans = rng.integers(MOST // 2, MOST, (2, guarantors))
    amounts = rng.integers(1, MOST // 3, many)
    book = payment_book(
        assets.tolist(), list(zip(*ends.tolist(), amounts.tolist(), strict=True)), loans.tolist()
    )
    graph = nx.DiGraph()
    for place in range(guarantors):
        graph.add_edge("S", ("g", place), capacity=int(assets[place]))
        graph.add_edge(("b", place), "T", capacity=int(loans[place]))
    for place, (giver, taker, fen) in enumerate(
        zip(*ends.tolist(), amounts.tolist(), strict=True)
    ):
        graph.add_edge(("g", giver), place, capacity=fen)
        graph.add_edge(place, ("b", taker), capacity=fen)

    assert nx.maximum_flow_value(graph, "S", "T") == cover(book).joint_fen


# ---- golden cases --------------------------------------------------------------------


def small_book(**more):
    """Three firms with 100 each stand in for each other's loans of 200; X stands in for a."""
    columns = {
        "guarantor": [*"aabbcc", "X"],
        "borrower": [*"bcacab", "a"],
        "amount_fen": [200] * 7,
        "parties": Parties.from_columns(
            party=[*"abc", "X"],
            net_assets_fen=[100, 100, 100, 70],
            kind=["firm"] * 3 + ["guarantee_company"],
        ),
        "loans": Loans.from_columns(
            loan_id=["L1", "L2", "L3"], borrower=list("abc"), balance_fen=[200] * 3
        ),
    }
    return GuaranteeBook.from_columns(**(columns | more))


def test_cover_of_three_firms_and_a_guarantee_company():
    """Naive 600, joint 300 + 70; only the company is independent."""
    found = cover(small_book())

    assert (600, 370, 70) == (found.naive_fen, found.joint_fen, found.independent_fen)
    assert Ratio(600, 370) == found.inflation
    assert (200, 70) == (found.per_loan["L1"].naive_fen, found.per_loan["L1"].independent_fen)
    assert (200, 0) == (found.per_loan["L2"].joint_fen, found.per_loan["L2"].independent_fen)
    loop = found.per_loop[0]
    assert (600, 370, 70) == (loop.naive_fen, loop.joint_fen, loop.independent_fen)
    assert Ratio(600, 370) == loop.inflation == found.per_cluster[0].inflation
    assert (1_200, 1_400) == (loop.gross_fen, found.gross_fen)


def test_cover_of_a_party():
    """Given, received, net, ratio and distinct borrowers of one firm."""
    one = cover(small_book()).per_party["a"]

    assert (400, 600, 200) == (one.given_fen, one.received_fen, one.net_fen)
    assert (2, 3, Ratio(400, 100)) == (one.borrowers, one.guarantors, one.guarantee_ratio)
    assert (100, 0, 0) == (one.free_assets_fen, one.unknown_given, one.unknown_received)


def test_a_control_group_gives_no_independent_cover():
    """By relations brought or by a merged book; a licensed company stays independent."""
    columns = {
        "guarantor": ["a", "b", "X"],
        "borrower": ["z", "z", "z"],
        "amount_fen": [50, 30, 20],
        "loans": Loans.from_columns(loan_id=["L"], borrower=["z"], balance_fen=[500]),
        "parties": Parties.from_columns(
            party=["a", "b", "X"],
            net_assets_fen=[1_000] * 3,
            kind=["firm", "firm", "guarantee_company"],
        ),
    }
    book = GuaranteeBook.from_columns(**columns)
    tied = Relations.from_columns(a=["a", "z"], b=["z", "X"], kind=["control", "group"])

    assert (100, 100) == (cover(book).joint_fen, cover(book).independent_fen)
    assert 50 == cover(book, relations=tied).independent_fen
    assert 100 == cover(book, relations=tied, kinds=("kin",)).independent_fen
    assert 50 == cover(book.merge(tied)).independent_fen


def test_unknown_kinds_are_refused():
    """A kind that is none of the five raises before anything is asked."""
    tied = Relations.from_columns(a=["a"], b=["b"], kind=["control"])

    with pytest.raises(CreditError, match="control, controller, spouse, kin, group"):
        cover(small_book(), relations=tied, kinds=("friend",))


def test_self_guarantees_and_counter_guarantees_cover_nothing():
    """Neither counts, alone or beside others."""
    book = small_book(
        guarantor=["a", "X"],
        borrower=["a", "a"],
        amount_fen=[50, 50],
        layer=["guarantee", "counter"],
    )

    found = cover(book)
    assert (0, 0, 0) == (found.naive_fen, found.joint_fen, found.independent_fen)
    assert (50, 0, 0, None) == (
        found.gross_fen,
        found.net_fen,
        found.circular_fen,
        found.inflation,
    )


def test_a_ceiling_over_two_loans_is_shared():
    """A maximum-amount contract of 150 covers two loans of 100 with 150 in all."""
    book = GuaranteeBook.from_columns(
        guarantor=["g", "g"],
        borrower=["b", "b"],
        amount_fen=[150, 150],
        contract_id=["K", "K"],
        loan_id=["L1", "L2"],
        form=["maximum", "maximum"],
        parties=Parties.from_columns(party=["g"], net_assets_fen=[1_000]),
        loans=Loans.from_columns(
            loan_id=["L1", "L2"], borrower=["b", "b"], balance_fen=[100, 100]
        ),
    )

    assert (200, 150, 150) == (
        cover(book).naive_fen,
        cover(book).joint_fen,
        cover(book).independent_fen,
    )


def test_a_row_without_a_loan_covers_any_loan_of_its_borrower():
    """One contract of 150 without a loan, loans of 100 and 100, one of them with its own."""
    book = GuaranteeBook.from_columns(
        guarantor=["g", "h", "g"],
        borrower=["b", "b", "b"],
        amount_fen=[150, 60, 150],
        contract_id=["K", "M", "K"],
        loan_id=[None, "L1", "L1"],
        parties=Parties.from_columns(party=["g", "h"], net_assets_fen=[1_000, 40]),
        loans=Loans.from_columns(
            loan_id=["L1", "L2"],
            borrower=["b", "b"],
            balance_fen=[100, 100],
            uncovered_fen=[100, None],
        ),
    )

    found = cover(book)
    assert (200, 190) == (found.naive_fen, found.joint_fen)
    assert 100 == found.per_loan["L2"].joint_fen


def test_a_contract_of_several_guarantors_in_part_is_bounded_honestly():
    """Guarantors on a loop with one of two borrowers: what the others can pay lies within."""
    book = GuaranteeBook.from_columns(
        guarantor=["g", "h", "h", "b"],
        borrower=["b", "b", "c", "g"],
        amount_fen=[60, 60, 60, 1],
        contract_id=["K", "K", "K", "M"],
        parties=Parties.from_columns(party=["g", "h"], net_assets_fen=[50, 40]),
        loans=Loans.from_columns(loan_id=["L1", "L2"], borrower=["b", "c"], balance_fen=[80, 80]),
    )

    found = cover(book)
    assert 60 == found.joint_fen
    assert 40 == found.independent_fen


def test_unknown_facts_bound_the_cover():
    """Unknown assets, amounts and balances count as nothing, then as without limit."""
    loans = Loans.from_columns(loan_id=["L1", "L2"], borrower=["b", "c"], balance_fen=[80, None])
    book = GuaranteeBook.from_columns(
        guarantor=["g", "h", "k"],
        borrower=["b", "b", "c"],
        amount_fen=[60, None, 10],
        parties=Parties.from_columns(party=["h", "k"], net_assets_fen=[15, 7]),
        loans=loans,
    )
    endless = GuaranteeBook.from_columns(guarantor=["g"], borrower=["c"], loans=loans)

    found = cover(book)
    assert (0, 82) == (found.joint_bounds_fen.low, found.joint_bounds_fen.high)
    assert (0, 75) == (
        found.per_loan["L1"].joint_bounds_fen.low,
        found.per_loan["L1"].joint_bounds_fen.high,
    )
    assert (("g",), 1, None) == (found.unknown_assets, found.unknown_amounts, found.joint_fen)
    assert None is found.per_loan["L2"].uncovered_fen
    assert None is cover(endless).joint_bounds_fen.high
    assert (None, None) == (
        found.per_party["h"].guarantee_ratio,
        found.per_party["g"].guarantee_ratio,
    )


def test_cover_without_a_loans_table_knows_no_loans():
    """Gross, net and circular money are known; what covers unknown loans is not."""
    book = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "a"], amount_fen=[5, 9])

    found = cover(book)
    assert (14, 4, 10) == (found.gross_fen, found.net_fen, found.circular_fen)
    assert (0, None) == (found.naive_bounds_fen.low, found.naive_bounds_fen.high)
    assert (None, None, None, None) == (
        found.naive_fen,
        found.joint_fen,
        found.per_loop[0].independent_fen,
        found.inflation,
    )
    assert (0, []) == (len(found.per_loan), list(found.per_loan))
    assert ("a", "b") == found.unknown_assets


def test_cover_of_an_empty_book_is_nothing():
    """No rows, no loans: all amounts are zero or unknown, and no view holds anything."""
    book = GuaranteeBook.from_columns(
        guarantor=[],
        borrower=[],
        loans=Loans.from_columns(loan_id=[], borrower=[], balance_fen=[]),
    )

    found = cover(book)
    assert (0, 0, 0, 0, 0) == (
        found.gross_fen,
        found.net_fen,
        found.circular_fen,
        found.joint_fen,
        found.independent_fen,
    )
    assert (0, 0, 0, 0) == tuple(
        map(len, (found.per_party, found.per_loan, found.per_loop, found.per_cluster))
    )


# ---- how it is read ------------------------------------------------------------------


@given(questions())
def test_columns_are_the_values_of_each(case):
    """A view's columns and its values are one and the same."""
    found = cover(case[0])

    parties = found.per_party.columns()
    for place, party in enumerate(found.per_party):
        one = found.per_party[party]
        assert party == parties["party"][place]
        assert one.net_fen == parties["net_fen"][place]
        assert (one.free_assets_fen is not None) == parties["has_assets"][place]
        assert one.borrowers == parties["borrowers"][place]
    loans = found.per_loan.columns()
    for place, one in enumerate(found.per_loan.values()):
        assert one.naive_bounds_fen.low == loans["naive_low_fen"][place]
        assert (one.uncovered_fen or 0) == loans["uncovered_fen"][place]
    for groups in (found.per_loop, found.per_cluster):
        columns = groups.columns()
        for place, one in enumerate(groups):
            assert one.gross_fen == columns["gross_fen"][place]
            high = one.joint_bounds_fen.high
            assert (high is not None) == columns["has_joint_high"][place]
            assert (high or 0) == columns["joint_high_fen"][place]


def test_a_view_refuses_what_it_does_not_hold():
    """Unknown parties and loans are no keys; slices and short names work."""
    found = cover(small_book())

    for view, key in ((found.per_party, "nobody"), (found.per_loan, "nothing")):
        with pytest.raises(KeyError, match=key):
            view[key]
    with pytest.raises(KeyError, match="L1"):
        cover(GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"])).per_loan["L1"]
    assert (found.per_loop[0],) == found.per_loop[:1]
    assert ["PartyCovers(4)", "LoanCovers(3)", "GroupCovers(1)"] == [
        repr(view) for view in (found.per_party, found.per_loan, found.per_loop)
    ]
    assert "Cover(GuaranteeBook(7 rows, no day asked))" == repr(found)


def test_cover_does_not_depend_on_the_order_of_rows():
    """The same rows in another order give the same amounts."""
    rng = np.random.default_rng(5)
    rows = list(
        zip(*rng.integers(0, 12, (2, 40)).tolist(), rng.integers(1, 99, 40).tolist(), strict=True)
    )
    assets, loans = rng.integers(1, 300, (2, 12)).tolist()

    before, after = (cover(payment_book(assets, way, loans)) for way in (rows, rows[::-1]))
    assert (before.joint_fen, before.naive_fen) == (after.joint_fen, after.naive_fen)
    assert dict(before.per_loan) == dict(after.per_loan)
    assert dict(before.per_party) == dict(after.per_party)


def test_a_tangled_contract_within_its_amount_is_exact():
    """One contract, each of two guarantors for another borrower, and money enough for both."""
    book = GuaranteeBook.from_columns(
        guarantor=["g", "h"],
        borrower=["a", "b"],
        contract_id=["K", "K"],
        amount_fen=[100, 100],
        parties=Parties.from_columns(party=["g", "h"], net_assets_fen=[50, 50]),
        loans=Loans.from_columns(loan_id=["L1", "L2"], borrower=["a", "b"], balance_fen=[30, 40]),
    )

    assert (70, 70) == (cover(book).joint_fen, cover(book).independent_fen)
