"""Pass rates of measured limits and the funnel of the stock, with their counts."""

from collections.abc import Mapping
from decimal import Decimal

import attrs
import numpy as np

from ruralcredit.columns import bool_column, encode_ids, same_length
from ruralcredit.customers._checks import a_count, least_one
from ruralcredit.customers._reasons import (
    REPORTED_DRAWN,
    REPORTED_NOT_DRAWN,
    REPORTED_PASS_RATE,
    REPORTED_REACHED,
)
from ruralcredit.errors import CreditError
from ruralcredit.reasons import Figure
from ruralcredit.values import FrozenMapping, Ratio

__all__ = [
    "REPORTED",
    "PassRates",
    "ReportedStock",
    "StockFunnel",
    "count_stock",
    "pass_rates",
]


def _ratios(by: Mapping[str, Ratio]) -> FrozenMapping[str, Ratio]:
    return FrozenMapping(by)


@attrs.frozen(kw_only=True)
class PassRates:
    """How often the measurement of a limit (测额) passed, in total and per segment.

    Attributes:
        total: Passed of measured.
        by: The same per segment, such as existing and new customers.
        unknown: Rows whose result is unknown: neither passed nor measured.
        unlabelled: Rows with a known result that name no segment, where segments were given.

    >>> pass_rates([True, True, False, None]).total
    Ratio(part=2, whole=3)
    """

    total: Ratio
    by: Mapping[str, Ratio] = attrs.field(converter=_ratios)
    unknown: int
    unlabelled: int


def pass_rates(passed: object, *, by: object = None) -> PassRates:
    """Return the pass rate of measured limits (测额通过率) with its counts.

    Args:
        passed: Whether each measurement passed, shape ``(n,)``; unknown where None.
        by: The segment of each row, as text or whole numbers; None is no segments.

    Raises:
        InputError: If the columns differ in length or hold something else.

    Source:
        Row D14: 存量客户测额通过率83.69%, of which the counts are not given.

    >>> rates = pass_rates([True, False, True], by=["existing", "existing", "new"])
    >>> rates.by["existing"].percent(2)
    Decimal('50.00')
    """
    same_length({"passed": passed, "by": by})
    true, known = bool_column("passed", passed)
    total = Ratio(int(true.sum()), int(known.sum()))
    unknown = int((~known).sum())
    if by is None:
        return PassRates(total=total, by={}, unknown=unknown, unlabelled=0)
    index, brought = encode_ids({"by": by})
    codes = brought["by"]
    labelled = codes >= 0
    measured = np.bincount(codes[labelled & known], minlength=len(index)).tolist()
    counts = np.bincount(codes[labelled & true], minlength=len(index)).tolist()
    names = map(str, index.ids(np.arange(len(index))))
    per = {
        name: Ratio(part, whole) for name, part, whole in zip(names, counts, measured, strict=True)
    }
    return PassRates(
        total=total,
        by=dict(sorted(per.items())),
        unknown=unknown,
        unlabelled=int((known & ~labelled).sum()),
    )


@attrs.frozen(kw_only=True)
class StockFunnel:
    """The stock of customers: reached, of these approved, of these drawn.

    Attributes:
        reached: Customers reached (已触达).
        approved_not_drawn: Approved, not drawn (已授信未用信).
        drawn: Approved and drawn (已用信).
        unknown: Customers whose place is unknown: in none of the counts.
        contradictory: Customers drawn but not approved, or approved but not reached: in none
            of the counts.

    Raises:
        CreditError: If a count is no whole number from 0, or fewer are reached than approved.

    >>> funnel = StockFunnel(reached=190_000, approved_not_drawn=30_800, drawn=12_600)
    >>> funnel.approved, funnel.use_rate.percent(2), funnel.grant_rate.percent(2)
    (43400, Decimal('29.03'), Decimal('22.84'))
    """

    reached: int
    approved_not_drawn: int
    drawn: int
    unknown: int = 0
    contradictory: int = 0

    def __attrs_post_init__(self) -> None:
        """Refuse counts that no customers could have."""
        for field in attrs.fields(StockFunnel):
            a_count(field.name, getattr(self, field.name))
        if self.reached < self.approved:
            raise CreditError(
                f"reached must include the approved, got {self.reached} reached and "
                f"{self.approved} approved: count who was approved unreached apart"
            )

    @property
    def approved(self) -> int:
        """Return how many customers have a limit, drawn or not.

        >>> StockFunnel(reached=3, approved_not_drawn=1, drawn=1).approved
        2
        """
        return self.approved_not_drawn + self.drawn

    @property
    def use_rate(self) -> Ratio:
        """Return drawn of approved (用信率).

        >>> StockFunnel(reached=3, approved_not_drawn=1, drawn=1).use_rate
        Ratio(part=1, whole=2)
        """
        return Ratio(self.drawn, self.approved)

    @property
    def grant_rate(self) -> Ratio:
        """Return approved of reached (授信率).

        >>> StockFunnel(reached=3, approved_not_drawn=1, drawn=1).grant_rate
        Ratio(part=2, whole=3)
        """
        return Ratio(self.approved, self.reached)


def count_stock(reached: object, *, approved: object, drawn: object) -> StockFunnel:
    """Count the funnel of the stock from one row per customer.

    Args:
        reached: Whether each customer was reached, shape ``(n,)``; unknown where None.
        approved: Whether each has a limit.
        drawn: Whether each has drawn.

    Raises:
        InputError: If the columns differ in length or hold something else than yes and no.

    >>> count_stock([True, True, True], approved=[True, True, False], drawn=[True, False, None])
    StockFunnel(reached=3, approved_not_drawn=1, drawn=1, unknown=0, contradictory=0)
    """
    same_length({"reached": reached, "approved": approved, "drawn": drawn})
    is_reached, knows_reached = bool_column("reached", reached)
    is_approved, knows_approved = bool_column("approved", approved)
    is_drawn, knows_drawn = bool_column("drawn", drawn)
    not_reached, not_approved = knows_reached & ~is_reached, knows_approved & ~is_approved
    odd = (is_drawn & (not_approved | not_reached)) | (is_approved & not_reached)
    # Who was not reached stands in no count, and who was not approved draws nothing.
    is_open = ~knows_reached | (is_reached & ~knows_approved) | (is_approved & ~knows_drawn)
    unknown = ~odd & is_open
    kept = is_reached & ~odd & ~unknown
    return StockFunnel(
        reached=int(kept.sum()),
        approved_not_drawn=int((kept & is_approved & ~is_drawn).sum()),
        drawn=int((kept & is_drawn).sum()),
        unknown=int(unknown.sum()),
        contradictory=int(odd.sum()),
    )


@attrs.frozen(kw_only=True)
class ReportedStock:
    """What one bank reported of its stock, as figures to compare with.

    Attributes:
        reached: Customers reached.
        approved_not_drawn: Approved, not drawn.
        drawn: Drawn.
        pass_rate: Pass rate of existing customers' measured limits, in basis points.

    Raises:
        CreditError: If a figure is no whole number from 1, or fewer are reached than approved.

    >>> REPORTED.funnel.use_rate, REPORTED.pass_percent
    (Ratio(part=12600, whole=43400), Decimal('83.69'))
    """

    reached: Figure = attrs.field(validator=least_one)
    approved_not_drawn: Figure = attrs.field(validator=least_one)
    drawn: Figure = attrs.field(validator=least_one)
    pass_rate: Figure = attrs.field(validator=least_one)

    def __attrs_post_init__(self) -> None:
        """Refuse counts that make no funnel."""
        _ = self.funnel

    @property
    def funnel(self) -> StockFunnel:
        """Return the reported counts as a funnel.

        >>> REPORTED.funnel.approved
        43400
        """
        return StockFunnel(
            reached=int(self.reached.value),
            approved_not_drawn=int(self.approved_not_drawn.value),
            drawn=int(self.drawn.value),
        )

    @property
    def pass_percent(self) -> Decimal | None:
        """Return the reported pass rate in percent.

        >>> REPORTED.pass_percent
        Decimal('83.69')
        """
        return Ratio(int(self.pass_rate.value), 10_000).percent(2)


REPORTED = ReportedStock(
    reached=REPORTED_REACHED,
    approved_not_drawn=REPORTED_NOT_DRAWN,
    drawn=REPORTED_DRAWN,
    pass_rate=REPORTED_PASS_RATE,
)
"""The stock that source 000 reports: rows D14 and D16 of the inventory."""
