"""Cover per party, per loan and per group: columns that become values when looked at."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, overload

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import IdColumn
from ruralcredit.guarantees._claims import Amounts
from ruralcredit.guarantees._tables import rows_of_ids
from ruralcredit.values import Ratio

Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
PartyId = str | int


@attrs.frozen(kw_only=True)
class Bounds:
    """Least and most of an amount in fen, where something about it is unknown.

    Attributes:
        low: At least so much: everything unknown counts as nothing.
        high: At most so much, or None where nothing known limits it.

    >>> Bounds(low=5, high=5).fen, Bounds(low=0, high=None).fen
    (5, None)
    """

    low: int
    high: int | None

    @property
    def fen(self) -> int | None:
        """The amount where both bounds agree, else None."""
        return self.low if self.low == self.high else None


class BoundsColumn(NamedTuple):
    """Bounds as columns; ``high`` counts only where it is not endless."""

    low: Int64
    high: Int64
    is_endless: Bool

    def at(self, place: int) -> Bounds:
        """Return one of them."""
        high = None if self.is_endless[place] else int(self.high[place])
        return Bounds(low=int(self.low[place]), high=high)


class CoverColumns(NamedTuple):
    """The three amounts of cover as columns over groups or loans."""

    naive: BoundsColumn
    joint: BoundsColumn
    independent: BoundsColumn


@attrs.frozen(kw_only=True)
class PartyCover:
    """What one party gives and receives in guarantees, and what it has to pay them with.

    Attributes:
        given_fen: Known amounts of the contracts (担保合同) it stands in for, each once.
        received_fen: Known amounts of the contracts that stand in for it, each once.
        unknown_given: Contracts it gives without a known amount.
        unknown_received: Contracts it receives without a known amount.
        free_assets_fen: Its net assets, at least 0; None where unknown.
        borrowers: Distinct other parties it stands in for.
        guarantors: Distinct other parties that stand in for it.

    >>> one = PartyCover(given_fen=150, received_fen=40, unknown_given=0, unknown_received=0,
    ...     free_assets_fen=100, borrowers=2, guarantors=1)
    >>> one.net_fen, one.guarantee_ratio.percent()
    (-110, Decimal('150'))
    """

    given_fen: int
    received_fen: int
    unknown_given: int
    unknown_received: int
    free_assets_fen: int | None
    borrowers: int
    guarantors: int

    @property
    def net_fen(self) -> int:
        """Received less given."""
        return self.received_fen - self.given_fen

    @property
    def guarantee_ratio(self) -> Ratio | None:
        """Given to net assets (担保比率); None where either is unknown or there are no assets."""
        if self.unknown_given or not self.free_assets_fen:
            return None
        return Ratio(self.given_fen, self.free_assets_fen)


@attrs.frozen(kw_only=True)
class LoanCover:
    """What stands behind one loan (借据) were it alone to call its guarantors.

    Attributes:
        uncovered_fen: What other security leaves open, else the balance; None where unknown.
        naive_bounds_fen: Sum of what its contracts promise, at most the loan.
        joint_bounds_fen: What all its guarantors can pay it.
        independent_bounds_fen: What those can that are on no closed loop with the borrower and
            not in its control group.

    >>> exact = Bounds(low=5, high=5)
    >>> LoanCover(uncovered_fen=9, naive_bounds_fen=exact, joint_bounds_fen=exact,
    ...     independent_bounds_fen=Bounds(low=0, high=5)).independent_fen is None
    True
    """

    uncovered_fen: int | None
    naive_bounds_fen: Bounds
    joint_bounds_fen: Bounds
    independent_bounds_fen: Bounds

    @property
    def naive_fen(self) -> int | None:
        """The naive cover, None where the bounds differ."""
        return self.naive_bounds_fen.fen

    @property
    def joint_fen(self) -> int | None:
        """The joint cover, None where the bounds differ."""
        return self.joint_bounds_fen.fen

    @property
    def independent_fen(self) -> int | None:
        """The independent cover, None where the bounds differ."""
        return self.independent_bounds_fen.fen


@attrs.frozen(kw_only=True)
class GroupCover:
    """How hollow one closed loop or cluster is, and what stands behind its members' loans.

    Attributes:
        id: The id of the loop or cluster.
        gross_fen: Known contract amounts inside, each once.
        circular_bounds_fen: What goes round on its closed loops.
        naive_bounds_fen: Sum over the members' loans of what contracts promise.
        joint_bounds_fen: What all guarantors of these loans can pay at once.
        independent_bounds_fen: What those can that are on no closed loop with the borrower and
            not in its control group.

    >>> exact = Bounds(low=300, high=300)
    >>> loop = GroupCover(id="L-1", gross_fen=300, circular_bounds_fen=exact,
    ...     naive_bounds_fen=exact, joint_bounds_fen=Bounds(low=100, high=100),
    ...     independent_bounds_fen=Bounds(low=0, high=0))
    >>> loop.circular_share.percent(), loop.inflation
    (Decimal('100'), Ratio(part=300, whole=100))
    """

    id: str
    gross_fen: int
    circular_bounds_fen: Bounds
    naive_bounds_fen: Bounds
    joint_bounds_fen: Bounds
    independent_bounds_fen: Bounds

    @property
    def circular_fen(self) -> int:
        """What goes round at least (空转), as unknown amounts pass nothing."""
        return self.circular_bounds_fen.low

    @property
    def circular_share(self) -> Ratio:
        """The circular money over the known contract amounts."""
        return Ratio(self.circular_fen, self.gross_fen)

    @property
    def naive_fen(self) -> int | None:
        """The naive cover, None where the bounds differ."""
        return self.naive_bounds_fen.fen

    @property
    def joint_fen(self) -> int | None:
        """The joint cover, None where the bounds differ."""
        return self.joint_bounds_fen.fen

    @property
    def independent_fen(self) -> int | None:
        """The independent cover, None where the bounds differ."""
        return self.independent_bounds_fen.fen

    @property
    def inflation(self) -> Ratio | None:
        """Naive over joint cover; None where either is unknown or there is no joint cover."""
        return inflation_of(self.naive_fen, self.joint_fen)


def inflation_of(naive: int | None, joint: int | None) -> Ratio | None:
    """Return naive over joint cover; None where either is unknown or there is no joint cover."""
    return None if naive is None or not joint else Ratio(naive, joint)


@attrs.frozen(kw_only=True, eq=False, repr=False, slots=False)
class PartyCovers(Mapping[PartyId, PartyCover]):
    """The cover of each party of a row that counts; one becomes a value when looked at.

    >>> from ruralcredit.guarantees import GuaranteeBook, cover
    >>> book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["b"], amount_fen=[5])
    >>> parties = cover(book).per_party
    >>> parties["b"].received_fen, parties.columns()["given_fen"].tolist()
    (5, [5, 0])
    """

    _party: IdColumn
    _given: Int64
    _received: Int64
    _unknown_given: Int64
    _unknown_received: Int64
    _assets: Amounts
    _borrowers: Int64
    _guarantors: Int64

    @functools.cached_property
    def _ids(self) -> list[PartyId]:
        return self._party.index.known_ids(self._party.codes)

    def columns(self) -> dict[str, object]:
        """Return int64 columns by name, one row per party, in the order of iteration.

        ``party`` holds the ids; ``has_assets`` says where ``free_assets_fen`` is known, which is
        0 elsewhere.
        """
        return {
            "party": tuple(self._ids),
            "given_fen": self._given,
            "received_fen": self._received,
            "net_fen": self._received - self._given,
            "unknown_given": self._unknown_given,
            "unknown_received": self._unknown_received,
            "free_assets_fen": self._assets.fen,
            "has_assets": self._assets.known,
            "borrowers": self._borrowers,
            "guarantors": self._guarantors,
        }

    @functools.cached_property
    def _place_of(self) -> Int64:
        places = np.full(len(self._party.index) + 1, -1, np.int64)
        places[self._party.codes] = np.arange(len(self._party))
        return places

    def __getitem__(self, party: PartyId) -> PartyCover:
        """Return the cover of one party.

        Raises:
            KeyError: If no row that counts names the party.
        """
        place = int(self._place_of[int(self._party.index.find([party])[0])])
        if place < 0:
            raise KeyError(party)
        return PartyCover(
            given_fen=int(self._given[place]),
            received_fen=int(self._received[place]),
            unknown_given=int(self._unknown_given[place]),
            unknown_received=int(self._unknown_received[place]),
            free_assets_fen=int(self._assets.fen[place]) if self._assets.known[place] else None,
            borrowers=int(self._borrowers[place]),
            guarantors=int(self._guarantors[place]),
        )

    def __iter__(self) -> Iterator[PartyId]:
        """Walk over the parties, sorted."""
        return iter(self._ids)

    def __len__(self) -> int:
        """Count the parties."""
        return len(self._party)

    def __repr__(self) -> str:
        """Show how many there are, never the parties."""
        return f"PartyCovers({len(self)})"


@attrs.frozen(kw_only=True, eq=False, repr=False, slots=False)
class LoanCovers(Mapping[PartyId, LoanCover]):
    """The cover of each loan of the loans table; one becomes a value when looked at.

    >>> from ruralcredit.guarantees import GuaranteeBook, Loans, cover
    >>> loans = Loans.from_columns(loan_id=["L"], borrower=["b"], balance_fen=[9])
    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a"], borrower=["b"], amount_fen=[5], loans=loans
    ... )
    >>> cover(book).per_loan["L"].joint_bounds_fen
    Bounds(low=0, high=5)
    """

    _loan: IdColumn | None
    _needs: Amounts
    _cover: CoverColumns

    @functools.cached_property
    def _ids(self) -> list[PartyId]:
        return [] if self._loan is None else self._loan.index.known_ids(self._loan.codes)

    def columns(self) -> dict[str, object]:
        """Return columns by name, one row per loan, in the order of the loans table.

        ``loan_id`` holds the ids; ``has_...`` says where an amount is known, which is 0 elsewhere.
        """
        found: dict[str, object] = {
            "loan_id": tuple(self._ids),
            "uncovered_fen": np.where(self._needs.known, self._needs.fen, 0),
            "has_uncovered": self._needs.known,
        }
        for name, bounds in self._cover._asdict().items():
            found |= bounds_columns(name, bounds)
        return found

    def __getitem__(self, loan_id: PartyId) -> LoanCover:
        """Return the cover of one loan.

        Raises:
            KeyError: If the loan is not in the loans table.
        """
        place = -1 if self._loan is None else int(rows_of_ids(self._loan, [loan_id])[0])
        if place < 0:
            raise KeyError(loan_id)
        naive, joint, independent = (bounds.at(place) for bounds in self._cover)
        return LoanCover(
            uncovered_fen=int(self._needs.fen[place]) if self._needs.known[place] else None,
            naive_bounds_fen=naive,
            joint_bounds_fen=joint,
            independent_bounds_fen=independent,
        )

    def __iter__(self) -> Iterator[PartyId]:
        """Walk over the loans, in the order of the loans table."""
        return iter(self._ids)

    def __len__(self) -> int:
        """Count the loans."""
        return len(self._ids)

    def __repr__(self) -> str:
        """Show how many there are."""
        return f"LoanCovers({len(self)})"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class GroupCovers(Sequence[GroupCover]):
    """The cover of each closed loop or cluster, in their order; one becomes a value when asked.

    >>> from ruralcredit.guarantees import GuaranteeBook, cover
    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b"], borrower=["b", "a"], amount_fen=[5, 4]
    ... )
    >>> loops = cover(book).per_loop
    >>> len(loops), loops[0].circular_fen, loops.columns()["gross_fen"].tolist()
    (1, 8, [9])
    """

    _names: Sequence[object]
    _gross: Int64
    _circular: BoundsColumn
    _cover: CoverColumns

    def columns(self) -> dict[str, object]:
        """Return int64 columns by name, one row per group; ``has_...`` says where one is known."""
        found: dict[str, object] = {"gross_fen": self._gross}
        for name, bounds in (("circular", self._circular), *self._cover._asdict().items()):
            found |= bounds_columns(name, bounds)
        return found

    @overload
    def __getitem__(self, place: int) -> GroupCover: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[GroupCover, ...]: ...
    def __getitem__(self, place: int | slice) -> GroupCover | tuple[GroupCover, ...]:
        """Return the cover of one group, or of some as a tuple."""
        if isinstance(place, slice):
            return tuple(self[at] for at in range(len(self))[place])
        at = range(len(self))[place]
        naive, joint, independent = (bounds.at(at) for bounds in self._cover)
        return GroupCover(
            id=self._names[at].id,  # type: ignore[attr-defined]  # circles or clusters
            gross_fen=int(self._gross[at]),
            circular_bounds_fen=self._circular.at(at),
            naive_bounds_fen=naive,
            joint_bounds_fen=joint,
            independent_bounds_fen=independent,
        )

    def __len__(self) -> int:
        """Count the groups."""
        return len(self._gross)

    def __repr__(self) -> str:
        """Show how many there are."""
        return f"GroupCovers({len(self)})"


def bounds_columns(name: str, bounds: BoundsColumn) -> dict[str, object]:
    """Return bounds as columns: the least, the most (0 where endless), and where it has an end."""
    return {
        f"{name}_low_fen": bounds.low,
        f"{name}_high_fen": np.where(bounds.is_endless, 0, bounds.high),
        f"has_{name}_high": ~bounds.is_endless,
    }
