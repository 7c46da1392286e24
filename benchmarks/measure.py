"""Fresh processes in turn, medians, and the yardstick."""

import json
import pathlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import attrs
import numpy as np

from benchmarks.pipelines import PEERS
from benchmarks.worker import Found, run

ROOT = pathlib.Path(__file__).resolve().parents[1]


@attrs.frozen(kw_only=True)
class Measured:
    """What the runs of one pipeline gave: medians of the time, the largest memory."""

    name: str
    total_ms: float
    laps_ms: Mapping[str, float]
    extra_mb: float
    digest: str
    loops: int
    clusters: int

    @classmethod
    def of(cls, name: str, found: Sequence[Found]) -> "Measured":
        """Take the medians over all runs of all processes, whose answers must be one."""
        laps = [lap for each in found for lap in each.laps]
        (digest,) = {each.digest for each in found}
        return cls(
            name=name,
            total_ms=statistics.median(sum(lap.values()) for lap in laps),
            laps_ms={key: statistics.median(lap[key] for lap in laps) for key in laps[0]},
            extra_mb=max(each.extra_mb for each in found),
            digest=digest,
            loops=found[0].loops,
            clusters=found[0].clusters,
        )


def in_turn(
    names: Sequence[str],
    book: pathlib.Path,
    *,
    quick: bool = False,
    rounds: int = 3,
    runs: int = 3,
    members: bool = True,
) -> dict[str, Measured]:
    """Run every pipeline in a fresh process in each round; slow ones once per process.

    The quick form runs each once, in this process: enough to compare what they find.
    """
    found: dict[str, list[Found]] = {name: [] for name in names}
    for _ in range(1 if quick else rounds):
        for name in names:
            once = quick or (name in PEERS and PEERS[name].is_slow)
            ask = run if quick else _run_fresh
            found[name].append(ask(name, str(book), 1 if once else runs, members=members))
    return {name: Measured.of(name, each) for name, each in found.items()}


def _run_fresh(name: str, book: str, runs: int, *, members: bool) -> Found:
    done = subprocess.run(  # noqa: S603  # our own worker, started without a shell
        [
            *(sys.executable, "-m", "benchmarks.worker"),
            *(name, book, str(runs), "members" if members else "labels"),
        ],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{name} ended with {done.returncode}:\n{done.stderr}")
    return Found(**json.loads(done.stdout.splitlines()[-1]))


def median_ms(question: Callable[[], object], *, times: int) -> float:
    """Return the median time of a question, in milliseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        question()
        taken.append((time.perf_counter() - start) * 1e3)
    return statistics.median(taken)


def sort_ms() -> float:
    """Return the yardstick: the median of 9 `numpy.sort` of 1,000,000 seeded random int64."""
    values = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, 1_000_000)
    return median_ms(lambda: np.sort(values), times=9)
