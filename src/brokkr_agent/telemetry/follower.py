"""Follow the log of one container, through breaks and restarts, in a thread of its own."""

from __future__ import annotations

import threading
from contextlib import suppress

from brokkr_agent.telemetry.containers import Container, Running
from brokkr_agent.telemetry.kit import Kit
from brokkr_agent.telemetry.patience import REFUSED_SECONDS
from brokkr_agent.telemetry.position import Position
from brokkr_agent.telemetry.secrets import Hidden, hidden
from brokkr_core.errors import BadRequestError, BrokkrError, ForbiddenError, NotFoundError, cut
from brokkr_core.kube import LogLine, LogStream
from brokkr_core.model.json import JsonObject
from brokkr_core.model.stream import PodLogLine
from brokkr_core.retry import doubled

#: Before a log is asked for again that has ended or broken; doubled as long as nothing new comes.
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 30.0

#: Characters of a line; what is longer is cut, and says so.
LINE = 16_384

#: A flood is read no faster than this, so that it cannot take the whole process.
BREATH_LINES = 1000
BREATH_SECONDS = 0.1


class Follower:
    """Tells what a container writes, each line once; start it again when its container was started again.

    Args:
        container: which one.
        pod: its pod, for the Secrets in it.
        stack_id: whose it is.
        kit: who says it, and how much of it.
        position: from where on.
    """

    def __init__(self, container: Container, pod: JsonObject, stack_id: str, kit: Kit, position: Position) -> None:
        self._container = container
        self._stack_id = stack_id
        self._kit = kit
        self._position = position
        self._hidden = Hidden(kit.secrets, pod, kit.monotonic)
        self._lock = threading.Lock()
        self._log: LogStream | None = None
        self._closing = threading.Event()
        self._refused = 0  #: lines that were more than is allowed
        self._wake = threading.Event()
        self._now = Running(restarts=0, over=False)
        self._read_restarts: int | None = None
        self._finished: Running | None = None
        self._vain = 0  #: reads in a row that told nothing
        self._thread: threading.Thread | None = None

    @property
    def at_work(self) -> bool:
        """Whether it has a thread and a connection."""
        return self._thread is not None

    def needs_to_read(self, now: Running) -> bool:
        """Take in how the container stands; tell whether there is anything to start for."""
        with self._lock:
            if now != self._now:
                self._now = now
                self._wake.set()
            return not self.at_work and self._finished != now

    def start(self) -> None:
        """Begin to read, or go on."""
        name = f"log-{self._container.pod.name}/{self._container.name}"
        with self._lock:
            thread = threading.Thread(target=self._run, name=name, daemon=True)
            thread.start()
            self._thread = thread

    def close(self) -> None:
        """End it now, for good."""
        with self._lock:
            self._closing.set()
            log = self._log
        self._wake.set()
        if log is not None:
            log.close()

    def _run(self) -> None:
        try:
            while not self._over():
                self._wake.clear()
                pause = self._read(self._now) if self._kit.voice.up else FIRST_SECONDS
                if not self._over():
                    self._wake.wait(pause)
        finally:
            with self._lock:
                if self._thread is threading.current_thread():  # it crashed, and may be started again
                    self._thread = None

    def _over(self) -> bool:
        """Tell whether the thread has to end. Then it counts as ended, so that whoever looks next can start it anew."""
        with self._lock:
            over = self._closing.is_set() or self._finished == self._now
            if over:
                self._thread = None
            return over

    def _read(self, now: Running) -> float:
        """Read until the log ends; return how long to wait before it is read again."""
        self._vain += 1
        try:
            if self._read_restarts not in (None, now.restarts):
                with suppress(BadRequestError, NotFoundError):  # there is nothing left of the run before
                    if not self._tell(previous=True):
                        return FIRST_SECONDS
            self._read_restarts = now.restarts
            if self._tell(previous=False) and now.over:
                self._finished = now
        except ForbiddenError as error:
            self._kit.warn_once(
                "a log may not be told: a right is missing, to get pods/log or a Secret of the pod", error=str(error)
            )
            return REFUSED_SECONDS
        except BrokkrError:
            pass  # it is asked for again, and a pod that is gone is told by the watch
        return doubled(FIRST_SECONDS, times=self._vain - 1, most=LONGEST_SECONDS)

    def _tell(self, *, previous: bool) -> bool:
        """Tell what is new in one run; return whether it was read to its end."""
        self._position.again()
        one = self._container
        opened = self._kit.client.follow_log(one.pod, container=one.name, since=self._position.since, previous=previous)
        with opened as log:
            if not self._holds(log):
                return False
            try:
                for line in log:
                    if self._closing.is_set() or not self._kit.voice.up:
                        return False
                    self._take(line)
            finally:
                self._holds(None)
        return not self._closing.is_set()

    def _take(self, line: LogLine) -> None:
        redaction = self._hidden.current()  # what must not be told is known before the line counts as told
        if not self._position.fresh(line.at):
            return
        self._vain = 1
        one, size = self._container, min(len(line.text), LINE)
        if not self._kit.allows(self._stack_id, one.pod_uid, one.name, size):
            self._refused += 1
            if self._refused % BREATH_LINES == 0:
                self._closing.wait(BREATH_SECONDS)
            return
        said = PodLogLine(
            stack_id=self._stack_id,
            namespace=one.pod.namespace,
            pod=one.pod.name,
            container=one.name,
            ts=line.written,
            line=cut(hidden(line.text, redaction, whole=line.whole), LINE),
        )
        self._kit.voice.send(said)

    def _holds(self, log: LogStream | None) -> bool:
        with self._lock:
            self._log = log
            return not self._closing.is_set()
