"""The audit report as one self-contained HTML page, first page to signature."""

from collections.abc import Mapping, Sequence

from ruralcredit.guarantees import Audit, Circle, GuaranteeBook
from ruralcredit.reasons import Lang, Reason
from ruralcredit.reports._chapters import (
    clusters_chapter,
    findings_chapter,
    groups_chapter,
    lapsing_chapter,
    shapes_chapter,
    undetermined_chapter,
)
from ruralcredit.reports._evidence import Case, make_case, rank_loops
from ruralcredit.reports._html import (
    STYLE,
    Html,
    ReportLang,
    Voice,
    esc,
    join,
    sentence,
    table,
    tag,
)
from ruralcredit.reports._last import SourceFile, last_page
from ruralcredit.reports._loops import hidden_chapter, loops_chapter
from ruralcredit.reports._mask import Mask, MaskWord
from ruralcredit.reports._parts import guaranteed, heading, number
from ruralcredit.reports._reading import LedgerReading, TableReading
from ruralcredit.reports._reasons import NO_DAY_ASKED
from ruralcredit.reports._summary import counts_of, excluded
from ruralcredit.reports._words import WORDS

__all__ = ["audit_report"]

_ASSUMED = frozenset({"GUA-040", "GUA-041", "GUA-042"})
"""Findings about rows where a day or a period is unknown: what the book then assumes."""

_CHAPTERS = (
    "clusters",
    "loops",
    "hidden",
    "groups",
    "hubs",
    "chains",
    "lapsing",
    "findings",
    "undetermined",
    "sign_off",
)


def _tiles(case: Case, ranked: Sequence[Circle], voice: Voice) -> Html:
    counts = counts_of(case.audit)
    known = sum(one.guaranteed_fen for one in ranked)
    unknown = sum(one.unknown_amounts for one in ranked)
    contracts = sum(len(one.contracts) for one in ranked)
    parties = sum(len(one.members) for one in ranked)
    hidden = esc("—") if case.audit.hidden is None else number(len(case.audit.hidden))
    tiles = [
        (number(counts["clusters"]), voice.say("clusters_counted")),
        (number(counts["largest"]), voice.say("largest_cluster")),
        (number(counts["loops"]), voice.say("loops_counted")),
        (number(parties), voice.say("parties_in_loops")),
        (number(counts["mutual"]), voice.say("mutual_counted")),
        (number(counts["groups"]), voice.say("groups_counted")),
        (hidden, voice.say("hidden_counted")),
        (number(counts["undetermined"]), voice.say("undetermined_counted")),
    ]
    inside = join(
        tag("div", join([tag("b", value), tag("span", label)])) for value, label in tiles
    )
    total = tag(
        "p",
        join(
            [
                voice.say("loop_guaranteed"),
                voice.colon,
                guaranteed(known, unknown, contracts, voice),
                Html(" · "),
                voice.say("unit_yuan"),
            ]
        ),
        "note",
    )
    return join([tag("div", inside, "tiles"), total if ranked else Html("")])


def _exclusions(case: Case, voice: Voice) -> Html:
    found = excluded(case.audit)
    parts = [heading(3, voice, "exclusions")]
    if not found:
        return join([*parts, voice.block("no_rows")])
    rows = [
        [tag("span", esc(reason.code), "id keep"), voice.reason(reason), number(count)]
        for reason, count in found
    ]
    return join(
        [
            *parts,
            table(voice, ("loop_id", "reason", "rows"), rows, numbers=(2,), css="small"),
        ]
    )


def _rows_read(case: Case, voice: Voice) -> Html:
    ledger = case.ledger
    facts: dict[str, object] = {
        "given": f"{len(case.book.ledger):,}",
        "counted": f"{len(case.book.rows):,}",
    }
    if ledger is None:
        return voice.block("rows_given", "note", **facts)
    facts |= {
        "read": f"{ledger.rows_read:,}",
        "used": f"{ledger.rows_used:,}",
        "left": f"{ledger.rows_left_out:,}",
        "bad": f"{len(ledger.bad_rows):,}",
        "other": f"{len(ledger.other_lines):,}",
        "totals": f"{ledger.total_rows:,}",
    }
    return join(
        tag(
            "p",
            esc(" ".join(sentence(key, lang, facts) for key in ("rows_line", "rows_given"))),
            f"note {lang}",
            lang=lang,
        )
        for lang in voice.langs
    )


def _first_page(
    case: Case, ranked: Sequence[Circle], voice: Voice, sources: Sequence[SourceFile]
) -> Html:
    day = case.book.day
    names = ", ".join(case.mask.text(one.name) for one in sources if one.role == "ledger")
    meta = [
        (voice.say("as_of"), esc("—" if day is None else day.isoformat())),
        *([(voice.say("ledger"), esc(names))] if names else []),
        (voice.say("mask"), voice.say(f"mask_{case.mask.how}")),
        (voice.say("digest"), tag("span", esc(case.book.digest), "id")),
    ]
    nav = join(
        tag("li", tag("a", voice.say(key, days=case.audit.within_days), href=f"#{key}"))
        for key in _CHAPTERS
    )
    return join(
        [
            tag("h1", voice.say("title")),
            tag(
                "div",
                join(
                    tag("span", join([name, voice.colon, tag("b", value)])) for name, value in meta
                ),
                "meta",
            ),
            tag("div", voice.block("first_line", **_written(counts_of(case.audit))), "lead"),
            tag("div", join(_creed(lang) for lang in voice.langs), "creed"),
            voice.block("no_day", "warn") if day is None else Html(""),
            _tiles(case, ranked, voice),
            _rows_read(case, voice),
            _exclusions(case, voice),
            tag("nav", join([heading(3, voice, "contents"), tag("ol", nav)])),
        ]
    )


def _creed(lang: Lang) -> Html:
    first = tag("b", esc(sentence("structure", lang, {})))
    more = esc(f" {sentence('structure_more', lang, {})}")
    return tag("p", join([first, more]), lang, lang=lang)


def _written(counts: Mapping[str, int]) -> dict[str, str]:
    return {name: f"{count}" for name, count in counts.items()}


def audit_report(
    book: GuaranteeBook,
    result: Audit,
    *,
    lang: ReportLang = "both",
    mask: Mask | MaskWord = "persons",
    ledger: LedgerReading | None = None,
    loans: TableReading | None = None,
    related: TableReading | None = None,
    parties: TableReading | None = None,
    sources: Sequence[SourceFile] = (),
    versions: Mapping[str, str] | None = None,
    detail: int = 60,
) -> str:
    """Write the audit of a guarantee book as one HTML page that prints on A4.

    The page needs nothing else: no script, no font, no picture from outside.  Every text
    from the data is escaped, and masked as asked.

    Args:
        book: The book that was audited.
        result: What `ruralcredit.guarantees.audit` found in it.
        lang: "zh", "en" or "both".
        mask: Whose ids are replaced by pseudonyms: "persons", "all" or "none"; or a mask
            from `make_mask`, so that page and tables name a party alike.
        ledger: How the ledger's file was read: rows left out, control totals, source lines.
        loans: How the file of loans was read.
        related: How the file of related parties was read.
        parties: How the file of parties was read.
        sources: The files, with their hashes, for the last page.
        versions: Programs and their versions, for the last page.
        detail: How many closed loops are drawn one by one.

    Returns:
        The page as text.

    >>> from ruralcredit.guarantees import audit
    >>> book = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "a"])
    >>> page = audit_report(book, audit(book), lang="zh")
    >>> "环是结构，不等于违规" in page and "<script" not in page
    True
    """
    voice = Voice(lang)
    case = make_case(
        book, result, mask=mask, ledger=ledger, loans=loans, related=related, parties=parties
    )
    ranked = rank_loops(result.circles)
    body = join(
        [
            _first_page(case, ranked, voice, sources),
            clusters_chapter(case, voice),
            loops_chapter(case, ranked, voice, detail),
            hidden_chapter(case, result.relations, voice, detail),
            groups_chapter(case, voice),
            shapes_chapter(case, voice),
            lapsing_chapter(case, voice),
            findings_chapter(case, voice),
            undetermined_chapter(case, voice),
            last_page(
                case,
                voice,
                sources=sources,
                versions=versions or {},
                assumptions=_assumptions(case),
            ),
        ]
    )
    title = " · ".join(WORDS["title"][one == "en"] for one in voice.langs)
    language = "en" if lang == "en" else "zh-CN"
    css = "en-only" if lang == "en" else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{esc(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f'<body class="{css}">\n<main>\n{body}\n</main>\n</body>\n</html>\n'
    )


def _assumptions(case: Case) -> tuple[Reason, ...]:
    """Gather what reading the files and counting the rows has assumed, each once."""
    found: list[Reason] = [NO_DAY_ASKED] if case.book.day is None else []
    if case.ledger is not None and case.parties is not None:
        found += case.ledger.with_parties(case.parties).assumptions
    for reading in case.readings.values():
        found += reading.assumptions
    found += [one.reason for one in case.audit.problems if one.reason.code in _ASSUMED]
    return tuple(dict.fromkeys(found))
