"""What a test lets containers do: write, and start again."""

from __future__ import annotations

import json

from brokkr_core.model.http import Request
from brokkr_core.model.json import Json, JsonObject, as_int, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.clock import rfc3339
from brokkr_core.testing.cluster.embedded import EmbeddedCluster
from brokkr_core.testing.cluster.logs.choose import container_of


def write_log(
    embedded: EmbeddedCluster, pod: str, text: str | bytes, *, namespace: str = "default", container: str = ""
) -> None:
    """Let a container write lines, now by the cluster's clock.

    Args:
        embedded: the cluster.
        pod: name of the pod.
        text: one or more lines.
        namespace: of the pod.
        container: which of its containers; empty means the only one.

    Raises:
        LookupError: there is no such pod.
    """
    body = _pod(embedded, namespace, pod)
    written = text.encode() if isinstance(text, str) else text
    core = embedded.cluster
    core.logs.write(_uid(body), container_of(body, container), written, core.clock())
    embedded.tick()


def restart_container(embedded: EmbeddedCluster, pod: str, *, namespace: str = "default", container: str = "") -> None:
    """Let a running container end with code 1 and start again; arguments as for :func:`write_log`.

    Raises:
        LookupError: there is no such pod, or its container does not run.
    """
    body = _pod(embedded, namespace, pod)
    name = container_of(body, container)
    status = as_object(body.get("status"))
    now = rfc3339(embedded.cluster.clock())
    statuses = [_restarted(one, now) if dig(one, "name") == name else one for one in _all(status)]
    if statuses == _all(status):
        raise LookupError(f"container {name} of pod {namespace}/{pod} does not run")
    embedded.cluster.logs.end(_uid(body), name)
    patch: JsonObject = {"status": {"containerStatuses": statuses}}
    embedded.administer(
        Request(
            method="PATCH",
            path=f"{_path(namespace, pod)}/status",
            query={"fieldManager": "kubelet"},
            headers={"content-type": "application/merge-patch+json"},
            body=json.dumps(patch).encode(),
        )
    )


def _restarted(status: Json, now: str) -> Json:
    started = dig(status, "state", "running", "startedAt")
    if started is None:
        return status
    ended: JsonObject = {"exitCode": 1, "reason": "Error", "startedAt": started, "finishedAt": now}
    return {
        **as_object(status),
        "restartCount": as_int(dig(status, "restartCount")) + 1,
        "lastState": {"terminated": ended},
        "state": {"running": {"startedAt": now}},
    }


def _all(status: JsonObject) -> list[Json]:
    return as_list(status.get("containerStatuses"))


def _path(namespace: str, pod: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods/{pod}"


def _pod(embedded: EmbeddedCluster, namespace: str, pod: str) -> JsonObject:
    answer = embedded.administer(Request(method="GET", path=_path(namespace, pod)))
    if answer.status != 200:
        raise LookupError(f"no pod {namespace}/{pod}: {answer.status}")
    return as_object(json.loads(answer.body))


def _uid(body: JsonObject) -> str:
    return as_text(dig(body, "metadata", "uid"))
