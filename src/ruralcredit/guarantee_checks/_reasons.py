"""The words of the approval check: every rule's sentence, and what a decision also tells."""

from ruralcredit.reasons import Reason

__all__ = ["CHECK_REASONS", "COULD_CLOSE", "REASON_OF", "RELATIONS_UNKNOWN"]

_D20 = (
    "row D20 of the inventory: caution with joint, mutual and remote guarantees, clusters, chains"
)
_D21 = "row D21 of the inventory: guarantees of related firms and actual controllers"
_NOTICE = "CBRC notice of July 2014 on loans in guarantee clusters, as the press reports it"
_FARMERS = "practice 2.15: joint guarantees of farmers"
_CHECK = "how this library measures what a guarantee would change"


def _reason(code: str, en: str, zh: str, *facts: str, **more: object) -> Reason:
    options = {"basis": "project proposal", "source": _CHECK, **more}
    return Reason(code=f"GCK-{code}", says={"en": en, "zh": zh}, facts=facts, **options)  # type: ignore[arg-type]  # words above


def _caution(code: str, en: str, zh: str, *facts: str) -> Reason:
    return _reason(code, en, zh, *facts, source=_D20, basis="source document")


# --- one guarantor ---
SELF = _reason("001", "{guarantor} would guarantee itself", "{guarantor}为自己担保", "guarantor")
PUBLIC = _reason(
    "002",
    "{guarantor} is a public body, which may not stand in",
    "{guarantor}属机关或公益法人，不得为保证人",
    "guarantor",
    source="Civil Code of the PRC, art. 683",
    basis="regulation, from general knowledge",
)
MANY_BORROWERS = _reason(
    "003",
    "{guarantor} would stand in for {borrowers} borrowers, households not counted: more than "
    "{limit_borrowers}",
    "{guarantor}将为{borrowers}户提供担保（农户除外），超过{limit_borrowers}户",
    "guarantor",
    "borrowers",
    "limit_borrowers",
    source=_NOTICE,
    basis="regulation, read",
)
NO_NET_ASSETS = _reason(
    "004",
    "{guarantor} has net assets of {net_assets_fen}: nothing to pay from",
    "{guarantor}净资产为{net_assets_fen}，无代偿能力",
    "guarantor",
    "net_assets_fen",
)
OVER_NET_ASSETS = _reason(
    "005",
    "{guarantor} would guarantee {given_fen} in all, more than "
    "{limit_given_to_net_assets_bp} of its net assets of {net_assets_fen}",
    "{guarantor}对外担保合计将达{given_fen}，超过净资产{net_assets_fen}的{limit_given_to_net_assets_bp}",
    "guarantor",
    "given_fen",
    "net_assets_fen",
    "limit_given_to_net_assets_bp",
    source=_NOTICE,
    basis="regulation, read",
)
LARGE_SINGLE = _reason(
    "006",
    "{amount_fen} alone is more than {limit_amount_to_net_assets_bp} of the net assets of "
    "{guarantor}, {net_assets_fen}",
    "单笔担保{amount_fen}超过{guarantor}净资产{net_assets_fen}的{limit_amount_to_net_assets_bp}",
    "guarantor",
    "amount_fen",
    "net_assets_fen",
    "limit_amount_to_net_assets_bp",
)
INSIDER = _reason(
    "007",
    "{guarantor} or a borrower is staff or an insider of the bank",
    "{guarantor}或借款人为本行员工或关系人",
    "guarantor",
)
OVERDUE = _reason(
    "008",
    "a loan of {guarantor} is overdue for {overdue_days} days",
    "{guarantor}自身贷款已逾期{overdue_days}天",
    "guarantor",
    "overdue_days",
)

# --- structure ---
CLOSES_LOOP = _caution(
    "011",
    "{name} would close a loop of {loop_contracts} contracts: {way}",
    "{name}将形成{loop_contracts}笔合同的循环担保：{way}",
    "name",
    "loop_contracts",
    "way",
)
CLOSES_HIDDEN_LOOP = _caution(
    "012",
    "{name} would close a loop of {loop_contracts} contracts through related parties: {way}",
    "{name}将经关联方形成{loop_contracts}笔合同的隐性循环担保：{way}",
    "name",
    "loop_contracts",
    "way",
)
MUTUAL = _caution(
    "013",
    "{guarantor} and a borrower would stand in for each other",
    "{guarantor}与借款人将形成互保",
    "guarantor",
)
LONG_CHAIN = _caution(
    "014",
    "a chain of {chain_contracts} contracts would run through it, {limit_chain_contracts} or "
    "more: {chain}",
    "将处于{chain_contracts}笔合同的担保链中，达到{limit_chain_contracts}笔：{chain}",
    "chain_contracts",
    "limit_chain_contracts",
    "chain",
)
LARGE_CLUSTER = _caution(
    "015",
    "it would join {clusters_joined} clusters into one of {cluster_parties} parties, more than "
    "{limit_cluster_parties}",
    "将把{clusters_joined}个担保圈并为{cluster_parties}户的担保圈，超过{limit_cluster_parties}户",
    "clusters_joined",
    "cluster_parties",
    "limit_cluster_parties",
)
OUT_OF_TOWN = _caution(
    "016",
    "{guarantor} is of another county than a borrower",
    "{guarantor}与借款人不在同一县（区），属异地保证",
    "guarantor",
)
DEEMED_UNSECURED_LOAN = _reason(
    "017",
    "the loan of {deemed} would be guaranteed on paper only and counts as unsecured",
    "{deemed}的贷款名为保证，实属类信用贷款",
    "deemed",
    source=_D21,
    basis="source document",
)

# --- joint groups ---
JOINT_FIRMS = _caution(
    "021",
    "{name} joins firms under one agreement",
    "{name}为企业联保",
    "name",
)
FEW_MEMBERS = _reason(
    "022",
    "the group has {group_members} members, fewer than {limit_group_members}",
    "联保小组仅{group_members}户，少于{limit_group_members}户",
    "group_members",
    "limit_group_members",
    source=_FARMERS,
)
LARGE_GROUP = _reason(
    "023",
    "the group has {group_members} members, more than {limit_group_members}",
    "联保小组{group_members}户，超过{limit_group_members}户",
    "group_members",
    "limit_group_members",
    source=_FARMERS,
)
LONG_AGREEMENT = _reason(
    "024",
    "the agreement runs for {agreement_months} months, more than {limit_agreement_months}",
    "联保协议期限{agreement_months}个月，超过{limit_agreement_months}个月",
    "agreement_months",
    "limit_agreement_months",
    source=_FARMERS,
)
LONG_LOAN = _reason(
    "025",
    "a loan runs for {loan_months} months, more than {limit_loan_months}",
    "联保贷款期限{loan_months}个月，超过{limit_loan_months}个月",
    "loan_months",
    "limit_loan_months",
    source=_FARMERS,
)
BEYOND_AGREEMENT = _reason(
    "026",
    "a loan of {loan_months} months outlasts the agreement of {agreement_months} months",
    "贷款期限{loan_months}个月，超出联保协议期限{agreement_months}个月",
    "loan_months",
    "agreement_months",
    source=_FARMERS,
)
LARGE_MEMBER_AMOUNT = _reason(
    "027",
    "a member may owe {member_amount_fen}, more than {limit_member_amount_fen}",
    "每户限额{member_amount_fen}，超过{limit_member_amount_fen}",
    "member_amount_fen",
    "limit_member_amount_fen",
    source=_FARMERS,
)
KIN_IN_GROUP = _reason(
    "028",
    "members are spouses or kin: {kin}",
    "联保小组成员间有配偶或亲属关系：{kin}",
    "kin",
    source=_FARMERS,
)
IN_OTHER_GROUP = _reason(
    "029",
    "{elsewhere} of another joint group would join",
    "{elsewhere}已参加其他联保小组",
    "elsewhere",
    source=_FARMERS,
)

# --- where it depends ---
COULD_CLOSE = _caution(
    "031",
    "unknown guarantees of {opened} could close a loop through {name}",
    "{opened}的未知担保可能使{name}成环",
    "opened",
    "name",
)
RELATIONS_UNKNOWN = _caution(
    "032",
    "nobody said who is related to whom: {name} could close a loop through related parties",
    "未提供关联关系，{name}可能经关联方成环",
    "name",
)

# --- what a decision also tells ---
CLUSTER_JOINED = _reason(
    "041",
    "the cluster would have {cluster_parties} parties; the clusters joined have {sizes}",
    "担保圈将为{cluster_parties}户，合并前各担保圈为{sizes}户",
    "cluster_parties",
    "sizes",
    source="the bank's guarantee ledger as brought",
    basis="bank policy",
)
CLUSTER_NEW = _reason(
    "042",
    "a new cluster of {cluster_parties} parties would begin",
    "将新增{cluster_parties}户的担保圈",
    "cluster_parties",
    source="the bank's guarantee ledger as brought",
    basis="bank policy",
)
COVER_CHANGES = _reason(
    "043",
    "joint cover would go from {joint_before_fen} to {joint_after_fen}, independent cover from "
    "{independent_before_fen} to {independent_after_fen}",
    "联合覆盖由{joint_before_fen}变为{joint_after_fen}，独立覆盖由{independent_before_fen}变为{independent_after_fen}",
    "joint_before_fen",
    "joint_after_fen",
    "independent_before_fen",
    "independent_after_fen",
)
COVER_UNKNOWN = _reason(
    "044",
    "what the guarantees in reach can pay depends on amounts that nobody knows",
    "所涉担保的实际保障取决于未知金额",
)
BREAK_CHANGES = _reason(
    "045",
    "to break the loops it touches would cost {break_after_fen} of contracts, now "
    "{break_before_fen}",
    "打破所涉循环担保需解除的担保额由{break_before_fen}变为{break_after_fen}",
    "break_before_fen",
    "break_after_fen",
)
BREAK_UNKNOWN = _reason(
    "046",
    "to break the loops it touches would cost between {break_least_fen} and {break_after_fen} "
    "of contracts, now at most {break_before_fen}",
    "打破所涉循环担保需解除的担保额介于{break_least_fen}与{break_after_fen}之间，现至多{break_before_fen}",
    "break_least_fen",
    "break_after_fen",
    "break_before_fen",
)

CHECK_REASONS = tuple(value for value in tuple(globals().values()) if isinstance(value, Reason))
REASON_OF = {reason.code: reason for reason in CHECK_REASONS}
