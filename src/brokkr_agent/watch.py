"""Everything that watches the agent, put together: counters, the board of its health, and the server that tells."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import TypedDict

from prometheus_client import CollectorRegistry, ProcessCollector

from brokkr_agent.audit.trail import Tally
from brokkr_agent.config import AgentSettings, Settings
from brokkr_agent.configuration import Configuration
from brokkr_agent.control import Route, control_server
from brokkr_agent.crew import Crew
from brokkr_agent.early import Voice
from brokkr_agent.health import CHANNEL, Board, Picture, answer_to
from brokkr_agent.http import Answer, HttpServer, Place, Request
from brokkr_agent.lines import BrokerLine, ClusterLine, Heard, Side
from brokkr_agent.logs.engine import log_event
from brokkr_agent.logs.setup import LOG
from brokkr_agent.metrics import Families, Ledger, Readings, RunMetrics, written
from brokkr_agent.metrics.memory import memory_limit
from brokkr_agent.metrics.readings import ComponentReading
from brokkr_agent.rules import longest_attempt_seconds
from brokkr_agent.stop import Stop
from brokkr_agent.supervisor import Supervisor
from brokkr_agent.verdicts import Attempt
from brokkr_agent.witnesses import Indifferent
from brokkr_core.broker import BrokerTransport, HttpxTransport
from brokkr_core.broker.outbox import OutboxStore
from brokkr_core.broker.patience import Patience
from brokkr_core.kube.transport import Transport
from brokkr_core.model.events import Event, Observer

#: Between two tries to get the port.
PORT_SECONDS = 10.0


class Watch(Indifferent):
    """Watches one agent.

    Args:
        configuration: the settings in force.
        stop: the agent's.
        observe: makes another observer of one stack's runs, from the stack's id.
    """

    def __init__(self, configuration: Configuration, stop: Stop, observe: Callable[[str], Observer]) -> None:
        self._configuration = configuration
        self.voice = Voice()  #: speaks over the channel, while there is one
        self._observe = observe
        self._version = version("brokkr")
        self._stop = stop
        self._begun = time.monotonic()
        self._registry = CollectorRegistry()
        self._families = Families(self._registry)
        self._ledger = Ledger(self._settings.metrics_stacks)
        self._board = Board()
        self.supervisor = Supervisor(stop, limit=lambda: self._settings.stuck_seconds)
        self.crew = Crew(**_at_once(self._settings), limit=self._longest_attempt)
        self.end = Stop()  #: ends what has to outlive the drain
        configuration.subscribe(self._take_on)

    @property
    def _settings(self) -> AgentSettings:
        return self._configuration.now.agent

    def _longest_attempt(self) -> float:
        return longest_attempt_seconds(self._settings)

    def _take_on(self, _old: Settings, new: Settings) -> None:
        """Let what was built by the old settings go on by the new ones."""
        self._ledger.show_at_most(new.agent.metrics_stacks)
        self.crew.resize(**_at_once(new.agent))
        self.supervisor.repace()

    def broker_line(self, line: BrokerTransport) -> BrokerTransport:
        """Watch a line to the broker."""
        return BrokerLine(line, self._hear, know=LOG.secrets.know)

    def cluster_line(self, line: Transport) -> Transport:
        """Watch a line to the cluster."""
        return ClusterLine(line, self._hear)

    def observer(self, stack_id: str, /) -> Observer:
        """Make the observer of one run of a stack, which begins now."""
        observers = (
            RunMetrics(self._families),
            self._observe(stack_id),
            log_event,
        )

        def all_of_them(event: Event, /) -> None:
            for observer in observers:
                observer(event)

        return all_of_them

    def ended(self, attempt: Attempt, /) -> None:
        """Hear how an attempt ended."""
        self._families.ended(attempt)
        self._ledger.ended(attempt.revision.stack_id, ok=attempt.ok)

    def named(self, stack_ids: AbstractSet[str], /) -> None:
        """Hear which stacks the broker names."""
        self._ledger.keep(stack_ids)

    def show(
        self, patience: Patience, transport: HttpxTransport, results: OutboxStore, audit: Callable[[], Tally]
    ) -> None:
        """Serve what is known over HTTP, unless the settings say otherwise.

        Args:
            patience: what the broker's client has learnt about its line.
            transport: the way to the broker.
            results: what waits for the broker.
            audit: what the audit trail counted.
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
                channel=lambda: self.voice.state,
                components={
                    **{str(side): partial(ComponentReading.of, partial(self._board.component, side)) for side in Side},
                    CHANNEL: partial(ComponentReading.of, lambda: self.voice.component),
                },
                ledger=self._ledger,
                audit=audit,
                memory_limit=memory_limit,
                reloads=lambda: self._configuration.standing,
                lines=LOG.tally.counts,
                lost_lines=lambda: LOG.sink.lost,
            )
        )
        settings = self._settings
        place = Place(
            name="health", address=settings.health_address, port=settings.health_port, setting="agent.health_port"
        )
        server = HttpServer(place, self._answer, beat=self.supervisor.beat)
        self.supervisor.begin("health", lambda: PORT_SECONDS, lambda: server.serve(self.end), stop=self.end)

    def control(self, routes: Iterable[Route]) -> None:
        """Serve the control API, unless the settings say otherwise.

        Args:
            routes: what may be asked and told.

        Raises:
            ConfigError: the token that has to be shown cannot be read.
        """
        if self._settings.control_port:
            server = control_server(self._settings, routes, beat=self.supervisor.beat)
            self.supervisor.begin("control", lambda: PORT_SECONDS, lambda: server.serve(self.end), stop=self.end)

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
            overdue=self.crew.crowd().overdue(now, self._longest_attempt()),
            channel=self.voice.component,
            metrics=lambda: written(self._registry),
        )

    def _answer(self, asked: Request) -> Answer:
        return answer_to(asked, self.picture())

    def _hear(self, heard: Heard) -> None:
        self._board.hear(heard)
        self._families.hear(heard)
        self.supervisor.beat()


class _AtOnce(TypedDict):
    size: int
    most_bytes: int


def _at_once(settings: AgentSettings) -> _AtOnce:
    return {"size": settings.concurrent_stacks, "most_bytes": settings.concurrent_mebibytes * 2**20}
