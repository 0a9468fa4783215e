"""Who goes where: what a kubeconfig or a pod says about its cluster and its user, read but not yet used."""

from __future__ import annotations

from attrs import field, frozen

from brokkr_core.errors import UsageError


@frozen(kw_only=True)
class Pem:
    """Certificates or a key: written down in the kubeconfig, or in a file of their own."""

    where: str  #: what says so, for errors: the file and its field
    data: bytes = field(default=b"", repr=False)
    file: str = ""  #: read when there is no ``data``

    def read(self) -> bytes:
        """Return what is written there.

        Raises:
            UsageError: the file cannot be read.
        """
        return self.data or read_file(self.file, said_by=self.where)


@frozen(kw_only=True)
class Login:
    """One way into one cluster."""

    where: str  #: what says so, for errors
    server: str  #: begins with ``http://`` or ``https://``, has no slash at its end
    namespace: str = "default"
    authority: Pem | None = None  #: None trusts whom this machine trusts
    verify: bool = True
    server_name: str = ""  #: whom the certificate must name; empty takes the server's host
    proxy: str = field(default="", repr=False)  #: empty asks the environment
    certificate: Pem | None = None
    key: Pem | None = None
    token: str = field(default="", repr=False)
    token_file: str = ""  #: goes before ``token``, and is read again and again
    username: str = ""
    password: str = field(default="", repr=False)
    context: str = ""  #: of the kubeconfig; empty in a pod
    unusual: tuple[str, ...] = ()  #: fields of the user that this room leaves to the ``kubernetes`` package


def read_file(path: str, *, said_by: str) -> bytes:
    """Read a file that a configuration names.

    Args:
        path: the file.
        said_by: what names it, for the error.

    Returns:
        Its content.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "not a path"
        raise UsageError(f"{said_by}: cannot read {path}: {said}; name a file that is there") from error
