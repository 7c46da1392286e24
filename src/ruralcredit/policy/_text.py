"""Tables as officers write them: grids of cells and Markdown in, Markdown out, exactly."""

import datetime
import functools
import itertools
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, TypeVar

import attrs

from ruralcredit.errors import CreditError, TableError
from ruralcredit.policy._cells import parts_of
from ruralcredit.policy._fields import Field
from ruralcredit.policy._notation import (
    ABSENT,
    Absent,
    basis_of_text,
    basis_text,
    cell_of_text,
    cell_text,
    condition_of_text,
    condition_text,
    fold,
    ids_of_text,
    ids_text,
    plain_of_text,
    plain_text,
    unit_of_outcome,
    units_of,
)
from ruralcredit.policy._resolve import HITS, HitPolicy
from ruralcredit.policy._rows import Condition, Row, conditions
from ruralcredit.policy._table import DecisionTable
from ruralcredit.reasons import Cell, Lang

__all__ = ["from_grid", "from_markdown", "to_markdown"]

T = TypeVar("T")

_Fixed = Literal["id", "reason", "reason:en", "reason:zh", "cite", "basis", "overrides"]

_HEADERS: Final[Mapping[_Fixed, Mapping[Lang, str]]] = MappingProxyType(
    {
        "id": {"en": "id", "zh": "编号"},
        "reason": {"en": "reason", "zh": "理由"},
        "reason:en": {"en": "reason:en", "zh": "理由:en"},
        "reason:zh": {"en": "reason:zh", "zh": "理由:zh"},
        "cite": {"en": "cite", "zh": "出处"},
        "basis": {"en": "basis", "zh": "依据"},
        "overrides": {"en": "overrides", "zh": "优先于"},
    }
)
_FIXED_OF: Final[Mapping[str, _Fixed]] = MappingProxyType(
    {word: name for name, words in _HEADERS.items() for word in words.values()}
)
_IMPOSSIBLE: Final[Mapping[Lang, str]] = MappingProxyType({"en": "impossible", "zh": "不可能"})
_LINES: Final[Mapping[str, Mapping[Lang, str]]] = MappingProxyType(
    {"version": {"en": "version", "zh": "版本"}, "hit": {"en": "hit", "zh": "命中方式"}}
)
_HITS_ZH: Final[Mapping[HitPolicy, str]] = MappingProxyType(
    dict(zip(HITS, ("唯一", "首条", "一致", "例外", "全部"), strict=True))
)
_OWN: Final = "bank policy"
_MARK: Final = re.compile(r"(?:→|[=＝][>＞])\s*")
_WITH_UNIT: Final = re.compile(r"(.*\S)\s*[(（]\s*(\S+?)\s*[)）]", re.DOTALL)
_LINE: Final = re.compile(
    rf"(?:[-*+]\s+)?({'|'.join(w for ws in _LINES.values() for w in ws.values())})\s*[:：]\s*(.+)"
)
_PIPED: Final = re.compile(r"\\.|\|", re.DOTALL)
_RULE: Final = re.compile(r":?-+:?")
_BREAK: Final = re.compile(r"\r\n|\n|\r")
_WRITTEN: Final = re.compile(
    r"<br\s*/?>|&#([0-9]{1,7});|&(amp|lt|gt|quot|nbsp);|\\([!-/:-@\[-`{-~])", re.IGNORECASE
)
_ENTITIES: Final = MappingProxyType({"amp": "&", "lt": "<", "gt": ">", "quot": '"', "nbsp": " "})
_TO_ESCAPE: Final = re.compile(
    r"[\\|`*]|<(?=[A-Za-z/!?])|&(?=#|[A-Za-z])|[\x00-\x1f\x7f-\x9f\u2028\u2029]"
)


# --- columns -------------------------------------------------------------------------


@attrs.frozen
class _Column:
    """What one column of a grid is about.

    Attributes:
        header: The header as written.
        name: The name of a field, of an outcome or of a fixed column.
        kind: Which of these.
        scale: What one of a number without a unit stands for, where the header names a unit.
    """

    header: str
    name: str
    kind: Literal["field", "then", "fixed"]
    scale: int | None = None


def _column(header: str, fields: Mapping[str, Field]) -> _Column:
    text = header.strip()
    mark = _MARK.match(text)
    if mark:
        bare, scale = _split_unit(text[mark.end() :], unit_of_outcome)
        name = plain_of_text(bare)
        if not name:
            raise CreditError("an outcome must have a name: write => action")
        return _Column(header, name, "then", scale)
    if fold(text) in _FIXED_OF:
        return _Column(header, _FIXED_OF[fold(text)], "fixed")
    scale = None
    if plain_of_text(text) not in fields:
        text, scale = _split_unit(text, lambda name: fields[name].unit if name in fields else None)
    name = plain_of_text(text) or ""
    if name not in fields:
        raise CreditError(
            "a header must be a field, an outcome marked =>, or one of "
            f"{', '.join(_FIXED_OF)}; the fields are {', '.join(map(_field_header, fields))}"
        )
    return _Column(header, name, "field", scale)


def _split_unit(text: str, unit_of: Callable[[str], str | None]) -> tuple[str, int | None]:
    """Take the unit off a header such as ``cap_fen (万元)``, where it is one."""
    found = _WITH_UNIT.fullmatch(text)
    unit = None if found is None else unit_of(plain_of_text(found[1]) or "")
    if found is None or unit is None or fold(found[2]) not in units_of(unit):
        return text, None
    return found[1], units_of(unit)[fold(found[2])]


def _field_header(name: str) -> str:
    """Write the header of a field so that it is read as that field."""
    is_taken = fold(name) in _FIXED_OF or _MARK.match(name)
    return plain_text(name, reserved=(name,) if is_taken else ())


def _outcome_header(name: str) -> str:
    bare, _ = _split_unit(name, unit_of_outcome)
    return f"=> {plain_text(name, reserved=(name,) if bare != name else ())}"


def _columns(
    header: Sequence[object], fields: Mapping[str, Field], place: str
) -> tuple[_Column, ...]:
    if isinstance(header, str):
        raise TableError(f"{place}: a header must be a list of cells, got {header!r}")
    columns = []
    for number, cell in enumerate(header, 1):
        if not isinstance(cell, str):
            raise TableError(
                f"{place}, header {number} must be text, got {type(cell).__name__} {cell!r}"
            )
        try:
            columns.append(_column(cell, fields))
        except CreditError as error:
            raise TableError(f"{place}, header {cell!r}: {error}") from None
    seen: dict[tuple[str, str], str] = {}
    for column in columns:
        what = (column.kind, column.name)
        if what in seen:
            raise TableError(
                f"{place} must have one column for {column.name}, got {seen[what]!r} and "
                f"{column.header!r}"
            )
        seen[what] = column.header
    if ("fixed", "id") not in seen:
        raise TableError(f"{place} must have a column id or 编号 with the name of each row")
    return tuple(columns)


# --- rows ----------------------------------------------------------------------------


@attrs.frozen
class _Line:
    """One line of a grid, and where it stands."""

    place: str
    cells: Mapping[_Column, str]

    @property
    def id(self) -> str | None:
        """The name in its id column."""
        return plain_of_text(self.fixed("id"))

    @property
    def is_impossible(self) -> bool:
        """Whether it is a box that cannot be."""
        return fold(self.fixed("id")) in _IMPOSSIBLE.values()

    def fixed(self, name: _Fixed) -> str:
        """Return the cell of a fixed column; blank where there is none."""
        return next(
            (cell for c, cell in self.cells.items() if c.kind == "fixed" and c.name == name), ""
        )

    def read(self, column: _Column | _Fixed, read: Callable[[str], T]) -> T:
        """Read a cell; an error names row, column and the cell as written."""
        cell = self.fixed(column) if isinstance(column, str) else self.cells[column]
        header = column if isinstance(column, str) else column.header.strip()
        try:
            return read(cell)
        except CreditError as error:
            raise self.wrong(f", column {header}, got {cell!r}: {error}") from None

    def wrong(self, says: str) -> TableError:
        """Return the error that opens with the place of the line."""
        shown = "" if self.id is None else f" ({self.id})"
        rows = () if self.id is None or self.is_impossible else (self.id,)
        return TableError(f"{self.place}{shown}{says}", rows=rows)


def _written(cell: object) -> str:
    """Write a value that a spreadsheet holds as the text that stands for it."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, float | datetime.datetime):
        way = (
            ".date()" if isinstance(cell, datetime.datetime) else "it as text, such as 0.5 or 50%"
        )
        raise CreditError(f"a cell must be exact, got {type(cell).__name__} {cell!r}: pass {way}")
    if isinstance(cell, bool | int | Decimal | datetime.date):
        return cell_text("", cell)
    raise CreditError(f"a cell must be text, got {type(cell).__name__} {cell!r}")


def _line(columns: Sequence[_Column], cells: Sequence[object], place: str) -> _Line | None:
    """Return a line of a grid, None where all of it is blank."""
    if isinstance(cells, str):
        raise TableError(f"{place} must be a list of cells, got {cells!r}")
    try:
        written = [_written(cell) for cell in cells]
    except CreditError as error:
        raise TableError(f"{place}: {error}") from None
    if not any(cell.strip() for cell in written):
        return None
    if len(written) != len(columns):
        raise TableError(
            f"{place} must have {len(columns)} cells as the header has, got {len(written)}: "
            f"{' | '.join(written)}"
        )
    return _Line(place, dict(zip(columns, written, strict=True)))


def _condition(
    field: Field, cell: str, *, scale: int | None
) -> Condition | Literal[Absent.ABSENT]:
    """Read a condition and try it on its field, while the cell can still be named."""
    condition = condition_of_text(field, cell, scale=scale)
    if condition is not ABSENT:
        parts_of(field, conditions({field.name: condition})[field.name], "a condition")
    return condition


def _when(line: _Line, fields: Mapping[str, Field]) -> dict[str, Condition]:
    when: dict[str, Condition] = {}
    for column in line.cells:
        if column.kind != "field":
            continue
        field = fields[column.name]
        condition = line.read(column, functools.partial(_condition, field, scale=column.scale))
        if condition is not ABSENT:
            when[column.name] = condition
    return when


def _then(line: _Line) -> dict[str, Cell]:
    then: dict[str, Cell] = {}
    for column in line.cells:
        if column.kind != "then":
            continue
        cell = line.read(column, functools.partial(cell_of_text, column.name, scale=column.scale))
        if cell is not ABSENT:
            then[column.name] = cell
    return then


def _row(line: _Line, fields: Mapping[str, Field]) -> Row:
    if line.id is None:
        raise line.wrong(" must have an id")
    lone = line.read("reason", plain_of_text)
    both = {
        "en": line.read("reason:en", plain_of_text),
        "zh": line.read("reason:zh", plain_of_text),
    }
    said = {lang: text for lang, text in both.items() if text is not None}
    if said and (lone is not None or len(said) < len(both)):
        raise line.wrong(" must give its reason once, or once in reason:en and in reason:zh")
    when, then = _when(line, fields), _then(line)
    beats, basis = line.read("overrides", ids_of_text), line.read("basis", basis_of_text)
    cite = line.read("cite", plain_of_text) or ""
    try:
        return Row(
            line.id,
            when=when,
            then=then,
            reason=said or lone or "",
            cite=cite,
            basis=basis,
            overrides=beats,
        )
    except CreditError as error:
        raise line.wrong(f": {error}") from None


def _box(line: _Line, fields: Mapping[str, Field]) -> dict[str, Condition]:
    for column, cell in line.cells.items():
        is_name = column.kind == "fixed" and column.name == "id"
        if column.kind != "field" and not is_name and fold(cell) not in {"", "-"}:
            raise line.wrong(
                f", column {column.header.strip()}, got {cell!r}: what cannot be has conditions "
                'only; a row of that name is written "impossible" in quotes'
            )
    return _when(line, fields)


def from_grid(
    header: Sequence[object],
    rows: Iterable[Sequence[object]],
    *,
    id: str,  # noqa: A002  # the word of the table itself
    fields: Iterable[Field],
    hit: HitPolicy = "unique",
) -> DecisionTable:
    """Return the table that an officer wrote as a grid of cells (网格表).

    Columns stand in any order.  A header is the name of a field, ``=> name`` for an outcome,
    or one of ``id`` 编号 (the only one required), ``reason`` 理由, ``reason:en`` and
    ``reason:zh`` for both languages, ``cite`` 出处, ``basis`` 依据, ``overrides`` 优先于.

    A condition is ``-`` any, ``a`` this value, ``a, b`` one of them, ``>=60``, ``[60..90)``,
    or ``missing`` 缺失; money takes ``500元`` and ``10万元``, shares ``70%``.  An outcome is a
    number, a day, yes or no, ``missing``, text, or ``-`` not stated.  Text in quotes is just
    that text.  A line whose id is ``impossible`` 不可能 states what cannot be.

    Args:
        header: The header's cells.
        rows: The lines' cells; text, or the int, bool, Decimal or day that a sheet holds.
        id: The table's name.
        fields: The fields that it may ask about.
        hit: The hit policy.

    Raises:
        TableError: If a cell is none of these forms, with row, column, the cell as written
            and the way out, or the table does not build.

    >>> from ruralcredit.policy import Field
    >>> table = from_grid(
    ...     ["编号", "balance_fen", "=> tier"],
    ...     [["large", ">=10万元", "A"], ["small", "<10万元", "B"]],
    ...     id="tiers",
    ...     fields=[Field("balance_fen", "int", unit="fen", low=0)],
    ... )
    >>> table.row("small").when["balance_fen"]["lt"]
    10000000
    """
    lines = ((f"table {id}, row {number}", cells) for number, cells in enumerate(rows, 1))
    return _built(header, lines, id=id, fields=tuple(fields), hit=hit, version="1")


def _built(
    header: Sequence[object],
    rows: Iterable[tuple[str, Sequence[object]]],
    *,
    id: str,  # noqa: A002  # as in from_grid
    fields: tuple[Field, ...],
    hit: HitPolicy,
    version: str,
) -> DecisionTable:
    by_name = {field.name: field for field in fields}
    columns = _columns(header, by_name, f"table {id}")
    read = (_line(columns, cells, place) for place, cells in rows)
    lines = [line for line in read if line is not None]
    return DecisionTable(
        id,
        fields,
        [_row(line, by_name) for line in lines if not line.is_impossible],
        hit=hit,
        version=version,
        impossible=[_box(line, by_name) for line in lines if line.is_impossible],
    )


# --- Markdown ------------------------------------------------------------------------


def to_markdown(table: DecisionTable, *, lang: Lang = "en") -> str:
    """Return a table as Markdown that `from_markdown` reads back to an equal table.

    Two lines with version and hit policy, then one line per row and per impossible box;
    reason, cite, basis and overrides are left out where no row needs them.

    Args:
        table: The table.
        lang: The language of headers and words; names and texts stay as they are.

    Raises:
        CreditError: If the language is not "en" or "zh".

    >>> from ruralcredit.policy import DecisionTable, Field, Row
    >>> table = DecisionTable(
    ...     "caps", [Field("age_years", "int", low=0)],
    ...     [Row("new", when={"age_years": {"lt": 10}}, then={"cap_bp": 7000}),
    ...      Row("old", when={"age_years": {"ge": 10}}, then={"cap_bp": 5000}, cite="art. 3")])
    >>> print(to_markdown(table))
    - version: 1
    - hit: unique
    <BLANKLINE>
    | id  | age_years | => cap_bp | cite   |
    | --- | --------- | --------- | ------ |
    | new | <10       | 70%       |        |
    | old | >=10      | 50%       | art. 3 |
    <BLANKLINE>
    """
    if lang not in {"en", "zh"}:
        raise CreditError(f"lang must be en or zh, got {lang!r}")
    escaped = [[_escaped(cell) for cell in column] for column in _columns_of(table, lang)]
    widths = [max(3, *map(_width, column)) for column in escaped]
    header, *lines = [
        [_padded(cell, width) for cell, width in zip(cells, widths, strict=True)]
        for cells in zip(*escaped, strict=True)
    ]
    grid = [header, ["-" * width for width in widths], *lines]
    hit = _HITS_ZH[table.hit] if lang == "zh" else table.hit
    told = {"version": plain_text(table.version), "hit": hit}
    colon = "：" if lang == "zh" else ": "
    top = [f"- {_LINES[name][lang]}{colon}{_escaped(text)}" for name, text in told.items()]
    return "\n".join([*top, "", *(f"| {' | '.join(cells)} |" for cells in grid), ""])


def from_markdown(
    text: str,
    *,
    id: str,  # noqa: A002  # the word of the table itself
    fields: Iterable[Field],
    hit: HitPolicy = "unique",
) -> DecisionTable:
    r"""Return the table that an officer wrote in Markdown (Markdown 表).

    The text holds one table, each line of it between pipes, with cells as `from_grid` reads
    them.  A line ``version: 2`` (版本) gives the version, 1 where there is none; a line
    ``hit: first`` (命中方式) must agree with the hit policy asked for.  Other lines are read
    by people only.

    Args:
        text: The text.
        id: The table's name.
        fields: The fields that it may ask about.
        hit: The hit policy.

    Raises:
        TableError: As `from_grid`, or if there is no table, more than one, or a broken line.

    >>> from ruralcredit.policy import Field
    >>> table = from_markdown(
    ...     "| 编号 | age_years | => ok |\n|---|---|---|\n| all | >=18 | 是 |",
    ...     id="adults", fields=[Field("age_years", "int", low=0)])
    >>> table.decide({"age_years": 18}).outcome["ok"]
    True
    """
    lines, version = _table_lines(text, f"table {id}", hit)
    is_ruled = len(lines) > 1 and all(_RULE.fullmatch(cell) for cell in lines[1][1])
    if not is_ruled:
        raise TableError(
            f"table {id} must have a header, under it a line such as | --- | --- |, then its "
            f"rows, got {len(lines)} lines between pipes"
        )
    return _built(lines[0][1], lines[2:], id=id, fields=tuple(fields), hit=hit, version=version)


def _table_lines(text: str, table: str, hit: HitPolicy) -> tuple[list[tuple[str, list[str]]], str]:
    """Return the lines between pipes, each with its place and cells, and the version."""
    lines: list[tuple[str, list[str]]] = []
    told: dict[str, str] = {}
    last = 0
    for number, line in enumerate(_BREAK.split(text), 1):
        place = f"{table}, line {number}"
        first, *cells = _pieces(line.strip())
        if not cells:
            _take_line(told, line.strip(), place)
            continue
        if first or cells.pop():
            raise TableError(f"{place} must begin and end with a pipe, got {line!r}")
        if lines and last != number - 1:
            raise TableError(f"{place} must follow the table's last line, got {line!r}")
        last = number
        lines.append((place, [_unescaped(cell).strip() for cell in cells]))
    written = told.get("hit", hit)
    if written not in {hit, _HITS_ZH.get(hit)}:
        raise TableError(
            f"{table} must be read with the hit policy it was written for, got hit={hit!r} for a "
            f"text that says {written!r}"
        )
    return lines, told.get("version", "1")


def _take_line(told: dict[str, str], line: str, place: str) -> None:
    """Note what a line beside the table says of version or hit policy."""
    found = _LINE.fullmatch(line)
    if found is None:
        return
    name = next(name for name, words in _LINES.items() if found[1] in words.values())
    value = plain_of_text(_unescaped(found[2]))
    if name in told or value is None:
        raise TableError(f"{place} must give {name} once, got {line!r}")
    told[name] = value


def _pieces(line: str) -> list[str]:
    """Split a line at its pipes, but for those behind a backslash."""
    cuts = [found.start() for found in _PIPED.finditer(line) if found[0] == "|"]
    return [line[a + 1 : b] for a, b in itertools.pairwise([-1, *cuts, len(line)])]


def _unescaped(cell: str) -> str:
    return _WRITTEN.sub(_read_escape, cell)


def _read_escape(found: re.Match[str]) -> str:
    number, entity, sign = found.groups()
    if number:
        return chr(int(number)) if int(number) <= sys.maxunicode else found[0]
    if entity:
        return _ENTITIES[entity.lower()]
    return sign or "\n"


def _escaped(cell: str) -> str:
    return _TO_ESCAPE.sub(_write_escape, cell)


def _write_escape(found: re.Match[str]) -> str:
    sign = found[0]
    if sign == "\n":
        return "<br>"
    return f"\\{sign}" if sign.isprintable() else f"&#{ord(sign)};"


def _columns_of(table: DecisionTable, lang: Lang) -> list[list[str]]:
    """Return the cells of a table by column, each under its header."""
    blanks = [""] * len(table.impossible)
    whens = [*(row.when for row in table.rows), *table.impossible]
    ids = [plain_text(row.id, reserved=_reserved(row.id)) for row in table.rows]
    columns = [[_HEADERS["id"][lang], *ids, *(_IMPOSSIBLE[lang] for _ in blanks)]]
    for field in table.fields:
        conditions = (when.get(field.name, ABSENT) for when in whens)
        cells = (condition_text(field, one, lang=lang) for one in conditions)
        columns.append([_field_header(field.name), *cells])
    for name in dict.fromkeys(name for row in table.rows for name in row.then):
        outcomes = (row.then.get(name, ABSENT) for row in table.rows)
        cells = (cell_text(name, one, lang=lang) for one in outcomes)
        columns.append([_outcome_header(name), *cells, *blanks])
    for fixed, write in _writers(lang).items():
        written = [write(row) for row in table.rows]
        if any(written):
            columns.append([_HEADERS[fixed][lang], *written, *blanks])
    return columns


def _reserved(name: str) -> tuple[str, ...]:
    return (name,) if fold(name) in _IMPOSSIBLE.values() else ()


def _writers(lang: Lang) -> dict[_Fixed, Callable[[Row], str]]:
    """Return how each fixed column beside the id is written; blank where it says nothing."""

    def lone(row: Row) -> str:
        return plain_text(row.reason) if row.reason and isinstance(row.reason, str) else ""

    def said(row: Row, lang: Lang) -> str:
        return "" if isinstance(row.reason, str) else plain_text(row.reason[lang])

    return {
        "reason": lone,
        "reason:en": lambda row: said(row, "en"),
        "reason:zh": lambda row: said(row, "zh"),
        "cite": lambda row: row.cite and plain_text(row.cite),
        "basis": lambda row: "" if row.basis == _OWN else basis_text(row.basis, lang),
        "overrides": lambda row: ids_text(row.overrides),
    }


def _width(cell: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in cell)


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))
