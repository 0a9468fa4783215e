"""Whom a kubeconfig trusts and what it shows, against the served cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from brokkr_core.errors import ClusterUnreachableError, UsageError
from brokkr_core.kube.access import load_access
from brokkr_core.kube.urllib3_transport import Urllib3Transport
from brokkr_core.model.http import Request
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster import EmbeddedCluster
from kubeconfig_support import certificate_and_key, encoded, server_context, write_kubeconfig

VERSION = Request(method="GET", path="/version")

OURS, OTHERS, CLIENTS = trustme.CA(), trustme.CA(), trustme.CA()
TRUST: JsonObject = {"certificate-authority-data": encoded(OURS.cert_pem.bytes())}


@contextmanager
def served(
    name: str = "127.0.0.1", *, authority: trustme.CA = OURS, clients: trustme.CA | None = None
) -> Iterator[str]:
    with EmbeddedCluster(tls=server_context(authority, name, clients=clients)) as cluster:
        yield cluster.serve()


def asked(config: str) -> int:
    transport = Urllib3Transport(lambda: load_access(config, pool_size=1))
    try:
        return transport.send(VERSION, timeout_seconds=5.0).status
    finally:
        transport.close()


def a_user(folder: Path, *, as_files: bool) -> JsonObject:
    certificate, key = certificate_and_key(CLIENTS, "jane")
    if not as_files:
        return {"client-certificate-data": encoded(certificate), "client-key-data": encoded(key)}
    (folder / "jane.crt").write_bytes(certificate)
    (folder / "jane.key").write_bytes(key)
    return {"client-certificate": "jane.crt", "client-key": "jane.key"}


@pytest.mark.parametrize("as_file", [True, False])
def test_the_authority_is_trusted_as_data_and_as_a_file(tmp_path: Path, as_file: bool) -> None:
    (tmp_path / "ca.crt").write_bytes("# Autorit\u00e9\n".encode() + OURS.cert_pem.bytes())
    with served() as url:
        trust: JsonObject = {"certificate-authority": "ca.crt"} if as_file else TRUST

        assert asked(write_kubeconfig(tmp_path / "c", cluster={"server": url, **trust})) == 200


@pytest.mark.parametrize("trust", [{"certificate-authority-data": encoded(OTHERS.cert_pem.bytes())}, {}])
def test_another_authority_is_not_trusted_and_the_error_says_where_to_look(tmp_path: Path, trust: JsonObject) -> None:
    with served() as url:
        config = write_kubeconfig(tmp_path / "c", cluster={"server": url, **trust})
        with pytest.raises(
            ClusterUnreachableError, match=r"CERTIFICATE_VERIFY_FAILED.*check certificate-auth"
        ) as caught:
            asked(config)

    assert not caught.value.sent


@pytest.mark.parametrize("as_files", [True, False])
def test_a_client_certificate_is_shown_and_leaves_no_file_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_files: bool
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with served(clients=CLIENTS) as url:
        config = write_kubeconfig(
            tmp_path / "c", cluster={"server": url, **TRUST}, user=a_user(tmp_path, as_files=as_files)
        )

        assert asked(config) == 200
        assert list(temporary.iterdir()) == []


def test_where_memory_is_no_file_a_private_one_is_lent_and_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    test_a_client_certificate_is_shown_and_leaves_no_file_behind(tmp_path, monkeypatch, as_files=False)


def test_a_server_is_called_by_another_name_if_the_kubeconfig_says_so(tmp_path: Path) -> None:
    with served("kubernetes.example") as url:
        cluster: JsonObject = {"server": url, **TRUST}
        named = write_kubeconfig(tmp_path / "named", cluster={**cluster, "tls-server-name": "kubernetes.example"})
        wrong = write_kubeconfig(tmp_path / "wrong", cluster=cluster)

        assert asked(named) == 200
        with pytest.raises(
            ClusterUnreachableError, match=r"mismatch.*; check certificate-authority and tls-server-name"
        ):
            asked(wrong)


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_verification_is_left_out_only_where_the_kubeconfig_says_so(tmp_path: Path) -> None:
    with served("other.example", authority=OTHERS) as url:
        assert asked(write_kubeconfig(tmp_path / "c", cluster={"server": url, "insecure-skip-tls-verify": True})) == 200


def test_replaced_files_are_used_for_new_connections(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_bytes(OTHERS.cert_pem.bytes())
    with served() as url:
        access = load_access(
            write_kubeconfig(tmp_path / "c", cluster={"server": url, "certificate-authority": "ca.crt"}), pool_size=1
        )
        transport = Urllib3Transport(lambda: access)
        with pytest.raises(ClusterUnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
            transport.send(VERSION, timeout_seconds=5.0)
        (tmp_path / "ca.crt").write_text("half written")
        access.auth_headers()
        (tmp_path / "ca.crt").write_bytes(OURS.cert_pem.bytes())
        access.auth_headers()

        assert transport.send(VERSION, timeout_seconds=5.0).status == 200
        transport.close()


def test_files_that_stayed_the_same_keep_their_connections(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_bytes(OURS.cert_pem.bytes())
    access = load_access(
        write_kubeconfig(tmp_path / "c", cluster={"server": "https://h", "certificate-authority": "ca.crt"})
    )
    before = access.pool.connection_pool_kw["ssl_context"]
    access.auth_headers()

    assert access.pool.connection_pool_kw["ssl_context"] is before


def sealed(key: bytes) -> bytes:
    return load_pem_private_key(key, None).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"secret")
    )


CERTIFICATE, KEY = certificate_and_key(CLIENTS, "jane")


@pytest.mark.parametrize(
    ("certificate", "key", "said"),
    [
        (
            CERTIFICATE,
            certificate_and_key(CLIENTS, "joe")[1],
            "does not belong to the certificate of .*certificate-data",
        ),
        (CERTIFICATE, b"-----BEGIN", "are no certificate and key in PEM format"),
        (b"x", KEY, "are no certificate and key in PEM format"),
        (CERTIFICATE, sealed(KEY), "the key is encrypted; decrypt it, nobody is there to type a password"),
    ],
)
def test_a_certificate_that_cannot_be_shown_is_told_by_file_and_field(
    tmp_path: Path, certificate: bytes, key: bytes, said: str
) -> None:
    user: JsonObject = {"client-certificate-data": encoded(certificate), "client-key-data": encoded(key)}
    config = write_kubeconfig(tmp_path / "c", cluster={"server": "https://h"}, user=user)
    with pytest.raises(UsageError, match=rf"kubeconfig {config}: users\['u'\].user.client-key-data: .*{said}"):
        load_access(config)


@pytest.mark.parametrize("pem", [b"nothing", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_an_authority_that_is_none_is_told_by_file_and_field(tmp_path: Path, pem: bytes) -> None:
    cluster: JsonObject = {"server": "https://h", "certificate-authority-data": encoded(pem)}
    config = write_kubeconfig(tmp_path / "c", cluster=cluster)
    with pytest.raises(
        UsageError, match=r"clusters\['c'\].cluster.certificate-authority-data: there is no certificate"
    ):
        load_access(config)


@pytest.mark.parametrize("field", ["certificate-authority", "client-certificate"])
def test_a_file_that_is_missing_is_told_by_file_and_field(tmp_path: Path, field: str) -> None:
    where: JsonObject = {field: "none.pem"}
    config = write_kubeconfig(
        tmp_path / "c",
        cluster={"server": "https://h", **(where if field == "certificate-authority" else {})},
        user={**where, "client-key": "none.key"} if field == "client-certificate" else {},
    )
    with pytest.raises(UsageError, match=rf"{field}: cannot read {tmp_path}/none.pem: No such file or directory"):
        load_access(config)
