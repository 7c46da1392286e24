"""Ids to codes, fast and exact: digits parsed, ranges tabled, the rest hashed and verified.

Three ways, taken in this order, all in blocks that fit the cache:

* ids that are integers, or texts of one width whose digits alone differ, become int64 keys;
  keys of a narrow range go through a direct table, wider ones are packed beside their row
  number into 64 bits and sorted;
* every other text is read as big-endian 64-bit words, hashed and sorted by hash; then each
  row is compared with its group's spelling, so a collision can never merge two ids.
"""

import functools
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns._bring import Int64
from ruralcredit.columns._sources import _BLOCK, UInt8, _Texts

UInt64 = npt.NDArray[np.uint64]
Int32 = npt.NDArray[np.int32]
Keys = Int64 | Int32

_TABLE_SPAN = 16
_MULTIPLIERS = (
    0x9E3779B97F4A7C15,
    0xC2B2AE3D27D4EB4F,
    0xD6E8FEB86659FD93,
)


@attrs.frozen(eq=False)
class _Template:
    """Texts of one width that differ in digits only: the fixed bytes and the digit places."""

    fixed: bytes
    places: tuple[int, ...]

    def spell(self, keys: Int64) -> UInt8:
        """Return the texts of some keys as rows of bytes."""
        width = len(self.fixed)
        out = np.empty((len(keys), width), np.uint8)
        out[:] = np.frombuffer(self.fixed, np.uint8)
        for place in range(width - 1, min(self.places, default=width) - 1, -1):
            above = keys // 10
            if place in self.places:
                out[:, place] = 48 + (keys - 10 * above)
            keys = above
        return out


def _matrix_words(data: UInt8, start: int, stop: int, width: int, count: int) -> list[UInt64]:
    """Read rows of equal width as words; the last word is shifted clear of its overlap."""
    out = []
    for k in range(count):
        left = min(8, width - 8 * k)
        if left <= 0:  # another column holds the longer texts
            out.append(np.zeros(stop - start, np.uint64))
            continue
        offset = 8 * k + left - 8
        base = start * width
        if base + offset < 0 or width < 8:
            padded = np.zeros((stop - start, 8), np.uint8)
            rows = data[base : stop * width].reshape(-1, width)
            padded[:, :left] = rows[:, 8 * k : 8 * k + left]
            out.append(padded.reshape(-1).view(">u8").astype(np.uint64))
            continue
        word = np.ndarray((stop - start,), ">u8", data.data, base + offset, (width,)).astype(
            np.uint64
        )
        out.append(word << np.uint64(8 * (8 - left)) if left < 8 else word)
    return out


_KEEP = np.array([0] + [((1 << (8 * n)) - 1) << (64 - 8 * n) for n in range(1, 9)], np.uint64)


# --- digits -----------------------------------------------------------------------------

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ZEROS = np.uint64(0x3030303030303030)
# Neighbours join in lanes of their own: digits to pairs, pairs to fours, fours to eights.  In a
# lane the first of the two is low and the second high: times 10 * 2**8 + 1 the high half is ten
# times the first and the second.
_JOINS = (
    (np.uint16, np.uint16(10 * 2**8 + 1), np.uint16(8)),
    (np.uint32, np.uint32(100 * 2**16 + 1), np.uint32(16)),
    (np.uint64, np.uint64(10_000 * 2**32 + 1), np.uint64(32)),
)


def _parse_digits(sources: Sequence[_Texts]) -> tuple[_Template, list[Keys]] | None:
    """Read texts that differ in digits only as int64 keys, or say None."""
    width = sources[0].width
    sample = np.concatenate(
        [s.data[: 512 * width].reshape(-1, width) for s in sources]
        + [s.data[-512 * width :].reshape(-1, width) for s in sources]
    )
    template = _guess_template(sample)
    if template is None:
        return None
    keys = _parse_with(sources, template)
    if keys is None:
        # The sample missed a place that varies: read every row once, then be sure.
        matrices = [s.data.reshape(-1, width) for s in sources]
        ends = [np.stack([m.min(axis=0), m.max(axis=0)]) for m in matrices]
        template = _guess_template(np.concatenate(ends))
        keys = None if template is None else _parse_with(sources, template)
    return None if keys is None or template is None else (template, keys)


def _guess_template(rows: UInt8) -> _Template | None:
    low, high = rows.min(axis=0), rows.max(axis=0)
    digit = (low >= 48) & (high <= 57)
    varies = low != high
    if (varies & ~digit).any():
        return None
    width = rows.shape[1]
    # Digits that the last eight places reach cost nothing to read; earlier ones only if needed.
    needed = np.flatnonzero(varies)
    first = min(int(needed[0]) if len(needed) else width, max(width - 8, 0))
    if width - first > 18:
        return None
    places = tuple(int(p) for p in range(first, width) if digit[p])
    if not places and not low.tobytes().decode().strip():
        return None  # a blank is no id
    return _Template(low.tobytes(), places)


def _parse_with(sources: Sequence[_Texts], template: _Template) -> list[Keys] | None:
    """Read texts as keys; as int32, half the memory to move, where nine digits hold them."""
    digits = len(template.fixed) - min(template.places, default=len(template.fixed))
    # One array for all columns: large ones come in large pages, which cost less to touch first.
    every = np.empty(sum(map(len, sources)), np.int32 if digits <= 9 else np.int64)
    out: list[Keys] = np.split(every, np.cumsum([len(source) for source in sources])[:-1])
    spare = np.empty(_BLOCK, np.uint64)
    block = np.empty(_BLOCK, np.int64)
    for source, keys in zip(sources, out, strict=True):
        for start in range(0, len(source), _BLOCK):
            count = min(_BLOCK, len(source) - start)
            if not _parse_block(source, start, template, block[:count], spare[:count]):
                return None
            keys[start : start + count] = block[:count]
    return out


@functools.lru_cache(maxsize=64)
def _word_plan(
    fixed: bytes, places: tuple[int, ...]
) -> tuple[tuple[int, np.uint64, np.uint64, np.uint64, int], ...]:
    """Split the places into words read from the right: offset, digit mask, fixed bits, power.

    Words are little-endian here, so that the first character is the lowest byte.
    """
    width = len(fixed)
    plan = []
    right = width
    while right > 0:
        offset = max(right - 8, 0)
        length = min(8, width - offset)
        mask = bytearray(8)
        keep = bytearray(8)
        for i in range(length):
            place = offset + i
            if place >= right:
                continue
            if place in places:
                mask[i] = 0xFF
            else:
                keep[i] = 0xFF
        const = bytes(fixed[offset + i] if i < length and keep[i] else 0 for i in range(8))
        plan.append(
            (
                offset,
                np.uint64(int.from_bytes(mask, "little")),
                np.uint64(int.from_bytes(keep, "little")),
                np.uint64(int.from_bytes(const, "little")),
                width - right,
            )
        )
        right = offset
    return tuple(plan)


def _parse_block(
    source: _Texts, start: int, template: _Template, total: Int64, spare: UInt64
) -> bool:
    """Read one block of texts as keys, in place; say whether all fit the template."""
    width = source.width
    word = total.view(np.uint64)
    is_first = True
    for offset, digits, keep, const, power in _word_plan(template.fixed, template.places):
        brought = _little_words(source.data, start, start + len(total), width, offset)
        if keep:
            np.bitwise_and(brought, keep, out=spare)
            if (spare != const).any():
                return False
        if not digits:
            continue
        into = word if is_first else spare
        into[:] = brought
        _set_zeros(into, digits, width - power)
        if not _read_eight_digits(into):
            return False
        if power:
            into *= np.uint64(10**power)
        if not is_first:
            word += into
        is_first = False
    if is_first:
        total[:] = 0
    return True


def _little_words(
    data: UInt8, start: int, stop: int, width: int, offset: int
) -> npt.NDArray[np.generic]:
    if width >= 8:
        return np.ndarray((stop - start,), "<u8", data.data, start * width + offset, (width,))
    padded = np.zeros((stop - start, 8), np.uint8)
    padded[:, :width] = data[start * width : stop * width].reshape(-1, width)
    return padded.reshape(-1).view("<u8")


def _set_zeros(word: UInt64, digits: np.uint64, left: int) -> None:
    """Put the digit 0 wherever no digit of the key stands, so that eight digits are left.

    Where fewer than eight places are ``left``, they move behind zeros.
    """
    if digits != _ALL:
        np.bitwise_and(word, digits, out=word)
        np.bitwise_or(word, _ZEROS & ~digits, out=word)
    if left < 8:
        np.left_shift(word, np.uint64(8 * (8 - left)), out=word)
        lead = int.from_bytes(b"0" * (8 - left), "little")
        np.bitwise_or(word, np.uint64(lead), out=word)


def _read_eight_digits(word: UInt64) -> bool:
    """Read eight ASCII digits, first character lowest, in place; say whether all were digits."""
    bytes_ = word.view(np.uint8)
    np.subtract(bytes_, 48, out=bytes_)
    if bytes_.max() > 9:
        return False
    for lane, factor, shift in _JOINS:
        lanes = word.view(lane)
        np.multiply(lanes, factor, out=lanes)
        np.right_shift(lanes, shift, out=lanes)
    return True


# --- keys and words to codes ------------------------------------------------------------


def _encode_keys(keys: Sequence[Keys]) -> tuple[Int64, list[Int32], bool]:
    """Number int64 keys: the distinct ones, codes per part, and whether codes are in order."""
    low = min(int(k.min()) for k in keys)
    high = max(int(k.max()) for k in keys)
    count = sum(len(k) for k in keys)
    span = high - low + 1
    if span <= max(_TABLE_SPAN * count, 1024):
        return _encode_by_table(keys, low, span)
    bits = max(count - 1, 1).bit_length()
    if (span - 1).bit_length() + bits <= 64:
        return _encode_by_packing(keys, low, bits)
    return _encode_by_hash(keys)


def _encode_by_table(keys: Sequence[Keys], low: int, span: int) -> tuple[Int64, list[Int32], bool]:
    seen = np.zeros(span, np.bool_)
    for part in keys:
        for i in range(0, len(part), _BLOCK):
            seen[part[i : i + _BLOCK].astype(np.int64) - low] = True
    distinct = np.flatnonzero(seen)
    # Numbers go to the cells in use only: a running sum over the whole span is slower.
    number = np.empty(span, np.int32)
    for i in range(0, len(distinct), _BLOCK):
        block = distinct[i : i + _BLOCK]
        number[block] = np.arange(i, i + len(block), dtype=np.int32)
    codes = []
    for part in keys:
        # Keys parsed here are ours and of the codes' size: numbered in place.
        out = part if part.dtype == np.int32 else np.empty(len(part), np.int32)
        for i in range(0, len(part), _BLOCK):
            np.take(number, part[i : i + _BLOCK] - low, out=out[i : i + _BLOCK], mode="clip")
        codes.append(out.astype(np.int32, copy=False))
    distinct += low
    return distinct, codes, True


def _encode_by_packing(
    keys: Sequence[Keys], low: int, bits: int
) -> tuple[Int64, list[Int32], bool]:
    count = sum(len(k) for k in keys)
    packed = np.empty(count, np.uint64)
    at = 0
    for part in keys:
        for i in range(0, len(part), _BLOCK):
            block = (part[i : i + _BLOCK].astype(np.int64) - low).astype(np.uint64)
            block <<= np.uint64(bits)
            block |= np.arange(at, at + len(block), dtype=np.uint64)
            packed[at : at + len(block)] = block
            at += len(block)
    packed.sort()
    rows, first = _groups(packed, bits)
    distinct = (packed[first] >> np.uint64(bits)).astype(np.int64) + low
    return distinct, _codes_of_groups(rows, first, [len(k) for k in keys]), True


def _groups(packed: UInt64, bits: int) -> tuple[Int64, npt.NDArray[np.bool_]]:
    """Split sorted key-and-row words into rows and the marks where a new key starts."""
    rows = (packed & np.uint64((1 << bits) - 1)).astype(np.int64)
    first = np.empty(len(packed), np.bool_)
    first[0] = True
    for i in range(1, len(packed), _BLOCK):
        part = packed[i - 1 : i + _BLOCK] >> np.uint64(bits)
        np.not_equal(part[1:], part[:-1], out=first[i : i + _BLOCK])
    return rows, first


def _codes_of_groups(
    rows: Int64, first: npt.NDArray[np.bool_], lengths: Sequence[int]
) -> list[Int32]:
    number = np.cumsum(first, dtype=np.int32)
    number -= 1
    codes = np.empty(len(rows), np.int32)
    codes[rows] = number
    return np.split(codes, np.cumsum(lengths)[:-1])


def _mix(words: Sequence[UInt64], multiplier: int) -> UInt64:
    """Hash a block of words; quality matters for speed only, equality is checked after."""
    factor = np.uint64(multiplier)
    out = words[0] * factor
    for word in words[1:]:
        out ^= out >> np.uint64(29)
        out += word
        out *= factor
    out ^= out >> np.uint64(32)
    out *= factor
    out ^= out >> np.uint64(29)
    out *= factor
    return out


class _NumberReader:
    """Integers as words of their own, block by block."""

    def __init__(self, values: Int64) -> None:
        self.rows = len(values)
        self._values = values.view(np.uint64)

    def words(self, start: int, stop: int) -> list[UInt64]:
        return [self._values[start:stop]]

    def words_at(self, rows: Int64) -> list[UInt64]:
        return [self._values.take(rows)]


class _KeyReader:
    """Rows of words that an index holds, padded with empty words."""

    def __init__(self, words: UInt64, count: int) -> None:
        self.rows = len(words)
        self._columns = list(words.T) + [np.zeros(len(words), np.uint64)] * (
            count - words.shape[1]
        )

    def words(self, start: int, stop: int) -> list[UInt64]:
        return [column[start:stop] for column in self._columns]

    def words_at(self, rows: Int64) -> list[UInt64]:
        return [column.take(rows) for column in self._columns]


class _TextReader:
    """Texts of one width as big-endian zero-padded words, block by block."""

    def __init__(self, texts: _Texts, count: int) -> None:
        self.rows = len(texts)
        self._texts, self._count = texts, count

    def words(self, start: int, stop: int) -> list[UInt64]:
        return _matrix_words(self._texts.data, start, stop, self._texts.width, self._count)

    def words_at(self, rows: Int64) -> list[UInt64]:
        width = self._texts.width
        block = self._texts.data.reshape(-1, width).take(rows, axis=0).reshape(-1)
        return _matrix_words(block, 0, len(rows), width, self._count)


class _MixedReader:
    """Texts of mixed width as big-endian zero-padded words; dear to read, so read once."""

    def __init__(self, texts: _Texts, count: int) -> None:
        self.rows = len(texts)
        spare = np.zeros(-len(texts.data) % 8, np.uint8)
        aligned = np.concatenate([texts.data, spare]).view(">u8").astype(np.uint64)
        self._store = np.empty((count, self.rows), np.uint64)
        for i in range(0, self.rows, _BLOCK):
            j = min(i + _BLOCK, self.rows)
            block = _joined_words(aligned, texts.starts[i:j], texts.lengths[i:j], count)
            for word, out in zip(block, self._store, strict=True):
                out[i:j] = word

    def words(self, start: int, stop: int) -> list[UInt64]:
        return [word[start:stop] for word in self._store]

    def words_at(self, rows: Int64) -> list[UInt64]:
        return [word.take(rows) for word in self._store]


def _joined_words(aligned: UInt64, starts: Int64, lengths: Int64, count: int) -> list[UInt64]:
    """Read texts as words by joining two aligned ones: faster than unaligned reads.

    Bytes past a text's end are masked away.
    """
    at = starts >> 3
    shift = ((starts & 7) << 3).astype(np.uint64)
    back = np.uint64(63) - shift
    left = aligned.take(at, mode="clip")
    out = []
    for k in range(count):
        at += 1
        right = aligned.take(at, mode="clip")
        word = left << shift
        half = right >> np.uint64(1)  # a shift by 64 is undefined; by 1 and 63 - shift it is not
        half >>= back
        word |= half
        word &= _KEEP.take(lengths - 8 * k, mode="clip")
        out.append(word)
        left = right
    return out


_Reader = _NumberReader | _KeyReader | _TextReader | _MixedReader


def _encode_by_hash(keys: Sequence[Keys]) -> tuple[Int64, list[Int32], bool]:
    """Number int64 keys of a range too wide to pack."""
    words, codes = _encode_words(
        [_NumberReader(part.astype(np.int64, copy=False)) for part in keys], 1
    )
    return words[0].view(np.int64), codes, False


def _encode_texts_by_hash(sources: Sequence[_Texts]) -> tuple[UInt64, list[Int32]]:
    count = -(-max(source.longest() for source in sources) // 8)
    readers = [
        _TextReader(source, count) if source.width else _MixedReader(source, count)
        for source in sources
    ]
    words, codes = _encode_words(readers, count)
    return words.T, codes


def _encode_words(readers: Sequence[_Reader], count: int) -> tuple[UInt64, list[Int32]]:
    """Number ids by hashed words; a grouping that fails its check is hashed anew.

    Returns:
        The distinct ids as ``count`` rows of words, and codes per reader.
    """
    lengths = [reader.rows for reader in readers]
    bits = max(sum(lengths) - 1, 1).bit_length()
    for multiplier in _MULTIPLIERS:
        packed = _packed_hashes(readers, bits, multiplier)
        rows, first = _groups(packed, bits)
        codes = _codes_of_groups(rows, first, lengths)
        words = _words_of(readers, rows.compress(first), count)
        if all(_is_spelled(r, part, words) for r, part in zip(readers, codes, strict=True)):
            return words, codes
    every = np.concatenate([np.stack(r.words(0, r.rows)) for r in readers], axis=1)
    order = np.lexsort(every[::-1])
    ordered = every[:, order]
    first = np.concatenate([[True], (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)])
    return ordered[:, first], _codes_of_groups(order, first, lengths)


def _packed_hashes(readers: Sequence[_Reader], bits: int, multiplier: int) -> UInt64:
    packed = np.empty(sum(reader.rows for reader in readers), np.uint64)
    at = 0
    for reader in readers:
        for start in range(0, reader.rows, _BLOCK):
            stop = min(start + _BLOCK, reader.rows)
            block = _mix(reader.words(start, stop), multiplier)
            block >>= np.uint64(bits)
            block <<= np.uint64(bits)
            block |= np.arange(at, at + len(block), dtype=np.uint64)
            packed[at : at + len(block)] = block
            at += len(block)
    packed.sort()
    return packed


def _words_of(readers: Sequence[_Reader], rows: Int64, count: int) -> UInt64:
    """Spell some rows of all readers together, one contiguous row of the answer per word."""
    words = np.empty((count, len(rows)), np.uint64)
    base = 0
    for reader in readers:
        where = np.flatnonzero((rows >= base) & (rows < base + reader.rows))
        mine = rows.take(where) - base
        for i in range(0, len(where), _BLOCK):
            block = reader.words_at(mine[i : i + _BLOCK])
            for word, out in zip(block, words, strict=True):
                out[where[i : i + _BLOCK]] = word
        base += reader.rows
    return words


def _is_spelled(reader: _Reader, codes: Int32, words: UInt64) -> bool:
    """Compare every row, in order, with the spelling that its code stands for."""
    for start in range(0, reader.rows, _BLOCK):
        stop = min(start + _BLOCK, reader.rows)
        at = codes[start:stop].astype(np.int64)
        for word, spelled in zip(reader.words(start, stop), words, strict=True):
            if not np.array_equal(word, spelled.take(at, mode="clip")):
                return False
    return True
