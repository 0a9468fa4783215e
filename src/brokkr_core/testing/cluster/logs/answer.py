"""``GET .../pods/<name>/log``: refused, answered at once, or streamed."""

from __future__ import annotations

from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import as_text, dig
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.logs.choose import container_of, run_of
from brokkr_core.testing.cluster.logs.options import read_log_options
from brokkr_core.testing.cluster.logs.stream import OpenLog
from brokkr_core.testing.cluster.options import Call
from brokkr_core.testing.cluster.resource import StorageId
from brokkr_core.testing.cluster.status import method_not_allowed, not_found
from brokkr_core.testing.cluster.store import Event

PODS: StorageId = ("", "pods")
LOG = "log"


def open_log(core: Core, call: Call, request: Request) -> OpenLog | Response:
    """Open a log.

    Args:
        core: the cluster.
        call: which pod.
        request: container, how much, and whether to follow.

    Returns:
        The log, or 204 for a pod that no kubelet has yet.

    Raises:
        Refusal: 400, 404, 405 or 422, in the words of the API server.
    """
    if request.method != "GET":
        raise method_not_allowed()
    options = read_log_options(request.query, call.name)
    key = call.resource.key(call.namespace, call.name)
    pod = core.store.get(PODS, key)
    if pod is None:
        raise not_found(call.target)
    container, uid = container_of(pod, options.container), as_text(dig(pod, "metadata", "uid"))
    run = run_of(pod, container, core.logs, options)
    if run is None:
        return Response(status=204)

    def alive() -> bool:
        return dig(core.store.get(PODS, key), "metadata", "uid") == uid

    return OpenLog(run, options, core.clock(), alive)


def forget_logs(core: Core, event: Event) -> None:
    """Delete the logs of a pod with it."""
    if event.storage_id == PODS and event.type == "DELETED":
        core.logs.forget(as_text(dig(event.body, "metadata", "uid")))
