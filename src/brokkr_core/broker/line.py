"""Carries a call over a line that may be bad: pace, circuit, repeats and their budget, all within one deadline."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from attrs import field, frozen

from brokkr_core.broker.bucket import Rate
from brokkr_core.broker.budget import Budget, BudgetPolicy
from brokkr_core.broker.circuit import Circuit, CircuitPolicy, CircuitState
from brokkr_core.broker.lanes import Lane, lane_of
from brokkr_core.broker.limiter import Limiter
from brokkr_core.errors import HeldBackError, NetworkError, StoppedError
from brokkr_core.model.http import Request, Response
from brokkr_core.retry import Clock, Outcome, Repeat, RetryPolicy, call_with_retry, retry_after_seconds

#: The broker itself never says so, a proxy in front of it may (contract section 16).
SLOW_DOWN = frozenset({429, 503})


@frozen(kw_only=True)
class LinePolicy:
    """How one client treats its broker.

    Args:
        retry: how often and how patiently one call is repeated; its deadline bounds every wait of a call.
        budget: how many repeats all calls together may make.
        circuit: when a lane stops asking a broker that does not answer.
        rates: the pace of lanes that are not to have the usual one.
    """

    retry: RetryPolicy = field(factory=RetryPolicy)
    budget: BudgetPolicy = field(factory=BudgetPolicy)
    circuit: CircuitPolicy = field(factory=CircuitPolicy)
    rates: Mapping[Lane, Rate] = field(factory=dict)


class Line:
    """What one client has learnt about its line; safe to use from several threads at once.

    Every lane has a circuit of its own: a broker that fails over one call must not silence the heartbeats.

    Args:
        policy: how to treat the broker.
        clock: where the time comes from.
        sleep: waits so many seconds; a true result means that a stop was asked for.
        random: gives numbers from 0 to 1 for the jitter.
    """

    def __init__(
        self,
        policy: LinePolicy,
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
        self._circuits = {lane: Circuit(policy=policy.circuit) for lane in Lane}
        self._limiter = Limiter(policy.rates, now)

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
        lane = lane_of(request.method, request.path)
        if lane is None:
            return call_with_retry(
                self._policy.retry, send, repeat=repeat, clock=self._clock, sleep=self._sleep, random=self._random
            )
        now = self._clock.monotonic()
        latest = now + self._policy.retry.deadline_seconds
        with self._lock:
            self._budget = self._budget.with_call(now)
        return call_with_retry(
            self._policy.retry,
            lambda: self._once(lane, request.endpoint, send, latest),
            repeat=repeat,
            clock=self._clock,
            sleep=self._sleep,
            random=self._random,
            permit=lambda outcome, wait: self._permits(lane, outcome, wait),
        )

    def revive(self) -> None:
        """Close every circuit: the broker has said that it is ready."""
        with self._lock:
            self._circuits = {lane: Circuit(policy=self._policy.circuit) for lane in Lane}

    def circuit(self, lane: Lane) -> CircuitState:
        """Return what the circuit of a lane does with its next request."""
        with self._lock:
            return self._circuits[lane].state(self._clock.monotonic())

    def pace(self, lane: Lane) -> float:
        """Return the share of a lane's rate that is in use, from 1/16 to 1."""
        return self._limiter.pace(lane)

    def _permits(self, lane: Lane, outcome: Outcome, wait: float) -> bool:
        """Tell whether a repeat is worth a wait, and take it from the budget."""
        if isinstance(outcome, HeldBackError):
            return False
        now = self._clock.monotonic()
        with self._lock:
            if self._circuits[lane].rest(now) > wait:
                return False
            left = self._budget.with_repeat(now)
            self._budget = left or self._budget
            return left is not None

    def _once(self, lane: Lane, endpoint: str, send: Callable[[], Response], latest: float) -> Response:
        self._refuse_at_rest(lane, endpoint)
        self._await_turn(lane, endpoint, latest)
        probe = self._admitted(lane, endpoint)
        try:
            response = send()
        except NetworkError:
            self._ended(lane, good=False, probe=probe)
            raise
        except BaseException:
            if probe:
                with self._lock:
                    self._circuits[lane] = self._circuits[lane].without_probe()
            raise
        self._ended(lane, good=response.status < 500, probe=probe)
        if response.status in SLOW_DOWN:
            asked = retry_after_seconds(response.headers.get("retry-after"), self._clock.now())
            self._limiter.slow_down(lane, self._clock.monotonic(), asked or 0.0)
        return response

    def _refuse_at_rest(self, lane: Lane, endpoint: str) -> None:
        with self._lock:
            rest = self._circuits[lane].rest(self._clock.monotonic())
        if rest > 0:
            raise self._at_rest(lane, endpoint, rest)

    def _await_turn(self, lane: Lane, endpoint: str, latest: float) -> None:
        in_time, wait = self._limiter.reserve(lane, self._clock.monotonic(), latest=latest)
        if not in_time:
            problem = f"not sent: too much is asked of the broker at once, the next turn is in {wait:.1f} s"
            hint = f"after the deadline of the call; ask less, or change the rate of the lane {lane.value!r}"
            raise HeldBackError(f"{endpoint}: {problem}, {hint}", seconds=wait)
        if wait > 0 and self._sleep(wait):
            raise StoppedError(f"a stop was asked for while {endpoint} waited for its turn")

    def _admitted(self, lane: Lane, endpoint: str) -> bool:
        """Go through the circuit; tell whether this request is the probe."""
        now = self._clock.monotonic()
        with self._lock:
            circuit = self._circuits[lane]
            admitted = circuit.admit(now)
            if admitted is None:
                raise self._at_rest(lane, endpoint, circuit.rest(now))
            self._circuits[lane] = admitted
            return admitted is not circuit

    def _ended(self, lane: Lane, *, good: bool, probe: bool) -> None:
        with self._lock:
            self._circuits[lane] = self._circuits[lane].after(self._clock.monotonic(), good=good, probe=probe)

    def _at_rest(self, lane: Lane, endpoint: str, rest: float) -> HeldBackError:
        then = f"it is tried again in {rest:.1f} s" if rest > 0 else "another call is finding out whether it is back"
        lately = f"the broker failed or did not answer calls of the lane {lane.value!r} lately"
        return HeldBackError(f"{endpoint}: not sent: {lately}; {then}", seconds=rest)
