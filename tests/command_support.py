"""The command line as a process, alone or with a cluster behind it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from brokkr_core.kube import KubeClient
from brokkr_core.testing.cluster import EmbeddedCluster


def clean(**more: str) -> dict[str, str]:
    """The environment of a shell in which nobody has set anything of ours."""
    return {**{key: value for key, value in os.environ.items() if not key.upper().startswith("BROKKR")}, **more}


def command(*arguments: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a clean environment."""
    return subprocess.run(
        [sys.executable, "-m", "brokkr_agent", *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=clean(**environment),
    )


class Shell:
    """A command line with a cluster behind it."""

    def __init__(self, cluster: EmbeddedCluster, folder: Path) -> None:
        self.cluster = cluster
        self.client = KubeClient(cluster.transport())
        self.folder = folder
        self.kubeconfig = cluster.write_kubeconfig(folder / "kubeconfig")

    def run(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "brokkr_agent", *arguments],
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=self.folder,
            env={**os.environ, "KUBECONFIG": str(self.kubeconfig)},
        )
