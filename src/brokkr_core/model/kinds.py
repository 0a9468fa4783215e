"""The kinds of Kubernetes that the engine knows by name."""

from __future__ import annotations

from brokkr_core.model.ref import GroupKind

CLAIM = GroupKind(group="", kind="PersistentVolumeClaim")
CONFIG_MAP = GroupKind(group="", kind="ConfigMap")
CRON_JOB = GroupKind(group="batch", kind="CronJob")
DAEMON_SET = GroupKind(group="apps", kind="DaemonSet")
DEFINITION = GroupKind(group="apiextensions.k8s.io", kind="CustomResourceDefinition")
DEPLOYMENT = GroupKind(group="apps", kind="Deployment")
JOB = GroupKind(group="batch", kind="Job")
NAMESPACE = GroupKind(group="", kind="Namespace")
POD = GroupKind(group="", kind="Pod")
REPLICA_SET = GroupKind(group="apps", kind="ReplicaSet")
SECRET = GroupKind(group="", kind="Secret")
SERVICE = GroupKind(group="", kind="Service")
STATEFUL_SET = GroupKind(group="apps", kind="StatefulSet")
VOLUME = GroupKind(group="", kind="PersistentVolume")
