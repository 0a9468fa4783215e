"""Whatever JSON arrives: a value that was meant, or a DecodeError; and what was written can be read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TypeVar

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from broker_records import NEWER_RECORDS
from broker_support import AGENT_JSON, EVENT_JSON, GENERATOR_JSON, OBJECT_JSON, STACK_JSON
from brokkr_core.broker import encode, parse_timestamp, structure
from brokkr_core.broker.answer import refusal
from brokkr_core.broker.credentials import hide_paks
from brokkr_core.broker.endpoints.agent_events import cut_to_bytes
from brokkr_core.broker.jsontext import parse_json
from brokkr_core.errors import DecodeError
from brokkr_core.model.broker import (
    Agent,
    AgentEvent,
    DeploymentObject,
    Generator,
    HealthSummary,
    ObjectHealth,
    ResourceHealth,
    Stack,
)
from brokkr_core.model.http import Response
from brokkr_core.model.json import Json, JsonObject

T = TypeVar("T")

ANY_TEXT = st.text(st.characters(codec=None, categories=None))
UTF8_TEXT = st.text(st.characters(codec="utf-8"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)
UUIDS = st.uuids().map(str)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES)  # noqa: DTZ001 - zones follow
RECORDS: list[tuple[type[object], JsonObject]] = [
    (Agent, AGENT_JSON),
    (AgentEvent, EVENT_JSON),
    (DeploymentObject, OBJECT_JSON),
    (Generator, GENERATOR_JSON),
    (Stack, STACK_JSON),
    *NEWER_RECORDS,
]


def read(model: type[T], value: Json) -> T | None:
    try:
        return structure(model, value)
    except DecodeError as error:
        refused = error
    assert refused.faults
    assert all(" @ $" in fault for fault in refused.faults)
    return None


def exactly(kept: object, strange: Json) -> bool:
    """Whether a value says what the JSON said, of the same type; times and unknown members aside."""
    if isinstance(kept, tuple):
        if not isinstance(strange, list) or len(kept) != len(strange):
            return False
        return all(exactly(one, other) for one, other in zip(kept, strange, strict=True))
    kind = type(kept)
    if attrs.has(kind) and isinstance(strange, dict):
        members = attrs.fields(kind)
        return all(exactly(getattr(kept, one.name), strange[one.name]) for one in members if one.name in strange)
    return isinstance(kept, datetime) or (type(kept) is type(strange) and kept == strange)


@pytest.mark.parametrize("model", [model for model, _ in RECORDS])
@given(value=JSON)
def test_any_json_is_a_value_or_a_decode_error(model: type[object], value: Json) -> None:
    assert read(model, value) is None or isinstance(value, dict)
    many = read(tuple[model, ...], value)  # type: ignore[valid-type]  # the model is a parameter here
    assert many is None or isinstance(value, list)


@pytest.mark.parametrize(("model", "good"), RECORDS)
@given(data=st.data())
def test_a_record_with_strange_fields_is_read_exactly_or_refused(
    model: type[object], good: JsonObject, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(good)))
    strange = data.draw(JSON)
    record = read(model, {**good, name: strange})
    if record is not None and name in attrs.asdict(record):  # type: ignore[arg-type]  # every model is attrs
        assert exactly(getattr(record, name), strange)


@given(body=st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_json_or_a_decode_error(body: bytes) -> None:
    try:
        value = parse_json(body)
    except DecodeError:
        return
    assert value == json.loads(body)


DEPLOYMENTS = st.builds(
    DeploymentObject,
    id=UUIDS,
    sequence_id=st.integers(0, 2**63 - 1),
    stack_id=UUIDS,
    yaml_content=UTF8_TEXT,
    yaml_checksum=UTF8_TEXT,
    is_deletion_marker=st.booleans(),
)
AGENTS = st.builds(
    Agent,
    id=UUIDS,
    name=UTF8_TEXT,
    cluster_name=UTF8_TEXT,
    status=UTF8_TEXT,
    last_heartbeat=st.none() | TIMES,
    k8s_reachable=st.none() | st.booleans(),
    k8s_api_latency_ms=st.none() | st.integers(-(2**31), 2**31 - 1),
)
RESOURCES = st.builds(
    ResourceHealth,
    kind=UTF8_TEXT,
    name=UTF8_TEXT,
    namespace=UTF8_TEXT,
    ready=st.booleans(),
    message=st.none() | UTF8_TEXT,
)
SUMMARIES = st.builds(
    HealthSummary,
    pods_ready=st.integers(0, 2**31 - 1),
    pods_total=st.integers(0, 2**31 - 1),
    conditions=st.lists(UTF8_TEXT, max_size=3).map(tuple),
    resources=st.lists(RESOURCES, max_size=3).map(tuple),
)
HEALTHS = st.builds(ObjectHealth, id=UUIDS, status=UTF8_TEXT, summary=st.none() | SUMMARIES, checked_at=TIMES)


@given(value=DEPLOYMENTS | AGENTS | HEALTHS)
def test_what_was_written_is_read_back(value: DeploymentObject | Agent | ObjectHealth) -> None:
    assert structure(type(value), parse_json(encode(value))) == value


@given(values=st.lists(DEPLOYMENTS, max_size=4).map(tuple))
def test_lists_are_read_back_in_order(values: tuple[DeploymentObject, ...]) -> None:
    assert structure(tuple[DeploymentObject, ...], parse_json(encode(list(values)))) == values


@given(moment=TIMES)
def test_a_time_survives_its_text(moment: datetime) -> None:
    assert parse_timestamp(moment.astimezone(UTC).isoformat().replace("+00:00", "Z")) == moment


@given(text=ANY_TEXT | st.from_regex(r"[0-9T:Z.+-]{18,32}", fullmatch=True))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        moment = parse_timestamp(text)
    except ValueError:
        return
    assert moment.tzinfo is UTC


@given(
    status=st.integers(300, 599),
    content_type=st.sampled_from(["", "application/json", "text/html", "text/plain"]) | UTF8_TEXT,
    body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()),
)
def test_any_no_becomes_an_error_with_its_status(status: int, content_type: str, body: bytes) -> None:
    response = Response(status=status, headers={"content-type": content_type}, body=body)
    error = refusal(response, endpoint="GET /x")
    assert error.status == status
    assert len(str(error)) < 1000


@given(text=ANY_TEXT, limit=st.integers(80, 300))
def test_cut_text_always_fits(text: str, limit: int) -> None:
    cut = cut_to_bytes(text * 20, limit)
    assert len(cut.encode("utf-8", "replace")) <= limit


@given(before=UTF8_TEXT, after=UTF8_TEXT, token=st.text("abcdefghijkmnopqrstuvwxyz123456789", min_size=24, max_size=33))
def test_a_pak_never_survives_in_foreign_text(before: str, after: str, token: str) -> None:
    assume(token not in before + after)
    hidden = hide_paks(f"{before} brokkr_BRabcdef_{token} {after}")
    assert token not in hidden
    assert "brokkr_BRabcdef_…" in hidden
