"""Whatever is sent, the fake broker answers, and a refusal changes nothing."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.model.http import Request
from brokkr_core.testing.broker import Broker
from brokkr_core.testing.broker.api import ROUTES
from brokkr_core.testing.broker.decode import parse_json, parse_time, parse_uuid
from brokkr_core.testing.broker.wire import timestamp

SOME_ID = "ffffffff-0000-4000-8000-00000000000f"
NAMES = ["id", "name", "cluster_name", "status", "agent_id", "stack_id", "key", "value", "label", "x"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just(SOME_ID),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)
bodies = st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode())


@given(
    route=st.sampled_from(ROUTES),
    body=bodies,
    part=st.sampled_from([SOME_ID, "abc", "%ff", "%2F", "é", ""]),
    media=st.sampled_from(["", "application/json", "application/yaml", "text/plain"]),
)
def test_every_route_answers_and_a_refusal_changes_nothing(route: object, body: bytes, part: str, media: str) -> None:
    assert isinstance(route, type(ROUTES[0]))
    broker = Broker()
    path = "/".join(part if piece.startswith("{") else piece for piece in route.template.split("/"))
    before = pickle.dumps(broker.state)
    answer = broker.handle(
        Request(
            method=route.method,
            path=f"/api/v1{path}",
            headers={"authorization": broker.admin_pak, "content-type": media},
            body=body,
        )
    )
    assert 200 <= answer.status <= 500
    if answer.status >= 400:
        assert pickle.dumps(broker.state) == before


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reading_of_json(body: bytes) -> None:
    try:
        value = parse_json(body)
    except ValueError:
        return
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "body",
    [b"NaN", b"[Infinity]", b'"\\ud800"', b"[" * 100_000, b"1" * 5_000, b"\xff"],
    ids=["NaN", "infinity", "lone surrogate", "deep", "long number", "no UTF-8"],
)
def test_json_that_python_would_take_and_the_broker_would_not(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_json(body)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_written_time_is_read_back(moment: datetime) -> None:
    assert parse_time(timestamp(moment)) == moment


@given(st.uuids())
def test_every_spelling_of_a_uuid_is_the_same_id(value: UUID) -> None:
    text = str(value)
    for spelling in (text, text.upper(), text.replace("-", ""), f"urn:uuid:{text}"):
        assert parse_uuid(spelling) == text


def test_what_only_looks_like_a_uuid_is_none() -> None:
    for text in ("", "abc", "f" * 31, f"{SOME_ID} ", f"{SOME_ID[:-1]}g", SOME_ID.replace("-", "", 1)):
        assert parse_uuid(text) is None
