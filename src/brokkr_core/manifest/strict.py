"""Scalars that readers disagree on: what strict mode refuses.

Three readings are compared: YAML 1.1 (as PyYAML resolves it, which is what most of its files meet), the core
schema of YAML 1.2, and kubectl. A scalar is fit for strict mode when all three give the same value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from brokkr_core.manifest.scalars import (
    FALSE_WORDS,
    INT64_MAX,
    INT64_MIN,
    NOT_FINITE,
    NULL_WORDS,
    TRUE_WORDS,
    Scalar,
    ScalarError,
    resolve,
)

#: A reading: what kind of thing it is, and its value where the kind has several.
Reading: TypeAlias = "tuple[str, object]"

TEXT: Reading = ("text", None)
NULL: Reading = ("null", None)

_BOOLEANS_11 = {word.casefold() for word in TRUE_WORDS | FALSE_WORDS} - {"y", "n"}
_INTEGER_11 = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)\Z")
_FLOAT_11 = re.compile(r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)\Z")
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d\Z"
    r"|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?\Z",
    re.ASCII,
)

_BOOLEANS_12 = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER_12 = re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_FLOAT_12 = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")


def _yaml_1_1(text: str) -> Reading:
    if text in NULL_WORDS:
        return NULL
    if text in TRUE_WORDS | FALSE_WORDS and text.casefold() in _BOOLEANS_11:
        return "boolean", text in TRUE_WORDS
    if text in NOT_FINITE:
        return "number", str(NOT_FINITE[text])
    if text == "=":
        return "a default value", None
    if text == "<<":
        return "a merge key", None
    if _BASE_60.match(text):
        return "base-60 number", None
    if _TIME.match(text):
        return "date", None
    if _INTEGER_11.match(text):
        return _number(_integer_11, text)
    return _number(float, text) if _FLOAT_11.match(text) else TEXT


def _integer_11(text: str) -> int:
    digits = text.replace("_", "")
    bare = digits.lstrip("+-")
    if bare.startswith("0") and bare.isdecimal():
        return int(digits, 8)
    return int(digits, 0)


def _yaml_1_2(text: str) -> Reading:
    if text in NULL_WORDS:
        return NULL
    if text in _BOOLEANS_12:
        return "boolean", _BOOLEANS_12[text]
    if text in NOT_FINITE:
        return "number", str(NOT_FINITE[text])
    if _INTEGER_12.match(text):
        return _number(_integer_12, text)
    return _number(float, text) if _FLOAT_12.match(text) else TEXT


def _integer_12(text: str) -> int:
    return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)


def _number(read: Callable[[str], float], text: str) -> Reading:
    try:
        return "number", read(text)
    except ValueError:  # more digits than Python turns into an integer at once
        return "number", text


def _kubectl(text: str) -> Reading:
    value = resolve(text)
    if isinstance(value, str):
        return TEXT
    if value is None:
        return NULL
    return ("boolean" if isinstance(value, bool) else "number"), value


def disagreement(text: str) -> str:
    """Say how readers disagree on a plain scalar.

    Args:
        text: the scalar, unquoted and untagged.

    Returns:
        What each reading makes of it, without quoting the scalar; empty when all agree.

    Raises:
        ScalarError: kubectl refuses the scalar.
    """
    kubectl = _kubectl(text)
    old, new = _yaml_1_1(text), _yaml_1_2(text)
    if old == new == kubectl:
        value = kubectl[1]
        if isinstance(value, float) and not INT64_MIN <= value <= INT64_MAX and value.is_integer():
            return "an integer beyond 64 bit is rounded by kubectl and kept by other readers; quote it"
        return ""
    return (
        f"readers disagree: {_named(old, kubectl)} in YAML 1.1, {_named(new, kubectl)} in YAML 1.2, "
        f"{kubectl[0]} in kubectl; quote it, or write it so that all read the same"
    )


def _named(reading: Reading, kubectl: Reading) -> str:
    same_kind = reading[0] == kubectl[0] and reading != kubectl
    return f"another {reading[0]}" if same_kind else reading[0]


def resolve_agreed(text: str) -> Scalar:
    """Turn a plain scalar into its value, if all readers agree on it.

    Args:
        text: the scalar, unquoted and untagged.

    Returns:
        Its value.

    Raises:
        ScalarError: readers disagree, or kubectl refuses the scalar.
    """
    if problem := disagreement(text):
        raise ScalarError(problem)
    return resolve(text)
