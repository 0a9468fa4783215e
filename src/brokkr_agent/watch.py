"""Everything that watches the agent, put together: counters, the board of its health, and the server that tells."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version

from prometheus_client import CollectorRegistry, ProcessCollector

from brokkr_agent.config import AgentSettings
from brokkr_agent.crew import Crew
from brokkr_agent.early import Voice
from brokkr_agent.health import CHANNEL, Answer, Asked, Board, Component, HealthServer, Picture, answer_to
from brokkr_agent.lines import BrokerLine, ClusterLine, Heard, Side
from brokkr_agent.metrics import Families, Ledger, Readings, RunMetrics, written
from brokkr_agent.metrics.memory import memory_limit
from brokkr_agent.metrics.readings import ComponentReading
from brokkr_agent.rules import longest_attempt_seconds
from brokkr_agent.stop import Stop
from brokkr_agent.supervisor import Supervisor
from brokkr_agent.verdicts import Attempt
from brokkr_core.broker import BrokerTransport, HttpxTransport
from brokkr_core.broker.outbox import OutboxStore
from brokkr_core.broker.patience import Patience
from brokkr_core.kube.transport import Transport
from brokkr_core.model.events import Event, Observer

#: Between two tries to get the port.
PORT_SECONDS = 10.0


class Watch:
    """Watches one agent.

    Args:
        settings: the section ``[agent]``.
        stop: the agent's.
        observe: makes another observer of one stack's runs, from the stack's id.
        voice: speaks over the channel, if there is one.
    """

    def __init__(self, settings: AgentSettings, stop: Stop, observe: Callable[[str], Observer], voice: Voice) -> None:
        self._settings = settings
        self._voice = voice
        self._observe = observe
        self._version = version("brokkr")
        self._stop = stop
        self._begun = time.monotonic()
        self._registry = CollectorRegistry()
        self._families = Families(self._registry)
        self._ledger = Ledger(settings.metrics_stacks)
        self._board = Board()
        self.supervisor = Supervisor(stop, limit_seconds=settings.stuck_seconds)
        self.crew = Crew(settings.concurrent_stacks, most_bytes=settings.concurrent_mebibytes * 2**20)
        self.end = Stop()  #: ends what has to outlive the drain

    def broker_line(self, line: BrokerTransport) -> BrokerTransport:
        """Watch a line to the broker."""
        return BrokerLine(line, self._hear)

    def cluster_line(self, line: Transport) -> Transport:
        """Watch a line to the cluster."""
        return ClusterLine(line, self._hear)

    def observer(self, stack_id: str, /) -> Observer:
        """Make the observer of one run of a stack, which begins now."""
        mine, other = RunMetrics(self._families), self._observe(stack_id)

        def both(event: Event, /) -> None:
            mine(event)
            other(event)

        return both

    def ended(self, attempt: Attempt, /) -> None:
        """Hear how an attempt ended."""
        self._families.ended(attempt)
        self._ledger.ended(attempt.revision.stack_id, ok=attempt.ok)

    def named(self, stack_ids: AbstractSet[str], /) -> None:
        """Hear which stacks the broker names."""
        self._ledger.keep(stack_ids)

    def show(self, patience: Patience, transport: HttpxTransport, results: OutboxStore) -> None:
        """Serve what is known over HTTP, unless the settings say otherwise.

        Args:
            patience: what the broker's client has learnt about its line.
            transport: the way to the broker.
            results: what waits for the broker.
        """
        if not self._settings.health_port:
            return
        ProcessCollector(registry=self._registry)
        self._registry.register(
            Readings(
                version=self._version,
                patience=patience,
                pool=transport.metrics,
                expiry=transport.expiry,
                outbox={"waiting": results.open_count, "aside": results.aside_count},
                workers=self.supervisor.vitals,
                crowd=self.crew.crowd,
                channel=lambda: self._voice.state,
                components={str(side): partial(self._reading, side) for side in Side} | {CHANNEL: self._channel},
                ledger=self._ledger,
                memory_limit=memory_limit,
            )
        )
        settings = self._settings
        server = HealthServer(settings.health_address, settings.health_port, self._answer, beat=self.supervisor.beat)
        self.supervisor.begin("health", lambda: PORT_SECONDS, lambda: server.serve(self.end), stop=self.end)

    def picture(self) -> Picture:
        """Return everything that is known at this moment."""
        now = time.monotonic()
        return Picture(
            at=datetime.now(UTC),
            now=now,
            uptime_seconds=int(now - self._begun),
            version=self._version,
            draining=self._stop(),
            kubernetes=self._board.component(Side.KUBERNETES),
            broker=self._board.component(Side.BROKER),
            last_heartbeat=self._board.last_heartbeat,
            workers=self.supervisor.vitals(),
            overdue=self.crew.crowd().overdue(now, longest_attempt_seconds(self._settings)),
            channel=self._voice.component,
            metrics=lambda: written(self._registry),
        )

    def _answer(self, asked: Asked) -> Answer:
        return answer_to(asked, self.picture())

    def _hear(self, heard: Heard) -> None:
        self._board.hear(heard)
        self._families.hear(heard)
        self.supervisor.beat()

    def _reading(self, side: Side) -> ComponentReading:
        known = self._board.component(side)
        return ComponentReading(up=known.up, last_success=known.last_success)

    def _channel(self) -> ComponentReading:
        known = self._voice.component or Component()
        return ComponentReading(up=known.up, last_success=known.last_success)
