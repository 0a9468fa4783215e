"""Pytest fixtures around the embedded cluster. Name this module in ``pytest_plugins`` of a ``conftest.py``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from brokkr_core.testing.cluster import EmbeddedCluster, Settings


@pytest.fixture
def cluster_settings() -> Settings:
    """How ``embedded_cluster`` behaves; define a fixture of this name to have it otherwise."""
    return Settings()


@pytest.fixture
def embedded_cluster(cluster_settings: Settings) -> Iterator[EmbeddedCluster]:
    """An empty cluster of its own for every test."""
    with EmbeddedCluster(cluster_settings) as embedded:
        yield embedded


@pytest.fixture
def cluster_kubeconfig(embedded_cluster: EmbeddedCluster, tmp_path: Path) -> Path:
    """A kubeconfig file that leads to ``embedded_cluster`` over HTTP, for tools that run as processes."""
    embedded_cluster.serve()
    return embedded_cluster.write_kubeconfig(tmp_path / "kubeconfig")
