"""The words and the figures of this room: every code once, every figure with its basis."""

from ruralcredit.reasons import Figure, Reason

GUARANTEE_MONTHS = Figure(
    id="guarantees.guarantee_months",
    value=6,
    unit="months",
    basis="regulation, read",
    source="Civil Code of the PRC, art. 692: no agreed guarantee period, six months after the "
    "debt falls due",
)
HUB_DEGREE = Figure(
    id="guarantees.hub_degree",
    value=3,
    unit="parties",
    basis="project proposal",
    source="labels of a bank's published modelling contest count three and more",
)
CHAIN_PARTIES = Figure(
    id="guarantees.chain_parties",
    value=3,
    unit="parties",
    basis="project proposal",
    source="two contracts in a row are the shortest chain",
)
LAPSING_DAYS = Figure(
    id="guarantees.lapsing_days",
    value=90,
    unit="days",
    basis="project proposal",
    source="a quarter is enough to serve a demand and to record it",
)
CONTROL_BP = Figure(
    id="guarantees.control_bp",
    value=5_000,
    unit="bp",
    basis="regulation, from general knowledge",
    source="Company Law of the PRC, controlling shareholder: more than half of the capital; "
    "strictly above this share",
)
KIN_DEGREE = Figure(
    id="guarantees.kin_degree",
    value=3,
    unit="degrees",
    basis="regulation, read",
    source="CBRC Order 2010-4, art. 3: key persons with close kin, to three generations direct "
    "and two collateral",
)
FIGURES = (GUARANTEE_MONTHS, HUB_DEGREE, CHAIN_PARTIES, LAPSING_DAYS, CONTROL_BP, KIN_DEGREE)

_LEDGER = "the bank's guarantee ledger as brought"
_READING = "how this library reads a ledger that leaves a day or a period open"
_CIRCLES = "row D20 of the inventory: guarantee circles, chains and mutual guarantees"
_DEFINITION = "the definitions of a cluster and a closed loop as this library states them"


def _reason(code: str, en: str, zh: str, *facts: str, **more: object) -> Reason:
    # What the ledger itself shows is the bank's; what this library defines is its proposal.
    is_ours = more.get("source", _LEDGER) in (_DEFINITION, _READING)
    basis = "project proposal" if is_ours else "bank policy"
    options = {"basis": basis, "source": _LEDGER, **more}
    return Reason(code=f"GUA-{code}", says={"en": en, "zh": zh}, facts=facts, **options)  # type: ignore[arg-type]  # words above


# --- verdicts on a party ---
IN_LOOP = _reason(
    "001",
    "{party} is on a closed loop of {members} parties",
    "{party}在一个{members}户的循环担保中",
    "party",
    "members",
    source=_CIRCLES,
    basis="source document",
)
IN_NONE = _reason(
    "002",
    "{party} is on no closed loop, and no unknown guarantee can close one",
    "{party}不在任何循环担保中，且未知担保也不可能使其成环",
    "party",
    source=_CIRCLES,
    basis="source document",
)
OPEN_GUARANTEES = _reason(
    "003",
    "unknown guarantees of {parties} could close a loop through {party}",
    "{parties}的未知担保可能使{party}成环",
    "party",
    "parties",
    source=_CIRCLES,
    basis="source document",
)
UNKNOWN_PARTY = _reason(
    "004",
    "{party} is in neither the ledger nor the party table",
    "{party}既不在担保台账也不在客户表中",
    "party",
    source=_CIRCLES,
    basis="source document",
)
ONLY_JOINT = _reason(
    "005",
    "the guarantees that lead back to {party} all belong to joint agreement {agreement}",
    "回到{party}的担保均属同一联保协议{agreement}",
    "party",
    "agreement",
    source=_CIRCLES,
    basis="source document",
)

# --- rows that do not count ---
NOT_BEGUN = _reason("020", "the guarantee has not begun", "担保尚未开始")
LAPSED = _reason(
    "021",
    "the guarantee period is over and no demand was made in time",
    "保证期间已过且未在期间内主张权利",
    figures=(GUARANTEE_MONTHS,),
)
RELEASED = _reason("022", "the guarantee was released", "担保已解除")
SETTLED = _reason("023", "the debt was settled", "债务已结清")
NOT_KNOWN_YET = _reason("024", "the bank did not know the row yet", "银行当时尚未登记该笔")
BLANK_PARTY = _reason("025", "the guarantor or the borrower is blank", "担保人或被担保人为空")
COUNTER_GUARANTEE = _reason(
    "026",
    "a counter-guarantee is a layer of its own",
    "反担保单独成层，不计入",
    source=_DEFINITION,
)
GUARANTEE_COMPANY = _reason(
    "027",
    "a licensed guarantee company closes no loop",
    "持牌担保公司不成环",
    source=_DEFINITION,
)
INTRA_GROUP = _reason(
    "028",
    "both ends belong to one related group: intra-group support",
    "担保双方同属一个关联集团，属集团内部支持",
    source=_DEFINITION,
)
JOINT_ONLY = _reason(
    "029",
    "the contracts of one joint agreement alone close no loop",
    "同一联保协议内的担保本身不成环",
    source=_DEFINITION,
)

# --- assumptions ---
DEFAULT_PERIOD = _reason(
    "040",
    "no guarantee period is recorded: six months after the debt falls due",
    "未约定保证期间，按债务到期后六个月计",
    figures=(GUARANTEE_MONTHS,),
    basis="regulation, read",
    source=GUARANTEE_MONTHS.source,
)
UNKNOWN_START = _reason(
    "041",
    "the first day is unknown: counted as begun",
    "起始日未知，视为已开始",
    source=_READING,
)
UNKNOWN_DUE = _reason(
    "042",
    "the due day is unknown: counted as open-ended",
    "到期日未知，视为无期限",
    source=_READING,
)

# --- data problems ---
SELF_GUARANTEE = _reason("101", "a party guarantees itself", "自己为自己担保")
DUPLICATE_ROW = _reason(
    "102",
    "the same contract stands twice for the same parties and loan",
    "同一合同、同一双方、同一借据重复登记",
)
ZERO_AMOUNT = _reason("103", "the amount is zero", "担保金额为零")
NEGATIVE_AMOUNT = _reason(
    "104", "the amount is negative: counted as unknown", "担保金额为负，按未知处理"
)
UNKNOWN_AMOUNT = _reason("105", "the amount is unknown", "担保金额未知")
ENDS_BEFORE_START = _reason(
    "106", "the debt falls due before the guarantee starts", "到期日早于起始日"
)
RELEASED_BEFORE_START = _reason(
    "107", "released or settled before the guarantee starts", "解除日或结清日早于起始日"
)
RELEASED_BUT_COUNTED = _reason(
    "108",
    "released or settled after the day asked: still counted",
    "解除或结清晚于查询日，仍计入",
)
SETTLED_WITH_BALANCE = _reason(
    "109", "settled, but the loan still has a balance", "已登记结清但借据仍有余额"
)
BLANK_ID = _reason("110", "the guarantor or the borrower is blank", "担保人或被担保人为空")
BLANKS_IN_ID = _reason("111", "an id starts or ends with blanks", "编号首尾有空格")
FULL_WIDTH_ID = _reason("112", "an id holds full-width characters", "编号含全角字符")
PERSON_WITH_FIRM_ID = _reason(
    "113", "a person carries a firm's credit code", "个人使用了企业统一社会信用代码"
)
FIRM_WITH_PERSON_ID = _reason(
    "114", "a firm carries a person's identity number", "企业使用了个人身份证号码"
)
AMOUNTS_DIFFER = _reason(
    "115",
    "the rows of one contract state different amounts: the largest counts",
    "同一合同各行金额不一致，取最大值",
)
FORMS_DIFFER = _reason(
    "116",
    "the rows of one contract state different forms",
    "同一合同各行担保方式不一致",
)
OVER_CEILING = _reason(
    "117",
    "the loans under the contract exceed what it allows",
    "合同项下借据余额超过担保限额",
)
OTHER_BORROWER = _reason("118", "the loan belongs to another borrower", "借据的借款人与台账不一致")
UNKNOWN_LOAN = _reason("119", "the loan is not in the loans table", "借据不在贷款表中")
PERIOD_NOT_POSITIVE = _reason(
    "120",
    "the guarantee period is zero or negative: six months are counted",
    "保证期间为零或负，按六个月计",
    figures=(GUARANTEE_MONTHS,),
    source=_READING,
)
DEMAND_BEFORE_DUE = _reason(
    "121", "a demand is recorded before the debt fell due", "主张权利日早于债务到期日"
)
DEMAND_TOO_LATE = _reason(
    "122",
    "the demand came after the guarantee period: it does not count",
    "主张权利晚于保证期间，不起作用",
    figures=(GUARANTEE_MONTHS,),
)
PARTY_NOT_LISTED = _reason("123", "the party is not in the party table", "当事人不在客户表中")
REPAID_BUT_COUNTED = _reason(
    "124",
    "the loan has no balance and no settlement is recorded: still counted",
    "借据余额为零但未登记结清，仍计入",
)

REASONS = tuple(value for value in tuple(globals().values()) if isinstance(value, Reason))
