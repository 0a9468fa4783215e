"""Follow every deployment of the agent, and tell of it outside: as Events of the cluster, and over the channel."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from brokkr_agent.config import AgentSettings
from brokkr_agent.deployments.board import Deployments
from brokkr_agent.deployments.frames import Frames
from brokkr_agent.deployments.home import Home
from brokkr_agent.deployments.kube_events import KubeEvents
from brokkr_agent.stop import Stop
from brokkr_agent.supervisor import Supervisor
from brokkr_agent.trace import current_trace
from brokkr_agent.verdicts import Attempt, message_of
from brokkr_core.kube import KubeClient
from brokkr_core.model.broker import Agent as AgentRecord
from brokkr_core.model.broker import DeploymentObject
from brokkr_core.model.events import Observer
from brokkr_core.model.outcome import Report
from brokkr_core.model.stream import K8sEvent

#: Between two looks whether Events of Kubernetes wait to be sent; each of them makes the next look come at once.
EVENTS_SECONDS = 60.0


class DeploymentWitness:
    """Follows the deployments of one agent, as a witness of it.

    Args:
        end: ends the streams of those who listen.
    """

    def __init__(self, end: Stop) -> None:
        self._end = end
        self._owner = ""
        self.board = Deployments(trace=current_trace)
        end.on_stop(self.board.ring.close)

    def introduced(self, me: AgentRecord, /) -> None:
        """Hear who we are."""
        self._owner = me.id

    def began(self, stack_id: str, revision: DeploymentObject | None, /) -> None:
        """Hear that an attempt begins."""
        self.board.began(stack_id, revision)

    def observer(self, stack_id: str, /) -> Observer:
        """Make the observer of one run of a stack, which begins now."""
        return self.board.observer(stack_id)

    def ended(self, attempt: Attempt, /) -> None:
        """Hear how an attempt ended."""
        verdict = attempt.report.verdict if attempt.report else ""
        self.board.ended(attempt.revision.stack_id, ok=attempt.ok, verdict=verdict, message=attempt.message or "")

    def removed(self, stack_id: str, report: Report | None, message: str, /) -> None:
        """Hear how a removal ended."""
        ok, verdict, told = (report.ok, report.verdict, message_of(report)) if report else (False, "", message)
        self.board.ended(stack_id, ok=ok, verdict=verdict, message=told or "")

    def interrupted(self, stack_id: str, /) -> None:
        """Hear that an attempt is left as it is."""
        self.board.interrupted(stack_id)

    def named(self, stack_ids: AbstractSet[str], /) -> None:
        """Hear which stacks the broker names."""
        self.board.keep(stack_ids)

    def tell(
        self, settings: AgentSettings, cluster: KubeClient, send: Callable[[K8sEvent], object], *, by: Supervisor
    ) -> None:
        """Tell the progress from now on.

        Args:
            settings: the section ``[agent]``.
            cluster: where Events are written, if the settings say so.
            send: says something to the broker as long as the channel is up; never waits.
            by: begins the loop that writes Events.
        """
        home = Home(namespace=settings.namespace or cluster.namespace, owner=lambda: self._owner)
        self.board.listen(Frames(send, home=home).hear)
        if settings.progress_events:
            events = KubeEvents(cluster, home=home)
            self.board.listen(events.hear)
            loop = by.begin("events", lambda: EVENTS_SECONDS, events.round, stop=self._end)
            events.wake_with(loop.wake)
