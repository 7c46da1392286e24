"""How the golden cases of findings about guarantees are asked: security, groups, pools, review."""

import datetime

import attrs

from ruralcredit.guarantee_checks import (
    DEEMED_UNSECURED,
    JOINT_GROUPS,
    NOMINEE_POOLS,
    REVIEW,
    Finding,
    check_joint_groups,
    effective_security,
    find_nominee_pools,
    find_splits,
    follow_up,
    split_claim,
    split_for_review,
)
from ruralcredit.guarantee_checks._found import SAME_PARTIES, SPLIT_WINDOW
from ruralcredit.guarantees import (
    GuaranteeBook,
    JointGroups,
    Loans,
    Parties,
    Relations,
    find_clusters,
)
from ruralcredit.values import yuan

SHIPPED = {
    "DEEMED_UNSECURED": DEEMED_UNSECURED,
    "JOINT_GROUPS": JOINT_GROUPS,
    "NOMINEE_POOLS": NOMINEE_POOLS,
    "SPLIT_WINDOW": SPLIT_WINDOW,
    "REVIEW": REVIEW,
    "SAME_PARTIES": SAME_PARTIES,
}

DAY = datetime.date(2026, 1, 1)


def fen(amount):
    """Return an amount of the file, in yuan, as fen."""
    return None if amount is None else yuan(str(amount))


def plain(amount):
    """Return fen as yuan, whole where they are."""
    if amount is None:
        return None
    return amount // 100 if amount % 100 == 0 else amount / 100


def relations_of(rows):
    """Return relations of rows: a, b, kind, share in bp, degree of kinship."""
    if rows is None:
        return None
    cells = [(*row, *[None] * (5 - len(row))) for row in rows]
    names = ("a", "b", "kind", "share_bp", "degree")
    return Relations.from_columns(
        **{name: [row[n] for row in cells] for n, name in enumerate(names)}
    )


def security(given, shipped):
    """Split the loan of a firm F, for which each guarantor named gives a contract of its own."""
    gives = given.get("guarantors", {})
    beside = given.get("gives_besides", {})
    kinds = {"F": "firm", **given.get("kinds", {})}
    assets = given.get("net_assets", {})
    named = dict.fromkeys([*kinds, *gives, *assets])
    book = GuaranteeBook.from_columns(
        guarantor=[*gives, *beside],
        borrower=["F"] * len(gives) + ["elsewhere"] * len(beside),
        amount_fen=[fen(one) for one in (*gives.values(), *beside.values())],
        parties=Parties.from_columns(
            party=list(named),
            kind=[kinds.get(party) for party in named],
            net_assets_fen=[fen(assets.get(party)) for party in named],
        ),
    )
    found = effective_security(
        book,
        None,
        borrower="F",
        balance_fen=fen(given["loan"]),
        collateral_fen=fen(given.get("collateral", 0)),
        product=given.get("product", "other"),
        relations=relations_of(given.get("related", [])),
        policy=shipped["DEEMED_UNSECURED"].dropping(*given.get("options", [])),
        as_of=DAY,
    )
    answer = {part.kind: plain(part.fen) for part in found.parts}
    answer |= {"dropped": {one.guarantor: list(one.links) for one in found.dropped}}
    return {**answer, **({"ask": list(found.ask)} if found.ask else {})}


def joint_group(given, shipped):
    """Check a group of households, or of firms, of one agreement; each owes a fen by default."""
    members = [f"m{n}" for n in range(given["members"])]
    starts, ends = given.get("agreement", [DAY, DAY])
    begun, due = given.get("loan", [None, None])
    pairs = [(one, members[n - 1]) for n, one in enumerate(members)]
    book = GuaranteeBook.from_columns(
        guarantor=[one for one, _ in pairs],
        borrower=[other for _, other in pairs],
        amount_fen=[fen(given.get("amount", "0.01"))] * len(pairs),
        agreement_id=["J"] * len(pairs),
        starts_on=[begun] * len(pairs),
        debt_due_on=[due] * len(pairs),
        parties=Parties.from_columns(
            party=members, kind=[given.get("kind", "household")] * len(members)
        ),
    )
    groups = JointGroups.from_columns(
        agreement_id=["J"] * len(members),
        party=members,
        starts_on=[starts] * len(members),
        ends_on=[ends] * len(members),
    )
    decision = check_joint_groups(
        book,
        groups=groups,
        relations=relations_of(given.get("related", [])),
        users=given.get("users"),
        policy=shipped["JOINT_GROUPS"],
        as_of=DAY,
    )[0].decision
    return [reason.text("en").split(" (")[0] for reason in decision.reasons if not reason.unknown]


def claim(given, _shipped):
    """Split a claim, in fen, and say who may ask what back."""
    split = split_claim(
        given["unpaid_fen"],
        given["members"],
        debtor=given["debtor"],
        by=given.get("by", "equal"),
        limits=given.get("limits"),
        paid=given.get("paid"),
    )
    return {
        "parts": {part.member: part.fen for part in split.parts},
        "recourse": [[one.creditor, one.debtor, one.fen] for one in split.recourse],
    }


def pools(given, shipped):
    """Find pools of borrowers that all share one value of a key."""
    borrowers = list(given["borrowers"])
    keys = {given["key"]: ["9f"] * len(borrowers)}
    keys |= {name: list(cells) for name, cells in given.get("beside", {}).items()}
    found = find_nominee_pools({"borrower": borrowers}, keys, policy=shipped["NOMINEE_POOLS"])
    return [
        {"borrowers": "".join(one.borrowers), "keys": sorted({k.key for k in one.keys})}
        for one in found
    ]


def splits(given, shipped):
    """Find pieces of one customer; amounts and tier in yuan."""
    found = find_splits(
        {
            "customer": ["c"] * len(given["amounts"]),
            "day": given["days"],
            "amount_fen": [fen(amount) for amount in given["amounts"]],
        },
        tiers=[fen(given["tier"])],
        window=shipped["SPLIT_WINDOW"],
    )
    return [[list(one.rows), plain(one.amount_fen)] for one in found]


def contracts_of(given):
    """Return guarantor, borrower and amount in yuan of each contract of a drawn cluster.

    ``leaves`` gives a party so many borrowers of its own, ``chain`` lets so many parties stand
    for each the next, ``piece`` is a chain of parties with more contracts between its first two.
    """
    rows = [(*row, "0.01")[:3] for row in given.get("contracts", [])]
    rows += [(given["leaves"][0], f"leaf{n}", 0) for n in range(given.get("leaves", ["", 0])[1])]
    rows += [(f"p{n:02d}", f"p{n + 1:02d}", 0) for n in range(given.get("chain", 1) - 1)]
    parties, contracts = given.get("piece", [1, 0])
    links = [(f"q{n:02d}", f"q{n + 1:02d}", 0) for n in range(parties - 1)]
    return rows + links + links[:1] * (contracts - len(links))


def review(given, shipped):
    """Cut a cluster: per part its kind, heads, number of contracts, and risk where told."""
    rows = contracts_of(given)
    owed = given.get("loans", {})
    delays = given.get("overdue_days")
    loans = Loans.from_columns(
        loan_id=list(owed),
        borrower=list(owed),
        balance_fen=[fen(amount) for amount in owed.values()],
        overdue_days=None if delays is None else [delays] * len(owed),
    )
    book = GuaranteeBook.from_columns(
        guarantor=[row[0] for row in rows],
        borrower=[row[1] for row in rows],
        amount_fen=[fen(row[2]) for row in rows],
        loans=loans,
    )
    policy = shipped["REVIEW"]
    for name, value in given.get("policy", {}).items():
        figure = attrs.evolve(getattr(policy, name), value=value)
        policy = attrs.evolve(policy, **{name: figure})
    (cluster,) = find_clusters(book)
    parts = split_for_review(cluster, watch_list=given.get("watched", []), policy=policy)
    return [
        [part.kind, *part.heads, len(part.contracts), *([part.risk] if part.risk else [])]
        for part in parts
    ]


def follow(given, shipped):
    """Follow findings written as their parties, one letter each."""

    def told(names):
        return [Finding(id=name, members=tuple(name), guaranteed_fen=100) for name in names]

    found = follow_up(told(given["last"]), told(given["this"]), shared=shipped["SAME_PARTIES"])
    return {name: count for name, count in found.counts().items() if count}


ASKS = {
    "guarantee_checks.security": security,
    "guarantee_checks.joint_group": joint_group,
    "guarantee_checks.claim": claim,
    "guarantee_checks.pools": pools,
    "guarantee_checks.splits": splits,
    "guarantee_checks.review": review,
    "guarantee_checks.follow": follow,
}
