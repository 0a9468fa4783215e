"""From the end of an attempt to the words the broker gets: one terminal event (contract 5.7)."""

from __future__ import annotations

from attrs import frozen

from brokkr_core.apply.waiting.baseline import NOT_READY_BEFORE
from brokkr_core.model.broker import DeploymentObject, NewAgentEvent
from brokkr_core.model.outcome import Action, Report

#: How many failed objects an event names; the log has them all.
NAMED = 20


@frozen(kw_only=True)
class Attempt:
    """How one attempt at a revision ended. Without a report nothing was written."""

    revision: DeploymentObject
    ok: bool
    message: str | None = None
    error: str = ""  #: the kind of error that ended it, when there is no report
    report: Report | None = None

    def event(self, agent_id: str) -> NewAgentEvent:
        """Return the terminal event of the attempt."""
        return NewAgentEvent(
            agent_id=agent_id,
            deployment_object_id=self.revision.id,
            status="SUCCESS" if self.ok else "FAILURE",
            message=self.message,
        )


def attempt_of(revision: DeploymentObject, report: Report) -> Attempt:
    """Turn a run's report into an attempt.

    Args:
        revision: what was attempted.
        report: what became of every object.

    Returns:
        The attempt; its message names the failed objects, the roots before what they blocked, and the verdict.
    """
    return Attempt(revision=revision, ok=report.ok, message=message_of(report), report=report)


def message_of(report: Report) -> str | None:
    """Say how a run ended: which objects failed and how far it was put back, or what a success leaves open."""
    if report.ok:
        return _reservations(report) or None
    head = f"{len(report.failed)} of {len(report.outcomes)} objects did not succeed; {_rollback(report)}"
    return "\n".join([head, *named(report), *report.restored])


def named(report: Report) -> list[str]:
    """Name the objects that did not come to a good end, the roots before what they blocked, not too many of them."""
    failed = sorted(report.failed, key=lambda one: one.action is Action.BLOCKED)
    lines = []
    for outcome in failed[:NAMED]:
        place = f" [{outcome.origin}]" if outcome.origin else ""
        lines.append(f"{outcome.ref}: {outcome.action}: {outcome.code}: {outcome.message}{place}")
    if len(failed) > NAMED:
        lines.append(f"and {len(failed) - NAMED} more")
    return lines


def _reservations(report: Report) -> str:
    """What a success leaves open: what was kept on purpose, and what was broken before and still is."""
    kept = [f"{one.ref}: {one.message}" for one in report.outcomes if one.action is Action.SKIPPED and one.message]
    broken = [f"{one.ref}: {one.message}" for one in report.outcomes if one.code == NOT_READY_BEFORE]
    titled = (("kept:", kept), ("left as it was:", broken))
    return "\n".join(line for title, lines in titled if lines for line in (title, *lines))


def _rollback(report: Report) -> str:
    if not report.begun:
        return "the preflight refused it, nothing was written"
    return f"rollback: {report.verdict}" if report.verdict else "nothing had to be put back"
