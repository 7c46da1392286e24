"""Referrers: who may be one, what they gain and bear, and how they help with overdue loans."""

import datetime
import functools
from collections.abc import Collection, Mapping
from typing import Final, Literal

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.policy import DecisionTable, Field, Row
from ruralcredit.products._checks import a_day, a_word, an_amount, checked, digest_of, maybe
from ruralcredit.products._reasons import (
    ASSIST,
    ASSISTANCE_DAYS,
    CLAW_BACK_LIMITED,
    NO_CONSENT,
    NOT_OVERDUE,
    OVERDUE_UNKNOWN,
    PAYOUT_HELD,
    REFERRER_BONUS,
    REFERRER_GAIN,
    REFERRER_LOSS,
    REFERRER_NPL_LIMIT,
    SETTLEMENT_UNKNOWN,
    WITHHELD,
    based,
)
from ruralcredit.products._verdicts import Rules, VerdictColumns, check_rules, rules_of
from ruralcredit.reasons import Basis, Decision, Figure, Reason, Status
from ruralcredit.values import Fen, FrozenMapping, Ratio, format_yuan, round_ratio

__all__ = [
    "REFERRERS",
    "AssistanceTask",
    "ReferrerAccount",
    "ReferrerPolicy",
    "ReferrerSettlement",
    "check_referrer",
    "check_referrer_columns",
    "plan_assistance",
    "settle_referrer",
]

_WHOLE: Final = 10_000


def _share(figure: object, name: str) -> None:
    value = figure.value if isinstance(figure, Figure) else None
    if not isinstance(value, int) or not 0 <= value <= _WHOLE:
        raise CreditError(
            f"ReferrerPolicy.{name} must be a Figure of 0 to {_WHOLE} basis points, got {figure!r}"
        )


@attrs.frozen(kw_only=True)
class ReferrerPolicy:
    """What referrers gain and bear (推荐人：收益共享、风险共担).

    Attributes:
        rules: A table with hit policy "collect" that says who may be no referrer; each row
            gives ``verdict`` "refer" or "refuse".
        gain: Share of the interest received.
        loss: Share of the loss.
        bonus: Share of the cash recovered with the referrer's help.
        npl_limit: Share of bad loans among those referred above which a payout is held.
        assistance: Days in which the referrer is asked to help.
        id: The policy's name.
        version: The version, as the bank names it.

    Raises:
        TableError: If the table does not collect, or a row gives another verdict.
        CreditError: If a figure is out of range.

    >>> REFERRERS.gain.value, REFERRERS.loss.value
    (500, 1000)
    """

    rules: DecisionTable = attrs.field(repr=lambda table: table.id)
    gain: Figure = attrs.field(repr=False)
    loss: Figure = attrs.field(repr=False)
    bonus: Figure = attrs.field(repr=False)
    npl_limit: Figure = attrs.field(repr=False)
    assistance: Figure = attrs.field(repr=False)
    id: str = attrs.field(default="products.referrers", validator=checked(a_word))
    version: str = attrs.field(default="1", validator=checked(a_word))

    def __attrs_post_init__(self) -> None:
        """Refuse rules that cannot be asked, and figures that are no shares."""
        check_rules(self.rules)
        for name in ("gain", "loss", "bonus", "npl_limit"):
            _share(getattr(self, name), name)
        an_amount(self.assistance.value, "ReferrerPolicy.assistance")

    @functools.cached_property
    def ready(self) -> Rules:
        """The rules made ready to be asked."""
        return rules_of(self.rules)

    @functools.cached_property
    def asked(self) -> Basis:
        """What an answer names as asked.

        >>> REFERRERS.asked.id
        'products.referrers'
        """
        return Basis(id=self.id, version=self.version, digest=digest_of(self))


_REFERRER: Final = "rulings 3.5: who may be a referrer and what a referrer may see"

REFERRERS: Final = ReferrerPolicy(
    rules=DecisionTable(
        "products.referrer_rules",
        [
            Field("is_staff", "bool"),
            Field("is_reviewer_of_household", "bool"),
            Field("is_borrower", "bool"),
        ],
        [
            Row(
                "staff",
                when={"is_staff": True},
                then={"verdict": "refuse"},
                reason={
                    "en": "the referrer is on the bank's staff",
                    "zh": "推荐人为本行员工",
                },
                cite=_REFERRER,
                basis="project proposal",
            ),
            Row(
                "reviewer",
                when={"is_reviewer_of_household": True},
                then={"verdict": "refuse"},
                reason={
                    "en": "the referrer assesses the same household",
                    "zh": "推荐人为同一农户的评议人",
                },
                cite=_REFERRER,
                basis="project proposal",
            ),
            Row(
                "borrower",
                when={"is_borrower": True},
                then={"verdict": "refuse"},
                reason={
                    "en": "the referrer is the borrower",
                    "zh": "推荐人即借款人本人",
                },
                cite=_REFERRER,
                basis="project proposal",
            ),
        ],
        hit="collect",
    ),
    gain=REFERRER_GAIN,
    loss=REFERRER_LOSS,
    bonus=REFERRER_BONUS,
    npl_limit=REFERRER_NPL_LIMIT,
    assistance=ASSISTANCE_DAYS,
)
"""Shares to start from: the source names the shared gain and risk and gives no rate."""


def check_referrer(
    facts: Mapping[str, object], *, policy: ReferrerPolicy = REFERRERS, as_of: datetime.date
) -> Decision:
    """Check who may refer a customer, and tell every rule that fails (推荐人资格).

    Args:
        facts: ``is_staff``, ``is_reviewer_of_household`` (assesses the same household's limit)
            and ``is_borrower``; one left out or None is unknown.
        policy: The bank's rules.
        as_of: The day asked for.

    Returns:
        Outcome "pass", "refer" or "refuse"; undetermined where an unknown fact could change it.

    Raises:
        CreditError: If a fact has another name or is neither True nor False.

    Source:
        rulings 3.5.

    >>> found = check_referrer({"is_staff": True, "is_reviewer_of_household": True},
    ...                        as_of=datetime.date(2026, 1, 1))
    >>> found.outcome, found.rows
    ('refuse', ('staff', 'reviewer'))
    """
    return policy.ready.decide(facts, as_of=a_day(as_of, "as_of"))


def check_referrer_columns(
    facts: Mapping[str, object], *, policy: ReferrerPolicy = REFERRERS, as_of: datetime.date
) -> VerdictColumns:
    """Check a column of referrers, each as `check_referrer` checks one.

    Raises:
        CreditError: As `check_referrer`; it names the column, the count and the first row.

    >>> check_referrer_columns({"is_staff": [True]}, as_of=datetime.date(2026, 1, 1)).verdicts()
    ['refuse']
    """
    return policy.ready.decide_columns(facts, as_of=a_day(as_of, "as_of"))


@attrs.frozen(kw_only=True)
class ReferrerAccount:
    """What happened to the loans of one referrer in a period (推荐人账户).

    Attributes:
        interest_received_fen: Interest that the borrowers paid; None is unknown, as below.
        loss_fen: Net loss on the loans.
        recovered_fen: Cash recovered with the referrer's help.
        commission_paid_fen: Commission paid before, which may still be asked back.
        is_licensed: Whether the referrer is licensed to bear losses beyond the commission.
        pool: Bad loans of all loans referred.

    Raises:
        CreditError: If an amount is negative or no whole number of fen.

    >>> ReferrerAccount(interest_received_fen=10_000_00, loss_fen=3_000_00, recovered_fen=0,
    ...                 commission_paid_fen=0, is_licensed=False, pool=Ratio(0, 12)).pool.bp
    0
    """

    interest_received_fen: Fen | None = attrs.field(validator=maybe(an_amount))
    loss_fen: Fen | None = attrs.field(validator=maybe(an_amount))
    recovered_fen: Fen | None = attrs.field(default=None, validator=maybe(an_amount))
    commission_paid_fen: Fen | None = attrs.field(default=None, validator=maybe(an_amount))
    is_licensed: bool | None = None
    pool: Ratio | None = None


@attrs.frozen(kw_only=True)
class ReferrerSettlement:
    """What a referrer is paid, or pays back (推荐人结算).

    Attributes:
        gain_fen: Share of the interest received, and of the cash recovered with their help.
        share_fen: Share of the loss that the policy gives the referrer.
        borne_fen: What the referrer bears of it: no more than commission, unless licensed.
        bank_fen: What the bank bears: with ``borne_fen`` the whole loss.
        net_fen: Gain less what is borne.
        payout_fen: What is paid out now.
        held_fen: What is held while too many loans are bad.
        claw_back_fen: What is paid back from earlier commission.
        status: "decided" or "undetermined"; all amounts are None unless decided.
        ask: What to ask for.
        reasons: What held the amounts up or down.
        trace: How they came about.
        basis: The policy asked.

    >>> ReferrerSettlement(status="undetermined", basis=Basis(id="list")).net_fen is None
    True
    """

    gain_fen: Fen | None = None
    share_fen: Fen | None = None
    borne_fen: Fen | None = None
    bank_fen: Fen | None = None
    net_fen: int | None = None
    payout_fen: Fen | None = None
    held_fen: Fen | None = None
    claw_back_fen: Fen | None = None
    status: Status = "decided"
    ask: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = attrs.field(default=(), repr=False)
    trace: tuple[str, ...] = attrs.field(default=(), repr=False)
    basis: Basis = attrs.field(repr=False)


def settle_referrer(
    account: ReferrerAccount, *, policy: ReferrerPolicy = REFERRERS
) -> ReferrerSettlement:
    """Settle gain and loss with a referrer (收益共享、风险共担).

    Gain = share of the interest received + share of the cash recovered with their help, each
    rounded half up to a fen.  The share of the loss is cut down to whole fen; the odd fen is
    the bank's.  Who has no licence bears no more than the commission, of now and of before.

    Args:
        account: What happened to the loans referred.
        policy: The shares.

    Returns:
        The amounts; undetermined where an unknown fact could change them.

    Source:
        Row G16 of the inventory; rulings 3.5; practice 2.18.

    >>> found = settle_referrer(ReferrerAccount(
    ...     interest_received_fen=10_000_00, loss_fen=3_000_00, recovered_fen=0,
    ...     commission_paid_fen=0, is_licensed=False, pool=Ratio(1, 40)))
    >>> found.gain_fen, found.borne_fen, found.net_fen, found.payout_fen
    (50000, 30000, 20000, 20000)
    """
    interest, loss, recovered = (
        account.interest_received_fen,
        account.loss_fen,
        account.recovered_fen,
    )
    if interest is None or loss is None or recovered is None:
        return _open(account, ("interest_received_fen", "loss_fen", "recovered_fen"), policy)
    gain = _part(interest, policy.gain) + _part(recovered, policy.bonus)
    share = _part(loss, policy.loss, mode="down")
    commission = (
        None if account.commission_paid_fen is None else gain + account.commission_paid_fen
    )
    if share > gain and account.is_licensed is not True:
        # Whether the limit binds turns on the commission and the licence.
        if commission is None or (share > commission and account.is_licensed is None):
            return _open(account, ("commission_paid_fen", "is_licensed"), policy)
        borne = min(share, commission)
    else:
        borne = share
    net = gain - borne
    if net > 0 and (account.pool is None or not account.pool.is_defined):
        return _open(account, ("pool",), policy)
    return _settled(account, policy, gain=gain, share=share, borne=borne)


def _part(amount: int, figure: Figure, *, mode: Literal["half_up", "down"] = "half_up") -> int:
    return round_ratio(amount * int(figure.value), _WHOLE, mode=mode)


def _open(
    account: ReferrerAccount, names: tuple[str, ...], policy: ReferrerPolicy
) -> ReferrerSettlement:
    # A pool of no loans is as little known as none.
    unknown = [name for name in names if name == "pool" or getattr(account, name) is None]
    return ReferrerSettlement(
        status="undetermined",
        ask=tuple(unknown),
        reasons=(SETTLEMENT_UNKNOWN.as_unknown(),),
        basis=policy.asked,
    )


def _settled(
    account: ReferrerAccount, policy: ReferrerPolicy, *, gain: int, share: int, borne: int
) -> ReferrerSettlement:
    net, reasons = gain - borne, []
    interest, recovered, loss = (
        account.interest_received_fen or 0,
        account.recovered_fen or 0,
        account.loss_fen or 0,
    )
    if borne < share:
        reasons.append(based(CLAW_BACK_LIMITED, policy.loss, limit_fen=borne, share_fen=share))
    payout, pool = max(net, 0), account.pool
    held = 0
    if (
        payout
        and pool is not None
        and pool.part * _WHOLE > pool.whole * int(policy.npl_limit.value)
    ):
        payout, held = 0, payout
        reasons.append(based(PAYOUT_HELD, policy.npl_limit, bad=pool.part, loans=pool.whole))
    return ReferrerSettlement(
        gain_fen=gain,
        share_fen=share,
        borne_fen=borne,
        bank_fen=loss - borne,
        net_fen=net,
        payout_fen=payout,
        held_fen=held,
        claw_back_fen=max(-net, 0),
        reasons=tuple(reasons),
        trace=(
            f"interest: {policy.gain.value} bp of {format_yuan(interest)} yuan",
            f"recovered: {policy.bonus.value} bp of {format_yuan(recovered)} yuan",
            f"loss: {policy.loss.value} bp of {format_yuan(loss)} yuan",
            f"net: {format_yuan(gain)} - {format_yuan(borne)} = {format_yuan(net)} yuan",
        ),
        basis=policy.asked,
    )


def _shown(facts: Mapping[str, str | int | None]) -> FrozenMapping[str, str | int | None]:
    return FrozenMapping(facts)


@attrs.frozen(kw_only=True)
class AssistanceTask:
    """A referrer's task to help with an overdue loan (协助催收): to help, never to collect.

    Attributes:
        referrer: The referrer's id.
        is_due: Whether there is anything to do; None where it is not known.
        due_on: Until when; None where there is nothing to do.
        facts: What the referrer may see: nothing that the borrower has not consented to.
        withheld: How many facts are not shown.
        ask: What to ask for.
        reasons: Why there is a task, or none.
        basis: The policy asked.

    >>> AssistanceTask(referrer="R1", is_due=False, basis=Basis(id="list")).due_on is None
    True
    """

    referrer: str | int
    is_due: bool | None
    due_on: datetime.date | None = None
    facts: Mapping[str, str | int | None] = attrs.field(default=FrozenMapping(), converter=_shown)
    withheld: int = 0
    ask: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = attrs.field(default=(), repr=False)
    basis: Basis = attrs.field(repr=False)


def plan_assistance(
    loan: Mapping[str, str | int | None],
    *,
    referrer: str | int,
    consented: Collection[str],
    policy: ReferrerPolicy = REFERRERS,
    as_of: datetime.date,
) -> AssistanceTask:
    """Plan what a referrer does about an overdue loan (协助催收逾期贷款).

    There is a task only where the loan is overdue and the borrower has consented that the
    referrer learns of it; it shows the facts that the borrower consented to, and no others.

    Args:
        loan: Facts of the loan, with ``overdue_days``; None is unknown.
        referrer: The referrer's id.
        consented: Names of the facts that the borrower has consented to show the referrer.
        policy: How long the referrer has.
        as_of: The day asked for.

    Raises:
        CreditError: If ``overdue_days`` is negative or no whole number, or consent names a
            fact that is not there.

    Source:
        Row G17 of the inventory; rulings 3.5.

    >>> task = plan_assistance({"loan": "L7", "overdue_days": 5, "phone": "139"}, referrer="R1",
    ...                        consented={"loan", "overdue_days"}, as_of=datetime.date(2026, 1, 1))
    >>> dict(task.facts), task.withheld, task.due_on
    ({'loan': 'L7', 'overdue_days': 5}, 1, datetime.date(2026, 1, 4))
    """
    day = a_day(as_of, "as_of")
    if isinstance(consented, str):
        raise CreditError(f"consented must name several facts, got the str {consented!r}")
    unknown = sorted(set(consented) - set(loan))
    if unknown:
        raise CreditError(
            f"consented must name facts of the loan, {', '.join(loan)}, got {', '.join(unknown)}"
        )
    base = AssistanceTask(
        referrer=referrer, is_due=False, basis=attrs.evolve(policy.asked, as_of=day)
    )
    brought = loan.get("overdue_days")
    if brought is None:
        return attrs.evolve(
            base, is_due=None, ask=("overdue_days",), reasons=(OVERDUE_UNKNOWN.as_unknown(),)
        )
    overdue = an_amount(brought, "overdue_days")
    if not overdue:
        return attrs.evolve(base, reasons=(NOT_OVERDUE.given(),))
    if "overdue_days" not in consented:
        return attrs.evolve(base, reasons=(NO_CONSENT.given(),))
    due_on = day + datetime.timedelta(days=int(policy.assistance.value))
    shown = {name: value for name, value in loan.items() if name in consented}
    withheld = len(loan) - len(shown)
    reasons = [based(ASSIST, policy.assistance, overdue_days=overdue, due_on=due_on)]
    if withheld:
        reasons.append(WITHHELD.given(count=withheld))
    return attrs.evolve(
        base, is_due=True, due_on=due_on, facts=shown, withheld=withheld, reasons=tuple(reasons)
    )
