"""The table of calls: paths that cannot be bent, repeats as the contract allows them."""

from __future__ import annotations

import pytest

from broker_support import AGENT
from brokkr_core.broker import BODY_LIMIT_BYTES, Operation, Repeat, operations
from brokkr_core.errors import UsageError

TABLE = {name: value for name, value in vars(operations).items() if isinstance(value, Operation)}


def kinds(*names: str) -> set[Repeat]:
    return {TABLE[name].repeat for name in names}


def test_reads_are_safe_but_for_the_probe_that_is_repeated_by_its_caller() -> None:
    claims = {"READY", "AGENT_DELIVERIES"}
    reads = [name for name, operation in TABLE.items() if operation.method == "GET" and name not in claims]
    assert len(reads) >= 40
    assert kinds(*reads) == {Repeat.SAFE}
    assert kinds("READY") == {Repeat.NEVER}


def test_the_read_that_claims_is_never_repeated_blindly() -> None:
    assert kinds("AGENT_DELIVERIES") == {Repeat.UNSENT_ONLY}


def test_creates_events_and_rotations_are_never_repeated_blindly() -> None:
    once = {name for name, operation in TABLE.items() if operation.repeat is Repeat.UNSENT_ONLY}
    assert once == {
        "AGENT_CREATE",
        "AGENT_ROTATE",
        "AGENT_EVENT_POST",
        "AGENT_LABEL_ADD",
        "AGENT_ANNOTATION_ADD",
        "AGENT_TARGET_ADD",
        "GENERATOR_CREATE",
        "STACK_CREATE",
        "STACK_LABEL_ADD",
        "STACK_ANNOTATION_ADD",
        "STACK_OBJECT_CREATE",
        "STACK_OBJECT_FROM_TEMPLATE",
        "AGENT_DELIVERIES",
        "GENERATOR_ROTATE",
        "TEMPLATE_CREATE",
        "TEMPLATE_UPDATE",
        "TEMPLATE_LABEL_ADD",
        "TEMPLATE_ANNOTATION_ADD",
        "WORK_ORDER_CREATE",
        "WORK_ORDER_CLAIM",
        "WORK_ORDER_COMPLETE",
        "DIAGNOSTIC_CREATE",
        "DIAGNOSTIC_CLAIM",
        "DIAGNOSTIC_RESULT",
        "WEBHOOK_CREATE",
        "WEBHOOK_TEST",
        "DELIVERY_RESULT",
        "CONFIG_RELOAD",
    }


def test_every_post_that_may_be_repeated_has_a_reason() -> None:
    safe_posts = {name for name, op in TABLE.items() if op.method == "POST" and op.repeat is Repeat.SAFE}
    assert safe_posts == {"WHO_AM_I", "AGENT_HEARTBEAT", "GENERATOR_REGISTER"}


def test_only_the_search_ends_with_a_slash() -> None:
    assert [name for name, operation in TABLE.items() if operation.path.endswith("/")] == ["AGENT_SEARCH"]


def test_all_but_the_probe_are_below_the_api() -> None:
    outside = [name for name, operation in TABLE.items() if not operation.path.startswith("/api/v1/")]
    assert outside == ["READY"]


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_segment_that_leads_elsewhere_is_refused(segment: str) -> None:
    with pytest.raises(UsageError, match="label is"):
        operations.AGENT_LABEL_REMOVE.request(agent_id=AGENT, label=segment)


@pytest.mark.parametrize(
    ("label", "escaped"),
    [
        ("a/b", "a%2Fb"),
        ("../..", "..%2F.."),
        ("a?b#c", "a%3Fb%23c"),
        ("50%", "50%25"),
        ("ö", "%C3%B6"),
        ("{x}", "%7Bx%7D"),
    ],
)
def test_a_segment_stays_one_segment(label: str, escaped: str) -> None:
    request = operations.AGENT_LABEL_REMOVE.request(agent_id=AGENT, label=label)
    assert request.path == f"/api/v1/agents/{AGENT}/labels/{escaped}"


def test_a_body_of_exactly_the_limit_is_built() -> None:
    request = operations.STACK_LABEL_ADD.request(stack_id=AGENT, body="x" * (BODY_LIMIT_BYTES - 2))
    assert len(request.body) == BODY_LIMIT_BYTES
    assert request.headers == {"content-type": "application/json"}


def test_a_body_over_the_limit_is_refused_here() -> None:
    with pytest.raises(UsageError, match="2097153 bytes, the broker takes 2097152"):
        operations.STACK_LABEL_ADD.request(stack_id=AGENT, body="x" * (BODY_LIMIT_BYTES - 1))


def test_no_body_means_no_content_type() -> None:
    request = operations.AGENT_ROTATE.request(agent_id=AGENT)
    assert (request.body, dict(request.headers)) == (b"", {})


def test_yaml_goes_out_as_it_is() -> None:
    request = operations.STACK_OBJECT_CREATE.request(stack_id=AGENT, body=operations.YamlText('a: "ü"\n'))
    assert (request.body, request.headers) == ('a: "ü"\n'.encode(), {"content-type": "application/yaml"})
    assert "ü" not in repr(operations.YamlText("ü"))


def test_yaml_that_is_no_text_is_refused_here() -> None:
    with pytest.raises(UsageError, match="half a surrogate pair"):
        operations.STACK_OBJECT_CREATE.request(stack_id=AGENT, body=operations.YamlText("a: \ud800"))
