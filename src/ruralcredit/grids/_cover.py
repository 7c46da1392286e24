"""Cover without gap or overlap: households, grids and staff; boards and one-person shops."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import IdIndex, encode_ids, same_length
from ruralcredit.errors import CreditError
from ruralcredit.grids._checks import Id, distinct, ids_of, known_names, many, refuse_unknown
from ruralcredit.grids._grids import GRID_ROLES, Assignment, Grid, RolePolicy, check_roles
from ruralcredit.grids._reasons import (
    AREA_OUTSIDE,
    GRID_EMPTY,
    GRID_STAFFLESS,
    GRID_UNKNOWN,
    HOUSEHOLD_GAP,
    HOUSEHOLD_OVERLAP,
    HOUSEHOLD_OWNERLESS,
    HOUSEHOLD_STRANGE,
    PARENT_LOOP,
    PARENT_UNKNOWN,
    SHOP_SHARED,
    SHOPLESS,
    SHOPS_SEVERAL,
    STAFF_IDLE,
)
from ruralcredit.reasons import Reason
from ruralcredit.values import Ratio

__all__ = [
    "Cover",
    "GridFinding",
    "ServiceBoard",
    "check_cover",
    "check_shops",
    "lead_owners",
    "service_board",
]

Int64 = npt.NDArray[np.int64]
_NO_ROWS: Final[tuple[int, ...]] = ()


@attrs.frozen
class GridFinding:
    """What is missing or stands twice, with the ids that it is about.

    Attributes:
        reason: Why it is a finding.
        ids: The ids of the households, grids or persons, in their order.
        rows: The rows of the columns given that prove it; none where no row does.

    >>> check_cover([Grid("g1", households=["h1"])], ["h1", "h2"]).findings[0].ids
    ('h2',)
    """

    reason: Reason
    ids: tuple[Id, ...] = attrs.field(converter=many)
    rows: tuple[int, ...] = attrs.field(default=(), converter=many, kw_only=True)


@attrs.frozen(kw_only=True)
class Cover:
    """Whether grids cover every household once, with their people and their staff (全覆盖).

    Attributes:
        covered: Households that stand in exactly one grid, of all households.
        grids: How many grids hold households of their own, split ones not counted.
        findings: What is missing or stands twice; none when the cover is complete.

    >>> check_cover([Grid("g1", households=["h1"])], ["h1"]).covered
    Ratio(part=1, whole=1)
    """

    covered: Ratio
    grids: int
    findings: tuple[GridFinding, ...] = attrs.field(converter=many)

    @property
    def is_complete(self) -> bool:
        """Say whether nothing is missing and nothing stands twice.

        >>> check_cover([], []).is_complete
        True
        """
        return not self.findings

    @property
    def households_per_grid(self) -> Ratio:
        """Return households per grid, as a ratio with its counts.

        >>> check_cover([Grid("g1", households=[1, 2])], [1, 2]).households_per_grid
        Ratio(part=2, whole=1)
        """
        return Ratio(self.covered.whole, self.grids)


@attrs.frozen
class _Register:
    """Households and their grids as codes, one row per pair."""

    households: IdIndex
    codes: Int64
    grid_codes: Int64
    grids: IdIndex
    listed: Int64
    strange: tuple[Id, ...]
    has_rows: bool


def check_cover(
    grids: Iterable[Grid],
    households: Sequence[Id] | Mapping[str, object] | None = None,
    *,
    staff: Iterable[Id] | None = None,
    policy: RolePolicy = GRID_ROLES,
) -> Cover:
    """Say what keeps grids from covering every household once, each with its people.

    Each household stands in one grid that is not split, each such grid has households, its
    four people and someone of the bank's staff, a part lies in the area of its parent, and
    each member of the staff has a grid.

    Args:
        grids: The grids; a grid that is another's parent is split.
        households: The register: ids, to be found in the grids' own lists; or columns
            ``household`` and ``grid``, one row per pair, and ``owner``, the person
            responsible for the household; None takes the grids' lists for the register.
        staff: The members of the staff that need a grid; None asks nothing of them.
        policy: The roles of a grid.

    Returns:
        The share covered and one finding for each kind of fault and grid, with its ids.

    Raises:
        CreditError: If two grids have one id, or what is brought is no grid.
        InputError: If the columns differ in length, hold another name or ids of two kinds, or
            a row names no household.

    Source:
        Rows L01 and Y11: 全覆盖、无死角，划分至每一名员工.

    >>> cover = check_cover([Grid("g1", households=["h1", "h2"]), Grid("g2", households=["h2"])])
    >>> [one.ids for one in cover.findings][:1], cover.covered.percent(1)
    ([('h2',)], Decimal('50.0'))
    """
    every = tuple(grids)
    for one in every:
        if not isinstance(one, Grid):
            raise CreditError(f"grids must hold Grids, got {one!r}")
    distinct("ids of grids", [one.id for one in every])
    parents = {one.parent for one in every if one.parent is not None}
    leaves = [one for one in every if one.id not in parents]
    owner: object = households.get("owner") if isinstance(households, Mapping) else None
    register = _register(every, households)
    is_leaf = np.zeros(len(register.grids) + 1, np.bool_)
    is_leaf[[register.listed[n] for n, one in enumerate(every) if one.id not in parents]] = True
    is_leaf[-1] = False
    placed = is_leaf[register.grid_codes]
    pairs = np.unique(register.codes[placed] * len(is_leaf) + register.grid_codes[placed])
    size = len(register.households)
    times = np.bincount(pairs // len(is_leaf), minlength=size)
    filled = set((pairs % len(is_leaf)).tolist())
    empty = [
        one.id for n, one in enumerate(every) if one in leaves and register.listed[n] not in filled
    ]
    return Cover(
        covered=Ratio(int((times == 1).sum()), size),
        grids=len(leaves),
        findings=(
            *_household_findings(register, times, owner=owner),
            *_some(GRID_EMPTY, empty),
            *_tree_findings(every),
            *_people_findings(leaves, policy),
            *_staff_findings(leaves, staff, policy=policy),
        ),
    )


def _register(
    grids: Sequence[Grid], households: Sequence[Id] | Mapping[str, object] | None
) -> _Register:
    grid_ids = [one.id for one in grids]
    if isinstance(households, Mapping):
        known_names(households, ("household", "grid", "owner"), table="households")
        count = same_length(households)
        nothing = [None] * count
        index, codes = encode_ids({"household": households.get("household", nothing)})
        refuse_unknown("household", codes["household"] < 0)
        names, found = encode_ids({"grids": grid_ids, "grid": households.get("grid", nothing)})
        return _Register(
            index,
            codes["household"].astype(np.int64),
            found["grid"].astype(np.int64),
            names,
            found["grids"].astype(np.int64),
            (),
            has_rows=True,
        )
    held = [(household, one.id) for one in grids for household in one.households]
    listed = [household for household, _ in held]
    wanted = list(dict.fromkeys(listed)) if households is None else list(ids_of("ids", households))
    distinct("households", wanted)
    known = set(wanted)
    index, codes = encode_ids({"household": wanted})
    # A household of the register that no grid lists still has its row, with no grid.
    names, found = encode_ids({"grids": grid_ids, "grid": [grid for _, grid in held]})
    is_known = np.array([household in known for household in listed], np.bool_)
    at = index.find([household for household in listed if household in known])
    return _Register(
        index,
        at.astype(np.int64),
        found["grid"].astype(np.int64)[is_known],
        names,
        found["grids"].astype(np.int64),
        tuple(dict.fromkeys(household for household in listed if household not in known)),
        has_rows=False,
    )


def _some(reason: Reason, ids: Sequence[Id], rows: Iterable[int] = ()) -> list[GridFinding]:
    """Return one finding about some ids, or none about none."""
    return [GridFinding(reason.given(count=len(ids)), ids, rows=rows)] if ids else []


def _household_findings(register: _Register, times: Int64, *, owner: object) -> list[GridFinding]:
    index = register.households
    rank = index.ranks()

    def chosen(mask: npt.NDArray[np.bool_]) -> tuple[list[Id], Iterable[int]]:
        found = np.flatnonzero(mask)
        ids = index.known_ids(found[np.argsort(rank[found])])
        rows = np.flatnonzero(mask[register.codes]).tolist() if register.has_rows else _NO_ROWS
        return ids, rows

    findings = [
        *_some(HOUSEHOLD_GAP, *chosen(times == 0)),
        *_some(HOUSEHOLD_OVERLAP, *chosen(times > 1)),
        *_some(HOUSEHOLD_STRANGE, register.strange),
    ]
    if register.has_rows:
        listed = np.zeros(len(register.grids) + 1, np.bool_)
        listed[register.listed] = True
        listed[-1] = True
        rows = np.flatnonzero(~listed[register.grid_codes])
        strange = register.grids.known_ids(np.unique(register.grid_codes[rows]))
        findings += _some(GRID_UNKNOWN, sorted(strange, key=str), rows.tolist())
    if owner is not None:
        _, codes = encode_ids({"owner": owner})
        owned = np.zeros(len(index), np.bool_)
        owned[register.codes[codes["owner"] >= 0]] = True
        findings += _some(HOUSEHOLD_OWNERLESS, *chosen(~owned))
    return findings


def _tree_findings(grids: Sequence[Grid]) -> list[GridFinding]:
    by_id = {one.id: one for one in grids}
    orphans = [one.id for one in grids if one.parent is not None and one.parent not in by_id]
    outside = []
    for one in grids:
        parent = by_id.get(one.parent) if one.parent is not None else None
        if parent is not None and parent.area is not None and one.is_within(parent.area) is False:
            outside.append(one.id)
    looped = [one.id for one in grids if _is_looped(one, by_id)]
    return [
        *_some(PARENT_UNKNOWN, orphans),
        *_some(PARENT_LOOP, looped),
        *_some(AREA_OUTSIDE, outside),
    ]


def _is_looped(grid: Grid, by_id: Mapping[Id, Grid]) -> bool:
    seen = set()
    at: Grid | None = grid
    while at is not None and at.id not in seen:
        seen.add(at.id)
        at = by_id.get(at.parent) if at.parent is not None else None
    return at is not None and at.id == grid.id


def _people_findings(grids: Sequence[Grid], policy: RolePolicy) -> list[GridFinding]:
    return [
        GridFinding(reason, (one.id,))
        for one in grids
        for reason in check_roles(one, policy=policy).reasons
    ]


def _staff_findings(
    grids: Sequence[Grid], staff: Iterable[Id] | None, *, policy: RolePolicy
) -> list[GridFinding]:
    of_bank = [role.id for role in policy.roles if role.is_bank_staff]
    serving = {
        one.id: {*one.staff, *(one.holder(role) for role in of_bank)} - {None} for one in grids
    }
    nobody = [grid for grid, persons in serving.items() if not persons]
    busy = {person for persons in serving.values() for person in persons}
    asked = () if staff is None else ids_of("staff", staff)
    idle = [person for person in dict.fromkeys(asked) if person not in busy]
    return [*_some(GRID_STAFFLESS, nobody), *_some(STAFF_IDLE, idle)]


# --- the service board -------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class ServiceBoard:
    """What hangs in a village: who serves it, and who answers for each household (服务公示牌).

    It names ids and roles; it holds no limit, no state and no fact of a household.

    Attributes:
        grid: The grid.
        village: Its village.
        people: Who holds which role.
        households: Its households, in the order given.
        owners: The person responsible for each, None where nobody is.

    >>> board = service_board(Grid("g1"), {"household": ["h1"], "owner": ["p1"]})
    >>> board.owner_of("h1"), board.is_complete
    ('p1', True)
    """

    grid: Id
    village: str | None
    people: tuple[Assignment, ...] = attrs.field(converter=many)
    households: tuple[Id, ...] = attrs.field(converter=many)
    owners: tuple[Id | None, ...] = attrs.field(converter=many)

    @property
    def ownerless(self) -> tuple[Id, ...]:
        """Return the households that nobody is responsible for.

        >>> service_board(Grid("g1"), {"household": ["h1"], "owner": [None]}).ownerless
        ('h1',)
        """
        pairs = zip(self.households, self.owners, strict=True)
        return tuple(household for household, owner in pairs if owner is None)

    @property
    def is_complete(self) -> bool:
        """Say whether somebody is responsible for each household (责任到人到户).

        >>> service_board(Grid("g1"), {"household": [], "owner": []}).is_complete
        True
        """
        return not self.ownerless

    def owner_of(self, household: Id) -> Id | None:
        """Return who is responsible for a household.

        Raises:
            CreditError: If the household does not stand on the board.

        >>> service_board(Grid(1), {"household": [5], "owner": [7]}).owner_of(5)
        7
        """
        if household not in self.households:
            raise CreditError(
                f"household {household!r} does not stand on the board of {self.grid}"
            )
        return self.owners[self.households.index(household)]


def service_board(grid: Grid, households: Mapping[str, object]) -> ServiceBoard:
    """Return the service board of a grid (服务公示牌，责任到人到户).

    Args:
        grid: The grid.
        households: ``household`` and ``owner``, one row per household.

    Raises:
        CreditError: If a household stands twice.
        InputError: If a column is another, differs in length, or a row names no household.

    Source:
        Row Y12.

    >>> service_board(Grid("g1", "Hongyang"), {"household": ["h1"], "owner": ["p1"]}).village
    'Hongyang'
    """
    known_names(households, ("household", "owner"), table="households")
    count = same_length(households)
    index, codes = encode_ids({"household": households.get("household", [None] * count)})
    refuse_unknown("household", codes["household"] < 0)
    ids = index.known_ids(codes["household"])
    distinct("households", ids)
    people, owners = encode_ids({"owner": households.get("owner", [None] * count)})
    return ServiceBoard(
        grid=grid.id,
        village=grid.village,
        people=grid.people,
        households=ids,
        owners=people.ids(owners["owner"]),
    )


# --- one person, one shop ----------------------------------------------------------------


def _shops(shops: Mapping[str, object]) -> tuple[list[Id], list[Id]]:
    known_names(shops, ("staff", "shop"), table="shops")
    count = same_length(shops)
    found = []
    for name in ("staff", "shop"):
        index, codes = encode_ids({name: shops.get(name, [None] * count)})
        refuse_unknown(name, codes[name] < 0)
        found.append(index.known_ids(codes[name]))
    return found[0], found[1]


def check_shops(
    shops: Mapping[str, object], *, staff: Iterable[Id] = ()
) -> tuple[GridFinding, ...]:
    """Find what breaks "one person, one shop" (一人一店).

    Args:
        shops: ``staff`` and ``shop``, one row per shop of a member of the staff.
        staff: Who must have a shop.

    Returns:
        Who has several shops, which shops have several owners, who has none; nothing when
        each has one.

    Raises:
        InputError: If a column is another, differs in length or has an unknown cell.

    Source:
        Row Y13: 一人一店的金融微店.

    >>> [one.ids for one in check_shops({"staff": ["p1", "p1"], "shop": ["s1", "s2"]})]
    [('p1',)]
    """
    owners, names = _shops(shops)
    pairs = dict.fromkeys(zip(owners, names, strict=True))
    several = _twice([owner for owner, _ in pairs])
    shared = _twice([shop for _, shop in pairs])
    asked = dict.fromkeys(ids_of("staff", staff))
    return (
        *_some(SHOPS_SEVERAL, several, _rows_of(owners, several)),
        *_some(SHOP_SHARED, shared, _rows_of(names, shared)),
        *_some(SHOPLESS, [one for one in asked if one not in set(owners)]),
    )


def _twice(ids: Sequence[Id]) -> list[Id]:
    seen: set[Id] = set()
    return list(dict.fromkeys(one for one in ids if one in seen or seen.add(one)))  # type: ignore[func-returns-value]


def _rows_of(cells: Sequence[Id], ids: Sequence[Id]) -> list[int]:
    chosen = set(ids)
    return [row for row, cell in enumerate(cells) if cell in chosen]


def lead_owners(leads: Sequence[Id], *, shops: Mapping[str, object]) -> tuple[Id | None, ...]:
    """Return who owns each lead: the owner of the shop it came through (线索归属店主).

    Args:
        leads: The shop of each lead.
        shops: ``staff`` and ``shop``, as `check_shops` takes them.

    Returns:
        One person per lead; None where the shop is nobody's, or several persons'.

    Raises:
        InputError: If a column is another, differs in length or has an unknown cell.

    Source:
        Row Y13.

    >>> lead_owners(["s1", "s9"], shops={"staff": ["p1"], "shop": ["s1"]})
    ('p1', None)
    """
    owners, names = _shops(shops)
    by_shop: dict[Id, set[Id]] = {}
    for owner, shop in zip(owners, names, strict=True):
        by_shop.setdefault(shop, set()).add(owner)
    sole = {shop: next(iter(ids)) for shop, ids in by_shop.items() if len(ids) == 1}
    return tuple(sole.get(one) for one in ids_of("leads", leads))
