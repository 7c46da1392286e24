"""How the golden cases of `guarantee_checks` are asked, with the shipped values as an argument."""

import datetime
import functools

import yaml

import asks_guarantee_found as found
from ruralcredit.errors import CreditError
from ruralcredit.guarantee_checks import (
    LIMITS,
    GuaranteeProposal,
    JointProposal,
    check_effect,
    effects_of,
)
from ruralcredit.guarantees import GuaranteeBook, Loans, Parties, Relations
from ruralcredit.values import yuan

SHIPPED = {"LIMITS": LIMITS, **found.SHIPPED}

DAY = datetime.date(2026, 1, 1)
FIRM = {"kind": "firm", "net": 1_000_000, "region": "330102", "overdue": 0}
HOUSEHOLD = {**FIRM, "kind": "household", "net": None}


def fen(amount):
    """Return an amount of the file, in yuan, as fen."""
    return None if amount is None else yuan(str(amount))


def world(given, *, usual):
    """Return the book and what else is known: nothing speaks against a case unless it says so.

    Every party named is a firm or a household as usual, of one county, with net assets of a
    million yuan and a loan that is not overdue.
    """
    ledger = [(*row, *[None] * (4 - len(row))) for row in given.get("ledger", [])]
    told = given.get("parties", {})
    take = given.get("take", [])
    named = [*take[:2], *members_of(given), *(end for row in ledger for end in row[:2])]
    facts = {party: {**usual, **told.get(party, {})} for party in dict.fromkeys([*named, *told])}
    book = GuaranteeBook.from_columns(
        guarantor=[row[0] for row in ledger],
        borrower=[row[1] for row in ledger],
        amount_fen=[None if row[2] == "unknown" else fen(row[2] or 1) for row in ledger],
        agreement_id=[row[3] for row in ledger],
        contract_id=[f"K{number}" for number in range(len(ledger))],
        parties=Parties.from_columns(
            party=list(facts),
            kind=[one["kind"] for one in facts.values()],
            region=[one["region"] for one in facts.values()],
            net_assets_fen=[fen(one["net"]) for one in facts.values()],
        ),
        loans=Loans.from_columns(
            loan_id=[f"L{party}" for party in facts],
            borrower=list(facts),
            balance_fen=[100] * len(facts),
            overdue_days=[one["overdue"] for one in facts.values()],
        ),
        open_parties=given.get("open", []),
    )
    related = given.get("related", [])
    relations = None
    if related != "unknown":
        relations = Relations.from_columns(
            a=[row[0] for row in related],
            b=[row[1] for row in related],
            kind=[row[2] for row in related],
        )
    insiders = given.get("insiders", [])
    return book, {
        "relations": relations,
        "insiders": None if insiders == "unknown" else insiders,
        "as_of": given.get("day", DAY),
    }


def members_of(given):
    """Return the members of a group, given by name or by number."""
    members = given.get("members", [])
    return [f"m{n:02d}" for n in range(members)] if isinstance(members, int) else members


def told(decision):
    """Return a decision as a reader of the file writes it."""
    if decision.status == "decided":
        return {"verdict": decision.outcome, "rules": list(decision.rows)}
    return {
        "status": decision.status,
        "rules": list(decision.rows),
        "ask": list(decision.ask),
    }


def guarded(ask):
    """Return a question whose refusals are answers too."""

    def guard(given, shipped):
        try:
            return ask(given, shipped)
        except CreditError:
            return "refused as input"

    return guard


def proposed(given):
    """Return one guarantee: guarantor, borrower, and its amount in yuan."""
    guarantor, borrower, *amount = given["take"]
    return GuaranteeProposal(
        contract_id="NEW",
        guarantor=guarantor,
        borrower=borrower,
        amount_fen=fen(amount[0]) if amount else 100,
        product=given.get("product", "other"),
    )


def proposed_group(given):
    """Return a joint group; the amount per member in yuan."""
    return JointProposal(
        agreement_id="NEW",
        members=members_of(given),
        amount_fen=fen(given.get("amount", 50_000)),
        agreement_months=given.get("agreement", 36),
        loan_months=given.get("loan_months", 12),
        product="other",
    )


@functools.cache
def measured(text):
    """Return what a case would change; its limits are asked of that, again and again."""
    given = yaml.safe_load(text)
    is_group = "take" not in given
    is_firms = not is_group or given.get("kind") == "firm"
    book, known = world(given, usual=FIRM if is_firms else HOUSEHOLD)
    proposal = proposed_group(given) if is_group else proposed(given)
    return effects_of(book, [proposal], **known)[0]


def decided(given, shipped):
    """Check a guarantee or a joint group."""
    effect = measured(yaml.safe_dump(given))
    return check_effect(effect, policy=shipped["LIMITS"], as_of=given.get("day", DAY))


def check(given, shipped):
    """Return the verdict with the rules it comes from."""
    return told(decided(given, shipped))


def reasons(given, shipped):
    """Return what the officer reads, in Chinese."""
    return [reason.text("zh") for reason in decided(given, shipped).reasons]


ASKS = {
    "guarantee_checks.check": guarded(check),
    "guarantee_checks.reasons": reasons,
    **found.ASKS,
}
