"""The served cluster over TLS: who trusts it, who it trusts, and what a kubeconfig carries."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from brokkr_core.errors import ClusterUnreachableError
from brokkr_core.kube.access import load_access
from brokkr_core.kube.urllib3_transport import Urllib3Transport
from brokkr_core.testing.cluster import EmbeddedCluster, FaultPlan, FaultRule, Rbac, Reset, Truncate, User
from brokkr_core.testing.cluster.faults import Effect
from cluster_support import Client, config_map

ADMIN, GUEST = Rbac.admin("admin-token").users[0], User(name="guest", token="guest-token")


@pytest.fixture
def embedded() -> Iterator[EmbeddedCluster]:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with EmbeddedCluster(rbac=Rbac(users=[ADMIN, GUEST]), tls=context, ca=authority.cert_pem.bytes()) as cluster:
        cluster.serve()
        yield cluster


def connected(kubeconfig: Path) -> Urllib3Transport:
    return Urllib3Transport(lambda: load_access(str(kubeconfig), context=None, pool_size=1))


def test_a_kubeconfig_carries_authority_and_token(embedded: EmbeddedCluster, tmp_path: Path) -> None:
    assert embedded.url.startswith("https://127.0.0.1:")
    transport = connected(embedded.write_kubeconfig(tmp_path / "kubeconfig"))
    Client(transport).apply(config_map(a="1")).expect(201)
    transport.close()


def test_a_kubeconfig_of_another_user_has_that_users_rights(embedded: EmbeddedCluster, tmp_path: Path) -> None:
    transport = connected(embedded.write_kubeconfig(tmp_path / "kubeconfig", user="guest"))
    refused = Client(transport).read(config_map()).expect(403)
    assert 'User "guest" cannot get' in refused.message
    transport.close()


def test_a_client_without_the_authority_does_not_talk_to_it(embedded: EmbeddedCluster, tmp_path: Path) -> None:
    path = embedded.write_kubeconfig(tmp_path / "kubeconfig")
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if "authority" not in line))
    transport = connected(path)
    with pytest.raises(ClusterUnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
        Client(transport).read(config_map())
    transport.close()
    assert len(embedded.requests) == 0


@pytest.mark.parametrize("effect", [Reset(), Truncate()])
def test_faults_reach_through_tls(embedded: EmbeddedCluster, tmp_path: Path, effect: Effect) -> None:
    embedded.break_with(FaultPlan(rules=[FaultRule(effect=effect, writes=True)]))
    transport = connected(embedded.write_kubeconfig(tmp_path / "kubeconfig"))
    client = Client(transport)
    with pytest.raises(ClusterUnreachableError):
        client.apply(config_map(a="1"))
    client.read(config_map()).expect(200)
    transport.close()
