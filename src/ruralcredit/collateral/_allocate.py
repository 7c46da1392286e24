"""One pool, several loans and ranks: the most exposure it can cover, with the proof.

The question is a maximum flow from items over pledges to loans.  It is answered here on
Python's own integers, since nothing at hand is exact at 10**14 fen: SciPy's maximum flow
counts in 32 bits, and its linear programmes in floats with a tolerance.

Ranks cost no cover: moving a fen on one item from a junior loan to a senior one that still
needs it changes no total.  The flow is built along shortest ways, seniors first.  A loan
once covered stays so, and a pledge to a loan not yet covered never gives back, so when the
last fen reached a junior its senior was covered, or its pledge at its limit.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

import attrs

from ruralcredit.collateral._items import ItemId, an_amount, an_id
from ruralcredit.collateral._pools import Pool
from ruralcredit.errors import CreditError
from ruralcredit.reasons import Lang
from ruralcredit.values import format_yuan

__all__ = ["Allocation", "Part", "Pledge", "allocate"]

T = TypeVar("T")

# Sums of many items are no longer bounded by what one item may be worth.
_MOST_FEN: Final = 2**63 - 1
_WORDS: Final = {
    "en": {
        "covered": "{} of {} yuan is covered",
        "unknown": "not counted, as nobody knows their value: {}",
        "items": "used up: {}",
        "pledges": "at the limit of the pledge: {}",
        "loans": "fully covered: {}",
        "bound": "more cannot be covered: these together are {} yuan",
        "comma": ", ",
    },
    "zh": {
        "covered": "敞口{1}元中已覆盖{0}元",
        "unknown": "价值未知、未计入：{}",
        "items": "已用尽的押品：{}",
        "pledges": "已达担保限额的抵质押：{}",
        "loans": "已足额覆盖的贷款：{}",
        "bound": "无法覆盖更多：以上合计{}元",
        "comma": "、",
    },
}


def _item_id(value: ItemId) -> ItemId:
    return an_id("Pledge.item", value)


def _loan_id(value: ItemId) -> ItemId:
    return an_id("Pledge.loan", value)


def _rank(value: int) -> int:
    return an_amount("Pledge.rank", value, low=1, high=1_000)


def _limit(value: int | None) -> int | None:
    return None if value is None else an_amount("Pledge.limit_fen", value, high=_MOST_FEN)


@attrs.frozen(kw_only=True)
class Pledge:
    """That an item stands for a loan, and in which rank (担保顺位).

    Attributes:
        item: Id of the item.
        loan: Id of the loan.
        rank: 1 is the most senior of the item; equal ranks come in the order of loan ids.
        limit_fen: The most that this pledge secures; None where it has no limit.

    Raises:
        CreditError: If an id, a rank or an amount is none.

    >>> Pledge(item="C7", loan="L1", rank=2)
    Pledge(item='C7', loan='L1', rank=2, limit_fen=None)
    """

    item: ItemId = attrs.field(converter=_item_id)
    loan: ItemId = attrs.field(converter=_loan_id)
    rank: int = attrs.field(default=1, converter=_rank)
    limit_fen: int | None = attrs.field(default=None, converter=_limit)


@attrs.frozen(kw_only=True)
class Part:
    """What one item covers of one loan.

    Attributes:
        item: Id of the item.
        loan: Id of the loan.
        rank: The rank of the pledge.
        fen: The amount, above 0.

    >>> allocate({"C7": 5}, {"L1": 3}).parts
    (Part(item='C7', loan='L1', rank=1, fen=3),)
    """

    item: ItemId
    loan: ItemId
    rank: int
    fen: int


@attrs.frozen(kw_only=True, repr=False)
class Allocation:
    """How a pool covers loans (押品分配), and why it cannot cover more.

    The proof is a cut: every pledge starts at an item of the cut, ends at a loan of it, or
    is of it itself; so no allocation covers more than the cut holds.  `faults` checks that.

    Attributes:
        items: Pairs of id and lendable value, by id; those whose value is known.
        unknown_items: Ids of items whose value nobody knows; they cover nothing here.
        loans: Pairs of id and exposure, by id.
        pledges: Which item stands for which loan.
        parts: What each item covers of each loan, by item, rank and loan.
        cut_items: Items of the cut: used up.
        cut_pledges: Pledges of the cut: at their limits.
        cut_loans: Loans of the cut: fully covered.

    >>> found = allocate({"C7": 5, "C8": 4}, {"L1": 6, "L2": 9},
    ...                  pledges=[Pledge(item="C7", loan="L1"), Pledge(item="C8", loan="L1"),
    ...                           Pledge(item="C7", loan="L2", rank=2)])
    >>> found.covered_fen, found.bound_fen, found.faults()
    (9, 9, ())
    """

    items: tuple[tuple[ItemId, int], ...]
    unknown_items: tuple[ItemId, ...]
    loans: tuple[tuple[ItemId, int], ...]
    pledges: tuple[Pledge, ...]
    parts: tuple[Part, ...]
    cut_items: tuple[ItemId, ...]
    cut_pledges: tuple[Pledge, ...]
    cut_loans: tuple[ItemId, ...]

    def __repr__(self) -> str:
        """Show the totals."""
        return f"Allocation({self.covered_fen} of {self.exposure_fen} fen covered)"

    @property
    def covered_fen(self) -> int:
        """The exposure that is covered."""
        return sum(part.fen for part in self.parts)

    @property
    def exposure_fen(self) -> int:
        """The exposure of all loans."""
        return sum(fen for _, fen in self.loans)

    @property
    def bound_fen(self) -> int:
        """What the cut holds, which is the most that any allocation can cover."""
        items, loans = dict(self.items), dict(self.loans)
        return (
            sum(items[one] for one in self.cut_items)
            + sum(loans[one] for one in self.cut_loans)
            + sum(one.limit_fen for one in self.cut_pledges if one.limit_fen is not None)
        )

    def covered_of(self, loan: ItemId) -> int:
        """Return what is covered of a loan.

        Raises:
            CreditError: If there is no such loan.

        >>> allocate({"C7": 5}, {"L1": 3}).covered_of("L1")
        3
        """
        _one_of("loan", loan, dict(self.loans))
        return sum(part.fen for part in self.parts if part.loan == loan)

    def used_of(self, item: ItemId) -> int:
        """Return what is used of an item.

        Raises:
            CreditError: If there is no such item.

        >>> allocate({"C7": 5}, {"L1": 3}).used_of("C7")
        3
        """
        _one_of("item", item, [*dict(self.items), *self.unknown_items])
        return sum(part.fen for part in self.parts if part.item == item)

    def faults(self) -> tuple[str, ...]:
        """Check amounts, ranks and proof in one pass; empty means that all hold.

        >>> import attrs
        >>> found = allocate({"C7": 5}, {"L1": 3})
        >>> attrs.evolve(found, cut_loans=()).faults()
        ('C7 to L1 is not in the cut', 'covered 3 fen, but the cut holds 0')
        """
        return tuple(_faults(self))

    def explain(self, lang: Lang = "en") -> str:
        """Return cover and proof as lines of text.

        Raises:
            CreditError: If the language is not "en" or "zh".

        >>> print(allocate({"C7": 500}, {"L1": 300}).explain())
        3.00 of 3.00 yuan is covered
        fully covered: L1 (3.00)
        more cannot be covered: these together are 3.00 yuan
        """
        if lang not in _WORDS:
            raise CreditError(f"lang must be en or zh, got {lang!r}")
        words = _WORDS[lang]
        items, loans = dict(self.items), dict(self.loans)
        told = {
            "unknown": [str(one) for one in self.unknown_items],
            "items": [f"{one} ({format_yuan(items[one])})" for one in self.cut_items],
            "pledges": [
                f"{one.item}-{one.loan} ({format_yuan(one.limit_fen)})"
                for one in self.cut_pledges
                if one.limit_fen is not None
            ],
            "loans": [f"{one} ({format_yuan(loans[one])})" for one in self.cut_loans],
        }
        totals = format_yuan(self.covered_fen), format_yuan(self.exposure_fen)
        return "\n".join(
            [
                words["covered"].format(*totals),
                *(
                    words[name].format(words["comma"].join(one))
                    for name, one in told.items()
                    if one
                ),
                words["bound"].format(format_yuan(self.bound_fen)),
            ]
        )


def allocate(
    items: Mapping[str, int | None] | Mapping[int, int | None] | Pool,
    loans: Mapping[str, int] | Mapping[int, int],
    *,
    pledges: Iterable[Pledge] | None = None,
) -> Allocation:
    """Cover the most exposure of several loans from one pool (押品池分配), exactly in fen.

    On each item a junior loan gets something only where every senior loan of the item is
    fully covered, by whatever items, or its pledge is at its limit.  Ranks decide who is
    covered, never how much in all.  Equal cover is settled by ids, so the order in which
    items and loans come makes no difference.

    Args:
        items: Lendable value per item in fen, None where unknown; or a `Pool`.
        loans: Exposure per loan in fen.
        pledges: Which item stands for which loan; None means each for every loan in rank 1.

    Returns:
        The parts, and a cut that proves that no allocation covers more.  Items of unknown
        value cover nothing and are listed, so the cover is a least one.

    Raises:
        CreditError: If an id, an amount or a pledge is wrong, a pledge stands twice, or ids
            are of two kinds.

    Source:
        Guideline on commercial banks' collateral (2017), art. 21; Civil Code of the PRC,
        art. 414 for ranks.  Maximum flow and minimum cut: Ford and Fulkerson (1956); shortest
        ways first: Dinic (1970).

    >>> found = allocate({"house": 300, "shop": 200}, {"L1": 250, "L2": 200},
    ...                  pledges=[Pledge(item="house", loan="L1"),
    ...                           Pledge(item="house", loan="L2", rank=2),
    ...                           Pledge(item="shop", loan="L1", rank=2)])
    >>> found, [(part.item, part.loan, part.fen) for part in found.parts]
    (Allocation(450 of 450 fen covered), [('house', 'L1', 100), ('house', 'L2', 200), \
('shop', 'L1', 150)])
    """
    values = items.lendable if isinstance(items, Pool) else _amounts("items", items)
    exposures = _amounts("loans", loans)
    unknown = [one for one, fen in exposures.items() if fen is None]
    if unknown:
        raise CreditError(
            f"loans must have a known exposure, got None for {unknown[0]!r}: "
            "leave the loan out, or ask for its balance"
        )
    known = {one: fen for one, fen in _in_order(values) if fen is not None}
    owed = {one: fen for one, fen in _in_order(exposures) if fen is not None}
    stated = _pledges(pledges, values, owed)
    flow = _Flow(known, owed, [one for one in stated if one.item in known])
    flow.fill()
    reached = flow.reached()
    return Allocation(
        items=tuple(known.items()),
        unknown_items=tuple(one for one, fen in _in_order(values) if fen is None),
        loans=tuple(owed.items()),
        pledges=stated,
        parts=tuple(flow.parts()),
        cut_items=tuple(one for one in known if ("item", one) not in reached),
        cut_pledges=tuple(
            one
            for one in flow.pledges
            if ("item", one.item) in reached and ("loan", one.loan) not in reached
        ),
        cut_loans=tuple(one for one in owed if ("loan", one) in reached),
    )


def _amounts(name: str, amounts: object) -> dict[ItemId, int | None]:
    if not isinstance(amounts, Mapping):
        raise CreditError(f"{name} must map ids to fen, got {type(amounts).__name__}")
    return {
        an_id(f"an id of {name}", one): None
        if fen is None
        else an_amount(f"{name}[{one!r}]", fen, high=_MOST_FEN)
        for one, fen in amounts.items()
    }


def _in_order(amounts: Mapping[ItemId, T]) -> list[tuple[ItemId, T]]:
    kinds = {isinstance(one, str) for one in amounts}
    if len(kinds) > 1:
        raise CreditError("ids must be of one kind, all str or all int, got both")
    return sorted(amounts.items(), key=lambda pair: pair[0])


def _one_of(what: str, name: ItemId, names: Iterable[ItemId]) -> None:
    known = list(names)
    if name not in known:
        raise CreditError(
            f"there is no {what} {name!r}: they are {', '.join(map(str, known)) or 'none'}"
        )


def _pledges(
    pledges: Iterable[Pledge] | None,
    items: Mapping[ItemId, object],
    loans: Mapping[ItemId, object],
) -> tuple[Pledge, ...]:
    if pledges is None:
        pledges = (Pledge(item=item, loan=loan) for item in items for loan in loans)
    stated = list(pledges)
    seen = set()
    for one in stated:
        if not isinstance(one, Pledge):
            raise CreditError(f"pledges must hold Pledge values, got {type(one).__name__}")
        _one_of("item", one.item, items)
        _one_of("loan", one.loan, loans)
        if (one.item, one.loan) in seen:
            raise CreditError(f"{one.item!r} is pledged to {one.loan!r} twice: keep one of them")
        seen.add((one.item, one.loan))
    return tuple(sorted(stated, key=lambda one: (one.item, one.rank, one.loan)))


# --- maximum flow -----------------------------------------------------------------------

Node = tuple[str, ItemId]
_SOURCE: Final[Node] = ("source", 0)
_SINK: Final[Node] = ("sink", 0)


class _Flow:
    """A network of items, pledges and loans, filled along shortest ways, seniors first."""

    def __init__(
        self,
        items: Mapping[ItemId, int],
        loans: Mapping[ItemId, int],
        pledges: Sequence[Pledge],
    ) -> None:
        self.pledges = pledges
        self.ways: dict[Node, dict[Node, int]] = {_SOURCE: {}, _SINK: {}}
        for loan, fen in loans.items():
            self._way(("loan", loan), _SINK, fen)
        for item, fen in items.items():
            self._way(_SOURCE, ("item", item), fen)
        # In the order of ranks, which is the order in which ways are tried.
        for one in pledges:
            most = items[one.item] if one.limit_fen is None else one.limit_fen
            self._way(("item", one.item), ("loan", one.loan), most)

    def _way(self, start: Node, end: Node, fen: int) -> None:
        self.ways.setdefault(start, {})[end] = fen
        self.ways.setdefault(end, {})[start] = 0

    def fill(self) -> None:
        """Push flow along shortest ways until the sink is cut off."""
        while _SINK in (levels := self._levels()):
            onward = {node: list(reversed(self.ways[node])) for node in levels}
            while way := self._way_out(levels, onward):
                steps = list(itertools.pairwise(way))
                fen = min(self.ways[start][end] for start, end in steps)
                for start, end in steps:
                    self.ways[start][end] -= fen
                    self.ways[end][start] += fen

    def _levels(self) -> dict[Node, int]:
        """Return how many steps each node is from the source, where it can be reached."""
        levels, waiting = {_SOURCE: 0}, [_SOURCE]
        for node in waiting:
            for after, room in self.ways[node].items():
                if room and after not in levels:
                    levels[after] = levels[node] + 1
                    waiting.append(after)
        return levels

    def _way_out(
        self, levels: Mapping[Node, int], onward: Mapping[Node, list[Node]]
    ) -> list[Node]:
        """Return a shortest way to the sink, or nothing; what leads nowhere leaves onward."""
        way = [_SOURCE]
        while way and way[-1] != _SINK:
            node = way[-1]
            nexts = onward[node]
            while nexts and not self._leads(node, nexts[-1], levels):
                nexts.pop()
            if nexts:
                way.append(nexts[-1])
                continue
            way.pop()
            if way:
                onward[way[-1]].pop()
        return way

    def _leads(self, node: Node, after: Node, levels: Mapping[Node, int]) -> bool:
        return bool(self.ways[node][after]) and levels.get(after) == levels[node] + 1

    def reached(self) -> frozenset[Node]:
        """Return the source's side of the cut."""
        return frozenset(self._levels())

    def parts(self) -> Iterator[Part]:
        """Yield what flows over each pledge."""
        for one in self.pledges:
            fen = self.ways["loan", one.loan]["item", one.item]
            if fen:
                yield Part(item=one.item, loan=one.loan, rank=one.rank, fen=fen)


# --- the check of the proof -------------------------------------------------------------


def _faults(found: Allocation) -> Iterator[str]:
    """Say what is wrong with an allocation, each pledge, item and loan looked at once."""
    items, loans = dict(found.items), dict(found.loans)
    used, got = Counter[ItemId](), Counter[ItemId]()
    fen_of = Counter[tuple[ItemId, ItemId]]()
    for part in found.parts:
        used[part.item] += part.fen
        got[part.loan] += part.fen
        fen_of[part.item, part.loan] += part.fen
    stated = {(one.item, one.loan): one for one in found.pledges}
    for pair, fen in fen_of.items():
        limit = stated[pair].limit_fen if pair in stated else 0
        if fen <= 0 or (limit is not None and fen > limit):
            yield f"{pair[0]} gives {pair[1]} {fen} fen, beyond its pledge"
    for what, most, sums in (("item", items, used), ("loan", loans, got)):
        for one, fen in sums.items():
            if fen > most.get(one, 0):
                yield f"{what} {one} has {fen} fen, more than its {most.get(one, 0)}"
    yield from _broken_ranks(found, fen_of, {one: loans[one] - got[one] for one in loans})
    yield from _open_ways(found, items)
    if found.covered_fen != found.bound_fen:
        yield f"covered {found.covered_fen} fen, but the cut holds {found.bound_fen}"


def _open_ways(found: Allocation, items: Mapping[ItemId, int]) -> Iterator[str]:
    """Say which pledges the cut leaves open."""
    cut_items, cut_loans = set(found.cut_items), set(found.cut_loans)
    cut = {one for one in found.cut_pledges if one.limit_fen is not None}
    for one in found.pledges:
        is_cut = one.item in cut_items or one.loan in cut_loans or one in cut
        if one.item in items and not is_cut:
            yield f"{one.item} to {one.loan} is not in the cut"


def _broken_ranks(
    found: Allocation,
    fen_of: Mapping[tuple[ItemId, ItemId], int],
    open_fen: Mapping[ItemId, int],
) -> Iterator[str]:
    """Say which seniors still need what a junior of the same item got."""
    junior: dict[ItemId, int] = {}
    for part in found.parts:
        junior[part.item] = max(junior.get(part.item, 0), part.rank)
    for one in found.pledges:
        fen = fen_of.get((one.item, one.loan), 0)
        is_full = one.limit_fen is not None and fen >= one.limit_fen
        if one.rank < junior.get(one.item, 0) and open_fen[one.loan] > 0 and not is_full:
            yield f"{one.loan} in rank {one.rank} of {one.item} comes before its juniors"
