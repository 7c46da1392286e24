"""May this guarantee be taken: laws of the check, its edges, and what it says."""

import datetime
import itertools
import pickle

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
from drawn_books import asked, book_of, on_day, related, relations_of
from ruralcredit.errors import CreditError, TableError
from ruralcredit.guarantee_checks import (
    LIMITS,
    CoverChange,
    GuaranteeProposal,
    JointProposal,
    check_effect,
    check_guarantee,
    effects_of,
)
from ruralcredit.guarantees import (
    Bounds,
    GuaranteeBook,
    JointGroups,
    Loans,
    Parties,
    Relations,
    cover,
    find_circles,
    find_clusters,
)
from ruralcredit.policy import DecisionTable, Field, Policy, Row
from ruralcredit.values import from_dict, to_dict

DAY = datetime.date(2024, 6, 30)
NAMES = tuple(f"P{n:03d}" for n in range(7))
NOBODY = Relations.from_columns(a=[], b=[], kind=[])
GRAVITY = {"pass": 0, "refer": 1, "refuse": 2}


@st.composite
def proposals(draw, *, most=3):
    """Some guarantees and joint groups among seven parties, each with an id of its own."""
    name = st.sampled_from(NAMES)
    found = []
    for number in range(draw(st.integers(1, most))):
        amount = draw(st.none() | st.integers(0, 1_000))
        if draw(st.sampled_from((False, False, False, True))):
            members = draw(st.lists(name, unique=True, min_size=2, max_size=4))
            found.append(
                JointProposal(agreement_id=f"NEW{number}", members=members, amount_fen=amount)
            )
            continue
        found.append(
            GuaranteeProposal(
                contract_id=f"NEW{number}",
                guarantor=draw(name),
                borrower=draw(name),
                amount_fen=amount,
            )
        )
    return found


def rows_of(proposal):
    """The rows that a proposal stands for, by its definition."""
    if isinstance(proposal, GuaranteeProposal):
        return [
            {
                "guarantor": proposal.guarantor,
                "borrower": proposal.borrower,
                "amount_fen": proposal.amount_fen,
                "contract_id": proposal.contract_id,
            }
        ]
    return [
        {
            "guarantor": one,
            "borrower": other,
            "amount_fen": proposal.amount_fen,
            "agreement_id": proposal.agreement_id,
        }
        for one, other in itertools.permutations(proposal.members, 2)
    ]


def enlarged(columns, several):
    """Columns with the rows of some proposals behind them, and which rows each one has."""
    columns = {name: list(cells) for name, cells in columns.items()}
    places = []
    for proposal in several:
        first = len(columns["guarantor"])
        for row in rows_of(proposal):
            for name, cells in columns.items():
                cells.append(row.get(name))
        places.append(range(first, len(columns["guarantor"])))
    return columns, places


def lie_on_a_loop(book, rows):
    """Whether some of the rows lie on a closed loop of a book."""
    return bool((find_circles(book).row_labels[list(rows)] >= 0).any())


# ---- P17: closing a loop ----------------------------------------------------------------


@given(drawn=asked(), several=proposals())
def test_a_proposal_closes_a_loop_exactly_where_the_enlarged_book_has_it_on_one(drawn, several):
    """P17: the same as building the whole book with all proposals and asking for its loops."""
    columns, day, known_by = drawn
    day = day or DAY
    book = on_day(book_of(columns), day, known_by)
    after, places = enlarged(columns, several)
    whole = on_day(book_of(after), day, known_by)

    found = effects_of(book, several, as_of=day)

    assert [lie_on_a_loop(whole, rows) for rows in places] == [one.closes_loop for one in found]


@given(drawn=related(), several=proposals())
def test_a_hidden_loop_is_one_of_the_enlarged_and_merged_book_only(drawn, several):
    """P17 with relations: raw where the raw book has it, hidden where only the merged one has."""
    columns, table = drawn
    relations = relations_of(table)
    after, places = enlarged(columns, several)
    whole = on_day(book_of(after), DAY)
    merged = whole.merge(relations)
    book = book_of(columns)

    found = effects_of(book, several, relations=relations, as_of=DAY)
    same = effects_of(book.merge(relations), several, as_of=DAY)

    assert [lie_on_a_loop(whole, rows) for rows in places] == [one.closes_loop for one in found]
    assert [lie_on_a_loop(merged, rows) and not lie_on_a_loop(whole, rows) for rows in places] == [
        one.closes_hidden_loop for one in found
    ]
    assert found == same


@given(
    drawn=asked(blanks=True, max_deals=4),
    several=proposals(most=2),
    opened=st.lists(st.sampled_from(NAMES), unique=True, max_size=2),
)
def test_a_loop_is_open_exactly_where_unknown_guarantees_could_close_one(drawn, several, opened):
    """Every guarantee between open parties and other banks' is tried: does one close a loop?"""
    columns, day, known_by = drawn
    day = day or DAY
    book = on_day(book_of(columns, open_parties=opened), day, known_by)
    counting = book.rows.tolist()
    blank = {
        party
        for row in counting
        for party, other in itertools.permutations(
            (columns["guarantor"][row], columns["borrower"][row])
        )
        if oracle.is_blank(other) and not oracle.is_blank(party)
    }
    after, places = enlarged(columns, several)
    whole = on_day(book_of(after), day, known_by)
    for one, other in itertools.permutations([*sorted({*opened, *blank}), "elsewhere"], 2):
        for name, cells in after.items():
            cells.append({"guarantor": one, "borrower": other}.get(name))
    worst = on_day(book_of(after), day, known_by)

    found = effects_of(book, several, as_of=day)

    expected = [
        True if lie_on_a_loop(whole, rows) else None if lie_on_a_loop(worst, rows) else False
        for rows in places
    ]
    assert expected == [one.closes_loop for one in found]


@given(drawn=related(), several=proposals())
def test_the_witness_is_a_closed_way_that_starts_with_the_proposal(drawn, several):
    """Each step starts where the one before it ended, and the last one ends at the start."""
    columns, table = drawn
    after, places = enlarged(columns, several)

    for one, rows in zip(
        effects_of(book_of(columns), several, relations=relations_of(table), as_of=DAY),
        places,
        strict=True,
    ):
        steps = one.witness

        assert bool(steps) == (one.closes_loop or one.closes_hidden_loop)
        for step, following in zip(steps, [*steps[1:], *steps[:1]], strict=True):
            assert step.target == following.source
        for step in steps:
            if step.kind == "guarantee":
                cells = (after["guarantor"][step.row], after["borrower"][step.row])
                # Proposals come in an order of their own behind the ledger.
                if step.row < len(columns["guarantor"]):
                    assert (step.source, step.target) == cells
        if steps:
            assert steps[0].row in one.rows
            assert one.closes_hidden_loop or all(step.kind == "guarantee" for step in steps)
        assert len(one.rows) == len(rows)


@given(drawn=related(), several=proposals(), data=st.data())
def test_the_order_of_proposals_does_not_matter(drawn, several, data):
    """P17: a batch is the union graph, so that any order gives each proposal the same answer."""
    columns, table = drawn
    book, relations = book_of(columns), relations_of(table)
    order = data.draw(st.permutations(range(len(several))))

    found = check_guarantee(book, several, relations=relations, as_of=DAY)
    again = check_guarantee(book, [several[at] for at in order], relations=relations, as_of=DAY)

    assert [found[at] for at in order] == list(again)


@given(drawn=asked(), several=proposals())
def test_a_batch_judges_each_proposal_in_the_book_with_the_others(drawn, several):
    """What a proposal closes in a batch, it closes in the book that holds the others."""
    columns, day, known_by = drawn
    day = day or DAY
    book = on_day(book_of(columns), day, known_by)
    together = effects_of(book, several, as_of=day)

    for at, proposal in enumerate(several):
        others, _places = enlarged(columns, several[:at] + several[at + 1 :])
        rest = on_day(book_of(others), day, known_by)
        (alone,) = effects_of(rest, [proposal], as_of=day)

        assert (alone.closes_loop, alone.is_mutual, len(alone.chain), alone.cluster_after) == (
            together[at].closes_loop,
            together[at].is_mutual,
            len(together[at].chain),
            together[at].cluster_after,
        )
        assert [untold(one) for one in alone.guarantors] == [
            untold(one) for one in together[at].guarantors
        ]


def untold(guarantor):
    """What is measured of a guarantor; a row without a contract is asked for by its number."""
    return attrs.evolve(guarantor, ask={})


# ---- what is measured -------------------------------------------------------------------


@given(drawn=asked(blanks=True), several=proposals())
def test_clusters_chains_and_money_are_those_of_the_enlarged_book(drawn, several):
    """The part of the book that is built anew says what the whole book would say."""
    columns, day, known_by = drawn
    day = day or DAY
    book = on_day(book_of(columns), day, known_by)
    after, places = enlarged(columns, several)
    whole = on_day(book_of(after), day, known_by)
    before, clusters = find_clusters(book), find_clusters(whole)

    for proposal, rows, one in zip(
        several, places, effects_of(book, several, as_of=day), strict=True
    ):
        members = clusters[int(clusters.row_labels[rows[0]])].members
        labels = before.label_of(list(members)) if len(book.party_ids) else np.array([-1])
        sizes = before.member_counts[np.unique(labels[labels >= 0])].tolist()

        assert len(members) == one.cluster_after
        assert sorted(sizes, reverse=True) == list(one.clusters_before)
        for guarantor in one.guarantors:
            given_fen, unknown = money_given(whole, after, guarantor.guarantor)
            assert given_fen == guarantor.given_fen.low
            assert unknown == (guarantor.given_fen.high is None)
        assert longest_through(whole, proposal) == max(len(one.chain) - 1, 0)


def money_given(book, columns, party):
    """What a party guarantees in a book, each contract once, and whether that is all."""
    counting = [row for row in oracle.read(columns) if row.number in set(book.rows.tolist())]
    mine = [row for row in counting if row.guarantor == party and row.layer != "counter"]
    amounts = oracle.contract_amounts(mine, counting)
    is_open = any(
        {row.guarantor, row.borrower} & {party}
        and (oracle.is_blank(row.guarantor) or oracle.is_blank(row.borrower))
        for row in counting
    )
    return sum(amount or 0 for amount in amounts.values()), is_open or None in amounts.values()


def longest_through(book, proposal):
    """Contracts in the longest way through a proposal where loops count as one party."""
    arcs = [
        oracle.Row(n, one, other)
        for n, (one, other) in enumerate(
            zip(book.ledger.guarantor.tolist(), book.ledger.borrower.tolist(), strict=True)
        )
        if n in set(book.cluster_arcs(counter_guarantees=False).rows.tolist())
    ]
    loop_of = {party: loop for loop in oracle.strong_sets(arcs) for party in loop}
    steps = {}
    for row in arcs:
        one, other = (loop_of.get(end, frozenset({end})) for end in (row.guarantor, row.borrower))
        if one != other:
            steps.setdefault(one, set()).add(other)
    back = {}
    for one, others in steps.items():
        for other in others:
            back.setdefault(other, set()).add(one)
    first, last = proposal.guarantors[0], proposal.borrowers[-1]
    one, other = (loop_of.get(end, frozenset({end})) for end in (first, last))
    return depth(one, back) + depth(other, steps) + (one != other)


def depth(node, steps):
    """Steps of the longest way from a node."""
    return max((1 + depth(other, steps) for other in steps.get(node, ())), default=0)


# ---- P17: never milder for want of facts ------------------------------------------------

_KINDS = ("person", "household", "firm", "guarantee_company", "public")
_FACTS = st.tuples(
    st.sampled_from(_KINDS + ("firm",) * 5),
    st.sampled_from(("330102",) * 6 + ("330106", "320102")),
    st.sampled_from((0, 5, 10, 1_000, 1_000, 1_000)),
    st.sampled_from((0, 0, 0, 0, 1)),
)


@st.composite
def worlds(draw):
    """All there is to know of a few parties, and what of it nobody said.

    Guarantees among open parties and a stranger stand in the complete world only.
    """
    names = NAMES[:5]
    pair = st.tuples(st.sampled_from(names), st.sampled_from(names), st.integers(0, 12))
    rows = draw(st.lists(pair, max_size=5))
    opened = draw(st.lists(st.sampled_from(names), unique=True, max_size=2))
    far = [*opened, "stranger"]
    ends = [(one, other) for one, other in itertools.permutations(far, 2)]
    hidden = draw(st.lists(st.sampled_from(ends), unique=True, max_size=2)) if opened else []
    facts = {name: draw(_FACTS) for name in names} | {"stranger": ("firm", "330102", 1_000, 0)}
    blank = draw(st.sets(st.tuples(st.sampled_from(names), st.integers(0, 3)), max_size=2))
    amounts = draw(st.sets(st.integers(0, 4), max_size=1))
    kinds = st.sampled_from(("control", "controller", "spouse", "kin", "group"))
    related = draw(
        st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names), kinds), max_size=1)
    )
    insiders = draw(st.sampled_from(((), (), ("P000",))))
    untold = draw(st.sets(st.sampled_from(("relations", "insiders")), max_size=1))
    group = draw(st.sampled_from((False, False, True)))
    taken = draw(st.lists(st.sampled_from(names), unique=True, min_size=2, max_size=5))
    if group:
        proposal = JointProposal(
            agreement_id="NEW",
            members=taken,
            amount_fen=3,
            agreement_months=draw(st.sampled_from((12, 37))),
            loan_months=draw(st.sampled_from((12, 13))),
            product="other",
        )
    else:
        proposal = GuaranteeProposal(
            contract_id="NEW",
            guarantor=taken[0],
            borrower=taken[1],
            amount_fen=3,
            product="other",
        )
    whole = world(rows, facts, hidden=hidden)
    part = world(rows, facts, blank=blank, amounts=amounts, opened=opened)
    known = {"relations": related_table(related), "insiders": insiders}
    return proposal, (whole, known), (part, {**known, **dict.fromkeys(untold)})


def related_table(related):
    """Relations of drawn triples."""
    return Relations.from_columns(
        a=[row[0] for row in related],
        b=[row[1] for row in related],
        kind=[row[2] for row in related],
    )


def world(rows, facts, *, hidden=(), blank=(), amounts=(), opened=()):
    """A book of some facts, without those left blank, with guarantees for loans elsewhere."""
    cells = {
        name: [None if (name, at) in blank else cell for at, cell in enumerate(one)]
        for name, one in facts.items()
    }
    return GuaranteeBook.from_columns(
        guarantor=[row[0] for row in rows] + [row[0] for row in hidden],
        borrower=[row[1] for row in rows] + [row[1] for row in hidden],
        amount_fen=[None if n in amounts else row[2] for n, row in enumerate(rows)]
        + [1] * len(hidden),
        contract_id=[f"C{n}" for n in range(len(rows) + len(hidden))],
        loan_id=[None] * len(rows) + ["elsewhere"] * len(hidden),
        parties=Parties.from_columns(
            party=list(cells),
            kind=[one[0] for one in cells.values()],
            region=[one[1] for one in cells.values()],
            net_assets_fen=[one[2] for one in cells.values()],
        ),
        loans=Loans.from_columns(
            loan_id=[f"L{name}" for name in cells],
            borrower=list(cells),
            balance_fen=[1] * len(cells),
            overdue_days=[one[3] for one in cells.values()],
        ),
        open_parties=opened,
    )


@given(drawn=worlds())
def test_what_is_decided_without_a_fact_is_decided_so_with_it(drawn):
    """P17: no verdict, a pass least of all, turns on a fact that nobody had said."""
    proposal, (whole, known), (part, told) = drawn

    complete = check_guarantee(whole, proposal, **known, as_of=DAY)
    incomplete = check_guarantee(part, proposal, **told, as_of=DAY)

    assert "decided" == complete.status, complete.ask
    if incomplete.status == "decided":
        assert complete.outcome == incomplete.outcome
    else:
        assert () != incomplete.ask
        assert all(reason.text("en") and reason.text("zh") for reason in incomplete.reasons)


@given(drawn=worlds())
def test_the_verdict_is_the_gravest_of_the_rules_told(drawn):
    """All rules that hold are told in the table's order; the gravest of them decides."""
    proposal, (whole, known), _part = drawn
    table = LIMITS.as_of(DAY)

    found = check_guarantee(whole, proposal, **known, as_of=DAY)

    order = [row.id for row in table.rows]
    verdicts = [table.row(row).then["verdict"] for row in found.rows]
    assert sorted(found.rows, key=order.index) == list(found.rows)
    assert max(verdicts, key=GRAVITY.get, default="pass") == found.outcome
    assert len(found.reasons) > len(found.rows)
    assert all(reason.text("en") and reason.text("zh") for reason in found.reasons)


# ---- edges ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("330102", "330102", "county"),
        ("330102", "330102005201", "county"),
        ("330102", "330106", "city"),
        ("330102", "330201", "province"),
        ("330102", "320102", "none"),
        ("3301", "330102", None),
        ("33", "330102", None),
        ("3302", "330102", "province"),
        ("32", "330102", "none"),
        ("luqiao", "luqiao", "county"),
        ("luqiao", "danyang", None),
        ("luqiao", "330102", None),
        (None, "330102", None),
        (None, None, None),
    ],
)
def test_a_region_is_shared_as_far_as_codes_tell(one, other, shared):
    """Two, four, six digits; a shorter code or another name leaves it open."""
    book = GuaranteeBook.from_columns(
        guarantor=["x"],
        borrower=["y"],
        parties=Parties.from_columns(party=["a", "b"], region=[one, other]),
    )
    proposal = GuaranteeProposal(contract_id="NEW", guarantor="a", borrower="b")

    (found,) = effects_of(book, [proposal], as_of=DAY)

    assert shared == found.guarantors[0].shared_region


@pytest.mark.parametrize(
    ("regions", "shared"),
    [
        (("330102", "330106", "330102"), "city"),
        (("330102", None, "320102"), "none"),
        (("330102", None, "330102"), None),
    ],
)
def test_the_farthest_member_counts(regions, shared):
    """Of several borrowers the one farthest off; an unknown one could be farther."""
    book = GuaranteeBook.from_columns(
        guarantor=["x"],
        borrower=["y"],
        parties=Parties.from_columns(party=["a", "b", "c"], region=regions),
    )
    proposal = JointProposal(agreement_id="NEW", members=("a", "b", "c"))

    (found,) = effects_of(book, [proposal], as_of=DAY)

    assert shared == found.guarantors[0].shared_region


def test_a_licensed_guarantee_company_closes_no_loop():
    """As in the room of guarantees: neither a loop nor a mutual guarantee."""
    book = GuaranteeBook.from_columns(
        guarantor=["a"],
        borrower=["g"],
        parties=Parties.from_columns(party=["g"], kind=["guarantee_company"]),
    )
    proposal = GuaranteeProposal(contract_id="NEW", guarantor="g", borrower="a")

    (found,) = effects_of(book, [proposal], as_of=DAY)

    assert (False, False) == (found.closes_loop, found.is_mutual)


def test_counter_guarantees_count_in_nothing():
    """They are a layer of their own: no loop, no chain, no sum, no borrower."""
    book = GuaranteeBook.from_columns(
        guarantor=["b", "a"],
        borrower=["a", "c"],
        amount_fen=[5, 7],
        layer=["counter", "counter"],
    )
    proposal = GuaranteeProposal(contract_id="NEW", guarantor="a", borrower="b", amount_fen=1)

    (found,) = effects_of(book, [proposal], as_of=DAY)

    assert (False, False, ("a", "b"), ()) == (
        found.closes_loop,
        found.is_mutual,
        found.chain,
        found.clusters_before,
    )
    assert Bounds(low=1, high=1) == found.guarantors[0].given_fen
    assert Bounds(low=0, high=1) == found.guarantors[0].borrowers


def test_a_further_row_of_a_contract_counts_its_money_once():
    """A ceiling that gets a second borrower is guaranteed once."""
    book = GuaranteeBook.from_columns(
        guarantor=["a"], borrower=["b"], contract_id=["K1"], amount_fen=[500]
    )
    proposal = GuaranteeProposal(contract_id="K1", guarantor="a", borrower="c", amount_fen=500)

    (found,) = effects_of(book, [proposal], as_of=DAY)

    assert Bounds(low=500, high=500) == found.guarantors[0].given_fen


def test_what_has_ended_counts_no_more():
    """The book is asked for the day, whatever day it was asked for before."""
    book = GuaranteeBook.from_columns(guarantor=["b"], borrower=["a"], released_on=[DAY]).as_of(
        DAY - datetime.timedelta(days=1)
    )
    proposal = GuaranteeProposal(contract_id="NEW", guarantor="a", borrower="b")

    before = effects_of(book, [proposal], as_of=DAY - datetime.timedelta(days=1))
    after = effects_of(book, [proposal], as_of=DAY)

    assert [True, False] == [before[0].closes_loop, after[0].closes_loop]


def test_members_of_a_group_that_only_the_table_knows_are_elsewhere():
    """Groups beside the ledger count as the ledger's own."""
    groups = JointGroups.from_columns(agreement_id=["J1", "J1", "J2"], party=["p", "x", "q"])
    proposal = JointProposal(agreement_id="J2", members=("p", "q"))

    (found,) = effects_of(
        GuaranteeBook.from_columns(guarantor=[], borrower=[]), [proposal], groups=groups, as_of=DAY
    )

    assert ("p",) == found.group.elsewhere


def test_kin_are_told_pair_by_pair_while_the_relation_lasts():
    """Spouses and kin among the members, as of the day; a merged book's relations too."""
    relations = Relations.from_columns(
        a=["q", "p", "p", "p"],
        b=["p", "r", "outside", "r"],
        kind=["spouse", "kin", "kin", "group"],
        ends_on=[None, DAY - datetime.timedelta(days=1), None, None],
    )
    book = GuaranteeBook.from_columns(guarantor=["p"], borrower=["z"])
    proposal = JointProposal(agreement_id="J", members=("r", "q", "p"))

    (found,) = effects_of(book, [proposal], relations=relations, as_of=DAY)
    (same,) = effects_of(book.merge(relations), [proposal], as_of=DAY)
    (both,) = effects_of(book.merge(relations), [proposal], relations=NOBODY, as_of=DAY)

    assert [(("p", "q"),)] * 3 == [one.group.kin for one in (found, same, both)]


def test_ids_may_be_numbers():
    """One kind per book, the contracts' too."""
    book = GuaranteeBook.from_columns(guarantor=[1], borrower=[2], contract_id=[7])
    proposal = GuaranteeProposal(contract_id=8, guarantor=2, borrower=1)

    found = check_guarantee(book, [proposal], as_of=DAY)[0]

    assert "guarantee 8: 2 > 1" in found.trace


def test_an_open_party_may_stand_outside_the_ledger():
    """Neither loops nor sums are closed to what its other bank knows."""
    book = GuaranteeBook.from_columns(
        guarantor=["x"], borrower=["y"], open_parties=["new", "y", "far"]
    )
    ring = GuaranteeProposal(contract_id="NEW", guarantor="new", borrower="x")

    (found,) = effects_of(book, [ring], relations=NOBODY, as_of=DAY)

    assert (None, ("new", "y")) == (found.closes_loop, found.opened)
    assert (True, True) == (found.is_chain_open, found.is_cluster_open)


def test_numbers_outside_are_open_too():
    """The stranger that stands for all other banks has an id that nobody has."""
    book = GuaranteeBook.from_columns(guarantor=[0], borrower=[1], open_parties=[1, 2])
    proposal = GuaranteeProposal(contract_id=8, guarantor=2, borrower=0)

    (found,) = effects_of(book, [proposal], as_of=DAY)

    assert found.closes_loop is None


# ---- cover and break --------------------------------------------------------------------


def test_cover_and_break_are_told_before_and_after():
    """As `cover` and `plan_break` say of the book without and with the proposals."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "b", "x"],
        borrower=["b", "a", "y"],
        amount_fen=[300, 500, 900],
        contract_id=["K1", "K2", "K3"],
        parties=Parties.from_columns(party=["a", "b", "c"], net_assets_fen=[100, 100, 100]),
        loans=Loans.from_columns(loan_id=["L"], borrower=["a"], balance_fen=[250]),
    )
    several = [
        GuaranteeProposal(contract_id="K4", guarantor="a", borrower="c", amount_fen=70),
        GuaranteeProposal(contract_id="K5", guarantor="c", borrower="a", amount_fen=90),
    ]
    found = effects_of(book, several, relations=NOBODY, as_of=DAY)

    assert [(300, 370)] * 2 == [(one.breaking.before.low, one.breaking.after.low) for one in found]
    assert (cover(book).joint_fen, cover(book).independent_fen) == (100, 0)
    assert [
        CoverChange(
            joint_before=Bounds(low=100, high=100),
            joint_after=Bounds(low=190, high=190),
            independent_before=Bounds(low=0, high=0),
            independent_after=Bounds(low=0, high=0),
        )
    ] * 2 == [one.cover for one in found]
    facts = found[0].facts(found[0].guarantors[0])
    assert [Bounds(low=70, high=70), Bounds(low=90, high=90), Bounds(low=0, high=0)] == [
        facts[name] for name in ("break_rise_fen", "joint_rise_fen", "independent_rise_fen")
    ]


def test_cover_that_depends_on_unknown_amounts_says_so():
    """Without net assets nobody knows what can be paid; without amounts, what a break costs."""
    book = GuaranteeBook.from_columns(
        guarantor=["a"],
        borrower=["b"],
        loans=Loans.from_columns(loan_id=["L"], borrower=["b"], balance_fen=[None]),
    )
    proposal = GuaranteeProposal(contract_id="NEW", guarantor="b", borrower="a", amount_fen=3)

    (effect,) = effects_of(book, [proposal], as_of=DAY)
    codes = [reason.code for reason in check_effect(effect, as_of=DAY).reasons]

    assert effect.breaking is None
    assert "GCK-044" in codes
    assert effect.facts(effect.guarantors[0])["break_rise_fen"] is None
    assert effect.facts(effect.guarantors[0])["joint_rise_fen"] is None


def test_a_break_plan_without_budget_tells_its_bounds():
    """Beyond the budget the cost is between two figures, and the sentence gives both."""
    names = [f"P{n}" for n in range(8)]
    pairs = [pair for pair in itertools.permutations(names, 2) if pair != ("P0", "P1")]
    book = GuaranteeBook.from_columns(
        guarantor=[one for one, _ in pairs],
        borrower=[other for _, other in pairs],
        amount_fen=list(range(1, len(pairs) + 1)),
    )
    proposal = GuaranteeProposal(contract_id="N", guarantor="P0", borrower="P1", amount_fen=9)

    (effect,) = effects_of(book, [proposal], budget=0, as_of=DAY)
    codes = [reason.code for reason in check_effect(effect, as_of=DAY).reasons]

    assert effect.breaking.after.low < effect.breaking.after.high
    assert "GCK-046" in codes


# ---- the policy -------------------------------------------------------------------------

FIELDS = {field.name: field for field in LIMITS.as_of(DAY).fields}


def policy_of(*rows, names=("borrowers", "break_rise_fen", "closes_loop"), **more):
    """A bank's own limits."""
    table = DecisionTable(
        "own.limits", [FIELDS[name] for name in names], rows, **{"hit": "collect", **more}
    )
    return Policy.from_versions([(DAY, table)])


def test_a_bank_replaces_the_limits_by_its_own_words():
    """Its rows, its sentences, its thresholds among the figures that a decision rests on."""
    own = policy_of(
        Row(
            "two",
            when={"borrowers": {"gt": 1}},
            then={"verdict": "refer"},
            reason={"en": "more than one", "zh": "超过一户"},
            cite="manual, art. 3",
        )
    )
    book = GuaranteeBook.from_columns(
        guarantor=["a"],
        borrower=["b"],
        parties=Parties.from_columns(party=["b", "c"], kind=["firm", "firm"]),
    )
    proposal = GuaranteeProposal(contract_id="NEW", guarantor="a", borrower="c")

    found = check_guarantee(book, proposal, policy=own, as_of=DAY)

    assert ("refer", ("two",)) == (found.outcome, found.rows)
    assert "超过一户" == found.reasons[0].text("zh")
    assert [("own.limits.two.borrowers", 1, "parties", "bank policy")] == [
        (one.id, one.value, one.unit, one.basis) for one in found.bases()
    ]
    assert ("own.limits", DAY) == (found.basis.id, found.basis.as_of)


def test_a_banks_row_may_speak_a_sentence_of_this_room():
    """With its own threshold, source and basis in it."""
    own = policy_of(
        Row(
            "two",
            when={"borrowers": {"gt": 1}},
            then={"verdict": "refuse"},
            reason="GCK-003",
            cite="manual, art. 3",
        )
    )
    book = GuaranteeBook.from_columns(
        guarantor=["a"],
        borrower=["b"],
        parties=Parties.from_columns(party=["b", "c"], kind=["firm", "firm"]),
    )
    proposal = GuaranteeProposal(contract_id="NEW", guarantor="a", borrower="c")

    reason = check_guarantee(book, proposal, policy=own, as_of=DAY).reasons[0]

    assert "a would stand in for 2 borrowers, households not counted: more than 1" == reason.text()
    assert ("manual, art. 3", "bank policy") == (reason.source, reason.basis)


def test_a_rule_about_the_cost_of_a_break_can_be_written():
    """A rise of the cheapest break is a fact like any other."""
    own = policy_of(
        Row("dear", when={"break_rise_fen": {"ge": 70}}, then={"verdict": "refer"}, cite="ours")
    )
    book = GuaranteeBook.from_columns(guarantor=["b"], borrower=["a"], amount_fen=[70])
    new = [
        GuaranteeProposal(contract_id="N1", guarantor="a", borrower="b", amount_fen=fen)
        for fen in (69, 70)
    ]

    found = [check_guarantee(book, one, policy=own, as_of=DAY).outcome for one in new]

    assert ["pass", "refer"] == found


def test_the_version_of_the_day_is_asked():
    """Before the first version there is no answer, and the message says from when."""
    book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"])
    proposal = GuaranteeProposal(contract_id="NEW", guarantor="a", borrower="a")

    with pytest.raises(CreditError, match="its first starts on"):
        check_guarantee(book, proposal, as_of=datetime.date(2014, 8, 12))


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (
            policy_of(Row("a", then={"verdict": "refer"}), hit="first"),
            "rules own.limits must have hit policy collect, got 'first': all that hold are told",
        ),
        (
            policy_of(Row("a", then={"verdict": "pass"})),
            (
                "row a of own.limits must give verdict refer or refuse, got 'pass': a proposal "
                "passes where no rule holds"
            ),
        ),
        (
            policy_of(Row("a", when={"borrowers": None}, then={"verdict": "refer"})),
            (
                "row a of own.limits must test known facts: a proposal with an unknown one is "
                "undetermined where it matters"
            ),
        ),
        (
            Policy.from_versions(
                [
                    (
                        DAY,
                        DecisionTable(
                            "own.limits",
                            [Field("mood", "bool")],
                            [Row("a", then={"verdict": "refer"})],
                            hit="collect",
                        ),
                    )
                ]
            ),
            (
                "rules own.limits must test facts of an effect, got mood: take their fields from "
                "LIMITS"
            ),
        ),
    ],
)
def test_a_table_that_is_none_of_rules_is_refused(policy, message):
    """It says which row, what must hold and what came."""
    book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"])
    proposal = GuaranteeProposal(contract_id="NEW", guarantor="a", borrower="b")

    with pytest.raises(TableError) as error:
        check_guarantee(book, proposal, policy=policy, as_of=DAY)

    assert message == str(error.value)


def test_a_rule_between_two_limits_is_open_between_them():
    """Bounds that lie around an interval leave its rule open, bounds inside it do not."""
    own = policy_of(
        Row("some", when={"borrowers": {"ge": 1, "le": 2}}, then={"verdict": "refer"}, cite="ours")
    )
    kinds = {"b": None, "c": "firm", "d": "firm"}
    parties = Parties.from_columns(party=list(kinds), kind=list(kinds.values()))

    def asked_with(*borrowers):
        book = GuaranteeBook.from_columns(
            guarantor=["a"] * len(borrowers), borrower=list(borrowers), parties=parties
        )
        proposal = GuaranteeProposal(contract_id="NEW", guarantor="a", borrower="b")
        found = check_guarantee(book, proposal, policy=own, as_of=DAY)
        return found.outcome or found.ask

    assert ("kind of b",) == asked_with()
    assert "refer" == asked_with("c")
    assert ("kind of b",) == asked_with("c", "d")


# ---- what is refused, and what it looks like ----------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: GuaranteeProposal(contract_id=" ", guarantor="a", borrower="b"),
            "GuaranteeProposal.contract_id must be an id, str or int, got ' '",
        ),
        (
            lambda: GuaranteeProposal(contract_id="K", guarantor=None, borrower="b"),
            "GuaranteeProposal.guarantor must be an id, str or int, got None",
        ),
        (
            lambda: GuaranteeProposal(
                contract_id="K", guarantor="a", borrower="b", amount_fen=1.5
            ),
            (
                "GuaranteeProposal.amount_fen must be a whole number or None, got 1.5: money is "
                "whole fen, made by yuan()"
            ),
        ),
        (
            lambda: GuaranteeProposal(contract_id="K", guarantor="a", borrower="b", amount_fen=-1),
            "GuaranteeProposal.amount_fen must be 0 or more and fit into 64 bits, got -1",
        ),
        (
            lambda: GuaranteeProposal(contract_id="K", guarantor="a", borrower="b", form="oral"),
            "GuaranteeProposal.form must be specific or maximum, got 'oral'",
        ),
        (
            lambda: GuaranteeProposal(
                contract_id="K", guarantor="a", borrower="b", starts_on="2024-01-01"
            ),
            "GuaranteeProposal.starts_on must be a date or None, got '2024-01-01'",
        ),
        (
            lambda: GuaranteeProposal(
                contract_id="K",
                guarantor="a",
                borrower="b",
                starts_on=DAY,
                debt_due_on=DAY - datetime.timedelta(days=1),
            ),
            (
                "GuaranteeProposal.debt_due_on must not lie before starts_on, got 2024-06-29 "
                "before 2024-06-30"
            ),
        ),
        (
            lambda: JointProposal(agreement_id="J", members="pq"),
            "JointProposal.members must be several ids, got 'pq'",
        ),
        (
            lambda: JointProposal(agreement_id="J", members=["p"]),
            "JointProposal.members must be two ids or more, each once, got ('p',)",
        ),
        (
            lambda: JointProposal(agreement_id="J", members=["p", "q"], loan_months=1.5),
            "JointProposal.loan_months must be a whole number or None, got 1.5",
        ),
        (
            lambda: effects_of(
                GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"]), [], as_of=DAY
            ),
            "proposals must be one or more of GuaranteeProposal and JointProposal, got none",
        ),
        (
            lambda: effects_of(
                GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"]), ["K"], as_of=DAY
            ),
            "proposals must be one or more of GuaranteeProposal and JointProposal, got str",
        ),
    ],
)
def test_what_cannot_be_proposed_is_refused(make, message):
    """It says what must hold, what came, and how to mend it."""
    with pytest.raises(CreditError) as error:
        make()

    assert message == str(error.value)


def test_a_proposal_of_another_kind_of_ids_is_refused():
    """Ids of a book are all text or all numbers."""
    book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"])

    with pytest.raises(CreditError, match="kind str, got int"):
        check_guarantee(
            book, GuaranteeProposal(contract_id="K", guarantor=1, borrower=2), as_of=DAY
        )


def test_values_of_a_check_are_plain_data_and_travel():
    """Proposals, effects and decisions go through a pickle, decisions and proposals as data."""
    book = GuaranteeBook.from_columns(
        guarantor=["a"],
        borrower=["b"],
        loans=Loans.from_columns(loan_id=["L"], borrower=["a"], balance_fen=[3]),
    )
    several = [
        GuaranteeProposal(contract_id="K", guarantor="b", borrower="a"),
        JointProposal(agreement_id="J", members=("a", "b", "c")),
    ]
    effects = effects_of(book, several, relations=NOBODY, as_of=DAY)

    assert effects == pickle.loads(pickle.dumps(effects))  # noqa: S301  # our own
    for value in (*several, *check_guarantee(book, several, as_of=DAY)):
        assert value == from_dict(type(value), to_dict(value))


def test_the_guarantee_ratio_keeps_its_counts():
    """Unknown amounts, unknown net assets and none leave it unknown."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "b", "c"],
        borrower=["x", "x", "x"],
        amount_fen=[100, None, 100],
        parties=Parties.from_columns(party=["a", "b", "c"], net_assets_fen=[300, 300, 0]),
    )
    several = [
        GuaranteeProposal(contract_id=f"N{one}", guarantor=one, borrower="y", amount_fen=50)
        for one in "abc"
    ]

    found = [one.guarantors[0] for one in effects_of(book, several, as_of=DAY)]

    assert [(150, 300), None, None] == [
        one.guarantee_ratio and (one.guarantee_ratio.part, one.guarantee_ratio.whole)
        for one in found
    ]
    assert [Bounds(low=5000, high=5000), Bounds(low=1667, high=None), None] == [
        one.given_to_net_assets_bp for one in found
    ]


def test_several_guarantors_are_told_apart_in_the_trace():
    """A fact that differs between members stands once for each."""
    book = GuaranteeBook.from_columns(
        guarantor=["a"],
        borrower=["x"],
        parties=Parties.from_columns(party=["a", "b"], kind=["firm", "public"]),
    )
    proposal = JointProposal(agreement_id="J", members=("a", "b"))

    found = check_guarantee(book, proposal, relations=NOBODY, insiders=["b"], as_of=DAY)

    assert "guarantor_kind of a = firm" in found.trace
    assert "guarantor_kind of b = public" in found.trace
    assert "borrowers of a = 1 to 2" in found.trace
    assert "given_to_net_assets_bp = unknown" in found.trace
    assert "is_insider = True" in found.trace
    assert "refuse" == found.outcome


# ---- small cases that an officer can follow ----------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "kind"),
    [
        (("household", "person"), "households"),
        (("household", None), None),
        (("firm", "firm"), "firms"),
        (("firm", None), None),
        ((None, None), None),
        (("household", "firm"), "mixed"),
        (("guarantee_company", "firm"), "mixed"),
        (("public", None), "mixed"),
    ],
)
def test_a_group_is_of_households_or_firms_where_all_members_are(kinds, kind):
    """Persons stand with households; an unknown member leaves it open unless it is mixed."""
    book = GuaranteeBook.from_columns(
        guarantor=["x"],
        borrower=["y"],
        parties=Parties.from_columns(party=["p", "q"], kind=kinds),
    )

    (found,) = effects_of(book, [JointProposal(agreement_id="J", members=("p", "q"))], as_of=DAY)

    assert kind == found.group.kind


@pytest.mark.parametrize(
    ("relations", "codes"),
    [(NOBODY, ["GCK-031", "GCK-031"]), (None, ["GCK-031", "GCK-032"])],
)
def test_a_loop_that_could_close_is_told_in_words_of_its_own(relations, codes):
    """Who must be asked stands in the sentence; what rests on the row still does."""
    book = GuaranteeBook.from_columns(guarantor=["x"], borrower=["y"], open_parties=["a", "b"])
    proposal = GuaranteeProposal(contract_id="NEW", guarantor="a", borrower="b")

    found = check_guarantee(book, proposal, relations=relations, as_of=DAY)
    told = [one for one in found.reasons if one.code in {"GCK-031", "GCK-032"}]

    assert codes == [one.code for one in told]
    assert "unknown guarantees of a, b could close a loop through NEW (unknown)" == told[0].text()
    assert all(one.basis == "source document" for one in told)


def test_a_hidden_loop_is_told_with_the_relation_in_its_way():
    """A tilde stands for a relation; contracts are counted, relations are not."""
    book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"])
    owner = Relations.from_columns(a=["c"], b=["a"], kind=["controller"])
    proposal = GuaranteeProposal(contract_id="NEW", guarantor="b", borrower="c")

    (effect,) = effects_of(book, [proposal], relations=owner, as_of=DAY)
    found = check_effect(effect, as_of=DAY)

    assert (False, True, ("NEW", 0)) == (
        effect.closes_loop,
        effect.closes_hidden_loop,
        effect.contracts,
    )
    assert "NEW would close a loop of 2 contracts through related parties: b > c ~ a > b" in [
        one.text("en") for one in found.reasons
    ]
    assert ("guarantee NEW: b > c", "relation 0: c > a", "guarantee 0: a > b") == found.trace[-3:]


def test_a_loan_of_the_loans_table_is_secured_as_the_table_says():
    """Its balance and its product, not the proposal's."""
    book = GuaranteeBook.from_columns(
        guarantor=["x"],
        borrower=["y"],
        loans=Loans.from_columns(
            loan_id=["L1"], borrower=["b"], balance_fen=[700], product=["other"]
        ),
        parties=Parties.from_columns(party=["a", "b"], kind=["firm", "firm"]),
    )
    known = {"contract_id": "NEW", "guarantor": "a", "borrower": "b", "amount_fen": 500}
    several = [
        GuaranteeProposal(**known, loan_id="L1"),
        GuaranteeProposal(**known, loan_id="L2", loan_fen=900, product="other"),
        GuaranteeProposal(**known, product="other"),
    ]

    found = [
        effects_of(book, [one], relations=NOBODY, as_of=DAY)[0].security[0] for one in several
    ]

    assert [(700, 500, 200), (900, 500, 400), (500, 500, 0)] == [
        (one.balance_fen, one.guaranteed_fen, one.unsecured_fen) for one in found
    ]


def test_two_that_close_a_loop_together_are_both_told_so():
    """Each alone would pass; asked together they are judged in one book."""
    book = GuaranteeBook.from_columns(guarantor=["x"], borrower=["y"])
    several = [
        GuaranteeProposal(contract_id="N1", guarantor="a", borrower="b"),
        GuaranteeProposal(contract_id="N2", guarantor="b", borrower="a"),
    ]

    together = effects_of(book, several, as_of=DAY)
    alone = [effects_of(book, [one], as_of=DAY)[0] for one in several]

    assert [(True, ("N1", "N2")), (True, ("N2", "N1"))] == [
        (one.closes_loop, one.contracts) for one in together
    ]
    assert [False, False] == [one.closes_loop for one in alone]


def test_one_proposal_gives_one_decision_and_several_a_tuple():
    """And asking the limits of an effect is the same as asking of the proposal."""
    book = GuaranteeBook.from_columns(guarantor=["x"], borrower=["y"])
    proposal = GuaranteeProposal(contract_id="N1", guarantor="a", borrower="b")

    found = check_guarantee(book, proposal, as_of=DAY)

    assert (found,) == check_guarantee(book, (proposal,), as_of=DAY)
    assert found == check_effect(effects_of(book, [proposal], as_of=DAY)[0], as_of=DAY)
    assert "undetermined" == found.status
