"""Small Kubernetes objects for tests of ordering: only the fields that ordering reads."""

from __future__ import annotations

from attrs import evolve

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.manifest import Manifest, Origin
from brokkr_core.model.plan import Edge, EdgeKind, Plan
from brokkr_core.model.ref import ref_of
from brokkr_core.model.wire import DEPENDS_ON, WAVE

RBAC = "rbac.authorization.k8s.io/v1"
ADMISSION = "admissionregistration.k8s.io/v1"


def an_object(
    api_version: str,
    kind: str,
    name: str,
    namespace: str = "",
    body: JsonObject | None = None,
    *,
    labels: dict[str, str] | None = None,
    annotations: dict[str, Json] | None = None,
    owners: list[Json] | None = None,
) -> Manifest:
    """Make a manifest; ``body`` holds its top-level fields besides the metadata."""
    metadata: JsonObject = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = {**labels}
    if annotations:
        metadata["annotations"] = {**annotations}
    if owners:
        metadata["ownerReferences"] = owners
    content: JsonObject = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **(body or {})}
    return Manifest(ref=ref_of(content), body=content)


def written_at(manifest: Manifest, document: int, line: int, source: str = "bundle.yaml") -> Manifest:
    """Give a manifest a place in a file."""
    return evolve(manifest, origin=Origin(source=source, document=document, first_line=line, last_line=line))


def a_namespace(name: str, labels: dict[str, str] | None = None) -> Manifest:
    return an_object("v1", "Namespace", name, labels=labels)


def a_config_map(name: str, namespace: str = "shop", *, depends_on: str = "", wave: str = "") -> Manifest:
    annotations: dict[str, Json] = {}
    if depends_on:
        annotations[DEPENDS_ON] = depends_on
    if wave:
        annotations[WAVE] = wave
    return an_object("v1", "ConfigMap", name, namespace, annotations=annotations)


def a_secret(name: str, namespace: str = "shop") -> Manifest:
    return an_object("v1", "Secret", name, namespace, {"type": "Opaque"})


def a_service_account(name: str, namespace: str = "shop", body: JsonObject | None = None) -> Manifest:
    return an_object("v1", "ServiceAccount", name, namespace, body)


def a_service(name: str, namespace: str = "shop", selector: dict[str, str] | None = None) -> Manifest:
    return an_object("v1", "Service", name, namespace, {"spec": {"selector": {**(selector or {})}}})


def a_deployment(
    name: str,
    namespace: str = "shop",
    *,
    pods: dict[str, str] | None = None,
    spec: JsonObject | None = None,
    labels: dict[str, str] | None = None,
) -> Manifest:
    """Make a Deployment; ``pods`` are the labels of its pods, ``spec`` is their spec."""
    template: JsonObject = {"metadata": {"labels": {**(pods or {"app": name})}}, "spec": spec or {}}
    return an_object("apps/v1", "Deployment", name, namespace, {"spec": {"template": template}}, labels=labels)


def a_budget(name: str, namespace: str, selector: JsonObject | None) -> Manifest:
    spec: JsonObject = {} if selector is None else {"selector": selector}
    return an_object("policy/v1", "PodDisruptionBudget", name, namespace, {"spec": spec})


def a_crd(
    kind: str,
    group: str = "example.com",
    *,
    served: tuple[str, ...] = ("v1",),
    not_served: tuple[str, ...] = (),
    scope: str = "Namespaced",
    plural: str = "",
    conversion: tuple[str, str] | None = None,
) -> Manifest:
    """Make a CRD; ``conversion`` is namespace and name of the Service of its conversion webhook."""
    plural = plural or f"{kind.lower()}s"
    versions: list[Json] = [{"name": version, "served": True} for version in served]
    versions += [{"name": version, "served": False} for version in not_served]
    spec: JsonObject = {
        "group": group,
        "names": {"kind": kind, "plural": plural},
        "scope": scope,
        "versions": versions,
    }
    if conversion:
        service: JsonObject = {"namespace": conversion[0], "name": conversion[1]}
        spec["conversion"] = {"strategy": "Webhook", "webhook": {"clientConfig": {"service": service}}}
    return an_object("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.{group}", body={"spec": spec})


def a_resource(
    kind: str, name: str, namespace: str = "shop", *, group: str = "example.com", version: str = "v1"
) -> Manifest:
    """Make a custom resource."""
    return an_object(f"{group}/{version}", kind, name, namespace)


def a_rule(
    *resources: str, groups: tuple[str, ...] = ("*",), operations: tuple[str, ...] = ("CREATE",), **more: Json
) -> JsonObject:
    return {
        "apiGroups": [*groups],
        "apiVersions": ["*"],
        "operations": [*operations],
        "resources": [*resources],
        **more,
    }


def a_webhook(
    *rules: JsonObject, service: tuple[str, str] | None = None, name: str = "hook.example.com", **more: Json
) -> JsonObject:
    """Make one webhook; ``service`` is namespace and name of its backend."""
    client: JsonObject = {"url": "https://hooks.example.com"}
    if service:
        client = {"service": {"namespace": service[0], "name": service[1]}}
    return {"name": name, "clientConfig": client, "rules": [*rules], **more}


def a_webhook_configuration(name: str, *webhooks: JsonObject, kind: str = "ValidatingWebhookConfiguration") -> Manifest:
    return an_object(ADMISSION, kind, name, body={"webhooks": [*webhooks]})


def edge_between(plan: Plan, before: Manifest, after: Manifest, kind: EdgeKind | None = None) -> Edge | None:
    """Return the edge that a plan keeps between two objects."""
    return next(
        (
            edge
            for edge in plan.edges
            if edge.before == before.ref and edge.after == after.ref and kind in {None, edge.kind}
        ),
        None,
    )


def places(plan: Plan) -> dict[str, int]:
    """Return the place of every object in a plan, by its short name."""
    return {str(manifest.ref): place for place, manifest in enumerate(plan.manifests)}
