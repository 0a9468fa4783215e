"""An agent that talks to nobody but through proxies, and how soon it has to say that a line is down."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attrs import frozen

from brokkr_core.broker.channel import ChannelLimits
from brokkr_core.kube.client import REQUEST_TIMEOUT_SECONDS
from proof_support import Fleet, fleet_of, sized
from stage_support import wait_for
from tcp_proxy import TcpProxy, Weather
from watch_support import Window, free_port

STACKS = sized(short=4, long=12)

_LIMITS = ChannelLimits()
_DEAD_SECONDS = max(_LIMITS.ping_seconds + _LIMITS.pong_seconds, _LIMITS.write_seconds) + _LIMITS.close_seconds


#: A request waits so long for an answer, and what is asked every 0.2 s in this test has then noticed.
REQUEST_SECONDS = REQUEST_TIMEOUT_SECONDS + 5.0
CHANNEL_SECONDS = _DEAD_SECONDS + 5.0
#: What trickles is an answer, however slow; a loop that waits for one so long says that it is stuck.
STUCK_SECONDS = 30.0
#: A reset is noticed by whoever uses the connection next.
RESET_SECONDS = 10.0


@frozen(kw_only=True)
class Wires:
    """The three lines of an agent."""

    fleet: Fleet
    window: Window
    broker: TcpProxy
    cluster: TcpProxy
    channel: TcpProxy

    @property
    def all(self) -> tuple[TcpProxy, ...]:
        """Every line."""
        return (self.broker, self.cluster, self.channel)

    def become(self, weather: Weather) -> None:
        """Let every line have the same weather."""
        for one in self.all:
            one.become(weather)

    def begin(self) -> None:
        """Post to every stack, and wait until the first work is under way."""
        with self.fleet.until_written(2):
            self.fleet.post_all()


@contextmanager
def wires(folder: Path) -> Iterator[Wires]:
    """Set a stage up whose agent talks to nobody but through proxies."""
    with ExitStack() as stack:
        broker, cluster, channel = (stack.enter_context(TcpProxy()) for _ in range(3))
        port = free_port()
        settings: dict[str, str | float] = {
            "broker_url": broker.url,
            "ws_url": channel.url.replace("http:", "ws:") + "/internal/ws/agent",
            "kubeconfig_path": str(folder / "kubeconfig-proxied"),
            "health_port": port,
            "stuck_seconds": STUCK_SECONDS,
            "health_address": "127.0.0.1",
        }
        fleet = stack.enter_context(fleet_of(folder, STACKS, settings, start=False, slow=True))
        stage = fleet.play.stage
        broker.target = channel.target = stage.broker_url
        cluster.target = stage.cluster_url
        text = stage.kubeconfig.read_text().replace(stage.cluster_url, cluster.url)
        (folder / "kubeconfig-proxied").write_text(text)
        fleet.play.start()
        wires = Wires(fleet=fleet, window=Window(port), broker=broker, cluster=cluster, channel=channel)
        wait_for(wires.window.is_ready, f"a ready agent; log:\n{fleet.play.log}")
        wait_for(lambda: "channel is up" in fleet.play.log, f"the channel; log:\n{fleet.play.log}")
        yield wires


def notices_in_time(net: Wires, weather: Weather, request_seconds: float, channel_seconds: float) -> None:
    """Let the weather come, and wait until the agent says of each line that it is down: as long as it may take."""
    lines = net.fleet.play.log.count("channel is down")
    net.become(weather)
    began = time.monotonic()

    def told(side: str) -> bool:
        status, text = net.window.ask("/health")
        return status == 503 and json.loads(text)[side]["connected"] is False

    for side in ("broker", "kubernetes"):
        left = began + request_seconds - time.monotonic()
        wait_for(lambda: told(side), f"{side} to be told as down", seconds=left)  # noqa: B023 - asked at once
    left = began + channel_seconds - time.monotonic()
    wait_for(lambda: net.fleet.play.log.count("channel is down") > lines, "the channel to be down", seconds=left)
