"""What an audit of the invented county must find, and what it must not."""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import attrs

from ruralcredit.synthetic._draft import Draft, Line, Loan, Relation, add_days
from ruralcredit.synthetic._plant import HiddenPlan, LoopPlan, Plans

__all__ = [
    "AbsentLoop",
    "HiddenLoop",
    "MaximumContract",
    "PlantedGroup",
    "PlantedLoop",
    "PlantedRows",
    "Truth",
    "tell_truth",
]

Row = tuple[Line, str]
Pair = tuple[str, str]
_WITHIN_DAYS = 90


@attrs.frozen(kw_only=True)
class PlantedLoop:
    """A closed loop (循环担保) that counts on the day.

    Attributes:
        members: Party ids, sorted.
        kind: ``self``, ``mutual``, ``ring`` or ``compound``.
        contracts: Contract ids between the members, sorted, each once.
        rows: Ledger rows between the members.
        guaranteed_fen: Known amounts, each contract once at its largest.
        unknown_amounts: Contracts without a known amount; a negative one is unknown.
        loans_fen: Balances of the members' loans, guaranteed or not.
        overdue_fen: That part of them that is past due.
        closed_on: First day on which these rows hold a loop.
        closed_by: Contracts that start that day and lie on a loop then, sorted.
        ends_on: First day without a loop if nothing is renewed; None when one stays.
        is_intra_group: Whether related parties make it one party's inner support.

    >>> from ruralcredit.synthetic import county
    >>> truth = county(seed=7, arcs=2_500).truth
    >>> sorted({loop.kind for loop in truth.loops})
    ['compound', 'mutual', 'ring', 'self']
    """

    members: tuple[str, ...]
    kind: str
    contracts: tuple[str, ...]
    rows: tuple[int, ...]
    guaranteed_fen: int
    unknown_amounts: int
    loans_fen: int
    overdue_fen: int
    closed_on: datetime.date | None
    closed_by: tuple[str, ...]
    ends_on: datetime.date | None
    is_intra_group: bool


@attrs.frozen(kw_only=True)
class HiddenLoop:
    """A loop that exists only because parties are related.

    Attributes:
        members: Parties of the ledger that belong to its merged parties, sorted.
        groups: Members by merged party, each sorted, single ones too.
        merged: Merged parties of two ids or more, each sorted, in the ledger or not.
        relations: Rows of the relations table that carry it.
        kinds: Kinds of relation that must be merged to see it, sorted.
        contracts: Contract ids between the merged parties, sorted.
        rows: Ledger rows between the merged parties.
        guaranteed_fen: Known amounts, each contract once.

    >>> from ruralcredit.synthetic import county
    >>> truth = county(seed=7, arcs=2_500).truth
    >>> min(len(loop.groups) for loop in truth.hidden)
    2
    """

    members: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    merged: tuple[tuple[str, ...], ...]
    relations: tuple[int, ...]
    kinds: tuple[str, ...]
    contracts: tuple[str, ...]
    rows: tuple[int, ...]
    guaranteed_fen: int


@attrs.frozen(kw_only=True)
class AbsentLoop:
    """Parties that look like a loop and are none on the day.

    Attributes:
        members: Party ids, sorted.
        why: ``released``, ``settled``, ``lapsed``, ``not_begun``, ``spelling``,
            ``unreadable``, ``relation_ended``, ``relation_not_begun``,
            ``counter_guarantee`` or ``guarantee_company`` (the last two close when asked).
        seen_on: A day on which an audit finds exactly these members; None when none does.

    >>> from ruralcredit.synthetic import county
    >>> truth = county(seed=7, arcs=2_500).truth
    >>> "lapsed" in {loop.why for loop in truth.absent}
    True
    """

    members: tuple[str, ...]
    why: str
    seen_on: datetime.date | None


@attrs.frozen(kw_only=True)
class PlantedGroup:
    """A joint group (联保小组) that counts on the day, with its rows and contracts.

    >>> from ruralcredit.synthetic import county
    >>> truth = county(seed=7, arcs=2_500).truth
    >>> min(len(group.members) for group in truth.joint_groups)
    3
    """

    agreement_id: str
    members: tuple[str, ...]
    contracts: tuple[str, ...]
    rows: tuple[int, ...]


@attrs.frozen(kw_only=True)
class MaximumContract:
    """A maximum-amount contract (最高额保证): its rows, loans and the amount counted once.

    >>> from ruralcredit.synthetic import county
    >>> truth = county(seed=7, arcs=2_500).truth
    >>> max(len(contract.loans) for contract in truth.maximum_contracts)
    4
    """

    contract_id: str
    rows: tuple[int, ...]
    loans: tuple[str, ...]
    amount_fen: int | None


@attrs.frozen(kw_only=True)
class PlantedRows:
    """Ledger rows of one kind, in order.

    >>> from ruralcredit.synthetic import county
    >>> truth = county(seed=7, arcs=2_500).truth
    >>> "zero_amount" in {found.kind for found in truth.dirty}
    True
    """

    kind: str
    rows: tuple[int, ...]


@attrs.frozen(kw_only=True)
class Truth:
    """All that an audit of one county must find on its day.

    Row numbers are those of `County.ledger_columns`: unreadable lines and the total
    line are no rows, and a line with several guarantors is as many.

    Attributes:
        as_of: The day.
        loops: Closed loops, by smallest member.
        hidden: Hidden loops, by smallest member.
        absent: What only looks like a loop.
        joint_groups: Joint groups, by agreement.
        mutual_pairs: Pairs that guarantee each other outside joint agreements.
        clusters: How many weakly connected clusters (担保圈) two parties or more make.
        pair_clusters: How many of them are two parties.
        largest_cluster: Parties of the largest.
        lapsing: Contracts past due, without a demand, whose guarantor is free within 90 days.
        maximum_contracts: Maximum-amount contracts, by id.
        guarantee_companies: Licensed guarantee companies, sorted.
        excluded: Rows left out of the search for loops, by reason: ``not_begun``,
            ``released``, ``settled``, ``lapsed``, ``blank_party``, and of the rows that
            count ``counter_guarantee``, ``guarantee_company``, ``intra_group``.
        dirty: Rows with a fault, by kind; of ``duplicate`` the repeats, not the first.
        unreadable_lines: Line numbers of the ledger text, the header being line 1.
        open_parties: Parties of which the ledger does not tell all, sorted.
        undetermined: Parties of which nobody can say that they are in no loop, sorted.
        control_total_fen: What the ledger's total line says: every line with a readable
            amount once, unreadable lines among them.

    >>> from ruralcredit.synthetic import county
    >>> truth = county(seed=7, arcs=2_500).truth
    >>> len(truth.loops), len(truth.hidden)
    (27, 8)
    """

    as_of: datetime.date
    loops: tuple[PlantedLoop, ...]
    hidden: tuple[HiddenLoop, ...]
    absent: tuple[AbsentLoop, ...]
    joint_groups: tuple[PlantedGroup, ...]
    mutual_pairs: tuple[Pair, ...]
    clusters: int
    pair_clusters: int
    largest_cluster: int
    lapsing: tuple[str, ...]
    maximum_contracts: tuple[MaximumContract, ...]
    guarantee_companies: tuple[str, ...]
    excluded: tuple[PlantedRows, ...]
    dirty: tuple[PlantedRows, ...]
    unreadable_lines: tuple[int, ...]
    open_parties: tuple[str, ...]
    undetermined: tuple[str, ...]
    control_total_fen: int

    def dirty_rows(self, kind: str) -> tuple[int, ...]:
        """Return the rows with one kind of fault; none for a kind not planted."""
        return next((each.rows for each in self.dirty if each.kind == kind), ())

    def excluded_rows(self, kind: str) -> tuple[int, ...]:
        """Return the rows left out for one reason; none for a reason not planted."""
        return next((each.rows for each in self.excluded if each.kind == kind), ())


class _Merged:
    """Parties put together, each group under one of them."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def __call__(self, party: str) -> str:
        above = self._above
        while party in above:
            above[party] = above.get(above[party], above[party])
            party = above[party]
        return party

    def join(self, a: str, b: str) -> None:
        first, second = self(a), self(b)
        if first != second:
            self._above[second] = first


class _Ledger:
    """The finished ledger, asked on its day."""

    def __init__(self, draft: Draft, lines: list[Line], relations: list[Relation]) -> None:
        self.draft = draft
        self.lines = lines
        self.relations = relations
        self.rows: list[Row] = [
            (line, guarantor)
            for line in lines
            if not line.garbled
            for guarantor in line.guarantors
        ]
        self.rows_of: dict[int, list[int]] = {}
        for number, (line, _) in enumerate(self.rows):
            self.rows_of.setdefault(line.serial, []).append(number)
        self.companies = {
            party for party, kind in draft.kinds.items() if kind == "guarantee_company"
        }
        self.loans_of: dict[str, list[Loan]] = {}
        for loan in draft.loans.values():
            self.loans_of.setdefault(loan.borrower, []).append(loan)
        self.merged = self._merge()
        self.excluded: dict[str, list[int]] = {}
        self.arcs = list(self._count_rows())

    def _merge(self) -> _Merged:
        merged, day = _Merged(), self.draft.as_of
        for tie in self.relations:
            has_begun = tie.starts_on is None or tie.starts_on <= day
            if has_begun and (tie.ends_on is None or tie.ends_on >= day):
                merged.join(tie.a, tie.b)
        return merged

    def _count_rows(self) -> Iterator[int]:
        """Yield the rows in which loops are sought, and sort the others by reason."""
        for number, (line, guarantor) in enumerate(self.rows):
            reason = line.absence(self.draft.as_of)
            if not guarantor.strip() or not line.borrower.strip():
                reason = "blank_party"
            elif reason is None and line.layer == "counter":
                reason = "counter_guarantee"
            elif reason is None and {guarantor, line.borrower} & self.companies:
                reason = "guarantee_company"
            if reason is not None:
                self.excluded.setdefault(reason, []).append(number)
                continue
            if guarantor != line.borrower and self.merged(guarantor) == self.merged(line.borrower):
                self.excluded.setdefault("intra_group", []).append(number)
            yield number

    def clusters(self) -> Counter[str]:
        """Return how many parties each cluster has."""
        joined, parties = _Merged(), set()
        for number in (*self.arcs, *self.excluded.get("guarantee_company", ())):
            line, guarantor = self.rows[number]
            joined.join(guarantor, line.borrower)
            parties |= {guarantor, line.borrower}
        return Counter(joined(party) for party in parties)

    def among(self, groups: Iterable[tuple[str, ...]]) -> list[list[int]]:
        """Return, for each group of parties, the rows that count between them."""
        group_of: dict[str, int] = {}
        found: list[list[int]] = []
        for members in groups:
            group_of.update(dict.fromkeys(members, len(found)))
            found.append([])
        for number in self.arcs:
            line, guarantor = self.rows[number]
            group = group_of.get(guarantor)
            if group is not None and group == group_of.get(line.borrower):
                found[group].append(number)
        return found

    def contracts(self, rows: Iterable[int]) -> dict[str, int | None]:
        """Return the contracts of some rows with their amounts, None when unknown."""
        amounts: dict[str, int | None] = {}
        for number in rows:
            line = self.rows[number][0]
            amount, old = line.amount_fen, amounts.get(line.contract_id)
            known = [each for each in (amount, old) if each is not None and each >= 0]
            amounts[line.contract_id] = max(known, default=None)
        return dict(sorted(amounts.items()))


def tell_truth(
    draft: Draft,
    plans: Plans,
    *,
    lines: list[Line],
    relations: list[Relation],
    relation_rows: Mapping[int, int],
) -> Truth:
    """Return what the finished ledger holds; `relation_rows` numbers the drafted relations."""
    ledger = _Ledger(draft, lines, relations)
    sizes = ledger.clusters()
    between = ledger.among(plan.members for plan in plans.loops)
    loops = [_loop(ledger, plan, rows) for plan, rows in zip(plans.loops, between, strict=True)]
    between = ledger.among(plan.members for plan in plans.hidden)
    hidden = [
        _hidden(ledger, plan, rows, relation_rows)
        for plan, rows in zip(plans.hidden, between, strict=True)
    ]
    absent = [
        AbsentLoop(members=tuple(sorted(members)), why=why, seen_on=seen_on)
        for members, why, seen_on in plans.absent
    ]
    return Truth(
        as_of=draft.as_of,
        loops=tuple(sorted(loops, key=lambda loop: loop.members)),
        hidden=tuple(sorted(hidden, key=lambda loop: loop.members)),
        absent=tuple(sorted(absent, key=lambda loop: (loop.why, loop.members))),
        joint_groups=_groups(ledger),
        mutual_pairs=_mutual_pairs(ledger),
        clusters=len(sizes),
        pair_clusters=sum(size == 2 for size in sizes.values()),
        largest_cluster=max(sizes.values()),
        lapsing=_lapsing(ledger),
        maximum_contracts=_maximum_contracts(ledger),
        guarantee_companies=tuple(sorted(ledger.companies)),
        excluded=_by_kind(ledger.excluded),
        dirty=_dirty(ledger),
        unreadable_lines=tuple(
            number for number, line in enumerate(lines, start=2) if line.garbled
        ),
        open_parties=tuple(sorted(set(draft.open_parties))),
        undetermined=tuple(sorted(draft.undetermined)),
        control_total_fen=control_total(lines),
    )


def control_total(lines: Iterable[Line]) -> int:
    """Return the sum of the amounts that can be read, each line once."""
    return sum(
        line.amount_fen or 0
        for line in lines
        if not any("金额" in header for header, _ in line.garbled)
    )


def _by_kind(rows: Mapping[str, Iterable[int]]) -> tuple[PlantedRows, ...]:
    return tuple(
        PlantedRows(kind=kind, rows=tuple(sorted(found))) for kind, found in sorted(rows.items())
    )


def _loop(ledger: _Ledger, plan: LoopPlan, rows: list[int]) -> PlantedLoop:
    members = tuple(sorted(plan.members))
    pairs = {(ledger.rows[number][1], ledger.rows[number][0].borrower) for number in rows}
    kind = {1: "self", 2: "mutual"}.get(len(members))
    amounts = ledger.contracts(rows)
    loans = [loan for member in members for loan in ledger.loans_of.get(member, ())]
    closed_on, closed_by = _closing(ledger, plan, rows)
    return PlantedLoop(
        members=members,
        kind=kind or ("ring" if len(pairs) == len(members) else "compound"),
        contracts=tuple(amounts),
        rows=tuple(rows),
        guaranteed_fen=sum(amount or 0 for amount in amounts.values()),
        unknown_amounts=sum(amount is None for amount in amounts.values()),
        loans_fen=sum(loan.balance_fen for loan in loans),
        overdue_fen=sum(loan.balance_fen for loan in loans if loan.overdue_days),
        closed_on=closed_on,
        closed_by=closed_by,
        ends_on=_ending(ledger, plan, rows),
        is_intra_group=plan.is_intra_group,
    )


def _closing(
    ledger: _Ledger, plan: LoopPlan, rows: list[int]
) -> tuple[datetime.date | None, tuple[str, ...]]:
    """Return the day on which the rows first hold a loop, and the contracts that close it.

    Where only contracts outside a joint agreement can close the loop, each of them is
    needed and the agreement is older, so that their dates are the loop's.
    """
    if plan.outside:
        last = max(_begin(line) for line in plan.outside)
        return last, tuple(line.contract_id for line in plan.outside if _begin(line) == last)
    arcs = [ledger.rows[number] for number in rows]

    def looped(day: datetime.date) -> set[Pair]:
        return _looped({(name, line.borrower) for line, name in arcs if _begin(line) <= day})

    first = next(filter(looped, sorted({_begin(line) for line, _ in arcs})))
    on_loop = looped(first)
    closing = {
        line.contract_id
        for line, name in arcs
        if line.starts_on == first and (name, line.borrower) in on_loop
    }
    return None if first == datetime.date.min else first, tuple(sorted(closing))


def _ending(ledger: _Ledger, plan: LoopPlan, rows: list[int]) -> datetime.date | None:
    """Return the first day on which what is left of the rows holds no loop."""
    if plan.outside:
        return min(filter(None, map(_end, plan.outside)), default=None)
    arcs = [ledger.rows[number] for number in rows]
    for day in sorted(filter(None, (_end(line) for line, _ in arcs))):
        if not _looped({(source, line.borrower) for line, source in arcs if _outlasts(line, day)}):
            return day
    return None


def _begin(line: Line) -> datetime.date:
    """Return the day from which a line counts; an unknown one has begun for ever."""
    return line.starts_on or datetime.date.min


def _end(line: Line) -> datetime.date | None:
    """Return the first day on which a line no longer counts, None when it stays."""
    last = line.liable_until
    days = (last and add_days(last, 1), line.released_on, line.settled_on)
    return min(filter(None, days), default=None)


def _outlasts(line: Line, day: datetime.date) -> bool:
    end = _end(line)
    return end is None or end > day


def _looped(pairs: set[Pair]) -> set[Pair]:
    """Return the pairs that lie on a closed walk."""
    reached: dict[str, set[str]] = {}
    for start, _ in pairs:
        seen, front = set[str](), {start}
        while front:
            front = {target for source, target in pairs if source in front} - seen
            seen |= front
        reached[start] = seen
    return {(source, target) for source, target in pairs if source in reached.get(target, ())}


def _hidden(
    ledger: _Ledger, plan: HiddenPlan, rows: list[int], relation_rows: Mapping[int, int]
) -> HiddenLoop:
    numbers = sorted(relation_rows[number] for number in plan.relations)
    ties = [ledger.relations[number] for number in numbers]
    merged: dict[str, set[str]] = {}
    for tie in ties:
        merged.setdefault(ledger.merged(tie.a), set()).update((tie.a, tie.b))
    amounts = ledger.contracts(rows)
    members = sorted(plan.members)
    groups: dict[str, list[str]] = {}
    for member in members:
        groups.setdefault(ledger.merged(member), []).append(member)
    return HiddenLoop(
        members=tuple(members),
        groups=tuple(sorted(map(tuple, groups.values()))),
        merged=tuple(sorted(tuple(sorted(group)) for group in merged.values())),
        relations=tuple(numbers),
        kinds=tuple(sorted({tie.kind for tie in ties})),
        contracts=tuple(amounts),
        rows=tuple(rows),
        guaranteed_fen=sum(amount or 0 for amount in amounts.values()),
    )


def _groups(ledger: _Ledger) -> tuple[PlantedGroup, ...]:
    rows: dict[str, list[int]] = {}
    for number in ledger.arcs:
        agreement_id = ledger.rows[number][0].agreement_id
        if agreement_id is not None:
            rows.setdefault(agreement_id, []).append(number)
    return tuple(
        PlantedGroup(
            agreement_id=agreement_id,
            members=tuple(
                sorted(
                    {ledger.rows[number][1] for number in found}
                    | {ledger.rows[number][0].borrower for number in found}
                )
            ),
            contracts=tuple(ledger.contracts(found)),
            rows=tuple(found),
        )
        for agreement_id, found in sorted(rows.items())
    )


def _mutual_pairs(ledger: _Ledger) -> tuple[Pair, ...]:
    pairs = {
        (ledger.rows[number][1], ledger.rows[number][0].borrower)
        for number in ledger.arcs
        if ledger.rows[number][0].agreement_id is None
    }
    return tuple(sorted(pair for pair in pairs if pair[0] < pair[1] and pair[::-1] in pairs))


def _lapsing(ledger: _Ledger) -> tuple[str, ...]:
    day = ledger.draft.as_of
    found = set()
    for line, _ in ledger.rows:
        end = line.liable_until
        if end is None or line.debt_due_on is None or line.absence(day) is not None:
            continue
        if line.debt_due_on < day and end <= add_days(day, _WITHIN_DAYS):
            found.add(line.contract_id)
    return tuple(sorted(found))


def _maximum_contracts(ledger: _Ledger) -> tuple[MaximumContract, ...]:
    rows: dict[str, list[int]] = {}
    for number, (line, _) in enumerate(ledger.rows):
        if line.form == "maximum":
            rows.setdefault(line.contract_id, []).append(number)
    return tuple(
        MaximumContract(
            contract_id=contract_id,
            rows=tuple(found),
            loans=tuple(sorted(ledger.rows[number][0].loan_id or "" for number in found)),
            amount_fen=ledger.contracts(found)[contract_id],
        )
        for contract_id, found in sorted(rows.items())
    )


def _dirty(ledger: _Ledger) -> tuple[PlantedRows, ...]:
    found: dict[str, list[int]] = {}
    for kind, lines in ledger.draft.marks.items():
        found[kind] = [number for line in lines for number in ledger.rows_of[line.serial]]
    seen: set[tuple[str, str | None, str]] = set()
    repeats = []
    for number in sorted(found.get("duplicate", ())):
        line = ledger.rows[number][0]
        if (line.contract_id, line.loan_id, line.borrower) in seen:
            repeats.append(number)
        seen.add((line.contract_id, line.loan_id, line.borrower))
    found["duplicate"] = repeats
    for number, (line, guarantor) in enumerate(ledger.rows):
        for kind in _faults(line, guarantor):
            found.setdefault(kind, []).append(number)
    return _by_kind(found)


def _faults(line: Line, guarantor: str) -> Iterator[str]:
    """Yield what is wrong with a row on its face."""
    if not guarantor.strip() or not line.borrower.strip():
        yield "blank_party"
    elif guarantor == line.borrower:
        yield "self"
    if line.amount_fen is None:
        yield "unknown_amount"
    elif line.amount_fen == 0:
        yield "zero_amount"
    elif line.amount_fen < 0:
        yield "negative_amount"
    if line.starts_on and line.debt_due_on and line.debt_due_on < line.starts_on:
        yield "ends_before_start"
