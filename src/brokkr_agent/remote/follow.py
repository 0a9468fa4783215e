"""Follows an agent: asks what there is, and then hears what changes, whatever happens to the line."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import TypeAlias

from attrs import frozen

from brokkr_agent.remote.client import ControlClient
from brokkr_agent.remote.sse import OPEN, ServerSentEvent
from brokkr_core.errors import NetworkError
from brokkr_core.model.json import JsonObject, as_list, as_object, as_text
from brokkr_core.retry import doubled

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 10.0


@frozen(kw_only=True)
class Listed:
    """Everything there is, newest first; what was known before counts no more."""

    attempts: tuple[JsonObject, ...]


@frozen(kw_only=True)
class News:
    """How far one attempt is now, perhaps with the object that has changed."""

    attempt: JsonObject


@frozen(kw_only=True)
class Removed:
    """The agent knows a stack no more."""

    stack_id: str


@frozen(kw_only=True)
class Away:
    """The agent cannot be reached; it is tried again."""

    error: str


@frozen(kw_only=True)
class Back:
    """The agent that was away answers again, and nothing of what it told meanwhile is missing."""


Update: TypeAlias = Listed | News | Removed | Away | Back


class Follower:
    """Follows one agent in a thread of its own, so that whoever waits for news can stop waiting.

    Args:
        client: the agent.
    """

    def __init__(self, client: ControlClient) -> None:
        self._client = client
        self._updates: SimpleQueue[Update | Exception] = SimpleQueue()
        self._over = threading.Event()
        self._last_id = ""
        self._away = False
        self._thread = threading.Thread(target=self._run, name="follow", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Do not come back once the line is lost."""
        self._over.set()

    def next(self, seconds: float) -> Update | None:
        """Wait for news.

        Args:
            seconds: how long, at most.

        Returns:
            The next; None when there was none in that time.

        Raises:
            NetworkError: the agent could not be reached from the beginning.
        """
        try:
            found = self._updates.get(timeout=max(0.0, seconds))
        except Empty:
            return None
        if isinstance(found, Exception):
            raise found
        return found

    def _run(self) -> None:
        failures, reached = 0, False
        while not self._over.is_set():
            try:
                for update in self._hear():
                    failures, reached = 0, True
                    self._updates.put(update)
                trouble = "the agent has ended the stream"
            except NetworkError as error:
                if not reached:
                    self._updates.put(error)
                    return
                trouble = str(error)
            except Exception as error:  # whoever waits has to hear of it, and would wait for ever otherwise
                self._updates.put(error)
                return
            self._away = True
            self._updates.put(Away(error=trouble))
            self._over.wait(doubled(FIRST_WAIT_SECONDS, times=failures, most=LONGEST_WAIT_SECONDS))
            failures += 1

    def _hear(self) -> Iterator[Update]:
        """Hear what comes after the last; at the beginning, or when that is known no more, all there is comes first."""
        while True:
            if not self._last_id:
                listed = self._client.get("/v1/deployments")
                self._last_id = as_text(listed.get("last_event_id"))
                yield Listed(attempts=tuple(as_object(one) for one in as_list(listed.get("items"))))
            for event in self._client.events("/v1/events", last_id=self._last_id):
                if event.kind == "gap":
                    self._last_id = ""
                    break
                if event.kind == OPEN:
                    back, self._away = self._away, False
                    yield from [Back()] if back else []
                    continue
                yield from _read(event)
                self._last_id = event.identity or self._last_id
            else:
                return


def _read(event: ServerSentEvent) -> list[Update]:
    """Read one event; kinds that came with a later agent are passed over."""
    try:
        body = as_object(json.loads(event.data))
    except ValueError as error:
        raise NetworkError(f"the agent told what cannot be read: {error}") from error
    if event.kind == "progress":
        return [News(attempt=body)]
    return [Removed(stack_id=as_text(body.get("stack_id")))] if event.kind == "removed" else []
