"""One authenticated request, taken apart: all that a handler gets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias, TypeVar

from attrs import frozen

from brokkr_core.model.broker import Identity
from brokkr_core.model.http import Request, Response
from brokkr_core.testing.broker.auth import AuthCache
from brokkr_core.testing.broker.decode import parse_time, parse_uuid
from brokkr_core.testing.broker.errors import refuse_text
from brokkr_core.testing.broker.live.board import Board
from brokkr_core.testing.broker.settings import Settings
from brokkr_core.testing.broker.sources import Post, Receipt, Sources
from brokkr_core.testing.broker.store import State

T = TypeVar("T")

#: Fits into 64 bits, whatever the digits.
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


@frozen(kw_only=True)
class Call:
    """A request that found its route and its caller.

    Args:
        request: as it came.
        caller: whose PAK it carries.
        params: the variable parts of the path, decoded; UUIDs in lower case with hyphens.
        now: when it came; one call sees one time.
        state: the database.
        sources: ids and tokens.
        settings: the broker's settings.
        cache: the memory of PAKs of this process.
        board: who is connected to this process by WebSocket.
    """

    request: Request
    caller: Identity
    params: Mapping[str, str]
    now: datetime
    state: State
    sources: Sources
    settings: Settings
    cache: AuthCache
    board: Board

    @property
    def id(self) -> str:
        """The id the path names."""
        return self.params["id"]

    def new_id(self) -> str:
        """Return an id for a new row."""
        return self.sources.new_id()

    def query_uuid(self, name: str) -> str | None:
        """Return a UUID of the query, or None when it is not given.

        Raises:
            RefusedError: 400 with a text body, it is no UUID.
        """
        return self._query(name, parse_uuid, "a UUID")

    def query_integer(self, name: str) -> int | None:
        """Return a whole number of the query, or None when it is not given; refuses as ``query_uuid``."""
        return self._query(name, _parse_integer, "a whole number")

    def query_boolean(self, name: str) -> bool | None:
        """Return ``true`` or ``false`` of the query, or None when it is not given; refuses as ``query_uuid``."""
        return self._query(name, {"true": True, "false": False}.get, "true or false")

    def query_time(self, name: str) -> datetime | None:
        """Return an RFC 3339 time of the query, or None when it is not given; refuses as ``query_uuid``."""
        return self._query(name, parse_time, "an RFC 3339 time")

    def _query(self, name: str, parse: Callable[[str], T | None], expected: str) -> T | None:
        text = self.request.query.get(name)
        if text is None:
            return None
        found = parse(text)
        if found is None:
            raise refuse_text(400, f"Failed to deserialize query string: {name}: expected {expected}")
        return found


def _parse_integer(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


@frozen(kw_only=True)
class Errand:
    """What has to be fetched from outside before a request can be answered.

    Args:
        post: what to deliver.
        then: makes the answer of how that went; may raise RefusedError.
    """

    post: Post
    then: Callable[[Receipt], Response]


Handler: TypeAlias = Callable[[Call], Response | Errand]


@frozen(kw_only=True)
class Route:
    """A method and a path template below ``/api/v1``.

    Args:
        method: upper case.
        template: ``/agents/{id}/labels/{label}``; a part whose name ends in ``id`` must be a UUID.
        handler: what answers.
    """

    method: str
    template: str
    handler: Handler
