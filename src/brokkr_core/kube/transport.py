"""How requests reach an API server: one small Protocol, so that the emulator plugs in without a socket."""

from __future__ import annotations

from typing import Protocol

from brokkr_core.model.http import Request, Response


class Transport(Protocol):
    """Carries one request to one API server. Safe to call from several threads at once."""

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        """Send a request once and read the answer to its end.

        Args:
            request: path, query, headers and body; credentials are added by the transport.
            timeout_seconds: how long connecting and reading may take, each.

        Returns:
            The answer, whatever its status.

        Raises:
            ClusterUnreachableError: no answer came; ``sent`` tells whether the request may have been carried out.
        """

    def close(self) -> None:
        """Give back the connections."""
