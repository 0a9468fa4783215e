"""Every duty, and how often its round comes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from attrs import frozen

from brokkr_agent.duties.applying import Bench
from brokkr_agent.duties.build import BuildWork
from brokkr_agent.duties.custom import CustomWork
from brokkr_agent.duties.deliveries import Deliveries
from brokkr_agent.duties.desk import Desk
from brokkr_agent.duties.diagnostics import Diagnostics
from brokkr_agent.duties.health import Health
from brokkr_agent.duties.orders import Orders, Work
from brokkr_agent.telemetry.events import KubeEvents
from brokkr_agent.telemetry.pod_logs import Limits, PodLogs
from brokkr_core.broker.delivery import Courier
from brokkr_core.model.work import WorkOrder, WorkResult

#: Name of the duty that a push of the broker may wake.
WORK = "work"

#: Name of the duty that the settings may turn off.
HEALTH = "deployment-health"

#: Between two looks for webhooks and diagnostics (contract 10.2), unless polls are closer together anyway.
LOOK_SECONDS = 10.0


@frozen(kw_only=True)
class Duty:
    """Something to be done again and again while the agent is ACTIVE."""

    name: str
    pause: Callable[[], float]  #: how many seconds to wait between two rounds
    round: Callable[[], None]
    writes: bool = False  #: whether it changes the cluster, and so needs its turn
    wanted: Callable[[], bool] = lambda: True  #: whether the settings ask for it at this moment


def duties_of(desk: Desk) -> tuple[Duty, ...]:
    """Return every duty."""
    return (_health(desk), _orders(desk), _deliveries(desk), _diagnostics(desk), *_telemetry(desk))


def _health(desk: Desk) -> Duty:
    health = Health(
        client=desk.cluster,
        store=desk.store,
        agent_id=desk.agent_id,
        report=partial(desk.broker.agents.health.report, desk.agent_id),
        policy=lambda: desk.rules.apply.ready,
    )
    return Duty(
        name=HEALTH,
        pause=lambda: desk.settings.deployment_health_interval,
        round=health.round,
        wanted=lambda: desk.settings.deployment_health_enabled,
    )


def _orders(desk: Desk) -> Duty:
    def bench() -> Bench:
        """One order is carried out by one state of the settings."""
        policy = desk.rules.apply
        return Bench(
            cluster=desk.cluster, policy=policy, poll_seconds=policy.poll_seconds, stop=desk.stop, sleep=desk.sleep
        )

    def build(order: WorkOrder, *, until: float) -> WorkResult:
        return BuildWork(bench=bench())(order, until=until)

    def custom(order: WorkOrder, *, until: float) -> WorkResult:
        return CustomWork(bench=bench())(order, until=until)

    work: dict[str, Work] = {"build": build, "custom": custom}
    orders = Orders(desk.broker.work_orders, desk.agent_id, work=work, stop=desk.stop)
    return Duty(name=WORK, pause=lambda: desk.settings.polling_interval, round=orders.round, writes=True)


def _deliveries(desk: Desk) -> Duty:
    broker = desk.broker.webhooks.deliveries
    deliveries = Deliveries(broker, desk.agent_id, courier=Courier(), stop=desk.stop)
    return Duty(name="webhooks", pause=partial(_look_seconds, desk), round=deliveries.round)


def _diagnostics(desk: Desk) -> Duty:
    diagnostics = Diagnostics(desk.broker, desk.cluster, store=desk.store, agent_id=desk.agent_id, stop=desk.stop)
    return Duty(name="diagnostics", pause=partial(_look_seconds, desk), round=diagnostics.round)


def _telemetry(desk: Desk) -> tuple[Duty, ...]:
    """Return what goes over the channel or not at all."""
    settings = desk.settings
    if settings.ws_force_rest:
        return ()
    return (*_events(desk), *_logs(desk))


def _events(desk: Desk) -> tuple[Duty, ...]:
    settings = desk.settings
    if not settings.kube_event_uid_cache_cap:
        return ()
    events = KubeEvents(desk.cluster, desk.voice, agent_id=desk.agent_id, most=settings.kube_event_uid_cache_cap)
    desk.on_stop(events.close)
    return (Duty(name="kube-events", pause=events.pause, round=events.round),)


def _logs(desk: Desk) -> tuple[Duty, ...]:
    settings = desk.settings
    if not settings.pod_log_containers:
        return ()
    limits = Limits(containers=settings.pod_log_containers, bytes_per_second=settings.pod_log_bytes_per_second)
    logs = PodLogs(desk.cluster, desk.voice, agent_id=desk.agent_id, limits=limits)
    desk.on_stop(logs.close)
    return (Duty(name="pod-logs", pause=logs.pause, round=logs.round),)


def _look_seconds(desk: Desk) -> float:
    return min(LOOK_SECONDS, desk.settings.polling_interval)
