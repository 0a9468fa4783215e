"""When certificates run out: read from files, compared with a library that knows how."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from brokkr_core.broker.certificates import Certificates
from brokkr_core.broker.expiry import Expiry, expiries
from brokkr_core.broker.tls import TlsFiles

FIRST, SECOND = trustme.CA(organization_name="one"), trustme.CA(organization_name="two")
SOON = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)
LATE = datetime(2050, 1, 1, tzinfo=UTC)


def pem_of(ca: trustme.CA) -> str:
    return ca.cert_pem.bytes().decode()


def issued(until: datetime) -> trustme.LeafCert:
    return FIRST.issue_cert("agent.example.com", not_after=until)


def shown_by(leaf: trustme.LeafCert) -> str:
    return "".join(one.bytes().decode() for one in leaf.cert_chain_pems)


@pytest.mark.parametrize("until", [SOON, LATE], ids=["two digits of a year", "four digits of a year"])
def test_both_forms_of_time_are_read(until: datetime) -> None:
    assert expiries(shown_by(issued(until)))[0] == until


def test_every_certificate_of_a_bundle_is_read_whatever_stands_between() -> None:
    bundle = f"# one\n{pem_of(FIRST)}\n{issued(SOON).private_key_pem.bytes().decode()}\n{pem_of(SECOND)}"
    judge = x509.load_pem_x509_certificates(bundle.encode())

    assert expiries(bundle) == tuple(one.not_valid_after_utc for one in judge)


def test_a_text_without_certificates_has_none() -> None:
    assert expiries("nothing here") == ()


@given(st.data())
def test_what_is_no_certificate_is_an_error_of_one_kind(data: st.DataObject) -> None:
    lines = pem_of(FIRST).splitlines()
    cut = data.draw(st.integers(1, len(lines) - 2))
    broken = "\n".join([*lines[:cut], *data.draw(st.lists(st.sampled_from(["", "AAAA", "MIIB", "!"]))), lines[-1]])
    try:
        found = expiries(broken)
    except ValueError:
        return
    assert found == expiries(pem_of(FIRST)), "the dates stand near the beginning"


def test_what_a_line_uses_is_known_and_follows_the_files(tmp_path: Path) -> None:
    ca, client = tmp_path / "ca.pem", tmp_path / "client.pem"
    leaf = issued(SOON)
    ca.write_text(pem_of(FIRST) + pem_of(SECOND))
    client.write_text(leaf.private_key_and_cert_chain_pem.bytes().decode())
    used = Certificates(TlsFiles(ca_file=str(ca), certificate_file=str(client)), look_seconds=0.0)
    assert used.expiry == Expiry(client=SOON, authority=max(expiries(ca.read_text())))

    client.write_text(issued(LATE).private_key_and_cert_chain_pem.bytes().decode())

    assert used.changed()
    assert used.expiry.client == LATE


def test_without_files_nothing_runs_out() -> None:
    assert Certificates(TlsFiles(), look_seconds=0.0).expiry == Expiry()
