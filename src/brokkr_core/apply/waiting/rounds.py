"""A thread that goes round the collections that cannot be watched: one look at each per interval."""

from __future__ import annotations

import threading

from brokkr_core.apply.waiting.board import Board, Collection
from brokkr_core.apply.waiting.roll import survey
from brokkr_core.kube.client import KubeClient
from brokkr_core.threads import carried


class Rounds(threading.Thread):
    """Looks at every collection it was given, as long as something in it is awaited.

    Args:
        client: the cluster.
        board: where to report.
        interval_seconds: between the end of one round and the beginning of the next.
    """

    def __init__(self, client: KubeClient, board: Board, *, interval_seconds: float) -> None:
        super().__init__(target=carried(self._go_round), name="watch-rounds", daemon=True)
        self._client = client
        self._board = board
        self._interval = interval_seconds
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._collections: dict[Collection, None] = {}

    def add(self, collection: Collection) -> None:
        """Look at one more collection."""
        with self._lock:
            self._collections[collection] = None

    def close(self) -> None:
        """Begin no other look; ``join`` waits for the one that is under way."""
        self._closing.set()

    def _go_round(self) -> None:
        while not self._closing.wait(self._interval):
            with self._lock:
                collections = list(self._collections)
            for collection in collections:
                self._look(collection)

    def _look(self, collection: Collection) -> None:
        if self._closing.is_set():
            return
        for ref, sight in survey(self._client, self._board.awaited(collection)).items():
            self._board.pin(ref, sight)
