"""A manifest: one desired object and the place it was written."""

from __future__ import annotations

from brokkr_core.frozen import field, frozen
from brokkr_core.model.json import JsonObject, as_object, text_map
from brokkr_core.model.ref import ObjectRef


@frozen(kw_only=True, order=True)
class Origin:
    """Where a manifest was written: source, document number and lines, all counted from 1."""

    source: str = ""
    document: int = 0
    first_line: int = 0
    last_line: int = 0
    item: int = 0  #: position in a ``List``, from 1; 0 when the document is the object itself

    def __str__(self) -> str:
        place = f"{self.source or 'manifest'}:{self.first_line} (document {self.document}"
        return place + (f", item {self.item})" if self.item else ")")


@frozen(kw_only=True)
class Manifest:
    """One desired object. Its body is shared, never changed: make a new one with ``evolve``."""

    ref: ObjectRef
    body: JsonObject = field(repr=False)
    origin: Origin = field(factory=Origin, eq=False)

    @property
    def annotations(self) -> dict[str, str]:
        """The annotations as written."""
        return text_map(as_object(self.body.get("metadata")).get("annotations"))

    @property
    def labels(self) -> dict[str, str]:
        """The labels as written."""
        return text_map(as_object(self.body.get("metadata")).get("labels"))

    def in_namespace(self, namespace: str) -> Manifest:
        """Return the same manifest placed in a namespace; the empty text takes the namespace away."""
        metadata = {key: value for key, value in as_object(self.body.get("metadata")).items() if key != "namespace"}
        if namespace:
            metadata["namespace"] = namespace
        ref = ObjectRef(
            group=self.ref.group,
            version=self.ref.version,
            kind=self.ref.kind,
            namespace=namespace,
            name=self.ref.name,
        )
        return Manifest(ref=ref, body={**self.body, "metadata": metadata}, origin=self.origin)

    def with_annotations(self, annotations: dict[str, str]) -> Manifest:
        """Return the same manifest with these annotations added; they win over its own."""
        metadata = as_object(self.body.get("metadata"))
        merged = {**as_object(metadata.get("annotations")), **annotations}
        body = {**self.body, "metadata": {**metadata, "annotations": merged}}
        return Manifest(ref=self.ref, body=body, origin=self.origin)
