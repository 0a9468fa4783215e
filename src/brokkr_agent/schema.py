"""The settings file as JSON Schema, for editors and for whoever renders one: every file that loads passes it."""

from __future__ import annotations

from brokkr_agent.config import SECTIONS, SETTINGS
from brokkr_agent.load import FOREIGN_SECTIONS
from brokkr_agent.settings import Setting

#: Draft 2020-12.
DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: What a value may be, by the type of the default. Text is read as a number or as true or false where one is wanted,
#: so that a document made of environment variables loads, too.
_KINDS: dict[type[object], dict[str, object]] = {
    str: {"type": "string"},
    bool: {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": "^([tT][rR][uU][eE]|[fF][aA][lL][sS][eE])$"}]},
    int: {"type": ["integer", "string"]},
    float: {"type": ["number", "string"]},
}


def settings_schema() -> dict[str, object]:
    """Return the JSON Schema of a settings file."""
    sections: dict[str, object] = {name: _section(name) for name in SECTIONS}
    foreign = {name: {"description": "Not read by the agent."} for name in sorted(FOREIGN_SECTIONS)}
    return {
        "$schema": DIALECT,
        "title": "Settings of the agent",
        "type": "object",
        "properties": {**sections, **foreign},
        "additionalProperties": False,
    }


def _section(name: str) -> dict[str, object]:
    mine = {key.partition(".")[2]: one for key, one in SETTINGS.items() if key.startswith(f"{name}.")}
    known: dict[str, object] = {key: _property(one) for key, one in mine.items()}
    return {"type": "object", "properties": known, "additionalProperties": False}


def _property(one: Setting) -> dict[str, object]:
    described = {"description": f"{one.meaning} Must be {one.allowed}.", "default": one.default}
    secret = {"writeOnly": True} if one.secret else {}
    return {
        **described,
        **secret,
        "x-applies": str(one.applies),
        **_KINDS[type(one.default)],
        **(one.check.schema if one.check else {}),
    }
