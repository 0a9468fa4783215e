"""Logging is set up here: structlog, ``logging``, ``warnings`` and what Python says of crashes go one way."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict

from brokkr_agent.config import LogSettings
from brokkr_agent.logs.flight import Flight, recorded
from brokkr_agent.logs.levels import parse_levels
from brokkr_agent.logs.pipeline import Pipeline
from brokkr_agent.logs.render import as_console, as_json
from brokkr_agent.logs.sink import Sink

#: The log of this process: whatever is written before it is configured is lost.
LOG = Pipeline(Sink(None), as_json)


class _Outlet:
    """What structlog takes for a logger: it only knows whose it is."""

    def __init__(self, component: str = "agent") -> None:
        self.component = component


def _take(outlet: Any, method: str, line: EventDict) -> EventDict:
    LOG.take(line, outlet.component, method)
    raise structlog.DropEvent  # it has gone its way


class _Bridge(logging.Handler):
    """Takes what libraries log."""

    def createLock(self) -> None:  # noqa: N802 - the name that logging gives it
        """The pipeline needs no lock, and a lock that is held must not hold up everybody who logs."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record; a message that cannot be made is told without it."""
        try:
            line: EventDict = {"event": record.getMessage()}
        except Exception as error:
            line = {"event": "a library logged something that has no text", "error": type(error).__name__}
        if record.exc_info:
            line["exc_info"] = record.exc_info
        LOG.take(line, record.name, _word(record.levelno), foreign=True)


def configure(settings: LogSettings) -> None:
    """Set logging up for this process, or change how it is; threads may log meanwhile.

    Args:
        settings: the section ``[log]``, already checked.
    """
    LOG.levels.become(settings.level, parse_levels(settings.levels))
    LOG.repeats.seconds = settings.repeat_seconds
    LOG.entries = settings.recorder_entries
    LOG.render = as_json if settings.format == "json" else as_console(colors=_is_terminal())
    if structlog.get_config()["processors"] == [_take]:
        return
    LOG.sink = Sink(_own_descriptor())
    structlog.configure(
        processors=[_take],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=_Outlet,
    )
    root = logging.getLogger()
    root.handlers = [_Bridge()]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed
    sys.unraisablehook = _unraisable


@contextmanager
def attempt_log(**marks: str | int) -> Iterator[Flight]:
    """Write the log of one attempt: every line within a ``with`` block carries its marks and its trace id.

    Args:
        marks: ``stack_id``, ``deployment_object_id`` and ``attempt``, or ``order_id``; as far as they are known.

    Yields:
        The recorder; tell it when the attempt failed, and what led to it is printed at the end of the block.
    """
    with recorded(LOG.entries, marks) as flight:
        try:
            yield flight
        except BaseException:
            flight.fail()
            raise
        finally:
            LOG.play(flight)


def _own_descriptor() -> int | None:
    """Return a descriptor of our own for standard error: whoever closes the other one does not close this."""
    try:
        return os.dup(sys.stderr.fileno())
    except (AttributeError, OSError, ValueError):
        return None


def _is_terminal() -> bool:
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):
        return False


def _word(number: int) -> str:
    words: Mapping[int, str] = {logging.ERROR: "error", logging.WARNING: "warning", logging.INFO: "info"}
    return next((word for lowest, word in words.items() if number >= lowest), "debug")


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        LOG.take({"event": "the process crashed", "exc_info": (kind, error, trace)}, "python", "error")


def _thread_crashed(told: threading.ExceptHookArgs) -> None:
    error = told.exc_value or told.exc_type()
    name = told.thread.name if told.thread else ""
    line = {"event": "a thread crashed", "thread": name, "exc_info": (told.exc_type, error, told.exc_traceback)}
    LOG.take(line, "python", "error")


def _unraisable(told: sys.UnraisableHookArgs) -> None:
    error = told.exc_value or told.exc_type()
    what = told.err_msg or "an error that nobody could be told"
    LOG.take({"event": what, "exc_info": (told.exc_type, error, told.exc_traceback)}, "python", "error")
