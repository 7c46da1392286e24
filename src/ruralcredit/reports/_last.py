"""The last page: files, rows, control totals, assumptions, versions, signatures."""

from collections.abc import Mapping, Sequence
from typing import Literal

import attrs

from ruralcredit.reasons import Reason
from ruralcredit.reports._binding import HeaderUse
from ruralcredit.reports._evidence import Case
from ruralcredit.reports._html import Html, Voice, esc, join, table, tag
from ruralcredit.reports._parts import heading, hidden_cells, ids, money, more, number
from ruralcredit.reports._reading import BadRow, LedgerReading
from ruralcredit.reports._schema import LEDGER, LOANS, PARTIES, RELATIONS
from ruralcredit.reports._table import FileTotal

__all__ = ["SourceFile", "last_page"]

_BAD = 200
_BRANCHES = 60
_FIELDS = {"ledger": LEDGER, "loans": LOANS, "related": RELATIONS, "parties": PARTIES}
_ZH = {role: {field.name: field.zh for field in fields} for role, fields in _FIELDS.items()}


@attrs.frozen(kw_only=True)
class SourceFile:
    """One file that a report rests on.

    Attributes:
        role: What it was read as.
        name: Its name, without folders.
        sha256: Hash of its bytes, in hex.

    >>> SourceFile(role="ledger", name="book.csv", sha256="9f2c").role
    'ledger'
    """

    role: Literal["ledger", "loans", "related", "parties", "columns"]
    name: str
    sha256: str


def _files(case: Case, sources: Sequence[SourceFile], voice: Voice) -> Html:
    rows = []
    for source in sources:
        reading = case.readings.get(source.role)
        counts = (
            [esc("—")] * 3
            if reading is None
            else [
                number(reading.rows_read),
                number(reading.rows_used),
                number(reading.rows_left_out),
            ]
        )
        rows.append(
            [
                voice.say(f"role_{source.role}"),
                esc(case.mask.text(source.name)),
                *counts,
                tag("span", esc(source.sha256), "id hash"),
            ]
        )
    heads = ("role", "file", "rows_read", "rows_used", "rows_left", "sha256")
    return table(voice, heads, rows, numbers=(2, 3, 4)) if rows else Html("")


def _bad(case: Case, bad: Sequence[tuple[str, BadRow]], voice: Voice) -> Html:
    if not bad:
        return voice.block("no_bad_rows")
    rows = [
        [
            voice.say(f"role_{role}"),
            esc(row.line),
            join((voice.reason(hidden_cells(case, why), note=False) for why in row.why), "； "),
            ids(case, row.parties, voice, 12) if row.parties else esc("—"),
        ]
        for role, row in bad[:_BAD]
    ]
    shown = table(voice, ("role", "line", "why", "parties_named"), rows, numbers=(1,))
    left = len(bad) - _BAD
    return shown if left <= 0 else join([shown, tag("p", more(left, voice), "note")])


def _controls(case: Case, ledger: LedgerReading, voice: Voice) -> Html:
    totals = ledger.control_totals
    rows = [
        [
            voice.say("branch_unknown") if one.name is None else esc(case.mask.text(one.name)),
            number(one.rows_read),
            number(one.rows_used),
            money(one.read_fen, voice),
            money(one.used_fen, voice),
            number(one.unknown_amounts),
        ]
        for one in totals[:_BRANCHES]
    ]
    foot = [
        voice.say("all_rows"),
        number(sum(one.rows_read for one in totals)),
        number(sum(one.rows_used for one in totals)),
        money(sum(one.read_fen for one in totals), voice),
        money(sum(one.used_fen for one in totals), voice),
        number(sum(one.unknown_amounts for one in totals)),
    ]
    heads = ("branch_one", "rows_read", "rows_used", "amount_read", "amount_used")
    left = len(totals) - _BRANCHES
    return join(
        [
            heading(3, voice, "control_totals"),
            voice.block("control_note", "note"),
            table(
                voice,
                (*heads, "unknown_amounts"),
                rows,
                numbers=(1, 2, 3, 4, 5),
                foot=foot,
            ),
            tag("p", more(left, voice), "note") if left > 0 else Html(""),
        ]
    )


def _file_totals(case: Case, totals: Sequence[tuple[str, FileTotal]], voice: Voice) -> Html:
    if not totals:
        return Html("")
    rows = [
        [
            voice.say(f"role_{role}"),
            esc(one.line),
            esc(case.mask.text(one.label)),
            money(one.stated_fen, voice),
            money(one.read_fen, voice),
            money(one.difference_fen, voice),
        ]
        for role, one in totals[:_BRANCHES]
    ]
    heads = ("role", "line", "label", "stated", "summed", "difference")
    return join(
        [heading(3, voice, "file_totals"), table(voice, heads, rows, numbers=(1, 3, 4, 5))]
    )


def _headers(case: Case, voice: Voice) -> Html:
    parts = []
    for role, reading in case.readings.items():
        said = [
            tag("div", join([esc(f"{use.header} → "), _use(use, _ZH[role], voice)]))
            for use in reading.header_map
            if use.header.strip()
        ]
        if said:
            parts += [heading(4, voice, f"role_{role}"), tag("div", join(said), "heads")]
    return join([heading(3, voice, "headers"), *parts]) if parts else Html("")


def _use(use: HeaderUse, names: Mapping[str, str], voice: Voice) -> Html:
    if use.column is None:
        return tag("span", voice.say("header_unused"), "dim")
    unit = esc(f" [{use.unit}]" if use.unit else "")
    return join([tag("b", voice.pair(names[use.column], use.column)), unit])


def _assumed(case: Case, reasons: Sequence[Reason], voice: Voice) -> Html:
    said = [
        tag(
            "li",
            join(
                [
                    tag("span", esc(reason.code), "id dim"),
                    esc(" "),
                    voice.reason(hidden_cells(case, reason)),
                    *(
                        tag("div", voice.pair(figure.text("zh"), figure.text("en")), "note")
                        for figure in reason.figures
                    ),
                ]
            ),
        )
        for reason in reasons
    ]
    if not said:
        return Html("")
    return join([heading(3, voice, "assumptions"), tag("ul", join(said), "assumed")])


def last_page(
    case: Case,
    voice: Voice,
    *,
    sources: Sequence[SourceFile],
    versions: Mapping[str, str],
    assumptions: Sequence[Reason],
) -> Html:
    """Write the last page, which an auditor signs."""
    known = case.readings
    bad = [(role, row) for role, reading in known.items() for row in reading.bad_rows]
    totals = [(role, one) for role, reading in known.items() for one in reading.file_totals]
    asked = case.book.day
    facts = [
        (voice.say("as_of"), voice.say("not_known") if asked is None else esc(asked.isoformat())),
        (voice.say("digest"), tag("span", esc(case.book.digest), "id")),
        *((esc(name), esc(version)) for name, version in versions.items()),
    ]
    parts = [
        heading(2, voice, "sign_off", "fresh"),
        heading(3, voice, "sources"),
        _files(case, sources, voice),
    ]
    if known:
        parts += [heading(3, voice, "bad_rows"), _bad(case, bad, voice)]
    ledger = case.ledger
    if ledger is not None:
        if ledger.other_lines:
            lines = ", ".join(str(line) for line in ledger.other_lines[:_BAD])
            tail = " …" if len(ledger.other_lines) > _BAD else ""
            parts.append(voice.block("other_lines", "note", lines=lines + tail))
        parts.append(_controls(case, ledger, voice))
    parts += [_file_totals(case, totals, voice), _headers(case, voice)]
    signs = ("auditor", "reviewer", "signed_on")
    parts += [
        _assumed(case, assumptions, voice),
        heading(3, voice, "versions"),
        tag(
            "dl",
            join(tag("div", join([tag("dt", name), tag("dd", value)])) for name, value in facts),
            "facts",
        ),
        voice.block("not_opinion", "note"),
        tag("div", join(tag("div", voice.say(key)) for key in signs), "sign"),
    ]
    return join(parts)
