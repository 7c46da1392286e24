"""The invented county: its ledger, loans, parties and relations, as text and as columns."""

import datetime
from collections.abc import Iterable, Sequence
from typing import TypedDict

import attrs

from ruralcredit.errors import InputError
from ruralcredit.synthetic._assets import draw_net_assets
from ruralcredit.synthetic._bulk import draw_up_market, fill_up
from ruralcredit.synthetic._draft import BRANCHES, Draft, Line, Loan, Relation
from ruralcredit.synthetic._draw import Draw
from ruralcredit.synthetic._plant import Plans, plant
from ruralcredit.synthetic._truth import Truth, tell_truth

__all__ = [
    "County",
    "JointGroupColumns",
    "LedgerColumns",
    "LoanColumns",
    "PartyColumns",
    "RelationColumns",
    "county",
]

AS_OF = datetime.date(2024, 6, 30)
_ARCS_PER_SET = 20_000
_ARCS_PER_MARKET = 10_000
_LARGEST_CLUSTER, _SECOND_MARKET = 540, 120
_LEAST_ARCS = 2_000

_FORMS = {"specific": "特定", "maximum": "最高额"}
_LIABILITIES = {"joint": "连带", "general": "一般", "share": "按份"}
_LAYERS = {"guarantee": "保证", "counter": "反担保"}
_KINDS = {"person": "个人", "household": "农户", "firm": "企业", "guarantee_company": "担保公司"}
_RELATIONS = {
    "control": "控股",
    "controller": "实际控制人",
    "spouse": "夫妻",
    "kin": "亲属",
    "group": "同一集团",
}
_LEDGER_HEADER = (
    "合同号",
    "借据号",
    "担保人",
    "被担保人",
    "担保金额(元)",
    "担保方式",
    "责任方式",
    "起始日",
    "到期日",
    "保证期间(月)",
    "主张权利日",
    "解除日",
    "结清日",
    "登记日",
    "联保协议号",
    "层级",
    "担保人类型",
    "被担保人类型",
    "支行",
    "客户经理",
    "贷款行",
    "地区",
    "币种",
)
_LOANS_HEADER = ("借据号", "借款人", "余额(元)", "产品", "逾期天数", "到期日", "未覆盖(元)")
_RELATED_HEADER = ("甲方", "乙方", "关系", "持股比例(%)", "起始日", "终止日")
_PARTIES_HEADER = ("客户号", "类型", "地区", "净资产(万元)")

Day = datetime.date


class LedgerColumns(TypedDict):
    """The arguments of `GuaranteeBook.from_columns` that the ledger fills; None is unknown.

    >>> from ruralcredit.synthetic import county
    >>> len(county(seed=7, arcs=2_500).ledger_columns()["borrower"])
    2500
    """

    guarantor: list[str | None]
    borrower: list[str | None]
    amount_fen: list[int | None]
    contract_id: list[str]
    loan_id: list[str | None]
    form: list[str]
    starts_on: list[Day | None]
    debt_due_on: list[Day | None]
    guarantee_months: list[int | None]
    demanded_on: list[Day | None]
    released_on: list[Day | None]
    settled_on: list[Day | None]
    known_on: list[Day | None]
    liability: list[str]
    agreement_id: list[str | None]
    layer: list[str]
    facts: dict[str, list[str]]
    open_parties: tuple[str, ...]


class PartyColumns(TypedDict):
    """The arguments of `Parties.from_columns`: every party of the ledger once, sorted.

    >>> from ruralcredit.synthetic import county
    >>> sorted(county(seed=7, arcs=2_500).party_columns())
    ['kind', 'net_assets_fen', 'party', 'region']
    """

    party: list[str]
    kind: list[str]
    region: list[str]
    net_assets_fen: list[int | None]


class LoanColumns(TypedDict):
    """The arguments of `Loans.from_columns`.

    >>> from ruralcredit.synthetic import county
    >>> min(county(seed=7, arcs=2_500).loan_columns()["balance_fen"]) >= 0
    True
    """

    loan_id: list[str]
    borrower: list[str]
    balance_fen: list[int]
    product: list[str]
    overdue_days: list[int]
    due_on: list[Day | None]
    uncovered_fen: list[int | None]


class RelationColumns(TypedDict):
    """The arguments of `Relations.from_columns`.

    >>> from ruralcredit.synthetic import county
    >>> "controller" in county(seed=7, arcs=2_500).relation_columns()["kind"]
    True
    """

    a: list[str]
    b: list[str]
    kind: list[str]
    share_bp: list[int | None]
    starts_on: list[Day | None]
    ends_on: list[Day | None]


class JointGroupColumns(TypedDict):
    """Members of every joint agreement in the ledger, one row each.

    >>> from ruralcredit.synthetic import county
    >>> sorted(county(seed=7, arcs=2_500).joint_group_columns())
    ['agreement_id', 'party']
    """

    agreement_id: list[str]
    party: list[str]


@attrs.frozen(kw_only=True)
class County:
    """A guarantee ledger, its loans, parties and relations, and what is planted in them.

    Two counties of one seed, size and day are equal.

    Attributes:
        seed: What it was drawn from.
        arcs: Rows that a reader makes of the ledger.
        as_of: The day for which the truth is told.
        truth: What an audit as of that day must find.

    >>> from ruralcredit.synthetic import county
    >>> county(seed=7, arcs=2_500).related_csv().splitlines()[0]
    '甲方,乙方,关系,持股比例(%),起始日,终止日'
    """

    seed: int
    arcs: int
    as_of: Day
    truth: Truth = attrs.field(repr=False, eq=False)
    _lines: tuple[Line, ...] = attrs.field(repr=False, eq=False)
    _loans: tuple[Loan, ...] = attrs.field(repr=False, eq=False)
    _relations: tuple[Relation, ...] = attrs.field(repr=False, eq=False)
    _kinds: dict[str, str] = attrs.field(repr=False, eq=False)
    _regions: dict[str, str] = attrs.field(repr=False, eq=False)
    _net_assets: dict[str, int | None] = attrs.field(repr=False, eq=False)

    def ledger_csv(self) -> str:
        """Return the ledger as CSV text with Chinese headers, money in yuan.

        Dates come in four styles, some cells hold several guarantors, some lines cannot
        be read and the last one is a total, as in a bank's own file.
        """
        total = [""] * len(_LEDGER_HEADER)
        total[0] = "合计"
        total[_LEDGER_HEADER.index("担保金额(元)")] = _yuan(self.truth.control_total_fen)
        return _csv((_LEDGER_HEADER, *map(self._ledger_cells, self._lines), total))

    def loans_csv(self) -> str:
        """Return the loans as CSV text with Chinese headers, money in yuan."""
        cells = (
            (
                loan.loan_id,
                loan.borrower,
                _yuan(loan.balance_fen),
                loan.product,
                str(loan.overdue_days),
                _day(loan.due_on),
                _yuan(loan.uncovered_fen),
            )
            for loan in self._loans
        )
        return _csv((_LOANS_HEADER, *cells))

    def related_csv(self) -> str:
        """Return the related parties as CSV text with Chinese headers."""
        cells = (
            (
                tie.a,
                tie.b,
                _RELATIONS[tie.kind],
                _hundredths(tie.share_bp),
                _day(tie.starts_on),
                _day(tie.ends_on),
            )
            for tie in self._relations
        )
        return _csv((_RELATED_HEADER, *cells))

    def parties_csv(self) -> str:
        """Return the parties as CSV text with Chinese headers, net assets in 10,000 yuan."""
        columns = self.party_columns()
        cells = (
            (party, _KINDS[kind], region, _wan(net_assets_fen))
            for party, kind, region, net_assets_fen in zip(
                columns["party"],
                columns["kind"],
                columns["region"],
                columns["net_assets_fen"],
                strict=True,
            )
        )
        return _csv((_PARTIES_HEADER, *cells))

    def ledger_columns(self) -> LedgerColumns:
        """Return the rows that a reader makes of the ledger, as fresh columns.

        A line with several guarantors is as many rows; unreadable lines are left out and
        their parties are the open ones, to which a book adds those beside a blank.
        """
        rows = [
            (line, name) for line in self._lines if not line.garbled for name in line.guarantors
        ]
        lines = [line for line, _ in rows]
        return LedgerColumns(
            guarantor=[name if name.strip() else None for _, name in rows],
            borrower=[line.borrower or None for line in lines],
            amount_fen=[line.amount_fen for line in lines],
            contract_id=[line.contract_id for line in lines],
            loan_id=[line.loan_id for line in lines],
            form=[line.form for line in lines],
            starts_on=[line.starts_on for line in lines],
            debt_due_on=[line.debt_due_on for line in lines],
            guarantee_months=[line.guarantee_months for line in lines],
            demanded_on=[line.demanded_on for line in lines],
            released_on=[line.released_on for line in lines],
            settled_on=[line.settled_on for line in lines],
            known_on=[line.known_on for line in lines],
            liability=[line.liability for line in lines],
            agreement_id=[line.agreement_id for line in lines],
            layer=[line.layer for line in lines],
            facts={
                "branch": [BRANCHES[line.branch] for line in lines],
                "officer": [_officer(line) for line in lines],
                "lender": [line.lender for line in lines],
                "region": [_region(line) for line in lines],
                "currency": ["人民币"] * len(lines),
            },
            open_parties=tuple(
                sorted(
                    name
                    for line in self._lines
                    if line.garbled
                    for name in (*line.guarantors, line.borrower)
                )
            ),
        )

    def party_columns(self) -> PartyColumns:
        """Return every party of the ledger, its kind, region and net assets, as fresh columns.

        The bank knows the net assets of part of them; some are nil or negative.
        """
        names = {name for line in self._lines for name in (*line.guarantors, line.borrower)}
        parties = sorted(name for name in names if name.strip())
        return PartyColumns(
            party=parties,
            kind=[self._kinds[party] for party in parties],
            region=[self._regions[party] for party in parties],
            net_assets_fen=[self._net_assets[party] for party in parties],
        )

    def loan_columns(self) -> LoanColumns:
        """Return the loans as fresh columns."""
        return LoanColumns(
            loan_id=[loan.loan_id for loan in self._loans],
            borrower=[loan.borrower for loan in self._loans],
            balance_fen=[loan.balance_fen for loan in self._loans],
            product=[loan.product for loan in self._loans],
            overdue_days=[loan.overdue_days for loan in self._loans],
            due_on=[loan.due_on for loan in self._loans],
            uncovered_fen=[loan.uncovered_fen for loan in self._loans],
        )

    def relation_columns(self) -> RelationColumns:
        """Return the related parties as fresh columns."""
        return RelationColumns(
            a=[tie.a for tie in self._relations],
            b=[tie.b for tie in self._relations],
            kind=[tie.kind for tie in self._relations],
            share_bp=[tie.share_bp for tie in self._relations],
            starts_on=[tie.starts_on for tie in self._relations],
            ends_on=[tie.ends_on for tie in self._relations],
        )

    def joint_group_columns(self) -> JointGroupColumns:
        """Return the members of every joint agreement, repaid ones too, as fresh columns."""
        members = sorted(
            {
                (line.agreement_id, name)
                for line in self._lines
                if line.agreement_id is not None
                for name in (*line.guarantors, line.borrower)
            }
        )
        return JointGroupColumns(
            agreement_id=[agreement_id for agreement_id, _ in members],
            party=[name for _, name in members],
        )

    def _ledger_cells(self, line: Line) -> Sequence[str]:
        style = line.date_style
        cells = (
            line.contract_id,
            line.loan_id or "",
            line.separator.join(line.guarantors),
            line.borrower,
            _yuan(line.amount_fen),
            _FORMS[line.form],
            _LIABILITIES[line.liability],
            _day(line.starts_on, style),
            _day(line.debt_due_on, style),
            "" if line.guarantee_months is None else str(line.guarantee_months),
            _day(line.demanded_on, style),
            _day(line.released_on, style),
            _day(line.settled_on, style),
            _day(line.known_on, style),
            line.agreement_id or "",
            _LAYERS[line.layer],
            _KINDS.get(self._kinds.get(line.guarantors[0], ""), ""),
            _KINDS.get(self._kinds.get(line.borrower, ""), ""),
            BRANCHES[line.branch],
            _officer(line),
            line.lender,
            _region(line),
            "人民币",
        )
        garbled = dict(line.garbled)
        return [
            garbled.get(header, cell) for header, cell in zip(_LEDGER_HEADER, cells, strict=True)
        ]


def county(seed: int = 2024, *, arcs: int = 20_000, as_of: Day = AS_OF) -> County:
    """Return an invented county: a guarantee ledger, its loans, its parties, their relations.

    Every 20,000 rows hold one full set of what is planted: loops of every kind, hidden
    loops, joint groups, guarantee companies, lapsing guarantees, dirty rows; a smaller
    county holds one set too.  Two crowded markets stand in every 20,000 rows, the first
    with about 540 parties.

    Args:
        seed: Any number from 0 on.
        arcs: Rows that a reader makes of the ledger, 2,000 or more.
        as_of: The day of the audit.

    Raises:
        InputError: If there are too few rows to hold what is planted.

    >>> first, again = county(arcs=2_000), county(arcs=2_000)
    >>> first == again, first.ledger_csv() == again.ledger_csv()
    (True, True)
    >>> [loop.kind for loop in first.truth.loops].count("mutual")
    13
    """
    if arcs < _LEAST_ARCS:
        raise InputError(
            f"arcs must be {_LEAST_ARCS} or more to hold what is planted, got {arcs}",
            column="arcs",
        )
    draft, plans = Draft(Draw(seed), as_of), Plans()
    for _ in range(max(1, arcs // _ARCS_PER_SET)):
        plant(draft, plans)
    for number in range(arcs // _ARCS_PER_MARKET):
        draw_up_market(draft, _SECOND_MARKET if number % 2 else _LARGEST_CLUSTER)
    fill_up(draft, arcs)
    _date_loans(draft)
    lines = [draft.lines[place] for place in draft.draw.order(len(draft.lines))]
    order = draft.draw.order(len(draft.relations))
    relations = [draft.relations[place] for place in order]
    truth = tell_truth(
        draft,
        plans,
        lines=lines,
        relations=relations,
        relation_rows={place: row for row, place in enumerate(order)},
    )
    loans = list(draft.loans.values())
    return County(
        seed=seed,
        arcs=arcs,
        as_of=as_of,
        truth=truth,
        lines=tuple(lines),
        loans=tuple(loans[place] for place in draft.draw.order(len(loans))),
        relations=tuple(relations),
        kinds=draft.kinds,
        regions=draft.regions,
        net_assets=draw_net_assets(seed, draft.kinds),
    )


def _date_loans(draft: Draft) -> None:
    """Give every loan the due day of its guarantees, and the days it is past it."""
    for line in draft.lines:
        if line.loan_id is None or line.debt_due_on is None:
            continue
        loan = draft.loans[line.loan_id]
        loan.due_on = line.debt_due_on
        if loan.balance_fen > 0:
            loan.overdue_days = max(0, (draft.as_of - line.debt_due_on).days)


def _officer(line: Line) -> str:
    return f"K{line.branch + 1:02d}{line.officer + 1:02d}"


def _region(line: Line) -> str:
    return f"9901{line.branch + 1:02d}"


def _hundredths(number: int | None) -> str:
    """Return fen as yuan, or basis points as per cent, with two decimals."""
    if number is None:
        return ""
    whole, rest = divmod(abs(number), 100)
    return f"{'-' if number < 0 else ''}{whole}.{rest:02d}"


_yuan = _hundredths


def _wan(fen: int | None) -> str:
    """Return whole hundreds of yuan in units of 10,000."""
    return "" if fen is None else _hundredths(fen // 10_000)


def _day(day: Day | None, style: int = 0) -> str:
    if day is None:
        return ""
    return (
        f"{day:%Y-%m-%d}",
        f"{day:%Y%m%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
    )[style]


def _csv(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV; no cell of ours holds a comma, a quote or a line end."""
    return "".join(",".join(row) + "\n" for row in rows)
