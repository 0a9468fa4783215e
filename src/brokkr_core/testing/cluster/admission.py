"""What stands between a decoded body and the store: identity, namespace, validation."""

from __future__ import annotations

from attrs import evolve

from brokkr_core.model.json import JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.crd_checks import definition_faults
from brokkr_core.testing.cluster.crd_schema import schema_faults, with_schema_defaults
from brokkr_core.testing.cluster.decode import decode
from brokkr_core.testing.cluster.defaulting import default_object
from brokkr_core.testing.cluster.immutable import changed_fixed_fields
from brokkr_core.testing.cluster.metadata import metadata_faults
from brokkr_core.testing.cluster.options import Call
from brokkr_core.testing.cluster.paths import compact
from brokkr_core.testing.cluster.resource import CRDS, NAMESPACES, Resource, name_of
from brokkr_core.testing.cluster.status import Fault, bad_request, forbidden, invalid, invalid_value, not_found
from brokkr_core.testing.cluster.validation import spec_faults
from brokkr_core.testing.cluster.words import word_set

#: Kinds that want a resourceVersion with every PUT (``AllowUnconditionalUpdate`` is false).
_CONDITIONAL = word_set("""
    apiservices customresourcedefinitions leases mutatingwebhookconfigurations validatingwebhookconfigurations
    """)


def check_kind(call: Call, body: JsonObject) -> JsonObject:
    """Return the body with apiVersion and kind, refusing others than the path's.

    Raises:
        Refusal: 400.
    """
    resource = call.resource
    kind, api_version = as_text(body.get("kind")), as_text(body.get("apiVersion"))
    if not resource.builtin and not (kind and api_version):
        missing = "Kind" if not kind else "apiVersion"
        raise bad_request(f"Object '{missing}' is missing in '{compact(body)[:80]}'")
    api_version = api_version or resource.api_version
    if api_version != resource.api_version and not resource.builtin:
        message = f"the API version in the data ({api_version}) does not match the expected API version "
        raise bad_request(message + f"({resource.api_version})")
    version, as_kind = api_version.rpartition("/")[2], f"cannot be handled as a {resource.kind}"
    if kind and kind != resource.kind:
        group = resource.group.partition(".")[0] or "core"
        problem = f"converting ({version}.{kind}) to ({group}.{resource.kind}): unknown conversion"
        raise bad_request(f'{kind} in version "{version}" {as_kind}: {problem}')
    if api_version != resource.api_version:
        problem = (
            f'no kind "{resource.kind}" is registered for version "{api_version}" in scheme "pkg/runtime/scheme.go:111"'
        )
        raise bad_request(f'{resource.kind} in version "{version}" {as_kind}: {problem}')
    return {"apiVersion": resource.api_version, "kind": resource.kind, **body}


def accept(call: Call, body: JsonObject) -> tuple[JsonObject, tuple[str, ...]]:
    """Decode a whole object sent by POST, PUT or produced by a patch.

    Args:
        call: the request.
        body: the object as sent.

    Returns:
        The object as the server understood it, and warnings.

    Raises:
        Refusal: 400 for what cannot be read, and for unknown fields under strict validation.
    """
    resource = call.resource
    decoded = decode(check_kind(call, body), resource.node)
    prefix = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: '
    if decoded.mistyped:
        raise bad_request(prefix + decoded.mistyped[0])
    unknown = [f'unknown field "{path}"' for path in decoded.unknown]
    if unknown and call.options.field_validation == "Strict":
        raise bad_request(prefix + "strict decoding error: " + ", ".join(unknown))
    kept = _with_reset(decoded.body, body)
    return kept, tuple(unknown) if call.options.field_validation == "Warn" else ()


def _with_reset(decoded: JsonObject, sent: JsonObject) -> JsonObject:
    """Keep an empty ``managedFields``: it is a wish, not an empty value."""
    if dig(sent, "metadata", "managedFields") != []:
        return decoded
    return {**decoded, "metadata": {**as_object(decoded.get("metadata")), "managedFields": []}}


def settle_shape(resource: Resource, body: JsonObject) -> JsonObject:
    """Return the object as it is kept: read through its schema, with the defaults of its kind."""
    return with_defaults(resource, decode(body, resource.node).body)


def with_defaults(resource: Resource, body: JsonObject) -> JsonObject:
    """Return the object with the defaults of its kind."""
    if resource.builtin:
        return default_object(resource.storage_id, body)
    return as_object(with_schema_defaults(body, resource.node))


def rehung(call: Call, mutated: JsonObject, before: JsonObject) -> JsonObject:
    """Return an object as a mutating hook left it, with the identity and the ownership it came with.

    Args:
        call: the request.
        mutated: what the hook made of it.
        before: the object that was handed to the hook.
    """
    out = settle_shape(call.resource, {**mutated, "apiVersion": before["apiVersion"], "kind": before["kind"]})
    metadata, kept = dict(as_object(out.get("metadata"))), as_object(before.get("metadata"))
    for name in ("name", "namespace", "managedFields"):
        metadata.pop(name, None)
        if name in kept:
            metadata[name] = kept[name]
    return {**out, "metadata": metadata}


def check_namespace(call: Call, body: JsonObject) -> JsonObject:
    """Return the body in its namespace, refusing another one than the path's.

    Raises:
        Refusal: 400.
    """
    metadata = as_object(body.get("metadata"))
    sent = as_text(metadata.get("namespace"))
    if not call.resource.namespaced:
        rest = {key: value for key, value in metadata.items() if key != "namespace"}
        return {**body, "metadata": rest}
    if sent and sent != call.namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    return body if sent else {**body, "metadata": {**metadata, "namespace": call.namespace}}


def check_name(call: Call, body: JsonObject) -> None:
    """Refuse another name than the path's.

    Raises:
        Refusal: 400.
    """
    name = name_of(body)
    if name != call.name:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.name})")


def check_room(core: Core, call: Call, name: str) -> None:
    """Refuse a create where nothing can be created.

    Raises:
        Refusal: 404 without the namespace, 403 while it goes away (the NamespaceLifecycle admission plugin).
    """
    if not call.resource.namespaced:
        return
    namespace = core.store.get(NAMESPACES, ("", call.namespace))
    if namespace is None:
        served = core.registry.of(NAMESPACES)
        assert served is not None
        raise not_found(served.target(call.namespace))
    if dig(namespace, "metadata", "deletionTimestamp"):
        text = f"namespace {call.namespace} is being terminated"
        cause = Fault(reason="NamespaceTerminating", message=text, field="metadata.namespace")
        problem = f"unable to create new content in namespace {call.namespace} because it is being terminated"
        raise forbidden(call.resource.target(name), problem, [cause])


def check_valid(call: Call, body: JsonObject, old: JsonObject | None = None) -> None:
    """Refuse an object that is not acceptable, naming every fault.

    Args:
        call: the request.
        body: the object as it would be stored.
        old: the object before, on update.

    Raises:
        Refusal: 422.
    """
    resource = call.resource
    faults = list(metadata_faults(resource, body, old or {}))
    if old is not None:
        faults += _update_faults(resource, old, body)
    if resource.builtin:
        faults += spec_faults(resource, body, old or {})
    else:
        faults += schema_faults(body, resource.schema)
    if resource.storage_id == CRDS:
        faults += definition_faults(body)
    if faults:
        raise invalid(resource.target(as_text(dig(body, "metadata", "name"))), faults)


def _update_faults(resource: Resource, old: JsonObject, new: JsonObject) -> list[Fault]:
    faults = changed_fixed_fields(resource.storage_id, old, new) if resource.builtin else []
    if dig(old, "metadata", "deletionTimestamp"):
        before = as_list(dig(old, "metadata", "finalizers"))
        added = [as_text(f) for f in as_list(dig(new, "metadata", "finalizers")) if f not in before]
        if added:
            text = (
                "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers "
                f"[]string{{{', '.join(compact(name) for name in added)}}}"
            )
            faults.append(Fault(reason="FieldValueForbidden", message=text, field="metadata.finalizers"))
    return faults


def check_conditional(call: Call, body: JsonObject) -> None:
    """Refuse a PUT without resourceVersion where the kind demands one.

    Raises:
        Refusal: 422.
    """
    conditional = not call.resource.builtin or call.resource.plural in _CONDITIONAL
    if conditional and not dig(body, "metadata", "resourceVersion"):
        fault = invalid_value("metadata.resourceVersion", 0, "must be specified for an update")
        # This check knows the resource and not the kind.
        target = evolve(call.target, kind=call.resource.plural) if not call.resource.builtin else call.target
        raise invalid(target, [fault])
