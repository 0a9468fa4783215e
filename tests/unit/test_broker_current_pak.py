"""Another PAK takes the place of the one in use only when the broker has taken it, and one thread finds out."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from broker_support import LONG_TOKEN, NEWER_LONG_TOKEN, NEWER_PAK, PAK
from brokkr_core.broker import Pak
from brokkr_core.broker.credentials.current import LOOK_SECONDS, REFUSED_SECONDS, CurrentPak
from brokkr_core.errors import BrokerUnreachableError, ConfigError
from clock_support import ObedientClock

OLD, NEW = Pak(text=PAK), Pak(text=NEWER_PAK)


class Shelf:
    """A source whose PAK is exchanged by hand; an error is raised instead of given."""

    def __init__(self) -> None:
        self.has: Pak | ConfigError = OLD
        self.read = 0

    def pak(self) -> Pak:
        self.read += 1
        if isinstance(self.has, ConfigError):
            raise self.has
        return self.has


class Door:
    """A broker that takes what it is told to take."""

    def __init__(self) -> None:
        self.takes: set[Pak] | BrokerUnreachableError = {NEW}
        self.asked: list[Pak] = []

    def __call__(self, pak: Pak) -> bool:
        self.asked.append(pak)
        if isinstance(self.takes, BrokerUnreachableError):
            raise self.takes
        return pak in self.takes


class Setup:
    def __init__(self) -> None:
        self.shelf, self.door, self.clock = Shelf(), Door(), ObedientClock()
        self.current = CurrentPak(self.shelf, self.door, clock=self.clock.monotonic)


@pytest.fixture
def setup() -> Setup:
    return Setup()


def test_the_first_pak_is_used_unasked_and_the_source_is_left_alone_for_a_while(setup: Setup) -> None:
    assert [setup.current.get().pak for _ in range(3)] == [OLD] * 3
    assert (setup.shelf.read, setup.door.asked) == (1, [])


def test_without_a_first_pak_there_is_nothing_to_keep(setup: Setup) -> None:
    setup.shelf.has = ConfigError(["no PAK"])
    with pytest.raises(ConfigError, match="no PAK"):
        setup.current.get()


def test_a_newer_pak_is_noticed_while_the_old_one_still_works(setup: Setup) -> None:
    setup.current.get()
    setup.shelf.has = NEW
    assert setup.current.get().pak == OLD
    setup.clock.sleep(LOOK_SECONDS)
    assert setup.current.get().pak == NEW
    assert setup.door.asked == [NEW]


def test_a_pak_the_broker_does_not_know_is_not_used_and_not_shown_again_at_once(setup: Setup) -> None:
    setup.door.takes = set()
    setup.current.get()
    setup.shelf.has = NEW
    setup.clock.sleep(LOOK_SECONDS)
    assert setup.current.get().pak == OLD
    assert "does not know Pak(brokkr_BRnewer1_…); Pak(brokkr_BRabcdef_…) is kept" in setup.current.trouble
    assert setup.current.renewed(setup.current.get()) is None
    assert setup.door.asked == [NEW]

    setup.clock.sleep(REFUSED_SECONDS)
    setup.door.takes = {NEW}
    assert setup.current.get().pak == NEW
    assert setup.current.trouble == ""


def test_a_pak_that_could_not_be_checked_waits(setup: Setup) -> None:
    setup.door.takes = BrokerUnreachableError("the line is down")
    setup.current.get()
    setup.shelf.has = NEW
    assert setup.current.renewed(setup.current.get()) is None
    assert "could not be checked: the line is down" in setup.current.trouble
    setup.door.takes = {NEW}
    assert setup.current.renewed(setup.current.get()) == NEW


def test_a_source_that_is_being_replaced_costs_nothing_unless_the_pak_is_refused(setup: Setup) -> None:
    setup.current.get()
    setup.shelf.has = ConfigError(["PAK file x: cannot be read (No such file or directory)"])
    setup.clock.sleep(LOOK_SECONDS)
    assert setup.current.get().pak == OLD
    assert "No such file" in setup.current.trouble
    with pytest.raises(ConfigError, match="No such file"):
        setup.current.renewed(setup.current.get())
    setup.shelf.has = NEW
    assert setup.current.renewed(setup.current.get()) == NEW


def test_a_refused_pak_that_the_source_still_has_is_not_renewed(setup: Setup) -> None:
    assert setup.current.renewed(setup.current.get()) is None
    assert setup.door.asked == []


@pytest.mark.parametrize("newer", [OLD, NEW])
def test_threads_refused_together_cost_one_read_and_one_check(setup: Setup, newer: Pak) -> None:
    refused = [setup.current.get() for _ in range(32)]
    setup.shelf.has = newer
    together = threading.Barrier(32)

    def renew(number: int) -> Pak | None:
        together.wait()
        return setup.current.renewed(refused[number])

    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(renew, range(32)))
    assert found == [None if newer == OLD else NEW] * 32
    assert setup.shelf.read == 2
    assert len(setup.door.asked) == (newer == NEW)


def test_while_one_thread_checks_the_others_go_on_with_the_pak_in_use(setup: Setup) -> None:
    asked, go = threading.Event(), threading.Event()

    def slow(_pak: Pak) -> bool:
        asked.set()
        return go.wait(10.0)

    current = CurrentPak(setup.shelf, slow, clock=setup.clock.monotonic)
    current.get()
    setup.shelf.has = NEW
    setup.clock.sleep(LOOK_SECONDS)
    with ThreadPoolExecutor(1) as pool:
        checking = pool.submit(current.get)
        assert asked.wait(10.0)
        setup.clock.sleep(LOOK_SECONDS)
        assert current.get().pak == OLD
        go.set()
        assert checking.result().pak == NEW
    assert current.get().pak == NEW


def test_a_read_that_fails_fails_for_all_who_wait_and_the_next_one_reads_again(setup: Setup) -> None:
    refused = setup.current.get()
    setup.shelf.has = ConfigError(["gone"])
    for _ in range(2):
        with pytest.raises(ConfigError, match="gone"):
            setup.current.renewed(setup.current.get())
    setup.shelf.has = NEW
    assert setup.current.renewed(setup.current.get()) == NEW
    assert setup.current.renewed(refused) == NEW


def test_nothing_of_it_shows_a_pak(setup: Setup) -> None:
    setup.door.takes = set()
    lent = setup.current.get()
    setup.shelf.has = NEW
    setup.current.renewed(lent)
    shown = f"{lent!r} {setup.current!r} {setup.current.trouble}"
    assert LONG_TOKEN not in shown
    assert NEWER_LONG_TOKEN not in shown
