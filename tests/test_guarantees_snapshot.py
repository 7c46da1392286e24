"""Laws of `Snapshot`: whatever came and went, it answers like a book built anew."""

import itertools
import pickle
import random
import re
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
from drawn_books import asked_of, call, on_day, picked, relations_of
from ruralcredit.errors import CreditError, InputError
from ruralcredit.guarantees import GuaranteeBook, Parties, Relations, find_circles
from ruralcredit.guarantees._reach import Reach, ranked, strong_parts
from ruralcredit.guarantees._snapshot import Snapshot
from ruralcredit.testing import ledger_columns, party_columns, relation_columns

# ---- equal to a book built anew ------------------------------------------------------


class Bank:
    """A book as its columns, the day's changes kept as rows: built anew for every question."""

    def __init__(self, columns, day, parties, relations):
        self.columns = columns
        self.day = day
        self.parties = parties
        self.relations = relations
        self.names = [
            number if contract is None else contract
            for number, contract in enumerate(columns["contract_id"])
        ]
        self.kept = list(range(len(self.names)))
        self.added = []

    def book(self, proposal=()):
        """The book of what stands, the proposal as its last row."""
        columns = picked(self.columns, self.kept)
        more = [(guarantor, borrower) for guarantor, borrower, _name in self.added] + [*proposal]
        for guarantor, borrower in more:
            row = {"guarantor": guarantor, "borrower": borrower}
            columns = {name: [*cells, row.get(name)] for name, cells in columns.items()}
        made = call(GuaranteeBook.from_columns, columns, parties=self.parties)
        made = on_day(made, *self.day)
        return made if self.relations is None else made.merge(self.relations)

    def would_close(self, guarantor, borrower):
        """Whether the proposal's row lies on a loop."""
        if guarantor == borrower:
            return True
        found = find_circles(self.book([(guarantor, borrower)]))
        return bool(found.row_labels[-1] >= 0)

    def contracts(self):
        """The contracts that may be released."""
        return {self.names[row] for row in self.kept} | {name for *_ends, name in self.added}

    def release(self, contract):
        """Drop the contract's rows."""
        self.kept = [row for row in self.kept if self.names[row] != contract]
        self.added = [row for row in self.added if row[2] != contract]


@st.composite
def banks(draw):
    """Draw a book with or without companies, relations and a day, and parties to ask about."""
    kind = draw(st.sampled_from(("str", "int")))
    columns = draw(ledger_columns(max_parties=6, max_deals=7, kind=kind, blanks=True))
    table = draw(st.none() | party_columns(max_parties=6, kind=kind))
    links = draw(st.none() | relation_columns(max_parties=8, max_size=3, kind=kind))
    bank = Bank(
        columns,
        draw(asked_of(columns)),
        None if table is None else call(Parties.from_columns, table),
        None if links is None else relations_of(links),
    )
    own = {
        party
        for side in ("guarantor", "borrower")
        for party in columns[side]
        if not oracle.is_blank(party)
    }
    more = {"P006", "P007", "P990"} if kind == "str" else {6, 7, 990}
    return bank, sorted(own | more)


def changes(parties, contracts):
    """Draw an addition, or a release of some contract, there or not."""
    party = st.sampled_from(parties)
    return st.tuples(party, party, contracts) | st.tuples(contracts)


@given(banks(), st.data())
def test_any_sequence_of_additions_and_releases_answers_like_a_book_built_anew(case, data):
    """One by one, as columns and as codes, for every pair after the last change."""
    bank, parties = case
    snapshot = Snapshot(bank.book())
    pairs = list(itertools.product(parties, repeat=2))
    givers, takers = ([*side] for side in zip(*pairs, strict=True))
    early = snapshot.codes(givers), snapshot.codes(takers)
    is_text = isinstance(parties[0], str)
    new = ["C700", "C701", "C702"] if is_text else [700, 701, 702]
    names = st.sampled_from([*dict.fromkeys(bank.names), *new])

    for change in data.draw(st.lists(changes(parties, names), max_size=8)):
        if len(change) == 1:
            if change[0] in bank.contracts():
                snapshot.release(change[0])
            else:
                with pytest.raises(CreditError, match="must name a contract in this snapshot"):
                    snapshot.release(change[0])
            bank.release(change[0])
        elif is_text and isinstance(change[2], int) and any(bank.columns["contract_id"]):
            with pytest.raises(InputError, match="contract_id must be of kind str"):
                snapshot.add(guarantor=change[0], borrower=change[1], contract_id=change[2])
        else:
            snapshot.add(guarantor=change[0], borrower=change[1], contract_id=change[2])
            bank.added.append(change)
        one = data.draw(st.sampled_from(pairs))

        assert bank.would_close(*one) == snapshot.would_close(*one)

    expected = [bank.would_close(*pair) for pair in pairs]
    assert expected == [snapshot.would_close(*pair) for pair in pairs]
    assert expected == snapshot.would_close_columns(givers, np.array(takers)).tolist()
    assert expected == snapshot.would_close_columns(*early).tolist()
    now = snapshot.codes(givers), snapshot.codes(takers)
    assert expected == snapshot.would_close_columns(*now).tolist()
    assert expected == snapshot.would_close_columns(early[0], now[1]).tolist()


@pytest.mark.parametrize("density", [0.6, 1.0, 1.5, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_labels_follow_hundreds_of_arcs_that_come_and_go(density, seed):
    """Every arc leads to no higher rank, and searches find what networkx finds."""
    draw = random.Random(seed)  # noqa: S311  # arcs, no secrets
    count = 40
    arcs = [tuple(draw.sample(range(count), 2)) for _ in range(int(density * count))]
    graph = nx.MultiDiGraph(arcs)
    graph.add_nodes_from(range(count))
    reach = Reach(*np.array(arcs).T, count)

    for change in range(400):
        if change % 97 == 96:
            graph.add_node(reach.add_node())
        if arcs and draw.random() < 0.5 * len(arcs) / (density * count):
            arc = arcs.pop(draw.randrange(len(arcs)))
            graph.remove_edge(*arc)
            reach.release(*arc)
        else:
            arcs.append(tuple(draw.sample(range(len(graph)), 2)))
            graph.add_edge(*arcs[-1])
            reach.add(*arcs[-1])
        if change % 50 == 49:
            check(reach, graph)
        if change == 300:
            reach._most = 0
            reach.add(*arcs[0])
            reach.release(*arcs[0])
    check(reach, graph)


def check(reach, graph):
    """Compare heads, ranks and all answers with networkx."""
    table = np.array(reach._table).reshape(-1, 8)
    heads, ranks = table[:, 0] >> 3, table[table[:, 0] >> 3, 1]
    parts = {frozenset(np.flatnonzero(heads == head).tolist()) for head in set(heads.tolist())}
    assert {frozenset(part) for part in nx.strongly_connected_components(graph)} == parts
    assert all(ranks[one] >= ranks[other] for one, other in graph.edges())
    pairs = np.array(list(itertools.product(graph, repeat=2)))
    after = {node: {node} | nx.descendants(graph, node) for node in graph}
    expected = [goal in after[start] for start, goal in pairs.tolist()]
    assert expected == [reach.reaches(*pair) for pair in pairs.tolist()]
    assert expected == reach.reaches_columns(*pairs.T).tolist()


# ---- shapes that hurt ----------------------------------------------------------------


def ring(count):
    """A ring of so many parties."""
    return {"guarantor": list(range(count)), "borrower": [*range(1, count), 0]}


def test_a_large_ring_falls_apart_and_closes_again():
    """Ten thousand parties in one loop: one contract less leaves a chain."""
    snapshot = Snapshot(GuaranteeBook.from_columns(**ring(10_000)))
    before = snapshot.would_close(0, 5_000), snapshot.would_close(5_000, 0)

    snapshot.release(9_999)
    after = snapshot.would_close(0, 5_000), snapshot.would_close(5_000, 0)
    snapshot.add(guarantor=9_999, borrower=0, contract_id=1)

    assert (True, True) == before
    assert (False, True) == after
    assert snapshot.would_close(0, 5_000)


def test_a_loop_of_thousands_beside_others_falls_apart_part_by_part():
    """A ring of 3,000 parties in a book of 30,000 is labelled by itself, in order."""
    rows = ring(3_000)
    more = range(3_000, 30_000)
    book = GuaranteeBook.from_columns(
        guarantor=rows["guarantor"] + [*more], borrower=rows["borrower"] + [*range(27_000)]
    )
    snapshot = Snapshot(book)

    snapshot.release(1_500)

    asked = [(2_000, 1_000), (1_000, 2_000), (1_500, 1_501), (1_501, 1_500), (0, 29_999)]
    assert [False, True, True, False, True] == [snapshot.would_close(*pair) for pair in asked]


def test_a_way_longer_than_the_steps_of_a_batch_is_found_one_by_one():
    """Both ends of a chain of 2,000, asked among others."""
    book = GuaranteeBook.from_columns(guarantor=range(2_000), borrower=range(1, 2_001))
    snapshot = Snapshot(book)

    found = snapshot.would_close_columns([2_000, 0, 7, 1_999], [0, 2_000, 7, 3])

    assert [True, False, True, True] == found.tolist()


def test_many_proposals_are_asked_in_blocks():
    """Forty thousand proposals on a chain: those that lead back close."""
    book = GuaranteeBook.from_columns(guarantor=range(200), borrower=range(1, 201))
    pairs = np.array(list(itertools.product(range(200), repeat=2)))

    found = Snapshot(book).would_close_columns(pairs[:, 0], pairs[:, 1])

    assert (pairs[:, 0] >= pairs[:, 1]).tolist() == found.tolist()


def test_labels_in_no_order_are_numbered_anew():
    """SciPy's order is not promised: with another, ranks are our own."""
    source, target = np.array([0, 1, 2, 3]), np.array([1, 2, 1, 0])
    wrong = np.array([1, 2, 2, 0], np.int32)

    labels = ranked(wrong, source, target)

    assert (labels[source] >= labels[target]).all()
    assert [1, 0, 0, 2] == labels.tolist()
    assert labels is ranked(labels, source, target)


def test_strong_parts_need_no_stack():
    """A ring of 50,000 after a chain of 50,000: two hundred thousand frames would not fit."""
    after = [*range(1, 100_000), 50_000]

    parts = strong_parts(range(100_000), lambda node: [after[node]])

    assert [50_000, *[1] * 50_000] == [len(part) for part in parts]


# ---- what is said of one book --------------------------------------------------------


def small(**columns):
    """A chain a -> b -> c of two contracts, with further columns."""
    given = {"guarantor": ["a", "b"], "borrower": ["b", "c"], "contract_id": ["K1", "K2"]}
    return GuaranteeBook.from_columns(**{**given, **columns})


@pytest.mark.parametrize(
    ("guarantor", "borrower", "closes"),
    [
        ("c", "a", True),
        ("b", "a", True),
        ("a", "c", False),
        ("c", "c", True),
        ("x", "x", True),
        ("x", "a", False),
        ("a", "x", False),
        ("x", "y", False),
        (None, "a", False),
        (None, None, False),
        ("", "", False),
        (" ", " ", False),
        (np.str_("c"), "a", True),
    ],
)
def test_a_proposal_closes_a_loop_or_not(guarantor, borrower, closes):
    """The borrower stands in for the guarantor already, or they are one."""
    snapshot = Snapshot(small())

    assert closes is snapshot.would_close(guarantor, borrower)
    assert [closes] == snapshot.would_close_columns([guarantor], [borrower]).tolist()


def test_numbers_of_numpy_are_ids_too():
    """An int64 names the same party as the int."""
    snapshot = Snapshot(GuaranteeBook.from_columns(guarantor=[1], borrower=[2]))

    assert snapshot.would_close(np.int64(2), 1)


def test_parallel_contracts_hold_a_loop_until_the_last_is_released():
    """Three contracts of one pair, one of them added during the day."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "a", "b"], borrower=["b", "b", "c"], contract_id=["K1", "K2", "K3"]
    )
    snapshot = Snapshot(book)
    snapshot.add(guarantor="a", borrower="b", contract_id="K4")

    found = []
    for contract in ("K1", "K4", "K2"):
        snapshot.release(contract)
        found.append(snapshot.would_close("c", "a"))

    assert [True, True, False] == found


def test_a_contract_goes_with_all_its_rows_and_may_come_anew():
    """Two rows of the book and one of the day under one id."""
    snapshot = Snapshot(small(contract_id=["K1", "K1"]))
    snapshot.add(guarantor="c", borrower="d", contract_id="K1")
    before = snapshot.would_close("d", "a")

    snapshot.release("K1")
    after = [snapshot.would_close(*pair) for pair in (("b", "a"), ("c", "b"), ("d", "c"))]
    snapshot.add(guarantor="a", borrower="b", contract_id="K1")

    assert before
    assert [False, False, False] == after
    assert snapshot.would_close("b", "a")


def test_a_row_without_contract_is_released_by_its_number():
    """An id that the ledger has goes before a row number."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "b", "c"], borrower=["b", "c", "d"], contract_id=[None, 0, None]
    )
    snapshot = Snapshot(book)

    snapshot.release(0)
    first = snapshot.would_close("b", "a"), snapshot.would_close("c", "b")
    snapshot.release(2)

    assert (True, False) == first
    assert not snapshot.would_close("d", "c")


def test_counter_guarantees_and_companies_close_nothing():
    """Neither their rows in the book, nor what such a company proposes or is added."""
    parties = Parties.from_columns(
        party=["g", "h", "a"], kind=["guarantee_company", "guarantee_company", "firm"]
    )
    book = GuaranteeBook.from_columns(
        guarantor=["a", "b", "g", "c"],
        borrower=["b", "c", "a", "d"],
        layer=["counter", None, None, None],
        parties=parties,
    )
    snapshot = Snapshot(book)
    snapshot.add(guarantor="h", borrower="b", contract_id="K1")
    snapshot.add(guarantor="d", borrower="g", contract_id="K2")

    asked = [("b", "a"), ("a", "g"), ("g", "b"), ("h", "b"), ("b", "h"), ("c", "g"), ("c", "b")]
    expected = [False, False, False, False, False, False, True]
    assert expected == [snapshot.would_close(*pair) for pair in asked]
    assert expected == snapshot.would_close_columns(*map(list, zip(*asked, strict=True))).tolist()


def test_a_merged_book_answers_for_merged_parties():
    """Who is named by relations only stands for those merged with him; inside, nothing closes."""
    related = Relations.from_columns(a=["p", "q"], b=["a", "r"], kind=["controller", "kin"])
    snapshot = Snapshot(small().merge(related))

    asked = [("c", "a"), ("c", "p"), ("a", "p"), ("p", "a"), ("p", "p"), ("q", "r"), ("c", "q")]
    before = [snapshot.would_close(*pair) for pair in asked]
    snapshot.add(guarantor="r", borrower="a", contract_id="K3")

    assert [True, True, False, False, True, False, False] == before
    assert snapshot.would_close("c", "q")


def test_relations_out_of_force_merge_nobody():
    """A merged book whose relations are all of another kind is the book itself."""
    related = Relations.from_columns(a=["p"], b=["a"], kind=["kin"])
    snapshot = Snapshot(small().merge(related, kinds=("control",)))

    assert not snapshot.would_close("c", "p")


def test_an_empty_book_learns_its_kind_of_id():
    """The first addition says whether ids are texts or numbers."""
    snapshot = Snapshot(GuaranteeBook.from_columns(guarantor=[], borrower=[]))
    before = snapshot.would_close(1, 2), snapshot.would_close("a", "a")
    nobody = snapshot.would_close_columns([], [])

    snapshot.add(guarantor=1, borrower=2, contract_id="K1")

    assert (False, True) == before
    assert [] == nobody.tolist()
    assert snapshot.would_close(2, 1)
    with pytest.raises(InputError, match="ids must be of kind int like the book's, got 'a'"):
        snapshot.would_close("a", 1)


def test_a_snapshot_leaves_its_book_alone_and_goes_through_pickle():
    """The copy goes its own way, and codes made before go with it."""
    book = small()
    rows = list(book.to_columns()["borrower"])
    snapshot = Snapshot(book)
    codes = snapshot.codes(["c"]), snapshot.codes(["a"])
    copy, *same = pickle.loads(pickle.dumps((snapshot, *codes)))  # noqa: S301  # our own

    snapshot.release("K1")

    assert rows == list(book.to_columns()["borrower"])
    assert [True] == copy.would_close_columns(*same).tolist()
    assert [False] == snapshot.would_close_columns(*codes).tolist()


def test_what_is_shown_never_names_a_party():
    """Rows and changes as counts."""
    snapshot = Snapshot(small())
    snapshot.add(guarantor="c", borrower="secret", contract_id="K3")
    snapshot.release("K1")

    shown = repr(snapshot), repr(snapshot.codes(["secret", "hidden", None]))

    assert (
        "Snapshot(2 rows between parties, 1 contracts added, 1 released)",
        "PartyCodes(3 parties, 2 not in the snapshot)",
    ) == shown
    assert 3 == len(snapshot.codes(["a", "b", None]))


# ---- what is refused -----------------------------------------------------------------

ADDED: dict[str, Any] = {"guarantor": "c", "borrower": "a", "contract_id": "K9"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"guarantor": 7, "borrower": 8}, "ids must be of kind str like the book's, got 7"),
        ({"guarantor": 7}, "ids must be of one kind in all columns"),
        ({"borrower": None}, "borrower must be an id, str or int, got None"),
        ({"borrower": " "}, "borrower must be an id, str or int, got ' '"),
        ({"borrower": 1.5}, "borrower must hold ids of kind str or int"),
        ({"contract_id": None}, "contract_id must be an id, str or int, got None"),
        ({"contract_id": 9}, "contract_id must be of kind str like the ledger's, got 9"),
        ({"contract_id": True}, "contract_id must hold ids of kind str or int"),
    ],
)
def test_an_addition_that_is_refused_changes_nothing(wrong, says):
    """Parties and contracts must be ids of the book's kinds."""
    snapshot = Snapshot(small())

    with pytest.raises(InputError, match=re.escape(says)):
        snapshot.add(**{**ADDED, **wrong})

    assert not snapshot.would_close("a", "c")
    with pytest.raises(CreditError, match="must name a contract"):
        snapshot.release("K9")


@pytest.mark.parametrize("contract", ["K3", 0, 99, -1])
def test_a_release_of_an_unknown_contract_is_refused(contract):
    """A row with a contract id has no number of its own; a released one is gone."""
    snapshot = Snapshot(small())
    snapshot.add(**{**ADDED, "contract_id": "K3"})
    snapshot.release("K3")

    with pytest.raises(CreditError) as raised:
        snapshot.release(contract)

    assert (
        f"contract_id must name a contract in this snapshot, got {contract!r}: none has this id, "
        "or it was released already"
    ) == str(raised.value)
    assert snapshot.would_close("c", "a")


def test_questions_of_the_wrong_kind_are_refused():
    """One by one and in columns, ids are of the book's kind."""
    snapshot = Snapshot(GuaranteeBook.from_columns(guarantor=[1], borrower=[2]))
    for ask in (
        lambda: snapshot.would_close("1", 2),
        lambda: snapshot.would_close_columns([1], ["2"]),
        lambda: snapshot.codes(np.array(["2"])),
    ):
        with pytest.raises(InputError, match="of kind int"):
            ask()
    with pytest.raises(InputError, match="party must hold ids of kind str or int"):
        snapshot.would_close(True, 1)  # noqa: FBT003  # a bool is no id


def test_columns_of_two_lengths_and_codes_of_another_snapshot_are_refused():
    """Neither is guessed at."""
    snapshot, other = Snapshot(small()), Snapshot(small())

    with pytest.raises(InputError, match="one length, got 1 and 2: bring one of each"):
        snapshot.would_close_columns(["a"], ["b", "c"])
    with pytest.raises(CreditError, match="codes must be made by this snapshot"):
        snapshot.would_close_columns(other.codes(["c"]), snapshot.codes(["a"]))
