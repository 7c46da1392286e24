"""Edges of the room ``guarantees``: empty, absent, refused, or at the end of the calendar."""

import datetime

import networkx as nx
import pytest

from ruralcredit.errors import CreditError, InputError
from ruralcredit.guarantees import (
    GuaranteeBook,
    JointGroups,
    Ledger,
    Loans,
    Parties,
    Relations,
    audit,
    check_party,
    cycles,
    find_chains,
    find_circles,
    find_clusters,
    find_data_problems,
    find_hidden_circles,
    find_hubs,
    find_joint_groups,
    find_lapsing,
    undetermined_parties,
)

DAY = datetime.date(2024, 6, 30)
EARLIER, LATER = datetime.date(2024, 6, 29), datetime.date(2024, 7, 1)
LAST_OF_ALL = datetime.date(9999, 12, 31)
NO_RELATIONS = Relations.from_columns(a=[], b=[], kind=[])


def mutual(**columns):
    """Two parties that guarantee each other, with further columns or tables."""
    return GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "a"], **columns)


def codes(book):
    """Codes of what is wrong with a book's data, each with its rows."""
    return {found.reason.code: found.rows.tolist() for found in find_data_problems(book)}


# ---- nothing there -------------------------------------------------------------------


@pytest.mark.parametrize(
    "book",
    [
        GuaranteeBook.from_columns(guarantor=[], borrower=[]),
        GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"], settled_on=[EARLIER]),
        GuaranteeBook.from_columns(guarantor=[None, ""], borrower=[None, " "]),
        GuaranteeBook.from_networkx(nx.DiGraph()),
    ],
    ids=["no row", "none that counts", "none with a party", "an empty graph"],
)
def test_a_book_without_a_guarantee_has_nothing_in_it(book):
    """Every answer is empty, with a day and relations and without."""
    for asked in (book, book.as_of(DAY)):
        found = audit(asked, relations=NO_RELATIONS)

        assert [0, 0, 0] == [len(found.clusters), len(found.circles), len(found.hidden)]
        assert ((), (), (), ()) == (found.chains, found.hubs, found.lapsing, found.mutual_pairs)
        assert [-1] == found.circles.label_of(["a"]).tolist()
        assert 0 == asked.to_networkx().number_of_edges()


def test_a_book_without_parties_still_names_the_open_ones():
    """An open party is undetermined though no row names it; any other is unknown."""
    book = GuaranteeBook.from_columns(guarantor=[], borrower=[], open_parties=["a"])

    assert ("a",) == audit(book).undetermined
    assert ("a",) == check_party(book, "a").ask
    assert ("z",) == check_party(book, "z").ask


def test_without_a_loans_table_loans_are_unknown_and_not_zero():
    """Neither the loans nor what is overdue nor the cover is known."""
    circle = find_circles(mutual(amount_fen=[50, 50]))[0]

    assert (None, None, None) == (circle.loans_fen, circle.overdue_fen, circle.covered_fen)


def test_loans_without_days_overdue_leave_the_overdue_part_unknown():
    """The balance is known all the same, and rows that name no loan cover any of the borrower."""
    loans = Loans.from_columns(loan_id=["L1", "L2"], borrower=["a", "a"], balance_fen=[70, 5])
    circle = find_circles(mutual(amount_fen=[50, 60], loans=loans))[0]

    assert (75, None, 60) == (circle.loans_fen, circle.overdue_fen, circle.covered_fen)


def test_an_empty_loans_table_says_that_nothing_is_owed():
    """Zero, not unknown: the table is there and names no loan of the members."""
    loans = Loans.from_columns(loan_id=[], borrower=[], balance_fen=[], overdue_days=[])
    circle = find_circles(mutual(loan_id=["L1", "L2"], amount_fen=[1, 2], loans=loans))[0]

    assert (0, 0, 0) == (circle.loans_fen, circle.overdue_fen, circle.covered_fen)


def test_lapsing_needs_due_days_and_takes_the_amount_where_no_loan_is_named():
    """Without due days nothing lapses; without a loan the contract's amount is at stake."""
    loans = Loans.from_columns(loan_id=["L1"], borrower=["b"], balance_fen=[1])
    beside = {"amount_fen": [50, 60], "loan_id": [None, None], "loans": loans}
    dated = mutual(debt_due_on=[EARLIER, None], **beside).as_of(DAY)

    assert () == find_lapsing(mutual(**beside).as_of(DAY), within_days=400)
    assert [(0, 50)] == [
        (found.row, found.at_stake_fen) for found in find_lapsing(dated, within_days=400)
    ]


def test_a_contract_without_a_form_is_under_no_ceiling():
    """Only a maximum-amount contract can hold more loans than it allows."""
    loans = Loans.from_columns(loan_id=["L1", "L2"], borrower=["b", "b"], balance_fen=[60, 60])
    columns = {
        "guarantor": ["a", "a"],
        "borrower": ["b", "b"],
        "amount_fen": [100, 100],
        "contract_id": ["K", "K"],
        "loan_id": ["L1", "L2"],
        "loans": loans,
    }
    plain = GuaranteeBook.from_columns(**columns)
    ceiling = GuaranteeBook.from_columns(**columns, form=["maximum", "maximum"])

    assert "GUA-117" not in codes(plain)
    assert [0, 1] == codes(ceiling)["GUA-117"]


# ---- a loan that is repaid while its guarantee counts --------------------------------


@pytest.mark.parametrize(
    ("balance", "columns", "rows"),
    [
        (0, {}, [0]),
        (0, {"form": ["specific"]}, [0]),
        (0, {"form": [None]}, [0]),
        (0, {"form": ["maximum"]}, None),
        (1, {}, None),
        (None, {}, None),
        (0, {"settled_on": [LATER]}, None),
        (0, {"settled_on": [None]}, [0]),
        (0, {"released_on": [DAY]}, None),
        (0, {"released_on": [LATER]}, [0]),
        (0, {"starts_on": [LATER]}, None),
        (0, {"loan_id": ["another"]}, None),
    ],
)
def test_a_repaid_loan_whose_guarantee_counts_is_found(balance, columns, rows):
    """Balance zero, no settlement recorded, still counted; a ceiling may be drawn again."""
    loans = Loans.from_columns(loan_id=["L"], borrower=["b"], balance_fen=[balance])
    given = {"guarantor": ["a"], "borrower": ["b"], "loan_id": ["L"], "loans": loans}
    book = GuaranteeBook.from_columns(**{**given, **columns}).as_of(DAY)

    assert rows == codes(book).get("GUA-124")


# ---- the end of the calendar ---------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "months", "ends"),
    [
        (datetime.date(9899, 12, 30), 1_200, LAST_OF_ALL),
        (datetime.date(9899, 12, 30), None, datetime.date(9900, 7, 1)),
        (datetime.date(9899, 12, 31), 1, None),
        (LAST_OF_ALL, None, None),
        (LAST_OF_ALL, 1_200, None),
    ],
)
def test_a_due_day_at_the_end_of_the_calendar_is_none(due, months, ends):
    """Systems write 9999-12-31 where there is no due day: open-ended, and said to be."""
    book = mutual(debt_due_on=[due, due], guarantee_months=[months, months]).as_of(DAY)

    assert ends == find_circles(book)[0].ends_on
    assert ([0, 1] if ends is None else None) == codes(book).get("GUA-042")


def test_a_due_day_at_the_end_of_the_calendar_assumes_no_six_months():
    """Where no period ends, none is assumed; the other row's is."""
    book = mutual(debt_due_on=[LAST_OF_ALL, DAY], guarantee_months=[None, None])

    assert [1] == codes(book)["GUA-040"]


def test_a_guarantee_period_that_no_calendar_holds_is_refused():
    """A hundred years and no more; the message names the first row."""
    with pytest.raises(
        InputError, match=r"at most 1200, 1 rows are not, .* row 1 \(1201\)"
    ) as info:
        mutual(guarantee_months=[1_200, 1_201])

    assert ("guarantee_months", 1, 1) == (
        info.value.column,
        info.value.count,
        info.value.first_row,
    )


# ---- what is refused -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: cycles(find_circles(mutual())[0], max_length=0, max_count=1), "max_length must"),
        (lambda: cycles(find_circles(mutual())[0], max_length=1, max_count=0), "max_count must"),
        (
            lambda: cycles(find_circles(mutual())[0], max_length=1, max_count=1, budget=0),
            "budget must be at least 1, got 0",
        ),
        (lambda: find_hubs(mutual(), degree=1), "degree must be at least 2, got 1"),
        (lambda: find_lapsing(mutual(), within_days=1), "ask book.as_of.day. first"),
        (lambda: find_lapsing(mutual().as_of(DAY), within_days=-1), "0 or more, got -1"),
        (lambda: find_circles(mutual())[0].witness(7), "row 7 is not inside this circle"),
        (lambda: mutual().merge(NO_RELATIONS, kinds="kin"), "must be some of .*, got 'kin'"),
        (lambda: mutual().merge(NO_RELATIONS, kinds=["kin", "aunt"]), "got 'aunt'"),
        (lambda: find_hidden_circles(mutual(), NO_RELATIONS, kinds=["aunt"]), "got 'aunt'"),
        (lambda: GuaranteeBook.from_networkx(nx.Graph([(1, 2)])), "graph must be directed"),
        (
            lambda: GuaranteeBook.from_networkx(nx.DiGraph([(1, 2)]), guarantor="from"),
            "guarantor is no column of a ledger: name some of amount_fen, contract_id",
        ),
    ],
)
def test_a_question_that_cannot_be_meant_is_refused(ask, message):
    """The message says what must hold and what came."""
    with pytest.raises(CreditError, match=message):
        ask()


@pytest.mark.parametrize(
    ("make", "column", "message"),
    [
        (
            lambda: mutual(open_parties=["a", 7, True]),
            "open_parties",
            "must hold ids of kind str like the ledger, got 7",
        ),
        (
            lambda: GuaranteeBook.from_columns(guarantor=[1], borrower=[2], open_parties=[True]),
            "open_parties",
            "must hold ids of kind int like the ledger, got True",
        ),
        (lambda: mutual(facts=["north", "south"]), "facts", "columns by name, got list"),
        (
            lambda: Parties.from_columns(party=["a", None, ""]),
            "party",
            "party must be known in every row, 2 are blank, the first at row 1",
        ),
        (
            lambda: Loans.from_columns(loan_id=["L"], borrower=["a"], balance_fen=None),
            "balance_fen",
            "loans must bring balance_fen",
        ),
        (
            lambda: Loans.from_columns(
                loan_id=["L", "M"], borrower=["a", "a"], balance_fen=[1, -1]
            ),
            "balance_fen",
            "balance_fen has 1 negative rows, the first at row 1 .-1.",
        ),
        (
            lambda: find_joint_groups(
                mutual(), JointGroups.from_columns(agreement_id=["J"], party=[7])
            ),
            "party",
            "party must hold ids of kind str like the ledger, got int",
        ),
    ],
)
def test_what_cannot_be_a_column_is_refused_by_name(make, column, message):
    """The error names the column and the first bad row."""
    with pytest.raises(InputError, match=message) as info:
        make()

    assert column == info.value.column


# ---- facts and graphs ----------------------------------------------------------------


def test_a_span_reads_the_ledger_first_and_the_party_table_after_it():
    """Facts of rows, facts of members, their regions; parties outside do not count."""
    parties = Parties.from_columns(
        party=["a", "b", "z"],
        region=["north", None, "south"],
        facts={"trade": ["pigs", "tea", "silk"], "branch": ["x", "x", "x"]},
    )
    book = mutual(parties=parties, facts={"branch": ["east", None]})
    circle, cluster = find_circles(book)[0], find_clusters(book)[0]

    assert ("east",) == circle.span("branch")
    assert ("pigs", "tea") == circle.span("trade") == cluster.span("trade")
    assert ("north",) == circle.span("region")


@pytest.mark.parametrize(
    ("beside", "fact", "message"),
    [
        ({}, "branch", "no fact 'branch' in this book: it has none"),
        ({"facts": {"branch": ["x", "y"]}}, "officer", "it has branch$"),
        (
            {"parties": Parties.from_columns(party=["a"], region=["r"], facts={"trade": ["t"]})},
            "officer",
            "it has trade, region$",
        ),
        ({"parties": Parties.from_columns(party=["a"])}, "region", "it has none$"),
    ],
)
def test_a_fact_that_the_book_does_not_have_is_refused(beside, fact, message):
    """The message names the facts that it has."""
    circle = find_circles(mutual(**beside))[0]

    with pytest.raises(CreditError, match=message):
        circle.span(fact)


def test_a_graph_brings_its_edges_with_facts_of_ids_and_drops_the_rest():
    """Attributes named like columns are columns, words and whole numbers are facts."""
    graph = nx.MultiDiGraph()
    graph.add_edge("a", "b", weight=500, branch="east", officer=7, rate=0.5, mixed="x")
    graph.add_edge("b", "a", weight=None, due=DAY, mixed=1)
    book = GuaranteeBook.from_networkx(graph, amount_fen="weight", debt_due_on="due")
    circle = find_circles(book)[0]

    assert (500, 1) == (circle.guaranteed_fen, circle.unknown_amounts)
    assert (("east",), (7,)) == (circle.span("branch"), circle.span("officer"))
    assert {"branch", "officer"} == set(book.ledger.facts)
    assert [None, DAY] == book.ledger.to_columns()["debt_due_on"].tolist()


def test_a_circle_as_a_graph_keeps_row_numbers_and_known_cells():
    """Parallel contracts stay apart, and an unknown cell is no attribute."""
    book = GuaranteeBook.from_columns(
        guarantor=["x", "a", "b", "a"],
        borrower=["a", "b", "a", "b"],
        amount_fen=[1, 2, None, 4],
        facts={"branch": ["e", "f", "g", None]},
    )
    graph = find_circles(book)[0].to_networkx()

    assert [
        ("a", "b", 1, {"amount_fen": 2, "branch": "f"}),
        ("a", "b", 3, {"amount_fen": 4}),
        ("b", "a", 2, {"branch": "g"}),
    ] == sorted(graph.edges(keys=True, data=True), key=lambda edge: edge[:3])


# ---- values --------------------------------------------------------------------------


def test_views_are_equal_by_content_and_never_to_another_kind():
    """The same circle of two books is one; a circle is no cluster and no number."""
    circle, again = (find_circles(mutual(amount_fen=[n, 1]))[0] for n in (1, 2))
    cluster = find_clusters(mutual())[0]

    assert {circle} == {again}
    assert {cluster} == {find_clusters(mutual())[0]}
    assert circle != cluster
    assert circle != 1
    assert (circle.members, circle.rows) == (cluster.members, cluster.rows)


def test_sequences_are_indexed_and_sliced_like_tuples():
    """From both ends, and beyond them an IndexError."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "b", "c", "d"], borrower=["b", "a", "d", "c"], amount_fen=[1, 1, 2, 2]
    )
    for found in (find_circles(book), find_clusters(book)):
        first, last = found

        assert (first, last) == (found[0], found[-1])
        assert (last, first) == found[::-1]
        assert (last,) == found[1:9]
        with pytest.raises(IndexError):
            found[2]


def test_what_is_shown_of_a_value_names_no_party():
    """Rows, columns, day, merging and counts; never an id."""
    party = "910000000000000000"
    columns = {"guarantor": [party], "borrower": [party]}
    relations = Relations.from_columns(a=[party], b=["x"], kind=["kin"])
    book = GuaranteeBook.from_columns(**columns)
    found = audit(book, relations=relations)
    shown = [
        (book, "GuaranteeBook(1 rows, no day asked)"),
        (
            book.as_of(DAY).merge(relations, kinds=("kin", "group")),
            "GuaranteeBook(1 rows, as of 2024-06-30, merged by kin, group)",
        ),
        (book.ledger, "Ledger(1 rows: guarantor, borrower)"),
        (Parties.from_columns(party=[party]), "Parties(1 rows: party)"),
        (relations, "Relations(1 rows: a, b, kind)"),
        (found, "Audit(1 clusters, 1 closed loops)"),
        (found.circles, "Circles(1)"),
        (found.clusters[0], f"Cluster({found.clusters[0].id}: 1 members, 1 contracts)"),
    ]

    assert [text for _value, text in shown] == [repr(value) for value, _text in shown]


def test_a_table_differs_from_one_that_brings_a_column_more():
    """An absent column is not a column of unknowns; equal days are equal, NaT too."""
    bare = {"loan_id": ["L"], "borrower": ["a"], "balance_fen": [1]}
    dated = Loans.from_columns(**bare, due_on=[None])

    assert Loans.from_columns(**bare) == Loans.from_columns(**bare)
    assert dated == Loans.from_columns(**bare, due_on=[None])
    assert dated != Loans.from_columns(**bare)
    assert dated != Loans.from_columns(**bare, due_on=[DAY])


def test_a_ledger_is_hashed_by_what_it_says_and_not_by_how_it_was_brought():
    """The digest changes with a cell, not with the type of the column."""
    digest = mutual(amount_fen=[1, 2]).digest

    assert digest == mutual(amount_fen=(1, 2)).digest
    assert digest != mutual(amount_fen=[1, 3]).digest
    assert digest == Ledger.from_columns(**mutual(amount_fen=[1, 2]).to_columns()).digest


# ---- parties, groups, relations ------------------------------------------------------


def test_a_joint_group_has_the_members_of_the_day():
    """Joined on the day is in, leaving on the day is still in; a blank line adds nobody."""
    table = JointGroups.from_columns(
        agreement_id=["J", "J", "J", "J", "K", None, "J"],
        party=["a", "b", "c", "d", "e", "f", None],
        starts_on=[None, DAY, LATER, None, None, None, None],
        ends_on=[DAY, None, None, EARLIER, EARLIER, None, None],
    )

    assert [("J", ("a", "b"))] == [
        (group.agreement_id, group.members)
        for group in find_joint_groups(mutual().as_of(DAY), table)
    ]
    assert ("a", "b", "c", "d") == find_joint_groups(mutual(), table)[0].members


def test_a_party_that_only_a_joint_group_leads_back_to_is_told_so():
    """In none, with the agreement; whoever is listed without a guarantee is in none, too."""
    parties = Parties.from_columns(party=["a", "b", "q"])
    book = mutual(agreement_id=["J", "J"], parties=parties)
    joint, alone = check_party(book, "a"), check_party(book, "q")

    assert ("in_none", "in_none") == (joint.outcome, alone.outcome)
    assert ["GUA-002", "GUA-005"] == [reason.code for reason in joint.reasons]
    assert "J" in joint.reasons[1].text("en")
    assert ["GUA-002"] == [reason.code for reason in alone.reasons]


def test_open_parties_are_undetermined_unless_a_loop_is_known():
    """On a loop: decided.  Named by no row, as those of unreadable rows: undetermined."""
    book = mutual(open_parties=["a", "q", "p"])

    assert ("p", "q") == undetermined_parties(book, find_circles(book))
    assert ["in_loop", None, None] == [check_party(book, party).outcome for party in "apq"]


def test_two_merges_keep_the_relations_of_both_and_their_row_numbers():
    """The second table's rows follow the first one's; kinds not asked are not carried over."""
    chain = GuaranteeBook.from_columns(guarantor=["a", "d"], borrower=["b", "e"])
    first = Relations.from_columns(a=["b", "b"], b=["d", "x"], kind=["control", "kin"])
    second = Relations.from_columns(a=["e"], b=["a"], kind=["spouse"], ends_on=[DAY])
    merged = chain.merge(first, kinds=("control",)).merge(second, kinds=("spouse",))
    circle = find_circles(merged)[0]

    assert (("a", "e"), ("b", "d")) == merged.merged_parties()
    assert [("guarantee", 0), ("relation", 0), ("guarantee", 1), ("relation", 1)] == [
        (step.kind, step.row) for step in circle.evidence()
    ]
    assert () == tuple(find_circles(merged.as_of(LATER)))


def test_a_relation_with_a_blank_party_or_kind_relates_nobody():
    """What a row does not say is unknown, and no guess is made."""
    relations = Relations.from_columns(
        a=["a", None, "a"], b=[None, "b", "b"], kind=["kin", "kin", None]
    )

    assert () == mutual().merge(relations).merged_parties()


def test_a_shorter_chain_than_asked_is_not_named():
    """Three parties by default; two when asked; no party twice, so a loop is no chain."""
    book = GuaranteeBook.from_columns(guarantor=["a", "b", "x"], borrower=["b", "c", "y"])

    assert [("a", "b", "c")] == [chain.parties for chain in find_chains(book)]
    assert {("a", "b", "c"), ("x", "y")} == {
        chain.parties for chain in find_chains(book, min_parties=2)
    }
    assert () == find_chains(mutual(), min_parties=2)


def test_a_merged_party_is_open_where_one_of_it_is_open():
    """A controller outside the ledger with unknown guarantees leaves its firm open too."""
    book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"], open_parties=["p"])
    owner = Relations.from_columns(a=["p"], b=["a"], kind=["controller"])
    merged = book.merge(owner)

    assert ["decided", "undetermined"] == [check_party(one, "a").status for one in (book, merged)]
    assert "undetermined" == check_party(merged, "p").status


def test_a_party_outside_the_ledger_is_on_the_loop_of_its_group():
    """The owner of a firm on a loop is on it once merged, and unknown before."""
    book = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "a"])
    owner = Relations.from_columns(a=["p", "q"], b=["a", "r"], kind=["controller", "kin"])
    merged = book.merge(owner)

    assert ["undetermined", "decided"] == [check_party(one, "p").status for one in (book, merged)]
    assert "in_loop" == check_party(merged, "p").outcome
    assert "undetermined" == check_party(merged, "q").status


def test_row_labels_say_for_every_row_of_the_ledger_where_it_belongs():
    """Rows inside a loop carry its position, others -1; clusters hold every row with parties."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "b", "c", "x", ""],
        borrower=["b", "a", "a", "y", "z"],
        amount_fen=[1, 2, 3, 9, 9],
    )

    assert [0, 0, -1, -1, -1] == find_circles(book).row_labels.tolist()
    assert [1, 1, 1, 0, -1] == find_clusters(book).row_labels.tolist()
    assert not find_circles(book).row_labels.flags.writeable
