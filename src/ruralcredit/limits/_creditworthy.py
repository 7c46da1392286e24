"""Creditworthy households, villages, townships (信用户、信用村、信用乡镇), and their calendar."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias, get_args

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.limits._group_checks import (
    a_day,
    a_name,
    a_truth,
    basis_of,
    figure_from,
    number,
    one_of,
    or_none,
    resting,
    shown,
)
from ruralcredit.limits._group_reasons import (
    ABOVE_NEW_NPL,
    ABOVE_NPL,
    ASSESSED_LATE,
    BAD_RECORD,
    BELOW_CLEAN,
    BELOW_FUNDS,
    BELOW_INCOME,
    BELOW_UNITS,
    BELOW_YEARS,
    COUNTY_UNITS,
    EXCELLENT_FUNDS,
    EXCELLENT_INCOME,
    EXCELLENT_LIMIT,
    EXCELLENT_YEARS,
    FAIR_INCOME,
    FAIR_LIMIT,
    GOOD_INCOME,
    GOOD_LIMIT,
    GRADED,
    HOUSEHOLD_DAY,
    HOUSEHOLD_MONTH,
    NO_CAPACITY,
    NO_INCOME,
    NOT_LOCAL,
    NOT_WILLING,
    OLD_DEBTS,
    TOWNSHIP_CLEAN,
    TOWNSHIP_DAY,
    TOWNSHIP_MONTH,
    TOWNSHIP_NEW_NPL,
    TOWNSHIP_NPL,
    TOWNSHIP_UNITS,
    VILLAGE_CLEAN,
    VILLAGE_DAY,
    VILLAGE_MONTH,
    VILLAGE_NEW_NPL,
    VILLAGE_NPL,
    VILLAGE_UNITS,
)
from ruralcredit.reasons import Decision, Figure, Reason
from ruralcredit.values import add_months

__all__ = [
    "CREDITWORTHY",
    "AreaLevel",
    "AreaRule",
    "AreaStanding",
    "AssessmentDay",
    "CreditworthyLevel",
    "CreditworthyPolicy",
    "HouseholdGrade",
    "HouseholdStanding",
    "check_assessment_day",
    "creditworthy_area",
    "creditworthy_due_on",
    "creditworthy_household",
]

AreaLevel: TypeAlias = Literal["village", "township", "county"]
"""What is made of creditworthy units: a village of households, a township of villages."""

CreditworthyLevel: TypeAlias = Literal["household", "village", "township"]
"""What the yearly calendar knows."""

_AREAS: Final[tuple[AreaLevel, ...]] = get_args(AreaLevel)
_LEVELS: Final[tuple[CreditworthyLevel, ...]] = get_args(CreditworthyLevel)
_WHOLE_BP: Final = 10_000


@attrs.frozen(kw_only=True)
class HouseholdStanding:
    """The facts on which a household is called creditworthy (信用户); None is unknown.

    Attributes:
        is_local: Home or residence in the village.
        has_capacity: Full legal capacity.
        has_steady_income: Lawful and steady income.
        has_old_debts: Old debts still open.
        cooperates: Cooperates with the bank.
        has_bad_record: A bad record in the central credit register.
        clean_years: Whole years without arrears.
        income_per_head_fen: Income a head and year, in fen.
        own_funds_bp: Share of own funds in what is spent on production, in basis points.

    Raises:
        CreditError: If a truth is another value, or a number is negative or no int.

    >>> HouseholdStanding(is_local=True).cooperates is None
    True
    """

    is_local: bool | None = attrs.field(default=None, validator=a_truth)
    has_capacity: bool | None = attrs.field(default=None, validator=a_truth)
    has_steady_income: bool | None = attrs.field(default=None, validator=a_truth)
    has_old_debts: bool | None = attrs.field(default=None, validator=a_truth)
    cooperates: bool | None = attrs.field(default=None, validator=a_truth)
    has_bad_record: bool | None = attrs.field(default=None, validator=a_truth)
    clean_years: int | None = attrs.field(default=None, validator=or_none)
    income_per_head_fen: int | None = attrs.field(default=None, validator=or_none)
    own_funds_bp: int | None = attrs.field(default=None, validator=or_none)


# Each hard condition: the fact, what it must be, and the reason where it is not.
_HARD: Final[tuple[tuple[str, bool, Reason], ...]] = (
    ("is_local", True, NOT_LOCAL),
    ("has_capacity", True, NO_CAPACITY),
    ("has_steady_income", True, NO_INCOME),
    ("has_old_debts", False, OLD_DEBTS),
    ("cooperates", True, NOT_WILLING),
    ("has_bad_record", False, BAD_RECORD),
)


@attrs.frozen(kw_only=True)
class HouseholdGrade:
    """One grade of creditworthy households, and the limit that goes with it.

    Attributes:
        id: The grade's name.
        years: Years without arrears, at least; None asks for none.
        income_fen: Income a head must exceed this, in fen.
        own_funds_bp: Share of own funds, at least, in basis points; None asks for none.
        usual_limit_fen: What another bank's leaflet offers the grade, in fen: a scale to look
            at, never a decision.

    Raises:
        CreditError: If a figure is out of range.

    >>> [grade.id for grade in CREDITWORTHY.grades]
    ['excellent', 'good', 'fair']
    """

    id: str = attrs.field(validator=a_name)
    years: Figure | None = attrs.field(
        default=None, validator=attrs.validators.optional(figure_from(1, 99)), repr=shown
    )
    income_fen: Figure = attrs.field(validator=figure_from(0, 10**13), repr=shown)
    own_funds_bp: Figure | None = attrs.field(
        default=None, validator=attrs.validators.optional(figure_from(1, _WHOLE_BP)), repr=shown
    )
    usual_limit_fen: Figure = attrs.field(validator=figure_from(1, 10**13), repr=shown)


@attrs.frozen(kw_only=True)
class AreaStanding:
    """The counts on which a village, township or county is called creditworthy; None unknown.

    Attributes:
        units: Farm households of a village, villages of a township or county.
        creditworthy: How many of them are creditworthy.
        borrowers: Households that borrow.
        without_arrears: How many of them have no arrears.
        loans_fen: Balance of loans, in fen.
        npl_fen: How much of it is non-performing (不良), in fen.
        new_loans_fen: Loans granted in the year, in fen.
        new_npl_fen: How much of these is non-performing, in fen.

    Raises:
        CreditError: If a number is negative or no int, or a part exceeds its whole.

    >>> AreaStanding(units=100, creditworthy=70).borrowers is None
    True
    """

    units: int | None = attrs.field(default=None, validator=or_none)
    creditworthy: int | None = attrs.field(default=None, validator=or_none)
    borrowers: int | None = attrs.field(default=None, validator=or_none)
    without_arrears: int | None = attrs.field(default=None, validator=or_none)
    loans_fen: int | None = attrs.field(default=None, validator=or_none)
    npl_fen: int | None = attrs.field(default=None, validator=or_none)
    new_loans_fen: int | None = attrs.field(default=None, validator=or_none)
    new_npl_fen: int | None = attrs.field(default=None, validator=or_none)

    def __attrs_post_init__(self) -> None:
        """Refuse a part beyond its whole."""
        for _, _, part_name, whole_name, _ in _SHARES:
            part, whole = getattr(self, part_name), getattr(self, whole_name)
            if part is not None and whole is not None and part > whole:
                raise CreditError(
                    f"{part_name} must be at most {whole_name}, got {part} of {whole}"
                )


# Each share: the rule's figure, whether it must be below it, part, whole, and the reason.
_SHARES: Final[tuple[tuple[str, bool, str, str, Reason], ...]] = (
    ("units_bp", False, "creditworthy", "units", BELOW_UNITS),
    ("without_arrears_bp", False, "without_arrears", "borrowers", BELOW_CLEAN),
    ("npl_bp", True, "npl_fen", "loans_fen", ABOVE_NPL),
    ("new_npl_bp", True, "new_npl_fen", "new_loans_fen", ABOVE_NEW_NPL),
)


@attrs.frozen(kw_only=True)
class AreaRule:
    """The hard conditions of one level and grade.

    Attributes:
        level: "village", "township" or "county".
        grade: The grade's name.
        units_bp: Creditworthy units, at least this share.
        without_arrears_bp: Borrowers without arrears, at least this share; None asks for none.
        npl_bp: Non-performing loans of the balance, below this share; None asks for none.
        new_npl_bp: Non-performing loans of those granted in the year, below this share; None
            asks for none.  The rule read says "growth" only.

    Raises:
        CreditError: If the level is another, or a share is out of range.

    >>> [rule.level for rule in CREDITWORTHY.areas]
    ['village', 'township', 'county']
    """

    level: AreaLevel = attrs.field(validator=one_of(*_AREAS))
    grade: str = attrs.field(default="creditworthy", validator=a_name)
    units_bp: Figure = attrs.field(validator=figure_from(0, _WHOLE_BP), repr=shown)
    without_arrears_bp: Figure | None = attrs.field(
        default=None, validator=attrs.validators.optional(figure_from(0, _WHOLE_BP)), repr=shown
    )
    npl_bp: Figure | None = attrs.field(
        default=None, validator=attrs.validators.optional(figure_from(0, _WHOLE_BP)), repr=shown
    )
    new_npl_bp: Figure | None = attrs.field(
        default=None, validator=attrs.validators.optional(figure_from(0, _WHOLE_BP)), repr=shown
    )


@attrs.frozen(kw_only=True)
class AssessmentDay:
    """By which day of the calendar a level is assessed, once a year.

    Attributes:
        level: "household", "village" or "township".
        month: The month, counted from January of the year assessed: 13 is the next January.
        day: The day of that month, clamped to its end.

    Raises:
        CreditError: If the level is another, or a figure is out of range.

    >>> [day.level for day in CREDITWORTHY.calendar]
    ['household', 'village', 'township']
    """

    level: CreditworthyLevel = attrs.field(validator=one_of(*_LEVELS))
    month: Figure = attrs.field(validator=figure_from(1, 24), repr=shown)
    day: Figure = attrs.field(validator=figure_from(1, 31), repr=shown)


def _grades(values: Iterable[HouseholdGrade]) -> tuple[HouseholdGrade, ...]:
    return tuple(values)


def _rules(values: Iterable[AreaRule]) -> tuple[AreaRule, ...]:
    return tuple(values)


def _days(values: Iterable[AssessmentDay]) -> tuple[AssessmentDay, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class CreditworthyPolicy:
    """Grades of households, conditions of areas, and the yearly calendar.

    Attributes:
        grades: The grades of households, the best first.
        areas: The rules of areas, the best grade of a level first.
        calendar: By when each level is assessed.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If there is no grade, or one, or a day, stands twice.

    >>> len(CREDITWORTHY.grades), len(CREDITWORTHY.areas)
    (3, 3)
    """

    grades: tuple[HouseholdGrade, ...] = attrs.field(converter=_grades)
    areas: tuple[AreaRule, ...] = attrs.field(converter=_rules)
    calendar: tuple[AssessmentDay, ...] = attrs.field(converter=_days)
    id: str = attrs.field(default="limits.creditworthy", validator=a_name)
    version: str = attrs.field(default="1", validator=a_name)

    def __attrs_post_init__(self) -> None:
        """Refuse a policy that says a thing twice, or has no grade."""
        named: tuple[Sequence[object], ...] = (
            [grade.id for grade in self.grades],
            [(rule.level, rule.grade) for rule in self.areas],
            [day.level for day in self.calendar],
        )
        for names in named:
            if not names or len(set(names)) < len(names):
                raise CreditError(f"each grade and day must stand once, got {list(names)}")


CREDITWORTHY = CreditworthyPolicy(
    grades=(
        HouseholdGrade(
            id="excellent",
            years=EXCELLENT_YEARS,
            income_fen=EXCELLENT_INCOME,
            own_funds_bp=EXCELLENT_FUNDS,
            usual_limit_fen=EXCELLENT_LIMIT,
        ),
        HouseholdGrade(id="good", income_fen=GOOD_INCOME, usual_limit_fen=GOOD_LIMIT),
        HouseholdGrade(id="fair", income_fen=FAIR_INCOME, usual_limit_fen=FAIR_LIMIT),
    ),
    areas=(
        AreaRule(
            level="village",
            units_bp=VILLAGE_UNITS,
            without_arrears_bp=VILLAGE_CLEAN,
            npl_bp=VILLAGE_NPL,
            new_npl_bp=VILLAGE_NEW_NPL,
        ),
        AreaRule(
            level="township",
            units_bp=TOWNSHIP_UNITS,
            without_arrears_bp=TOWNSHIP_CLEAN,
            npl_bp=TOWNSHIP_NPL,
            new_npl_bp=TOWNSHIP_NEW_NPL,
        ),
        AreaRule(level="county", units_bp=COUNTY_UNITS),
    ),
    calendar=(
        AssessmentDay(level="household", month=HOUSEHOLD_MONTH, day=HOUSEHOLD_DAY),
        AssessmentDay(level="village", month=VILLAGE_MONTH, day=VILLAGE_DAY),
        AssessmentDay(level="township", month=TOWNSHIP_MONTH, day=TOWNSHIP_DAY),
    ),
)
"""Practice 2.4: conditions of one prefecture, grades of older guidance; proposals elsewhere."""


def creditworthy_household(
    standing: HouseholdStanding,
    *,
    policy: CreditworthyPolicy = CREDITWORTHY,
    as_of: datetime.date,
) -> Decision:
    """Return whether a household is creditworthy (信用户), and of which grade.

    All hard conditions must hold; then the first grade that holds is the household's.

    Args:
        standing: What is known of the household.
        policy: The grades, the best first.
        as_of: The day of the question.

    Returns:
        A decision.  Its outcome holds ``is_creditworthy``; ``grade`` and ``usual_limit_fen``,
        None where it is not.  The status is "undetermined" where an unknown fact could change
        it.

    Source:
        Practice 2.2 and 2.4.

    >>> facts = HouseholdStanding(
    ...     is_local=True, has_capacity=True, has_steady_income=True, has_old_debts=False,
    ...     cooperates=True, has_bad_record=False, clean_years=1, income_per_head_fen=1_500_00,
    ...     own_funds_bp=4_000)
    >>> creditworthy_household(facts, as_of=datetime.date(2024, 12, 31)).outcome["grade"]
    'good'
    """
    asked = a_day("as_of", as_of)
    failed = [
        reason
        for name, must, reason in _HARD
        if getattr(standing, name) is not None and getattr(standing, name) is not must
    ]
    unknown = [(name, reason) for name, _, reason in _HARD if getattr(standing, name) is None]
    if failed:
        return _worthy(None, failed, policy, asked)
    if unknown:
        reasons = [reason.as_unknown() for _, reason in unknown]
        return _open([name for name, _ in unknown], reasons, policy, asked)
    missed: list[Reason] = []
    for grade in policy.grades:
        lacking, asks = _misses(standing, grade)
        missed += lacking
        if not lacking and asks:
            return _open(list(asks), list(asks.values()), policy, asked)
        if not lacking:
            return _worthy(grade, [GRADED.given(grade=grade.id), *missed], policy, asked)
    return _worthy(None, missed, policy, asked)


def _misses(
    standing: HouseholdStanding, grade: HouseholdGrade
) -> tuple[list[Reason], dict[str, Reason]]:
    """Return which conditions of a grade fail, and which facts it lacks."""
    conditions = (
        ("clean_years", grade.years, 0, BELOW_YEARS),
        ("income_per_head_fen", grade.income_fen, 1, BELOW_INCOME),
        ("own_funds_bp", grade.own_funds_bp, 0, BELOW_FUNDS),
    )
    failed: list[Reason] = []
    asks: dict[str, Reason] = {}
    for name, figure, above, reason in conditions:
        value: int | None = getattr(standing, name)
        if figure is None:
            continue
        needed = {reason.facts[1]: number(figure)}
        if value is None:
            asks[name] = resting(reason, figure).as_unknown(grade=grade.id, **needed)
        elif value < number(figure) + above:
            failed.append(resting(reason, figure).given(grade=grade.id, **needed))
    return failed, asks


def _worthy(
    grade: HouseholdGrade | None,
    reasons: Sequence[Reason],
    policy: CreditworthyPolicy,
    asked: datetime.date,
) -> Decision:
    return Decision(
        outcome={
            "is_creditworthy": grade is not None,
            "grade": None if grade is None else grade.id,
            "usual_limit_fen": None if grade is None else number(grade.usual_limit_fen),
        },
        status="decided",
        reasons=tuple(reasons),
        basis=basis_of(policy, as_of=asked),
    )


def _open(
    asks: Sequence[str],
    reasons: Sequence[Reason],
    policy: CreditworthyPolicy,
    asked: datetime.date,
) -> Decision:
    return Decision(
        outcome=None,
        status="undetermined",
        reasons=tuple(reasons),
        ask=tuple(asks),
        basis=basis_of(policy, as_of=asked),
    )


def creditworthy_area(
    standing: AreaStanding,
    *,
    level: AreaLevel,
    policy: CreditworthyPolicy = CREDITWORTHY,
    as_of: datetime.date,
) -> Decision:
    """Return whether a village, township or county is creditworthy (信用村、信用乡镇、信用县).

    All conditions of a grade are hard; shares are compared exactly, and one without a base is
    unknown, not 0 %.  The first grade of the level that holds is the area's.

    Args:
        standing: What is counted in the area.
        level: "village", "township" or "county".
        policy: The conditions.
        as_of: The day of the question.

    Returns:
        A decision.  Its outcome holds ``is_creditworthy`` and ``grade``, None where it is not.
        The status is "undetermined" where an unknown count could change it.

    Raises:
        CreditError: If the policy has no rule for the level.

    Source:
        Practice 2.4.

    >>> facts = AreaStanding(units=100, creditworthy=70, borrowers=40, without_arrears=34,
    ...                      loans_fen=10_000, npl_fen=499, new_loans_fen=10_000, new_npl_fen=99)
    >>> found = creditworthy_area(facts, level="village", as_of=datetime.date(2025, 1, 31))
    >>> found.outcome["grade"]
    'creditworthy'
    """
    asked = a_day("as_of", as_of)
    rules = [rule for rule in policy.areas if rule.level == level]
    if not rules:
        levels = dict.fromkeys(rule.level for rule in policy.areas)
        raise CreditError(f"level must be one of {', '.join(levels)}, got {level!r}")
    missed: list[Reason] = []
    for rule in rules:
        failed, asks, reasons = _shares_missed(standing, rule)
        missed += failed
        if not failed and asks:
            return _open(asks, reasons, policy, asked)
        if not failed:
            return _area(rule, [GRADED.given(grade=rule.grade), *missed], policy, asked)
    return _area(None, missed, policy, asked)


def _shares_missed(
    standing: AreaStanding, rule: AreaRule
) -> tuple[list[Reason], list[str], list[Reason]]:
    """Return which shares fail, and which counts are unknown or without a base, and why."""
    failed: list[Reason] = []
    asks: list[str] = []
    unknown: list[Reason] = []
    for name, must_be_below, part_name, whole_name, reason in _SHARES:
        figure: Figure | None = getattr(rule, name)
        if figure is None:
            continue
        part: int | None = getattr(standing, part_name)
        whole: int | None = getattr(standing, whole_name)
        facts = dict(zip(reason.facts, (part, whole, number(figure)), strict=True))
        if part is None or not whole:
            asks += [part_name] if part is None else []
            asks += [] if whole else [whole_name]
            unknown.append(resting(reason, figure).as_unknown(**facts))
            continue
        gap = _WHOLE_BP * part - number(figure) * whole
        if gap >= 0 if must_be_below else gap < 0:
            failed.append(resting(reason, figure).given(**facts))
    return failed, asks, unknown


def _area(
    rule: AreaRule | None,
    reasons: Sequence[Reason],
    policy: CreditworthyPolicy,
    asked: datetime.date,
) -> Decision:
    return Decision(
        outcome={
            "is_creditworthy": rule is not None,
            "grade": None if rule is None else rule.grade,
        },
        status="decided",
        reasons=tuple(reasons),
        basis=basis_of(policy, as_of=asked),
    )


def creditworthy_due_on(
    level: CreditworthyLevel, *, year: int, policy: CreditworthyPolicy = CREDITWORTHY
) -> datetime.date:
    """Return by which day a level is assessed for a year (评定时间表), the day included.

    Args:
        level: "household", "village" or "township".
        year: The year assessed, 1 to 9997.
        policy: The calendar.

    Raises:
        CreditError: If the calendar has no such level, or the year is out of range.

    Source:
        Practice 2.4: households by 31 December, villages by 31 January, towns by 28 February.

    >>> creditworthy_due_on("village", year=2024)
    datetime.date(2025, 1, 31)
    """
    days = {one.level: one for one in policy.calendar}
    if level not in days:
        raise CreditError(f"level must be one of {', '.join(days)}, got {level!r}")
    asked: object = year
    if isinstance(asked, bool) or not isinstance(asked, int) or not 1 <= asked <= 9997:
        raise CreditError(f"year must be an int from 1 to 9997, got {asked!r}")
    month, day = number(days[level].month), number(days[level].day)
    first = add_months(datetime.date(year, 1, 1), month - 1)
    last = add_months(first, 1) - datetime.timedelta(days=1)
    return first.replace(day=min(day, last.day))


def check_assessment_day(
    level: CreditworthyLevel,
    *,
    year: int,
    done_on: datetime.date | None,
    policy: CreditworthyPolicy = CREDITWORTHY,
    as_of: datetime.date,
) -> Decision:
    """Return whether a level was assessed in time for a year: "met", "open" or "late".

    Args:
        level: "household", "village" or "township".
        year: The year assessed.
        done_on: The day of the assessment; None, or a day after ``as_of``, is not yet.
        policy: The calendar.
        as_of: The day of the question.

    Returns:
        A decision whose outcome is the word.

    Raises:
        CreditError: As `creditworthy_due_on`, or if a day is no date.

    Source:
        Practice 2.4: once a year, each level by its day.

    >>> check_assessment_day("household", year=2024, done_on=datetime.date(2024, 12, 31),
    ...                      as_of=datetime.date(2025, 1, 10)).outcome
    'met'
    """
    asked = a_day("as_of", as_of)
    due_on = creditworthy_due_on(level, year=year, policy=policy)
    done = None if done_on is None else a_day("done_on", done_on)
    is_done = done is not None and done <= asked
    ended_on = done if done is not None and is_done else asked
    word = "met" if is_done else "open"
    late = ended_on > due_on
    reasons = (ASSESSED_LATE.given(year=year, due_on=due_on),) if late else ()
    return Decision(
        outcome="late" if late else word,
        status="decided",
        reasons=reasons,
        basis=basis_of(policy, as_of=asked),
    )
