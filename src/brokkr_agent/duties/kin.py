"""Which tracked object a pod belongs to: by its own mark, or up the chain of its controllers (contract 12.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from brokkr_core.errors import ApiError
from brokkr_core.kube import KubeClient
from brokkr_core.model.json import Json, JsonObject, as_list, as_text, dig
from brokkr_core.model.ref import ObjectRef, ref_of, split_api_version
from brokkr_core.model.wire import DEPLOYMENT_OBJECT

#: So far up a chain is followed.
LEVELS = 4

POD = ObjectRef(group="", version="v1", kind="Pod", name="any")
#: What commonly stands between a workload and its pods: read by one LIST each instead of one GET a pod.
_BETWEEN = (
    ObjectRef(group="apps", version="v1", kind="ReplicaSet", name="any"),
    ObjectRef(group="batch", version="v1", kind="Job", name="any"),
)


class Kin:
    """Finds the pods of tracked objects; good for one round, since it remembers what it has read.

    Args:
        client: the cluster.
        tracked: the id of the deployment object of each tracked object.
        marked: ids of further deployment objects that pods may name.
    """

    def __init__(
        self, client: KubeClient, tracked: Mapping[ObjectRef, str], *, marked: frozenset[str] = frozenset()
    ) -> None:
        self._client = client
        self._tracked = tracked
        self._ids = frozenset(tracked.values()) | marked
        self._parents: dict[ObjectRef, ObjectRef | None] = {}

    def pods(self, namespace: str) -> Iterator[tuple[str, ObjectRef | None, JsonObject]]:
        """Read the pods of a namespace.

        Args:
            namespace: which one.

        Yields:
            The deployment object's id, the tracked object it comes from (None when only its mark says so), and the
            pod; pods that belong to none are left out.

        Raises:
            ApiError, NetworkError: they cannot be listed.
        """
        self._read_ahead(namespace)
        for pod in self._client.list(self._client.resource(POD), namespace=namespace):
            origin = self._origin(pod)
            object_id = _mark(pod) if _mark(pod) in self._ids else self._tracked.get(origin) if origin else None
            if object_id:
                yield object_id, origin, pod

    def _read_ahead(self, namespace: str) -> None:
        for kind in _BETWEEN:
            try:
                for body in self._client.list(self._client.resource(kind), namespace=namespace, metadata_only=True):
                    self._parents[ref_of(body)] = controller(body)
            except ApiError:
                continue  # then each is asked for by itself, or cannot be seen at all

    def _origin(self, pod: JsonObject) -> ObjectRef | None:
        here: ObjectRef | None = ref_of(pod)
        if here in self._tracked:
            return here
        here = controller(pod)
        for _ in range(LEVELS):
            if here is None:
                return None
            clusterwide = ObjectRef(group=here.group, version=here.version, kind=here.kind, name=here.name)
            for known in (here, clusterwide):
                if known in self._tracked:
                    return known
            here = self._parent(here)
        return None

    def _parent(self, ref: ObjectRef) -> ObjectRef | None:
        if ref not in self._parents:
            try:
                served = self._client.discovery.find(ref.group, ref.version, ref.kind)
                body = self._client.find(ref, metadata_only=True) if served else None
            except ApiError:
                body = None
            self._parents[ref] = controller(body) if body is not None else None
        return self._parents[ref]


def controller(body: JsonObject) -> ObjectRef | None:
    """Return the object that manages another one, taken to be in the same namespace; None without one."""
    found = controller_and_uid(body)
    return found[0] if found else None


def controller_and_uid(body: JsonObject) -> tuple[ObjectRef, str] | None:
    """Return the object that manages another one as ``controller`` does, and its uid."""
    for owner in as_list(dig(body, "metadata", "ownerReferences")):
        if dig(owner, "controller") is True:
            return _named(owner, as_text(dig(body, "metadata", "namespace"))), as_text(dig(owner, "uid"))
    return None


def _named(owner: Json, namespace: str) -> ObjectRef:
    group, version = split_api_version(as_text(dig(owner, "apiVersion")))
    kind, name = as_text(dig(owner, "kind")), as_text(dig(owner, "name"))
    return ObjectRef(group=group, version=version, kind=kind, namespace=namespace, name=name)


def _mark(pod: JsonObject) -> str:
    labelled = as_text(dig(pod, "metadata", "labels", DEPLOYMENT_OBJECT))
    return labelled or as_text(dig(pod, "metadata", "annotations", DEPLOYMENT_OBJECT))
