"""Where the real networks lie that tests read and the project does not copy."""

import gzip
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def shared_file(name: str) -> Path:
    """Path of a shared file; absent, the test is skipped, and fails where CI is true."""
    path = SHARED / name
    if not path.exists():
        reason = f"{name} is not beside the project: put the shared folder at ../shared"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def shared_arcs(name: str) -> npt.NDArray[np.int64]:
    """Arcs of a shared network, as int64 of shape (n, 2)."""
    with gzip.open(shared_file(name), "rt", encoding="utf-8") as lines:
        arcs: npt.NDArray[np.int64] = np.loadtxt(lines, dtype=np.int64, comments="#", ndmin=2)
    return arcs
