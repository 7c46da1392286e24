"""A guarantee ledger, its loans, parties and relations, as files hold them, to columns."""

import datetime
import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import attrs

from ruralcredit.errors import InputError
from ruralcredit.guarantees import GuaranteeBook, Loans, Parties, Relations
from ruralcredit.reasons import Reason
from ruralcredit.reports._binding import HeaderMap, HeaderUse
from ruralcredit.reports._cells import Value
from ruralcredit.reports._reasons import (
    CELL_BLANK,
    CELL_NO_WHOLE_ID,
    FIRST_BORROWER,
    KINDS_CONFLICT,
    KINDS_DIFFER,
    LINE_NO_PAIR,
    LOAN_TWICE,
    NEGATIVE_BALANCE,
    OTHER_SECURITY,
    PARTY_SHARED,
    PARTY_TWICE,
    SEVERAL_PARTIES,
)
from ruralcredit.reports._schema import LEDGER, LOANS, PARTIES, RELATIONS, Field
from ruralcredit.reports._table import FileTotal, Progress, Source, Table, read_table
from ruralcredit.values import format_yuan

__all__ = [
    "BadRow",
    "ControlTotal",
    "LedgerReading",
    "TableReading",
    "read_ledger",
    "read_loans",
    "read_parties",
    "read_relations",
]

PartyId = str | int
Columns = dict[str, list[PartyId | datetime.date | None]]

_KIND_ORDER = ("person", "household", "firm", "public", "guarantee_company")
_BALANCE = "balance_fen"
_STEP = 50_000
_INT64_DIGITS = 18


@attrs.frozen(kw_only=True)
class BadRow:
    r"""A row that could not be read and is left out.

    Attributes:
        line: Source line, 1-based.
        why: Everything that is wrong with it.
        parties: Ids it names, whose other guarantees are now not determinable.

    >>> bad = read_ledger("担保人,被担保人,金额(元)\n甲,乙,x\n").bad_rows[0]
    >>> bad.line, bad.parties, bad.why[0].code
    (2, ('甲', '乙'), 'REP-002')
    """

    line: int
    why: tuple[Reason, ...]
    parties: tuple[PartyId, ...] = ()


@attrs.frozen(kw_only=True)
class ControlTotal:
    r"""Rows and money of one branch, each source row once, to tie to the general ledger.

    Attributes:
        name: The branch; None gathers the rows that name none.
        rows_read: Source rows, those left out among them.
        rows_used: Source rows that feed the book.
        read_fen: Sum of the readable amounts of all rows.
        used_fen: Sum of the amounts of the rows used.
        unknown_amounts: Rows used whose amount is unknown.

    >>> read_ledger("担保人,被担保人,金额(元),支行\n甲,乙,5,东关\n").control_totals[0].used_fen
    500
    """

    name: str | None
    rows_read: int
    rows_used: int
    read_fen: int
    used_fen: int
    unknown_amounts: int


@attrs.frozen(kw_only=True)
class LedgerReading:
    """A guarantee ledger as read: columns for the book, and all that was left out.

    Attributes:
        columns: Keyword columns for ``GuaranteeBook.from_columns``; a row that names
            several guarantors stands once for each.
        facts: Further columns by name: branch, officer, lender, region, currency.
        parties: Columns ``party`` and ``kind``; empty lists when no kind is given.  Those of
            a file of parties stand beside them after `with_parties`.
        lines: Source line of each row of ``columns``.
        bad_rows: Rows that could not be read.
        other_lines: Lines of rows that are no guarantee (mortgage, pledge, unsecured).
        open_parties: Parties of the bad rows.
        rows_read: Source rows under the header; total and blank rows do not count.
        rows_used: Source rows that feed the book.
        control_totals: By branch, the largest first.
        file_totals: The file's own total rows beside what its rows hold.
        header_map: How each header was read.
        assumptions: What reading it has assumed.
        whole_ids: Whether party ids are ints (edge lists of plain numbers).
    """

    columns: Columns
    facts: dict[str, list[str | None]] = attrs.Factory(dict)
    parties: Columns = attrs.Factory(lambda: {"party": [], "kind": []})
    lines: tuple[int, ...]
    bad_rows: tuple[BadRow, ...] = ()
    other_lines: tuple[int, ...] = ()
    open_parties: tuple[PartyId, ...] = ()
    rows_read: int
    rows_used: int
    control_totals: tuple[ControlTotal, ...] = ()
    file_totals: tuple[FileTotal, ...] = ()
    header_map: tuple[HeaderUse, ...] = ()
    assumptions: tuple[Reason, ...] = ()
    whole_ids: bool = False

    @property
    def rows_left_out(self) -> int:
        """Rows read that do not feed the book."""
        return self.rows_read - self.rows_used

    def to_book(
        self, *, loans: "TableReading | None" = None, parties: "TableReading | None" = None
    ) -> GuaranteeBook:
        r"""Return the guarantee book that the file holds, with its loans and parties beside it.

        Args:
            loans: How the file of loans was read.
            parties: How the file of parties was read, taken in by `with_parties`.

        Raises:
            InputError: If a currency is not the yuan.

        >>> read_ledger("担保人,被担保人\n甲,乙\n").to_book()
        GuaranteeBook(1 rows, no day asked)
        """
        known = (self if parties is None else self.with_parties(parties)).parties
        return GuaranteeBook.from_columns(
            **self.columns,
            facts=self.facts,
            parties=_parties_of(known) if known["party"] else None,
            loans=None if loans is None else loans.to_loans(),
            open_parties=self.open_parties,
        )

    def with_parties(self, parties: "TableReading") -> "LedgerReading":
        r"""Return this reading with a file of parties taken into its ``parties``.

        That file wins; a kind that only the ledger names stays.  Where the two name
        different kinds, how many parties that are stands among the assumptions.

        Args:
            parties: A file read with `read_parties`.

        >>> ledger = read_ledger("担保人,被担保人,担保人类型\n甲,乙,个人\n")
        >>> both = ledger.with_parties(read_parties("客户号,类型,净资产(元)\n甲,企业,5\n"))
        >>> both.parties
        {'party': ['甲'], 'kind': ['firm'], 'net_assets_fen': [500]}
        >>> [assumed.code for assumed in both.assumptions]
        ['REP-030']
        """
        old, new = self.parties, parties.columns
        named = list(dict.fromkeys((*new["party"], *old["party"])))
        merged: Columns = {"party": named}
        for name in dict.fromkeys((*old, *new)):
            if name != "party":
                known = dict(_told(old, name))
                known |= {party: value for party, value in _told(new, name) if value is not None}
                merged[name] = [known.get(party) for party in named]
        kinds = dict(_told(old, "kind"))
        differ = [
            line
            for (party, kind), line in zip(_told(new, "kind"), parties.lines, strict=False)
            if kind is not None and kinds.get(party, kind) not in (None, kind)
        ]
        conflict = [KINDS_CONFLICT.given(parties=len(differ), line=differ[0])] if differ else []
        return attrs.evolve(self, parties=merged, assumptions=(*self.assumptions, *conflict))

    @property
    def total_rows(self) -> int:
        """Total rows of the file, skipped."""
        return len(self.file_totals)


@attrs.frozen(kw_only=True)
class TableReading:
    r"""A file of loans, parties or relations as read; attributes as in `LedgerReading`.

    >>> reading = read_loans("借据号,借款人,余额(元)\nL1,甲,12.50\n")
    >>> reading.rows_used, reading.used_fen, reading.to_loans()
    (1, 1250, Loans(1 rows: loan_id, borrower, balance_fen))
    """

    columns: Columns
    lines: tuple[int, ...]
    bad_rows: tuple[BadRow, ...]
    rows_read: int
    rows_used: int
    used_fen: int
    file_totals: tuple[FileTotal, ...]
    header_map: tuple[HeaderUse, ...]
    assumptions: tuple[Reason, ...]

    def to_loans(self) -> Loans:
        """Return the loans of a file read with `read_loans`."""
        return Loans.from_columns(**self.columns)

    def to_parties(self) -> Parties:
        """Return the parties of a file read with `read_parties`, without what a ledger says."""
        return _parties_of(self.columns)

    def to_relations(self) -> Relations:
        """Return the relations of a file read with `read_relations`."""
        return Relations.from_columns(**self.columns)

    @property
    def rows_left_out(self) -> int:
        """Rows read that are not used."""
        return self.rows_read - self.rows_used


def read_ledger(
    source: Source,
    *,
    format: Literal["csv", "edges"] = "csv",  # noqa: A002 - the word of the command line
    columns: HeaderMap | None = None,
    max_bad: int | None = None,
    progress: Progress | None = None,
) -> LedgerReading:
    r"""Read a guarantee ledger: text of a CSV or an edge list, or rows of a spreadsheet.

    Headers are known in Chinese and English; 元 and 万元 stand in the header.  A cell that
    cannot be read makes its row a bad row: listed, left out, its parties open.

    Args:
        source: Decoded text, or an iterable of rows of str, number and date cells.
        format: "csv" (any of comma, tab, semicolon, bar) or "edges": two ids per line.
        columns: Header map: header of the file -> our column (or any header that is known,
            or None to ignore it); the other direction passes too.
        max_bad: Most bad rows to accept; None accepts any number.
        progress: Called with the rows read so far, every 50,000 rows.

    Raises:
        InputError: If a required header is missing, or more than ``max_bad`` rows are bad.

    >>> reading = read_ledger("担保人,被担保人,担保金额(万元)\n甲;乙,丙,3\n合计,,3\n")
    >>> reading.columns["guarantor"], reading.columns["amount_fen"], reading.lines
    (['甲', '乙'], [3000000, 3000000], (2, 2))
    """
    if format == "edges":
        if not isinstance(source, str):
            message = "format edges must be text with two ids per line, got rows"
            raise InputError(message)
        reading = _read_edges(source, progress)
    else:
        reading = _ledger_of(read_table(source, LEDGER, columns=columns, progress=progress))
    if max_bad is not None and len(reading.bad_rows) > max_bad:
        raise _too_many(reading.bad_rows, max_bad)
    return reading


def _too_many(bad: Sequence[BadRow], allowed: int) -> InputError:
    first = bad[0]
    message = (
        f"{len(bad)} rows cannot be read, at most {allowed} may be; the first is line "
        f"{first.line}: {'; '.join(why.text('en') for why in first.why)}"
    )
    return InputError(message, count=len(bad), first_row=first.line)


def _bad_rows(table: Table, ids: Callable[[str], PartyId]) -> tuple[BadRow, ...]:
    return tuple(
        BadRow(
            line=table.lines[at],
            why=tuple(why),
            parties=tuple(
                dict.fromkeys(ids(one) for named in table.parties.values() for one in named[at])
            ),
        )
        for at, why in sorted(table.bad.items())
    )


def _ledger_of(table: Table) -> LedgerReading:
    forms = table.values.get("form", [])
    other = [at for at, form in enumerate(forms) if form == "none" and at not in table.bad]
    left_out = table.bad.keys() | set(other)
    bad_rows = _bad_rows(table, str)
    source, guarantors, borrowers = _pairs(table, left_out)
    parties, differ = _kinds(table)
    columns: Columns = {"guarantor": guarantors, "borrower": borrowers}
    facts: dict[str, list[str | None]] = {}
    for field in LEDGER:
        values = table.values.get(field.name)
        if values is None or field.name.endswith("_kind"):
            continue
        taken = [values[at] for at in source]
        if field.kind == "fact":
            facts[field.name] = [None if value is None else str(value) for value in taken]
        else:
            columns[field.name] = list(taken)
    several = _one_contract(table, source, columns)
    counts = ((SEVERAL_PARTIES, "rows", several), (KINDS_DIFFER, "parties", differ))
    assumed = [
        reason.given(**{name: count})
        for reason, name, count in (*counts, (OTHER_SECURITY, "rows", len(other)))
        if count
    ]
    return LedgerReading(
        columns=columns,
        facts=facts,
        parties=parties,
        lines=tuple(table.lines[at] for at in source),
        bad_rows=bad_rows,
        other_lines=tuple(table.lines[at] for at in other),
        open_parties=tuple(sorted({one for row in bad_rows for one in row.parties})),
        rows_read=len(table.lines),
        rows_used=len(table.lines) - len(left_out),
        control_totals=_control_totals(table, left_out),
        file_totals=tuple(table.totals),
        header_map=table.uses,
        assumptions=(*table.assumed, *assumed),
    )


def _pairs(table: Table, left_out: set[int]) -> tuple[list[int], list[Value], list[Value]]:
    """Return for each pair of parties its row in the table, its guarantor and borrower."""
    source: list[int] = []
    guarantors: list[Value] = []
    borrowers: list[Value] = []
    many = table.parties["guarantor"]
    few = table.parties["borrower"]
    for at in range(len(table.lines)):
        if at in left_out:
            continue
        for guarantor in many[at] or (None,):
            for borrower in few[at] or (None,):
                source.append(at)
                guarantors.append(guarantor)
                borrowers.append(borrower)
    return source, guarantors, borrowers


def _one_contract(table: Table, source: Sequence[int], columns: Columns) -> int:
    """Give rows of several parties without a contract id one of their own; count them."""
    last = -1
    several = set()
    for at in source:
        if at == last:
            several.add(at)
        last = at
    if several:
        ids = columns.setdefault("contract_id", [None] * len(source))
        for row, at in enumerate(source):
            if at in several and ids[row] is None:
                ids[row] = f"line-{table.lines[at]}"
    return len(several)


def _kinds(table: Table) -> tuple[Columns, int]:
    """Gather the kind of each party, also from rows left out, and count where rows differ."""
    kinds: dict[str, str] = {}
    differ: set[str] = set()
    for side in ("guarantor", "borrower"):
        for named, kind in zip(
            table.parties[side], table.values.get(f"{side}_kind", ()), strict=False
        ):
            if kind is None:
                continue
            for party in named:
                known = kinds.setdefault(party, str(kind))
                if known != kind:
                    differ.add(party)
                    kinds[party] = min(known, str(kind), key=_KIND_ORDER.index)
    return {"party": list(kinds), "kind": list(kinds.values())}, len(differ)


def _control_totals(table: Table, left_out: set[int]) -> tuple[ControlTotal, ...]:
    count = len(table.lines)
    branches = table.values.get("branch", [None] * count)
    amounts = table.values.get("amount_fen", [None] * count)
    sums: dict[Value, list[int]] = {}
    for at, (branch, amount) in enumerate(zip(branches, amounts, strict=True)):
        total = sums.setdefault(branch, [0, 0, 0, 0, 0])
        fen = amount if isinstance(amount, int) else 0
        total[0] += 1
        total[2] += fen
        if at not in left_out:
            total[1] += 1
            total[3] += fen
            total[4] += amount is None
    ordered = sorted(sums.items(), key=lambda item: (-item[1][3], str(item[0])))
    return tuple(
        ControlTotal(
            name=None if name is None else str(name),
            rows_read=one[0],
            rows_used=one[1],
            read_fen=one[2],
            used_fen=one[3],
            unknown_amounts=one[4],
        )
        for name, one in ordered
    )


def _is_whole(token: str) -> bool:
    plain = token.isascii() and token.isdecimal() and len(token) <= _INT64_DIGITS
    return plain and (not token.startswith("0") or len(token) == 1)


def _edge_words(
    text: str, progress: Progress | None
) -> tuple[list[int], list[list[str]], list[tuple[int, list[str]]]]:
    """Return the lines that are edges, their two words, and the lines that are none."""
    lines: list[int] = []
    pairs: list[list[str]] = []
    bad: list[tuple[int, list[str]]] = []
    for line, row in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        words = row.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) == 2:
            lines.append(line)
            pairs.append(words)
        else:
            bad.append((line, words))
        if progress is not None and not line % _STEP:
            progress(line)
    return lines, pairs, bad


def _read_edges(text: str, progress: Progress | None) -> LedgerReading:
    lines, pairs, bad = _edge_words(text, progress)
    if not lines and not bad:
        message = "the file is empty: an edge list has two ids per line"
        raise InputError(message)
    distinct = {word for pair in pairs for word in pair}
    whole = bool(distinct) and all(map(_is_whole, distinct))
    number: dict[str, PartyId] = {word: int(word) if whole else word for word in distinct}
    bad_rows = tuple(
        BadRow(
            line=line,
            why=(LINE_NO_PAIR.given(cells=len(words)),),
            parties=tuple(
                int(word) if whole else word
                for word in dict.fromkeys(words)
                if not whole or _is_whole(word)
            ),
        )
        for line, words in bad
    )
    control = ControlTotal(
        name=None,
        rows_read=len(lines) + len(bad),
        rows_used=len(lines),
        read_fen=0,
        used_fen=0,
        unknown_amounts=len(lines),
    )
    return LedgerReading(
        columns={
            "guarantor": [number[one] for one, _ in pairs],
            "borrower": [number[other] for _, other in pairs],
        },
        lines=tuple(lines),
        bad_rows=bad_rows,
        open_parties=tuple(sorted({one for row in bad_rows for one in row.parties}, key=str)),
        rows_read=control.rows_read,
        rows_used=control.rows_used,
        control_totals=(control,),
        whole_ids=whole,
    )


def _beside_ids(table: Table, name: str, at: int, *, whole_ids: bool) -> list[PartyId]:
    """Return the ids of one cell, as the book writes ids; what is wrong makes the row bad."""
    header = next(use.header for use in table.uses if use.column == name)
    named = table.parties[name][at]
    wrong = [one for one in named if whole_ids and not _is_whole(one)]
    if wrong:
        why = CELL_NO_WHOLE_ID.given(column=header, cell=wrong[0])
        table.bad.setdefault(at, []).append(why)
        return []
    if not named and at not in table.bad:
        table.bad[at] = [CELL_BLANK.given(column=header)]
    return [int(one) if whole_ids else one for one in named]


def _parties_of(columns: Columns) -> Parties:
    return Parties.from_columns(
        party=columns["party"],
        kind=columns.get("kind"),
        region=columns.get("region"),
        net_assets_fen=columns.get("net_assets_fen"),
    )


def _told(columns: Columns, name: str) -> Iterable[tuple[PartyId | Value, Value]]:
    """Return each party of a table of parties with what one column tells of it."""
    return zip(columns["party"], columns.get(name, ()), strict=False)


def _refuse_shared(table: Table, name: str, sides: Sequence[Sequence[PartyId]]) -> None:
    """Make rows bad that name several parties, or one that stands on an earlier row."""
    header = next(use.header for use in table.uses if use.column == name)
    first: dict[PartyId, int] = {}
    for at, named in enumerate(sides):
        if at in table.bad:
            continue
        if len(named) > 1:
            table.bad[at] = [PARTY_SHARED.given(column=header, parties=len(named))]
        elif first.setdefault(named[0], at) != at:
            line = table.lines[first[named[0]]]
            table.bad[at] = [PARTY_TWICE.given(column=header, line=line)]


def _refuse_unusable(table: Table, field: Field) -> None:
    """Make rows bad that the tables refuse: a blank or repeated key, a negative balance."""
    name = field.name
    header = next(use.header for use in table.uses if use.column == name)
    first: dict[Value, int] = {}
    for at, value in enumerate(table.values[name]):
        if at in table.bad:
            continue
        if name == _BALANCE:
            if isinstance(value, int) and value < 0:
                why = NEGATIVE_BALANCE.given(column=header, cell=format_yuan(value))
                table.bad[at] = [why]
        elif value is None:
            table.bad[at] = [CELL_BLANK.given(column=header)]
        elif field.unique and first.setdefault(value, at) != at:
            line = table.lines[first[value]]
            table.bad[at] = [LOAN_TWICE.given(column=header, cell=value, line=line)]


def _read_beside(
    source: Source, fields: tuple[Field, ...], columns: HeaderMap | None, *, whole_ids: bool
) -> TableReading:
    """Read a table that stands beside the ledger: what it must name is there or the row is bad."""
    table = read_table(source, fields, columns=columns)
    rows = range(len(table.lines))
    for field in fields:
        if field.required and field.name in table.values:
            _refuse_unusable(table, field)
    sides = {
        name: [_beside_ids(table, name, at, whole_ids=whole_ids) for at in rows]
        for name in table.parties
    }
    for field in fields:
        if field.unique and field.name in sides:
            _refuse_shared(table, field.name, sides[field.name])
    kept = [at for at in rows if at not in table.bad]
    several = sum(any(len(ids[at]) > 1 for ids in sides.values()) for at in kept)
    pairs = len(sides) > 1
    chosen = [
        (at, combo)
        for at in kept
        for combo in itertools.islice(
            itertools.product(*(ids[at] for ids in sides.values())), None if pairs else 1
        )
    ]
    ours: Columns = {name: [combo[at] for _, combo in chosen] for at, name in enumerate(sides)}
    for name, values in table.values.items():
        ours[name] = [values[at] for at, _ in chosen]
    reason = SEVERAL_PARTIES if pairs else FIRST_BORROWER
    return TableReading(
        columns=ours,
        lines=tuple(table.lines[at] for at, _ in chosen),
        bad_rows=_bad_rows(table, str),
        rows_read=len(table.lines),
        rows_used=len(kept),
        used_fen=sum(v for v in ours.get(_money(fields), []) if isinstance(v, int)),
        file_totals=tuple(table.totals),
        header_map=table.uses,
        assumptions=(*table.assumed, *([reason.given(rows=several)] if several else [])),
    )


def _money(fields: Sequence[Field]) -> str:
    """Return the column whose sum is the file's own."""
    return next((field.name for field in fields if field.kind == "fen"), "")


def read_loans(
    source: Source, *, columns: HeaderMap | None = None, whole_ids: bool = False
) -> TableReading:
    r"""Read the loans that the guarantees secure: keyword columns for ``Loans.from_columns``.

    Args:
        source: Decoded text of a CSV, or rows of a spreadsheet.
        columns: Header map, as in `read_ledger`.
        whole_ids: Whether the book's party ids are ints.

    Raises:
        InputError: If the loan id, the borrower or the balance has no header.

    >>> read_loans("借据号,借款人,余额(元)\nL1,甲,12.50\n").columns["balance_fen"]
    [1250]
    """
    return _read_beside(source, LOANS, columns, whole_ids=whole_ids)


def read_parties(
    source: Source, *, columns: HeaderMap | None = None, whole_ids: bool = False
) -> TableReading:
    r"""Read what is known of the parties (当事人): keyword columns for ``Parties.from_columns``.

    Kind, region and net assets (净资产) are read where the file has them; a blank is unknown,
    and net assets may be nil or negative.  A row that names several parties, or one that an
    earlier row has named, is bad: whose net assets they are nobody can say.

    Args:
        source: Decoded text of a CSV, or rows of a spreadsheet.
        columns: Header map, as in `read_ledger`.
        whole_ids: Whether the book's party ids are ints.

    Raises:
        InputError: If the party has no header.

    >>> reading = read_parties("客户号,类型,净资产(万元)\n甲,企业,-3.5\n乙,个人,\n")
    >>> reading.columns["kind"], reading.columns["net_assets_fen"]
    (['firm', 'person'], [-3500000, None])
    """
    return _read_beside(source, PARTIES, columns, whole_ids=whole_ids)


def read_relations(
    source: Source, *, columns: HeaderMap | None = None, whole_ids: bool = False
) -> TableReading:
    r"""Read who is related to whom: keyword columns for ``Relations.from_columns``.

    Args:
        source: Decoded text of a CSV, or rows of a spreadsheet.
        columns: Header map, as in `read_ledger`.
        whole_ids: Whether the book's party ids are ints.

    Raises:
        InputError: If one of the two parties or the kind has no header.

    >>> read_relations("甲方,乙方,关系\nA,B,夫妻\n").columns["kind"]
    ['spouse']
    """
    return _read_beside(source, RELATIONS, columns, whole_ids=whole_ids)
