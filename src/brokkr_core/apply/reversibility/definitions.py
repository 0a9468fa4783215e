"""CustomResourceDefinitions: a change of a kind is a change of every object of it. Pure."""

from __future__ import annotations

from functools import partial

from brokkr_core.apply.reversibility.rule import Found, Rule, those
from brokkr_core.apply.reversibility.schemas import Loss, losses
from brokkr_core.apply.reversibility.transition import Transition
from brokkr_core.model.json import JsonObject, as_list, as_object, as_text, dig
from brokkr_core.model.kinds import DEFINITION
from brokkr_core.model.reversibility import Reversibility

_VERSIONS = "spec.versions"
_NAMES = ("spec.group", "spec.names.kind", "spec.names.plural", "spec.scope")


def _renamed(transition: Transition) -> Found:
    return those(transition, *_NAMES) if transition.updated else None


def _version_removed(transition: Transition) -> Found:
    if not transition.updated:
        return None
    gone = _versions(transition.before).keys() - _versions(transition.after).keys()
    return tuple(_place(name) for name in sorted(gone)) or None


def _stored_anew(transition: Transition) -> Found:
    name = _storage_moved_to(transition)
    return (_place(name),) if name and name not in _versions(transition.before) else None


def _stored_otherwise(transition: Transition) -> Found:
    name = _storage_moved_to(transition)
    return (f"{_place(name)}.storage",) if name in _versions(transition.before) else None


def _converted(transition: Transition) -> Found:
    path = "spec.conversion.strategy"
    moved = transition.old_text(path, "None") != transition.new_text(path, "None")
    return (path,) if transition.updated and moved else None


def _loses(loss: Loss, transition: Transition) -> Found:
    if not transition.updated:
        return None
    before, after = _versions(transition.before), _versions(transition.after)
    found = [
        place
        for name in sorted(before.keys() & after.keys())
        for kind, place in losses(_schema(before[name]), _schema(after[name]), f"{_place(name)}.schema")
        if kind is loss
    ]
    return tuple(sorted(found)) or None


def _storage_moved_to(transition: Transition) -> str:
    """Return the version that objects would be stored in, if it is another one than now."""
    now, then = _storage(transition.before), _storage(transition.after)
    return then if transition.updated and now != then else ""


def _storage(body: JsonObject) -> str:
    return next((name for name, one in _versions(body).items() if one.get("storage") is True), "")


def _versions(body: JsonObject) -> dict[str, JsonObject]:
    return {as_text(dig(one, "name")): as_object(one) for one in as_list(dig(body, "spec", "versions"))}


def _schema(version: JsonObject) -> JsonObject:
    return as_object(dig(version, "schema", "openAPIV3Schema"))


def _place(name: str) -> str:
    return f"{_VERSIONS}[name={name}]"


RULES = (
    Rule(
        name="definition-identity",
        kinds=(DEFINITION,),
        reversibility=Reversibility.IRREVERSIBLE,
        when="another scope, group, kind or plural",
        reason="it would be another kind, and the objects of this one are not carried over",
        finds=_renamed,
    ),
    Rule(
        name="definition-new-storage",
        kinds=(DEFINITION,),
        reversibility=Reversibility.IRREVERSIBLE,
        when="objects are stored in a version that did not exist",
        reason="the version is put down in status.storedVersions, and the server lets none of those be removed",
        finds=_stored_anew,
    ),
    Rule(
        name="definition-storage",
        kinds=(DEFINITION,),
        reversibility=Reversibility.VALUE_ONLY,
        when="objects are stored in another one of its versions",
        reason="status.storedVersions keeps the version, and so does every object that is written meanwhile",
        finds=_stored_otherwise,
    ),
    Rule(
        name="definition-version",
        kinds=(DEFINITION,),
        reversibility=Reversibility.VALUE_ONLY,
        when="a version is removed",
        reason="an object that is written meanwhile forgets who applied fields of it in that version",
        finds=_version_removed,
    ),
    Rule(
        name="definition-conversion",
        kinds=(DEFINITION,),
        reversibility=Reversibility.IRREVERSIBLE,
        when="another conversion strategy",
        reason="objects that are written meanwhile are stored as the conversion left them, and it may lose something",
        finds=_converted,
    ),
    Rule(
        name="definition-dropped",
        kinds=(DEFINITION,),
        reversibility=Reversibility.IRREVERSIBLE,
        when="the schema does not know a field any more, or keeps unknown fields no longer",
        reason="the server drops what stands there at the next write of anybody's",
        finds=partial(_loses, Loss.DROPPED),
    ),
    Rule(
        name="definition-defaults",
        kinds=(DEFINITION,),
        reversibility=Reversibility.VALUE_ONLY,
        when="the schema has a new default or another one",
        reason="objects that are written meanwhile keep the value",
        finds=partial(_loses, Loss.DEFAULTED),
    ),
    Rule(
        name="definition-tightened",
        kinds=(DEFINITION,),
        reversibility=Reversibility.VALUE_ONLY,
        when="the schema asks for more: types, limits, enumerations, required fields, rules",
        reason="objects that do not fit cannot be written meanwhile, and what was to be written is missing",
        finds=partial(_loses, Loss.TIGHTENED),
    ),
)
