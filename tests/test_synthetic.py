"""The invented county holds exactly what its truth says; the column book too."""

import calendar
import datetime
import functools
import hashlib
import pickle
from collections import Counter
from decimal import Decimal

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ruralcredit.errors import InputError
from ruralcredit.synthetic import County, county, guarantee_columns

DAY = datetime.date(2024, 6, 30)
GOLDEN = ("4eeef931703a50f6", "bc665cb74648d5fc", "dc50c44b3d607e7d", "0b1addb51d97feab")


@pytest.fixture(scope="module")
def shipped() -> County:
    """Return the county that the library ships."""
    return county()


@pytest.fixture(scope="module")
def small() -> County:
    """Return a county that holds one set of what is planted and little else."""
    return county(arcs=2_000)


def liable_until(due, months, demanded):
    """Return the last day of a guarantee, None when open-ended: rulings 1.2."""
    if due is None:
        return None
    years, month = divmod(due.month - 1 + (months or 6), 12)
    year = due.year + years
    end = datetime.date(year, month + 1, min(due.day, calendar.monthrange(year, month + 1)[1]))
    return None if demanded is not None and demanded <= end else end


@functools.cache
def counting(book, day, *, counter=False, companies=False):
    """Return the arcs that count on a day as (guarantor, borrower, agreement, row)."""
    c = book.ledger_columns()
    kinds = dict(zip(*(book.party_columns()[name] for name in ("party", "kind")), strict=True))
    arcs = []
    for row, (guarantor, borrower) in enumerate(zip(c["guarantor"], c["borrower"], strict=True)):
        if not (guarantor or "").strip() or not (borrower or "").strip():
            continue
        if c["layer"][row] == "counter" and not counter:
            continue
        if not companies and "guarantee_company" in {kinds[guarantor], kinds[borrower]}:
            continue
        end = liable_until(
            c["debt_due_on"][row], c["guarantee_months"][row], c["demanded_on"][row]
        )
        gone = [d for d in (c["released_on"][row], c["settled_on"][row]) if d is not None]
        has_begun = c["starts_on"][row] is None or c["starts_on"][row] <= day
        if has_begun and (end is None or day <= end) and all(day < each for each in gone):
            arcs.append((guarantor, borrower, c["agreement_id"][row], row))
    return arcs


def loops_of(arcs):
    """Return the closed loops of arcs, joint agreements alone closing none: rulings 1.3."""
    graph = nx.MultiDiGraph()
    for source, target, agreement, row in arcs:
        graph.add_edge(source, target, key=row, agreement=agreement)
    for members in [m for m in nx.strongly_connected_components(graph) if len(m) > 1]:
        part = graph.subgraph(members)
        for block in list(nx.biconnected_components(nx.Graph(part.to_undirected()))):
            inside = list(graph.subgraph(block).edges(keys=True, data="agreement"))
            names = {agreement for *_, agreement in inside}
            if len(names) == 1 and names != {None}:
                graph.remove_edges_from([edge[:3] for edge in inside])
    strong = {tuple(sorted(m)) for m in nx.strongly_connected_components(graph) if len(m) > 1}
    return strong | {(party,) for party in nx.nodes_with_selfloops(graph)}


def merged_parties(book, day):
    """Return a function from a party to the party it is merged into on a day."""
    r = book.relation_columns()
    graph = nx.Graph()
    for a, b, begins, ends in zip(r["a"], r["b"], r["starts_on"], r["ends_on"], strict=True):
        if (begins is None or begins <= day) and (ends is None or ends > day):
            graph.add_edge(a, b)
    above = {party: min(group) for group in nx.connected_components(graph) for party in group}
    return lambda party: above.get(party, party)


def digest(text):
    """Return a short digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def test_the_shipped_files_never_change(shipped):
    """The texts depend on seed and size alone: under every NumPy the same bytes."""
    texts = (
        shipped.ledger_csv(),
        shipped.loans_csv(),
        shipped.related_csv(),
        shipped.parties_csv(),
    )

    assert GOLDEN == tuple(map(digest, texts))


def test_a_county_is_its_seed_and_size(small):
    """Equal arguments give equal counties, another seed another, pickling changes nothing."""
    again = pickle.loads(pickle.dumps(small))  # noqa: S301  # our own bytes

    assert small == again
    assert (small.truth, small.ledger_csv()) == (again.truth, again.ledger_csv())
    assert small.parties_csv() == again.parties_csv()
    assert small.ledger_csv() != county(1, arcs=2_000).ledger_csv()


def test_closed_loops_are_those_planted(shipped):
    """Found by networkx on the clean columns the planted loops and no other."""
    found = loops_of(counting(shipped, DAY))

    assert {loop.members for loop in shipped.truth.loops} == found


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("day", [DAY, datetime.date(2025, 2, 28), datetime.date(2024, 2, 29)])
def test_no_seed_and_no_day_adds_or_loses_a_loop(seed, day):
    """What is planted is found in small counties too, at the end of a February too."""
    book = county(seed, arcs=2_000, as_of=day)

    assert {loop.members for loop in book.truth.loops} == loops_of(counting(book, day))


def test_the_loops_have_the_recipe_s_shapes(shipped):
    """A bank's twenty loops of 2 to 7 parties, self-guarantees, two beside joint groups."""
    shapes = Counter((loop.kind, len(loop.members)) for loop in shipped.truth.loops)

    expected = {
        ("self", 1): 3,
        ("mutual", 2): 13,
        ("ring", 3): 3,
        ("compound", 3): 1,
        ("ring", 4): 2,
        ("compound", 4): 1,
        ("compound", 5): 1,
        ("compound", 6): 2,
        ("ring", 7): 1,
    }
    assert expected == shapes


def test_a_loop_s_rows_and_money_are_those_between_its_members(shipped):
    """Rows, contracts and the money figures follow from the columns."""
    c, loans = shipped.ledger_columns(), shipped.loan_columns()
    arcs = counting(shipped, DAY)
    for loop in shipped.truth.loops:
        rows = [row for g, b, _, row in arcs if g in loop.members and b in loop.members]
        amounts = {}
        for row in rows:
            amounts.setdefault(c["contract_id"][row], []).append(c["amount_fen"][row])
        known = [[a for a in each if a is not None and a >= 0] for each in amounts.values()]
        balances = zip(loans["borrower"], loans["balance_fen"], strict=True)

        assert loop.rows == tuple(rows)
        assert loop.contracts == tuple(sorted(amounts))
        assert loop.guaranteed_fen == sum(max(each) for each in known if each)
        assert loop.unknown_amounts == sum(not each for each in known)
        assert loop.loans_fen == sum(fen for party, fen in balances if party in loop.members)


def test_a_loop_lives_from_the_day_it_closed_to_the_day_it_ends(small):
    """It is there on the day it closed and not before; on its last day and not after."""
    one_day = datetime.timedelta(days=1)
    c = small.ledger_columns()
    for loop in small.truth.loops:
        rows = set(loop.rows)
        if loop.ends_on is not None:
            last = [arc for arc in counting(small, loop.ends_on - one_day) if arc[3] in rows]
            after = [arc for arc in counting(small, loop.ends_on) if arc[3] in rows]
            assert loops_of(last)
            assert not loops_of(after)
        begun = [
            (g, b, agreement, row, c["starts_on"][row] or datetime.date.min)
            for g, b, agreement, row in counting(small, DAY)
            if row in rows
        ]
        assert loops_of([arc[:4] for arc in begun if arc[4] <= loop.closed_on])
        assert not loops_of([arc[:4] for arc in begun if arc[4] < loop.closed_on])
        assert set(loop.closed_by) <= {
            c["contract_id"][arc[3]] for arc in begun if arc[4] == loop.closed_on
        }
        assert loop.closed_by


def test_what_only_looks_like_a_loop_is_none(small):
    """Past, future and misspelt loops are not there on the day, but on the day told."""
    found = loops_of(counting(small, DAY))
    for each in small.truth.absent:
        assert each.members not in found
        if each.seen_on is not None:
            assert each.members in loops_of(counting(small, each.seen_on))


def test_counter_guarantees_and_companies_close_loops_when_asked(small):
    """Each layer, asked alone, adds its planted loops."""
    absent = small.truth.absent
    plain = loops_of(counting(small, DAY))

    counter = loops_of(counting(small, DAY, counter=True)) - plain
    companies = loops_of(counting(small, DAY, companies=True)) - plain

    assert {e.members for e in absent if e.why == "counter_guarantee"} == counter
    assert {e.members for e in absent if e.why == "guarantee_company"} == companies
    assert len(counter) == 3
    assert len(companies) == 2


@pytest.mark.parametrize("seed", [2024, 5])
def test_hidden_loops_are_those_planted(seed):
    """Merging related parties shows the planted hidden loops and no other."""
    book = county(seed, arcs=4_000)
    arcs, merged = counting(book, DAY), merged_parties(book, DAY)
    images = {tuple(sorted(set(map(merged, loop)))) for loop in loops_of(arcs)}
    quotient = [
        (merged(g), merged(b), agreement, row)
        for g, b, agreement, row in arcs
        if merged(g) != merged(b)
    ]
    parties = {party for g, b, *_ in arcs for party in (g, b)}

    hidden = {
        tuple(sorted(party for party in parties if merged(party) in set(loop)))
        for loop in loops_of(quotient)
        if loop not in images
    }

    assert {loop.members for loop in book.truth.hidden} == hidden
    assert len(hidden) == 8


def test_a_hidden_loop_names_the_relations_that_carry_it(shipped):
    """Its relations alone merge its parties; they are of the kinds told."""
    r = shipped.relation_columns()
    for loop in shipped.truth.hidden:
        graph = nx.Graph((r["a"][row], r["b"][row]) for row in loop.relations)
        merged = {tuple(sorted(group)) for group in nx.connected_components(graph)}

        assert set(loop.merged) == merged
        assert sorted(party for group in loop.groups for party in group) == list(loop.members)
        assert all(
            len(group) == 1 or any(set(group) <= set(m) for m in merged) for group in loop.groups
        )
        assert set(loop.kinds) == {r["kind"][row] for row in loop.relations}


def test_rows_inside_one_merged_party_are_told(shipped):
    """Intra-group rows are those whose two parties are merged on the day."""
    merged = merged_parties(shipped, DAY)

    rows = [r for g, b, _, r in counting(shipped, DAY) if g != b and merged(g) == merged(b)]

    assert shipped.truth.excluded_rows("intra_group") == tuple(rows)
    intra = [loop for loop in shipped.truth.loops if loop.is_intra_group]
    assert [True] == [len(set(map(merged, loop.members))) == 1 for loop in intra]


def test_joint_groups_have_their_agreement_s_members(shipped):
    """Ten groups of three to ten count, two share a member, a repaid one does not count."""
    joint = {}
    for g, b, agreement, _ in counting(shipped, DAY):
        if agreement is not None:
            joint.setdefault(agreement, set()).update((g, b))
    groups = shipped.truth.joint_groups
    every = Counter(party for group in groups for party in group.members)

    assert {group.agreement_id: set(group.members) for group in groups} == joint
    assert sorted(len(group.members) for group in groups) == [3, 4, 5, 5, 5, 5, 5, 6, 7, 10]
    assert list(every.values()).count(2) == 1
    assert len(set(shipped.joint_group_columns()["agreement_id"])) == 11


def test_clusters_have_the_recipe_s_sizes(shipped):
    """92 % of the clusters are pairs, the largest has 540 parties."""
    arcs = counting(shipped, DAY, companies=True)
    sizes = Counter(len(m) for m in nx.connected_components(nx.Graph((g, b) for g, b, *_ in arcs)))
    truth = shipped.truth

    assert (truth.clusters, truth.pair_clusters) == (sizes.total(), sizes[2])
    assert truth.largest_cluster == max(sizes) == 540
    assert sizes[2] / sizes.total() == pytest.approx(0.92, abs=0.01)
    assert sizes[1] == 0


def test_the_ledger_has_the_recipe_s_shares(shipped):
    """20,000 rows; 7 % of pairs parallel, 5 % zero; hubs of 20 to 80 arcs."""
    c = shipped.ledger_columns()
    pairs = Counter(zip(c["guarantor"], c["borrower"], strict=True))
    parallel = sum(count > 1 for count in pairs.values()) / len(pairs)
    degree = max(Counter(guarantor for guarantor, _ in pairs).values())

    assert len(c["guarantor"]) == 20_000
    assert parallel == pytest.approx(0.07, abs=0.01)
    assert c["amount_fen"].count(0) / 20_000 == pytest.approx(0.05, abs=0.01)
    assert 45 <= degree <= 80


def test_mutual_pairs_are_those_outside_joint_agreements(shipped):
    """Two parties that guarantee each other make one pair."""
    pairs = {(g, b) for g, b, agreement, _ in counting(shipped, DAY) if agreement is None}

    mutual = {(g, b) for g, b in pairs if g < b and (b, g) in pairs}

    assert set(shipped.truth.mutual_pairs) == mutual


def test_lapsing_guarantees_end_within_ninety_days_without_a_demand(shipped):
    """Day 0 and day 90 are in, day 91 is out."""
    c = shipped.ledger_columns()
    lapsing, days = set(), set()
    for *_, row in counting(shipped, DAY, counter=True, companies=True):
        due = c["debt_due_on"][row]
        end = liable_until(due, c["guarantee_months"][row], c["demanded_on"][row])
        if end is not None and due < DAY and (end - DAY).days <= 90:
            lapsing.add(c["contract_id"][row])
            days.add((end - DAY).days)

    assert set(shipped.truth.lapsing) == lapsing
    assert {0, 90} <= days


def test_a_maximum_contract_counts_once_over_its_loans(shipped):
    """Two to four loans of one borrower, under one ceiling except where planted."""
    c, loans = shipped.ledger_columns(), shipped.loan_columns()
    balance = dict(zip(loans["loan_id"], loans["balance_fen"], strict=True))
    over = set()
    for contract in shipped.truth.maximum_contracts:
        known = [c["amount_fen"][row] for row in contract.rows]
        assert contract.amount_fen == max(amount for amount in known if amount is not None)
        assert 2 <= len(contract.loans) <= 4
        if sum(balance[loan] for loan in contract.loans) > contract.amount_fen:
            over.update(contract.rows)

    assert shipped.truth.dirty_rows("ceiling_exceeded") == tuple(sorted(over))


def test_dirty_rows_are_dirty_in_the_way_told(shipped):
    """Each kind of fault can be seen in the columns, and is told in full."""
    c, loans = shipped.ledger_columns(), shipped.loan_columns()
    kinds = dict(zip(*(shipped.party_columns()[n] for n in ("party", "kind")), strict=True))
    balance = dict(zip(loans["loan_id"], loans["balance_fen"], strict=True))
    live = {row for *_, row in counting(shipped, DAY, counter=True, companies=True)}
    seen, faults = set(), {}
    for row, (g, b) in enumerate(zip(c["guarantor"], c["borrower"], strict=True)):
        names = [name for name in (g, b) if name and name.strip()]
        amount, starts, due = c["amount_fen"][row], c["starts_on"][row], c["debt_due_on"][row]
        loan = balance.get(c["loan_id"][row])
        key = (c["contract_id"][row], c["loan_id"][row], g, b)
        for kind, holds in {
            "self": g == b,
            "blank_party": len(names) < 2,
            "unknown_amount": amount is None,
            "zero_amount": amount == 0,
            "negative_amount": amount is not None and amount < 0,
            "ends_before_start": starts is not None and due is not None and due < starts,
            "id_blanks": any(name != name.strip() for name in names),
            "id_full_width": any(not name.isascii() for name in names),
            "person_with_firm_id": any(
                kinds[name] == "person" and name.startswith("91") for name in names
            ),
            "duplicate": key in seen,
            "repaid_but_counted": row in live and loan == 0,
            "settled_with_balance": c["settled_on"][row] is not None and loan != 0,
        }.items():
            if holds:
                faults.setdefault(kind, []).append(row)
        seen.add(key)

    told = {each.kind: list(each.rows) for each in shipped.truth.dirty}
    del told["ceiling_exceeded"]
    assert told == faults


def test_a_row_is_left_out_for_one_reason(shipped):
    """Rows that count and rows left out make up the ledger, each once."""
    live = [row for *_, row in counting(shipped, DAY)]
    left_out = [
        row for each in shipped.truth.excluded if each.kind != "intra_group" for row in each.rows
    ]

    assert sorted(live + left_out) == list(range(20_000))
    assert len(shipped.truth.excluded) == 8


def test_undetermined_parties_stand_between_open_ones(shipped):
    """A party in no loop is undetermined when open parties lie before and behind it."""
    arcs = counting(shipped, DAY)
    graph = nx.DiGraph((g, b) for g, b, *_ in arcs)
    c = shipped.ledger_columns()
    ends = list(zip(c["guarantor"], c["borrower"], strict=True))
    opened = {g or b for g, b in ends if g is None or b is None} | set(c["open_parties"])
    graph.add_nodes_from(opened)
    below = opened.union(*(nx.descendants(graph, party) for party in opened))
    above = opened.union(*(nx.ancestors(graph, party) for party in opened))
    in_loop = {party for loop in shipped.truth.loops for party in loop.members}

    assert set(shipped.truth.undetermined) == (below & above) - in_loop
    assert opened & in_loop
    assert set(shipped.truth.open_parties) == opened


def test_unreadable_lines_and_the_total_are_told(shipped):
    """Line numbers count the header as line 1; the total sums what can be read."""
    lines = [line.split(",") for line in shipped.ledger_csv().splitlines()]
    widths = {len(cells) for cells in lines}
    told = [",".join(lines[number - 1]) for number in shipped.truth.unreadable_lines]
    c = shipped.ledger_columns()
    crowded = [cells for cells in lines if any(sign in cells[2] for sign in "；;、|")]
    rows = sum(1 + sum(cells[2].count(sign) for sign in "；;、|") for cells in lines[1:-1])

    assert widths == {23}
    assert len(told) == 6
    for text in ("2023-13-45", "伍拾万左右", "待补", "5O0000", "20240231", "#REF!"):
        assert sum(text in line for line in told) == 1
    assert rows - len(told) == len(c["guarantor"])
    assert len(crowded) == 12
    assert lines[-1][0] == "合计"
    readable = (cells[4] for cells in lines[1:-1])
    total = sum(
        int(text.replace(".", ""))
        for text in readable
        if text.replace(".", "").lstrip("-").isdigit() and "." in text
    )
    assert total == shipped.truth.control_total_fen == int(lines[-1][4].replace(".", ""))


def test_every_text_has_its_columns_rows(shipped):
    """Loans, relations and parties are as many lines as rows, ids in the same order."""
    loans, related = shipped.loans_csv().splitlines(), shipped.related_csv().splitlines()

    assert [line.split(",")[0] for line in loans[1:]] == shipped.loan_columns()["loan_id"]
    assert [line.split(",")[0] for line in related[1:]] == shipped.relation_columns()["a"]
    parties, columns = shipped.parties_csv().splitlines(), shipped.party_columns()
    assert [line.split(",")[0] for line in parties[1:]] == columns["party"]
    assert [line.split(",")[3] for line in parties[1:]] == [
        "" if fen is None else str(Decimal(fen).scaleb(-6).quantize(Decimal("0.01")))
        for fen in columns["net_assets_fen"]
    ]
    assert parties[0] == "客户号,类型,地区,净资产(万元)"
    assert related[0] == "甲方,乙方,关系,持股比例(%),起始日,终止日"
    assert loans[0] == "借据号,借款人,余额(元),产品,逾期天数,到期日,未覆盖(元)"


@pytest.mark.parametrize(
    ("kind", "decades", "unknown"),
    [("household", 5.2, 0.25), ("person", 5.7, 0.15), ("firm", 6.8, 0.08)],
)
def test_net_assets_are_log_normal_and_partly_unknown(shipped, kind, decades, unknown):
    """Some are not known, 2 % of the parties owe more than they own, 1 % own nothing."""
    p = shipped.party_columns()
    fen = [each for each, k in zip(p["net_assets_fen"], p["kind"], strict=True) if k == kind]
    known = np.array([each for each in fen if each is not None])
    logs = np.log10(np.abs(known[known != 0]) / 100)

    assert fen.count(None) / len(fen) == pytest.approx(unknown, abs=0.02)
    assert np.count_nonzero(known < 0) / len(fen) == pytest.approx(0.02, abs=0.005)
    assert np.count_nonzero(known == 0) / len(fen) == pytest.approx(0.01, abs=0.005)
    assert logs.mean() == pytest.approx(decades, abs=0.02)
    assert logs.std() == pytest.approx(0.6, abs=0.02)
    assert not (known % 1_000_000 // 10_000 * 10_000 != known % 1_000_000).any()


def test_guarantee_companies_own_something_and_misspelt_ids_are_nobody_s(shipped):
    """A company's net assets are known and above zero; no customer has a misspelt id."""
    p = shipped.party_columns()
    rows = list(zip(p["party"], p["kind"], p["net_assets_fen"], strict=True))

    assert all(fen and fen > 0 for _, kind, fen in rows if kind == "guarantee_company")
    assert [None] * 5 == [
        fen for party, _, fen in rows if party != party.strip() or not party.isascii()
    ]


def is_resident_id(text):
    """Return whether the check sign fits: GB 11643."""
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    total = sum(int(sign) * weight for sign, weight in zip(text[:17], weights, strict=True))
    datetime.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    return (total + (10 if text[17] == "X" else int(text[17]))) % 11 == 1


def is_credit_code(text):
    """Return whether both check signs fit: GB 32100 and, inside, GB 11714."""
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    weights = [3**place % 31 for place in range(17)]
    total = sum(signs.index(s) * w for s, w in zip(text[:17], weights, strict=True))
    inner = sum(int(s, 36) * w for s, w in zip(text[8:16], (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    check = 10 if text[16] == "X" else int(text[16])
    return (total + signs.index(text[17])) % 31 == 0 and (inner + check) % 11 == 0


def test_ids_are_valid_and_nobody_s(shipped):
    """Persons have resident ids, firms credit codes, both of region 99; loans name them."""
    p = shipped.party_columns()
    misspelt = {name for name in p["party"] if name != name.strip() or not name.isascii()}
    for party, kind in zip(p["party"], p["kind"], strict=True):
        if party in misspelt:
            continue
        if kind in {"person", "household"} and not party.startswith("91"):
            assert is_resident_id(party)
            assert party.startswith("99")
        else:
            assert is_credit_code(party)
            assert party[2:4] == "99"
    assert len(misspelt) == 5


def test_a_larger_county_holds_more_sets():
    """Every 20,000 rows hold one set of what is planted."""
    book = county(arcs=40_000)

    assert len(book.ledger_columns()["guarantor"]) == 40_000
    assert len({loop.members for loop in book.truth.loops}) == 54


def test_too_small_a_county_is_refused():
    """The message names the least size and what came."""
    with pytest.raises(InputError, match=r"arcs must be 2000 or more to hold .* got 1999") as info:
        county(arcs=1_999)
    assert info.value.column == "arcs"


def test_a_kind_that_is_not_planted_has_no_rows(shipped):
    """Asking for an unknown fault or reason gives no rows."""
    assert shipped.truth.dirty_rows("no such fault") == ()
    assert shipped.truth.excluded_rows("no such reason") == ()


def strong(book):
    """Return the labels of rows' parties, from SciPy, and the sizes of the components."""
    ids = np.concatenate((book.guarantor, book.borrower))
    parties, codes = np.unique(ids, return_inverse=True)
    source, target = codes.reshape(2, -1)
    matrix = coo_array((np.ones(len(source)), (source, target)), shape=(len(parties),) * 2).tocsr()
    _, labels = connected_components(matrix, connection="strong")
    weak, _ = connected_components(matrix, connection="weak")
    return parties, source, target, labels, weak, matrix


@pytest.mark.parametrize("rows", [2_000, 100_000])
def test_a_column_book_s_truth_is_what_scipy_finds(rows):
    """Loops, members, clusters and the money inside each loop are known by construction."""
    book = guarantee_columns(rows, seed=3)
    truth = book.truth

    parties, source, target, labels, weak, _ = strong(book)

    sizes = np.bincount(labels)
    told = labels[np.searchsorted(parties, truth.party)]
    assert len(parties) == round(rows / 1.35)
    assert truth.circles == np.count_nonzero(sizes > 1)
    assert truth.members == sizes[sizes > 1].sum() == len(truth.party)
    assert truth.largest_circle == sizes.max()
    assert truth.clusters == weak
    assert len(set(zip(told.tolist(), truth.circle.tolist(), strict=True))) == truth.circles
    inside = (labels[source] == labels[target]) & (sizes[labels[source]] > 1)
    money = np.zeros(len(sizes), dtype=np.int64)
    np.add.at(money, labels[source[inside]], book.amount_fen[inside])
    first = np.searchsorted(truth.circle, np.arange(truth.circles))
    assert money[told[first]].tolist() == truth.exposure_fen.tolist()


def test_a_column_book_has_the_measured_structure():
    """Shares of guarantee-kernels: renewals, members, giant cluster, hub, spread of amounts."""
    book = guarantee_columns(100_000, seed=8)

    parties, source, target, labels, _, matrix = strong(book)

    distinct = len(np.unique(source * len(parties) + target))
    _, cluster = connected_components(matrix, connection="weak")
    assert distinct / 100_000 == pytest.approx(0.79, abs=0.002)
    assert book.truth.members / len(parties) == pytest.approx(0.037, abs=0.001)
    assert np.bincount(cluster).max() / len(parties) == pytest.approx(0.30, abs=0.002)
    assert np.bincount(labels).max() / len(parties) == pytest.approx(0.003, abs=0.0001)
    assert np.log10(book.amount_fen).std() == pytest.approx(0.7, abs=0.02)
    assert not (book.amount_fen <= 0).any()
    assert not book.amount_fen.flags.writeable


def test_ids_change_the_names_and_nothing_else():
    """The same seed gives one structure under every style of id."""
    plain = guarantee_columns(20_000, seed=2)
    _, first = np.unique(plain.guarantor, return_inverse=True)
    for ids, form in (("digits", "S10"), ("uscc", "S18"), ("mixed", "S14")):
        book = guarantee_columns(20_000, seed=2, ids=ids)
        _, codes = np.unique(book.guarantor, return_inverse=True)
        pairs = set(zip(first.tolist(), codes.tolist(), strict=True))

        assert book.guarantor.dtype == book.borrower.dtype == np.dtype(form)
        assert len(pairs) == len(set(first.tolist())) == len(set(codes.tolist()))
        assert book.amount_fen.tolist() == plain.amount_fen.tolist()
        assert book.truth.exposure_fen.tolist() == plain.truth.exposure_fen.tolist()


def test_the_styles_of_ids_are_what_banks_use():
    """Credit codes are valid, mixed ids are 6 to 14 wide, some with a branch before a dash."""
    codes = guarantee_columns(2_000, seed=1, ids="uscc").guarantor.tolist()
    mixed = guarantee_columns(20_000, seed=1, ids="mixed").guarantor.tolist()
    digits = guarantee_columns(2_000, seed=1, ids="digits").guarantor.tolist()

    assert all(is_credit_code(code.decode()) for code in codes)
    assert {6, 9, 7, 14} == set(map(len, mixed))
    assert {b"ZJ", b"C1"} < {name[:2] for name in mixed}
    assert all(name[:1] == b"C" and name[1:].isdigit() for name in digits)


def test_a_column_book_that_cannot_be_made_is_refused():
    """Too few rows and an unknown style of id name the argument."""
    with pytest.raises(InputError, match="rows must be 2000 or more, got 10"):
        guarantee_columns(10, seed=1)
    with pytest.raises(InputError, match="ids must be int64, digits, uscc or mixed, got 'names'"):
        guarantee_columns(2_000, seed=1, ids="names")  # type: ignore[arg-type]
