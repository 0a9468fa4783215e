"""From the news of an attempt to the events that are worth telling: pure, and silent about what changes nothing."""

from __future__ import annotations

from attrs import evolve, frozen

from brokkr_agent.deployments.board import News
from brokkr_agent.deployments.reasons import Reason
from brokkr_agent.deployments.values import ObjectProgress, Phase, Progress, Result
from brokkr_core.model.outcome import Action
from brokkr_core.model.ref import ObjectRef

#: So many objects of an attempt get events of their own: a revision may have thousands.
MOST_OBJECTS = 50

_APPLIED = frozenset({Action.CREATED, Action.CONFIGURED, Action.RECREATED})
#: Ends that say nothing about the object itself.
_NOT_ITS_FAULT = frozenset({Action.BLOCKED, Action.NOT_OBSERVED})


@frozen(kw_only=True)
class Said:
    """An event worth telling.

    Args:
        stack_id: whose it is.
        ref: the object it is about; None for the stack itself.
        uid: of the object, if it is known.
        reason: why.
        message: for people; it stays the same when the same happens again.
    """

    stack_id: str
    reason: Reason
    message: str
    ref: ObjectRef | None = None
    uid: str = ""


@frozen(kw_only=True)
class _Told:
    """What was told of one attempt."""

    started: bool = False
    rollback: bool = False
    objects: int = 0


class Herald:
    """Listens to one agent's attempts; an attempt that finds everything as it is to be is not worth a word."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def hear(self, news: News) -> tuple[Said, ...]:
        """Return what to tell after news."""
        progress = news.progress
        stack_id = progress.begun.stack_id
        told = self._told.get(stack_id, _Told())
        of_object = _of_object(progress, news.object) if news.object and told.objects < MOST_OBJECTS else ()
        said: list[Said] = []
        if not told.started and (progress.changed or of_object) and not progress.begun.removal:
            said.append(_of_stack(progress, Reason.DEPLOYMENT_STARTED, f"{progress.counts.total} objects"))
            told = evolve(told, started=True)
        if progress.phase is Phase.ROLLING_BACK and not told.rollback:
            said.append(_of_stack(progress, Reason.ROLLBACK_STARTED, "it failed and is put back"))
            told = evolve(told, rollback=True)
        if of_object:
            told = evolve(told, objects=told.objects + len(of_object))
        self._told[stack_id] = told
        if progress.result is not None:
            del self._told[stack_id]
            said += _endings(progress)
        return (*said, *of_object)


def _of_object(progress: Progress, one: ObjectProgress) -> tuple[Said, ...]:
    if one.action is None or one.action in _NOT_ITS_FAULT:
        return ()
    reason = Reason.OBJECT_PRUNED if one.action is Action.PRUNED else None
    reason = Reason.OBJECT_APPLIED if one.action in _APPLIED else reason
    reason = reason or (Reason.OBJECT_FAILED if one.state == "failed" else None)
    if reason is None:
        return ()
    message = f"{one.action} by {_revision(progress)}"
    if reason is Reason.OBJECT_FAILED:
        message = f"{one.action}: {one.message}"
    return (Said(stack_id=progress.begun.stack_id, ref=one.ref, uid=one.uid, reason=reason, message=message),)


def _endings(progress: Progress) -> list[Said]:
    message = progress.message.partition("\n")[0]
    match progress.result:
        case Result.SUCCEEDED if progress.changed and progress.begun.removal:
            return [_of_stack(progress, Reason.STACK_REMOVED, "everything it brought is deleted")]
        case Result.SUCCEEDED if progress.changed:
            return [_of_stack(progress, Reason.DEPLOYMENT_SUCCEEDED, f"{progress.counts.total} objects are ready")]
        case Result.INTERRUPTED if progress.changed:
            return [_of_stack(progress, Reason.DEPLOYMENT_INTERRUPTED, "whoever is next goes on")]
        case Result.FAILED | Result.ROLLED_BACK:
            early = progress.phase in (Phase.PLANNING, Phase.VALIDATING)
            failed = Reason.VALIDATION_FAILED if early else Reason.DEPLOYMENT_FAILED
            return [_of_stack(progress, failed, message), *_verdict(progress)]
        case _:
            return []


def _verdict(progress: Progress) -> list[Said]:
    if progress.phase is not Phase.ROLLING_BACK:
        return []
    back = progress.result is Result.ROLLED_BACK
    reason = Reason.ROLLBACK_VERIFIED if back else Reason.ROLLBACK_UNVERIFIED
    return [_of_stack(progress, reason, f"verdict {progress.verdict}")]


def _of_stack(progress: Progress, reason: Reason, message: str) -> Said:
    return Said(stack_id=progress.begun.stack_id, reason=reason, message=f"{_revision(progress)}: {message}")


def _revision(progress: Progress) -> str:
    number = progress.begun.sequence_id
    return f"stack {progress.begun.stack_id}" if number is None else f"revision {number}"
