"""Lendable values of a column of items: the same numbers as one by one, at memory speed."""

import bisect
import datetime
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.collateral._column_facts import Brought, bring, coded_facts, dues
from ruralcredit.collateral._column_said import (
    BLOCK,
    CAUTIOUS,
    CLASSES,
    DECIDED,
    REFUSED,
    STATUSES,
    UNDETERMINED,
    VERDICTS,
    Said,
    Treatments,
    often_of,
    said_of,
    treatments_of,
)
from ruralcredit.collateral._default import DEFAULT_POLICY
from ruralcredit.collateral._facts import UNUSABLE, due_of
from ruralcredit.collateral._fold import Heard
from ruralcredit.collateral._items import FORMS, MAX_FEN, WHOLE_BP
from ruralcredit.collateral._policy import REVALUATIONS, CollateralPolicy
from ruralcredit.collateral._reasons import DEDUCTED, MAXIMUM, REASONS, REFERRED, SENIOR, SHARE
from ruralcredit.collateral._value import STATE_REASONS, lendable_value, reason_code
from ruralcredit.errors import CreditError
from ruralcredit.reasons import Decision
from ruralcredit.values import FrozenMapping

__all__ = ["LendableColumns", "lendable_value_columns", "revaluation_due_columns"]

Array = npt.NDArray[np.generic]
Bool = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.signedinteger]
Days = npt.NDArray[np.datetime64]
Int64 = npt.NDArray[np.int64]

_STATES: Final = ("current", *UNUSABLE)
_FIRST_DAY: Final = np.datetime64("0001-01-01", "D")
_OUTCOMES: Final = ("lendable_fen", "class", "verdict", "cap_bp", "conditions")


def lendable_value_columns(
    columns: Mapping[str, object],
    *,
    policy: CollateralPolicy = DEFAULT_POLICY,
    as_of: object,
) -> "LendableColumns":
    """Return what the bank may count of every item of a column (批量可贷价值).

    The same as `lendable_value` row by row, from the same tables.

    Args:
        columns: One column per fact, named like the fields of `CollateralItem`, all of one
            length: lists, NumPy, Arrow, pandas or Polars.  A fact left out is unknown in
            every row.  Words are quickest as a dictionary, categories or an enum.
        policy: The bank's tables and figures.
        as_of: The day of the question, or one day per row.

    Returns:
        The answers, row by row.

    Raises:
        InputError: If a column has another name or length, an unknown word, money as float
            or an amount out of range; it names column, count and first row.

    >>> import datetime
    >>> answer = lendable_value_columns(
    ...     {"kind": ["own_shares", "housing"], "is_sealed": [None, True]},
    ...     as_of=datetime.date(2026, 6, 30),
    ... )
    >>> answer.lendable_fen.tolist(), answer.outcome("class").tolist()
    ([0, 0], ['refused', 'refused'])
    """
    brought = bring(columns, policy=policy, as_of=as_of)
    facts = coded_facts(brought, policy)
    count = brought.count
    said = {name: said_of(policy, name, facts, count=count) for name in policy.tables}
    treated = treatments_of(policy, said)
    money = _counted(brought, treated, policy)
    status = treated.status[treated.codes]
    status[(status == DECIDED) & ~money.is_sure] = UNDETERMINED
    return LendableColumns(
        brought=brought, policy=policy, said=said, treated=treated, money=money, codes=status
    )


# --- the money, block by block ----------------------------------------------------------


@attrs.frozen(eq=False)
class _Counted:
    """What the money of every row comes to.

    Attributes:
        fen: The least lendable value.
        is_sure: Whether it is also the greatest.
        state: What can be said about the valuation, as a position in `_STATES`.
        binds: Whether the registered maximum is the lendable value.
    """

    fen: Int64
    is_sure: Bool
    state: Codes
    binds: Bool


@attrs.frozen(eq=False)
class _Block:
    """Some rows of the columns brought, and how they are treated."""

    brought: Brought
    rows: slice
    treated: Treatments

    @property
    def codes(self) -> Codes:
        return self.treated.codes[self.rows]

    @property
    def as_of(self) -> Days:
        days = self.brought.as_of
        return days if len(days) == 1 else days[self.rows]

    def amount(self, name: str, filler: int) -> Int64:
        ints = self.brought.ints.get(name)
        if ints is None:
            return np.full(len(self.codes), filler, np.int64)
        values, known = ints.values[self.rows], ints.known[self.rows]
        return values if known.all() else np.where(known, values, filler)

    def known(self, name: str) -> Bool:
        ints = self.brought.ints.get(name)
        return np.zeros(len(self.codes), np.bool_) if ints is None else ints.known[self.rows]

    def is_maximum(self, *, unknown: bool) -> Bool:
        form = self.brought.words.get("form")
        if form is None:
            return np.full(len(self.codes), unknown)
        codes = form.codes[self.rows]
        found: Bool = codes == FORMS.index("maximum")
        return found | (codes < 0) if unknown else found


def _counted(brought: Brought, treated: Treatments, policy: CollateralPolicy) -> _Counted:
    """Count the least and the greatest lendable value of every row."""
    found = _Counted(
        np.empty(brought.count, np.int64),
        np.empty(brought.count, np.bool_),
        np.zeros(brought.count, np.int8),
        np.empty(brought.count, np.bool_),
    )
    days = brought.days.get("valued_on")
    stale = None if days is None else _stale(days, brought, treated, policy)
    lapses = np.array([_lapses(policy, name) for name in _STATES])
    for start in range(0, brought.count, BLOCK):
        rows = slice(start, start + BLOCK)
        block = _Block(brought, rows, treated)
        state = _state(block, stale)
        value = np.where(state == 0, block.amount("valuation_fen", 0), 0)
        unusable = ~lapses[state]
        high = _end(block, np.where(unusable, MAX_FEN, value), end=1)
        is_whole = not unusable.any() and _is_whole(block)
        low = high if is_whole else _end(block, value, end=0)
        found.fen[rows], found.is_sure[rows], found.state[rows] = low, low == high, state
        limit = block.amount("registered_fen", -1)
        found.binds[rows] = block.is_maximum(unknown=False) & (limit == high)
    return found


def _lapses(policy: CollateralPolicy, state: str) -> bool:
    """Say whether a valuation in a state has a value that is known: its own, or nothing."""
    mode = policy.when_stale if state == "stale" else policy.when_missing
    return state == "current" or mode == "lapsed"


def _stale(
    days: Days, brought: Brought, treated: Treatments, policy: CollateralPolicy
) -> Callable[[slice], Bool]:
    """Return what says of a block which valuations are past their due day."""
    if len(brought.as_of) > 1:
        due = dues(days, treated.often[treated.codes], words=REVALUATIONS, policy=policy)
        return lambda rows: due[rows] < brought.as_of[rows]
    # Due days rise with the days of valuation, so one first day divides stale from current.
    first = [_first_current(brought.day(0), word, policy) for word in REVALUATIONS]
    first_of = np.array([*first, datetime.date.min], "datetime64[D]")[treated.often]
    return lambda rows: days[rows] < first_of[treated.codes[rows]]


def _first_current(as_of: datetime.date, word: str, policy: CollateralPolicy) -> datetime.date:
    """Return the first day whose valuation is not yet past its due day."""

    def is_current(ordinal: int) -> bool:
        due = due_of(datetime.date.fromordinal(ordinal), word, policy)
        return due is not None and due >= as_of

    last = as_of.toordinal()
    return datetime.date.fromordinal(
        1 + bisect.bisect_left(range(1, last), True, key=is_current)  # noqa: FBT003 - a key
    )


def _state(block: _Block, stale: Callable[[slice], Bool] | None) -> Codes:
    """Return the position in `_STATES` of what can be said about each valuation."""
    state = np.zeros(len(block.codes), np.int8)
    days = block.brought.days.get("valued_on")
    if days is None or stale is None:
        state[:] = _STATES.index("undated")
    else:
        valued_on = days[block.rows]
        state[stale(block.rows)] = _STATES.index("stale")
        state[valued_on > block.as_of] = _STATES.index("not_yet")
        state[np.isnat(valued_on)] = _STATES.index("undated")
    state[~block.treated.has_value[block.codes]] = _STATES.index("no_evidence")
    state[~block.known("valuation_fen")] = _STATES.index("missing")
    return state


def _end(block: _Block, value: Int64, *, end: int) -> Int64:
    """Return the least (end 0) or the greatest (end 1) lendable value from a known value."""
    value *= block.amount("share_bp", (1, WHOLE_BP)[end])
    value //= WHOLE_BP
    value *= block.treated.cap_bp[block.codes]
    value //= WHOLE_BP
    value -= block.amount("senior_fen", (MAX_FEN, 0)[end])
    np.maximum(value, 0, out=value)
    binding = block.is_maximum(unknown=end == 0)
    if not binding.any():
        return value
    limit = block.amount("registered_fen", (0, MAX_FEN)[end])
    return np.where(binding, np.minimum(value, limit), value)


def _is_whole(block: _Block) -> bool:
    """Say whether every amount of every row is known."""
    form = block.brought.words.get("form")
    if form is None or (form.codes[block.rows] < 0).any():
        return False
    if not all(block.known(name).all() for name in ("share_bp", "senior_fen")):
        return False
    return bool((block.known("registered_fen") | ~block.is_maximum(unknown=False)).all())


@attrs.frozen(kw_only=True, eq=False, repr=False)
class LendableColumns:
    """The lendable values of a column of items.

    >>> import datetime
    >>> answer = lendable_value_columns(
    ...     {"kind": ["own_shares", "housing"]}, as_of=datetime.date(2026, 6, 30)
    ... )
    >>> answer, dict(answer.counts())
    (LendableColumns(2 items), {'COL-024': 1, 'undetermined': 1})
    """

    _brought: Brought
    _policy: CollateralPolicy
    _said: Mapping[str, Said]
    _treated: Treatments
    _money: _Counted
    _codes: Codes

    def __len__(self) -> int:
        """Count the items."""
        return len(self._codes)

    def __repr__(self) -> str:
        """Show the number of items."""
        return f"LendableColumns({len(self)} items)"

    @property
    def lendable_fen(self) -> Array:
        """Lendable value per row, int64 in a masked array; masked unless decided."""
        return np.ma.MaskedArray(self._money.fen.copy(), mask=self._codes != DECIDED)

    @property
    def status(self) -> Array:
        """Per row "decided", "undetermined" or "conflict", as objects."""
        return np.array(STATUSES, np.object_)[self._codes]

    def outcome(self, name: str) -> Array:
        """Return one outcome of every row.

        Args:
            name: "lendable_fen" and "cap_bp", as masked int64; "class", "verdict" and
                "conditions", as objects with None unless decided.

        Raises:
            CreditError: If there is no outcome of that name.

        >>> import datetime
        >>> answer = lendable_value_columns(
        ...     {"kind": ["own_shares", "housing"]}, as_of=datetime.date(2026, 6, 30)
        ... )
        >>> answer.outcome("verdict").tolist()
        ['refuse', None]
        """
        if name not in _OUTCOMES:
            raise CreditError(f"an outcome must be one of {', '.join(_OUTCOMES)}, got {name!r}")
        if name == "lendable_fen":
            return self.lendable_fen
        treated = self._treated
        if name == "cap_bp":
            cap_bp = treated.cap_bp[treated.codes]
            return np.ma.MaskedArray(cap_bp, mask=self._codes != DECIDED)
        pool: list[object] = list(treated.conditions)
        if name != "conditions":
            words, codes = (
                (CLASSES, treated.class_code) if name == "class" else (VERDICTS, treated.verdict)
            )
            pool = [words[code] for code in codes.tolist()]
        cells = np.empty(len(pool) + 1, np.object_)
        for place, cell in enumerate(pool):
            cells[place] = cell
        found: Array = cells[np.where(self._codes == DECIDED, treated.codes, len(pool))]
        return found

    def decision(self, i: int) -> Decision:
        """Return the answer of one row, as `lendable_value` gives it; rows count from 0.

        Raises:
            CreditError: If there is no such row.

        >>> import datetime
        >>> answer = lendable_value_columns(
        ...     {"kind": ["own_shares"]}, as_of=datetime.date(2026, 6, 30)
        ... )
        >>> answer.decision(0).reasons[0].code
        'COL-024'
        """
        if not -len(self) <= i < len(self):
            raise CreditError(f"row must be within 0 to {len(self) - 1}, got {i}")
        row = range(len(self))[i]
        item = self._brought.item(row)
        return lendable_value(item, policy=self._policy, as_of=self._brought.day(row))

    def counts(self) -> FrozenMapping[str, int]:
        """Return how many decided rows each reason has, then how many rows are not decided.

        Keys are reason codes in their order, then "undetermined" and "conflict"; a row
        with several reasons counts once for each.
        """
        is_refused = (self._treated.class_code == REFUSED)[self._treated.codes]
        is_decided = self._codes == DECIDED
        taken = is_decided & ~is_refused
        found: Counter[str] = Counter()
        for name, said in self._said.items():
            among = is_decided & is_refused if name == "refusals" else taken
            sizes = np.bincount(said.places[among], minlength=len(said.heard)).tolist()
            for one, size in zip(said.heard, sizes, strict=True):
                for row in _told_rows(self._policy, name, one) if size else ():
                    found[reason_code(self._policy, row)] += size
        found += self._money_counts(taken)
        found.update({STATUSES[code]: int((self._codes == code).sum()) for code in (1, 2)})
        order = [*(reason.code for reason in REASONS), *self._policy.rows, *STATUSES]
        place = {code: at for at, code in enumerate(order)}
        codes = sorted(found, key=lambda code: place[code.rpartition("/")[2]])
        return FrozenMapping({code: found[code] for code in codes if found[code]})

    def _money_counts(self, taken: Bool) -> "Counter[str]":
        """Count the reasons that come from figures and amounts, not from rows of tables."""
        treated = self._treated
        block = _Block(self._brought, slice(None), treated)
        masks = {
            DEDUCTED.code: (treated.class_code == CAUTIOUS)[treated.codes],
            REFERRED.code: (treated.verdict == VERDICTS.index("refer"))[treated.codes],
            SHARE.code: block.amount("share_bp", WHOLE_BP) < WHOLE_BP,
            SENIOR.code: block.amount("senior_fen", 0) > 0,
            MAXIMUM.code: self._money.binds,
        }
        for at, name in enumerate(_STATES):
            if name not in {"current", "no_evidence"}:
                masks[STATE_REASONS[name].code] = self._money.state == at
        return Counter({code: int((mask & taken).sum()) for code, mask in masks.items()})


def _told_rows(policy: CollateralPolicy, name: str, one: Heard) -> Sequence[str]:
    """Return the rows whose reasons are told: no preference beside a caution."""
    if name == "refusals":
        return one.firm
    effects = {row: policy.effect(row) for row in one.rows}
    cautious = "caution" in effects.values()
    return [row for row, effect in effects.items() if not (cautious and effect == "prefer")]


def revaluation_due_columns(
    columns: Mapping[str, object], *, policy: CollateralPolicy = DEFAULT_POLICY
) -> Days:
    """Return the day each item has to be valued again (重估到期日), as `revaluation_due` does.

    Args:
        columns: As for `lendable_value_columns`; ``valued_on`` and ``kind`` matter.
        policy: The bank's tables and figures.

    Returns:
        datetime64[D] of shape ``(n,)``, NaT where unknown.

    Raises:
        InputError: As `lendable_value_columns`.

    >>> import datetime
    >>> days = [datetime.date(2026, 1, 5), datetime.date(2025, 8, 31), None]
    >>> kinds = ["housing", "live_animals", "housing"]
    >>> revaluation_due_columns({"kind": kinds, "valued_on": days})
    array(['2027-01-05', '2026-02-28',        'NaT'], dtype='datetime64[D]')
    """
    brought = bring(columns, policy=policy, as_of=datetime.date.min)
    days = brought.days.get("valued_on")
    if days is None:
        return np.full(brought.count, np.datetime64("NaT", "D"))
    known = attrs.evolve(brought, as_of=np.where(np.isnat(days), _FIRST_DAY, days))
    said = said_of(policy, "caps", coded_facts(known, policy), count=brought.count)
    often = np.array([often_of(one) for one in said.heard], np.int8)
    return dues(days, often[said.places], words=REVALUATIONS, policy=policy)
