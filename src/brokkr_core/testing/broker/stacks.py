"""Stacks: create, list, read, change, delete (contract 6.3)."""

from __future__ import annotations

from hashlib import md5

from attrs import evolve

from brokkr_core.model.http import Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker import audit, hooks
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import Fields, object_body
from brokkr_core.testing.broker.errors import foreign_key_violation, refuse, unique_violation
from brokkr_core.testing.broker.records import ObjectRow, StackRow
from brokkr_core.testing.broker.roles import acting_generator, owned_stack, require_agent_or_admin
from brokkr_core.testing.broker.targeting import associated_stacks
from brokkr_core.testing.broker.wire import many, nothing, one, timestamp


def list_stacks(call: Call) -> Response:
    """Answer an admin with all stacks, or those of ``pak_id``; a generator with its own."""
    only = call.query_uuid("pak_id")
    if not call.caller.admin:
        only = acting_generator(call)
        if only is None:
            raise refuse(403, "stacks_list_denied", "this needs a generator or admin PAK")
    return many(call.state.stacks.where(lambda row: only is None or row.generator_id == only))


def create_stack(call: Call) -> Response:
    """Make a stack; a generator can do so for itself only."""
    body = object_body(call.request)
    name, description = body.text("name"), body.optional_text("description")
    generator_id = body.uuid("generator_id")
    if not call.caller.admin:
        _check_maker(call, generator_id)
    if not call.state.generators.exists(generator_id):
        raise foreign_key_violation("stacks_generator_id")
    _check_free(call, name)
    stack = StackRow(
        id=call.new_id(),
        created_at=call.now,
        updated_at=call.now,
        name=name,
        description=description,
        generator_id=generator_id,
    )
    call.state.stacks.put(stack)
    details = {"name": name, "generator_id": generator_id}
    audit.record(call, "stack.created", "stack", stack.id, {**details}, actor=audit.ADMIN)
    data: JsonObject = {
        "stack_id": stack.id,
        "name": name,
        "description": description,
        "created_at": timestamp(call.now),
    }
    hooks.emit(call, "stack.created", data)
    return one(201, stack)


def get_stack(call: Call) -> Response:
    """Answer with one stack."""
    return one(200, owned_stack(call, call.id))


def update_stack(call: Call) -> Response:
    """Change name, description and owner; nullable members set to null stay as they are (contract 6.3)."""
    body = _complete_stack(call)
    stack = owned_stack(call, call.id)
    if body.uuid("id") != stack.id:
        raise refuse(400, "stack_id_mismatch", "the body names another stack than the path")
    name, description = body.text("name"), body.optional_text("description")
    _check_free(call, name, besides=stack.id)
    if not call.state.generators.exists(body.uuid("generator_id")):
        raise foreign_key_violation("stacks_generator_id")
    changed = evolve(
        stack,
        name=name,
        description=stack.description if description is None else description,
        generator_id=body.uuid("generator_id"),
        updated_at=call.now,
    )
    audit.record(call, "stack.updated", "stack", stack.id, {"name": name}, actor=audit.ADMIN)
    return one(200, call.state.stacks.put(changed))


def delete_stack(call: Call) -> Response:
    """Soft-delete a stack; agents learn of it only by its absence (contract 5.6)."""
    stack = owned_stack(call, call.id)
    soft_delete_stack(call, stack)
    audit.record(call, "stack.deleted", "stack", stack.id, actor=audit.ADMIN)
    hooks.emit(call, "stack.deleted", {"stack_id": stack.id, "deleted_at": timestamp(call.now)})
    return nothing(204)


def stacks_of_agent(call: Call) -> Response:
    """Answer with the stacks of an agent, those without objects included, sorted by id (contract 5.6)."""
    require_agent_or_admin(call, call.id)
    return many(sorted(associated_stacks(call.state, call.id), key=lambda row: row.id))


def soft_delete_stack(call: Call, stack: StackRow) -> None:
    """Mark a stack and its objects as deleted, and leave the marker that no agent ever sees."""
    for row in call.state.objects.where(lambda row: row.stack_id == stack.id):
        call.state.objects.put(evolve(row, deleted_at=call.now))
    call.state.stacks.put(evolve(stack, deleted_at=call.now, updated_at=call.now))
    marker = ObjectRow(
        id=call.new_id(),
        created_at=call.now,
        updated_at=call.now,
        sequence_id=call.state.next_sequence(),
        stack_id=stack.id,
        yaml_content="",
        # The database trigger writes an MD5 here, the only one in the system (contract 4.3).
        yaml_checksum=md5(b"", usedforsecurity=False).hexdigest(),
        submitted_at=call.now,
        is_deletion_marker=True,
    )
    call.state.objects.put(marker)


def _complete_stack(call: Call) -> Fields:
    body = object_body(call.request)
    body.uuid("id")
    body.time("created_at")
    body.time("updated_at")
    body.optional_time("deleted_at")
    body.text("name")
    body.optional_text("description")
    body.uuid("generator_id")
    return body


def _check_maker(call: Call, generator_id: str) -> None:
    caller = acting_generator(call)
    if caller is None:
        raise refuse(403, "stack_create_denied", "this needs a generator or admin PAK")
    if caller != generator_id:
        raise refuse(403, "stack_generator_mismatch", "a generator makes stacks for itself only")


def _check_free(call: Call, name: str, besides: str = "") -> None:
    if call.state.stacks.first(lambda row: row.name == name and row.id != besides) is not None:
        raise unique_violation("stacks_name")


ROUTES = (
    Route(method="GET", template="/stacks", handler=list_stacks),
    Route(method="POST", template="/stacks", handler=create_stack),
    Route(method="GET", template="/stacks/{id}", handler=get_stack),
    Route(method="PUT", template="/stacks/{id}", handler=update_stack),
    Route(method="DELETE", template="/stacks/{id}", handler=delete_stack),
    Route(method="GET", template="/agents/{id}/stacks", handler=stacks_of_agent),
)
