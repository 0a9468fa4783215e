"""How a line looks: JSON for machines, columns for people."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from structlog.typing import EventDict

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
        return str(render(None, "", {"logger" if name == "component" else name: one for name, one in fields.items()}))

    return write
