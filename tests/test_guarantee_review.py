"""Clusters cut for review, and what became of the last audit's findings."""

import datetime
import itertools

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawn_books import asked, book_of, on_day
from ruralcredit.errors import CreditError
from ruralcredit.guarantee_checks import REVIEW, Finding, ReviewPolicy, follow_up, split_for_review
from ruralcredit.guarantee_checks._found import SAME_PARTIES
from ruralcredit.guarantees import (
    GuaranteeBook,
    Loans,
    Relations,
    find_circles,
    find_clusters,
)
from ruralcredit.values import from_dict, to_dict


def policy(**values):
    """Return the shipped policy with other numbers."""
    return attrs.evolve(
        REVIEW,
        **{
            name: value
            if name == "direction"
            else attrs.evolve(getattr(REVIEW, name), value=value)
            for name, value in values.items()
        },
    )


POLICIES = st.builds(
    policy,
    most_parties=st.integers(1, 6),
    guarantors=st.integers(0, 3),
    mutual=st.integers(0, 2),
    given=st.sampled_from((0, 500, 2_000)),
    loans=st.just(10**9),
    criteria=st.integers(0, 5),
    hands=st.integers(1, 3),
    direction=st.sampled_from(("all", "incoming")),
    loop_arcs=st.integers(0, 4),
    thin_share=st.sampled_from((0, 100, 150)),
    thin_size=st.integers(0, 10),
)
WATCHED = st.lists(st.sampled_from([f"P{n:03d}" for n in range(9)]), max_size=3)
BOOKS = asked(max_parties=8, max_deals=12)


def parts_of(drawn, watch_list, rule):
    """Return each cluster of a drawn book with its parts."""
    book = on_day(book_of(drawn[0]), *drawn[1:])
    return [
        (cluster, split_for_review(cluster, watch_list=watch_list, policy=rule))
        for cluster in find_clusters(book)
    ]


@given(drawn=BOOKS, watch_list=WATCHED, rule=POLICIES)
def test_every_contract_is_in_some_part(drawn, watch_list, rule):
    """And every row, and every party; no part holds a row from elsewhere."""
    for cluster, parts in parts_of(drawn, watch_list, rule):
        assert set(cluster.rows) == {row for part in parts for row in part.rows}
        assert set(cluster.contracts) == {one for part in parts for one in part.contracts}
        assert set(cluster.members) == {one for part in parts for one in part.members}
        assert len(parts) == len({part.id for part in parts})


@given(drawn=BOOKS, watch_list=WATCHED, rule=POLICIES)
def test_a_part_holds_what_its_rows_say(drawn, watch_list, rule):
    """Members are the ends of its rows, money its contracts' once, heads among the members."""
    for cluster, parts in parts_of(drawn, watch_list, rule):
        ledger = cluster.book.ledger
        for part in parts:
            rows = list(part.rows)
            ends = {
                party
                for column in (ledger.guarantor, ledger.borrower)
                for party in (column.tolist()[row] for row in rows)
            }
            codes = ledger.contract_codes[0]
            amounts, known = cluster.book.contract_amounts
            once = {codes[row]: (int(amounts[row]), bool(known[row])) for row in rows}

            assert part.members == tuple(sorted(ends))
            assert set(part.heads) <= set(part.members)
            assert sum(fen for fen, _ in once.values()) == part.guaranteed_fen
            assert sum(not told for _, told in once.values()) == part.unknown_amounts
            assert part == from_dict(type(part), to_dict(part))


@given(drawn=BOOKS, watch_list=WATCHED, rule=POLICIES)
def test_watched_parties_come_first_and_head_parts_of_their_own(drawn, watch_list, rule):
    """In the order of the list, each once; a small cluster is one part headed by them."""
    for cluster, parts in parts_of(drawn, watch_list, rule):
        mine = [party for party in dict.fromkeys(watch_list) if party in cluster.members]
        if len(cluster.members) <= rule.most_parties.value:
            assert ["whole"] == [part.kind for part in parts]
            assert not mine or tuple(mine) == parts[0].heads
            continue

        order = ("watched", "core", "rest", "thin")
        kinds = [part.kind for part in parts]
        assert mine == [part.heads[0] for part in parts if part.kind == "watched"]
        assert sorted(kinds, key=order.index) == kinds
        assert kinds.count("thin") <= 1


@given(drawn=BOOKS, watch_list=WATCHED, rule=POLICIES)
def test_a_part_is_large_only_around_one_head(drawn, watch_list, rule):
    """Merged core parts and leftovers keep to the size; a single head's ties may exceed it."""
    for _cluster, parts in parts_of(drawn, watch_list, rule):
        for part in parts:
            if part.kind == "core" and len(part.heads) > 1:
                alone = [other for other in parts if other is not part and other.kind == "core"]
                assert not set(part.heads) & {head for other in alone for head in other.heads}
            if part.kind == "rest" and len(part.members) > rule.most_parties.value:
                assert_star(part, _cluster)


def assert_star(part, cluster):
    """Assert that one party stands in every row of a part."""
    ledger = cluster.book.ledger
    ends = [{ledger.guarantor.tolist()[row], ledger.borrower.tolist()[row]} for row in part.rows]
    assert set.intersection(*ends)


@given(drawn=BOOKS, rule=POLICIES, data=st.data())
def test_the_order_of_rows_changes_no_part(drawn, rule, data):
    """A shuffled ledger gives the same parts, members and money, in the same order."""
    columns, *days = drawn
    columns = {**columns, "contract_id": [f"K{n}" for n in range(len(columns["guarantor"]))]}
    order = data.draw(st.permutations(range(len(columns["guarantor"]))))
    turned = {name: [cells[n] for n in order] for name, cells in columns.items()}

    def picture(brought):
        return [
            [(p.id, p.kind, p.heads, p.members, p.contracts, p.guaranteed_fen) for p in parts]
            for _, parts in parts_of((brought, *days), ["P001"], rule)
        ]

    assert picture(columns) == picture(turned)


def cluster_of(*pairs, amounts=None, **more):
    """Return the one cluster of guarantees written as two letters each."""
    book = GuaranteeBook.from_columns(
        guarantor=[pair[0] for pair in pairs],
        borrower=[pair[1] for pair in pairs],
        contract_id=list(pairs),
        amount_fen=amounts or [100] * len(pairs),
        **more,
    )
    (cluster,) = find_clusters(book)
    return cluster


def shown(parts):
    """Return kinds, heads and contracts."""
    return [(part.kind, "".join(part.heads), " ".join(part.contracts)) for part in parts]


CHAIN = tuple(f"{a}{b}" for a, b in itertools.pairwise("abcdefgh"))


@pytest.mark.parametrize(("most", "kinds"), [(7, 5), (8, 1), (9, 1)])
def test_a_cluster_within_the_size_is_one_part(most, kinds):
    """On, below and above its eight parties."""
    parts = split_for_review(cluster_of(*CHAIN), policy=policy(most_parties=most))

    assert (kinds > 1) == (parts[0].kind != "whole")
    assert parts[0].reasons[0].code in {"GCK-140", "GCK-143", "GCK-144"}


@pytest.mark.parametrize(
    ("hands", "direction", "contracts"),
    [
        (1, "all", "cd de"),
        (2, "all", "bc cd de ef"),
        (3, "all", "ab bc cd de ef fg"),
        (1, "incoming", "cd"),
        (2, "incoming", "bc cd"),
    ],
)
def test_hands_around_a_watched_party(hands, direction, contracts):
    """So many steps both ways, or only towards those who stand in."""
    rule = policy(most_parties=2, hands=hands, direction=direction)
    parts = split_for_review(cluster_of(*CHAIN), watch_list=["d"], policy=rule)

    assert ("watched", "d", contracts) == shown(parts)[0]
    assert "GCK-141" == parts[0].reasons[0].code


@pytest.mark.parametrize(
    ("arcs", "contracts"), [(0, "ea"), (2, "ea"), (3, "ea"), (4, "ea"), (5, "ab bc cd de ea")]
)
def test_short_loops_through_a_head_belong_to_its_part(arcs, contracts):
    """A ring of five from five contracts on."""
    ring = ("ab", "bc", "cd", "de", "ea", "af")
    rule = policy(most_parties=2, direction="incoming", loop_arcs=arcs)
    parts = split_for_review(cluster_of(*ring), watch_list=["a"], policy=rule)

    assert contracts == shown(parts)[0][2]


def test_mutual_partners_belong_to_a_part():
    """Even where the steps only go to those who stand in, and loops are left out."""
    rule = policy(most_parties=2, direction="incoming", loop_arcs=0)
    parts = split_for_review(cluster_of("ab", "ba", "ac"), watch_list=["a"], policy=rule)

    assert ("watched", "a", "ab ba") == shown(parts)[0]


@pytest.mark.parametrize(
    ("rule", "heads"),
    [
        ({"guarantors": 3, "criteria": 1, "mutual": 9, "given": 999}, ["z"]),
        ({"guarantors": 4, "criteria": 1, "mutual": 9, "given": 999}, []),
        ({"guarantors": 9, "criteria": 1, "mutual": 1, "given": 999}, ["z", "a"]),
        ({"guarantors": 9, "criteria": 1, "mutual": 2, "given": 999}, []),
        ({"guarantors": 9, "criteria": 1, "mutual": 9, "given": 150}, ["z"]),
        ({"guarantors": 9, "criteria": 1, "mutual": 9, "given": 151}, []),
        ({"guarantors": 9, "criteria": 1, "mutual": 9, "given": 999, "loans": 70}, ["w"]),
        ({"guarantors": 9, "criteria": 1, "mutual": 9, "given": 999, "loans": 71}, []),
        ({"guarantors": 3, "criteria": 2, "mutual": 1, "given": 999}, ["z"]),
        ({"guarantors": 3, "criteria": 3, "mutual": 1, "given": 999}, []),
    ],
)
def test_what_makes_a_party_core(rule, heads):
    """On and above each edge: guarantors, mutual partners, what it gives, what it owes."""
    loans = Loans.from_columns(loan_id=["1", "2"], borrower=["w", "w"], balance_fen=[30, 40])
    cluster = cluster_of(
        "az", "bz", "cz", "za", "zz", "aw", amounts=[1, 1, 1, 150, 900, 5], loans=loans
    )
    rule = policy(most_parties=2, **{"loans": 999, **rule})
    parts = split_for_review(cluster, policy=rule)

    assert heads == [part.heads[0] for part in parts if part.kind == "core"]
    assert all("GCK-142" == part.reasons[0].code for part in parts if part.kind == "core")


def test_a_core_party_beside_a_heavier_one_joins_it_where_it_fits():
    """The heavier heads the part; where both together are too many, each has its own."""
    web = ("az", "bz", "zy", "cy", "dy")
    cluster = cluster_of(*web, amounts=[10, 10, 50, 10, 30])
    rule = {"guarantors": 2, "criteria": 1, "mutual": 9, "given": 999, "loans": 999}
    together = split_for_review(cluster, policy=policy(most_parties=5, **rule))
    assert [("whole", 6)] != [(part.kind, len(part.members)) for part in together]

    joined = split_for_review(cluster, policy=policy(most_parties=5, **rule))
    apart = split_for_review(cluster, policy=policy(most_parties=4, **rule))

    assert [("core", "y"), ("core", "z")] == [one[:2] for one in shown(apart)]
    assert ["y", "z"] == [head for part in joined for head in part.heads]


def test_core_parties_join_when_their_union_is_small_enough():
    """Six parties are one too many for five, and just fit six of seven."""
    web = ("az", "bz", "zy", "cy", "dy", "ex")
    cluster = cluster_of(*web, "dx", amounts=[10, 10, 50, 10, 30, 1, 1])
    rule = {"guarantors": 3, "criteria": 1, "mutual": 9, "given": 999, "loans": 999}
    two = {**rule, "guarantors": 2}

    apart = split_for_review(cluster, policy=policy(most_parties=5, **two))
    joined = split_for_review(cluster, policy=policy(most_parties=6, **two))

    assert ["y", "z", "x"] == ["".join(part.heads) for part in apart if part.kind == "core"]
    assert "yz" in ["".join(part.heads) for part in joined if part.kind == "core"]
    assert ["yx"] != ["".join(part.heads) for part in joined]


def test_what_is_left_is_cut_at_its_busiest_party():
    """A star too large is one part, what hangs on it others; thin ones are put together."""
    cluster = cluster_of("za", "zb", "zc", "zd", "ae", "bf", amounts=[9, 9, 9, 9, 1, 1])
    rule = policy(most_parties=3, criteria=5, thin_size=3, thin_share=100)
    parts = split_for_review(cluster, policy=rule)

    assert [("rest", "z", "za zb zc zd"), ("thin", "a", "ae bf")] == shown(parts)
    assert parts[1].id.endswith(":thin")
    assert ["GCK-143", "GCK-144"] == [part.reasons[0].code for part in parts]


@pytest.mark.parametrize(
    ("size", "share", "kind"),
    [(2, 50, "rest"), (3, 50, "thin"), (4, 50, "thin"), (3, 49, "rest"), (3, 51, "thin")],
)
def test_a_thin_piece_has_few_contracts_and_parties(size, share, kind):
    """One contract between two parties: three together, half a contract per party."""
    rule = policy(most_parties=1, criteria=5, thin_size=size, thin_share=share)
    parts = split_for_review(cluster_of("ab"), policy=rule)

    assert [kind] == [part.kind for part in parts]


@pytest.mark.parametrize(
    ("days", "risk"),
    [
        ([0, 0], "current"),
        ([0, 1], "overdue"),
        ([90, 0], "overdue"),
        ([91, 0], "long_overdue"),
        ([91, None], "long_overdue"),
        ([90, None], None),
        (None, None),
    ],
)
def test_the_longest_delay_makes_a_parts_risk(days, risk):
    """Current, overdue, and overdue for more than ninety days; unknown stays unknown."""
    loans = Loans.from_columns(
        loan_id=["1", "2", "3"],
        borrower=["a", "b", "z"],
        balance_fen=[5, 6, 7],
        overdue_days=None if days is None else [*days, 999],
    )
    (part,) = split_for_review(cluster_of("ab", loans=loans))

    assert (risk, 11) == (part.risk, part.loans_fen)


def test_without_loans_nothing_is_said_of_them():
    """Balance and risk are unknown."""
    (part,) = split_for_review(cluster_of("ab"))

    assert (None, None) == (part.loans_fen, part.risk)


def test_a_large_cluster_is_cut_soon():
    """Three thousand parties around thirty hubs, and every contract in some part."""
    hubs = [n % 30 for n in range(3_000)]
    book = GuaranteeBook.from_columns(
        guarantor=[*hubs, *range(29)],
        borrower=[*range(100, 3_100), *range(1, 30)],
        amount_fen=[100] * 3_029,
    )
    (cluster,) = find_clusters(book)
    parts = split_for_review(cluster, watch_list=[3_000])

    assert set(cluster.rows) == {row for part in parts for row in part.rows}
    assert (3_000,) == parts[0].heads
    assert len(parts) < 100


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: split_for_review(cluster_of("ab"), watch_list="a"), "watch_list must be several"),
        (lambda: policy(most_parties=0), "ReviewPolicy.most_parties must be 1 or more, got 0"),
        (lambda: policy(hands=0), "ReviewPolicy.hands must be 1 or more"),
        (lambda: policy(loop_arcs=-1), "ReviewPolicy.loop_arcs must be 0 or more"),
        (lambda: policy(direction="out"), "direction must be all or incoming, got 'out'"),
    ],
)
def test_mistakes_are_refused(make, message):
    """The message says what must hold and what came."""
    with pytest.raises(CreditError, match=message):
        make()


def test_the_policy_goes_to_plain_data_and_back():
    """As every shipped value does."""
    assert REVIEW == from_dict(ReviewPolicy, to_dict(REVIEW))


# ---- follow-up ---------------------------------------------------------------------------------


def finding(members, fen=100, name=None):
    """Return a finding of parties of one letter each."""
    return Finding(
        id=name or f"L-{min(members)}", members=tuple(sorted(members)), guaranteed_fen=fen
    )


@st.composite
def audits(draw):
    """Draw the findings of one audit: disjoint sets of parties."""
    labels = draw(st.lists(st.integers(0, 4), min_size=10, max_size=10))
    groups = {}
    for party, label in zip("abcdefghij", labels, strict=True):
        groups.setdefault(label, []).append(party)
    return [finding(them, draw(st.integers(0, 3))) for label, them in groups.items() if label]


@given(last=audits(), this=audits(), least=st.integers(1, 3))
def test_a_follow_up_parts_both_audits(last, this, least):
    """Each finding of this audit is open, new or grown; each before closed or continued."""
    shared = attrs.evolve(SAME_PARTIES, value=least)
    found = follow_up(last, this, shared=shared)
    now = [*(one.this for one in (*found.open, *found.grown)), *found.new]
    before = {one for told in (*found.open, *found.grown) for one in told.before}

    assert sorted(now, key=this.index) == this
    assert {"closed": len(found.closed), "new": len(found.new)}.items() <= found.counts().items()
    assert set(last) == before | set(found.closed)
    assert not before & set(found.closed)
    assert list(found.closed) == [one for one in last if one in found.closed]
    assert found == from_dict(type(found), to_dict(found))


@given(last=audits(), this=audits(), least=st.integers(1, 3))
def test_findings_continue_where_they_share_enough(last, this, least):
    """By brute force over all pairs; grown where parties, findings or money came in."""
    found = follow_up(last, this, shared=attrs.evolve(SAME_PARTIES, value=least))
    grown = {one.this for one in found.grown}
    for told in (*found.open, *found.grown):
        now = set(told.this.members)
        before = [
            one
            for one in last
            if len(now & set(one.members)) >= min(least, len(now), len(one.members))
        ]
        held = {member for one in before for member in one.members}
        money = sum(one.guaranteed_fen for one in before)
        common = [len(now & set(one.members)) for one in told.before]

        assert set(before) == set(told.before)
        assert sorted(common, reverse=True) == common
        assert (tuple(sorted(now - held)), tuple(sorted(held - now))) == (told.joined, told.left)
        assert (bool(now - held) or len(before) > 1 or told.this.guaranteed_fen > money) == (
            told.this in grown
        )


@given(this=audits())
def test_nothing_changed_means_everything_open(this):
    """An audit followed by itself."""
    found = follow_up(this, this)

    assert {"closed": 0, "open": len(this), "new": 0, "grown": 0} == found.counts()
    assert () == found.merged == found.split


@pytest.mark.parametrize(
    ("last", "this", "counts"),
    [
        (["abc"], ["abc"], (0, 1, 0, 0)),
        (["abc"], ["bc"], (0, 1, 0, 0)),
        (["abc"], ["bcd"], (0, 0, 0, 1)),
        (["abc"], ["cd"], (1, 0, 1, 0)),
        (["abc"], [], (1, 0, 0, 0)),
        ([], ["abc"], (0, 0, 1, 0)),
        (["ab", "cd"], ["abcd"], (0, 0, 0, 1)),
        (["abcd"], ["ab", "cd"], (0, 2, 0, 0)),
        (["a"], ["ab"], (0, 0, 0, 1)),
        (["ab"], ["a"], (0, 1, 0, 0)),
        (["a"], ["b"], (1, 0, 1, 0)),
    ],
)
def test_what_becomes_of_findings(last, this, counts):
    """Closed, open, new, grown; two shared parties or all of the smaller make it the same."""
    found = follow_up([finding(them) for them in last], [finding(them, 50) for them in this])

    assert counts == tuple(found.counts().values())


def test_merged_and_split_findings_are_told():
    """With what came before, the likest first, and a reason each."""
    merged = follow_up([finding("ab"), finding("cde")], [finding("abcde")])
    assert ["L-c", "L-a"] == [one.id for one in merged.merged[0].before]
    assert ["GCK-150", "GCK-151"] == [one.code for one in merged.grown[0].reasons]

    split = follow_up([finding("abcd")], [finding("ab", 5), finding("cdx", 500)])
    assert ["L-a"] == [one.id for one in split.split]
    assert ["GCK-150", "GCK-152", "GCK-154"] == [one.code for one in split.open[0].reasons]
    assert ["GCK-150", "GCK-152", "GCK-153", "GCK-154", "GCK-155"] == [
        one.code for one in split.grown[0].reasons
    ]
    assert (SAME_PARTIES,) == split.open[0].reasons[0].figures


def test_the_same_id_breaks_a_tie():
    """Of two findings that share as many parties, the one of the same name comes first."""
    before = [finding("ab", name="L-1"), finding("cd", name="L-2")]
    found = follow_up(before, [finding("abcd", name="L-2")])

    assert ["L-2", "L-1"] == [one.id for one in found.grown[0].before]


def test_loops_and_their_summaries_are_followed_alike():
    """Whole circles, their summaries and clusters can be brought."""
    before = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "a"])
    after = GuaranteeBook.from_columns(guarantor=["a", "b", "c"], borrower=["b", "c", "a"])
    views = [find_circles(book) for book in (before, after)]
    kept = [[circle.summary() for circle in circles] for circles in views]

    assert follow_up(*views) == follow_up(*kept)
    assert {"closed": 0, "open": 0, "new": 0, "grown": 1} == follow_up(*views).counts()
    assert 1 == follow_up(*map(find_clusters, (before, after))).counts()["grown"]


@pytest.mark.parametrize(
    ("last", "this"),
    [
        ([finding("ab"), finding("cd", name="L-a")], []),
        ([], [Finding(id="L-1", members=(), guaranteed_fen=0)]),
    ],
)
def test_findings_that_cannot_be_told_apart_are_refused(last, this):
    """Each has parties and an id of its own."""
    with pytest.raises(CreditError, match="audit must have parties and ids of their own"):
        follow_up(last, this)


def test_no_shared_party_is_no_measure():
    """At least one must be shared."""
    with pytest.raises(CreditError, match="shared must be 1 or more, got 0"):
        follow_up([], [], shared=attrs.evolve(SAME_PARTIES, value=0))


def test_a_head_for_whom_nobody_stands_in_is_read_the_other_way():
    """Its part is never empty."""
    rule = policy(most_parties=2, direction="incoming", loop_arcs=0)
    parts = split_for_review(cluster_of(*CHAIN), watch_list=["a"], policy=rule)

    assert ("watched", "a", "ab") == shown(parts)[0]


def test_a_party_that_is_there_by_a_merger_only_heads_nothing():
    """A released guarantor merged with a member has no contract to show."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "b", "x"],
        borrower=["b", "c", "y"],
        released_on=[None, None, datetime.date(2020, 1, 1)],
    ).merge(Relations.from_columns(a=["a"], b=["x"], kind=["group"]))
    (cluster,) = find_clusters(book)
    rule = policy(most_parties=2, criteria=0)
    parts = split_for_review(cluster, watch_list=["x"], policy=rule)

    assert "x" in cluster.members
    assert ["core"] == sorted({part.kind for part in parts})
    assert {0, 1} == {row for part in parts for row in part.rows}
