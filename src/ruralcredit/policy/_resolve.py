"""The hit policies: from the bits of the matching rows to a result, once for every way to ask."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, get_args

import attrs

from ruralcredit.errors import TableError
from ruralcredit.policy._rows import Row
from ruralcredit.reasons import Status

__all__ = ["HITS", "HitPolicy", "Result", "Rules", "bits", "rules_of"]

HitPolicy: TypeAlias = Literal["unique", "first", "any", "exception", "collect"]
"""How a table answers where several rows match."""

HITS: tuple[HitPolicy, ...] = get_args(HitPolicy)


def bits(mask: int) -> tuple[int, ...]:
    """Return the positions of the bits of a mask, ascending."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return tuple(found)


@attrs.frozen
class Result:
    """What the matching rows of one complete case come to.

    Attributes:
        status: "decided", "none" or "conflict".
        outcome: Number of the outcome, several under collect; empty unless decided.
        rows: Positions of the rows it comes from.
    """

    status: Status
    outcome: tuple[int, ...]
    rows: tuple[int, ...]

    @property
    def answer(self) -> tuple[Status, tuple[int, ...]]:
        """What two results have in common when they mean the same."""
        return self.status, self.outcome


_NONE = Result("none", (), ())
_IMPOSSIBLE = Result("conflict", (), ())


@attrs.frozen(eq=False)
class Rules:
    """What the hit policy needs to know of the rows.

    Attributes:
        hit: The hit policy.
        outcome_of: Per row the number of its outcome; equal outcomes share one.
        beats: Per row the bits of the rows that it beats.
        rows: The bits of all rows; what lies beyond is an impossible box.
    """

    hit: HitPolicy
    outcome_of: tuple[int, ...]
    beats: tuple[int, ...]
    rows: int

    def resolve(self, mask: int) -> Result:
        """Return the result of a complete case from the rows and boxes that it matches."""
        if mask & ~self.rows:
            return _IMPOSSIBLE
        if not mask:
            return _NONE
        if self.hit == "first":
            mask &= -mask
        if self.hit == "exception":
            mask = self.unbeaten(mask)
        rows = bits(mask)
        outcomes = tuple(self.outcome_of[row] for row in rows)
        if self.hit == "collect":
            return Result("decided", outcomes, rows)
        if len(set(outcomes)) > 1:
            return Result("conflict", (), rows)
        return Result("decided", outcomes[:1], rows)

    def unbeaten(self, mask: int) -> int:
        """Return the rows of a mask that no other row of it beats."""
        beaten = 0
        for row in bits(mask):
            beaten |= self.beats[row]
        return mask & ~beaten


def rules_of(rows: Sequence[Row], hit: HitPolicy) -> Rules:
    """Return the rules of a table's rows.

    Raises:
        TableError: If a row beats a row that is not there, or in the end itself.
    """
    number_of: dict[tuple[object, ...], int] = {}
    outcomes = tuple(number_of.setdefault(_key(row), len(number_of)) for row in rows)
    position = {row.id: number for number, row in enumerate(rows)}
    for row in rows:
        if row.overrides and hit != "exception":
            raise TableError(
                f"row {row.id} overrides {', '.join(row.overrides)}, which only hit policy "
                f"exception can weigh, got {hit!r}",
                rows=(row.id,),
            )
        unknown = [one for one in row.overrides if one not in position]
        if unknown:
            raise TableError(
                f"row {row.id} overrides {', '.join(unknown)}, which the table does not have",
                rows=(row.id,),
            )
    return Rules(hit, outcomes, _beats(rows, position), (1 << len(rows)) - 1)


def _key(row: Row) -> tuple[object, ...]:
    # Types too, since True equals 1 and 1 equals Decimal(1).
    return tuple(sorted((name, type(cell).__name__, cell) for name, cell in row.then.items()))


def _beats(rows: Sequence[Row], position: Mapping[str, int]) -> tuple[int, ...]:
    """Return per row the bits of the rows it beats, straight or through others."""
    straight = [sum(1 << position[one] for one in set(row.overrides)) for row in rows]
    beats = list(straight)
    # As many rounds as rows reach the end of the longest chain.
    for _ in rows:
        wider = [mask | _united(beats, mask) for mask in beats]
        if wider == beats:
            break
        beats = wider
    for number, row in enumerate(rows):
        if beats[number] >> number & 1:
            raise TableError(f"row {row.id} must not beat itself through others", rows=(row.id,))
    return tuple(beats)


def _united(beats: Sequence[int], mask: int) -> int:
    united = 0
    for row in bits(mask):
        united |= beats[row]
    return united
