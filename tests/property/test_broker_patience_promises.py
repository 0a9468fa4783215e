"""Whatever the broker answers and whenever: paces are kept, a sick broker is spared, and a well one is found again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from broker_support import down, empty
from brokkr_core.broker.bucket import LOWEST_PACE, Bucket, Rate
from brokkr_core.broker.budget import Budget, BudgetPolicy
from brokkr_core.broker.circuit import Circuit, CircuitPolicy, CircuitState
from brokkr_core.broker.patience import Patience, PatiencePolicy
from brokkr_core.broker.phase import phase_of, wait_for_phase
from brokkr_core.broker.traffic import Traffic
from brokkr_core.errors import BrokerUnreachableError
from brokkr_core.model.http import Request, Response
from brokkr_core.retry import Repeat, RetryPolicy
from clock_support import ObedientClock

RATES = st.builds(Rate, per_second=st.floats(0.1, 100.0), burst=st.floats(1.0, 50.0))
BUDGETS = st.builds(BudgetPolicy, share=st.floats(0, 2), per_second=st.floats(0, 2), most=st.floats(0, 20))
STEPS = st.floats(0.0, 30.0)
SLOW = st.none() | st.floats(0.0, 100.0)
REQUEST = Request(method="GET", path="/api/v1/stacks")
ENDS = st.sampled_from([empty(200), empty(404), empty(429), empty(500), empty(503), down(sent=True), down(sent=False)])


@given(rate=RATES, steps=st.lists(st.tuples(STEPS, SLOW), max_size=60))
def test_no_window_of_time_sees_more_than_the_burst_and_the_rate(
    rate: Rate, steps: list[tuple[float, float | None]]
) -> None:
    bucket, now, sent = Bucket.full(rate, 0.0), 0.0, []
    for step, slow in steps:
        now += step
        if slow is not None:
            bucket = bucket.slowed(now, slow)
        bucket, wait = bucket.reserve(now)
        assert wait >= 0.0
        sent.append(now + wait)
        assert LOWEST_PACE <= bucket.pace <= 1.0

    for first, start in enumerate(sent):
        for last in range(first, len(sent)):
            span = sent[last] - start
            assert last - first + 1 <= rate.burst + rate.per_second * span + 1.001
    assert sent == sorted(sent) or max(b - a for a, b in zip(sent[1:], sent, strict=False)) < 1e-6, (
        "first come, first go"
    )


@given(
    policy=st.builds(BudgetPolicy, share=st.floats(0, 2), per_second=st.floats(0, 2), most=st.floats(0, 20)),
    data=st.data(),
)
def test_repeats_never_exceed_what_was_earned(policy: BudgetPolicy, data: st.DataObject) -> None:
    budget, now, calls, repeats = Budget.full(policy, 0.0), 0.0, 0, 0
    for step, call in data.draw(st.lists(st.tuples(STEPS, st.booleans()), max_size=60)):
        now += step
        if call:
            budget, calls = budget.with_call(now), calls + 1
        elif (left := budget.with_repeat(now)) is not None:
            budget, repeats = left, repeats + 1
        assert 0.0 <= budget.left <= policy.most

    assert repeats <= policy.most + policy.share * calls + policy.per_second * now + 1e-6


@given(steps=st.lists(st.tuples(STEPS, st.booleans(), st.booleans()), max_size=80))
def test_one_probe_at_a_time_and_always_a_next_one(steps: list[tuple[float, bool, bool]]) -> None:
    policy = CircuitPolicy(failures=3, rest_seconds=2.0, longest_rest_seconds=20.0)
    circuit, now, probes = Circuit(policy=policy), 0.0, 0
    for step, probe_ends, good in steps:
        now += step
        if probes and probe_ends:
            circuit, probes = circuit.after(now, good=good, probe=True), 0
            continue
        admitted = circuit.admit(now)
        if admitted is None:
            assert circuit.state(now) is CircuitState.OPEN or probes == 1
        elif admitted is not circuit:
            circuit, probes = admitted, probes + 1
        elif not probes:
            circuit = circuit.after(now, good=good)
        assert probes <= 1

    if not probes:
        assert circuit.admit(now + policy.longest_rest_seconds) is not None


@given(ends=st.lists(ENDS, min_size=1, max_size=80), repeat=st.sampled_from(Repeat), deadline=st.floats(0.0, 100.0))
def test_no_call_outlasts_its_deadline_and_no_try_begins_after_it(
    ends: list[Response | BrokerUnreachableError], repeat: Repeat, deadline: float
) -> None:
    clock = ObedientClock()
    policy = PatiencePolicy(
        retry=RetryPolicy(deadline_seconds=deadline), rates={Traffic.OTHER: Rate(per_second=0.5, burst=2)}
    )
    patience = Patience(policy, clock=clock, sleep=clock.sleep, random=lambda: 0.5)
    script = list(ends)
    began: list[float] = []

    def send() -> Response:
        began.append(clock.seconds)
        end = script.pop(0)
        if isinstance(end, BrokerUnreachableError):
            raise end
        return end

    while script:
        started, tries = clock.seconds, len(began)
        try:
            patience.carry(REQUEST, send, repeat=repeat)
        except (BrokerUnreachableError, IndexError):
            clock.seconds += 1.0
        assert all(at <= started + deadline + 1e-6 for at in began[tries:])


@given(name=st.text(), interval=st.floats(0.1, 3600.0), now=st.floats(0.0, 4e9))
def test_a_round_is_never_more_than_an_interval_away(name: str, interval: float, now: float) -> None:
    phase = phase_of(name, "poll")

    assert 0.0 <= phase < 1.0
    assert 0.0 < wait_for_phase(now, interval, phase) <= interval
