"""A small HTTP server that cannot be kept from answering: every connection has little time and little room.

It is made by hand because the standard library's has no bound on its threads and lets one client send for ever. Once
``MOST_CONNECTIONS`` are open the oldest is closed for the newest, so that a kubelet gets through whoever else is there.
Streams are counted by themselves: one that has begun is not closed for the next.
"""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus

import structlog
from attrs import evolve

from brokkr_agent.http.answer import Answer, Reply, Stream
from brokkr_agent.http.line import cut, hear, pour, say
from brokkr_agent.http.place import Place
from brokkr_agent.http.request import Request
from brokkr_agent.stop import Stop
from brokkr_core.errors import UsageError

#: So many connections are open at once, at most, and so many streams besides.
MOST_CONNECTIONS = 32
MOST_STREAMS = 16
#: How often the server looks for a stop.
LOOK_SECONDS = 0.2

_ROOM_SECONDS = 1.0
#: There is no room for one more connection at this moment; to listen anew would not help, and cut every stream.
_FULL = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


def phrase(status: int) -> Answer:
    """Refuse a request with the phrase of its status."""
    return Answer(status=status, body=HTTPStatus(status).phrase.encode())


class HttpServer:
    """Answers requests.

    Args:
        place: where to listen.
        answer: answers one request.
        refuse: makes the answer to what could not be read as a request, or not be answered, from its status.
        most_body: so many bytes of a body are read; with 0 no body is.
        beat: called again and again while the server lives.
    """

    def __init__(
        self,
        place: Place,
        answer: Callable[[Request], Reply],
        *,
        refuse: Callable[[int], Answer] = phrase,
        most_body: int = 0,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._place = place
        self._answer = answer
        self._refuse = refuse
        self._most_body = most_body
        self._beat = beat
        self._log = structlog.get_logger(place.name)
        self._room = threading.Condition()
        self._open: dict[socket.socket, None] = {}
        self._streams: set[socket.socket] = set()
        self.port: int | None = None  #: where it listens; None while it does not

    def serve(self, stop: Stop) -> None:
        """Listen and answer until a stop; streams are cut by it.

        Raises:
            UsageError: the address or port cannot be had; it may be free later.
        """
        try:
            with self._place.listen(MOST_CONNECTIONS) as door:
                self.port = int(door.getsockname()[1])
                self._log.info("listens", address=self._place.address or "all", port=self.port)
                door.settimeout(LOOK_SECONDS)
                while not stop():
                    self._beat()
                    if not self._accept(door):
                        stop.wait(LOOK_SECONDS)
        except OSError as error:
            hint = "free it, choose another, or switch the endpoints off with 0; deployments go on without them"
            raise UsageError(f"{self._place}: {error.strerror or error}; {hint}") from error
        finally:
            self.port = None
            with self._room:
                for line in self._streams:
                    cut(line)

    def _accept(self, door: socket.socket) -> bool:
        """Take the next connection, if one comes; tell whether the process could have had it."""
        try:
            line, _ = door.accept()
        except (TimeoutError, ConnectionAbortedError):
            return True
        except OSError as error:
            if error.errno not in _FULL:
                raise
            self._log.warning("no connection can be taken now", error=error.strerror)
            return False
        if not self._take(line):
            line.close()
            return True
        try:
            threading.Thread(
                target=self._converse, args=(line,), name=f"{self._place.name}-answer", daemon=True
            ).start()
        except RuntimeError:  # the process may begin no more threads
            self._give_back(line)
        return True

    def _take(self, line: socket.socket) -> bool:
        """Make room for a connection by closing the oldest; tell whether there is room."""
        with self._room:
            if len(self._open) >= MOST_CONNECTIONS:
                cut(next(iter(self._open)))
            if not self._room.wait_for(lambda: len(self._open) < MOST_CONNECTIONS, _ROOM_SECONDS):
                return False
            self._open[line] = None
            return True

    def _take_stream(self, line: socket.socket) -> bool:
        """Count a connection as a stream from now on; tell whether there is room for one more."""
        with self._room:
            if len(self._streams) >= MOST_STREAMS:
                return False
            self._open.pop(line, None)
            self._streams.add(line)
            self._room.notify()
            return True

    def _give_back(self, line: socket.socket) -> None:
        with self._room:
            self._open.pop(line, None)
            self._streams.discard(line)
            line.close()
            self._room.notify()

    def _converse(self, line: socket.socket) -> None:
        try:
            heard = hear(line, self._most_body)
            if isinstance(heard, int):
                say(line, self._refuse(heard), head_only=False)
                return
            request, body = heard
            reply = self._reply(evolve(request, body=body))
            if isinstance(reply, Stream) and self._take_stream(line):
                pour(line, reply, head_only=request.head_only)
                return
            answer = self._refuse(HTTPStatus.SERVICE_UNAVAILABLE) if isinstance(reply, Stream) else reply
            say(line, answer, head_only=request.head_only)
        except OSError:  # whoever asked has gone, or was cut
            return
        except Exception:
            self._log.exception("a stream broke off")
        finally:
            self._give_back(line)

    def _reply(self, request: Request) -> Reply:
        try:
            return self._answer(request)
        except Exception:
            self._log.exception("no answer", path=request.path[:100])
            return self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
