"""A bank's files into columns: encodings, headers, units, days, total rows, bad rows."""

import datetime
import json
from decimal import Decimal

import pytest

from ruralcredit.errors import InputError
from ruralcredit.reports import (
    decode_ledger,
    read_header_maps,
    read_ledger,
    read_loans,
    read_parties,
    read_relations,
)

DAY = datetime.date(2024, 6, 30)


def ledger(text, **options):
    """Read lines given one per line, without the blanks before them."""
    return read_ledger("\n".join(line.strip() for line in text.strip().split("\n")), **options)


def one(header, cell):
    """Read one cell under one header, beside two parties."""
    return read_ledger(f'担保人,被担保人,{header}\n甲,乙,"{cell}"\n')


def codes(reading):
    """Return the reason codes of every bad row, by line."""
    return {row.line: [why.code for why in row.why] for row in reading.bad_rows}


# --- bytes ---


@pytest.mark.parametrize(
    "data",
    [
        "担保人\r\n".encode(),
        b"\xef\xbb\xbf" + "担保人\r\n".encode(),
        "担保人\r\n".encode("gb18030"),
        "担保人\r\n".encode("utf-16"),
    ],
    ids=["utf-8", "utf-8 with mark", "gb18030", "utf-16"],
)
def test_a_file_is_read_in_the_encodings_that_banks_write(data):
    """UTF-8 with or without its mark, GB18030, and a spreadsheet's UTF-16 give one text."""
    assert "担保人\r\n" == decode_ledger(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"a,b\n\xff\x30,", "utf-8 fails on line 2, gb18030 fails on line 2"),
        (b"\xef\xbb\xbfa\xff", "utf-8-sig fails on line 1"),
        (b"PK\x03\x04", "an .xlsx workbook"),
        (b"\xd0\xcf\x11\xe0", "an old .xls workbook"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"%PDF-1.7", "a PDF"),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_the_way_out(data, says):
    """The message names what came, or the line on which each encoding fails."""
    with pytest.raises(InputError, match=says.replace(".", r"\.")):
        decode_ledger(data)


# --- headers ---


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("担保人,被担保人,合同号", "contract_id"),
        ("保证人,债务人,担保合同编号", "contract_id"),
        ("guarantor,borrower,Contract ID", "contract_id"),
        ("Guarantor,Debtor,loan_no", "loan_id"),
        ("担保人,借款人,起始日期", "starts_on"),
        ("担保人,借款人,到期日", "debt_due_on"),
        ("担保人,借款人,主债务到期日", "debt_due_on"),
        ("担保人,借款人,担保到期日", None),
        ("担保人，,被担保人,备注", None),
        ("担保人,被担保人, * 联保协议号 ", "agreement_id"),
    ],
)
def test_headers_are_known_in_chinese_and_english(header, column):
    """Case, blanks, underscores and width do not matter; what is not known is not used."""
    if "，" in header:
        header = header.replace("，", "")
    use = read_ledger(f"{header}\n甲,乙,\n").header_map[2]

    assert column == use.column


@pytest.mark.parametrize(
    ("header", "cell", "fen"),
    [
        ("担保金额", "12.50", 1_250),
        ("担保金额(元)", "12.50", 1_250),
        ("担保金额（元）", "12.50", 1_250),
        ("担保金额 （单位：元）", "12.50", 1_250),
        ("担保金额(万元)", "12.50", 12_500_000),
        ("担保金额（人民币万元）", "12.50", 12_500_000),
        ("担保金额万元", "12.50", 12_500_000),
        ("担保金额(千元)", "12.50", 1_250_000),
        ("担保金额(亿元)", "0.5", 5_000_000_000),
        ("amount_fen", "1250", 1_250),
        ("amount", "12.50", 1_250),
        ("amount (yuan)", "12.50", 1_250),
        ("amount_wan", "12.50", 12_500_000),
        ("金额", "１２．５０", 1_250),
        ("金额", "1,234,567.89", 123_456_789),
        ("金额", "1，234", 123_400),
        ("金额", "￥ 500", 50_000),
        ("金额", "RMB500", 50_000),
        ("金额", "500元", 50_000),
        ("金额", "50万元", 50_000_000),
        ("金额(万元)", "500元", 50_000),
        ("金额", "1.5e6", 150_000_000),
        ("金额", "(1,000.00)", -100_000),
        ("金额", "-3", -300),
        ("金额", "+3", 300),
        ("金额", "0", 0),
        ("金额", ".5", 50),
        ("金额", "12.500000001", 1_250),
        ("金额", "92233720368547758.07", 2**63 - 1),
        ("金额", "", None),
        ("金额", "—", None),
        ("金额", "N/A", None),
        ("金额", "未知", None),
    ],
)
def test_money_is_read_in_the_unit_that_header_or_cell_names(header, cell, fen):
    """The header's unit counts, a unit in the cell counts before it, a bare 金额 is yuan."""
    reading = one(header, cell)

    assert [fen] == reading.columns["amount_fen"]
    assert {} == codes(reading)


@pytest.mark.parametrize(
    "cell",
    ["abc", "12.345", "1 2 3 x", "$5", "5美元", "92233720368547758.08", "1e99", "1-2", "三十万"],
)
def test_an_amount_that_is_not_whole_fen_makes_its_row_bad(cell):
    """The row is listed and left out, and its parties become open."""
    reading = one("金额", cell)

    assert {2: ["REP-002"]} == codes(reading)
    assert ("乙", "甲") == reading.open_parties
    assert [] == reading.columns["guarantor"]


@pytest.mark.parametrize(
    "cell",
    [
        "20240630",
        "20240630.0",
        "2024-06-30",
        "2024-6-30",
        "2024/6/30",
        "2024/06/30",
        "2024.6.30",
        "2024年6月30日",
        "2024年06月30日",
        "２０２４－０６－３０",
        "2024-06-30 00:00:00",
        "2024-06-30T23:59",
        "2024-06-30 14:03:07.123",
        " 2024-06-30 ",
    ],
)
def test_a_day_is_read_in_the_forms_that_banks_write(cell):
    """A time of day beside it is dropped."""
    assert [DAY] == one("起始日", cell).columns["starts_on"]


@pytest.mark.parametrize("cell", ["", "-", "无", "0", "00000000", "0000-00-00", "NaT", "NULL"])
def test_a_day_that_is_not_filled_in_is_unknown(cell):
    """A blank, and the zeros that systems write for none, are unknown."""
    assert [None] == one("起始日", cell).columns["starts_on"]


@pytest.mark.parametrize(
    "cell",
    [
        *("2024-13-01", "2024-02-30", "20241301", "30/06/2024", "2024-6/30", "24-06-30", "明年"),
        *("45473", "1899-12-31", "2201-01-01"),
    ],
)
def test_a_day_that_does_not_exist_makes_its_row_bad(cell):
    """Neither a guess nor a crash: the row is listed with its line."""
    assert {2: ["REP-001"]} == codes(one("到期日", cell))


def test_a_day_that_stands_for_no_end_is_unknown_and_said():
    """9999-12-31 is a system's way to say none; how many cells say so is an assumption."""
    reading = read_ledger("担保人,被担保人,到期日\n甲,乙,9999-12-31\n丙,丁,99991231\n")

    assert [None, None] == reading.columns["debt_due_on"]
    assert [("REP-024", 2)] == [(why.code, why.values["cells"]) for why in reading.assumptions]


@pytest.mark.parametrize(
    ("header", "cell", "months"),
    [
        ("保证期间(月)", "6", 6),
        ("保证期间(月)", "24.0", 24),
        ("保证期间", "6个月", 6),
        ("保证期间", "两年", 24),
        ("保证期间", "六个月", 6),
        ("保证期间(年)", "2", 24),
        ("保证期间(年)", "6个月", 6),
        ("guarantee_months", "1200", 1_200),
        ("保证期间(月)", "", None),
    ],
)
def test_a_guarantee_period_is_read_in_months(header, cell, months):
    """Years, in the header or the cell, are twelve months each."""
    assert [months] == one(header, cell).columns["guarantee_months"]


@pytest.mark.parametrize("cell", ["180天", "1201", "-6", "6.5", "主债务届满后", "百年"])
def test_a_guarantee_period_that_is_no_number_of_months_makes_its_row_bad(cell):
    """Days cannot be turned into months, and a thousand years is a slip."""
    assert {2: ["REP-003"]} == codes(one("保证期间(月)", cell))


@pytest.mark.parametrize(
    ("header", "column", "cell", "word"),
    [
        ("担保方式", "form", "最高额", "maximum"),
        ("担保方式", "form", "最高额保证", "maximum"),
        ("担保方式", "form", "最高额连带责任保证", "maximum"),
        ("担保方式", "form", "特定", "specific"),
        ("担保方式", "form", "保证", None),
        ("担保方式", "form", "保证+抵押", None),
        ("是否最高额", "form", "是", "maximum"),
        ("form", "form", "Specific", "specific"),
        ("责任方式", "liability", "连带责任保证", "joint"),
        ("责任方式", "liability", "一般", "general"),
        ("liability", "liability", "share", "share"),
        ("层级", "layer", "反担保", "counter"),
        ("层级", "layer", "保证", "guarantee"),
        ("层级", "layer", "", None),
    ],
)
def test_words_are_read_in_both_languages(header, column, cell, word):
    """A word that only says "a guarantee" leaves the form unknown."""
    assert [word] == one(header, cell).columns[column]


def test_a_word_outside_the_known_makes_its_row_bad():
    """The reason lists what is known."""
    reading = one("责任方式", "口头")

    assert {2: ["REP-006"]} == codes(reading)
    assert "连带" in reading.bad_rows[0].why[0].text("en")


def test_rows_secured_otherwise_are_left_out_and_counted():
    """抵押, 质押 and 信用 rows are no guarantee: counted, not bad, nobody becomes open."""
    reading = ledger(
        """
        担保人,被担保人,担保方式
        甲,乙,抵押
        丙,丁,特定
        戊,己,信用
        """
    )

    assert ((2, 4), 1, 2, ()) == (
        reading.other_lines,
        reading.rows_used,
        reading.rows_left_out,
        reading.open_parties,
    )
    assert ["REP-026"] == [why.code for why in reading.assumptions]


def test_an_id_beats_a_name_where_a_file_has_both():
    """The better header of a column wins; the other is listed as not used."""
    reading = read_ledger("担保人名称,担保人编号,被担保人\n张三,P1,乙\n")

    assert ["P1"] == reading.columns["guarantor"]
    assert [None, "guarantor", "borrower"] == [use.column for use in reading.header_map]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("担保人,保证人,被担保人", "担保人, 保证人: 2 headers would feed guarantor"),
        ("担保人,被担保人,金额(美元)", "is in 美元: one book holds one currency"),
        ("担保单住,借款人", "no header for 担保人 .guarantor., 担保单住 is near 担保单位"),
        ("甲,乙", "Headers found: 甲, 乙"),
    ],
)
def test_headers_that_cannot_be_used_are_an_error_with_the_way_out(header, says):
    """What is missing, what was found, what is near, and what a header map looks like."""
    with pytest.raises(InputError, match=says):
        read_ledger(f"{header}\n1,2,3\n")


def test_an_empty_file_is_an_error():
    """Neither a header nor a row, as text or as rows."""
    for nothing in ("", []):
        with pytest.raises(InputError, match=r"empty|Headers found: none"):
            read_ledger(nothing)


@pytest.mark.parametrize(
    "columns",
    [
        {"甲方客户": "guarantor", "乙方客户": "borrower", "数额": "担保金额(万元)"},
        {"guarantor": "甲方客户", "borrower": "乙方客户", "担保金额(万元)": "数额"},
        {"guarantor": ["甲方客户"], "乙方客户": "被担保人", "数额": "amount_wan"},
    ],
    ids=["file to ours", "ours to file", "mixed"],
)
def test_a_header_map_names_what_is_not_known(columns):
    """Either direction passes; the target may be any header that is known, unit and all."""
    reading = read_ledger("甲方客户,乙方客户,数额\nA,B,3\n", columns=columns)

    assert (["A"], ["B"], [3_000_000]) == tuple(
        reading.columns[name] for name in ("guarantor", "borrower", "amount_fen")
    )


def test_a_header_map_can_leave_a_column_unread_and_gather_several_guarantors():
    """Null means "do not use"; a list means "these columns together"."""
    reading = read_ledger(
        "担保人,保证人,被担保人,到期日\n甲,乙,丙,明年\n",
        columns={"guarantor": ["担保人", "保证人"], "到期日": None},
    )

    assert (["甲", "乙"], ["丙", "丙"]) == (
        reading.columns["guarantor"],
        reading.columns["borrower"],
    )
    assert {} == codes(reading)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"担保人": "garantor"}, "mapped to garantor, which is no column; nearest: guarantor"),
        ({"担保人": "§"}, "which is no column; columns: contract_id, loan_id"),
        ({"不存在": "guarantor"}, "guarantor is no header of the file; found: 担保人, 被担保人"),
        ({"不存在": None}, "不存在 is no header of the file"),
        ({"担保人": ["guarantor", "borrower"]}, "担保人 must name one column"),
    ],
)
def test_a_header_map_that_fits_nothing_is_an_error(columns, says):
    """A slip in a map is named, with the nearest column or the headers found."""
    with pytest.raises(InputError, match=says):
        read_ledger("担保人,被担保人\n甲,乙\n", columns=columns)


def test_header_maps_come_as_json_for_one_file_or_for_several():
    """A plain object is the ledger's; under the roles stand maps of their own."""
    plain = {"担保单位": "guarantor", "备注": None, "x": ["a", "b"]}
    several = {"ledger": plain, "loans": {"客户": "borrower"}, "parties": {"户号": "party"}}

    assert {"ledger": plain} == read_header_maps(json.dumps(plain))
    assert several == read_header_maps(json.dumps(several))
    assert {"ledger": {}} == read_header_maps("{}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "must be JSON"),
        ("[]", "must be a JSON object, got list"),
        ('{"a": 3}', "for ledger must map headers to columns"),
        ('{"loans": {"a": [1]}}', "for loans must map headers to columns"),
        ('{"loans": "x"}', "for loans must map headers to columns"),
    ],
)
def test_a_header_map_that_is_no_map_is_an_error(text, says):
    """JSON that is no object of texts is refused before any file is read."""
    with pytest.raises(InputError, match=says):
        read_header_maps(text)


# --- the shape of a file ---


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
def test_cells_may_be_kept_apart_by_any_usual_mark(mark):
    """Comma, tab, semicolon and bar are told apart by the header."""
    text = f"担保人{mark}被担保人{mark}金额\r\n甲{mark}乙{mark}5\r\n"

    assert [500] == read_ledger(text).columns["amount_fen"]


def test_a_title_above_the_header_is_skipped_and_said():
    """Line numbers still count from the top of the file."""
    reading = ledger(
        """
        城关农商行担保台账,,
        截至2024-06-30,,单位：元

        担保人,被担保人,金额
        甲,乙,5
        """
    )

    assert (5,) == reading.lines
    assert [("REP-025", 3)] == [
        (why.code, next(iter(why.values.values()))) for why in reading.assumptions
    ]


@pytest.mark.parametrize("mark", [";", "；", "、", "|", "｜", "\n"])
def test_several_guarantors_in_a_cell_are_rows_of_one_contract(mark):
    """Each pair is a row with the same contract; the source line is kept."""
    reading = read_ledger(f'合同号,担保人,被担保人\nK1,"张三{mark} 李四",乙\nK2,王五,乙\n')

    assert ["张三", "李四", "王五"] == reading.columns["guarantor"]
    assert ["K1", "K1", "K2"] == reading.columns["contract_id"]
    assert 2 == reading.lines[0] == reading.lines[1] < reading.lines[2]
    assert (2, ["REP-022"]) == (reading.rows_used, [why.code for why in reading.assumptions])


def test_several_guarantor_columns_are_rows_of_one_contract():
    """担保人1 to 担保人3 are read together, each party once, blanks left out."""
    reading = ledger(
        """
        担保人１,担保人2,第3担保人,被担保人
        甲,乙,甲,丁
        甲,,,丁
        """
    )

    assert ["甲", "乙", "甲"] == reading.columns["guarantor"]
    assert ["line-2", "line-2", None] == reading.columns["contract_id"]


def test_several_borrowers_pair_with_every_guarantor():
    """Joint debtors are guaranteed each, under one contract."""
    reading = read_ledger("担保人,被担保人,合同号\n甲;乙,丙;丁,K\n")

    assert [("甲", "丙"), ("甲", "丁"), ("乙", "丙"), ("乙", "丁")] == list(
        zip(reading.columns["guarantor"], reading.columns["borrower"], strict=True)
    )


@pytest.mark.parametrize("party", [" 甲", "甲 ", "Ｐ１", "007", "p1"])
def test_an_id_is_kept_as_it_stands(party):
    """Blanks at the ends, width, zeros and case are findings, never folded."""
    assert [party] == read_ledger(f"担保人,被担保人\n{party},乙\n").columns["guarantor"]


def test_a_blank_party_is_kept_for_the_book_to_find():
    """The book makes the party that is named an open one."""
    reading = read_ledger("担保人,被担保人\n,乙\n无,丙\n")

    assert ([None, None], ["乙", "丙"]) == (
        reading.columns["guarantor"],
        reading.columns["borrower"],
    )


@pytest.mark.parametrize("cell", ["1.10101E+17", "1.1e17", "3E+15"])
def test_an_id_that_a_spreadsheet_has_rounded_makes_its_row_bad(cell):
    """Its last digits are lost, so it is nobody's id."""
    reading = read_ledger(f"担保人,被担保人\n{cell},乙\n")

    assert {2: ["REP-007"]} == codes(reading)
    assert ("乙",) == reading.bad_rows[0].parties


@pytest.mark.parametrize(
    ("total", "label"),
    [
        ("合计,,,30", "合计"),
        ("总计：,,,30", "总计："),
        (",合 计,,30", None),
        ("Total,,,30", "Total"),
        ("Grand Total,,,30", "Grand Total"),
        ("共计2笔,,,30", "共计2笔"),
        ("合计,共2笔,1户,30", "合计"),
        (",,合计,30", "合计"),
    ],
)
def test_a_total_row_is_skipped_and_its_total_compared(total, label):
    """It is no guarantee; what it states stands beside what the rows hold."""
    reading = read_ledger(f"合同号,担保人,被担保人,金额\nK1,甲,乙,10\nK2,甲,丙,15\n{total}\n")
    found = [(one.label, one.stated_fen, one.read_fen) for one in reading.file_totals]

    assert ([(label, 3_000, 2_500)] if label else []) == found
    assert (2 if label else 3) == reading.rows_read


def test_subtotals_close_the_rows_since_the_last_total():
    """A 小计 counts the rows above it, a 合计 every row; a difference stays visible."""
    reading = ledger(
        """
        支行,担保人,被担保人,金额(元)
        东关,甲,乙,10
        东关,甲,丙,20
        东关支行小计,,,30
        西关,甲,丁,5
        小计,,,6
        合计,,,x
        """
    )

    assert [(0, 3_000), (100, 500), (None, 3_500)] == [
        (total.difference_fen, total.read_fen) for total in reading.file_totals
    ]
    assert (3, 3) == (reading.total_rows, reading.rows_read)


def test_a_total_row_without_an_amount_column_is_only_skipped():
    """There is nothing to compare."""
    reading = read_ledger("担保人,被担保人\n甲,乙\n合计,\n")

    assert ((), 1) == (reading.file_totals, reading.rows_read)


def test_a_party_called_like_a_total_is_still_a_party():
    """A row that names both parties is a guarantee, whatever they are called."""
    reading = read_ledger("担保人,被担保人\n合计,乙\nTotal,丙\n")

    assert ["合计", "Total"] == reading.columns["guarantor"]


def test_rows_that_are_too_long_are_bad_and_rows_that_are_too_short_are_unknown():
    """Cells beyond the header may have shifted; blank ones there mean nothing."""
    reading = ledger(
        """
        担保人,被担保人,金额(元)
        甲,乙,1,000
        甲,丙,5,,
        甲,丁
        """
    )

    assert {2: ["REP-009"]} == codes(reading)
    assert [500, None] == reading.columns["amount_fen"]
    assert ["REP-027"] == [why.code for why in reading.assumptions]


def test_an_open_quotation_mark_costs_its_line_and_no_other():
    """What follows is read again, line by line."""
    reading = ledger(
        """
        担保人,被担保人,备注
        "甲,乙,x
        丙,丁,y
        戊,己,"两
        行"
        """
    )

    assert {2: ["REP-010"]} == codes(reading)
    assert ("甲", "乙") == reading.bad_rows[0].parties
    assert (["丙", "戊"], (3, 4)) == (reading.columns["guarantor"], reading.lines)


@pytest.mark.parametrize("rows", [30, 4_000], ids=["many lines", "beyond a field's limit"])
def test_an_open_quotation_mark_never_swallows_the_file(rows):
    """Neither twenty lines nor the limit of the csv module loses the rows after it."""
    body = "".join(f"甲{n},乙,{'x' * 40}\n" for n in range(rows))
    reading = read_ledger(f'担保人,被担保人,备注\n"甲,乙,x\n{body}')

    assert (1, rows) == (len(reading.bad_rows), reading.rows_used)


def test_all_that_is_wrong_with_a_row_is_listed():
    """A row has every reason, in the order of the columns."""
    reading = read_ledger("担保人,被担保人,金额(元),到期日\n甲,乙,x,y\n")

    assert {2: ["REP-002", "REP-001"]} == codes(reading)


def test_more_bad_rows_than_allowed_are_an_error():
    """The error names how many, the line of the first and what is wrong with it."""
    text = "担保人,被担保人,金额(元)\n甲,乙,1\n甲,丙,x\n甲,丁,y\n"

    assert 2 == len(read_ledger(text, max_bad=2).bad_rows)
    with pytest.raises(InputError, match=r"2 rows cannot be read, at most 1 .* line 3: ") as error:
        read_ledger(text, max_bad=1)
    assert (2, 3) == (error.value.count, error.value.first_row)


def test_kinds_of_parties_come_from_either_side_and_the_cautious_one_wins():
    """A person is masked and a firm closes loops; how many differ is said."""
    reading = ledger(
        """
        担保人,被担保人,担保人类型,被担保人类型
        甲,乙,企业,个人
        乙,甲,企业,担保公司
        丙,丁,农户,
        戊,x,事业单位,
        """
    )

    assert {"甲": "firm", "乙": "person", "丙": "household", "戊": "public"} == dict(
        zip(reading.parties["party"], reading.parties["kind"], strict=True)
    )
    assert [("REP-023", 2)] == [(why.code, why.values["parties"]) for why in reading.assumptions]


def test_control_totals_tie_every_row_to_its_branch():
    """Rows and money by branch, those left out too, each source row once."""
    reading = ledger(
        """
        担保人,被担保人,金额(元),到期日,支行
        甲;乙,丙,10,,东关
        甲,丁,5,坏,东关
        甲,戊,,,西关
        甲,己,1,,
        """
    )

    assert [
        ("东关", 2, 1, 1_500, 1_000, 0),
        (None, 1, 1, 100, 100, 0),
        ("西关", 1, 1, 0, 0, 1),
    ] == [
        (t.name, t.rows_read, t.rows_used, t.read_fen, t.used_fen, t.unknown_amounts)
        for t in reading.control_totals
    ]


def test_facts_are_columns_beside_the_ledger():
    """Branch, officer, lender, region, currency; a blank is unknown."""
    reading = read_ledger("担保人,被担保人,支行,客户经理,币种\n甲,乙, 东关 ,,人民币\n")

    assert {"branch": ["东关"], "officer": [None], "currency": ["人民币"]} == reading.facts


def test_a_long_file_tells_how_far_it_is():
    """Every 50,000 rows, for tables and for edges."""
    told = []
    read_ledger("担保人,被担保人\n" + "甲,乙\n" * 100_001, progress=told.append)
    read_ledger("1 2\n" * 50_001, format="edges", progress=told.append)

    assert [50_000, 100_000, 50_000] == told


def test_rows_of_a_spreadsheet_are_read_like_text():
    """Numbers, days and blanks of cells mean what the text of a CSV would."""
    reading = read_ledger(
        [
            ["担保人", "被担保人", "金额", "到期日", "起始日", "保证期间(月)"],
            ["甲", 1001.0, 12.5, datetime.datetime.combine(DAY, datetime.time()), DAY, 6],
            ["乙", 1002, Decimal("12.50"), "2024-06-30", None, 6.0],
            ["丙", 110101199003071234, 0.1 + 0.2, None, None, None],
        ]
    )

    assert ["1001", "1002"] == reading.columns["borrower"]
    assert [1_250, 1_250] == reading.columns["amount_fen"]
    assert [DAY, DAY] == reading.columns["debt_due_on"]
    assert [6, 6] == reading.columns["guarantee_months"]
    assert {4: ["REP-007"]} == codes(reading)


def test_a_reading_builds_its_book():
    """Columns, kinds, loans and open parties arrive in the book."""
    reading = read_ledger(
        "担保人,被担保人,金额(元),担保人类型\n甲,乙,5,企业\n乙,甲,6,企业\n丙,乙,x,企业\n"
    )
    book = reading.to_book(loans=read_loans("借据号,借款人,余额(元)\nL1,乙,4\n"))

    assert (2, ("丙", "乙"), 1, 3) == (
        len(book),
        tuple(sorted(book.open_parties)),
        len(book.loans),
        len(book.parties),
    )


def test_a_reading_without_kinds_brings_no_party_table():
    """What nobody said is unknown, not an empty table."""
    assert read_ledger("1 2\n", format="edges").to_book().parties is None


# --- edges ---


def test_an_edge_list_is_two_ids_per_line():
    """Comments and blank lines do not count; plain numbers are whole-number ids."""
    reading = read_ledger("# from to\n1 2\n\n2\t1\r\n", format="edges")

    assert (([1, 2], [2, 1]), (2, 4), True) == (
        (reading.columns["guarantor"], reading.columns["borrower"]),
        reading.lines,
        reading.whole_ids,
    )


@pytest.mark.parametrize("other", ["a", "01", "-1", "1.0", "９", "1" * 19])
def test_ids_of_an_edge_list_are_text_when_one_is_no_plain_number(other):
    """Leading zeros and long codes are names, not numbers."""
    reading = read_ledger(f"1 2\n2 {other}\n", format="edges")

    assert (["1", "2"], False) == (reading.columns["guarantor"], reading.whole_ids)


def test_a_line_that_is_no_edge_is_a_bad_row():
    """Its words that can be ids become open parties."""
    whole = read_ledger("1 2\n3\n2 1 x\n", format="edges")
    texts = read_ledger("a b\nc d e\n", format="edges")

    assert ({2: ["REP-011"], 3: ["REP-011"]}, (1, 2, 3)) == (codes(whole), whole.open_parties)
    assert (("c", "d", "e"), 1) == (texts.open_parties, texts.rows_left_out)


def test_an_edge_list_must_be_text_with_an_edge():
    """Rows of a workbook, and a file of comments, are refused."""
    with pytest.raises(InputError, match="must be text"):
        read_ledger([["1", "2"]], format="edges")
    with pytest.raises(InputError, match="empty"):
        read_ledger("# nothing\n", format="edges")


# --- loans, parties and relations ---


def test_loans_are_read_with_balance_and_days_overdue():
    """Rows without id or borrower, repeated ids and negative balances are bad."""
    reading = read_loans(
        "借据号,借款人,余额(万元),产品,逾期天数,到期日,未覆盖(元)\n"
        "L1,甲,1,农户贷,31天,2024/6/30,\n"
        "L2,乙;丙,2,,0,,5\n"
        "L3,,3,,,,\n"
        ",甲,3,,,,\n"
        "L1,甲,3,,,,\n"
        "L4,甲,-1,,,,\n"
        "L5,甲,,,1.5,,\n"
        "合计,,12\n"
    )

    assert {4: ["REP-012"], 5: ["REP-012"], 6: ["REP-013"], 7: ["REP-014"], 8: ["REP-004"]} == (
        codes(reading)
    )
    assert (["甲", "乙"], [1_000_000, 2_000_000], [31, 0], [DAY, None]) == tuple(
        reading.columns[name] for name in ("borrower", "balance_fen", "overdue_days", "due_on")
    )
    assert ["REP-029"] == [why.code for why in reading.assumptions]
    assert (7, 2, 5, 3_000_000, 2) == (
        reading.rows_read,
        reading.rows_used,
        reading.rows_left_out,
        reading.used_fen,
        len(reading.to_loans()),
    )


@pytest.mark.parametrize("cell", ["1.5", "三天", "6个月", "-1"])
def test_days_overdue_are_a_whole_number(cell):
    """A month is no number of days."""
    assert {2: ["REP-004"]} == codes(read_loans(f"借据号,借款人,余额,逾期天数\nL,甲,1,{cell}\n"))


def test_days_overdue_may_be_unknown():
    """A blank is unknown, never zero."""
    text = "借据号,借款人,余额,逾期天数\nL,甲,1,\n"

    assert [None] == read_loans(text).columns["overdue_days"]


def test_loans_beside_whole_number_ids_need_whole_numbers():
    """An id that the book cannot hold makes its row bad."""
    reading = read_loans("借据号,借款人,余额\nL1,7,1\nL2,x,1\n", whole_ids=True)

    assert ([7], {3: ["REP-008"]}) == (reading.columns["borrower"], codes(reading))


PARTIES = """\
客户号,类型,地区,净资产(万元)
甲,企业,990101,12.34
乙,个人,,
丙,,990102,0
丁,农户,990102,-3.5
甲,企业,990101,99
戊;己,企业,,5
,企业,,5
庚,朋友,,5
辛,企业,,约5
壬,企业,,5元
合计,,,118.84
"""


def test_parties_are_read_with_kind_region_and_net_assets():
    """A blank is unknown, nil and negative stay; rows of nobody, of two or twice are bad."""
    reading = read_parties(PARTIES)

    assert {
        "party": ["甲", "乙", "丙", "丁", "壬"],
        "kind": ["firm", "person", None, "household", "firm"],
        "region": ["990101", None, "990102", "990102", None],
        "net_assets_fen": [12_340_000, None, 0, -3_500_000, 500],
    } == reading.columns
    assert {
        6: ["REP-016"],
        7: ["REP-015"],
        8: ["REP-012"],
        9: ["REP-006"],
        10: ["REP-002"],
    } == codes(reading)
    assert (10, 5, 5, (2, 3, 4, 5, 11)) == (
        reading.rows_read,
        reading.rows_used,
        reading.rows_left_out,
        reading.lines,
    )
    assert (8_840_500, 5) == (reading.used_fen, len(reading.to_parties()))
    assert [118_840_000] == [total.stated_fen for total in reading.file_totals]


def test_a_party_that_stands_twice_is_told_by_line_and_not_by_name():
    """The reason is printed, so it names where the first stands and never who."""
    why = [row.why[0] for row in read_parties("客户号,净资产(元)\n甲,1\n甲,1\n乙;丙,1\n").bad_rows]

    assert [{"column": "客户号", "line": 2}, {"column": "客户号", "parties": 2}] == [
        dict(one.values) for one in why
    ]


def test_a_party_whose_first_row_is_bad_is_read_from_its_second():
    """Only a row that is used keeps a later one out."""
    reading = read_parties("客户号,净资产(元)\n甲,x\n甲,7\n")

    assert ([700], {2: ["REP-002"]}) == (reading.columns["net_assets_fen"], codes(reading))


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("客户编号,客户类型,区域,净资产额(元)", None),
        ("当事人,类型,县区,所有者权益合计(元)", None),
        ("客户名称,客户性质,地区,家庭净资产（元）", None),
        ("party_id,kind,region,net_assets (yuan)", None),
        ("Customer,type,region,net_assets_yuan", None),
        ("户号,类别,乡镇,家底(元)", {"户号": "party", "类别": "kind", "乡镇": "region"}),
    ],
)
def test_headers_of_a_file_of_parties_are_known_or_mapped(header, columns):
    """In both languages; a map names the rest."""
    mapped = None if columns is None else columns | {"家底(元)": "净资产"}
    reading = read_parties(f"{header}\n甲,企业,东,5\n", columns=mapped)

    assert {"party": ["甲"], "kind": ["firm"], "region": ["东"], "net_assets_fen": [500]} == (
        reading.columns
    )


def test_a_file_of_parties_needs_the_party_and_nothing_else():
    """What it does not tell is unknown; without a party it tells of nobody."""
    assert {"party": ["甲"]} == read_parties("客户号\n甲\n").columns
    assert ["REP-021"] == [why.code for why in read_parties("客户号,净资产\n甲,5\n").assumptions]
    with pytest.raises(InputError, match=r"no header for 当事人 .party.") as error:
        read_parties("净资产(元)\n5\n")
    assert "party" == error.value.column


def test_parties_beside_whole_number_ids_need_whole_numbers():
    """An id that the book cannot hold makes its row bad; twice is twice there too."""
    reading = read_parties("客户号,净资产(元)\n7,1\nx,1\n7,2\n", whole_ids=True)
    book = read_ledger("7 8\n", format="edges").to_book(parties=reading)

    assert ([7], {3: ["REP-008"], 4: ["REP-016"]}) == (reading.columns["party"], codes(reading))
    assert [100] == list(book.parties.to_columns()["net_assets_fen"])


KINDED = "担保人,被担保人,担保人类型,被担保人类型\n甲,乙,个人,企业\n丙,丁,农户,企业\n"


def test_the_file_of_parties_wins_over_the_ledger_and_leaves_what_only_the_ledger_says():
    """Its kinds count, a blank of its own does not; region and net assets come with it."""
    ledger = read_ledger(KINDED)
    parties = read_parties("客户号,类型,净资产(元)\n乙,公司,5\n甲,担保公司,\n戊,个人,6\n丙,,7\n")
    named = ledger.to_book(parties=parties).parties.to_columns()

    assert {
        "乙": ("firm", 500),
        "甲": ("guarantee_company", None),
        "戊": ("person", 600),
        "丙": ("household", 700),
        "丁": ("firm", None),
    } == {
        party: (kind, fen)
        for party, kind, fen in zip(
            named["party"], named["kind"], named["net_assets_fen"], strict=True
        )
    }
    assert {
        "party": ["甲", "丙", "乙", "丁"],
        "kind": ["person", "household", "firm", "firm"],
    } == (ledger.parties)


def test_kinds_that_differ_between_the_two_files_are_told():
    """How many, and the line of the first; the same kind, or a blank, is no difference."""
    ledger = read_ledger(KINDED)
    text = "客户号,类型\n乙,企业\n丙,\n甲,企业\n丁,个人\n戊,个人\n"
    both = ledger.with_parties(read_parties(text))

    assert [("REP-030", 2, 4)] == [
        (why.code, why.values["parties"], why.values["line"]) for why in both.assumptions
    ]
    assert both == both.with_parties(read_parties(text))


def test_several_files_of_parties_are_taken_in_one_after_the_other():
    """Firms in one file, persons in another; a file without kinds changes none."""
    firms = read_parties("客户号,净资产(元)\n乙,5\n")
    persons = read_parties("客户号,地区\n甲,东\n")
    both = read_ledger(KINDED).with_parties(firms).with_parties(persons)

    assert {
        "party": ["甲", "乙", "丙", "丁"],
        "kind": ["person", "firm", "household", "firm"],
        "net_assets_fen": [None, 500, None, None],
        "region": ["东", None, None, None],
    } == both.parties
    assert () == both.assumptions


def test_a_file_of_parties_without_rows_brings_no_party_table():
    """A header alone tells of nobody."""
    empty = read_parties("客户号,净资产(元)\n")

    assert read_ledger("担保人,被担保人\n甲,乙\n").to_book(parties=empty).parties is None
    assert 0 == len(empty.to_parties())


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("控股", "control"),
        ("实际控制人", "controller"),
        ("夫妻", "spouse"),
        ("配偶", "spouse"),
        ("亲属", "kin"),
        ("父子", "kin"),
        ("同一集团", "group"),
        ("Controller", "controller"),
    ],
)
def test_relations_are_read_in_both_languages(cell, kind):
    """The five kinds, by the words that banks use."""
    reading = read_relations(f"甲方,乙方,关系\nA,B,{cell}\n")

    assert [kind] == reading.columns["kind"]
    assert 1 == len(reading.to_relations())


@pytest.mark.parametrize(
    ("header", "cell", "share_bp"),
    [
        ("持股比例(%)", "51", 5_100),
        ("持股比例(%)", "33.33", 3_333),
        ("持股比例（％）", "51%", 5_100),
        ("持股比例", "51%", 5_100),
        ("share_bp", "5100", 5_100),
        ("持股比例(%)", "100", 10_000),
        ("持股比例", "", None),
    ],
)
def test_a_share_is_read_in_basis_points(header, cell, share_bp):
    """The unit stands in the header or in the cell."""
    reading = read_relations(f"甲方,乙方,关系,{header}\nA,B,控股,{cell}\n")

    assert [share_bp] == reading.columns["share_bp"]


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("持股比例", "0.51"),
        ("持股比例", "51"),
        ("持股比例(%)", "101"),
        ("持股比例(%)", "x"),
        ("持股比例(%)", "33.3333"),
        ("share_bp", "10001"),
    ],
)
def test_a_share_without_a_unit_is_asked_never_guessed(header, cell):
    """0.51 may be half a percent or a half; the row is bad until somebody says."""
    text = f"甲方,乙方,关系,{header}\nA,B,控股,{cell}\n"

    assert {2: ["REP-005"]} == codes(read_relations(text))


def test_relations_of_several_parties_pair_up_and_blanks_are_bad():
    """A;B related to C are two relations; a row without a party or a kind is none."""
    reading = read_relations("甲方,乙方,关系\nA;B,C,集团\nA,,集团\nA,B,\nA,B,朋友\n")

    assert [("A", "C"), ("B", "C")] == list(
        zip(reading.columns["a"], reading.columns["b"], strict=True)
    )
    assert {3: ["REP-012"], 4: ["REP-012"], 5: ["REP-006"]} == codes(reading)
    assert (2, 2) == reading.lines


@pytest.mark.parametrize(
    ("above", "header", "columns", "fen"),
    [
        ("单位：万元", "担保金额", None, 500_000_00),
        ("单位:元", "担保金额", None, 50_00),
        ("金额单位：人民币万元", "担保金额", None, 500_000_00),
        ("单位：万元", "担保金额(元)", None, 50_00),
        ("编制单位：某某支行", "担保金额", None, 50_00),
        ("", "担保额度(万元)", {"担保额度(万元)": "amount_fen"}, 500_000_00),
        ("", "担保额度", {"担保额度": "担保金额(万元)"}, 500_000_00),
        ("", "担保额度", {"担保额度": "amount_fen"}, 50),
    ],
)
def test_the_unit_comes_from_the_header_then_the_map_then_the_line_above(
    above, header, columns, fen
):
    """A factor of ten thousand hangs on which word gives the unit: the file's own comes first."""
    text = f"{above},,\n担保人,借款人,{header}\n甲厂,乙厂,50\n"

    assert [fen] == read_ledger(text, columns=columns).columns["amount_fen"]
