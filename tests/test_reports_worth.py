"""What the audit page says of a loop's worth and how it is broken, and of large clusters."""

import html
import re

from ruralcredit.guarantees import GuaranteeBook, Loans, Parties, Relations, audit
from ruralcredit.reports import audit_report


def page_of(book, *, relations=None, lang="en", mask="none"):
    """Return the page of a book as plain text."""
    page = audit_report(book, audit(book, relations=relations), lang=lang, mask=mask)
    body = page.partition("<body")[2]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


def pair(**more):
    """Return a mutual pair of firms with known amounts."""
    given = {"guarantor": ["a", "b"], "borrower": ["b", "a"], "amount_fen": [300_00, 500_00]}
    return GuaranteeBook.from_columns(**{**given, "contract_id": ["K1", "K2"], **more})


def test_a_loop_shows_its_circular_money_and_share():
    """Of 300 and 500 yuan that two firms promise each other, 300 go round twice."""
    page = page_of(pair())

    assert "circular money (share) 600.00 (75.0%)" in page


def test_a_loop_shows_its_cover_where_loans_are_known():
    """Naive, joint and independent cover stand side by side."""
    page = page_of(
        pair(
            parties=Parties.from_columns(party=["a", "b"], net_assets_fen=[100_00, 100_00]),
            loans=Loans.from_columns(
                loan_id=["L1", "L2"], borrower=["a", "b"], balance_fen=[200_00, 200_00]
            ),
        )
    )

    assert "joint cover 200.00 independent cover 0.00" in page
    assert "both bounds are shown" not in page


def test_unknown_net_assets_show_both_bounds_and_say_why():
    """What nobody knows is neither nothing nor enough."""
    page = page_of(
        pair(
            loans=Loans.from_columns(
                loan_id=["L1", "L2"], borrower=["a", "b"], balance_fen=[200_00, 200_00]
            )
        )
    )

    assert "joint cover 0.00 – 400.00 independent cover 0.00" in page
    assert "counted as nothing and as enough, both bounds are shown" in page


def test_without_loans_no_cover_is_shown():
    """Cover of unknown loans is no figure."""
    assert "joint cover" not in page_of(pair())


def test_the_cheapest_break_stands_with_its_steps_and_proof():
    """The contract to end, its cost, the order of the parties and the weighted loop."""
    page = page_of(pair())

    assert "Contracts to end: 1, at 300.00 yuan by their amounts." in page
    assert "Proved: no plan costs less than 300.00 yuan." in page
    assert "1 K1 a → b release 300.00 open-ended 0.00" in page
    assert "leads backward in this order: b → a" in page
    assert re.search(r"add up to the bound: K\d \+ K\d = 300\.00", page)


def test_where_an_amount_is_unknown_the_plan_counts_contracts():
    """No amount is made up: the fewest contracts are asked for, and it is said."""
    page = page_of(pair(amount_fen=[300_00, None], contract_id=["K1", None]))

    assert "circular money (share) 0.00 – 600.00 Evidence" in page
    assert "Contracts to end: 1. Some amounts are unknown" in page
    assert "Proved: every plan ends 1 contracts or more." in page
    assert re.search(r"= 1\b", page)


def test_one_contract_on_several_rows_counts_once_in_the_plan():
    """A contract listed once per loan is one contract to end."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "a", "b", "c"],
        borrower=["b", "b", "a", "c"],
        contract_id=["K1", "K1", "K2", "K3"],
        loan_id=["L1", "L2", "L3", "L4"],
        amount_fen=[None, None, 5_00, 1_00],
    )

    page = page_of(book)

    assert "Contracts to end: 1. Some amounts are unknown" in page
    assert "1 K1 a → b …" in page or "1 K2 b → a" in page


def test_a_hidden_loop_shows_its_money_and_its_break_but_no_cover():
    """Its loans stand with the loops that the ledger shows."""
    book = GuaranteeBook.from_columns(
        guarantor=["a", "b"],
        borrower=["b", "c"],
        amount_fen=[300_00, 200_00],
        contract_id=["K1", "K2"],
        loans=Loans.from_columns(loan_id=["L1"], borrower=["b"], balance_fen=[100_00]),
    )
    owner = Relations.from_columns(a=["p", "p"], b=["a", "c"], kind=["controller"] * 2)

    page = page_of(book, relations=owner)

    assert "circular money (share) 400.00 (80.0%)" in page
    assert "Contracts to end: 1, at 200.00 yuan by their amounts." in page
    assert "joint cover" not in page


def wheel(count):
    """Return many loops through one hub: each needs a cut of its own."""
    rim = [f"p{number:02d}" for number in range(count)]
    return GuaranteeBook.from_columns(
        guarantor=[*rim, *["hub"] * count],
        borrower=[*["hub"] * count, *rim],
        amount_fen=[*range(100, 100 + count), *range(300, 300 + count)],
        contract_id=[*(f"G{i:02d}" for i in range(count)), *(f"T{i:02d}" for i in range(count))],
    )


def test_a_long_plan_is_cut_and_says_how_much_is_left():
    """Thirty steps are printed; the proof of a large plan is for a program."""
    page = page_of(wheel(35))

    assert "Contracts to end: 35" in page
    assert "5 more not listed" in page
    assert "The proof holds 35 weighted loops and 0 cases" in page


def test_a_large_cluster_is_shown_in_parts_for_review():
    """A star of stars is parted around its cores; a small cluster is not."""
    hubs = [f"hub{number}" for number in range(6)]
    ends = [(hub, f"{hub}-{leaf:02d}") for hub in hubs for leaf in range(12)]
    ends += [("top", hub) for hub in hubs]
    book = GuaranteeBook.from_columns(
        guarantor=[one for one, _ in ends],
        borrower=[other for _, other in ends],
        amount_fen=[50_000_000_00] * len(ends),
    )

    page = page_of(book)

    assert "Large clusters in parts for review" in page
    assert re.search(r"C-\w+, parts: \d+", page)
    assert "None of the clusters listed needs parting." in page_of(pair())


def test_more_parts_than_a_page_holds_are_counted():
    """Twenty parts are listed, the rest is a number."""
    hubs = [f"hub{number:02d}" for number in range(30)]
    ends = [(hub, f"{hub}-{leaf:02d}") for hub in hubs for leaf in range(40)]
    ends += [("top", hub) for hub in hubs]
    book = GuaranteeBook.from_columns(
        guarantor=[one for one, _ in ends],
        borrower=[other for _, other in ends],
        amount_fen=[50_000_000_00] * len(ends),
    )

    assert re.search(r"\d+ more not listed", page_of(book).partition("parts for review")[2])


def test_persons_stay_masked_in_plans_and_parts():
    """No step, order or part names a person whose id is masked."""
    book = GuaranteeBook.from_columns(
        guarantor=["王小二", "李小四"],
        borrower=["李小四", "王小二"],
        amount_fen=[300_00, 500_00],
        contract_id=["HT-王小二-1", "K2"],
    )

    page = page_of(book, mask="persons")

    assert "person-0001" in page
    assert "王小二" not in page
    assert "李小四" not in page
