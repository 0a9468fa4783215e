"""What is known about kinds without asking a cluster, for ``--dry-run=client``."""

from __future__ import annotations

from brokkr_core.kube import Resource
from brokkr_core.model.ref import GroupKind
from brokkr_core.ordering import is_namespaced


class BuiltinKinds:
    """Answers as a cluster would that serves every kind; one it does not know is taken as namespaced."""

    def find(self, group: str, version: str, kind: str) -> Resource | None:
        """Look a kind up; never None."""
        namespaced = is_namespaced(GroupKind(group=group, kind=kind))
        return Resource(group=group, version=version, kind=kind, plural="", namespaced=namespaced is not False)
