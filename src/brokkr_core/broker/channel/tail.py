"""Following live what agents tell: about one stack, or how the whole fleet is (contract 7.2, 7.3)."""

from __future__ import annotations

import random as dice
import threading
from collections.abc import Callable, Generator, Iterator
from types import TracebackType
from typing import Generic, Self, TypeVar

from brokkr_core.broker.channel.address import Entrance, fleet_tail_address, stack_tail_address
from brokkr_core.broker.channel.events import ChannelDown, ChannelUp, FrameRefused
from brokkr_core.broker.channel.limits import ChannelLimits
from brokkr_core.broker.channel.line import Dial, Line, LineEndedError
from brokkr_core.broker.channel.login import Login
from brokkr_core.broker.channel.reader import TICK_SECONDS
from brokkr_core.broker.channel.reconnect import Ended, ReconnectPolicy, Streak
from brokkr_core.broker.channel.told import read_fleet_update, read_told
from brokkr_core.broker.channel.websocket import WebSocketDial
from brokkr_core.broker.credentials import CredentialSource, LiteralPak, Pak
from brokkr_core.broker.tls import TlsFiles
from brokkr_core.errors import BrokerError, BrokkrError, ConfigError, DecodeError, StoppedError
from brokkr_core.model.fleet import FleetAgent
from brokkr_core.model.stream import Told
from brokkr_core.retry import PASSING, Clock, SystemClock

T = TypeVar("T")


class Tail(Generic[T]):
    """Iterates over what is told, as it comes, and dials again whenever the line is gone.

    What is told while there is no line is not told again: between a ``ChannelDown`` and the next ``ChannelUp``
    something may be missing, and ``BrokerClient.stacks.events`` and ``logs`` have it. Whoever reads slower than
    agents speak is told how much is lost, as a ``LogGap`` of no agent; whoever reads nothing for ``ping_seconds``
    and ``pong_seconds`` loses the line. One thread iterates; any may close.

    Iterating raises BrokerError when the broker will never let us in, and ConfigError when there is no PAK to show.
    A PAK that is refused after it was good is asked for again, slowly, since it may be on its way to us.

    Args:
        dial: opens lines.
        read: reads a frame; None for one of a type that is not known.
        credentials: where the PAK comes from.
        reconnect: how patiently to dial again.
        clock: where the time comes from.
        sleep: waits so many seconds; a true result ends the tail. Without one it waits on its own close.
        random: gives numbers from 0 to 1 for the jitter.
    """

    def __init__(
        self,
        dial: Dial,
        read: Callable[[str], T | None],
        *,
        credentials: CredentialSource,
        reconnect: ReconnectPolicy | None = None,
        clock: Clock | None = None,
        sleep: Callable[[float], bool | None] | None = None,
        random: Callable[[], float] = dice.random,
    ) -> None:
        self._dial = dial
        self._read = read
        self._login = Login(credentials)
        self._policy = reconnect or ReconnectPolicy()
        self._clock = clock or SystemClock()
        self._closing = threading.Event()
        self._sleep = sleep or self._closing.wait
        self._random = random
        self._line: Line | None = None
        self._was_up = False

    def __iter__(self) -> Iterator[T | ChannelUp | ChannelDown | FrameRefused]:
        """Yield what is told, and what happens to the line; end after :meth:`close`."""
        streak = Streak()
        while not self._closing.is_set():
            ended, error = yield from self._hold()
            if self._closing.is_set():
                return
            self._give_up_if_hopeless(ended, error)
            streak = streak.after(ended, self._policy)
            wait = streak.wait(ended, self._policy, self._random())
            yield ChannelDown(error=error, retry_seconds=wait)
            if self._sleep(wait):
                return

    def close(self) -> None:
        """End the tail, from any thread; whoever iterates comes to the end at once."""
        self._closing.set()
        line = self._line
        if line is not None:
            line.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _hold(self) -> Generator[T | ChannelUp | FrameRefused, None, tuple[Ended, BrokkrError]]:
        """Dial, and yield what comes until the line ends; return how it did."""
        try:
            line = self._login.open(self._dial)
        except LineEndedError as no:
            return Ended(refused=no.refused, retry_after=no.retry_after), no.error
        self._line, self._was_up, started = line, True, self._clock.monotonic()
        try:
            yield ChannelUp()
            while not self._closing.is_set():
                yield from self._hear(line)
            return Ended(), StoppedError("the tail was closed")
        except LineEndedError as gone:
            up_seconds = self._clock.monotonic() - started
            return Ended(up_seconds=up_seconds, refused=gone.refused and self._login.refused_later()), gone.error
        finally:
            self._line = None
            line.close()

    def _hear(self, line: Line) -> Iterator[T | FrameRefused]:
        frame = line.receive(TICK_SECONDS)
        if not isinstance(frame, str):
            return
        try:
            told = self._read(frame)
        except DecodeError as error:
            yield FrameRefused(error=error)
        else:
            if told is not None:
                yield told

    def _give_up_if_hopeless(self, ended: Ended, error: BrokkrError) -> None:
        """Raise what waiting does not mend."""
        said_no = isinstance(error, BrokerError) and 400 <= error.status < 500 and error.status not in PASSING
        # A line that was up once: the PAK is being replaced, or what answers is a proxy before a broker that restarts.
        passing = self._was_up and (ended.refused or not getattr(error, "code", ""))
        if (said_no or isinstance(error, ConfigError)) and not passing:
            raise error


def follow_stack(
    url: str,
    stack_id: str,
    *,
    pak: str | CredentialSource,
    tls: TlsFiles | None = None,
    limits: ChannelLimits | None = None,
    reconnect: ReconnectPolicy | None = None,
) -> Tail[Told]:
    """Follow what agents tell of a stack; nothing is dialled before the first iteration.

    Args:
        url: the ROOT of the broker, as for ``BrokerClient``.
        stack_id: which stack; for an admin the broker does not look whether there is one.
        pak: the PAK of an admin or of the generator that owns the stack, or where it comes from.
        tls: certificates to trust and to show.
        limits: how large frames may be, and how long to wait for what.
        reconnect: how patiently to dial again.

    Returns:
        The tail; iterate over it, and close it.

    Raises:
        ConfigError: the URL, the PAK or a file is unusable.
        UsageError: the id is no UUID.
    """
    dial = _dial(stack_tail_address(url, stack_id), tls, limits)
    return Tail(dial, read_told, credentials=_source(pak), reconnect=reconnect)


def follow_fleet(
    url: str,
    *,
    pak: str | CredentialSource,
    tls: TlsFiles | None = None,
    limits: ChannelLimits | None = None,
    reconnect: ReconnectPolicy | None = None,
) -> Tail[FleetAgent]:
    """Follow how all agents are: told when one comes, goes or sends a heartbeat by REST, and every 20 seconds.

    Args:
        url: the ROOT of the broker, as for ``BrokerClient``.
        pak: the PAK of an admin, or where it comes from.
        tls: as for :func:`follow_stack`.
        limits: as for :func:`follow_stack`.
        reconnect: as for :func:`follow_stack`.

    Returns:
        The tail; iterate over it, and close it.

    Raises:
        ConfigError: the URL, the PAK or a file is unusable.
    """
    dial = _dial(fleet_tail_address(url), tls, limits)
    return Tail(dial, read_fleet_update, credentials=_source(pak), reconnect=reconnect)


def _dial(place: tuple[str, Entrance], tls: TlsFiles | None, limits: ChannelLimits | None) -> WebSocketDial:
    return WebSocketDial(place[0], tls=tls, limits=limits, entrance=place[1])


def _source(pak: str | CredentialSource) -> CredentialSource:
    return LiteralPak(value=Pak(text=pak)) if isinstance(pak, str) else pak
