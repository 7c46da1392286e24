"""The county's ordinary contracts: single pairs, stars, short trees, one crowded market.

Nothing here can close a loop: every cluster is a tree, or two sides of which one only
guarantees, with trees hung on it by single arcs, and no party belongs to two clusters.
"""

from ruralcredit.synthetic._draft import BRANCHES, Draft, Line, add_days
from ruralcredit.synthetic._timing import age, settle

__all__ = ["draw_up_market", "fill_up", "hang_trees"]

_PAIRS = (
    ("person", "person"),
    ("person", "household"),
    ("household", "household"),
    ("person", "firm"),
    ("person", "firm"),
    ("firm", "firm"),
    ("firm", "firm"),
    ("firm", "person"),
)
_RELATION_KINDS = {
    ("person", "person"): ("spouse", "kin"),
    ("person", "household"): ("kin",),
    ("household", "household"): ("kin", "kin"),
    ("person", "firm"): ("controller",),
    ("firm", "firm"): ("control", "group"),
    ("firm", "person"): ("controller",),
}
_PAIR_SHARE = 0.927
_PARALLEL_SHARE = 0.07
_ZERO_SHARE = 0.06
_MAXIMUM_SHARE = 0.004
_RELATED_SHARE = 0.04
_LARGEST_RANDOM = 90
_LARGEST_OUT_STAR = 70
_DEEPEST = 5
_GUARANTORS, _BORROWERS = 20, 48


def fill_up(draft: Draft, arcs: int) -> None:
    """Add clusters, 92 in a hundred of them single pairs, until the ledger has its rows."""
    while draft.rows < arcs:
        if draft.draw.chance(_PAIR_SHARE):
            _pair(draft, arcs)
        else:
            size = min(_cluster_size(draft), arcs - draft.rows + 1)
            _cluster(draft, size, arcs)


def draw_up_market(draft: Draft, parties: int) -> None:
    """Add 20 guarantors who each guarantee the same 48 borrowers, with trees hung on."""
    branch = draft.draw.below(len(BRANCHES))
    guarantors = [draft.party("firm") for _ in range(_GUARANTORS)]
    borrowers = [draft.party("firm") for _ in range(_BORROWERS)]
    for borrower in borrowers:
        amount_fen = draft.draw.amount_fen(6.2)
        for guarantor in guarantors:
            draft.arc(guarantor, borrower, amount_fen=amount_fen, branch=branch)
    hang_trees(draft, guarantors, borrowers, parties - _GUARANTORS - _BORROWERS)


def hang_trees(draft: Draft, above: list[str], below: list[str], count: int) -> None:
    """Hang new parties on old ones, each by one arc, at most three arcs away.

    A new party guarantees one of those above, or is guaranteed by one of those below: a
    single arc that no loop can use.
    """
    up = [(party, 0) for party in above]
    down = [(party, 0) for party in below]
    for _ in range(count):
        is_guarantor = bool(up) and (not down or draft.draw.chance(0.5))
        side = up if is_guarantor else down
        party, depth = draft.draw.pick(side)
        other = draft.party(draft.draw.pick(("person", "firm")))
        _thicken(draft, draft.arc(*((other, party) if is_guarantor else (party, other))), None)
        if depth < 2:
            side.append((other, depth + 1))


def _pair(draft: Draft, arcs: int) -> None:
    kinds = draft.draw.pick(_PAIRS)
    guarantor, borrower = draft.parties(*kinds)
    line = draft.arc(guarantor, borrower)
    age(draft, line)
    is_live = line.absence(draft.as_of) is None
    if is_live and draft.rows + 2 <= arcs and draft.draw.chance(_MAXIMUM_SHARE):
        draft.hold(line, 3)
    else:
        _thicken(draft, line, arcs)
    if draft.draw.chance(_RELATED_SHARE):
        _tie(draft, guarantor, borrower)
    elif draft.draw.chance(_RELATED_SHARE):
        draft.relate(
            draft.party("person"), borrower, "kin" if kinds[1] != "firm" else "controller"
        )


def _thicken(draft: Draft, line: Line, arcs: int | None) -> None:
    """Give a pair a second contract in 7 % of cases, or a zero amount in 6 %."""
    if draft.draw.chance(_ZERO_SHARE):
        line.amount_fen = 0
    if draft.draw.chance(_PARALLEL_SHARE):
        further = 1 if draft.draw.chance(0.9) else 2
        for _ in range(further if arcs is None else min(further, arcs - draft.rows)):
            again = draft.arc(line.guarantors[0], line.borrower, branch=line.branch)
            if draft.draw.chance(0.5):
                settle(draft, again)


def _cluster_size(draft: Draft) -> int:
    """Return a size from 3 on, falling with the power 2, cut off at 90."""
    least = 2.5 / (_LARGEST_RANDOM + 0.5)
    return int(2.5 / (least + (1.0 - least) * (1.0 - draft.draw.unit())) + 0.5)


def _cluster(draft: Draft, size: int, arcs: int) -> None:
    """Add one star or tree; every arc of a tree points the same way from the root."""
    draw = draft.draw
    shape = draw.pick(("out", "out", "in", "out tree", "in tree"))
    is_star = shape in {"out", "in"} and size <= _LARGEST_OUT_STAR
    branch = draw.below(len(BRANCHES))
    parties, depths = [draft.party("firm")], [0]
    for _ in range(size - 1):
        if draft.rows >= arcs:
            return
        place = 0 if is_star else int(draw.unit() * draw.unit() * len(parties))
        if depths[place] == _DEEPEST:
            place = 0
        other = draft.party(draw.pick(("person", "firm", "firm")))
        outward = shape.startswith("out")
        ends = (parties[place], other) if outward else (other, parties[place])
        line = draft.arc(*ends, branch=branch if draw.chance(0.9) else None)
        line.lender = "本行" if draw.chance(0.98) else "邻县农商行"
        line.known_on = line.starts_on and add_days(line.starts_on, draw.below(20))
        _thicken(draft, line, arcs)
        parties.append(other)
        depths.append(depths[place] + 1)
    if is_star and size > 3 and draw.chance(0.2):
        _tie(draft, parties[1], parties[2])


def _tie(draft: Draft, first: str, second: str) -> None:
    """Relate two parties as their kinds allow, an owner before the firm."""
    kinds = draft.kinds[first], draft.kinds[second]
    pair = (second, first) if kinds == ("firm", "person") else (first, second)
    draft.relate(*pair, draft.draw.pick(_RELATION_KINDS[kinds]))
