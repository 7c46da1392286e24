"""What a loop is worth and which contracts break it; in which parts a cluster is reviewed."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from ruralcredit.guarantee_checks import ReviewPart, split_for_review
from ruralcredit.guarantees import Bounds, BreakPlan, Circle, Cluster, circular_fen, plan_break
from ruralcredit.reports._evidence import Arc, Case, arcs_of
from ruralcredit.reports._html import Html, Voice, esc, join, table, tag
from ruralcredit.reports._parts import (
    day,
    guaranteed,
    heading,
    ids,
    money,
    more,
    number,
    percent,
    share,
)
from ruralcredit.reports._words import ACTIONS, PART_KINDS
from ruralcredit.values import format_yuan

__all__ = ["break_of", "review_parts", "worth_of"]

# Enough for a proof on every loop of a real book; on larger ones the gap is printed.
_BUDGET = 20_000
_STEPS = 30
_PROOF = 12
_PARTS = 20
_HEADS = 4


def _between(bounds: Bounds, voice: Voice) -> Html:
    """Write an amount that is known within bounds only."""
    if bounds.high == bounds.low:
        return money(bounds.low, voice)
    low = format_yuan(bounds.low)
    return esc(f"≥ {low}" if bounds.high is None else f"{low} – {format_yuan(bounds.high)}")


def worth_of(case: Case, circle: Circle, voice: Voice) -> Html:
    """Write what goes round inside one loop, and what stands behind its members' loans.

    A loop that only relations close has no cover of its own: its loans are the other loops'.
    """
    found = case.loop_covers.get(circle.id)
    bounds = _circular(circle) if found is None else found.circular_bounds_fen
    hollow = percent(bounds.low, circle.guaranteed_fen)
    shown = [_between(bounds, voice)]
    if hollow is not None and bounds.low == bounds.high:
        shown.append(esc(f"({hollow})"))
    pairs = [("circular", join(shown, " "))]
    has_loans = found is not None and case.book.loans is not None
    covers: dict[str, Bounds] = {}
    if found is not None and has_loans:
        covers = {
            "naive_cover": found.naive_bounds_fen,
            "joint_cover": found.joint_bounds_fen,
            "independent_cover": found.independent_bounds_fen,
        }
    pairs += [(key, _between(one, voice)) for key, one in covers.items()]
    written = join(
        tag("div", join([tag("dt", voice.say(key)), tag("dd", value)])) for key, value in pairs
    )
    parts = [heading(4, voice, "worth"), tag("dl", written, "facts")]
    if any(one.fen is None for one in covers.values()):
        parts.append(voice.block("cover_unknown", "note"))
    return join(parts)


def _circular(circle: Circle) -> Bounds:
    low = circular_fen(circle)
    return Bounds(low=low, high=None if circle.unknown_amounts else low)


def _plan(circle: Circle) -> tuple[BreakPlan, bool]:
    """Return the cheapest plan, and whether it counts contracts since amounts are unknown."""
    if not circle.unknown_amounts:
        return plan_break(circle, budget=_BUDGET), False
    ledger = circle.book.ledger
    # One unit per contract: on the first of its rows that count.
    ones = np.zeros(len(ledger), np.int64)
    rows = circle.book.rows
    _codes, first = np.unique(ledger.contract_codes[0][rows], return_index=True)
    ones[rows[first]] = 1
    return plan_break(circle, cost=ones, budget=_BUDGET), True


def break_of(case: Case, circle: Circle, voice: Voice) -> Html:
    """Write the cheapest plan that breaks one loop, step by step, with its proof."""
    plan, is_count = _plan(circle)
    facts = {
        "count": f"{len(plan.cut):,}",
        "cost": f"{plan.cost:,}" if is_count else format_yuan(plan.cost),
        "bound": f"{plan.lower_bound:,}" if is_count else format_yuan(plan.lower_bound),
    }
    keys = ("break_count", "proved_count", "gap_count") if is_count else _BREAK_KEYS
    parts = [
        heading(4, voice, "break_plan"),
        voice.block(keys[0], "", **facts),
        _steps(case, circle, plan, voice, is_count=is_count),
        voice.block(keys[1 if plan.optimal else 2], "note", **facts),
        _proof(case, plan, voice, is_count=is_count),
    ]
    return join(parts)


_BREAK_KEYS = ("break_cost", "proved_cost", "gap_cost")


def _steps(case: Case, circle: Circle, plan: BreakPlan, voice: Voice, *, is_count: bool) -> Html:
    arcs: dict[object, list[Arc]] = {}
    for arc in arcs_of(case.book, circle.rows):
        arcs.setdefault(arc.row if arc.contract is None else arc.contract, []).append(arc)
    rows = []
    for at, step in enumerate(plan.steps[:_STEPS], start=1):
        first, *others = arcs[step.contract]
        ends = " → ".join(case.mask.party(one) for one in (first.guarantor, first.borrower))
        rows.append(
            [
                number(at),
                tag("span", esc(case.contract(step.contract)), "id"),
                tag("span", esc(ends + (" …" if others else "")), "id"),
                voice.word(ACTIONS[step.action]),
                number(step.cost) if is_count else money(step.cost, voice),
                day(step.ends_on, voice, "stays"),
                money(step.circular_fen_after, voice),
            ]
        )
    heads = ("step_number", "contract", "between", "action", "break_price", "ends_itself")
    shown = table(voice, (*heads, "circular_after"), rows, numbers=(0, 4, 6))
    left = len(plan.steps) - _STEPS
    return shown if left <= 0 else join([shown, tag("p", more(left, voice), "note")])


def _proof(case: Case, plan: BreakPlan, voice: Voice, *, is_count: bool) -> Html:
    """Write the order of the parties and the weighted loops, where a page can hold them."""
    is_whole = all(loop.weight.denominator == 1 for loop in plan.packing)
    if max(len(plan.order), len(plan.packing)) > _PROOF or plan.branches or not is_whole:
        facts = {"loops": f"{len(plan.packing):,}", "cases": f"{len(plan.branches):,}"}
        return voice.block("proof_long", "note", **facts)
    order = " → ".join(case.mask.party(one) for one in plan.order)
    loops = [
        f"{' + '.join(map(case.contract, loop.contracts))} = {_weight(loop.weight, is_count)}"
        for loop in plan.packing
    ]
    said = [
        join([voice.say("proof_order"), voice.colon, tag("span", esc(order), "id")]),
        join([voice.say("proof_loops"), voice.colon, tag("span", esc("； ".join(loops)), "id")]),
    ]
    return join(tag("p", one, "note") for one in said)


def _weight(weight: Fraction, is_count: bool) -> str:  # noqa: FBT001  # private
    return str(weight) if is_count else format_yuan(weight.numerator)


def review_parts(case: Case, clusters: Sequence[Cluster], voice: Voice) -> Html:
    """Write the parts in which each cluster that is too large for one reader is reviewed."""
    found = []
    for cluster in clusters:
        parts = split_for_review(cluster)
        if len(parts) > 1:
            found.append(_parts_of(case, cluster, parts, voice))
    said = [heading(3, voice, "review_parts"), voice.block("review_note", "note")]
    return join([*said, *(found or [voice.block("no_review_parts")])])


def _parts_of(case: Case, cluster: Cluster, parts: Sequence[ReviewPart], voice: Voice) -> Html:
    rows = [
        [
            number(at),
            voice.word(PART_KINDS[part.kind]),
            ids(case, part.heads, voice, _HEADS),
            number(len(part.members)),
            number(len(part.contracts)),
            guaranteed(part.guaranteed_fen, part.unknown_amounts, len(part.contracts), voice),
            money(part.loans_fen, voice),
            share(part.loans_fen, cluster.loans_fen),
        ]
        for at, part in enumerate(parts[:_PARTS], start=1)
    ]
    heads = ("rank", "part_kind", "part_heads", "members", "contracts", "guaranteed", "loans")
    shown = [
        heading(4, voice, "parts_of", id=cluster.id, count=len(parts)),
        table(voice, (*heads, "loans_share"), rows, numbers=(0, 3, 4, 5, 6, 7)),
    ]
    if len(parts) > _PARTS:
        shown.append(tag("p", more(len(parts) - _PARTS, voice), "note"))
    return join(shown)
