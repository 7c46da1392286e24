"""What a new version changes: in the table, cell by cell, and for the bank's customers."""

import bisect
import datetime
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, cast

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import bool_column, int_column, same_length
from ruralcredit.errors import CreditError
from ruralcredit.policy._fields import Field
from ruralcredit.policy._notation import (
    ABSENT,
    basis_text,
    box_text,
    cell_text,
    condition_text,
    ids_text,
)
from ruralcredit.policy._open import Answer
from ruralcredit.policy._resolve import HitPolicy
from ruralcredit.policy._rows import Condition, Row
from ruralcredit.policy._table import DecisionTable, compiled
from ruralcredit.reasons import Basis, Cell, Lang, Outcome, Status
from ruralcredit.values import Fen, Ratio, format_yuan

__all__ = [
    "CellChange",
    "Change",
    "FieldChange",
    "Impact",
    "Move",
    "Moved",
    "RowChange",
    "TableDiff",
    "Written",
    "diff",
    "impact",
]

Int64 = npt.NDArray[np.int64]

Change: TypeAlias = Literal["added", "removed", "changed"]
"""Whether something stands in the new table only, in the old only, or differs."""

Written: TypeAlias = (
    bool
    | int
    | str
    | Decimal
    | datetime.date
    | tuple[bool | int | str | datetime.date | None, ...]
    | Mapping[str, int | str | datetime.date]
    | None
)
"""What a cell of a row holds: a condition, an outcome, a sentence or two, a citation, ids."""

_Part: TypeAlias = Literal["when", "then", "reason", "cite", "basis", "overrides"]

_Cells: TypeAlias = Mapping[str, object]

_TEXTS: Final[tuple[_Part, ...]] = ("reason", "cite", "basis", "overrides")
# The order in which moves are listed.
_STATUSES: Final[tuple[Status, ...]] = ("decided", "none", "undetermined", "conflict")
# Pairs of places that are counted without sorting the cases.
_PLACES: Final = 1 << 22
# Money is summed in three parts of 22 bits, which floats hold exactly for 2**31 rows.
_BITS: Final = 22
_WORDS: Final[Mapping[Lang, Mapping[str, str]]] = MappingProxyType(
    {
        "en": MappingProxyType(
            {
                "same": "nothing changed",
                "id": "table",
                "version": "version",
                "hit": "hit policy",
                "colon": ": ",
                "comma": ", ",
                "row": "row {}",
                "field": "field {}",
                "added": "{} added",
                "removed": "{} removed",
                "moved": "{} moved from place {} to place {}",
                "impossible": "impossible",
                "reason": "reason",
                "cite": "cite",
                "basis": "basis",
                "overrides": "overrides",
                "head": "{}, version {} to {}: {} of {} cases change",
                "cases": "{} cases",
                "yuan": "{} yuan",
                "amounts": "{} amounts unknown",
                "bad": "bad {} of {}",
                "outcomes": "{} outcomes unknown",
                "none": "none",
                "undetermined": "undetermined",
                "conflict": "conflict",
            }
        ),
        "zh": MappingProxyType(
            {
                "same": "无变化",
                "id": "表",
                "version": "版本",
                "hit": "命中方式",
                "colon": "：",
                "comma": "，",
                "row": "规则 {}",
                "field": "字段 {}",
                "added": "新增{}",
                "removed": "删除{}",
                "moved": "{}由第 {} 条移至第 {} 条",
                "impossible": "不可能情形",
                "reason": "理由",
                "cite": "出处",
                "basis": "依据",
                "overrides": "优先于",
                "head": "{}，版本 {} 至 {}：{} 笔变化，共 {} 笔",
                "cases": "{} 笔",
                "yuan": "{} 元",
                "amounts": "{} 笔金额未知",
                "bad": "不良 {}/{}",
                "outcomes": "{} 笔结果未知",
                "none": "无适用规则",
                "undetermined": "无法判定",
                "conflict": "规则冲突",
            }
        ),
    }
)


def _words_of(lang: Lang) -> Mapping[str, str]:
    if lang not in _WORDS:
        raise CreditError(f"lang must be en or zh, got {lang!r}")
    return _WORDS[lang]


def _basis(table: DecisionTable) -> Basis:
    return Basis(id=table.id, version=table.version, digest=table.digest)


# --- the difference of two tables ----------------------------------------------------


@attrs.frozen(kw_only=True)
class CellChange:
    """One cell of a row that differs between two tables (单元格变更).

    Attributes:
        part: "when", "then", "reason", "cite", "basis" or "overrides".
        name: The field of a condition, the name of an outcome; empty elsewhere.
        change: "added" where the old row did not state it, "removed" where the new does not.
        before: What stood there, as the row holds it; None where it is added.
        after: What stands there now; None where it is removed.

    >>> CellChange(part="then", name="cap_bp", change="changed", before=7000, after=6500).after
    6500
    """

    part: _Part
    name: str = ""
    change: Change = "changed"
    before: Written = None
    after: Written = None


@attrs.frozen(kw_only=True)
class RowChange:
    """A row that both tables have, and its cells that differ (规则变更).

    Attributes:
        id: The row.
        cells: The cells that differ: conditions, outcomes, then the rest.

    >>> RowChange(id="H1", cells=(CellChange(part="cite", before="", after="art. 3"),)).id
    'H1'
    """

    id: str
    cells: tuple[CellChange, ...]


@attrs.frozen(kw_only=True)
class FieldChange:
    """A field that differs between two tables (字段变更).

    Attributes:
        name: The field.
        before: The old field, None where it is added.
        after: The new field, None where it is removed.

    >>> FieldChange(name="retail", before=None, after=Field("retail", "bool")).change
    'added'
    """

    name: str
    before: Field | None
    after: Field | None

    @property
    def change(self) -> Change:
        """Whether it is added, removed or changed."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


@attrs.frozen(kw_only=True)
class Moved:
    """Something in both tables that stands elsewhere among what both have (移位).

    Attributes:
        id: The row, or the field.
        before: Its old position, from 0.
        after: Its new position.

    >>> Moved(id="H1", before=0, after=3).after
    3
    """

    id: str
    before: int
    after: int


@attrs.frozen(kw_only=True)
class TableDiff:
    """What differs between two tables, by the ids of their rows (版本差异).

    False where nothing differs.  The order of impossible boxes means nothing and is no
    difference.

    Attributes:
        old: The old table: id, version, digest.
        new: The new table.
        old_hit: The old hit policy.
        new_hit: The new hit policy.
        old_fields: The old fields, by which the old cells are read.
        new_fields: The new fields.
        added: Rows that only the new table has, in its order.
        removed: Rows that only the old table has, in its order.
        changed: Rows of both whose cells differ, in the new order.
        moved: The fewest rows whose moving explains the new order.
        impossible_added: Boxes that the new table states to be impossible.
        impossible_removed: Boxes that it no longer does.

    >>> from ruralcredit.policy import DecisionTable, Field, Row
    >>> def caps(cap_bp):
    ...     return DecisionTable("caps", [Field("retail", "bool")],
    ...                          [Row("all", then={"cap_bp": cap_bp})])
    >>> bool(diff(caps(7000), caps(7000))), diff(caps(7000), caps(6500)).changed[0].cells[0].after
    (False, 6500)
    """

    old: Basis
    new: Basis
    old_hit: HitPolicy
    new_hit: HitPolicy
    old_fields: tuple[Field, ...] = attrs.field(repr=False)
    new_fields: tuple[Field, ...] = attrs.field(repr=False)
    added: tuple[Row, ...] = ()
    removed: tuple[Row, ...] = ()
    changed: tuple[RowChange, ...] = ()
    moved: tuple[Moved, ...] = ()
    impossible_added: tuple[Mapping[str, Condition], ...] = ()
    impossible_removed: tuple[Mapping[str, Condition], ...] = ()

    @property
    def fields(self) -> tuple[FieldChange, ...]:
        """The fields that differ, those of the new table first."""
        before = {field.name: field for field in self.old_fields}
        after = {field.name: field for field in self.new_fields}
        return tuple(
            FieldChange(name=name, before=before.get(name), after=after.get(name))
            for name in {**after, **before}
            if before.get(name) != after.get(name)
        )

    @property
    def moved_fields(self) -> tuple[Moved, ...]:
        """The fewest fields whose moving explains the new order."""
        return _moved(
            [field.name for field in self.old_fields], [field.name for field in self.new_fields]
        )

    @property
    def is_empty(self) -> bool:
        """Say whether nothing differs."""
        lists = (self.added, self.removed, self.changed, self.moved, self.impossible_added)
        return not any(
            (*lists, self.impossible_removed, self.fields, self.moved_fields, *self._settings())
        )

    def __bool__(self) -> bool:
        """Say whether anything differs."""
        return not self.is_empty

    def _settings(self) -> dict[str, tuple[str, str]]:
        """Return id, version and hit policy where they differ, before and after."""
        both = {
            "id": (self.old.id, self.new.id),
            "version": (self.old.version or "", self.new.version or ""),
            "hit": (self.old_hit, self.new_hit),
        }
        return {name: pair for name, pair in both.items() if pair[0] != pair[1]}

    def text(self, lang: Lang = "en") -> tuple[str, ...]:
        r"""Return a line for each thing that differs, with cells as an officer writes them.

        Raises:
            CreditError: If the language is not "en" or "zh".

        >>> from ruralcredit.policy import DecisionTable, Field, Row
        >>> def caps(cap_bp, version):
        ...     return DecisionTable("caps", [Field("retail", "bool")],
        ...                          [Row("all", then={"cap_bp": cap_bp})], version=version)
        >>> print(*diff(caps(7000, "1"), caps(6500, "2")).text(), sep="\n")
        version: 1 → 2
        row all, => cap_bp: 70% → 65%
        """
        words = _words_of(lang)
        if self.is_empty:
            return (words["same"],)
        settings = self._settings().items()
        return (
            *(f"{words[name]}{words['colon']}{a} → {b}" for name, (a, b) in settings),
            *self._fields_told(words),
            *self._rows_told(lang, words),
            *self._boxes_told(lang, words),
        )

    def _fields_told(self, words: Mapping[str, str]) -> Iterator[str]:
        for one in self.fields:
            name = words["field"].format(one.name)
            if one.before is None or one.after is None:
                yield words[one.change].format(name)
                continue
            for attribute in attrs.fields(Field):
                before, after = (getattr(f, attribute.name) for f in (one.before, one.after))
                if before != after:
                    label = f"{name}{words['comma']}{attribute.name}"
                    yield f"{label}{words['colon']}{_plain(before)} → {_plain(after)}"
        yield from _moves_told(self.moved_fields, "field", words)

    def _rows_told(self, lang: Lang, words: Mapping[str, str]) -> Iterator[str]:
        for rows, fields, how in (
            (self.removed, self.old_fields, "removed"),
            (self.added, self.new_fields, "added"),
        ):
            for row in rows:
                head = words[how].format(words["row"].format(row.id))
                yield f"{head}{words['colon']}{_row_text(fields, row, lang)}"
        old = {field.name: field for field in self.old_fields}
        new = {field.name: field for field in self.new_fields}
        for one in self.changed:
            for cell in one.cells:
                label = _label(cell, words)
                before = _written(cell, cell.before, old, lang) if cell.change != "added" else "-"
                after = _written(cell, cell.after, new, lang) if cell.change != "removed" else "-"
                head = f"{words['row'].format(one.id)}{words['comma']}{label}"
                yield f"{head}{words['colon']}{before} → {after}"
        yield from _moves_told(self.moved, "row", words)

    def _boxes_told(self, lang: Lang, words: Mapping[str, str]) -> Iterator[str]:
        for boxes, fields, how in (
            (self.impossible_removed, self.old_fields, "removed"),
            (self.impossible_added, self.new_fields, "added"),
        ):
            for box in boxes:
                told = box_text(fields, box, lang=lang)
                yield f"{words[how].format(words['impossible'])}{words['colon']}{told}"


def _moves_told(moved: Sequence[Moved], what: str, words: Mapping[str, str]) -> Iterator[str]:
    for one in moved:
        name = words[what].format(one.id)
        yield words["moved"].format(name, one.before + 1, one.after + 1)


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ids_text(value)
    return "-" if value is None else str(value)


def _row_text(fields: Sequence[Field], row: Row, lang: Lang) -> str:
    cells = (f"{name} {cell_text(name, cell, lang=lang)}" for name, cell in row.then.items())
    return f"{box_text(fields, row.when, lang=lang)} => {'; '.join(cells)}"


def _label(cell: CellChange, words: Mapping[str, str]) -> str:
    if cell.part == "when":
        return cell.name
    return f"=> {cell.name}" if cell.part == "then" else words[cell.part]


def _written(cell: CellChange, value: Written, fields: Mapping[str, Field], lang: Lang) -> str:
    """Write one side of a changed cell as it would stand in a table."""
    if cell.part == "when":
        return condition_text(fields[cell.name], value, lang=lang)  # type: ignore[arg-type]  # a condition, by its part
    if cell.part == "then":
        return cell_text(cell.name, value, lang=lang)  # type: ignore[arg-type]  # an outcome, by its part
    if cell.part == "basis":
        return basis_text(value, lang)  # type: ignore[arg-type]  # a basis, by its part
    if isinstance(value, Mapping):
        return str(value[lang])
    return (ids_text(value) if isinstance(value, tuple) else str(value)) or "-"  # type: ignore[arg-type]  # ids, by their part


def diff(old: DecisionTable, new: DecisionTable) -> TableDiff:
    """Return what differs between two tables: rows, cells, order, fields, what is impossible.

    Rows are the same row where they have the same id.  Types count: True is not 1, and the
    Decimal 1.0 is not 1.00.

    Raises:
        TableError: If one of the two is no table.

    >>> from ruralcredit.policy import DecisionTable, Field, Row
    >>> fields = [Field("retail", "bool")]
    >>> one = DecisionTable("caps", fields, [Row("all", then={"cap_bp": 7000})])
    >>> two = DecisionTable("caps", fields, [Row("retail", when={"retail": True},
    ...                                          then={"cap_bp": 7000})])
    >>> found = diff(one, two)
    >>> [row.id for row in found.removed], [row.id for row in found.added]
    (['all'], ['retail'])
    """
    _check_tables(old, new)
    before = {row.id: row for row in old.rows}
    after = {row.id: row for row in new.rows}
    changes = (
        (name, _cell_changes(before[name], after[name])) for name in after if name in before
    )
    return TableDiff(
        old=_basis(old),
        new=_basis(new),
        old_hit=old.hit,
        new_hit=new.hit,
        old_fields=old.fields,
        new_fields=new.fields,
        added=tuple(row for row in new.rows if row.id not in before),
        removed=tuple(row for row in old.rows if row.id not in after),
        changed=tuple(RowChange(id=name, cells=cells) for name, cells in changes if cells),
        moved=_moved(list(before), list(after)),
        impossible_added=_boxes_beyond(new.impossible, old.impossible),
        impossible_removed=_boxes_beyond(old.impossible, new.impossible),
    )


def _check_tables(*tables: DecisionTable) -> None:
    for table in tables:
        compiled(table)


def _boxes_beyond(
    boxes: Sequence[Mapping[str, Condition]], others: Sequence[Mapping[str, Condition]]
) -> tuple[Mapping[str, Condition], ...]:
    left = Counter(map(_spelled, others))
    beyond = []
    for box in boxes:
        if left[_spelled(box)]:
            left[_spelled(box)] -= 1
        else:
            beyond.append(box)
    return tuple(beyond)


def _spelled(value: object) -> Hashable:
    """Return what two cells have in common when they are written alike, type and all."""
    if isinstance(value, Mapping):
        return frozenset((key, _spelled(one)) for key, one in value.items())
    if isinstance(value, tuple):
        return tuple(map(_spelled, value))
    return type(value).__name__, str(value)


def _cell_changes(old: Row, new: Row) -> tuple[CellChange, ...]:
    sides: tuple[tuple[_Part, _Cells, _Cells], ...] = (
        ("when", old.when, new.when),
        ("then", old.then, new.then),
        *((part, {"": getattr(old, part)}, {"": getattr(new, part)}) for part in _TEXTS),
    )
    found = (
        _cell_change(part, name, before.get(name, ABSENT), after.get(name, ABSENT))
        for part, before, after in sides
        for name in {**before, **after}
    )
    return tuple(change for change in found if change is not None)


def _cell_change(part: _Part, name: str, before: object, after: object) -> CellChange | None:
    if _spelled(before) == _spelled(after):
        return None
    change: Change = "added" if before is ABSENT else "removed" if after is ABSENT else "changed"
    # A row has checked what its cells hold.
    was, now = (cast("Written", None if one is ABSENT else one) for one in (before, after))
    return CellChange(part=part, name=name, change=change, before=was, after=now)


def _moved(old: Sequence[str], new: Sequence[str]) -> tuple[Moved, ...]:
    """Return the fewest names whose moving turns one order of what both have into the other."""
    place = {name: number for number, name in enumerate(new)}
    common = [name for name in old if name in place]
    tails: list[int] = []
    ends: list[int] = []
    linked: dict[int, int | None] = {}
    for number, name in enumerate(common):
        at = bisect.bisect_left(tails, place[name])
        linked[number] = ends[at - 1] if at else None
        tails[at : at + 1], ends[at : at + 1] = [place[name]], [number]
    kept = set()
    last = ends[-1] if ends else None
    while last is not None:
        kept.add(common[last])
        last = linked[last]
    was = {name: number for number, name in enumerate(old)}
    return tuple(
        Moved(id=name, before=was[name], after=place[name])
        for name in new
        if name in was and name not in kept
    )


# --- the impact on a column of cases -------------------------------------------------


@attrs.frozen(kw_only=True)
class Move:
    """The cases that go from one row, or status, of the old table to one of the new (迁移).

    Attributes:
        old_status: Their status under the old table.
        old_rows: The id of the row that decided them: the first of the decision's; under hit
            policy "collect" all of them; empty unless decided.
        new_status: Their status under the new table.
        new_rows: The row or rows that decide them now.
        is_changed: Whether status or outcome differ, and not only the row.
        count: How many cases.
        amount_fen: The sum of the known amounts in fen, exactly; None if no amount was asked.
        unknown_amounts: How many of the cases have no known amount.
        bad: How many turned out bad of those whose outcome is known; None if not asked.
        unknown_outcomes: How many of the cases have no known outcome.

    >>> Move(old_status="decided", old_rows=("H4",), new_status="none", new_rows=(),
    ...      is_changed=True, count=3).new
    'none'
    """

    old_status: Status
    old_rows: tuple[str, ...]
    new_status: Status
    new_rows: tuple[str, ...]
    is_changed: bool
    count: int
    amount_fen: Fen | None = None
    unknown_amounts: int = 0
    bad: Ratio | None = None
    unknown_outcomes: int = 0

    @property
    def old(self) -> str:
        """The old row's id, or the old status; ids of several rows are joined by a plus."""
        return " + ".join(self.old_rows) or self.old_status

    @property
    def new(self) -> str:
        """The new row's id, or the new status."""
        return " + ".join(self.new_rows) or self.new_status


@attrs.frozen(kw_only=True)
class Impact:
    """What a new table changes for a column of cases (影响分析).

    Attributes:
        old: The old table: id, version, digest.
        new: The new table.
        moves: Every pair of old and new row or status that occurs, in the order of the old
            table's rows, then of the new one's; none, undetermined and conflict come last.
        move_of: Per case the position of its move, int64 of shape ``(n,)``.

    >>> from ruralcredit.policy import DecisionTable, Field, Row
    >>> def caps(years):
    ...     return DecisionTable("caps", [Field("age", "int", low=0)],
    ...         [Row("new", when={"age": {"lt": years}}, then={"cap_bp": 7000}),
    ...          Row("old", when={"age": {"ge": years}}, then={"cap_bp": 5000})])
    >>> found = impact(caps(10), caps(15), {"age": [3, 12, None], "fen": [100, 200, 300]},
    ...                amount="fen")
    >>> [(move.old, move.new, move.count, move.amount_fen) for move in found.changed]
    [('old', 'new', 1, 200)]
    """

    old: Basis
    new: Basis
    moves: tuple[Move, ...] = attrs.field(repr=lambda moves: f"<{len(moves)} moves>")
    move_of: Int64 = attrs.field(eq=attrs.cmp_using(eq=np.array_equal), hash=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Mark the array read-only."""
        self.move_of.flags.writeable = False

    def __len__(self) -> int:
        """Count the cases."""
        return len(self.move_of)

    @property
    def changed(self) -> tuple[Move, ...]:
        """The moves that change status or outcome."""
        return tuple(move for move in self.moves if move.is_changed)

    def rows_of(self, move: Move) -> Int64:
        """Return the positions of the cases of a move: who they are.

        Raises:
            CreditError: If the move is none of these.

        >>> from ruralcredit.policy import DecisionTable, Field, Row
        >>> table = DecisionTable("caps", [Field("retail", "bool")],
        ...                       [Row("yes", when={"retail": True}, then={"cap_bp": 7000})])
        >>> found = impact(table, table, {"retail": [True, False, True]})
        >>> found.rows_of(found.moves[0]).tolist()
        [0, 2]
        """
        if move not in self.moves:
            raise CreditError(
                f"a move must be one of this impact, got {move.old} to {move.new} with "
                f"{move.count} cases: take it from .moves"
            )
        found: Int64 = np.flatnonzero(self.move_of == self.moves.index(move))
        return found

    def text(self, lang: Lang = "en") -> tuple[str, ...]:
        r"""Return a headline, then a line for each move that changes status or outcome.

        Raises:
            CreditError: If the language is not "en" or "zh".

        >>> from ruralcredit.policy import DecisionTable, Field, Row
        >>> def caps(cap_bp):
        ...     return DecisionTable("caps", [Field("retail", "bool")],
        ...                          [Row("yes", when={"retail": True}, then={"cap_bp": cap_bp})])
        >>> print(*impact(caps(7000), caps(6500), {"retail": [True, False]}).text(), sep="\n")
        caps, version 1 to 1: 1 of 2 cases change
        yes → yes: 1 cases
        """
        words = _words_of(lang)
        count = sum(move.count for move in self.changed)
        head = words["head"].format(
            self.new.id, self.old.version, self.new.version, count, len(self)
        )
        return (head, *(_move_text(move, words) for move in self.changed))


def _move_text(move: Move, words: Mapping[str, str]) -> str:
    old, new = (
        " + ".join(rows) or words[status]
        for rows, status in ((move.old_rows, move.old_status), (move.new_rows, move.new_status))
    )
    parts = [words["cases"].format(move.count)]
    if move.amount_fen is not None:
        parts.append(words["yuan"].format(format_yuan(move.amount_fen)))
    if move.unknown_amounts:
        parts.append(words["amounts"].format(move.unknown_amounts))
    if move.bad is not None:
        interval = move.bad.interval()
        shown = "" if interval is None else f" ({interval[0]:.1%}-{interval[1]:.1%})"
        parts.append(f"{words['bad'].format(move.bad.part, move.bad.whole)}{shown}")
    if move.unknown_outcomes:
        parts.append(words["outcomes"].format(move.unknown_outcomes))
    return f"{old} → {new}{words['colon']}{words['comma'].join(parts)}"


@attrs.frozen(eq=False)
class _Place:
    """Where a case can stand under one table."""

    status: Status
    rows: tuple[str, ...] = ()
    outcome: Outcome = None


def impact(
    old: DecisionTable,
    new: DecisionTable,
    columns: Mapping[str, object],
    *,
    amount: str | None = None,
    outcome: str | None = None,
) -> Impact:
    """Return who moves from which row to which when a new table replaces an old one.

    Each table takes the columns that it has fields for; a field without a column is missing.

    Args:
        old: The table in force.
        new: The table to replace it, which may have other fields.
        columns: Columns of one length: fields of either table, the amount and the outcome.
        amount: The name of a column of fen, summed exactly per move.
        outcome: The name of a column of bools, True where the case turned out bad.

    Raises:
        TableError: If one of the two is no table.
        CreditError: If a column is neither a field of a table nor the amount or outcome, or
            one of these is not among the columns.
        InputError: As `DecisionTable.decide_columns`; if amount is no column of whole fen or
            outcome none of bools.

    Source:
        rulings 3.7: per moved cell the count, the money and the bad rate with its interval.

    >>> from ruralcredit.policy import DecisionTable, Field, Row
    >>> def caps(cap_bp):
    ...     return DecisionTable("caps", [Field("retail", "bool")],
    ...                          [Row("yes", when={"retail": True}, then={"cap_bp": cap_bp})])
    >>> cases = {"retail": [True, True, False], "fen": [500, None, 3], "bad": [True, False, None]}
    >>> found = impact(caps(7000), caps(6500), cases, amount="fen", outcome="bad")
    >>> move = found.changed[0]
    >>> move.count, move.amount_fen, move.unknown_amounts, move.bad
    (2, 500, 1, Ratio(part=1, whole=2))
    """
    _check_tables(old, new)
    count = _checked(old, new, columns, {"amount": amount, "outcome": outcome})
    before, of_old = _placed(old, columns, count)
    after, of_new = _placed(new, columns, count)
    keys, move_of = _distinct(of_old * len(after) + of_new, len(before) * len(after))
    pairs = [(before[key // len(after)], after[key % len(after)]) for key in keys.tolist()]
    sizes = np.bincount(move_of, minlength=len(keys)).tolist()
    money = _money(columns, amount, move_of, len(keys))
    bad = _bad(columns, outcome, move_of, len(keys))
    moves = tuple(
        Move(
            old_status=one.status,
            old_rows=one.rows,
            new_status=other.status,
            new_rows=other.rows,
            is_changed=one.status != other.status or _typed(one.outcome) != _typed(other.outcome),
            count=size,
            amount_fen=fen,
            unknown_amounts=unpriced,
            bad=ratio,
            unknown_outcomes=untold,
        )
        for (one, other), size, (fen, unpriced), (ratio, untold) in zip(
            pairs, sizes, money, bad, strict=True
        )
    )
    return Impact(old=_basis(old), new=_basis(new), moves=moves, move_of=move_of)


def _distinct(keys: Int64, size: int) -> tuple[Int64, Int64]:
    """Return the distinct keys below a size, ascending, and the place of each key among them."""
    if size > _PLACES:
        found, places = np.unique(keys, return_inverse=True)
        return found, places.astype(np.int64)
    is_there = np.bincount(keys, minlength=size) > 0
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[keys]


def _checked(
    old: DecisionTable,
    new: DecisionTable,
    columns: Mapping[str, object],
    asked: Mapping[str, str | None],
) -> int:
    """Return the number of cases, after refusing columns that nothing asks for."""
    for what, name in asked.items():
        if name is not None and columns.get(name) is None:
            raise CreditError(
                f"{what} must name one of the columns, got {name!r}: they are {', '.join(columns)}"
            )
    known = {field.name for table in (old, new) for field in table.fields}
    unknown = [name for name in columns if name not in known and name not in asked.values()]
    if unknown:
        raise CreditError(
            f"columns must be fields of {old.id} or {new.id}, the amount or the outcome, got "
            f"{', '.join(unknown)}: leave them out"
        )
    return same_length(columns)


def _placed(
    table: DecisionTable, columns: Mapping[str, object], count: int
) -> tuple[list[_Place], Int64]:
    """Return the places that cases have under a table, in order, and the place of each case."""
    names = [field.name for field in table.fields if columns.get(field.name) is not None]
    brought = {name: columns[name] for name in names}
    # A table that knows none of the columns is asked with its facts missing.
    source = compiled(table).source(brought or {table.fields[0].name: [None] * count})
    then_of = dict(
        zip(source.asked.rules.outcome_of, (row.then for row in table.rows), strict=True)
    )
    keys = [_key(table.hit, answer) for answer in source.answers]
    order = sorted(set(keys))
    places = [
        _Place(
            status=_STATUSES[rank],
            rows=tuple(table.rows[row].id for row in rows),
            outcome=_outcome(table, [then_of[number] for number in outcome]),
        )
        for rank, rows, outcome in order
    ]
    place_of = {key: number for number, key in enumerate(order)}
    return places, np.array([place_of[key] for key in keys], np.int64)[source.ids]


def _outcome(table: DecisionTable, thens: Sequence[Mapping[str, Cell]]) -> Outcome:
    if table.hit == "collect" and thens:
        return tuple(thens)
    return next(iter(thens), None)


def _key(hit: HitPolicy, answer: Answer) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    rank = _STATUSES.index(answer.status)
    if answer.status != "decided":
        return rank, (), ()
    return rank, answer.rows if hit == "collect" else answer.rows[:1], answer.outcome


def _typed(value: object) -> object:
    """Return a value that is equal to another's only where the types are too."""
    if isinstance(value, Mapping):
        return {name: _typed(cell) for name, cell in value.items()}
    if isinstance(value, tuple):
        return tuple(map(_typed, value))
    return type(value).__name__, value


def _money(
    columns: Mapping[str, object], amount: str | None, move_of: Int64, count: int
) -> list[tuple[int | None, int]]:
    """Return the sum of the known amounts of each move, and how many are unknown."""
    if amount is None:
        return [(None, 0)] * count
    fen = int_column(amount, columns[amount], money=True)
    low, most = (1 << _BITS) - 1, 2 * _BITS
    parts = (fen.values & low, fen.values >> _BITS & low, fen.values >> most)
    summed = [np.bincount(move_of, weights=part, minlength=count).tolist() for part in parts]
    unknown = np.bincount(move_of[~fen.known], minlength=count).tolist()
    return [
        (sum(int(part) << _BITS * place for place, part in enumerate(sums)), missing)
        for *sums, missing in zip(*summed, unknown, strict=True)
    ]


def _bad(
    columns: Mapping[str, object], outcome: str | None, move_of: Int64, count: int
) -> list[tuple[Ratio | None, int]]:
    """Return how many of each move turned out bad, and of how many nobody knows."""
    if outcome is None:
        return [(None, 0)] * count
    true, known = bool_column(outcome, columns[outcome])
    bad, told, unknown = (
        np.bincount(move_of[rows], minlength=count).tolist()
        for rows in (true & known, known, ~known)
    )
    return [
        (Ratio(part, whole), missing)
        for part, whole, missing in zip(bad, told, unknown, strict=True)
    ]
