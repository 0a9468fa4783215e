"""Certificates on a real connection: who is trusted, who is refused, what is shown."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from broker_line import Line, fetch
from brokkr_core.broker import HttpxTransport, TlsFiles
from brokkr_core.errors import BrokerUnreachableError


def server_tls(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_a_private_authority_is_trusted_when_named(tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    line = Line(tls=server_tls(ca))
    tls = TlsFiles(ca_file=str(tmp_path / "ca.pem"))
    with line.server:
        assert fetch(HttpxTransport(line.server.url, tls=tls, use_environment=False), "/hello") == b"hello"


def test_an_unknown_authority_is_refused_before_anything_is_sent() -> None:
    line = Line(tls=server_tls(trustme.CA()))
    with line.server, pytest.raises(BrokerUnreachableError, match="CERTIFICATE_VERIFY_FAILED") as caught:
        fetch(HttpxTransport(line.server.url, use_environment=False), "/hello")
    assert not caught.value.sent


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("other.example").configure_cert(context)
    line = Line(tls=context)
    tls = TlsFiles(ca_file=str(tmp_path / "ca.pem"))
    with line.server, pytest.raises(BrokerUnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
        fetch(HttpxTransport(line.server.url, tls=tls, use_environment=False), "/hello")


def test_a_client_certificate_is_shown(tmp_path: Path) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    ca.issue_cert("agent").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "agent.pem"))
    context = server_tls(ca)
    context.verify_mode = ssl.CERT_REQUIRED
    ca.configure_trust(context)
    line = Line(tls=context)
    with line.server:
        tls = TlsFiles(ca_file=str(tmp_path / "ca.pem"), certificate_file=str(tmp_path / "agent.pem"))
        assert fetch(HttpxTransport(line.server.url, tls=tls, use_environment=False), "/hello") == b"hello"
        bare = TlsFiles(ca_file=str(tmp_path / "ca.pem"))
        with pytest.raises(BrokerUnreachableError):
            fetch(HttpxTransport(line.server.url, tls=bare, use_environment=False), "/hello")
