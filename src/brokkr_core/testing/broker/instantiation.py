"""A revision of a stack made from a template (contract 6.4)."""

from __future__ import annotations

from brokkr_core.model.http import Response
from brokkr_core.model.json import Json, JsonObject, as_object
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import object_body
from brokkr_core.testing.broker.errors import refuse
from brokkr_core.testing.broker.objects import NewObject, insert_object
from brokkr_core.testing.broker.records_templates import TemplateRow
from brokkr_core.testing.broker.roles import owned_stack
from brokkr_core.testing.broker.schema import parameter_problems
from brokkr_core.testing.broker.templates import readable_template
from brokkr_core.testing.broker.tera import TeraError, compile_template
from brokkr_core.testing.broker.wire import one


def instantiate(call: Call) -> Response:
    """Render a template into a stack; nobody checks that the text is YAML, and no agent is told."""
    stack_id = call.params["stack_id"]
    body = object_body(call.request)
    template_id, parameters = body.uuid("template_id"), body.any("parameters")
    owned_stack(call, stack_id)
    template = readable_template(call, template_id)
    _check_marks(call, stack_id, template)
    _check_parameters(template, parameters)
    try:
        text = compile_template(template.template_content).render(as_object(parameters))
    except TeraError as error:
        raise refuse(400, "template_render_failed", str(error)) from None
    return one(201, insert_object(call, stack_id, NewObject(yaml_content=text, is_deletion_marker=False)))


def _check_marks(call: Call, stack_id: str, template: TemplateRow) -> None:
    labels = {row.label for row in call.state.stack_labels if row.stack_id == stack_id}
    pairs = {(row.key, row.value) for row in call.state.stack_annotations if row.stack_id == stack_id}
    wanted = call.state.template_labels.where(lambda row: row.template_id == template.id)
    wanted_pairs = call.state.template_annotations.where(lambda row: row.template_id == template.id)
    no_labels: list[Json] = [row.label for row in wanted if row.label not in labels]
    no_pairs: list[Json] = [
        {"key": row.key, "value": row.value} for row in wanted_pairs if (row.key, row.value) not in pairs
    ]
    if no_labels or no_pairs:
        details: JsonObject = {"missing_labels": no_labels, "missing_annotations": no_pairs}
        raise refuse(422, "template_stack_mismatch", "the stack lacks labels or annotations", details)


def _check_parameters(template: TemplateRow, parameters: Json) -> None:
    problems: list[Json] = [*parameter_problems(template.parameters_schema, parameters)]
    if problems:
        raise refuse(400, "invalid_parameters", "the parameters do not fit", {"validation_errors": problems})


ROUTES = (Route(method="POST", template="/stacks/{stack_id}/deployment-objects/from-template", handler=instantiate),)
