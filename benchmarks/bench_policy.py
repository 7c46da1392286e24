"""The promises of the room `policy`: a million cases, one case, and the proof of a large table.

Every benchmark asserts equal answers first, then shows a table, then asserts the ratio that
README promises.
"""

import importlib.util
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from benchmarks.measure import median_ms, sort_ms
from benchmarks.policy_tables import (
    FIELDS,
    NAMES,
    WIDE_FIELDS,
    Case,
    Cases,
    Question,
    by_duckdb,
    by_hand,
    by_openfisca,
    by_polars,
    collateral_table,
    drawn_cases,
    drawn_rows,
    partition,
    single_cases,
)
from ruralcredit.policy import DecisionTable, Row, gaps

pytestmark = pytest.mark.bench

ROWS = 1_000_000
QUICK_ROWS = 20_000
ROUNDS = 9
SINGLES = 1_000
WORDS = tuple(field for field in FIELDS if field.kind == "enum")
LOOP = "if/elif loop"
CODED_BARS = {LOOP: 150, "OpenFisca": 8, "Polars, Enum": 5, "DuckDB, ENUM": 5}
TEXT_BARS = {LOOP: 25, "Polars, Arrow strings": 1.5, "DuckDB, Arrow strings": 1.5}


@pytest.fixture(scope="module")
def cases(quick) -> Cases:
    """The cases that every way answers."""
    return drawn_cases(QUICK_ROWS if quick else ROWS)


@pytest.fixture(scope="module")
def loop(cases) -> Question:
    """The hand-written loop over one dict per case, which is what `decide` takes too."""
    rows = single_cases(len(cases.kind))
    return lambda: by_hand(rows)


def _of_arrow(cases: Cases, *, coded: bool) -> dict[str, pa.Array]:
    columns = {name: pa.array(cases.column(name)) for name in NAMES}
    for field in WORDS:
        words = pa.DictionaryArray.from_arrays(columns[field.name], pa.array(field.values))
        columns[field.name] = words if coded else words.dictionary_decode()
    return columns


def _of_pandas(cases: Cases) -> dict[str, pd.Series]:
    columns = {name: pd.Series(cases.column(name)) for name in NAMES}
    for field in WORDS:
        codes = cases.column(field.name)
        columns[field.name] = pd.Series(pd.Categorical.from_codes(codes, list(field.values)))
    return columns


def _of_polars(cases: Cases, *, coded: bool) -> pl.DataFrame:
    frame = pl.DataFrame(pl.from_arrow(pa.table(_of_arrow(cases, coded=False))))
    if not coded:
        return frame
    return frame.with_columns(pl.col(field.name).cast(pl.Enum(field.values)) for field in WORDS)


def _of_duckdb(cases: Cases, *, coded: bool) -> duckdb.DuckDBPyConnection:
    """Return a connection with a table of its own, words as ENUM, or with Arrow's strings."""
    connection = duckdb.connect()
    connection.register("brought" if coded else "cases", pa.table(_of_arrow(cases, coded=False)))
    if coded:
        kinds = [f"CAST({f.name} AS ENUM {f.values!r}) AS {f.name}" for f in WORDS]
        connection.execute(
            f"CREATE TABLE cases AS SELECT * REPLACE ({', '.join(kinds)}) FROM brought"  # noqa: S608  # our own words
        )
    return connection


def _ours(columns: Mapping[str, object]) -> Question:
    table = collateral_table()
    return lambda: table.decide_columns(columns).row


def _in_turn(questions: Mapping[str, Question], *, quick: bool) -> dict[str, float]:
    """Assert that all answer alike, then ask them in turn; return median milliseconds.

    The first answers, which are not timed, warm each up.
    """
    answers = {name: np.asarray(question()) for name, question in questions.items()}
    for name, answer in answers.items():
        assert np.array_equal(answers[LOOP], answer), name
    taken: dict[str, list[float]] = {name: [] for name in questions}
    for number in range(1 if quick else ROUNDS):
        for name, question in questions.items():
            # The loop takes a hundred times as long and varies less.
            if name != LOOP or number % 3 == 0:
                taken[name].append(median_ms(question, times=1))
    return {name: statistics.median(each) for name, each in taken.items()}


def _table(
    found: Mapping[str, float], bars: Mapping[str, float]
) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of a table: how often each of ours goes into each way."""
    ours = [name for name in found if name.startswith("ours")]
    head = ["way", "ms", *(f"x {name}" for name in ours), "promised"]
    rows = [
        [
            name,
            f"{ms:,.1f}",
            *(f"{ms / found[mine]:.2f}" for mine in ours),
            f"{bars[name]:g}" if name in bars else "",
        ]
        for name, ms in found.items()
    ]
    return head, rows


def _missed(found: Mapping[str, float], bars: Mapping[str, float]) -> list[str]:
    """Return the promises not kept, all of them."""
    return [
        f"{mine} is {found[name] / found[mine]:.2f} times as fast as {name}, promised {bar:g}"
        for name, bar in bars.items()
        for mine in found
        if mine.startswith("ours") and found[name] / found[mine] < bar
    ]


def test_a_million_coded_cases_beat_the_loop_and_the_engines(cases, loop, quick, show):
    """Words as codes: so many times as fast as each way to write the rules oneself."""
    questions = {
        LOOP: loop,
        "Polars, Enum": by_polars(_of_polars(cases, coded=True)),
        "DuckDB, ENUM": by_duckdb(_of_duckdb(cases, coded=True), "cases"),
        "ours, pandas": _ours(_of_pandas(cases)),
        "ours, Arrow": _ours(_of_arrow(cases, coded=True)),
        "ours, Polars": _ours(_of_polars(cases, coded=True).to_dict()),
    }
    if importlib.util.find_spec("openfisca_core") is not None:
        questions["OpenFisca"] = by_openfisca(cases)
    elif not quick:
        pytest.fail("openfisca-core must be installed: uv sync --group peers")

    found = _in_turn(questions, quick=quick)

    show(f"{len(cases.kind):,} cases, words coded", *_table(found, CODED_BARS))
    if not quick:
        assert not _missed(found, CODED_BARS)


def test_a_million_cases_from_arrow_strings_beat_the_engines(cases, loop, quick, show):
    """Words as Arrow strings, which every way reads within its time."""
    strings = _of_arrow(cases, coded=False)

    def brought_to_polars() -> npt.NDArray[np.int32]:
        return by_polars(pl.DataFrame(pl.from_arrow(pa.table(strings))))()

    questions = {
        LOOP: loop,
        "Polars, Arrow strings": brought_to_polars,
        "Polars, its own strings": by_polars(_of_polars(cases, coded=False)),
        "DuckDB, Arrow strings": by_duckdb(_of_duckdb(cases, coded=False), "cases"),
        "ours, Arrow": _ours(strings),
    }

    found = _in_turn(questions, quick=quick)

    show(f"{len(cases.kind):,} cases, words as Arrow strings", *_table(found, TEXT_BARS))
    if not quick:
        assert not _missed(found, TEXT_BARS)


def _sums() -> float:
    """Return the yardstick of single cases in nanoseconds: one sum of two fractions."""
    return _median_ns(lambda _: Fraction(1, 3) + Fraction(1, 7), range(SINGLES))


def _median_ns(question: Callable[[object], object], asked: Iterable[object]) -> float:
    taken = []
    for one in asked:
        start = time.perf_counter_ns()
        question(one)
        taken.append(time.perf_counter_ns() - start)
    return statistics.median(taken)


@pytest.mark.parametrize("missing", [0.0, 0.2], ids=["complete", "a fifth missing"])
def test_one_case_takes_12_sums_and_120_with_its_trace(missing, quick, show):
    """The median of 1,000 drawn cases, after 1,000 others have warmed the table up."""
    table = collateral_table()
    others = single_cases(SINGLES, missing=missing, seed=1)
    asked = single_cases(SINGLES, missing=missing, seed=2)

    def traced(case: Case) -> object:
        return table.decide(case, trace=True)

    for case in others:
        assert table.decide(case).rows == traced(case).rows
    if not missing:
        ids = np.array([row.id for row in table.rows])
        assert ids[by_hand(asked)].tolist() == [table.decide(case).rows[0] for case in asked]
    sums, plain, told = _sums(), _median_ns(table.decide, asked), _median_ns(traced, asked)

    show(
        f"one case, {missing:.0%} of its facts missing",
        ["", "us", "sums", "promised"],
        [
            ["without trace", f"{plain / 1e3:.1f}", f"{plain / sums:.1f}", "12"],
            ["with trace", f"{told / 1e3:.1f}", f"{told / sums:.1f}", "120"],
        ],
    )
    if not quick:
        assert plain <= 12 * sums
        assert told <= 120 * sums


@pytest.mark.parametrize("kind", ["complete", "with holes", "drawn"])
def test_building_and_proving_300_rows_takes_under_400_sorts(kind, quick, show):
    """300 rows over eight fields: no two overlap, and where they leave holes is found."""
    count, holes = 60 if quick else 300, 5 if kind == "with holes" else 0
    rows = drawn_rows(count) if kind == "drawn" else partition(count + holes)
    gone, kept = rows[:holes], rows[holes:]
    hit = "first" if kind == "drawn" else "unique"

    def build() -> DecisionTable:
        return DecisionTable("wide", WIDE_FIELDS, kept, hit=hit)

    found = gaps(build())
    if kind != "drawn":
        assert found.complete
        assert {row.id for row in gone} == _told_by(gone, found.witnesses)
    assert all(build().decide(case).status == "none" for case in found.witnesses[:20])
    times = 1 if quick else 3
    built = median_ms(build, times=times)
    both, sort = median_ms(lambda: gaps(build()), times=times), sort_ms()

    show(
        f"{count} rows over 8 fields, {kind}",
        ["", "ms", "sorts"],
        [
            ["building, overlaps proved", f"{built:,.0f}", f"{built / sort:.1f}"],
            [f"and {len(found.boxes)} gaps found", f"{both:,.0f}", f"{both / sort:.1f}"],
        ],
    )
    if not quick:
        assert both <= 400 * sort


def _told_by(gone: list[Row], witnesses: Iterable[Mapping[str, object]]) -> set[str]:
    """Return the rows taken out that the witnesses of the gaps fall into."""
    if not gone:
        return set()
    table = DecisionTable("gone", WIDE_FIELDS, gone)
    return {row for case in witnesses for row in table.decide(case).rows}
