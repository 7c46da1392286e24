"""Where a product stands: the 3 x 3 matrix, the purpose x channel grid, special schemes."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

import attrs
import numpy as np

from ruralcredit.columns import Words, same_length, word_column
from ruralcredit.errors import CreditError, TableError
from ruralcredit.policy import DecisionTable, Field, Row
from ruralcredit.products._catalogue import CATALOGUE, Catalogue, Product
from ruralcredit.products._columns import Int64
from ruralcredit.products._reasons import (
    DEEMED_UNSECURED,
    NOT_A_LOAN,
    PLEDGE_AS_MORTGAGE,
    PLEDGE_AS_SCHEME,
    SPECIAL_SCHEME,
)
from ruralcredit.reasons import Decision, Reason
from ruralcredit.values import FrozenMapping

__all__ = [
    "MATRIX",
    "PRODUCTS",
    "PURPOSE_CHANNEL",
    "Line",
    "ProductPolicy",
    "Security",
    "product_cell",
    "product_class",
    "product_class_columns",
]

Line: TypeAlias = Literal["consumption", "business", "agriculture"]
"""The three product lines: 消费, 经营, 三农."""

Security: TypeAlias = Literal["unsecured", "guaranteed", "mortgaged", "pledged"]
"""How a loan is secured: 信用, 保证, 抵押, 质押."""

SCHEME: Final = "special scheme"
_LINES: Final = get_args(Line)
_SECURITIES: Final = get_args(Security)
_LINES_ZH: Final = dict(zip(_LINES, ("消费", "经营", "三农"), strict=True))
_SECURITIES_ZH: Final = dict(zip(_SECURITIES[:3], ("信用", "保证", "抵押"), strict=True))
_Y28: Final = "row Y28 of the inventory: three lines by three kinds of security"
_P26: Final = "row P26 of the inventory: two purposes by two channels"

MATRIX: Final = DecisionTable(
    "products.matrix",
    [
        Field("line", "enum", values=_LINES),
        Field("security", "enum", values=_SECURITIES[:3]),
    ],
    [
        Row(
            f"{line}/{security}",
            when={"line": line, "security": security},
            then={"class": f"{line}/{security}", "managed_as": security},
            reason={"en": f"{line}, {security}", "zh": f"{line_zh}·{security_zh}"},
            cite=_Y28,
            basis="source document",
        )
        for line, line_zh in _LINES_ZH.items()
        for security, security_zh in _SECURITIES_ZH.items()
    ],
)
"""The 3 x 3 matrix (三乘三): nine classes."""

PURPOSE_CHANNEL: Final = DecisionTable(
    "products.purpose_channel",
    [
        Field("purpose", "enum", values=("business", "consumption")),
        Field("channel", "enum", values=("online", "offline")),
    ],
    [
        Row(
            f"{purpose}/{channel}",
            when={"purpose": purpose, "channel": channel},
            then={"cell": f"{purpose}/{channel}"},
            reason={"en": f"{purpose}, {channel}", "zh": f"{purpose_zh}·{channel_zh}"},
            cite=_P26,
            basis="source document",
        )
        for purpose, purpose_zh in (("business", "经营贷"), ("consumption", "消费贷"))
        for channel, channel_zh in (("online", "线上"), ("offline", "线下"))
    ],
)
"""The grid of purpose and channel (经营、消费 x 线上、线下): four cells."""


@attrs.frozen(kw_only=True)
class ProductPolicy:
    """How a bank classes its products (产品体系).

    Attributes:
        matrix: A table over ``line`` and ``security`` that gives ``class`` and the security
            under which the loan is managed, ``managed_as``.
        catalogue: The products, with those always deemed unsecured and the special schemes.
        pledge: What a pledge (质押), which the matrix does not have, counts as.

    Raises:
        TableError: If the matrix asks for other facts or gives other outcomes.
        CreditError: If a pledge is to count as something else.

    >>> ProductPolicy(matrix=MATRIX, catalogue=CATALOGUE).pledge
    'mortgaged'
    """

    matrix: DecisionTable = attrs.field(repr=lambda table: table.id)
    catalogue: Catalogue
    pledge: Literal["mortgaged", "special scheme"] = attrs.field(default="mortgaged")

    @matrix.validator
    def _is_matrix(self, _: "attrs.Attribute[DecisionTable]", table: DecisionTable) -> None:
        asked = {field.name for field in table.fields}
        if asked != {"line", "security"} or table.hit == "collect":
            raise TableError(
                f"matrix {table.id} must ask for line and security and give one class, got "
                f"{', '.join(sorted(asked))} with hit policy {table.hit}"
            )
        for row in table.rows:
            if not all(isinstance(row.then.get(name), str) for name in ("class", "managed_as")):
                raise TableError(
                    f"row {row.id} of {table.id} must give class and managed_as as words, got "
                    f"{dict(row.then)!r}",
                    rows=(row.id,),
                )

    @pledge.validator
    def _is_known(self, _: "attrs.Attribute[str]", pledge: object) -> None:
        if pledge not in {"mortgaged", SCHEME}:
            raise CreditError(f"pledge must count as mortgaged or {SCHEME}, got {pledge!r}")


PRODUCTS: Final = ProductPolicy(matrix=MATRIX, catalogue=CATALOGUE)
"""The matrix and the catalogue of the source documents; a pledge counts as a mortgage."""


def product_class(
    line: Line | None,
    security: Security | None,
    *,
    product: str | None = None,
    policy: ProductPolicy = PRODUCTS,
) -> Decision:
    """Class a loan by its line and its security, and say how it is managed (九大类).

    A special scheme stands beside the matrix.  A product that is always deemed unsecured
    (类信用) keeps its class and is managed as unsecured.

    Args:
        line: The product line; None where unknown.
        security: How the loan is secured; None where unknown.
        product: The product, by its code or Chinese name in the catalogue; None, no matter.
        policy: The bank's matrix and catalogue.

    Returns:
        Outcome with ``class``, such as "business/guaranteed" or "special scheme"; ``scheme``,
        its code or None; and ``managed_as``, the security that limits, price and authority go
        by.  Status "none" for a product that is no loan.

    Raises:
        CreditError: If a word is none of the choice, or the product is not in the catalogue.

    Source:
        Rows Y28, Y30, D22 and L37 of the inventory; rulings 3.3 and 1.6.

    >>> dict(product_class("business", "pledged").outcome)
    {'class': 'business/mortgaged', 'scheme': None, 'managed_as': 'mortgaged'}
    >>> product_class("business", "guaranteed", product="增额保").outcome["managed_as"]
    'unsecured'
    """
    if security is not None and security not in _SECURITIES:
        raise CreditError(f"security must be one of {', '.join(_SECURITIES)}, got {security!r}")
    found = None if product is None else policy.catalogue.find(product)
    in_matrix = policy.pledge if security == "pledged" else security
    is_apart = in_matrix == SCHEME
    base = policy.matrix.decide({"line": line, "security": None if is_apart else in_matrix})
    if found is not None and found.kind != "loan":
        reason = NOT_A_LOAN.given(product=found.code, kind=found.kind)
        return Decision(outcome=None, status="none", reasons=(reason,), basis=base.basis)
    reasons = _reasons(found, security, is_apart=is_apart)
    lists = () if found is None else found.lists
    managed_as = "pledged" if is_apart else in_matrix
    if "deemed_unsecured" in lists:
        managed_as = "unsecured"
    if is_apart or "special_scheme" in lists:
        scheme = "pledge" if found is None or "special_scheme" not in lists else found.code
        return _of_scheme(scheme, managed_as, reasons, base)
    if not isinstance(base.outcome, Mapping):
        return attrs.evolve(base, reasons=(*base.reasons, *reasons))
    told = {"class": base.outcome["class"], "scheme": None, "managed_as": managed_as}
    if "deemed_unsecured" not in lists:
        told["managed_as"] = base.outcome["managed_as"]
    return attrs.evolve(base, outcome=told, reasons=(*base.reasons, *reasons))


def _reasons(
    found: Product | None, security: Security | None, *, is_apart: bool
) -> tuple[Reason, ...]:
    reasons = []
    if security == "pledged":
        reasons.append(PLEDGE_AS_SCHEME.given() if is_apart else PLEDGE_AS_MORTGAGE.given())
    if found is not None and "special_scheme" in found.lists:
        reasons.append(SPECIAL_SCHEME.given(product=found.code))
    if found is not None and "deemed_unsecured" in found.lists:
        reasons.append(DEEMED_UNSECURED.given(product=found.code))
    return tuple(reasons)


def _of_scheme(
    scheme: str, managed_as: str | None, reasons: tuple[Reason, ...], base: Decision
) -> Decision:
    """Return the class of a special scheme, which asks for no line."""
    if managed_as is None:
        return Decision(
            outcome=None,
            status="undetermined",
            reasons=reasons,
            ask=("security",),
            basis=base.basis,
        )
    told = {"class": SCHEME, "scheme": scheme, "managed_as": managed_as}
    return Decision(outcome=told, status="decided", reasons=reasons, basis=base.basis)


def product_class_columns(
    line: object,
    security: object,
    *,
    product: object = None,
    policy: ProductPolicy = PRODUCTS,
) -> FrozenMapping[str, Words]:
    """Class a column of loans, each as `product_class` classes one.

    Args:
        line: Column of lines, None where unknown.
        security: Column of securities, None where unknown.
        product: Column of product codes or Chinese names, None where it does not matter; or
            None for no column.
        policy: The bank's matrix and catalogue.

    Returns:
        Columns ``class``, ``scheme`` and ``managed_as``, unknown where a row is not decided
        (and where it has no scheme).

    Raises:
        InputError: If a cell is none of the words, or lengths differ.

    >>> found = product_class_columns(["business", "business"], ["pledged", None])
    >>> found["class"].tolist()
    ['business/mortgaged', None]
    """
    rows = same_length({"line": line, "security": security, "product": product})
    lines = word_column("line", line, words=_LINES)
    securities = word_column("security", security, words=_SECURITIES)
    names = [name for one in policy.catalogue.products for name in (one.code, one.zh)]
    choice = tuple(dict.fromkeys(names))
    products = word_column("product", [None] * rows if product is None else product, words=choice)
    sizes = (len(_LINES) + 1, len(_SECURITIES) + 1, len(choice) + 1)
    parts = [column.codes.astype(np.int64) + 1 for column in (lines, securities, products)]
    key = np.ravel_multi_index(tuple(parts), sizes)
    told: dict[int, Mapping[str, object]] = {}
    for present in np.flatnonzero(np.bincount(key)).tolist():
        one, two, three = (int(at) for at in np.unravel_index(present, sizes))
        decision = product_class(
            _LINES[one - 1] if one else None,
            _SECURITIES[two - 1] if two else None,
            product=choice[three - 1] if three else None,
            policy=policy,
        )
        told[present] = decision.outcome if isinstance(decision.outcome, Mapping) else {}
    return FrozenMapping(
        {name: _words_of(name, told, key) for name in ("class", "scheme", "managed_as")}
    )


def _words_of(name: str, told: Mapping[int, Mapping[str, object]], key: Int64) -> Words:
    words = tuple(dict.fromkeys(str(one[name]) for one in told.values() if one.get(name)))
    code_of = np.full(max(told, default=0) + 1, -1, np.int16)
    for present, one in told.items():
        if one.get(name):
            code_of[present] = words.index(str(one[name]))
    return Words(code_of[key], words)


def product_cell(
    purpose: str | None, channel: str | None, *, policy: DecisionTable = PURPOSE_CHANNEL
) -> Decision:
    """Say in which cell of the purpose x channel grid a product stands (经营、消费 x 线上、线下).

    Args:
        purpose: "business" or "consumption"; None where unknown.
        channel: "online" or "offline"; None where unknown.
        policy: A table over ``purpose`` and ``channel`` that gives ``cell``.

    Raises:
        CreditError: If a word is none of the choice.

    Source:
        Row P26 of the inventory.

    >>> product_cell("business", "online").outcome["cell"]
    'business/online'
    """
    return policy.decide({"purpose": purpose, "channel": channel})
