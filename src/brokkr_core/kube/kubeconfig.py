"""Kubeconfigs as client-go reads them: several become one, and one context of it a way into a cluster.

Nothing here touches a file. Names are quoted in errors, values never are.
"""

from __future__ import annotations

import base64
import binascii
import os.path
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from attrs import frozen

from brokkr_core.errors import UsageError, cut
from brokkr_core.kube.login import Login, Pem
from brokkr_core.manifest.identity import kind_of_value
from brokkr_core.model.json import JsonObject, as_text

#: Fields of a user that are read here; whatever else one has is for the ``kubernetes`` package.
PLAIN = frozenset(
    {"client-certificate", "client-certificate-data", "client-key", "client-key-data", "extensions"}
    | {"password", "token", "tokenFile", "username"}
)
#: Fields of a user that nobody here knows how to use; the package drops them, which would give other rights.
IMPERSONATION = ("as", "as-uid", "as-groups", "as-user-extra")


@frozen(kw_only=True)
class ConfigFile:
    """One kubeconfig."""

    path: str
    document: JsonObject


class _Entry:
    """The fields of one mapping; faults are collected, so that all are told at once."""

    def __init__(self, file: ConfigFile, place: str, fields: JsonObject, faults: list[str]) -> None:
        self._file = file
        self._place = place
        self._fields = fields
        self._faults = faults

    @property
    def names(self) -> list[str]:
        """The fields that say something."""
        return [name for name, value in self._fields.items() if value is not None]

    def where(self, name: str) -> str:
        """Name a field and its file."""
        return f"kubeconfig {self._file.path}: {self._place}.{name}"

    def fault(self, name: str, problem: str) -> None:
        """Keep what is wrong with a field."""
        self._faults.append(f"{self.where(name)} {problem}")

    def text(self, name: str) -> str:
        """Return a text, empty when there is none."""
        value = self._fields.get(name)
        if value is None or isinstance(value, str):
            return value or ""
        self.fault(name, f"must be text, found {kind_of_value(value)}; put it in quotes")
        return ""

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self._fields.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.fault(name, f"must be true or false, found {kind_of_value(value)}; write it without quotes")
        return False

    def file(self, name: str) -> str:
        """Return a path; a relative one begins where the kubeconfig is."""
        value = self.text(name)
        folder = os.path.dirname(os.path.abspath(self._file.path))
        return os.path.normpath(os.path.join(folder, value)) if value else ""

    def pem(self, name: str) -> Pem | None:
        """Return what ``name-data`` holds, else what the file ``name`` does; None when there is neither."""
        encoded = self.text(f"{name}-data")
        try:
            data = base64.b64decode("".join(encoded.split()), validate=True)
        except (binascii.Error, ValueError):
            self.fault(f"{name}-data", "is not base64; encode the PEM file without changing it")
            return None
        if data:
            return Pem(where=self.where(f"{name}-data"), data=data)
        path = self.file(name)
        return Pem(where=self.where(name), file=path) if path else None


def choose(files: Sequence[ConfigFile], *, context: str | None = None) -> Login:
    """Merge kubeconfigs as client-go does, and read what one context says.

    The first file to name a context, cluster or user, or to have a current context, is the one that counts.

    Args:
        files: in the order of ``KUBECONFIG``; at least one.
        context: name of the context; None takes the current one.

    Returns:
        The login; files it names were not opened.

    Raises:
        UsageError: with everything that is wrong.
    """
    faults: list[str] = []
    name = context or _current(files)
    chosen = _named(files, "context", name, faults)
    where = f"context {_quoted(name)} of kubeconfig {_paths(files)}"
    cluster, user = (_referred(files, chosen, kind, faults) for kind in ("cluster", "user"))
    login = Login(
        where=where,
        context=name,
        namespace=chosen.text("namespace") or "default",
        authority=cluster.pem("certificate-authority"),
        verify=not cluster.flag("insecure-skip-tls-verify"),
        server_name=cluster.text("tls-server-name"),
        proxy=cluster.text("proxy-url"),
        certificate=user.pem("client-certificate"),
        key=user.pem("client-key"),
        token=user.text("token"),
        token_file=user.file("tokenFile"),
        username=user.text("username"),
        password=user.text("password"),
        unusual=tuple(sorted({*user.names} - PLAIN)),
        server=_server(cluster, tls=_speaks_of_tls(cluster, user)),
    )
    _check(login, user)
    if faults:
        raise UsageError("; ".join(faults))
    return login


def _check(login: Login, user: _Entry) -> None:
    if login.certificate is not None and login.key is None:
        user.fault("client-key", "is missing, but there is a client-certificate; write the key that belongs to it")
    for name in IMPERSONATION:
        if name in user.names:
            user.fault(name, "asks to act as somebody else, which is not supported; log in as that user")


def _current(files: Sequence[ConfigFile]) -> str:
    for file in files:
        name = file.document.get("current-context")
        if isinstance(name, str) and name:
            return name
        if name:
            raise UsageError(
                f"kubeconfig {file.path}: current-context must be text, found {kind_of_value(name)}; put it in quotes"
            )
    raise UsageError(f"kubeconfig {_paths(files)}: there is no current-context; set one, or name a context")


def _referred(files: Sequence[ConfigFile], context: _Entry, kind: str, faults: list[str]) -> _Entry:
    """Return the cluster or the user of a context; a context without a user is one that logs in as nobody."""
    name = context.text(kind)
    if name:
        return _named(files, kind, name, faults)
    if kind == "cluster" and not faults:
        context.fault(kind, "is missing; name one of the clusters")
        raise UsageError("; ".join(faults))
    return _Entry(files[0], kind, {}, faults)


def _named(files: Sequence[ConfigFile], kind: str, name: str, faults: list[str]) -> _Entry:
    for file in files:
        found = [entry for entry in _entries(file, f"{kind}s") if entry.get("name") == name]
        place = f"{kind}s[{_quoted(name)}]"
        if len(found) > 1:
            raise UsageError(f"kubeconfig {file.path}: {place} is there {len(found)} times; keep one of them")
        if found:
            fields = found[0].get(kind)
            if fields is not None and not isinstance(fields, dict):
                what = f"{place}.{kind} must be a mapping, found {kind_of_value(fields)}"
                raise UsageError(f"kubeconfig {file.path}: {what}; write fields under it")
            return _Entry(file, f"{place}.{kind}", fields or {}, faults)
    known = sorted(
        {cut(as_text(entry.get("name")), 60) for file in files for entry in _entries(file, f"{kind}s")} - {""}
    )
    there = f"there are {', '.join(known[:10])}" if known else "there is none at all"
    raise UsageError(f"kubeconfig {_paths(files)}: there is no {kind} {_quoted(name)}; {there}")


def _entries(file: ConfigFile, plural: str) -> Iterator[JsonObject]:
    entries = file.document.get(plural)
    if entries is not None and not isinstance(entries, list):
        raise UsageError(f"kubeconfig {file.path}: {plural} must be a list, found {kind_of_value(entries)}")
    for position, entry in enumerate(entries or []):
        if not isinstance(entry, dict):
            what = f"{plural}[{position}] must be a mapping with a name, found {kind_of_value(entry)}"
            raise UsageError(f"kubeconfig {file.path}: {what}")
        if not isinstance(entry.get("name"), str | None):
            what = f"{plural}[{position}].name must be text, found {kind_of_value(entry['name'])}; put it in quotes"
            raise UsageError(f"kubeconfig {file.path}: {what}")
        yield entry


def _speaks_of_tls(cluster: _Entry, user: _Entry) -> bool:
    """Tell whether a server without a scheme means https (client-go: ``defaultServerUrlFor``)."""
    names = {*cluster.names, *user.names}
    return cluster.flag("insecure-skip-tls-verify") or bool(
        names & {"certificate-authority", "certificate-authority-data", "client-certificate", "client-certificate-data"}
    )


def _server(cluster: _Entry, *, tls: bool) -> str:
    text = cluster.text("server").strip()
    if not text:
        cluster.fault("server", "is missing; write the address of the API server, such as https://host:6443")
        return ""
    url = text if "://" in text else f"{'https' if tls else 'http'}://{text}"
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment:
        cluster.fault("server", "is no address of an API server; write one such as https://host:6443")
        return ""
    if parts.username or parts.password:
        cluster.fault("server", "holds a user; write username and password under the user")
        return ""
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _paths(files: Sequence[ConfigFile]) -> str:
    return ", ".join(file.path for file in files)


def _quoted(name: str) -> str:
    return repr(cut(name, 80))
