"""Which stacks an agent gets: an OR over three ways, two of them behind registration (contract 5.6, step 1)."""

from __future__ import annotations

from brokkr_core.testing.broker.records import StackRow
from brokkr_core.testing.broker.store import State


def associated_stacks(state: State, agent_id: str) -> list[StackRow]:
    """Return the stacks of an agent.

    Args:
        state: the database.
        agent_id: any id; an unknown one has no stacks.

    Returns:
        Living stacks, oldest first.
    """
    explicit = {row.stack_id for row in state.targets if row.agent_id == agent_id}
    matched = _label_matches(state, agent_id) | _annotation_matches(state, agent_id)
    joined = {row.generator_id for row in state.registrations if row.agent_id == agent_id}
    return state.stacks.where(
        lambda stack: stack.id in explicit or (stack.id in matched and stack.generator_id in joined)
    )


def _label_matches(state: State, agent_id: str) -> set[str]:
    labels = state.labels_of_agent(agent_id)
    return {row.stack_id for row in state.stack_labels if row.label in labels}


def _annotation_matches(state: State, agent_id: str) -> set[str]:
    pairs = state.annotations_of_agent(agent_id)
    return {row.stack_id for row in state.stack_annotations if (row.key, row.value) in pairs}
