"""How a line looks: JSON for machines, columns for people."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from structlog.typing import EventDict

#: Characters that a terminal obeys, as they are shown; a line end in a message would pass for another line of the log.
_CONTROLS = {number: repr(chr(number))[1:-1] for number in (*range(32), *range(127, 160))}
#: In a traceback line ends and tabs are its own.
_IN_TEXTS = {number: shown for number, shown in _CONTROLS.items() if chr(number) not in "\n\t"}

_JSON = structlog.processors.JSONRenderer()


def as_json(fields: EventDict) -> str:
    """Write a line as one JSON object."""
    return str(_JSON(None, "", fields))


def as_console(*, colors: bool) -> Callable[[EventDict], str]:
    """Return who writes lines for people; a traceback comes below its line.

    Args:
        colors: whether a terminal shows them.
    """
    # The default would show the values of local variables in tracebacks.
    render = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)

    def write(fields: EventDict) -> str:
        told = {"logger" if name == "component" else name: one for name, one in fields.items()}
        for name, shown in (("event", _CONTROLS), ("exception", _IN_TEXTS)):
            if name in told:
                told[name] = str(told[name]).translate(shown)
        return str(render(None, "", told))

    return write
