"""The words and figures of the group, the caps and the standards: every code once."""

from ruralcredit.reasons import BasisWord, Figure, Reason

_PROPOSAL: BasisWord = "project proposal"


def _figure(name: str, value: int, unit: str, source: str, basis: BasisWord = _PROPOSAL) -> Figure:
    return Figure(id=f"limits.{name}", value=value, unit=unit, basis=basis, source=source)


# --- facts ---
FACT_TOLERANCE = _figure(
    "facts.tolerance",
    1_000,
    "bp",
    "practice 2.9: revenue may differ by a tenth; no source gives the cross-check a tolerance",
)

# --- the group ---
_L06 = "source 003, row L06 of the inventory: size and quorum are not given"
GROUP_MEMBERS = _figure("group.members", 3, "members", f"{_L06}; domain ruling 2.5")
GROUP_PRESENT = _figure("group.present", 3, "members", f"{_L06}; as ruling 4.3 for a committee")
GROUP_QUORUM_PART = _figure(
    "group.quorum.part", 2, "parts", f"{_L06}; two thirds, as ruling 4.3 for a committee"
)
GROUP_QUORUM_WHOLE = _figure(
    "group.quorum.whole", 3, "parts", f"{_L06}; two thirds, as ruling 4.3 for a committee"
)
GROUP_MAJORITY = _figure(
    "group.majority", 5_000, "bp", f"{_L06}; an odd number of members lets more than half decide"
)
GROUP_KIN = _figure(
    "group.kin_degree", 3, "degrees", "the degree of kin that recuses an assessor recuses here too"
)

# --- village and household ---
VILLAGE_STEP = _figure(
    "village.step", 100_000, "fen", "shares of a village cap go down to 1,000 yuan, as limits do"
)
JOINT_SHARE = _figure(
    "household.joint_share",
    7_000,
    "bp",
    "practice 2.9: repayment takes at most 70% of what is disposable, here of one year",
)

# --- exposure ---
_MEASURES = (
    "measures on large exposures (大额风险暴露管理办法), order 2018 no. 1, in force 2018-07-01"
)
_READ: BasisWord = "regulation, read"
_KNOWN: BasisWord = "regulation, from general knowledge"
UNDRAWN_SHARE = _figure(
    "exposure.undrawn", 10_000, "bp", "an open line can be drawn tomorrow: it counts whole"
)
CONTINGENT_SHARE = _figure(
    "exposure.contingent", 10_000, "bp", "a guarantee or bill can be called: it counts whole"
)
SINGLE_LOANS = _figure(
    "exposure.single_loans",
    1_000,
    "bp",
    "Commercial Bank Law art. 39 and measures on large exposures, quotations read "
    "(practice 2.14); in force 1995-07-01, its day from general knowledge",
    _READ,
)
SINGLE_EXPOSURE = _figure(
    "exposure.single",
    1_500,
    "bp",
    f"{_MEASURES}, quotation read (practice 2.14); its day from general knowledge",
    _READ,
)
GROUP_EXPOSURE = _figure("exposure.group", 2_000, "bp", f"{_MEASURES} (practice 2.14)", _KNOWN)
BANK_EXPOSURE = _figure("exposure.bank", 2_500, "bp", f"{_MEASURES} (practice 2.14)", _KNOWN)
BANK_GROUP_EXPOSURE = _figure(
    "exposure.bank_group", 2_500, "bp", f"{_MEASURES} (practice 2.14)", _KNOWN
)
GROUP_CREDIT = _figure(
    "exposure.group_credit",
    1_500,
    "bp",
    "guide on credit to groups (集团客户授信业务风险管理指引) as amended 2010-06-04, items read "
    "(practice 2.14)",
    _READ,
)
LARGE = _figure("exposure.large", 250, "bp", f"{_MEASURES} (practice 2.14)", _KNOWN)
TEN_LARGEST = _figure(
    "exposure.ten_largest", 5_000, "bp", "note on ratios, read (practice 2.14)", _READ
)

# --- industry ---
_G15 = "source 001, row G15 of the inventory: per unit of output times price times ratio, unnamed"
INDUSTRY_RATIO = _figure("industry.ratio", 3_000, "bp", f"{_G15}; three tenths of a year's output")
INDUSTRY_MONTHS = _figure(
    "industry.months", 12, "months", f"{_G15}; output and price are of the last year"
)
INDUSTRY_STEP = _figure("industry.step", 100_000, "fen", f"{_G15}; down to 1,000 yuan")

# --- creditworthy households, villages, townships ---
_AREA = (
    "an autonomous prefecture's rule read in an excerpt without its title (practice 2.4): "
    "a proposal elsewhere"
)
_GRADE = (
    "older central-bank guidance on small credit loans, a copy read (practice 2.2): "
    "a proposal today"
)
_SCALE = "a leaflet of 6, 3, 2 and 10,000 yuan by grade, read (practice 2.2): another bank's scale"
EXCELLENT_YEARS = _figure("creditworthy.excellent.years", 3, "years", _GRADE)
EXCELLENT_INCOME = _figure("creditworthy.excellent.income", 200_000, "fen", _GRADE)
EXCELLENT_FUNDS = _figure("creditworthy.excellent.own_funds", 5_000, "bp", _GRADE)
EXCELLENT_LIMIT = _figure("creditworthy.excellent.limit", 3_000_000, "fen", _SCALE)
GOOD_INCOME = _figure("creditworthy.good.income", 100_000, "fen", _GRADE)
GOOD_LIMIT = _figure("creditworthy.good.limit", 2_000_000, "fen", _SCALE)
FAIR_INCOME = _figure("creditworthy.fair.income", 50_000, "fen", _GRADE)
FAIR_LIMIT = _figure("creditworthy.fair.limit", 1_000_000, "fen", _SCALE)
VILLAGE_UNITS = _figure("creditworthy.village.units", 7_000, "bp", _AREA)
VILLAGE_CLEAN = _figure("creditworthy.village.without_arrears", 8_500, "bp", _AREA)
VILLAGE_NPL = _figure("creditworthy.village.npl", 500, "bp", _AREA)
VILLAGE_NEW_NPL = _figure("creditworthy.village.new_npl", 100, "bp", _AREA)
TOWNSHIP_UNITS = _figure("creditworthy.township.units", 5_000, "bp", _AREA)
TOWNSHIP_CLEAN = _figure("creditworthy.township.without_arrears", 9_000, "bp", _AREA)
TOWNSHIP_NPL = _figure("creditworthy.township.npl", 500, "bp", _AREA)
TOWNSHIP_NEW_NPL = _figure("creditworthy.township.new_npl", 100, "bp", _AREA)
COUNTY_UNITS = _figure("creditworthy.county.units", 6_000, "bp", _AREA)
HOUSEHOLD_MONTH = _figure("creditworthy.household.month", 12, "months", _AREA)
HOUSEHOLD_DAY = _figure("creditworthy.household.day", 31, "days", _AREA)
VILLAGE_MONTH = _figure("creditworthy.village.month", 13, "months", f"{_AREA}; 13 is next January")
VILLAGE_DAY = _figure("creditworthy.village.day", 31, "days", _AREA)
TOWNSHIP_MONTH = _figure("creditworthy.township.month", 14, "months", f"{_AREA}; next February")
TOWNSHIP_DAY = _figure("creditworthy.township.day", 28, "days", _AREA)

GROUP_FIGURES = tuple(one for one in tuple(globals().values()) if isinstance(one, Figure))


def _reason(
    code: str, en: str, zh: str, *facts: str, source: str, basis: BasisWord = _PROPOSAL
) -> Reason:
    return Reason(
        code=f"LIM-{code}", says={"en": en, "zh": zh}, facts=facts, source=source, basis=basis
    )


_FACTS = "domain ruling 2.4: agreed, differs, one only, unknown; stated or evidenced"
_GROUP = "source 003, row L06 of the inventory, and domain ruling 2.5"
_VALUE = "domain ruling 2.6 and row L24 of the inventory"
_ROOM = "row L24 of the inventory, and practice 2.14"
_INDUSTRY = "source 001, row G15 of the inventory: 依托产业、整村推进"
_WORTHY = "practice 2.4: creditworthy households, villages and townships"

# --- facts ---
DIFFERS = _reason(
    "200",
    "{count} assessors state {field} of {household}, and not alike",
    "{count}名评议员对{household}的{field}说法不一致",
    *("count", "field", "household"),
    source=_FACTS,
)
ONE_ONLY = _reason(
    "201",
    "only one assessor states {field} of {household}",
    "仅一名评议员说明{household}的{field}",
    *("field", "household"),
    source=_FACTS,
)
NOBODY_KNOWS = _reason(
    "202",
    "no assessor states {field} of {household}",
    "无评议员说明{household}的{field}",
    *("field", "household"),
    source=_FACTS,
)
TO_VISIT = _reason(
    "203",
    "the difference in {field} of {household} moves the limit: visit",
    "{household}的{field}差异影响额度，须上门核实",
    *("field", "household"),
    source=_FACTS,
)
EVIDENCE_REFUSED = _reason(
    "204",
    "the customer gives no evidence of {field} of {household}: it is stated and does not count",
    "客户不愿提供{household}的{field}佐证材料：仅为口述，不计入",
    *("field", "household"),
    source="source 003 on evidence of assets that a customer will not give (domain ruling 6)",
)
NO_EVIDENCE = _reason(
    "205",
    "{field} of {household} has no evidence yet and does not count",
    "{household}的{field}尚无佐证材料，不计入",
    *("field", "household"),
    source="source 003 on evidence of assets (domain ruling 6)",
)

# --- the group ---
GROUP_CARRIED = _reason(
    "210",
    "{yes} of {present} members present vote yes: carried",
    "到会{present}人中{yes}人同意，通过",
    *("yes", "present"),
    source=_GROUP,
)
NOT_CARRIED = _reason(
    "211",
    "{yes} of {present} members present vote yes, more than {share_bp} must: put another motion",
    "到会{present}人中{yes}人同意，须超过{share_bp}：另行提议",
    *("yes", "present", "share_bp"),
    source=_GROUP,
)
GROUP_SIZE = _reason(
    "212",
    "the group has {count} members: at least {needed} must be, and an odd number",
    "小组成员{count}人，应不少于{needed}人且为单数",
    *("count", "needed"),
    source=_GROUP,
)
GROUP_ABSENT = _reason(
    "213",
    "{present} of {entitled} entitled members vote or abstain: below the quorum",
    "有权成员{entitled}人，到会{present}人，未达法定人数",
    *("present", "entitled"),
    source=_GROUP,
)
MEMBER_RELATED = _reason(
    "214",
    "member {member} is related to the household and does not vote",
    "成员{member}与该户有关联，回避",
    "member",
    source=_GROUP,
)
MEMBER_ASSESSED = _reason(
    "215",
    "member {member} assessed the household and does not vote on it",
    "成员{member}已评议该户，不参与审定",
    "member",
    source=_GROUP,
)
NO_OPEN_PROPOSAL = _reason(
    "216",
    "the proposal is still open: the group cannot stand in for the assessors",
    "评议尚无结论，小组不得代替评议员",
    source=_GROUP,
)
VETO_STANDS = _reason(
    "217",
    "the assessment ends without a limit, and no vote of the group makes one",
    "评议结论为无额度，小组表决不得改为授信",
    source="domain ruling 2.2: the rule's veto, once reached, beats every figure",
)
RAISED = _reason(
    "218",
    "the group goes above the proposal by {moved_fen}",
    "小组审定高于建议额度{moved_fen}",
    "moved_fen",
    source=_GROUP,
)
LOWERED = _reason(
    "219",
    "the group goes below the proposal by {moved_fen}",
    "小组审定低于建议额度{moved_fen}",
    "moved_fen",
    source=_GROUP,
)
UNEXPLAINED = _reason(
    "220",
    "the group departs from the proposal and gives no reason",
    "小组偏离建议额度而未说明理由",
    source=_GROUP,
)
ABOVE_CAP = _reason(
    "221",
    "the motion exceeds cap {cap} of {cap_fen}: put another",
    "提议额度超过上限{cap}（{cap_fen}）：另行提议",
    *("cap", "cap_fen"),
    source=_GROUP,
)
GROUP_CAP_UNKNOWN = _reason("222", "cap {cap} is not known", "上限{cap}不详", "cap", source=_GROUP)
GROUP_NO_CREDIT = _reason(
    "223",
    "the group gives no credit for {given_code}, which the bank can verify",
    "小组以{given_code}不予授信，本行可核实",
    "given_code",
    source=_GROUP,
)
GROUP_UNVERIFIED = _reason(
    "224",
    "the group would refuse for {given_code}, which the bank cannot verify: it does not decide",
    "小组拟以{given_code}不予授信，本行无法核实，不作依据",
    "given_code",
    source="domain ruling 2.7: law and verifiable policy decide, remarks never",
)

# --- village and household ---
VILLAGE_FITS = _reason(
    "230",
    "limits of {sum_fen} fit the village cap of {cap_fen}",
    "额度合计{sum_fen}未超过村总额{cap_fen}",
    *("sum_fen", "cap_fen"),
    source=_VALUE,
)
VILLAGE_SHARED = _reason(
    "231",
    "limits of {sum_fen} exceed the village cap of {cap_fen}: shared in proportion",
    "额度合计{sum_fen}超过村总额{cap_fen}：按比例分配",
    *("sum_fen", "cap_fen"),
    source=_VALUE,
)
VILLAGE_RANKED = _reason(
    "232",
    "limits of {sum_fen} exceed the village cap of {cap_fen}: shared by rank",
    "额度合计{sum_fen}超过村总额{cap_fen}：按排序分配",
    *("sum_fen", "cap_fen"),
    source=_VALUE,
)
VILLAGE_WITHOUT = _reason(
    "233",
    "{count} households are left with less than a step",
    "{count}户分配不足一个级距",
    "count",
    source=_VALUE,
)
VILLAGE_OPEN = _reason(
    "234",
    "{count} households have no limit yet and share in nothing",
    "{count}户尚无额度，未参与分配",
    "count",
    source=_VALUE,
)
BY_JOINT = _reason(
    "235",
    "{share_bp} of the joint yearly cash flow of {count} signing members, {flow_fen}",
    "取{count}名签约成员年度净现金流{flow_fen}的{share_bp}",
    *("share_bp", "count", "flow_fen"),
    source=_VALUE,
)
BY_MINIMUM = _reason(
    "236",
    "the lowest model value of {count} signing members",
    "取{count}名签约成员模型额度的最低者",
    "count",
    source=_VALUE,
)
BY_MAXIMUM = _reason(
    "237",
    "the highest model value of {count} signing members",
    "取{count}名签约成员模型额度的最高者",
    "count",
    source=_VALUE,
)
HOUSEHOLD_CAP = _reason(
    "238",
    "the one household cap of {cap_fen} binds",
    "受家庭总额度上限{cap_fen}约束",
    "cap_fen",
    source=_VALUE,
    basis="bank policy",
)
HOUSEHOLD_CAP_UNKNOWN = _reason(
    "239", "the household cap is not known", "家庭总额度上限不详", source=_VALUE
)
NOBODY_SIGNS = _reason("240", "no member would sign", "无家庭成员签约", source=_VALUE)
MAY_SIGN = _reason(
    "241",
    "whether member {member} would sign is not known",
    "成员{member}是否签约不详",
    "member",
    source=_VALUE,
)
MEMBER_VALUE_UNKNOWN = _reason(
    "242",
    "the figures of signing member {member} are not known",
    "签约成员{member}的数据不详",
    "member",
    source=_VALUE,
)
NO_VALUE = _reason(
    "243",
    "nothing is left for a limit",
    "无可授信额度",
    source=_VALUE,
)

# --- exposure ---
BINDS = _reason(
    "250",
    "cap {cap} of {cap_fen} binds first: {used_fen} used, {room_fen} left",
    "上限{cap}（{cap_fen}）最先约束：已用{used_fen}，剩余{room_fen}",
    *("cap", "cap_fen", "used_fen", "room_fen"),
    source=_ROOM,
    basis="source document",
)
EXCEEDED = _reason(
    "251",
    "cap {cap} of {cap_fen} is exceeded: {used_fen} used",
    "上限{cap}（{cap_fen}）已突破：已用{used_fen}",
    *("cap", "cap_fen", "used_fen"),
    source=_ROOM,
    basis="source document",
)
NO_ROOM = _reason(
    "252",
    "the amount asked, {amount_fen}, exceeds the headroom by {over_fen}",
    "申请金额{amount_fen}超出可用空间{over_fen}",
    *("amount_fen", "over_fen"),
    source=_ROOM,
    basis="source document",
)
ROOM_UNKNOWN = _reason(
    "253",
    "{what} is not known, so the headroom is open",
    "{what}不详，可用空间无法确定",
    "what",
    source=_ROOM,
)
NOT_ASKED = _reason(
    "254",
    "only the bank's own caps are asked: large-exposure caps need its capital",
    "仅核对本行自设上限：大额风险暴露上限需提供资本数据",
    source=_ROOM,
)
IS_LARGE = _reason(
    "255",
    "{party} is a large exposure: {used_fen} of {of_fen}, at least {share_bp}",
    "{party}为大额风险暴露：{used_fen}，资本{of_fen}，达到{share_bp}",
    *("party", "used_fen", "of_fen", "share_bp"),
    source=_ROOM,
)
TEN_EXCEED = _reason(
    "256",
    "the {count} largest borrowers owe {used_fen}, above {share_bp} of {of_fen}",
    "最大{count}家借款人贷款{used_fen}，超过资本{of_fen}的{share_bp}",
    *("count", "used_fen", "share_bp", "of_fen"),
    source=_ROOM,
)

# --- industry ---
BY_INDUSTRY = _reason(
    "260",
    "{units} {unit} of {industry}, output worth {output_fen}: {share_bp} of it",
    "{industry}{units}{unit}，产值{output_fen}，取其{share_bp}",
    *("units", "unit", "industry", "output_fen", "share_bp"),
    source=_INDUSTRY,
)
STATED_ABOVE = _reason(
    "261",
    "{stated} {unit} of {industry} are stated, {registered} registered: the lower counts",
    "{industry}申报{stated}{unit}，登记{registered}{unit}，取其低",
    *("stated", "unit", "industry", "registered"),
    source=_INDUSTRY,
)
NOT_REGISTERED = _reason(
    "262",
    "how much {industry} the authority has registered is not known",
    "主管部门登记的{industry}规模不详",
    "industry",
    source=_INDUSTRY,
)
NO_RATE = _reason(
    "263",
    "output and price of {industry} are not known",
    "{industry}的产量和价格不详",
    "industry",
    source=_INDUSTRY,
)
STALE_RATE = _reason(
    "264",
    "output and price of {industry} are of {found_on}, older than {most} months",
    "{industry}的产量和价格数据为{found_on}，超过{most}个月",
    *("industry", "found_on", "most"),
    source=_INDUSTRY,
)
INDUSTRY_CAPPED = _reason(
    "265",
    "cap {cap} of {cap_fen} binds",
    "受上限{cap}（{cap_fen}）约束",
    *("cap", "cap_fen"),
    source=_INDUSTRY,
    basis="bank policy",
)
INDUSTRY_CAP_UNKNOWN = _reason(
    "266", "cap {cap} is not known", "上限{cap}不详", "cap", source=_INDUSTRY
)
NOT_A_STEP = _reason(
    "267",
    "what the output carries is less than a step of {step_fen}",
    "产值可支持额度不足{step_fen}",
    "step_fen",
    source=_INDUSTRY,
)

# --- creditworthy ---
NOT_LOCAL = _reason(
    "270", "no home or residence in the village", "在本村无住所或居所", source=_WORTHY
)
NO_CAPACITY = _reason("271", "no full legal capacity", "无完全民事行为能力", source=_WORTHY)
NO_INCOME = _reason("272", "no lawful steady income", "无合法稳定收入来源", source=_WORTHY)
OLD_DEBTS = _reason("273", "old debts are open", "有未清偿旧欠", source=_WORTHY)
NOT_WILLING = _reason("274", "does not cooperate with the bank", "不配合本行工作", source=_WORTHY)
BAD_RECORD = _reason(
    "275", "a bad record in the central credit register", "征信有不良记录", source=_WORTHY
)
GRADED = _reason("276", "meets grade {grade}", "符合{grade}等级", "grade", source=_WORTHY)
BELOW_YEARS = _reason(
    "277",
    "grade {grade} asks for {needed} years without arrears",
    "{grade}等级要求连续{needed}年无逾期",
    *("grade", "needed"),
    source=_WORTHY,
)
BELOW_INCOME = _reason(
    "278",
    "grade {grade} asks for more than {needed_fen} a head and year",
    "{grade}等级要求人均年收入超过{needed_fen}",
    *("grade", "needed_fen"),
    source=_WORTHY,
)
BELOW_FUNDS = _reason(
    "279",
    "grade {grade} asks for {share_bp} own funds",
    "{grade}等级要求自有资金不低于{share_bp}",
    *("grade", "share_bp"),
    source=_WORTHY,
)
BELOW_UNITS = _reason(
    "281",
    "{part} of {whole} are creditworthy, at least {share_bp} must be",
    "{whole}中{part}达标，应不低于{share_bp}",
    *("part", "whole", "share_bp"),
    source=_WORTHY,
)
BELOW_CLEAN = _reason(
    "282",
    "{part} of {whole} borrowers are without arrears, at least {share_bp} must be",
    "{whole}户贷款户中{part}户无拖欠，应不低于{share_bp}",
    *("part", "whole", "share_bp"),
    source=_WORTHY,
)
ABOVE_NPL = _reason(
    "283",
    "{part_fen} of {whole_fen} are non-performing, below {share_bp} must be",
    "贷款{whole_fen}中不良{part_fen}，应低于{share_bp}",
    *("part_fen", "whole_fen", "share_bp"),
    source=_WORTHY,
)
ABOVE_NEW_NPL = _reason(
    "284",
    "{part_fen} of {whole_fen} granted in the year are non-performing, below {share_bp} must be",
    "当年发放{whole_fen}中不良{part_fen}，应低于{share_bp}",
    *("part_fen", "whole_fen", "share_bp"),
    source=_WORTHY,
)
ASSESSED_LATE = _reason(
    "280",
    "the assessment of {year} was due on {due_on}",
    "{year}年度评定应于{due_on}前完成",
    *("year", "due_on"),
    source=_WORTHY,
)

GROUP_REASONS = tuple(one for one in tuple(globals().values()) if isinstance(one, Reason))
