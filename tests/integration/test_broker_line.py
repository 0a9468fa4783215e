"""The transport over a real loopback connection, with everything a line can do wrong."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from broker_line import Line, fetch, transport_to
from broker_support import AGENT, LONG_TOKEN, PAK
from brokkr_core.broker import BrokerClient, HttpxTransport, RetryPolicy, TransportLimits
from brokkr_core.errors import (
    BrokerAuthError,
    BrokerError,
    BrokerUnreachableError,
    ConfigError,
    NotABrokerError,
    UsageError,
)
from brokkr_core.model.http import Request

ONE_TRY = RetryPolicy(attempts=1)
GET = Request(method="GET", path="/api/v1/thing")


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    with line.server:
        yield line


@pytest.mark.parametrize("prefix", ["", "/", "/eu", "/eu/", "//eu//west//"])
def test_a_request_arrives_as_it_was_meant_below_any_root(line: Line, prefix: str) -> None:
    transport = transport_to(line, prefix)
    request = Request(
        method="POST",
        path="/api/v1/agents/a%2Fb/echo",
        query={"name": "edge 1&2", "cluster_name": "prod+eu/ö"},
        headers={"authorization": "Bearer x", "content-type": "application/json"},
        body=b'{"a":1}',
    )
    response = transport.send(request, timeout_seconds=5.0)
    transport.close()
    echoed = response.body.decode()
    root = "/".join(part for part in prefix.split("/") if part)
    wanted = (f"/{root}" if root else "") + "/api/v1/agents/a%2Fb/echo"
    assert f'"{wanted}?name=edge%201%262&cluster_name=prod%2Beu%2F%C3%B6"' in echoed
    assert '"method": "POST"' in echoed
    assert '"user-agent": "brokkr-python/' in echoed
    assert '"authorization": "Bearer x"' in echoed


def test_a_slash_at_the_end_of_a_path_survives(line: Line) -> None:
    transport = transport_to(line)
    transport.send(Request(method="GET", path="/api/v1/agents"), timeout_seconds=5.0)
    transport.send(Request(method="GET", path="/api/v1/agents/", query={"name": "x"}), timeout_seconds=5.0)
    transport.close()
    assert [request.raw_path for request in line.seen] == ["/api/v1/agents", "/api/v1/agents/?name=x"]


@pytest.mark.parametrize("path", ["/reset", "/truncated"])
def test_a_broken_line_is_told_with_an_unknown_outcome(line: Line, path: str) -> None:
    with pytest.raises(BrokerUnreachableError, match=f"GET {path} at http://127.0.0.1") as caught:
        fetch(transport_to(line), path)
    assert caught.value.sent


@pytest.mark.parametrize("path", ["/silent", "/half_silent"])
def test_silence_ends_with_the_timeout_and_an_unknown_outcome(line: Line, path: str) -> None:
    with pytest.raises(BrokerUnreachableError, match="no answer in time") as caught:
        fetch(transport_to(line), path, timeout=0.1)
    assert caught.value.sent


def test_nobody_listening_means_that_nothing_was_sent(line: Line) -> None:
    transport = transport_to(line)
    line.server.stop()
    with pytest.raises(BrokerUnreachableError, match="no connection") as caught:
        fetch(transport, "/hello", method="POST")
    assert not caught.value.sent


def test_a_host_without_address_means_that_nothing_was_sent() -> None:
    transport = HttpxTransport("http://no-such-host.invalid", use_environment=False)
    with pytest.raises(BrokerUnreachableError) as caught:
        fetch(transport, "/hello")
    assert not caught.value.sent


def test_a_full_pool_means_that_nothing_was_sent(line: Line) -> None:
    transport = transport_to(line, limits=TransportLimits(connections=1))
    with ThreadPoolExecutor() as pool:
        hanging = pool.submit(fetch, transport, "/silent", timeout=30.0)
        assert line.arrived.wait(5.0)
        with pytest.raises(BrokerUnreachableError, match="connections of this client are busy") as caught:
            transport.send(Request(method="GET", path="/hello"), timeout_seconds=0.1)
        line.server.stop()
        assert isinstance(hanging.exception(), BrokerUnreachableError)
    assert not caught.value.sent


def test_a_listener_that_never_accepts_tls_means_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        limits = TransportLimits(connect_seconds=0.1)
        with pytest.raises(BrokerUnreachableError, match="no connection in time") as caught:
            fetch(HttpxTransport(url, limits=limits, use_environment=False), "/hello", timeout=30.0)
    assert not caught.value.sent


def test_an_answer_larger_than_agreed_is_refused(line: Line) -> None:
    with pytest.raises(NotABrokerError, match="larger than 5000 bytes"):
        fetch(transport_to(line, limits=TransportLimits(answer_bytes=5000)), "/large")


def test_an_answer_of_the_agreed_size_is_read(line: Line) -> None:
    assert len(fetch(transport_to(line, limits=TransportLimits(answer_bytes=100_000)), "/large")) == 100_000


def test_the_limit_of_the_target_state_is_that_of_no_other_answer(line: Line) -> None:
    limits = TransportLimits(answer_bytes=11, target_state_bytes=12)
    path = "/api/v1/agents/x/target-state"
    assert fetch(transport_to(line, limits=limits), path) == b"nothing here"
    for method, other in (("POST", path), ("GET", f"{path}s"), ("GET", "/api/v1/agents")):
        with pytest.raises(NotABrokerError, match=r"larger than 11 bytes; raise TransportLimits\.answer_bytes"):
            fetch(transport_to(line, limits=limits), other, method=method)


def test_a_compressed_answer_is_measured_unpacked(line: Line) -> None:
    assert len(fetch(transport_to(line), "/zip")) == 1_000_000
    with pytest.raises(NotABrokerError, match="larger than 5000 bytes"):
        fetch(transport_to(line, limits=TransportLimits(answer_bytes=5000)), "/zip")


def test_a_damaged_compressed_answer_is_a_broken_line(line: Line) -> None:
    with pytest.raises(BrokerUnreachableError, match="compressed answer is damaged"):
        fetch(transport_to(line), "/cut_zip")


def test_an_endless_trickle_is_ended(line: Line) -> None:
    with pytest.raises(BrokerUnreachableError, match="took more than 0 s"):
        fetch(transport_to(line, limits=TransportLimits(answer_seconds=0.0)), "/large")


def test_connections_are_kept_and_cookies_are_not(line: Line) -> None:
    transport = transport_to(line)
    for _ in range(3):
        transport.send(Request(method="GET", path="/hello"), timeout_seconds=5.0)
    transport.close()
    assert len(line.peers) == 1
    assert not any("cookie" in request.headers for request in line.seen)


def test_many_threads_share_a_bounded_pool(line: Line) -> None:
    transport = transport_to(line, limits=TransportLimits(connections=4))
    together = threading.Barrier(12)

    def several(_number: int) -> list[bytes]:
        together.wait()
        return [transport.send(Request(method="GET", path="/hello"), timeout_seconds=10.0).body for _ in range(20)]

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(several, range(12))) == [[b"hello"] * 20] * 12
    transport.close()
    assert len(line.peers) <= 4


def test_a_closed_transport_says_that_it_is_closed(line: Line) -> None:
    transport = transport_to(line)
    transport.close()
    with pytest.raises(UsageError, match="was closed"):
        transport.send(GET, timeout_seconds=1.0)


def test_an_invalid_header_is_refused_without_showing_it(line: Line) -> None:
    transport = transport_to(line)
    request = Request(method="GET", path="/hello", headers={"authorization": f"Bearer {PAK}\n"})
    with pytest.raises(UsageError) as caught:
        transport.send(request, timeout_seconds=1.0)
    transport.close()
    chain = f"{caught.value!r} {caught.value.__cause__!r}"
    assert LONG_TOKEN not in chain
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("url", ["http://ex ample", "http://exa\x7fmple", "http://" + "x" * 70_000])
def test_a_url_no_library_takes_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigError, match="broker URL"):
        HttpxTransport(url)


def client_of(line: Line, path: str = "", retry: RetryPolicy = ONE_TRY) -> BrokerClient:
    return BrokerClient.connect(line.server.url + path, pak=PAK, retry=retry, sleep=lambda _seconds: False)


def test_a_redirect_is_not_followed_and_the_pak_does_not_travel(line: Line) -> None:
    transport = transport_to(line)
    response = transport.send(Request(method="GET", path="/moved"), timeout_seconds=5.0)
    transport.close()
    assert (response.status, response.headers["location"]) == (301, "/hello")
    assert line.seen == []


def test_an_empty_401_is_about_the_pak(line: Line) -> None:
    with client_of(line) as client, pytest.raises(BrokerAuthError, match="the PAK is unknown"):
        client.agents.get("401")


def test_a_console_page_is_no_agent(line: Line) -> None:
    with client_of(line) as client, pytest.raises(NotABrokerError, match="text/html"):
        client.agents.get("page")


def test_a_text_404_is_told(line: Line) -> None:
    with client_of(line, "/elsewhere") as client, pytest.raises(BrokerError, match="nothing here") as caught:
        client.auth.whoami()
    assert caught.value.code == ""


def test_a_read_is_repeated_over_a_flaky_line(line: Line) -> None:
    with client_of(line, retry=RetryPolicy()) as client:
        assert client.agents.get("flaky").id == AGENT
    assert line.tries == 3
