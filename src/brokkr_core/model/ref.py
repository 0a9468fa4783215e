"""Which object: the identity that everything else is keyed by."""

from __future__ import annotations

from brokkr_core.frozen import field, frozen
from brokkr_core.model.json import Json, JsonObject, as_object, as_text, dig


def split_api_version(api_version: str) -> tuple[str, str]:
    """Split ``apps/v1`` into group and version; the core group is the empty text."""
    group, _, version = api_version.rpartition("/")
    return group, version


@frozen(kw_only=True, order=True)
class GroupKind:
    """A kind in its API group; the version is not part of what a thing is."""

    group: str
    kind: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.group}" if self.group else self.kind


@frozen(kw_only=True, order=True)
class ObjectRef:
    """One object of a cluster: group, kind, namespace and name make its identity.

    The version says how to speak to the API server about it and takes no part in comparing:
    ``apps/v1`` and ``apps/v1beta1`` of the same name are the same object.
    The namespace is empty for cluster-scoped objects and for manifests that leave it to the default.
    """

    group: str
    kind: str
    namespace: str = ""
    name: str
    version: str = field(default="", eq=False, order=False)

    @property
    def api_version(self) -> str:
        """The ``apiVersion`` as a manifest writes it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_kind(self) -> GroupKind:
        """The kind in its group."""
        return GroupKind(group=self.group, kind=self.kind)

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


def ref_of(body: JsonObject) -> ObjectRef:
    """Read the identity of a live object or of a manifest already known to be well-formed.

    Args:
        body: the object as JSON.

    Returns:
        Its identity; members that are missing become empty text.
    """
    group, version = split_api_version(as_text(body.get("apiVersion")))
    metadata: Json = as_object(body.get("metadata"))
    return ObjectRef(
        group=group,
        version=version,
        kind=as_text(body.get("kind")),
        namespace=as_text(dig(metadata, "namespace")),
        name=as_text(dig(metadata, "name")),
    )
