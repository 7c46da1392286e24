"""Contact cadences: who is to be contacted each month or quarter, and who is late."""

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, Literal, Self, TypeAlias, get_args

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import bool_column, day_column, encode_ids, same_length
from ruralcredit.customers._checks import (
    a_day,
    a_truth,
    basis_of,
    known_names,
    least_one,
    not_blank,
)
from ruralcredit.customers._reasons import (
    CADENCE_NOT_STARTED,
    CONTACT_MADE,
    CONTACT_MISSED,
    CONTACT_OPEN,
    CONTACTS_A_MONTH,
    CONTACTS_A_QUARTER,
    NOT_FILED,
    OPTED_OUT,
)
from ruralcredit.customers._states import (
    EXEMPT,
    LATE,
    MET,
    NO_DAY,
    NOT_STARTED,
    OPEN,
    STATES,
    UNDETERMINED,
    StateColumn,
    with_opt_outs,
)
from ruralcredit.errors import CreditError, InputError
from ruralcredit.reasons import Decision, Figure, Reason

__all__ = [
    "CONTACTS",
    "Contact",
    "ContactPolicy",
    "ContactRule",
    "Every",
    "check_contacts",
    "check_contacts_columns",
]

Every: TypeAlias = Literal["month", "quarter"]
"""The calendar periods of a cadence."""

Int64 = npt.NDArray[np.int64]
Int8 = npt.NDArray[np.int8]
Days = npt.NDArray[np.datetime64]

_MONTHS: Final = {"month": 1, "quarter": 3}


@attrs.frozen(kw_only=True)
class ContactRule:
    """How often customers of one lead are contacted (主动营销频次).

    Attributes:
        lead: The lead, as the table of leads names it.
        every: The calendar period, "month" or "quarter".
        contacts: How many contacts each full period needs.
        needs_record: Whether only contacts with a filed record (建档) count.

    Raises:
        CreditError: If the lead is blank, the period another, or the number below 1.

    >>> CONTACTS.rule("card_undrawn").every, CONTACTS.rule("card_undrawn").needs_record
    ('quarter', True)
    """

    lead: str = attrs.field(validator=not_blank)
    every: Every = attrs.field()
    contacts: Figure = attrs.field(validator=least_one, repr=lambda figure: str(figure.value))
    needs_record: bool = attrs.field()

    def __attrs_post_init__(self) -> None:
        """Refuse a rule that no calendar can follow."""
        if self.every not in get_args(Every):
            raise CreditError(f"every must be {' or '.join(get_args(Every))}, got {self.every!r}")
        if not isinstance(self.needs_record, bool):
            raise CreditError(f"needs_record must be True or False, got {self.needs_record!r}")

    @property
    def months(self) -> int:
        """Return the months of a period.

        >>> CONTACTS.rule("card_undrawn").months
        3
        """
        return _MONTHS[self.every]


def _rules(rules: Iterable[ContactRule]) -> tuple[ContactRule, ...]:
    return tuple(rules)


@attrs.frozen(kw_only=True)
class ContactPolicy:
    """The contact cadences of a bank, one per lead.

    Attributes:
        rules: The rules.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If there is no rule, or a lead has two.

    >>> [rule.lead for rule in CONTACTS.rules]
    ['card_not_issued', 'card_undrawn']
    """

    rules: tuple[ContactRule, ...] = attrs.field(converter=_rules)
    id: str = attrs.field(default="customers.contacts", validator=not_blank)
    version: str = attrs.field(default="1", validator=not_blank)

    def __attrs_post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        leads = [rule.lead for rule in self.rules]
        if not leads:
            raise CreditError("a contact policy must have at least one rule, got none")
        twice = sorted({lead for lead in leads if leads.count(lead) > 1})
        if twice:
            raise CreditError(f"a lead must have one contact rule, got two for {twice[0]!r}")

    def rule(self, lead: str) -> ContactRule:
        """Return the rule of a lead.

        Raises:
            CreditError: If the lead has no cadence.

        >>> CONTACTS.rule("card_not_issued").every
        'month'
        """
        for rule in self.rules:
            if rule.lead == lead:
                return rule
        leads = ", ".join(rule.lead for rule in self.rules)
        raise CreditError(f"lead must be one with a cadence ({leads}), got {lead!r}")


CONTACTS = ContactPolicy(
    rules=(
        ContactRule(
            lead="card_not_issued", every="month", contacts=CONTACTS_A_MONTH, needs_record=False
        ),
        ContactRule(
            lead="card_undrawn", every="quarter", contacts=CONTACTS_A_QUARTER, needs_record=True
        ),
    )
)
"""The cadences of source 003: rows L32 and L33 of the inventory."""


@attrs.frozen
class Contact:
    """One contact that the bank made with a customer on its own account (主动营销).

    Attributes:
        on: The day.
        has_record: Whether a record of it is on file; None is unknown.

    Raises:
        CreditError: If the day is no date, or the record neither yes, no nor unknown.

    >>> Contact(datetime.date(2024, 4, 3)).has_record is None
    True
    """

    on: datetime.date = attrs.field()
    has_record: bool | None = attrs.field(default=None)

    def __attrs_post_init__(self) -> None:
        """Refuse what is no day or no answer."""
        a_day("on", self.on)
        a_truth("has_record", self.has_record)


@attrs.frozen
class _Periods:
    """Calendar periods as numbers, counted from January 1970."""

    months: int

    def of(self, days: Days) -> Int64:
        return days.astype("datetime64[M]").astype(np.int64) // self.months

    def first_full(self, since: Days) -> Int64:
        """Return the first period that begins on a day or after it."""
        number = self.of(since)
        return number + (self.start(number) < since)

    def start(self, numbers: Int64) -> Days:
        return (numbers * self.months).astype("datetime64[M]").astype("datetime64[D]")

    def end(self, numbers: Int64) -> Days:
        return self.start(numbers + 1) - np.timedelta64(1, "D")

    def number(self, day: datetime.date) -> int:
        return ((day.year - 1970) * 12 + day.month - 1) // self.months

    def last_day(self, number: int) -> str:
        return str(self.end(np.array([number]))[0])

    def name(self, number: int) -> str:
        month = str(np.datetime64(number * self.months, "M"))
        return month if self.months == 1 else f"{month[:-3]}Q{int(month[-2:]) // 3 + 1}"


@attrs.frozen
class _Diary:
    """The contacts of one customer, counted by period, as far as the day asked."""

    rule: ContactRule
    since: datetime.date
    as_of: datetime.date
    certain: Mapping[int, int]
    possible: Mapping[int, int]
    unfiled: Mapping[int, int]

    @classmethod
    def of(
        cls,
        contacts: Iterable[Contact],
        *,
        rule: ContactRule,
        since: datetime.date,
        as_of: datetime.date,
    ) -> Self:
        counts: tuple[Counter[int], Counter[int], Counter[int]] = (Counter(), Counter(), Counter())
        certain, possible, unfiled = counts
        number = _Periods(rule.months).number
        for contact in contacts:
            if contact.on > as_of:
                continue
            period = number(contact.on)
            is_filed = contact.has_record if rule.needs_record else True
            certain[period] += is_filed is True
            possible[period] += is_filed is not False
            unfiled[period] += is_filed is False
        return cls(rule, since, as_of, *counts)

    @property
    def periods(self) -> _Periods:
        return _Periods(self.rule.months)

    @property
    def needed(self) -> int:
        return int(self.rule.contacts.value)

    @property
    def current(self) -> int:
        return self.periods.number(self.as_of)

    @property
    def first(self) -> int:
        number = self.periods.number(self.since)
        began = self.since.day == 1 and (self.since.month - 1) % self.rule.months == 0
        return number if began else number + 1

    def code(self) -> int:
        worst, best = self._code(self.certain), self._code(self.possible)
        return worst if worst == best else UNDETERMINED

    def _code(self, counts: Mapping[int, int]) -> int:
        if self.first > self.current:
            return NOT_STARTED
        if counts.get(self.current, 0) >= self.needed:
            return MET
        last = self.current - 1
        return LATE if last >= self.first and counts.get(last, 0) < self.needed else OPEN

    def due(self, code: int) -> int:
        """Return the period at whose end the next contact is due, or was."""
        return {
            MET: self.current + 1,
            OPEN: self.current,
            LATE: self.current - 1,
            NOT_STARTED: self.first,
        }[code]

    def history(self) -> tuple[str, ...]:
        """Say how many contacts every full period has had."""
        lines = []
        for period in range(self.first, self.current + 1):
            sure = self.certain.get(period, 0)
            more = self.possible.get(period, 0) - sure
            added = f", {more} more if filed" if more else ""
            name = self.periods.name(period)
            lines.append(f"{name}: {sure} of {self.needed} contacts{added}")
        return tuple(lines)

    def reasons(self, code: int) -> tuple[Reason, ...]:
        periods, figures = self.periods, (self.rule.contacts,)
        if code == NOT_STARTED:
            name = periods.name(self.first)
            return (CADENCE_NOT_STARTED.given(since=self.since, period=name),)
        period = self.current - (code == LATE)
        chosen = {MET: CONTACT_MADE, OPEN: CONTACT_OPEN, LATE: CONTACT_MISSED}[code]
        facts = {
            "period": periods.name(period),
            "count": self.certain.get(period, 0),
            "needed": self.needed,
            "due_on": periods.last_day(period),
        }
        bound = {name: facts[name] for name in chosen.facts}
        told = attrs.evolve(chosen, figures=figures).given(**bound)
        count = self.unfiled.get(period, 0)
        if code == MET or not count:
            return (told,)
        return (told, NOT_FILED.given(period=periods.name(period), count=count))

    def doubts(self) -> tuple[Reason, ...]:
        """Name the periods in which a contact may or may not be on file."""
        found = []
        for period in (self.current - 1, self.current):
            more = self.possible.get(period, 0) - self.certain.get(period, 0)
            if more and period >= self.first:
                name = self.periods.name(period)
                found.append(NOT_FILED.as_unknown(period=name, count=more))
        return tuple(found)


def check_contacts(
    lead: str,
    contacts: Iterable[Contact],
    *,
    since: datetime.date | None,
    opted_out: bool | None,
    as_of: datetime.date,
    policy: ContactPolicy = CONTACTS,
) -> Decision:
    """Say whether a customer was contacted as often as the cadence asks (主动营销).

    The cadence starts with the first full month or quarter since the customer came into the
    state.  A customer is late from the day after a full period without enough contacts, until
    the current period has enough.

    Args:
        lead: The state of the customer, such as "card_not_issued" (approved card not issued)
            or "card_undrawn" (card issued undrawn).
        contacts: The contacts made; those after the day asked do not count.
        since: The day the customer came into the state; None is unknown.
        opted_out: Whether the customer opted out of marketing; None is unknown.
        as_of: The day asked for.
        policy: The cadences.

    Returns:
        Outcome "met", "open", "late", "exempt" or "not_started"; the trace counts the contacts
        of every full period and names the last day in time.

    Raises:
        CreditError: If the lead has no cadence, a contact is none, or a day is no date.

    Source:
        Rows L32 and L33; ruling 4.4: cadences start with the first full period, who opted out
        is exempt, not late.

    >>> approved = datetime.date(2024, 3, 15)
    >>> check_contacts("card_not_issued", [], since=approved, opted_out=False,
    ...                as_of=datetime.date(2024, 5, 1)).outcome
    'late'
    """
    rule, asked, exempt = policy.rule(lead), a_day("as_of", as_of), a_truth("opted_out", opted_out)
    start = None if since is None else a_day("since", since)
    log = _log_of(contacts)
    diary = None if start is None else _Diary.of(log, rule=rule, since=start, as_of=asked)
    code = UNDETERMINED if diary is None else diary.code()
    ask: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    if diary is None:
        ask, reasons = ("since",), (CADENCE_NOT_STARTED.as_unknown(),)
    elif code == UNDETERMINED:
        ask, reasons = ("has_record",), diary.doubts()
    if exempt:
        code, ask, reasons = EXEMPT, (), (OPTED_OUT.given(),)
    elif exempt is None:
        code, ask, reasons = UNDETERMINED, ("opted_out", *ask), (OPTED_OUT.as_unknown(), *reasons)
    trace = () if diary is None else diary.history()
    if diary is not None and code in {MET, OPEN, LATE, NOT_STARTED}:
        reasons = diary.reasons(code)
        trace = (*trace, f"due_on = {diary.periods.last_day(diary.due(code))}")
    return Decision(
        outcome=STATES[code] if code >= 0 else None,
        status="decided" if code >= 0 else "undetermined",
        reasons=reasons,
        trace=trace,
        ask=ask,
        basis=basis_of(policy, as_of=asked),
    )


def _log_of(contacts: Iterable[Contact]) -> tuple[Contact, ...]:
    log = tuple(contacts)
    for contact in log:
        if not isinstance(contact, Contact):
            raise CreditError(
                f"contacts must hold Contacts, got {contact!r}: write Contact(day, has_record)"
            )
    return log


def check_contacts_columns(
    lead: str,
    columns: Mapping[str, object],
    *,
    contacts: Mapping[str, object],
    as_of: datetime.date,
    policy: ContactPolicy = CONTACTS,
) -> StateColumn:
    """Say of many customers who was contacted as asked, as `check_contacts` does of one.

    Args:
        lead: The state of the customers.
        columns: ``customer``, ``since`` and ``opted_out``, one row per customer; ``since`` and
            ``opted_out`` are missing in every row when left out.
        contacts: The log: ``customer``, ``on`` and ``has_record``, one row per contact;
            contacts of customers not asked about are no matter.
        as_of: The day asked for.
        policy: The cadences.

    Raises:
        CreditError: If the lead has no cadence.
        InputError: If a column is another, differs in length or holds something else, or a
            row names no customer or a contact no day.

    >>> columns = {"customer": ["c1", "c2"], "since": [datetime.date(2024, 3, 15)] * 2,
    ...            "opted_out": [False, True]}
    >>> log = {"customer": ["c1"], "on": [datetime.date(2024, 4, 30)]}
    >>> check_contacts_columns("card_not_issued", columns, contacts=log,
    ...                        as_of=datetime.date(2024, 5, 1)).tolist()
    ['open', 'exempt']
    """
    rule, asked = policy.rule(lead), a_day("as_of", as_of)
    known_names(columns, ("customer", "since", "opted_out"))
    known_names(contacts, ("customer", "on", "has_record"))
    count, logged = same_length(columns), same_length(contacts)
    index, codes = encode_ids(
        {
            "customer": columns.get("customer", [None] * count),
            "contacts.customer": contacts.get("customer", [None] * logged),
        }
    )
    on = day_column("contacts.on", contacts.get("on", np.full(logged, NO_DAY)))
    for name, unknown in (
        *((name, column < 0) for name, column in codes.items()),
        ("contacts.on", np.isnat(on)),
    ):
        _refuse_unknown(name, unknown)
    since = day_column("since", columns.get("since", np.full(count, NO_DAY)))
    nobody = (np.zeros(logged, np.bool_), np.zeros(logged, np.bool_))
    record = contacts.get("has_record")
    true, known = nobody if record is None else bool_column("contacts.has_record", record)
    counts = _Counts(
        codes["contacts.customer"],
        _Periods(rule.months).of(on),
        on <= np.datetime64(asked, "D"),
        (true, true | ~known) if rule.needs_record else None,
        len(index),
    )
    return _judged(
        since,
        counts,
        codes["customer"],
        opted_out=columns.get("opted_out"),
        rule=rule,
        as_of=asked,
    )


def _refuse_unknown(name: str, unknown: npt.NDArray[np.bool_]) -> None:
    if unknown.any():
        count, row = int(unknown.sum()), int(unknown.argmax())
        raise InputError(
            f"{name} must be known in every row, {count} cells are not, the first at row {row}: "
            "list these rows and leave them out",
            column=name,
            count=count,
            first_row=row,
        )


@attrs.frozen
class _Counts:
    """A log of contacts, to be counted per customer in one period."""

    customers: npt.NDArray[np.int32]
    periods: Int64
    is_past: npt.NDArray[np.bool_]
    filed: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None
    size: int

    def enough(self, period: int, *, needed: int, best: bool) -> npt.NDArray[np.bool_]:
        """Say which customers have enough contacts in a period, at worst or at best."""
        counting = self.is_past & (self.periods == period)
        if self.filed is not None:
            counting &= self.filed[best]
        found = np.bincount(self.customers[counting], minlength=self.size)
        return np.asarray(found >= needed)


def _judged(
    since: Days,
    counts: _Counts,
    customers: npt.NDArray[np.int32],
    *,
    opted_out: object,
    rule: ContactRule,
    as_of: datetime.date,
) -> StateColumn:
    periods, needed = _Periods(rule.months), int(rule.contacts.value)
    current = periods.number(as_of)
    known = ~np.isnat(since)
    # An unknown day stands for the day asked; its rows are set apart below.
    first = periods.first_full(np.where(known, since, np.datetime64(as_of, "D")))
    worst, best = (
        np.select(
            [
                first > current,
                counts.enough(current, needed=needed, best=is_best)[customers],
                (first < current)
                & ~counts.enough(current - 1, needed=needed, best=is_best)[customers],
            ],
            [NOT_STARTED, MET, LATE],
            OPEN,
        )
        for is_best in (False, True)
    )
    codes = np.where(known & (worst == best), worst, UNDETERMINED).astype(np.int8)
    codes, is_timed = with_opt_outs(codes, opted_out)
    due = np.select(
        [codes == MET, codes == OPEN, codes == LATE],
        [current + 1, current, current - 1],
        first,
    )
    return StateColumn(codes, np.where(is_timed, periods.end(due), NO_DAY))
