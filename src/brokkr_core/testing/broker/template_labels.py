"""What a stack must carry to be filled from a template (contract 6.5)."""

from __future__ import annotations

from brokkr_core.model.http import Response
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import json_body, misshapen, object_body
from brokkr_core.testing.broker.errors import refuse, unique_violation
from brokkr_core.testing.broker.records_templates import TemplateAnnotationRow, TemplateLabelRow
from brokkr_core.testing.broker.stack_labels import check_label, is_label
from brokkr_core.testing.broker.templates import owned_template, readable_template
from brokkr_core.testing.broker.wire import many, nothing, one


def list_labels(call: Call) -> Response:
    """Answer with the labels of a template."""
    readable_template(call, call.id)
    return many(call.state.template_labels.where(lambda row: row.template_id == call.id))


def add_label(call: Call) -> Response:
    """Put a label on a template; the body is a bare JSON string."""
    label = json_body(call.request)
    if not isinstance(label, str):
        raise misshapen("expected a string")
    owned_template(call, call.id)
    check_label(label)
    if call.state.template_labels.first(lambda row: (row.template_id, row.label) == (call.id, label)) is not None:
        raise unique_violation("template_labels_template_id_label_key")
    row = TemplateLabelRow(id=call.new_id(), template_id=call.id, label=label, created_at=call.now)
    return one(201, call.state.template_labels.put(row))


def remove_label(call: Call) -> Response:
    """Take a label off a template."""
    owned_template(call, call.id)
    label = call.params["label"]
    if not call.state.template_labels.purge(lambda row: (row.template_id, row.label) == (call.id, label)):
        raise refuse(404, "template_label_not_found", "the template has no such label")
    return nothing(204)


def list_annotations(call: Call) -> Response:
    """Answer with the annotations of a template."""
    readable_template(call, call.id)
    return many(call.state.template_annotations.where(lambda row: row.template_id == call.id))


def add_annotation(call: Call) -> Response:
    """Put an annotation on a template; other than those of stacks its texts are checked."""
    body = object_body(call.request)
    key, value = body.text("key"), body.text("value")
    owned_template(call, call.id)
    if not is_label(key) or not is_label(value):
        raise refuse(400, "invalid_annotation", "key and value have 1 to 64 characters and no white space")
    if call.state.template_annotations.first(lambda row: (row.template_id, row.key) == (call.id, key)) is not None:
        raise unique_violation("template_annotations_template_id_key_key")
    row = TemplateAnnotationRow(id=call.new_id(), template_id=call.id, key=key, value=value, created_at=call.now)
    return one(201, call.state.template_annotations.put(row))


def remove_annotation(call: Call) -> Response:
    """Take an annotation off a template."""
    owned_template(call, call.id)
    key = call.params["key"]
    if not call.state.template_annotations.purge(lambda row: (row.template_id, row.key) == (call.id, key)):
        raise refuse(404, "template_annotation_not_found", "the template has no such annotation")
    return nothing(204)


ROUTES = (
    Route(method="GET", template="/templates/{id}/labels", handler=list_labels),
    Route(method="POST", template="/templates/{id}/labels", handler=add_label),
    Route(method="DELETE", template="/templates/{id}/labels/{label}", handler=remove_label),
    Route(method="GET", template="/templates/{id}/annotations", handler=list_annotations),
    Route(method="POST", template="/templates/{id}/annotations", handler=add_annotation),
    Route(method="DELETE", template="/templates/{id}/annotations/{key}", handler=remove_annotation),
)
