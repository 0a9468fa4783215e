"""What an unchanged stack costs, and that nobody's change is missed for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from brokkr_core.apply import ApplyPolicy, Conflicts, Memory, apply_plan
from brokkr_core.apply.preflight.observe import MOST_LEFT
from brokkr_core.kube import KubeClient
from brokkr_core.kube.client import PAGE
from brokkr_core.kube.transport import Stream
from brokkr_core.model.http import Request, Response
from brokkr_core.model.json import Json, JsonObject, as_list, dig
from brokkr_core.model.outcome import Report
from brokkr_core.model.plan import Plan
from brokkr_core.testing.cluster import EmbeddedCluster, Grant, MutatingHook, Rbac, Review, Settings, User
from brokkr_core.testing.cluster.rbac import EVERYTHING
from cluster_support import MERGE_PATCH, Client
from engine_play import actions, live, planned

TAKING = ApplyPolicy(conflicts=Conflicts.TAKE, ready_timeout_seconds=5.0, poll_seconds=0.02)

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
{head}spec:
  selector: {{matchLabels: {{app: n{number}}}}}
  template:
    metadata: {{labels: {{app: n{number}}}}}
    spec: {{containers: [{{name: a, image: b, ports: [{{containerPort: 80}}]}}]}}
"""


def stack(size: int) -> list[str]:
    """Objects of five kinds in two namespaces, one in four of them a Deployment."""
    documents = [f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {space}}}\n" for space in ("east", "west")]
    for number in range(size):
        space = ("east", "west")[number % 2]
        head = f"metadata: {{name: n{number}, namespace: {space}, labels: {{app: n{number}}}}}\n"
        documents.append(
            [
                f"apiVersion: v1\nkind: ConfigMap\n{head}data: {{a: '1'}}\n",
                f"apiVersion: v1\nkind: Secret\n{head}data: {{p: aHVudGVyMg==}}\n",
                f"apiVersion: v1\nkind: Service\n{head}spec: {{selector: {{app: n{number}}}, ports: [{{port: 80}}]}}\n",
                DEPLOYMENT.format(head=head, number=number),
            ][(number // 2) % 4]
        )
    return documents


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster(Settings(controllers=True)) as embedded:
        embedded.serve()  # so that its time runs and Deployments get ready
        yield embedded


def run(client: KubeClient, plan: Plan, memory: Memory | None = None) -> Report:
    return apply_plan(client, plan, policy=TAKING, memory=memory)


def requests(cluster: EmbeddedCluster) -> list[str]:
    """What was asked since the log was cleared, discovery left out."""
    return [f"{one.method} {one.path}" for one in cluster.requests if one.path not in ("/api", "/apis")]


#: Kinds times namespaces in use: four kinds in two namespaces, and the namespaces themselves.
COLLECTIONS = 9


def test_an_unchanged_stack_costs_one_list_for_each_kind_and_namespace(
    cluster: EmbeddedCluster, client: KubeClient
) -> None:
    plan = planned(client, *stack(400))
    memory = Memory()
    assert run(client, plan, memory).ok
    for _ in range(3):  # until every status has settled, which the memory has to see once
        assert set(actions(run(client, plan, memory)).values()) == {"unchanged"}
    cluster.requests.clear()
    report = run(client, plan, memory)

    assert set(actions(report).values()) == {"unchanged"}
    assert len(requests(cluster)) == COLLECTIONS
    assert {one.split()[0] for one in requests(cluster)} == {"GET"}


def test_without_memory_secrets_are_read_one_by_one_where_others_keep_theirs(
    cluster: EmbeddedCluster, client: KubeClient
) -> None:
    plan = planned(client, *stack(400))
    assert run(client, plan).ok
    theirs: JsonObject = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "theirs"}}
    Client(cluster.transport(), "east").create(theirs).expect(201)
    cluster.requests.clear()
    report = run(client, plan)

    assert set(actions(report).values()) == {"unchanged"}
    one_by_one = [one for one in requests(cluster) if "/secrets/" in one]
    assert len(one_by_one) == 50
    assert all("/namespaces/east/" in one for one in one_by_one)
    # In the other namespace one LIST of metadata, which finds nobody else's, and one of whole objects.
    assert len(requests(cluster)) - len(one_by_one) == COLLECTIONS + 1


def test_secrets_of_others_are_never_read(cluster: EmbeddedCluster, client: KubeClient) -> None:
    bodies: list[bytes] = []
    transport = cluster.transport()
    admin = Client(transport, "east")
    assert run(client, planned(client, *stack(40))).ok
    admin.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "theirs"}, "stringData": {"p": "x"}})

    class Listening:
        def send(self, request: Request, *, timeout_seconds: float) -> Response:
            answer = transport.send(request, timeout_seconds=timeout_seconds)
            bodies.append(answer.body)
            return answer

        def stream(self, request: Request, *, timeout_seconds: float) -> Stream:
            return transport.stream(request, timeout_seconds=timeout_seconds)

        def close(self) -> None:
            transport.close()

    assert run(KubeClient(Listening()), planned(client, *stack(40))).ok
    assert not any(b"eA==" in body for body in bodies)
    assert any(b'"theirs"' in body for body in bodies), "its metadata was listed"


def drift(cluster: EmbeddedCluster) -> None:
    """Somebody changes a field of ours, as kubectl edit does."""
    Client(cluster.transport(), "east").patch(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "n0"}}, {"data": {"a": "theirs"}}, MERGE_PATCH
    ).expect(200)


@pytest.mark.parametrize("memory", [None, Memory()])
def test_a_change_of_a_field_of_ours_is_seen_and_put_right(
    cluster: EmbeddedCluster, client: KubeClient, memory: Memory | None
) -> None:
    plan = planned(client, *stack(16))
    for _ in range(2):
        assert run(client, plan, memory).ok
    drift(cluster)
    report = run(client, plan, memory)

    assert actions(report)["ConfigMap/east/n0"] == "configured"
    assert list(actions(report).values()).count("unchanged") == len(plan.manifests) - 1
    assert dig(live(client, "ConfigMap", "n0", namespace="east"), "data", "a") == "1"


@pytest.mark.parametrize("memory", [None, Memory()])
def test_a_webhook_that_changes_our_field_on_somebody_elses_write_is_seen(memory: Memory | None) -> None:
    def meddle(review: Review) -> JsonObject:
        touched = dig(review.body, "metadata", "labels", "touch") is not None
        return {**review.body, "data": {"a": "meddled"}} if touched else review.body

    with EmbeddedCluster(hooks=[MutatingHook(name="meddler", call=meddle)]) as cluster:
        client, other = KubeClient(cluster.transport()), Client(cluster.transport())
        plan = planned(client, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {a: '1'}\n")
        for _ in range(2):
            assert run(client, plan, memory).ok
        ours = _entry_of_ours(client)
        body: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}}
        for label in ("1", None):
            other.patch(body, {"metadata": {"labels": {"touch": label}}}, MERGE_PATCH).expect(200)
        assert dig(live(client, "ConfigMap", "one"), "data", "a") == "meddled"
        assert _entry_of_ours(client) == ours, "ownership alone tells nothing"
        report = run(client, plan, memory)

        assert set(actions(report).values()) == {"configured"}
        assert dig(live(client, "ConfigMap", "one"), "data", "a") == "1"


def _entry_of_ours(client: KubeClient) -> Json:
    entries = as_list(dig(live(client, "ConfigMap", "one"), "metadata", "managedFields"))
    return next(entry for entry in entries if dig(entry, "operation") == "Apply")


READING = Grant(verbs=["get", "patch", "create"], resources=["*"], groups=["*"])
LISTING = Grant(verbs=["list"], resources=["*"], groups=["*"], namespaces=["s0", "s1"])


@pytest.mark.parametrize(("grants", "lists"), [([READING], 0), ([READING, LISTING], 2)])
def test_who_may_not_list_reads_one_by_one(grants: list[Grant], lists: int) -> None:
    users = [User(name="agent", token="a", grants=grants), User(name="root", token="r", grants=[EVERYTHING])]
    with EmbeddedCluster(Settings(namespaces=("default", "s0", "s1")), rbac=Rbac(users=users)) as cluster:
        client = KubeClient(cluster.transport(user="agent"))
        places = [f"{{name: n{number}, namespace: s{number % 2}}}" for number in range(6)]
        plan = planned(client, *[f"apiVersion: v1\nkind: ConfigMap\nmetadata: {place}\n" for place in places])
        assert run(client, plan).ok
        cluster.requests.clear()

        assert set(actions(run(client, plan)).values()) == {"unchanged"}
        good = [one for one in cluster.requests if one.status == 200 and one.path not in ("/api", "/apis")]
        assert len(good) == (lists or 6)


def test_a_kind_in_many_namespaces_is_listed_once() -> None:
    spaces = tuple(f"s{number}" for number in range(20))
    with EmbeddedCluster(Settings(namespaces=("default", *spaces))) as cluster:
        client = KubeClient(cluster.transport())
        one = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: one, namespace: {}}}\n"
        plan = planned(client, *[one.format(space) for space in spaces])
        assert run(client, plan).ok
        cluster.requests.clear()

        assert set(actions(run(client, plan)).values()) == {"unchanged"}
        assert requests(cluster) == ["GET /api/v1/configmaps"]


def test_a_kind_of_which_the_cluster_is_full_is_listed_by_namespace_and_that_is_remembered() -> None:
    spaces = ("s1", "s2", "s3")
    with EmbeddedCluster(Settings(namespaces=("default", *spaces))) as cluster:
        client, other = KubeClient(cluster.transport()), Client(cluster.transport())
        for number in range(PAGE + MOST_LEFT + 1):
            other.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"theirs-{number}"}})
        one = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}, namespace: {}}}\n"
        plan = planned(client, *[one.format(name, space) for space in spaces for name in "ab"])
        memory = Memory()
        assert run(client, plan, memory).ok
        assert requests(cluster).count("GET /api/v1/configmaps") == 1
        cluster.requests.clear()

        assert set(actions(run(client, plan, memory)).values()) == {"unchanged"}
        assert requests(cluster) == [f"GET /api/v1/namespaces/{space}/configmaps" for space in spaces]
