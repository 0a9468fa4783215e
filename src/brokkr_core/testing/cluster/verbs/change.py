"""How an existing object changes, whether it was put, patched or applied."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, as_list, as_object, dig
from brokkr_core.testing.cluster.admission import check_valid, rehung
from brokkr_core.testing.cluster.copying import fresh_object, same_json
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.defaulting import allocate
from brokkr_core.testing.cluster.managers import same_but_times
from brokkr_core.testing.cluster.options import Call
from brokkr_core.testing.cluster.ownership import WRITTEN_WITH_STATUS
from brokkr_core.testing.cluster.resource import CRDS, NAMESPACES, Resource, name_of, uid_of
from brokkr_core.testing.cluster.status import conflict, not_found
from brokkr_core.testing.cluster.words import words

_SERVER_SET = words(
    "name namespace uid resourceVersion generation creationTimestamp deletionTimestamp "
    "deletionGracePeriodSeconds selfLink"
)


def find(core: Core, call: Call) -> JsonObject:
    """Return the object a request names, in the version it speaks.

    Raises:
        Refusal: 404.
    """
    resource = call.resource
    body = core.store.get(resource.storage_id, resource.key(call.namespace, call.name))
    if body is None:
        raise not_found(call.target)
    return resource.in_this_version(body)


def check_version(call: Call, old: JsonObject, sent: JsonObject) -> None:
    """Refuse a write that was made against another state.

    Raises:
        Refusal: 409.
    """
    version = dig(sent, "metadata", "resourceVersion")
    if version and version != dig(old, "metadata", "resourceVersion"):
        raise conflict(call.target)


def framed(call: Call, old: JsonObject, sent: JsonObject) -> JsonObject:
    """Return the sent object with everything from the old one that this request cannot write.

    Args:
        call: the request; writing a subresource leaves the rest as it is.
        old: the object before.
        sent: the object as decoded.
    """
    if call.subresource == "status":
        return _with_status(call, old, sent)
    before = as_object(old["metadata"])
    metadata = dict(as_object(sent.get("metadata")))
    for name in _SERVER_SET:
        if name in before:
            metadata[name] = before[name]
        else:
            metadata.pop(name, None)
    out = {**sent, "metadata": metadata}
    if call.resource.has_status:
        out.pop("status", None)
        if "status" in old:
            out["status"] = old["status"]
    return _with_kind_content(call.resource, old, out)


def _with_status(call: Call, old: JsonObject, sent: JsonObject) -> JsonObject:
    out = {**old, "status": sent.get("status")}
    if out["status"] is None:
        del out["status"]
    if not call.resource.builtin:
        return out
    # The strategies of built-in kinds put spec and labels back, and no more.
    metadata, wanted = dict(as_object(old["metadata"])), as_object(sent.get("metadata"))
    for name in WRITTEN_WITH_STATUS:
        metadata.pop(name, None)
        if name in wanted:
            metadata[name] = wanted[name]
    return {**out, "metadata": metadata}


def _with_kind_content(resource: Resource, old: JsonObject, new: JsonObject) -> JsonObject:
    match resource.storage_id:
        case ("", "namespaces"):
            return {**new, "spec": old.get("spec")}
        case ("", "services"):
            out = fresh_object(new)
            allocate(out, old, int(str(dig(old, "metadata", "resourceVersion"))))
            return out
        case ("batch", "jobs"):
            return _with_job_selector(old, new)
    return with_storage_version(new) if resource.storage_id == CRDS else new


def with_storage_version(definition: JsonObject) -> JsonObject:
    """Put the storage version of a kind down among those that objects may be stored in."""
    status, versions = as_object(definition.get("status")), as_list(dig(definition, "spec", "versions"))
    known = as_list(status.get("storedVersions"))
    new = [dig(one, "name") for one in versions if dig(one, "storage") is True and dig(one, "name") not in known]
    return {**definition, "status": {**status, "storedVersions": [*known, *new]}} if new else definition


def _with_job_selector(old: JsonObject, new: JsonObject) -> JsonObject:
    """A Job's generated selector and labels stay when the writer does not repeat them."""
    spec = as_object(new.get("spec"))
    if "selector" in spec or dig(old, "spec", "manualSelector") is True:
        return new
    labels = as_object(dig(old, "spec", "template", "metadata", "labels"))
    template = as_object(spec.get("template"))
    metadata = as_object(template.get("metadata"))
    merged = {**labels, **as_object(metadata.get("labels"))}
    template = {**template, "metadata": {**metadata, "labels": merged}}
    return {**new, "spec": {**spec, "selector": dig(old, "spec", "selector"), "template": template}}


def commit(core: Core, call: Call, old: JsonObject, new: JsonObject) -> JsonObject:
    """Validate a changed object and store it, unless nothing changed or this is a dry run.

    Args:
        core: the cluster.
        call: the request.
        old: the object before.
        new: the object after, framed and with its managedFields.

    Returns:
        The object as it now stands; with an unchanged resourceVersion when nothing changed.

    Raises:
        Refusal: 422.
    """
    mutated = core.hooks.mutated(call, "UPDATE", new, old)
    if mutated is not new:
        new = framed(call, old, rehung(call, mutated, new))
    check_valid(call, new, old)
    core.hooks.validate(call, "UPDATE", new, old)
    if same_but_times(new, old):
        return old
    new = _counted(call, old, new)
    key = call.resource.key(call.namespace, name_of(old))
    if call.options.dry_run:
        return new
    if is_finished(call.resource, new):
        return core.store.drop(call.resource.storage_id, key, new)
    return core.store.put(call.resource.storage_id, key, new)


def _counted(call: Call, old: JsonObject, new: JsonObject) -> JsonObject:
    generation = dig(old, "metadata", "generation")
    if not isinstance(generation, int) or call.subresource == "status":
        return new
    ignored = {"metadata", "status"} if call.resource.has_status or call.resource.builtin else {"metadata"}
    same = all(same_json(new.get(name), old.get(name)) for name in (new.keys() | old.keys()) - ignored)
    if same and not _counts_otherwise(call.resource, old, new):
        return new
    return {**new, "metadata": {**as_object(new["metadata"]), "generation": generation + 1}}


def _counts_otherwise(resource: Resource, old: JsonObject, new: JsonObject) -> bool:
    """A Deployment counts its annotations too, an EndpointSlice its labels."""
    counted = {"deployments": "annotations", "endpointslices": "labels"}.get(resource.plural, "")
    if not counted or not resource.builtin:
        return False
    return not same_json(dig(old, "metadata", counted), dig(new, "metadata", counted))


def is_finished(resource: Resource, body: JsonObject) -> bool:
    """Tell whether an object is being deleted and nothing holds it any more."""
    if not dig(body, "metadata", "deletionTimestamp") or as_list(dig(body, "metadata", "finalizers")):
        return False
    return resource.storage_id != NAMESPACES or not as_list(dig(body, "spec", "finalizers"))


def same_object(old: JsonObject, sent: JsonObject) -> bool:
    """Tell whether a body names no other uid than the object's."""
    uid = uid_of(sent)
    return not uid or uid == uid_of(old)
