"""The chapters on closed loops: ranking, evidence in words and drawing, hidden ones."""

from collections.abc import Sequence

from ruralcredit.guarantees import Circle, Relations, Step
from ruralcredit.reports._evidence import Case, arcs_of, tie_kind
from ruralcredit.reports._figures import Drawing, draw_loop, path_of
from ruralcredit.reports._html import Html, Voice, esc, join, sentence, table, tag
from ruralcredit.reports._parts import (
    arc_words,
    day,
    guaranteed,
    heading,
    ids,
    money,
    more,
    number,
    share,
)
from ruralcredit.reports._words import LOOP_KINDS, RELATIONS
from ruralcredit.reports._worth import break_of, worth_of

__all__ = ["hidden_chapter", "loops_chapter"]

_LISTED = 200
_STEPS = 12
_OTHERS = 30
_SPANS = ("branch", "officer", "region", "lender")


def _kind(circle: Circle, voice: Voice) -> Html:
    mark = tag("span", voice.say("intra_group"), "badge") if circle.is_intra_group else Html("")
    return tag("span", join([voice.word(LOOP_KINDS[circle.kind]), mark]), "two")


def _guaranteed(circle: Circle, voice: Voice) -> Html:
    contracts = len(circle.contracts)
    return guaranteed(circle.guaranteed_fen, circle.unknown_amounts, contracts, voice)


def _ranking(circles: Sequence[Circle], voice: Voice) -> Html:
    rows = [
        [
            number(at),
            tag("span", esc(circle.id), "id keep"),
            _kind(circle, voice),
            number(len(circle.members)),
            number(len(circle.contracts)),
            _guaranteed(circle, voice),
            money(circle.loans_fen, voice),
            share(circle.overdue_fen, circle.loans_fen),
            share(circle.covered_fen, circle.loans_fen),
            day(circle.ends_on, voice, "stays"),
        ]
        for at, circle in enumerate(circles[:_LISTED], start=1)
    ]
    heads = ("rank", "loop_id", "kind", "members", "contracts", "guaranteed", "loans")
    shown = table(
        voice,
        (*heads, "overdue_share", "covered_share", "ends_on"),
        rows,
        numbers=(0, 3, 4, 5, 6, 7, 8),
        css="dense",
    )
    left = len(circles) - _LISTED
    return shown if left <= 0 else join([shown, tag("p", more(left, voice), "note")])


def _span(case: Case, circle: Circle, name: str, voice: Voice) -> Html:
    values = [str(value) for value in circle.span(name)]
    if name == "officer":
        values = [case.mask.party(value) for value in values]
    shown = esc("、".join(values[:4]) or "—")
    if len(values) <= 4:
        return shown
    return join([shown, voice.say("span_of", count=len(values))], " ")


def _facts(case: Case, circle: Circle, voice: Voice) -> Html:
    closing = [case.contract(one) for one in circle.closed_by]
    pairs: list[tuple[str, Html]] = [
        ("guaranteed", _guaranteed(circle, voice)),
        ("loans", money(circle.loans_fen, voice)),
        ("covered", money(circle.covered_fen, voice)),
        ("overdue", money(circle.overdue_fen, voice)),
        ("contracts", number(len(circle.contracts))),
        ("unknown_amounts", number(circle.unknown_amounts)),
        ("closed_on", day(circle.closed_on, voice)),
        ("ends_on", day(circle.ends_on, voice, "stays")),
        ("closed_by", esc("、".join(closing[:4]) + (" …" if len(closing) > 4 else "") or "—")),
    ]
    pairs += [
        (name, _span(case, circle, name, voice))
        for name in _SPANS
        if name in case.book.ledger.facts
    ]
    return tag(
        "dl",
        join(
            tag("div", join([tag("dt", voice.say(key)), tag("dd", value)])) for key, value in pairs
        ),
        "facts",
    )


def _tie_words(case: Case, step: Step, relations: Relations | None, voice: Voice) -> Html:
    line = step.row if case.related is None else case.related.lines[step.row]
    place = "tie_row" if case.related is None else "tie_line"
    kind = ("", "") if relations is None else RELATIONS[tie_kind(relations, step)]
    return voice.rich(
        "step_tie",
        {
            lang: {
                "a": tag("b", esc(case.mask.party(step.source)), "id"),
                "b": tag("b", esc(case.mask.party(step.target)), "id"),
                "kind": esc(kind[lang == "en"]),
                "line": tag("span", esc(sentence(place, lang, {"line": line})), "keep"),
            }
            for lang in voice.langs
        },
    )


def _path(case: Case, path: Sequence[Step], relations: Relations | None, voice: Voice) -> Html:
    rows = {step.row for step in path if step.kind == "guarantee"}
    arcs = {arc.row: arc for arc in arcs_of(case.book, sorted(rows))}

    def item(at: int) -> Html:
        step = path[at]
        said = (
            arc_words(case, arcs[step.row], voice)
            if step.kind == "guarantee"
            else _tie_words(case, step, relations, voice)
        )
        return tag("li", said, value=str(at + 1))

    if len(path) <= 2 * _STEPS:
        return tag("ol", join(item(at) for at in range(len(path))), "path")
    note = voice.say("long_path", count=len(path), shown=_STEPS)
    ends = [*range(_STEPS), *range(len(path) - _STEPS, len(path))]
    return join([tag("p", note, "note"), tag("ol", join(item(at) for at in ends), "path")])


def _others(case: Case, circle: Circle, path: Sequence[Step], voice: Voice) -> Html:
    """List the guarantees inside a loop that its evidence path does not use."""
    used = {step.row for step in path if step.kind == "guarantee"}
    rows = [int(row) for row in circle.rows if int(row) not in used]
    if not rows:
        return Html("")
    cells = [
        [
            tag("span", esc(case.mask.party(arc.guarantor)), "id"),
            tag("span", esc(case.mask.party(arc.borrower)), "id"),
            tag("span", esc(case.contract(arc.contract) or "—"), "id"),
            money(arc.amount_fen, voice),
            day(arc.debt_due_on, voice),
            esc(case.line(arc.row)),
        ]
        for arc in arcs_of(case.book, rows[:_OTHERS])
    ]
    heads = ("guarantor", "borrower", "contract", "amount", "debt_due_on", "source_line")
    parts = [
        heading(4, voice, "other_contracts"),
        table(voice, heads, cells, numbers=(3, 5)),
    ]
    if len(rows) > _OTHERS:
        parts.append(tag("p", more(len(rows) - _OTHERS, voice), "note"))
    return join(parts)


def _loop_head(at: int, circle: Circle, voice: Voice) -> Html:
    kind = LOOP_KINDS[circle.kind]
    size = len(circle.members)
    parts = [
        esc(f"{at}. "),
        tag("span", esc(circle.id), "id"),
        esc(" "),
        voice.pair(
            sentence("loop_head", "zh", {"kind": kind[0], "members": size}),
            sentence("loop_head", "en", {"kind": kind[1], "members": size}),
        ),
    ]
    if circle.is_intra_group:
        parts.append(tag("span", voice.say("intra_group"), "badge"))
    return tag("h3", join(parts))


def _loop_notes(circle: Circle, drawing: Drawing, voice: Voice) -> list[Html]:
    """Say what the mark means, and what the drawing leaves out."""
    notes = []
    if circle.is_intra_group:
        notes.append(voice.block("intra_group_note", "note"))
    if drawing.shown < len(circle.members):
        facts = {"shown": drawing.shown, "members": f"{len(circle.members):,}"}
        notes.append(voice.block("path_only", "note", **facts))
    if drawing.amounts_left:
        notes.append(voice.block("amounts_left", "note", count=drawing.amounts_left))
    return notes


def _merged(case: Case, circle: Circle, voice: Voice) -> Html:
    groups = [
        " = ".join(case.mask.party(one) for one in group)
        for group in circle.groups
        if len(group) > 1
    ]
    if not groups:
        return Html("")
    said = join([tag("b", voice.say("merged")), esc("  " + "； ".join(groups))])
    return tag("p", said, "list")


def _loop(
    case: Case, at: int, circle: Circle, voice: Voice, relations: Relations | None = None
) -> Html:
    path = path_of(circle)
    drawing = draw_loop(circle, case.book, mask=case.mask, voice=voice, relations=relations)
    figure = tag("div", Html(drawing.svg), "figure")
    top = [_loop_head(at, circle, voice), figure, *_loop_notes(circle, drawing, voice)]
    parts = [
        tag("div", join(top), "top"),
        _facts(case, circle, voice),
        worth_of(case, circle, voice),
        _merged(case, circle, voice),
        heading(4, voice, "evidence"),
        _path(case, path, relations, voice),
    ]
    if drawing.shown < len(circle.members):
        listed = ids(case, circle.members, voice)
        parts += [heading(4, voice, "members_list"), tag("p", listed, "list")]
    parts += [_others(case, circle, path, voice), break_of(case, circle, voice)]
    return tag("section", join(parts), "loop")


def loops_chapter(case: Case, ranked: Sequence[Circle], voice: Voice, detail: int) -> Html:
    """Write the chapter on closed loops, the first of them one by one."""
    parts = [heading(2, voice, "loops", "fresh")]
    if not ranked:
        return join([*parts, voice.block("no_loops")])
    parts += [voice.block(key, "note") for key in ("definition_loop", "definition_money")]
    parts += [voice.block("loops_note", "note"), _ranking(ranked, voice)]
    parts.append(voice.block("strong_line", "note"))
    parts += [_loop(case, at, one, voice) for at, one in enumerate(ranked[:detail], start=1)]
    if len(ranked) > detail:
        parts.append(voice.block("not_detailed", count=f"{len(ranked) - detail:,}"))
    return join(parts)


def hidden_chapter(case: Case, relations: Relations | None, voice: Voice, detail: int) -> Html:
    """Write the chapter on loops that exist only because parties are related."""
    hidden = list(case.audit.hidden or ())
    parts = [heading(2, voice, "hidden", "fresh" if hidden else "")]
    if relations is None:
        return join([*parts, voice.block("hidden_unasked", "warn")])
    if not hidden:
        return join([*parts, voice.block("hidden_note", "note"), voice.block("no_hidden")])
    parts.append(voice.block("hidden_note", "note"))
    parts += [
        _loop(case, at, one, voice, relations) for at, one in enumerate(hidden[:detail], start=1)
    ]
    if len(hidden) > detail:
        left = tag("p", more(len(hidden) - detail, voice), "note")
        parts.append(left)
    return join(parts)
