"""Fraud patterns over loans: nominee borrowers with one user, and one loan cut into pieces."""

import datetime
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias, get_args

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import IdColumn, Ints, day_column, encode_ids, int_column, same_length
from ruralcredit.errors import CreditError, InputError
from ruralcredit.guarantee_checks._found import (
    NOMINEE_POOL,
    SPLIT,
    SPLIT_UNKNOWN,
    SPLIT_WINDOW,
    based,
)
from ruralcredit.guarantee_checks._given import PartyId, a_count, an_amount, by_id, stable_id
from ruralcredit.guarantee_checks._labels import components, groups_of
from ruralcredit.reasons import BASES, BasisWord, Figure, Reason, Status
from ruralcredit.values import Fen

__all__ = [
    "NOMINEE_POOLS",
    "KeyRule",
    "NomineePolicy",
    "NomineePool",
    "SharedKey",
    "SplitFinding",
    "SplitUnit",
    "find_nominee_pools",
    "find_splits",
]

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

SplitUnit: TypeAlias = Literal["customer", "household", "group"]
"""Whose pieces are added up, from the narrowest: 客户, 家庭, 集团."""

_UNITS: Final = get_args(SplitUnit)
_ROW: Final = "rulings 1.8 name the key and no number"


@attrs.frozen(kw_only=True)
class KeyRule:
    """From how many borrowers on a shared key is a sign (共用要素规则).

    Attributes:
        key: The key's name, such as "payee_account".
        least: Fewest borrowers, those of one household counted once.
        joins: Whether the key makes a pool; else it is told of pools that others make, where
            so many of their borrowers share it.
        basis: What the rule rests on, one of `ruralcredit.reasons.BASES`.
        source: The document with its article, or why.

    Raises:
        CreditError: If fewer than two borrowers were a sign, a text is blank, or the basis is
            another.

    >>> KeyRule(key="till", least=4, basis="bank policy", source="notice 12").joins
    True
    """

    key: str
    least: int
    joins: bool = True
    basis: BasisWord
    source: str

    def __attrs_post_init__(self) -> None:
        """Refuse a rule that says nothing."""
        a_count(self.least, "KeyRule.least", least=2)
        for name in ("key", "source"):
            value: object = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise CreditError(f"KeyRule.{name} must be text, got {value!r}")
        if self.basis not in BASES:
            raise CreditError(f"KeyRule.basis must be one of {'; '.join(BASES)}")


def _rules(rules: Iterable[KeyRule]) -> tuple[KeyRule, ...]:
    return tuple(rules)


@attrs.frozen(kw_only=True)
class NomineePolicy:
    """Which shared keys make a pool of nominee borrowers (借名贷款口径).

    Attributes:
        rules: The rule of each key, each key once.
        other: The rule of any other key.

    Raises:
        CreditError: If a key has two rules.

    >>> NOMINEE_POOLS.rule("phone").least, NOMINEE_POOLS.rule("officer").joins
    (3, False)
    """

    rules: tuple[KeyRule, ...] = attrs.field(
        converter=_rules, repr=lambda rules: f"({len(rules)} keys)"
    )
    other: KeyRule = attrs.field(repr=lambda rule: str(rule.least))

    def __attrs_post_init__(self) -> None:
        """Refuse two rules of one key."""
        keys = [rule.key for rule in self.rules]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise CreditError(f"each key must have one rule, got {', '.join(twice)} twice")

    def rule(self, key: str) -> KeyRule:
        """Return the rule of a key.

        >>> NOMINEE_POOLS.rule("till").key
        'any other key'
        """
        return next((rule for rule in self.rules if rule.key == key), self.other)


def _rule(key: str, least: int, *, joins: bool = True, why: str = _ROW) -> KeyRule:
    return KeyRule(key=key, least=least, joins=joins, basis="project proposal", source=why)


NOMINEE_POOLS: Final = NomineePolicy(
    rules=(
        _rule("payee_account", 3),
        _rule("repaying_account", 3),
        _rule("phone", 3),
        _rule("device", 3),
        _rule("address", 5, why=f"{_ROW}: neighbours in a village share one more often"),
        _rule("officer", 2, joins=False, why=f"{_ROW}: an officer has many honest borrowers"),
    ),
    other=_rule("any other key", 3, why="as an account or a phone"),
)
"""The keys of rulings 1.8: accounts, phone, device, address, officer."""


@attrs.frozen(kw_only=True)
class SharedKey:
    """One value of a key that borrowers of a pool share (共用要素).

    Attributes:
        key: The key's name.
        value: The value as brought, which is to be a hash.
        borrowers: Who shares it, sorted.
        rows: In which rows, ascending.

    >>> SharedKey(key="phone", value="9f", borrowers=("a", "b"), rows=(0, 1)).rows
    (0, 1)
    """

    key: str
    value: PartyId
    borrowers: tuple[PartyId, ...]
    rows: tuple[int, ...]


@attrs.frozen(kw_only=True)
class NomineePool:
    """Borrowers that seem to borrow for one user (疑似借名、多贷一用).  A sign, no proof.

    Attributes:
        id: The same next month while the smallest borrower stays.
        borrowers: The borrowers, sorted.
        users: How many they are, those of one household counted once.
        keys: What they share, by key in the order brought, then by value.
        rows: Rows that carry a shared key, ascending.
        amount_fen: Sum of the known amounts of these rows.
        unknown_amounts: How many of these rows have no known amount.
        reason: What was found.

    >>> pool = find_nominee_pools(
    ...     {"borrower": ["a", "b", "c"]}, {"payee_account": ["9f", "9f", "9f"]})[0]
    >>> pool.borrowers, pool.keys[0].value, pool.unknown_amounts
    (('a', 'b', 'c'), '9f', 3)
    """

    id: str
    borrowers: tuple[PartyId, ...]
    users: int
    keys: tuple[SharedKey, ...]
    rows: tuple[int, ...]
    amount_fen: Fen
    unknown_amounts: int
    reason: Reason = attrs.field(repr=False)


def find_nominee_pools(
    columns: Mapping[str, object],
    keys: Mapping[str, object],
    *,
    policy: NomineePolicy = NOMINEE_POOLS,
) -> tuple[NomineePool, ...]:
    """Find borrowers that share a key as one user would (借名贷款、多贷一用).

    A value of a key that enough borrowers share makes a pool; pools that share a borrower, or
    a household, are one.  Blanks never match.

    Args:
        columns: Per loan ``borrower``, and optionally ``household`` and ``amount_fen``.
        keys: Per name a column of hashed values, one per loan: payee_account, phone, address,
            repaying_account, device, officer or any other.
        policy: From how many borrowers on each key is a sign.

    Returns:
        The pools, with most users first, then by amount, then by smallest borrower.

    Raises:
        InputError: If ``borrower`` is missing, a column is another, lengths differ or an amount
            is negative or no whole number of fen.
        CreditError: If there are no keys.

    Source:
        rulings 1.8.  Hashes come from the caller: the library sees no account and no phone.

    >>> pools = find_nominee_pools(
    ...     {"borrower": ["a", "b", "c", "d"], "amount_fen": [100, 200, 300, 400]},
    ...     {"phone": ["1", "1", "1", None], "device": [None, None, "x", "x"]},
    ... )
    >>> [(pool.borrowers, pool.amount_fen) for pool in pools]
    [(('a', 'b', 'c'), 600)]
    """
    loans = _Loans.of(columns, keys)
    hits = {
        name: loans.shared(column, policy.rule(name).least)
        for name, column in loans.keys.items()
        if policy.rule(name).joins
    }
    sources, targets, count = [], [], loans.users
    for name, rows in hits.items():
        sources.append(loans.user[rows])
        targets.append(count + loans.keys[name].codes[rows].astype(np.int64))
        count += len(loans.keys[name].index)
    if not sources:
        return ()
    label = components(np.concatenate(sources), np.concatenate(targets), count)
    marks = {name: np.zeros(len(loans.user), np.bool_) for name in hits}
    for name, held in hits.items():
        marks[name][held] = True
    rows = np.flatnonzero(np.logical_or.reduce(list(marks.values())))
    pools = [
        _pool(loans, rows[places], marks, policy) for places in groups_of(label[loans.user[rows]])
    ]
    return tuple(
        sorted(pools, key=lambda pool: (-pool.users, -pool.amount_fen, by_id(pool.borrowers[0])))
    )


@attrs.frozen(kw_only=True, eq=False)
class _Loans:
    """The loans as columns, and who counts as one user."""

    borrower: IdColumn
    user: Int64
    users: int
    amount: Ints | None
    keys: Mapping[str, IdColumn]

    @classmethod
    def of(cls, columns: Mapping[str, object], keys: Mapping[str, object]) -> "_Loans":
        allowed = ("borrower", "household", "amount_fen")
        odd = [name for name in columns if name not in allowed]
        if odd or columns.get("borrower") is None:
            raise InputError(
                f"columns must be borrower and perhaps household, amount_fen, got "
                f"{', '.join(columns) or 'none'}",
                column=odd[0] if odd else "borrower",
            )
        if not keys:
            raise CreditError("keys must hold at least one column of hashed values, got none")
        same_length({**columns, **keys})
        borrower = _ids("borrower", columns["borrower"])
        household = columns.get("household")
        count = len(borrower.index)
        user = borrower.codes.astype(np.int64)
        if household is not None:
            homes = _ids("household", household)
            told = (homes.codes >= 0) & (user >= 0)
            ends = user[told], count + homes.codes[told].astype(np.int64)
            count += len(homes.index)
            label = components(*ends, count)
            user = np.where(user >= 0, label[user], -1)
        return cls(
            borrower=borrower,
            user=user,
            users=count,
            amount=_amounts(columns.get("amount_fen")),
            keys={name: _ids(name, values) for name, values in keys.items()},
        )

    def shared(self, column: IdColumn, least: int) -> Int64:
        """Return the rows whose value at least so many users share."""
        rows = np.flatnonzero((column.codes >= 0) & (self.user >= 0))
        pairs = np.unique(column.codes[rows].astype(np.int64) * self.users + self.user[rows])
        sharing = np.bincount(pairs // max(self.users, 1), minlength=len(column.index))
        return rows[sharing[column.codes[rows]] >= least]


def _ids(name: str, values: object) -> IdColumn:
    index, codes = encode_ids({name: values})
    return IdColumn(index, codes[name])


def _amounts(values: object) -> Ints | None:
    if values is None:
        return None
    column = int_column("amount_fen", values, money=True)
    negative = column.values < 0
    if negative.any():
        first = int(np.argmax(negative))
        count = int(negative.sum())
        raise InputError(
            f"amount_fen has {count} negative rows, the first at row {first} "
            f"({int(column.values[first])})",
            column="amount_fen",
            count=count,
            first_row=first,
        )
    return column


def _pool(
    loans: _Loans, rows: Int64, marks: Mapping[str, Bool], policy: NomineePolicy
) -> NomineePool:
    shared = []
    for name, column in loans.keys.items():
        if name in marks:
            mine = rows[marks[name][rows]]
        else:
            mine = _told(loans, column, rows, least=policy.rule(name).least)
        for places in groups_of(column.codes[mine]):
            here = mine[places]
            value = column.index.known_ids(column.codes[here[:1]])[0]
            shared.append(
                SharedKey(
                    key=name,
                    value=value,
                    borrowers=tuple(loans.borrower.distinct(here)),
                    rows=tuple(here.tolist()),
                )
            )
    borrowers = tuple(loans.borrower.distinct(rows))
    amounts = [None] * len(rows) if loans.amount is None else loans.amount.take(rows).tolist()
    users = len(np.unique(loans.user[rows]))
    order = list(loans.keys)
    shared.sort(key=lambda one: (order.index(one.key), by_id(one.value)))
    names = tuple(dict.fromkeys(one.key for one in shared))
    bases = {policy.rule(name).basis for name in names if name in marks}
    return NomineePool(
        id=stable_id("N", borrowers[0]),
        borrowers=borrowers,
        users=users,
        keys=tuple(shared),
        rows=tuple(rows.tolist()),
        amount_fen=sum(amount for amount in amounts if amount is not None),
        unknown_amounts=sum(amount is None for amount in amounts),
        reason=attrs.evolve(
            NOMINEE_POOL.given(users=users, keys=", ".join(names)),
            basis=max(bases, key=BASES.index),
        ),
    )


def _told(loans: _Loans, column: IdColumn, rows: Int64, *, least: int) -> Int64:
    """Return which of a pool's rows share a value of a key that makes no pool."""
    known = rows[column.codes[rows] >= 0]
    groups = groups_of(column.codes[known])
    shared = [known[one] for one in groups if len(np.unique(loans.user[known[one]])) >= least]
    return np.sort(np.concatenate([known[:0], *shared]))


# --- one loan in pieces -----------------------------------------------------------------


@attrs.frozen(kw_only=True)
class SplitFinding:
    """Pieces below an authority tier that together exceed it (疑似化整为零).  A sign, no proof.

    Attributes:
        unit: Whose pieces they are: "customer", "household" or "group".
        party: The customer, household or group.
        tier_fen: The tier that every piece stays within and the sum exceeds; the highest one.
        rows: The pieces, ascending; where undetermined, the rows with an unknown fact.
        first_on: Day of the first piece; None where undetermined.
        last_on: Day of the last piece.
        amount_fen: Their sum; of the known amounts where undetermined.
        status: "decided", or "undetermined" where a day or an amount is unknown.
        reason: What was found.

    >>> day = datetime.date(2026, 1, 1)
    >>> found = find_splits({"customer": ["a", "a"], "day": [day, day], "amount_fen": [60, 50]},
    ...                     tiers=[100])
    >>> found[0].tier_fen, found[0].amount_fen
    (100, 110)
    """

    unit: SplitUnit
    party: PartyId
    tier_fen: Fen | None
    rows: tuple[int, ...]
    first_on: datetime.date | None
    last_on: datetime.date | None
    amount_fen: Fen
    status: Status = "decided"
    reason: Reason = attrs.field(repr=False)


def find_splits(
    columns: Mapping[str, object],
    *,
    tiers: Sequence[int],
    window: Figure = SPLIT_WINDOW,
) -> tuple[SplitFinding, ...]:
    """Find loans cut into pieces below an authority tier (化整为零).

    Of one customer, household or group, pieces that lie at most a window apart are added up:
    each is within a tier, and their sum exceeds it.  Windows are the largest there are: every
    set of pieces that fits a window lies in one of them.

    Args:
        columns: Per loan or application ``day`` and ``amount_fen``, and ids in ``customer``,
            ``household``, ``group``, at least one; a row with a blank id belongs to none.
        tiers: What each authority tier may approve at most, in fen, included (含), ascending.
        window: Most days between the first and the last piece.

    Returns:
        Decided findings, largest sum first, then those that unknown days or amounts leave
        open.  What a household's or group's finding adds nothing to is told of the customer
        alone.

    Raises:
        InputError: If a column is missing or another, lengths differ, or a cell does not fit.
        CreditError: If tiers are not ascending amounts of fen, or the window is no number of
            days.

    Source:
        rulings 1.8 and 4.2.

    >>> day = datetime.date(2026, 1, 1)
    >>> columns = {"customer": ["a", "b"], "household": ["h", "h"], "day": [day, day],
    ...            "amount_fen": [60, 50]}
    >>> [(one.unit, one.party, one.rows) for one in find_splits(columns, tiers=[100])]
    [('household', 'h', (0, 1))]
    """
    limits = [an_amount(tier, "a tier") for tier in tiers]
    if not limits or any(one >= other for one, other in itertools.pairwise(limits)):
        raise CreditError(f"tiers must be ascending amounts of fen, got {list(tiers)!r}")
    days = a_count(window.value, "window")
    pieces = _Pieces.of(columns)
    found: dict[tuple[int, ...], SplitFinding] = {}
    open_: dict[tuple[int, ...], SplitFinding] = {}
    for unit, column in pieces.units.items():
        for one in pieces.windows(unit, column, limits=limits, days=days, window=window):
            found.setdefault(one.rows, one)
        for one in pieces.open_ones(unit, column, limits=limits):
            open_.setdefault(one.rows, one)
    told = (*found.values(), *open_.values())
    return tuple(sorted(told, key=_by_sum))


def _by_sum(one: SplitFinding) -> tuple[object, ...]:
    return (
        one.status != "decided",
        -one.amount_fen,
        one.first_on or datetime.date.min,
        _UNITS.index(one.unit),
        by_id(one.party),
        one.rows,
    )


@attrs.frozen(kw_only=True, eq=False)
class _Pieces:
    """Loans as columns: whose they are, when, and how much."""

    days: npt.NDArray[np.datetime64]
    amount: Ints
    known: Bool
    units: Mapping[SplitUnit, IdColumn]

    @classmethod
    def of(cls, columns: Mapping[str, object]) -> "_Pieces":
        allowed = ("day", "amount_fen", *_UNITS)
        odd = [name for name in columns if name not in allowed]
        missing = [name for name in ("day", "amount_fen") if columns.get(name) is None]
        units = [name for name in _UNITS if columns.get(name) is not None]
        if odd or missing or not units:
            wrong = [*odd, *missing, "customer"]
            raise InputError(
                "columns must be day, amount_fen and at least one of customer, household, "
                f"group, got {', '.join(columns) or 'none'}",
                column=wrong[0],
            )
        same_length(columns)
        days = day_column("day", columns["day"])
        amount = _amounts(columns["amount_fen"])
        assert amount is not None  # noqa: S101  # told above
        return cls(
            days=days,
            amount=amount,
            known=amount.known & ~np.isnat(days),
            units={name: _ids(name, columns[name]) for name in units},
        )

    def windows(
        self,
        unit: SplitUnit,
        column: IdColumn,
        *,
        limits: Sequence[int],
        days: int,
        window: Figure,
    ) -> list[SplitFinding]:
        """Return the largest windows of each party whose sum exceeds a tier, highest first."""
        best: dict[tuple[int, ...], tuple[int, int]] = {}
        for limit in limits:
            for rows, total in self._windows_within(column, limit, days):
                best[rows] = (limit, total)
        found = []
        for rows, (limit, total) in best.items():
            ends = self.days[list(rows)]
            party = column.index.known_ids(column.codes[list(rows[:1])])[0]
            reason = based(
                SPLIT,
                window,
                party=party,
                pieces=len(rows),
                amount_fen=total,
                tier_fen=limit,
                days=int((ends.max() - ends.min()).astype(int)),
            )
            found.append(
                SplitFinding(
                    unit=unit,
                    party=party,
                    tier_fen=limit,
                    rows=rows,
                    first_on=ends.min().astype(object),
                    last_on=ends.max().astype(object),
                    amount_fen=total,
                    reason=reason,
                )
            )
        return found

    def _windows_within(
        self, column: IdColumn, limit: int, days: int
    ) -> list[tuple[tuple[int, ...], int]]:
        rows = np.flatnonzero(self.known & (column.codes >= 0) & (self.amount.values <= limit))
        # Floats only to pass over parties far below the tier; sums that count are exact.
        about = np.bincount(column.codes[rows], weights=self.amount.values[rows].astype(float))
        rows = rows[about[column.codes[rows]] > limit * 0.999] if len(rows) else rows
        found = []
        for places in groups_of(column.codes[rows]):
            mine = rows[places]
            mine = mine[np.argsort(self.days[mine], kind="stable")]
            when = self.days[mine]
            ends = np.searchsorted(when, when + np.timedelta64(days, "D"), side="right").tolist()
            sums = [0, *itertools.accumulate(self.amount.values[mine].tolist())]
            before = 0
            for first, end in enumerate(ends):
                if end > before and (total := sums[end] - sums[first]) > limit:
                    found.append((tuple(sorted(mine[first:end].tolist())), total))
                before = end
        return found

    def open_ones(
        self, unit: SplitUnit, column: IdColumn, *, limits: Sequence[int]
    ) -> list[SplitFinding]:
        """Return the parties of whose several pieces one has an unknown day or amount."""
        rows = np.flatnonzero(column.codes >= 0)
        if self.known[rows].all():
            return []
        found = []
        for places in groups_of(column.codes[rows]):
            mine = rows[places]
            lacking = mine[~self.known[mine]]
            amounts = self.amount.take(mine).tolist()
            total = sum(amount or 0 for amount in amounts)
            if not len(lacking) or len(mine) < 2:
                continue
            if None not in amounts and not self._may_exceed(amounts, limits):
                continue
            party = column.index.known_ids(column.codes[mine[:1]])[0]
            found.append(
                SplitFinding(
                    unit=unit,
                    party=party,
                    tier_fen=None,
                    rows=tuple(lacking.tolist()),
                    first_on=None,
                    last_on=None,
                    amount_fen=total,
                    status="undetermined",
                    reason=SPLIT_UNKNOWN.as_unknown(party=party, rows=len(lacking)),
                )
            )
        return found

    @staticmethod
    def _may_exceed(amounts: Sequence[int | None], limits: Sequence[int]) -> bool:
        """Say whether pieces within some tier exceed it, whatever their days."""
        return any(
            sum(amount for amount in amounts if amount is not None and amount <= limit) > limit
            for limit in limits
        )
