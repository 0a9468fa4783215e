"""The kubelet, scripted: pods run, or cannot pull their image."""

from __future__ import annotations

from functools import partial

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.controllers.writing import KUBELET, alive, is_broken, uid, write_status
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.resource import Key, StorageId
from brokkr_core.testing.cluster.store import Event

PODS: StorageId = ("", "pods")


def run_pods(core: Core, event: Event) -> None:
    """Start every new pod; it becomes ready later, or never."""
    if event.storage_id != PODS or event.type != "ADDED":
        return
    spec = as_object(event.body.get("spec"))
    if is_broken(core, spec):
        write_status(core, PODS, event.key, _status(core, event.body, "ImagePullBackOff"), KUBELET)
        return
    write_status(core, PODS, event.key, _status(core, event.body, "ContainerCreating"), KUBELET)
    ready = partial(_become_ready, core, event.key, uid(event.body))
    core.after(core.settings.deployment_ready_seconds, ready)


def _become_ready(core: Core, key: Key, pod_uid: str) -> None:
    pod = alive(core, PODS, key, pod_uid)
    if pod is not None:
        write_status(core, PODS, key, _status(core, pod, ""), KUBELET)


def _status(core: Core, pod: JsonObject, waiting: str) -> JsonObject:
    """Return a pod status.

    Args:
        core: the cluster, for the time.
        pod: the pod.
        waiting: why its containers wait; empty when they run.
    """
    ready = "False" if waiting else "True"
    reason: JsonObject = {"reason": "ContainersNotReady", "message": _unready(pod)} if waiting else {}
    conditions: list[Json] = [
        _condition(core, "PodScheduled", "True", {}),
        _condition(core, "Initialized", "True", {}),
        _condition(core, "ContainersReady", ready, reason),
        _condition(core, "Ready", ready, reason),
    ]
    containers = [as_object(container) for container in as_list(dig(pod, "spec", "containers"))]
    return {
        "phase": "Pending" if waiting else "Running",
        "qosClass": "BestEffort",
        "startTime": dig(pod, "metadata", "creationTimestamp"),
        "conditions": conditions,
        "containerStatuses": [_container_status(core, container, waiting) for container in containers],
    }


def _condition(core: Core, kind: str, status: str, reason: JsonObject) -> JsonObject:
    return {"type": kind, "status": status, "lastTransitionTime": core.now, **reason}


def _unready(pod: JsonObject) -> str:
    names = " ".join(as_text(dig(container, "name")) for container in as_list(dig(pod, "spec", "containers")))
    return f"containers with unready status: [{names}]"


def _container_status(core: Core, container: JsonObject, waiting: str) -> JsonObject:
    image = as_text(container.get("image"))
    state: JsonObject = {"running": {"startedAt": core.now}}
    if waiting:
        message = {"message": f'Back-off pulling image "{image}"'} if waiting == "ImagePullBackOff" else {}
        state = {"waiting": {"reason": waiting, **message}}
    return {
        "name": container.get("name"),
        "image": image,
        "imageID": "" if waiting else f"{image}@sha256:{'0' * 64}",
        "ready": not waiting,
        "started": not waiting,
        "restartCount": 0,
        "lastState": {},
        "state": state,
    }
