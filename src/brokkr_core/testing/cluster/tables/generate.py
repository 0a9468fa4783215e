"""Make the table of built-in kinds from the schemas in the ``kubernetes-validate`` package.

Run ``python -m brokkr_core.testing.cluster.tables.generate`` from a development checkout.
The OpenAPI document knows the fields; scope, short names and categories it does not know stand here.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
from pathlib import Path

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.words import word_set

VERSION = "1.37"
TARGET = Path(__file__).parent / f"kubernetes-{VERSION}.json.gz"

KEPT_KEYS = (
    "$ref",
    "format",
    "required",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-patch-strategy",
    "x-kubernetes-patch-merge-key",
)

CLUSTER_SCOPED = word_set("""
    APIService CertificateSigningRequest ClusterRole ClusterRoleBinding ClusterTrustBundle ComponentStatus
    CSIDriver CSINode CustomResourceDefinition DeviceClass DeviceTaintRule FlowSchema IngressClass IPAddress
    MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration Namespace Node
    PersistentVolume PriorityClass PriorityLevelConfiguration ResourceSlice RuntimeClass ServiceCIDR StorageClass
    StorageVersionMigration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
    ValidatingWebhookConfiguration VolumeAttachment VolumeAttributesClass
    """)

#: Asked by POST and never stored; the router answers the ones it knows.
VIRTUAL = word_set("""
    APIGroup APIResourceList APIVersions Binding ComponentStatus Eviction LocalSubjectAccessReview Scale
    SelfSubjectAccessReview SelfSubjectReview SelfSubjectRulesReview Status SubjectAccessReview TokenRequest
    TokenReview
    """)

#: The same stored objects under an older shape; serving them needs a conversion this emulator does not have.
CONVERTED = frozenset({("autoscaling", "v1"), ("events.k8s.io", "v1")})

SHORT_NAMES = {
    "CertificateSigningRequest": ["csr"],
    "ConfigMap": ["cm"],
    "CronJob": ["cj"],
    "CustomResourceDefinition": ["crd", "crds"],
    "DaemonSet": ["ds"],
    "Deployment": ["deploy"],
    "Endpoints": ["ep"],
    "Event": ["ev"],
    "HorizontalPodAutoscaler": ["hpa"],
    "Ingress": ["ing"],
    "IPAddress": ["ip"],
    "LimitRange": ["limits"],
    "Namespace": ["ns"],
    "NetworkPolicy": ["netpol"],
    "Node": ["no"],
    "PersistentVolume": ["pv"],
    "PersistentVolumeClaim": ["pvc"],
    "Pod": ["po"],
    "PodDisruptionBudget": ["pdb"],
    "PriorityClass": ["pc"],
    "ReplicaSet": ["rs"],
    "ReplicationController": ["rc"],
    "ResourceQuota": ["quota"],
    "Secret": [],
    "Service": ["svc"],
    "ServiceAccount": ["sa"],
    "StatefulSet": ["sts"],
    "StorageClass": ["sc"],
    "VolumeAttributesClass": ["vac"],
}

IN_ALL = word_set("""
    CronJob DaemonSet Deployment HorizontalPodAutoscaler Job Pod ReplicaSet ReplicationController Service
    StatefulSet
    """)

SCALABLE = frozenset({"Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"})

#: Kinds whose registry strategy counts ``metadata.generation``; ConfigMaps, Services, RBAC and others do not.
COUNTS_GENERATION = word_set("""
    CronJob CustomResourceDefinition DaemonSet Deployment EndpointSlice FlowSchema HorizontalPodAutoscaler
    Ingress IngressClass Job
    MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration NetworkPolicy Pod
    PodDisruptionBudget PriorityLevelConfiguration ReplicaSet ReplicationController ResourceSlice StatefulSet
    ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration
    """)


def main() -> None:
    """Write the table beside this file."""
    definitions = read_definitions()
    resources = [resource_of(*kind, definitions=definitions) for kind in kinds(definitions)]
    resources.sort(key=lambda resource: (as_text(resource["group"]), as_text(resource["kind"])))
    reachable = collect(definitions, [as_text(resource["schema"]) for resource in resources])
    table: JsonObject = {
        "resources": [*resources],
        "definitions": {name: strip(as_object(definitions[name])) for name in sorted(reachable)},
    }
    text = json.dumps(table, separators=(",", ":"), sort_keys=True).encode()
    TARGET.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))


def read_definitions() -> JsonObject:
    """Read the definitions out of the installed package."""
    spec = importlib.util.find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        raise SystemExit("kubernetes-validate is not installed; it is part of the dev extra")
    folder = Path(spec.origin).parent / "kubernetes-json-schema" / f"v{VERSION}.0-local"
    document: Json = json.loads((folder / "_definitions.json").read_text())
    return as_object(dig(document, "$defs"))


def kinds(definitions: JsonObject) -> list[tuple[str, str, str, str]]:
    """Return group, version, kind and definition name of every stored kind in a stable version."""
    found = []
    for name, definition in definitions.items():
        for entry in as_list(dig(definition, "x-kubernetes-group-version-kind")):
            group, version, kind = (as_text(dig(entry, key)) for key in ("group", "version", "kind"))
            stable = re.fullmatch(r"v\d+", version) and (group, version) not in CONVERTED
            named = dig(definition, "properties", "metadata", "$ref") == "#/$defs/" + OBJECT_META
            if stable and named and kind not in VIRTUAL:
                found.append((group, version, kind, name))
    return found


OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def resource_of(group: str, version: str, kind: str, name: str, *, definitions: JsonObject) -> JsonObject:
    """Describe one resource as discovery does."""
    subresources: list[Json] = []
    if dig(definitions, name, "properties", "status") is not None:
        subresources.append("status")
    if kind in SCALABLE:
        subresources.append("scale")
    return {
        "group": group,
        "version": version,
        "kind": kind,
        "plural": plural_of(kind),
        "namespaced": kind not in CLUSTER_SCOPED,
        "shortNames": list(SHORT_NAMES.get(kind, [])),
        "categories": ["all"] if kind in IN_ALL else ["api-extensions"] if group in EXTENSION_GROUPS else [],
        "subresources": subresources,
        "countsGeneration": kind in COUNTS_GENERATION,
        "schema": name,
    }


EXTENSION_GROUPS = frozenset({"admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io"})


def plural_of(kind: str) -> str:
    """Return the resource name of a kind."""
    name = kind.lower()
    if name == "endpoints":
        return name
    if name.endswith("s"):
        return name + "es"
    return name[:-1] + "ies" if re.search(r"[^aeiou]y$", name) else name + "s"


def collect(definitions: JsonObject, roots: list[str]) -> set[str]:
    """Return the names of all definitions that the roots lead to."""
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(re.findall(r'"\$ref": "#/\$defs/([^"]+)"', json.dumps(definitions[name])))
    return seen


def strip(schema: JsonObject) -> JsonObject:
    """Reduce a schema to its structure."""
    out: JsonObject = {key: schema[key] for key in KEPT_KEYS if key in schema}
    if "$ref" in out:
        out["$ref"] = as_text(out["$ref"]).rsplit("/", 1)[1]
    kind = schema.get("type")
    if kind is not None:
        out["type"] = as_list(kind)[0] if isinstance(kind, list) else kind
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            out[key] = strip(as_object(schema[key]))
    if "properties" in schema:
        out["properties"] = {name: strip(as_object(value)) for name, value in as_object(schema["properties"]).items()}
    return out


if __name__ == "__main__":
    main()
