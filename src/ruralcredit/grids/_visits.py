"""The four self-disciplines of field work, read from a log of a day or of a year."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import day_column, encode_ids, int_column, same_length, word_column
from ruralcredit.errors import CreditError, InputError
from ruralcredit.grids._checks import (
    Id,
    a_count,
    a_day,
    an_id,
    known_names,
    many,
    not_blank,
    refuse_unknown,
    with_figure,
)
from ruralcredit.grids._day import BLOCK_WORDS
from ruralcredit.grids._reasons import (
    DESK_LATE_NOTICE,
    DESK_NO_BLOCK,
    DESK_WORK,
    LEAD_MISSING,
    NOT_IN_LOG,
    NOT_IN_REGISTER,
    PAIR_IS_ONE,
    REGISTER_DAYS,
    REGISTER_LATE,
    REGISTER_UNCHECKED,
    SECOND_MISSING,
    STOP_SKIPPED,
    STOP_UNKNOWN,
)
from ruralcredit.reasons import Figure, Reason
from ruralcredit.values import FrozenMapping

__all__ = ["FIELD_RULES", "FieldAudit", "FieldPolicy", "Violation", "Visit", "check_visits"]

Int64 = npt.NDArray[np.int64]
Int8 = npt.NDArray[np.int8]
Bool = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]

_STOPS: Final = 1_000_000_000
_VISITS: Final = ("on", "household", "lead", "second", "street", "stop", "order")
_REGISTER: Final = ("on", "household", "lead", "checked_on")
_DESK: Final = ("staff", "on", "block")
_NOTICES: Final = ("staff", "on", "noticed_on")

# Kind of violation -> the rule, the table that its row stands in, and its words.
_KINDS: Final = (
    ("two_people", "visits", LEAD_MISSING),
    ("two_people", "visits", SECOND_MISSING),
    ("two_people", "visits", PAIR_IS_ONE),
    ("route", "visits", STOP_SKIPPED),
    ("route", "visits", STOP_UNKNOWN),
    ("register", "visits", NOT_IN_REGISTER),
    ("register", "register", NOT_IN_LOG),
    ("register", "register", REGISTER_UNCHECKED),
    ("register", "register", REGISTER_LATE),
    ("desk", "desk", DESK_WORK),
    ("desk", "desk", DESK_LATE_NOTICE),
    ("desk", "desk", DESK_NO_BLOCK),
)
_KIND_OF: Final = MappingProxyType({kind[2].code: number for number, kind in enumerate(_KINDS)})
_OPEN: Final = frozenset({STOP_UNKNOWN.code, DESK_NO_BLOCK.code})
_RULES: Final = ("two_people", "route", "register", "desk")


@attrs.frozen(kw_only=True)
class FieldPolicy:
    """The figures of the four self-disciplines (四大自律机制).

    Attributes:
        register_days: Within so many days after a visit the hand register is checked; 0 is
            the same day.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If the figure is no whole number from 0.

    >>> FIELD_RULES.register_days.value
    0
    """

    register_days: Figure
    id: str = attrs.field(default="grids.field", validator=not_blank)
    version: str = attrs.field(default="1", validator=not_blank)

    def __attrs_post_init__(self) -> None:
        """Refuse a check before the visit."""
        a_count("register_days", getattr(self.register_days, "value", None))


FIELD_RULES = FieldPolicy(register_days=REGISTER_DAYS)
"""The self-disciplines of source 000: the register is checked on the day (每日核对)."""


@attrs.frozen
class Visit:
    """One visit to a household (走访), as the log holds it.

    Attributes:
        on: The day.
        household: Who was visited.
        lead: The lead of the pair (主办); None is not named.
        second: The second of the pair (协办); None is not named.
        street: The street of the route; None is off the streets.
        stop: The number of the stop along the street, from 1; None is unknown.

    Raises:
        CreditError: If the day is no date, an id is none, or the stop is no number.

    >>> Visit(datetime.date(2024, 6, 3), "h1", lead="p1").second is None
    True
    """

    on: datetime.date
    household: Id
    lead: Id | None = attrs.field(default=None, kw_only=True)
    second: Id | None = attrs.field(default=None, kw_only=True)
    street: Id | None = attrs.field(default=None, kw_only=True)
    stop: int | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse what no log can hold."""
        a_day("Visit.on", self.on)
        an_id("Visit.household", self.household)
        for name in ("lead", "second", "street"):
            if getattr(self, name) is not None:
                an_id(f"Visit.{name}", getattr(self, name))
        if self.stop is not None:
            a_count("Visit.stop", self.stop, least=1)


@attrs.frozen(kw_only=True)
class Violation:
    """One breach of a self-discipline, with what proves it.

    Attributes:
        rule: "two_people", "route", "register" or "desk".
        reason: What was breached, with the day and the ids.
        table: The table that proves it: "visits", "register" or "desk".
        rows: The rows of that table, the one at fault last.
        is_certain: Whether it is one; no where a fact is missing that would tell.

    >>> alone = Visit(datetime.date(2024, 6, 3), "h1", lead="p1")
    >>> check_visits([alone], as_of=datetime.date(2024, 6, 3))[0].rule
    'two_people'
    """

    rule: str
    reason: Reason
    table: str
    rows: tuple[int, ...] = attrs.field(converter=many)
    is_certain: bool = True


@attrs.frozen(kw_only=True, eq=False, repr=False)
class FieldAudit(Sequence[Violation]):
    """The violations of a log, in the order of tables and rows; each is worded when read.

    >>> alone = Visit(datetime.date(2024, 6, 3), "h1", lead="p1")
    >>> audit = check_visits([alone], as_of=datetime.date(2024, 6, 3))
    >>> dict(audit.counts())
    {'two_people': 1, 'route': 0, 'register': 0, 'desk': 0}
    """

    _kinds: Int8
    _rows: Int64
    _others: Int64
    _facts: Mapping[str, Mapping[str, object]]
    _policy: FieldPolicy

    def __len__(self) -> int:
        """Count the violations."""
        return len(self._kinds)

    def __repr__(self) -> str:
        """Show how many there are of each rule."""
        return f"FieldAudit({', '.join(f'{n} {rule}' for rule, n in self.counts().items())})"

    def __getitem__(self, at: object) -> Violation:  # type: ignore[override]  # no slices
        """Return one violation, worded."""
        if isinstance(at, bool) or not isinstance(at, int | np.integer):
            raise CreditError(f"a violation is asked by its number, got {at!r}")
        return self._worded(range(len(self))[int(at)])

    def __iter__(self) -> Iterator[Violation]:
        """Run over the violations."""
        return map(self._worded, range(len(self)))

    def counts(self) -> FrozenMapping[str, int]:
        """Return how often each rule was breached, open cases apart from none.

        >>> dict(check_visits([], as_of=datetime.date(2024, 6, 3)).counts())
        {'two_people': 0, 'route': 0, 'register': 0, 'desk': 0}
        """
        found = np.bincount(self._kinds, minlength=len(_KINDS))
        counts = dict.fromkeys(_RULES, 0)
        for (rule, _, reason), count in zip(_KINDS, found.tolist(), strict=True):
            counts[rule] += 0 if reason.code in _OPEN else count
        return FrozenMapping(counts)

    def rows(self, rule: str) -> Int64:
        """Return the rows at fault against a rule, certain ones only.

        The rows of "desk" are the desk table's, those of "two_people" and "route" the log's;
        "register" gives the rows of visits that the hand register lacks.

        Raises:
            CreditError: If there is no such rule.

        >>> alone = Visit(datetime.date(2024, 6, 3), "h1", lead="p1")
        >>> check_visits([alone], as_of=datetime.date(2024, 6, 3)).rows("two_people").tolist()
        [0]
        """
        if rule not in _RULES:
            raise CreditError(f"a rule must be one of {', '.join(_RULES)}, got {rule!r}")
        table = "desk" if rule == "desk" else "visits"
        wanted = [
            number
            for number, (name, where, reason) in enumerate(_KINDS)
            if name == rule and where == table and reason.code not in _OPEN
        ]
        return np.unique(self._rows[np.isin(self._kinds, wanted)])

    def _worded(self, at: int) -> Violation:
        rule, table, reason = _KINDS[int(self._kinds[at])]
        row, other = int(self._rows[at]), int(self._others[at])
        facts = self._facts[table]
        bound: dict[str, object] = {}
        for name in reason.facts:
            if name == "days":
                bound[name] = self._policy.register_days.value
                reason = with_figure(reason, self._policy.register_days)
            elif name == "last_stop":
                bound[name] = _cell(facts["stop"], other)
            else:
                bound[name] = _cell(facts[name], row)
        is_open = reason.code in _OPEN
        return Violation(
            rule=rule,
            reason=reason.as_unknown(**bound) if is_open else reason.given(**bound),
            table=table,
            rows=(row,) if other < 0 else (other, row),
            is_certain=not is_open,
        )


def _cell(column: object, row: int) -> object:
    """Return a cell of a column as a fact, ids spelled out."""
    if isinstance(column, tuple):
        index, codes = column
        return str(index.ids(codes[row : row + 1])[0])
    cell = column[row]  # type: ignore[index]  # an array
    return cell.item() if isinstance(cell, np.generic) else cell


def check_visits(
    visits: Mapping[str, object] | Sequence[Visit],
    *,
    register: Mapping[str, object] | None = None,
    desk: Mapping[str, object] | None = None,
    notices: Mapping[str, object] | None = None,
    as_of: datetime.date,
    policy: FieldPolicy = FIELD_RULES,
) -> FieldAudit:
    """Find what a log shows against the four self-disciplines (四大自律机制).

    Two people: lead and second are named and are not one person.  Route: along a street the
    stops of a pair follow each other; a stop may be passed over only if somebody visited it
    before.  Register: log and hand register name the same visits, and each entry is checked in
    time.  Desk: no desk work in marketing time unless notice was given by the day itself.
    What happened after the day asked does not count.

    Args:
        visits: The log: visits, or columns ``on``, ``household``, ``lead``, ``second``,
            ``street``, ``stop`` (from 1) and ``order`` within the day; the order of rows where
            left out.
        register: The hand register: ``on``, ``household``, ``lead``, ``checked_on``; None asks
            for none.
        desk: Desk work: ``staff``, ``on``, ``block`` ("own", "marketing", "fixed"); all of it
            is in marketing time where ``block`` is left out.
        notices: Notices of desk work: ``staff``, ``on`` and ``noticed_on``; given in time
            where ``noticed_on`` is left out or unknown.
        as_of: The day asked for.
        policy: The figures of the rules.

    Returns:
        The violations, each with the rows that prove it; what a missing fact leaves open is
        among them, marked so.

    Raises:
        CreditError: If the day is no date, or a visit is none.
        InputError: If a column is another, differs in length or holds something else, a row
            names no day or nobody, or a stop lies outside 1 to 1,000,000,000.

    Source:
        Row D12; ruling 4.2: 主办, 协办 both named.

    >>> day = datetime.date(2024, 6, 3)
    >>> walk = [Visit(day, f"h{n}", lead="p1", second="p2", street="main", stop=n)
    ...         for n in (3, 4, 6)]
    >>> [(one.rule, one.rows) for one in check_visits(walk, as_of=day)]
    [('route', (1, 2))]
    """
    asked = np.datetime64(a_day("as_of", as_of), "D")
    log = _log_of(visits)
    tables = {"visits": log, "register": register, "desk": desk, "notices": notices}
    ids = _ids(tables)
    facts: dict[str, dict[str, object]] = {
        "visits": _facts_of("visits", log, ids),
        "register": _facts_of("register", register or {}, ids),
        "desk": _facts_of("desk", desk or {}, ids),
    }
    found = _two_people(facts["visits"], asked)
    found += _route(facts["visits"], log, asked)
    if register is not None:
        found += _register_faults(facts, policy, asked)
    if desk is not None:
        found += _desk_faults(facts["desk"], _notices(notices, ids), asked)
    kinds = np.concatenate(
        [np.full(len(rows), _KIND_OF[reason.code], np.int8) for reason, rows, _ in found]
    )
    rows = np.concatenate([rows for _, rows, _ in found])
    others = np.concatenate(
        [np.full(len(rows), -1) if other is None else other for _, rows, other in found]
    )
    places = {"visits": 0, "register": 1, "desk": 2}
    place = np.array([places[table] for _, table, _ in _KINDS])[kinds]
    order = np.lexsort((kinds, rows, place))
    return FieldAudit(
        kinds=kinds[order], rows=rows[order], others=others[order], facts=facts, policy=policy
    )


Found = list[tuple[Reason, Int64, Int64 | None]]


def _log_of(visits: Mapping[str, object] | Sequence[Visit]) -> Mapping[str, object]:
    if isinstance(visits, Mapping):
        return visits
    many = tuple(visits)
    for one in many:
        if not isinstance(one, Visit):
            raise CreditError(f"visits must be Visits or a mapping of columns, got {one!r}")
    return {name: [getattr(one, name) for one in many] for name in _VISITS if name != "order"}


def _ids(tables: Mapping[str, Mapping[str, object] | None]) -> dict[str, object]:
    """Number households, streets and persons over all tables."""
    names = {"visits": _VISITS, "register": _REGISTER, "desk": _DESK, "notices": _NOTICES}
    for table, columns in tables.items():
        if columns is not None:
            known_names(columns, names[table], table=table)
            same_length(columns)
    coded: dict[str, object] = {}
    for group in (("lead", "second", "staff"), ("household",), ("street",)):
        brought = {
            f"{table}.{name}": columns[name]
            for table, columns in tables.items()
            for name in group
            if columns is not None and columns.get(name) is not None
        }
        index, codes = encode_ids(brought or {"none": []})
        coded |= {name: (index, column) for name, column in codes.items()}
    return coded


def _facts_of(
    table: str, columns: Mapping[str, object], ids: Mapping[str, object]
) -> dict[str, object]:
    """Return the columns of a table: days, ids with their index, -1 where unknown."""
    count = same_length(columns)
    unknown = (encode_ids({"none": []})[0], np.full(count, -1, np.int32))
    facts: dict[str, object] = {"on": day_column(f"{table}.on", columns.get("on", [None] * count))}
    refuse_unknown(f"{table}.on", np.isnat(facts["on"]))  # type: ignore[call-overload]
    for name in ("household", "lead", "second", "street", "staff"):
        facts[name] = ids.get(f"{table}.{name}", unknown)
    for name in {"visits": ("household",), "register": ("household",), "desk": ("staff",)}[table]:
        refuse_unknown(f"{table}.{name}", _codes(facts, name) < 0)
    if table == "visits":
        stops = int_column("visits.stop", columns.get("stop", [None] * count))
        bad = stops.known & ((stops.values < 1) | (stops.values > _STOPS))
        if bad.any():
            row = int(bad.argmax())
            raise InputError(
                f"visits.stop must be 1 to {_STOPS}, got {stops.values[row]} at row {row}",
                column="visits.stop",
                count=int(bad.sum()),
                first_row=row,
            )
        facts["stop"] = np.where(stops.known, stops.values, -1)
    if table == "register":
        checked = columns.get("checked_on", [None] * count)
        facts["checked_on"] = day_column("register.checked_on", checked)
    if table == "desk":
        block = columns.get("block", ["marketing"] * count)
        facts["block"] = word_column("desk.block", block, words=BLOCK_WORDS).codes
    return facts


def _codes(facts: Mapping[str, object], name: str) -> Int64:
    codes: Int64 = facts[name][1].astype(np.int64)  # type: ignore[index]
    return codes


def _days(facts: Mapping[str, object], name: str = "on") -> Int64:
    days: Int64 = facts[name].view(np.int64)  # type: ignore[attr-defined]
    return days


def _two_people(facts: Mapping[str, object], asked: np.datetime64) -> Found:
    lead, second = _codes(facts, "lead"), _codes(facts, "second")
    is_past = np.asarray(facts["on"] <= asked)  # type: ignore[operator]
    return [
        (LEAD_MISSING, np.flatnonzero(is_past & (lead < 0)), None),
        (SECOND_MISSING, np.flatnonzero(is_past & (second < 0)), None),
        (PAIR_IS_ONE, np.flatnonzero(is_past & (lead >= 0) & (lead == second)), None),
    ]


def _route(facts: Mapping[str, object], log: Mapping[str, object], asked: np.datetime64) -> Found:
    street, stop, on = _codes(facts, "street"), np.asarray(facts["stop"]), _days(facts)
    lead, second = _codes(facts, "lead"), _codes(facts, "second")
    is_past = np.asarray(facts["on"] <= asked) & (street >= 0)  # type: ignore[operator]
    doubt = np.flatnonzero(is_past & (stop < 0))
    rows = np.flatnonzero(is_past & (stop > 0))
    order = int_column("visits.order", log.get("order", np.arange(len(on))))
    refuse_unknown("visits.order", ~order.known)
    rows = rows[np.lexsort((rows, order.values[rows], on[rows]))]
    # Rows stand in time now; their place in it is their clock.
    low, high = np.minimum(lead, second)[rows], np.maximum(lead, second)[rows]
    street, stop = street[rows], stop[rows]
    clock = np.arange(len(rows))
    walk = np.lexsort((clock, street, high, low))
    same = np.ones(max(len(walk) - 1, 0), np.bool_)
    for part in (low, high, street):
        same &= part[walk][1:] == part[walk][:-1]
    jumps = same & (stop[walk][1:] > stop[walk][:-1] + 1)
    before, after = walk[:-1][jumps], walk[1:][jumps]
    is_skip = ~_passed_before(street, stop, before=before, after=after)
    after, before = rows[after[is_skip]], rows[before[is_skip]]
    return [(STOP_SKIPPED, after, before), (STOP_UNKNOWN, doubt, None)]


def _passed_before(street: Int64, stop: Int64, *, before: Int64, after: Int64) -> Bool:
    """Say of jumps whether somebody had been at each stop in between."""
    if not len(after):
        return np.zeros(0, np.bool_)
    key = street * (_STOPS + 1) + stop
    # Sorted by key, the first of equals is the earliest: rows stand in time.
    places, first = np.unique(key, return_index=True)
    start = np.searchsorted(places, key[before], side="right")
    end = np.searchsorted(places, key[after], side="left")
    is_full = end - start == stop[after] - stop[before] - 1
    found = np.zeros(len(after), np.bool_)
    asked = np.flatnonzero(is_full)
    if len(asked):
        edges = np.stack([start[asked], end[asked]], axis=1).ravel()
        latest = np.maximum.reduceat(np.append(first, 0), edges)[::2]
        found[asked] = latest < after[asked]
    return found


def _register_faults(
    facts: Mapping[str, Mapping[str, object]], policy: FieldPolicy, asked: np.datetime64
) -> Found:
    log, hand = facts["visits"], facts["register"]
    code = np.unique(np.concatenate([_days(log), _days(hand)]), return_inverse=True)[1]
    for name in ("household", "lead"):
        part = np.concatenate([_codes(log, name), _codes(hand, name)]) + 1
        # Numbered anew at each step, so that no product leaves int64.
        key = code.ravel() * (int(part.max(initial=0)) + 1) + part
        code = np.unique(key, return_inverse=True)[1]
    logged, held = np.split(code.ravel(), [len(_days(log))])
    is_past, is_due = (np.asarray(one["on"] <= asked) for one in (log, hand))  # type: ignore[operator]
    days = int(policy.register_days.value)
    due = hand["on"] + np.timedelta64(days, "D")  # type: ignore[operator]
    checked = np.asarray(hand["checked_on"])
    checked = np.where(checked > asked, np.datetime64("NaT", "D"), checked)
    is_open = np.isnat(checked)
    return [
        (NOT_IN_REGISTER, np.flatnonzero(is_past & ~np.isin(logged, held)), None),
        (NOT_IN_LOG, np.flatnonzero(is_due & ~np.isin(held, logged)), None),
        (REGISTER_UNCHECKED, np.flatnonzero(is_due & is_open & (due < asked)), None),
        (REGISTER_LATE, np.flatnonzero(is_due & ~is_open & (checked > due)), None),
    ]


def _notices(
    notices: Mapping[str, object] | None, ids: Mapping[str, object]
) -> tuple[Int64, Int64, Bool]:
    """Return staff, day and whether it came in time, one row per notice."""
    columns = notices or {}
    count = same_length(columns)
    on = day_column("notices.on", columns.get("on", [None] * count))
    refuse_unknown("notices.on", np.isnat(on))
    unknown = (None, np.full(count, -1))
    staff = _codes({"staff": ids.get("notices.staff", unknown)}, "staff")
    refuse_unknown("notices.staff", staff < 0)
    given = day_column("notices.noticed_on", columns.get("noticed_on", [None] * count))
    return staff, on.view(np.int64), ~(given > on)


def _desk_faults(
    facts: Mapping[str, object], notices: tuple[Int64, Int64, Bool], asked: np.datetime64
) -> Found:
    staff, on, block = _codes(facts, "staff"), _days(facts), np.asarray(facts["block"])
    noticed_by, noticed_for, in_time = notices
    days = np.concatenate([on, noticed_for])
    first = int(days.min(initial=0))
    span = int(days.max(initial=0)) - first + 1
    key, given = staff * span + on - first, noticed_by * span + noticed_for - first
    is_past = np.asarray(facts["on"] <= asked)  # type: ignore[operator]
    is_excused, is_told = np.isin(key, given[in_time]), np.isin(key, given)
    is_marketing = is_past & (block == BLOCK_WORDS.index("marketing"))
    return [
        (DESK_WORK, np.flatnonzero(is_marketing & ~is_told), None),
        (DESK_LATE_NOTICE, np.flatnonzero(is_marketing & is_told & ~is_excused), None),
        (DESK_NO_BLOCK, np.flatnonzero(is_past & (block < 0) & ~is_excused), None),
    ]
