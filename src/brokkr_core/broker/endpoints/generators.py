"""Generators and the agents that join them (contract 5.4 and 6.2)."""

from __future__ import annotations

from brokkr_core.broker.endpoints.ask import ask, tell
from brokkr_core.broker.endpoints.issued import IssuedGenerator
from brokkr_core.broker.operations import (
    GENERATOR_CREATE,
    GENERATOR_DEREGISTER,
    GENERATOR_GET,
    GENERATOR_LIST,
    GENERATOR_REGISTER,
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
