"""Every loop goes on whatever becomes of its neighbours, and work on stacks harms nobody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest
import structlog

from brokkr_agent.crew import Crew, Crowd
from brokkr_agent.stop import Stop
from brokkr_agent.supervisor import Supervisor
from brokkr_agent.vitals import WorkerState

PATIENCE = 60.0


@pytest.fixture
def log() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def test_a_crash_of_one_loop_does_not_touch_its_neighbour(log: list[structlog.typing.EventDict]) -> None:
    stop, enough = Stop(), threading.Barrier(2)
    supervisor, good = Supervisor(stop), 0

    def crash() -> None:
        raise RuntimeError("a bug")

    def work() -> None:
        nonlocal good
        good += 1
        if good == 100:
            enough.wait(PATIENCE)

    supervisor.begin("bad", lambda: 0.0, crash)
    supervisor.begin("good", lambda: 0.0, work)
    enough.wait(PATIENCE)
    stop.set()

    assert supervisor.join(time.monotonic() + PATIENCE)
    bad, fine = supervisor.vitals()
    assert (bad.name, bad.state(time.monotonic()), bad.good) == ("bad", WorkerState.CRASHED, 0)
    assert (fine.name, fine.crashed, fine.failed) == ("good", 0, 0)
    assert {line["loop"] for line in log} == {"bad"}


def test_a_sign_of_life_counts_for_the_loop_of_the_thread_that_gives_it() -> None:
    stop, beaten, go_on = Stop(), threading.Event(), threading.Event()
    supervisor = Supervisor(stop, limit=lambda: 0.05)

    def quiet() -> None:
        go_on.wait(PATIENCE)

    def lively() -> None:
        while not go_on.wait(0.001):
            supervisor.beat()
            if supervisor.vitals()[0].state(time.monotonic()) is WorkerState.STUCK:
                beaten.set()

    supervisor.begin("quiet", lambda: 0.0, quiet)
    supervisor.begin("lively", lambda: 0.0, lively)
    assert beaten.wait(PATIENCE), "the quiet one is stuck although its neighbour gives signs of life"
    go_on.set()
    stop.set()
    assert supervisor.join(time.monotonic() + PATIENCE)


def test_a_loop_under_a_stop_of_its_own_is_not_waited_for() -> None:
    stop, own = Stop(), Stop()
    supervisor = Supervisor(stop)
    loop = supervisor.begin("own", lambda: 3600.0, lambda: None, stop=own)
    stop.set()

    assert supervisor.join(time.monotonic() + PATIENCE)
    assert not loop.join(time.monotonic())
    own.set()
    assert loop.join(time.monotonic() + PATIENCE)


def test_two_loops_of_one_name_are_not_to_be_told_apart_and_are_refused() -> None:
    stop = Stop()
    supervisor = Supervisor(stop)
    supervisor.begin("poll", lambda: 3600.0, lambda: None)

    with pytest.raises(ValueError, match="'poll' has begun before"):
        supervisor.begin("poll", lambda: 3600.0, lambda: None)
    assert len(supervisor.vitals()) == 1
    stop.set()
    assert supervisor.join(time.monotonic() + PATIENCE)


def test_one_stack_is_never_worked_on_twice_at_once_and_others_go_on() -> None:
    crew, hold, ran = Crew(2, most_bytes=10), threading.Event(), list[str]()
    other = threading.Event()

    def first() -> None:
        hold.wait(PATIENCE)
        ran.append("first")

    crew.submit("a", first)
    crew.submit("a", lambda: ran.append("second"))
    crew.submit("b", other.set)
    assert other.wait(PATIENCE)
    hold.set()

    assert crew.drain(time.monotonic() + PATIENCE)
    assert ran == ["first"]


def test_work_that_found_no_thread_is_not_begun_behind_the_back_of_its_crew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool keeps in its queue what it had no thread for, and a later thread takes it from there."""
    crew, hold, under_way, ran = Crew(2, most_bytes=10), threading.Event(), threading.Event(), list[str]()

    def first() -> None:
        under_way.set()
        hold.wait(PATIENCE)

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    crew.submit("a", first)
    assert under_way.wait(PATIENCE)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        crew.submit("b", lambda: ran.append("refused"))
    assert crew.busy == 1
    crew.submit("b", lambda: ran.append("asked for again"))
    hold.set()
    while crew.busy:
        pass

    assert crew.drain(time.monotonic() + PATIENCE)
    assert (ran, crew.crowd()) == (["asked for again"], Crowd(working={}))


def test_a_crew_works_on_more_or_on_less_at_once_from_one_moment_to_the_next() -> None:
    crew, hold, entered = Crew(1, most_bytes=10), threading.Event(), threading.Semaphore(0)

    def work() -> None:
        entered.release()
        hold.wait(PATIENCE)

    for one in "abcdef":
        crew.submit(one, work, size_bytes=10)
    assert entered.acquire(timeout=PATIENCE)
    crew.resize(3, most_bytes=10)
    assert len(crew.crowd().working) <= 1, "there is no room for another one as large"
    crew.resize(3, most_bytes=1000)
    assert entered.acquire(timeout=PATIENCE)
    assert entered.acquire(timeout=PATIENCE)
    crew.resize(1, most_bytes=1000)
    assert (len(crew.crowd().working), crew.crowd().queued) == (3, 3), "what is under way goes on"
    hold.set()

    while crew.busy:
        pass
    assert crew.drain(time.monotonic() + PATIENCE)


def test_work_is_overdue_by_the_longer_of_what_it_could_take_then_and_now() -> None:
    crowd = Crowd(working={"a": 0.0, "b": 0.0}, limits={"a": 50.0, "b": 5.0})

    assert crowd.overdue(49.0, 10.0) == ("b",)
    assert crowd.overdue(49.0, 60.0) == ()
    assert crowd.overdue(51.0, 10.0) == ("a", "b")


def test_a_crew_remembers_for_each_work_how_long_it_can_take() -> None:
    limits, hold, entered = [5.0], threading.Event(), threading.Semaphore(0)
    crew = Crew(2, most_bytes=10, limit=lambda: limits[-1])

    def work() -> None:
        entered.release()
        hold.wait(PATIENCE)

    for one, limit in (("a", 5.0), ("b", 7.0)):
        limits.append(limit)
        crew.submit(one, work)
        assert entered.acquire(timeout=PATIENCE)
    limits.append(1.0)
    assert crew.crowd().limits == {"a": 5.0, "b": 7.0}
    hold.set()

    assert crew.drain(time.monotonic() + PATIENCE)
    assert crew.crowd().limits == {}


def test_work_that_crashes_is_told_and_its_stack_is_free_again(log: list[structlog.typing.EventDict]) -> None:
    crew, again = Crew(1, most_bytes=10), threading.Event()

    def crash() -> None:
        raise RuntimeError("a bug")

    crew.submit("a", crash)
    while crew.busy:
        pass
    crew.submit("a", again.set)

    assert again.wait(PATIENCE)
    assert [(line["event"], line["stack_id"]) for line in log] == [("work on a stack crashed", "a")]
    assert crew.drain(time.monotonic() + PATIENCE)


def test_what_is_large_waits_for_room_and_nothing_behind_it_passes_it() -> None:
    crew, holds, ran = Crew(3, most_bytes=10), {one: threading.Event() for one in "abcd"}, list[str]()
    turn = threading.Condition()

    def work(name: str) -> None:
        with turn:
            ran.append(name)
            turn.notify_all()
        holds[name].wait(PATIENCE)

    def begun(*names: str) -> bool:
        with turn:
            return turn.wait_for(lambda: sorted(ran) == sorted(names), PATIENCE)

    for name, size in (("a", 4), ("b", 6), ("c", 11), ("d", 1)):
        crew.submit(name, partial(work, name), size_bytes=size)
    assert begun("a", "b")
    assert crew.crowd().queued == 2, "c has no room yet, and d does not pass it"
    holds["a"].set()
    assert begun("a", "b")
    assert crew.crowd().queued == 2
    holds["b"].set()
    assert begun("a", "b", "c"), "what is larger than everything allowed is worked on alone"
    assert crew.crowd().queued == 1
    holds["c"].set()
    assert begun("a", "b", "c", "d")
    holds["d"].set()
    assert crew.drain(time.monotonic() + PATIENCE)


def test_what_waits_for_a_thread_is_told_apart_and_given_up_at_the_end() -> None:
    crew, hold, entered = Crew(1, most_bytes=10), threading.Event(), threading.Event()

    def work() -> None:
        entered.set()
        hold.wait(PATIENCE)

    crew.submit("a", work)
    assert entered.wait(PATIENCE)
    crew.submit("b", lambda: pytest.fail("it was never its turn"))
    crowd = crew.crowd()

    assert (list(crowd.working), crowd.queued) == (["a"], 1)
    assert not crew.drain(time.monotonic())
    assert crew.busy == 1, "what waited was given up, what runs is not"
    crew.submit("c", lambda: pytest.fail("nothing begins after the end"))
    assert crew.busy == 1
    hold.set()
    assert crew.drain(time.monotonic() + PATIENCE)


def test_work_is_overdue_after_the_limit_and_not_before() -> None:
    crowd = Crowd(working={"b": 10.0, "a": 10.0, "c": 50.0})

    assert crowd.overdue(60.0, 50.0) == ()
    assert crowd.overdue(60.1, 50.0) == ("a", "b")
    assert crowd.oldest_seconds(60.0) == 50.0
    assert Crowd(working={}).oldest_seconds(60.0) == 0.0
