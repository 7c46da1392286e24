"""May this guarantee be taken: the limits asked of what it would change (担保准入审查)."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, overload

import attrs

from ruralcredit.guarantee_checks._effect import GROUP_FACTS, Effect, Fact, GuarantorEffect
from ruralcredit.guarantee_checks._given import PartyId, a_day
from ruralcredit.guarantee_checks._measure import effects_of
from ruralcredit.guarantee_checks._policy import LIMITS
from ruralcredit.guarantee_checks._proposals import (
    GuaranteeProposal,
    JointProposal,
    Proposal,
    name_of,
)
from ruralcredit.guarantee_checks._reasons import (
    BREAK_CHANGES,
    BREAK_UNKNOWN,
    CLOSES_HIDDEN_LOOP,
    CLOSES_LOOP,
    CLUSTER_JOINED,
    CLUSTER_NEW,
    COULD_CLOSE,
    COVER_CHANGES,
    COVER_UNKNOWN,
    RELATIONS_UNKNOWN,
)
from ruralcredit.guarantee_checks._rules import VERDICTS, Rules, rules_of
from ruralcredit.guarantee_checks._security import DEEMED_UNSECURED, SecurityPolicy
from ruralcredit.guarantees import Bounds, GuaranteeBook, JointGroups, Relations
from ruralcredit.policy import Policy
from ruralcredit.reasons import Basis, Decision, Reason
from ruralcredit.values import Dated

__all__ = ["check_effect", "check_guarantee"]

# So many open parties a sentence names; `ask` lists all of them.
_SHOWN: Final = 3


@overload
def check_guarantee(
    book: GuaranteeBook,
    proposal: Proposal,
    *,
    policy: Policy = ...,
    security: SecurityPolicy | Dated[SecurityPolicy] = ...,
    relations: Relations | None = ...,
    insiders: Collection[PartyId] | None = ...,
    groups: JointGroups | None = ...,
    as_of: datetime.date,
) -> Decision: ...
@overload
def check_guarantee(
    book: GuaranteeBook,
    proposal: Sequence[Proposal],
    *,
    policy: Policy = ...,
    security: SecurityPolicy | Dated[SecurityPolicy] = ...,
    relations: Relations | None = ...,
    insiders: Collection[PartyId] | None = ...,
    groups: JointGroups | None = ...,
    as_of: datetime.date,
) -> tuple[Decision, ...]: ...
def check_guarantee(
    book: GuaranteeBook,
    proposal: Proposal | Sequence[Proposal],
    *,
    policy: Policy = LIMITS,
    security: SecurityPolicy | Dated[SecurityPolicy] = DEEMED_UNSECURED,
    relations: Relations | None = None,
    insiders: Collection[PartyId] | None = None,
    groups: JointGroups | None = None,
    as_of: datetime.date,
) -> Decision | tuple[Decision, ...]:
    """Say whether a guarantee, a joint group or several at once may be taken (担保准入审查).

    Several are judged in the book with all of them in it, so that two that close a loop
    together are both told so, in whatever order they come.

    Args:
        book: The book; it is asked for ``as_of``.
        proposal: One guarantee or joint group, or a sequence of them.
        policy: The limits in versions by day: a table over the facts of an effect that
            collects, each row with ``verdict`` "refer" or "refuse".  A row whose reason is a
            code of this room speaks its sentence, with the measured facts.
        security: Which guarantors count for a loan.
        relations: Who is related to whom, beside what the book was merged over; None leaves it
            unknown, an empty table says that nobody is.
        insiders: Staff and insiders (关系人), by id; None leaves it unknown.
        groups: Joint groups beside those that the ledger shows.
        as_of: The day.

    Returns:
        The gravest verdict of the rules that hold, "refuse", "refer" to a person or "pass",
        with the reasons of all of them and what else changes; undetermined where an unknown
        fact could make it graver, and ``ask`` says what to find out.  ``rows`` holds the ids
        of the table's rows; the trace tells each fact and the way of the loop.  For a sequence
        a tuple of decisions in its order.

    Raises:
        CreditError: If there is no proposal, an id is of another kind than the ledger's, no
            version is in force on the day, or the table is none of rules.

    Source:
        Rows D20, D21 and D22 of the inventory; practice 2.15; guarantees 1.2.

    An approver asks whether a third guarantee may be taken, and sees the loop that it closes:

    >>> from ruralcredit.guarantee_checks import GuaranteeProposal
    >>> from ruralcredit.guarantees import Loans, Parties
    >>> firms = Parties.from_columns(
    ...     party=["a", "b", "c"], kind=["firm"] * 3, region=["330102"] * 3,
    ...     net_assets_fen=[9_000_000_00] * 3,
    ... )
    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b"], borrower=["b", "c"], contract_id=["K1", "K2"],
    ...     amount_fen=[800_000_00, 500_000_00], parties=firms,
    ...     loans=Loans.from_columns(loan_id=["L1"], borrower=["c"], balance_fen=[500_000_00],
    ...                              overdue_days=[0]),
    ... )
    >>> new = GuaranteeProposal(contract_id="K3", guarantor="c", borrower="a",
    ...                         amount_fen=300_000_00, product="other")
    >>> nobody = Relations.from_columns(a=[], b=[], kind=[])
    >>> found = check_guarantee(book, new, relations=nobody, insiders=(),
    ...                         as_of=datetime.date(2026, 1, 1))
    >>> found.outcome, found.rows
    ('refer', ('closes_loop',))
    >>> found.reasons[0].text("en")
    'K3 would close a loop of 3 contracts: c > a > b > c'
    """
    day = a_day(as_of, "as_of")
    rules = rules_of(policy.as_of(day))
    is_one = isinstance(proposal, GuaranteeProposal | JointProposal)
    several = (proposal,) if isinstance(proposal, GuaranteeProposal | JointProposal) else proposal
    effects = effects_of(
        book,
        several,
        relations=relations,
        insiders=insiders,
        groups=groups,
        security=security,
        as_of=day,
    )
    decisions = tuple(_decided(rules, effect, day) for effect in effects)
    return decisions[0] if is_one else decisions


def check_effect(effect: Effect, *, policy: Policy = LIMITS, as_of: datetime.date) -> Decision:
    """Ask the limits of an effect that was measured before (按已测影响审查).

    What a proposal would change is measured once, by `effects_of`, and asked of as many
    policies as a bank wants to compare.

    Args:
        effect: What a proposal would do.
        policy: As in `check_guarantee`.
        as_of: The day whose version of the policy is asked.

    Returns:
        As `check_guarantee`.

    Raises:
        CreditError: If no version is in force on the day, or the table is none of rules.

    >>> from ruralcredit.guarantee_checks import GuaranteeProposal, effects_of
    >>> day = datetime.date(2026, 1, 1)
    >>> new = GuaranteeProposal(contract_id="K1", guarantor="a", borrower="a")
    >>> book = GuaranteeBook.from_columns(guarantor=["b"], borrower=["a"])
    >>> check_effect(effects_of(book, [new], as_of=day)[0], as_of=day).outcome
    'refuse'
    """
    day = a_day(as_of, "as_of")
    return _decided(rules_of(policy.as_of(day)), effect, day)


@attrs.frozen(kw_only=True)
class _Told:
    """One rule that is told: where it stands, whether it holds, and of whom."""

    at: int
    holds: bool
    guarantor: GuarantorEffect
    ask: tuple[tuple[GuarantorEffect, str], ...]


def _decided(rules: Rules, effect: Effect, day: datetime.date) -> Decision:
    cases = [(one, effect.facts(one)) for one in effect.guarantors]
    found = [told for at in range(len(rules.gravity)) if (told := _told(rules, at, cases))]
    certain = max((rules.gravity[one.at] for one in found if one.holds), default=0)
    graver = [one for one in found if not one.holds and rules.gravity[one.at] > certain]
    listed = [one for one in found if one.holds or one in graver]
    return Decision(
        outcome=None if graver else VERDICTS[certain],
        status="undetermined" if graver else "decided",
        reasons=(*(_reason(rules, one, effect) for one in listed), *_beside(effect)),
        rows=[rules.table.rows[one.at].id for one in listed],
        trace=_trace(effect, cases),
        ask=_asked(effect, graver),
        basis=Basis(
            id=rules.table.id, version=rules.table.version, digest=rules.table.digest, as_of=day
        ),
    )


def _told(
    rules: Rules, at: int, cases: Sequence[tuple[GuarantorEffect, Mapping[str, Fact]]]
) -> _Told | None:
    """Return a rule that holds for somebody, or is open for somebody; None where it fails."""
    found = [(one, rules.ask(at, facts)) for one, facts in cases]
    for state in ("holds", "open"):
        chosen = [(one, told) for one, told in found if told.state == state]
        if chosen:
            ask = tuple((one, name) for one, told in chosen for name in told.ask)
            return _Told(at=at, holds=state == "holds", guarantor=chosen[0][0], ask=ask)
    return None


def _reason(rules: Rules, told: _Told, effect: Effect) -> Reason:
    """Return what a rule says of a proposal."""
    reason = rules.reasons[told.at]
    facts = {**_facts_told(effect, told.guarantor), **rules.limits[told.at]}
    if not told.holds and reason.code == CLOSES_LOOP.code:
        reason = _like(COULD_CLOSE, reason)
    elif not told.holds and reason.code == CLOSES_HIDDEN_LOOP.code:
        is_untold = effect.ask["closes_hidden_loop"] == ("relations",)
        reason = _like(RELATIONS_UNKNOWN if is_untold else COULD_CLOSE, reason)
    values = {name: facts.get(name) for name in reason.facts}
    return attrs.evolve(reason, values=values, unknown=not told.holds)


def _like(reason: Reason, row: Reason) -> Reason:
    return attrs.evolve(reason, source=row.source, basis=row.basis)


def _facts_told(effect: Effect, guarantor: GuarantorEffect) -> dict[str, str | int | None]:
    """Return the facts that sentences name."""
    proposal = effect.proposal
    group = effect.group
    facts = {name: _least(fact) for name, fact in effect.facts(guarantor).items()}
    deemed = [one.borrower for one in effect.security if one.is_deemed_unsecured]
    return {
        **facts,
        "name": str(name_of(proposal)),
        "guarantor": str(guarantor.guarantor),
        "amount_fen": guarantor.proposed_fen,
        "given_fen": guarantor.given_fen.low,
        "loop_contracts": len(effect.contracts),
        "way": _way(effect),
        "chain": " > ".join(map(str, effect.chain)),
        "opened": ", ".join(map(str, effect.opened[:_SHOWN])) or None,
        "deemed": ", ".join(map(str, deemed)) or None,
        "kin": ", ".join(f"{a}-{b}" for a, b in (group and group.kin) or ()) or None,
        "elsewhere": ", ".join(map(str, group.elsewhere)) if group else None,
        "sizes": ", ".join(map(str, effect.clusters_before)),
    }


def _least(fact: Fact) -> str | int | None:
    """Return a fact as a sentence can name it: of bounds the lower one."""
    if isinstance(fact, Bounds):
        return fact.low
    return str(fact) if isinstance(fact, bool) else fact


def _way(effect: Effect) -> str | None:
    """Return the parties along the loop; a relation stands as a tilde."""
    if not effect.witness:
        return None
    steps = [
        f"{' > ' if step.kind == 'guarantee' else ' ~ '}{step.target}" for step in effect.witness
    ]
    return f"{effect.witness[0].source}{''.join(steps)}"


def _beside(effect: Effect) -> tuple[Reason, ...]:
    """Return what else the proposal would change."""
    facts = _facts_told(effect, effect.guarantors[0])
    said = [CLUSTER_JOINED if effect.clusters_before else CLUSTER_NEW]
    if effect.cover is not None:
        said.append(COVER_CHANGES if effect.cover.is_known else COVER_UNKNOWN)
        facts |= {
            f"{name}_fen": one.low if one.low == one.high else None
            for name, one in attrs.asdict(effect.cover, recurse=False).items()
        }
    if effect.breaking is not None:
        said.append(BREAK_CHANGES if effect.breaking.is_known else BREAK_UNKNOWN)
        facts["break_before_fen"] = effect.breaking.before.high
        facts["break_after_fen"] = effect.breaking.after.high
        facts["break_least_fen"] = effect.breaking.after.low
    return tuple(one.given(**{name: facts[name] for name in one.facts}) for one in said)


def _trace(
    effect: Effect, cases: Sequence[tuple[GuarantorEffect, Mapping[str, Fact]]]
) -> list[str]:
    """Return each fact measured, then the way of the loop step by step."""
    is_joint = isinstance(effect.proposal, JointProposal)
    asked = [name for name in cases[0][1] if is_joint or name not in GROUP_FACTS]
    common = [name for name in asked if len({told[name] for _, told in cases}) == 1]
    facts = [f"{name} = {_shown(cases[0][1][name])}" for name in common]
    for one, told in cases:
        facts += [
            f"{name} of {one.guarantor} = {_shown(fact)}"
            for name, fact in told.items()
            if name in asked and name not in common
        ]
    names = iter(effect.contracts)
    steps = [
        f"{step.kind} {next(names) if step.kind == 'guarantee' else step.row}: "
        f"{step.source} > {step.target}"
        for step in effect.witness
    ]
    return [*facts, *steps]


def _shown(fact: Fact) -> str:
    if isinstance(fact, Bounds) and fact.low != fact.high:
        return f"{fact.low} or more" if fact.high is None else f"{fact.low} to {fact.high}"
    return str(_least(fact)) if fact is not None else "unknown"


def _asked(effect: Effect, graver: Iterable[_Told]) -> list[str]:
    """Return what to find out, each once, in the order of the rules."""
    found: dict[str, None] = {}
    for told in graver:
        for guarantor, name in told.ask:
            found |= dict.fromkeys({**effect.ask, **guarantor.ask}.get(name) or (name,))
    return list(found)
