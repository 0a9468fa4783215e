"""What containers have written, run by run: a container that is started again begins a new one."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from attrs import define, field, frozen

_TICK = timedelta(microseconds=1)


@frozen(kw_only=True)
class Line:
    """One line, without its end, and when it was written."""

    at: datetime
    text: bytes = field(repr=False)


@define(kw_only=True)
class Run:
    """What a container wrote between a start and its end."""

    lines: list[Line] = field(factory=list, repr=False)
    ended: bool = False


class LogBook:
    """The logs of all containers, by the uid of their pod. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[str, dict[str, list[Run]]] = {}

    def write(self, pod_uid: str, container: str, text: bytes, at: datetime) -> None:
        """Add lines to the run under way; the first line after an end begins a new run.

        No two lines of a container have the same time, as with the clock of a node, which never stands still.

        Args:
            pod_uid: of which pod.
            container: which of its containers.
            text: the lines.
            at: when they were written.
        """
        with self._lock:
            run = self._current(pod_uid, container)
            newest = max((one.lines[-1].at for one in self._of(pod_uid, container) if one.lines), default=None)
            for one in text.removesuffix(b"\n").split(b"\n"):
                newest = at if newest is None else max(at, newest + _TICK)
                run.lines.append(Line(at=newest, text=one))

    def end(self, pod_uid: str, container: str) -> None:
        """End the run under way; one that wrote nothing counts too."""
        with self._lock:
            self._current(pod_uid, container).ended = True

    def current(self, pod_uid: str, container: str) -> Run:
        """Return the run under way; a new one when the last has ended."""
        with self._lock:
            return self._current(pod_uid, container)

    def runs(self, pod_uid: str, container: str) -> tuple[Run, ...]:
        """Return the runs of a container, the newest last."""
        with self._lock:
            return tuple(self._of(pod_uid, container))

    def forget(self, pod_uid: str) -> None:
        """End every run of a pod and forget them: its logs are deleted with it."""
        with self._lock:
            for runs in self._runs.pop(pod_uid, {}).values():
                runs[-1].ended = True

    def _current(self, pod_uid: str, container: str) -> Run:
        runs = self._of(pod_uid, container)
        if not runs or runs[-1].ended:
            runs.append(Run())
        return runs[-1]

    def _of(self, pod_uid: str, container: str) -> list[Run]:
        return self._runs.setdefault(pod_uid, {}).setdefault(container, [])
