"""The broker without a socket: a request in, an answer out, everything remembered in a state."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from brokkr_core.model.broker import Identity
from brokkr_core.model.http import Request, Response
from brokkr_core.testing.broker import audit, deliveries
from brokkr_core.testing.broker.api import ROUTES, TIMERS
from brokkr_core.testing.broker.auth import AuthCache, Doorkeeper, console_may
from brokkr_core.testing.broker.call import Call, Errand
from brokkr_core.testing.broker.errors import RefusedError, refuse_empty
from brokkr_core.testing.broker.live.desk import LiveDesk
from brokkr_core.testing.broker.live.gate import is_live, no_upgrade
from brokkr_core.testing.broker.pages import page
from brokkr_core.testing.broker.pak import hash_of, mint
from brokkr_core.testing.broker.routing import API, Router
from brokkr_core.testing.broker.settings import Settings
from brokkr_core.testing.broker.sources import Post, Receipt, Sources, deterministic, unreachable
from brokkr_core.testing.broker.store import State, new_state
from brokkr_core.testing.broker.timers import Sweep, Timers


class Broker:
    """One broker process, as the wire contract describes it. Not safe for several threads at once.

    Args:
        state: the database; without one the broker starts empty.
        sources: time, ids and tokens; without them every run is the same.
        settings: what an operator can set.
    """

    def __init__(
        self, *, state: State | None = None, sources: Sources | None = None, settings: Settings | None = None
    ) -> None:
        self.sources = sources or deterministic()
        self.settings = settings or Settings()
        self.state = state or new_state(
            admin_pak=self.settings.admin_pak, now=self.sources.now(), new_id=self.sources.new_id
        )
        #: The console's PAK: admin for reading, made anew by every process (contract 2.3).
        self.readonly_pak = mint(self.sources.new_bytes, self.settings)
        self._cache = AuthCache(self.settings.auth_cache_ttl_seconds)
        self._door = Doorkeeper(state=self.state, cache=self._cache, readonly_hash=hash_of(self.readonly_pak))
        #: The WebSockets of this process.
        self.live = LiveDesk(self._door, self.sources)
        self._router = Router(ROUTES)
        self._timers = Timers(TIMERS, self.sources.now())

    @property
    def admin_pak(self) -> str:
        """The PAK of the admin role."""
        return self.settings.admin_pak

    def replica(self) -> Broker:
        """Start another process over the same database: its cache and its console PAK are its own."""
        return Broker(state=self.state, sources=self.sources, settings=self.settings)

    def handle(self, request: Request) -> Response:
        """Answer one request.

        Args:
            request: its path as sent, percent-encoded, without the query.

        Returns:
            The answer, whatever its status; a HEAD request gets no body.
        """
        answer = self.begin(request)
        if isinstance(answer, Response):
            return answer
        return finish(answer, (self.sources.post or unreachable)(answer.post))

    def begin(self, request: Request) -> Response | Errand:
        """Answer one request, or say what has to be fetched first; :func:`finish` makes the answer of that."""
        now = self.sources.now()
        self.run_timers()
        try:
            answer = self._answer(request, now)
        except RefusedError as refused:
            answer = refused.response
        return evolve(answer, body=b"") if request.method == "HEAD" and isinstance(answer, Response) else answer

    def claim_posts(self) -> list[Post]:
        """Take the webhooks that are due and that the broker posts itself; tell each to :meth:`settle_post`."""
        self.run_timers()
        return deliveries.claim_own(self.state, self.sources.now()) if self.sources.post is None else []

    def settle_post(self, post: Post, receipt: Receipt) -> None:
        """Write down how posting a webhook went."""
        deliveries.settle_own(self.state, post, receipt, self.sources.now())

    def run_timers(self) -> None:
        """Do what is due by now; every request begins with that."""
        sweep = Sweep(
            state=self.state,
            settings=self.settings,
            sources=self.sources,
            board=self.live.board,
            now=self.sources.now(),
        )
        self._timers.run_due(sweep)

    def _answer(self, request: Request, now: datetime) -> Response | Errand:
        if is_live(request.path):
            self._identified(request, now)
            raise no_upgrade()
        if not request.path.startswith(f"{API}/"):
            return page(request, self.state, self._router)
        match = self._router.find(request)
        caller = self._identified(request, now)
        if caller.readonly and not console_may(request.method, match.template):
            raise refuse_empty(403)
        handler = match.handler(request.method)
        call = Call(
            request=request,
            caller=caller,
            params=match.params(),
            now=now,
            state=self.state,
            sources=self.sources,
            settings=self.settings,
            cache=self._cache,
            board=self.live.board,
        )
        return handler(call)

    def _identified(self, request: Request, now: datetime) -> Identity:
        try:
            return self._door.identify(request, now)
        except RefusedError:
            if request.headers.get("authorization"):
                audit.record_stranger(self.state, request, now, self.sources.new_id())
            raise


def finish(errand: Errand, receipt: Receipt) -> Response:
    """Answer a request that had to wait.

    Args:
        errand: what :meth:`Broker.begin` returned.
        receipt: how it went.

    Returns:
        The answer.
    """
    try:
        return errand.then(receipt)
    except RefusedError as refused:
        return refused.response
