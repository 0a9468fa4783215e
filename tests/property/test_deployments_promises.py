"""What holds of the progress of an attempt whatever the engine tells, and in whatever order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from brokkr_agent.deployments import Phase, Result
from brokkr_agent.deployments.ring import Ring
from brokkr_agent.deployments.tracker import Tracker
from brokkr_core.model.events import Event, RollbackFinished, RollbackStarted, RunFinished
from brokkr_core.model.outcome import Action, Outcome, Report
from progress_support import AT, BEGUN, a_map, finished, planned, started, waiting

REFS = [a_map(name) for name in "abcde"]
refs = st.sampled_from(REFS)
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(lambda some, gone: planned(*some, prune=tuple(gone)), st.sets(refs), st.sets(refs)),
    refs.map(started),
    refs.map(waiting),
    st.builds(finished, refs, st.sampled_from(list(Action))),
    st.builds(lambda ref: RollbackStarted(because="x", objects=(ref,)), refs),
    st.just(RollbackFinished(verdict="PARTIAL", lines=())),
    st.builds(
        lambda ref, action: RunFinished(report=Report(outcomes=(Outcome(ref=ref, action=action),))),
        refs,
        st.sampled_from(list(Action)),
    ),
)


@given(st.lists(events, max_size=30), st.sampled_from(list(Result)))
def test_percentage_and_phase_never_go_back_and_only_a_success_is_100(told: list[Event], result: Result) -> None:
    tracker, order = Tracker(BEGUN), list(Phase)
    seen = [tracker.summary]
    for event in told:
        tracker.take(event)
        seen.append(tracker.summary)
    assert all(one.percent < 100 for one in seen)
    tracker.end(result, at=AT)
    seen.append(tracker.summary)

    assert [one.percent for one in seen] == sorted(one.percent for one in seen)
    assert [order.index(one.phase) for one in seen] == sorted(order.index(one.phase) for one in seen)
    assert (seen[-1].percent == 100) == (result is Result.SUCCEEDED)
    whole = tracker.whole
    assert whole.counts.total == len(whole.objects) + whole.omitted
    assert whole.counts.failed == sum(one.state == "failed" for one in whole.objects)


@given(st.integers(1, 8), st.integers(0, 30), st.integers(-2, 40))
def test_whoever_comes_back_hears_all_that_came_after_or_that_something_is_missing(
    most: int, told: int, after: int
) -> None:
    ring = Ring(most)
    for _ in range(told):
        ring.tell("progress", "s1", dict)
    batch = ring.after(after, seconds=0.0)

    heard = [one.number for one in batch.told]
    expected = list(range(after + 1, told + 1))
    assert batch.missed == (not max(0, told - most) <= after <= told)
    assert batch.missed or heard == expected
