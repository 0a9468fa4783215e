"""Defaults of pods and pod templates (Kubernetes ``pkg/apis/core/v1/defaults.go``)."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, as_object, as_text
from brokkr_core.testing.cluster.defaulting.fill import each, fill, optional, struct

#: 0644, as secrets and config maps are mounted.
_MODE = 420

_MODED_VOLUMES = ("secret", "configMap", "downwardAPI", "projected")


def default_pod_spec(spec: JsonObject) -> None:
    """Fill in what the server adds to every pod spec."""
    fill(
        spec,
        {
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "schedulerName": "default-scheduler",
        },
    )
    struct(spec, "securityContext")
    account = as_text(spec.get("serviceAccountName")) or as_text(spec.get("serviceAccount"))
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for name in ("containers", "initContainers", "ephemeralContainers"):
        for container in each(spec, name):
            _default_container(container)
    for volume in each(spec, "volumes"):
        _default_volume(volume)


def default_pod(body: JsonObject) -> None:
    """Fill in a Pod."""
    spec = struct(body, "spec")
    default_pod_spec(spec)
    fill(spec, {"enableServiceLinks": True})
    for name in ("containers", "initContainers"):
        for container in each(spec, name):
            resources = struct(container, "resources")
            # In a template they stay apart until there is a pod.
            if limits := as_object(resources.get("limits")):
                fill(struct(resources, "requests"), limits)


def default_template(spec: JsonObject) -> None:
    """Fill in the pod template of a workload's spec."""
    template = struct(spec, "template")
    default_pod_spec(struct(template, "spec"))


def _default_container(container: JsonObject) -> None:
    fill(
        container,
        {
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "imagePullPolicy": _pull_policy(as_text(container.get("image"))),
        },
    )
    struct(container, "resources")
    for port in each(container, "ports"):
        fill(port, {"protocol": "TCP"})
    for variable in each(container, "env"):
        reference = optional(as_object(variable.get("valueFrom")), "fieldRef")
        if reference is not None:
            fill(reference, {"apiVersion": "v1"})
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = optional(container, name)
        if probe is not None:
            _default_probe(probe)


def _pull_policy(image: str) -> str:
    name = image.rpartition("/")[2]
    tagged = ":" in name and not name.endswith(":latest")
    return "IfNotPresent" if tagged or "@" in name else "Always"


def _default_probe(probe: JsonObject) -> None:
    fill(probe, {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3})
    http = optional(probe, "httpGet")
    if http is not None:
        fill(http, {"path": "/", "scheme": "HTTP"})
    grpc = optional(probe, "grpc")
    if grpc is not None:
        fill(grpc, {"service": ""})


def _default_volume(volume: JsonObject) -> None:
    for name in _MODED_VOLUMES:
        source = optional(volume, name)
        if source is not None:
            fill(source, {"defaultMode": _MODE})
    host_path = optional(volume, "hostPath")
    if host_path is not None:
        fill(host_path, {"type": ""})
    if not set(volume) - {"name"}:
        volume["emptyDir"] = {}
    for source in each(as_object(volume.get("projected")), "sources"):
        token = optional(source, "serviceAccountToken")
        if token is not None:
            fill(token, {"expirationSeconds": 3600})
