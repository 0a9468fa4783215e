"""What is known about kinds without asking a cluster: rank, scope, plural, and where a pod template stands.

Everything is keyed by group and kind, so that a Knative ``Service`` is not taken for the core one.
"""

from __future__ import annotations

from typing import Final

from brokkr_core.model.ref import GroupKind

CORE: Final = ""
ADMISSION: Final = "admissionregistration.k8s.io"
API_REGISTRATION: Final = "apiregistration.k8s.io"
APPS: Final = "apps"
AUTOSCALING: Final = "autoscaling"
BATCH: Final = "batch"
CRD_GROUP: Final = "apiextensions.k8s.io"
DRA: Final = "resource.k8s.io"
EXTENSIONS: Final = "extensions"
GATEWAY: Final = "gateway.networking.k8s.io"
NETWORKING: Final = "networking.k8s.io"
NODE: Final = "node.k8s.io"
POLICY: Final = "policy"
RBAC: Final = "rbac.authorization.k8s.io"
SCHEDULING: Final = "scheduling.k8s.io"
SNAPSHOT: Final = "snapshot.storage.k8s.io"
STORAGE: Final = "storage.k8s.io"


def _kinds(group: str, *kinds: str) -> tuple[GroupKind, ...]:
    return tuple(GroupKind(group=group, kind=kind) for kind in kinds)


#: What protects others without being named by them: goes first of all that is ready, so that no workload
#: starts unguarded.
GUARDS: Final = frozenset(
    _kinds(CORE, "LimitRange", "ResourceQuota")
    + _kinds(NETWORKING, "NetworkPolicy")
    + _kinds(EXTENSIONS, "NetworkPolicy")
)

#: Kinds of one row share a rank. Namespaces and CRDs are roots both and not ranked against each other.
_BEFORE_THE_REST: Final = (
    _kinds(CORE, "Namespace") + _kinds(CRD_GROUP, "CustomResourceDefinition"),
    _kinds(SCHEDULING, "PriorityClass")
    + _kinds(NODE, "RuntimeClass")
    + _kinds(STORAGE, "CSIDriver", "StorageClass", "VolumeAttributesClass")
    + _kinds(SNAPSHOT, "VolumeSnapshotClass")
    + _kinds(NETWORKING, "IngressClass")
    + _kinds(GATEWAY, "GatewayClass")
    + _kinds(DRA, "DeviceClass"),
    tuple(sorted(GUARDS)) + _kinds(POLICY, "PodSecurityPolicy"),
    _kinds(CORE, "ServiceAccount"),
    _kinds(RBAC, "ClusterRole", "Role"),
    _kinds(RBAC, "ClusterRoleBinding", "RoleBinding"),
    _kinds(CORE, "ConfigMap", "Secret"),
    _kinds(CORE, "PersistentVolume"),
    _kinds(CORE, "PersistentVolumeClaim"),
    _kinds(CORE, "Service"),
    _kinds(POLICY, "PodDisruptionBudget"),
    _kinds(APPS, "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")
    + _kinds(EXTENSIONS, "DaemonSet", "Deployment", "ReplicaSet")
    + _kinds(CORE, "Pod", "ReplicationController"),
    _kinds(BATCH, "CronJob", "Job"),
    _kinds(AUTOSCALING, "HorizontalPodAutoscaler"),
    _kinds(NETWORKING, "Ingress") + _kinds(EXTENSIONS, "Ingress"),
)
_AFTER_THE_REST: Final = (
    _kinds(API_REGISTRATION, "APIService"),
    _kinds(ADMISSION, "MutatingAdmissionPolicy", "ValidatingAdmissionPolicy"),
    _kinds(ADMISSION, "MutatingAdmissionPolicyBinding", "ValidatingAdmissionPolicyBinding"),
    _kinds(ADMISSION, "MutatingWebhookConfiguration"),
    _kinds(ADMISSION, "ValidatingWebhookConfiguration"),
)

_UNKNOWN_RANK: Final = len(_BEFORE_THE_REST)
_RANKS: Final = {
    **{kind: rank for rank, row in enumerate(_BEFORE_THE_REST) for kind in row},
    **{kind: rank for rank, row in enumerate(_AFTER_THE_REST, start=_UNKNOWN_RANK + 1) for kind in row},
}


def rank_of(kind: GroupKind) -> int:
    """Return where a kind stands among objects that are equally ready; custom resources stand before webhooks."""
    return _RANKS.get(kind, _UNKNOWN_RANK)


#: Kinds whose objects make pods, with the path to the pod template; a Pod is its own template.
POD_TEMPLATES: Final[dict[GroupKind, tuple[str, ...]]] = {
    **dict.fromkeys(_kinds(CORE, "Pod"), ()),
    **dict.fromkeys(_kinds(CORE, "PodTemplate"), ("template",)),
    **dict.fromkeys(_kinds(CORE, "ReplicationController"), ("spec", "template")),
    **dict.fromkeys(_kinds(APPS, "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"), ("spec", "template")),
    **dict.fromkeys(_kinds(EXTENSIONS, "DaemonSet", "Deployment", "ReplicaSet"), ("spec", "template")),
    **dict.fromkeys(_kinds(BATCH, "Job"), ("spec", "template")),
    **dict.fromkeys(_kinds(BATCH, "CronJob"), ("spec", "jobTemplate", "spec", "template")),
    **dict.fromkeys(_kinds("argoproj.io", "Rollout"), ("spec", "template")),
    **dict.fromkeys(_kinds("apps.openshift.io", "DeploymentConfig"), ("spec", "template")),
}

_CLUSTER_SCOPED: Final = frozenset(
    _kinds(CORE, "Namespace", "Node", "PersistentVolume")
    + _kinds(
        ADMISSION,
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    )
    + _kinds(API_REGISTRATION, "APIService")
    + _kinds(CRD_GROUP, "CustomResourceDefinition")
    + _kinds("certificates.k8s.io", "CertificateSigningRequest", "ClusterTrustBundle")
    + _kinds(DRA, "DeviceClass", "DeviceTaintRule", "ResourceSlice")
    + _kinds("flowcontrol.apiserver.k8s.io", "FlowSchema", "PriorityLevelConfiguration")
    + _kinds(GATEWAY, "GatewayClass")
    + _kinds(NETWORKING, "IPAddress", "IngressClass", "ServiceCIDR")
    + _kinds(NODE, "RuntimeClass")
    + _kinds(POLICY, "PodSecurityPolicy")
    + _kinds(RBAC, "ClusterRole", "ClusterRoleBinding")
    + _kinds(SCHEDULING, "PriorityClass")
    + _kinds(SNAPSHOT, "VolumeSnapshotClass", "VolumeSnapshotContent")
    + _kinds(STORAGE, "CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass")
)
#: Groups of which every cluster-scoped kind stands in the table above, so that the rest is namespaced.
_KNOWN_GROUPS: Final = frozenset(
    {CORE, APPS, AUTOSCALING, BATCH, EXTENSIONS, POLICY, "coordination.k8s.io", "discovery.k8s.io"}
    | {kind.group for kind in _CLUSTER_SCOPED}
) - {GATEWAY, SNAPSHOT}


def is_namespaced(kind: GroupKind) -> bool | None:
    """Return whether a kind lives in namespaces, or None when only the cluster can tell."""
    if kind in _CLUSTER_SCOPED:
        return False
    return True if kind.group in _KNOWN_GROUPS else None


def plural_of(kind: str) -> str:
    """Guess the resource name of a kind the way English and the API machinery do: ``Ingress`` is ``ingresses``."""
    name = kind.lower()
    if name.endswith("endpoints"):
        return name
    if name.endswith("s"):
        return f"{name}es"
    if name.endswith("y") and name[-2:-1] not in set("aeiou"):
        return f"{name[:-1]}ies"
    return f"{name}s"
