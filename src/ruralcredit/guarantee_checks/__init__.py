"""The bank's rules about guarantees: approval check, deemed-unsecured loans, joint groups."""

from ruralcredit.guarantee_checks._check import check_effect, check_guarantee
from ruralcredit.guarantee_checks._effect import (
    BreakChange,
    CoverChange,
    Effect,
    GroupEffect,
    GroupKind,
    GuarantorEffect,
    Region,
)
from ruralcredit.guarantee_checks._follow import Finding, Followed, FollowUp, follow_up
from ruralcredit.guarantee_checks._found import FOUND_FIGURES, FOUND_REASONS
from ruralcredit.guarantee_checks._groups import (
    JOINT_GROUPS,
    ClaimPart,
    ClaimSplit,
    JointGroupCheck,
    JointGroupPolicy,
    Recourse,
    check_joint_groups,
    split_claim,
)
from ruralcredit.guarantee_checks._links import Link
from ruralcredit.guarantee_checks._measure import effects_of
from ruralcredit.guarantee_checks._policy import LIMITS
from ruralcredit.guarantee_checks._pools import (
    NOMINEE_POOLS,
    KeyRule,
    NomineePolicy,
    NomineePool,
    SharedKey,
    SplitFinding,
    SplitUnit,
    find_nominee_pools,
    find_splits,
)
from ruralcredit.guarantee_checks._proposals import GuaranteeProposal, JointProposal, Proposal
from ruralcredit.guarantee_checks._reasons import CHECK_REASONS
from ruralcredit.guarantee_checks._review import (
    REVIEW,
    PartKind,
    ReviewPart,
    ReviewPolicy,
    RiskClass,
    split_for_review,
)
from ruralcredit.guarantee_checks._security import (
    DEEMED_UNSECURED,
    DroppedGuarantor,
    EffectiveSecurity,
    ListedProduct,
    SecurityKind,
    SecurityPart,
    SecurityPolicy,
    effective_security,
)

__all__ = [
    "DEEMED_UNSECURED",
    "FIGURES",
    "JOINT_GROUPS",
    "LIMITS",
    "NOMINEE_POOLS",
    "REASONS",
    "REVIEW",
    "BreakChange",
    "ClaimPart",
    "ClaimSplit",
    "CoverChange",
    "DroppedGuarantor",
    "Effect",
    "EffectiveSecurity",
    "Finding",
    "FollowUp",
    "Followed",
    "GroupEffect",
    "GroupKind",
    "GuaranteeProposal",
    "GuarantorEffect",
    "JointGroupCheck",
    "JointGroupPolicy",
    "JointProposal",
    "KeyRule",
    "Link",
    "ListedProduct",
    "NomineePolicy",
    "NomineePool",
    "PartKind",
    "Proposal",
    "Recourse",
    "Region",
    "ReviewPart",
    "ReviewPolicy",
    "RiskClass",
    "SecurityKind",
    "SecurityPart",
    "SecurityPolicy",
    "SharedKey",
    "SplitFinding",
    "SplitUnit",
    "check_effect",
    "check_guarantee",
    "check_joint_groups",
    "effective_security",
    "effects_of",
    "find_nominee_pools",
    "find_splits",
    "follow_up",
    "split_claim",
    "split_for_review",
]

FIGURES = FOUND_FIGURES
REASONS = (*CHECK_REASONS, *FOUND_REASONS)
