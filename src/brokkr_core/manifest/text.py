"""The bytes of one document -> the text that is left to parse."""

from __future__ import annotations

import re
from typing import NamedTuple

from brokkr_core.manifest.faults import Fault, FaultError
from brokkr_core.manifest.limits import Limits, over
from brokkr_core.manifest.split import RawDocument

BYTE_ORDER_MARK = "\ufeff"
#: Line breaks of YAML 1.1 beyond ``\n``.
_BREAKS = "\r\x85\u2028\u2029"
# Compiled when first needed, and then kept by ``re``: nearly every document starts with its ``---`` line.
#: A character that is neither white space nor part of a comment.
_CONTENT = f"(?m)(?:^|[{_BREAKS}])[ \t]*[^ \t\n#{_BREAKS}]"
#: A line that ends a document; like ``---`` it can stand inside no scalar.
_END_MARKER = r"(?m)^\.\.\.(?=[ \t\r\n]|\Z)"
_DIRECTIVE = "(?m)^%"


class DocumentText(NamedTuple):
    """One document as text, without its ``---`` line unless content or directives need it."""

    text: str
    first_line: int  #: line of the text's beginning in the stream, from 1
    newlines: int = -1  #: line breaks in the text; counted when they are asked for if they are not known

    @property
    def last_line(self) -> int:
        """Line of the text's end in the stream, from 1."""
        newlines = self.text.count("\n") if self.newlines < 0 else self.newlines
        return self.first_line + newlines - (newlines > 0 and self.text[-1] == "\n")


def has_content(text: str) -> bool:
    """Tell whether anything stands in a text but white space and comments."""
    return re.search(_CONTENT, text) is not None


def looks_like_json(text: str) -> bool:
    """Tell whether a text starts with an object, so that it is worth trying as JSON."""
    return text.startswith("{") or (text[:1] in " \t\r\n" and text.lstrip(" \t\r\n").startswith("{"))


def cut_text(
    raw: RawDocument, directives: DocumentText | None, *, limits: Limits, strict: bool
) -> tuple[DocumentText | None, DocumentText | None]:
    """Decode a document and take its markers off.

    Args:
        raw: the bytes.
        directives: ``%`` lines from before its ``---``.
        limits: ``document_bytes`` is watched here.
        strict: refuse directives and content in the ``---`` line, as kubectl does.

    Returns:
        The document, or None when the stretch is none of its own, and the ``%`` lines of the next one, if any.

    Raises:
        FaultError: the document is too large, no UTF-8, or wrongly separated; lines count from ``raw.line``.
    """
    _check(raw, limits)
    text = _decoded(raw.data)
    line = raw.line
    if directives is None and text.startswith("---\n") and "\n..." not in text:
        # Nearly every document: what follows says the same of it, only slower.
        return DocumentText(text[4:].removeprefix(BYTE_ORDER_MARK), line + 1, raw.newlines - 1), None
    text = text.removeprefix(BYTE_ORDER_MARK)
    marked = text.startswith("---")
    if marked and directives is None:
        text, line = _without_marker(text, line, strict=strict)
    elif directives is not None:
        if strict:
            raise FaultError(Fault(problem="kubectl refuses directives before '---'; remove them"))
        text, line = directives.text + text, directives.first_line
    text, next_directives = _cut_end(text, line)
    document = DocumentText(text=text, first_line=line)
    directed = text.startswith("%") or "\n%" in text
    if not marked and not has_content(re.sub(_DIRECTIVE, "#", text) if directed else text):
        # Only comments or directives before the first ``---``: no document of its own.
        return None, document if directed else next_directives
    return document, next_directives


def _check(raw: RawDocument, limits: Limits) -> None:
    if raw.size > limits.document_bytes:
        what = f"the document has {raw.size} bytes"
        problem = over("document_bytes", limits.document_bytes, what, "split it into smaller documents")
        raise FaultError(Fault(problem=problem))
    if raw.bad_separator_line:
        problem = "a line starts with '---' and goes on without a space: neither a separator nor YAML; write '---'"
        raise FaultError(Fault(problem=problem, line=raw.bad_separator_line - raw.line + 1, column=1))


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode()) + 1
        problem = f"byte {error.start + 1} of the document is no valid UTF-8; save the file as UTF-8"
        raise FaultError(Fault(problem=problem, line=before.count(b"\n") + 1, column=column)) from None


def _without_marker(text: str, line: int, *, strict: bool) -> tuple[str, int]:
    """Take the ``---`` line off, unless content stands in it."""
    marker, newline, rest = text.partition("\n")
    inline = marker[3:].strip(" \t\r")
    if inline and not inline.startswith("#"):
        if strict:
            problem = "kubectl refuses content in the line of '---'; put it into the next line"
            raise FaultError(Fault(problem=problem, line=1, column=5))
        return text, line
    if not newline:
        return "", line
    return rest.removeprefix(BYTE_ORDER_MARK), line + 1


def _cut_end(text: str, line: int) -> tuple[str, DocumentText | None]:
    """Cut a document at its ``...`` line; only comments and directives may follow."""
    if "\n..." not in text and not text.startswith("..."):
        return text, None
    match = re.search(_END_MARKER, text)
    if match is None:
        return text, None
    before, rest = text[: match.start()], text[match.end() :]
    end_line = line + before.count("\n")
    if content := re.search(_CONTENT, re.sub(_DIRECTIVE, "#", rest)):
        problem = "content after the document end marker '...'; kubectl drops it silently; separate it with '---'"
        fault_line = before.count("\n") + rest.count("\n", 0, content.end()) + 1
        raise FaultError(Fault(problem=problem, line=fault_line, column=1))
    if re.search(_DIRECTIVE, rest):
        _, _, following = rest.partition("\n")
        return before, DocumentText(text=following, first_line=end_line + 1)
    return before, None
