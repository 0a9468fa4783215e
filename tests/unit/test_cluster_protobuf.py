"""Protobuf bodies as typed Go clients write them, put together by hand."""

from __future__ import annotations

import pytest

from brokkr_core.model.http import Request
from brokkr_core.testing.cluster import Cluster
from brokkr_core.testing.cluster.protobuf import MEDIA_TYPE, ProtobufError, read_protobuf


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def part(number: int, content: bytes | str | int) -> bytes:
    """One field."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content % (1 << 64))
    raw = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def body_of(api_version: str, kind: str, content: bytes) -> bytes:
    about = part(1, api_version) + part(2, kind)
    return b"k8s\x00" + part(1, about) + part(2, content) + part(3, "") + part(4, "")


def test_maps_texts_and_bytes() -> None:
    metadata = part(1, "settings") + part(2, "") + part(11, part(1, "app") + part(2, "web")) + part(8, b"")
    content = part(1, metadata) + part(2, part(1, "a") + part(2, "")) + part(3, part(1, "b") + part(2, b"\x00\xff"))
    assert read_protobuf(body_of("v1", "ConfigMap", content)) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "labels": {"app": "web"}},
        "data": {"a": ""},
        "binaryData": {"b": "AP8="},
    }


def test_what_json_writes_in_another_way() -> None:
    """IntOrString, a time, a negative number, and a volume source that JSON does not nest."""
    named = part(3, 80) + part(4, part(1, 1) + part(2, 0) + part(3, "web"))
    numbered = part(3, 81) + part(4, part(1, 0) + part(2, 8080) + part(3, ""))
    service = read_protobuf(body_of("v1", "Service", part(2, part(1, named) + part(1, numbered))))
    assert service["spec"] == {"ports": [{"port": 80, "targetPort": "web"}, {"port": 81, "targetPort": 8080}]}
    pod = part(1, part(8, part(1, 1_767_225_600))) + part(
        2, part(1, part(1, "files") + part(2, part(19, part(1, part(1, "settings"))))) + part(5, -5)
    )
    assert read_protobuf(body_of("v1", "Pod", pod)) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"volumes": [{"name": "files", "configMap": {"name": "settings"}}], "activeDeadlineSeconds": -5},
    }


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b'{"kind": "ConfigMap"}', "magic number"),
        (body_of("example.com/v1", "Widget", b""), "no protobuf is known for example.com/v1 Widget"),
        (body_of("v1", "ConfigMap", part(1, b"\x0a\x7f")), "breaks off in the middle"),
        (body_of("v1", "ConfigMap", b"\x0f"), "no wire type 7"),
        (body_of("v1", "ConfigMap", part(1, 7)), "a number stands where"),
        (body_of("v1", "Pod", part(2, part(5, "text"))), "text stands where a number"),
        (body_of("v1", "ConfigMap", b"\x80"), "is no protobuf"),
    ],
)
def test_what_cannot_be_read_is_said(body: bytes, problem: str) -> None:
    with pytest.raises(ProtobufError, match=problem):
        read_protobuf(body)
    path = "/api/v1/namespaces/default/configmaps"
    answer = Cluster().handle(Request(method="POST", path=path, headers={"content-type": MEDIA_TYPE}, body=body))
    assert answer.status == 400
    assert b"error decoding protobuf" in answer.body


def test_it_is_stored_like_json() -> None:
    body = body_of("v1", "ConfigMap", part(1, part(1, "settings")) + part(2, part(1, "a") + part(2, "1")))
    path = "/api/v1/namespaces/default/configmaps"
    answer = Cluster().handle(Request(method="POST", path=path, headers={"content-type": MEDIA_TYPE}, body=body))
    assert answer.status == 201
    assert b'"data":{"a":"1"}' in answer.body
