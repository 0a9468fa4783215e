"""One who follows a log and has read it to its end: whatever changes then is read, too."""

from __future__ import annotations

import threading
import time
from typing import TypeVar

from broker_support import STACK
from brokkr_agent.allowance import Allowance
from brokkr_agent.telemetry.containers import Container, Running
from brokkr_agent.telemetry.follower import Follower
from brokkr_agent.telemetry.kit import Kit
from brokkr_agent.telemetry.omissions import Omissions
from brokkr_agent.telemetry.position import Position
from brokkr_agent.telemetry.secrets import PodSecrets
from brokkr_core.apply.identity import uid
from brokkr_core.broker.bucket import Rate
from brokkr_core.broker.channel import Outgoing
from brokkr_core.model.ref import ref_of
from brokkr_core.model.stream import PodLogLine
from brokkr_core.testing.cluster import EmbeddedCluster, Settings, restart_container, write_log
from stage_support import wait_for
from telemetry_support import Listener, client_of, pod_of, put


class Here(Follower):
    """Knows whom it follows."""

    pod_uid = ""


class Lingering(Here):
    """Its thread is still there for a while after it has decided to end."""

    decided = threading.Event()
    hold = threading.Event()

    def _run(self) -> None:
        super()._run()
        self.decided.set()
        self.hold.wait(20.0)


Kind = TypeVar("Kind", bound=Here)


def follower_of(cluster: EmbeddedCluster, voice: Listener, kind: type[Kind]) -> Kind:
    """Make one who follows the only container of a new pod ``web``."""
    pod, client = put(cluster, pod_of("web"), plural="pods"), client_of(cluster)
    kit = Kit(
        client=client,
        voice=voice,
        secrets=PodSecrets(client, time.monotonic),
        bytes=Allowance(Rate(per_second=1e6, burst=1e6)),
        omissions=Omissions(voice.send),
    )
    one = Container(pod=ref_of(pod), pod_uid=uid(pod), name="app")
    follower = kind(one, pod, STACK, kit, Position(cluster.cluster.clock()))
    follower.pod_uid = uid(pod)
    return follower


def lines(voice: Listener) -> list[str]:
    return [one.line for one in voice.said if isinstance(one, PodLogLine)]


class Faltering(Listener):
    """Goes away after it has heard a line."""

    until = ""

    def send(self, said: Outgoing, /) -> bool:
        sent = super().send(said)
        self.up = self.up and not (isinstance(said, PodLogLine) and said.line == self.until)
        return sent


def test_the_rest_of_a_run_that_has_ended_is_told_although_nobody_heard_for_a_while() -> None:
    cluster, voice = EmbeddedCluster(settings=Settings(controllers=True, deployment_ready_seconds=0.0)), Faltering()
    follower = follower_of(cluster, voice, Here)
    follower.needs_to_read(Running(restarts=0, over=False))
    follower.start()
    write_log(cluster, "web", "one")
    wait_for(lambda: lines(voice) == ["one"], "the first line")
    voice.up, voice.until = False, "two"
    write_log(cluster, "web", "two\nthree")
    restart_container(cluster, "web")
    write_log(cluster, "web", "four")
    voice.up = True
    follower.needs_to_read(Running(restarts=1, over=False))
    wait_for(lambda: not voice.up, "the second line")
    voice.up = True
    wait_for(lambda: len(lines(voice)) == 4, "all of them")
    follower.close()

    assert lines(voice) == ["one", "two", "three", "four"]


def test_a_change_in_the_moment_a_thread_ends_starts_another() -> None:
    cluster = EmbeddedCluster(settings=Settings(controllers=True, deployment_ready_seconds=0.0))
    follower = follower_of(cluster, Listener(), Lingering)
    assert follower.needs_to_read(Running(restarts=0, over=True))
    follower.start()
    wait_for(lambda: cluster.requests.count("GET", "/log") >= 1, "the log to be asked for")
    cluster.cluster.logs.end(follower.pod_uid, "app")
    assert follower.decided.wait(20.0)

    assert not follower.at_work
    assert not follower.needs_to_read(Running(restarts=0, over=True))
    assert follower.needs_to_read(Running(restarts=1, over=False))
    follower.close()
    follower.hold.set()
