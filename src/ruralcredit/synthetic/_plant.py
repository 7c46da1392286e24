"""What an audit must find, and what it must not: structures of parties used nowhere else."""

import datetime
from collections.abc import Sequence

import attrs

from ruralcredit.synthetic import _timing as timing
from ruralcredit.synthetic._bulk import hang_trees
from ruralcredit.synthetic._draft import Draft, Line, add_days, shift_months

__all__ = ["HiddenPlan", "LoopPlan", "Plans", "plant"]

Arcs = tuple[tuple[int, int], ...]


def _ring(size: int) -> Arcs:
    return tuple((place, (place + 1) % size) for place in range(size))


_MUTUAL = _ring(2)
_CLIQUE = ((0, 1), (1, 0), (1, 2), (2, 1), (2, 0), (0, 2))
_CHORD = (*_ring(4), (1, 3))
_EIGHT = (*_ring(3), (2, 3), (3, 4), (4, 2))
_ROW_OF_PAIRS = tuple(arc for low in range(5) for arc in ((low, low + 1), (low + 1, low)))
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@attrs.define(kw_only=True)
class LoopPlan:
    """A closed loop to be found: its parties, and what the finished ledger cannot tell."""

    members: tuple[str, ...]
    outside: tuple[Line, ...] = ()
    is_intra_group: bool = False


@attrs.define(kw_only=True)
class HiddenPlan:
    """A hidden loop to be found: its parties and the relations that carry it."""

    members: tuple[str, ...]
    relations: range


@attrs.define(kw_only=True)
class Plans:
    """All that was planted."""

    loops: list[LoopPlan] = attrs.field(factory=list)
    hidden: list[HiddenPlan] = attrs.field(factory=list)
    absent: list[tuple[tuple[str, ...], str, datetime.date | None]] = attrs.field(factory=list)


def plant(draft: Draft, plans: Plans) -> None:
    """Plant one full set."""
    _mutual_loops(draft, plans)
    _larger_loops(draft, plans)
    _self_guarantees(draft, plans)
    _hidden_loops(draft, plans)
    _past_relations(draft, plans)
    _past_loops(draft, plans)
    _spellings(draft, plans)
    _joint_groups(draft, plans)
    _companies(draft, plans)
    _counter_guarantees(draft, plans)
    _lapsing(draft)
    _ceilings(draft)
    _unusable_lines(draft, plans)
    _odd_amounts(draft)
    _odd_records(draft)


def _loop(
    draft: Draft, plans: Plans, arcs: Arcs, kinds: Sequence[str]
) -> tuple[list[str], list[Line]]:
    """Plant one closed loop; half of them carry a few trees."""
    members = draft.parties(*kinds)
    lines = [draft.arc(members[source], members[target]) for source, target in arcs]
    for line in lines:
        if draft.draw.chance(0.15):
            timing.overdue(draft, line)
    if draft.draw.chance(0.5):
        hang_trees(draft, members, members, draft.draw.between(1, 6))
    if draft.draw.chance(0.4):
        draft.lend(members[0], draft.draw.amount_fen(5.0))
    plans.loops.append(LoopPlan(members=tuple(members)))
    return members, lines


def _mutual_loops(draft: Draft, plans: Plans) -> None:
    """Plant twelve pairs that guarantee each other, most with something to get wrong."""
    loops = [
        _loop(draft, plans, _MUTUAL, (kind, kind))
        for kind in ("firm", "firm", "person", "household") * 3
    ]
    lines = [pair for _, pair in loops]
    lines[1][0].amount_fen = 0
    lines[2][0].amount_fen = None
    lines[3][0].starts_on = draft.as_of
    lines[3][0].known_on = draft.as_of
    lines[3][0].debt_due_on = shift_months(draft.as_of, 12)
    owner, owned = loops[4][0]
    draft.relate(owner, owned, "control")
    plans.loops[-8].is_intra_group = True
    timing.demand(draft, lines[5][0])
    draft.hold(lines[6][1], 3)
    timing.lapse_on(draft, lines[7][0], draft.as_of)
    before = len(draft.relations)
    (first, second), (third, fourth) = loops[8][0], loops[9][0]
    draft.relate(second, third, "control", since_days=500)
    plans.hidden.append(
        HiddenPlan(
            members=(first, second, third, fourth),
            relations=range(before, before + 1),
        )
    )
    _blank(draft, loops[10][0][0], is_guarantor=True)
    lines[11][0].known_on = add_days(draft.as_of, 20)


def _larger_loops(draft: Draft, plans: Plans) -> None:
    """Plant loops of three to seven parties, rings and compound ones."""
    firm, person = "firm", "person"
    _, ring = _loop(draft, plans, _ring(3), (firm,) * 3)
    ring[0].starts_on = None
    members, _ = _loop(draft, plans, _ring(3), ("household",) * 3)
    draft.relate(members[0], members[1], "kin")
    _, ring = _loop(draft, plans, _ring(3), (firm, person, firm))
    ring[1].released_on = add_days(draft.as_of, 45)
    _loop(draft, plans, _CLIQUE, (firm,) * 3)
    members, _ = _loop(draft, plans, _ring(4), (firm,) * 4)
    stranger = draft.party(firm)
    hang_trees(draft, [], [stranger], 3)
    draft.relate(members[0], stranger, "group")
    _, ring = _loop(draft, plans, _ring(4), (person, firm, person, firm))
    for line in ring:
        line.debt_due_on = None
    _loop(draft, plans, _CHORD, (firm,) * 4)
    _loop(draft, plans, _EIGHT, (firm,) * 5)
    _loop(draft, plans, _ROW_OF_PAIRS, (firm,) * 6)
    members, _ = _loop(draft, plans, _ring(7), (firm,) * 7)
    draft.arc(members[2], members[3])
    timing.settle(draft, draft.arc(members[4], members[5]))


def _self_guarantees(draft: Draft, plans: Plans) -> None:
    """Plant three parties that guarantee themselves and somebody else."""
    for kind in ("firm", "person", "firm"):
        party, other = draft.parties(kind, "person")
        draft.arc(party, party)
        draft.arc(party, other)
        plans.loops.append(LoopPlan(members=(party,)))


def _hidden_loops(draft: Draft, plans: Plans) -> None:
    """Plant loops that exist only because parties are related, affiliates side by side."""

    def hide(kinds: Sequence[str], arcs: Arcs, ties: Sequence[tuple[int, int, str]]) -> None:
        parties = draft.parties(*kinds)
        before = len(draft.relations)
        for source, target in arcs:
            draft.arc(parties[source], parties[target])
        for a, b, kind in ties:
            draft.relate(parties[a], parties[b], kind, since_days=draft.draw.between(200, 2_000))
        used = sorted({place for arc in arcs for place in arc})
        plans.hidden.append(
            HiddenPlan(
                members=tuple(parties[place] for place in used),
                relations=range(before, len(draft.relations)),
            )
        )

    firm, person, household = "firm", "person", "household"
    owned = ((3, 1, "controller"), (3, 2, "controller"))
    hide((firm, firm, firm, person), ((0, 1), (2, 0)), owned)
    hide((person,) * 3, ((0, 1), (2, 0)), ((1, 2, "spouse"),))
    hide((firm,) * 4, ((0, 1), (1, 2), (3, 0)), ((2, 3, "control"),))
    hide((firm,) * 4, ((0, 2), (3, 1)), ((0, 1, "group"), (2, 3, "group")))
    hide((household,) * 4, ((0, 1), (1, 2), (3, 0)), ((2, 3, "kin"),))
    hide(
        (firm, firm, firm, person, person, person),
        ((0, 1), (2, 3), (4, 0)),
        ((5, 1, "controller"), (5, 2, "controller"), (3, 4, "spouse")),
    )
    hide((person, firm, person), ((0, 1), (1, 2)), ((0, 2, "spouse"),))


def _past_relations(draft: Draft, plans: Plans) -> None:
    """Plant pairs that would be hidden loops had their relation not ended, or begun."""
    for why, since, ended in (
        ("relation_ended", 900, 100),
        ("relation_not_begun", -50, None),
    ):
        first, second, third = parties = draft.parties("person", "person", "person")
        draft.arc(first, second)
        draft.arc(third, first)
        draft.relate(second, third, "spouse", since_days=since, ended_days=ended)
        plans.absent.append((tuple(parties), why, None))


def _past_loops(draft: Draft, plans: Plans) -> None:
    """Plant loops that one contract keeps open on the day, closed on another day."""

    def past(why: str, size: int, seen_days: int) -> Line:
        members = draft.parties(*("firm",) * size)
        lines = [draft.arc(members[source], members[target]) for source, target in _ring(size)]
        for line in lines:
            line.starts_on = add_days(draft.as_of, -draft.draw.between(400, 900))
            line.known_on = line.starts_on
        seen_on = add_days(draft.as_of, seen_days)
        plans.absent.append((tuple(members), why, seen_on))
        return lines[0]

    timing.release(draft, past("released", 2, -41), days_ago=40)
    timing.release(draft, past("released", 4, -1), days_ago=0)
    timing.settle(draft, past("settled", 3, -11), days_ago=10)
    timing.settle(draft, past("settled", 2, -1), days_ago=0)
    timing.lapse(draft, past("lapsed", 2, -1), days_ago=1)
    timing.lapse(draft, past("lapsed", 3, -100), days_ago=100)
    timing.demand_late(draft, past("lapsed", 2, -60))
    timing.postpone(draft, past("not_begun", 2, 1), days=1)
    timing.postpone(draft, past("not_begun", 3, 30), days=30)


def _spellings(draft: Draft, plans: Plans) -> None:
    """Plant loops that only a reader who mends ids would see."""
    for kind in ("id_blanks", "id_full_width"):
        first, second = draft.parties("firm", "firm")
        draft.arc(first, second)
        draft.mark(kind, draft.arc(_misspell(draft, second, kind), first))
        plans.absent.append(((first, second), "spelling", None))
    for kind in ("id_blanks", "id_blanks", "id_full_width"):
        first, second = draft.parties("firm", "person")
        draft.mark(kind, draft.arc(_misspell(draft, first, kind), second))


def _misspell(draft: Draft, party: str, kind: str) -> str:
    spelling = party.translate(_FULL_WIDTH)
    if kind == "id_blanks":
        spelling = party + " " if draft.draw.chance(0.6) else " " + party
    draft.kinds[spelling] = draft.kinds[party]
    draft.regions[spelling] = draft.regions[party]
    return spelling


def _joint(draft: Draft, members: Sequence[str], *, borrowers: int | None = None) -> list[Line]:
    """Plant a joint group: every member stands for every loan, one contract per loan."""
    agreement_id = draft.agreement()
    starts_on = add_days(draft.as_of, -draft.draw.between(300, 600))
    due_on = add_days(draft.as_of, draft.draw.between(200, 400))
    branch = draft.draw.below(8)
    lines = []
    for borrower in members[:borrowers]:
        amount_fen = draft.draw.between(3, 20) * 10_000_00
        first: Line | None = None
        for guarantor in members:
            if guarantor == borrower:
                continue
            line = draft.arc(
                guarantor,
                borrower,
                contract_id=None if first is None else first.contract_id,
                loan_id=None if first is None else first.loan_id,
                amount_fen=amount_fen,
                branch=branch,
            )
            first = first or line
            line.agreement_id = agreement_id
            line.starts_on = line.known_on = starts_on
            line.debt_due_on, line.guarantee_months = due_on, 24
            lines.append(line)
    return lines


def _joint_groups(draft: Draft, plans: Plans) -> None:
    """Plant ten joint groups that count and one that has been repaid."""

    def households(count: int) -> list[str]:
        return draft.parties(*("household",) * count)

    first = households(5)
    _joint(draft, first)
    _joint(draft, [first[0], *households(4)])
    beside = households(5)
    _joint(draft, beside)
    friend = draft.party("household")
    draft.arc(friend, beside[0])
    draft.arc(beside[0], friend)
    plans.loops.append(LoopPlan(members=(friend, beside[0])))
    _joint_with_outsider(draft, plans, households(5))
    tied = households(5)
    _joint(draft, tied)
    draft.relate(tied[1], tied[2], "kin")
    _joint(draft, households(3))
    _joint(draft, households(4))
    _joint(draft, households(10))
    _joint(draft, households(7), borrowers=5)
    treed = households(6)
    _joint(draft, treed)
    hang_trees(draft, treed, treed, 5)
    for line in _joint(draft, households(5)):
        timing.settle(draft, line, days_ago=15)


def _joint_with_outsider(draft: Draft, plans: Plans, members: list[str]) -> None:
    """Plant a joint group that two contracts with an outsider turn into a closed loop."""
    _joint(draft, members)
    outsider = draft.party("household")
    outside = (draft.arc(members[1], outsider), draft.arc(outsider, members[0]))
    for line, days in zip(outside, (50, 40), strict=True):
        line.starts_on = line.known_on = add_days(draft.as_of, -days)
        line.debt_due_on, line.guarantee_months = add_days(draft.as_of, days), None
    plans.loops.append(LoopPlan(members=(outsider, *members), outside=outside))


def _counter(draft: Draft, guarantor: str, borrower: str) -> None:
    line = draft.arc(guarantor, borrower)
    line.layer = "counter"
    draft.forget_loan(line)


def _companies(draft: Draft, plans: Plans) -> None:
    """Plant guarantee companies, their clients and what these give in return."""
    for number in range(4):
        company = draft.party("guarantee_company")
        clients = draft.parties(*("firm", "firm", "person", "household", "firm") * 5)
        for client in clients:
            line = draft.arc(company, client)
            line.contract_id = f"DX{line.serial:07d}"
        for client in clients[:5]:
            _counter(draft, client, company)
        for _ in range(10):
            _counter(draft, draft.party("person"), company)
        if number < 2:
            friends = draft.parties(*("firm",) * (number + 1))
            around = [company, *friends]
            for source, target in _ring(len(around)):
                draft.arc(around[source], around[target])
            plans.absent.append((tuple(around), "guarantee_company", None))


def _counter_guarantees(draft: Draft, plans: Plans) -> None:
    """Plant loops that only counter-guarantees close."""
    for size in (2, 2, 3):
        members = draft.parties(*("firm",) * size)
        *forward, (source, target) = _ring(size)
        for start, end in forward:
            draft.arc(members[start], members[end])
        _counter(draft, members[source], members[target])
        plans.absent.append((tuple(members), "counter_guarantee", None))


def _lapsing(draft: Draft) -> None:
    """Plant debts past due whose guarantors will soon be free, and some just outside."""
    for days in (0, 1, 7, 15, 15, 30, 30, 45, 60, 75, 88, 89, 90, 91, 92, 120):
        line = draft.arc(*draft.parties("person", "firm"))
        timing.lapse_on(draft, line, add_days(draft.as_of, days))
    for _ in range(2):
        line = draft.arc(*draft.parties("firm", "firm"))
        timing.lapse_on(draft, line, add_days(draft.as_of, 30))
        line.demanded_on = add_days(draft.as_of, -20)


def _ceilings(draft: Draft) -> None:
    """Plant maximum-amount contracts over two to four loans, two of them overdrawn."""
    for number in range(14):
        line = draft.arc(*draft.parties("person", "firm"))
        lines = draft.hold(line, 2 + number % 3)
        if number == 0:
            lines[1].amount_fen = None
        if number == 1 and line.amount_fen is not None:
            lines[1].amount_fen = line.amount_fen // 2
    for _ in range(2):
        line = draft.arc(*draft.parties("firm", "firm"))
        for each in draft.hold(line, 2):
            draft.loan_of(each).balance_fen = line.amount_fen or 0
            draft.mark("ceiling_exceeded", each)


def _blank(draft: Draft, party: str, *, is_guarantor: bool, blank: str = "") -> None:
    """Add a contract whose other party nobody wrote down: the known one becomes open."""
    line = draft.arc(*((party, blank) if is_guarantor else (blank, party)))
    if is_guarantor:
        draft.forget_loan(line)
    draft.open_parties.append(party)


def _unusable_lines(draft: Draft, plans: Plans) -> None:
    """Plant lines that cannot be read, or name one party only, and whom they leave open."""
    first, second, third = parties = draft.parties("firm", "firm", "firm")
    draft.arc(first, second)
    draft.arc(second, third)
    draft.garble(draft.arc(third, first), "起始日", "2023-13-45")
    draft.undetermined.extend(parties)
    plans.absent.append((tuple(parties), "unreadable", None))
    for header, text in (
        ("担保金额(元)", "伍拾万左右"),
        ("到期日", "待补"),
        ("担保金额(元)", "5O0000"),
        ("起始日", "20240231"),
        ("担保金额(元)", "#REF!"),
    ):
        ends = draft.parties("person", "person")
        draft.garble(draft.arc(*ends), header, text)
        draft.undetermined.extend(ends)
    party, above, below = draft.parties("firm", "person", "person")
    draft.arc(above, party)
    draft.arc(party, below)
    _blank(draft, party, is_guarantor=True)
    draft.undetermined.append(party)
    party, below = draft.parties("firm", "person")
    draft.arc(party, below)
    _blank(draft, party, is_guarantor=False, blank="  ")
    draft.undetermined.append(party)
    first, second, third = parties = draft.parties("firm", "person", "firm")
    draft.arc(first, second)
    draft.arc(second, third)
    _blank(draft, first, is_guarantor=False)
    _blank(draft, third, is_guarantor=True)
    draft.undetermined.extend(parties)


def _odd_amounts(draft: Draft) -> None:
    """Plant unknown and negative amounts, and debts due before they began."""
    for _ in range(6):
        draft.arc(*draft.parties("person", "person")).amount_fen = None
    for _ in range(3):
        line = draft.arc(*draft.parties("person", "firm"))
        line.amount_fen = -(line.amount_fen or 0)
    for _ in range(4):
        line = draft.arc(*draft.parties("household", "person"))
        line.starts_on = line.known_on = add_days(draft.as_of, -100)
        line.debt_due_on, line.guarantee_months = add_days(draft.as_of, -200), 24


def _odd_records(draft: Draft) -> None:
    """Plant repeated lines, wrong kinds, loans at odds with the ledger, crowded cells."""
    for _ in range(4):
        line = draft.arc(*draft.parties("person", "person"))
        draft.mark("duplicate", line)
        draft.mark("duplicate", draft.add_copy(line))
    for _ in range(3):
        mistaken, borrower = draft.parties("firm", "person")
        draft.kinds[mistaken] = "person"
        draft.mark("person_with_firm_id", draft.arc(mistaken, borrower))
    for _ in range(2):
        line = draft.mark("repaid_but_counted", draft.arc(*draft.parties("person", "firm")))
        draft.loan_of(line).balance_fen = 0
        line = draft.mark("settled_with_balance", draft.arc(*draft.parties("person", "firm")))
        line.settled_on = add_days(draft.as_of, -5)
    for number in range(12):
        line = draft.arc(*draft.parties("person", "firm"))
        others = draft.parties(*("person",) * (1 + number % 3))
        draft.crowd(line, (*line.guarantors, *others), "；;、|"[number % 4])
