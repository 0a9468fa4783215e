"""What was broken before a run is not blamed on it. Pure."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from brokkr_core.apply.readiness import Readiness, State
from brokkr_core.apply.readiness.times import latest, moment
from brokkr_core.model.json import JsonObject, as_list, dig
from brokkr_core.model.outcome import Action, Outcome

#: The code of an object that this run found unready and left as it was.
NOT_READY_BEFORE = "NotReadyBefore"

#: What has happened to the object itself; nothing that was the case before excuses it.
_NEVER_EXCUSED = frozenset({"Gone", "Replaced", "Terminating"})


def weigh(ended: Outcome, *, action: Action, before: Readiness | None, after: Readiness) -> Outcome:
    """Decide how an object ends that is not ready.

    Args:
        ended: the bad end it would come to.
        action: what this run did to it.
        before: its readiness before the run; None when nobody looked or it was not there.
        after: its readiness now.

    Returns:
        The end it comes to: an object that this run did not change and that was not ready before stays unchanged;
        one that it changed comes to its bad end, which says that it was not ready before either.
    """
    if before is None or before.state is State.READY or after.reason in _NEVER_EXCUSED:
        return ended
    if action is Action.UNCHANGED:
        message = f"not ready before this run either: {after}"
        return evolve(ended, action=action, code=NOT_READY_BEFORE, message=message)
    return evolve(ended, message=f"{ended.message}; it was not ready before this run either: {before}")


def patience(live: JsonObject, before: Readiness, *, now: datetime, timeout_seconds: float) -> float:
    """Say how much longer an object that this run did not change may take to become ready.

    Its time runs from its own last write, whichever run made it: a rollout that an earlier run began is still waited
    for, and what has been broken for long is not waited for again.

    Args:
        live: the object as it was before the run.
        before: its readiness then.
        now: the cluster's time.
        timeout_seconds: how long an object may take after it was written.

    Returns:
        Seconds, from 0 to ``timeout_seconds``.
    """
    if before.state is State.READY or before.reason in _NEVER_EXCUSED:
        return timeout_seconds
    written = last_write(live)
    if written is None:
        return timeout_seconds
    return min(max(0.0, timeout_seconds - (now - written).total_seconds()), timeout_seconds)


def last_write(live: JsonObject) -> datetime | None:
    """Return when somebody wrote an object last; a status is no such write."""
    entries = as_list(dig(live, "metadata", "managedFields"))
    times = [moment(dig(entry, "time")) for entry in entries if not dig(entry, "subresource")]
    return latest([moment(dig(live, "metadata", "creationTimestamp")), *times])
