"""What is wrong with a ledger and what does not count in it, row by row from the definitions."""

import datetime
import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
from drawn_books import asked_of, book_of, call, stated
from ruralcredit.guarantees import (
    GuaranteeBook,
    Loans,
    Parties,
    find_circles,
    find_data_problems,
    find_joint_groups,
)
from ruralcredit.testing import ledger_columns, loan_columns, party_columns

RESIDENT = "320106198703150027"
CREDIT_CODE = "91320106MA1UXEXT00"


def found_in(book):
    """Rows of each reason and column."""
    return {(p.reason.code, p.column): p.rows.tolist() for p in find_data_problems(book)}


def listed(rows, tests):
    """Numbers of the rows that each test holds for, tests without a row left out."""
    held = {key: [row.number for row in rows if holds(row)] for key, holds in tests.items()}
    return {key: numbers for key, numbers in held.items() if numbers}


def differ(rows, read):
    """Contracts whose rows state different known values."""
    known = {
        contract: {read(row) for row in rows if row.contract == contract} - {None}
        for contract in {row.contract for row in rows} - {None}
    }
    return {contract for contract, values in known.items() if len(values) > 1}


@given(ledger_columns(blanks=True), st.data())
def test_each_fault_of_a_row_is_found_and_no_other(columns, data):
    """Amounts, days, blanks, repeats and disagreements, each with its very rows."""
    day, known_by = data.draw(asked_of(columns))
    rows = oracle.read(columns)
    forms = dict(enumerate(columns["form"]))
    counted = {row.number for row in stated(columns, day, known_by)}
    amounts = differ(rows, lambda row: row.amount)
    several_forms = differ(rows, lambda row: forms[row.number])
    seen = Counter()

    def repeats(row):
        key = (row.contract, row.guarantor, row.borrower, row.loan)
        named = not oracle.is_blank(row.guarantor) and not oracle.is_blank(row.borrower)
        seen[key] += named and row.contract is not None
        return named and row.contract is not None and seen[key] > 1

    def undemanded(row):
        return oracle.liable_until(row._replace(demanded=None))

    def still(row, end):
        return day is not None and row.number in counted and end is not None

    expected = listed(
        rows,
        {
            ("GUA-040", "guarantee_months"): lambda r: r.due is not None and r.months is None,
            ("GUA-041", "starts_on"): lambda r: r.starts is None,
            ("GUA-042", "debt_due_on"): lambda r: r.due is None,
            ("GUA-101", "borrower"): lambda r: r.is_self and not oracle.is_blank(r.borrower),
            ("GUA-102", "contract_id"): repeats,
            ("GUA-103", "amount_fen"): lambda r: r.amount == 0,
            ("GUA-104", "amount_fen"): lambda r: r.amount is not None and r.amount < 0,
            ("GUA-105", "amount_fen"): lambda r: r.amount is None,
            ("GUA-106", "debt_due_on"): lambda r: r.due and r.starts and r.due < r.starts,
            ("GUA-107", "released_on"): lambda r: (
                r.released and r.starts and r.released < r.starts
            ),
            ("GUA-107", "settled_on"): lambda r: r.settled and r.starts and r.settled < r.starts,
            ("GUA-108", "released_on"): lambda r: still(r, r.released),
            ("GUA-108", "settled_on"): lambda r: still(r, r.settled),
            ("GUA-110", "guarantor"): lambda r: oracle.is_blank(r.guarantor),
            ("GUA-110", "borrower"): lambda r: oracle.is_blank(r.borrower),
            ("GUA-115", "amount_fen"): lambda r: r.contract in amounts and r.amount is not None,
            ("GUA-116", "form"): lambda r: r.contract in several_forms and forms[r.number],
            ("GUA-120", "guarantee_months"): lambda r: r.months is not None and r.months <= 0,
            ("GUA-121", "demanded_on"): lambda r: r.demanded and r.due and r.demanded < r.due,
            ("GUA-122", "demanded_on"): lambda r: (
                r.demanded and r.due and undemanded(r) < r.demanded
            ),
        },
    )

    book = book_of(columns)
    assert expected == found_in(book if day is None else book.as_of(day, known_by=known_by))


@given(ledger_columns(counters=False), loan_columns(), party_columns(), st.data())
def test_what_the_other_tables_contradict_is_found(columns, table, parties, data):
    """Loans of nobody, of another, repaid or beyond a ceiling; parties that nobody listed."""
    day, known_by = data.draw(asked_of(columns))
    rows = oracle.read(columns)
    forms = dict(enumerate(columns["form"]))
    owner = dict(zip(table["loan_id"], table["borrower"], strict=True))
    balance = dict(zip(table["loan_id"], table["balance_fen"], strict=True))
    counted = stated(columns, day, known_by)
    counts = {row.number for row in counted}
    under = [r for r in counted if forms[r.number] == "maximum" and r.contract and r.loan]
    amounts = oracle.contract_amounts(under, counted)

    def owes(row):
        own = {other.loan for other in under if other.contract == row.contract}
        return sum(balance.get(loan) or 0 for loan in own)

    def beyond(row):
        allowed = amounts.get(row.contract_key)
        return row in under and allowed is not None and owes(row) > allowed

    def repaid(row):
        owed = balance.get(row.loan)
        open_form = forms[row.number] != "maximum"
        return row.number in counts and owed == 0 and row.settled is None and open_form

    def settled(row):
        if row.settled is None or (day is not None and row.settled > day):
            return False
        return (balance.get(row.loan) or 0) > 0

    tests = {
        ("GUA-109", "settled_on"): settled,
        ("GUA-117", "amount_fen"): beyond,
        ("GUA-118", "loan_id"): lambda r: r.loan in owner and owner[r.loan] != r.borrower,
        ("GUA-119", "loan_id"): lambda r: r.loan is not None and r.loan not in owner,
        ("GUA-124", "loan_id"): repaid,
        ("GUA-123", "guarantor"): lambda r: r.guarantor not in parties["party"],
        ("GUA-123", "borrower"): lambda r: r.borrower not in parties["party"],
    }

    beside = {
        "loans": call(Loans.from_columns, table),
        "parties": call(Parties.from_columns, parties),
    }
    book = book_of(columns, **beside)
    found = found_in(book if day is None else book.as_of(day, known_by=known_by))

    assert listed(rows, tests) == {key: rows for key, rows in found.items() if key in tests}


@pytest.mark.parametrize(
    ("loan_borrower", "found"), [("B", []), ("A", [1]), ("Z", [1]), (None, [])]
)
def test_a_loan_of_another_borrower_is_found(loan_borrower, found):
    """The loans table says who owes; where it does not say, nothing is found."""
    loans = Loans.from_columns(loan_id=["L"], borrower=[loan_borrower], balance_fen=[5])
    book = GuaranteeBook.from_columns(
        guarantor=["B", "A"], borrower=["A", "B"], loan_id=[None, "L"], loans=loans
    )

    assert found == found_in(book).get(("GUA-118", "loan_id"), [])


@pytest.mark.parametrize(
    ("party", "kind", "code"),
    [
        (RESIDENT, "person", None),
        (RESIDENT, "household", None),
        (RESIDENT, "firm", "GUA-114"),
        (RESIDENT, "guarantee_company", "GUA-114"),
        (RESIDENT.replace("0027", "006X"), "firm", "GUA-114"),
        (RESIDENT.replace("0027", "006x"), "firm", "GUA-114"),
        (RESIDENT.replace("0315", "1315"), "firm", None),
        (RESIDENT.replace("0315", "0332"), "firm", None),
        (RESIDENT + "1", "firm", None),
        (RESIDENT[:-1], "firm", None),
        (RESIDENT, None, None),
        (CREDIT_CODE, "firm", None),
        (CREDIT_CODE, "person", "GUA-113"),
        (CREDIT_CODE, "household", "GUA-113"),
        (CREDIT_CODE.lower(), "person", "GUA-113"),
        (CREDIT_CODE, None, None),
        ("P1", "person", None),
    ],
)
def test_an_id_of_the_other_kind_of_party_is_found(party, kind, code):
    """18 characters of a resident for a firm, of a credit code for a person: both columns."""
    parties = Parties.from_columns(party=["other", party], kind=["person", kind])
    book = GuaranteeBook.from_columns(
        guarantor=["other", party], borrower=[party, "other"], parties=parties
    )

    found = {key: rows for key, rows in found_in(book).items() if key[0] in ("GUA-113", "GUA-114")}

    assert ({(code, "guarantor"): [1], (code, "borrower"): [0]} if code else {}) == found


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("A1", []),
        (" A1", ["GUA-111"]),
        ("A1\t", ["GUA-111"]),
        ("A 1", []),
        ("\uff211", ["GUA-112"]),
        ("A\uff5e", ["GUA-112"]),
        ("A\u30001", ["GUA-112"]),
        ("甲1", []),
        ("\u3000A1", ["GUA-111", "GUA-112"]),
    ],
)
@pytest.mark.parametrize(
    "column", ["guarantor", "borrower", "contract_id", "loan_id", "agreement_id"]
)
def test_blanks_at_the_ends_and_full_width_characters_of_ids_are_found(column, name, codes):
    """Found and never folded: the id stays as it came."""
    columns = {
        "guarantor": ["X", "Y"],
        "borrower": ["Y", "X"],
        "contract_id": ["k", "k2"],
        "loan_id": ["l", "l2"],
        "agreement_id": ["j", None],
    }
    columns[column] = [columns[column][0], name]
    book = GuaranteeBook.from_columns(**columns)

    found = found_in(book)

    assert {(code, column): [1] for code in codes} == {
        key: rows for key, rows in found.items() if key[0] in ("GUA-111", "GUA-112")
    }
    assert name in {*book.party_ids, *book.to_columns()[column].tolist()}


# ---- what does not count -------------------------------------------------------------


@given(ledger_columns(blanks=True), party_columns(), st.booleans(), st.booleans(), st.data())
def test_the_reason_why_a_row_does_not_count_is_true_of_it(
    columns, parties, counters, licensed, data
):
    """Each exclusion holds for each of its rows; what is left may close a loop."""
    day, known_by = data.draw(asked_of(columns))
    companies = {
        party
        for party, kind in zip(parties["party"], parties["kind"], strict=True)
        if kind == "guarantee_company"
    }
    holds = {
        "GUA-020": lambda r: day and r.starts and day < r.starts,
        "GUA-021": lambda r: day and (last := oracle.liable_until(r)) and last < day,
        "GUA-022": lambda r: r.released and (day is None or r.released <= day),
        "GUA-023": lambda r: r.settled and (day is None or r.settled <= day),
        "GUA-024": lambda r: known_by and r.known and known_by < r.known,
        "GUA-025": lambda r: oracle.is_blank(r.guarantor) or oracle.is_blank(r.borrower),
        "GUA-026": lambda r: r.layer == "counter",
        "GUA-027": lambda r: {r.guarantor, r.borrower} & companies,
    }
    rows = oracle.read(columns)
    book = book_of(columns, parties=call(Parties.from_columns, parties))
    book = book if day is None else book.as_of(day, known_by=known_by)
    asked = {"counter_guarantees": counters, "guarantee_companies": licensed}

    exclusions = book.exclusions(**asked)

    for found in exclusions:
        assert all(holds[found.reason.code](rows[row]) for row in found.rows.tolist())
    left = set(range(len(rows))).difference(*(found.rows.tolist() for found in exclusions))
    arcs = oracle.arcs_of(
        [row for row in rows if oracle.counts_on(row, day, known_by)],
        counter_guarantees=counters,
        companies=() if licensed else companies,
    )
    counting = {r.number for r in arcs if licensed or r.borrower not in companies}
    assert counting == left
    assert {row for circle in find_circles(book, **asked) for row in circle.rows} <= left


def test_a_row_that_is_released_and_settled_has_one_reason():
    """Not known yet, not begun, released, settled, lapsed: the first that holds is named."""
    day = datetime.date(2024, 6, 30)
    before, after = datetime.date(2023, 1, 1), datetime.date(2025, 1, 1)
    ways = list(itertools.product((None, after), (None, after), (None, before), (None, before)))
    known, starts, released, settled = (list(cells) for cells in zip(*ways, strict=True))
    book = GuaranteeBook.from_columns(
        guarantor=["A"] * len(ways),
        borrower=["B"] * len(ways),
        known_on=known,
        starts_on=starts,
        released_on=released,
        settled_on=settled,
        debt_due_on=[before] * len(ways),
    ).as_of(day, known_by=day)

    found = {
        row: exclusion.reason.code
        for exclusion in book.exclusions()
        for row in exclusion.rows.tolist()
    }

    order = ("GUA-024", "GUA-020", "GUA-022", "GUA-023")
    expected = {
        row: next((code for code, cell in zip(order, way, strict=True) if cell), "GUA-021")
        for row, way in enumerate(ways)
    }
    assert expected == found
    assert () == find_joint_groups(book)
