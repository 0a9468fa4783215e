"""Plain scalars -> values, as kubectl reads them.

kubectl reads YAML 1.1 through go-yaml v2 and sigs.k8s.io/yaml, turns it into JSON and decodes that. What comes
out differs from every Python parser in dozens of cases, so the rules are written down here:

1. The first character decides whether a scalar can be anything but text (``HINTS``).
2. ``y n yes no on off true false`` in three spellings are booleans; ``~ null`` and nothing are null.
3. Underscores inside numbers do not count. ``0x 0X 0b 0B 0o 0O`` and a leading ``0`` (octal) make integers.
4. A number that is no integer of 64 bit is a float; a float too large for 64 bit is text.
5. Dates and base-60 numbers stay text. Infinity and "not a number" are refused: JSON has no way to say them.
6. A float without a fraction becomes an integer, and an integer above 63 bit a float, on the way through JSON.
"""

from __future__ import annotations

import math
import re
from typing import TypeAlias

Scalar: TypeAlias = "bool | int | float | str | None"
Number: TypeAlias = "int | float | str"

INT64_MIN, INT64_MAX, UINT64_MAX = -(1 << 63), (1 << 63) - 1, (1 << 64) - 1

TRUE_WORDS = frozenset(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
FALSE_WORDS = frozenset(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])
NULL_WORDS = frozenset(["", "~", "null", "Null", "NULL"])
NOT_FINITE = {
    **dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], math.inf),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], -math.inf),
    **dict.fromkeys([".nan", ".NaN", ".NAN"], math.nan),
}
WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(TRUE_WORDS, True),
    **dict.fromkeys(FALSE_WORDS, False),
    **dict.fromkeys(NULL_WORDS, None),
    **NOT_FINITE,
}

#: Longer scalars need not be looked up, which would cost a pass over them.
LONGEST_WORD = 5

NUMBER_STARTS = frozenset("+-.0123456789")
#: A scalar that starts with any other character is text.
HINTS = NUMBER_STARTS | frozenset("yYnNtTfFoO~")

# Compiled when first needed, and then kept by ``re``: most numbers are decimal digits.
INTEGER = r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)\Z"
FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z"
#: After a leading dot underscores must stand between digits.
DOT_FLOAT = r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?\Z"
#: go-yaml cuts off ``0b`` and parses the rest with its sign: ``0b-1`` is -1.
SIGN_AFTER_0B = r"0b([-+][01]+)\Z"

#: Longer digit strings cannot fit 64 bit; int() of them would be slow or refused.
MOST_DIGITS = 400
#: Integers of at most this many digits fit 63 bit.
SAFE_DIGITS = 18
#: Up to here every integral float has one exact decimal form.
EXACT_FLOAT = 9e15


class ScalarError(ValueError):
    """A scalar that kubectl refuses; the text says why, without quoting the scalar."""


def resolve(text: str) -> Scalar:
    """Turn a plain scalar into the value kubectl reads.

    Args:
        text: the scalar, unquoted and untagged.

    Returns:
        None, a boolean, a number or the text itself.

    Raises:
        ScalarError: the value cannot be said in JSON.
    """
    if not text:
        return None
    first = text[0]
    if first not in HINTS:
        return text
    if len(text) <= LONGEST_WORD and text in WORDS:
        word = WORDS[text]
        return json_number(word) if isinstance(word, float) else word
    if first in NUMBER_STARTS:
        value = number(text)
        return value if isinstance(value, str) else json_number(value)
    return text


def number(text: str) -> Number:
    """Read a number as go-yaml does, before JSON has its say.

    Args:
        text: a scalar that starts with a sign, a digit or a dot.

    Returns:
        An integer of up to 64 bit, a finite float, or the text itself when it is no number.
    """
    if text.isascii() and text.isdecimal() and text[0] != "0" and len(text) <= SAFE_DIGITS:
        return int(text)
    if text[0] == ".":
        return _finite(text.replace("_", ""), text) if re.match(DOT_FLOAT, text) else text
    digits = text.replace("_", "")
    if re.match(INTEGER, digits):
        value = _integer(digits)
        if value is not None:
            return value
    if re.match(FLOAT, digits):
        return _finite(digits, text)
    if match := re.match(SIGN_AFTER_0B, digits):
        value = int(match[1], 2)
        return value if INT64_MIN <= value <= INT64_MAX else text
    return text


def _integer(digits: str) -> int | None:
    """Return the integer if it fits 64 bit: signed, or unsigned when no sign is written."""
    if len(digits) > MOST_DIGITS:
        return None
    sign = digits[0] if digits[0] in "+-" else ""
    bare = digits[len(sign) :]
    octal = bare[0] == "0" and bare.isdecimal()
    magnitude = int(bare, 8) if octal else int(bare, 0)
    value = -magnitude if sign == "-" else magnitude
    largest = INT64_MAX if sign else UINT64_MAX
    return value if INT64_MIN <= value <= largest else None


def _finite(digits: str, text: str) -> float | str:
    value = float(digits)
    return text if math.isinf(value) else value


def json_number(value: float) -> int | float:
    """Return what a Go number becomes on its way through JSON into an unstructured object.

    Args:
        value: an integer of up to 64 bit, or a float.

    Returns:
        An integer where the value is integral and fits 63 bit, else a float.

    Raises:
        ScalarError: infinity and "not a number".
    """
    if isinstance(value, int):
        return value if value <= INT64_MAX else float(value)
    if not math.isfinite(value):
        raise ScalarError("infinity and not-a-number cannot be written as JSON; quote it if text is meant")
    if not value.is_integer():
        return value
    if -EXACT_FLOAT < value < EXACT_FLOAT:
        return int(value)
    from decimal import Decimal  # noqa: PLC0415 - hardly any manifest holds a number as large

    # Go prints the shortest digits that give this float, then reads them again as int64.
    shortest = int(Decimal(repr(value)))
    return shortest if INT64_MIN <= shortest <= INT64_MAX else value
