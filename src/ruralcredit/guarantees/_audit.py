"""The whole audit of a book in one value, for reports and programs."""

from collections.abc import Sequence

import attrs
import numpy as np

from ruralcredit.guarantees._book import Exclusion, GuaranteeBook
from ruralcredit.guarantees._clusters import Clusters, find_clusters
from ruralcredit.guarantees._loops import Circles, find_circles, find_hidden_circles
from ruralcredit.guarantees._patterns import (
    Chain,
    Hub,
    JointGroup,
    Lapsing,
    find_chains,
    find_hubs,
    find_joint_groups,
    find_lapsing,
)
from ruralcredit.guarantees._problems import DataProblem, find_data_problems
from ruralcredit.guarantees._reasons import INTRA_GROUP, LAPSING_DAYS
from ruralcredit.guarantees._tables import RELATION_KINDS, JointGroups, RelationKind, Relations
from ruralcredit.guarantees._verdict import undetermined_parties

PartyId = str | int


@attrs.frozen(kw_only=True, repr=False)
class Audit:
    """What a guarantee-circle audit found in one book.

    Attributes:
        book: The book audited.
        relations: The relations used, or None.
        clusters: Clusters (担保圈).
        circles: Closed loops (循环担保), marked where relations make them intra-group.
        hidden: Loops that only relations close; None where none were given.
        mutual_pairs: Pairs that stand in for each other (互保), sorted.
        joint_groups: Joint groups (联保小组).
        chains: The longest chain of each cluster.
        hubs: One for many, many for one, many to many.
        lapsing: Guarantees about to lapse without a demand; empty where no day was asked.
        within_days: How far ahead ``lapsing`` looks.
        problems: What is wrong with the data.
        exclusions: Rows that close no loop, each with its reason.
        undetermined: Parties that an unknown guarantee could put on a loop.

    >>> book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"])
    >>> audit(book).clusters[0].members
    ('a', 'b')
    """

    book: GuaranteeBook
    relations: Relations | None
    clusters: Clusters
    circles: Circles
    hidden: Circles | None
    mutual_pairs: tuple[tuple[PartyId, PartyId], ...]
    joint_groups: tuple[JointGroup, ...]
    chains: tuple[Chain, ...]
    hubs: tuple[Hub, ...]
    lapsing: tuple[Lapsing, ...]
    within_days: int
    problems: tuple[DataProblem, ...]
    exclusions: tuple[Exclusion, ...]
    undetermined: tuple[PartyId, ...]

    def __repr__(self) -> str:
        """Show the counts."""
        return f"Audit({len(self.clusters)} clusters, {len(self.circles)} closed loops)"


def audit(
    book: GuaranteeBook,
    *,
    relations: Relations | None = None,
    kinds: Sequence[RelationKind] = RELATION_KINDS,
    joint_groups: JointGroups | None = None,
    within_days: int = int(LAPSING_DAYS.value),
) -> Audit:
    """Ask a book every question of a guarantee-circle audit.

    Args:
        book: The book, asked for its own day.
        relations: Who is related to whom, for hidden loops and intra-group marks.
        kinds: The kinds of relation that merge.
        joint_groups: Members of joint groups beside those the ledger shows.
        within_days: How many days ahead to look for lapsing guarantees.

    >>> book = GuaranteeBook.from_columns(guarantor=["a", "b"], borrower=["b", "a"])
    >>> found = audit(book)
    >>> found, found.mutual_pairs
    (Audit(1 clusters, 1 closed loops), (('a', 'b'),))
    """
    circles = find_circles(book, relations=relations, kinds=kinds)
    hidden = None if relations is None else find_hidden_circles(book, relations, kinds=kinds)
    lapsing = () if book.day is None else find_lapsing(book, within_days=within_days)
    joint = [found for found in circles.left_out if found.reason.code == _JOINT]
    intra = [] if hidden is None else [x for x in hidden.left_out if x.reason == INTRA_GROUP]
    return Audit(
        book=book,
        relations=relations,
        clusters=find_clusters(book),
        circles=circles,
        hidden=hidden,
        mutual_pairs=mutual_pairs(circles),
        joint_groups=find_joint_groups(book, joint_groups),
        chains=find_chains(book),
        hubs=find_hubs(book),
        lapsing=lapsing,
        within_days=within_days,
        problems=find_data_problems(book),
        exclusions=(*book.exclusions(), *joint, *intra),
        undetermined=undetermined_parties(book, circles),
    )


_JOINT = "GUA-029"


def mutual_pairs(circles: Circles) -> tuple[tuple[PartyId, PartyId], ...]:
    """Return the pairs that stand in for each other (互保), not by one joint agreement alone.

    >>> book = GuaranteeBook.from_columns(guarantor=[1, 2, 3], borrower=[2, 1, 1])
    >>> mutual_pairs(find_circles(book))
    ((1, 2),)
    """
    source, target, agreements = circles.arcs_inside()
    low, high = np.minimum(source, target), np.maximum(source, target)
    ways: dict[tuple[int, int], tuple[set[int], set[int]]] = {}
    marks = zip(
        low.tolist(), high.tolist(), (source <= target).tolist(), agreements.tolist(), strict=True
    )
    for one, other, forward, agreement in marks:
        if one != other:
            ways.setdefault((one, other), (set(), set()))[not forward].add(agreement)
    pairs = [
        pair for pair, (there, back) in ways.items() if there and back and _mixed(there, back)
    ]
    names = circles.names_of_nodes(np.array(pairs, np.int64).reshape(-1, 2))
    return tuple(sorted((min(pair), max(pair)) for pair in names))


def _mixed(there: set[int], back: set[int]) -> bool:
    """Say whether a row there and a row back can be chosen outside one joint agreement."""
    return there | back == {-1} or len(there | back) > 1
