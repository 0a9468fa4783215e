"""Defaults of Services, and the addresses and ports a cluster hands out to them."""

from __future__ import annotations

from brokkr_core.model.json import Json, JsonObject, as_object
from brokkr_core.testing.cluster.defaulting.fill import each, fill, struct

_ROUTED = frozenset({"NodePort", "LoadBalancer"})
_FIRST_NODE_PORT = 30_000


def default_service(body: JsonObject) -> None:
    """Fill in a Service."""
    spec = struct(body, "spec")
    fill(spec, {"type": "ClusterIP", "sessionAffinity": "None"})
    for port in each(spec, "ports"):
        fill(port, {"protocol": "TCP", "targetPort": port.get("port")})
    if spec["type"] != "ExternalName":
        fill(spec, {"internalTrafficPolicy": "Cluster"})
    if spec["type"] in _ROUTED:
        fill(spec, {"externalTrafficPolicy": "Cluster"})
    if spec["type"] == "LoadBalancer":
        fill(spec, {"allocateLoadBalancerNodePorts": True})
    if spec["sessionAffinity"] == "ClientIP":
        fill(struct(struct(spec, "sessionAffinityConfig"), "clientIP"), {"timeoutSeconds": 10_800})


def allocate(body: JsonObject, old: JsonObject, number: int) -> None:
    """Give a Service its cluster address and node ports, or keep those it has.

    Args:
        body: the Service to write; it is changed.
        old: the Service before, empty on create.
        number: a number no other Service has; addresses and ports are made of it.
    """
    spec, before = as_object(body["spec"]), as_object(old.get("spec"))
    if spec["type"] == "ExternalName":
        return
    fill(spec, {"clusterIP": before.get("clusterIP") or f"10.96.{number // 250 % 250}.{number % 250 + 1}"})
    fill(spec, {"clusterIPs": [spec["clusterIP"]], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"})
    if spec["type"] in _ROUTED and spec.get("allocateLoadBalancerNodePorts") is not False:
        _allocate_node_ports(spec, before, number)


def _allocate_node_ports(spec: JsonObject, before: JsonObject, number: int) -> None:
    known: dict[tuple[Json, Json], Json] = {
        (str(port.get("port")), str(port.get("protocol"))): port.get("nodePort") for port in each(before, "ports")
    }
    for at, port in enumerate(each(spec, "ports")):
        kept = known.get((str(port.get("port")), str(port.get("protocol"))))
        fill(port, {"nodePort": kept or _FIRST_NODE_PORT + (number * 16 + at) % 2767})
