"""Namespace, PodDisruptionBudget and HorizontalPodAutoscaler."""

from __future__ import annotations

from brokkr_core.apply.readiness.conditions import condition
from brokkr_core.apply.readiness.generic import what_is_left
from brokkr_core.apply.readiness.state import READY, Readiness, in_progress, ready_but
from brokkr_core.apply.readiness.subject import Subject
from brokkr_core.model.json import as_text

#: Why an autoscaler does not scale that somebody should look at (Argo CD's list).
_NOT_SCALING = frozenset(
    {"FailedGetScale", "FailedUpdateScale", "FailedComputeMetricsReplicas", "InvalidSelector"}
    | {f"FailedGet{source}Metric" for source in ("Resource", "ContainerResource", "Pods", "Object", "External")}
    | {"InvalidMetricSourceType"}
)


def namespace(subject: Subject) -> Readiness:
    """Judge a Namespace: active."""
    phase = as_text(subject.see("status", "phase"))
    if phase == "Active":
        return READY
    if phase == "Terminating":
        return in_progress("Terminating", f"the namespace is being terminated{what_is_left(subject)}")
    return in_progress("NotActive", "the namespace is not active yet")


def disruption_budget(subject: Subject) -> Readiness:
    """Judge a PodDisruptionBudget: its controller has seen it; that no disruption is allowed now is only said."""
    found = condition(subject.body, "DisruptionAllowed")
    if found.false:
        return ready_but(found.reason or "NoDisruptionAllowed", found.message or "it allows no disruption now")
    return READY


def autoscaler(subject: Subject) -> Readiness:
    """Judge a HorizontalPodAutoscaler: ready when it exists; metrics often lag behind a first install."""
    for name in ("AbleToScale", "ScalingActive"):
        found = condition(subject.body, name)
        if found.false and found.reason in _NOT_SCALING:
            return ready_but(found.reason, found.message or f"its condition {name} is false")
    return READY
