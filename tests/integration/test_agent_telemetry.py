"""The real agent tells what happens in its cluster over a real WebSocket: once, also over a restart, and bounded."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from brokkr_agent.duties.redact import LINE_HIDDEN
from brokkr_core.model.http import Request
from brokkr_core.model.json import JsonObject, as_int, as_object, as_text, dig
from brokkr_core.model.ref import ObjectRef
from brokkr_core.testing.cluster import restart_container, write_log
from stage_support import DEPLOYMENT, Play, config_map, playing, wait_for

HEARD = DEPLOYMENT.replace("replicas: 2", "replicas: 1").replace(
    "    metadata: {labels: {app: web}}\n",
    '    metadata: {labels: {app: web}, annotations: {brokkr.io/stream-logs: "true"}}\n',
)
POD = ObjectRef(group="", version="v1", kind="Pod", namespace="default", name="any")


class Audience:
    """Follows a stack live, as the broker's console does."""

    def __init__(self, line: ClientConnection) -> None:
        self.frames: list[JsonObject] = []
        self._line = line
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            for frame in self._line:
                self.frames.append(as_object(json.loads(frame)))
        except ConnectionClosed:
            return

    def join(self) -> None:
        self._thread.join(20.0)

    def told(self, kind: str, member: str) -> list[str]:
        return [as_text(dig(one, "body", member)) for one in list(self.frames) if one["type"] == kind]

    @property
    def missing(self) -> int:
        return sum(as_int(dig(one, "body", "dropped_count")) for one in list(self.frames) if one["type"] == "log_gap")


@contextmanager
def audience(play: Play) -> Iterator[Audience]:
    url = play.stage.broker.url.replace("http", "ws") + f"/api/v1/stacks/{play.stack.id}/live"
    with connect(url, additional_headers={"Authorization": f"Bearer {play.stage.broker.admin_pak}"}) as line:
        made = Audience(line)
        yield made
    made.join()


def pod_of(play: Play) -> JsonObject:
    def running() -> JsonObject | None:
        pods = play.stage.cluster.list(play.stage.cluster.resource(POD), namespace="default")
        return next((one for one in pods if dig(one, "status", "phase") == "Running"), None)

    return wait_for(running, "the pod")


def happen(play: Play, pod: JsonObject, reason: str) -> None:
    """Let a kubelet tell of something."""
    involved: JsonObject = {"apiVersion": "v1", "kind": "Pod"}
    involved |= {key: dig(pod, "metadata", key) for key in ("name", "namespace", "uid")}
    body: JsonObject = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": "web.", "namespace": "default"},
        "involvedObject": involved,
        "reason": reason,
        "message": "as told",
        "type": "Normal",
        "source": {"component": "kubelet"},
        "count": 1,
        "lastTimestamp": "2026-08-02T10:00:00Z",
    }
    path = "/api/v1/namespaces/default/events"
    answer = play.stage.embedded.administer(Request(method="POST", path=path, body=json.dumps(body).encode()))
    assert answer.status == 201, answer.body


def listening(play: Play, before: int = 0) -> None:
    """Wait until the agent watches Events and follows the log, not counting what it asked for earlier."""

    def asked() -> bool:
        paths = [(one.path, "watch" in one.query) for one in list(play.stage.embedded.requests)[before:]]
        return ("/api/v1/events", True) in paths and any(path.endswith("/log") for path, _ in paths)

    wait_for(asked, f"the agent to listen; log:\n{play.log}")


def lines(play: Play) -> list[str]:
    return [row.line for row in play.stage.broker.state.pod_logs.where(lambda _: True)]


def reasons(play: Play) -> list[str]:
    rows = play.stage.broker.state.k8s_events.where(lambda row: row.source == "kubelet")
    return [row.reason for row in rows]


def test_events_and_logs_arrive_once_also_over_a_break_and_a_restart(tmp_path: Path) -> None:
    with playing(tmp_path) as play:
        assert play.event(play.post(HEARD)).status == "SUCCESS"
        pod = pod_of(play)
        name, cluster = as_text(dig(pod, "metadata", "name")), play.stage.embedded
        listening(play)
        happen(play, pod, "First")
        write_log(cluster, name, "one\npassword=hunter22")
        restart_container(cluster, name)
        write_log(cluster, name, "two")
        wait_for(
            lambda: len(lines(play)) >= 3 and reasons(play),
            f"what was told, {lines(play)}, {reasons(play)}; log:\n{play.log}",
        )

        play.stage.broker.stop()
        wait_for(lambda: "channel is down" in play.log, "the agent to notice")
        happen(play, pod, "Meanwhile")
        write_log(cluster, name, "three")
        play.stage.broker.start()
        wait_for(lambda: len(lines(play)) >= 4 and len(reasons(play)) >= 2, f"what came meanwhile; log:\n{play.log}")

        assert play.stage.stop_agent() == 0
        happen(play, pod, "Unheard")
        write_log(cluster, name, "unheard")
        asked = len(cluster.requests)
        time.sleep(1.1)  # a log is asked for in whole seconds, and what was written before a start is not told
        play.start()
        listening(play, asked)
        happen(play, pod, "Last")
        write_log(cluster, name, "four")
        wait_for(lambda: "four" in lines(play) and "Last" in reasons(play), f"the last; log:\n{play.log}")

        assert lines(play) == ["one", LINE_HIDDEN, "two", "three", "four"]
        assert reasons(play) == ["First", "Meanwhile", "Last"]


def test_a_flood_is_bounded_and_every_line_of_it_arrives_or_is_told_to_be_missing(tmp_path: Path) -> None:
    many = 3000
    with playing(tmp_path, {"pod_log_bytes_per_second": 1024}) as play:
        assert play.event(play.post(HEARD)).status == "SUCCESS"
        name = as_text(dig(pod_of(play), "metadata", "name"))
        listening(play)
        with audience(play) as heard:
            write_log(play.stage.embedded, name, "\n".join(f"line {number}" for number in range(many)))

            def all_told() -> bool:
                return len(heard.told("pod_log_line", "line")) + heard.missing >= many

            wait_for(all_told, f"{many} lines or their absence; log:\n{play.log}")
            assert len(heard.told("pod_log_line", "line")) < 1000
            assert len(heard.told("pod_log_line", "line")) + heard.missing == many
            assert play.event(play.post(config_map("still"))).status == "SUCCESS", "the agent goes on deploying"
