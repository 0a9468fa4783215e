"""The broker for the threads of a server: one lock, a log of what was answered, and what is kept of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from attrs import frozen

from brokkr_core.model.http import Request, Response
from brokkr_core.testing.broker.call import Errand
from brokkr_core.testing.broker.core import Broker, finish
from brokkr_core.testing.broker.posting import post_over_http
from brokkr_core.testing.broker.sources import Post, Receipt
from brokkr_core.testing.broker.store import State


@frozen(kw_only=True)
class LoggedRequest:
    """A request that was answered.

    Args:
        method: upper case.
        path: as sent, without the query.
        status: of the answer.
    """

    method: str
    path: str
    status: int


class LockedFront:
    """Takes requests, and hands out the webhooks that are to be posted. Safe for several threads.

    Args:
        broker: returns the process of now.
        lock: held for every look at it, and never while something is posted.
        keep: takes the database after everything that may have changed it.
    """

    def __init__(
        self, broker: Callable[[], Broker], lock: threading.Lock, keep: Callable[[State], None] | None
    ) -> None:
        self._broker = broker
        self._lock = lock
        self._keep = keep
        self.log: list[LoggedRequest] = []

    def begin(self, request: Request) -> Response | Errand:
        """Answer one request, or say what is to be posted first; never waits for anybody outside."""
        with self._lock:
            answer = self._broker().begin(request)
            return self._logged(request, answer) if isinstance(answer, Response) else answer

    async def finish(self, request: Request, errand: Errand) -> Response:
        """Post what is to be posted, and answer the request."""
        post = self._broker().sources.post
        receipt = await post_over_http(errand.post) if post is None else post(errand.post)
        with self._lock:
            return self._logged(request, finish(errand, receipt))

    def claim_posts(self) -> list[Post]:
        """Take the webhooks that are due."""
        with self._lock:
            return self._broker().claim_posts()

    def settle_post(self, post: Post, receipt: Receipt) -> None:
        """Write down how posting a webhook went."""
        with self._lock:
            self._broker().settle_post(post, receipt)
            self._save()

    def _logged(self, request: Request, response: Response) -> Response:
        self._save()
        self.log.append(LoggedRequest(method=request.method, path=request.path, status=response.status))
        return response

    def _save(self) -> None:
        if self._keep is not None:
            self._keep(self._broker().state)
