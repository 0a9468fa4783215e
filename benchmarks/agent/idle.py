"""What an agent costs that has nothing to do: memory, CPU, requests, threads and open sockets.

The real process, with the settings it has by default, against the fake broker and the fake cluster over HTTP. Each
stack has three ConfigMaps and has converged; then the agent is left alone for a minute before anything is counted. The
fakes answer without delay, and what they take themselves is not counted.

    python benchmarks/agent/idle.py                              # 0 and 50 stacks, two minutes each
    python benchmarks/agent/idle.py --stacks 200 --seconds 600 --settle 120
"""

from __future__ import annotations

import argparse
import os
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from brokkr_agent.config import AgentSettings
from brokkr_agent.demo.stage import QUICK, Stage
from brokkr_core.model.broker import Stack

MEBIBYTE = 1024 * 1024
#: Longer than this nothing takes to converge here, in seconds.
PATIENCE_SECONDS = 600.0


@frozen(kw_only=True)
class Cost:
    """What one idle agent cost; rates are by the minute."""

    stacks: int
    memory_bytes: int
    cpu_seconds: float
    broker: Counter[str]
    cluster: Counter[str]
    minutes: float
    threads: int
    sockets: int

    def lines(self) -> list[str]:
        """Return a row of the table, and what its requests were."""
        asked = [sum(one.values()) / self.minutes for one in (self.broker, self.cluster)]
        cells = (
            str(self.stacks),
            f"{self.memory_bytes / MEBIBYTE:.0f} MiB",
            f"{self.cpu_seconds / self.minutes:.2f} s",
            *(f"{count:.0f}" for count in asked),
            str(self.threads),
            str(self.sockets),
        )
        kinds = [
            f"    {count / self.minutes:6.1f}  {name}"
            for kind in (self.broker, self.cluster)
            for name, count in kind.most_common()
        ]
        return ["| " + " | ".join(cells) + " |", *kinds]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stacks", type=int, action="append", help="how many stacks; may be given several times")
    parser.add_argument("--seconds", type=float, default=120.0, help="for how long to count")
    parser.add_argument("--settle", type=float, default=60.0, help="for how long to leave it alone before")
    given = parser.parse_args(arguments)
    print("| Stacks | Memory | CPU a minute | To the broker a minute | To the cluster a minute | Threads | Sockets |")
    for stacks in given.stacks or [0, 50]:
        print("\n".join(measure(stacks, settle=given.settle, seconds=given.seconds).lines()), flush=True)


def measure(stacks: int, *, settle: float, seconds: float) -> Cost:
    """Let stacks converge, wait, and count."""
    plain = AgentSettings()
    settings = {name: getattr(plain, name) for name in QUICK} | {"health_port": free_port()}
    with tempfile.TemporaryDirectory() as folder, Stage(Path(folder), settings=settings) as stage:
        process = start(stage, stacks)
        time.sleep(settle)
        stage.broker.forget_requests()
        stage.embedded.requests.clear()
        begun, cpu = time.monotonic(), cpu_of(process)
        time.sleep(seconds)
        return Cost(
            stacks=stacks,
            memory_bytes=int(fact(process, "VmRSS").split()[0]) * 1024,
            cpu_seconds=cpu_of(process) - cpu,
            broker=Counter(f"broker {one.method} {shape(one.path)}" for one in stage.broker.requests),
            cluster=Counter(f"cluster {one.method} {shape(one.path)}" for one in stage.embedded.requests),
            minutes=(time.monotonic() - begun) / 60,
            threads=int(fact(process, "Threads")),
            sockets=sockets_of(process),
        )


def start(stage: Stage, stacks: int) -> int:
    """Start the agent, give it its stacks, and wait until the broker knows of all of them; return its process id."""
    operator = stage.operator
    generator = operator.generators.create("bench").generator
    issued = operator.agents.create("edge", "cluster", generator_ids=[generator.id])
    operator.agents.activate(issued.agent.id)
    process = stage.start_agent(pak=issued.pak.reveal(), generator_id=generator.id, on_line=lambda _line: None)
    for number in range(stacks):
        stack: Stack = operator.stacks.create(f"s{number}", generator_id=generator.id)
        operator.agents.targets.add(issued.agent.id, stack.id)
        operator.stacks.deployment_objects.create(stack.id, text_of(number))
    give_up = time.monotonic() + PATIENCE_SECONDS
    while len(tuple(stage.broker.state.events.all())) < stacks:
        if time.monotonic() > give_up:
            raise TimeoutError(f"{stacks} stacks have not converged; log: {stage.log.read_text()[-2000:]}")
        time.sleep(0.5)
    return process


def text_of(number: int) -> str:
    """Write a stack's revision."""
    head = "---\napiVersion: v1\nkind: ConfigMap\ndata: {a: b}\nmetadata:\n  namespace: default\n"
    return "".join(f"{head}  name: s{number}-{part}\n" for part in range(3))


def shape(path: str) -> str:
    """Return a path with its ids and names of stacks left out."""
    return "/".join("*" if len(part) > 30 else part for part in path.split("/"))


def cpu_of(process: int) -> float:
    """Return the seconds of CPU a process has used, in user and in kernel mode."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fact(process: int, name: str) -> str:
    """Return a line of what the kernel knows of a process."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith(f"{name}:"))


def sockets_of(process: int) -> int:
    """Return how many sockets a process has open."""
    return sum(os.readlink(one).startswith("socket:") for one in Path(f"/proc/{process}/fd").iterdir())


def free_port() -> int:
    """Find a port for the health endpoints."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


if __name__ == "__main__":
    main()
