"""The bytes of one document -> its value, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from brokkr_core.manifest.bail import BailError
from brokkr_core.manifest.events import build
from brokkr_core.manifest.fast import FastReader
from brokkr_core.manifest.faults import Fault, FaultError
from brokkr_core.manifest.jsontext import json_values, looks_like_json
from brokkr_core.manifest.limits import Limits
from brokkr_core.manifest.scalars import resolve
from brokkr_core.manifest.split import RawDocument
from brokkr_core.manifest.strict import resolve_agreed
from brokkr_core.manifest.text import DocumentText, cut_text, has_content
from brokkr_core.model.json import Json


@frozen(kw_only=True)
class Document:
    """One document of a stream, read."""

    number: int  #: from 1
    text: str
    first_line: int  #: line of the text's beginning in the stream, from 1
    last_line: int
    value: Json = None  #: None when the document is empty or has a fault
    fault: Fault | None = None


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
        self._fast = FastReader(limits, resolve_agreed if strict else resolve) if fast else None
        self._directives: DocumentText | None = None

    def read(self, raw: RawDocument) -> Iterator[Document]:
        """Read what stands between two separators.

        Args:
            raw: the bytes, in the order of the stream.

        Yields:
            Usually one document; none for a comment before the first ``---``, several for JSON values in a row.
        """
        try:
            document, directives = cut_text(raw, self._directives, limits=self._limits, strict=self._strict)
        except FaultError as error:
            self._directives = None
            yield self._document(DocumentText(text="", first_line=raw.line), fault=error.fault)
            return
        self._directives = directives
        if document is not None:
            yield from self._values(document)

    def finish(self) -> Iterator[Document]:
        """Yield the fault of directives that no document follows."""
        if self._directives is not None:
            problem = "directives without a document; remove them"
            yield self._document(self._directives, fault=Fault(problem=problem, line=1, column=1))

    def _document(self, text: DocumentText, *, value: Json = None, fault: Fault | None = None) -> Document:
        self.number += 1
        return Document(
            number=self.number,
            text=text.text,
            first_line=text.first_line,
            last_line=text.last_line,
            value=value,
            fault=fault,
        )

    def _values(self, document: DocumentText) -> Iterator[Document]:
        text = document.text
        if not self._strict and looks_like_json(text):
            found = json_values(text, self._limits)
            if found is not None:
                for one in found:
                    part = DocumentText(
                        text=text[one.start : one.end],
                        first_line=document.first_line + text.count("\n", 0, one.start),
                    )
                    yield self._document(part, value=one.value)
                return
        try:
            yield self._document(document, value=self._value(text))
        except FaultError as error:
            yield self._document(document, fault=error.fault)

    def _value(self, text: str) -> Json:
        if not has_content(text):
            return None
        if self._fast is not None:
            try:
                return self._fast.read(text)
            except BailError:
                pass
        return build(text, limits=self._limits, strict=self._strict)
