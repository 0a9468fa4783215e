"""PATCH as server-side apply."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, as_object, dig
from brokkr_core.testing.cluster.admission import check_kind, check_namespace, check_room, settle_shape
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.managers import with_managers
from brokkr_core.testing.cluster.options import Answer, Call
from brokkr_core.testing.cluster.outline import Outlined, fits
from brokkr_core.testing.cluster.ownership import apply
from brokkr_core.testing.cluster.resource import name_of, uid_of
from brokkr_core.testing.cluster.status import Target, bad_request, conflict, invalid, not_found, unclassified
from brokkr_core.testing.cluster.typed import misfit_message, misfits
from brokkr_core.testing.cluster.validation import invalid_value, required_value
from brokkr_core.testing.cluster.verbs.birth import bear
from brokkr_core.testing.cluster.verbs.change import check_version, commit, framed, same_object
from brokkr_core.testing.cluster.verbs.scope import scope_of


def apply_object(core: Core, call: Call, config: JsonObject) -> Answer:
    """Apply a configuration: create the object or merge into it.

    Args:
        core: the cluster.
        call: the request; it must name a field manager.
        config: what the manager wants.

    Raises:
        Refusal: there is no manager, the configuration does not fit, or others own what it changes.
    """
    _check_manager(call)
    outlined = _checked(call, config)
    config = outlined.config
    key = call.resource.key(call.namespace, call.name)
    stored = core.store.get(call.resource.storage_id, key)
    if stored is None:
        return _apply_new(core, call, outlined)
    old = call.resource.in_this_version(stored)
    check_version(call, old, config)
    if not same_object(old, config):
        fault = invalid_value("metadata.uid", uid_of(config), "field is immutable")
        raise invalid(call.target, [fault])
    scope = scope_of(core, call)
    applied = apply(old, outlined, call.options.manager, force=call.options.force, scope=scope)
    if applied.unchanged and not core.hooks:
        # What is stored has been read, filled with defaults and validated before.
        return Answer(code=200, body=old)
    new = framed(call, old, settle_shape(call.resource, applied.body, applied.before))
    return Answer(code=200, body=commit(core, call, old, with_managers(new, applied.managers)))


def _check_manager(call: Call) -> None:
    if not call.options.named_manager:
        fault = required_value("fieldManager", "is required for apply patch")
        raise invalid(Target(group="meta.k8s.io", plural="", kind="PatchOptions"), [fault])


def _checked(call: Call, config: JsonObject) -> Outlined:
    if dig(config, "metadata", "managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    config = check_namespace(call, check_kind(call, config))
    metadata = {"name": call.name, **as_object(config.get("metadata"))}
    config = {**config, "metadata": metadata}
    if name_of(config) != call.name:
        text = f"the name of the object ({name_of(config)}) does not match the name on the URL ({call.name})"
        raise bad_request(text)
    outlined = Outlined(config)
    if not fits(outlined, call.resource.node):
        where = f"{call.namespace}/{call.name}; {call.resource.api_version}, Kind={call.resource.kind}"
        if "/" not in call.resource.api_version:
            where = f"{call.namespace}/{call.name}; /{call.resource.version}, Kind={call.resource.kind}"
        raise unclassified(
            f"failed to create typed patch object ({where}): {misfit_message(misfits(config, call.resource.node))}"
        )
    return outlined


def _apply_new(core: Core, call: Call, outlined: Outlined) -> Answer:
    if call.subresource:
        raise not_found(call.target)
    if uid := uid_of(outlined.config):
        text = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        raise conflict(call.target, text)
    if dig(outlined.config, "metadata", "resourceVersion"):
        raise unclassified("resourceVersion should not be set on objects to be created")
    call.check_access("create")
    check_room(core, call, call.name)
    scope = scope_of(core, call)
    applied = apply({}, outlined, call.options.manager, force=False, scope=scope)
    new = settle_shape(call.resource, applied.body)
    return Answer(code=201, body=bear(core, call, with_managers(new, applied.managers)))
