"""Many households at once: the same rule over an array of figures, one row a household."""

import functools
import math
import operator
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import Ints, int_column
from ruralcredit.errors import CreditError, InputError
from ruralcredit.limits._assessment import MAX_LIMIT_FEN, STATES
from ruralcredit.limits._reasons import (
    ASK_AGAIN,
    BELOW_QUORUM,
    CAP_UNKNOWN,
    CAPPED,
    CLOSE_ALL,
    CLOSE_LOWER,
    CLOSE_PAIR,
    DISSENT,
    LAST_ROUND,
    LOW_DISSENT,
    NOTHING_LEFT,
    REASONS,
    VETO_SHORT,
    VETO_UNVERIFIED,
    VETOED,
    WIDE_SPREAD,
)
from ruralcredit.limits._reconcile import BY, LEFT_OUT
from ruralcredit.limits._rule import (
    CLOSE_OR_COMPROMISE,
    MOST_ASSESSORS,
    Arithmetic,
    Proposal,
    ReconcileRule,
    below_share,
    low_slack,
    proposed,
)
from ruralcredit.reasons import Reason
from ruralcredit.values import FrozenMapping

__all__ = ["Reconciled", "reconcile_columns"]

Int64: TypeAlias = npt.NDArray[np.int64]
Int32: TypeAlias = npt.NDArray[np.int32]
Int8: TypeAlias = npt.NDArray[np.int8]
Bool: TypeAlias = npt.NDArray[np.bool_]

# The reasons a column can give: relations and days are facts of one household's forms.
_TOLD: Final = tuple(
    one
    for one in REASONS
    if one.code
    in {
        *(reason.code for reason in (*BY.values(), *LEFT_OUT.values())),
        *(reason.code for reason in (CLOSE_PAIR, CLOSE_LOWER, CLOSE_ALL, CAPPED, CAP_UNKNOWN)),
        *(reason.code for reason in (NOTHING_LEFT, LOW_DISSENT, WIDE_SPREAD, DISSENT)),
        *(reason.code for reason in (VETO_UNVERIFIED, VETO_SHORT, ASK_AGAIN, LAST_ROUND)),
        *(reason.code for reason in (VETOED, BELOW_QUORUM)),
    }
)
_UNVERIFIED: Final = len(STATES)
# A form's state, moved by one for no form, is the place of the bit of what it says.
_BIT_OF_STATE: Final = MappingProxyType(
    {
        **{reason.code: 2 << STATES.index(word) for word, reason in LEFT_OUT.items()},
        DISSENT.code: 2 << STATES.index("dissent"),
        VETO_UNVERIFIED.code: 2 << _UNVERIFIED,
    }
)
_OTHERS: Final = tuple(one.code for one in _TOLD if one.code not in _BIT_OF_STATE)
_BITS: Final = MappingProxyType(
    {**_BIT_OF_STATE, **{code: 4 << _UNVERIFIED + n for n, code in enumerate(_OTHERS)}}
)
_BIT: Final = MappingProxyType({one.code: _BITS[one.code] for one in _TOLD})
_METHODS: Final = np.array(["close", "compromise", None], dtype=np.object_)
_STATUSES: Final = MappingProxyType({0: "decided", -1: "none", -2: "undetermined", -3: "conflict"})
_NONE, _UNDETERMINED = -1, -2
_NO_METHOD: Final = 2
_NO_FORM: Final = -1
_SORTED_PLACES: Final = np.argsort(np.array(STATES))
_SORTED_WORDS: Final = np.array(STATES)[_SORTED_PLACES]
_VETOES: Final = (STATES.index("veto"), STATES.index("no_credit"))
# Figures, sums and masks of so many rows stay in a processor's cache together.
_BLOCK: Final = 1 << 14
_ABSENT: Final = np.iinfo(np.int64).max
_NETWORK_WIDTH: Final = 9


def _bits(*reasons: Reason) -> int:
    return sum(_BIT[one.code] for one in reasons)


_STATE_BITS: Final = sum(_BIT_OF_STATE.values())
_VETO_BITS: Final = _bits(VETOED)
_SHORT_BITS: Final = _bits(VETO_SHORT)
_CAP_BITS: Final = _bits(CAPPED)
_OPEN_CAP_BITS: Final = _bits(CAP_UNKNOWN)
_EMPTY_BITS: Final = _bits(NOTHING_LEFT)
_QUORUM_BITS: Final = _bits(BELOW_QUORUM)
_WIDE_BITS: Final = _bits(WIDE_SPREAD)
_LOW_BITS: Final = _bits(LOW_DISSENT)
_AGAIN_BITS: Final = _bits(ASK_AGAIN)
_LAST_BITS: Final = _bits(LAST_ROUND)
_CALLED_BY: Final = MappingProxyType(
    {
        "unverified_veto": _bits(VETO_UNVERIFIED, VETO_SHORT),
        "dissent": _bits(DISSENT),
        "spread": _WIDE_BITS,
        "low_dissent": _LOW_BITS,
    }
)


def _ordered(figures: list[Int64]) -> list[Int64]:
    if len(figures) > _NETWORK_WIDTH:
        return list(np.sort(np.stack(figures, axis=1), axis=1).T)
    found = list(figures)
    for last in range(len(found) - 1, 0, -1):
        for place in range(last):
            low, high = found[place], found[place + 1]
            found[place], found[place + 1] = np.minimum(low, high), np.maximum(low, high)
    return found


def _if_negative(slack: Int64, then: Int64, other: Int64) -> Int64:
    # By the bits of the sign: a third of the time of where, whose branches go wrong half the time.
    chosen = then ^ other
    chosen &= slack >> 63
    chosen ^= other
    return chosen


_COLUMNS: Final = Arithmetic[Int64](
    ordered=_ordered, smaller=np.minimum, larger=np.maximum, if_negative=_if_negative
)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Reconciled:
    """The limits of many households (批量定额结果), row by row.

    Attributes:
        limit_fen: int64 of shape ``(n,)``, in fen; -1 where not decided.
        method_codes: int8 of shape ``(n,)``: 0 close, 1 compromise, 2 where not decided.
        spread_fen: int64 of shape ``(n,)``: the highest less the lowest figure that counts,
            in fen; -1 where none does.
        status: int8 of shape ``(n,)``: 0 decided, -1 none, -2 undetermined, -3 conflict.
        reason_bits: int32 of shape ``(n,)``: the reasons, read by ``codes_of`` and ``has``.

    >>> found = reconcile_columns(np.array([[50, 60, 100], [30, 60, 100]]) * 1000_00)
    >>> found.limit_fen.tolist(), found.method.tolist(), found.spread_fen.tolist()
    ([5500000, 6000000], ['close', 'compromise'], [5000000, 7000000])
    """

    limit_fen: Int64
    method_codes: Int8
    spread_fen: Int64
    status: Int8
    reason_bits: Int32

    def __attrs_post_init__(self) -> None:
        """Mark the arrays read-only."""
        for array in attrs.astuple(self, recurse=False):
            array.flags.writeable = False

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.status)

    def __repr__(self) -> str:
        """Show how many rows stand where."""
        shown = ", ".join(f"{count} {word}" for word, count in self.counts().items())
        return f"Reconciled({len(self)} rows: {shown})"

    @property
    def method(self) -> npt.NDArray[np.object_]:
        """Return "close" or "compromise" for each row, None where not decided.

        >>> reconcile_columns(np.array([[50, 60, 100]]) * 1000_00).method.tolist()
        ['close']
        """
        return _METHODS[self.method_codes]

    def counts(self) -> FrozenMapping[str, int]:
        """Return how many rows have each status, those that occur.

        >>> reconcile_columns(np.array([[50, 60, 100]]) * 1000_00).counts()
        FrozenMapping({'decided': 1})
        """
        found = {word: int((self.status == code).sum()) for code, word in _STATUSES.items()}
        return FrozenMapping({word: count for word, count in found.items() if count})

    def codes_of(self, row: int) -> tuple[str, ...]:
        """Return the codes of a row's reasons, each once, as `reconcile` gives them.

        >>> reconcile_columns(np.array([[30, 60, 100]]) * 1000_00).codes_of(0)
        ('LIM-004', 'LIM-031')
        """
        bits = int(self.reason_bits[row])
        return tuple(code for code, bit in _BIT.items() if bits & bit)

    def has(self, code: str) -> Bool:
        """Return which rows have a reason.

        Raises:
            CreditError: If no row of a column can have it.

        >>> reconcile_columns(np.array([[30, 60, 100]]) * 1000_00).has("LIM-031").tolist()
        [True]
        """
        if code not in _BIT:
            raise CreditError(f"code must be one of {', '.join(_BIT)}, got {code!r}")
        return np.asarray(self.reason_bits & _BIT[code] != 0)


def reconcile_columns(
    limits_fen: object,
    states: object = None,
    *,
    rule: ReconcileRule = CLOSE_OR_COMPROMISE,
    caps_fen: object = None,
    codes: object = None,
    in_round: object = 1,
) -> Reconciled:
    """Return one limit for each of many households, as `reconcile` returns one.

    Relations and reserves are facts of single forms: strike such forms by their state.

    Args:
        limits_fen: Figures in fen, integers of shape ``(n, k)``: a row a household, a column
            an assessor, k from 1 to 9.  Only cells in the state "limit" are read.
        states: Of shape ``(n, k)``: the words of an assessment's state, or their positions
            from 0 to 8; None or -1 in a cell is no form.  None instead is "limit" everywhere.
        rule: The bank's rule.
        caps_fen: Caps in fen, from 0: one for all, of shape ``(n,)`` or ``(n, c)``, or columns
            by name; None in a cell is unknown.
        codes: Of shape ``(n, k)``: the grounds of vetoes.  None instead says that every "veto"
            and "no_credit" rests on a ground that the rule lets decide.
        in_round: The round that the forms are of, one for all or of shape ``(n,)``.

    Raises:
        InputError: If a limit is not 1 to 10**13 fen, an array has another shape, or a cell
            holds something else; it names the count and the first row.

    >>> limits = np.array([[50, 60, 100], [50, 60, 100], [50, 60, 100]]) * 1000_00
    >>> states = [["limit"] * 3, ["limit", "limit", "abstained"], ["limit", "veto", "limit"]]
    >>> found = reconcile_columns(limits, states)
    >>> found.limit_fen.tolist(), found.status.tolist()
    ([5500000, -1, -1], [0, -2, -1])
    """
    limits, known = _grid(limits_fen)
    forms = _forms(states, known, limits.shape)
    if forms is not None:
        _check_limits(limits, forms, known)
        forms = _with_grounds(forms, codes, rule)
    count = len(limits)
    work = _Work(
        limits=limits,
        forms=forms,
        caps=_caps(caps_fen, count, rule),
        rounds=_rounds(in_round, count),
        rule=rule,
        called_by=functools.reduce(
            operator.or_, (_CALLED_BY[name] for name in rule.reassess_on), 0
        ),
        limit_fen=np.empty(count, np.int64),
        method_codes=np.empty(count, np.int8),
        spread_fen=np.empty(count, np.int64),
        status=np.empty(count, np.int8),
        bits=np.empty(count, np.int32),
    )
    return work.done()


def _grid(values: object) -> tuple[Int64, Bool | None]:
    """Return figures as int64 of two dimensions, and which are known; None is all."""
    array = np.asarray(values)
    _check_shape("limits_fen", array)
    if array.dtype.kind == "i":
        return array.astype(np.int64, copy=False), None
    columns = [
        int_column(f"limits_fen[:, {place}]", array[:, place], money=True)
        for place in range(array.shape[1])
    ]
    limits = np.stack([one.values for one in columns], axis=1)
    known = np.stack([one.known for one in columns], axis=1)
    return limits, None if known.all() else known


def _check_shape(
    name: str, array: npt.NDArray[np.generic], shape: tuple[int, ...] | None = None
) -> None:
    wanted = "(n, k) with k from 1 to 9" if shape is None else str(shape)
    is_right = array.ndim == 2 and 1 <= array.shape[1] <= MOST_ASSESSORS
    if not is_right or (shape is not None and array.shape != shape):
        raise InputError(f"{name} must have the shape {wanted}, got {array.shape}", column=name)


def _refuse(name: str, bad: Bool, values: object, must: str, hint: str) -> None:
    """Refuse cells of a grid, naming how many and the row of the first."""
    if not bad.any():
        return
    row, place = (int(one) for one in np.argwhere(bad)[0])
    cell = np.asarray(values)[row, place]
    shown = cell.item() if isinstance(cell, np.generic) else cell
    count = int(bad.sum())
    which = "1 cell is not, at" if count == 1 else f"{count} cells are not, the first at"
    raise InputError(
        f"{name} must be {must}, {which} row {row}, assessor {place} ({shown!r}): {hint}",
        column=name,
        count=count,
        first_row=row,
    )


def _forms(states: object, known: Bool | None, shape: tuple[int, ...]) -> Int8 | None:
    """Return positions of states, -1 for no form; None where every cell is a limit."""
    if states is None:
        return None if known is None else np.where(known, 0, _NO_FORM).astype(np.int8)
    array = np.asarray(states)
    _check_shape("states", array, shape)
    if array.dtype.kind in "iu":
        bad = (array < _NO_FORM) | (array >= len(STATES))
        _refuse("states", bad, array, f"-1 to {len(STATES) - 1}", "positions of the states")
        return array.astype(np.int8)
    forms = np.zeros(shape, np.int8)
    # Most cells are limits; the few others are looked up one by one.
    others = _other_than_limits(array)
    forms[others] = _positions(array[others])
    _refuse("states", forms < _NO_FORM, array, f"one of {', '.join(STATES)}", "None is no form")
    return forms


def _other_than_limits(array: npt.NDArray[np.generic]) -> Bool:
    try:
        return np.asarray(array != STATES[0], np.bool_)
    except TypeError:  # the NA of a frame, which is neither equal nor unequal
        return np.ones(array.shape, np.bool_)


def _positions(cells: npt.NDArray[np.generic]) -> Int8:
    """Return the positions of cells among the states, -1 for no form, -2 for no state."""
    if cells.dtype.kind == "U":
        places = np.searchsorted(_SORTED_WORDS, cells).clip(max=len(STATES) - 1)
        is_word = _SORTED_WORDS[places] == cells
        return np.where(is_word, _SORTED_PLACES[places], _NO_FORM - 1).astype(np.int8)
    positions = _Positions({word: place for place, word in enumerate(STATES)})
    return np.fromiter(map(positions.__getitem__, cells.tolist()), np.int8, len(cells))


class _Positions(dict[object, int]):
    """From a cell to the position of its state, -1 for no form, one below for no state."""

    def __missing__(self, cell: object) -> int:
        """Look at a cell that is no word of the states."""
        is_nan = isinstance(cell, float) and math.isnan(cell)
        is_unknown = cell is None or is_nan or type(cell).__name__ == "NAType"
        return _NO_FORM if is_unknown else _NO_FORM - 1


def _with_grounds(forms: Int8, codes: object, rule: ReconcileRule) -> Int8:
    """Return states in which a veto without a ground that decides stands apart."""
    if codes is None:
        return forms
    array = np.asarray(codes)
    _check_shape("codes", array, forms.shape)
    found = forms.copy()
    cells = np.isin(forms, _VETOES)
    grounds = array[cells].tolist()
    decides = {one: rule.decides(one) for one in set(grounds) if isinstance(one, str)}
    is_weak = np.array([not decides.get(one, False) for one in grounds], np.bool_)
    found[cells] = np.where(is_weak, _UNVERIFIED, forms[cells])
    return found


def _check_limits(limits: Int64, forms: Int8 | None, known: Bool | None) -> None:
    hint = "a limit of 0 is the state 'no_credit'"
    must = f"1 to {MAX_LIMIT_FEN} fen where the state is limit"
    bad = (limits < 1) | (limits > MAX_LIMIT_FEN)
    if known is not None:
        bad |= ~known
    if forms is not None:
        bad &= forms == 0
    shown: npt.NDArray[np.generic] = limits
    if known is not None and bad.any():
        shown = np.full(limits.shape, None)
        shown[known] = limits[known]
    _refuse("limits_fen", bad, shown, must, hint)


@attrs.frozen
class _Caps:
    """The lowest known cap of each row, rounded down to the step, and where one is unknown."""

    usable: Int64
    unknown: Bool


def _caps(values: object, count: int, rule: ReconcileRule) -> _Caps | None:
    columns = list(_cap_columns(values, count))
    if not columns:
        return None
    usable = np.full(count, _ABSENT)
    unknown = np.zeros(count, np.bool_)
    for name, column in columns:
        if len(column) != count:
            raise InputError(f"{name} must have {count} rows, got {len(column)}", column=name)
        bad = column.known & (column.values < 0)
        if bad.any():
            row = int(bad.argmax())
            raise InputError(
                f"{name} must be fen from 0, {int(bad.sum())} rows are not, the first at row "
                f"{row} ({column.values[row]}): an unknown cap is None",
                column=name,
                count=int(bad.sum()),
                first_row=row,
            )
        usable = np.where(column.known, np.minimum(usable, column.values), usable)
        unknown |= ~column.known
    step = int(rule.step_fen.value)
    return _Caps(np.where(usable < _ABSENT, usable // step * step, usable), unknown)


def _cap_columns(values: object, count: int) -> Iterator[tuple[str, Ints]]:
    if values is None:
        return
    if isinstance(values, Mapping):
        for name, column in values.items():
            yield f"caps_fen[{name!r}]", int_column(f"caps_fen[{name!r}]", column, money=True)
        return
    if isinstance(values, int | np.integer) and not isinstance(values, bool):
        yield "caps_fen", int_column("caps_fen", np.full(count, values), money=True)
        return
    if isinstance(values, np.ndarray) and values.ndim == 2:
        for place in range(values.shape[1]):
            name = f"caps_fen[:, {place}]"
            yield name, int_column(name, values[:, place], money=True)
        return
    yield "caps_fen", int_column("caps_fen", values, money=True)


def _rounds(in_round: object, count: int) -> Int64 | int:
    """Return the round of all rows, or of each."""
    if isinstance(in_round, int) and not isinstance(in_round, bool):
        if in_round < 1:
            raise CreditError(f"in_round must be from 1, got {in_round}")
        return in_round
    column = int_column("in_round", in_round)
    bad = ~column.known | (column.values < 1)
    if len(column) != count or bad.any():
        raise InputError(
            f"in_round must hold {count} rounds from 1, got {len(column)} rows with "
            f"{int(bad.sum())} others",
            column="in_round",
            count=int(bad.sum()),
        )
    return column.values


@attrs.frozen(kw_only=True)
class _Judged:
    """Rows that reach the quorum: what the rule makes of each."""

    limit: Int64
    method: Int8
    spread: Int64
    status: Int8
    bits: Int32


@attrs.frozen(kw_only=True)
class _Work:
    """What a call brings, checked, and the arrays of its answer as they fill."""

    limits: Int64
    forms: Int8 | None
    caps: _Caps | None
    rounds: Int64 | int
    rule: ReconcileRule
    called_by: int
    limit_fen: Int64
    method_codes: Int8
    spread_fen: Int64
    status: Int8
    bits: Int32

    def done(self) -> Reconciled:
        """Work through the rows, block by block."""
        for start in range(0, len(self.limits), _BLOCK):
            block = slice(start, min(start + _BLOCK, len(self.limits)))
            if self.forms is None:
                self._plain(block)
            else:
                self._stated(block, self.forms[block])
        if self.caps is not None:
            waits = self.caps.unknown & (self.status == _UNDETERMINED)
            self.bits[waits] |= _OPEN_CAP_BITS
        return Reconciled(
            limit_fen=self.limit_fen,
            method_codes=self.method_codes,
            spread_fen=self.spread_fen,
            status=self.status,
            reason_bits=self.bits,
        )

    def _clear(self, block: slice) -> None:
        """Leave rows undetermined, for no reason yet."""
        self.limit_fen[block] = -1
        self.method_codes[block] = _NO_METHOD
        self.status[block] = _UNDETERMINED

    def _plain(self, block: slice) -> None:
        """Reconcile rows of which every cell is a limit."""
        figures = _ordered(list(np.ascontiguousarray(self.limits[block].T)))
        if figures[0].min() < 1 or figures[-1].max() > MAX_LIMIT_FEN:
            _check_limits(self.limits, None, None)
        count = len(figures[0])
        bits = np.zeros(count, np.int32)
        if self.caps is None and len(figures) >= int(self.rule.quorum.value):
            judged = self._judged(figures, rows=block, bits=bits)
            self.spread_fen[block] = judged.spread
            self._keep(block, judged)
            return
        self._clear(block)
        self.spread_fen[block] = figures[-1] - figures[0]
        counts = np.full(count, len(figures), np.int8)
        self._counted(
            block, figures, counts=counts, bits=bits, is_vetoed=np.zeros(count, np.bool_)
        )

    def _stated(self, block: slice, forms: Int8) -> None:
        """Reconcile rows of which some cells are states."""
        by_assessor = np.ascontiguousarray(forms.T)
        is_limit = by_assessor == 0
        limits = np.where(is_limit, np.ascontiguousarray(self.limits[block].T), _ABSENT)
        figures = _ordered(list(limits))
        counts = is_limit.sum(axis=0, dtype=np.int8)
        said = np.bitwise_or.reduce(np.int32(1) << (by_assessor + np.int32(1)), axis=0)
        vetoes = ((by_assessor == _VETOES[0]) | (by_assessor == _VETOES[1])).sum(
            axis=0, dtype=np.int8
        )
        is_vetoed = vetoes >= int(self.rule.vetoes.value)
        bits = said & np.int32(_STATE_BITS)
        bits |= is_vetoed * np.int32(_VETO_BITS)
        bits |= ((vetoes > 0) & ~is_vetoed) * np.int32(_SHORT_BITS)
        self._clear(block)
        self.spread_fen[block] = _spreads(figures, counts)
        self._counted(block, figures, counts=counts, bits=bits, is_vetoed=is_vetoed)

    def _counted(
        self, block: slice, figures: list[Int64], *, counts: Int8, bits: Int32, is_vetoed: Bool
    ) -> None:
        """Reconcile the rows of a block by how many figures they have."""
        is_open = ~is_vetoed
        if self.caps is not None:
            is_empty = is_open & (self.caps.usable[block] == 0)
            is_open &= ~is_empty
            bits |= is_empty * np.int32(_CAP_BITS | _EMPTY_BITS)
        quorum = int(self.rule.quorum.value)
        self.status[block] = np.where(is_open, _UNDETERMINED, _NONE)
        self.bits[block] = bits | (is_open & (counts < quorum)) * np.int32(_QUORUM_BITS)
        for count in range(quorum, len(figures) + 1):
            mine = np.flatnonzero(is_open & (counts == count))
            if len(mine):
                rows = mine + block.start
                taken = [one[mine] for one in figures[:count]]
                self._keep(rows, self._judged(taken, rows=rows, bits=bits[mine]))

    def _keep(self, rows: Int64 | slice, judged: _Judged) -> None:
        self.limit_fen[rows] = judged.limit
        self.method_codes[rows] = judged.method
        self.status[rows] = judged.status
        self.bits[rows] = judged.bits

    def _judged(self, figures: list[Int64], *, rows: Int64 | slice, bits: Int32) -> _Judged:
        """Apply the rule to sorted figures that reach the quorum; bits is what the forms say.

        Masks become numbers: writing through them takes ten times as long.
        """
        found = proposed(figures, rule=self.rule, by=_COLUMNS)
        said = bits | self._doubts(figures, found)
        method, rests = _methods(found, self.rule)
        limit = found.result
        is_open: Bool | None = None
        if self.caps is not None:
            limit = np.minimum(limit, self.caps.usable[rows])
            rests |= (limit < found.result) * np.int32(_CAP_BITS)
            is_open = self.caps.unknown[rows] & (limit > 0)
        is_called = said & np.int32(self.called_by) != 0
        if is_called.any():
            is_held = is_called & self._is_before_last(rows)
            said |= is_held * np.int32(_AGAIN_BITS)
            said |= (is_called & ~is_held) * np.int32(_LAST_BITS)
            is_open = is_held if is_open is None else is_open | is_held
        is_empty = limit == 0
        rests |= is_empty * np.int32(_EMPTY_BITS)
        status = -is_empty.view(np.int8)
        if is_open is not None:
            rests *= ~is_open
            status = np.minimum(status, is_open * np.int8(_UNDETERMINED))
        is_undecided = status != 0
        if is_undecided.any():
            limit |= -is_undecided.astype(np.int64)
            method = np.maximum(method, is_undecided * np.int8(_NO_METHOD))
        return _Judged(
            limit=limit, method=method, spread=found.spread, status=status, bits=said | rests
        )

    def _is_before_last(self, rows: Int64 | slice) -> Bool | bool:
        rounds = int(self.rule.rounds.value)
        return (self.rounds if isinstance(self.rounds, int) else self.rounds[rows]) < rounds

    def _doubts(self, figures: list[Int64], found: Proposal[Int64]) -> Int32:
        """Return the bits of a wide spread and of low dissents."""
        bits = np.zeros(len(found.spread), np.int32)
        if found.spread_slack is not None:
            bits |= (found.spread_slack < 0) * np.int32(_WIDE_BITS)
        if self.rule.low_dissent_bp is None:
            return bits
        # Sorted, so that where the lowest figure is not low no other is.
        rows = np.flatnonzero(below_share(figures[0], found.result, self.rule) < 0)
        part = attrs.evolve(
            found,
            median=found.median[rows],
            pair=None if found.pair is None else (found.pair[0][rows], found.pair[1][rows]),
            result=found.result[rows],
        )
        for figure in figures:
            taken = figure[rows]
            if not (below_share(taken, part.result, self.rule) < 0).any():
                break
            slack = low_slack(taken, part, rule=self.rule, by=_COLUMNS)
            bits[rows[slack < 0]] |= _LOW_BITS
        return bits


def _spreads(figures: list[Int64], counts: Int8) -> Int64:
    """Return the highest less the lowest of so many sorted figures of each row, -1 of none."""
    highest = figures[-1]
    for count in range(len(figures) - 1, 0, -1):
        highest = np.where(counts == count, figures[count - 1], highest)
    return np.where(counts > 0, highest - figures[0], -1)


def _methods(found: Proposal[Int64], rule: ReconcileRule) -> tuple[Int8, Int32]:
    """Return 0 where close, else 1, and the bits of what each row rests on."""
    close = CLOSE_LOWER if rule.pair_takes == "lower" else CLOSE_PAIR
    if found.pair is None:
        close = CLOSE_ALL
    near, far = _bits(close), _bits(BY[rule.compromise])
    if found.close_slack is None:
        count = len(found.spread)
        return np.ones(count, np.int8), np.full(count, far, np.int32)
    is_far = found.close_slack < 0
    return is_far.view(np.int8), is_far * np.int32(far - near) + np.int32(near)
