"""Visit quota, daily routes, supervision, progress with its forecast, deadlines, rewards."""

import datetime
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import attrs
import numpy as np

from ruralcredit.columns import day_column, int_column, same_length
from ruralcredit.errors import CreditError, InputError
from ruralcredit.grids._checks import (
    BusinessDays,
    Id,
    a_count,
    a_day,
    a_day_or_none,
    an_id,
    answered,
    basis_of,
    known_names,
    least_one,
    many,
    not_blank,
    refuse_unknown,
    with_figure,
    working_days,
)
from ruralcredit.grids._reasons import (
    DEADLINE_KEPT,
    DEADLINE_MISSED,
    DEADLINE_OPEN,
    HOUSEHOLDS_A_DAY,
    QUOTA_KEPT,
    QUOTA_TOO_HIGH,
    VILLAGE_LARGEST,
    VILLAGE_OUTSIDE,
    VILLAGE_SMALLEST,
)
from ruralcredit.reasons import Basis, Decision, Figure
from ruralcredit.values import FrozenMapping, Ratio

__all__ = [
    "VISIT_QUOTA",
    "PlannedRoute",
    "Progress",
    "ProgressPeriod",
    "QuotaPolicy",
    "Supervision",
    "VisitQuota",
    "check_deadline",
    "check_village_size",
    "plan_supervision",
    "plan_visits",
    "split_reward",
    "visit_progress",
    "visit_quota",
]

_ONE_DAY: Final = datetime.timedelta(days=1)
# A predicate that names no working day in so many days is a slip, not a holiday.
_MOST_DAYS_OFF: Final = 366


@attrs.frozen(kw_only=True)
class QuotaPolicy:
    """How much a pair of officers can do, and how large a village is.

    Attributes:
        households_a_day: Households that a pair visits on a working day at the most.
        smallest: Households of the smallest village that is worked as one.
        largest: Households of the largest.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If a figure is no whole number from 1, or the sizes are crossed.

    >>> VISIT_QUOTA.smallest.value, VISIT_QUOTA.largest.value
    (200, 800)
    """

    households_a_day: Figure = attrs.field(validator=least_one)
    smallest: Figure = attrs.field(validator=least_one)
    largest: Figure = attrs.field(validator=least_one)
    id: str = attrs.field(default="grids.quota", validator=not_blank)
    version: str = attrs.field(default="1", validator=not_blank)

    def __attrs_post_init__(self) -> None:
        """Refuse a smallest village above the largest."""
        if int(self.smallest.value) > int(self.largest.value):
            raise CreditError(
                f"smallest must not exceed largest, got {self.smallest.value} and "
                f"{self.largest.value}"
            )


VISIT_QUOTA = QuotaPolicy(
    households_a_day=HOUSEHOLDS_A_DAY, smallest=VILLAGE_SMALLEST, largest=VILLAGE_LARGEST
)
"""Villages of 200 to 800 households (row L23); households a day are a project proposal."""


def check_village_size(households: int, *, policy: QuotaPolicy = VISIT_QUOTA) -> Decision:
    """Say whether a village has a size that is worked as one grid (二、三百户到七、八百户).

    Returns:
        Decision of "pass", or of "refer", as smaller ones may be joined, larger ones split.

    Raises:
        CreditError: If the number is no whole number from 0.

    Source:
        Row L23.

    >>> check_village_size(405).outcome, check_village_size(801).outcome
    ('pass', 'refer')
    """
    count = a_count("households", households)
    low, high = int(policy.smallest.value), int(policy.largest.value)
    told = with_figure(VILLAGE_OUTSIDE, policy.smallest, policy.largest)
    faults = [] if low <= count <= high else [told.given(count=count, low=low, high=high)]
    return answered(policy, faults, fault="refer")


# --- quota and routes --------------------------------------------------------------------


def _streets(households: int | Mapping[str, int]) -> tuple[tuple[str | None, int], ...]:
    if isinstance(households, Mapping):
        return tuple(
            (str(an_id("a street", street)), a_count(f"households of {street}", count))
            for street, count in households.items()
        )
    return ((None, a_count("households", households)),)


def _nth_working_day(
    business_days: BusinessDays, first: datetime.date, number: int
) -> datetime.date | None:
    """Return the n-th working day from a day on, None past the end of a collection."""
    if not callable(business_days):
        days = working_days(business_days, first, datetime.date.max)
        return days[number - 1] if number <= len(days) else None
    day, last = first, first
    while number:
        if (day - last).days > _MOST_DAYS_OFF:
            raise CreditError(
                f"business_days must name a working day within {_MOST_DAYS_OFF} days of {last}, "
                "got none"
            )
        if working_days(business_days, day, day):
            last, number = day, number - 1
        day += _ONE_DAY
    return last


@attrs.frozen(kw_only=True)
class VisitQuota:
    """What a deadline asks of each pair and day, and whether it can be kept.

    Attributes:
        households: How many are to be visited.
        pairs: How many pairs walk.
        days: Working days from the first day to the deadline, both included.
        per_pair_day: Households per pair and day that keep the deadline, rounded up; None
            where no working day is left.
        capacity: Households a pair visits on a day at the most.
        households_short: Households that cannot be visited by the deadline.
        days_late: Working days past the deadline at which the last one can be.
        pairs_needed: Pairs that keep the deadline; None where no working day is left.
        finishes_on: The day of the last visit at full capacity; None past the calendar given.
        decision: Whether the deadline can be kept, "pass" or "refer", with its reason.

    >>> quota = visit_quota(405, pairs=2, starts_on=datetime.date(2016, 6, 1),
    ...                     deadline=datetime.date(2016, 6, 30), business_days=lambda day: True)
    >>> quota.per_pair_day, quota.is_kept
    (7, True)
    """

    households: int
    pairs: int
    days: int
    per_pair_day: int | None
    capacity: int
    households_short: int
    days_late: int
    pairs_needed: int | None
    finishes_on: datetime.date | None
    decision: Decision = attrs.field(repr=False)

    @property
    def is_kept(self) -> bool:
        """Say whether the deadline can be kept."""
        return not self.households_short


def visit_quota(
    households: int | Mapping[str, int],
    *,
    pairs: int,
    starts_on: datetime.date,
    deadline: datetime.date,
    business_days: BusinessDays,
    policy: QuotaPolicy = VISIT_QUOTA,
) -> VisitQuota:
    """Return how many households each pair visits a day, and whether that can be (走访定额).

    Args:
        households: How many are to be visited, in all or along each street.
        pairs: How many pairs of officers walk, from 1.
        starts_on: The first day.
        deadline: The last day, which counts (6月底前 includes 30 June).
        business_days: A predicate, or the working days; ``lambda day: True`` counts every day.
        policy: How many households a pair can visit a day.

    Returns:
        The quota, and where it cannot be kept, by how much not.

    Raises:
        CreditError: If a number is none, a day is no date, or the deadline lies before the
            first day.

    Source:
        Rows L22, L23 and L28; the capacity is a project proposal.

    >>> quota = visit_quota({"main": 100, "lane": 50}, pairs=1, business_days=lambda day: True,
    ...                     starts_on=datetime.date(2016, 6, 27),
    ...                     deadline=datetime.date(2016, 6, 30))
    >>> quota.is_kept, quota.households_short, quota.days_late, quota.pairs_needed
    (False, 70, 4, 2)
    """
    first, last = a_day("starts_on", starts_on), a_day("deadline", deadline)
    walking = a_count("pairs", pairs, least=1)
    if last < first:
        raise CreditError(f"deadline must not lie before starts_on, got {last} before {first}")
    total = sum(count for _, count in _streets(households))
    days = len(working_days(business_days, first, last))
    capacity = int(policy.households_a_day.value)
    short = max(total - capacity * walking * days, 0)
    needed = -(-total // (capacity * walking))
    per_day = -(-total // (walking * days)) if days else None
    enough = -(-total // (capacity * days)) if days else None
    reason = with_figure(QUOTA_TOO_HIGH if short else QUOTA_KEPT, policy.households_a_day).given(
        **({"households": short} if short else {"households": total}),
        deadline=last,
        capacity=capacity,
    )
    return VisitQuota(
        households=total,
        pairs=walking,
        days=days,
        per_pair_day=per_day,
        capacity=capacity,
        households_short=short,
        days_late=max(needed - days, 0),
        pairs_needed=enough,
        finishes_on=_nth_working_day(business_days, first, needed) if needed else first,
        decision=Decision(
            outcome="refer" if short else "pass",
            status="decided",
            reasons=(reason,),
            basis=basis_of(policy, as_of=first),
        ),
    )


@attrs.frozen(kw_only=True)
class PlannedRoute:
    """The stops of a pair along one street on one day (每日走访计划).

    Attributes:
        on: The day.
        pair: The number of the pair, from 1.
        street: The street; None where only a number of households was given.
        first_stop: The first stop, from 1.
        last_stop: The last stop; the stops between follow each other.

    >>> plan = plan_visits({"main": 3}, pairs=1, starts_on=datetime.date(2016, 6, 1),
    ...                    deadline=datetime.date(2016, 6, 1), business_days=lambda day: True)
    >>> plan[0].households
    3
    """

    on: datetime.date
    pair: int
    street: str | None
    first_stop: int
    last_stop: int

    @property
    def households(self) -> int:
        """Count the stops."""
        return self.last_stop - self.first_stop + 1


def plan_visits(
    households: int | Mapping[str, int],
    *,
    pairs: int,
    starts_on: datetime.date,
    deadline: datetime.date,
    business_days: BusinessDays,
    policy: QuotaPolicy = VISIT_QUOTA,
) -> tuple[PlannedRoute, ...]:
    """Return the daily plan: each pair its stops along the streets, without a skip (按日计划).

    The streets are walked in the order given; each pair has a stretch of its own, equal to one
    household.  A pair does its quota each day, never more than it can; what the deadline leaves
    over is not planned.

    Args:
        households: How many are to be visited, in all or along each street.
        pairs: How many pairs of officers walk.
        starts_on: The first day.
        deadline: The last day, which counts.
        business_days: The calendar.
        policy: How many households a pair can visit a day.

    Returns:
        The routes by day, pair and stop.

    Raises:
        CreditError: As `visit_quota`.

    Source:
        Rows D12 (主要街道顺延，不得跳跃) and L22.

    >>> plan = plan_visits({"main": 3, "lane": 2}, pairs=1, business_days=lambda day: True,
    ...                    starts_on=datetime.date(2016, 6, 1), deadline=datetime.date(2016, 6, 1))
    >>> [(route.street, route.first_stop, route.last_stop) for route in plan]
    [('main', 1, 3), ('lane', 1, 2)]
    """
    quota = visit_quota(
        households,
        pairs=pairs,
        starts_on=starts_on,
        deadline=deadline,
        business_days=business_days,
        policy=policy,
    )
    days = working_days(business_days, starts_on, deadline)
    daily = min(quota.per_pair_day or 0, quota.capacity)
    streets = _streets(households)
    ends = list(itertools.accumulate(count for _, count in streets))
    routes = []
    for number, day in enumerate(days):
        for pair in range(pairs):
            start = pair * quota.households // pairs
            end = (pair + 1) * quota.households // pairs
            first = min(start + number * daily, end)
            routes += _along(
                streets, ends, (first, min(first + daily, end)), on=day, pair=pair + 1
            )
    return tuple(routes)


def _along(
    streets: Iterable[tuple[str | None, int]],
    ends: Iterable[int],
    stretch: tuple[int, int],
    *,
    on: datetime.date,
    pair: int,
) -> list[PlannedRoute]:
    """Cut a stretch of all households at the ends of the streets."""
    found = []
    for (street, count), end in zip(streets, ends, strict=True):
        begin = end - count
        first, last = max(stretch[0], begin), min(stretch[1], end)
        if first < last:
            found.append(
                PlannedRoute(
                    on=on,
                    pair=pair,
                    street=street,
                    first_stop=first - begin + 1,
                    last_stop=last - begin,
                )
            )
    return found


@attrs.frozen(kw_only=True)
class Supervision:
    """When plans are made and progress is looked at (按日计划，每周、每月督促).

    Attributes:
        daily: Each working day: its plan.
        weekly: The last working day of each ISO week.
        monthly: The last working day of each month.

    >>> june = plan_supervision(datetime.date(2016, 6, 1), datetime.date(2016, 6, 30),
    ...                         business_days=lambda day: True)
    >>> len(june.daily), len(june.weekly), len(june.monthly)
    (30, 5, 1)
    """

    daily: tuple[datetime.date, ...] = attrs.field(converter=many)
    weekly: tuple[datetime.date, ...] = attrs.field(converter=many)
    monthly: tuple[datetime.date, ...] = attrs.field(converter=many)


def _week(day: datetime.date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def _month(day: datetime.date) -> str:
    return f"{day.year:04d}-{day.month:02d}"


def plan_supervision(
    starts_on: datetime.date, ends_on: datetime.date, *, business_days: BusinessDays
) -> Supervision:
    """Return the days of a plan and of its weekly and monthly checks.

    Args:
        starts_on: The first day of the plan.
        ends_on: The last, which counts.
        business_days: The calendar.

    Raises:
        CreditError: If a day is no date, or the last lies before the first.

    Source:
        Row L22.

    >>> plan_supervision(datetime.date(2016, 6, 1), datetime.date(2016, 6, 7),
    ...                  business_days=lambda day: True).weekly
    (datetime.date(2016, 6, 5), datetime.date(2016, 6, 7))
    """
    first, last = a_day("starts_on", starts_on), a_day("ends_on", ends_on)
    if last < first:
        raise CreditError(f"ends_on must not lie before starts_on, got {last} before {first}")
    days = working_days(business_days, first, last)
    return Supervision(
        daily=days,
        weekly=tuple({_week(day): day for day in days}.values()),
        monthly=tuple({_month(day): day for day in days}.values()),
    )


# --- progress ----------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class ProgressPeriod:
    """What was planned and done in one week or month.

    Attributes:
        name: The period, such as "2016-W22" or "2016-06".
        planned: Households that the even plan gives it, up to the day asked.
        done: Households visited in it, up to the day asked.

    >>> ProgressPeriod(name="2016-06", planned=100, done=50).rate.percent(0)
    Decimal('50')
    """

    name: str
    planned: int
    done: int

    @property
    def rate(self) -> Ratio:
        """Return done of planned."""
        return Ratio(self.done, self.planned)


@attrs.frozen(kw_only=True)
class Progress:
    """How far the visits are, and whether they will end in time (进度督促).

    Attributes:
        total: Households to be visited.
        done: Households visited up to the day asked.
        planned: Households that the even plan asks up to that day, rounded up.
        weeks: The same by ISO week.
        months: The same by month.
        is_on_time: Whether the pace so far keeps the deadline; None before anything is done.
        days_late: Working days past the deadline at that pace; None as above.
        forecast_on: The day of the last visit at that pace; None where unknown, or past the
            calendar given.

    >>> log = {"on": [datetime.date(2016, 6, 1)], "households": [10]}
    >>> june = visit_progress(log, total=300, starts_on=datetime.date(2016, 6, 1),
    ...                       deadline=datetime.date(2016, 6, 30), business_days=lambda day: True,
    ...                       as_of=datetime.date(2016, 6, 2))
    >>> june.behind, june.is_on_time, june.forecast_on
    (10, False, datetime.date(2016, 7, 30))
    """

    total: int
    done: int
    planned: int
    weeks: tuple[ProgressPeriod, ...] = attrs.field(converter=many)
    months: tuple[ProgressPeriod, ...] = attrs.field(converter=many)
    is_on_time: bool | None
    days_late: int | None
    forecast_on: datetime.date | None

    @property
    def behind(self) -> int:
        """Return how many households are missing from the plan so far."""
        return max(self.planned - self.done, 0)

    @property
    def rate(self) -> Ratio:
        """Return done of planned so far."""
        return Ratio(self.done, self.planned)


def visit_progress(
    done: Mapping[str, object],
    *,
    total: int,
    starts_on: datetime.date,
    deadline: datetime.date,
    business_days: BusinessDays,
    as_of: datetime.date,
) -> Progress:
    """Return progress by week and month against an even plan, and the forecast of its end.

    The plan gives each working day an equal share.  The forecast goes on at the mean pace of
    the working days so far; days without a visit count.

    Args:
        done: ``on`` and ``households``, visits by day; one household a row where
            ``households`` is left out.
        total: Households to be visited.
        starts_on: The first day of the plan.
        deadline: The last, which counts.
        business_days: The calendar.
        as_of: The day asked for, itself counted; later rows do not count.

    Raises:
        CreditError: If a number is none, a day is no date, or the deadline lies before the
            first day.
        InputError: If a column is another, differs in length, or has an unknown cell.

    Source:
        Rows L22 and L28: 每周、每月督促进度.

    >>> visit_progress({"on": []}, total=10, starts_on=datetime.date(2016, 6, 1),
    ...                deadline=datetime.date(2016, 6, 30), business_days=lambda day: True,
    ...                as_of=datetime.date(2016, 6, 1)).is_on_time is None
    True
    """
    first, last, asked = (
        a_day("starts_on", starts_on),
        a_day("deadline", deadline),
        a_day("as_of", as_of),
    )
    wanted = a_count("total", total)
    if last < first:
        raise CreditError(f"deadline must not lie before starts_on, got {last} before {first}")
    visited = _by_day(done, asked)
    plan = working_days(business_days, first, last)
    # Past the deadline the whole is planned, and the days go on.
    gone = working_days(business_days, first, asked)
    share = {day: n for day, n in _even(wanted, plan).items() if day <= asked}
    count = sum(visited.values())
    late: int | None = None
    ends: datetime.date | None = None
    if count >= wanted:
        ends = _day_of(visited, wanted, first)
        late = len(working_days(business_days, last + _ONE_DAY, ends))
    elif count and gone:
        more = -(-(wanted - count) * len(gone) // count)
        free = sum(day > asked for day in plan)
        late = max(more - free, 0) + sum(day > last for day in gone)
        ends = _nth_working_day(business_days, asked + _ONE_DAY, more)
    return Progress(
        total=wanted,
        done=count,
        planned=sum(share.values()),
        weeks=_periods(share, visited, _week),
        months=_periods(share, visited, _month),
        is_on_time=None if late is None else not late and (ends is None or ends <= last),
        days_late=late,
        forecast_on=ends,
    )


def _by_day(done: Mapping[str, object], asked: datetime.date) -> dict[datetime.date, int]:
    known_names(done, ("on", "households"), table="done")
    count = same_length(done)
    on = day_column("on", done.get("on", [None] * count))
    refuse_unknown("on", np.isnat(on))
    numbers = int_column("households", done.get("households", [1] * count))
    refuse_unknown("households", ~numbers.known)
    if len(numbers) and int(numbers.values.min()) < 0:
        row = int(numbers.values.argmin())
        raise InputError(
            f"households must be 0 or more, got {numbers.values[row]} at row {row}",
            column="households",
            first_row=row,
        )
    is_past = on <= np.datetime64(asked, "D")
    days, at = np.unique(on[is_past], return_inverse=True)
    sums = np.zeros(len(days), np.int64)
    np.add.at(sums, at.ravel(), numbers.values[is_past])
    return dict(zip(days.tolist(), sums.tolist(), strict=True))


def _even(total: int, days: Sequence[datetime.date]) -> dict[datetime.date, int]:
    """Share a total over days so that the days up to each hold their part, rounded up."""
    upto = [-(-total * n // len(days)) for n in range(len(days) + 1)] if days else [0]
    return {day: upto[n + 1] - upto[n] for n, day in enumerate(days)}


def _day_of(
    visited: Mapping[datetime.date, int], wanted: int, first: datetime.date
) -> datetime.date:
    """Return the day on which the last household was visited."""
    days = itertools.accumulate(visited.values())
    return next((day for day, n in zip(visited, days, strict=True) if n >= wanted > 0), first)


def _periods(
    planned: Mapping[datetime.date, int],
    done: Mapping[datetime.date, int],
    name_of: Callable[[datetime.date], str],
) -> tuple[ProgressPeriod, ...]:
    asked: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for counts, days in ((asked, planned), (found, done)):
        for day, count in days.items():
            counts[name_of(day)] += count
    names = sorted({*asked, *found})
    return tuple(
        ProgressPeriod(name=name, planned=asked[name], done=found[name]) for name in names
    )


def check_deadline(
    deadline: datetime.date,
    finished_on: datetime.date | None = None,
    *,
    as_of: datetime.date,
) -> Decision:
    """Say whether a run ended by its deadline, which counts (6月底前).

    Args:
        deadline: The last day in time.
        finished_on: The day it ended; None, or a day after the one asked, is not yet.
        as_of: The day asked for.

    Returns:
        Outcome "met", "open" or "late"; late says by how many days.

    Raises:
        CreditError: If a day is no date.

    Source:
        Row L28: 30 June is in time, 1 July late.

    >>> june, july = datetime.date(2016, 6, 30), datetime.date(2016, 7, 1)
    >>> [check_deadline(june, ended, as_of=july).outcome for ended in (june, july)]
    ['met', 'late']
    """
    last, asked = a_day("deadline", deadline), a_day("as_of", as_of)
    ended = a_day_or_none("finished_on", finished_on)
    if ended is not None and ended > asked:
        ended = None
    days = ((asked if ended is None else ended) - last).days
    if days > 0:
        outcome, reason = "late", DEADLINE_MISSED.given(deadline=last, days=days)
    elif ended is None:
        outcome, reason = "open", DEADLINE_OPEN.given(deadline=last)
    else:
        outcome, reason = "met", DEADLINE_KEPT.given(deadline=last, ended_on=ended)
    basis = Basis(id="grids.deadline", as_of=asked)
    return Decision(outcome=outcome, status="decided", reasons=(reason,), basis=basis)


def split_reward(reward_fen: int, contributions: Mapping[Id, int]) -> FrozenMapping[Id, int]:
    """Split a team's reward by contribution, to the last fen (团队考核奖励).

    Each gets its share cut to the fen; what is left goes, a fen each, to the largest
    remainders, the first named first.

    Args:
        reward_fen: What is split, in fen.
        contributions: What each member did, in one unit, from 0.

    Raises:
        CreditError: If a number is none, or nobody did anything.

    Source:
        Row L40; the rule of the split is a project proposal.

    >>> dict(split_reward(9_000_00, {"p1": 1, "p2": 1, "p3": 1}))
    {'p1': 300000, 'p2': 300000, 'p3': 300000}
    """
    reward = a_count("reward_fen", reward_fen)
    parts = {
        an_id("a member", member): a_count(f"contribution of {member}", part)
        for member, part in contributions.items()
    }
    total = sum(parts.values())
    if not total:
        raise CreditError("contributions must not all be 0: nobody did anything to reward")
    shares = {member: reward * part // total for member, part in parts.items()}
    left = reward - sum(shares.values())
    by_rest = sorted(parts, key=lambda member: -(reward * parts[member] % total))
    for member in by_rest[:left]:
        shares[member] += 1
    return FrozenMapping(shares)
