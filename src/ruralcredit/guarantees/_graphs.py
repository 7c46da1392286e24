"""Books and networkx graphs, where people look."""

import datetime
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import numpy.typing as npt

from ruralcredit.errors import CreditError
from ruralcredit.guarantees._ledger import Ledger

if TYPE_CHECKING:
    from ruralcredit.guarantees._book import GuaranteeBook

Int64 = npt.NDArray[np.int64]


def columns_of(graph: "nx.Graph", names: dict[str, str]) -> dict[str, object]:
    """Read a directed graph's edges as columns of a ledger."""
    if not graph.is_directed():
        message = (
            "graph must be directed, guarantor to borrower: an undirected edge does not say "
            "who stands in for whom"
        )
        raise CreditError(message)
    known = [name for name in Ledger.COLUMNS if name not in ("guarantor", "borrower", "facts")]
    wrong = [name for name in names if name not in known]
    if wrong:
        message = f"{wrong[0]} is no column of a ledger: name some of {', '.join(known)}"
        raise CreditError(message)
    edges = list(graph.edges(data=True))
    columns: dict[str, object] = {
        "guarantor": [source for source, _target, _data in edges],
        "borrower": [target for _source, target, _data in edges],
    }
    used = set()
    for name in known:
        attribute = names.get(name, name)
        used.add(attribute)
        cells = [data.get(attribute) for _source, _target, data in edges]
        if any(cell is not None for cell in cells):
            columns[name] = cells
    facts = {key for _source, _target, data in edges for key in data} - used
    columns["facts"] = {
        key: [data.get(key) for _source, _target, data in edges]
        for key in sorted(facts, key=str)
        if _holds_ids(data.get(key) for _source, _target, data in edges)
    }
    return columns


def _holds_ids(cells: object) -> bool:
    kinds = {type(cell) for cell in cells if cell is not None}  # type: ignore[attr-defined]  # iterable
    return kinds in ({str}, {int})


def graph_of(book: "GuaranteeBook", rows: Int64) -> "nx.MultiDiGraph":
    """Return rows of a book as a MultiDiGraph keyed by row number."""
    graph = nx.MultiDiGraph()
    columns = book.ledger.to_columns(rows)
    facts = columns.pop("facts", {})
    cells = {name: _cells(values) for name, values in columns.items()}
    cells |= {name: _cells(values) for name, values in facts.items()}  # type: ignore[attr-defined]
    guarantors, borrowers = cells.pop("guarantor"), cells.pop("borrower")
    graph.add_nodes_from(sorted({*guarantors, *borrowers}))  # type: ignore[type-var]
    for place, row in enumerate(rows.tolist()):
        known = {name: values[place] for name, values in cells.items()}
        graph.add_edge(
            guarantors[place],
            borrowers[place],
            key=row,
            **{name: value for name, value in known.items() if value is not None},
        )
    return graph


def _cells(values: object) -> list[str | int | datetime.date | None]:
    cells: list[str | int | datetime.date | None] = np.asarray(values).tolist()
    return cells
