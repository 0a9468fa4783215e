"""Templates of stacks: versions that are never changed (contract 4.13, 6.5)."""

from __future__ import annotations

from hashlib import sha256

from attrs import evolve

from brokkr_core.model.http import Response
from brokkr_core.testing.broker import audit
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import object_body
from brokkr_core.testing.broker.errors import check_width, refuse, unique_violation
from brokkr_core.testing.broker.records_templates import TemplateRow
from brokkr_core.testing.broker.roles import acting_generator
from brokkr_core.testing.broker.schema import schema_problem
from brokkr_core.testing.broker.tera import TeraError, compile_template
from brokkr_core.testing.broker.wire import many, nothing, one

_NAME_WIDTH = 255


def list_templates(call: Call) -> Response:
    """Answer an admin with all templates, a generator with the system's and its own; newest version first."""
    own = _own_generator(call)
    rows = call.state.templates.where(lambda row: call.caller.admin or row.generator_id in (None, own))
    rows.sort(key=lambda row: row.version, reverse=True)
    return many(rows)


def create_template(call: Call) -> Response:
    """Make the first version of a template: an admin the system's, a generator its own."""
    body = object_body(call.request)
    name, description = body.text("name"), body.optional_text("description")
    content, schema = body.text("template_content"), body.text("parameters_schema")
    owner = _own_generator(call)
    _check(content, schema)
    check_width(_NAME_WIDTH, name)
    if _versions(call, owner, name):
        raise unique_violation("unique_template_version")
    row = TemplateRow(
        id=call.new_id(),
        created_at=call.now,
        updated_at=call.now,
        generator_id=owner,
        name=name,
        description=description,
        template_content=content,
        parameters_schema=schema,
        checksum=sha256(content.encode()).hexdigest(),
    )
    audit.record(call, "template.created", "template", row.id, {"name": name, "version": row.version})
    return one(201, call.state.templates.put(row))


def get_template(call: Call) -> Response:
    """Answer with one version of a template."""
    return one(200, readable_template(call, call.id))


def update_template(call: Call) -> Response:
    """Add a version under a new id; labels and annotations stay with the old one."""
    body = object_body(call.request)
    description = body.optional_text("description")
    content, schema = body.text("template_content"), body.text("parameters_schema")
    row = owned_template(call, call.id)
    _check(content, schema)
    newer = evolve(
        row,
        id=call.new_id(),
        created_at=call.now,
        updated_at=call.now,
        description=row.description if description is None else description,
        version=max(one.version for one in _versions(call, row.generator_id, row.name)) + 1,
        template_content=content,
        parameters_schema=schema,
        checksum=sha256(content.encode()).hexdigest(),
    )
    audit.record(call, "template.updated", "template", newer.id, {"name": row.name, "version": newer.version})
    return one(200, call.state.templates.put(newer))


def delete_template(call: Call) -> Response:
    """Soft-delete one version."""
    row = owned_template(call, call.id)
    call.state.templates.put(evolve(row, deleted_at=call.now, updated_at=call.now))
    audit.record(call, "template.deleted", "template", row.id)
    return nothing(204)


def readable_template(call: Call, template_id: str) -> TemplateRow:
    """Return a template the caller may use.

    Raises:
        RefusedError: 404 ``template_not_found``, 403 ``template_not_accessible``.
    """
    row = _living(call, template_id)
    if call.caller.admin or (call.caller.generator is not None and row.generator_id in (None, acting_generator(call))):
        return row
    raise refuse(403, "template_not_accessible", "the template belongs to another generator")


def owned_template(call: Call, template_id: str) -> TemplateRow:
    """Return a template the caller may change.

    Raises:
        RefusedError: 404 ``template_not_found``, 403 ``template_not_owned``.
    """
    row = _living(call, template_id)
    if not call.caller.admin and (row.generator_id is None or row.generator_id != acting_generator(call)):
        raise refuse(403, "template_not_owned", "the template belongs to somebody else")
    return row


def _living(call: Call, template_id: str) -> TemplateRow:
    row = call.state.templates.live(template_id)
    if row is None:
        raise refuse(404, "template_not_found", f"no template {template_id}")
    return row


def _own_generator(call: Call) -> str | None:
    if call.caller.admin:
        return None
    owner = acting_generator(call)
    if owner is None:
        raise refuse(403, "templates_not_accessible", "this needs a generator or admin PAK")
    return owner


def _versions(call: Call, generator_id: str | None, name: str) -> list[TemplateRow]:
    return call.state.templates.where(lambda row: (row.generator_id, row.name) == (generator_id, name))


def _check(content: str, schema: str) -> None:
    try:
        compile_template(content)
    except TeraError as error:
        raise refuse(400, "invalid_template_syntax", str(error)) from None
    problem = schema_problem(schema)
    if problem:
        raise refuse(400, "invalid_parameters_schema", problem)


ROUTES = (
    Route(method="GET", template="/templates", handler=list_templates),
    Route(method="POST", template="/templates", handler=create_template),
    Route(method="GET", template="/templates/{id}", handler=get_template),
    Route(method="PUT", template="/templates/{id}", handler=update_template),
    Route(method="DELETE", template="/templates/{id}", handler=delete_template),
)
