"""What is read when Prometheus asks: the state of things that others keep. Nobody is sent a request for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from attrs import field, frozen
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from brokkr_agent.audit.trail import Tally
from brokkr_agent.configuration import Standing
from brokkr_agent.crew import Crowd
from brokkr_agent.health.component import Component
from brokkr_agent.lines import Side
from brokkr_agent.metrics.families import PREFIX
from brokkr_agent.metrics.ledger import Ledger
from brokkr_agent.vitals import Vitals, WorkerState
from brokkr_core.broker import PoolMetrics
from brokkr_core.broker.channel import ChannelState, Phase
from brokkr_core.broker.circuit import CircuitState
from brokkr_core.broker.expiry import Expiry
from brokkr_core.broker.patience import Patience
from brokkr_core.broker.traffic import Traffic


@frozen(kw_only=True)
class ComponentReading:
    """Whether something the agent depends on works; None for what was not asked yet."""

    up: bool | None
    last_success: datetime | None

    @classmethod
    def of(cls, look: Callable[[], Component | None]) -> ComponentReading:
        """Read what the health shows; a component that is not used was not asked either."""
        known = look() or Component()
        return cls(up=known.up, last_success=known.last_success)


@frozen(kw_only=True, eq=False)
class Readings(Collector):
    """Collects states at the moment of a scrape.

    Args:
        version: of this agent.
        patience: what the broker's client has learnt about its line.
        pool: how the connections to the broker stand.
        expiry: when the certificate files for the broker run out.
        outbox: how many results wait for the broker, and how many were set aside.
        workers: how every loop does.
        crowd: what the threads for stacks are at.
        channel: the WebSocket to the broker; None when it is not used.
        components: what the agent depends on, by name.
        ledger: how the stacks do.
        audit: what the audit trail counted.
        memory_limit: of the cgroup in bytes, or None.
        reloads: how the reloads of the settings stand.
        lines: how many lines were logged, by level and component.
        lost_lines: how many of them could not be written.
    """

    version: str
    patience: Patience
    pool: Callable[[], PoolMetrics]
    expiry: Callable[[], Expiry]
    outbox: Mapping[str, Callable[[], int]]
    workers: Callable[[], Iterable[Vitals]]
    crowd: Callable[[], Crowd]
    channel: Callable[[], ChannelState | None]
    components: Mapping[str, Callable[[], ComponentReading]]
    ledger: Ledger = field(repr=False)
    audit: Callable[[], Tally]
    memory_limit: Callable[[], int | None]
    reloads: Callable[[], Standing]
    lines: Callable[[], Mapping[tuple[str, str], int]]
    lost_lines: Callable[[], int]

    def collect(self) -> Iterable[Metric]:
        """Read everything once."""
        yield _gauge("build_info", "The version of this agent; always 1.", ("version",), [((self.version,), 1)])
        yield from self._line()
        yield from self._channel()
        yield from self._work()
        yield from self._stacks()
        yield from self._workers()
        yield from self._trail()
        yield from self._configuration()
        yield _counter("log_messages", "Lines of the log.", ("level", "component"), self.lines().items())
        told = "Lines of the log that could not be written."
        yield _counter("log_lines_lost", told, (), [((), self.lost_lines())])
        limit = self.memory_limit()
        told = "How much memory the cgroup allows; absent without a limit."
        yield _gauge("memory_limit_bytes", told, (), [] if limit is None else [((), limit)])

    def _line(self) -> Iterable[Metric]:
        circuits = {one: self.patience.circuit(one) for one in Traffic}
        told = "What the circuit of a class of traffic to the broker does with the next request; 1 for its state."
        states = [((one.value, state.value), state is circuits[one]) for one in Traffic for state in CircuitState]
        yield _gauge("broker_circuit_state", told, ("endpoint", "state"), states)
        paces = [((one.value,), self.patience.pace(one)) for one in Traffic]
        yield _gauge("broker_pace", "The share of its rate that a class of traffic uses now.", ("endpoint",), paces)
        repeats = [((one.value,), self.patience.repeats(one)) for one in Traffic]
        yield _counter("broker_retries", "Requests to the broker sent again.", ("endpoint",), repeats)
        pool = self.pool()
        connections = [(("idle",), pool.idle), (("lent",), pool.lent), (("draining",), pool.draining)]
        yield _gauge(
            "broker_connections", "Connections to the broker; those draining are lent.", ("state",), connections
        )
        told = "How often the certificates for the broker were loaded."
        yield _gauge("broker_connection_generation", told, (), [((), pool.generation)])
        ends = self.expiry()
        told = "When a certificate for the broker runs out, in seconds since 1970."
        times = [(("client",), ends.client), (("ca",), ends.authority)]
        yield _gauge("tls_certificate_not_after_timestamp_seconds", told, ("use",), _times(times))
        components = {name: read() for name, read in self.components.items()}
        told = "Whether what the agent depends on works; absent until it was asked."
        ups = [((name,), bool(one.up)) for name, one in components.items() if one.up is not None]
        yield _gauge("component_up", told, ("component",), ups)
        successes = [((name,), one.last_success) for name, one in components.items()]
        told = "When it last did what it was asked for, in seconds since 1970."
        yield _gauge("component_last_success_timestamp_seconds", told, ("component",), _times(successes))

    def _channel(self) -> Iterable[Metric]:
        state, rest = self.channel(), self.components[str(Side.BROKER)]().up
        connected = [] if rest is None else [(("rest",), rest)]
        if state is not None:
            connected.append((("ws",), state.phase is Phase.UP))
        told = (
            "Whether the broker answers over REST, and whether the WebSocket to it is up; absent when it is not used."
        )
        yield _gauge("broker_connected", told, ("channel",), connected)
        lines = [] if state is None else [((), max(state.connects - 1, 0))]
        yield _counter("ws_reconnects", "How often the WebSocket was up again.", (), lines)
        messages = [] if state is None else _messages(state)
        told = "Frames over the WebSocket; the broker acknowledges none."
        yield _counter("ws_messages", told, ("direction", "type"), messages)
        dropped = [] if state is None else [((lane,), count) for lane, count in state.dropped.items()]
        told = "Frames that found no line or no room, or were forgotten with their line."
        yield _counter("ws_dropped", told, ("lane",), dropped)

    def _work(self) -> Iterable[Metric]:
        depths = [((state,), count()) for state, count in self.outbox.items()]
        yield _gauge("event_outbox_depth", "Results that the broker does not have.", ("state",), depths)
        crowd = self.crowd()
        in_progress = [((), len(crowd.working))]
        yield _gauge("deployments_in_progress", "Stacks that are worked on.", (), in_progress)
        yield _gauge("deployment_queue_depth", "Stacks that wait for a free thread.", (), [((), crowd.queued)])
        told = "For how long the oldest work on a stack has been under way."
        oldest = crowd.oldest_seconds(time.monotonic())
        yield _gauge("deployment_oldest_in_progress_seconds", told, (), [((), oldest)])

    def _stacks(self) -> Iterable[Metric]:
        stacks, others = self.ledger.shown()
        told = "When the stack was last as the broker wants it, in seconds since 1970."
        ends = [((stack_id,), end.last_success) for stack_id, end in stacks.items()]
        yield _gauge("stack_last_success_timestamp_seconds", told, ("stack_id",), _times(ends))
        failures = [((stack_id,), end.failures) for stack_id, end in stacks.items()]
        yield _gauge("stack_failures_in_a_row", "Failed attempts since the last good one.", ("stack_id",), failures)
        yield _gauge("stacks_failing", "Stacks whose last attempt failed.", (), [((), self.ledger.failing)])
        yield _gauge("stacks_without_series", "Stacks beyond agent.metrics_stacks.", (), [((), others)])

    def _workers(self) -> Iterable[Metric]:
        workers, now = tuple(self.workers()), time.monotonic()
        rounds = [
            ((one.name, result), count)
            for one in workers
            for result, count in (("success", one.good), ("failure", one.failed), ("crash", one.crashed))
        ]
        yield _counter("worker_rounds", "Rounds of a loop, by how they ended.", ("worker", "result"), rounds)
        stuck = [((one.name,), one.state(now) is WorkerState.STUCK) for one in workers]
        yield _gauge("worker_stuck", "Whether a loop shows no sign of life.", ("worker",), stuck)
        successes = [((one.name,), one.last_success) for one in workers]
        told = "When a round of the loop last ended well, in seconds since 1970."
        yield _gauge("worker_last_success_timestamp_seconds", told, ("worker",), _times(successes))

    def _trail(self) -> Iterable[Metric]:
        tally = self.audit()
        told = "Records of the audit trail, by whether they could be written."
        results = [(("written",), tally.written), (("failed",), tally.failed)]
        yield _counter("audit_records", told, ("result",), results)
        told = "The number of the last record in the audit trail; 0 without one."
        yield _gauge("audit_chain_sequence", told, (), [((), tally.seq)])

    def _configuration(self) -> Iterable[Metric]:
        standing = self.reloads()
        told = "How many states of the settings have been in force."
        yield _gauge("config_generation", told, (), [((), standing.generation)])
        told = "Whether the settings could be loaded the last time."
        yield _gauge("config_last_reload_successful", told, (), [((), standing.successful)])
        told = "When the settings were last loaded without a fault, in seconds since 1970."
        yield _gauge("config_last_reload_success_timestamp_seconds", told, (), [((), standing.success_at)])
        results = [((result,), count) for result, count in standing.reloads.items()]
        yield _counter("config_reloads", "Reloads of the settings, by how they ended.", ("result",), results)
        told = "Whether a changed setting waits for a restart."
        yield _gauge("config_restart_required", told, (), [((), bool(standing.restart_required))])


def _messages(state: ChannelState) -> list[tuple[tuple[str, str], int]]:
    others = {"unknown": state.frames_unknown, "unreadable": state.frames_refused}
    heard = [(("in", kind), count) for kind, count in {**state.pushes, **others}.items()]
    return heard + [(("out", kind), count) for kind, count in state.sent.items()]


def _gauge(
    name: str, told: str, labels: tuple[str, ...], samples: Iterable[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(PREFIX + name, told, labels=labels)
    for values, number in samples:
        family.add_metric(values, float(number))
    return family


def _counter(
    name: str, told: str, labels: tuple[str, ...], samples: Iterable[tuple[tuple[str, ...], float]]
) -> CounterMetricFamily:
    family = CounterMetricFamily(PREFIX + name, told, labels=labels)
    for values, number in samples:
        family.add_metric(values, float(number))
    return family


def _times(
    samples: Iterable[tuple[tuple[str, ...], datetime | None]],
) -> Iterable[tuple[tuple[str, ...], float]]:
    return [(values, at.timestamp()) for values, at in samples if at is not None]
