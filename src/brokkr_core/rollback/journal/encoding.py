"""Identities and entries as the JSON of a journal's records, and back. Pure."""

from __future__ import annotations

from brokkr_core.model.json import Json, JsonObject, as_list, as_text
from brokkr_core.model.ref import ObjectRef
from brokkr_core.model.reversibility import Reversibility
from brokkr_core.rollback.entry import Entry


def ref_to_json(ref: ObjectRef) -> Json:
    """Return an identity as a list of texts."""
    return [ref.group, ref.version, ref.kind, ref.namespace, ref.name]


def ref_from_json(value: Json) -> ObjectRef:
    """Read an identity back."""
    group, version, kind, namespace, name = ([as_text(one) for one in as_list(value)] + [""] * 5)[:5]
    return ObjectRef(group=group, version=version, kind=kind, namespace=namespace, name=name)


def entry_to_json(entry: Entry) -> JsonObject:
    """Return a whole entry but for its identity."""
    return {
        "before": entry.before,
        "after": entry.after,
        "reversibility": str(entry.reversibility),
        "created": entry.created,
        "bounded": entry.bounded,
        "deleted": entry.deleted,
        "refused": entry.refused,
        "found": entry.found,
    }


def entry_from_json(ref: ObjectRef, facts: JsonObject) -> Entry:
    """Read an entry back; members that are missing have their default."""
    return Entry(
        ref=ref,
        before=body_from_json(facts.get("before")),
        after=body_from_json(facts.get("after")),
        created=facts.get("created") is True,
        bounded=facts.get("bounded") is True,
        deleted=facts.get("deleted") is True,
        refused=facts.get("refused") is True,
        reversibility=Reversibility(as_text(facts.get("reversibility")) or "exact"),
        found=body_from_json(facts.get("found")),
    )


def body_from_json(value: Json) -> JsonObject | None:
    """Read an object back, None where there was none."""
    return value if isinstance(value, dict) else None
