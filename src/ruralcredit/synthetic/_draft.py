"""A county being drawn up: lines of the ledger, loans, relations and parties."""

import datetime

import attrs

from ruralcredit.synthetic._draw import Draw
from ruralcredit.synthetic._ids import credit_code, resident_id

__all__ = ["BRANCHES", "Draft", "Line", "Loan", "Relation", "add_days", "shift_months"]

BRANCHES = (
    "青石支行",
    "河湾支行",
    "柳林支行",
    "白塔支行",
    "东关支行",
    "石桥支行",
    "高坪支行",
    "南渡支行",
)
_PRODUCTS = {"person": "个人经营贷", "household": "农户贷", "firm": "流动资金贷"}
_DECADES = {"person": 5.2, "household": 4.8, "firm": 6.2, "guarantee_company": 6.4}
_SERIAL_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PLAIN_STYLE_SHARE = 0.95


def add_days(day: datetime.date, days: int) -> datetime.date:
    """Return the day so many days later, or earlier when negative."""
    return day + datetime.timedelta(days=days)


def shift_months(day: datetime.date, months: int) -> datetime.date:
    """Return the same day so many months later, or the last of a shorter month.

    Written apart from `ruralcredit.values`, so that the planted truth does not lean on
    the code it is there to check.

    >>> shift_months(datetime.date(2023, 12, 31), 2), shift_months(datetime.date(2024, 3, 31), -1)
    (datetime.date(2024, 2, 29), datetime.date(2024, 2, 29))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = datetime.date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return datetime.date(year, month + 1, min(day.day, add_days(first_of_next, -1).day))


@attrs.define(kw_only=True)
class Line:
    """One line of the ledger file; several guarantors in one cell make several rows."""

    serial: int
    guarantors: tuple[str, ...]
    borrower: str
    amount_fen: int | None
    contract_id: str
    loan_id: str | None
    form: str = "specific"
    liability: str = "joint"
    layer: str = "guarantee"
    starts_on: datetime.date | None
    debt_due_on: datetime.date | None
    guarantee_months: int | None = None
    demanded_on: datetime.date | None = None
    released_on: datetime.date | None = None
    settled_on: datetime.date | None = None
    known_on: datetime.date | None = None
    agreement_id: str | None = None
    branch: int
    officer: int
    lender: str = "本行"
    date_style: int = 0
    separator: str = "；"
    garbled: tuple[tuple[str, str], ...] = ()

    @property
    def width(self) -> int:
        """How many rows a reader makes of the line: none when a cell is garbled."""
        return 0 if self.garbled else len(self.guarantors)

    @property
    def liable_until(self) -> datetime.date | None:
        """Last day on which the guarantor is bound; None when open-ended."""
        if self.debt_due_on is None:
            return None
        end = shift_months(self.debt_due_on, self.guarantee_months or 6)
        is_demanded = self.demanded_on is not None and self.demanded_on <= end
        return None if is_demanded else end

    def absence(self, day: datetime.date) -> str | None:
        """Return why the line does not count on a day, or None when it does."""
        if self.starts_on is not None and self.starts_on > day:
            return "not_begun"
        if self.released_on is not None and self.released_on <= day:
            return "released"
        if self.settled_on is not None and self.settled_on <= day:
            return "settled"
        end = self.liable_until
        return "lapsed" if end is not None and end < day else None


@attrs.define(kw_only=True)
class Loan:
    """One loan under the ledger's contracts, or one that nobody guarantees."""

    loan_id: str
    borrower: str
    balance_fen: int
    product: str
    due_on: datetime.date | None = None
    overdue_days: int = 0
    uncovered_fen: int | None = None


@attrs.define(kw_only=True)
class Relation:
    """Two parties and what ties them."""

    a: str
    b: str
    kind: str
    share_bp: int | None
    starts_on: datetime.date | None
    ends_on: datetime.date | None


class Draft:
    """What has been drawn up so far; every number comes from one `Draw`."""

    def __init__(self, draw: Draw, as_of: datetime.date) -> None:
        self.draw = draw
        self.as_of = as_of
        self.lines: list[Line] = []
        self.loans: dict[str, Loan] = {}
        self.relations: list[Relation] = []
        self.kinds: dict[str, str] = {}
        self.regions: dict[str, str] = {}
        self.marks: dict[str, list[Line]] = {}
        self.open_parties: list[str] = []
        self.undetermined: list[str] = []
        self.rows = 0
        self._agreements = 0

    def party(self, kind: str) -> str:
        """Return the id of a new party of a kind."""
        region = f"9901{self.draw.below(len(BRANCHES)) + 1:02d}"
        while True:
            identity = self._identity(kind, region)
            if identity not in self.kinds:
                self.kinds[identity] = kind
                self.regions[identity] = region
                return identity

    def parties(self, *kinds: str) -> list[str]:
        """Return the ids of new parties, one of each kind given."""
        return [self.party(kind) for kind in kinds]

    def arc(
        self,
        guarantor: str,
        borrower: str,
        *,
        contract_id: str | None = None,
        loan_id: str | None = None,
        amount_fen: int | None = None,
        branch: int | None = None,
    ) -> Line:
        """Add a contract that counts on the day and is not overdue, over a loan of its own."""
        draw = self.draw
        serial = len(self.lines) + 1
        kind = self.kinds.get(borrower) or "person"
        amount = draw.amount_fen(_DECADES[kind]) if amount_fen is None else amount_fen
        starts_on = add_days(self.as_of, -draw.between(30, 900))
        if branch is None:
            branch = draw.below(len(BRANCHES))
        line = Line(
            serial=serial,
            guarantors=(guarantor,),
            borrower=borrower,
            amount_fen=amount,
            contract_id=contract_id or f"DB{serial:07d}",
            loan_id=loan_id or f"JK{serial:07d}",
            liability="joint" if draw.chance(0.9) else "general",
            starts_on=starts_on,
            debt_due_on=add_days(self.as_of, draw.between(1, 700)),
            guarantee_months=(24, 24, 36, None)[draw.below(4)],
            known_on=add_days(starts_on, draw.below(6)),
            branch=branch,
            officer=draw.below(6),
            date_style=0 if draw.chance(_PLAIN_STYLE_SHARE) else draw.between(1, 3),
        )
        self.lines.append(line)
        self.rows += 1
        if line.loan_id not in self.loans:
            self.lend(borrower, amount * draw.between(3, 10) // 10, loan_id=line.loan_id)
        return line

    def loan_of(self, line: Line) -> Loan:
        """Return the loan that a line secures."""
        return self.loans[line.loan_id or ""]

    def forget_loan(self, line: Line) -> None:
        """Take a line's loan away: the ledger does not name one."""
        del self.loans[line.loan_id or ""]
        line.loan_id = None

    def crowd(self, line: Line, guarantors: tuple[str, ...], separator: str) -> None:
        """Let several guarantors share the cell of one line."""
        self.rows += len(guarantors) - line.width
        line.guarantors = guarantors
        line.separator = separator

    def garble(self, line: Line, header: str, text: str) -> None:
        """Spoil a cell, so that nobody can read the line; its parties become open."""
        self.rows -= line.width
        line.garbled = ((header, text),)
        self.open_parties.extend((*line.guarantors, line.borrower))

    def lend(self, borrower: str, balance_fen: int, *, loan_id: str | None = None) -> Loan:
        """Add a loan; without an id it is one that the ledger does not name."""
        loan_id = loan_id or f"XY{len(self.loans) + 1:07d}"
        kind = self.kinds.get(borrower) or "person"
        loan = Loan(
            loan_id=loan_id,
            borrower=borrower,
            balance_fen=balance_fen,
            product=_PRODUCTS.get(kind, "其他贷款"),
        )
        if self.draw.chance(0.1):
            loan.uncovered_fen = balance_fen // 2
        self.loans[loan_id] = loan
        return loan

    def hold(self, line: Line, loans: int) -> list[Line]:
        """Make a contract a maximum-amount one that holds several loans under its ceiling."""
        first = self.loan_of(line)
        first.balance_fen = first.balance_fen // loans
        line.form = "maximum"
        line.contract_id = f"ZG{line.serial:07d}"
        lines = [line]
        for _ in range(loans - 1):
            copy = self.add_copy(line)
            copy.loan_id = f"JK{copy.serial:07d}"
            self.lend(line.borrower, first.balance_fen, loan_id=copy.loan_id)
            lines.append(copy)
        return lines

    def relate(
        self,
        a: str,
        b: str,
        kind: str,
        *,
        since_days: int | None = None,
        ended_days: int | None = None,
    ) -> None:
        """Tie two parties; days are counted back from the day of the audit."""
        self.relations.append(
            Relation(
                a=a,
                b=b,
                kind=kind,
                share_bp=self.draw.between(51, 100) * 100 if kind == "control" else None,
                starts_on=None if since_days is None else add_days(self.as_of, -since_days),
                ends_on=None if ended_days is None else add_days(self.as_of, -ended_days),
            )
        )

    def agreement(self) -> str:
        """Return the id of a new joint agreement."""
        self._agreements += 1
        return f"LB{self._agreements:04d}"

    def mark(self, kind: str, line: Line) -> Line:
        """Remember what is wrong with a line."""
        self.marks.setdefault(kind, []).append(line)
        return line

    def add_copy(self, line: Line) -> Line:
        """Add a line like another, with a new serial; the loan and the contract stay."""
        copy = attrs.evolve(line, serial=len(self.lines) + 1)
        self.lines.append(copy)
        self.rows += copy.width
        return copy

    def _identity(self, kind: str, region: str) -> str:
        draw = self.draw
        if kind in {"person", "household"}:
            born_on = add_days(datetime.date(1955, 1, 1), draw.below(16_000))
            return resident_id(region, born_on, draw.between(1, 999))
        serial = "MA" + "".join(draw.pick(_SERIAL_SIGNS) for _ in range(6))
        return credit_code("91", region, serial)
