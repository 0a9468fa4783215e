"""``brokkr-agent dev``: what one needs while developing; a cluster in memory for any client that takes a kubeconfig."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from brokkr_agent.stop import Stop
from brokkr_core.errors import UsageError

if TYPE_CHECKING:
    import ssl

    from brokkr_core.testing.cluster import EmbeddedCluster


@click.group("dev")
def dev_command() -> None:
    """A cluster or a broker that lives in memory, for developing."""


@dev_command.command("cluster")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to listen on loopback; 0 picks a port.")
@click.option("--kubeconfig", type=click.Path(path_type=Path), help="Write the kubeconfig here, replacing it.")
@click.option("--controllers", is_flag=True, help="Let workloads get ready by themselves, as scripted.")
@click.option("--token", envvar="BROKKR_DEV_TOKEN", default="", help="Demand this bearer token.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Serve https with this certificate (PEM).")
@click.option("--tls-key", type=click.Path(path_type=Path), help="The key of the certificate (PEM).")
@click.option("--tls-ca", type=click.Path(path_type=Path), help="Who signed it; by default the certificate itself.")
def cluster_command(
    *,
    port: int,
    kubeconfig: Path | None,
    controllers: bool,
    token: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_ca: Path | None,
) -> None:
    """Serve an in-memory Kubernetes API server until Ctrl-C. It runs no containers and forgets everything."""
    tls, ca = _tls(tls_cert, tls_key, tls_ca)
    import tempfile  # noqa: PLC0415 - no command that applies needs it

    with tempfile.TemporaryDirectory(prefix="brokkr-dev-") as folder, _cluster(controllers, token, tls, ca) as embedded:
        listen(port, lambda: embedded.serve(port))
        path = _written(embedded, kubeconfig or Path(folder) / "kubeconfig")
        stop = Stop()
        stop.on_signals()  # before the hint: whoever reads it may be quick
        _tell(embedded, path, note=_NO_TOKEN if token and tls is None else "")
        stop.wait_long()
        click.echo("ended")


#: kubectl drops user credentials where there is no TLS (client-go ``clientcmd/client_config.go``).
_NO_TOKEN = "note       kubectl sends no token over plain http: give --tls-cert and --tls-key too"  # noqa: S105


def _cluster(controllers: bool, token: str, tls: ssl.SSLContext | None, ca: bytes) -> EmbeddedCluster:
    from brokkr_core.testing.cluster import EmbeddedCluster, Rbac, Settings  # noqa: PLC0415 - needs the extra testing

    settings = Settings(controllers=controllers)
    rbac = Rbac.admin(token) if token else None
    return EmbeddedCluster(settings, start=datetime.now(UTC), rbac=rbac, tls=tls, ca=ca)


def _tls(cert: Path | None, key: Path | None, ca: Path | None) -> tuple[ssl.SSLContext | None, bytes]:
    if cert is None and key is None and ca is None:
        return None, b""
    if cert is None or key is None:
        raise UsageError("https needs both --tls-cert and --tls-key")
    import ssl  # noqa: PLC0415 - 6 MiB that most commands do not need

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key)
        return context, (ca or cert).read_bytes()
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"cannot serve https with {cert} and {key}: {error}") from error


def listen(port: int, begin: Callable[[], object]) -> None:
    """Begin to listen on a port, and say what to do when it cannot be had.

    Raises:
        UsageError: it cannot be had.
    """
    try:
        begin()
    except OSError as error:
        why = os.strerror(error.errno or 0)  # asyncio adds the address, which the message has already
        raise UsageError(f"cannot listen on port {port}: {why}; choose another --port") from error


def _written(embedded: EmbeddedCluster, path: Path) -> Path:
    try:
        return embedded.write_kubeconfig(path)
    except OSError as error:
        raise UsageError(f"cannot write the kubeconfig {path}: {error.strerror or error}") from error


def _tell(embedded: EmbeddedCluster, path: Path, *, note: str) -> None:
    lines = [
        f"cluster    {embedded.url}",
        f"kubeconfig {path}",
        f"try        kubectl --kubeconfig {path} get namespaces",
        f"           brokkr-agent apply --kubeconfig {path} -f FILE",
        note,
        "Ctrl-C ends it; nothing is kept.",
    ]
    click.echo("\n".join(line for line in lines if line))
