"""A cluster in this process and a client of it, for whatever needs no other kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from brokkr_core.kube import KubeClient
from brokkr_core.testing.cluster import EmbeddedCluster


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster() as embedded:
        yield embedded


@pytest.fixture
def client(cluster: EmbeddedCluster) -> KubeClient:
    return KubeClient(cluster.transport())
