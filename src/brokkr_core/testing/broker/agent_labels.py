"""Labels and annotations of agents (contract 5.13)."""

from __future__ import annotations

from brokkr_core.model.http import Response
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import object_body
from brokkr_core.testing.broker.errors import check_width, foreign_key_violation, refuse, unique_violation
from brokkr_core.testing.broker.records import AgentAnnotationRow, AgentLabelRow
from brokkr_core.testing.broker.roles import require_admin, require_agent_or_admin
from brokkr_core.testing.broker.wire import many, nothing, one

_WIDTH = 64


def list_labels(call: Call) -> Response:
    """Answer with the labels of an agent."""
    require_agent_or_admin(call, call.id)
    return many(call.state.agent_labels.where(lambda row: row.agent_id == call.id))


def add_label(call: Call) -> Response:
    """Put a label on an agent; the text is not checked, only its width (contract 4.5)."""
    body = object_body(call.request)
    agent_id, label = body.uuid("agent_id"), body.text("label")
    _check_agent(call, agent_id)
    check_width(_WIDTH, label)
    same = call.state.agent_labels.first(lambda row: (row.agent_id, row.label) == (call.id, label))
    if same is not None:
        raise unique_violation("agent_labels_agent_id_label")
    return one(201, call.state.agent_labels.put(AgentLabelRow(id=call.new_id(), agent_id=call.id, label=label)))


def remove_label(call: Call) -> Response:
    """Take a label off an agent."""
    require_admin(call)
    label = call.params["label"]
    if not call.state.agent_labels.purge(lambda row: (row.agent_id, row.label) == (call.id, label)):
        raise refuse(404, "agent_label_not_found", "the agent has no such label")
    return nothing(204)


def list_annotations(call: Call) -> Response:
    """Answer with the annotations of an agent."""
    require_agent_or_admin(call, call.id)
    return many(call.state.agent_annotations.where(lambda row: row.agent_id == call.id))


def add_annotation(call: Call) -> Response:
    """Put an annotation on an agent."""
    body = object_body(call.request)
    agent_id, key, value = body.uuid("agent_id"), body.text("key"), body.text("value")
    _check_agent(call, agent_id)
    check_width(_WIDTH, key, value)
    same = call.state.agent_annotations.first(lambda row: (row.agent_id, row.key) == (call.id, key))
    if same is not None:
        raise unique_violation("agent_annotations_agent_id_key")
    added = AgentAnnotationRow(id=call.new_id(), agent_id=call.id, key=key, value=value)
    return one(201, call.state.agent_annotations.put(added))


def remove_annotation(call: Call) -> Response:
    """Take an annotation off an agent."""
    require_admin(call)
    key = call.params["key"]
    if not call.state.agent_annotations.purge(lambda row: (row.agent_id, row.key) == (call.id, key)):
        raise refuse(404, "agent_annotation_not_found", "the agent has no such annotation")
    return nothing(204)


def _check_agent(call: Call, named_in_body: str) -> None:
    require_admin(call)
    if named_in_body != call.id:
        raise refuse(400, "agent_id_mismatch", "the body names another agent than the path")
    if not call.state.agents.exists(call.id):
        raise foreign_key_violation("agent_id")


ROUTES = (
    Route(method="GET", template="/agents/{id}/labels", handler=list_labels),
    Route(method="POST", template="/agents/{id}/labels", handler=add_label),
    Route(method="DELETE", template="/agents/{id}/labels/{label}", handler=remove_label),
    Route(method="GET", template="/agents/{id}/annotations", handler=list_annotations),
    Route(method="POST", template="/agents/{id}/annotations", handler=add_annotation),
    Route(method="DELETE", template="/agents/{id}/annotations/{key}", handler=remove_annotation),
)
