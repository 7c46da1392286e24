"""How the golden cases of `limits` are asked, with the shipped values as an argument."""

from ruralcredit.errors import CreditError
from ruralcredit.limits import CLOSE_OR_COMPROMISE, PRUDENT, Assessment, reconcile
from ruralcredit.values import format_yuan, yuan

SHIPPED = {
    "CLOSE_OR_COMPROMISE": CLOSE_OR_COMPROMISE,
    "PRUDENT": PRUDENT,
}


def form(assessor, said):
    """Return a form: an amount in yuan, a state, or a mapping of facts."""
    if isinstance(said, dict):
        facts = {**said}
        amount = facts.pop("yuan", None)
        return Assessment(assessor, None if amount is None else yuan(amount), **facts)
    if isinstance(said, str) and not said[0].isdigit():
        return Assessment(assessor, state=said)
    return Assessment(assessor, yuan(said))


def reconciled(given, shipped):
    """Reconcile the forms of one household; amounts in yuan."""
    forms = [
        form(assessor, one)
        for assessor, said in given["forms"].items()
        for one in (said if isinstance(said, list) else [said])
    ]
    caps = {
        name: None if cap is None else yuan(cap) for name, cap in given.get("caps", {}).items()
    }
    try:
        found = reconcile(
            forms,
            rule=shipped[given.get("rule", "CLOSE_OR_COMPROMISE")],
            caps_fen=caps,
            relations=[tuple(one) for one in given.get("relations", ())],
            reserves=given.get("reserves", ()),
            as_of=given.get("as_of"),
        )
    except CreditError:
        return "refused as input"
    return told(found)


def told(decision):
    """Return a decision as a reader of the file writes it."""
    reasons = list(dict.fromkeys(reason.code for reason in decision.reasons))
    if decision.status != "decided":
        asked = {"ask": list(decision.ask)} if decision.ask else {}
        return {"status": decision.status, "reasons": reasons, **asked}
    return {
        "limit": format_yuan(decision.outcome["limit_fen"]).removesuffix(".00"),
        "method": decision.outcome["method"],
        "reasons": reasons,
    }


ASKS = {
    "limits.reconcile": reconciled,
}
