"""Agents joining and leaving generators (contract 5.4)."""

from __future__ import annotations

from brokkr_core.model.http import Response
from brokkr_core.testing.broker import audit
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import object_body
from brokkr_core.testing.broker.errors import foreign_key_violation, refuse
from brokkr_core.testing.broker.records import RegistrationRow
from brokkr_core.testing.broker.roles import living_agent, require_agent_or_admin, require_generator_or_admin
from brokkr_core.testing.broker.wire import many, nothing, one


def register_agent(call: Call) -> Response:
    """Let an agent join a generator: the caller itself, or the one an admin names."""
    agent_id = _meant_agent(call)
    _check_generator(call)
    if call.state.registered(agent_id, call.id):
        raise refuse(409, "already_registered", "the agent is registered with this generator")
    if not call.state.agents.exists(agent_id):
        raise foreign_key_violation("registrations_agent_id")
    audit.record(call, "agent.registered", "agent", agent_id, {"generator_id": call.id})
    return one(201, register(call, agent_id, call.id))


def deregister_agent(call: Call) -> Response:
    """Let an agent leave a generator; its explicit targets of that generator's stacks go, too."""
    agent_id = _meant_agent(call)
    _check_generator(call)
    call.state.registrations.purge(lambda row: (row.agent_id, row.generator_id) == (agent_id, call.id))
    stacks = {row.id for row in call.state.stacks if row.generator_id == call.id}
    call.state.targets.purge(lambda row: row.agent_id == agent_id and row.stack_id in stacks)
    call.board.deregistered(agent_id)
    audit.record(call, "agent.deregistered", "agent", agent_id, {"generator_id": call.id})
    return nothing(204)


def registrations_of_agent(call: Call) -> Response:
    """Answer with what an agent is registered with."""
    require_agent_or_admin(call, call.id)
    living_agent(call, call.id)
    return many(call.state.registrations.where(lambda row: row.agent_id == call.id))


def registrations_of_generator(call: Call) -> Response:
    """Answer with the agents that joined a generator."""
    require_generator_or_admin(call, call.id)
    _check_generator(call)
    return many(call.state.registrations.where(lambda row: row.generator_id == call.id))


def register(call: Call, agent_id: str, generator_id: str) -> RegistrationRow:
    """Write down that an agent joined a generator."""
    return call.state.registrations.put(
        RegistrationRow(id=call.new_id(), agent_id=agent_id, generator_id=generator_id, registered_at=call.now)
    )


def _meant_agent(call: Call) -> str:
    named = object_body(call.request).optional_uuid("agent_id")
    if call.caller.agent is not None:
        return call.caller.agent
    if not call.caller.admin:
        raise refuse(403, "forbidden", "this needs an agent or admin PAK")
    if named is None:
        raise refuse(400, "missing_agent_id", "an admin must name the agent")
    return named


def _check_generator(call: Call) -> None:
    if call.state.generators.live(call.id) is None:
        raise refuse(404, "generator_not_found", f"no generator {call.id}")


ROUTES = (
    Route(method="POST", template="/generators/{id}/register", handler=register_agent),
    Route(method="DELETE", template="/generators/{id}/register", handler=deregister_agent),
    Route(method="GET", template="/generators/{id}/registered-agents", handler=registrations_of_generator),
    Route(method="GET", template="/agents/{id}/registrations", handler=registrations_of_agent),
)
