"""What no credit table may rest on: protected traits without a ground, tied products."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ruralcredit.errors import TableError
from ruralcredit.policy._fields import Field
from ruralcredit.policy._rows import Condition, Row

__all__ = ["check_conduct"]

# Deposits, cards and payroll, as fields are named; risk on a card is no tie.
_TIED: Final = frozenset(
    {"card", "cards", "deposit", "depositor", "deposits", "payroll", "savings"}
)
_TIED_ZH: Final = ("存款", "储蓄", "开卡", "办卡", "银行卡", "信用卡", "代发")
_RISK: Final = frozenset(
    {"arrears", "default", "defaults", "fraud", "npl", "overdue", "pledge", "pledged", "risk"}
)
_RISK_ZH: Final = ("逾期", "欠", "不良", "质押")
_ELIGIBILITY: Final = frozenset(
    {"admission", "admit", "admitted", "approval", "approve", "approved", "decision"}
    | {"eligibility", "eligible", "grant", "granted", "verdict", "准入"}
)
_VERDICTS: Final = frozenset(
    {"accept", "accepted", "admit", "admitted", "approve", "approved", "decline", "declined"}
    | {"eligible", "ineligible", "pass", "refer", "refuse", "refused", "reject", "rejected"}
    | {"准入", "拒绝", "通过"}
)


def check_conduct(
    fields: Mapping[str, Field], rows: Sequence[Row], impossible: Iterable[Mapping[str, Condition]]
) -> None:
    """Refuse a table that rests on what credit may not rest on.

    Raises:
        TableError: If a row tests a protected field without citing a ground, a box names one,
            or a row makes deposits, cards or payroll a condition of eligibility.

    Source:
        rulings 2.7 (protected fields) and 3.4 (seven prohibitions on bundling, 七不准).
    """
    boxed = [name for box in impossible for name in box if fields[name].protected]
    if boxed:
        raise TableError(
            f"an impossible box must not name protected field {boxed[0]}: leave it out"
        )
    is_eligibility = any(map(_is_eligibility, rows))
    tests = [(row, name) for row in rows for name in row.when]
    for row, name in tests:
        if fields[name].protected and not row.cite.strip():
            raise TableError(
                f"row {row.id} tests protected field {name} and must cite its ground: "
                "write the law or regulation into cite, or leave the field out",
                rows=(row.id,),
            )
        if is_eligibility and _is_tied(name):
            raise TableError(
                f"row {row.id} must not make {name} a condition of eligibility: deposits, "
                "cards and payroll may lower a price afterwards, in a table of its own",
                rows=(row.id,),
            )


def _words(name: str) -> set[str]:
    return set(re.split(r"[^a-z]+", name.lower()))


def _is_tied(name: str) -> bool:
    words = _words(name)
    if words & _RISK or any(risk in name for risk in _RISK_ZH):
        return False
    return (
        bool(words & _TIED) or "salary_account" in name or any(tied in name for tied in _TIED_ZH)
    )


def _is_eligibility(row: Row) -> bool:
    return any(
        _words(name) & _ELIGIBILITY
        or name in _ELIGIBILITY
        or (isinstance(cell, str) and cell.strip().lower() in _VERDICTS)
        for name, cell in row.then.items()
    )
