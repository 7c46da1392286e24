"""How much guarantors can pay together, group by group: one exact flow over all claims.

Fen go from a guarantor's free net assets through contracts to loans, each up to what it holds.
Parts with one loan or one guarantor have a formula; the others go through one flow.
"""

from typing import NamedTuple

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.guarantees._claims import Amounts, Claims, Security
from ruralcredit.guarantees._flows import FlowArcs, largest_flow
from ruralcredit.guarantees._kernels import weak_labels
from ruralcredit.guarantees._partition import exact_sums

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

# A table of so many times the keys is faster than sorting them.
_WIDE = 8
# Peeling goes on while a round settles this share of the contracts left.
_WORTH_PEELING = 0.05


class Paid(NamedTuple):
    """Least and most fen per group that can be paid; most counts only where it has an end."""

    low: Int64
    high: Int64
    is_endless: Bool


@attrs.frozen(eq=False)
class Purse:
    """What some things hold: fen, and which of them have no end."""

    fen: Int64
    is_endless: Bool

    @classmethod
    def of(cls, amounts: Amounts, *, unknown_endless: bool) -> "Purse":
        """Read unknown amounts as nothing, or as without end."""
        fen = np.where(amounts.known, amounts.fen, 0)
        return cls(fen, ~amounts.known if unknown_endless else np.zeros(len(fen), np.bool_))

    def take(self, places: Int64) -> "Purse":
        """Return some of them, in the order asked."""
        return Purse(self.fen[places], self.is_endless[places])

    def at_most(self, other: "Purse") -> "Purse":
        """Return the smaller of two, one by one."""
        fen = np.where(self.is_endless, other.fen, self.fen)
        both = ~self.is_endless & ~other.is_endless
        fen = np.where(both, np.minimum(self.fen, other.fen), fen)
        return Purse(fen, self.is_endless & other.is_endless)

    def summed(self, labels: Int64, count: int) -> "Purse":
        """Return the sums per label."""
        finite = np.where(self.is_endless, 0, self.fen)
        endless = np.zeros(count, np.bool_)
        endless[labels[self.is_endless]] = True
        return Purse(exact_sums(labels, finite, count), endless)


def naive_sums(security: Security, claims: Claims, *, unknown_endless: bool) -> Purse:
    """Return per loan what contracts promise it one by one, each asset counted anew."""
    assets = Purse.of(security.assets, unknown_endless=unknown_endless)
    amounts = Purse.of(security.amounts, unknown_endless=unknown_endless)
    needs = Purse.of(security.needs, unknown_endless=unknown_endless)
    many = len(security.loans)
    targets = many + len(security.book.ledger.index)
    promise_of = numbered(claims.contract, claims.target)
    contract, target = (
        _first_of(promise_of, column) for column in (claims.contract, claims.target)
    )
    promised = assets.take(claims.guarantor).summed(promise_of, len(contract))
    offered = promised.at_most(amounts.take(contract)).summed(target, targets)
    debtor = security.debtor_of_loan
    pool = np.where(debtor >= 0, many + debtor, 0)
    pooled = offered.take(pool)
    pooled = Purse(np.where(debtor >= 0, pooled.fen, 0), pooled.is_endless & (debtor >= 0))
    named = offered.take(np.arange(many))
    both = Purse(named.fen + pooled.fen, named.is_endless | pooled.is_endless)
    return both.at_most(needs)


def joint_sums(
    security: Security, claims: Claims, groups: tuple[Int64, int], *, unknown_endless: bool
) -> Paid:
    """Return per group what guarantors can pay at once, each asset and each contract used once.

    Args:
        security: What guarantors, contracts and loans hold.
        claims: The claims that count.
        groups: The group of each claim, -1 for none, and how many groups there are; a group is
            asked alone, as if nobody else called.
        unknown_endless: Whether unknown amounts count as without end, or as nothing.
    """
    inside = np.flatnonzero(groups[0] >= 0)
    payment = _Payment(security, claims.take(inside), groups[0][inside], endless=unknown_endless)
    return payment.paid(groups[1])


class _Flowed(NamedTuple):
    """What a flow found: fen and endlessness per group, and fen through each bundle."""

    totals: Int64
    is_endless: Bool
    used: Int64


class _Payment:
    """One question: givers, bundles of claims, takers and loans, each with what it holds.

    A bundle is a contract whose guarantors all stand for all its loans; a contract of another
    shape is one bundle per guarantor, and what these pay together is looked at afterwards.
    """

    def __init__(self, security: Security, claims: Claims, group: Int64, *, endless: bool) -> None:
        assets, amounts, needs = (
            Purse.of(one, unknown_endless=endless)
            for one in (security.assets, security.amounts, security.needs)
        )
        self.giver = numbered(group, claims.guarantor)
        self.contract = numbered(group, claims.contract)
        self.taker = numbered(group, claims.target)
        self.assets = assets.take(_first_of(self.giver, claims.guarantor))
        self.amounts = amounts.take(_first_of(self.contract, claims.contract))
        self._set_loans(security, claims, group)
        self.needs = needs.take(self.loan_row)

    def _set_loans(self, security: Security, claims: Claims, group: Int64) -> None:
        """Link takers with loans: a loan with itself, a pool with each loan of its borrower."""
        target = _first_of(self.taker, claims.target)
        debtor, owner = _first_of(self.taker, claims.debtor), _first_of(self.taker, group)
        pools = np.flatnonzero(target >= len(security.loans))
        places, pooled = security.pooled(debtor[pools])
        single = np.flatnonzero(target < len(security.loans))
        self.link_taker = np.concatenate([single, pools[places]])
        rows = np.concatenate([target[single], pooled])
        self.link_loan = numbered(owner[self.link_taker], rows)
        self.loan_row = _first_of(self.link_loan, rows)
        self.group_of_loan = _first_of(self.link_loan, owner[self.link_taker])

    def paid(self, count: int) -> Paid:
        """Return the bounds per group."""
        is_tangled = _is_tangled(self.giver, self.contract, self.taker)
        whole = self._flow(self.contract, self.amounts, np.zeros(len(is_tangled), np.bool_), count)
        if not is_tangled.any():
            return Paid(whole.totals, whole.totals, whole.is_endless)
        bundle = numbered(self.contract, np.where(is_tangled[self.contract], self.giver + 1, 0))
        contract = _first_of(bundle, self.contract)
        limits = self.amounts.take(contract)
        is_watched = is_tangled[contract]
        split = self._flow(bundle, limits, is_watched, count)
        high = np.minimum(whole.totals, split.totals)
        asked = split.used * is_watched
        total = exact_sums(contract, asked, len(is_tangled))[contract]
        is_over = (total > limits.fen) & ~limits.is_endless
        if not is_over.any():
            return Paid(split.totals, high, split.is_endless)
        shares = _shares(np.where(is_over, limits.fen, 0), asked, contract)
        limits = Purse(np.where(is_over, shares, limits.fen), limits.is_endless)
        return Paid(self._flow(bundle, limits, is_watched, count).totals, high, split.is_endless)

    def _flow(self, bundle: Int64, amounts: Purse, is_watched: Bool, count: int) -> _Flowed:
        """Return what is paid where each bundle holds an amount; watched ones tell what passed."""
        parts = _Parts(self, bundle, amounts, is_watched)
        is_endless = np.zeros(count, np.bool_)
        is_endless[self.group_of_loan[parts.loan_of_bundle[parts.is_endless]]] = True
        is_simple, simple = parts.by_formula()
        used, reached = parts.by_flow(~is_simple)
        # Any loan of a part tells its group.
        np.add.at(reached, parts.loan_of_part, np.where(is_simple, simple, 0))
        reached += parts.settled
        return _Flowed(exact_sums(self.group_of_loan, reached, count), is_endless, used)


class _Parts:
    """The question cut into parts that share nothing, the simple ones with their answers."""

    def __init__(self, payment: _Payment, bundle: Int64, amounts: Purse, is_watched: Bool) -> None:
        self.is_watched = is_watched
        self.gives = _distinct_pairs(payment.giver, bundle)
        self.takes = _distinct_pairs(bundle, payment.taker)
        self.links = payment.link_taker, payment.link_loan
        self.sizes = (
            len(payment.assets.fen),
            len(amounts.fen),
            int(payment.taker.max(initial=-1)) + 1,
            len(payment.needs.fen),
        )
        givers, bundles, takers, loans = self.sizes
        wanted = payment.needs.take(self.links[1]).summed(self.links[0], takers)
        wanted = wanted.take(self.takes[1]).summed(self.takes[0], bundles)
        offered = payment.assets.take(self.gives[0]).summed(self.gives[1], bundles)
        amounts = amounts.at_most(wanted).at_most(offered)
        self.is_endless = amounts.is_endless
        self.amounts = np.where(amounts.is_endless, 0, amounts.fen)
        held = Purse(self.amounts, np.zeros(bundles, np.bool_))
        given = held.take(self.gives[1]).summed(self.gives[0], givers)
        self.assets = payment.assets.at_most(given).fen
        taken = held.take(self.takes[0]).summed(self.takes[1], takers)
        taken = taken.take(self.links[0]).summed(self.links[1], loans)
        self.needs = payment.needs.at_most(taken).fen
        # Any loan of a bundle tells its group, and is its only one where there is one.
        loan_of_taker = np.zeros(takers, np.int64)
        loan_of_taker[self.links[0]] = self.links[1]
        self.loan_of_bundle = np.zeros(bundles, np.int64)
        self.loan_of_bundle[self.takes[0]] = loan_of_taker[self.takes[1]]
        self.giver_of_bundle = np.zeros(bundles, np.int64)
        self.giver_of_bundle[self.gives[1]] = self.gives[0]
        self.settled = self._settle()
        self._cut()

    def _settle(self) -> Int64:
        """Pay what nobody competes for, and take it off; return the fen paid to each loan.

        A loan that wants all its contracts promise takes what each guarantor can spare first;
        then guarantors who can pay all theirs do.  Neither costs the others anything.  Only
        contracts of one guarantor for one loan are settled so.
        """
        givers, bundles, _takers, loans = self.sizes
        giver_of, loan_of = self.giver_of_bundle, self.loan_of_bundle
        many_links = np.bincount(self.links[0], minlength=self.sizes[2])
        is_single = ~self.is_watched & (np.bincount(self.gives[1], minlength=bundles) == 1)
        is_single &= np.bincount(self.takes[0], minlength=bundles) == 1
        is_single[self.takes[0][many_links[self.takes[1]] > 1]] = False
        self.is_single = is_single
        # Whoever is also bound by other contracts competes in ways not seen here.
        bound_giver, bound_loan = np.zeros(givers, np.bool_), np.zeros(loans, np.bool_)
        bound_giver[self.gives[0][~is_single[self.gives[1]]]] = True
        bound_taker = np.zeros(len(many_links), np.bool_)
        bound_taker[self.takes[1][~is_single[self.takes[0]]]] = True
        bound_loan[self.links[1][bound_taker[self.links[0]]]] = True
        paid = np.zeros(loans, np.int64)
        live = np.flatnonzero(is_single)
        before = len(live) + 1
        while len(live) < (1 - _WORTH_PEELING) * before:
            before = len(live)
            for mine, theirs, is_bound, holds, wants in (
                (giver_of, loan_of, bound_loan, self.assets, self.needs),
                (loan_of, giver_of, bound_giver, self.needs, self.assets),
            ):
                one, other = mine[live], theirs[live]
                fen = np.minimum(np.minimum(self.amounts[live], holds[one]), wants[other])
                asked = exact_sums(other, fen, len(wants))
                is_free = (~is_bound & (asked <= wants))[other]
                spent = np.minimum(holds, exact_sums(one[is_free], fen[is_free], len(holds)))
                any_loan = np.zeros(len(holds), np.int64)
                any_loan[one] = loan_of[live]
                np.add.at(paid, any_loan, spent)
                np.subtract(holds, spent, out=holds)
                self.amounts[live] = np.where(is_free, 0, fen)
                live = live[~is_free & (fen > 0)]
        self.gives = self._kept(self.gives, self.gives[1])
        self.takes = self._kept(self.takes, self.takes[0])
        return paid

    def _kept(self, pairs: tuple[Int64, Int64], bundles: Int64) -> tuple[Int64, Int64]:
        return self._asked(pairs, self.amounts[bundles] > 0)

    def _cut(self) -> None:
        """Number the parts, and each thing's part."""
        givers, bundles, takers, loans = self.sizes
        offsets = np.cumsum([0, givers, bundles, takers])
        steps = list(enumerate((self.gives, self.takes, self.links)))
        tails = np.concatenate([pairs[0] + offsets[place] for place, pairs in steps])
        heads = np.concatenate([pairs[1] + offsets[place + 1] for place, pairs in steps])
        count, labels = weak_labels(tails, heads, sum(self.sizes))
        self.count = count
        self.part_of_giver, self.part_of_bundle, self.part_of_taker, self.part_of_loan = (
            part.astype(np.int64) for part in np.split(labels, offsets[1:])
        )
        self.loan_of_part = np.zeros(count, np.int64)
        self.loan_of_part[self.part_of_loan] = np.arange(loans)

    def by_formula(self) -> tuple[Bool, Int64]:
        """Return which parts have a formula, and what it gives.

        One loan whose contracts have one guarantor each, or whose guarantors have one contract
        each; or one guarantor whose contracts cover one loan each.
        """
        givers, bundles, takers, loans = self.sizes
        gives, takes, part = self.gives, self.takes, self.part_of_bundle
        has_one_giver = self._all(np.bincount(gives[1], minlength=bundles) == 1, part)
        has_one_taker = self._all(np.bincount(takes[0], minlength=bundles) == 1, part)
        has_one_bundle = self._all(
            np.bincount(gives[0], minlength=givers) == 1, self.part_of_giver
        )
        many_loans = np.bincount(self.part_of_loan, minlength=self.count)
        many_links = np.bincount(self.part_of_taker[self.links[0]], minlength=self.count)
        many_takers = np.bincount(self.part_of_taker, minlength=self.count)
        is_plain = (many_links == many_loans) & (many_takers == many_loans)
        is_alone = np.bincount(self.part_of_giver, minlength=self.count) == 1
        # What each guarantor gives at most, what each contract does, what each loan gets.
        by_giver = exact_sums(gives[0], self.amounts[gives[1]], givers)
        by_giver = self._sums(np.minimum(self.assets, by_giver), self.part_of_giver)
        by_bundle = exact_sums(gives[1], self.assets[gives[0]], bundles)
        by_bundle = self._sums(np.minimum(self.amounts, by_bundle), part)
        needs = self._sums(self.needs, self.part_of_loan)
        by_taker = exact_sums(takes[1], self.amounts[takes[0]], takers)[self.links[0]]
        by_loan = exact_sums(self.links[1], by_taker, loans)
        by_loan = self._sums(np.minimum(self.needs, by_loan), self.part_of_loan)
        assets = self._sums(self.assets, self.part_of_giver)
        is_one = many_loans == 1
        is_watched = ~self._all(~self.is_watched, part)
        cases = [is_one & has_one_giver, is_one & has_one_bundle]
        cases.append(is_alone & has_one_taker & is_plain)
        answers = [np.minimum(needs, by_giver), np.minimum(needs, by_bundle)]
        answers.append(np.minimum(assets, by_loan))
        return np.any(cases, axis=0) & ~is_watched, np.select(cases, answers)

    def _all(self, holds: Bool, part: Int64) -> Bool:
        """Return for which parts something holds of all that lies in them."""
        out = np.ones(self.count, np.bool_)
        out[part[~holds]] = False
        return out

    def _sums(self, fen: Int64, part: Int64) -> Int64:
        return exact_sums(part, fen, self.count)

    def by_flow(self, is_asked: Bool) -> tuple[Int64, Int64]:
        """Return the fen through watched bundles and to each loan, in the parts asked for."""
        _givers, bundles, _takers, loans = self.sizes
        used, reached = np.zeros(bundles, np.int64), np.zeros(loans, np.int64)
        asked = is_asked[self.part_of_bundle]
        knots, single = (
            np.flatnonzero(asked & kind) for kind in (~self.is_single, self.is_single)
        )
        if not len(knots) and not len(single):
            return used, reached
        wanted = np.flatnonzero(is_asked[self.part_of_loan])
        sections = self._arcs(is_asked, knots, single, wanted)
        columns: tuple[list[Int64], ...] = ([], [], [])
        for section in sections:
            for column, cells in zip(columns, section, strict=True):
                column.append(np.broadcast_to(cells, section[2].shape))
        tails, heads, capacities = map(np.concatenate, columns)
        # Only nodes with arcs count; source and sink are the first two.
        ends = numbered(np.concatenate([[0, 1], tails, heads]))
        tails, heads = np.split(ends[2:], 2)
        flow = largest_flow(FlowArcs(tails, heads, capacities, int(ends.max()) + 1), 0, 1)
        used[knots] = flow[: len(knots)]
        reached[wanted] = flow[len(knots) :][: len(wanted)]
        return used, reached

    def _arcs(
        self, is_asked: Bool, knots: Int64, single: Int64, wanted: Int64
    ) -> tuple[tuple[Int64, Int64, Int64], ...]:
        """Return arcs in sections: through bundles of several, into the sink, then all others."""
        givers, bundles, takers, _loans = self.sizes
        offsets = np.cumsum([2, givers, bundles, bundles, takers])
        source, sink = np.zeros(1, np.int64), np.ones(1, np.int64)
        is_knot = np.zeros(bundles, np.bool_)
        is_knot[knots] = True
        gives = self._asked(self.gives, is_knot[self.gives[1]])
        takes = self._asked(self.takes, is_knot[self.takes[0]])
        is_taker = np.zeros(takers, np.bool_)
        is_taker[takes[1]] = True
        links = self._asked(self.links, is_taker[self.links[0]])
        paying = np.flatnonzero(is_asked[self.part_of_giver])
        return (
            (knots + offsets[1], knots + offsets[2], self.amounts[knots]),
            (wanted + offsets[4], sink, self.needs[wanted]),
            (source, paying + offsets[0], self.assets[paying]),
            (gives[0] + offsets[0], gives[1] + offsets[1], self.amounts[gives[1]]),
            (takes[0] + offsets[2], takes[1] + offsets[3], self.amounts[takes[0]]),
            (links[0] + offsets[3], links[1] + offsets[4], self.needs[links[1]]),
            (
                self.giver_of_bundle[single] + offsets[0],
                self.loan_of_bundle[single] + offsets[4],
                self.amounts[single],
            ),
        )

    @staticmethod
    def _asked(pairs: tuple[Int64, Int64], is_asked: Bool) -> tuple[Int64, Int64]:
        return pairs[0][is_asked], pairs[1][is_asked]


def numbered(*columns: Int64) -> Int64:
    """Number the distinct combinations of some columns of codes, in their order, from 0."""
    keys, span = columns[0], int(columns[0].max(initial=0)) + 1
    for column in columns[1:]:
        width = int(column.max(initial=0)) + 1
        keys, span = keys * width + column, span * width
    if span > _WIDE * len(keys) + _WIDE:
        found: Int64 = np.unique(keys, return_inverse=True)[1]
        return found
    # Few possible keys: a table of those met costs no sort.
    met = np.zeros(span, np.bool_)
    met[keys] = True
    number = np.cumsum(met) - 1
    return np.asarray(number[keys], np.int64)


def _first_of(labels: Int64, values: Int64) -> Int64:
    """Return a value of each label; labels are numbered without gaps, their values are equal."""
    out = np.zeros(int(labels.max(initial=-1)) + 1, np.int64)
    out[labels] = values
    return out


def _distinct_pairs(one: Int64, other: Int64) -> tuple[Int64, Int64]:
    pair = numbered(one, other)
    return _first_of(pair, one), _first_of(pair, other)


def _is_tangled(giver: Int64, contract: Int64, taker: Int64) -> Bool:
    """Return which contracts do not join each of their guarantors with each of their takers."""
    count = int(contract.max(initial=-1)) + 1
    givers = np.bincount(_distinct_pairs(giver, contract)[1], minlength=count)
    takers = np.bincount(_distinct_pairs(contract, taker)[0], minlength=count)
    return np.asarray(np.bincount(contract, minlength=count) < givers * takers)


def _shares(limits: Int64, asked: Int64, contract: Int64) -> Int64:
    """Split what contracts hold among their bundles in proportion to what these took.

    Rounded down; the first bundles of a contract get the fen that are left.
    """
    totals = exact_sums(contract, asked, int(contract.max()) + 1).tolist()
    shares = [
        limit * fen // totals[at] if totals[at] else 0
        for limit, fen, at in zip(limits.tolist(), asked.tolist(), contract.tolist(), strict=True)
    ]
    limit_of = dict(zip(contract.tolist(), limits.tolist(), strict=True))
    for share, at in zip(shares, contract.tolist(), strict=True):
        limit_of[at] -= share
    for place, at in enumerate(contract.tolist()):
        shares[place] += limit_of[at]
        limit_of[at] = 0
    return np.array(shares, np.int64)
