r"""What people read: a bank's files into columns, and an audit out as a page, text and tables.

The reading side turns the text of a ledger, its loans, parties and relations into columns,
and keeps account of everything it could not read.  The writing side turns an audit of
guarantees into one HTML page that prints, a summary, and tables for a spreadsheet.  Files
are opened by the caller: this room takes text and gives text.

>>> reading = read_ledger("担保人,被担保人,担保金额(元)\n甲公司,乙公司,12.50\n")
>>> reading.columns["amount_fen"], reading.rows_read
([1250], 1)
"""

from ruralcredit.reports._binding import HeaderUse, read_header_maps
from ruralcredit.reports._evidence import make_mask
from ruralcredit.reports._export import circle_contracts_table, circles_table
from ruralcredit.reports._figures import loop_svg
from ruralcredit.reports._last import SourceFile
from ruralcredit.reports._mask import Mask, is_person
from ruralcredit.reports._page import audit_report
from ruralcredit.reports._reading import (
    BadRow,
    ControlTotal,
    LedgerReading,
    TableReading,
    read_ledger,
    read_loans,
    read_parties,
    read_relations,
)
from ruralcredit.reports._records import decode_ledger
from ruralcredit.reports._summary import audit_summary
from ruralcredit.reports._table import FileTotal

__all__ = [
    "BadRow",
    "ControlTotal",
    "FileTotal",
    "HeaderUse",
    "LedgerReading",
    "Mask",
    "SourceFile",
    "TableReading",
    "audit_report",
    "audit_summary",
    "circle_contracts_table",
    "circles_table",
    "decode_ledger",
    "is_person",
    "loop_svg",
    "make_mask",
    "read_header_maps",
    "read_ledger",
    "read_loans",
    "read_parties",
    "read_relations",
]
