"""Ask a running agent about itself."""

from __future__ import annotations

import socket

import httpx
from prometheus_client.parser import text_string_to_metric_families

#: A metric's name and its labels, as Prometheus writes them.
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def free_port() -> int:
    """Find a port that nobody listens on, for an agent that is told its port before it starts."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


class Window:
    """The endpoints of one agent."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, path: str) -> tuple[int, str]:
        """Return status and text; 0 as long as nobody listens."""
        try:
            # Reads no trust store, since nothing is encrypted.
            answer = httpx.get(self.url + path, timeout=20.0, verify=False)
        except httpx.TransportError:
            return 0, ""
        return answer.status_code, answer.text

    def is_ready(self) -> bool:
        return self.ask("/readyz") == (200, "Ready")

    def series(self) -> Series:
        """Return every series there is."""
        status, text = self.ask("/metrics")
        assert status == 200
        samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
        series = {(one.name, frozenset(one.labels.items())): one.value for one in samples}
        assert len(series) == len(samples), "a series stands there twice"
        return series

    def value(self, name: str, **labels: str) -> float | None:
        """Return the value of one series of the agent's; None when there is none."""
        return self.series().get((f"brokkr_agent_{name}", frozenset(labels.items())))
