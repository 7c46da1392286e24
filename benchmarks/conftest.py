"""Options and fixtures of the benchmarks: the quick form, and a table past pytest's capture."""

import os
from collections.abc import Callable, Iterable, Sequence

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--quick`: small books, equal outputs asserted, ratios shown only."""
    parser.addoption(
        "--quick",
        action="store_true",
        help="100,000 rows, one round; assert equal outputs, never a ratio",
    )


@pytest.fixture(scope="session")
def quick(pytestconfig: pytest.Config) -> bool:
    """Whether this run asserts outputs only, as CI's does (`RURALCREDIT_BENCH=quick`)."""
    return os.environ.get("RURALCREDIT_BENCH") == "quick" or pytestconfig.getoption("--quick")


Table = Callable[[str, Sequence[str], Iterable[Sequence[object]]], None]


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Table:
    """Return a function that prints a titled table while pytest captures output."""

    def table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        cells = [list(map(str, row)) for row in (head, *rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(
                # Words stand left, numbers right.
                cell.ljust(width) if k in {0, len(row) - 1} else cell.rjust(width)
                for k, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in cells
        ]
        with capsys.disabled():
            print("", title, *lines, sep="\n")  # noqa: T201  # one runs it for this

    return table
