"""The sample of mutants is drawn by seed, evenly over the lines, one for each."""

import sqlite3
from contextlib import closing

from thin_mutants import sampled, thin

SPECS = [(f"{line:03}-{n}", "a.py", line) for line in range(50) for n in range(line % 3 + 1)]


def test_a_sample_holds_one_mutant_of_each_line_drawn():
    """A line with many mutants is no likelier than another, and gives one."""
    jobs = sampled(SPECS, 20)

    assert 20 == len({job[:3] for job in jobs}) == len(jobs)


def test_a_sample_is_the_same_on_every_run_and_another_for_another_seed():
    """Order of the file makes no difference, the seed does."""
    assert sampled(SPECS, 20) == sampled(SPECS[::-1], 20)
    assert sampled(SPECS, 20) != sampled(SPECS, 20, seed=1)


def test_all_lines_stay_where_there_are_fewer_than_asked_for():
    """Fifty lines cannot give two hundred mutants."""
    assert 50 == len(sampled(SPECS, 200))


def test_only_the_sample_stays_in_the_file(tmp_path):
    """What is not drawn is deleted from every table."""
    path = str(tmp_path / "mutants.sqlite")
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("CREATE TABLE work_items (job_id TEXT)")
        base.execute("CREATE TABLE work_results (job_id TEXT)")
        base.execute(
            "CREATE TABLE mutation_specs (job_id TEXT, module_path TEXT, start_pos_row INT, "
            "start_pos_col INT, operator_name TEXT, occurrence INT)"
        )
        for job, file, line in SPECS:
            base.execute("INSERT INTO work_items VALUES (?)", (job,))
            base.execute(
                "INSERT INTO mutation_specs VALUES (?, ?, ?, 0, 'op', 0)", (job, file, line)
            )

    assert (len(SPECS), 7) == thin(path, 7)

    with closing(sqlite3.connect(path)) as base, base:
        assert [(7,)] == base.execute("SELECT count(*) FROM work_items").fetchall()
        assert [(7,)] == base.execute("SELECT count(*) FROM mutation_specs").fetchall()
