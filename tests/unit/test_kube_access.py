"""The way into a cluster without one: headers, proxies, the pod's own account, and who has to do the unusual."""

from __future__ import annotations

import json
import socket
import sys
import traceback
from pathlib import Path

import pytest
import trustme
import urllib3

from brokkr_core.errors import ClusterUnreachableError, UsageError
from brokkr_core.kube import pod
from brokkr_core.kube.access import authorization, load_access
from brokkr_core.kube.login import Login
from brokkr_core.kube.pod import pod_login
from brokkr_core.kube.pool import proxy_for
from brokkr_core.model.json import JsonObject
from kubeconfig_support import write_kubeconfig, write_service_account

HERE = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}
SECRET = "hunter2-hunter2"


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def a_login(server: str = "http://h", *, proxy: str = "", token: str = "", token_file: str = "") -> Login:
    return Login(where="here", server=server, proxy=proxy, token=token, token_file=token_file)


def test_a_token_file_goes_before_a_token_and_is_read_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("one\n")
    config = write_kubeconfig(tmp_path / "c", cluster={"server": "http://h"}, user={"tokenFile": "token", "token": "t"})
    access = load_access(config)
    before = access.auth_headers()
    file.write_text("two")

    assert (before, access.auth_headers()) == ({"authorization": "Bearer one"}, {"authorization": "Bearer two"})


def test_whoever_keeps_credentials_out_of_a_log_hears_each_new_one(tmp_path: Path) -> None:
    file, heard = tmp_path / "token", list[str]()
    file.write_text("one")
    config = write_kubeconfig(tmp_path / "c", cluster={"server": "http://h"}, user={"tokenFile": "token"})
    access = load_access(config).overheard(heard.append)
    access.auth_headers()
    file.write_text("two")
    assert access.auth_headers() == {"authorization": "Bearer two"}

    assert heard == ["one", "two"]
    assert "two" not in repr(access)


def test_a_token_file_that_went_away_says_so_before_anything_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(SECRET)
    access = load_access(write_kubeconfig(tmp_path / "c", cluster={"server": "http://h"}, user={"tokenFile": "token"}))
    file.unlink()
    with pytest.raises(ClusterUnreachableError, match=r"no credentials for the cluster at http://h: .*token") as caught:
        access.auth_headers()

    assert not caught.value.sent


@pytest.mark.parametrize(
    ("token", "said"),
    [("", "is empty; write a token into it"), (f"{SECRET}\n{SECRET}", "has characters"), (f"{SECRET}\u00e4", "has ch")],
)
def test_a_token_that_no_header_can_carry_is_refused_without_repeating_it(
    tmp_path: Path, token: str, said: str
) -> None:
    (tmp_path / "token").write_text(token)
    config = write_kubeconfig(tmp_path / "c", cluster={"server": "http://h"}, user={"tokenFile": "token"})
    with pytest.raises(UsageError, match=said) as caught:
        load_access(config)

    assert SECRET not in str(caught.value)


def test_a_missing_token_file_is_a_usage_error(tmp_path: Path) -> None:
    config = write_kubeconfig(tmp_path / "c", cluster={"server": "http://h"}, user={"tokenFile": "none"})
    with pytest.raises(UsageError, match=f"context 'x' of kubeconfig {config}: token: cannot read {tmp_path}/none"):
        load_access(config)


def test_a_name_and_a_password_are_utf8(tmp_path: Path) -> None:
    assert authorization(Login(where="", server="", username="\u00e4", password="b:c")) == "Basic w6Q6Yjpj"


def test_nobody_has_no_header(tmp_path: Path) -> None:
    assert load_access(write_kubeconfig(tmp_path / "c", cluster={"server": "http://h"})).auth_headers() == {}


@pytest.mark.parametrize(
    ("environment", "server", "proxy"),
    [
        ({}, "https://h", ""),
        ({"HTTPS_PROXY": "http://p:1"}, "https://h", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "http://h", ""),
        ({"http_proxy": "p:1"}, "http://h", "http://p:1"),
        ({"ALL_PROXY": "http://p:1"}, "https://h", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "h"}, "https://h:6443", ""),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "a, .corp"}, "https://h.corp", ""),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, "https://10.1.2.3:6443", ""),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, "https://11.1.2.3", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "h:6443"}, "https://h:6443", ""),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, "https://h", ""),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "corp"}, "https://notcorp", "http://p:1"),
    ],
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], server: str, proxy: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert proxy_for(a_login(server)) == proxy


def test_the_kubeconfigs_proxy_goes_before_the_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://other:1")
    config = write_kubeconfig(tmp_path / "c", cluster={"server": "http://h", "proxy-url": "http://p:3128"})
    pool = load_access(config).pool

    assert isinstance(pool, urllib3.ProxyManager)
    assert pool.proxy is not None
    assert pool.proxy.url == "http://p:3128"


@pytest.mark.parametrize("proxy", [f"gopher://u:{SECRET}@p", f"http://u:{SECRET}@[", f"http://u:{SECRET}@p:x"])
def test_a_proxy_that_cannot_be_used_is_refused_without_its_password(tmp_path: Path, proxy: str) -> None:
    config = write_kubeconfig(tmp_path / "c", cluster={"server": "http://h", "proxy-url": proxy})
    with pytest.raises(UsageError, match="the proxy cannot be used; write http://, https://") as caught:
        load_access(config)

    assert SECRET not in str(caught.value)


def test_the_pool_keeps_as_many_connections_as_asked_for_and_keeps_them_alive(tmp_path: Path) -> None:
    options = load_access(write_kubeconfig(tmp_path / "c", cluster={"server": "http://h"}), pool_size=7).pool
    kept = options.connection_pool_kw

    assert kept["maxsize"] == 7
    assert (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1) in kept["socket_options"]
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) in kept["socket_options"]


@pytest.mark.parametrize(
    ("host", "server"),
    [("10.0.0.1", "https://10.0.0.1:443"), ("fd00::1", "https://[fd00::1]:443"), ("kube", "https://kube:443")],
)
def test_a_pod_finds_its_cluster(tmp_path: Path, authority: trustme.CA, host: str, server: str) -> None:
    folder = write_service_account(tmp_path / "account", authority)
    login = pod_login({**HERE, "KUBERNETES_SERVICE_HOST": host}, folder)

    assert login is not None
    assert (login.server, login.namespace, authorization(login)) == (server, "shop", "Bearer pod-token")


def test_a_pod_goes_before_a_kubeconfig_that_nobody_named(
    tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write_kubeconfig(tmp_path / "c", cluster={"server": "http://h"})
    for name, value in {**HERE, "KUBECONFIG": config}.items():
        monkeypatch.setenv(name, value)
    outside = load_access().host
    monkeypatch.setattr(pod, "SERVICE_ACCOUNT", write_service_account(tmp_path / "account", authority))

    assert (outside, load_access().host, load_access(config).host) == ("http://h", "https://10.0.0.1:443", "http://h")


def test_a_rotated_token_of_a_pod_is_read(
    tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_service_account(tmp_path / "account", authority)
    monkeypatch.setattr(pod, "SERVICE_ACCOUNT", folder)
    for name, value in HERE.items():
        monkeypatch.setenv(name, value)
    access = load_access()
    (folder / "token").write_text("rotated\n")

    assert access.auth_headers() == {"authorization": "Bearer rotated"}


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("KUBERNETES_SERVICE_HOST", "do not say where the cluster is"),
        ("token", "token: cannot read"),
        ("ca.crt", "ca.crt: cannot read"),
    ],
)
def test_a_pod_that_lacks_something_says_what(
    tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, missing: str, said: str
) -> None:
    folder = write_service_account(tmp_path / "account", authority)
    (folder / missing).unlink(missing_ok=True)
    monkeypatch.setattr(pod, "SERVICE_ACCOUNT", folder)
    for name, value in HERE.items():
        monkeypatch.setenv(name, "" if name == missing else value)
    with pytest.raises(UsageError, match=f"the pod's service account in {folder}: .*{said}"):
        load_access()


def test_an_exec_plugin_is_run_and_what_else_the_context_says_holds(tmp_path: Path) -> None:
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "from-the-plugin"},
    }
    script = tmp_path / "plugin.py"
    script.write_text(f"print({json.dumps(credential)!r})")
    plugin = {"apiVersion": credential["apiVersion"], "command": sys.executable, "args": [str(script)]}
    plain = write_kubeconfig(tmp_path / "plain", cluster={"server": "http://h/"}, namespace="shop", user={})
    document = json.loads(Path(plain).read_text())
    document["users"][0]["user"]["exec"] = plugin
    Path(plain).write_text(json.dumps(document))
    access = load_access(plain)

    assert (access.host, access.namespace) == ("http://h", "shop")
    assert access.auth_headers() == {"authorization": "Bearer from-the-plugin"}


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ({"name": "oidc", "config": {"client-secret": SECRET}}, "Expected key id-token"),
        ({"name": "gcp", "config": SECRET}, "check auth-provider"),
    ],
)
def test_what_the_package_cannot_use_is_told_with_its_field_and_without_its_secrets(
    tmp_path: Path, provider: JsonObject, said: str
) -> None:
    user: JsonObject = {"auth-provider": provider, "password": SECRET}
    config = write_kubeconfig(tmp_path / "c", cluster={"server": "http://h"}, user=user)
    with pytest.raises(UsageError, match=f"context 'x' of kubeconfig {config}: ") as caught:
        load_access(config)

    assert said in str(caught.value)
    assert str(caught.value).endswith("; check auth-provider of the user")
    assert SECRET not in "".join(traceback.format_exception(caught.value, chain=True))
