"""The loop that reloads the settings: when a signal asks, and when their file has changed."""

from __future__ import annotations

from brokkr_agent.configuration import Configuration
from brokkr_agent.supervisor import Supervisor
from brokkr_agent.workers import Loop

#: Between two looks at the file.
LOOK_SECONDS = 2.0

#: Between two looks at a file that has changed: it is loaded once it stands still, lest half of it be taken for all.
SETTLE_SECONDS = 0.5


class Reloading:
    """Looks at the settings file by its content, whatever exchanges it: an editor, or the links of a mounted ConfigMap.

    Args:
        configuration: what is reloaded.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._asked = False
        self._seen = ""
        self._loop: Loop | None = None

    def begin(self, supervisor: Supervisor) -> None:
        """Start the loop."""
        self._loop = supervisor.begin("settings", self.pause, self.round)

    def ask(self, _signal: str = "") -> None:
        """Reload at once, whether the file has changed or not."""
        self._asked = True
        if self._loop is not None:
            self._loop.wake()

    def pause(self) -> float:
        """Return how long to wait before the next round, in seconds."""
        return SETTLE_SECONDS if self._seen else LOOK_SECONDS

    def round(self) -> None:
        """Reload, if there is a reason to."""
        if self._asked:
            self._asked, self._seen = False, ""
            self._configuration.reload(cause="signal")
            return
        stale = self._configuration.stale()
        if stale and stale == self._seen:
            self._configuration.reload(cause="file")
            stale = ""
        self._seen = stale
