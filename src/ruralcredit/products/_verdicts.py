"""Rules that each give a verdict: all that fail are told, and the gravest decides."""

import datetime
import functools
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import attrs
import numpy as np

from ruralcredit.columns import same_length
from ruralcredit.errors import CreditError, TableError
from ruralcredit.policy import DecisionTable, Field, Row, gaps
from ruralcredit.products._columns import Bool, Categories, Int64
from ruralcredit.reasons import Basis, Decision, Reason
from ruralcredit.values import FrozenMapping

__all__ = ["Rules", "Verdict", "VerdictColumns", "check_rules", "rules_of"]

Verdict: TypeAlias = Literal["pass", "refer", "refuse"]
"""The outcome of a check: passed, to a person, refused."""

# From the mildest; the first is the verdict where no rule holds.
_VERDICTS: Final = ("pass", "refer", "refuse")
_GRAVEST: Final = ("refuse", "refer")
_UNDETERMINED: Final = -2
_CONFLICT: Final = -3


def _holds(found: Decision) -> bool:
    """Say whether a rule holds for certain."""
    return isinstance(found.outcome, Mapping) and found.outcome["holds"] is True


@attrs.frozen(eq=False)
class Rules:
    """A table that collects rules, made ready to be asked.

    Attributes:
        table: The rules, each with its ``verdict``.
        alone: One table for each rule, which says whether that rule holds.
        reasons: What each rule says.
        gravity: The verdict of each rule as a position, from the mildest.
        untested: A table of the fields that no rule tests, to check their facts; or None.
    """

    table: DecisionTable
    alone: tuple[DecisionTable, ...]
    reasons: tuple[Reason, ...]
    gravity: Int64
    untested: DecisionTable | None

    @functools.cached_property
    def gravest(self) -> DecisionTable:
        """The same rules in order of gravity, and none: the first that holds decides."""
        return _gravest(self.table)

    @functools.cached_property
    def is_mild(self) -> bool:
        """Whether every field has a value with which no rule that tests it holds.

        Rules that are open may then all turn out not to hold, so they decide nothing together.
        """
        return _is_mild(self.table)

    def decide(
        self, case: Mapping[str, object], *, as_of: datetime.date | None, told: Sequence[str] = ()
    ) -> Decision:
        """Return the gravest verdict with the reasons of all rules that hold."""
        self._check(case)
        alone = [
            one.decide({field.name: case.get(field.name) for field in one.fields})
            for one in self.alone
        ]
        holds = np.array([_holds(one) for one in alone])
        is_open = np.array([one.status == "undetermined" for one in alone])
        code = int(self.settled(holds[None], is_open[None])[0])
        found = _decided(code) if code >= 0 else self.gravest.decide(case)
        return self.told(found, holds, is_open, as_of=as_of, told=told)

    def decide_columns(
        self, columns: Mapping[str, object], *, as_of: datetime.date | None
    ) -> "VerdictColumns":
        """Answer every row of the columns as `decide` answers one case."""
        self._check(dict.fromkeys(columns))
        rows = same_length(columns)
        # Words are looked up once, not once for each rule.
        columns = {name: self._coded(name, values) for name, values in columns.items()}
        if self.untested is not None:
            names = [field.name for field in self.untested.fields if field.name in columns]
            self.untested.decide_columns({name: columns[name] for name in names})
        size = (rows, len(self.alone))
        holds, is_open = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        for place, one in enumerate(self.alone):
            names = [field.name for field in one.fields if columns.get(field.name) is not None]
            if not names:
                found = one.decide({})
                holds[:, place] = _holds(found)
                is_open[:, place] = found.status == "undetermined"
                continue
            answer = one.decide_columns({name: columns[name] for name in names})
            holds[:, place] = np.ma.filled(answer.outcome("holds"), fill_value=False)
            is_open[:, place] = answer.row == _UNDETERMINED
        codes = self.settled(holds, is_open)
        is_settled = bool((codes >= 0).all())
        if not is_settled and not self.is_mild:
            codes = self._asked(columns, codes)
        return VerdictColumns(
            rules=self,
            codes=codes,
            holds=holds,
            is_open=is_open,
            # Only rows that are not settled are asked again, for the facts that matter.
            columns={} if is_settled else {name: _kept(one) for name, one in columns.items()},
            as_of=as_of,
        )

    def _coded(self, name: str, values: object) -> object:
        field = self.table.field(name)
        if values is None or field.kind != "enum":
            return values
        return Categories.of(name, values, words=field.values)

    def _check(self, case: Mapping[str, object]) -> None:
        """Refuse names that are no fields, and values that no rule tests but no field has."""
        known = [field.name for field in self.table.fields]
        unknown = [name for name in case if name not in known]
        if unknown:
            raise CreditError(
                f"facts of {self.table.id} must be of {', '.join(known)}, got {', '.join(unknown)}"
            )
        if self.untested is not None:
            self.untested.decide({one.name: case.get(one.name) for one in self.untested.fields})

    def settled(self, holds: Bool, is_open: Bool) -> Int64:
        """Return per row the gravest verdict, or -2 where an open rule could be graver."""
        if self.table.impossible:
            return np.full(len(holds), _UNDETERMINED)
        certain = (holds * self.gravity).max(axis=1)
        possible = (is_open * self.gravity).max(axis=1)
        return np.asarray(np.where(possible > certain, _UNDETERMINED, certain))

    def _asked(self, columns: Mapping[str, object], codes: Int64) -> Int64:
        """Return the verdicts, with those that open rules come to together."""
        answer = self.gravest.decide_columns(columns)
        words = answer.outcome("verdict")
        codes = np.where(codes < 0, np.minimum(answer.row, 0), codes).astype(np.int64)
        for code, word in enumerate(_VERDICTS):
            codes[(answer.row >= 0) & np.asarray(words == word, np.bool_)] = code
        return codes

    def told(
        self,
        found: Decision,
        holds: Bool,
        is_open: Bool,
        *,
        as_of: datetime.date | None,
        told: Sequence[str] = (),
    ) -> Decision:
        """Return a verdict with the rules that hold, and those that may, where they matter."""
        verdict = found.outcome["verdict"] if isinstance(found.outcome, Mapping) else None
        carried = {_VERDICTS[gravity] for gravity in self.gravity[holds]}
        is_settled = verdict is not None and verdict in {*carried, "pass"}
        listed = [
            (at, reason if holds[at] else reason.as_unknown())
            for at, reason in enumerate(self.reasons)
            if holds[at] or (is_open[at] and not is_settled)
        ]
        return Decision(
            outcome=None if verdict is None else str(verdict),
            status=found.status,
            reasons=[reason for _, reason in listed],
            rows=[self.table.rows[at].id for at, _ in listed],
            trace=told,
            ask=found.ask,
            basis=Basis(
                id=self.table.id,
                version=self.table.version,
                digest=self.table.digest,
                as_of=as_of,
            ),
        )


def _decided(code: int) -> Decision:
    return Decision(outcome={"verdict": _VERDICTS[code]}, status="decided")


def _kept(values: object) -> object:
    """Return a column that a caller's later write cannot change."""
    if isinstance(values, np.ndarray) or hasattr(values, "iloc"):
        return values.copy()  # type: ignore[attr-defined]  # an array or a pandas Series
    return list(values) if isinstance(values, list | tuple) else values


def _cell(values: object, row: int) -> object:
    """Return one row of a column as a column."""
    if values is None:
        return None
    sliced = getattr(values, "iloc", values)
    return sliced[row : row + 1]  # type: ignore[index]  # every column can be sliced


def check_rules(table: DecisionTable) -> None:
    """Refuse a table that cannot be asked as rules.

    Raises:
        TableError: If the table does not collect, or a row's verdict is neither of the two.
    """
    if table.hit != "collect":
        raise TableError(
            f"rules {table.id} must have hit policy collect, got {table.hit!r}: all that fail "
            "are told"
        )
    for row in table.rows:
        if row.then.get("verdict") not in _GRAVEST:
            raise TableError(
                f"row {row.id} of {table.id} must give verdict {' or '.join(_GRAVEST)}, got "
                f"{row.then.get('verdict')!r}: a case passes where no rule holds",
                rows=(row.id,),
            )


def rules_of(table: DecisionTable) -> Rules:
    """Return rules made ready to be asked, from a table that `check_rules` has passed."""
    tested = {name for row in table.rows for name in row.when}
    others = [field for field in table.fields if field.name not in tested]
    return Rules(
        table=table,
        alone=tuple(_alone(table, row) for row in table.rows),
        reasons=tuple(_reason(table, row) for row in table.rows),
        gravity=np.array([_VERDICTS.index(str(row.then["verdict"])) for row in table.rows]),
        untested=_any(table.id, others) if others else None,
    )


def _any(name: str, fields: Sequence[Field]) -> DecisionTable:
    return DecisionTable(name, fields, [Row("any", then={"known": True})])


def _is_mild(table: DecisionTable) -> bool:
    if table.impossible:
        return False
    for field in table.fields:
        tests = [row.when[field.name] for row in table.rows if field.name in row.when]
        if any(_is_missing_test(test) for test in tests):
            return False
        rows = [
            Row(f"{place}", when={field.name: test}, then={"holds": True})
            for place, test in enumerate(tests)
        ]
        if rows and not gaps(DecisionTable(table.id, [field], rows, hit="first")).boxes:
            return False
    return True


def _is_missing_test(test: object) -> bool:
    return test is None or (isinstance(test, tuple) and None in test)


def _gravest(table: DecisionTable) -> DecisionTable:
    rows = [
        attrs.evolve(row, then={"verdict": verdict})
        for verdict in _GRAVEST
        for row in table.rows
        if row.then["verdict"] == verdict
    ]
    rows.append(Row(_free_id(table), then={"verdict": "pass"}))
    return DecisionTable(
        table.id,
        table.fields,
        rows,
        hit="first",
        version=table.version,
        impossible=table.impossible,
    )


def _free_id(table: DecisionTable) -> str:
    """Return an id for the row of all other cases that no rule of the table has."""
    name = "none of these"
    while any(row.id == name for row in table.rows):
        name += "."
    return name


def _alone(table: DecisionTable, row: Row) -> DecisionTable:
    """Return the table that says whether a rule holds.

    Rules that ask for one of its facts to be missing come along, with theirs in turn: they
    settle what missing means.
    """
    names = set(row.when)
    asking: list[Row] = []
    while True:
        more = [other for other in table.rows if other not in asking and _asks(other, names)]
        if not more:
            break
        asking += more
        names.update(*(other.when for other in more))
    rows = [
        attrs.evolve(row, then={"holds": True}),
        *(attrs.evolve(other, then={"holds": False}) for other in asking if other.id != row.id),
        Row(_free_id(table), then={"holds": False}),
    ]
    fields = [field for field in table.fields if field.name in names]
    return DecisionTable(table.id, fields or table.fields[:1], rows, hit="first")


def _asks(row: Row, names: Collection[str]) -> bool:
    """Say whether a row asks for one of some facts to be missing."""
    return any(_is_missing_test(row.when[name]) for name in names if name in row.when)


def _reason(table: DecisionTable, row: Row) -> Reason:
    """Return what a row says, from a table in which it alone stands and always holds."""
    always = DecisionTable(
        table.id, table.fields, [attrs.evolve(row, when={})], hit="first", version=table.version
    )
    return always.decide({}).reasons[0]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class VerdictColumns:
    """The verdicts on a column of cases (批量准入结果).

    Attributes:
        holds: bool of shape ``(n, rules)``: which rules hold, in table order.
        is_open: bool of shape ``(n, rules)``: which rules may hold, as a fact is missing.

    >>> from ruralcredit.products import admit_columns
    >>> import datetime
    >>> answer = admit_columns({"is_blacklisted": [True]}, as_of=datetime.date(2026, 1, 1))
    >>> answer.verdicts(), dict(answer.counts())["blacklisted"]
    (['refuse'], 1)
    """

    _rules: Rules
    _codes: Int64
    holds: Bool
    is_open: Bool
    _columns: Mapping[str, object]
    _as_of: datetime.date | None = None

    def __attrs_post_init__(self) -> None:
        """Mark the arrays read-only."""
        self.holds.flags.writeable = False
        self.is_open.flags.writeable = False

    def __len__(self) -> int:
        """Count the cases."""
        return len(self._codes)

    def __repr__(self) -> str:
        """Show the number of cases and the rules asked."""
        return f"VerdictColumns({len(self)} cases of {self._rules.table.id})"

    def verdicts(self) -> list[Verdict | None]:
        """Return the verdict of each case, None where it is not decided."""
        words: tuple[Verdict | None, ...] = (*_VERDICTS, None)
        # The last one is read where the code is negative.
        return [words[max(code, -1)] for code in self._codes.tolist()]

    def decision(self, i: int) -> Decision:
        """Return the decision on one case, as the single question would give it.

        Args:
            i: Its row, from 0; negative rows count from the end.

        Raises:
            CreditError: If there is no such row.
        """
        if not -len(self) <= i < len(self):
            raise CreditError(f"row must be within 0 to {len(self) - 1}, got {i}")
        row = range(len(self))[i]
        holds, is_open = self.holds[row], self.is_open[row]
        code = int(self._rules.settled(holds[None], is_open[None])[0])
        if code >= 0:
            found = _decided(code)
        else:
            case = {name: _cell(values, row) for name, values in self._columns.items()}
            found = self._rules.gravest.decide_columns(case).decision(0)
        return self._rules.told(found, holds, is_open, as_of=self._as_of)

    def counts(self) -> FrozenMapping[str, int]:
        """Return how many cases each rule fails, by its id; then how many are not decided.

        "undetermined" are those that lack a fact, "conflict" those whose facts cannot be.
        """
        totals = {
            row.id: int(count)
            for row, count in zip(self._rules.table.rows, self.holds.sum(axis=0), strict=True)
        }
        for word, code in (("undetermined", _UNDETERMINED), ("conflict", _CONFLICT)):
            totals[word] = int((self._codes == code).sum())
        return FrozenMapping(totals)
