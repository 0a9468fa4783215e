"""One write: what stands there is kept first, and the write only lands on what was kept."""

from __future__ import annotations

import time
from collections.abc import Callable

from attrs import evolve, frozen

from brokkr_core.apply.authorship import created_by
from brokkr_core.apply.conflicts.send import send
from brokkr_core.apply.doubt import Doubt
from brokkr_core.apply.identity import resource_version, uid
from brokkr_core.apply.policy import ApplyPolicy
from brokkr_core.apply.recorder import Recorder
from brokkr_core.apply.recreate import ask_away, wait_away
from brokkr_core.errors import BrokkrError, StaleWriteError
from brokkr_core.kube.client import Applied, KubeClient
from brokkr_core.model.conflict import Conflict
from brokkr_core.model.json import JsonObject, as_object
from brokkr_core.model.manifest import Manifest
from brokkr_core.retry import Outcome

#: How often a write is tried against an object that others keep changing, before only its uid is locked.
LOCKED_TRIES = 5


@frozen(kw_only=True)
class Written:
    """A write and what it replaced."""

    before: JsonObject | None
    applied: Applied
    conflicts: tuple[Conflict, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything was stored: the server keeps the resourceVersion of an apply that changes nothing."""
        if self.applied.created or self.before is None:
            return True
        return resource_version(self.before) != resource_version(self.applied.body)


def write(
    client: KubeClient,
    manifest: Manifest,
    *,
    live: JsonObject | None,
    policy: ApplyPolicy,
    recorder: Recorder,
    on_repeat: Callable[[Outcome], None] = lambda _outcome: None,
) -> Written:
    """Apply one object on top of exactly the state that was recorded.

    The apply carries the uid and resourceVersion of what was recorded, so the server refuses it (409) if the object
    moved in between; then it is read and recorded again. An object that never holds still is locked by uid alone,
    which still keeps a deleted object from being resurrected under our hands.

    A try whose answer was lost may have been carried out. What stands there afterwards may then be our own work, so
    the first record is kept: it is what the object has to be put back to. In both cases the evidence is bounded.

    Args:
        client: the cluster.
        manifest: the desired object.
        live: what stands there as far as we know, or None.
        policy: manager and conflict rule.
        recorder: keeps the state before and after.
        on_repeat: hears of every answer or lost answer after which the same request is sent again.

    Returns:
        What was replaced and what stands there now.

    Raises:
        BrokkrError: the write did not happen, or nobody knows whether it did (``NetworkError`` with ``sent``).
    """
    doubt = Doubt(on_repeat)
    try:
        return _write(client, manifest, live=live, policy=policy, recorder=recorder, doubt=doubt)
    except BrokkrError as error:
        if doubt.excludes(error):
            recorder.refused(manifest.ref)
        raise


def _write(
    client: KubeClient,
    manifest: Manifest,
    *,
    live: JsonObject | None,
    policy: ApplyPolicy,
    recorder: Recorder,
    doubt: Doubt,
) -> Written:
    before, bounded = live, False
    for tries_left in range(LOCKED_TRIES, -1, -1):
        if not doubt.any:
            before = live
            recorder.before(manifest.ref, before, locked=before is None or tries_left > 0)
        body = _locked(manifest.body, live, version=tries_left > 0)
        try:
            sent = send(client, body, manifest.ref, policy=policy, on_repeat=doubt.note)
        except StaleWriteError:
            if tries_left == 0:
                raise
            bounded = doubt.any  # moved by us or by somebody else: after a lost answer nobody can tell
            live = client.find(manifest.ref)
            continue
        applied = sent.applied if before is not None else _credited(sent.applied, doubt, policy)
        if before is not None and (bounded or tries_left == 0):
            applied = evolve(applied, bounded=True)
        recorder.after(manifest.ref, applied)
        return Written(before=before, applied=applied, conflicts=sent.conflicts)
    raise AssertionError("the last try returns or raises")


def write_anew(
    client: KubeClient,
    manifest: Manifest,
    *,
    live: JsonObject,
    policy: ApplyPolicy,
    recorder: Recorder,
    on_repeat: Callable[[Outcome], None] = lambda _outcome: None,
    stop: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], object] = time.sleep,
) -> Written:
    """Delete the version of an object that was recorded, and create the desired one.

    Args:
        client: the cluster.
        manifest: the desired object.
        live: what stands there and is deleted, and nothing else.
        policy: manager, conflict rule and how long the deletion may take.
        recorder: keeps what was deleted, before the deletion leaves.
        on_repeat: hears of every answer or lost answer after which the same request is sent again.
        stop: asked while the old object goes.
        sleep: waits so many seconds between two looks at it.

    Returns:
        What was replaced and what stands there now.

    Raises:
        BrokkrError: the old object is still there, or the new one is not; the recorder knows which.
    """
    removal, doubt = Doubt(on_repeat), Doubt(on_repeat)
    recorder.before(manifest.ref, live)
    recorder.deleted(manifest.ref)
    try:
        ask_away(client, manifest.ref, live, doubt=removal)
    except BrokkrError as error:
        if removal.excludes(error):
            recorder.refused(manifest.ref)
        raise
    wait_away(client, manifest.ref, live, policy=policy, stop=stop, sleep=sleep)
    sent = send(client, manifest.body, manifest.ref, policy=policy, on_repeat=doubt.note)
    applied = _credited(sent.applied, doubt, policy)
    recorder.after(manifest.ref, applied)
    return Written(before=live, applied=applied, conflicts=sent.conflicts)


def _credited(applied: Applied, doubt: Doubt, policy: ApplyPolicy) -> Applied:
    """Count a creation as ours whose answer was lost, if nobody else can have made it."""
    if doubt.any and created_by(applied.body, policy.manager):
        return evolve(applied, created=True)
    return applied


def _locked(body: JsonObject, live: JsonObject | None, *, version: bool) -> JsonObject:
    if live is None:
        return body
    lock: JsonObject = {"uid": uid(live)}
    if version:
        lock["resourceVersion"] = resource_version(live)
    return {**body, "metadata": {**as_object(body.get("metadata")), **lock}}
