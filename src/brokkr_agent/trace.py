"""The id under which everything that one deployment attempt does can be found (W3C Trace Context)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: The header that carries it (W3C Trace Context section 3.2).
TRACEPARENT = "traceparent"

_trace: ContextVar[str] = ContextVar("brokkr_trace", default="")


def new_trace() -> str:
    """Return a new trace id: 32 lower-case hexadecimal digits, not all of them 0."""
    return secrets.token_hex(16)


def current_trace() -> str:
    """Return the trace id of the attempt that this thread works for; empty outside of attempts."""
    return _trace.get()


@contextmanager
def traced(trace_id: str) -> Iterator[None]:
    """Mark everything within a ``with`` block as done for one attempt.

    The engine's threads take the mark along (``brokkr_core.threads``).

    Args:
        trace_id: as ``new_trace`` makes it.

    Yields:
        Nothing.
    """
    token = _trace.set(trace_id)
    try:
        yield
    finally:
        _trace.reset(token)


def traceparent() -> str:
    """Return the value of the header for one request, with a span id of its own; empty outside of attempts."""
    trace_id = current_trace()
    return f"00-{trace_id}-{secrets.token_hex(8)}-01" if trace_id else ""
