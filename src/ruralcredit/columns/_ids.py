"""The index of distinct ids, columns of ids, and the one call that numbers them."""

from collections.abc import Mapping, Sequence
from typing import Literal

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns._bring import Int64, freeze, is_arrow
from ruralcredit.columns._coding import (
    _TABLE_SPAN,
    Int32,
    UInt64,
    _encode_keys,
    _encode_texts_by_hash,
    _encode_words,
    _KeyReader,
    _MixedReader,
    _parse_digits,
    _parse_with,
    _Template,
    _TextReader,
)
from ruralcredit.columns._sources import _BLOCK, UInt8, _bring_ids, _Numbers, _Texts
from ruralcredit.errors import InputError

PartyId = str | int

# Fewer than so many integers are looked up by halving, more in a table made for it; up to so
# many texts are looked up one by one, more are numbered together with the index's own.
_FEW = 4_096
_SCANNED = 16


@attrs.frozen(kw_only=True, eq=False, repr=False, slots=False)
class IdIndex:
    """The distinct ids of a book, numbered; ids are spelled out only for who asks.

    Codes follow no promised order; :meth:`ranks` gives the order of the ids themselves.
    Equal ids in equal order make equal indexes, however they were brought.

    >>> index, codes = encode_ids({"guarantor": ["b", "a"], "borrower": ["a", None]})
    >>> index.ids(codes["borrower"]), index.ids(index.find(["a", "z"]))
    (['a', None], ['a', None])
    """

    _kind: Literal["int", "str"]
    _keys: Int64 | UInt64
    _template: _Template | None = None
    _sorted: bool
    _cache: dict[str, npt.NDArray[np.generic]] = attrs.field(factory=dict, init=False)
    # Arrow's texts never change, so a column asked for again needs no second look at its ids.
    _brought: list[tuple[object, Int32]] = attrs.field(factory=list, init=False)

    def __getstate__(self) -> dict[str, object]:
        """Leave what can be had anew out of a pickle."""
        return {**self.__dict__, "_cache": {}, "_brought": []}

    def __len__(self) -> int:
        """Count the distinct ids."""
        return len(self._keys)

    def __repr__(self) -> str:
        """Show the count and the kind."""
        return f"IdIndex({len(self)} ids of kind {self._kind})"

    @property
    def is_sorted(self) -> bool:
        """Whether codes stand in the order of the ids."""
        return self._sorted

    @property
    def kind(self) -> Literal["int", "str"]:
        """The one kind of the ids, ``"int"`` or ``"str"``."""
        return self._kind

    def ids(self, codes: npt.NDArray[np.integer]) -> list[PartyId | None]:
        """Spell out the ids of some codes, None for -1."""
        codes = np.asarray(codes)
        known = codes >= 0
        spelled = self._spell(self._keys[codes[known]])
        if known.all():
            return list(spelled)
        out: list[PartyId | None] = [None] * len(codes)
        for place, value in zip(np.flatnonzero(known).tolist(), spelled, strict=True):
            out[place] = value
        return out

    def known_ids(self, codes: npt.NDArray[np.integer]) -> list[PartyId]:
        """Spell out the ids of codes of which none is -1."""
        return self._spell(self._keys[np.asarray(codes)])

    def _spell(self, keys: Int64 | UInt64) -> list[PartyId]:
        if self._kind == "int":
            return list(keys.tolist())
        if self._template is not None:
            return _strings(self._template.spell(keys.astype(np.int64)))
        return _strings(np.ascontiguousarray(keys, ">u8").view(np.uint8))

    def ranks(self) -> Int64:
        """Return each code's place in the order of the ids (texts by code point)."""
        if "ranks" not in self._cache:
            ranks = self.ranks_among(np.arange(len(self), dtype=np.int64))
            freeze(ranks)
            self._cache["ranks"] = ranks
        return self._cache["ranks"].astype(np.int64, copy=False)

    def ranks_among(self, codes: Int64) -> Int64:
        """Return the places of some distinct codes in the order of their ids."""
        if self._sorted:
            return codes
        keys = self._keys[codes]
        order = np.lexsort(keys.T[::-1] if keys.ndim > 1 else (keys,))
        ranks = np.empty(len(order), np.int64)
        ranks[order] = np.arange(len(order))
        return ranks

    def find(self, ids: object) -> Int64:
        """Return the codes of some ids, -1 for ids that are not in the index.

        Raises:
            InputError: If the ids are of the other kind.
        """
        for column, codes in self._brought:
            if ids is column:
                return codes.astype(np.int64)
        brought = _bring_ids("party", ids)
        if len(self) == 0 or len(brought) == 0:
            return np.full(brought.count, -1, np.int64)
        kind = "int" if isinstance(brought, _Numbers) else "str"
        if kind != self._kind:
            message = f"ids here are of kind {self._kind}, got {kind}"
            raise InputError(message, column="party")
        found = self._find(brought)
        if brought.rows is None:
            return found
        out = np.full(brought.count, -1, np.int64)
        out[brought.rows] = found
        return out

    def _find(self, brought: _Numbers | _Texts) -> Int64:
        if isinstance(brought, _Numbers):
            return self._find_keys(brought.values)
        if self._template is not None and brought.width == len(self._template.fixed):
            parsed = _parse_with([brought], self._template)
            if parsed is not None:
                return self._find_keys(parsed[0].astype(np.int64))
        return self._find_words(brought)

    def _find_keys(self, asked: Int64) -> Int64:
        """Look int64 keys up: many in a direct table where the range is narrow."""
        low, high = int(self._keys.min()), int(self._keys.max())
        span = high - low + 1
        if len(asked) < _FEW or span > _TABLE_SPAN * len(self):
            if "order" not in self._cache:
                self._cache["order"] = np.argsort(self._keys)
                self._cache["in_order"] = self._keys[self._cache["order"]]
            ordered = self._cache["in_order"]
            at = np.minimum(np.searchsorted(ordered, asked), len(ordered) - 1)
            return np.where(ordered[at] == asked, self._cache["order"][at], -1)
        if "table" not in self._cache:
            table = np.full(span, -1, np.int32)
            table[self._keys.astype(np.int64) - low] = np.arange(len(self), dtype=np.int32)
            self._cache["table"] = table
        found = np.empty(len(asked), np.int64)
        for i in range(0, len(asked), _BLOCK):
            block = asked[i : i + _BLOCK]
            codes = self._cache["table"].take(block - low, mode="clip")
            found[i : i + _BLOCK] = np.where((block >= low) & (block <= high), codes, -1)
        return found

    def _find_words(self, brought: _Texts) -> Int64:
        """Look texts up as words: a few one by one, many numbered together with ours."""
        mine = self._words()
        count = max(-(-brought.longest() // 8), mine.shape[1])
        reader = _TextReader(brought, count) if brought.width else _MixedReader(brought, count)
        if reader.rows <= _SCANNED:
            asked = np.stack(reader.words(0, reader.rows), axis=1)
            return np.array([_first_equal(mine, row) for row in asked], np.int64)
        words, (ours, theirs) = _encode_words([_KeyReader(mine, count), reader], count)
        code_of = np.full(words.shape[1], -1, np.int64)
        code_of[ours] = np.arange(len(mine))
        return code_of[theirs]

    def _words(self) -> UInt64:
        """Return the texts as rows of big-endian zero-padded words."""
        keys = self._keys
        if self._template is None:
            return keys.astype(np.uint64, copy=False)
        spelled = self._template.spell(keys.astype(np.int64))
        padded = np.zeros((len(keys), -(-spelled.shape[1] // 8) * 8), np.uint8)
        padded[:, : spelled.shape[1]] = spelled
        return padded.view(">u8").astype(np.uint64)

    def __eq__(self, other: object) -> bool:
        """Equal by content: the same ids under the same codes."""
        if not isinstance(other, IdIndex):
            return NotImplemented
        everything = np.arange(len(self))
        return (
            len(self) == len(other)
            and self._kind == other._kind
            and self.ids(everything) == other.ids(everything)
        )

    def __hash__(self) -> int:
        """Hash by content."""
        return hash((self._kind, tuple(self.ids(np.arange(len(self))))))


def _strings(rows: UInt8) -> list[PartyId]:
    """Return rows of zero-padded bytes as texts; NumPy reads ASCII five times as fast."""
    width = rows.shape[1]
    if rows.max(initial=0) < 128:
        texts: list[PartyId] = rows.astype(np.uint32).view(f"U{width}").reshape(-1).tolist()
        return texts
    return [text.decode() for text in rows.view(f"S{width}").reshape(-1).tolist()]


def _first_equal(words: UInt64, row: UInt64) -> int:
    """Return the position of a row of words among many, -1 where it is not there."""
    width = words.shape[1]
    if row[width:].any():
        return -1
    same = (words == row[:width]).all(axis=1)
    at = int(np.argmax(same))
    return at if same[at] else -1


@attrs.frozen(eq=False, repr=False)
class IdColumn:
    """One column of ids: codes into an index, -1 where unknown.

    >>> index, codes = encode_ids({"branch": ["east", None, "east"]})
    >>> IdColumn(index, codes["branch"]).tolist()
    ['east', None, 'east']
    """

    index: IdIndex
    codes: Int32

    def __attrs_post_init__(self) -> None:
        """Mark the codes read-only."""
        freeze(self.codes)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.codes)

    def __repr__(self) -> str:
        """Show the rows and the distinct ids."""
        return f"IdColumn({len(self)} rows, {len(self.index)} distinct)"

    def take(self, rows: Int64) -> "IdColumn":
        """Return the rows asked for, in that order."""
        return IdColumn(self.index, self.codes[rows])

    def tolist(self) -> list[PartyId | None]:
        """Spell out every row, None where unknown."""
        return self.index.ids(self.codes)

    def distinct(self, rows: Int64) -> list[PartyId]:
        """Return the distinct known ids of some rows, sorted."""
        seen = _sorted_distinct(self.codes[rows])
        return sorted(self.index.known_ids(seen[seen >= 0]), key=_sort_key)

    def __eq__(self, other: object) -> bool:
        """Equal by content."""
        if not isinstance(other, IdColumn):
            return NotImplemented
        if np.array_equal(self.codes, other.codes) and self.index is other.index:
            return True
        return self.tolist() == other.tolist()

    def __hash__(self) -> int:
        """Hash by content."""
        return hash(tuple(self.tolist()))


def _sort_key(value: PartyId) -> tuple[int, PartyId]:
    return (isinstance(value, str), value)


def _sorted_distinct(values: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    # Sort and compare neighbours: numpy.unique without inverse is far slower on int64.
    ordered: npt.NDArray[np.integer] = np.sort(values)
    if not len(ordered):
        return ordered
    first: npt.NDArray[np.bool_] = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    return ordered[first]


def encode_ids(columns: Mapping[str, object]) -> tuple[IdIndex, dict[str, Int32]]:
    """Number the ids of several columns together.

    Blank ids (empty, or white space only) are unknown.  Leading zeros and case are kept;
    blanks at the ends and full-width characters are kept too and are findings, not folds.

    Args:
        columns: Name to column; all columns share one kind of id, ``str`` or ``int``.

    Returns:
        The index, and per column int32 codes of shape ``(n,)`` with -1 where unknown.

    Raises:
        InputError: If kinds are mixed, an id is neither str nor int, longer than 256 bytes,
            or holds a NUL.

    >>> index, codes = encode_ids({"guarantor": [7, 9], "borrower": [9, 8]})
    >>> {name: column.tolist() for name, column in codes.items()}
    {'guarantor': [0, 2], 'borrower': [2, 1]}
    """
    brought = {name: _bring_ids(name, values) for name, values in columns.items()}
    texts = {k: v for k, v in brought.items() if isinstance(v, _Texts) and len(v)}
    numbers = {k: v for k, v in brought.items() if isinstance(v, _Numbers) and len(v)}
    if texts and numbers:
        one, other = next(iter(texts)), next(iter(numbers))
        message = (
            f"ids must be of one kind in all columns: {one} holds str, {other} holds int; "
            "read codes as text in both"
        )
        rows = numbers[other].rows
        first = 0 if rows is None else int(rows[0])
        raise InputError(message, column=other, count=len(numbers[other]), first_row=first)
    if numbers:
        index, codes = _encode_numbers(list(numbers.values()))
    else:
        index, codes = _encode_texts(list(texts.values()))
    out: dict[str, Int32] = {}
    parts = iter(codes)
    for name, source in brought.items():
        full = name in texts or name in numbers
        out[name] = _spread(source.count, source.rows, next(parts) if full else None)
        is_fixed = is_arrow(columns[name]) or hasattr(columns[name], "combine_chunks")
        if name in texts and is_fixed:
            index._brought.append((columns[name], out[name]))  # noqa: SLF001  # building it
    return index, out


def _spread(count: int, rows: Int64 | None, codes: Int32 | None) -> Int32:
    if codes is not None and rows is None:
        out = codes
    else:
        out = np.full(count, -1, np.int32)
        if codes is not None:
            out[rows] = codes
    freeze(out)
    return out


def _encode_numbers(sources: Sequence[_Numbers]) -> tuple[IdIndex, list[Int32]]:
    keys = [source.values for source in sources]
    distinct, codes, in_order = _encode_keys(keys)
    return IdIndex(kind="int", keys=distinct, sorted=in_order), codes


def _encode_texts(sources: Sequence[_Texts]) -> tuple[IdIndex, list[Int32]]:
    if not sources:
        return IdIndex(kind="str", keys=np.zeros((0, 1), np.uint64), sorted=True), []
    widths = {source.width for source in sources}
    if len(widths) == 1 and 0 not in widths:
        parsed = _parse_digits(sources)
        if parsed is not None:
            template, keys = parsed
            distinct, codes, in_order = _encode_keys(keys)
            index = IdIndex(kind="str", keys=distinct, template=template, sorted=in_order)
            return _without_blanks(index, codes)
    words, codes = _encode_texts_by_hash(sources)
    index = IdIndex(kind="str", keys=words, sorted=False)
    return _without_blanks(index, codes)


def _without_blanks(index: IdIndex, codes: list[Int32]) -> tuple[IdIndex, list[Int32]]:
    """Take ids of white space only out of the index and mark their rows unknown."""
    if index._template is not None:  # noqa: SLF001  # a digit is no blank
        return index, codes
    words = index._keys  # noqa: SLF001  # building the index is this module's work
    lead = (words[:, 0] >> np.uint64(56)).astype(np.uint8)
    # White space starts at or below U+0020, or with the lead bytes C2, E1, E2 or E3.
    doubtful = np.flatnonzero((lead <= 0x20) | (lead >= 0xC2))
    doubtful = doubtful[lead[doubtful] <= 0xE3]
    if not len(doubtful):
        return index, codes
    blank = np.zeros(len(index), np.bool_)
    texts = index.known_ids(doubtful)
    blank[doubtful] = [not str(text).strip() for text in texts]
    if not blank.any():
        return index, codes
    renumber = np.cumsum(~blank, dtype=np.int32) - 1
    renumber[blank] = -1
    kept = IdIndex(kind="str", keys=words[~blank], sorted=False)
    return kept, [renumber[part] for part in codes]
