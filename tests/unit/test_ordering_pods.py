"""What a pod spec names goes before the workload that carries it."""

from __future__ import annotations

import pytest

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.plan import EdgeKind
from brokkr_core.ordering import order
from ordering_objects import (
    a_config_map,
    a_deployment,
    a_namespace,
    a_secret,
    a_service_account,
    an_object,
    edge_between,
)

SECRET, CONFIG = a_secret("wanted"), a_config_map("wanted")
CLAIM = an_object("v1", "PersistentVolumeClaim", "wanted", "shop")
ACCOUNT = a_service_account("wanted")
PRIORITY = an_object("scheduling.k8s.io/v1", "PriorityClass", "wanted")
RUNTIME = an_object("node.k8s.io/v1", "RuntimeClass", "wanted")
STORAGE = an_object("storage.k8s.io/v1", "StorageClass", "wanted")
DEVICES = an_object("resource.k8s.io/v1", "ResourceClaim", "wanted", "shop")
DEVICES_TEMPLATE = an_object("resource.k8s.io/v1", "ResourceClaimTemplate", "wanted", "shop")


def volume(**source: Json) -> JsonObject:
    return {"volumes": [{"name": "v", **source}]}


def projected(**source: Json) -> JsonObject:
    return volume(projected={"sources": [{"serviceAccountToken": {"path": "t"}}, {**source}]})


def environment(field: str, **source: Json) -> JsonObject:
    return {field: [{"name": "c", "env": [{"name": "PLAIN", "value": "x"}, {"name": "E", "valueFrom": {**source}}]}]}


NAMED: JsonObject = {"name": "wanted"}
KEY: JsonObject = {"name": "wanted", "key": "k"}

CASES: list[tuple[str, Manifest, JsonObject, str]] = [
    ("account", ACCOUNT, {"serviceAccountName": "wanted"}, "it runs as this ServiceAccount at {}.serviceAccountName"),
    ("old account field", ACCOUNT, {"serviceAccount": "wanted"}, "it runs as this ServiceAccount at {}.serviceAccount"),
    (
        "pull secret",
        SECRET,
        {"imagePullSecrets": [NAMED]},
        "it pulls images with this Secret at {}.imagePullSecrets[0]",
    ),
    ("priority", PRIORITY, {"priorityClassName": "wanted"}, "it runs under this PriorityClass at {}.priorityClassName"),
    ("runtime", RUNTIME, {"runtimeClassName": "wanted"}, "it runs under this RuntimeClass at {}.runtimeClassName"),
    ("secret volume", SECRET, volume(secret={"secretName": "wanted"}), "it mounts this Secret at {}.volumes[0]"),
    ("config volume", CONFIG, volume(configMap=NAMED), "it mounts this ConfigMap at {}.volumes[0]"),
    (
        "claim",
        CLAIM,
        volume(persistentVolumeClaim={"claimName": "wanted"}),
        "it mounts this PersistentVolumeClaim at {}.volumes[0]",
    ),
    (
        "projected secret",
        SECRET,
        projected(secret=NAMED),
        "it mounts this Secret at {}.volumes[0].projected.sources[1]",
    ),
    (
        "projected config",
        CONFIG,
        projected(configMap=NAMED),
        "it mounts this ConfigMap at {}.volumes[0].projected.sources[1]",
    ),
    (
        "csi",
        SECRET,
        volume(csi={"driver": "d", "nodePublishSecretRef": NAMED}),
        "it mounts a volume with this Secret at {}.volumes[0].csi",
    ),
    (
        "azure file",
        SECRET,
        volume(azureFile={"secretName": "wanted"}),
        "it mounts a volume with this Secret at {}.volumes[0].azureFile",
    ),
    (
        "iscsi",
        SECRET,
        volume(iscsi={"secretRef": NAMED}),
        "it mounts a volume with this Secret at {}.volumes[0].iscsi",
    ),
    (
        "ephemeral volume",
        STORAGE,
        volume(ephemeral={"volumeClaimTemplate": {"spec": {"storageClassName": "wanted"}}}),
        "it claims storage of this StorageClass at {}.volumes[0]",
    ),
    (
        "secret key",
        SECRET,
        environment("containers", secretKeyRef=KEY),
        "it reads its environment from this Secret at {}.containers[0].env[1]",
    ),
    (
        "config key of an init container",
        CONFIG,
        environment("initContainers", configMapKeyRef=KEY),
        "it reads its environment from this ConfigMap at {}.initContainers[0].env[1]",
    ),
    (
        "whole secret",
        SECRET,
        {"containers": [{"envFrom": [{"secretRef": NAMED}]}]},
        "it reads its environment from this Secret at {}.containers[0].envFrom[0]",
    ),
    (
        "whole config of an ephemeral container",
        CONFIG,
        {"ephemeralContainers": [{"envFrom": [{"configMapRef": NAMED}]}]},
        "it reads its environment from this ConfigMap at {}.ephemeralContainers[0].envFrom[0]",
    ),
    (
        "device claim",
        DEVICES,
        {"resourceClaims": [{"name": "gpu", "resourceClaimName": "wanted"}]},
        "it claims devices through this ResourceClaim at {}.resourceClaims[0]",
    ),
    (
        "device claim template",
        DEVICES_TEMPLATE,
        {"resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "wanted"}]},
        "it claims devices through this ResourceClaimTemplate at {}.resourceClaims[0]",
    ),
]


@pytest.mark.parametrize(("named", "spec", "because"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_a_pod_spec_names_goes_first_with_the_field_as_reason(
    named: Manifest, spec: JsonObject, because: str
) -> None:
    web = a_deployment("web", spec=spec)
    plan = order([web, named])
    edge = edge_between(plan, named, web)
    assert edge is not None
    assert (edge.kind, edge.hard) == (EdgeKind.REFERENCE, True)
    assert edge.because == because.format("spec.template.spec")
    assert [manifest.ref for manifest in plan.manifests] == [named.ref, web.ref]


@pytest.mark.parametrize(
    "spec",
    [
        volume(secret={"secretName": "wanted", "optional": True}),
        projected(secret={"name": "wanted", "optional": True}),
        environment("containers", secretKeyRef={**KEY, "optional": True}),
        {"containers": [{"envFrom": [{"secretRef": {"name": "wanted", "optional": True}}]}]},
    ],
    ids=["volume", "projected", "env", "envFrom"],
)
def test_an_optional_name_is_only_an_advice(spec: JsonObject) -> None:
    web = a_deployment("web", spec=spec)
    edge = edge_between(order([web, SECRET]), SECRET, web)
    assert edge is not None
    assert not edge.hard


def test_a_name_needed_once_is_hard_even_if_it_is_optional_elsewhere() -> None:
    optional: JsonObject = {"name": "wanted", "optional": True}
    web = a_deployment("web", spec={"containers": [{"envFrom": [{"secretRef": optional}, {"secretRef": NAMED}]}]})
    edge = edge_between(order([web, SECRET]), SECRET, web)
    assert edge is not None
    assert edge.hard
    assert edge.because.endswith("envFrom[1]")


@pytest.mark.parametrize(
    ("api_version", "kind", "path"),
    [
        ("v1", "Pod", "spec"),
        ("v1", "PodTemplate", "template.spec"),
        ("v1", "ReplicationController", "spec.template.spec"),
        ("apps/v1", "Deployment", "spec.template.spec"),
        ("apps/v1", "ReplicaSet", "spec.template.spec"),
        ("apps/v1", "StatefulSet", "spec.template.spec"),
        ("apps/v1", "DaemonSet", "spec.template.spec"),
        ("batch/v1", "Job", "spec.template.spec"),
        ("batch/v1", "CronJob", "spec.jobTemplate.spec.template.spec"),
        ("argoproj.io/v1alpha1", "Rollout", "spec.template.spec"),
    ],
)
def test_every_kind_that_makes_pods_is_read(api_version: str, kind: str, path: str) -> None:
    content: JsonObject = {"serviceAccountName": "wanted"}
    for field in reversed(path.split(".")):
        content = {field: content}
    workload = an_object(api_version, kind, "work", "shop", content)
    edge = edge_between(order([workload, ACCOUNT]), ACCOUNT, workload)
    assert edge is not None
    assert edge.because == f"it runs as this ServiceAccount at {path}.serviceAccountName"


def test_a_name_means_the_object_in_the_own_namespace_only() -> None:
    web = a_deployment("web", "shop", spec={"imagePullSecrets": [NAMED]})
    assert order([web, a_secret("wanted", "other")]).edges == ()


def test_what_the_bundle_does_not_have_makes_no_edge() -> None:
    web = a_deployment("web", spec={"serviceAccountName": "elsewhere", "volumes": [None, {"secret": "odd"}]})
    assert order([web, a_namespace("other")]).edges == ()


def test_the_same_kind_in_another_group_is_not_read_as_a_workload() -> None:
    other = an_object("example.com/v1", "Deployment", "web", "shop", {"spec": a_deployment("web").body["spec"]})
    assert order([other, SECRET]).edges == ()
