"""Whether it is this process's turn to change the cluster: it holds the Lease, and nothing is left in the middle."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable

import structlog

from brokkr_agent.audit.fault import AuditError
from brokkr_agent.recovery import Recovery
from brokkr_core.errors import ApiError, JournalError, NetworkError, StoppedError
from brokkr_core.kube import KubeClient, Lease

_log = structlog.get_logger("agent")


def lease_of(client: KubeClient, *, namespace: str, agent_id: str, seconds: int) -> Lease:
    """Return the Lease that two agents of one id would fight for.

    Args:
        client: the cluster.
        namespace: where the agent keeps its records.
        agent_id: the agent.
        seconds: how long it lasts without being renewed.
    """
    name = f"brokkr-agent-{agent_id}"
    return Lease(client, namespace=namespace, name=name, holder=holder(), duration_seconds=seconds)


def holder() -> str:
    """Return a name for this process as the holder of a Lease, which no other process has."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


class Turn:
    """Takes the turn, keeps it, and sees to what was left in the middle each time it is taken.

    Args:
        lease: None takes every turn: nobody else is at work, by the word of the settings.
        recovery: asked, each time the turn is taken, for what sees to what was left.
        on_return: called when the turn is taken again after somebody else may have had it.
    """

    def __init__(
        self, lease: Lease | None, recovery: Callable[[], Recovery], *, on_return: Callable[[], None] = lambda: None
    ) -> None:
        self._lease = lease
        self._recovery = recovery
        self._lock = threading.Lock()
        self._on_return = on_return
        self._recovered = False
        self._waited = False
        self._waits_for = ""

    @property
    def lost(self) -> bool:
        """Whether somebody else may be at work: then nothing new is begun, and nothing is put back."""
        return self._lease is not None and not self._lease.held

    @property
    def token(self) -> str:
        """Names this turn; empty without a Lease."""
        return self._lease.token if self._lease else ""

    def take(self) -> None:
        """Make sure that it is our turn; call it before anything is changed.

        Raises:
            StoppedError: it is somebody else's.
            JournalError, ApiError, NetworkError: it cannot be found out, or what was left cannot be seen to now.
        """
        with self._lock:
            if self.lost:
                self._recovered = False
                if self._lease is not None and not self._lease.take():
                    self._say_who()
                    self._waited = True
                    raise StoppedError("another agent of this id is at work")
            if not self._recovered:
                self._recover()
                self._recovered = True
                if self._waited:
                    self._on_return()
                self._waited = True  # from now on, whoever takes it comes back to it

    def keep(self) -> None:
        """Renew the Lease; what goes wrong shows in ``lost`` when it lasts."""
        if self._lease is None or self.lost:
            return
        try:
            if not self._lease.renew():
                _log.error("the Lease was lost; nothing more is begun", holder=self._lease.holder)
        except (ApiError, NetworkError) as error:
            _log.warning("the Lease could not be renewed", error=str(error))

    def give_up(self) -> None:
        """Let the next one begin at once."""
        try:
            if self._lease is not None:
                self._lease.release()
        except (ApiError, AuditError, NetworkError) as error:
            _log.warning("the Lease could not be given back; it runs out by itself", error=str(error))

    def _say_who(self) -> None:
        holder = self._lease.holder if self._lease else ""
        if holder != self._waits_for:
            _log.warning("another agent of this id holds the Lease; waiting until it ends", holder=holder)
        self._waits_for = holder

    def _recover(self) -> None:
        def damaged(name: str, error: JournalError) -> None:
            _log.error("a journal is damaged, its run cannot be put back", journal=name, error=str(error))

        for done in self._recovery().of_all(damaged):
            end = str(done.undone.verdict) if done.undone else "committed"
            _log.warning("a run was left in the middle", stack_id=done.header.stack_id, journal=done.journal, end=end)
