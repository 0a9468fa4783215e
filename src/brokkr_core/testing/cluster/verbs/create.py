"""POST: a new object."""

from __future__ import annotations

from brokkr_core.model.json import JsonObject, dig
from brokkr_core.testing.cluster.admission import accept, check_namespace, check_room, with_defaults
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.managers import with_managers
from brokkr_core.testing.cluster.options import Answer, Call
from brokkr_core.testing.cluster.ownership import after_update
from brokkr_core.testing.cluster.resource import name_of
from brokkr_core.testing.cluster.status import unclassified
from brokkr_core.testing.cluster.verbs.birth import bear, named
from brokkr_core.testing.cluster.verbs.scope import scope_of


def create(core: Core, call: Call, body: JsonObject) -> Answer:
    """Create an object.

    Args:
        core: the cluster.
        call: the request.
        body: the object as sent.

    Raises:
        Refusal: it cannot be created.
    """
    decoded, warnings = accept(call, body)
    if dig(decoded, "metadata", "resourceVersion"):
        raise unclassified("resourceVersion should not be set on objects to be created")
    new = with_defaults(call.resource, named(core, check_namespace(call, decoded)))
    managers = after_update({}, new, call.options.manager, scope_of(core, call))
    check_room(core, call, name_of(new))
    return Answer(code=201, body=bear(core, call, with_managers(new, managers)), warnings=warnings)
