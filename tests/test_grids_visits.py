"""Grids: the log of field work, day blocks, stationed visits, quota, plans and progress."""

import datetime
import math

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.errors import CreditError
from ruralcredit.grids import (
    DAY_BLOCKS,
    FIELD_RULES,
    VISIT_QUOTA,
    DayBlock,
    DayBlocks,
    FieldPolicy,
    Visit,
    check_day_blocks,
    check_deadline,
    check_stationed,
    check_visits,
    plan_supervision,
    plan_visits,
    split_reward,
    visit_progress,
    visit_quota,
)
from ruralcredit.reasons import Figure

DAY = datetime.date(2024, 6, 3)
ONE = datetime.timedelta(days=1)
PERSONS = st.sampled_from(["p1", "p2", "p3", None])
ROWS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["h1", "h2", "h3"]),
        PERSONS,
        PERSONS,
        st.sampled_from(["main", "lane", None]),
        st.none() | st.integers(1, 6),
    ),
    max_size=14,
)


def visits_of(rows):
    """Return drawn rows as visits."""
    return [
        Visit(DAY + n * ONE, h, lead=lead, second=second, street=street, stop=stop)
        for n, h, lead, second, street, stop in rows
    ]


def expected_violations(log, as_of):
    """Walk through a log as an officer would, row by row in time."""
    found = set()
    for row, one in enumerate(log):
        if one.on > as_of:
            continue
        found |= {(row, "GRD-050")} if one.lead is None else set()
        found |= {(row, "GRD-051")} if one.second is None else set()
        found |= {(row, "GRD-052")} if one.lead and one.lead == one.second else set()
        found |= {(row, "GRD-054")} if one.street and one.stop is None else set()
    last, been = {}, set()
    for row, one in sorted(enumerate(log), key=lambda pair: (pair[1].on, pair[0])):
        if one.on > as_of or one.street is None or one.stop is None:
            continue
        key = (frozenset([one.lead, one.second]), one.street)
        before = last.get(key)
        if before is not None and any(
            (one.street, stop) not in been for stop in range(before + 1, one.stop)
        ):
            found.add((row, "GRD-053"))
        last[key] = one.stop
        been.add((one.street, one.stop))
    return found


@given(rows=ROWS, later=st.integers(0, 3))
def test_violations_of_a_log_are_those_an_officer_finds(rows, later):
    """Two people, and the route: an independent walk gives the same rows and codes."""
    log = visits_of(rows)
    as_of = DAY + later * ONE

    audit = check_visits(log, as_of=as_of)

    assert expected_violations(log, as_of) == {(one.rows[-1], one.reason.code) for one in audit}
    assert all(one.is_certain == (one.reason.code != "GRD-054") for one in audit)


@given(rows=ROWS)
def test_a_log_is_read_alike_as_visits_and_as_columns(rows):
    """The order of rows is told by a column of its own as well."""
    log = visits_of(rows)
    names = ("on", "household", "lead", "second", "street", "stop")
    columns = {name: [getattr(one, name) for one in log][::-1] for name in names}
    columns["order"] = list(range(len(log)))[::-1]

    alone = check_visits(log, as_of=DAY + 9 * ONE)
    together = check_visits(columns, as_of=DAY + 9 * ONE)

    assert dict(alone.counts()) == dict(together.counts())
    assert sorted(len(log) - 1 - r for r in together.rows("route")) == alone.rows("route").tolist()


def test_a_stop_may_be_passed_over_only_where_somebody_had_been_before():
    """Stop 2 was visited by another pair before the jump to 3, stop 5 after the jump to 6."""
    log = [
        Visit(DAY, f"h{n}", lead=lead, second="s", street="main", stop=stop)
        for n, (lead, stop) in enumerate(
            [("q", 2), ("p", 1), ("p", 3), ("p", 4), ("p", 6), ("q", 5)]
        )
    ]

    audit = check_visits(log, as_of=DAY)

    assert [((3, 4), 4, 6)] == [
        (one.rows, one.reason.values["last_stop"], one.reason.values["stop"]) for one in audit
    ]


def test_a_register_and_a_log_must_name_the_same_visits():
    """Each side's surplus is found, an unchecked day is open until it is over."""
    log = [
        Visit(DAY, "h1", lead="p1", second="p2"),
        Visit(DAY + ONE, "h2", lead="p1", second="p2"),
    ]
    register = {
        "on": [DAY, DAY, DAY + ONE],
        "household": ["h1", "h3", "h2"],
        "lead": ["p1", "p1", "p9"],
        "checked_on": [DAY, None, None],
    }

    audit = check_visits(log, register=register, as_of=DAY + ONE)

    assert [
        ("visits", (1,), "GRD-055"),
        ("register", (1,), "GRD-056"),
        ("register", (1,), "GRD-057"),
        ("register", (2,), "GRD-056"),
    ] == [(one.table, one.rows, one.reason.code) for one in audit]
    assert [1] == audit.rows("register").tolist()
    assert "FieldAudit(0 two_people, 0 route, 4 register, 0 desk)" == repr(audit)
    assert audit[-1] == list(audit)[-1]
    assert audit[2].reason.figures == (FIELD_RULES.register_days,)


def test_desk_work_without_a_block_is_open_and_without_the_column_in_marketing_time():
    """Unknown is marked so and not counted."""
    desk = {"staff": ["p1"], "on": [DAY], "block": [None]}

    audit = check_visits([], desk=desk, as_of=DAY)
    plain = check_visits([], desk={"staff": ["p1"], "on": [DAY]}, as_of=DAY)

    assert [False] == [one.is_certain for one in audit]
    assert (0, 1) == (audit.counts()["desk"], plain.counts()["desk"])
    assert [0] == plain.rows("desk").tolist()


def test_a_year_of_logs_is_read_in_columns():
    """Two hundred thousand rows, one skip."""
    count = 200_000
    stop = np.arange(count) % 800 + 1
    columns = {
        "on": np.datetime64(DAY, "D") + np.arange(count) // 800,
        "household": np.arange(count),
        "lead": np.ones(count, np.int64),
        "second": np.full(count, 2),
        "street": np.arange(count) // 800,
        "stop": stop,
    }
    columns["stop"][801] = 5

    audit = check_visits(columns, as_of=datetime.date(2030, 1, 1))

    assert [(801, (800, 801))] == [(one.rows[-1], one.rows) for one in audit]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: check_visits(["x"], as_of=DAY), "must be Visits"),
        (lambda: check_visits({"on": [None], "household": ["h"]}, as_of=DAY), "known in every"),
        (
            lambda: check_visits({"on": [DAY], "household": ["h"], "stop": [0]}, as_of=DAY),
            "visits.stop must be 1",
        ),
        (lambda: check_visits({"day": [DAY]}, as_of=DAY), "leave it out"),
        (
            lambda: check_visits([], as_of=datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)),
            "pass its .date",
        ),
        (lambda: check_visits([], as_of="2024-06-03"), "write datetime.date"),
        (lambda: check_visits([], as_of=DAY)["x"], "asked by its number"),
        (lambda: check_visits([], as_of=DAY).rows("x"), "a rule must be one of"),
        (lambda: Visit(DAY, "h", lead="p", stop=0), "whole number from 1"),
        (lambda: FieldPolicy(register_days=-1), "whole number from 0"),
        (lambda: DAY_BLOCKS.block_at(1440), "minute must be 0 to 1439"),
        (lambda: DayBlocks(blocks=DAY_BLOCKS.blocks[:2]), "must have blocks"),
        (lambda: attrs.evolve(DAY_BLOCKS.blocks[0], id="lunch"), "a block must be one of"),
        (
            lambda: attrs.evolve(DAY_BLOCKS.blocks[0], starts=DAY_BLOCKS.blocks[0].ends),
            "must end after it starts",
        ),
        (
            lambda: attrs.evolve(
                DAY_BLOCKS,
                blocks=[
                    attrs.evolve(DAY_BLOCKS.blocks[0], ends=DAY_BLOCKS.blocks[1].ends),
                    *DAY_BLOCKS.blocks[1:],
                ],
            ),
            "must not overlap",
        ),
        (
            lambda: check_day_blocks({"staff": [], "on": [], "block": [], "action": []}).missing(
                "p", DAY
            ),
            "neither in the log",
        ),
        (
            lambda: attrs.evolve(
                VISIT_QUOTA, smallest=VISIT_QUOTA.largest, largest=VISIT_QUOTA.smallest
            ),
            "must not exceed",
        ),
        (
            lambda: visit_quota(
                1, pairs=1, starts_on=DAY, deadline=DAY - ONE, business_days=weekday
            ),
            "deadline must not lie before",
        ),
        (lambda: plan_supervision(DAY, DAY - ONE, business_days=weekday), "ends_on must not"),
        (
            lambda: visit_quota(1, pairs=1, starts_on=DAY, deadline=DAY, business_days=None),
            "where every day counts",
        ),
        (
            lambda: visit_quota(
                1, pairs=1, starts_on=DAY, deadline=DAY, business_days=lambda _: 1
            ),
            "must answer True or False",
        ),
        (
            lambda: visit_quota(
                1, pairs=1, starts_on=DAY, deadline=DAY, business_days=lambda _: False
            ),
            "a working day within 366",
        ),
        (lambda: progress({"on": [DAY], "households": [-1]}), "0 or more"),
        (lambda: progress({"on": [None]}), "known in every row"),
        (
            lambda: visit_progress(
                {}, total=1, starts_on=DAY, deadline=DAY - ONE, business_days=weekday, as_of=DAY
            ),
            "must not lie before",
        ),
        (lambda: split_reward(1, {"p": 0}), "nobody did anything"),
    ],
)
def test_what_no_log_or_plan_holds_is_refused(make, message):
    """The message says what must hold, what came and how to mend it."""
    with pytest.raises(CreditError, match=message):
        make()


def weekday(day):
    """Say whether a day is neither Saturday nor Sunday."""
    return day.weekday() < 5


def progress(done, **facts):
    """Ask about the progress of a hundred households over two working weeks."""
    asked = {
        "total": 100,
        "starts_on": DAY,
        "deadline": datetime.date(2024, 6, 14),
        "business_days": weekday,
        "as_of": datetime.date(2024, 6, 7),
    }
    return visit_progress(done, **{**asked, **facts})


def test_day_blocks_over_days_owed_and_done():
    """A person without a log on a day owed lacks all eight actions."""
    log = {
        "staff": ["b", "a", "b"],
        "on": [DAY, DAY, DAY],
        "block": ["own", "own", "fixed"],
        "action": ["desk_work", "desk_work", "visit"],
    }

    audit = check_day_blocks(log, owed={"staff": ["a", "c"], "on": [DAY + ONE, DAY]})

    assert ("a", "a", "b", "c") == audit.staff
    assert [1, 0, 1, 0] == audit.done.sum(axis=1).tolist()
    assert 30 == len(audit.reasons())
    assert ["GRD-061"] == [one.code for one in audit.misplaced_reasons()]
    assert "DayAudit(4 days of staff, 0 with all actions)" == repr(audit)
    assert isinstance(DAY_BLOCKS.blocks[0], DayBlock)


def test_stationed_visits_count_from_the_first_whole_week():
    """A week that began before the first day is not owed, another branch is no matter."""
    visits = {
        "branch": ["x", "b", "z"],
        "on": [DAY, DAY - ONE, DAY],
        "kind": ["station", "village", None],
    }

    weeks = check_stationed(visits, branches=["b", "x"], since=DAY - 3 * ONE, as_of=DAY + 7 * ONE)

    assert [[2, 2], [1, 2]] == weeks.shortfall.tolist()
    assert "StationedWeeks(2 branches, 2 weeks short)" == repr(weeks)
    assert [("b", 0), ("x", 1)] == [
        (r.values["branch"], r.values["count"]) for r in weeks.reasons()
    ]
    assert () == check_stationed({}, branches=["b"], since=DAY, as_of=DAY - 9 * ONE).reasons()


@given(
    streets=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 70), min_size=1),
    pairs=st.integers(1, 4),
    span=st.integers(0, 12),
)
def test_plans_visit_each_household_once_along_its_street_within_the_quota(streets, pairs, span):
    """What is kept is planned to the last household; no pair does more than it can."""
    asked = {
        "pairs": pairs,
        "starts_on": DAY,
        "deadline": DAY + span * ONE,
        "business_days": weekday,
    }
    quota = visit_quota(streets, **asked)
    plan = plan_visits(streets, **asked)
    visits = [
        (route.street, stop)
        for route in plan
        for stop in range(route.first_stop, route.last_stop + 1)
    ]
    per_day = {}
    for route in plan:
        key = (route.on, route.pair)
        per_day[key] = per_day.get(key, 0) + route.households

    assert len(visits) == len(set(visits))
    assert quota.households == sum(streets.values())
    assert all(n <= min(quota.capacity, quota.per_pair_day) for n in per_day.values())
    if quota.is_kept:
        assert {(s, n) for s, most in streets.items() for n in range(1, most + 1)} == set(visits)
        assert quota.finishes_on <= DAY + span * ONE or quota.days == 0
    log = [
        Visit(
            route.on,
            f"{route.street}{n}",
            lead=f"p{route.pair}",
            second=f"s{route.pair}",
            street=route.street,
            stop=n,
        )
        for route in plan
        for n in range(route.first_stop, route.last_stop + 1)
    ]
    assert 0 == len(check_visits(log, as_of=DAY + span * ONE))


@given(total=st.integers(0, 500), pairs=st.integers(1, 4), span=st.integers(0, 20))
def test_a_deadline_is_kept_exactly_by_the_pairs_needed(total, pairs, span):
    """With the pairs named it is kept, with one fewer it is not."""
    asked = {"starts_on": DAY, "deadline": DAY + span * ONE, "business_days": weekday}
    needed = visit_quota(total, pairs=pairs, **asked).pairs_needed

    assert visit_quota(total, pairs=max(needed, 1), **asked).is_kept
    assert needed <= 1 or not visit_quota(total, pairs=needed - 1, **asked).is_kept


def test_without_a_working_day_nothing_is_kept():
    """A weekend only: no quota, and the collection does not reach further."""
    weekend = datetime.date(2024, 6, 8)
    quota = visit_quota(5, pairs=1, starts_on=weekend, deadline=weekend, business_days=[])

    assert (None, None, None, False) == (
        quota.per_pair_day,
        quota.pairs_needed,
        quota.finishes_on,
        quota.is_kept,
    )
    assert () == plan_visits(5, pairs=1, starts_on=weekend, deadline=weekend, business_days=[DAY])
    assert 0 == progress({}, business_days=[]).planned


def test_progress_by_week_and_month_with_its_forecast():
    """Fifty are planned by the first Friday; thirty are done, so it ends six days late."""
    found = progress({"on": [DAY, DAY + ONE], "households": [10, 20]})

    assert (30, 50, 20) == (found.done, found.planned, found.behind)
    assert (False, 7) == (found.is_on_time, found.days_late)
    assert datetime.date(2024, 6, 25) == found.forecast_on
    assert [("2024-W23", 50, 30)] == [(w.name, w.planned, w.done) for w in found.weeks]
    assert "60" == str(found.rate.percent(0)) == str(found.months[0].rate.percent(0))


@pytest.mark.parametrize(
    ("done", "as_of", "is_on_time", "late", "ends"),
    [
        ([100], datetime.date(2024, 6, 7), True, 0, DAY),
        ([50], datetime.date(2024, 6, 7), True, 0, datetime.date(2024, 6, 14)),
        ([49], datetime.date(2024, 6, 7), False, 1, datetime.date(2024, 6, 17)),
        ([0], datetime.date(2024, 6, 7), None, None, None),
        ([90], datetime.date(2024, 6, 17), False, 3, datetime.date(2024, 6, 19)),
    ],
)
def test_forecasts_on_and_beside_the_deadline(done, as_of, is_on_time, late, ends):
    """At the pace so far: kept to the day, a day late, nothing known, past it already."""
    found = progress({"on": [DAY], "households": done}, as_of=as_of)

    assert (is_on_time, late, ends) == (found.is_on_time, found.days_late, found.forecast_on)


def test_work_ended_after_the_deadline_is_late_even_on_a_day_off():
    """A Saturday is no working day, and yet past the deadline."""
    found = progress(
        {"on": [datetime.date(2024, 6, 15)], "households": [100]},
        as_of=datetime.date(2024, 6, 20),
    )

    assert (False, 0) == (found.is_on_time, found.days_late)
    assert progress({}, total=0).is_on_time


def test_a_run_that_has_not_ended_is_open_until_its_deadline():
    """An end after the day asked is not yet."""
    assert "open" == check_deadline(DAY, as_of=DAY).outcome
    assert "open" == check_deadline(DAY, DAY + ONE, as_of=DAY).outcome
    assert "late" == check_deadline(DAY, as_of=DAY + ONE).outcome


@given(
    reward=st.integers(0, 10**7),
    parts=st.dictionaries(st.sampled_from("abcde"), st.integers(0, 50), min_size=1),
)
def test_a_reward_is_split_to_the_last_fen_by_contribution(reward, parts):
    """The shares sum to the reward, each within a fen of its due, more for more."""
    if not sum(parts.values()):
        return
    shares = split_reward(reward, parts)

    assert reward == sum(shares.values())
    for member, part in parts.items():
        due = reward * part / sum(parts.values())
        assert math.floor(due) <= shares[member] <= math.ceil(due)


def test_a_banks_own_figure_moves_the_check_of_the_register():
    """Within one day, by a bank's policy."""
    own = FieldPolicy(
        register_days=Figure(id="own", value=1, unit="days", basis="bank policy", source="manual")
    )
    register = {"on": [DAY], "household": ["h"], "lead": ["p"], "checked_on": [DAY + ONE]}
    log = [Visit(DAY, "h", lead="p", second="q")]

    assert 0 == len(check_visits(log, register=register, as_of=DAY + 2 * ONE, policy=own))
