"""Scalars with a written tag, as go-yaml v2 decodes them."""

from __future__ import annotations

import base64
import binascii

from brokkr_core.manifest.scalars import (
    HINTS,
    NUMBER_STARTS,
    WORDS,
    Scalar,
    ScalarError,
    json_number,
    number,
)

STANDARD = "tag:yaml.org,2002:"
MERGE_TAG = STANDARD + "merge"
#: Tags on which every reader agrees; strict mode refuses any other.
PLAIN_TAGS = frozenset(STANDARD + name for name in ("str", "map", "seq"))

_LINE_BREAKS = str.maketrans("", "", "\r\n")


def tagged(tag: str, text: str) -> Scalar:
    """Return the value of a tagged scalar.

    Args:
        tag: the full tag, or the tag as written when no handle stands for it.
        text: the scalar.

    Returns:
        The value; under a tag that is not standard, the text itself: kubectl ignores such tags.

    Raises:
        ScalarError: the text is not what the tag says.
    """
    if not tag.startswith(STANDARD):
        return text
    name = tag.removeprefix(STANDARD)
    if name == "binary":
        return _binary(text)
    if name not in _KINDS:
        return text
    value = _resolved(text)
    if not isinstance(value, _KINDS[name]) or (name != "bool" and isinstance(value, bool)):
        raise ScalarError(f"the value is not what its tag !!{name} says")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return json_number(float(value) if name == "float" else value)


_KINDS: dict[str, type | tuple[type, ...]] = {
    "int": int,
    "float": (int, float),
    "bool": bool,
    "null": type(None),
    "timestamp": str,
}


def _resolved(text: str) -> Scalar:
    if not text or (text[0] in HINTS and text in WORDS):
        return WORDS[text]
    return number(text) if text[0] in NUMBER_STARTS else text


def _binary(text: str) -> str:
    try:
        data = base64.b64decode(text.translate(_LINE_BREAKS), validate=True)
    except (binascii.Error, ValueError):
        raise ScalarError("the value of the tag !!binary is not valid base64") from None
    return data.decode("utf-8", "replace")
