"""Which kind gets which defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster.copying import fresh_object
from brokkr_core.testing.cluster.defaulting import pods, policies, services, storage, workloads
from brokkr_core.testing.cluster.resource import CRDS, StorageId

_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"

_DEFAULTERS: Final[Mapping[StorageId, Callable[[JsonObject], None]]] = {
    ("", "endpoints"): policies.default_endpoints,
    ("", "namespaces"): policies.default_namespace,
    ("", "persistentvolumeclaims"): storage.default_claim,
    ("", "persistentvolumes"): storage.default_volume,
    ("", "pods"): pods.default_pod,
    ("", "replicationcontrollers"): workloads.default_replicas,
    ("", "secrets"): policies.default_secret,
    ("", "services"): services.default_service,
    ("apiregistration.k8s.io", "apiservices"): policies.default_api_service,
    ("apps", "daemonsets"): workloads.default_daemon_set,
    ("apps", "deployments"): workloads.default_deployment,
    ("apps", "replicasets"): workloads.default_replicas,
    ("apps", "statefulsets"): workloads.default_stateful_set,
    ("autoscaling", "horizontalpodautoscalers"): policies.default_autoscaler,
    ("batch", "cronjobs"): workloads.default_cron_job,
    ("batch", "jobs"): workloads.default_job,
    ("discovery.k8s.io", "endpointslices"): policies.default_endpoint_slice,
    ("networking.k8s.io", "networkpolicies"): policies.default_network_policy,
    ("scheduling.k8s.io", "priorityclasses"): policies.default_priority_class,
    ("storage.k8s.io", "storageclasses"): storage.default_storage_class,
    (_ADMISSION, "mutatingwebhookconfigurations"): policies.default_webhooks,
    (_ADMISSION, "validatingwebhookconfigurations"): policies.default_webhooks,
    (_RBAC, "clusterrolebindings"): policies.default_binding,
    (_RBAC, "rolebindings"): policies.default_binding,
    CRDS: policies.default_definition,
}


def has_defaults(storage_id: StorageId) -> bool:
    """Tell whether a kind gets defaults."""
    return storage_id in _DEFAULTERS


def default_object(storage_id: StorageId, body: JsonObject) -> JsonObject:
    """Return the object with the defaults of its kind.

    Args:
        storage_id: what kind of object it is.
        body: the object; it is not changed.
    """
    defaulter = _DEFAULTERS.get(storage_id)
    if defaulter is None:
        return body
    out = fresh_object(body)
    defaulter(out)
    return out
