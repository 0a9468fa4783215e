"""The network between the agent and its two servers breaks in the ways networks do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from attrs import frozen

from brokkr_core.broker.channel import ChannelLimits
from brokkr_core.kube.client import REQUEST_TIMEOUT_SECONDS
from proof_support import LONG, Fleet, check_end, check_events, fleet_of, sized
from stage_support import wait_for
from tcp_proxy import TcpProxy, Weather
from watch_support import Window, free_port

STACKS = sized(short=4, long=12)

#: A request waits so long for an answer, and what is asked every 0.2 s in this test has then noticed.
REQUEST_SECONDS = REQUEST_TIMEOUT_SECONDS + 5.0
CHANNEL_SECONDS = ChannelLimits().dead_after_seconds + 5.0
#: What trickles is an answer, however slow; a loop that waits for one so long says that it is stuck.
STUCK_SECONDS = 30.0
#: A reset is noticed by whoever uses the connection next.
RESET_SECONDS = 5.0


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


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_network_that_resets_and_is_slow_is_noticed_at_once_and_lived_with(tmp_path: Path) -> None:
    with wires(tmp_path) as net:
        net.begin()
        net.become(Weather.RESET)
        notices_in_time(net, RESET_SECONDS, RESET_SECONDS)
        assert not net.fleet.converged(), "it was not in the middle of the work"
        net.become(Weather.SLOW)
        net.fleet.converge()
        net.become(Weather.FAIR)
        check_end(net.fleet)
        check_events(net.fleet, failures=True)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not LONG, reason="each waits for timeouts of 30 seconds: nox -s soak")
@pytest.mark.parametrize("weather", [Weather.SILENT, Weather.NO_REQUESTS, Weather.NO_ANSWERS], ids=lambda one: one.name)
def test_a_network_that_says_nothing_is_noticed_in_time(tmp_path: Path, weather: Weather) -> None:
    with wires(tmp_path) as net:
        net.begin()
        net.become(weather)
        notices_in_time(net, REQUEST_SECONDS, CHANNEL_SECONDS)
        net.become(Weather.FAIR)
        net.fleet.converge()
        check_end(net.fleet)
        check_events(net.fleet, failures=True)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not LONG, reason="each waits for timeouts of 30 seconds: nox -s soak")
def test_a_network_that_trickles_is_told_as_being_stuck(tmp_path: Path) -> None:
    with wires(tmp_path) as net:
        net.begin()
        net.become(Weather.TRICKLE)
        limit = STUCK_SECONDS + 10.0
        wait_for(lambda: net.window.ask("/livez")[1].startswith("stuck: "), "a stuck loop", seconds=limit)
        net.become(Weather.FAIR)
        net.fleet.converge()
        assert net.window.ask("/livez")[0] == 200
        check_end(net.fleet)
        check_events(net.fleet, failures=True)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not LONG, reason="each waits for timeouts of 30 seconds: nox -s soak")
@pytest.mark.parametrize("line", ["broker", "cluster", "channel"])
def test_connections_whose_other_end_is_gone_without_a_word_are_given_up_in_time(tmp_path: Path, line: str) -> None:
    with wires(tmp_path) as net:
        net.begin()
        proxy: TcpProxy = getattr(net, line)
        before, began = proxy.connections, time.monotonic()
        proxy.half_open()
        limit = CHANNEL_SECONDS if line == "channel" else REQUEST_SECONDS
        wait_for(lambda: proxy.connections > before, "a new connection", seconds=limit)
        net.fleet.converge()
        assert time.monotonic() - began < 2 * limit, "the work hung longer than one request may"
        check_end(net.fleet)
        check_events(net.fleet, failures=True)


def notices_in_time(net: Wires, request_seconds: float, channel_seconds: float) -> None:
    """Wait until the agent says of each line that it is down, for as long as it may take and no longer."""
    log = net.fleet.play.log
    began = time.monotonic()

    def told(side: str) -> bool:
        status, text = net.window.ask("/health")
        return status == 503 and json.loads(text)[side]["connected"] is False

    for side in ("broker", "kubernetes"):
        left = began + request_seconds - time.monotonic()
        wait_for(lambda: told(side), f"{side} to be told as down", seconds=left)  # noqa: B023 - asked at once
    lines = log.count("channel is down")
    left = began + channel_seconds - time.monotonic()
    wait_for(lambda: net.fleet.play.log.count("channel is down") > lines, "the channel to be down", seconds=left)
