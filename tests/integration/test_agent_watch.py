"""The watch goes on through a drain, and reads states when it is asked."""

from __future__ import annotations

import time

import pytest
from attrs import evolve
from prometheus_client import CollectorRegistry

from brokkr_agent.audit.trail import Tally
from brokkr_agent.config import AgentSettings
from brokkr_agent.configuration import Configuration
from brokkr_agent.lines import Heard, Side
from brokkr_agent.load import Source
from brokkr_agent.metrics import Ledger
from brokkr_agent.metrics.readings import ComponentReading
from brokkr_agent.rules import longest_attempt_seconds
from brokkr_agent.stop import Stop
from brokkr_agent.watch import Watch
from brokkr_core.broker import HttpxTransport
from brokkr_core.broker.outbox import SqliteOutbox
from brokkr_core.broker.patience import Patience, PatiencePolicy
from brokkr_core.model.events import silent
from brokkr_core.retry import SystemClock
from metrics_support import readings
from stage_support import wait_for
from watch_support import Window, free_port

LINE = HttpxTransport("http://127.0.0.1:1")
PATIENCE = Patience(PatiencePolicy(), clock=SystemClock(), sleep=time.sleep, random=lambda: 0.5)


def test_an_agent_that_drains_is_not_ready_and_goes_on_answering() -> None:
    stop, port = Stop(), free_port()
    flags = {"agent.health_port": port, "agent.health_address": "127.0.0.1"}
    watch = Watch(Configuration(Source(flags=flags)), stop, lambda _: silent)
    window = Window(port)
    with SqliteOutbox() as results:
        watch.show(PATIENCE, LINE, results, Tally)
        watch._hear(Heard(side=Side.KUBERNETES, kind="version", seconds=0.1, status=200))
        wait_for(window.is_ready, "a ready agent")
        stop.set()

        assert watch.supervisor.join(time.monotonic() + 10), "the server is not waited for"
        assert window.ask("/readyz") == (503, "draining")
        assert window.ask("/livez") == (200, "OK")
        assert window.value("event_outbox_depth", state="waiting") == 0
        watch.end.set()
        wait_for(lambda: window.ask("/livez")[0] == 0, "the end")


def test_without_a_port_nobody_listens() -> None:
    watch = Watch(Configuration(Source(flags={"agent.health_port": 0})), Stop(), lambda _: silent)
    with SqliteOutbox() as results:
        watch.show(PATIENCE, LINE, results, Tally)

    assert watch.supervisor.vitals() == ()


def test_an_attempt_may_take_as_long_as_its_run_and_its_rollback() -> None:
    assert longest_attempt_seconds(AgentSettings()) == 3600 + 2 * 300 + 300


@pytest.mark.parametrize(("limit", "value"), [(1000, 1000.0), (None, None)])
def test_states_are_read_when_they_are_asked_for(limit: int | None, value: float | None) -> None:
    registry, ledger = CollectorRegistry(), Ledger(1)
    registry.register(readings(ledger, memory_limit=limit))
    ledger.ended("s1", ok=True)
    ledger.ended("s2", ok=False)

    def read(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"brokkr_agent_{name}", labels)

    assert read("memory_limit_bytes") == value
    assert (read("event_outbox_depth", state="waiting"), read("event_outbox_depth", state="aside")) == (3, 1)
    assert (read("deployments_in_progress"), read("deployment_queue_depth")) == (1, 2)
    assert read("broker_circuit_state", endpoint="heartbeat", state="closed") == 1
    assert read("broker_circuit_state", endpoint="heartbeat", state="open") == 0
    assert read("worker_rounds_total", worker="poll", result="success") == 1
    assert read("stack_failures_in_a_row", stack_id="s1") == 0
    assert read("stack_failures_in_a_row", stack_id="s2") is None
    assert (read("stacks_without_series"), read("stacks_failing")) == (1, 1)


def test_what_was_not_asked_yet_is_neither_up_nor_down() -> None:
    registry = CollectorRegistry()
    unasked = ComponentReading(up=None, last_success=None)
    registry.register(evolve(readings(Ledger(1)), components={"broker": lambda: unasked}))

    assert registry.get_sample_value("brokkr_agent_component_up", {"component": "broker"}) is None
