"""The words of the audit report, Chinese and English side by side; names in braces are facts."""

from typing import Final

__all__ = ["ACTIONS", "KINDS", "LOOP_KINDS", "PART_KINDS", "RELATIONS", "WORDS"]

WORDS: Final[dict[str, tuple[str, str]]] = {
    # --- first lines ---
    "title": ("担保圈与循环担保审计报告", "Audit of clusters and closed loops of guarantees"),
    "first_line": (
        (
            "担保圈 {clusters} 个（最大 {largest} 户），其中含循环担保 {loops} 个，互保 "
            "{mutual} 对，联保小组 {groups} 个，无法判定 {undetermined} 户"
        ),
        (
            "clusters (担保圈): {clusters} (largest: {largest} parties); closed loops "
            "(循环担保) in them: {loops}; mutual pairs: {mutual}; joint groups: {groups}; "
            "parties not determinable: {undetermined}"
        ),
    ),
    "structure": ("环是结构，不等于违规。", "A loop is a structure, not misconduct."),
    "structure_more": (
        (
            "循环担保说明担保责任首尾相接，不说明资金用途或当事人意图；是否成问题，"
            "取决于逾期、覆盖程度和担保人自身实力。"
        ),
        (
            "A closed loop says that guarantees lead back to where they begin. It says "
            "nothing about intent or the use of funds; arrears, cover and the guarantors' "
            "own means decide."
        ),
    ),
    "as_of": ("基准日", "as-of day"),
    "day_given": ("基准日 {day}", "as of {day}"),
    "ledger": ("担保台账", "ledger"),
    "digest": ("数据摘要", "digest of the book"),
    "mask": ("脱敏", "masking"),
    "mask_persons": ("个人以代号表示", "persons by pseudonym"),
    "mask_all": ("全部当事人以代号表示", "all parties by pseudonym"),
    "mask_none": ("未脱敏", "none"),
    "unit_yuan": ("金额单位：元", "amounts in yuan"),
    "unknown": ("未知", "unknown"),
    "none": ("无", "none"),
    "contents": ("目录", "Contents"),
    "more_rows": ("另有 {count} 项未列出", "{count} more not listed"),
    "see_file": ("全部见 {name}", "all of them in {name}"),
    # --- page one ---
    "at_a_glance": ("概览", "At a glance"),
    "loops_counted": ("循环担保", "closed loops"),
    "clusters_counted": ("担保圈", "clusters"),
    "largest_cluster": ("最大担保圈（户）", "largest cluster, parties"),
    "hidden_counted": ("隐性循环担保", "hidden closed loops"),
    "mutual_counted": ("互保（对）", "mutual pairs"),
    "groups_counted": ("联保小组", "joint groups"),
    "undetermined_counted": ("无法判定（户）", "not determinable, parties"),
    "lapsing_counted": ("{days} 天内将失效（笔）", "lapsing within {days} days"),
    "parties_in_loops": ("涉及循环担保（户）", "parties in closed loops"),
    "loop_guaranteed": ("循环担保合同金额", "guaranteed in closed loops"),
    "rows_line": (
        (
            "台账读取 {read} 行，计入 {used} 行，剔除 {left} 行（无法读取 {bad} 行，非保证 "
            "{other} 行）；合计行 {totals} 行。"
        ),
        (
            "Ledger rows read {read}, used {used}, left out {left} (unreadable {bad}, no "
            "guarantee {other}); total rows {totals}."
        ),
    ),
    "rows_given": (
        "台账 {given} 行，其中 {counted} 行计入本次分析。",
        "The ledger holds {given} rows, {counted} of them count here.",
    ),
    "no_day": (
        "未指定基准日：未解除、未结清的每一行都计入。",
        "No as-of day was given: every row that is not released or settled counts.",
    ),
    "exclusions": ("不计入的担保", "What does not count"),
    "reason": ("原因", "reason"),
    "rows": ("行数", "rows"),
    "definitions": ("名词", "Words"),
    "definition_cluster": (
        "担保圈：经担保关系连通（不论方向）的全部当事人。",
        "Cluster (担保圈): all parties connected by guarantees, whatever their direction.",
    ),
    "definition_loop": (
        "循环担保：担保方向首尾相接，从任一方出发沿担保可回到自身。箭头由担保人指向被担保人。",
        (
            "Closed loop (循环担保): guarantees that lead back to where they begin. Arrows "
            "run from guarantor to borrower."
        ),
    ),
    "definition_money": (
        (
            "三个金额不相加：担保金额（每份合同一次）、贷款余额（成员借据每笔一次）、"
            "覆盖金额（每笔贷款以余额为限）。"
        ),
        (
            "Three figures, never mixed: guaranteed (each contract once), loans (each "
            "member's loan once), covered (per loan, at most its balance)."
        ),
    ),
    # --- clusters ---
    "clusters": ("担保圈（按规模）", "Clusters (担保圈) by size"),
    "cluster_sizes": ("担保圈规模分布", "Clusters by number of parties"),
    "size_class": ("{low} 户", "{low} parties"),
    "size_range": ("{low}–{high} 户", "{low}–{high} parties"),
    "size_more": ("{low} 户及以上", "{low} and more"),
    "size_note": ("{count} 个，{parties} 户", "{count}, {parties} parties"),
    "largest_clusters": ("最大的 {count} 个担保圈", "The {count} largest clusters"),
    "cluster_id": ("担保圈编号", "cluster"),
    # --- columns ---
    "rank": ("序", "no."),
    "loop_id": ("编号", "id"),
    "kind": ("类型", "kind"),
    "members": ("户数", "parties"),
    "contracts": ("合同", "contracts"),
    "guaranteed": ("担保金额", "guaranteed"),
    "loans": ("贷款余额", "loans"),
    "covered": ("覆盖金额", "covered"),
    "covered_share": ("覆盖率", "cover"),
    "overdue": ("逾期余额", "overdue"),
    "overdue_share": ("逾期占比", "overdue"),
    "unknown_amounts": ("金额未知", "unknown amounts"),
    "density": ("密度", "density"),
    "closed_on": ("成环日", "closed on"),
    "closed_by": ("成环合同", "closed by"),
    "ends_on": ("自然解环日", "ends on"),
    "stays": ("无终止日", "open-ended"),
    "not_known": ("不详", "not known"),
    "party": ("当事人", "party"),
    "guarantor": ("担保人", "guarantor"),
    "borrower": ("被担保人", "borrower"),
    "contract": ("合同", "contract"),
    "amount": ("金额", "amount"),
    "starts_on": ("起始日", "starts"),
    "debt_due_on": ("债务到期", "debt due"),
    "source_line": ("台账行", "line"),
    "branch": ("支行", "branches"),
    "officer": ("客户经理", "officers"),
    "region": ("地区", "regions"),
    "lender": ("贷款行", "lenders"),
    "span": ("跨度", "Span"),
    "span_of": ("等 {count} 个", "{count} in all"),
    # --- loops ---
    "loops": ("循环担保", "Closed loops (循环担保)"),
    "loops_note": (
        "按逾期余额占贷款余额的比例由高到低、再按覆盖率由低到高排列；贷款数据未知的排在最后。",
        (
            "Ranked by the overdue share of the loans, largest first, then by the smallest "
            "cover; those without loan data come last."
        ),
    ),
    "no_loops": ("未发现循环担保。", "No closed loop was found."),
    "loop_head": ("{kind}，{members} 户", "{kind}, parties: {members}"),
    "intra_group": ("集团内部", "intra-group"),
    "intra_group_note": (
        "全部成员属同一关联集团：属集团内部支持，仍列示。",
        "All members belong to one related group: intra-group support, still shown.",
    ),
    "evidence": ("证据路径", "Evidence path"),
    "step": (
        (
            "{guarantor} 为 {borrower} 担保：合同 {contract}，{amount}，起始 {starts}，"
            "债务到期 {due}{line}"
        ),
        (
            "{guarantor} guarantees {borrower}: contract {contract}, {amount}, from "
            "{starts}, debt due {due}{line}"
        ),
    ),
    "step_tie": ("{a} 与 {b} 有关联关系：{kind}{line}", "{a} and {b} are related: {kind}{line}"),
    "step_line": ("，台账第 {line} 行", ", ledger line {line}"),
    "step_row": ("，台账第 {line} 条", ", ledger row {line}"),
    "tie_line": ("，关联方表第 {line} 行", ", relations line {line}"),
    "tie_row": ("，关联方表第 {line} 条", ", relations row {line}"),
    "yuan": ("{amount} 元", "{amount} yuan"),
    "no_contract": ("（无编号）", "(no number)"),
    "no_amount": ("金额未知", "amount unknown"),
    "long_path": (
        "证据路径共 {count} 步，此处列出首尾各 {shown} 步。",
        "The evidence path has {count} steps; the first and last {shown} are listed.",
    ),
    "other_contracts": ("环内其余担保", "Other guarantees inside"),
    "drawing": ("{id}：{members} 户之间的担保", "{id}: guarantees, parties {members}"),
    "path_only": (
        "仅画出证据路径上的 {shown} 户（共 {members} 户）。",
        "Only the {shown} parties of the evidence path are drawn, of {members}.",
    ),
    "amounts_left": (
        "{count} 个金额因空间不足未标注，见下表。",
        "{count} amounts had no room in the drawing; they are listed below.",
    ),
    "strong_line": (
        "红线为证据路径，灰线为其余担保，虚线为关联关系；图中金额以元计，括号内为合同份数。",
        (
            "Red: evidence path; grey: other guarantees; dashed: relations. Amounts in the "
            "drawing are yuan, the number of contracts stands in brackets."
        ),
    ),
    "members_list": ("成员", "Members"),
    "not_detailed": (
        "其余 {count} 个循环担保不逐一展开，见 circles.csv。",
        "The other {count} closed loops are not drawn one by one; see circles.csv.",
    ),
    "mutual": ("互保", "Mutual pairs"),
    # --- worth and break ---
    "worth": ("担保的实际价值", "What the guarantees are worth"),
    "circular": ("空转金额（占比）", "circular money (share)"),
    "naive_cover": ("逐笔相加的覆盖", "cover, loan by loan"),
    "joint_cover": ("联合覆盖", "joint cover"),
    "independent_cover": ("独立覆盖", "independent cover"),
    "cover_unknown": (
        "部分担保人净资产或金额未知：按零和按足额各算一次，列出上下限。",
        (
            "The net assets of some guarantors, or some amounts, are unknown: counted as nothing "
            "and as enough, both bounds are shown."
        ),
    ),
    "break_plan": ("最省解环方案", "Cheapest way to break it"),
    "break_cost": (
        "终止 {count} 份合同即可解环，按担保金额计 {cost} 元。",
        "Contracts to end: {count}, at {cost} yuan by their amounts.",
    ),
    "break_count": (
        "终止 {count} 份合同即可解环；部分金额未知，按合同份数求最少。",
        (
            "Contracts to end: {count}. Some amounts are unknown, so the plan is that of the "
            "fewest contracts."
        ),
    ),
    "proved_cost": (
        "已证明：任何解环方案不低于 {bound} 元。",
        "Proved: no plan costs less than {bound} yuan.",
    ),
    "proved_count": (
        "已证明：任何解环方案不少于 {bound} 份合同。",
        "Proved: every plan ends {bound} contracts or more.",
    ),
    "gap_cost": (
        "尚未证明最省：任何方案不低于 {bound} 元。",
        "Not proved to be the cheapest: no plan costs less than {bound} yuan.",
    ),
    "gap_count": (
        "尚未证明最少：任何方案不少于 {bound} 份合同。",
        "Not proved to be the fewest: every plan ends {bound} contracts or more.",
    ),
    "proof_order": (
        "证明一，终止后担保只由前指向后",
        "Proof 1, no remaining guarantee leads backward in this order",
    ),
    "proof_loops": (
        "证明二，以下各环须各断一处，权数之和即下限",
        "Proof 2, each of these loops must be broken; their weights add up to the bound",
    ),
    "proof_long": (
        "证明含 {loops} 个加权环、{cases} 种情形，此处不列，可由程序复核。",
        (
            "The proof holds {loops} weighted loops and {cases} cases; a program can check "
            "it, a page cannot hold it."
        ),
    ),
    "step_number": ("步", "step"),
    "between": ("担保方向", "from, to"),
    "action": ("措施", "action"),
    "break_price": ("代价", "cost"),
    "ends_itself": ("自行终止日", "ends by itself"),
    "circular_after": ("之后空转", "circular after"),
    # --- review parts ---
    "review_parts": ("大圈拆分复核", "Large clusters in parts for review"),
    "review_note": (
        "户数较多的担保圈围绕核心企业拆分，每份合同至少在一个部分内；各部分可有共同成员。",
        (
            "Clusters too large for one reader are parted around core parties; each contract is "
            "in some part, and parts may share parties."
        ),
    ),
    "no_review_parts": ("所列担保圈均无须拆分。", "None of the clusters listed needs parting."),
    "parts_of": ("{id}：{count} 个部分", "{id}, parts: {count}"),
    "part_kind": ("依据", "why"),
    "part_heads": ("核心", "heads"),
    "loans_share": ("贷款占比", "of loans"),
    # --- hidden ---
    "hidden": ("隐性循环担保（经关联方）", "Hidden closed loops, through related parties"),
    "hidden_note": (
        "单看担保不成环；将控制、实际控制人、夫妻、亲属、同一集团视为一方后成环。",
        (
            "No loop on guarantees alone; a loop once control, actual control, marriage, "
            "kinship or one group makes several parties one."
        ),
    ),
    "no_hidden": ("未发现隐性循环担保。", "No hidden closed loop was found."),
    "hidden_unasked": (
        "未提供关联方表，隐性循环担保未核查。",
        "No related parties were given: hidden closed loops were not looked for.",
    ),
    "merged": ("视为一方", "Taken as one"),
    # --- groups, hubs, chains ---
    "groups": ("联保小组", "Joint groups (联保小组)"),
    "groups_note": (
        "同一联保协议内的互相担保单列，不计为循环担保。",
        "Guarantees under one joint agreement are listed apart and close no loop by themselves.",
    ),
    "no_groups": ("台账中没有联保协议。", "The ledger holds no joint agreement."),
    "agreement": ("联保协议", "agreement"),
    "hubs": ("集中担保", "Hubs"),
    "hub_kind": ("形态", "shape"),
    "one_for_many": ("一保多", "one for many"),
    "many_for_one": ("多保一", "many for one"),
    "many_to_many": ("多保多", "many to many"),
    "guarantors": ("担保人数", "guarantors"),
    "borrowers": ("被担保人数", "borrowers"),
    "who": ("核心方", "centre"),
    "chains": ("担保链", "Chains"),
    "chain_path": ("路径", "path"),
    "chain_length": ("户数", "parties"),
    "no_rows": ("没有此类情形。", "There is none."),
    # --- lapsing, findings, undetermined ---
    "lapsing": ("{days} 天内保证期间届满", "Guarantee periods that end within {days} days"),
    "lapsing_note": (
        "债务已到期、未见主张权利记录；逾期不主张，保证人免责。按涉及金额排列，合计 {total} 元。",
        (
            "Debts past due without a recorded demand; without one the guarantor is "
            "released. By money at stake, {total} yuan in all."
        ),
    ),
    "lapsing_unasked": (
        "未指定基准日，无法判断保证期间是否将届满。",
        "Without an as-of day nothing can be said about guarantee periods about to end.",
    ),
    "lapses_on": ("保证期间末日", "last day bound"),
    "at_stake": ("涉及金额", "at stake"),
    "findings": ("数据问题", "Findings in the data"),
    "column": ("字段", "column"),
    "finding": ("问题", "finding"),
    "example_lines": ("行号（示例）", "lines, first of them"),
    "undetermined": ("无法判定的当事人", "Parties not determinable"),
    "undetermined_note": (
        (
            "这些当事人未见于循环担保，但其或相邻方的担保记录不完整（无法读取的行、"
            "缺失的当事人），不能断言不在循环担保之中。"
        ),
        (
            "These parties are in no closed loop that was found, but guarantees of theirs or "
            "of their neighbours are unknown (unreadable rows, blank parties), so nobody can "
            "say that they are in none."
        ),
    ),
    # --- last page ---
    "sign_off": ("数据来源与签字", "Sources and signature"),
    "sources": ("文件", "Files"),
    "file": ("文件", "file"),
    "role": ("用途", "role"),
    "role_ledger": ("担保台账", "ledger"),
    "role_loans": ("借据", "loans"),
    "role_related": ("关联方", "related parties"),
    "role_parties": ("客户资料", "parties"),
    "role_columns": ("表头对照", "header map"),
    "sha256": ("SHA-256", "SHA-256"),
    "rows_read": ("读取", "read"),
    "rows_used": ("计入", "used"),
    "rows_left": ("剔除", "left out"),
    "bad_rows": ("无法读取的行", "Rows that could not be read"),
    "no_bad_rows": ("全部行均可读取。", "Every row could be read."),
    "line": ("行", "line"),
    "why": ("原因", "why"),
    "parties_named": ("涉及当事人", "parties named"),
    "other_lines": (
        "非保证（抵押、质押、信用）的行：{lines}",
        "Rows that are no guarantee (mortgage, pledge, unsecured): {lines}",
    ),
    "control_totals": ("控制总数（按支行，逐行相加）", "Control totals by branch, row by row"),
    "control_note": (
        "逐行相加，供与总账核对；最高额合同在台账中可能一份多行，故与按合同计的担保金额不同。",
        (
            "Summed row by row to tie to the general ledger; a contract may stand on several "
            "rows, so this differs from the amounts counted once per contract."
        ),
    ),
    "branch_one": ("支行", "branch"),
    "branch_unknown": ("（未填）", "(blank)"),
    "amount_read": ("读取金额", "amount read"),
    "amount_used": ("计入金额", "amount used"),
    "all_rows": ("合计", "total"),
    "file_totals": ("文件自带合计行", "The file's own total rows"),
    "stated": ("文件所列", "stated"),
    "summed": ("逐行合计", "summed"),
    "difference": ("差额", "difference"),
    "label": ("名称", "label"),
    "headers": ("表头对照", "How the headers were read"),
    "header": ("表头", "header"),
    "header_unused": ("未使用", "not used"),
    "unit": ("单位", "unit"),
    "assumptions": ("假设与依据", "Assumptions and what they rest on"),
    "versions": ("版本", "Versions"),
    "not_opinion": (
        "本报告由程序按上述数据与规则生成，列示结构与数字，不构成对任何当事人的评价。",
        (
            "This report was computed from the data and rules above. It states structure and "
            "figures and judges nobody."
        ),
    ),
    "auditor": ("审计人员", "Auditor"),
    "reviewer": ("复核", "Reviewed by"),
    "signed_on": ("日期", "Date"),
    # --- summary ---
    "sum_loops": (
        (
            "循环担保涉及 {members} 户、{contracts} 份合同，担保金额 {guaranteed} 元（另有 "
            "{unknown} 份金额未知）"
        ),
        (
            "closed loops hold parties: {members}, contracts: {contracts} (of unknown "
            "amount: {unknown}), guaranteed {guaranteed} yuan"
        ),
    ),
    "sum_hidden": ("隐性循环担保 {hidden} 个", "hidden closed loops: {hidden}"),
    "sum_top": ("首要循环担保：", "first closed loops:"),
    "sum_loop": (
        (
            "{id} {kind} {members} 户，担保 {guaranteed}，贷款 {loans}，逾期占比 {overdue}，"
            "覆盖率 {covered}"
        ),
        (
            "{id} {kind}, parties {members}, guaranteed {guaranteed}, loans {loans}, overdue "
            "{overdue}, cover {covered}"
        ),
    ),
    "sum_lapsing": (
        "{days} 天内保证期间届满且未见主张权利 {count} 笔，涉及 {total} 元",
        (
            "guarantee periods ending within {days} days without a demand: {count}, {total} "
            "yuan at stake"
        ),
    ),
    "sum_excluded": ("不计入：{items}", "not counted: {items}"),
    "sum_findings": (
        "数据问题 {kinds} 类，{rows} 行次",
        "findings in the data: kinds {kinds}, rows {rows}",
    ),
    "rows_of": ("{reason} {rows} 行", "{reason}: {rows} rows"),
}

LOOP_KINDS: Final[dict[str, tuple[str, str]]] = {
    "self": ("自我担保", "self-guarantee"),
    "mutual": ("互保", "mutual"),
    "ring": ("单环", "ring"),
    "compound": ("复合环", "compound"),
}

KINDS: Final = ("self", "mutual", "ring", "compound")

RELATIONS: Final[dict[str, tuple[str, str]]] = {
    "control": ("控股", "control"),
    "controller": ("实际控制人", "actual controller"),
    "spouse": ("夫妻", "spouse"),
    "kin": ("亲属", "kin"),
    "group": ("同一集团", "one group"),
}

ACTIONS: Final[dict[str, tuple[str, str]]] = {
    "let_expire": ("到期不续", "let expire"),
    "reduce": ("缩减", "reduce"),
    "replace": ("置换", "replace"),
    "release": ("解除", "release"),
}

PART_KINDS: Final[dict[str, tuple[str, str]]] = {
    "whole": ("整体", "whole"),
    "watched": ("关注名单", "watch list"),
    "core": ("核心", "core"),
    "rest": ("其余", "rest"),
    "thin": ("零散", "thin"),
}
