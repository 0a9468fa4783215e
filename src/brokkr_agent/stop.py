"""The one stop signal of a process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack

from brokkr_agent.errors import FORCED
from brokkr_agent.signals import Signals

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
        """Ask everything to stop; a listener that raises keeps it from nobody else."""
        self._event.set()
        with ExitStack() as everyone:
            for listener in reversed(self._listeners):
                everyone.callback(listener)

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

    def on_signals(self, heard: Callable[[str], None] = lambda _name: None) -> Signals:
        """Stop on SIGTERM and SIGINT, and end the process at once on the second one; call it from the main thread.

        Args:
            heard: called with the name of each signal, from a thread of its own; the stop is set already.

        Returns:
            What hears the signals, for others that somebody wants to hear.
        """

        before = threading.Event()

        def end(name: str) -> None:
            again = before.is_set()
            before.set()
            self._event.set()  # first: whatever becomes of listeners and the log, the stop was heard
            told = threading.Thread(target=self._tell, args=(name, heard), name="stop", daemon=True)
            try:
                told.start()
                if again:
                    told.join(_LAST_WORDS_SECONDS)
            finally:  # also when the system has no thread left to give
                if again:
                    os._exit(FORCED)

        signals = Signals()
        signals.on(signal.SIGTERM, end)
        signals.on(signal.SIGINT, end)
        return signals

    def _tell(self, name: str, heard: Callable[[str], None]) -> None:
        try:
            self.set()
        finally:
            heard(name)
