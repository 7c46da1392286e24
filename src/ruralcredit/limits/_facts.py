"""What assessors say of a household, field by field: agreed, differs, one only, unknown."""

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias, get_args

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.limits._assessment import an_assessor
from ruralcredit.limits._group_checks import a_flag, a_name, figure_from, number, one_of, resting
from ruralcredit.limits._group_reasons import (
    DIFFERS,
    EVIDENCE_REFUSED,
    FACT_TOLERANCE,
    NO_EVIDENCE,
    NOBODY_KNOWS,
    ONE_ONLY,
    TO_VISIT,
)
from ruralcredit.reasons import Figure, Reason
from ruralcredit.values import Ratio

__all__ = [
    "FACTS",
    "FactField",
    "FactFinding",
    "FactStatus",
    "FactValue",
    "FactsPolicy",
    "ReconciledFacts",
    "Statement",
    "reconcile_facts",
]

FactValue: TypeAlias = bool | int | str | datetime.date | None
"""What can be said of a household: a truth, a number, a word, a day; None is unknown."""

FactStatus: TypeAlias = Literal["agreed", "differs", "one_only", "unknown"]
"""How the assessors' statements lie to each other."""

_EVIDENCE = ("stated", "evidenced", "refused")


@attrs.frozen(kw_only=True)
class FactField:
    """One fact that assessors state of every household (农户基础信息项).

    Attributes:
        id: Its name, as statements bear it.
        moves_limit: Whether a difference moves the limit, so that it is visited.
        tolerance_bp: Numbers agree within this share of the lowest; None is exactly.
        takes: Which of the numbers that agree is kept: the "lowest" or the "highest".
        needs_evidence: Whether it counts only with evidence, such as assets.
        is_protected: Whether it is a protected fact (sex, health, religion ...).
        ground: On which ground a protected fact may move the limit.

    Raises:
        CreditError: If a name is blank, a word is another, or a protected fact moves the limit
            without a ground.

    >>> FactField(id="mu", takes="lowest").moves_limit
    True
    """

    id: str = attrs.field(validator=a_name)
    moves_limit: bool = attrs.field(default=True, validator=a_flag)
    tolerance_bp: Figure | None = attrs.field(
        default=None, validator=attrs.validators.optional(figure_from(0, 10_000))
    )
    takes: Literal["lowest", "highest"] = attrs.field(
        default="lowest", validator=one_of("lowest", "highest")
    )
    needs_evidence: bool = attrs.field(default=False, validator=a_flag)
    is_protected: bool = attrs.field(default=False, validator=a_flag)
    ground: str = attrs.field(default="", repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse a protected fact that decides without a ground."""
        if self.is_protected and self.moves_limit and not self.ground.strip():
            raise CreditError(
                f"protected field {self.id!r} must cite its ground to move the limit, got none: "
                "set moves_limit=False or name the ground"
            )


def _fields(values: Iterable[FactField]) -> tuple[FactField, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class FactsPolicy:
    """Which facts are cross-checked, and how (交叉验证).

    Attributes:
        fields: The facts, each named once.
        id: Its name.
        version: The version, as the bank names it.

    Raises:
        CreditError: If there is no field, or one stands twice.

    >>> [field.id for field in FACTS.fields if field.needs_evidence]
    ['deposits_fen', 'assets_fen']
    """

    fields: tuple[FactField, ...] = attrs.field(converter=_fields)
    id: str = attrs.field(default="limits.facts", validator=a_name)
    version: str = attrs.field(default="1", validator=a_name)

    def __attrs_post_init__(self) -> None:
        """Refuse a policy without facts, or with one twice."""
        names = [field.id for field in self.fields]
        if not names or len(set(names)) < len(names):
            raise CreditError(f"fields must name at least one fact, each once, got {names}")


FACTS = FactsPolicy(
    fields=(
        FactField(id="members", moves_limit=False),
        FactField(id="main_trade"),
        FactField(id="income_fen", tolerance_bp=FACT_TOLERANCE),
        FactField(id="deposits_fen", tolerance_bp=FACT_TOLERANCE, needs_evidence=True),
        FactField(id="assets_fen", tolerance_bp=FACT_TOLERANCE, needs_evidence=True),
        FactField(id="debts_elsewhere_fen", tolerance_bp=FACT_TOLERANCE, takes="highest"),
        FactField(id="has_overdue"),
    )
)
"""The facts that ship: amounts within a tenth, the lower of assets, the higher of debts."""


@attrs.frozen(kw_only=True)
class Statement:
    """What one assessor says of one fact of one household.

    Attributes:
        household: The household's id.
        field: The fact's name.
        assessor: The assessor's id.
        value: What was said; None where the assessor does not know.
        evidence: "stated"; "evidenced", a document was seen; "refused", the customer will not
            give one (客户不愿提供佐证材料).

    Raises:
        CreditError: If an id is blank, a word is another, or the value is of another kind.

    >>> Statement(household="h1", field="income_fen", assessor="a", value=60_000_00).evidence
    'stated'
    """

    household: str | int
    field: str = attrs.field(validator=a_name)
    assessor: str | int
    value: FactValue = attrs.field(default=None)
    evidence: Literal["stated", "evidenced", "refused"] = attrs.field(
        default="stated", validator=one_of(*_EVIDENCE)
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what cannot be compared."""
        an_assessor("household", self.household)
        an_assessor("assessor", self.assessor)
        value: object = self.value
        if isinstance(value, datetime.datetime):
            raise CreditError(f"value must be a date, got datetime {value}: pass its .date()")
        if value is not None and not isinstance(value, bool | int | str | datetime.date):
            raise CreditError(
                f"value of {self.field} must be a bool, int, str, date or None, "
                f"got {type(value).__name__} {value!r}"
            )


@attrs.frozen(kw_only=True)
class FactFinding:
    """How the statements on one fact of one household lie to each other.

    Attributes:
        household: The household's id.
        field: The fact's name.
        status: "agreed"; "differs"; "one_only"; "unknown".
        value: What holds: what all say, the one statement, or the evidence against statements
            that differ; None where that is open.
        evidence: "evidenced" where a document was seen, "refused" where the customer gives
            none, else "stated".
        counts: Whether the value may enter the limit: it is known, and evidenced where it must.
        is_visited: Whether officers go and see.
        statements: Who said what, in the order of assessors.
        reasons: Why it is open, or visited.

    >>> found = reconcile_facts([Statement(household="h", field="members", assessor="a", value=4)])
    >>> found.of("h")["members"].status
    'one_only'
    """

    household: str | int
    field: str
    status: FactStatus = attrs.field(validator=one_of(*get_args(FactStatus)))
    value: FactValue
    evidence: Literal["stated", "evidenced", "refused"]
    counts: bool
    is_visited: bool
    statements: tuple[Statement, ...] = attrs.field(repr=False)
    reasons: tuple[Reason, ...] = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class ReconciledFacts:
    """All facts of all households, in the order of households and of the policy's fields.

    Attributes:
        findings: One per household and field.

    >>> reconcile_facts([]).findings
    ()
    """

    findings: tuple[FactFinding, ...]

    @property
    def visits(self) -> tuple[FactFinding, ...]:
        """Return what officers go and see.

        >>> reconcile_facts([]).visits
        ()
        """
        return tuple(one for one in self.findings if one.is_visited)

    @property
    def agreement(self) -> Ratio:
        """Return how many of the facts that two or more state are agreed.

        >>> reconcile_facts([]).agreement
        Ratio(part=0, whole=0)
        """
        compared = [one for one in self.findings if one.status in {"agreed", "differs"}]
        return Ratio(sum(one.status == "agreed" for one in compared), len(compared))

    def of(self, household: str | int) -> dict[str, FactFinding]:
        """Return the findings of one household by field, none where it is not known.

        >>> reconcile_facts([]).of("h")
        {}
        """
        return {one.field: one for one in self.findings if one.household == household}


def reconcile_facts(
    statements: Iterable[Statement],
    *,
    policy: FactsPolicy = FACTS,
    limit_of: Callable[[Mapping[str, FactValue]], int | None] | None = None,
) -> ReconciledFacts:
    """Compare what independent assessors state of each household, fact by fact (交叉验证).

    Statements agree where they are equal, numbers within the field's tolerance.  Evidence
    settles the value of statements that differ, yet not the question who was wrong: where the
    difference moves the limit, officers visit.

    Args:
        statements: What was said, in any order; each assessor once per household and field.
        policy: The facts and their tolerances.
        limit_of: The bank's limit in fen from facts by name, None where it has none.  With it a
            difference is visited only where some stated value gives another limit; without it
            wherever the policy says that the field moves the limit.

    Raises:
        CreditError: If a field is not the policy's, or an assessor states one twice.

    Source:
        Domain ruling 2.4; source 003: 背靠背评议、交叉验证.

    >>> said = [Statement(household="h", field="income_fen", assessor=who, value=fen)
    ...         for who, fen in [("a", 50_000_00), ("b", 54_000_00), ("c", 80_000_00)]]
    >>> reconcile_facts(said).of("h")["income_fen"].is_visited
    True
    >>> reconcile_facts(said[:2]).of("h")["income_fen"].value
    5000000
    """
    by_household = _sorted_in(statements, policy)
    findings: list[FactFinding] = []
    for household, said in by_household.items():
        found = [_finding(household, field, said.get(field.id, [])) for field in policy.fields]
        known = {one.field: one.value for one in found}
        for field, one in zip(policy.fields, found, strict=True):
            moves = field.moves_limit and one.status == "differs"
            if moves and limit_of is not None:
                moves = _moves(one, known, limit_of)
            findings.append(_visited(one) if moves else one)
    return ReconciledFacts(findings=tuple(findings))


def _sorted_in(
    statements: object, policy: FactsPolicy
) -> dict[str | int, dict[str, list[Statement]]]:
    """Return statements by household and field."""
    said = tuple(statements) if isinstance(statements, Iterable) else (statements,)
    names = {field.id for field in policy.fields}
    found: dict[str | int, dict[str, list[Statement]]] = {}
    for one in said:
        if not isinstance(one, Statement):
            raise CreditError(
                f"statements must hold Statement values, got {type(one).__name__} {one!r}"
            )
        if one.field not in names:
            raise CreditError(
                f"field must be one of {', '.join(sorted(names))}, got {one.field!r}: add it to "
                "the policy's fields"
            )
        held = found.setdefault(one.household, {}).setdefault(one.field, [])
        if any(other.assessor == one.assessor for other in held):
            raise CreditError(
                f"an assessor must state a fact once, got two of {one.assessor!r} on "
                f"{one.field} of {one.household!r}"
            )
        held.append(one)
    ordered = sorted(found, key=lambda one: (isinstance(one, str), one))
    return {household: found[household] for household in ordered}


def _finding(
    household: str | int, field: FactField, statements: Sequence[Statement]
) -> FactFinding:
    said = sorted(statements, key=lambda one: (isinstance(one.assessor, str), one.assessor))
    known = [one for one in said if one.value is not None]
    seen = [one for one in known if one.evidence == "evidenced"]
    status = _status(field, known)
    value = None if status == "unknown" else _agreed_value(field, seen or known)
    is_refused = any(one.evidence == "refused" for one in said)
    evidence: Literal["stated", "evidenced", "refused"] = "refused" if is_refused else "stated"
    # A document that was seen outweighs one that another assessor was refused.
    evidence = "evidenced" if seen and value is not None else evidence
    if status == "differs" and not seen:
        value = None
    counts = value is not None and (evidence == "evidenced" or not field.needs_evidence)
    return FactFinding(
        household=household,
        field=field.id,
        status=status,
        value=value,
        evidence=evidence,
        counts=counts,
        is_visited=False,
        statements=tuple(said),
        reasons=tuple(_reasons(household, field, status, len(known), evidence)),
    )


def _status(field: FactField, known: Sequence[Statement]) -> FactStatus:
    if len(known) < 2:
        return "one_only" if known else "unknown"
    return "agreed" if _agreed_value(field, known) is not None else "differs"


def _agreed_value(field: FactField, known: Sequence[Statement]) -> FactValue:
    """Return what statements agree on, None where they do not."""
    values = [one.value for one in known]
    numbers = [one for one in values if isinstance(one, int) and not isinstance(one, bool)]
    if len(numbers) < len(values):
        first = values[0]
        is_same = all(type(one) is type(first) and one == first for one in values)
        return first if is_same else None
    low, high = min(numbers), max(numbers)
    share = 0 if field.tolerance_bp is None else number(field.tolerance_bp)
    if 10_000 * (high - low) > share * abs(low):
        return None
    return low if field.takes == "lowest" else high


def _reasons(
    household: str | int, field: FactField, status: FactStatus, count: int, evidence: str
) -> list[Reason]:
    given = {"field": field.id, "household": household}
    found: list[Reason] = []
    if status == "differs":
        differs = DIFFERS if field.tolerance_bp is None else resting(DIFFERS, field.tolerance_bp)
        found.append(differs.given(count=count, **given))
    elif status == "one_only":
        found.append(ONE_ONLY.given(**given))
    elif status == "unknown":
        found.append(NOBODY_KNOWS.as_unknown(**given))
    if field.needs_evidence and status != "unknown" and evidence != "evidenced":
        lacking = EVIDENCE_REFUSED if evidence == "refused" else NO_EVIDENCE
        found.append(lacking.given(**given))
    return found


def _moves(
    found: FactFinding,
    known: Mapping[str, FactValue],
    limit_of: Callable[[Mapping[str, FactValue]], int | None],
) -> bool:
    limits = {
        limit_of({**known, found.field: one.value})
        for one in found.statements
        if one.value is not None
    }
    return len(limits) > 1


def _visited(found: FactFinding) -> FactFinding:
    reason = TO_VISIT.given(field=found.field, household=found.household)
    return attrs.evolve(found, is_visited=True, reasons=(*found.reasons, reason))
