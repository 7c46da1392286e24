"""Golden cases of the room ``guarantees``: small ledgers that a credit officer can check.

A ledger is written as arcs, ``"A>B"`` for "A guarantees B", each beside its columns.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from ruralcredit.errors import CreditError, InputError
from ruralcredit.guarantees import (
    GuaranteeBook,
    Loans,
    Parties,
    Relations,
    audit,
    check_party,
    find_chains,
    find_circles,
    find_clusters,
    find_data_problems,
    find_hidden_circles,
    find_hubs,
    find_joint_groups,
    find_lapsing,
)

EACH_OTHER_ABC = ("A>B", "A>C", "B>A", "B>C", "C>A", "C>B")


def day(text: str) -> datetime.date:
    """Day written as 2024-02-29."""
    return datetime.date.fromisoformat(text)


def columns_of(arcs: Sequence[str], **columns: object) -> dict[str, Any]:
    """Columns of arcs; a column given as one value is repeated for every row."""
    guarantor, borrower = zip(*(arc.split(">") for arc in arcs), strict=True)
    spread = {
        name: cells if isinstance(cells, list | dict) else [cells] * len(arcs)
        for name, cells in columns.items()
    }
    return {"guarantor": list(guarantor), "borrower": list(borrower), **spread}


def book_of(arcs: Sequence[str], beside: Mapping[str, Any] | None = None, **columns: Any) -> Any:
    """Book of arcs."""
    return GuaranteeBook.from_columns(**columns_of(arcs, **columns), **(beside or {}))


def members_of(found: Any) -> list[str]:
    """Members of each answer, as one word each: 'ABC'."""
    return ["".join(one.members) for one in found]


# ---- the days of one guarantee -------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "months", "last"),
    [
        ("2023-08-31", 6, "2024-02-29"),
        ("2022-08-31", 6, "2023-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2023-12-31", 2, "2024-02-29"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-03-30", 11, "2025-02-28"),
        ("2024-04-30", 1, "2024-05-30"),
        ("2024-01-31", None, "2024-07-31"),
        ("2024-08-31", None, "2025-02-28"),
        ("2024-01-31", 0, "2024-07-31"),
        ("2024-01-31", -3, "2024-07-31"),
        ("2021-06-15", 36, "2024-06-15"),
    ],
)
def test_the_guarantor_is_bound_on_the_last_day_and_free_the_next(due, months, last):
    """Months are counted from the due day and clamped to the month's end; none agreed: six."""
    book = book_of(["A>B"], debt_due_on=day(due), guarantee_months=[months])
    after = day(last) + datetime.timedelta(days=1)

    assert [0] == book.as_of(day(last)).rows.tolist()
    assert [] == book.as_of(after).rows.tolist()


@pytest.mark.parametrize(
    ("demanded", "bound"),
    [
        ("2023-12-01", True),
        ("2024-01-31", True),
        ("2024-07-30", True),
        ("2024-07-31", True),
        ("2024-08-01", False),
        ("2025-01-01", False),
    ],
)
def test_a_demand_on_the_last_day_binds_on_and_a_day_late_does_not(demanded, bound):
    """Due 2024-01-31 and six months: the last day to demand is 2024-07-31."""
    book = book_of(["A>B"], debt_due_on=day("2024-01-31"), demanded_on=day(demanded))

    assert bound is (len(book.as_of(day("2030-01-01"))) == 1)
    assert len(book.as_of(day("2024-07-31"))) == 1


@pytest.mark.parametrize("column", ["released_on", "settled_on"])
def test_a_row_counts_before_its_release_and_not_on_the_day(column):
    """Released or settled on a day, the guarantee is gone that day."""
    book = book_of(["A>B"], **{column: day("2024-05-20")})

    assert len(book.as_of(day("2024-05-19"))) == 1
    assert len(book.as_of(day("2024-05-20"))) == 0
    assert [] == book.rows.tolist()


def test_a_row_counts_from_the_day_it_starts():
    """Begun on its first day, not the day before; an unknown start counts as begun."""
    book = book_of(["A>B", "C>D"], starts_on=[day("2024-05-20"), None])

    assert [1] == book.as_of(day("2024-05-19")).rows.tolist()
    assert [0, 1] == book.as_of(day("2024-05-20")).rows.tolist()


def test_a_row_is_known_from_the_day_it_was_recorded():
    """known_by drops rows recorded later; the day itself and an unknown day stay."""
    book = book_of(["A>B", "C>D", "E>F"], known_on=[day("2024-05-20"), None, day("2024-05-21")])
    asked = day("2024-06-30")

    assert [0, 1, 2] == book.as_of(asked).rows.tolist()
    assert [0, 1] == book.as_of(asked, known_by=day("2024-05-20")).rows.tolist()
    assert [1] == book.as_of(asked, known_by=day("2024-05-19")).rows.tolist()


def test_a_book_never_asked_a_day_counts_what_is_neither_released_nor_settled():
    """Lapsed and future rows count until somebody asks a day."""
    book = book_of(
        ["A>B", "B>A", "C>D", "D>C"],
        debt_due_on=[day("1999-01-01"), None, None, None],
        starts_on=[None, day("2099-01-01"), None, None],
        released_on=[None, None, day("2024-01-01"), None],
    )

    assert book.day is None
    assert len(book) == 4
    assert [0, 1, 3] == book.rows.tolist()
    assert ["AB"] == members_of(find_circles(book))


def test_a_circle_closes_with_its_last_contract_and_ends_with_its_first():
    """Ring of three: closed when the third starts, ended the day after the first lapses."""
    book = book_of(
        ["A>B", "B>C", "C>A", "C>A"],
        contract_id=["k1", "k2", "k3", "k4"],
        starts_on=[day("2023-01-10"), day("2023-03-01"), day("2023-03-01"), day("2023-04-01")],
        debt_due_on=[day("2024-08-31"), day("2025-01-31"), None, None],
    ).as_of(day("2024-06-30"))

    circle = find_circles(book)[0]

    assert day("2023-03-01") == circle.closed_on
    assert {"k2", "k3"} == set(circle.closed_by)
    assert day("2025-03-01") == circle.ends_on
    assert ("ring", 0.5) == (circle.kind, circle.density)


def test_an_open_ended_circle_has_no_end_and_one_of_unknown_starts_no_first_day():
    """Unknown is None: no due day, no end; no start, no closing day and nobody to blame."""
    circle = find_circles(book_of(["A>B", "B>A"]))[0]

    assert (None, None) == (circle.closed_on, circle.ends_on)
    assert list(circle.closed_by) == []


def test_a_released_row_ends_its_circle_on_that_day():
    """A release that lies ahead is the end of the circle."""
    book = book_of(["A>B", "B>A"], released_on=[None, day("2024-09-30")])

    circle = find_circles(book.as_of(day("2024-06-30")))[0]

    assert day("2024-09-30") == circle.ends_on


@pytest.mark.parametrize(
    ("asked", "within", "rows"),
    [
        ("2024-01-31", 400, []),
        ("2024-02-01", 400, [0]),
        ("2024-07-01", 29, []),
        ("2024-07-01", 30, [0]),
        ("2024-07-31", 0, [0]),
        ("2024-08-01", 400, []),
    ],
)
def test_lapsing_is_past_due_undemanded_and_soon(asked, within, rows):
    """Due 2024-01-31, bound to 2024-07-31; demanded in time or open-ended never lapses."""
    book = book_of(
        ["A>B", "C>D", "E>F"],
        amount_fen=[500, 900, 700],
        debt_due_on=[day("2024-01-31"), day("2024-01-31"), None],
        demanded_on=[None, day("2024-06-01"), None],
    )

    lapsing = find_lapsing(book.as_of(day(asked)), within_days=within)

    assert rows == [one.row for one in lapsing]
    assert all(one.lapses_on == day("2024-07-31") for one in lapsing)
    assert all(one.at_stake_fen == 500 for one in lapsing)


def test_lapsing_needs_a_day():
    """A book never asked a day has none to count from."""
    with pytest.raises(CreditError, match="as_of"):
        find_lapsing(book_of(["A>B"]), within_days=30)


# ---- money ---------------------------------------------------------------------------


def loans_of(*rows: tuple[str, str, int | None], overdue: Sequence[int] = ()) -> Loans:
    """Loans table of (loan, borrower, balance)."""
    names, borrowers, balances = zip(*rows, strict=True)
    return Loans.from_columns(
        loan_id=list(names),
        borrower=list(borrowers),
        balance_fen=list(balances),
        overdue_days=list(overdue) if overdue else None,
    )


def test_a_ceiling_over_two_loans_is_counted_once_and_covers_both_up_to_it():
    """100 over loans of 60 and 50 guarantees 100 and covers 100; 200 over 80 covers 80."""
    book = book_of(
        ["A>B", "A>B", "B>A"],
        amount_fen=[100, 100, 200],
        contract_id=["max", "max", "own"],
        loan_id=["L1", "L2", None],
        form=["maximum", "maximum", "specific"],
        beside={"loans": loans_of(("L1", "B", 60), ("L2", "B", 50), ("L3", "A", 80))},
    )

    circle = find_circles(book)[0]

    assert (300, 190, 180) == (circle.guaranteed_fen, circle.loans_fen, circle.covered_fen)
    assert {"max", "own"} == set(circle.contracts)
    assert (0, 1, 2) == tuple(circle.rows)


def test_cover_is_a_flow_and_not_first_come_first_served():
    """A contract free to choose takes the loan that the other one cannot."""
    book = book_of(
        ["A>B", "A>B", "B>A"],
        amount_fen=[50, 50, 0],
        loan_id=[None, "L1", None],
        beside={"loans": loans_of(("L1", "B", 50), ("L2", "B", 50))},
    )

    circle = find_circles(book)[0]

    assert (100, 100, 100) == (circle.guaranteed_fen, circle.loans_fen, circle.covered_fen)


def test_overdue_loans_are_summed_apart():
    """overdue_fen is the balance of members' loans with a day overdue or more."""
    loans = loans_of(("L1", "A", 7), ("L2", "B", 20), ("L3", "C", 300), overdue=[0, 1, 90])

    circle = find_circles(book_of(["A>B", "B>A"], beside={"loans": loans}))[0]

    assert (27, 20) == (circle.loans_fen, circle.overdue_fen)


def test_unknown_amounts_are_counted_and_not_summed():
    """Unknown and negative are unknown; zero is zero; each row its own contract."""
    book = book_of(["A>B", "B>A", "A>B", "B>A"], amount_fen=[None, -1, 0, 40])

    circle = find_circles(book)[0]

    assert (40, 2, 4) == (circle.guaranteed_fen, circle.unknown_amounts, len(circle.contracts))


def test_one_known_amount_is_the_contract_s():
    """The largest known amount of a contract's rows is its amount."""
    book = book_of(["A>B"] * 3 + ["B>A"], amount_fen=[None, 30, 20, 5], contract_id=[*"kkk", "m"])

    circle = find_circles(book)[0]

    assert (35, 0, 2) == (circle.guaranteed_fen, circle.unknown_amounts, len(circle.contracts))


# ---- shapes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arcs", "members", "kind", "density"),
    [
        (["A>A"], "A", "self", None),
        (["A>A", "A>A"], "A", "self", None),
        (["A>B", "B>A"], "AB", "mutual", 1.0),
        (["A>B", "A>B", "B>A"], "AB", "mutual", 1.0),
        (["A>B", "B>C", "C>A"], "ABC", "ring", 0.5),
        (["A>B", "B>C", "C>A", "C>D", "E>A"], "ABC", "ring", 0.5),
        (["A>B", "B>C", "C>A", "A>C"], "ABC", "compound", 4 / 6),
        (["A>B", "B>A", "B>C", "C>B"], "ABC", "compound", 4 / 6),
        (["A>B", "B>C", "C>D", "D>A"], "ABCD", "ring", 4 / 12),
    ],
)
def test_a_circle_has_a_kind_and_a_density(arcs, members, kind, density):
    """Self, mutual, ring and compound; density is distinct ordered pairs over m(m-1)."""
    circles = find_circles(book_of(arcs))

    assert [members] == members_of(circles)
    assert (kind, density) == (circles[0].kind, circles[0].density)


def test_a_chain_holds_no_circle_and_one_cluster():
    """A>B>C>D and E>C: a cluster of five, a longest chain of four, no closed loop."""
    book = book_of(["A>B", "B>C", "C>D", "E>C"], amount_fen=[1, 2, 3, 4])

    assert [] == list(find_circles(book))
    assert ["ABCDE"] == members_of(find_clusters(book))
    chain = find_chains(book)[0]
    assert (tuple("ABCD"), (0, 1, 2), 6) == (
        tuple(chain.parties),
        tuple(chain.rows),
        chain.guaranteed_fen,
    )
    assert () == tuple(find_chains(book, min_parties=5))


def test_hubs_are_one_for_many_many_for_one_and_many_to_many():
    """Three borrowers of one, three guarantors of one, and three by three."""
    star = find_hubs(book_of(["A>B", "A>C", "A>D", "A>D"]))
    focus = find_hubs(book_of(["B>A", "C>A", "D>A"]))
    matrix = find_hubs(book_of([f"{g}>{b}" for g in "ABC" for b in "XYZ"]))

    assert ["one_for_many"] == [hub.kind for hub in star]
    assert (("A",), tuple("BCD")) == (tuple(star[0].guarantors), tuple(star[0].borrowers))
    assert ["many_for_one"] == [hub.kind for hub in focus]
    assert (tuple("BCD"), ("A",)) == (tuple(focus[0].guarantors), tuple(focus[0].borrowers))
    both = [hub for hub in matrix if hub.kind == "many_to_many"]
    assert (tuple("ABC"), tuple("XYZ")) == (tuple(both[0].guarantors), tuple(both[0].borrowers))
    assert () == tuple(find_hubs(book_of(["A>B", "A>C", "A>D"]), degree=4))


def test_hubs_stand_by_money_parties_contracts_and_smallest_id():
    """Stars of three: the dearest first, then the widest, the one of most contracts, by id."""
    stars = ["D>1", "D>2", "D>3", "C>4", "C>5", "C>6", "B>7", "B>8", "B>9", "B>9"]
    wide = ["A>a", "A>b", "A>c", "A>d", "b>E", "c>E", "d>E", "e>E", "f>E"]
    dear = ["Z>x", "Z>y", "Z>z"]
    arcs = [*stars, *wide, *dear]
    book = book_of(arcs, amount_fen=[0] * (len(arcs) - 1) + [1])

    hubs = find_hubs(book)

    found = [(*hub.guarantors, *hub.borrowers) for hub in hubs]
    assert ["Zxyz", "bcdefE", "Aabcd", "B789", "C456", "D123"] == ["".join(hub) for hub in found]


def test_chains_stand_by_money_parties_and_smallest_id():
    """One for each cluster; the way with the smallest ids where several are as long."""
    arcs = ["N>O", "O>P", "K>L", "L>M", "G>H", "H>I", "I>J", "C>D", "D>F", "C>A", "A>F", "X>Y"]
    book = book_of(arcs, amount_fen=[5, 5] + [1] * 2 + [0] * 8)

    assert ["NOP", "KLM", "GHIJ", "CAF"] == ["".join(c.parties) for c in find_chains(book)]
    assert [10, 2, 0, 0] == [chain.guaranteed_fen for chain in find_chains(book)]


@pytest.mark.parametrize(
    ("arcs", "parties"),
    [
        (["A>B", "B>C", "C>B", "C>D"], 3),
        (["A>B", "B>C", "C>A", "C>D", "D>E"], 3),
        (["A>B", "B>A", "B>C", "C>D", "D>C", "D>E", "E>F"], 4),
        (["A>A", "A>B", "B>B", "B>C"], 3),
    ],
)
def test_a_loop_on_the_way_of_a_chain_is_one_step(arcs, parties):
    """Parties on one closed loop count as one, so a chain never returns."""
    chains = find_chains(book_of(arcs))

    assert [parties] == [len(chain.rows) + 1 for chain in chains]


def test_circles_stand_by_money_members_contracts_and_smallest_id():
    """Largest first; ties go to the smallest id."""
    arcs = ["E>F", "F>E", "C>D", "D>C", "A>B", "B>A", "G>H", "H>I", "I>G", "J>J"]
    amounts = [1, 1, 1, 1, 5, None, 0, 1, 1, 9]

    circles = find_circles(book_of(arcs, amount_fen=amounts))

    assert ["J", "AB", "GHI", "CD", "EF"] == members_of(circles)


def test_the_span_of_a_circle_is_its_distinct_known_facts():
    """Sorted, each once, unknown left out."""
    book = book_of(
        ["A>B", "B>A", "C>A"],
        facts={"branch": ["West", None, "North"], "officer": ["o2", "o1", "o3"]},
    )

    circle = find_circles(book)[0]

    assert ("West",) == tuple(circle.span("branch"))
    assert ("o1", "o2") == tuple(circle.span("officer"))
    with pytest.raises(CreditError, match="region"):
        circle.span("region")


# ---- joint groups --------------------------------------------------------------------


def test_a_joint_group_alone_closes_no_loop():
    """Three households under one agreement: a joint group and a cluster, no circle."""
    book = book_of(EACH_OTHER_ABC, agreement_id="J", contract_id="J", amount_fen=50)

    assert [] == list(find_circles(book))
    assert ["ABC"] == members_of(find_clusters(book))
    group = find_joint_groups(book)[0]
    assert ("J", tuple("ABC"), 50, 0) == (
        group.agreement_id,
        tuple(group.members),
        group.guaranteed_fen,
        group.unknown_amounts,
    )


def test_a_joint_group_and_a_contract_outside_it_can_close_a_loop():
    """A>D and D>B outside the agreement close a loop with it."""
    book = book_of([*EACH_OTHER_ABC, "A>D", "D>B"], agreement_id=["J"] * 6 + [None] * 2)

    circle = find_circles(book)[0]

    assert tuple("ABCD") == circle.members
    assert len(circle.rows) == 8
    assert {6, 7} <= set(circle.witness())
    assert len(circle.witness()) == 3


def test_a_loop_that_only_touches_a_joint_group_leaves_it_out():
    """A and D guarantee each other; the group of A, B and C stays a joint group."""
    book = book_of([*EACH_OTHER_ABC, "A>D", "D>A"], agreement_id=["J"] * 6 + [None] * 2)

    assert ["AD"] == members_of(find_circles(book))
    assert (6, 7) == tuple(find_circles(book)[0].rows)


def test_a_contract_beside_the_agreement_between_two_members_closes_a_loop():
    """A guarantees B once more outside the agreement: with the group that is a loop."""
    book = book_of([*EACH_OTHER_ABC, "A>B"], agreement_id=["J"] * 6 + [None])

    assert ["ABC"] == members_of(find_circles(book))


def test_two_joint_groups_that_share_one_member_close_no_loop():
    """Each cycle stays inside one agreement."""
    other = [arc.translate(str.maketrans("ABC", "CDE")) for arc in EACH_OTHER_ABC]
    book = book_of([*EACH_OTHER_ABC, *other], agreement_id=["J"] * 6 + ["K"] * 6)

    assert [] == list(find_circles(book))
    assert ["ABCDE"] == members_of(find_clusters(book))
    assert ["ABC", "CDE"] == sorted(members_of(find_joint_groups(book)))


def test_two_joint_groups_that_share_two_members_close_a_loop():
    """Out by one agreement and back by the other."""
    other = [arc.translate(str.maketrans("ABC", "BCD")) for arc in EACH_OTHER_ABC]
    book = book_of([*EACH_OTHER_ABC, *other], agreement_id=["J"] * 6 + ["K"] * 6)

    assert ["ABCD"] == members_of(find_circles(book))


def test_a_self_guarantee_under_an_agreement_closes_no_loop():
    """An arc of the agreement alone, as any other."""
    book = book_of(["A>A", "B>B"], agreement_id=["J", None])

    assert ["B"] == members_of(find_circles(book))


# ---- what closes no loop by default --------------------------------------------------


def test_a_counter_guarantee_is_a_layer_of_its_own():
    """Off by default, on when asked, and counted among the exclusions."""
    book = book_of(["A>B", "B>A"], layer=["guarantee", "counter"])

    assert [] == list(find_circles(book))
    assert ["AB"] == members_of(find_circles(book, counter_guarantees=True))
    assert (0,) == tuple(find_clusters(book)[0].rows)
    assert [1] in [exclusion.rows.tolist() for exclusion in book.exclusions()]


def test_a_licensed_guarantee_company_closes_no_loop_by_default():
    """The ring through it is one only when asked; the cluster always is."""
    parties = Parties.from_columns(party=["G", "A"], kind=["guarantee_company", "firm"])
    book = book_of(["A>G", "G>B", "B>A"], beside={"parties": parties})

    assert [] == list(find_circles(book))
    assert ["ABG"] == members_of(find_circles(book, guarantee_companies=True))
    assert ["ABG"] == members_of(find_clusters(book))


def test_a_loop_inside_one_merged_party_is_intra_group_support():
    """It stays reported as a raw loop, so marked, and is no loop of the merged book."""
    relations = Relations.from_columns(a=["A"], b=["B"], kind=["spouse"])
    book = book_of(["A>B", "B>A", "C>D", "D>C"])

    result = audit(book, relations=relations)

    assert ["AB", "CD"] == members_of(result.circles)
    assert [True, False] == [circle.is_intra_group for circle in result.circles]
    assert [] == list(result.hidden)
    assert ["CD"] == members_of(find_circles(book.merge(relations, kinds=("spouse",))))


# ---- hidden loops --------------------------------------------------------------------


def test_a_loop_through_a_controller_is_hidden_in_the_ledger():
    """A guarantees B; B's controller C guarantees A."""
    relations = Relations.from_columns(a=["C"], b=["B"], kind=["controller"])
    book = book_of(["A>B", "C>A"], amount_fen=[10, 20])

    circle = find_hidden_circles(book, relations)[0]

    assert [] == list(find_circles(book))
    assert (tuple("ABC"), 30) == (circle.members, circle.guaranteed_fen)
    assert (("B", "C"),) == tuple(tuple(group) for group in circle.groups if len(group) > 1)
    steps = [(step.kind, step.row, step.source, step.target) for step in circle.evidence(row=0)]
    expected = [("guarantee", 0, "A", "B"), ("relation", 0, "B", "C"), ("guarantee", 1, "C", "A")]
    assert expected == steps
    assert (0, 1) == tuple(circle.witness(row=0))
    assert (1, 0) == tuple(circle.witness(row=1))


def test_a_controller_outside_the_ledger_joins_two_parties_of_it():
    """Z controls B and C and guarantees nobody: two relation steps, no member Z."""
    relations = Relations.from_columns(a=["Z", "Z"], b=["B", "C"], kind=["control", "control"])

    circle = find_hidden_circles(book_of(["A>B", "C>A"]), relations)[0]

    assert tuple("ABC") == circle.members
    steps = [(step.kind, step.source, step.target) for step in circle.evidence(row=0)]
    assert [
        ("guarantee", "A", "B"),
        ("relation", "B", "Z"),
        ("relation", "Z", "C"),
        ("guarantee", "C", "A"),
    ] == steps


def test_only_the_kinds_asked_merge():
    """A kin relation merges by default, and not when only control is asked."""
    relations = Relations.from_columns(a=["C"], b=["B"], kind=["kin"])
    book = book_of(["A>B", "C>A"])

    assert ["ABC"] == members_of(find_hidden_circles(book, relations))
    assert [] == list(find_hidden_circles(book, relations, kinds=("control",)))


def test_a_relation_counts_from_its_first_day_to_its_last():
    """starts_on <= day <= ends_on; a book never asked a day takes every relation."""
    relations = Relations.from_columns(
        a=["C"],
        b=["B"],
        kind=["spouse"],
        starts_on=[day("2023-01-01")],
        ends_on=[day("2024-05-20")],
    )
    book = book_of(["A>B", "C>A"])

    def found(text: str) -> int:
        return len(find_hidden_circles(book.as_of(day(text)), relations))

    assert (0, 1, 1, 0) == tuple(
        found(text) for text in ("2022-12-31", "2023-01-01", "2024-05-20", "2024-05-21")
    )


def test_a_larger_hidden_loop_is_found_around_a_raw_one():
    """A and B in a raw loop, and D over C and C's kin: the merged loop is another one."""
    relations = Relations.from_columns(a=["C"], b=["D"], kind=["kin"])
    book = book_of(["A>B", "B>A", "B>C", "D>A"])

    assert ["AB"] == members_of(find_circles(book))
    assert ["ABCD"] == members_of(find_hidden_circles(book, relations))


# ---- three answers -------------------------------------------------------------------


@pytest.mark.parametrize("blank", [None, "", "   ", "\u3000"])
def test_a_blank_guarantor_leaves_the_borrower_undetermined(blank):
    """The row is no arc, is excluded with a reason, and opens the party it names."""
    book = GuaranteeBook.from_columns(guarantor=["A", blank], borrower=["B", "B"])

    assert ["AB"] == members_of(find_clusters(book))
    assert [1] in [exclusion.rows.tolist() for exclusion in book.exclusions()]
    assert check_party(book, "B").status == "undetermined"
    assert check_party(book, "A").outcome == "in_none"


@pytest.mark.parametrize(
    ("party", "status", "outcome"),
    [
        ("A", "decided", "in_loop"),
        ("C", "decided", "in_none"),
        ("D", "undetermined", None),
        ("E", "undetermined", None),
        ("F", "undetermined", None),
        ("G", "decided", "in_none"),
        ("H", "decided", "in_none"),
        ("Z", "undetermined", None),
    ],
)
def test_check_party_gives_one_of_three_answers(party, status, outcome):
    """D and F are open, so what lies between them may be closed by what nobody recorded."""
    book = book_of(
        ["A>B", "B>A", "B>C", "D>E", "E>F", "F>G", "H>D"], beside={"open_parties": ["D", "F"]}
    )

    decision = check_party(book, party)

    assert (status, outcome) == (decision.status, decision.outcome)
    if outcome == "in_loop":
        assert {0, 1} == {int(row) for row in decision.rows}


def test_a_party_of_the_parties_table_without_guarantees_is_in_none():
    """It is known, and what it gave and received is recorded: nothing."""
    parties = Parties.from_columns(party=["A", "Q"])
    book = book_of(["A>B"], beside={"parties": parties})

    assert check_party(book, "Q").outcome == "in_none"
    assert check_party(book, "R").status == "undetermined"


# ---- dirty data ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "column"),
    [
        ({"borrower": ["B", "D", "E"], "guarantor": ["A", "C", "E"]}, None),
        ({"amount_fen": [1, 1, 0]}, "amount_fen"),
        ({"amount_fen": [1, 1, None]}, "amount_fen"),
        ({"amount_fen": [1, 1, -4]}, "amount_fen"),
        (
            {
                "starts_on": [None, None, day("2024-02-01")],
                "debt_due_on": [None, None, day("2024-01-31")],
            },
            None,
        ),
        ({"guarantor": ["A", "C", None]}, "guarantor"),
        ({"borrower": ["B", "D", " "]}, "borrower"),
        ({"guarantor": ["A", "C", "E "]}, "guarantor"),
        ({"borrower": ["B", "D", "F\uff11"]}, "borrower"),
        ({"starts_on": [day("2024-01-01"), day("2024-01-01"), None]}, "starts_on"),
    ],
)
def test_what_is_wrong_with_a_row_is_found(columns, column):
    """Self, zero, unknown, negative, ends before it starts, blank, odd ids: row 2 each."""
    good: dict[str, Any] = {"guarantor": ["A", "C", "E"], "borrower": ["B", "D", "F"]}
    book = GuaranteeBook.from_columns(**{**good, "amount_fen": [1, 1, 1], **columns})

    problems = find_data_problems(book)

    found = [p for p in problems if 2 in list(p.rows) and column in (None, p.column)]
    assert found
    assert all(problem.reason.text(lang) for problem in problems for lang in ("en", "zh"))


def test_the_same_contract_on_two_loans_is_no_duplicate():
    """Found as such is the same contract on the same loan."""
    fine = book_of(
        ["A>B", "A>B"],
        contract_id=["k", "k"],
        loan_id=["L1", "L2"],
        amount_fen=9,
        form="maximum",
        starts_on=day("2024-01-01"),
        debt_due_on=day("2025-01-01"),
    )
    twice = book_of(
        ["A>B", "A>B"],
        contract_id=["k", "k"],
        loan_id=["L1", "L1"],
        amount_fen=9,
        form="maximum",
        starts_on=day("2024-01-01"),
        debt_due_on=day("2025-01-01"),
    )

    assert len(find_data_problems(fine)) + 1 == len(find_data_problems(twice))


# ---- input that cannot be used -------------------------------------------------------

GOOD: dict[str, Any] = {"guarantor": ["A", "B", "C"], "borrower": ["B", "C", "A"]}
NOON = datetime.datetime(2024, 5, 20, 12, 0, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("columns", "column", "count", "first_row"),
    [
        ({"amount_fen": [1, 2.5, 3]}, "amount_fen", 1, 1),
        ({"amount_fen": [1, "2", "3"]}, "amount_fen", 2, 1),
        ({"amount_fen": [1, 2, True]}, "amount_fen", 1, 2),
        ({"guarantor": ["A", 2, "C"]}, "guarantor", 1, 1),
        ({"guarantor": ["A", "B", 2.5]}, "guarantor", 1, 2),
        ({"facts": {"currency": ["CNY", "USD", "USD"]}}, "currency", 2, 1),
        ({"starts_on": [None, None, NOON]}, "starts_on", 1, 2),
        ({"debt_due_on": ["2024-05-20", None, None]}, "debt_due_on", 1, 0),
        ({"form": ["specific", "blanket", "blanket"]}, "form", 2, 1),
        ({"liability": ["joint", None, "several"]}, "liability", 1, 2),
        ({"layer": ["counter", "front", None]}, "layer", 1, 1),
        ({"guarantee_months": [6, 1.5, None]}, "guarantee_months", 1, 1),
        ({"contract_id": ["k", 1, 2]}, "contract_id", 2, 1),
    ],
)
def test_an_unusable_cell_is_named_by_column_count_and_first_row(
    columns, column, count, first_row
):
    """The error says which column, how many rows and the first; the parts are attributes."""
    with pytest.raises(InputError, match=column) as caught:
        GuaranteeBook.from_columns(**{**GOOD, **columns})

    error = caught.value
    assert (column, count, first_row) == (error.column, error.count, error.first_row)
    assert str(first_row) in str(error)


@pytest.mark.parametrize(
    ("columns", "column"),
    [
        ({"borrower": ["B", "C"]}, "borrower"),
        ({"amount_fen": [1, 2, 3, 4]}, "amount_fen"),
        ({"facts": {"branch": ["West"]}}, "branch"),
        ({"borrower": [1, 2, 3]}, "borrower"),
        ({"amount_fen": np.array([1.0, 2.5, 3.0])}, "amount_fen"),
        ({"amount_fen": np.ones((3, 2), dtype=np.int64)}, "amount_fen"),
        ({"guarantor": np.array([1.5, 2.5, 3.5])}, "guarantor"),
        ({"starts_on": np.array(["2024-05-20T12:00"] * 3, dtype="datetime64[m]")}, "starts_on"),
    ],
)
def test_an_unusable_column_is_named(columns, column):
    """Another length, another kind, another unit: the column is named."""
    with pytest.raises(InputError, match=column) as caught:
        GuaranteeBook.from_columns(**{**GOOD, **columns})

    assert column == caught.value.column


@pytest.mark.parametrize("currency", ["CNY", "RMB", "人民币", None])
def test_a_currency_that_is_the_yuan_is_no_error(currency):
    """One currency: the names of the yuan pass, unknown too."""
    book = GuaranteeBook.from_columns(**GOOD, facts={"currency": [currency] * 3})

    assert len(find_circles(book)) == 1


def test_a_sum_that_does_not_fit_is_an_error_and_never_wraps():
    """Three contracts of 2**62 fen do not fit in 64 bits."""
    book = book_of(["A>B", "B>C", "C>A"], amount_fen=2**62)

    with pytest.raises(CreditError, match="fen"):
        _ = find_circles(book).guaranteed_fen


def test_a_day_asked_must_be_a_day():
    """A datetime or a text is refused with a hint."""
    book = book_of(["A>B"])

    for asked in (NOON, "2024-05-20", 20240520):
        with pytest.raises(CreditError, match="date"):
            book.as_of(asked)


@pytest.mark.parametrize(
    ("make", "columns", "column"),
    [
        (Relations.from_columns, {"a": ["A"], "b": ["B"], "kind": ["friend"]}, "kind"),
        (Relations.from_columns, {"a": ["A"], "b": ["B", "C"], "kind": ["kin"]}, "b"),
        (Parties.from_columns, {"party": ["A"], "kind": ["robot"]}, "kind"),
        (Parties.from_columns, {"party": ["A", "A"]}, "party"),
        (Parties.from_columns, {"party": ["A"], "net_assets_fen": [0.5]}, "net_assets_fen"),
        (
            Loans.from_columns,
            {"loan_id": ["L", "L"], "borrower": ["A", "A"], "balance_fen": [1, 2]},
            "loan_id",
        ),
        (
            Loans.from_columns,
            {"loan_id": ["L"], "borrower": ["A"], "balance_fen": [1.5]},
            "balance_fen",
        ),
    ],
)
def test_the_tables_beside_the_book_name_their_unusable_columns(make, columns, column):
    """Unknown words, lengths, repeated keys and float money of the other tables."""
    with pytest.raises(InputError, match=column) as caught:
        make(**columns)

    assert column == caught.value.column
