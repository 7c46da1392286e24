"""Decision tables: fields, rows and a hit policy; one case in, one decision out."""

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TypeVar

import attrs

from ruralcredit.errors import CreditError, TableError
from ruralcredit.policy._answer import ColumnAnswer, answer_of_sources
from ruralcredit.policy._compiled import Compiled, OpenOutcome, placed_tests
from ruralcredit.policy._conduct import check_conduct
from ruralcredit.policy._fields import Field
from ruralcredit.policy._overlaps import first_overlap
from ruralcredit.policy._resolve import HITS, HitPolicy
from ruralcredit.policy._rows import Condition, Row, conditions
from ruralcredit.reasons import Decision
from ruralcredit.values import FrozenMapping, to_dict

__all__ = ["DecisionTable", "compiled"]

T = TypeVar("T")


def _fields(fields: Iterable[Field]) -> tuple[Field, ...]:
    return tuple(_several(fields, "fields"))


def _rows(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(_several(rows, "rows"))


def _several(parts: Iterable[T], called: str) -> Iterable[T]:
    several: object = parts
    if isinstance(several, str | Mapping) or not isinstance(several, Iterable):
        raise TableError(f"a table must have several {called} in a list, got {several!r}")
    return parts


def _boxes(
    boxes: Iterable[Mapping[str, Condition]],
) -> tuple[FrozenMapping[str, Condition], ...]:
    return tuple(conditions(box) for box in _several(boxes, "impossible boxes"))


@attrs.frozen
class DecisionTable:
    """A credit rule as data: rows of conditions with their outcomes (决策表).

    Asked through `decide` for one case and `decide_columns` for many, by the same definition.

    Attributes:
        id: The table's name, in every answer.
        fields: The facts it may ask about.
        rows: The rules, in the order an officer reads them.
        hit: "unique": no two rows may match one case, proved here.  "first": the first that
            matches.  "any": all that match must agree.  "exception": a row beats those it
            overrides, and those they beat.  "collect": all that match.
        version: The version, as the bank names it.
        impossible: Boxes of facts that cannot occur together, written like conditions.

    Raises:
        TableError: If ids or names repeat, a condition does not fit its field, two rows of a
            unique table overlap (with the rows and a witness), overrides run in a circle, a
            protected field is tested without a cited ground, or deposits, cards or payroll are
            a condition of eligibility.

    Source:
        Hit policies unique, first, any and collect as in DMN 1.3, 8.2.10; exceptions as
        statutes write them: the more special row beats the general one.

    >>> table = DecisionTable(
    ...     "tenure",
    ...     [Field("months", "int", low=0)],
    ...     [Row("long", when={"months": {"ge": 24}}, then={"tier": "A"}, cite="manual, art. 3"),
    ...      Row("short", when={"months": {"lt": 24}}, then={"tier": "B"}, cite="manual, art. 3")],
    ... )
    >>> table.decide({"months": 24}).outcome["tier"], table.decide({"months": None}).ask
    ('A', ('months',))
    """

    id: str = attrs.field()
    fields: tuple[Field, ...] = attrs.field(converter=_fields, repr=False)
    rows: tuple[Row, ...] = attrs.field(
        converter=_rows, repr=lambda rows: f"({', '.join(row.id for row in rows)})"
    )
    hit: HitPolicy = attrs.field(default="unique", kw_only=True)
    version: str = attrs.field(default="1", kw_only=True)
    impossible: tuple[Mapping[str, Condition], ...] = attrs.field(
        default=(), converter=_boxes, kw_only=True, repr=False
    )

    def __attrs_post_init__(self) -> None:
        """Prove what the table claims, and refuse it with a witness where that fails."""
        self._check_parts()
        check_conduct(self._compiled.fields, self.rows, self.impossible)
        ready = self._compiled
        axes, rules = ready.axes, ready.rules
        overlap = first_overlap(axes, rules) if self.hit == "unique" else None
        if overlap is not None:
            one, other = (self.rows[position].id for position in overlap.rows)
            shown = ", ".join(f"{name} = {value}" for name, value in overlap.witness.items())
            raise TableError(
                f"rows {one} and {other} of unique table {self.id} must not match one case, got "
                f"both for {shown or 'any case'}: part their conditions, or choose hit policy "
                "first, any, exception or collect",
                rows=(one, other),
                witness=dict(overlap.witness),
            )

    def _check_parts(self) -> None:
        for part, text in (("id", self.id), ("version", self.version)):
            _check_text(part, text)
        if self.hit not in HITS:
            raise TableError(
                f"hit policy of table {self.id} must be one of {', '.join(HITS)}, got {self.hit!r}"
            )
        for kind, parts, cls in (("field", self.fields, Field), ("row", self.rows, Row)):
            wrong = [part for part in parts if not isinstance(part, cls)]
            if wrong or not parts:
                raise TableError(
                    f"table {self.id} must have {cls.__name__}s for its {kind}s, "
                    f"got {wrong[0] if wrong else 'none'!r}"
                )
            names = [part.name if isinstance(part, Field) else part.id for part in parts]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise TableError(
                    f"table {self.id} must name each {kind} once, got {', '.join(twice)} twice",
                    rows=tuple(twice) if kind == "row" else (),
                )
        self._check_names()

    def _check_names(self) -> None:
        for place, when in placed_tests(self):
            unknown = [name for name in when if name not in self._compiled.fields]
            if unknown:
                raise TableError(
                    f"{place} of table {self.id} must test fields of the table, got "
                    f"{', '.join(unknown)}: its fields are {', '.join(self._compiled.fields)}"
                )
        for box in self.impossible:
            if not box or any(_admits_missing(test) for test in box.values()):
                raise TableError(
                    f"an impossible box of table {self.id} must name values of fields, "
                    f"got {dict(box)!r}"
                )

    @functools.cached_property
    def _compiled(self) -> Compiled:
        return Compiled(self)

    @functools.cached_property
    def digest(self) -> str:
        """A short hash of the table's content: equal tables have equal digests.

        >>> table = DecisionTable("t", [Field("retail", "bool")], [Row("all", then={"a": 1})])
        >>> len(table.digest)
        16
        """
        plain = json.dumps(to_dict(self), sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()[:16]

    def field(self, name: str) -> Field:
        """Return the field of a name.

        Raises:
            CreditError: If the table has none of that name.

        >>> table = DecisionTable("t", [Field("retail", "bool")], [Row("all", then={"a": 1})])
        >>> table.field("retail").kind
        'bool'
        """
        if name not in self._compiled.fields:
            raise CreditError(
                f"table {self.id} has no field {name!r}: its fields are "
                f"{', '.join(self._compiled.fields)}"
            )
        return self._compiled.fields[name]

    def row(self, id: str) -> Row:  # noqa: A002  # the word of the table itself
        """Return the row of an id.

        Raises:
            CreditError: If the table has none of that id.

        >>> table = DecisionTable("t", [Field("retail", "bool")], [Row("all", then={"a": 1})])
        >>> table.row("all").then["a"]
        1
        """
        for row in self.rows:
            if row.id == id:
                return row
        raise CreditError(
            f"table {self.id} has no row {id!r}: its rows are "
            f"{', '.join(row.id for row in self.rows)}"
        )

    def decide(self, case: Mapping[str, object], *, trace: bool = False) -> Decision:
        r"""Answer one case with the rows that decide it (单笔判定).

        A fact left out is missing, as is None.  The answer is decided where every completion
        of the missing facts gives the same outcome; otherwise it is undetermined, lists the
        rows still possible, and ``ask`` names the facts that matter.  Where there are more
        completions than the work budget holds it is undetermined too, and the trace says so.

        Args:
            case: Facts by field name.
            trace: Whether to list, per row, which condition failed or is unknown.

        Raises:
            CreditError: If a name is no field of the table, or a fact is no value of its
                field.

        >>> from ruralcredit.policy import Field, Row
        >>> table = DecisionTable(
        ...     "area", [Field("area_m2", "int", low=0)],
        ...     [Row("large", when={"area_m2": {"ge": 144}}, then={"refer": True}),
        ...      Row("small", when={"area_m2": {"lt": 144}}, then={"refer": False})])
        >>> print(*table.decide({"area_m2": 144}, trace=True).trace, sep="\n")
        area_m2 = 144
        large: yes
        small: no, area_m2 is not < 144
        """
        ready = self._compiled
        decision = ready.decision(ready.state(case))
        if not trace:
            return decision
        return attrs.evolve(decision, trace=(*ready.trace(case), *decision.trace))

    def still_open(self, case: Mapping[str, object]) -> tuple[OpenOutcome, ...]:
        """Return every outcome that a case may still have, each with facts that lead to it.

        A complete case has one.  Outcomes come in the order of their first rows.

        Raises:
            CreditError: As `decide`.
            WorkBudgetError: If there are more ways to complete the case than can be tried.

        >>> table = DecisionTable(
        ...     "area", [Field("area_m2", "int", low=0)],
        ...     [Row("large", when={"area_m2": {"ge": 144}}, then={"refer": True}),
        ...      Row("small", when={"area_m2": {"lt": 144}}, then={"refer": False})])
        >>> [(one.rows, dict(one.witness)) for one in table.still_open({})]
        [(('large',), {'area_m2': 144}), (('small',), {'area_m2': 0})]
        """
        return self._compiled.still_open(self._compiled.state(case))

    def decide_columns(self, columns: Mapping[str, object]) -> ColumnAnswer:
        """Answer a column of cases, the same as `decide` row by row (批量判定).

        Args:
            columns: Per field a column of one value per row, all of one length: lists, NumPy,
                Arrow, pandas or Polars.  A field left out is missing in every row.  Words
                are quickest as a dictionary, categories or an enum.

        Returns:
            Row numbers, outcomes, counts, and single rows as a `Decision` on demand.

        Raises:
            InputError: If a column has another length, an unknown word, a fraction in an int
                field, money as float or a value out of bounds; it names column, count and
                first row.
            CreditError: If a column is no field of the table.

        >>> table = DecisionTable(
        ...     "area", [Field("area_m2", "int", low=0)],
        ...     [Row("large", when={"area_m2": {"ge": 144}}, then={"refer": True}),
        ...      Row("small", when={"area_m2": {"lt": 144}}, then={"refer": False})])
        >>> table.decide_columns({"area_m2": [144, 143, None]}).row.tolist()
        [0, 1, -2]
        """
        source = self._compiled.source(columns)
        return answer_of_sources([source], len(source.numbers()))


def _admits_missing(test: Condition) -> bool:
    return test is None or (isinstance(test, tuple) and None in test)


def _check_text(part: str, text: object) -> None:
    if not isinstance(text, str) or not text.strip():
        raise TableError(f"a table must have its {part} as text, got {text!r}")


def compiled(table: DecisionTable) -> Compiled:
    """Return what a table answers from, for the other parts of the room."""
    asked: object = table
    if not isinstance(asked, DecisionTable):
        raise TableError(f"a DecisionTable must be given, got {type(asked).__name__} {asked!r}")
    return table._compiled  # noqa: SLF001  # one room
