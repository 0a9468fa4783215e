"""Progress as it happens, as server-sent events (WHATWG HTML, 9.2)."""

from __future__ import annotations

import json
from collections.abc import Generator

from brokkr_agent.deployments.ring import Ring, Told
from brokkr_agent.http.answer import Stream
from brokkr_core.model.json import JsonObject

EVENTS = "text/event-stream"
#: Nothing to do for a listener: a comment (WHATWG HTML, 9.2.6).
IDLE = b": idle\n\n"
#: How long a browser waits before it comes back, in milliseconds.
RETRY_MILLISECONDS = 2000

_LOOK_SECONDS = 1.0


def feed(ring: Ring, *, last_id: str, stack_id: str = "") -> Stream:
    """Tell everything from now on, or from where a listener was cut off.

    Args:
        ring: what was told.
        last_id: the last id the listener has heard; empty for one that begins.
        stack_id: only what is about this stack; empty for all.

    Returns:
        The stream; an event ``gap`` says that something in between is not known any more.
    """
    return Stream(content_type=EVENTS, pieces=_pieces(ring, last_id, stack_id), idle=IDLE)


def _pieces(ring: Ring, last_id: str, stack_id: str) -> Generator[bytes, None, None]:
    known = ring.number_of(last_id) if last_id else ring.last
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    number = -1 if known is None else known
    while True:
        closed = ring.closed  # asked first: what was told before the end is told here too
        batch = ring.after(number, seconds=_LOOK_SECONDS)
        if batch.missed:
            number = ring.last
            yield written("gap", ring.identify(number), {"after": last_id or None})
            continue
        if closed and not batch.told:
            return
        mine = [one for one in batch.told if stack_id in ("", one.stack_id)]
        yield b"".join(_event(ring, one) for one in mine)
        number = batch.told[-1].number if batch.told else number


def written(kind: str, identity: str, body: JsonObject) -> bytes:
    """Write one event; JSON holds no line break, so its data is one line."""
    return f"event: {kind}\nid: {identity}\ndata: {json.dumps(body)}\n\n".encode()


def _event(ring: Ring, told: Told) -> bytes:
    return written(told.kind, ring.identify(told.number), told.body())
