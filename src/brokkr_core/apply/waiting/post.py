"""A thread that watches one collection: LIST, then WATCH from there, again when the line breaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from brokkr_core.apply.waiting.board import Board, Collection
from brokkr_core.apply.waiting.roll import roll
from brokkr_core.apply.waiting.sight import Sight, light
from brokkr_core.errors import ApiError, BrokkrError, GoneError
from brokkr_core.kube.client import KubeClient
from brokkr_core.kube.discovery import Resource
from brokkr_core.kube.watch import Change, Watch, WatchEvent
from brokkr_core.model.ref import ref_of
from brokkr_core.threads import carried

#: After so many breaks a watch is given up; asking again and again for a line that does not hold costs more.
MOST_BREAKS = 3

#: A watch that ends sooner than this without a word was not one.
_TOO_SHORT_SECONDS = 1.0

#: Answers after which asking again for a watch is in vain: no right, no such verb, no such API.
_REFUSALS = frozenset({400, 401, 403, 404, 405, 406, 501})


class _Unwatchable(Exception):  # noqa: N818 - a turn of events, not an error
    """The collection cannot be watched."""


class Post(threading.Thread):
    """Watches a collection until it is closed or nothing in it is wanted any more.

    Args:
        client: the cluster.
        collection: what to watch.
        board: where to report.
        pause_seconds: how long to wait after a break.
        give_up: called once, from this thread, when the collection has to be looked at in another way.
    """

    def __init__(
        self,
        client: KubeClient,
        collection: Collection,
        board: Board,
        *,
        pause_seconds: float,
        give_up: Callable[[Collection], None],
    ) -> None:
        super().__init__(target=carried(self._go), name=f"watch-{collection.group_kind.kind}", daemon=True)
        self._client = client
        self._collection = collection
        self._board = board
        self._pause = pause_seconds
        self._give_up = give_up
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._watch: Watch | None = None
        self._version = ""
        self._breaks = 0

    def close(self) -> None:
        """End the watch now; ``join`` waits for the thread."""
        with self._lock:
            self._closing.set()
            watch = self._watch
        if watch is not None:
            watch.close()

    @property
    def _over(self) -> bool:
        return self._closing.is_set() or not self._board.wanted(self._collection)

    def _go(self) -> None:
        """Watch; hand the collection on in the end, unless it is over."""
        try:
            while not self._over:
                self._once()
        except _Unwatchable:
            pass
        finally:
            if not self._over:
                self._give_up(self._collection)

    def _once(self) -> None:
        try:
            resource, fields = self._where()
            if not self._version:
                self._list(resource, fields)
            self._follow(resource, fields)
        except GoneError:
            self._version = ""
            self._broke()
        except BrokkrError as error:
            if isinstance(error, ApiError):
                self._version = ""
                if error.status in _REFUSALS:
                    raise _Unwatchable from error
            if not self._version:  # what broke later goes on where it was, and what is known stays known
                for ref in self._board.awaited(self._collection):
                    self._board.pin(ref, Sight(trouble=error))
            self._broke()

    def _where(self) -> tuple[Resource, str]:
        """Where to look; at one object alone when the run has no other one here."""
        wanted = self._board.wanted(self._collection)
        ref = next(iter(wanted), None)
        if ref is None:
            raise _Unwatchable
        resource = self._client.resource(ref)
        if resource.verbs and "watch" not in resource.verbs:
            raise _Unwatchable
        return resource, f"metadata.name={ref.name}" if len(wanted) == 1 else ""

    def _list(self, resource: Resource, fields: str) -> None:
        awaited = self._board.awaited(self._collection)  # written before the LIST began, so it has to show them
        wanted = self._board.wanted(self._collection)
        found, self._version = roll(self._client, resource, self._collection.namespace, wanted, fields=fields)
        for ref in wanted:
            if ref in found:
                self._board.pin(ref, Sight(body=found[ref]))
            elif ref in awaited:
                self._board.pin(ref, Sight(gone=True))

    def _follow(self, resource: Resource, fields: str) -> None:
        began, heard = time.monotonic(), False
        space = self._collection.namespace
        watch = self._client.watch(resource, namespace=space, resource_version=self._version, fields=fields)
        with watch:
            with self._lock:
                self._watch = watch
                if self._closing.is_set():
                    return
            for event in watch:
                heard = True
                self._version = event.resource_version or self._version
                self._report(event)
                if self._over:
                    return
        if not heard and time.monotonic() - began < _TOO_SHORT_SECONDS:
            self._broke()

    def _report(self, event: WatchEvent) -> None:
        if event.change is not Change.BOOKMARK:
            sight = Sight(body=light(event.body), gone=event.change is Change.DELETED)
            self._board.pin(ref_of(event.body), sight)

    def _broke(self) -> None:
        self._breaks += 1
        if self._breaks > MOST_BREAKS:
            raise _Unwatchable
        self._closing.wait(self._pause)
