"""Keep a seeded sample of the mutants that cosmic-ray has found, drawn evenly over the lines.

``python tests/thin_mutants.py mutants.sqlite --count 200``, between cosmic-ray's ``init`` and its
``exec``: every line that has a mutant is as likely as any other, and gives one.
"""

import argparse
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing


def sampled(specs: Sequence[tuple[str, str, int]], count: int, *, seed: int = 0) -> list[str]:
    """Return the jobs of a sample: one mutant of each line drawn.

    Args:
        specs: Job, file and line of every mutant.
        count: How many to keep; all lines where there are fewer.
        seed: The seed of the draw.
    """
    dice = random.Random(seed)  # noqa: S311  # a sample, no secret
    by_line: dict[tuple[str, int], list[str]] = {}
    for job, file, line in sorted(specs, key=lambda spec: (spec[1], spec[2], spec[0])):
        by_line.setdefault((file, line), []).append(job)
    drawn = dice.sample(sorted(by_line), min(count, len(by_line)))
    return [dice.choice(by_line[line]) for line in sorted(drawn)]


def thin(path: str, count: int) -> tuple[int, int]:
    """Delete all but a sample from cosmic-ray's file; return how many were and how many stay."""
    with closing(sqlite3.connect(path)) as base, base:
        specs = base.execute(
            "SELECT job_id, module_path, start_pos_row FROM mutation_specs "
            "ORDER BY module_path, start_pos_row, start_pos_col, operator_name, occurrence"
        ).fetchall()
        # Job ids are drawn anew by each `init`, so the sample goes by their order in the file.
        names = {f"{place:06}": job for place, (job, _, _) in enumerate(specs)}
        numbered = [(name, spec[1], spec[2]) for name, spec in zip(names, specs, strict=True)]
        kept = [(names[name],) for name in sampled(numbered, count)]
        base.execute("CREATE TEMP TABLE kept (job_id TEXT PRIMARY KEY)")
        base.executemany("INSERT INTO kept VALUES (?)", kept)
        for table in ("mutation_specs", "work_results", "work_items"):
            base.execute(f"DELETE FROM {table} WHERE job_id NOT IN (SELECT job_id FROM kept)")  # noqa: S608  # our own names
    return len(specs), len(kept)


def main(argv: Sequence[str] | None = None) -> None:
    """Read the command line and thin the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("path", help="what `cosmic-ray init` wrote")
    parser.add_argument("--count", type=int, default=200)
    given = parser.parse_args(argv)
    before, after = thin(given.path, given.count)
    print(f"{before} mutants, {after} kept")  # noqa: T201  # a tool says what it did


if __name__ == "__main__":
    main()
