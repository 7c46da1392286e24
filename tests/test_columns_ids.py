"""Ids to codes: a dictionary's numbering, whatever brought the ids and whichever way they took."""

import datetime
import functools
import pickle
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ruralcredit.columns import IdColumn, IdIndex, _coding, _sources, encode_ids
from ruralcredit.errors import InputError

INT64 = st.integers(-(2**63), 2**63 - 1)
MASK = 2**64 - 1
BLOCK = _sources._BLOCK
NO_NUL = st.characters(exclude_characters="\0", codec="utf-8")
# Every character that Python calls white space, none of which makes an id.
WHITE = [c for c in map(chr, range(1, 0x110000)) if c.isspace()]
LOST_ZEROS = "a code read as a number has lost its leading zeros, read it as text"


def meant(cell):
    """Return the id that a cell stands for, None where it is blank or unknown."""
    return None if isinstance(cell, str) and not cell.strip() else cell


def check_numbering(columns, cells):
    """Hold encode_ids against a dictionary; return the index and the codes."""
    index, codes = encode_ids(columns)
    number = {}
    for name, column in cells.items():
        for cell, code in zip(column, codes[name].tolist(), strict=True):
            assert number.setdefault(meant(cell), code) == code

    assert number.pop(None, -1) == -1
    assert sorted(number.values()) == list(range(len(index)))
    assert list(number) == index.ids(np.array(list(number.values()), np.int64))
    assert list(cells) == list(codes)
    for column in codes.values():
        assert np.int32 == column.dtype
        assert not column.flags.writeable
    return index, codes


def refused(columns):
    """Return message, column, count and first row of the error that columns must raise."""
    with pytest.raises(InputError) as caught:
        encode_ids(columns)
    error = caught.value
    return str(error), error.column, error.count, error.first_row


def refused_ids(values):
    """Return the same for one column named ``party``."""
    return refused({"party": values})


# --- sources ----------------------------------------------------------------------------


def blanks(cells):
    """Return texts for arrays that know no null."""
    return ["" if cell is None else cell for cell in cells]


def wider(cells):
    """Return texts as a NumPy array wider than any of them."""
    longest = max((len(cell) for cell in blanks(cells)), default=0)
    return np.array(blanks(cells), f"U{longest + 3}")


def as_bytes(cells):
    """Return texts as a NumPy array of UTF-8 bytes."""
    encoded = [cell.encode() for cell in blanks(cells)]
    return np.array(encoded, f"S{max(map(len, encoded), default=1) or 1}")


def chunked(cells):
    """Return an Arrow column in two uneven pieces."""
    cut = len(cells) // 3
    return pa.chunked_array([pa.array(p, pa.string()) for p in (cells[:cut], cells[cut:])])


def sliced(cells):
    """Return the middle of a longer Arrow column, so that offsets and bitmaps are shifted."""
    pad = ["pad", None, "é"]
    return pa.array([*pad, *cells, *pad], pa.string()).slice(3, len(cells))


def over_garbage(cells):
    """Return an Arrow column with bytes left under its nulls, as its format allows."""
    full = pa.array(["left behind" if cell is None else cell for cell in cells], pa.string())
    known = np.array([cell is not None for cell in cells], np.bool_)
    bitmap = pa.py_buffer(np.packbits(known, bitorder="little").tobytes())
    _none, offsets, data = full.buffers()
    return pa.StringArray.from_buffers(len(cells), offsets, data, bitmap)


def with_index(cells):
    """Return a pandas column whose labels are not its row numbers."""
    return pd.Series(cells, index=range(5, 5 + len(cells)), dtype=object)


def with_na(cells):
    """Return a NumPy column of the new strings with a missing value."""
    return np.array(cells, np.dtypes.StringDType(na_object=None))


TEXT_SOURCES = {
    "list": list,
    "tuple": tuple,
    "iterator": iter,
    "list with NaN": lambda cells: [float("nan") if c is None else c for c in cells],
    "list with NA": lambda cells: [pd.NA if c is None else c for c in cells],
    "list of NumPy scalars": lambda cells: [c if c is None else np.str_(c) for c in cells],
    "NumPy U": lambda cells: np.array(blanks(cells), str),
    "NumPy U too wide": wider,
    "NumPy U big-endian": lambda cells: np.array(blanks(cells), str).astype(">U12"),
    "NumPy U strided": lambda cells: np.repeat(np.array(blanks(cells), str), 2)[::2],
    "NumPy S": as_bytes,
    "NumPy object": lambda cells: np.array([*cells, None], object)[:-1],
    "NumPy StringDType": lambda cells: np.array(blanks(cells), np.dtypes.StringDType()),
    "NumPy StringDType with nulls": with_na,
    "NumPy masked": lambda cells: np.ma.MaskedArray(blanks(cells), [c is None for c in cells]),
    "Arrow string": lambda cells: pa.array(cells, pa.string()),
    "Arrow large_string": lambda cells: pa.array(cells, pa.large_string()),
    "Arrow string_view": lambda cells: pa.array(cells, pa.string_view()),
    "Arrow dictionary": lambda cells: pa.array(cells, pa.string()).dictionary_encode(),
    "Arrow chunked": chunked,
    "Arrow chunked dictionary": lambda cells: chunked(cells).dictionary_encode(),
    "Arrow sliced": sliced,
    "Arrow over garbage": over_garbage,
    "pandas object": with_index,
    "pandas str": lambda cells: pd.Series(cells, dtype="str"),
    "pandas string": lambda cells: pd.Series(cells, dtype="string"),
    "pandas string[python]": lambda cells: pd.Series(cells, dtype="string[python]"),
    "pandas string[pyarrow]": lambda cells: pd.Series(cells, dtype="string[pyarrow]"),
    "pandas Arrow": lambda cells: pd.Series(cells, dtype=pd.ArrowDtype(pa.string())),
    "pandas category": lambda cells: pd.Series(cells, dtype="category"),
    "pandas Index": lambda cells: pd.Index(cells, dtype=object),
    "Polars String": lambda cells: pl.Series(cells, dtype=pl.String),
    "Polars Categorical": lambda cells: pl.Series(cells, dtype=pl.Categorical),
    "Polars sliced": lambda cells: pl.Series([None, *cells], dtype=pl.Utf8)[1:],
}
TEXT_LISTS = {
    "one width": ["0004", "0011", "0004", "9999"],
    "one width and a null": ["0004", None, "0011", "0004"],
    "ten digits": ["6217000001", "0000000000", "9999999999"],
    "prefix": ["P-0012", "P-0004", "P-0012"],
    "mixed widths": ["a", "bcdefghij", None, "a", "0", "00", "bcdefghij"],
    "letters": ["ab", "ba", "ab"],
    "multibyte": ["甲乙", None, "甲", "é", "甲乙", "𠮷野"],
    "blanks among ids": ["", " x", "x ", "x", "\t", "\u3000", "x"],
    "nulls first and last": [None, None, "b", "a", None],
    "only nulls": [None, None],
    "only empty": ["", ""],
    "only white space": [" ", "  ", "\xa0", "\u3000", " "],
    "one white space": ["  ", "  "],
    "one id": ["x"],
    "none": [],
}


@pytest.mark.parametrize("bring", TEXT_SOURCES.values(), ids=TEXT_SOURCES)
def test_texts_are_numbered_alike_from_every_source(bring):
    """The source changes neither the ids nor their codes: the indexes are equal, hashes too."""
    for form, cells in TEXT_LISTS.items():
        index, codes = check_numbering({"party": bring(cells)}, {"party": cells})
        plain, plain_codes = encode_ids({"party": cells})

        assert plain == index, form
        assert hash(plain) == hash(index), form
        assert plain_codes["party"].tolist() == codes["party"].tolist(), form
        assert plain.is_sorted == index.is_sorted, form


@given(cells=st.lists(st.none() | st.text(NO_NUL, max_size=12), max_size=12))
def test_any_texts_are_numbered_alike_from_every_source(cells):
    """The same law on texts that nobody would think of."""
    plain, plain_codes = check_numbering({"party": cells}, {"party": cells})

    for source, bring in TEXT_SOURCES.items():
        index, codes = encode_ids({"party": bring(cells)})

        assert plain_codes["party"].tolist() == codes["party"].tolist(), source
        assert plain == index, source


INT_DTYPES = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
INT_SOURCES = {
    "list": list,
    "tuple": tuple,
    "NumPy scalars": lambda cells: [np.int16(c) for c in cells],
    "NumPy object": lambda cells: np.array(cells, object),
    "NumPy big-endian": lambda cells: np.array(cells, ">i8"),
    "NumPy strided": lambda cells: np.repeat(np.array(cells, np.int64), 3)[::3],
    "NumPy reversed twice": lambda cells: np.array(cells[::-1], np.int64)[::-1],
    **{f"NumPy {kind}": functools.partial(np.array, dtype=kind) for kind in INT_DTYPES},
    **{f"Arrow {kind}": functools.partial(pa.array, type=kind) for kind in INT_DTYPES},
    **{f"pandas {kind}": functools.partial(pd.Series, dtype=kind) for kind in INT_DTYPES},
}
GAP_SOURCES = {
    "list": list,
    "list with NaN": lambda cells: [float("nan") if c is None else c for c in cells],
    "list with NA": lambda cells: [pd.NA if c is None else c for c in cells],
    "NumPy object": lambda cells: np.array(cells, object),
    "NumPy masked": lambda cells: np.ma.MaskedArray(
        [c or 0 for c in cells], [c is None for c in cells]
    ),
    "Arrow": lambda cells: pa.array(cells, pa.int64()),
    "Arrow chunked": lambda cells: pa.chunked_array(
        [pa.array(part, pa.int64()) for part in (cells[:1], cells[1:])]
    ),
    "Arrow sliced": lambda cells: pa.array([None, 1, *cells, 2], pa.int64()).slice(2, len(cells)),
    "Arrow dictionary": lambda cells: pa.array(cells, pa.int64()).dictionary_encode(),
    "pandas object": with_index,
    "pandas Int64": lambda cells: pd.Series(cells, dtype="Int64"),
    "pandas Arrow": lambda cells: pd.Series(cells, dtype=pd.ArrowDtype(pa.int64())),
    "Polars": lambda cells: pl.Series(cells, dtype=pl.Int64),
}


@pytest.mark.parametrize("bring", INT_SOURCES.values(), ids=INT_SOURCES)
def test_integers_are_numbered_alike_from_every_source(bring):
    """Integers of every dtype make the index of Python's own, in their order."""
    cells = [7, 0, 127, 7, 33]

    index, codes = check_numbering({"party": bring(cells)}, {"party": cells})

    assert encode_ids({"party": cells})[0] == index
    assert [1, 0, 3, 1, 2] == codes["party"].tolist()
    assert "int" == index.kind


@pytest.mark.parametrize("cells", [[None, 5, 2**62 + 1, -(2**63), 5], [4, None], [None, None], []])
@pytest.mark.parametrize("bring", GAP_SOURCES.values(), ids=GAP_SOURCES)
def test_integers_with_gaps_lose_no_digit(bring, cells):
    """A gap makes no float on the way: 2**62 + 1 stays itself."""
    index, codes = check_numbering({"party": bring(cells)}, {"party": cells})

    assert encode_ids({"party": cells})[1]["party"].tolist() == codes["party"].tolist()
    assert encode_ids({"party": cells})[0] == index


@pytest.mark.parametrize("kind", INT_DTYPES)
def test_integers_reach_both_ends_of_their_dtype(kind):
    """The smallest and largest number of each dtype are ids, as far as int64 holds them."""
    low, high = np.iinfo(kind).min, min(np.iinfo(kind).max, 2**63 - 1)

    check_numbering(
        {"party": np.array([high, low, 1, high], kind)}, {"party": [high, low, 1, high]}
    )


NO_IDS = {
    "list": [None, None, None],
    "NaN": [float("nan")] * 3,
    "floats": np.full(3, np.nan),
    "floats of a frame": pd.Series([None, None, None], dtype=float),
    "Arrow null": pa.nulls(3),
    "Arrow floats": pa.array([None, None, None], pa.float64()),
    "zero width": np.zeros(3, [("a", "U0")])["a"],
    "Polars null": pl.Series([None, None, None]),
}


@pytest.mark.parametrize("values", NO_IDS.values(), ids=NO_IDS)
@pytest.mark.parametrize("other", [["a", "b"], [4, 5]])
def test_a_column_without_an_id_has_no_kind(values, other):
    """Unknown ids stand beside texts and beside integers alike."""
    cells = {"party": [None] * 3, "other": other}

    check_numbering({"party": values, "other": other}, cells)
    check_numbering({"party": values}, {"party": [None] * 3})


def test_no_columns_make_an_empty_index():
    """Nothing to number is no error."""
    index, codes = encode_ids({})

    assert (0, {}, [], "str") == (len(index), codes, index.ids(np.zeros(0, int)), index.kind)


def test_polars_without_arrow_is_read_as_a_list():
    """A series that cannot become Arrow hands out its cells."""

    def to_arrow():
        raise ImportError

    series = SimpleNamespace(to_arrow=to_arrow, to_list=lambda: ["b", None, "a"])

    check_numbering({"party": series}, {"party": ["b", None, "a"]})


def test_an_arrow_column_that_stays_in_pieces_is_read_as_cells():
    """Text too large for one piece stays chunked; its cells are read one by one."""
    cells = ["ab", None, "c"]
    chunked = pa.chunked_array([cells[:2], cells[2:]])
    large = SimpleNamespace(combine_chunks=lambda: chunked, dictionary_encode=None)

    check_numbering({"party": large}, {"party": cells})


# --- spellings --------------------------------------------------------------------------


@st.composite
def templated(draw):
    """Ids as banks write them: fixed pieces and runs of digits, all of one width."""
    pieces = draw(
        st.lists(
            st.sampled_from(["", "P", "-", "/", "3701", "甲支行", " ", "X", "é"])
            | st.integers(1, 20),
            min_size=1,
            max_size=5,
        )
    )
    rows = draw(st.integers(1, 12))
    texts = [""] * rows
    for piece in pieces:
        if isinstance(piece, str):
            texts = [text + piece for text in texts]
        else:
            texts = [f"{text}{draw(st.integers(0, 10**piece - 1)):0{piece}d}" for text in texts]
    return texts


@given(guarantors=templated(), borrowers=templated(), are_split=st.booleans())
def test_ids_of_one_form_are_numbered_like_a_dictionary_does(guarantors, borrowers, are_split):
    """Prefixes, separators, branch names and digits of any width, in one column or two."""
    both = guarantors + borrowers
    cells = {"a": guarantors, "b": guarantors[::-1]} if are_split else {"a": both, "b": borrowers}

    index, _codes = check_numbering(cells, cells)
    everything = index.ids(np.arange(len(index)))

    assert not index.is_sorted or everything == sorted(everything)


ALPHABETS = {
    "digits": "0123456789",
    "two digits": "01",
    "letters": "abXZ",
    "letters and digits": "0189AZaz",
    "hex": "0123456789ABCDEF",
    "digit neighbours": "/0189:",
    "any byte": "".join(map(chr, range(0x21, 0x7F))),
    "full-width digits": "０１２３４５６７８９",
    "Chinese": "甲乙丙丁",
    "with a blank": " 09",
}


@pytest.mark.parametrize("alphabet", ALPHABETS.values(), ids=ALPHABETS)
def test_every_width_is_exact(alphabet):
    """Widths 1 to 40 and the widest; two columns, both alike in width and then not."""
    rng = np.random.default_rng(20240630)
    letters = np.array(list(alphabet))
    longest = 256 // len(alphabet[0].encode())
    for width in [*range(1, 41), longest - 1, longest]:
        a, b = (
            ["".join(row) for row in letters[rng.integers(0, len(letters), (9, width))]]
            for _ in range(2)
        )
        b += [a[0], a[3]]
        shorter = [text[: max(1, width // 2)] for text in b]
        check_numbering({"a": a, "b": np.array(b)}, {"a": a, "b": b})
        check_numbering({"a": pa.array(a), "b": shorter}, {"a": a, "b": shorter})
        check_numbering({"b": shorter, "a": as_bytes(a)}, {"b": shorter, "a": a})


WIDTHS = st.sampled_from([*range(1, 41), 63, 64, 65, 255, 256])


@given(data=st.data(), first=WIDTHS, second=WIDTHS)
def test_columns_of_two_widths_share_one_index(data, first, second):
    """Each column has one width of its own: the shorter ids are no prefixes of the longer."""
    ascii_texts = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
    columns = {
        name: data.draw(st.lists(st.text(ascii_texts, min_size=w, max_size=w), max_size=5))
        for name, w in (("a", first), ("b", second))
    }
    columns["c"] = [text[:7] for text in columns["a"]]

    check_numbering(columns, columns)
    check_numbering({name: pa.array(v, pa.string()) for name, v in columns.items()}, columns)


@given(cells=st.lists(st.text(st.sampled_from("a0é甲 \x1f"), max_size=40), max_size=20))
def test_mixed_widths_are_exact(cells):
    """Texts of 0 to 160 bytes in one column, cut at every place of a word."""
    check_numbering({"party": cells}, {"party": cells})
    check_numbering({"party": pa.array(cells, pa.string())}, {"party": cells})


@pytest.mark.parametrize(
    ("cells", "is_sorted"),
    [
        (["3701020000000012", "3701020000000004"], True),
        (["37010219900307123X", "370102199003071231", "37010219900307124X"], False),
        (["91370100MA3C0QU50X", "91370100MA3C0QU508", "91370100163051234A"], False),
        (["91370100MA3C0QU501", "91370100MA3C0QU508"], True),
        (["370102-00012", "370102-00004", "370103-00004"], True),
        (["历城支行0012", "历城支行0004"], True),
        (["历城支行0012", "历下支行0004"], False),
        (["0012号", "0004号"], True),
        (["0" * 18, "9" * 18], True),
        (["0" * 19, "9" * 19], False),
        (["A" + "0" * 18 + "Z", "A" + "9" * 18 + "Z"], False),
        (["7" * 30 + "01", "7" * 30 + "10"], True),
    ],
)
def test_real_forms_of_ids_take_the_way_meant_for_them(cells, is_sorted):
    """Digits that differ are parsed, 18 places at most; letters that differ are hashed."""
    index, _codes = check_numbering({"party": cells}, {"party": cells})

    assert is_sorted == index.is_sorted


def test_zeros_case_and_width_of_signs_are_kept():
    """Nothing is folded: what looks alike to a reader is a finding, not one id."""
    cells = [
        "7",
        "07",
        "007",
        "a",
        "A",
        "１",
        "1",
        " 1",
        "1 ",
        "é",
        "e\u0301",
        "\ufeff1",
        "ß",
        "SS",
    ]

    index, _codes = check_numbering({"party": cells}, {"party": cells})

    assert len(cells) == len(index)


@pytest.mark.parametrize("cells", [["01", "1", "001"], ["00", "01"], ["00000000", "00000001"]])
def test_leading_zeros_are_kept(cells):
    """1 and "01" differ, and nothing of one id is lost when it is spelled out."""
    check_numbering({"party": cells}, {"party": cells})


@pytest.mark.parametrize("white", WHITE, ids=ascii)
def test_white_space_alone_is_no_id(white):
    """Alone, repeated, with others: unknown; beside a letter: part of the id."""
    for cells in (
        [white],
        [white * 9, white],
        [white, " " + white, "x"],
        [white + "x", "x", white],
    ):
        index, _codes = check_numbering({"party": cells}, {"party": cells})

        assert len({cell for cell in cells if cell.strip()}) == len(index)


def test_signs_that_only_look_blank_are_ids():
    """Zero-width signs are not white space: they stay, as findings."""
    cells = ["\u200b", "\ufeff", "\u2060", "\u180e"]

    index, _codes = check_numbering({"party": cells}, {"party": cells})

    assert len(cells) == len(index)


# --- long columns -----------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 7])
@pytest.mark.parametrize(
    "spell",
    [int, "{:08d}".format, "P{:012d}".format, "{:x}".format, "K{:011x}".format],
    ids=["table", "digits", "packed digits", "mixed widths", "letters"],
)
def test_blocks_join_without_a_seam(count, spell):
    """Columns that end before, on and after a block's edge, beside a short one."""
    numbers = (np.arange(count) * 7_919 % 4_999).tolist()
    cells = {"a": [spell(n) for n in numbers], "b": [spell(n) for n in (3, 5_001)]}

    index, codes = check_numbering(cells, cells)

    assert codes["b"].tolist() == index.find(cells["b"]).tolist()
    assert cells["a"] == index.ids(codes["a"])


MIDDLES = {
    "an early digit": "ABC12345600000001",
    "a letter": "ABD00000000000001",
    "a letter among digits": "ABC00000000000X01",
    "a sign below the digits": "ABC000000000/0001",
    "a sign above the digits": "ABC000000000:0001",
    "a byte above ASCII": "AB\u00e9" + "0" * 13,
    "the last place": "ABC0000000000000Z",
}


@pytest.mark.parametrize("middle", MIDDLES.values(), ids=MIDDLES)
def test_a_form_that_only_the_middle_breaks_is_seen(middle):
    """The first and last 512 rows are a sample; a row between that differs is not misread."""
    cells = [f"ABC{n % 50:014d}" for n in range(2_000)]
    cells[1_000] = middle

    check_numbering({"party": cells}, {"party": cells})
    check_numbering({"other": cells[:3], "party": cells}, {"other": cells[:3], "party": cells})


@pytest.mark.parametrize("middle", ["0" * 10 + "1" + "0" * 19, "1" + "0" * 29])
def test_a_middle_with_too_many_digits_is_hashed(middle):
    """After the second look the digits may be too many for one number."""
    cells = [f"{n % 50:030d}" for n in range(2_000)]
    cells[1_000] = middle

    index, _codes = check_numbering({"party": cells}, {"party": cells})

    assert (middle[0] == "0" and len(middle.lstrip("0")) < 19) == index.is_sorted


# --- the ways of numbers ----------------------------------------------------------------


def grouping(codes):
    """Return codes renumbered by first appearance: the partition that they make."""
    number = {}
    return [number.setdefault(code, len(number)) for part in codes for code in part.tolist()]


PARTS = st.lists(st.lists(st.integers(-300, 300), min_size=1, max_size=20), min_size=1, max_size=3)


@given(parts=PARTS, base=st.sampled_from([0, -(2**62), 2**62, -(2**63) + 300, 2**63 - 301]))
def test_table_packing_and_hash_agree(parts, base):
    """The three private ways make one partition and the same distinct keys."""
    keys = [np.array(part, np.int64) + base for part in parts]
    low, high = (int(f([f(part) for part in keys])) for f in (min, max))
    bits = max(sum(map(len, keys)) - 1, 1).bit_length()

    by_table = _coding._encode_by_table(keys, low, high - low + 1)
    by_packing = _coding._encode_by_packing(keys, low, bits)
    by_hash = _coding._encode_by_hash(keys)

    assert by_table[0].tolist() == by_packing[0].tolist() == sorted(by_hash[0].tolist())
    assert [p.tolist() for p in by_table[1]] == [p.tolist() for p in by_packing[1]]
    assert grouping(by_table[1]) == grouping(by_hash[1])
    for distinct, codes, _in_order in (by_table, by_packing, by_hash):
        assert [k.tolist() for k in keys] == [distinct[part].tolist() for part in codes]
    assert (True, True, False) == (by_table[2], by_packing[2], by_hash[2])


@given(parts=st.lists(st.lists(INT64, max_size=20), min_size=1, max_size=3))
@example(parts=[[-(2**63), 2**63 - 1]])
@example(parts=[[-(2**63)], [], [-(2**63)]])
@example(parts=[[2**63 - 1, -1, 0]])
def test_any_integers_are_numbered_like_a_dictionary_does(parts):
    """Negative and huge integers, in one column or three."""
    cells = {str(i): part for i, part in enumerate(parts)}

    check_numbering(cells, cells)
    check_numbering({k: np.array(v, np.int64) for k, v in cells.items()}, cells)


@pytest.mark.parametrize(
    ("cells", "is_sorted"),
    [
        ([1_023, 0], True),  # a table
        ([0, 1_024], True),  # packed
        ([0, 2**63 - 1, 5], False),  # 63 bits and 2 for the row
        ([0, 2**62 - 1, 5], True),
        ([-(2**62), 2**62 - 1], True),  # 63 bits and 1
        ([-(2**62), 2**62], False),  # 64 bits and 1
        ([-(2**63), 2**63 - 1], False),
    ],
)
def test_a_range_too_wide_to_pack_is_hashed(cells, is_sorted):
    """Key and row number share 64 bits: one bit more and the key is hashed."""
    index, _codes = check_numbering({"party": cells}, {"party": cells})

    assert is_sorted == index.is_sorted


def test_long_columns_of_integers_are_exact_on_every_way():
    """More rows than a block holds, in a range for each way."""
    rng = np.random.default_rng(7)
    for low, high in ((0, 900), (-(2**40), 2**40), (-(2**63), 2**63 - 1)):
        pool = rng.integers(low, high, 700)
        columns = {name: pool[rng.integers(0, 700, BLOCK + 99)] for name in "ab"}
        check_numbering(columns, {name: column.tolist() for name, column in columns.items()})


def unmixed(hashed, multiplier):
    """Return the word whose hash is given: the hash of one word can be undone."""
    inverse = pow(multiplier, -1, 2**64)
    word = hashed * inverse & MASK
    word ^= word >> 29 ^ word >> 58
    word = word * inverse & MASK
    word ^= word >> 32
    return word * inverse & MASK


def colliding(multiplier):
    """Return two words whose hashes differ in the last bit only."""
    return [unmixed(0xABCDEF0123456700 + bit, multiplier) for bit in (0, 1)]


def colliding_words(count):
    """Return words that collide under the first multipliers, a pair for each."""
    return [word for m in _coding._MULTIPLIERS[:count] for word in colliding(m)]


def as_signed(words):
    """Return 64-bit words as the int64 numbers that they spell."""
    return np.array(words, np.uint64).view(np.int64).tolist()


@pytest.mark.parametrize("failing", [0, 1, 2, 3])
def test_integers_whose_hashes_collide_stay_apart(failing):
    """One, two or all multipliers fail; after the last the words themselves are sorted."""
    cells = {
        "a": [*as_signed(colliding_words(failing)), 5, -(2**63)],
        "b": [2**63 - 1, *as_signed(colliding_words(failing))[::-1]],
    }

    index, _codes = check_numbering(cells, cells)

    assert 2 * failing + 3 == len(index)


@pytest.mark.parametrize("number", range(3))
def test_the_pair_made_to_collide_does_collide(number):
    """Without this the law above would hold for want of a case."""
    multiplier = _coding._MULTIPLIERS[number]
    reader = _coding._NumberReader(np.array(colliding(multiplier), np.uint64).view(np.int64))

    packed = _coding._packed_hashes([reader], 1, multiplier)

    assert [True, False] == _coding._groups(packed, 1)[1].tolist()


def hashed_texts(words, *, is_mixed):
    """Return texts of eight bytes as the module holds them, in one width or as mixed ones."""
    data = np.array(words, ">u8").view(np.uint8)
    if not is_mixed:
        return _sources._Texts(len(words), data, None, 8)
    starts = np.arange(len(words)) * 8
    return _sources._gathered(
        len(words) + 1,
        np.concatenate([data, np.full(3, 65, np.uint8)]),
        None,
        np.append(starts, 8 * len(words)),
        np.append(np.full(len(words), 8), 3),
    )


@pytest.mark.parametrize("is_mixed", [False, True])
@pytest.mark.parametrize("failing", [0, 1, 2, 3])
def test_texts_whose_hashes_collide_stay_apart(failing, is_mixed):
    """The same for texts: no two spellings ever share a code."""
    words = colliding_words(3)
    mine = [*words[: 2 * failing], words[0]]
    texts = hashed_texts(mine, is_mixed=is_mixed)
    spelled = mine + [0x4141410000000000] * is_mixed

    distinct, codes = _coding._encode_texts_by_hash([texts, texts])

    assert sorted(set(spelled)) == sorted(distinct[:, 0].tolist())
    for part in codes:
        assert spelled == distinct[part, 0].tolist()


# --- asking the index -------------------------------------------------------------------

ONE_KIND = st.one_of(
    st.lists(st.integers(-5, 5), min_size=1, max_size=9),
    st.lists(INT64, min_size=1, max_size=9),
    st.lists(st.text(NO_NUL, max_size=20), min_size=1, max_size=9),
    st.lists(st.text("01", min_size=3, max_size=3), min_size=1, max_size=9),
    st.lists(st.text("01", min_size=11, max_size=11), min_size=1, max_size=9),
    st.lists(st.text("0é甲", min_size=1, max_size=9), min_size=1, max_size=9),
)


@given(cells=ONE_KIND)
def test_ranks_are_the_places_of_the_sorted_ids(cells):
    """Texts by code point, integers by size; asking twice gives the same read-only array."""
    index, _codes = encode_ids({"party": cells})
    everything = index.ids(np.arange(len(index)))

    ranks = index.ranks()

    assert [sorted(everything).index(one) for one in everything] == ranks.tolist()
    assert not len(index) or np.shares_memory(ranks, index.ranks())
    assert not ranks.flags.writeable
    assert not index.is_sorted or list(range(len(index))) == ranks.tolist()


@given(cells=ONE_KIND, data=st.data())
def test_ranks_among_order_some_codes_as_their_ids(cells, data):
    """Sorting some codes by rank sorts their ids."""
    index, _codes = encode_ids({"party": cells})
    every = list(range(len(index)))
    some = np.array(data.draw(st.lists(st.sampled_from(every or [0]), unique=True)), np.int64)
    some = some[: len(index)]

    in_order = some[np.argsort(index.ranks_among(some))]

    assert sorted(index.ids(some)) == index.ids(in_order)
    assert index.ids(in_order) == index.known_ids(in_order)


@given(cells=ONE_KIND, others=ONE_KIND)
def test_find_is_the_inverse_of_ids(cells, others):
    """Codes come back from their ids, in any order of asking; strangers are -1."""
    index, codes = encode_ids({"party": cells})
    everything = index.ids(np.arange(len(index)))
    number = {one: i for i, one in enumerate(everything)}

    assert codes["party"].tolist() == index.find(cells).tolist()
    assert list(range(len(index))) == index.find(everything).tolist()
    if all(type(one) is type(other) for one in cells for other in others):
        assert [number.get(one, -1) for one in others] == index.find(others).tolist()
        assert [number.get(one, -1) for one in others] == index.find(tuple(others)).tolist()
    assert codes["party"].tolist() == index.find(cells).tolist()


@pytest.mark.parametrize(
    "cells",
    [["001", "010"], ["ab", "b"], ["ab", "ba"], ["甲支行01", "甲支行02"], ["x" * 30, "y" * 30]],
)
def test_find_takes_ids_shorter_and_longer_than_its_own(cells):
    """A prefix, an extension, a blank and a null are strangers, asked in any order."""
    index, codes = encode_ids({"party": cells})
    strangers = [cells[0][:-1], cells[0] + "0", cells[0] + "0" * 60, " ", "", None]
    for asked in (strangers, cells, strangers[:1], pa.array(strangers), cells):
        expected = [codes["party"][cells.index(one)] if one in cells else -1 for one in asked]

        assert expected == index.find(asked).tolist()


MANY = {
    "table": (lambda n: n - 500, 1),
    "wide numbers": (lambda n: (n - 500) * 10**15, 1),
    "digits": ("A{:06d}".format, 1),
    "wide digits": ("{:016d}".format, 10**12 + 1),
    "letters": ("{:04x}X".format, 1),
    "mixed widths": ("{:x}".format, 997),
    "long": ("甲{:x}".format, 10**30),
}


@pytest.mark.parametrize("count", [1, 16, 17, 4_095, 4_096, 20_000])
@pytest.mark.parametrize(("spell", "step"), MANY.values(), ids=MANY)
def test_find_is_exact_for_few_and_for_many(spell, step, count):
    """One by one, by halving, by table or numbered together: every way gives the same codes."""
    cells = [spell(n * step) for n in range(1_000)]
    index, codes = encode_ids({"party": cells[::-1]})
    number = dict(zip(cells[::-1], codes["party"].tolist(), strict=True))
    asked = [spell(n * 7 % 1_500 * step) for n in range(count - 1)] + [spell(1_499 * step)]
    expected = [number.get(one, -1) for one in asked]

    assert expected == index.find(asked).tolist()
    assert expected[::-1] == index.find(asked[::-1]).tolist()
    if isinstance(cells[0], str):
        longer = [*asked, cells[0] + "0", cells[0][:1], "", " ", "zz" * 30]
        assert [number.get(one, -1) for one in longer] == index.find(longer).tolist()


def test_find_takes_numbers_from_both_ends_of_int64():
    """A number far outside the table wraps around into no place of it."""
    base = -(2**63)
    index, _codes = encode_ids({"party": np.arange(5_000) + base})
    asked = np.arange(5_000) + base
    asked[:4] = 2**63 - 1, 0, base + 5_000, base

    assert [-1, -1, -1, 0, 4] == index.find(asked).tolist()[:5]
    assert asked[4:].tolist() == index.ids(index.find(asked)[4:])


@pytest.mark.parametrize(
    "column",
    [pa.array(["b", None, " ", "a"]), chunked(["b", None, " ", "a"]), pa.array([7, None, 5])],
)
def test_an_arrow_column_asked_again_keeps_its_codes(column):
    """The codes that it got, and the answer is the asker's own to write."""
    index, codes = encode_ids({"party": column})

    found = index.find(column)
    found[0] = 99

    assert codes["party"].tolist() == index.find(column).tolist()
    assert codes["party"].tolist() == index.find(column.to_pylist()).tolist()


@pytest.mark.parametrize("cells", [["b", "a"], ["007", "003"], [5, 2**63 - 1], ["甲", "bcd"], []])
def test_an_index_and_a_column_survive_a_pickle(cells):
    """What was remembered for speed stays behind, what was asked is answered alike."""
    column = IdColumn(*first_of(pa.array(cells)))
    column.index.find(cells)

    again = pickle.loads(pickle.dumps(column))  # noqa: S301 - our own bytes

    assert column == again
    assert column.index == again.index
    assert column.codes.tolist() == again.index.find(cells).tolist()
    assert column.index.ranks().tolist() == again.index.ranks().tolist()


def test_find_in_an_empty_index_finds_nothing():
    """An empty index has no kind to refuse."""
    index, _codes = encode_ids({"party": [None]})

    assert [-1, -1] == index.find(["a", None]).tolist()
    assert [-1] == index.find([4]).tolist()


@pytest.mark.parametrize(
    ("cells", "asked", "message"),
    [
        (["a"], [1], "ids here are of kind str, got int"),
        ([1], [None, "1"], "ids here are of kind int, got str"),
    ],
)
def test_find_refuses_ids_of_the_other_kind(cells, asked, message):
    """A text is not asked of integers; an id that is neither is refused as in a column."""
    index, _codes = encode_ids({"party": cells})
    with pytest.raises(InputError) as caught:
        index.find(asked)

    assert (message, "party") == (str(caught.value), caught.value.column)


def test_ids_of_no_code_are_none():
    """-1 spells None; known_ids takes codes that are all known."""
    index, _codes = encode_ids({"party": ["b", "a"]})
    b, a = index.find(["b", "a"]).tolist()

    assert ["a", None, "b", "a"] == index.ids(np.array([a, -1, b, a]))
    assert ["a", "b"] == index.known_ids(np.array([a, b], np.int32))
    assert [] == index.known_ids(np.zeros(0, np.int32))


# --- equality ---------------------------------------------------------------------------


@given(cells=ONE_KIND, others=ONE_KIND)
def test_indexes_are_equal_when_their_ids_are(cells, others):
    """Same ids under the same codes, same kind; the same rows in two columns change nothing."""
    one, other = (encode_ids({"party": column})[0] for column in (cells, others))
    cut = len(others) % len(cells)
    again = encode_ids({"first": cells[:cut], "second": cells[cut:]})[0]

    assert one == again
    assert hash(one) == hash(again)
    assert (one == other) == (
        one.kind == other.kind and one.ids(np.arange(len(one))) == other.ids(np.arange(len(other)))
    )


def test_an_index_is_not_its_list():
    """Comparison with another type is Python's own."""
    index, codes = encode_ids({"party": ["a"]})
    column = IdColumn(index, codes["party"])

    assert index != ["a"]
    assert column != ["a"]
    assert "IdIndex(1 ids of kind str)" == repr(index)
    assert "IdColumn(1 rows, 1 distinct)" == repr(column)


def test_integers_and_texts_make_different_indexes():
    """7 is not "7"."""
    number, text = (encode_ids({"party": [one]})[0] for one in (7, "7"))

    assert number != text
    assert isinstance(number, IdIndex)


@given(cells=ONE_KIND, others=ONE_KIND)
def test_columns_are_equal_by_content(cells, others):
    """Whatever stood beside a column when it was numbered, and so whatever its codes are."""
    index, codes = encode_ids({"party": cells})
    alone = IdColumn(index, codes["party"])
    if all(type(one) is type(other) for one in cells for other in others):
        index, codes = encode_ids({"before": others, "party": cells})
    beside = IdColumn(index, codes["party"])

    assert alone == beside
    assert hash(alone) == hash(beside)
    assert list(map(meant, cells)) == alone.tolist() == beside.tolist()
    assert len(cells) == len(beside)
    assert (alone == IdColumn(*first_of(others))) == (
        list(map(meant, cells)) == list(map(meant, others))
    )
    assert alone == IdColumn(alone.index, alone.codes)


def first_of(cells):
    """Return index and codes of one column."""
    index, codes = encode_ids({"party": cells})
    return index, codes["party"]


@given(cells=ONE_KIND, data=st.data())
def test_a_column_takes_rows_and_counts_distinct_ids(cells, data):
    """Rows come in the order asked; distinct ids come sorted, each once, without None."""
    column = IdColumn(*first_of(cells))
    rows = data.draw(st.lists(st.integers(0, len(cells) - 1)))
    asked = np.array(rows, np.int64)
    expected = [meant(cells[row]) for row in rows]

    assert expected == column.take(asked).tolist()
    assert sorted(set(expected) - {None}) == column.distinct(asked)


# --- whose memory -----------------------------------------------------------------------

OWN_ARRAYS = {
    "table": (np.arange(5) * 3, 0),
    "packed": (np.arange(5) * 10**9, 0),
    "hashed": (np.arange(-2, 3) * (2**62 - 1), 0),
    "digits": (np.array(["0001", "0003", "0002"]), "9999"),
    "letters": (np.array(["ab", "cd", "ab"]), "zz"),
    "mixed": (np.array(["ab", "c", "ab"]), "zz"),
    "bytes": (np.array([b"ab", b"cd", b"ab"]), b"zz"),
    "objects": (np.array(["ab", None, "c"], object), "zz"),
}


@pytest.mark.parametrize(("array", "written"), OWN_ARRAYS.values(), ids=OWN_ARRAYS)
def test_what_the_caller_writes_later_changes_nothing(array, written):
    """Integers are read in place, yet codes and index keep what they read; input stays free."""
    array = array.copy()
    before, ids = encode_ids({"party": array, "other": array})
    codes = {name: column.tolist() for name, column in ids.items()}
    everything = before.ids(np.arange(len(before)))

    array[:] = written

    assert array.flags.writeable
    assert codes == {name: column.tolist() for name, column in ids.items()}
    assert everything == before.ids(np.arange(len(before)))
    assert list(range(len(before))) == before.find(everything).tolist()


@pytest.mark.parametrize("cells", [[3, 1], [0, 2**63 - 1, -1], ["1", "2"], ["a", "bc"], [None]])
def test_codes_are_read_only(cells):
    """A book may share them without a copy."""
    _index, codes = encode_ids({"party": cells})
    column = IdColumn(*first_of(cells))
    with pytest.raises(ValueError, match="read-only"):
        codes["party"][0] = 0

    assert not column.codes.flags.writeable
    assert not column.take(np.array([0])).codes.flags.writeable


# --- refusals ---------------------------------------------------------------------------

DAY = datetime.date(2024, 2, 29)


@pytest.mark.parametrize(
    ("values", "message", "count", "first_row"),
    [
        (["x", 3, None, 4], "ids of one kind, all str or all int, 2 are not, {} 1 (3)", 2, 1),
        ([None, 3, "x"], "ids of one kind, all str or all int, 1 are not, {} 2 ('x')", 1, 2),
        ([True, "x"], "ids of kind str or int, 1 are not, {} 0 (True)", 1, 0),
        (["x", np.True_], "ids of kind str or int, 1 are not, {} 1 (np.True_)", 1, 1),
        ([3, 1.5, None, 2.5], "ids of kind str or int, 2 are not, {} 1 (1.5)", 2, 1),
        ([7.0], "ids of kind str or int, 1 are not, {} 0 (7.0)", 1, 0),
        ([None, b"x"], "ids of kind str or int, 1 are not, {} 1 (b'x')", 1, 1),
        ([Decimal(7)], "ids of kind str or int, 1 are not, {} 0 (Decimal('7'))", 1, 0),
        ([DAY], f"ids of kind str or int, 1 are not, {{}} 0 ({DAY!r})", 1, 0),
        ([["x"]], "ids of kind str or int, 1 are not, {} 0 (['x'])", 1, 0),
        (pa.array([b"x"]), "ids of kind str or int, 1 are not, {} 0 (b'x')", 1, 0),
        (pa.array([1.5, None]), "ids of kind str or int, 1 are not, {} 0 (1.5)", 1, 0),
    ],
)
def test_cells_that_are_no_ids_are_refused(values, message, count, first_row):
    """The error names the column, how many cells are wrong and the first."""
    expected = "party must hold " + message.format("the first at row")

    assert (expected, "party", count, first_row) == refused_ids(values)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([1.0, np.nan]), "float64"),
        (np.array([1.0], np.float32), "float32"),
        (np.array([True]), "bool"),
        (np.array(["2024-01-01"], "datetime64[D]"), "datetime64[D]"),
        (np.array([1], "timedelta64[D]"), "timedelta64[D]"),
        (np.array([1j]), "complex128"),
        (pa.array([1.5]), "float64"),
        (pd.Series([1, None]), "float64"),
        (pl.Series([True]), "bool"),
    ],
)
def test_arrays_that_are_no_ids_are_refused(values, dtype):
    """A float column is a code whose zeros are gone; the error says how to read it."""
    message = f"party must hold ids of kind str or int, got dtype {dtype}: {LOST_ZEROS}"

    assert (message, "party", len(values), 0) == refused_ids(values)


@pytest.mark.parametrize(
    ("numbers", "count", "first_row"), [([4, 5], 2, 0), ([None, None, 4], 1, 2)]
)
def test_columns_of_two_kinds_are_refused(numbers, count, first_row):
    """Texts in one column, integers in the other: the error names both and the first integer."""
    message = (
        "ids must be of one kind in all columns: guarantor holds str, borrower holds int; "
        "read codes as text in both"
    )

    assert (message, "borrower", count, first_row) == refused(
        {"empty": [None], "guarantor": ["a"], "borrower": numbers}
    )


LONG = ["x", None, "y" * 257, "甲" * 100]


@pytest.mark.parametrize(
    "values",
    [LONG, pa.array(LONG), pl.Series(LONG), np.array(LONG, object)],
    ids=["list", "Arrow", "Polars", "object"],
)
def test_ids_longer_than_256_bytes_are_refused(values):
    """Bytes count, not characters: a hundred Chinese ones are 300."""
    message = (
        "party must hold ids of at most 256 bytes, 2 are longer, the first at row 2 (257 bytes)"
    )

    assert (message, "party", 2, 2) == refused_ids(values)


@pytest.mark.parametrize("kind", ["U", "S"])
@pytest.mark.parametrize(
    ("cells", "count", "first_row"),
    [(["y" * 257, "z" * 257], 2, 0), (["x", "y" * 257, "", "z" * 300], 2, 1)],
)
def test_fixed_width_arrays_of_long_ids_are_refused(kind, cells, count, first_row):
    """The array's own width says nothing, the texts in it do."""
    message, *parts = refused_ids(np.array(cells, kind))

    assert ["party", count, first_row] == parts
    assert message.endswith(f"{count} are longer, the first at row {first_row} (257 bytes)")


@pytest.mark.parametrize("cells", [["a" * 256], ["甲" * 85 + "a"], ["a" * 256, "b"]])
def test_ids_of_256_bytes_pass(cells):
    """The edge itself."""
    check_numbering({"party": cells}, {"party": cells})
    check_numbering({"party": np.array(cells, "U400")}, {"party": cells})


@pytest.mark.parametrize(
    "values",
    [
        ["a\0b"],
        ["ab", None, "\0"],
        ["a\0"],
        pa.array(["ab", "a\0"]),
        pa.array(["abc", "a\0"]),
        np.array(["a\0b"]),
        np.array(["a\0b", "c"]),
        np.array([b"a\0b", b"abc"]),
        np.array([b"a\0b", b"c"]),
        pd.Series(["a\0b"]),
    ],
)
def test_a_nul_in_an_id_is_refused(values):
    """NUL pads words and separates cells, so it cannot be part of an id."""
    message, column, *_where = refused_ids(values)

    assert "party" == column
    assert message.startswith("party must hold no NUL characters in its ids")
    assert message.endswith(": strip them first")


@pytest.mark.parametrize(
    "values",
    [
        [2**63],
        [-(2**63) - 1, None],
        np.array([2**63 - 1, 2**63], np.uint64),
        np.array([2**63], object),
        pa.array([2**63], pa.uint64()),
        pl.Series([2**63, None], dtype=pl.UInt64),
    ],
)
def test_integers_beyond_int64_are_refused(values):
    """They would not fit a code's key; as texts they are welcome."""
    message, column, *_where = refused_ids(values)

    assert "party" == column
    assert "party must hold ids within int64: pass larger ones as str" == message


def test_texts_that_are_no_unicode_are_refused():
    """A lone surrogate has no bytes; bytes of another encoding have no text."""
    surrogate = refused_ids(["a", "\ud800"])
    gbk = refused_ids(np.array(["担保人".encode("gbk"), b"a"]))

    assert "party must hold ids of valid Unicode: surrogates not allowed" == surrogate[0]
    assert "party must hold ids in UTF-8: decode the bytes to str first" == gbk[0]
    assert ("party", "party") == (surrogate[1], gbk[1])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("ab", "party must be an array or a list with one value per row, got str"),
        (b"ab", "party must be an array or a list with one value per row, got bytes"),
        (7, "party must be an array or a list with one value per row, got int"),
        (
            pl.DataFrame({"a": [1]}),
            "party must be an array or a list with one value per row, got Table",
        ),
        (pd.DataFrame({"a": [1]}), "party must be one column, got DataFrame: pass frame[name]"),
        (np.array([["a"]]), "party must be one-dimensional, got shape (1, 1)"),
        (np.array("a"), "party must be one-dimensional, got shape ()"),
    ],
)
def test_what_is_no_column_is_refused(values, message):
    """A text, a number, a whole frame, a matrix."""
    assert (message, "party", None, None) == refused_ids(values)
