"""The chapters beside the loops: clusters, joint groups, hubs, chains, lapsing, findings."""

from ruralcredit.guarantees import Chain, Cluster, Hub, JointGroup
from ruralcredit.reports._evidence import Case
from ruralcredit.reports._figures import sizes_svg
from ruralcredit.reports._html import Html, Voice, esc, join, table, tag
from ruralcredit.reports._parts import (
    day,
    guaranteed,
    heading,
    hidden_cells,
    ids,
    money,
    more,
    number,
    share,
)
from ruralcredit.reports._worth import review_parts
from ruralcredit.values import format_yuan

__all__ = [
    "clusters_chapter",
    "findings_chapter",
    "groups_chapter",
    "lapsing_chapter",
    "shapes_chapter",
    "undetermined_chapter",
]

_CLUSTERS = 15
_LISTED = 40
_SHAPES = 10
_LINES = 8
_OPEN = 200


def _left(count: int, most: int, voice: Voice) -> Html:
    return tag("p", more(count - most, voice), "note") if count > most else Html("")


def _guaranteed(one: Cluster | JointGroup | Hub | Chain, contracts: int, voice: Voice) -> Html:
    return guaranteed(one.guaranteed_fen, one.unknown_amounts, contracts, voice)


def clusters_chapter(case: Case, voice: Voice) -> Html:
    """Write the chapter on clusters: how many of each size, and the largest."""
    clusters = case.audit.clusters
    counts = clusters.member_counts
    order = sorted(range(len(clusters)), key=lambda at: (-int(counts[at]), at))[:_CLUSTERS]
    rows = []
    for at in order:
        one = clusters[at]
        rows.append(
            [
                tag("span", esc(one.id), "id keep"),
                number(len(one.members)),
                number(len(one.contracts)),
                _guaranteed(one, len(one.contracts), voice),
                money(one.loans_fen, voice),
                money(one.covered_fen, voice),
                share(one.overdue_fen, one.loans_fen),
            ]
        )
    heads = ("cluster_id", "members", "contracts", "guaranteed", "loans")
    parts = [
        heading(2, voice, "clusters", "fresh"),
        voice.block("definition_cluster", "note"),
    ]
    if not rows:
        return join([*parts, voice.block("no_rows")])
    return join(
        [
            *parts,
            heading(3, voice, "cluster_sizes"),
            tag("div", Html(sizes_svg(clusters, voice)), "figure bars"),
            heading(3, voice, "largest_clusters", count=len(rows)),
            table(voice, (*heads, "covered", "overdue_share"), rows, numbers=(1, 2, 3, 4, 5, 6)),
            review_parts(case, [clusters[at] for at in order], voice),
        ]
    )


def groups_chapter(case: Case, voice: Voice) -> Html:
    """Write the chapter on joint groups and mutual pairs."""
    groups = case.audit.joint_groups
    rows = [
        [
            tag("span", esc(case.mask.text(str(one.agreement_id))), "id"),
            number(len(one.members)),
            number(len(one.contracts)),
            _guaranteed(one, len(one.contracts), voice),
            ids(case, one.members, voice, 12),
        ]
        for one in groups[:_LISTED]
    ]
    parts = [heading(2, voice, "groups")]
    if rows:
        heads = ("agreement", "members", "contracts", "guaranteed", "members_list")
        parts += [
            voice.block("groups_note", "note"),
            table(voice, heads, rows, numbers=(1, 2, 3)),
            _left(len(groups), _LISTED, voice),
        ]
    else:
        parts.append(voice.block("no_groups"))
    pairs = case.audit.mutual_pairs
    parts.append(heading(3, voice, "mutual"))
    if not pairs:
        return join([*parts, voice.block("no_rows")])
    said = join(
        tag("li", esc(" ⇄ ".join(case.mask.party(one) for one in pair)), "id")
        for pair in pairs[:_LISTED]
    )
    return join([*parts, tag("ul", said, "pairs"), _left(len(pairs), _LISTED, voice)])


def shapes_chapter(case: Case, voice: Voice) -> Html:
    """Write the chapter on hubs and chains, the first of each."""
    hubs = case.audit.hubs
    rows = []
    for one in hubs[:_SHAPES]:
        few = one.guarantors if len(one.guarantors) <= len(one.borrowers) else one.borrowers
        rows.append(
            [
                tag("span", voice.say(one.kind), "two"),
                ids(case, few, voice, 4),
                number(len(one.guarantors)),
                number(len(one.borrowers)),
                number(len(one.contracts)),
                _guaranteed(one, len(one.contracts), voice),
            ]
        )
    heads = ("hub_kind", "who", "guarantors", "borrowers", "contracts", "guaranteed")
    chains = case.audit.chains
    chain_rows = [
        [
            number(len(one.parties)),
            _guaranteed(one, len(one.rows), voice),
            join((tag("span", esc(case.mask.party(party)), "id") for party in one.parties), " → "),
        ]
        for one in chains[:_SHAPES]
    ]
    none = voice.block("no_rows")
    return join(
        [
            heading(2, voice, "hubs"),
            table(voice, heads, rows, numbers=(2, 3, 4, 5)) if rows else none,
            _left(len(hubs), _SHAPES, voice),
            heading(2, voice, "chains"),
            table(voice, ("chain_length", "guaranteed", "chain_path"), chain_rows, numbers=(0, 1))
            if chain_rows
            else none,
            _left(len(chains), _SHAPES, voice),
        ]
    )


def lapsing_chapter(case: Case, voice: Voice) -> Html:
    """Write the chapter on guarantee periods that end soon without a demand."""
    found = case.audit.lapsing
    days = case.audit.within_days
    parts = [heading(2, voice, "lapsing", days=days)]
    if case.book.day is None:
        return join([*parts, voice.block("lapsing_unasked", "warn")])
    if not found:
        return join([*parts, voice.block("no_rows")])
    total = sum(one.at_stake_fen or 0 for one in found)
    rows = [
        [
            day(one.lapses_on, voice),
            money(one.at_stake_fen, voice),
            tag("span", esc(case.contract(one.contract) or "—"), "id"),
            tag("span", esc(case.mask.party(one.guarantor)), "id"),
            tag("span", esc(case.mask.party(one.borrower)), "id"),
            day(one.debt_due_on, voice),
            esc(case.line(one.row)),
        ]
        for one in found[:_LISTED]
    ]
    heads = ("lapses_on", "at_stake", "contract", "guarantor", "borrower", "debt_due_on")
    return join(
        [
            *parts,
            voice.block("lapsing_note", "note", total=format_yuan(total)),
            table(voice, (*heads, "source_line"), rows, numbers=(1, 6)),
            _left(len(found), _LISTED, voice),
        ]
    )


def findings_chapter(case: Case, voice: Voice) -> Html:
    """Write the chapter on what is wrong with the data."""
    problems = case.audit.problems
    rows = []
    for one in problems:
        lines = [str(case.line(int(row))) for row in one.rows[:_LINES]]
        tail = " …" if len(one.rows) > _LINES else ""
        rows.append(
            [
                tag("span", esc(one.reason.code), "id keep"),
                voice.reason(hidden_cells(case, one.reason)),
                tag("span", esc(one.column), "id"),
                number(len(one.rows)),
                esc(", ".join(lines) + tail),
            ]
        )
    parts = [heading(2, voice, "findings")]
    if not rows:
        return join([*parts, voice.block("no_rows")])
    heads = ("loop_id", "finding", "column", "rows", "example_lines")
    return join([*parts, table(voice, heads, rows, numbers=(3,))])


def undetermined_chapter(case: Case, voice: Voice) -> Html:
    """Write the chapter on parties about whom nothing final can be said."""
    parties = case.audit.undetermined
    parts = [heading(2, voice, "undetermined")]
    if not parties:
        return join([*parts, voice.block("no_rows")])
    return join(
        [
            *parts,
            voice.block("undetermined_note", "note"),
            tag("p", ids(case, parties, voice, _OPEN), "list"),
        ]
    )
