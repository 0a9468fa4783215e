"""Stacks and their deployment objects (contract 6.3 and 6.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from brokkr_core.broker import operations
from brokkr_core.broker.endpoints.ask import ask, remove
from brokkr_core.broker.endpoints.marks import StackAnnotations, StackLabels
from brokkr_core.broker.endpoints.query import query_of
from brokkr_core.broker.endpoints.whole import whole_record
from brokkr_core.broker.operations import Caller
from brokkr_core.model.broker import DeploymentObject, Stack
from brokkr_core.model.fleet import StackHealthReport
from brokkr_core.model.json import Json
from brokkr_core.model.telemetry import EventHistory, LogHistory


class StackObjects:
    """The deployment objects of stacks: their revisions."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self, stack_id: str) -> tuple[DeploymentObject, ...]:
        """List a stack's deployment objects.

        Args:
            stack_id: which stack.

        Returns:
            All that are not deleted, newest first.
        """
        return ask(self._caller, operations.STACK_OBJECTS, tuple[DeploymentObject, ...], stack_id=stack_id)

    def create(self, stack_id: str, yaml_content: str, *, is_deletion_marker: bool = False) -> DeploymentObject:
        """Post the next revision of a stack; the same text again is a revision of its own.

        Args:
            stack_id: which stack.
            yaml_content: one or more YAML documents; may be blank on a deletion marker.
            is_deletion_marker: whether agents shall remove what the stack brought.

        Returns:
            The stored object.

        Raises:
            BrokerError: 400 ``invalid_deployment_object`` when the text is no YAML.
            UsageError: the request would be larger than the broker takes.
            BrokerUnreachableError: with ``sent`` true the object may exist.
        """
        body = {"yaml_content": yaml_content, "is_deletion_marker": is_deletion_marker}
        return ask(self._caller, operations.STACK_OBJECT_CREATE, DeploymentObject, body=body, stack_id=stack_id)

    def create_from_yaml(self, stack_id: str, text: str, *, is_deletion_marker: bool = False) -> DeploymentObject:
        """Post the next revision of a stack as raw YAML; arguments, result and errors as for :meth:`create`.

        Nothing is escaped on the way, so that larger texts fit into what the broker takes.
        """
        query = {"deletion_marker": "true"} if is_deletion_marker else {}
        operation, body = operations.STACK_OBJECT_CREATE, operations.YamlText(text)
        return ask(self._caller, operation, DeploymentObject, query=query, body=body, stack_id=stack_id)

    def create_from_template(self, stack_id: str, template_id: str, parameters: Mapping[str, Json]) -> DeploymentObject:
        """Post the next revision of a stack, rendered from a template; nobody checks that the text is YAML.

        Args:
            stack_id: which stack; it must carry all labels and annotations of the template.
            template_id: which version of which template.
            parameters: what its schema asks for.

        Returns:
            The stored object.

        Raises:
            BrokerError: 422 ``template_stack_mismatch``, 400 ``invalid_parameters`` or ``template_render_failed``.
            BrokerUnreachableError: with ``sent`` true the object may exist.
        """
        body = {"template_id": template_id, "parameters": dict(parameters)}
        operation = operations.STACK_OBJECT_FROM_TEMPLATE
        return ask(self._caller, operation, DeploymentObject, body=body, stack_id=stack_id)


class Stacks:
    """Named series of deployment objects, with ``labels``, ``annotations`` and ``deployment_objects``."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.labels = StackLabels(caller)
        self.annotations = StackAnnotations(caller)
        self.deployment_objects = StackObjects(caller)

    def list(self, *, generator_id: str | None = None) -> tuple[Stack, ...]:
        """List stacks: all for an admin, its own for a generator; agents may not.

        Args:
            generator_id: only the stacks of this generator (a filter for admins).

        Returns:
            The stacks; none for an unknown generator.
        """
        query = {} if generator_id is None else {"pak_id": generator_id}
        return ask(self._caller, operations.STACK_LIST, tuple[Stack, ...], query=query)

    def create(self, name: str, *, generator_id: str, description: str | None = None) -> Stack:
        """Create a stack.

        Args:
            name: unique among the stacks of all generators.
            generator_id: who owns it.
            description: free text.

        Returns:
            The stack.

        Raises:
            BrokerError: 409 ``unique_violation`` when the name is taken.
            BrokerUnreachableError: with ``sent`` true the stack may exist.
        """
        body = {"name": name, "description": description, "generator_id": generator_id}
        return ask(self._caller, operations.STACK_CREATE, Stack, body=body)

    def get(self, stack_id: str) -> Stack:
        """Read one stack.

        Args:
            stack_id: which one.

        Returns:
            The stack.

        Raises:
            BrokerError: 404 ``stack_not_found``.
        """
        return ask(self._caller, operations.STACK_GET, Stack, stack_id=stack_id)

    def update(self, stack_id: str, *, name: str | None = None, description: str | None = None) -> Stack:
        """Change a stack's name or description; None leaves a member alone.

        The broker wants the whole record back, so this reads it first.

        Args:
            stack_id: which stack.
            name: unique among the stacks of all generators.
            description: free text; it cannot be taken away again (contract 6.3).

        Returns:
            The changed stack.

        Raises:
            UsageError: nothing is to be changed.
            BrokerError: 409 ``unique_violation`` when the name is taken.
        """
        record = whole_record(self._caller, operations.STACK_GET, name=name, description=description, stack_id=stack_id)
        return ask(self._caller, operations.STACK_UPDATE, Stack, body=record, stack_id=stack_id)

    def health(self, stack_id: str) -> StackHealthReport:
        """Read how a stack's objects are, superseded ones included (admin only).

        Args:
            stack_id: which stack; an unknown one is ``unknown``, not 404.

        Returns:
            The report.
        """
        return ask(self._caller, operations.STACK_HEALTH, StackHealthReport, stack_id=stack_id)

    def events(self, stack_id: str, *, since: datetime | None = None, limit: int | None = None) -> EventHistory:
        """Read what agents streamed of their clusters' events about a stack (contract 7.1).

        Args:
            stack_id: which stack.
            since: not before this; six hours back at most.
            limit: at most so many, up to 5000; None is 500.

        Returns:
            The events, newest first.
        """
        query = query_of(since=since, limit=limit)
        return ask(self._caller, operations.STACK_EVENTS, EventHistory, query=query, stack_id=stack_id)

    def logs(self, stack_id: str, *, since: datetime | None = None, limit: int | None = None) -> LogHistory:
        """Read what agents streamed of a stack's pods; arguments and order as for :meth:`events`."""
        query = query_of(since=since, limit=limit)
        return ask(self._caller, operations.STACK_LOGS, LogHistory, query=query, stack_id=stack_id)

    def delete(self, stack_id: str) -> None:
        """Delete a stack; that it does not exist is fine. Agents learn of it by its absence only.

        Args:
            stack_id: which one.
        """
        remove(self._caller, operations.STACK_DELETE, "stack_not_found", stack_id=stack_id)
