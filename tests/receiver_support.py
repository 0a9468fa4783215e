"""A receiver of webhooks on loopback that answers as a test says and writes down what it got."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from attrs import frozen


@frozen(kw_only=True)
class Got:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Receiver:
    """Answers ``/<status>`` with that status, ``/slow`` byte by byte, ``/large`` at length, ``/echo`` with secrets."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        #: Statuses to answer with instead, one for each request to come.
        self.instead: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._answer(self)

            do_GET = do_POST  # noqa: N815 - the library's name

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, call: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in call.headers.items()}
        body = call.rfile.read(int(headers.get("content-length", 0)))
        self.got.append(Got(path=call.path, headers=headers, body=body))
        word = call.path.partition("?")[0].strip("/").partition("/")[0]
        status = int(word) if word.isdecimal() else 200
        status = self.instead.pop(0) if self.instead else status
        call.send_response(status if word != "echo" else 400)
        if 300 <= status < 400:
            call.send_header("location", f"{self.url}/elsewhere")
        size = {"slow": 1000, "large": 200_000}.get(word)
        if size:
            call.send_header("content-length", str(size))
        call.end_headers()
        if word == "slow":
            for _ in range(1000):
                call.wfile.write(b".")
                call.wfile.flush()
                time.sleep(0.05)
        text = f"{headers.get('authorization', '')} {call.path}" if word == "echo" else f"answer {word}"
        if status != 204:
            call.wfile.write(b"x" * 200_000 if word == "large" else text.encode())
