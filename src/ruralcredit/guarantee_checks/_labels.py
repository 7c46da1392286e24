"""Connected parts of numbered things, and rows grouped by a label, in plain NumPy."""

import numpy as np
import numpy.typing as npt

__all__ = ["components", "groups_of"]

Int64 = npt.NDArray[np.int64]


def components(source: Int64, target: Int64, count: int) -> Int64:
    """Return for each of so many things the smallest one that it is connected with."""
    label = np.arange(count, dtype=np.int64)
    while True:
        least = np.minimum(label[source], label[target])
        new = label.copy()
        # Hooked onto the old label, so that a whole part moves at once.
        np.minimum.at(new, label[source], least)
        np.minimum.at(new, label[target], least)
        new = new[new]
        if np.array_equal(new, label):
            return label
        label = new


def groups_of(labels: npt.NDArray[np.integer]) -> list[Int64]:
    """Return the places of each label, the smallest label first, places ascending."""
    if not len(labels):
        return []
    order = np.argsort(labels, kind="stable")
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    return np.split(order, cuts)
