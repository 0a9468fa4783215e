"""Service and Ingress."""

from __future__ import annotations

from brokkr_core.apply.readiness.state import READY, Readiness, in_progress, ready_but
from brokkr_core.apply.readiness.subject import Subject
from brokkr_core.model.json import as_list, as_object


def service(subject: Subject) -> Readiness:
    """Judge a Service: a load balancer needs an address, every other one is ready when it exists."""
    if subject.see("spec", "type") == "LoadBalancer" and not _addresses(subject):
        return in_progress("NoAddress", "the load balancer has no address yet")
    if subject.see("spec", "type") != "ExternalName" and not as_object(subject.see("spec", "selector")):
        return ready_but("NoSelector", "it selects no pods; somebody else has to write its endpoints")
    return READY


def ingress(subject: Subject) -> Readiness:
    """Judge an Ingress: ready when it exists; its address is only said, unless the policy waits for one."""
    if _addresses(subject):
        return READY
    missing = "no controller has given it an address yet"
    return in_progress("NoAddress", missing) if subject.policy.ingress_address else ready_but("NoAddress", missing)


def _addresses(subject: Subject) -> bool:
    return bool(as_list(subject.see("status", "loadBalancer", "ingress")))
