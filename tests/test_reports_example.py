"""The audit as a command: files in, files out, exit status, and messages without tracebacks."""

import csv
import gzip
import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

from ruralcredit.synthetic import county
from shared_data import shared_file

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "guarantee_circle_audit.py"
RING = "担保人,被担保人,担保金额(万元),到期日\n甲公司,乙公司,1,20250101\n乙公司,甲公司,2,\n"


@pytest.fixture(scope="module")
def main():
    """The example's main function."""
    spec = importlib.util.spec_from_file_location("guarantee_circle_audit", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.main


@pytest.fixture
def run(main, tmp_path, capsys, monkeypatch):
    """Run the example in an empty folder; return its status, what it printed and said."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        try:
            status = main([str(word) for word in words])
        except SystemExit as leaving:
            status = leaving.code
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return call


@pytest.fixture
def ring(tmp_path):
    """A ledger of one mutual pair."""
    path = tmp_path / "ring.csv"
    path.write_text(RING, encoding="utf-8")
    return path


def table(path):
    """Return a table as the rows of a file say it."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_shipped_book_is_audited_without_any_file(run, tmp_path):
    """No argument: an invented county, its page and its tables in audit/."""
    status, out, err = run()
    truth = county().truth

    assert (0, "") == (status, err)
    assert f"其中含循环担保 {len(truth.loops)} 个" in out.splitlines()[0]
    assert ["circle_contracts.csv", "circles.csv", "hidden_circles.csv", "report.html"] == sorted(
        path.name for path in (tmp_path / "audit").iterdir()
    )
    assert len(truth.loops) == len(table(tmp_path / "audit" / "circles.csv"))
    assert len(truth.hidden) == len(table(tmp_path / "audit" / "hidden_circles.csv"))
    page = (tmp_path / "audit" / "report.html").read_text(encoding="utf-8")
    files = ("ledger", "loans", "related", "parties")
    assert [] == [role for role in files if f"county-{role}.csv" not in page]


@pytest.mark.parametrize(
    "data",
    [
        RING.encode(),
        b"\xef\xbb\xbf" + RING.encode(),
        RING.encode("gb18030"),
        gzip.compress(RING.encode("gb18030")),
    ],
    ids=["utf-8", "utf-8 with mark", "gb18030", "gzip"],
)
def test_a_book_is_read_as_banks_write_it(run, tmp_path, data):
    """Encodings and gzip make no difference to what is found."""
    book = tmp_path / "book.csv"
    book.write_bytes(data)
    status, _out, _err = run(book, "--out", tmp_path / "here" / "deep")
    row = table(tmp_path / "here" / "deep" / "circles.csv")[0]

    assert 0 == status
    assert ("mutual", "2", "3000000", "") == (
        row["kind"],
        row["members"],
        row["guaranteed_fen"],
        row["loans_fen"],
    )


def test_every_file_and_option_together(run, tmp_path, ring):
    """Loans, relations, parties, a day, a header map per file, a mask and a language."""
    (tmp_path / "loans.csv").write_text("编号,借款人,余额(元)\nL1,甲公司,5\n", encoding="utf-8")
    (tmp_path / "related.csv").write_text("甲方,乙方,关系\n甲公司,乙公司,控股\n", encoding="utf-8")
    (tmp_path / "parties.csv").write_bytes(
        "户号,客户类型,净资产(万元)\n甲公司,企业,2\n乙公司,企业,0.0003\n丙公司,,x\n".encode(
            "gb18030"
        )
    )
    (tmp_path / "map.json").write_text(
        json.dumps(
            {
                "ledger": {"到期日": None},
                "loans": {"编号": "loan_id"},
                "parties": {"户号": "party"},
            }
        ),
        encoding="utf-8",
    )
    status, out, _err = run(
        *(ring, "--loans", "loans.csv", "--related", "related.csv", "--as-of", "2024-06-30"),
        *(
            "--parties",
            "parties.csv",
            "--out",
            "o",
            "--lang",
            "en",
            "--columns",
            "map.json",
            "--max-bad",
            "0",
        ),
        *("--mask", "all", "--format", "csv"),
    )
    page = (tmp_path / "o" / "report.html").read_text(encoding="utf-8")

    assert 0 == status
    assert out.startswith("clusters (担保圈): 1 (largest: 2 parties)")
    assert "500" == table(tmp_path / "o" / "circles.csv")[0]["loans_fen"]
    assert "甲公司" not in page
    assert "party-0001" in page
    assert "intra-group" in page
    assert 5 == len(set(re.findall(r"\b[0-9a-f]{64}\b", page)))
    assert "joint cover</dt><dd>3.00</dd>" in page
    assert re.search(r"parties</td><td[^>]*>parties\.csv</td>(<td[^>]*>[321]</td>){3}", page)


def test_an_edge_list_is_audited_with_its_loans(run, tmp_path):
    """Ids are whole numbers there, and in the files beside it."""
    (tmp_path / "edges.txt").write_text("# x\n1 2\n2 1\n", encoding="utf-8")
    (tmp_path / "loans.csv").write_text("借据号,借款人,余额(元)\nL1,1,5\n", encoding="utf-8")
    (tmp_path / "related.csv").write_text("a,b,kind\n1,2,group\n", encoding="utf-8")
    (tmp_path / "parties.csv").write_text("party,net_assets\n1,7\n2,8\n", encoding="utf-8")
    status, _out, _err = run(
        *("edges.txt", "--format", "edges", "--loans", "loans.csv"),
        *("--related", "related.csv", "--parties", "parties.csv"),
    )

    assert 0 == status
    assert ("1>2>1", "500") == tuple(
        table(tmp_path / "audit" / "circles.csv")[0][name] for name in ("witness", "loans_fen")
    )


def test_a_public_network_gives_its_published_loop(run, tmp_path):
    """Gnutella of 8 August 2002: 2068 parties and 9313 rows inside, of 6299 and 20776."""
    path = shared_file("data/p2p-Gnutella08.txt.gz")
    status, out, _err = run(path, "--format", "edges")
    rows = table(tmp_path / "audit" / "circles.csv")
    largest = max(rows, key=lambda row: int(row["members"]))

    assert 0 == status
    assert "（最大 6299 户）" in out.splitlines()[0]
    assert ("2068", "9313") == (largest["members"], largest["contracts"])


def test_a_long_file_tells_on_standard_error_how_far_it_is(run, tmp_path):
    """Standard output stays the summary's."""
    (tmp_path / "long.txt").write_text("1 2\n" * 50_001, encoding="utf-8")
    status, out, err = run("long.txt", "--format", "edges")

    assert (0, "50,000 rows read\n") == (status, err)
    assert "rows read" not in out.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["missing.csv"], "missing.csv"),
        (["ring.csv", "--loans", "missing.csv"], "missing.csv"),
        (["ring.csv", "--parties", "missing.csv"], "missing.csv"),
        (["ring.csv", "--parties", "odd.csv"], "no header for 当事人"),
        (["."], "error: "),
        (["odd.csv"], "no header for 担保人"),
        (["bad.csv", "--max-bad", "0"], "1 rows cannot be read, at most 0 may be"),
        (["bytes.csv"], "must be UTF-8 or GB18030"),
        (["book.xlsx"], "workbook"),
        (["cut.gz"], "error: "),
        (["fake.gz"], "error: "),
        (["ring.csv", "--columns", "odd.csv"], "must be JSON"),
        (["ring.csv", "--columns", "list.json"], "must be a JSON object"),
        (["dollar.csv"], "currency must be the yuan"),
        (["ring.csv", "--out", "ring.csv"], "error: "),
        (["--format", "edges"], "--format edges needs a file"),
        (["ring.csv", "--max-bad", "-1"], "--max-bad must be 0 or more"),
        (["ring.csv", "--max-bad", "x"], "invalid int value"),
        (["ring.csv", "--as-of", "2024-13-01"], "--as-of"),
        (["ring.csv", "--mask", "some"], "--mask"),
        (["ring.csv", "--what"], "unrecognized arguments"),
    ],
)
def test_input_that_cannot_be_used_is_status_two_and_one_message(run, tmp_path, ring, words, says):
    """Never a traceback; the message says what came and what is wanted."""
    (tmp_path / "odd.csv").write_text("担保单住,x\n1,2\n", encoding="utf-8")
    (tmp_path / "bad.csv").write_text(RING + "丙,丁,x,\n", encoding="utf-8")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\x30\n")
    (tmp_path / "book.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(RING.encode())[:30])
    (tmp_path / "fake.gz").write_bytes(b"\x1f\x8b" + b"\x08" * 40)
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    (tmp_path / "dollar.csv").write_text("担保人,被担保人,币种\n甲,乙,USD\n", encoding="utf-8")
    status, out, err = run(*words)

    assert ring.exists()
    assert (2, "") == (status, out)
    assert says in err
    assert "Traceback" not in err


def test_bad_rows_without_a_limit_are_listed_and_left_out(run, tmp_path):
    """Status 0: the page lists them and their parties are not determinable."""
    (tmp_path / "bad.csv").write_text(RING + "甲公司,丁公司,x,\n", encoding="utf-8")
    status, out, _err = run("bad.csv", "--lang", "zh")

    assert 0 == status
    assert "无法读取 1 行" in out
    assert "不是精确到分的金额" in (tmp_path / "audit" / "report.html").read_text(encoding="utf-8")


def test_a_bad_name_is_not_printed_by_default(run, tmp_path):
    """Ids, not names, unless asked: the default mask covers the page and every table."""
    text = "担保人,被担保人,合同号\n王小二,李小三,HT王小二\n李小三,王小二,HT2\n"
    (tmp_path / "names.csv").write_text(text, encoding="utf-8")
    run("names.csv")
    files = [path.read_text(encoding="utf-8") for path in (tmp_path / "audit").iterdir()]

    assert 4 == len(files)
    assert not re.search("王小二|李小三", "".join(files))
