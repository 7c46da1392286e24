"""The audit in print: the page, its drawings, the summary and the tables."""

import csv
import datetime
import html
import io
import re

import pytest

from ruralcredit.guarantees import Relations, audit, find_circles
from ruralcredit.reports import (
    SourceFile,
    audit_report,
    audit_summary,
    circle_contracts_table,
    circles_table,
    loop_svg,
    make_mask,
    read_ledger,
    read_loans,
    read_parties,
    read_relations,
)
from ruralcredit.synthetic import county

DAY = datetime.date(2024, 6, 30)
EXCLUDED = (
    "不计入：担保尚未开始 1 行；担保人或被担保人为空 1 行；"
    "同一联保协议内的担保本身不成环（本库建议值，非监管规定） 2 行；"
    "担保双方同属一个关联集团，属集团内部支持（本库建议值，非监管规定） 2 行"
)
CHAPTERS = ["clusters", "loops", "hidden", "groups", "hubs", "chains", "lapsing", "findings"]
LEDGER = """\
合同号,担保人,被担保人,担保金额(元),起始日,到期日,担保方式,联保协议号,担保人类型,支行,客户经理,借据号
K1,甲公司,乙公司,100.00,2024-01-01,2025-01-01,特定,,企业,东关,李四,L1
K2,乙公司,甲公司,200.00,2024-02-01,2025-02-01,特定,,企业,东关,K02,L2
K3,丙公司,丁公司,300.00,2024-01-01,2025-01-01,最高额,,企业,西关,K03,L3
K4,丁公司,戊公司,,2024-01-01,2025-01-01,特定,,企业,西关,K03,
K5,戊公司,丙公司,500.00,2024-03-01,,特定,,企业,西关,K03,
K6,己公司,己公司,10.00,2024-01-01,2025-01-01,特定,,企业,西关,K03,
K7,张三,李小四,1.00,2024-01-01,2025-01-01,特定,J1,农户,西关,K03,
K8,李小四,张三,1.00,2024-01-01,2025-01-01,特定,J1,农户,西关,K03,
K9,庚公司,辛公司,900.00,2023-01-01,2024-02-10,特定,,企业,西关,K03,L4
K10,辛公司,壬公司,50.00,2024-01-01,2025-01-01,特定,,企业,西关,K03,
K11,王五,辛公司,x,2024-01-01,2025-01-01,特定,,个人,西关,K03,
K12,,庚公司,5.00,2024-01-01,2025-01-01,特定,,,西关,K03,
K13,甲公司,癸公司,5.00,2024-01-01,2025-01-01,抵押,,,西关,K03,
K14,子公司,丑公司,5.00,2025-01-01,2026-01-01,特定,,,西关,K03,
合计,,,2077.00
"""
LOANS = """\
借据号,借款人,余额(元),逾期天数
L1,乙公司,80.00,10
L2,甲公司,100.00,0
L3,丁公司,100.00,0
L4,辛公司,700.00,0
合计,,980.00
"""
RELATED = "甲方,乙方,关系\n壬公司,老王,实际控制人\n老王,庚公司,实际控制人\n甲公司,乙公司,控股\n"


PARTIES = """\
客户号,客户类型,净资产(元),评级
甲公司,企业,60.00,A
乙公司,企业,150.00,
丙公司,个人,-5.00,
丁公司,企业,,
王老五,个人,约5,
赵老六,个人,1.00,
赵老六,个人,2.00,
合计,,208.00,
"""


def made(ledger=LEDGER, loans=LOANS, related=RELATED, day=DAY, parties=None):
    """Return a book with its audit and how its files were read, as the report takes them."""
    read = {
        "ledger": read_ledger(ledger),
        "loans": None if loans is None else read_loans(loans),
        "related": None if related is None else read_relations(related),
        "parties": None if parties is None else read_parties(parties),
    }
    book = read["ledger"].to_book(loans=read["loans"], parties=read["parties"])
    book = book if day is None else book.as_of(day)
    ties = None if related is None else read["related"].to_relations()
    return book, audit(book, relations=ties), read


def ring(count, extra=""):
    """Return a ledger of one ring of so many parties."""
    rows = [f"P{n:03d},P{(n + 1) % count:03d},{n + 1}" for n in range(count)]
    return "担保人,被担保人,金额(元)\n" + "\n".join(rows) + "\n" + extra


def text_of(page):
    """Return what a reader sees of a page, blanks drawn together."""
    bare = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", bare)))


@pytest.fixture(scope="module")
def small():
    """The book written above."""
    return made()


@pytest.fixture(scope="module")
def shire():
    """A small invented county, read through its own files."""
    whole = county(arcs=2_000)
    book, found, read = made(
        whole.ledger_csv(), whole.loans_csv(), whole.related_csv(), parties=whole.parties_csv()
    )
    return whole, book, found, read


# --- summary ---


def test_the_summary_opens_with_the_line_that_auditors_ask_for(small):
    """担保圈 N 个（最大 M 户），其中含循环担保 K 个，互保 J 对，联保小组 G 个，无法判定 U 户."""
    book, found, read = small
    lines = audit_summary(book, found, lang="zh", ledger=read["ledger"]).splitlines()

    assert [
        "担保圈 5 个（最大 3 户），其中含循环担保 3 个，互保 1 对，联保小组 1 个，无法判定 3 户",
        "环是结构，不等于违规。",
        "基准日 2024-06-30",
        "台账读取 14 行，计入 12 行，剔除 2 行（无法读取 1 行，非保证 1 行）；合计行 1 行。",
        "台账 12 行，其中 11 行计入本次分析。",
        EXCLUDED,
        "循环担保涉及 6 户、6 份合同，担保金额 1,110.00 元（另有 1 份金额未知）",
        "首要循环担保：",
    ] == lines[:8]


def test_the_summary_speaks_english_and_both(small):
    """One language, or Chinese first and English after it."""
    book, found, _read = small
    english = audit_summary(book, found, lang="en")
    both = audit_summary(book, found)

    assert english.startswith(
        "clusters (担保圈): 5 (largest: 3 parties); closed loops (循环担保) in them: 3; mutual "
        "pairs: 1; joint groups: 1; parties not determinable: 3\n"
        "A loop is a structure, not misconduct.\nas of 2024-06-30\n"
    )
    assert both == audit_summary(book, found, lang="zh") + "\n" + english


def test_the_summary_ranks_loops_by_overdue_share_then_cover(small):
    """The pair with an overdue loan comes first, then the ring, then what has no loans."""
    book, found, _read = small
    summary = audit_summary(book, found, lang="zh")
    ranked = re.findall(r"^  \d\. \S+ (\S+) (\d) 户", summary, re.MULTILINE)

    assert [("互保", "2"), ("单环", "3"), ("自我担保", "1")] == ranked


def test_the_summary_of_a_book_without_anything_says_so():
    """No day, no relations, no loops: each is said, none is a zero that looks found."""
    book, found, _read = made("担保人,被担保人\n甲公司,乙公司\n", None, None, None)
    lines = audit_summary(book, found, lang="zh").splitlines()

    assert [
        "担保圈 1 个（最大 2 户），其中含循环担保 0 个，互保 0 对，联保小组 0 个，无法判定 0 户",
        "环是结构，不等于违规。",
        "未指定基准日：未解除、未结清的每一行都计入。",
        "台账 1 行，其中 1 行计入本次分析。",
        "未提供关联方表，隐性循环担保未核查。",
    ] == lines[:5]


def test_an_empty_book_has_a_summary():
    """No row at all is a book too."""
    book, found, _read = made("担保人,被担保人\n", None, None, None)

    assert audit_summary(book, found, lang="zh").startswith("担保圈 0 个（最大 0 户）")
    assert "未发现循环担保" in audit_report(book, found, lang="zh")


# --- page ---


@pytest.mark.parametrize("lang", ["zh", "en", "both"])
def test_the_page_holds_every_chapter_and_stands_alone(small, lang):
    """No script, no file from outside; every chapter of the contents is there."""
    book, found, read = small
    page = audit_report(book, found, lang=lang, **read)

    assert CHAPTERS == [key for key in CHAPTERS if re.search(f'<h2[^>]* id="{key}">', page)]
    bare = page.replace('xmlns="http://www.w3.org/2000/svg"', "")

    assert not re.search(r"<script|<link|<img|url\(|@import|https?://", bare)
    assert page.count("<main") == page.count("</main>") == 1


@pytest.mark.parametrize(
    ("lang", "there", "absent"),
    [
        ("zh", ["环是结构，不等于违规", "证据路径"], ["Evidence path", "misconduct"]),
        ("en", ["A loop is a structure, not misconduct", "Evidence path"], ["证据路径", "违规"]),
        ("both", ["环是结构，不等于违规", "Evidence path", "misconduct"], []),
    ],
)
def test_the_page_speaks_the_language_asked(small, lang, there, absent):
    """One language alone, or Chinese first with English beside it."""
    book, found, _read = small
    seen = text_of(audit_report(book, found, lang=lang))

    assert [] == [words for words in there if words not in seen]
    assert [] == [words for words in absent if words in seen]


@pytest.mark.parametrize("lang", ["en", "both"])
def test_circle_never_stands_alone_in_print(small, lang):
    """A cluster or a closed loop is meant, and said; only file names keep the word."""
    book, found, read = small
    seen = text_of(audit_report(book, found, lang=lang, **read))

    assert [] == re.findall(r"\bcircles?\b(?!\.csv|_)", seen, re.IGNORECASE)


def test_the_first_page_counts_every_exclusion(small):
    """Each reason with its rows, and what a default of ours is, marked."""
    book, found, read = small
    page = audit_report(book, found, lang="zh", **read)
    first = text_of(page[: page.index('id="clusters"')])

    assert [] == [
        f"{one.reason.text('zh')} {len(one.rows)}"
        for one in found.exclusions
        if f"{one.reason.text('zh')} {len(one.rows)}" not in first
    ]
    assert "台账读取 14 行，计入 12 行" in first


def test_evidence_stands_in_words_with_contract_days_and_line(small):
    """Who stands in for whom, by which contract, for how much, where it is written."""
    book, found, read = small
    seen = text_of(audit_report(book, found, lang="zh", mask="none", **read)).replace(" ", "")

    assert (
        "甲公司为乙公司担保：合同K1，100.00元，起始2024-01-01，债务到期2025-01-01，台账第2行"
    ) in seen
    assert "丁公司为戊公司担保：合同K4，金额未知，起始2024-01-01" in seen
    assert "戊公司为丙公司担保：合同K5，500.00元，起始2024-03-01，债务到期未知" in seen


def test_hidden_loops_show_guarantees_and_relations_in_turn(small):
    """庚 stands in for 辛, 辛 for 壬, and 壬 is 庚's through the controller."""
    book, found, read = small
    seen = text_of(audit_report(book, found, lang="zh", mask="none", **read)).replace(" ", "")

    assert "壬公司与老王有关联关系：实际控制人，关联方表第2行" in seen
    assert "视为一方壬公司=庚公司" in seen.replace("庚公司=壬公司", "壬公司=庚公司")


def test_a_loop_inside_one_group_is_marked(small):
    """It stays, with the mark and the words for it."""
    book, found, read = small
    seen = text_of(audit_report(book, found, lang="zh", **read))

    assert "全部成员属同一关联集团" in seen


def test_lapsing_guarantees_are_listed_by_money(small):
    """K9's debt fell due in February; its period ends within 90 days, without a demand."""
    book, found, read = small
    page = audit_report(book, found, lang="zh", **read)
    chapter = text_of(page[page.index('id="lapsing"') : page.index('id="findings"')])

    assert "2024-08-10 700.00 K9 庚公司 辛公司 2024-02-10 10" in chapter


def test_the_last_page_ties_the_files_to_the_ledger(small):
    """Hashes, rows, bad rows, control totals, the file's own total, versions, signatures."""
    book, found, read = small
    sources = [
        SourceFile(role="ledger", name="book.csv", sha256="ab" * 32),
        SourceFile(role="loans", name="loans.csv", sha256="cd" * 32),
        SourceFile(role="columns", name="map.json", sha256="ef" * 32),
    ]
    page = audit_report(
        book, found, lang="zh", sources=sources, versions={"ruralcredit": "9.9.9"}, **read
    )
    last = text_of(page[page.index('id="sign_off"') :])

    assert f"担保台账 book.csv 14 12 2 {'ab' * 32} 借据 loans.csv 4 4 0" in last
    assert "担保台账 12 担保金额(元)：*** 不是精确到分的金额 person-" in last
    assert "西关 12 10 1,777.00 1,772.00 1" in last
    assert "合计 14 12 2,077.00 2,072.00 1" in last
    assert "担保台账 16 合计 2,077.00 2,077.00 0.00 借据 6 合计 980.00 980.00 0.00" in last
    assert "非保证（抵押、质押、信用）的行：14" in last
    assert "9.9.9" in last
    assert last.rstrip().endswith("审计人员 复核 日期")


def test_net_assets_turn_bounds_of_cover_into_figures():
    """With every guarantor's net assets a loop's cover is known; without them it is bounded."""
    told, asked = (
        text_of(audit_report(book, found, lang="zh", **read))
        for book, found, read in (made(parties=PARTIES), made())
    )

    assert "逐笔相加的覆盖 160.00 联合覆盖 160.00 独立覆盖 0.00" in told
    assert "逐笔相加的覆盖 0.00 – 180.00 联合覆盖 0.00 – 180.00" in asked
    assert "部分担保人净资产或金额未知" in asked


def test_the_file_of_parties_stands_on_the_last_page_like_the_others():
    """Its hash, its rows, its headers and bad rows; kinds that differ from the ledger's."""
    book, found, read = made(parties=PARTIES)
    sources = [SourceFile(role="parties", name="parties.csv", sha256="ab" * 32)]
    page = audit_report(book, found, lang="zh", sources=sources, **read)
    last = text_of(page[page.index('id="sign_off"') :])

    assert f"客户资料 parties.csv 7 5 2 {'ab' * 32}" in last
    assert "客户资料 6 净资产(元)：*** 不是精确到分的金额 person-" in last
    assert "客户资料 8 客户号：该当事人已在第 7 行出现 person-" in last
    assert "客户资料 9 合计 208.00 208.00 0.00" in last
    assert "关联方 甲方 → 甲方 乙方 → 乙方 关系 → 关系 客户资料 客户号" in last
    assert (
        "客户资料 客户号 → 当事人 客户类型 → 类型 净资产(元) → 净资产 [元] 评级 → 未使用" in last
    )
    assert "REP-030 1 个当事人的类型在客户资料与担保台账中不一致（首个见客户资料第 4 行）" in last
    assert not re.search("王老五|赵老六", page)


def test_what_was_assumed_stands_on_the_last_page_with_its_basis(small):
    """The six months of an unagreed guarantee period, from the law; our own marked as ours."""
    book, found, read = small
    last = text_of(audit_report(book, found, lang="zh", **read).partition('id="sign_off"')[2])

    assert "未约定保证期间，按债务到期后六个月计" in last
    assert "Civil Code of the PRC, art. 692" in last
    assert "表头没有注明单位" not in last


def test_without_a_day_the_report_says_that_every_unreleased_row_counts():
    """On page one, and among the assumptions; nothing is said about lapsing."""
    book, found, read = made(day=None)
    page = audit_report(book, found, lang="zh", **read)
    first = text_of(page[: page.index('id="clusters"')])

    assert "未指定基准日：未解除、未结清的每一行都计入。" in first
    assert "未指定基准日，无法判断保证期间是否将届满。" in text_of(page)
    assert "REP-028" in text_of(page)


def test_without_related_parties_the_report_says_that_hidden_loops_were_not_looked_for():
    """An unasked question is no negative answer."""
    book, found, read = made(related=None)
    seen = text_of(audit_report(book, found, lang="zh", **read))

    assert "未提供关联方表，隐性循环担保未核查。" in seen
    assert "— 隐性循环担保" in seen


def test_chapters_without_anything_to_tell_say_so():
    """No loop, no hidden loop, no group, nothing lapsing, no finding, nobody open."""
    book, found, read = made(
        "担保人,被担保人,金额(元),起始日,到期日,保证期间(月)\n"
        "甲公司,乙公司,5,2024-01-01,2025-01-01,6\n",
        None,
        "甲方,乙方,关系\n丙,丁,集团\n",
    )
    page = audit_report(book, found, lang="zh", **read)
    seen = text_of(page)

    assert [] == [
        words
        for words in (
            "未发现循环担保。",
            "未发现隐性循环担保。",
            "台账中没有联保协议。",
            "全部行均可读取。",
        )
        if words not in seen
    ]
    assert 6 <= seen.count("没有此类情形。")


def test_long_lists_are_cut_and_say_how_much_is_left():
    """Two hundred loops in the ranking, sixty drawn, thirty rows of a hub; the rest counted."""
    pairs = [f"A{n:03d},B{n:03d},1\nB{n:03d},A{n:03d},1" for n in range(205)]
    hubs = [f"H{n},X{n}{m},1" for n in range(12) for m in range(3)]
    agreements = [f"C{n:02d},D{n:02d},1,J{n:02d}" for n in range(42)]
    bad = [f"E{n:03d},F,x" for n in range(201)]
    branches = [f"G{n:03d},F,1,,支行{n}" for n in range(61)]
    other = [f"G{n:03d},F,1,,,抵押" for n in range(201)]
    chains = [f"M{n},N{n},1\nN{n},O{n},1" for n in range(12)]
    rows = [*pairs, *hubs, *agreements, *bad, *branches, *other, *chains]
    book, found, read = made(
        "担保人,被担保人,金额(元),联保协议号,支行,担保方式\n" + "\n".join(rows), None, None
    )
    seen = text_of(audit_report(book, found, lang="zh", detail=3, **read))

    assert [] == [
        f"另有 {count} 项未列出" for count in (5, 165, 2) if f"另有 {count} 项未列出" not in seen
    ]
    assert "其余 202 个循环担保不逐一展开" in seen
    assert 201 == len(read["ledger"].bad_rows)


def test_hidden_loops_beyond_the_detail_are_counted():
    """The page says how many more there are."""
    rows = "".join(f"A{n},B{n}\n" for n in range(3))
    ties = "".join(f"A{n},B{n}x,集团\nB{n},B{n}x,集团\n" for n in range(3))
    book, found, read = made(
        "担保人,被担保人\n" + rows + "".join(f"B{n},C{n}\n" for n in range(3)),
        None,
        "甲方,乙方,关系\n" + re.sub(r"B(\d),", r"C\1,", ties),
    )
    seen = text_of(audit_report(book, found, lang="zh", detail=1, **read))

    assert 3 == len(found.hidden)
    assert "另有 2 项未列出" in seen


# --- escaping and masking ---


def test_what_the_data_says_is_never_markup():
    """An id, a contract, a branch, an officer, a file or a header cannot open a tag."""
    evil = '<script>alert("x")</script>'
    row = ",".join('"' + evil.replace('"', '""') + f'{n}"' for n in range(2))
    back = ",".join('"' + evil.replace('"', '""') + f'{n}"' for n in (1, 0))
    cell = '"' + evil.replace('"', '""') + '"'
    book, found, read = made(
        f"担保人,被担保人,合同号,支行,客户经理,金额,{cell}\n"
        f"{row},{cell},{cell},{cell},1,1\n{back},{cell},{cell},{cell},{cell},1\n"
        f"{back},{cell},{cell},{cell},2,1\n",
        None,
        f"甲方,乙方,关系\n{row},集团\n",
    )
    page = audit_report(
        book,
        found,
        mask="none",
        sources=[SourceFile(role="ledger", name=evil, sha256=evil)],
        versions={evil: evil},
        **read,
    )

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert 1 == len(found.circles)


@pytest.mark.parametrize("how", ["persons", "all"])
def test_no_masked_id_leaves_the_house(shire, how):
    """Page and tables of a county hold no id of a person; under "all" no id of anybody."""
    whole, book, found, read = shire
    mask = make_mask(how, book, audit=found, readings=read.values())
    tables = [
        circles_table(book, found, mask=mask, ledger=read["ledger"]),
        circles_table(book, found, mask=mask, ledger=read["ledger"], hidden=True),
        circle_contracts_table(book, found, mask=mask, ledger=read["ledger"]),
    ]
    printed = audit_report(book, found, mask=mask, detail=99, **read) + repr(tables)
    named = {*book.party_ids, *read["related"].columns["a"], *read["related"].columns["b"]}
    named |= {party for row in read["ledger"].bad_rows for party in row.parties}
    masked = {party for party in named if party in mask.names}

    assert 500 < len(masked)
    assert [] == [party for party in named & masked if party in printed]
    assert how == "persons" or masked == named
    assert [] == re.findall(r"(?<!\d)99\d{4}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dXx](?!\d)", printed)
    assert whole.arcs == len(book.ledger)


@pytest.mark.parametrize(("first", "second"), [("个人", "企业"), ("企业", "农户")])
def test_whom_one_file_calls_a_person_is_masked_whatever_another_says(first, second):
    """The file of parties decides what a party is, and caution what is printed."""
    ledger = f"担保人,被担保人,金额(元),担保人类型\nC1,C2,1,{first}\nC2,C1,1,企业\n"
    book, found, read = made(ledger, None, None, parties=f"客户号,类型\nC1,{second}\n")
    mask = make_mask("persons", book, audit=found, readings=read.values())

    assert ("person-0001", "C2") == (mask.party("C1"), mask.party("C2"))
    assert "REP-030" in audit_report(book, found, mask=mask, **read)


def test_a_contract_named_after_a_person_is_masked_everywhere():
    """The id of a party inside a contract id, an agreement, a file name or a cell."""
    resident = "990101199003071234"
    book, found, read = made(
        "合同号,担保人,被担保人,金额,联保协议号,客户经理\n"
        f"HT-{resident},{resident},甲公司,1,,王小二\nHT-2,甲公司,{resident},1,,王小二\n"
        f"HT-3,{resident},乙公司,1,J-{resident},王小二\n"
        f"HT-4,{resident},丙公司,{resident}1234,,王小二\n",
        None,
        None,
    )
    mask = make_mask("persons", book, audit=found, readings=read.values())
    page = audit_report(
        book,
        found,
        mask=mask,
        sources=[SourceFile(role="ledger", name=f"{resident}.csv", sha256="0")],
        **read,
    )
    tables = repr(circles_table(book, found, mask=mask)) + repr(
        circle_contracts_table(book, found, mask=mask)
    )

    assert resident not in page + tables
    assert "王小二" not in page + tables
    assert "HT-person-0001" in page
    assert "officer-01" in page


def test_parties_of_a_book_without_files_are_masked_too(small):
    """Kinds come from the book's own table; relations and loans are searched for ids."""
    book, found, _read = small
    mask = make_mask("persons", book, audit=found)

    assert ["person-0004", "person-0001", "person-0002", "甲公司"] == [
        mask.party(party) for party in ("老王", "张三", "李小四", "甲公司")
    ]


# --- tables ---


def test_the_table_of_loops_has_the_columns_asked_for(small):
    """Members and contracts are counts, a blank is unknown, the witness is a closed walk."""
    book, found, read = small
    header, rows = circles_table(book, found, mask="none", ledger=read["ledger"])

    assert (
        "circle_id,kind,members,contracts,guaranteed_fen,loans_fen,covered_fen,unknown_amounts,"
        "witness,closed_on,closed_by,ends_on"
    ) == ",".join(header)
    assert [
        "ring,3,3,80000,10000,10000,1,丁公司>戊公司>丙公司>丁公司,2024-03-01,K5,2025-07-02",
        "mutual,2,2,30000,18000,18000,0,乙公司>甲公司>乙公司,2024-02-01,K2,2025-07-02",
        "self,1,1,1000,0,0,0,己公司>己公司,2024-01-01,K6,2025-07-02",
    ] == [",".join(row[1:]) for row in rows]


def test_a_table_of_unknowns_has_blanks():
    """Without loans and days the cells are empty, never zero."""
    book, found, read = made("担保人,被担保人\n甲公司,乙公司\n乙公司,甲公司\n", None, None, None)
    _header, rows = circles_table(book, found, ledger=read["ledger"])

    assert ["mutual,2,2,0,,,2,乙公司>甲公司>乙公司,,,"] == [",".join(row[1:]) for row in rows]
    assert ((), ()) == (circles_table(book, found, hidden=True)[1], found.hidden or ())


def test_contracts_without_an_id_are_named_by_their_line():
    """A row without a contract id is a contract of its own: "#" and where it stands."""
    book, found, read = made(
        "担保人,被担保人,起始日\n甲公司,乙公司,2024-01-01\n乙公司,甲公司,2024-02-01\n", None, None
    )
    header, rows = circles_table(book, found, ledger=read["ledger"])
    _names, contracts = circle_contracts_table(book, found)

    assert "#3" == rows[0][header.index("closed_by")]
    assert ["", ""] == [row[1] for row in contracts]
    assert "（无编号）" in audit_report(book, found, lang="zh", **read)


def test_hidden_loops_are_a_table_of_their_own(small):
    """A relation is "~", a guarantee ">"."""
    book, found, _read = small
    header, rows = circles_table(book, found, mask="none", hidden=True)

    assert ["庚公司>辛公司>壬公司~老王~庚公司"] == [row[header.index("witness")] for row in rows]
    assert "H-" == rows[0][0][:2]


def test_every_contract_inside_a_loop_is_listed_with_its_line(small):
    """An auditor's work list: loop, contract, parties, amount, days, source line."""
    book, found, read = small
    header, rows = circle_contracts_table(book, found, mask="none", ledger=read["ledger"])
    listed = [dict(zip(header, row, strict=True)) for row in rows]

    assert 8 == len(listed)
    assert ("K4", "丁公司", "戊公司", "", "2024-01-01", "2025-01-01", "5") == next(
        tuple(row[name] for name in header[1:]) for row in listed if row["contract_id"] == "K4"
    )


def test_tables_survive_a_csv_file(shire):
    """What is written is what is read back."""
    _whole, book, found, read = shire
    header, rows = circles_table(book, found, ledger=read["ledger"])
    file = io.StringIO()
    csv.writer(file).writerows([header, *rows])

    assert [list(header), *map(list, rows)] == list(csv.reader(io.StringIO(file.getvalue())))
    assert len(found.circles) == len(rows)


def test_loops_of_ids_that_are_numbers_print_too():
    """An edge list has no contracts, no amounts and no days."""
    reading = read_ledger("1 2\n2 1\n", format="edges")
    book = reading.to_book()
    found = audit(book)
    header, rows = circles_table(book, found, ledger=reading)

    assert "1>2>1" == rows[0][header.index("witness")]
    assert "<svg" in audit_report(book, found, ledger=reading)


def test_unknown_amounts_are_a_least_or_unknown_never_a_zero(small):
    """A sum that leaves a contract out is marked; where all are unknown there is no sum."""
    book, found, read = small
    seen = text_of(audit_report(book, found, lang="zh", **read))
    nothing, none_found, none_read = made(
        "担保人,被担保人\n甲公司,乙公司\n乙公司,甲公司\n", None, None
    )
    empty = text_of(audit_report(nothing, none_found, lang="zh", **none_read))

    assert "单环 3 3 ≥ 800.00 100.00" in seen
    assert "互保 2 2 未知 未知 — —" in empty
    assert "循环担保合同金额：未知" in empty
    assert "担保 未知，贷款" in audit_summary(nothing, none_found, lang="zh")


# --- drawings ---


@pytest.mark.parametrize("count", [1, 2, 3, 5, 12])
def test_a_small_loop_is_drawn_whole(count):
    """Every party is there, every guarantee is an arrow with its amount."""
    book = read_ledger(ring(count)).to_book()
    svg = loop_svg(find_circles(book)[0], book)

    assert count == svg.count("<ellipse") == svg.count("<polygon") == svg.count("<rect")
    assert count == len(set(re.findall(r">(P\d{3})<", svg)))


@pytest.mark.parametrize(("count", "drawn"), [(13, 13), (24, 24), (25, 23), (60, 23)])
def test_a_large_loop_is_drawn_by_its_evidence_path(count, drawn):
    """Up to 24 parties whole, longer ones by their two ends and a gap."""
    book = read_ledger(ring(count)).to_book()
    svg = loop_svg(find_circles(book)[0], book)

    assert drawn == svg.count("<ellipse")
    assert (count > 24) == (">…<" in svg)


def test_a_large_loop_with_a_short_way_shows_only_that_way():
    """The page says that it is the evidence path, lists the members and the other rows."""
    book, found, read = made(ring(70, "P000,P069,5\n"), None, None)
    page = audit_report(book, found, lang="zh", **read)
    seen = text_of(page)

    assert "仅画出证据路径上的 2 户（共 70 户）。" in seen
    assert "成员 P000 , P001 , P002" in seen
    assert "另有 10 项未列出" in seen
    assert "另有 39 项未列出" in seen


def test_a_long_evidence_path_is_cut_in_words():
    """First and last twelve steps, numbered as they are."""
    book, found, read = made(ring(40), None, None)
    page = audit_report(book, found, lang="zh", **read)

    assert "证据路径共 40 步，此处列出首尾各 12 步。" in text_of(page)
    assert 24 == page.count("<li value=")
    assert '<li value="40">' in page


def test_a_crowded_loop_leaves_out_amounts_and_says_how_many():
    """Amounts off the evidence path stand in the table when the drawing is full."""
    names = [f"P{n}" for n in range(8)]
    rows = "".join(f"{a},{b},1\n" for a in names for b in names if a != b)
    book, found, read = made("担保人,被担保人,金额(元)\n" + rows, None, None)
    seen = text_of(audit_report(book, found, lang="zh", **read))

    assert "54 个金额因空间不足未标注，见下表。" in seen


def test_an_arrow_adds_up_its_contracts():
    """Each contract once; how many, and what is unknown, is said."""
    text = (
        "合同号,担保人,被担保人,金额(元)\nA,x1,x2,5\nA,x1,x2,5\nB,x1,x2,7\nC,x2,x1,1.50\n"
        "D,x2,x3,\nE,x3,x2,\nF,x3,x2,4\n"
    )
    book = read_ledger(text).to_book()
    svg = loop_svg(find_circles(book)[0], book)

    assert [] == [
        label for label in (">12 (2)<", ">1.50<", ">?<", ">4+? (2)<") if label not in svg
    ]


def test_relations_are_drawn_without_heads():
    """A dashed line with its word; two relations of one pair share it."""
    reading = read_ledger("担保人,被担保人\n甲公司,乙公司\n乙公司,丙公司\n")
    ties = Relations.from_columns(a=["丙公司"], b=["甲公司"], kind=["spouse"])
    book = reading.to_book()
    circle = audit(book, relations=ties).hidden[0]

    for lang, word in (("zh", "夫妻"), ("en", "spouse")):
        svg = loop_svg(circle, book, lang=lang, relations=ties)

        assert f">{word}<" in svg
        assert 2 == svg.count("<polygon")
        assert 1 == svg.count("stroke-dasharray")
    assert "stroke-dasharray" in loop_svg(circle, book)


def test_long_names_are_broken_and_cut():
    """Two lines beside a small ring, one beside a large one, the rest an ellipsis."""
    name = "东关支行粮油贸易股份有限公司第一分公司及其附属粮食加工厂"
    few = read_ledger(f"担保人,被担保人\n{name},乙\n乙,{name}\n").to_book()
    svg = loop_svg(find_circles(few)[0], few)

    assert name[:13] in svg
    assert "…" in svg
    assert name not in svg.replace("\n", "").partition("</title>")[2]


def test_drawings_are_the_same_every_time(small):
    """Nothing in them is drawn by chance."""
    book, found, _read = small

    assert loop_svg(found.circles[0], book) == loop_svg(found.circles[0], book)
    assert audit_report(book, found) == audit_report(book, found)
