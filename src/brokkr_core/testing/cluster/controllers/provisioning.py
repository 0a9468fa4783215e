"""Volumes and load balancers, handed out at once."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, as_object, as_text, dig
from brokkr_core.testing.cluster.controllers.writing import (
    alive,
    make,
    resource_of,
    uid,
    write_object,
    write_status,
)
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.resource import Key, StorageId
from brokkr_core.testing.cluster.store import Event
from brokkr_core.testing.cluster.verbs.delete import end

CLAIMS: StorageId = ("", "persistentvolumeclaims")
VOLUMES: StorageId = ("", "persistentvolumes")
SERVICES: StorageId = ("", "services")
API_SERVICES: StorageId = ("apiregistration.k8s.io", "apiservices")


def bind_claims(core: Core, event: Event) -> None:
    """Bind every claim to a volume made for it; the volume goes with the claim."""
    if event.storage_id != CLAIMS:
        return
    name: Key = ("", f"pvc-{uid(event.body)}")
    if event.type == "DELETED":
        if core.store.get(VOLUMES, name) is not None:
            end(core, resource_of(core, VOLUMES), name, "Background")
        return
    claim = alive(core, CLAIMS, event.key, uid(event.body))
    if claim is not None and dig(claim, "status", "phase") == "Pending":
        _bind(core, event.key, claim, name)


def _bind(core: Core, key: Key, claim: JsonObject, volume: Key) -> None:
    spec = as_object(claim["spec"])
    capacity: JsonObject = {"storage": dig(spec, "resources", "requests", "storage")}
    reference: JsonObject = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "namespace": key[0],
        "name": key[1],
        "uid": uid(claim),
    }
    volume_spec: JsonObject = {
        "accessModes": spec.get("accessModes"),
        "capacity": capacity,
        "claimRef": reference,
        "hostPath": {"path": f"/var/lib/emulator/{volume[1]}"},
        "persistentVolumeReclaimPolicy": "Delete",
    }
    if spec.get("storageClassName"):
        volume_spec["storageClassName"] = spec["storageClassName"]
    make(core, VOLUMES, "", {"metadata": {"name": volume[1]}, "spec": volume_spec})
    write_status(core, VOLUMES, volume, {"phase": "Bound"})
    write_object(core, CLAIMS, key, {**claim, "spec": {**spec, "volumeName": volume[1]}})
    bound: JsonObject = {"phase": "Bound", "accessModes": spec.get("accessModes"), "capacity": capacity}
    write_status(core, CLAIMS, key, bound)


def balance_services(core: Core, event: Event) -> None:
    """Give every Service of type LoadBalancer an address from the documentation range (RFC 5737)."""
    if event.storage_id != SERVICES or event.type == "DELETED":
        return
    service = alive(core, SERVICES, event.key, uid(event.body))
    if service is None:
        return
    wants = dig(service, "spec", "type") == "LoadBalancer"
    has = dig(service, "status", "loadBalancer", "ingress")
    if wants and not has:
        number = 1 + core.store.version % 250
        address: JsonObject = {"ip": f"203.0.113.{number}", "ipMode": "VIP"}
        write_status(core, SERVICES, event.key, {"loadBalancer": {"ingress": [address]}}, "cloud-controller-manager")
    elif has and not wants:
        write_status(core, SERVICES, event.key, {"loadBalancer": {}}, "cloud-controller-manager")


def reach_api_services(core: Core, event: Event) -> None:
    """Report every aggregated API as available; discovery shows its group and version, and nothing in them."""
    if event.storage_id != API_SERVICES:
        return
    spec = as_object(event.body.get("spec"))
    core.registry.announce(as_text(spec.get("group")), as_text(spec.get("version")), served=event.type != "DELETED")
    if event.type == "ADDED":
        condition: JsonObject = {
            "type": "Available",
            "status": "True",
            "lastTransitionTime": core.now,
            "reason": "Passed",
            "message": "all checks passed",
        }
        write_status(core, API_SERVICES, event.key, {"conditions": [condition]}, "kube-apiserver")
