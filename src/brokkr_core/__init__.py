"""Turn Kubernetes YAML into a proven change of a cluster: the door to every part of the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokkr_core.apply import ApplyPolicy, Conflicts, apply_plan, preview_plan, resolve
from brokkr_core.errors import (
    ApiError,
    BrokerError,
    BrokkrError,
    CycleError,
    InputError,
    InputErrors,
    ManifestError,
    NetworkError,
    StoppedError,
    UsageError,
)
from brokkr_core.kube import KubeClient, connect
from brokkr_core.manifest import Limits, parse, parse_all
from brokkr_core.model.manifest import Manifest, Origin
from brokkr_core.model.outcome import Action, Outcome, Report
from brokkr_core.model.plan import Edge, EdgeKind, Plan
from brokkr_core.model.ref import GroupKind, ObjectRef
from brokkr_core.ordering import order
from brokkr_core.rollback import MemoryJournal, Undone, UndoPolicy, Verdict, undo, verify

if TYPE_CHECKING:
    from brokkr_core.broker import BrokerClient

    __version__: str

__all__ = [
    "Action",
    "ApiError",
    "ApplyPolicy",
    "BrokerClient",
    "BrokerError",
    "BrokkrError",
    "Conflicts",
    "CycleError",
    "Edge",
    "EdgeKind",
    "GroupKind",
    "InputError",
    "InputErrors",
    "KubeClient",
    "Limits",
    "Manifest",
    "ManifestError",
    "MemoryJournal",
    "NetworkError",
    "ObjectRef",
    "Origin",
    "Outcome",
    "Plan",
    "Report",
    "StoppedError",
    "UndoPolicy",
    "Undone",
    "UsageError",
    "Verdict",
    "__version__",
    "apply_plan",
    "connect",
    "order",
    "parse",
    "parse_all",
    "preview_plan",
    "resolve",
    "undo",
    "verify",
]

if not TYPE_CHECKING:  # a type checker that saw it would believe in every misspelt name

    def __getattr__(name: str) -> object:
        """Load what is dear to import, or to look up, only for those who ask for it."""
        if name == "BrokerClient":
            from brokkr_core.broker import BrokerClient  # noqa: PLC0415 - brings httpx along

            return BrokerClient
        if name == "__version__":
            from importlib.metadata import version  # noqa: PLC0415 - reads a file

            return version("brokkr")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
