"""Which lines are wanted: one level for all, others for single components, and some for a time only."""

from __future__ import annotations

import difflib
import logging
import threading
import time
from collections.abc import Callable, Mapping

from attrs import frozen

from brokkr_core.errors import UsageError

#: Every word for a level, and its number in ``logging``.
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

#: The parts of the agent that write to the log.
COMPONENTS = (
    "agent",
    "audit",
    "broker",
    "channel",
    "config",
    "control",
    "credentials",
    "diagnostics",
    "engine",
    "health",
    "kube-events",
    "kubernetes",
    "log",
    "pod-logs",
    "progress",
    "python",
    "webhooks",
    "work",
    "workers",
)

#: Libraries that write to the log, by the first word of their loggers' names; ``py`` is Python's own warnings.
FOREIGN = ("asyncio", "concurrent", "httpcore", "httpx", "py", "urllib3", "websockets")

#: Below this they tell whole URLs, and those of webhooks are often all the secret there is.
QUIET = frozenset({"httpcore", "httpx"})

#: The longest time for which a level may be changed at run time, in seconds.
LONGEST_SECONDS = 86_400.0


@frozen(kw_only=True)
class Level:
    """The level of one component."""

    component: str
    level: str
    seconds_left: float | None = None  #: until it is as before; None for what the settings say


def fault_of(component: str, level: str) -> str:
    """Say what is wrong with a level for a component; the empty text when nothing is."""
    if level not in LEVELS:
        return f"level {level!r} must be one of {', '.join(LEVELS)}"
    top = component.partition(".")[0]
    if top not in (*COMPONENTS, *FOREIGN):
        close = difflib.get_close_matches(component, (*COMPONENTS, *FOREIGN), n=1)
        hint = f"; did you mean {close[0]}?" if close else f"; there are {', '.join((*COMPONENTS, *FOREIGN))}"
        return f"there is no component {component!r}{hint}"
    if len(component) > 80:
        return "the component's name is longer than 80 characters"
    if top in QUIET and LEVELS[level] < logging.WARNING:
        return f"{component} tells whole URLs below warning, which may hold a secret"
    return ""


def parse_levels(text: str) -> dict[str, str]:
    """Read ``component=level, ...``.

    Raises:
        UsageError: something in it is no level of a component.
    """
    levels = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        component, _, level = (one.strip() for one in part.partition("="))
        fault = fault_of(component, level)
        if fault:
            raise UsageError(fault)
        levels[component] = level
    return levels


class Levels:
    """The levels in force. Safe for several threads; whoever asks for a level does not wait.

    Args:
        clock: a monotonic clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()  # a finalizer may log in the thread that holds it
        self._default = "info"
        self._given: Mapping[str, str] = {}
        self._timed: dict[str, tuple[str, float]] = {}
        self._ends = float("inf")  #: when the first of the timed ones does
        self._numbers: dict[str, int] = {}  #: what is known so far; emptied at every change
        self._loud: set[str] = set()  #: loggers of libraries whose own level was changed

    def become(self, default: str, given: Mapping[str, str]) -> None:
        """Take what the settings say; what was set for a time stays for that time.

        Args:
            default: for all components of the agent; libraries are heard from ``warning`` on.
            given: level by component, already found good.
        """
        with self._lock:
            self._default, self._given = default, dict(given)
            self._changed()

    def set(self, component: str, level: str, for_seconds: float) -> Level:
        """Set a component's level for a time; then it is again what the settings say.

        Args:
            component: one of ``COMPONENTS`` or of ``FOREIGN``, or a part of one, such as ``urllib3.connectionpool``.
            level: one of ``LEVELS``.
            for_seconds: for how long.

        Returns:
            What is in force now.

        Raises:
            UsageError: there is no such level or component, or the time is too long.
        """
        fault = fault_of(component, level)
        if not fault and not 0 < for_seconds <= LONGEST_SECONDS:
            fault = f"the time is {for_seconds:g} s; it has to be more than 0 and at most {LONGEST_SECONDS:g} s"
        if fault:
            raise UsageError(fault)
        with self._lock:
            self._timed[component] = (level, self._clock() + for_seconds)
            self._changed()
        return Level(component=component, level=level, seconds_left=for_seconds)

    def number(self, component: str, *, foreign: bool = False) -> int:
        """Return the lowest level of a component that is wanted, as a number of ``logging``."""
        if self._clock() >= self._ends:
            with self._lock:
                self._changed()
        numbers = self._numbers  # the dict of one moment: a change puts another in its place
        known = numbers.get(component)
        if known is None:
            known = self._resolve(component, foreign=foreign)
            if len(numbers) < 1000:
                numbers[component] = known
        return known

    def shown(self) -> tuple[Level, ...]:
        """Return the level of every component that is known by name, and of every other that has one of its own."""
        now = self._clock()
        with self._lock:
            self._changed()
            timed = {component: until for component, (_, until) in self._timed.items()}
        names = sorted({*COMPONENTS, *FOREIGN, *self._given, *timed})
        words = {number: word for word, number in LEVELS.items()}
        return tuple(
            Level(
                component=name,
                level=words[self.number(name, foreign=name.partition(".")[0] in FOREIGN)],
                seconds_left=timed[name] - now if name in timed else None,
            )
            for name in names
        )

    def _resolve(self, component: str, *, foreign: bool) -> int:
        name = component
        while name:
            timed = self._timed.get(name)
            level = timed[0] if timed else self._given.get(name)
            if level:
                return LEVELS[level]
            name = name.rpartition(".")[0]
        default = LEVELS[self._default]
        return max(default, logging.WARNING) if foreign else default

    def _changed(self) -> None:
        """Forget what is over and what was known; called with the lock held."""
        now = self._clock()
        self._timed = {name: one for name, one in self._timed.items() if one[1] > now}
        self._ends = min((until for _, until in self._timed.values()), default=float("inf"))
        self._numbers = {}
        loud = {name for name in {*self._given, *self._timed} if name.partition(".")[0] in FOREIGN}
        for name in loud | self._loud:
            logging.getLogger(name).setLevel(self._resolve(name, foreign=True) if name in loud else logging.NOTSET)
        self._loud = loud
