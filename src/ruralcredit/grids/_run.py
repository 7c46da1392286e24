"""The run of batch credit: phases, owner, work items, channels, files, lists, acceptance."""

import datetime
import itertools
from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias, get_args

import attrs
import numpy as np

from ruralcredit.columns import encode_ids, int_column, same_length, word_column
from ruralcredit.errors import CreditError
from ruralcredit.grids._checks import (
    Id,
    a_count,
    a_day,
    a_day_or_none,
    a_truth,
    an_id,
    answered,
    distinct,
    ids_of,
    known_names,
    least_one,
    many,
    not_blank,
    refuse_unknown,
    with_figure,
)
from ruralcredit.grids._reasons import (
    ACCEPTANCE_SHARE,
    ADULT_FROM,
    ADULT_TO,
    CHANNEL_UNEXPLAINED,
    DOCUMENT_EXPIRED,
    DOCUMENT_MISSING,
    GROUP_EVEN,
    GROUP_LEAST,
    GROUP_MIXED,
    GROUP_SMALL,
    ITEM_INCOMPLETE,
    MEMBER_INCOMPLETE,
    MEMBER_UNKNOWN,
    NO_MEMBERS,
    PERIOD_MISSED,
    PHASE_EMPTY,
    RUN_OWNERLESS,
    SERVICE_RADIUS,
    SERVICE_TOO_FAR,
)
from ruralcredit.reasons import Decision, Figure, Reason
from ruralcredit.values import Ratio, add_months

__all__ = [
    "EXCLUSIONS",
    "PHASES",
    "RUN_RULES",
    "SIGNING_CHANNELS",
    "CreditRun",
    "DoorList",
    "FileDocument",
    "Member",
    "Phase",
    "RunPolicy",
    "ServiceCover",
    "WorkItem",
    "check_credit_group",
    "check_file_quality",
    "check_household_file",
    "check_run",
    "check_service_distance",
    "check_signing",
    "door_lists",
    "draw_acceptance",
    "service_cover",
]

Phase: TypeAlias = Literal["preparation", "credit", "follow_up"]
"""The three phases of a run: 前期准备, 授信, 后续."""

PHASES: Final[tuple[Phase, ...]] = get_args(Phase)
"""The three phases of `Phase`, in order."""

SIGNING_CHANNELS: Final = ("collective", "door_to_door", "counter")
"""How a household signs: 集中授信, 上门授信, 柜面授信."""

EXCLUSIONS: Final = (
    "non_performing",
    "judgment_debtor",
    "overdue",
    "gambling",
    "missing",
    "other",
)
"""Why a household stands on no door list; the reason is never printed (row L21)."""


def _a_channel(channel: object) -> str:
    if channel not in SIGNING_CHANNELS:
        raise CreditError(
            f"a channel must be one of {', '.join(SIGNING_CHANNELS)}, got {channel!r}"
        )
    return str(channel)


@attrs.frozen(kw_only=True)
class RunPolicy:
    """The figures of a run of batch credit (网格批量授信).

    Attributes:
        group_least: Members of the batch-credit group at the least; their number is odd.
        adult_from: Age in full years from which a member's file must be complete.
        adult_to: The last such age.
        acceptance_bp: Share of reviewed households drawn for acceptance, in basis points.
        radius_m: Metres to a service point within which a household is served.
        main_channel: The channel that needs no reason.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If a figure is no whole number from 1, ages are crossed, the share is more
            than all, or the channel is none.

    >>> RUN_RULES.adult_from.value, RUN_RULES.adult_to.value
    (18, 65)
    """

    group_least: Figure = attrs.field(validator=least_one)
    adult_from: Figure = attrs.field(validator=least_one)
    adult_to: Figure = attrs.field(validator=least_one)
    acceptance_bp: Figure = attrs.field(validator=least_one)
    radius_m: Figure = attrs.field(validator=least_one)
    main_channel: str = "door_to_door"
    id: str = attrs.field(default="grids.run", validator=not_blank)
    version: str = attrs.field(default="1", validator=not_blank)

    def __attrs_post_init__(self) -> None:
        """Refuse figures that contradict each other."""
        if int(self.adult_from.value) > int(self.adult_to.value):
            raise CreditError(
                f"adult_from must not exceed adult_to, got {self.adult_from.value} and "
                f"{self.adult_to.value}"
            )
        if int(self.acceptance_bp.value) > 10_000:
            raise CreditError(f"acceptance_bp must be 1 to 10000, got {self.acceptance_bp.value}")
        _a_channel(self.main_channel)


RUN_RULES = RunPolicy(
    group_least=GROUP_LEAST,
    adult_from=ADULT_FROM,
    adult_to=ADULT_TO,
    acceptance_bp=ACCEPTANCE_SHARE,
    radius_m=SERVICE_RADIUS,
)
"""The shipped figures of a run; rows L06, L20, L25 and L38."""


# --- the plan ----------------------------------------------------------------------------


def _people(values: Iterable[Id]) -> tuple[Id, ...]:
    return ids_of("WorkItem.people", values)


@attrs.frozen(kw_only=True)
class WorkItem:
    """One item of the work plan (工作内容、人员要求、时间分配、负责项目).

    Attributes:
        phase: The phase it belongs to.
        content: What is done.
        people: Who does it.
        starts_on: Its first day; None is not set.
        ends_on: Its last day; None is not set.
        owner: Who answers for it; None is nobody.

    Raises:
        CreditError: If the phase is another, an id is none, a day is no date, or it ends
            before it starts.

    >>> WorkItem(phase="credit", content="first review").missing
    ('people', 'time', 'owner')
    """

    phase: Phase
    content: str = ""
    people: tuple[Id, ...] = attrs.field(default=(), converter=_people)
    starts_on: datetime.date | None = None
    ends_on: datetime.date | None = None
    owner: Id | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse an item that no plan holds."""
        if self.phase not in PHASES:
            raise CreditError(f"a phase must be one of {', '.join(PHASES)}, got {self.phase!r}")
        first = a_day_or_none("starts_on", self.starts_on)
        last = a_day_or_none("ends_on", self.ends_on)
        if first is not None and last is not None and last < first:
            raise CreditError(f"ends_on must not lie before starts_on, got {last} before {first}")
        if self.owner is not None:
            an_id("owner", self.owner)

    @property
    def missing(self) -> tuple[str, ...]:
        """Return which of content, people, time and owner are not set."""
        has_time = self.starts_on is not None and self.ends_on is not None
        fields = {
            "content": bool(self.content.strip()),
            "people": bool(self.people),
            "time": has_time,
            "owner": self.owner is not None,
        }
        return tuple(name for name, is_set in fields.items() if not is_set)


@attrs.frozen(kw_only=True)
class CreditRun:
    """One run of batch credit over a village, with its project manager (项目经理制).

    Attributes:
        id: Its id.
        grid: The grid it works.
        owner: The one project manager; None is nobody.
        items: The work plan.
        is_pilot: Whether it is the pilot village (样板村).

    Raises:
        CreditError: If an id is none.

    >>> CreditRun(id="r1", grid="g1", owner="p1").is_pilot
    False
    """

    id: Id
    grid: Id
    owner: Id | None = None
    items: tuple[WorkItem, ...] = attrs.field(default=(), converter=many)
    is_pilot: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse ids that name nothing."""
        for name in ("id", "grid"):
            an_id(f"CreditRun.{name}", getattr(self, name))
        if self.owner is not None:
            an_id("CreditRun.owner", self.owner)


def check_run(run: CreditRun, *, policy: RunPolicy = RUN_RULES) -> Decision:
    """Say whether a run is planned: one owner, work in each phase, four fields an item.

    Returns:
        Outcome "pass" or "refuse", with a reason for each gap.

    Source:
        Rows L18 and L19.

    >>> [one.code for one in check_run(CreditRun(id="r1", grid="g1")).reasons][0]
    'GRD-080'
    """
    faults = [] if run.owner is not None else [RUN_OWNERLESS.given(run=str(run.id))]
    faults += [
        PHASE_EMPTY.given(run=str(run.id), phase=phase)
        for phase in PHASES
        if all(item.phase != phase for item in run.items)
    ]
    faults += [
        ITEM_INCOMPLETE.given(item=number, field=field)
        for number, item in enumerate(run.items, 1)
        for field in item.missing
    ]
    return answered(policy, faults)


def check_credit_group(
    members: Iterable[Id], *, assessors: Iterable[Id] = (), policy: RunPolicy = RUN_RULES
) -> Decision:
    """Say whether a batch-credit group can decide limits (“网格批量授信”小组).

    It has at least three members, an odd number, and none of them assessed: the group, not the
    assessors, makes the limit final.

    Returns:
        Outcome "pass" or "refuse".

    Raises:
        CreditError: If an id is none or stands twice.

    Source:
        Row L06; size and oddness are project proposals.

    >>> check_credit_group([1, 2, 3]).outcome, check_credit_group([1, 2, 3, 4]).outcome
    ('pass', 'refuse')
    """
    many, given = ids_of("members", members), ids_of("assessors", assessors)
    distinct("members", many)
    least, count = int(policy.group_least.value), len(many)
    faults: list[Reason] = []
    if count < least:
        small = with_figure(GROUP_SMALL, policy.group_least)
        faults.append(small.given(count=count, least=least))
    if count % 2 == 0:
        faults.append(GROUP_EVEN.given(count=count))
    faults += [GROUP_MIXED.given(person=str(one)) for one in many if one in given]
    return answered(policy, faults)


def check_signing(channel: str, *, reason: str = "", policy: RunPolicy = RUN_RULES) -> Decision:
    """Say whether a household may sign through a channel: another than the main one says why.

    Returns:
        Outcome "pass" or "refuse".

    Raises:
        CreditError: If the channel is none of `SIGNING_CHANNELS`.

    Source:
        Row L20: 以上门授信为主.

    >>> check_signing("door_to_door").outcome, check_signing("counter").outcome
    ('pass', 'refuse')
    """
    is_told = _a_channel(channel) == policy.main_channel or bool(reason.strip())
    told = CHANNEL_UNEXPLAINED
    faults = [] if is_told else [told.given(channel=channel, main=policy.main_channel)]
    return answered(policy, faults)


# --- the service circle ------------------------------------------------------------------


def check_service_distance(distance_m: int | None, *, policy: RunPolicy = RUN_RULES) -> Decision:
    """Say whether a household lies within the service circle (1公里金融服务圈), its edge included.

    Args:
        distance_m: Metres to the nearest service point, as the caller measured them; None is
            unknown.
        policy: The radius.

    Returns:
        Outcome "pass" or "refer"; undetermined where the distance is unknown.

    Raises:
        CreditError: If the distance is no whole number from 0.

    Source:
        Row L38.

    >>> check_service_distance(990).outcome, check_service_distance(1_010).outcome
    ('pass', 'refer')
    """
    far = with_figure(SERVICE_TOO_FAR, policy.radius_m)
    radius = int(policy.radius_m.value)
    if distance_m is None:
        told = far.as_unknown(radius=radius)
        return answered(policy, (), unknown=[told], ask=["distance_m"])
    metres = a_count("distance_m", distance_m)
    faults = [far.given(metres=metres, radius=radius)] if metres > radius else []
    return answered(policy, faults, fault="refer")


@attrs.frozen(kw_only=True)
class ServiceCover:
    """How many households lie within the service circle.

    Attributes:
        within: Households inside, of those with a known distance.
        unknown: Households without one: in neither count.

    >>> service_cover([990, 1_010, None])
    ServiceCover(within=Ratio(part=1, whole=2), unknown=1)
    """

    within: Ratio
    unknown: int


def service_cover(distances_m: object, *, policy: RunPolicy = RUN_RULES) -> ServiceCover:
    """Return the share of households within the service circle.

    Args:
        distances_m: Metres to the nearest service point, shape ``(n,)``; None is unknown.
        policy: The radius.

    Raises:
        InputError: If a cell is no whole number.

    Source:
        Row L38.

    >>> service_cover([1_000]).within
    Ratio(part=1, whole=1)
    """
    metres = int_column("distances_m", distances_m)
    inside = metres.known & (metres.values <= int(policy.radius_m.value))
    return ServiceCover(
        within=Ratio(int(inside.sum()), int(metres.known.sum())),
        unknown=int((~metres.known).sum()),
    )


# --- files -------------------------------------------------------------------------------


@attrs.frozen
class Member:
    """One member of a household, as its file holds them.

    Attributes:
        relation: What they are to the head of the household; None is unknown.
        born_on: The day of birth; None is unknown.
        has_name: Whether the name is on file.
        is_complete: Whether all of their information is; None is unknown.

    Raises:
        CreditError: If a day is no date, or a truth is none.

    >>> Member("child", datetime.date(2010, 5, 1)).is_complete is None
    True
    """

    relation: str | None
    born_on: datetime.date | None = None
    has_name: bool = attrs.field(default=True, kw_only=True)
    is_complete: bool | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse what is no day or no answer."""
        a_day_or_none("born_on", self.born_on)
        a_truth("has_name", self.has_name)
        a_truth("is_complete", self.is_complete)


def _age(born_on: datetime.date, asked: datetime.date) -> int:
    return asked.year - born_on.year - ((asked.month, asked.day) < (born_on.month, born_on.day))


def check_household_file(
    members: Iterable[Member], *, as_of: datetime.date, policy: RunPolicy = RUN_RULES
) -> Decision:
    """Say whether the file of a household is effective (家庭成员信息建立完成才有效).

    Adults of working age must be complete; of children and the old, name and relation do.

    Args:
        members: All members of the household.
        as_of: The day asked for.
        policy: The ages from and to which a member must be complete, both included.

    Returns:
        Outcome "pass" or "refuse" with a reason for each member, numbered from 1;
        undetermined where an age or a completeness that matters is unknown.

    Raises:
        CreditError: If the day is no date, or a member is none.

    Source:
        Row L25; the ages are a project proposal.

    >>> adult = Member("head", datetime.date(1980, 1, 1), is_complete=True)
    >>> child = Member("child", datetime.date(2015, 1, 1), is_complete=False)
    >>> check_household_file([adult, child], as_of=datetime.date(2024, 6, 30)).outcome
    'pass'
    """
    asked = a_day("as_of", as_of)
    faults: list[Reason] = []
    doubts: list[Reason] = []
    ask: list[str] = []
    incomplete = with_figure(MEMBER_INCOMPLETE, policy.adult_from, policy.adult_to)
    number = 0
    for number, one in enumerate(members, 1):
        if not isinstance(one, Member):
            raise CreditError(f"members must hold Members, got {one!r}")
        if one.relation is None or not one.has_name:
            faults.append(MEMBER_UNKNOWN.given(member=number))
        if one.is_complete:
            continue
        is_adult = None
        if one.born_on is not None:
            age = _age(one.born_on, asked)
            is_adult = int(policy.adult_from.value) <= age <= int(policy.adult_to.value)
        if is_adult and one.is_complete is False:
            faults.append(incomplete.given(member=number))
        elif is_adult is not False:
            doubts.append(incomplete.as_unknown(member=number))
            ask += ["born_on"] if is_adult is None else ["is_complete"]
    if not number:
        faults.append(NO_MEMBERS.given())
    asking = () if faults else tuple(dict.fromkeys(ask))
    return answered(policy, faults, unknown=doubts, ask=asking, as_of=asked)


@attrs.frozen
class FileDocument:
    """One document or record of a customer's file.

    Attributes:
        kind: What it is, such as "visit_record".
        on: The day it was made.
        valid_until: The last day on which it holds; None is without end.

    Raises:
        CreditError: If the kind is blank, a day is no date, or it ends before it was made.

    >>> FileDocument("id_card", datetime.date(2024, 1, 1)).valid_until is None
    True
    """

    kind: str = attrs.field(validator=not_blank)
    on: datetime.date
    valid_until: datetime.date | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Refuse a document that never held."""
        made, ends = a_day("on", self.on), a_day_or_none("valid_until", self.valid_until)
        if ends is not None and ends < made:
            raise CreditError(f"valid_until must not lie before on, got {ends} before {made}")


def check_file_quality(
    documents: Iterable[FileDocument],
    *,
    required: Iterable[str],
    recurring: str,
    every_months: int,
    since: datetime.date,
    as_of: datetime.date,
    policy: RunPolicy = RUN_RULES,
) -> Decision:
    """Say whether a file is complete, continuous and valid (完整性、连续性、有效性).

    Complete: each kind required has a document.  Continuous: each full period since a day has a
    record, periods counted in months from that day.  Valid: the newest document of each kind
    required holds on the day asked.  What was made after that day does not count.

    Args:
        documents: What the file holds.
        required: The kinds that must be there.
        recurring: The kind of the record that recurs.
        every_months: The length of a period, from 1.
        since: The first day of the first period.
        as_of: The day asked for.
        policy: What the answer names as asked.

    Returns:
        An outcome of three truths by name, with a reason for each fault.

    Raises:
        CreditError: If a document is none, a day is no date, or the length is no number.

    Source:
        Row L34.

    >>> day = datetime.date(2024, 1, 1)
    >>> dict(check_file_quality([FileDocument("id", day)], required=["id"], recurring="contact",
    ...                         every_months=3, since=day,
    ...                         as_of=datetime.date(2024, 4, 1)).outcome)
    {'complete': True, 'continuous': False, 'valid': True}
    """
    asked, first = a_day("as_of", as_of), a_day("since", since)
    step = a_count("every_months", every_months, least=1)
    held = tuple(documents)
    for one in held:
        if not isinstance(one, FileDocument):
            raise CreditError(f"documents must hold FileDocuments, got {one!r}")
    held = tuple(one for one in held if one.on <= asked)
    missing, expired = [], []
    for kind in map(str, ids_of("required", required)):
        newest = max(
            (one for one in held if one.kind == kind), key=lambda one: one.on, default=None
        )
        if newest is None:
            missing.append(DOCUMENT_MISSING.given(kind=kind))
        elif newest.valid_until is not None and newest.valid_until < asked:
            expired.append(DOCUMENT_EXPIRED.given(kind=kind, until=newest.valid_until))
    days = [one.on for one in held if one.kind == recurring]
    missed = []
    for n in itertools.count():
        start, end = add_months(first, n * step), add_months(first, (n + 1) * step)
        if end > asked:
            break
        if not any(start <= day < end for day in days):
            missed.append(PERIOD_MISSED.given(kind=recurring, starts_on=start))
    told = answered(policy, [*missing, *missed, *expired], as_of=asked)
    flags = {"complete": not missing, "continuous": not missed, "valid": not expired}
    return attrs.evolve(told, outcome=flags)


# --- lists and acceptance ----------------------------------------------------------------


@attrs.frozen(kw_only=True)
class DoorList:
    """The households that one pair of officers calls on, in their order (上门清单).

    It holds no amount, no state, no reason, and no trace of who was left out.

    Attributes:
        lead: The lead of the pair.
        second: The second.
        households: The households in order of street and stop.

    >>> door_lists({"household": ["h1"], "lead": ["p1"], "second": ["p2"]})[0].households
    ('h1',)
    """

    lead: Id
    second: Id
    households: tuple[Id, ...] = attrs.field(converter=many)


def door_lists(
    households: Mapping[str, object], *, exclusions: Iterable[str] = EXCLUSIONS
) -> tuple[DoorList, ...]:
    """Return each pair's door list; excluded households stand on none (避开信用不佳客户).

    No list is posted: each pair of officers gets its own.

    Args:
        households: ``household``, ``lead``, ``second``, ``street``, ``stop`` and ``exclusion``
            (a word, or None where it is not excluded), one row per household.
        exclusions: The words for an exclusion.

    Returns:
        One list per pair, in order of their ids; lists of nobody are left out.

    Raises:
        CreditError: If a household stands twice.
        InputError: If a column is another, differs in length, a word is no exclusion, or a row
            names no household, no lead or no second.

    Source:
        Row L21; ruling 2.7.

    >>> columns = {"household": ["h1", "h2"], "lead": ["p1", "p1"], "second": ["p2", "p2"],
    ...            "exclusion": [None, "overdue"]}
    >>> [one.households for one in door_lists(columns)]
    [('h1',)]
    """
    names = ("household", "lead", "second", "street", "stop", "exclusion")
    known_names(households, names, table="households")
    count = same_length(households)
    index, codes = encode_ids({"household": households.get("household", [None] * count)})
    people, pairs = encode_ids(
        {name: households.get(name, [None] * count) for name in ("lead", "second")}
    )
    for name, column in {**codes, **pairs}.items():
        refuse_unknown(name, column < 0)
    ids = index.known_ids(codes["household"])
    distinct("households", ids)
    words = tuple(str(one) for one in ids_of("exclusions", exclusions))
    why = word_column("exclusion", households.get("exclusion", [None] * count), words=words)
    streets, street = encode_ids({"street": households.get("street", [None] * count)})
    stops = int_column("stop", households.get("stop", [None] * count))
    rank, place = people.ranks(), np.append(streets.ranks(), -1)[street["street"]]
    lead, second = rank[pairs["lead"]], rank[pairs["second"]]
    rows = np.lexsort((index.ranks()[codes["household"]], stops.values, place, second, lead))
    found: dict[tuple[Id, Id], list[Id]] = {}
    leads, seconds = (people.known_ids(pairs[name]) for name in ("lead", "second"))
    for row in rows[why.codes[rows] < 0].tolist():
        found.setdefault((leads[row], seconds[row]), []).append(ids[row])
    return tuple(
        DoorList(lead=one, second=other, households=many) for (one, other), many in found.items()
    )


def draw_acceptance(
    households: object,
    *,
    generator: np.random.Generator,
    by: object = None,
    policy: RunPolicy = RUN_RULES,
) -> tuple[Id, ...]:
    """Draw reviewed households for acceptance (验收抽样): the share of each stratum, rounded up.

    The draw depends on the ids and the generator, not on the order of rows.

    Args:
        households: Ids of the households reviewed, shape ``(n,)``.
        generator: Where chance comes from.
        by: A stratum of each, such as its grid, none unknown; None is one stratum.
        policy: The share.

    Returns:
        The households drawn, in order of their ids.

    Raises:
        CreditError: If a household stands twice, or the generator is none.
        InputError: If the columns differ in length, or a cell is unknown.

    Source:
        Practice 2.2, step 9; the share is a project proposal.

    >>> len(draw_acceptance(list(range(41)), generator=np.random.default_rng(7)))
    3
    """
    if not isinstance(generator, np.random.Generator):
        raise CreditError(f"generator must be a numpy Generator, got {generator!r}: give a seed")
    count = same_length({"households": households, "by": by})
    index, codes = encode_ids({"households": households})
    refuse_unknown("households", codes["households"] < 0)
    if len(index) < count:
        distinct("households", index.known_ids(codes["households"]))
    strata, places = encode_ids({"by": [0] * count if by is None else by})
    refuse_unknown("by", places["by"] < 0)
    order = np.argsort(index.ranks()[codes["households"]])
    place = strata.ranks()[places["by"]][order]
    drawn: list[int] = []
    for stratum in range(len(strata)):
        rows = np.flatnonzero(place == stratum)
        wanted = -(-len(rows) * int(policy.acceptance_bp.value) // 10_000)
        drawn += generator.choice(rows, wanted, replace=False).tolist()
    chosen = order[np.sort(np.array(drawn, np.int64))]
    return tuple(index.known_ids(codes["households"][chosen]))
