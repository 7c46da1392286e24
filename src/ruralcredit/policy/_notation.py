"""The notation of cells: conditions and outcomes as officers write them, read back exactly.

What reads a cell says in its error what the cell must hold; who calls adds row and column.
"""

import datetime
import difflib
import enum
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from ruralcredit.errors import CreditError
from ruralcredit.policy._fields import Field, Value
from ruralcredit.policy._rows import Condition
from ruralcredit.reasons import BASES, BasisWord, Cell, Lang

__all__ = [
    "ABSENT",
    "Absent",
    "basis_of_text",
    "basis_text",
    "box_text",
    "cell_of_text",
    "cell_text",
    "condition_of_text",
    "condition_text",
    "fold",
    "ids_of_text",
    "ids_text",
    "plain_of_text",
    "plain_text",
    "unit_of_outcome",
    "units_of",
]


class Absent(enum.Enum):
    """What a row does not state: any value of a field, no outcome of a name."""

    ABSENT = "-"


ABSENT: Final[Literal[Absent.ABSENT]] = Absent.ABSENT

_Number: TypeAlias = int | datetime.date

_NOT_STATED: Final = "-"
_MISSING: Final[Mapping[str, str]] = MappingProxyType({"en": "missing", "zh": "缺失"})
_BOOLS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"en": ("no", "yes"), "zh": ("否", "是")}
)
_BOOL_WORDS: Final[Mapping[str, bool]] = MappingProxyType(
    {"no": False, "yes": True, "false": False, "true": True, "否": False, "是": True}
)
_BASES_ZH: Final[Mapping[BasisWord, str]] = MappingProxyType(
    dict(
        zip(
            BASES,
            ("来源文件", "监管规定，已查阅", "监管规定，一般知识", "本库建议", "本行制度"),
            strict=True,
        )
    )
)
_FOLDED: Final[Mapping[int, str | int]] = MappingProxyType(
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | {ord("～"): "..", ord("~"): "..", ord("〜"): "..", ord("…"): "..", ord("　"): " "}
    | {ord("≥"): ">=", ord("≧"): ">=", ord("≤"): "<=", ord("≦"): "<=", ord("−"): "-"}
    | {ord("》"): ">", ord("《"): "<", ord("、"): ",", ord("【"): "[", ord("】"): "]"}
)
_QUOTED: Final = re.compile(r'"((?:[^"]|"")*)"', re.DOTALL)
_ITEM: Final = re.compile(
    r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"|“(?P<curly>[^”]*)”|(?P<bare>[^,，、"“][^,，、]*|))\s*'
)
_COMPARED: Final = re.compile(r"(>=|<=|>(?!=)|<(?!=))\s*(.+)")
_BETWEEN: Final = re.compile(r"([\[(])\s*(.+?)\s*\.\.\s*(.+?)\s*([\])])")
_NUMBER: Final = re.compile(r"(-?(?:0|[1-9][0-9]{0,99}))(?:\.([0-9]{1,99}))?\s*([^0-9.\s].*)?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_THOUSANDS: Final = re.compile(r"-?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?![0-9]).*")
_DECIMAL: Final = re.compile(r"-?[0-9]+(?:\.[0-9]*(?:E[+-][0-9]+)?|E[+-][0-9]+)")
_LIKE_NUMBER: Final = re.compile(
    r"[+-]?\.?[0-9](?:[0-9\s.,:/%‰+eE元万亿分年月日-]|bp|fen|yuan|基点)*"
)
_ENDS: Final[Mapping[str, str]] = MappingProxyType({">=": "ge", ">": "gt", "<=": "le", "<": "lt"})
_SIGNS: Final[Mapping[str, str]] = MappingProxyType({end: sign for sign, end in _ENDS.items()})
_UNITS: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType(
    {
        "fen": MappingProxyType(
            {"fen": 1, "分": 1, "yuan": 10**2, "元": 10**2}
            | {"万元": 10**6, "万": 10**6, "亿元": 10**10, "亿": 10**10}
        ),
        "bp": MappingProxyType({"bp": 1, "基点": 1, "‰": 10, "%": 100}),
        "ppm": MappingProxyType({"ppm": 1, "bp": 100, "‰": 1_000, "%": 10_000}),
        "percent": MappingProxyType({"percent": 1, "%": 1}),
        "days": MappingProxyType({"days": 1, "天": 1}),
        "months": MappingProxyType({"months": 1, "个月": 1}),
        "years": MappingProxyType({"years": 1, "年": 1, "岁": 1}),
        "m2": MappingProxyType({"m2": 1, "㎡": 1, "平方米": 1}),
        "mu": MappingProxyType({"mu": 1, "亩": 1}),
    }
)
_HOW: Final[Mapping[str, str]] = MappingProxyType(
    {
        "int": "60 or 60, 70 or >=60 or [60..90) where [ ] include an end and ( ) exclude it",
        "date": "2024-06-30 or >=2024-06-30 or [2024-01-01..2024-12-31]",
        "bool": "yes or no, 是 or 否",
    }
)


def fold(text: str) -> str:
    """Return text with the full-width signs and digits of a Chinese keyboard made half-width."""
    return text.translate(_FOLDED).strip()


def units_of(unit: str | None) -> Mapping[str, int]:
    """Return the units that a number of a unit may be written in, each with its factor."""
    return {} if unit is None else _UNITS.get(unit, {unit: 1})


def unit_of_outcome(name: str) -> str | None:
    """Return the unit that an outcome's name ends in."""
    return next((unit for unit in ("fen", "bp") if name.endswith(f"_{unit}")), None)


# --- text and ids --------------------------------------------------------------------


def plain_of_text(cell: str) -> str | None:
    """Return the text of a cell that holds one, None where it holds nothing."""
    text = cell.strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return quoted[1].replace('""', '"')
    return None if text in {"", _NOT_STATED} else text


def plain_text(text: str, *, reserved: Sequence[str] = ()) -> str:
    """Write text so that `plain_of_text` reads it back."""
    return text if plain_of_text(text) == text and text not in reserved else _quote(text)


def ids_of_text(cell: str) -> tuple[str, ...]:
    """Return the ids that a cell lists."""
    if fold(cell) in {"", _NOT_STATED}:
        return ()
    return tuple(text for text, _ in _items(cell))


def ids_text(ids: Sequence[str]) -> str:
    """Write ids so that `ids_of_text` reads them back."""
    return ", ".join(one if _is_bare(one) else _quote(one) for one in ids)


def basis_of_text(cell: str) -> BasisWord:
    """Return the basis that a cell names; a bank's own where it names none."""
    text = plain_of_text(cell)
    if text is None:
        return "bank policy"
    for word, chinese in _BASES_ZH.items():
        if fold(text) in {word, fold(chinese)}:
            return word
    raise CreditError(f"a basis must be one of {'; '.join([*BASES, *_BASES_ZH.values()])}")


def basis_text(basis: BasisWord, lang: Lang) -> str:
    """Write a basis in the words of a language."""
    return _BASES_ZH[basis] if lang == "zh" else basis


def _quote(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _items(cell: str) -> list[tuple[str, bool]]:
    """Split a list at its commas; say of each item whether it stood in quotes."""
    found = []
    at = 0
    while True:
        item = _ITEM.match(cell, at)
        if item is None or (item.end() < len(cell) and cell[item.end()] not in ",，、"):
            raise CreditError('a quote must be closed before the next comma, as in "a, b", c')
        quoted, curly, bare = item["quoted"], item["curly"], item["bare"]
        if bare is None:
            found.append((curly if quoted is None else quoted.replace('""', '"'), True))
        elif bare.strip():
            found.append((bare.strip(), False))
        else:
            raise CreditError("no item of a list may be blank")
        if item.end() >= len(cell):
            return found
        at = item.end() + 1


def _is_bare(text: str) -> bool:
    """Say whether text reads back without quotes as one item of a list."""
    if fold(text) in {_NOT_STATED, *_MISSING.values()}:
        return False
    try:
        return _items(text) == [(text, False)]
    except CreditError:
        return False


# --- conditions ----------------------------------------------------------------------


def condition_of_text(
    field: Field, cell: str, *, scale: int | None = None
) -> Condition | Literal[Absent.ABSENT]:
    """Return the condition that a cell states; `ABSENT` for any value.

    Args:
        field: The field that the column is about.
        cell: The cell as written.
        scale: What one of a number without a unit stands for, where the header says so.

    Raises:
        CreditError: If the cell is none of the forms of a condition on such a field.
    """
    text = fold(cell)
    if text == _NOT_STATED:
        return ABSENT
    if not text:
        raise CreditError(f"a condition may not be blank, {_any_or_missing()}")
    if field.kind == "enum":
        return _choice([_word(field, *item) for item in _items(cell)])
    if _THOUSANDS.fullmatch(cell.strip()):
        number, choice = (cell.strip().replace(",", by) for by in ("", ", "))
        raise CreditError(
            f"a comma may part thousands or choices: write {number} for the number, {choice} for "
            "a choice"
        )
    try:
        return _compared(field, text, scale)
    except CreditError as error:
        raise CreditError(f"{error}; write {_HOW[field.kind]}; {_any_or_missing()}") from None


def condition_text(
    field: Field, condition: Condition | Literal[Absent.ABSENT], *, lang: Lang = "en"
) -> str:
    """Write a condition so that `condition_of_text` reads it back."""
    if condition is ABSENT:
        return _NOT_STATED
    if isinstance(condition, tuple):
        return ", ".join(_value_text(field, one, lang) for one in condition)
    if not isinstance(condition, Mapping):
        return _value_text(field, condition, lang)
    ends = {end: _value_text(field, bound, lang) for end, bound in condition.items()}
    if len(ends) == 1:
        return "".join(f"{_SIGNS[end]}{bound}" for end, bound in ends.items())
    low, high = (ends[end] for end in _SIGNS if end in ends)
    return f"{'[' if 'ge' in ends else '('}{low}..{high}{']' if 'le' in ends else ')'}"


def box_text(fields: Sequence[Field], when: Mapping[str, Condition], *, lang: Lang = "en") -> str:
    """Write the conditions of a row as one line, in the order of the fields."""
    shown = (
        f"{field.name} {condition_text(field, when[field.name], lang=lang)}"
        for field in fields
        if field.name in when
    )
    return "; ".join(shown) or _NOT_STATED


def _any_or_missing() -> str:
    return f"- for any, {' or '.join(_MISSING.values())} for must be missing"


def _choice(values: list[Value | None]) -> Condition:
    return values[0] if len(values) == 1 else tuple(values)  # type: ignore[return-value]  # a lone day becomes a choice of one


def _word(field: Field, text: str, is_quoted: bool) -> str | None:  # noqa: FBT001  # an item's two halves
    if not is_quoted and fold(text) in _MISSING.values():
        free = [word for word in _MISSING.values() if word not in field.values]
        if free and fold(text) not in free:
            raise CreditError(
                f"{text} is a word of {field.name} too: write {_quote(text)} for the word, "
                f"{free[0]} for must be missing"
            )
        return None
    if text in field.values:
        return text
    near = difflib.get_close_matches(text, field.values, n=1)
    hint = f", such as {_word_text(near[0])}" if near else ""
    raise CreditError(
        f"{text!r} is no word of {field.name}{hint}: write a word or several of "
        f"{', '.join(map(_word_text, field.values))}, in quotes where one holds a comma; "
        f"{_any_or_missing()}"
    )


def _compared(field: Field, text: str, scale: int | None) -> Condition:
    if field.kind != "bool":
        compared, between = _COMPARED.fullmatch(text), _BETWEEN.fullmatch(text)
        if compared:
            return {_ENDS[compared[1]]: _bound(field, compared[2], scale)}
        if between:
            low = "ge" if between[1] == "[" else "gt"
            high = "le" if between[4] == "]" else "lt"
            bounds = (_bound(field, between[end], scale) for end in (2, 3))
            return dict(zip((low, high), bounds, strict=True))
    return _choice([_value(field, one.strip(), scale) for one in text.split(",")])


def _value(field: Field, text: str, scale: int | None) -> Value | None:
    if text in _MISSING.values():
        return None
    if field.kind != "bool":
        return _bound(field, text, scale)
    if text.lower() not in _BOOL_WORDS:
        raise CreditError(f"{text!r} is neither yes nor no")
    return _BOOL_WORDS[text.lower()]


def _bound(field: Field, text: str, scale: int | None) -> _Number:
    if field.kind == "date":
        day = _day(text)
        if day is None:
            raise CreditError(f"{text!r} is no day")
        return day
    return _scaled(text, field.unit, scale)


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _scaled(text: str, unit: str | None, scale: int | None) -> int:
    """Return a whole number of a unit, exactly, from a number that may name another one."""
    number = _NUMBER.fullmatch(text)
    units = units_of(unit)
    suffix = "" if number is None else (number[3] or "").strip()
    if number is None or (suffix and suffix not in units):
        wanted = f", with or without {', '.join(units)}" if units else " without a unit"
        raise CreditError(f"{text!r} is no whole number{wanted}")
    decimals = number[2] or ""
    factor = units[suffix] if suffix else scale or 1
    scaled = int(number[1] + decimals) * factor
    whole, rest = divmod(scaled, int("1" + "0" * len(decimals)))
    if rest:
        raise CreditError(f"{text!r} is no whole number of {unit or 'units'}")
    return whole


def _value_text(field: Field, value: Value | None, lang: Lang) -> str:
    if value is None:
        words = [_MISSING[lang], *_MISSING.values()]
        return next((word for word in words if word not in field.values), words[0])
    if isinstance(value, str):
        return _word_text(value)
    if isinstance(value, bool):
        return _BOOLS[lang][value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    return _number_text(value, field.unit, lang)


def _word_text(word: str) -> str:
    return word if _is_bare(word) else _quote(word)


def _number_text(number: int, unit: str | None, lang: Lang) -> str:
    if unit == "bp":
        return f"{_hundredths(number)}%"
    if unit != "fen":
        return str(number)
    if lang == "en":
        return f"{_hundredths(number)} yuan"
    for word in ("亿元", "万元"):
        if number and number % _UNITS["fen"][word] == 0:
            return f"{number // _UNITS['fen'][word]}{word}"
    return f"{_hundredths(number)}元"


def _hundredths(number: int) -> str:
    whole, rest = divmod(abs(number), 100)
    decimals = f".{rest:02d}".rstrip("0") if rest else ""
    return f"{'-' if number < 0 else ''}{whole}{decimals}"


# --- outcomes ------------------------------------------------------------------------


def cell_of_text(
    name: str, cell: str, *, scale: int | None = None
) -> Cell | Literal[Absent.ABSENT]:
    """Return the outcome that a cell states; `ABSENT` where it states none.

    Args:
        name: The outcome's name; one that ends in ``_fen`` or ``_bp`` takes their units.
        cell: The cell as written.
        scale: What one of a number without a unit stands for, where the header says so.

    Raises:
        CreditError: If the cell looks like a number or a day and is none, or a quote is open.
    """
    text, folded = cell.strip(), fold(cell)
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return quoted[1].replace('""', '"')
    if folded in {"", _NOT_STATED}:
        return ABSENT
    if folded in _MISSING.values():
        return None
    if folded.lower() in _BOOL_WORDS:
        return _BOOL_WORDS[folded.lower()]
    if text.startswith('"'):
        raise CreditError('a text in quotes must end with one, a quote inside is written ""')
    return _number_of_text(name, folded, scale) if _LIKE_NUMBER.fullmatch(folded) else text


def _number_of_text(name: str, text: str, scale: int | None) -> Cell:
    if scale is None and _DECIMAL.fullmatch(text):
        return _decimal(text)
    day = _day(text)
    if day is not None:
        return day
    try:
        return _scaled(text, unit_of_outcome(name), scale)
    except CreditError as error:
        raise CreditError(
            f"{error}; write 60, 0.5, 2024-06-30, or text that looks like a number in quotes"
        ) from None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise CreditError(f"{text} is beyond what a Decimal holds") from None


def cell_text(name: str, cell: Cell | Literal[Absent.ABSENT], *, lang: Lang = "en") -> str:
    """Write an outcome so that `cell_of_text` reads it back, type and all."""
    if cell is ABSENT:
        return _NOT_STATED
    if cell is None:
        return _MISSING[lang]
    if isinstance(cell, bool):
        return _BOOLS[lang][cell]
    if isinstance(cell, int):
        return _number_text(cell, unit_of_outcome(name), lang)
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    if isinstance(cell, str):
        return cell if _is_itself(name, cell) else _quote(cell)
    # A point tells the Decimal 5 from the int 5.
    return f"{cell}" if _DECIMAL.fullmatch(f"{cell}") else f"{cell}."


def _is_itself(name: str, text: str) -> bool:
    try:
        return cell_of_text(name, text) == text
    except CreditError:
        return False
