"""The PAK in use, shared by all threads, and how another one takes its place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from attrs import frozen

from brokkr_core.broker.credentials.pak import Pak
from brokkr_core.broker.credentials.sources import CredentialSource
from brokkr_core.errors import BrokerError, ConfigError, DecodeError, NetworkError

#: How often the source is looked at while there are calls: shorter than the 60 s for which replicas of the broker
#: may go on taking a rotated PAK (contract 2.7), longer than anybody needs.
LOOK_SECONDS = 5.0

#: How long a PAK that the broker refused is not shown to it again.
REFUSED_SECONDS = 5.0


@frozen(kw_only=True)
class InUse:
    """A PAK lent to one request, and how often the source had been read by then."""

    pak: Pak
    reads: int


class CurrentPak:
    """The PAK in use; another one takes its place only after the broker has taken it.

    Args:
        source: where the PAK comes from.
        works: asks the broker whether it knows a PAK; raises when it gave no clear answer.
        clock: gives seconds that only ever go forward.
    """

    def __init__(
        self, source: CredentialSource, works: Callable[[Pak], bool], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._works = works
        self._clock = clock
        self._lock = threading.Lock()
        self._pak: Pak | None = None
        self._reads = 0
        self._next_look = 0.0
        self._flight: Future[Pak] | None = None
        self._refused: tuple[Pak, float] | None = None
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """Why what the source has now is not in use; empty when it is."""
        return self._trouble

    def get(self) -> InUse:
        """Return the PAK in use: what the source has, as soon as the broker takes it.

        Raises:
            ConfigError: the source gave nothing the first time; later the PAK in use is kept.
        """
        with self._lock:
            if self._pak is None:
                self._pak, self._reads = self._source.pak(), 1
                self._next_look = self._clock() + LOOK_SECONDS
            lent = InUse(pak=self._pak, reads=self._reads)
            due = self._flight is None and self._clock() >= self._next_look
            flight = self._begin() if due else None
        if flight is None:
            return lent
        try:
            self._fly(flight)
        except ConfigError:
            return lent  # told by ``trouble``; the file may be in the middle of being replaced
        with self._lock:
            return InUse(pak=self._pak, reads=self._reads)

    def renewed(self, refused: InUse) -> Pak | None:
        """Return another PAK than the refused one, if the source has one that works.

        Of threads that were refused together one asks the source; the others wait for it and share what it found,
        also when they come late: a read that began after their request was sent speaks for them too.

        Args:
            refused: what the broker did not take.

        Returns:
            The PAK to try instead, or None when there is no other that works.

        Raises:
            ConfigError: the source cannot be read.
        """
        with self._lock:
            if self._pak != refused.pak:
                return self._pak
            under_way = self._flight
            if under_way is None and self._reads > refused.reads:
                return None
            flight = under_way or self._begin()
        pak = flight.result() if under_way is not None else self._fly(flight)
        return pak if pak != refused.pak else None

    def _begin(self) -> Future[Pak]:
        """Become the one that reads; the lock is held."""
        self._reads += 1
        self._next_look = self._clock() + LOOK_SECONDS
        self._flight = Future()
        return self._flight

    def _fly(self, flight: Future[Pak]) -> Pak:
        """Read, check, and tell whoever waits; outside the lock, so that nobody else has to."""
        try:
            pak = self._better()
        except BaseException as error:
            self._trouble = str(error) if isinstance(error, ConfigError) else type(error).__name__
            self._land()
            flight.set_exception(error)
            raise
        self._land(pak)
        flight.set_result(pak)
        return pak

    def _land(self, pak: Pak | None = None) -> None:
        with self._lock:
            self._pak = pak or self._pak
            self._flight = None

    def _better(self) -> Pak:
        assert self._pak is not None, "get() comes first"
        found = self._source.pak()
        if found == self._pak:
            self._trouble = ""
            return found
        if self._refused is not None and self._refused[0] == found and self._clock() < self._refused[1]:
            return self._pak
        try:
            taken = self._works(found)
        except (BrokerError, DecodeError, NetworkError) as error:
            self._trouble = f"{found} could not be checked: {error}"
            return self._pak
        self._refused = None if taken else (found, self._clock() + REFUSED_SECONDS)
        self._trouble = "" if taken else f"the broker does not know {found}; {self._pak} is kept"
        return found if taken else self._pak
