"""The EndpointSlice controller, scripted: one slice for each Service that selects pods."""

from __future__ import annotations

import hashlib

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig, text_map
from brokkr_core.testing.cluster.controllers.pods import PODS
from brokkr_core.testing.cluster.controllers.provisioning import SERVICES
from brokkr_core.testing.cluster.controllers.replica_sets import is_ready
from brokkr_core.testing.cluster.controllers.rollout import template_hash
from brokkr_core.testing.cluster.controllers.writing import alive, make, owner_reference, uid, write_object
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.resource import Key, StorageId, name_of
from brokkr_core.testing.cluster.store import Event

SLICES: StorageId = ("discovery.k8s.io", "endpointslices")


def slice_endpoints(core: Core, event: Event) -> None:
    """Write who answers for a Service, when it or a pod changes; the slice goes with its Service."""
    if event.storage_id == SERVICES and event.type != "DELETED":
        service = alive(core, SERVICES, event.key, uid(event.body))
        if service is not None and _selector(service):
            pods = ((key, body) for key, body in core.store.all(PODS).items() if key[0] == event.key[0])
            _write(core, service, [_endpoint(body) for _, body in pods if _selects(service, body)])
    elif event.storage_id == PODS:
        for key, service in core.store.all(SERVICES).items():
            if key[0] == event.key[0] and _selects(service, event.body):
                _move(core, service, event.key)


def _move(core: Core, service: JsonObject, pod: Key) -> None:
    """Bring one pod's endpoint up to date; the others are as they were."""
    found = core.store.get(SLICES, (pod[0], _name(service)))
    others = [one for one in as_list(dig(found, "endpoints")) if dig(one, "targetRef", "name") != pod[1]]
    body = core.store.get(PODS, pod)
    _write(core, service, [*others, *([_endpoint(body)] if body is not None else [])])


def _write(core: Core, service: JsonObject, endpoints: list[Json]) -> None:
    space = as_text(dig(service, "metadata", "namespace"))
    key: Key = (space, _name(service))
    ports: list[Json] = [
        {"name": dig(port, "name") or "", "port": dig(port, "port"), "protocol": dig(port, "protocol") or "TCP"}
        for port in as_list(dig(service, "spec", "ports"))
    ]
    found = core.store.get(SLICES, key)
    if found is not None:
        write_object(core, SLICES, key, {**found, "endpoints": endpoints, "ports": ports})
        return
    metadata: JsonObject = {
        "name": key[1],
        "labels": {"kubernetes.io/service-name": name_of(service)},
        "ownerReferences": [owner_reference(service)],
    }
    make(core, SLICES, space, {"metadata": metadata, "addressType": "IPv4", "endpoints": endpoints, "ports": ports})


def _name(service: JsonObject) -> str:
    return f"{name_of(service)}-{template_hash(uid(service))[:5]}"


def _selector(service: JsonObject) -> dict[str, str]:
    return text_map(dig(service, "spec", "selector"))


def _selects(service: JsonObject, pod: JsonObject) -> bool:
    labels, wanted = text_map(dig(pod, "metadata", "labels")), _selector(service)
    return bool(wanted) and wanted.items() <= labels.items()


def _endpoint(pod: JsonObject) -> JsonObject:
    ready = is_ready(pod)
    digest = hashlib.sha256(uid(pod).encode()).digest()
    conditions: JsonObject = {"ready": ready, "serving": ready, "terminating": False}
    metadata = as_object(pod["metadata"])
    target = {"kind": "Pod", **{name: metadata.get(name) for name in ("namespace", "name", "uid")}}
    return {"addresses": [f"10.244.{digest[0]}.{digest[1]}"], "conditions": conditions, "targetRef": {**target}}
