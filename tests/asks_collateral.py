"""How the golden cases of collateral are asked: plain data in, plain data out.

The base case is a sound local item: a borrower's own building, new and small, valued by an
outside appraiser at 1,000,000 yuan on 2026-01-05, asked about on 2026-06-30.  A golden line names
only what differs from it.
"""

import datetime

import attrs

from ruralcredit.collateral import (
    DEFAULT_POLICY,
    CollateralItem,
    Pledge,
    allocate,
    check_loan_to_value,
    concentration,
    coverage,
    lendable_value,
    lendable_value_columns,
    loan_to_value,
    revaluation_due,
    revaluation_due_columns,
    shortfall,
    value_pool,
)

SHIPPED = {"DEFAULT_POLICY": DEFAULT_POLICY}

SERVICE_AREA = ("321181",)
AS_OF = datetime.date(2026, 6, 30)
BASE = {
    "id": "C1",
    "kind": "housing",
    "owner": "borrower",
    "place": "321181105",
    "built_on": datetime.date(2016, 5, 1),
    "area_m2": 98,
    "is_run_down": False,
    "is_in_pilot_area": False,
    "is_sealed": False,
    "is_disputed": False,
    "consent": "none_needed",
    "share_bp": 10_000,
    "is_insured": True,
    "insured_until": datetime.date(2027, 1, 1),
    "valuation_fen": 1_000_000_00,
    "valued_on": datetime.date(2026, 1, 5),
    "valued_by": "external",
    "senior_fen": 0,
    "form": "specific",
}


def policy_of(shipped, changes):
    """Return the shipped policy as a bank uses it: with its area, and what it chose."""
    return attrs.evolve(shipped["DEFAULT_POLICY"], service_area=SERVICE_AREA, **changes)


def item_of(facts):
    """Return the base case with other facts."""
    return CollateralItem(**{**BASE, **facts})


def plain(answer):
    """Return a decision as an officer would note it."""
    if answer.status != "decided":
        return {"status": answer.status, "ask": list(answer.ask)}
    outcome = dict(answer.outcome)
    if "conditions" in outcome:
        outcome["conditions"] = list(outcome["conditions"])
    return outcome


def ask_item(given, shipped):
    """Value one item, alone and in a column, which must agree."""
    facts, day = dict(given), given.get("as_of", AS_OF)
    facts.pop("as_of", None)
    policy = policy_of(shipped, facts.pop("policy", {}))
    item = item_of(facts)
    answer = lendable_value(item, policy=policy, as_of=day)
    columns = {name: [value] for name, value in attrs.asdict(item).items()}
    beside = lendable_value_columns(columns, policy=policy, as_of=day)
    assert beside.decision(0) == answer
    assert beside.status.tolist() == [answer.status]
    if answer.status == "decided":
        assert beside.lendable_fen.tolist() == [answer.outcome["lendable_fen"]]
    return plain(answer)


def ask_reasons(given, shipped):
    """Return the codes of the reasons, those about unknown facts marked with a question mark."""
    answer = lendable_value(item_of(given), policy=policy_of(shipped, {}), as_of=AS_OF)
    return [f"{one.code}{'?' if one.unknown else ''}" for one in answer.reasons]


def ask_cap(given, shipped):
    """Return the cap of a kind in the table, before any deduction."""
    return shipped["DEFAULT_POLICY"].caps.decide(given).outcome["cap_bp"]


def ask_due(given, shipped):
    """Return when an item is to be valued again, alone and in a column."""
    policy = policy_of(shipped, {})
    due = revaluation_due(item_of(given), policy=policy)
    columns = {"kind": [given["kind"]], "valued_on": [given["valued_on"]]}
    assert [due] == revaluation_due_columns(columns, policy=policy).tolist()
    return due


def ask_ltv(given, _):
    """Return principal to value in percent with two decimals."""
    return str(loan_to_value(given["principal_fen"], value_fen=given["value_fen"]).percent(2))


def ask_ltv_check(given, shipped):
    """Check a principal against the cap of an item."""
    facts = dict(given)
    principal = facts.pop("principal_fen")
    policy = policy_of(shipped, {})
    return plain(
        check_loan_to_value(item_of(facts), principal_fen=principal, policy=policy, as_of=AS_OF)
    )


def pool_of(given, shipped):
    """Return a pool of items, each the base case with other facts."""
    items = [item_of({"id": f"C{n}", **facts}) for n, facts in enumerate(given["items"], 1)]
    return value_pool(items, policy=policy_of(shipped, {}), as_of=AS_OF)


def ask_pool(given, shipped):
    """Return cover, spread and shortfall of a pool."""
    pool = pool_of(given, shipped)
    ratio = coverage(pool, exposure_fen=given["exposure_fen"])
    return {
        "lendable_fen": pool.lendable_fen,
        "coverage_percent": None if ratio is None else str(ratio.percent(1)),
        "kinds": {one.name: str(one.share.percent(1)) for one in concentration(pool)},
        "shortfall": plain(
            shortfall(pool, exposure_fen=given["exposure_fen"], fall_bp=given.get("fall_bp", 0))
        ),
    }


def ask_allocation(given, _):
    """Return who covers what, and the cut that proves that more is impossible."""
    pledges = [Pledge(**one) for one in given["pledges"]]
    found = allocate(given["items"], given["loans"], pledges=pledges)
    assert found.faults() == ()
    return {
        "covered_fen": found.covered_fen,
        "parts": [[one.item, one.loan, one.fen] for one in found.parts],
        "cut": [*found.cut_items, *found.cut_loans],
    }


ASKS = {
    "collateral.lendable_value": ask_item,
    "collateral.cap": ask_cap,
    "collateral.reasons": ask_reasons,
    "collateral.revaluation_due": ask_due,
    "collateral.loan_to_value": ask_ltv,
    "collateral.check_loan_to_value": ask_ltv_check,
    "collateral.pool": ask_pool,
    "collateral.allocate": ask_allocation,
}
