"""When nobody answers: what is said, and whether the request may have arrived."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest
import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from brokkr_core.errors import ClusterUnreachableError
from brokkr_core.kube.access import Access
from brokkr_core.kube.urllib3_transport import Urllib3Transport, _never_sent, _plain
from brokkr_core.model.http import Request

VERSION = Request(method="GET", path="/version")


@pytest.fixture
def pool() -> Iterator[urllib3.PoolManager]:
    made = urllib3.PoolManager()
    yield made
    made.clear()


def access(pool: urllib3.PoolManager, url: str) -> Access:
    return Access(
        host=url, namespace="default", pool=pool, auth_headers=lambda: {"authorization": "Bearer secret-token"}
    )


def one_answer(data: bytes) -> int:
    """Listen for one connection, answer with raw bytes, and hang up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(data)

    threading.Thread(target=answer, daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


def trouble(pool: urllib3.PoolManager, port: int, scheme: str = "http") -> ClusterUnreachableError:
    transport = Urllib3Transport(lambda: access(pool, f"{scheme}://127.0.0.1:{port}"))
    with pytest.raises(ClusterUnreachableError) as caught:
        transport.send(VERSION, timeout_seconds=5.0)
    return caught.value


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.mark.parametrize(
    ("port", "scheme", "said", "sent"),
    [
        (closed_port, "http", "Connection refused", False),
        (lambda: one_answer(b""), "http", "closed connection without response", True),
        (lambda: one_answer(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"), "http", "more expected", True),
        (
            lambda: one_answer(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n50\r\n{"),
            "http",
            "IncompleteRead",
            True,
        ),
        (lambda: one_answer(b"no tls\r\n\r\n"), "https", "SSL", True),
    ],
    ids=["closed", "hung up", "cut", "cut chunk", "no TLS"],
)
def test_no_answer_says_what_happened_where_and_whether_the_request_may_have_arrived(
    pool: urllib3.PoolManager, port: Callable[[], int], scheme: str, said: str, sent: bool
) -> None:
    number = port()
    error = trouble(pool, number, scheme)

    assert said in str(error)
    assert f"{scheme}://127.0.0.1:{number} for GET /version" in str(error)
    assert error.sent is sent
    assert not re.search(r"0x[0-9a-f]{4}|object at|\w+\(host=|secret-token", str(error))


HERE = HTTPConnection("h", 1)


@pytest.mark.parametrize(
    ("error", "text", "never_sent"),
    [
        (ConnectTimeoutError(HERE, "Connection to h timed out."), "Connection to h timed out.", True),
        (
            NewConnectionError(HERE, "Failed: [Errno 111] Connection refused"),
            "Failed: [Errno 111] Connection refused",
            True,
        ),
        (
            ProxyError("Unable to connect to proxy", NewConnectionError(HERE, "refused")),
            "Unable to connect to proxy: refused",
            True,
        ),
        (
            ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer")),
            "Connection aborted: Connection reset by peer",
            False,
        ),
        (
            ProtocolError("Connection broken: IncompleteRead(1 bytes read)", http.client.IncompleteRead(b"x")),
            "Connection broken: IncompleteRead(1 bytes read)",
            False,
        ),
        (ReadTimeoutError(urllib3.HTTPConnectionPool("h"), "/x", "Read timed out."), "Read timed out.", False),
        (SSLError(ssl.SSLCertVerificationError(1, "certificate verify failed")), "certificate verify failed", True),
        (SSLError(ssl.SSLError(1, "bad record mac")), "bad record mac", False),
        (HTTPError("something"), "something", False),
    ],
)
def test_what_happened_is_told_without_object_reprs(error: HTTPError, text: str, never_sent: bool) -> None:
    assert _plain(error) == text
    assert _never_sent(error) is never_sent


def test_credentials_that_cannot_be_made_say_so_and_nothing_was_sent(pool: urllib3.PoolManager) -> None:
    def fail() -> dict[str, str]:
        raise ClusterUnreachableError("no credentials", sent=False)

    transport = Urllib3Transport(lambda: Access(host="http://h", namespace="default", pool=pool, auth_headers=fail))
    with pytest.raises(ClusterUnreachableError, match="no credentials") as caught:
        transport.send(VERSION, timeout_seconds=1.0)

    assert not caught.value.sent
