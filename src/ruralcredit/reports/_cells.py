"""One cell of a bank's file to one value of ours, or the reason why it cannot be read."""

import datetime
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal

from ruralcredit.reasons import Reason
from ruralcredit.reports._reasons import (
    CELL_NO_AMOUNT,
    CELL_NO_COUNT,
    CELL_NO_DAY,
    CELL_NO_MONTHS,
    CELL_NO_SHARE,
    CELL_NO_WORD,
    CELL_ROUNDED_ID,
)
from ruralcredit.reports._schema import (
    BLANK_DAYS,
    BLANKS,
    CHINESE_NUMBERS,
    FEN_PER_UNIT,
    NOT_GUARANTEES,
    OPEN_DAY,
    Field,
)

__all__ = ["Cell", "Unread", "cell_text", "folded", "is_blank", "reader_of", "split_parties"]

Cell = str | int | float | Decimal | datetime.date | None
Value = str | int | datetime.date | None

_EXACT_DIGITS = 15  # a spreadsheet keeps this many digits of a number and rounds the rest
_LONGEST_BLANK = max(map(len, BLANKS))
_MAX_FEN = 2**63 - 1
_NEAR_FEN = Decimal("0.0001")
_DAY = re.compile(
    r"(\d{4})(?:(\d{2})(\d{2})(?:\.0)?|([-/.])(\d{1,2})\4(\d{1,2})|年(\d{1,2})月(\d{1,2})日?)"
    r"(?:[T ]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_AMOUNT = re.compile(r"([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:e([+-]?\d{1,2}))?([^\d.]{1,3})?")
_WHOLE = re.compile(r"(\d{1,9})(?:\.0+)?(个月|月|年|天|日|months?|years?|days?)?")
_SHARE = re.compile(r"(\d{1,5}(?:\.\d{1,4})?)(%)?")
_CHINESE_SPAN = re.compile(r"([一二两三四五六七八九十]{1,3})(个月|月|年)")
_ROUNDED = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{2}")
_SPLIT = re.compile(r"[;；、|｜\n]")
_DAY_WORDS = frozenset({"天", "日", "day", "days"})
_MOST_MONTHS = 1_200  # a hundred years; more is a slip of the keyboard
_MONTHS = {"年": 12, "year": 12, "years": 12}


class Unread:
    """Stands in a column for a cell that cannot be read, with the reason."""

    __slots__ = ("why",)

    def __init__(self, why: Reason) -> None:
        self.why = why


def cell_text(cell: Cell) -> str:
    """Write a cell of a spreadsheet as the text that a CSV would have held."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**_EXACT_DIGITS:
        return str(int(cell))
    if isinstance(cell, (int, float)) and abs(cell) >= 10**_EXACT_DIGITS:
        return f"{cell:.14E}"
    return repr(round(cell, 6)) if isinstance(cell, float) else str(cell)


def folded(text: str) -> str:
    """Return text as it is compared: half width, lower case, no blanks at the ends."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip().lower()


def is_blank(text: str) -> bool:
    """Tell whether a cell says nothing, which is unknown and never zero."""
    clean = text.strip()
    return len(clean) <= _LONGEST_BLANK and folded(clean) in BLANKS


def split_parties(text: str) -> tuple[str, ...]:
    """Split a cell that names several parties; one party keeps its blanks as they are."""
    if _SPLIT.search(text) is None:
        return (text,)
    return tuple(part.strip() for part in _SPLIT.split(text) if part.strip())


def _id(text: str, header: str) -> str | Unread | None:
    if is_blank(text):
        return None
    if ("E" in text or "e" in text) and _ROUNDED.fullmatch(text.strip()):
        return Unread(CELL_ROUNDED_ID.given(column=header, cell=text.strip()))
    return text


def _day(text: str, header: str) -> datetime.date | Unread | None:
    clean = folded(text)
    if clean in BLANKS or clean in BLANK_DAYS:
        return None
    found = _DAY.fullmatch(clean.upper())
    if found is None:
        return Unread(CELL_NO_DAY.given(column=header, cell=text))
    year, *rest = (int(part) for part in found.groups() if part and part.isdigit())
    try:
        day = datetime.date(year, *rest)
    except ValueError:
        return Unread(CELL_NO_DAY.given(column=header, cell=text))
    if day.isoformat() == OPEN_DAY:
        return None
    usual = 1900 <= year <= 2200
    return day if usual else Unread(CELL_NO_DAY.given(column=header, cell=text))


def _money(unit_fen: int) -> Callable[[str, str], int | Unread | None]:
    def read(text: str, header: str) -> int | Unread | None:
        clean = folded(text)
        if clean in BLANKS:
            return None
        bare = re.sub(r"^(?:rmb|cny|人民币|¥)", "", re.sub(r"[,\s]", "", clean))
        negative = bare.startswith("(") and bare.endswith(")")
        found = _AMOUNT.fullmatch(bare[1:-1] if negative else bare)
        per = unit_fen if found is None or not found[4] else FEN_PER_UNIT.get(found[4], 0)
        if found is None or not per:
            return Unread(CELL_NO_AMOUNT.given(column=header, cell=text))
        exact = Decimal(found[2]).scaleb(int(found[3] or 0)) * per
        fen = int(exact.to_integral_value())
        if abs(exact - fen) > _NEAR_FEN or fen > _MAX_FEN:
            return Unread(CELL_NO_AMOUNT.given(column=header, cell=text))
        return -fen if negative or found[1] == "-" else fen

    return read


def _span(unit_months: int) -> Callable[[str, str], int | Unread | None]:
    def read(text: str, header: str) -> int | Unread | None:
        clean = folded(text)
        if clean in BLANKS:
            return None
        chinese = _CHINESE_SPAN.fullmatch(clean)
        if chinese is not None and chinese[1] in CHINESE_NUMBERS:
            return CHINESE_NUMBERS[chinese[1]] * _MONTHS.get(chinese[2], 1)
        found = _WHOLE.fullmatch(clean)
        if found is None or found[2] in _DAY_WORDS:
            return Unread(CELL_NO_MONTHS.given(column=header, cell=text))
        months = int(found[1]) * (_MONTHS.get(found[2], 1) if found[2] else unit_months)
        usual = months <= _MOST_MONTHS
        return months if usual else Unread(CELL_NO_MONTHS.given(column=header, cell=text))

    return read


def _count(text: str, header: str) -> int | Unread | None:
    clean = folded(text)
    if clean in BLANKS:
        return None
    found = _WHOLE.fullmatch(clean)
    if found is None or (found[2] and found[2] not in _DAY_WORDS):
        return Unread(CELL_NO_COUNT.given(column=header, cell=text))
    return int(found[1])


def _share(unit: str | None) -> Callable[[str, str], int | Unread | None]:
    def read(text: str, header: str) -> int | Unread | None:
        clean = folded(text)
        if clean in BLANKS:
            return None
        found = _SHARE.fullmatch(clean)
        per = 100 if unit == "%" or (found is not None and found[2]) else 1
        exact = None if found is None else Decimal(found[1]) * per
        # Without a unit 0.51 may be a share or half a percent: it is asked, never guessed.
        named = unit is not None or (found is not None and found[2])
        if exact is None or not named or exact != int(exact) or exact > 10_000:
            return Unread(CELL_NO_SHARE.given(column=header, cell=text))
        return int(exact)

    return read


def _word(field: Field) -> Callable[[str, str], str | Unread | None]:
    known = "、".join(dict.fromkeys(word for word in field.words if not word.isascii()))

    def read(text: str, header: str) -> str | Unread | None:
        clean = folded(text)
        if clean in BLANKS:
            return None
        if clean in field.words:
            return field.words[clean]
        if field.name == "form" and "保证" in clean:
            return "maximum" if "最高额" in clean else None
        if field.name == "form" and clean in NOT_GUARANTEES:
            return "none"
        return Unread(CELL_NO_WORD.given(column=header, cell=text, known=known))

    return read


def _fact(text: str, header: str) -> str | None:  # noqa: ARG001 - one signature for all
    return None if is_blank(text) else text.strip()


def reader_of(field: Field, unit: str | None) -> Callable[[str, str], Value | Unread]:
    """Return the function that reads a cell of one field, given its header's unit."""
    if field.kind == "fen":
        return _money(FEN_PER_UNIT.get(unit or "元", 100))
    if field.kind == "months":
        return _span(12 if unit == "年" else 1)
    if field.kind == "share":
        return _share(unit)
    if field.kind == "word":
        return _word(field)
    return {"id": _id, "party": _id, "day": _day, "count": _count, "fact": _fact}[field.kind]
