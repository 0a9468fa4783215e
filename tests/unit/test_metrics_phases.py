"""Where the time of a run went, told from the engine's events alone."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from brokkr_agent.metrics import Families, Phases, RunMetrics
from brokkr_agent.metrics.phases import Phase
from brokkr_core.model.events import (
    Event,
    ObjectFinished,
    ObjectStarted,
    ObjectWaiting,
    PlanMade,
    RollbackFinished,
    RollbackStarted,
    RunFinished,
)
from brokkr_core.model.outcome import Action, Outcome, Report
from brokkr_core.model.ref import ObjectRef
from brokkr_core.ordering import order

WANTED = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="a", name="wanted")
GONE = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="a", name="gone")
PLAN = PlanMade(plan=order([]), prune=(GONE,))


def ended(ref: ObjectRef, action: Action) -> ObjectFinished:
    return ObjectFinished(outcome=Outcome(ref=ref, action=action))


def run(*ends: Action) -> RunFinished:
    return RunFinished(report=Report(outcomes=tuple(Outcome(ref=WANTED, action=action) for action in ends)))


GOOD: tuple[tuple[float, Event], ...] = (
    (1.0, PLAN),
    (2.0, ObjectStarted(ref=WANTED)),
    (3.0, ObjectWaiting(ref=WANTED, reason="not yet")),
    (4.0, ended(WANTED, Action.CREATED)),
    (5.0, ended(GONE, Action.PRUNED)),
    (7.0, run(Action.CREATED, Action.PRUNED)),
)
BAD: tuple[tuple[float, Event], ...] = (
    (1.0, PLAN),
    (4.0, ended(WANTED, Action.FAILED)),
    (5.0, RollbackStarted(because="it failed", objects=(WANTED,))),
    (9.0, RollbackFinished(verdict="EXACT", lines=())),
    (9.5, run(Action.FAILED)),
)

#: What an earlier run left is put back first; it is no rollback of this run.
AFTER_A_CRASH: tuple[tuple[float, Event], ...] = (
    (0.25, RollbackStarted(because="left", objects=(WANTED,))),
    (0.75, RollbackFinished(verdict="EXACT", lines=())),
    *GOOD,
)


@pytest.mark.parametrize(
    ("events", "spent"),
    [
        (AFTER_A_CRASH, {Phase.PLAN: 1.0, Phase.APPLY: 4.0, Phase.PRUNE: 2.0, Phase.TOTAL: 7.0}),
        (GOOD, {Phase.PLAN: 1.0, Phase.APPLY: 4.0, Phase.PRUNE: 2.0, Phase.TOTAL: 7.0}),
        (BAD, {Phase.PLAN: 1.0, Phase.APPLY: 4.0, Phase.ROLLBACK: 4.5, Phase.TOTAL: 9.5}),
        (((1.0, PLAN), (2.0, run())), {Phase.PLAN: 1.0, Phase.APPLY: 1.0, Phase.TOTAL: 2.0}),
    ],
)
def test_each_phase_has_its_share_and_all_of_them_are_the_whole(
    events: tuple[tuple[float, Event], ...], spent: dict[Phase, float]
) -> None:
    phases = Phases.start(0.0)
    for now, event in events:
        phases = phases.after(event, now)

    assert dict(phases.spent) == spent
    assert sum(seconds for phase, seconds in phases.spent if phase is not Phase.TOTAL) == spent[Phase.TOTAL]


def test_a_run_is_counted_object_by_object_and_timed_by_how_it_ended() -> None:
    registry, times = CollectorRegistry(), iter([0.0, *(now for now, _ in BAD)])
    observe = RunMetrics(Families(registry), clock=lambda: next(times))
    for _, event in BAD:
        observe(event)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"brokkr_agent_{name}", labels)

    assert value("resources_total", action="failed") == 1
    assert value("rollbacks_total", verdict="EXACT") == 1
    assert value("deployment_duration_seconds_sum", phase="rollback", result="failure") == 4.5
    assert value("deployment_duration_seconds_count", phase="total", result="failure") == 1
    assert value("deployment_duration_seconds_count", phase="total", result="success") is None
