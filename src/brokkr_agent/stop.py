"""The one stop signal of a process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

from brokkr_agent.errors import FORCED

#: For how long the second signal waits for its line in the log.
_LAST_WORDS_SECONDS = 0.5


class Stop:
    """A stop signal that loops wait on and operations ask."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._listeners: list[Callable[[], None]] = []

    def __call__(self) -> bool:
        """Tell whether a stop was asked for."""
        return self._event.is_set()

    def set(self) -> None:
        """Ask everything to stop."""
        self._event.set()
        for listener in self._listeners:
            listener()

    def on_stop(self, listener: Callable[[], None]) -> None:
        """Call somebody who waits for something else, too; at once when the stop is set already."""
        self._listeners.append(listener)
        if self._event.is_set():
            listener()

    def wait(self, seconds: float) -> bool:
        """Sleep, but wake up for a stop; tell whether there was one."""
        return self._event.wait(seconds)

    def wait_long(self) -> None:
        """Sleep until there is a stop."""
        while not self.wait(3600.0):
            pass

    def on_signals(self, heard: Callable[[str], None] = lambda _name: None) -> None:
        """Stop on SIGTERM and SIGINT, and end the process at once on the second one; call it from the main thread.

        A handler of Python's runs in the main thread between any two steps, perhaps while that thread holds the very
        lock that the handler would need, and then it hangs. So there is none that does anything: the interpreter's own
        C handler writes the signal's number into a pipe, and a thread that holds nothing reads it.

        Args:
            heard: called with the name of each signal, from a thread of its own: the stop is set already.
        """
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: None)
        threading.Thread(target=self._hear, args=(reader, heard), name="signals", daemon=True).start()

    def _hear(self, reader: int, heard: Callable[[str], None]) -> None:
        """Wait for signals. Whatever becomes of listeners and the log, the next signal is heard."""
        before = False
        while True:
            for number in os.read(reader, 64):
                if number not in (signal.SIGTERM, signal.SIGINT):
                    continue
                self._event.set()
                told = threading.Thread(target=self._tell, args=(number, heard), name="stop", daemon=True)
                told.start()
                if before:
                    told.join(_LAST_WORDS_SECONDS)
                    os._exit(FORCED)
                before = True

    def _tell(self, number: int, heard: Callable[[str], None]) -> None:
        try:
            self.set()
        finally:
            heard(signal.Signals(number).name)
