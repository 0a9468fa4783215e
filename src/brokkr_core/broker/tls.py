"""Which certificates the broker's side must show, and which one this side shows."""

from __future__ import annotations

import ssl

from attrs import frozen

from brokkr_core.errors import ConfigError


@frozen(kw_only=True)
class TlsFiles:
    """Paths of PEM files; without any the system's trust store decides and nothing is shown.

    Args:
        ca_file: the only authorities to trust, instead of the system's.
        certificate_file: the certificate (chain) to show to a proxy that asks for one.
        key_file: its private key, unencrypted; not needed when it stands in ``certificate_file``.
    """

    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """Build the context for outgoing connections: verification and host name check are always on.

    Args:
        files: what to trust and what to show.

    Returns:
        A context of its own, not shared with anybody.

    Raises:
        ConfigError: a file is missing or not what it should be; every fault is listed.
    """
    faults = []
    context = ssl.create_default_context() if files.ca_file is None else None
    try:
        context = context or ssl.create_default_context(cafile=files.ca_file)
    except (OSError, ssl.SSLError) as error:
        faults.append(f"CA bundle {files.ca_file}: cannot be read as PEM ({_short(error)})")
        context = ssl.create_default_context()
    faults += _show_certificate(context, files)
    if faults:
        raise ConfigError(faults)
    return context


def plain_context() -> ssl.SSLContext:
    """Build the context of a line without TLS: it trusts nobody, and reading the system's store would take 30 ms."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _show_certificate(context: ssl.SSLContext, files: TlsFiles) -> list[str]:
    if files.certificate_file is None:
        alone = files.key_file is not None
        return ["client key: given without a certificate; give both or none"] if alone else []
    try:
        # The empty password keeps OpenSSL from asking for one on the terminal, where an agent would hang.
        context.load_cert_chain(files.certificate_file, files.key_file, password="")
    except (OSError, ssl.SSLError) as error:
        where = f"client certificate {files.certificate_file}"
        return [f"{where}: cannot be loaded with its key ({_short(error)}); the key must be unencrypted PEM"]
    return []


def _short(error: OSError) -> str:
    return error.strerror or type(error).__name__
