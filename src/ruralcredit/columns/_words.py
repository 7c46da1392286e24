"""Columns of a closed choice: words to small codes, by a table wherever the source has one."""

from collections.abc import Callable, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns._bring import (
    Bool,
    Int64,
    arrow_known,
    freeze,
    is_unknown,
    out_of_frame,
)
from ruralcredit.errors import InputError

Codes = npt.NDArray[np.int8 | np.int16]
Places = npt.NDArray[np.integer]

_UNKNOWN = -1
_WRONG = -2
_MOST_WORDS = np.iinfo(np.int16).max + 1


@attrs.frozen(eq=False, repr=False)
class Words:
    """A column of a closed choice: positions in ``words``, -1 where unknown.

    Attributes:
        codes: Of shape ``(n,)``; int8 for up to 128 words, else int16.
        words: The words of the choice, in the order given.

    >>> word_column("form", ["maximum", None], words=("specific", "maximum")).tolist()
    ['maximum', None]
    """

    codes: Codes
    words: tuple[str, ...]

    def __attrs_post_init__(self) -> None:
        """Mark the codes read-only."""
        freeze(self.codes)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.codes)

    def __repr__(self) -> str:
        """Show the rows and the choice."""
        return f"Words({len(self)} rows of {', '.join(self.words)})"

    def __eq__(self, other: object) -> bool:
        """Equal by content."""
        if not isinstance(other, Words):
            return NotImplemented
        return self.words == other.words and bool(np.array_equal(self.codes, other.codes))

    def __hash__(self) -> int:
        """Hash by content."""
        return hash((self.words, self.codes.tobytes()))

    def take(self, rows: Int64) -> "Words":
        """Return the rows asked for, in that order."""
        return Words(self.codes[rows], self.words)

    def are(self, word: str) -> Bool:
        """Return which rows hold a word of the choice; unknown rows do not."""
        if word not in self.words:
            message = f"the column holds {', '.join(self.words)} only, got {word!r}"
            raise InputError(message)
        return np.asarray(self.codes == self.words.index(word))

    def tolist(self) -> list[str | None]:
        """Spell out every row, None where unknown."""
        return [self.words[c] if c >= 0 else None for c in self.codes.tolist()]


def word_column(name: str, values: object, *, words: Sequence[str]) -> Words:
    """Return a column of a closed choice.

    Categories of Arrow, pandas and Polars are looked up once each; one that is no word of the
    choice passes as long as no row holds it.

    Args:
        name: The column's name, for errors.
        values: Any column of texts or categories; None, NaN or null is unknown.
        words: The words that pass.

    Raises:
        InputError: If a cell is another word; it lists the words that pass.

    >>> word_column("form", ["maximum", None], words=("specific", "maximum")).codes.tolist()
    [1, -1]
    """
    if len(words) > _MOST_WORDS:
        message = f"{name} must choose among at most {_MOST_WORDS} words, got {len(words)}"
        raise InputError(message, column=name)
    codes, cell = _coded(name, values, words)
    # Asked first, as it takes a third of the time of looking at each.
    if int(codes.min(initial=0)) == _WRONG:
        wrong = codes == _WRONG
        first = int(np.argmax(wrong))
        message = (
            f"{name} must be one of {', '.join(words)}, {int(wrong.sum())} cells are not, the "
            f"first at row {first} ({cell(first)!r})"
        )
        raise InputError(message, column=name, count=int(wrong.sum()), first_row=first)
    return Words(codes, tuple(words))


class _Choice(dict[object, int]):
    """From cell to code; a cell that is no key of the table is looked at by itself."""

    def __missing__(self, cell: object) -> int:
        """Return the code of a cell that is no plain word: NaN, NA, a str with its own hash."""
        if isinstance(cell, str):
            return self.get(str.__str__(cell), _WRONG)
        return _UNKNOWN if is_unknown(cell) else _WRONG

    def codes(self, cells: Sequence[object]) -> Codes:
        """Return one code per cell."""
        kind: np.dtype[np.int8 | np.int16] = np.dtype(np.int8)
        if max(self.values()) > np.iinfo(np.int8).max:
            kind = np.dtype(np.int16)
        try:
            return np.fromiter(map(self.__getitem__, cells), kind, len(cells))
        except TypeError:  # what cannot be hashed is no word either
            plain = [v if isinstance(v, str) or is_unknown(v) else _WRONG for v in cells]
            return np.fromiter(map(self.__getitem__, plain), kind, len(cells))


_Spell = Callable[[int], object]


def _coded(name: str, values: object, words: Sequence[str]) -> tuple[Codes, _Spell]:
    """Return the codes of a column, and what shows the cell of a row."""
    choice = _Choice({None: _UNKNOWN} | {word: i for i, word in enumerate(words)})
    array = getattr(values, "array", values)
    if hasattr(array, "categories") and hasattr(array, "codes"):
        distinct = array.categories.tolist()
        return _looked_up(choice, distinct, np.asarray(array.codes))
    brought = out_of_frame(name, values)
    if hasattr(brought, "dictionary_encode"):
        try:
            return _of_arrow(choice, brought.dictionary_encode())
        except NotImplementedError:  # Arrow keeps no dictionary of lists, structs and runs
            brought = brought.to_pylist()  # type: ignore[attr-defined]  # Arrow
    if isinstance(brought, np.ndarray):
        if brought.dtype.kind == "S":
            choice = _Choice({word.encode(): i for i, word in enumerate(words)})
        brought = brought.tolist()
    cells: list[object] = brought  # type: ignore[assignment]  # a list by now
    return choice.codes(cells), cells.__getitem__


def _of_arrow(choice: _Choice, values: object) -> tuple[Codes, _Spell]:
    """Look up an Arrow dictionary, in chunks or not, sliced or not."""
    if hasattr(values, "combine_chunks"):
        values = values.combine_chunks()
    indices = values.indices  # type: ignore[attr-defined]  # an Arrow dictionary
    kind = np.dtype(str(indices.type).replace("uint64", "int64"))
    places: Places = np.zeros(0, kind)
    if len(indices):
        # NumPy would get floats where rows are null; the buffer holds the integers.
        _validity, data = indices.buffers()
        places = np.frombuffer(data, kind, len(indices), indices.offset * kind.itemsize)
    distinct = values.dictionary.to_pylist()  # type: ignore[attr-defined]  # Arrow
    codes, spell = _looked_up(choice, distinct, places)
    if indices.null_count:
        # The bits of -1 are all ones; writing where a mask says so takes forty times as long.
        codes |= -(~arrow_known(indices)).view(np.int8)
    return codes, spell


def _looked_up(choice: _Choice, distinct: list[object], places: Places) -> tuple[Codes, _Spell]:
    """Return the codes of rows that are places among distinct cells; -1 is unknown."""
    table = choice.codes([*distinct, None])
    is_same = np.array_equal(table[:-1], np.arange(len(distinct)))
    codes = places.astype(table.dtype) if is_same else table.take(places, mode="wrap")
    return codes, lambda row: distinct[places[row]]
