"""Defaults of workloads (Kubernetes ``pkg/apis/apps/v1/defaults.go``, ``pkg/apis/batch/v1/defaults.go``)."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, as_object, dig
from brokkr_core.testing.cluster.defaulting.fill import each, fill, struct
from brokkr_core.testing.cluster.defaulting.pods import default_template
from brokkr_core.testing.cluster.defaulting.storage import default_claim_spec


def default_deployment(body: JsonObject) -> None:
    """Fill in a Deployment."""
    spec = struct(body, "spec")
    default_template(spec)
    fill(spec, {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600})
    strategy = struct(spec, "strategy")
    fill(strategy, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        fill(struct(strategy, "rollingUpdate"), {"maxUnavailable": "25%", "maxSurge": "25%"})


def default_stateful_set(body: JsonObject) -> None:
    """Fill in a StatefulSet."""
    spec = struct(body, "spec")
    default_template(spec)
    fill(spec, {"replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady"})
    strategy = struct(spec, "updateStrategy")
    fill(strategy, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        fill(struct(strategy, "rollingUpdate"), {"partition": 0, "maxUnavailable": 1})
    fill(struct(spec, "persistentVolumeClaimRetentionPolicy"), {"whenDeleted": "Retain", "whenScaled": "Retain"})
    for claim in each(spec, "volumeClaimTemplates"):
        fill(claim, {"apiVersion": "v1", "kind": "PersistentVolumeClaim"})
        default_claim_spec(struct(claim, "spec"))
        fill(struct(claim, "status"), {"phase": "Pending"})


def default_daemon_set(body: JsonObject) -> None:
    """Fill in a DaemonSet."""
    spec = struct(body, "spec")
    default_template(spec)
    fill(spec, {"revisionHistoryLimit": 10})
    strategy = struct(spec, "updateStrategy")
    fill(strategy, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        fill(struct(strategy, "rollingUpdate"), {"maxUnavailable": 1, "maxSurge": 0})


def default_replicas(body: JsonObject) -> None:
    """Fill in a ReplicaSet or a ReplicationController."""
    spec = struct(body, "spec")
    default_template(spec)
    fill(spec, {"replicas": 1})


def default_job(body: JsonObject) -> None:
    """Fill in a Job."""
    spec = struct(body, "spec")
    default_job_spec(spec)
    fill(spec, {"manualSelector": False})


def default_job_spec(spec: JsonObject) -> None:
    """Fill in the spec of a Job or of a CronJob's template."""
    default_template(spec)
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    fill(spec, {"parallelism": 1, "completionMode": "NonIndexed", "suspend": False})
    fill(spec, {"backoffLimit": 6} if spec.get("backoffLimitPerIndex") is None else {"backoffLimit": 2**31 - 1})
    policy = "Failed" if dig(spec, "podFailurePolicy") is not None else "TerminatingOrFailed"
    fill(spec, {"podReplacementPolicy": policy})


def default_cron_job(body: JsonObject) -> None:
    """Fill in a CronJob."""
    spec = struct(body, "spec")
    fill(
        spec,
        {
            "concurrencyPolicy": "Allow",
            "suspend": False,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 1,
        },
    )
    struct(struct(spec, "jobTemplate"), "metadata")
    job = struct(struct(spec, "jobTemplate"), "spec")
    default_template(job)


def job_selector(body: JsonObject) -> None:
    """Give a new Job the selector and labels that tie its pods to it.

    Args:
        body: a Job with a uid.
    """
    spec = as_object(body["spec"])
    if spec.get("manualSelector") is True or spec.get("selector") is not None:
        return
    metadata = as_object(body["metadata"])
    uid, name = metadata["uid"], metadata["name"]
    labels = struct(struct(as_object(spec["template"]), "metadata"), "labels")
    fill(
        labels,
        {
            "controller-uid": uid,
            "job-name": name,
            "batch.kubernetes.io/controller-uid": uid,
            "batch.kubernetes.io/job-name": name,
        },
    )
    if not metadata.get("labels"):
        metadata["labels"] = dict(labels)
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
