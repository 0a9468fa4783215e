"""``metadata.managedFields`` as values: who owns which fields, through which operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from attrs import evolve, frozen

from brokkr_core.model.json import Json, JsonObject, as_list, as_object, as_text, dig
from brokkr_core.testing.cluster.copying import same_json
from brokkr_core.testing.cluster.fieldset import from_fields_v1, to_fields_v1
from brokkr_core.testing.cluster.paths import Path

#: How many Update entries are kept; older ones are folded together (apimachinery ``capmanagers.go``).
MAX_UPDATERS = 10
FOLDED = "ancient-changes"
BEFORE_FIRST_APPLY = "before-first-apply"


@frozen(kw_only=True, order=True, cache_hash=True)
class Identity:
    """What makes two entries the same manager; an applier stays itself across API versions.

    (apimachinery ``managedfields/internal/managedfields.go``, ``BuildManagerIdentifier``.)
    """

    name: str
    operation: str
    api_version: str = ""
    subresource: str = ""

    def __str__(self) -> str:
        text = f'"{self.name}"'
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        if self.operation == "Update":
            text += f" using {self.api_version}"
        return text


@frozen(kw_only=True)
class Entry:
    """One entry of managedFields."""

    identity: Identity
    api_version: str
    time: str
    paths: frozenset[Path]

    def to_json(self) -> JsonObject:
        """Write the entry as the object carries it."""
        out = _Written(self)
        out["manager"], out["operation"] = self.identity.name, self.identity.operation
        out["apiVersion"] = self.api_version
        if self.time:
            out["time"] = self.time
        out["fieldsType"] = "FieldsV1"
        out["fieldsV1"] = to_fields_v1(self.paths)
        if self.identity.subresource:
            out["subresource"] = self.identity.subresource
        return out


class _Written(dict[str, Json]):
    """An entry as the object carries it, which remembers what it says; never changed."""

    __slots__ = ("entry",)

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry = entry


Managers: TypeAlias = dict[Identity, Entry]

#: What tells the entries of one object apart.
_IDENTIFYING = ("manager", "operation", "apiVersion", "subresource")


def read_managers(entries: Json) -> Managers:
    """Read managedFields.

    Args:
        entries: the list as an object carries it; null means none.

    Raises:
        ValueError: an entry is not what a server writes.
    """
    out: Managers = {}
    for entry in as_list(entries):
        read = entry.entry if isinstance(entry, _Written) else _read_entry(as_object(entry))
        out[read.identity] = read
    return out


def _read_entry(entry: JsonObject) -> Entry:
    operation, api_version = as_text(entry.get("operation")), as_text(entry.get("apiVersion"))
    if operation not in {"Apply", "Update"}:
        raise ValueError(f"operation must be Apply or Update, not {operation!r}")
    if not api_version:
        raise ValueError("apiVersion must not be empty")
    if entry.get("fieldsType") not in {"", "FieldsV1"}:
        raise ValueError("fieldsType must be FieldsV1")
    identity = Identity(
        name=as_text(entry.get("manager")),
        operation=operation,
        api_version="" if operation == "Apply" else api_version,
        subresource=as_text(entry.get("subresource")),
    )
    return Entry(
        identity=identity,
        api_version=api_version,
        time=as_text(entry.get("time")),
        paths=from_fields_v1(entry.get("fieldsV1")),
    )


def managers_of(body: JsonObject) -> Managers:
    """Read the managers of a stored object."""
    return read_managers(dig(body, "metadata", "managedFields"))


def write_managers(managers: Managers) -> list[Json]:
    """Write managedFields in the server's order; managers without fields fall out."""
    entries = [entry for entry in managers.values() if entry.paths]
    if len(entries) > 1:
        entries.sort(key=_order)
    return [entry.to_json() for entry in entries]


def _order(entry: Entry) -> tuple[str, str, str, str, str]:
    identity = entry.identity
    return identity.operation, entry.time, identity.name, entry.api_version, identity.subresource


def with_managers(body: JsonObject, managers: Managers) -> JsonObject:
    """Return the object with these managers; without any, the member is missing."""
    metadata = {**as_object(body.get("metadata"))}
    metadata.pop("managedFields", None)
    if entries := write_managers(managers):
        metadata["managedFields"] = entries
    return {**body, "metadata": metadata}


def without_managers(body: JsonObject) -> JsonObject:
    """Return the object without managedFields."""
    metadata = as_object(body.get("metadata"))
    if "managedFields" not in metadata:
        return body
    metadata = dict(metadata)
    del metadata["managedFields"]
    return {**body, "metadata": metadata}


def same_but_times(one: JsonObject, other: JsonObject) -> bool:
    """Tell whether two states of an object differ at most in the times and the order of managedFields.

    (apiserver ``fieldmanager/equality.go``.)
    """
    if one.keys() != other.keys():
        return False
    # The content first: where it differs, as in most writes, nobody has to look at metadata.
    for name, value in one.items():
        if name != "metadata" and not same_json(value, other[name]):
            return False
    return same_json(without_managers(one), without_managers(other)) and _untimed(one) == _untimed(other)


def _untimed(body: JsonObject) -> dict[tuple[str, ...], Json]:
    return {
        tuple(as_text(dig(entry, name)) for name in _IDENTIFYING): dig(entry, "fieldsV1")
        for entry in as_list(dig(body, "metadata", "managedFields"))
    }


def minus(managers: Managers, paths: set[Path]) -> Managers:
    """Take paths away from every manager."""
    return {
        identity: entry if entry.paths.isdisjoint(paths) else evolve(entry, paths=entry.paths - paths)
        for identity, entry in managers.items()
    }


def held(managers: Mapping[Identity, Entry]) -> frozenset[Path]:
    """Return the paths that anybody owns."""
    return frozenset(path for entry in managers.values() for path in entry.paths)


def folded(managers: Managers) -> Managers:
    """Fold the oldest Update entries together until few enough are left."""
    updaters = sorted(
        (entry for entry in managers.values() if entry.identity.operation == "Update" and entry.paths),
        key=lambda entry: (entry.time, entry.identity.name),
    )
    surplus = len(updaters) - MAX_UPDATERS
    if surplus <= 0:
        return managers
    out = dict(managers)
    first: dict[str, Identity] = {}
    for entry in updaters:
        if surplus <= 0:
            break
        bucket = Identity(name=FOLDED, operation="Update", api_version=entry.api_version)
        if entry.api_version not in first:
            first[entry.api_version] = entry.identity
            continue
        held_so_far = out.pop(bucket, None) or out.pop(first[entry.api_version])
        del out[entry.identity]
        paths = held_so_far.paths | entry.paths
        out[bucket] = evolve(entry, identity=bucket, paths=paths)
        surplus -= 1
    return out
