"""Every call the broker client knows, wherever in the package it is written down."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import brokkr_core.broker
from brokkr_core.broker import Operation
from brokkr_core.broker.traffic import traffic_of


def operations() -> list[Operation]:
    """Collect every operation of the package, sorted by path and method."""
    found: dict[tuple[str, str], Operation] = {}
    for module in pkgutil.walk_packages(brokkr_core.broker.__path__, "brokkr_core.broker."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Operation):
                found[value.path, value.method] = value
    return [found[key] for key in sorted(found)]


def row_of(one: Operation) -> str:
    """Write an operation down as the reference page does."""
    traffic = traffic_of(one.method, one.path)
    return f"| `{one.method} {one.path}` | {one.repeat.value} | {traffic.value if traffic else 'none'} |"


if __name__ == "__main__":
    sys.stdout.write("".join(f"{row_of(one)}\n" for one in operations()))
