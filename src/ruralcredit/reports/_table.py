"""Any of a bank's tables to columns: header, cells, total rows, rows that cannot be read."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar, cast

import attrs

from ruralcredit.errors import InputError
from ruralcredit.reasons import Reason
from ruralcredit.reports._binding import (
    HEADER_ROWS,
    HeaderMap,
    HeaderUse,
    bind,
    find_header,
)
from ruralcredit.reports._cells import (
    Cell,
    Unread,
    Value,
    cell_text,
    folded,
    is_blank,
    reader_of,
    split_parties,
)
from ruralcredit.reports._reasons import (
    OPEN_DAY_BLANK,
    QUOTE_OPEN,
    ROW_TOO_LONG,
    ROWS_ABOVE_HEADER,
    SHORT_ROWS,
    UNIT_ASSUMED,
)
from ruralcredit.reports._records import Record, records_of
from ruralcredit.reports._schema import FEN_PER_UNIT, OPEN_DAY, Field

__all__ = ["FileTotal", "Progress", "Source", "Table", "read_table"]

Source = str | Iterable[Sequence[Cell]]
Progress = Callable[[int], None]
Parties = tuple[str, ...]

_STEP = 50_000  # rows between two calls of the progress callback
_UNIT_LINE = re.compile(r"单位[::]?(?:人民币)?([^\s,;、)]+)")
_TOTAL = re.compile(
    r".{0,12}(?:小计|合计|总计|共计)[:：]?(?:[\d,]+[笔户条行])?|(?:sub|grand)?[ -]?totals?:?"
)
_COUNT = re.compile(r"共?\s*[\d,]+\s*[笔户条行份]?")
_SUBTOTAL = re.compile(r"小计|sub")


@attrs.frozen(kw_only=True)
class FileTotal:
    """A total row of the file beside what its rows add up to.

    Attributes:
        line: Source line of the total row.
        label: What the row calls itself.
        stated_fen: The total that the file states; None when it cannot be read.
        read_fen: Sum of the readable amounts of the rows it closes, each row once.

    >>> FileTotal(line=9, label="合计", stated_fen=300, read_fen=280).difference_fen
    20
    """

    line: int
    label: str
    stated_fen: int | None
    read_fen: int

    @property
    def difference_fen(self) -> int | None:
        """What the file states more than its rows hold; None when it states nothing."""
        return None if self.stated_fen is None else self.stated_fen - self.read_fen


@attrs.define
class Table:
    """One file in columns, row by row as the file lists them, bad rows still inside.

    Attributes:
        lines: Source line of each row.
        values: Column name -> one value per row, None where unknown or unreadable.
        parties: Column name -> the parties of each row.
        bad: Row -> why it cannot be read.
        uses: How each header was read.
        totals: The file's own total rows.
        assumed: What reading it has assumed.
    """

    lines: list[int]
    values: dict[str, list[Value]]
    parties: dict[str, list[Parties]]
    bad: dict[int, list[Reason]]
    uses: tuple[HeaderUse, ...]
    totals: list[FileTotal]
    assumed: list[Reason]


def _records(source: Source, fields: Sequence[Field]) -> tuple[Iterator[Record], list[list[str]]]:
    """Return the records from the header on, and the rows that stand above it."""
    if not isinstance(source, str):
        rows = [
            (line, [cell_text(cell) for cell in row], True)
            for line, row in enumerate(source, start=1)
        ]
        at, _score = find_header([cells for _, cells, _ in rows[:HEADER_ROWS]], fields)
        return iter(rows[at:]), [cells for _, cells, _ in rows[:at]]
    text = source.removeprefix("\ufeff")
    top = text[:200_000].splitlines()[:HEADER_ROWS]
    found = {mark: find_header([line.split(mark) for line in top], fields)[1] for mark in ",\t;|"}
    mark = max(found, key=lambda one: found[one])
    first = [cells for _, (_, cells, _) in zip(range(HEADER_ROWS), records_of(text, mark))]  # noqa: B905  # the shorter one ends it
    at, _score = find_header(first, fields)
    width = len(first[at]) if first else 0
    records = records_of(text, mark, width=width)
    for _ in range(at):
        next(records)
    return records, first[:at]


def _unit_above(rows: Sequence[Sequence[str]]) -> str | None:
    """Return the money unit that a line above the header states, such as 单位：万元."""
    for row in rows:
        for cell in row:
            found = _UNIT_LINE.search(folded(cell))
            if found is not None and found[1] in FEN_PER_UNIT:
                return found[1]
    return None


@attrs.define
class _Body:
    """The rows under the header, as cells."""

    width: int
    lines: list[int] = attrs.Factory(list)
    rows: list[list[str]] = attrs.Factory(list)
    bad: dict[int, list[Reason]] = attrs.Factory(dict)
    totals: list[tuple[int, list[str], int]] = attrs.Factory(list)
    short: int = 0

    def add(self, record: Record) -> None:
        """Take one record in, padded or cut to the header's width."""
        line, cells, whole = record
        if not whole:
            self.bad[len(self.rows)] = [QUOTE_OPEN.given()]
            cells = [cell.strip().strip('"') for cell in cells]
        if len(cells) > self.width:
            if any(cell.strip() for cell in cells[self.width :]):
                why = ROW_TOO_LONG.given(cells=len(cells), expected=self.width)
                self.bad.setdefault(len(self.rows), []).append(why)
            cells = cells[: self.width]
        elif len(cells) < self.width:
            self.short += 1
            cells = cells + [""] * (self.width - len(cells))
        self.lines.append(line)
        self.rows.append(cells)


def _is_total(cells: Sequence[str], parties: Sequence[int]) -> bool:
    """Tell a total row: it says so in its first cells and names no pair of parties."""
    first = cells[:3]
    # Nearly every row is told apart by one look at its first cells together.
    head = "|".join(first)
    if "计" not in head and "otal" not in head and "OTAL" not in head:
        return False
    if not any(_TOTAL.fullmatch(folded(cell)) for cell in first):
        return False
    named = [cells[place] for place in parties if place < len(cells)]
    return sum(not is_blank(one) and not _COUNT.fullmatch(one) for one in named) < 2


def _body(
    records: Iterator[Record], uses: Sequence[HeaderUse], parties: Sequence[int], tell: Progress
) -> _Body:
    body = _Body(width=len(uses))
    for count, record in enumerate(records, start=1):
        cells = record[1]
        if not any(map(str.strip, cells)):
            continue
        if _is_total(cells, parties):
            body.totals.append((record[0], cells, len(body.rows)))
        else:
            body.add(record)
        if not count % _STEP:
            tell(count)
    return body


Read = TypeVar("Read")


class _Seen(dict[str, Read | Unread], Generic[Read]):
    """Every distinct cell of a column read once."""

    def __init__(self, read: Callable[[str], Read | Unread]) -> None:
        super().__init__()
        self.read = read
        self.unread = False

    def __missing__(self, text: str) -> Read | Unread:
        value = self.read(text)
        self[text] = value
        self.unread = self.unread or isinstance(value, Unread)
        return value


def _column(
    body: _Body, use: HeaderUse, seen: _Seen[Read], bad: dict[int, list[Reason]], blank: Read
) -> list[Read]:
    """Read one column of cells; a cell that cannot be read makes its row bad."""
    at = use.position
    values = [seen[row[at]] for row in body.rows]
    if not seen.unread:
        return cast("list[Read]", values)
    for row, value in enumerate(values):
        if isinstance(value, Unread):
            bad.setdefault(row, []).append(value.why)
    return [blank if isinstance(value, Unread) else value for value in values]


def _party_reader(field: Field, header: str) -> Callable[[str], Parties | Unread]:
    read = reader_of(field, None)

    def read_all(text: str) -> Parties | Unread:
        out: list[str] = []
        for part in split_parties(text):
            value = read(part, header)
            if isinstance(value, Unread):
                return value
            if value is not None:
                out.append(str(value))
        return tuple(out)

    return read_all


def _fill_parties(table: Table, field: Field, body: _Body, uses: Sequence[HeaderUse]) -> None:
    columns = [
        _column(body, use, _Seen(_party_reader(field, use.header)), table.bad, ()) for use in uses
    ]
    table.parties[field.name] = [
        tuple(dict.fromkeys(itertools.chain(*named))) for named in zip(*columns, strict=True)
    ]


def _fill(table: Table, field: Field, body: _Body, use: HeaderUse) -> None:
    read = reader_of(field, use.unit)
    seen: _Seen[Value] = _Seen(lambda text: read(text, use.header))
    table.values[field.name] = _column(body, use, seen, table.bad, None)
    if field.kind == "fen" and use.unit is None:
        table.assumed.append(UNIT_ASSUMED.given(column=use.header))
    if field.kind == "day":
        year = OPEN_DAY[:4]
        open_cells = {text for text, value in seen.items() if value is None and year in text}
        if open_cells:
            cells = sum(row[use.position] in open_cells for row in body.rows)
            table.assumed.append(OPEN_DAY_BLANK.given(column=use.header, cells=cells))


def _file_totals(table: Table, body: _Body, fields: Sequence[Field]) -> None:
    """Compare each total row of the file with the rows that it closes."""
    field = next((one for one in fields if one.kind == "fen"), None)
    use = next((one for one in table.uses if field and one.column == field.name), None)
    if field is None or use is None:
        return
    amounts = table.values[field.name]
    read = reader_of(field, use.unit)
    since = 0
    for line, cells, end in body.totals:
        label = next(cell.strip() for cell in cells[:3] if _TOTAL.fullmatch(folded(cell)))
        stated = read(cells[use.position], use.header) if use.position < len(cells) else None
        begin = since if _SUBTOTAL.search(folded(label)) else 0
        table.totals.append(
            FileTotal(
                line=line,
                label=label,
                stated_fen=stated if isinstance(stated, int) else None,
                read_fen=sum(int(str(v)) for v in amounts[begin:end] if v is not None),
            )
        )
        since = end


def read_table(
    source: Source,
    fields: Sequence[Field],
    *,
    columns: HeaderMap | None = None,
    progress: Progress | None = None,
) -> Table:
    """Read a file of rows under a header into columns of ours.

    Raises:
        InputError: If a required header is missing, or two would feed one column.
    """
    records, above = _records(source, fields)
    head = next(records, None)
    if head is None:
        message = "the file is empty: it needs a header and at least one row"
        raise InputError(message)
    uses = bind(head[1], fields, columns, unit=_unit_above(above))
    by_name = {
        field.name: sorted(
            (use for use in uses if use.column == field.name), key=lambda use: use.position
        )
        for field in fields
    }
    parties = [
        use.position for field in fields if field.kind == "party" for use in by_name[field.name]
    ]
    body = _body(records, uses, parties, progress or (lambda _rows: None))
    table = Table(body.lines, {}, {}, body.bad, uses, [], [])
    if above:
        table.assumed.append(ROWS_ABOVE_HEADER.given(rows=len(above)))
    for field in fields:
        if field.kind == "party":
            _fill_parties(table, field, body, by_name[field.name])
        elif by_name[field.name]:
            _fill(table, field, body, by_name[field.name][0])
    if body.short:
        table.assumed.append(SHORT_ROWS.given(rows=body.short))
    _file_totals(table, body, fields)
    return table
