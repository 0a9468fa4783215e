"""The agent: waits for its broker, learns who it is, and keeps its cluster as the broker wants it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

import structlog
from attrs import evolve

from brokkr_agent.audit.work import current_work, working
from brokkr_agent.config import AgentSettings, Settings
from brokkr_agent.configuration import Configuration
from brokkr_agent.crew import Crew
from brokkr_agent.duties.desk import Desk
from brokkr_agent.duties.roster import HEALTH, WORK, Duty, duties_of
from brokkr_agent.errors import own_failure
from brokkr_agent.logs.setup import attempt_log
from brokkr_agent.parcel import Parcel
from brokkr_agent.reconcile import Deployment, Revision
from brokkr_agent.recovery import Recovery
from brokkr_agent.reports import Reports
from brokkr_agent.rules import Rules, longest_attempt_seconds, pace_of, rules_of
from brokkr_agent.stacks import StackMemory
from brokkr_agent.stop import Stop
from brokkr_agent.supervisor import Supervisor
from brokkr_agent.target import Target, journals_of
from brokkr_agent.telemetry.speaker import OnlyWhile, Speaker
from brokkr_agent.turn import Turn, lease_of
from brokkr_agent.verdicts import Attempt, attempt_of
from brokkr_agent.workers import Loop, wake_all
from brokkr_core.apply import InventoryStore
from brokkr_core.broker import BrokerClient, phase_of, wait_for_phase
from brokkr_core.broker.outbox import OutboxStore
from brokkr_core.errors import BrokerError, BrokkrError, NetworkError, StoppedError, UsageError
from brokkr_core.kube import KubeClient
from brokkr_core.model.broker import Agent as AgentRecord
from brokkr_core.model.broker import DeploymentObject, HeartbeatReport
from brokkr_core.model.events import Event, Observer
from brokkr_core.model.outcome import Report
from brokkr_core.model.wire import Stamp

_log = structlog.get_logger("agent")


class Listen(Protocol):
    """Listens to the broker for the length of a ``with`` block."""

    @property
    def voice(self) -> Speaker:
        """Says to the broker meanwhile what need not be certain."""

    def __call__(self, *, agent_id: str, wake: Callable[[], None]) -> AbstractContextManager[None]:
        """Begin to listen as this agent, and wake whoever should look now."""


class Witness(Protocol):
    """Hears what becomes of the stacks; must not raise and must not block for long."""

    def introduced(self, me: AgentRecord, /) -> None:
        """Hear who we are, before anything is done."""

    def began(self, stack_id: str, revision: DeploymentObject | None, /) -> None:
        """Hear that an attempt at a revision begins; without one a stack that is named no more is removed."""

    def observer(self, stack_id: str, /) -> Observer:
        """Make the observer of one run of a stack, which begins now."""

    def ended(self, attempt: Attempt, /) -> None:
        """Hear how an attempt ended."""

    def removed(self, stack_id: str, report: Report | None, message: str, /) -> None:
        """Hear how the removal of a stack that is named no more ended; without a report nothing was done."""

    def interrupted(self, stack_id: str, /) -> None:
        """Hear that an attempt is left as it is, and whoever is next goes on."""

    def named(self, stack_ids: AbstractSet[str], /) -> None:
        """Hear which stacks the broker names; of all others nothing more comes."""


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
        self._memory = StackMemory(pace=pace_of(self._settings))
        self._turn: Turn | None = None
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
        self._me = self._introduce()
        self._witness.introduced(self._me)
        self._turn = self._get_in_line()
        self._supervisor.begin("heartbeat", partial(self._pause, "heartbeat"), self._heartbeat)
        poll = self._supervisor.begin("poll", partial(self._pause, "poll"), self._poll)
        self._supervisor.begin("lease", lambda: (self._settings.lease_seconds or 3600) / 5, self._turn.keep)
        pushed = [poll, *self._begin_duties()]
        with self._listen(agent_id=self._agent_id, wake=partial(wake_all, pushed)):
            self._stop.wait_long()
        return self._drain()

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

    def _introduce(self) -> AgentRecord:
        """Wait for the broker, learn our own id from the PAK, and join the generators."""
        _log.info("waiting for the broker", url=self._settings.broker_url)
        self._broker.wait_ready(deadline_seconds=float(self._settings.max_retries))
        identity = self._broker.auth.whoami()
        if identity.agent is None:
            raise UsageError("the PAK belongs to an administrator or a generator; an agent needs its own agent PAK")
        me = self._broker.agents.get(identity.agent)
        for wanted, found, key in (
            (self._settings.agent_name, me.name, "agent_name"),
            (self._settings.cluster_name, me.cluster_name, "cluster_name"),
        ):
            if wanted and wanted != found:
                raise UsageError(f"agent.{key} is {wanted!r}, but the PAK belongs to the agent with {found!r}")
        for generator_id in self._settings.generators:
            self._broker.generators.register(generator_id)
        self._reports.recall(me.id)
        _log.info("agent is known", agent=me.name, cluster=me.cluster_name, id=me.id, status=me.status)
        return me

    @property
    def _in_turn(self) -> Turn:
        assert self._turn is not None, "run() gets in line first"
        return self._turn

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
            lambda: Recovery(self._target, self._rules(), observer=self._observe_recovery),
            on_return=self._learn_what_was_told,
        )

    def _observe_recovery(self, event: Event) -> None:
        self._witness.observer(current_work().stack_id)(event)

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
        with self._lock:
            self._memory = self._memory.paced(pace_of(self._settings))
            due = self._memory.due(target, time.monotonic())
        for one in self._reports.tellable(due, busy=self._crew.busy):
            size = len(one.yaml_content)  # of characters; that others have more than one byte does no harm here
            self._crew.submit(one.stack_id, partial(self._attempt, Parcel(one)), size_bytes=size)
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
                self._crew.submit(stack_id, partial(self._removal, stack_id))

    def _attempt(self, parcel: Parcel) -> None:
        """Work on one stack; runs in a pool thread and must not raise."""
        one = parcel.revision
        number = self._memory.number(one)
        marks: dict[str, str | int] = {"stack_id": one.stack_id, "deployment_object_id": one.id, "attempt": number}
        with working(one.stack_id, one.id), attempt_log(**marks) as flight:
            if not self._carry_out(parcel):
                flight.fail()

    def _carry_out(self, parcel: Parcel) -> bool:
        """Make an attempt and tell how it ended; whether it was not a failure."""
        one = parcel.revision
        self._witness.began(one.stack_id, one)
        try:
            attempt = self._reconcile(parcel)
        except StoppedError:
            self._witness.interrupted(one.stack_id)
            return True
        except Exception as error:
            _log.exception("attempt crashed")
            attempt = Attempt(revision=one, ok=False, message=own_failure(error), error=type(error).__name__)
        if not attempt.ok and (self._stop() or (attempt.report is not None and self._in_turn.lost)):
            _log.info("stopped in mid-run; whoever is next goes on")
            self._witness.interrupted(one.stack_id)
            return True
        with self._lock:
            self._memory = self._memory.after(one, ok=attempt.ok, now=time.monotonic())
        (_log.info if attempt.ok else _log.error)("attempt ended", ok=attempt.ok, message=attempt.message)
        self._witness.ended(attempt)
        self._reports.tell(attempt, self._agent_id)
        return attempt.ok

    def _reconcile(self, parcel: Parcel) -> Attempt:
        one = parcel.revision
        stamp = Stamp(
            stack_id=one.stack_id,
            checksum=one.yaml_checksum,
            deployment_object_id=one.id,
            owner_id=self._agent_id,
        )
        try:
            self._in_turn.take()
            revision = Revision(stamp=stamp, manifests=parcel.open(), removal=one.is_deletion_marker)
            return attempt_of(one, self._deployment(one.stack_id).run(revision))
        except StoppedError:
            raise
        except BrokkrError as error:
            return Attempt(revision=one, ok=False, message=str(error), error=type(error).__name__)

    def _removal(self, stack_id: str) -> None:
        with working(stack_id), attempt_log(stack_id=stack_id) as flight:
            if not self._remove(stack_id):
                flight.fail()

    def _remove(self, stack_id: str) -> bool:
        """Delete what a removed stack owns. There is no revision to report on, so the log is where it is told."""
        stamp = Stamp(stack_id=stack_id, checksum="", deployment_object_id="", owner_id=self._agent_id)
        self._witness.began(stack_id, None)
        try:
            self._in_turn.take()
            report = self._deployment(stack_id).run(Revision(stamp=stamp, removal=True))
        except StoppedError:
            self._witness.interrupted(stack_id)
            return True
        except BrokkrError as error:
            _log.warning("stack not removed", error=str(error))
            self._witness.removed(stack_id, None, str(error))
            return False
        _log.info("stack removed", ok=report.ok, counts=report.counts())
        self._witness.removed(stack_id, report, "")
        return report.ok

    def _deployment(self, stack_id: str) -> Deployment:
        return Deployment(self._target, self._rules(), observer=self._witness.observer(stack_id), stop=self._halted)

    def _drain(self) -> bool:
        """Let every operation under way end, within the time there is."""
        deadline = time.monotonic() + self._settings.drain_timeout_seconds
        ended = self._supervisor.join(deadline)
        drained = self._crew.drain(deadline)
        if self._reports.waiting and time.monotonic() < deadline:
            self._reports.deliver()
        if drained:
            self._in_turn.give_up()
        return ended and drained


def _wake_what_was_turned_on(health: Loop, old: Settings, new: Settings) -> None:
    """Report the health at once when it is to be reported from now on, however long the last pause was."""
    if new.agent.deployment_health_enabled and not old.agent.deployment_health_enabled:
        health.wake()
