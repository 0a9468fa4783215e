"""Metrics as text, in the format that every Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector


class _WithoutCreated(Collector):
    """A registry without the time at which each series was made: it would double their number."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        for family in self._registry.collect():
            family.samples = [one for one in family.samples if not one.name.endswith("_created")]
            yield family


def written(registry: CollectorRegistry) -> bytes:
    """Write everything that is in a registry down."""
    return generate_latest(_WithoutCreated(registry))
