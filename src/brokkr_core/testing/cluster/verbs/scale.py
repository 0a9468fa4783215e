"""``/scale``: the number of replicas alone, as an ``autoscaling/v1`` Scale."""

from __future__ import annotations

from brokkr_core.model.json import Json, JsonObject, as_int, as_object, as_text, dig, text_map
from brokkr_core.testing.cluster.core import Core
from brokkr_core.testing.cluster.options import Answer, Call
from brokkr_core.testing.cluster.patches import apply_json_patch, apply_merge_patch
from brokkr_core.testing.cluster.patches.json_patch import PatchError
from brokkr_core.testing.cluster.status import bad_request
from brokkr_core.testing.cluster.verbs.change import check_version, find
from brokkr_core.testing.cluster.verbs.update import write


def read_scale(core: Core, call: Call) -> Answer:
    """Return the scale of an object."""
    return Answer(code=200, body=_scale_of(find(core, call)))


def write_scale(core: Core, call: Call, content_type: str, body: Json) -> Answer:
    """Change the number of replicas by PUT, JSON patch or merge patch.

    Args:
        core: the cluster.
        call: the request.
        content_type: the patch format, or empty for PUT.
        body: the Scale or the patch.
    """
    old = find(core, call)
    try:
        wanted = as_object(_wanted(old, content_type, body))
    except PatchError as error:
        raise bad_request(str(error)) from error
    check_version(call, old, wanted)
    replicas = as_int(dig(wanted, "spec", "replicas"))
    new = {**old, "spec": {**as_object(old.get("spec")), "replicas": replicas}}
    return Answer(code=200, body=_scale_of(write(core, call, old, new)))


def _wanted(old: JsonObject, content_type: str, body: Json) -> Json:
    if not content_type.endswith(("json-patch+json", "merge-patch+json")):
        return body
    if content_type == "application/json-patch+json":
        return apply_json_patch(_scale_of(old), body)
    return apply_merge_patch(_scale_of(old), body)


def _scale_of(body: JsonObject) -> JsonObject:
    metadata = as_object(body["metadata"])
    kept: JsonObject = {
        name: metadata[name]
        for name in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        if name in metadata
    }
    selector = ",".join(
        f"{key}={value}" for key, value in sorted(text_map(dig(body, "spec", "selector", "matchLabels")).items())
    )
    status: JsonObject = {"replicas": as_int(dig(body, "status", "replicas"))}
    if as_text(selector):
        status["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": kept,
        "spec": {"replicas": as_int(dig(body, "spec", "replicas"))},
        "status": status,
    }
