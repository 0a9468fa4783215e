"""The network between the agent and its two servers breaks, and everything converges all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from proof_support import check_end, check_events
from tcp_proxy import Weather
from wires_support import RESET_SECONDS, notices_in_time, wires


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_network_that_resets_and_is_slow_is_noticed_at_once_and_lived_with(tmp_path: Path) -> None:
    with wires(tmp_path) as net:
        net.begin()
        notices_in_time(net, Weather.RESET, RESET_SECONDS, RESET_SECONDS)
        assert not net.fleet.converged(), "it was not in the middle of the work"
        net.become(Weather.SLOW)
        net.fleet.converge()
        net.become(Weather.FAIR)
        check_end(net.fleet)
        check_events(net.fleet, failures=True)
