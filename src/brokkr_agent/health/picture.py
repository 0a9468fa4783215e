"""Everything an answer about the agent's health is made of, at one moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import field, frozen

from brokkr_agent.health.component import Component
from brokkr_agent.vitals import Vitals, WorkerState


@frozen(kw_only=True)
class Picture:
    """The agent at one moment.

    Args:
        at: the time of day.
        now: the same moment on the clock of the workers.
        uptime_seconds: since the start.
        version: of this agent.
        draining: whether it is about to end.
        kubernetes: the cluster.
        broker: the broker.
        last_heartbeat: when the broker last took one.
        workers: every loop.
        overdue: stacks that have been worked on for longer than can be.
        channel: the WebSocket to the broker; None when it is not used.
        metrics: writes the metrics down.
    """

    at: datetime
    now: float
    uptime_seconds: int
    version: str
    draining: bool
    kubernetes: Component
    broker: Component
    last_heartbeat: datetime | None
    workers: tuple[Vitals, ...]
    overdue: tuple[str, ...] = ()
    channel: Component | None = None
    metrics: Callable[[], bytes] = field(default=lambda: b"", repr=False)

    @property
    def stuck(self) -> tuple[str, ...]:
        """What has not moved for longer than can be: nothing but a new process helps."""
        loops = tuple(one.name for one in self.workers if one.state(self.now) is WorkerState.STUCK)
        return loops + tuple(f"stack {stack_id}" for stack_id in self.overdue)

    @property
    def ready(self) -> bool:
        """Whether this agent can work. The broker does not count: a new pod would not reach it either."""
        return self.kubernetes.up is True and not self.draining
