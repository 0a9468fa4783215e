"""Every fault of the line by its name: the process lives, one error of the right kind, and the next exchange works."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest
from attrs import field, frozen

from broker_support import STACK
from brokkr_core.broker.channel import FrameRefused
from brokkr_core.model.http import Response
from brokkr_core.testing.broker import LineFault
from channel_front import instead, silence
from channel_stage import Scene, set_up
from channel_support import STACK_FRAME, WORK_ORDER_FRAME

HTML = {"content-type": "text/html"}


@frozen(kw_only=True)
class Fault:
    """Something that goes wrong once.

    Args:
        name: for the list of tests.
        happen: makes it go wrong, on a line that is up.
        downs: kinds of the errors that the channel tells, in order.
        refused: frames that it tells that it could not read.
    """

    name: str
    happen: Callable[[Scene], None]
    downs: list[str] = field(factory=lambda: ["BrokerUnreachableError"])
    refused: int = 0


def at_the_next_dial(fault: LineFault) -> Callable[[Scene], None]:
    def happen(scene: Scene) -> None:
        scene.broker.line_plan.add(fault)
        scene.broker.sockets[-1].cut()

    return happen


def before_the_broker(act: Callable[..., None]) -> Callable[[Scene], None]:
    def happen(scene: Scene) -> None:
        scene.front.plan(act)
        scene.broker.sockets[-1].cut()

    return happen


def saying(*frames: str | bytes) -> Callable[[Scene], None]:
    def happen(scene: Scene) -> None:
        socket = scene.broker.sockets[-1]
        for frame in frames:
            socket.say(frame)

    return happen


def closing(code: int, reason: str = "") -> Callable[[Scene], None]:
    return lambda scene: scene.broker.sockets[-1].close(code, reason)


def injecting(data: bytes) -> Callable[[Scene], None]:
    return lambda scene: scene.front.inject(data)


def answering(status: int, body: str = "", **headers: str) -> Callable[[Scene], None]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return at_the_next_dial(LineFault(refuse=Response(status=status, headers=named, body=body.encode())))


def restart(scene: Scene) -> None:
    scene.broker.stop()
    scene.heard.wait(lambda _: len(scene.downs()) >= 2, "a dial that finds nobody")
    scene.broker.start()


def lose_power(scene: Scene) -> None:
    scene.front.stall()
    scene.heard.wait(lambda _: scene.downs(), "the silence to be noticed")
    scene.front.flow()


def cut_in_a_frame(scene: Scene) -> None:
    scene.front.inject(b"\x81\x7e\x01\x00" + b"half of it")
    scene.front.cut()


def bad_upgrade(client: object) -> None:
    instead(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: bm90IHlvdXJzIGF0IGFsbCA=\r\n\r\n"
    )(client)  # type: ignore[arg-type]


PUSHES = [json.dumps(STACK_FRAME), json.dumps(WORK_ORDER_FRAME)] * 1000
BROKE, AUTH, NOT_ONE, NO = "BrokerUnreachableError", "BrokerAuthError", "NotABrokerError", "BrokerError"
WRONG_STACK = json.dumps({"type": "stack_changed", "body": {"id": STACK, "name": 7}})

FAULTS = [
    Fault(name="handshake 401", happen=answering(401), downs=[BROKE, AUTH]),
    Fault(name="handshake 403", happen=answering(403), downs=[BROKE, AUTH]),
    Fault(name="handshake 404", happen=answering(404, "Not Found"), downs=[BROKE, NO]),
    Fault(name="handshake 429", happen=answering(429, retry_after="0"), downs=[BROKE, NO]),
    Fault(name="handshake 500", happen=answering(500), downs=[BROKE, NO]),
    Fault(name="handshake 503 HTML", happen=answering(503, "<html>", content_type="text/html"), downs=[BROKE, NO]),
    Fault(name="handshake 200 HTML", happen=answering(200, "<html>", content_type="text/html"), downs=[BROKE, NOT_ONE]),
    Fault(name="handshake redirect", happen=answering(302, location="/elsewhere"), downs=[BROKE, NO]),
    Fault(
        name="handshake garbage",
        happen=before_the_broker(instead(b"\x16\x03\x01 not HTTP\r\n\r\n")),
        downs=[BROKE, BROKE],
    ),
    Fault(name="handshake closed", happen=before_the_broker(instead(b"")), downs=[BROKE, BROKE]),
    Fault(name="handshake silence", happen=before_the_broker(silence), downs=[BROKE, BROKE]),
    Fault(name="handshake wrong accept", happen=before_the_broker(bad_upgrade), downs=[BROKE, NOT_ONE]),
    Fault(
        name="closed right after the upgrade",
        happen=at_the_next_dial(LineFault(close_with=(1013, "later"))),
        downs=[BROKE, BROKE],
    ),
    Fault(name="garbage frame", happen=saying("look!"), downs=[], refused=1),
    Fault(name="empty frame", happen=saying(""), downs=[], refused=1),
    Fault(name="frame that is no envelope", happen=saying("[]"), downs=[], refused=1),
    Fault(name="frame without a type", happen=saying('{"body":{}}'), downs=[], refused=1),
    Fault(name="frame with missing fields", happen=saying('{"type":"work_order","body":{}}'), downs=[], refused=1),
    Fault(name="frame with wrong types", happen=saying(WRONG_STACK), downs=[], refused=1),
    Fault(name="flood of garbage", happen=saying(*["look!"] * 2000), downs=[], refused=1),
    Fault(name="binary frame", happen=saying(b"\x00\xff"), downs=[]),
    Fault(name="unknown type", happen=saying('{"type":"agent_promoted","body":{"rank":3}}'), downs=[]),
    Fault(name="flood of pushes", happen=saying(*PUSHES), downs=[]),
    Fault(name="too large frame", happen=saying("x" * 70_000), downs=[NOT_ONE]),
    Fault(name="text that is no UTF-8", happen=injecting(b"\x81\x02\xff\xfe"), downs=[NOT_ONE]),
    Fault(name="broken framing", happen=injecting(b"\x83\x00"), downs=[NOT_ONE]),
    Fault(name="masked frame of a server", happen=injecting(b"\x81\x81abcdx"), downs=[NOT_ONE]),
    Fault(name="cut in the middle of a frame", happen=cut_in_a_frame),
    Fault(name="close 1000", happen=closing(1000)),
    Fault(name="close 1001", happen=closing(1001, "going away")),
    Fault(name="close 1006", happen=lambda scene: scene.broker.sockets[-1].cut()),
    Fault(name="close 1008", happen=closing(1008, "policy"), downs=[AUTH]),
    Fault(name="close 1011", happen=closing(1011, "internal error")),
    Fault(name="close 1012", happen=closing(1012, "restart")),
    Fault(name="close 4401", happen=closing(4401, "unauthorized"), downs=[AUTH]),
    Fault(name="half-open: the other side lost power", happen=lose_power),
    Fault(name="half-open: the other side hangs", happen=lambda scene: scene.broker.sockets[-1].half_open()),
    Fault(
        name="half-open from the first moment", happen=at_the_next_dial(LineFault(half_open=True)), downs=[BROKE, BROKE]
    ),
    Fault(name="slow pushes", happen=at_the_next_dial(LineFault(delay_seconds=0.5))),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_survived_told_once_and_over(fault: Fault) -> None:
    with set_up() as scene:
        threads = threading.active_count()
        fault.happen(scene)
        scene.heard.wait(lambda _: len(scene.downs()) >= len(fault.downs), f"{fault.downs}")
        scene.exchange()

        assert scene.heard.errors == fault.downs
        refusals = [event for event in scene.heard.events if isinstance(event, FrameRefused)]
        assert len(refusals) == fault.refused
        assert scene.channel.state.waiting == 0
        assert threading.active_count() <= threads + 4, "no thread for each failure"
    assert scene.channel.state.phase == "closed"


def test_a_broker_that_restarts_with_its_data_is_found_again() -> None:
    with set_up() as scene:
        restart(scene)
        scene.exchange()

        assert set(scene.heard.errors) == {"BrokerUnreachableError"}
