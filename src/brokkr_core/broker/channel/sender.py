"""Sends what waits over one line, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from brokkr_core.broker.channel.line import Line, LineEndedError
from brokkr_core.broker.channel.waiting import Waiting

_NAP_SECONDS = 60.0


class Sender:
    """The one who writes on a line, from its first frame to its end.

    Args:
        line: where to send.
        waiting: what to send.
        monotonic: seconds that only ever go forward.
        sent: called with the type of each frame that has left this machine.
    """

    def __init__(
        self, line: Line, waiting: Waiting, monotonic: Callable[[], float], sent: Callable[[str], None]
    ) -> None:
        self._line = line
        self._waiting = waiting
        self._monotonic = monotonic
        self._sent = sent
        self._writing_since: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="channel-send", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def writing_seconds(self) -> float:
        """Return how long the frame under way has been under way; 0 when none is."""
        since = self._writing_since
        return 0.0 if since is None else self._monotonic() - since

    def end(self, timeout_seconds: float) -> bool:
        """Send nothing more than what is under way; tell whether that has ended in time."""
        self._over.set()
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    @property
    def idle(self) -> bool:
        """Whether no frame is under way."""
        return self._writing_since is None

    def _run(self) -> None:
        while not self._over.is_set() and not self._waiting.done:
            parcel = self._waiting.take(_NAP_SECONDS)
            if parcel is None:
                if not self._waiting.up:
                    return
                continue
            self._writing_since = self._monotonic()
            try:
                self._line.send(parcel.text)
            except LineEndedError:
                return  # the reader of the same line says why
            finally:
                self._writing_since = None
            self._sent(parcel.kind)
