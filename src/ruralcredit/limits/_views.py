"""Who may see what of a limit: door list, group record, audit record, and the customer."""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.limits._assessment import Assessment, an_assessor
from ruralcredit.limits._group_checks import a_flag, a_name, ids, known_limit, named, only
from ruralcredit.limits._reasons import VETOED
from ruralcredit.reasons import Decision, Lang, Status
from ruralcredit.values import format_yuan

__all__ = [
    "VIEWS",
    "AuditRow",
    "DoorList",
    "DoorRow",
    "GroupRow",
    "ViewPolicy",
    "VillageCase",
    "audit_record",
    "door_lists",
    "explain_to_customer",
    "group_record",
    "posted_list",
]


def _forms(values: Iterable[Assessment]) -> tuple[Assessment, ...]:
    return tuple(values)


def _officers(values: Iterable[str | int]) -> tuple[str | int, ...]:
    return ids("officers", values)


@attrs.frozen(kw_only=True)
class VillageCase:
    """Everything of one household in a village's run.

    Attributes:
        household: The household's id.
        proposal: The answer of `reconcile`.
        decision: The answer of `decide_group`; None where the group has not sat.
        forms: The assessors' forms.
        officers: The two officers who visit, the lead first; empty where none are named yet.

    Raises:
        CreditError: If the household is blank, a decision is none of theirs, or the officers
            are not two.

    >>> VillageCase(household="h", proposal=Decision(outcome=None, status="none")).officers
    ()
    """

    household: str | int
    proposal: Decision = attrs.field(validator=attrs.validators.instance_of(Decision))
    decision: Decision | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.instance_of(Decision))
    )
    forms: tuple[Assessment, ...] = attrs.field(default=(), converter=_forms, repr=False)
    officers: tuple[str | int, ...] = attrs.field(default=(), converter=_officers)

    def __attrs_post_init__(self) -> None:
        """Refuse a case that a list could not show."""
        an_assessor("household", self.household)
        known_limit(self.proposal)
        if self.decision is not None:
            known_limit(self.decision)
        if len(self.officers) not in {0, 2}:
            raise CreditError(
                f"officers must be two, the lead first, or none yet, got {self.officers}: nobody "
                "visits alone"
            )


@attrs.frozen(kw_only=True)
class ViewPolicy:
    """What a bank shows beyond the three views.

    Attributes:
        posts_list: Whether a list of households with a limit is posted in the village.
        id: Its name.
        version: The version, as the bank names it.

    >>> VIEWS.posts_list
    False
    """

    posts_list: bool = attrs.field(default=False, validator=a_flag)
    id: str = attrs.field(default="limits.views", validator=a_name)
    version: str = attrs.field(default="1", validator=a_name)


VIEWS = ViewPolicy()
"""Nothing is posted: domain ruling 2.7."""


@attrs.frozen(kw_only=True)
class DoorRow:
    """One door to knock at: the household and its limit, and nothing else.

    Attributes:
        household: The household's id.
        limit_fen: The limit to sign, in fen.

    >>> DoorRow(household="h", limit_fen=50_000_00).household
    'h'
    """

    household: str | int
    limit_fen: int


@attrs.frozen(kw_only=True)
class DoorList:
    """The doors of one pair of officers (上门签约名单).

    Attributes:
        officers: The pair, the lead first; empty where none is named yet.
        rows: Their doors, in the order of ids.

    >>> DoorList(officers=("a", "b"), rows=()).rows
    ()
    """

    officers: tuple[str | int, ...]
    rows: tuple[DoorRow, ...]


def door_lists(cases: Iterable[VillageCase]) -> tuple[DoorList, ...]:
    """Return the sign-up list, one per pair of officers: only households with a limit.

    A household without a limit stands nowhere, not even in a count: who is left out is left
    out in silence (避开信用不佳客户和其他村民的议论).

    Source:
        Row L21; domain ruling 2.7.

    >>> door_lists([VillageCase(household="h", proposal=Decision(outcome=None, status="none"))])
    ()
    """
    found: dict[tuple[str | int, ...], list[DoorRow]] = {}
    for case in _ordered(cases):
        limit = None if case.decision is None else known_limit(case.decision)
        if limit is not None:
            row = DoorRow(household=case.household, limit_fen=limit)
            found.setdefault(case.officers, []).append(row)
    pairs = sorted(found, key=lambda pair: [(isinstance(one, str), str(one)) for one in pair])
    return tuple(DoorList(officers=pair, rows=tuple(found[pair])) for pair in pairs)


def posted_list(
    cases: Iterable[VillageCase], *, policy: ViewPolicy = VIEWS
) -> tuple[str | int, ...]:
    """Return the households that a bank posts (张榜公示): none unless its policy says so.

    Where it does, households with a limit only, without amounts.

    Source:
        Domain ruling 2.7; practice 2.2.

    >>> posted_list([])
    ()
    """
    if not policy.posts_list:
        return ()
    found = [row.household for pair in door_lists(cases) for row in pair.rows]
    return tuple(sorted(found, key=lambda one: (isinstance(one, str), one)))


@attrs.frozen(kw_only=True)
class GroupRow:
    """What the group sees of one household: figures and remarks, no assessor.

    Attributes:
        household: The household's id.
        proposed_fen: The proposal; None where there is none.
        method: "close" or "compromise"; None where there is no proposal.
        spread_fen: Highest less lowest figure; None likewise.
        remarks: The remarks of dissents, without who made them.
        grounds: The verifiable grounds of a veto.
        status: Of the decision; of the proposal where the group has not sat.
        limit_fen: The limit decided; None where there is none.
        departure: "kept", "raised" or "lowered"; None likewise.
        because: Why the group departed.

    >>> group_record([VillageCase(household="h", proposal=Decision(outcome=None, status="none"))]
    ...              )[0].status
    'none'
    """

    household: str | int
    proposed_fen: int | None
    method: str | None
    spread_fen: int | None
    remarks: tuple[str, ...]
    grounds: tuple[str, ...]
    status: Status
    limit_fen: int | None
    departure: str | None
    because: str


def group_record(cases: Iterable[VillageCase]) -> tuple[GroupRow, ...]:
    """Return the group's record (小组审定记录): every household, no assessor.

    Codes of the class remark are no grounds and do not appear.

    Source:
        Domain rulings 2.5 and 2.7.

    >>> group_record([])
    ()
    """
    return tuple(_group_row(case) for case in _ordered(cases))


def _group_row(case: VillageCase) -> GroupRow:
    proposed = named(case.proposal)
    decided = {} if case.decision is None else named(case.decision)
    vetoes = (one for one in case.proposal.reasons if one.code == VETOED.code)
    remarks = proposed.get("remarks", ())
    told = remarks if isinstance(remarks, tuple) else ()
    return GroupRow(
        household=case.household,
        proposed_fen=only(int, proposed.get("limit_fen")),
        method=only(str, proposed.get("method")),
        spread_fen=only(int, proposed.get("spread_fen")),
        remarks=tuple(sorted(str(one) for one in told if one)),
        grounds=tuple(sorted({str(one.values["given_code"]) for one in vetoes})),
        status=(case.proposal if case.decision is None else case.decision).status,
        limit_fen=only(int, decided.get("limit_fen")),
        departure=only(str, decided.get("departure")),
        because=only(str, decided.get("because")) or "",
    )


@attrs.frozen(kw_only=True)
class AuditRow:
    """Everything of one household, for the auditor.

    Attributes:
        household: The household's id.
        officers: Who visits, the lead first.
        forms: Every form as it was handed in, in the order of assessors and rounds.
        proposal: The proposal with its reasons, trace and basis.
        decision: The group's decision, or None.
        explained: Both as text, in English.

    >>> audit_record([VillageCase(household="h", proposal=Decision(outcome=None, status="none"))]
    ...              )[0].explained
    ('outcome: none',)
    """

    household: str | int
    officers: tuple[str | int, ...]
    forms: tuple[Assessment, ...]
    proposal: Decision
    decision: Decision | None
    explained: tuple[str, ...]


def audit_record(cases: Iterable[VillageCase]) -> tuple[AuditRow, ...]:
    """Return the audit record (审计记录): every form, every reason, every basis.

    Source:
        Domain ruling 2.7.

    >>> audit_record([])
    ()
    """
    return tuple(
        AuditRow(
            household=case.household,
            officers=case.officers,
            forms=tuple(sorted(case.forms, key=_by_assessor)),
            proposal=case.proposal,
            decision=case.decision,
            explained=tuple(
                one.explain() for one in (case.proposal, case.decision) if one is not None
            ),
        )
        for case in _ordered(cases)
    )


def _by_assessor(form: Assessment) -> tuple[bool, str | int, int]:
    return isinstance(form.assessor, str), form.assessor, form.in_round


def _ordered(cases: object) -> tuple[VillageCase, ...]:
    """Return cases in the order of households, each once."""
    held = tuple(cases) if isinstance(cases, Iterable) else (cases,)
    for case in held:
        if not isinstance(case, VillageCase):
            raise CreditError(
                f"cases must hold VillageCase values, got {type(case).__name__} {case!r}"
            )
    households = [case.household for case in held]
    if len(set(households)) < len(households):
        twice = next(one for one in households if households.count(one) > 1)
        raise CreditError(f"a household must have one case, got two of {twice!r}")
    return tuple(sorted(held, key=lambda case: (isinstance(case.household, str), case.household)))


_TO_CUSTOMER: Final = MappingProxyType(
    {
        ("decided", "en"): (
            "your household may sign for a limit of {} yuan. It rests on what is known of your "
            "household's means and on how it has repaid. Signing is your choice; you may ask "
            "the branch to look at it again, and bring evidence of what has changed."
        ),
        ("decided", "zh"): (
            "您家可签约的授信额度为{}元，依据家庭经济情况和履约情况核定。是否签约由您自愿决定；"
            "如有变化，可携带证明材料向网点申请重新评定。"
        ),
        ("none", "en"): (
            "your household has no limit at present. You may ask the branch which of your own "
            "facts this rests on, have wrong ones corrected, and ask to be looked at again."
        ),
        ("none", "zh"): (
            "您家目前暂无授信额度。您可以向网点了解所依据的自身信息，更正有误之处，并申请重新评定。"
        ),
        ("open", "en"): (
            "your household's limit is not decided yet. The branch will come back to you."
        ),
        ("open", "zh"): "您家的授信额度尚未确定，网点会再与您联系。",
    }
)


def explain_to_customer(decision: Decision, *, lang: Lang = "en") -> str:
    """Return what may be said to the customer (对客户的说明).

    It names no assessor, no member of the group and no screening rule: customers with the same
    answer are told the same words.  "none" and an open answer say how to be heard.

    Args:
        decision: The answer of `reconcile`, `decide_group` or another that has a limit.
        lang: "en" or "zh".

    Raises:
        CreditError: If the language is another, or the decision is not on a limit.

    Source:
        Domain ruling 2.7.

    >>> explain_to_customer(Decision(outcome=None, status="undetermined"), lang="zh")
    '您家的授信额度尚未确定，网点会再与您联系。'
    """
    if lang not in {"en", "zh"}:
        raise CreditError(f"lang must be en or zh, got {lang!r}")
    limit = known_limit(decision)
    if limit is not None:
        return _TO_CUSTOMER["decided", lang].format(format_yuan(limit))
    return _TO_CUSTOMER["none" if decision.status == "none" else "open", lang]
