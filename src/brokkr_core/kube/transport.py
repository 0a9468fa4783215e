"""How requests reach an API server: one small Protocol, so that the emulator plugs in without a socket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from brokkr_core.model.http import Request, Response

#: Text of a log has no bound on its lines: a longer one is handed out in pieces, so that no line fills the memory.
LONGEST_TEXT_BYTES = 65536


class Stream(Protocol):
    """An answer that is read line by line as it comes. One thread reads it; any thread may close it.

    A line of ``text/plain`` may come in pieces of about ``LONGEST_TEXT_BYTES``.
    """

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the lines, until the other side ends the answer or somebody closes it.

        Raises:
            ClusterUnreachableError: the line broke, or nothing came for too long.
        """

    def close(self) -> None:
        """End it now: whoever waits for the next line waits no longer."""


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

    def stream(self, request: Request, *, timeout_seconds: float) -> Stream:
        """Send a request once and hand out its answer while it is still coming, as a watch needs it.

        Args:
            request: as for ``send``.
            timeout_seconds: how long connecting, and the silence between two lines, may take.

        Returns:
            The answer, whatever its status; whoever gets it closes it.

        Raises:
            ClusterUnreachableError: no answer came.
        """

    def close(self) -> None:
        """Give back the connections."""
