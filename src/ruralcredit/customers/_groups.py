"""The four key groups of customers: targets, counts per group, total by customer."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import encode_ids, same_length, word_column
from ruralcredit.customers._checks import least_one, not_blank
from ruralcredit.customers._reasons import (
    TARGET_NEW_CITIZENS,
    TARGET_PUBLIC_EMPLOYEES,
    TARGET_SOLE_TRADERS,
    TARGET_VILLAGERS,
)
from ruralcredit.errors import CreditError
from ruralcredit.reasons import Figure
from ruralcredit.values import FrozenMapping, Ratio

__all__ = ["KEY_GROUPS", "GroupCounts", "KeyGroup", "KeyGroups", "count_groups"]

Counts: TypeAlias = Mapping[str, int]


def _sentences(name: Mapping[str, str]) -> FrozenMapping[str, str]:
    return FrozenMapping(name)


def _counts(counts: Counts) -> FrozenMapping[str, int]:
    return FrozenMapping(counts)


def _groups(groups: "Iterable[KeyGroup]") -> "tuple[KeyGroup, ...]":
    return tuple(groups)


@attrs.frozen(kw_only=True)
class KeyGroup:
    """One key group of customers (客群) with its target.

    Attributes:
        id: Its word in columns.
        name: Its name, one for "en" and one for "zh".
        target: How many customers the bank wants to reach in it.

    Raises:
        CreditError: If the id is blank, a language is missing or the target is below 1.

    >>> KEY_GROUPS.groups[0].name["zh"], KEY_GROUPS.groups[0].target.value
    ('公职人员', 19000)
    """

    id: str = attrs.field(validator=not_blank)
    name: Mapping[str, str] = attrs.field(converter=_sentences)
    target: Figure = attrs.field(validator=least_one, repr=lambda target: str(target.value))

    def __attrs_post_init__(self) -> None:
        """Refuse a group that nobody can name."""
        if set(self.name) != {"en", "zh"}:
            raise CreditError(
                f"key group {self.id} must have a name in en and zh, got {', '.join(self.name)}"
            )

    @property
    def wanted(self) -> int:
        """Return the target as a number.

        >>> KEY_GROUPS.groups[3].wanted
        207300
        """
        return int(self.target.value)


@attrs.frozen(kw_only=True)
class KeyGroups:
    """The key groups of a bank (四类客群); a customer may belong to several.

    Attributes:
        groups: The groups, in the order they are reported.
        id: Its name, in every answer.
        version: The version, as the bank names it.

    Raises:
        CreditError: If there is no group, or an id stands twice.

    Source:
        Row D01: 1.9万户公职人员、3.5万户个体工商户、20万户产业工人新市民、20.73万户“整村授信”城乡
        老百姓.

    >>> KEY_GROUPS.target_sum
    461300
    """

    groups: tuple[KeyGroup, ...] = attrs.field(converter=_groups)
    id: str = attrs.field(default="customers.key_groups", validator=not_blank)
    version: str = attrs.field(default="1", validator=not_blank)

    def __attrs_post_init__(self) -> None:
        """Refuse groups that could not be told apart."""
        ids = [group.id for group in self.groups]
        if not ids:
            raise CreditError("key groups must have at least one group, got none")
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise CreditError(f"key groups must have ids of their own, got {twice[0]!r} twice")

    @property
    def target_sum(self) -> int:
        """Return the sum of the targets, which is more than customers, as groups overlap.

        >>> KEY_GROUPS.target_sum
        461300
        """
        return sum(group.wanted for group in self.groups)


KEY_GROUPS = KeyGroups(
    groups=(
        KeyGroup(
            id="public_employees",
            name={"en": "public employees", "zh": "公职人员"},
            target=TARGET_PUBLIC_EMPLOYEES,
        ),
        KeyGroup(
            id="sole_traders",
            name={"en": "sole traders", "zh": "个体工商户"},
            target=TARGET_SOLE_TRADERS,
        ),
        KeyGroup(
            id="new_citizens",
            name={"en": "industrial workers and new citizens", "zh": "产业工人新市民"},
            target=TARGET_NEW_CITIZENS,
        ),
        KeyGroup(
            id="villagers",
            name={
                "en": "townspeople and villagers under whole-village credit",
                "zh": "“整村授信”城乡老百姓",
            },
            target=TARGET_VILLAGERS,
        ),
    )
)
"""The four key groups of source 000 with their targets (四类客群)."""


@attrs.frozen(kw_only=True)
class GroupCounts:
    """How many customers stand in each key group, and in all of them together.

    Attributes:
        counts: Customers per group; who is in two groups counts in both.
        targets: The targets per group.
        total: Customers in any group, each once.
        in_several: Customers in more than one group.
        unknown_rows: Rows without a customer or without a group: left out, not counted as
            anyone.

    >>> found = count_groups(["c1", "c1", "c2"], ["sole_traders", "villagers", "villagers"])
    >>> dict(found.counts)["villagers"], found.total, found.in_several
    (2, 2, 1)
    """

    counts: Counts = attrs.field(converter=_counts)
    targets: Counts = attrs.field(converter=_counts)
    total: int
    in_several: int
    unknown_rows: int

    def reached(self, group: str) -> Ratio:
        """Return the customers of a group against its target.

        Raises:
            CreditError: If there is no such group.

        >>> count_groups(["c1"], ["villagers"]).reached("villagers")
        Ratio(part=1, whole=207300)
        """
        if group not in self.counts:
            raise CreditError(f"group must be one of {', '.join(self.counts)}, got {group!r}")
        return Ratio(self.counts[group], self.targets[group])


def count_groups(
    customers: object, groups: object, *, policy: KeyGroups = KEY_GROUPS
) -> GroupCounts:
    """Count customers per key group, and each once in total.

    Args:
        customers: Ids of customers, one row per membership, shape ``(n,)``; the same pair
            twice counts once.
        groups: The group of each row, a word of the policy's groups.
        policy: The groups and their targets.

    Raises:
        InputError: If the columns differ in length, ids are of two kinds, or a word is no
            group.

    >>> dict(count_groups([7, 7], ["villagers", "villagers"]).counts)
    {'public_employees': 0, 'sole_traders': 0, 'new_citizens': 0, 'villagers': 1}
    """
    same_length({"customers": customers, "groups": groups})
    words = tuple(group.id for group in policy.groups)
    _, brought = encode_ids({"customers": customers})
    codes = brought["customers"].astype(np.int64)
    group_codes = word_column("groups", groups, words=words).codes.astype(np.int64)
    known = (codes >= 0) & (group_codes >= 0)
    pairs: npt.NDArray[np.int64] = np.unique(codes[known] * len(words) + group_codes[known])
    per_group = np.bincount(pairs % len(words), minlength=len(words))
    _, per_customer = np.unique(pairs // len(words), return_counts=True)
    return GroupCounts(
        counts=dict(zip(words, per_group.tolist(), strict=True)),
        targets={group.id: group.wanted for group in policy.groups},
        total=len(per_customer),
        in_several=int((per_customer > 1).sum()),
        unknown_rows=int((~known).sum()),
    )
