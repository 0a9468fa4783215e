"""Signals of the operating system, heard by a thread: the handler itself takes no lock and writes nothing."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from types import FrameType


class Signals:
    """Calls back for signals, one at a time, in a thread of its own.

    A handler interrupts the main thread wherever it is, perhaps while it holds a lock. So it only puts the signal's
    number into a queue, which may be done from anywhere (``queue.SimpleQueue`` is reentrant).
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[int] = SimpleQueue()
        self._heard: dict[int, Callable[[str], None]] = {}
        threading.Thread(target=self._listen, name="signals", daemon=True).start()

    def on(self, number: signal.Signals, heard: Callable[[str], None]) -> None:
        """Call somebody for each signal of a kind; must be called from the main thread.

        Args:
            number: the signal.
            heard: called with the name of the signal.
        """
        self._heard[number] = heard
        signal.signal(number, self._handle)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._queue.put(number)

    def _listen(self) -> None:
        while True:
            number = self._queue.get()
            with suppress(Exception):  # a log that cannot be written must not make the agent deaf
                self._heard[number](signal.Signals(number).name)
