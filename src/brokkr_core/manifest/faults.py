"""What is wrong inside one document, before it is known where in the stream the document stands."""

from __future__ import annotations

import re

from brokkr_core.errors import ManifestError, cut
from brokkr_core.frozen import frozen

#: Quoted text in an error is cut to this many characters.
QUOTE_LIMIT = 80

#: Documents that may hold secrets: nothing of them but well-formed keys is ever quoted.
_SECRETIVE = r"""Secret|(?<!\w)(?:stringData|data)["']?[ \t]*:"""
_KEY = r"""[ ]*(?:- +)*([A-Za-z_][\w./-]*|"[\w./-]+"|'[\w./-]+'):(?=\s|$)"""


@frozen(kw_only=True)
class Fault:
    """One thing wrong with a document."""

    problem: str  #: what is wrong and what to do
    path: str = ""  #: field path, or empty
    line: int = 0  #: line in the document's text, from 1; 0 when unknown
    column: int = 0  #: column in the line, from 1; 0 when unknown


class FaultError(Exception):
    """Carries one fault out of the depth of a parser."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.problem)


def error_from(fault: Fault, *, source: str, document: int, first_line: int) -> ManifestError:
    """Place a fault in the stream.

    Args:
        fault: the fault.
        source: name of the source.
        document: number of the document, from 1.
        first_line: line of the document's text in the stream, from 1.

    Returns:
        The error to raise or report.
    """
    return ManifestError(
        fault.problem,
        source=source,
        document=document,
        line=first_line + max(fault.line, 1) - 1,
        column=fault.column,
        path=fault.path,
    )


def secretive(text: str) -> bool:
    """Tell whether a document may hold secret values, judged by its text alone."""
    return re.search(_SECRETIVE, text) is not None


def quote(text: str) -> str:
    """Quote structural text for a message, cut to a readable length."""
    return repr(cut(text, QUOTE_LIMIT))


def near(text: str, line: int) -> str:
    """Name the key that a line begins with; values are never quoted.

    Args:
        text: the document.
        line: line in it, from 1.

    Returns:
        For example ``, near 'replicas:'``; empty when the line has no plain key or may be part of a secret.
    """
    if line < 1 or secretive(text):
        return ""
    lines = text.split("\n", line)
    match = re.match(_KEY, lines[line - 1]) if len(lines) >= line else None
    return f", near {quote(match[1] + ':')}" if match else ""
