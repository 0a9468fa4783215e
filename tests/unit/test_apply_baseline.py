"""What was broken before a run is not blamed on it, and what it broke is."""

from __future__ import annotations

import pytest

from brokkr_core.apply.readiness import Readiness, State
from brokkr_core.apply.waiting.baseline import last_write, patience, weigh
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.outcome import Action, Outcome
from engine_support import a_ref, at, live

READY = Readiness(state=State.READY)
PAUSED = Readiness(state=State.READY, reason="Paused", message="paused")
ROLLING = Readiness(state=State.IN_PROGRESS, reason="Replicas", message="1 of 3 replicas ready")
BROKEN = Readiness(state=State.FAILED, reason="ProgressDeadlineExceeded", message="no progress")
LATE = Outcome(ref=a_ref(), action=Action.TIMED_OUT, code="Replicas", message="not ready after 300 s")
DEAD = Outcome(ref=a_ref(), action=Action.FAILED, code="ProgressDeadlineExceeded", message="no progress")


@pytest.mark.parametrize("before", [ROLLING, BROKEN])
@pytest.mark.parametrize(("ended", "after"), [(LATE, ROLLING), (DEAD, BROKEN)])
def test_an_object_that_was_broken_before_and_was_not_changed_stays_unchanged(
    before: Readiness, ended: Outcome, after: Readiness
) -> None:
    found = weigh(ended, action=Action.UNCHANGED, before=before, after=after)

    assert (found.action, found.code, found.ok) == (Action.UNCHANGED, "NotReadyBefore", True)
    assert found.message == f"not ready before this run either: {after}"


@pytest.mark.parametrize("before", [None, READY, PAUSED])
@pytest.mark.parametrize("action", [Action.UNCHANGED, Action.CONFIGURED, Action.CREATED])
def test_an_object_that_broke_during_the_run_comes_to_its_bad_end(before: Readiness | None, action: Action) -> None:
    assert weigh(DEAD, action=action, before=before, after=BROKEN) == DEAD


@pytest.mark.parametrize("action", [Action.CONFIGURED, Action.RECREATED])
def test_an_object_that_the_run_changed_fails_and_says_that_it_was_broken_before(action: Action) -> None:
    found = weigh(DEAD, action=action, before=ROLLING, after=BROKEN)

    assert (found.action, found.code) == (Action.FAILED, "ProgressDeadlineExceeded")
    assert found.message == "no progress; it was not ready before this run either: 1 of 3 replicas ready"


@pytest.mark.parametrize("reason", ["Gone", "Replaced", "Terminating"])
def test_nothing_excuses_an_object_that_goes_away(reason: str) -> None:
    after = Readiness(state=State.FAILED, reason=reason)

    assert weigh(DEAD, action=Action.UNCHANGED, before=BROKEN, after=after) == DEAD


def written(seconds: float | None, subresource: str = "") -> JsonObject:
    entry: JsonObject = {"manager": "x", "time": str(at(seconds or 0)), "subresource": subresource}
    entries: list[Json] = [entry] if seconds is not None else []
    return live(metadata={"creationTimestamp": str(at(0)), "managedFields": entries})


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (written(100), 250.0),
        (written(None), 150.0),
        (written(140, "status"), 150.0),
        (written(200), 300.0),
        (live(), 300.0),
    ],
    ids=["from its last write", "from its creation", "a status is no write", "clocks differ", "nothing is known"],
)
def test_the_time_of_an_unchanged_object_runs_from_its_own_last_write(body: JsonObject, left: float) -> None:
    assert patience(body, ROLLING, now=at(150), timeout_seconds=300.0) == left


def test_what_has_been_broken_for_long_is_not_waited_for_again() -> None:
    assert patience(written(1), ROLLING, now=at(1000), timeout_seconds=300.0) == 0.0


@pytest.mark.parametrize("before", [READY, Readiness(state=State.IN_PROGRESS, reason="Terminating")])
def test_what_was_ready_or_goes_away_has_the_whole_time(before: Readiness) -> None:
    assert patience(written(1), before, now=at(1000), timeout_seconds=300.0) == 300.0


def test_the_last_write_is_the_latest_of_all_managers() -> None:
    body = written(5)
    entries: list[Json] = [{"time": str(at(7))}, {"time": "nonsense"}, {"time": str(at(6))}]

    assert last_write({**body, "metadata": {"managedFields": entries}}) == at(7)
