"""Delete an object and create it anew, because a field that cannot change has to: the only write that takes one away.

It happens only after the server has named nothing but immutable fields, for kinds that hold no data of others, when
the policy or the object itself allows it, and after the server has accepted the new object under another name.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from brokkr_core.apply.doubt import Doubt
from brokkr_core.apply.identity import resource_version, terminating, uid
from brokkr_core.apply.immutable import immutable_fields
from brokkr_core.apply.policy import ApplyPolicy
from brokkr_core.apply.prune.policy import PROTECTED
from brokkr_core.errors import ApiError, InvalidError, StaleWriteError, StoppedError
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.json import JsonObject, as_list, as_object, as_text, dig, text_map
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.wire import RECREATE

#: Names this long leave room for the mark of a probe in every kind (RFC 1123 label: 63).
LONGEST_STEM = 40
#: Refusals of a probe that only say that the old object still holds something the new one will get.
_HELD = ("provided IP is already allocated", "provided port is already allocated")


def may_recreate(manifest: Manifest, live: JsonObject | None, error: ApiError, policy: ApplyPolicy) -> bool:
    """Decide whether a refused object may be deleted and created anew. Pure.

    Args:
        manifest: the desired object.
        live: what stands there.
        error: how the server refused to change it.
        policy: whether recreating is allowed at all.

    Returns:
        True for an unprotected object that nobody owns, when nothing but immutable fields keeps it from changing and
        the policy or the annotation ``brokkr.io/recreate: enabled`` allows it.
    """
    if live is None or not immutable_fields(error) or manifest.ref.group_kind in PROTECTED:
        return False
    if as_list(dig(live, "metadata", "ownerReferences")):
        return False
    wish = text_map(dig(manifest.body, "metadata", "annotations")).get(RECREATE)
    return wish == "enabled" or (policy.recreate and wish != "disabled")


def probe(client: KubeClient, manifest: Manifest, policy: ApplyPolicy) -> None:
    """Ask the server whether it would take the new object, under a name that is free.

    Raises:
        ApiError: it would not; the old object must stay.
    """
    name = probe_name(manifest.ref.name)
    metadata = {**as_object(manifest.body.get("metadata")), "name": name}
    ref = ObjectRef(
        group=manifest.ref.group,
        version=manifest.ref.version,
        kind=manifest.ref.kind,
        namespace=manifest.ref.namespace,
        name=name,
    )
    try:
        client.apply({**manifest.body, "metadata": metadata}, ref, manager=policy.manager, dry_run=True)
    except InvalidError as error:
        if not error.causes or not all(any(word in cause.message for word in _HELD) for cause in error.causes):
            raise


def probe_name(name: str) -> str:
    """Return a name for the probe of an object: like its own, and the same at every try."""
    return f"{name[:LONGEST_STEM].rstrip('-.')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def ask_away(client: KubeClient, ref: ObjectRef, live: JsonObject, *, doubt: Doubt) -> None:
    """Delete exactly the version of an object that was recorded.

    Args:
        client: the cluster.
        ref: which object.
        live: the object as recorded.
        doubt: takes note of tries that may have been carried out.

    Raises:
        StaleWriteError: it has moved since, and was left alone.
        ApiError: it may not be deleted.
    """
    try:
        client.delete(
            ref,
            uid=uid(live),
            resource_version=resource_version(live),
            propagation="Foreground",
            on_repeat=doubt.note,
        )
    except StaleWriteError:
        if not doubt.any:
            raise
        # An object that is held by a finalizer moves by its own deletion, whose answer was lost.
        left = client.find(ref, metadata_only=True)
        if left is not None and (uid(left) != uid(live) or not terminating(left)):
            raise


def wait_away(
    client: KubeClient,
    ref: ObjectRef,
    live: JsonObject,
    *,
    policy: ApplyPolicy,
    stop: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Wait until an object whose deletion was asked for is gone.

    Args:
        client: the cluster.
        ref: which object.
        live: the object as recorded.
        policy: how long its finalizers and dependents may take.
        stop: asked between two looks.
        sleep: waits so many seconds.
        clock: seconds that never go back.

    Raises:
        StaleWriteError: somebody else has created another one, or it is still there after the time it may take.
        StoppedError: a stop was asked for before it was gone.
    """
    known = uid(live)
    deadline = clock() + policy.ready_timeout_seconds
    while (left := client.find(ref, metadata_only=True)) is not None:
        if uid(left) != known:
            raise StaleWriteError(
                status=409, reason="Conflict", message="somebody else created it while it was being recreated"
            )
        if stop():
            raise StoppedError("stopped while the old object was being deleted")
        if clock() > deadline:
            holders = ", ".join(as_text(one) for one in as_list(dig(left, "metadata", "finalizers"))) or "none"
            raise StaleWriteError(
                status=409,
                reason="Terminating",
                message=f"still being deleted after {policy.ready_timeout_seconds:.0f} s; finalizers: {holders}",
            )
        sleep(policy.poll_seconds)
