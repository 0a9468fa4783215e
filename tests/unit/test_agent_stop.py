"""A stop reaches everybody who waits."""

from __future__ import annotations

import threading

import pytest

from brokkr_agent.stop import Stop


def test_a_stop_reaches_all_who_listen_whatever_one_of_them_does() -> None:
    stop, heard = Stop(), threading.Event()

    def fail() -> None:
        raise OSError("already closed")

    stop.on_stop(fail)
    stop.on_stop(heard.set)
    with pytest.raises(OSError, match="already closed"):
        stop.set()

    assert heard.is_set()
