"""What connecting loads: the ``kubernetes`` package costs more than an apply, so only the unusual may load it."""

from __future__ import annotations

import json
from pathlib import Path

import trustme

from brokkr_core.model.json import JsonObject
from kubeconfig_support import certificate_and_key, encoded, write_kubeconfig, write_service_account
from process_support import in_a_fresh_process

#: Of the package, and of what it brings along.
PACKAGE = "[name for name in ('kubernetes', 'oauthlib', 'pydantic', 'requests', 'yaml') if name in sys.modules]"


def test_connecting_with_a_plain_kubeconfig_does_without_the_kubernetes_package(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate, key = certificate_and_key(authority, "jane")
    user: JsonObject = {"client-certificate-data": encoded(certificate), "client-key-data": encoded(key)}
    trust: JsonObject = {"certificate-authority-data": encoded(authority.cert_pem.bytes())}
    path = write_kubeconfig(tmp_path / "config", cluster={"server": "https://h", **trust}, user={"token": "t", **user})
    code = f"import sys, brokkr_core; client = brokkr_core.connect({path!r}); print(client.host, {PACKAGE})"

    assert in_a_fresh_process(code) == "https://h []"


def test_connecting_in_a_pod_does_without_the_kubernetes_package(tmp_path: Path) -> None:
    folder = write_service_account(tmp_path / "account", trustme.CA())
    code = (
        "import os, sys, pathlib, brokkr_core; from brokkr_core.kube import pod\n"
        f"pod.SERVICE_ACCOUNT = pathlib.Path({str(folder)!r})\n"
        "os.environ |= {'KUBERNETES_SERVICE_HOST': 'h', 'KUBERNETES_SERVICE_PORT': '443'}\n"
        f"client = brokkr_core.connect(); print(client.host, client.namespace, {PACKAGE})"
    )

    assert in_a_fresh_process(code) == "https://h:443 shop []"


def test_an_exec_plugin_is_what_the_kubernetes_package_is_loaded_for(tmp_path: Path) -> None:
    version = "client.authentication.k8s.io/v1"
    said = {"apiVersion": version, "kind": "ExecCredential", "status": {"token": "of-the-plugin"}}
    plugin: JsonObject = {"apiVersion": version, "command": "/bin/echo", "args": [json.dumps(said)]}
    path = write_kubeconfig(tmp_path / "config", cluster={"server": "http://h"}, user={"exec": plugin})
    code = (
        f"import sys; from brokkr_core.kube.access import load_access; access = load_access({path!r})\n"
        "print(access.auth_headers(), 'kubernetes' in sys.modules)"
    )

    assert in_a_fresh_process(code) == "{'authorization': 'Bearer of-the-plugin'} True"
