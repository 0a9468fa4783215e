"""What keeps a request from ever being sent: names, ports, certificates, proxies. One right error each, unsent."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from broker_support import AGENT, LONG_TOKEN, OTHER, PAK
from brokkr_core.broker import BrokerClient, HttpxTransport, LiteralPak, Pak, RetryPolicy, TlsFiles, TransportLimits
from brokkr_core.errors import BrokerUnreachableError, ConfigError
from raw_line import RawLine, answer, reset, then_silence

LIMITS = TransportLimits(connect_seconds=0.5)


def refused_unsent(url: str, words: str, *, tls: TlsFiles | None = None, environment: bool = False) -> None:
    """Ask twice, so that the process is seen to live on, and expect the same clear error."""
    transport = HttpxTransport(url, tls=tls, limits=LIMITS, use_environment=environment)
    client = BrokerClient(
        transport, LiteralPak(value=Pak(text=PAK)), retry=RetryPolicy(attempts=1), timeout_seconds=2.0
    )
    with client:
        for _ in range(2):
            with pytest.raises(BrokerUnreachableError) as caught:
                client.agents.get(AGENT)
            told = str(caught.value)
            assert words in told
            assert f"GET /api/v1/agents/{AGENT} at {url}" in told
            assert LONG_TOKEN not in told
            assert not caught.value.sent
        assert transport.metrics().open == 0


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusted(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return TlsFiles(ca_file=str(path))


def serving(issued: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    issued.configure_cert(context)
    return context


def old_protocol(ca: trustme.CA) -> ssl.SSLContext:
    context = serving(ca.issue_cert("127.0.0.1"))
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


YESTERDAY = datetime.now(UTC) - timedelta(days=1)

#: What the server shows, and what is told.
CERTIFICATES: dict[str, tuple[Callable[[trustme.CA], ssl.SSLContext], str]] = {
    "another host": (lambda ca: serving(ca.issue_cert("other.example")), "CERTIFICATE_VERIFY_FAILED"),
    "a name where an address is asked": (lambda ca: serving(ca.issue_cert("localhost")), "CERTIFICATE_VERIFY_FAILED"),
    "an expired one": (lambda ca: serving(ca.issue_cert("127.0.0.1", not_after=YESTERDAY)), "expired"),
    "one of tomorrow": (
        lambda ca: serving(ca.issue_cert("127.0.0.1", not_before=datetime.now(UTC) + timedelta(days=1))),
        "not yet valid",
    ),
    "one of an unknown authority": (
        lambda _: serving(trustme.CA().issue_cert("127.0.0.1")),
        "CERTIFICATE_VERIFY_FAILED",
    ),
    "a protocol of 2006": (old_protocol, "no connection"),
}


@pytest.mark.parametrize("name", CERTIFICATES)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
def test_a_certificate_that_does_not_fit_ends_it_before_the_pak_is_sent(
    ca: trustme.CA, trusted: TlsFiles, name: str
) -> None:
    context, words = CERTIFICATES[name]
    with RawLine(tls=context(ca)) as line:
        refused_unsent(line.url, words, tls=trusted)
        assert line.heads == []


def test_a_self_signed_certificate_is_not_believed() -> None:
    ca = trustme.CA()
    with RawLine(tls=serving(ca.issue_cert("127.0.0.1"))) as line:
        refused_unsent(line.url, "CERTIFICATE_VERIFY_FAILED")


def test_a_port_without_tls_is_told_when_https_is_asked() -> None:
    with RawLine(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as line:
        refused_unsent(line.url.replace("http:", "https:"), "no connection")


def test_a_port_that_hangs_up_in_the_handshake_is_told() -> None:
    with RawLine(greeting=b"") as line:
        refused_unsent(line.url.replace("http:", "https:"), "no connection")


def test_a_port_with_tls_is_told_when_http_is_asked(ca: trustme.CA) -> None:
    context = serving(ca.issue_cert("127.0.0.1"))
    with RawLine(tls=context) as line:
        transport = HttpxTransport(line.url.replace("https:", "http:"), use_environment=False)
        client = BrokerClient(transport, LiteralPak(value=Pak(text=PAK)), retry=RetryPolicy(attempts=1))
        with client, pytest.raises(BrokerUnreachableError, match="the connection broke"):
            client.agents.get(AGENT)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "xn--bcher-kva.invalid"])
def test_a_name_nobody_knows_is_told(host: str) -> None:
    refused_unsent(f"http://{host}", "no connection")


def test_a_closed_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    refused_unsent(f"http://127.0.0.1:{port}", "no connection")


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "256.1.1.1", "a..example", "xn--\xe4.example"])
def test_a_name_that_can_be_nobodys_is_a_wrong_setting(host: str) -> None:
    with pytest.raises(ConfigError, match="broker URL"):
        HttpxTransport(f"http://{host}", use_environment=False)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[RawLine]:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with RawLine() as line:
        monkeypatch.setenv("HTTP_PROXY", line.url)
        monkeypatch.setenv("HTTPS_PROXY", line.url)
        yield line


@pytest.mark.parametrize(
    "status",
    ["403 Forbidden", "407 Proxy Authentication Required", "502 Bad Gateway", "503 No", "504 Late", "302 Found"],
)
def test_a_proxy_that_opens_no_tunnel_is_told_and_does_not_see_the_pak(proxy: RawLine, status: str) -> None:
    proxy.trick = answer(b"<html>", status=status, headers="Content-Type: text/html")
    refused_unsent("https://broker.example", f"the proxy refused ({status}", environment=True)
    assert [head.split()[0] for head in proxy.heads] == [b"CONNECT", b"CONNECT"]
    assert not any(b"brokkr_BR" in head for head in proxy.heads)


def test_a_proxy_that_hangs_up_is_told_as_a_broken_line(proxy: RawLine) -> None:
    for trick in (b"", reset, then_silence(b"HTTP/1.1 2")):
        proxy.trick = trick
        transport = HttpxTransport("https://broker.example", limits=LIMITS)
        client = BrokerClient(
            transport, LiteralPak(value=Pak(text=PAK)), retry=RetryPolicy(attempts=1), timeout_seconds=0.5
        )
        with client, pytest.raises(BrokerUnreachableError):
            client.agents.get(AGENT)
    assert not any(b"brokkr_BR" in head for head in proxy.heads)


def test_a_proxy_that_carries_the_request_is_used(proxy: RawLine) -> None:
    transport = HttpxTransport("http://broker.example")
    with BrokerClient(transport, LiteralPak(value=Pak(text=PAK)), retry=RetryPolicy(attempts=1)) as client:
        for _ in range(3):
            assert client.agents.get(OTHER).id == OTHER
        assert transport.metrics().opened_total == 1
    assert b"GET http://broker.example/api/v1/agents/" in proxy.heads[0]


def test_a_tunnel_through_a_proxy_is_used_again_and_again(proxy: RawLine, ca: trustme.CA, trusted: TlsFiles) -> None:
    inside = RawLine()
    context = serving(ca.issue_cert("broker.example"))

    def open_tunnel(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with context.wrap_socket(peer, server_side=True) as tunnel:
            inside._talk(tunnel)

    proxy.trick = open_tunnel
    transport = HttpxTransport("https://broker.example", tls=trusted)
    with BrokerClient(transport, LiteralPak(value=Pak(text=PAK)), retry=RetryPolicy(attempts=1)) as client:
        for _ in range(3):
            assert client.agents.get(OTHER).id == OTHER
        assert transport.metrics().opened_total == 1
    assert len(proxy.heads) == 1
    assert b"brokkr_BR" not in proxy.heads[0]
    inside.close()


def test_a_file_of_certificates_that_is_gone_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="CA bundle"):
        HttpxTransport("https://broker.example", tls=TlsFiles(ca_file=str(tmp_path / "gone.pem")))
