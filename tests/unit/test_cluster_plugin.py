"""The fixtures we offer to others, in a test run of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CONFTEST = 'pytest_plugins = ["brokkr_core.testing.pytest_plugin"]\n'

TESTS = """
from urllib.request import urlopen

import pytest
import yaml

from brokkr_core.model.http import Request
from brokkr_core.testing.cluster import Settings


@pytest.fixture
def cluster_settings():
    return Settings(namespaces=("default", "lab"))


def test_in_process(embedded_cluster):
    found = embedded_cluster.transport().send(Request(method="GET", path="/api/v1/namespaces/lab"), timeout_seconds=1)
    assert found.status == 200


def test_over_http(embedded_cluster, cluster_kubeconfig):
    server = yaml.safe_load(cluster_kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    assert server == embedded_cluster.url
    with urlopen(server + "/readyz") as answer:
        assert answer.read() == b"ok"
"""


def test_the_fixtures_serve_a_test_suite_that_names_the_plugin(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_theirs.py").write_text(TESTS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
