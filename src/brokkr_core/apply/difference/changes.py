"""What would change in one object, field by field, in texts that may be shown. Pure."""

from __future__ import annotations

from attrs import evolve

from brokkr_core.apply.difference.paths import Difference, differences
from brokkr_core.apply.difference.sealing import Sealer
from brokkr_core.model.change import Change
from brokkr_core.model.json import Json, JsonObject, as_object


def changes(before: JsonObject | None, after: JsonObject, sealer: Sealer) -> tuple[Change, ...]:
    """List the fields that differ, as ``changed_paths`` names them, with what stood there and what would.

    Args:
        before: the object as it stands; None when it does not exist yet: then everything but its identity is listed,
            and of secrets only where they are.
        after: the object as it would stand.
        sealer: makes the texts.

    Returns:
        One change a path, sorted by path.
    """
    if before is None:
        return changes(_identity(after), after, evolve(sealer, mute=True))
    roots = (before, after)
    found = {one.path: one for one in differences(before, after)}
    return tuple(_change(found[path], roots, sealer) for path in sorted(found))


def _change(one: Difference, roots: tuple[JsonObject, ...], sealer: Sealer) -> Change:
    def side(values: tuple[Json, ...]) -> str | None:
        return sealer.text(values[0], one.trail, roots) if values else None

    return Change(path=one.path, before=side(one.before), after=side(one.after))


def _identity(body: JsonObject) -> JsonObject:
    metadata = as_object(body.get("metadata"))
    named: JsonObject = {key: metadata[key] for key in ("name", "namespace") if key in metadata}
    return {**{key: body[key] for key in ("apiVersion", "kind") if key in body}, "metadata": named}
