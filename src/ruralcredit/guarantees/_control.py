"""Control groups (关联集团): who controls whom once shares, kin and spouses are read on a day."""

import datetime
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from ruralcredit.errors import CreditError
from ruralcredit.guarantees._reasons import CONTROL_BP, KIN_DEGREE
from ruralcredit.guarantees._tables import RELATION_KINDS, Relations

_WHOLE_BP = 10_000


def control_groups(
    relations: Relations,
    *,
    as_of: datetime.date,
    control_bp: int = int(CONTROL_BP.value),
    kin_degree: int = int(KIN_DEGREE.value),
) -> Relations:
    """Return the relations that bind on a day (控制关系), ready for `GuaranteeBook.merge`.

    A party controls another when the shares that it holds, together with those of all that it
    controls, exceed ``control_bp``; so control passes on, and shares held in a circle count only
    once somebody controls them from outside.  A control row without a share, and a controller,
    are taken as stated.  Spouses and members of one group bind; kin bind up to a degree, of
    unknown degree too.

    Args:
        relations: Who is related to whom; the rows in force on the day count, shares of one
            holder in one firm add up.
        as_of: The day.
        control_bp: The share that control must exceed, in basis points.
        kin_degree: The highest degree of kinship (亲等) that binds.

    Returns:
        Distinct rows a, b, kind without dates, sorted by kind, a and b.  Control that a party has
        only through one it controls is left to that one's own row.

    Raises:
        CreditError: If the day is no date, the share is not 0 to 10000 or the degree is negative.

    Source:
        domain text "guarantee networks", 1.2 and 3.8; the two figures name theirs.

    P holds 60 % of A and 30 % of C, A holds 30 % of C; Q, a cousin, is kin of the fourth degree:

    >>> import datetime
    >>> held = Relations.from_columns(
    ...     a=["P", "P", "A", "P"], b=["A", "C", "C", "Q"], kind=["control"] * 3 + ["kin"],
    ...     share_bp=[6_000, 3_000, 3_000, None], degree=[None, None, None, 4],
    ... )
    >>> control_groups(held, as_of=datetime.date(2025, 1, 1)).to_columns()["b"].tolist()
    ['A', 'C']
    """
    _check(as_of, control_bp, kin_degree)
    # Ranks, not codes: what is found first must not depend on the order of the rows.
    ranks = relations.index.ranks()
    bound: set[tuple[int, int, int]] = set()
    control = RELATION_KINDS.index("control")
    held: dict[tuple[int, int], int] = defaultdict(int)
    for kind, a, b, share, degree in _rows_in_force(relations, as_of):
        ends = int(ranks[a]), int(ranks[b])
        if kind == control and share is not None:
            held[ends] += max(share, 0)
        elif RELATION_KINDS[kind] != "kin" or degree is None or degree <= kin_degree:
            bound.add((kind, *ends))
    stated = {row[1:] for row in bound if RELATION_KINDS[row[0]] in {"control", "controller"}}
    found = _Control(held, stated, control_bp).found()
    rows = sorted(bound | {(control, *ends) for ends in found})
    names = relations.index.known_ids(np.argsort(ranks))
    return Relations.from_columns(
        a=[names[a] for _kind, a, _b in rows],
        b=[names[b] for _kind, _a, b in rows],
        kind=[RELATION_KINDS[kind] for kind, _a, _b in rows],
    )


def _check(as_of: object, control_bp: object, kin_degree: object) -> None:
    if not isinstance(as_of, datetime.date) or isinstance(as_of, datetime.datetime):
        raise CreditError(f"as_of must be a datetime.date, got {as_of!r}: pass its .date()")
    for name, value, must, most in (
        ("control_bp", control_bp, f"an int from 0 to {_WHOLE_BP}", _WHOLE_BP),
        ("kin_degree", kin_degree, "an int from 0 up", math.inf),
    ):
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise CreditError(f"{name} must be {must}, got {value!r}")


def _rows_in_force(
    relations: Relations, as_of: datetime.date
) -> Iterator[tuple[int, int, int, int | None, int | None]]:
    """Return kind, both ends, share and degree of each row that counts on the day."""
    for number, kind in enumerate(RELATION_KINDS):
        rows = relations.rows_in_force((kind,), np.datetime64(as_of, "D"))
        cells = [
            [None] * len(rows) if column is None else column.take(rows).tolist()
            for column in (relations.share_bp, relations.degree)
        ]
        ends = relations.a.codes[rows].tolist(), relations.b.codes[rows].tolist()
        for a, b, share, degree in zip(*ends, *cells, strict=True):
            if a != b:
                yield number, a, b, share, degree


class _Control:
    """Who controls whom: rows that lead from each party to all that it controls."""

    def __init__(
        self,
        held: Mapping[tuple[int, int], int],
        stated: Iterable[tuple[int, int]],
        control_bp: int,
    ) -> None:
        self._bp = control_bp
        self._above: dict[int, set[int]] = defaultdict(set)
        self._below: dict[int, set[int]] = defaultdict(set)
        self._holders: dict[int, dict[int, int]] = defaultdict(dict)
        for (holder, firm), share in sorted(held.items()):
            self._holders[firm][holder] = share
        for one, other in stated:
            self._add(one, other)

    def _add(self, one: int, other: int) -> None:
        self._below[one].add(other)
        self._above[other].add(one)

    def found(self) -> set[tuple[int, int]]:
        """Return the control that follows from shares, to the least fixed point."""
        rows = {
            (holder, firm)
            for firm, shares in self._holders.items()
            for holder, share in shares.items()
            if share > self._bp
        }
        for row in rows:
            self._add(*row)
        open_firms = [firm for firm in sorted(self._holders) if self._is_open(firm)]
        while found := [row for firm in open_firms for row in self._controllers(firm)]:
            rows.update(found)
        return rows

    def _is_open(self, firm: int) -> bool:
        """Say whether a party above several holders, or beside the largest, could control it."""
        shares = self._holders[firm].values()
        rest = sum(shares) - max(shares)
        return rest > self._bp if max(shares) > self._bp else sum(shares) > self._bp

    def _controllers(self, firm: int) -> Iterator[tuple[int, int]]:
        """Add and return the parties whose own and controlled shares suffice, lowest first."""
        together: dict[int, int] = defaultdict(int)
        steps: dict[int, int] = {}
        for holder, share in self._holders[firm].items():
            for party, away in _reach(holder, self._above).items():
                together[party] += share
                steps[party] = min(away, steps.get(party, away))
        for _away, party in sorted(
            (steps[p], p) for p, share in together.items() if share > self._bp
        ):
            # Whoever controls one below that does so already needs no row of its own.
            if party != firm and firm not in _reach(party, self._below):
                self._add(party, firm)
                yield party, firm


def _reach(start: int, near: Mapping[int, set[int]]) -> dict[int, int]:
    """Return all parties along some control, the start too, with the steps to each."""
    steps = {start: 0}
    queue = [start]
    for here in queue:
        for there in near.get(here, ()):
            if there not in steps:
                steps[there] = steps[here] + 1
                queue.append(there)
    return steps
