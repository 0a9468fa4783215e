"""What only shows after timeouts of half a minute each: networks that say nothing at all."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from proof_support import check_end, check_events
from stage_support import wait_for
from tcp_proxy import TcpProxy, Weather
from wires_support import CHANNEL_SECONDS, REQUEST_SECONDS, STUCK_SECONDS, notices_in_time, wires


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("weather", [Weather.SILENT, Weather.NO_REQUESTS, Weather.NO_ANSWERS], ids=lambda one: one.name)
def test_a_network_that_says_nothing_is_noticed_in_time(tmp_path: Path, weather: Weather) -> None:
    with wires(tmp_path) as net:
        net.begin()
        notices_in_time(net, weather, REQUEST_SECONDS, CHANNEL_SECONDS)
        net.become(Weather.FAIR)
        net.fleet.converge()
        check_end(net.fleet)
        check_events(net.fleet, failures=True)


@pytest.mark.slow
@pytest.mark.timeout(1800)
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
