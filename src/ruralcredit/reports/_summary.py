"""The audit in a minute: plain text, first line as the rulings word it."""

from collections.abc import Sequence

from ruralcredit.guarantees import Audit, Circle, GuaranteeBook
from ruralcredit.reasons import Lang, Reason
from ruralcredit.reports._evidence import Case, rank_loops
from ruralcredit.reports._html import ReportLang, Voice, sentence
from ruralcredit.reports._mask import Mask
from ruralcredit.reports._parts import at_least, percent
from ruralcredit.reports._reading import LedgerReading
from ruralcredit.reports._words import LOOP_KINDS
from ruralcredit.values import format_yuan

__all__ = ["audit_summary", "counts_of", "excluded"]

_TOP = 5


def counts_of(result: Audit) -> dict[str, int]:
    """Return the six numbers of the first line."""
    sizes = result.clusters.member_counts
    return {
        "clusters": len(result.clusters),
        "largest": int(sizes.max()) if len(sizes) else 0,
        "loops": len(result.circles),
        "mutual": len(result.mutual_pairs),
        "groups": len(result.joint_groups),
        "undetermined": len(result.undetermined),
    }


def excluded(result: Audit) -> tuple[tuple[Reason, int], ...]:
    """Return every reason for which rows do not count, with how many rows."""
    found = [(one.reason, len(one.rows)) for one in result.exclusions]
    return tuple((reason, count) for reason, count in found if count)


def _lines(case: Case, ranked: Sequence[Circle], lang: Lang) -> list[str]:
    audit = case.audit
    day = case.book.day
    out = [sentence("first_line", lang, counts_of(audit)), sentence("structure", lang, {})]
    out.append(
        sentence("no_day", lang, {})
        if day is None
        else sentence("day_given", lang, {"day": day.isoformat()})
    )
    out += _row_lines(case, lang)
    out += _loop_lines(ranked, lang)
    if audit.hidden is None:
        out.append(sentence("hidden_unasked", lang, {}))
    else:
        out.append(sentence("sum_hidden", lang, {"hidden": len(audit.hidden)}))
    if day is not None:
        at_stake = sum(one.at_stake_fen or 0 for one in audit.lapsing)
        facts = {
            "days": audit.within_days,
            "count": len(audit.lapsing),
            "total": format_yuan(at_stake),
        }
        out.append(sentence("sum_lapsing", lang, facts))
    out.append(
        sentence(
            "sum_findings",
            lang,
            {
                "kinds": len(audit.problems),
                "rows": sum(len(one.rows) for one in audit.problems),
            },
        )
    )
    return out


def _loop_lines(ranked: Sequence[Circle], lang: Lang) -> list[str]:
    if not ranked:
        return []
    held = {
        "members": sum(len(one.members) for one in ranked),
        "contracts": sum(len(one.contracts) for one in ranked),
        "guaranteed": format_yuan(sum(one.guaranteed_fen for one in ranked)),
        "unknown": sum(one.unknown_amounts for one in ranked),
    }
    first = [f"  {at}. {_loop(one, lang)}" for at, one in enumerate(ranked[:_TOP], start=1)]
    return [sentence("sum_loops", lang, held), sentence("sum_top", lang, {}), *first]


def _row_lines(case: Case, lang: Lang) -> list[str]:
    out = []
    if case.ledger is not None:
        ledger = case.ledger
        facts: dict[str, object] = {
            "read": ledger.rows_read,
            "used": ledger.rows_used,
            "left": ledger.rows_left_out,
            "bad": len(ledger.bad_rows),
            "other": len(ledger.other_lines),
            "totals": ledger.total_rows,
        }
        out.append(sentence("rows_line", lang, facts))
    counted = {"given": len(case.book.ledger), "counted": len(case.book.rows)}
    out.append(sentence("rows_given", lang, counted))
    items = [
        sentence("rows_of", lang, {"reason": reason.text(lang), "rows": count})
        for reason, count in excluded(case.audit)
    ]
    if items:
        between = "；" if lang == "zh" else "; "
        out.append(sentence("sum_excluded", lang, {"items": between.join(items)}))
    return out


def _loop(circle: Circle, lang: Lang) -> str:
    unknown = sentence("unknown", lang, {})
    loans = circle.loans_fen
    left = circle.unknown_amounts
    nothing = left >= len(circle.contracts)
    amount = {"amount": at_least(circle.guaranteed_fen, left)}
    return sentence(
        "sum_loop",
        lang,
        {
            "id": circle.id,
            "kind": LOOP_KINDS[circle.kind][lang == "en"],
            "members": len(circle.members),
            "guaranteed": unknown if nothing else sentence("yuan", lang, amount),
            "loans": unknown if loans is None else format_yuan(loans),
            "overdue": percent(circle.overdue_fen, loans) or unknown,
            "covered": percent(circle.covered_fen, loans) or unknown,
        },
    )


def audit_summary(
    book: GuaranteeBook,
    result: Audit,
    *,
    lang: ReportLang = "both",
    ledger: LedgerReading | None = None,
) -> str:
    """Write the audit as text that is read in a minute; it names no party.

    Args:
        book: The book that was audited.
        result: What `ruralcredit.guarantees.audit` found in it.
        lang: "zh", "en" or "both" (Chinese first).
        ledger: How the ledger's file was read.

    >>> from ruralcredit.guarantees import audit
    >>> book = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "a"])
    >>> audit_summary(book, audit(book), lang="zh").splitlines()[0]
    '担保圈 1 个（最大 2 户），其中含循环担保 1 个，互保 1 对，联保小组 0 个，无法判定 0 户'
    """
    case = Case(book=book, audit=result, mask=Mask.over("none", ()), ledger=ledger)
    ranked = rank_loops(result.circles)
    pages = ["\n".join(_lines(case, ranked, one)) for one in Voice(lang).langs]
    return "\n\n".join(pages) + "\n"
