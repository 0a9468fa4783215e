"""Certificates are exchanged under a running client: nothing under way is dropped, nothing half written is used."""

from __future__ import annotations

import shutil
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme

from broker_support import AGENT, AGENT_JSON, OTHER, PAK
from brokkr_core.broker import BrokerClient, HttpxTransport, LiteralPak, Pak, RetryPolicy, TlsFiles, TransportLimits
from brokkr_core.errors import BrokerUnreachableError
from brokkr_core.model.http import Response
from raw_line import RawLine

#: Every request looks at the files.
LIMITS = TransportLimits(reload_seconds=0.0)


class Mount:
    """A directory of PEM files that is exchanged as a mounted Secret is: by swapping one link."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = 0
        path.mkdir()
        self.files = TlsFiles(
            ca_file=str(path / "ca.crt"), certificate_file=str(path / "tls.crt"), key_file=str(path / "tls.key")
        )
        for name in ("ca.crt", "tls.crt", "tls.key"):
            (path / name).symlink_to(Path("..data") / name)

    def write(self, ca: trustme.CA, shown: trustme.LeafCert, key_of: trustme.LeafCert | None = None) -> None:
        self._version += 1
        version = self._path / f"..version_{self._version}"
        version.mkdir()
        ca.cert_pem.write_to_path(str(version / "ca.crt"))
        shown.cert_chain_pems[0].write_to_path(str(version / "tls.crt"))
        (key_of or shown).private_key_pem.write_to_path(str(version / "tls.key"))
        (self._path / "..data_tmp").symlink_to(version.name)
        (self._path / "..data_tmp").rename(self._path / "..data")
        old = self._path / f"..version_{self._version - 1}"
        shutil.rmtree(old, ignore_errors=True)


class Ingress(RawLine):
    """An ingress that asks for a certificate, whose own certificate can be exchanged, and that can be slow."""

    def __init__(self, server: trustme.CA, clients: trustme.CA) -> None:
        self.shown: list[int] = []
        self.arrived, self.go = threading.Event(), threading.Event()
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.verify_mode = ssl.CERT_REQUIRED
        clients.configure_trust(self._context)
        self.serve(server)
        super().__init__(self._slow, tls=self._context)

    def serve(self, ca: trustme.CA) -> None:
        """Show a certificate of this authority from the next connection on."""
        ca.issue_cert("127.0.0.1").configure_cert(self._context)

    def _talk(self, peer: socket.socket) -> None:
        assert isinstance(peer, ssl.SSLSocket)
        certificate = peer.getpeercert()
        assert certificate is not None
        self.shown.append(int(str(certificate["serialNumber"]), 16))
        super()._talk(peer)

    def _slow(self, peer: socket.socket) -> None:
        self.arrived.set()
        assert self.go.wait(20.0)
        body = Response.of_json(200, AGENT_JSON).body
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
        peer.sendall(body)


class Setup:
    def __init__(self, path: Path) -> None:
        self.ca, self.clients = trustme.CA(), trustme.CA()
        self.first = self.clients.issue_cert("agent")
        self.mount = Mount(path / "mount")
        self.mount.write(self.ca, self.first)
        self.ingress = Ingress(self.ca, self.clients)
        self.transport: HttpxTransport

    def client(self) -> BrokerClient:
        self.transport = HttpxTransport(self.ingress.url, tls=self.mount.files, limits=LIMITS, use_environment=False)
        pak = LiteralPak(value=Pak(text=PAK))
        return BrokerClient(self.transport, pak, retry=RetryPolicy(attempts=1), timeout_seconds=20.0)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def test_a_new_client_certificate_is_shown_from_the_next_request_on_and_the_slow_one_ends_on_the_old(
    setup: Setup,
) -> None:
    second = setup.clients.issue_cert("agent")
    with setup.ingress, setup.client() as client, ThreadPoolExecutor(1) as pool:
        assert client.agents.get(OTHER).id == OTHER
        slow = pool.submit(client.agents.get, AGENT)
        assert setup.ingress.arrived.wait(20.0)

        setup.mount.write(setup.ca, second)
        assert client.agents.get(OTHER).id == OTHER
        now = setup.transport.metrics()
        assert (now.generation, now.draining, now.open) == (2, 1, 2)

        setup.ingress.go.set()
        assert slow.result(20.0).id == AGENT
        now = setup.transport.metrics()
        assert (now.generation, now.draining, now.open) == (2, 0, 1)
    serials = [serial_of(setup.first), serial_of(second)]
    assert setup.ingress.shown == serials


def serial_of(issued: trustme.LeafCert) -> int:
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415 - here only

    return load_pem_x509_certificate(issued.cert_chain_pems[0].bytes()).serial_number


def test_a_new_authority_of_the_server_is_trusted_and_the_old_one_is_not_any_more(setup: Setup) -> None:
    other = trustme.CA()
    with setup.ingress, setup.client() as client:
        assert client.agents.get(OTHER).id == OTHER
        setup.mount.write(other, setup.first)
        with pytest.raises(BrokerUnreachableError, match="CERTIFICATE_VERIFY_FAILED") as caught:
            client.agents.get(OTHER)
        assert not caught.value.sent
        setup.ingress.serve(other)
        assert client.agents.get(OTHER).id == OTHER
        assert setup.transport.metrics().generation == 2


def test_files_that_do_not_belong_together_change_nothing_and_are_told(setup: Setup) -> None:
    second = setup.clients.issue_cert("agent")
    with setup.ingress, setup.client() as client:
        assert client.agents.get(OTHER).id == OTHER
        setup.mount.write(setup.ca, second, key_of=setup.first)
        for _ in range(3):
            assert client.agents.get(OTHER).id == OTHER
        assert "certificates before are kept" in setup.transport.trouble
        assert "cannot be loaded with its key" in setup.transport.trouble
        assert setup.transport.metrics().generation == 1

        setup.mount.write(setup.ca, second)
        assert client.agents.get(OTHER).id == OTHER
        assert setup.transport.trouble == ""
        assert setup.transport.metrics().generation == 2


def test_files_that_are_gone_for_a_while_change_nothing(setup: Setup) -> None:
    with setup.ingress, setup.client() as client:
        link = Path(str(setup.mount.files.ca_file)).parent / "..data"
        goal = link.readlink()
        link.unlink()
        assert client.agents.get(OTHER).id == OTHER
        assert "No such file" in setup.transport.trouble
        link.symlink_to(goal)
        assert client.agents.get(OTHER).id == OTHER
        assert setup.transport.trouble == ""
        assert setup.transport.metrics().generation == 1


def test_many_threads_and_many_exchanges_drop_no_request(setup: Setup) -> None:
    stop = threading.Event()
    with setup.ingress, setup.client() as client, ThreadPoolExecutor(5) as pool:

        def ask() -> int:
            asked = 0
            while not stop.is_set():
                assert client.agents.get(OTHER).id == OTHER
                asked += 1
            return asked

        asking = [pool.submit(ask) for _ in range(4)]
        for number in range(2, 12):
            setup.mount.write(setup.ca, setup.clients.issue_cert("agent"))
            while setup.transport.metrics().generation < number:
                assert client.agents.get(OTHER).id == OTHER
        stop.set()
        assert sum(one.result(20.0) for one in asking) > 0
        now = setup.transport.metrics()
        assert (now.draining, now.lent) == (0, 0)
        assert now.open <= 5
