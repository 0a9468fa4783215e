"""The kubelet, scripted: pods run, cannot pull their image, or crash again and again."""

from __future__ import annotations

from functools import partial

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.controllers.writing import KUBELET, alive, uid, uses_image, write_status
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.resource import Key, StorageId
from brokkr_core.testing.cluster.store import Event

PODS: StorageId = ("", "pods")

#: How long a container rests after its first crash, and at most (kubelet ``MaxContainerBackOff``).
BACK_OFF_SECONDS = 10.0
LONGEST_BACK_OFF_SECONDS = 300.0


def run_pods(core: Core, event: Event) -> None:
    """Start every new pod; it becomes ready later, or never."""
    if event.storage_id != PODS or event.type != "ADDED":
        return
    spec = as_object(event.body.get("spec"))
    if uses_image(spec, core.settings.broken_image):
        write_status(core, PODS, event.key, _status(core, event.body, "ImagePullBackOff"), KUBELET)
        return
    write_status(core, PODS, event.key, _status(core, event.body, "ContainerCreating"), KUBELET)
    if uses_image(spec, core.settings.crashing_image):
        core.after(core.settings.deployment_ready_seconds, partial(_crash, core, event.key, uid(event.body), 0))
        return
    ready = partial(_become_ready, core, event.key, uid(event.body))
    core.after(core.settings.deployment_ready_seconds, ready)


def _crash(core: Core, key: Key, pod_uid: str, restarts: int) -> None:
    """End, wait twice as long as the last time, and start anew, only to end again."""
    pod = alive(core, PODS, key, pod_uid)
    if pod is not None:
        for container in as_list(dig(pod, "spec", "containers")):
            core.logs.end(pod_uid, as_text(dig(container, "name")))
        write_status(core, PODS, key, _status(core, pod, "CrashLoopBackOff", restarts=restarts), KUBELET)
        pause = min(BACK_OFF_SECONDS * 2**restarts, LONGEST_BACK_OFF_SECONDS)
        core.after(pause, partial(_crash, core, key, pod_uid, restarts + 1))


def _become_ready(core: Core, key: Key, pod_uid: str) -> None:
    pod = alive(core, PODS, key, pod_uid)
    if pod is not None and dig(pod, "status", "phase") == "Pending":
        write_status(core, PODS, key, _status(core, pod, ""), KUBELET)


def _status(core: Core, pod: JsonObject, waiting: str, *, restarts: int = 0) -> JsonObject:
    """Return a pod status.

    Args:
        core: the cluster, for the time.
        pod: the pod.
        waiting: why its containers wait; empty when they run.
        restarts: how often they were started again.
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
        "phase": "Pending" if waiting and waiting != "CrashLoopBackOff" else "Running",
        "qosClass": "BestEffort",
        "startTime": dig(pod, "metadata", "creationTimestamp"),
        "conditions": conditions,
        "containerStatuses": [_container_status(core, container, waiting, restarts) for container in containers],
    }


def _condition(core: Core, kind: str, status: str, reason: JsonObject) -> JsonObject:
    return {"type": kind, "status": status, "lastTransitionTime": core.now, **reason}


def _unready(pod: JsonObject) -> str:
    names = " ".join(as_text(dig(container, "name")) for container in as_list(dig(pod, "spec", "containers")))
    return f"containers with unready status: [{names}]"


def _container_status(core: Core, container: JsonObject, waiting: str, restarts: int) -> JsonObject:
    image = as_text(container.get("image"))
    state: JsonObject = {"running": {"startedAt": core.now}}
    if waiting:
        said = {
            "ImagePullBackOff": f'Back-off pulling image "{image}"',
            "CrashLoopBackOff": f"back-off restarting failed container={as_text(container.get('name'))}",
        }.get(waiting)
        state = {"waiting": {"reason": waiting, **({"message": said} if said else {})}}
    return {
        "name": container.get("name"),
        "image": image,
        "imageID": "" if waiting else f"{image}@sha256:{'0' * 64}",
        "ready": not waiting,
        "started": not waiting,
        "restartCount": restarts,
        "lastState": _last_state(core, waiting),
        "state": state,
    }


def _last_state(core: Core, waiting: str) -> JsonObject:
    if waiting != "CrashLoopBackOff":
        return {}
    return {"terminated": {"exitCode": 1, "reason": "Error", "startedAt": core.now, "finishedAt": core.now}}
