"""Lines over a real WebSocket; this module and ``closing`` are the only ones that know the library."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from brokkr_core.broker.channel.address import AGENT_ENTRANCE, Entrance
from brokkr_core.broker.channel.closing import UpgradeRefusedError, failed_dial, lost_line
from brokkr_core.broker.channel.limits import ChannelLimits
from brokkr_core.broker.channel.line import LineEndedError
from brokkr_core.broker.credentials import Pak
from brokkr_core.broker.introduction import introduction
from brokkr_core.broker.tls import TlsFiles, client_context
from brokkr_core.errors import ConfigError

#: The library writes all headers, the PAK among them, into its log at level DEBUG; so it gets a log of its own that
#: leads nowhere.
_SILENT = logging.Logger("websocket", level=logging.CRITICAL + 1)


class _Connection(ClientConnection):
    """A connection that follows no redirect: the PAK would travel along."""

    def handshake(self, *args: object, **options: object) -> None:
        try:
            super().handshake(*args, **options)  # type: ignore[arg-type]
        except InvalidStatus as error:
            raise UpgradeRefusedError(error.response) from None


class WebSocketLine:
    """An open WebSocket; see :class:`~brokkr_core.broker.channel.line.Line`."""

    def __init__(
        self,
        connection: ClientConnection,
        stack: ExitStack,
        lost: Callable[[ConnectionClosed], LineEndedError],
    ) -> None:
        self._connection = connection
        self._stack = stack
        self._lost = lost

    def receive(self, timeout_seconds: float) -> str | bytes | None:
        """Wait for a frame."""
        try:
            return self._connection.recv(timeout=timeout_seconds)
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            raise self._lost(closed) from None

    def send(self, text: str) -> None:
        """Send a text frame."""
        try:
            self._connection.send(text)
        except ConnectionClosed as closed:
            raise self._lost(closed) from None

    def abort(self) -> None:
        """Cut the line at once."""
        # Not by the library: its lock is held by whoever hangs in a write, and that is who is to be woken.
        with suppress(OSError):
            self._connection.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Say goodbye and cut the line."""
        with suppress(WebSocketException, OSError):
            self._stack.close()


class WebSocketDial:
    """Opens lines to one URL.

    Args:
        url: a ``ws`` or ``wss`` URL.
        tls: certificates to trust and to show; they count for ``wss`` only.
        limits: how large frames may be, and how long to wait for what.
        entrance: what messages say about that URL.

    Raises:
        ConfigError: a certificate file is unusable.
    """

    def __init__(
        self,
        url: str,
        *,
        tls: TlsFiles | None = None,
        limits: ChannelLimits | None = None,
        entrance: Entrance = AGENT_ENTRANCE,
    ) -> None:
        self._url = url
        self._entrance = entrance
        self._limits = limits or ChannelLimits()
        secure = urlsplit(url).scheme == "wss"
        self._tls = (tls or TlsFiles()) if secure else None
        self._context()  # so that an unusable file is told now, not at the first dial

    def __call__(self, pak: Pak) -> WebSocketLine:
        """Open a line; see :class:`~brokkr_core.broker.channel.line.Dial`."""
        stack = ExitStack()
        try:
            connection = stack.enter_context(self._connect(pak))
        except ConfigError as error:
            raise LineEndedError(error) from None
        except (WebSocketException, UpgradeRefusedError, OSError, ImportError, ValueError) as error:
            # Without the chain: nobody knows what of the request it may quote.
            raise failed_dial(error, self._url, self._entrance) from None
        return WebSocketLine(connection, stack, self._lost)

    def _lost(self, closed: ConnectionClosed) -> LineEndedError:
        return lost_line(closed, self._url, self._entrance, self._limits)

    def _context(self) -> ssl.SSLContext | None:
        """Read the files anew, since certificates are replaced under way, and dials are rare."""
        return None if self._tls is None else client_context(self._tls)

    def _connect(self, pak: Pak) -> ClientConnection:
        return connect(
            self._url,
            ssl=self._context(),
            additional_headers={"Authorization": f"Bearer {pak.reveal()}"},
            user_agent_header=introduction(),
            proxy=True,  # as ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY`` have it
            # The broker offers none; without it a frame is never larger than it looks on the wire.
            compression=None,
            open_timeout=self._limits.connect_seconds,
            ping_interval=self._limits.ping_seconds,
            ping_timeout=self._limits.pong_seconds,
            close_timeout=self._limits.close_seconds,
            max_size=self._limits.incoming_bytes,
            max_queue=4,
            logger=_SILENT,
            create_connection=_Connection,
        )
