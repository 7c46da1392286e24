"""Which header of a file feeds which of our columns."""

import difflib
import json
import re
from collections.abc import Mapping, Sequence

import attrs

from ruralcredit.errors import InputError
from ruralcredit.reports._cells import folded
from ruralcredit.reports._schema import FEN_PER_UNIT, FOREIGN, Field

__all__ = ["HEADER_ROWS", "HeaderMap", "HeaderUse", "bind", "find_header", "read_header_maps"]

HeaderMap = Mapping[str, str | Sequence[str] | None]

HEADER_ROWS = 20  # a title, a day and a unit may stand above the header, no more than this
_BRACKET = re.compile(r"[(\[【〔<](.*?)[)\]】〕>]")
_NUMBERED = re.compile(r"(?:第)?(.+?)[_ ]?([1-9一二三四五六七八九])")
_SUFFIX = re.compile(r"[_ ](fen|yuan|wan|bp|pct|percent|months?|years?)$")
_MONEY_END = re.compile(r"(亿元|百万元|万元|千元|元)$")
_UNITS = {
    "%": "%",
    "百分比": "%",
    "pct": "%",
    "percent": "%",
    "bp": "bp",
    "月": "月",
    "个月": "月",
    "months": "月",
    "month": "月",
    "年": "年",
    "years": "年",
    "year": "年",
}


@attrs.frozen(kw_only=True)
class HeaderUse:
    r"""How one header of a file was read.

    Attributes:
        header: The header as it stands in the file.
        position: Its 0-based position.
        column: The column it feeds, None when it is not used.
        unit: The unit named in the header, None when it names none.

    >>> from ruralcredit.reports import read_ledger
    >>> reading = read_ledger("担保人,被担保人,担保金额（万元）\n")
    >>> [(use.column, use.unit) for use in reading.header_map]
    [('guarantor', None), ('borrower', None), ('amount_fen', '万元')]
    """

    header: str
    position: int
    column: str | None = None
    unit: str | None = None


def _key(text: str) -> str:
    return re.sub(r"[\s_\-:*]", "", folded(text))


def _parts(header: str) -> tuple[str, str | None]:
    """Take a header apart: its name, compared form, and the unit that it names."""
    text = folded(header)
    bracket = _BRACKET.search(text)
    unit = None
    if bracket is not None:
        unit = re.sub(r"[\s,]|单位|人民币(?=.)|[:：]|rmb(?=.)|cny(?=.)", "", bracket[1])
        text = text[: bracket.start()] + text[bracket.end() :]
    suffix = _SUFFIX.search(text)
    if suffix is not None:
        text, unit = text[: suffix.start()], suffix[1]
    money = _MONEY_END.search(text)
    if money is not None and money.start():
        text, unit = text[: money.start()], money[1]
    return _key(text), _UNITS.get(unit, unit) if unit else None


@attrs.frozen
class _Claim:
    """A header's claim on a field: how good it is and the number of a repeated header."""

    field: Field
    rank: int
    unit: str | None
    number: int = 0


class _Known:
    """Every header that some field answers to, by compared form."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = fields
        self.by_key: dict[str, tuple[Field, int]] = {}
        for field in fields:
            groups = [(field.name,), *field.headers]
            for rank, group in enumerate(groups):
                for alias in group:
                    keys = {_key(alias)}
                    if field.kind in ("fen", "share"):
                        keys.add(_parts(alias)[0])
                    for key in keys:
                        self.by_key.setdefault(key, (field, max(rank - 1, 0)))

    def claim(self, header: str) -> _Claim | None:
        """Return what a header claims, None when nothing answers to it."""
        name, unit = _parts(header)
        whole = _key(header)
        found = self.by_key.get(whole) or self.by_key.get(name)
        if found is not None:
            field, rank = found
            fen = field.kind == "fen" and _key(field.name) == whole
            return _Claim(field, rank, "fen" if fen else unit)
        numbered = _NUMBERED.fullmatch(name)
        found = None if numbered is None else self.by_key.get(numbered[1])
        if numbered is None or found is None or not found[0].several:
            return None
        place = "123456789一二三四五六七八九".index(numbered[2])
        return _Claim(found[0], found[1], unit, place % 9 + 1)


def _mapped(headers: Sequence[str], columns: HeaderMap) -> dict[str, str | None]:
    """Turn a header map, in either direction, into header -> name of ours."""
    known = {header.strip(): header for header in headers}
    out: dict[str, str | None] = {}
    for left, right in columns.items():
        named = [right] if isinstance(right, str) else list(right or ())
        if left.strip() in known:
            if len(named) > 1:
                message = f"header map: {left} must name one column, got {', '.join(named)}"
                raise InputError(message, column=left)
            out[known[left.strip()]] = named[0] if named else None
            continue
        missing = [name for name in named if name.strip() not in known]
        if missing or not named:
            message = (
                f"header map: {', '.join(missing) or left} is no header of the file; "
                f"found: {', '.join(known)}"
            )
            raise InputError(message, column=left)
        out.update({known[name.strip()]: left for name in named})
    return out


def _claims(
    headers: Sequence[str], fields: Sequence[Field], columns: HeaderMap | None
) -> list[_Claim | None]:
    known = _Known(fields)
    given = _mapped(headers, columns) if columns else {}
    claims: list[_Claim | None] = []
    for header in headers:
        if header not in given:
            claims.append(known.claim(header) if header.strip() else None)
            continue
        target = given[header]
        claim = None if target is None else known.claim(target)
        if target is not None and claim is None:
            near = difflib.get_close_matches(target, [field.name for field in fields], 3, 0.4)
            message = (
                f"header map: {header} is mapped to {target}, which is no column; "
                f"{'nearest: ' + ', '.join(near) if near else 'columns: '}"
                f"{'' if near else ', '.join(field.name for field in fields)}"
            )
            raise InputError(message, column=header)
        if claim is not None:
            # The unit that the file names beats the one that a map's target implies.
            unit = _parts(header)[1] or claim.unit
            claim = attrs.evolve(claim, rank=-1, unit=unit)
        claims.append(claim)
    return claims


def read_header_maps(text: str) -> dict[str, HeaderMap]:
    """Read header maps from JSON: one for the ledger, or one per file under its role.

    A map names the column of ours for a header of the file, ``null`` to leave it unread:
    ``{"担保单位": "guarantor", "备注": null}``.  Maps for several files stand under "ledger",
    "loans", "related" and "parties".

    Raises:
        InputError: If the text is no JSON object of texts.

    >>> read_header_maps('{"担保单位": "guarantor"}')
    {'ledger': {'担保单位': 'guarantor'}}
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        message = f"a header map must be JSON: {error}"
        raise InputError(message) from None
    if not isinstance(found, dict):
        message = f"a header map must be a JSON object, got {type(found).__name__}"
        raise InputError(message)
    nested = found and found.keys() <= {"ledger", "loans", "related", "parties"}
    maps = found if nested else {"ledger": found}
    for role, one in maps.items():
        if not isinstance(one, dict) or not all(map(_is_target, one.values())):
            message = f"the header map for {role} must map headers to columns, got {one!r}"
            raise InputError(message)
    return maps


def _is_target(value: object) -> bool:
    listed = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return value is None or isinstance(value, str) or listed


def find_header(rows: Sequence[Sequence[str]], fields: Sequence[Field]) -> tuple[int, int]:
    """Return which of the first rows is the header, and how many of our columns it names.

    The first row that names most of them; where none names two, the first with two cells.
    """
    known = _Known(fields)
    scores = [
        len({claim.field.name for cell in row if cell.strip() and (claim := known.claim(cell))})
        for row in rows[:HEADER_ROWS]
    ]
    best = max(scores, default=0)
    if best >= 2:
        return scores.index(best), best
    filled = [sum(1 for cell in row if cell.strip()) for row in rows[:HEADER_ROWS]]
    return next((at for at, count in enumerate(filled) if count > 1), 0), best


def bind(
    headers: Sequence[str],
    fields: Sequence[Field],
    columns: HeaderMap | None = None,
    *,
    unit: str | None = None,
) -> tuple[HeaderUse, ...]:
    """Decide which header feeds which column; ``unit`` is that of money headers without one.

    Of several headers that fit one column the best named wins (an id before a name);
    two that are equally good are an error, since one of them would be lost silently.

    Raises:
        InputError: If a required column has no header, two headers fit equally well, a
            money header names a foreign currency, or the header map names no header.
    """
    claims = _claims(headers, fields, columns)
    uses = [HeaderUse(header=header, position=at) for at, header in enumerate(headers)]
    for field in fields:
        fit = [at for at, claim in enumerate(claims) if claim and claim.field is field]
        ranks = [claim.rank for at in fit if (claim := claims[at]) is not None]
        best = [at for at, rank in zip(fit, ranks, strict=True) if rank == min(ranks)]
        numbers = {claim.number for at in best if (claim := claims[at]) is not None}
        mapped = bool(ranks) and min(ranks) < 0
        if len(best) > 1 and not (field.several and (mapped or len(numbers) == len(best))):
            names = ", ".join(headers[at] for at in best)
            message = (
                f"{names}: {len(best)} headers would feed {field.name} ({field.zh}); "
                f"name the one that counts in a header map"
            )
            raise InputError(message, column=field.name, count=len(best))
        for at in best:
            claim = claims[at]
            named = None if claim is None else _checked_unit(headers[at], field, claim.unit)
            if named is None and field.kind == "fen":
                named = unit
            uses[at] = attrs.evolve(uses[at], column=field.name, unit=named)
    missing = [
        field
        for field in fields
        if field.required and not any(use.column == field.name for use in uses)
    ]
    if missing:
        raise _missing_error(headers, missing)
    return tuple(uses)


def _checked_unit(header: str, field: Field, unit: str | None) -> str | None:
    if field.kind == "fen":
        if unit in FOREIGN:
            message = f"{header} is in {unit}: one book holds one currency, CNY"
            raise InputError(message, column=field.name)
        return unit if unit in FEN_PER_UNIT else None
    return unit if unit in _UNITS.values() else None


def _missing_error(headers: Sequence[str], missing: Sequence[Field]) -> InputError:
    found = [header.strip() for header in headers if header.strip()]
    parts = []
    for field in missing:
        aliases = [alias for group in field.headers for alias in group]
        close = {
            header: match
            for header in found
            for match in difflib.get_close_matches(header, aliases, 1, 0.5)
        }
        near = "; ".join(f"{header} is near {match}" for header, match in close.items())
        parts.append(f"{field.zh} ({field.name})" + (f", {near}" if near else ""))
    sample = f'{{"{found[0]}": "{missing[0].name}"}}' if found else "{}"
    message = (
        f"no header for {'; '.join(parts)}. Headers found: {', '.join(found) or 'none'}. "
        f"Name them in a header map such as {sample}"
    )
    return InputError(message, column=missing[0].name)
