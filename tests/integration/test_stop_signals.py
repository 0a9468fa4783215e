"""A signal is heard whatever the process is at, and a second one ends it at once."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from brokkr_agent.errors import FORCED

PATIENCE = 60.0

#: A process whose main thread holds every lock that a line of the log could need, and its own of the stop's listeners.
BUSY = """
import logging, sys, threading, time
import structlog
from brokkr_agent.config import LogSettings
from brokkr_agent.logs.setup import LOG, configure
from brokkr_agent.stop import Stop

configure(LogSettings(format="json"))
stop, mine = Stop(), threading.Lock()
stop.on_stop(lambda: mine.acquire() and mine.release())
stop.on_signals(lambda name: structlog.get_logger("workers").info("stop asked for", signal=name))
for lock in (mine, LOG.sink._lock, LOG.levels._lock, LOG.repeats._lock, LOG.tally._lock, logging._lock):
    lock.acquire()
if "crowded" in sys.argv:
    threading.stack_size(1 << 46)  # no thread can be started with it
print("ready", flush=True)
stop.wait_long()
print("stopped", flush=True)
if "end" in sys.argv:
    sys.stdout.flush()
    logging._lock.release()  # the interpreter's own end needs it
    sys.exit(0)
time.sleep(600)
"""


@contextmanager
def busy(*words: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", BUSY, *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_heard_while_every_lock_is_held(number: signal.Signals) -> None:
    with busy("end") as process:
        process.send_signal(number)

        assert said(process) == "stopped\n"
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("words", [(), ("crowded",)])
def test_a_second_signal_ends_a_process_that_cannot_end_by_itself(words: tuple[str, ...]) -> None:
    with busy(*words) as process:
        process.send_signal(signal.SIGTERM)
        assert said(process) == "stopped\n"
        process.send_signal(signal.SIGINT)

        assert process.wait(PATIENCE) == FORCED
