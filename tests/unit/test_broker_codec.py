"""JSON of the broker to values and back, strictly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from broker_support import AGENT, AGENT_JSON, GENERATOR, OBJECT, OBJECT_JSON, PAK, STACK, STACK_JSON
from brokkr_core.broker import Pak, encode, parse_timestamp, structure
from brokkr_core.broker.codec import FAULT_LIMIT
from brokkr_core.broker.jsontext import parse_json
from brokkr_core.errors import DecodeError, UsageError
from brokkr_core.model.broker import (
    Agent,
    DeploymentObject,
    HealthSummary,
    Identity,
    ObjectHealth,
    ResourceHealth,
    Stack,
)
from brokkr_core.model.json import Json


def faults_of(model: type[object], value: Json) -> tuple[str, ...]:
    with pytest.raises(DecodeError) as caught:
        structure(model, value)
    return caught.value.faults


def test_the_contracts_example_is_read() -> None:
    deployment = structure(DeploymentObject, OBJECT_JSON)
    assert (deployment.id, deployment.stack_id, deployment.sequence_id) == (OBJECT, STACK, 42)
    assert deployment.is_deletion_marker is False


def test_times_and_optional_fields_are_read() -> None:
    agent = structure(Agent, {**AGENT_JSON, "k8s_reachable": None})
    assert agent.last_heartbeat == datetime(2026, 8, 2, 9, 59, 55, 500120, tzinfo=UTC)
    assert agent.k8s_reachable is None
    assert agent.k8s_api_latency_ms == 7


def test_unknown_fields_are_ignored() -> None:
    assert structure(Stack, {**STACK_JSON, "colour": {"deep": [1]}}) == structure(Stack, STACK_JSON)


@pytest.mark.parametrize("wrong", ["false", "", 0, 1, None, 0.0, [], {}])
def test_a_deletion_marker_comes_from_a_json_boolean_only(wrong: Json) -> None:
    (fault,) = faults_of(DeploymentObject, {**OBJECT_JSON, "is_deletion_marker": wrong})
    assert fault.startswith("expected true or false, got ")
    assert fault.endswith(" @ $.is_deletion_marker")


@pytest.mark.parametrize("wrong", [True, 42.0, "42", None, [42]])
def test_a_whole_number_comes_from_a_json_integer_only(wrong: Json) -> None:
    (fault,) = faults_of(DeploymentObject, {**OBJECT_JSON, "sequence_id": wrong})
    assert fault.startswith("expected a whole number, got ")


@pytest.mark.parametrize("wrong", [1, True, None, ["a"], {"a": 1}])
def test_text_comes_from_a_json_string_only(wrong: Json) -> None:
    (fault,) = faults_of(DeploymentObject, {**OBJECT_JSON, "yaml_content": wrong})
    assert fault.startswith("expected text, got ")


@pytest.mark.parametrize("wrong", ["", "abc", AGENT.upper(), AGENT.replace("-", ""), f"{AGENT}\n", f"{{{AGENT}}}"])
def test_an_id_is_a_lower_case_uuid(wrong: str) -> None:
    (fault,) = faults_of(Stack, {**STACK_JSON, "generator_id": wrong})
    assert fault == "expected a UUID, lower case with hyphens, got other text @ $.generator_id"


def test_optional_ids_are_checked_too() -> None:
    nobody: Json = {"admin": True, "agent": None, "generator": None, "readonly": False}
    assert structure(Identity, nobody).agent is None
    assert faults_of(Identity, {"admin": True, "agent": "me", "generator": GENERATOR}) == (
        "expected a UUID, lower case with hyphens, got other text @ $.agent",
    )


def test_every_fault_is_listed_with_its_place() -> None:
    assert faults_of(tuple[Stack, ...], [STACK_JSON, {"id": 7, "name": "web"}, None, STACK_JSON]) == (
        "expected text, got a whole number @ $[1].id",
        "required field missing @ $[1].generator_id",
        "expected an object, got null @ $[2]",
    )


@pytest.mark.parametrize("wrong", [None, True, 3, "text", {}])
def test_a_list_comes_from_a_json_array_only(wrong: Json) -> None:
    with pytest.raises(DecodeError, match=r"^list of Stack: expected a list, got "):
        structure(tuple[Stack, ...], wrong)


@pytest.mark.parametrize("wrong", [None, True, 3, "text", []])
def test_a_record_comes_from_a_json_object_only(wrong: Json) -> None:
    with pytest.raises(DecodeError, match=r"^Stack: expected an object, got "):
        structure(Stack, wrong)


def test_a_flood_of_faults_is_counted_instead_of_listed() -> None:
    faults = faults_of(tuple[Stack, ...], [None] * 1000)
    assert len(faults) == FAULT_LIMIT + 1
    assert faults[-1] == f"and {1000 - FAULT_LIMIT} more @ $"


def test_no_value_is_quoted_in_a_fault() -> None:
    secret: Json = {**OBJECT_JSON, "sequence_id": "hunter2", "id": "hunter2", "yaml_content": ["hunter2"]}
    faults = faults_of(DeploymentObject, secret)
    assert len(faults) == 3
    assert "hunter2" not in str(faults)


def test_half_a_surrogate_pair_is_a_fault_and_no_later_crash() -> None:
    value = parse_json(rb'{"id":"' + STACK.encode() + rb'","name":"\ud800","generator_id":"' + AGENT.encode() + b'"}')
    assert faults_of(Stack, value) == ("text holds half a surrogate pair @ $.name",)


def test_a_pak_is_read_and_a_wrong_one_is_not_quoted() -> None:
    assert structure(Pak, PAK) == Pak(text=PAK)
    (fault,) = faults_of(Pak, "hunter2")
    assert "not well-formed" in fault
    assert "hunter2" not in fault


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2026-08-02T10:00:05Z", 0),
        ("2026-08-02T10:00:05.5Z", 500000),
        ("2026-08-02T10:00:05.250Z", 250000),
        ("2026-08-02T10:00:05.250001Z", 250001),
        ("2026-08-02T10:00:05.250001999Z", 250001),
        ("2026-08-02T12:00:05+02:00", 0),
    ],
)
def test_times_are_read_with_any_number_of_digits(text: str, micros: int) -> None:
    assert parse_timestamp(text) == datetime(2026, 8, 2, 10, 0, 5, micros, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-08-02",
        "2026-08-02T10:00:05",
        "2026-08-02 10:00:05Z",
        "2026-08-02T10:00:05.Z",
        "2026-08-02T10:00:05.1234567890Z",
        "2026-08-02T10:00:05Z\n",
        "2026-02-30T10:00:05Z",
        "2026-08-02T25:00:05Z",
        "0001-01-01T00:00:00+14:00",
        "\uff12\uff1026-08-02T10:00:05Z",
    ],
)
def test_other_texts_are_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="expected an RFC 3339 time"):
        parse_timestamp(text)


@pytest.mark.parametrize("wrong", [1785664805, None, True, "soon"])
def test_a_time_comes_from_text_only(wrong: Json) -> None:
    value: Json = {"id": OBJECT, "status": "healthy", "checked_at": wrong}
    (fault,) = faults_of(ObjectHealth, value)
    assert fault.endswith("@ $.checked_at")


def test_what_was_written_can_be_read() -> None:
    resource = ResourceHealth(kind="Pod", name="demo", namespace="default", ready=False, message="back-off ö")
    summary = HealthSummary(pods_ready=1, pods_total=2, conditions=("A", "B"), resources=(resource,))
    when = datetime(2026, 8, 2, 12, 1, tzinfo=timezone(timedelta(hours=2)))
    health = ObjectHealth(id=OBJECT, status="degraded", summary=summary, checked_at=when)
    text = encode(health)
    assert b'"checked_at":"2026-08-02T10:01:00Z"' in text
    assert structure(ObjectHealth, parse_json(text)) == health


def test_a_bare_string_is_json_too() -> None:
    assert encode("edge") == b'"edge"'


def test_text_that_utf8_cannot_hold_is_written_with_a_substitute() -> None:
    assert encode({"message": "a\ud800b"}) == b'{"message":"a?b"}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Pak(text=PAK), {"pak": Pak(text=PAK)}])
def test_what_must_not_be_sent_is_refused(value: object) -> None:
    with pytest.raises(UsageError):
        encode(value)


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 8, 2)  # noqa: DTZ001 - the point of the test
    with pytest.raises(UsageError, match="time zone"):
        encode(ObjectHealth(id=OBJECT, status="healthy", checked_at=naive))


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "Expecting value"),
        (b"{", "line 1, column 2"),
        (b"[1]x", "Extra data"),
        (b'{"a":1,"a":2}', "a field twice"),
        (b'{"deep":[{"a":1,"b":2,"a":3}]}', "a field twice"),
        (b"NaN", "NaN and Infinity"),
        (b"[-Infinity]", "NaN and Infinity"),
        (b'"\xff"', "not UTF-8 at byte 1"),
        (b"\xef\xbb\xbf1", "BOM"),
        ("1".encode("utf-16"), "not UTF-8"),
        (b"1" * 5000, "too many digits"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_is_said_to_be_none(body: bytes, problem: str) -> None:
    with pytest.raises(DecodeError, match=problem):
        parse_json(body)
