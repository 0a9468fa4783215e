"""Where lines go: a file descriptor that may be full, closed, or a pipe that nobody reads."""

from __future__ import annotations

import os
import select
import threading

#: A pipe that is ready to be written takes so many bytes without blocking (POSIX ``PIPE_BUF`` on Linux).
_PIECE = 4096

#: For how long a line waits for whoever reads the log; once it waited in vain, the next ones do not wait at all.
PATIENCE_SECONDS = 1.0


class Sink:
    """Writes lines; never raises, and never blocks for long.

    Args:
        descriptor: where to; None loses every line.
        patience_seconds: how long a line may wait.
    """

    def __init__(self, descriptor: int | None, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._descriptor = descriptor
        self._patience = patience_seconds
        self._lock = threading.Lock()
        self._stuck = False
        self._torn = False  #: the last line stands there without its end
        self._lost = 0

    @property
    def lost(self) -> int:
        """How many lines could not be written."""
        return self._lost

    def write(self, line: str) -> bool:
        """Write a line and its end; tell whether all of it was written."""
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        if not self._lock.acquire(timeout=self._patience):
            self._lost += 1
            return False
        try:
            self._send(b"\n" + data if self._torn else data)
        except OSError:
            self._lost += 1
            return False
        finally:
            self._lock.release()
        return True

    def _send(self, data: bytes) -> None:
        if self._descriptor is None:
            raise OSError("there is nowhere to write to")
        left = memoryview(data)
        while left:
            self._await_room(self._descriptor)
            left = left[os.write(self._descriptor, left[:_PIECE]) :]
            self._torn = bool(left)

    def _await_room(self, descriptor: int) -> None:
        """Wait until something can be written; what is broken is found by writing."""
        room = select.poll()
        room.register(descriptor, select.POLLOUT)
        ready = room.poll(0 if self._stuck else self._patience * 1000)
        self._stuck = not ready
        if not ready:
            raise TimeoutError("nobody reads what was written")
