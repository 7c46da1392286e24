"""The promises of the room `guarantees`: time and memory beside what a user would take instead.

Every benchmark asserts equal outputs first (parties, labels up to numbering, members, money of
each loop and cluster), then shows a table, then asserts the ratio that README promises.
"""

import importlib.util

import pytest

from benchmarks.books import SHAPES, write_realistic, write_shape
from benchmarks.measure import Measured, in_turn, median_ms, sort_ms
from benchmarks.pipelines import OURS, PEERS
from ruralcredit.guarantees import Audit, GuaranteeBook, Loans, Parties, Relations, audit
from ruralcredit.reports import (
    audit_summary,
    circles_table,
    read_ledger,
    read_loans,
    read_relations,
)
from ruralcredit.synthetic import County, county

pytestmark = pytest.mark.bench

ROWS = 1_000_000
MANY_ROWS = 10_000_000
QUICK_ROWS = 100_000
DIRECT = "scipy, pandas codes"


def _peers(*, quick: bool) -> list[str]:
    """Return the peers at hand; only the quick form may do without one."""
    missing = [n for n, peer in PEERS.items() if importlib.util.find_spec(peer.module) is None]
    if missing and not quick:
        pytest.fail(f"{', '.join(missing)} must be installed: uv sync --group peers")
    return [name for name in PEERS if name not in missing]


def _rows_of_table(found: dict[str, Measured]) -> list[list[str]]:
    mine = found[OURS].total_ms
    return [
        [
            each.name,
            f"{each.total_ms:,.1f}",
            f"{each.total_ms / mine:.2f}x",
            f"{each.extra_mb:,.0f}",
            ", ".join(f"{lap} {ms:.1f}" for lap, ms in each.laps_ms.items()),
        ]
        for each in found.values()
    ]


HEAD = ["pipeline", "ms", "x ours", "extra MB", "laps"]


@pytest.mark.parametrize("ids", ["digits", "uscc", "mixed"])
def test_a_million_rows_beat_the_graph_libraries(ids, quick, show, tmp_path):
    """From id columns to loops, clusters, members and money: so many times as fast."""
    rows = QUICK_ROWS if quick else ROWS
    truth = write_realistic(tmp_path / "book.arrow", rows, ids)
    names = [OURS, *_peers(quick=quick)]

    found = in_turn(names, tmp_path / "book.arrow", quick=quick)

    assert {found[OURS].digest} == {each.digest for each in found.values()}
    assert (truth.circles, truth.clusters) == (found[OURS].loops, found[OURS].clusters)
    show(f"{rows:,} rows, {ids} ids", HEAD, _rows_of_table(found))
    if not quick:
        for name in names[1:]:
            bar = PEERS[name].bar_fixed if ids == "digits" else PEERS[name].bar_other

            assert found[name].total_ms / found[OURS].total_ms >= bar, name


def test_ten_million_rows_take_thirty_times_as_long_and_little_memory(quick, show, tmp_path):
    """Ten times the rows cost at most 30 times the time, and 1.2 GB over the loaded book."""
    rows = (QUICK_ROWS // 10, QUICK_ROWS) if quick else (ROWS, MANY_ROWS)
    truth = [write_realistic(tmp_path / f"{n}.arrow", n, "digits") for n in rows]

    few, many = (in_turn([OURS], tmp_path / f"{n}.arrow", quick=quick, runs=1)[OURS] for n in rows)

    assert [(t.circles, t.clusters) for t in truth] == [(m.loops, m.clusters) for m in (few, many)]
    ratio = many.total_ms / few.total_ms
    show(
        f"{rows[0]:,} and {rows[1]:,} rows",
        ["rows", "ms", "ratio", "extra MB"],
        [
            [
                f"{n:,}",
                f"{m.total_ms:,.1f}",
                f"{m.total_ms / few.total_ms:.1f}",
                f"{m.extra_mb:,.0f}",
            ]
            for n, m in zip(rows, (few, many), strict=True)
        ],
    )
    if not quick:
        assert ratio <= 30
        assert many.extra_mb <= 1_200


@pytest.mark.parametrize("shuffled", [False, True], ids=["ordered", "shuffled"])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_costs_much_more_than_scipy_direct(shape, shuffled, quick, show, tmp_path):
    """On the shapes that hurt, labels and money take at most 1.6 times SciPy's own time.

    Both take the same int64 ids; SciPy's are coded by `pandas.factorize`.  The stack has room
    for 100 frames, so a kernel that recursed would fail.
    """
    rows = QUICK_ROWS if quick else ROWS
    write_shape(tmp_path / "book.arrow", shape, rows, shuffled=shuffled)

    found = in_turn([OURS, DIRECT], tmp_path / "book.arrow", quick=quick, members=False)

    assert found[DIRECT].digest == found[OURS].digest
    show(f"{shape}, {'shuffled' if shuffled else 'ordered'}", HEAD, _rows_of_table(found))
    if not quick:
        assert found[OURS].total_ms <= 1.6 * found[DIRECT].total_ms


def _audit(book: County, ledger: str, loans: str, related: str) -> Audit:
    """Do the main job short of its page: read, build, ask everything, summary and table."""
    read = read_ledger(ledger)
    found = audit(
        GuaranteeBook.from_columns(
            **read.columns,
            facts=read.facts,
            parties=Parties.from_columns(**read.parties),
            loans=Loans.from_columns(**read_loans(loans).columns),
            open_parties=read.open_parties,
        ).as_of(book.as_of),
        relations=Relations.from_columns(**read_relations(related).columns),
    )
    circles_table(found.book, found, ledger=read)
    audit_summary(found.book, found, ledger=read)
    return found


def test_the_audit_of_the_shipped_book_takes_under_200_sorts(quick, show):
    """From the files' text to every finding, the summary and circles.csv, the page aside."""
    book = county()
    texts = book.ledger_csv(), book.loans_csv(), book.related_csv()

    found = _audit(book, *texts)

    assert sorted(loop.members for loop in book.truth.loops) == sorted(
        circle.members for circle in found.circles
    )
    taken, sort = median_ms(lambda: _audit(book, *texts), times=1 if quick else 5), sort_ms()
    show(
        "the audit of the shipped book",
        ["ms", "a sort, ms", "sorts"],
        [[f"{taken:,.0f}", f"{sort:.1f}", f"{taken / sort:.0f}"]],
    )
    if not quick:
        assert taken / sort < 200
