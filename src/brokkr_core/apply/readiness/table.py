"""Which kinds have a rule of their own, and which of them say nothing until their controller has seen them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import frozen

from brokkr_core.apply.readiness.extensions import api_service, definition, webhooks
from brokkr_core.apply.readiness.governance import autoscaler, disruption_budget, namespace
from brokkr_core.apply.readiness.jobs import cron_job, job
from brokkr_core.apply.readiness.networking import ingress, service
from brokkr_core.apply.readiness.pods import pod
from brokkr_core.apply.readiness.sets import daemon_set, stateful_set
from brokkr_core.apply.readiness.state import Readiness
from brokkr_core.apply.readiness.storage import claim, volume
from brokkr_core.apply.readiness.subject import Subject
from brokkr_core.apply.readiness.workloads import deployment, replica_set
from brokkr_core.model.ref import GroupKind


@frozen(kw_only=True)
class Rule:
    """The rule of one kind."""

    judge: Callable[[Subject], Readiness]
    observed: bool = False  #: whether a status without ``observedGeneration`` says nothing at all


def _kind(group: str, kind: str) -> GroupKind:
    return GroupKind(group=group, kind=kind)


RULES: Mapping[GroupKind, Rule] = {
    _kind("apps", "Deployment"): Rule(judge=deployment, observed=True),
    _kind("apps", "StatefulSet"): Rule(judge=stateful_set, observed=True),
    _kind("apps", "DaemonSet"): Rule(judge=daemon_set, observed=True),
    _kind("apps", "ReplicaSet"): Rule(judge=replica_set, observed=True),
    _kind("", "ReplicationController"): Rule(judge=replica_set, observed=True),
    _kind("", "Pod"): Rule(judge=pod),
    _kind("batch", "Job"): Rule(judge=job),
    _kind("batch", "CronJob"): Rule(judge=cron_job),
    _kind("", "PersistentVolumeClaim"): Rule(judge=claim),
    _kind("", "PersistentVolume"): Rule(judge=volume),
    _kind("", "Service"): Rule(judge=service),
    _kind("networking.k8s.io", "Ingress"): Rule(judge=ingress),
    _kind("", "Namespace"): Rule(judge=namespace),
    _kind("policy", "PodDisruptionBudget"): Rule(judge=disruption_budget, observed=True),
    _kind("autoscaling", "HorizontalPodAutoscaler"): Rule(judge=autoscaler),
    _kind("apiextensions.k8s.io", "CustomResourceDefinition"): Rule(judge=definition),
    _kind("apiregistration.k8s.io", "APIService"): Rule(judge=api_service),
    _kind("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): Rule(judge=webhooks),
    _kind("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): Rule(judge=webhooks),
}
