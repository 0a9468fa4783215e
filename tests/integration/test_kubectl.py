"""kubectl as a second client of the embedded cluster, after our engine has been there."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from brokkr_core.kube import KubeClient
from brokkr_core.testing.cluster import EmbeddedCluster
from engine_play import actions, applied

KUBECTL = shutil.which("kubectl")

pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")

EXAMPLES = Path(str(files("brokkr_agent").joinpath("examples")))


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with EmbeddedCluster() as cluster:
        cluster.serve()
        client = KubeClient(cluster.transport())
        report = applied(client, (EXAMPLES / "widgets.yaml").read_text(), namespace_of_the_shop())
        assert set(actions(report).values()) == {"created"}
        yield cluster.write_kubeconfig(tmp_path_factory.mktemp("kubectl") / "kubeconfig")


def namespace_of_the_shop() -> str:
    return "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"


def kubectl(kubeconfig: Path, *arguments: str) -> str:
    assert KUBECTL is not None
    done = subprocess.run(
        [KUBECTL, "--kubeconfig", str(kubeconfig), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_kubectl_dry_runs_the_shipped_examples(kubeconfig: Path) -> None:
    manager = "--field-manager=brokkr-controller"
    told = kubectl(kubeconfig, "apply", "--server-side", manager, "--dry-run=server", "-f", str(EXAMPLES))

    assert told.count("serverside-applied (server dry run)") == 11


def test_kubectl_sees_what_our_engine_wrote(kubeconfig: Path) -> None:
    assert kubectl(kubeconfig, "get", "widgets", "-n", "workshop", "-o", "name").split() == [
        "widget.example.com/left",
        "widget.example.com/right",
    ]
    assert "size: 3" in kubectl(kubeconfig, "get", "widget", "left", "-n", "workshop", "-o", "yaml")


def test_kubectl_finds_no_difference_to_what_our_engine_applied(kubeconfig: Path) -> None:
    manager = "--field-manager=brokkr-controller"
    told = kubectl(kubeconfig, "diff", "--server-side", manager, "-f", str(EXAMPLES / "widgets.yaml"))

    assert told == ""
