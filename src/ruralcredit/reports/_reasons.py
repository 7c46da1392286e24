"""Why a row of a file could not be read, and what reading it has assumed."""

from typing import Final

from ruralcredit.reasons import Reason

__all__ = [
    "CELL_BLANK",
    "CELL_NO_AMOUNT",
    "CELL_NO_COUNT",
    "CELL_NO_DAY",
    "CELL_NO_MONTHS",
    "CELL_NO_SHARE",
    "CELL_NO_WHOLE_ID",
    "CELL_NO_WORD",
    "CELL_ROUNDED_ID",
    "FIRST_BORROWER",
    "KINDS_CONFLICT",
    "KINDS_DIFFER",
    "LINE_NO_PAIR",
    "LOAN_TWICE",
    "NEGATIVE_BALANCE",
    "NO_DAY_ASKED",
    "OPEN_DAY_BLANK",
    "OTHER_SECURITY",
    "PARTY_SHARED",
    "PARTY_TWICE",
    "QUOTE_OPEN",
    "ROWS_ABOVE_HEADER",
    "ROW_TOO_LONG",
    "SEVERAL_PARTIES",
    "SHORT_ROWS",
    "UNIT_ASSUMED",
]

_FILE: Final = "the bank's file as brought"
_ASSUMED: Final = "how this library reads a bank's file"


def _reason(code: str, en: str, zh: str, *facts: str) -> Reason:
    says = {"en": en, "zh": zh}
    return Reason(code=code, says=says, facts=facts, source=_FILE, basis="bank policy")


def _assumption(code: str, en: str, zh: str, *facts: str) -> Reason:
    return Reason(code=code, says={"en": en, "zh": zh}, facts=facts, source=_ASSUMED)


CELL_NO_DAY = _reason(
    "REP-001",
    "{column}: {cell} is no day; write 20240630, 2024-06-30, 2024/6/30 or 2024年6月30日",
    "{column}：{cell} 不是日期，应写作 20240630、2024-06-30、2024/6/30 或 2024年6月30日",
    "column",
    "cell",
)
CELL_NO_AMOUNT = _reason(
    "REP-002",
    "{column}: {cell} is no amount of money in whole fen",
    "{column}：{cell} 不是精确到分的金额",
    "column",
    "cell",
)
CELL_NO_MONTHS = _reason(
    "REP-003",
    "{column}: {cell} is no number of months",
    "{column}：{cell} 不是月数",
    "column",
    "cell",
)
CELL_NO_COUNT = _reason(
    "REP-004",
    "{column}: {cell} is no whole number of days",
    "{column}：{cell} 不是整数天数",
    "column",
    "cell",
)
CELL_NO_SHARE = _reason(
    "REP-005",
    "{column}: {cell} is no share; write 51% in the cell or (%) in the header",
    "{column}：{cell} 不是比例，应在单元格写 51% 或在表头注明（%）",
    "column",
    "cell",
)
CELL_NO_WORD = _reason(
    "REP-006",
    "{column}: {cell} is none of {known}",
    "{column}：{cell} 不在可识别的取值之内（{known}）",
    "column",
    "cell",
    "known",
)
CELL_ROUNDED_ID = _reason(
    "REP-007",
    "{column}: {cell} was turned into a number and rounded by a spreadsheet; export it as text",
    "{column}：{cell} 已被电子表格当作数字并舍入，应以文本格式导出",
    "column",
    "cell",
)
CELL_NO_WHOLE_ID = _reason(
    "REP-008",
    "{column}: {cell} is no whole number, as the ids of the book are",
    "{column}：{cell} 不是整数，而担保台账的编号均为整数",
    "column",
    "cell",
)
ROW_TOO_LONG = _reason(
    "REP-009",
    "the row has {cells} cells under {expected} headers: its cells may have shifted",
    "本行有 {cells} 个单元格而表头只有 {expected} 列，单元格可能错位",
    "cells",
    "expected",
)
QUOTE_OPEN = _reason(
    "REP-010",
    "a quotation mark is opened and not closed on this line",
    "本行的引号没有成对出现",
)
LINE_NO_PAIR = _reason(
    "REP-011",
    "the line has {cells} words, an edge has two: guarantor and borrower",
    "本行有 {cells} 个词，应为两个：担保人与被担保人",
    "cells",
)
CELL_BLANK = _reason(
    "REP-012",
    "{column} is blank, and the row says nothing without it",
    "{column}为空，本行因此无法使用",
    "column",
)
LOAN_TWICE = _reason(
    "REP-013",
    "{column}: {cell} stands on line {line} already",
    "{column}：{cell} 已在第 {line} 行出现",
    "column",
    "cell",
    "line",
)
NEGATIVE_BALANCE = _reason(
    "REP-014",
    "{column}: {cell} is negative",
    "{column}：{cell} 为负数",
    "column",
    "cell",
)

PARTY_SHARED = _reason(
    "REP-015",
    "{column} names {parties} parties: what one owns stands on a row of its own",
    "{column}列有 {parties} 个当事人，每个当事人的资料应单列一行",
    "column",
    "parties",
)
PARTY_TWICE = _reason(
    "REP-016",
    "{column}: the party stands on line {line} already",
    "{column}：该当事人已在第 {line} 行出现",
    "column",
    "line",
)

UNIT_ASSUMED = _assumption(
    "REP-021",
    "{column}: the header names no unit, amounts are read as yuan",
    "{column}：表头没有注明单位，按元读取",
    "column",
)
SEVERAL_PARTIES = _assumption(
    "REP-022",
    "{rows} rows name several parties: each pair is a row of the same contract, its amount "
    "counted once",
    "{rows} 行列有多个当事人：每一对作为同一合同的一行，金额只计一次",
    "rows",
)
KINDS_DIFFER = _assumption(
    "REP-023",
    "{parties} parties are given different kinds on different rows: person counts before "
    "household, firm, guarantee company",
    "{parties} 个当事人在不同行的类型不一致：依次按个人、农户、企业、担保公司认定",
    "parties",
)
OPEN_DAY_BLANK = _assumption(
    "REP-024",
    "{column}: {cells} cells say 9999-12-31, which is read as no day",
    "{column}：{cells} 个单元格为 9999-12-31，视为未填",
    "column",
    "cells",
)
ROWS_ABOVE_HEADER = _assumption(
    "REP-025",
    "{rows} rows above the header are not read",
    "表头以上 {rows} 行未读取",
    "rows",
)
OTHER_SECURITY = _assumption(
    "REP-026",
    "{rows} rows are secured by mortgage, pledge or nothing: no guarantee, left out",
    "{rows} 行为抵押、质押或信用方式，不是保证，未计入",
    "rows",
)
SHORT_ROWS = _assumption(
    "REP-027",
    "{rows} rows end before the last header: the missing cells are unknown",
    "{rows} 行单元格少于表头，缺少的视为未知",
    "rows",
)
FIRST_BORROWER = _assumption(
    "REP-029",
    "{rows} loans name several borrowers: the balance counts for the first",
    "{rows} 笔贷款列有多个借款人：余额只计入第一个",
    "rows",
)
KINDS_CONFLICT = _assumption(
    "REP-030",
    "{parties} parties are of another kind in the file of parties than in the ledger, the first "
    "on its line {line}: the file of parties counts",
    "{parties} 个当事人的类型在客户资料与担保台账中不一致（首个见客户资料第 {line} 行）："
    "以客户资料为准",
    "parties",
    "line",
)
NO_DAY_ASKED = _assumption(
    "REP-028",
    "no as-of day was given: every row that is not released or settled counts",
    "未指定基准日：未解除、未结清的每一行都计入",
)
