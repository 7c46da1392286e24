"""The words and the figures of this room: every code once, every figure with its basis."""

from ruralcredit.reasons import BasisWord, Figure, Reason

# --- the four key groups (row D01) ---
_GROUPS = "source 000, row D01 of the inventory: the four key groups (四类客群)"


def _target(group: str, value: int) -> Figure:
    return Figure(
        id=f"customers.target.{group}",
        value=value,
        unit="customers",
        basis="source document",
        source=_GROUPS,
    )


TARGET_PUBLIC_EMPLOYEES = _target("public_employees", 19_000)
TARGET_SOLE_TRADERS = _target("sole_traders", 35_000)
TARGET_NEW_CITIZENS = _target("new_citizens", 200_000)
TARGET_VILLAGERS = _target("villagers", 207_300)

# --- what one bank reported (rows D14 and D16) ---
_STOCK = "source 000, row D16 of the inventory: the stock at the start of the O2O plan"


def _reported(name: str, value: int) -> Figure:
    return Figure(
        id=f"customers.reported.{name}",
        value=value,
        unit="customers",
        basis="source document",
        source=_STOCK,
    )


REPORTED_REACHED = _reported("reached", 190_000)
REPORTED_NOT_DRAWN = _reported("approved_not_drawn", 30_800)
REPORTED_DRAWN = _reported("drawn", 12_600)
REPORTED_PASS_RATE = Figure(
    id="customers.reported.pass_rate",
    value=8_369,
    unit="bp",
    basis="source document",
    source="source 000, row D14 of the inventory: pass rate of existing customers since the "
    "model of June 2023, counts not given",
)

# --- contacts and the hand-over (rows L32, L33, D18) ---
CONTACTS_A_MONTH = Figure(
    id="customers.contacts.card_not_issued",
    value=1,
    unit="contacts",
    basis="source document",
    source="source 003, row L32 of the inventory: 已授信未发卡客户，每月至少开展一次主动营销",
)
CONTACTS_A_QUARTER = Figure(
    id="customers.contacts.card_undrawn",
    value=1,
    unit="contacts",
    basis="source document",
    source="source 003, row L33 of the inventory: 已发卡未用信客户，每季至少开展一次主动营销"
    "并建档",
)
FOLLOW_UP_DAYS = Figure(
    id="customers.hand_over.working_days",
    value=3,
    unit="working days",
    basis="project proposal",
    source="row D18 of the inventory: the source sets no deadline for the manager's follow-up",
)
FIGURES = (
    TARGET_PUBLIC_EMPLOYEES,
    TARGET_SOLE_TRADERS,
    TARGET_NEW_CITIZENS,
    TARGET_VILLAGERS,
    REPORTED_REACHED,
    REPORTED_NOT_DRAWN,
    REPORTED_DRAWN,
    REPORTED_PASS_RATE,
    CONTACTS_A_MONTH,
    CONTACTS_A_QUARTER,
    FOLLOW_UP_DAYS,
)

_CADENCE = "source 003, rows L32 and L33 of the inventory: contact cadences"
_OPT_OUT = "a customer who opted out of marketing is exempt, not late"
_HAND_OVER = "source 000, row D18 of the inventory: 客服中心电话邀约、客户经理线下对接"


def _reason(  # the words first, then what it rests on
    code: str,
    en: str,
    zh: str,
    *facts: str,
    source: str,
    basis: BasisWord = "source document",
) -> Reason:
    return Reason(
        code=f"CUS-{code}", says={"en": en, "zh": zh}, facts=facts, source=source, basis=basis
    )


OPTED_OUT = _reason(
    "001",
    "the customer opted out of marketing: exempt",
    "客户已拒绝营销，予以豁免",
    source=_OPT_OUT,
    basis="project proposal",
)

# --- contact cadences ---
CONTACT_MADE = _reason(
    "010",
    "{count} of {needed} contacts are made in {period}",
    "{period}已完成主动营销{count}次，应完成{needed}次",
    "period",
    "count",
    "needed",
    source=_CADENCE,
)
CONTACT_OPEN = _reason(
    "011",
    "{count} of {needed} contacts are made in {period}, the rest is due by {due_on}",
    "{period}已完成主动营销{count}次，应完成{needed}次，截止{due_on}",
    "period",
    "count",
    "needed",
    "due_on",
    source=_CADENCE,
)
CONTACT_MISSED = _reason(
    "012",
    "{count} of {needed} contacts were made in {period}, which was due by {due_on}",
    "{period}仅完成主动营销{count}次，应于{due_on}前完成{needed}次",
    "period",
    "count",
    "needed",
    "due_on",
    source=_CADENCE,
)
CADENCE_NOT_STARTED = _reason(
    "013",
    "the first full period since {since} is {period}",
    "自{since}起首个完整周期为{period}",
    "since",
    "period",
    source=_CADENCE,
    basis="project proposal",
)
NOT_FILED = _reason(
    "014",
    "{count} contacts without a filed record in {period} do not count",
    "{period}有{count}次营销未建档，不计入",
    "period",
    "count",
    source="source 003, row L33 of the inventory: 主动营销并建档",
)

# --- the call centre's hand-over ---
FOLLOWED_IN_TIME = _reason(
    "020",
    "the manager followed on {followed_on}, within {days} working days of the invitation",
    "客户经理于{followed_on}线下对接，在邀约后{days}个工作日内",
    "followed_on",
    "days",
    source=_HAND_OVER,
)
FOLLOW_UP_OPEN = _reason(
    "021",
    "the manager is to follow within {days} working days of the invitation of {invited_on}",
    "客户经理应在{invited_on}邀约后{days}个工作日内线下对接",
    "invited_on",
    "days",
    source=_HAND_OVER,
)
NOT_FOLLOWED = _reason(
    "022",
    "nobody followed within {days} working days of the invitation of {invited_on}",
    "{invited_on}邀约后{days}个工作日内无人线下对接",
    "invited_on",
    "days",
    source=_HAND_OVER,
)
FOLLOWED_LATE = _reason(
    "023",
    "the manager followed on {followed_on}, more than {days} working days after the invitation",
    "客户经理于{followed_on}线下对接，超过邀约后{days}个工作日",
    "followed_on",
    "days",
    source=_HAND_OVER,
)
FOLLOWED_BEFORE = _reason(
    "024",
    "the follow-up of {followed_on} lies before the invitation of {invited_on}",
    "线下对接日{followed_on}早于邀约日{invited_on}",
    "followed_on",
    "invited_on",
    source=_HAND_OVER,
)
NOT_INVITED_YET = _reason(
    "025",
    "the call centre invites on {invited_on} only",
    "客服中心于{invited_on}才邀约",
    "invited_on",
    source=_HAND_OVER,
)
NO_CALENDAR = _reason(
    "026",
    "the calendar of working days does not say which of the days count",
    "未提供足够的工作日历，无法计算工作日",
    source=FOLLOW_UP_DAYS.source,
    basis="project proposal",
)

REASONS = tuple(value for value in tuple(globals().values()) if isinstance(value, Reason))
