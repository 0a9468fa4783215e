"""When a circuit opens, how long it rests, and that one request at a time finds out."""

from __future__ import annotations

import pytest

from brokkr_core.broker.circuit import Circuit, CircuitPolicy, CircuitState
from brokkr_core.errors import UsageError

POLICY = CircuitPolicy(failures=3, rest_seconds=5.0, longest_rest_seconds=12.0)
CLOSED, OPEN, HALF_OPEN = CircuitState.CLOSED, CircuitState.OPEN, CircuitState.HALF_OPEN

#: One step: ``+`` a good end, ``-`` a bad one, a number moves the clock; then the state that is due.
TABLE = [
    ("-", CLOSED),
    ("- -", CLOSED),
    ("- - -", OPEN),
    ("- - + - -", CLOSED),
    ("- - - 4.9", OPEN),
    ("- - - 5", HALF_OPEN),
    ("- - - 5 +", CLOSED),
    ("- - - 5 -", OPEN),
    ("- - - 5 - 9.9", OPEN),
    ("- - - 5 - 10", HALF_OPEN),
    ("- - - 5 - 10 - 11.9", OPEN),
    ("- - - 5 - 10 - 12", HALF_OPEN),
    ("- - - 5 - 10 - 12 - 12", HALF_OPEN),
    ("- - - 5 - 10 + - - -", OPEN),
    ("- - - 5 - 10 + - - - 5", HALF_OPEN),
    ("- - - 1000 +", CLOSED),
]


@pytest.mark.parametrize(("steps", "state"), TABLE)
def test_the_table_of_states(steps: str, state: CircuitState) -> None:
    circuit, now = Circuit(policy=POLICY), 0.0
    for step in steps.split():
        if step not in "+-":
            now += float(step)
            continue
        admitted = circuit.admit(now)
        assert admitted is not None, f"refused at {step} of {steps}"
        circuit = admitted.after(now, good=step == "+", probe=admitted.probing)

    assert circuit.state(now) is state


def opened(now: float = 0.0) -> Circuit:
    circuit = Circuit(policy=POLICY)
    for _ in range(POLICY.failures):
        circuit = circuit.after(now, good=False)
    return circuit


def test_an_open_circuit_refuses_and_says_for_how_long() -> None:
    circuit = opened(now=100.0)

    assert circuit.admit(101.0) is None
    assert circuit.rest(101.0) == 4.0
    assert circuit.rest(200.0) == 0.0


def test_one_request_at_a_time_finds_out() -> None:
    probing = opened().admit(5.0)
    assert probing is not None

    assert probing.admit(5.0) is None
    assert probing.admit(500.0) is None, "the probe alone decides, however long it takes"


def test_a_probe_that_tells_nothing_makes_room_for_another() -> None:
    probing = opened().admit(5.0)
    assert probing is not None

    again = probing.without_probe().admit(5.0)
    assert again is not None
    assert again.probing


def test_a_failure_of_a_request_that_was_sent_before_neither_prolongs_the_rest_nor_ends_the_probe() -> None:
    circuit = opened()
    probing = circuit.admit(5.0)
    assert probing is not None

    assert circuit.after(4.0, good=False) == circuit
    assert probing.after(6.0, good=False) == probing


def test_a_late_good_answer_closes_an_open_circuit() -> None:
    assert opened().after(1.0, good=True).state(1.0) is CLOSED


def test_thousands_of_failed_probes_rest_no_longer_than_the_longest_rest() -> None:
    circuit, now = opened(), 0.0
    for _ in range(3000):
        now += circuit.rest(now)
        admitted = circuit.admit(now)
        assert admitted is not None
        circuit = admitted.after(now, good=False, probe=True)

    assert circuit.rest(now) == 12.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"failures": 0},
        {"rest_seconds": -1.0},
        {"rest_seconds": 40.0},
        {"longest_rest_seconds": float("inf")},
        {"rest_seconds": float("nan")},
    ],
)
def test_a_policy_refuses_what_cannot_be_meant(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        CircuitPolicy(**wrong)  # type: ignore[arg-type]  # a float for failures is not among the cases
