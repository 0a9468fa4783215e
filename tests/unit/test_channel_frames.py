"""Frames of the channel: what is sent is what the contract prints, what comes is read strictly."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from broker_support import AGENT, OBJECT, OTHER, STACK
from brokkr_core.broker.channel import Outgoing, Reason
from brokkr_core.broker.channel.incoming import read_push
from brokkr_core.broker.channel.lanes import Lane
from brokkr_core.broker.channel.outgoing import Packer
from brokkr_core.errors import DecodeError, UsageError
from brokkr_core.model.broker import HealthSummary, HeartbeatReport, NewAgentEvent, ObjectHealth
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.stream import GapReason, LogGap
from channel_support import (
    K8S_EVENT,
    NIL,
    NIL_TARGET_FRAME,
    NOW,
    STACK_FRAME,
    TARGET_FRAME,
    WORK_ORDER_FRAME,
    log_line,
)

STAMPS: JsonObject = {"id": NIL, "created_at": "2026-08-02T10:05:00Z", "updated_at": "2026-08-02T10:05:00Z"}
EVENT = NewAgentEvent(agent_id=AGENT, deployment_object_id=OBJECT, status="SUCCESS")
HEALTH = ObjectHealth(id=OBJECT, status="healthy", summary=HealthSummary(pods_ready=2, pods_total=2), checked_at=NOW)
GAP = LogGap(stack_id=STACK, since_ts=NOW, dropped_count=42, reason=GapReason.RATE_LIMIT)
PACKER = Packer(agent_id=AGENT, frame_bytes=4096)

SAID: list[tuple[Outgoing, Lane, Json]] = [
    (
        HeartbeatReport(k8s_reachable=True, k8s_api_latency_ms=7),
        Lane.CONTROL,
        {
            "type": "heartbeat",
            "body": {
                "agent_id": AGENT,
                "sent_at": "2026-08-02T10:05:00Z",
                "k8s_reachable": True,
                "k8s_api_latency_ms": 7,
            },
        },
    ),
    (
        EVENT,
        Lane.CONTROL,
        {
            "type": "agent_event",
            "body": {
                **STAMPS,
                "deleted_at": None,
                "agent_id": AGENT,
                "deployment_object_id": OBJECT,
                "event_type": "DEPLOY",
                "status": "SUCCESS",
                "message": None,
            },
        },
    ),
    (
        HEALTH,
        Lane.CONTROL,
        {
            "type": "agent_health",
            "body": {
                **STAMPS,
                "agent_id": AGENT,
                "deployment_object_id": OBJECT,
                "status": "healthy",
                "summary": '{"pods_ready":2,"pods_total":2,"conditions":[],"resources":[]}',
                "checked_at": "2026-08-02T10:05:00Z",
            },
        },
    ),
    (
        K8S_EVENT,
        Lane.TELEMETRY,
        {
            "type": "k8s_event",
            "body": {
                "agent_id": AGENT,
                "stack_id": STACK,
                "observed_at": "2026-08-02T10:05:00Z",
                "reason": "Pulled",
                "message": "image pulled",
                "event_type": "Normal",
                "source": "kubelet",
                "involved_object": {
                    "api_version": "v1",
                    "kind": "Pod",
                    "namespace": "default",
                    "name": "demo-5c9-x2",
                    "uid": OTHER,
                },
            },
        },
    ),
    (
        log_line(),
        Lane.TELEMETRY,
        {
            "type": "pod_log_line",
            "body": {
                "agent_id": AGENT,
                "stack_id": STACK,
                "namespace": "default",
                "pod": "demo",
                "container": "app",
                "ts": "2026-08-02T10:05:00Z",
                "line": "listening",
            },
        },
    ),
    (
        GAP,
        Lane.TELEMETRY,
        {
            "type": "log_gap",
            "body": {
                "agent_id": AGENT,
                "stack_id": STACK,
                "since_ts": "2026-08-02T10:05:00Z",
                "dropped_count": 42,
                "reason": "rate_limit",
            },
        },
    ),
]


@pytest.mark.parametrize(("said", "lane", "wire"), SAID, ids=[type(said).__name__ for said, _, _ in SAID])
def test_what_is_said_goes_out_as_the_contract_prints_it(said: Outgoing, lane: Lane, wire: Json) -> None:
    parcel = PACKER.pack(said, NOW)

    assert json.loads(parcel.text) == wire
    assert (parcel.lane, parcel.size) == (lane, len(parcel.text.encode()))


def test_what_is_in_a_frame_is_not_in_its_repr() -> None:
    assert "listening" not in repr(PACKER.pack(log_line(), NOW)) + repr(log_line())


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (NewAgentEvent(agent_id=OTHER, deployment_object_id=OBJECT, status="SUCCESS"), "this is the channel of agent"),
        (NewAgentEvent(agent_id=AGENT, deployment_object_id=OBJECT, status="IN_PROGRESS"), "SUCCESS only"),
        (ObjectHealth(id=OBJECT, status="fine", checked_at=NOW), "degraded, failing, healthy, unknown"),
        (ObjectHealth(id=OBJECT, status="healthy", checked_at=datetime(2026, 1, 1)), "needs a time zone"),  # noqa: DTZ001
        (log_line("x" * 5000), "4096 are allowed"),
    ],
)
def test_what_the_broker_would_drop_without_a_word_is_refused_here(said: Outgoing, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        PACKER.pack(said, NOW)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (WORK_ORDER_FRAME, Reason.WORK_ORDER),
        (TARGET_FRAME, Reason.TARGET_CHANGED),
        (NIL_TARGET_FRAME, Reason.TARGET_CHANGED),
        (STACK_FRAME, Reason.STACK_CHANGED),
        ({**STACK_FRAME, "version": 2}, Reason.STACK_CHANGED),
        ({"type": "agent_promoted", "body": {}}, None),
        ({"type": "heartbeat"}, None),
        ({"type": ""}, None),
    ],
)
def test_a_push_is_a_reason_to_look_and_an_unknown_type_is_none(frame: Json, reason: Reason | None) -> None:
    assert read_push(json.dumps(frame)) is reason


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        ("", "JSON: "),
        ("look now", "JSON: "),
        ("NaN", "NaN"),
        ('{"type":"a","type":"b"}', "a field twice"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", r"frame: expected an object, got a list @ \$"),
        ("{}", r"frame: required field missing @ \$.type"),
        ('{"type":7}', r"frame: expected text, got a whole number @ \$.type"),
        ('{"type":"stack_changed"}', r"stack_changed frame: required field missing @ \$.body"),
        ('{"type":"stack_changed","body":[]}', r"expected an object, got a list @ \$.body"),
        ('{"type":"target_changed","body":{"id":"x"}}', r"expected a UUID.* @ \$.body.id.*missing @ \$.body.agent_id"),
        ('{"type":"work_order","body":{"id":null,"work_type":"s3cret"}}', r"expected text, got null @ \$.body.id"),
    ],
)
def test_a_frame_that_is_wrong_is_refused_with_every_fault_and_its_place(frame: str, fault: str) -> None:
    with pytest.raises(DecodeError, match=fault) as caught:
        read_push(frame)
    assert "s3cret" not in str(caught.value)
