"""Which containers of a pod have a log to follow, read from the pod. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from brokkr_core.model.json import Json, JsonObject, as_int, as_list, as_text, dig, text_map
from brokkr_core.model.ref import ObjectRef, ref_of
from brokkr_core.model.wire import STREAM_LOGS

_KINDS = ("initContainerStatuses", "containerStatuses")


@frozen(kw_only=True)
class Container:
    """One container of one pod.

    Args:
        pod: the pod.
        pod_uid: its uid; a pod of the same name that comes later is another one.
        name: of the container.
    """

    pod: ObjectRef
    pod_uid: str
    name: str


@frozen(kw_only=True)
class Running:
    """How a container that has started stands.

    Args:
        restarts: how often it was started again.
        over: whether it has ended, and was not started again.
    """

    restarts: int
    over: bool


def wants_to_be_heard(pod: JsonObject) -> bool:
    """Tell whether a pod says that its logs shall be told (contract 12.5: ``true``, exactly)."""
    return text_map(dig(pod, "metadata", "annotations")).get(STREAM_LOGS) == "true"


def started(pod: JsonObject) -> dict[Container, Running]:
    """Return the containers of a pod that have started, those that prepare it included."""
    uid = as_text(dig(pod, "metadata", "uid"))
    return {
        Container(pod=ref_of(pod), pod_uid=uid, name=as_text(dig(one, "name"))): Running(
            restarts=as_int(dig(one, "restartCount")), over=dig(one, "state", "running") is None
        )
        for one in _statuses(pod)
        if _has_run(one)
    }


def _statuses(pod: JsonObject) -> Iterator[Json]:
    for kind in _KINDS:
        yield from as_list(dig(pod, "status", kind))


def _has_run(status: Json) -> bool:
    told = (dig(status, "state", "running"), dig(status, "state", "terminated"), dig(status, "lastState", "terminated"))
    return any(one is not None for one in told)
