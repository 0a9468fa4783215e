"""Watches: the changes of a resource since a version, as a client with a selector sees them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.listing import check_match, check_not_future, read_page, read_version
from brokkr_core.testing.cluster.options import Call, is_true, whole_number
from brokkr_core.testing.cluster.selectors import selector
from brokkr_core.testing.cluster.status import expired
from brokkr_core.testing.cluster.store import Event

#: A watch without a timeout ends on its own after this long (``--min-request-timeout``).
DEFAULT_SECONDS = 1800


class Watch:
    """An open watch. It only gathers events; whoever holds it sends them on.

    Args:
        core: the cluster.
        call: the resource, and the namespace or empty for all.
        query: selectors, resourceVersion, bookmarks, initial events, timeout.

    Raises:
        Refusal: a parameter cannot be read (400), the version is too old (410) or from the future (504).
    """

    def __init__(self, core: Core, call: Call, query: Mapping[str, str]) -> None:
        self._core = core
        self._call = call
        self._selects = selector(call.resource, query.get("labelSelector", ""), query.get("fieldSelector", ""))
        self._pending: deque[JsonObject] = deque()
        self.bookmarks = is_true(query, "allowWatchBookmarks")
        self.timeout_seconds = whole_number(query, "timeoutSeconds") or DEFAULT_SECONDS
        self._start(query)
        core.store.listeners.append(self._notice)

    def close(self) -> None:
        """Stop gathering."""
        if self._notice in self._core.store.listeners:
            self._core.store.listeners.remove(self._notice)

    def take(self) -> list[JsonObject]:
        """Return the events gathered since the last time, oldest first."""
        out = list(self._pending)
        self._pending.clear()
        return out

    def bookmark(self) -> JsonObject:
        """Return an event that says up to which version everything has been sent."""
        return self._bookmark({})

    def _start(self, query: Mapping[str, str]) -> None:
        check_match(query)
        asked = read_version(query)
        check_not_future(self._core, asked)
        initial = is_true(query, "sendInitialEvents")
        if initial or asked == 0:
            selection = {key: query[key] for key in ("labelSelector", "fieldSelector") if key in query}
            page = read_page(self._core, self._call, selection)
            self._pending.extend({"type": "ADDED", "object": self._shown(body)} for body in page.items)
        else:
            self._replay(asked)
        if initial:
            self._pending.append(self._bookmark({"k8s.io/initial-events-end": "true"}))

    def _replay(self, version: int) -> None:
        store = self._core.store
        if version < store.oldest_version:
            raise expired(f"too old resource version: {version} ({store.oldest_version + 1})")
        for event in store.log:
            if event.version > version:
                self._notice(event)

    def _notice(self, event: Event) -> None:
        call = self._call
        if event.storage_id != call.resource.storage_id:
            return
        if call.namespace and event.key[0] != call.namespace:
            return
        if call.name and event.key[1] != call.name:
            return
        was = event.before is not None and self._selects(event.before)
        is_now = event.type != "DELETED" and self._selects(event.body)
        if not was and not is_now:
            return
        kind = "MODIFIED" if was and is_now else "ADDED" if is_now else "DELETED"
        self._pending.append({"type": kind, "object": self._shown(event.body)})

    def _shown(self, body: JsonObject) -> JsonObject:
        return self._call.resource.in_this_version(body)

    def _bookmark(self, annotations: dict[str, str]) -> JsonObject:
        metadata: JsonObject = {"resourceVersion": str(self._core.store.version), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = dict(annotations)
        resource = self._call.resource
        body: JsonObject = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
        return {"type": "BOOKMARK", "object": body}
