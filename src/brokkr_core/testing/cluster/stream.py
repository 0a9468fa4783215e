"""An open watch as the lines of bytes that go over the wire."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from io import BytesIO
from typing import Protocol

from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.options import Call, is_true
from brokkr_core.testing.cluster.views import event_shown, view_of
from brokkr_core.testing.cluster.watch import Watch


class OpenStream(Protocol):
    """An answer that goes on: a watch, or a log that is followed."""

    @property
    def content_type(self) -> str:
        """The media type of its lines."""

    @property
    def opened_at(self) -> datetime:
        """When it was opened, by the cluster's clock."""

    @property
    def timeout_seconds(self) -> float:
        """After how long it ends by itself."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""

    def take(self) -> bytes:
        """Return the lines that are ready to be sent."""

    def close(self) -> None:
        """Let go of it."""


def is_stream(request: Request) -> bool:
    """Tell whether the answer to a request goes on."""
    if request.method != "GET":
        return False
    return is_true(request.query, "watch") or (request.path.endswith("/log") and is_true(request.query, "follow"))


def lines_of(data: bytes) -> list[bytes]:
    """Split what is sent into its lines, ends kept; a carriage return within a log ends none."""
    return BytesIO(data).readlines()


def taken_once(opened: OpenStream | Response) -> Response:
    """Answer with what there is to send right now, and let go of the rest."""
    if isinstance(opened, Response):
        return opened
    try:
        return Response(status=200, headers={"content-type": opened.content_type}, body=opened.take())
    finally:
        opened.close()


class OpenWatch:
    """A watch that somebody reads from; it ends when the cluster's clock reaches its timeout.

    Args:
        core: the cluster.
        call: what is watched.
        request: selectors, version, timeout and the wanted view.

    Raises:
        Refusal: the watch cannot be opened.
    """

    content_type = "application/json"

    def __init__(self, core: Core, call: Call, request: Request) -> None:
        self._core = core
        self._call = call
        self._query = request.query
        self._view = view_of(request.headers.get("accept", ""))
        self._watch = Watch(core, call, request.query)
        self.timeout_seconds = float(self._watch.timeout_seconds)
        self.opened_at = core.clock()
        self._ends = self.opened_at + timedelta(seconds=self.timeout_seconds)
        self._next_bookmark = self._bookmark_due()

    def take(self) -> bytes:
        """Return the lines that are ready to be sent; empty when nothing happened."""
        events = self._watch.take()
        if events:
            self._next_bookmark = self._bookmark_due()
        elif self._watch.bookmarks and self._core.clock() >= self._next_bookmark:
            self._next_bookmark = self._bookmark_due()
            events = [self._watch.bookmark()]
        return b"".join(self._line(event) for event in events)

    @property
    def ended(self) -> bool:
        """Whether its time is over."""
        return self._core.clock() >= self._ends

    def close(self) -> None:
        """Stop watching."""
        self._watch.close()

    def _bookmark_due(self) -> datetime:
        return self._core.clock() + timedelta(seconds=self._core.settings.bookmark_seconds)

    def _line(self, event: JsonObject) -> bytes:
        body = event_shown(self._view, event, self._call.resource, self._query, self._core.clock())
        return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
