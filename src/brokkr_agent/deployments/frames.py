"""Progress over the channel: ``k8s_event`` frames that the broker keeps for six hours and shows live (contract 8.6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from attrs import frozen

from brokkr_agent.deployments.board import News
from brokkr_agent.deployments.reasons import Reason
from brokkr_agent.deployments.values import Progress, Result
from brokkr_core.errors import cut
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.stream import InvolvedObject, K8sEvent

#: Who says it, for whoever reads the events of a stack.
SOURCE = "brokkr-agent"
#: Within one phase there is one frame of a stack in so many seconds, at most.
SPACING_SECONDS = 1.0
MOST_MESSAGE = 1000

_RESULTS = {
    Result.SUCCEEDED: Reason.DEPLOYMENT_SUCCEEDED,
    Result.FAILED: Reason.DEPLOYMENT_FAILED,
    Result.ROLLED_BACK: Reason.DEPLOYMENT_FAILED,
    Result.INTERRUPTED: Reason.DEPLOYMENT_INTERRUPTED,
}


@frozen(kw_only=True)
class _Last:
    word: str
    at: datetime


class Frames:
    """Says over the channel how far attempts are.

    Args:
        send: takes a frame; never waits, and loses it while the channel is down.
        home: the object that stands for a stack, from the stack's id.
        clock: the time of day, with its zone.
    """

    def __init__(
        self,
        send: Callable[[K8sEvent], object],
        *,
        home: Callable[[str], ObjectRef],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._send = send
        self._home = home
        self._clock = clock
        self._last: dict[str, _Last] = {}

    def hear(self, news: News) -> None:
        """Take in news; a look after a good attempt is told only once it changes something."""
        progress = news.progress
        if progress.begun.resync and not progress.changed and progress.result in (None, Result.SUCCEEDED):
            return
        now, stack_id = self._clock(), progress.begun.stack_id
        last = self._last.get(stack_id)
        if last is None or last.word != progress.word or (now - last.at).total_seconds() >= SPACING_SECONDS:
            self._last[stack_id] = _Last(word=progress.word, at=now)
            self._send(self._frame(progress, now))
        if progress.result is not None:
            self._last.pop(stack_id, None)

    def _frame(self, progress: Progress, now: datetime) -> K8sEvent:
        home = self._home(progress.begun.stack_id)
        result = progress.result
        reason = Reason.DEPLOYMENT_PROGRESSING if result is None else _RESULTS[result]
        return K8sEvent(
            stack_id=progress.begun.stack_id,
            observed_at=now,
            reason=str(reason),
            message=cut(message_of(progress), MOST_MESSAGE),
            event_type=reason.event_type,
            source=SOURCE,
            involved_object=InvolvedObject(
                api_version=home.api_version, kind=home.kind, namespace=home.namespace, name=home.name
            ),
        )


def message_of(progress: Progress) -> str:
    """Write down how far an attempt is, in one line."""
    counts, number = progress.counts, progress.begun.sequence_id
    name = "removal" if number is None else f"revision {number}"
    parts = [f"{name}: {progress.percent}% {progress.word} {counts.succeeded}/{counts.total}", progress.verdict]
    return " ".join(filter(None, [*parts, progress.message.partition("\n")[0]]))
