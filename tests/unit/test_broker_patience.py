"""How the client treats a line that is bad: circuit, budget and pace within the deadline of a call."""

from __future__ import annotations

import pytest

from broker_support import AGENT, AGENT_JSON, PAK, ScriptedTransport, down, empty, ok
from brokkr_core.broker import BrokerClient, BudgetPolicy, CircuitPolicy, LiteralPak, Pak, PatiencePolicy, Rate, Traffic
from brokkr_core.broker.circuit import CircuitState
from brokkr_core.errors import BrokerError, BrokerUnreachableError, HeldBackError, StoppedError, UsageError
from brokkr_core.model.http import Request, Response
from brokkr_core.retry import Repeat, RetryPolicy
from clock_support import ObedientClock

READY = Response.of_text(200, "Ready")
ONE_TRY = RetryPolicy(attempts=1)
QUICK = CircuitPolicy(failures=3, rest_seconds=10.0, longest_rest_seconds=40.0)


def client_of(
    transport: ScriptedTransport, policy: PatiencePolicy, clock: ObedientClock | None = None
) -> tuple[BrokerClient, ObedientClock]:
    time = clock or ObedientClock()
    pak = LiteralPak(value=Pak(text=PAK))
    client = BrokerClient(transport, pak, patience=policy, clock=time, sleep=time.sleep, random=lambda: 0.5)
    return client, time


def fail(client: BrokerClient, times: int) -> None:
    for _ in range(times):
        with pytest.raises((BrokerError, BrokerUnreachableError)):
            client.agents.get(AGENT)


def test_an_open_circuit_sends_nothing_and_names_endpoint_and_time() -> None:
    transport = ScriptedTransport(down(sent=True))
    client, clock = client_of(transport, PatiencePolicy(retry=ONE_TRY, circuit=QUICK))
    fail(client, 3)
    clock.seconds += 4.0

    with pytest.raises(
        HeldBackError, match=rf"GET /api/v1/agents/{AGENT}: not sent: .* tried again in 6\.0 s"
    ) as caught:
        client.agents.get(AGENT)
    assert (caught.value.seconds, caught.value.sent) == (6.0, False)
    assert len(transport.requests) == 3
    assert clock.naps == []


def test_an_open_circuit_refuses_without_waiting_for_a_turn() -> None:
    rates = {Traffic.OTHER: Rate(per_second=1.0, burst=3.0)}
    client, clock = client_of(ScriptedTransport(empty(500)), PatiencePolicy(retry=ONE_TRY, circuit=QUICK, rates=rates))
    fail(client, 3)

    with pytest.raises(HeldBackError):
        client.agents.get(AGENT)
    assert clock.naps == []


@pytest.mark.parametrize("step", [empty(500), empty(502), empty(503), down(sent=True), down(sent=False)])
def test_no_answer_and_5xx_open_the_circuit(step: Response | BrokerUnreachableError) -> None:
    client, _ = client_of(ScriptedTransport(step), PatiencePolicy(retry=ONE_TRY, circuit=QUICK))
    fail(client, 3)

    assert client.patience.circuit(Traffic.OTHER) is CircuitState.OPEN


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429])
def test_a_no_of_the_broker_does_not_open_the_circuit(status: int) -> None:
    client, _ = client_of(ScriptedTransport(empty(status)), PatiencePolicy(retry=ONE_TRY, circuit=QUICK))
    fail(client, 20)

    assert client.patience.circuit(Traffic.OTHER) is CircuitState.CLOSED


def test_a_probe_after_the_rest_brings_the_line_back() -> None:
    transport = ScriptedTransport(*[empty(500)] * 3, ok(AGENT_JSON))
    client, clock = client_of(transport, PatiencePolicy(retry=ONE_TRY, circuit=QUICK))
    fail(client, 3)
    clock.seconds += 10.0

    assert client.agents.get(AGENT).id == AGENT
    assert client.patience.circuit(Traffic.OTHER) is CircuitState.CLOSED


def test_while_one_call_finds_out_the_others_are_told_so() -> None:
    seen: list[str] = []

    def nested(_request: Request) -> Response:
        with pytest.raises(HeldBackError, match="another call is finding out"):
            client.agents.get(AGENT)
        seen.append("probe")
        return ok(AGENT_JSON)

    transport = ScriptedTransport(*[empty(500)] * 3, nested)
    client, clock = client_of(transport, PatiencePolicy(retry=ONE_TRY, circuit=QUICK))
    fail(client, 3)
    clock.seconds += 10.0
    client.agents.get(AGENT)

    assert seen == ["probe"]


def test_a_probe_that_ends_in_an_error_of_ours_makes_room_for_the_next() -> None:
    def broken(_request: Request) -> Response:
        raise UsageError("a closed transport")

    transport = ScriptedTransport(*[empty(500)] * 3, broken, ok(AGENT_JSON))
    client, clock = client_of(transport, PatiencePolicy(retry=ONE_TRY, circuit=QUICK))
    fail(client, 3)
    clock.seconds += 10.0
    with pytest.raises(UsageError):
        client.agents.get(AGENT)

    assert client.agents.get(AGENT).id == AGENT


def test_a_call_the_broker_fails_over_does_not_silence_the_heartbeats() -> None:
    def moody(request: Request) -> Response:
        return empty(204) if request.path.endswith("/heartbeat") else empty(500)

    client, _ = client_of(ScriptedTransport(moody), PatiencePolicy(retry=ONE_TRY, circuit=QUICK))
    fail(client, 5)

    client.agents.heartbeat(AGENT)
    assert client.patience.circuit(Traffic.HEARTBEAT) is CircuitState.CLOSED


def test_the_circuit_that_opens_in_mid_call_ends_the_call_with_the_real_trouble() -> None:
    transport = ScriptedTransport(empty(503))
    client, clock = client_of(transport, PatiencePolicy(circuit=QUICK))

    with pytest.raises(BrokerError, match="503"):
        client.agents.get(AGENT)
    assert len(transport.requests) == 3
    assert len(clock.naps) == 2


def test_readiness_is_asked_whatever_the_circuit_says_and_closes_it() -> None:
    transport = ScriptedTransport(*[empty(500)] * 3, READY)
    client, _ = client_of(transport, PatiencePolicy(retry=ONE_TRY, circuit=QUICK))
    fail(client, 3)

    client.wait_ready(deadline_seconds=1.0)
    assert client.patience.circuit(Traffic.OTHER) is CircuitState.CLOSED


def test_when_everything_fails_repeats_end_with_the_budget_and_calls_go_on() -> None:
    never = CircuitPolicy(failures=10_000)
    budget = BudgetPolicy(share=0.2, per_second=0.0, most=5.0)
    transport = ScriptedTransport(empty(503))
    client, _ = client_of(
        transport, PatiencePolicy(circuit=never, budget=budget, retry=RetryPolicy(deadline_seconds=1e6))
    )
    fail(client, 100)

    assert len(transport.requests) == 100 + 5 + 19, "one try a call, what was saved up, and a fifth of a repeat a call"


def test_a_slow_down_is_obeyed_by_the_next_call_too() -> None:
    asked = Response(status=429, headers={"retry-after": "8"})
    transport = ScriptedTransport(asked, ok(AGENT_JSON))
    client, clock = client_of(transport, PatiencePolicy(retry=ONE_TRY))
    fail(client, 1)
    client.agents.get(AGENT)

    assert sum(clock.naps) == pytest.approx(8.0, abs=0.1)
    assert client.patience.pace(Traffic.OTHER) == pytest.approx(0.5, abs=0.01)
    assert client.patience.pace(Traffic.HEARTBEAT) == 1.0


@pytest.mark.parametrize("status", [400, 404, 500, 502])
def test_other_answers_do_not_slow_down(status: int) -> None:
    client, _ = client_of(ScriptedTransport(empty(status)), PatiencePolicy(retry=ONE_TRY))
    fail(client, 1)

    assert client.patience.pace(Traffic.OTHER) == 1.0


def test_a_turn_after_the_deadline_is_refused_at_once() -> None:
    rates = {Traffic.OTHER: Rate(per_second=0.01, burst=1.0)}
    transport = ScriptedTransport(ok(AGENT_JSON))
    client, clock = client_of(transport, PatiencePolicy(rates=rates))
    client.agents.get(AGENT)

    with pytest.raises(HeldBackError, match=r"too much is asked .* class 'other'") as caught:
        client.agents.get(AGENT)
    assert caught.value.seconds == pytest.approx(100.0)
    assert (len(transport.requests), clock.naps) == (1, [])


def test_a_stop_ends_the_wait_for_a_turn() -> None:
    rates = {Traffic.OTHER: Rate(per_second=1.0, burst=1.0)}
    transport = ScriptedTransport(ok(AGENT_JSON))
    client, _ = client_of(transport, PatiencePolicy(rates=rates), ObedientClock(stop_after=1))
    client.agents.get(AGENT)

    with pytest.raises(StoppedError, match="waited for its turn"):
        client.agents.get(AGENT)
    assert len(transport.requests) == 1


def test_an_error_that_speaks_for_several_tries_keeps_its_facts() -> None:
    error = HeldBackError("not sent", seconds=7.0).after(3, sent=True)

    assert (str(error), error.seconds, error.sent) == ("not sent; gave up after 3 tries", 7.0, True)


def test_a_call_made_by_hand_has_its_lane_too() -> None:
    client, _ = client_of(ScriptedTransport(empty(500)), PatiencePolicy(retry=ONE_TRY, circuit=QUICK))
    for _ in range(3):
        with pytest.raises(BrokerError):
            client.call(Request(method="POST", path=f"/api/v1/agents/{AGENT}/heartbeat"), repeat=Repeat.SAFE)

    assert client.patience.circuit(Traffic.HEARTBEAT) is CircuitState.OPEN
    assert client.patience.circuit(Traffic.OTHER) is CircuitState.CLOSED
