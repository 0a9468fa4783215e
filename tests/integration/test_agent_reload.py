"""A running agent takes new settings on: by SIGHUP, by another file, and by request, whatever it is at."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx

from brokkr_core.model.broker import DeploymentObject
from stage_support import Play, config_map, playing, wait_for
from watch_support import Window, free_port

#: A Job that never gets ready by itself.
STUCK = (
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: stuck, namespace: default}\n"
    "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: does-not-exist}]}}}\n"
)


class Settings:
    """The settings file of a running agent, and how it took it."""

    def __init__(self, play: Play, folder: Path, port: int, control: int) -> None:
        self._play = play
        self._file = folder / "agent.toml"
        self._first = self._file.read_text()
        self._control = f"http://127.0.0.1:{control}"
        self.window = Window(port)

    def write(self, text: str = "", *, signalled: bool = True) -> None:
        """Exchange the file, as an editor does it; the first lines of the section [agent] stay."""
        new = self._file.with_suffix(".new")
        new.write_text(self._first + text)
        os.replace(new, self._file)
        if signalled:
            self.signal()

    def signal(self) -> None:
        os.kill(self._play.process, signal.SIGHUP)

    def post(self, path: str) -> tuple[int, Any]:
        answer = httpx.post(self._control + path, timeout=20.0)
        return answer.status_code, json.loads(answer.text)

    def value(self, name: str, **labels: str) -> float | None:
        return self.window.value(f"config_{name}", **labels)

    def count(self, result: str) -> int:
        return int(self.value("reloads_total", result=result) or 0)

    def await_count(self, result: str, count: int) -> None:
        wait_for(lambda: self.count(result) >= count, f"reload {count} with {result}; log:\n{self._play.log}")


def test_many_reloads_under_load_good_ones_and_bad_ones_disturb_no_deployment(tmp_path: Path) -> None:
    port, control = free_port(), free_port()
    given: dict[str, str | float] = {
        "health_port": port,
        "health_address": "127.0.0.1",
        "control_port": control,
        "ready_pod_start_seconds": 3600,
    }
    with playing(tmp_path, given) as play:
        stacks = [play.stack, play.add_stack("second"), play.add_stack("third")]
        slow = play.add_stack("slow")
        stuck = play.post(STUCK, stack=slow)
        wait_for(lambda: play.live("Job", "stuck", api="batch/v1"), f"a deployment under way; log:\n{play.log}")
        settings = Settings(play, tmp_path, port, control)
        posted: list[DeploymentObject] = []
        for number in range(1, 13):
            posted += [play.post(config_map(one.name, number=str(number)), stack=one) for one in stacks]
            bad = number % 3 == 0
            result = "failure" if bad else "success"
            before = settings.count(result)
            settings.write("workers = 0\n" if bad else f"workers = {number}\nprune_workers = {number}\n")
            settings.await_count(result, before + 1)
        for _ in range(50):
            settings.signal()

        # The last one was a bad one, and eight good ones had been in force.
        assert (settings.value("last_reload_successful"), settings.value("generation")) == (0, 9)
        assert [play.event(one).status for one in posted[-3:]] == ["SUCCESS"] * 3
        assert {play.live("ConfigMap", one.name) is not None for one in stacks} == {True}
        ends = [[one.status for one in play.events(each)] for each in posted]
        assert {*map(tuple, ends)} <= {(), ("SUCCESS",)}, "a revision that another one came for is not worked on"
        status, told = settings.post("/v1/config/reload?dry_run=1")
        assert status == 422
        assert [fault.split(" ")[0] for fault in told["faults"]] == ["agent.workers"]
        assert settings.value("generation") == 9

        # The next good one is found without a signal, and part of it waits for a restart.
        settings.write("workers = 5\nnamespace = 'kube-system'\n", signalled=False)
        wait_for(lambda: settings.value("last_reload_successful") == 1, f"the file to be found; log:\n{play.log}")
        assert settings.value("restart_required") == 1
        settings.write("workers = 6\n", signalled=False)
        assert settings.post("/v1/config/reload") == (200, {**told_of_workers(5, 6), "generation": 11})
        assert settings.value("restart_required") == 0

        # All that time one deployment was under way, and it goes by the settings it began with.
        assert play.events(stuck) == []
        assert play.stage.stop_agent() == 0


def told_of_workers(old: int, new: int) -> dict[str, Any]:
    changes = [{"key": "agent.workers", "old": old, "new": new, "applies": "next"}]
    return {"ok": True, "dry_run": False, "changes": changes, "restart_required": [], "faults": []}


def test_what_is_live_is_so_at_once_and_the_next_attempt_goes_by_the_new_rules(tmp_path: Path) -> None:
    port, control = free_port(), free_port()
    given: dict[str, str | float] = {
        "health_port": port,
        "health_address": "127.0.0.1",
        "control_port": control,
        "polling_interval": 3600,
        "ws_force_rest": True,
        "ready_pod_start_seconds": 3600,
        "ready_timeout_seconds": 3000,
        "concurrent_stacks": 1,
    }
    with playing(tmp_path, given) as play:
        window = Window(port)
        wait_for(lambda: window.ask("/healthz")[0], "somebody to listen")
        wait_for(lambda: window.value("poll_requests_total", status="success"), f"a first poll; log:\n{play.log}")
        settings = Settings(play, tmp_path, port, control)
        other = play.add_stack("other")
        stuck, free = play.post(STUCK), play.post(config_map("one"), stack=other)

        # The interval: an hour has not passed.
        settings._first = settings._first.replace("polling_interval = 3600", "polling_interval = 0.2")
        settings.write()
        wait_for(lambda: play.live("Job", "stuck", api="batch/v1"), f"the poll; log:\n{play.log}")
        wait_for(lambda: window.value("deployment_queue_depth") == 1, "the other stack to wait for its turn")

        # How many stacks at once, and the shape of the log; the deployment under way goes on by its own time.
        settings._first = settings._first.replace("ready_timeout_seconds = 3000", "ready_timeout_seconds = 0.5")
        settings._first = settings._first.replace("concurrent_stacks = 1", "concurrent_stacks = 2")
        settings.write("rollback = 'off'\n[log]\nformat = 'json'\n")
        assert play.event(free).status == "SUCCESS"
        lines = [json.loads(line) for line in play.log.splitlines() if line.startswith("{")]
        assert [line["ok"] for line in lines if line["event"] == "attempt ended"] == [True]
        assert play.events(stuck) == []

        # The next attempt has the new time, and is not put back.
        short = play.post(STUCK.replace("stuck", "short"), stack=other)
        assert play.event(short).status == "FAILURE"
        assert "NOT_ATTEMPTED" in str(play.event(short).message)
        assert play.events(stuck) == []
