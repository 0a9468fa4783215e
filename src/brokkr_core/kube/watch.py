"""Watch a collection: typed events as they come, and the refusals an API server puts between them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum

from attrs import field, frozen

from brokkr_core.errors import ClusterUnreachableError
from brokkr_core.kube.errors import api_error
from brokkr_core.kube.streamed import Streamed
from brokkr_core.model.http import Response
from brokkr_core.model.json import Json, JsonObject, as_int, as_object, as_text, dig

#: How long one watch lasts before the server ends it. What is lost without a word is noticed after that long.
WATCH_SECONDS = 30

#: How much longer than the watch itself the line may stay silent.
SILENCE_SECONDS = 5.0


class Change(StrEnum):
    """What happened to an object. A bookmark is about none: it says up to which version everything was told."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"


@frozen(kw_only=True)
class WatchEvent:
    """One event. The body of a deletion is the object as it was last."""

    change: Change
    body: JsonObject = field(repr=False)

    @property
    def resource_version(self) -> str:
        """The version to go on from after this event."""
        return as_text(dig(self.body, "metadata", "resourceVersion"))


class Watch(Streamed):
    """An open watch: iterate over it in one thread, close it from any.

    Args:
        request: what was asked, for messages.
        stream: the answer.

    Raises:
        GoneError: the version to go on from is too old; list again.
        ApiError: any other refusal.
    """

    def __iter__(self) -> Iterator[WatchEvent]:
        """Yield events until the server ends the watch or somebody closes it.

        Raises:
            GoneError: the server has forgotten what comes next; list again.
            ApiError: the server ended it with another error.
            ClusterUnreachableError: the line broke.
        """
        for line in self._stream:
            event = self._read(line)
            kind = as_text(event.get("type"))
            body = as_object(event.get("object"))
            if kind == "ERROR":
                raise api_error(self._request, Response.of_json(as_int(body.get("code"), 500), body))
            if kind in Change.__members__:
                yield WatchEvent(change=Change(kind), body=body)

    def _read(self, line: bytes) -> JsonObject:
        try:
            found: Json = json.loads(line)
        except (ValueError, RecursionError) as error:
            broken = f"{self._request.endpoint}: the watch broke off in the middle of an event"
            raise ClusterUnreachableError(broken, sent=True) from error
        return as_object(found)
