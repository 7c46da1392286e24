"""The covering program of loops: each loop is cut somewhere, at the least cost.

Its dual packs loops with weights, so that no item carries more than it costs: what the weights
sum to is a lower bound.  HiGHS answers in floating point; `Covering.certified` turns an answer
into weights that are exact fractions and checks them in integers.
"""

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.guarantees._feedback_loops import Digraph, Loop

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Int64 = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]
Packing = tuple[tuple[int, Fraction], ...]

# Costs are scaled to this, which suits the tolerances of HiGHS.
_LARGEST = float(1 << 20)
# What all contracts together may cost more, so that of equal plans the one of fewer is found.
_NUDGE = 0.02
_TIGHT = 2e-6
# One unit of work is a pivot over a thousand loops; every call costs some beside.
_PASSED_PER_UNIT = 1_000
_UNITS_OF_CALL = 10
_NO_WEIGHT = 1e-9
_MOST_DENOMINATOR = 1_000
# Common denominators tried before a system is solved.
_DENOMINATORS = (1, 2, 6)
# Floats hold integers below this exactly, and sums of a few of them.
_EXACT_FLOAT = float(1 << 45)
_GRID = 1 << 48
_ROUNDS = 3


@attrs.frozen(eq=False)
class Relaxed:
    """A float answer: its value, each item's share, each loop's weight, and the work it took."""

    value: float
    shares: Float
    weights: Float
    units: int


class Covering:
    """Loops met so far, as rows of a linear program over items."""

    def __init__(self, graph: Digraph, costs: Sequence[int], sizes: Sequence[int]) -> None:
        self.graph = graph
        self.costs = list(costs)
        self.loops: list[Loop] = []
        self.rows: list[tuple[int, ...]] = []
        self._seen: set[tuple[int, ...]] = set()
        largest = max((1, *costs))
        self._scale = min(1.0, 2.0 ** -math.ceil(math.log2(largest / _LARGEST)))
        self.floats = np.array([float(cost) for cost in costs])
        nudge = min(1e-4, _NUDGE / max(1, sum(sizes))) * np.array(sizes, np.float64)
        # Among equal plans of equally many contracts, early items are a little cheaper.
        nudge *= 1 + np.arange(len(costs)) / (4 * len(costs) + 1)
        self._prices = self.floats * self._scale + nudge
        self._matrix: csr_array | None = None

    def add(self, loops: Iterable[Loop]) -> int:
        """Add loops that are new as sets of items; return how many were."""
        before = len(self.rows)
        item = self.graph.item
        for loop in loops:
            row = tuple(sorted(set(item[list(loop)].tolist())))
            if row not in self._seen:
                self._seen.add(row)
                self.rows.append(row)
                self.loops.append(loop)
        if len(self.rows) > before:
            self._matrix = None
        return len(self.rows) - before

    def _rows_matrix(self) -> "csr_array":
        if self._matrix is None:
            from scipy.sparse import csr_array

            lengths = np.fromiter(map(len, self.rows), np.int64, len(self.rows))
            starts = np.concatenate([[0], np.cumsum(lengths)])
            items = np.fromiter((i for row in self.rows for i in row), np.int32, starts[-1])
            shape = (len(self.rows), len(self.costs))
            self._matrix = csr_array((np.ones(len(items)), items, starts), shape=shape)
        return self._matrix

    def is_kept_whole(self, kept: Sequence[int]) -> bool:
        """Say whether some items alone hold a loop met so far."""
        stays = set(kept)
        return any(stays.issuperset(row) for row in self.rows)

    def relax(self, cut: Sequence[int], kept: Sequence[int], *, most: int) -> Relaxed | None:
        """Solve the program with some items cut and some kept, which hold no loop.

        Args:
            cut: Items cut.
            kept: Items kept.
            most: Units of work it may take; None is returned where that is too little.
        """
        from scipy.optimize import linprog

        free = np.ones(len(self.costs), np.bool_)
        free[list(cut)] = free[list(kept)] = False
        matrix = self._rows_matrix()
        is_open = np.ones(len(self.rows), np.bool_)
        if cut:
            is_open = matrix[:, list(cut)].sum(axis=1) == 0
        shares, weights = np.zeros(len(self.costs)), np.zeros(len(self.rows))
        shares[list(cut)] = 1.0
        units = _UNITS_OF_CALL
        if is_open.any():
            part = matrix[is_open][:, free]
            pivots = max(1, most * _PASSED_PER_UNIT // part.shape[0])
            found = linprog(
                self._prices[free],
                A_ub=-part,
                b_ub=np.full(part.shape[0], -1.0),
                method="highs-ds",
                options={"presolve": False, "maxiter": pivots},
            )
            if found.status:
                return None
            shares[free] = found.x
            weights[is_open] = -found.ineqlin.marginals
            units += int(found.nit) * part.shape[0] // _PASSED_PER_UNIT
        return Relaxed(float(self.floats @ shares), shares, weights, units)

    def greedily_packed(self, kept: Sequence[int]) -> Packing:
        """Return weights of loops without any program, short loops first."""
        bound = np.ones(len(self.costs), np.bool_)
        bound[list(kept)] = False
        order = sorted(range(len(self.rows)), key=lambda loop: (len(self.rows[loop]), loop))
        most = Fraction(sum(self.costs))
        packing = self._clipped([(loop, most) for loop in order], bound)
        return tuple((loop, weight) for loop, weight in packing if weight)

    def loads_in_costs(self, weights: Float) -> Float:
        """Return what float weights put on each item, in the unit of the costs."""
        whole = np.zeros(len(self.rows))
        whole[: len(weights)] = weights
        loads: Float = self._rows_matrix().T @ whole / self._scale
        return loads

    def certified(self, relaxed: Relaxed, kept: Sequence[int]) -> Packing:
        """Return exact weights of loops that put on no item more than it costs.

        Args:
            relaxed: The float answer.
            kept: Items that may carry any weight.
        """
        support = np.flatnonzero(relaxed.weights > _NO_WEIGHT)
        if not len(support):
            return ()
        matrix = self._rows_matrix()[support]
        bound = np.ones(len(self.costs), np.bool_)
        bound[list(kept)] = False
        loads = matrix.T @ relaxed.weights[support]
        tight = np.flatnonzero(bound & (loads > self._prices - _TIGHT))
        right = [self.costs[item] for item in tight.tolist()]
        guess = relaxed.weights[support] / self._scale
        fractions = _solved(matrix[:, tight].T.tocsr(), right, guess)
        weights = [max(weight, Fraction(0)) for weight in fractions]
        packing = list(zip(support.tolist(), weights, strict=True))
        if not self._is_within(packing, bound):
            packing = self._clipped(packing, bound)
        return tuple((loop, weight) for loop, weight in packing if weight)

    def _is_within(
        self, packing: list[tuple[int, Fraction]], bound: npt.NDArray[np.bool_]
    ) -> bool:
        loads = self.exact_loads(packing)
        return all(load <= self.costs[item] for item, load in loads.items() if bound[item])

    def exact_loads(self, packing: Iterable[tuple[int, Fraction]]) -> dict[int, Fraction]:
        """Return what weighted loops put on the items they pass, exactly."""
        weighted = list(packing)
        whole = math.lcm(*(weight.denominator for _loop, weight in weighted))
        loads: dict[int, int] = {}
        for loop, weight in weighted:
            share = weight.numerator * (whole // weight.denominator)
            for item in self.rows[loop]:
                loads[item] = loads.get(item, 0) + share
        return {item: Fraction(load, whole) for item, load in loads.items()}

    def _clipped(
        self, packing: list[tuple[int, Fraction]], bound: npt.NDArray[np.bool_]
    ) -> list[tuple[int, Fraction]]:
        """Lower weights, one loop after the other, to what its items still bear."""
        left = {item: Fraction(cost) for item, cost in enumerate(self.costs) if bound[item]}
        out = []
        for loop, weight in packing:
            room = [left[item] for item in self.rows[loop] if item in left]
            fits = min([weight, *room])
            for item in self.rows[loop]:
                if item in left:
                    left[item] -= fits
            out.append((loop, fits))
        return out


def _solved(matrix: "csr_array", right: list[int], guess: Float) -> list[Fraction]:
    """Solve a system of zeros and ones in fractions, given what floats say of it nearly."""
    for whole in _DENOMINATORS:
        nearly = np.round(guess * whole)
        if np.abs(nearly).max(initial=0.0) < _EXACT_FLOAT and np.array_equal(
            matrix @ nearly, np.array(right, np.float64) * whole
        ):
            return [Fraction(int(value), whole) for value in nearly.tolist()]
    return _refined(matrix, right, guess)


def _refined(matrix: "csr_array", right: list[int], guess: Float) -> list[Fraction]:
    """Solve it by floats and exact residuals: what is left over is small whatever the size."""
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import splu

    transposed = matrix.T.tocsr()
    try:
        factors = splu(csc_array(transposed @ matrix))
    except RuntimeError:  # singular: no vertex, so no exact answer either
        return [Fraction(value).limit_denominator(_MOST_DENOMINATOR) for value in guess.tolist()]
    grid = [0] * matrix.shape[1]
    rows = np.split(matrix.indices, matrix.indptr[1:-1])
    ones = [row.tolist() for row in rows]
    for _ in range(_ROUNDS):
        rest = [
            value * _GRID - sum(grid[k] for k in row)
            for value, row in zip(right, ones, strict=True)
        ]
        step = factors.solve(transposed @ np.array([float(value) for value in rest]))
        grid = [value + round(more) for value, more in zip(grid, step.tolist(), strict=True)]
    return [Fraction(value, _GRID).limit_denominator(_MOST_DENOMINATOR) for value in grid]
