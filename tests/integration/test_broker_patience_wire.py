"""Circuit, budget and pace on a real socket, against a server in a mood."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from broker_moods import Mood, Moody
from broker_support import AGENT, PAK
from brokkr_core.broker import (
    BrokerClient,
    BudgetPolicy,
    CircuitPolicy,
    CircuitState,
    HttpxTransport,
    LiteralPak,
    Pak,
    PatiencePolicy,
    Rate,
    Traffic,
)
from brokkr_core.errors import BrokerError, BrokerUnreachableError, HeldBackError
from brokkr_core.retry import RetryPolicy
from clock_support import ObedientClock

POLL = f"GET /api/v1/agents/{AGENT}/target-state"
BEAT = f"POST /api/v1/agents/{AGENT}/heartbeat"
ONE_TRY = RetryPolicy(attempts=1)


@contextmanager
def moody(mood: Callable[[str, int], Mood], headers: dict[str, str] | None = None) -> Iterator[Moody]:
    server = Moody(mood, headers)
    with server.server:
        yield server


def client_of(server: Moody, policy: PatiencePolicy, clock: ObedientClock | None = None) -> BrokerClient:
    if clock is None:
        return BrokerClient.connect(server.server.url, pak=PAK, patience=policy, timeout_seconds=5.0)
    transport = HttpxTransport(server.server.url, use_environment=False)
    pak = LiteralPak(value=Pak(text=PAK))
    return BrokerClient(transport, pak, patience=policy, clock=clock, sleep=clock.sleep, random=lambda: 0.5)


@pytest.mark.parametrize("trouble", [None, 500, 502, 503, 504])
def test_a_sick_broker_is_left_alone_and_found_again_by_one_probe(trouble: Mood) -> None:
    clock = ObedientClock()
    circuit = CircuitPolicy(failures=3, rest_seconds=10.0)
    with (
        moody(lambda _endpoint, _count: trouble) as server,
        client_of(server, PatiencePolicy(retry=ONE_TRY, circuit=circuit), clock) as client,
    ):
        for _ in range(50):
            with pytest.raises((BrokerError, BrokerUnreachableError)):
                client.agents.target_state(AGENT)
        assert server.count(POLL) == 3

        server.mood = lambda _endpoint, _count: 200
        clock.seconds += 100.0  # a 503 has slowed the class down as well
        assert client.agents.target_state(AGENT) == ()
        assert server.count(POLL) == 4
        assert client.patience.circuit(Traffic.POLL) is CircuitState.CLOSED


def test_while_one_thread_probes_a_silent_broker_the_others_are_refused_at_once() -> None:
    clock = ObedientClock()
    arrived, let_go = threading.Event(), threading.Event()

    def slow(_endpoint: str, _count: int) -> Mood:
        arrived.set()
        assert let_go.wait(10.0), "the others never came back"
        return 200

    with (
        moody(lambda _endpoint, _count: None) as server,
        client_of(server, PatiencePolicy(retry=ONE_TRY, circuit=CircuitPolicy(failures=1)), clock) as client,
    ):
        with pytest.raises(BrokerUnreachableError):
            client.agents.target_state(AGENT)
        clock.seconds += 5.0
        server.mood = slow
        probe = threading.Thread(target=lambda: client.agents.target_state(AGENT))
        probe.start()
        assert arrived.wait(10.0)
        for _ in range(20):
            with pytest.raises(HeldBackError, match="another call is finding out"):
                client.agents.target_state(AGENT)
        let_go.set()
        probe.join(10.0)
        assert server.count(POLL) == 2
        assert client.patience.circuit(Traffic.POLL) is CircuitState.CLOSED


def test_a_storm_of_failures_makes_little_more_than_one_try_a_call() -> None:
    clock = ObedientClock()
    policy = PatiencePolicy(
        retry=RetryPolicy(deadline_seconds=1e6),
        circuit=CircuitPolicy(failures=10_000),
        budget=BudgetPolicy(share=0.1, per_second=0.0, most=10.0),
    )
    with moody(lambda _endpoint, _count: 502) as server, client_of(server, policy, clock) as client:
        for _ in range(200):
            with pytest.raises(BrokerError):
                client.agents.target_state(AGENT)

    assert 200 + 25 <= len(server.seen) <= 200 + 30


def test_polls_that_are_told_to_slow_down_do_not_hold_up_heartbeats() -> None:
    policy = PatiencePolicy(retry=ONE_TRY, rates={Traffic.POLL: Rate(per_second=1000.0, burst=1000.0)})
    with (
        moody(lambda endpoint, _count: 429 if endpoint == POLL else 200, {"Retry-After": "30"}) as server,
        client_of(server, policy) as client,
    ):
        with pytest.raises(BrokerError):
            client.agents.target_state(AGENT)
        started = time.monotonic()
        for _ in range(10):
            client.agents.heartbeat(AGENT)
        assert time.monotonic() - started < 20.0, "nothing waits for the 30 s that polls were told"
        assert server.count(BEAT) == 10
        assert client.patience.pace(Traffic.HEARTBEAT) == 1.0
        assert client.patience.pace(Traffic.POLL) == 0.5


def test_a_flood_of_polls_does_not_starve_heartbeats() -> None:
    policy = PatiencePolicy(retry=RetryPolicy(attempts=1, deadline_seconds=0.5))
    stop = threading.Event()
    with moody(lambda _endpoint, _count: 200) as server, client_of(server, policy) as client:

        def flood() -> None:
            while not stop.is_set():
                try:
                    client.agents.target_state(AGENT)
                except HeldBackError:
                    stop.wait(0.01)

        threads = [threading.Thread(target=flood) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(8):
                client.agents.heartbeat(AGENT)
        finally:
            stop.set()
            for thread in threads:
                thread.join(10.0)

        assert server.count(BEAT) == 8
        spent = server.times[-1] - server.times[0]
        assert server.count(POLL) <= 50 + 20 * spent + 5, "the pace of the class is kept"


def test_a_deadline_bounds_a_call_whatever_the_line_does() -> None:
    policy = PatiencePolicy(
        retry=RetryPolicy(attempts=50, base_seconds=0.1, deadline_seconds=1.0), circuit=CircuitPolicy(failures=1000)
    )
    with moody(lambda _endpoint, _count: 503) as server, client_of(server, policy) as client:
        started = time.monotonic()
        with pytest.raises((BrokerUnreachableError, BrokerError)):
            client.agents.target_state(AGENT)
        assert time.monotonic() - started < 20.0, "fifty tries would take minutes"
        assert len(server.seen) >= 2
