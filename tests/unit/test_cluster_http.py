"""A served cluster as plain HTTP: bodies that are too large, and the connection they came over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from brokkr_core.testing.cluster import EmbeddedCluster
from brokkr_core.testing.cluster.bodies import LARGEST
from cluster_support import APPLY, Client, HttpTransport, config_map

APPLIED = "/api/v1/namespaces/default/configmaps/settings?fieldManager=test"


@pytest.fixture
def embedded() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster() as cluster:
        cluster.serve()
        yield cluster


@pytest.fixture
def line(embedded: EmbeddedCluster) -> Iterator[HTTPConnection]:
    """A connection that stays open."""
    address = urlsplit(embedded.url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=10)
    yield connection
    connection.close()


def apply(line: HTTPConnection, body: bytes, *, chunked: bool = False) -> tuple[int, dict[str, object]]:
    pieces = (body[at : at + 65_536] for at in range(0, len(body), 65_536))
    line.request("PATCH", APPLIED, pieces if chunked else body, {"content-type": APPLY}, encode_chunked=chunked)
    answer = line.getresponse()
    assert answer.getheader("content-type") == "application/json"
    return answer.status, json.loads(answer.read())


def sized(size: int) -> bytes:
    """An apply of a ConfigMap in so many bytes."""
    empty = len(json.dumps(config_map(a="")).encode())
    return json.dumps(config_map(a="x" * (size - empty))).encode()


@pytest.mark.parametrize("size", [LARGEST + 1, 2 * LARGEST, 2 * LARGEST + 1, 4 * LARGEST])
@pytest.mark.parametrize("chunked", [False, True], ids=["whole", "chunked"])
def test_a_body_that_is_too_large_is_refused_and_the_line_goes_on(
    embedded: EmbeddedCluster, line: HTTPConnection, size: int, chunked: bool
) -> None:
    status, refusal = apply(line, sized(size), chunked=chunked)
    assert status == 413
    assert (refusal["kind"], refusal["code"], refusal["reason"]) == ("Status", 413, "RequestEntityTooLarge")
    assert refusal["message"] == f"Request entity too large: limit is {LARGEST}"

    kept = line.sock
    assert apply(line, sized(100))[0] == 201
    assert line.sock is kept
    assert kept is not None
    assert Client(HttpTransport(embedded.url)).read(config_map("settings")).status == 200


@pytest.mark.parametrize("chunked", [False, True], ids=["whole", "chunked"])
def test_the_largest_body_is_read(line: HTTPConnection, chunked: bool) -> None:
    assert apply(line, sized(LARGEST), chunked=chunked)[0] == 201
