"""Persons' ids out of what is printed: stable pseudonyms within one run."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal

import attrs

from ruralcredit.errors import InputError

__all__ = ["Mask", "MaskWord", "is_person"]

PartyId = str | int
MaskWord = Literal["persons", "all", "none"]

_WORDS = ("persons", "all", "none")
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_DATE = r"(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_RESIDENT = re.compile(rf"(?<!\d)[1-9]\d{{5}}{_DATE}\d{{3}}[\dXx](?!\d)")
_OLD_RESIDENT = re.compile(
    r"(?<!\d)[1-9]\d{5}[2-9]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)"
)
_NAME = re.compile(rf"[{_HAN}]{{2,4}}[0-9A-Za-z]{{0,4}}|[{_HAN}]+[·•][{_HAN}]+")
_FIRM_END = re.compile(
    r"(?:公司|集团|银行|支行|分行|中心|商行|商店|超市|合作社|农场|工厂|饭店|宾馆|学校|医院|村委|社区)$"
)
_FIRM_LETTER = re.compile(rf"[{_HAN}]{{3}}[厂店社场部行院所站]$")
_PLAIN_CELL = re.compile(r"[\d\s.,:/+%()（）¥元万亿年月日个-]{0,14}")
_SHORT = 6  # shorter plain ids count inside a text only where they stand alone


def is_person(party: PartyId, kind: str | None = None) -> bool:
    """Tell whether a party's id must be masked as a person's.

    A person or household by its kind; else an id shaped like a resident identity number,
    or like a name: two to four Han characters without a firm's ending.

    >>> is_person("110101199003071234"), is_person("王小二"), is_person("城东农机公司")
    (True, True, False)
    """
    if kind in ("person", "household"):
        return True
    text = unicodedata.normalize("NFKC", str(party)).strip()
    if _RESIDENT.fullmatch(text) or _OLD_RESIDENT.fullmatch(text):
        return True
    if text.isascii():
        return False
    firm = _FIRM_END.search(text) or _FIRM_LETTER.fullmatch(text)
    return _NAME.fullmatch(text) is not None and not firm


@attrs.frozen(kw_only=True)
class Mask:
    """What stands for an id in everything that is printed.

    Attributes:
        how: "persons" masks persons and households, "all" every party, "none" nobody.
        names: Masked id -> its pseudonym, numbered in the order of the sorted ids.
    """

    how: MaskWord
    names: Mapping[PartyId, str]
    _texts: Mapping[str, str] = attrs.field(repr=False)
    _lengths: tuple[int, ...] = attrs.field(repr=False)

    @classmethod
    def over(
        cls,
        how: MaskWord,
        parties: Iterable[PartyId],
        *,
        kinds: Mapping[PartyId, str | None] | None = None,
        staff: Iterable[str] = (),
    ) -> "Mask":
        """Make the mask of one run from every id that it may meet.

        Args:
            how: "persons", "all" or "none".
            parties: Every id of the book, its loans, relations and unreadable rows.
            kinds: What is known of a party: person, household, firm, guarantee_company.
            staff: Names or ids of officers; masked where they look like a person's.

        Raises:
            InputError: If ``how`` is another word.

        >>> mask = Mask.over("persons", ["王小二", "城东农机公司"])
        >>> mask.party("王小二"), mask.text("HT-王小二-01"), mask.party("城东农机公司")
        ('person-0001', 'HT-person-0001-01', '城东农机公司')
        """
        if how not in _WORDS:
            message = f"mask must be persons, all or none, got {how!r}"
            raise InputError(message, column="mask")
        known = kinds or {}
        names: dict[PartyId, str] = {}
        counts = {"person": 0, "party": 0, "officer": 0}
        for one in sorted(set(parties), key=lambda one: (isinstance(one, str), one)):
            person = is_person(one, known.get(one))
            if how != "none" and (person or how == "all"):
                word = "person" if person else "party"
                counts[word] += 1
                names[one] = f"{word}-{counts[word]:04d}"
        for officer in sorted(set(staff) - names.keys()):
            if how == "all" or (how == "persons" and is_person(officer)):
                counts["officer"] += 1
                names[officer] = f"officer-{counts['officer']:02d}"
        texts: dict[str, str] = {}
        for one, name in names.items():
            plain = unicodedata.normalize("NFKC", str(one)).strip()
            texts.setdefault(str(one), name)
            texts.setdefault(plain, name)
        texts.pop("", None)
        lengths = tuple(sorted({len(text) for text in texts}, reverse=True))
        return cls(how=how, names=names, texts=texts, lengths=lengths)

    def party(self, party: PartyId) -> str:
        """Return what stands for a party: its pseudonym, else its id as text."""
        known = self.names.get(party)
        if known is not None or self.how == "none":
            return known or str(party)
        if self.how == "all":
            return "party-?"
        return "person-?" if is_person(party) else self.text(str(party))

    def text(self, text: str) -> str:
        """Return a text, such as a contract id, with every masked id in it replaced."""
        if self.how == "none":
            return text
        out: list[str] = []
        at = 0
        while at < len(text):
            size = next((n for n in self._lengths if self._stands(text, at, n)), 0)
            out.append(self._texts[text[at : at + size]] if size else text[at])
            at += size or 1
        return _OLD_RESIDENT.sub("person", _RESIDENT.sub("person", "".join(out)))

    def _stands(self, text: str, at: int, size: int) -> bool:
        piece = text[at : at + size]
        if len(piece) < size or piece not in self._texts:
            return False
        if size >= _SHORT or not piece.isascii():
            return True
        around = text[at - 1 : at] + text[at + size : at + size + 1]
        return not any(one.isascii() and one.isalnum() for one in around)

    def cell(self, text: str) -> str:
        """Return a cell as it may be quoted: a plain number or day, else nothing of it."""
        if self.how == "none" or _PLAIN_CELL.fullmatch(text):
            return text
        return "***"
