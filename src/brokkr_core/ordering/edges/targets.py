"""Objects that name one other object in a field of their own: storage, scaling, disruption, routing, policy."""

from __future__ import annotations

from collections.abc import Iterator

from brokkr_core.model.json import Json, as_list, as_object, as_text, dig
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.ref import ObjectRef, split_api_version
from brokkr_core.ordering.bundle import Bundle
from brokkr_core.ordering.edges.finding import Finding, reference
from brokkr_core.ordering.kinds import ADMISSION, APPS, AUTOSCALING, CORE, EXTENSIONS, NETWORKING, POLICY, STORAGE


def storage_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put a StorageClass before the volumes and claims of it, and a PersistentVolume before the claim naming it."""
    for kind in ("PersistentVolume", "PersistentVolumeClaim"):
        for manifest in bundle.of_kind(CORE, kind):
            yield from _storage_class(bundle, manifest.ref, manifest.body, "spec.storageClassName")
    for claim in bundle.of_kind(CORE, "PersistentVolumeClaim"):
        volume = bundle.find(CORE, "PersistentVolume", "", as_text(dig(claim.body, "spec", "volumeName")))
        if volume:
            yield reference(volume, claim.ref, "it claims this PersistentVolume at spec.volumeName")
    for workload in bundle.of_kind(APPS, "StatefulSet"):
        for index, template in enumerate(as_list(dig(workload.body, "spec", "volumeClaimTemplates"))):
            where = f"spec.volumeClaimTemplates[{index}]"
            yield from _storage_class(bundle, workload.ref, template, where)


def _storage_class(bundle: Bundle, after: ObjectRef, body: Json, where: str) -> Iterator[Finding]:
    before = bundle.find(STORAGE, "StorageClass", "", as_text(dig(body, "spec", "storageClassName")))
    if before:
        yield reference(before, after, f"it asks for storage of this StorageClass at {where}")


def governing_service_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put the headless Service of a StatefulSet before it: its pods take their DNS names from there."""
    for workload in bundle.of_kind(APPS, "StatefulSet"):
        name = as_text(dig(workload.body, "spec", "serviceName"))
        service = bundle.find(CORE, "Service", workload.ref.namespace, name)
        if service:
            yield reference(service, workload.ref, "its pods are named by this Service at spec.serviceName")


def autoscaler_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put what a HorizontalPodAutoscaler scales before it."""
    for scaler in bundle.of_kind(AUTOSCALING, "HorizontalPodAutoscaler"):
        target = as_object(dig(scaler.body, "spec", "scaleTargetRef"))
        group, _ = split_api_version(as_text(target.get("apiVersion")))
        kind, name = as_text(target.get("kind")), as_text(target.get("name"))
        before = bundle.find(group, kind, scaler.ref.namespace, name)
        if before:
            yield reference(before, scaler.ref, f"it scales this {kind} at spec.scaleTargetRef")


def disruption_edges(bundle: Bundle) -> Iterator[Finding]:
    """Advise a PodDisruptionBudget before the workloads it protects, so that it holds during their rollout."""
    for budget in bundle.of_kind(POLICY, "PodDisruptionBudget"):
        selector = dig(budget.body, "spec", "selector")
        if not isinstance(selector, dict):
            continue
        for template in bundle.selected(budget.ref.namespace, selector):
            because = "this PodDisruptionBudget protects its pods"
            yield reference(budget.ref, template.owner, because, hard=False)


def ingress_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put the class of an Ingress before it, and advise its backends and TLS secrets before it."""
    for ingress in bundle.of_kind(NETWORKING, "Ingress") + bundle.of_kind(EXTENSIONS, "Ingress"):
        name = as_text(dig(ingress.body, "spec", "ingressClassName"))
        ingress_class = bundle.find(NETWORKING, "IngressClass", "", name)
        if ingress_class:
            yield reference(ingress_class, ingress.ref, "it is of this IngressClass at spec.ingressClassName")
        for kind, named, where in _ingress_names(ingress):
            before = bundle.find(CORE, kind, ingress.ref.namespace, named)
            if before:
                verb = "routes to" if kind == "Service" else "serves TLS with"
                because = f"it {verb} this {kind} at {where}"
                yield reference(before, ingress.ref, because, hard=False)


def _ingress_names(ingress: Manifest) -> Iterator[tuple[str, str, str]]:
    spec = as_object(ingress.body.get("spec"))
    for field in ("defaultBackend", "backend"):
        yield "Service", _backend(spec.get(field)), f"spec.{field}"
    for index, rule in enumerate(as_list(spec.get("rules"))):
        for number, path in enumerate(as_list(dig(rule, "http", "paths"))):
            where = f"spec.rules[{index}].http.paths[{number}]"
            yield "Service", _backend(dig(path, "backend")), where
    for index, tls in enumerate(as_list(spec.get("tls"))):
        yield "Secret", as_text(dig(tls, "secretName")), f"spec.tls[{index}]"


def _backend(backend: Json) -> str:
    """Read the name of a backend Service, as networking.k8s.io/v1 and as the beta versions write it."""
    return as_text(dig(backend, "service", "name")) or as_text(dig(backend, "serviceName"))


def policy_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put an admission policy before its bindings."""
    for kind in ("MutatingAdmissionPolicy", "ValidatingAdmissionPolicy"):
        for binding in bundle.of_kind(ADMISSION, f"{kind}Binding"):
            policy = bundle.find(ADMISSION, kind, "", as_text(dig(binding.body, "spec", "policyName")))
            if policy:
                yield reference(policy, binding.ref, f"it binds this {kind} at spec.policyName")
