"""What a large deployment object costs the agent's process, as the kernel counts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from brokkr_agent.demo.stage import Stage
from brokkr_core.model.broker import Stack
from brokkr_core.model.http import Request
from brokkr_core.model.json import dig
from brokkr_core.testing.broker import EmbeddedBroker, Settings
from proof_support import sized
from stage_support import Play, config_map, wait_for

MEBIBYTE = 1024 * 1024

#: Objects of a revision. Each has a megabyte, which is near what a cluster keeps (1.5 MiB).
OBJECTS = sized(short=16, long=50)
LINE = "    {mark:x>75}\n"
OBJECT_BYTES = 1_000_000

#: How many times the size of the text the process may need above what it needs anyway: once the objects that are
#: wanted, once those that are there, and twice for a poll that reads the same text meanwhile (as text and as values).
TEXTS = 4
#: And for what is on its way to the cluster, its journal included: as many objects as ``agent.workers`` has threads,
#: each as it is sent or comes back, and as it is recorded.
ON_ITS_WAY = 2 * min(32, OBJECTS) * OBJECT_BYTES
#: And what the threads and the connections of any run take, however small it is.
RUN_BYTES = 16 * MEBIBYTE


def text_of(revision: int) -> str:
    """Write a revision in which every object is another one than before."""
    body = LINE.format(mark=revision) * (OBJECT_BYTES // 80)
    head = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  namespace: default\n  name: big-"
    return "".join(f"{head}{number}\ndata:\n  value: |\n{body}" for number in range(OBJECTS))


@pytest.mark.slow
@pytest.mark.timeout(sized(short=120, long=900))
def test_a_large_revision_costs_a_few_times_its_size_and_is_given_back(tmp_path: Path) -> None:
    stage = Stage(tmp_path, settings={"stability_seconds": 0, "polling_interval": 3})
    stage.broker = EmbeddedBroker(settings=Settings(object_limit_bytes=64 * MEBIBYTE))
    with stage:
        play = Play(stage)
        play.activate()
        play.start()
        assert play.event(play.post(config_map("small"))).status == "SUCCESS"
        idle = kept(play, "VmRSS")
        size = len(text_of(1))

        for revision in (1, 2):
            post(play, play.stack, text_of(revision))
            events = revision + 1
            wait_for(lambda: len(tuple(stage.broker.state.events.all())) == events, f"an event; log:\n{play.log}")  # noqa: B023
        assert {row.status for row in stage.broker.state.events.all()} == {"SUCCESS"}
        assert str(dig(play.live("ConfigMap", "big-0"), "data", "value")).strip().endswith("x2")

        peak = kept(play, "VmHWM")
        assert peak - idle < TEXTS * size + ON_ITS_WAY + RUN_BYTES, (
            f"{peak / MEBIBYTE:.0f} MiB, idle {idle / MEBIBYTE:.0f} MiB"
        )
        wait_for(lambda: kept(play, "VmRSS") < idle + RUN_BYTES, "the memory to be given back")
        play.kill()


def kept(play: Play, what: str) -> int:
    """Return bytes of the agent's process: ``VmRSS`` is what it has now, ``VmHWM`` the most it ever had."""
    status = Path(f"/proc/{play.process}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith(f"{what}:"))
    return int(line.split()[1]) * 1024


def post(play: Play, stack: Stack, text: str) -> None:
    """Post more than a client of the broker's sends."""
    broker = play.stage.broker
    headers = {"authorization": f"Bearer {broker.admin_pak}", "content-type": "application/yaml"}
    path = f"/api/v1/stacks/{stack.id}/deployment-objects"
    answer = broker.handle(Request(method="POST", path=path, headers=headers, body=text.encode()))
    assert answer.status == 201, answer.body[:300]
