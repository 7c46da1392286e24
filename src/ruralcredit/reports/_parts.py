"""Small pieces that several pages of the report share."""

import datetime
from collections.abc import Iterable

import attrs

from ruralcredit.reasons import Lang, Reason
from ruralcredit.reports._evidence import Arc, Case, PartyId
from ruralcredit.reports._html import Html, Voice, esc, join, sentence, tag
from ruralcredit.values import Ratio, format_yuan

_OURS = frozenset({"column", "known"})  # facts that hold a header or words of ours

__all__ = [
    "arc_words",
    "at_least",
    "day",
    "guaranteed",
    "heading",
    "hidden_cells",
    "ids",
    "money",
    "more",
    "number",
    "percent",
    "share",
]


def number(value: int) -> Html:
    """Write a count."""
    return esc(f"{value:,}")


def money(fen: int | None, voice: Voice) -> Html:
    """Write an amount in yuan; unknown is said, never zero."""
    return voice.say("unknown") if fen is None else esc(format_yuan(fen))


def guaranteed(fen: int, unknown: int, contracts: int, voice: Voice) -> Html:
    """Write what contracts guarantee: at least the known amounts where some are unknown."""
    if unknown and unknown >= contracts:
        return voice.say("unknown")
    return esc(at_least(fen, unknown))


def at_least(fen: int, unknown: int) -> str:
    """Return a sum in yuan, marked as a least where it leaves something out."""
    return f"≥ {format_yuan(fen)}" if unknown else format_yuan(fen)


def percent(part: int | None, whole: int | None) -> str | None:
    """Return a share in percent with one decimal, None where it is unknown."""
    if part is None or not whole:
        return None
    return f"{Ratio(part, whole).percent(1)}%"


def share(part: int | None, whole: int | None) -> Html:
    """Write a share, a dash where it is unknown."""
    return esc(percent(part, whole) or "—")


def day(value: datetime.date | None, voice: Voice, blank: str = "not_known") -> Html:
    """Write a day, or why there is none."""
    return voice.say(blank) if value is None else tag("span", esc(value.isoformat()), "keep")


def ids(case: Case, parties: Iterable[PartyId], voice: Voice, most: int = 60) -> Html:
    """Write parties one after another, masked, and how many more there are."""
    every = list(parties)
    shown = join((tag("span", esc(case.mask.party(one)), "id") for one in every[:most]), ", ")
    left = len(every) - most
    return shown if left <= 0 else join([shown, more(left, voice)], " ")


def more(count: int, voice: Voice) -> Html:
    """Say how many are not listed."""
    return tag("span", voice.say("more_rows", count=f"{count:,}"), "dim")


def heading(level: int, voice: Voice, key: str, css: str = "", **facts: object) -> Html:
    """Write a heading; one of the second level is an anchor too."""
    anchor = {"id": key} if level == 2 else {}
    return tag(f"h{level}", voice.say(key, **facts), css, **anchor)


def hidden_cells(case: Case, reason: Reason) -> Reason:
    """Return a reason in which what the file says is quoted only as the mask allows."""
    values = {
        name: case.mask.cell(value) if isinstance(value, str) and name not in _OURS else value
        for name, value in reason.values.items()
    }
    return attrs.evolve(reason, values=values)


def arc_words(case: Case, arc: Arc, voice: Voice) -> Html:
    """Say one guarantee in words, with its contract, amount, days and source line."""
    return voice.rich("step", {lang: _arc_facts(case, arc, lang) for lang in voice.langs})


def _arc_facts(case: Case, arc: Arc, lang: Lang) -> dict[str, Html]:
    place = "step_row" if case.ledger is None else "step_line"
    unknown = sentence("unknown", lang, {})
    amount = sentence("no_amount", lang, {})
    if arc.amount_fen is not None:
        amount = sentence("yuan", lang, {"amount": format_yuan(arc.amount_fen)})
    contract = case.contract(arc.contract) or sentence("no_contract", lang, {})
    return {
        "guarantor": tag("b", esc(case.mask.party(arc.guarantor)), "id"),
        "borrower": tag("b", esc(case.mask.party(arc.borrower)), "id"),
        "contract": tag("span", esc(contract), "id"),
        "amount": tag("span", esc(amount), "keep"),
        "starts": tag("span", esc(arc.starts_on or unknown), "keep"),
        "due": tag("span", esc(arc.debt_due_on or unknown), "keep"),
        "line": tag("span", esc(sentence(place, lang, {"line": case.line(arc.row)})), "keep"),
    }
