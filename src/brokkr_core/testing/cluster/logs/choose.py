"""Which run of which container a request means, and the words when there is none (``pods/log`` and the kubelet)."""

from __future__ import annotations

from brokkr_core.model.json import Json, JsonObject, as_list, as_text, dig
from brokkr_core.testing.cluster.logs.book import LogBook, Run
from brokkr_core.testing.cluster.logs.options import LogOptions
from brokkr_core.testing.cluster.status import bad_request

_PULLING = {"ErrImagePull": "image can't be pulled", "ImagePullBackOff": "trying and failing to pull image"}


def container_of(pod: JsonObject, wanted: str) -> str:
    """Choose the container.

    Args:
        pod: the pod.
        wanted: what was asked for; empty means the only one.

    Raises:
        Refusal: 400, there are several, or none of that name.
    """
    name = as_text(dig(pod, "metadata", "name"))
    regular, initial = _names(pod, "containers"), _names(pod, "initContainers")
    if wanted:
        if wanted not in [*regular, *initial, *_names(pod, "ephemeralContainers")]:
            raise bad_request(f"container {wanted} is not valid for pod {name}")
        return wanted
    if len(regular) == 1:
        return regular[0]
    message = f"a container name must be specified for pod {name}, choose one of: [{' '.join(regular)}]"
    raise bad_request(message + (f" or one of the init containers: [{' '.join(initial)}]" if initial else ""))


def run_of(pod: JsonObject, container: str, book: LogBook, options: LogOptions) -> Run | None:
    """Choose the run, as a kubelet does.

    Args:
        pod: the pod with its status.
        container: which of its containers.
        book: what it has written.
        options: whether the run before is meant.

    Returns:
        The run; None when no kubelet has the pod yet, which the API server answers with 204.

    Raises:
        Refusal: 400, the container has not started, or has not run before.
    """
    status = _status(pod, container)
    if status is None:
        if not dig(pod, "spec", "nodeName") and not as_list(dig(pod, "status", "containerStatuses")):
            return None
        raise _waits(pod, container, "PodInitializing")
    uid = as_text(dig(pod, "metadata", "uid"))
    runs = book.runs(uid, container)
    ended_before = dig(status, "lastState", "terminated") is not None
    if options.previous:
        if not ended_before:
            name = as_text(dig(pod, "metadata", "name"))
            raise bad_request(f'previous terminated container "{container}" in pod "{name}" not found')
        return next((run for run in reversed(_closed(pod, container, runs)) if run.ended), Run(ended=True))
    if dig(status, "state", "running") is not None:
        return book.current(uid, container)
    if dig(status, "state", "terminated") is not None or ended_before:
        return runs[-1] if runs else Run(ended=True)
    raise _waits(pod, container, as_text(dig(status, "state", "waiting", "reason")))


def _closed(pod: JsonObject, container: str, runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Return the runs that may be the one before; one that has terminated and not started again is still the last."""
    over = dig(_status(pod, container), "state", "terminated") is not None
    return runs[:-1] if over else runs


def _waits(pod: JsonObject, container: str, reason: str) -> Exception:
    name = as_text(dig(pod, "metadata", "name"))
    why = _PULLING.get(reason, reason)
    return bad_request(f'container "{container}" in pod "{name}" is waiting to start: {why}')


def _names(pod: JsonObject, kind: str) -> list[str]:
    return [as_text(dig(one, "name")) for one in as_list(dig(pod, "spec", kind))]


def _status(pod: JsonObject, container: str) -> Json:
    for kind in ("containerStatuses", "initContainerStatuses"):
        for one in as_list(dig(pod, "status", kind)):
            if dig(one, "name") == container:
                return one
    return None
