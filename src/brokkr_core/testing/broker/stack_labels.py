"""Labels and annotations of stacks (contract 6.3)."""

from __future__ import annotations

from brokkr_core.model.http import Response
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import json_body, misshapen, object_body
from brokkr_core.testing.broker.errors import check_width, refuse, unique_violation
from brokkr_core.testing.broker.records import StackAnnotationRow, StackLabelRow
from brokkr_core.testing.broker.roles import acting_generator, living_stack, owned_stack
from brokkr_core.testing.broker.wire import many, nothing, one

_WIDTH = 64


def list_labels(call: Call) -> Response:
    """Answer with the labels of a stack."""
    _check_reader(call)
    return many(call.state.stack_labels.where(lambda row: row.stack_id == call.id))


def add_label(call: Call) -> Response:
    """Put a label on a stack; the body is a bare JSON string."""
    label = json_body(call.request)
    if not isinstance(label, str):
        raise misshapen("expected a string")
    owned_stack(call, call.id)
    check_label(label)
    same = call.state.stack_labels.first(lambda row: (row.stack_id, row.label) == (call.id, label))
    if same is not None:
        raise unique_violation("stack_labels_stack_id_label")
    return one(201, call.state.stack_labels.put(StackLabelRow(id=call.new_id(), stack_id=call.id, label=label)))


def remove_label(call: Call) -> Response:
    """Take a label off a stack."""
    owned_stack(call, call.id)
    label = call.params["label"]
    if not call.state.stack_labels.purge(lambda row: (row.stack_id, row.label) == (call.id, label)):
        raise refuse(404, "stack_label_not_found", "the stack has no such label")
    return nothing(204)


def list_annotations(call: Call) -> Response:
    """Answer with the annotations of a stack."""
    _check_reader(call)
    return many(call.state.stack_annotations.where(lambda row: row.stack_id == call.id))


def add_annotation(call: Call) -> Response:
    """Put an annotation on a stack; its texts are not checked, only their width (contract 4.5)."""
    body = object_body(call.request)
    stack_id, key, value = body.uuid("stack_id"), body.text("key"), body.text("value")
    owned_stack(call, call.id)
    if stack_id != call.id:
        raise refuse(400, "stack_id_mismatch", "the body names another stack than the path")
    check_width(_WIDTH, key, value)
    same = call.state.stack_annotations.first(lambda row: (row.stack_id, row.key) == (call.id, key))
    if same is not None:
        raise unique_violation("stack_annotations_stack_id_key")
    added = StackAnnotationRow(id=call.new_id(), stack_id=call.id, key=key, value=value)
    return one(201, call.state.stack_annotations.put(added))


def remove_annotation(call: Call) -> Response:
    """Take an annotation off a stack."""
    owned_stack(call, call.id)
    key = call.params["key"]
    if not call.state.stack_annotations.purge(lambda row: (row.stack_id, row.key) == (call.id, key)):
        raise refuse(404, "stack_annotation_not_found", "the stack has no such annotation")
    return nothing(204)


def is_label(text: str) -> bool:
    """Whether a text has 1 to 64 characters and no white space."""
    return 0 < len(text) <= _WIDTH and not any(character.isspace() for character in text)


def check_label(label: str) -> None:
    """Refuse a label that is empty, too long or has white space in it (contract 4.5).

    Raises:
        RefusedError: 400 ``invalid_label``.
    """
    if not is_label(label):
        raise refuse(400, "invalid_label", f"a label has 1 to {_WIDTH} characters and no white space")


def _check_reader(call: Call) -> None:
    stack = living_stack(call, call.id)
    agent_id = call.caller.agent
    if call.caller.admin or (agent_id is not None and call.state.targeted(agent_id, stack.id)):
        return
    if acting_generator(call) != stack.generator_id:
        raise refuse(403, "stack_not_accessible", "the stack belongs to another generator or agent")


ROUTES = (
    Route(method="GET", template="/stacks/{id}/labels", handler=list_labels),
    Route(method="POST", template="/stacks/{id}/labels", handler=add_label),
    Route(method="DELETE", template="/stacks/{id}/labels/{label}", handler=remove_label),
    Route(method="GET", template="/stacks/{id}/annotations", handler=list_annotations),
    Route(method="POST", template="/stacks/{id}/annotations", handler=add_annotation),
    Route(method="DELETE", template="/stacks/{id}/annotations/{key}", handler=remove_annotation),
)
