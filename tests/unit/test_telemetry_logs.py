"""Logs of pods: which are followed, that each line is told once, and what becomes of floods, secrets and breaks."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import structlog

from broker_support import AGENT, STACK
from brokkr_agent.duties.redact import Redaction
from brokkr_agent.hiding import HIDDEN
from brokkr_agent.telemetry.containers import Running, started, wants_to_be_heard
from brokkr_agent.telemetry.follower import LINE
from brokkr_agent.telemetry.kit import LINES
from brokkr_agent.telemetry.pod_logs import Limits, PodLogs
from brokkr_agent.telemetry.position import Position
from brokkr_agent.telemetry.secrets import hidden
from brokkr_core.kube.log import read_line
from brokkr_core.model.http import Request
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.stream import LogGap, PodLogLine
from brokkr_core.model.wire import STREAM_LOGS
from brokkr_core.testing.cluster import EmbeddedCluster, Settings, restart_container, write_log
from clock_support import ObedientClock
from stage_support import wait_for
from telemetry_support import FOREIGN, MINE, Listener, client_of, owner_of, pod_of, put, running

HEARD = {STREAM_LOGS: "true"}
BEGIN = datetime(2026, 8, 2, 10, 0, 0, tzinfo=UTC)
LIMITS = Limits(containers=10, bytes_per_second=100_000)


class Room:
    """A served cluster, whose time goes on, and somebody who hears."""

    def __init__(self, limits: Limits = LIMITS, clock: ObedientClock | None = None) -> None:
        self.cluster = EmbeddedCluster(settings=Settings(controllers=True, deployment_ready_seconds=0.0))
        self.cluster.serve()
        self.voice = Listener()
        self.clock = clock or ObedientClock()
        self.limits = limits
        self.logs = self.again()

    def again(self) -> PodLogs:
        """An agent that has just begun."""
        client = client_of(self.cluster)
        return PodLogs(client, self.voice, agent_id=AGENT, limits=self.limits, monotonic=self.clock)

    @contextmanager
    def following(self, logs: PodLogs) -> Iterator[None]:
        asked = self.cluster.requests.count("GET", "/api/v1/pods")
        with running(logs.round, logs.close):
            wait_for(lambda: self.cluster.requests.count("GET", "/api/v1/pods") >= asked + 2, "the watch")
            yield

    def pod(self, name: str, marks: dict[str, str] = MINE, **spec: Json) -> JsonObject:
        owner = put(self.cluster, owner_of(f"of-{name}", marks), plural="configmaps")
        body = pod_of(name, owner, annotations=HEARD)
        body["spec"] = {"containers": [{"name": "app", "image": "fine"}], **spec}
        return put(self.cluster, body, plural="pods")

    def opened(self, times: int = 1) -> None:
        wait_for(lambda: self.cluster.requests.count("GET", "/log") >= times, "the log to be asked for")

    @property
    def lines(self) -> list[str]:
        return [one.line for one in self.voice.said if isinstance(one, PodLogLine)]

    @property
    def left_out(self) -> int:
        return sum(one.dropped_count for one in self.voice.said if isinstance(one, LogGap))

    def wait_lines(self, *lines: str) -> None:
        wait_for(lambda: len(self.lines) >= len(lines), f"{len(lines)} lines")
        assert self.lines == list(lines)


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.cluster.close()


def test_a_pod_that_wants_to_be_heard_is_heard_line_by_line_and_no_other(room: Room) -> None:
    room.pod("old")
    write_log(room.cluster, "old", "from before")
    with room.following(room.logs):
        for name, marks in (("mine", MINE), ("foreign", FOREIGN)):
            room.pod(name, marks)
            write_log(room.cluster, name, f"{name} 1")
        put(room.cluster, pod_of("nobodys", annotations=HEARD), plural="pods")
        write_log(room.cluster, "mine", "mine 2\nmine 3")
        wait_for(lambda: "mine 3" in room.lines, "the last line")

    said = [one for one in room.voice.said if isinstance(one, PodLogLine) and one.pod == "mine"]
    assert [one.line for one in said] == ["mine 1", "mine 2", "mine 3"]
    assert {one.pod for one in room.voice.said if isinstance(one, PodLogLine)} <= {"mine", "old"}
    assert (said[0].stack_id, said[0].namespace, said[0].container) == (STACK, "default", "app")
    assert not any("foreign" in one.path for one in room.cluster.requests if one.path.endswith("/log"))


def test_a_restart_and_a_broken_line_lose_nothing_and_repeat_nothing(room: Room) -> None:
    with room.following(room.logs):
        room.pod("web")
        write_log(room.cluster, "web", "one\ntwo")
        room.wait_lines("one", "two")
        restart_container(room.cluster, "web")
        write_log(room.cluster, "web", "three")
        room.wait_lines("one", "two", "three")
        room.voice.up = False
        write_log(room.cluster, "web", "four")
        asked = room.cluster.requests.count("GET", "/log")
        room.voice.up = True
        write_log(room.cluster, "web", "five")
        wait_for(lambda: room.cluster.requests.count("GET", "/log") >= asked, "the log to be asked for again")
        room.wait_lines("one", "two", "three", "four", "five")


def test_a_process_that_begins_anew_tells_nothing_of_what_was_told(room: Room) -> None:
    with room.following(room.logs):
        room.pod("web")
        write_log(room.cluster, "web", "one")
        room.wait_lines("one")
    room.cluster.advance(2.0)  # a log is asked for in whole seconds
    with room.following(room.again()):
        room.opened()
        write_log(room.cluster, "web", "two")
        room.wait_lines("one", "two")


def test_a_flood_is_bounded_by_lines_and_by_bytes_and_what_is_left_out_is_told() -> None:
    room = Room(limits=Limits(containers=10, bytes_per_second=1024))
    many = int(LINES.burst) + 300
    with room.following(room.logs):
        room.pod("web")
        write_log(room.cluster, "web", "\n".join(f"{number}" for number in range(many)))
        wait_for(lambda: len(room.lines) + room.left_out == many, "the flood to be over before the clock goes on")
        assert len(room.lines) == LINES.burst
        write_log(room.cluster, "web", "x" * 3000)
        room.clock.seconds += 10.0
        write_log(room.cluster, "web", "y" * 3000)
        write_log(room.cluster, "web", "z" * 3000)
        wait_for(lambda: len(room.lines) + room.left_out == many + 3, "three long lines")
        room.clock.seconds += 10.0
        write_log(room.cluster, "web", "last")
        wait_for(lambda: "last" in room.lines, "the last line")
    room.cluster.close()

    assert len(room.lines) + room.left_out == many + 4
    assert room.left_out > many - LINES.burst, "of the long lines not all"


def test_more_containers_than_allowed_are_told_in_the_log_and_wait_for_a_place() -> None:
    room = Room(limits=Limits(containers=1, bytes_per_second=100_000))
    with structlog.testing.capture_logs() as lines, room.following(room.logs):
        room.pod("a")
        room.opened()
        room.pod("b")
        wait_for(lambda: [line for line in lines if "pod_log_containers" in line["event"]], "the warning")
        assert room.logs.followed == 1
        write_log(room.cluster, "b", "one")
        for name in "ab":
            path = f"/api/v1/namespaces/default/pods/{name}"
            room.cluster.administer(Request(method="DELETE", path=path)) if name == "a" else None
        wait_for(lambda: room.logs.followed == 0, "the end of the one that is gone")
        patch = Request(
            method="PATCH",
            path="/api/v1/namespaces/default/pods/b",
            headers={"content-type": "application/merge-patch+json"},
            body=b'{"metadata":{"labels":{"a":"b"}}}',
        )
        room.cluster.administer(patch)
        room.wait_lines("one")
    room.cluster.close()


def test_values_of_secrets_are_hidden_and_without_them_nothing_is_told(room: Room) -> None:
    value = base64.b64encode(b"correct-horse").decode()
    secret: JsonObject = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "default"},
        "data": {"k": value},
    }
    put(room.cluster, secret, plural="secrets")
    uses: Json = [{"name": "app", "image": "fine", "envFrom": [{"secretRef": {"name": "s"}}]}]
    with room.following(room.logs):
        room.pod("web", containers=uses)
        write_log(room.cluster, "web", f"it is correct-horse\n{value}\n{'x' * (2 * LINE)}")
        wait_for(lambda: len(room.lines) == 3, "three lines")

    assert room.lines[:2] == [f"it is {HIDDEN}", HIDDEN]
    assert LINE < len(room.lines[2]) < LINE + 50, "it is cut and says so"


def test_the_end_of_a_line_that_was_cut_is_no_half_a_secret() -> None:
    redaction = Redaction.of(["correct-horse"])

    assert hidden("abc correct-ho", redaction, whole=False) == "a"
    assert hidden("abc correct-ho", redaction, whole=True) == "abc correct-ho"


def test_which_containers_have_a_log() -> None:
    pod = pod_of("web", annotations=HEARD)
    ended: JsonObject = {"terminated": {"exitCode": 0}}
    pod["status"] = {
        "initContainerStatuses": [{"name": "setup", "restartCount": 0, "state": ended}],
        "containerStatuses": [
            {"name": "app", "restartCount": 2, "state": {"running": {}}, "lastState": ended},
            {"name": "crash", "restartCount": 1, "state": {"waiting": {}}, "lastState": ended},
            {"name": "new", "restartCount": 0, "state": {"waiting": {"reason": "ContainerCreating"}}},
        ],
    }
    assert {container.name: stand for container, stand in started(pod).items()} == {
        "setup": Running(restarts=0, over=True),
        "app": Running(restarts=2, over=False),
        "crash": Running(restarts=1, over=True),
    }
    assert wants_to_be_heard(pod)
    assert not wants_to_be_heard(pod_of("web", annotations={STREAM_LOGS: "True"}))


def seconds(text: str) -> int:
    line = read_line(f"2026-08-02T10:00:{text}Z x".encode())
    assert line is not None
    return line.at


def test_after_a_break_the_lines_of_the_last_second_that_were_told_are_passed_over() -> None:
    position = Position(BEGIN)
    position.again()
    first = ["00.1", "01.5", "01.5", "01.4"]  # a kubelet's lines are not quite in order
    assert [position.fresh(seconds(one)) for one in first] == [True] * 4
    assert position.since == BEGIN.replace(second=1)

    position.again()
    later = ["01.5", "01.5", "01.4", "01.45", "01.6", "02.0"]
    assert [position.fresh(seconds(one)) for one in later] == [False, False, False, True, True, True]


def test_a_log_that_lacks_what_was_told_goes_on_with_what_is_younger_and_what_is_older_than_us_is_not_told() -> None:
    position = Position(BEGIN)
    assert not position.fresh(seconds("00.0") - 1)
    assert [position.fresh(seconds(one)) for one in ("03.1", "03.2")] == [True, True]
    position.again()

    assert [position.fresh(seconds(one)) for one in ("03.3", "03.4")] == [True, True]


def test_a_kubelets_line_has_nine_digits_and_any_zone_and_the_rest_of_a_long_one_has_no_time() -> None:
    line = read_line(b"2026-08-02T12:00:01.123456789+02:00 hello  world \n")
    assert line is not None
    assert (line.at % 1_000_000_000, line.text) == (123456789, "hello  world ")
    assert line.written == datetime(2026, 8, 2, 10, 0, 1, 123456, tzinfo=UTC)
    assert "hello" not in repr(line)
    assert read_line(b"the rest of a line") is None
    assert read_line(b"2026-99-99T99:99:99Z x") is None
    empty = read_line(b"2026-08-02T10:00:01Z ")
    assert empty is not None
    assert empty.text == ""
