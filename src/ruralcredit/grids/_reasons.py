"""The words and the figures of this room: every code once, every figure with its basis."""

from typing import Final

from ruralcredit.reasons import BasisWord, Figure, Reason

_PROPOSAL: Final[BasisWord] = "project proposal"
_SOURCE: Final[BasisWord] = "source document"


def _figure(name: str, value: int, unit: str, *, basis: BasisWord, source: str) -> Figure:
    return Figure(id=f"grids.{name}", value=value, unit=unit, basis=basis, source=source)


ROLE_COUNT = _figure(
    "roles.count",
    4,
    "roles",
    basis=_SOURCE,
    source="source 003, row L02 of the inventory: 一格四员",
)
ASSESSORS_LEAST = _figure(
    "roles.assessors",
    3,
    "assessors",
    basis=_SOURCE,
    source="source 003, row L04 of the inventory: 三名网格员开展背靠背评议",
)
VISIT_TARGET = _figure(
    "visit_coverage.target",
    10_000,
    "bp",
    basis=_PROPOSAL,
    source="row L36 of the inventory: 地毯式走访, the share is not given",
)
REGISTER_DAYS = _figure(
    "field.register_days",
    0,
    "days",
    basis=_SOURCE,
    source="source 000, row D12 of the inventory: 手工登记，每日核对",
)
STATIONED_A_WEEK = _figure(
    "stationed.a_week",
    2,
    "visits",
    basis=_SOURCE,
    source="source 003, row L16 of the inventory: 每周进行两次驻勤活动",
)


def _clock(name: str, minute: int) -> Figure:
    return _figure(
        f"day.{name}",
        minute,
        "minutes after midnight",
        basis=_PROPOSAL,
        source="row D08 of the inventory: clock times are not given",
    )


OWN_STARTS, OWN_ENDS = _clock("own.starts", 510), _clock("own.ends", 600)
MARKETING_STARTS, MARKETING_ENDS = (
    _clock("marketing.starts", 600),
    _clock("marketing.ends", 1_020),
)
FIXED_STARTS, FIXED_ENDS = _clock("fixed.starts", 1_020), _clock("fixed.ends", 1_080)
HOUSEHOLDS_A_DAY = _figure(
    "quota.households_a_day",
    20,
    "households",
    basis=_PROPOSAL,
    source="row L23 of the inventory: teams are named, what one can do in a day is not",
)
_SIZE: Final = "source 003, row L23 of the inventory: 二、三百户到七、八百户不等的村居"
VILLAGE_SMALLEST = _figure("village.smallest", 200, "households", basis=_SOURCE, source=_SIZE)
VILLAGE_LARGEST = _figure("village.largest", 800, "households", basis=_SOURCE, source=_SIZE)
RETRY_AFTER = _figure(
    "pre_approval.retry_days",
    90,
    "days",
    basis=_PROPOSAL,
    source="row L26 of the inventory: when a refusal is asked again is not given",
)
GROUP_LEAST = _figure(
    "group.least",
    3,
    "members",
    basis=_PROPOSAL,
    source="row L06 of the inventory: the size of the group is not given; ruling 2.5",
)
_AGES: Final = "row L25 of the inventory: 老年人和小孩 cannot be completed, ages are not given"
ADULT_FROM = _figure("file.adult_from", 18, "years", basis=_PROPOSAL, source=_AGES)
ADULT_TO = _figure("file.adult_to", 65, "years", basis=_PROPOSAL, source=_AGES)
ACCEPTANCE_SHARE = _figure(
    "acceptance.share",
    500,
    "bp",
    basis=_PROPOSAL,
    source="practice 2.2, step 9: a share of the households reviewed, not given",
)
SERVICE_RADIUS = _figure(
    "service.radius",
    1_000,
    "metres",
    basis=_SOURCE,
    source="source 003, row L38 of the inventory: 1公里金融服务圈",
)
FIGURES = tuple(value for value in tuple(globals().values()) if isinstance(value, Figure))


def _reason(
    code: str,
    en: str,
    zh: str,
    *facts: str,
    source: str,
    basis: BasisWord = _SOURCE,
) -> Reason:
    return Reason(
        code=f"GRD-{code}", says={"en": en, "zh": zh}, facts=facts, source=source, basis=basis
    )


# --- grids and their people ---
_FOUR: Final = "source 003, row L02 of the inventory: 一格四员; ruling 2.8"
_FIXINGS: Final = "source 003, row L03 of the inventory: 定格、定员、定岗、定责"
NO_PERSON = _reason(
    "001",
    "nobody holds the role {role} in grid {grid}",
    "网格{grid}的{role}岗位无人",
    "grid",
    "role",
    source=_FOUR,
)
PERSON_TWICE = _reason(
    "002",
    "{person} holds both {other} and {role} in grid {grid}",
    "网格{grid}中{person}兼任{other}与{role}",
    "grid",
    "person",
    "role",
    "other",
    source=_FOUR,
)
ROLE_UNKNOWN = _reason(
    "003",
    "grid {grid} names {role}, which is none of its roles",
    "网格{grid}的{role}不属于规定岗位",
    "grid",
    "role",
    source=_FOUR,
)
GRID_NOT_FIXED = _reason(
    "004",
    "the village or the branch of grid {grid} is not fixed",
    "网格{grid}未定格：村居或支行未明确",
    "grid",
    source=_FIXINGS,
)
NO_POST = _reason(
    "005",
    "a role of grid {grid} has no post",
    "网格{grid}未定岗",
    "grid",
    source=_FIXINGS,
)
NO_DUTY = _reason(
    "006",
    "a role of grid {grid} has no duty",
    "网格{grid}未定责",
    "grid",
    source=_FIXINGS,
)
GRID_FIXED = _reason(
    "007",
    "grid, people, posts and duties of {grid} are fixed",
    "网格{grid}已定格、定员、定岗、定责",
    "grid",
    source=_FIXINGS,
)
_BLIND: Final = "source 003, row L04 of the inventory; ruling 2.3"
ASSESSORS_SHORT = _reason(
    "008",
    "{count} of {needed} assessors count",
    "有效评议人{count}名，应有{needed}名",
    "count",
    "needed",
    source=_BLIND,
)
NOT_AN_ASSESSOR = _reason(
    "009",
    "{person} does not count: related to the household, or no assessor of grid {grid}",
    "{person}的评议不计入：应回避或不是网格{grid}的评议人",
    "grid",
    "person",
    source=_BLIND,
)

# --- cover ---
_COVER: Final = "source 004, row Y11 of the inventory: 全覆盖、无死角，划分至每一名员工"


def _counted(code: str, en: str, zh: str, *, source: str = _COVER) -> Reason:
    return _reason(code, f"{{count}} {en}", f"{{count}}{zh}", "count", source=source)


HOUSEHOLD_GAP = _counted("020", "households stand in no grid", "户未划入任何网格")
HOUSEHOLD_OVERLAP = _counted("021", "households stand in several grids", "户同时划入多个网格")
HOUSEHOLD_STRANGE = _counted(
    "022", "households of a grid do not stand in the register", "户在网格中但不在名册中"
)
GRID_UNKNOWN = _counted("023", "grids of the register are not known", "个网格未登记")
HOUSEHOLD_OWNERLESS = _counted(
    "024",
    "households have nobody responsible for them",
    "户无责任人",
    source="source 004, row Y12 of the inventory: 责任到人到户",
)
GRID_EMPTY = _counted("025", "grids hold no household", "个网格没有农户")
PARENT_UNKNOWN = _counted("026", "grids name a parent that is not known", "个网格的上级网格未登记")
PARENT_LOOP = _counted("027", "grids are parts of themselves", "个网格互为上级")
AREA_OUTSIDE = _counted(
    "028", "grids lie outside the area of their parent", "个网格超出上级网格的行政区划"
)
GRID_STAFFLESS = _counted("029", "grids have nobody of the staff", "个网格没有责任员工")
STAFF_IDLE = _counted("030", "members of the staff have no grid", "名员工未划分网格")
_SHOP: Final = "source 004, row Y13 of the inventory: 一人一店"
SHOPS_SEVERAL = _counted(
    "031", "members of the staff have several shops", "名员工开有多个微店", source=_SHOP
)
SHOP_SHARED = _counted("032", "shops have several owners", "个微店有多名店主", source=_SHOP)
SHOPLESS = _counted("033", "members of the staff have no shop", "名员工没有微店", source=_SHOP)

FUNNEL_BROKEN = _reason(
    "040",
    "{narrow} counts {count}, more than the {most} of {wide}",
    "{narrow}为{count}，超过{wide}的{most}",
    "wide",
    "narrow",
    "count",
    "most",
    source="a part cannot exceed its whole; row L12 of the inventory",
    basis=_PROPOSAL,
)

# --- field discipline ---
_RULES: Final = "source 000, row D12 of the inventory: 四大自律机制"
LEAD_MISSING = _reason(
    "050",
    "no lead is named for the visit to {household} on {on}",
    "{on}走访{household}未登记主办人",
    "household",
    "on",
    source="ruling 4.2: 主办, 协办 both named",
    basis=_PROPOSAL,
)
SECOND_MISSING = _reason(
    "051",
    "no second is named for the visit to {household} on {on}",
    "{on}走访{household}未登记协办人，疑似单独走访",
    "household",
    "on",
    source=_RULES,
)
PAIR_IS_ONE = _reason(
    "052",
    "{lead} is both lead and second of the visit to {household} on {on}",
    "{on}走访{household}的主办与协办同为{lead}",
    "household",
    "on",
    "lead",
    source=_RULES,
)
STOP_SKIPPED = _reason(
    "053",
    "stop {stop} of street {street} follows stop {last_stop} on {on}",
    "{on}在{street}从第{last_stop}户跳至第{stop}户",
    "on",
    "street",
    "stop",
    "last_stop",
    source=_RULES,
)
STOP_UNKNOWN = _reason(
    "054",
    "the stop of {household} in street {street} on {on} is not named",
    "{on}在{street}走访{household}未登记顺序号",
    "household",
    "street",
    "on",
    source=_RULES,
)
NOT_IN_REGISTER = _reason(
    "055",
    "the visit to {household} on {on} stands in the log, not in the hand register",
    "{on}走访{household}有系统记录而无手工登记",
    "household",
    "on",
    source=_RULES,
)
NOT_IN_LOG = _reason(
    "056",
    "the visit to {household} on {on} stands in the hand register, not in the log",
    "{on}走访{household}有手工登记而无系统记录",
    "household",
    "on",
    source=_RULES,
)
REGISTER_UNCHECKED = _reason(
    "057",
    "the hand register of {on} is not checked, which was due within {days} days",
    "{on}的手工登记未核对，应在{days}天内核对",
    "on",
    "days",
    source=_RULES,
)
REGISTER_LATE = _reason(
    "058",
    "the hand register of {on} was checked on {checked_on}, later than {days} days after",
    "{on}的手工登记于{checked_on}才核对，应在{days}天内核对",
    "on",
    "checked_on",
    "days",
    source=_RULES,
)
DESK_WORK = _reason(
    "059",
    "{staff} sat at the desk in marketing time on {on} without notice",
    "{staff}于{on}营销时间未报备坐班",
    "staff",
    "on",
    source=_RULES,
)
ACTION_MISSING = _reason(
    "060",
    "{staff} did not do {action} in block {block} on {on}",
    "{staff}于{on}在{block}时段未完成{action}",
    "staff",
    "on",
    "block",
    "action",
    source="source 000, rows D09 to D11 of the inventory: 规定动作、标准动作",
)
ACTION_MISPLACED = _reason(
    "061",
    "the action in row {row} is not set for its block",
    "第{row}行的动作不属于该时段",
    "row",
    source="source 000, rows D09 to D11 of the inventory",
)
DESK_LATE_NOTICE = _reason(
    "062",
    "{staff} gave notice of desk work on {on} after the day only",
    "{staff}于{on}坐班系事后报备",
    "staff",
    "on",
    source=_RULES,
)
DESK_NO_BLOCK = _reason(
    "063",
    "the block of the day in which {staff} sat at the desk on {on} is not known",
    "{staff}于{on}坐班的时段不明",
    "staff",
    "on",
    source=_RULES,
)
STATIONED_SHORT = _reason(
    "065",
    "branch {branch} made {count} of {needed} stationed visits in {week}",
    "{branch}在{week}驻勤{count}次，应驻勤{needed}次",
    "branch",
    "week",
    "count",
    "needed",
    source="source 003, row L16 of the inventory: 每周进行两次驻勤活动",
)

# --- quota and deadlines ---
_PLAN: Final = "source 003, rows L22, L23 and L28 of the inventory"
VILLAGE_OUTSIDE = _reason(
    "070",
    "{count} households lie outside the usual {low} to {high} of a village",
    "{count}户，超出村居常见规模{low}至{high}户",
    "count",
    "low",
    "high",
    source=_PLAN,
)
QUOTA_KEPT = _reason(
    "071",
    "all {households} households can be visited by {deadline}, {capacity} per pair and day",
    "{deadline}前可走访全部{households}户，每组每日最多{capacity}户",
    "households",
    "deadline",
    "capacity",
    source=_PLAN,
)
QUOTA_TOO_HIGH = _reason(
    "072",
    "{households} households are left over on {deadline}, {capacity} per pair and day",
    "{deadline}尚余{households}户未能走访，每组每日最多{capacity}户",
    "households",
    "deadline",
    "capacity",
    source=_PLAN,
)
DEADLINE_KEPT = _reason(
    "073",
    "it ended on {ended_on}, by {deadline}",
    "于{ended_on}完成，未超过{deadline}",
    "deadline",
    "ended_on",
    source=_PLAN,
)
DEADLINE_OPEN = _reason(
    "074", "it is due by {deadline}", "应于{deadline}前完成", "deadline", source=_PLAN
)
DEADLINE_MISSED = _reason(
    "075",
    "it is {days} days past {deadline}",
    "已超过{deadline}{days}天",
    "deadline",
    "days",
    source=_PLAN,
)

# --- the run ---
_RUN: Final = "source 003, rows L18 and L19 of the inventory: 项目经理制"
RUN_OWNERLESS = _reason(
    "080", "run {run} has no project manager", "{run}未明确项目经理", "run", source=_RUN
)
PHASE_EMPTY = _reason(
    "081",
    "run {run} plans no work in phase {phase}",
    "{run}的{phase}阶段无工作安排",
    "run",
    "phase",
    source=_RUN,
)
ITEM_INCOMPLETE = _reason(
    "082",
    "item {item} of the plan has no {field}",
    "第{item}项工作缺少{field}",
    "item",
    "field",
    source=_RUN,
)
_GROUP: Final = "row L06 of the inventory; ruling 2.5"
GROUP_SMALL = _reason(
    "083",
    "the group has {count} members, at least {least} decide",
    "小组仅{count}人，至少{least}人",
    "count",
    "least",
    source=_GROUP,
    basis=_PROPOSAL,
)
GROUP_EVEN = _reason(
    "084",
    "the group has {count} members, an even number",
    "小组{count}人，人数应为单数",
    "count",
    source=_GROUP,
    basis=_PROPOSAL,
)
GROUP_MIXED = _reason(
    "085",
    "{person} assessed and cannot decide in the group",
    "{person}已参与评议，不得参加小组审定",
    "person",
    source=_GROUP,
    basis=_PROPOSAL,
)
CHANNEL_UNEXPLAINED = _reason(
    "086",
    "channel {channel} needs a reason: the main one is {main}",
    "采用{channel}须说明理由，以{main}为主",
    "channel",
    "main",
    source="source 003, row L20 of the inventory: 以上门授信为主",
)
SERVICE_TOO_FAR = _reason(
    "087",
    "the service point is {metres} metres away, more than {radius}",
    "距服务点{metres}米，超过{radius}米",
    "metres",
    "radius",
    source="source 003, row L38 of the inventory: 1公里金融服务圈",
)
_FILE: Final = "source 003, row L25 of the inventory: 需要把家庭成员信息建立完成才有效"
MEMBER_UNKNOWN = _reason(
    "088",
    "member {member} has no name or no relation on file",
    "第{member}名家庭成员缺少姓名或关系",
    "member",
    source=_FILE,
)
MEMBER_INCOMPLETE = _reason(
    "089",
    "the file of member {member}, an adult, is not complete",
    "第{member}名家庭成员为成年人，信息不完整",
    "member",
    source=_FILE,
)
NO_MEMBERS = _reason("090", "the file names no member", "档案未登记家庭成员", source=_FILE)
_QUALITY: Final = "source 003, row L34 of the inventory: 完整性、连续性、有效性"
DOCUMENT_MISSING = _reason(
    "091", "the file has no {kind}", "档案缺少{kind}", "kind", source=_QUALITY
)
PERIOD_MISSED = _reason(
    "092",
    "the period from {starts_on} has no {kind}",
    "自{starts_on}起的周期缺少{kind}",
    "kind",
    "starts_on",
    source=_QUALITY,
)
DOCUMENT_EXPIRED = _reason(
    "093",
    "the {kind} held until {until} only",
    "{kind}已于{until}失效",
    "kind",
    "until",
    source=_QUALITY,
)

# --- stages ---
STAGE_FORBIDDEN = _reason(
    "100",
    "{to} does not follow {now}",
    "{now}之后不能直接进入{to}",
    "now",
    "to",
    source="source 001, rows G14 and G28 of the inventory: 逐层递进",
)
MOVE_ALLOWED = _reason(
    "101",
    "{to} may follow {now}",
    "{now}之后可进入{to}",
    "now",
    "to",
    source="source 001, rows G14 and G28 of the inventory: 逐层递进",
)
MOVE_REFUSED = _reason(
    "102",
    "a pre-approval that is {now} cannot become {to}",
    "预授信状态{now}不能变为{to}",
    "now",
    "to",
    source="source 003, row L26 of the inventory: 拒绝签约（预授信）",
    basis=_PROPOSAL,
)
RETRY_EARLY = _reason(
    "103",
    "a refusal is left alone for {days} days, until {on}",
    "客户拒绝后{days}天内不再邀约，至{on}止",
    "days",
    "on",
    source="row L26 of the inventory",
    basis=_PROPOSAL,
)

REASONS = tuple(value for value in tuple(globals().values()) if isinstance(value, Reason))
