"""An agent in a thread of the test's own process, with a broker over HTTP and a cluster in process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from brokkr_agent.agent import Agent
from brokkr_agent.configuration import Configuration
from brokkr_agent.crew import Crew
from brokkr_agent.load import Source
from brokkr_agent.stop import Stop
from brokkr_agent.supervisor import Supervisor
from brokkr_agent.witnesses import Indifferent
from brokkr_core.broker import BrokerClient
from brokkr_core.broker.channel import Outgoing
from brokkr_core.broker.outbox import SqliteOutbox
from brokkr_core.kube import KubeClient
from brokkr_core.model.broker import AgentEvent, DeploymentObject, HeartbeatReport, Stack
from brokkr_core.testing.broker import EmbeddedBroker
from brokkr_core.testing.cluster import EmbeddedCluster
from stage_support import PATIENCE_SECONDS, wait_for


class Deaf:
    """A channel that is never up."""

    up = False

    @property
    def voice(self) -> Deaf:
        return self

    def send(self, said: Outgoing, /) -> bool:
        return False

    def __call__(self, *, agent_id: str, wake: Callable[[], None]) -> nullcontext[None]:
        return nullcontext()


class Trial:
    """One agent, its broker and its cluster; :attr:`supervisor` takes loops of the test's own, too."""

    def __init__(self, broker: EmbeddedBroker, settings: dict[str, object]) -> None:
        self.broker = broker
        self.operator = BrokerClient.connect(broker.url, pak=broker.admin_pak)
        self.cluster = EmbeddedCluster()
        self.client = KubeClient(self.cluster.transport())
        self._generator = self.operator.generators.create("tests").generator
        issued = self.operator.agents.create("edge", "cluster", generator_ids=[self._generator.id])
        self.agent_id = issued.agent.id
        self.operator.agents.activate(self.agent_id)
        pak = issued.pak.reveal()
        quick = {
            "polling_interval": 0.1,
            "stability_seconds": 0.0,
            "ready_poll_seconds": 0.05,
            "broker_url": broker.url,
        }
        given = {**quick, "deployment_health_enabled": False, "generator_ids": self._generator.id, **settings}
        configuration = Configuration(Source(flags={f"agent.{key}": value for key, value in given.items()}))
        self.stop = Stop()
        self.supervisor = Supervisor(self.stop)
        self.crew = Crew(configuration.now.agent.concurrent_stacks, most_bytes=2**20)
        self.drained: bool | None = None
        self._gates: list[threading.Event] = []
        self._clients = (BrokerClient.connect(broker.url, pak=pak), SqliteOutbox())
        agent = Agent(
            configuration,
            broker=self._clients[0],
            cluster=KubeClient(self.cluster.transport(), sleep=self.stop.wait),
            results=self._clients[1],
            stop=self.stop,
            listen=Deaf(),
            supervisor=self.supervisor,
            crew=self.crew,
            sight=lambda: HeartbeatReport(k8s_reachable=True),
            witness=Indifferent(),
        )
        self._thread = threading.Thread(target=lambda: self._run(agent), name="agent", daemon=True)

    def _run(self, agent: Agent) -> None:
        self.drained = agent.run()

    def gate(self) -> threading.Event:
        """Something to wait for; at the end it is set in any case, so that a test that fails ends."""
        gate = threading.Event()
        self._gates.append(gate)
        return gate

    def start(self) -> None:
        self._thread.start()

    def add_stack(self, name: str) -> Stack:
        stack = self.operator.stacks.create(name, generator_id=self._generator.id)
        self.operator.agents.targets.add(self.agent_id, stack.id)
        return stack

    def post(self, stack: Stack, text: str) -> DeploymentObject:
        return self.operator.stacks.deployment_objects.create(stack.id, text)

    def events(self, posted: DeploymentObject) -> list[AgentEvent]:
        everything = self.operator.agents.events.list(self.agent_id)
        return [event for event in everything if event.deployment_object_id == posted.id]

    def event(self, posted: DeploymentObject) -> AgentEvent:
        return wait_for(lambda: self.events(posted), "an event")[0]

    @property
    def polls(self) -> int:
        """How often the agent has asked for everything."""
        return sum(one.path.endswith("/target-state") for one in self.broker.requests)

    def end(self) -> None:
        """Stop, and wait for the end of the drain."""
        self.stop.set()
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()

    def close(self) -> None:
        for gate in self._gates:
            gate.set()
        if self._thread.is_alive():
            self.end()
        for one in (*self._clients, self.operator):
            one.close()


@contextmanager
def trying(**settings: object) -> Iterator[Trial]:
    """Set an agent up; it begins with ``start``."""
    with EmbeddedBroker() as broker:
        trial = Trial(broker, settings)
        try:
            yield trial
        finally:
            trial.close()
