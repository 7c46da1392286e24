"""Tables as SQL: one CASE expression that says which row decides a record.

Every row gives two conditions.  The certain one holds where all its tests do; the possible one
holds where none fails, so that a null leaves it open.  A null is settled where a row that
certainly matches asks for just that null: other rows that test the field then fail.
"""

import datetime
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.policy._cells import Part, parts_of
from ruralcredit.policy._fields import INT_HIGH, INT_LOW, Field
from ruralcredit.policy._resolve import Rules, rules_of
from ruralcredit.policy._rows import Condition
from ruralcredit.policy._table import DecisionTable
from ruralcredit.reasons import Cell

__all__ = ["kind_of", "to_sql"]

Branch: TypeAlias = tuple[str, int | str]
"""A condition, and the position of the row or the status word that it leads to."""

_STATUSES: Final = ("none", "undetermined", "conflict", "error")
_SIGNS: Final = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
_TRUE: Final = "TRUE"

# SQLite and DuckDB refuse expressions more than 1000 deep, and a chain is as deep as long.
_CHAIN: Final = 50


def to_sql(
    table: DecisionTable,
    *,
    outcome: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> str:
    """Return a table as a SQL ``CASE`` expression over columns named like its fields.

    The expression gives the id of the row that decides a record, or a word: "none",
    "undetermined", "conflict", and "error" for a value that its field cannot take.  On records
    without nulls, and on nulls that a matching row asks for, it equals `DecisionTable.decide`.
    On others it may say "undetermined" where `DecisionTable.decide` still finds an answer,
    never the reverse as long as the case stays within the work budget of
    `DecisionTable.decide`; SQL has none.  It runs in DuckDB and SQLite.  Days are compared as
    ISO text, which DuckDB reads as dates; bools are TRUE and FALSE, in SQLite 1 and 0.
    Columns of fields that no row tests are not read.

    Args:
        table: The table.
        outcome: Name of the outcome to give instead of the row's id; null where no row
            decides or the row does not have it.  Days come as ISO text.
        columns: Names of columns by field, where they differ.

    Returns:
        The expression, without a name of its own.  Under hit policy "collect" it gives a JSON
        list as text: the ids of all matching rows, or their outcomes.

    Raises:
        CreditError: If no row has the outcome, its values mix kinds, a row's id is one of the
            words, or two columns would share a name but for their case.

    >>> from ruralcredit.policy import Field, Row
    >>> table = DecisionTable(
    ...     "area", [Field("area_m2", "int", low=0, high=9999)],
    ...     [Row("large", when={"area_m2": {"ge": 144}}, then={"refer": True}),
    ...      Row("small", when={"area_m2": {"lt": 144}}, then={"refer": False})])
    >>> print(to_sql(table))
    CASE
      WHEN "area_m2" < 0 OR "area_m2" > 9999 THEN 'error'
      WHEN COALESCE("area_m2", 0) <> CAST("area_m2" AS BIGINT) + 0 THEN 'error'
      WHEN "area_m2" >= 144 THEN 'large'
      WHEN "area_m2" < 144 THEN 'small'
      WHEN ("area_m2" IS NULL OR "area_m2" >= 144) THEN 'undetermined'
      WHEN ("area_m2" IS NULL OR "area_m2" < 144) THEN 'undetermined'
      ELSE 'none'
    END
    """
    texts = _texts_of(table, _columns_of(table, columns or {}))
    branches = [*texts.errors(), *texts.boxes(), *_CHAINS[table.hit](texts)]
    last = _status("none", outcome)
    answers: list[str] = []
    if table.hit == "collect":
        last = texts.listed(_values(table, outcome), last)
    else:
        answers = _answers(table, outcome)
    lines = ["CASE"]
    for condition, answer in branches:
        text = answers[answer] if isinstance(answer, int) else _status(answer, outcome)
        if condition == _TRUE:
            last = text
            break
        lines.append(f"  WHEN {condition} THEN {text}")
    if len(lines) == 1:
        return last
    return "\n".join([*lines, f"  ELSE {last}", "END"])


def _status(word: str, outcome: str | None) -> str:
    return _text(word) if outcome is None else "NULL"


def _columns_of(table: DecisionTable, columns: Mapping[str, str]) -> dict[str, str]:
    """Return the quoted column of each field that a row or box tests."""
    brought: Mapping[str, object] = columns
    for name, column in brought.items():
        table.field(name)
        if not isinstance(column, str) or not column:
            raise CreditError(f"the column of {name} must be named by text, got {column!r}")
    tested = {name for when in (*(r.when for r in table.rows), *table.impossible) for name in when}
    named = {
        field.name: columns.get(field.name, field.name)
        for field in table.fields
        if field.name in tested
    }
    seen: dict[str, str] = {}
    for name, column in named.items():
        other = seen.setdefault(column.lower(), name)
        if other != name:
            raise CreditError(
                f"fields {other} and {name} of table {table.id} must have columns that differ "
                f"in more than case, got {named[other]} and {column}: pass columns="
            )
    return {name: _quoted(column, '"') for name, column in named.items()}


def _quoted(text: str, quote: str) -> str:
    if "\0" in text:
        raise CreditError(f"text in SQL must have no NUL in it, got {text!r}")
    return f"{quote}{text.replace(quote, quote * 2)}{quote}"


def _text(text: str) -> str:
    return _quoted(text, "'")


def _literal(value: Cell) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return _TRUE if value else "FALSE"
    if isinstance(value, datetime.date):
        return _text(value.isoformat())
    return _text(value) if isinstance(value, str) else _number(value)


def _number(value: float | Decimal) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if not INT_LOW <= value <= INT_HIGH:
        raise CreditError(f"a whole number in SQL must have 64 bits, got {value}")
    return str(value)


def _values(table: DecisionTable, outcome: str | None) -> list[Cell]:
    """Return what each row gives: its id, or an outcome."""
    if outcome is None:
        return [row.id for row in table.rows]
    names = {name: None for row in table.rows for name in row.then}
    if outcome not in names:
        raise CreditError(
            f"no row of table {table.id} has an outcome {outcome!r}: they have {', '.join(names)}"
        )
    return [row.then.get(outcome) for row in table.rows]


def _answers(table: DecisionTable, outcome: str | None) -> list[str]:
    values = _values(table, outcome)
    if outcome is None:
        taken = [word for word in _STATUSES if word in values]
        if taken:
            raise CreditError(
                f"ids of rows of table {table.id} must not be words that SQL gives where no row "
                f"decides, got {', '.join(taken)}: rename the row"
            )
    kinds = sorted({kind_of(value) for value in values if value is not None})
    if len(kinds) > 1:
        raise CreditError(
            f"outcome {outcome} of table {table.id} must be of one kind to be a column of SQL, "
            f"got {', '.join(kinds)}"
        )
    return [_literal(value) for value in values]


def kind_of(value: Cell) -> str:
    """Return the kind of a known value of an outcome, in FEEL's words."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "date" if isinstance(value, datetime.date) else "number"


def _json(value: Cell) -> str:
    if isinstance(value, Decimal):
        return _number(value)
    plain = value.isoformat() if isinstance(value, datetime.date) else value
    return json.dumps(plain, ensure_ascii=False)


def _all(terms: Iterable[str]) -> str:
    """Join conditions of which all must hold."""
    return _joined([term for term in terms if term != _TRUE], " AND ") or _TRUE


def _joined(terms: Sequence[str], sign: str) -> str:
    """Join terms, in brackets where the chain would grow too deep."""
    while len(terms) > _CHAIN:
        terms = [
            f"({sign.join(terms[start : start + _CHAIN])})"
            for start in range(0, len(terms), _CHAIN)
        ]
    return sign.join(terms)


def _not(condition: str) -> str:
    """Negate a condition, with null for no."""
    return f"NOT COALESCE(({condition}), FALSE)"


@attrs.frozen(eq=False)
class _Texts:
    """Conditions of a table's rows as SQL; its boxes are counted on after the rows.

    Attributes:
        table: The table.
        columns: Quoted columns of the fields that it tests.
        whens: The tests of each row and box.
        parts: Per row or box, by field, the codes it admits and whether missing too.
    """

    table: DecisionTable
    columns: Mapping[str, str]
    whens: tuple[Mapping[str, Condition], ...]
    parts: tuple[Mapping[str, tuple[list[Part], bool]], ...]

    def errors(self) -> list[Branch]:
        """Find values that a field cannot take."""
        return [
            (wrong, "error")
            for name, column in self.columns.items()
            for wrong in _wrong(self.table.field(name), column)
        ]

    def boxes(self) -> list[Branch]:
        """Find records that the table calls impossible, and those that may only be so.

        A record with nulls that lies in no box may still lie in several together, but only
        if a null is of a field whose values they cover.
        """
        boxes = range(len(self.table.rows), len(self.whens))
        found: list[Branch] = [(self.certain(box), "conflict") for box in boxes]
        for name, column in self.columns.items():
            naming = [box for box in boxes if name in self.whens[box]]
            runs = [part for box in naming for part in self.parts[box][name][0]]
            if naming and _covers(self.table.field(name), runs):
                found += [
                    (_all([f"{column} IS NULL", self.possible(box)]), "undetermined")
                    for box in naming
                ]
        return found

    def certain(self, number: int, *, besides: str | None = None) -> str:
        """Return where all tests hold, but for one that is known to."""
        return _all(
            _test(self.columns[name], test)
            for name, test in self.whens[number].items()
            if name != besides
        )

    def possible(self, number: int, *, after: int = 0) -> str:
        """Return where no test fails: a null leaves it open unless it is settled.

        Args:
            number: The row or box.
            after: The first row that may settle a null.
        """
        terms = []
        for name, test in self.whens[number].items():
            column, holds = self.columns[name], _test(self.columns[name], test)
            if not self.parts[number][name][1]:
                settled = self._settled(name, number, after)
                if _TRUE not in settled:
                    is_open = " AND ".join([f"{column} IS NULL", *map(_not, settled)])
                    holds = f"({is_open} OR {holds})"
            terms.append(holds)
        return _all(terms)

    def is_sure(self, number: int) -> bool:
        """Say whether no null leaves it open that a row matches."""
        return all(admits for _, admits in self.parts[number].values())

    def _settled(self, name: str, number: int, after: int) -> list[str]:
        """Return where a row asks for a null of a field, among rows that may match as well."""
        return [
            self.certain(other, besides=name)
            for other in range(after, len(self.table.rows))
            if self.parts[other].get(name, ([], False))[1]
            and not self._apart(other, number, is_known=True)
        ]

    def _apart(self, one: int, other: int, *, is_known: bool = False) -> bool:
        """Say whether some field keeps two rows from matching together.

        With ``is_known`` the first must ask for a known value there.
        """
        there = self.parts[other]
        for name, (runs, admits) in self.parts[one].items():
            others, admits_too = there.get(name, (runs, admits))
            if admits and (is_known or admits_too):
                continue
            if not any(a <= d and c <= b for a, b in runs for c, d in others):
                return True
        return False

    def unique(self) -> list[Branch]:
        """No two rows match: a certain row decides, then any possible one leaves it open."""
        rows = range(len(self.table.rows))
        certain: list[Branch] = [(self.certain(row), row) for row in rows]
        # No row is certain by then, so none settles a null.
        return certain + [
            (self.possible(row, after=len(rows)), "undetermined")
            for row in rows
            if not self.is_sure(row)
        ]

    def first(self) -> list[Branch]:
        """A row decides where no row before it may match."""
        found: list[Branch] = []
        for row in range(len(self.table.rows)):
            found.append((self.certain(row), row))
            if not self.is_sure(row):
                # No row before it matches by then, so none of them settles a null.
                found.append((self.possible(row, after=row), "undetermined"))
        return found

    def agreeing(self) -> list[Branch]:
        """The rows that are not beaten must agree, certain and possible ones."""
        rules = rules_of(self.table.rows, self.table.hit)
        rows = range(len(self.table.rows))
        certain = [self.certain(row) for row in rows]
        possible = [self.possible(row) for row in rows]
        live, maybe = [], []
        for row in rows:
            beaters = [
                other
                for other in rows
                if rules.beats[other] >> row & 1 and not self._apart(other, row)
            ]
            live.append(_all([certain[row], *(_not(possible[one]) for one in beaters)]))
            maybe.append(_all([possible[row], *(_not(certain[one]) for one in beaters)]))
        found: list[Branch] = []
        rivals = self._rivals(rules)
        if rivals:
            found.append((f"{_groups(live, rivals)} > 1", "conflict"))
            found.append((f"{_groups(maybe, rivals)} > 1", "undetermined"))
        for row in rows:
            found.append((live[row], row))
            if live[row] != maybe[row]:
                found.append((maybe[row], "undetermined"))
        return found

    def _rivals(self, rules: Rules) -> dict[int, set[int]]:
        """Return by outcome the rows that another row may contradict, neither beating it.

        A row that is certain to match keeps those apart from it from matching at all, so
        only these need be compared.
        """
        rivals: dict[int, set[int]] = {}
        outcomes = rules.outcome_of
        for one, other in itertools.combinations(range(len(outcomes)), 2):
            beats = rules.beats[one] >> other & 1 or rules.beats[other] >> one & 1
            if outcomes[one] != outcomes[other] and not beats and not self._apart(one, other):
                rivals.setdefault(outcomes[one], set()).add(one)
                rivals.setdefault(outcomes[other], set()).add(other)
        return rivals

    def collected(self) -> list[Branch]:
        """All rows that match are listed, where none is only possible."""
        return [
            (_all([self.possible(row), _not(self.certain(row))]), "undetermined")
            for row in range(len(self.table.rows))
            if not self.is_sure(row)
        ]

    def listed(self, values: Sequence[Cell], otherwise: str) -> str:
        """Return the JSON list of what the matching rows give, or another answer for none."""
        parts = [
            f"CASE WHEN {self.certain(row)} THEN {_text(',' + _json(value))} ELSE '' END"
            for row, value in enumerate(values)
        ]
        listed = f"'[' || SUBSTR({_joined(parts, ' || ')}, 2) || ']'"
        return f"COALESCE(NULLIF({listed}, '[]'), {otherwise})"


def _texts_of(table: DecisionTable, columns: Mapping[str, str]) -> _Texts:
    whens = (*(row.when for row in table.rows), *table.impossible)
    parts = tuple(
        {name: parts_of(table.field(name), test, "row") for name, test in when.items()}
        for when in whens
    )
    return _Texts(table, columns, whens, parts)


_CHAINS: Final = {
    "unique": _Texts.unique,
    "first": _Texts.first,
    "any": _Texts.agreeing,
    "exception": _Texts.agreeing,
    "collect": _Texts.collected,
}


def _groups(conditions: Sequence[str], rows_of: Mapping[int, Iterable[int]]) -> str:
    """Count the different outcomes among rows."""
    return _joined(
        [
            f"CASE {' '.join(f'WHEN {conditions[row]} THEN 1' for row in sorted(rows))} ELSE 0 END"
            for rows in rows_of.values()
        ],
        " + ",
    )


def _covers(field: Field, runs: Iterable[Part]) -> bool:
    """Say whether some runs together hold every value of a field."""
    reached, last = field.bounds
    for low, high in sorted(runs):
        if low > reached:
            return False
        reached = max(reached, high + 1)
    return reached > last


def _test(column: str, test: Condition) -> str:
    """Return one condition as SQL: null where a value is wanted and there is none."""
    if isinstance(test, Mapping):
        return " AND ".join(
            f"{column} {_SIGNS[end]} {_literal(bound)}" for end, bound in test.items()
        )
    values = [_literal(one) for one in (test if isinstance(test, tuple) else (test,))]
    known = [value for value in values if value != "NULL"]
    terms = [f"{column} IS NULL"] if len(known) < len(values) else []
    if len(known) > 1:
        terms.append(f"{column} IN ({', '.join(known)})")
    elif known:
        terms.append(f"{column} = {known[0]}")
    return terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})"


def _wrong(field: Field, column: str) -> list[str]:
    """Return where a column holds a value that its field cannot take."""
    if field.kind == "enum":
        return [f"{column} NOT IN ({', '.join(_text(word) for word in field.values)})"]
    if field.kind == "bool":
        return [f"{column} NOT IN (TRUE, FALSE)"]
    low, high = field.bounds
    if field.kind == "int":
        # In this order: what the bounds let pass, DuckDB can cast.  Neither side is a bare column:
        # SQLite would take a number held as text for a number here, and for text in the rows.
        return [
            f"{column} < {low} OR {column} > {high}",
            f"COALESCE({column}, 0) <> CAST({column} AS BIGINT) + 0",
        ]
    first, last = (_text(datetime.date.fromordinal(end).isoformat()) for end in (low, high))
    return [
        f"CAST({column} AS VARCHAR) NOT LIKE '____-__-__'",
        f"{column} < {first} OR {column} > {last}",
    ]
