"""The agent: waits for its broker, learns who it is, and keeps its cluster as the broker wants it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

import structlog
from attrs import evolve

from brokkr_agent.attempts import Attempts
from brokkr_agent.config import AgentSettings, Settings
from brokkr_agent.configuration import Configuration
from brokkr_agent.crew import Crew
from brokkr_agent.duties.desk import Desk
from brokkr_agent.duties.roster import HEALTH, WORK, Duty, duties_of
from brokkr_agent.introduce import introduce
from brokkr_agent.parcel import Parcel
from brokkr_agent.reconcile import Deployment
from brokkr_agent.recovery import Recovery
from brokkr_agent.reports import Reports
from brokkr_agent.rules import Rules, longest_attempt_seconds, pace_of, rules_of
from brokkr_agent.stacks import StackMemory
from brokkr_agent.stop import Stop
from brokkr_agent.supervisor import Supervisor
from brokkr_agent.target import Target, journals_of
from brokkr_agent.telemetry.speaker import OnlyWhile, Speaker
from brokkr_agent.turn import Turn, lease_of
from brokkr_agent.verdicts import Attempt
from brokkr_agent.witnesses import Witness
from brokkr_agent.workers import Loop, wake_all
from brokkr_core.apply import InventoryStore
from brokkr_core.broker import BrokerClient, phase_of, wait_for_phase
from brokkr_core.broker.outbox import OutboxStore
from brokkr_core.errors import BrokerError, BrokkrError, NetworkError, StoppedError
from brokkr_core.kube import KubeClient
from brokkr_core.model.broker import Agent as AgentRecord
from brokkr_core.model.broker import DeploymentObject, HeartbeatReport

_log = structlog.get_logger("agent")


class Listen(Protocol):
    """Listens to the broker for the length of a ``with`` block."""

    @property
    def voice(self) -> Speaker:
        """Says to the broker meanwhile what need not be certain."""

    def __call__(self, *, agent_id: str, wake: Callable[[], None]) -> AbstractContextManager[None]:
        """Begin to listen as this agent, and wake whoever should look now."""


class Agent:
    """One agent of one cluster.

    Args:
        configuration: the settings in force.
        broker: the broker, with the agent's own PAK.
        cluster: the cluster.
        results: keeps how attempts ended until the broker knows.
        stop: ends everything between two operations.
        listen: listens to the broker's pushes, for an agent's id; each of them calls what it is given.
        supervisor: starts the loops and waits for them.
        crew: works on the stacks.
        sight: tells what was last seen of the cluster.
        witness: hears what becomes of the stacks.
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        broker: BrokerClient,
        cluster: KubeClient,
        results: OutboxStore,
        stop: Stop,
        listen: Listen,
        supervisor: Supervisor,
        crew: Crew,
        sight: Callable[[], HeartbeatReport],
        witness: Witness,
    ) -> None:
        self._configuration = configuration
        self._broker = broker
        self._stop = stop
        self._listen = listen
        self._supervisor = supervisor
        self._crew = crew
        self._sight = sight
        self._witness = witness
        store = InventoryStore(cluster, namespace=self._settings.namespace or cluster.namespace)
        self._target = Target(client=cluster, store=store)
        self._reports = Reports(results, broker.agents.events)
        self._lock = threading.Lock()
        self._newest: dict[str, int] = {}  # sequence ids as the last answer had them, by stack
        self._memory = StackMemory(pace=pace_of(self._settings))
        self._turn: Turn | None = None
        self._attempts: Attempts | None = None
        self._me: AgentRecord | None = None

    def run(self) -> bool:
        """Start, work until a stop, and end.

        Returns:
            Whether everything had ended within the drain timeout.

        Raises:
            BrokerError, NetworkError: the broker did not let us start.
            UsageError: the PAK is no agent's.
            StoppedError: stopped while still waiting for the broker.
        """
        self._me = introduce(self._broker, self._settings)
        self._reports.recall(self._me.id)
        self._witness.introduced(self._me)
        self._turn = self._get_in_line()
        self._attempts = Attempts(
            owner_id=self._me.id,
            turn=self._turn,
            stop=self._stop,
            deployment=self._deployment,
            witness=self._witness,
            ended=self._remember,
        )
        self._supervisor.begin("heartbeat", partial(self._pause, "heartbeat"), self._heartbeat)
        poll = self._supervisor.begin("poll", partial(self._pause, "poll"), self._poll)
        drained, renewal = Stop(), (self._settings.lease_seconds or 3600) / 5
        # To the end of the drain: a rollback under way writes on after a stop, and nobody else may begin meanwhile.
        lease = self._supervisor.begin("lease", lambda: renewal, self._turn.keep, stop=drained)
        pushed = [poll, *self._begin_duties()]
        with self._listen(agent_id=self._agent_id, wake=partial(wake_all, pushed)):
            self._stop.wait_long()
        deadline = time.monotonic() + self._settings.drain_timeout_seconds
        ended = self._drain(deadline)
        drained.set()
        if not lease.join(deadline) or not ended:
            return False  # what is still under way may write, so the Lease is left to run out
        self._turn.give_up()
        return True

    @property
    def _settings(self) -> AgentSettings:
        """The settings in force at this moment; an attempt asks once and goes by them to its end."""
        return self._configuration.now.agent

    def _rules(self) -> Rules:
        return rules_of(self._settings)

    @property
    def _agent_id(self) -> str:
        assert self._me is not None, "run() introduces the agent first"
        return self._me.id

    def _pause(self, purpose: str) -> float:
        """Return how long it is to our own point of the interval; all agents together are spread over it."""
        return wait_for_phase(time.time(), self._settings.polling_interval, phase_of(self._agent_id, purpose))

    @property
    def _in_turn(self) -> Turn:
        assert self._turn is not None, "run() gets in line first"
        return self._turn

    @property
    def _at_work(self) -> Attempts:
        assert self._attempts is not None, "run() makes it first"
        return self._attempts

    def _get_in_line(self) -> Turn:
        """Prepare what only one agent of this id may do at a time: it needs the id that the broker told."""
        client, settings = self._target.client, self._settings
        namespace = settings.namespace or client.namespace
        self._target = evolve(
            self._target, journals=journals_of(settings, client, self._agent_id), token=lambda: self._in_turn.token
        )
        lease = lease_of(client, namespace=namespace, agent_id=self._agent_id, seconds=settings.lease_seconds)
        return Turn(
            lease if settings.lease_seconds else None,
            lambda: Recovery(self._target, self._rules(), observe=self._witness.observer),
            on_return=self._learn_what_was_told,
        )

    def _learn_what_was_told(self) -> None:
        """Another agent of this id may have told the broker something since we last asked."""
        try:
            self._reports.recall(self._agent_id)
        except (BrokerError, NetworkError) as error:
            _log.warning("the broker does not say what it was told; something may be told twice", error=str(error))

    def _ready_to_work(self) -> bool:
        """Whether anything may be begun. A cluster that does not answer is told by each attempt for itself."""
        try:
            self._in_turn.take()
        except StoppedError:
            return False
        except BrokkrError as error:
            _log.warning("it is not clear whether anything was left in the middle", error=str(error))
        return True

    def _halted(self) -> bool:
        """Whether nothing more may be begun."""
        return self._stop() or self._in_turn.lost

    def _heartbeat(self) -> None:
        """Tell the broker we live and what we see of the cluster; learn our own status."""
        self._broker.agents.heartbeat(self._agent_id, self._sight())
        me = self._broker.agents.get(self._agent_id)
        if self._me is not None and me.status != self._me.status:
            _log.info("status changed", status=me.status)
        self._me = me

    def _begin_duties(self) -> list[Loop]:
        """Begin what is done for the broker besides deploying; return the loops that a push may wake."""
        desk = Desk(
            configuration=self._configuration,
            agent_id=self._agent_id,
            broker=self._broker,
            cluster=self._target.client,
            store=self._target.store,
            stop=self._halted,
            sleep=self._stop.wait,
            on_stop=self._stop.on_stop,
            voice=OnlyWhile(voice=self._listen.voice, wanted=lambda: self._me is not None and self._me.active),
        )
        loops = {
            one.name: self._supervisor.begin(
                one.name,
                one.pause,
                partial(self._do, one),
                limit=lambda: longest_attempt_seconds(self._settings),
            )
            for one in duties_of(desk)
        }
        self._configuration.subscribe(partial(_wake_what_was_turned_on, loops[HEALTH]))
        return [loops[WORK]]

    def _do(self, duty: Duty) -> None:
        """Do one round of a duty, unless settings or broker say that we rest, or somebody else is at work."""
        if not duty.wanted():
            return
        if self._me is not None and self._me.active and (not duty.writes or self._ready_to_work()):
            duty.round()

    def _poll(self) -> None:
        """Ask for everything, start what is due, and deliver what is waiting. Silence changes nothing."""
        self._reports.deliver()
        if self._me is None or not self._me.active:
            return
        if not self._ready_to_work():
            return
        target = self._broker.agents.target_state(self._agent_id)
        self._newest = {one.stack_id: one.sequence_id for one in target}
        with self._lock:
            self._memory = self._memory.paced(pace_of(self._settings))
            due = self._memory.due(target, time.monotonic())
        attempts = self._at_work
        for one in self._reports.tellable(due, busy=self._crew.busy):
            size = len(one.yaml_content)  # of characters; that others have more than one byte does no harm here
            work = partial(attempts.deploy, Parcel(one), number=self._memory.number(one))
            self._crew.submit(one.stack_id, work, size_bytes=size)
        named = {one.stack_id for one in target}
        self._witness.named(named)
        self._look_for_removed(named)

    def _look_for_removed(self, named: set[str]) -> None:
        """Remove a stack only when full answers have lacked it for long, and its association is gone too."""
        owned = self._target.store.stacks(self._agent_id)
        now = time.monotonic()
        with self._lock:
            self._memory = self._memory.seen(named, owned, now)
            gone = self._memory.gone(now)
        if not gone:
            return
        associated = {stack.id for stack in self._broker.agents.stacks(self._agent_id)}
        for stack_id in gone:
            if stack_id not in associated:
                self._crew.submit(stack_id, partial(self._remove, stack_id))

    def _remove(self, stack_id: str) -> None:
        if not self._at_work.remove(stack_id):
            with self._lock:
                self._memory = self._memory.not_removed(stack_id, time.monotonic())

    def _remember(self, attempt: Attempt) -> None:
        with self._lock:
            self._memory = self._memory.after(attempt.revision, ok=attempt.ok, now=time.monotonic())
        self._witness.ended(attempt)
        self._reports.tell(attempt, self._agent_id)

    def _deployment(self, stack_id: str, revision: DeploymentObject | None) -> Deployment:
        return Deployment(
            self._target,
            self._rules(),
            observer=self._witness.observer(stack_id),
            stop=self._halted,
            outdated=lambda: revision is not None and self._newest.get(stack_id, 0) > revision.sequence_id,
        )

    def _drain(self, deadline: float) -> bool:
        """Let every operation under way end, until a time of the monotonic clock; tell whether all have."""
        drained = self._crew.drain(deadline)  # first, as it lets nothing begin that still waits
        ended = self._supervisor.join(deadline)
        if self._reports.waiting and time.monotonic() < deadline:
            self._reports.deliver()
        return ended and drained


def _wake_what_was_turned_on(health: Loop, old: Settings, new: Settings) -> None:
    """Report the health at once when it is to be reported from now on, however long the last pause was."""
    if new.agent.deployment_health_enabled and not old.agent.deployment_health_enabled:
        health.wake()
