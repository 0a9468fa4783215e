"""How a worker does, as a value: its states, its rest after a crash, and when it is stuck."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from brokkr_agent.vitals import LONGEST_REST_SECONDS, SHOWN, Vitals, WorkerState

AT = datetime(2026, 8, 2, 10, 0, tzinfo=UTC)
NEW = Vitals(name="poll", limit_seconds=10.0)


def test_a_worker_waits_works_and_waits_again() -> None:
    working = NEW.began(1.0)
    done = working.did_well(3.0, AT)

    assert (NEW.state(0.0), working.state(2.0), done.state(4.0)) == (
        WorkerState.WAITING,
        WorkerState.WORKING,
        WorkerState.WAITING,
    )
    assert (done.good, done.seconds, done.last_success) == (1, 2.0, AT)


def test_a_round_is_stuck_after_the_limit_and_not_before() -> None:
    working = NEW.began(1.0)

    assert working.state(11.0) is WorkerState.WORKING
    assert working.state(11.001) is WorkerState.STUCK


def test_a_sign_of_life_keeps_a_long_round_from_being_stuck() -> None:
    working = NEW.began(1.0).alive(9.0)

    assert working.state(18.0) is WorkerState.WORKING
    assert working.state(20.0) is WorkerState.STUCK


def test_between_two_rounds_nothing_is_stuck_and_a_sign_of_life_says_nothing() -> None:
    done = NEW.began(1.0).did_well(2.0, AT)

    assert done.state(10_000.0) is WorkerState.WAITING
    assert done.alive(3.0) == done


def test_a_round_that_was_stuck_and_ended_is_no_longer_stuck() -> None:
    assert NEW.began(0.0).did_well(100.0, AT).state(100.0) is WorkerState.WAITING


def test_trouble_is_told_until_a_round_ends_well() -> None:
    failing = NEW.began(1.0).did_fail(2.0, "the broker is away")
    again = failing.began(3.0)
    well = again.did_well(4.0, AT)

    assert (failing.state(2.5), again.state(3.5), well.state(4.5)) == (
        WorkerState.FAILING,
        WorkerState.FAILING,
        WorkerState.WAITING,
    )
    assert (well.failed, well.last_error) == (1, "the broker is away")


def test_since_is_when_the_trouble_began_and_not_its_last_round() -> None:
    first = NEW.began(1.0).did_fail(2.0, "x")

    assert first.began(3.0).did_fail(4.0, "x").since == 2.0
    assert first.began(3.0).did_well(4.0, AT).since == 4.0


@pytest.mark.parametrize(
    ("crashes", "rest"), [(0, 5.0), (1, 5.0), (6, 8.0), (7, 16.0), (9, LONGEST_REST_SECONDS), (10_000, 60.0)]
)
def test_the_rest_after_a_crash_doubles_up_to_a_minute_and_is_never_shorter_than_the_pause(
    crashes: int, rest: float
) -> None:
    vitals = NEW
    for _ in range(crashes):
        vitals = vitals.began(0.0).did_crash(0.0, "a bug")

    assert vitals.rest(5.0) == rest


@pytest.mark.parametrize("ended", [NEW.did_well(1.0, AT), NEW.did_fail(1.0, "away")])
def test_a_round_that_did_not_crash_ends_the_rests(ended: Vitals) -> None:
    assert ended.rest(5.0) == 5.0


def test_an_error_as_long_as_a_book_is_cut() -> None:
    assert len(NEW.did_fail(1.0, "x" * 100_000).last_error) == SHOWN
    assert len(NEW.did_crash(1.0, "x" * 100_000).last_error) == SHOWN
