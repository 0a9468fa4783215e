"""The whole life of an agent against a broker over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from brokkr_core.broker import BrokerClient, FilePak, IssuedAgent, Pak, RetryPolicy, verify_checksum
from brokkr_core.errors import BrokerAuthError, BrokerError, BrokerUnreachableError, NotABrokerError, UsageError
from brokkr_core.model.broker import (
    Generator,
    HealthSummary,
    HeartbeatReport,
    NewAgentEvent,
    ObjectHealth,
    ResourceHealth,
    Stack,
)
from brokkr_core.testing.broker import EmbeddedBroker

ONE_TRY: Final = RetryPolicy(attempts=1)
YAML: Final = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: demo\n  namespace: dömo\n"


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture
def admin(broker: EmbeddedBroker) -> Iterator[BrokerClient]:
    with connect(broker, Pak(text=broker.admin_pak)) as client:
        yield client


def connect(broker: EmbeddedBroker, pak: Pak) -> BrokerClient:
    return BrokerClient.connect(broker.url + "/", pak=pak.reveal(), retry=ONE_TRY)


def enrol(admin: BrokerClient) -> tuple[Generator, Stack, IssuedAgent]:
    """Make a generator with a stack, and an agent that is to have it by explicit target."""
    generator = admin.generators.create("ci").generator
    stack = admin.stacks.create("web", generator_id=generator.id)
    issued = admin.agents.create("edge-1", "prod-eu", generator_ids=[generator.id])
    admin.agents.targets.add(issued.agent.id, stack.id)
    return generator, stack, issued


def test_the_whole_life_of_an_agent(broker: EmbeddedBroker, admin: BrokerClient) -> None:
    admin.wait_ready(deadline_seconds=5.0)
    assert admin.auth.whoami().admin
    generator, stack, issued = enrol(admin)
    revision = admin.stacks.deployment_objects.create(stack.id, YAML)

    with connect(broker, issued.pak) as agent:
        me = agent.auth.whoami().agent
        assert me == issued.agent.id
        assert me is not None
        assert agent.agents.get(me) == agent.agents.search("edge-1", "prod-eu")
        assert not agent.agents.get(me).active
        assert agent.agents.activate(me).active
        agent.agents.heartbeat(me, HeartbeatReport(k8s_reachable=True, k8s_api_latency_ms=7))
        assert agent.agents.get(me).k8s_api_latency_ms == 7
        assert agent.generators.register(generator.id) is None
        assert generator.id in {entry.generator_id for entry in agent.agents.registrations(me)}
        assert [entry.id for entry in agent.agents.stacks(me)] == [stack.id]

        (wanted,) = agent.agents.target_state(me)
        assert wanted == revision == agent.deployment_objects.get(revision.id)
        verify_checksum(wanted)

        event = agent.agents.events.post(
            NewAgentEvent(agent_id=me, deployment_object_id=wanted.id, status="FAILURE", message="müde")
        )
        assert agent.agents.events.list(me) == (event,)
        assert agent.agents.target_state(me, mode="incremental") == ()
        assert agent.agents.target_state(me) == (wanted,)

        resource = ResourceHealth(kind="Pod", name="demo", namespace="default", ready=False)
        summary = HealthSummary(pods_ready=0, pods_total=1, resources=(resource,))
        agent.agents.health.report(
            me, [ObjectHealth(id=wanted.id, status="degraded", summary=summary, checked_at=datetime.now(UTC))]
        )

        marker = admin.stacks.deployment_objects.create(stack.id, "", is_deletion_marker=True)
        assert agent.agents.target_state(me) == (marker,)
        verify_checksum(marker)

        admin.stacks.delete(stack.id)
        assert agent.agents.target_state(me) == ()
        admin.agents.delete(me)
        with pytest.raises(BrokerAuthError) as gone:
            agent.agents.heartbeat(me)
        assert gone.value.status == 401


def test_labels_and_annotations_come_and_go(admin: BrokerClient) -> None:
    _, stack, issued = enrol(admin)
    agent = issued.agent.id
    admin.agents.labels.add(agent, "edge/eu")
    assert [entry.label for entry in admin.agents.labels.list(agent)] == ["edge/eu"]
    admin.stacks.labels.add(stack.id, "edge/eu")
    assert [entry.label for entry in admin.stacks.labels.list(stack.id)] == ["edge/eu"]
    for _ in range(2):
        admin.agents.labels.remove(agent, "edge/eu")
        admin.stacks.labels.remove(stack.id, "edge/eu")
    assert admin.agents.labels.list(agent) == ()
    assert admin.stacks.labels.list(stack.id) == ()


def test_targets_come_and_go(admin: BrokerClient) -> None:
    _, stack, issued = enrol(admin)
    agent = issued.agent.id
    assert [entry.stack_id for entry in admin.agents.targets.list(agent)] == [stack.id]
    for _ in range(2):
        admin.agents.targets.remove(agent, stack.id)
    assert admin.agents.targets.list(agent) == ()


def test_leaving_a_generator_takes_the_targets_along(broker: EmbeddedBroker, admin: BrokerClient) -> None:
    generator, _, issued = enrol(admin)
    with connect(broker, issued.pak) as agent:
        agent.generators.deregister(generator.id)
        agent.generators.deregister(generator.id)
        assert agent.agents.target_state(issued.agent.id) == ()
        registered = agent.generators.register(generator.id)
        assert registered is not None
        assert registered.generator_id == generator.id


def test_lists_hold_what_was_made(admin: BrokerClient) -> None:
    generator, stack, issued = enrol(admin)
    assert generator in admin.generators.list()
    assert admin.generators.get(generator.id) == generator
    assert admin.stacks.list(generator_id=generator.id) == (stack,)
    assert admin.stacks.get(stack.id) == stack
    assert admin.agents.list() == (issued.agent,)
    assert admin.stacks.deployment_objects.list(stack.id) == ()


def test_a_rotated_pak_in_the_file_is_picked_up_by_the_running_client(
    broker: EmbeddedBroker, admin: BrokerClient, tmp_path: Path
) -> None:
    _, _, issued = enrol(admin)
    path = tmp_path / "pak"
    path.write_text(f"{issued.pak.reveal()}\n")
    with BrokerClient.connect(broker.url, pak=FilePak(path), retry=ONE_TRY) as agent:
        agent.agents.heartbeat(issued.agent.id)
        newer = agent.agents.rotate(issued.agent.id).pak
        with pytest.raises(BrokerAuthError):
            agent.agents.heartbeat(issued.agent.id)
        (tmp_path / "next").write_text(newer.reveal())
        (tmp_path / "next").rename(path)
        agent.agents.heartbeat(issued.agent.id)
    assert [entry.status for entry in broker.requests[-6:]] == [204, 200, 401, 401, 200, 204]


def test_the_brokers_no_arrives_with_code_and_status(broker: EmbeddedBroker, admin: BrokerClient) -> None:
    generator, stack, issued = enrol(admin)
    with pytest.raises(BrokerError) as taken:
        admin.stacks.create("web", generator_id=generator.id)
    assert (taken.value.status, taken.value.code) == (409, "unique_violation")
    with pytest.raises(BrokerError) as missing:
        admin.stacks.get("00000000-0000-4000-8000-000000000000")
    assert (missing.value.status, missing.value.code) == (404, "stack_not_found")
    with pytest.raises(BrokerError) as text:
        admin.stacks.get("no-uuid")
    assert (text.value.status, text.value.code) == (400, "")
    with pytest.raises(BrokerError) as invalid:
        admin.stacks.deployment_objects.create(stack.id, "")
    assert (invalid.value.status, invalid.value.code) == (400, "invalid_deployment_object")
    with connect(broker, issued.pak) as agent, pytest.raises(BrokerAuthError) as forbidden:
        agent.agents.list()
    assert (forbidden.value.status, forbidden.value.code) == (403, "generator_required")


def test_an_unknown_pak_is_refused_with_a_hint(broker: EmbeddedBroker) -> None:
    unknown = Pak(text="brokkr_BRabcdef_7vJ6o8Yw5m1m8gq3Q9yXWcZs2d4Hn6Kp1")
    with connect(broker, unknown) as client, pytest.raises(BrokerAuthError, match="the PAK is unknown") as caught:
        client.auth.whoami()
    assert caught.value.status == 401


def test_the_console_is_not_taken_for_the_api(broker: EmbeddedBroker) -> None:
    with (
        BrokerClient.connect(f"{broker.url}/console", pak=broker.admin_pak, retry=ONE_TRY) as client,
        pytest.raises(NotABrokerError, match="text/html"),
    ):
        client.auth.whoami()


def test_a_restarted_broker_is_found_again(broker: EmbeddedBroker) -> None:
    with BrokerClient.connect(broker.url, pak=broker.admin_pak, retry=RetryPolicy(), sleep=lambda _: False) as client:
        assert client.auth.whoami().admin
        broker.stop()
        with pytest.raises(BrokerUnreachableError, match="gave up after 5 tries") as caught:
            client.auth.whoami()
        assert not caught.value.sent
        broker.start()
        client.wait_ready(deadline_seconds=5.0)
        assert client.auth.whoami().admin


def test_raw_yaml_arrives_to_the_byte(admin: BrokerClient) -> None:
    _, stack, _ = enrol(admin)
    text = '# "quoted", ünïcode, \ttab\r\na: "1"\n'
    created = admin.stacks.deployment_objects.create_from_yaml(stack.id, text)
    verify_checksum(created)
    assert (created.yaml_content, created.is_deletion_marker) == (text, False)
    large = "a: " + '"' + "\\n" * (1024 * 1024 - 10) + '"'
    assert admin.stacks.deployment_objects.create_from_yaml(stack.id, large).yaml_content == large
    with pytest.raises(UsageError, match="the broker takes 2097152"):
        admin.stacks.deployment_objects.create(stack.id, large)
    assert admin.stacks.deployment_objects.create_from_yaml(stack.id, "", is_deletion_marker=True).is_deletion_marker


def test_a_body_of_the_limit_is_taken(admin: BrokerClient) -> None:
    _, stack, _ = enrol(admin)
    frame = len('{"yaml_content":"","is_deletion_marker":false}')
    text = "a: " + "x" * (2 * 1024 * 1024 - frame - 3)
    created = admin.stacks.deployment_objects.create(stack.id, text)
    verify_checksum(created)
    assert created.yaml_content == text
