"""Check proposed guarantees (担保准入审查) against a book: pass, refer, refuse, undetermined.

An approver brings what the desk asks for; each answer names the rule, the measured facts and,
for a loop, the way round.  All parties and figures are invented.
"""

import argparse
import datetime
from collections.abc import Sequence
from typing import Literal

from ruralcredit.guarantee_checks import (
    GuaranteeProposal,
    JointProposal,
    Proposal,
    check_guarantee,
)
from ruralcredit.guarantees import GuaranteeBook, Loans, Parties, Relations
from ruralcredit.reasons import Decision
from ruralcredit.values import yuan

DAY = datetime.date(2026, 6, 30)
HERE = "331004"
NEXT_PROVINCE = "350102"


def the_book() -> GuaranteeBook:
    """Return the guarantees that stand: mill > seeds > dairy, and press > dairy."""
    firms = ("mill", "seeds", "dairy", "press", "barn", "silo", "quarry", "newcomer")
    farmers = tuple(f"farmer-{number}" for number in range(1, 6))
    assets: list[int | None] = [yuan(5_000_000)] * 7
    return GuaranteeBook.from_columns(
        guarantor=["mill", "seeds", "press"],
        borrower=["seeds", "dairy", "dairy"],
        amount_fen=[yuan(800_000), yuan(600_000), yuan(300_000)],
        contract_id=["K1", "K2", "K3"],
        debt_due_on=[datetime.date(2027, 3, 31)] * 3,
        parties=Parties.from_columns(
            party=[*firms, *farmers],
            kind=["firm"] * len(firms) + ["household"] * len(farmers),
            region=[*[HERE] * 6, NEXT_PROVINCE, HERE, *[HERE] * len(farmers)],
            net_assets_fen=[*assets, None, *[yuan(200_000)] * len(farmers)],
        ),
        loans=Loans.from_columns(
            loan_id=["L1", "L2", "L3"],
            borrower=["seeds", "dairy", "barn"],
            balance_fen=[yuan(700_000), yuan(850_000), yuan(400_000)],
            overdue_days=[0, 0, 0],
        ),
    )


def relations() -> Relations:
    """Return who is related to whom: one person controls the press and the silo."""
    return Relations.from_columns(
        a=["owner", "owner"], b=["press", "silo"], kind=["controller", "controller"]
    )


def _single(
    contract_id: str, guarantor: str, borrower: str, amount: int = 500_000
) -> GuaranteeProposal:
    return GuaranteeProposal(
        contract_id=contract_id,
        guarantor=guarantor,
        borrower=borrower,
        amount_fen=yuan(amount),
        loan_fen=yuan(amount),
        product="working capital loan",
        starts_on=DAY,
        debt_due_on=datetime.date(2027, 6, 30),
    )


PROPOSALS: tuple[tuple[str, Proposal], ...] = (
    ("a neighbour with means stands in for the barn", _single("N1", "silo", "barn")),
    ("the dairy stands in for the mill, which began the chain", _single("N2", "dairy", "mill")),
    ("a quarry of another province stands in for the barn", _single("N3", "quarry", "barn")),
    ("the mill stands in for itself", _single("N4", "mill", "mill")),
    ("a firm whose net assets nobody knows", _single("N5", "newcomer", "barn")),
    (
        "five farm households under one agreement",
        JointProposal(
            agreement_id="J1",
            members=tuple(f"farmer-{number}" for number in range(1, 6)),
            amount_fen=yuan(50_000),
            agreement_months=36,
            loan_months=12,
        ),
    ),
)

TOGETHER = (_single("N6", "barn", "silo"), _single("N7", "silo", "barn"))


def show(what: str, decision: Decision, lang: Literal["en", "zh"]) -> None:
    """Print one proposal and its answer."""
    print(f"== {what}")
    print(decision.explain(lang))
    print()


def main(argv: Sequence[str] | None = None) -> None:
    """Check every proposal alone, then two of them together."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lang", choices=("en", "zh"), default="en")
    lang = parser.parse_args(argv).lang
    book, ties = the_book(), relations()
    for what, proposal in PROPOSALS:
        found = check_guarantee(book, proposal, relations=ties, insiders=(), as_of=DAY)
        show(what, found, lang)
    together = check_guarantee(book, TOGETHER, relations=ties, insiders=(), as_of=DAY)
    for proposal, found in zip(TOGETHER, together, strict=True):
        show(f"{proposal.contract_id}, of two that came the same day", found, lang)


if __name__ == "__main__":
    main()
