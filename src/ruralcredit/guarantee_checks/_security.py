"""Effective security: what of a loan is secured once guarantors that do not count are dropped."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError, TableError
from ruralcredit.guarantee_checks._found import (
    CONTROL,
    GIVEN_TO_ASSETS,
    KIN_DEGREE,
    LISTED_PRODUCT,
    OUT_OF_SCOPE,
    PARTS,
    SECURITY_OPEN,
    SHARED_CONTRACT,
)
from ruralcredit.guarantee_checks._given import PartyId, a_day, an_amount, by_id, in_force
from ruralcredit.guarantee_checks._links import LINKS, RELATED, Link, Related
from ruralcredit.guarantees import GuaranteeBook, Relations, find_circles
from ruralcredit.policy import DecisionTable, Field, Row
from ruralcredit.reasons import BASES, Basis, BasisWord, Decision, Figure, Reason, Status
from ruralcredit.values import Dated, Fen, FrozenMapping

__all__ = [
    "DEEMED_UNSECURED",
    "DroppedGuarantor",
    "EffectiveSecurity",
    "ListedProduct",
    "SecurityKind",
    "SecurityPart",
    "SecurityPolicy",
    "effective_security",
]

Int64 = npt.NDArray[np.int64]

SecurityKind: TypeAlias = Literal["mortgaged", "guaranteed", "unsecured"]
"""What secures a part of a loan: 抵质押, 有效保证, 信用."""

_KINDS: Final = ("person", "household", "firm", "guarantee_company", "public")
# Stands for "no limit" in sums of unknown amounts; what reaches half of it is unknown.
_UNLIMITED: Final = 1 << 200
_D21: Final = "row D21 of the inventory; rulings 1.6"
_OPTION: Final = "rulings 1.6: an option, off unless a bank turns it on"


@attrs.frozen(kw_only=True)
class ListedProduct:
    """A product managed as deemed unsecured (纳入类信用贷款管理的产品).

    Attributes:
        code: Its name in a system.
        zh: Its name in the bank's papers; either names the product.
        basis: What the listing rests on, one of `ruralcredit.reasons.BASES`.
        source: The document with its article or row.

    Raises:
        CreditError: If a text is blank or the basis is another.

    >>> ListedProduct(code="x", zh="某贷", basis="bank policy", source="notice 12").code
    'x'
    """

    code: str
    zh: str
    basis: BasisWord
    source: str

    def __attrs_post_init__(self) -> None:
        """Refuse blank texts and a basis that is none."""
        for name in ("code", "zh", "source"):
            value: object = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise CreditError(f"ListedProduct.{name} must be text, got {value!r}")
        if self.basis not in BASES:
            raise CreditError(f"ListedProduct.basis must be one of {'; '.join(BASES)}")


def _many(products: Iterable[ListedProduct]) -> tuple[ListedProduct, ...]:
    return tuple(products)


@attrs.frozen(kw_only=True)
class SecurityPolicy:
    """Which guarantors count, for whose loans, and which products never are secured (类信用口径).

    Attributes:
        scope: A table over ``borrower_kind`` and ``is_owner`` that gives ``applies``.
        links: A table over ``link``, how a guarantor stands to the borrower, that gives
            ``counts``: "self", "controller" (实际控制人), "controller_spouse",
            "related_firm" (关联企业), "related_person" of the same control group, "kin",
            "same_loop", "over_cap" (guarantees given exceed ``cap`` of net assets),
            "no_resolution" (no shareholder resolution).
        products: Products that are deemed unsecured whatever secures them.
        control: Shares above it control, those of all that a party controls added up.
        kin_degree: Kin up to this degree (亲等) are kin.
        cap: Guarantees given to net assets above which a guarantor is over its cap.

    Raises:
        TableError: If a table asks for other facts or does not give its outcome.
        CreditError: If a figure is no share.

    >>> DEEMED_UNSECURED.dropped
    ('self', 'controller', 'controller_spouse', 'related_firm')
    """

    scope: DecisionTable = attrs.field(repr=lambda table: table.id)
    links: DecisionTable = attrs.field(repr=lambda table: table.id)
    products: tuple[ListedProduct, ...] = attrs.field(
        converter=_many, repr=lambda products: f"({len(products)} products)"
    )
    control: Figure = attrs.field(default=CONTROL, repr=lambda figure: str(figure.value))
    kin_degree: Figure = attrs.field(default=KIN_DEGREE, repr=lambda figure: str(figure.value))
    cap: Figure = attrs.field(default=GIVEN_TO_ASSETS, repr=lambda figure: str(figure.value))

    def __attrs_post_init__(self) -> None:
        """Refuse tables that ask for something else, and figures that are no share."""
        for table, names, given in (
            (self.scope, ("borrower_kind", "is_owner"), "applies"),
            (self.links, ("link",), "counts"),
        ):
            asked = tuple(field.name for field in table.fields)
            gives = all(isinstance(row.then.get(given), bool) for row in table.rows)
            if asked != names or not gives or table.hit == "collect":
                raise TableError(
                    f"table {table.id} must ask for {', '.join(names)} and give {given} in every "
                    f"row, got fields {', '.join(asked)} and hit policy {table.hit}"
                )
        for name in ("control", "kin_degree", "cap"):
            an_amount(getattr(self, name).value, f"SecurityPolicy.{name}")

    @property
    def dropped(self) -> tuple[Link, ...]:
        """The links with which a guarantor does not count."""
        return tuple(link for link in LINKS if not self._counts(link))

    def _counts(self, link: Link) -> bool:
        outcome = self.links.decide({"link": link}).outcome
        return isinstance(outcome, Mapping) and outcome["counts"] is True

    def dropping(self, *links: Link) -> "SecurityPolicy":
        """Return the policy with more links with which a guarantor does not count.

        Raises:
            CreditError: If the table has no row of that link.

        >>> DEEMED_UNSECURED.dropping("kin", "same_loop").dropped[-2:]
        ('kin', 'same_loop')
        """
        for link in links:
            self.links.row(link)
        rows = [
            attrs.evolve(row, then={**row.then, "counts": False}) if row.id in links else row
            for row in self.links.rows
        ]
        return attrs.evolve(self, links=attrs.evolve(self.links, rows=rows))

    def lists(self, product: str | None) -> ListedProduct | None:
        """Return the listed product of a name, or None.

        >>> DEEMED_UNSECURED.lists("小微贷").code
        'micro_loan'
        """
        return next((one for one in self.products if product in {one.code, one.zh}), None)


def _link(id_: Link, en: str, zh: str, *, counts: bool = True, cite: str = _OPTION) -> Row:
    return Row(
        id_,
        when={"link": id_},
        then={"counts": counts},
        reason={"en": en, "zh": zh},
        cite=cite,
        basis="source document" if cite == _D21 else "project proposal",
    )


def _kind(id_: str, en: str, zh: str, *, applies: bool, **when: object) -> Row:
    return Row(
        id_,
        when=when,
        then={"applies": applies},
        reason={"en": en, "zh": zh},
        cite="rulings 1.6: loans to enterprises and their owners",
        basis="source document",
    )


def _listed(code: str, zh: str) -> ListedProduct:
    return ListedProduct(
        code=code, zh=zh, basis="source document", source="row D22 of the inventory"
    )


DEEMED_UNSECURED: Final = SecurityPolicy(
    scope=DecisionTable(
        "guarantee_checks.deemed_unsecured_scope",
        [Field("borrower_kind", "enum", values=_KINDS), Field("is_owner", "bool")],
        [
            _kind(
                "enterprise",
                "the borrower is an enterprise",
                "借款人为企业",
                applies=True,
                borrower_kind=("firm", "guarantee_company"),
            ),
            _kind(
                "owner",
                "the borrower owns an enterprise",
                "借款人为企业主",
                applies=True,
                borrower_kind=("person", "household"),
                is_owner=True,
            ),
            _kind(
                "private",
                "the borrower owns no enterprise",
                "借款人非企业主",
                applies=False,
                borrower_kind=("person", "household"),
                is_owner=False,
            ),
            _kind(
                "public",
                "the borrower is a public body",
                "借款人为公共机构",
                applies=False,
                borrower_kind="public",
            ),
        ],
    ),
    links=DecisionTable(
        "guarantee_checks.deemed_unsecured",
        [Field("link", "enum", values=LINKS)],
        [
            _link(
                "self",
                "a borrower's own guarantee secures nothing",
                "借款人为自身担保，不产生担保效力",
                counts=False,
                cite="a promise to pay one's own debt adds nothing to it",
            ),
            _link(
                "controller",
                "the borrower's actual controller does not count",
                "实际控制人担保不计入",
                counts=False,
                cite=_D21,
            ),
            _link(
                "controller_spouse",
                "the spouse of the borrower's actual controller does not count",
                "实际控制人配偶担保不计入",
                counts=False,
                cite=_D21,
            ),
            _link(
                "related_firm",
                "a firm of the borrower's control group does not count",
                "关联企业担保不计入",
                counts=False,
                cite=_D21,
            ),
            _link(
                "related_person",
                "another person of the borrower's control group",
                "同一控制关系内的其他自然人",
            ),
            _link("kin", "kin of the borrower or its controller", "借款人或实际控制人的亲属"),
            _link(
                "same_loop",
                "on the same closed loop as the borrower",
                "与借款人处于同一循环担保",
            ),
            _link(
                "over_cap",
                "the guarantor's guarantees exceed the cap of its net assets",
                "保证人对外担保超过净资产上限",
            ),
            _link(
                "no_resolution",
                "the guarantor's shareholder resolution is missing",
                "保证人缺少股东会或董事会决议",
            ),
        ],
    ),
    products=(
        _listed("micro_loan", "小微贷"),
        _listed("top_up_guarantee", "增额保"),
        _listed("micro_easy_loan", "微企易贷"),
    ),
)
"""Rows D21 and D22 of the inventory; kin, loop, cap and resolution are options, off."""


@attrs.frozen(kw_only=True)
class SecurityPart:
    """One part of a loan by what secures it (按有效担保拆分).

    Attributes:
        kind: "mortgaged", "guaranteed" or "unsecured".
        fen: The part, None where unknown facts could change it.
        low_fen: The least it can be.
        high_fen: The most it can be, None where nothing limits it.

    >>> SecurityPart(kind="unsecured", fen=5, low_fen=5, high_fen=5).fen
    5
    """

    kind: SecurityKind
    fen: Fen | None
    low_fen: Fen
    high_fen: Fen | None


@attrs.frozen(kw_only=True)
class DroppedGuarantor:
    """A guarantor that does not count, or may not (不计入的保证人).

    Attributes:
        guarantor: The party.
        contract: Its contract, or the row number where it has none.
        links: How it stands to the borrower, in table order.
        is_certain: Whether it is dropped whatever the unknown facts are.
        reasons: Why, in table order; those about unknown facts are marked.

    >>> DroppedGuarantor(guarantor="a", contract=0, links=("self",), is_certain=True).links
    ('self',)
    """

    guarantor: PartyId
    contract: PartyId
    links: tuple[Link, ...]
    is_certain: bool
    reasons: tuple[Reason, ...] = attrs.field(default=(), repr=False)


@attrs.frozen(kw_only=True)
class EffectiveSecurity:
    """What secures a loan in effect, part by part (有效担保).

    Attributes:
        loan_id: The loan; None for one that has no id yet.
        borrower: Who owes it.
        balance_fen: Its balance, None where unknown.
        parts: Mortgaged, guaranteed and unsecured, in this order; they sum to the balance.
        deemed: What guarantees cover on paper and not in effect (类信用部分): a part of
            "unsecured", or of all parts for a listed product.
        dropped: Guarantors that do not count, or may not.
        counted: Guarantors that count for certain, sorted.
        shared: Contracts that may be called for other loans too, each counted here in full.
        applies: Whether the rule applies to this borrower; None where unknown.
        status: "decided" where no unknown fact can change a part, else "undetermined".
        ask: What to ask for.
        reasons: Why.
        rows: Ids of the table's rows that dropped somebody.
        basis: The table asked, and the day.

    >>> book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["a"], amount_fen=[5])
    >>> found = effective_security(book, None, borrower="a", balance_fen=3, product="other",
    ...                            as_of=datetime.date(2026, 1, 1))
    >>> found.unsecured_fen, found.dropped[0].links
    (3, ('self',))
    """

    loan_id: PartyId | None
    borrower: PartyId
    balance_fen: Fen | None
    parts: tuple[SecurityPart, ...]
    deemed: SecurityPart
    dropped: tuple[DroppedGuarantor, ...]
    counted: tuple[PartyId, ...]
    shared: tuple[PartyId, ...]
    applies: bool | None
    status: Status
    ask: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = attrs.field(default=(), repr=False)
    rows: tuple[str, ...] = attrs.field(default=(), repr=False)
    basis: Basis = attrs.field(repr=False)

    def part(self, kind: SecurityKind) -> SecurityPart:
        """Return the part of a kind.

        Raises:
            CreditError: If there is none of that kind.

        >>> book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["a"])
        >>> effective_security(book, None, borrower="a", balance_fen=3, product="other",
        ...                    as_of=datetime.date(2026, 1, 1)).part("guaranteed").fen
        0
        """
        for one in self.parts:
            if one.kind == kind:
                return one
        raise CreditError(f"kind must be mortgaged, guaranteed or unsecured, got {kind!r}")

    @property
    def mortgaged_fen(self) -> Fen | None:
        """What collateral secures, None where undetermined."""
        return self.part("mortgaged").fen

    @property
    def guaranteed_fen(self) -> Fen | None:
        """What guarantors that count secure, None where undetermined."""
        return self.part("guaranteed").fen

    @property
    def unsecured_fen(self) -> Fen | None:
        """What nothing secures, None where undetermined."""
        return self.part("unsecured").fen

    @property
    def is_deemed_unsecured(self) -> bool | None:
        """Whether a part is guaranteed on paper only (类信用); None where undetermined."""
        if self.deemed.low_fen:
            return True
        return False if self.deemed.high_fen == 0 else None

    @property
    def managed_as(self) -> Literal["secured", "partly_secured", "unsecured"] | None:
        """By which rules to manage the loan, as none, some or all of it is unsecured."""
        unsecured, balance = self.unsecured_fen, self.balance_fen
        if unsecured is None or balance is None:
            return None
        if not unsecured:
            return "secured"
        return "unsecured" if unsecured == balance else "partly_secured"

    def decision(self) -> Decision:
        """Return it as a decision: the fen of each part and how to manage the loan.

        >>> book = GuaranteeBook.from_columns(guarantor=["a"], borrower=["a"])
        >>> effective_security(book, None, borrower="a", balance_fen=3, product="other",
        ...                    as_of=datetime.date(2026, 1, 1)).decision().outcome["managed_as"]
        'unsecured'
        """
        outcome = None
        if self.status == "decided":
            outcome = FrozenMapping(
                {
                    **{f"{part.kind}_fen": part.fen for part in self.parts},
                    "deemed_unsecured_fen": self.deemed.fen,
                    "managed_as": self.managed_as,
                }
            )
        return Decision(
            outcome=outcome,
            status=self.status,
            reasons=self.reasons,
            rows=self.rows,
            ask=self.ask,
            basis=self.basis,
        )


def effective_security(
    book: GuaranteeBook,
    loan_id: PartyId | None,
    *,
    relations: Relations | None = None,
    collateral_fen: Fen | None = 0,
    product: str | None = None,
    borrower: PartyId | None = None,
    balance_fen: Fen | None = None,
    resolutions: Mapping[PartyId, bool | None] | None = None,
    policy: SecurityPolicy | Dated[SecurityPolicy] = DEEMED_UNSECURED,
    as_of: datetime.date,
) -> EffectiveSecurity:
    """Split a loan into what collateral, guarantors that count and nothing secures (有效担保).

    Collateral comes first, then the contracts with a guarantor that counts, each up to its
    amount; the rest is unsecured.  The loan is asked for alone: a contract that other loans
    share is counted in full and named in ``shared``.  Counter-guarantees are left out, and
    licensed guarantee companies always count.

    A firm is related through control, controllers, groups and their spouses, in any number of
    steps.  A listed product is wholly unsecured.

    Args:
        book: The book; it is asked for ``as_of``, its loans table says the balance.
        loan_id: The loan, or None for one that has no id yet: then name the borrower.
        relations: Who is related to whom, as `ruralcredit.guarantees.Relations`; what the
            book was merged over where left out, read by
            `ruralcredit.guarantees.control_groups`.  Without any, whether guarantors are
            independent is unknown.
        collateral_fen: What collateral secures of this loan, in fen.  None is unknown unless
            the loans table says what is left open (``uncovered_fen``).
        product: The product; the loans table's where left out, then unknown.
        borrower: Who owes the loan, where neither loans table nor ledger says so.
        balance_fen: Its balance, where the loans table does not say so.
        resolutions: Per contract whether the shareholder resolution is there; asked only
            where the policy drops guarantors without one.
        policy: Who counts, in versions by day or not.
        as_of: The day.

    Returns:
        The parts; where unknown facts could change them, their bounds and what to ask for.

    Raises:
        CreditError: If nobody says who owes the loan, an amount is negative or no whole number
            of fen, or the day is no date.

    Source:
        Rows D21 and D22 of the inventory; rulings 1.6; practice 2.11.

    >>> from ruralcredit.guarantees import Loans, Parties
    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["boss", "friend"], borrower=["firm", "firm"], amount_fen=[80, 30],
    ...     loans=Loans.from_columns(loan_id=["L"], borrower=["firm"], balance_fen=[100]),
    ...     parties=Parties.from_columns(party=["firm"], kind=["firm"]),
    ... )
    >>> owner = Relations.from_columns(a=["boss"], b=["firm"], kind=["controller"])
    >>> found = effective_security(book, "L", relations=owner, collateral_fen=20,
    ...                            product="other", as_of=datetime.date(2026, 1, 1))
    >>> [(part.kind, part.fen) for part in found.parts]
    [('mortgaged', 20), ('guaranteed', 30), ('unsecured', 50)]
    >>> found.dropped[0].guarantor, found.dropped[0].links
    ('boss', ('controller',))
    """
    day = a_day(as_of, "as_of")
    book = book if book.day == day else book.as_of(day, known_by=book.known_by)
    rule = in_force(policy, day)
    loan = _Loan.of(book, loan_id, borrower=borrower, balance_fen=balance_fen)
    facts = _Facts(
        loan=loan,
        related=Related.of(
            book,
            loan.borrower,
            relations=book.relations if relations is None else relations,
            control_bp=int(rule.control.value),
            kin_degree=int(rule.kin_degree.value),
            day=day,
        ),
        collateral=_collateral(loan, collateral_fen),
        product=loan.product if product is None else product,
        resolutions=resolutions or {},
        policy=rule,
    )
    return _answered(facts, day)


@attrs.frozen(kw_only=True)
class _Loan:
    """The loan asked about, and the rows that may be called for it."""

    book: GuaranteeBook
    loan_id: PartyId | None
    borrower: PartyId
    balance: int | None
    uncovered: int | None
    product: str | None
    rows: Int64

    @classmethod
    def of(
        cls,
        book: GuaranteeBook,
        loan_id: PartyId | None,
        *,
        borrower: PartyId | None,
        balance_fen: int | None,
    ) -> "_Loan":
        at = _row_of_loan(book, loan_id)
        known = _told(book, at)
        owes = known["borrower"] if borrower is None else borrower
        naming = _rows_naming(book, loan_id)
        if owes is None and len(naming):
            codes = book.ledger.borrower.codes[naming[:1]]
            owes = book.ledger.index.known_ids(codes)[0]
        if owes is None:
            raise CreditError(
                f"loan {loan_id!r} must stand in the loans table or in a row that counts on "
                f"{book.day}, got neither: name its borrower, and its balance_fen"
            )
        balance = known["balance"]
        if balance_fen is not None:
            balance = an_amount(balance_fen, "balance_fen")
        product = known["product"]
        return cls(
            book=book,
            loan_id=loan_id,
            borrower=owes,
            balance=None if balance is None else int(balance),
            uncovered=None if known["uncovered"] is None else int(known["uncovered"]),
            product=None if product is None else str(product),
            rows=_rows_for(book, owes, naming),
        )

    @property
    def contracts(self) -> dict[int, tuple[PartyId, list[int]]]:
        """Per contract code its name and its rows here."""
        ledger = self.book.ledger
        codes = ledger.contract_codes[0][self.rows].tolist()
        found: dict[int, tuple[PartyId, list[int]]] = {}
        for code, row in zip(codes, self.rows.tolist(), strict=True):
            if code not in found:
                found[code] = (ledger.contract_names(np.array([row]))[0], [])
            found[code][1].append(row)
        return dict(sorted(found.items(), key=lambda one: one[1][1]))


def _row_of_loan(book: GuaranteeBook, loan_id: PartyId | None) -> int:
    """Return the row of the loan in the loans table, -1 where it is not there."""
    if book.loans is None or loan_id is None:
        return -1
    column = book.loans.loan_id
    code = int(column.index.find([loan_id])[0])
    at = np.flatnonzero(column.codes == code)
    return int(at[0]) if code >= 0 else -1


def _told(book: GuaranteeBook, at: int) -> dict[str, PartyId | None]:
    """Return what the loans table says of a loan."""
    loans = book.loans
    names = ("borrower", "balance", "uncovered", "product")
    if loans is None or at < 0:
        return dict.fromkeys(names)
    row = np.array([at])
    cells = (loans.borrower, loans.balance_fen, loans.uncovered_fen, loans.product)
    return {
        name: None if column is None else column.take(row).tolist()[0]
        for name, column in zip(names, cells, strict=True)
    }


def _counting(book: GuaranteeBook, rows: Int64) -> Int64:
    """Return which of some rows count, name both parties and are no counter-guarantee."""
    counts = np.isin(rows, book.rows, assume_unique=True) & book.ledger.has_parties[rows]
    if book.ledger.layer is not None:
        counts &= ~book.ledger.layer.are("counter")[rows]
    return rows[counts]


def _rows_naming(book: GuaranteeBook, loan_id: PartyId | None) -> Int64:
    """Return the rows that count and name the loan."""
    column = book.ledger.loan_id
    if column is None or loan_id is None:
        return np.zeros(0, np.int64)
    code = int(column.index.find([loan_id])[0])
    return _counting(book, np.flatnonzero((column.codes == code) & (code >= 0)))


def _rows_for(book: GuaranteeBook, borrower: PartyId, naming: Int64) -> Int64:
    """Return the borrower's rows that name the loan, or no loan."""
    ledger = book.ledger
    code = int(ledger.index.find([borrower])[0])
    mine = np.flatnonzero((ledger.borrower.codes == code) & (code >= 0))
    if ledger.loan_id is not None:
        mine = mine[(ledger.loan_id.codes[mine] < 0) | np.isin(mine, naming)]
    return _counting(book, mine)


def _collateral(loan: _Loan, collateral_fen: int | None) -> int | None:
    if collateral_fen is not None:
        return an_amount(collateral_fen, "collateral_fen")
    if loan.balance is None or loan.uncovered is None:
        return None
    return max(loan.balance - loan.uncovered, 0)


@attrs.frozen(kw_only=True)
class _Facts:
    loan: _Loan
    related: Related
    collateral: int | None
    product: str | None
    resolutions: Mapping[PartyId, bool | None]
    policy: SecurityPolicy

    def applies(self) -> bool | None:
        """Say whether the rule applies to this borrower; None where unknown."""
        case = {
            "borrower_kind": self.related.borrower_kind,
            "is_owner": self.related.is_owner,
        }
        outcome = self.policy.scope.decide(case).outcome
        return outcome["applies"] is True if isinstance(outcome, Mapping) else None


@attrs.frozen(kw_only=True)
class _Sums:
    """What contracts come to, at least and at most: those that count, those that do not."""

    counted: tuple[int, int]
    dropped: tuple[int, int]


def _answered(facts: _Facts, day: datetime.date) -> EffectiveSecurity:
    applies, loan = facts.applies(), facts.loan
    found = _judged(facts, applies)
    dropped = [one for one in found if one.links]
    sums = _sums(loan, found)
    listed, is_open = _listing(facts, applies)
    parts, deemed = _parts(facts, sums, is_listed=listed is not None, may_be_listed=is_open)
    unsettled = any(part.fen is None for part in parts)
    ask = _asked(facts, dropped, applies=applies, is_product_open=is_open) if unsettled else ()
    rule = facts.policy.links
    rows = tuple(row.id for row in rule.rows if any(row.id in one.links for one in dropped))
    shared = _shared(loan)
    return EffectiveSecurity(
        loan_id=loan.loan_id,
        borrower=loan.borrower,
        balance_fen=loan.balance,
        parts=parts,
        deemed=deemed,
        dropped=tuple(dropped),
        counted=tuple(sorted({one.guarantor for one in found if not one.links}, key=by_id)),
        shared=shared,
        applies=applies,
        status="undetermined" if unsettled else "decided",
        ask=ask,
        reasons=_reasons(facts, parts, dropped, listed=listed, shared=shared, is_open=unsettled),
        rows=rows,
        basis=Basis(id=rule.id, version=rule.version, digest=rule.digest, as_of=day),
    )


def _judged(facts: _Facts, applies: bool | None) -> list[DroppedGuarantor]:  # noqa: FBT001  # three-valued
    """Return every guarantor of every contract, with the links that drop it; none: it counts."""
    loan, policy = facts.loan, facts.policy
    wanted = policy.dropped if applies is not False else ("self",)
    ledger = loan.book.ledger
    givers = ledger.index.known_ids(ledger.guarantor.codes[loan.rows])
    links = _links_of(facts, sorted(set(givers), key=by_id), wanted)
    found = []
    giver_of = dict(zip(loan.rows.tolist(), givers, strict=True))
    for name, rows in loan.contracts.values():
        for giver in dict.fromkeys(giver_of[row] for row in rows):
            mine = {**links[giver], **_resolution(facts, giver, name, wanted)}
            if facts.related.kind_of(giver) == "guarantee_company":
                mine.pop("same_loop", None)
                mine.pop("over_cap", None)
            if applies is None:
                mine = {link: sure and link == "self" for link, sure in mine.items()}
            found.append(_dropped(policy, giver, name, mine))
    return found


def _dropped(
    policy: SecurityPolicy, giver: PartyId, contract: PartyId, links: Mapping[Link, bool]
) -> DroppedGuarantor:
    ordered = tuple(link for link in LINKS if link in links)
    reasons = []
    for link in ordered:
        told = policy.links.decide({"link": link}).reasons[0]
        figures = (policy.cap,) if link == "over_cap" else ()
        reasons.append(attrs.evolve(told, unknown=not links[link], figures=figures))
    return DroppedGuarantor(
        guarantor=giver,
        contract=contract,
        links=ordered,
        is_certain=any(links.values()),
        reasons=tuple(reasons),
    )


def _links_of(
    facts: _Facts, givers: Sequence[PartyId], wanted: Sequence[Link]
) -> dict[PartyId, dict[Link, bool]]:
    """Return per guarantor the links that drop it, and whether each is certain."""
    related, loan = facts.related, facts.loan
    found: dict[PartyId, dict[Link, bool]] = {}
    on_loop = _same_loop(loan, givers) if "same_loop" in wanted else frozenset()
    for giver in givers:
        links = {link: sure for link, sure in related.links(giver).items() if link in wanted}
        if giver in on_loop and giver != loan.borrower:
            links["same_loop"] = True
        if "over_cap" in wanted and giver != loan.borrower:
            over = _is_over_cap(facts, giver)
            if over is not False:
                links["over_cap"] = over is True
        found[giver] = links
    return found


def _same_loop(loan: _Loan, givers: Sequence[PartyId]) -> frozenset[PartyId]:
    circles = find_circles(loan.book)
    label = int(circles.label_of([loan.borrower])[0])
    labels = circles.label_of(list(givers)).tolist() if givers else []
    return frozenset(giver for giver, one in zip(givers, labels, strict=True) if one == label >= 0)


def _is_over_cap(facts: _Facts, giver: PartyId) -> bool | None:
    """Say whether all that a guarantor gives exceeds the cap of its net assets."""
    book, assets = facts.loan.book, facts.related.net_assets(giver)
    code = int(book.ledger.index.find([giver])[0])
    rows = _counting(book, np.flatnonzero(book.ledger.guarantor.codes == code))
    amounts, known = book.contract_amounts
    _codes, first = np.unique(book.ledger.contract_codes[0][rows], return_index=True)
    one = rows[first]
    given = sum(amounts[one].tolist())
    if assets is None:
        return None if given or not known[one].all() else False
    most = max(assets, 0) * int(facts.policy.cap.value) // 10_000
    if given > most:
        return True
    return False if known[one].all() else None


def _resolution(
    facts: _Facts, giver: PartyId, contract: PartyId, wanted: Sequence[Link]
) -> dict[Link, bool]:
    """Return whether a firm's guarantee lacks its resolution; persons need none."""
    kind = facts.related.kind_of(giver)
    if "no_resolution" not in wanted or giver == facts.loan.borrower:
        return {}
    if kind is not None and kind != "firm":
        return {}
    there = facts.resolutions.get(contract)
    if there is True:
        return {}
    return {"no_resolution": there is False and kind == "firm"}


def _sums(loan: _Loan, found: Sequence[DroppedGuarantor]) -> _Sums:
    amounts, known = loan.book.contract_amounts
    sure: dict[PartyId, bool] = {}
    may: dict[PartyId, bool] = {}
    for one in found:
        sure[one.contract] = sure.get(one.contract, True) and one.is_certain
        may[one.contract] = may.get(one.contract, True) and bool(one.links)
    low = high = out_low = out_high = 0
    for name, rows in loan.contracts.values():
        least = int(amounts[rows[0]])
        most = least if known[rows[0]] else _UNLIMITED
        if sure[name]:
            out_low, out_high = out_low + least, out_high + most
        elif may[name]:
            high, out_high = high + most, out_high + most
        else:
            low, high = low + least, high + most
    return _Sums(counted=(low, high), dropped=(out_low, out_high))


def _listing(facts: _Facts, applies: bool | None) -> tuple[ListedProduct | None, bool]:  # noqa: FBT001  # three-valued
    """Return the listed product that it is for certain, and whether it may be one."""
    if applies is False or not facts.policy.products:
        return None, False
    listed = facts.policy.lists(facts.product)
    if facts.product is None or (listed is not None and applies is None):
        return None, True
    return listed, False


def _parts(
    facts: _Facts, sums: _Sums, *, is_listed: bool, may_be_listed: bool
) -> tuple[tuple[SecurityPart, ...], SecurityPart]:
    """Return the parts with their bounds, and what is secured on paper only.

    Each grows or falls with each unknown amount, so the ends of the amounts give the ends.
    """
    balance = _ends(facts.loan.balance)
    held = _ends(facts.collateral)
    counted, dropped = sums.counted, sums.dropped
    listings = [is_listed] if not may_be_listed else [False, True]
    # The ends of balance, collateral, counted and dropped that make each part least.
    ends = {
        "mortgaged": (0, 0, 0, 0),
        "guaranteed": (0, 1, 0, 0),
        "unsecured": (0, 1, 1, 0),
        "deemed": (0, 1, 1, 0),
    }
    found = {}
    for name, least in ends.items():
        amounts = (balance, held, counted, dropped)
        low = [pair[end] for pair, end in zip(amounts, least, strict=True)]
        high = [pair[1 - end] for pair, end in zip(amounts, least, strict=True)]
        lows = [_world(*low, is_listed=listed)[name] for listed in listings]
        highs = [_world(*high, is_listed=listed)[name] for listed in listings]
        found[name] = _bounded(name, min(lows), max(highs))
    return (found["mortgaged"], found["guaranteed"], found["unsecured"]), found["deemed"]


def _ends(amount: int | None) -> tuple[int, int]:
    return (0, _UNLIMITED) if amount is None else (amount, amount)


def _world(
    balance: int, held: int, counted: int, dropped: int, *, is_listed: bool
) -> dict[str, int]:
    """Return the parts where every amount is known."""
    mortgaged = min(balance, held)
    guaranteed = min(balance - mortgaged, counted)
    paper = min(balance, held + counted + dropped)
    if is_listed:
        return {"mortgaged": 0, "guaranteed": 0, "unsecured": balance, "deemed": paper}
    return {
        "mortgaged": mortgaged,
        "guaranteed": guaranteed,
        "unsecured": balance - mortgaged - guaranteed,
        "deemed": paper - mortgaged - guaranteed,
    }


def _bounded(name: str, low: int, high: int) -> SecurityPart:
    is_open = high >= _UNLIMITED // 2
    return SecurityPart(
        kind="unsecured" if name == "deemed" else name,  # type: ignore[arg-type]  # the three kinds
        fen=low if low == high else None,
        low_fen=low,
        high_fen=None if is_open else high,
    )


def _asked(
    facts: _Facts,
    dropped: Sequence[DroppedGuarantor],
    *,
    applies: bool | None,
    is_product_open: bool,
) -> tuple[str, ...]:
    """Return the facts that nobody knows and that may change a part."""
    loan, related = facts.loan, facts.related
    amounts_known = loan.book.contract_amounts[1]
    wanted = {
        "balance_fen": loan.balance is None,
        "collateral_fen": facts.collateral is None,
        "product": is_product_open and facts.product is None,
        f"kind of {loan.borrower}": applies is None and related.borrower_kind is None,
        "relations": related.is_unknown and _needs_relations(facts, dropped, applies=applies),
    }
    asks = [name for name, is_asked in wanted.items() if is_asked]
    asks += [f"kind of relation row {row}" for row in related.unknown_rows]
    for one in dropped:
        for link in one.links if not one.is_certain else ():
            asks += _ask_of(facts, one, link)
    asks += [
        f"amount_fen of {name}"
        for name, rows in loan.contracts.values()
        if not amounts_known[rows[0]]
    ]
    return tuple(dict.fromkeys(asks))


def _needs_relations(
    facts: _Facts, dropped: Sequence[DroppedGuarantor], *, applies: bool | None
) -> bool:
    if applies is None and facts.related.borrower_kind in {"person", "household"}:
        return True
    return any(link in RELATED for one in dropped if not one.is_certain for link in one.links)


def _ask_of(facts: _Facts, one: DroppedGuarantor, link: Link) -> list[str]:
    kind = facts.related.kind_of(one.guarantor)
    asks = []
    is_told = not facts.related.is_unknown and link in {"related_firm", "related_person"}
    if kind is None and (is_told or link == "no_resolution"):
        asks.append(f"kind of {one.guarantor}")
    if link == "no_resolution" and facts.resolutions.get(one.contract) is None:
        asks.append(f"resolution of {one.contract}")
    if link == "over_cap":
        if facts.related.net_assets(one.guarantor) is None:
            asks.append(f"net_assets_fen of {one.guarantor}")
        else:
            asks.append(f"amounts given by {one.guarantor}")
    return asks


def _shared(loan: _Loan) -> tuple[PartyId, ...]:
    """Return the contracts that may be called for other loans too."""
    book, ledger = loan.book, loan.book.ledger
    mine = loan.contracts
    if not mine:
        return ()
    others = _counting(book, np.flatnonzero(np.isin(ledger.contract_codes[0], list(mine))))
    elsewhere = set(ledger.contract_codes[0][np.setdiff1d(others, loan.rows)].tolist())
    if book.loans is not None:
        column = book.loans.borrower
        code = int(column.index.find([loan.borrower])[0])
        several = np.count_nonzero((column.codes == code) & (code >= 0)) > 1
        named = ledger.loan_id
        elsewhere |= {
            code
            for code, (_name, rows) in mine.items()
            if several and any(named is None or named.codes[row] < 0 for row in rows)
        }
    return tuple(name for code, (name, _rows) in mine.items() if code in elsewhere)


def _reasons(
    facts: _Facts,
    parts: Sequence[SecurityPart],
    dropped: Sequence[DroppedGuarantor],
    *,
    listed: ListedProduct | None,
    shared: Sequence[PartyId],
    is_open: bool,
) -> tuple[Reason, ...]:
    found: list[Reason] = []
    if listed is not None:
        told = LISTED_PRODUCT.given(product=listed.zh)
        found.append(attrs.evolve(told, basis=listed.basis, source=listed.source))
    if facts.applies() is False:
        found.append(OUT_OF_SCOPE.given(borrower=facts.loan.borrower))
    by_code: dict[str, Reason] = {}
    for reason in (reason for one in dropped for reason in one.reasons):
        # Certain for one guarantor is certain.
        if reason.code not in by_code or by_code[reason.code].unknown:
            by_code[reason.code] = reason
    order = [f"{facts.policy.links.id}/{row.id}" for row in facts.policy.links.rows]
    found += [by_code[code] for code in order if code in by_code]
    found += [SHARED_CONTRACT.given(contract=contract) for contract in shared]
    if is_open:
        return (*found, SECURITY_OPEN.as_unknown())
    told_parts = {f"{part.kind}_fen": part.fen for part in parts}
    return (*found, PARTS.given(balance_fen=facts.loan.balance, **told_parts))
