"""Things are lent to one at a time, kept for a while, and all closed in the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from attrs import define

from brokkr_core.broker.lender import BusyError, ClosedError, Lender, PoolMetrics
from clock_support import ObedientClock
from stage_support import wait_for


@define(eq=False)
class Thing:
    closed: bool = False
    stale: bool = False

    def usable(self) -> bool:
        return not self.stale

    def close(self) -> None:
        self.closed = True


@contextmanager
def lent(lender: Lender[Thing], timeout_seconds: float = 1.0) -> Iterator[Thing]:
    thing = lender.take(timeout_seconds)
    try:
        yield thing
    finally:
        lender.give_back(thing)


class Workshop:
    """Makes things and remembers them."""

    def __init__(self, *, most: int = 4, keep: int = 2) -> None:
        self.made: list[Thing] = []
        self.clock = ObedientClock()
        self.lender = Lender(self._make, most=most, keep=keep, idle_seconds=30.0, clock=self.clock.monotonic)

    def _make(self) -> Thing:
        self.made.append(Thing())
        return self.made[-1]

    @property
    def open(self) -> int:
        return sum(not thing.closed for thing in self.made)


def test_one_after_the_other_gets_the_same_thing() -> None:
    workshop = Workshop()
    for _ in range(3):
        with lent(workshop.lender):
            pass
    assert len(workshop.made) == 1


def test_two_at_once_get_two_things() -> None:
    workshop = Workshop()
    with lent(workshop.lender) as first, lent(workshop.lender) as second:
        assert first is not second


def test_the_thing_that_came_back_last_is_lent_first() -> None:
    workshop = Workshop()
    with lent(workshop.lender) as outer, lent(workshop.lender):
        pass
    with lent(workshop.lender) as again:
        assert again is outer


def test_when_all_are_lent_the_next_waits_in_vain_for_its_timeout_only() -> None:
    workshop = Workshop(most=1)
    with lent(workshop.lender), pytest.raises(BusyError), lent(workshop.lender, 0.0):
        pass
    with lent(workshop.lender, 0.0) as thing:
        assert thing is workshop.made[0]


def test_a_thing_comes_back_after_a_failure() -> None:
    workshop = Workshop(most=1)
    with pytest.raises(KeyError), lent(workshop.lender):
        raise KeyError
    with lent(workshop.lender, 0.0):
        assert len(workshop.made) == 1


def test_a_failed_making_does_not_use_up_the_number() -> None:
    def broken() -> Thing:
        raise OSError

    lender: Lender[Thing] = Lender(broken, most=1, keep=1, idle_seconds=30.0)
    for _ in range(2):
        with pytest.raises(OSError), lent(lender, 0.0):  # noqa: PT011 - any would do
            pass


def test_no_more_idle_things_are_kept_than_agreed() -> None:
    workshop = Workshop(most=4, keep=2)
    some = workshop.lender
    with lent(some), lent(some), lent(some), lent(some):
        assert workshop.open == 4
    assert workshop.open == 2


def test_a_thing_that_was_idle_too_long_is_closed_and_replaced() -> None:
    workshop = Workshop()
    with lent(workshop.lender):
        pass
    workshop.clock.sleep(30.1)
    with lent(workshop.lender) as thing:
        assert thing is not workshop.made[0]
    assert workshop.made[0].closed


def test_closing_closes_the_idle_now_and_the_lent_on_return() -> None:
    workshop = Workshop()
    with lent(workshop.lender) as busy:
        with lent(workshop.lender) as idle:
            pass
        workshop.lender.close()
        assert idle.closed
        assert not busy.closed
    assert busy.closed
    with pytest.raises(ClosedError), lent(workshop.lender):
        pass


def test_no_thing_is_ever_in_two_hands() -> None:
    workshop = Workshop(most=3, keep=1)
    hands: set[Thing] = set()
    shared = threading.Event()

    def use(_number: int) -> None:
        with lent(workshop.lender, 10.0) as thing:
            if thing in hands:
                shared.set()
            hands.add(thing)
            hands.discard(thing)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(400)))
    assert not shared.is_set()
    assert workshop.open == 1


def test_what_cannot_be_used_again_is_closed_on_return_and_replaced() -> None:
    workshop = Workshop()
    with lent(workshop.lender) as thing:
        thing.stale = True
    assert thing.closed
    with lent(workshop.lender) as other:
        assert other is not thing


def test_what_went_stale_while_idle_is_not_lent_again() -> None:
    workshop = Workshop(keep=3)
    with lent(workshop.lender) as first, lent(workshop.lender) as second:
        pass
    first.stale = True
    with lent(workshop.lender) as thing:
        assert thing is second
    assert first.closed


def test_waiting_ends_as_soon_as_one_comes_back_or_all_is_closed() -> None:
    workshop = Workshop(most=1)
    with ThreadPoolExecutor(2) as pool:
        thing = workshop.lender.take(1.0)
        waiting = pool.submit(workshop.lender.take, 30.0)
        wait_for(lambda: workshop.lender.metrics().waiting == 1 or None, "a thread that waits")
        workshop.lender.give_back(thing)
        assert waiting.result() is thing

        never = pool.submit(workshop.lender.take, 30.0)
        wait_for(lambda: workshop.lender.metrics().waiting == 1 or None, "a thread that waits")
        workshop.lender.close()
        assert isinstance(never.exception(), ClosedError)


def test_the_numbers_add_up() -> None:
    workshop = Workshop(keep=1)
    assert workshop.lender.metrics() == PoolMetrics()
    with lent(workshop.lender), lent(workshop.lender):
        assert workshop.lender.metrics() == PoolMetrics(lent=2, opened_total=2)
    now = workshop.lender.metrics()
    assert now == PoolMetrics(idle=1, opened_total=2, closed_total=1)
    assert now.open == 1
