"""What the pods of a workload need before they can start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.ordering.bundle import Bundle, PodTemplate
from brokkr_core.ordering.edges.finding import Finding, reference
from brokkr_core.ordering.kinds import CORE, DRA, NODE, SCHEDULING, STORAGE

_CONTAINERS: Final = ("initContainers", "containers", "ephemeralContainers")
#: Volume types that name a Secret for their driver, with the path to its name.
_DRIVER_SECRETS: Final = (
    ("azureFile", "secretName"),
    ("cephfs", "secretRef", "name"),
    ("cinder", "secretRef", "name"),
    ("csi", "nodePublishSecretRef", "name"),
    ("flexVolume", "secretRef", "name"),
    ("iscsi", "secretRef", "name"),
    ("rbd", "secretRef", "name"),
    ("scaleIO", "secretRef", "name"),
    ("storageos", "secretRef", "name"),
)


@frozen(kw_only=True)
class Need:
    """One name in a pod spec: what it names, how it is used, where it stands."""

    kind: str
    name: str
    how: str  #: continues "it ..."
    where: str
    group: str = CORE
    cluster: bool = False  #: whether the named object is cluster-scoped
    optional: bool = False


def pod_edges(bundle: Bundle) -> Iterator[Finding]:
    """Put everything that a pod spec names before the workload that carries the spec."""
    for template in bundle.templates:
        for need in needs_of(template):
            namespace = "" if need.cluster else template.owner.namespace
            before = bundle.find(need.group, need.kind, namespace, need.name)
            if before:
                because = f"it {need.how} this {need.kind} at {need.where}"
                yield reference(before, template.owner, because, hard=not need.optional)


def needs_of(template: PodTemplate) -> Iterator[Need]:
    """Yield every object that a pod spec names, in the order in which a pod needs them.

    Args:
        template: the pod spec and where it stands.

    Returns:
        The names, whether or not the bundle has the objects.
    """
    spec, path = template.spec, template.path
    yield from _identity(spec, path)
    yield from _classes(spec, path)
    for index, volume in enumerate(as_list(spec.get("volumes"))):
        yield from _volume(as_object(volume), f"{path}.volumes[{index}]")
    for field in _CONTAINERS:
        for index, container in enumerate(as_list(spec.get(field))):
            yield from _environment(as_object(container), f"{path}.{field}[{index}]")


def _identity(spec: JsonObject, path: str) -> Iterator[Need]:
    for field in ("serviceAccountName", "serviceAccount"):
        name = as_text(spec.get(field))
        if name:
            yield Need(kind="ServiceAccount", name=name, how="runs as", where=f"{path}.{field}")
            break
    for index, secret in enumerate(as_list(spec.get("imagePullSecrets"))):
        where = f"{path}.imagePullSecrets[{index}]"
        yield Need(kind="Secret", name=_name(secret), how="pulls images with", where=where)


def _classes(spec: JsonObject, path: str) -> Iterator[Need]:
    for kind, group, field in (
        ("PriorityClass", SCHEDULING, "priorityClassName"),
        ("RuntimeClass", NODE, "runtimeClassName"),
    ):
        name = as_text(spec.get(field))
        if name:
            where = f"{path}.{field}"
            yield Need(kind=kind, group=group, name=name, how="runs under", where=where, cluster=True)
    for index, claim in enumerate(as_list(spec.get("resourceClaims"))):
        where = f"{path}.resourceClaims[{index}]"
        for kind, field in (
            ("ResourceClaim", "resourceClaimName"),
            ("ResourceClaimTemplate", "resourceClaimTemplateName"),
        ):
            name = as_text(as_object(claim).get(field))
            if name:
                yield Need(kind=kind, group=DRA, name=name, how="claims devices through", where=where)


def _volume(volume: JsonObject, where: str) -> Iterator[Need]:
    yield from _mounted("Secret", volume.get("secret"), "secretName", where)
    yield from _mounted("ConfigMap", volume.get("configMap"), "name", where)
    yield from _mounted("PersistentVolumeClaim", volume.get("persistentVolumeClaim"), "claimName", where)
    for index, source in enumerate(as_list(dig(volume, "projected", "sources"))):
        place = f"{where}.projected.sources[{index}]"
        yield from _mounted("Secret", dig(source, "secret"), "name", place)
        yield from _mounted("ConfigMap", dig(source, "configMap"), "name", place)
    for path in _DRIVER_SECRETS:
        name = as_text(dig(volume, *path))
        if name:
            yield Need(kind="Secret", name=name, how="mounts a volume with", where=f"{where}.{path[0]}")
    storage = as_text(dig(volume, "ephemeral", "volumeClaimTemplate", "spec", "storageClassName"))
    if storage:
        yield Need(kind="StorageClass", group=STORAGE, name=storage, how="claims storage of", where=where, cluster=True)


def _mounted(kind: str, source: Json, field: str, where: str) -> Iterator[Need]:
    name = as_text(as_object(source).get(field))
    if name:
        optional = as_object(source).get("optional") is True
        yield Need(kind=kind, name=name, how="mounts", where=where, optional=optional)


def _environment(container: JsonObject, path: str) -> Iterator[Need]:
    for index, entry in enumerate(as_list(container.get("env"))):
        source = dig(entry, "valueFrom")
        if isinstance(source, dict):
            where = f"{path}.env[{index}]"
            yield from _read("Secret", source.get("secretKeyRef"), where)
            yield from _read("ConfigMap", source.get("configMapKeyRef"), where)
    for index, entry in enumerate(as_list(container.get("envFrom"))):
        where = f"{path}.envFrom[{index}]"
        yield from _read("Secret", dig(entry, "secretRef"), where)
        yield from _read("ConfigMap", dig(entry, "configMapRef"), where)


def _read(kind: str, source: Json, where: str) -> Iterator[Need]:
    if isinstance(source, dict) and (name := _name(source)):
        optional = source.get("optional") is True
        yield Need(kind=kind, name=name, how="reads its environment from", where=where, optional=optional)


def _name(named: Json) -> str:
    return as_text(dig(named, "name"))
