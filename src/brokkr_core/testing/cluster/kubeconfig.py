"""A kubeconfig for a served cluster."""

from __future__ import annotations

import base64

from brokkr_core.model.json import JsonObject

_NAME = "emulator"


def kubeconfig(url: str, *, token: str = "", ca_pem: bytes = b"") -> JsonObject:
    """Return a kubeconfig with one cluster, one user and one context.

    Args:
        url: where the server listens.
        token: a bearer token, if the server wants one.
        ca_pem: the certificate authority to trust, if it serves TLS.
    """
    cluster: JsonObject = {"server": url}
    if ca_pem:
        cluster["certificate-authority-data"] = base64.b64encode(ca_pem).decode()
    user: JsonObject = {"token": token} if token else {}
    context: JsonObject = {"cluster": _NAME, "user": _NAME, "namespace": "default"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": _NAME, "cluster": cluster}],
        "users": [{"name": _NAME, "user": user}],
        "contexts": [{"name": _NAME, "context": context}],
        "current-context": _NAME,
    }
