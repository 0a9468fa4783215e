"""An Event of Kubernetes as the broker wants to have it (contract 8.4, 12.5). Pure."""

from __future__ import annotations

from datetime import datetime

from brokkr_agent.deployments.kube_events import COMPONENT
from brokkr_agent.duties.redact import Redaction
from brokkr_core.apply.readiness.times import latest, moment
from brokkr_core.errors import cut
from brokkr_core.model.json import Json, JsonObject, as_text, dig
from brokkr_core.model.ref import ObjectRef, split_api_version
from brokkr_core.model.stream import InvolvedObject, K8sEvent

#: Characters of a message, and of every other text; Kubernetes itself allows 1024 in a note (``events.k8s.io``).
MESSAGE = 1024
WORD = 128

_REDACTION = Redaction.of(())


def about(event: JsonObject) -> tuple[ObjectRef, str]:
    """Return the object an Event is about, and its uid, which may be empty."""
    involved = dig(event, "involvedObject")
    group, version = split_api_version(as_text(dig(involved, "apiVersion")))
    ref = ObjectRef(
        group=group,
        version=version,
        kind=as_text(dig(involved, "kind")),
        namespace=as_text(dig(involved, "namespace")),
        name=as_text(dig(involved, "name")),
    )
    return ref, as_text(dig(involved, "uid"))


def by_us(event: JsonObject) -> bool:
    """Tell whether an agent wrote it: what it does it tells the broker by itself."""
    return dig(event, "source", "component") == COMPONENT


def occurrence(event: JsonObject) -> str:
    """Return what tells one occurrence of an Event from the next: it is written again for each, with a higher count.

    A write that changes neither count nor time, such as one of its metadata, is no news.
    """
    count = dig(event, "series", "count") or dig(event, "count")
    at = when(event)
    if not count and at is None:
        return as_text(dig(event, "metadata", "resourceVersion"))
    return f"{count} {at}"


def when(event: JsonObject) -> datetime | None:
    """Return when it happened last."""
    times = (dig(event, "series", "lastObservedTime"), dig(event, "lastTimestamp"), dig(event, "eventTime"))
    return latest(moment(one) for one in times)


def told(event: JsonObject, stack_id: str, *, now: datetime) -> K8sEvent:
    """Write an Event for the broker: what tells a credential is hidden first, and the rest shortened then.

    Args:
        event: as read.
        stack_id: the stack it is about.
        now: for an Event that does not say when it happened.

    Returns:
        The frame.
    """
    ref, uid = about(event)
    source = dig(event, "source", "component") or dig(event, "reportingComponent")
    return K8sEvent(
        stack_id=stack_id,
        observed_at=when(event) or now,
        reason=_word(dig(event, "reason")),
        message=cut(_REDACTION.text(as_text(dig(event, "message"))), MESSAGE),
        event_type=_word(dig(event, "type")) or "Normal",
        source=_word(source) or None,
        involved_object=InvolvedObject(
            api_version=ref.api_version, kind=ref.kind, namespace=ref.namespace or None, name=ref.name, uid=uid or None
        ),
    )


def _word(value: Json) -> str:
    return as_text(value)[:WORD]
