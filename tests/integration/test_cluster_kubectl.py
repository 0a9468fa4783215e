"""An independent client: kubectl against the served emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster import EmbeddedCluster, Settings
from cluster_support import config_map, definition, deployment, gadget, namespace, service, with_metadata
from kubectl_support import Kubectl, needs_kubectl

pytestmark = needs_kubectl


@pytest.fixture
def embedded() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster(Settings(controllers=True, deployment_ready_seconds=0.2)) as cluster:
        cluster.serve()
        yield cluster


@pytest.fixture
def kubectl(embedded: EmbeddedCluster, tmp_path: Path) -> Kubectl:
    return Kubectl(tmp_path, embedded.write_kubeconfig(tmp_path / "config"))


def test_api_resources_are_listed(kubectl: Kubectl) -> None:
    listed = kubectl("api-resources", "-o", "name").splitlines()
    assert {"configmaps", "deployments.apps", "customresourcedefinitions.apiextensions.k8s.io"} <= set(listed)


def test_server_side_apply_and_its_dry_run(kubectl: Kubectl, embedded: EmbeddedCluster) -> None:
    path = kubectl.file(config_map(a="1"), deployment())
    assert kubectl("apply", "--server-side", "--dry-run=server", "-f", path).count("(server dry run)") == 2
    assert embedded.requests.count(writes=True) == 0
    assert kubectl("apply", "--server-side", "-f", path).splitlines() == [
        "configmap/settings serverside-applied",
        "deployment.apps/web serverside-applied",
    ]


def test_a_conflict_is_explained_and_can_be_forced(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", kubectl.file(config_map(a="1")))
    other = kubectl.file(config_map(a="2"))
    refused = kubectl.run("apply", "--server-side", "--field-manager=other", "-f", other)
    assert refused.returncode == 1
    assert 'Apply failed with 1 conflict: conflict with "kubectl": .data.a' in refused.stderr
    kubectl("apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", other)
    assert kubectl("get", "configmap", "settings", "-o", "jsonpath={.data.a}") == "2"


def test_client_side_apply_creates_configures_and_prunes_fields(kubectl: Kubectl) -> None:
    assert kubectl("apply", "-f", kubectl.file(config_map(a="1", b="2"))) == "configmap/settings created\n"
    assert kubectl("apply", "-f", kubectl.file(config_map(a="1"))) == "configmap/settings configured\n"
    assert kubectl("apply", "-f", kubectl.file(config_map(a="1"))) == "configmap/settings unchanged\n"
    assert json.loads(kubectl("get", "cm", "settings", "-o", "json"))["data"] == {"a": "1"}


def test_client_side_objects_move_over_to_server_side(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", kubectl.file(config_map(a="1", b="2")))
    kubectl("apply", "--server-side", "-f", kubectl.file(config_map(a="1")))
    live = json.loads(kubectl("get", "cm", "settings", "-o", "json", "--show-managed-fields"))
    assert live["data"] == {"a": "1"}
    found = {(entry["manager"], entry["operation"]) for entry in live["metadata"]["managedFields"]}
    assert found == {("kubectl", "Apply"), ("kubectl-last-applied", "Apply")}


def test_diff_tells_what_would_change(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", kubectl.file(deployment()))
    assert kubectl("diff", "--server-side", "-f", kubectl.file(deployment())) == ""
    changed = kubectl.run("diff", "--server-side", "-f", kubectl.file(deployment(image="nginx:2")))
    assert changed.returncode == 1
    assert "+      - image: nginx:2" in changed.stdout


def test_a_rollout_is_awaited(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", kubectl.file(deployment()))
    assert "successfully rolled out" in kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    kubectl("wait", "--for=condition=Available", "deployment/web", "--timeout=30s")
    assert "2/2" in kubectl("get", "deployment", "web")
    assert kubectl("get", "pods", "--no-headers").count("Running") == 2


def test_everything_is_printed_in_columns(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", kubectl.file(service(), deployment()))
    printed = kubectl("get", "all", "-A")
    assert "CLUSTER-IP" in printed
    assert "service/web" in printed
    assert "deployment.apps/web" in printed


def test_labels_scale_and_image_are_set(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", kubectl.file(deployment()))
    kubectl("label", "deployment", "web", "tier=gold")
    kubectl("scale", "deployment", "web", "--replicas=4")
    kubectl("set", "image", "deployment/web", "main=nginx:9")
    live = json.loads(kubectl("get", "deployment", "web", "-o", "json"))
    assert live["metadata"]["labels"]["tier"] == "gold"
    assert live["spec"]["replicas"] == 4
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:9"


def test_a_definition_and_its_objects(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", kubectl.file(definition("acme.example.com")))
    kubectl("wait", "--for=condition=Established", "crd/gadgets.acme.example.com", "--timeout=30s")
    kubectl("apply", "--server-side", "-f", kubectl.file(gadget("acme.example.com", size=1)))
    assert kubectl("get", "gadgets", "-o", "name") == "gadget.acme.example.com/one\n"
    kubectl("delete", "crd", "gadgets.acme.example.com", "--timeout=30s")
    assert kubectl.run("get", "gadgets").returncode == 1


def test_delete_waits_until_the_object_is_gone(kubectl: Kubectl) -> None:
    inside = with_metadata(config_map(), namespace="lab")
    kubectl("apply", "--server-side", "-f", kubectl.file(namespace("lab"), inside))
    kubectl("delete", "namespace", "lab", "--timeout=30s")
    assert kubectl.run("get", "configmap", "settings", "-n", "lab").returncode == 1


def test_a_typo_is_refused(kubectl: Kubectl) -> None:
    body: JsonObject = {**config_map(), "dta": {"a": "1"}}
    on_server = kubectl.run("apply", "--server-side", "-f", kubectl.file(body))
    on_client = kubectl.run("apply", "-f", kubectl.file(body))
    assert ".dta: field not declared in schema" in on_server.stderr
    assert 'unknown field "dta"' in on_client.stderr


def test_what_is_read_as_yaml_is_what_is_stored(kubectl: Kubectl, embedded: EmbeddedCluster) -> None:
    kubectl("apply", "--server-side", "-f", kubectl.file(config_map(a="1", b="on")))
    shown = yaml.safe_load(kubectl("get", "configmap", "settings", "-o", "yaml", "--show-managed-fields"))
    assert shown == embedded.cluster.objects()["", "configmaps", "default", "settings"]


PATCHES = {
    "strategic": '{"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "nginx:9"}]}}}}',
    "merge": '{"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "nginx:9"}]}}}}',
    "json": '[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "nginx:9"}]',
}
IMAGE = "jsonpath={.spec.template.spec.containers[0].image}"


@pytest.mark.parametrize("kind", PATCHES)
def test_patches_of_every_kind(kubectl: Kubectl, kind: str) -> None:
    kubectl("apply", "--server-side", "-f", kubectl.file(deployment()))
    kubectl("patch", "deployment", "web", "--type", kind, "--patch", PATCHES[kind])
    assert kubectl("get", "deployment", "web", "-o", IMAGE) == "nginx:9"


def test_an_object_is_read_edited_and_put_back(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", kubectl.file(config_map(a="1")))
    kubectl("annotate", "configmap", "settings", "team=blue")
    body = json.loads(kubectl("get", "configmap", "settings", "-o", "json"))
    assert body["metadata"]["annotations"]["team"] == "blue"
    kubectl("replace", "-f", kubectl.file({**body, "data": {"a": "2"}}))
    assert kubectl("get", "configmap", "settings", "-o", "jsonpath={.data.a}") == "2"
    stale = kubectl.run("replace", "-f", kubectl.file({**body, "data": {"a": "3"}}))
    assert "the object has been modified" in stale.stderr


def test_a_watch_prints_what_comes(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", kubectl.file(config_map("first")))
    with kubectl.started("get", "configmaps", "--watch", "-o", "name") as lines:
        assert next(lines) == "configmap/first"
        kubectl("create", "configmap", "second")
        assert next(lines) == "configmap/second"


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("logs pod/two", 'pods "two" not found'),
        ("exec pod/one -- true", "the server could not find the requested resource"),
        ("explain pods", "not found in OpenAPI schema"),
        ("top pods", "Metrics API not available"),
    ],
)
def test_what_is_not_there_fails_clearly(kubectl: Kubectl, command: str, problem: str) -> None:
    kubectl("run", "one", "--image=nginx")
    failed = kubectl.run(*command.split())
    assert failed.returncode == 1
    assert problem in failed.stderr


def test_events_are_printed_as_people_read_them(kubectl: Kubectl, embedded: EmbeddedCluster) -> None:
    kubectl("apply", "-f", kubectl.file(config_map(a="1")))
    event: JsonObject = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "settings.1", "namespace": "default"},
        "involvedObject": {"apiVersion": "v1", "kind": "ConfigMap", "namespace": "default", "name": "settings"},
        "type": "Normal",
        "reason": "ObjectApplied",
        "message": "configured",
        "lastTimestamp": kubectl("get", "cm", "settings", "-o", "jsonpath={.metadata.creationTimestamp}"),
    }
    kubectl("create", "-f", kubectl.file(event))
    head, line = kubectl("get", "events").splitlines()

    assert head.split() == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    assert line.split()[1:] == ["Normal", "ObjectApplied", "configmap/settings", "configured"]
