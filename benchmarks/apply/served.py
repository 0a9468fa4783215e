"""A cluster that lives in a process of its own and answers late: started, asked how often it was asked, ended."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

#: What the process does: writes the kubeconfig, then answers every line with the requests since the last one.
_SERVER = """
import json, sys
from pathlib import Path
from brokkr_core.testing.cluster import Delay, EmbeddedCluster, FaultPlan, FaultRule

seconds, kubeconfig = float(sys.argv[1]) / 1000.0, Path(sys.argv[2])
rules = [FaultRule(effect=Delay(seconds=seconds))] if seconds else []
with EmbeddedCluster(faults=FaultPlan(rules=rules)) as cluster:
    cluster.serve()
    cluster.write_kubeconfig(kubeconfig)
    print(json.dumps({"url": cluster.url}), flush=True)
    for _ in sys.stdin:
        log = list(cluster.requests)
        cluster.requests.clear()
        print(json.dumps({"calls": len(log), "writes": sum(one.writes for one in log)}), flush=True)
"""


class Served:
    """One cluster. A context manager.

    Args:
        kubeconfig: where its kubeconfig is written.
        latency: by how many milliseconds every answer is late.
    """

    def __init__(self, kubeconfig: Path, latency: float) -> None:
        self.kubeconfig = kubeconfig
        command = [sys.executable, "-c", _SERVER, str(latency), str(kubeconfig)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()

    def calls(self) -> int:
        """Return how many requests were answered since this was last asked."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._answer()["calls"])

    def _answer(self) -> dict[str, str]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the cluster ended")
        answer: dict[str, str] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
