"""Every call this client knows: method, path and whether it may be sent again (contract sections 5, 6 and 16)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import quote

from attrs import field, frozen

from brokkr_core.broker.address import API
from brokkr_core.broker.codec import encode
from brokkr_core.errors import UsageError
from brokkr_core.model.http import Request, Response
from brokkr_core.model.sized import sized
from brokkr_core.retry import Repeat

#: A larger body is answered with 413 (contract section 1).
BODY_LIMIT_BYTES = 2 * 1024 * 1024

_PLACE = re.compile(r"\{(\w+)\}")


class Caller(Protocol):
    """Sends a request with everything that needs: credentials, repeats, timeouts."""

    def call(self, request: Request, *, repeat: Repeat) -> Response:
        """Send a request.

        Args:
            request: what to ask, without credentials.
            repeat: whether it may be sent again.

        Returns:
            The answer, always with a 2xx status.

        Raises:
            BrokerError: the broker answered no.
            BrokerUnreachableError: there is no answer.
        """


@frozen
class YamlText:
    """A body that goes out as YAML, to the byte, instead of as JSON (contract 6.4)."""

    text: str = field(repr=sized)


@frozen(kw_only=True)
class Operation:
    """One call of the broker's API; ``path`` has ``{names}`` where ids and labels go."""

    method: str
    path: str
    repeat: Repeat

    def request(self, *, query: Mapping[str, str] | None = None, body: object = None, **segments: str) -> Request:
        """Build the request.

        Args:
            query: query parameters.
            body: an attrs value or JSON to send, or a YamlText; None sends no body at all.
            segments: what goes into the path; escaped here.

        Returns:
            The request, without credentials.

        Raises:
            UsageError: a segment is empty, ``.`` or ``..`` and would lead to another call, or the body cannot be
                sent or is larger than the broker takes.
        """
        path = _PLACE.sub(lambda place: _segment(place[1], segments[place[1]]), self.path)
        if body is None:
            return Request(method=self.method, path=path, query=query or {})
        encoded, media_type = _written(body)
        if len(encoded) > BODY_LIMIT_BYTES:
            too_much = f"the body has {len(encoded)} bytes, the broker takes {BODY_LIMIT_BYTES}; send less at once"
            raise UsageError(f"{self.method} {path}: {too_much}")
        headers = {"content-type": media_type}
        return Request(method=self.method, path=path, query=query or {}, headers=headers, body=encoded)


def _written(body: object) -> tuple[bytes, str]:
    if not isinstance(body, YamlText):
        return encode(body), "application/json"
    try:
        return body.text.encode(), "application/yaml"
    except UnicodeEncodeError:
        raise UsageError("the YAML cannot be sent: it holds half a surrogate pair, which is no text") from None


def _segment(name: str, text: str) -> str:
    # DELETE /agents/{id}/labels/.. would be normalised on the way to DELETE /agents/{id}.
    if text in {"", ".", ".."}:
        raise UsageError(f"{name} is {text!r}, which names nothing in a path; give the id or name itself")
    return quote(text, safe="")


def _safe(method: str, path: str) -> Operation:
    return Operation(method=method, path=API + path, repeat=Repeat.SAFE)


def _once(method: str, path: str) -> Operation:
    return Operation(method=method, path=API + path, repeat=Repeat.UNSENT_ONLY)


#: Outside the API and without credentials; whoever waits for it repeats it.
READY = Operation(method="GET", path="/readyz", repeat=Repeat.NEVER)

#: A POST that only reads.
WHO_AM_I = _safe("POST", "/auth/pak")

#: The slash at the end makes it the search for one agent (contract 5.2).
AGENT_SEARCH = _safe("GET", "/agents/")
AGENT_LIST = _safe("GET", "/agents")
AGENT_CREATE = _once("POST", "/agents")
AGENT_GET = _safe("GET", "/agents/{agent_id}")
AGENT_UPDATE = _safe("PUT", "/agents/{agent_id}")
AGENT_DELETE = _safe("DELETE", "/agents/{agent_id}")
#: Sent twice, the PAK of the first answer is dead (contract 2.7).
AGENT_ROTATE = _once("POST", "/agents/{agent_id}/rotate-pak")
AGENT_HEARTBEAT = _safe("POST", "/agents/{agent_id}/heartbeat")
AGENT_TARGET_STATE = _safe("GET", "/agents/{agent_id}/target-state")
AGENT_STACKS = _safe("GET", "/agents/{agent_id}/stacks")
AGENT_REGISTRATIONS = _safe("GET", "/agents/{agent_id}/registrations")
#: Sent twice, there are two events (contract 5.7).
AGENT_EVENT_POST = _once("POST", "/agents/{agent_id}/events")
AGENT_EVENTS = _safe("GET", "/agents/{agent_id}/events")
#: Upserted, so twice is once (contract 5.9).
AGENT_HEALTH = _safe("PATCH", "/agents/{agent_id}/health-status")
AGENT_LABELS = _safe("GET", "/agents/{agent_id}/labels")
AGENT_LABEL_ADD = _once("POST", "/agents/{agent_id}/labels")
AGENT_LABEL_REMOVE = _safe("DELETE", "/agents/{agent_id}/labels/{label}")
AGENT_ANNOTATIONS = _safe("GET", "/agents/{agent_id}/annotations")
AGENT_ANNOTATION_ADD = _once("POST", "/agents/{agent_id}/annotations")
AGENT_ANNOTATION_REMOVE = _safe("DELETE", "/agents/{agent_id}/annotations/{key}")
AGENT_TARGETS = _safe("GET", "/agents/{agent_id}/targets")
AGENT_TARGET_ADD = _once("POST", "/agents/{agent_id}/targets")
AGENT_TARGET_REMOVE = _safe("DELETE", "/agents/{agent_id}/targets/{stack_id}")

AGENT_FLEET_STATUS = _safe("GET", "/agents/{agent_id}/fleet-status")
AGENT_DIAGNOSTICS = _safe("GET", "/agents/{agent_id}/diagnostics/pending")
AGENT_WORK_ORDERS = _safe("GET", "/agents/{agent_id}/work-orders/pending")
#: A GET that claims: what a lost answer held is not offered again for a minute (contract 5.12).
AGENT_DELIVERIES = _once("GET", "/agents/{agent_id}/webhooks/pending")

GENERATOR_LIST = _safe("GET", "/generators")
GENERATOR_CREATE = _once("POST", "/generators")
GENERATOR_GET = _safe("GET", "/generators/{generator_id}")
GENERATOR_UPDATE = _safe("PUT", "/generators/{generator_id}")
GENERATOR_DELETE = _safe("DELETE", "/generators/{generator_id}")
#: As for agents.
GENERATOR_ROTATE = _once("POST", "/generators/{generator_id}/rotate-pak")
GENERATOR_AGENTS = _safe("GET", "/generators/{generator_id}/registered-agents")
#: A second one is answered with 409, which is done too (contract 5.4).
GENERATOR_REGISTER = _safe("POST", "/generators/{generator_id}/register")
GENERATOR_DEREGISTER = _safe("DELETE", "/generators/{generator_id}/register")

STACK_LIST = _safe("GET", "/stacks")
STACK_CREATE = _once("POST", "/stacks")
STACK_GET = _safe("GET", "/stacks/{stack_id}")
STACK_UPDATE = _safe("PUT", "/stacks/{stack_id}")
STACK_DELETE = _safe("DELETE", "/stacks/{stack_id}")
STACK_LABELS = _safe("GET", "/stacks/{stack_id}/labels")
STACK_LABEL_ADD = _once("POST", "/stacks/{stack_id}/labels")
STACK_LABEL_REMOVE = _safe("DELETE", "/stacks/{stack_id}/labels/{label}")
STACK_ANNOTATIONS = _safe("GET", "/stacks/{stack_id}/annotations")
STACK_ANNOTATION_ADD = _once("POST", "/stacks/{stack_id}/annotations")
STACK_ANNOTATION_REMOVE = _safe("DELETE", "/stacks/{stack_id}/annotations/{key}")
STACK_OBJECTS = _safe("GET", "/stacks/{stack_id}/deployment-objects")
#: Every post makes a new object, also with the same text (contract 6.4).
STACK_OBJECT_CREATE = _once("POST", "/stacks/{stack_id}/deployment-objects")

DEPLOYMENT_OBJECT_GET = _safe("GET", "/deployment-objects/{deployment_object_id}")
DEPLOYMENT_OBJECT_HEALTH = _safe("GET", "/deployment-objects/{deployment_object_id}/health")
DIAGNOSTIC_CREATE = _once("POST", "/deployment-objects/{deployment_object_id}/diagnostics")

#: As posting an object does.
STACK_OBJECT_FROM_TEMPLATE = _once("POST", "/stacks/{stack_id}/deployment-objects/from-template")
STACK_HEALTH = _safe("GET", "/stacks/{stack_id}/health")
STACK_EVENTS = _safe("GET", "/stacks/{stack_id}/events")
STACK_LOGS = _safe("GET", "/stacks/{stack_id}/logs")

TEMPLATE_LIST = _safe("GET", "/templates")
TEMPLATE_CREATE = _once("POST", "/templates")
TEMPLATE_GET = _safe("GET", "/templates/{template_id}")
#: Every one adds a version (contract 6.5).
TEMPLATE_UPDATE = _once("PUT", "/templates/{template_id}")
TEMPLATE_DELETE = _safe("DELETE", "/templates/{template_id}")
TEMPLATE_LABELS = _safe("GET", "/templates/{template_id}/labels")
TEMPLATE_LABEL_ADD = _once("POST", "/templates/{template_id}/labels")
TEMPLATE_LABEL_REMOVE = _safe("DELETE", "/templates/{template_id}/labels/{label}")
TEMPLATE_ANNOTATIONS = _safe("GET", "/templates/{template_id}/annotations")
TEMPLATE_ANNOTATION_ADD = _once("POST", "/templates/{template_id}/annotations")
TEMPLATE_ANNOTATION_REMOVE = _safe("DELETE", "/templates/{template_id}/annotations/{key}")

WORK_ORDER_LIST = _safe("GET", "/work-orders")
WORK_ORDER_CREATE = _once("POST", "/work-orders")
WORK_ORDER_GET = _safe("GET", "/work-orders/{work_order_id}")
WORK_ORDER_DELETE = _safe("DELETE", "/work-orders/{work_order_id}")
#: The second one of the same agent is answered with 404, as if somebody else had been quicker (contract 5.11).
WORK_ORDER_CLAIM = _once("POST", "/work-orders/{work_order_id}/claim")
WORK_ORDER_COMPLETE = _once("POST", "/work-orders/{work_order_id}/complete")
WORK_ORDER_LOG = _safe("GET", "/work-order-log")
WORK_ORDER_LOG_ENTRY = _safe("GET", "/work-order-log/{work_order_id}")

DIAGNOSTIC_GET = _safe("GET", "/diagnostics/{diagnostic_id}")
DIAGNOSTIC_CLAIM = _once("POST", "/diagnostics/{diagnostic_id}/claim")
DIAGNOSTIC_RESULT = _once("POST", "/diagnostics/{diagnostic_id}/result")

WEBHOOK_LIST = _safe("GET", "/webhooks")
WEBHOOK_CREATE = _once("POST", "/webhooks")
WEBHOOK_EVENT_TYPES = _safe("GET", "/webhooks/event-types")
WEBHOOK_GET = _safe("GET", "/webhooks/{webhook_id}")
WEBHOOK_UPDATE = _safe("PUT", "/webhooks/{webhook_id}")
WEBHOOK_DELETE = _safe("DELETE", "/webhooks/{webhook_id}")
WEBHOOK_DELIVERIES = _safe("GET", "/webhooks/{webhook_id}/deliveries")
#: Every one sends an event to somebody.
WEBHOOK_TEST = _once("POST", "/webhooks/{webhook_id}/test")
#: Every one counts as an attempt, and a late failure undoes a success (contract 5.12).
DELIVERY_RESULT = _once("POST", "/webhook-deliveries/{delivery_id}/result")

FLEET_LIST = _safe("GET", "/fleet")
EVENT_LIST = _safe("GET", "/agent-events")
EVENT_GET = _safe("GET", "/agent-events/{event_id}")

PAK_LIST = _safe("GET", "/paks")
AUDIT_LOGS = _safe("GET", "/admin/audit-logs")
CONFIG_RELOAD = _once("POST", "/admin/config/reload")
CONNECTION_LIST = _safe("GET", "/admin/ws/connections")
