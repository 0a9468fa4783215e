"""The channel: holds a line to the broker, whatever happens to it, until it is closed."""

from __future__ import annotations

import random as dice
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from brokkr_core.broker.channel.address import channel_address
from brokkr_core.broker.channel.events import ChannelEvent, ChannelObserver, ChannelState, Phase
from brokkr_core.broker.channel.keeper import Keeper, Patience
from brokkr_core.broker.channel.limits import ChannelLimits
from brokkr_core.broker.channel.line import Dial
from brokkr_core.broker.channel.login import Login
from brokkr_core.broker.channel.looks import Looks, Reason
from brokkr_core.broker.channel.outgoing import Outgoing, Packer
from brokkr_core.broker.channel.reader import Reader
from brokkr_core.broker.channel.reconnect import ReconnectPolicy
from brokkr_core.broker.channel.waiting import Waiting
from brokkr_core.broker.channel.websocket import WebSocketDial
from brokkr_core.broker.credentials import CredentialSource, LiteralPak, Pak
from brokkr_core.broker.tls import TlsFiles
from brokkr_core.errors import UsageError
from brokkr_core.retry import Clock, SystemClock


def _nobody(_event: ChannelEvent) -> None:
    """Hear nothing."""


class BrokerChannel:
    """An agent's WebSocket to its broker: hears early that something has changed, and says what need not be certain.

    REST stays the truth: a push is believed in nothing but that it is worth to look, and nothing sent here is ever
    acknowledged (contract 8.1), so what must arrive goes by REST. Safe to use from several threads at once.

    Args:
        dial: opens lines.
        agent_id: whose channel it is.
        credentials: where the PAK comes from; asked at the first dial, and before each further one as long as the
            broker refuses the PAK.
        on_look: is told that it is worth to look at the broker now, and why: after every connect and after pushes,
            at most once in ``look_spacing_seconds``. Called from the channel's thread, so it must be quick.
        observe: hears what happens to the line.
        limits: bounds of everything.
        reconnect: how patiently to dial again.
        clock: where the time comes from.
        sleep: waits so many seconds between two dials; a true result ends the channel. Without one the channel
            waits on its own close.
        random: gives numbers from 0 to 1 for the jitter.
    """

    def __init__(
        self,
        dial: Dial,
        *,
        agent_id: str,
        credentials: CredentialSource,
        on_look: Callable[[frozenset[Reason]], None],
        observe: ChannelObserver = _nobody,
        limits: ChannelLimits | None = None,
        reconnect: ReconnectPolicy | None = None,
        clock: Clock | None = None,
        sleep: Callable[[float], bool | None] | None = None,
        random: Callable[[], float] = dice.random,
    ) -> None:
        limits, clock = limits or ChannelLimits(), clock or SystemClock()
        self._limits = limits
        self._closing = threading.Event()
        packer = Packer(agent_id=agent_id, frame_bytes=limits.frame_bytes)
        self._waiting = Waiting(packer, limits, clock.now)
        self._reader = Reader(Looks(limits.look_spacing_seconds), on_look, observe, clock.monotonic)
        patience = Patience(
            policy=reconnect or ReconnectPolicy(),
            monotonic=clock.monotonic,
            sleep=sleep or self._closing.wait,
            random=random,
        )
        login = Login(credentials)
        self._keeper = Keeper(
            dial, login, self._waiting, self._reader, limits=limits, patience=patience, closing=self._closing
        )
        self._thread = threading.Thread(target=self._keeper.run, name="channel", daemon=True)

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        agent_id: str,
        pak: str | CredentialSource,
        on_look: Callable[[frozenset[Reason]], None],
        observe: ChannelObserver = _nobody,
        channel_url: str = "",
        tls: TlsFiles | None = None,
        limits: ChannelLimits | None = None,
        reconnect: ReconnectPolicy | None = None,
    ) -> BrokerChannel:
        """Make a channel to a broker; nothing is dialled before :meth:`start`.

        Args:
            url: the ROOT of the broker, as for ``BrokerClient``.
            agent_id: whose channel it is.
            pak: the agent's PAK, or where it comes from.
            on_look: as in the class.
            observe: as in the class.
            channel_url: a complete ``ws`` or ``wss`` URL to dial instead, or empty.
            tls: certificates to trust and to show.
            limits: as in the class.
            reconnect: as in the class.

        Returns:
            The channel; use it as a context manager, or start and close it.

        Raises:
            ConfigError: a URL, the PAK or a file is unusable.
        """
        source = LiteralPak(value=Pak(text=pak)) if isinstance(pak, str) else pak
        dial = WebSocketDial(channel_address(url, channel_url), tls=tls, limits=limits)
        return cls(
            dial,
            agent_id=agent_id,
            credentials=source,
            on_look=on_look,
            observe=observe,
            limits=limits,
            reconnect=reconnect,
        )

    def start(self) -> None:
        """Dial in the background, now and whenever the line is gone; return at once.

        Raises:
            UsageError: it was started before.
        """
        if self._thread.ident is not None:
            raise UsageError("BrokerChannel.start: was started before; make a new channel")
        self._thread.start()

    def offer(self, said: Outgoing) -> bool:
        """Say something to the broker; never waits.

        A heartbeat, an event and a health report go before all telemetry. Of heartbeats, and of health reports about
        one object, only the newest waits. Log lines and events of Kubernetes that find no line or no room are counted,
        and the count is told as a ``log_gap`` where they are missing.

        Args:
            said: what to say.

        Returns:
            Whether it waits to be sent now; if not, use REST or let it go.

        Raises:
            UsageError: the broker would drop it without a word, whatever happens.
        """
        return self._waiting.offer(said)

    @property
    def up(self) -> bool:
        """Whether a line is up at this moment."""
        return self._keeper.phase is Phase.UP

    @property
    def state(self) -> ChannelState:
        """The channel at this moment."""
        return ChannelState(
            phase=self._keeper.phase,
            error=self._keeper.error,
            connects=self._keeper.connects,
            looks=self._reader.looked,
            frames_refused=self._reader.refused,
            frames_unknown=self._reader.unknown,
            sent=self._keeper.sent.copy(),
            pushes=self._reader.pushes.copy(),
            dropped={lane.value: count for lane, count in self._waiting.dropped.items()},
            waiting=len(self._waiting),
        )

    def close(self, *, timeout_seconds: float = 5.0) -> bool:
        """Send what waits, say goodbye, and end; what takes too long is cut.

        Args:
            timeout_seconds: how long that may take; afterwards the line is cut, and ``close_seconds`` are waited for
                the thread once more.

        Returns:
            Whether the thread has ended. It has not while it is still connecting, which ends by itself after
            ``connect_seconds``, or when this is called from ``on_look``.
        """
        self._closing.set()
        self._waiting.close()
        if self._thread.ident is None or self._thread is threading.current_thread():
            return self._thread.ident is None
        self._thread.join(timeout_seconds)
        if self._thread.is_alive():
            self._keeper.abort()
            self._thread.join(self._limits.close_seconds)
        return not self._thread.is_alive()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
