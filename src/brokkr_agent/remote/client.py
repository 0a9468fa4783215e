"""Asks the control API of an agent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from brokkr_agent.remote.sse import OPEN, ServerSentEvent, read_events
from brokkr_core.errors import NetworkError, UsageError, cut
from brokkr_core.model.json import JsonObject, as_object, dig

#: How long an answer may take, and how long a stream may be silent: the agent says every 15 seconds that it is there.
ANSWER_SECONDS = 10.0
SILENCE_SECONDS = 40.0
#: Without a port in the URL; an address of IPv6 would otherwise be taken apart at its last colon.
DEFAULT_PORTS = {"http": 80, "https": 443}
#: An answer has so many bytes at most.
MOST_BYTES = 64 * 2**20


class ControlClient:
    """Asks one agent.

    Args:
        url: its root, such as ``http://127.0.0.1:8081``.
        token: asked for the token to show, before every request; the empty text shows none.

    Raises:
        UsageError: the URL cannot be one.
    """

    def __init__(self, url: str, token: Callable[[], str] = str) -> None:
        self._url = url
        self._token = token
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
            self._where = (parts.scheme, parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme))
        except ValueError:
            good = False
        if not good:
            raise UsageError(
                f"--url {url!r}: must be the root of an agent's control API, such as http://127.0.0.1:8081"
            )

    def get(self, path: str) -> JsonObject:
        """Read something.

        Raises:
            NetworkError: the agent cannot be reached, or refuses.
        """
        return self._told("GET", path)

    def put(self, path: str) -> JsonObject:
        """Change something; all of it is said in the path and its query.

        Raises:
            NetworkError: the agent cannot be reached, or refuses.
        """
        return self._told("PUT", path)

    def events(self, path: str, *, last_id: str) -> Iterator[ServerSentEvent]:
        """Listen until the agent ends the stream.

        Args:
            path: of the stream.
            last_id: the last id that was heard.

        Yields:
            That the stream has begun, and every event after that one.

        Raises:
            NetworkError: the agent cannot be reached, refuses, or has gone.
        """
        with closing(self._connect(SILENCE_SECONDS)) as line:
            answer = self._ask(line, path, {"Last-Event-ID": last_id, "Accept": "text/event-stream"})
            yield ServerSentEvent(kind=OPEN)
            try:
                yield from read_events(one.decode("utf-8", "replace") for one in answer)
            except (OSError, HTTPException) as error:
                raise self._lost(error) from error

    def _told(self, method: str, path: str) -> JsonObject:
        with closing(self._connect(ANSWER_SECONDS)) as line:
            answer = self._ask(line, path, {}, method=method)
            try:
                return as_object(json.loads(answer.read(MOST_BYTES)))
            except (OSError, HTTPException, ValueError) as error:
                raise self._lost(error) from error

    def _connect(self, seconds: float) -> HTTPConnection:
        scheme, host, port = self._where
        kind = HTTPSConnection if scheme == "https" else HTTPConnection
        return kind(host, port, timeout=seconds)

    def _ask(self, line: HTTPConnection, path: str, headers: Mapping[str, str], *, method: str = "GET") -> HTTPResponse:
        token = self._token()
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            line.request(method, path, headers={**headers, **shown})
            answer = line.getresponse()
            if answer.status != 200:
                raise NetworkError(f"the agent at {self._url} refuses: {_why(answer)}")
        except (OSError, HTTPException) as error:
            raise self._lost(error) from error
        return answer

    def _lost(self, error: Exception) -> NetworkError:
        return NetworkError(f"the agent at {self._url} cannot be reached: {str(error) or type(error).__name__}")


def _why(answer: HTTPResponse) -> str:
    body = answer.read(MOST_BYTES)
    try:
        told = dig(json.loads(body), "detail")
    except ValueError:
        told = None
    return f"{answer.status} {answer.reason}" + (f": {cut(str(told))}" if told else "")
