"""When the settings are loaded again: for a signal, and when their file has changed and stands still."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from brokkr_agent.configuration import Configuration
from brokkr_agent.load import Source
from brokkr_agent.reloading import LOOK_SECONDS, SETTLE_SECONDS, Reloading
from brokkr_agent.signals import Signals
from brokkr_agent.stop import Stop
from brokkr_agent.supervisor import Supervisor
from reload_support import Mount, configured

PATIENCE = 20.0


@pytest.fixture
def log() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def rounds(reloading: Reloading, count: int) -> None:
    for _ in range(count):
        reloading.round()


def test_a_file_that_changed_is_loaded_once_it_stands_still(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    configuration = configured(file, "[agent]\nworkers = 1\n")
    reloading = Reloading(configuration)
    rounds(reloading, 3)
    assert reloading.pause() == LOOK_SECONDS

    file.write_text("")  # half of what is being written: by itself it would be all defaults
    reloading.round()
    assert reloading.pause() == SETTLE_SECONDS
    file.write_text("[agent]\nworkers = 2\n")
    reloading.round()
    assert (configuration.now.agent.workers, configuration.standing.reloads["success"]) == (1, 0)
    rounds(reloading, 3)

    assert (configuration.now.agent.workers, configuration.standing.reloads["success"]) == (2, 1)
    assert reloading.pause() == LOOK_SECONDS


def test_a_file_that_is_written_anew_with_the_same_content_is_not_loaded(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    configuration = configured(file, "[agent]\nworkers = 1\n")
    file.write_text("[agent]\nworkers = 1\n")
    rounds(Reloading(configuration), 3)

    assert configuration.standing.reloads == {"success": 0, "failure": 0}


def test_the_links_of_a_mounted_config_map_are_followed_at_every_look(tmp_path: Path) -> None:
    mount = Mount(tmp_path)
    mount.swap("[agent]\nworkers = 1\n")
    configuration = configured(mount.file, "[agent]\nworkers = 1\n")
    reloading = Reloading(configuration)
    for number in (2, 3, 4):
        mount.swap(f"[agent]\nworkers = {number}\n")
        rounds(reloading, 2)
        assert configuration.now.agent.workers == number


def test_a_bad_file_is_tried_once_and_the_last_good_one_stays(
    tmp_path: Path, log: list[structlog.typing.EventDict]
) -> None:
    file = tmp_path / "agent.toml"
    configuration = configured(file, "[agent]\nworkers = 1\n")
    reloading = Reloading(configuration)
    file.write_text("[agent]\nworkers = 0\n")
    rounds(reloading, 6)
    assert (configuration.now.agent.workers, configuration.standing.reloads) == (1, {"success": 0, "failure": 1})
    assert [line["event"] for line in log] == ["settings not reloaded; the last good ones stay in force"]

    file.unlink()
    rounds(reloading, 6)
    assert configuration.standing.reloads == {"success": 0, "failure": 2}
    file.write_text("[agent]\nworkers = 1\n")
    rounds(reloading, 6)

    assert configuration.standing.reloads == {"success": 1, "failure": 2}
    assert configuration.standing.successful


def test_what_came_through_a_pipe_is_not_taken_for_an_empty_file_later(tmp_path: Path) -> None:
    pipe = tmp_path / "agent.toml"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("[agent]\nworkers = 3\n",))
    writer.start()
    configuration = Configuration(Source(file=pipe))
    writer.join()
    reloading = Reloading(configuration)
    rounds(reloading, 6)
    assert configuration.standing.reloads == {"success": 0, "failure": 0}
    reloading.ask()
    rounds(reloading, 6)

    assert configuration.now.agent.workers == 3
    assert configuration.standing.reloads == {"success": 0, "failure": 1}, "who asks is told why"


def test_without_a_file_there_is_nothing_to_look_at_and_a_signal_is_heard(tmp_path: Path) -> None:
    stop = Stop()
    supervisor = Supervisor(stop)
    configuration = configured(tmp_path / "agent.toml", "[agent]\nworkers = 1\n")
    heard = threading.Event()
    configuration.subscribe(lambda _old, _new: heard.set())
    reloading = Reloading(configuration)
    reloading.ask()  # before the loop began: it is not forgotten
    (tmp_path / "agent.toml").write_text("[agent]\nworkers = 2\n")
    reloading.begin(supervisor)
    assert heard.wait(PATIENCE)
    heard.clear()
    (tmp_path / "agent.toml").write_text("[agent]\nworkers = 3\n")
    reloading.ask()
    assert heard.wait(PATIENCE)
    stop.set()

    assert supervisor.join(time.monotonic() + PATIENCE)
    assert configuration.now.agent.workers == 3


def test_a_storm_of_signals_is_heard_to_the_end_without_a_lock_in_the_handler() -> None:
    """With a lock in the handler, a signal that comes in the middle of another one's handler would wait for ever."""
    before = signal.getsignal(signal.SIGHUP)
    heard, most = threading.Semaphore(0), 300

    def storm() -> None:
        for _ in range(most):
            os.kill(os.getpid(), signal.SIGHUP)

    try:
        signals = Signals()
        signals.on(signal.SIGHUP, lambda _name: heard.release())
        sender = threading.Thread(target=storm)
        sender.start()
        sender.join()
        assert heard.acquire(timeout=PATIENCE)
        os.kill(os.getpid(), signal.SIGHUP)
        while heard.acquire(blocking=False):
            pass
        os.kill(os.getpid(), signal.SIGHUP)
        assert heard.acquire(timeout=PATIENCE), "the listener still listens"
    finally:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGHUP, before)


def test_who_fails_for_a_signal_does_not_make_the_agent_deaf() -> None:
    before = signal.getsignal(signal.SIGHUP)
    names, heard = list[str](), threading.Semaphore(0)

    def hear(name: str) -> None:
        names.append(name)
        heard.release()
        if len(names) == 1:
            raise RuntimeError("the log is full")

    try:
        Signals().on(signal.SIGHUP, hear)
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGHUP)
            assert heard.acquire(timeout=PATIENCE)
    finally:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGHUP, before)

    assert names == ["SIGHUP", "SIGHUP"]
