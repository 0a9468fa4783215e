"""An answer of urllib3 as lines that come over time, on a connection that nobody else uses meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from brokkr_core.errors import ClusterUnreachableError
from brokkr_core.kube.transport import LONGEST_TEXT_BYTES

#: The most that is read at once; lines come in chunks, and a chunk is handed on as soon as it is there.
_CHUNK = 65536


class Urllib3Stream:
    """A ``brokkr_core.kube.transport.Stream``.

    Args:
        answer: the answer, its body not read yet.
        unreachable: makes the error to raise from what urllib3 raised.
    """

    def __init__(self, answer: BaseHTTPResponse, unreachable: Callable[[Exception], ClusterUnreachableError]) -> None:
        self._answer = answer
        self._unreachable = unreachable
        self._lock = threading.Lock()
        self._closed = False
        self._reading = False

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._answer.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case."""
        return {name.lower(): value for name, value in self._answer.headers.items()}

    def __iter__(self) -> Iterator[bytes]:
        with self._lock:
            if self._closed:
                return
            self._reading = True
        try:
            yield from self._lines()
        except (HTTPError, OSError, ValueError) as error:
            if not self._closed:
                raise self._unreachable(error) from error
        finally:
            with self._lock:
                self._closed, self._reading = True, False
            self._answer.close()

    def close(self) -> None:
        """End it now; a reader in another thread is woken and cleans up, because the connection is in its hands."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            reading = self._reading
        if not reading:
            self._answer.close()
            return
        with suppress(OSError, RuntimeError, ValueError):  # it has ended by itself in this very moment
            self._answer.shutdown()

    def _lines(self) -> Iterator[bytes]:
        rest = b""
        most = LONGEST_TEXT_BYTES if self.headers.get("content-type", "").startswith("text/plain") else 0
        for chunk in self._answer.stream(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from filter(None, lines)
            if most and len(rest) > most:
                yield rest
                rest = b""
        if rest:
            yield rest
