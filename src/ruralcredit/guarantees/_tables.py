"""What stands beside the ledger: parties, loans, relations, joint groups; all optional.

A table is frozen columns of one length.  What it does not say is unknown, never zero.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import (
    IdColumn,
    IdIndex,
    Ints,
    Words,
    day_column,
    encode_ids,
    int_column,
    same_length,
    word_column,
)
from ruralcredit.errors import InputError

Int64 = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]

PARTY_KINDS = ("person", "household", "firm", "guarantee_company", "public")
RelationKind = Literal["control", "controller", "spouse", "kin", "group"]

RELATION_KINDS: tuple[RelationKind, ...] = ("control", "controller", "spouse", "kin", "group")

_CURRENCIES = frozenset({"CNY", "RMB", "人民币", "人民币元", "156"})


def _same_days(one: object, other: object) -> bool:
    if one is None or other is None:
        return one is other
    return bool(np.array_equal(np.asarray(one), np.asarray(other), equal_nan=True))


SAME_DAYS = attrs.cmp_using(eq=_same_days)


def build_columns(
    cls: type, brought: Mapping[str, object], *, together: Sequence[str] = ()
) -> dict[str, Any]:
    """Turn what a caller brought into a table's columns, by the kinds in ``COLUMNS``.

    ``brought`` may hold more names than the table has columns; an absent column is None.  The
    columns named in ``together`` hold ids of the same things and share one index, ``"index"``.
    """
    kinds: Mapping[str, str] = cls.COLUMNS  # type: ignore[attr-defined]  # a table
    facts = brought.get("facts")
    if facts is not None and not isinstance(facts, Mapping):
        message = f"facts must be columns by name, got {type(facts).__name__}"
        raise InputError(message, column="facts")
    same_length({name: brought[name] for name in kinds if name != "facts"} | dict(facts or {}))
    out: dict[str, Any] = {}
    if together:
        out["index"], codes = encode_ids({name: brought[name] for name in together})
        out |= {name: IdColumn(out["index"], codes[name]) for name in together}
    for name, kind in kinds.items():
        if name in together:
            continue
        if kind == "facts":
            out[name] = fact_columns(facts)
        elif brought[name] is None:
            out[name] = None
        elif kind == "id":
            index, codes = encode_ids({name: brought[name]})
            out[name] = IdColumn(index, codes[name])
        elif kind == "day":
            out[name] = day_column(name, brought[name])
        elif kind == "word":
            out[name] = word_column(name, brought[name], words=cls.WORDS[name])  # type: ignore[attr-defined]  # a table
        else:
            out[name] = int_column(name, brought[name], money=kind == "fen")
    return out


def spell_columns(table: object, rows: Int64 | None = None) -> dict[str, object]:
    """Return a table's columns as arrays, of all rows or of some; absent ones are left out."""
    out: dict[str, object] = {}
    for name in type(table).COLUMNS:  # type: ignore[attr-defined]  # a table
        column = getattr(table, name)
        if name == "facts":
            facts = {key: _spelled(values, rows) for key, values in column.items()}
            column = facts or None
        elif column is not None:
            column = _spelled(column, rows)
        if column is not None:
            out[name] = column
    return out


def _spelled(
    column: IdColumn | Ints | Words | Days, rows: Int64 | None
) -> npt.NDArray[np.generic]:
    if isinstance(column, np.ndarray):
        return column if rows is None else column[rows]
    part = column if rows is None else column.take(rows)
    if isinstance(part, Ints) and bool(part.known.all()):
        return part.values
    cells = part.tolist()
    if isinstance(part, IdColumn) and part.index.kind == "int" and None not in cells:
        return np.array(cells, np.int64)
    out = np.empty(len(cells), np.object_)
    out[:] = cells
    return out


def fact_columns(facts: Mapping[str, object] | None) -> Mapping[str, IdColumn]:
    """Return columns of facts by name; a currency other than the yuan is refused."""
    out: dict[str, IdColumn] = {}
    for name, values in (facts or {}).items():
        index, codes = encode_ids({name: values})
        out[name] = IdColumn(index, codes[name])
        if name == "currency":
            _refuse_other_currency(out[name])
    return out


def _refuse_other_currency(column: IdColumn) -> None:
    ids = column.index.known_ids(np.arange(len(column.index)))
    foreign = np.array([str(v).strip().upper() not in _CURRENCIES for v in ids], np.bool_)
    if not foreign.any():
        return
    bad = (column.codes >= 0) & foreign[column.codes]
    first = int(np.argmax(bad))
    value = column.index.known_ids(column.codes[first : first + 1])[0]
    message = (
        f"currency must be the yuan (CNY) in every row, {int(bad.sum())} rows are not, the first "
        f"at row {first} ({value!r}): convert before, or leave those contracts to their own book"
    )
    raise InputError(message, column="currency", count=int(bad.sum()), first_row=first)


def unique_ids(name: str, column: IdColumn) -> None:
    """Refuse a key column with a blank or a repeated id."""
    blank = column.codes < 0
    if blank.any():
        first = int(np.argmax(blank))
        message = (
            f"{name} must be known in every row, {int(blank.sum())} are blank, "
            f"the first at row {first}"
        )
        raise InputError(message, column=name, count=int(blank.sum()), first_row=first)
    if len(column.index) < len(column):
        order = np.argsort(column.codes, kind="stable")
        ordered = column.codes[order]
        again = np.zeros(len(column), np.bool_)
        again[order[1:]] = ordered[1:] == ordered[:-1]
        first = int(np.argmax(again))
        value = column.index.known_ids(column.codes[first : first + 1])[0]
        message = (
            f"{name} must be unique, {int(again.sum())} rows repeat an earlier one, the first at "
            f"row {first} ({value!r}): keep one row each"
        )
        raise InputError(message, column=name, count=int(again.sum()), first_row=first)


@attrs.frozen(kw_only=True, repr=False)
class Parties:
    """What is known of the parties (当事人): one row per party.

    Attributes:
        party: The party's id, unique.
        kind: person, household, firm, guarantee_company (licensed 融资担保公司) or public.
        region: Administrative code or name.
        facts: Further columns by name, such as the industry.

    An auditor says which parties are licensed guarantee companies:

    >>> parties = Parties.from_columns(party=["F1", "G1"], kind=["firm", "guarantee_company"])
    >>> len(parties), parties
    (2, Parties(2 rows: party, kind))
    """

    COLUMNS: ClassVar[Mapping[str, str]] = {
        "party": "id",
        "net_assets_fen": "fen",
        "own_debt_fen": "fen",
        "liquid_assets_fen": "fen",
        "kind": "word",
        "region": "id",
        "facts": "facts",
    }
    WORDS: ClassVar[Mapping[str, tuple[str, ...]]] = {"kind": PARTY_KINDS}

    party: IdColumn
    net_assets_fen: Ints | None
    own_debt_fen: Ints | None
    liquid_assets_fen: Ints | None
    kind: Words | None
    region: IdColumn | None
    facts: Mapping[str, IdColumn] = attrs.field(hash=False)

    @classmethod
    def from_columns(
        cls,
        *,
        party: object,
        net_assets_fen: object = None,
        own_debt_fen: object = None,
        liquid_assets_fen: object = None,
        kind: object = None,
        region: object = None,
        facts: Mapping[str, object] | None = None,
    ) -> Self:
        """Build the table from columns of one length; None in a cell is unknown.

        Raises:
            InputError: If a party is blank or repeated, lengths differ, or a cell is of the
                wrong type.

        >>> Parties.from_columns(party=["a", "a"])
        Traceback (most recent call last):
        ...
        ruralcredit.errors.InputError: party must be unique, 1 rows repeat an earlier one, \
the first at row 1 ('a'): keep one row each
        """
        columns = build_columns(cls, locals())
        unique_ids("party", columns["party"])
        return cls(**columns)

    def to_columns(self) -> dict[str, object]:
        """Return the columns as arrays; `from_columns` of them gives an equal table."""
        return spell_columns(self)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.party)

    def __repr__(self) -> str:
        """Show the rows and the columns, never the parties."""
        return table_repr(self)


@attrs.frozen(kw_only=True, repr=False)
class Loans:
    """The loans (借据): one row per loan.

    Attributes:
        loan_id: The loan's id, unique.
        borrower: The party that owes it.
        balance_fen: Balance, in fen.
        overdue_days: Days overdue; 0 is current.
        uncovered_fen: What other security leaves open, in fen.

    >>> loans = Loans.from_columns(loan_id=["L1"], borrower=["F1"], balance_fen=[50_000_00])
    >>> loans
    Loans(1 rows: loan_id, borrower, balance_fen)
    """

    COLUMNS: ClassVar[Mapping[str, str]] = {
        "loan_id": "id",
        "borrower": "id",
        "balance_fen": "fen",
        "product": "id",
        "overdue_days": "int",
        "due_on": "day",
        "uncovered_fen": "fen",
    }

    loan_id: IdColumn
    borrower: IdColumn
    balance_fen: Ints
    product: IdColumn | None
    overdue_days: Ints | None
    due_on: Days | None = attrs.field(eq=SAME_DAYS, hash=False)
    uncovered_fen: Ints | None

    @classmethod
    def from_columns(
        cls,
        *,
        loan_id: object,
        borrower: object,
        balance_fen: object,
        product: object = None,
        overdue_days: object = None,
        due_on: object = None,
        uncovered_fen: object = None,
    ) -> Self:
        """Build the table from columns of one length; None in a cell is unknown.

        Raises:
            InputError: If a loan id is blank or repeated, a balance is negative, lengths differ,
                or a cell is of the wrong type.

        >>> Loans.from_columns(loan_id=["L1"], borrower=["F1"], balance_fen=[12.5])
        Traceback (most recent call last):
        ...
        ruralcredit.errors.InputError: balance_fen must hold whole fen in integers, 1 cells do \
not, the first at row 0 (12.5): convert yuan with yuan_column
        """
        columns = build_columns(cls, locals())
        for name in ("loan_id", "borrower", "balance_fen"):
            if columns[name] is None:
                message = f"loans must bring {name}"
                raise InputError(message, column=name)
        unique_ids("loan_id", columns["loan_id"])
        refuse_negative("balance_fen", columns["balance_fen"])
        return cls(**columns)

    def to_columns(self) -> dict[str, object]:
        """Return the columns as arrays; `from_columns` of them gives an equal table."""
        return spell_columns(self)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.loan_id)

    def __repr__(self) -> str:
        """Show the rows and the columns."""
        return table_repr(self)


def rows_of_ids(column: IdColumn, ids: Sequence[str | int]) -> Int64:
    """Return the row of each id in a key column, -1 where it is not there."""
    if not len(column) or not len(ids):
        return np.full(len(ids), -1, np.int64)
    row_of = np.empty(len(column.index), np.int64)
    row_of[column.codes] = np.arange(len(column))
    codes = column.index.find(ids)
    return np.where(codes >= 0, row_of[codes], -1)


def refuse_negative(name: str, column: Ints) -> None:
    """Refuse a negative amount where none can be meant."""
    negative = column.values < 0
    if negative.any():
        first = int(np.argmax(negative))
        count = int(negative.sum())
        message = (
            f"{name} has {count} negative rows, the first at row {first} "
            f"({int(column.values[first])})"
        )
        raise InputError(message, column=name, count=count, first_row=first)


@attrs.frozen(kw_only=True, repr=False)
class Relations:
    """Who is related to whom (关联关系): control, actual controller, spouse, kin, one group.

    Attributes:
        a: One party; under control and controller the one that controls.
        b: The other party.
        kind: control (控股), controller (实际控制人), spouse (配偶), kin (亲属), group (同一集团).
        share_bp: Share held, in basis points.
        degree: Degree of kinship (亲等): 1 for parent and child, 2 for siblings.
        starts_on: First day of the relation; unknown counts as begun.
        ends_on: Last day of the relation; unknown counts as lasting.

    >>> Relations.from_columns(a=["P1"], b=["F1"], kind=["controller"])
    Relations(1 rows: a, b, kind)
    """

    COLUMNS: ClassVar[Mapping[str, str]] = {
        "a": "id",
        "b": "id",
        "kind": "word",
        "share_bp": "int",
        "degree": "int",
        "starts_on": "day",
        "ends_on": "day",
    }

    WORDS: ClassVar[Mapping[str, tuple[str, ...]]] = {"kind": RELATION_KINDS}

    index: IdIndex = attrs.field(eq=False)
    a: IdColumn
    b: IdColumn
    kind: Words
    share_bp: Ints | None
    degree: Ints | None
    starts_on: Days | None = attrs.field(eq=SAME_DAYS, hash=False)
    ends_on: Days | None = attrs.field(eq=SAME_DAYS, hash=False)

    @classmethod
    def from_columns(
        cls,
        *,
        a: object,
        b: object,
        kind: object,
        share_bp: object = None,
        degree: object = None,
        starts_on: object = None,
        ends_on: object = None,
    ) -> Self:
        """Build the table from columns of one length; None in a cell is unknown.

        A row with a blank party or an unknown kind relates nobody.

        Raises:
            InputError: If a kind is none of the five, lengths differ, or a cell is of the
                wrong type.

        >>> Relations.from_columns(a=["P1"], b=["F1"], kind=["friend"])
        Traceback (most recent call last):
        ...
        ruralcredit.errors.InputError: kind must be one of control, controller, spouse, kin, \
group, 1 cells are not, the first at row 0 ('friend')
        """
        return cls(**build_columns(cls, locals(), together=("a", "b")))

    def to_columns(self) -> dict[str, object]:
        """Return the columns as arrays; `from_columns` of them gives an equal table."""
        return spell_columns(self)

    def of_kinds(self, kinds: Sequence[str]) -> Self:
        """Return the rows of some kinds as a table of their own."""
        keep = np.zeros(len(self), np.bool_)
        for kind in kinds:
            keep |= self.kind.are(kind)
        return type(self).from_columns(**spell_columns(self, np.flatnonzero(keep)))

    def followed_by(self, other: "Relations") -> Self:
        """Return one table with the rows of this one first and those of another after them."""
        mine, theirs = spell_columns(self), spell_columns(other)
        columns = {}
        for name in dict.fromkeys((*mine, *theirs)):
            parts = [
                np.asarray(part[name], np.object_) if name in part else np.full(len(table), None)
                for part, table in ((mine, self), (theirs, other))
            ]
            columns[name] = np.concatenate(parts).tolist()
        return type(self).from_columns(**columns)

    def rows_in_force(self, kinds: tuple[str, ...], day: np.datetime64 | None) -> Int64:
        """Return the rows of some kinds that relate two parties on a day (None: any day)."""
        wanted = np.zeros(len(self), np.bool_)
        for kind in kinds:
            wanted |= self.kind.are(kind)
        wanted &= (self.a.codes >= 0) & (self.b.codes >= 0)
        if day is not None and self.starts_on is not None:
            wanted &= ~(self.starts_on > day)
        if day is not None and self.ends_on is not None:
            wanted &= ~(self.ends_on < day)
        return np.flatnonzero(wanted)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.a)

    def __repr__(self) -> str:
        """Show the rows and the columns, never the parties."""
        return table_repr(self)


@attrs.frozen(kw_only=True, repr=False)
class JointGroups:
    """Who belongs to which joint group (联保小组): one row per agreement and member.

    >>> groups = JointGroups.from_columns(agreement_id=["J1", "J1"], party=["P1", "P2"])
    >>> groups
    JointGroups(2 rows: agreement_id, party)
    """

    COLUMNS: ClassVar[Mapping[str, str]] = {
        "agreement_id": "id",
        "party": "id",
        "starts_on": "day",
        "ends_on": "day",
    }

    agreement_id: IdColumn
    party: IdColumn
    starts_on: Days | None = attrs.field(eq=SAME_DAYS, hash=False)
    ends_on: Days | None = attrs.field(eq=SAME_DAYS, hash=False)

    @classmethod
    def from_columns(
        cls,
        *,
        agreement_id: object,
        party: object,
        starts_on: object = None,
        ends_on: object = None,
    ) -> Self:
        """Build the table from columns of one length; None in a cell is unknown.

        Raises:
            InputError: If lengths differ or a cell is of the wrong type.

        >>> len(JointGroups.from_columns(agreement_id=["J1"], party=["P1"]))
        1
        """
        return cls(**build_columns(cls, locals()))

    def to_columns(self) -> dict[str, object]:
        """Return the columns as arrays; `from_columns` of them gives an equal table."""
        return spell_columns(self)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.party)

    def __repr__(self) -> str:
        """Show the rows and the columns, never the parties."""
        return table_repr(self)


def table_repr(table: object) -> str:
    """Name a table's class, rows and brought columns."""
    kinds: Mapping[str, str] = type(table).COLUMNS  # type: ignore[attr-defined]  # a table
    brought = [
        name
        for name in kinds
        if getattr(table, name) is not None and (name != "facts" or getattr(table, name))
    ]
    return f"{type(table).__name__}({len(table)} rows: {', '.join(brought)})"  # type: ignore[arg-type]  # a table
