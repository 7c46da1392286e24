"""Write a collateral policy (抵押物政策) as a table, mend its gap, ask it, and weigh version 2.

Shows a policy as data, the gap in it and its mending, one case with its trace, a million
rows, and what a second version changes for the bank's customers.  Writes one figure.  All
figures and customers are invented.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np

from ruralcredit.policy import DecisionTable, Field, Impact, Row, diff, from_markdown, gaps, impact
from ruralcredit.values import format_yuan, to_dict

FIELDS = (
    Field("kind", "enum", values=("factory", "housing", "shop", "land")),
    Field("is_local", "bool"),
    Field("owner", "enum", values=("borrower", "spouse", "third_party")),
    Field("age_years", "int", unit="years", low=0, high=150),
)

VERSION_1 = """
| id | kind             | is_local | owner            | age_years | => cap_bp | => route | reason                       | cite          |
|----|------------------|----------|------------------|-----------|-----------|----------|------------------------------|---------------|
| F1 | factory          | yes      | borrower         | -         | 60%       | branch   | a local factory of one's own | manual art. 3 |
| H1 | housing          | yes      | borrower, spouse | <=20      | 70%       | branch   | local housing up to 20 years | manual art. 4 |
| H2 | housing          | yes      | borrower, spouse | (20..40]  | 50%       | branch   | older local housing          | manual art. 4 |
| S1 | shop             | yes      | borrower, spouse | -         | 40%       | head     | shops with caution           | manual art. 5 |
| L1 | land             | yes      | borrower, spouse | -         | 50%       | branch   | local land                   | manual art. 6 |
| X1 | -                | no       | borrower, spouse | -         | 30%       | head     | outside the service area     | manual art. 7 |
| X2 | -                | -        | third_party      | -         | 30%       | head     | property of a third party    | manual art. 8 |
"""  # noqa: E501  # a table keeps its lines


def first_version() -> DecisionTable:
    """Return the policy as the risk officer wrote it."""
    return from_markdown(VERSION_1, id="collateral-policy", fields=FIELDS)


def mended(table: DecisionTable) -> DecisionTable:
    """Return the policy with a row for each thing it was silent about."""
    rows = (
        Row(
            "F2",
            when={"kind": "factory", "is_local": True, "owner": "spouse"},
            then={"cap_bp": 5000, "route": "branch"},
            reason="a local factory of the spouse",
            cite="manual art. 3a",
        ),
        Row(
            "H3",
            when={
                "kind": "housing",
                "is_local": True,
                "owner": ["borrower", "spouse"],
                "age_years": {"gt": 40},
            },
            then={"cap_bp": 3000, "route": "head"},
            reason="housing beyond 40 years",
            cite="manual art. 4a",
        ),
    )
    return attrs.evolve(table, rows=[*table.rows, *rows])


def second_version(table: DecisionTable) -> DecisionTable:
    """Return the version the committee discusses: old housing and shops count for less."""
    caps = {"H2": 4500, "S1": 3500}
    rows = [
        attrs.evolve(row, then={**row.then, "cap_bp": caps.get(row.id, row.then["cap_bp"])})
        for row in table.rows
    ]
    return attrs.evolve(table, version="2", rows=rows)


def customers(count: int) -> Mapping[str, object]:
    """Return invented loans against collateral: facts, balance in fen, and who fell overdue."""
    draw = np.random.default_rng(20_240_630)
    age = draw.integers(0, 60, count)
    return {
        "kind": draw.choice(FIELDS[0].values, count, p=[0.1, 0.6, 0.2, 0.1]),
        "is_local": draw.random(count) < 0.85,
        "owner": draw.choice(FIELDS[2].values, count, p=[0.6, 0.3, 0.1]),
        "age_years": age,
        "balance_fen": draw.integers(1, 200, count) * 1_000_000,
        "is_bad": draw.random(count) < 0.005 + age / 2_000,
    }


def show_gap(table: DecisionTable) -> None:
    """Print what the table is silent about, each with a case."""
    found = gaps(table)
    print(f"gaps: {len(found.boxes)}, all of them: {'yes' if found.complete else 'no'}")
    for box, case in zip(found.boxes, found.witnesses, strict=True):
        told = ", ".join(f"{name} = {value}" for name, value in case.items())
        print(f"  silent on {', '.join(box)}; for example {told}")


def show_impact(found: Impact) -> None:
    """Print who moves, with money and bad rate."""
    for move in found.changed:
        if move.amount_fen is None or move.bad is None:
            continue
        low, high = move.bad.interval() or (0.0, 0.0)
        print(
            f"  {move.old} -> {move.new}: {move.count:,} loans, {format_yuan(move.amount_fen)} "
            f"yuan, bad {move.bad.percent(2)}% ({low:.2%} to {high:.2%})"
        )


def figure(counts: Mapping[str, int]) -> str:
    """Return a bar chart of the rows' cases as SVG text."""
    most = max(counts.values())
    bars = []
    for place, (label, count) in enumerate(counts.items()):
        top, width = 40 + 26 * place, 300 * count / most
        bars.append(
            f'<text x="230" y="{top + 14}" text-anchor="end">{label}</text>'
            f'<rect x="240" y="{top}" width="{width:.1f}" height="18" fill="#4878a8"/>'
            f'<text x="{248 + width:.1f}" y="{top + 14}">{count:,}</text>'
        )
    height = 60 + 26 * len(counts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="{height}" '
        f'viewBox="0 0 640 {height}" font-family="sans-serif" font-size="13">'
        f'<rect width="640" height="{height}" fill="#ffffff"/>'
        f'<text x="20" y="24" font-size="15">Loans by the row that decides them</text>'
        f"{''.join(bars)}</svg>\n"
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Run the walk and write the figure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--out", type=Path, default=Path("collateral_policy.svg"))
    given = parser.parse_args(argv)

    table = first_version()
    print(f"a row as data: {to_dict(table.rows[1])}")
    show_gap(table)
    table = mended(table)
    print(f"mended: {len(gaps(table).boxes)} gaps, {len(table.rows)} rows")

    case = {"kind": "housing", "is_local": True, "owner": "spouse", "age_years": 21}
    print(table.decide(case, trace=True).explain())
    print(*(f"  {line}" for line in table.decide(case, trace=True).trace), sep="\n")
    asked = table.decide({**case, "age_years": None})
    print(asked.explain())
    print(*(f"  {line}" for line in asked.trace), sep="\n")

    columns = customers(given.rows)
    facts = {field.name: columns[field.name] for field in FIELDS}
    counts = table.decide_columns(facts).counts()
    for reason, count in counts.items():
        print(f"{count:>9,}  {reason}")

    second = second_version(table)
    print(*diff(table, second).text("en"), sep="\n")
    show_impact(impact(table, second, columns, amount="balance_fen", outcome="is_bad"))
    given.out.write_text(figure(counts), encoding="utf-8")
    print(f"figure: {given.out.name}")


if __name__ == "__main__":
    main()
