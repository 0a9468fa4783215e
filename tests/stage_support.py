"""A stage with an agent on it, for tests that run the real process over real HTTP."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from brokkr_agent.demo.stage import Stage
from brokkr_core.model.broker import AgentEvent, DeploymentObject, Stack
from brokkr_core.model.json import JsonObject
from brokkr_core.model.ref import ObjectRef
from brokkr_core.testing.cluster import Rbac
from engine_play import writes

T = TypeVar("T")

#: Longer than anything here takes; a test that reaches it has failed.
PATIENCE_SECONDS = 180.0

#: A Deployment of two pods.
DEPLOYMENT = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: fine}]}
"""


def wait_for(ask: Callable[[], T | None], what: str, *, seconds: float = PATIENCE_SECONDS) -> T:
    """Ask until there is an answer; fail with what was waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = ask()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")


class Play:
    """A broker with one agent and one stack, a cluster, and the agent's process."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.lines: list[str] = []
        operator = stage.operator
        self.generator = operator.generators.create("tests").generator
        issued = operator.agents.create("edge", "cluster", generator_ids=[self.generator.id])
        self.agent_id = issued.agent.id
        self._pak = issued.pak.reveal()
        self.stack = self.add_stack("web")

    def add_stack(self, name: str) -> Stack:
        stack = self.stage.operator.stacks.create(name, generator_id=self.generator.id)
        self.stage.operator.agents.targets.add(self.agent_id, stack.id)
        return stack

    def activate(self) -> None:
        self.stage.operator.agents.activate(self.agent_id)

    def start(self) -> None:
        self.process = self.stage.start_agent(pak=self._pak, generator_id=self.generator.id, on_line=self.lines.append)

    def kill(self) -> None:
        """Kill the agent as the kernel does when memory runs out."""
        os.kill(self.process, signal.SIGKILL)
        self.stage.stop_agent()

    def limit_files(self, size: int) -> None:
        """Let the agent write no file beyond a size, as a full disk would."""
        resource.prlimit(self.process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def post(self, text: str, *, stack: Stack | None = None, marker: bool = False) -> DeploymentObject:
        chosen = (stack or self.stack).id
        return self.stage.operator.stacks.deployment_objects.create(chosen, text, is_deletion_marker=marker)

    def events(self, posted: DeploymentObject) -> list[AgentEvent]:
        everything = self.stage.operator.agents.events.list(self.agent_id)
        return [event for event in everything if event.deployment_object_id == posted.id]

    def event(self, posted: DeploymentObject) -> AgentEvent:
        return wait_for(lambda: self.events(posted), f"an event; log:\n{self.log}")[0]

    def changes(self) -> list[str]:
        """What was written since the requests were last cleared, the agent's Lease left out."""
        return [one for one in writes(self.stage.embedded) if "/leases" not in one]

    def live(self, kind: str, name: str, *, namespace: str = "default", api: str = "v1") -> JsonObject | None:
        group, _, version = api.rpartition("/")
        ref = ObjectRef(group=group, version=version, kind=kind, namespace=namespace, name=name)
        return self.stage.cluster.find(ref)

    @property
    def log(self) -> str:
        return self.stage.log.read_text() if self.stage.log.exists() else ""


@contextmanager
def playing(
    folder: Path,
    settings: Mapping[str, str | float] | None = None,
    *,
    logging: Mapping[str, str | float] | None = None,
    start: bool = True,
    rbac: Rbac | None = None,
) -> Iterator[Play]:
    """Set a stage up with a running agent."""
    quick = {"stability_seconds": 0, "polling_interval": 0.2, **(settings or {})}
    with Stage(folder, settings=quick, logging=logging, rbac=rbac) as stage:
        play = Play(stage)
        if start:
            play.activate()
            play.start()
        yield play


def config_map(name: str, *, namespace: str = "default", **data: str) -> str:
    """Write a ConfigMap as YAML."""
    values = "".join(f"  {key}: {value!r}\n" for key, value in data.items()) or "  a: b\n"
    return f"---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {namespace}\ndata:\n{values}"
