"""Users, their rules, and the answers to those who may not."""

from __future__ import annotations

import pytest

from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster import EmbeddedCluster, EmbeddedTransport, Grant, Rbac, User
from cluster_support import Client, config_map, deployment, namespace

READER = User(name="reader", token="r-token", groups=["readers"], grants=[Grant(verbs=["get"], resources=["*"])])
WRITER = User(
    name="writer",
    token="w-token",
    grants=[
        Grant(verbs=["get", "list", "watch", "create", "patch"], resources=["configmaps"], namespaces=["default"]),
        Grant(verbs=["patch"], resources=["deployments"], groups=["apps"], names=["web"]),
        Grant(verbs=["update"], resources=["*/status"], groups=["*"]),
    ],
)


@pytest.fixture
def embedded() -> EmbeddedCluster:
    return EmbeddedCluster(rbac=Rbac(users=[READER, WRITER]))


def as_user(embedded: EmbeddedCluster, name: str, space: str = "default") -> Client:
    return Client(embedded.transport(user=name), space)


def test_what_is_granted_goes_through(embedded: EmbeddedCluster) -> None:
    as_user(embedded, "writer").apply(config_map(a="1")).expect(201)
    assert as_user(embedded, "reader").read(config_map()).get("data") == {"a": "1"}


def test_a_refusal_says_who_may_not_do_what_where(embedded: EmbeddedCluster) -> None:
    refused = as_user(embedded, "reader").apply(config_map("x", a="1")).expect(403)
    assert refused.message == (
        'configmaps "x" is forbidden: User "reader" cannot patch resource "configmaps" '
        'in API group "" in the namespace "default"'
    )
    assert refused.reason == "Forbidden"
    assert refused.get("details") == {"name": "x", "kind": "configmaps"}


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        (
            "GET",
            "/api/v1/namespaces/lab/configmaps",
            (
                'configmaps is forbidden: User "writer" cannot list resource "configmaps" in API group "" '
                'in the namespace "lab"'
            ),
        ),
        (
            "GET",
            "/api/v1/configmaps",
            (
                'configmaps is forbidden: User "writer" cannot list resource "configmaps" in API group "" '
                "at the cluster scope"
            ),
        ),
        (
            "GET",
            "/api/v1/namespaces/lab",
            (
                'namespaces "lab" is forbidden: User "writer" cannot get resource "namespaces" in API group "" '
                'in the namespace "lab"'
            ),
        ),
        (
            "POST",
            "/api/v1/namespaces",
            (
                'namespaces is forbidden: User "writer" cannot create resource "namespaces" in API group "" '
                "at the cluster scope"
            ),
        ),
        (
            "DELETE",
            "/api/v1/namespaces/default/configmaps",
            (
                'configmaps is forbidden: User "writer" cannot deletecollection resource "configmaps" in API group "" '
                'in the namespace "default"'
            ),
        ),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/default/deployments/web/status",
            (
                'deployments.apps "web" is forbidden: User "writer" cannot patch resource "deployments/status" '
                'in API group "apps" in the namespace "default"'
            ),
        ),
    ],
)
def test_every_verb_and_scope_has_its_words(embedded: EmbeddedCluster, method: str, path: str, message: str) -> None:
    assert as_user(embedded, "writer").call(method, path).expect(403).message == message


def test_a_watch_is_a_verb_of_its_own(embedded: EmbeddedCluster) -> None:
    grants = [Grant(verbs=["get", "list"], resources=["configmaps"])]
    lister = EmbeddedCluster(rbac=Rbac(users=[User(name="lister", token="l", grants=grants)]))
    client = Client(lister.transport())
    client.list("v1", "ConfigMap").expect(200)
    refused = client.list("v1", "ConfigMap", watch="true").expect(403)
    assert 'cannot watch resource "configmaps"' in refused.message


def test_an_apply_that_would_create_needs_the_right_to_create(embedded: EmbeddedCluster) -> None:
    client = as_user(embedded, "writer")
    refused = client.apply(deployment("web")).expect(403)
    assert 'deployments.apps is forbidden: User "writer" cannot create' in refused.message
    assert embedded.administer(posted(deployment("web"))).status == 201
    client.apply(deployment("web", replicas=3), force=True).expect(200)
    assert client.apply(deployment("other")).expect(403).message.startswith('deployments.apps "other" is forbidden')


def posted(body: JsonObject) -> Request:
    client = Client(_Recorder())
    client.create(body)
    assert isinstance(client.transport, _Recorder)
    return client.transport.sent[0]


class _Recorder:
    """A transport that only remembers."""

    def __init__(self) -> None:
        self.sent: list[Request] = []

    def send(self, request: Request, *, timeout_seconds: float) -> Response:
        self.sent.append(request)
        return Response(status=200, body=b"{}")

    def close(self) -> None:
        return None


def test_an_unknown_token_is_nobody(embedded: EmbeddedCluster) -> None:
    stranger = Client(EmbeddedTransport(embedded, token="who?"))
    refused = stranger.read(config_map()).expect(401)
    assert (refused.reason, refused.message) == ("Unauthorized", "Unauthorized")
    assert stranger.list("v1", "ConfigMap", watch="true").status == 401


def test_somebody_without_a_token_is_anonymous_and_sees_next_to_nothing(embedded: EmbeddedCluster) -> None:
    client = Client(EmbeddedTransport(embedded))
    assert 'User "system:anonymous" cannot get resource' in client.read(config_map()).expect(403).message
    message = 'forbidden: User "system:anonymous" cannot get path "/apis"'
    assert client.call("GET", "/apis").expect(403).message == message
    assert [client.call("GET", path).status for path in ("/healthz", "/readyz", "/version")] == [200, 200, 200]
    review = client.call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {}).expect(403)
    assert 'cannot create resource "selfsubjectaccessreviews" in API group "authorization.k8s.io"' in review.message


def test_discovery_is_for_everybody_who_is_known(embedded: EmbeddedCluster) -> None:
    assert as_user(embedded, "writer").call("GET", "/apis").status == 200


@pytest.mark.parametrize(
    ("attributes", "allowed"),
    [
        ({"verb": "patch", "resource": "configmaps", "namespace": "default"}, True),
        ({"verb": "patch", "resource": "configmaps", "namespace": "lab"}, False),
        ({"verb": "patch", "resource": "configmaps"}, False),
        ({"verb": "patch", "group": "apps", "resource": "deployments", "name": "web", "namespace": "lab"}, True),
        ({"verb": "patch", "group": "apps", "resource": "deployments", "namespace": "lab"}, False),
        ({"verb": "update", "group": "apps", "resource": "deployments", "subresource": "status"}, True),
        ({"verb": "update", "group": "apps", "resource": "deployments"}, False),
        ({"verb": "patch", "group": "other", "resource": "deployments", "name": "web"}, False),
    ],
)
def test_an_access_review_answers_from_the_rules(
    embedded: EmbeddedCluster, attributes: dict[str, str], allowed: bool
) -> None:
    body: JsonObject = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": dict(attributes)},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    reply = as_user(embedded, "writer").call("POST", path, body).expect(201)
    assert reply.get("status", "allowed") is allowed


def test_a_path_may_be_asked_about_too(embedded: EmbeddedCluster) -> None:
    body: JsonObject = {"spec": {"nonResourceAttributes": {"verb": "get", "path": "/apis"}}}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert as_user(embedded, "writer").call("POST", path, body).get("status", "allowed") is True


def test_a_rules_review_lists_what_counts_in_a_namespace(embedded: EmbeddedCluster) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    reply = as_user(embedded, "writer").call("POST", path, {"spec": {"namespace": "lab"}}).expect(201)
    assert reply.get("status", "incomplete") is False
    assert reply.get("status", "resourceRules") == [
        {"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["web"]},
        {"verbs": ["update"], "apiGroups": ["*"], "resources": ["*/status"]},
    ]


def test_a_client_can_ask_who_it_is(embedded: EmbeddedCluster) -> None:
    reply = as_user(embedded, "reader").call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
    assert reply.get("status", "userInfo") == {"username": "reader", "groups": ["readers", "system:authenticated"]}


def test_an_administrator_by_token_may_do_everything() -> None:
    embedded = EmbeddedCluster(rbac=Rbac.admin("secret"))
    client = Client(embedded.transport())
    client.create(namespace("lab")).expect(201)
    client.delete(namespace("lab")).expect(200)


def test_tokens_stay_out_of_sight() -> None:
    assert "r-token" not in repr(Rbac(users=[READER]))


def test_a_user_that_is_not_there_is_named(embedded: EmbeddedCluster) -> None:
    with pytest.raises(LookupError, match="no user 'admin': there are reader, writer"):
        embedded.transport(user="admin")


@pytest.mark.parametrize("users", [[User(name="a")], [User(name="a", token="t"), User(name="b", token="t")]])
def test_every_user_needs_a_token_of_its_own(users: list[User]) -> None:
    with pytest.raises(ValueError, match="a token of its own"):
        Rbac(users=users)
