"""The guarantee book (担保台账): clusters, closed loops, chains, hubs, and what lapses.

Build a `GuaranteeBook` from columns, ask it for a day with `GuaranteeBook.as_of`, and pass it
to the ``find_...`` functions; `audit` asks them all.
"""

from ruralcredit.guarantees._audit import Audit, audit, mutual_pairs
from ruralcredit.guarantees._book import Exclusion, GuaranteeBook
from ruralcredit.guarantees._break import BreakPlan, BreakSummary, plan_break
from ruralcredit.guarantees._break_parts import BreakBranch, BreakPart, PackedLoop
from ruralcredit.guarantees._break_steps import BreakStep
from ruralcredit.guarantees._circular import circular_fen, circulation
from ruralcredit.guarantees._clusters import Cluster, Clusters, find_clusters
from ruralcredit.guarantees._control import control_groups
from ruralcredit.guarantees._cover import Cover, cover
from ruralcredit.guarantees._cover_views import (
    Bounds,
    GroupCover,
    GroupCovers,
    LoanCover,
    LoanCovers,
    PartyCover,
    PartyCovers,
)
from ruralcredit.guarantees._groups import ClusterSummary
from ruralcredit.guarantees._ledger import Ledger
from ruralcredit.guarantees._loops import (
    Circle,
    Circles,
    CircleSummary,
    Step,
    find_circles,
    find_hidden_circles,
)
from ruralcredit.guarantees._patterns import (
    Chain,
    Hub,
    JointGroup,
    Lapsing,
    find_chains,
    find_hubs,
    find_joint_groups,
    find_lapsing,
)
from ruralcredit.guarantees._problems import DataProblem, find_data_problems
from ruralcredit.guarantees._proof import verify_plan
from ruralcredit.guarantees._reasons import FIGURES, REASONS
from ruralcredit.guarantees._snapshot import PartyCodes, Snapshot
from ruralcredit.guarantees._tables import JointGroups, Loans, Parties, Relations
from ruralcredit.guarantees._verdict import Cycles, check_party, cycles, undetermined_parties

__all__ = [
    "FIGURES",
    "REASONS",
    "Audit",
    "Bounds",
    "BreakBranch",
    "BreakPart",
    "BreakPlan",
    "BreakStep",
    "BreakSummary",
    "Chain",
    "Circle",
    "CircleSummary",
    "Circles",
    "Cluster",
    "ClusterSummary",
    "Clusters",
    "Cover",
    "Cycles",
    "DataProblem",
    "Exclusion",
    "GroupCover",
    "GroupCovers",
    "GuaranteeBook",
    "Hub",
    "JointGroup",
    "JointGroups",
    "Lapsing",
    "Ledger",
    "LoanCover",
    "LoanCovers",
    "Loans",
    "PackedLoop",
    "Parties",
    "PartyCodes",
    "PartyCover",
    "PartyCovers",
    "Relations",
    "Snapshot",
    "Step",
    "audit",
    "check_party",
    "circular_fen",
    "circulation",
    "control_groups",
    "cover",
    "cycles",
    "find_chains",
    "find_circles",
    "find_clusters",
    "find_data_problems",
    "find_hidden_circles",
    "find_hubs",
    "find_joint_groups",
    "find_lapsing",
    "mutual_pairs",
    "plan_break",
    "undetermined_parties",
    "verify_plan",
]
