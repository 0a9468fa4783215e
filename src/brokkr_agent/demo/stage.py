"""The stage: broker and cluster as real HTTP servers on loopback, the agent as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from brokkr_core.broker import BrokerClient
from brokkr_core.kube import KubeClient, connect
from brokkr_core.testing.broker import EmbeddedBroker
from brokkr_core.testing.cluster import EmbeddedCluster, Rbac
from brokkr_core.testing.cluster import Settings as ClusterSettings

#: Short times in seconds, so that the demonstration is over in a minute; an agent in production takes its defaults.
QUICK: Mapping[str, str | float] = {
    "polling_interval": 0.5,
    "ready_timeout_seconds": 30,
    "ready_poll_seconds": 0.2,
    "stability_seconds": 1,
    "health_port": 0,  # off, as the next: several stages may stand side by side
    "control_port": 0,
    "progress_events": "false",  # the story counts what is written
}


class Stage:
    """Broker, cluster and agent, from their start to their end.

    Args:
        folder: where kubeconfig, PAK and settings are written; secrets in it are readable by the owner alone.
        settings: of the agent, on top of the quick ones.
        logging: settings of its log.
        rbac: who may do what in the cluster; the agent is its first user. None lets everybody do everything.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, str | float] | None = None,
        logging: Mapping[str, str | float] | None = None,
        rbac: Rbac | None = None,
    ) -> None:
        self._folder = folder
        self._settings = {**QUICK, **(settings or {})}
        self._logging = logging or {}
        self.broker = EmbeddedBroker()
        self.embedded = EmbeddedCluster(
            settings=ClusterSettings(controllers=True, deployment_ready_seconds=1.0), rbac=rbac
        )
        self._agent: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []
        self.kubeconfig = folder / "kubeconfig"
        self.log = folder / "agent.log"

    def __enter__(self) -> Self:
        self.broker.start()
        self.embedded.serve()
        self.embedded.write_kubeconfig(self.kubeconfig)
        self.operator = BrokerClient.connect(self.broker.url, pak=self.broker.admin_pak)
        self.cluster: KubeClient = connect(str(self.kubeconfig))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_agent()
        self.operator.close()
        self.cluster.close()
        self.embedded.close()
        self.broker.stop()

    @property
    def broker_url(self) -> str:
        """Root URL of the broker."""
        return self.broker.url

    @property
    def cluster_url(self) -> str:
        """URL of the API server."""
        return self.embedded.url

    def start_agent(self, *, pak: str, generator_id: str, on_line: Callable[[str], None]) -> int:
        """Start ``brokkr-agent run`` as a process.

        Args:
            pak: the agent's PAK; it goes into a file, never onto the command line.
            generator_id: the generator to register with.
            on_line: takes every line the agent writes to standard output.

        Returns:
            The process id.
        """
        pak_file, config = self._folder / "pak", self._folder / "agent.toml"
        pak_file.touch(mode=0o600)
        pak_file.write_text(pak)
        settings = {
            "broker_url": self.broker_url,
            "pak_file": str(pak_file),
            "generator_ids": generator_id,
            "kubeconfig_path": str(self.kubeconfig),
            **self._settings,
        }
        sections = (("agent", settings), ("log", self._logging))
        config.write_text("".join(f"[{name}]\n{_toml(section)}" for name, section in sections if section))
        command = [sys.executable, "-m", "brokkr_agent", "run", "--config", str(config), "--progress"]
        environment = {key: value for key, value in os.environ.items() if not key.upper().startswith("BROKKR")}
        with self.log.open("a") as log:
            self._agent = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env={**environment, "PYTHONUNBUFFERED": "1"}
            )
        reader = threading.Thread(target=_pass_on, args=(self._agent, on_line), daemon=True)
        reader.start()
        self._readers.append(reader)
        return self._agent.pid

    @property
    def agent_alive(self) -> bool:
        """Whether the agent process is running."""
        return self._agent is not None and self._agent.poll() is None

    def stop_agent(self) -> int | None:
        """Send SIGTERM and wait; return the exit code, or None when there is no agent."""
        if self._agent is None:
            return None
        if self._agent.poll() is None:
            self._agent.send_signal(signal.SIGTERM)
        try:
            code = self._agent.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._agent.kill()
            code = self._agent.wait()
        for reader in self._readers:
            reader.join(timeout=5)
        if self._agent.stdout is not None:
            self._agent.stdout.close()
        self._agent = None
        return code


def _toml(section: Mapping[str, str | float]) -> str:
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in section.items())


def _pass_on(process: subprocess.Popen[str], on_line: Callable[[str], None]) -> None:
    assert process.stdout is not None, "the process was started with a pipe"
    for line in process.stdout:
        on_line(line.rstrip("\n"))
