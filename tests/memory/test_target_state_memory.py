"""What reading a large target state costs, and where its own limit is."""

from __future__ import annotations

import json
import tracemalloc
from io import BytesIO

import pytest

from broker_support import AGENT, OBJECT_JSON, PAK
from brokkr_agent.config import AgentSettings
from brokkr_agent.door import transport_of
from brokkr_core.broker import BrokerClient, LiteralPak, Pak
from brokkr_core.errors import NotABrokerError
from brokkr_core.model.http import Request, Response
from brokkr_core.testing.broker import EmbeddedBroker

MEBIBYTE = 1024 * 1024
#: As large as a broker takes one (contract section 1), with what JSON has to escape.
TEXT = ("# " + "x" * 77 + "\n") * (2 * MEBIBYTE // 80)
STACKS = 8


class Large:
    """A transport with a large answer, which it makes anew as a real one does."""

    def __init__(self) -> None:
        objects = [{**OBJECT_JSON, "yaml_content": TEXT} for _ in range(STACKS)]
        self.body = json.dumps(objects).encode()

    def send(self, _request: Request, *, timeout_seconds: float) -> Response:
        body = BytesIO()
        for start in range(0, len(self.body), 65536):
            body.write(self.body[start : start + 65536])
        return Response(status=200, headers={"content-type": "application/json"}, body=body.getvalue())

    def close(self) -> None:
        return


def test_reading_a_target_state_takes_twice_its_size_and_what_is_kept_once() -> None:
    line = Large()
    with BrokerClient(line, LiteralPak(value=Pak(text=PAK))) as client:
        client.agents.target_state(AGENT)  # what the first call of all loads does not count
        tracemalloc.start()
        try:
            target = client.agents.target_state(AGENT)
            kept, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert len(target) == STACKS
    size = len(line.body)
    assert peak < 2 * size + 4 * MEBIBYTE, f"{peak / size:.2f} times"
    assert kept < size + MEBIBYTE, f"{kept / size:.2f} times"


def test_the_target_state_has_a_limit_of_its_own_which_the_settings_of_the_agent_say() -> None:
    with EmbeddedBroker() as broker, BrokerClient.connect(broker.url, pak=broker.admin_pak) as operator:
        generator = operator.generators.create("ci").generator
        agent = operator.agents.create("edge", "cluster", generator_ids=[generator.id]).agent
        stack = operator.stacks.create("web", generator_id=generator.id)
        operator.agents.targets.add(agent.id, stack.id)
        posted = operator.stacks.deployment_objects.create(stack.id, "a: b\n" + TEXT[: MEBIBYTE + 80])

        def target(mebibytes: int) -> list[str]:
            settings = AgentSettings(broker_url=broker.url, target_state_mebibytes=mebibytes)
            with BrokerClient(transport_of(settings), LiteralPak(value=Pak(text=broker.admin_pak))) as client:
                return [one.id for one in client.agents.target_state(agent.id)]

        assert target(2) == [posted.id]
        with pytest.raises(NotABrokerError, match=r"larger than 1048576 bytes; .* agent\.target_state_mebibytes"):
            target(1)
