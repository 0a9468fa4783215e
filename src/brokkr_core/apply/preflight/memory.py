"""What is remembered of objects that were seen as wanted, so that the next look at them can be short.

Two proofs need no more than an object's metadata:

- the same uid and resourceVersion: not one byte has changed since;
- the same uid and generation, our own labels, annotations and ``managedFields`` entry: for kinds that count every
  change of their spec, only the status has moved.

Nothing of an object is kept but a keyed digest, so that a memory dump tells nothing about a Secret.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading

from attrs import evolve, field, frozen

from brokkr_core.apply.identity import resource_version, uid
from brokkr_core.apply.preflight.proof import metadata_holds, owners_of
from brokkr_core.model.json import Json, JsonObject, as_int, dig
from brokkr_core.model.ref import GroupKind, ObjectRef

#: Built-in kinds whose ``metadata.generation`` grows with every change of what their manifests describe.
COUNTING = frozenset(
    GroupKind(group=group, kind=kind)
    for group, kinds in {
        "": ("ReplicationController",),
        "admissionregistration.k8s.io": ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
        "apiextensions.k8s.io": ("CustomResourceDefinition",),
        "apps": ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
        "batch": ("CronJob", "Job"),
        "networking.k8s.io": ("Ingress", "NetworkPolicy"),
        "policy": ("PodDisruptionBudget",),
    }.items()
    for kind in kinds
)


@frozen(kw_only=True)
class Memo:
    """One object as it stood when it was certain to be as wanted. ``ready`` speaks of that very version."""

    desired: bytes = field(repr=False)  #: keyed digest of what was wanted
    owned: bytes = field(repr=False)  #: keyed digest of what our manager owned
    uid: str
    resource_version: str
    generation: int
    ready: bool = False
    terms: str = ""  #: what decided about its conflicts, if there were any


class Memory:
    """Memos of one cluster's objects, shared by all runs against it. Safe to use from several threads."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._memos: dict[ObjectRef, Memo] = {}
        self._narrow: set[GroupKind] = set()

    def __len__(self) -> int:
        return len(self._memos)

    def is_narrow(self, kind: GroupKind) -> bool:
        """Whether a kind is better not listed over the whole cluster: it is not allowed, or there is too much of it."""
        return kind in self._narrow

    def note_narrow(self, kind: GroupKind) -> None:
        """Keep that a kind is better listed namespace by namespace."""
        with self._lock:
            self._narrow.add(kind)

    def recall(self, ref: ObjectRef) -> Memo | None:
        """Return what is remembered of an object."""
        with self._lock:
            return self._memos.get(ref)

    def forget(self, ref: ObjectRef) -> None:
        """Remember nothing more of an object."""
        with self._lock:
            self._memos.pop(ref, None)

    def remember(
        self, ref: ObjectRef, desired: JsonObject, live: JsonObject, *, manager: str, ready: bool, terms: str = ""
    ) -> None:
        """Keep that an object is as wanted.

        Args:
            ref: which object.
            desired: what was applied.
            live: the object, or its metadata, as the server returned it when that was certain.
            manager: who applied it.
            ready: whether it was ready at that version.
            terms: what decided about conflicts with other managers; empty when there were none.
        """
        memo = Memo(
            desired=self._digest([manager, desired]),
            owned=self._owned(desired, live, manager),
            uid=uid(live),
            resource_version=resource_version(live),
            generation=as_int(dig(live, "metadata", "generation")),
            ready=ready,
            terms=terms,
        )
        if memo.uid and memo.resource_version:
            with self._lock:
                self._memos[ref] = memo

    def seen_ready(self, ref: ObjectRef, live: JsonObject) -> None:
        """Keep that an object was ready, if it is remembered at that very version."""
        with self._lock:
            memo = self._memos.get(ref)
            if memo is not None and memo.resource_version == dig(live, "metadata", "resourceVersion"):
                self._memos[ref] = evolve(memo, ready=True)

    def proves(self, ref: ObjectRef, desired: JsonObject, live: JsonObject, *, manager: str, terms: str = "") -> bool:
        """Tell whether an object is certainly still as wanted.

        Args:
            ref: which object.
            desired: what is wanted now.
            live: its metadata as read just now, ``managedFields`` included.
            manager: who would apply it.
            terms: what would decide about conflicts with other managers.

        Returns:
            True when an apply would change nothing; the memo then stands at the version seen.
        """
        memo = self.recall(ref)
        if memo is None or memo.uid != dig(live, "metadata", "uid") or memo.terms not in ("", terms):
            return False
        if memo.desired != self._digest([manager, desired]):
            return False
        if memo.resource_version == dig(live, "metadata", "resourceVersion"):
            return True
        counted = ref.group_kind in COUNTING and memo.generation == dig(live, "metadata", "generation")
        if not counted or memo.owned != self._owned(desired, live, manager):
            return False
        if not metadata_holds(desired, live, manager=manager):
            return False
        self.remember(ref, desired, live, manager=manager, ready=False, terms=memo.terms)
        return True

    def _owned(self, desired: JsonObject, live: JsonObject, manager: str) -> bytes:
        owners = owners_of(desired, live, manager=manager)
        return self._digest(owners.ours if owners is not None else None)

    def _digest(self, value: Json) -> bytes:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"))
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._key, digest_size=16).digest()
