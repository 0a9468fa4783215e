"""Is a live object already what an apply would make of it? A proof from field ownership and values. Pure.

A server-side apply changes nothing exactly when the manager already owns the fields it would apply, no more and no
fewer, and each of them has the value it would get. Both are read from the object: our own entry of ``managedFields``
(KEP-555) also tells how a list is merged, so no schema is needed.

Ownership alone proves nothing: a mutating webhook that acts on somebody else's request can change a field we own and
leave our entry as it is, because fields are tracked before admission. So values are always compared as well.

The proof is allowed to fail where it should not (a quantity that the server writes in another way, a ``null``):
then the server is asked. It must never hold where an apply would change something.
"""

from __future__ import annotations

import json

from attrs import frozen

from brokkr_core.apply.difference.paths import same
from brokkr_core.model.json import Json, JsonObject, as_list, as_object, dig

#: Never owned by anybody (apimachinery ``managedfields/internal/stripmeta.go``).
_IDENTITY = frozenset({"apiVersion", "kind"})
_NEVER_OWNED = frozenset(
    {"name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation"}
    | {"managedFields", "resourceVersion"}
)
#: Marks in FieldsV1 (structured-merge-diff ``fieldpath/serialize.go``).
FIELD, KEY, VALUE, ITSELF = "f:", "k:", "v:", "."


def holds(desired: JsonObject, live: JsonObject, *, manager: str) -> bool:
    """Tell whether applying an object would provably change nothing.

    Args:
        desired: the object as it would be applied.
        live: the whole object as the server has it, ``managedFields`` included.
        manager: the field manager that would apply.

    Returns:
        True only when the apply is certain to be without effect.
    """
    owners, wanted = owners_of(desired, live, manager=manager), _stripped(desired)
    if owners is None:
        return not wanted and not _has_applied(live, manager)  # who owns nothing has no entry
    return _object_holds(wanted, live, owners)


def metadata_holds(desired: JsonObject, live: JsonObject, *, manager: str) -> bool:
    """Tell the same of labels, annotations and the rest of the metadata alone; ``live`` may be metadata only."""
    owners = owners_of(desired, live, manager=manager)
    if owners is None:
        return False
    wanted = as_object(_stripped(desired).get("metadata"))
    return _object_holds(wanted, as_object(live.get("metadata")), owners.below(f"{FIELD}metadata"))


@frozen
class Owners:
    """Who owns what below one field, as FieldsV1: the manager in question, and everybody else."""

    ours: JsonObject
    others: tuple[JsonObject, ...] = ()

    @property
    def steps(self) -> set[str]:
        """What the manager owns one step further down."""
        return self.ours.keys() - {ITSELF}

    def below(self, step: str) -> Owners:
        """Go one step down."""
        others = tuple(as_object(other[step]) for other in self.others if step in other)
        return Owners(as_object(self.ours.get(step)), others)

    @property
    def shared_inside(self) -> bool:
        """Whether somebody else owns something further down."""
        return any(other.keys() - {ITSELF} for other in self.others)


def owners_of(desired: JsonObject, live: JsonObject, *, manager: str) -> Owners | None:
    """Read who owns the fields of an object.

    Args:
        desired: only its ``apiVersion`` matters: an entry in another version would be rewritten.
        live: the object, or its metadata.
        manager: the field manager.

    Returns:
        What the manager owns by applying, and what all others own; None when it has applied nothing in that version.
    """
    ours: JsonObject | None = None
    others = []
    for entry in as_list(dig(live, "metadata", "managedFields")):
        fields = as_object(dig(entry, "fieldsV1"))
        if not _applied_by(entry, manager):
            others.append(fields)
        elif dig(entry, "apiVersion") == desired.get("apiVersion"):
            ours = fields
    return None if ours is None else Owners(ours, tuple(others))


def _applied_by(entry: Json, manager: str) -> bool:
    return dig(entry, "manager") == manager and dig(entry, "operation") == "Apply" and not dig(entry, "subresource")


def _has_applied(live: JsonObject, manager: str) -> bool:
    return any(_applied_by(entry, manager) for entry in as_list(dig(live, "metadata", "managedFields")))


def _stripped(body: JsonObject) -> JsonObject:
    """Leave out what nobody can own."""
    metadata = {key: value for key, value in as_object(body.get("metadata")).items() if key not in _NEVER_OWNED}
    rest = {key: value for key, value in body.items() if key not in _IDENTITY and key != "metadata"}
    return {**rest, "metadata": metadata} if metadata else rest


def _node_holds(desired: Json, live: Json, owners: Owners) -> bool:
    if not owners.steps:
        return _leaf_holds(desired, live, owners)
    if isinstance(desired, dict) and isinstance(live, dict):
        return _object_holds(desired, live, owners)
    if isinstance(desired, list) and isinstance(live, list):
        keyed = all(step.startswith(KEY) for step in owners.steps)
        return _keyed_list_holds(desired, live, owners) if keyed else _set_holds(desired, live, owners)
    return False


def _leaf_holds(desired: Json, live: Json, owners: Owners) -> bool:
    """Compare a field that is owned as a whole: a scalar, an empty object, or what the schema calls atomic.

    An object that was applied empty looks like an atomic one; if others own its members, it certainly is none.
    """
    if isinstance(desired, dict) and desired and owners.shared_inside:
        return False
    return same(desired, live)


def _object_holds(desired: JsonObject, live: JsonObject, owners: Owners) -> bool:
    if {FIELD + name for name in desired} != owners.steps:
        return False
    return all(_node_holds(value, live.get(name), owners.below(FIELD + name)) for name, value in desired.items())


def _keyed_list_holds(desired: list[Json], live: list[Json], owners: Owners) -> bool:
    """Compare a list that is merged by key; its order counts, as the server keeps the order of the applier."""
    pairs = _paired(desired, {step: as_object(json.loads(step[len(KEY) :])) for step in owners.steps})
    if pairs is None:
        return False
    places = []
    for item, step, key in pairs:
        place = next((at for at, other in enumerate(live) if _matches(other, key, whole=True)), None)
        if place is None or not _object_holds(as_object(item), as_object(live[place]), owners.below(step)):
            return False
        places.append(place)
    return places == sorted(places)


def _paired(desired: list[Json], keys: dict[str, JsonObject]) -> list[tuple[Json, str, JsonObject]] | None:
    """Give every item its key; None when they do not match one to one.

    Members of a key may be left out where the schema gives them a default, so items that write all of it come first.
    """
    free = dict(keys)
    found: dict[int, str] = {}
    for whole in (True, False):
        for at, item in enumerate(desired):
            if at in found:
                continue
            step = next((step for step, key in free.items() if _matches(item, key, whole=whole)), None)
            if step is not None:
                found[at] = step
                del free[step]
    if free or len(found) != len(desired):
        return None
    return [(item, found[at], keys[found[at]]) for at, item in enumerate(desired)]


def _matches(item: Json, key: JsonObject, *, whole: bool) -> bool:
    """Whether an item has this key; without ``whole`` it may leave members of it out, but not all."""
    written = key.keys() & as_object(item).keys()
    if (written != key.keys()) if whole else not written:
        return False
    return all(same(as_object(item)[name], key[name]) for name in written)


def _set_holds(desired: list[Json], live: list[Json], owners: Owners) -> bool:
    """Compare a list that is merged as a set, such as finalizers; here too the applier's order is kept."""
    if any(not step.startswith(VALUE) for step in owners.steps) or len(desired) != len(owners.steps):
        return False
    values: list[Json] = [json.loads(step[len(VALUE) :]) for step in owners.steps]
    if not all(any(same(one, value) for value in values) for one in desired):
        return False
    places = [next((at for at, other in enumerate(live) if same(one, other)), -1) for one in desired]
    return -1 not in places and places == sorted(places)
