"""How many requests are under way at once."""

from __future__ import annotations

import threading

from brokkr_core.apply.pace import START, Pace
from brokkr_core.errors import ClusterUnreachableError
from brokkr_core.model.http import Response

SLOWER = Response(status=429, headers={}, body=b"")


def done(pace: Pace, times: int) -> None:
    for _ in range(times):
        with pace:
            pass


def test_it_begins_in_the_middle_and_never_above_the_most() -> None:
    assert Pace(most=32).limit == START
    assert Pace(most=3).limit == 3


def test_it_grows_by_one_for_each_round_that_goes_well_up_to_the_most() -> None:
    pace = Pace(most=10)
    done(pace, START)
    assert pace.limit == START + 1

    done(pace, 1000)
    assert pace.limit == 10


def test_being_turned_away_halves_it_and_never_below_one() -> None:
    pace = Pace(most=32)
    for expected in (4, 2, 1, 1):
        pace.hear(SLOWER)
        assert pace.limit == expected
        done(pace, 1)  # the request that was turned away ends


def test_the_requests_of_one_moment_count_as_one_warning() -> None:
    pace = Pace(most=32)
    with pace, pace, pace:
        for _ in range(3):
            pace.hear(SLOWER)
    assert pace.limit == START // 2


def test_other_trouble_is_no_reason_to_slow_down() -> None:
    pace = Pace(most=32)
    pace.hear(Response(status=503, headers={}, body=b""))
    pace.hear(ClusterUnreachableError("down", sent=True))

    assert pace.limit == START


def test_nobody_enters_above_the_limit_until_somebody_leaves() -> None:
    pace = Pace(most=1)
    entered = threading.Event()

    def second() -> None:
        with pace:
            entered.set()

    with pace:
        thread = threading.Thread(target=second)
        thread.start()
        assert not entered.wait(0.05)
    assert entered.wait(5.0)
    thread.join()


def test_who_rests_holds_nobody_up_and_takes_his_place_again() -> None:
    pace, order = Pace(most=1), list[str]()
    resting, done_there = threading.Event(), threading.Event()

    def rest(_seconds: float) -> None:
        resting.set()
        done_there.wait(10)

    def patient() -> None:
        with pace:
            order.append("begins")
            pace.rest(1.0, sleep=rest)
            order.append("goes on")

    thread = threading.Thread(target=patient)
    thread.start()
    resting.wait(10)
    with pace:
        order.append("another")
        done_there.set()
        thread.join(0.05)
        assert order == ["begins", "another"], "one at a time, after the rest too"
    thread.join(10)

    assert order == ["begins", "another", "goes on"]
    with pace:
        pass  # every place was given back
