"""Keep an eye on everything that was written: one watch per kind and namespace, rounds for what cannot be watched."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from brokkr_core.apply.waiting.board import Board, Collection
from brokkr_core.apply.waiting.post import Post
from brokkr_core.apply.waiting.rounds import Rounds
from brokkr_core.apply.waiting.sight import Sight
from brokkr_core.kube.client import KubeClient
from brokkr_core.model.ref import ObjectRef

#: Watches at once, each a thread and a connection; further collections are looked at in rounds.
MOST_WATCHES = 16

#: The longest wait before a broken watch is opened again.
PAUSE_SECONDS = 1.0


class Lookout:
    """Looks at objects and calls out when something is new. Use it from one thread, and close it.

    Args:
        client: the cluster.
        wanted: everything the run may wait for.
        wake: called from other threads when ``news`` has something to tell.
        poll_seconds: between two looks at what cannot be watched, and after a watch broke.
        most_watches: how many collections are watched at once.
    """

    def __init__(
        self,
        client: KubeClient,
        *,
        wanted: Iterable[ObjectRef],
        wake: Callable[[], None],
        poll_seconds: float,
        most_watches: int = MOST_WATCHES,
    ) -> None:
        self._client = client
        self._board = Board(wanted, wake=wake)
        self._poll_seconds = poll_seconds
        self._most = most_watches
        self._lock = threading.Lock()
        self._closed = False
        self._posts: dict[Collection, Post] = {}
        self._rounds: Rounds | None = None
        self._in_rounds: set[Collection] = set()

    def expect(self, ref: ObjectRef) -> None:
        """Look at an object from now on. It was written already."""
        self._board.expect(ref)
        collection = Collection.of(ref)
        if collection in self._posts or collection in self._in_rounds:
            return
        if sum(post.is_alive() for post in self._posts.values()) >= self._most:
            self._go_round(collection)
            return
        post = Post(
            self._client,
            collection,
            self._board,
            pause_seconds=min(self._poll_seconds, PAUSE_SECONDS),
            give_up=self._go_round,
        )
        self._posts[collection] = post
        post.start()

    def forget(self, ref: ObjectRef) -> None:
        """Look at an object no longer; the last one of its collection ends the watch."""
        self._board.forget(ref)
        collection = Collection.of(ref)
        post = self._posts.get(collection)
        if post is not None and not self._board.wanted(collection):
            post.close()

    def news(self) -> dict[ObjectRef, Sight]:
        """Return what was seen of awaited objects since the last time."""
        return self._board.take()

    def close(self) -> None:
        """End every watch and wait for every thread."""
        with self._lock:
            self._closed = True
            rounds = self._rounds
        for post in self._posts.values():
            post.close()
        if rounds is not None:
            rounds.close()
        for thread in (*self._posts.values(), *((rounds,) if rounds is not None else ())):
            thread.join()

    def _go_round(self, collection: Collection) -> None:
        with self._lock:
            if self._closed:
                return
            self._in_rounds.add(collection)
            if self._rounds is None:
                self._rounds = Rounds(self._client, self._board, interval_seconds=self._poll_seconds)
                self._rounds.start()
            self._rounds.add(collection)
