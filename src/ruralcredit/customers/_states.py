"""What a check of a deadline answers for a column of customers: one word a row."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs
import numpy as np
import numpy.typing as npt

from ruralcredit.columns import bool_column
from ruralcredit.errors import CreditError
from ruralcredit.reasons import Status
from ruralcredit.values import FrozenMapping

__all__ = [
    "CONFLICT",
    "EXEMPT",
    "LATE",
    "MET",
    "NOT_STARTED",
    "NO_DAY",
    "OPEN",
    "STATES",
    "STATUSES",
    "UNDETERMINED",
    "StateColumn",
    "with_opt_outs",
]

STATES: Final = ("met", "open", "late", "exempt", "not_started")
MET, OPEN, LATE, EXEMPT, NOT_STARTED = range(len(STATES))
UNDETERMINED: Final = -2
CONFLICT: Final = -3
NO_DAY: Final = np.datetime64("NaT", "D")
STATUSES: Final[Mapping[int, Status]] = MappingProxyType(
    {UNDETERMINED: "undetermined", CONFLICT: "conflict"}
)


@attrs.frozen(eq=False, repr=False)
class StateColumn:
    """Where many customers stand against a deadline, row by row.

    Attributes:
        codes: int8 of shape ``(n,)``: the position of the word in ``words``; -2 undetermined,
            -3 conflict, as in a column answered by a table.
        due_on: datetime64[D] of shape ``(n,)``: the last day in time; NaT where it is unknown
            or there is none.
        words: "met", "open" (in time still), "late", "exempt", "not_started".

    >>> column = StateColumn(np.array([0, -2], np.int8), np.array(["2024-04-30", "NaT"], "M8[D]"))
    >>> column.tolist(), dict(column.counts())
    (['met', None], {'met': 1, 'undetermined': 1})
    """

    codes: npt.NDArray[np.int8]
    due_on: npt.NDArray[np.datetime64]
    words: tuple[str, ...] = attrs.field(default=STATES, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Mark both arrays read-only."""
        self.codes.flags.writeable = False
        self.due_on.flags.writeable = False

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.codes)

    def __repr__(self) -> str:
        """Show how many rows stand where."""
        shown = ", ".join(f"{count} {word}" for word, count in self.counts().items())
        return f"StateColumn({len(self)} rows: {shown})"

    def are(self, word: str) -> npt.NDArray[np.bool_]:
        """Return which rows stand in a state.

        Raises:
            CreditError: If there is no such state.

        >>> StateColumn(np.array([2], np.int8), np.array(["NaT"], "M8[D]")).are("late").tolist()
        [True]
        """
        if word not in self.words:
            raise CreditError(f"a state must be one of {', '.join(self.words)}, got {word!r}")
        return np.asarray(self.codes == self.words.index(word))

    def tolist(self) -> list[str | None]:
        """Return the state of every row, None where it is undetermined or in conflict."""
        return [self.words[code] if code >= 0 else None for code in self.codes.tolist()]

    def counts(self) -> FrozenMapping[str, int]:
        """Return how many rows stand in each state, then undetermined and in conflict."""
        named = {**dict(enumerate(self.words)), **STATUSES}
        found = {word: int((self.codes == code).sum()) for code, word in named.items()}
        return FrozenMapping({word: count for word, count in found.items() if count})


def with_opt_outs(
    codes: npt.NDArray[np.int8], opted_out: object
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
    """Return codes with opted-out rows exempt, unknown ones open to both, and who has a date."""
    found = codes.copy()
    if opted_out is None:
        found[:] = UNDETERMINED
    else:
        is_out, known = bool_column("opted_out", opted_out)
        found[~known] = UNDETERMINED
        found[is_out] = EXEMPT
    return found, np.isin(found, (MET, OPEN, LATE, NOT_STARTED))
