"""How far an object is: a state, a word to branch on and a sentence for people."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class State(StrEnum):
    """How far an object is."""

    READY = "ready"
    IN_PROGRESS = "in-progress"
    FAILED = "failed"


@frozen(kw_only=True)
class Readiness:
    """How far an object is, and what is missing.

    An object that is ready may still carry a reason: it counts as ready, and somebody should know why that is not the
    whole story, as with a paused Deployment.
    """

    state: State
    reason: str = ""  #: a word to branch on
    message: str = ""

    def __str__(self) -> str:
        return self.message or self.reason or str(self.state)

    @property
    def flagged(self) -> bool:
        """Whether it is ready with a reservation."""
        return self.state is State.READY and bool(self.reason)


READY = Readiness(state=State.READY)


def ready_but(reason: str, message: str) -> Readiness:
    """Return ready with a reservation."""
    return Readiness(state=State.READY, reason=reason, message=message)


def in_progress(reason: str, message: str) -> Readiness:
    """Return in progress, with what is missing."""
    return Readiness(state=State.IN_PROGRESS, reason=reason, message=message)


def failed(reason: str, message: str) -> Readiness:
    """Return failed, with why."""
    return Readiness(state=State.FAILED, reason=reason, message=message)
