"""The pool under load, with a server that closes what is idle, and when it is told how it stands."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from broker_line import Line, transport_to
from broker_support import AGENT, OTHER, PAK
from brokkr_core.broker import BrokerClient, HttpxTransport, LiteralPak, Pak, PoolMetrics, RetryPolicy, TransportLimits
from brokkr_core.errors import BrokerError
from brokkr_core.model.http import Request
from clock_support import ObedientClock
from raw_line import RawLine, answer, head_of
from stage_support import wait_for

GET = Request(method="GET", path="/hello")


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    with line.server:
        yield line


@pytest.mark.slow
def test_ten_thousand_requests_open_no_more_connections_than_agreed() -> None:
    most, threads, each = 8, 16, 625
    with RawLine() as line:
        limits = TransportLimits(connections=most, idle_connections=most)
        transport = HttpxTransport(line.url, limits=limits, use_environment=False)
        request = Request(method="GET", path=f"/{OTHER}")

        def several(_number: int) -> int:
            return sum(transport.send(request, timeout_seconds=30.0).status == 200 for _ in range(each))

        with ThreadPoolExecutor(threads) as pool:
            assert sum(pool.map(several, range(threads))) == 10_000
        now = transport.metrics()
        transport.close()
        assert len(line.heads) == 10_000
        assert line.connections <= most
    assert (now.opened_total, now.closed_total, now.lent, now.waiting) == (line.connections, 0, 0, 0)


def test_the_numbers_tell_what_is_open_lent_and_waited_for(line: Line) -> None:
    transport = transport_to(line, limits=TransportLimits(connections=1))
    assert transport.metrics() == PoolMetrics()
    with ThreadPoolExecutor(2) as pool:
        hanging = pool.submit(transport.send, Request(method="GET", path="/silent"), timeout_seconds=30.0)
        assert line.arrived.wait(5.0)
        waiting = pool.submit(transport.send, GET, timeout_seconds=30.0)
        wait_for(lambda: transport.metrics().waiting or None, "a thread that waits")
        assert transport.metrics() == PoolMetrics(lent=1, waiting=1, opened_total=1)
        line.server.stop()
        assert hanging.exception() is not None
        assert waiting.exception() is not None
    assert transport.metrics().open == 0
    transport.close()


def test_a_connection_that_the_server_closed_while_idle_is_not_used_again(line: Line) -> None:
    transport = transport_to(line)
    assert transport.send(GET, timeout_seconds=5.0).body == b"hello"
    line.server.stop()
    with line.server:
        # Not even a request that must not be repeated sees an error: it is noticed before anything is sent.
        assert transport.send(Request(method="POST", path="/hello"), timeout_seconds=5.0).body == b"hello"
    now = transport.metrics()
    transport.close()
    assert (now.opened_total, now.closed_total) == (2, 1)


def test_a_connection_that_was_idle_too_long_is_not_used_again(line: Line) -> None:
    transport = transport_to(line, limits=TransportLimits(idle_seconds=0.0))
    for _ in range(3):
        transport.send(GET, timeout_seconds=5.0)
    assert transport.metrics().opened_total == 3
    transport.close()
    assert len(line.peers) == 3


def test_the_agreed_idle_time_is_below_that_of_the_usual_ingresses() -> None:
    assert TransportLimits().idle_seconds < 60


class Moody(RawLine):
    """A server that closes each connection after a few answers, at once or after a while, announcing nothing."""

    def _talk(self, peer: socket.socket) -> None:
        patience = len(self.heads) % 4 + 1
        for _ in range(patience):
            if not self._one(peer):
                return
        threading.Event().wait(0.002 * (patience % 3))

    def _one(self, peer: socket.socket) -> bool:
        head = head_of(peer)
        self.heads.append(head)
        peer.sendall(answer(b"[]") if head else b"")
        return bool(head)


def test_a_server_that_closes_idle_connections_at_random_is_not_noticed() -> None:
    with Moody() as line:
        transport = HttpxTransport(line.url, use_environment=False)
        retry = RetryPolicy(base_seconds=0.001)
        with BrokerClient(transport, LiteralPak(value=Pak(text=PAK)), retry=retry) as client:

            def several(_number: int) -> int:
                return sum(client.agents.list() == () for _ in range(100))

            with ThreadPoolExecutor(8) as pool:
                assert sum(pool.map(several, range(8))) == 800
        assert transport.metrics().open == 0
        assert line.connections > 100


#: What a proxy may write into Retry-After, and how long the client then waits at least; None gives up at once.
RETRY_AFTER: dict[str, tuple[str, float | None]] = {
    "seconds": ("7", 7.0),
    "none at all": ("0", 0.0),
    "seconds with space": ("  7 ", 7.0),
    "a date": ("Sun, 02 Aug 2026 10:00:20 GMT", 20.0),
    "a date of another zone": ("Sun, 02 Aug 2026 12:00:20 +0200", 20.0),
    "a date that is over": ("Sun, 02 Aug 2020 10:00:20 GMT", 0.0),
    "a negative number": ("-5", 0.0),
    "a fraction": ("1.5", 0.0),
    "words": ("soon", 0.0),
    "nothing": ("", 0.0),
    "digits that are no ASCII": ("\u00b2", 0.0),
    "a date that is none": ("Sun, 99 Foo 2026 99:99:99 GMT", 0.0),
    "two of them": ("1, 2", 0.0),
    "a year": ("31536000", None),
    "beyond any number": ("9" * 400, None),
    "a date in a thousand years": ("Sun, 02 Aug 3026 10:00:20 GMT", None),
}


@pytest.mark.parametrize("status", ["429 Slow Down", "503 No"])
@pytest.mark.parametrize("name", RETRY_AFTER)
def test_retry_after_is_believed_within_reason(name: str, status: str) -> None:
    text, wait = RETRY_AFTER[name]
    headers = f"Content-Type: text/html\nRetry-After: {text}\nConnection: keep"
    with RawLine(answer(b"<html>", status=status, headers=headers)) as line:
        clock = ObedientClock()
        client = BrokerClient(
            HttpxTransport(line.url, use_environment=False),
            LiteralPak(value=Pak(text=PAK)),
            retry=RetryPolicy(attempts=2, base_seconds=0.0),
            clock=clock,
            sleep=clock.sleep,
        )
        with client, pytest.raises(BrokerError) as caught:
            client.agents.get(AGENT)
        assert caught.value.status == int(status[:3])
        assert clock.naps[:1] == ([] if wait is None else [wait]), "what follows is the slower pace of its class"


def test_a_storm_of_429_is_weathered_within_the_bounds_of_pool_and_patience() -> None:
    page = answer(
        b"slow down", status="429 Slow Down", headers="Content-Type: text/plain\nRetry-After: 0\nConnection: keep"
    )
    with RawLine(page) as line:
        transport = HttpxTransport(line.url, limits=TransportLimits(connections=4), use_environment=False)
        retry = RetryPolicy(attempts=3, base_seconds=0.001)
        with BrokerClient(transport, LiteralPak(value=Pak(text=PAK)), retry=retry) as client:

            def once(_number: int) -> int:
                with pytest.raises(BrokerError) as caught:
                    client.agents.get(AGENT)
                return caught.value.status

            with ThreadPoolExecutor(16) as pool:
                assert list(pool.map(once, range(64))) == [429] * 64
            assert client.agents.get(OTHER).id == OTHER
        assert 64 + 1 < len(line.heads) <= 64 * 3 + 1, "some are repeated, as far as the budget of repeats goes"
        assert line.connections <= 4
