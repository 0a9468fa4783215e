"""The bytes of one document -> its value, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from brokkr_core.manifest.bail import BailError
from brokkr_core.manifest.fast import FastReader
from brokkr_core.manifest.faults import Fault, FaultError
from brokkr_core.manifest.limits import Limits
from brokkr_core.manifest.scalars import Scalar, resolve
from brokkr_core.manifest.split import RawDocument
from brokkr_core.manifest.text import DocumentText, cut_text, has_content, looks_like_json
from brokkr_core.model.json import Json

if TYPE_CHECKING:
    from brokkr_core.manifest.jsontext import JsonValue


class Document(NamedTuple):
    """One document of a stream, read; a tuple, since one is made for every document."""

    number: int  #: from 1
    text: str
    first_line: int  #: line of the text's beginning in the stream, from 1
    last_line: int
    value: Json = None  #: None when the document is empty or has a fault
    fault: Fault | None = None


def _resolver(*, strict: bool) -> Callable[[str], Scalar]:
    if not strict:
        return resolve
    from brokkr_core.manifest.strict import resolve_agreed  # noqa: PLC0415 - compiles much that is rarely needed

    return resolve_agreed


class DocumentReader:
    """Reads the documents of one stream in order."""

    def __init__(self, *, limits: Limits, strict: bool, fast: bool = True) -> None:
        """Start before the first document.

        Args:
            limits: what each document may cost.
            strict: refuse what readers disagree on.
            fast: try the fast path first; without it every document is read from events.
        """
        self.number = 0
        self._limits = limits
        self._strict = strict
        self._fast = FastReader(limits, _resolver(strict=strict)) if fast else None
        self._directives: DocumentText | None = None

    def read(self, raw: RawDocument) -> Iterable[Document]:
        """Read what stands between two separators.

        Args:
            raw: the bytes, in the order of the stream.

        Returns:
            Usually one document; none for a comment before the first ``---``, several for JSON values in a row.
        """
        try:
            document, directives = cut_text(raw, self._directives, limits=self._limits, strict=self._strict)
        except FaultError as error:
            self._directives = None
            return (self._document(DocumentText(text="", first_line=raw.line), fault=error.fault),)
        self._directives = directives
        return () if document is None else self._values(document)

    def finish(self) -> Iterator[Document]:
        """Yield the fault of directives that no document follows."""
        if self._directives is not None:
            problem = "directives without a document; remove them"
            yield self._document(self._directives, fault=Fault(problem=problem, line=1, column=1))

    def _document(self, text: DocumentText, *, value: Json = None, fault: Fault | None = None) -> Document:
        self.number += 1
        return Document(self.number, text.text, text.first_line, text.last_line, value, fault)

    def _values(self, document: DocumentText) -> Iterable[Document]:
        text = document.text
        if not self._strict and looks_like_json(text):
            from brokkr_core.manifest.jsontext import json_values  # noqa: PLC0415 - most streams hold no JSON

            found = json_values(text, self._limits)
            if found is not None:
                return self._parts(document, found)
        try:
            return (self._document(document, value=self._value(text)),)
        except FaultError as error:
            return (self._document(document, fault=error.fault),)

    def _parts(self, document: DocumentText, found: Iterable[JsonValue]) -> Iterator[Document]:
        """Yield JSON values in a row, each as a document of its own."""
        text = document.text
        for one in found:
            first_line = document.first_line + text.count("\n", 0, one.start)
            yield self._document(DocumentText(text[one.start : one.end], first_line), value=one.value)

    def _value(self, text: str) -> Json:
        if self._fast is not None:
            try:
                return self._fast.read(text)
            except BailError:
                pass
        if not has_content(text):
            return None
        from brokkr_core.manifest.events import build  # noqa: PLC0415 - loads PyYAML, which most streams do not need

        return build(text, limits=self._limits, strict=self._strict)
