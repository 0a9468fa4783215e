"""Tell the broker what the pods of our stacks write, if they want to be heard (contract 12.5)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime

import structlog
from attrs import frozen

from brokkr_agent.allowance import Allowance
from brokkr_agent.duties.kin import POD
from brokkr_agent.telemetry.containers import Container, Running, started, wants_to_be_heard
from brokkr_agent.telemetry.follower import Follower
from brokkr_agent.telemetry.kit import Kit
from brokkr_agent.telemetry.looks import Looks
from brokkr_agent.telemetry.omissions import Omissions
from brokkr_agent.telemetry.origin import Origins
from brokkr_agent.telemetry.position import Position
from brokkr_agent.telemetry.secrets import PodSecrets
from brokkr_agent.telemetry.speaker import Speaker
from brokkr_agent.telemetry.trail import Trail
from brokkr_core.apply.identity import uid
from brokkr_core.broker.bucket import Rate
from brokkr_core.errors import ForbiddenError
from brokkr_core.kube import Change, KubeClient, WatchEvent
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ref_of

_log = structlog.get_logger("pod-logs")

#: Seconds of the allowance of bytes that may go at once.
BURST_SECONDS = 4.0
#: Pods whose logs are wanted and whose origin is remembered.
MOST_PODS = 10_000


@frozen(kw_only=True)
class Limits:
    """How much is followed and told.

    Args:
        containers: so many logs at once, each with a thread and a connection.
        bytes_per_second: of one pod.
    """

    containers: int
    bytes_per_second: float


class PodLogs:
    """Watches Pods while somebody hears it, and follows the logs of those that want to be heard.

    What was written before this process began is not told. While the channel is down nothing is read, and afterwards
    every log goes on with the next line.

    Args:
        client: the cluster.
        voice: says it to the broker.
        agent_id: who we are.
        limits: how much.
        monotonic: seconds that only ever go forward.
    """

    def __init__(
        self,
        client: KubeClient,
        voice: Speaker,
        *,
        agent_id: str,
        limits: Limits,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._limits = limits
        rate = Rate(per_second=limits.bytes_per_second, burst=limits.bytes_per_second * BURST_SECONDS)
        self._kit = Kit(
            client=client,
            voice=voice,
            secrets=PodSecrets(client, monotonic),
            bytes=Allowance(rate),
            omissions=Omissions(voice.send),
            monotonic=monotonic,
        )
        self._origins = Origins(client, agent_id, most=MOST_PODS, monotonic=monotonic)
        self._trail = Trail(client, POD, begin=self._look)
        self._begun: datetime | None = None
        self._known: dict[str, dict[Container, Follower]] = {}
        self._stand: dict[Container, Running] = {}
        self._closed = False
        self._looks = Looks(_say_that_we_may_not)

    def round(self) -> None:
        """Watch once, until the server ends it.

        Raises:
            ApiError, NetworkError: the cluster said no, or nothing; a right that is missing is told once in the log.
        """
        if not self._kit.voice.up:
            return
        try:
            with self._looks.one():  # when the server has forgotten, the next round looks at everything anew
                self._client.resource(POD)  # an answer of the server, which tells its time
                self._begun = self._begun or self._client.now()
                self._settle()
                self._trail.follow(self._take)
        finally:
            self._kit.omissions.tell()

    def pause(self) -> float:
        """Return how long to wait before the next round, in seconds."""
        return self._looks.pause_seconds

    def close(self) -> None:
        """End everything under way now; to be called at a stop."""
        self._closed = True
        self._trail.close()
        for followers in list(self._known.values()):
            for one in list(followers.values()):
                one.close()

    @property
    def followed(self) -> int:
        """How many logs are followed now."""
        return sum(one.at_work for followers in list(self._known.values()) for one in list(followers.values()))

    def _look(self, pods: Iterator[JsonObject]) -> None:
        """Take in everything that is there; what is not there any more is over."""
        there = set()
        for pod in pods:
            there.add(uid(pod))
            self._see(pod)
        for gone in self._known.keys() - there:
            self._forget(gone)

    def _take(self, event: WatchEvent) -> bool:
        if event.change is Change.DELETED:
            self._forget(uid(event.body))
        else:
            self._see(event.body)
        return True

    def _see(self, pod: JsonObject) -> None:
        stack_id = self._origins.stack_of_body(ref_of(pod), pod) if wants_to_be_heard(pod) else ""
        if not stack_id:
            self._forget(uid(pod))
            return
        followers = self._known.setdefault(uid(pod), {})
        for container, stand in started(pod).items():
            if container not in followers:
                followers[container] = Follower(
                    container, pod, stack_id, self._kit, Position(self._begun or self._client.now())
                )
            self._stand[container] = stand
        self._settle()

    def _settle(self) -> None:
        """Start what has something to read and finds a place."""
        free = self._limits.containers - self.followed
        for followers in self._known.values():
            for container, one in followers.items():
                if not one.needs_to_read(self._stand[container]) or self._closed:
                    continue
                if free <= 0:
                    most = str(self._limits.containers)
                    self._kit.warn_once("more logs are wanted than agent.pod_log_containers allows", allowed=most)
                    continue
                one.start()
                free -= 1

    def _forget(self, pod_uid: str) -> None:
        for container, one in self._known.pop(pod_uid, {}).items():
            one.close()
            self._stand.pop(container, None)


def _say_that_we_may_not(error: ForbiddenError) -> None:
    _log.warning("Pods may not be watched, so no log is told; asking again now and then", error=str(error))
