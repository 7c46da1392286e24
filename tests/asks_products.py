"""How the golden cases of `products` are asked, with the shipped values as an argument."""

import datetime

from ruralcredit.errors import CreditError
from ruralcredit.products import (
    ADMISSION,
    DEALER_AND_GUARANTOR,
    DEMAND_COVERAGE,
    GOVERNMENT_BANK_GUARANTOR,
    HEAD_OFFICE_4222,
    HEAD_OFFICE_4321,
    LOOK_BACK,
    POSITIONING,
    PRICING,
    PRODUCTS,
    PURPOSE_CHANNEL,
    REFERRERS,
    SPECIAL_PRODUCTS,
    KeptPeriod,
    LoanCosts,
    LoanTerms,
    Lpr,
    ReferrerAccount,
    admit,
    branch_focus,
    check_coverage,
    check_referrer,
    check_special_products,
    look_back,
    plan_assistance,
    plan_claw_back,
    price,
    product_cell,
    product_class,
    settle_referrer,
    split_loss,
)
from ruralcredit.values import Ratio, yuan

SHIPPED = {
    "PRODUCTS": PRODUCTS,
    "PURPOSE_CHANNEL": PURPOSE_CHANNEL,
    "POSITIONING": POSITIONING,
    "SPECIAL_PRODUCTS": SPECIAL_PRODUCTS,
    "DEMAND_COVERAGE": DEMAND_COVERAGE,
    "LOOK_BACK": LOOK_BACK,
    "ADMISSION": ADMISSION,
    "PRICING": PRICING,
    "HEAD_OFFICE_4222": HEAD_OFFICE_4222,
    "HEAD_OFFICE_4321": HEAD_OFFICE_4321,
    "GOVERNMENT_BANK_GUARANTOR": GOVERNMENT_BANK_GUARANTOR,
    "DEALER_AND_GUARANTOR": DEALER_AND_GUARANTOR,
    "REFERRERS": REFERRERS,
}

DAY = datetime.date(2026, 1, 1)
COSTS = ("funding_ppm", "operating_ppm", "expected_loss_ppm", "capital_ppm")


def told(decision):
    """Return a decision as a reader of the file writes it."""
    if decision.status == "decided":
        outcome = decision.outcome
        return outcome if isinstance(outcome, str) else dict(outcome)
    return {"status": decision.status, **({"ask": list(decision.ask)} if decision.ask else {})}


def with_reasons(decision):
    """Return a verdict with the rules it comes from."""
    return {"verdict": told(decision), "rules": list(decision.rows)}


def fen(amount):
    """Return an amount of the file, in yuan, as fen."""
    return None if amount is None else yuan(str(amount))


def yuan_of(parts):
    """Return parts in fen as yuan, whole where they are."""
    return {name: part // 100 if part % 100 == 0 else part / 100 for name, part in parts.items()}


def guarded(ask):
    """Return a question whose refusals are answers too."""

    def guard(given, shipped):
        try:
            return ask(given, shipped)
        except CreditError:
            return "refused as input"

    return guard


def class_of(given, shipped):
    """Class a product."""
    return told(
        product_class(
            given.get("line"),
            given.get("security"),
            product=given.get("product"),
            policy=shipped["PRODUCTS"],
        )
    )


def matrix_size(_given, shipped):
    """Count the classes of the matrix."""
    policy = shipped["PRODUCTS"]
    lines, securities = (len(field.values) for field in policy.matrix.fields)
    classes = {row.then["class"] for row in policy.matrix.rows}
    return {"lines": lines, "securities": securities, "classes": len(classes)}


def grid_size(_given, shipped):
    """Count the cells of the grid."""
    grid = shipped["PURPOSE_CHANNEL"]
    return [*(len(field.values) for field in grid.fields), len(grid.rows)]


def product_list(given, shipped):
    """Return a list of the catalogue with the kinds of its products."""
    found = shipped["PRODUCTS"].catalogue.listed(given["list"])
    return {"count": len(found), **{product.zh: product.kind for product in found}}


def cell(given, shipped):
    """Return a product's cell."""
    return told(
        product_cell(given["purpose"], given["channel"], policy=shipped["PURPOSE_CHANNEL"])
    )


def focus(given, shipped):
    """Say whether a loan is in its branch's focus; amounts in fen, to stand beside the edge."""
    facts = dict(given)
    branch, business = facts.pop("branch"), facts.pop("business")
    return told(branch_focus(branch, business, **facts, policy=shipped["POSITIONING"]))


def special(given, shipped):
    """Check the number of special products."""
    return told(check_special_products(given["count"], policy=shipped["SPECIAL_PRODUCTS"]))


def coverage(given, shipped):
    """Check the demand covered."""
    covered, demand = given["covered"], given["demand"]
    return told(check_coverage(covered, demand, policy=shipped["DEMAND_COVERAGE"]))


def admission(given, shipped):
    """Check an application; unless the case says so, nothing speaks against it."""
    facts = {name: value for name, value in {**CLEAN, **given}.items() if value != "left out"}
    return with_reasons(admit(facts, policy=shipped["ADMISSION"], as_of=DAY))


CLEAN = {
    "stage": "risk_check",
    "customer_kind": "person",
    "age_years": 40,
    "is_judgment_debtor": False,
    "is_blacklisted": False,
    "overdue_days": 0,
    "is_in_service_area": True,
    "purpose": "consumption",
    "operating_months": 60,
    "annual_rate_bp": 600,
    "floor_bp": 400,
    "amount_fen": 100_000_00,
    "cap_fen": 300_000_00,
    "channel": "offline",
    "product": "white_collar_loan",
    "is_diligence_done": False,
}


def back(given, shipped):
    """Look back on equal loans."""
    count = given.get("loans", 1)
    columns = {name: [value] * count for name, value in given.items() if name != "loans"}
    columns.setdefault("launched_on", [datetime.date(2023, 6, 1)] * count)
    found = look_back(columns, policy=shipped["LOOK_BACK"], as_of=DAY)
    answer = {"in_scope": found.in_scope, "out_of_scope": found.out_of_scope}
    for by in ("term", "limit"):
        column = {"term": "term_months", "limit": "limit_fen"}[by]
        if column in given:
            answer[by] = [cell.labels[0] for cell in found.cells_of(by)]
    if "security" in given:
        answer["small"] = [cell.is_small for cell in found.cells_of("security")]
    return answer


def book(given, shipped):
    """Look back on a small book and print the cells of one dimension."""
    found = look_back(given["loans"], policy=shipped["LOOK_BACK"], as_of=given["as_of"])
    return [
        {
            "cell": cell.labels[0],
            "loans": cell.loans,
            "balance": cell.balance_fen // 100,
            "npl": [cell.npl.part, cell.npl.whole],
            "npl_yuan": [cell.npl_fen.part // 100, cell.npl_fen.whole // 100],
            "overdue": [cell.overdue.part, cell.overdue.whole],
            "passed": cell.passed and [cell.passed.part, cell.passed.whole],
            "small": cell.is_small,
        }
        for cell in found.cells_of(given["by"])
    ]


TERMS = {
    "entity": "micro_firm",
    "term_months": 12,
    "security": "guaranteed",
    "contribution": "some",
}


def agreed(given, shipped):
    """Return the price of a case: cheap to make, one-year and five-year quotes, a fixed day."""
    facts = dict(given)
    costs = facts.pop("costs_ppm", (0, 0, 0, 0))
    share = facts.pop("deposit_share_bp", None)
    as_of = facts.pop("as_of", DAY)
    quotes = {"1Y": facts.pop("lpr_1y", 345), "5Y": facts.pop("lpr_5y", 420)}
    return price(
        LoanTerms(**{**TERMS, **facts}),
        lpr=[Lpr(tenor=tenor, quoted_on=as_of, rate_bp=bp) for tenor, bp in quotes.items()],
        costs=LoanCosts(**dict(zip(COSTS, costs, strict=True))),
        conditions=None if share is None else {"deposit_share_bp": share},
        policy=shipped["PRICING"],
        as_of=as_of,
    )


def priced(given, shipped):
    """Return a price as its steps and its rates."""
    found = agreed(given, shipped)
    if found.status != "decided":
        return {"status": found.status, **({"ask": list(found.ask)} if found.ask else {})}
    return {
        "steps": {step.name: step.points_bp for step in found.steps},
        "floor": found.floor_bp,
        "rate": found.rate_bp,
    }


def rate_only(given, shipped):
    """Return only the rate of a price."""
    found = agreed(given, shipped)
    return found.rate_bp if found.status == "decided" else {"status": found.status}


def told_price(given, shipped):
    """Return what a price tells beside its steps."""
    found = agreed(given, shipped)
    return {
        "lpr": [found.lpr.tenor, found.lpr.rate_bp],
        "annualised": found.annualised_bp,
        "next_repricing_on": found.next_repricing_on,
    }


def claw_back(given, shipped):
    """Return what is clawed back of a discount."""
    found = plan_claw_back(
        agreed(given["price"], shipped),
        [
            KeptPeriod(
                from_on=one["from"],
                to_on=one["to"],
                balance_fen=fen(one["balance"]),
                conditions={"deposit_share_bp": one["deposit_share_bp"]},
            )
            for one in given["kept"]
        ],
        policy=shipped["PRICING"],
        as_of=given["as_of"],
    )
    if found.status != "decided":
        return {"status": found.status, "ask": list(found.ask)}
    return [
        {
            "from": one.from_on,
            "due": one.to_on,
            "lost": one.lost_bp,
            "rate": one.rate_bp,
            "fen": one.amount_fen,
        }
        for one in found.periods
    ]


def split(given, shipped):
    """Split a loss, all amounts in yuan."""
    found = split_loss(
        fen(given["loss"]),
        shipped[given.get("arrangement", "HEAD_OFFICE_4222")],
        batch_fen=fen(given.get("batch")),
        claimed_fen=fen(given.get("claimed")),
    )
    if found.status != "decided":
        return {"status": found.status, "ask": list(found.ask)}
    return yuan_of(found.parts)


def settlement(given, shipped):
    """Settle with a referrer, all amounts in yuan."""
    bad, referred = given.get("pool", (0, 10))
    found = settle_referrer(
        ReferrerAccount(
            interest_received_fen=fen(given["interest"]),
            loss_fen=fen(given["loss"]),
            recovered_fen=fen(given.get("recovered", 0)),
            commission_paid_fen=fen(given.get("commission_paid")),
            is_licensed=given.get("licensed"),
            pool=Ratio(bad, referred),
        ),
        policy=shipped["REFERRERS"],
    )
    if found.status != "decided":
        return {"status": found.status, "ask": list(found.ask)}
    return yuan_of(
        {
            "gain": found.gain_fen,
            "borne": found.borne_fen,
            "bank": found.bank_fen,
            "net": found.net_fen,
            "payout": found.payout_fen,
            "held": found.held_fen,
            "claw_back": found.claw_back_fen,
        }
    )


def referrer(given, shipped):
    """Check who may be a referrer."""
    return with_reasons(check_referrer(given, policy=shipped["REFERRERS"], as_of=DAY))


def assistance(given, shipped):
    """Plan a referrer's help."""
    found = plan_assistance(
        given["loan"],
        referrer="R1",
        consented=given["consented"],
        policy=shipped["REFERRERS"],
        as_of=given["as_of"],
    )
    return {
        "task": found.is_due,
        "due_on": found.due_on,
        "shown": sorted(found.facts),
        "withheld": found.withheld,
    }


ASKS = {
    "products.product_class": guarded(class_of),
    "products.matrix_size": matrix_size,
    "products.grid_size": grid_size,
    "products.list": product_list,
    "products.product_cell": cell,
    "products.branch_focus": guarded(focus),
    "products.special_products": guarded(special),
    "products.coverage": guarded(coverage),
    "products.admit": guarded(admission),
    "products.look_back": guarded(back),
    "products.look_back_book": book,
    "products.price": guarded(priced),
    "products.rate": guarded(rate_only),
    "products.told_price": told_price,
    "products.claw_back": claw_back,
    "products.split_loss": split,
    "products.settle_referrer": settlement,
    "products.check_referrer": referrer,
    "products.assistance": assistance,
}
