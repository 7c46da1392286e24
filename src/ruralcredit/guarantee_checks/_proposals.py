"""What an approver is asked to take: one guarantee, or one joint group."""

import datetime
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

import attrs

from ruralcredit.errors import CreditError
from ruralcredit.guarantee_checks._given import PartyId

__all__ = [
    "GuaranteeProposal",
    "JointProposal",
    "Proposal",
    "by_id",
    "name_of",
    "sorted_proposals",
]


def _an_id(owner: object, attribute: "attrs.Attribute[PartyId]", value: object) -> None:
    is_id = isinstance(value, str | int) and not isinstance(value, bool)
    if not is_id or not str(value).strip():
        raise CreditError(
            f"{type(owner).__name__}.{attribute.name} must be an id, str or int, got {value!r}"
        )


def _whole(owner: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    name = f"{type(owner).__name__}.{attribute.name}"
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        hint = ": money is whole fen, made by yuan()" if name.endswith("_fen") else ""
        raise CreditError(f"{name} must be a whole number or None, got {value!r}{hint}")
    if not 0 <= value < 2**63:
        raise CreditError(f"{name} must be 0 or more and fit into 64 bits, got {value}")


def _a_day(owner: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    is_day = isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)
    if value is not None and not is_day:
        raise CreditError(
            f"{type(owner).__name__}.{attribute.name} must be a date or None, got {value!r}"
        )


@attrs.frozen(kw_only=True)
class GuaranteeProposal:
    """One guarantee that somebody asks the bank to take (拟接受的保证担保).

    Attributes:
        contract_id: The contract it would be; one that stands in the ledger gets a further row.
        guarantor: Who would stand in.
        borrower: For whom.
        amount_fen: Amount of the contract in fen; None is unknown.
        loan_id: The loan it would secure; None is any loan of the borrower.
        product: The loan's product, where the loans table does not say it; None is unknown.
        loan_fen: What is owed, where the loans table does not say it; the guarantee's amount
            where left out.
        collateral_fen: What collateral secures of the loan, in fen; None is unknown.
        form: "specific" or "maximum" (最高额保证).
        starts_on: Its first day; None is unknown.
        debt_due_on: Day the debt falls due; None is unknown.

    Raises:
        CreditError: If an id is blank or none, an amount is no whole number of fen, or the
            debt falls due before the guarantee starts.

    >>> GuaranteeProposal(contract_id="K9", guarantor="c", borrower="a", amount_fen=500_000_00)
    GuaranteeProposal(contract_id='K9', guarantor='c', borrower='a', amount_fen=50000000)
    """

    contract_id: PartyId = attrs.field(validator=_an_id)
    guarantor: PartyId = attrs.field(validator=_an_id)
    borrower: PartyId = attrs.field(validator=_an_id)
    amount_fen: int | None = attrs.field(default=None, validator=_whole)
    loan_id: PartyId | None = attrs.field(
        default=None, validator=attrs.validators.optional(_an_id), repr=False
    )
    product: str | None = attrs.field(default=None, repr=False)
    loan_fen: int | None = attrs.field(default=None, validator=_whole, repr=False)
    collateral_fen: int | None = attrs.field(default=0, validator=_whole, repr=False)
    form: Literal["specific", "maximum"] = attrs.field(default="specific", repr=False)
    starts_on: datetime.date | None = attrs.field(default=None, validator=_a_day, repr=False)
    debt_due_on: datetime.date | None = attrs.field(default=None, validator=_a_day, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse a form of no known kind, and days in the wrong order."""
        if self.form not in {"specific", "maximum"}:
            raise CreditError(
                f"GuaranteeProposal.form must be specific or maximum, got {self.form!r}"
            )
        if self.starts_on and self.debt_due_on and self.debt_due_on < self.starts_on:
            raise CreditError(
                f"GuaranteeProposal.debt_due_on must not lie before starts_on, got "
                f"{self.debt_due_on} before {self.starts_on}"
            )

    @property
    def guarantors(self) -> tuple[PartyId, ...]:
        """Who would stand in."""
        return (self.guarantor,)

    @property
    def borrowers(self) -> tuple[PartyId, ...]:
        """For whom it would be."""
        return (self.borrower,)

    @property
    def parties(self) -> tuple[PartyId, ...]:
        """Everybody it names, each once."""
        return tuple(dict.fromkeys((self.guarantor, self.borrower)))


def _members(value: object) -> tuple[PartyId, ...]:
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise CreditError(f"JointProposal.members must be several ids, got {value!r}")
    return tuple(value)


@attrs.frozen(kw_only=True)
class JointProposal:
    """One joint group (联保小组) that somebody asks the bank to take.

    Every member stands in for every other, under one agreement: n(n-1) rows of the ledger.

    Attributes:
        agreement_id: The joint agreement (联保协议).
        members: The members, in any order.
        amount_fen: What each member may owe at most, in fen; None is unknown.
        agreement_months: For how many months the agreement is made; None is unknown.
        loan_months: The longest term of a loan under it, in months; None is unknown.
        product: The product of the loans under it; None is unknown.

    Raises:
        CreditError: If an id is blank or comes twice, there are fewer than two members, or a
            number is no whole number from 0.

    >>> JointProposal(agreement_id="J1", members=("p", "q", "r"), agreement_months=36).members
    ('p', 'q', 'r')
    """

    agreement_id: PartyId = attrs.field(validator=_an_id)
    members: tuple[PartyId, ...] = attrs.field(
        converter=_members, validator=attrs.validators.deep_iterable(_an_id)
    )
    amount_fen: int | None = attrs.field(default=None, validator=_whole)
    agreement_months: int | None = attrs.field(default=None, validator=_whole)
    loan_months: int | None = attrs.field(default=None, validator=_whole)
    product: str | None = attrs.field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse a group of one, or one that names a member twice."""
        if len(self.members) < 2 or len(set(self.members)) < len(self.members):
            raise CreditError(
                f"JointProposal.members must be two ids or more, each once, got {self.members!r}"
            )

    @property
    def guarantors(self) -> tuple[PartyId, ...]:
        """Every member, sorted, who would stand in."""
        return tuple(sorted(self.members, key=by_id))

    @property
    def borrowers(self) -> tuple[PartyId, ...]:
        """Every member, sorted, for whom they would."""
        return self.guarantors

    @property
    def parties(self) -> tuple[PartyId, ...]:
        """Everybody it names, each once."""
        return self.guarantors


Proposal: TypeAlias = GuaranteeProposal | JointProposal
"""One guarantee or one joint group."""


def name_of(proposal: Proposal) -> PartyId:
    """Return the contract or the agreement that a proposal would be."""
    if isinstance(proposal, JointProposal):
        return proposal.agreement_id
    return proposal.contract_id


def by_id(value: PartyId) -> tuple[bool, PartyId]:
    """Return a key under which ids of both kinds can be sorted."""
    return isinstance(value, str), value


def sorted_proposals(proposals: Iterable[Proposal]) -> tuple[Proposal, ...]:
    """Return proposals in an order of their own, whatever the order they came in.

    Raises:
        CreditError: If there is none, or one is no proposal.
    """
    found: tuple[object, ...] = tuple(proposals)
    wrong = [one for one in found if not isinstance(one, GuaranteeProposal | JointProposal)]
    if wrong or not found:
        raise CreditError(
            "proposals must be one or more of GuaranteeProposal and JointProposal, got "
            f"{type(wrong[0]).__name__ if wrong else 'none'}"
        )

    def key(one: Proposal) -> tuple[object, ...]:
        rest = repr(attrs.astuple(one))
        if isinstance(one, JointProposal):
            return (1, by_id(one.agreement_id), tuple(map(by_id, one.guarantors)), rest)
        return (0, by_id(one.contract_id), (by_id(one.guarantor), by_id(one.borrower)), rest)

    return tuple(sorted(proposals, key=key))
