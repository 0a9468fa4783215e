"""Who owns which field: given back after a restore, and named where somebody else has written. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from brokkr_core.apply.difference.paths import overlap, step
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig

#: Field manager of a restore's own writes; its entry is taken out again when ownership is handed back.
RESTORE_MANAGER = "brokkr-rollback"

_Key: TypeAlias = "tuple[str, str, str, str]"
_Steps: TypeAlias = "tuple[str, ...]"


def hand_back(before: JsonObject, after: JsonObject, now: JsonObject) -> list[Json]:
    """Work out who must own what once values are back.

    A manager's entry that has only lost fields to the restore since our write goes back to what it was before it; an
    entry that has moved otherwise belongs to somebody's own write and stays. Entries of the restore disappear. The
    object as it stands is enough to tell, so this can be decided again at any time: after a lost answer, or by
    another process.

    Args:
        before: the object as recorded.
        after: the object as our write left it.
        now: the object as it stands, its values put back.

    Returns:
        The managedFields to store.
    """
    old, written, current = _entries(before), _entries(after), _entries(now)
    owners: list[Json] = []
    for key in dict.fromkeys([*old, *current]):
        is_status = key[2] == "status"
        chosen = old.get(key) if not is_status and _untouched(key, written, current) else current.get(key)
        if chosen is not None:
            owners.append(chosen)
    return owners


def made_by_restore(body: JsonObject) -> bool:
    """Whether nobody but a restore has written an object so far, and has not yet handed its ownership back."""
    entries = [one for one in as_list(dig(body, "metadata", "managedFields")) if dig(one, "subresource") != "status"]
    return bool(entries) and all(dig(one, "manager") == RESTORE_MANAGER for one in entries)


def owners_at(body: JsonObject, path: str) -> tuple[str, ...]:
    """Name the managers that own a field, something within it, or an atomic value around it.

    Args:
        body: the object as it stands.
        path: as ``changed_paths`` writes it.

    Returns:
        Their names, sorted; empty where nobody owns it.
    """
    owners = (entry for owned, entry in owned_paths(body) if overlap(owned, path))
    return tuple(sorted({as_text(dig(entry, "manager")) for entry in owners} - {RESTORE_MANAGER}))


def owned_paths(body: JsonObject) -> Iterator[tuple[str, Json]]:
    """Yield every field that somebody owns, as ``changed_paths`` writes it, with the entry of managedFields.

    Args:
        body: the object as it stands.

    Yields:
        Path and entry.
    """
    for entry in as_list(dig(body, "metadata", "managedFields")):
        for steps in _leaves(dig(entry, "fieldsV1")):
            if steps[-1] != ".":  # whoever owns a map itself does not own what others put into it
                yield _path(steps), entry


def _untouched(key: _Key, written: Mapping[_Key, Json], current: Mapping[_Key, Json]) -> bool:
    """Whether an entry has lost nothing to anybody but the restore since our write, and gained nothing."""
    then, now = (frozenset(_leaves(dig(side.get(key), "fieldsV1"))) for side in (written, current))
    if not now <= then:
        return False
    elsewhere = {leaf for other, entry in current.items() if other != key for leaf in _leaves(dig(entry, "fieldsV1"))}
    return elsewhere.isdisjoint(then - now)


def _entries(body: JsonObject) -> dict[_Key, Json]:
    """Key entries as the server does: the version tells two updaters apart, but never two appliers."""
    found: dict[_Key, Json] = {}
    for entry in as_list(dig(body, "metadata", "managedFields")):
        manager, operation = as_text(dig(entry, "manager")), as_text(dig(entry, "operation"))
        version = "" if operation == "Apply" else as_text(dig(entry, "apiVersion"))
        if manager != RESTORE_MANAGER:
            found[manager, operation, as_text(dig(entry, "subresource")), version] = entry
    return found


def _leaves(owned: Json, above: _Steps = ()) -> Iterator[_Steps]:
    """Yield the fields that an entry owns, as steps of FieldsV1; a container that is owned itself ends in a dot."""
    for name, inner in as_object(owned).items():
        if as_object(inner):
            yield from _leaves(inner, (*above, name))
        else:
            yield (*above, name)


def _path(steps: _Steps) -> str:
    """Write steps as ``changed_paths`` does, which takes lists whole unless their items are told apart by name."""
    path = ""
    for one in steps:
        mark, text = one[:2], one[2:]
        if mark == "f:":
            path = step(path, text)
        elif mark == "k:" and list(as_object(json.loads(text))) == ["name"]:
            path = f"{path}[name={as_text(as_object(json.loads(text))['name'])}]"
        else:
            break
    return path
