"""Typed uses of the public names, checked by mypy and never run.

Each function uses names as a caller would; ``assert_type`` holds what a caller gets.
"""

import datetime
from collections.abc import Sequence
from decimal import Decimal
from types import ModuleType
from typing import assert_type

import networkx as nx
import numpy as np
import numpy.typing as npt

import ruralcredit
from ruralcredit.errors import CreditError, InputError, TableError, WorkBudgetError
from ruralcredit.guarantees import (
    Circle,
    Circles,
    Cluster,
    Clusters,
    Cycles,
    GuaranteeBook,
    JointGroups,
    Loans,
    Parties,
    Relations,
    check_party,
    cycles,
    find_chains,
    find_circles,
    find_clusters,
    find_data_problems,
    find_hidden_circles,
    find_hubs,
    find_lapsing,
)
from ruralcredit.reasons import BASES, Basis, Decision, Figure, Reason
from ruralcredit.values import (
    Dated,
    Ratio,
    add_months,
    add_months_column,
    format_yuan,
    from_dict,
    json_schema,
    round_ratio,
    to_dict,
    wan,
    yi,
    yuan,
    yuan_column,
)

DAY = datetime.date(2024, 6, 30)


def rooms() -> None:
    """A room named at the root is that room, with its types."""
    assert_type(ruralcredit.__version__, str)
    assert_type(ruralcredit.values.yuan("12.50"), int)
    module: ModuleType = ruralcredit.errors
    assert_type(module, ModuleType)


def errors(error: InputError, table: TableError) -> None:
    """Errors keep their parts."""
    caught: ValueError = error
    assert isinstance(caught, CreditError)
    assert_type(error.column, str | None)
    assert_type(error.count, int | None)
    assert_type(error.first_row, int | None)
    assert_type(table.rows, tuple[str, ...])
    assert_type(table.witness, dict[str, object] | None)
    raise WorkBudgetError("the proof needs more steps than its budget")


def money() -> None:
    """Money is an int of fen, a column of it int64."""
    assert_type(yuan("12.50"), int)
    assert_type(wan(3908), int)
    assert_type(yi(Decimal("1.67")), int)
    assert_type(format_yuan(1250), str)
    assert_type(yuan_column(["1.00", "2"], unit="wan"), npt.NDArray[np.int64])
    assert_type(yuan_column(np.array([1.0, 2.0]), unit="yuan"), npt.NDArray[np.int64])


def ratios() -> None:
    """A ratio keeps its counts; rounding says how."""
    assert_type(Ratio(962, 1477).percent(1), Decimal | None)
    assert_type(round_ratio(1, 3), int)
    assert_type(round_ratio(1, 3, mode="half_even"), int)


def dates(days: npt.NDArray[np.datetime64]) -> None:
    """One day in, one day out; a column of days likewise."""
    assert_type(add_months(DAY, 6), datetime.date)
    assert_type(add_months_column(days, 6), npt.NDArray[np.datetime64])
    assert_type(add_months_column(days, np.array([1, 2])), npt.NDArray[np.datetime64])
    assert_type(Dated.from_items([(DAY, 20)]).as_of(DAY), int)


def plain_data(reason: Reason) -> None:
    """What goes out as plain data comes back as the class that was asked for."""
    data = to_dict(reason)
    assert_type(from_dict(Reason, data), Reason)
    json_schema(Reason)


def reasons() -> None:
    """A reason speaks two languages; a decision carries its reasons and its basis."""
    figure = Figure(
        id="period", value=6, unit="months", basis="regulation, read", source="art. 692"
    )
    reason = Reason(
        code="GUA-001",
        says={"en": "bound for {months} months", "zh": "保证期间{months}个月"},
        facts=("months",),
        source="art. 692",
        basis=BASES[1],
        figures=(figure,),
    )
    assert_type(reason.given(months=6), Reason)
    assert_type(reason.text("zh"), str)
    basis = Basis(id="book", version="1", digest="00", as_of=DAY)
    decision = Decision(outcome="in_loop", status="decided", reasons=(reason,), basis=basis)
    assert_type(decision.reasons, tuple[Reason, ...])
    assert_type(decision.explain("en"), str)
    assert_type(decision.bases(), tuple[Figure, ...])


def book_from_columns() -> GuaranteeBook:
    """A book takes lists, arrays and None; every fact is a keyword."""
    parties = Parties.from_columns(party=["A", "B"], net_assets_fen=[1, None], kind=["firm", None])
    loans = Loans.from_columns(loan_id=["L1"], borrower=["B"], balance_fen=np.array([100]))
    return GuaranteeBook.from_columns(
        guarantor=["A", "B"],
        borrower=["B", "A"],
        amount_fen=[100, None],
        contract_id=["C1", "C2"],
        loan_id=["L1", None],
        form=["specific", "maximum"],
        starts_on=[DAY, None],
        debt_due_on=np.array(["2025-06-30", "NaT"], dtype="datetime64[D]"),
        guarantee_months=[6, None],
        demanded_on=None,
        released_on=None,
        settled_on=None,
        known_on=None,
        liability=["joint", None],
        agreement_id=[None, None],
        layer=["guarantee", None],
        facts={"branch": ["north", "south"]},
        parties=parties,
        loans=loans,
        open_parties=("B",),
    )


def book(one: GuaranteeBook, relations: Relations) -> None:
    """A book answers with books, columns and graphs."""
    assert_type(one.as_of(DAY), GuaranteeBook)
    assert_type(one.as_of(DAY, known_by=DAY), GuaranteeBook)
    assert_type(one.merge(relations, kinds=("control", "spouse")), GuaranteeBook)
    assert_type(len(one), int)
    assert_type(one.rows, npt.NDArray[np.int64])
    assert_type(one.day, datetime.date | None)
    assert_type(one.digest, str)
    one.to_columns()
    one.to_networkx()
    assert_type(GuaranteeBook.from_networkx(nx.MultiDiGraph()), GuaranteeBook)


def structures(one: GuaranteeBook, groups: JointGroups) -> None:
    """Loops and clusters are lazy sequences over columns."""
    relations = Relations.from_columns(a=["A"], b=["B"], kind=["spouse"], share_bp=[None])
    circles = find_circles(one)
    assert_type(circles, Circles)
    assert_type(circles.label_of(["A", "B"]), npt.NDArray[np.int64])
    assert_type(circles.guaranteed_fen, npt.NDArray[np.int64])
    assert_type(first(circles), Circle)
    assert_type(find_hidden_circles(one, relations, kinds=("control", "spouse")), Circles)
    clusters = find_clusters(one)
    assert_type(clusters, Clusters)
    assert_type(clusters[0], Cluster)
    for finding in (find_chains(one), find_hubs(one), find_lapsing(one, within_days=90)):
        assert_type(len(finding), int)
    assert_type(len(find_data_problems(one)), int)
    assert_type(check_party(one, "A"), Decision)
    assert_type(groups, JointGroups)


def first(circles: Sequence[Circle]) -> Circle:
    """Circles pass where a sequence is asked for."""
    return circles[0]


def circle(one: Circle) -> None:
    """A closed loop is read field by field."""
    assert_type(one.id, str)
    assert_type(one.rows, tuple[int, ...])
    assert_type(one.guaranteed_fen, int)
    assert_type(one.loans_fen, int | None)
    assert_type(one.covered_fen, int | None)
    assert_type(one.unknown_amounts, int)
    assert_type(one.density, float | None)
    assert_type(one.witness(), tuple[int, ...])
    assert_type(one.witness(row=3), tuple[int, ...])
    assert_type(one.closed_on, datetime.date | None)
    assert_type(one.ends_on, datetime.date | None)
    one.to_networkx()
    found = cycles(one, max_length=5, max_count=10)
    assert_type(found, Cycles)
    assert_type(found.complete, bool)
