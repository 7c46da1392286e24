"""Overlaps: pairs of rows that can match one case, each with the case that shows it."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from ruralcredit.policy._cells import Axis
from ruralcredit.policy._fields import Value
from ruralcredit.policy._resolve import Rules, bits
from ruralcredit.values import FrozenMapping

__all__ = ["Pair", "first_overlap", "pairs", "search"]


@attrs.frozen
class Pair:
    """Two rows, as positions, and facts under which both match."""

    rows: tuple[int, int]
    witness: Mapping[str, Value | None]


def search(axes: Sequence[Axis], wanted: int, avoided: int) -> dict[str, Value | None] | None:
    """Return facts that satisfy all wanted rows and none of the avoided boxes, or None.

    A fact may stay missing where a wanted row asks for that.

    Args:
        axes: The table's fields.
        wanted: Bits of rows that must match.
        avoided: Bits of impossible boxes.
    """
    # Bits of boxes still matching -> the classes that led there.
    reached: dict[int, tuple[int | None, ...]] = {avoided: ()}
    for axis in axes:
        steps: dict[int, int | None] = {}
        for cls, mask in enumerate(axis.masks):
            if mask & wanted == wanted:
                steps.setdefault(mask & avoided, cls)
        if wanted & axis.asks and axis.missing & wanted == wanted:
            steps.setdefault(axis.missing & avoided, None)
        further: dict[int, tuple[int | None, ...]] = {}
        for left, path in reached.items():
            for boxes, step in steps.items():
                further.setdefault(left & boxes, (*path, step))
        reached = further
    if 0 not in reached:
        return None
    return {
        axis.field.name: None if cls is None else axis.witness(cls)
        for axis, cls in zip(axes, reached[0], strict=True)
    }


def pairs(axes: Sequence[Axis], rules: Rules) -> Iterator[Pair]:
    """Run over the pairs of rows that can match one case, in table order."""
    count = len(rules.outcome_of)
    boxes = _boxes(axes) & ~rules.rows
    for row in range(count):
        both = rules.rows & ~((1 << row + 1) - 1)
        for axis in axes:
            both &= _meeting(axis, row)
        for other in bits(both):
            witness = search(axes, 1 << row | 1 << other, boxes)
            if witness is not None:
                yield Pair((row, other), FrozenMapping(witness))


def _boxes(axes: Sequence[Axis]) -> int:
    every = 0
    for axis in axes:
        every |= axis.tests | axis.missing
    return every


def _meeting(axis: Axis, row: int) -> int:
    """Return the rows that share a value, or missing, with a row on one field."""
    meeting = axis.missing if axis.missing >> row & 1 else 0
    for mask in axis.masks:
        if mask >> row & 1:
            meeting |= mask
    return meeting


def first_overlap(axes: Sequence[Axis], rules: Rules) -> Pair | None:
    """Return the first pair of rows that can match one case, or None."""
    return next(pairs(axes, rules), None)
