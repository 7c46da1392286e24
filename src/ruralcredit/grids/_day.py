"""A working day in three blocks with their set actions, and stationed visits per week."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import IdIndex, day_column, encode_ids, same_length, word_column
from ruralcredit.errors import CreditError
from ruralcredit.grids._checks import (
    Id,
    a_count,
    a_day,
    distinct,
    ids_of,
    known_names,
    least_one,
    many,
    names_of,
    not_blank,
    refuse_unknown,
    with_figure,
)
from ruralcredit.grids._reasons import (
    ACTION_MISPLACED,
    ACTION_MISSING,
    FIXED_ENDS,
    FIXED_STARTS,
    MARKETING_ENDS,
    MARKETING_STARTS,
    OWN_ENDS,
    OWN_STARTS,
    STATIONED_A_WEEK,
    STATIONED_SHORT,
)
from ruralcredit.reasons import Figure, Reason

__all__ = [
    "BLOCK_WORDS",
    "DAY_BLOCKS",
    "STATIONED",
    "VISIT_KINDS",
    "DayAudit",
    "DayBlock",
    "DayBlocks",
    "StationedPolicy",
    "StationedWeeks",
    "check_day_blocks",
    "check_stationed",
]

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

BLOCK_WORDS: Final = ("own", "marketing", "fixed")
_MINUTES: Final = 24 * 60

VISIT_KINDS: Final = ("station", "village", "household")
"""The three kinds of stationed visits: 驻点, 驻村, 驻户."""


def _actions(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(one) for one in ids_of("DayBlock.actions", values))


@attrs.frozen(kw_only=True)
class DayBlock:
    """One block of a working day with the actions set for it.

    Attributes:
        id: "own" (自主时间), "marketing" (营销时间) or "fixed" (集中时间).
        name: Its name, one for "en" and one for "zh".
        starts: Its first minute, counted from midnight.
        ends: The minute after its last.
        actions: The actions to be done in it.

    Raises:
        CreditError: If the id is another, an action stands twice, or it ends before it starts
            or after midnight.

    >>> DAY_BLOCKS.blocks[1].name["zh"], len(DAY_BLOCKS.blocks[1].actions)
    ('营销时间', 4)
    """

    id: str
    name: Mapping[str, str] = attrs.field(converter=names_of)
    starts: Figure
    ends: Figure
    actions: tuple[str, ...] = attrs.field(converter=_actions)

    def __attrs_post_init__(self) -> None:
        """Refuse a block that no day holds."""
        if self.id not in BLOCK_WORDS:
            raise CreditError(f"a block must be one of {', '.join(BLOCK_WORDS)}, got {self.id!r}")
        first, last = self.starts.value, self.ends.value
        if a_count("starts", first) >= a_count("ends", last) or int(last) > _MINUTES:
            raise CreditError(
                f"block {self.id} must end after it starts and by minute {_MINUTES}, got {first} "
                f"to {last}"
            )
        distinct(f"actions of block {self.id}", self.actions)


@attrs.frozen(kw_only=True)
class DayBlocks:
    """The blocks of a working day (三段工作日): 3 + 4 + 1 actions.

    Attributes:
        blocks: The three blocks in the order of the day, without overlap.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If a block is missing or two overlap.

    >>> DAY_BLOCKS.block_at(9 * 60), DAY_BLOCKS.block_at(22 * 60)
    ('own', None)
    """

    blocks: tuple[DayBlock, ...] = attrs.field(converter=many)
    id: str = attrs.field(default="grids.day", validator=not_blank)
    version: str = attrs.field(default="1", validator=not_blank)

    def __attrs_post_init__(self) -> None:
        """Refuse a day that is not cut in three."""
        words = tuple(one.id for one in self.blocks)
        if words != BLOCK_WORDS:
            raise CreditError(f"a day must have blocks {', '.join(BLOCK_WORDS)}, got {words}")
        for one, after in zip(self.blocks, self.blocks[1:], strict=False):
            if int(one.ends.value) > int(after.starts.value):
                raise CreditError(
                    f"blocks must not overlap: {one.id} ends at minute {one.ends.value}, "
                    f"{after.id} starts at {after.starts.value}"
                )

    @property
    def slots(self) -> tuple[tuple[str, str], ...]:
        """Return (block, action) of everything a day asks for.

        >>> len(DAY_BLOCKS.slots)
        8
        """
        return tuple((block.id, action) for block in self.blocks for action in block.actions)

    def block_at(self, minute: int) -> str | None:
        """Return the block of a minute of the day, None between blocks.

        Raises:
            CreditError: If the minute is no whole number from 0 to 1439.

        >>> DAY_BLOCKS.block_at(0) is None
        True
        """
        at = a_count("minute", minute)
        if at >= _MINUTES:
            raise CreditError(f"minute must be 0 to {_MINUTES - 1}, got {at}")
        for block in self.blocks:
            if int(block.starts.value) <= at < int(block.ends.value):
                return block.id
        return None


DAY_BLOCKS = DayBlocks(
    blocks=(
        DayBlock(
            id="own",
            name={"en": "own time", "zh": "自主时间"},
            starts=OWN_STARTS,
            ends=OWN_ENDS,
            actions=("desk_work", "preparation", "credit_work"),
        ),
        DayBlock(
            id="marketing",
            name={"en": "marketing time", "zh": "营销时间"},
            starts=MARKETING_STARTS,
            ends=MARKETING_ENDS,
            actions=("phone", "visit", "existing_customers", "channel"),
        ),
        DayBlock(
            id="fixed",
            name={"en": "fixed time", "zh": "集中时间"},
            starts=FIXED_STARTS,
            ends=FIXED_ENDS,
            actions=("phone",),
        ),
    )
)
"""The blocks of source 000; the clock times are project proposals (rows D08 to D11)."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class DayAudit:
    """Which set actions each person did on each day.

    Attributes:
        staff: The person of each row.
        days: datetime64[D] of shape ``(n,)``.
        done: bool of shape ``(n, slots)``: which actions were done, in their block.
        slots: (block, action) of each column.
        misplaced: Rows of the log whose action is not set for its block.

    >>> audit = check_day_blocks({"staff": ["p1"], "on": [datetime.date(2024, 6, 3)],
    ...                           "block": ["fixed"], "action": ["phone"]})
    >>> int(audit.done.sum()), len(audit.missing("p1", datetime.date(2024, 6, 3)))
    (1, 7)
    """

    staff: tuple[Id, ...]
    days: npt.NDArray[np.datetime64]
    done: Bool
    slots: tuple[tuple[str, str], ...]
    misplaced: Int64

    def __attrs_post_init__(self) -> None:
        """Mark the arrays read-only."""
        for array in (self.days, self.done, self.misplaced):
            array.flags.writeable = False

    def __repr__(self) -> str:
        """Show how many days were whole."""
        whole = int(self.done.all(axis=1).sum())
        return f"DayAudit({len(self.staff)} days of staff, {whole} with all actions)"

    def missing(self, staff: Id, on: datetime.date) -> tuple[tuple[str, str], ...]:
        """Return (block, action) of what a person did not do on a day.

        Raises:
            CreditError: If the day was not asked about.

        >>> day = datetime.date(2024, 6, 3)
        >>> log = {"staff": ["p1"], "on": [day], "block": ["own"], "action": ["desk_work"]}
        >>> check_day_blocks(log).missing("p1", day)[0]
        ('own', 'preparation')
        """
        asked = np.datetime64(a_day("on", on), "D")
        for row in np.flatnonzero(self.days == asked).tolist():
            if self.staff[row] == staff:
                pairs = zip(self.slots, self.done[row].tolist(), strict=True)
                return tuple(slot for slot, is_done in pairs if not is_done)
        raise CreditError(f"{staff!r} on {on} stands neither in the log nor among the days owed")

    def reasons(self) -> tuple[Reason, ...]:
        """Return one reason for each action that is missing, by person and day.

        >>> check_day_blocks({"staff": [], "on": [], "block": [], "action": []}).reasons()
        ()
        """
        rows, columns = np.nonzero(~self.done)
        return tuple(
            ACTION_MISSING.given(
                staff=str(self.staff[row]),
                on=str(self.days[row]),
                block=self.slots[column][0],
                action=self.slots[column][1],
            )
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        )

    def misplaced_reasons(self) -> tuple[Reason, ...]:
        """Return one reason for each row of the log whose action is not set for its block.

        >>> log = {"staff": ["p1"], "on": [datetime.date(2024, 6, 3)], "block": ["fixed"],
        ...        "action": ["visit"]}
        >>> [one.code for one in check_day_blocks(log).misplaced_reasons()]
        ['GRD-061']
        """
        return tuple(ACTION_MISPLACED.given(row=row) for row in self.misplaced.tolist())


def check_day_blocks(
    log: Mapping[str, object],
    *,
    owed: Mapping[str, object] | None = None,
    policy: DayBlocks = DAY_BLOCKS,
) -> DayAudit:
    """Find which set actions were left out on a day or in a year (规定动作、标准动作).

    Phone calls in marketing time and in fixed time are two actions.

    Args:
        log: ``staff``, ``on``, ``block`` and ``action``, one row per action done.
        owed: ``staff`` and ``on`` of the days worked; the days in the log where None.
        policy: The blocks and their actions.

    Raises:
        InputError: If a column is another, differs in length, has an unknown cell, or a block
            or action is another word.

    Source:
        Rows D08 to D11.

    >>> day = datetime.date(2024, 6, 3)
    >>> log = {"staff": ["p1"] * 8, "on": [day] * 8, "block": [b for b, _ in DAY_BLOCKS.slots],
    ...        "action": [a for _, a in DAY_BLOCKS.slots]}
    >>> check_day_blocks(log).missing("p1", day)
    ()
    """
    known_names(log, ("staff", "on", "block", "action"), table="log")
    known_names(owed or {}, ("staff", "on"), table="owed")
    count, days = same_length(log), same_length(owed or {})
    brought = {"staff": log.get("staff", [None] * count)}
    if owed is not None:
        brought["owed.staff"] = owed.get("staff", [None] * days)
    index, codes = encode_ids(brought)
    on = {"on": day_column("on", log.get("on", [None] * count))}
    if owed is not None:
        on["owed.on"] = day_column("owed.on", owed.get("on", [None] * days))
    for name, column in codes.items():
        refuse_unknown(name, column < 0)
    for name, day in on.items():
        refuse_unknown(name, np.isnat(day))
    slot = _slots_of(log, count, policy)
    keys, at = _staff_days(index, list(codes.values()), list(on.values()))
    done = np.zeros((len(keys), len(policy.slots)), np.bool_)
    is_set = slot >= 0
    done[at[:count][is_set], slot[is_set]] = True
    staff = np.concatenate(list(codes.values()))[keys]
    return DayAudit(
        staff=tuple(index.known_ids(staff)),
        days=np.concatenate(list(on.values()))[keys],
        done=done,
        slots=policy.slots,
        misplaced=np.flatnonzero(~is_set),
    )


def _slots_of(log: Mapping[str, object], count: int, policy: DayBlocks) -> Int64:
    actions = tuple(dict.fromkeys(action for _, action in policy.slots))
    block = word_column("block", log.get("block", [None] * count), words=BLOCK_WORDS)
    action = word_column("action", log.get("action", [None] * count), words=actions)
    for name, words in (("block", block), ("action", action)):
        refuse_unknown(name, words.codes < 0)
    table = np.full((len(BLOCK_WORDS), len(actions)), -1, np.int64)
    for number, (where, what) in enumerate(policy.slots):
        table[BLOCK_WORDS.index(where), actions.index(what)] = number
    return table[block.codes, action.codes]


def _staff_days(
    index: IdIndex, codes: list[npt.NDArray[np.int32]], on: list[npt.NDArray[np.datetime64]]
) -> tuple[Int64, Int64]:
    """Return one row for each person and day, in order of ids and days, and each row's place."""
    rank, number = index.ranks(), np.concatenate(codes).astype(np.int64)
    days = np.concatenate(on).view(np.int64)
    days = days - days.min(initial=0)
    pairs = rank[number] * (int(days.max(initial=0)) + 1) + days
    _, first, at = np.unique(pairs, return_index=True, return_inverse=True)
    return first.astype(np.int64), at.ravel().astype(np.int64)


# --- stationed visits --------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class StationedPolicy:
    """How many stationed visits a branch makes each ISO week (每周驻勤).

    Attributes:
        a_week: At least so many visits from Monday to Sunday, of any kind.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If the figure is no whole number from 1.

    >>> STATIONED.a_week.value
    2
    """

    a_week: Figure = attrs.field(validator=least_one)
    id: str = attrs.field(default="grids.stationed", validator=not_blank)
    version: str = attrs.field(default="1", validator=not_blank)


STATIONED = StationedPolicy(a_week=STATIONED_A_WEEK)
"""Two stationed visits per branch and week (row L16)."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class StationedWeeks:
    """Stationed visits per branch and ISO week.

    Attributes:
        branches: The branches, in the order given.
        mondays: datetime64[D] of shape ``(w,)``: the first day of each week.
        counts: int64 of shape ``(branches, w)``.
        needed: How many a week must have.
        is_over: bool of shape ``(w,)``: the week had ended on the day asked.

    >>> weeks = check_stationed({"branch": ["b"], "on": [datetime.date(2024, 6, 3)]},
    ...                         branches=["b"], since=datetime.date(2024, 6, 3),
    ...                         as_of=datetime.date(2024, 6, 10))
    >>> weeks.shortfall.tolist(), weeks.is_over.tolist()
    ([[1, 2]], [True, False])
    """

    branches: tuple[Id, ...]
    mondays: npt.NDArray[np.datetime64]
    counts: Int64
    needed: int
    is_over: Bool
    _figure: Figure

    def __attrs_post_init__(self) -> None:
        """Mark the arrays read-only."""
        for array in (self.mondays, self.counts, self.is_over):
            array.flags.writeable = False

    def __repr__(self) -> str:
        """Show how many weeks are short."""
        short = int((self.shortfall[:, self.is_over] > 0).sum())
        return f"StationedWeeks({len(self.branches)} branches, {short} weeks short)"

    @property
    def shortfall(self) -> Int64:
        """Return how many visits each branch and week lacks, shape ``(branches, w)``."""
        return np.maximum(self.needed - self.counts, 0)

    @property
    def weeks(self) -> tuple[str, ...]:
        """Return the names of the weeks, such as "2024-W23"."""
        names = [day.isocalendar() for day in self.mondays.tolist()]
        return tuple(f"{year}-W{week:02d}" for year, week, _ in names)

    def reasons(self) -> tuple[Reason, ...]:
        """Return one reason for each branch and past week without enough visits.

        >>> check_stationed({"branch": [], "on": []}, branches=["b"],
        ...                 since=datetime.date(2024, 6, 3),
        ...                 as_of=datetime.date(2024, 6, 10)).reasons()[0].values["week"]
        '2024-W23'
        """
        short = with_figure(STATIONED_SHORT, self._figure)
        rows, weeks = np.nonzero((self.shortfall > 0) & self.is_over)
        return tuple(
            short.given(
                branch=str(self.branches[row]),
                week=self.weeks[week],
                count=int(self.counts[row, week]),
                needed=self.needed,
            )
            for row, week in zip(rows.tolist(), weeks.tolist(), strict=True)
        )


def check_stationed(
    visits: Mapping[str, object],
    *,
    branches: Iterable[Id],
    since: datetime.date,
    as_of: datetime.date,
    policy: StationedPolicy = STATIONED,
) -> StationedWeeks:
    """Count stationed visits per branch and ISO week against the cadence (每周两次驻勤).

    Weeks run from Monday to Sunday; the first counted is the first that begins on ``since`` or
    later.  Each row counts, two on one day too; visits after the day asked do not.

    Args:
        visits: ``branch``, ``on`` and ``kind`` ("station", "village", "household"), one row per
            visit.
        branches: The branches that owe visits; others are no matter.
        since: The day from which visits are owed.
        as_of: The day asked for.
        policy: How many a week must have.

    Raises:
        CreditError: If a day is no date or a branch stands twice.
        InputError: If a column is another, differs in length or holds something else, or a row
            names no branch or no day.

    Source:
        Row L16.

    >>> day = datetime.date(2024, 6, 3)
    >>> check_stationed({"branch": ["b", "b"], "on": [day, day]}, branches=["b"], since=day,
    ...                 as_of=datetime.date(2024, 6, 9)).shortfall.tolist()
    [[0]]
    """
    first, asked = a_day("since", since), a_day("as_of", as_of)
    known_names(visits, ("branch", "on", "kind"), table="visits")
    count = same_length(visits)
    many = ids_of("branches", branches)
    distinct("branches", many)
    word_column("kind", visits.get("kind", [None] * count), words=VISIT_KINDS)
    _, codes = encode_ids({"branch": visits.get("branch", [None] * count), "branches": list(many)})
    on = day_column("on", visits.get("on", [None] * count))
    refuse_unknown("branch", codes["branch"] < 0)
    refuse_unknown("on", np.isnat(on))
    monday = first + datetime.timedelta(days=-first.weekday() % 7)
    weeks = max((asked - monday).days // 7 + 1, 0)
    place = np.full(
        max(codes["branch"].max(initial=-1), codes["branches"].max(initial=-1)) + 1, -1
    )
    place[codes["branches"]] = np.arange(len(many))
    row, week = place[codes["branch"]], (on - np.datetime64(monday, "D")).astype(np.int64) // 7
    counting = (row >= 0) & (week >= 0) & (on <= np.datetime64(asked, "D"))
    found = np.bincount(
        row[counting] * weeks + week[counting], minlength=len(many) * weeks
    ).reshape(len(many), weeks)
    mondays = np.datetime64(monday, "D") + 7 * np.arange(weeks)
    is_over = mondays + 6 < np.datetime64(asked, "D")
    return StationedWeeks(
        branches=many,
        mondays=mondays,
        counts=found.astype(np.int64),
        needed=int(policy.a_week.value),
        is_over=is_over,
        figure=policy.a_week,
    )
