"""What an agent should run: the newest object of each of its stacks (contract 5.6)."""

from __future__ import annotations

from brokkr_core.model.http import Response
from brokkr_core.testing.broker.call import Call, Route
from brokkr_core.testing.broker.records import ObjectRow
from brokkr_core.testing.broker.roles import require_agent_or_admin
from brokkr_core.testing.broker.store import State
from brokkr_core.testing.broker.targeting import associated_stacks
from brokkr_core.testing.broker.wire import many


def target_state(call: Call) -> Response:
    """Answer with the desired objects; anything but exactly ``mode=full`` is incremental."""
    require_agent_or_admin(call, call.id)
    if call.request.query.get("mode") == "full":
        return many(desired_objects(call.state, call.id))
    return many(pending_objects(call.state, call.id))


def desired_objects(state: State, agent_id: str) -> list[ObjectRow]:
    """Return the newest object of every stack of an agent.

    Args:
        state: the database.
        agent_id: any id.

    Returns:
        At most one object a stack, newest first.
    """
    stacks = {stack.id for stack in associated_stacks(state, agent_id)}
    # Rows come in the order of their sequence numbers, so the last one of a stack stays.
    newest = {row.stack_id: row for row in state.objects if row.stack_id in stacks}
    return sorted(newest.values(), key=lambda row: row.sequence_id, reverse=True)


def pending_objects(state: State, agent_id: str) -> list[ObjectRow]:
    """Return the desired objects without any event of this agent; a failure counts as an event, too.

    Args:
        state: the database.
        agent_id: any id.

    Returns:
        Newest first.
    """
    told = {row.deployment_object_id for row in state.events if row.agent_id == agent_id}
    return [row for row in desired_objects(state, agent_id) if row.id not in told]


ROUTES = (Route(method="GET", template="/agents/{id}/target-state", handler=target_state),)
