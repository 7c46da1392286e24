"""Where the group departed (偏离) from the proposal, by direction and assessor."""

from collections.abc import Mapping

import attrs
import numpy as np

from ruralcredit.columns import Ints, int_column, same_length
from ruralcredit.errors import InputError
from ruralcredit.limits._trust import (
    DEPARTS_OFTEN,
    FOR_REVIEW,
    TOO_FEW_DEPARTURES,
    TOO_FEW_UNITS,
    TOWARD_ONE,
    TRUST,
    Int,
    TrustPolicy,
    number,
    resting_on,
)
from ruralcredit.reasons import Reason

__all__ = ["AssessorDepartures", "Departures", "departures"]


@attrs.frozen(kw_only=True)
class AssessorDepartures:
    """How the group's departures lie to one assessor's figures.

    Attributes:
        assessor: The assessor's id.
        departures: Departures for whose household the assessor gave a figure.
        toward: Those that bring the limit closer to that figure.
        away: Those that take it farther from it.
        above: Those that end above it.
        below: Those that end below it.
        reached: Those that end on it.

    >>> found = departures([50, 50], [60, 40], limits_fen={"a": [60, 60]})
    >>> found.assessors[0].toward, found.assessors[0].away, found.assessors[0].reached
    (1, 1, 1)
    """

    assessor: str | int
    departures: int
    toward: int
    away: int
    above: int
    below: int
    reached: int


@attrs.frozen(kw_only=True)
class Departures:
    """The group's departures from the proposals, for review and not for pay.

    Attributes:
        households: Households with a proposal and a decision.
        kept: Households decided as proposed.
        raised: Households decided above the proposal.
        lowered: Households decided below it.
        raised_fen: What was added, in fen.
        lowered_fen: What was taken off, in fen.
        unknown: Households without a proposal or without a decision.
        assessors: Per assessor, in the order given; empty without figures.
        reasons: That it is for review, then what is worth a look.

    >>> found = departures([50, 50, None], [60, 40, 30])
    >>> found.raised, found.lowered, found.unknown
    (1, 1, 1)
    """

    households: int
    kept: int
    raised: int
    lowered: int
    raised_fen: int
    lowered_fen: int
    unknown: int
    assessors: tuple[AssessorDepartures, ...]
    reasons: tuple[Reason, ...]


def departures(
    proposed_fen: object,
    decided_fen: object,
    *,
    limits_fen: Mapping[str | int, object] | None = None,
    policy: TrustPolicy = TRUST,
) -> Departures:
    """Count where the group departed from the proposal, by direction and by assessor.

    The group may depart with a reason; what is asked here is whether it does so often, or
    toward one assessor.  For review, not for pay: below the policy's ``min_units`` households
    and ``min_departures`` departures nothing is flagged.

    Args:
        proposed_fen: Proposed limits in fen, one row per household; None where there is none.
        decided_fen: What the group decided; None where it did not.
        limits_fen: Per assessor the figures for the same households, None where there is none.
        policy: Samples and bars.

    Raises:
        InputError: If columns differ in length, or an amount is negative or no whole fen.

    Source:
        Ruling 2.5: departures are counted by direction and assessor.

    >>> found = departures([50, 50, 50], [50, 60, 60], limits_fen={"a": [50, 70, 40]})
    >>> found.kept, found.raised_fen, found.assessors[0].toward
    (1, 20, 1)
    """
    figures = {} if limits_fen is None else dict(limits_fen)
    names = {f"limits_fen[{name!r}]": column for name, column in figures.items()}
    same_length({"proposed_fen": proposed_fen, "decided_fen": decided_fen, **names})
    proposed = _amounts("proposed_fen", proposed_fen)
    decided = _amounts("decided_fen", decided_fen)
    known = proposed.known & decided.known
    start, end = proposed.values[known], decided.values[known]
    moved = end - start
    assessors = tuple(
        _of_assessor(name, _amounts(told, column).take(np.flatnonzero(known)), start, end)
        for (name, column), told in zip(figures.items(), names, strict=True)
    )
    found = Departures(
        households=len(start),
        kept=int(np.count_nonzero(moved == 0)),
        raised=int(np.count_nonzero(moved > 0)),
        lowered=int(np.count_nonzero(moved < 0)),
        raised_fen=sum(moved[moved > 0].tolist()),
        lowered_fen=-sum(moved[moved < 0].tolist()),
        unknown=len(known) - len(start),
        assessors=assessors,
        reasons=(FOR_REVIEW,),
    )
    return attrs.evolve(found, reasons=(FOR_REVIEW, *_departures_told(found, policy)))


def _amounts(name: str, values: object) -> Ints:
    amounts = int_column(name, values, money=True)
    low = amounts.known & (amounts.values < 0)
    if low.any():
        raise InputError(
            f"{name} must be 0 or more, {int(low.sum())} rows are not, the first at row "
            f"{int(low.argmax())}: leave an unknown amount None",
            column=name,
            count=int(low.sum()),
            first_row=int(low.argmax()),
        )
    return amounts


def _of_assessor(name: str | int, figures: Ints, start: Int, end: Int) -> AssessorDepartures:
    rows = figures.known & (start != end)
    figure, before, after = figures.values[rows], start[rows], end[rows]
    closer = np.abs(before - figure) - np.abs(after - figure)
    return AssessorDepartures(
        assessor=name,
        departures=len(figure),
        toward=int(np.count_nonzero(closer > 0)),
        away=int(np.count_nonzero(closer < 0)),
        above=int(np.count_nonzero(after > figure)),
        below=int(np.count_nonzero(after < figure)),
        reached=int(np.count_nonzero(after == figure)),
    )


def _departures_told(found: Departures, policy: TrustPolicy) -> list[Reason]:
    reasons = []
    count = found.raised + found.lowered
    if found.households < number(policy.min_units):
        few = resting_on(TOO_FEW_UNITS, policy.min_units)
        reasons.append(few.given(count=found.households, needed=number(policy.min_units)))
    elif 10_000 * count >= number(policy.departure) * found.households:
        often = resting_on(DEPARTS_OFTEN, policy.departure)
        reasons.append(often.given(matches=count, count=found.households))
    if found.assessors and count < number(policy.min_departures):
        few = resting_on(TOO_FEW_DEPARTURES, policy.min_departures)
        reasons.append(few.given(count=count, needed=number(policy.min_departures)))
    toward = resting_on(TOWARD_ONE, policy.toward)
    reasons += [
        toward.given(matches=one.toward, count=one.departures, assessor=one.assessor)
        for one in found.assessors
        if one.departures >= number(policy.min_departures)
        and 10_000 * one.toward >= number(policy.toward) * one.departures
    ]
    return reasons
