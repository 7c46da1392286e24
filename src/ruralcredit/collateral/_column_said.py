"""What the tables of a policy say about a column of items: each distinct case asked once."""

import itertools
import math
import operator
from collections.abc import Mapping
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.collateral._column_facts import Coded
from ruralcredit.collateral._fold import Heard, class_of, heard, one_of
from ruralcredit.collateral._items import WHOLE_BP
from ruralcredit.collateral._policy import REVALUATIONS, CollateralPolicy
from ruralcredit.policy import DecisionTable
from ruralcredit.values import FrozenMapping

__all__ = [
    "BLOCK",
    "CAUTIOUS",
    "CLASSES",
    "DECIDED",
    "REFERRED",
    "REFUSED",
    "STATUSES",
    "UNDETERMINED",
    "VERDICTS",
    "Said",
    "Treatments",
    "often_of",
    "said_of",
    "treatments_of",
]

Codes = npt.NDArray[np.signedinteger]
Int64 = npt.NDArray[np.int64]

# Rows worked on at once: what is made of a block stays in the cache.
BLOCK: Final = 1 << 15

STATUSES: Final = ("decided", "undetermined", "conflict")
DECIDED, UNDETERMINED, _CONFLICT = range(3)
CLASSES: Final = ("preferred", "neutral", "cautious", "refused", None)
CAUTIOUS, REFUSED = 2, 3
VERDICTS: Final = ("pass", "refer", "refuse", None)
REFERRED: Final = 1
# What a table says of a row where it is neither a yes, nor a no.
_OPEN, _CLASH = -2, -3
_COMPARE: Final = FrozenMapping(
    {"ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt}
)


@attrs.frozen(eq=False)
class Said:
    """What a table says: its distinct answers, and which of them each row gets."""

    heard: tuple[Heard, ...]
    places: Codes


@attrs.frozen(eq=False)
class _Merged:
    """A fact for one table: values that it cannot tell apart are one; the last is missing."""

    codes: Codes | None
    class_of: Int64
    values: tuple[object, ...]


def said_of(
    policy: CollateralPolicy, name: str, facts: Mapping[str, Coded], *, count: int
) -> Said:
    """Ask a table every distinct case once."""
    table = policy.tables[name]
    used = {field.name: _merged(table, field.name, facts) for field in table.fields}
    dims = [len(one.values) for one in used.values()]
    size, constant = math.prod(dims), 0
    steps: list[tuple[Codes, Codes]] = []
    for at, one in enumerate(used.values()):
        stride = math.prod(dims[at + 1 :])
        if one.codes is None:
            constant += stride * (len(one.values) - 1)
        else:
            steps.append((one.codes, (one.class_of * stride).astype(_kind(size))))
    keys: Codes = np.empty(count, _kind(size))
    for start in range(0, count, BLOCK):
        block = slice(start, start + BLOCK)
        keys[block] = constant
        for codes, step in steps:
            keys[block] += step[codes[block]]
    distinct, places = _distinct(keys, size)
    columns = [
        [one.values[code] for code in codes.tolist()]
        for one, codes in zip(used.values(), np.unravel_index(distinct, dims), strict=True)
    ]
    cases = [dict(zip(used, values, strict=True)) for values in zip(*columns, strict=True)]
    return Said(tuple(heard(policy, name, case) for case in cases), places)


def _kind(size: int) -> type:
    return np.int32 if size < 1 << 31 else np.int64


def _merged(table: DecisionTable, name: str, facts: Mapping[str, Coded]) -> _Merged:
    coded = facts.get(name)
    if coded is None:
        return _Merged(None, np.zeros(1, np.int64), (None,))
    tests = [
        when[name]
        for when in (*(row.when for row in table.rows), *table.impossible)
        if name in when
    ]
    first: dict[tuple[bool, ...] | None, int] = {}
    class_of: list[int] = []
    values: list[object] = []
    for value in coded.values:
        key = None if value is None else tuple(_passes(test, value) for test in tests)
        if key not in first:
            first[key] = len(values)
            values.append(value)
        class_of.append(first[key])
    return _Merged(coded.codes, np.array(class_of, np.int64), tuple(values))


def _passes(test: object, value: object) -> bool:
    """Say whether a known value satisfies a condition."""
    if isinstance(test, Mapping):
        number = int(str(value))
        return all(_COMPARE[end](number, bound) for end, bound in test.items())
    return value in test if isinstance(test, tuple) else value == test


def _distinct(keys: Codes, size: int) -> tuple[Codes, Codes]:
    """Return the distinct keys, ascending, and which of them each row holds."""
    if size > max(4 * len(keys), 1 << 16):
        found, inverse = np.unique(keys, return_inverse=True)
        return found, inverse.astype(np.int32)
    seen = np.zeros(size, np.bool_)
    seen[keys] = True
    found = np.flatnonzero(seen)
    place_of = np.empty(size, np.int32)
    place_of[found] = np.arange(len(found), dtype=np.int32)
    return found, place_of[keys]


# --- from what the tables say to treatments ---------------------------------------------


@attrs.frozen(eq=False)
class Treatments:
    """The distinct treatments of a column, as arrays, and which of them each row gets.

    Attributes:
        codes: int32 of shape ``(n,)``: the treatment of each row.
        status: Per treatment the status before any money is counted.
        class_code: The class, as a position in `CLASSES`.
        verdict: The verdict, as a position in `VERDICTS`.
        cap_bp: The cap after the deduction, 0 where refused.
        often: How often to revalue, as a position in `REVALUATIONS`, -1 where open.
        has_value: Whether the valuation may count.
        conditions: The rows to be met before drawdown.
    """

    codes: Codes
    status: Codes
    class_code: Codes
    verdict: Codes
    cap_bp: Int64
    often: Codes
    has_value: npt.NDArray[np.bool_]
    conditions: tuple[tuple[str, ...] | None, ...]


def _code(one: Heard, found: object) -> int:
    return _CLASH if not one.outs else _OPEN if found is None else int(str(found))


def often_of(one: Heard) -> int:
    """Return how often to revalue as a position in `REVALUATIONS`, -1 where open or unsaid."""
    found = one.revalue()
    return -1 if found is None else REVALUATIONS.index(found)


def _fold(policy: CollateralPolicy, name: str, one: Heard) -> tuple[object, ...]:
    """Return what one answer of a table leads to."""
    if name == "caps":
        cap = one.cap()
        code = _code(one, None if cap is None else 0)
        return code, cap[0] if cap else WHOLE_BP, often_of(one)
    effects = one.effects()
    if name == "refusals":
        return (_code(one, one_of(int(bool(x)) for x in effects)),)
    if name == "classes":
        classed = [class_of(out, int(policy.refer_from.value)) for out in one.outs]
        class_name = one_of(CLASSES.index(word) for word, _ in classed)
        verdict = one_of(VERDICTS.index(word) for _, word in classed)
        return _code(one, class_name), _code(one, verdict)
    wanted = one_of(x.count("condition") for x in effects)
    value = one_of(int("no_value" not in x) for x in effects)
    rows = tuple(row for row in one.rows if policy.effect(row) == "condition")
    return _code(one, wanted), _code(one, value), rows


def treatments_of(policy: CollateralPolicy, said: Mapping[str, Said]) -> Treatments:
    """Fold what the tables say, as `treatment_of` folds it for one item."""
    folded, steps = [], []
    for name, one in said.items():
        number: dict[tuple[object, ...], int] = {}
        of_place = [number.setdefault(_fold(policy, name, x), len(number)) for x in one.heard]
        folded.append(tuple(number))
        steps.append((one.places, np.array(of_place, np.int32)))
    codes = np.empty(len(steps[0][0]), np.int32)
    for start in range(0, len(codes), BLOCK):
        total = codes[start : start + BLOCK]
        total.fill(0)
        for values, (places, codes_of) in zip(folded, steps, strict=True):
            total *= np.int32(len(values))
            total += codes_of[places[start : start + BLOCK]]
    off = int(policy.deduction.value)
    found = [
        _treated(dict(zip(said, parts, strict=True)), off) for parts in itertools.product(*folded)
    ]
    columns = list(zip(*found, strict=True)) if found else [()] * 7
    status, class_code, verdict, cap_bp, often, has_value, conditions = columns
    return Treatments(
        codes=codes,
        status=np.array(status, np.int8),
        class_code=np.array(class_code, np.int8),
        verdict=np.array(verdict, np.int8),
        cap_bp=np.array(cap_bp, np.int64),
        often=np.array(often, np.int8),
        has_value=np.array(has_value, np.bool_),
        conditions=conditions,
    )


def _treated(parts: Mapping[str, tuple[object, ...]], off: int) -> tuple[object, ...]:
    """Return one treatment, in the order of the fields of `Treatments`."""
    (refused,) = parts["refusals"]
    name, verdict = parts["classes"]
    cap, cap_bp, often = parts["caps"]
    wanted, value, rows = parts["conditions"]
    if refused == 1:
        return DECIDED, REFUSED, VERDICTS.index("refuse"), 0, often, True, ()
    codes = [int(str(code)) for code in (refused, name, verdict, cap, wanted, value)]
    status = DECIDED if min(codes) > _OPEN else UNDETERMINED
    status = _CONFLICT if _CLASH in codes else status
    amount = int(str(cap_bp))
    amount = max(amount - off, 0) if name == CAUTIOUS else amount
    return status, name, verdict, amount, often, value != 0, rows
