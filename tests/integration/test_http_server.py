"""The HTTP server cannot be kept from answering: by slow clients, many of them, large requests or a taken port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import httpx
import pytest
import structlog

from brokkr_agent.http import Answer, HttpServer, Place, Reply, Request, Stream
from brokkr_agent.http import line as under_test
from brokkr_agent.http.line import MOST_LEFT_BYTES
from brokkr_agent.http.server import MOST_CONNECTIONS, MOST_STREAMS
from brokkr_agent.stop import Stop
from brokkr_agent.supervisor import Supervisor
from stage_support import wait_for

PATIENCE = 20.0


@pytest.fixture(autouse=True)
def log() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def echo(asked: Request) -> Answer:
    return Answer(status=200, body=asked.path.encode() + asked.body)


def place(port: int = 0, address: str = "127.0.0.1") -> Place:
    return Place(name="health", address=address, port=port, setting="agent.health_port")


@contextmanager
def serving(
    answer: Callable[[Request], Reply] = echo, *, address: str = "127.0.0.1", most_body: int = 0
) -> Iterator[int]:
    stop, server = Stop(), HttpServer(place(address=address), answer, most_body=most_body)
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
        (b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nx: " + b"x" * 1_000_000 + b"\r\n\r\n", 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /livez\r\n\r\n", 400),
        (b"POST /livez HTTP/1.1\r\n\r\n" + b"x" * MOST_LEFT_BYTES, 200),
    ],
)
def test_bad_input_gets_its_status_and_the_next_question_its_answer(sent: bytes, status: int) -> None:
    with serving() as port:
        with line_to(port) as line:
            try:
                line.sendall(sent)
            except OSError:
                assert len(sent) > MOST_LEFT_BYTES, "only what is far too long is cut while it is sent"
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

    def never(asked: Request) -> Answer:
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
    def crash(_: Request) -> Answer:
        raise RuntimeError("secret")

    with serving(crash) as port:
        answer = httpx.get(f"http://127.0.0.1:{port}/livez", verify=False)

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "no answer" in [line["event"] for line in log]


def test_a_port_that_is_taken_is_told_and_had_as_soon_as_it_is_free(log: list[structlog.typing.EventDict]) -> None:
    stop = Stop()
    supervisor = Supervisor(stop)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = int(other.getsockname()[1])
        server = HttpServer(place(port), echo, beat=supervisor.beat)
        supervisor.begin("health", lambda: 0.05, lambda: server.serve(stop))
        (line,) = wait_for(lambda: [one for one in log if one["event"] == "round failed"][:1], "the trouble")
        assert f"agent.health_port {port} at 127.0.0.1: Address already in use" in line["error"]
    wait_for(lambda: server.port, "the port")

    assert get(port) == "/livez"
    stop.set()
    assert supervisor.join(time.monotonic() + PATIENCE)


def put(port: int, body: bytes, *headers: str) -> bytes:
    head = "\r\n".join(["PUT /x HTTP/1.1", "Host: x", *headers, "", ""]).encode()
    return told(port, head + body)


def test_a_body_is_read_as_far_as_it_may_go() -> None:
    with serving(most_body=10) as port:
        assert put(port, b"0123456789", "Content-Length: 10").endswith(b"/x0123456789")
        assert put(port, b"0123456789rest", "Content-Length: 10").endswith(b"/x0123456789")
        assert put(port, b"0123456789a", "Content-Length: 11").startswith(b"HTTP/1.1 413 ")
        assert put(port, b"1\r\na\r\n0\r\n\r\n", "Transfer-Encoding: chunked").startswith(b"HTTP/1.1 411 ")
        with line_to(port) as line:
            line.sendall(b"PUT /x HTTP/1.1\r\nContent-Length: 10\r\n\r\n01")
            line.shutdown(socket.SHUT_WR)
            assert everything(line).startswith(b"HTTP/1.1 400 ")


class Tap:
    """Something to listen to that says a word a moment, or nothing at all, and knows who listens."""

    def __init__(self, piece: bytes = b"") -> None:
        self.listening = 0
        self._piece = piece
        self._end = threading.Event()

    def __call__(self, _request: Request) -> Stream:
        return Stream(content_type="text/event-stream", pieces=self._pieces(), idle=b": idle\n\n")

    def _pieces(self) -> Generator[bytes, None, None]:
        self.listening += 1
        try:
            while not self._end.wait(0.0 if self._piece else 0.01):
                yield self._piece
        finally:
            self.listening -= 1


def test_a_stream_says_that_it_is_there_and_ends_as_soon_as_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "IDLE_SECONDS", 0.05)
    tap = Tap()
    with serving(tap) as port:
        with line_to(port) as line:
            line.sendall(b"GET /events HTTP/1.1\r\n\r\n")
            heard = b""
            while heard.count(b": idle\n\n") < 3:
                heard += line.recv(65536)
            monkeypatch.setattr(under_test, "IDLE_SECONDS", 3600.0)
        wait_for(lambda: tap.listening == 0, "the stream to end, although nothing is to be sent")

    assert heard.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
    assert b"Content-Length" not in heard


def test_a_reader_that_does_not_read_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "SEND_SECONDS", 0.2)
    tap = Tap(b"x" * 65536)
    with serving(tap) as port, line_to(port) as line:
        line.sendall(b"GET /events HTTP/1.1\r\n\r\n")
        wait_for(lambda: tap.listening == 1, "the stream to begin")
        wait_for(lambda: tap.listening == 0, "the stream to end")


def test_streams_are_bounded_and_take_no_room_from_others_and_end_with_the_server() -> None:
    tap = Tap()

    def answer(request: Request) -> Reply:
        return tap(request) if request.path == "/events" else echo(request)

    with serving(answer) as port:
        lines = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(MOST_STREAMS)]
        try:
            for line in lines:
                line.sendall(b"GET /events HTTP/1.1\r\n\r\n")
            wait_for(lambda: tap.listening == MOST_STREAMS, "all of them to listen")
            assert told(port, b"GET /events HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 503 ")
            for _ in range(MOST_CONNECTIONS + 1):
                assert get(port) == "/livez"
            assert tap.listening == MOST_STREAMS
            stopped = wait_for(lambda: tap.listening, "streams")
        finally:
            for line in lines[1:]:
                line.close()
    assert stopped
    wait_for(lambda: tap.listening == 0, "the streams to end")
    lines[0].close()
