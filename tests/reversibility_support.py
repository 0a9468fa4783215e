"""Short ways to write transitions of many kinds down."""

from __future__ import annotations

from attrs import field, frozen

from brokkr_core.apply import Classed, classify
from brokkr_core.model.json import Json, JsonObject
from brokkr_core.model.manifest import Manifest
from brokkr_core.model.outcome import Action
from brokkr_core.model.ref import ref_of

NEW, ANEW, UPDATE = Action.CREATED, Action.RECREATED, Action.CONFIGURED
IDEMPOTENT = "brokkr.io/idempotent"
DUAL: list[Json] = ["10.0.0.1", "fd00::1"]
ANOTHER_PORT: list[Json] = [{"name": "a", "port": 80, "nodePort": 30002}]
YES: JsonObject = {IDEMPOTENT: "true"}
NO: JsonObject = {IDEMPOTENT: "false"}
CRD = "apiextensions.k8s.io/v1"
#: Where the schema of ``spec.a`` is.
A = "spec.versions[name=v1].schema.properties.spec.properties.a"
KEEPS = "x-kubernetes-preserve-unknown-fields"
TEXT: JsonObject = {"type": "string"}
FREE: JsonObject = {"type": "object", KEEPS: True}
MAP: JsonObject = {"type": "object", "additionalProperties": TEXT}
LIST: JsonObject = {"type": "array", "items": TEXT}
#: A word of a schema, and what it says before and after it asks for more.
TIGHTER: tuple[tuple[str, JsonObject, JsonObject], ...] = (
    ("type", {}, {"type": "integer"}),
    ("pattern", {}, {"pattern": "^a"}),
    ("maxLength", {}, {"maxLength": 3}),
    ("maxLength", {"maxLength": 4}, {"maxLength": 3}),
    ("minimum", {"minimum": 1}, {"minimum": 2}),
    ("uniqueItems", {}, {"uniqueItems": True}),
    ("required", {"required": ["a"]}, {"required": ["a", "b"]}),
    ("enum", {}, {"enum": ["a"]}),
    ("enum", {"enum": ["a", "b"]}, {"enum": ["a"]}),
    ("nullable", {"nullable": True}, {}),
    ("x-kubernetes-validations", {}, {"x-kubernetes-validations": [{"rule": "self == oldSelf"}]}),
)
#: The other way round, and what says nothing about stored objects.
LOOSER: tuple[tuple[str, JsonObject, JsonObject], ...] = (
    ("pattern", {"pattern": "^a"}, {}),
    ("maxLength", {"maxLength": 3}, {"maxLength": 4}),
    ("minimum", {"minimum": 2}, {}),
    ("required", {"required": ["a", "b"]}, {"required": ["a"]}),
    ("enum", {"enum": ["a"]}, {"enum": ["b", "a"]}),
    ("nullable", {}, {"nullable": True}),
    ("default", {"default": "x"}, {}),
    ("description", {"description": "old"}, {"description": "new"}),
)


@frozen(kw_only=True)
class Case:
    """One transition; ``before`` is None for what does not exist."""

    name: str
    action: Action
    before: JsonObject | None = field(default=None, repr=False)
    after: JsonObject = field(repr=False)
    rule: str = ""
    paths: tuple[str, ...] = ()


def body(api: str, kind: str, spec: JsonObject | None = None, **metadata: Json) -> JsonObject:
    found: JsonObject = {"apiVersion": api, "kind": kind, "metadata": {"name": "one", "namespace": "shop", **metadata}}
    return found if spec is None else {**found, "spec": spec}


def manifest(wanted: JsonObject) -> Manifest:
    return Manifest(ref=ref_of(wanted), body=wanted)


def classed_of(case: Case) -> Classed:
    changed = ("spec.template",) if case.action is ANEW else ()
    would = case.after if case.action is UPDATE else None
    return classify(manifest(case.after), case.action, before=case.before, would=would, changed=changed)


def made(name: str, after: JsonObject, rule: str = "", *paths: str) -> Case:
    return Case(name=name, action=NEW, after=after, rule=rule, paths=paths)


def moved(name: str, before: JsonObject, after: JsonObject, rule: str = "", *paths: str) -> Case:
    return Case(name=name, action=UPDATE, before=before, after=after, rule=rule, paths=paths)


def replaced(name: str, before: JsonObject, after: JsonObject, rule: str = "", *paths: str) -> Case:
    return Case(name=name, action=ANEW, before=before, after=after, rule=rule, paths=paths)


def service(kind: str, **spec: Json) -> JsonObject:
    node: JsonObject = {"nodePort": 30001} if kind != "ClusterIP" else {}
    ports: list[Json] = [{"name": "a", "port": 80, **node}]
    given: JsonObject = {"type": kind, "clusterIPs": ["10.0.0.1"], "clusterIP": "10.0.0.1", "ports": ports}
    return body("v1", "Service", given | spec)


def claim(**spec: Json) -> JsonObject:
    given: JsonObject = {"resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "fast"}
    return body("v1", "PersistentVolumeClaim", given | spec)


def volume(**spec: Json) -> JsonObject:
    return body("v1", "PersistentVolume", {"capacity": {"storage": "1Gi"}, **spec})


def job(annotations: Json = None, **spec: Json) -> JsonObject:
    return body("batch/v1", "Job", spec, annotations=annotations)


def pod(**spec: Json) -> JsonObject:
    return body("v1", "Pod", {"containers": [{"name": "a", "image": "a"}], **spec})


def cron(annotations: Json = None, **spec: Json) -> JsonObject:
    return body("batch/v1", "CronJob", {"schedule": "0 0 * * *", **spec}, annotations=annotations)


def stateful(replicas: int = 1, image: str = "a", keep: JsonObject | None = None, **spec: Json) -> JsonObject:
    template: JsonObject = {"spec": {"containers": [{"name": "a", "image": image}]}}
    given: JsonObject = {
        "replicas": replicas,
        "template": template,
        "volumeClaimTemplates": [{"metadata": {"name": "d"}}],
    }
    return body(
        "apps/v1", "StatefulSet", given | ({"persistentVolumeClaimRetentionPolicy": keep} if keep else {}) | spec
    )


def config(kind: str = "ConfigMap", **members: Json) -> JsonObject:
    return {**body("v1", kind), **members}


def held(*finalizers: str) -> JsonObject:
    return body("v1", "ConfigMap", finalizers=list(finalizers))


def deployment(**spec: Json) -> JsonObject:
    return body("apps/v1", "Deployment", spec)


def schema(**properties: Json) -> JsonObject:
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}


def version(name: str, *, storage: bool = True, shape: JsonObject | None = None) -> JsonObject:
    return {"name": name, "served": True, "storage": storage, "schema": {"openAPIV3Schema": shape or schema()}}


def kind(*versions: Json, **spec: Json) -> JsonObject:
    given: JsonObject = {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets"},
    }
    return body(CRD, "CustomResourceDefinition", given | {"versions": list(versions) or [version("v1")]} | spec)


def reshaped(name: str, before: JsonObject, after: JsonObject, rule: str = "", *paths: str) -> Case:
    """One version of a kind gets another schema for ``spec.a``."""
    old, new = (kind(version("v1", shape=schema(a=shape))) for shape in (before, after))
    return moved(name, old, new, rule, *paths)
