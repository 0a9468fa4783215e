"""What the fake broker delivers itself, and the audit log and settings of one process (contract 5.12, 6.9, 9)."""

from __future__ import annotations

from attrs import evolve

from brokkr_core.testing.broker import Broker, ManualClock, Settings, deterministic
from brokkr_core.testing.broker.sources import Post, Receipt
from fake_broker_support import Door, new_generator, new_object, new_stack
from webhook_support import deliveries, subscribe


class Receiver:
    """Takes posts and answers what it is told to."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers)
        self.posts: list[Post] = []

    def __call__(self, post: Post) -> Receipt:
        self.posts.append(post)
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Receipt(status=status, text="busy")


def door_to(receiver: Receiver) -> Door:
    clock = ManualClock()
    broker = Broker(sources=evolve(deterministic(clock=clock), post=receiver))
    return Door(broker.handle, broker.admin_pak, clock)


def test_the_broker_delivers_what_no_agent_has_to() -> None:
    receiver = Receiver(503, 204)
    door = door_to(receiver)
    webhook = subscribe(door, event_types=["deployment.created"], target_labels=None, auth_header="Bearer s3cr3t")
    new_object(door, new_stack(door, new_generator(door)))
    assert receiver.posts == []
    door.advance(seconds=5)
    (row,) = deliveries(door, webhook)
    assert (row["status"], row["attempts"], row["last_error"]) == (
        "failed",
        1,
        "HTTP 503 Service Unavailable: busy",
    )
    door.advance(seconds=5)
    (row,) = deliveries(door, webhook)
    assert (row["status"], row["attempts"]) == ("success", 2)
    assert [post.auth_header for post in receiver.posts] == ["Bearer s3cr3t"] * 2
    assert receiver.posts[0].payload == receiver.posts[1].payload == row["payload"]
    assert "s3cr3t" not in repr(receiver.posts)


def test_a_receiver_nobody_reaches_ends_dead_after_as_many_tries_as_allowed() -> None:
    receiver = Receiver(None)
    door = door_to(receiver)
    webhook = subscribe(door, event_types=["deployment.created"], target_labels=None, max_retries=2)
    new_object(door, new_stack(door, new_generator(door)))
    for _ in range(5):
        door.advance(seconds=10)
        door.get("/stacks")
    (row,) = deliveries(door, webhook)
    assert (row["status"], row["attempts"], len(receiver.posts)) == ("dead", 2, 2)
    door.advance(days=8)
    assert deliveries(door, webhook) == []


def test_a_test_event_that_is_taken_is_told() -> None:
    receiver = Receiver(202)
    door = door_to(receiver)
    answer = door.post(f"/webhooks/{subscribe(door)}/test")
    assert (answer.status, answer.members["status_code"]) == (200, 202)
    assert receiver.posts[0].event_type == "webhook.test"


def test_settings_may_be_fixed_and_old_audit_entries_go() -> None:
    clock = ManualClock()
    broker = Broker(sources=deterministic(clock=clock), settings=Settings(config_reload=False))
    door = Door(broker.handle, broker.admin_pak, clock)
    refused = door.post("/admin/config/reload")
    assert (refused.status, refused.code) == (503, "config_reload_disabled")
    new_generator(door)
    assert door.get("/admin/audit-logs").members["total"] == 2
    door.advance(days=92)
    assert door.get("/admin/audit-logs").members["total"] == 0


def test_an_unclaimed_order_can_be_completed_by_any_generator_as_upstream_has_it() -> None:
    broker = Broker()
    door = Door(broker.handle, broker.admin_pak)
    made = door.post("/work-orders", {"work_type": "x", "yaml_content": "a: 1", "targeting": {"labels": ["a"]}})
    path = f"/work-orders/{made.members['id']}/complete"
    assert door.post(path, {"success": True}, pak=new_generator(door).pak).status == 200
