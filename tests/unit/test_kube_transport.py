"""The transport of real life on a loopback server: credentials, paths, and nothing renewed twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import urllib3

from brokkr_core.kube.access import Access
from brokkr_core.kube.urllib3_transport import Urllib3Transport
from brokkr_core.model.http import Request

VERSION = Request(method="GET", path="/version")


class Server:
    """A loopback server that remembers request lines and headers, and accepts the tokens it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.tokens: list[str] = []
        self.agents: list[str] = []
        self.good = {"Bearer good"}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                token = self.headers.get("authorization", "")
                outer.lines.append(self.path)
                outer.tokens.append(token)
                outer.agents.append(self.headers["user-agent"])
                self.send_response(200 if token in outer.good else 401)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is inherited
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def pool() -> Iterator[urllib3.PoolManager]:
    made = urllib3.PoolManager()
    yield made
    made.clear()


class Loads:
    """Makes accesses with the tokens of a list, one a load; the last one is kept."""

    def __init__(self, pool: urllib3.PoolManager, url: str, *tokens: str) -> None:
        self._pool = pool
        self._url = url
        self._tokens = list(tokens)
        self.loaded = 0
        self.made = 0

    def __call__(self) -> Access:
        self.loaded += 1
        token = self._tokens.pop(0) if len(self._tokens) > 1 else self._tokens[0]

        def headers() -> dict[str, str]:
            self.made += 1
            return {"authorization": f"Bearer {token}"} if token else {}

        return Access(host=self._url, namespace="default", pool=self._pool, auth_headers=headers)


def asked(transport: Urllib3Transport, request: Request = VERSION) -> int:
    return transport.send(request, timeout_seconds=5.0).status


def test_credentials_are_made_once_and_used_for_a_while(server: Server, pool: urllib3.PoolManager) -> None:
    loads = Loads(pool, server.url, "good")
    transport = Urllib3Transport(loads)

    assert [asked(transport) for _ in range(3)] == [200] * 3
    assert (loads.loaded, loads.made) == (1, 1)
    assert set(server.agents) == {"brokkr/0.1"}


def test_refused_credentials_are_renewed_and_the_request_is_sent_once_more(
    server: Server, pool: urllib3.PoolManager
) -> None:
    loads = Loads(pool, server.url, "expired", "good")
    transport = Urllib3Transport(loads)

    assert [asked(transport), asked(transport)] == [200, 200]
    assert server.tokens == ["Bearer expired", "Bearer good", "Bearer good"]
    assert loads.loaded == 2


def test_the_same_credentials_are_not_tried_twice(server: Server, pool: urllib3.PoolManager) -> None:
    transport = Urllib3Transport(Loads(pool, server.url, "wrong"))

    assert asked(transport) == 401
    assert len(server.tokens) == 1


def test_other_credentials_that_are_wrong_too_are_tried_once(server: Server, pool: urllib3.PoolManager) -> None:
    transport = Urllib3Transport(Loads(pool, server.url, "wrong", "wrong as well"))

    assert asked(transport) == 401
    assert len(server.tokens) == 2


def test_credentials_without_a_header_are_renewed_as_well(server: Server, pool: urllib3.PoolManager) -> None:
    loads = Loads(pool, server.url, "")
    asked(Urllib3Transport(loads))

    assert (loads.loaded, len(server.tokens)) == (2, 2)


def test_threads_that_are_refused_together_renew_once(server: Server, pool: urllib3.PoolManager) -> None:
    loads = Loads(pool, server.url, "expired", "good", "too many renewals")
    transport = Urllib3Transport(loads)
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(asked(transport))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 6
    assert loads.loaded == 2


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/api/v1/things/system:node", "/api/v1/things/system:node"),
        ("/api/v1/things/a b", "/api/v1/things/a%20b"),
        ("/api/v1/things/a?b#c", "/api/v1/things/a%3Fb%23c"),
        ("/api/v1/things/ä", "/api/v1/things/%C3%A4"),
        ('/api/v1/things/"<>', "/api/v1/things/%22%3C%3E"),
    ],
)
def test_a_path_arrives_as_one_path(server: Server, pool: urllib3.PoolManager, path: str, line: str) -> None:
    asked(Urllib3Transport(Loads(pool, server.url, "good")), Request(method="GET", path=path))

    assert server.lines == [line]


def test_a_query_is_quoted(server: Server, pool: urllib3.PoolManager) -> None:
    request = Request(method="GET", path="/x", query={"labelSelector": "a in (b, c)", "continue": "x&y=z"})
    asked(Urllib3Transport(Loads(pool, server.url, "good")), request)

    assert server.lines == ["/x?labelSelector=a+in+%28b%2C+c%29&continue=x%26y%3Dz"]
