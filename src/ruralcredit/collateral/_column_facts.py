"""Facts derived exactly from columns: the same as for one item, row by row."""

import datetime
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.collateral._items import BOUNDS, CONSENTS, FORMS, CollateralItem
from ruralcredit.collateral._policy import CollateralPolicy
from ruralcredit.columns import (
    Ints,
    Words,
    bool_column,
    day_column,
    encode_ids,
    int_column,
    same_length,
    word_column,
)
from ruralcredit.errors import CreditError, InputError
from ruralcredit.values import FrozenMapping, add_months_column

__all__ = ["Brought", "Coded", "bring", "coded_facts", "dues"]

Bool = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.signedinteger]
Days = npt.NDArray[np.datetime64]
Int64 = npt.NDArray[np.int64]

_MONEY: Final = ("valuation_fen", "senior_fen", "registered_fen")
_TRUTHS: Final = ("is_run_down", "is_in_pilot_area", "is_sealed", "is_disputed", "is_insured")
_DAYS: Final = ("built_on", "insured_until", "valued_on")
_OPEN_WORDS: Final = ("kind", "owner", "valued_by")
_CLOSED_WORDS: Final = FrozenMapping({"consent": CONSENTS, "form": FORMS})
_NAMES: Final = tuple(field.name for field in attrs.fields(CollateralItem))
_FIRST_DAY: Final = np.datetime64("0001-01-01", "D")
_LAST_DAY: Final = np.datetime64("9999-12-31", "D")
# Days that span fewer than so many are answered one by one in a table, about 700 years.
_SPAN: Final = 1 << 18
_NAT: Final = -(2**63)


@attrs.frozen(eq=False)
class Brought:
    """Columns of items as brought and checked; what was left out is absent.

    Attributes:
        count: How many rows.
        days: Days by name.
        ints: Whole numbers by name.
        truths: Yes and no by name: which are true, which are known.
        words: Closed choices by name.
        places: Codes of the places and what spells them, or None.
        ids: Ids, or None where rows are numbered.
        as_of: The day of each row, of length 1 where one day was asked.
    """

    count: int
    days: Mapping[str, Days]
    ints: Mapping[str, Ints]
    truths: Mapping[str, tuple[Bool, Bool]]
    words: Mapping[str, Words]
    places: tuple[Codes, Callable[[Codes], list[str | int | None]]] | None
    ids: Sequence[str | int] | None
    as_of: Days

    def day(self, i: int) -> datetime.date:
        """Return the day of a row."""
        day: datetime.date = self.as_of[i if len(self.as_of) > 1 else 0].item()
        return day

    def item(self, i: int) -> CollateralItem:
        """Return one row as an item."""
        facts: dict[str, object] = {"kind": None}
        facts |= {name: days[i].item() for name, days in self.days.items()}
        facts |= {name: one.take(np.array([i])).tolist()[0] for name, one in self.ints.items()}
        facts |= {
            name: bool(true[i]) if known[i] else None
            for name, (true, known) in self.truths.items()
        }
        facts |= {name: one.take(np.array([i])).tolist()[0] for name, one in self.words.items()}
        if self.places is not None:
            codes, spell = self.places
            facts["place"] = spell(codes[i : i + 1])[0]
        name = i if self.ids is None else self.ids[i]
        return CollateralItem(id=name, **facts)  # type: ignore[arg-type]  # of the fields' types


def bring(columns: Mapping[str, object], *, policy: CollateralPolicy, as_of: object) -> Brought:
    """Check columns named like the fields of an item."""
    if not isinstance(columns, Mapping):
        raise CreditError(f"columns must map names to columns, got {type(columns).__name__}")
    unknown = [name for name in columns if name not in _NAMES]
    if unknown:
        raise InputError(
            f"no item has {', '.join(map(str, unknown))}: columns may be {', '.join(_NAMES)}",
            column=str(unknown[0]),
        )
    given = {name: column for name, column in columns.items() if column is not None}
    if not given:
        raise InputError("columns must name at least one fact, got none")
    count = same_length(given)
    words = {name: policy.words.get(name) for name in _OPEN_WORDS} | dict(_CLOSED_WORDS)
    return Brought(
        count=count,
        days={name: _days(name, given[name]) for name in _DAYS if name in given},
        ints={name: _ints(name, given[name]) for name in BOUNDS if name in given},
        truths={name: bool_column(name, given[name]) for name in _TRUTHS if name in given},
        words={
            name: word_column(name, given[name], words=choice)
            for name, choice in words.items()
            if name in given and choice is not None
        },
        places=_places(given["place"]) if "place" in given else None,
        ids=_ids(given["id"]) if "id" in given else None,
        as_of=_asked(as_of, count),
    )


def _asked(as_of: object, count: int) -> Days:
    if isinstance(as_of, datetime.date):
        return day_column("as_of", [as_of])
    days = _days("as_of", as_of)
    if len(days) != count:
        raise InputError(
            f"as_of must be a day or one day per row, got {len(days)} days for {count} rows",
            column="as_of",
        )
    if np.isnat(days).any():
        raise _bad("as_of", np.isnat(days), "unknown", "every row is asked for a day")
    return days


def _days(name: str, values: object) -> Days:
    days = day_column(name, values)
    if len(days) and not (days.min() >= _FIRST_DAY and days.max() <= _LAST_DAY):
        wrong = (days < _FIRST_DAY) | (days > _LAST_DAY)
        if wrong.any():
            raise _bad(name, wrong, "impossible", "days lie in the years 1 to 9999")
    return days


def _ints(name: str, values: object) -> Ints:
    ints = int_column(name, values, money=name in _MONEY)
    low, high = BOUNDS[name]
    if len(ints) and not (ints.values.min() >= low and ints.values.max() <= high):
        wrong = ((ints.values < low) | (ints.values > high)) & ints.known
        if wrong.any():
            shown = int(ints.values[int(wrong.argmax())])
            raise _bad(name, wrong, "impossible", f"must be {low} to {high}, got {shown}")
    return ints


def _bad(name: str, wrong: Bool, what: str, hint: str) -> InputError:
    count, first = int(np.count_nonzero(wrong)), int(wrong.argmax())
    rows = "row" if count == 1 else "rows"
    return InputError(
        f"{name} has {count} {what} {rows}, the first at row {first}: {hint}",
        column=name,
        count=count,
        first_row=first,
    )


def _places(values: object) -> tuple[Codes, Callable[[Codes], list[str | int | None]]]:
    index, codes = encode_ids({"place": values})
    if index.kind == "int" and len(index):
        raise InputError(
            "place must hold texts: read administrative codes as text", column="place"
        )
    return codes["place"], index.ids


def _ids(values: object) -> list[str | int]:
    index, codes = encode_ids({"id": values})
    spelled = index.ids(codes["id"])
    blank = np.array([one is None for one in spelled])
    if blank.any():
        raise _bad("id", blank, "unknown", "leave the column out to number the rows")
    return [one for one in spelled if one is not None]


# --- derived facts ----------------------------------------------------------------------


def _per_day(days: Days, answer: Callable[[Days], Int64], unknown: int) -> Int64:
    """Answer days, those of a narrow span once each."""
    numbers = days.view(np.int64)
    missing = np.isnat(days)
    known = numbers[~missing] if missing.any() else numbers
    first, last = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    if last - first >= min(len(days), _SPAN):
        found = np.full(len(days), unknown, np.int64)
        found[~missing] = answer(days[~missing])
        return found
    table = answer(np.arange(first, last + 1).view("datetime64[D]"))
    places = numbers - first
    places[missing] = len(table)
    return np.append(table, unknown)[places]


def _ages(built_on: Days, as_of: Days) -> Int64:
    """Return completed years since each day, -1 where that cannot be said."""
    if len(as_of) == 1:
        return _per_day(built_on, functools.partial(_years, as_of=as_of), -1)
    known = ~np.isnat(built_on)
    found = np.full(len(built_on), -1, np.int64)
    found[known] = _years(built_on[known], as_of=as_of[known])
    return found


def _years(built_on: Days, *, as_of: Days) -> Int64:
    """Return completed years; an anniversary of February 29 falls on the month's end."""
    built, asked = built_on.astype("datetime64[M]"), as_of.astype("datetime64[M]")
    months = asked.view(np.int64) - built.view(np.int64)
    # In the month of the anniversary the day decides; a month that is shorter ends on it.
    last = (asked + 1).astype("datetime64[D]") - 1
    is_before = (as_of - asked < built_on - built) & (as_of != last)
    years: Int64 = (months - ((months % 12 == 0) & is_before)) // 12
    return np.where(built_on > as_of, -1, years)


def dues(valued_on: Days, often: Codes, *, words: Sequence[str], policy: CollateralPolicy) -> Days:
    """Return when each valuation is due again; NaT where day or frequency is unknown.

    Args:
        valued_on: Days of the valuations.
        often: Per row the position in ``words``, -1 where unknown.
        words: How often to revalue.
        policy: The policy asked.
    """
    found = np.full(len(valued_on), np.datetime64("NaT", "D"))
    for code, word in enumerate(words):
        rows = np.flatnonzero(often == code)
        answer = functools.partial(_due, word=word, policy=policy)
        found[rows] = _per_day(valued_on[rows], answer, _NAT).view("datetime64[D]")
    return found


def _due(days: Days, *, word: str, policy: CollateralPolicy) -> Int64:
    found = np.full(len(days), _LAST_DAY)
    if word == "daily":
        room = (_LAST_DAY - days).astype(np.int64)
        found[:] = days + np.minimum(int(policy.daily.value), room)
    else:
        months = int((policy.yearly if word == "yearly" else policy.half_yearly).value)
        near = days.astype("datetime64[M]") + months <= _LAST_DAY.astype("datetime64[M]")
        found[near] = add_months_column(days[near], months)
    return found.view(np.int64)


# --- facts as codes ---------------------------------------------------------------------


@attrs.frozen(eq=False)
class Coded:
    """One fact of every row as a code, and what the codes stand for.

    Attributes:
        codes: int8 of shape ``(n,)``, -1 where missing; None where missing in every row.
        values: What each code stands for, one value for all that no table tells apart; the
            last is None.
    """

    codes: Codes | None
    values: tuple[object, ...]


def coded_facts(brought: Brought, policy: CollateralPolicy) -> dict[str, Coded]:
    """Return the facts that the tables of a policy may test, by name."""
    found = {
        name: Coded(words.codes, (*words.words, None))
        for name, words in brought.words.items()
        if name != "form"
    }
    found |= {
        name: _of_truth(*brought.truths[name]) for name in brought.truths if name != "is_insured"
    }
    found["is_local"] = _local(brought, policy)
    if "built_on" in brought.days:
        years = _ages(brought.days["built_on"], brought.as_of)
        found["age_years"] = _of_ints("age_years", years, None, policy)
    if "area_m2" in brought.ints:
        area = brought.ints["area_m2"]
        found["area_m2"] = _of_ints("area_m2", area.values, area.known, policy)
    if "is_insured" in brought.truths:
        found["insurance"] = _insurance(brought)
    return found


def _of_truth(true: Bool, known: Bool) -> Coded:
    codes = true.view(np.int8)
    if not known.all():
        codes = np.where(known, codes, np.int8(-1))
    return Coded(codes, (False, True, None))


def _local(brought: Brought, policy: CollateralPolicy) -> Coded:
    if brought.places is None or not policy.service_area:
        return Coded(None, (None,))
    codes, spell = brought.places
    spelled = spell(np.arange(int(codes.max(initial=-1)) + 1, dtype=np.int32))
    local = [policy.is_local(str(one)) for one in spelled]
    code_of = np.array([*(int(bool(one)) for one in local), -1], np.int8)
    return Coded(code_of[codes], (False, True, None))


def _insurance(brought: Brought) -> Coded:
    true, known = brought.truths["is_insured"]
    codes = np.where(true, np.int8(0), np.int8(2))
    if "insured_until" in brought.days:
        codes[true & (brought.days["insured_until"] < brought.as_of)] = 1
    codes[~known] = -1
    return Coded(codes, ("in_force", "lapsed", "none", None))


def _of_ints(name: str, values: Int64, known: Bool | None, policy: CollateralPolicy) -> Coded:
    """Code whole numbers by the stretches that no row of the policy tells apart.

    Where no mask is given, -1 is missing.
    """
    starts = stretches(name, policy)
    codes: Codes = np.zeros(len(values), np.int8 if len(starts) < 1 << 7 else np.int32)
    for start in starts:
        np.add(codes, values >= start, out=codes)
    if known is None:
        codes[values < 0] = -1
    elif not known.all():
        codes[~known] = -1
    return Coded(codes, (0, *starts, None))


def stretches(name: str, policy: CollateralPolicy) -> tuple[int, ...]:
    """Return where a condition on a fact from 0 up changes, ascending."""
    found: set[int] = set()
    for table in policy.tables.values():
        for when in (*(row.when for row in table.rows), *table.impossible):
            test = when.get(name)
            if isinstance(test, Mapping):
                found |= {int(str(b)) + (end in {"gt", "le"}) for end, b in test.items()}
            else:
                values = test if isinstance(test, tuple) else (test,)
                exact = {int(str(value)) for value in values if value is not None}
                found |= exact | {value + 1 for value in exact}
    return tuple(sorted(start for start in found if start > 0))
