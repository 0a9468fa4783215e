"""One who follows a log and has read it to its end: whatever changes then is read, too."""

from __future__ import annotations

import threading
import time

from broker_support import STACK
from brokkr_agent.allowance import Allowance, Rate
from brokkr_agent.telemetry.containers import Container, Running
from brokkr_agent.telemetry.follower import Follower
from brokkr_agent.telemetry.kit import Kit
from brokkr_agent.telemetry.omissions import Omissions
from brokkr_agent.telemetry.position import Position
from brokkr_agent.telemetry.secrets import PodSecrets
from brokkr_core.apply.identity import uid
from brokkr_core.model.ref import ref_of
from brokkr_core.testing.cluster import EmbeddedCluster, Settings
from stage_support import wait_for
from telemetry_support import Listener, client_of, pod_of, put


class Lingering(Follower):
    """Its thread is still there for a while after it has decided to end."""

    decided = threading.Event()
    hold = threading.Event()

    def _run(self) -> None:
        super()._run()
        self.decided.set()
        self.hold.wait(20.0)


def test_a_change_in_the_moment_a_thread_ends_starts_another() -> None:
    cluster = EmbeddedCluster(settings=Settings(controllers=True, deployment_ready_seconds=0.0))
    pod = put(cluster, pod_of("web"), plural="pods")
    client, voice = client_of(cluster), Listener()
    kit = Kit(
        client=client,
        voice=voice,
        secrets=PodSecrets(client, time.monotonic),
        bytes=Allowance(Rate(per_second=1e6, burst=1e6)),
        omissions=Omissions(voice.send),
    )
    one = Container(pod=ref_of(pod), pod_uid=uid(pod), name="app")
    follower = Lingering(one, pod, STACK, kit, Position(client.now()))
    assert follower.needs_to_read(Running(restarts=0, over=True))
    follower.start()
    wait_for(lambda: cluster.requests.count("GET", "/log") >= 1, "the log to be asked for")
    cluster.cluster.logs.end(uid(pod), "app")
    assert follower.decided.wait(20.0)

    assert not follower.at_work
    assert not follower.needs_to_read(Running(restarts=0, over=True))
    assert follower.needs_to_read(Running(restarts=1, over=False))
    follower.close()
    follower.hold.set()
