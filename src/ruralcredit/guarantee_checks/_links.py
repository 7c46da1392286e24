"""How a guarantor stands to a borrower: self, controller, spouse, related firm or person, kin."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias, get_args

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.guarantee_checks._given import PartyId
from ruralcredit.guarantees import GuaranteeBook, Parties, Relations, control_groups

__all__ = ["LINKS", "RELATED", "Link", "Related", "known_kinds"]

Bool = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]

Link: TypeAlias = Literal[
    "self",
    "controller",
    "controller_spouse",
    "related_firm",
    "related_person",
    "kin",
    "same_loop",
    "over_cap",
    "no_resolution",
]
"""How a guarantor stands to a borrower, or what speaks against its guarantee."""

LINKS: Final[tuple[Link, ...]] = get_args(Link)
RELATED: Final[tuple[Link, ...]] = (
    "controller",
    "controller_spouse",
    "related_firm",
    "related_person",
    "kin",
)
_PERSONS: Final = ("person", "household")
_KINDS: Final = ("control", "controller", "spouse", "kin", "group")


def known_kinds(parties: Parties | None, asked: Sequence[PartyId]) -> dict[PartyId, str | None]:
    """Return the kind of each party asked for, None where unknown."""
    rows = rows_of_parties(parties, asked)
    if parties is None or parties.kind is None:
        return dict.fromkeys(asked)
    words = parties.kind
    return {
        party: words.words[words.codes[row]] if row >= 0 and words.codes[row] >= 0 else None
        for party, row in rows.items()
    }


def rows_of_parties(parties: Parties | None, asked: Sequence[PartyId]) -> dict[PartyId, int]:
    """Return the row of each party in the table, -1 where it is not there."""
    if parties is None or not asked or not len(parties):
        return dict.fromkeys(asked, -1)
    codes = parties.party.index.find(list(asked))
    row_of = np.full(len(parties.party.index) + 1, -1, np.int64)
    row_of[parties.party.codes] = np.arange(len(parties))
    return dict(zip(asked, row_of[codes].tolist(), strict=True))


@attrs.frozen(kw_only=True)
class _Ways:
    """Relations as arrays of codes: who controls whom, and who stands beside whom."""

    count: int
    controls: tuple[Int64, Int64]
    groups: tuple[Int64, Int64]
    spouses: tuple[Int64, Int64]
    kin: tuple[Int64, Int64]

    def above(self, start: Bool) -> Bool:
        """Return who controls some parties, in any number of steps."""
        return _reached(start, self.controls[1], self.controls[0])

    def around(self, start: Bool) -> Bool:
        """Return the control group of some parties: control, groups and spouses, either way."""
        ends = (self.controls, self.groups, self.spouses)
        one = np.concatenate([pair[0] for pair in ends])
        other = np.concatenate([pair[1] for pair in ends])
        return _reached(start, np.concatenate([one, other]), np.concatenate([other, one]))

    def beside(self, start: Bool, pair: tuple[Int64, Int64]) -> Bool:
        """Return who is one relation away from some parties."""
        found = np.zeros(self.count, np.bool_)
        for one, other in (pair, pair[::-1]):
            found[other[start[one]]] = True
        return found


def _reached(start: Bool, source: Int64, target: Int64) -> Bool:
    found = start.copy()
    while True:
        new = target[found[source]]
        new = new[~found[new]]
        if not len(new):
            return found
        found[new] = True


@attrs.frozen(kw_only=True)
class _Sets:
    """Which relation codes stand to the borrower in which way."""

    above: Bool
    spouses: Bool
    around: Bool
    kin: Bool


@attrs.frozen(kw_only=True)
class Related:
    """Who is related to one borrower, for certain and perhaps.

    Attributes:
        borrower: The borrower.
        borrower_kind: Its kind, None where unknown.
        is_owner: Whether it controls an enterprise; None where unknown.
        is_unknown: Whether nobody said who is related to whom.
        unknown_rows: Rows of relations of unknown kind that touch its surroundings.
    """

    borrower: PartyId
    borrower_kind: str | None
    is_owner: bool | None
    is_unknown: bool
    unknown_rows: tuple[int, ...]
    _parties: Parties | None
    _relations: Relations | None
    _sure: _Sets | None
    _may: _Sets | None

    @classmethod
    def of(
        cls,
        book: GuaranteeBook,
        borrower: PartyId,
        *,
        relations: Relations | None,
        control_bp: int,
        kin_degree: int,
        day: datetime.date,
    ) -> "Related":
        """Read who is related to a borrower off the relations, as of a day."""
        known = {
            "borrower": borrower,
            "borrower_kind": known_kinds(book.parties, [borrower])[borrower],
            "parties": book.parties,
        }
        if relations is None:
            nothing: dict[str, None] = dict.fromkeys(("is_owner", "relations", "sure", "may"))
            return cls(is_unknown=True, unknown_rows=(), **known, **nothing)  # type: ignore[arg-type]  # by name
        near = _surroundings(relations, borrower, day)
        bound = control_groups(
            _taken(relations, near), as_of=day, control_bp=control_bp, kin_degree=kin_degree
        )
        blank = near[relations.kind.codes[near] < 0]
        table = bound.followed_by(_taken(relations, blank))
        rows = {word: table.rows_in_force((word,), None) for word in _KINDS}
        open_ = np.arange(len(bound), len(table))
        start = np.zeros(len(table.index), np.bool_)
        start[(found := table.index.find([borrower]))[found >= 0]] = True
        may = {word: np.concatenate([one, open_]) for word, one in rows.items()}
        return cls(
            is_owner=_owns(book.parties, table, rows, open_, borrower=borrower),
            is_unknown=False,
            unknown_rows=tuple(blank.tolist()),
            relations=table,
            sure=_sets(_ways(table, rows), start),
            may=_sets(_ways(table, may), start),
            **known,  # type: ignore[arg-type]  # by name
        )

    def kind_of(self, party: PartyId) -> str | None:
        """Return a party's kind, None where unknown."""
        return known_kinds(self._parties, [party])[party]

    def net_assets(self, party: PartyId) -> int | None:
        """Return a party's net assets in fen, None where unknown."""
        row = rows_of_parties(self._parties, [party])[party]
        column = None if self._parties is None else self._parties.net_assets_fen
        if column is None or row < 0 or not column.known[row]:
            return None
        return int(column.values[row])

    def links(self, giver: PartyId) -> dict[Link, bool]:
        """Return how a guarantor is related to the borrower, and whether each is certain."""
        if giver == self.borrower:
            return {"self": True}
        kind = self.kind_of(giver)
        if kind == "guarantee_company":
            return {}
        if self._relations is None or self._sure is None or self._may is None:
            return dict.fromkeys((link for link in RELATED if _fits(link, kind)), False)
        code = int(self._relations.index.find([giver])[0])
        if code < 0:
            return {}
        sure = _links_in(self._sure, code, kind)
        may = _links_in(self._may, code, kind)
        return {**dict.fromkeys((*may, *sure), False), **{one: True for one in sure if sure[one]}}


def _fits(link: Link, kind: str | None) -> bool:
    """Say whether a party of a kind can stand in a link."""
    if link == "related_firm":
        return kind in {None, "firm"}
    return kind is None or kind in _PERSONS


def _links_in(sets: _Sets, code: int, kind: str | None) -> dict[Link, bool]:
    """Return the links of a party in some sets, and whether its kind makes each certain."""
    found: dict[Link, bool] = {}
    if sets.above[code] and kind in {None, *_PERSONS}:
        found["controller"] = True
    if sets.spouses[code] and kind in {None, *_PERSONS}:
        found["controller_spouse"] = True
    if sets.around[code] and not found:
        if kind in {None, "firm"}:
            found["related_firm"] = kind is not None
        if kind in {None, *_PERSONS}:
            found["related_person"] = kind is not None
    if sets.kin[code] and kind in {None, *_PERSONS}:
        found["kin"] = True
    return found


def _surroundings(relations: Relations, borrower: PartyId, day: datetime.date) -> Int64:
    """Return the rows in force, of unknown kind too, that relations join to a borrower."""
    asked = np.datetime64(day, "D")
    known = relations.rows_in_force(_KINDS, asked)
    rows = np.sort(np.concatenate([known, _of_unknown_kind(relations, asked)]))
    one, other = relations.a.codes[rows], relations.b.codes[rows]
    start = np.zeros(len(relations.index), np.bool_)
    start[(found := relations.index.find([borrower]))[found >= 0]] = True
    inside = _reached(start, np.concatenate([one, other]), np.concatenate([other, one]))
    return np.asarray(rows[inside[one]], np.int64)


def _taken(relations: Relations, rows: Int64) -> Relations:
    """Return some rows as a table without days."""
    columns = {
        name: column.take(rows).tolist()
        for name in ("a", "b", "kind", "share_bp", "degree")
        if (column := getattr(relations, name)) is not None
    }
    return Relations.from_columns(**columns)


def _of_unknown_kind(relations: Relations, day: np.datetime64) -> Int64:
    """Return the rows in force that relate two parties nobody says how."""
    found = (relations.kind.codes < 0) & (relations.a.codes >= 0) & (relations.b.codes >= 0)
    if relations.starts_on is not None:
        found &= ~(relations.starts_on > day)
    if relations.ends_on is not None:
        found &= ~(relations.ends_on < day)
    return np.flatnonzero(found)


def _ways(relations: Relations, rows: Mapping[str, Int64]) -> _Ways:
    def ends(*words: str) -> tuple[Int64, Int64]:
        chosen = np.unique(np.concatenate([rows[word] for word in words]))
        return relations.a.codes[chosen], relations.b.codes[chosen]

    return _Ways(
        count=len(relations.index),
        controls=ends("control", "controller"),
        groups=ends("group"),
        spouses=ends("spouse"),
        kin=ends("kin"),
    )


def _sets(ways: _Ways, start: Bool) -> _Sets:
    above = ways.above(start)
    # An owner who borrows is its own controller: kin and spouse are counted from it too.
    return _Sets(
        above=above & ~start,
        spouses=ways.beside(above, ways.spouses) & ~start,
        around=ways.around(start) & ~start,
        kin=ways.beside(above, ways.kin) & ~start,
    )


def _owns(
    parties: Parties | None,
    relations: Relations,
    rows: Mapping[str, Int64],
    blank: Int64,
    *,
    borrower: PartyId,
) -> bool | None:
    """Say whether a party controls an enterprise; None where a relation leaves it open."""
    code = int(relations.index.find([borrower])[0])
    if code < 0:
        return False
    for chosen, answer in (
        (np.concatenate([rows["control"], rows["controller"]]), True),
        (blank, None),
    ):
        held = relations.b.codes[chosen[relations.a.codes[chosen] == code]]
        kinds = known_kinds(parties, relations.index.known_ids(np.unique(held)))
        if any(kind in {None, "firm", "guarantee_company"} for kind in kinds.values()):
            return answer
    return False
