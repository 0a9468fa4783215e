"""Labels, annotations and targets: what decides which agent gets which stack (contract 5.13 and 6.3)."""

from __future__ import annotations

from brokkr_core.broker import operations
from brokkr_core.broker.endpoints.ask import ask, remove
from brokkr_core.broker.operations import Caller
from brokkr_core.errors import UsageError
from brokkr_core.model.broker import AgentAnnotation, AgentLabel, AgentTarget, StackAnnotation, StackLabel

#: The columns are this wide; the broker does not check all of them and answers 500 (contract 4.5).
MARK_LIMIT = 64


def checked_mark(what: str, text: str) -> str:
    """Check a label, key or value before the broker stumbles over it.

    Args:
        what: what it is, for the message.
        text: the label, key or value.

    Returns:
        The same text.

    Raises:
        UsageError: it is empty, too long or holds white space.
    """
    if not text or len(text) > MARK_LIMIT or any(character.isspace() for character in text):
        shown = repr(text[:MARK_LIMIT])
        raise UsageError(f"{what} {shown}: takes 1 to {MARK_LIMIT} characters without white space")
    return text


class AgentLabels:
    """The labels of agents; changing them needs an admin PAK."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self, agent_id: str) -> tuple[AgentLabel, ...]:
        """List an agent's labels."""
        return ask(self._caller, operations.AGENT_LABELS, tuple[AgentLabel, ...], agent_id=agent_id)

    def add(self, agent_id: str, label: str) -> AgentLabel:
        """Put a label on an agent; 409 when it is there already."""
        body = {"agent_id": agent_id, "label": checked_mark("label", label)}
        return ask(self._caller, operations.AGENT_LABEL_ADD, AgentLabel, body=body, agent_id=agent_id)

    def remove(self, agent_id: str, label: str) -> None:
        """Take a label off an agent; not being there is fine."""
        operation, absent = operations.AGENT_LABEL_REMOVE, "agent_label_not_found"
        remove(self._caller, operation, absent, agent_id=agent_id, label=label)


class AgentAnnotations:
    """The annotations of agents; changing them needs an admin PAK."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self, agent_id: str) -> tuple[AgentAnnotation, ...]:
        """List an agent's annotations."""
        return ask(self._caller, operations.AGENT_ANNOTATIONS, tuple[AgentAnnotation, ...], agent_id=agent_id)

    def add(self, agent_id: str, key: str, value: str) -> AgentAnnotation:
        """Put an annotation on an agent; 409 when it is there already."""
        body = {"agent_id": agent_id, **checked_pair(key, value)}
        return ask(self._caller, operations.AGENT_ANNOTATION_ADD, AgentAnnotation, body=body, agent_id=agent_id)

    def remove(self, agent_id: str, key: str) -> None:
        """Take an annotation off an agent; not being there is fine."""
        operation, absent = operations.AGENT_ANNOTATION_REMOVE, "agent_annotation_not_found"
        remove(self._caller, operation, absent, agent_id=agent_id, key=key)


class AgentTargets:
    """The explicit targets of agents; changing them needs an admin's or the owning generator's PAK."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self, agent_id: str) -> tuple[AgentTarget, ...]:
        """List an agent's explicit targets."""
        return ask(self._caller, operations.AGENT_TARGETS, tuple[AgentTarget, ...], agent_id=agent_id)

    def add(self, agent_id: str, stack_id: str) -> AgentTarget:
        """Give a stack to an agent; 403 ``agent_not_registered`` unless it joined the stack's generator."""
        body = {"agent_id": agent_id, "stack_id": stack_id}
        return ask(self._caller, operations.AGENT_TARGET_ADD, AgentTarget, body=body, agent_id=agent_id)

    def remove(self, agent_id: str, stack_id: str) -> None:
        """Take a stack away from an agent; not having it is fine."""
        operation, absent = operations.AGENT_TARGET_REMOVE, "agent_target_not_found"
        remove(self._caller, operation, absent, agent_id=agent_id, stack_id=stack_id)


class StackLabels:
    """The labels of stacks; changing them needs an admin's or the owning generator's PAK."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self, stack_id: str) -> tuple[StackLabel, ...]:
        """List a stack's labels; an agent needs an explicit target for that."""
        return ask(self._caller, operations.STACK_LABELS, tuple[StackLabel, ...], stack_id=stack_id)

    def add(self, stack_id: str, label: str) -> StackLabel:
        """Put a label on a stack; 409 when it is there already. The body is a bare JSON string."""
        body = checked_mark("label", label)
        return ask(self._caller, operations.STACK_LABEL_ADD, StackLabel, body=body, stack_id=stack_id)

    def remove(self, stack_id: str, label: str) -> None:
        """Take a label off a stack; not being there is fine."""
        operation, absent = operations.STACK_LABEL_REMOVE, "stack_label_not_found"
        remove(self._caller, operation, absent, stack_id=stack_id, label=label)


class StackAnnotations:
    """The annotations of stacks; changing them needs an admin's or the owning generator's PAK."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self, stack_id: str) -> tuple[StackAnnotation, ...]:
        """List a stack's annotations; an agent needs an explicit target for that."""
        return ask(self._caller, operations.STACK_ANNOTATIONS, tuple[StackAnnotation, ...], stack_id=stack_id)

    def add(self, stack_id: str, key: str, value: str) -> StackAnnotation:
        """Put an annotation on a stack; 409 when it is there already."""
        body = {"stack_id": stack_id, **checked_pair(key, value)}
        return ask(self._caller, operations.STACK_ANNOTATION_ADD, StackAnnotation, body=body, stack_id=stack_id)

    def remove(self, stack_id: str, key: str) -> None:
        """Take an annotation off a stack; not being there is fine."""
        operation, absent = operations.STACK_ANNOTATION_REMOVE, "stack_annotation_not_found"
        remove(self._caller, operation, absent, stack_id=stack_id, key=key)


def checked_pair(key: str, value: str) -> dict[str, str]:
    """Check an annotation and return it as the members of a body; raises as :func:`checked_mark`."""
    return {"key": checked_mark("annotation key", key), "value": checked_mark("annotation value", value)}
