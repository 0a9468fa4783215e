"""Loops go on whatever one round does, and end when told."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
import structlog

from brokkr_agent.stop import Stop
from brokkr_agent.workers import Loop
from brokkr_core.errors import BrokerUnreachableError, StoppedError

PATIENCE = 60.0


@pytest.fixture
def log() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def ran(work: Callable[[], None], *, rounds: int) -> int:
    """Run a loop until its work was called often enough; return how often it was."""
    stop, count = Stop(), 0

    def counted() -> None:
        nonlocal count
        count += 1
        if count >= rounds:
            stop.set()
        work()

    loop = Loop("test", lambda: 0.0, counted, stop)
    loop.start()
    assert loop.join(time.monotonic() + PATIENCE)
    return count


def fail(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BrokerUnreachableError("the broker is away"), "round failed"),
        (RuntimeError("a bug"), "round crashed"),
        (KeyError("a bug"), "round crashed"),
    ],
)
def test_a_round_that_fails_is_told_and_the_next_one_comes(
    log: list[structlog.typing.EventDict], error: Exception, said: str
) -> None:
    assert ran(fail(error), rounds=3) == 3
    assert [(line["event"], line["loop"]) for line in log] == [(said, "test")] * 3


def test_a_round_that_was_not_our_turn_is_no_trouble_and_does_not_end_the_loop(
    log: list[structlog.typing.EventDict],
) -> None:
    assert ran(fail(StoppedError("another agent is at work")), rounds=3) == 3
    assert log == []


def test_a_round_that_ends_the_thread_does_not_end_the_loop(log: list[structlog.typing.EventDict]) -> None:
    assert ran(fail(SystemExit(1)), rounds=2) == 2
    assert [line["event"] for line in log] == ["round crashed"] * 2


def test_a_pause_that_crashes_does_not_end_the_loop(log: list[structlog.typing.EventDict]) -> None:
    stop, worked = Stop(), threading.Event()

    def pause() -> float:
        if worked.is_set():
            stop.set()
        worked.set()
        raise RuntimeError("a bug")

    loop = Loop("test", pause, lambda: None, stop)
    loop.start()
    assert loop.join(time.monotonic() + PATIENCE)
    assert [line["event"] for line in log] == ["round crashed"] * 2
    assert (loop.vitals.good, loop.vitals.crashed) == (2, 2)


def test_a_log_that_cannot_be_written_does_not_end_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("no space left on the device")

    monkeypatch.setattr("brokkr_agent.workers._log", type("Broken", (), {"exception": broken, "warning": broken})())

    assert ran(fail(BrokerUnreachableError("away")), rounds=3) == 3
    assert ran(fail(RuntimeError("a bug")), rounds=2) == 2


def test_a_wake_does_not_cut_the_rest_after_a_crash_short() -> None:
    stop, at, rounds = Stop(), list[float](), 3

    def crash() -> None:
        at.append(time.monotonic())
        loop.wake()
        if len(at) == rounds:
            stop.set()
        raise RuntimeError("a bug")

    loop = Loop("test", lambda: 0.0, crash, stop)
    loop.start()
    assert loop.join(time.monotonic() + PATIENCE)
    gaps = [later - sooner for sooner, later in pairwise(at)]
    assert [gap >= rest for gap, rest in zip(gaps, (0.25, 0.5), strict=True)] == [True, True]


def test_a_good_round_is_not_worth_a_line(log: list[structlog.typing.EventDict]) -> None:
    assert ran(lambda: None, rounds=2) == 2
    assert log == []


def test_a_stop_wakes_a_loop_that_sleeps_for_hours() -> None:
    stop, worked = Stop(), threading.Event()
    loop = Loop("sleeper", lambda: 3600.0, worked.set, stop)
    loop.start()
    assert worked.wait(PATIENCE)
    stop.set()

    assert loop.join(time.monotonic() + PATIENCE)


def test_a_loop_that_sleeps_for_hours_is_woken_for_an_early_round() -> None:
    stop, rounds = Stop(), threading.Semaphore(0)
    loop = Loop("sleeper", lambda: 3600.0, rounds.release, stop)
    loop.start()
    for _ in range(3):
        assert rounds.acquire(timeout=PATIENCE)
        loop.wake()
    assert rounds.acquire(timeout=PATIENCE)
    stop.set()

    assert loop.join(time.monotonic() + PATIENCE)


def test_a_loop_asks_anew_how_long_to_wait_and_never_waits_longer_for_it() -> None:
    stop, rounds, asked, pauses = Stop(), threading.Semaphore(0), threading.Semaphore(0), [3600.0]

    def pause() -> float:
        asked.release()
        return pauses[-1]

    loop = Loop("sleeper", pause, rounds.release, stop)
    loop.start()
    assert rounds.acquire(timeout=PATIENCE)
    assert asked.acquire(timeout=PATIENCE)
    for _ in range(3):
        loop.repace()
        assert asked.acquire(timeout=PATIENCE)
        assert not rounds.acquire(blocking=False), "the pause is the old one, and no round comes"

    pauses.append(0.0)
    loop.repace()
    assert rounds.acquire(timeout=PATIENCE)
    assert rounds.acquire(timeout=PATIENCE)
    stop.set()

    assert loop.join(time.monotonic() + PATIENCE)


def test_a_longer_pause_does_not_put_off_a_round_that_is_due_sooner() -> None:
    stop, rounds, pauses = Stop(), threading.Semaphore(0), [0.5]
    loop = Loop("sleeper", lambda: pauses[-1], rounds.release, stop)
    loop.start()
    assert rounds.acquire(timeout=PATIENCE)
    pauses.append(3600.0)
    loop.repace()
    assert rounds.acquire(timeout=PATIENCE), "else many changes could starve a loop"
    stop.set()

    assert loop.join(time.monotonic() + PATIENCE)


def test_a_round_is_stuck_by_the_limit_that_held_when_it_began() -> None:
    stop, entered, hold, limits = Stop(), threading.Semaphore(0), threading.Semaphore(0), [100.0]

    def work() -> None:
        entered.release()
        hold.acquire(timeout=PATIENCE)

    loop = Loop("slow", lambda: 0.0, work, stop, limit=lambda: limits[-1])
    loop.start()
    for number in (7.0, 8.0):
        assert entered.acquire(timeout=PATIENCE)
        before = loop.vitals.limit_seconds
        limits.append(number)
        assert loop.vitals.limit_seconds == before
        hold.release()
    stop.set()
    hold.release()

    assert loop.join(time.monotonic() + PATIENCE)
    assert before == 7.0


def test_who_wakes_a_loop_in_the_middle_of_a_round_gets_another_one_and_only_one() -> None:
    stop, entered, hold, rounds = Stop(), threading.Event(), threading.Event(), []

    def work() -> None:
        rounds.append("round")
        entered.set()
        hold.wait(PATIENCE)
        if len(rounds) == 2:
            stop.set()

    loop = Loop("busy", lambda: 3600.0, work, stop)
    loop.start()
    assert entered.wait(PATIENCE)
    for _ in range(100):
        loop.wake()
    hold.set()

    assert loop.join(time.monotonic() + PATIENCE)
    assert len(rounds) == 2


def test_a_loop_that_does_not_end_in_time_is_told_apart() -> None:
    stop, hold, entered = Stop(), threading.Event(), threading.Event()

    def work() -> None:
        entered.set()
        hold.wait(PATIENCE)

    loop = Loop("slow", lambda: 0.0, work, stop)
    loop.start()
    assert entered.wait(PATIENCE)
    stop.set()

    assert not loop.join(time.monotonic() - 1.0)
    hold.set()
    assert loop.join(time.monotonic() + PATIENCE)


def test_a_loop_started_after_the_stop_does_nothing() -> None:
    stop, worked = Stop(), threading.Event()
    stop.set()
    loop = Loop("late", lambda: 0.0, worked.set, stop)
    loop.start()

    assert loop.join(time.monotonic() + PATIENCE)
    assert not worked.is_set()


def test_a_stop_is_heard_by_who_asks_and_by_who_waits() -> None:
    stop = Stop()
    assert not stop()
    assert not stop.wait(0.0)
    stop.set()

    assert stop()
    assert stop.wait(3600.0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_a_stop(number: signal.Signals) -> None:
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    stop, heard = Stop(), threading.Event()
    names: list[str] = []

    def hear(name: str) -> None:
        names.append(name)
        heard.set()

    try:
        stop.on_signals(hear)
        os.kill(os.getpid(), number)
        assert stop.wait(PATIENCE)
        assert heard.wait(PATIENCE)
        assert names == [number.name]
    finally:
        signal.set_wakeup_fd(-1)
        for one, handler in before.items():
            signal.signal(one, handler)
