"""Who may do what: the guards that handlers begin with (contract 2.6)."""

from __future__ import annotations

from brokkr_core.testing.broker.call import Call
from brokkr_core.testing.broker.errors import refuse
from brokkr_core.testing.broker.records import AgentRow, StackRow


def require_admin(call: Call) -> None:
    """Let only an admin pass.

    Raises:
        RefusedError: 403 ``admin_required``.
    """
    if not call.caller.admin:
        raise refuse(403, "admin_required", "this needs an admin PAK")


def require_agent_itself(call: Call, agent_id: str) -> None:
    """Let only the agent itself pass, not even an admin.

    Raises:
        RefusedError: 403 ``agent_pak_mismatch``.
    """
    if call.caller.agent != agent_id:
        raise refuse(403, "agent_pak_mismatch", "the PAK is not the one of this agent")


def require_agent_or_admin(call: Call, agent_id: str) -> None:
    """Let the agent itself and an admin pass.

    Raises:
        RefusedError: 403 ``agent_pak_mismatch``.
    """
    if not call.caller.admin:
        require_agent_itself(call, agent_id)


def require_generator_or_admin(call: Call, generator_id: str) -> None:
    """Let the generator itself and an admin pass.

    Raises:
        RefusedError: 403 ``generator_not_owned``.
    """
    if not call.caller.admin and call.caller.generator != generator_id:
        raise refuse(403, "generator_not_owned", "the PAK is not the one of this generator")


def acting_generator(call: Call) -> str | None:
    """Return the generator that is asking, or None when it is somebody else.

    Raises:
        RefusedError: 403 ``generator_not_found``, the caller's generator was deleted.
    """
    generator_id = call.caller.generator
    if generator_id is not None and call.state.generators.live(generator_id) is None:
        raise refuse(403, "generator_not_found", "the generator of this PAK was deleted")
    return generator_id


def owned_stack(call: Call, stack_id: str) -> StackRow:
    """Return a stack that the caller may change.

    Raises:
        RefusedError: 404 ``stack_not_found`` first, then 403 ``stack_not_owned`` (contract 6.3).
    """
    stack = living_stack(call, stack_id)
    if not call.caller.admin and acting_generator(call) != stack.generator_id:
        raise refuse(403, "stack_not_owned", "the stack belongs to another generator")
    return stack


def living_stack(call: Call, stack_id: str) -> StackRow:
    """Return a stack.

    Raises:
        RefusedError: 404 ``stack_not_found``.
    """
    stack = call.state.stacks.live(stack_id)
    if stack is None:
        raise refuse(404, "stack_not_found", f"no stack {stack_id}")
    return stack


def living_agent(call: Call, agent_id: str) -> AgentRow:
    """Return an agent.

    Raises:
        RefusedError: 404 ``agent_not_found``.
    """
    agent = call.state.agents.live(agent_id)
    if agent is None:
        raise refuse(404, "agent_not_found", f"no agent {agent_id}")
    return agent
