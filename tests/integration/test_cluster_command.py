"""``brokkr-agent dev cluster`` as a process: it says where it is, answers, and ends when told."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from brokkr_core.kube.access import load_access
from brokkr_core.kube.urllib3_transport import Urllib3Transport
from brokkr_core.model.json import JsonObject
from cluster_support import Client, config_map, deployment
from kubectl_support import Kubectl, needs_kubectl

COMMAND = [sys.executable, "-m", "brokkr_agent", "dev", "cluster"]


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The process and the lines it printed until it was ready."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
    )
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        told: list[str] = []
        for line in iter(process.stdout.readline, ""):
            told.append(line.rstrip("\n"))
            if line.startswith("Ctrl-C"):
                break
        yield process, told
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    """Exit code and last words after a signal."""
    process.send_signal(number)
    rest, _ = process.communicate(timeout=30)
    return process.returncode, rest


def client_of(kubeconfig: Path) -> Client:
    return Client(Urllib3Transport(lambda: load_access(str(kubeconfig), context=None, pool_size=1)))


def done(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_a_cluster_and_ends_when_told(tmp_path: Path, number: int) -> None:
    path = tmp_path / "kubeconfig"
    with running("--kubeconfig", str(path)) as (process, told):
        client = client_of(path)
        client.apply(config_map(a="1")).expect(201)
        client.transport.close()
        assert f"kubeconfig {path}" in told
        code, rest = ended(process, number)
    assert (code, rest.splitlines()[-1]) == (0, "ended")
    assert "Traceback" not in rest


def test_without_a_place_the_kubeconfig_goes_away_with_the_cluster() -> None:
    with running() as (process, told):
        path = Path(next(line for line in told if line.startswith("kubeconfig")).split()[1])
        assert path.stat().st_mode & 0o077 == 0
        assert ended(process, signal.SIGTERM)[0] == 0
    assert not path.exists()


def test_with_controllers_a_workload_gets_ready(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    with running("--controllers", "--kubeconfig", str(path)):
        client = client_of(path)
        client.apply(deployment(replicas=1)).expect(201)
        watched = client.list("apps/v1", "Deployment", watch="true", timeoutSeconds="2")
        client.transport.close()
    ready = [_replicas(json.loads(line)) for line in watched.text.splitlines()]
    assert ready[-1] == 1


def _replicas(event: JsonObject) -> object:
    found = event["object"]
    assert isinstance(found, dict)
    status = found["status"]
    assert isinstance(status, dict)
    return status.get("readyReplicas")


def tls_files(folder: Path) -> list[str]:
    """The options that serve https with a certificate of their own."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    return [f"--tls-{name}={folder / name}.pem" for name in ("ca", "cert", "key")]


@needs_kubectl
def test_kubectl_comes_in_over_tls_with_its_token(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    with running(*tls_files(tmp_path), "--kubeconfig", str(path), BROKKR_DEV_TOKEN="not-a-real-token"):
        kubectl = Kubectl(tmp_path, path)
        assert kubectl("create", "namespace", "lab") == "namespace/lab created\n"
        kubectl("apply", "--server-side", "-n", "lab", "-f", kubectl.file(config_map(a="1")))
        kubectl("wait", "--for=jsonpath={.data.a}=1", "configmap/settings", "-n", "lab", "--timeout=30s")
        assert kubectl("auth", "can-i", "create", "pods") == "yes\n"
        path.write_text(path.read_text().replace("not-a-real-token", "another"))
        refused = kubectl.run("get", "namespaces")
    assert refused.returncode == 1
    assert "You must be logged in to the server" in refused.stderr


def test_over_tls_a_token_is_demanded_and_never_printed(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    with running(*tls_files(tmp_path), "--kubeconfig", str(path), BROKKR_DEV_TOKEN="not-a-real-token") as (_, told):
        client = client_of(path)
        client.apply(config_map(a="1")).expect(201)
        client.transport.close()
        path.write_text(path.read_text().replace("not-a-real-token", "another"))
        stranger = client_of(path)
        assert stranger.read(config_map()).status == 401
        stranger.transport.close()
    assert "not-a-real-token" not in "\n".join(told)


def test_a_token_without_tls_comes_with_a_warning(tmp_path: Path) -> None:
    with running("--token", "t", "--kubeconfig", str(tmp_path / "kubeconfig")) as (_, told):
        assert any("kubectl sends no token over plain http" in line for line in told)


def test_a_port_that_is_taken_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failed = done("--port", str(port))
    assert failed.returncode == 2
    assert failed.stderr == f"error: cannot listen on port {port}: Address already in use; choose another --port\n"


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    failed = done("--kubeconfig", str(tmp_path / "missing" / "kubeconfig"))
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: cannot write the kubeconfig")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--tls-cert", "cert.pem"], "needs both --tls-cert and --tls-key"),
        (["--tls-cert", "no.pem", "--tls-key", "no.pem"], "cannot serve https with no.pem"),
    ],
)
def test_https_that_cannot_work_is_one_clear_line(arguments: list[str], problem: str) -> None:
    failed = done(*arguments)
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: ")
    assert problem in failed.stderr
