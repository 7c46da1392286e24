"""Rural-bank credit as a pure library: every rule as data, every answer with its reasons.

The package is a house of rooms.  Naming a room loads it, and nothing is loaded before.

>>> import ruralcredit
>>> ruralcredit.values.yuan("12.50")
1250
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import (
        collateral,
        columns,
        customers,
        errors,
        grids,
        guarantee_checks,
        guarantees,
        limits,
        policy,
        products,
        reasons,
        reports,
        synthetic,
        testing,
        values,
    )

__all__ = [
    "collateral",
    "columns",
    "customers",
    "errors",
    "grids",
    "guarantee_checks",
    "guarantees",
    "limits",
    "policy",
    "products",
    "reasons",
    "reports",
    "synthetic",
    "testing",
    "values",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(
            f"module {__name__!r} has no room {name!r}: its rooms are {', '.join(__all__)}"
        )
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
