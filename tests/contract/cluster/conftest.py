"""The same contract for every way to reach a cluster; BROKKR_TEST_KUBECONFIG adds a real one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from brokkr_core.testing.cluster import EmbeddedCluster
from cluster_support import (
    REAL_KUBECONFIG,
    Client,
    HttpTransport,
    Sender,
    condition,
    config_map,
    definition,
    eventually,
    namespace,
    unique,
)
from real_support import ServedOnly

BACKENDS = ["in-process", "http", *(["real"] if REAL_KUBECONFIG else [])]


@pytest.fixture(scope="session", params=BACKENDS)
def transport(request: pytest.FixtureRequest) -> Iterator[Sender]:
    if request.param == "real":
        from brokkr_core.kube.access import load_access  # noqa: PLC0415 - needs a kubeconfig
        from brokkr_core.kube.urllib3_transport import Urllib3Transport  # noqa: PLC0415

        real = Urllib3Transport(lambda: load_access(REAL_KUBECONFIG, context=None, pool_size=2))
        yield ServedOnly(real)
        real.close()
        return
    with EmbeddedCluster() as embedded:
        yield embedded.transport() if request.param == "in-process" else HttpTransport(embedded.serve())


@pytest.fixture
def client(transport: Sender) -> Iterator[Client]:
    """A client in a namespace of its own."""
    name = unique("test")
    client = Client(transport, name)
    client.create(namespace(name)).expect(201)
    yield client
    client.delete(namespace(name))


@pytest.fixture
def group(client: Client) -> Iterator[str]:
    """The API group of a CRD of Gadgets that takes anything."""
    name = f"{unique('g')}.example.com"
    body = definition(name)
    client.create(body).expect(201)
    eventually(lambda: condition(client.read(body).body, "Established").get("status") == "True")
    eventually(lambda: client.list(f"{name}/v1", "Gadget").status == 200)
    yield name
    client.delete(body)


@pytest.fixture
def untouched(client: Client) -> None:
    """Skip where the server writes into new objects after their ownership was booked: nothing is a no-op there."""
    made = client.create(config_map("untouched", a="1"))
    client.delete(config_map("untouched"))
    if made.get("metadata", "annotations") is not None:
        pytest.skip("the server adds annotations of its own to new objects")
