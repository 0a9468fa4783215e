"""Kubeconfigs without files: whose word counts, what is told of a mistake, and what is never told."""

from __future__ import annotations

import base64

import pytest

from brokkr_core.errors import UsageError
from brokkr_core.kube.kubeconfig import ConfigFile, choose
from brokkr_core.model.json import Json, JsonObject

SECRET = "hunter2-hunter2"
SERVER: JsonObject = {"server": "https://h:6443"}


def a_file(
    path: str = "/c/config",
    *,
    cluster: Json = None,
    user: Json = None,
    context: JsonObject | None = None,
    name: str = "a",
    current: Json = "a",
) -> ConfigFile:
    """Make a kubeconfig with one of each."""
    document: JsonObject = {
        "clusters": [{"name": name, "cluster": SERVER if cluster is None else cluster}],
        "users": [{"name": name, "user": {"token": SECRET} if user is None else user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name} if context is None else context}],
        "current-context": current,
    }
    return ConfigFile(path=path, document=document)


def refused(*files: ConfigFile, context: str | None = None) -> str:
    with pytest.raises(UsageError) as caught:
        choose(files, context=context)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_the_current_context_says_where_to_and_as_whom() -> None:
    login = choose([a_file()])

    assert (login.server, login.token, login.namespace, login.verify) == ("https://h:6443", SECRET, "default", True)


def test_no_secret_is_in_the_repr() -> None:
    data = base64.b64encode(SECRET.encode()).decode()
    user: JsonObject = {"token": SECRET, "password": SECRET, "username": "u", "client-certificate-data": data}
    login = choose(
        [a_file(user=user | {"client-key-data": data}, cluster=SERVER | {"proxy-url": f"http://u:{SECRET}@p"})]
    )

    assert SECRET not in repr(login)
    assert data not in repr(login)


def test_a_named_context_goes_before_the_current_one() -> None:
    other = a_file("/c/other", name="b", cluster={"server": "https://other"}, current=None)

    assert choose([a_file(), other], context="b").server == "https://other"


def test_the_first_file_to_name_something_is_the_one_that_counts_and_nothing_is_mixed() -> None:
    first = a_file("/c/1", user={"username": "first"}, current="")
    second = a_file("/c/2", user={"token": SECRET, "password": SECRET}, cluster={"server": "https://second"})
    login = choose([first, second])

    assert (login.server, login.username, login.password, login.token) == ("https://h:6443", "first", "", "")


def test_the_first_current_context_counts() -> None:
    files = [a_file("/c/1", current=None), a_file("/c/2", name="b"), a_file("/c/3", name="c", current="c")]

    assert choose(files).context == "a"


def test_a_context_may_take_its_cluster_and_user_from_other_files() -> None:
    only = ConfigFile(path="/c/1", document={"contexts": [{"name": "x", "context": {"cluster": "a", "user": "b"}}]})
    user = a_file("/d/3", name="b", user={"tokenFile": "token"})
    login = choose([only, a_file("/c/2"), user], context="x")

    assert (login.server, login.token_file) == ("https://h:6443", "/d/token")


@pytest.mark.parametrize(
    ("written", "path"),
    [("pki/ca.crt", "/c/pki/ca.crt"), ("../ca.crt", "/ca.crt"), ("/etc/ca.crt", "/etc/ca.crt"), ("", "")],
)
def test_relative_paths_begin_where_their_kubeconfig_is(written: str, path: str) -> None:
    login = choose([a_file(cluster=SERVER | {"certificate-authority": written})])

    assert (login.authority.file if login.authority else "") == path


def test_data_goes_before_a_file() -> None:
    encoded = base64.encodebytes(b"pem" * 40).decode()
    login = choose([a_file(cluster=SERVER | {"certificate-authority": "x", "certificate-authority-data": encoded})])

    assert login.authority is not None
    assert login.authority.read() == b"pem" * 40


@pytest.mark.parametrize(
    ("cluster", "server"),
    [
        ({"server": "https://h:6443/"}, "https://h:6443"),
        ({"server": "https://h/k8s/clusters/c-1/"}, "https://h/k8s/clusters/c-1"),
        ({"server": "HTTPS://h"}, "https://h"),
        ({"server": "https://[::1]:6443"}, "https://[::1]:6443"),
        ({"server": "h:8080"}, "http://h:8080"),
        ({"server": "h:6443", "certificate-authority": "ca.crt"}, "https://h:6443"),
        ({"server": "h:6443", "insecure-skip-tls-verify": True}, "https://h:6443"),
    ],
)
def test_a_server_is_read_as_kubectl_reads_it(cluster: JsonObject, server: str) -> None:
    assert choose([a_file(cluster=cluster)]).server == server


@pytest.mark.parametrize(
    "server", ["ftp://h", "https://", "https://h:x", "https://h?a=b", "https://[::1", "https://h#a"]
)
def test_a_server_that_is_none_is_told_with_file_and_field(server: str) -> None:
    assert refused(a_file(cluster={"server": server})) == (
        "kubeconfig /c/config: clusters['a'].cluster.server is no address of an API server; "
        "write one such as https://host:6443"
    )


def test_a_password_in_the_address_is_refused_without_repeating_it() -> None:
    assert "holds a user" in refused(a_file(cluster={"server": f"https://admin:{SECRET}@h"}))


@pytest.mark.parametrize("name", ["exec", "auth-provider", "something-of-the-future"])
def test_what_is_not_plain_is_named(name: str) -> None:
    assert choose([a_file(user={name: {"command": "x"}})]).unusual == (name,)


def test_null_says_nothing() -> None:
    login = choose([a_file(user={"exec": None, "token": None, "as": None}, cluster=SERVER | {"proxy-url": None})])

    assert (login.unusual, login.token, login.proxy) == ((), "", "")


@pytest.mark.parametrize("name", ["as", "as-uid", "as-groups", "as-user-extra"])
def test_acting_as_somebody_else_is_refused_since_dropping_it_would_give_other_rights(name: str) -> None:
    assert f"users['a'].user.{name} asks to act as somebody else" in refused(a_file(user={name: "jane"}))


def test_a_certificate_needs_a_key() -> None:
    assert "users['a'].user.client-key is missing" in refused(a_file(user={"client-certificate": "a.crt"}))


def test_a_context_without_a_user_logs_in_as_nobody() -> None:
    login = choose([a_file(context={"cluster": "a", "namespace": "shop"})])

    assert (login.token, login.username, login.certificate, login.namespace) == ("", "", None, "shop")


def test_several_faults_are_told_at_once() -> None:
    said = refused(
        a_file(
            cluster={"insecure-skip-tls-verify": "false", "certificate-authority-data": "%%%"},
            user={"token": 12345, "password": ["x"]},
        )
    )

    assert "cluster.insecure-skip-tls-verify must be true or false, found text; write it without quotes" in said
    assert "cluster.certificate-authority-data is not base64" in said
    assert "cluster.server is missing" in said
    assert "user.token must be text, found a number; put it in quotes" in said
    assert "user.password must be text, found a list; put it in quotes" in said
    assert "12345" not in said


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (a_file(current=None), "kubeconfig /c/config: there is no current-context; set one, or name a context"),
        (a_file(current=7), "kubeconfig /c/config: current-context must be text, found a number; put it in quotes"),
        (a_file(current="b"), "kubeconfig /c/config: there is no context 'b'; there are a"),
        (a_file(context={"cluster": "b"}), "kubeconfig /c/config: there is no cluster 'b'; there are a"),
        (a_file(context={"cluster": "a", "user": "b"}), "kubeconfig /c/config: there is no user 'b'; there are a"),
        (a_file(context={"user": "a"}), "contexts['a'].context.cluster is missing; name one of the clusters"),
        (a_file(user=[SECRET]), "users['a'].user must be a mapping, found a list; write fields under it"),
        (ConfigFile(path="/e", document={"current-context": "a"}), "there is no context 'a'; there is none at all"),
        (
            ConfigFile(path="/e", document={"current-context": "a", "contexts": {"a": SECRET}}),
            "kubeconfig /e: contexts must be a list, found a mapping",
        ),
        (
            ConfigFile(path="/e", document={"current-context": "a", "contexts": [SECRET]}),
            "kubeconfig /e: contexts[0] must be a mapping with a name, found text",
        ),
        (
            ConfigFile(path="/e", document={"current-context": "a", "contexts": [{"name": 1}]}),
            "kubeconfig /e: contexts[0].name must be text, found a number; put it in quotes",
        ),
    ],
)
def test_a_mistake_is_told_with_where_it_is_and_what_to_do(file: ConfigFile, said: str) -> None:
    assert said in refused(file)


def test_a_name_that_is_there_twice_in_one_file_is_nobodys_guess() -> None:
    file = a_file()
    twice = ConfigFile(path=file.path, document=file.document | {"users": [{"name": "a", "user": {}}] * 2})

    assert "users['a'] is there 2 times; keep one of them" in refused(twice)
