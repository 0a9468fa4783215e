"""TLS of a connection pool: whom it trusts, what it shows, and what happens when files are replaced."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from urllib3.util.ssl_ import create_urllib3_context

from brokkr_core.errors import UsageError
from brokkr_core.kube.login import Login, Pem

#: What tells a file from the one that replaced it; None when it is not there.
_Stamp = tuple[int, int, int] | None


class Tls:
    """The context of one login; made once, since making one takes as long as a handshake.

    Raises:
        UsageError: certificates or keys cannot be read or do not fit.
    """

    def __init__(self, login: Login) -> None:
        self._login = login
        self._stamps = self._look()
        self.context = tls_context(login)

    def renew(self) -> bool:
        """Make a new context if a file was replaced, as the kubelet and certificate managers do it."""
        stamps = self._look()
        if stamps == self._stamps:
            return False
        try:
            self.context = tls_context(self._login)
        except UsageError:
            return False  # caught between the certificate and its key; they will fit the next time
        self._stamps = stamps
        return True

    def _look(self) -> list[_Stamp]:
        pems = (self._login.authority, self._login.certificate, self._login.key)
        return [_stamp(pem.file) for pem in pems if pem is not None and pem.file]


def tls_context(login: Login, *, with_certificate: bool = True) -> ssl.SSLContext:
    """Make a context with the settings of urllib3.

    Args:
        login: says whom to trust and which certificate to show.
        with_certificate: show it.

    Returns:
        The context; what it was made from is not kept on disk.

    Raises:
        UsageError: certificates or keys cannot be read or do not fit.
    """
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if login.verify else ssl.CERT_NONE)
    if login.verify and login.authority is not None:
        _trust(context, login.authority)
    elif login.verify:
        context.load_default_certs()
    if with_certificate and login.certificate is not None and login.key is not None:
        _show(context, login.certificate, login.key)
    return context


def _trust(context: ssl.SSLContext, authority: Pem) -> None:
    try:
        with _as_file(authority.read()) as path:
            context.load_verify_locations(cafile=path)
    except ssl.SSLError as error:
        what = "there is no certificate in PEM format; write the one that signed the API server's"
        raise UsageError(f"{authority.where}: {what}") from error


def _show(context: ssl.SSLContext, certificate: Pem, key: Pem) -> None:
    def refuse() -> str:
        raise UsageError(f"{key.where}: the key is encrypted; decrypt it, nobody is there to type a password")

    try:
        with _as_file(certificate.read() + b"\n" + key.read()) as path:
            context.load_cert_chain(path, password=refuse)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            what = f"the key does not belong to the certificate of {certificate.where}; write the two that do"
        else:
            what = f"this and {certificate.where} are no certificate and key in PEM format"
        raise UsageError(f"{key.where}: {what}") from error


@contextmanager
def _as_file(data: bytes) -> Iterator[str]:
    """Lend data a path, which is all that OpenSSL takes; where it can be helped, a key never comes to lie on a disk."""
    if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):
        with open(os.memfd_create("pem"), "wb") as memory:
            memory.write(data)
            memory.flush()
            yield f"/proc/self/fd/{memory.fileno()}"
        return
    from tempfile import NamedTemporaryFile  # noqa: PLC0415 - not on Linux

    with NamedTemporaryFile() as file:  # only its owner may read it
        file.write(data)
        file.flush()
        yield file.name


def _stamp(path: str) -> _Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
