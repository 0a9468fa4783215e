"""Events and health reports: nothing leaves that the broker would refuse or lose."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from attrs import evolve

from broker_support import AGENT, EVENT_JSON, OBJECT, OTHER, ScriptedTransport, client_over, down, empty, no, ok
from brokkr_core.broker import BODY_LIMIT_BYTES, MESSAGE_LIMIT_BYTES, sendable
from brokkr_core.broker.endpoints.agent_events import cut_to_bytes
from brokkr_core.errors import BrokerError, BrokerUnreachableError, UsageError
from brokkr_core.model.broker import HealthSummary, NewAgentEvent, ObjectHealth, ResourceHealth

EVENT = NewAgentEvent(agent_id=AGENT, deployment_object_id=OBJECT, status="FAILURE", message="why")
HEALTH = ObjectHealth(id=OBJECT, status="healthy", checked_at=datetime(2026, 8, 2, tzinfo=UTC))


@pytest.mark.parametrize("status", ["SUCCESS", "FAILURE"])
def test_the_two_terminal_statuses_pass(status: str) -> None:
    event = evolve(EVENT, status=status)
    assert sendable(event) == event


@pytest.mark.parametrize("status", ["", "success", "IN_PROGRESS", "PENDING", "SUCCESS ", "x" * 1000])
def test_any_other_status_is_refused_before_it_is_sent(status: str) -> None:
    transport = ScriptedTransport(ok(EVENT_JSON, 201))
    with pytest.raises(UsageError, match="knows FAILURE and SUCCESS only"):
        client_over(transport).agents.events.post(evolve(EVENT, status=status))
    assert transport.requests == []


@pytest.mark.parametrize("event_type", ["", "x" * 51])
def test_an_event_type_the_column_cannot_hold_is_refused(event_type: str) -> None:
    with pytest.raises(UsageError, match="1 to 50 characters"):
        sendable(evolve(EVENT, event_type=event_type))


def test_a_huge_message_is_cut_so_that_the_request_stays_small() -> None:
    transport = ScriptedTransport(ok(EVENT_JSON, 201))
    client_over(transport).agents.events.post(evolve(EVENT, message="\x01" * 5_000_000))
    assert len(transport.last.body) < 7 * MESSAGE_LIMIT_BYTES < BODY_LIMIT_BYTES
    message = json.loads(transport.last.body)["message"]
    assert len(message.encode()) <= MESSAGE_LIMIT_BYTES
    assert message.endswith("and cut]")


def test_a_message_is_cut_between_characters() -> None:
    cut = cut_to_bytes("ö" * 100, 101)
    assert len(cut.encode()) <= 101
    assert cut.startswith("öö")
    assert "�" not in cut


def test_a_message_that_fits_is_kept() -> None:
    assert sendable(evolve(EVENT, message="ö" * (MESSAGE_LIMIT_BYTES // 2))).message == "ö" * 8192


def test_nul_which_the_database_cannot_hold_is_replaced() -> None:
    assert sendable(evolve(EVENT, message="a\x00b")).message == "a�b"


def test_half_a_surrogate_pair_does_not_keep_an_event_from_being_sent() -> None:
    transport = ScriptedTransport(ok(EVENT_JSON, 201))
    client_over(transport).agents.events.post(evolve(EVENT, message="a\ud800b"))
    assert json.loads(transport.last.body)["message"] == "a?b"


def test_an_event_whose_answer_was_lost_is_not_posted_again() -> None:
    transport = ScriptedTransport(down(sent=True), ok(EVENT_JSON, 201))
    with pytest.raises(BrokerUnreachableError) as caught:
        client_over(transport).agents.events.post(EVENT)
    assert caught.value.sent
    assert len(transport.requests) == 1


def test_an_event_that_never_left_is_posted_again() -> None:
    transport = ScriptedTransport(down(sent=False), ok(EVENT_JSON, 201))
    assert client_over(transport).agents.events.post(EVENT).id == EVENT_JSON["id"]
    assert len(transport.requests) == 2


def test_a_health_report_goes_out_as_the_contract_says() -> None:
    resource = ResourceHealth(kind="Pod", name="demo", namespace="default", ready=False, message="back-off")
    summary = HealthSummary(pods_ready=1, pods_total=2, conditions=("CrashLoopBackOff",), resources=(resource,))
    transport = ScriptedTransport(empty(200))
    client_over(transport).agents.health.report(AGENT, [evolve(HEALTH, status="degraded", summary=summary)])
    assert transport.last.endpoint == f"PATCH /api/v1/agents/{AGENT}/health-status"
    assert json.loads(transport.last.body) == {
        "deployment_objects": [
            {
                "id": OBJECT,
                "status": "degraded",
                "summary": {
                    "pods_ready": 1,
                    "pods_total": 2,
                    "conditions": ["CrashLoopBackOff"],
                    "resources": [
                        {
                            "kind": "Pod",
                            "name": "demo",
                            "namespace": "default",
                            "ready": False,
                            "message": "back-off",
                        }
                    ],
                },
                "checked_at": "2026-08-02T00:00:00Z",
            }
        ]
    }


def test_nothing_to_report_sends_nothing() -> None:
    transport = ScriptedTransport(empty(200))
    client_over(transport).agents.health.report(AGENT, [])
    assert transport.requests == []


def test_all_faults_of_a_health_report_are_told_and_nothing_is_sent() -> None:
    transport = ScriptedTransport(empty(200))
    with pytest.raises(UsageError) as caught:
        client_over(transport).agents.health.report(AGENT, [HEALTH, HEALTH, evolve(HEALTH, id=OTHER, status="ok")])
    assert f"{OBJECT} stands 2 times" in str(caught.value)
    assert f"{OTHER}: status 'ok'" in str(caught.value)
    assert transport.requests == []


def big(number: int, size: int) -> ObjectHealth:
    summary = HealthSummary(pods_ready=0, pods_total=0, conditions=("x" * size,))
    return evolve(HEALTH, id=str(UUID(int=number)), summary=summary)


def test_a_large_health_report_is_sent_in_parts_that_each_fit() -> None:
    transport = ScriptedTransport(empty(200))
    client_over(transport).agents.health.report(AGENT, [big(number, 500_000) for number in range(9)])
    assert len(transport.requests) == 3
    assert all(len(request.body) <= BODY_LIMIT_BYTES for request in transport.requests)
    sent = [entry["id"] for request in transport.requests for entry in json.loads(request.body)["deployment_objects"]]
    assert sent == [str(UUID(int=number)) for number in range(9)]


def test_a_report_too_large_alone_is_refused_before_anything_is_sent() -> None:
    transport = ScriptedTransport(empty(200))
    with pytest.raises(UsageError, match="send less detail"):
        client_over(transport).agents.health.report(AGENT, [big(1, 500_000), big(2, BODY_LIMIT_BYTES)])
    assert transport.requests == []


def test_a_refused_health_report_is_an_error() -> None:
    transport = ScriptedTransport(no(422, "foreign_key_violation"))
    with pytest.raises(BrokerError, match="foreign_key_violation"):
        client_over(transport).agents.health.report(AGENT, [HEALTH])
