"""What only the fake broker's own database shows."""

from __future__ import annotations

from brokkr_core.testing.broker import Broker
from fake_broker_support import Door, new_agent, new_generator, new_object, new_stack


def test_deleting_a_stack_leaves_a_marker_with_the_md5_of_nothing() -> None:
    broker = Broker()
    door = Door(broker.handle, broker.admin_pak)
    stack = new_stack(door, new_generator(door))
    posted = new_object(door, stack)
    door.delete(f"/stacks/{stack}")
    marker = broker.state.objects.first(lambda row: row.stack_id == stack)
    assert marker is not None
    assert marker.id != posted
    assert (marker.is_deletion_marker, marker.yaml_content) == (True, "")
    assert marker.yaml_checksum == "d41d8cd98f00b204e9800998ecf8427e"


def test_no_record_shows_a_pak_hash_or_a_manifest() -> None:
    broker = Broker()
    door = Door(broker.handle, broker.admin_pak)
    agent, stack = new_agent(door), new_stack(door, new_generator(door))
    made = new_object(door, stack, "secret: hunter2")
    assert "pak_hash" not in repr(broker.state.agents.live(agent.id))
    assert "hunter2" not in repr(broker.state.objects.live(made))
    assert "hash" not in repr(broker.state)
