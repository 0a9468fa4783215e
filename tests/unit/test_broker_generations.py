"""A new generation is used from its beginning; the old one ends what it has begun, and the numbers add up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import define

from brokkr_core.broker.generations import Generations
from brokkr_core.broker.lender import ClosedError, Lender, PoolMetrics
from stage_support import wait_for


@define(eq=False)
class Thing:
    generation: int
    closed: bool = False

    def usable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True


def pool(generation: int, most: int = 2) -> Lender[Thing]:
    return Lender(lambda: Thing(generation), most=most, keep=most, idle_seconds=30.0)


def test_the_next_one_lent_is_of_the_new_generation_and_the_old_is_closed_on_return() -> None:
    generations = Generations(pool(1))
    with generations.lend(1.0) as old:
        with generations.lend(1.0) as idle:
            pass
        generations.renew(lambda: pool(2))
        assert idle.closed
        assert not old.closed
        with generations.lend(1.0) as new:
            assert (old.generation, new.generation) == (1, 2)
            now = generations.metrics()
            assert now == PoolMetrics(lent=2, opened_total=3, closed_total=1, generation=2, draining=1)
    assert old.closed
    assert generations.metrics() == PoolMetrics(idle=1, opened_total=3, closed_total=2, generation=2)


def test_whoever_waits_for_the_old_generation_gets_the_new_one_at_once() -> None:
    generations = Generations(pool(1, most=1))
    with ThreadPoolExecutor(1) as threads, generations.lend(1.0):

        def one() -> int:
            with generations.lend(30.0) as thing:
                return thing.generation

        waiting = threads.submit(one)
        wait_for(lambda: generations.metrics().waiting or None, "a thread that waits")
        generations.renew(lambda: pool(2))
        assert waiting.result(10.0) == 2


def test_the_numbers_of_generations_long_gone_are_kept() -> None:
    generations = Generations(pool(1))
    for number in range(2, 50):
        with generations.lend(1.0):
            generations.renew(lambda number=number: pool(number))  # type: ignore[misc]
        assert generations.metrics().open == 0
    now = generations.metrics()
    assert (now.opened_total, now.closed_total, now.generation) == (48, 48, 49)
    assert generations._draining == []


def test_after_the_end_there_is_no_new_beginning() -> None:
    generations = Generations(pool(1))
    generations.close()
    generations.renew(lambda: pool(2))
    with pytest.raises(ClosedError), generations.lend(1.0):
        pass
