"""WebSockets for contract tests: in process, over a real socket, against a real broker."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Protocol

from attrs import frozen
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject, as_object
from brokkr_core.testing.broker import Broker
from brokkr_core.testing.broker.live.wires import Wire
from fake_broker_support import Door, Member, give, new_agent, new_generator, new_stack

AGENT_PATH = "/internal/ws/agent"
NIL = "00000000-0000-0000-0000-000000000000"

_latencies = count(1000)

#: How long what has to come may take, on a machine that has other things to do.
PATIENCE = 60.0


class RefusedError(Exception):
    """The upgrade was refused."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body
        super().__init__(f"{status}")


class Peer(Protocol):
    """One end of a WebSocket."""

    def say(self, frame: str | bytes) -> None: ...

    def hear(self) -> JsonObject:
        """Return the next frame, which has to come."""

    def ended(self) -> bool:
        """Tell whether the broker has closed it, or does so in time."""


class Near:
    """A WebSocket of a broker in the same process."""

    def __init__(self, broker: Broker, wire: Wire) -> None:
        self._broker = broker
        self._wire = wire

    def say(self, frame: str | bytes) -> None:
        if isinstance(frame, str):
            self._broker.live.receive(self._wire, frame)

    def hear(self) -> JsonObject:
        text = self._wire.take()
        assert text is not None, "nothing was pushed"
        return as_object(json.loads(text))

    def ended(self) -> bool:
        return self._wire.closed


class Far:
    """A WebSocket over a real socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def say(self, frame: str | bytes) -> None:
        self._connection.send(frame)

    def hear(self) -> JsonObject:
        return as_object(json.loads(self._connection.recv(timeout=PATIENCE)))

    def ended(self) -> bool:
        try:
            while True:
                self._connection.recv(timeout=PATIENCE)
        except ConnectionClosed:
            return True
        except TimeoutError:
            return False


Opener = Callable[[str, dict[str, str]], Peer]


def near(broker: Broker) -> Opener:
    def open_one(path: str, headers: dict[str, str]) -> Peer:
        answer = broker.live.open(Request(method="GET", path=path, headers=headers))
        if isinstance(answer, Response):
            raise RefusedError(answer.status, answer.body)
        return Near(broker, answer)

    return open_one


@contextmanager
def far(root_url: str) -> Iterator[Opener]:
    with ExitStack() as stack:

        def open_one(path: str, headers: dict[str, str]) -> Peer:
            url = root_url.replace("http", "ws", 1) + path
            others = dict(headers)
            offered = [Subprotocol(word) for word in others.pop("sec-websocket-protocol", "").split(", ") if word]
            try:
                connection = stack.enter_context(
                    connect(
                        url,
                        additional_headers=others,
                        subprotocols=offered or None,
                        compression=None,
                        proxy=None,
                        close_timeout=1.0,
                    )
                )
            except InvalidStatus as error:
                raise RefusedError(error.response.status_code, bytes(error.response.body or b"")) from None
            return Far(connection)

        yield open_one


@frozen(kw_only=True)
class Live:
    """A broker with WebSockets: the door for REST, and a way to open them."""

    door: Door
    opener: Opener

    def open(self, path: str, pak: str) -> Peer:
        return self.opener(path, {"authorization": f"Bearer {pak}"} if pak else {})

    def agent(self, agent: Member) -> Peer:
        return self.open(AGENT_PATH, agent.pak)


@frozen(kw_only=True)
class Cast:
    """A generator, an agent of it, and a stack that the agent was explicitly given, or not."""

    generator: Member
    agent: Member
    stack_id: str


def cast(door: Door, *, given: bool = True) -> Cast:
    generator = new_generator(door)
    agent, stack_id = new_agent(door, generator), new_stack(door, generator)
    if given:
        assert give(door, agent, stack_id).status == 201
    return Cast(generator=generator, agent=agent, stack_id=stack_id)


def nothing_was_pushed(live: Live, peer: Peer, players: Cast) -> bool:
    """Tell whether the next frame is the one about a stack that is given to the agent now."""
    marker = new_stack(live.door, players.generator)
    give(live.door, players.agent, marker)
    return as_object(peer.hear()["body"]).get("stack_id") == marker


def frame(kind: str, **body: Json) -> str:
    return json.dumps({"type": kind, "body": body})


def heard_by_now(live: Live, peer: Peer, agent: Member) -> None:
    """Make sure that everything said so far was taken in: a heartbeat that comes after it was."""
    latency = next(_latencies)
    peer.say(heartbeat(agent, latency=latency))
    until(lambda: live.door.get(f"/agents/{agent.id}").members["k8s_api_latency_ms"] == latency)


def heartbeat(agent: Member, *, latency: int | None = 7, reachable: bool | None = True) -> str:
    return frame(
        "heartbeat",
        agent_id=agent.id,
        sent_at="2026-08-02T10:05:00Z",
        k8s_reachable=reachable,
        k8s_api_latency_ms=latency,
    )


def until(ask: Callable[[], bool]) -> None:
    """Ask until it is so: a broker over a socket takes frames in when it gets to it."""
    end = time.monotonic() + PATIENCE
    while not ask():
        assert time.monotonic() < end, f"waited {PATIENCE:g} s in vain"
        time.sleep(0.01)
