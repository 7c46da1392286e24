"""Drawings as SVG text: parties on a ring with arrows, and bars; no library draws them."""

import math
from collections import Counter
from collections.abc import Sequence
from html import escape

import attrs

__all__ = ["Arrow", "Bar", "bars_svg", "ring_svg"]

_INK = "#1f2a37"
_STRONG = "#9b2335"
_PALE = "#8a97a6"
_TIE = "#96690f"
_PAPER = "#ffffff"
_WIDTH = 760.0
_SIZE = 12
_DOT = 13
_LINE = 15
_LABEL_EM = 13
_MAX_ARROWS = 40  # beyond, amounts off the evidence path stand in the table only
_BOW = 34.0  # how far two opposite arrows keep apart
_PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.2, 0.8)

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@attrs.frozen(kw_only=True)
class Arrow:
    """One line of a drawing, between two parties given by position.

    Attributes:
        source: Position of the guarantor (or one related party).
        target: Position of the borrower (or the other related party).
        label: What stands on it: an amount, or the relation.
        tie: Whether it is a relation, drawn dashed and without a head.
        strong: Whether it lies on the evidence path.
    """

    source: int
    target: int
    label: str = ""
    tie: bool = False
    strong: bool = False


@attrs.frozen(kw_only=True)
class Bar:
    """One bar: what it stands for, its length, and the words after it."""

    label: str
    value: int
    note: str


def _ems(text: str) -> float:
    """Estimate the width of a text in ems, wide characters as one."""
    return sum(1.0 if ord(one) > 0x2E7F else 0.58 for one in text)


def _wrapped(text: str, lines: int) -> list[str]:
    """Break a label into at most so many lines, the last cut short when it must be."""
    out: list[str] = []
    rest = text
    while rest and len(out) < lines:
        size = len(rest)
        while _ems(rest[:size]) > _LABEL_EM:
            size -= 1
        if size < len(rest) and len(out) == lines - 1:
            out.append(rest[: max(size - 1, 1)] + "…")
            return out
        out.append(rest[:size])
        rest = rest[size:]
    return out


def _overlaps(box: Box, others: Sequence[Box]) -> bool:
    left, top, right, bottom = box
    return any(left < o[2] and o[0] < right and top < o[3] and o[1] < bottom for o in others)


@attrs.frozen
class _Ring:
    """Where the parties of a drawing stand."""

    center: Point
    radii: Point
    points: tuple[Point, ...]
    height: float


def _ring(count: int) -> _Ring:
    if count <= 2:
        height, radii = 170.0, (150.0, 0.0)
    else:
        across = 40.0 + 18.0 * count
        radii = (min(205.0, 90.0 + 16.0 * count), min(max(across, 95.0), 330.0))
        height = 2 * radii[1] + 120
    center = (_WIDTH / 2, height / 2)
    begin = math.pi if count <= 2 else -math.pi / 2
    angles = [begin + 2 * math.pi * at / max(count, 1) for at in range(count)]
    points = tuple(
        (center[0] + radii[0] * math.cos(a), center[1] + radii[1] * math.sin(a)) for a in angles
    )
    if count == 1:
        points = ((center[0], center[1] + 20),)
    return _Ring(center, radii, points, height)


def _label(ring: _Ring, at: int, text: str, lines: int) -> tuple[str, Box]:
    """Write a party's label outside the ring, and the box that it fills."""
    x, y = ring.points[at]
    parts = _wrapped(text, lines)
    wide = max(_ems(part) for part in parts) * _SIZE
    tall = _LINE * len(parts)
    side = x - ring.center[0]
    if abs(side) < 12:
        anchor, left = "middle", x - wide / 2
        below = y > ring.center[1] or len(ring.points) == 1
        top = y + _DOT + 5 if below else y - _DOT - 5 - tall
        at_x = x
    else:
        anchor = "start" if side > 0 else "end"
        at_x = x + (_DOT + 7 if side > 0 else -_DOT - 7)
        left, top = (at_x if side > 0 else at_x - wide), y - tall / 2
    spans = "".join(
        f'<text x="{at_x:.1f}" y="{top + _LINE * (row + 0.78):.1f}" '
        f'text-anchor="{anchor}">{escape(part)}</text>'
        for row, part in enumerate(parts)
    )
    return spans, (left - 2, top, left + wide + 2, top + tall)


@attrs.frozen
class _Curve:
    """A line between two dots, bowed when another runs the other way."""

    begin: Point
    bend: Point
    end: Point

    def at(self, t: float) -> Point:
        """Return the point at a share of the way."""
        u = 1 - t
        return (
            u * u * self.begin[0] + 2 * u * t * self.bend[0] + t * t * self.end[0],
            u * u * self.begin[1] + 2 * u * t * self.bend[1] + t * t * self.end[1],
        )


def _curve(ring: _Ring, arrow: Arrow, bow: float) -> _Curve:
    (x1, y1), (x2, y2) = ring.points[arrow.source], ring.points[arrow.target]
    long = math.hypot(x2 - x1, y2 - y1) or 1.0
    across = ((y2 - y1) / long, -(x2 - x1) / long)
    middle = ((x1 + x2) / 2 + bow * across[0], (y1 + y2) / 2 + bow * across[1])

    def edge(dot: Point, gap: float) -> Point:
        away = math.hypot(middle[0] - dot[0], middle[1] - dot[1]) or 1.0
        return (
            dot[0] + (middle[0] - dot[0]) / away * gap,
            dot[1] + (middle[1] - dot[1]) / away * gap,
        )

    return _Curve(edge((x1, y1), _DOT + 2), middle, edge((x2, y2), _DOT + 4))


def _line(curve: _Curve, arrow: Arrow) -> str:
    colour = _TIE if arrow.tie else _STRONG if arrow.strong else _PALE
    wide = 2.0 if arrow.strong else 1.2
    dash = ' stroke-dasharray="6 4"' if arrow.tie else ""
    path = (
        f'<path d="M{curve.begin[0]:.1f} {curve.begin[1]:.1f} Q{curve.bend[0]:.1f} '
        f'{curve.bend[1]:.1f} {curve.end[0]:.1f} {curve.end[1]:.1f}" fill="none" '
        f'stroke="{colour}" stroke-width="{wide}"{dash}/>'
    )
    return path if arrow.tie else path + _head(curve, colour)


def _head(curve: _Curve, colour: str) -> str:
    near = curve.at(0.94)
    (x, y) = curve.end
    long = math.hypot(x - near[0], y - near[1]) or 1.0
    dx, dy = (x - near[0]) / long, (y - near[1]) / long
    corners = (
        (x + 3 * dx, y + 3 * dy),
        (x - 8 * dx - 4.5 * dy, y - 8 * dy + 4.5 * dx),
        (x - 8 * dx + 4.5 * dy, y - 8 * dy - 4.5 * dx),
    )
    return (
        f'<polygon points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in corners)}" fill="{colour}"/>'
    )


def _loop_line(ring: _Ring, arrow: Arrow) -> tuple[str, Point]:
    """Draw a guarantee of a party for itself, and say where its amount stands."""
    x, y = ring.points[arrow.source]
    colour = _STRONG if arrow.strong else _PALE
    path = (
        f'<path d="M{x - 9:.1f} {y - _DOT:.1f} C{x - 42:.1f} {y - 70:.1f} {x + 42:.1f} '
        f'{y - 70:.1f} {x + 9:.1f} {y - _DOT - 3:.1f}" fill="none" stroke="{colour}" '
        f'stroke-width="2"/><polygon points="{x + 7:.1f},{y - _DOT + 1:.1f} '
        f'{x + 7:.1f},{y - _DOT - 11:.1f} {x + 15:.1f},{y - _DOT - 7:.1f}" fill="{colour}"/>'
    )
    return path, (x, y - 64)


def _amount(arrow: Arrow, spots: Sequence[Point], taken: list[Box]) -> str | None:
    """Put the amount on its line where nothing stands yet; None when no place is free."""
    wide = _ems(arrow.label) * (_SIZE - 1)
    for x, y in spots:
        box = (x - wide / 2 - 3, y - 8, x + wide / 2 + 3, y + 8)
        if not _overlaps(box, taken):
            taken.append(box)
            colour = _TIE if arrow.tie else _INK if arrow.strong else "#566373"
            return (
                f'<rect x="{box[0]:.1f}" y="{box[1]:.1f}" width="{wide + 6:.1f}" height="16" '
                f'rx="2" fill="{_PAPER}" fill-opacity="0.92"/><text x="{x:.1f}" y="{y + 4:.1f}" '
                f'text-anchor="middle" font-size="{_SIZE - 1}" fill="{colour}">'
                f"{escape(arrow.label)}</text>"
            )
    return None


def _spots(ring: _Ring, curve: _Curve, arrow: Arrow) -> list[Point]:
    """Say where an amount may stand, best first: on its line, else a little off it."""
    on = [curve.at(t) for t in _PLACES]
    x, y = curve.at(0.5)
    away = math.hypot(ring.center[0] - x, ring.center[1] - y) or 1.0
    inward = ((ring.center[0] - x) / away * 22, (ring.center[1] - y) / away * 22)
    off = [(x + inward[0], y + inward[1]), (x - inward[0], y - inward[1])]
    above = [(x, y + shift) for shift in (-14, 14) for x, y in on[:5]]
    long = math.hypot(curve.end[0] - curve.begin[0], curve.end[1] - curve.begin[1])
    short = long < _ems(arrow.label) * (_SIZE - 1) + 24 and abs(x - ring.center[0]) < ring.radii[0]
    steep = abs(curve.end[1] - curve.begin[1]) > abs(curve.end[0] - curve.begin[0])
    return [*off, *on, *above] if short and not steep else [*on, *off, *above]


def _lines(
    ring: _Ring, arrows: Sequence[Arrow], taken: list[Box]
) -> tuple[list[str], list[str], int]:
    """Draw every arrow, the evidence path on top, and put the amounts where there is room."""
    pairs = Counter(frozenset((arrow.source, arrow.target)) for arrow in arrows)
    drawn: list[str] = []
    amounts: list[str] = []
    missing = 0
    for arrow in sorted(arrows, key=lambda one: not one.strong):
        if arrow.source == arrow.target:
            line, spot = _loop_line(ring, arrow)
            spots = [spot, (spot[0] + 60, spot[1])]
        else:
            shared = pairs[frozenset((arrow.source, arrow.target))] > 1
            curve = _curve(ring, arrow, _BOW if shared and not arrow.tie else 0.0)
            line, spots = _line(curve, arrow), _spots(ring, curve, arrow)
            x, y = curve.end
            if arrow.strong and not arrow.tie:
                taken.append((x - 7, y - 7, x + 7, y + 7))
        drawn.insert(0, line)
        if not arrow.label:
            continue
        crowded = len(arrows) > _MAX_ARROWS and not arrow.strong
        amount = None if crowded else _amount(arrow, spots, taken)
        missing += amount is None
        amounts.append(amount or "")
    return drawn, amounts, missing


def ring_svg(labels: Sequence[str], arrows: Sequence[Arrow], *, title: str) -> tuple[str, int]:
    """Draw parties on a ring, arrows from guarantor to borrower.

    Dots are numbered from the top, clockwise, in the order given; labels stand outside the
    ring; amounts stand on their arrows where they overlap nothing.

    Args:
        labels: What stands beside each party.
        arrows: Lines between parties, those of the evidence path marked.
        title: What the drawing shows, for readers who cannot see it.

    Returns:
        The SVG as text, and how many amounts found no room.

    >>> svg, left = ring_svg(["A", "B"], [Arrow(source=0, target=1, label="5")], title="pair")
    >>> svg.startswith("<svg"), left
    (True, 0)
    """
    ring = _ring(len(labels))
    lines = 2 if len(labels) <= 10 else 1
    taken: list[Box] = [
        (x - _DOT - 2, y - _DOT - 2, x + _DOT + 2, y + _DOT + 2) for x, y in ring.points
    ]
    written = []
    for at, text in enumerate(labels):
        svg, box = _label(ring, at, text, lines)
        written.append(svg)
        taken.append(box)
    drawn, amounts, missing = _lines(ring, arrows, taken)
    dots = "".join(
        f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{_DOT}" ry="{_DOT}" fill="{_PAPER}" '
        f'stroke="{_INK}" stroke-width="1.4"/><text x="{x:.1f}" y="{y + 4:.1f}" '
        f'text-anchor="middle" font-weight="600">{at}</text>'
        for at, (x, y) in enumerate(ring.points, start=1)
    )
    body = "".join(drawn) + dots + "".join(written) + "".join(amounts)
    left, top = (min(box[side] for box in taken) - 8 for side in (0, 1))
    right, bottom = (max(box[side] for box in taken) + 8 for side in (2, 3))
    frame = (left, top, right - left, bottom - top)
    return _svg(body, frame, title), missing


def _svg(body: str, frame: Box, title: str) -> str:
    """Wrap shapes; the frame is left, top, width, height."""
    view = " ".join(f"{edge:.0f}" for edge in frame)
    size = f'width="{frame[2]:.0f}" height="{frame[3]:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" '
        f'role="img" aria-label="{escape(title)}" font-size="{_SIZE}" fill="{_INK}" '
        f"{size}><title>{escape(title)}</title>{body}</svg>"
    )


def bars_svg(bars: Sequence[Bar], *, title: str) -> str:
    """Draw bars from the left, longest value full width, each with its words after it.

    >>> bars_svg([Bar(label="2", value=7, note="7")], title="sizes").count("<rect")
    1
    """
    left = max((_ems(bar.label) for bar in bars), default=0) * _SIZE + 14
    right = max((_ems(bar.note) for bar in bars), default=0) * _SIZE + 12
    room = _WIDTH - left - right
    most = max((bar.value for bar in bars), default=0) or 1
    rows = []
    for at, bar in enumerate(bars):
        top = at * 26 + 4
        long = max(room * bar.value / most, 1.5 if bar.value else 0.0)
        rows.append(
            f'<text x="{left - 10:.1f}" y="{top + 14}" text-anchor="end">{escape(bar.label)}'
            f'</text><rect x="{left:.1f}" y="{top + 2}" width="{long:.1f}" height="16" '
            f'fill="#48627f"/><text x="{left + long + 8:.1f}" y="{top + 14}">'
            f"{escape(bar.note)}</text>"
        )
    return _svg("".join(rows), (0.0, 0.0, _WIDTH, len(bars) * 26 + 8), title)
