"""Signals of the operating system, heard by a thread that holds nothing."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress


class Signals:
    """Calls back for signals, one at a time, in a thread of its own; made in the main thread, once in a process.

    A handler of Python's runs in the main thread between any two steps, perhaps while that thread holds the very lock
    that the handler needs, and not at all while it is in a call that does not return. So there is none that does
    anything: the interpreter's own C handler writes the signal's number into a pipe (``signal.set_wakeup_fd``).
    """

    def __init__(self) -> None:
        self._heard: dict[int, Callable[[str], None]] = {}
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        threading.Thread(target=self._listen, args=(reader,), name="signals", daemon=True).start()

    def on(self, number: signal.Signals, heard: Callable[[str], None]) -> None:
        """Call somebody for each signal of a kind; must be called from the main thread.

        Args:
            number: the signal.
            heard: called with the name of the signal; while it works no other signal is heard.
        """
        self._heard[number] = heard
        signal.signal(number, lambda _number, _frame: None)

    def _listen(self, reader: int) -> None:
        while True:
            for number in os.read(reader, 64):
                heard = self._heard.get(number)
                if heard is not None:
                    with suppress(Exception):  # a log that cannot be written must not make the agent deaf
                        heard(signal.Signals(number).name)
