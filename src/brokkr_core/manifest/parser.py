"""The YAML parser underneath: libyaml where PyYAML has it, PyYAML's own otherwise."""

from __future__ import annotations

import re
from typing import Protocol

import yaml
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import Event, ScalarEvent
from yaml.reader import ReaderError

from brokkr_core.manifest.faults import Fault, FaultError, near, secretive

#: Characters that YAML does not allow, escaped or not at all.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
#: From the first quote on, a parser's message may repeat a character of the text.
_QUOTED_PART = re.compile(r"[,:]?(?: but found)? ['\"].*", re.DOTALL)


class EventSource(Protocol):
    """What both parsers of PyYAML offer."""

    def get_event(self) -> Event | None:
        """Return the next event."""
        ...

    def dispose(self) -> None:
        """Let go of the text."""
        ...


class _PureParser(yaml.SafeLoader):
    """PyYAML's own parser, kept from taking half of a surrogate pair for a character."""

    def get_event(self) -> Event | None:
        event: Event | None = super().get_event()  # type: ignore[no-untyped-call]
        if isinstance(event, ScalarEvent) and _SURROGATE.search(event.value):
            problem = "an escape that is half of a surrogate pair; write the character itself"
            mark = event.start_mark
            raise FaultError(Fault(problem=problem, line=mark.line + 1 if mark else 0))
        return event


def open_parser(text: str, *, pure: bool = False) -> EventSource:
    """Start parsing one document.

    Args:
        text: the document.
        pure: use PyYAML's own parser even where libyaml is there.

    Returns:
        A source of events.

    Raises:
        FaultError: the text holds a character YAML does not allow.
    """
    refuse_forbidden(text)
    if yaml.__with_libyaml__ and not pure:
        return yaml.CSafeLoader(text)
    try:
        return _PureParser(text)
    except ReaderError as error:
        raise FaultError(syntax_fault(error, text)) from None


def refuse_forbidden(text: str) -> None:
    """Raise when a text holds a character that YAML does not allow.

    Args:
        text: the document.

    Raises:
        FaultError: with the place and the code of the character.
    """
    match = _FORBIDDEN.search(text)
    if match is None:
        return
    start = match.start()
    problem = (
        f"the character U+{ord(match[0]):04X} is not allowed in YAML; remove it, "
        "or write it as an escape in double quotes"
    )
    line = text.count("\n", 0, start) + 1
    raise FaultError(Fault(problem=problem, line=line, column=start - text.rfind("\n", 0, start)))


def syntax_fault(error: YAMLError, text: str) -> Fault:
    """Describe a syntax error without quoting any value of the document.

    Args:
        error: what the parser raised.
        text: the document.

    Returns:
        The fault, with line and column where the parser gave them.
    """
    if not isinstance(error, MarkedYAMLError):
        return Fault(problem="the text is not readable as YAML: unacceptable character")
    problem = error.problem or "syntax error"
    if secretive(text):
        problem = _QUOTED_PART.sub("", problem)
    if error.context:
        problem += f", {error.context}{_lines_above(error)}"
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Fault(problem=problem)
    return Fault(problem=problem + near(text, mark.line + 1), line=mark.line + 1, column=mark.column + 1)


def _lines_above(error: MarkedYAMLError) -> str:
    """Say where the surrounding construct starts, relative to the error: the stream's lines are not known here."""
    begin, end = error.context_mark, error.problem_mark
    if begin is None or end is None or begin.line == end.line:
        return ""
    count = end.line - begin.line
    return f" that starts {count} line{'' if count == 1 else 's'} above"
