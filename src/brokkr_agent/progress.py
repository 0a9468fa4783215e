"""Show a run to a person, line by line, as it happens."""

from __future__ import annotations

import threading
from collections.abc import Callable

from attrs import evolve

from brokkr_core.apply.difference.paths import beyond_stamp
from brokkr_core.model.events import (
    Event,
    ObjectFinished,
    ObjectWaiting,
    PlanMade,
    RollbackFinished,
    RollbackStarted,
    RunFinished,
)
from brokkr_core.model.outcome import Action, Outcome, Report
from brokkr_core.model.plan import Plan

_SHOWN_PATHS = 3
_SHOWN_CHANGES = 10
_MARKS = {Action.CREATED: "+", Action.CONFIGURED: "~", Action.RECREATED: "±", Action.UNCHANGED: "=", Action.PRUNED: "-"}


def plan_lines(plan: Plan) -> list[str]:
    """Write a plan down: wave by wave, each object with what it waits for."""
    lines = [f"plan: {len(plan.manifests)} objects in {len(plan.waves)} waves"]
    for number, wave in enumerate(plan.waves, start=1):
        lines.append(f"  wave {number}")
        for ref in wave:
            reasons = sorted({f"{edge.before} ({edge.kind})" for edge in plan.waits_for(ref)})
            lines.append(f"    {ref}" + (f"  after {', '.join(reasons)}" if reasons else ""))
    lines += [f"  gave way: {edge}" for edge in plan.dropped]
    return lines


def outcome_line(outcome: Outcome) -> str:
    """Write one outcome down: what, how it ended, which fields, and why not."""
    mark = _MARKS.get(outcome.action, "!" if not outcome.ok else "·")
    paths = beyond_stamp(outcome.changed)
    more = f" and {len(paths) - _SHOWN_PATHS} more" if len(paths) > _SHOWN_PATHS else ""
    detail = ", ".join(paths[:_SHOWN_PATHS]) + more
    if outcome.action is Action.CONFIGURED and outcome.changed and not paths:
        detail = "revision stamp only"
    undoing = str(outcome.classed) if outcome.ok and not outcome.classed.exact else ""
    parts = [f"{mark} {outcome.ref}", str(outcome.action), detail, undoing, _reason(outcome)]
    return "  ".join(part for part in parts if part)


def forecast_lines(outcome: Outcome) -> list[str]:
    """Write the outcome of a dry run down: one line, and for a changed object its field diff.

    What would be created or pruned is one line: all of it is in the manifest, and in the JSON report.
    """
    moved = [change for change in outcome.changes if beyond_stamp((change.path,))]
    if outcome.action is not Action.CONFIGURED or not moved:
        return [outcome_line(outcome)]
    lines = [outcome_line(evolve(outcome, changed=()))]
    lines += [f"    {change}" for change in moved[:_SHOWN_CHANGES]]
    more = len(moved) - _SHOWN_CHANGES
    return [*lines, f"    ... {more} more"] if more > 0 else lines


def _reason(outcome: Outcome) -> str:
    if not outcome.message:
        return ""
    code = f"{outcome.code}: " if outcome.code and not outcome.ok else ""
    place = f" [{outcome.origin}]" if outcome.origin and not outcome.ok else ""
    return f"{code}{outcome.message}{place}"


def report_lines(report: Report) -> list[str]:
    """Write the end of a run down."""
    counts = ", ".join(f"{count} {action}" for action, count in report.counts().items()) or "nothing to do"
    word = "dry run" if report.dry_run else ("done" if report.ok else "FAILED")
    return [f"{word}: {counts}" + (f"; rollback: {report.verdict}" if report.verdict else "")]


class Progress:
    """An observer that writes lines.

    Args:
        write: takes one line.
        prefix: put before every line, such as the stack's name.
    """

    def __init__(self, write: Callable[[str], None], *, prefix: str = "") -> None:
        self._write = write
        self._prefix = prefix
        self._lock = threading.Lock()

    def __call__(self, event: Event, /) -> None:
        """Write an event's lines."""
        with self._lock:
            for line in _lines(event):
                self._write(self._prefix + line)


def _lines(event: Event) -> list[str]:
    match event:
        case PlanMade(plan=plan, prune=prune):
            leaving = [f"  to prune after success: {', '.join(str(ref) for ref in prune)}"] if prune else []
            return plan_lines(plan) + leaving
        case ObjectWaiting(ref=ref, reason=reason):
            return [f"… {ref}  waiting: {reason}"]
        case ObjectFinished(outcome=outcome):
            return [outcome_line(outcome)]
        case RollbackStarted(because=because, objects=objects):
            return [f"rollback: {because}; putting back {len(objects)} objects"]
        case RollbackFinished(verdict=verdict, lines=lines):
            return [f"  {line}" for line in lines] + [f"rollback verdict: {verdict}"]
        case RunFinished(report=report):
            return report_lines(report)
        case _:
            return []
