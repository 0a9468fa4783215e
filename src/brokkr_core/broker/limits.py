"""How much of everything one transport to a broker uses."""

from __future__ import annotations

from attrs import frozen

from brokkr_core.broker.traffic import is_target_state
from brokkr_core.errors import UsageError
from brokkr_core.model.http import Request

MEBIBYTE = 1024 * 1024


@frozen(kw_only=True)
class TransportLimits:
    """How much of everything one transport uses.

    Args:
        connections: connections open at once, busy and idle.
        idle_connections: connections kept for the next request.
        idle_seconds: how long an idle connection is kept and used again; below the 60 to 75 s after which the
            usual ingresses and load balancers close it, so that a request rarely meets a closing connection.
        connect_seconds: how long connecting (TLS included) may take, whatever the call allows.
        answer_seconds: how long a request and its answer may take in all, against an endless trickle.
        answer_bytes: how large the body of an answer may be, unpacked.
        target_state_bytes: the same of the target state, which alone holds the text of every stack of an agent: up to
            2 MiB each (contract section 1). Reading it takes twice its size in memory.
        reload_seconds: how often certificate files are looked at while there are requests.

    Raises:
        UsageError: a number is out of range.
    """

    connections: int = 16
    idle_connections: int = 8
    idle_seconds: float = 30.0
    connect_seconds: float = 10.0
    answer_seconds: float = 300.0
    answer_bytes: int = 64 * MEBIBYTE
    target_state_bytes: int = 256 * MEBIBYTE
    reload_seconds: float = 5.0

    def __attrs_post_init__(self) -> None:
        if self.connections < 1:
            raise UsageError(f"TransportLimits.connections is {self.connections}; it has to be 1 or more")
        for name in ("idle_connections", "idle_seconds", "connect_seconds", "answer_seconds", "reload_seconds"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise UsageError(f"TransportLimits.{name} is {getattr(self, name)}; it has to be 0 or more, and finite")

    def most_bytes(self, request: Request) -> tuple[int, str]:
        """Return how large the answer to a request may be, unpacked, and what to do when that is too little.

        Args:
            request: which.

        Returns:
            Bytes, and the advice.
        """
        if is_target_state(request):
            raise_it = "raise TransportLimits.target_state_bytes (of an agent: agent.target_state_mebibytes)"
            return self.target_state_bytes, f"{raise_it}, or give the agent smaller or fewer stacks"
        return self.answer_bytes, "raise TransportLimits.answer_bytes if the broker really has that much to say"
