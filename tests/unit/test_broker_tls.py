"""Which certificates count: verification cannot be lost by a wrong file."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from brokkr_core.broker.certificates import Certificates
from brokkr_core.broker.tls import TlsFiles, client_context, plain_context
from brokkr_core.errors import ConfigError


def test_without_files_the_system_decides_and_everything_is_verified() -> None:
    context = client_context(TlsFiles())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_the_context_of_a_plain_line_trusts_nobody_should_it_ever_be_used() -> None:
    context = plain_context()
    assert context.get_ca_certs() == []
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize("plain", [False, True])
def test_files_are_read_and_their_faults_told_whatever_the_line(plain: bool) -> None:
    with pytest.raises(ConfigError, match="missing"):
        Certificates(TlsFiles(ca_file="missing.pem"), look_seconds=1.0, plain=plain)


def test_a_ca_file_is_trusted_alone_and_everything_is_verified(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(ca_file))
    context = client_context(TlsFiles(ca_file=str(ca_file)))
    assert len(context.get_ca_certs()) == 1
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_every_unusable_file_is_named(tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no certificate")
    files = TlsFiles(ca_file=str(tmp_path / "missing.pem"), certificate_file=str(garbage))
    with pytest.raises(ConfigError) as caught:
        client_context(files)
    assert len(caught.value.faults) == 2
    assert "missing.pem" in caught.value.faults[0]
    assert "garbage.pem" in caught.value.faults[1]


def test_a_ca_file_without_a_certificate_is_refused(tmp_path: Path) -> None:
    garbage = tmp_path / "ca.pem"
    garbage.write_text("no certificate")
    with pytest.raises(ConfigError, match=r"ca\.pem"):
        client_context(TlsFiles(ca_file=str(garbage)))


def test_a_key_without_a_certificate_is_refused() -> None:
    with pytest.raises(ConfigError, match="without a certificate"):
        client_context(TlsFiles(key_file="key.pem"))


def test_a_certificate_with_the_key_of_another_is_refused(tmp_path: Path) -> None:
    ca = trustme.CA()
    certificate, other = tmp_path / "cert.pem", tmp_path / "key.pem"
    ca.issue_cert("agent").cert_chain_pems[0].write_to_path(str(certificate))
    ca.issue_cert("other").private_key_pem.write_to_path(str(other))
    with pytest.raises(ConfigError, match="cannot be loaded with its key"):
        client_context(TlsFiles(certificate_file=str(certificate), key_file=str(other)))


def test_an_encrypted_key_is_refused_instead_of_asking_on_the_terminal(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("agent")
    key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), password=None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"abc"),
    )
    certificate, key_file = tmp_path / "cert.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(str(certificate))
    key_file.write_bytes(encrypted)
    with pytest.raises(ConfigError, match="must be unencrypted PEM"):
        client_context(TlsFiles(certificate_file=str(certificate), key_file=str(key_file)))


def test_a_certificate_file_may_hold_its_key(tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    trustme.CA().issue_cert("agent").private_key_and_cert_chain_pem.write_to_path(str(both))
    assert client_context(TlsFiles(certificate_file=str(both))).verify_mode is ssl.CERT_REQUIRED
