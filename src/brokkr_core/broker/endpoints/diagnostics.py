"""Diagnostics: asked for by operators, gathered by agents (contract 5.10 and 6.6)."""

from __future__ import annotations

from brokkr_core.broker import operations
from brokkr_core.broker.endpoints.ask import ask
from brokkr_core.broker.operations import Caller
from brokkr_core.model.work import Diagnosis, DiagnosticRequest, DiagnosticResult, NewDiagnosticResult


class Diagnostics:
    """What agents find out about a deployment object on request."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def request(
        self,
        deployment_object_id: str,
        agent_id: str,
        *,
        requested_by: str | None = None,
        retention_minutes: int | None = None,
    ) -> DiagnosticRequest:
        """Ask an agent for diagnostics of an object (admin only); it finds out by polling.

        Args:
            deployment_object_id: about what.
            agent_id: whom; nobody checks that it has the object.
            requested_by: who wants to know, free text.
            retention_minutes: 1 to 1440 until the request expires; None is 60.

        Returns:
            The request.

        Raises:
            BrokerError: 404 ``deployment_object_not_found`` or ``agent_not_found``, 400 ``invalid_diagnostic_request``.
        """
        body = {"agent_id": agent_id, "requested_by": requested_by, "retention_minutes": retention_minutes}
        return ask(
            self._caller,
            operations.DIAGNOSTIC_CREATE,
            DiagnosticRequest,
            body=body,
            deployment_object_id=deployment_object_id,
        )

    def get(self, diagnostic_id: str) -> Diagnosis:
        """Read a request and its result, if there is one (the addressed agent, or admin).

        Args:
            diagnostic_id: which request.

        Returns:
            Both.

        Raises:
            BrokerError: 404 ``diagnostic_not_found``, also an hour after it ended.
        """
        return ask(self._caller, operations.DIAGNOSTIC_GET, Diagnosis, diagnostic_id=diagnostic_id)

    def pending(self, agent_id: str) -> tuple[DiagnosticRequest, ...]:
        """List what an agent is to look into, oldest first (itself, or admin)."""
        return ask(self._caller, operations.AGENT_DIAGNOSTICS, tuple[DiagnosticRequest, ...], agent_id=agent_id)

    def claim(self, diagnostic_id: str) -> DiagnosticRequest:
        """Take a request on.

        Args:
            diagnostic_id: which one.

        Returns:
            The claimed request.

        Raises:
            BrokerError: 409 ``diagnostic_already_claimed`` when it is not pending any more.
        """
        return ask(self._caller, operations.DIAGNOSTIC_CLAIM, DiagnosticRequest, diagnostic_id=diagnostic_id)

    def submit(self, diagnostic_id: str, result: NewDiagnosticResult) -> DiagnosticResult:
        """Hand in what was found (the addressed agent only).

        Args:
            diagnostic_id: which request; it must be claimed.
            result: texts that hold JSON, together below 2 MiB.

        Returns:
            The stored result.

        Raises:
            BrokerError: 409 ``diagnostic_not_claimed``, 400 ``invalid_diagnostic_result`` for empty texts.
            UsageError: the result is larger than the broker takes: shorten the logs.
        """
        operation = operations.DIAGNOSTIC_RESULT
        return ask(self._caller, operation, DiagnosticResult, body=result, diagnostic_id=diagnostic_id)
