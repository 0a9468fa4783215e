"""A circuit breaker as a value: after several failures in a row it rests, then lets one request find out."""

from __future__ import annotations

from enum import Enum

from attrs import evolve, frozen

from brokkr_core.errors import UsageError
from brokkr_core.retry import doubled


class CircuitState(Enum):
    """What a circuit does with the next request."""

    CLOSED = "closed"  #: lets it through
    OPEN = "open"  #: refuses it at once
    HALF_OPEN = "half-open"  #: lets one through and refuses the others until that one is back


@frozen(kw_only=True)
class CircuitPolicy:
    """When to rest, and for how long.

    Args:
        failures: so many failures in a row open the circuit.
        rest_seconds: the first rest; doubled with every probe that fails.
        longest_rest_seconds: no rest is longer.

    Raises:
        UsageError: a number is out of range.
    """

    failures: int = 5
    rest_seconds: float = 5.0
    longest_rest_seconds: float = 30.0

    def __attrs_post_init__(self) -> None:
        if self.failures < 1:
            raise UsageError(f"CircuitPolicy.failures is {self.failures}; it has to be 1 or more")
        if not 0 <= self.rest_seconds <= self.longest_rest_seconds < float("inf"):
            problem = f"rest_seconds is {self.rest_seconds}, longest_rest_seconds is {self.longest_rest_seconds}"
            raise UsageError(f"CircuitPolicy: {problem}; give 0 <= rest_seconds <= longest_rest_seconds")


@frozen(kw_only=True)
class Circuit:
    """What is known about one line. Times are seconds of a clock that never goes back.

    A failure is a request without an answer, or an answer from 500 on. Anything else shows that the line works.
    """

    policy: CircuitPolicy
    failures: int = 0  #: in a row
    rests: int = 0  #: in a row
    open_until: float | None = None  #: None while closed
    probing: bool = False  #: a request is finding out

    def state(self, now: float) -> CircuitState:
        """Return what the circuit does with the next request."""
        if self.open_until is None:
            return CircuitState.CLOSED
        return CircuitState.OPEN if now < self.open_until else CircuitState.HALF_OPEN

    def rest(self, now: float) -> float:
        """Return for how many seconds every request is refused."""
        return 0.0 if self.open_until is None else max(0.0, self.open_until - now)

    def admit(self, now: float) -> Circuit | None:
        """Let a request through, if it may go.

        Args:
            now: the time.

        Returns:
            The circuit to go on with; None when the request is refused. ``probing`` of it tells whether the request
            is the probe, whose end has to be told by :meth:`after` or :meth:`without_probe`.
        """
        match self.state(now):
            case CircuitState.CLOSED:
                return self
            case CircuitState.HALF_OPEN if not self.probing:
                return evolve(self, probing=True)
            case _:
                return None

    def after(self, now: float, *, good: bool, probe: bool = False) -> Circuit:
        """Take in how a request ended.

        Args:
            now: the time.
            good: whether the broker answered, and with less than 500.
            probe: whether it was the probe.

        Returns:
            The circuit to go on with.
        """
        if good:
            return Circuit(policy=self.policy)
        if probe:
            return self._opened(now)
        if self.open_until is not None:
            return self  # sent before the circuit opened: says nothing new
        failures = self.failures + 1
        return evolve(self, failures=failures) if failures < self.policy.failures else self._opened(now)

    def without_probe(self) -> Circuit:
        """Return the circuit after a probe that ended without telling anything; the next request is one."""
        return evolve(self, probing=False)

    def _opened(self, now: float) -> Circuit:
        rest = doubled(self.policy.rest_seconds, times=self.rests, most=self.policy.longest_rest_seconds)
        return evolve(self, failures=0, rests=self.rests + 1, open_until=now + rest, probing=False)
