"""What holds for every settings document: what loads passes the schema, and what does not load tells no secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # has no types

from brokkr_agent.config import SECTIONS, SETTINGS
from brokkr_agent.load import FOREIGN_SECTIONS, Content, settings_of
from brokkr_agent.schema import settings_schema
from brokkr_core.errors import ConfigError

VALIDATOR = Draft202012Validator(settings_schema())

#: Values that are near to good ones, so that documents load often enough.
_GOOD = [
    *{str(one.default) for one in SETTINGS.values()},
    *["", "true", "FALSE", "1", " 7 ", "1_0", "2.5", "1e2", "fail", "debug", "exact", "volumes", "127.0.0.1", "*=1"],
]
_WORDS = st.sampled_from(sorted(_GOOD)) | st.text(max_size=5)
_NUMBERS = st.integers(-2, 100_001) | st.floats(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[object] = st.booleans() | _NUMBERS | _WORDS | st.lists(_WORDS, max_size=1)


def sections() -> st.SearchStrategy[dict[str, dict[str, object]]]:
    known = {
        name: st.lists(
            st.sampled_from(sorted(key for key in SETTINGS if key.startswith(f"{name}."))).flatmap(entries), max_size=3
        ).map(dict)
        for name in SECTIONS
    }
    strange = st.dictionaries(st.sampled_from(["agent_name", "x"]), VALUES, max_size=1)
    foreign = dict.fromkeys(sorted(FOREIGN_SECTIONS), strange)
    return st.fixed_dictionaries({}, optional={**known, **foreign, "other": st.just({})})


def entries(key: str) -> st.SearchStrategy[tuple[str, object]]:
    """Make a setting with a value that is good in half of the cases."""
    default = SETTINGS[key].default
    value = st.sampled_from([default, str(default)]) | VALUES
    return st.tuples(st.just(key.partition(".")[2]), value)


def toml(document: dict[str, dict[str, object]]) -> bytes:
    lines = []
    for section, values in document.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {_value(value)}" for key, value in values.items()]
    return "\n".join(lines).encode()


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(one):08x}" for one in value) + '"'
    return repr(value)


@given(document=sections())
def test_what_loads_passes_the_schema(document: dict[str, dict[str, object]]) -> None:
    try:
        settings_of(Content(path=Path("agent.toml"), data=toml(document)), environment={})
    except ConfigError:
        return

    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@given(document=sections(), secret=st.text("abcdef", min_size=12, max_size=12))
def test_a_fault_never_tells_the_pak(document: dict[str, dict[str, object]], secret: str) -> None:
    document.setdefault("agent", {})["pak"] = [secret]
    with pytest.raises(ConfigError) as caught:
        settings_of(Content(path=Path("agent.toml"), data=toml(document)), environment={})

    assert secret not in str(caught.value)
