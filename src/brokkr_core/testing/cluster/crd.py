"""The life of a CustomResourceDefinition: names accepted, established, served, and taken down again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.collect import release
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.custom import custom_node
from brokkr_core.testing.cluster.kinds import object_meta
from brokkr_core.testing.cluster.resource import CRDS, Key, Resource, StorageId
from brokkr_core.testing.cluster.store import Event
from brokkr_core.testing.cluster.verbs.delete import CRD_CLEANUP, end
from brokkr_core.testing.cluster.verbs.scope import written_by_server


def define_resources(core: Core, event: Event) -> None:
    """React to what happens to definitions and to their instances."""
    if event.storage_id == CRDS:
        _definition_changed(core, event)
    elif event.type == "DELETED":
        group, plural = event.storage_id
        _finish_removal(core, ("", f"{plural}.{group}"))


def _definition_changed(core: Core, event: Event) -> None:
    if event.type == "DELETED":
        core.registry.drop(storage_id_of(event.body))
        return
    if dig(event.body, "metadata", "deletionTimestamp"):
        _remove_instances(core, event.key)
        return
    if event.type == "ADDED":
        _accept_names(core, event.key)
    elif _condition(event.body, "Established") == "True" and _served_part(event.body) != _served_part(event.before):
        _serve(core, event.body)


def storage_id_of(definition: JsonObject) -> StorageId:
    """Return what the instances of a definition are stored under."""
    return as_text(dig(definition, "spec", "group")), as_text(dig(definition, "spec", "names", "plural"))


def _served_part(definition: Json) -> tuple[Json, Json]:
    return dig(definition, "spec"), _condition(definition, "Established")


def _condition(definition: Json, kind: str) -> str:
    for condition in as_list(dig(definition, "status", "conditions")):
        if dig(condition, "type") == kind:
            return as_text(dig(condition, "status"))
    return ""


def _accept_names(core: Core, key: Key) -> None:
    definition = core.store.get(CRDS, key)
    assert definition is not None
    clash = _name_clash(core, definition)
    if clash:
        _set_conditions(
            core,
            key,
            _made(core, "NamesAccepted", "False", "MultipleNamesConflict", clash),
            _made(core, "Established", "False", "NotAccepted", "not all names are accepted"),
        )
        return
    _set_conditions(
        core,
        key,
        _made(core, "NamesAccepted", "True", "NoConflicts", "no conflicts found"),
        _made(core, "Established", "False", "Installing", "the initial names have been accepted"),
        accepted=as_object(dig(definition, "spec", "names")),
    )
    uid = as_text(dig(definition, "metadata", "uid"))
    core.after(core.settings.crd_establish_seconds, partial(_establish, core, key, uid))


def _name_clash(core: Core, definition: JsonObject) -> str:
    group, plural = storage_id_of(definition)
    kind = as_text(dig(definition, "spec", "names", "kind"))
    for resource in core.registry:
        if resource.group == group and resource.plural != plural and resource.kind == kind:
            return f'"{kind}" is already in use'
    return ""


def _establish(core: Core, key: Key, uid: str) -> None:
    definition = core.store.get(CRDS, key)
    if definition is None or dig(definition, "metadata", "uid") != uid:
        return
    if dig(definition, "metadata", "deletionTimestamp"):
        return
    names = next(c for c in as_list(dig(definition, "status", "conditions")) if dig(c, "type") == "NamesAccepted")
    established = _made(core, "Established", "True", "InitialNamesAccepted", "the initial names have been accepted")
    _set_conditions(core, key, as_object(names), established)


def _made(core: Core, kind: str, status: str, reason: str, message: str) -> JsonObject:
    return {
        "type": kind,
        "status": status,
        "lastTransitionTime": core.now,
        "reason": reason,
        "message": message,
    }


def _set_conditions(core: Core, key: Key, *conditions: JsonObject, accepted: JsonObject | None = None) -> None:
    definition = core.store.get(CRDS, key)
    assert definition is not None
    status: JsonObject = {**as_object(definition.get("status")), "conditions": [*conditions]}
    if accepted is not None:
        status["acceptedNames"] = accepted
    core.store.put(CRDS, key, written_by_server(core, CRDS, definition, {**definition, "status": status}))


def _serve(core: Core, definition: JsonObject) -> None:
    core.registry.drop(storage_id_of(definition))
    for resource in resources_of(definition):
        core.registry.add(resource)


def resources_of(definition: JsonObject) -> Iterator[Resource]:
    """Yield the resources a definition serves, the storage version first."""
    spec = as_object(definition["spec"])
    versions = sorted(as_list(spec.get("versions")), key=lambda version: dig(version, "storage") is not True)
    for version in versions:
        if dig(version, "served") is True:
            yield _resource(spec, as_object(version))


def _resource(spec: JsonObject, version: JsonObject) -> Resource:
    names = as_object(spec["names"])
    schema = as_object(dig(version, "schema", "openAPIV3Schema"))
    return Resource(
        group=as_text(spec["group"]),
        version=as_text(version["name"]),
        plural=as_text(names["plural"]),
        kind=as_text(names["kind"]),
        namespaced=spec.get("scope") == "Namespaced",
        singular=as_text(names.get("singular")),
        list_kind=as_text(names.get("listKind")),
        short_names=tuple(as_text(name) for name in as_list(names.get("shortNames"))),
        categories=tuple(as_text(name) for name in as_list(names.get("categories"))),
        subresources=frozenset(as_object(version.get("subresources"))) & {"status", "scale"},
        counts_generation=True,
        builtin=False,
        node=custom_node(schema, object_meta()),
        schema=schema,
        columns=tuple(as_object(c) for c in as_list(version.get("additionalPrinterColumns"))),
        scale_paths=as_object(dig(version, "subresources", "scale")),
    )


def _mark_terminating(core: Core, key: Key, definition: JsonObject) -> None:
    message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
    marked = _made(core, "Terminating", "True", "InstanceDeletionPending", message)
    conditions = [as_object(found) for found in as_list(dig(definition, "status", "conditions"))]
    _set_conditions(core, key, *conditions, marked)


def _remove_instances(core: Core, key: Key) -> None:
    definition = core.store.get(CRDS, key)
    if definition is None:
        return
    if not _condition(definition, "Terminating"):
        _mark_terminating(core, key, definition)
        return  # the change of the condition leads here again
    storage_id = storage_id_of(definition)
    resource = next(resources_of(definition), None)
    for instance_key, body in list(core.store.all(storage_id).items()):
        if resource is not None and not dig(body, "metadata", "deletionTimestamp"):
            end(core, resource, instance_key, "Background")
    _finish_removal(core, key)


def _finish_removal(core: Core, key: Key) -> None:
    definition = core.store.get(CRDS, key)
    if definition is None or not dig(definition, "metadata", "deletionTimestamp"):
        return
    if not core.store.all(storage_id_of(definition)):
        release(core, CRDS, key, CRD_CLEANUP)
