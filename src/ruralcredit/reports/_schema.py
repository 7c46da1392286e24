"""What the columns of a bank's files may be called: headers, units and words as data."""

from typing import Literal

import attrs

__all__ = [
    "BLANKS",
    "BLANK_DAYS",
    "CHINESE_NUMBERS",
    "FEN_PER_UNIT",
    "FOREIGN",
    "LEDGER",
    "LOANS",
    "NOT_GUARANTEES",
    "OPEN_DAY",
    "PARTIES",
    "RELATIONS",
    "Field",
    "Kind",
]

Kind = Literal["id", "party", "fen", "day", "months", "count", "share", "word", "fact"]

BLANKS = frozenset(
    {"", "-", "--", "—", "——", "/", "\\", "n/a", "na", "null", "none", "nan", "nat", "#n/a"}
    | {"无", "不详", "未知", "空"}
)
BLANK_DAYS = frozenset({"0", "00000000", "0000-00-00", "0000/00/00"})
OPEN_DAY = "9999-12-31"

FEN_PER_UNIT: dict[str, int] = {
    "分": 1,
    "fen": 1,
    "元": 100,
    "圆": 100,
    "yuan": 100,
    "rmb": 100,
    "cny": 100,
    "人民币": 100,
    "千元": 100_000,
    "万": 1_000_000,
    "万元": 1_000_000,
    "wan": 1_000_000,
    "wanyuan": 1_000_000,
    "10kyuan": 1_000_000,
    "10000yuan": 1_000_000,
    "百万元": 100_000_000,
    "亿": 10_000_000_000,
    "亿元": 10_000_000_000,
    "yi": 10_000_000_000,
}
"""How many fen one of each unit is; a header or a cell names the unit."""

FOREIGN = frozenset({"usd", "美元", "hkd", "港元", "港币", "eur", "欧元", "jpy", "日元"})

CHINESE_NUMBERS: dict[str, int] = {
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
    "十一": 11,
    "十二": 12,
    "十八": 18,
    "二十四": 24,
    "三十六": 36,
}


@attrs.frozen(kw_only=True)
class Field:
    """One column of ours: what it holds and the headers that files give it.

    ``headers`` come in groups, the best first: an id beats a name where a file
    has both.  ``words`` maps what cells say to our words; None is "unknown".
    Each row has a ``unique`` one of its own.
    """

    name: str
    zh: str
    kind: Kind
    headers: tuple[tuple[str, ...], ...]
    required: bool = False
    several: bool = False
    unique: bool = False
    words: dict[str, str | None] = attrs.Factory(dict)


NOT_GUARANTEES = frozenset(
    {"抵押", "质押", "信用", "抵押担保", "质押担保", "抵质押", "信用方式", "mortgage", "pledge"}
    | {"unsecured"}
)
"""What a form cell says on rows that are no guarantee at all: counted, never an arc."""

_FORM: dict[str, str | None] = {
    **dict.fromkeys(("特定", "普通", "一次性", "specific", "否", "no"), "specific"),
    **dict.fromkeys(("最高额", "最高额保证", "最高额担保", "maximum", "是", "yes"), "maximum"),
    **dict.fromkeys(("保证", "保证担保", "guarantee", "guaranteed"), None),
}
_LIABILITY: dict[str, str | None] = {
    **dict.fromkeys(("连带", "连带责任", "连带责任保证", "连带保证", "joint"), "joint"),
    **dict.fromkeys(("一般", "一般保证", "一般责任", "general"), "general"),
    **dict.fromkeys(("按份", "按份责任", "按份保证", "按份共同保证", "share"), "share"),
}
_LAYER: dict[str, str | None] = {
    **dict.fromkeys(("保证", "担保", "guarantee"), "guarantee"),
    **dict.fromkeys(("反担保", "反保证", "counter", "counter-guarantee"), "counter"),
}
_PARTY_KIND: dict[str, str | None] = {
    **dict.fromkeys(("个人", "自然人", "对私", "个体工商户", "个体户"), "person"),
    **dict.fromkeys(("person", "individual", "natural person"), "person"),
    **dict.fromkeys(("农户", "户", "household", "farmer"), "household"),
    **dict.fromkeys(("企业", "公司", "法人", "对公", "单位", "小微企业", "中小企业"), "firm"),
    **dict.fromkeys(("合作社", "农民专业合作社", "其他组织"), "firm"),
    **dict.fromkeys(("firm", "company", "enterprise", "corporate"), "firm"),
    **dict.fromkeys(("事业单位", "机关", "村集体", "村委会", "平台", "public"), "public"),
    **dict.fromkeys(
        ("担保公司", "融资担保公司", "融资性担保公司", "guarantee_company", "guarantee company"),
        "guarantee_company",
    ),
}
_RELATION: dict[str, str | None] = {
    **dict.fromkeys(("控股", "控制", "持股", "control"), "control"),
    **dict.fromkeys(("实际控制人", "实控人", "controller"), "controller"),
    **dict.fromkeys(("夫妻", "配偶", "spouse"), "spouse"),
    **dict.fromkeys(("亲属", "近亲属", "直系亲属", "父子", "母子", "父女", "母女"), "kin"),
    **dict.fromkeys(("兄弟", "姐妹", "兄妹", "姐弟", "kin"), "kin"),
    **dict.fromkeys(("同一集团", "集团", "关联企业", "group"), "group"),
}


def _fact(name: str, zh: str, *headers: str) -> Field:
    return Field(name=name, zh=zh, kind="fact", headers=((zh, name, *headers),))


LEDGER: tuple[Field, ...] = (
    Field(
        name="contract_id",
        zh="合同号",
        kind="id",
        headers=(
            ("担保合同号", "担保合同编号", "保证合同号", "保证合同编号", "guarantee_contract_id"),
            ("合同号", "合同编号", "contract_id", "contract", "contract_no", "contract_number"),
        ),
    ),
    Field(
        name="loan_id",
        zh="借据号",
        kind="id",
        headers=(("借据号", "借据编号", "loan_id", "loan", "loan_no", "note_id"),),
    ),
    Field(
        name="guarantor",
        zh="担保人",
        kind="party",
        required=True,
        several=True,
        headers=(
            ("担保人编号", "担保人客户号", "保证人编号", "保证人客户号", "guarantor_id"),
            ("担保人证件号", "担保人证件号码", "保证人证件号", "保证人证件号码"),
            ("担保人", "保证人", "担保方", "保证方", "担保企业", "担保单位"),
            ("guarantor",),
            ("担保人名称", "保证人名称", "担保人姓名", "保证人姓名", "guarantor_name"),
        ),
    ),
    Field(
        name="borrower",
        zh="被担保人",
        kind="party",
        required=True,
        headers=(
            ("被担保人编号", "被担保人客户号", "借款人编号", "借款人客户号", "borrower_id"),
            ("被担保人证件号", "被担保人证件号码", "借款人证件号", "借款人证件号码"),
            ("被担保人", "被保证人", "借款人", "债务人", "被担保方", "借款企业", "借款单位"),
            ("borrower", "debtor"),
            ("被担保人名称", "借款人名称", "借款人姓名", "债务人名称", "borrower_name"),
        ),
    ),
    Field(
        name="amount_fen",
        zh="担保金额",
        kind="fen",
        headers=(
            ("担保金额", "保证金额", "担保额", "担保本金", "保证额", "担保债权金额"),
            ("amount", "guarantee_amount", "guaranteed_amount", "最高担保额", "最高债权额"),
            ("金额", "合同金额"),
        ),
    ),
    Field(
        name="form",
        zh="担保方式",
        kind="word",
        headers=(("担保方式", "担保形式", "担保类型", "form", "guarantee_form"), ("是否最高额",)),
        words=_FORM,
    ),
    Field(
        name="liability",
        zh="责任方式",
        kind="word",
        headers=(("责任方式", "保证责任", "保证方式", "责任形式", "liability"),),
        words=_LIABILITY,
    ),
    Field(
        name="starts_on",
        zh="起始日",
        kind="day",
        headers=(
            ("起始日", "起始日期", "担保起始日", "保证起始日", "starts_on", "start", "start_date"),
            ("合同起始日", "开始日期", "签订日期", "签约日期", "合同签订日"),
        ),
    ),
    Field(
        name="debt_due_on",
        zh="到期日",
        kind="day",
        headers=(
            ("债务到期日", "主债务到期日", "借款到期日", "贷款到期日", "借据到期日"),
            ("debt_due_on", "debt_due"),
            ("到期日", "到期日期", "due_on", "due", "due_date", "maturity"),
        ),
    ),
    Field(
        name="guarantee_months",
        zh="保证期间",
        kind="months",
        headers=(("保证期间", "保证期限", "担保期间", "guarantee_months", "guarantee_period"),),
    ),
    Field(
        name="demanded_on",
        zh="主张权利日",
        kind="day",
        headers=(("主张权利日", "主张权利日期", "demanded_on", "demand_date"),),
    ),
    Field(
        name="released_on",
        zh="解除日",
        kind="day",
        headers=(("解除日", "解除日期", "担保解除日", "released_on", "release_date"),),
    ),
    Field(
        name="settled_on",
        zh="结清日",
        kind="day",
        headers=(("结清日", "结清日期", "settled_on", "settlement_date"),),
    ),
    Field(
        name="known_on",
        zh="登记日",
        kind="day",
        headers=(("登记日", "登记日期", "录入日期", "known_on", "registered_on"),),
    ),
    Field(
        name="agreement_id",
        zh="联保协议号",
        kind="id",
        headers=(("联保协议号", "联保协议编号", "联保小组编号", "agreement_id", "agreement"),),
    ),
    Field(
        name="layer",
        zh="层级",
        kind="word",
        headers=(("层级", "担保层级", "layer"),),
        words=_LAYER,
    ),
    Field(
        name="guarantor_kind",
        zh="担保人类型",
        kind="word",
        headers=(("担保人类型", "保证人类型", "担保人性质", "guarantor_kind", "guarantor_type"),),
        words=_PARTY_KIND,
    ),
    Field(
        name="borrower_kind",
        zh="被担保人类型",
        kind="word",
        headers=(
            ("被担保人类型", "借款人类型", "被担保人性质", "borrower_kind", "borrower_type"),
        ),
        words=_PARTY_KIND,
    ),
    _fact("branch", "支行", "机构", "网点", "经办机构", "经办支行", "管户机构"),
    _fact("officer", "客户经理", "管户经理", "管户人", "主办客户经理", "信贷员"),
    _fact("lender", "贷款行", "债权人", "贷款人", "债权银行"),
    _fact("region", "地区", "区域", "行政区划", "县区"),
    _fact("currency", "币种", "货币"),
)

LOANS: tuple[Field, ...] = (
    Field(
        name="loan_id",
        zh="借据号",
        kind="id",
        required=True,
        unique=True,
        headers=(("借据号", "借据编号", "loan_id", "loan", "loan_no", "note_id"),),
    ),
    Field(
        name="borrower",
        zh="借款人",
        kind="party",
        required=True,
        headers=(
            ("借款人编号", "借款人客户号", "客户号", "客户编号", "borrower_id"),
            ("借款人", "债务人", "被担保人", "borrower", "debtor"),
            ("借款人名称", "借款人姓名", "客户名称", "borrower_name"),
        ),
    ),
    Field(
        name="balance_fen",
        zh="余额",
        kind="fen",
        required=True,
        headers=(
            ("余额", "贷款余额", "借据余额", "本金余额", "balance", "loan_balance"),
            ("outstanding",),
        ),
    ),
    Field(name="product", zh="产品", kind="id", headers=(("产品", "产品名称", "product"),)),
    Field(
        name="overdue_days",
        zh="逾期天数",
        kind="count",
        headers=(("逾期天数", "本金逾期天数", "overdue_days", "days_overdue"),),
    ),
    Field(
        name="due_on",
        zh="到期日",
        kind="day",
        headers=(("到期日", "到期日期", "借据到期日", "贷款到期日", "due_on", "due", "due_date"),),
    ),
    Field(
        name="uncovered_fen",
        zh="未覆盖",
        kind="fen",
        headers=(("未覆盖", "未覆盖金额", "敞口", "uncovered", "uncovered_amount"),),
    ),
)

PARTIES: tuple[Field, ...] = (
    Field(
        name="party",
        zh="当事人",
        kind="party",
        required=True,
        unique=True,
        headers=(
            ("客户号", "客户编号", "当事人编号", "party_id", "customer_id", "customer_no"),
            ("证件号", "证件号码", "统一社会信用代码", "身份证号", "身份证号码"),
            ("当事人", "客户", "party", "customer"),
            ("当事人名称", "客户名称", "客户姓名", "party_name", "customer_name"),
        ),
    ),
    Field(
        name="kind",
        zh="类型",
        kind="word",
        headers=(("类型", "客户类型", "当事人类型", "客户性质", "kind", "party_kind", "type"),),
        words=_PARTY_KIND,
    ),
    _fact("region", "地区", "区域", "行政区划", "县区"),
    Field(
        name="net_assets_fen",
        zh="净资产",
        kind="fen",
        headers=(
            ("净资产", "净资产额", "净资产总额", "家庭净资产", "net_assets"),
            ("所有者权益", "所有者权益合计", "股东权益", "equity", "net_worth"),
        ),
    ),
)

RELATIONS: tuple[Field, ...] = (
    Field(
        name="a",
        zh="甲方",
        kind="party",
        required=True,
        headers=(("甲方", "a", "party_a", "客户", "客户a", "关联方一", "from"),),
    ),
    Field(
        name="b",
        zh="乙方",
        kind="party",
        required=True,
        headers=(("乙方", "b", "party_b", "关联方", "关联人", "客户b", "关联方二", "to"),),
    ),
    Field(
        name="kind",
        zh="关系",
        kind="word",
        required=True,
        headers=(("关系", "关系类型", "关联关系", "关联类型", "kind", "relation", "type"),),
        words=_RELATION,
    ),
    Field(
        name="share_bp",
        zh="持股比例",
        kind="share",
        headers=(("持股比例", "股权比例", "出资比例", "share_bp", "share", "stake"),),
    ),
    Field(
        name="starts_on",
        zh="起始日",
        kind="day",
        headers=(("起始日", "起始日期", "生效日", "starts_on", "start", "start_date"),),
    ),
    Field(
        name="ends_on",
        zh="终止日",
        kind="day",
        headers=(("终止日", "终止日期", "失效日", "ends_on", "end", "end_date"),),
    ),
)
