"""Reads server-sent events (WHATWG HTML, 9.2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

#: No event of an agent, but that its stream has begun (named as by ``EventSource``, WHATWG HTML, 9.2.2).
OPEN = "open"


@frozen(kw_only=True)
class ServerSentEvent:
    """One event. ``identity`` is what to come back with; it goes on counting when an event has none of its own."""

    kind: str = "message"
    identity: str = ""
    data: str = ""


def read_events(lines: Iterable[str]) -> Iterator[ServerSentEvent]:
    """Read events from lines.

    Args:
        lines: the lines of a stream, with or without their ends.

    Yields:
        Every event that is whole; what a broken line leaves behind is dropped.
    """
    kind, identity = "", ""
    data: list[str] = []
    for line in lines:
        text = line.rstrip("\r\n")
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if text == "":
            if data:
                yield ServerSentEvent(kind=kind or "message", identity=identity, data="\n".join(data))
            kind, data = "", []
        elif name == "event":
            kind = value
        elif name == "data":
            data.append(value)
        elif name == "id" and "\0" not in value:
            identity = value
