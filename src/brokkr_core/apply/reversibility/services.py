"""Services: addresses and ports that are given back, and may be somebody else's by the time they are wanted. Pure."""

from __future__ import annotations

from brokkr_core.apply.reversibility.rule import Found, Rule, those
from brokkr_core.apply.reversibility.transition import Transition
from brokkr_core.model.json import Json, JsonObject, as_list, as_text, dig
from brokkr_core.model.kinds import SERVICE
from brokkr_core.model.reversibility import Reversibility

_ROUTED = frozenset({"NodePort", "LoadBalancer"})


def _addresses(transition: Transition) -> Found:
    before, after = _held(transition.before), _held(transition.after)
    return tuple(path for path in before if before[path] - after[path]) or None if transition.updated else None


def _held(service: JsonObject) -> dict[str, set[str]]:
    """What the cluster has set aside for a Service, by field. A type that does not need something gives it back."""
    kind = as_text(dig(service, "spec", "type")) or "ClusterIP"
    addresses = [] if kind == "ExternalName" else as_list(dig(service, "spec", "clusterIPs"))
    ports = [dig(port, "nodePort") for port in as_list(dig(service, "spec", "ports"))] if kind in _ROUTED else []
    check = [dig(service, "spec", "healthCheckNodePort")] if kind == "LoadBalancer" else []
    return {
        "spec.clusterIPs": _given(addresses) - {"None"},
        "spec.ports": _given(ports),
        "spec.healthCheckNodePort": _given(check),
    }


def _given(values: list[Json]) -> set[str]:
    return {str(value) for value in values if value}


def _load_balancer(transition: Transition) -> Found:
    if not transition.updated or transition.old("spec.type") != "LoadBalancer":
        return None
    given_up = transition.new("spec.type") != "LoadBalancer"
    return ("spec.type",) if given_up else those(transition, "spec.loadBalancerIP", "spec.loadBalancerClass")


RULES = (
    Rule(
        name="service-address",
        kinds=(SERVICE,),
        reversibility=Reversibility.IDENTITY_LOSS,
        when="a cluster address, node port or health check port is given back: "
        "to `ExternalName`, from `NodePort` or `LoadBalancer`, to one address family, or by number",
        reason="the cluster may give the address or port to another Service before it is wanted back",
        finds=_addresses,
    ),
    Rule(
        name="service-load-balancer",
        kinds=(SERVICE,),
        reversibility=Reversibility.IDENTITY_LOSS,
        when="from `LoadBalancer` to another type, or another `loadBalancerIP` or `loadBalancerClass`",
        reason="the load balancer is taken down, and the one that replaces it may get another external address",
        finds=_load_balancer,
    ),
)
