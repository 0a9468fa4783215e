"""Explicit targets: a stack given to an agent by name (contract 5.13)."""

from __future__ import annotations

from brokkr_core.model.http import Response
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.decode import object_body
from brokkr_core.testing.broker.errors import refuse, unique_violation
from brokkr_core.testing.broker.records import TargetRow
from brokkr_core.testing.broker.roles import acting_generator, living_stack, require_agent_or_admin
from brokkr_core.testing.broker.wire import many, nothing, one


def list_targets(call: Call) -> Response:
    """Answer with the explicit targets of an agent."""
    require_agent_or_admin(call, call.id)
    return many(call.state.targets.where(lambda row: row.agent_id == call.id))


def add_target(call: Call) -> Response:
    """Give a stack to an agent; the checks run in the order of contract 5.13."""
    body = object_body(call.request)
    agent_id, stack_id = body.uuid("agent_id"), body.uuid("stack_id")
    stack = living_stack(call, stack_id)
    _check_owner(call, stack.generator_id)
    if not call.state.registered(call.id, stack.generator_id):
        raise refuse(403, "agent_not_registered", "the agent is not registered with the stack's generator")
    if agent_id != call.id:
        raise refuse(400, "agent_id_mismatch", "the body names another agent than the path")
    if call.state.targeted(call.id, stack_id):
        raise unique_violation("agent_targets_agent_id_stack_id")
    target = call.state.targets.put(TargetRow(id=call.new_id(), agent_id=call.id, stack_id=stack_id))
    call.board.target_added(target)
    return one(201, target)


def remove_target(call: Call) -> Response:
    """Take a stack away from an agent, which is not told (contract 8.3)."""
    stack_id = call.params["stack_id"]
    stack = living_stack(call, stack_id)
    _check_owner(call, stack.generator_id)
    if not call.state.targets.purge(lambda row: (row.agent_id, row.stack_id) == (call.id, stack_id)):
        raise refuse(404, "agent_target_not_found", "the agent was not given that stack")
    return nothing(204)


def _check_owner(call: Call, generator_id: str) -> None:
    if call.caller.admin:
        return
    caller = acting_generator(call)
    if caller is None:
        raise refuse(403, "target_create_denied", "this needs a generator or admin PAK")
    if caller != generator_id:
        raise refuse(403, "target_generator_mismatch", "the stack belongs to another generator")


ROUTES = (
    Route(method="GET", template="/agents/{id}/targets", handler=list_targets),
    Route(method="POST", template="/agents/{id}/targets", handler=add_target),
    Route(method="DELETE", template="/agents/{id}/targets/{stack_id}", handler=remove_target),
)
