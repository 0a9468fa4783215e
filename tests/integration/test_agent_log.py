"""The log of a running agent: one format, one trace an attempt, no secret, and levels that change for a time."""

from __future__ import annotations

import base64
import json
import os
import signal
from pathlib import Path

from click.testing import CliRunner

from brokkr_agent.cli import cli
from brokkr_agent.errors import FORCED
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster import Delay, FaultPlan, FaultRule
from stage_support import Play, config_map, playing, wait_for
from watch_support import Window, free_port

CANARY = "correct-horse-battery"

#: A Secret that is refused, so that everything that can be said about it is.
REFUSED = f"""\
---
apiVersion: v1
kind: Secret
metadata: {{name: refused, namespace: default, labels: {{'no good': x}}}}
stringData: {{word: {CANARY}}}
data: {{other: {base64.b64encode(CANARY.encode()).decode()}}}
"""


def lines(play: Play) -> list[JsonObject]:
    """Every line that has its end; each has to be JSON."""
    return [json.loads(line) for line in play.log.splitlines(keepends=True) if line.endswith("\n")]


def levels(answer: str) -> dict[str, str]:
    return {one["component"]: one["level"] for one in json.loads(answer)["levels"]}


def test_the_log_of_an_agent(tmp_path: Path) -> None:
    port = free_port()
    audit = tmp_path / "audit"
    settings: dict[str, str | float] = {"control_port": port, "health_port": 0, "audit_path": str(audit)}
    with playing(tmp_path, settings, logging={"format": "json"}) as play:
        good, other = play.post(config_map("fine")), play.add_stack("other")
        assert play.event(good).status == "SUCCESS"
        bad = play.post(REFUSED, stack=other)
        assert play.event(bad).status == "FAILURE"
        wait_for(lambda: [one for one in lines(play) if one.get("recorded")], "the recorded lines")
        url = f"http://127.0.0.1:{port}"
        changed = CliRunner().invoke(cli, ["log-level", "broker", "debug", "--for", "1m", "--url", url])
        assert changed.output.split() == ["broker", "debug", "for", "60", "s"]
        shown = CliRunner().invoke(cli, ["log-level", "--url", url, "-o", "json"])
        assert {"broker": "debug", "agent": "info"}.items() <= levels(shown.output).items()
        refused = CliRunner().invoke(cli, ["log-level", "httpx", "debug", "--url", url])
        assert "whole URLs" in str(refused.exception)
        wait_for(lambda: [one for one in lines(play) if "trace_id" not in one and one["level"] == "debug"], "debug")
        play.stage.stop_agent()
        found, pak = lines(play), play._pak

    assert all([*one][:4] == ["timestamp", "level", "component", "event"] for one in found)
    within = [one for one in found if "trace_id" in one]
    attempts = {(one["trace_id"], one["deployment_object_id"], one["stack_id"], one["attempt"]) for one in within}
    assert len({trace for trace, *_ in attempts}) == len(attempts)
    assert {(good.id, play.stack.id), (bad.id, other.id)} == {(revision, stack) for _, revision, stack, _ in attempts}
    recorded = [one for one in within if one.get("recorded")]
    assert {one["deployment_object_id"] for one in recorded} == {bad.id}
    assert {"engine", "kubernetes"} <= {one["component"] for one in recorded}
    assert {one["component"] for one in found if one["level"] == "debug" and not one.get("recorded")} == {"broker"}
    assert found[-1]["event"] == "ended"
    assert "loglevel.set" in "".join(path.read_text() for path in audit.rglob("*") if path.is_file())
    text = json.dumps(found)
    for secret in (CANARY, pak, pak.rpartition("_")[2]):
        assert secret not in text
        assert base64.b64encode(secret.encode()).decode() not in text


def test_an_agent_works_without_a_log_and_a_second_signal_ends_it(tmp_path: Path) -> None:
    port = free_port()
    with playing(tmp_path, {"health_port": port, "drain_timeout_seconds": 300}, start=False) as play:
        play.stage.log = Path("/dev/full")
        play.activate()
        play.start()
        fine = play.post(config_map("fine"))
        wait_for(lambda: play.events(fine), "an event")
        window = Window(port)
        assert (window.value("log_lines_lost_total") or 0) > 0

        slow = FaultRule(effect=Delay(seconds=20.0), method="PATCH", path="/configmaps/slow$")
        play.stage.embedded.break_with(FaultPlan(rules=[slow]))
        play.post(config_map("slow"))
        wait_for(lambda: window.value("deployments_in_progress"), "the attempt")
        os.kill(play.process, signal.SIGTERM)
        wait_for(lambda: window.ask("/readyz") == (503, "draining"), "the stop to be heard")
        assert play.stage.agent_alive
        os.kill(play.process, signal.SIGINT)

        assert play.stage.stop_agent() == FORCED
