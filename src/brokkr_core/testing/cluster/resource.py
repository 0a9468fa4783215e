"""One served resource: what discovery says of it and the schema of its objects."""

from __future__ import annotations

from typing import TypeAlias

from attrs import field, frozen

from brokkr_core.model.json import Json, JsonObject
from brokkr_core.testing.cluster.schema import ANY, Node
from brokkr_core.testing.cluster.status import Target

#: Group and plural: what objects are stored under, whatever the version.
StorageId: TypeAlias = tuple[str, str]
#: Namespace (empty for cluster-scoped objects) and name.
Key: TypeAlias = tuple[str, str]

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")

CRDS: StorageId = ("apiextensions.k8s.io", "customresourcedefinitions")
NAMESPACES: StorageId = ("", "namespaces")


@frozen(kw_only=True, eq=False)
class Resource:
    """A resource in one version.

    Args:
        schema: the structural schema of a custom resource, empty for built-in ones.
        counts_generation: whether ``metadata.generation`` is kept.
        api_version: the ``apiVersion`` of its objects.
        storage_id: what its objects are stored under.
        has_status: whether status is written only through ``/status``.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    singular: str = ""
    list_kind: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: frozenset[str] = frozenset()
    counts_generation: bool = False
    builtin: bool = True
    node: Node = field(default=ANY, repr=False)
    schema: JsonObject = field(factory=dict, repr=False)
    columns: tuple[JsonObject, ...] = field(default=(), repr=False)
    scale_paths: JsonObject = field(factory=dict, repr=False)
    api_version: str = field(init=False, repr=False)
    storage_id: StorageId = field(init=False, repr=False)
    has_status: bool = field(init=False, repr=False)

    @api_version.default
    def _api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @storage_id.default
    def _storage_id(self) -> StorageId:
        return self.group, self.plural

    @has_status.default
    def _has_status(self) -> bool:
        return "status" in self.subresources

    def target(self, name: str = "") -> Target:
        """Name an object of this resource in a refusal."""
        return Target(group=self.group, plural=self.plural, kind=self.kind, name=name)

    def key(self, namespace: str, name: str) -> Key:
        """Return where an object is stored."""
        return (namespace if self.namespaced else "", name)

    def in_this_version(self, body: JsonObject) -> JsonObject:
        """Return a stored object under this version; the emulator converts by renaming only."""
        if body.get("apiVersion") == self.api_version:
            return body
        return {**body, "apiVersion": self.api_version}


def name_of(body: Json) -> str:
    """Return ``metadata.name``."""
    return _metadata_text(body, "name")


def namespace_of(body: Json) -> str:
    """Return ``metadata.namespace``."""
    return _metadata_text(body, "namespace")


def uid_of(body: Json) -> str:
    """Return ``metadata.uid``."""
    return _metadata_text(body, "uid")


def _metadata_text(body: Json, name: str) -> str:
    metadata = body.get("metadata") if isinstance(body, dict) else None
    value = metadata.get(name) if isinstance(metadata, dict) else None
    return value if isinstance(value, str) else ""
