"""PATCH with a JSON patch, a merge patch or a strategic merge patch."""

from __future__ import annotations

from brokkr_core.model.json import Json, JsonObject, as_object
from brokkr_core.testing.cluster.admission import accept, check_name, check_namespace
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.decode import go_name
from brokkr_core.testing.cluster.options import Answer, Call
from brokkr_core.testing.cluster.patches import apply_json_patch, apply_merge_patch, apply_strategic_patch
from brokkr_core.testing.cluster.patches.json_patch import PatchError
from brokkr_core.testing.cluster.resource import uid_of
from brokkr_core.testing.cluster.status import (
    Fault,
    Refusal,
    Target,
    bad_request,
    invalid,
    invalid_value,
    unknown_patch_format,
    unsupported_media_type,
)
from brokkr_core.testing.cluster.verbs.change import check_version, find, same_object
from brokkr_core.testing.cluster.verbs.update import write

_NO_FORCE = "Forbidden: may not be specified for non-apply patch"

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCHES = ("application/apply-patch+yaml", "application/apply-patch+cbor")


def patch(core: Core, call: Call, content_type: str, body: Json) -> Answer:
    """Patch an object.

    Args:
        core: the cluster.
        call: the request.
        content_type: which patch format it is.
        body: the patch.

    Raises:
        Refusal: it is not there, has moved on, or the new state is not acceptable.
    """
    check_format(call, content_type)
    if call.options.force:
        fault = Fault(reason="FieldValueForbidden", message=_NO_FORCE, field="force")
        raise invalid(Target(group="meta.k8s.io", plural="", kind="PatchOptions"), [fault])
    _check_shape(content_type, body)
    old = find(core, call)
    patched = as_object(_patched(call, content_type, old, body))
    decoded, warnings = accept(call, patched)
    decoded = check_namespace(call, decoded)
    _check_identity(call, old, decoded)
    check_version(call, old, decoded)
    return Answer(code=200, body=write(core, call, old, decoded), warnings=warnings)


def check_format(call: Call, content_type: str) -> None:
    """Refuse a patch format the resource does not take.

    Raises:
        Refusal: 415.
    """
    accepted = [JSON_PATCH, MERGE_PATCH, *([STRATEGIC_PATCH] if call.resource.builtin else [])]
    if content_type not in {*accepted, STRATEGIC_PATCH} and call.resource.builtin:
        raise unknown_patch_format()
    if content_type not in accepted:
        raise unsupported_media_type([*accepted, APPLY_PATCHES[0]])


def _patched(call: Call, content_type: str, old: JsonObject, body: Json) -> Json:
    if content_type == MERGE_PATCH:
        return apply_merge_patch(old, body)
    if content_type == STRATEGIC_PATCH:
        return apply_strategic_patch(old, body, call.resource.node)
    try:
        return apply_json_patch(old, body)
    except PatchError as error:
        message = "the server rejected our request due to an error in our request"
        raise Refusal(422, "Invalid", message, details={}) from error


def _check_shape(content_type: str, body: Json) -> None:
    wanted = list if content_type == JSON_PATCH else dict
    if isinstance(body, wanted):
        return
    target = "[]handlers.jsonPatchOp" if content_type == JSON_PATCH else "map[string]interface {}"
    problem = f"json: cannot unmarshal {go_name(body)} into Go value of type {target}"
    raise bad_request(problem if content_type == STRATEGIC_PATCH else f"error decoding patch: {problem}")


def _check_identity(call: Call, old: JsonObject, decoded: JsonObject) -> None:
    check_name(call, decoded)
    if not same_object(old, decoded):
        raise invalid(call.target, [invalid_value("metadata.uid", uid_of(decoded), "field is immutable")])
