"""Transitions that look as if a rule would speak about them, and are exact."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject
from reversibility_support import (
    CRD,
    DUAL,
    FREE,
    LOOSER,
    MAP,
    TEXT,
    YES,
    body,
    claim,
    config,
    cron,
    deployment,
    held,
    job,
    kind,
    made,
    moved,
    pod,
    reshaped,
    service,
    stateful,
    version,
    volume,
)


def hooked(bundle: str) -> JsonObject:
    return kind(conversion={"strategy": "Webhook", "webhook": {"clientConfig": {"caBundle": bundle}}})


EXACT = (
    made("a ConfigMap that is sealed from the beginning", config(immutable=True)),
    made("a finalizer of Kubernetes' own", held("kubernetes.io/pvc-protection", "foregroundDeletion")),
    moved("a finalizer on an object that exists", held(), held("example.com/a")),
    moved("a label of a sealed Secret", config("Secret", immutable=True), config("Secret", immutable=True, extra=1)),
    moved(
        "Recreate to RollingUpdate",
        deployment(strategy={"type": "Recreate"}),
        deployment(strategy={"type": "RollingUpdate", "rollingUpdate": {}}),
    ),
    moved("a field that nobody applies any more", deployment(replicas=3), deployment(replicas=1)),
    moved(
        "a PodDisruptionBudget gets another selector",
        body("policy/v1", "PodDisruptionBudget", {"selector": {}}),
        body("policy/v1", "PodDisruptionBudget", {"minAvailable": 1}),
    ),
    moved(
        "a Service gets another selector", service("ClusterIP", selector={"a": "b"}), service("ClusterIP", selector={})
    ),
    moved("ClusterIP to NodePort", service("ClusterIP"), service("NodePort")),
    moved(
        "ClusterIP to LoadBalancer of a class", service("ClusterIP"), service("LoadBalancer", loadBalancerClass="a/b")
    ),
    moved("ExternalName to ClusterIP", service("ExternalName", clusterIPs=[]), service("ClusterIP")),
    moved("to two address families", service("ClusterIP"), service("ClusterIP", clusterIPs=DUAL)),
    made("a headless Service", service("ClusterIP", clusterIPs=["None"])),
    made("a claim with a class", claim()),
    made("a claim with the default class", claim(storageClassName=None)),
    moved("another class of attributes", claim(volumeAttributesClassName="a"), claim(volumeAttributesClassName="b")),
    made("a volume that is kept", volume(persistentVolumeReclaimPolicy="Retain", claimRef={"name": "a"})),
    moved(
        "a volume that is still promised", volume(claimRef={"name": "a"}), volume(claimRef={"name": "a", "kind": "X"})
    ),
    made("a Job that is suspended", job(suspend=True)),
    made("a Job that may run again", job(YES)),
    moved("a Job is suspended", job(), job(suspend=True)),
    moved("another number of pods at once", job(parallelism=1), job(parallelism=2)),
    made("a Pod that restarts for ever", pod()),
    moved("another image of a Pod", pod(), pod(containers=[{"name": "a", "image": "b"}])),
    made("a CronJob that is suspended", cron(suspend=True)),
    made("a CronJob that may run again", cron(YES)),
    moved("another template of a CronJob", cron(), cron(jobTemplate={})),
    made("a StatefulSet that takes its claims along", stateful(keep={"whenDeleted": "Delete"})),
    made("a StatefulSet without claims", stateful(volumeClaimTemplates=[])),
    moved("scaled up, claims go with the pods", stateful(1), stateful(2, keep={"whenScaled": "Delete"})),
    moved("scaled down, claims stay", stateful(2), stateful(1)),
    moved(
        "another image, all at once",
        stateful(podManagementPolicy="Parallel"),
        stateful(image="b", podManagementPolicy="Parallel"),
    ),
    moved("another image, on demand", stateful(), stateful(image="b", updateStrategy={"type": "OnDelete"})),
    made("a Namespace", body("v1", "Namespace")),
    made("a kind", body(CRD, "CustomResourceDefinition", {"group": "example.com"})),
    made("a custom resource", body("example.com/v1", "Widget", {"size": 1})),
    moved(
        "a custom resource",
        body("example.com/v1", "Widget", {"size": 1}),
        body("example.com/v1", "Widget", {"size": 2}),
    ),
    *(reshaped(f"asks for less: {word}", {**TEXT, **old}, {**TEXT, **new}) for word, old, new in LOOSER),
    reshaped("a field more", {"type": "object"}, {"type": "object", "properties": {"b": TEXT}}),
    reshaped("a field of many gets a schema of its own", MAP, {**MAP, "properties": {"b": TEXT}}),
    reshaped("a field is not named any more, but kept", {**FREE, "properties": {"b": TEXT}}, FREE),
    moved("a version more", kind(), kind(version("v1"), version("v2", storage=False))),
    moved("a version is not served any more", kind(), kind({**version("v1"), "served": False})),
    moved("another certificate of a conversion", hooked("a"), hooked("b")),
    moved("no strategy is the strategy None", kind(), kind(conversion={"strategy": "None"})),
)
