"""PATCH as server-side apply."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, as_object, as_text, dig
from brokkr_core.testing.cluster.admission import check_name, check_namespace, check_room, with_defaults
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.decode import decode
from brokkr_core.testing.cluster.managers import with_managers
from brokkr_core.testing.cluster.options import Answer, Call
from brokkr_core.testing.cluster.outline import Findings, Outlined, findings
from brokkr_core.testing.cluster.ownership import Applied, apply
from brokkr_core.testing.cluster.resource import namespace_of, uid_of
from brokkr_core.testing.cluster.status import (
    Target,
    bad_request,
    conflict,
    invalid,
    invalid_value,
    not_found,
    required_value,
    unclassified,
)
from brokkr_core.testing.cluster.typed import misfit_message, misfits
from brokkr_core.testing.cluster.verbs.birth import bear
from brokkr_core.testing.cluster.verbs.change import check_version, commit, framed, same_object
from brokkr_core.testing.cluster.verbs.scope import scope_of


def apply_object(core: Core, call: Call, sent: JsonObject) -> Answer:
    """Apply a configuration: create the object or merge into it.

    Args:
        core: the cluster.
        call: the request; it must name a field manager.
        sent: the configuration: what the manager wants.

    Raises:
        Refusal: there is no manager, the configuration does not fit, or others own what it changes.
    """
    _check_manager(call)
    config, found = _checked(call, sent)
    key = call.resource.key(call.namespace, call.name)
    stored = core.store.get(call.resource.storage_id, key)
    if stored is None:
        return _apply_new(core, call, sent, config, found)
    old = call.resource.in_this_version(stored)
    check_version(call, old, config)
    if not same_object(old, config):
        fault = invalid_value("metadata.uid", uid_of(config), "field is immutable")
        raise invalid(call.target, [fault])
    scope = scope_of(core, call)
    applied = apply(old, config, call.options.manager, wanted=found.wanted, force=call.options.force, scope=scope)
    if applied.unchanged and not core.hooks:
        # What is stored has been read, filled with defaults and validated before.
        return Answer(code=200, body=old)
    new = framed(call, old, _settled(call, sent, found, applied))
    return Answer(code=200, body=commit(core, call, old, with_managers(new, applied.managers)))


def _check_manager(call: Call) -> None:
    if not call.options.named_manager:
        fault = required_value("fieldManager", "is required for apply patch")
        raise invalid(Target(group="meta.k8s.io", plural="", kind="PatchOptions"), [fault])


def _checked(call: Call, sent: JsonObject) -> tuple[JsonObject, Findings]:
    """Return the configuration with name and namespace, and what is known of its outline."""
    if as_object(sent.get("metadata")).get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    _check_type(call, sent)
    config = check_namespace(call, sent)
    metadata = as_object(config.get("metadata"))
    if "name" not in metadata:
        config = {**config, "metadata": {"name": call.name, **metadata}}
    check_name(call, config)
    found = findings(Outlined(config), call.resource.node)
    if not found.fits:
        problem = misfit_message(misfits(config, call.resource.node))
        raise unclassified(f"failed to create typed patch object ({_named(call, sent)}): {problem}")
    return config, found


def _settled(call: Call, sent: JsonObject, found: Findings, applied: Applied) -> JsonObject:
    """Return the merged object as it is kept; refuse values that fit the schema and still are none of their type."""
    # What was there before has been read and is right, unless its kind has got another schema since.
    read_before = not applied.before or (call.resource.builtin and not applied.pruned)
    if found.read_as_sent and read_before:
        return with_defaults(call.resource, applied.body)
    # So whatever is mistyped comes from the configuration.
    decoded = decode(applied.body, call.resource.node, applied.before)
    if not decoded.mistyped:
        return with_defaults(call.resource, decoded.body)
    problem = decoded.mistyped[0]
    if problem.startswith("json:"):
        problem = "cannot convert float64 to int32"
    elif "base64" in problem:
        problem = f"error decoding from json: {problem}"
    raise unclassified(
        f"failed to convert new object ({_named(call, sent)}) to proper version: "
        f"unable to convert unstructured object to {_type_of(call.resource.api_version, call.resource.kind)}: {problem}"
    )


def _check_type(call: Call, sent: JsonObject) -> None:
    """Refuse a configuration that does not say what it is, or says something else than the path."""
    kind, api_version = as_text(sent.get("kind")), as_text(sent.get("apiVersion"))
    if (api_version, kind) != (call.resource.api_version, call.resource.kind):
        raise bad_request(f"invalid object type: {_type_of(api_version, kind)}")


def _named(call: Call, sent: JsonObject) -> str:
    """Return how messages name an object: by the namespace that the configuration itself says."""
    return f"{namespace_of(sent)}/{call.name}; {_type_of(call.resource.api_version, call.resource.kind)}"


def _type_of(api_version: str, kind: str) -> str:
    return f"{api_version if '/' in api_version else '/' + api_version}, Kind={kind}"


def _apply_new(core: Core, call: Call, sent: JsonObject, config: JsonObject, found: Findings) -> Answer:
    if call.subresource:
        raise not_found(call.target)
    if uid := uid_of(config):
        text = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        raise conflict(call.target, text)
    if dig(config, "metadata", "resourceVersion"):
        raise unclassified("resourceVersion should not be set on objects to be created")
    call.check_access("create")
    check_room(core, call, call.name)
    scope = scope_of(core, call)
    applied = apply({}, config, call.options.manager, wanted=found.wanted, force=False, scope=scope)
    new = _settled(call, sent, found, applied)
    return Answer(code=201, body=bear(core, call, with_managers(new, applied.managers)))
