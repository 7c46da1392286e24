"""Which rule for a limit, and what the sign of copying finds: a simulation with known truth.

Run by hand, ``uv run python -m benchmarks.rule_simulation``, it prints two tables.  The first
ranks the rules that bring independent assessments together: the root of the mean squared error
and the share of households granted more than 1.3 times the truth.  The second gives how often
`ruralcredit.limits.copying` flags a pair that copied, and one that did not.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.limits import copying

Float = npt.NDArray[np.float64]
Rng = np.random.Generator

NOISE: Final = 0.2
TOO_MUCH: Final = 1.3


# --- the rules, on figures sorted along each row ---


def lowest(rows: Float) -> Float:
    """Return the lowest figure."""
    return rows[:, 0]


def mean(rows: Float) -> Float:
    """Return the mean."""
    return rows.mean(axis=1)


def median(rows: Float) -> Float:
    """Return the middle figure, or the mean of the two in the middle."""
    return np.asarray(np.median(rows, axis=1))


def drop_both(rows: Float) -> Float:
    """Return the mean without the highest and the lowest."""
    return rows[:, 1:-1].mean(axis=1)


def closest_two(rows: Float) -> Float:
    """Return the mean of the two closest figures, the lower two on ties."""
    at = np.diff(rows, axis=1).argmin(axis=1)
    row = np.arange(len(rows))
    return np.asarray((rows[row, at] + rows[row, at + 1]) / 2)


def hodges_lehmann(rows: Float) -> Float:
    """Return the median of the means of all pairs, each figure paired with itself too."""
    one, other = np.triu_indices(rows.shape[1])
    return np.asarray(np.median((rows[:, one] + rows[:, other]) / 2, axis=1))


RULES: Final = MappingProxyType[str, Callable[[Float], Float]](
    {
        "lowest": lowest,
        "mean": mean,
        "median": median,
        "drop both": drop_both,
        "closest two": closest_two,
        "Hodges-Lehmann": hodges_lehmann,
    }
)


# --- the situations: what happens to the figures of the first assessor ---


def clean(_rng: Rng, _truth: Float, rows: Float) -> None:
    """Leave all figures alone."""


def boosted(rng: Rng, _truth: Float, rows: Float) -> None:
    """Let one assessor give 2.5 times the figure to one household in ten."""
    rows[rng.random(len(rows)) < 0.1, 0] *= 2.5


def careless(rng: Rng, truth: Float, rows: Float) -> None:
    """Let one assessor guess, within a factor of about two, one household in ten."""
    guessed = rng.random(len(rows)) < 0.1
    rows[guessed, 0] = truth[guessed] * np.exp(0.7 * rng.normal(size=int(guessed.sum())))


def lenient(_rng: Rng, _truth: Float, rows: Float) -> None:
    """Let one assessor give 1.3 times the figure to everybody."""
    rows[:, 0] *= 1.3


def copied(_rng: Rng, _truth: Float, rows: Float) -> None:
    """Let one assessor copy another throughout."""
    rows[:, 0] = rows[:, 1]


SITUATIONS: Final = MappingProxyType[str, Callable[[Rng, Float, Float], None]](
    {
        "clean": clean,
        "boosted": boosted,
        "careless": careless,
        "lenient": lenient,
        "copied": copied,
    }
)


@attrs.frozen(kw_only=True)
class Cell:
    """What one rule does in one situation."""

    rmse: float
    too_much: float


def rank_rules(
    situation: str, *, assessors: int, households: int = 200_000, seed: int = 0
) -> Mapping[str, Cell]:
    """Return, per rule, the error and the share granted too much.

    True limits are lognormal within 20,000 and 300,000 yuan, in units of 10,000 yuan; assessors
    err by 20 %, independently.
    """
    rng = np.random.default_rng(seed)
    truth = rng.lognormal(np.log(9), 0.6, households).clip(2, 30)
    rows = truth[:, None] * (1 + NOISE * rng.normal(size=(households, assessors)))
    SITUATIONS[situation](rng, truth, rows)
    rows.sort(axis=1)
    found = {name: rule(rows) for name, rule in RULES.items()}
    return {
        name: Cell(
            rmse=float(np.sqrt(np.mean((limit - truth) ** 2))),
            too_much=float(np.mean(limit > TOO_MUCH * truth)),
        )
        for name, limit in found.items()
    }


# --- copying ---


@attrs.frozen(kw_only=True)
class Flags:
    """How often pairs are flagged: the one that copied, and the two that did not."""

    found: float
    false: float


def flag_copying(
    households: int,
    *,
    share: float,
    step: float = 0.5,
    villages: int = 2_000,
    proportional: bool = False,
    seed: int = 0,
) -> Flags:
    """Return how often copying is flagged in villages of three assessors.

    Args:
        households: Households of each village.
        share: Share of households for which the second assessor copies the first.
        step: Step of the figures, in units of 10,000 yuan.
        villages: Number of villages.
        proportional: Whether errors grow with the limit; otherwise they are 16,000 yuan wide.
        seed: Of the generator.
    """
    rng = np.random.default_rng(seed)
    count = villages * households
    truth = rng.lognormal(np.log(9), 0.6, count).clip(2, 30)
    wide = NOISE * (truth if proportional else np.full(count, 8.0))
    rows = truth[:, None] + wide[:, None] * rng.normal(size=(count, 3))
    rows = np.maximum(np.round(rows / step), 1) * step
    is_copied = rng.random(count) < share
    rows[is_copied, 1] = rows[is_copied, 0]
    village = np.repeat(np.arange(count) // households, 3)
    answer = copying(
        np.round(rows * 1_000_000).astype(np.int64).ravel(),
        assessors=np.tile(np.arange(3), count) + 3 * village,
        households=np.repeat(np.arange(count), 3),
        scale="ratio" if proportional else "amount",
    )
    flagged = {
        (
            int(one.values["first"] or 0) % 3,
            int(one.values["second"] or 0) % 3,
            one.values["first"],
        )
        for one in answer.reasons
        if one.code == "LIM-130"
    }
    found = sum((one, other) == (0, 1) for one, other, _ in flagged)
    return Flags(found=found / villages, false=(len(flagged) - found) / (2 * villages))


def main() -> None:
    """Print both tables."""
    print(f"{'RMSE / too much':18}", *(f"{name:>16}" for name in RULES))  # noqa: T201  # a script
    for assessors in (3, 5):
        for situation in SITUATIONS:
            cells = rank_rules(situation, assessors=assessors)
            told = (f"{one.rmse:.2f} / {one.too_much:5.1%}" for one in cells.values())
            print(f"{assessors}, {situation:15}", *(f"{one:>16}" for one in told))  # noqa: T201
    print("\nhouseholds  step  errors       copied   found   false")  # noqa: T201
    for proportional in (False, True):
        for step, sizes in ((0.5, (40, 100, 200)), (2.0, (100,)), (5.0, (100,))):
            for households in sizes:
                for share in (0.0, 0.2, 0.4):
                    one = flag_copying(
                        households,
                        share=share,
                        step=step,
                        proportional=proportional,
                        villages=500,
                    )
                    errors = "proportional" if proportional else "constant"
                    print(  # noqa: T201
                        f"{households:10}  {step:4}  {errors:12} {share:5.0%}  "
                        f"{one.found:6.1%}  {one.false:6.2%}"
                    )


if __name__ == "__main__":
    main()
