"""Grids, the four people of each, the four fixings, and who may assess a household."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.grids._checks import (
    Id,
    an_id,
    answered,
    basis_of,
    distinct,
    ids_of,
    least_one,
    many,
    names_of,
    not_blank,
    with_figure,
)
from ruralcredit.grids._reasons import (
    ASSESSORS_LEAST,
    ASSESSORS_SHORT,
    GRID_FIXED,
    GRID_NOT_FIXED,
    NO_DUTY,
    NO_PERSON,
    NO_POST,
    NOT_AN_ASSESSOR,
    PERSON_TWICE,
    ROLE_COUNT,
    ROLE_UNKNOWN,
)
from ruralcredit.reasons import Decision, Figure, Reason

__all__ = [
    "GRID_ROLES",
    "Assignment",
    "Grid",
    "Role",
    "RolePolicy",
    "check_assessors",
    "check_fixings",
    "check_roles",
]

# Divisions of China: province, city and county in six digits, township in nine, village in
# twelve.
_AREA: Final = re.compile(r"[0-9]{6}(?:[0-9]{3}){0,2}")


@attrs.frozen(kw_only=True)
class Role:
    """One of the posts of a grid (岗位).

    Attributes:
        id: Its word in assignments.
        name: Its name, one for "en" and one for "zh".
        is_bank_staff: Whether the bank employs whoever holds it.
        is_assessor: Whether its holder assesses households (背靠背评议).

    Raises:
        CreditError: If the id is blank or a language is missing.

    >>> GRID_ROLES.roles[0].name["zh"], GRID_ROLES.roles[0].is_assessor
    ('网格管理员', False)
    """

    id: str = attrs.field(validator=not_blank)
    name: Mapping[str, str] = attrs.field(converter=names_of)
    is_bank_staff: bool = False
    is_assessor: bool = False


@attrs.frozen(kw_only=True)
class RolePolicy:
    """The posts that each grid fills (一格四员), and how many of them assess.

    Attributes:
        roles: The posts.
        count: How many posts there are.
        least_assessors: How many assess each household at the least.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If the number of roles is another, an id stands twice, or fewer roles
            assess than must.

    >>> [role.id for role in GRID_ROLES.assessing]
    ['assistant', 'liaison', 'supervisor']
    """

    roles: tuple[Role, ...] = attrs.field(converter=many)
    count: Figure = attrs.field(validator=least_one)
    least_assessors: Figure = attrs.field(validator=least_one)
    id: str = attrs.field(default="grids.roles", validator=not_blank)
    version: str = attrs.field(default="1", validator=not_blank)

    def __attrs_post_init__(self) -> None:
        """Refuse roles that cannot work together."""
        distinct("roles", [role.id for role in self.roles])
        if len(self.roles) != self.count.value:
            raise CreditError(
                f"a role policy must hold {self.count.value} roles, got {len(self.roles)}"
            )
        if len(self.assessing) < int(self.least_assessors.value):
            raise CreditError(
                f"at least {self.least_assessors.value} roles must assess, got "
                f"{len(self.assessing)}: mark them is_assessor"
            )

    @property
    def assessing(self) -> tuple[Role, ...]:
        """Return the roles whose holders assess.

        >>> len(GRID_ROLES.assessing)
        3
        """
        return tuple(role for role in self.roles if role.is_assessor)


GRID_ROLES = RolePolicy(
    roles=(
        Role(
            id="bank_manager",
            name={"en": "bank's grid manager", "zh": "网格管理员"},
            is_bank_staff=True,
        ),
        Role(id="assistant", name={"en": "assistant", "zh": "协管员"}, is_assessor=True),
        Role(id="liaison", name={"en": "liaison officer", "zh": "联络员"}, is_assessor=True),
        Role(id="supervisor", name={"en": "supervisor", "zh": "监督员"}, is_assessor=True),
    ),
    count=ROLE_COUNT,
    least_assessors=ASSESSORS_LEAST,
)
"""The four people of a grid (一格四员): the last three assess; names inferred, ruling 2.8."""


@attrs.frozen(kw_only=True)
class Assignment:
    """Who holds a role of a grid, in which post and with which duty (定员、定岗、定责).

    Attributes:
        role: A word of the role policy.
        person: The person's id; None is nobody.
        post: A code of the post; None is not set.
        duty: A code of the duty; None is not set.
        text: What the codes do not say.

    Raises:
        CreditError: If a word is blank, or the id is none.

    >>> Assignment(role="liaison", person="p2").post is None
    True
    """

    role: str = attrs.field(validator=not_blank)
    person: Id | None = None
    post: str | None = None
    duty: str | None = None
    text: str = ""

    def __attrs_post_init__(self) -> None:
        """Refuse an id that names nobody and codes that are blank."""
        if self.person is not None:
            an_id("Assignment.person", self.person)
        for name, code in (("post", self.post), ("duty", self.duty)):
            if code is not None and not str(code).strip():
                raise CreditError(
                    f"Assignment.{name} must be a code, or None where it is not set, got {code!r}"
                )


def _households(values: Iterable[Id]) -> tuple[Id, ...]:
    return ids_of("Grid.households", values)


def _reserves(values: Iterable[Id]) -> tuple[Id, ...]:
    return ids_of("Grid.reserves", values)


def _staff(values: Iterable[Id]) -> tuple[Id, ...]:
    return ids_of("Grid.staff", values)


@attrs.frozen
class Grid:
    """A service area of a branch (网格): a village or a part of one, with its people.

    A village is one grid; where it is split, the parts are grids whose parent it is, and its
    households stand in the parts.

    Attributes:
        id: Its id.
        village: The village or community it covers; None is not fixed.
        branch: The branch it belongs to; None is not fixed.
        parent: The id of the grid it is a part of.
        area: The code of the administrative division: 6, 9 or 12 digits.
        people: The holders of its roles.
        reserves: Further assessors, in the order they are asked.
        households: The households it holds, where the caller keeps no register of its own.
        staff: Members of the bank's staff who serve it.

    Raises:
        CreditError: If an id is none, a household or a role stands twice, the area is no code,
            or the grid is its own parent.

    >>> Grid("g1", "Hongyang", branch="south", area="331004002201").is_within("331004")
    True
    """

    id: Id
    village: str | None = None
    branch: Id | None = attrs.field(default=None, kw_only=True)
    parent: Id | None = attrs.field(default=None, kw_only=True)
    area: str | None = attrs.field(default=None, kw_only=True)
    people: tuple[Assignment, ...] = attrs.field(default=(), converter=many, kw_only=True)
    reserves: tuple[Id, ...] = attrs.field(default=(), converter=_reserves, kw_only=True)
    households: tuple[Id, ...] = attrs.field(
        default=(), converter=_households, kw_only=True, repr=lambda ids: f"<{len(ids)}>"
    )
    staff: tuple[Id, ...] = attrs.field(default=(), converter=_staff, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse what no village can be."""
        an_id("Grid.id", self.id)
        for name, value in (("branch", self.branch), ("parent", self.parent)):
            if value is not None:
                an_id(f"Grid.{name}", value)
        if self.parent == self.id:
            raise CreditError(f"grid {self.id} must not be its own parent: leave parent out")
        if self.area is not None:
            _an_area("Grid.area", self.area)
        distinct(f"households of grid {self.id}", self.households)
        distinct(f"roles of grid {self.id}", [one.role for one in self.people])

    def holder(self, role: str) -> Id | None:
        """Return who holds a role, None where nobody does.

        >>> Grid(1, people=(Assignment(role="liaison", person="p2"),)).holder("liaison")
        'p2'
        """
        return next((one.person for one in self.people if one.role == role), None)

    def is_within(self, area: str) -> bool | None:
        """Say whether the grid lies in an administrative division; None where unknown.

        Args:
            area: The code of the division: 6, 9 or 12 digits.

        Raises:
            CreditError: If the area is no code.

        >>> Grid("g1", area="331004002").is_within("331005"), Grid("g2").is_within("331005")
        (False, None)
        """
        code = _an_area("area", area)
        if self.area is None or (len(self.area) < len(code) and code.startswith(self.area)):
            return None
        return self.area.startswith(code)


def _an_area(name: str, area: object) -> str:
    if not isinstance(area, str) or not _AREA.fullmatch(area):
        raise CreditError(f"{name} must be a division's code of 6, 9 or 12 digits, got {area!r}")
    return area


def _role_faults(grid: Grid, policy: RolePolicy) -> list[Reason]:
    known = {role.id for role in policy.roles}
    faults = [
        ROLE_UNKNOWN.given(grid=str(grid.id), role=one.role)
        for one in grid.people
        if one.role not in known
    ]
    holders: dict[Id, str] = {}
    for role in policy.roles:
        person = grid.holder(role.id)
        if person is None:
            missing = with_figure(NO_PERSON, policy.count)
            faults.append(missing.given(grid=str(grid.id), role=role.id))
        elif person in holders:
            faults.append(
                PERSON_TWICE.given(
                    grid=str(grid.id), person=str(person), role=role.id, other=holders[person]
                )
            )
        else:
            holders[person] = role.id
    return faults


def check_roles(grid: Grid, *, policy: RolePolicy = GRID_ROLES) -> Decision:
    """Say whether a grid has its four people, each another person (一格四员).

    Returns:
        Decision of "pass" or "refuse", with a reason for each role that nobody holds, is none of
        the policy's, or whose holder holds another.

    Source:
        Row L02; ruling 2.8: other role sets are data.

    >>> people = [Assignment(role=role.id, person=n) for n, role in enumerate(GRID_ROLES.roles)]
    >>> check_roles(Grid("g1", people=people)).outcome
    'pass'
    """
    return answered(policy, _role_faults(grid, policy))


def check_fixings(grid: Grid, *, policy: RolePolicy = GRID_ROLES) -> Decision:
    """Say whether grid, people, posts and duties are fixed (定格、定员、定岗、定责).

    All four must be before a run of batch credit starts.

    Returns:
        Decision of four truths by name, grid (village and branch are named), person, post,
        duty, with a reason for each that is not fixed.

    Source:
        Row L03, 四定原则.

    >>> dict(check_fixings(Grid("g1", "Hongyang", branch="south")).outcome)
    {'grid': True, 'person': False, 'post': False, 'duty': False}
    """
    by_role = {one.role: one for one in grid.people}
    roles = [by_role.get(role.id) for role in policy.roles]
    name = str(grid.id)
    role_faults = _role_faults(grid, policy)
    faults = {
        "grid": [] if grid.village and grid.branch is not None else [GRID_NOT_FIXED],
        "person": role_faults,
        "post": [] if all(one and one.post for one in roles) else [NO_POST],
        "duty": [] if all(one and one.duty for one in roles) else [NO_DUTY],
    }
    told = [
        reason if reason.values else reason.given(grid=name)
        for reasons in faults.values()
        for reason in reasons
    ]
    return Decision(
        outcome={fixing: not reasons for fixing, reasons in faults.items()},
        status="decided",
        reasons=told or (GRID_FIXED.given(grid=name),),
        basis=basis_of(policy),
    )


def check_assessors(
    grid: Grid,
    assessed_by: Iterable[Id],
    *,
    recused: Iterable[Id] = (),
    policy: RolePolicy = GRID_ROLES,
) -> Decision:
    """Say whether enough of a grid's people assessed a household, none of them related to it.

    Who assesses holds an assessing role of the grid or is one of its reserves; who is related
    to the household does not count.

    Args:
        grid: The grid of the household.
        assessed_by: Who gave a figure, alone (背靠背).
        recused: Who is related to the household, as the caller knows.
        policy: How many assess at the least.

    Returns:
        Decision of "pass", or undetermined, when ``ask`` names the members of the grid to be asked
        next, reserves last.

    Raises:
        CreditError: If an id is none or stands twice.

    Source:
        Row L04; ruling 2.3: below quorum the answer is "ask reserve R", never two figures.

    >>> people = [Assignment(role=role.id, person=n) for n, role in enumerate(GRID_ROLES.roles)]
    >>> grid = Grid("g1", people=people, reserves=(9,))
    >>> check_assessors(grid, [1, 2, 3]).outcome, check_assessors(grid, [1, 2, 3], recused=[3]).ask
    ('pass', (9,))
    """
    gave, related = ids_of("assessed_by", assessed_by), ids_of("recused", recused)
    distinct("assessed_by", gave)
    holders = [grid.holder(role.id) for role in policy.assessing]
    entitled = [one for one in (*holders, *grid.reserves) if one is not None]
    counting = [one for one in gave if one in entitled and one not in related]
    needed = int(policy.least_assessors.value)
    reasons = [
        NOT_AN_ASSESSOR.given(grid=str(grid.id), person=str(one))
        for one in gave
        if one not in counting
    ]
    if len(counting) < needed:
        short = with_figure(ASSESSORS_SHORT, policy.least_assessors)
        left = [one for one in dict.fromkeys(entitled) if one not in {*gave, *related}]
        reasons.append(short.given(count=len(counting), needed=needed))
        return answered(policy, (), unknown=reasons, ask=left[: needed - len(counting)])
    return answered(policy, (), good=reasons)
