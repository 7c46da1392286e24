"""The limits that ship: a table in versions, one row per rule, over the facts of an effect."""

import datetime
from collections.abc import Mapping
from typing import Final, Literal, get_args

from ruralcredit.guarantee_checks import _reasons as say
from ruralcredit.guarantee_checks._effect import GroupKind, Region
from ruralcredit.guarantee_checks._found import (
    GROUP_AGREEMENT_MONTHS,
    GROUP_FIRMS,
    GROUP_HOUSEHOLDS,
    GROUP_LOAN_MONTHS,
    GROUP_MEMBER_AMOUNT,
)
from ruralcredit.policy import DecisionTable, Field, Policy, Row
from ruralcredit.reasons import BasisWord, Figure, Reason

__all__ = ["FIELDS", "LIMITS"]

_KINDS: Final = ("person", "household", "firm", "guarantee_company", "public")

FIELDS: Final = (
    Field("proposal", "enum", values=("single", "joint")),
    Field("is_self", "bool"),
    Field("guarantor_kind", "enum", values=_KINDS),
    Field("borrowers", "int", unit="parties"),
    Field("net_assets_fen", "int", unit="fen"),
    Field("given_to_net_assets_bp", "int", unit="bp"),
    Field("amount_to_net_assets_bp", "int", unit="bp"),
    Field("is_insider", "bool"),
    Field("overdue_days", "int", unit="days"),
    Field("closes_loop", "bool"),
    Field("closes_hidden_loop", "bool"),
    Field("is_mutual", "bool"),
    Field("chain_contracts", "int", unit="contracts"),
    Field("clusters_joined", "int", unit="clusters"),
    Field("cluster_parties", "int", unit="parties"),
    Field("shared_region", "enum", values=get_args(Region)),
    Field("is_deemed_unsecured", "bool"),
    Field("break_rise_fen", "int", unit="fen"),
    Field("joint_rise_fen", "int", unit="fen"),
    Field("independent_rise_fen", "int", unit="fen"),
    Field("group_kind", "enum", values=get_args(GroupKind)),
    Field("group_members", "int", unit="parties"),
    Field("agreement_months", "int", unit="months"),
    Field("loan_months", "int", unit="months"),
    Field("months_beyond_agreement", "int", unit="months"),
    Field("member_amount_fen", "int", unit="fen"),
    Field("has_kin", "bool"),
    Field("members_elsewhere", "int", unit="parties"),
)
"""The facts that a rule may test, as `Effect.facts` gives them."""

_NOTICE_ON: Final = datetime.date(2014, 8, 13)
_NOTICE: Final = (
    "CBRC notice of July 2014 on loans in guarantee clusters, as Oriental Daily reports it on "
    "2014-08-13"
)
_D20: Final = "row D20 of the inventory"
_PRODUCTS: Final = "practice 2.15 and product pages of rural banks on joint guarantees of farmers"


def _rule(
    id_: str,
    when: Mapping[str, object],
    verdict: Literal["refer", "refuse"],
    reason: Reason,
    *,
    cite: str | None = None,
    basis: BasisWord | None = None,
    figure: Figure | None = None,
) -> Row:
    if figure is not None:
        cite, basis = figure.source, figure.basis
    return Row(
        id_,
        when=when,
        then={"verdict": verdict},
        reason=reason.code,
        cite=cite or reason.source,
        basis=basis or reason.basis,
    )


_OF_GUARANTORS: Final = (
    _rule("self_guarantee", {"is_self": True}, "refuse", say.SELF, cite="it covers nothing"),
    _rule("public_guarantor", {"guarantor_kind": "public"}, "refuse", say.PUBLIC),
    _rule(
        "many_borrowers",
        {"guarantor_kind": "firm", "borrowers": {"gt": 5}},
        "refuse",
        say.MANY_BORROWERS,
        cite=f"{_NOTICE}: a firm guarantees at most five clients, farmers exempt",
    ),
    _rule(
        "no_net_assets",
        {"guarantor_kind": "firm", "net_assets_fen": {"le": 0}},
        "refuse",
        say.NO_NET_ASSETS,
        cite="a firm without net assets cannot pay for another",
    ),
    _rule(
        "over_net_assets",
        {"guarantor_kind": "firm", "given_to_net_assets_bp": {"gt": 10_000}},
        "refer",
        say.OVER_NET_ASSETS,
        cite=f"{_NOTICE}: guarantees of a firm in principle within its net assets",
    ),
    _rule(
        "large_single",
        {"guarantor_kind": "firm", "amount_to_net_assets_bp": {"gt": 5_000}},
        "refer",
        say.LARGE_SINGLE,
        cite="one call should leave the guarantor half of what it owns",
    ),
    _rule(
        "insider",
        {"is_insider": True},
        "refer",
        say.INSIDER,
        cite="rulings 1.8: staff and insiders as borrower or guarantor are findings",
    ),
    _rule(
        "guarantor_overdue",
        {"overdue_days": {"gt": 0}},
        "refer",
        say.OVERDUE,
        cite="practice 2.15 asks members of joint groups to be without arrears; asked of all here",
    ),
)
_OF_STRUCTURE: Final = (
    _rule("closes_loop", {"closes_loop": True}, "refer", say.CLOSES_LOOP),
    _rule("closes_hidden_loop", {"closes_hidden_loop": True}, "refer", say.CLOSES_HIDDEN_LOOP),
    _rule("mutual", {"is_mutual": True}, "refer", say.MUTUAL),
    _rule(
        "long_chain",
        {"chain_contracts": {"ge": 3}},
        "refer",
        say.LONG_CHAIN,
        cite=f"{_D20} names chains and gives no length: from three contracts",
        basis="project proposal",
    ),
    _rule(
        "large_cluster",
        {"clusters_joined": {"ge": 2}, "cluster_parties": {"gt": 10}},
        "refer",
        say.LARGE_CLUSTER,
        cite=f"{_D20} gives no size; in a survey of 992 clusters of one city only 21 hold more "
        "than ten firms",
        basis="project proposal",
    ),
    _rule(
        "out_of_town",
        {"shared_region": ("none", "province", "city")},
        "refer",
        say.OUT_OF_TOWN,
        cite=f"{_D20} names remote guarantees; local is the same county as in row D19",
    ),
    _rule(
        "deemed_unsecured",
        {"is_deemed_unsecured": True},
        "refer",
        say.DEEMED_UNSECURED_LOAN,
        cite="rows D21 and D22 of the inventory: managed as unsecured",
    ),
)
_OF_GROUPS: Final = (
    _rule(
        "joint_firms",
        {"proposal": "joint", "group_kind": ("firms", "mixed")},
        "refer",
        say.JOINT_FIRMS,
    ),
    _rule(
        "too_few_members",
        {"proposal": "joint", "group_members": {"lt": 3}},
        "refuse",
        say.FEW_MEMBERS,
        cite="two members are a mutual guarantee and no group",
    ),
    _rule(
        "few_households",
        {
            "proposal": "joint",
            "group_kind": "households",
            "group_members": {"ge": 3, "lt": int(GROUP_HOUSEHOLDS.value)},
        },
        "refer",
        say.FEW_MEMBERS,
        figure=GROUP_HOUSEHOLDS,
    ),
    _rule(
        "many_households",
        {"proposal": "joint", "group_kind": "households", "group_members": {"gt": 10}},
        "refer",
        say.LARGE_GROUP,
        cite="product page of Huzhou Bank: five to ten households",
    ),
    _rule(
        "many_firms",
        {
            "proposal": "joint",
            "group_kind": ("firms", "mixed"),
            "group_members": {"gt": int(GROUP_FIRMS.value)},
        },
        "refer",
        say.LARGE_GROUP,
        figure=GROUP_FIRMS,
    ),
    _rule(
        "long_agreement",
        {"proposal": "joint", "agreement_months": {"gt": int(GROUP_AGREEMENT_MONTHS.value)}},
        "refer",
        say.LONG_AGREEMENT,
        figure=GROUP_AGREEMENT_MONTHS,
    ),
    _rule(
        "long_loan",
        {
            "proposal": "joint",
            "group_kind": "households",
            "loan_months": {"gt": int(GROUP_LOAN_MONTHS.value)},
        },
        "refer",
        say.LONG_LOAN,
        figure=GROUP_LOAN_MONTHS,
    ),
    _rule(
        "beyond_agreement",
        {"proposal": "joint", "months_beyond_agreement": {"gt": 0}},
        "refuse",
        say.BEYOND_AGREEMENT,
        cite=f"{_PRODUCTS}: no loan beyond the agreement",
    ),
    _rule(
        "large_member_amount",
        {
            "proposal": "joint",
            "group_kind": "households",
            "member_amount_fen": {"gt": int(GROUP_MEMBER_AMOUNT.value)},
        },
        "refer",
        say.LARGE_MEMBER_AMOUNT,
        figure=GROUP_MEMBER_AMOUNT,
    ),
    _rule(
        "kin_in_group",
        {"proposal": "joint", "has_kin": True},
        "refer",
        say.KIN_IN_GROUP,
        cite=f"{_PRODUCTS}: no direct relatives in one group",
    ),
    _rule(
        "in_other_group",
        {"proposal": "joint", "members_elsewhere": {"gt": 0}},
        "refer",
        say.IN_OTHER_GROUP,
        cite="a member answers for one group only",
    ),
)

LIMITS: Final = Policy.from_versions(
    [
        (
            _NOTICE_ON,
            DecisionTable(
                "guarantee_checks.limits",
                FIELDS,
                [*_OF_GUARANTORS, *_OF_STRUCTURE, *_OF_GROUPS],
                hit="collect",
            ),
        )
    ]
)
"""Limits on guarantees to start from, in force from the day the notice of 2014 was reported."""
