"""Circular money (空转): what goes round on closed loops and supports nobody."""

import numpy as np
import numpy.typing as npt

from ruralcredit.guarantees._book import GuaranteeBook
from ruralcredit.guarantees._loops import Circle, Circles, find_circles
from ruralcredit.guarantees._rounds import passed_round
from ruralcredit.guarantees._tied_rounds import Passages

Int64 = npt.NDArray[np.int64]

_INT64_MAX = np.iinfo(np.int64).max


def circular_fen(book: GuaranteeBook | Circle) -> int:
    """Return the circular money (空转) on a book's closed loops, or on one of them, in fen.

    The largest circulation: fen that contracts could pass round without changing what any party
    gives or receives on balance.  See `circulation` for what counts.

    Args:
        book: A book, for all its loops of `find_circles`, or one circle.

    Returns:
        Sum of the fen on all rows.  A ring of three contracts of 100 holds 300.  Zero without a
        loop; additive over loops.

    Raises:
        CreditError: If the amounts of one loop add up beyond int64.

    Source:
        domain text "guarantee networks", 3.6 and P11; there as conservative compression.

    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b"], borrower=["b", "a"], amount_fen=[300, 500]
    ... )
    >>> circular_fen(book)
    600
    """
    return sum(circulation(book).tolist())


def circulation(book: GuaranteeBook | Circle) -> Int64:
    """Return the circular money (空转) on each row, as one largest circulation.

    What a party passes on equals what comes to it.  A contract carries at most its amount over
    all its rows; unknown amounts carry nothing, self-guarantees neither.  Two rows of one joint
    agreement never follow each other, since a group alone passes nothing round, unless nothing
    else closes a loop.  Where the rows of one contract join several guarantors with several
    borrowers, not each with each, the answer is a circulation in whole fen that leaves no loop
    that could carry more, not always the largest.

    Args:
        book: A book, for all its loops of `find_circles`, or one circle.

    Returns:
        Fen as int64 per ledger row of a book, 0 off the loops; per row of ``circle.rows``.  Among
        parallel contracts the earlier row carries first.

    Raises:
        CreditError: If the amounts of one loop add up beyond int64.

    >>> book = GuaranteeBook.from_columns(
    ...     guarantor=["a", "b", "b"], borrower=["b", "a", "c"], amount_fen=[300, 500, 900]
    ... )
    >>> circulation(book).tolist()
    [300, 300, 0]
    """
    if isinstance(book, Circle):
        part = book._part  # noqa: SLF001  # one room
        rows = part.rows_of(book._at)  # noqa: SLF001  # one room
        loops = np.zeros(len(rows), np.int64)
        return passed_round(_passages(part.book, rows, loops), part.book.contract_amounts[0][rows])
    return circulation_of(find_circles(book))


def circulation_of(circles: Circles) -> Int64:
    """Return the fen on each ledger row that goes round on some loops."""
    book = circles._part.book  # noqa: SLF001  # one room
    labels = circles.row_labels
    rows = np.flatnonzero(labels >= 0)
    out = np.zeros(len(labels), np.int64)
    out[rows] = passed_round(_passages(book, rows, labels[rows]), book.contract_amounts[0][rows])
    return out


def unlimited_circulation(circles: Circles) -> tuple[Int64, npt.NDArray[np.bool_]]:
    """Return the fen on each row were unknown amounts unlimited, and which loops have no end.

    A loop whose unknown contracts close a way by themselves has no largest circulation.
    """
    book = circles._part.book  # noqa: SLF001  # one room
    labels = circles.row_labels
    rows = np.flatnonzero(labels >= 0)
    amounts, known = book.contract_amounts[0][rows], book.contract_amounts[1][rows]
    loops = labels[rows]
    # No way that holds a known contract carries more than all known contracts of its loop do.
    enough = circles.guaranteed_fen + 1
    count = len(circles)
    room = enough.astype(np.float64) * (np.bincount(loops[~known], minlength=count) + 1)
    endless = room > _INT64_MAX / 2
    amounts = np.where(known | endless[loops], amounts, enough[loops])
    out = np.zeros(len(labels), np.int64)
    out[rows] = passed_round(_passages(book, rows, loops), amounts)
    endless[loops[~known & (out[rows] >= enough[loops])]] = True
    return out, endless


def _passages(book: GuaranteeBook, rows: Int64, loops: Int64) -> Passages:
    arcs = book.arcs_of(rows)
    column = book.ledger.agreement_id
    marks = np.full(len(rows), -1, np.int64) if column is None else column.codes[rows]
    return Passages(
        loop=loops,
        source=arcs.source.astype(np.int64),
        target=arcs.target.astype(np.int64),
        contract=book.ledger.contract_codes[0][rows],
        agreement=marks.astype(np.int64),
    )
