"""Plain kubeconfigs and pods: what we read is what the ``kubernetes`` package reads, for whatever it reads rightly.

Left out is where the package and kubectl part, and we go with kubectl: the last ``current-context`` instead of the
first, a token beside a token file, users that are not there, and white space around the token in a file.
"""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias
from unittest.mock import patch

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from kubernetes import client, config
from kubernetes.config.incluster_config import InClusterConfigLoader

from brokkr_core.kube.access import Access, load_access, plain_access
from brokkr_core.kube.kubeconfig import choose
from brokkr_core.kube.kubeconfig_files import read_kubeconfigs
from brokkr_core.kube.pod import pod_login
from brokkr_core.model.json import Json, JsonObject
from kubeconfig_support import certificate_and_key, encoded, write_service_account

AUTHORITY = trustme.CA()
CA = AUTHORITY.cert_pem.bytes()
CERTIFICATE, KEY = certificate_and_key(AUTHORITY, "jane")
NAMES = ("a", "b")

words = st.text("abcXYZ019-._~+/=", min_size=1, max_size=20)
hosts = st.sampled_from(["h", "kube.corp:6443", "127.0.0.1:8443", "[fd00::1]:6443", "h/k8s/clusters/c-1"])
servers = st.builds("{}://{}{}".format, st.sampled_from(["http", "https"]), hosts, st.sampled_from(["", "/"]))
proxies = st.sampled_from(["http://p:3128", "https://p", "http://u:secret@p:1"])


Fields: TypeAlias = "st.SearchStrategy[JsonObject]"


def fields(*alternatives: JsonObject) -> Fields:
    return st.sampled_from(alternatives)


def pem(name: str, data: bytes) -> Fields:
    """As data, as a file beside the kubeconfig, or as both."""
    as_data: JsonObject = {f"{name}-data": encoded(data)}
    return fields(as_data, {name: f"pki/{name}"}, as_data | {name: "none"})


def maybe(one: Fields) -> Fields:
    return st.just({}) | one


def one_field(name: str, values: st.SearchStrategy[str] | st.SearchStrategy[bool]) -> Fields:
    return st.fixed_dictionaries({name: values})


@st.composite
def clusters(draw: st.DrawFn) -> JsonObject:
    parts = (
        pem("certificate-authority", CA),
        one_field("insecure-skip-tls-verify", st.booleans()),
        one_field("tls-server-name", words),
        one_field("proxy-url", proxies),
    )
    cluster: JsonObject = {"server": draw(servers)}
    for part in parts:
        cluster |= draw(maybe(part))
    return cluster


@st.composite
def users(draw: st.DrawFn) -> JsonObject:
    login: Fields = st.one_of(
        one_field("token", words),
        fields({"tokenFile": "pki/token"}),
        st.fixed_dictionaries({"username": words, "password": words}, optional={"token": words}),
    )
    user = draw(maybe(login))
    if draw(st.booleans()):
        user |= draw(pem("client-certificate", CERTIFICATE)) | draw(pem("client-key", KEY))
    return user


contexts: Fields = st.fixed_dictionaries(
    {"cluster": st.sampled_from(NAMES), "user": st.sampled_from(NAMES)}, optional={"namespace": words}
)


def entries(kind: str, one: Fields) -> Fields:
    """Some names in some order, perhaps none."""
    named = st.dictionaries(st.sampled_from(NAMES), one)
    return named.map(lambda found: {f"{kind}s": [{"name": name, kind: found[name]} for name in found]})


@st.composite
def kubeconfigs(draw: st.DrawFn) -> list[JsonObject]:
    """One to three files, the last of which has what the others lack, and which alone has a current context."""
    kinds = (("cluster", clusters()), ("user", users()), ("context", contexts))
    files: list[JsonObject] = []
    for _ in range(draw(st.integers(0, 2))):
        document: JsonObject = {}
        for kind, one in kinds:
            document |= draw(maybe(entries(kind, one)))
        files.append(document or {"kind": "Config"})
    last: JsonObject = {"current-context": draw(st.sampled_from(NAMES))}
    for kind, one in kinds:
        whole: Json = [{"name": name, kind: draw(one)} for name in draw(st.permutations(NAMES))]
        last[f"{kind}s"] = whole
    return [*files, last]


environments = st.fixed_dictionaries(
    {},
    optional={
        "HTTPS_PROXY": proxies,
        "http_proxy": proxies,
        "ALL_PROXY": proxies,
        "NO_PROXY": st.lists(
            st.sampled_from(["h", ".corp", "kube.corp:6443", "127.0.0.0/8", "fd00::/8", "*", "x", "p"]), max_size=2
        ).map(",".join),
    },
)


@pytest.fixture(scope="module")
def folders() -> Iterator[list[Path]]:
    """Three folders with a kubeconfig's files beside it, each with a token of its own."""
    with TemporaryDirectory() as place:
        made = [Path(place) / str(number) for number in range(3)]
        for folder in made:
            (folder / "pki").mkdir(parents=True)
            (folder / "pki" / "token").write_text(f"token-{folder.name}")
            (folder / "pki" / "certificate-authority").write_bytes(CA)
            (folder / "pki" / "client-certificate").write_bytes(CERTIFICATE)
            (folder / "pki" / "client-key").write_bytes(KEY)
        yield made


def without_proxies() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def theirs_as_access(configuration: Any) -> Access:
    settings = configuration.auth_settings().values()
    return Access(
        host=configuration.host.rstrip("/"),
        namespace="",
        pool=client.ApiClient(configuration).rest_client.pool_manager,
        auth_headers=lambda: {entry["key"].lower(): entry["value"] for entry in settings if entry["value"]},
    )


def header(access: Access) -> tuple[str, str]:
    """Return scheme, whose letters may be small or capital (RFC 9110 11.1), and credentials."""
    scheme, _, rest = access.auth_headers().get("authorization", "").partition(" ")
    return scheme.lower(), rest


def proxy_of(access: Access) -> str:
    proxy = getattr(access.pool, "proxy", None)
    return "" if proxy is None else str(proxy.url)


def trusted(options: Mapping[str, Any]) -> tuple[int, list[Any]]:
    """Return whether and whom a pool trusts; what no one is verified against does not count."""
    context = options.get("ssl_context")
    if context is None:
        context = ssl.create_default_context(cafile=options["ca_certs"])  # as urllib3 does it for each connection
        context.check_hostname = False
        context.verify_mode = options["cert_reqs"]
    return context.verify_mode, context.get_ca_certs() if context.verify_mode else []


def assert_alike(ours: Access, theirs: Access) -> None:
    ours_options, their_options = ours.pool.connection_pool_kw, theirs.pool.connection_pool_kw

    assert ours.host == theirs.host
    assert header(ours) == header(theirs)
    assert proxy_of(ours) == proxy_of(theirs)
    for option in ("maxsize", "socket_options", "server_hostname"):
        assert ours_options.get(option) == their_options.get(option), option
    if ours.host.startswith("https"):
        assert trusted(ours_options) == trusted(their_options)


@given(documents=kubeconfigs(), environment=environments, context=st.none() | st.sampled_from(NAMES))
def test_a_plain_kubeconfig_means_what_it_means_to_the_kubernetes_package(
    folders: list[Path], documents: list[JsonObject], environment: dict[str, str], context: str | None
) -> None:
    paths = [folder / "config" for folder in folders[: len(documents)]]
    for path, document in zip(paths, documents, strict=True):
        path.write_text(json.dumps(document))
    joined = ":".join(map(str, paths))
    with patch.dict(os.environ, without_proxies() | environment | {"KUBECONFIG": joined}, clear=True):
        configuration: Any = client.Configuration()
        configuration.connection_pool_maxsize = 5
        configuration.keep_alive = True
        config.load_kube_config(joined, context, configuration, persist_config=False)  # type: ignore[no-untyped-call]
        ours = load_access(context=context, pool_size=5)
        theirs = theirs_as_access(configuration)

        assert_alike(ours, theirs)
    everything, active = config.list_kube_config_contexts(joined)  # type: ignore[no-untyped-call]
    chosen = next((one for one in everything if one["name"] == context), active) if context else active
    assert ours.namespace == chosen["context"].get("namespace", "default")


@given(
    host=st.sampled_from(["10.0.0.1", "fd00::1", "fe80::1%eth0", "kubernetes.default.svc"]),
    port=st.integers(1, 65535).map(str),
    token=words,
    environment=environments,
)
def test_a_pod_gets_what_the_kubernetes_package_gets(
    host: str, port: str, token: str, environment: dict[str, str]
) -> None:
    address = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    with (
        TemporaryDirectory() as place,
        patch.dict(os.environ, without_proxies() | environment | address, clear=True),
    ):
        folder = write_service_account(Path(place) / "account", AUTHORITY, token)
        configuration: Any = client.Configuration()
        configuration.connection_pool_maxsize = 5
        configuration.keep_alive = True
        loader: Any = InClusterConfigLoader(str(folder / "token"), str(folder / "ca.crt"))  # type: ignore[no-untyped-call]
        loader.load_and_set(configuration)
        login = pod_login(os.environ, folder)
        assert login is not None

        assert_alike(plain_access(login, pool_size=5), theirs_as_access(configuration))


@given(certificate=pem("client-certificate", CERTIFICATE), key=pem("client-key", KEY))
def test_the_same_certificate_and_key_are_shown(folders: list[Path], certificate: JsonObject, key: JsonObject) -> None:
    document = {
        "clusters": [{"name": "a", "cluster": {"server": "https://h"}}],
        "users": [{"name": "a", "user": certificate | key}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "current-context": "a",
    }
    path = folders[0] / "config"
    path.write_text(json.dumps(document))
    configuration: Any = client.Configuration()
    config.load_kube_config(str(path), None, configuration, persist_config=False)  # type: ignore[no-untyped-call]

    login = choose(read_kubeconfigs(str(path), {}))

    assert login.certificate is not None
    assert login.key is not None
    assert login.certificate.read() == Path(configuration.cert_file).read_bytes()
    assert login.key.read() == Path(configuration.key_file).read_bytes()
