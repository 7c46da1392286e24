"""The audit of the invented county equals its planted truth, part by part.

The golden files in ``tests/golden`` are the shipped county audited through its texts.  After
a change of words or answers that is meant, write them anew and read the difference:
``uv run python tests/test_audit_county.py``.
"""

import csv
import datetime
import functools
import io
import json
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import jsonschema
import networkx as nx
import pytest

from ruralcredit import guarantees, reports
from ruralcredit.errors import CreditError
from ruralcredit.guarantees import (
    Audit,
    BreakBranch,
    Circle,
    GuaranteeBook,
    JointGroups,
    Loans,
    PackedLoop,
    Parties,
    Relations,
    audit,
    check_party,
    cover,
    cycles,
    find_circles,
    find_hidden_circles,
    find_joint_groups,
    plan_break,
)
from ruralcredit.synthetic import County, HiddenLoop, PlantedLoop, county
from ruralcredit.values import from_dict, json_schema, to_dict

GOLDEN = Path(__file__).resolve().parent / "golden"
DAY = datetime.date(2024, 6, 30)
SHIPPED = (2024, 20_000, DAY)
CASES = {
    "shipped": SHIPPED,
    "another seed": (7, 10_000, DAY),
    "another size": (2024, 2_000, DAY),
    "another day": (5, 3_000, datetime.date(2025, 2, 28)),
}
KINDS = ("control", "controller", "spouse", "kin", "group")

# What the truth calls a reason not to count, and the audit's code for it.
EXCLUDED = {
    "not_begun": "GUA-020",
    "lapsed": "GUA-021",
    "released": "GUA-022",
    "settled": "GUA-023",
    "blank_party": "GUA-025",
    "counter_guarantee": "GUA-026",
    "guarantee_company": "GUA-027",
    "intra_group": "GUA-028",
}
JOINT_ONLY = "GUA-029"
# What the truth calls a fault, and the audit's code for it.
DIRTY = {
    "self": "GUA-101",
    "duplicate": "GUA-102",
    "zero_amount": "GUA-103",
    "negative_amount": "GUA-104",
    "unknown_amount": "GUA-105",
    "ends_before_start": "GUA-106",
    "settled_with_balance": "GUA-109",
    "blank_party": "GUA-110",
    "id_blanks": "GUA-111",
    "id_full_width": "GUA-112",
    "person_with_firm_id": "GUA-113",
    "ceiling_exceeded": "GUA-117",
    "repaid_but_counted": "GUA-124",
}


@attrs.frozen(kw_only=True)
class Audited:
    """A county, its book on its day, and what the audit found in it."""

    county: County
    book: GuaranteeBook
    relations: Relations
    result: Audit

    @property
    def truth(self):
        """What is planted."""
        return self.county.truth

    def live_pairs(self):
        """Guarantor, borrower and row of every row that joins parties into a cluster."""
        c = self.county.ledger_columns()
        return [
            (c["guarantor"][row], c["borrower"][row], row)
            for row in self.book.rows.tolist()
            if c["guarantor"][row] and c["borrower"][row] and c["layer"][row] != "counter"
        ]


@functools.cache
def audited_county(seed: int, arcs: int, as_of: datetime.date) -> Audited:
    """Audit a county on its day, from its columns."""
    planted = county(seed, arcs=arcs, as_of=as_of)
    book = GuaranteeBook.from_columns(
        **planted.ledger_columns(),
        parties=Parties.from_columns(**planted.party_columns()),
        loans=Loans.from_columns(**planted.loan_columns()),
    ).as_of(as_of)
    relations = Relations.from_columns(**planted.relation_columns())
    return Audited(
        county=planted,
        book=book,
        relations=relations,
        result=audit(book, relations=relations),
    )


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES)
def audited(request) -> Audited:
    """One county after the other, audited."""
    return audited_county(*request.param)


@pytest.fixture(scope="module")
def small() -> Audited:
    """The smallest county, for what is asked party by party."""
    return audited_county(*CASES["another size"])


# ---- the audit equals the planted list -----------------------------------------------


def facts_of(value: Any, cls: type) -> dict[str, Any]:
    """Facts of a planted thing, or the same facts of what was found."""
    return {field.name: getattr(value, field.name) for field in attrs.fields(cls)}


def test_closed_loops_are_those_planted(audited):
    """Members, kind, contracts, rows, the money, and the days they closed and end."""
    found = {loop.members: facts_of(loop, PlantedLoop) for loop in audited.result.circles}

    assert {loop.members: facts_of(loop, PlantedLoop) for loop in audited.truth.loops} == found
    assert len(found) == len(audited.result.circles)


def test_closed_loops_stand_largest_first(audited):
    """By money, members and contracts, then by the smallest id."""
    order = sorted(
        audited.truth.loops,
        key=lambda loop: (
            -loop.guaranteed_fen,
            -len(loop.members),
            -len(loop.contracts),
            loop.members[0],
        ),
    )

    assert [loop.members for loop in order] == [loop.members for loop in audited.result.circles]


def test_the_witness_of_a_loop_is_a_closed_walk_of_its_rows(audited):
    """Each guarantee begins where the one before ended, the first where the last did."""
    c = audited.county.ledger_columns()
    for loop in audited.result.circles:
        walk = loop.witness()
        ends = [c["borrower"][row] for row in walk]

        assert set(walk) <= set(loop.rows)
        assert ends[-1:] + ends[:-1] == [c["guarantor"][row] for row in walk]


def test_cover_lies_between_nothing_and_loans_and_guarantees(audited):
    """No contract covers more than its amount and no loan more than its balance."""
    covered = [
        (loop.covered_fen, min(loop.loans_fen, loop.guaranteed_fen))
        for loop in audited.result.circles
    ]

    assert all(0 <= found <= most for found, most in covered)
    assert any(0 < found < most for found, most in covered)


def hidden_facts(loop: Circle) -> HiddenLoop:
    """What was found of a hidden loop, as the truth tells it."""
    ties = {step.row for step in loop.evidence() if step.kind == "relation"}
    return {
        "members": loop.members,
        "groups": tuple(sorted(loop.groups)),
        "relations": tuple(sorted(ties)),
        "contracts": loop.contracts,
        "rows": loop.rows,
        "guaranteed_fen": loop.guaranteed_fen,
    }


def test_hidden_loops_are_those_planted_with_the_relations_that_carry_them(audited):
    """Members, merged parties, contracts, rows, money; the evidence uses the relations told."""
    planted = {
        loop.members: {
            name: fact
            for name, fact in facts_of(loop, HiddenLoop).items()
            if name not in ("merged", "kinds")
        }
        for loop in audited.truth.hidden
    }

    assert planted == {loop.members: hidden_facts(loop) for loop in audited.result.hidden}
    assert len(planted) == len(audited.result.hidden)


def test_columns_over_loops_say_what_each_loop_says(audited):
    """Money, counts, and the place of every party and of every row; -1 for all others."""
    for found in (audited.result.circles, audited.result.hidden):
        rows, parties = [-1] * len(audited.book.ledger), dict.fromkeys(audited.book.party_ids, -1)
        for place, loop in enumerate(found):
            parties.update(dict.fromkeys(loop.members, place))
            for row in loop.rows:
                rows[row] = place

        assert rows == found.row_labels.tolist()
        assert list(parties.values()) == found.label_of(list(parties)).tolist()
        for name, of_one in (
            ("guaranteed_fen", lambda loop: loop.guaranteed_fen),
            ("unknown_amounts", lambda loop: loop.unknown_amounts),
            ("member_counts", lambda loop: len(loop.members)),
            ("contract_counts", lambda loop: len(loop.contracts)),
        ):
            assert [of_one(loop) for loop in found] == getattr(found, name).tolist()


@pytest.mark.parametrize("left_out", KINDS)
def test_a_hidden_loop_needs_every_kind_of_relation_that_carries_it(audited, left_out):
    """Without one kind exactly the loops that it carries are gone."""
    kinds = tuple(kind for kind in KINDS if kind != left_out)
    found = find_hidden_circles(audited.book, audited.relations, kinds=kinds)

    expected = {loop.members for loop in audited.truth.hidden if left_out not in loop.kinds}
    assert expected == {loop.members for loop in found}


def test_what_only_looks_like_a_loop_is_not_found(audited):
    """Past, future, misspelt, unreadable, counter-guaranteed and company loops are none."""
    found = {loop.members for loop in (*audited.result.circles, *audited.result.hidden)}

    assert set() == found & {each.members for each in audited.truth.absent}


def test_a_past_or_future_loop_is_found_on_the_day_told(audited):
    """Released, settled, lapsed or not begun on the day of the audit, there on another day."""
    seen = [each for each in audited.truth.absent if each.seen_on is not None]
    for each in seen:
        circles = find_circles(audited.book.as_of(each.seen_on))

        assert each.members in {circles[at].members for at in circles.label_of(each.members)}
    assert {"released", "settled", "lapsed", "not_begun"} == {each.why for each in seen}


@pytest.mark.parametrize(
    ("why", "asked"),
    [
        ("counter_guarantee", {"counter_guarantees": True}),
        ("guarantee_company", {"guarantee_companies": True}),
    ],
)
def test_a_layer_closes_its_loops_when_asked(audited, why, asked):
    """Counter-guarantees and licensed companies add the loops planted and no other."""
    plain = {loop.members for loop in audited.result.circles}
    found = {loop.members for loop in find_circles(audited.book, **asked)}

    assert {each.members for each in audited.truth.absent if each.why == why} == found - plain
    assert plain <= found


def test_joint_groups_are_those_planted(audited):
    """Agreement, members, contracts and rows of every group that counts."""
    found = sorted(audited.result.joint_groups, key=lambda group: group.agreement_id)

    assert [
        (group.agreement_id, group.members, group.contracts, group.rows)
        for group in audited.truth.joint_groups
    ] == [(group.agreement_id, group.members, group.contracts, group.rows) for group in found]


def test_a_table_of_members_adds_only_the_group_that_is_repaid(audited):
    """Groups that count stay as they are; a repaid one has members and no row."""
    table = JointGroups.from_columns(**audited.county.joint_group_columns())
    found = find_joint_groups(audited.book, table)
    counting = [group for group in found if group.rows]

    assert list(audited.result.joint_groups) == counting
    assert len({*audited.county.joint_group_columns()["agreement_id"]}) == len(found)
    assert [0] == [group.guaranteed_fen for group in found if not group.rows]


def test_mutual_pairs_are_those_planted(audited):
    """Each pair once, the smaller id first."""
    assert audited.truth.mutual_pairs == audited.result.mutual_pairs


def test_lapsing_contracts_are_those_planted(audited):
    """Past due, without a demand, free within ninety days; the most at stake first."""
    c, loans = audited.county.ledger_columns(), audited.county.loan_columns()
    balance = dict(zip(loans["loan_id"], loans["balance_fen"], strict=True))
    found = audited.result.lapsing
    stakes = [each.at_stake_fen for each in found]

    assert audited.truth.lapsing == tuple(sorted({each.contract for each in found}))
    assert sorted(stakes, reverse=True) == stakes
    for each in found:
        days = (each.lapses_on - audited.book.day).days

        assert 0 <= days <= audited.result.within_days
        assert min(c["amount_fen"][each.row], balance[c["loan_id"][each.row]]) == each.at_stake_fen


def test_clusters_have_the_planted_count_and_sizes(audited):
    """All of them, those of two parties, and the largest."""
    sizes = audited.result.clusters.member_counts.tolist()

    truth = audited.truth
    assert (truth.clusters, truth.pair_clusters, truth.largest_cluster) == (
        len(sizes),
        sizes.count(2),
        max(sizes),
    )


def test_clusters_hold_every_contract_once(audited):
    """The clusters' money is the known amount of every contract that counts, each once."""
    c = audited.county.ledger_columns()
    largest = defaultdict(int)
    for _guarantor, _borrower, row in audited.live_pairs():
        contract = c["contract_id"][row]
        largest[contract] = max(largest[contract], c["amount_fen"][row] or 0)

    clusters = audited.result.clusters
    assert sum(largest.values()) == int(clusters.guaranteed_fen.sum())
    assert len(largest) == int(clusters.contract_counts.sum())


def test_a_ceiling_over_several_loans_counts_once(audited):
    """The cluster of a maximum-amount contract holds its amount once, whatever its rows."""
    clusters = audited.result.clusters
    c = audited.county.ledger_columns()
    live = set(audited.book.rows.tolist())
    alone = 0
    for contract in audited.truth.maximum_contracts:
        borrower = c["borrower"][contract.rows[0]]
        cluster = clusters[int(clusters.label_of([borrower])[0])]
        if cluster.contracts == (contract.contract_id,) and live.issuperset(contract.rows):
            alone += 1
            assert contract.amount_fen == cluster.guaranteed_fen
    assert alone > 5


def rows_by_code(found):
    """Rows of findings by reason code, of all columns together."""
    rows = defaultdict(set)
    for each in found:
        rows[each.reason.code].update(each.rows.tolist())
    return {code: tuple(sorted(of_code)) for code, of_code in rows.items()}


def only_joint_rows(audited):
    """Rows of joint groups between borrowers of the group that lie on no closed loop."""
    c = audited.county.ledger_columns()
    on_loop = {row for loop in audited.truth.loops for row in loop.rows}
    rows = set()
    for group in audited.truth.joint_groups:
        borrowers = {c["borrower"][row] for row in group.rows}
        rows.update(row for row in group.rows if c["guarantor"][row] in borrowers)
    return tuple(sorted(rows - on_loop))


def test_rows_are_left_out_for_the_reasons_planted(audited):
    """Every reason with all its rows, and no other reason."""
    planted = {EXCLUDED[each.kind]: each.rows for each in audited.truth.excluded}

    assert {**planted, JOINT_ONLY: only_joint_rows(audited)} == rows_by_code(
        audited.result.exclusions
    )
    assert set(EXCLUDED.values()) == set(planted)


def test_parties_are_undetermined_as_planted(audited):
    """Parties of unreadable rows too, though no row of the ledger names them."""
    assert audited.truth.undetermined == audited.result.undetermined


def test_a_party_is_in_a_loop_in_none_or_undetermined_as_planted(small):
    """Asked one by one; who is undetermined is told whose guarantees to ask about."""
    book, truth = small.book, small.truth
    in_loop = {member for loop in truth.loops for member in loop.members}
    unknown = [check_party(book, party) for party in truth.undetermined]
    known = {*in_loop, *truth.undetermined}
    others = {member for each in truth.absent for member in each.members} - known

    assert {"undetermined"} == {decision.status for decision in unknown}
    assert {truth.open_parties} == {decision.ask for decision in unknown}
    assert {"in_loop"} == {check_party(book, party).outcome for party in sorted(in_loop)}
    assert {"in_none"} == {check_party(book, party).outcome for party in sorted(others)}


def assumed_and_odd(audited):
    """Rows of the findings that are no planted fault: assumptions, and days that are odd."""
    c = audited.county.ledger_columns()
    live = set(audited.book.rows.tolist())
    lapsed = set(audited.truth.excluded_rows("lapsed"))
    amounts = defaultdict(set)
    for contract, amount in zip(c["contract_id"], c["amount_fen"], strict=True):
        amounts[contract] |= set() if amount is None else {amount}
    holds = {
        "GUA-040": lambda row: c["debt_due_on"][row] and c["guarantee_months"][row] is None,
        "GUA-041": lambda row: c["starts_on"][row] is None,
        "GUA-042": lambda row: c["debt_due_on"][row] is None,
        "GUA-108": lambda row: row in live and (c["released_on"][row] or c["settled_on"][row]),
        "GUA-115": lambda row: c["amount_fen"][row] and len(amounts[c["contract_id"][row]]) > 1,
        "GUA-122": lambda row: row in lapsed and c["demanded_on"][row],
    }
    every = range(len(audited.book.ledger))
    return {code: tuple(filter(test, every)) for code, test in holds.items()}


def test_what_is_wrong_with_the_data_is_what_was_planted(audited):
    """Every fault with all its rows; beside them what had to be assumed, and nothing else."""
    planted = {DIRTY[each.kind]: each.rows for each in audited.truth.dirty}

    assert {**planted, **assumed_and_odd(audited)} == rows_by_code(audited.result.problems)
    assert set(DIRTY.values()) == set(planted)


def test_chains_are_the_longest_ways_of_the_clusters(audited):
    """One per cluster of three parties in a row and more, as long as networkx's longest way."""
    graph = nx.DiGraph((g, b) for g, b, _row in audited.live_pairs())
    ways = nx.condensation(graph)
    steps = {}
    for node in reversed(list(nx.topological_sort(ways))):
        steps[node] = max((steps[after] + 1 for after in ways[node]), default=0)
    longest = [max(map(steps.get, part)) for part in nx.weakly_connected_components(ways)]
    found = audited.result.chains

    assert Counter(n + 1 for n in longest if n > 1) == Counter(len(x.parties) for x in found)
    loop_of = ways.graph["mapping"]
    c = audited.county.ledger_columns()
    for chain in found:
        ends = [(loop_of[c["guarantor"][r]], loop_of[c["borrower"][r]]) for r in chain.rows]

        assert [*(a for a, _b in ends), ends[-1][1]] == [loop_of[p] for p in chain.parties]
        assert [b for _a, b in ends] == [loop_of[p] for p in chain.parties[1:]]


def expected_hubs(pairs):
    """Hubs by their definition: what keeps three on both sides, then the stars of the rest."""
    core = {(g, b) for g, b in pairs if g != b}
    rest = set(core)
    while True:
        gives, takes = Counter(g for g, _b in core), Counter(b for _g, b in core)
        stay = {(g, b) for g, b in core if gives[g] >= 3 <= takes[b]}
        if stay == core:
            break
        core = stay
    sides = nx.Graph((("gives", g), ("takes", b)) for g, b in core)
    hubs = {
        (
            "many_to_many",
            tuple(sorted(name for side, name in part if side == "gives")),
            tuple(sorted(name for side, name in part if side == "takes")),
        )
        for part in nx.connected_components(sides)
    }
    for_many, by_many = defaultdict(set), defaultdict(set)
    for g, b in rest - core:
        for_many[g].add(b)
        by_many[b].add(g)
    hubs |= {("one_for_many", (g,), tuple(sorted(x))) for g, x in for_many.items() if len(x) > 2}
    return hubs | {
        ("many_for_one", tuple(sorted(x)), (b,)) for b, x in by_many.items() if len(x) > 2
    }


def test_hubs_are_those_of_the_definition_and_the_markets_are_among_them(audited):
    """Two markets in 20,000 rows, of 20 guarantors for the same 48 borrowers."""
    found = [(hub.kind, hub.guarantors, hub.borrowers) for hub in audited.result.hubs]
    sizes = Counter((kind, len(g), len(b)) for kind, g, b in found)

    assert expected_hubs({(g, b) for g, b, _row in audited.live_pairs()}) == set(found)
    assert len(found) == len(set(found))
    assert audited.county.arcs // 10_000 == sizes["many_to_many", 20, 48]


def test_relations_change_nothing_but_hidden_loops_and_marks(small):
    """Without relations the same loops, none hidden, none marked, no row intra-group."""
    plain = audit(small.book)

    assert list(small.result.circles) == list(plain.circles)
    assert plain.hidden is None
    assert not any(loop.is_intra_group for loop in plain.circles)
    assert "GUA-028" not in rows_by_code(plain.exclusions)
    assert small.result.undetermined == plain.undetermined


# ---- the same through the texts ------------------------------------------------------


@attrs.frozen(kw_only=True)
class Read:
    """A county read from its texts, and audited."""

    ledger: reports.LedgerReading
    loans: reports.TableReading
    related: reports.TableReading
    parties: reports.TableReading
    book: GuaranteeBook
    result: Audit


@functools.cache
def read_county(seed: int, arcs: int, as_of: datetime.date) -> Read:
    """Audit a county as the example does: from the texts that its files hold."""
    planted = audited_county(seed, arcs, as_of).county
    ledger = reports.read_ledger(planted.ledger_csv())
    loans = reports.read_loans(planted.loans_csv())
    related = reports.read_relations(planted.related_csv())
    parties = reports.read_parties(planted.parties_csv())
    book = ledger.to_book(loans=loans, parties=parties).as_of(as_of)
    return Read(
        ledger=ledger,
        loans=loans,
        related=related,
        parties=parties,
        book=book,
        result=audit(book, relations=related.to_relations()),
    )


@pytest.fixture(scope="module", params=["shipped", "another day"])
def both(request) -> tuple[Audited, Read]:
    """A county audited from its columns, and from its texts."""
    return audited_county(*CASES[request.param]), read_county(*CASES[request.param])


def test_the_texts_hold_the_columns(both):
    """Ledger, loans, relations, parties and open parties are read as they were written."""
    audited, read = both
    named = audited.book.parties.to_columns()
    kinds = dict(zip(named["party"], named["kind"], strict=True))
    told = read.ledger.parties

    assert audited.book.ledger == read.book.ledger
    assert audited.book.loans == read.book.loans
    assert audited.relations == read.result.relations
    assert set(audited.book.open_parties) == set(read.book.open_parties)
    assert audited.book.parties == read.book.parties
    assert kinds == dict(zip(told["party"], told["kind"], strict=True))


def test_the_reading_accounts_for_every_line(both):
    """Unreadable lines are listed, and the file's own total is what its lines hold."""
    audited, read = both
    truth = audited.truth
    total = truth.control_total_fen

    assert truth.unreadable_lines == tuple(bad.line for bad in read.ledger.bad_rows)
    assert [(total, total)] == [
        (each.stated_fen, each.read_fen) for each in read.ledger.file_totals
    ]
    assert total == sum(each.read_fen for each in read.ledger.control_totals)
    assert audited.county.arcs == len(read.ledger.lines)


def answers(result: Audit) -> dict[str, Any]:
    """Everything that an audit says, as plain values."""
    groups = ("members", "rows", "guaranteed_fen", "loans_fen", "covered_fen", "overdue_fen")
    loops = (*groups, "id", "kind", "closed_on", "closed_by", "ends_on", "is_intra_group")
    rows = ("mutual_pairs", "joint_groups", "chains", "hubs", "lapsing", "problems", "exclusions")
    clusters = result.clusters
    return {
        "circles": [[getattr(loop, fact) for fact in loops] for loop in result.circles],
        "hidden": [[getattr(loop, fact) for fact in loops] for loop in result.hidden],
        "evidence": [loop.evidence() for loop in (*result.circles, *result.hidden)],
        "clusters": [(cluster.members, cluster.rows) for cluster in clusters],
        "largest": [[getattr(cluster, fact) for fact in groups] for cluster in clusters[:20]],
        "span": [loop.span("branch") for loop in result.circles],
        "undetermined": result.undetermined,
        **{name: getattr(result, name) for name in rows},
    }


def test_the_audit_of_the_texts_is_the_audit_of_the_columns(both):
    """Every answer, in the same order."""
    audited, read = both

    assert answers(audited.result) == answers(read.result)


# ---- golden files --------------------------------------------------------------------


def as_csv(table: tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]) -> str:
    """Return a table as the text of a file."""
    text = io.StringIO()
    header, rows = table
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def golden_texts() -> dict[str, str]:
    """What the example prints and writes of the shipped county, by the golden file's name."""
    read = read_county(*SHIPPED)
    said = {"book": read.book, "result": read.result, "ledger": read.ledger}
    mask = reports.make_mask(
        "persons",
        read.book,
        audit=read.result,
        readings=(read.ledger, read.loans, read.related, read.parties),
    )
    return {
        "county_summary_zh.txt": reports.audit_summary(**said, lang="zh"),
        "county_summary_en.txt": reports.audit_summary(**said, lang="en"),
        "county_circles.csv": as_csv(reports.circles_table(**said, mask=mask)),
        "county_hidden_circles.csv": as_csv(reports.circles_table(**said, mask=mask, hidden=True)),
    }


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.glob("county_*")))
def test_the_shipped_county_gives_its_golden_file(name):
    """Summary and tables to the letter; this file's first lines say how to write them anew."""
    assert (GOLDEN / name).read_text(encoding="utf-8") == golden_texts()[name]


def test_every_golden_file_is_there():
    """A golden file that was lost would be compared with nothing."""
    assert [
        "county_circles.csv",
        "county_hidden_circles.csv",
        "county_summary_en.txt",
        "county_summary_zh.txt",
    ] == sorted(path.name for path in GOLDEN.glob("county_*"))


# ---- plain data and back -------------------------------------------------------------


@pytest.fixture(scope="module")
def values(small) -> dict[str, object]:
    """One of every public value of the room, as the smallest county gives it."""
    book, result = small.book, small.result
    columns = small.county.joint_group_columns()
    days = {"starts_on": [DAY] * len(columns["party"]), "ends_on": [None] * len(columns["party"])}
    largest = max(result.circles, key=lambda loop: len(loop.members))
    never = GuaranteeBook.from_columns(**small.county.ledger_columns())
    plan = plan_break(largest, cost=[1] * len(book.ledger))
    worth = cover(book)
    lend = next(iter(worth.per_loan.values()))
    parties = (largest.members[0], small.truth.undetermined[0], small.truth.absent[0].members[0])
    return {
        "Ledger": book.ledger,
        "Parties": book.parties,
        "Loans": book.loans,
        "Relations": small.relations,
        "JointGroups": JointGroups.from_columns(**columns, **days),
        "Chain": result.chains[0],
        "Hub": result.hubs[0],
        "Lapsing": result.lapsing[0],
        "JointGroup": result.joint_groups[0],
        "DataProblem": result.problems[0],
        "Exclusion": result.exclusions[0],
        "Step": result.hidden[0].evidence()[-1],
        "CircleSummary": largest.summary(),
        "CircleSummary hidden": result.hidden[0].summary(),
        "ClusterSummary": result.clusters[0].summary(),
        "Cycles": cycles(largest, max_length=4, max_count=3),
        "Bounds": worth.joint_bounds_fen,
        "BreakSummary": plan.summary(),
        "BreakStep": plan.steps[0],
        "BreakPart": plan.parts[0],
        "BreakBranch": BreakBranch(
            cut=(plan.cut[0],), kept=(), packing=plan.packing, bound=plan.cost
        ),
        "PackedLoop": PackedLoop(rows=(0, 1), contracts=("K1", 7), weight=Fraction(5, 2)),
        "Cover": cover(book, relations=small.relations, kinds=("control",)),
        "PartyCover": worth.per_party[largest.members[0]],
        "LoanCover": lend,
        "GroupCover": worth.per_loop[0],
        **{f"Decision {n}": check_party(book, party) for n, party in enumerate(parties)},
        "GuaranteeBook": never,
        "GuaranteeBook as of": book,
        "GuaranteeBook known by": book.as_of(DAY, known_by=datetime.date(2024, 3, 31)),
        "GuaranteeBook merged": book.merge(small.relations, kinds=("kin", "spouse")),
    }


NAMES = [
    "Ledger",
    "Parties",
    "Loans",
    "Relations",
    "JointGroups",
    "Chain",
    "Hub",
    "Lapsing",
    "JointGroup",
    "DataProblem",
    "Exclusion",
    "Step",
    "CircleSummary",
    "CircleSummary hidden",
    "ClusterSummary",
    "Cycles",
    "Bounds",
    "BreakSummary",
    "BreakStep",
    "BreakPart",
    "BreakBranch",
    "PackedLoop",
    "Cover",
    "PartyCover",
    "LoanCover",
    "GroupCover",
    "Decision 0",
    "Decision 1",
    "Decision 2",
    "GuaranteeBook",
    "GuaranteeBook as of",
    "GuaranteeBook known by",
    "GuaranteeBook merged",
]


@pytest.mark.parametrize("name", NAMES)
def test_every_public_value_goes_to_plain_data_and_back(values, name):
    """Through JSON text, equal; and the text is what the class's JSON Schema says."""
    value = values[name]
    plain = json.loads(json.dumps(to_dict(value)))

    assert value == from_dict(type(value), plain)
    jsonschema.Draft202012Validator(json_schema(type(value))).validate(plain)


def test_no_public_value_is_forgotten(values):
    """Every class of the room is held above, but for views of a book and what changes."""
    views = {"Audit", "BreakPlan", "Circle", "Circles", "Cluster", "Clusters"}
    views |= {"GroupCovers", "LoanCovers", "PartyCodes", "PartyCovers", "Snapshot"}
    classes = {name for name in guarantees.__all__ if isinstance(getattr(guarantees, name), type)}

    assert classes - views == {name.split()[0] for name in values} - {"Decision"}


def test_a_view_of_a_book_has_no_plain_form_but_a_summary(small):
    """A circle without its book would come back empty: it is refused, its summary is not."""
    for view in (small.result, small.result.circles, small.result.circles[0]):
        with pytest.raises(CreditError, match="is a view of another value; take its summary"):
            to_dict(view)


def write_golden() -> None:
    """Write the golden files anew."""
    for name, text in golden_texts().items():
        (GOLDEN / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_golden()
