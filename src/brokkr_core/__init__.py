"""Turn Kubernetes YAML into a proven change of a cluster: the door to every part of the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brokkr_core.apply import ApplyPolicy, ConflictRule, Memory, apply_plan, preview_plan, resolve
    from brokkr_core.broker import BrokerClient
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
    from brokkr_core.model.conflict import Conflict, Conflicts
    from brokkr_core.model.manifest import Manifest, Origin
    from brokkr_core.model.outcome import Action, Outcome, Report
    from brokkr_core.model.plan import Edge, EdgeKind, Plan
    from brokkr_core.model.ref import GroupKind, ObjectRef
    from brokkr_core.model.reversibility import Reversibility
    from brokkr_core.ordering import order
    from brokkr_core.rollback import (
        Certificate,
        Contested,
        MemoryJournal,
        RunFacts,
        Undone,
        UndoPolicy,
        Verdict,
        apply_atomically,
        certify,
        recover,
        undo,
        verify,
    )

    __version__: str

__all__ = [
    "Action",
    "ApiError",
    "ApplyPolicy",
    "BrokerClient",
    "BrokerError",
    "BrokkrError",
    "Certificate",
    "Conflict",
    "ConflictRule",
    "Conflicts",
    "Contested",
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
    "Memory",
    "MemoryJournal",
    "NetworkError",
    "ObjectRef",
    "Origin",
    "Outcome",
    "Plan",
    "Report",
    "Reversibility",
    "RunFacts",
    "StoppedError",
    "UndoPolicy",
    "Undone",
    "UsageError",
    "Verdict",
    "__version__",
    "apply_atomically",
    "apply_plan",
    "certify",
    "connect",
    "order",
    "parse",
    "parse_all",
    "preview_plan",
    "recover",
    "resolve",
    "undo",
    "verify",
]

#: Where each name lives. It is loaded when it is asked for: parsing must not pay for talking to a cluster.
_HOMES = {
    "Action": "brokkr_core.model.outcome",
    "ApiError": "brokkr_core.errors",
    "ApplyPolicy": "brokkr_core.apply",
    "BrokerClient": "brokkr_core.broker",
    "BrokerError": "brokkr_core.errors",
    "BrokkrError": "brokkr_core.errors",
    "Certificate": "brokkr_core.rollback",
    "Conflict": "brokkr_core.model.conflict",
    "ConflictRule": "brokkr_core.apply",
    "Conflicts": "brokkr_core.model.conflict",
    "Contested": "brokkr_core.rollback",
    "CycleError": "brokkr_core.errors",
    "Edge": "brokkr_core.model.plan",
    "EdgeKind": "brokkr_core.model.plan",
    "GroupKind": "brokkr_core.model.ref",
    "InputError": "brokkr_core.errors",
    "InputErrors": "brokkr_core.errors",
    "KubeClient": "brokkr_core.kube",
    "Limits": "brokkr_core.manifest",
    "Manifest": "brokkr_core.model.manifest",
    "ManifestError": "brokkr_core.errors",
    "Memory": "brokkr_core.apply",
    "MemoryJournal": "brokkr_core.rollback",
    "NetworkError": "brokkr_core.errors",
    "ObjectRef": "brokkr_core.model.ref",
    "Origin": "brokkr_core.model.manifest",
    "Outcome": "brokkr_core.model.outcome",
    "Plan": "brokkr_core.model.plan",
    "Report": "brokkr_core.model.outcome",
    "Reversibility": "brokkr_core.model.reversibility",
    "RunFacts": "brokkr_core.rollback",
    "StoppedError": "brokkr_core.errors",
    "UndoPolicy": "brokkr_core.rollback",
    "Undone": "brokkr_core.rollback",
    "UsageError": "brokkr_core.errors",
    "Verdict": "brokkr_core.rollback",
    "apply_plan": "brokkr_core.apply",
    "apply_atomically": "brokkr_core.rollback",
    "certify": "brokkr_core.rollback",
    "recover": "brokkr_core.rollback",
    "connect": "brokkr_core.kube",
    "order": "brokkr_core.ordering",
    "parse": "brokkr_core.manifest",
    "parse_all": "brokkr_core.manifest",
    "preview_plan": "brokkr_core.apply",
    "resolve": "brokkr_core.apply",
    "undo": "brokkr_core.rollback",
    "verify": "brokkr_core.rollback",
}

if not TYPE_CHECKING:  # a type checker that saw it would believe in every misspelt name

    def __getattr__(name: str) -> object:
        """Load a name from where it lives, once."""
        from importlib import import_module  # noqa: PLC0415 - no name of ours, so not at the door

        if name == "__version__":
            from importlib.metadata import version  # noqa: PLC0415 - reads a file

            return version("brokkr")
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return found
