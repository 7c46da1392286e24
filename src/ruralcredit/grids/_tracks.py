"""Stages in order: villages, the three-step expansion, the marketing loop, pre-approvals."""

import datetime
from collections.abc import Mapping
from typing import Final

import attrs
import numpy as np

from ruralcredit.columns import same_length, word_column
from ruralcredit.errors import CreditError
from ruralcredit.grids._checks import (
    a_day,
    answered,
    distinct,
    least_one,
    many,
    names_of,
    not_blank,
)
from ruralcredit.grids._checks import with_figure as resting
from ruralcredit.grids._reasons import (
    MOVE_ALLOWED,
    MOVE_REFUSED,
    RETRY_AFTER,
    RETRY_EARLY,
    STAGE_FORBIDDEN,
)
from ruralcredit.reasons import Decision, Figure
from ruralcredit.values import FrozenMapping

__all__ = [
    "EXPANSION",
    "MARKETING_LOOP",
    "PRE_APPROVAL",
    "VILLAGE_STAGES",
    "PreApprovalPolicy",
    "Stage",
    "Track",
    "check_move",
    "check_pre_approval",
    "count_stages",
]


@attrs.frozen
class Stage:
    """One stage of a track, and where it leads.

    Attributes:
        id: Its word.
        name: Its name, one for "en" and one for "zh".
        leads_to: The stages that may follow it.

    Raises:
        CreditError: If the id is blank or a language is missing.

    >>> MARKETING_LOOP.stages[0].name["zh"]
    '获取名单'
    """

    id: str = attrs.field(validator=not_blank)
    name: Mapping[str, str] = attrs.field(converter=names_of)
    leads_to: tuple[str, ...] = attrs.field(default=(), converter=many, kw_only=True)


@attrs.frozen(kw_only=True)
class Track:
    """Stages in order, and the moves between them that are allowed.

    Attributes:
        id: Its name, in every answer.
        stages: The stages; a track begins with the first.
        version: The version, as the bank names it.

    Raises:
        CreditError: If there is no stage, one stands twice, or one leads nowhere known.

    >>> [stage.id for stage in EXPANSION.stages]
    ['market_town', 'villages', 'surroundings']
    """

    id: str = attrs.field(validator=not_blank)
    stages: tuple[Stage, ...] = attrs.field(converter=many)
    version: str = attrs.field(default="1", validator=not_blank)

    def __attrs_post_init__(self) -> None:
        """Refuse a track that leads into nothing."""
        words = self.words
        if not words:
            raise CreditError(f"track {self.id} must have a stage, got none")
        distinct(f"stages of {self.id}", words)
        for stage in self.stages:
            for word in stage.leads_to:
                self.stage(word)

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words of the stages, in order.

        >>> len(MARKETING_LOOP.words)
        4
        """
        return tuple(stage.id for stage in self.stages)

    def stage(self, word: str) -> Stage:
        """Return a stage.

        Raises:
            CreditError: If there is no such stage.

        >>> MARKETING_LOOP.stage("convert").leads_to
        ('list',)
        """
        for stage in self.stages:
            if stage.id == word:
                return stage
        raise CreditError(f"a stage of {self.id} must be one of {self.words}, got {word!r}")


def _track(name: str, *stages: tuple[str, str, str], loop: bool = False) -> Track:
    """Return a track whose stages follow each other, back to the first in a loop."""
    after = [*(word for word, _, _ in stages[1:]), *([stages[0][0]] if loop else [])]
    return Track(
        id=name,
        stages=[
            Stage(word, {"en": en, "zh": zh}, leads_to=after[n : n + 1])
            for n, (word, en, zh) in enumerate(stages)
        ],
    )


VILLAGE_STAGES = _track(
    "grids.village",
    ("planned", "planned", "计划"),
    ("preparation", "preparation", "前期准备"),
    ("review", "whole-village review", "整体评议"),
    ("credited", "credited", "已授信"),
    ("follow_up", "follow-up", "后续管理"),
)
"""The stages of a village under whole-village credit (整村授信; rows L07, L08 and L18)."""

EXPANSION = _track(
    "grids.expansion",
    ("market_town", "work the market town", "深耕圩镇"),
    ("villages", "go down to the villages", "下沉村居"),
    ("surroundings", "reach the surroundings", "辐射周边"),
)
"""The three steps of a township branch (三步走; row G14)."""

MARKETING_LOOP = _track(
    "grids.marketing",
    ("list", "get the list", "获取名单"),
    ("strategy", "set the strategy", "制定策略"),
    ("visit", "visit the customer", "访客触达"),
    ("convert", "convert", "运营转化"),
    loop=True,
)
"""The four stages of closed-loop marketing; the last leads to a new list (row G28)."""

_PRE_APPROVAL: Final = (
    ("pre_approved", "pre-approved", "已预授信", ("signed", "refused", "lapsed", "withdrawn")),
    ("refused", "the customer refuses to sign", "拒绝签约", ("pre_approved", "withdrawn")),
    ("signed", "signed", "已签约", ("drawn", "lapsed", "withdrawn")),
    ("drawn", "drawn", "已用信", ("signed", "lapsed")),
    ("lapsed", "lapsed", "已到期", ("pre_approved",)),
    ("withdrawn", "withdrawn by the bank", "已撤销", ()),
)


@attrs.frozen(kw_only=True)
class PreApprovalPolicy:
    """The states of a pre-approval (预授信), and how long a refusal is left alone.

    Attributes:
        track: The states and the moves between them.
        retry_days: Days after a refusal before the customer is asked again.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If the figure is no whole number from 1.

    >>> PRE_APPROVAL.track.stage("pre_approved").leads_to
    ('signed', 'refused', 'lapsed', 'withdrawn')
    """

    track: Track
    retry_days: Figure = attrs.field(validator=least_one)
    id: str = attrs.field(default="grids.pre_approval", validator=not_blank)
    version: str = attrs.field(default="1", validator=not_blank)


PRE_APPROVAL = PreApprovalPolicy(
    track=Track(
        id="grids.pre_approval",
        stages=[
            Stage(word, {"en": en, "zh": zh}, leads_to=to) for word, en, zh, to in _PRE_APPROVAL
        ],
    ),
    retry_days=RETRY_AFTER,
)
"""A refusal is an outcome, and is left alone for 90 days: a project proposal (row L26)."""


def check_move(track: Track, *, now: str, to: str) -> Decision:
    """Say whether a stage may follow another: no step is left out (逐层递进).

    Returns:
        Outcome "pass" or "refuse".

    Raises:
        CreditError: If a word is no stage of the track.

    Source:
        Rows G14 and G28.

    >>> check_move(EXPANSION, now="market_town", to="surroundings").outcome
    'refuse'
    """
    at, wanted = track.stage(now), track.stage(to)
    facts = {"now": at.id, "to": wanted.id}
    faults = [] if wanted.id in at.leads_to else [STAGE_FORBIDDEN.given(**facts)]
    return answered(track, faults, good=(MOVE_ALLOWED.given(**facts),))


def check_pre_approval(
    now: str,
    to: str,
    *,
    since: datetime.date | None,
    as_of: datetime.date,
    policy: PreApprovalPolicy = PRE_APPROVAL,
) -> Decision:
    """Say whether a pre-approval may change its state on a day (预授信状态).

    Args:
        now: The state it is in.
        to: The state asked for.
        since: The day it came into the state; None is unknown.
        as_of: The day asked for.
        policy: The states and the days after a refusal.

    Returns:
        Outcome "pass" or "refuse"; undetermined where the day of a refusal is unknown.

    Raises:
        CreditError: If a word is no state, or a day is no date.

    Source:
        Row L26; the days after a refusal are a project proposal.

    >>> refused, later = datetime.date(2024, 1, 1), datetime.date(2024, 3, 31)
    >>> check_pre_approval("refused", "pre_approved", since=refused, as_of=later).outcome
    'pass'
    """
    asked = a_day("as_of", as_of)
    at, wanted = policy.track.stage(now), policy.track.stage(to)
    facts = {"now": at.id, "to": wanted.id}
    if wanted.id not in at.leads_to:
        return answered(policy, [MOVE_REFUSED.given(**facts)], as_of=asked)
    days = int(policy.retry_days.value)
    early = resting(RETRY_EARLY, policy.retry_days)
    if (at.id, wanted.id) == ("refused", "pre_approved"):
        if since is None:
            told = early.as_unknown(days=days)
            return answered(policy, (), unknown=[told], ask=["since"], as_of=asked)
        began = a_day("since", since)
        if (asked - began).days < days:
            told = early.given(days=days, on=began + datetime.timedelta(days=days))
            return answered(policy, [told], as_of=asked)
    return answered(policy, (), good=[MOVE_ALLOWED.given(**facts)], as_of=asked)


def count_stages(
    villages: Mapping[str, object], *, track: Track = VILLAGE_STAGES
) -> FrozenMapping[str, int]:
    """Count villages, or anything else on a track, per stage.

    Args:
        villages: ``stage``, one row per village; other columns are no matter.
        track: The stages.

    Returns:
        The count of each stage in order, then "unknown".

    Raises:
        InputError: If the columns differ in length, or a stage is another word.

    Source:
        Rows L07 and L08.

    >>> dict(count_stages({"stage": ["review", None]}))["review"]
    1
    """
    count = same_length(villages)
    words = word_column("stage", villages.get("stage", [None] * count), words=track.words)
    found = np.bincount(words.codes.astype(np.int64) + 1, minlength=len(track.words) + 1).tolist()
    return FrozenMapping({**dict(zip(track.words, found[1:], strict=True)), "unknown": found[0]})
