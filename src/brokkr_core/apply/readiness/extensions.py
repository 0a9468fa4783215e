"""What extends the API server: definitions, aggregated APIs, webhooks."""

from __future__ import annotations

from brokkr_core.apply.readiness.conditions import condition
from brokkr_core.apply.readiness.state import READY, Readiness, failed, in_progress, ready_but
from brokkr_core.apply.readiness.subject import Subject
from brokkr_core.model.json import as_list, as_text, dig

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
    """Judge a webhook configuration: ready when it exists; a missing certificate authority is said."""
    for webhook in as_list(subject.see("webhooks")):
        if dig(webhook, "clientConfig", "service") is not None and not dig(webhook, "clientConfig", "caBundle"):
            name = as_text(dig(webhook, "name"))
            return ready_but("NoCaBundle", f"webhook {name} has no caBundle yet; calls to its Service may be refused")
    return READY
