"""The call centre invites, the manager follows: the hand-over and its deadline."""

import datetime
from collections.abc import Callable, Collection, Mapping
from typing import Final, Self, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import day_column, same_length
from ruralcredit.customers._checks import (
    a_day,
    a_truth,
    basis_of,
    known_names,
    least_one,
    not_blank,
)
from ruralcredit.customers._reasons import (
    FOLLOW_UP_DAYS,
    FOLLOW_UP_OPEN,
    FOLLOWED_BEFORE,
    FOLLOWED_IN_TIME,
    FOLLOWED_LATE,
    NO_CALENDAR,
    NOT_FOLLOWED,
    NOT_INVITED_YET,
    OPTED_OUT,
)
from ruralcredit.customers._states import (
    CONFLICT,
    EXEMPT,
    LATE,
    MET,
    NO_DAY,
    NOT_STARTED,
    OPEN,
    STATES,
    STATUSES,
    UNDETERMINED,
    StateColumn,
    with_opt_outs,
)
from ruralcredit.errors import CreditError
from ruralcredit.reasons import Decision, Figure, Reason

__all__ = [
    "HAND_OVER",
    "BusinessDays",
    "HandOverPolicy",
    "check_hand_over",
    "check_hand_over_columns",
    "hand_over_due_on",
]

BusinessDays: TypeAlias = Callable[[datetime.date], bool] | Collection[datetime.date] | None
"""A calendar of working days: a predicate, the working days themselves, or None, not known.

A collection says nothing about days before its first and after its last.
"""

Int64 = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]

_EPOCH: Final = datetime.date(1970, 1, 1).toordinal()
# A predicate that names no working day in so many days is a slip, not a holiday.
_MOST_DAYS_OFF: Final = 366


@attrs.frozen(kw_only=True)
class HandOverPolicy:
    """How soon the manager follows an invitation by the call centre (客服邀约、线下对接).

    Attributes:
        working_days: Working days after the day of the invitation, the last included.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If the figure is no whole number from 1.

    >>> HAND_OVER.working_days.value
    3
    """

    working_days: Figure = attrs.field(
        validator=least_one, repr=lambda figure: f"{figure.value} {figure.unit}"
    )
    id: str = attrs.field(default="customers.hand_over", validator=not_blank)
    version: str = attrs.field(default="1", validator=not_blank)


HAND_OVER = HandOverPolicy(working_days=FOLLOW_UP_DAYS)
"""Three working days, a project proposal: source 000 sets no deadline."""


@attrs.frozen
class _Calendar:
    """Working days as sorted day numbers, and the range in which they are known."""

    days: Int64
    first: int
    last: int

    @classmethod
    def over(cls, business_days: BusinessDays, invited: Int64, *, count: int) -> Self:
        """Read a calendar as far as the deadlines of some invitations need it."""
        if business_days is None or not len(invited):
            return cls(np.zeros(0, np.int64), 0, -1)
        if callable(business_days):
            return cls._asked(business_days, invited, count=count)
        if isinstance(business_days, str | Mapping) or not isinstance(business_days, Collection):
            raise CreditError(
                "business_days must be a predicate of a day, a collection of days or None, "
                f"got {type(business_days).__name__}"
            )
        days = np.unique(day_column("business_days", list(business_days)))
        if np.isnat(days).any():
            raise CreditError("business_days must hold days, got an unknown one: leave it out")
        if not len(days):
            return cls(np.zeros(0, np.int64), 0, -1)
        numbers = days.view(np.int64)
        return cls(numbers, int(numbers[0]), int(numbers[-1]))

    @classmethod
    def _asked(
        cls, is_working: Callable[[datetime.date], bool], invited: Int64, *, count: int
    ) -> Self:
        first, newest = int(invited.min()) + 1, int(invited.max())
        found: list[int] = []
        number, last_found, later = first, newest, 0
        while later < count:
            if number - last_found > _MOST_DAYS_OFF:
                raise CreditError(
                    f"business_days must name a working day within {_MOST_DAYS_OFF} days of "
                    f"{_day(last_found)}, got none"
                )
            answer = is_working(_day(number))
            if not isinstance(answer, bool | np.bool_):
                raise CreditError(
                    f"business_days must answer True or False, got {answer!r} for {_day(number)}"
                )
            if answer:
                found.append(number)
                last_found, later = max(number, last_found), later + (number > newest)
            number += 1
        return cls(np.array(found, np.int64), first, number - 1)

    def due(self, invited: Int64, *, count: int) -> Days:
        """Return the deadline of each invitation, NaT where the calendar does not reach."""
        at = np.searchsorted(self.days, invited, side="right") + count - 1
        reached = (at < len(self.days)) & (invited + 1 >= self.first)
        if not reached.any():
            return np.full(len(invited), NO_DAY)
        numbers = self.days[np.where(reached, at, 0)]
        return np.where(reached, numbers.view("M8[D]"), NO_DAY)

    def between(self, starts: Int64, ends: Int64) -> tuple[Int64, Int64]:
        """Return the fewest and most working days strictly between two days, row by row."""
        known = np.searchsorted(self.days, ends) - np.searchsorted(self.days, starts, side="right")
        inner = np.maximum(ends - starts - 1, 0)
        covered = np.minimum(ends - 1, self.last) - np.maximum(starts + 1, self.first) + 1
        fewest = np.maximum(known, 0).astype(np.int64)
        return fewest, fewest + inner - np.clip(covered, 0, inner)


def _number(day: datetime.date) -> int:
    return day.toordinal() - _EPOCH


def _day(number: int) -> datetime.date:
    return datetime.date.fromordinal(number + _EPOCH)


def hand_over_due_on(
    invited_on: datetime.date,
    *,
    business_days: BusinessDays,
    policy: HandOverPolicy = HAND_OVER,
) -> datetime.date:
    """Return the last day on which the manager follows in time.

    Args:
        invited_on: The day of the call centre's invitation, which itself does not count.
        business_days: The calendar of working days.
        policy: How many working days there are.

    Raises:
        CreditError: If the calendar is None or does not reach so far.

    >>> def is_weekday(day):
    ...     return day.weekday() < 5
    >>> hand_over_due_on(datetime.date(2024, 6, 6), business_days=is_weekday)
    datetime.date(2024, 6, 11)
    """
    count = int(policy.working_days.value)
    invited = np.array([_number(a_day("invited_on", invited_on))], np.int64)
    due = _Calendar.over(business_days, invited, count=count).due(invited, count=count)
    if np.isnat(due[0]):
        raise CreditError(
            f"business_days must cover {count} working days after {invited_on}: pass a longer "
            "calendar, or a predicate"
        )
    return _day(int(due.view(np.int64)[0]))


def check_hand_over(
    invited_on: datetime.date | None,
    followed_on: datetime.date | None = None,
    *,
    opted_out: bool | None,
    business_days: BusinessDays = None,
    as_of: datetime.date,
    policy: HandOverPolicy = HAND_OVER,
) -> Decision:
    """Say whether the manager followed the call centre's invitation in time (邀约转对接).

    Without a calendar the answer is decided only where every calendar gives it: a follow-up
    within as many days as working days is in time, and nothing is ever late.

    Args:
        invited_on: The day of the invitation; None is unknown.
        followed_on: The day the manager followed; None, or a day after the one asked, is not
            yet.
        opted_out: Whether the customer opted out of marketing; None is unknown.
        business_days: The calendar of working days.
        as_of: The day asked for.
        policy: How many working days there are.

    Returns:
        Outcome "met", "open", "late", "exempt" or "not_started"; "conflict" where the
        follow-up lies before the invitation.  The trace names the last day in time.

    Raises:
        CreditError: If a day is no date, or the calendar is none.

    Source:
        Row D18: 客服中心电话邀约、客户经理线下对接; the deadline is a project proposal.

    >>> invited, asked = datetime.date(2024, 6, 6), datetime.date(2024, 6, 12)
    >>> def is_weekday(day):
    ...     return day.weekday() < 5
    >>> check_hand_over(invited, opted_out=False, business_days=is_weekday, as_of=asked).outcome
    'late'
    >>> check_hand_over(invited, opted_out=False, as_of=asked).ask
    ('business_days',)
    """
    invited = None if invited_on is None else a_day("invited_on", invited_on)
    followed = None if followed_on is None else a_day("followed_on", followed_on)
    asked, exempt = a_day("as_of", as_of), a_truth("opted_out", opted_out)
    if followed is not None and followed > asked:
        followed = None
    codes, due_on = _judged(
        day_column("invited_on", [invited]),
        day_column("followed_on", [followed]),
        as_of=asked,
        business_days=business_days,
        count=int(policy.working_days.value),
    )
    code = int(codes[0])
    ask = ("invited_on",) if invited is None else ()
    if code == UNDETERMINED and (invited is not None or business_days is None):
        ask = (*ask, "business_days")
    if exempt is not False:
        code = EXEMPT if exempt else UNDETERMINED
        ask = () if exempt else ("opted_out", *ask)
    has_due = code in {MET, OPEN, LATE} and not np.isnat(due_on[0])
    return Decision(
        outcome=STATES[code] if code >= 0 else None,
        status="decided" if code >= 0 else STATUSES[code],
        reasons=_reasons(code, invited, followed, figure=policy.working_days, ask=ask),
        trace=(f"due_on = {due_on[0]}",) if has_due else (),
        ask=ask,
        basis=basis_of(policy, as_of=asked),
    )


def _reasons(
    code: int,
    invited: datetime.date | None,
    followed: datetime.date | None,
    *,
    figure: Figure,
    ask: tuple[str, ...],
) -> list[Reason]:
    facts = {"invited_on": invited, "followed_on": followed, "days": figure.value}
    if code == UNDETERMINED:
        unknown = {
            "opted_out": OPTED_OUT,
            "invited_on": FOLLOW_UP_OPEN,
            "business_days": NO_CALENDAR,
        }
        chosen = [unknown[name] for name in ask]
    else:
        chosen = [
            {
                MET: FOLLOWED_IN_TIME,
                OPEN: FOLLOW_UP_OPEN,
                LATE: NOT_FOLLOWED if followed is None else FOLLOWED_LATE,
                EXEMPT: OPTED_OUT,
                NOT_STARTED: NOT_INVITED_YET,
                CONFLICT: FOLLOWED_BEFORE,
            }[code]
        ]
    reasons = []
    for reason in chosen:
        bound = {name: facts[name] for name in reason.facts}
        rests = attrs.evolve(reason, figures=(figure,) if "days" in bound else ())
        reasons.append(rests.as_unknown(**bound) if code == UNDETERMINED else rests.given(**bound))
    return reasons


def check_hand_over_columns(
    columns: Mapping[str, object],
    *,
    business_days: BusinessDays = None,
    as_of: datetime.date,
    policy: HandOverPolicy = HAND_OVER,
) -> StateColumn:
    """Say of many invitations where each stands, as `check_hand_over` does of one.

    Args:
        columns: ``invited_on``, ``followed_on`` and ``opted_out``, one row per invitation; a
            column left out is missing in every row.
        business_days: The calendar of working days.
        as_of: The day asked for.
        policy: How many working days there are.

    Raises:
        InputError: If a column is another, differs in length or holds something else.

    >>> day = datetime.date(2024, 6, 6)
    >>> columns = {"invited_on": [day, day], "followed_on": [day, None],
    ...            "opted_out": [False, False]}
    >>> check_hand_over_columns(columns, business_days=[day.replace(day=d) for d in (7, 10, 11)],
    ...                         as_of=datetime.date(2024, 6, 12)).tolist()
    ['met', 'late']
    """
    known_names(columns, ("invited_on", "followed_on", "opted_out"))
    count = same_length(columns)
    nothing = np.full(count, NO_DAY)
    asked = a_day("as_of", as_of)
    invited = day_column("invited_on", columns.get("invited_on", nothing))
    followed = day_column("followed_on", columns.get("followed_on", nothing))
    codes, due_on = _judged(
        invited,
        np.where(followed > np.datetime64(asked, "D"), NO_DAY, followed),
        as_of=asked,
        business_days=business_days,
        count=int(policy.working_days.value),
    )
    codes, is_timed = with_opt_outs(codes, columns.get("opted_out"))
    return StateColumn(codes, np.where(is_timed, due_on, NO_DAY))


def _judged(
    invited: Days,
    followed: Days,
    *,
    as_of: datetime.date,
    business_days: BusinessDays,
    count: int,
) -> tuple[npt.NDArray[np.int8], Days]:
    """Return codes and deadlines as if nobody had opted out."""
    asked = np.datetime64(as_of, "D")
    codes = np.full(len(invited), UNDETERMINED, np.int8)
    due_on = np.full(len(invited), NO_DAY)
    codes[invited > asked] = NOT_STARTED
    rows = np.flatnonzero(invited <= asked)
    starts = invited[rows].view(np.int64)
    follows = followed[rows]
    is_followed = ~np.isnat(follows)
    ends = np.where(is_followed, follows, asked).view(np.int64)
    calendar = _Calendar.over(business_days, starts, count=count)
    fewest, most = calendar.between(starts, ends)
    found = np.full(len(rows), UNDETERMINED, np.int8)
    found[most < count] = OPEN
    found[is_followed & (most < count)] = MET
    found[fewest >= count] = LATE
    found[ends < starts] = CONFLICT
    codes[rows] = found
    due_on[rows] = calendar.due(starts, count=count)
    return codes, due_on
