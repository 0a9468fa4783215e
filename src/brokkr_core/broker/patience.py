"""Carries a call over a line that may be bad: pace, circuit, repeats and their budget, all within one deadline."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from attrs import field, frozen

from brokkr_core.broker.bucket import Rate
from brokkr_core.broker.budget import Budget, BudgetPolicy
from brokkr_core.broker.circuit import Circuit, CircuitPolicy, CircuitState
from brokkr_core.broker.limiter import Limiter
from brokkr_core.broker.traffic import Traffic, traffic_of
from brokkr_core.errors import HeldBackError, NetworkError, StoppedError
from brokkr_core.model.http import Request, Response
from brokkr_core.retry import Clock, Outcome, Repeat, RetryPolicy, call_with_retry, retry_after_seconds

#: The broker itself never says so, a proxy in front of it may (contract section 16).
SLOW_DOWN = frozenset({429, 503})


@frozen(kw_only=True)
class PatiencePolicy:
    """How one client treats its broker.

    Args:
        retry: how often and how patiently one call is repeated; its deadline bounds every wait of a call.
        budget: how many repeats all calls together may make.
        circuit: when a class stops asking a broker that does not answer.
        rates: the pace of classes that are not to have the usual one.
    """

    retry: RetryPolicy = field(factory=RetryPolicy)
    budget: BudgetPolicy = field(factory=BudgetPolicy)
    circuit: CircuitPolicy = field(factory=CircuitPolicy)
    rates: Mapping[Traffic, Rate] = field(factory=dict)


class Patience:
    """What one client has learnt about its line; safe to use from several threads at once.

    Every class has a circuit of its own: a broker that fails over one call must not silence the heartbeats.

    Args:
        policy: how to treat the broker.
        clock: where the time comes from.
        sleep: waits so many seconds; a true result means that a stop was asked for.
        random: gives numbers from 0 to 1 for the jitter.
    """

    def __init__(
        self,
        policy: PatiencePolicy,
        *,
        clock: Clock,
        sleep: Callable[[float], bool | None],
        random: Callable[[], float],
    ) -> None:
        now = clock.monotonic()
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._lock = threading.Lock()
        self._budget = Budget.full(policy.budget, now)
        self._circuits = {traffic: Circuit(policy=policy.circuit) for traffic in Traffic}
        self._limiter = Limiter(policy.rates, now)
        self._repeats = dict.fromkeys(Traffic, 0)

    def carry(self, request: Request, send: Callable[[], Response], *, repeat: Repeat) -> Response:
        """Carry out one call.

        Args:
            request: what is asked.
            send: sends it once; raises NetworkError when there is no answer.
            repeat: whether it may be sent again.

        Returns:
            The last answer, good or bad.

        Raises:
            HeldBackError: it was not sent: the circuit is open, or its turn would come after the deadline.
            NetworkError: the last try got no answer.
            StoppedError: a stop was asked for while waiting.
        """
        traffic = traffic_of(request.method, request.path)
        if traffic is None:
            return call_with_retry(
                self._policy.retry, send, repeat=repeat, clock=self._clock, sleep=self._sleep, random=self._random
            )
        now = self._clock.monotonic()
        latest = now + self._policy.retry.deadline_seconds
        with self._lock:
            self._budget = self._budget.with_call(now)
        return call_with_retry(
            self._policy.retry,
            lambda: self._once(traffic, request.endpoint, send, latest),
            repeat=repeat,
            clock=self._clock,
            sleep=self._sleep,
            random=self._random,
            permit=lambda outcome, wait: self._permits(traffic, outcome, wait),
        )

    def revive(self) -> None:
        """Close every circuit: the broker has said that it is ready."""
        with self._lock:
            self._circuits = {traffic: Circuit(policy=self._policy.circuit) for traffic in Traffic}

    def circuit(self, traffic: Traffic) -> CircuitState:
        """Return what the circuit of a class does with its next request."""
        with self._lock:
            return self._circuits[traffic].state(self._clock.monotonic())

    def pace(self, traffic: Traffic) -> float:
        """Return the share of a class's rate that is in use, from 1/16 to 1."""
        return self._limiter.pace(traffic)

    def repeats(self, traffic: Traffic) -> int:
        """Return how often a call of a class was sent again, since the start."""
        with self._lock:
            return self._repeats[traffic]

    def _permits(self, traffic: Traffic, outcome: Outcome, wait: float) -> bool:
        """Tell whether a repeat is worth a wait, and take it from the budget."""
        if isinstance(outcome, HeldBackError):
            return False
        now = self._clock.monotonic()
        with self._lock:
            if self._circuits[traffic].rest(now) > wait:
                return False
            if isinstance(outcome, NetworkError) and outcome.stale:
                self._repeats[traffic] += 1
                return True  # the broker is not asked twice for it: it had hung up before it was asked at all
            left = self._budget.with_repeat(now)
            self._budget = left or self._budget
            self._repeats[traffic] += left is not None
            return left is not None

    def _once(self, traffic: Traffic, endpoint: str, send: Callable[[], Response], latest: float) -> Response:
        self._refuse_at_rest(traffic, endpoint)
        self._await_turn(traffic, endpoint, latest)
        probe = self._admitted(traffic, endpoint)
        try:
            response = send()
        except NetworkError as error:
            self._ended(traffic, good=error.stale, probe=probe)
            raise
        except BaseException:
            if probe:
                with self._lock:
                    self._circuits[traffic] = self._circuits[traffic].without_probe()
            raise
        self._ended(traffic, good=response.status < 500, probe=probe)
        if response.status in SLOW_DOWN:
            asked = retry_after_seconds(response.headers.get("retry-after"), self._clock.now())
            self._limiter.slow_down(traffic, self._clock.monotonic(), asked or 0.0)
        return response

    def _refuse_at_rest(self, traffic: Traffic, endpoint: str) -> None:
        with self._lock:
            rest = self._circuits[traffic].rest(self._clock.monotonic())
        if rest > 0:
            raise self._at_rest(traffic, endpoint, rest)

    def _await_turn(self, traffic: Traffic, endpoint: str, latest: float) -> None:
        in_time, wait = self._limiter.reserve(traffic, self._clock.monotonic(), latest=latest)
        if not in_time:
            problem = f"not sent: too much is asked of the broker at once, the next turn is in {wait:.1f} s"
            hint = f"after the deadline of the call; ask less, or change the rate of the class {traffic.value!r}"
            raise HeldBackError(f"{endpoint}: {problem}, {hint}", seconds=wait)
        if wait > 0 and self._sleep(wait):
            raise StoppedError(f"a stop was asked for while {endpoint} waited for its turn")

    def _admitted(self, traffic: Traffic, endpoint: str) -> bool:
        """Go through the circuit; tell whether this request is the probe."""
        now = self._clock.monotonic()
        with self._lock:
            circuit = self._circuits[traffic]
            admitted = circuit.admit(now)
            if admitted is None:
                raise self._at_rest(traffic, endpoint, circuit.rest(now))
            self._circuits[traffic] = admitted
            return admitted is not circuit

    def _ended(self, traffic: Traffic, *, good: bool, probe: bool) -> None:
        with self._lock:
            self._circuits[traffic] = self._circuits[traffic].after(self._clock.monotonic(), good=good, probe=probe)

    def _at_rest(self, traffic: Traffic, endpoint: str, rest: float) -> HeldBackError:
        then = f"it is tried again in {rest:.1f} s" if rest > 0 else "another call is finding out whether it is back"
        lately = f"the broker failed or did not answer calls of the class {traffic.value!r} lately"
        return HeldBackError(f"{endpoint}: not sent: {lately}; {then}", seconds=rest)
