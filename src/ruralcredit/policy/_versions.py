"""Policies: a table in dated versions, asked as of a day."""

import datetime
from collections.abc import Iterable, Mapping

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import day_column, row_count, same_length
from ruralcredit.errors import CreditError, InputError, TableError
from ruralcredit.policy._answer import ColumnAnswer, Source, answer_of_sources
from ruralcredit.policy._table import DecisionTable, compiled
from ruralcredit.reasons import Decision
from ruralcredit.values import Dated

__all__ = ["Policy"]


def _pairs(
    versions: Iterable[tuple[datetime.date, DecisionTable]],
) -> Iterable[tuple[datetime.date, DecisionTable]]:
    brought: object = versions
    several = tuple(brought) if isinstance(brought, Iterable) else ()
    if not several or any(not isinstance(one, tuple | list) or len(one) != 2 for one in several):
        raise TableError(f"versions must be pairs of day and table, got {brought!r}")
    return several


@attrs.frozen
class Policy:
    """A decision table in versions, each in force from its day until the next one's (制度版本).

    Build it with `from_versions`.

    Attributes:
        versions: The tables by the day they take effect.

    Raises:
        TableError: If a version is no table, or two versions have one id and version text but
            differ.

    >>> from ruralcredit.policy import Field, Row
    >>> table = DecisionTable("t", [Field("retail", "bool")], [Row("all", then={"cap_bp": 7000})])
    >>> policy = Policy.from_versions([(datetime.date(2024, 1, 1), table)])
    >>> policy.decide({"retail": True}, as_of=datetime.date(2024, 6, 30)).outcome["cap_bp"]
    7000
    """

    versions: Dated[DecisionTable]

    def __attrs_post_init__(self) -> None:
        """Refuse versions that are no tables, or cannot be told apart in an answer."""
        named: dict[tuple[str, str], DecisionTable] = {}
        for table in self.versions.values:
            if not isinstance(table, DecisionTable):
                raise TableError(f"a version must be a DecisionTable, got {table!r}")
            if named.setdefault((table.id, table.version), table) != table:
                raise TableError(
                    f"versions of table {table.id} must have version texts of their own, got "
                    f"{table.version!r} for two that differ"
                )

    @classmethod
    def from_versions(cls, versions: Iterable[tuple[datetime.date, DecisionTable]]) -> "Policy":
        """Build it from pairs of day and table, in any order.

        Raises:
            CreditError: If there is no pair, or a day comes twice.
            TableError: As the class.

        >>> from ruralcredit.policy import Field, Row
        >>> table = DecisionTable("t", [Field("retail", "bool")], [Row("all", then={"a": 1})])
        >>> Policy.from_versions([(datetime.date(2024, 1, 1), table)]).versions.starts
        (datetime.date(2024, 1, 1),)
        """
        pairs = tuple(_pairs(versions))
        name = next((getattr(table, "id", None) for _, table in pairs), None)
        return cls(Dated.from_items(pairs, name=name))

    def as_of(self, day: datetime.date) -> DecisionTable:
        """Return the table in force on a day.

        Raises:
            CreditError: If the day comes before the first version, or is no date.

        >>> from ruralcredit.policy import Field, Row
        >>> table = DecisionTable("t", [Field("retail", "bool")], [Row("all", then={"a": 1})])
        >>> policy = Policy.from_versions([(datetime.date(2024, 1, 1), table)])
        >>> policy.as_of(datetime.date(2024, 1, 1)) == table
        True
        """
        return self.versions.as_of(day)

    def decide(
        self, case: Mapping[str, object], *, as_of: datetime.date, trace: bool = False
    ) -> Decision:
        """Answer one case by the version in force on a day.

        Raises:
            CreditError: If no version is in force, or as `DecisionTable.decide`.

        >>> from ruralcredit.policy import Field, Row
        >>> table = DecisionTable("t", [Field("retail", "bool")], [Row("all", then={"a": 1})])
        >>> policy = Policy.from_versions([(datetime.date(2024, 1, 1), table)])
        >>> print(policy.decide({}, as_of=datetime.date(2024, 6, 30)).basis.as_of)
        2024-06-30
        """
        decision = self.as_of(as_of).decide(case, trace=trace)
        assert decision.basis is not None  # noqa: S101  # a table always names itself
        return attrs.evolve(decision, basis=attrs.evolve(decision.basis, as_of=as_of))

    def decide_columns(self, columns: Mapping[str, object], *, as_of: object) -> ColumnAnswer:
        """Answer a column of cases, each by the version in force on its day.

        Args:
            columns: As `DecisionTable.decide_columns`.
            as_of: A day for all cases, or a column of days.

        Returns:
            The answers; ``version`` tells which version each case was asked by, and ``row``
            is a position in the rows of that version.

        Raises:
            InputError: As `DecisionTable.decide_columns`, and where a day is unknown.
            CreditError: If no version is in force on a day.

        >>> from ruralcredit.policy import Field, Row
        >>> old = DecisionTable("t", [Field("retail", "bool")], [Row("all", then={"a": 1})])
        >>> new = DecisionTable("t", [Field("retail", "bool")], [Row("all", then={"a": 2})],
        ...                     version="2")
        >>> policy = Policy.from_versions(
        ...     [(datetime.date(2024, 1, 1), old), (datetime.date(2025, 1, 1), new)])
        >>> days = [datetime.date(2024, 12, 31), datetime.date(2025, 1, 1)]
        >>> policy.decide_columns({"retail": [True, True]}, as_of=days).outcome("a").tolist()
        [1, 2]
        """
        if isinstance(as_of, datetime.date):
            source = compiled(self.as_of(as_of)).source(columns)
            days = np.array([as_of], "datetime64[D]")
            return answer_of_sources([source], len(source.numbers()), days=days)
        if isinstance(as_of, str):
            raise CreditError(f"as_of must be a date or a column of days, got {as_of!r}")
        count = same_length({**columns, "as_of": as_of})
        days = day_column("as_of", as_of)
        at = self.versions.as_of_column(days, name="as_of")
        sources = [
            self._source(columns, np.flatnonzero(at == number), table)
            for number, table in enumerate(self.versions.values)
        ]
        return answer_of_sources(sources, count, days=days)

    def _source(
        self, columns: Mapping[str, object], rows: npt.NDArray[np.int64], table: DecisionTable
    ) -> Source:
        taken = {
            name: None if values is None else _taken(values, rows)
            for name, values in columns.items()
        }
        if not len(rows):
            taken = {}
        try:
            return compiled(table).source(taken, rows)
        except InputError as error:
            first = None if error.first_row is None else int(rows[error.first_row])
            raise InputError(
                f"of the {len(rows)} rows that version {table.version} answers, {error}; "
                f"row {first} of all",
                column=error.column,
                count=error.count,
                first_row=first,
            ) from None


def _taken(values: object, rows: npt.NDArray[np.int64]) -> object:
    """Return some rows of a column, whatever brought it."""
    row_count(values)
    for way in ("take", "gather"):
        if hasattr(values, way):
            return getattr(values, way)(rows)
    cells = list(values)  # type: ignore[call-overload]  # has a length, as told above
    return [cells[row] for row in rows.tolist()]
