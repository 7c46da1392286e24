"""What the bank may count of one item: every fen from appraisal to lendable value."""

import datetime
from collections.abc import Mapping
from typing import Final

import attrs

from ruralcredit.collateral._default import DEFAULT_POLICY
from ruralcredit.collateral._facts import UNUSABLE, ValuationState, due_of, facts_of, state_of
from ruralcredit.collateral._fold import Heard, Treatment, heard, treatment_of
from ruralcredit.collateral._items import ITEM_OF_FACT, MAX_FEN, WHOLE_BP, CollateralItem, a_day
from ruralcredit.collateral._policy import CollateralPolicy
from ruralcredit.collateral._reasons import (
    CAP,
    DEDUCTED,
    FORM,
    MAXIMUM,
    NO_EVIDENCE,
    NOT_VALUED,
    NOT_YET,
    REASONS,
    REFERRED,
    SENIOR,
    SHARE,
    STALE,
    UNDATED,
)
from ruralcredit.errors import CreditError
from ruralcredit.policy import Row
from ruralcredit.reasons import Basis, Decision, Figure, Reason, Status
from ruralcredit.values import format_yuan

__all__ = [
    "STATE_REASONS",
    "Inquiry",
    "basis_of",
    "inquire",
    "lendable_value",
    "open_facts",
    "reason_code",
    "resting",
]

_REASON_OF: Final[Mapping[str, Reason]] = {reason.code: reason for reason in REASONS}
STATE_REASONS: Final[Mapping[str, Reason]] = {
    "missing": NOT_VALUED,
    "no_evidence": NO_EVIDENCE,
    "undated": UNDATED,
    "not_yet": NOT_YET,
    "stale": STALE,
}
_REFUSED: Final = {
    "lendable_fen": 0,
    "class": "refused",
    "verdict": "refuse",
    "cap_bp": 0,
    "conditions": (),
}


def lendable_value(
    item: CollateralItem,
    *,
    policy: CollateralPolicy = DEFAULT_POLICY,
    as_of: datetime.date,
) -> Decision:
    """Return what the bank may count of one item (可贷价值), with every step.

    Lendable value = min(cap x value - senior claims, registered maximum), the maximum for
    maximum-amount mortgages only; never below zero.  The value is the pledged share of the
    appraisal.  Share and cap each round down to the fen, against the bank.

    Args:
        item: What is known; unknown facts are None.
        policy: The bank's tables and figures.
        as_of: The day of the question.

    Returns:
        A decision.  Its outcome holds ``lendable_fen``, ``class`` ("preferred", "neutral",
        "cautious", "refused"), ``verdict`` ("pass", "refer", "refuse"), ``cap_bp`` after the
        deduction, and ``conditions`` to be met before drawdown, as ids of rows.  It is
        undetermined where a missing fact could change any of them, and asks for it, and a
        conflict where the facts contradict a bank's own table.

    Raises:
        CreditError: If the day is no date, or a word of the item is not in the tables.

    Source:
        Row D19 of the inventory; rulings 3.2.

    >>> import attrs
    >>> from ruralcredit.collateral import DEFAULT_POLICY
    >>> policy = attrs.evolve(DEFAULT_POLICY, service_area=("321181",))
    >>> item = CollateralItem(
    ...     id="C7", kind="housing", owner="borrower", place="321181105", area_m2=98,
    ...     built_on=datetime.date(2012, 6, 1), is_run_down=False, is_sealed=False,
    ...     is_disputed=False, consent="none_needed", share_bp=10_000, is_insured=True,
    ...     valuation_fen=1_000_000_00, valued_on=datetime.date(2026, 1, 5),
    ...     valued_by="external", senior_fen=200_000_00, form="specific",
    ... )
    >>> answer = lendable_value(item, policy=policy, as_of=datetime.date(2026, 6, 30))
    >>> answer.outcome["lendable_fen"], answer.outcome["class"]
    (50000000, 'preferred')
    >>> print(*answer.trace[-5:], sep=chr(10))
    valuation: 1,000,000.00 yuan of 2026-01-05 by external, due again on 2027-01-05, current
    pledged share: 1,000,000.00 yuan x 10000 / 10000 = 1,000,000.00 yuan
    cap: 1,000,000.00 yuan x 7000 / 10000 = 700,000.00 yuan
    senior claims: 700,000.00 yuan - 200,000.00 yuan = 500,000.00 yuan
    lendable value: 500,000.00 yuan
    """
    return _answer(inquire(item, policy=policy, as_of=as_of))


@attrs.frozen(kw_only=True)
class Inquiry:
    """One item asked about on one day: what was derived, and what the tables said.

    Attributes:
        item: The item.
        policy: The policy asked.
        day: The day of the question.
        facts: The facts as the tables test them.
        said: What each table said, by its name.
        treatment: What that comes to.
        due_on: The day the valuation is due again; None where unknown.
        state: What can be said about the valuation.
    """

    item: CollateralItem
    policy: CollateralPolicy
    day: datetime.date
    facts: Mapping[str, object]
    said: Mapping[str, Heard]
    treatment: Treatment
    due_on: datetime.date | None
    state: ValuationState

    @property
    def cap_bp(self) -> int | None:
        """Return the cap after the deduction; None where cap or class is open."""
        cap, name = self.treatment.cap_bp, self.treatment.class_name
        if cap is None or name is None:
            return None
        return max(cap - int(self.policy.deduction.value), 0) if name == "cautious" else cap

    @property
    def value_fen(self) -> int | None:
        """Return the appraisal where it may count, 0 where it lapsed, None where unknown."""
        if self.state == "current":
            return self.item.valuation_fen
        mode = self.policy.when_stale if self.state == "stale" else self.policy.when_missing
        return 0 if mode == "lapsed" else None

    def asked_for(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return facts of the tables as what the file lacks."""
        found = [ITEM_OF_FACT.get(name, name) for name in names]
        is_placed = self.item.place is not None
        return tuple("service_area" if x == "place" and is_placed else x for x in found)


def inquire(item: CollateralItem, *, policy: CollateralPolicy, as_of: datetime.date) -> Inquiry:
    """Derive the facts of an item and ask the tables of a policy."""
    day = a_day("as_of", as_of)
    for value, cls in ((item, CollateralItem), (policy, CollateralPolicy)):
        if type(value) is not cls:
            raise CreditError(f"a {cls.__name__} is asked for, got {type(value).__name__}")
    facts = facts_of(item, policy=policy, as_of=day)
    said = {name: heard(policy, name, facts) for name in policy.tables}
    treatment = treatment_of(said, policy)
    due_on = due_of(item.valued_on, treatment.revalue, policy)
    has_value = treatment.has_value is not False
    return Inquiry(
        item=item,
        policy=policy,
        day=day,
        facts=facts,
        said=said,
        treatment=treatment,
        due_on=due_on,
        state=state_of(item, has_value=has_value, due_on=due_on, as_of=day),
    )


def _answer(asked: Inquiry) -> Decision:
    """Put together what the tables said and what the money comes to."""
    treatment = asked.treatment
    clash = [name for name, one in asked.said.items() if not one.outs]
    if clash and treatment.is_refused is not True:
        rows = tuple(row for name in clash for row in asked.said[name].rows)
        return _decision(asked, "conflict", rows=rows, reasons=_row_reasons(asked, rows))
    if treatment.is_refused:
        rows = asked.said["refusals"].firm
        return _decision(
            asked, "decided", rows=rows, reasons=_row_reasons(asked, rows), outcome=_REFUSED
        )
    low, high, wanted = _range(asked)
    ask = tuple(dict.fromkeys((*open_facts(asked), *wanted)))
    rows = _rows(asked)
    reasons = (*_row_reasons(asked, rows), *_money_reasons(asked, wanted, high))
    if ask or low != high:
        return _decision(asked, "undetermined", rows=rows, reasons=reasons, ask=ask)
    outcome = {
        "lendable_fen": low,
        "class": treatment.class_name,
        "verdict": treatment.verdict,
        "cap_bp": asked.cap_bp,
        "conditions": treatment.conditions,
    }
    return _decision(asked, "decided", rows=rows, reasons=reasons, outcome=outcome)


def _decision(
    asked: Inquiry,
    status: Status,
    *,
    rows: tuple[str, ...],
    reasons: tuple[Reason, ...],
    outcome: Mapping[str, object] | None = None,
    ask: tuple[str, ...] = (),
) -> Decision:
    return Decision(
        outcome=outcome,  # type: ignore[arg-type]  # cells by name
        status=status,
        reasons=reasons,
        rows=rows,
        trace=(*_told_facts(asked), *(_told_money(asked) if outcome is not _REFUSED else ())),
        ask=ask,
        basis=basis_of(asked.policy, as_of=asked.day),
    )


def basis_of(policy: CollateralPolicy, *, as_of: datetime.date) -> Basis:
    """Name the policy asked: its id, version, content and the day."""
    return Basis(id=policy.id, version=policy.version, digest=policy.digest, as_of=as_of)


def open_facts(asked: Inquiry, *, verdict: bool = True) -> tuple[str, ...]:
    """Return what to ask where the tables leave the treatment open.

    Args:
        asked: The inquiry.
        verdict: Whether the verdict and the conditions before drawdown matter.
    """
    treatment = asked.treatment
    found: list[str] = []
    is_open = {
        "refusals": treatment.is_refused is None,
        "caps": treatment.cap is None,
        "classes": treatment.class_name is None or (verdict and treatment.verdict is None),
        "conditions": treatment.has_value is None or (verdict and treatment.conditions is None),
    }
    for name, one in asked.said.items():
        found += one.ask if is_open[name] else ()
    return asked.asked_for(tuple(found))


def _rows(asked: Inquiry) -> tuple[str, ...]:
    """Return the rows that the treatment rests on: no preference beside a caution."""
    rows = [row for name, one in asked.said.items() for row in one.rows]
    if asked.treatment.class_name != "cautious":
        return tuple(rows)
    return tuple(row for row in rows if asked.policy.rows[row][1].then.get("effect") != "prefer")


# --- money ------------------------------------------------------------------------------


def counted(
    value: int, *, share_bp: int, cap_bp: int, senior_fen: int, maximum_fen: int | None
) -> int:
    """Return lendable fen from amounts that are all known."""
    free = max(value * share_bp // WHOLE_BP * cap_bp // WHOLE_BP - senior_fen, 0)
    return free if maximum_fen is None else min(free, maximum_fen)


# Per unknown amount what is worst and best for the lendable value.
_ENDS: Final[Mapping[str, tuple[object, object]]] = {
    "valuation_fen": (0, MAX_FEN),
    "share_bp": (1, WHOLE_BP),
    "senior_fen": (MAX_FEN, 0),
    "form": ("maximum", "specific"),
    "registered_fen": (0, MAX_FEN),
}


def _range(asked: Inquiry) -> tuple[int, int, tuple[str, ...]]:
    """Return the least and the greatest lendable value, and the amounts that matter."""
    item = asked.item
    known: dict[str, object] = {
        "valuation_fen": asked.value_fen,
        "share_bp": item.share_bp,
        "senior_fen": item.senior_fen,
        "form": item.form,
        "registered_fen": item.registered_fen,
    }
    base = asked.treatment.cap_bp
    cap_bp = asked.cap_bp if asked.cap_bp is not None else WHOLE_BP if base is None else base

    def at(end: int, **fixed: object) -> int:
        amounts = {
            name: _ENDS[name][end] if value is None else value for name, value in known.items()
        } | fixed
        is_maximum = amounts["form"] == "maximum"
        return counted(
            int(str(amounts["valuation_fen"])),
            share_bp=int(str(amounts["share_bp"])),
            cap_bp=cap_bp,
            senior_fen=int(str(amounts["senior_fen"])),
            maximum_fen=int(str(amounts["registered_fen"])) if is_maximum else None,
        )

    low, high = at(0), at(1)
    unknown = [name for name, value in known.items() if value is None]
    matter = [
        name
        for name in unknown
        if at(0, **{name: _ENDS[name][1]}) != low or at(1, **{name: _ENDS[name][0]}) != high
    ]
    wanted = matter or (unknown if low != high else [])
    return low, high, tuple(_mended(asked, name) for name in wanted)


def _mended(asked: Inquiry, name: str) -> str:
    return UNUSABLE[asked.state] if name == "valuation_fen" else name


# --- reasons ----------------------------------------------------------------------------


def resting(reason: Reason, figure: Figure) -> Reason:
    """Return a reason that rests on a policy's own figure."""
    return attrs.evolve(reason, figures=(figure,), basis=figure.basis, source=figure.source)


def _row_reasons(asked: Inquiry, rows: tuple[str, ...]) -> tuple[Reason, ...]:
    """Return the reasons of rows in the order of the tables, with what they lead to."""
    found: list[Reason] = []
    treatment, policy = asked.treatment, asked.policy
    for name in policy.tables:
        for row in rows:
            table, rule = policy.rows[row]
            if table == name:
                found.append(_cap_reason(asked, rule) if name == "caps" else _bound(asked, rule))
        if name == "classes" and not treatment.is_refused:
            if treatment.class_name == "cautious":
                deducted = resting(DEDUCTED, policy.deduction)
                found.append(deducted.given(deduction_bp=policy.deduction.value))
            if treatment.verdict == "refer":
                referred = resting(REFERRED, policy.refer_from)
                found.append(referred.given(cautions=treatment.cautions))
    return tuple(found)


def reason_code(policy: CollateralPolicy, row: str) -> str:
    """Return the code of the reason that a row of a policy gives."""
    table, rule = policy.rows[row]
    if table == "caps":
        return CAP.code
    is_ours = isinstance(rule.reason, str) and rule.reason in _REASON_OF
    return str(rule.reason) if is_ours else f"{policy.tables[table].id}/{row}"


def _source(asked: Inquiry, rule: Row) -> str:
    table = asked.policy.tables[asked.policy.rows[rule.id][0]]
    return rule.cite.strip() or f"table {table.id}, row {rule.id}"


def _cap_reason(asked: Inquiry, rule: Row) -> Reason:
    source = _source(asked, rule)
    cap_bp = int(str(rule.then["cap_bp"]))
    figure = Figure(
        id=f"{asked.policy.caps.id}.{rule.id}",
        value=cap_bp,
        unit="bp",
        basis=rule.basis,
        source=source,
    )
    reason = resting(CAP, figure).given(cap_bp=cap_bp)
    return attrs.evolve(reason, unknown=_is_open(asked, rule))


def _is_open(asked: Inquiry, rule: Row) -> bool:
    return any(asked.facts[name] is None for name in rule.when)


def _bound(asked: Inquiry, rule: Row) -> Reason:
    """Return a row's reason: one of this room's by its code, or the row's own words."""
    source = _source(asked, rule)
    ours = _REASON_OF.get(rule.reason) if isinstance(rule.reason, str) else None
    if ours is not None:
        reason = attrs.evolve(ours, basis=rule.basis, source=source)
        facts = {name: asked.facts.get(name) for name in ours.facts}
        return reason.as_unknown(**facts) if _is_open(asked, rule) else reason.given(**facts)
    says = rule.reason
    if isinstance(says, str):
        says = {"en": says or f"row {rule.id}", "zh": says or f"规则 {rule.id}"}
    return Reason(
        code=reason_code(asked.policy, rule.id),
        says=says,
        source=source,
        basis=rule.basis,
        unknown=_is_open(asked, rule),
    )


def _money_reasons(asked: Inquiry, wanted: tuple[str, ...], high: int) -> tuple[Reason, ...]:
    """Return the reasons about the valuation and about every amount that changes the answer."""
    item, found = asked.item, []
    if asked.state not in {"current", "no_evidence"}:
        reason = STATE_REASONS[asked.state]
        days = {"valued_on": item.valued_on, "due_on": asked.due_on}
        found.append(reason.given(**{name: days[name] for name in reason.facts}))
    if "share_bp" in wanted:
        found.append(SHARE.as_unknown())
    elif item.share_bp is not None and item.share_bp < WHOLE_BP:
        found.append(SHARE.given(share_bp=item.share_bp))
    if "senior_fen" in wanted:
        found.append(SENIOR.as_unknown())
    elif item.senior_fen:
        found.append(SENIOR.given(senior_fen=item.senior_fen))
    if "form" in wanted:
        found.append(FORM.as_unknown())
    if "registered_fen" in wanted:
        found.append(MAXIMUM.as_unknown())
    elif item.form == "maximum" and item.registered_fen == high:
        found.append(MAXIMUM.given(registered_fen=item.registered_fen))
    return tuple(found)


# --- the trace --------------------------------------------------------------------------


def _told_facts(asked: Inquiry) -> tuple[str, ...]:
    """Say the facts as derived, then what the tables made of them."""
    item, facts = asked.item, asked.facts
    derived = {
        "is_local": f" (place {item.place or 'unknown'}, service area "
        f"{', '.join(asked.policy.service_area) or 'not given'})",
        "age_years": f" (built on {item.built_on})" if item.built_on else "",
        "insurance": f" (until {item.insured_until})" if item.insured_until else "",
    }
    lines = []
    for name, value in facts.items():
        shown = "unknown" if value is None else value
        lines.append(f"{name} = {shown}{derived.get(name, '')}")
    treatment = asked.treatment
    if treatment.is_refused:
        return (*lines, "refused: nothing counts")
    class_name = treatment.class_name or "undetermined"
    cautions = f", cautions {treatment.cautions}" if class_name == "cautious" else ""
    lines.append(f"class: {class_name}{cautions}")
    base, cap_bp = treatment.cap_bp, asked.cap_bp
    if cap_bp is None or base is None:
        lines.append("cap: undetermined")
    elif class_name == "cautious":
        lines.append(f"cap: {base} bp - {asked.policy.deduction.value} bp = {cap_bp} bp")
    else:
        lines.append(f"cap: {cap_bp} bp")
    return tuple(lines)


def _yuan(fen: int) -> str:
    return f"{format_yuan(fen)} yuan"


def _told_money(asked: Inquiry) -> tuple[str, ...]:
    """Take every fen from the appraisal to the lendable value, as far as facts are known."""
    item, value = asked.item, asked.value_fen
    lines = [_told_valuation(asked)]
    if value is None or item.share_bp is None:
        return tuple(lines)
    if asked.state != "current":
        lines.append("the valuation counts as nothing: 0.00 yuan")
    now = value * item.share_bp // WHOLE_BP
    lines.append(f"pledged share: {_yuan(value)} x {item.share_bp} / {WHOLE_BP} = {_yuan(now)}")
    if asked.cap_bp is None:
        return tuple(lines)
    before, now = now, now * asked.cap_bp // WHOLE_BP
    lines.append(f"cap: {_yuan(before)} x {asked.cap_bp} / {WHOLE_BP} = {_yuan(now)}")
    if item.senior_fen is None:
        return tuple(lines)
    before, now = now, max(now - item.senior_fen, 0)
    floor = ", not below zero" if before < item.senior_fen else ""
    senior = _yuan(item.senior_fen)
    lines.append(f"senior claims: {_yuan(before)} - {senior} = {_yuan(now)}{floor}")
    if item.form is None or (item.form == "maximum" and item.registered_fen is None):
        return tuple(lines)
    if item.form == "maximum" and item.registered_fen is not None:
        now = min(now, item.registered_fen)
        lines.append(f"registered maximum: at most {_yuan(item.registered_fen)} = {_yuan(now)}")
    lines.append(f"lendable value: {_yuan(now)}")
    return tuple(lines)


def _told_valuation(asked: Inquiry) -> str:
    item = asked.item
    if item.valuation_fen is None:
        return "valuation: unknown"
    due = "" if asked.due_on is None else f", due again on {asked.due_on}"
    return (
        f"valuation: {_yuan(item.valuation_fen)} of {item.valued_on or 'an unknown day'} "
        f"by {item.valued_by or 'nobody known'}{due}, {asked.state.replace('_', ' ')}"
    )
