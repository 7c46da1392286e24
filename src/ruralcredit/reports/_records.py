"""From the bytes of a file to records: encoding, delimiter, quotation marks, line numbers."""

import csv
from collections.abc import Iterator

from ruralcredit.errors import InputError

__all__ = ["Record", "decode_ledger", "records_of"]

Record = tuple[int, list[str], bool]
"""Source line (1-based), cells, and whether the line's quotation marks are whole."""

_MAX_LINES = 20  # a cell with more line breaks is a quotation mark that nobody closed
_MAGIC = {
    b"PK\x03\x04": "an .xlsx workbook: install openpyxl, or save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old .xls workbook: save the sheet as CSV",
    b"\x1f\x8b": "a gzip archive: unpack it first",
    b"%PDF": "a PDF: ask for the ledger as CSV",
}


def decode_ledger(data: bytes) -> str:
    """Return the text of a file as banks write it: UTF-8, else GB18030.

    A byte-order mark decides for UTF-8 or UTF-16 (a spreadsheet's "Unicode text").

    Raises:
        InputError: If the bytes are a workbook or an archive, or text in neither encoding;
            it names the line where each of them fails.

    >>> decode_ledger("担保人".encode("gb18030")) == decode_ledger("担保人".encode()) == "担保人"
    True
    """
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            message = f"the file must be text, it is {what}"
            raise InputError(message)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        tries: tuple[str, ...] = ("utf-16",)
    elif data.startswith(b"\xef\xbb\xbf"):
        tries = ("utf-8-sig",)
    else:
        tries = ("utf-8", "gb18030")
    failed = []
    for encoding in tries:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            failed.append(f"{encoding} fails on line {line}")
    message = f"the file must be UTF-8 or GB18030 text: {', '.join(failed)}"
    raise InputError(message)


def records_of(text: str, delimiter: str, *, width: int | None = None) -> Iterator[Record]:
    """Yield the records of a delimited text, each with the line it starts on.

    A quotation mark that is opened and never closed must not swallow the rows
    after it: such a record is read again line by line, its first line marked.

    Args:
        text: The whole text; lines end with LF or CRLF.
        delimiter: One character.
        width: Number of headers; a record over several lines with another number of
            cells is taken for an unclosed quotation mark.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    at = 0
    while at < len(lines):
        begun = at
        feed = (lines[place] + "\n" for place in range(begun, len(lines)))
        reader = csv.reader(feed, delimiter=delimiter)
        while True:
            start = begun + reader.line_num
            try:
                cells = next(reader, None)
            except csv.Error:
                cells = []
                span = _MAX_LINES + 1
            else:
                span = begun + reader.line_num - start
            if cells is None:
                return
            odd = width is not None and len(cells) != width
            if span > _MAX_LINES or (span > 1 and odd):
                yield start + 1, lines[start].split(delimiter), False
                at = start + 1
                break
            yield start + 1, cells, True
