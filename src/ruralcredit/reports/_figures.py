"""The drawings of the report: a loop with its evidence path, and clusters by size."""

from collections.abc import Sequence

import attrs

from ruralcredit.guarantees import Circle, Clusters, GuaranteeBook, Relations, Step
from ruralcredit.reports._drawing import Arrow, Bar, bars_svg, ring_svg
from ruralcredit.reports._evidence import Arc, arcs_of, make_mask, tie_kind
from ruralcredit.reports._html import ReportLang, Voice, sentence
from ruralcredit.reports._mask import Mask, MaskWord
from ruralcredit.reports._words import RELATIONS
from ruralcredit.values import format_yuan

__all__ = ["Drawing", "draw_loop", "loop_svg", "path_of", "short_yuan", "sizes_svg"]

PartyId = str | int

_WHOLE = 12  # parties up to which a loop is drawn whole
_PATH = 24  # parties of an evidence path that one drawing holds
_ENDS = 11
_CLASSES = ((1, 1), (2, 2), (3, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, None))


@attrs.frozen(kw_only=True)
class Drawing:
    """A loop drawn, and what the drawing leaves out.

    Attributes:
        svg: The drawing.
        shown: Parties drawn; fewer than the loop's where only the evidence path is drawn.
        amounts_left: Amounts that found no room.
    """

    svg: str
    shown: int
    amounts_left: int


def short_yuan(fen: int | None) -> str:
    """Return an amount for a drawing: yuan, whole ones without decimals."""
    return "?" if fen is None else format_yuan(fen).removesuffix(".00")


def path_of(circle: Circle) -> tuple[Step, ...]:
    """Return the evidence path of a loop, guarantees and relations alternating if hidden."""
    return tuple(circle.evidence())


def _path_parties(path: Sequence[Step]) -> list[PartyId]:
    """Return the parties of a path in walking order, each once."""
    return list(dict.fromkeys(step.source for step in path))


def _sum_label(arcs: Sequence[Arc]) -> str:
    """Write what stands on one arrow: each contract once, how many when several."""
    amounts: dict[PartyId, int | None] = {}
    for arc in arcs:
        key = f"row {arc.row}" if arc.contract is None else arc.contract
        known = amounts.get(key)
        amounts[key] = arc.amount_fen if known is None else max(known, arc.amount_fen or 0)
    known_fen = [fen for fen in amounts.values() if fen is not None]
    total = short_yuan(sum(known_fen)) if known_fen else "?"
    plus = "+?" if known_fen and len(known_fen) < len(amounts) else ""
    count = f" ({len(amounts)})" if len(amounts) > 1 else ""
    return f"{total}{plus}{count}"


def draw_loop(
    circle: Circle,
    book: GuaranteeBook,
    *,
    mask: Mask,
    voice: Voice,
    relations: Relations | None = None,
) -> Drawing:
    """Draw a loop: whole up to twelve parties, else the parties of its evidence path."""
    path = path_of(circle)
    parties = _path_parties(path)
    whole = len(circle.members) <= _WHOLE
    if whole:
        parties += [party for party in circle.members if party not in set(parties)]
    gap = len(parties) > _PATH
    if gap:
        parties = [*parties[: _ENDS + 1], *parties[-_ENDS:]]
    place = {party: at for at, party in enumerate(parties)}
    strong = {(step.source, step.target) for step in path if step.kind == "guarantee"}
    rows = circle.rows if whole else [step.row for step in path if step.kind == "guarantee"]
    between: dict[tuple[PartyId, PartyId], list[Arc]] = {}
    for arc in arcs_of(book, rows):
        between.setdefault((arc.guarantor, arc.borrower), []).append(arc)
    arrows = [
        Arrow(
            source=place[pair[0]],
            target=place[pair[1]],
            label=_sum_label(arcs),
            strong=pair in strong,
        )
        for pair, arcs in between.items()
        if pair[0] in place and pair[1] in place
    ]
    if gap:
        arrows.append(Arrow(source=_ENDS, target=_ENDS + 1, label="…", tie=True))
    arrows += _ties(path, place, voice, relations)
    title = " / ".join(
        sentence("drawing", lang, {"id": circle.id, "members": len(circle.members)})
        for lang in voice.langs
    )
    svg, left = ring_svg([mask.party(party) for party in parties], arrows, title=title)
    return Drawing(svg=svg, shown=len(parties), amounts_left=left)


def _ties(
    path: Sequence[Step],
    place: dict[PartyId, int],
    voice: Voice,
    relations: Relations | None,
) -> list[Arrow]:
    words: dict[tuple[int, int], list[str]] = {}
    for step in path:
        if step.kind == "guarantee" or step.source not in place or step.target not in place:
            continue
        ends = sorted((place[step.source], place[step.target]))
        zh, en = ("", "") if relations is None else RELATIONS[tie_kind(relations, step)]
        words.setdefault((ends[0], ends[1]), []).append(en if voice.lang == "en" else zh)
    return [
        Arrow(source=a, target=b, label="/".join(dict.fromkeys(said)), tie=True)
        for (a, b), said in words.items()
    ]


def loop_svg(
    circle: Circle,
    book: GuaranteeBook,
    *,
    lang: ReportLang = "both",
    mask: Mask | MaskWord = "persons",
    relations: Relations | None = None,
) -> str:
    """Draw one closed loop as SVG text: arrows run from guarantor to borrower.

    Up to twelve parties are drawn with all their guarantees, larger loops by their evidence
    path.  Amounts are yuan, each contract once; the number of contracts stands in brackets
    where one arrow holds several.

    Args:
        circle: A loop of the book, raw or hidden.
        book: The book it was found in.
        lang: Language of the relations and the title.
        mask: As in `audit_report`.
        relations: The relations asked with, for a hidden loop.

    >>> from ruralcredit.guarantees import find_circles
    >>> book = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "a"])
    >>> loop_svg(find_circles(book)[0], book).startswith("<svg")
    True
    """
    names = mask if isinstance(mask, Mask) else make_mask(mask, book)
    drawing = draw_loop(circle, book, mask=names, voice=Voice(lang), relations=relations)
    return drawing.svg


def sizes_svg(clusters: Clusters, voice: Voice) -> str:
    """Draw how many clusters there are of each size."""
    bars = []
    counts = clusters.member_counts
    for low, high in _CLASSES:
        inside = counts[(counts >= low) & (counts <= high)] if high else counts[counts >= low]
        if not len(inside):
            continue
        key = "size_more" if high is None else "size_class" if low == high else "size_range"
        facts = {"low": low, "high": high}
        note = {"count": f"{len(inside):,}", "parties": f"{int(inside.sum()):,}"}
        langs = voice.langs[:1]
        bars.append(
            Bar(
                label=sentence(key, langs[0], facts),
                value=len(inside),
                note=sentence("size_note", langs[0], note),
            )
        )
    title = " / ".join(sentence("cluster_sizes", lang, {}) for lang in voice.langs)
    return bars_svg(bars, title=title)
