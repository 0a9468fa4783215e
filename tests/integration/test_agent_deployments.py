"""Progress of deployments as others see it: on the command line, over HTTP, on the cluster and at the broker."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from brokkr_agent.remote import read_events
from brokkr_core.model.json import JsonObject, as_int, as_list, as_object, as_text, dig
from command_support import clean, command
from kubectl_support import KUBECTL, Kubectl
from stage_support import Play, config_map, playing, wait_for
from watch_support import free_port

TOKEN = "correct-horse-battery"
BROKEN = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  progressDeadlineSeconds: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: does-not-exist}]}
"""


class Desk:
    """A shell next to an agent.

    Args:
        play: the agent.
        port: of its control API.
        token_file: holds its token.
    """

    def __init__(self, play: Play, port: int, token_file: Path) -> None:
        self._play = play
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {"BROKKR_CONTROL_URL": self.url, "BROKKR_CONTROL_TOKEN_FILE": str(token_file)}
        self.headers = {"Authorization": f"Bearer {TOKEN}"}

    def wait(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return command("wait", self._play.stack.id[:8], *arguments, **{**self.environment, **environment})

    def get(self, path: str) -> JsonObject:
        return as_object(httpx.get(self.url + path, headers=self.headers, timeout=20.0).raise_for_status().json())

    def is_there(self) -> bool:
        try:
            return "items" in self.get("/v1/deployments")
        except httpx.HTTPError:
            return False

    def events(self, last_id: str, count: int) -> list[tuple[str, str, JsonObject]]:
        """Hear some events of the stream, and hang up."""
        headers = {**self.headers, "Last-Event-ID": last_id}
        heard: list[tuple[str, str, JsonObject]] = []
        with httpx.stream("GET", self.url + "/v1/events", headers=headers, timeout=20.0) as answer:
            assert answer.headers["content-type"] == "text/event-stream"
            for one in read_events(answer.iter_lines()):
                heard.append((one.kind, one.identity, as_object(json.loads(one.data))))
                if len(heard) == count:
                    break
        return heard


@contextmanager
def desk(folder: Path) -> Iterator[tuple[Play, Desk]]:
    port, token_file = free_port(), folder / "token"
    token_file.write_text(TOKEN)
    settings: dict[str, str | float] = {
        "control_port": port,
        "control_token_file": str(token_file),
        "progress_events": "true",
    }
    with playing(folder, settings) as play:
        mine = Desk(play, port, token_file)
        wait_for(mine.is_there, f"the control API; log:\n{play.log}")
        yield play, mine


@contextmanager
def watching(mine: Desk) -> Iterator[list[JsonObject]]:
    """Let ``watch`` write what it sees; the list is filled when it has ended."""
    seen: list[JsonObject] = []
    arguments = [sys.executable, "-m", "brokkr_agent", "watch", "-o", "json"]
    with subprocess.Popen(arguments, env=clean(**mine.environment), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        yield seen
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        seen += [as_object(json.loads(line)) for line in [first, *rest.splitlines()]]


def test_a_deployment_is_watched_waited_for_and_told_wherever_people_look(tmp_path: Path) -> None:
    with desk(tmp_path) as (play, mine):
        good = play.post(config_map("settings", greeting="hello"))
        done = mine.wait("--sequence", str(good.sequence_id), "--timeout", "60")
        assert (done.returncode, done.stderr) == (0, "")
        assert f"revision {good.sequence_id}  100%  succeeded  1/1 objects" in done.stdout
        known = as_text(mine.get("/v1/deployments")["last_event_id"])

        with watching(mine) as seen:
            bad = play.post(config_map("settings", greeting="broken") + BROKEN)
            done = mine.wait("--sequence", str(bad.sequence_id), "--timeout", "60", "-o", "json")
            assert (done.returncode, done.stderr) == (10, ""), "the code of VERIFIED_EXACT"
            told = as_object(json.loads(done.stdout))
            assert (told["result"], told["verdict"]) == ("rolled-back", "VERIFIED_EXACT")
            failed = [one for one in map(as_object, as_list(told["objects"])) if one["state"] == "failed"]
            assert [one["name"] for one in failed] == ["web"], "what failed is named"
            assert mine.get(f"/v1/deployments/{told['trace_id']}")["attempt"] == told["attempt"]

        mine_alone = [one for one in seen if one.get("sequence_id") == bad.sequence_id and one["attempt"] == 1]
        percents = [as_int(one["percent"]) for one in mine_alone]
        assert percents == sorted(percents)
        phases = list(dict.fromkeys(as_text(one["phase"]) for one in mine_alone))
        assert phases[:3] == ["planning", "validating", "applying"]
        assert phases[-1] == "rolling-back"
        assert mine_alone[-1]["result"] == "rolled-back"
        assert [dig(one, "object", "name") for one in mine_alone if dig(one, "object", "state") == "failed"] == ["web"]
        assert mine.get(f"/v1/deployments/{bad.id}")["sequence_id"] == bad.sequence_id

        first = mine.events(known, 2)
        assert [(kind, body["sequence_id"]) for kind, _, body in first] == [("progress", bad.sequence_id)] * 2
        again = mine.events(first[0][1], 1)
        assert again == first[1:], "whoever comes back hears the next one, and nothing twice"
        assert mine.events("another-7", 1)[0][0] == "gap"

        _told_on_the_cluster(play, tmp_path)
        _told_at_the_broker(play, bad.id)


def _told_on_the_cluster(play: Play, folder: Path) -> None:
    if KUBECTL is None:
        return
    kubectl = Kubectl(folder, play.stage.kubeconfig)

    def reasons() -> set[tuple[str, str, str]]:
        found = as_list(as_object(json.loads(kubectl("get", "events", "-n", "default", "-o", "json")))["items"])
        return {
            (as_text(dig(one, "involvedObject", "kind")), as_text(dig(one, "reason")), as_text(dig(one, "type")))
            for one in found
        }

    wanted = {
        ("ConfigMap", "ObjectApplied", "Normal"),
        ("ConfigMap", "DeploymentSucceeded", "Normal"),
        ("Deployment", "ObjectFailed", "Warning"),
        ("ConfigMap", "DeploymentFailed", "Warning"),
        ("ConfigMap", "RollbackStarted", "Warning"),
        ("ConfigMap", "RollbackVerified", "Normal"),
    }
    wait_for(lambda: reasons() >= wanted, f"the Events; log:\n{play.log}")
    described = kubectl("describe", "configmap", "settings", "-n", "default")
    assert "ObjectApplied" in described.partition("Events:")[2]


def _told_at_the_broker(play: Play, revision: str) -> None:
    told = wait_for(
        lambda: [
            one
            for one in play.stage.operator.stacks.events(play.stack.id).events
            if one.source == "brokkr-agent" and "rolled-back" in one.message
        ],
        "the frames",
    )
    assert told[0].event_type == "Warning"
    events = play.stage.operator.agents.events.list(play.agent_id)
    mine = [one for one in events if one.deployment_object_id == revision]
    assert [one.status for one in mine] == ["FAILURE"], "an event that is not the last one hides the object"


def test_waiting_ends_in_time_and_says_why_in_vain(tmp_path: Path) -> None:
    with desk(tmp_path) as (play, mine):
        late = mine.wait("--sequence", "999", "--timeout", "0.5")
        assert (late.returncode, late.stdout) == (4, "")
        assert late.stderr == "error: waited 0.5 s in vain: no attempt was seen\n"

        other = tmp_path / "other"
        other.write_text("x" * 20)
        refused = mine.wait(BROKKR_CONTROL_TOKEN_FILE=str(other))
        assert refused.returncode == 3
        assert "refuses: 401 Unauthorized: show the token" in refused.stderr
        assert TOKEN not in refused.stderr + play.log

        nobody = mine.wait("--url", f"http://127.0.0.1:{free_port()}")
        assert nobody.returncode == 3
        assert "cannot be reached" in nobody.stderr

        with watching_a_restart(play, mine) as seen:
            pass
        kinds = list(dict.fromkeys(as_text(one["type"]) for one in seen))
        assert kinds[:2] == ["progress", "unreachable"], (
            "it waits for the agent; whether it is back already is a matter of time"
        )
        assert [one["result"] for one in seen if one["type"] == "progress"][-1] == "succeeded"


@contextmanager
def watching_a_restart(play: Play, mine: Desk) -> Iterator[list[JsonObject]]:
    posted = play.post(config_map("one"))
    assert play.event(posted).status == "SUCCESS"
    with watching(mine) as seen:
        assert play.stage.stop_agent() == 0
        wait_for(lambda: not mine.is_there(), "the end")
        play.start()
        wait_for(mine.is_there, "the control API of the next process")
        assert mine.wait("--timeout", "60").returncode == 0
    yield seen
