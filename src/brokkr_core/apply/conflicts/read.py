"""Conflicts as data: whose field it is, what the rules say about it, and the manifest without it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import TypeAlias

from attrs import evolve

from brokkr_core.apply.conflicts.rule import ConflictRule
from brokkr_core.errors import Cause
from brokkr_core.kube.errors import FIELD_MANAGER_CONFLICT
from brokkr_core.model.conflict import Conflict, Conflicts
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.model.ref import GroupKind

#: A path as steps of FieldsV1, such as ``("f:spec", 'k:{"name":"web"}', "f:image")``.
Steps: TypeAlias = "tuple[str, ...]"

#: How the server words one (apimachinery ``managedfields/internal/conflict.go``).
_WORDS = re.compile(r'conflict with "(?P<manager>[^"]*)"(?: with subresource "(?P<subresource>[^"]*)")?')


def read_conflicts(causes: Iterable[Cause], live: JsonObject, *, manager: str) -> dict[Conflict, Steps]:
    """Find out who owns the fields that an apply was refused for.

    A path as text is ambiguous, since names may hold dots and brackets, so it is never taken apart: the owners' own
    entries are walked, and the field whose path reads the same is the one.

    Args:
        causes: the causes of the refusal.
        live: the object as it stands, ``managedFields`` included.
        manager: who applied.

    Returns:
        One conflict per cause in the order of the answer, each with the steps to its field; the steps are empty when
        no owner has such a field any more.
    """
    owned = dict(_owned_paths(live, manager))
    found: dict[Conflict, Steps] = {}
    for cause in causes:
        if cause.reason != FIELD_MANAGER_CONFLICT:
            continue
        words = _WORDS.search(cause.message)
        named = words["manager"] if words else ""
        entry, steps = owned.get((cause.field, named), (None, ()))
        conflict = Conflict(
            path=cause.field,
            manager=named,
            operation=as_text(dig(entry, "operation")),
            subresource=as_text(dig(entry, "subresource")) or ((words["subresource"] or "") if words else ""),
            time=as_text(dig(entry, "time")),
        )
        found[conflict] = steps
    return found


def decide(
    conflicts: Mapping[Conflict, Steps], kind: GroupKind, *, rules: Iterable[ConflictRule], otherwise: Conflicts
) -> tuple[Conflict, ...]:
    """Put the decision of the rules on every conflict.

    Args:
        conflicts: what the apply was refused for, each with the steps to its field as far as they are known.
        kind: the object's kind.
        rules: the first that covers a conflict decides about it.
        otherwise: what holds where none does.

    Returns:
        The same conflicts, decided.
    """
    ordered = tuple(rules)
    return tuple(
        evolve(
            one, decision=next((r.decision for r in ordered if r.covers(one, kind, around=_around(steps))), otherwise)
        )
        for one, steps in conflicts.items()
    )


def _around(steps: Steps) -> tuple[str, ...]:
    """Write the paths of everything that a field lies in."""
    return tuple(written(steps[:depth]) for depth in range(1, len(steps)))


def without(body: JsonObject, paths: Iterable[Steps]) -> JsonObject:
    """Leave fields out of a manifest, so that it no longer applies them.

    Args:
        body: the manifest.
        paths: the fields, as steps; one that is not there is passed over.

    Returns:
        A new manifest. Objects that lose their last member go as well: applied empty, they would still be claimed.
    """
    left = deepcopy(body)
    for steps in paths:
        _remove(left, steps)
    return left


def _remove(node: Json, steps: Steps) -> None:
    step, rest = steps[0], steps[1:]
    place = _place(node, step)
    if place is None:
        return
    if isinstance(node, dict) and isinstance(place, str):
        child = node[place]
        if rest:
            _remove(child, rest)
        if not rest or child in ({}, []):
            del node[place]
    elif isinstance(node, list) and isinstance(place, int):
        if rest:
            _remove(node[place], rest)
        else:
            del node[place]


def _place(node: Json, step: str) -> str | int | None:
    """Find the member or item that a step of FieldsV1 leads to."""
    mark, text = step[:2], step[2:]
    if isinstance(node, dict):
        return text if mark == "f:" and text in node else None
    if not isinstance(node, list) or mark not in ("k:", "v:"):
        return None
    wanted: Json = json.loads(text)
    if mark == "v:":
        return next((at for at, item in enumerate(node) if item == wanted), None)
    key = as_object(wanted)
    # A member of the key that the manifest leaves out has its default; an item that writes all of it comes first.
    whole = (at for at, item in enumerate(node) if key.items() <= as_object(item).items())
    partly = (
        at for at, item in enumerate(node) if all(as_object(item).get(name, key[name]) == key[name] for name in key)
    )
    return next(whole, next(partly, None))


def _owned_paths(live: JsonObject, manager: str) -> Iterator[tuple[tuple[str, str], tuple[JsonObject, Steps]]]:
    """Yield every field of every other manager, by its path as the server writes it and the manager's name."""
    for value in as_list(dig(live, "metadata", "managedFields")):
        entry = as_object(value)
        name = as_text(entry.get("manager"))
        if name == manager and entry.get("operation") == "Apply" and not entry.get("subresource"):
            continue
        for steps in _fields(as_object(entry.get("fieldsV1")), ()):
            yield (written(steps), name), (entry, steps)


def _fields(owned: JsonObject, above: Steps) -> Iterator[Steps]:
    for step, below in owned.items():
        if step == ".":
            continue
        yield (*above, step)
        yield from _fields(as_object(below), (*above, step))


def written(steps: Steps) -> str:
    """Write a path as the API server does (structured-merge-diff ``fieldpath/path.go``).

    Args:
        steps: the path.

    Returns:
        For example ``.spec.template.spec.containers[name="web"].image``.
    """
    return "".join(map(_step, steps))


def _step(step: str) -> str:
    mark, text = step[:2], step[2:]
    if mark == "f:":
        return f".{text}"
    if mark == "i:":
        return f"[{text}]"
    value: Json = json.loads(text)
    if mark == "v:":
        return f"[={_value(value)}]"
    return "[" + ",".join(f"{name}={_value(member)}" for name, member in sorted(as_object(value).items())) + "]"


def _value(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
