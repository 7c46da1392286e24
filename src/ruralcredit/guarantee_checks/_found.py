"""The words and figures of findings: security, joint groups, pools, splits, review, follow-up."""

import attrs

from ruralcredit.guarantees import FIGURES
from ruralcredit.reasons import Figure, Reason

_SHIPPED = {figure.id: figure for figure in FIGURES}
CONTROL = _SHIPPED["guarantees.control_bp"]
KIN_DEGREE = _SHIPPED["guarantees.kin_degree"]
GIVEN_TO_ASSETS = Figure(
    id="guarantee_checks.given_to_assets",
    value=10_000,
    unit="bp",
    basis="project proposal",
    source="rulings 1.6 name a guarantor over its cap as an option and no cap: all its net assets",
)
_PRODUCTS = "practice 2.15: product pages of rural banks"
GROUP_HOUSEHOLDS = Figure(
    id="guarantee_checks.group_households",
    value=5,
    unit="parties",
    basis="project proposal",
    source=f"{_PRODUCTS}: five households or more",
)
GROUP_FIRMS = Figure(
    id="guarantee_checks.group_firms",
    value=5,
    unit="parties",
    basis="project proposal",
    source='domain text "guarantee networks", 1.2: most banks keep groups of firms within five',
)
GROUP_AGREEMENT_MONTHS = Figure(
    id="guarantee_checks.group_agreement_months",
    value=36,
    unit="months",
    basis="project proposal",
    source=f"{_PRODUCTS}: an agreement of at most three years",
)
GROUP_LOAN_MONTHS = Figure(
    id="guarantee_checks.group_loan_months",
    value=12,
    unit="months",
    basis="project proposal",
    source=f"{_PRODUCTS}: loans of at most a year, and not beyond the agreement",
)
GROUP_MEMBER_AMOUNT = Figure(
    id="guarantee_checks.group_member_amount",
    value=100_000_00,
    unit="fen",
    basis="project proposal",
    source=f"{_PRODUCTS}: at most 100,000 yuan each",
)
SAME_PARTIES = Figure(
    id="guarantee_checks.same_parties",
    value=2,
    unit="parties",
    basis="project proposal",
    source="one party may leave a loop and enter another; two stand for each other still",
)
SPLIT_WINDOW = Figure(
    id="guarantee_checks.split_window",
    value=30,
    unit="days",
    basis="project proposal",
    source="rulings 1.8 ask for a short window and give no number: a month",
)
_RECIPE = 'domain text "guarantee networks", 3.11: a supervisor\'s tool asks for such a number'
REVIEW_PARTIES = Figure(
    id="guarantee_checks.review_parties",
    value=30,
    unit="parties",
    basis="project proposal",
    source=f"{_RECIPE}; thirty parties fit on one drawing",
)
CORE_GUARANTORS = Figure(
    id="guarantee_checks.core_guarantors",
    value=3,
    unit="parties",
    basis="project proposal",
    source=_RECIPE,
)
CORE_MUTUAL = Figure(
    id="guarantee_checks.core_mutual",
    value=2,
    unit="parties",
    basis="project proposal",
    source=_RECIPE,
)
CORE_GIVEN = Figure(
    id="guarantee_checks.core_given",
    value=10_000_000_00,
    unit="fen",
    basis="project proposal",
    source=_RECIPE,
)
CORE_LOANS = Figure(
    id="guarantee_checks.core_loans",
    value=10_000_000_00,
    unit="fen",
    basis="project proposal",
    source=_RECIPE,
)
CORE_CRITERIA = Figure(
    id="guarantee_checks.core_criteria",
    value=2,
    unit="criteria",
    basis="project proposal",
    source=_RECIPE,
)
HANDS = Figure(
    id="guarantee_checks.hands",
    value=1,
    unit="steps",
    basis="project proposal",
    source=f"{_RECIPE}: one to three hands around a core firm",
)
LOOP_ARCS = Figure(
    id="guarantee_checks.loop_arcs",
    value=4,
    unit="contracts",
    basis="project proposal",
    source='domain text "guarantee networks", 3.11: loops of at most four arcs are added',
)
THIN_SHARE = Figure(
    id="guarantee_checks.thin_share",
    value=150,
    unit="percent",
    basis="project proposal",
    source='domain text "guarantee networks", 3.11: at most 1.5 arcs per node',
)
THIN_SIZE = Figure(
    id="guarantee_checks.thin_size",
    value=10,
    unit="parties and contracts",
    basis="project proposal",
    source='domain text "guarantee networks", 3.11: at most ten nodes and arcs together',
)
OVERDUE_DAYS = Figure(
    id="guarantee_checks.overdue_days",
    value=90,
    unit="days",
    basis="project proposal",
    source='domain text "guarantee networks", 3.11: overdue for more than 90 days',
)
FOUND_FIGURES = (
    GIVEN_TO_ASSETS,
    GROUP_HOUSEHOLDS,
    GROUP_FIRMS,
    GROUP_AGREEMENT_MONTHS,
    GROUP_LOAN_MONTHS,
    GROUP_MEMBER_AMOUNT,
    SAME_PARTIES,
    SPLIT_WINDOW,
    REVIEW_PARTIES,
    CORE_GUARANTORS,
    CORE_MUTUAL,
    CORE_GIVEN,
    CORE_LOANS,
    CORE_CRITERIA,
    HANDS,
    LOOP_ARCS,
    THIN_SHARE,
    THIN_SIZE,
    OVERDUE_DAYS,
)

_SECURITY = "rulings 1.6: loans deemed unsecured (类信用), and rows D21 and D22 of the inventory"
_GROUP = 'practice 2.15: joint groups of farmers, and domain text "guarantee networks", 1.4'
_CLAIM = "practice 2.15: the unpaid amount in equal parts or by limit, and recourse"
_FOLLOW = "rulings 1.7: what a follow-up says of the last audit's findings"
_FRAUD = "rulings 1.8: patterns of fraud, from facts that the caller gives"
_REVIEW = "rulings 1.7: a cluster of hundreds is cut for review, every contract in some part"


def _reason(code: str, en: str, zh: str, *facts: str, **more: object) -> Reason:
    options = {"basis": "project proposal", **more}
    return Reason(code=f"GCK-{code}", says={"en": en, "zh": zh}, facts=facts, **options)  # type: ignore[arg-type]  # words above


def based(reason: Reason, *figures: Figure, **facts: object) -> Reason:
    """Bind a reason to its facts and to the figures of the policy that was asked."""
    return attrs.evolve(reason.given(**facts), figures=figures)


# --- effective security ---
LISTED_PRODUCT = _reason(
    "101",
    "{product} is managed as deemed unsecured, whatever secures it",
    "{product}纳入类信用贷款管理，不论有无担保",
    "product",
    source=_SECURITY,
    basis="source document",
)
OUT_OF_SCOPE = _reason(
    "102",
    "{borrower} is no enterprise and no owner of one: every guarantor but the borrower counts",
    "{borrower}非企业或企业主，除借款人自身外的保证人均计入",
    "borrower",
    source=_SECURITY,
    basis="source document",
)
PARTS = _reason(
    "103",
    "of {balance_fen} collateral secures {mortgaged_fen}, guarantors that count "
    "{guaranteed_fen}, nothing {unsecured_fen}",
    "{balance_fen}中抵质押覆盖{mortgaged_fen}，有效保证覆盖{guaranteed_fen}，无有效担保{unsecured_fen}",
    "balance_fen",
    "mortgaged_fen",
    "guaranteed_fen",
    "unsecured_fen",
    source=_SECURITY,
    basis="source document",
)
SECURITY_OPEN = _reason(
    "104",
    "what secures the loan depends on facts that nobody knows",
    "贷款的有效担保取决于未知事实",
    source=_SECURITY,
)
SHARED_CONTRACT = _reason(
    "105",
    "contract {contract} may be called for other loans too and is counted here in full",
    "合同{contract}同时担保其他贷款，此处按全额计入",
    "contract",
    source=_SECURITY,
)

# --- joint groups ---
GROUP_TOO_SMALL = _reason(
    "110",
    "the group has {members} members, fewer than {least}",
    "联保小组成员{members}户，少于{least}户",
    "members",
    "least",
    source=_GROUP,
)
GROUP_TOO_LARGE = _reason(
    "111",
    "the group has {members} firms, more than {most}",
    "联保小组成员企业{members}户，超过{most}户",
    "members",
    "most",
    source=_GROUP,
)
GROUP_LONG_AGREEMENT = _reason(
    "112",
    "the agreement runs for more than {months} months",
    "联保协议期限超过{months}个月",
    "months",
    source=_GROUP,
)
GROUP_BEYOND = _reason(
    "113",
    "{rows} rows fall due after the agreement has ended",
    "{rows}笔债务到期日晚于联保协议到期日",
    "rows",
    source=_GROUP,
)
GROUP_LONG_LOAN = _reason(
    "114",
    "{rows} rows run for more than {months} months",
    "{rows}笔债务期限超过{months}个月",
    "rows",
    "months",
    source=_GROUP,
)
GROUP_AMOUNT = _reason(
    "115",
    "{member} owes {amount_fen} under the agreement, more than {limit_fen}",
    "{member}在联保项下负债{amount_fen}，超过{limit_fen}",
    "member",
    "amount_fen",
    "limit_fen",
    source=_GROUP,
)
GROUP_KIN = _reason(
    "116",
    "{pairs} pairs of members are spouses or kin, {one} and {other} among them",
    "成员中有{pairs}对配偶或亲属，如{one}与{other}",
    "pairs",
    "one",
    "other",
    source=_GROUP,
)
GROUP_OVERLAP = _reason(
    "117",
    "{member} is in another joint group too",
    "{member}同时参加其他联保小组",
    "member",
    source=_GROUP,
)
GROUP_ONE_USER = _reason(
    "118",
    "one user had the money of {members}",
    "{members}的贷款资金由同一人使用",
    "members",
    source=_GROUP,
)
GROUP_IN_ORDER = _reason(
    "119",
    "nothing is amiss with the group of agreement {agreement}",
    "协议{agreement}项下联保小组未发现问题",
    "agreement",
    source=_GROUP,
)

# --- a claim on a joint group ---
CLAIM_PARTS = _reason(
    "125",
    "{members} members bear {unpaid_fen} among themselves; to the bank each owes the whole",
    "{members}名成员内部分担{unpaid_fen}，对外各负连带责任",
    "members",
    "unpaid_fen",
    source=_CLAIM,
)
CLAIM_UNKNOWN = _reason(
    "126",
    "a fact on which the parts depend is unknown",
    "决定分担份额的事实未知",
    source=_CLAIM,
)

# --- nominee pools and splits ---
NOMINEE_POOL = _reason(
    "130",
    "{users} borrowers share {keys} as one user would: find out who used the money",
    "{users}户借款人共用{keys}，疑似借名或多贷一用，应核实资金实际使用人",
    "users",
    "keys",
    source=_FRAUD,
)
SPLIT = _reason(
    "131",
    "{pieces} loans of {party} within {days} days sum to {amount_fen}, each within the tier of "
    "{tier_fen}",
    "{party}在{days}天内{pieces}笔贷款合计{amount_fen}，单笔均未超过{tier_fen}权限，疑似化整为零",
    "party",
    "pieces",
    "days",
    "amount_fen",
    "tier_fen",
    source=_FRAUD,
)
SPLIT_UNKNOWN = _reason(
    "132",
    "{rows} loans of {party} have no known day or amount and may be pieces of one",
    "{party}有{rows}笔贷款日期或金额未知，可能为拆分贷款",
    "party",
    "rows",
    source=_FRAUD,
)

# --- review parts ---
WHOLE_PART = _reason(
    "140",
    "the cluster has {parties} parties and is read in one part",
    "担保圈共{parties}户，不作拆分",
    "parties",
    source=_REVIEW,
)
WATCHED_PART = _reason(
    "141",
    "{party} is on the watch list and heads a part of its own",
    "{party}在关注名单中，单独成圈",
    "party",
    source=_REVIEW,
)
CORE_PART = _reason(
    "142",
    "{party} is a core party of the cluster",
    "{party}为担保圈核心企业",
    "party",
    source=_REVIEW,
)
REST_PART = _reason(
    "143",
    "these contracts lie around no watched and no core party; {party} carries most of them",
    "上述合同不在关注或核心企业周围，以{party}为主",
    "party",
    source=_REVIEW,
)
THIN_PART = _reason(
    "144",
    "{pieces} thin pieces of the cluster are put together",
    "担保圈中{pieces}个稀疏部分合并列示",
    "pieces",
    source=_REVIEW,
)

# --- follow-up ---
CONTINUES = _reason(
    "150",
    "{finding} continues {before} of the last audit",
    "{finding}延续上次审计的{before}",
    "finding",
    "before",
    source=_FOLLOW,
)
MERGED = _reason(
    "151",
    "{count} findings of the last audit have merged",
    "上次审计的{count}项发现已合并",
    "count",
    source=_FOLLOW,
)
SPLIT_UP = _reason(
    "152",
    "{finding} is one of several into which a finding of the last audit has split",
    "{finding}由上次审计的一项发现拆分而来",
    "finding",
    source=_FOLLOW,
)
JOINED = _reason(
    "153",
    "{count} parties have joined",
    "新增{count}户",
    "count",
    source=_FOLLOW,
)
LEFT = _reason(
    "154",
    "{count} parties have left",
    "退出{count}户",
    "count",
    source=_FOLLOW,
)
GROWN = _reason(
    "155",
    "the guaranteed amount rose from {before_fen} to {now_fen}",
    "担保金额由{before_fen}增至{now_fen}",
    "before_fen",
    "now_fen",
    source=_FOLLOW,
)

FOUND_REASONS = tuple(value for value in tuple(globals().values()) if isinstance(value, Reason))
