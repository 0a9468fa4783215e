"""The watchdog barks when it is time, never after it was called off, and sleeps for good when there is nothing."""

from __future__ import annotations

import threading

import pytest

from brokkr_core.broker import watchdog
from brokkr_core.broker.watchdog import Watchdog
from stage_support import wait_for


def test_it_barks_when_it_is_time_however_late_it_was_told() -> None:
    dog, barks = Watchdog(), list[str]()
    dog.arm(60.0, lambda: barks.append("never"))
    dog.arm(0.05, lambda: barks.append("later"))
    dog.arm(0.0, lambda: barks.append("at once"))
    wait_for(lambda: len(barks) >= 2 or None, "two barks")
    assert barks == ["at once", "later"]


def test_it_keeps_still_after_it_was_called_off() -> None:
    dog, barks = Watchdog(), list[str]()
    number = dog.arm(0.05, lambda: barks.append("called off"))
    dog.call_off(number)
    dog.call_off(number)
    after = threading.Event()
    dog.arm(0.1, after.set)
    assert after.wait(10.0)
    assert barks == []


def test_its_thread_ends_when_there_is_nothing_to_watch_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "LINGER_SECONDS", 0.05)
    before = threading.active_count()
    dog = Watchdog()
    for _ in range(2):
        barked = threading.Event()
        dog.arm(0.0, barked.set)
        assert barked.wait(10.0)
        wait_for(lambda: threading.active_count() <= before or None, "the thread to end")
