"""An outbox whose process is killed again and again, by SIGKILL, at any point: all is told, once and in order."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from broker_support import AGENT, PAK, STAMPS
from brokkr_core.broker.outbox import SqliteOutbox
from brokkr_core.model.json import JsonObject, as_text
from brokkr_core.testing.serving import ThreadedServer

TOTAL = 40
STACKS = [f"5a5a5a5a-0002-4000-8000-00000000000{number}" for number in range(3)]

#: Adds a result, says so, delivers, says so; a restarted one begins anew, as an agent would that knows nothing.
CHILD = """
import sys
from pathlib import Path
from brokkr_core.broker import BrokerClient, RetryPolicy
from brokkr_core.broker.outbox import Outbox, Result, SqliteOutbox
from brokkr_core.model.broker import NewAgentEvent

url, path, pak, agent, total, *stacks = sys.argv[1:]
client = BrokerClient.connect(url, pak=pak, retry=RetryPolicy(attempts=1))
outbox = Outbox(SqliteOutbox(Path(path)), client.agents.events)
print("open", flush=True)
for number in range(int(total)):
    stack = stacks[number % len(stacks)]
    event = NewAgentEvent(agent_id=agent, deployment_object_id=stack, status="SUCCESS", message=None)
    outbox.add(Result(attempt_id=f"attempt-{number}", stack_id=stack, event=event))
    print("added", number, flush=True)
    if number % 4 == 3:
        for entry in outbox.flush().delivered:
            print("delivered", entry.result.attempt_id, flush=True)
outbox.flush()
print("left", outbox.count, flush=True)
"""


class EventBroker:
    """Stores events and lists them; ``post`` hears when one came, before it is stored and after."""

    def __init__(self) -> None:
        self.events: list[JsonObject] = []
        self.post: Callable[[str], None] = lambda _when: None
        self.server = ThreadedServer(self._application)

    def _application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/api/v1/agents/{agent}/events", self._post)
        app.router.add_get("/api/v1/agents/{agent}/events", self._list)
        return app

    async def _post(self, request: web.Request) -> web.Response:
        body = await request.json()
        try:
            self.post("before")
        except ConnectionAbortedError:
            return web.Response(status=500)
        event = {**STAMPS, **body, "id": f"e0e0e0e0-0000-4000-8000-{len(self.events):012d}"}
        self.events.append(event)
        self.post("after")
        return web.json_response(event, status=201)

    async def _list(self, _request: web.Request) -> web.Response:
        return web.json_response(self.events[::-1])


class Reaper:
    """Kills a process at the point that the dice chose: at a line it prints, at a post, or at a time."""

    def __init__(self, process: subprocess.Popen[str], dice: random.Random) -> None:
        self._process = process
        self._point = dice.choice(["line", "before", "after", "time"])
        self._countdown = dice.randint(1, 8)
        self._timer = threading.Timer(dice.uniform(0.0, 0.05), process.kill)

    def line(self, number: int) -> None:
        if self._point == "time" and number == 0:
            self._timer.start()
        if self._point == "line" and number == 3 * self._countdown:
            self._process.kill()

    def post(self, when: str) -> None:
        """Hear of a post; one that comes ``before`` is not stored when its sender is killed."""
        if when != self._point:
            return
        self._countdown -= 1
        if self._countdown == 0:
            self._process.kill()
            if when == "before":
                raise ConnectionAbortedError

    def rest(self) -> None:
        self._timer.cancel()


def one_life(broker: EventBroker, path: Path, dice: random.Random) -> int:
    """Run the child until it ends or is killed; return its exit code."""
    arguments = [broker.server.url, str(path), PAK, AGENT, str(TOTAL), *STACKS]
    with subprocess.Popen([sys.executable, "-c", CHILD, *arguments], stdout=subprocess.PIPE, text=True) as child:
        reaper = Reaper(child, dice)
        broker.post = reaper.post
        assert child.stdout is not None
        for number, line in enumerate(child.stdout):
            reaper.line(number)
            assert not line.startswith("left") or line.split() == ["left", "0"]
        reaper.rest()
        return child.wait(60.0)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_outbox_loses_nothing_tells_nothing_twice_and_keeps_the_order(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    broker, kills = EventBroker(), 0
    with broker.server:
        while (code := one_life(broker, tmp_path / "outbox", dice)) != 0:
            assert code == -signal.SIGKILL
            kills += 1
            assert kills < 100, "no life ever came to its end"
        while kills < 8:
            # The dice were kind; a finished outbox may be killed as well, and still has nothing to say.
            kills += one_life(broker, tmp_path / "outbox", dice) == -signal.SIGKILL

    told = [as_text(event["deployment_object_id"]) for event in broker.events]
    assert {stack: told.count(stack) for stack in STACKS} == {
        stack: len(range(number, TOTAL, len(STACKS))) for number, stack in enumerate(STACKS)
    }
    with SqliteOutbox(tmp_path / "outbox") as store:
        assert (store.open_count(), store.aside()) == (0, ())
