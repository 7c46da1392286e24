"""Reasons in English and Chinese, the figures they rest on, and the one kind of decision.

Every room answers with a `Decision` and words it with `Reason`s; a bank's own reasons live
under a code prefix of their own.
"""

import datetime
import functools
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, TypeVar, get_args

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.values import FrozenMapping, format_yuan

__all__ = [
    "BASES",
    "Basis",
    "BasisWord",
    "Cell",
    "Decision",
    "Fact",
    "Figure",
    "Lang",
    "Outcome",
    "Reason",
    "Status",
]

T = TypeVar("T")

BasisWord: TypeAlias = Literal[
    "source document",
    "regulation, read",
    "regulation, from general knowledge",
    "project proposal",
    "bank policy",
]
"""What a shipped figure or a reason rests on, from the firmest of ours to a bank's own."""

BASES: Final[tuple[BasisWord, ...]] = get_args(BasisWord)
"""The five words of `BasisWord`."""

Lang: TypeAlias = Literal["en", "zh"]
"""The two languages of every sentence."""

Status: TypeAlias = Literal["decided", "none", "undetermined", "conflict"]
"""Whether a question has an answer: only "decided" carries an outcome."""

Fact: TypeAlias = str | int | None
"""A fact in a sentence; None is unknown."""

Cell: TypeAlias = bool | int | float | str | Decimal | datetime.date | None
"""One value of an outcome that has several."""

Outcome: TypeAlias = (
    bool
    | int
    | str
    | tuple[Cell | Mapping[str, Cell], ...]
    | Mapping[str, Cell | tuple[Cell, ...]]
    | None
)
"""What was decided: a word, a number, several of them by name, or a tuple of outcomes."""

_CELL_TYPES: Final = (bool, int, float, str, Decimal, datetime.date, type(None))
_CODE: Final = re.compile(r"[A-Z][A-Z0-9]*(?:[.-][A-Z0-9]+)*-[0-9]{3,}")
# A table's id and a row's: the reason speaks in the words of whoever wrote the table.
_ROW_CODE: Final = re.compile(r"[^/\n]+/[^\n]+")
_PLACEHOLDER: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_DEFAULT_BASES: Final = frozenset({"regulation, from general knowledge", "project proposal"})
_WORDS: Final = MappingProxyType(
    {
        "en": MappingProxyType(
            {
                "default": " (library default, not a regulation)",
                "unknown": " (unknown)",
                "blank": "unknown",
                "colon": ": ",
                "semicolon": "; ",
                "comma": ", ",
                "outcome": "outcome",
                "reasons": "reasons",
                "ask": "ask for",
                "basis": "basis",
                "version": "version {}",
                "as_of": "as of {}",
                "digest": "digest {}",
                "source": " ({}: {})",
                "yuan": "{} yuan",
            }
        ),
        "zh": MappingProxyType(
            {
                "default": "（本库建议值，非监管规定）",
                "unknown": "（未知）",
                "blank": "未知",
                "colon": "：",
                "semicolon": "；",
                "comma": "，",
                "outcome": "结论",
                "reasons": "理由",
                "ask": "需补充",
                "basis": "依据",
                "version": "版本 {}",
                "as_of": "截至 {}",
                "digest": "摘要 {}",
                "source": "（{}：{}）",
                "yuan": "{} 元",
            }
        ),
    }
)
_BASES_ZH: Final = MappingProxyType(
    dict(
        zip(
            BASES,
            ("来源文件", "监管规定，已查阅", "监管规定，一般知识", "本库建议", "本行制度"),
            strict=True,
        )
    )
)
_STATUS_ZH: Final = MappingProxyType(
    {"decided": "已判定", "none": "无适用规则", "undetermined": "无法判定", "conflict": "规则冲突"}
)
_UNITS_ZH: Final = MappingProxyType(
    {
        "days": "天",
        "months": "个月",
        "years": "年",
        "parties": "户",
        "contracts": "笔",
        "bp": "基点",
        "percent": "%",
    }
)


def _words(lang: str) -> Mapping[str, str]:
    if lang not in _WORDS:
        raise CreditError(f"lang must be en or zh, got {lang!r}")
    return _WORDS[lang]


def _is_blank(value: object) -> bool:
    return not isinstance(value, str) or not value.strip()


def _not_blank(owner: object, attribute: "attrs.Attribute[str]", value: object) -> None:
    if _is_blank(value):
        raise CreditError(
            f"{type(owner).__name__}.{attribute.name} must be text and not blank, got {value!r}"
        )


def _one_of_bases(owner: object, attribute: "attrs.Attribute[str]", value: object) -> None:
    if value not in BASES:
        raise CreditError(
            f"{type(owner).__name__}.{attribute.name} must be one of {'; '.join(BASES)}, "
            f"got {value!r}"
        )


def _many(value: Iterable[T]) -> tuple[T, ...]:
    # A lone word would fall apart into its letters.
    if isinstance(value, str):
        raise CreditError(f"several are expected, got the str {value!r}: write ({value!r},)")
    return tuple(value)


def _names(value: Iterable[str]) -> tuple[str, ...]:
    return _many(value)


def _ids(value: Iterable[str | int]) -> tuple[str | int, ...]:
    return _many(value)


def _all_of(
    *classes: type,
) -> Callable[[object, "attrs.Attribute[tuple[T, ...]]", tuple[T, ...]], None]:
    wanted = " or ".join(cls.__name__ for cls in classes)

    def check(
        owner: object, attribute: "attrs.Attribute[tuple[T, ...]]", value: tuple[T, ...]
    ) -> None:
        for item in value:
            if type(item) not in classes:
                raise CreditError(
                    f"{type(owner).__name__}.{attribute.name} must hold {wanted}, "
                    f"got {type(item).__name__} {item!r}"
                )

    return check


@attrs.frozen(kw_only=True)
class Figure:
    """A number or word that the library ships, with what it rests on.

    Attributes:
        id: Its name, never reused, such as "guarantee_months.default".
        value: The number, in the unit, or a word.
        unit: "fen", "bp", "months", "days", "parties" ...; empty for a word.
        basis: One of `BASES`.
        source: The document with its article or row, or why it was chosen.

    Raises:
        CreditError: If the value is no int or str, a text is blank, or the basis is another.

    >>> print(Figure(id="window", value=90, unit="days", basis="project proposal",
    ...              source="a quarter").text("en"))
    window: 90 days (project proposal: a quarter) (library default, not a regulation)
    """

    id: str = attrs.field(validator=_not_blank)
    value: int | str = attrs.field()
    unit: str = attrs.field()
    basis: BasisWord = attrs.field(validator=_one_of_bases)
    source: str = attrs.field(validator=_not_blank)

    @value.validator
    def _is_int_or_text(self, _: "attrs.Attribute[int | str]", value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise CreditError(f"Figure.value must be an int or a str, got {value!r}")

    @unit.validator
    def _is_unit(self, _: "attrs.Attribute[str]", unit: object) -> None:
        if not isinstance(unit, str):
            raise CreditError(f"Figure.unit must be a str, empty for a word, got {unit!r}")

    @property
    def is_default(self) -> bool:
        """Say whether it is the library's own default, which must never look like law."""
        return self.basis in _DEFAULT_BASES

    def text(self, lang: Lang = "en") -> str:
        """Return it as one line: name, value, basis and source.

        >>> Figure(id="term", value=6, unit="months", basis="regulation, read",
        ...        source="Civil Code art. 692").text("zh")
        'term：6个月（监管规定，已查阅：Civil Code art. 692）'
        """
        words = _words(lang)
        if self.unit == "fen" and isinstance(self.value, int):
            shown = words["yuan"].format(format_yuan(self.value))
        elif lang == "zh":
            shown = f"{self.value}{_UNITS_ZH.get(self.unit, f' {self.unit}' if self.unit else '')}"
        else:
            shown = f"{self.value} {self.unit}".rstrip()
        basis = _BASES_ZH[self.basis] if lang == "zh" else self.basis
        note = words["default"] if self.is_default else ""
        return (
            f"{self.id}{words['colon']}{shown}{words['source'].format(basis, self.source)}{note}"
        )


def _figures(value: Iterable[Figure]) -> tuple[Figure, ...]:
    return _many(value)


def _fact(name: str, value: object) -> Fact:
    if isinstance(value, datetime.datetime):
        raise CreditError(f"fact {name} must be a date, got datetime {value}: pass its .date()")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | float) or not hasattr(value, "__index__"):
        raise CreditError(
            f"fact {name} must be a str, int, Decimal or date, "
            f"got {type(value).__name__} {value!r}: write it as text"
        )
    return int(value.__index__())


def _facts(values: Mapping[str, object]) -> FrozenMapping[str, Fact]:
    return FrozenMapping({name: _fact(name, value) for name, value in values.items()})


def _sentences(says: Mapping[str, str]) -> FrozenMapping[str, str]:
    return FrozenMapping(says)


@attrs.frozen(kw_only=True)
class Reason:
    """A reason for an answer: a code that never changes meaning, and its sentence.

    A reason is written once, with placeholders for its facts, and bound with `given` each
    time it is used.  The sentence speaks to the officer in lower case without a full stop,
    so that several join with semicolons.

    Attributes:
        code: Room and number, such as "COL-012", never reused; or a table's id and its row's,
            such as "haircuts/H1", whose sentence is printed as it was written.
        says: The sentence, one for "en" and one for "zh", with facts as ``{placeholders}``.
        facts: The names that both sentences use as placeholders.
        source: The document with its article or row, or why the rule was chosen.
        basis: What the rule rests on, one of `BASES`.
        figures: The shipped figures that it used.
        values: The facts it was bound with; None is unknown.
        unknown: Whether it is about a fact that nobody knows.
        retired: Whether it is kept only so that its code is not used again.

    Raises:
        CreditError: If the code is malformed, a language is missing, a sentence ends with a
            full stop or starts with a capital, or facts and placeholders differ.

    >>> stale = Reason(
    ...     code="COL-012",
    ...     says={"en": "the appraisal of {appraised_on} is too old",
    ...           "zh": "{appraised_on}的评估已过期"},
    ...     facts=("appraised_on",),
    ...     source="Example Bank collateral manual (2026-01-01), art. 12",
    ...     basis="bank policy",
    ... )
    >>> stale.given(appraised_on=datetime.date(2023, 5, 1)).text("en")
    'the appraisal of 2023-05-01 is too old'
    """

    code: str = attrs.field()
    says: Mapping[str, str] = attrs.field(converter=_sentences, repr=False)
    facts: tuple[str, ...] = attrs.field(default=(), converter=_names, repr=False)
    source: str = attrs.field(validator=_not_blank, repr=False)
    basis: BasisWord = attrs.field(default="project proposal", validator=_one_of_bases, repr=False)
    figures: tuple[Figure, ...] = attrs.field(
        default=(), converter=_figures, validator=_all_of(Figure), repr=False
    )
    values: Mapping[str, Fact] = attrs.field(
        default=FrozenMapping(), converter=_facts, repr=lambda values: repr(dict(values))
    )
    unknown: bool = False
    retired: bool = attrs.field(default=False, repr=False)

    @code.validator
    def _is_code(self, _: "attrs.Attribute[str]", code: object) -> None:
        if not isinstance(code, str) or not (_CODE.fullmatch(code) or _ROW_CODE.fullmatch(code)):
            raise CreditError(
                f"Reason.code must be room and number in capitals like COL-012, got {code!r}"
            )

    def __attrs_post_init__(self) -> None:
        """Refuse sentences that do not match each other, their facts or the house style."""
        if set(self.says) != {"en", "zh"}:
            raise CreditError(
                f"{self.code} must say its sentence in en and zh, got {', '.join(self.says)}"
            )
        for lang, sentence in self.says.items():
            if _is_blank(sentence):
                raise CreditError(f"{self.code} must say something in {lang}, got {sentence!r}")
            if not self._is_of_row:
                _check_sentence(self.code, lang, sentence, self.facts)
        for name in self.values:
            if name not in self.facts:
                raise CreditError(self._no_fact(name))

    def _no_fact(self, name: str) -> str:
        return f"{self.code} has no fact {name}: it names {', '.join(self.facts) or 'none'}"

    @property
    def _is_of_row(self) -> bool:
        return "/" in self.code

    @property
    def is_default(self) -> bool:
        """Say whether it rests on a default of the library, itself or through a figure."""
        return self.basis in _DEFAULT_BASES or any(figure.is_default for figure in self.figures)

    def given(self, **values: object) -> "Reason":
        """Return the reason bound to facts: every fact it names, none else, none unknown.

        Raises:
            CreditError: If a fact is missing, not named by the reason, None, or not a str,
                int, Decimal or date.

        >>> blank = Reason(code="GUA-900", source="example", basis="bank policy", facts=("row",),
        ...                says={"en": "row {row} is blank", "zh": "第{row}行空白"})
        >>> blank.given(row=17)
        Reason(code='GUA-900', values={'row': 17}, unknown=False)
        """
        for name in self.facts:
            if values.get(name) is None:
                raise CreditError(
                    f"{self.code} needs fact {name}: where it is unknown, use as_unknown"
                )
        return attrs.evolve(self, values=values)

    def as_unknown(self, **values: object) -> "Reason":
        """Return the reason marked unknown, bound to the facts that are known.

        Raises:
            CreditError: As `given`, but facts may be left out or None.

        >>> old = Reason(code="GUA-901", says={"en": "the term is over", "zh": "期限已过"},
        ...              source="example", basis="bank policy")
        >>> old.as_unknown().text("en"), old.as_unknown().text("zh")
        ('the term is over (unknown)', '期限已过（未知）')
        """
        return attrs.evolve(self, values={**dict.fromkeys(self.facts), **values}, unknown=True)

    def text(self, lang: Lang = "en") -> str:
        """Return the sentence with its facts, what is unknown marked, and a default marked.

        A fact whose name ends in ``_fen`` prints as yuan with its unit, one that ends in
        ``_bp`` as percent.

        Raises:
            CreditError: If the language is not "en" or "zh", or a fact is not bound yet.

        >>> cap = Reason(code="GUA-902", says={"en": "at most {cap_fen}", "zh": "最高{cap_fen}"},
        ...              facts=("cap_fen",), source="example")
        >>> cap.given(cap_fen=500_000_00).text("en")
        'at most 500,000.00 yuan (library default, not a regulation)'
        """
        words = _words(lang)
        missing = [name for name in self.facts if name not in self.values]
        if missing:
            raise CreditError(
                f"{self.code} must be bound to be read: call given with {', '.join(missing)}"
            )
        sentence = self.says[lang]
        if not self._is_of_row:
            sentence = _PLACEHOLDER.sub(
                lambda found: _shown(found[1], self.values[found[1]], words), sentence
            )
        unknown = words["unknown"] if self.unknown else ""
        return f"{sentence}{unknown}{words['default'] if self.is_default else ''}"


# Remembered, since a reason is bound far more often than it is written.
@functools.lru_cache(maxsize=4096)
def _check_sentence(code: str, lang: str, sentence: str, facts: tuple[str, ...]) -> None:
    # An acronym may open a sentence, a capitalised word may not.
    is_capital = sentence[:1].isupper() and not sentence[1:2].isupper()
    if is_capital or sentence.endswith((".", "。")):
        raise CreditError(f"{code} must speak in lower case without a full stop, got {sentence!r}")
    if "{" in _PLACEHOLDER.sub("", sentence) or "}" in _PLACEHOLDER.sub("", sentence):
        raise CreditError(f"{code} must name its facts as {{name}}, got {sentence!r}")
    used = set(_PLACEHOLDER.findall(sentence))
    if used != set(facts) or len(set(facts)) < len(facts):
        raise CreditError(
            f"{code} must list the facts that its {lang} sentence names, "
            f"got facts ({', '.join(facts)}) and placeholders ({', '.join(sorted(used))})"
        )


def _shown(name: str, value: Fact, words: Mapping[str, str]) -> str:
    if value is None:
        return words["blank"]
    if isinstance(value, int) and name.endswith("_fen"):
        return words["yuan"].format(format_yuan(value))
    if isinstance(value, int) and name.endswith("_bp"):
        return f"{format_yuan(value).removesuffix('.00')}%"
    return str(value)


@attrs.frozen(kw_only=True)
class Basis:
    """What was asked: which table or book, which version, as it stood on which day.

    Attributes:
        id: The table's or the book's name.
        version: Its version, or None where it has none.
        digest: A short hash of its content, or None.
        as_of: The day it was asked for, or None when it was asked for no day.

    Raises:
        CreditError: If the id is blank, a text is no str, or the day is no date.

    >>> Basis(id="haircuts", version="2", as_of=datetime.date(2026, 1, 1)).text("en")
    'haircuts, version 2, as of 2026-01-01'
    """

    id: str = attrs.field(validator=_not_blank)
    version: str | None = attrs.field(default=None)
    digest: str | None = attrs.field(default=None)
    as_of: datetime.date | None = attrs.field(default=None)

    @version.validator
    @digest.validator
    def _is_text(self, attribute: "attrs.Attribute[str | None]", value: object) -> None:
        if value is not None and not isinstance(value, str):
            raise CreditError(f"Basis.{attribute.name} must be a str or None, got {value!r}")

    @as_of.validator
    def _is_day(self, _: "attrs.Attribute[datetime.date | None]", day: object) -> None:
        if isinstance(day, datetime.datetime):
            raise CreditError(f"Basis.as_of must be a date, got datetime {day}: pass its .date()")
        if day is not None and not isinstance(day, datetime.date):
            raise CreditError(f"Basis.as_of must be a date or None, got {day!r}")

    def text(self, lang: Lang = "en") -> str:
        """Return it as one line.

        >>> Basis(id="haircuts", digest="9f2c").text("zh")
        'haircuts，摘要 9f2c'
        """
        words = _words(lang)
        parts = [("version", self.version), ("as_of", self.as_of), ("digest", self.digest)]
        known = [words[name].format(value) for name, value in parts if value is not None]
        return words["comma"].join([self.id, *known])


def _outcome(value: Outcome) -> Outcome:
    """Freeze an outcome that has several values by name."""
    if isinstance(value, tuple):
        return tuple(FrozenMapping(one) if isinstance(one, Mapping) else one for one in value)
    return FrozenMapping(value) if isinstance(value, Mapping) else value


def _check_cells(outcome: object) -> None:
    if isinstance(outcome, tuple) and any(isinstance(one, Mapping) for one in outcome):
        for one in outcome:
            _check_cells(one)
        return
    cells = outcome.values() if isinstance(outcome, Mapping) else (outcome,)
    for cell in cells:
        for one in cell if isinstance(cell, tuple) else (cell,):
            if not isinstance(one, _CELL_TYPES) or isinstance(one, datetime.datetime):
                raise CreditError(
                    "an outcome must be bool, int, float, str, Decimal, date or None, or a tuple "
                    f"or mapping of these, got {type(one).__name__} {one!r}"
                )


def _reasons(value: Iterable[Reason]) -> tuple[Reason, ...]:
    return _many(value)


def _codes(reasons: Iterable[Reason]) -> str:
    return f"({', '.join(reason.code for reason in reasons)})"


@attrs.frozen(kw_only=True)
class Decision:
    """The answer to one question, with its reasons; the same class in every room.

    Attributes:
        outcome: What was decided; None unless the status is "decided".
        status: "decided"; "none" when no rule applies; "undetermined" when a missing fact
            could change the answer; "conflict" when rules contradict each other.
        reasons: All reasons, in table order.
        rows: Ids of the table's rows, or row numbers of the ledger, that it rests on.
        trace: How the answer came about, step by step.
        ask: The facts, or parties, to ask about when it is undetermined.
        basis: The table or book asked.

    Raises:
        CreditError: If the status is not one of the four, an outcome stands beside another
            status than "decided" or is missing beside it, or a part has the wrong type.

    >>> print(Decision(outcome="pass", status="decided", basis=Basis(id="admission")).explain())
    outcome: pass
    basis: admission
    """

    outcome: Outcome = attrs.field(converter=_outcome)
    status: Status = attrs.field()
    reasons: tuple[Reason, ...] = attrs.field(
        default=(), converter=_reasons, validator=_all_of(Reason), repr=_codes
    )
    rows: tuple[str | int, ...] = attrs.field(
        default=(), converter=_ids, validator=_all_of(str, int), repr=False
    )
    trace: tuple[str, ...] = attrs.field(
        default=(), converter=_names, validator=_all_of(str), repr=False
    )
    ask: tuple[str | int, ...] = attrs.field(
        default=(), converter=_ids, validator=_all_of(str, int)
    )
    basis: Basis | None = attrs.field(default=None, repr=False)

    @status.validator
    def _is_status(self, _: "attrs.Attribute[str]", status: object) -> None:
        if status not in _STATUS_ZH:
            raise CreditError(f"status must be one of {', '.join(_STATUS_ZH)}, got {status!r}")
        if (status == "decided") == (self.outcome is None):
            wanted = "an outcome" if status == "decided" else "no outcome"
            raise CreditError(
                f"a decision that is {status} must have {wanted}, got {self.outcome!r}"
            )
        _check_cells(self.outcome)

    def explain(self, lang: Lang = "en") -> str:
        """Return the answer as lines of text: outcome, reasons, what to ask, basis.

        >>> print(Decision(outcome=None, status="undetermined", ask=("age",)).explain("zh"))
        结论：无法判定
        需补充：age
        """
        words = _words(lang)
        found = self.status if self.outcome is None else _told(self.outcome, words)
        if self.outcome is None and lang == "zh":
            found = _STATUS_ZH[self.status]
        lines = {
            "outcome": found,
            "reasons": words["semicolon"].join(f"{r.code} {r.text(lang)}" for r in self.reasons),
            "ask": words["comma"].join(map(str, self.ask)),
            "basis": self.basis.text(lang) if self.basis else "",
        }
        return "\n".join(f"{words[name]}{words['colon']}{x}" for name, x in lines.items() if x)

    def bases(self) -> tuple[Figure, ...]:
        """Return the shipped figures that the reasons used, each once, in their order.

        >>> Decision(outcome="pass", status="decided").bases()
        ()
        """
        return tuple(dict.fromkeys(figure for r in self.reasons for figure in r.figures))


def _told(outcome: object, words: Mapping[str, str]) -> str:
    if isinstance(outcome, Mapping):
        return words["comma"].join(f"{name} = {_told(x, words)}" for name, x in outcome.items())
    if isinstance(outcome, tuple) and any(isinstance(one, Mapping) for one in outcome):
        return words["semicolon"].join(_told(one, words) for one in outcome)
    if isinstance(outcome, tuple):
        return f"({words['comma'].join(_told(x, words) for x in outcome)})"
    return words["blank"] if outcome is None else str(outcome)
