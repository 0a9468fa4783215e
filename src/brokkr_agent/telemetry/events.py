"""Tell the broker what happens to the objects of our stacks, as Kubernetes tells it (contract 12.5)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from brokkr_agent.allowance import Allowance
from brokkr_agent.recent import Recent
from brokkr_agent.telemetry.happened import about, by_us, occurrence, told
from brokkr_agent.telemetry.looks import Looks
from brokkr_agent.telemetry.omissions import Omissions
from brokkr_agent.telemetry.origin import Origins
from brokkr_agent.telemetry.speaker import Speaker
from brokkr_agent.telemetry.trail import Trail
from brokkr_core.apply.identity import uid
from brokkr_core.broker.bucket import Rate
from brokkr_core.errors import ForbiddenError
from brokkr_core.kube import Change, KubeClient, WatchEvent
from brokkr_core.model.ref import ObjectRef

_log = structlog.get_logger("kube-events")

EVENT = ObjectRef(group="", version="v1", kind="Event", name="any")

#: Of one stack; what is more is told as a gap.
RATE = Rate(per_second=10.0, burst=100.0)


class KubeEvents:
    """Watches Events while somebody hears it, and tells those about our stacks, each occurrence once.

    What is there at the start is not told, only what changes (contract 12.5). While the channel is down nothing is
    read, and afterwards it goes on from there, as far as the server remembers.

    Args:
        client: the cluster.
        voice: says it to the broker.
        agent_id: who we are.
        most: so many Events, and so many objects, are remembered.
        monotonic: seconds that only ever go forward.
    """

    def __init__(
        self,
        client: KubeClient,
        voice: Speaker,
        *,
        agent_id: str,
        most: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._voice = voice
        self._monotonic = monotonic
        self._trail = Trail(client, EVENT)
        self._origins = Origins(client, agent_id, most=most, monotonic=monotonic)
        self._seen: Recent[str, str] = Recent(most)
        self._allowance = Allowance(RATE)
        self._omissions = Omissions(voice.send)
        self._looks = Looks(_say_that_we_may_not)

    def round(self) -> None:
        """Watch once, until the server ends it.

        Raises:
            ApiError, NetworkError: the cluster said no, or nothing; a right that is missing is told once in the log.
        """
        if not self._voice.up:
            return
        try:
            with self._looks.one(_say_what_is_lost):
                self._trail.follow(self._take)
        finally:
            self._omissions.tell()

    def pause(self) -> float:
        """Return how long to wait before the next round, in seconds."""
        return self._looks.pause_seconds

    def close(self) -> None:
        """End the round under way now; to be called at a stop."""
        self._trail.close()

    def _take(self, event: WatchEvent) -> bool:
        if not self._voice.up:
            return False
        if event.change is not Change.DELETED:
            self._tell(event)
        return True

    def _tell(self, event: WatchEvent) -> None:
        now, clock = datetime.now(UTC), self._monotonic()
        key, this = uid(event.body), occurrence(event.body)
        if by_us(event.body) or self._seen.get(key, clock) == this:
            return
        ref, object_uid = about(event.body)
        stack_id = self._origins.stack_of(ref, object_uid)
        self._seen.put(key, this, clock)
        if not stack_id:
            return
        if not self._allowance.take(stack_id, 1.0, clock):
            self._omissions.note(stack_id, now)
            return
        self._voice.send(told(event.body, stack_id, now=now))


def _say_what_is_lost() -> None:
    _log.warning("the server has forgotten Events that were not told yet; going on with the next one")


def _say_that_we_may_not(error: ForbiddenError) -> None:
    _log.warning("Events may not be watched, so none are told; asking again now and then", error=str(error))
