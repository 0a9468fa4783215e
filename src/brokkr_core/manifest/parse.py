"""The door: a source of YAML or JSON -> manifests, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from brokkr_core.errors import InputError, InputErrors, ManifestError, UsageError
from brokkr_core.frozen import frozen
from brokkr_core.manifest.checksum import RunningChecksum
from brokkr_core.manifest.documents import Document, DocumentReader
from brokkr_core.manifest.faults import Fault, error_from
from brokkr_core.manifest.identity import check_body, identity, is_list, kind_of_value, sound_identity
from brokkr_core.manifest.limits import Limits, over
from brokkr_core.manifest.marks import find, parse_path
from brokkr_core.manifest.reader import Source, measured, name_of, pieces, utf8
from brokkr_core.manifest.split import split
from brokkr_core.model.json import JsonObject
from brokkr_core.model.manifest import Manifest, Origin

OnError: TypeAlias = Literal["raise", "collect"]

#: Limits are immutable, so one default serves every call.
DEFAULT_LIMITS = Limits()


class ManifestStream(Iterator[Manifest]):
    """The manifests of one source, read as they are asked for, and what became known on the way."""

    def __init__(self, source: Source, *, source_name: str, limits: Limits, strict: bool, on_error: OnError) -> None:
        self._name = source_name
        self._limits = limits
        self._on_error = on_error
        self._running = RunningChecksum()
        self._reader = DocumentReader(limits=limits, strict=strict)
        self._errors: list[ManifestError] = []
        self._skipped = 0
        self._complete = False
        self._manifests = self._read(source)

    def __iter__(self) -> ManifestStream:
        return self

    def __next__(self) -> Manifest:
        return next(self._manifests)

    @property
    def errors(self) -> tuple[ManifestError, ...]:
        """The faults found so far, in the order of the source."""
        return tuple(self._errors)

    @property
    def skipped(self) -> int:
        """How many documents so far were empty, only comments, or null."""
        return self._skipped

    @property
    def documents(self) -> int:
        """How many documents were read so far, skipped and bad ones included."""
        return self._reader.number

    @property
    def size_bytes(self) -> int:
        """How many bytes were read so far, as UTF-8."""
        return self._running.size_bytes

    @property
    def checksum(self) -> str:
        """SHA-256 of the source as UTF-8 (contract 4.3); empty until the source is read to its end."""
        return self._running.text() if self._complete else ""

    def _read(self, source: Source) -> Iterator[Manifest]:
        try:
            for document in self._documents(source):
                manifest = self._only_manifest(document)
                if manifest is not None:
                    yield manifest
                else:
                    yield from self._manifests_of(document)
        except ManifestError as error:
            # Of the source as a whole: nothing after it can be read.
            self._errors.append(error)
            if self._on_error == "raise":
                raise
        if self._errors and self._on_error == "collect":
            raise InputErrors(self._errors)

    def _documents(self, source: Source) -> Iterator[Document]:
        checked = measured(
            utf8(pieces(source), name=self._name), limits=self._limits, running=self._running, name=self._name
        )
        for raw in split(checked, max_bytes=self._limits.document_bytes):
            for document in self._reader.read(raw):
                self._check_count(document)
                yield document
        self._complete = True
        yield from self._reader.finish()

    def _check_count(self, document: Document) -> None:
        limit = self._limits.documents
        if document.number > limit:
            problem = over("documents", limit, "the source has too many documents", "split it into several")
            raise ManifestError(problem, source=self._name, document=document.number, line=document.first_line)

    def _only_manifest(self, document: Document) -> Manifest | None:
        """Return the manifest of a document that is one object and fine, as nearly all are; None for any other."""
        body = document.value
        if not isinstance(body, dict) or is_list(body):
            return None
        ref = sound_identity(body)
        return None if ref is None else Manifest(ref=ref, body=body, origin=_origin(document, self._name))

    def _manifests_of(self, document: Document) -> Iterator[Manifest]:
        if document.fault is not None:
            self._report(document, [document.fault])
        elif document.value is None:
            self._skipped += 1
        elif not isinstance(document.value, dict):
            found = kind_of_value(document.value)
            problem = f"a document must be a mapping with apiVersion, kind and metadata, found {found}"
            self._report(document, [Fault(problem=problem, line=1)])
        elif is_list(document.value):
            yield from self._items_of(document, document.value)
        elif faults := check_body(document.value):
            self._report(document, _located(faults, document.text))
        else:
            yield Manifest(ref=identity(document.value), body=document.value, origin=_origin(document, self._name))

    def _items_of(self, document: Document, value: JsonObject) -> Iterator[Manifest]:
        from brokkr_core.manifest.lists import expand, item_lines  # noqa: PLC0415 - most streams hold no list

        items = expand(value)
        if items.faults:
            self._report(document, _located(items.faults, document.text))
            return
        lines = item_lines(document.text, list(items.bodies))
        for position, body in enumerate(items.bodies):
            origin = _origin(document, self._name, lines[position] if lines else None, item=position + 1)
            yield Manifest(ref=identity(body), body=body, origin=origin)

    def _report(self, document: Document, faults: list[Fault]) -> None:
        """Keep a document's faults, or raise them all at once."""
        errors = [
            error_from(fault, source=self._name, document=document.number, first_line=document.first_line)
            for fault in faults
        ]
        if self._on_error == "raise" and len(errors) > 1:
            raise InputErrors(errors)
        if self._on_error == "raise":
            raise errors[0]
        self._errors.extend(errors)


def _origin(document: Document, source_name: str, lines: tuple[int, int] | None = None, *, item: int = 0) -> Origin:
    """Return where an object was written; ``lines`` are those of an item, within its document."""
    first, last = document.first_line, document.last_line
    if lines is not None:
        first, last = (document.first_line - 1 + line for line in lines)
    return Origin(source=source_name, document=document.number, first_line=first, last_line=last, item=item)


def _located(faults: list[Fault] | tuple[Fault, ...], text: str) -> list[Fault]:
    """Give faults their lines; the tree of lines is built once, and only because something is wrong."""
    from brokkr_core.manifest.tree import mark_tree  # noqa: PLC0415 - loads PyYAML, which good input rarely needs

    root = mark_tree(text)
    located: list[Fault] = []
    for fault in faults:
        place = find(root, parse_path(fault.path))
        located.append(Fault(problem=fault.problem, path=fault.path, line=place.line, column=place.column))
    return located


def parse(
    source: Source,
    *,
    source_name: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    strict: bool = False,
    on_error: OnError = "raise",
) -> ManifestStream:
    """Read manifests lazily, with the meaning kubectl gives them.

    Memory stays within one document, whatever the length of the source. ``List`` kinds come as their items;
    documents that are empty, only comments or null are skipped and counted.

    Args:
        source: YAML or JSON as text, bytes, a path, a binary file or an iterable of bytes.
        source_name: what errors and origins call the source; by default the path or the file's own name.
        limits: what the source may cost.
        strict: refuse scalars that YAML 1.1, YAML 1.2 and kubectl read differently, keys that are no text,
            unusual tags, merge keys and duplicate keys; by default all are read as kubectl reads them,
            and the last of duplicate keys wins.
        on_error: ``raise`` stops at the first bad document; ``collect`` yields every good one first and
            raises ``InputErrors`` with all faults after the last.

    Returns:
        An iterator of manifests that also counts, hashes and keeps errors while it goes.

    Raises:
        UsageError: the source or ``on_error`` is of the wrong kind.
        ManifestError: while iterating; the one fault of a bad document, or the source is over a limit.
        InputErrors: while iterating; several faults.
        OSError: while iterating; the path cannot be read.
    """
    if on_error not in ("raise", "collect"):
        raise UsageError(f"on_error must be 'raise' or 'collect', not {on_error!r}")
    name = name_of(source) if source_name is None else source_name
    return ManifestStream(source, source_name=name, limits=limits, strict=strict, on_error=on_error)


@frozen(kw_only=True)
class Parsed:
    """Everything one source holds."""

    manifests: tuple[Manifest, ...]
    errors: tuple[ManifestError, ...]
    skipped: int  #: documents that were empty, only comments, or null
    checksum: str  #: SHA-256 of the source as UTF-8 (contract 4.3); empty when it was not read to its end
    size_bytes: int

    def checked(self) -> Parsed:
        """Return the same value if nothing was wrong.

        Raises:
            InputErrors: with every fault found.
        """
        if self.errors:
            raise InputErrors(self.errors)
        return self


def parse_all(
    source: Source, *, source_name: str | None = None, limits: Limits = DEFAULT_LIMITS, strict: bool = False
) -> Parsed:
    """Read a whole source; faults are part of the answer.

    Args:
        source: as for ``parse``.
        source_name: as for ``parse``.
        limits: as for ``parse``.
        strict: as for ``parse``.

    Returns:
        The good manifests, every fault, and what is known of the source as a whole.

    Raises:
        UsageError: the source is of the wrong kind.
        OSError: the path cannot be read.
    """
    stream = parse(source, source_name=source_name, limits=limits, strict=strict, on_error="collect")
    manifests: list[Manifest] = []
    try:
        manifests.extend(stream)
    except InputError:
        assert stream.errors  # the stream keeps what it raises
    return Parsed(
        manifests=tuple(manifests),
        errors=stream.errors,
        skipped=stream.skipped,
        checksum=stream.checksum,
        size_bytes=stream.size_bytes,
    )
