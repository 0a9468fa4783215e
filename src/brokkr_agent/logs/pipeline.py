"""The way of a line: wanted or kept, counted, limited, redacted, rendered, written. Nothing of it ever raises."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import structlog
from structlog.typing import EventDict

from brokkr_agent.logs.fields import HEAD
from brokkr_agent.logs.flight import Flight, Kept, current_flight, current_marks
from brokkr_agent.logs.levels import LEVELS, Levels
from brokkr_agent.logs.redaction import Redaction
from brokkr_agent.logs.repeats import Repeats
from brokkr_agent.logs.secrets import Secrets
from brokkr_agent.logs.sink import Sink
from brokkr_agent.logs.tally import Tally

#: Makes one line of fields in their order.
Render = Callable[[EventDict], str]

#: The number of every method of a logger.
_NUMBERS = {**LEVELS, "critical": logging.ERROR}


class Pipeline:
    """Takes every line of the process, the agent's own and those of libraries.

    Args:
        sink: where lines are written.
        render: how.
    """

    def __init__(self, sink: Sink, render: Render) -> None:
        self.sink = sink
        self.render = render
        self.levels = Levels()
        self.secrets = Secrets()
        self.repeats = Repeats()
        self.tally = Tally()
        self.entries = 0  #: how many lines the recorder of an attempt keeps
        self._redaction = Redaction(self.secrets.hide)
        self._told_lost = 0

    def take(self, line: Mapping[str, object], component: str, level: str, *, foreign: bool = False) -> None:
        """Take one line.

        Args:
            line: the fields as they were given, ``event`` among them.
            component: who says it.
            level: how grave it is.
            foreign: whether a library says it.
        """
        try:
            self._take(line, component, level, foreign=foreign)
        except Exception:
            self._lament(component, level)

    def note(self, component: str, event: str, **fields: object) -> None:
        """Take a debug line of the agent's own that comes with every request or object: quicker than a logger.

        Args:
            component: who says it.
            event: what it says.
            fields: what belongs to it; made into texts only when the line is printed.
        """
        if self.levels.number(component) > logging.DEBUG:
            flight = current_flight()
            if flight is not None and flight.records:
                fields["event"] = event
                flight.keep(Kept(time.time(), component, "debug", fields))
            return
        self.take({"event": event, **fields}, component, "debug")

    def play(self, flight: Flight) -> None:
        """Print what was kept of an attempt that failed; of one that went well, forget it."""
        kept, dropped = flight.end()
        if not flight.failed or not kept:
            return
        more: EventDict = {"dropped": dropped} if dropped else {}
        told = {**flight.marks, "event": "what led to the failure follows", "lines": len(kept), **more}
        self.take(told, "log", "info")
        for one in kept:
            try:
                self._print({**flight.marks, **one.line, "recorded": True}, one.component, one.level, at=one.at)
            except Exception:
                self._lament(one.component, one.level)

    def _take(self, line: Mapping[str, object], component: str, level: str, *, foreign: bool) -> None:
        number = _NUMBERS.get(level, logging.INFO)
        if number < self.levels.number(component, foreign=foreign):
            flight = current_flight()
            if flight is not None and flight.records and not foreign:
                flight.keep(Kept(time.time(), component, level, _lasting(line)))
            return
        self.tally.count(level, component)
        marked: EventDict = {**current_marks(), **line}
        if number == logging.WARNING:
            suppressed = self.repeats.admit(_likeness(marked, component))
            if suppressed is None:
                return
            if suppressed:
                marked["suppressed"] = suppressed
        self._print(marked, component, level, at=time.time())

    def _print(self, line: Mapping[str, object], component: str, level: str, *, at: float) -> None:
        fields = self._redaction.fields(_lasting(line))
        event = fields.pop("event", "")
        # What says what a line is cannot be said by one of its own fields.
        for name in HEAD:
            if name in fields:
                fields[f"{name}_"] = fields.pop(name)
        head: EventDict = {"timestamp": _written(at), "level": level, "component": component, "event": event}
        if self.sink.write(self.render({**head, **fields})) and self.sink.lost > self._told_lost:
            lost, self._told_lost = self.sink.lost - self._told_lost, self.sink.lost
            told: EventDict = {"event": "lines of the log could not be written", "lost": lost}
            self.sink.write(self.render({**head, "level": "warning", "component": "log", **told}))

    def _lament(self, component: str, level: str) -> None:
        """Say that a line could not be made, without anything of it."""
        try:
            head: EventDict = {"timestamp": _written(time.time()), "level": level, "component": component}
            self.sink.write(self.render({**head, "event": "a line could not be made; this is a bug of the log"}))
        except Exception:
            return


def _lasting(line: Mapping[str, object]) -> EventDict:
    """Return the fields with the traceback as a text: an exception that is kept would keep all it came by."""
    if not line.get("exc_info"):
        return {name: value for name, value in line.items() if name != "exc_info"}
    return structlog.processors.format_exc_info(None, "", dict(line))


def _likeness(line: Mapping[str, object], component: str) -> tuple[str, ...]:
    """Return what makes a warning equal to another one: all it says, whatever attempt or traceback it belongs to."""
    own: Sequence[tuple[str, object]] = sorted(line.items())
    apart = ("trace_id", "attempt", "exc_info")
    return (component, *(f"{name}={value}" for name, value in own if name not in apart))


def _written(at: float) -> str:
    """Write a time as RFC 3339 does, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
