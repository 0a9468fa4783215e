"""One attempt, from the engine's events to phase, percentage, counts and objects."""

from __future__ import annotations

import pytest

from brokkr_agent.deployments import Phase, Result, State
from brokkr_agent.deployments.tracker import MOST_OBJECTS, Tracker
from brokkr_core.model.events import Event, RollbackFinished, RollbackStarted, RunFinished
from brokkr_core.model.outcome import Action, Outcome, Report
from progress_support import AT, BEGUN, GONE, ONE, TWO, a_map, finished, planned, started, waiting

STORY: tuple[tuple[Event, Phase, int], ...] = (
    (planned(ONE, TWO, prune=(GONE,)), Phase.VALIDATING, 5),
    (started(ONE), Phase.APPLYING, 15),
    (waiting(ONE), Phase.APPLYING, 32),
    (started(TWO), Phase.APPLYING, 32),
    (finished(TWO, Action.CONFIGURED), Phase.WAITING, 70),
    (finished(ONE), Phase.WAITING, 90),
    (started(GONE), Phase.PRUNING, 90),
    (waiting(GONE, "not gone yet"), Phase.PRUNING, 90),
    (finished(GONE, Action.PRUNED), Phase.PRUNING, 99),
    (RunFinished(report=Report()), Phase.PRUNING, 99),
)


def told(*events: Event) -> Tracker:
    tracker = Tracker(BEGUN)
    for event in events:
        tracker.take(event)
    return tracker


def test_every_event_has_its_phase_and_its_percentage() -> None:
    tracker = Tracker(BEGUN)
    assert (tracker.summary.phase, tracker.summary.percent) == (Phase.PLANNING, 0)
    for event, phase, percent in STORY:
        tracker.take(event)
        assert (tracker.summary.phase, tracker.summary.percent) == (phase, percent), event

    tracker.end(Result.SUCCEEDED, at=AT)
    assert (tracker.summary.percent, tracker.summary.result, tracker.summary.changed) == (100, Result.SUCCEEDED, True)


def test_a_removal_gets_on_with_what_is_deleted() -> None:
    tracker, percents = told(planned(prune=(ONE, TWO))), []
    for event in (started(ONE), finished(ONE, Action.PRUNED), started(TWO), finished(TWO, Action.PRUNED)):
        tracker.take(event)
        percents.append(tracker.summary.percent)

    assert percents == [15, 57, 57, 99]


def test_what_fails_keeps_the_percentage_and_the_phase_it_has_come_to() -> None:
    tracker = told(planned(ONE, TWO), started(ONE), finished(ONE), started(TWO), finished(TWO, Action.FAILED, "no"))
    tracker.take(RollbackStarted(because="x", objects=(ONE,)))
    tracker.take(RollbackFinished(verdict="VERIFIED_EXACT", lines=()))
    tracker.end(Result.ROLLED_BACK, at=AT, message="one failed")

    end = tracker.summary
    assert (end.phase, end.percent, end.verdict, end.message) == (
        Phase.ROLLING_BACK,
        57,
        "VERIFIED_EXACT",
        "one failed",
    )
    assert (end.counts.succeeded, end.counts.failed, end.counts.total) == (1, 1, 2)


def test_what_an_earlier_run_left_is_put_back_before_the_plan_and_says_nothing_about_this_one() -> None:
    left = (RollbackStarted(because="left", objects=(ONE,)), RollbackFinished(verdict="PARTIAL", lines=()))
    tracker = told(*left, planned(ONE), started(ONE))

    assert (tracker.summary.phase, tracker.summary.verdict) == (Phase.APPLYING, "")


def test_after_the_end_nothing_counts() -> None:
    tracker = told(planned(ONE))
    tracker.end(Result.INTERRUPTED, at=AT)
    tracker.take(finished(ONE))
    tracker.end(Result.SUCCEEDED, at=AT)

    assert (tracker.summary.result, tracker.summary.percent, tracker.summary.counts.pending) == (
        Result.INTERRUPTED,
        5,
        1,
    )


def test_objects_that_a_preflight_refused_are_known_from_the_report() -> None:
    refused = Report(outcomes=(Outcome(ref=ONE, action=Action.FORBIDDEN, message="no right"),), begun=False)
    tracker = told(planned(ONE, TWO), RunFinished(report=refused))

    assert (tracker.summary.phase, tracker.summary.changed) == (Phase.VALIDATING, False)
    assert [(one.ref, one.state, one.message) for one in tracker.whole.objects] == [
        (ONE, State.FAILED, "no right"),
        (TWO, State.PENDING, ""),
    ]


def test_what_needs_attention_is_told_first_and_the_rest_is_counted() -> None:
    many = [a_map(f"m{number}") for number in range(MOST_OBJECTS)]
    tracker = told(planned(ONE, TWO, *many), waiting(ONE), finished(TWO, Action.FAILED), *map(finished, many[1:]))

    whole = tracker.whole
    assert [one.ref for one in whole.objects[:3]] == [TWO, ONE, many[0]]
    assert (len(whole.objects), whole.omitted) == (MOST_OBJECTS, 2)


def test_a_plan_without_objects_is_done_once_it_has_ended() -> None:
    tracker = told(planned())
    assert tracker.summary.percent == 5
    tracker.end(Result.SUCCEEDED, at=AT)
    assert tracker.summary.percent == 100


@pytest.mark.parametrize("length", [10, 100_000])
def test_foreign_text_is_cut(length: int) -> None:
    tracker = told(planned(ONE), finished(ONE, Action.FAILED, "x" * length))
    tracker.end(Result.FAILED, at=AT, message="y" * length)

    assert len(tracker.whole.objects[0].message) < 400
    assert len(tracker.summary.message) < 2100
