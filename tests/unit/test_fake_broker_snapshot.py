"""The fake broker's data in a file: nothing is lost, nothing is written twice, nothing strange is read."""

from __future__ import annotations

import pickle
import sqlite3
from pathlib import Path

import attrs
import pytest

from brokkr_core.model.json import JsonObject
from brokkr_core.testing.broker import EmbeddedBroker, Snapshot, SnapshotError, State
from brokkr_core.testing.broker.records_telemetry import K8sEventRow
from brokkr_core.testing.broker.telemetry import keep_k8s_event
from fake_broker_support import Door, Member, give, new_agent, new_generator, new_object, new_stack, offered, report
from webhook_support import subscribe


def plain(state: State) -> dict[str, object]:
    """Return everything a state holds, tables as lists."""
    values = {one.name: getattr(state, one.name) for one in attrs.fields(State)}
    return {name: list(value.all()) if hasattr(value, "all") else value for name, value in values.items()}


def fill(door: Door) -> tuple[Member, str]:
    """Put at least one row into every table that requests can reach."""
    generator = new_generator(door)
    agent, stack = new_agent(door, generator), new_stack(door, generator)
    give(door, agent, stack)
    door.post(f"/agents/{agent.id}/labels", {"agent_id": agent.id, "label": "edge"})
    door.post(f"/agents/{agent.id}/annotations", {"agent_id": agent.id, "key": "a", "value": "b"})
    door.post(f"/stacks/{stack}/labels", "edge")
    door.post(f"/stacks/{stack}/annotations", {"stack_id": stack, "key": "a", "value": "b"})
    subscribe(door, target_labels=["edge"], filters={"stack_id": stack}, auth_header="Bearer x")
    made = new_object(door, stack)
    report(door, agent, made)
    health = {"id": made, "status": "healthy", "checked_at": "2026-08-02T10:01:00.5Z"}
    door.call("PATCH", f"/agents/{agent.id}/health-status", {"deployment_objects": [dict(health)]})
    template = door.post("/templates", {"name": "t", "template_content": "a: 1", "parameters_schema": "{}"}).members
    door.post(f"/templates/{template['id']}/labels", "edge")
    door.post(f"/templates/{template['id']}/annotations", {"key": "a", "value": "b"})
    for _ in range(2):
        targeting: JsonObject = {"annotations": {"a": "b"}, "labels": ["edge"], "agent_ids": [agent.id]}
        body: JsonObject = {"work_type": "x", "yaml_content": "a: 1", "targeting": targeting}
        order = door.post("/work-orders", body).members
    door.post(f"/work-orders/{order['id']}/claim", {"agent_id": agent.id})
    door.post(f"/work-orders/{order['id']}/complete", {"success": True})
    asked = door.post(f"/deployment-objects/{made}/diagnostics", {"agent_id": agent.id}).members
    door.post(f"/diagnostics/{asked['id']}/claim")
    result = {"pod_statuses": "[]", "events": "[]", "collected_at": "2026-08-02T10:02:10Z"}
    door.post(f"/diagnostics/{asked['id']}/result", dict(result), pak=agent.pak)
    door.delete(f"/agents/{new_agent(door).id}")
    return agent, stack


def test_a_restart_finds_every_row_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "broker.db"
    with Snapshot(file) as snapshot:
        broker = EmbeddedBroker(state=snapshot.load(), keep=snapshot.save)
        agent, stack = fill(Door(broker.handle, broker.admin_pak))
        now = broker.state.agents.first(lambda row: row.id == agent.id)
        assert now is not None
        event = K8sEventRow(
            id="e",
            agent_id=agent.id,
            stack_id=stack,
            observed_at=now.created_at,
            reason="r",
            message="m",
            event_type="Normal",
            involved_object={"kind": "Pod", "deep": [{"a": None}]},
            created_at=now.created_at,
        )
        keep_k8s_event(broker.state, event)
        snapshot.save(broker.state)
        before = plain(broker.state)
    empty = [name for name, rows in before.items() if rows == []]
    assert empty == ["pod_logs"]
    with Snapshot(file) as snapshot:
        state = snapshot.load()
        assert state is not None
        assert plain(state) == before
        again = EmbeddedBroker(state=state, keep=snapshot.save)
        door = Door(again.handle, again.admin_pak)
        assert offered(door, agent, "full") != []
        assert new_object(door, stack)
    assert file.stat().st_mode & 0o077 == 0


def test_what_was_deleted_for_good_is_gone_from_the_file(tmp_path: Path) -> None:
    with Snapshot(tmp_path / "broker.db") as snapshot:
        broker = EmbeddedBroker(keep=snapshot.save)
        door = Door(broker.handle, broker.admin_pak)
        stack = new_stack(door, new_generator(door))
        door.post(f"/stacks/{stack}/labels", "edge")
        door.delete(f"/stacks/{stack}/labels/edge")
    with Snapshot(tmp_path / "broker.db") as snapshot:
        state = snapshot.load()
        assert state is not None
        assert list(state.stack_labels.all()) == []


def test_a_new_file_holds_nothing_and_a_read_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "broker.db"
    with Snapshot(file) as snapshot:
        assert snapshot.load() is None
        broker = EmbeddedBroker(keep=snapshot.save)
        door = Door(broker.handle, broker.admin_pak)
        door.get("/stacks")
        first = file.read_bytes()
        before = pickle.dumps(broker.state)
        door.get("/stacks")
        assert pickle.dumps(broker.state) == before
        assert file.read_bytes() == first


def test_a_file_that_is_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("these are my notes, and they are longer than the head of a database" * 10)
    with pytest.raises(SnapshotError, match=r"notes.txt is no database of a fake broker"):
        Snapshot(file)
    assert file.read_text().startswith("these are my notes")


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "broker.db"
    with Snapshot(file) as snapshot:
        snapshot.save(EmbeddedBroker().state)
    connection = sqlite3.connect(file)
    connection.execute("UPDATE facts SET value = '0' WHERE name = 'layout'")
    connection.commit()
    connection.close()
    with Snapshot(file) as snapshot, pytest.raises(SnapshotError, match="another version"):
        snapshot.load()
