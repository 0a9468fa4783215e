"""The line of any field, on demand."""

from __future__ import annotations

from brokkr_core.errors import UsageError
from brokkr_core.manifest.checksum import RunningChecksum
from brokkr_core.manifest.documents import Document, DocumentReader
from brokkr_core.manifest.limits import Limits
from brokkr_core.manifest.marks import Path, Place, find, parse_path
from brokkr_core.manifest.reader import Source, measured, pieces, utf8
from brokkr_core.manifest.split import split
from brokkr_core.model.manifest import Manifest


def locate(source: Source, manifest: Manifest, path: str | Path) -> Place:
    """Find the line of a field in the source a manifest came from.

    Manifests carry no text and no marks, so this reads the source once more, up to the manifest's document,
    and parses that document for its marks: nothing is paid for fields nobody asks about.

    Args:
        source: the same text, bytes or path that ``parse`` was given; a file must be back at its start.
        manifest: what ``parse`` yielded.
        path: a field path as the API server writes it, such as ``spec.containers[0].image`` or
            ``metadata.labels[app.kubernetes.io/name]``, or its steps.

    Returns:
        Line and column in the source, from 1. A field that is not written gives the nearest one around it.

    Raises:
        UsageError: the source has no such document.
        OSError: the path cannot be read.
    """
    from brokkr_core.manifest.tree import mark_tree  # noqa: PLC0415 - loads PyYAML, which reading rarely needs

    steps = parse_path(path) if isinstance(path, str) else path
    origin = manifest.origin
    if origin.item:
        steps = ("items", origin.item - 1, *steps)
    document = _document(source, origin.document)
    place = find(mark_tree(document.text), steps)
    return Place(line=document.first_line + place.line - 1, column=place.column, exact=place.exact)


def _document(source: Source, number: int) -> Document:
    limits = Limits()
    reader = DocumentReader(limits=limits, strict=False)
    checked = measured(utf8(pieces(source)), limits=limits, running=RunningChecksum())
    for raw in split(checked, max_bytes=limits.document_bytes):
        for document in reader.read(raw):
            if document.number == number:
                return document
    raise UsageError(f"the source has no document {number}; pass the source the manifest was read from")
