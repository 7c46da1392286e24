"""Plain values, reasons and what a guarantee book is made of, drawn for tests."""

import datetime
import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Literal, TypeVar, cast

from hypothesis import Phase, find, settings
from hypothesis import strategies as st

from ruralcredit.guarantees import GuaranteeBook, JointGroups, Loans, Parties, Relations
from ruralcredit.reasons import BASES, Basis, Decision, Figure, Reason, Status
from ruralcredit.values import Dated, Ratio

__all__ = [
    "basis_points",
    "basis_values",
    "books",
    "dated",
    "days",
    "decisions",
    "fen",
    "figures",
    "ids",
    "joint_group_columns",
    "joint_groups",
    "ledger_columns",
    "loan_columns",
    "loans",
    "maybe_days",
    "parties",
    "party_columns",
    "ratios",
    "reasons",
    "relation_columns",
    "relations",
    "simplest",
    "yuan_texts",
]

T = TypeVar("T")
Kind = Literal["str", "int"]
Columns = dict[str, list[object]]

FIRST_DAY = datetime.date(2021, 1, 1)
LAST_DAY = datetime.date(2025, 12, 31)
# Drawn more often than other days, since rules turn on them: month ends, a leap day.
_EDGES = (
    datetime.date(2023, 8, 31),
    datetime.date(2023, 12, 31),
    datetime.date(2024, 2, 29),
    datetime.date(2024, 6, 30),
)
_PARTY_KINDS = ("person", "household", "firm", "guarantee_company", None)
_RELATION_KINDS = ("control", "controller", "spouse", "kin", "group")
_STATUSES: tuple[Status, ...] = ("decided", "none", "undetermined", "conflict")
_LETTERS = "PCLG"


# As many examples whatever profile is loaded: a first look is no test.
_SIMPLEST = settings(
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
)


def simplest(
    strategy: st.SearchStrategy[T], holds: Callable[[T], bool] = lambda _value: True
) -> T:
    """Return the simplest value found that holds, the same at each call: for a first look.

    Raises:
        hypothesis.errors.NoSuchExample: If none is found.

    >>> simplest(st.integers(), lambda number: number > 7)
    8
    """
    return find(strategy, holds, settings=_SIMPLEST)


# ---- single values -------------------------------------------------------------------


def fen(*, max_value: int = 10**12) -> st.SearchStrategy[int]:
    """Draw an amount of money from 0 on; unknown ones too by ``| st.none()``.

    >>> simplest(fen(), lambda amount: amount > 99)
    100
    """
    return st.integers(0, max_value) | st.sampled_from((0, 1, max_value))


def basis_points(*, max_value: int = 10_000) -> st.SearchStrategy[int]:
    """Draw a share or a rate in basis points, 0 to 10,000.

    >>> simplest(basis_points(), lambda share: share > 5_000)
    5001
    """
    return st.integers(0, max_value)


def yuan_texts() -> st.SearchStrategy[str]:
    """Draw money as people write it, in yuan with at most two decimals.

    >>> simplest(yuan_texts(), lambda text: Decimal(text) > 1)
    '1.01'
    """
    return st.integers(-(10**14), 10**14).map(_yuan_text)


def _yuan_text(amount: int) -> str:
    return str(Decimal(amount).scaleb(-2))


def days(
    first: datetime.date = FIRST_DAY, last: datetime.date = LAST_DAY
) -> st.SearchStrategy[datetime.date]:
    """Draw a day; month ends and a leap day come more often than other days.

    >>> simplest(days(), lambda day: day.year > 2024)
    datetime.date(2025, 1, 1)
    """
    return _day_numbers(first, last, 0).map(functools.partial(_day, first, last))


def maybe_days(
    first: datetime.date = FIRST_DAY, last: datetime.date = LAST_DAY
) -> st.SearchStrategy[datetime.date | None]:
    """Draw a day as `days` does, or None for an unknown one.

    >>> simplest(maybe_days(), lambda day: day is None or day.year > 2024) is None
    True
    """
    unknown = (last - first).days // 3
    numbers = _day_numbers(first, last, unknown)
    return numbers.map(functools.partial(_maybe_day, first, last, unknown))


def _day_numbers(
    first: datetime.date, last: datetime.date, unknown: int
) -> st.SearchStrategy[int]:
    # One number for a day, since Hypothesis shrinks one number faster than year, month and day.
    span = (last - first).days
    return st.integers(0, unknown + span + span // 4)


def _maybe_day(
    first: datetime.date, last: datetime.date, unknown: int, number: int
) -> datetime.date | None:
    return None if number < unknown else _day(first, last, number - unknown)


def _day(first: datetime.date, last: datetime.date, number: int) -> datetime.date:
    span = (last - first).days
    if number <= span:
        return first + datetime.timedelta(days=number)
    edges = [day for day in _EDGES if first <= day <= last] or [last]
    return edges[number % len(edges)]


def ids(kind: Kind = "str", *, prefix: str = "P", count: int = 1_000) -> st.SearchStrategy[object]:
    """Draw an id: texts of one letter and three digits, or whole numbers.

    >>> simplest(ids(), lambda name: name > "P003"), simplest(ids("int"), lambda name: name > 3)
    ('P004', 4)
    """
    return st.sampled_from([_name(kind, prefix, n) for n in range(count)])


def _name(kind: Kind, prefix: str, number: int) -> object:
    if kind == "str":
        return f"{prefix}{number:03d}"
    return _LETTERS.index(prefix) * 1_000_000 + number


def ratios(*, max_value: int = 10**9) -> st.SearchStrategy[Ratio]:
    """Draw a ratio that keeps its two counts, a base of zero among them.

    >>> simplest(ratios())
    Ratio(part=0, whole=0)
    """
    return st.tuples(st.integers(0, max_value), st.integers(0, max_value)).map(_ratio)


def _ratio(counts: tuple[int, int]) -> Ratio:
    return Ratio(min(counts), max(counts))


def dated(values: st.SearchStrategy[T], *, max_size: int = 5) -> st.SearchStrategy[Dated[T]]:
    """Draw a value dated by the days it takes effect.

    >>> isinstance(simplest(dated(fen())), Dated)
    True
    """
    drawn = st.dictionaries(days(), values, min_size=1, max_size=max_size)
    return drawn.map(_dated)


def _dated(items: Mapping[datetime.date, T]) -> Dated[T]:
    return Dated.from_items(sorted(items.items()))


# ---- reasons and decisions -----------------------------------------------------------


def figures() -> st.SearchStrategy[Figure]:
    """Draw a shipped figure with what it rests on.

    >>> simplest(figures(), lambda figure: figure.value > 7).value
    8
    """
    return st.builds(
        Figure,
        id=st.sampled_from(("T-01", "T-02", "T-03")),
        value=st.integers(0, 1_000),
        unit=st.sampled_from(("days", "months", "bp")),
        basis=st.sampled_from(BASES),
        source=st.sampled_from(("row T01", "an invented manual, art. 1")),
    )


@st.composite
def reasons(draw: st.DrawFn) -> Reason:
    """Draw a reason in English and Chinese, bound to its facts; some are unknown.

    >>> simplest(reasons(), lambda reason: reason.unknown).text("zh")[:9]
    '未知欠款未知（未知'
    """
    reason = Reason(
        code=f"TST-{draw(st.integers(1, 999)):03d}",
        says={"en": "party {party} owes {amount_fen}", "zh": "{party}欠款{amount_fen}"},
        facts=("party", "amount_fen"),
        source="an invented manual, art. 2",
        basis=draw(st.sampled_from(BASES)),
        figures=tuple(draw(st.lists(figures(), max_size=2))),
        retired=draw(st.booleans()),
    )
    if draw(st.booleans()):
        return reason.given(party=draw(ids()), amount_fen=draw(fen()))
    return reason.as_unknown(party=draw(st.none() | ids()))


def basis_values() -> st.SearchStrategy[Basis]:
    """Draw what a decision was asked of: a table or a book, with or without a day.

    >>> simplest(basis_values(), lambda basis: basis.as_of is not None).as_of
    datetime.date(2021, 1, 1)
    """
    return st.builds(
        Basis,
        id=st.sampled_from(("guarantees", "approval")),
        version=st.sampled_from((None, "1", "2024-06")),
        digest=st.sampled_from((None, "9f2c", "00ab")),
        as_of=maybe_days(),
    )


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    """Draw a decision; only a decided one has an outcome: a word, a number or several.

    >>> simplest(decisions(), lambda decision: decision.status == "undetermined").outcome is None
    True
    """
    status = draw(st.sampled_from(_STATUSES))
    cell = st.booleans() | st.integers(0, 99) | st.sampled_from(("pass", "refer", "refuse"))
    several = st.dictionaries(st.sampled_from(("limit_fen", "tier")), cell, min_size=1)
    outcomes = cell | st.tuples(cell, cell) | several
    return Decision(
        outcome=draw(outcomes) if status == "decided" else None,
        status=status,
        reasons=tuple(draw(st.lists(reasons(), max_size=2))),
        rows=tuple(draw(st.lists(st.integers(0, 99) | st.just("row-7"), max_size=3))),
        trace=tuple(draw(st.lists(st.just("row 7 fits"), max_size=1))),
        ask=tuple(draw(st.lists(st.sampled_from(("starts_on", 7)), max_size=2))),
        basis=draw(st.none() | basis_values()),
    )


# ---- the guarantee ledger ------------------------------------------------------------


@st.composite
def ledger_columns(
    draw: st.DrawFn,
    *,
    max_parties: int = 8,
    max_deals: int = 8,
    kind: Kind = "str",
    dates: bool = True,
    agreements: bool = True,
    counters: bool = True,
    blanks: bool = False,
) -> Columns:
    """Draw the columns of a guarantee ledger, as lists of one length.

    A deal is what a bank signs at once: a single guarantee, a ring or a chain of two to
    five, a ceiling over some loans of one borrower (a row each), a joint agreement (a row
    for each ordered pair of members), a self-guarantee, or a further guarantee of a pair
    that has one.  Amounts may be zero, negative or unknown; contract ids may be missing or
    met again in another deal.

    ``dates=False`` leaves every date unknown, ``agreements=False`` draws no joint
    agreement, ``counters=False`` no counter-guarantee, ``blanks=True`` leaves some
    guarantors and borrowers blank.

    >>> book = simplest(ledger_columns(), lambda columns: len(columns["guarantor"]) > 1)
    >>> list(book)[:4]
    ['agreement_id', 'amount_fen', 'borrower', 'contract_id']
    >>> len(set(map(len, book.values())))
    1
    """
    sizes = (*range(1, max_parties), *[max_parties] * max_parties)
    names = [_name(kind, "P", n) for n in range(draw(st.sampled_from(sizes)))]
    shapes = [shape for shape in _SHAPES if agreements or shape != "joint"]
    rows: list[dict[str, object]] = []
    for deal in range(draw(st.integers(0, max_deals))):
        shape = draw(st.sampled_from(shapes))
        terms = _terms(draw, dates=dates, counters=counters)
        pairs, more = _pairs(draw, shape, names, rows, kind=kind, deal=deal)
        contract, loans = draw(_PAPERS)
        number = deal if contract == "own" or shape == "ceiling" else 0
        terms["contract_id"] = None if contract is None else _name(kind, "C", number)
        for place, (guarantor, borrower) in enumerate(pairs):
            owed = _loan_names(kind, names, borrower)
            terms["loan_id"] = owed[place % 2 + 1] if loans is None else owed[loans]
            rows.append({"guarantor": guarantor, "borrower": borrower} | terms | more)
    for _ in range(draw(_FEW) if blanks and rows else 0):
        end, cell = draw(_BLANKS)
        draw(st.sampled_from(rows))[end] = cell if kind == "str" else None
    return {field: [row.get(field) for row in rows] for field in _LEDGER_FIELDS}


# One draw for what belongs together: examples stay small, so Hypothesis shrinks them fast.
_SHAPES = ("single", "ring", "chain", "joint", "ceiling", "self", "parallel")
_AMOUNTS: Mapping[int, int | None] = {-2: -5, -1: None}
_PAPERS = st.sampled_from(list(itertools.product((None, "own", "first"), (0, 1, 2, None))))
_TERMS = st.sampled_from(
    list(
        itertools.product(
            (
                (None, None, None),
                ("specific", "joint", "guarantee"),
                ("maximum", "general", None),
                ("specific", "share", "guarantee"),
                ("specific", "joint", "counter"),
            ),
            (None, 6, 0, 1, 24, 36),
        )
    )
)
_EVENTS = st.sampled_from(
    (
        *((),) * 5,
        ("demanded_on",),
        ("released_on",),
        ("settled_on",),
        ("known_on",),
        ("demanded_on", "known_on"),
        ("released_on", "settled_on"),
    )
)
_DAYS, _MAYBE_DAYS = days(), maybe_days()
_FEW = st.integers(0, 2)
_BLANKS = st.sampled_from(list(itertools.product(("guarantor", "borrower"), (None, "", "  "))))
_MONEY = st.integers(-1, 10_000)
_KIND = st.sampled_from(_PARTY_KINDS)
_OVERDUE = st.sampled_from((None, 0, 0, 1, 90, 91))
_AMOUNT = st.integers(-2, 1_000)
_LEDGER_FIELDS = (
    "agreement_id",
    "amount_fen",
    "borrower",
    "contract_id",
    "debt_due_on",
    "demanded_on",
    "form",
    "guarantee_months",
    "guarantor",
    "known_on",
    "layer",
    "liability",
    "loan_id",
    "released_on",
    "settled_on",
    "starts_on",
)


def _terms(draw: st.DrawFn, *, dates: bool, counters: bool) -> dict[str, object]:
    (form, liability, layer), months = draw(_TERMS)
    terms: dict[str, object] = {
        "amount_fen": _AMOUNTS.get(amount := draw(_AMOUNT), amount),
        "form": form,
        "liability": liability,
        "layer": layer if counters or layer != "counter" else None,
    }
    if dates:
        terms["starts_on"] = draw(_MAYBE_DAYS)
        terms["debt_due_on"] = draw(_MAYBE_DAYS)
        terms["guarantee_months"] = months
        for event in draw(_EVENTS):
            terms[event] = draw(_DAYS)
    return terms


def _pairs(
    draw: st.DrawFn,
    shape: str,
    names: Sequence[object],
    rows: Sequence[Mapping[str, object]],
    *,
    kind: Kind,
    deal: int,
) -> tuple[list[tuple[object, object]], dict[str, object]]:
    if shape == "parallel" and rows:
        like = draw(st.sampled_from(rows))
        return [(like["guarantor"], like["borrower"])], {}
    count = len(names)
    size, step, start = draw(st.sampled_from(_walks(count)))
    members = list(dict.fromkeys(names[(start + n * step) % count] for n in range(size)))
    if shape == "ring":
        return list(zip(members, members[1:] + members[:1], strict=True)), {}
    if shape == "chain" and len(members) > 1:
        return list(itertools.pairwise(members)), {}
    if shape == "joint":
        agreement = _name(kind, "G", deal if step == 1 else 0)
        pairs = [(a, b) for a in members[:4] for b in members[:4] if a != b]
        return pairs, {"agreement_id": agreement}
    if shape == "self":
        agreed = {"agreement_id": _name(kind, "G", 0)} if step == 1 else {}
        return [(members[0], members[0])], agreed
    if shape == "ceiling":
        return [(members[0], members[-1])] * (1 + size % 3), {"form": "maximum"}
    return [(members[0], members[-1])], {}


@functools.cache
def _walks(count: int) -> list[tuple[int, int, int]]:
    """List the ways to pick two to five of so many parties: how many, which way, from where."""
    return list(itertools.product((2, 3, 4, 5), (1, -1, 2), range(count)))


def _loan_names(kind: Kind, names: Sequence[object], borrower: object) -> list[object]:
    """Name the two loans of a borrower: ledger and loans table agree on them."""
    return [None, *(_name(kind, "L", 2 * names.index(borrower) + n) for n in range(2))]


@st.composite
def party_columns(draw: st.DrawFn, *, max_parties: int = 8, kind: Kind = "str") -> Columns:
    """Draw the columns of a parties table; a licensed guarantee company may be there.

    >>> table = simplest(party_columns(), lambda t: "guarantee_company" in t["kind"])
    >>> table["party"]
    ['P000']
    """
    names = [_name(kind, "P", n) for n in range(max_parties)]
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=max_parties))
    rows = [(name, *(_known(draw(_MONEY)) for _ in range(3)), draw(_KIND)) for name in chosen]
    fields = ("party", "net_assets_fen", "own_debt_fen", "liquid_assets_fen", "kind")
    return _columns(fields, rows)


def _known(amount: int) -> int | None:
    return None if amount < 0 else amount


@st.composite
def loan_columns(draw: st.DrawFn, *, max_parties: int = 8, kind: Kind = "str") -> Columns:
    """Draw the columns of a loans table that ``ledger_columns`` can name, at most two each.

    >>> table = simplest(loan_columns(), lambda t: len(t["loan_id"]) > 1)
    >>> len(table["loan_id"]) == len(set(table["loan_id"])) == 2
    True
    """
    numbers = draw(st.lists(st.integers(0, 2 * max_parties - 1), unique=True, max_size=8))
    rows = [
        (
            _name(kind, "L", n),
            _name(kind, "P", n // 2),
            _known(draw(_AMOUNT)),
            draw(_OVERDUE),
            draw(_MAYBE_DAYS),
        )
        for n in numbers
    ]
    return _columns(("loan_id", "borrower", "balance_fen", "overdue_days", "due_on"), rows)


@st.composite
def relation_columns(
    draw: st.DrawFn,
    *,
    max_parties: int = 8,
    max_size: int = 4,
    kind: Kind = "str",
    dates: bool = False,
    parties: Sequence[object] = (),
) -> Columns:
    """Draw the columns of a table of related parties, some outside the ledger.

    ``parties`` names those to relate more often than others, such as a ledger's own.

    >>> simplest(relation_columns(), lambda t: "spouse" in t["kind"])["kind"]
    ['spouse']
    """
    names = [_name(kind, "P", n) for n in range(max_parties + 2)]
    name = st.sampled_from((*parties, *parties, *names))
    day = maybe_days() if dates else st.none()
    row = st.tuples(
        name, name, st.sampled_from(_RELATION_KINDS), st.none() | basis_points(), day, day
    )
    rows = draw(st.lists(row, max_size=max_size))
    return _columns(("a", "b", "kind", "share_bp", "starts_on", "ends_on"), rows)


@st.composite
def joint_group_columns(draw: st.DrawFn, *, max_parties: int = 8, kind: Kind = "str") -> Columns:
    """Draw the columns of a table of joint groups: one row for each member of each group.

    >>> simplest(joint_group_columns(), lambda t: len(set(t["agreement_id"])) == 1)["party"]
    ['P000']
    """
    names = [_name(kind, "P", n) for n in range(max_parties)]
    rows = []
    for number in range(draw(st.integers(0, 3))):
        members = draw(st.lists(st.sampled_from(names), unique=True, min_size=1, max_size=5))
        rows += [(_name(kind, "G", number), member) for member in members]
    return _columns(("agreement_id", "party"), rows)


def _columns(fields: Sequence[str], rows: Sequence[Sequence[object]]) -> Columns:
    return {field: [row[n] for row in rows] for n, field in enumerate(fields)}


# ---- books and the tables beside them ------------------------------------------------


def _made(make: Callable[..., T], columns: Mapping[str, object]) -> T:
    return make(**columns)


def parties(*, max_parties: int = 8, kind: Kind = "str") -> st.SearchStrategy[Parties]:
    """Draw a parties table.

    >>> isinstance(simplest(parties()), Parties)
    True
    """
    return party_columns(max_parties=max_parties, kind=kind).map(_parties)


def _parties(columns: Columns) -> Parties:
    return _made(Parties.from_columns, columns)


def loans(*, max_parties: int = 8, kind: Kind = "str") -> st.SearchStrategy[Loans]:
    """Draw a loans table.

    >>> isinstance(simplest(loans()), Loans)
    True
    """
    return loan_columns(max_parties=max_parties, kind=kind).map(_loans)


def _loans(columns: Columns) -> Loans:
    return _made(Loans.from_columns, columns)


def relations(
    *, max_parties: int = 8, max_size: int = 4, kind: Kind = "str", dates: bool = False
) -> st.SearchStrategy[Relations]:
    """Draw a table of related parties.

    >>> isinstance(simplest(relations()), Relations)
    True
    """
    drawn = relation_columns(max_parties=max_parties, max_size=max_size, kind=kind, dates=dates)
    return drawn.map(_relations)


def _relations(columns: Columns) -> Relations:
    return _made(Relations.from_columns, columns)


def joint_groups(*, max_parties: int = 8, kind: Kind = "str") -> st.SearchStrategy[JointGroups]:
    """Draw a table of joint groups.

    >>> isinstance(simplest(joint_groups()), JointGroups)
    True
    """
    return joint_group_columns(max_parties=max_parties, kind=kind).map(_joint_groups)


def _joint_groups(columns: Columns) -> JointGroups:
    return _made(JointGroups.from_columns, columns)


@st.composite
def books(
    draw: st.DrawFn, *, max_parties: int = 8, max_deals: int = 8, kind: Kind | None = None
) -> GuaranteeBook:
    """Draw a guarantee book, with or without the tables beside it and a day.

    >>> book = simplest(books(), lambda book: len(book) > 1)
    >>> isinstance(book, GuaranteeBook), len(book) > 1
    (True, True)
    """
    chosen = kind or cast("Kind", draw(st.sampled_from(("str", "int"))))
    columns = draw(
        ledger_columns(max_parties=max_parties, max_deals=max_deals, kind=chosen, blanks=True)
    )
    names = [_name(chosen, "P", n) for n in range(max_parties)]
    beside: dict[str, object] = {
        "parties": draw(st.none() | parties(max_parties=max_parties, kind=chosen)),
        "loans": draw(st.none() | loans(max_parties=max_parties, kind=chosen)),
        "open_parties": draw(st.lists(st.sampled_from(names), unique=True, max_size=2)),
    }
    book = _made(GuaranteeBook.from_columns, {**columns, **beside})
    day = draw(maybe_days())
    return book if day is None else book.as_of(day, known_by=draw(maybe_days()))
