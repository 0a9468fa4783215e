"""Who is asking: header, cache and look-up order (contract 2.1 to 2.4)."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from brokkr_core.model.broker import Identity
from brokkr_core.model.http import Request
from brokkr_core.testing.broker.errors import refuse_empty
from brokkr_core.testing.broker.pak import hash_of, long_token
from brokkr_core.testing.broker.store import State

ADMIN = Identity(admin=True, agent=None, generator=None)
READONLY = Identity(admin=True, agent=None, generator=None, readonly=True)

_CACHE_LIMIT = 10_000
_SCHEMES = ("Bearer ", "bearer ")
_CONSOLE_POSTS = frozenset({"/auth/pak", "/deployment-objects/{id}/diagnostics"})


class AuthCache:
    """What one broker process remembers of PAKs that were good; other processes have their own.

    Args:
        ttl_seconds: how long an entry is trusted; 0 remembers nothing.
        limit: how many entries are kept; the oldest goes first.
    """

    def __init__(self, ttl_seconds: float, limit: int = _CACHE_LIMIT) -> None:
        self._ttl = timedelta(seconds=ttl_seconds)
        self._limit = limit
        self._entries: dict[str, tuple[Identity, datetime]] = {}

    def get(self, pak_hash: str, now: datetime) -> Identity | None:
        """Return who this hash was, unless that is too long ago."""
        identity, until = self._entries.get(pak_hash, (None, now))
        if now < until:
            return identity
        self._entries.pop(pak_hash, None)
        return None

    def put(self, pak_hash: str, identity: Identity, now: datetime) -> None:
        """Remember a success; failures are never remembered."""
        if not self._ttl:
            return
        if len(self._entries) >= self._limit:
            del self._entries[next(iter(self._entries))]
        self._entries[pak_hash] = (identity, now + self._ttl)

    def drop(self, pak_hash: str | None) -> None:
        """Forget a hash, as rotation and deletion do."""
        if pak_hash is not None:
            self._entries.pop(pak_hash, None)


@frozen(kw_only=True)
class Doorkeeper:
    """Tells who a request comes from.

    Args:
        state: where agents and generators are kept.
        cache: the memory of this process.
        readonly_hash: hash of the console's PAK, which lives as long as this process.
    """

    state: State
    cache: AuthCache
    readonly_hash: str

    def identify(self, request: Request, now: datetime) -> Identity:
        """Return who is asking.

        Raises:
            RefusedError: 401 without a body.
        """
        pak = presented_pak(request)
        if long_token(pak) is None:
            raise refuse_empty(401)
        pak_hash = hash_of(pak)
        identity = self._known(pak_hash, now)
        if identity is None:
            raise refuse_empty(401)
        return identity

    def _known(self, pak_hash: str, now: datetime) -> Identity | None:
        if pak_hash == self.readonly_hash:
            return READONLY
        cached = self.cache.get(pak_hash, now)
        if cached is not None:
            return cached
        found = self._stored(pak_hash)
        if found is not None:
            self.cache.put(pak_hash, found, now)
        return found

    def _stored(self, pak_hash: str) -> Identity | None:
        if pak_hash == self.state.admin_hash:
            return ADMIN
        agent = self.state.agents.first(lambda row: row.pak_hash == pak_hash)
        if agent is not None:
            return Identity(admin=False, agent=agent.id, generator=None)
        # Deleted generators still get in (contract 2.3 excludes only deleted agents); handlers turn them away.
        generator = self.state.generators.first_of_all(lambda row: row.pak_hash == pak_hash)
        if generator is not None:
            return Identity(admin=False, agent=None, generator=generator.id)
        return None


def presented_pak(request: Request) -> str:
    """Return the PAK of a request; only two casings of the scheme word are known (contract 2.1).

    Another word stays in front and becomes a part of the first of the PAK's three parts, which nobody looks at.
    """
    header = request.headers.get("authorization", "")
    scheme = next((scheme for scheme in _SCHEMES if header.startswith(scheme)), "")
    return header.removeprefix(scheme).strip()


def console_may(method: str, template: str) -> bool:
    """Whether the read-only console PAK may call a route (contract 2.3)."""
    return method in {"GET", "HEAD"} or (method == "POST" and template in _CONSOLE_POSTS)
