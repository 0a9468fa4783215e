"""PUT: the whole object, or one subresource of it."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject
from brokkr_core.testing.cluster.admission import accept, check_conditional, check_name, check_namespace, with_defaults
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.managers import with_managers
from brokkr_core.testing.cluster.options import Answer, Call
from brokkr_core.testing.cluster.ownership import after_update
from brokkr_core.testing.cluster.resource import uid_of
from brokkr_core.testing.cluster.status import conflict
from brokkr_core.testing.cluster.verbs.change import check_version, commit, find, framed, same_object
from brokkr_core.testing.cluster.verbs.scope import scope_of


def update(core: Core, call: Call, body: JsonObject) -> Answer:
    """Replace an object.

    Args:
        core: the cluster.
        call: the request.
        body: the object as sent.

    Raises:
        Refusal: it is not there, has moved on, or the new state is not acceptable.
    """
    decoded, warnings = accept(call, body)
    decoded = check_namespace(call, decoded)
    check_name(call, decoded)
    old = find(core, call)
    if not same_object(old, decoded):
        raise conflict(call.target, _other_uid(call, old, decoded))
    check_conditional(call, decoded)
    check_version(call, old, decoded)
    return Answer(code=200, body=write(core, call, old, decoded), warnings=warnings)


def _other_uid(call: Call, old: JsonObject, sent: JsonObject) -> str:
    path = "/".join(part for part in (call.resource.group, call.resource.plural, call.namespace, call.name) if part)
    return (
        f"StorageError: invalid object, Code: 4, Key: /registry/{path}, ResourceVersion: 0, AdditionalErrorMsg: "
        f"Precondition failed: UID in precondition: {uid_of(sent)}, UID in object meta: {uid_of(old)}"
    )


def write(core: Core, call: Call, old: JsonObject, decoded: JsonObject) -> JsonObject:
    """Store a decoded object over an old one and book the change to the writer.

    Args:
        core: the cluster.
        call: the request.
        old: the object before.
        decoded: the object as the server understood it.
    """
    new = framed(call, old, with_defaults(call.resource, decoded))
    managers = after_update(old, new, call.options.manager, scope_of(core, call))
    return commit(core, call, old, with_managers(new, managers))
