"""Things are lent to one at a time, kept for a while, and all closed in the end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import define

from brokkr_core.broker.lender import BusyError, ClosedError, Lender
from clock_support import ObedientClock


@define(eq=False)
class Thing:
    closed: bool = False

    def close(self) -> None:
        self.closed = True


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
        with workshop.lender.lend(1.0):
            pass
    assert len(workshop.made) == 1


def test_two_at_once_get_two_things() -> None:
    workshop = Workshop()
    with workshop.lender.lend(1.0) as first, workshop.lender.lend(1.0) as second:
        assert first is not second


def test_the_thing_that_came_back_last_is_lent_first() -> None:
    workshop = Workshop()
    with workshop.lender.lend(1.0) as outer, workshop.lender.lend(1.0):
        pass
    with workshop.lender.lend(1.0) as again:
        assert again is outer


def test_when_all_are_lent_the_next_waits_in_vain_for_its_timeout_only() -> None:
    workshop = Workshop(most=1)
    with workshop.lender.lend(1.0), pytest.raises(BusyError), workshop.lender.lend(0.0):
        pass
    with workshop.lender.lend(0.0) as thing:
        assert thing is workshop.made[0]


def test_a_thing_comes_back_after_a_failure() -> None:
    workshop = Workshop(most=1)
    with pytest.raises(KeyError), workshop.lender.lend(1.0):
        raise KeyError
    with workshop.lender.lend(0.0):
        assert len(workshop.made) == 1


def test_a_failed_making_does_not_use_up_the_number() -> None:
    def broken() -> Thing:
        raise OSError

    lender: Lender[Thing] = Lender(broken, most=1, keep=1, idle_seconds=30.0)
    for _ in range(2):
        with pytest.raises(OSError), lender.lend(0.0):  # noqa: PT011 - any would do
            pass


def test_no_more_idle_things_are_kept_than_agreed() -> None:
    workshop = Workshop(most=4, keep=2)
    lend = workshop.lender.lend
    with lend(1.0), lend(1.0), lend(1.0), lend(1.0):
        assert workshop.open == 4
    assert workshop.open == 2


def test_a_thing_that_was_idle_too_long_is_closed_and_replaced() -> None:
    workshop = Workshop()
    with workshop.lender.lend(1.0):
        pass
    workshop.clock.sleep(30.1)
    with workshop.lender.lend(1.0) as thing:
        assert thing is not workshop.made[0]
    assert workshop.made[0].closed


def test_closing_closes_the_idle_now_and_the_lent_on_return() -> None:
    workshop = Workshop()
    with workshop.lender.lend(1.0) as lent:
        with workshop.lender.lend(1.0) as idle:
            pass
        workshop.lender.close()
        assert idle.closed
        assert not lent.closed
    assert lent.closed
    with pytest.raises(ClosedError), workshop.lender.lend(1.0):
        pass


def test_no_thing_is_ever_in_two_hands() -> None:
    workshop = Workshop(most=3, keep=1)
    hands: set[Thing] = set()
    shared = threading.Event()

    def use(_number: int) -> None:
        with workshop.lender.lend(10.0) as thing:
            if thing in hands:
                shared.set()
            hands.add(thing)
            hands.discard(thing)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(400)))
    assert not shared.is_set()
    assert workshop.open == 1
