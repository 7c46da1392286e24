"""The words and the figures of this room: every code once, every figure with its basis."""

import attrs

from ruralcredit.reasons import Figure, Reason

SMALL_CELL_LOANS = Figure(
    id="products.small_cell_loans",
    value=30,
    unit="loans",
    basis="project proposal",
    source="below some thirty loans one default moves the ratio by more than three points",
)
PRICE_CAP = Figure(
    id="products.price_cap",
    value=1_000,
    unit="bp",
    basis="project proposal",
    source="row G34 of the inventory asks for a cap and gives none: a price list that stays "
    "below ten per cent a year",
)
REPRICING_MONTHS = Figure(
    id="products.repricing_months",
    value=12,
    unit="months",
    basis="regulation, from general knowledge",
    source="announcements of the People's Bank of China on the loan prime rate (2019): the "
    "repricing period is agreed, at least a year for housing loans",
)
DAY_COUNT = Figure(
    id="products.day_count",
    value=360,
    unit="days",
    basis="regulation, from general knowledge",
    source="rules of the People's Bank of China on renminbi interest: the daily rate is the "
    "yearly rate over 360",
)
REFERRER_GAIN = Figure(
    id="products.referrer_gain",
    value=500,
    unit="bp",
    basis="project proposal",
    source="row G16 of the inventory, which gives no rate of its own: five per cent of the "
    "interest received",
)
REFERRER_LOSS = Figure(
    id="products.referrer_loss",
    value=1_000,
    unit="bp",
    basis="project proposal",
    source="row G16 of the inventory, which gives no rate of its own: ten per cent of the loss",
)
REFERRER_BONUS = Figure(
    id="products.referrer_bonus",
    value=300,
    unit="bp",
    basis="project proposal",
    source="the referrer helps to recover overdue loans (row G17 of the inventory): three per "
    "cent of the cash recovered with that help",
)
REFERRER_NPL_LIMIT = Figure(
    id="products.referrer_npl_limit",
    value=500,
    unit="bp",
    basis="project proposal",
    source="a gain is paid out only while few of the loans referred are bad",
)
ASSISTANCE_DAYS = Figure(
    id="products.assistance_days",
    value=3,
    unit="days",
    basis="project proposal",
    source="a referrer's word helps while the delay is young",
)
FIGURES = (
    SMALL_CELL_LOANS,
    PRICE_CAP,
    REPRICING_MONTHS,
    DAY_COUNT,
    REFERRER_GAIN,
    REFERRER_LOSS,
    REFERRER_BONUS,
    REFERRER_NPL_LIMIT,
    ASSISTANCE_DAYS,
)

_MATRIX = "row Y28 of the inventory: three product lines by three kinds of security, and schemes"
_LOOK_BACK = "row D23 of the inventory: the look-back on products over four dimensions"
_PRICE = "rulings 3.4: how a price is built up, and what may lower it"
_SHARED = "rows G16, G17, G37, L39 and Y27 of the inventory: risk shared with third parties"
_REFERRER = "rulings 3.5: what a referrer may gain, lose and see"


def _reason(code: str, en: str, zh: str, *facts: str, **more: object) -> Reason:
    options = {"basis": "project proposal", **more}
    return Reason(code=f"PRO-{code}", says={"en": en, "zh": zh}, facts=facts, **options)  # type: ignore[arg-type]  # words above


def based(reason: Reason, *figures: Figure, **facts: object) -> Reason:
    """Bind a reason to its facts and to the figures of the policy that was asked."""
    return attrs.evolve(reason.given(**facts), figures=figures)


# --- what a product is ---
NOT_A_LOAN = _reason(
    "001",
    "{product} is a {kind} and no loan, so it has no class",
    "{product}属{kind}类，不是贷款，不归入产品矩阵",
    "product",
    "kind",
    source="row L37 of the inventory: products and cross-sell items",
    basis="source document",
)
DEEMED_UNSECURED = _reason(
    "002",
    "{product} is always deemed unsecured, whatever secures it",
    "{product}纳入类信用贷款，参照信用贷款管理",
    "product",
    source="row D22 of the inventory: products managed as deemed unsecured",
    basis="source document",
)
SPECIAL_SCHEME = _reason(
    "003",
    "{product} is a special scheme beside the matrix",
    "{product}为矩阵之外的专案产品",
    "product",
    source="row Y30 of the inventory: special schemes",
    basis="source document",
)
PLEDGE_AS_MORTGAGE = _reason(
    "004",
    "the matrix has no pledge: it counts as a mortgage",
    "矩阵未设质押，按抵押归类",
    source=_MATRIX,
)
PLEDGE_AS_SCHEME = _reason(
    "005",
    "the matrix has no pledge: it counts as a special scheme",
    "矩阵未设质押，按专案归类",
    source=_MATRIX,
)

# --- the look-back ---
SMALL_CELL = _reason(
    "020",
    "loans in the cell: {loans}, fewer than {least}, so read its ratios with care",
    "仅{loans}笔贷款，少于{least}笔，比率须谨慎解读",
    "loans",
    "least",
    source=_LOOK_BACK,
)
UNKNOWN_LAUNCH = _reason(
    "021",
    "the launch day is unknown, so these loans are left out: {loans}",
    "{loans}笔贷款的产品上线日未知，未纳入返检",
    "loans",
    source=_LOOK_BACK,
)

# --- the price ---
UNKNOWN_COST = _reason(
    "030",
    "without every cost there is no floor, and without a floor no price",
    "成本项不全则无底价，无底价则不能定价",
    source=_PRICE,
)
RAISED_TO_FLOOR = _reason(
    "031",
    "the factors lead below the floor: the list price is {floor_bp}",
    "各因素加点后低于底价，挂牌价取底价{floor_bp}",
    "floor_bp",
    source=_PRICE,
)
LOWERED_TO_CAP = _reason(
    "032",
    "the factors lead above the cap: the list price is {cap_bp}",
    "各因素加点后高于上限，挂牌价取上限{cap_bp}",
    "cap_bp",
    source=_PRICE,
)
DISCOUNT_CUT = _reason(
    "033",
    "the discount of {asked_bp} stops at the floor: {granted_bp} is granted",
    "优惠{asked_bp}以底价为限，实际优惠{granted_bp}",
    "asked_bp",
    "granted_bp",
    source=_PRICE,
)
FLOOR_ABOVE_CAP = _reason(
    "034",
    "the floor of {floor_bp} lies above the cap of {cap_bp}: no price covers the cost",
    "底价{floor_bp}高于上限{cap_bp}，无可覆盖成本的价格",
    "floor_bp",
    "cap_bp",
    source=_PRICE,
)
LPR_MISSING = _reason(
    "035",
    "the term asks for the LPR of tenor {tenor}, which is not given",
    "该期限应参照{tenor}期LPR，但未提供",
    "tenor",
    source=_PRICE,
)
NO_REPRICING = _reason(
    "036",
    "the loan falls due on {due_on}, before any repricing",
    "贷款于{due_on}到期，此前不再重定价",
    "due_on",
    source=_PRICE,
)
CONDITION_LAPSED = _reason(
    "037",
    "from {from_on} to {to_on} the condition of the discount did not hold: {lost_bp} of it "
    "falls away",
    "{from_on}至{to_on}未满足优惠条件，优惠减少{lost_bp}",
    "from_on",
    "to_on",
    "lost_bp",
    source=_PRICE,
)
CONDITION_UNKNOWN = _reason(
    "038",
    "from {from_on} to {to_on} it is not known whether the condition of the discount held",
    "{from_on}至{to_on}是否满足优惠条件未知",
    "from_on",
    "to_on",
    source=_PRICE,
)

# --- shared losses ---
OVER_CAP = _reason(
    "050",
    "{over_fen} exceed the claim cap of the batch: {party} bears them",
    "{over_fen}超出本批代偿上限，由{party}承担",
    "over_fen",
    "party",
    source=_SHARED,
)
OVER_CAP_EXCLUDED = _reason(
    "051",
    "{over_fen} exceed the claim cap of the batch: they stay outside the arrangement",
    "{over_fen}超出本批代偿上限，不纳入分担",
    "over_fen",
    source=_SHARED,
)
ODD_FEN = _reason(
    "052",
    "{odd_fen} could not be parted evenly: {party} bears them",
    "{odd_fen}为分摊尾差，由{party}承担",
    "odd_fen",
    "party",
    source=_SHARED,
)
SPLIT_UNKNOWN = _reason(
    "053",
    "a fact on which the parts depend is unknown",
    "决定分担金额的事实未知",
    source=_SHARED,
)

# --- referrers ---
CLAW_BACK_LIMITED = _reason(
    "060",
    "the referrer has no licence to bear more than the commission: {limit_fen} of {share_fen}",
    "推荐人无牌照，分担以佣金为限：{share_fen}中承担{limit_fen}",
    "limit_fen",
    "share_fen",
    source=_REFERRER,
    basis="regulation, from general knowledge",
)
PAYOUT_HELD = _reason(
    "061",
    "{bad} of {loans} loans referred are bad, more than the limit: the payout is held",
    "推荐贷款{loans}笔中{bad}笔不良，超过限额，暂缓支付",
    "bad",
    "loans",
    source=_REFERRER,
)
SETTLEMENT_UNKNOWN = _reason(
    "062",
    "a fact on which the settlement depends is unknown",
    "决定结算金额的事实未知",
    source=_REFERRER,
)
ASSIST = _reason(
    "063",
    "the loan is overdue for {overdue_days} days: the referrer is asked to help until {due_on}",
    "贷款已逾期{overdue_days}天，请推荐人于{due_on}前协助催收",
    "overdue_days",
    "due_on",
    source=_SHARED,
    basis="source document",
)
NOT_OVERDUE = _reason(
    "064",
    "nothing is overdue: there is nothing to help with",
    "贷款未逾期，无需协助",
    source=_SHARED,
    basis="source document",
)
NO_CONSENT = _reason(
    "065",
    "the borrower has not consented that the referrer learns of the delay",
    "借款人未同意向推荐人披露逾期情况",
    source=_REFERRER,
)
WITHHELD = _reason(
    "066",
    "{count} facts are withheld: the borrower has not consented to show them",
    "{count}项信息未获借款人同意，不予披露",
    "count",
    source=_REFERRER,
)
OVERDUE_UNKNOWN = _reason(
    "067",
    "it is not known whether the loan is overdue",
    "贷款是否逾期未知",
    source=_SHARED,
)

REASONS = tuple(value for value in tuple(globals().values()) if isinstance(value, Reason))
