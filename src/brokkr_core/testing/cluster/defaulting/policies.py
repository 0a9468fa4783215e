"""Defaults of everything that is no workload: RBAC, networking, admission, autoscaling, definitions."""

from __future__ import annotations

import base64

from brokkr_core.model.json import JsonObject, as_list, as_object, as_text
from brokkr_core.testing.cluster.defaulting.fill import each, fill, optional, struct

_RBAC = "rbac.authorization.k8s.io"


def default_namespace(body: JsonObject) -> None:
    """Fill in a Namespace: the label with its name."""
    metadata = struct(body, "metadata")
    struct(metadata, "labels")["kubernetes.io/metadata.name"] = metadata.get("name")


def default_secret(body: JsonObject) -> None:
    """Fill in a Secret; ``stringData`` moves into ``data``."""
    fill(body, {"type": "Opaque"})
    if not body["type"]:
        body["type"] = "Opaque"
    texts = as_object(body.pop("stringData", None))
    if texts:
        data = struct(body, "data")
        data.update({key: base64.b64encode(as_text(text).encode()).decode() for key, text in texts.items()})


def default_binding(body: JsonObject) -> None:
    """Fill in a RoleBinding or a ClusterRoleBinding."""
    fill(struct(body, "roleRef"), {"apiGroup": _RBAC})
    for subject in each(body, "subjects"):
        if subject.get("kind") in {"User", "Group"}:
            fill(subject, {"apiGroup": _RBAC})


def default_network_policy(body: JsonObject) -> None:
    """Fill in a NetworkPolicy."""
    spec = struct(body, "spec")
    if not as_list(spec.get("policyTypes")):
        spec["policyTypes"] = ["Ingress", "Egress"] if as_list(spec.get("egress")) else ["Ingress"]
    for name in ("ingress", "egress"):
        for rule in each(spec, name):
            for port in each(rule, "ports"):
                fill(port, {"protocol": "TCP"})


def default_autoscaler(body: JsonObject) -> None:
    """Fill in a HorizontalPodAutoscaler."""
    spec = struct(body, "spec")
    fill(spec, {"minReplicas": 1})
    if not as_list(spec.get("metrics")):
        target: JsonObject = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def default_webhooks(body: JsonObject) -> None:
    """Fill in a webhook configuration."""
    for webhook in each(body, "webhooks"):
        fill(webhook, {"failurePolicy": "Fail", "matchPolicy": "Equivalent", "timeoutSeconds": 10})
        fill(webhook, {"namespaceSelector": {}, "objectSelector": {}})
        if body.get("kind") == "MutatingWebhookConfiguration":
            fill(webhook, {"reinvocationPolicy": "Never"})
        service = optional(as_object(webhook.get("clientConfig")), "service")
        if service is not None:
            fill(service, {"port": 443})
        for rule in each(webhook, "rules"):
            fill(rule, {"scope": "*"})


def default_definition(body: JsonObject) -> None:
    """Fill in a CustomResourceDefinition."""
    spec = struct(body, "spec")
    names = struct(spec, "names")
    kind = as_text(names.get("kind"))
    fill(names, {"singular": kind.lower(), "listKind": f"{kind}List"})
    fill(struct(spec, "conversion"), {"strategy": "None"})


def default_api_service(body: JsonObject) -> None:
    """Fill in an APIService."""
    service = optional(struct(body, "spec"), "service")
    if service is not None:
        fill(service, {"port": 443})


def default_priority_class(body: JsonObject) -> None:
    """Fill in a PriorityClass."""
    fill(body, {"preemptionPolicy": "PreemptLowerPriority"})


def default_endpoints(body: JsonObject) -> None:
    """Fill in Endpoints."""
    for subset in each(body, "subsets"):
        for port in each(subset, "ports"):
            fill(port, {"protocol": "TCP"})


def default_endpoint_slice(body: JsonObject) -> None:
    """Fill in an EndpointSlice."""
    for port in each(body, "ports"):
        fill(port, {"name": "", "protocol": "TCP"})
