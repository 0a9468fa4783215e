"""Kubeconfigs, authorities and servers for tests of the way into a cluster."""

from __future__ import annotations

import base64
import json
import ssl
from pathlib import Path

import trustme

from brokkr_core.model.json import JsonObject


def encoded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()


def write_kubeconfig(path: Path, *, cluster: JsonObject, user: JsonObject | None = None, namespace: str = "") -> str:
    """Write a kubeconfig with one of each; JSON is YAML."""
    context = {"cluster": "c", "user": "u"} | ({"namespace": namespace} if namespace else {})
    document = {
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user or {}}],
        "contexts": [{"name": "x", "context": context}],
        "current-context": "x",
    }
    path.write_text(json.dumps(document))
    return str(path)


def server_context(authority: trustme.CA, name: str, *, clients: trustme.CA | None = None) -> ssl.SSLContext:
    """Return what a server needs that is called ``name``; with ``clients`` it asks for their certificates."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    if clients is not None:
        clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def certificate_and_key(authority: trustme.CA, name: str) -> tuple[bytes, bytes]:
    issued = authority.issue_cert(name)
    return b"".join(blob.bytes() for blob in issued.cert_chain_pems), issued.private_key_pem.bytes()


def write_service_account(folder: Path, authority: trustme.CA, token: str = "pod-token") -> Path:
    folder.mkdir()
    (folder / "token").write_text(token)
    (folder / "namespace").write_text("shop")
    (folder / "ca.crt").write_bytes(authority.cert_pem.bytes())
    return folder
