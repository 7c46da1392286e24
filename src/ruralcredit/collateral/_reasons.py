"""The words and the figures of this room: every code once, every figure with its basis."""

from ruralcredit.reasons import Figure, Reason

DEDUCTION = Figure(
    id="collateral.cautious_deduction",
    value=1_000,
    unit="bp",
    basis="project proposal",
    source="row D19 of the inventory asks for caution and gives no ratio: ten points, once, "
    "however many cautions",
)
REFER_FROM = Figure(
    id="collateral.refer_from",
    value=2,
    unit="cautions",
    basis="project proposal",
    source="row D19 of the inventory: one caution lowers the cap, several belong to a higher desk",
)
YEARLY_MONTHS = Figure(
    id="collateral.revalue_yearly",
    value=12,
    unit="months",
    basis="regulation, read",
    source="guideline on commercial banks' collateral (2017), art. 18: at least once a year",
)
HALF_YEARLY_MONTHS = Figure(
    id="collateral.revalue_half_yearly",
    value=6,
    unit="months",
    basis="project proposal",
    source="guideline on commercial banks' collateral (2017), art. 18: more often where values "
    "move; half a year proposed",
)
DAILY_DAYS = Figure(
    id="collateral.revalue_daily",
    value=1,
    unit="days",
    basis="regulation, read",
    source="guideline on commercial banks' collateral (2017), art. 18: what markets trade is "
    "marked to market",
)
FIGURES = (DEDUCTION, REFER_FROM, YEARLY_MONTHS, HALF_YEARLY_MONTHS, DAILY_DAYS)

_FORMULA = (
    "rule of this room: cap x value - senior claims, at most the registered maximum of a "
    "maximum-amount mortgage"
)
_GUIDELINE = "guideline on commercial banks' collateral (2017)"
_D19 = "row D19 of the inventory: differentiated collateral policy"


def _reason(code: str, en: str, zh: str, *facts: str, **more: object) -> Reason:
    options = {"basis": "project proposal", "source": _FORMULA, **more}
    return Reason(code=f"COL-{code}", says={"en": en, "zh": zh}, facts=facts, **options)  # type: ignore[arg-type]  # words above


def _known(code: str, en: str, zh: str, source: str) -> Reason:
    return _reason(code, en, zh, source=source, basis="regulation, from general knowledge")


# --- cap, deduction, verdict ---
CAP = _reason("001", "the cap of this kind is {cap_bp}", "该类押品抵质押率上限{cap_bp}", "cap_bp")
DEDUCTED = _reason(
    "002",
    "treated with caution: {deduction_bp} off the cap, once",
    "审慎类押品：上限一次性下调{deduction_bp}",
    "deduction_bp",
    figures=(DEDUCTION,),
    source=DEDUCTION.source,
)
REFERRED = _reason(
    "003",
    "{cautions} cautions: refer upward",
    "审慎因素{cautions}项，须上报上一级审批",
    "cautions",
    figures=(REFER_FROM,),
    source=REFER_FROM.source,
)

# --- the differentiated policy ---
PREFERRED = _reason(
    "010",
    "a local factory or local housing is preferred",
    "本地工业厂房、住宅，重点支持",
    source=_D19,
    basis="source document",
)
OUT_OF_AREA = _reason(
    "011",
    "it lies outside the service area",
    "押品位于服务区域以外（异地）",
    source=_D19,
    basis="source document",
)
THIRD_PARTY = _reason(
    "012",
    "its owner is a third party",
    "押品所有人为第三方",
    source=_D19,
    basis="source document",
)
SHOP = _reason("013", "it is a shop", "押品为商铺", source=_D19, basis="source document")
OLD_AND_LARGE = _reason(
    "014",
    "old and large: {age_years} years, {area_m2} m2",
    "老旧且面积过大（老破大）：房龄{age_years}年，面积{area_m2}平方米",
    "age_years",
    "area_m2",
    source=f"{_D19}; the thresholds are its default",
)
RUN_DOWN = _reason(
    "015",
    "the building is run-down",
    "房屋破旧",
    source=f"{_D19}; run-down as a fact of its own is this library's reading",
)

# --- what is refused ---
HOMESTEAD = _known(
    "020",
    "homestead land outside the pilots cannot be mortgaged",
    "非试点地区的宅基地不得抵押",
    "Civil Code of the PRC, art. 399 (2)",
)
PUBLIC_WELFARE = _known(
    "021",
    "facilities for public welfare cannot be mortgaged",
    "公益设施不得抵押",
    "Civil Code of the PRC, art. 399 (3)",
)
DISPUTED = _known(
    "022",
    "its ownership or use is disputed",
    "权属不明或有争议",
    "Civil Code of the PRC, art. 399 (4)",
)
SEALED = _known(
    "023",
    "it is sealed, seized or under control of a court",
    "已被查封、扣押或监管",
    "Civil Code of the PRC, art. 399 (5)",
)
OWN_SHARES = _known(
    "024",
    "a bank takes no pledge of its own shares",
    "不得接受本行股权作为质押标的",
    "Company Law of the PRC: a company takes no pledge of its own shares",
)
CONSENT_REFUSED = _known(
    "025",
    "a co-owner refuses consent",
    "共有人不同意抵质押",
    "Civil Code of the PRC, art. 301",
)

# --- before drawdown ---
INSURANCE = _reason(
    "030",
    "it has to be insured before drawdown",
    "放款前须办妥押品保险",
    source="customary for what can burn, break or die; this library's proposal",
)
NO_EVIDENCE = _reason(
    "031",
    "the value is the owner's word only",
    "价值仅为所有人自述，无评估依据",
    source=f"{_GUIDELINE}, art. 17: value at a reasonable market price",
)

# --- the valuation ---
NOT_VALUED = _reason("040", "there is no valuation", "未评估", source=f"{_GUIDELINE}, art. 17")
UNDATED = _reason(
    "041", "the valuation has no date", "评估日期缺失", source=f"{_GUIDELINE}, art. 18"
)
NOT_YET = _reason(
    "042",
    "the valuation of {valued_on} is later than the day asked",
    "评估日{valued_on}晚于查询日",
    "valued_on",
    source="what nobody could know on the day asked does not count",
)
STALE = _reason(
    "043",
    "the valuation of {valued_on} was due again on {due_on}",
    "{valued_on}的评估已于{due_on}到期，须重估",
    "valued_on",
    "due_on",
    source=f"{_GUIDELINE}, art. 18",
)

# --- from value to lendable value ---
SHARE = _reason("050", "only {share_bp} of it is pledged", "仅抵质押{share_bp}份额", "share_bp")
SENIOR = _reason(
    "051",
    "senior claims of {senior_fen} come first",
    "在先债权{senior_fen}优先受偿",
    "senior_fen",
)
MAXIMUM = _reason(
    "052",
    "the registered maximum of {registered_fen} binds",
    "以最高额抵押登记的债权额{registered_fen}为限",
    "registered_fen",
)
FORM = _reason(
    "053",
    "whether it is a maximum-amount mortgage",
    "是否为最高额抵押",
    source=_FORMULA,
)

# --- loan to value, shortfall ---
WITHIN_CAP = _reason(
    "060",
    "the principal is {ltv_bp} of the value, within the cap of {cap_bp}",
    "抵质押率{ltv_bp}，未超过上限{cap_bp}",
    "ltv_bp",
    "cap_bp",
    source=f"{_GUIDELINE}, art. 20",
)
ABOVE_CAP = _reason(
    "061",
    "the principal is {ltv_bp} of the value, above the cap of {cap_bp}",
    "抵质押率{ltv_bp}，超过上限{cap_bp}",
    "ltv_bp",
    "cap_bp",
    source=f"{_GUIDELINE}, art. 20",
)
COVERED = _reason(
    "062",
    "the pool covers {exposure_fen}",
    "押品池足以覆盖敞口{exposure_fen}",
    "exposure_fen",
    source=f"{_GUIDELINE}, art. 21",
)
SHORT = _reason(
    "063",
    "the pool falls short of {exposure_fen} by {shortfall_fen}",
    "押品池不足以覆盖敞口{exposure_fen}，缺口{shortfall_fen}",
    "exposure_fen",
    "shortfall_fen",
    source=f"{_GUIDELINE}, art. 21",
)

REASONS = tuple(value for value in tuple(globals().values()) if isinstance(value, Reason))
