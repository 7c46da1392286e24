"""One household's forms become one limit, with everything that was weighed."""

import datetime
import functools
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.limits._assessment import Assessment, Relation, an_assessor, relations_of
from ruralcredit.limits._reasons import (
    ABSTAINED,
    ASK_AGAIN,
    BELOW_QUORUM,
    BY_DROPPING,
    BY_HODGES_LEHMANN,
    BY_LOWER,
    BY_MEAN,
    BY_MEDIAN,
    BY_MIDPOINT,
    CAP_UNKNOWN,
    CAPPED,
    CLOSE_ALL,
    CLOSE_LOWER,
    CLOSE_PAIR,
    CO_BORROWER,
    DEBTOR,
    DISSENT,
    DOES_NOT_KNOW,
    GUARANTOR,
    KIN,
    KIN_UNKNOWN,
    LAST_ROUND,
    LATE,
    LOW_DISSENT,
    MEMBER,
    NOT_IN_YET,
    NOTHING_LEFT,
    REASONS,
    RECUSED,
    REFERRER,
    SPOUSE,
    STRUCK,
    VETO_SHORT,
    VETO_UNVERIFIED,
    VETOED,
    WIDE_SPREAD,
)
from ruralcredit.limits._rule import (
    CLOSE_OR_COMPROMISE,
    COMPROMISES,
    MOST_ASSESSORS,
    Arithmetic,
    Proposal,
    ReconcileRule,
    closest,
    located,
    low_slack,
    proposed,
    rounded,
)
from ruralcredit.reasons import Basis, Cell, Decision, Figure, Reason, Status
from ruralcredit.values import format_yuan, to_dict

__all__ = ["BY", "LEFT_OUT", "reconcile"]

_ORDER: Final = MappingProxyType({one.code: place for place, one in enumerate(REASONS)})
LEFT_OUT: Final = MappingProxyType(
    {
        "abstained": ABSTAINED,
        "does_not_know": DOES_NOT_KNOW,
        "recused": RECUSED,
        "late": LATE,
        "struck": STRUCK,
    }
)
_RELATED: Final = MappingProxyType(
    {
        "member": MEMBER,
        "spouse": SPOUSE,
        "kin": KIN,
        "co_borrower": CO_BORROWER,
        "guarantor": GUARANTOR,
        "debtor": DEBTOR,
        "referrer": REFERRER,
    }
)
BY: Final = MappingProxyType(
    {
        "median": BY_MEDIAN,
        "mean": BY_MEAN,
        "drop_highest_and_lowest": BY_DROPPING,
        "lower": BY_LOWER,
        "hodges_lehmann": BY_HODGES_LEHMANN,
        "midpoint": BY_MIDPOINT,
    }
)
_INTS: Final = Arithmetic[int](
    ordered=sorted,
    smaller=min,
    larger=max,
    if_negative=lambda slack, then, other: then if slack < 0 else other,
)
_OTHER_RULES: Final = ("closest_pair", *COMPROMISES)
# What is asked for where no reserve is left.
_ANYONE: Final = "further_assessor"


def reconcile(
    assessments: Iterable[Assessment],
    *,
    rule: ReconcileRule = CLOSE_OR_COMPROMISE,
    caps_fen: Mapping[str, int | None] | Sequence[int] = (),
    relations: Iterable[Relation | tuple[str | int, str] | tuple[str | int, str, int]] = (),
    reserves: Iterable[str | int] = (),
    as_of: datetime.date | None = None,
) -> Decision:
    """Return one limit from independent assessments of a household (背靠背评议定额).

    Only figures are numbers: a form in another state is neither a zero nor in a divisor.
    Where an assessor has forms of several rounds the last one counts.  First come vetoes, then
    the quorum, then whether the figures lie close, then caps and rounding.

    Args:
        assessments: The forms, 1 to 9 assessors, in any order.
        rule: The bank's rule.
        caps_fen: Caps in fen by name, such as ``{"model": 80_000_00, "household": None}``, None
            where unknown, or amounts without names.  A cap rounds down to the step.
        relations: What the bank knows of assessors and this household: `Relation` or
            ``(assessor, kind)``, for kin with the degree.
        reserves: The grid's reserve assessors, in the order in which they are asked.
        as_of: The day of the question; None asks for no day.  A form of a later day is not in.

    Returns:
        A decision.  Its outcome holds ``limit_fen``; ``method``, "close" or "compromise";
        ``spread_fen``, the highest less the lowest figure that counts; ``before_fen``, the
        result before rounding and caps, cut to the fen; ``count`` of figures; ``capped_by``,
        the name of the cap that binds, if any; ``left_out`` and ``left_out_for``;
        ``dissents`` and their ``remarks``; ``further``, who is asked in addition, if anyone;
        and ``other_rules`` with ``other_rules_fen``, what they would have given.  The status is
        "none" where the rule's vetoes are reached or nothing is left, "undetermined" below the
        quorum, before a re-assessment, and where a cap is unknown; ``ask`` says whom or what.

    Raises:
        CreditError: If an assessor has two forms of one round, there are none or more than
            nine assessors, a cap is no amount from 0, or the rule is not in force on the day.

    Source:
        Rows L04 and L05; domain rulings 2.1 to 2.3.

    >>> forms = [Assessment("a", 50_000_00), Assessment("b", 60_000_00),
    ...          Assessment("c", 100_000_00)]
    >>> answer = reconcile(forms)
    >>> answer.outcome["limit_fen"], answer.outcome["method"], answer.outcome["spread_fen"]
    (5500000, 'close', 5000000)
    >>> reconcile(forms, relations=[("c", "spouse")], reserves=["d"]).ask
    ('d',)
    """
    asked = _asked(as_of, rule)
    caps = _Caps.of(caps_fen, rule=rule)
    related = _recusals(relations, rule)
    handed_in = _in_order(assessments)
    known = {form.assessor for form in handed_in} | set(related)
    return _Question(
        forms=_Forms.of(handed_in, rule=rule, related=related, as_of=asked),
        rule=rule,
        caps=caps,
        free=tuple(one for one in _reserves(reserves) if one not in known),
        as_of=asked,
    ).answer()


def _asked(as_of: object, rule: ReconcileRule) -> datetime.date | None:
    if as_of is None:
        return None
    if isinstance(as_of, datetime.datetime):
        raise CreditError(f"as_of must be a date, got datetime {as_of}: pass its .date()")
    if not isinstance(as_of, datetime.date):
        raise CreditError(f"as_of must be a date or None, got {as_of!r}")
    if as_of < rule.in_force:
        raise CreditError(
            f"rule {rule.id!r} is in force from {rule.in_force}, asked as of {as_of}: pass a "
            "later day or the older rule"
        )
    return as_of


def _reserves(values: object) -> tuple[str | int, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise CreditError(f"reserves must be several, got {values!r}: write [{values!r}]")
    return tuple(dict.fromkeys(an_assessor("a reserve", one) for one in values))


def _recusals(relations: object, rule: ReconcileRule) -> dict[str | int, list[Relation]]:
    """Return the relations that recuse, by assessor."""
    found: dict[str | int, list[Relation]] = {}
    for one in relations_of(relations):
        is_far = one.degree is not None and one.degree > int(rule.kin_degree.value)
        if one.kind in rule.recused_for and not is_far:
            found.setdefault(one.assessor, []).append(one)
    return found


@attrs.frozen(kw_only=True)
class _Caps:
    """The caps of a household, those that are known and those that are not."""

    name: str | None
    fen: int | None
    usable_fen: int | None
    unknown: tuple[str, ...]

    @classmethod
    def of(cls, caps_fen: object, *, rule: ReconcileRule) -> "_Caps":
        known: dict[str, int] = {}
        unknown = []
        for name, cap in _named(caps_fen).items():
            if cap is None:
                unknown.append(name)
                continue
            if isinstance(cap, bool) or not isinstance(cap, int) or cap < 0:
                raise CreditError(
                    f"cap {name} must be whole fen from 0 or None for unknown, got {cap!r}"
                )
            known[name] = cap
        open_caps = tuple(sorted(unknown))
        if not known:
            return cls(name=None, fen=None, usable_fen=None, unknown=open_caps)
        fen, name = min((cap, one) for one, cap in known.items())
        step = int(rule.step_fen.value)
        return cls(name=name, fen=fen, usable_fen=fen // step * step, unknown=open_caps)

    def capped(self, result: int) -> int:
        return result if self.usable_fen is None else min(result, self.usable_fen)

    def binds(self, result: int) -> bool:
        return self.capped(result) < result


def _named(caps_fen: object) -> dict[str, object]:
    if isinstance(caps_fen, Mapping):
        for name in caps_fen:
            if not isinstance(name, str) or not name.strip():
                raise CreditError(f"a cap must be named by text, got {name!r}")
        return dict(caps_fen)
    if isinstance(caps_fen, str) or not isinstance(caps_fen, Iterable):
        raise CreditError(
            f"caps_fen must be amounts by name or several amounts, got {caps_fen!r}: "
            "write {'household': amount}"
        )
    return {str(number): cap for number, cap in enumerate(caps_fen, start=1)}


@attrs.frozen(kw_only=True)
class _Forms:
    """The last form of each assessor, sorted into what each is to the answer."""

    figures: tuple[Assessment, ...]
    vetoes: tuple[Assessment, ...]
    unverified: tuple[Assessment, ...]
    dissents: tuple[Assessment, ...]
    left_out: tuple[tuple[Assessment, str, tuple[Reason, ...]], ...]
    in_round: int

    @classmethod
    def of(
        cls,
        forms: Sequence[Assessment],
        *,
        rule: ReconcileRule,
        related: Mapping[str | int, Sequence[Relation]],
        as_of: datetime.date | None,
    ) -> "_Forms":
        """Sort forms that stand in the order of assessors and rounds."""
        is_in = [one for one in forms if not _is_after(one, as_of)]
        last = {one.assessor: one for one in is_in}
        parts: dict[str, list[Assessment]] = {}
        left_out: list[tuple[Assessment, str, tuple[Reason, ...]]] = []
        for form in {**{one.assessor: one for one in forms}, **last}.values():
            relations = related.get(form.assessor, ())
            if relations:
                why = tuple(_recused(one, rule) for one in relations)
                left_out.append((form, relations[0].kind, why))
            elif form.assessor not in last:
                reason = NOT_IN_YET.given(assessor=form.assessor, handed_in_on=form.at)
                left_out.append((form, "not_in_yet", (reason,)))
            elif form.state in LEFT_OUT:
                reason = LEFT_OUT[form.state].given(assessor=form.assessor)
                left_out.append((form, form.state, (reason,)))
            else:
                parts.setdefault(_part(form, rule), []).append(form)
        return cls(
            figures=tuple(parts.get("figure", ())),
            vetoes=tuple(parts.get("veto", ())),
            unverified=tuple(parts.get("unverified", ())),
            dissents=tuple(parts.get("dissent", ())),
            left_out=tuple(left_out),
            in_round=max((one.in_round for one in is_in), default=1),
        )


def _in_order(assessments: object) -> tuple[Assessment, ...]:
    """Return forms by assessor and round, each assessor once in a round."""
    forms = tuple(assessments) if isinstance(assessments, Iterable) else (assessments,)
    for form in forms:
        if not isinstance(form, Assessment):
            raise CreditError(
                f"assessments must hold Assessment values, got {type(form).__name__} {form!r}"
            )
    keys = [(one.assessor, one.in_round) for one in forms]
    if len(set(keys)) < len(keys):
        assessor, number = next(key for key in keys if keys.count(key) > 1)
        raise CreditError(
            f"an assessor must have one form in a round, got two of {assessor!r} in round {number}"
        )
    count = len({one.assessor for one in forms})
    if not 1 <= count <= MOST_ASSESSORS:
        raise CreditError(f"a household must have 1 to {MOST_ASSESSORS} assessors, got {count}")
    return tuple(
        sorted(forms, key=lambda one: (isinstance(one.assessor, str), one.assessor, one.in_round))
    )


def _is_after(form: Assessment, day: datetime.date | None) -> bool:
    return form.at is not None and day is not None and form.at > day


def _recused(relation: Relation, rule: ReconcileRule) -> Reason:
    if relation.kind != "kin":
        return _RELATED[relation.kind].given(assessor=relation.assessor)
    if relation.degree is None:
        return KIN_UNKNOWN.given(assessor=relation.assessor)
    resting = _resting(KIN, rule.kin_degree)
    return resting.given(assessor=relation.assessor, most=rule.kin_degree.value)


def _part(form: Assessment, rule: ReconcileRule) -> str:
    """Return what a form is that is not left out."""
    if form.state in {"limit", "dissent"}:
        return "figure" if form.state == "limit" else "dissent"
    return "veto" if rule.decides(form.code) else "unverified"


# Remembered, since a rule's figures are put under its reasons again with each household.
@functools.lru_cache(maxsize=256)
def _resting(reason: Reason, figure: Figure) -> Reason:
    return attrs.evolve(reason, figures=(figure,))


@functools.lru_cache(maxsize=64)
def _digest(rule: ReconcileRule) -> str:
    plain = json.dumps(to_dict(rule), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


@attrs.frozen(kw_only=True)
class _Question:
    """Everything that one household's limit depends on, and the way to it."""

    forms: _Forms
    rule: ReconcileRule
    caps: _Caps
    free: tuple[str | int, ...]
    as_of: datetime.date | None

    @property
    def is_vetoed(self) -> bool:
        return len(self.forms.vetoes) >= int(self.rule.vetoes.value)

    def answer(self) -> Decision:
        """Return the decision: vetoes first, then caps, the quorum, doubts and the figures."""
        if self.is_vetoed:
            return self._closed("none", [])
        if self.caps.usable_fen == 0:
            return self._closed("none", [self._capped(), self._nothing_left()])
        unknown = [CAP_UNKNOWN.as_unknown(cap=name) for name in self.caps.unknown]
        count, quorum = len(self.forms.figures), int(self.rule.quorum.value)
        if count < quorum:
            reason = _resting(BELOW_QUORUM, self.rule.quorum).given(count=count, quorum=quorum)
            asked = (*self.free, _ANYONE)[: quorum - count]
            return self._closed("undetermined", [reason, *unknown], ask=asked)
        sitting = _Sitting.of(self)
        doubts = sitting.doubts()
        if sitting.is_held:
            asked = tuple(one.assessor for one in sitting.speakers)
            return self._closed("undetermined", [*doubts, *unknown], ask=asked, sitting=sitting)
        reasons = [sitting.method_reason(), *doubts]
        if self.caps.binds(sitting.found.result):
            reasons.append(self._capped())
        if sitting.limit_fen == 0:
            return self._closed("none", [*reasons, self._nothing_left()], sitting=sitting)
        if unknown:
            return self._closed("undetermined", [*doubts, *unknown], sitting=sitting)
        return self._told(reasons, status="decided", sitting=sitting)

    def _capped(self) -> Reason:
        return CAPPED.given(cap=self.caps.name, cap_fen=self.caps.fen)

    def _nothing_left(self) -> Reason:
        step = self.rule.step_fen
        return _resting(NOTHING_LEFT, step).given(step_fen=step.value)

    def _closed(
        self,
        status: Status,
        reasons: Sequence[Reason],
        *,
        ask: tuple[str | int, ...] = (),
        sitting: "_Sitting | None" = None,
    ) -> Decision:
        asked = (*ask, *self.caps.unknown) if status == "undetermined" else ()
        return self._told(reasons, status=status, ask=asked, sitting=sitting)

    def _told(
        self,
        reasons: Sequence[Reason],
        *,
        status: Status,
        ask: tuple[str | int, ...] = (),
        sitting: "_Sitting | None" = None,
    ) -> Decision:
        found = [*reasons, *self._form_reasons()]
        return Decision(
            outcome=sitting.outcome() if sitting and status == "decided" else None,
            status=status,
            reasons=sorted(found, key=lambda one: _ORDER[one.code]),
            trace=() if sitting is None else sitting.trace(status),
            ask=ask,
            basis=Basis(
                id=self.rule.id,
                version=self.rule.version,
                digest=_digest(self.rule),
                as_of=self.as_of,
            ),
        )

    def _form_reasons(self) -> list[Reason]:
        """Return what the forms without a figure say, and who was left out."""
        needed = self.rule.vetoes
        found = [reason for _, _, reasons in self.forms.left_out for reason in reasons]
        found += [DISSENT.given(assessor=one.assessor) for one in self.forms.dissents]
        for one in self.forms.unverified:
            code = "-" if one.code is None else one.code
            found.append(VETO_UNVERIFIED.given(assessor=one.assessor, given_code=code))
        for one in self.forms.vetoes:
            if self.is_vetoed:
                found.append(VETOED.given(assessor=one.assessor, given_code=one.code))
                continue
            reason = _resting(VETO_SHORT, needed)
            found.append(
                reason.given(assessor=one.assessor, given_code=one.code, needed=needed.value)
            )
        return found


@attrs.frozen(kw_only=True)
class _Sitting:
    """A household whose figures reach the quorum: what the rule makes of them."""

    question: _Question
    figures: tuple[int, ...]
    found: Proposal[int]
    low: tuple[Assessment, ...]

    @classmethod
    def of(cls, question: _Question) -> "_Sitting":
        forms, rule = question.forms.figures, question.rule
        figures = sorted(_fen(one) for one in forms)
        found = proposed(figures, rule=rule, by=_INTS)
        low = [one for one in forms if low_slack(_fen(one), found, rule=rule, by=_INTS) < 0]
        return cls(question=question, figures=tuple(figures), found=found, low=tuple(low))

    @property
    def rule(self) -> ReconcileRule:
        return self.question.rule

    @property
    def limit_fen(self) -> int:
        return self.question.caps.capped(self.found.result)

    @property
    def is_close(self) -> bool:
        return self.found.close_slack is not None and self.found.close_slack >= 0

    @property
    def is_wide(self) -> bool:
        return self.found.spread_slack is not None and self.found.spread_slack < 0

    @property
    def triggers(self) -> tuple[str, ...]:
        """What asks for more, whether or not the rule waits for it."""
        forms = self.question.forms
        present = {
            "unverified_veto": forms.unverified or forms.vetoes,
            "dissent": forms.dissents,
            "spread": self.is_wide,
            "low_dissent": self.low,
        }
        return tuple(name for name, is_there in present.items() if is_there)

    @property
    def calls_again(self) -> bool:
        return not set(self.triggers).isdisjoint(self.rule.reassess_on)

    @property
    def is_held(self) -> bool:
        return self.calls_again and self.question.forms.in_round < int(self.rule.rounds.value)

    @property
    def speakers(self) -> tuple[Assessment, ...]:
        """Who states a figure again in the next round."""
        forms = self.question.forms
        spoke = (*forms.figures, *forms.dissents, *forms.unverified, *forms.vetoes)
        return tuple(sorted(spoke, key=_by_assessor))

    def doubts(self) -> list[Reason]:
        """Return what asks for a further assessment, the rule's rounds included."""
        rule, found = self.rule, []
        if rule.low_dissent_bp is not None:
            reason = _resting(LOW_DISSENT, rule.low_dissent_bp)
            share = rule.low_dissent_bp.value
            found += [
                reason.given(assessor=one.assessor, figure_fen=one.limit_fen, share_bp=share)
                for one in self.low
            ]
        if self.is_wide and rule.spread_bp is not None:
            reason = _resting(WIDE_SPREAD, rule.spread_bp)
            share = rule.spread_bp.value
            found.append(reason.given(spread_fen=self.found.spread, share_bp=share))
        if self.calls_again:
            reason = _resting(ASK_AGAIN if self.is_held else LAST_ROUND, rule.rounds)
            rounds = rule.rounds.value
            found.append(reason.given(round=self.question.forms.in_round, rounds=rounds))
        return found

    def method_reason(self) -> Reason:
        """Return what the limit rests on."""
        rule, pair = self.rule, self.found.pair
        if not self.is_close:
            return BY[rule.compromise].given(count=len(self.figures))
        close = CLOSE_LOWER if rule.pair_takes == "lower" else CLOSE_PAIR
        if pair is not None:
            resting = _resting(close, rule.close_bp)
            return resting.given(lower_fen=pair[0], higher_fen=sum(pair))
        return _resting(CLOSE_ALL, rule.close_bp).given(
            count=len(self.figures),
            share_bp=rule.close_bp.value,
            median_fen=self.found.median // self.found.parts,
        )

    def others(self) -> tuple[int, ...]:
        """Return what each other rule would have given, rounded and capped alike."""
        figures = list(self.figures)
        lower, gap = closest(figures, by=_INTS)
        found = [(2 * lower + gap, 2)]
        found += [located(how, figures, by=_INTS) for how in COMPROMISES]
        return tuple(self.question.caps.capped(rounded(*one, rule=self.rule)) for one in found)

    def outcome(self) -> dict[str, Cell | tuple[Cell, ...]]:
        """Return the answer by name."""
        forms, caps = self.question.forms, self.question.caps
        doubted = sorted(
            (*self.low, *forms.dissents, *forms.unverified, *forms.vetoes), key=_by_assessor
        )
        return {
            "limit_fen": self.limit_fen,
            "method": "close" if self.is_close else "compromise",
            "spread_fen": self.found.spread,
            "before_fen": self.found.number // self.found.divisor,
            "count": len(self.figures),
            "capped_by": (caps.name,) if caps.binds(self.found.result) else (),
            "left_out": tuple(form.assessor for form, _, _ in forms.left_out),
            "left_out_for": tuple(why for _, why, _ in forms.left_out),
            "dissents": tuple(form.assessor for form in doubted),
            "remarks": tuple(form.remark for form in doubted),
            "further": (*self.question.free, _ANYONE)[:1] if self.triggers else (),
            "other_rules": _OTHER_RULES,
            "other_rules_fen": self.others(),
        }

    def trace(self, status: Status) -> tuple[str, ...]:
        """Return the way from the figures to the limit, one line a step."""
        rule, caps = self.rule, self.question.caps
        figures = ", ".join(map(format_yuan, self.figures))
        lines = [f"figures: {figures} yuan, spread {format_yuan(self.found.spread)}"]
        if self.found.pair is not None:
            lower, gap = self.found.pair
            pair = f"{format_yuan(lower)} and {format_yuan(lower + gap)} yuan"
            lines.append(f"closest pair: {pair}, {'close' if self.is_close else 'not close'}")
        before = format_yuan(self.found.number // self.found.divisor)
        lines.append(f"before rounding: {before} yuan")
        step, result = format_yuan(int(rule.step_fen.value)), format_yuan(self.found.result)
        lines.append(f"rounded {rule.rounding} to {step}: {result} yuan")
        if caps.fen is not None:
            lines.append(f"lowest cap: {caps.name}, {format_yuan(caps.fen)} yuan")
        if status == "decided":
            lines.append(f"limit: {format_yuan(self.limit_fen)} yuan")
        return tuple(lines)


def _fen(form: Assessment) -> int:
    return 0 if form.limit_fen is None else form.limit_fen


def _by_assessor(form: Assessment) -> tuple[bool, str | int]:
    return isinstance(form.assessor, str), form.assessor
