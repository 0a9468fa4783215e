"""The health server cannot be kept from answering: by slow clients, many of them, large requests or a taken port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
import structlog

from brokkr_agent.health import Answer, Asked, HealthServer
from brokkr_agent.health import server as under_test
from brokkr_agent.health.server import MOST_BODY_BYTES, MOST_CONNECTIONS
from brokkr_agent.stop import Stop
from brokkr_agent.supervisor import Supervisor
from stage_support import wait_for

PATIENCE = 20.0


@pytest.fixture(autouse=True)
def log() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def echo(asked: Asked) -> Answer:
    return Answer(status=200, body=asked.path.encode())


@contextmanager
def serving(answer: Callable[[Asked], Answer] = echo, *, address: str = "127.0.0.1") -> Iterator[int]:
    stop, server = Stop(), HealthServer(address, 0, answer)
    thread = threading.Thread(target=server.serve, args=(stop,))
    thread.start()
    try:
        yield wait_for(lambda: server.port, "the server")
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


@contextmanager
def line_to(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        yield line


def everything(line: socket.socket) -> bytes:
    found = b""
    while more := line.recv(65536):
        found += more
    return found


def told(port: int, sent: bytes) -> bytes:
    with line_to(port) as line:
        line.sendall(sent)
        return everything(line)


def get(port: int, path: str = "/livez") -> str:
    return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE, verify=False).text


def test_a_question_is_answered_and_the_line_is_closed() -> None:
    with serving() as port:
        answer = httpx.get(f"http://127.0.0.1:{port}/livez", verify=False)

    assert (answer.status_code, answer.text, answer.headers["connection"]) == (200, "/livez", "close")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_without_an_address_it_listens_on_all_of_them(host: str) -> None:
    if host == "::1" and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with serving(address="") as port, socket.create_connection((host, port), timeout=PATIENCE) as line:
        line.sendall(b"GET /livez HTTP/1.1\r\n\r\n")
        assert everything(line).endswith(b"/livez")


def test_head_is_answered_without_a_body_and_with_its_length() -> None:
    with serving() as port:
        answer = told(port, b"HEAD /livez HTTP/1.1\r\n\r\n")

    assert answer.endswith(b"\r\n\r\n")
    assert b"Content-Length: 6\r\n" in answer


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST /livez HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 405),
        (b"DELETE /livez HTTP/1.1\r\n\r\n", 405),
        (b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nx: " + b"x" * 1_000_000 + b"\r\n\r\n", 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /livez\r\n\r\n", 400),
        (b"POST /livez HTTP/1.1\r\n\r\n" + b"x" * MOST_BODY_BYTES, 405),
    ],
)
def test_bad_input_gets_its_status_and_the_next_question_its_answer(sent: bytes, status: int) -> None:
    with serving() as port:
        with line_to(port) as line:
            try:
                line.sendall(sent)
            except OSError:
                assert len(sent) > MOST_BODY_BYTES, "only what is far too long is cut while it is sent"
            else:
                assert everything(line).startswith(f"HTTP/1.1 {status} ".encode())
        assert get(port) == "/livez"


def test_a_client_that_hangs_up_harms_nobody() -> None:
    with serving() as port:
        for sent in (b"", b"GET /li", b"GET /livez HTTP/1.1\r\n\r\n"):
            with line_to(port) as line:
                line.sendall(sent)
        assert get(port) == "/livez"


def test_a_client_that_sends_a_byte_at_a_time_is_told_that_it_is_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "HEAD_SECONDS", 0.3)
    with serving() as port, line_to(port) as line:
        line.settimeout(0.02)
        begun, answer = time.monotonic(), b""
        while not answer and time.monotonic() - begun < PATIENCE:
            line.sendall(b"G")
            try:
                answer = line.recv(65536)
            except TimeoutError:
                continue

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_many_slow_clients_do_not_keep_a_probe_from_its_answer() -> None:
    with serving() as port:
        slow = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(4 * MOST_CONNECTIONS)]
        try:
            for line in slow:
                line.sendall(b"GET /livez HT")
            assert get(port) == "/livez"
            threads = [one for one in threading.enumerate() if one.name == "health-answer"]
            assert len(threads) <= MOST_CONNECTIONS
        finally:
            for line in slow:
                line.close()


def test_answers_that_never_end_do_not_take_more_than_their_room() -> None:
    hold = threading.Event()

    def never(asked: Asked) -> Answer:
        if asked.path == "/never":
            hold.wait(PATIENCE)
        return echo(asked)

    with serving(never) as port:
        lines = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(MOST_CONNECTIONS + 1)]
        try:
            for line in lines:
                line.sendall(b"GET /never HTTP/1.1\r\n\r\n")
            with pytest.raises(ConnectionResetError):
                lines[-1].recv(1)  # one too many is hung up on
            hold.set()
            assert wait_for(lambda: get(port), "an answer") == "/livez"
        finally:
            hold.set()
            for line in lines:
                line.close()


def test_an_answer_that_crashes_is_a_500_that_tells_nothing(log: list[structlog.typing.EventDict]) -> None:
    def crash(_: Asked) -> Answer:
        raise RuntimeError("secret")

    with serving(crash) as port:
        answer = httpx.get(f"http://127.0.0.1:{port}/livez", verify=False)

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "no answer about the agent's health" in [line["event"] for line in log]


def test_a_port_that_is_taken_is_told_and_had_as_soon_as_it_is_free(log: list[structlog.typing.EventDict]) -> None:
    stop = Stop()
    supervisor = Supervisor(stop)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = int(other.getsockname()[1])
        server = HealthServer("127.0.0.1", port, echo, beat=supervisor.beat)
        supervisor.begin("health", lambda: 0.05, lambda: server.serve(stop))
        (line,) = wait_for(lambda: [one for one in log if one["event"] == "round failed"][:1], "the trouble")
        assert f"agent.health_port {port} at 127.0.0.1: Address already in use" in line["error"]
    wait_for(lambda: server.port, "the port")

    assert get(port) == "/livez"
    stop.set()
    assert supervisor.join(time.monotonic() + PATIENCE)
