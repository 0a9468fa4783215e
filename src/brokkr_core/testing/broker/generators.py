"""Generators and their PAKs (contract 6.2)."""

from __future__ import annotations

from attrs import evolve

from brokkr_core.model.http import Response
from brokkr_core.testing.broker import audit
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import Fields, object_body
from brokkr_core.testing.broker.errors import check_width, refuse, unique_violation
from brokkr_core.testing.broker.pak import hash_of, mint
from brokkr_core.testing.broker.records import GeneratorRow
from brokkr_core.testing.broker.roles import require_admin, require_generator_or_admin
from brokkr_core.testing.broker.stacks import soft_delete_stack
from brokkr_core.testing.broker.wire import many, nothing, one, row_json

_NAME_WIDTH = 255


def list_generators(call: Call) -> Response:
    """Answer with all generators but the system's."""
    require_admin(call)
    return many(call.state.generators.where(lambda row: not row.is_system))


def list_paks(call: Call) -> Response:
    """Answer with id and name of every generator that has a PAK."""
    require_admin(call)
    holders = call.state.generators.where(lambda row: row.pak_hash is not None)
    return Response.of_json(200, [{"id": row.id, "name": row.name} for row in holders])


def create_generator(call: Call) -> Response:
    """Make a generator and give its PAK away once."""
    body = object_body(call.request)
    name, description = body.text("name"), body.optional_text("description")
    require_admin(call)
    _check_free(call, name)
    pak = mint(call.sources.new_bytes, call.settings)
    generator = call.state.generators.put(
        GeneratorRow(
            id=call.new_id(),
            created_at=call.now,
            updated_at=call.now,
            name=name,
            description=description,
            pak_hash=hash_of(pak),
        )
    )
    audit.record(call, "generator.created", "generator", generator.id, {"name": name})
    audit.record(call, "pak.created", "pak", generator.id, {"entity": "generator", "name": name})
    return _with_pak(generator, pak)


def get_generator(call: Call) -> Response:
    """Answer with one generator."""
    require_generator_or_admin(call, call.id)
    return one(200, _living_generator(call))


def update_generator(call: Call) -> Response:
    """Change name, description and activity; the body must be a complete generator."""
    body = _complete_generator(call)
    require_generator_or_admin(call, call.id)
    generator = _living_generator(call)
    name, description = body.text("name"), body.optional_text("description")
    _check_free(call, name, besides=generator.id)
    changed = evolve(
        generator,
        name=name,
        description=generator.description if description is None else description,
        is_active=body.boolean("is_active"),
        updated_at=call.now,
    )
    audit.record(call, "generator.updated", "generator", generator.id, {"name": name})
    return one(200, call.state.generators.put(changed))


def delete_generator(call: Call) -> Response:
    """Soft-delete a generator with its stacks and their objects."""
    require_generator_or_admin(call, call.id)
    generator = _living_generator(call)
    if generator.is_system:
        raise refuse(403, "cannot_delete_system_generator", "the system generator stays")
    call.state.generators.put(evolve(generator, deleted_at=call.now, updated_at=call.now))
    for stack in call.state.stacks.where(lambda row: row.generator_id == generator.id):
        soft_delete_stack(call, stack)
    for template in call.state.templates.where(lambda row: row.generator_id == generator.id):
        call.state.templates.put(evolve(template, deleted_at=call.now))
    audit.record(call, "generator.deleted", "generator", generator.id)
    return nothing(204)


def rotate_generator_pak(call: Call) -> Response:
    """Give a generator a new PAK; answers 201, other than for agents (contract 2.7)."""
    require_generator_or_admin(call, call.id)
    generator = _living_generator(call)
    pak = mint(call.sources.new_bytes, call.settings)
    rotated = call.state.generators.put(evolve(generator, pak_hash=hash_of(pak), updated_at=call.now))
    call.cache.drop(generator.pak_hash)
    audit.record(call, "pak.rotated", "generator", generator.id, {"generator_name": generator.name})
    return _with_pak(rotated, pak)


def _complete_generator(call: Call) -> Fields:
    body = object_body(call.request)
    body.uuid("id")
    body.text("name")
    body.optional_text("description")
    for time in ("created_at", "updated_at"):
        body.time(time)
    for time in ("deleted_at", "last_active_at"):
        body.optional_time(time)
    for flag in ("is_active", "is_system"):
        body.boolean(flag)
    return body


def _with_pak(generator: GeneratorRow, pak: str) -> Response:
    return Response.of_json(201, {"generator": row_json(generator), "pak": pak})


def _living_generator(call: Call) -> GeneratorRow:
    generator = call.state.generators.live(call.id)
    if generator is None:
        raise refuse(404, "generator_not_found", f"no generator {call.id}")
    return generator


def _check_free(call: Call, name: str, besides: str = "") -> None:
    check_width(_NAME_WIDTH, name)
    if call.state.generators.first(lambda row: row.name == name and row.id != besides) is not None:
        raise unique_violation("generators_name")


ROUTES = (
    Route(method="GET", template="/generators", handler=list_generators),
    Route(method="POST", template="/generators", handler=create_generator),
    Route(method="GET", template="/generators/{id}", handler=get_generator),
    Route(method="PUT", template="/generators/{id}", handler=update_generator),
    Route(method="DELETE", template="/generators/{id}", handler=delete_generator),
    Route(method="POST", template="/generators/{id}/rotate-pak", handler=rotate_generator_pak),
    Route(method="GET", template="/paks", handler=list_paks),
)
