"""Agents: create, list, search, read, change, delete, rotate (contract 5.2, 5.3, 6.1, 2.7)."""

from __future__ import annotations

from attrs import evolve, frozen

from brokkr_core.model.http import Response
from brokkr_core.model.json import JsonObject, as_object
from brokkr_core.testing.broker import audit, hooks
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import json_body, object_body
from brokkr_core.testing.broker.errors import check_width, refuse, unique_violation
from brokkr_core.testing.broker.pak import hash_of, mint
from brokkr_core.testing.broker.records import AgentRow
from brokkr_core.testing.broker.registrations import register
from brokkr_core.testing.broker.roles import acting_generator, living_agent, require_admin, require_agent_or_admin
from brokkr_core.testing.broker.wire import many, nothing, one, row_json, timestamp

_NAME_WIDTH = 255
_STATUS_WIDTH = 50


@frozen(kw_only=True)
class NewAgent:
    """What creating an agent takes."""

    name: str
    cluster_name: str
    generator_ids: list[str]


def list_agents(call: Call) -> Response:
    """Answer an admin with all agents, a generator with those registered with it."""
    if call.caller.admin:
        return many(call.state.agents)
    generator_id = acting_generator(call)
    if generator_id is None:
        raise refuse(403, "generator_required", "this needs a generator or admin PAK")
    return many(call.state.agents.where(lambda row: call.state.registered(row.id, generator_id)))


def search_agent(call: Call) -> Response:
    """Answer with the one agent of a name and a cluster; 404 goes before 403 (contract 5.2)."""
    name, cluster = call.request.query.get("name"), call.request.query.get("cluster_name")
    if name is None or cluster is None:
        raise refuse(400, "name_and_cluster_required", "give both name and cluster_name")
    agent = call.state.agents.first(lambda row: (row.name, row.cluster_name) == (name, cluster))
    if agent is None:
        raise refuse(404, "agent_not_found", "no agent of that name in that cluster")
    require_agent_or_admin(call, agent.id)
    return one(200, agent)


def create_agent(call: Call) -> Response:
    """Make an agent, inactive and registered with the system generator, and give its PAK away once."""
    new = _new_agent(call)
    require_admin(call)
    _check_new(call, new)
    pak = mint(call.sources.new_bytes, call.settings)
    agent = call.state.agents.put(
        AgentRow(
            id=call.new_id(),
            created_at=call.now,
            updated_at=call.now,
            name=new.name,
            cluster_name=new.cluster_name,
            pak_hash=hash_of(pak),
        )
    )
    for generator_id in dict.fromkeys([call.state.system_generator_id, *new.generator_ids]):
        register(call, agent.id, generator_id)
    audit.record(call, "agent.created", "agent", agent.id, {"name": agent.name, "cluster_name": agent.cluster_name})
    audit.record(call, "pak.created", "pak", agent.id, {"entity": "agent", "name": agent.name})
    data: JsonObject = {
        "agent_id": agent.id,
        "name": agent.name,
        "cluster_name": agent.cluster_name,
        "status": agent.status,
        "created_at": timestamp(call.now),
    }
    hooks.emit(call, "agent.registered", data)
    return Response.of_json(201, {"agent": row_json(agent), "initial_pak": pak})


def get_agent(call: Call) -> Response:
    """Answer with one agent."""
    require_agent_or_admin(call, call.id)
    return one(200, living_agent(call, call.id))


def update_agent(call: Call) -> Response:
    """Change name, cluster and status; anything else in the body is ignored (contract 5.3)."""
    body = as_object(json_body(call.request))
    require_agent_or_admin(call, call.id)
    agent = living_agent(call, call.id)
    changed = evolve(
        agent,
        name=_text_or(body.get("name"), agent.name),
        cluster_name=_text_or(body.get("cluster_name"), agent.cluster_name),
        status=_text_or(body.get("status"), agent.status),
        updated_at=call.now,
    )
    check_width(_STATUS_WIDTH, changed.status)
    _check_free(call, changed.name, changed.cluster_name, besides=agent.id)
    details = {"name": changed.name, "cluster_name": changed.cluster_name, "status": changed.status}
    audit.record(call, "agent.updated", "agent", agent.id, {**details}, actor=audit.ADMIN)
    return one(200, call.state.agents.put(changed))


def delete_agent(call: Call) -> Response:
    """Soft-delete an agent and its events; 204 also for ids nobody knows (contract 6.1)."""
    require_admin(call)
    agent = call.state.agents.live(call.id)
    if agent is None:
        return nothing(204)
    call.state.agents.put(evolve(agent, deleted_at=call.now, updated_at=call.now))
    for event in call.state.events.where(lambda row: row.agent_id == agent.id):
        call.state.events.put(evolve(event, deleted_at=call.now))
    call.cache.drop(agent.pak_hash)
    call.board.kick(agent.id)
    audit.record(call, "agent.deleted", "agent", agent.id)
    hooks.emit(call, "agent.deregistered", {"agent_id": agent.id, "deleted_at": timestamp(call.now)})
    return nothing(204)


def rotate_pak(call: Call) -> Response:
    """Give an agent a new PAK; the old one is dead in this process at once (contract 2.7)."""
    require_agent_or_admin(call, call.id)
    agent = living_agent(call, call.id)
    pak = mint(call.sources.new_bytes, call.settings)
    rotated = call.state.agents.put(evolve(agent, pak_hash=hash_of(pak), updated_at=call.now))
    call.cache.drop(agent.pak_hash)
    call.board.kick(agent.id)
    audit.record(call, "pak.rotated", "agent", agent.id, {"agent_name": agent.name}, actor=audit.ADMIN)
    return Response.of_json(200, {"agent": row_json(rotated), "pak": pak})


def _new_agent(call: Call) -> NewAgent:
    body = object_body(call.request)
    return NewAgent(
        name=body.text("name"),
        cluster_name=body.text("cluster_name"),
        generator_ids=body.optional_uuids("generator_ids") or [],
    )


def _check_new(call: Call, new: NewAgent) -> None:
    if any(call.state.generators.live(generator_id) is None for generator_id in new.generator_ids):
        raise refuse(400, "invalid_generator_id", "one of generator_ids does not exist")
    if not new.name.strip() or not new.cluster_name.strip():
        raise refuse(400, "invalid_agent", "name and cluster_name must not be blank")
    _check_free(call, new.name, new.cluster_name)


def _check_free(call: Call, name: str, cluster_name: str, besides: str = "") -> None:
    check_width(_NAME_WIDTH, name, cluster_name)
    taken = call.state.agents.first(
        lambda row: (row.name, row.cluster_name) == (name, cluster_name) and row.id != besides
    )
    if taken is not None:
        raise unique_violation("agents_name_cluster_name")


def _text_or(value: object, otherwise: str) -> str:
    return value if isinstance(value, str) else otherwise


ROUTES = (
    Route(method="GET", template="/agents", handler=list_agents),
    Route(method="POST", template="/agents", handler=create_agent),
    Route(method="GET", template="/agents/", handler=search_agent),
    Route(method="GET", template="/agents/{id}", handler=get_agent),
    Route(method="PUT", template="/agents/{id}", handler=update_agent),
    Route(method="DELETE", template="/agents/{id}", handler=delete_agent),
    Route(method="POST", template="/agents/{id}/rotate-pak", handler=rotate_pak),
)
