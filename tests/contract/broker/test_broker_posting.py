"""Webhooks that the broker posts itself to a real receiver (contract 5.12, 6.10, 9)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from brokkr_core.model.json import JsonObject, as_text
from fake_broker_support import Served, new_generator, new_object, new_stack
from receiver_support import Receiver
from stage_support import wait_for
from webhook_support import deliveries, subscribe


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def settled(served: Served, webhook: str, status: str) -> JsonObject:
    def row() -> JsonObject | None:
        return next((one for one in deliveries(served.door, webhook) if one["status"] == status), None)

    return wait_for(row, f"a delivery that is {status}")


def test_a_delivery_is_tried_again_until_it_is_taken(served: Served, receiver: Receiver) -> None:
    receiver.instead = [503]
    stack = new_stack(served.door, new_generator(served.door))
    webhook = subscribe(
        served.door,
        url=f"{receiver.url}/204/hook",
        target_labels=None,
        auth_header="Bearer s3cr3t",
        event_types=["deployment.created"],
        filters={"stack_id": stack},
    )
    made = new_object(served.door, stack)
    row = settled(served, webhook, "success")

    assert row["attempts"] == 2
    first, second = receiver.got
    assert first.body == second.body == as_text(row["payload"]).encode()
    assert json.loads(first.body)["data"]["deployment_object_id"] == made
    assert first.headers["content-type"] == "application/json"
    assert not [name for name in first.headers if name.startswith("x-brokkr")], "those are an agent's"
    assert first.headers["authorization"] == "Bearer s3cr3t"


def test_a_delivery_that_is_refused_for_good_is_dead_at_once(served: Served, receiver: Receiver) -> None:
    stack = new_stack(served.door, new_generator(served.door))
    webhook = subscribe(
        served.door,
        url=f"{receiver.url}/404",
        target_labels=None,
        event_types=["deployment.created"],
        filters={"stack_id": stack},
    )
    new_object(served.door, stack)
    row = settled(served, webhook, "dead")

    assert (row["attempts"], row["last_error"]) == (1, "HTTP 404 Not Found: answer 404")
    assert "authorization" not in receiver.got[0].headers


def test_a_test_event_is_posted_at_once(served: Served, receiver: Receiver) -> None:
    good = subscribe(served.door, url=f"{receiver.url}/200")
    told = served.door.post(f"/webhooks/{good}/test")
    assert (told.status, told.members["status_code"]) == (200, 200)
    assert json.loads(receiver.got[0].body)["event_type"] == "webhook.test"

    bad = served.door.post(f"/webhooks/{subscribe(served.door, url=f'{receiver.url}/500')}/test")
    assert (bad.status, bad.code) == (400, "webhook_test_failed")
    assert bad.members["details"] == {"status_code": 500, "body": "answer 500"}
    assert "details" not in served.door.post(f"/webhooks/{subscribe(served.door)}/test").members, "nobody is there"


def test_a_redirect_is_followed(served: Served, receiver: Receiver) -> None:
    hook = subscribe(served.door, url=f"{receiver.url}/302")
    assert served.door.post(f"/webhooks/{hook}/test").status == 200
    assert [one.path for one in receiver.got] == ["/302", "/elsewhere"]
