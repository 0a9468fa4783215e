"""Whatever is logged in whatever place, what is secret does not come out."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokkr_agent.logs.flight import Flight, Kept
from brokkr_agent.logs.render import as_console, as_json
from log_support import paper

#: As secrets look that nobody could know by their looks.
SECRETS = (
    st.text(
        st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["C", "Z"], include_characters=" "),
        min_size=8,
    )
    .map(str.strip)
    .filter(lambda text: len(text) >= 8 and len(set(text)) > 4 and "hidden" not in text)
)

FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "percent": quote,
    "all percent": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1],
}

#: What stands around a secret; words that no secret of ours can be a part of.
AROUND = st.sampled_from(["", " ", "before ", "a=", '"', "/x/", "\n", "ü"])


class Bad:
    """Something whose text tells all."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"Bad({self._text})"


def raised(text: str) -> Exception:
    """Return an exception that holds a text, came by another that does, and has a note of it."""
    try:
        try:
            raise KeyError(text)
        except KeyError as error:
            raise RuntimeError(f"because of {text}") from error
    except RuntimeError as error:
        error.add_note(f"note {text}")
        return error


PLACES: dict[str, Callable[[str], dict[str, object]]] = {
    "message": lambda text: {"event": text},
    "value": lambda text: {"event": "e", "field": text},
    "name": lambda text: {"event": "e", f"x{text}y": 1},
    "list": lambda text: {"event": "e", "field": [1, {"deep": (text, {text})}]},
    "name of a member": lambda text: {"event": "e", "field": {text: {text: 1}}},
    "object": lambda text: {"event": "e", "field": Bad(text)},
    "exception": lambda text: {"event": "e", "error": raised(text)},
    "traceback": lambda text: {"event": "e", "exc_info": raised(text)},
    "warning of equals": lambda text: {"event": text, "field": text},
}


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=40, deadline=None)
@given(secret=SECRETS, form=st.sampled_from(sorted(FORMS)), before=AROUND, after=AROUND, console=st.booleans())
def test_a_known_secret_does_not_come_out(
    place: str, *, secret: str, form: str, before: str, after: str, console: bool
) -> None:
    shown = FORMS[form](secret)
    with paper(as_console(colors=False) if console else as_json) as written:
        pipeline = written.pipeline
        pipeline.secrets.know(secret)
        line = PLACES[place](before + shown + after)
        flight = Flight(10, {})
        flight.keep(Kept(0.0, "agent", "debug", line))
        flight.fail()
        for level in ("info", "warning", "error"):
            pipeline.take(line, "agent", level)
        pipeline.play(flight)

        found = [name for name, make in FORMS.items() if make(secret) in written.text]
        assert found == []
        assert written.text.count("recorded") == 1
        assert "could not be made" not in written.text


@settings(max_examples=60, deadline=None)
@given(secret=SECRETS, before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_a_known_secret_is_found_within_longer_base64(secret: str, before: bytes, after: bytes) -> None:
    with paper() as written:
        written.pipeline.secrets.know(secret)
        written.pipeline.take({"event": base64.b64encode(before + secret.encode() + after).decode()}, "agent", "info")
        (line,) = written.lines

        assert "(hidden)" in str(line["event"])
