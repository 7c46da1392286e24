"""Pools of collateral: what they are worth to the bank, how it is spread, and if prices fall."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias

import attrs

from ruralcredit.collateral._default import DEFAULT_POLICY
from ruralcredit.collateral._facts import UNUSABLE, due_of, facts_of
from ruralcredit.collateral._fold import heard
from ruralcredit.collateral._items import WHOLE_BP, CollateralItem, ItemId, a_day, an_amount
from ruralcredit.collateral._policy import CollateralPolicy
from ruralcredit.collateral._reasons import ABOVE_CAP, COVERED, SHORT, WITHIN_CAP
from ruralcredit.collateral._value import Inquiry, basis_of, inquire, lendable_value, open_facts
from ruralcredit.errors import CreditError
from ruralcredit.reasons import Decision
from ruralcredit.values import FrozenMapping, Ratio, format_yuan

__all__ = [
    "Pool",
    "Revaluation",
    "Share",
    "check_loan_to_value",
    "concentration",
    "coverage",
    "find_revaluations",
    "loan_to_value",
    "revaluation_due",
    "shortfall",
    "value_pool",
]

By: TypeAlias = Literal["item", "kind", "group"]
"""What a concentration is counted by."""

_BY: Final = ("item", "kind", "group")
# Sums of many items are no longer bounded by what one item may be worth.
_MOST_FEN: Final = 2**63 - 1


@attrs.frozen(kw_only=True, repr=False)
class Pool:
    """Items valued one by one under one policy on one day (押品池).

    Build it with `value_pool`.

    Attributes:
        items: The items, in the order given.
        answers: The decision about each.
        policy: The policy asked.
        as_of: The day.

    >>> item = CollateralItem(id="C1", kind="own_shares")
    >>> value_pool([item], as_of=datetime.date(2026, 6, 30))
    Pool(1 items, 0 fen, 0 unknown)
    """

    items: tuple[CollateralItem, ...]
    answers: tuple[Decision, ...]
    policy: CollateralPolicy
    as_of: datetime.date

    def __repr__(self) -> str:
        """Show the totals."""
        return (
            f"Pool({len(self.items)} items, {self.lendable_fen} fen, {len(self.unknown)} unknown)"
        )

    @property
    def lendable(self) -> FrozenMapping[ItemId, int | None]:
        """Lendable value by item id, None where it is not decided."""
        return FrozenMapping(
            {
                item.id: _fen_of(answer)
                for item, answer in zip(self.items, self.answers, strict=True)
            }
        )

    @property
    def lendable_fen(self) -> int:
        """The lendable value of the items whose value is decided, at least the pool's."""
        return sum(fen for fen in self.lendable.values() if fen is not None)

    @property
    def unknown(self) -> tuple[ItemId, ...]:
        """Ids of the items whose lendable value is not decided."""
        return tuple(one for one, fen in self.lendable.items() if fen is None)


def _fen_of(answer: Decision) -> int | None:
    outcome = answer.outcome
    return int(str(outcome["lendable_fen"])) if isinstance(outcome, Mapping) else None


def value_pool(
    items: Iterable[CollateralItem],
    *,
    policy: CollateralPolicy = DEFAULT_POLICY,
    as_of: datetime.date,
) -> Pool:
    """Value a pool item by item (押品池估值).

    Raises:
        CreditError: If two items share an id, or as `lendable_value`.

    >>> pool = value_pool([CollateralItem(id="C1", kind="own_shares"),
    ...                    CollateralItem(id="C2", kind="land")], as_of=datetime.date(2026, 6, 30))
    >>> dict(pool.lendable), pool.unknown
    ({'C1': 0, 'C2': None}, ('C2',))
    """
    held = tuple(items)
    answers = tuple(lendable_value(item, policy=policy, as_of=as_of) for item in held)
    ids = [item.id for item in held]
    twice = sorted({str(one) for one in ids if ids.count(one) > 1})
    if twice:
        raise CreditError(f"items of a pool must have their own ids, got {', '.join(twice)} twice")
    return Pool(items=held, answers=answers, policy=policy, as_of=a_day("as_of", as_of))


def loan_to_value(principal_fen: int, *, value_fen: int) -> Ratio:
    """Return principal secured to appraised value (抵质押率), exactly.

    Raises:
        CreditError: If an amount is not a whole number of fen from 0.

    Source:
        Guideline on commercial banks' collateral (2017), art. 20.

    >>> loan_to_value(700_000_00, value_fen=1_000_000_00).percent(2)
    Decimal('70.00')
    """
    return Ratio(
        an_amount("principal_fen", principal_fen, high=_MOST_FEN),
        an_amount("value_fen", value_fen, high=_MOST_FEN),
    )


def check_loan_to_value(
    item: CollateralItem,
    *,
    principal_fen: int,
    policy: CollateralPolicy = DEFAULT_POLICY,
    as_of: datetime.date,
) -> Decision:
    """Say whether a principal stays within the cap of an item's class (抵质押率审查).

    It compares exactly: principal x 10,000 <= cap x value, the value being the pledged share
    of the appraisal.  Senior claims and registered maximum are `lendable_value`'s business.

    Returns:
        ``verdict`` "pass" or "refuse", ``ltv_bp`` rounded up, against the bank, and
        ``cap_bp``; undetermined where cap or value is not known.

    Raises:
        CreditError: As `lendable_value`, or if the principal is no amount.

    Source:
        Guideline on commercial banks' collateral (2017), art. 20.

    >>> item = CollateralItem(id="C1", kind="own_shares")
    >>> day = datetime.date(2026, 6, 30)
    >>> check_loan_to_value(item, principal_fen=1, as_of=day).outcome["verdict"]
    'refuse'
    """
    principal = an_amount("principal_fen", principal_fen, high=_MOST_FEN)
    asked = inquire(item, policy=policy, as_of=as_of)
    treatment, value = asked.treatment, asked.value_fen
    basis = basis_of(policy, as_of=asked.day)
    if treatment.is_refused:
        outcome = {"verdict": "refuse", "ltv_bp": None, "cap_bp": 0}
        return attrs.evolve(lendable_value(item, policy=policy, as_of=as_of), outcome=outcome)
    wanted = [*open_facts(asked, verdict=False), *_missing_value(asked)]
    cap_bp = asked.cap_bp
    if wanted or value is None or item.share_bp is None or cap_bp is None:
        return Decision(
            outcome=None,
            status="undetermined",
            ask=tuple(dict.fromkeys(wanted)),
            basis=basis,
            reasons=(WITHIN_CAP.as_unknown(cap_bp=cap_bp),),
        )
    counted = value * item.share_bp // WHOLE_BP
    is_within = principal * WHOLE_BP <= cap_bp * counted
    ltv_bp = -(-principal * WHOLE_BP // counted) if counted else None
    told = f"{_yuan(principal)} x {WHOLE_BP} <= {cap_bp} x {_yuan(counted)}"
    reason = WITHIN_CAP if is_within else ABOVE_CAP
    facts = {"ltv_bp": ltv_bp, "cap_bp": cap_bp}
    return Decision(
        outcome={"verdict": "pass" if is_within else "refuse", **facts},
        status="decided",
        reasons=(reason.as_unknown(**facts) if ltv_bp is None else reason.given(**facts),),
        trace=(f"{told}: {'yes' if is_within else 'no'}",),
        basis=basis,
    )


def _missing_value(asked: Inquiry) -> tuple[str, ...]:
    value = (UNUSABLE[asked.state],) if asked.value_fen is None else ()
    return (*value, *(("share_bp",) if asked.item.share_bp is None else ()))


def _yuan(fen: int) -> str:
    return f"{format_yuan(fen)} yuan"


def coverage(pool: Pool, *, exposure_fen: int) -> Ratio | None:
    """Return lendable value to exposure (押品覆盖率), exactly; None where an item is open.

    Raises:
        CreditError: If the exposure is not a whole number of fen from 0.

    >>> pool = value_pool([CollateralItem(id="C1", kind="own_shares")],
    ...                   as_of=datetime.date(2026, 6, 30))
    >>> coverage(pool, exposure_fen=100)
    Ratio(part=0, whole=100)
    """
    exposure = an_amount("exposure_fen", exposure_fen, high=_MOST_FEN)
    return None if pool.unknown else Ratio(pool.lendable_fen, exposure)


def shortfall(pool: Pool, *, exposure_fen: int, fall_bp: int | Mapping[str, int] = 0) -> Decision:
    """Say what a pool lacks of an exposure, after a fall in prices (押品缺口).

    Every appraisal falls, rounded down; caps, senior claims and registered maxima stay.

    Args:
        pool: The pool.
        exposure_fen: What it secures.
        fall_bp: By how much prices fall, 0 to 10,000: one figure, or one per kind, where a
            kind not named does not fall.

    Returns:
        ``shortfall_fen``, 0 where the pool covers the exposure; undetermined where items of
        unknown value could close the gap, and asks about these.

    Raises:
        CreditError: If an amount or a fall is out of range, or a kind is not in the tables.

    Source:
        Guideline on commercial banks' collateral (2017), art. 21.

    >>> pool = value_pool([CollateralItem(id="C1", kind="own_shares")],
    ...                   as_of=datetime.date(2026, 6, 30))
    >>> shortfall(pool, exposure_fen=100, fall_bp=3_000).outcome["shortfall_fen"]
    100
    """
    exposure = an_amount("exposure_fen", exposure_fen, high=_MOST_FEN)
    fallen = value_pool(
        (_fallen(item, _fall_of(item, fall_bp, pool.policy)) for item in pool.items),
        policy=pool.policy,
        as_of=pool.as_of,
    )
    total = fallen.lendable_fen
    missing = max(exposure - total, 0)
    told = [
        f"{before.id}: valuation {_told(before.valuation_fen)} to {_told(after.valuation_fen)}, "
        f"lendable {_told(_fen_of(answer))}"
        for before, after, answer in zip(pool.items, fallen.items, fallen.answers, strict=True)
    ]
    told.append(f"pool: {_yuan(total)} of {_yuan(exposure)}, lacking {_yuan(missing)}")
    basis = basis_of(pool.policy, as_of=pool.as_of)
    if missing and fallen.unknown:
        return Decision(
            outcome=None,
            status="undetermined",
            reasons=(SHORT.as_unknown(exposure_fen=exposure),),
            trace=tuple(told),
            ask=fallen.unknown,
            basis=basis,
        )
    facts = {"exposure_fen": exposure, "shortfall_fen": missing}
    reason = SHORT.given(**facts) if missing else COVERED.given(exposure_fen=exposure)
    return Decision(
        outcome={"shortfall_fen": missing},
        status="decided",
        reasons=(reason,),
        trace=tuple(told),
        basis=basis,
    )


def _told(fen: int | None) -> str:
    return "unknown" if fen is None else _yuan(fen)


def _fall_of(item: CollateralItem, fall_bp: object, policy: CollateralPolicy) -> int:
    if not isinstance(fall_bp, Mapping):
        return an_amount("fall_bp", fall_bp, high=WHOLE_BP)
    kinds = policy.words.get("kind", ())
    for kind in fall_bp:
        if kind not in kinds:
            raise CreditError(f"fall_bp names the kind {kind!r}: kinds are {', '.join(kinds)}")
    return an_amount(f"fall_bp[{item.kind!r}]", fall_bp.get(item.kind, 0), high=WHOLE_BP)


def _fallen(item: CollateralItem, fall_bp: int) -> CollateralItem:
    if item.valuation_fen is None:
        return item
    left = item.valuation_fen * (WHOLE_BP - fall_bp) // WHOLE_BP
    return attrs.evolve(item, valuation_fen=left)


@attrs.frozen(kw_only=True)
class Share:
    """What one item, kind or group makes of a pool (集中度).

    Attributes:
        name: The item's id, the kind or the group.
        lendable_fen: Its lendable value.
        share: That to the whole pool's.

    >>> Share(name="land", lendable_fen=3, share=Ratio(3, 4)).share.percent()
    Decimal('75')
    """

    name: ItemId
    lendable_fen: int
    share: Ratio


def concentration(pool: Pool, *, by: By = "kind") -> tuple[Share, ...]:
    """Return how a pool's lendable value is spread, the largest first (押品集中度).

    Items whose value is not decided count nothing; `Pool.unknown` names them.

    Raises:
        CreditError: If it is to be counted by something else.

    Source:
        Guideline on commercial banks' collateral (2017), art. 22: single item, single kind.

    >>> pool = value_pool([CollateralItem(id="C1", kind="own_shares")],
    ...                   as_of=datetime.date(2026, 6, 30))
    >>> concentration(pool, by="item")
    (Share(name='C1', lendable_fen=0, share=Ratio(part=0, whole=0)),)
    """
    if by not in _BY:
        raise CreditError(f"by must be one of {', '.join(_BY)}, got {by!r}")
    sums: dict[ItemId, int] = {}
    for item, fen in zip(pool.items, pool.lendable.values(), strict=True):
        if fen is not None:
            name = item.id if by == "item" else _named(item, by, pool)
            sums[name] = sums.get(name, 0) + fen
    total = sum(sums.values())
    return tuple(
        Share(name=name, lendable_fen=fen, share=Ratio(fen, total))
        for name, fen in sorted(sums.items(), key=lambda pair: (-pair[1], str(pair[0])))
    )


def _named(item: CollateralItem, by: str, pool: Pool) -> str:
    if by == "kind":
        return item.kind or "unknown"
    facts = facts_of(item, policy=pool.policy, as_of=pool.as_of)
    groups = {str(out[0]["group"]) for out in heard(pool.policy, "caps", facts).outs if out}
    return groups.pop() if len(groups) == 1 else "unknown"


def revaluation_due(
    item: CollateralItem, *, policy: CollateralPolicy = DEFAULT_POLICY
) -> datetime.date | None:
    """Return the day an item has to be valued again (重估到期日); None where unknown.

    Counted in months from the valuation, clamped to the month's end.  The due day itself is
    in time.  `revaluation_due_columns` gives the same for columns.

    Raises:
        CreditError: As `lendable_value`.

    Source:
        Guideline on commercial banks' collateral (2017), art. 18.

    >>> revaluation_due(CollateralItem(id="C1", kind="live_animals",
    ...                                valued_on=datetime.date(2025, 8, 31)))
    datetime.date(2026, 2, 28)
    """
    if item.valued_on is None:
        return None
    facts = facts_of(item, policy=policy, as_of=item.valued_on)
    return due_of(item.valued_on, heard(policy, "caps", facts).revalue(), policy)


@attrs.frozen(kw_only=True)
class Revaluation:
    """An item that has to be valued again.

    Attributes:
        item: The item's id.
        due_on: The day; None where no day of a valuation is known.
        days_left: Days until then, below 0 when overdue; None where unknown.

    >>> Revaluation(item="C1", due_on=datetime.date(2026, 2, 28), days_left=-1).days_left
    -1
    """

    item: ItemId
    due_on: datetime.date | None
    days_left: int | None


def find_revaluations(
    items: Iterable[CollateralItem],
    *,
    policy: CollateralPolicy = DEFAULT_POLICY,
    as_of: datetime.date,
    within_days: int = 0,
) -> tuple[Revaluation, ...]:
    """Return the items due for revaluation within some days: unknown days first, then by day.

    Raises:
        CreditError: If days are no whole number from 0, or as `lendable_value`.

    Source:
        Guideline on commercial banks' collateral (2017), art. 18.

    >>> item = CollateralItem(id="C1", kind="land", valued_on=datetime.date(2025, 7, 1))
    >>> find_revaluations([item], as_of=datetime.date(2026, 6, 30), within_days=1)
    (Revaluation(item='C1', due_on=datetime.date(2026, 7, 1), days_left=1),)
    """
    day, ahead = a_day("as_of", as_of), an_amount("within_days", within_days, high=36_500)
    found = []
    for item in items:
        due_on = revaluation_due(item, policy=policy)
        left = None if due_on is None else (due_on - day).days
        if left is None or left <= ahead:
            found.append(Revaluation(item=item.id, due_on=due_on, days_left=left))
    return tuple(sorted(found, key=lambda x: (x.due_on or datetime.date.min, str(x.item))))
