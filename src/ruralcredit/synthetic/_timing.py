"""What time does to a contract: each function sets the dates of one line.

A line has at most one reason not to count on the day of the audit, so that counts of
what is left out do not depend on the order in which the reasons are asked.
"""

import datetime

from ruralcredit.synthetic._draft import Draft, Line, add_days, shift_months

__all__ = [
    "age",
    "demand",
    "demand_late",
    "lapse",
    "lapse_on",
    "overdue",
    "postpone",
    "release",
    "settle",
]


def age(draft: Draft, line: Line) -> None:
    """Give an ordinary line an ordinary past: most stay as they are."""
    past = draft.draw.unit()
    for share, change in ((0.04, settle), (0.06, release), (0.08, lapse), (0.09, postpone)):
        if past < share:
            change(draft, line)
            return
    if past > 0.96:
        overdue(draft, line)
    elif past > 0.95:
        demand(draft, line)


def settle(draft: Draft, line: Line, *, days_ago: int | None = None) -> None:
    """Repay the loan before the day, and before it was due."""
    days_ago = _since_start(draft, line) if days_ago is None else days_ago
    line.settled_on = add_days(draft.as_of, -days_ago)
    draft.loan_of(line).balance_fen = 0


def release(draft: Draft, line: Line, *, days_ago: int | None = None) -> None:
    """Let the guarantor go before the day; the loan stays, on another security."""
    days_ago = _since_start(draft, line) if days_ago is None else days_ago
    line.released_on = add_days(draft.as_of, -days_ago)


def lapse(draft: Draft, line: Line, *, days_ago: int | None = None) -> None:
    """Let the guarantee period end without a demand, so many days before the day."""
    days_ago = draft.draw.between(1, 300) if days_ago is None else days_ago
    lapse_on(draft, line, add_days(draft.as_of, -days_ago))


def lapse_on(draft: Draft, line: Line, last_day: datetime.date) -> None:
    """Set the dates so that the guarantor is bound through a day and not beyond."""
    months = next(
        months
        for months in (6, 12, 24)
        if shift_months(shift_months(last_day, -months), months) == last_day
    )
    line.debt_due_on = shift_months(last_day, -months)
    line.guarantee_months = None if months == 6 and draft.draw.chance(0.5) else months
    line.starts_on = shift_months(line.debt_due_on, -draft.draw.pick((12, 24, 36)))
    line.known_on = line.starts_on


def postpone(draft: Draft, line: Line, *, days: int | None = None) -> None:
    """Let the contract, known already, begin after the day; nothing is drawn yet."""
    line.starts_on = add_days(draft.as_of, draft.draw.between(1, 60) if days is None else days)
    line.debt_due_on = shift_months(line.starts_on, 12)
    line.known_on = add_days(draft.as_of, -draft.draw.between(0, 5))
    draft.loan_of(line).balance_fen = 0


def overdue(draft: Draft, line: Line) -> None:
    """Let the debt be past due, its guarantee period far from its end."""
    line.debt_due_on = add_days(draft.as_of, -draft.draw.between(1, 120))
    line.guarantee_months = draft.draw.pick((24, 36))
    line.starts_on = shift_months(line.debt_due_on, -12)
    line.known_on = line.starts_on


def demand(draft: Draft, line: Line) -> None:
    """Let the debt be long past due and the guarantor called in time: bound until released."""
    lapse(draft, line, days_ago=draft.draw.between(30, 700))
    if line.debt_due_on is not None:
        line.demanded_on = add_days(line.debt_due_on, draft.draw.between(10, 100))


def demand_late(draft: Draft, line: Line) -> None:
    """Let the guarantor be called after the guarantee period: the call binds nobody."""
    lapse(draft, line, days_ago=60)
    line.demanded_on = add_days(draft.as_of, -30)


def _since_start(draft: Draft, line: Line) -> int:
    """Return how many days ago something happened to a contract that has begun."""
    begun = 1 if line.starts_on is None else (draft.as_of - line.starts_on).days
    return draft.draw.between(1, max(1, begun - 1))
