"""Deployment objects: immutable revisions of a stack (contract 4.3, 5.8, 6.4)."""

from __future__ import annotations

from hashlib import sha256

import yaml
from attrs import frozen

from brokkr_core.model.http import Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker import hooks
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import Fields, as_shape, limited_body, media_type, parse_json
from brokkr_core.testing.broker.errors import RefusedError, refuse
from brokkr_core.testing.broker.records import ObjectRow
from brokkr_core.testing.broker.roles import acting_generator, owned_stack
from brokkr_core.testing.broker.wire import many, one, timestamp

YAML_TYPES = frozenset({"application/yaml", "text/yaml", "application/x-yaml"})

_NULL_TAG = "tag:yaml.org,2002:null"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@frozen(kw_only=True)
class NewObject:
    """What posting a deployment object takes."""

    yaml_content: str
    is_deletion_marker: bool


def list_objects(call: Call) -> Response:
    """Answer with the objects of a stack, newest first."""
    owned_stack(call, call.id)
    return many(reversed(call.state.objects.where(lambda row: row.stack_id == call.id)))


def create_object(call: Call) -> Response:
    """Add a revision to a stack, as JSON or as raw YAML; the same text twice makes two revisions."""
    limited_body(call.request, call.settings.object_limit_bytes)
    stack = owned_stack(call, call.id)
    new = _from_yaml(call) if media_type(call.request) in YAML_TYPES else _from_json(call)
    _check_yaml(new)
    posted = insert_object(call, call.id, new)
    call.board.object_posted(stack, [row.agent_id for row in call.state.targets if row.stack_id == stack.id])
    return one(201, posted)


def get_object(call: Call) -> Response:
    """Answer with one object, as YAML when the ``Accept`` header names a YAML type."""
    row = call.state.objects.live(call.id)
    if row is None:
        raise refuse(404, "deployment_object_not_found", f"no deployment object {call.id}")
    _check_reader(call, row)
    accept = call.request.headers.get("accept", "").lower()
    if any(yaml_type in accept for yaml_type in YAML_TYPES):
        headers = {"content-type": "application/yaml"}
        return Response(status=200, headers=headers, body=row.yaml_content.encode())
    return one(200, row)


def insert_object(call: Call, stack_id: str, new: NewObject) -> ObjectRow:
    """Store an object under the next number of the global sequence."""
    row = call.state.objects.put(
        ObjectRow(
            id=call.new_id(),
            created_at=call.now,
            updated_at=call.now,
            sequence_id=call.state.next_sequence(),
            stack_id=stack_id,
            yaml_content=new.yaml_content,
            yaml_checksum=sha256(new.yaml_content.encode()).hexdigest(),
            submitted_at=call.now,
            is_deletion_marker=new.is_deletion_marker,
        )
    )
    data: JsonObject = {
        "deployment_object_id": row.id,
        "stack_id": stack_id,
        "sequence_id": row.sequence_id,
        "created_at": timestamp(call.now),
    }
    hooks.emit(call, "deployment.created", data)
    return row


def _from_yaml(call: Call) -> NewObject:
    try:
        text = call.request.body.decode()
    except UnicodeDecodeError:
        raise _invalid("the body is no UTF-8") from None
    marker = call.request.query.get("deletion_marker") == "true"
    return NewObject(yaml_content=text, is_deletion_marker=marker)


def _from_json(call: Call) -> NewObject:
    try:
        body = Fields(as_shape(parse_json(call.request.body), "the body"))
        marker = body.optional_boolean("is_deletion_marker")
        return NewObject(yaml_content=body.text("yaml_content"), is_deletion_marker=bool(marker))
    except ValueError as error:
        raise _invalid(f"the body is no JSON: {error}") from None
    except RefusedError as refused:
        raise _invalid(refused.response.body.decode()) from None


def _check_yaml(new: NewObject) -> None:
    if new.is_deletion_marker and not new.yaml_content.strip():
        return
    try:
        documents = list(yaml.compose_all(new.yaml_content, Loader=_LOADER))
    except (yaml.YAMLError, RecursionError) as error:
        raise _invalid(f"no YAML: {error}") from None
    if all(document.tag == _NULL_TAG for document in documents):
        raise _invalid("no YAML document that is not null")


def _check_reader(call: Call, row: ObjectRow) -> None:
    if call.caller.admin:
        return
    if call.caller.agent is not None:
        if not call.state.targeted(call.caller.agent, row.stack_id):
            raise refuse(403, "agent_not_associated", "the agent was not explicitly given that stack")
        return
    stack = call.state.stacks.row(row.stack_id)
    if stack is None or stack.generator_id != acting_generator(call):
        raise refuse(403, "generator_not_associated", "the stack belongs to another generator")


def _invalid(problem: str) -> RefusedError:
    return refuse(400, "invalid_deployment_object", problem)


ROUTES = (
    Route(method="GET", template="/stacks/{id}/deployment-objects", handler=list_objects),
    Route(method="POST", template="/stacks/{id}/deployment-objects", handler=create_object),
    Route(method="GET", template="/deployment-objects/{id}", handler=get_object),
)
