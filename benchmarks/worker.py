"""One pipeline in a process of its own: `python -m benchmarks.worker NAME BOOK RUNS FORM`.

The form is `members` (ids of every loop's members too) or `labels` (labels and money only, and
next to no room for recursion).  Prints one line of JSON, see `Found`.
"""

import gc
import json
import pathlib
import re
import sys

import attrs

from benchmarks.books import WARM_UP, read_book
from benchmarks.pipelines import PIPELINES, Clock

STACK_LEFT = 100


@attrs.frozen(kw_only=True)
class Found:
    """What one process found.

    Attributes:
        laps: Milliseconds by lap, for each run.
        extra_mb: How far memory rose over the loaded book, the pipeline's libraries included.
        digest: Equal for equal answers.
        loops: Closed loops.
        clusters: Weakly connected clusters.
    """

    laps: list[dict[str, float]]
    extra_mb: float
    digest: str
    loops: int
    clusters: int


def memory_mb(field: str) -> float:
    """Return a line of Linux's account of this process: `VmRSS`, or its peak `VmHWM`."""
    status = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"the kernel must account for {field}, and does not")
    return int(found[1]) / 1e3


def run(name: str, path: str, runs: int, *, members: bool) -> Found:
    """Run a pipeline on a small book first, to load and warm up what it needs, then timed."""
    book = pathlib.Path(path)
    columns, small = read_book(book), read_book(book.with_name(WARM_UP))
    pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets the peak
    loaded_mb = memory_mb("VmRSS")
    pipeline = PIPELINES[name]
    answer = pipeline(*small, clock=Clock(), members=members)
    limit = sys.getrecursionlimit()
    if not members:
        sys.setrecursionlimit(_depth() + STACK_LEFT)
    laps = []
    for _ in range(runs):
        del answer
        gc.collect()
        clock = Clock()
        answer = pipeline(*columns, clock=clock, members=members)
        laps.append(clock.laps)
    sys.setrecursionlimit(limit)
    extra_mb = memory_mb("VmHWM") - loaded_mb
    return Found(
        laps=laps,
        extra_mb=extra_mb,
        digest=answer.digest(),
        loops=len(answer.loop_fen),
        clusters=len(answer.cluster_fen),
    )


def _depth() -> int:
    """Count the frames on the stack."""
    frame, depth = sys._getframe(), 0  # noqa: SLF001  # the one way to count frames
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    return depth


if __name__ == "__main__":
    NAME, BOOK, RUNS, FORM = sys.argv[1:]
    found = run(NAME, BOOK, int(RUNS), members=FORM == "members")
    sys.stdout.write(json.dumps(attrs.asdict(found)) + "\n")
