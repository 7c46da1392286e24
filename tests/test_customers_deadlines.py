"""Customers: contact cadences and the call centre's hand-over, with their deadlines."""

import datetime
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruralcredit.customers import (
    CONTACTS,
    HAND_OVER,
    LEADS,
    Contact,
    ContactPolicy,
    ContactRule,
    HandOverPolicy,
    StateColumn,
    check_contacts,
    check_contacts_columns,
    check_hand_over,
    check_hand_over_columns,
    hand_over_due_on,
)
from ruralcredit.errors import CreditError, InputError
from ruralcredit.reasons import Figure
from ruralcredit.testing import days
from ruralcredit.values import from_dict, to_dict

ONE_DAY = datetime.timedelta(days=1)
FIRST, LAST = datetime.date(2024, 1, 1), datetime.date(2024, 12, 31)
DAYS = days(FIRST, LAST)
YES_NO = st.none() | st.booleans()
LEAD_WORDS = st.sampled_from([rule.lead for rule in CONTACTS.rules])
LOGS = st.lists(st.builds(Contact, DAYS, YES_NO), max_size=6)


def figure(value):
    """Return a bank's own figure."""
    return Figure(id="own", value=value, unit="days", basis="bank policy", source="manual")


def is_weekday(day):
    """Say whether a day is neither Saturday nor Sunday."""
    return day.weekday() < 5


def state_of(decision):
    """Return the outcome, or the status where there is none."""
    return decision.outcome or decision.status


def states_of(column):
    """Return each row's outcome, or its status where there is none."""
    words = {-2: "undetermined", -3: "conflict"}
    return [words.get(code) or column.words[code] for code in column.codes.tolist()]


# ---- contacts: an oracle that walks the calendar ----------------------------------------


def periods_of(rule, first, last):
    """Return the calendar periods between two days as (first day, last day)."""
    starts = [
        datetime.date(year, month, 1)
        for year in range(first.year, last.year + 3)
        for month in range(1, 13, {"month": 1, "quarter": 3}[rule.every])
    ]
    return [(one, other - ONE_DAY) for one, other in itertools.pairwise(starts)]


def expected_contacts(rule, contacts, *, since, as_of):
    """Return (state, due day) with every record known."""
    full = [one for one in periods_of(rule, since, as_of) if one[0] >= since]
    counting = [
        contact.on
        for contact in contacts
        if contact.on <= as_of and (contact.has_record or not rule.needs_record)
    ]

    def has_enough(period):
        return sum(period[0] <= day <= period[1] for day in counting) >= rule.contacts.value

    past = [period for period in full if period[1] < as_of]
    current = [period for period in full if period[0] <= as_of <= period[1]]
    if not current:
        return "not_started", full[0][1]
    if has_enough(current[0]):
        return "met", full[full.index(current[0]) + 1][1]
    if past and not has_enough(past[-1]):
        return "late", past[-1][1]
    return "open", current[0][1]


@given(lead=LEAD_WORDS, contacts=LOGS, since=DAYS, as_of=DAYS)
def test_contacts_are_decided_where_every_record_gives_the_same(lead, contacts, since, as_of):
    """Every completion of the unknown records is tried."""
    rule = CONTACTS.rule(lead)
    choices = [
        (True, False) if contact.has_record is None else (contact.has_record,)
        for contact in contacts
    ]
    found = {
        expected_contacts(
            rule,
            [Contact(c.on, has) for c, has in zip(contacts, filed, strict=True)],
            since=since,
            as_of=as_of,
        )
        for filed in itertools.product(*choices)
    }

    decision = check_contacts(lead, contacts, since=since, opted_out=False, as_of=as_of)

    if len(found) > 1:
        assert ("undetermined", ("has_record",)) == (decision.status, decision.ask)
        assert {"CUS-014"} == {reason.code for reason in decision.reasons}
    else:
        state, due_on = found.pop()
        assert state == decision.outcome
        assert f"due_on = {due_on}" == decision.trace[-1]


CUSTOMERS = st.lists(st.tuples(st.sampled_from("abc"), st.none() | DAYS, YES_NO), max_size=5)
ENTRIES = st.lists(st.tuples(st.sampled_from("abcd"), DAYS, YES_NO), max_size=8)


@given(lead=LEAD_WORDS, customers=CUSTOMERS, entries=ENTRIES, as_of=DAYS)
def test_contacts_are_the_same_alone_and_in_columns(lead, customers, entries, as_of):
    """One customer asked alone and inside columns stands in the same state."""
    column = check_contacts_columns(
        lead,
        {
            "customer": [who for who, _, _ in customers],
            "since": [since for _, since, _ in customers],
            "opted_out": [out for _, _, out in customers],
        },
        contacts={
            "customer": [who for who, _, _ in entries],
            "on": [on for _, on, _ in entries],
            "has_record": [filed for _, _, filed in entries],
        },
        as_of=as_of,
    )
    alone = [
        check_contacts(
            lead,
            [Contact(on, filed) for name, on, filed in entries if name == who],
            since=since,
            opted_out=out,
            as_of=as_of,
        )
        for who, since, out in customers
    ]

    assert [state_of(decision) for decision in alone] == states_of(column)
    for decision, due_on in zip(alone, column.due_on, strict=True):
        told = [line for line in decision.trace if line.startswith("due_on")]
        assert told == ([] if np.isnat(due_on) else [f"due_on = {due_on}"])


@given(contacts=LOGS, since=DAYS, as_of=DAYS, more=st.builds(Contact, DAYS, st.just(value=True)))
def test_another_contact_never_makes_a_customer_late(contacts, since, as_of, more):
    """More contact is never worse."""
    rank = ["met", "open", "late"]
    one, other = (
        check_contacts("card_undrawn", log, since=since, opted_out=False, as_of=as_of).outcome
        for log in (contacts, [*contacts, more])
    )

    if one in rank and other in rank:
        assert rank.index(other) <= rank.index(one)


def test_the_trace_counts_every_full_period():
    """April was missed, May is not made up for it, and June is open."""
    log = [Contact(datetime.date(2024, 5, 31)), Contact(datetime.date(2024, 3, 20))]
    decision = check_contacts(
        "card_not_issued",
        log,
        since=datetime.date(2024, 3, 15),
        opted_out=False,
        as_of=datetime.date(2024, 6, 2),
    )

    assert (
        "2024-04: 0 of 1 contacts",
        "2024-05: 1 of 1 contacts",
        "2024-06: 0 of 1 contacts",
        "due_on = 2024-06-30",
    ) == decision.trace
    assert "0 of 1 contacts are made in 2024-06, the rest is due by 2024-06-30" == (
        decision.reasons[0].text()
    )
    assert "customers.contacts" == decision.basis.id
    assert datetime.date(2024, 6, 2) == decision.basis.as_of
    assert CONTACTS.rules[0].contacts in decision.bases()


def test_a_contact_not_on_file_is_named_where_it_was_missed():
    """Quarter by quarter, with what did not count."""
    since, as_of = datetime.date(2023, 12, 31), datetime.date(2024, 7, 1)
    log = [
        Contact(datetime.date(2024, 4, 2), has_record=False),
        Contact(datetime.date(2024, 2, 2)),
    ]
    decision = check_contacts("card_undrawn", log, since=since, opted_out=False, as_of=as_of)

    assert ["CUS-012", "CUS-014"] == [reason.code for reason in decision.reasons]
    assert "2024Q2有1次营销未建档，不计入" == decision.reasons[1].text("zh")
    assert "2024Q1: 0 of 1 contacts, 1 more if filed" == decision.trace[0]
    assert "2024Q3: 0 of 1 contacts" == decision.trace[2]


def test_what_is_unknown_about_a_cadence_is_asked_for():
    """The day it began and the wish of the customer are facts."""
    as_of = datetime.date(2024, 7, 1)
    decision = check_contacts("card_undrawn", [], since=None, opted_out=None, as_of=as_of)
    exempt = check_contacts("card_undrawn", [], since=None, opted_out=True, as_of=as_of)

    assert ("opted_out", "since") == decision.ask
    assert all(reason.unknown for reason in decision.reasons)
    assert ("exempt", ("CUS-001",)) == (
        exempt.outcome,
        tuple(reason.code for reason in exempt.reasons),
    )


def test_every_cadence_belongs_to_a_lead():
    """The two speak of the same states."""
    assert {rule.lead for rule in CONTACTS.rules} <= {row.then["lead"] for row in LEADS.rows}


def test_a_bank_may_ask_for_more_contacts():
    """Two a month: one is not enough."""
    own = ContactPolicy(
        rules=(
            ContactRule(
                lead="card_not_issued", every="month", contacts=figure(2), needs_record=False
            ),
        )
    )
    asked = {"since": datetime.date(2024, 4, 1), "opted_out": False, "policy": own}
    as_of = datetime.date(2024, 5, 1)
    once = [Contact(datetime.date(2024, 4, 2))]

    assert "late" == check_contacts("card_not_issued", once, as_of=as_of, **asked).outcome
    assert "open" == check_contacts("card_not_issued", once * 2, as_of=as_of, **asked).outcome


RULE = {"lead": "x", "every": "month", "contacts": figure(1), "needs_record": False}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lead": ""}, "ContactRule.lead must be text and not blank, got ''"),
        ({"every": "week"}, "every must be month or quarter, got 'week'"),
        ({"contacts": figure(0)}, "contacts must be a Figure of a whole number from 1, got 0"),
        ({"needs_record": None}, "needs_record must be True or False, got None"),
    ],
)
def test_a_rule_that_no_calendar_can_follow_is_refused(changes, message):
    """A cadence has a lead, a period and a number."""
    with pytest.raises(CreditError, match=message):
        ContactRule(**{**RULE, **changes})


def test_a_contact_policy_has_one_rule_per_lead():
    """Two rules would contradict each other."""
    with pytest.raises(CreditError, match="one contact rule, got two for 'x'"):
        ContactPolicy(rules=(ContactRule(**RULE), ContactRule(**RULE)))
    with pytest.raises(CreditError, match="at least one rule, got none"):
        ContactPolicy(rules=())


def ask_contacts(**changes):
    """Ask about one customer with one contact, some of it changed."""
    day = datetime.date(2024, 5, 1)
    columns = {"customer": ["a"], "since": [day], "opted_out": [False]}
    log = {"customer": ["a"], "on": [day], "has_record": [True]}
    return check_contacts_columns(
        changes.get("lead", "card_undrawn"),
        {**columns, **changes.get("columns", {})},
        contacts={**log, **changes.get("contacts", {})},
        as_of=changes.get("as_of", day),
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lead": "lost"}, r"one with a cadence \(card_not_issued, card_undrawn\), got 'lost'"),
        ({"columns": {"sinse": [None]}}, "must be customer, since, opted_out, got 'sinse'"),
        ({"contacts": {"day": [None]}}, "must be customer, on, has_record, got 'day': leave"),
        ({"columns": {"customer": [None]}}, "customer must be known in every row, 1 cells"),
        ({"contacts": {"customer": [""]}}, r"contacts\.customer must be known in every row"),
        ({"contacts": {"on": [None]}}, r"contacts\.on must be known .* first at row 0: list"),
        ({"contacts": {"on": ["2024"]}}, r"contacts\.on must hold datetime\.date"),
        ({"as_of": None}, "as_of must be a date, got NoneType None"),
    ],
)
def test_columns_that_cannot_be_joined_are_refused(changes, message):
    """A log row names its customer and its day."""
    with pytest.raises(CreditError, match=message):
        ask_contacts(**changes)


def test_columns_left_out_are_unknown():
    """Nobody is late for want of a column."""
    day = datetime.date(2024, 5, 1)
    found = check_contacts_columns("card_undrawn", {"customer": ["a"]}, contacts={}, as_of=day)
    logged = check_contacts_columns(
        "card_undrawn",
        {"customer": ["a"], "since": [datetime.date(2024, 1, 1)], "opted_out": [False]},
        contacts={"customer": ["a"], "on": [day]},
        as_of=datetime.date(2024, 6, 1),
    )

    assert {"undetermined": 1} == dict(found.counts())
    assert "StateColumn(1 rows: 1 undetermined)" == repr(logged)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Contact("2024-01-01"), "on must be a date, got str"),
        (lambda: Contact(FIRST, 1), "has_record must be True, False or None .*, got int 1"),
        (
            lambda: check_contacts(
                "card_undrawn", [FIRST], since=None, opted_out=None, as_of=LAST
            ),
            r"must hold Contacts, got datetime.* write Contact\(day, has_record\)",
        ),
        (
            lambda: check_contacts("card_undrawn", [], since=None, opted_out="no", as_of=LAST),
            "opted_out must be True, False or None for unknown, got str 'no'",
        ),
    ],
)
def test_a_customer_is_asked_about_with_facts(call, message):
    """What is no fact of its kind is refused."""
    with pytest.raises(CreditError, match=message):
        call()


# ---- the hand-over: an oracle that walks the days ----------------------------------------


def working_days_before(start, end, is_working):
    """Count the working days strictly between two days."""
    span = range(1, (end - start).days)
    return sum(is_working(start + n * ONE_DAY) for n in span)


def expected_hand_over(invited, followed, *, as_of, is_working):
    """Return the state with the calendar known."""
    if invited > as_of:
        return "not_started"
    if followed is not None and followed > as_of:
        followed = None
    if followed is not None and followed < invited:
        return "conflict"
    used = working_days_before(invited, followed or as_of, is_working)
    if used >= HAND_OVER.working_days.value:
        return "late"
    return "open" if followed is None else "met"


NEAR = days(datetime.date(2024, 6, 1), datetime.date(2024, 6, 20))
OFF = st.sets(NEAR, max_size=10)
ROWS = st.lists(st.tuples(st.none() | NEAR, st.none() | NEAR, YES_NO), max_size=6)


@given(invited=NEAR, followed=st.none() | NEAR, as_of=NEAR, off=OFF)
def test_a_hand_over_counts_working_days(invited, followed, as_of, off):
    """A predicate of days and the days themselves give the same answer."""

    def is_working(day):
        return day not in off

    listed = [FIRST + n * ONE_DAY for n in range(366)]
    asked = {"opted_out": False, "as_of": as_of}
    by_rule = check_hand_over(invited, followed, business_days=is_working, **asked)
    by_list = check_hand_over(
        invited, followed, business_days=set(filter(is_working, listed)), **asked
    )

    assert by_rule == by_list
    assert expected_hand_over(invited, followed, as_of=as_of, is_working=is_working) == (
        state_of(by_rule)
    )


@given(invited=NEAR, followed=st.none() | NEAR, as_of=NEAR)
def test_without_a_calendar_only_what_every_calendar_gives_is_decided(invited, followed, as_of):
    """All days working and none working are the two ends."""
    ends = {
        expected_hand_over(invited, followed, as_of=as_of, is_working=is_working)
        for is_working in (lambda _: True, lambda _: False)
    }
    decision = check_hand_over(invited, followed, opted_out=False, as_of=as_of)

    if len(ends) == 1:
        assert ends == {state_of(decision)}
    else:
        assert ("undetermined", ("business_days",)) == (decision.status, decision.ask)
        assert ["CUS-026"] == [reason.code for reason in decision.reasons]


@given(
    rows=ROWS,
    as_of=NEAR,
    calendar=st.none() | st.just(is_weekday) | st.sets(NEAR, max_size=15),
)
def test_hand_overs_are_the_same_alone_and_in_columns(rows, as_of, calendar):
    """One invitation asked alone and inside columns stands in the same state."""
    names = ("invited_on", "followed_on", "opted_out")
    columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    column = check_hand_over_columns(columns, business_days=calendar, as_of=as_of)
    alone = [
        check_hand_over(invited, followed, opted_out=out, business_days=calendar, as_of=as_of)
        for invited, followed, out in rows
    ]

    assert [state_of(decision) for decision in alone] == states_of(column)
    for decision, due_on in zip(alone, column.due_on, strict=True):
        assert decision.trace == (() if np.isnat(due_on) else (f"due_on = {due_on}",))


@given(invited=NEAR, off=OFF)
def test_the_deadline_is_the_last_day_in_time(invited, off):
    """Met on the day, late on the next."""

    def is_working(day):
        return day not in off

    due_on = hand_over_due_on(invited, business_days=is_working)
    states = [
        check_hand_over(
            invited, day, opted_out=False, business_days=is_working, as_of=LAST
        ).outcome
        for day in (due_on, due_on + ONE_DAY)
    ]

    assert ["met", "late"] == states


def test_a_calendar_says_nothing_beyond_its_days():
    """A list that ends early leaves later days open, and one that begins late the earlier."""
    invited = datetime.date(2024, 6, 6)
    short = [datetime.date(2024, 6, 7)]
    late_start = [datetime.date(2024, 6, day) for day in (11, 12, 13)]

    def ask(calendar, as_of):
        return state_of(
            check_hand_over(invited, opted_out=False, business_days=calendar, as_of=as_of)
        )

    assert "open" == ask(short, datetime.date(2024, 6, 9))
    assert "undetermined" == ask(short, datetime.date(2024, 6, 11))
    assert "undetermined" == ask(late_start, datetime.date(2024, 6, 12))
    assert "late" == ask(late_start, datetime.date(2024, 6, 14))
    assert "undetermined" == ask([], datetime.date(2024, 6, 14))
    with pytest.raises(CreditError, match="must cover 3 working days after 2024-06-06"):
        hand_over_due_on(invited, business_days=short)
    with pytest.raises(CreditError, match="must cover 3 working days after 2024-06-06"):
        hand_over_due_on(invited, business_days=late_start)
    with pytest.raises(CreditError, match="must cover 3 working days after 2024-06-06"):
        hand_over_due_on(invited, business_days=None)


def test_a_calendar_may_be_an_array_of_days():
    """NumPy days are days."""
    calendar = np.arange("2024-06-01", "2024-07-01", dtype="datetime64[D]")

    assert datetime.date(2024, 6, 9) == hand_over_due_on(
        datetime.date(2024, 6, 6), business_days=calendar
    )


@pytest.mark.parametrize(
    ("calendar", "message"),
    [
        ("weekdays", "must be a predicate of a day, a collection of days or None, got str"),
        ({FIRST: True}, "must be a predicate of a day, a collection of days or None, got dict"),
        (5, "must be a predicate of a day, a collection of days or None, got int"),
        (["2024-06-07"], r"business_days must hold datetime\.date values"),
        ([None], "business_days must hold days, got an unknown one"),
        (lambda _: "yes", "must answer True or False, got 'yes' for 2024-06-07"),
        (lambda _: False, "must name a working day within 366 days of 2024-06-06, got none"),
    ],
)
def test_a_calendar_that_is_none_is_refused(calendar, message):
    """A predicate of a day, or the days."""
    with pytest.raises(CreditError, match=message):
        hand_over_due_on(datetime.date(2024, 6, 6), business_days=calendar)


@pytest.mark.parametrize(
    ("followed_on", "as_of", "code"),
    [
        (datetime.date(2024, 6, 11), datetime.date(2024, 7, 1), "CUS-020"),
        (None, datetime.date(2024, 6, 11), "CUS-021"),
        (None, datetime.date(2024, 6, 12), "CUS-022"),
        (datetime.date(2024, 6, 12), datetime.date(2024, 7, 1), "CUS-023"),
        (datetime.date(2024, 6, 5), datetime.date(2024, 7, 1), "CUS-024"),
        (None, datetime.date(2024, 6, 5), "CUS-025"),
        (datetime.date(2024, 6, 12), datetime.date(2024, 6, 11), "CUS-021"),
    ],
)
def test_every_state_of_a_hand_over_has_its_reason(followed_on, as_of, code):
    """One reason, one remedy."""
    decision = check_hand_over(
        datetime.date(2024, 6, 6),
        followed_on,
        opted_out=False,
        business_days=is_weekday,
        as_of=as_of,
    )

    assert [code] == [reason.code for reason in decision.reasons]
    assert "customers.hand_over" == decision.basis.id
    rests = code not in {"CUS-024", "CUS-025"}
    assert ((HAND_OVER.working_days,) if rests else ()) == decision.bases()


def test_what_is_unknown_about_a_hand_over_is_asked_for():
    """The wish of the customer, the day of the invitation, the calendar."""
    decision = check_hand_over(None, opted_out=None, as_of=LAST)
    known = check_hand_over(None, opted_out=False, business_days=is_weekday, as_of=LAST)
    exempt = check_hand_over(None, opted_out=True, as_of=LAST)

    assert ("opted_out", "invited_on", "business_days") == decision.ask
    assert ("invited_on",) == known.ask
    assert all(reason.unknown for reason in decision.reasons)
    assert ("exempt", ()) == (exempt.outcome, exempt.ask)
    assert "undetermined" == check_hand_over(FIRST, opted_out=None, as_of=FIRST).status


def test_a_bank_may_give_another_deadline():
    """One working day, and the answer rests on the bank's figure."""
    own = HandOverPolicy(working_days=figure(1), id="own", version="7")
    decision = check_hand_over(
        datetime.date(2024, 6, 6),
        datetime.date(2024, 6, 10),
        opted_out=False,
        business_days=is_weekday,
        as_of=LAST,
        policy=own,
    )

    assert "late" == decision.outcome
    assert (own.working_days,) == decision.bases()
    assert ("own", "7") == (decision.basis.id, decision.basis.version)
    with pytest.raises(CreditError, match="working_days must be a Figure of a whole number"):
        HandOverPolicy(working_days=figure(0))


def test_hand_over_columns_of_another_name_are_refused():
    """A slip of the pen does not pass as unknown."""
    with pytest.raises(InputError, match="must be invited_on, followed_on, opted_out, got 'x'"):
        check_hand_over_columns({"x": [1]}, as_of=LAST)
    assert {"undetermined": 1} == dict(
        check_hand_over_columns({"opted_out": [False]}, as_of=LAST).counts()
    )


def test_a_column_of_states_answers_who_is_where():
    """Words, masks and counts."""
    column = StateColumn(np.array([2, 0, -3], np.int8), np.full(3, np.datetime64("NaT", "D")))

    assert [True, False, False] == column.are("late").tolist()
    assert {"met": 1, "late": 1, "conflict": 1} == dict(column.counts())
    assert 3 == len(column)
    with pytest.raises(CreditError, match=r"a state must be one of met, open, .*, got 'overdue'"):
        column.are("overdue")
    with pytest.raises(ValueError, match="read-only"):
        column.codes[0] = 1


@pytest.mark.parametrize("value", [CONTACTS, HAND_OVER])
def test_deadlines_go_out_as_plain_data_and_come_back(value):
    """Exactly, so that a bank can keep and change them."""
    assert value == from_dict(type(value), to_dict(value))
