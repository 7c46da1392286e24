"""The large, plain guarantee book that benchmarks time, with its truth by construction."""

from typing import Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from ruralcredit.errors import InputError
from ruralcredit.synthetic._draw import MANTISSAS, STEPS
from ruralcredit.synthetic._ids import branch_numbers, credit_codes, customer_numbers

__all__ = ["ColumnBook", "ColumnTruth", "IdStyle", "guarantee_columns"]

IdStyle = Literal["int64", "digits", "uscc", "mixed"]
Ids = NDArray[np.int64] | NDArray[np.bytes_]
Ints = NDArray[np.int64]

_LEAST_ROWS = 2_000
_ROWS_PER_PARTY = 1.35
_DISTINCT_SHARE = 0.79
_CIRCLE_SHARE = 0.034
_BIG_CIRCLE_SHARE = 0.003
_GIANT_SHARE = 0.30
_UNITS_PER_CLUSTER = 5.9
_CORE_SHARE = 0.3
_PAIR_SHARE, _CLIQUE_SHARE = 0.55, 0.27
_LARGEST_CLIQUE, _LARGEST_RING = 10, 30
_CHORD_SHARE = 0.8
_BIG_CIRCLE_CHORDS = 0.6


@attrs.frozen(kw_only=True, eq=False)
class ColumnTruth:
    """What is known of a column book by construction.

    Attributes:
        circles: Number of closed loops.
        members: Parties on them.
        clusters: Number of weakly connected clusters.
        largest_circle: Parties on the largest loop.
        party: Ids of the parties on loops, grouped by loop.
        circle: The loop, 0 to circles - 1, of each of them.
        exposure_fen: Money guaranteed inside each loop, shape ``(circles,)``.

    >>> guarantee_columns(2_000, seed=1).truth.circles > 0
    True
    """

    circles: int
    members: int
    clusters: int
    largest_circle: int
    party: Ids = attrs.field(repr=False)
    circle: Ints = attrs.field(repr=False)
    exposure_fen: Ints = attrs.field(repr=False)


@attrs.frozen(kw_only=True, eq=False)
class ColumnBook:
    """Three columns of equal length, and the truth about them; arrays are read-only.

    Attributes:
        guarantor: Who guarantees.
        borrower: For whom.
        amount_fen: For how much.
        truth: What is known by construction.

    >>> len(guarantee_columns(2_000, seed=1).amount_fen)
    2000
    """

    guarantor: Ids = attrs.field(repr=False)
    borrower: Ids = attrs.field(repr=False)
    amount_fen: Ints = attrs.field(repr=False)
    truth: ColumnTruth


def guarantee_columns(rows: int, *, seed: int, ids: IdStyle = "int64") -> ColumnBook:
    """Return a shuffled guarantee book with loops and clusters known by construction.

    There are 1.35 rows to a party, 21 % of the rows renew another's pair, 3.7 % of the
    parties are on loops (pairs, near-cliques of 3 to 10, rings of 3 to 30, and one loop of
    0.3 % of the parties), 30 % are in one giant cluster that holds the large loop and a
    hub of some hundred arcs.  Amounts are log-normal.  No Python loop runs over rows.

    Args:
        rows: Rows, 2,000 or more.
        seed: Any number from 0 on.  The structure and the amounts depend on rows and seed
            alone, so that books of the same seed differ in their ids only.
        ids: ``int64`` customer numbers; ``digits`` for ``C000123456``; ``uscc`` for
            18-character credit codes; ``mixed`` for widths of 6 to 14 with branch
            prefixes.  The last three are NumPy bytes (dtype ``S``), one width per column.

    Returns:
        Columns of shape ``(rows,)`` and their truth.

    Raises:
        InputError: If rows are too few or the style of ids is unknown.

    >>> book = guarantee_columns(10_000, seed=1, ids="digits")
    >>> book.guarantor.shape, book.guarantor.dtype, book.truth.members
    ((10000,), dtype('S10'), 277)
    """
    if rows < _LEAST_ROWS:
        raise InputError(f"rows must be {_LEAST_ROWS} or more, got {rows}", column="rows")
    generator = np.random.Generator(np.random.PCG64(seed))
    plan = _Plan(generator, rows)
    source, target = plan.pairs()
    again = _below(generator, rows - len(source), len(source))
    order = _shuffled(generator, rows)
    pick = np.concatenate((np.arange(len(source)), again))[order]
    source, target = source[pick], target[pick]
    amount_fen = _amounts(generator, rows)
    labels = plan.circle_of_party
    inside = np.flatnonzero((labels[source] >= 0) & (labels[source] == labels[target]))
    exposure = np.zeros(plan.circles, dtype=np.int64)
    np.add.at(exposure, labels[source[inside]], amount_fen[inside])
    names = _names(100_000 + 3 * _shuffled(generator, plan.parties), ids)
    on_circle = np.arange(int(plan.sizes.sum()))
    book = ColumnBook(
        guarantor=names[source],
        borrower=names[target],
        amount_fen=amount_fen,
        truth=ColumnTruth(
            circles=plan.circles,
            members=len(on_circle),
            clusters=plan.clusters,
            largest_circle=int(plan.sizes.max()),
            party=names[on_circle],
            circle=labels[on_circle],
            exposure_fen=exposure,
        ),
    )
    _freeze(book)
    return book


class _Plan:
    """Parties, loops and clusters, before rows are drawn.

    Parties on loops come first, loop by loop.  A loop is one unit, so is every other
    party.  Units hang together as trees; further arcs run only from an earlier to a later
    unit of the giant cluster, whose tree arcs run that way too: no other loop can close.
    """

    def __init__(self, generator: np.random.Generator, rows: int) -> None:
        self._generator = generator
        self._distinct = round(_DISTINCT_SHARE * rows)
        self.parties = round(rows / _ROWS_PER_PARTY)
        self.sizes, self._is_clique = self._circles()
        self.circles = len(self.sizes)
        on_circle = int(self.sizes.sum())
        self._first = np.concatenate(
            (np.cumsum(self.sizes) - self.sizes, np.arange(on_circle, self.parties))
        )
        self._width = np.ones(len(self._first), dtype=np.int64)
        self._width[: self.circles] = self.sizes
        self.circle_of_party = np.full(self.parties, -1, dtype=np.int64)
        self.circle_of_party[:on_circle] = np.repeat(np.arange(self.circles), self.sizes)
        self._order, self._start, self._giant = self._clusters()
        self.clusters = int(np.count_nonzero(self._start == np.arange(len(self._start))))

    def pairs(self) -> tuple[Ints, Ints]:
        """Return guarantor and borrower of each distinct pair, as numbers of parties."""
        parts = [*self._rings(), *self._chords(), self._trees()]
        missing = self._distinct - sum(len(source) for source, _ in parts)
        parts.append(self._across(max(0, missing)))
        return (
            np.concatenate([source for source, _ in parts]),
            np.concatenate([target for _, target in parts]),
        )

    def _circles(self) -> tuple[Ints, NDArray[np.bool_]]:
        """Return the size of each loop, the large one first, and which are near-cliques."""
        generator = self._generator
        wanted = round(_CIRCLE_SHARE * self.parties)
        kind, spread = generator.random(wanted), generator.random(wanted)
        clique = 3 + ((_LARGEST_CLIQUE - 2) * spread**2).astype(np.int64)
        ring = 3 + ((_LARGEST_RING - 2) * (spread * spread * spread)).astype(np.int64)
        is_clique = (kind >= _PAIR_SHARE) & (kind < _PAIR_SHARE + _CLIQUE_SHARE)
        sizes = np.where(kind < _PAIR_SHARE, 2, np.where(is_clique, clique, ring))
        count = int(np.searchsorted(np.cumsum(sizes), wanted)) + 1
        big = max(3, round(_BIG_CIRCLE_SHARE * self.parties))
        return (
            np.concatenate(([big], sizes[:count])),
            np.concatenate(([False], is_clique[:count])),
        )

    def _clusters(self) -> tuple[Ints, Ints, int]:
        """Return the units in cluster order, where each one's cluster starts, the giant's end."""
        generator, units = self._generator, len(self._first)
        order = _shuffled(generator, units)
        order = np.concatenate(([0], order[order != 0]))
        parties = np.cumsum(self._width[order])
        giant = int(np.searchsorted(parties, _GIANT_SHARE * self.parties))
        # After the large loop come the core, the other loops, the rest.
        part = 2 + (generator.random(giant) >= _CORE_SHARE) * 2
        part[order[:giant] < self.circles] = 3
        part[0] = 1
        order[:giant] = order[:giant][np.argsort(part, kind="stable")]
        self._loops_from = int(np.count_nonzero(part < 3))
        self._core = int(np.count_nonzero(part < 4))
        opens = generator.random(units) < 1.0 / _UNITS_PER_CLUSTER
        opens[: giant + 1] = False
        opens[giant] = opens[0] = True
        # A cluster of one unit might be a party without any row.
        opens[giant + 1 :] &= ~opens[giant:-1]
        opens[-1] = False
        start = np.maximum.accumulate(np.where(opens, np.arange(units), 0))
        return order, start, giant

    def _rings(self) -> list[tuple[Ints, Ints]]:
        """Return the arcs that close every loop, each party to the next."""
        source = np.arange(int(self.sizes.sum()))
        target = source + 1
        last = np.cumsum(self.sizes) - 1
        target[last] = last - self.sizes + 1
        return [(source, target)]

    def _chords(self) -> list[tuple[Ints, Ints]]:
        """Return the other arcs of near-cliques and of the large loop."""
        parts = []
        first = self._first[: self.circles]
        for size in range(3, _LARGEST_CLIQUE + 1):
            bases = first[(self.sizes == size) & self._is_clique]
            a, b = (grid.ravel() for grid in np.indices((size, size)))
            a, b = (side[(a != b) & ((a + 1) % size != b)] for side in (a, b))
            kept = self._generator.random((len(bases), len(a))) < _CHORD_SHARE
            parts.append(((bases[:, None] + a)[kept], (bases[:, None] + b)[kept]))
        big = int(self.sizes[0])
        step = _below(self._generator, round(_BIG_CIRCLE_CHORDS * big), big)
        reach = 1 + _below(self._generator, len(step), big - 1)
        parts.append((step, (step + reach) % big))
        return parts

    def _trees(self) -> tuple[Ints, Ints]:
        """Return one arc for each unit that does not open a cluster, to an earlier unit.

        Early units draw more arcs: a party of the large loop becomes a hub.
        """
        place = np.arange(len(self._start))
        place = place[self._start != place]
        span = place - self._start[place]
        # A share to the power 1.8125 without pow, whose last bit depends on the processor.
        share = self._generator.random(len(place))
        fourth = np.sqrt(np.sqrt(share))
        share *= np.sqrt(share) * fourth * np.sqrt(np.sqrt(fourth))
        early = self._start[place] + np.minimum((span * share).astype(np.int64), span - 1)
        late = place
        upward = (self._generator.random(len(place)) < 0.5) & (place >= self._giant)
        source = np.where(upward, late, early)
        target = np.where(upward, early, late)
        return self._member(source), self._member(target)

    def _across(self, count: int) -> tuple[Ints, Ints]:
        """Return further arcs of the giant cluster, from an earlier to a later unit.

        They join units of its core, so that much lies between loops.
        """
        low = _below(self._generator, count, self._core)
        high = _below(self._generator, count, self._core - 1)
        high += high >= low
        to_loop = (np.arange(count) % 2 == 0) & (low < self._loops_from)
        high[to_loop] = self._loops_from + _below(
            self._generator, int(to_loop.sum()), self._core - self._loops_from
        )
        return self._member(np.minimum(low, high)), self._member(np.maximum(low, high))

    def _member(self, place: Ints) -> Ints:
        """Return one party of the unit at each place; of the large loop always the hub."""
        unit = self._order[place]
        share = self._generator.random(len(place)) * (place > 0)
        return self._first[unit] + (share * self._width[unit]).astype(np.int64)


def _below(generator: np.random.Generator, count: int, bound: int) -> Ints:
    """Return numbers from 0 to bound - 1."""
    return (generator.random(count) * bound).astype(np.int64)


def _shuffled(generator: np.random.Generator, count: int) -> Ints:
    """Return 0 to count - 1 in a random order, the same under every NumPy."""
    order: Ints = np.argsort(generator.random(count), kind="stable").astype(np.int64)
    return order


def _amounts(generator: np.random.Generator, rows: int) -> Ints:
    """Return log-normal amounts in fen: E24 steps about 180,000 yuan, not round."""
    normal = generator.random(rows)
    for _ in range(3):
        normal += generator.random(rows)
    normal = (normal - 2.0) * 1.7320508075688772
    step = (STEPS * (5.25 + 0.7 * normal) + 0.5).astype(np.int64)
    power, mantissa = np.divmod(step, STEPS)
    base: Ints = np.array(MANTISSAS, dtype=np.int64)[mantissa] * 10 ** (power + 1)
    base += (generator.random(rows) * (base // 30)).astype(np.int64)
    return base


def _names(numbers: Ints, ids: IdStyle) -> Ids:
    if ids == "int64":
        return numbers
    if ids == "digits":
        return customer_numbers(numbers)
    if ids == "uscc":
        return credit_codes(numbers)
    if ids == "mixed":
        return branch_numbers(numbers)
    raise InputError(f"ids must be int64, digits, uscc or mixed, got {ids!r}", column="ids")


def _freeze(book: ColumnBook) -> None:
    truth = book.truth
    for array in (book.guarantor, book.borrower, book.amount_fen):
        array.flags.writeable = False
    for array in (truth.party, truth.circle, truth.exposure_fen):
        array.flags.writeable = False
