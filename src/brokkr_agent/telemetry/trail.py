"""Follow the changes of one collection from now on, over any number of watches; another thread may end it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from brokkr_core.errors import GoneError
from brokkr_core.kube import Change, KubeClient, Watch, WatchEvent
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef


class Trail:
    """Goes on where it left off, so that nothing is seen twice and nothing is missed between two watches.

    Args:
        client: the cluster.
        kind: the kind to follow; its name does not count.
        begin: called with everything that is there whenever a watch begins anew, page by page; None begins with the
            next change.
    """

    def __init__(
        self, client: KubeClient, kind: ObjectRef, *, begin: Callable[[Iterator[JsonObject]], None] | None = None
    ) -> None:
        self._client = client
        self._kind = kind
        self._begin = begin
        self._lock = threading.Lock()
        self._watch: Watch | None = None
        self._closed = False
        self._version = ""

    def follow(self, take: Callable[[WatchEvent], bool]) -> None:
        """Follow until the server ends the watch, ``take`` wants no more, or somebody closes it.

        Args:
            take: gets each change; false ends it, and the change is seen again next time.

        Raises:
            GoneError: what came next is forgotten, so something was missed; the next call begins anew.
            ApiError, NetworkError: as the cluster has it.
        """
        resource = self._client.resource(self._kind)
        if not self._version:
            self._version = self._start()
        try:
            watch = self._client.watch(resource, resource_version=self._version)
            with watch:
                if not self._holds(watch):
                    return
                for event in watch:
                    if event.change is not Change.BOOKMARK and not take(event):
                        return
                    self._version = event.resource_version or self._version
        except GoneError:
            self._version = ""
            raise
        finally:
            self._holds(None)

    def close(self) -> None:
        """End the watch now, and every later one at once."""
        with self._lock:
            self._closed = True
            watch = self._watch
        if watch is not None:
            watch.close()

    def _holds(self, watch: Watch | None) -> bool:
        with self._lock:
            self._watch = watch
            return not self._closed

    def _start(self) -> str:
        """Return the version to go on from; what is there is handed out, if somebody wants it."""
        resource, version = self._client.resource(self._kind), ""
        if self._begin is None:
            return next(self._client.pages(resource, limit=1)).resource_version

        def everything() -> Iterator[JsonObject]:
            nonlocal version
            for page in self._client.pages(resource):
                version = page.resource_version
                yield from page.items

        self._begin(everything())
        return version
