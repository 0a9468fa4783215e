"""What the channel's tests share: frames as the contract prints them, scripted lines, and what was heard."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TypeVar

from broker_records import WORK_ORDER_JSON
from broker_support import AGENT, OTHER, PAK, STACK, STACK_JSON
from brokkr_core.broker import CredentialSource, LiteralPak, Pak
from brokkr_core.broker.channel import (
    BrokerChannel,
    ChannelDown,
    ChannelEvent,
    ChannelLimits,
    LineEndedError,
    Reason,
    ReconnectPolicy,
)
from brokkr_core.errors import BrokerAuthError, BrokerUnreachableError
from brokkr_core.model.json import JsonObject
from brokkr_core.model.stream import InvolvedObject, K8sEvent, PodLogLine

T = TypeVar("T")
E = TypeVar("E", bound=ChannelEvent)

#: Longer than anything here takes; a test that reaches it has failed.
PATIENCE = 60.0

NOW = datetime(2026, 8, 2, 10, 5, tzinfo=UTC)
NIL = "00000000-0000-0000-0000-000000000000"

WORK_ORDER_FRAME: JsonObject = {"type": "work_order", "body": WORK_ORDER_JSON}
TARGET_FRAME: JsonObject = {"type": "target_changed", "body": {"id": OTHER, "agent_id": AGENT, "stack_id": STACK}}
NIL_TARGET_FRAME: JsonObject = {"type": "target_changed", "body": {"id": NIL, "agent_id": AGENT, "stack_id": NIL}}
STACK_FRAME: JsonObject = {"type": "stack_changed", "body": STACK_JSON}

K8S_EVENT = K8sEvent(
    stack_id=STACK,
    observed_at=NOW,
    reason="Pulled",
    message="image pulled",
    source="kubelet",
    involved_object=InvolvedObject(api_version="v1", kind="Pod", namespace="default", name="demo-5c9-x2", uid=OTHER),
)

UNREACHABLE = LineEndedError(BrokerUnreachableError("no line", sent=False))
REFUSED = LineEndedError(BrokerAuthError(status=401, endpoint="GET /internal/ws/agent"), refused=True)
ENDED = LineEndedError(BrokerUnreachableError("the line broke"))


def log_line(text: str = "listening", stack_id: str = STACK) -> PodLogLine:
    return PodLogLine(stack_id=stack_id, namespace="default", pod="demo", container="app", ts=NOW, line=text)


class ScriptedLine:
    """A line without a socket: what comes in is put in, what goes out is written down."""

    def __init__(self, *frames: str | bytes | LineEndedError) -> None:
        self._coming: queue.SimpleQueue[str | bytes | LineEndedError] = queue.SimpleQueue()
        self.sent: list[str] = []
        self.hold = threading.Event()
        self.hold.set()
        self.writing = threading.Event()
        self.aborted = False
        self.closed = False
        for frame in frames:
            self.bring(frame)

    def bring(self, frame: str | bytes | LineEndedError) -> None:
        self._coming.put(frame)

    def empty(self) -> bool:
        """Tell whether everything that was brought has been received."""
        return self._coming.empty()

    def receive(self, timeout_seconds: float) -> str | bytes | None:
        try:
            frame = self._coming.get(timeout=timeout_seconds)
        except queue.Empty:
            return None
        if isinstance(frame, LineEndedError):
            raise frame
        return frame

    def send(self, text: str) -> None:
        self.writing.set()
        self.hold.wait(PATIENCE)
        if self.aborted:
            raise ENDED
        self.sent.append(text)

    def abort(self) -> None:
        self.aborted = True
        self.hold.set()

    def close(self) -> None:
        self.closed = True


class ScriptedDial:
    """Gives one line, or one failure, after the other, and remembers the PAKs; the last one is repeated."""

    def __init__(self, *ends: ScriptedLine | LineEndedError | Exception) -> None:
        self._ends = list(ends)
        self.paks: list[str] = []

    def __call__(self, pak: Pak) -> ScriptedLine:
        self.paks.append(pak.reveal())
        end = self._ends.pop(0) if len(self._ends) > 1 else self._ends[0]
        if isinstance(end, Exception):
            raise end
        return end


class Heard:
    """Everything a channel told: events of the line, and reasons to look."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.events: list[ChannelEvent] = []
        self.looks: list[frozenset[Reason]] = []

    def event(self, event: ChannelEvent) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def look(self, reasons: frozenset[Reason]) -> None:
        with self._changed:
            self.looks.append(reasons)
            self._changed.notify_all()

    def wait(self, ask: Callable[[Heard], T | None], what: str) -> T:
        """Wait until what was heard answers; nobody sleeps."""
        found: list[T] = []

        def answered() -> bool:
            answer = ask(self)
            if answer:
                found.append(answer)
            return bool(answer)

        with self._changed:
            assert self._changed.wait_for(answered, PATIENCE), f"waited in vain for {what}; heard {self.events}"
        return found[0]

    def wait_look(self, reason: Reason, *, times: int = 1) -> None:
        self.wait(lambda heard: sum(reason in look for look in heard.looks) >= times, f"{times} x {reason}")

    def wait_events(self, kind: type[E], *, times: int = 1) -> list[E]:
        def found(heard: Heard) -> list[E]:
            return [event for event in heard.events if isinstance(event, kind)]

        return self.wait(lambda heard: found(heard) if len(found(heard)) >= times else [], f"{times} x {kind.__name__}")

    @property
    def errors(self) -> list[str]:
        return [type(event.error).__name__ for event in self.events if isinstance(event, ChannelDown)]


QUICK = ReconnectPolicy(base_seconds=0.02, cap_seconds=0.1, stable_seconds=0.0, refused_seconds=0.1)
LIMITS = ChannelLimits(look_spacing_seconds=0.02, close_seconds=1.0)


def channel_over(
    dial: ScriptedDial,
    heard: Heard,
    *,
    credentials: CredentialSource | None = None,
    on_look: Callable[[frozenset[Reason]], None] | None = None,
    limits: ChannelLimits = LIMITS,
    reconnect: ReconnectPolicy = QUICK,
    naps: list[float] | None = None,
) -> BrokerChannel:
    """Make a channel over scripted lines; with ``naps`` nothing is waited for, and every wait is written down."""

    def note(seconds: float) -> bool:
        assert naps is not None
        naps.append(seconds)
        return False

    return BrokerChannel(
        dial,
        agent_id=AGENT,
        credentials=credentials or LiteralPak(value=Pak(text=PAK)),
        on_look=on_look or heard.look,
        observe=heard.event,
        limits=limits,
        reconnect=reconnect,
        sleep=note if naps is not None else None,
        random=lambda: 1.0,
    )


def types_of(frames: Iterable[JsonObject]) -> list[str]:
    return [str(frame["type"]) for frame in frames]
