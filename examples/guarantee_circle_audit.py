"""Audit a bank's guarantee ledger for clusters (担保圈) and closed loops (循环担保).

Reads the ledger as the bank has it, writes report.html, circles.csv, hidden_circles.csv and
circle_contracts.csv, and prints a summary.  Without a file it audits the shipped book of an
invented county.  Exit status: 0 it ran, 2 the input cannot be used.
"""

import argparse
import csv
import datetime
import gzip
import hashlib
import platform
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

import ruralcredit
from ruralcredit import reports
from ruralcredit.errors import CreditError, InputError
from ruralcredit.guarantees import audit
from ruralcredit.synthetic import County, county

Role = Literal["ledger", "loans", "related", "parties", "columns"]
Source = str | Iterable[Sequence[str | int | float | datetime.date | None]]

BESIDE: dict[Role, Callable[..., reports.TableReading]] = {
    "loans": reports.read_loans,
    "related": reports.read_relations,
    "parties": reports.read_parties,
}
"""The files that may stand beside the ledger, and what reads each."""


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; argparse leaves with status 2 when it cannot."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("book", nargs="?", help="the ledger: CSV, edge list, .gz or .xlsx")
    parser.add_argument("--format", choices=("csv", "edges"), default="csv")
    parser.add_argument("--loans", help="the loans: loan id, borrower, balance, days overdue")
    parser.add_argument("--related", help="related parties: a, b, kind")
    parser.add_argument("--parties", help="parties: customer number, kind, net assets")
    parser.add_argument("--as-of", type=datetime.date.fromisoformat, metavar="DAY")
    parser.add_argument("--out", default="audit", type=Path, metavar="DIR")
    parser.add_argument("--lang", choices=("zh", "en", "both"), default="both")
    parser.add_argument("--columns", metavar="MAP.json", help="header of the file -> column")
    parser.add_argument("--max-bad", type=int, metavar="N", help="most unreadable rows")
    parser.add_argument("--mask", choices=("persons", "all", "none"), default="persons")
    given = parser.parse_args(argv)
    if given.book is None and given.format == "edges":
        parser.error("--format edges needs a file")
    if given.max_bad is not None and given.max_bad < 0:
        parser.error("--max-bad must be 0 or more")
    return given


class Files:
    """The files of one run: read once, hashed, and named on the report's last page."""

    def __init__(self) -> None:
        self.sources: list[reports.SourceFile] = []

    def read(self, role: Role, name: str | None, shipped: str | None = None) -> Source | None:
        """Return the text of a file or the rows of a workbook, None when there is neither."""
        if name is None and shipped is None:
            return None
        data = (shipped or "").encode() if name is None else Path(name).read_bytes()
        label = f"county-{role}.csv" if name is None else Path(name).name
        digest = hashlib.sha256(data).hexdigest()
        self.sources.append(reports.SourceFile(role=role, name=label, sha256=digest))
        if data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
        rows = workbook_rows(name) if name and data.startswith(b"PK\x03\x04") else None
        return reports.decode_ledger(data) if rows is None else rows


def workbook_rows(name: str) -> Source | None:
    """Return the rows of a workbook's active sheet, None where openpyxl is not installed."""
    try:
        import openpyxl  # optional, for workbooks only
    except ImportError:
        return None
    try:
        rows: Source = openpyxl.load_workbook(name, read_only=True, data_only=True).active.values
    except (zipfile.BadZipFile, KeyError) as error:
        raise InputError(f"{name} is no workbook: {error}") from None
    return rows


def county_files(shipped: County) -> dict[Role, str]:
    """Return the files of the shipped book."""
    return {
        "ledger": shipped.ledger_csv(),
        "loans": shipped.loans_csv(),
        "related": shipped.related_csv(),
        "parties": shipped.parties_csv(),
    }


def progress(rows: int) -> None:
    """Say on standard error how far a long file is read."""
    print(f"{rows:,} rows read", file=sys.stderr)


def run(given: argparse.Namespace) -> str:
    """Audit the book, write the files, return the summary."""
    shipped = None if given.book else county()
    ours = county_files(shipped) if shipped else {}
    files = Files()
    text = files.read("ledger", given.book, ours.get("ledger")) or ""
    texts = {role: files.read(role, getattr(given, role), ours.get(role)) for role in BESIDE}
    maps = reports.read_header_maps(str(files.read("columns", given.columns) or "{}"))
    ledger = reports.read_ledger(
        text, format=given.format, columns=maps.get("ledger"), max_bad=given.max_bad,
        progress=progress,
    )  # fmt: skip
    beside = loans, ties, parties = [
        None if (rows := texts[role]) is None
        else read(rows, columns=maps.get(role), whole_ids=ledger.whole_ids)
        for role, read in BESIDE.items()
    ]  # fmt: skip

    book = ledger.to_book(loans=loans, parties=parties)
    day = given.as_of or (shipped.as_of if shipped else None)
    book = book if day is None else book.as_of(day)
    found = audit(book, relations=None if ties is None else ties.to_relations())

    mask = reports.make_mask(given.mask, book, audit=found, readings=(ledger, *beside))
    versions = {"ruralcredit": ruralcredit.__version__, "Python": platform.python_version()}
    page = reports.audit_report(
        book, found, lang=given.lang, mask=mask, ledger=ledger, loans=loans, related=ties,
        parties=parties, sources=files.sources, versions=versions,
    )  # fmt: skip
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "report.html").write_text(page, encoding="utf-8")
    hidden = reports.circles_table(book, found, mask=mask, ledger=ledger, hidden=True)
    for name, (header, rows) in {
        "circles.csv": reports.circles_table(book, found, mask=mask, ledger=ledger),
        "hidden_circles.csv": hidden,
        "circle_contracts.csv": reports.circle_contracts_table(
            book, found, mask=mask, ledger=ledger
        ),
    }.items():
        with (given.out / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return reports.audit_summary(book, found, lang=given.lang, ledger=ledger)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the audit; return the exit status."""
    given = arguments(argv)
    try:
        print(run(given))
    except (CreditError, OSError, EOFError, zlib.error) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{given.out / 'report.html'}, circles.csv, hidden_circles.csv, circle_contracts.csv")
    return 0


if __name__ == "__main__":
    sys.exit(main())
