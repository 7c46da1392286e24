"""Random choices that give the same answers under every NumPy.

Only `Generator.random` over PCG64 is used, and only sums, products and comparisons
follow: no logarithm or cosine whose last bit depends on the processor.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

__all__ = ["MANTISSAS", "STEPS", "Draw"]

T = TypeVar("T")

STEPS = 24
"""Steps per power of ten in amounts: the preferred numbers of the E24 series."""

MANTISSAS = (
    *(10, 11, 12, 13, 15, 16, 18, 20, 22, 24, 27, 30),
    *(33, 36, 39, 43, 47, 51, 56, 62, 68, 75, 82, 91),
)
"""The E24 series: round figures, evenly spread over the logarithm."""

_BLOCK = 8_192
_ROOT_3 = 1.7320508075688772


class Draw:
    """A stream of choices from one seed.

    >>> draw = Draw(1)
    >>> [draw.below(10) for _ in range(5)], draw.pick("abc")
    ([8, 5, 6, 2, 2], 'b')
    """

    def __init__(self, seed: int | tuple[int, ...]) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed))
        self._block: list[float] = []

    def unit(self) -> float:
        """Return a number from 0 up to, not including, 1."""
        if not self._block:
            self._block = self._generator.random(_BLOCK).tolist()
        return self._block.pop()

    def below(self, bound: int) -> int:
        """Return a whole number from 0 to bound - 1."""
        return int(self.unit() * bound)

    def between(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def chance(self, share: float) -> bool:
        """Return True in the given share of draws."""
        return self.unit() < share

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices, each as likely."""
        return choices[self.below(len(choices))]

    def order(self, count: int) -> list[int]:
        """Return the numbers 0 to count - 1 in a random order."""
        order: list[int] = np.argsort(self._generator.random(count), kind="stable").tolist()
        return order

    def amount_fen(self, decades: float, spread: float = 0.7) -> int:
        """Return a log-normal amount in fen, a round figure in yuan.

        Args:
            decades: Mean of the decimal logarithm of the amount in yuan.
            spread: Its standard deviation; the normal is a sum of four uniforms.
        """
        normal = (self.unit() + self.unit() + self.unit() + self.unit() - 2.0) * _ROOT_3
        step = int(STEPS * (decades + spread * normal) + 0.5)
        power, mantissa = divmod(max(step, 3 * STEPS), STEPS)
        return MANTISSAS[mantissa] * int(10 ** (power + 1))
