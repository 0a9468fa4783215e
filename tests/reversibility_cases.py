"""Transitions that are more than their values, each with the rule that speaks about it."""

from __future__ import annotations

from reversibility_support import (
    ANOTHER_PORT,
    CRD,
    DUAL,
    FREE,
    KEEPS,
    LIST,
    MAP,
    NO,
    TEXT,
    TIGHTER,
    YES,
    A,
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
    replaced,
    reshaped,
    schema,
    service,
    stateful,
    version,
    volume,
)

OBJECTS = (
    replaced("a Deployment gets another selector", deployment(), deployment(), "recreated", "spec.template"),
    replaced("a headless Service in place of another", service("ClusterIP"), service("ClusterIP"), "recreated"),
    replaced("a StatefulSet gets other claim templates", stateful(), stateful(), "recreated"),
    replaced("a Namespace anew", body("v1", "Namespace"), body("v1", "Namespace"), "recreated-content"),
    replaced("a claim anew", claim(), claim(), "recreated-content"),
    replaced("a volume anew", volume(), volume(), "recreated-content"),
    replaced(
        "a kind anew", body(CRD, "CustomResourceDefinition"), body(CRD, "CustomResourceDefinition"), "recreated-content"
    ),
    replaced("a held object anew", held("example.com/a"), held(), "recreated-finalizer", "metadata.finalizers"),
    made("a finalizer on a new object", held("example.com/a"), "created-finalizer", "metadata.finalizers"),
    made("a finalizer that only ends like one", held("notkubernetes.io/a"), "created-finalizer", "metadata.finalizers"),
    made(
        "a finalizer of a driver, which cleans up outside of the cluster",
        held("external-provisioner.volume.kubernetes.io/finalizer"),
        "created-finalizer",
        "metadata.finalizers",
    ),
    moved("a ConfigMap is sealed", config(), config(immutable=True), "sealed", "immutable"),
    moved(
        "a Secret is sealed", config("Secret", immutable=False), config("Secret", immutable=True), "sealed", "immutable"
    ),
    made("a kind that acts and says so", body("example.com/v1", "Migration", annotations=NO), "declared"),
    moved("a change that acts and says so", cron(NO), cron(NO, schedule="* * * * *"), "declared"),
)
RUNS = (
    made("a Job", job(), "runs"),
    made("a Pod that ends", pod(restartPolicy="Never"), "runs"),
    moved("a Job is resumed", job(suspend=True), job(suspend=False), "runs", "spec.suspend"),
    moved(
        "a Pod is let go",
        pod(schedulingGates=[{"name": "a"}], restartPolicy="OnFailure"),
        pod(restartPolicy="OnFailure"),
        "runs",
    ),
    replaced("a Job gets another template", job(YES), job(YES), "runs-again", "spec.template"),
    replaced("a Pod anew", pod(), pod(), "runs-again"),
    made("a CronJob", cron(), "scheduled", "spec.schedule"),
    moved("a CronJob is resumed", cron(suspend=True), cron(), "scheduled", "spec.suspend"),
    moved("another schedule", cron(), cron(schedule="* * * * *"), "scheduled", "spec.schedule"),
    moved("a toleration", pod(), pod(tolerations=[{"key": "a"}]), "pod-one-way", "spec.tolerations"),
    moved("a deadline", pod(), pod(activeDeadlineSeconds=9), "pod-one-way", "spec.activeDeadlineSeconds"),
)
SERVICES = (
    moved("to ExternalName", service("ClusterIP"), service("ExternalName"), "service-address", "spec.clusterIPs"),
    moved("from NodePort", service("NodePort"), service("ClusterIP"), "service-address", "spec.ports"),
    moved(
        "another node port",
        service("NodePort"),
        service("NodePort", ports=ANOTHER_PORT),
        "service-address",
        "spec.ports",
    ),
    moved(
        "to one family",
        service("ClusterIP", clusterIPs=DUAL),
        service("ClusterIP"),
        "service-address",
        "spec.clusterIPs",
    ),
    moved(
        "no health check",
        service("LoadBalancer", healthCheckNodePort=31000),
        service("LoadBalancer"),
        "service-address",
        "spec.healthCheckNodePort",
    ),
    moved("from LoadBalancer", service("LoadBalancer"), service("NodePort"), "service-load-balancer", "spec.type"),
    moved(
        "another class of load balancer",
        service("LoadBalancer"),
        service("LoadBalancer", loadBalancerClass="example.com/a"),
        "service-load-balancer",
        "spec.loadBalancerClass",
    ),
)
SETS = (
    made("a StatefulSet with claims", stateful(), "claims-left", "spec.volumeClaimTemplates"),
    moved("scaled up with claims", stateful(1), stateful(2), "claims-left", "spec.replicas"),
    moved(
        "scaled down, claims go",
        stateful(2),
        stateful(keep={"whenScaled": "Delete"}),
        "claims-deleted",
        "spec.replicas",
    ),
    replaced("a StatefulSet anew, claims go", stateful(keep={"whenDeleted": "Delete"}), stateful(), "claims-deleted"),
    moved("another image, one by one", stateful(), stateful(image="b"), "pods-in-order", "spec.template"),
)
STORAGE = (
    moved("a claim grows", claim(), claim(resources={"requests": {"storage": "2Gi"}}), "claim-grown"),
    moved("a first class", claim(), claim(volumeAttributesClassName="gold"), "claim-attributes"),
    made("a claim by name", claim(volumeName="v"), "claim-takes-volume", "spec.volumeName"),
    made("a claim without class", claim(storageClassName=""), "claim-takes-volume", "spec.storageClassName"),
    moved("a claim gets its volume", claim(), claim(volumeName="v"), "claim-takes-volume", "spec.volumeName"),
    made("a volume that deletes", volume(persistentVolumeReclaimPolicy="Delete"), "volume-deletes"),
    moved("a volume is promised", volume(), volume(claimRef={"name": "a"}), "volume-claim", "spec.claimRef"),
    moved("a volume is let go", volume(claimRef={"uid": "1"}), volume(), "volume-claim", "spec.claimRef"),
    moved("a volume is tied", volume(), volume(nodeAffinity={"required": {}}), "volume-nodes", "spec.nodeAffinity"),
)

DEFINITIONS = (
    moved("another scope", kind(), kind(scope="Cluster"), "definition-identity", "spec.scope"),
    moved(
        "stored in a new version",
        kind(version("v1")),
        kind(version("v1", storage=False), version("v2")),
        "definition-new-storage",
        "spec.versions[name=v2]",
    ),
    moved(
        "stored in another version",
        kind(version("v1"), version("v2", storage=False)),
        kind(version("v1", storage=False), version("v2")),
        "definition-storage",
        "spec.versions[name=v2].storage",
    ),
    moved(
        "a version is removed",
        kind(version("v1"), version("v0", storage=False)),
        kind(version("v1")),
        "definition-version",
        "spec.versions[name=v0]",
    ),
    moved(
        "a conversion webhook",
        kind(),
        kind(conversion={"strategy": "Webhook"}),
        "definition-conversion",
        "spec.conversion.strategy",
    ),
    moved("no conversion webhook", kind(conversion={"strategy": "Webhook"}), kind(), "definition-conversion"),
    moved(
        "a field is not known any more",
        kind(version("v1", shape=schema(a={"type": "string"}))),
        kind(version("v1", shape=schema())),
        "definition-dropped",
        f"{A}",
    ),
    reshaped("unknown fields go", FREE, {"type": "object"}, "definition-dropped", f"{A}.{KEEPS}"),
    reshaped("any member to none", MAP, {"type": "object"}, "definition-dropped", f"{A}.additionalProperties"),
    reshaped("a default", TEXT, {**TEXT, "default": "x"}, "definition-defaults", f"{A}.default"),
    reshaped("another default", {**TEXT, "default": "x"}, {**TEXT, "default": "y"}, "definition-defaults"),
    moved(
        "a new field with a default",
        kind(version("v1", shape=schema())),
        kind(version("v1", shape=schema(a={**TEXT, "default": "x"}))),
        "definition-defaults",
        A,
    ),
    *(
        reshaped(f"asks for more: {word}", {**TEXT, **before}, {**TEXT, **after}, "definition-tightened", f"{A}.{word}")
        for word, before, after in TIGHTER
    ),
    reshaped("deep within", LIST, {"type": "array", "items": {**TEXT, "maxLength": 1}}, "definition-tightened"),
)
CASES = (*OBJECTS, *RUNS, *SERVICES, *SETS, *STORAGE, *DEFINITIONS)
