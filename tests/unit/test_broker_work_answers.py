"""What the newer calls make of answers and of arguments that cannot work."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from broker_records import (
    NEWER_RECORDS,
    PENDING_DELIVERY_JSON,
    WEBHOOK,
    WORK_ORDER,
    WORK_ORDER_LOG_JSON,
)
from broker_support import GENERATOR, GENERATOR_JSON, STACK, STACK_JSON, ScriptedTransport, client_over, ok
from brokkr_core.broker import structure
from brokkr_core.errors import DecodeError, UsageError
from brokkr_core.model.json import JsonObject
from brokkr_core.model.webhooks import NewWebhook, PendingDelivery, WebhookChanges
from brokkr_core.model.work import WorkResult

DONE = WorkResult(success=True)


@pytest.mark.parametrize(("model", "record"), NEWER_RECORDS, ids=[model.__name__ for model, _ in NEWER_RECORDS])
def test_every_record_of_the_contract_is_read_and_fields_of_tomorrow_are_no_fault(
    model: type[object], record: JsonObject
) -> None:
    assert isinstance(structure(model, {**record, "tomorrow": [1]}), model)


@pytest.mark.parametrize(("model", "record"), NEWER_RECORDS, ids=[model.__name__ for model, _ in NEWER_RECORDS])
def test_every_missing_field_is_named_at_once_with_its_place(model: type[object], record: JsonObject) -> None:
    with pytest.raises(DecodeError) as caught:
        structure(model, {})
    assert caught.value.faults
    assert all(fault.startswith("required field missing @ $.") for fault in caught.value.faults)


def test_a_202_is_no_finished_order_and_no_error() -> None:
    later = client_over(ScriptedTransport(ok({"status": "retry_scheduled"}, 202)))
    assert later.work_orders.complete(WORK_ORDER, DONE) is None
    done = client_over(ScriptedTransport(ok(WORK_ORDER_LOG_JSON))).work_orders.complete(WORK_ORDER, DONE)
    assert done is not None
    assert done.success


def test_a_202_that_says_something_else_is_refused() -> None:
    client = client_over(ScriptedTransport(ok({"status": "accepted"}, 202)))
    with pytest.raises(DecodeError, match=r"expected retry_scheduled @ \$.status"):
        client.work_orders.complete(WORK_ORDER, DONE)


def test_nothing_secret_of_a_webhook_is_shown() -> None:
    delivery = structure(PendingDelivery, PENDING_DELIVERY_JSON)
    new = NewWebhook(name="n", url="https://s3cr3t.example", event_types=("*",), auth_header="Bearer s3cr3t")
    changes = WebhookChanges(url="https://s3cr3t.example", auth_header="Bearer s3cr3t")
    for shown in (repr(delivery), repr(new), repr(changes)):
        assert "s3cr3t" not in shown
        assert "internal.example" not in shown


def test_a_change_of_a_webhook_says_what() -> None:
    client = client_over(ScriptedTransport(ok({})))
    with pytest.raises(UsageError, match="at least one member"):
        client.webhooks.update(WEBHOOK, WebhookChanges())


def test_a_time_without_a_zone_is_refused_here() -> None:
    client = client_over(ScriptedTransport(ok({})))
    with pytest.raises(UsageError, match="since: a time needs a time zone"):
        client.stacks.logs(STACK, since=datetime(2026, 1, 1))  # noqa: DTZ001 - the point


def test_a_record_that_is_wanted_back_whole_keeps_members_nobody_here_knows() -> None:
    transport = ScriptedTransport(ok({**STACK_JSON, "tomorrow": 1}), ok(STACK_JSON))
    client_over(transport).stacks.update(STACK, description="new")
    assert [request.method for request in transport.requests] == ["GET", "PUT"]
    assert json.loads(transport.last.body) == {**STACK_JSON, "tomorrow": 1, "description": "new"}
    transport = ScriptedTransport(ok(GENERATOR_JSON), ok(GENERATOR_JSON))
    client_over(transport).generators.update(GENERATOR, name="cd")
    assert json.loads(transport.last.body) == {**GENERATOR_JSON, "name": "cd"}


def test_a_change_of_nothing_sends_nothing() -> None:
    transport = ScriptedTransport(ok(STACK_JSON))
    with pytest.raises(UsageError, match="at least one of name, description"):
        client_over(transport).stacks.update(STACK)
    assert transport.requests == []
