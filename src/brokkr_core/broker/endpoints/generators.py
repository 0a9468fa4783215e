"""Generators and the agents that join them (contract 5.4 and 6.2)."""

from __future__ import annotations

from brokkr_core.broker.endpoints.ask import ask, remove, tell
from brokkr_core.broker.endpoints.issued import IssuedGenerator
from brokkr_core.broker.endpoints.whole import whole_record
from brokkr_core.broker.operations import (
    GENERATOR_AGENTS,
    GENERATOR_CREATE,
    GENERATOR_DELETE,
    GENERATOR_DEREGISTER,
    GENERATOR_GET,
    GENERATOR_LIST,
    GENERATOR_REGISTER,
    GENERATOR_ROTATE,
    GENERATOR_UPDATE,
    Caller,
)
from brokkr_core.errors import BrokerError
from brokkr_core.model.broker import Generator, Registration


class Generators:
    """Who owns stacks."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self) -> tuple[Generator, ...]:
        """List all generators but the system's (admin only).

        Returns:
            The generators.
        """
        return ask(self._caller, GENERATOR_LIST, tuple[Generator, ...])

    def create(self, name: str, *, description: str | None = None) -> IssuedGenerator:
        """Create a generator (admin only).

        Args:
            name: at most 255 characters, unique.
            description: free text.

        Returns:
            The generator and its PAK, told this once.

        Raises:
            BrokerError: 409 ``unique_violation`` when the name is taken.
            BrokerUnreachableError: with ``sent`` true the generator may exist, its PAK lost.
        """
        body = {"name": name, "description": description}
        return ask(self._caller, GENERATOR_CREATE, IssuedGenerator, body=body)

    def get(self, generator_id: str) -> Generator:
        """Read one generator (admin, or itself).

        Args:
            generator_id: which one.

        Returns:
            The generator.

        Raises:
            BrokerError: 404 ``generator_not_found``.
        """
        return ask(self._caller, GENERATOR_GET, Generator, generator_id=generator_id)

    def update(self, generator_id: str, *, name: str | None = None, description: str | None = None) -> Generator:
        """Change a generator's name or description (admin, or itself); None leaves a member alone.

        The broker wants the whole record back, so this reads it first.

        Args:
            generator_id: which generator.
            name: at most 255 characters, unique.
            description: free text.

        Returns:
            The changed generator.

        Raises:
            UsageError: nothing is to be changed.
            BrokerError: 409 ``unique_violation`` when the name is taken.
        """
        record = whole_record(
            self._caller, GENERATOR_GET, name=name, description=description, generator_id=generator_id
        )
        return ask(self._caller, GENERATOR_UPDATE, Generator, body=record, generator_id=generator_id)

    def rotate(self, generator_id: str) -> IssuedGenerator:
        """Give a generator a new PAK; the old one is dead at once (admin, or itself).

        Args:
            generator_id: which generator.

        Returns:
            The generator and its new PAK, told this once: store it before anything else.

        Raises:
            BrokerUnreachableError: with ``sent`` true the old PAK may be dead and the new one lost.
        """
        return ask(self._caller, GENERATOR_ROTATE, IssuedGenerator, generator_id=generator_id)

    def delete(self, generator_id: str) -> None:
        """Delete a generator with all its stacks; that it does not exist is fine (admin, or itself).

        Args:
            generator_id: which generator.
        """
        remove(self._caller, GENERATOR_DELETE, "generator_not_found", generator_id=generator_id)

    def agents(self, generator_id: str) -> tuple[Registration, ...]:
        """List the agents that joined a generator (admin, or itself).

        Args:
            generator_id: which generator.

        Returns:
            The registrations.
        """
        return ask(self._caller, GENERATOR_AGENTS, tuple[Registration, ...], generator_id=generator_id)

    def register(self, generator_id: str, *, agent_id: str | None = None) -> Registration | None:
        """Let an agent join a generator; joining twice is joining once.

        Args:
            generator_id: the generator to join.
            agent_id: which agent; None with an agent's own PAK, needed with an admin's.

        Returns:
            The new registration, or None when the agent had joined before (409, contract 5.4).

        Raises:
            BrokerError: 404 ``generator_not_found``, 400 ``missing_agent_id``.
        """
        try:
            return ask(
                self._caller,
                GENERATOR_REGISTER,
                Registration,
                body=_member(agent_id),
                generator_id=generator_id,
            )
        except BrokerError as error:
            if error.status != 409:
                raise
            return None

    def deregister(self, generator_id: str, *, agent_id: str | None = None) -> None:
        """Let an agent leave a generator; its explicit targets for the generator's stacks go too.

        Args:
            generator_id: the generator to leave; not having joined it is fine.
            agent_id: which agent; None with an agent's own PAK, needed with an admin's.
        """
        tell(self._caller, GENERATOR_DEREGISTER, body=_member(agent_id), generator_id=generator_id)


def _member(agent_id: str | None) -> dict[str, str]:
    # The broker wants a JSON object even when there is nothing to say (contract 5.4).
    return {} if agent_id is None else {"agent_id": agent_id}
