"""kubectl as an independent client: runs it with a home of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from brokkr_core.model.json import JsonObject

KUBECTL = shutil.which("kubectl")
needs_kubectl = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")


class Kubectl:
    """Runs kubectl with a home of its own."""

    def __init__(self, home: Path, kubeconfig: Path) -> None:
        self._home = home
        self._environment = {**os.environ, "HOME": str(home), "KUBECONFIG": str(kubeconfig)}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [KUBECTL or "kubectl", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def __call__(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    @contextmanager
    def started(self, *arguments: str) -> Iterator[Iterator[str]]:
        """The lines of a command that does not end by itself."""
        process = subprocess.Popen(
            [KUBECTL or "kubectl", *arguments],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            yield (line.rstrip("\n") for line in process.stdout)
        finally:
            watchdog.cancel()
            process.kill()
            process.communicate()

    def file(self, *bodies: JsonObject) -> str:
        path = self._home / "manifest.yaml"
        path.write_text(yaml.safe_dump_all(bodies))
        return str(path)
