"""The words and figures of the reconciliation: every code once, every figure with its basis."""

from ruralcredit.reasons import BasisWord, Figure, Reason

_RULING = "source 003, row L05 of the inventory: 额度接近或折中原则, as domain ruling 2.1 reads it"
_NO_NUMBER = "the source names no number: row L05 of the inventory and domain ruling 2.1"


def _figure(
    name: str,
    value: int,
    unit: str,
    source: str,
    basis: BasisWord = "project proposal",
) -> Figure:
    return Figure(id=f"limits.{name}", value=value, unit=unit, basis=basis, source=source)


QUORUM = _figure(
    "quorum",
    3,
    "figures",
    "source 003, row L04 of the inventory: 由三名网格员…背靠背评议",
    "source document",
)
CLOSE_BP = _figure("close", 2_000, "bp", f"{_NO_NUMBER}, share of the pair's lower figure")
LOW_DISSENT_BP = _figure(
    "low_dissent", 5_000, "bp", "domain ruling 2.1: below half of the result is a low dissent"
)
SPREAD_BP = _figure(
    "spread",
    10_000,
    "bp",
    "row L05 of the inventory, practice 2.3: a spread over the whole median asks for one more",
)
VETOES = _figure("vetoes", 1, "assessors", "practice 2.3: in deployed systems a single one vetoes")
KIN_DEGREE = _figure(
    "kin_degree", 3, "degrees", "domain ruling 2.3 leaves the degree open: uncles and nieces count"
)
ROUNDS = _figure(
    "rounds", 2, "rounds", "practice 2.2: a first and a second review (初评、复评) come first"
)
STEP_FEN = _figure("step", 100_000, "fen", f"{_NO_NUMBER}, rounded down to 1,000 yuan")
PRUDENT_CLOSE_BP = _figure(
    "prudent.close", 2_000, "bp", "the tolerance of the source's rule, of the median and for all"
)
PRUDENT_SPREAD_BP = _figure(
    "prudent.spread",
    5_000,
    "bp",
    "with assessors who err by a fifth about one household in six is assessed again",
)
FIGURES = (
    QUORUM,
    CLOSE_BP,
    LOW_DISSENT_BP,
    SPREAD_BP,
    VETOES,
    KIN_DEGREE,
    ROUNDS,
    STEP_FEN,
    PRUDENT_CLOSE_BP,
    PRUDENT_SPREAD_BP,
)

_OPTION = "domain ruling 2.1 and section 4.1 of the domain text on scorecards: a named compromise"
_STATES = "source 003, row L04 of the inventory: only figures are numbers, the rest has a state"
_VETO = "domain ruling 2.2: a veto counts only with a code that the bank can verify"
_RECUSAL = "domain ruling 2.3: recusal follows from relations that the caller gives"
_AGAIN = "domain rulings 2.1 and 2.2: what asks for a further assessment"
_CAPS = "source 003, row L24 of the inventory: 一户多贷 stays within the caps that apply"


def _reason(  # the words first, then what it rests on
    code: str,
    en: str,
    zh: str,
    *facts: str,
    source: str,
    basis: BasisWord = "project proposal",
) -> Reason:
    return Reason(
        code=f"LIM-{code}", says={"en": en, "zh": zh}, facts=facts, source=source, basis=basis
    )


# --- what the limit rests on ---
CLOSE_PAIR = _reason(
    "001",
    "the two closest figures, {lower_fen} and {higher_fen}, lie close: their mean counts",
    "最接近的两个额度{lower_fen}与{higher_fen}相接近，取其平均数",
    "lower_fen",
    "higher_fen",
    source=_RULING,
)
CLOSE_LOWER = _reason(
    "002",
    "the two closest figures, {lower_fen} and {higher_fen}, lie close: the lower one counts",
    "最接近的两个额度{lower_fen}与{higher_fen}相接近，取其较低者",
    "lower_fen",
    "higher_fen",
    source=_OPTION,
)
CLOSE_ALL = _reason(
    "003",
    "all {count} figures lie within {share_bp} of their median {median_fen}",
    "全部{count}个额度的差距在中位数{median_fen}的{share_bp}以内",
    "count",
    "share_bp",
    "median_fen",
    source=_OPTION,
)
BY_MEDIAN = _reason(
    "004",
    "compromise: the median of {count} figures counts",
    "折中：取{count}个额度的中位数",
    "count",
    source=_RULING,
)
BY_MEAN = _reason(
    "005",
    "compromise: the mean of {count} figures counts",
    "折中：取{count}个额度的平均数",
    "count",
    source=_OPTION,
)
BY_DROPPING = _reason(
    "006",
    "compromise: of {count} figures the highest and the lowest are dropped, the mean counts",
    "折中：{count}个额度去掉最高和最低，取其余平均数",
    "count",
    source=_OPTION,
)
BY_LOWER = _reason(
    "007",
    "compromise: the lowest of {count} figures counts",
    "折中：取{count}个额度中的最低者",
    "count",
    source=_OPTION,
)
BY_HODGES_LEHMANN = _reason(
    "008",
    "compromise: the median of the means of all pairs of {count} figures counts",
    "折中：取{count}个额度两两平均数的中位数",
    "count",
    source=_OPTION,
)
BY_MIDPOINT = _reason(
    "009",
    "compromise: the midpoint of the highest and the lowest of {count} figures counts",
    "折中：取{count}个额度中最高与最低的中点",
    "count",
    source=_OPTION,
)

# --- caps and rounding ---
CAPPED = _reason(
    "020",
    "the cap {cap} of {cap_fen} binds",
    "受{cap}上限{cap_fen}约束",
    "cap",
    "cap_fen",
    source=_CAPS,
)
CAP_UNKNOWN = _reason("021", "the cap {cap} is due", "需有{cap}上限", "cap", source=_CAPS)
NOTHING_LEFT = _reason(
    "022",
    "below {step_fen}, the step of the limits, nothing is left to grant",
    "不足额度取整单位{step_fen}，无可授信额度",
    "step_fen",
    source="domain ruling 2.2: a limit of 0 is none",
)

# --- what asks for a further assessment ---
LOW_DISSENT = _reason(
    "030",
    "{assessor} says {figure_fen}, below {share_bp} of the result: to a further assessor and the "
    "group",
    "{assessor}评议额度{figure_fen}低于结果的{share_bp}，交另一评议员和小组审议",
    "assessor",
    "figure_fen",
    "share_bp",
    source=_RULING,
)
WIDE_SPREAD = _reason(
    "031",
    "the figures lie {spread_fen} apart, more than {share_bp} of their median: one more is asked",
    "评议额度相差{spread_fen}，超过中位数的{share_bp}，需追加评议",
    "spread_fen",
    "share_bp",
    source=_AGAIN,
)
DISSENT = _reason(
    "032",
    "{assessor} dissents without a figure: to the group with its remark",
    "{assessor}持异议未给额度，连同意见交小组审议",
    "assessor",
    source=_STATES,
)
VETO_UNVERIFIED = _reason(
    "033",
    "{assessor} refuses for {given_code}, which the bank cannot verify: a dissent",
    "{assessor}以{given_code}否决，本行无法核实，按异议处理",
    "assessor",
    "given_code",
    source=_VETO,
)
VETO_SHORT = _reason(
    "034",
    "{assessor} refuses for {given_code}; {needed} must, so it is a dissent",
    "{assessor}以{given_code}否决，未达{needed}人，按异议处理",
    "assessor",
    "given_code",
    "needed",
    source=_VETO,
)
ASK_AGAIN = _reason(
    "035",
    "round {round} of {rounds} leaves it open: the assessors state their figures again",
    "第{round}轮（共{rounds}轮）未定，需复评",
    "round",
    "rounds",
    source=_AGAIN,
)
LAST_ROUND = _reason(
    "036",
    "round {round} was the last of {rounds}: the group decides with the doubt in view",
    "第{round}轮为最后一轮（共{rounds}轮），由小组结合异议审定",
    "round",
    "rounds",
    source=_AGAIN,
)

# --- why there is no limit ---
VETOED = _reason(
    "040",
    "{assessor} vetoes for {given_code}, which the bank can verify",
    "{assessor}以{given_code}否决，本行可核实",
    "assessor",
    "given_code",
    source=_VETO,
)
BELOW_QUORUM = _reason(
    "041",
    "{count} figures count, {quorum} must: a reserve assessor is asked",
    "有效额度{count}个，应有{quorum}个，需由候补评议员补评",
    "count",
    "quorum",
    source="source 003, row L04 of the inventory: never two figures (domain ruling 2.3)",
    basis="source document",
)

# --- who was left out ---
ABSTAINED = _reason("050", "{assessor} abstains", "{assessor}弃权", "assessor", source=_STATES)
DOES_NOT_KNOW = _reason(
    "051",
    "{assessor} does not know the household",
    "{assessor}不了解该户",
    "assessor",
    source=_STATES,
)
RECUSED = _reason(
    "052", "{assessor} is recused", "{assessor}自行回避", "assessor", source=_RECUSAL
)
LATE = _reason(
    "053",
    "the form of {assessor} came late",
    "{assessor}逾期提交",
    "assessor",
    source=_STATES,
)
STRUCK = _reason(
    "054",
    "the form of {assessor} is struck",
    "{assessor}的评议表已作废",
    "assessor",
    source=_RECUSAL,
)
# One reason per relation, since both languages name it.
MEMBER = _reason(
    "060",
    "{assessor} belongs to the household and is recused",
    "{assessor}为该户成员，应回避",
    "assessor",
    source=_RECUSAL,
)
SPOUSE = _reason(
    "061",
    "{assessor} is a spouse and is recused",
    "{assessor}为配偶，应回避",
    "assessor",
    source=_RECUSAL,
)
KIN = _reason(
    "062",
    "{assessor} is kin within {most} degrees and is recused",
    "{assessor}为{most}亲等以内亲属，应回避",
    "assessor",
    "most",
    source=_RECUSAL,
)
KIN_UNKNOWN = _reason(
    "063",
    "{assessor} is kin of a degree nobody knows and is recused",
    "{assessor}为亲属，亲等不明，应回避",
    "assessor",
    source=_RECUSAL,
)
CO_BORROWER = _reason(
    "064",
    "{assessor} is a co-borrower and is recused",
    "{assessor}为共同借款人，应回避",
    "assessor",
    source=_RECUSAL,
)
GUARANTOR = _reason(
    "065",
    "{assessor} is a guarantor and is recused",
    "{assessor}为担保人，应回避",
    "assessor",
    source=_RECUSAL,
)
DEBTOR = _reason(
    "066",
    "{assessor} is in debt to the household or the household to {assessor}: recused",
    "{assessor}与该户有债权债务关系，应回避",
    "assessor",
    source=_RECUSAL,
)
REFERRER = _reason(
    "067",
    "{assessor} referred the household and is recused",
    "{assessor}为推荐人，应回避",
    "assessor",
    source=_RECUSAL,
)
NOT_IN_YET = _reason(
    "068",
    "the form of {assessor} is of {handed_in_on}, after the day asked",
    "{assessor}的评议表日期为{handed_in_on}，晚于查询日",
    "assessor",
    "handed_in_on",
    source=_STATES,
)

REASONS = tuple(value for value in tuple(globals().values()) if isinstance(value, Reason))
