"""What extends the API server: definitions, aggregated APIs, webhooks."""

from __future__ import annotations

from collections.abc import Iterator

from brokkr_core.apply.readiness.conditions import condition
from brokkr_core.apply.readiness.state import READY, Readiness, failed, in_progress, ready_but
from brokkr_core.apply.readiness.subject import Backend, Subject
from brokkr_core.model.json import Json, JsonObject, as_list, as_text, dig

#: Why a definition is not established that may still become so.
_PASSING = frozenset({"", "Installing", "NotAccepted"})


def definition(subject: Subject) -> Readiness:
    """Judge a CustomResourceDefinition by both its conditions; whether discovery shows it, only the cluster knows."""
    names, established = condition(subject.body, "NamesAccepted"), condition(subject.body, "Established")
    if names.false:
        return failed(names.reason or "NamesNotAccepted", names.message or "its names are taken")
    if established and names:
        return READY
    if established.false and established.reason not in _PASSING:
        return failed(established.reason, established.message or "it cannot be established")
    return in_progress("Installing", "the CustomResourceDefinition is not established yet")


def api_service(subject: Subject) -> Readiness:
    """Judge an APIService: its server answers."""
    found = condition(subject.body, "Available")
    return READY if found else in_progress(found.reason or "NotAvailable", found.message or "not Available yet")


def webhooks(subject: Subject) -> Readiness:
    """Judge a webhook configuration: every Service it calls has somebody who answers.

    A webhook that may be passed over (``failurePolicy: Ignore``) holds nobody up, and so is not waited for. A missing
    certificate authority is only said: who injects it, and when, cannot be seen in the object.
    """
    unanswered: Readiness | None = None
    for webhook, backend in _called(subject):
        if backend in subject.facts.unreached:
            message = f"webhook {as_text(dig(webhook, 'name'))}: Service {backend} has no ready endpoint"
            if dig(webhook, "failurePolicy") != "Ignore":
                return in_progress("NoEndpoints", message)
            unanswered = unanswered or ready_but("NoEndpoints", f"{message}; its calls are passed over")
    return unanswered or _without_authority(subject) or READY


def backends(body: JsonObject) -> frozenset[Backend]:
    """Return the Services that a webhook configuration makes the API server call."""
    return frozenset(backend for _, backend in _called(Subject(body=body)))


def _without_authority(subject: Subject) -> Readiness | None:
    for webhook, _ in _called(subject):
        if not dig(webhook, "clientConfig", "caBundle"):
            name = as_text(dig(webhook, "name"))
            return ready_but("NoCaBundle", f"webhook {name} has no caBundle yet; calls to its Service may be refused")
    return None


def _called(subject: Subject) -> Iterator[tuple[Json, Backend]]:
    for webhook in as_list(subject.see("webhooks")):
        service = dig(webhook, "clientConfig", "service")
        if service is not None:
            yield webhook, Backend(namespace=as_text(dig(service, "namespace")), name=as_text(dig(service, "name")))
