"""JSON merge patch (RFC 7386)."""

from __future__ import annotations

from brokkr_core.model.json import Json, JsonObject


def apply_merge_patch(target: Json, patch: Json) -> Json:
    """Apply a merge patch: objects merge, null removes, everything else replaces.

    Args:
        target: the value before; it is not changed.
        patch: what to change.
    """
    if not isinstance(patch, dict):
        return patch
    out: JsonObject = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            out.pop(name, None)
        else:
            out[name] = apply_merge_patch(out.get(name), value)
    return out
