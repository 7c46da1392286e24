"""What became of the last audit's findings: closed, open, new or grown; merged, split."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.guarantee_checks._found import (
    CONTINUES,
    GROWN,
    JOINED,
    LEFT,
    MERGED,
    SAME_PARTIES,
    SPLIT_UP,
    based,
)
from ruralcredit.guarantee_checks._given import PartyId, a_count, by_id
from ruralcredit.guarantees import Circle, CircleSummary, Cluster, ClusterSummary
from ruralcredit.reasons import Figure, Reason
from ruralcredit.values import Fen

__all__ = ["Finding", "FollowUp", "Followed", "follow_up"]


@attrs.frozen(kw_only=True)
class Finding:
    """A loop or a cluster as an audit told of it (审计发现).

    Attributes:
        id: Its id.
        members: The parties, sorted.
        guaranteed_fen: Its guaranteed amount.

    >>> Finding(id="L-1", members=("a", "b"), guaranteed_fen=5).members
    ('a', 'b')
    """

    id: str
    members: tuple[PartyId, ...]
    guaranteed_fen: Fen


@attrs.frozen(kw_only=True)
class Followed:
    """A finding of this audit and those of the last one that it continues (跟踪结果).

    Attributes:
        this: This audit's finding.
        before: The last audit's findings that it continues, the likest first; several have
            merged into it.
        joined: Parties that no finding before held, sorted.
        left: Parties of the findings before that it does not hold, sorted.
        reasons: What changed.

    >>> found = follow_up([Finding(id="L-1", members=("a", "b"), guaranteed_fen=5)],
    ...                   [Finding(id="L-1", members=("a", "b", "c"), guaranteed_fen=9)])
    >>> found.grown[0].joined, found.grown[0].before[0].id
    (('c',), 'L-1')
    """

    this: Finding
    before: tuple[Finding, ...]
    joined: tuple[PartyId, ...]
    left: tuple[PartyId, ...]
    reasons: tuple[Reason, ...] = attrs.field(default=(), repr=False)


@attrs.frozen(kw_only=True)
class FollowUp:
    """The last audit's findings beside this one's (整改跟踪).

    Every finding of this audit is in one of open, new and grown; every one of the last audit
    is closed, or stands in the ``before`` of an open or a grown one.

    Attributes:
        closed: Findings of the last audit that nothing continues (已整改).
        open: Findings that stand, as large as before or smaller (未整改).
        new: Findings that continue none (新增).
        grown: Findings with parties or money that those before did not hold (扩大).

    >>> found = follow_up([Finding(id="L-1", members=("a", "b"), guaranteed_fen=5)], [])
    >>> found.counts()
    {'closed': 1, 'open': 0, 'new': 0, 'grown': 0}
    """

    closed: tuple[Finding, ...]
    open: tuple[Followed, ...]
    new: tuple[Finding, ...]
    grown: tuple[Followed, ...]

    def counts(self) -> dict[str, int]:
        """Return how many findings are closed, open, new and grown."""
        return {name: len(getattr(self, name)) for name in ("closed", "open", "new", "grown")}

    @property
    def merged(self) -> tuple[Followed, ...]:
        """Findings that continue several of the last audit."""
        return tuple(one for one in (*self.grown, *self.open) if len(one.before) > 1)

    @property
    def split(self) -> tuple[Finding, ...]:
        """Findings of the last audit that several of this one continue, in their order."""
        told = [before for one in (*self.grown, *self.open) for before in one.before]
        return tuple(dict.fromkeys(one for one in told if told.count(one) > 1))


_Told: TypeAlias = Finding | Circle | CircleSummary | Cluster | ClusterSummary


def follow_up(
    last: Iterable[_Told], this: Iterable[_Told], *, shared: Figure = SAME_PARTIES
) -> FollowUp:
    """Say what became of the last audit's loops or clusters (整改跟踪).

    A finding continues one before when they share enough parties, or all parties of the
    smaller one, whatever their ids: an id moves when the smallest party leaves.

    Args:
        last: The last audit's findings, such as `ruralcredit.guarantees.CircleSummary`, or
            `ruralcredit.guarantees.Circles` of its book.
        this: This audit's findings, of the same kind.
        shared: Fewest parties that make two findings the same one.

    Returns:
        Closed ones in the order of the last audit, the others in the order of this one.

    Raises:
        CreditError: If a finding has no parties, two of one audit share an id, or the figure
            is below 1.

    Source:
        rulings 1.7: finding ids are stable between audits.

    >>> from ruralcredit.guarantees import GuaranteeBook, find_circles
    >>> before = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "a"])
    >>> after = GuaranteeBook.from_columns(guarantor=["b", "c"], borrower=["c", "b"])
    >>> follow_up(find_circles(before), find_circles(after)).counts()
    {'closed': 1, 'open': 0, 'new': 1, 'grown': 0}
    """
    least = a_count(shared.value, "shared", least=1)
    old, new = _findings(last, "last"), _findings(this, "this")
    before = _continued(old, new, least)
    times = Counter(place for places in before for place in places)
    told = [
        _followed(
            one,
            [old[place] for place in places],
            is_part=any(times[place] > 1 for place in places),
            shared=shared,
        )
        for one, places in zip(new, before, strict=True)
        if places
    ]
    return FollowUp(
        closed=tuple(one for place, one in enumerate(old) if not times[place]),
        open=tuple(one for one in told if not _has_grown(one)),
        new=tuple(one for one, places in zip(new, before, strict=True) if not places),
        grown=tuple(one for one in told if _has_grown(one)),
    )


def _has_grown(one: Followed) -> bool:
    return bool(one.joined) or len(one.before) > 1 or one.this.guaranteed_fen > _money(one.before)


def _money(before: Sequence[Finding]) -> int:
    return sum(one.guaranteed_fen for one in before)


def _findings(told: Iterable[_Told], called: str) -> list[Finding]:
    found = [
        Finding(id=one.id, members=tuple(one.members), guaranteed_fen=one.guaranteed_fen)
        for one in told
    ]
    ids = [one.id for one in found]
    if len(set(ids)) < len(ids) or not all(one.members for one in found):
        raise CreditError(
            f"findings of the {called} audit must have parties and ids of their own: bring loops "
            "or clusters of one book, not both"
        )
    return found


def _continued(old: Sequence[Finding], new: Sequence[Finding], least: int) -> list[list[int]]:
    """Return per finding the places of those before that it continues, the likest first."""
    holding: dict[PartyId, list[int]] = {}
    for place, one in enumerate(old):
        for member in one.members:
            holding.setdefault(member, []).append(place)
    found = []
    for one in new:
        common: dict[int, int] = {}
        for place in (place for member in one.members for place in holding.get(member, ())):
            common[place] = common.get(place, 0) + 1
        enough = [
            place
            for place, count in common.items()
            if count >= min(least, len(one.members), len(old[place].members))
        ]
        found.append(sorted(enough, key=lambda n: (-common[n], old[n].id != one.id, n)))
    return found


def _followed(
    now: Finding, before: Sequence[Finding], *, is_part: bool, shared: Figure
) -> Followed:
    held = {member for one in before for member in one.members}
    joined = tuple(member for member in now.members if member not in held)
    left = tuple(sorted(held.difference(now.members), key=by_id))
    money = _money(before)
    reasons = [
        based(CONTINUES, shared, finding=now.id, before=", ".join(one.id for one in before))
    ]
    if len(before) > 1:
        reasons.append(MERGED.given(count=len(before)))
    if is_part:
        reasons.append(SPLIT_UP.given(finding=now.id))
    if joined:
        reasons.append(JOINED.given(count=len(joined)))
    if left:
        reasons.append(LEFT.given(count=len(left)))
    if now.guaranteed_fen > money:
        reasons.append(GROWN.given(before_fen=money, now_fen=now.guaranteed_fen))
    return Followed(
        this=now, before=tuple(before), joined=joined, left=left, reasons=tuple(reasons)
    )
